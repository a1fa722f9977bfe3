# SPDX-License-Identifier: Apache-2.0
signature Q195725 {
    title     "TCP/IP above an intermediate driver is used before it is ready, on several processors"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q195725"
    affects   "Windows NT 4.0"
    false_positive "A fault of the intermediate driver, which hands TCP/IP something bad, looks alike."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005
        require os.version == 4.0
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p2 >= module["tcpip.sys"].base and bugcheck.p2 < module["tcpip.sys"].base + module["tcpip.sys"].size
        # An intermediate driver stands between two frames of NDIS.
        require any f in stack.frames where f.module not in ["nt", "hal", "tcpip", "ndis", "netbt", "afd", "tdi"]
        require count(f in stack.frames where f.module == "ndis") >= 2
        # Service Pack 5 of NT 4.0 (May 1999) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [5-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1999-04-15
        support uptime < 10min
        support bugcheck.p4 < 0x1000
    }
    say       "On {machine.cpus} processors TCP/IP faults on a call that came up through an intermediate driver: {stack.modules}."
    do        "Install Service Pack 5 of Windows NT 4.0 or later; until then remove the intermediate driver or boot with one processor."

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "tcpip!Bind+0x7c" 0 0x1c
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 5" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "tcpip!Bind+0x7c" 0 0x1c
        module "tcpip.sys" date 1999-04-20
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "tcpip!Bind+0x7c" 0 0x1c
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no driver between" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "tcpip!Bind+0x7c" 0 0x1c
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another exception" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0x1e 0xc0000094 "tcpip!Bind+0x7c" 0 0
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "foo!Bind+0x7c" 0 0x1c
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
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
        stop 0x1e 0xc0000005 "tcpip!Bind+0x7c" 0 0x1c
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "imdrv.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Bind+0x7c"
            frame "ndis!X+0x20"
            frame "imdrv!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0x1e 0xc0000005 0 0 0x1c
    }
}
