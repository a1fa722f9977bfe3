# SPDX-License-Identifier: Apache-2.0
signature Q164398 {
    title     "AFD is told of data for a connection that was aborted"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q164398"
    affects   "Windows NT 4.0"
    false_positive "A transport that indicates on a connection that it was told is closed is at fault itself."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.p2 >= module["afd.sys"].base and bugcheck.p2 < module["afd.sys"].base + module["afd.sys"].size
        # A transport calls it.
        require any f in stack.frames where f.module in ["tcpip", "netbt", "nbf", "nwlnkspx", "nwlnkipx"]
        # The article is of early 1997; Service Pack 3 is the next.
        support weight 2 module["afd.sys"].date < 1997-05-01
        support blame.image == "afd.sys"
    }
    say       "A transport indicates to AFD of {module[\"afd.sys\"].date:date}, which faults at {bugcheck.p4:hex}."
    do        "Install Service Pack 3 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "afd!Receive+0x7c" 0 0x2c
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Receive+0x7c"
            frame "tcpip!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no transport calls it" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "afd!Receive+0x7c" 0 0x2c
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Receive+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "another exception" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000094 "afd!Receive+0x7c" 0 0
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Receive+0x7c"
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
        stop 0x1e 0xc0000005 "foo!Receive+0x7c" 0 0x2c
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Receive+0x7c"
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
        stop 0x1e 0xc0000005 "afd!Receive+0x7c" 0 0x2c
        module "afd.sys" date 1999-11-30
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Receive+0x7c"
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
        stop 0x1e 0xc0000005 0 0 0x2c
    }
}
