# SPDX-License-Identifier: Apache-2.0
signature Q161802 {
    title     "The server uses a request again that the transport has not finished"
    class     stop
    severity  medium
    status    experimental
    component "srv.sys", "nbf.sys"
    article   "Q161802"
    affects   "Windows NT 3.51", "Windows NT 4.0"
    false_positive "Another structure that is written at offset 0x104."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x104 and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version in [3.51, 4.0]
        # The fault is in whichever transport has the request.
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) in ["nbf", "netbt", "tcpip", "nwlnkipx", "nwlnknb", "srv"]
        require module["srv.sys"].loaded
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0xbe0
        # Service Pack 3 of NT 4.0 is of May 1997.
        support module["srv.sys"].date < 1997-05-01
    }
    say       "{first(f in stack.frames where f.module not in [\"nt\", \"hal\"] : f.text)} writes offset 0x104 of a request that is no longer its own."
    do        "Install Service Pack 3 of Windows NT 4.0 or later, or let the LAN Manager 2.x clients use oplocks."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x104 2 1 "nbf+0x1be0"
        module "nbf.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "srv.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
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
        stop 0xa 0x104 2 1 "nbf+0x1be0"
        module "nbf.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "srv.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another offset" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x108 2 1 "nbf+0x1be0"
        module "nbf.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "srv.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
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
        stop 0xa 0x104 2 0 "nbf+0x1be0"
        module "nbf.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "srv.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no file server" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x104 2 1 "nbf+0x1be0"
        module "nbf.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
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
        stop 0xa 0x104 2 1 "nbf+0x1be0"
        module "nbf.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        module "srv.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf+0x1be0"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x104 2 1 0
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x104 2 1 "foo+0x1be0"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "srv.sys" date 1996-10-14
        module "nbf.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1be0"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }
}
