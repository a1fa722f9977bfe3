# SPDX-License-Identifier: Apache-2.0
signature KB909665 {
    title     "TCP/IP and a network card's driver call one another until the stack overflows (large send offload)"
    class     stop
    severity  critical
    status    experimental
    component "tcpip.sys"
    article   "KB909665"
    affects   "Windows Server 2003 SP1"
    related   "Q216765"
    supersedes "stack-recursion"
    false_positive "Any filter between TCP/IP and the card that sends back what it was sent looks alike; it is a driver outside of Windows in the round that counts, and that it drives a card is not looked at."

    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require stack.overflow
        require any c in stack.cycles where c.count >= 5 and c.share >= 60 and "tcpip" in c.modules and "ndis" in c.modules
        require any c in stack.cycles where any m in c.modules where m not in ["tcpip", "ndis", "nt", "hal", "afd", "netbt", "tdi", "psched", "wanarp", "ipsec", "ipnat"]
        require os.version == 5.2
        support none c in stack.cycles where "afd" in c.modules or "netbt" in c.modules
        # 5.2.3790.1830 is of Service Pack 1, .3959 of Service Pack 2.
        support module["tcpip.sys"].version >= 5.2.3790.1830 and module["tcpip.sys"].version < 5.2.3790.3959
    }
    say       "{stack.cycles[0].count} rounds ({stack.cycles[0].bytes:bytes}) of {stack.cycles[0].text}: TCP/IP gives the card's driver what that hands back."
    do        "Switch large send offload off in the properties of the card and see whether the stop stays away."
    do        "Then update the card's driver, and install a later tcpip.sys (Service Pack 2 or later) before switching it on again."

    test fires "x86, Service Pack 1" {
        machine x86 2003 cpus 2
        servicepack 1
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" version 5.2.3790.1830
        module "ndis.sys"
        module "b57xp32.sys"
        stack overflow { cycle "tcpip!ARPSendData+0x4c" "ndis!ndisMSendX+0x30" "b57xp32!Send+0x90" "ndis!ndisMSendComplete+0x30" "tcpip!ARPSendComplete+0x44" times 24; frame "nt!X+0x20" }
    }
    test fires "x64" {
        machine x64 2003 cpus 2
        servicepack 1
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" version 5.2.3790.1830
        module "ndis.sys"
        module "b57amd64.sys"
        stack overflow { cycle "tcpip!A+0x4c" "ndis!B+0x30" "b57amd64!C+0x90" times 40; frame "nt!X+0x20" }
    }
    test fires "in a small dump" {
        machine x64 2003
        container triage
        servicepack 1
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" version 5.2.3790.1830
        module "ndis.sys"
        module "b57amd64.sys"
        stack overflow { cycle "tcpip!A+0x4c" "ndis!B+0x30" "b57amd64!C+0x90" times 40; frame "nt!X+0x20" }
    }
    test silent "TCP/IP alone (Q216765)" {
        machine x86 2003
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "TCP/IP and NDIS, no card's driver" {
        machine x86 2003
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        stack overflow { cycle "tcpip!A+0x1c" "ndis!B+0x40" times 60 }
    }
    test silent "the card's driver alone" {
        machine x86 2003
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "b57xp32.sys"
        stack overflow { cycle "b57xp32!A+0x1c" times 60; frame "ndis!B+0x40"; frame "tcpip!C+0x30" }
    }
    test silent "sent once, room left, another stop" {
        machine x86 2003
        time 2005-12-01
        stop 0xd1 0 2 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "b57xp32.sys"
        stack { frame "b57xp32!A+0x1c"; frame "ndis!B+0x40"; frame "tcpip!C+0x30" }
    }
    test silent "no frame of the network (KB928006)" {
        machine x86 2003
        time 2005-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        stack overflow { cycle "nt!A+0x1c" "nt!B+0x40" times 60 }
    }
    test silent "Windows 7" {
        machine x64 7
        time 2011-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "card.sys"
        stack overflow { cycle "tcpip!A+0x4c" "ndis!B+0x30" "card!C+0x90" times 40; frame "nt!X+0x20" }
    }
    test unknown "header-only dump" {
        machine x86 2003
        container header
        stop 0x7f 8 0 0 0
    }
}
