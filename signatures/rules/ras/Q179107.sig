# SPDX-License-Identifier: Apache-2.0
signature Q179107 {
    title     "A broken control packet of PPTP stops the server"
    class     stop
    severity  high
    status    experimental
    component "raspptpe.sys"
    article   "Q179107"
    affects   "Windows NT 4.0", "Windows NT 4.0 with Routing and Remote Access", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Other faults of the PPTP driver on the path of a control packet."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "raspptpe"
        # Control packets come over TCP.
        require "tcpip" in stack.modules
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["raspptpe.sys"].date >= 1998-10-01
        support weight 2 blame.image == "raspptpe.sys"
        support "ndis" in stack.modules
    }
    say       "raspptpe.sys of {module[\"raspptpe.sys\"].date:date} faults on what came over the control connection."
    do        "Install Service Pack 4 of Windows NT 4.0 or later; until then let only known clients reach port 1723."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "raspptpe!Control+0x7c"
        module "raspptpe.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "raspptpe!Control+0x7c"
            frame "tcpip!Up+0x50"
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
        stop 0xa 0x2c 2 0 "raspptpe!Control+0x7c"
        module "raspptpe.sys" date 1998-10-13
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "raspptpe!Control+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "not from TCP" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "raspptpe!Control+0x7c"
        module "raspptpe.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "raspptpe!Control+0x7c"
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
        stop 0xa 0x2c 2 0 "foo!Control+0x7c"
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "raspptpe.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Control+0x7c"
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
        stop 0xa 0x2c 2 0 "raspptpe!Control+0x7c"
        module "raspptpe.sys" date 1999-11-30
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "raspptpe!Control+0x7c"
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
        stop 0xa 0x2c 2 0 0
    }
}
