# SPDX-License-Identifier: Apache-2.0
signature Q320392 {
    title     "TCP/IP reads through a null pointer at offset 0x14"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q320392"
    affects   "Windows NT 4.0"
    fixed     "tcpip.sys" x86 os "4.0" version 4.0.1381.7179 date 2002-07-18 size 174960
    fixed     "tcpip.sys" alpha os "4.0" version 4.0.1381.7179 date 2002-07-18 size 309008
    related   "Q143478", "Q243878"
    false_positive "Another structure whose field at 0x14 is read through a null pointer; a card that completes a packet twice does so in ARP."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x14 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x73d
        support module["tcpip.sys"].date >= 1999-10-01
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "tcpip.sys {module[\"tcpip.sys\"].version} of {module[\"tcpip.sys\"].date:date} reads offset 0x14 of a null pointer."
    do        "Install the tcpip.sys 4.0.1381.7179 of 18 July 2002 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "tcpip+0x173d"
        module "tcpip.sys" date 1999-10-20 version 4.0.1381.336
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x173d"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0 on Alpha" {
        machine alpha nt4
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "tcpip+0x173c"
        module "tcpip.sys" date 1999-10-20 version 4.0.1381.336
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip+0x173c"
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
        stop 0xa 0x14 2 0 "tcpip+0x173d"
        module "tcpip.sys" date 2002-07-18 version 4.0.1381.7179
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x173d"
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
        stop 0xa 0x18 2 0 "tcpip+0x173d"
        module "tcpip.sys" date 1999-10-20 version 4.0.1381.336
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x173d"
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
        stop 0xa 0x14 2 1 "tcpip+0x173d"
        module "tcpip.sys" date 1999-10-20 version 4.0.1381.336
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x173d"
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
        stop 0xa 0x14 2 0 "foo+0x173d"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1999-10-20 version 4.0.1381.336
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x173d"
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
        stop 0xa 0x14 2 0 "tcpip+0x173d"
        module "tcpip.sys" date 1999-10-20
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x173d"
            frame "ndis!MIndicate+0x2c"
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
