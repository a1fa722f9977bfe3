# SPDX-License-Identifier: Apache-2.0
signature Q225212 {
    title     "TCP of Service Pack 4 sends one byte more than AFD gave it"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q225212"
    affects   "Windows NT 4.0 SP4"
    related   "Q164397"
    false_positive "Another null pointer of which the word at offset 6 is read."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 6 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        # What Service Pack 4 brought; older drivers do not have the mistake.
        require module["tcpip.sys"].date >= 1998-07-01
        # Service Pack 5 of NT 4.0 (May 1999) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [5-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1999-04-15
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0xc2e
        support known(os.service_pack) and os.service_pack == "Service Pack 4"
    }
    say       "tcpip.sys of {module[\"tcpip.sys\"].date:date} (Service Pack 4) reads offset 6 of a buffer that is not there."
    do        "Install Service Pack 5 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 6 2 0 "tcpip+0x1c2e"
        module "tcpip.sys" date 1998-10-09
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 5" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 6 2 0 "tcpip+0x1c2e"
        module "tcpip.sys" date 1999-04-20
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "another address" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x18 2 0 "tcpip+0x1c2e"
        module "tcpip.sys" date 1998-10-09
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a driver of before Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 6 2 0 "tcpip+0x1c2e"
        module "tcpip.sys" date 1998-01-09
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 6 2 1 "tcpip+0x1c2e"
        module "tcpip.sys" date 1998-10-09
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 6 2 0 "foo+0x1c2e"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1998-10-09
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 6 2 0 "tcpip+0x1c2e"
        module "tcpip.sys" date 1998-10-09
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip+0x1c2e"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 6 2 0 0
    }
}
