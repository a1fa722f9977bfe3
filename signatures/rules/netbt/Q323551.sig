# SPDX-License-Identifier: Apache-2.0
signature Q323551 {
    title     "A netbt.sys from behind Service Pack 6a faults on a WINS server"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q323551"
    affects   "Windows NT 4.0 SP6a"

    fixed     "netbt.sys" x86 version 4.0.1381.7167 date 2002-06-05 size 124976
    false_positive "The same offset of another structure faults alike: only the operating system, the module and the address speak for this article."

    on dump {
        require bugcheck.code == 0xa and bugcheck.p1 == 0x1d and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"

        exclude module["netbt.sys"].at_least_fixed
    }
    say       "netbt.sys writes {bugcheck.p1:hex}, a member of a structure that is not there. Known from: a WINS server with the fix of Q269239."
    do        "Install netbt.sys 4.0.1381.7167 or later."

    test fires "x86 nt4" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x1d 2 1 "netbt!Work+0x50"
        module "netbt.sys" date 2001-03-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another address" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x21 2 1 "netbt!Work+0x50"
        module "netbt.sys" date 2001-03-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the other access" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x1d 2 0 "netbt!Work+0x50"
        module "netbt.sys" date 2001-03-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0x1e 0xc0000005 0 0 0x1d
        module "netbt.sys" date 2001-03-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x1d 2 1 "badfilt!Work+0x50"
        module "badfilt.sys" date 2001-03-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "badfilt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another system" {
        machine x86 2000
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x1d 2 1 "netbt!Work+0x50"
        module "netbt.sys" date 2001-03-01
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x1d 2 1 "netbt!Work+0x50"
        module "netbt.sys" version 4.0.1381.7167 date 2002-06-05
        module "tcpip.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x1d
            frame "netbt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x1d 2 1 0xf1583318
    }
}
