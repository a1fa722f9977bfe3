# SPDX-License-Identifier: Apache-2.0
signature Q173881 {
    title     "LMHOSTS is scanned while another processor clears the context"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q173881"
    affects   "Windows NT 4.0"

    false_positive "The same offset of another structure faults alike: only the operating system, the module and the address speak for this article."

    on dump {
        require bugcheck.code == 0xa and bugcheck.p1 == 0x14 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require machine.cpus > 1
    }
    say       "netbt.sys reads {bugcheck.p1:hex}, a member of a structure that is not there. Known from: LMHOSTS lookups on a multiprocessor."
    do        "Install Service Pack 4 of NT 4.0 or later; until then switch LMHOSTS lookup off."

    test fires "x86 nt4" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x14 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another address" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x18 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the other access" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x14 2 1 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0x1e 0xc0000005 0 0 0x14
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x14 2 0 "badfilt!Work+0x50"
        module "badfilt.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "badfilt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another system" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x14 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "one processor" {
        machine x86 nt4 cpus 1
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x14 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4 cpus 2: only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x14 2 0 0xf1583318
    }
}
