# SPDX-License-Identifier: Apache-2.0
signature Q323310 {
    title     "NetBT hands the kernel a lower connection that it has given up"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q323310"
    affects   "Windows NT 4.0", "Windows NT 4.0 SP6a"
    fixed     "netbt.sys" x86 os "4.0" version 4.0.1381.7169 date 2002-06-06 size 125040
    related   "Q191284"
    false_positive "Another null pointer that NetBT hands to the kernel."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005 and bugcheck.p3 == 0 and bugcheck.p4 == 8
        require os.version == 4.0
        require bugcheck.p2 >= kernel.base and bugcheck.p2 < kernel.base + kernel.size
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        support bugcheck.p2 == 0x8011303c
        support module["netbt.sys"].date >= 1999-10-01
        exclude module["netbt.sys"].at_least_fixed
    }
    say       "netbt.sys {module[\"netbt.sys\"].version} of {module[\"netbt.sys\"].date:date} calls the kernel, which reads offset 8 of a null pointer."
    do        "Install the netbt.sys 4.0.1381.7169 of 6 June 2002 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "nt!ExInterlockedRemoveHeadList+0x7c" 0 8
        module "netbt.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "netbt!Lower+0x50"
            frame "tcpip!Up+0x30"
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
        stop 0x1e 0xc0000005 "nt!ExInterlockedRemoveHeadList+0x7c" 0 8
        module "netbt.sys" date 2002-06-06 version 4.0.1381.7169
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "netbt!Lower+0x50"
            frame "tcpip!Up+0x30"
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
        stop 0x1e 0xc0000005 "nt!ExInterlockedRemoveHeadList+0x7c" 0 12
        module "netbt.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "netbt!Lower+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "in NetBT itself" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "netbt!Lower+0x50" 0 8
        module "netbt.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "netbt!Lower+0x50"
            frame "tcpip!Up+0x30"
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
        stop 0x1e 0xc0000005 "nt!ExInterlockedRemoveHeadList+0x7c" 0 8
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1999-10-20 version 4.0.1381.336
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "foo!Lower+0x50"
            frame "tcpip!Up+0x30"
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
        stop 0x1e 0xc0000005 "nt!ExInterlockedRemoveHeadList+0x7c" 0 8
        module "netbt.sys" date 1999-10-20
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExInterlockedRemoveHeadList+0x7c"
            frame "netbt!Lower+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x1e 0xc0000005 0 0 8
    }
}
