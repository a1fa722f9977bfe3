# SPDX-License-Identifier: Apache-2.0
signature Q126724 {
    title     "The NPMCA network driver completes a packet of ARP that TCP/IP does not have"
    class     stop
    severity  medium
    status    stable
    component "npmca.sys", "tcpip.sys"
    article   "Q126724"
    affects   "Windows NT 3.5"
    false_positive "Another card's driver that completes a packet twice stops at the same place: then npmca is not on the stack."

    on dump {
        require bugcheck.code == 0x0a
        require os.version < 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip" and first(f in stack.frames where f.module not in ["nt", "hal"] : f.function) in ["FreeARPBuffer", "ARPSendComplete"]
        require "npmca" in stack.modules
        support bugcheck.p1 == 0x14 and bugcheck.p2 == 2 and bugcheck.p3 == 0
    }
    say       "npmca.sys completes a send, and {stack.frames[2].text} reads {bugcheck.p1:hex}."
    do        "Replace npmca.sys by a newer driver of the card, or the card."

    test fires "npmca completes a send" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0x14 2 0 "tcpip!FreeARPBuffer+0x8"
        module "tcpip.sys" pdb "tcpip.pdb"
        module "npmca.sys" pdb "npmca.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!FreeARPBuffer+0x8"
            frame "tcpip!ARPSendComplete+0x3c"
            frame "npmca!ProcessDMAInterrupt+0x9a"
            frame "npmca!NPIDeferredProcessing+0x21"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another card" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0x14 2 0 "tcpip!FreeARPBuffer+0x8"
        module "tcpip.sys" pdb "tcpip.pdb"
        module "elnk3.sys" pdb "elnk3.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!FreeARPBuffer+0x8"
            frame "tcpip!ARPSendComplete+0x3c"
            frame "elnk3!ProcessDMAInterrupt+0x9a"
            frame "elnk3!NPIDeferredProcessing+0x21"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another function of tcpip" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0x14 2 0 "tcpip!TCPRcv+0x8"
        module "tcpip.sys" pdb "tcpip.pdb"
        module "npmca.sys" pdb "npmca.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!TCPRcv+0x8"
            frame "npmca!ProcessDMAInterrupt+0x9a"
            frame "npmca!NPIDeferredProcessing+0x21"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "NT 4.0" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x14 2 0 "tcpip!FreeARPBuffer+0x8"
        module "tcpip.sys" pdb "tcpip.pdb"
        module "npmca.sys" pdb "npmca.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!FreeARPBuffer+0x8"
            frame "tcpip!ARPSendComplete+0x3c"
            frame "npmca!ProcessDMAInterrupt+0x9a"
            frame "npmca!NPIDeferredProcessing+0x21"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "no symbols of tcpip" {
        machine x86 nt3.51
        container full

        stop 0xa 0x14 2 0 "tcpip!FreeARPBuffer+0x8"
        module "tcpip.sys" pdb "tcpip.pdb"
        module "npmca.sys" pdb "npmca.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!FreeARPBuffer+0x8"
            frame "tcpip!ARPSendComplete+0x3c"
            frame "npmca!ProcessDMAInterrupt+0x9a"
            frame "npmca!NPIDeferredProcessing+0x21"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt3.51: only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x14 2 0 0xf1583318
    }
}
