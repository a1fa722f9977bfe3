# SPDX-License-Identifier: Apache-2.0
signature Q238763 {
    title     "TCP/IP of Service Pack 4 frees an address object that is in use"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q238763"
    affects   "Windows NT 4.0 SP4"
    fixed     "tcpip.sys" x86 os "4.0" date 1999-04-29
    related   "Q164352", "Q234593"
    false_positive "Other freed memory that TCP/IP reads: the article does not say on which path."

    on dump {
        require bugcheck.code == 0x50 and bugcheck.p2 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        # What Service Pack 4 brought.
        require module["tcpip.sys"].date >= 1998-07-01
        exclude module["tcpip.sys"].at_least_fixed
        support bits(bugcheck.p1, 0, 12) == 0xff8
        support blame.image == "tcpip.sys"
        support known(os.service_pack) and os.service_pack == "Service Pack 4"
    }
    say       "tcpip.sys of {module[\"tcpip.sys\"].date:date} reads {bugcheck.p1:hex}, which is not there any more."
    do        "Install Service Pack 6a of Windows NT 4.0. The fix of 29 April 1999 itself is one of those that lock wrongly (Q234593)."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 0 0 0
        module "tcpip.sys" date 1998-10-09
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 0 0 0
        module "tcpip.sys" date 1999-04-29
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 1 0 0
        module "tcpip.sys" date 1998-10-09
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a driver of before Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 0 0 0
        module "tcpip.sys" date 1998-01-09
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 0 0 0
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1998-10-09
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0x50 0xb8722ff8 0 0 0
        module "tcpip.sys" date 1998-10-09
        module "netbt.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Close+0x7c"
            frame "netbt!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x50 0xb8722ff8 0 0 0
    }
}
