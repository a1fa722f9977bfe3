# SPDX-License-Identifier: Apache-2.0
signature Q187576 {
    title     "TCP/IP calls a function of an interface that is gone when it drops a cached route"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q187576"
    affects   "Windows NT 4.0 Server", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Any function pointer that TCP/IP keeps and that was overwritten leads to such a jump."

    on dump {
        require bugcheck.code == 0x0a
        require os.version == 4.0
        # It jumped there.
        require bugcheck.p1 != 0 and bugcheck.p1 == bugcheck.p4
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1998-10-01
        support fault.ip == bugcheck.p1
        support bugcheck.p2 == 2
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} called {bugcheck.p4:hex}, where there is no code."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x00650074 2 0 0x00650074
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!DropRoute+0x7c"
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
        stop 0xa 0x00650074 2 0 0x00650074
        module "tcpip.sys" date 1998-10-13
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!DropRoute+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "it reads, it does not jump" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x00650074 2 0 "tcpip!DropRoute+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!DropRoute+0x7c"
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
        stop 0xa 0x00650074 2 0 0x00650074
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!DropRoute+0x7c"
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
        stop 0xa 0x00650074 2 0 0x00650074
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!DropRoute+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x00650074 2 0 0x00650074
    }
}
