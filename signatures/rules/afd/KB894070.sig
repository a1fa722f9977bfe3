# SPDX-License-Identifier: Apache-2.0
signature KB894070 {
    title     "AFD reads a member of a structure that is not there (Server 2003)"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "KB894070"
    affects   "Windows Server 2003"

    false_positive "The same offset of another structure faults alike: only the operating system, the module and the address speak for this article."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p1 == 0x40 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 5.2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
    }
    say       "afd.sys reads {bugcheck.p1:hex}, a member of a structure that is not there. Known from: nothing that the article states."
    do        "Install the update of KB894070, or a service pack that is younger."

    test fires "x86 2003" {
        machine x86 2003
        container full
        time 2006-01-01T00:00:00Z
        stop 0xd1 0x40 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another address" {
        machine x86 2003
        container full
        time 2006-01-01T00:00:00Z
        stop 0xd1 0x44 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the other access" {
        machine x86 2003
        container full
        time 2006-01-01T00:00:00Z
        stop 0xd1 0x40 2 1 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 2003
        container full
        time 2006-01-01T00:00:00Z
        stop 0x1e 0xc0000005 0 0 0x40
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 2003
        container full
        time 2006-01-01T00:00:00Z
        stop 0xd1 0x40 2 0 "badfilt!Work+0x50"
        module "badfilt.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "badfilt!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another system" {
        machine x86 xp
        container full
        time 2006-01-01T00:00:00Z
        stop 0xd1 0x40 2 0 "afd!Work+0x50"
        module "afd.sys" date 1997-01-01
        module "tcpip.sys"
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x40
            frame "afd!Work+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 2003: only a header" {
        machine x86 2003
        container header
        stop 0xd1 0x40 2 0 0xf1583318
    }
}
