# SPDX-License-Identifier: Apache-2.0
signature Q179157 {
    title     "An ARP request with too much source routing overruns its field"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q179157"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q150823", "Q143478"
    false_positive "Other bad packets stop TCP/IP on the same path; on Token Ring this one is likely."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require "ndis" in stack.modules
        # Only Token Ring has source routing: drivers of such cards.
        require any f in stack.frames where f.image =~ /^(ibmtok|ibmtrp|mdgmport|madge|smctr|netflx|olitok|tok)/i
        require none f in stack.frames where f.module == "afd"
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1998-10-01
        support bugcheck.p3 == 1
        support blame.image == "tcpip.sys"
    }
    say       "TCP/IP faults on a packet from a Token Ring card, and its driver of {module[\"tcpip.sys\"].date:date} trusts the length of the source routing."
    do        "Install Service Pack 4 of Windows NT 4.0 or later. Find the station or bridge that sends more than 18 bytes of routing."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "tcpip!Arp+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "ibmtok.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Arp+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "tcpip!Arp+0x7c"
        module "tcpip.sys" date 1998-10-13
        module "ndis.sys" date 1996-10-14
        module "ibmtok.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Arp+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "an Ethernet card" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "tcpip!Arp+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Arp+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "sent, not received" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "tcpip!Arp+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Arp+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "foo!Arp+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "ibmtok.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Arp+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "tcpip!Arp+0x7c"
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "ibmtok.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Arp+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 1 0
    }
}
