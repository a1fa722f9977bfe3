# SPDX-License-Identifier: Apache-2.0
signature Q318420 {
    title     "NetBT of the security rollup faults on several processors"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q318420"
    affects   "Windows NT 4.0 SP6a Server"
    fixed     "netbt.sys" x86 os "4.0" date 2002-04-17
    related   "Q323551"
    false_positive "Any other fault of a NetBT of that time."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        require bugcheck.p1 not in [0x1d, 0xfc]
        # The rollup is of July 2001; its driver is younger than that of Q273005.
        require module["netbt.sys"].date >= 2000-10-01
        support module["netbt.sys"].date < 2001-08-01
        support weight 2 blame.image == "netbt.sys"
        exclude module["netbt.sys"].at_least_fixed
    }
    say       "On {machine.cpus} processors netbt.sys of {module[\"netbt.sys\"].date:date}, as the security rollup has it, faults at {bugcheck.p1:hex}."
    do        "Install the netbt.sys of 17 April 2002 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "netbt!X+0x7c"
        module "netbt.sys" date 2001-05-01
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "netbt!X+0x7c"
        module "netbt.sys" date 2002-04-17
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "netbt!X+0x7c"
        module "netbt.sys" date 2001-05-01
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "an older driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "netbt!X+0x7c"
        module "netbt.sys" date 1999-10-20
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "foo!X+0x7c"
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 2001-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "netbt!X+0x7c"
        module "netbt.sys" date 2001-05-01
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!X+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x2c 2 0 0
    }
}
