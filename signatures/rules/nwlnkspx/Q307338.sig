# SPDX-License-Identifier: Apache-2.0
signature Q307338 {
    title     "SPX does not expect that no route was found"
    class     stop
    severity  medium
    status    experimental
    component "nwlnkspx.sys"
    article   "Q307338"
    affects   "Windows NT 4.0 Terminal Server Edition"
    fixed     "nwlnkspx.sys" x86 os "4.0" version 4.0.1381.33478 date 2001-10-21 size 58704
    false_positive "Another structure of SPX that is written at offset 2 through a null pointer."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 2 and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "nwlnkspx"
        require bugcheck.p4 >= module["nwlnkspx.sys"].base and bugcheck.p4 < module["nwlnkspx.sys"].base + module["nwlnkspx.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x64b
        support any f in stack.frames where f.function == "SpxConnConnectFindRouteComplete"
        exclude any f in stack.frames where f.module == "nwlnkspx" and known(f.function) and f.function != "SpxConnConnectFindRouteComplete" and f.ip == bugcheck.p4
        exclude module["nwlnkspx.sys"].at_least_fixed
    }
    say       "nwlnkspx.sys {module[\"nwlnkspx.sys\"].version} of {module[\"nwlnkspx.sys\"].date:date} writes offset 2 of a null pointer, as it does when a search for a route ends with nothing."
    do        "Install the nwlnkspx.sys 4.0.1381.33478 of 21 October 2001 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 2 2 1 "nwlnkspx+0x164b"
        module "nwlnkspx.sys" date 1999-10-13 version 4.0.1381.336
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nwlnkspx+0x164b"
            frame "nwlnkipx!Route+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 2 2 1 "nwlnkspx+0x164b"
        module "nwlnkspx.sys" date 2001-10-21 version 4.0.1381.33478
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nwlnkspx+0x164b"
            frame "nwlnkipx!Route+0x50"
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
        stop 0xa 8 2 1 "nwlnkspx+0x164b"
        module "nwlnkspx.sys" date 1999-10-13 version 4.0.1381.336
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nwlnkspx+0x164b"
            frame "nwlnkipx!Route+0x50"
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
        stop 0xa 2 2 0 "nwlnkspx+0x164b"
        module "nwlnkspx.sys" date 1999-10-13 version 4.0.1381.336
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nwlnkspx+0x164b"
            frame "nwlnkipx!Route+0x50"
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
        stop 0xa 2 2 1 "foo+0x164b"
        module "foo.sys" date 1996-10-14
        module "nwlnkipx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "nwlnkspx.sys" date 1999-10-13 version 4.0.1381.336
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x164b"
            frame "nwlnkipx!Route+0x50"
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
        stop 0xa 2 2 1 "nwlnkspx+0x164b"
        module "nwlnkspx.sys" date 1999-10-13
        module "nwlnkipx.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nwlnkspx+0x164b"
            frame "nwlnkipx!Route+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 2 2 1 0
    }
}
