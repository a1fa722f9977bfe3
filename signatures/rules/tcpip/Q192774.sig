# SPDX-License-Identifier: Apache-2.0
signature Q192774 {
    title     "An ICMP request for the address mask makes TCP/IP read beyond its list of addresses"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q192774"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q164397", "Q143478"
    false_positive "Other bad packets may lead beyond a page, too: see whether the card has several addresses of one subnet."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        # The list is read to the end of its page.
        require bugcheck.p1 % 4096 == 0
        require bugcheck.p1 != 0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require "ndis" in stack.modules
        require none f in stack.frames where f.module == "afd"
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1998-10-01
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x29b
        support bugcheck.p1 == 0xa0033000
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} takes a packet and reads on beyond a page, at {bugcheck.p1:hex}."
    do        "Install Service Pack 4 of Windows NT 4.0 or later, or give the card one address of each subnet."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xa0033000 2 0 "tcpip+0x129b"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x129b"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xa0033000 2 0 "tcpip+0x129b"
        module "tcpip.sys" date 1998-10-13
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x129b"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "not at the start of a page" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xa0033018 2 0 "tcpip+0x129b"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x129b"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a send of AFD: Q164397" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xa0033000 2 0 "tcpip+0x129b"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x129b"
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
        stop 0xa 0xa0033000 2 0 "foo+0x129b"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x129b"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0xa0033000 2 0 "tcpip+0x129b"
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x129b"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xa0033000 2 0 0
    }
}
