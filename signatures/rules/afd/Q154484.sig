# SPDX-License-Identifier: Apache-2.0
signature Q154484 {
    title     "AFD uses a connection after its last reference is gone"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q154484"
    affects   "Windows NT 3.5", "Windows NT 3.51"

    false_positive "The same offset of another structure faults alike: only the operating system, the module and the address speak for this article."

    on dump {
        require bugcheck.code == 0xa and bugcheck.p1 == 0xc and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version <= 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
    }
    say       "afd.sys reads {bugcheck.p1:hex}, a member of a structure that is not there. Known from: a packet indicated after its connection was aborted."
    do        "Install Service Pack 5 of NT 3.51 or later."

    test fires "x86 nt3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xc 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another address" {
        machine x86 nt3.51
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0x10 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the other access" {
        machine x86 nt3.51
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xc 2 1 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 nt3.51
        container full
        time 2003-01-01T00:00:00Z
        stop 0x1e 0xc0000005 0 0 0xc
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 nt3.51
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xc 2 0 "badfilt!Work+0x50"
        module "badfilt.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "badfilt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another system" {
        machine x86 2000
        container full
        time 2003-01-01T00:00:00Z
        stop 0xa 0xc 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0xc
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt3.51: only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0xc 2 0 0xf1583318
    }
}
