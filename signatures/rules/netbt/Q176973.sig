# SPDX-License-Identifier: Apache-2.0
signature Q176973 {
    title     "NetBT gets a null pointer from TCP/IP when its WINS server goes away"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q176973"
    affects   "Windows NT 3.51 Server", "Windows NT 4.0 Server", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Another null pointer of NetBT on this path."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 < 0x1000 and bugcheck.p2 == 2
        require os.version in [3.51, 4.0]
        # At these offsets are Q173881, Q164904, Q243478 and Q323551.
        require bugcheck.p1 not in [0x14, 0x51, 0xfc, 0x1d]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        require "tcpip" in stack.modules
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude module["netbt.sys"].date >= 1998-10-01
        support os.product == "Domain Controller"
        support blame.image == "netbt.sys"
    }
    say       "TCP/IP calls NetBT of {module[\"netbt.sys\"].date:date}, which uses offset {bugcheck.p1:hex} of a null pointer."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x20 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
            frame "tcpip!Up+0x50"
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
        stop 0xa 0x20 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
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
        stop 0xa 0x20 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1998-10-13
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no null pointer" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd001238 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "not called by TCP/IP" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x20 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Q173881's offset" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
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
        time 1998-03-01
        stop 0xa 0x20 2 0 "foo!Down+0x7c"
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Down+0x7c"
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
        stop 0xa 0x20 2 0 "netbt!Down+0x7c"
        module "netbt.sys" date 1999-11-30
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Down+0x7c"
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
        stop 0xa 0x20 2 0 0
    }
}
