# SPDX-License-Identifier: Apache-2.0
signature Q139281 {
    title     "AFD overwrites an entry of an MDL on a busy multiprocessor"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q139281"
    affects   "Windows NT 3.51"
    related   "Q179741"
    false_positive "Every driver that unlocks pages twice damages the same lists; AFD on the stack may only have found it."

    on dump {
        require bugcheck.code == 0x4e or (bugcheck.code == 0x0a and bugcheck.p1 >= 0x1000)
        require os.version == 3.51
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.code == 0x0a or bugcheck.p1 in [7, 0x99]
        support bugcheck.code == 0x4e
        support weight 2 blame.image == "afd.sys"
    }
    say       "On {machine.cpus} processors AFD of {module[\"afd.sys\"].date:date} stopped with {bugcheck.name}: what it holds does not describe its pages."
    do        "Install the latest Service Pack of Windows NT 3.51 (or NT 4.0)."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0xfd001238 2 1 "afd!Complete+0x7c"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xfd001238 2 1 "afd!Complete+0x7c"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a null pointer" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0x1c 2 1 "afd!Complete+0x7c"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another kind of damage to the page lists" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0x4e 2 0x123 0 0
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0xfd001238 2 1 "foo!Complete+0x7c"
        module "foo.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "afd.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0xfd001238 2 1 "afd!Complete+0x7c"
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51 cpus 2
        container header
        stop 0xa 0xfd001238 2 1 0
    }

    test fires "the page lists are damaged" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0x4e 7 0x123 0 0
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Complete+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }
}
