# SPDX-License-Identifier: Apache-2.0
signature Q154484 {
    title     "AFD uses a connection after its last reference is gone"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q154484"
    affects   "Windows NT 3.5", "Windows NT 3.51"
    related   "Q139838"
    false_positive "Another structure of AFD that is read at offset 0xc through a null pointer."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x0c and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version in [3.50, 3.51]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.p4 >= module["afd.sys"].base and bugcheck.p4 < module["afd.sys"].base + module["afd.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0xb6
        # A packet was indicated.
        support "ndis" in stack.modules
    }
    say       "A packet is indicated to AFD of {module[\"afd.sys\"].date:date}, which reads offset 0xc of a connection that is gone."
    do        "Install Service Pack 5 of Windows NT 3.51."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0xc 2 0 "afd+0x10b6"
        module "afd.sys" date 1994-09-10
        module "tcpip.sys" date 1994-09-10
        module "ndis.sys" date 1994-09-10
        module "el90x.sys" date 1994-09-10
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
        damage overwrite 0xc 27030000
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xc 2 0 "afd+0x10b6"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another offset" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x10 2 0 "afd+0x10b6"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a write" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xc 2 1 "afd+0x10b6"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xc 2 0 "foo+0x10b6"
        module "foo.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "afd.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xc 2 0 "afd+0x10b6"
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x10b6"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0xc 2 0 0
    }
}
