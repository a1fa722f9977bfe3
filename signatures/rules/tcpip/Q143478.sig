# SPDX-License-Identifier: Apache-2.0
signature Q143478 {
    title     "Urgent data with nothing behind it stops the receiver"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q143478"
    affects   "Windows NT 3.51", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    fixed     "tcpip.sys" x86 os "4.0" date 1998-01-09 size 143664
    fixed     "tcpip.sys" alpha os "4.0" date 1998-01-09 size 263536
    fixed     "tcpip.sys" x86 os "3.51" date 1998-01-14 size 123824
    fixed     "tcpip.sys" alpha os "3.51" date 1998-01-14 size 216848
    related   "Q132470", "Q172030", "Q179157"
    false_positive "Any other packet that TCP/IP trusts too much and that it reads from: only a trace of the network shows the urgent pointer."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require bugcheck.p1 % 4096 != 0 and bugcheck.p1 not in [6, 0x14]
        require os.version in [3.51, 4.0]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require "ndis" in stack.modules
        require none f in stack.frames where f.module in ["afd", "wanarp"]
        require bugcheck.p1 != bugcheck.p4
        support bugcheck.p1 < 0x1000
        # A machine that somebody can reach: the port of NetBIOS was the target.
        support module["netbt.sys"].loaded
        support weight 2 blame.image == "tcpip.sys"
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} reads {bugcheck.p1:hex} while it takes a packet; it does not have the fix of January 1998 against urgent data at the end of a segment."
    do        "Install Service Pack 4 of NT 4.0, or the tcpip.sys of 9 January 1998 (3.51: 14 January 1998), which also replaces the first fix of May 1997. Until then filter port 139 at the border."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1996-04-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
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
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip!Receive+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 3.51: the fixed driver" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1998-01-14
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0: the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1998-01-09
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
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
        stop 0xa 0x2c 2 1 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "sent, not received" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1997-04-01
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "foo!Receive+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1997-04-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Receive+0x7c"
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
        stop 0xa 0x2c 2 0 "tcpip!Receive+0x7c"
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Receive+0x7c"
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
