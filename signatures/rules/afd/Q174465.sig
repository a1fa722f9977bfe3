# SPDX-License-Identifier: Apache-2.0
signature Q174465 {
    title     "A SAP packet claims more bytes than there are, and AFD copies them"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys", "nwlnkipx.sys"
    article   "Q174465"
    affects   "Windows NT 3.51", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Another datagram of IPX with a wrong length."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version in [3.51, 4.0]
        # It copies until a page is absent.
        require bugcheck.p1 % 4096 == 0
        require bugcheck.p1 != 0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require "nwlnkipx" in stack.modules
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude module["afd.sys"].date >= 1998-10-01
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x8c5
    }
    say       "AFD copies a datagram of IPX beyond a page, to {bugcheck.p1:hex}."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."
    do        "Until then disable the SAP agent, or find the card that sends such packets."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xffb94000 2 1 "afd+0x18c5"
        module "afd.sys" date 1995-06-01
        module "nwlnkipx.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xffb94000 2 1 "afd+0x18c5"
        module "afd.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
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
        stop 0xa 0xffb94000 2 1 "afd+0x18c5"
        module "afd.sys" date 1998-10-13
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "over TCP/IP" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xffb94000 2 1 "afd+0x18c5"
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a read" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xffb94000 2 0 "afd+0x18c5"
        module "afd.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
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
        stop 0xa 0xffb94010 2 1 "afd+0x18c5"
        module "afd.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xffb94000 2 1 "foo+0x18c5"
        module "foo.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x18c5"
            frame "nwlnkipx!Up+0x50"
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
        stop 0xa 0xffb94000 2 1 "afd+0x18c5"
        module "afd.sys" date 1999-11-30
        module "nwlnkipx.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x18c5"
            frame "nwlnkipx!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xffb94000 2 1 0
    }
}
