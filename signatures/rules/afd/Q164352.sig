# SPDX-License-Identifier: Apache-2.0
signature Q164352 {
    title     "A socket address that is longer than AFD has room for overwrites its stack"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys", "tcpip.sys"
    article   "Q164352"
    affects   "Windows NT 4.0"
    related   "Q238763"
    false_positive "Any bad pointer that a program hands to the transport through AFD."

    on dump {
        require bugcheck.code == 0x50
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) in ["tcpip", "afd"]
        require "afd" in stack.modules
        require process.name not in ["Idle", "System"]
        # The article is of early 1997; Service Pack 3 is the next.
        require module["afd.sys"].date < 1997-05-01
        support stack.modules[1] == "tcpip"
        support stack.weakest_trust == "scan"
    }
    say       "{process.name} calls through AFD of {module[\"afd.sys\"].date:date}, and {bugcheck.p1:hex} is not there."
    do        "Install Service Pack 3 of Windows NT 4.0 or later; see which address lengths {process.name} passes."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0x41414141 0 0 0
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Open+0x7c"
            frame "afd!Bind+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0x41414141 0 0 0
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1997-05-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Open+0x7c"
            frame "afd!Bind+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a packet, not a call" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0x41414141 0 0 0
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Open+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "NetBT calls" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0x41414141 0 0 0
        module "tcpip.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Open+0x7c"
            frame "netbt!Bind+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0x50 0x41414141 0 0 0
        module "tcpip.sys" date 1999-11-30
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Open+0x7c"
            frame "afd!Bind+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x50 0x41414141 0 0 0
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0x41414141 0 0 0
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Open+0x7c"
            frame "afd!Bind+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }
}
