# SPDX-License-Identifier: Apache-2.0
signature Q156655 {
    title     "NDIS faults above an intermediate driver"
    class     stop
    severity  medium
    status    experimental
    component "ndis.sys"
    article   "Q156655"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q254993"
    false_positive "Another structure of NDIS that is read at offset 0x14. The leak of the same article has no tag of its own."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x14 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ndis"
        require bugcheck.p4 >= module["ndis.sys"].base and bugcheck.p4 < module["ndis.sys"].base + module["ndis.sys"].size
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["ndis.sys"].date >= 1998-10-01
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x62
        # An intermediate driver stands between two frames of NDIS.
        support count(f in stack.frames where f.module == "ndis") >= 2
    }
    say       "NDIS of {module[\"ndis.sys\"].date:date} reads offset 0x14 of a null pointer."
    do        "Install Service Pack 4 of Windows NT 4.0 or later; until then remove the intermediate driver."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "ndis+0x1062"
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1062"
            frame "imdrv!Up+0x50"
            frame "ndis!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "ndis+0x1062"
        module "ndis.sys" date 1998-10-13
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1062"
            frame "imdrv!Up+0x50"
            frame "ndis!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another offset" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x18 2 0 "ndis+0x1062"
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1062"
            frame "imdrv!Up+0x50"
            frame "ndis!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 1 "ndis+0x1062"
        module "ndis.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1062"
            frame "imdrv!Up+0x50"
            frame "ndis!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "foo+0x1062"
        module "foo.sys" date 1996-10-14
        module "imdrv.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1062"
            frame "imdrv!Up+0x50"
            frame "foo!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "ndis+0x1062"
        module "ndis.sys" date 1999-11-30
        module "imdrv.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1062"
            frame "imdrv!Up+0x50"
            frame "ndis!X+0x40"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x14 2 0 0
    }
}
