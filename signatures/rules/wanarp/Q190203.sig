# SPDX-License-Identifier: Apache-2.0
signature Q190203 {
    title     "wanarp.sys of an old hotfix with a newer tcpip.sys"
    class     stop
    severity  medium
    status    experimental
    component "wanarp.sys", "tcpip.sys"
    article   "Q190203"
    affects   "Windows NT 4.0 with Routing and Remote Access"
    false_positive "The dates alone do not say that the two do not fit; the fault must be on the way between them."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) in ["wanarp", "tcpip"]
        require "wanarp" in stack.modules and "tcpip" in stack.modules
        require module["wanarp.sys"].date < module["tcpip.sys"].date
        support module["tcpip.sys"].date - module["wanarp.sys"].date > 30d
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x5e5
    }
    say       "wanarp.sys of {module[\"wanarp.sys\"].date:date} and tcpip.sys of {module[\"tcpip.sys\"].date:date} are of different updates, and a call between them writes to {bugcheck.p1:hex}."
    do        "Install the hotfix of Routing and Remote Access that belongs to this tcpip.sys (the newest one), or the latest Service Pack."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x45 2 1 "wanarp+0x15e5"
        module "wanarp.sys" date 1997-10-01
        module "tcpip.sys" date 1998-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "wanarp+0x15e5"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "both of one date" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x45 2 1 "wanarp+0x15e5"
        module "wanarp.sys" date 1998-06-01
        module "tcpip.sys" date 1998-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "wanarp+0x15e5"
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
        time 2003-01-01
        stop 0xa 0x45 2 0 "wanarp+0x15e5"
        module "wanarp.sys" date 1997-10-01
        module "tcpip.sys" date 1998-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "wanarp+0x15e5"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no wanarp on the stack" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x45 2 1 "tcpip!Up+0x50"
        module "tcpip.sys" date 1998-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "wanarp.sys" date 1997-10-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
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
        stop 0xa 0x45 2 1 "wanarp+0x15e5"
        module "wanarp.sys" date 1997-10-01
        module "tcpip.sys" date 1998-06-01
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "wanarp+0x15e5"
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
        stop 0xa 0x45 2 1 0
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x45 2 1 "foo!X+0x5c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "wanarp.sys" date 1997-10-01
        module "tcpip.sys" date 1998-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!X+0x5c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }
}
