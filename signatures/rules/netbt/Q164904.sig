# SPDX-License-Identifier: Apache-2.0
signature Q164904 {
    title     "NetBT of Service Pack 2 looks at a proxy query that has no tracker"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q164904"
    affects   "Windows NT 4.0 SP2"
    supersedes "Q176973"
    false_positive "Another structure of NetBT that is read at offset 0x51."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x51 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x2c4
        # Service Pack 3 (May 1997) is the next.
        support module["netbt.sys"].date < 1997-05-01
    }
    say       "netbt.sys of {module[\"netbt.sys\"].date:date} reads the flag at offset 0x51 of a tracker that is not there."
    do        "Install Service Pack 3 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x51 2 0 "netbt+0x12c4"
        module "netbt.sys" date 1996-11-20
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x12c4"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another offset" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x54 2 0 "netbt+0x12c4"
        module "netbt.sys" date 1996-11-20
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x12c4"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x51 2 1 "netbt+0x12c4"
        module "netbt.sys" date 1996-11-20
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x12c4"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x51 2 0 "foo+0x12c4"
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-11-20
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x12c4"
            frame "tcpip!Up+0x50"
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
        stop 0xa 0x51 2 0 "netbt+0x12c4"
        module "netbt.sys" date 1996-11-20
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x12c4"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x51 2 0 0
    }
}
