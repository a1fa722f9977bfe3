# SPDX-License-Identifier: Apache-2.0
signature Q243478 {
    title     "NetBT answers a broadcast from 0.0.0.0 with a reply that was not filled in"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q243478"
    affects   "Windows NT 4.0"
    related   "Q244239"
    fixed     "netbt.sys" x86 date 1999-10-11 size 123152
    fixed     "netbt.sys" alpha date 1999-10-11 size 222896
    false_positive "The same offset of another structure faults alike: only the operating system, the module and the address speak for this article."

    on dump {
        require bugcheck.code == 0xa and bugcheck.p1 == 0xfc and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"

        exclude module["netbt.sys"].at_least_fixed
    }
    say       "netbt.sys reads {bugcheck.p1:hex}, a member of a structure that is not there. Known from: a domain master browser that gets a broadcast from address 0.0.0.0."
    do        "Install netbt.sys of 11 October 1999 or later."

    test fires "x86 nt4" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xfc 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another address" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x100 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the other access" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xfc 2 1 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0x1e 0xc0000005 0 0 0xfc
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xfc 2 0 "badfilt!Work+0x50"
        module "badfilt.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "badfilt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another system" {
        machine x86 2000
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xfc 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1997-01-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xfc 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 1999-10-11
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xfc
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xfc 2 0 0xf1583318
    }
}
