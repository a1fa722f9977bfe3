# SPDX-License-Identifier: Apache-2.0
signature Q214429 {
    title     "NetBT drops its tracker twice when it asks the DNS for a NetBIOS name"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q214429"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q188571"
    false_positive "Whatever else the helper service asks NetBT for; in drivers before Service Pack 4 Q188571 is on the same path."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        # A block that was freed, no null pointer.
        require bugcheck.p1 >= 0x1000
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        # Names are asked of the DNS by the helper service in services.exe.
        require process.name == "services.exe"
        require "tcpip" not in stack.modules
        # Service Pack 5 of NT 4.0 (May 1999) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [5-6]/
        exclude os.version == 4.0 and module["netbt.sys"].date >= 1999-04-15
        support module["netbt.sys"].date >= 1998-07-01
        support blame.image == "netbt.sys"
    }
    say       "services.exe, which asks the DNS for NetBIOS names, calls NetBT of {module[\"netbt.sys\"].date:date}, which uses {bugcheck.p1:hex}, a block that is free."
    do        "Install Service Pack 5 of Windows NT 4.0 or later; until then do not let WINS ask the DNS."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1998-10-09
        process "services.exe" pid 0x60 { thread tid 0x64 }
        current "services.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 5" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1999-04-20
        process "services.exe" pid 0x60 { thread tid 0x64 }
        current "services.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "another process" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1998-10-09
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a null pointer" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1998-10-09
        process "services.exe" pid 0x60 { thread tid 0x64 }
        current "services.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "foo!Resolved+0x7c"
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1998-10-09
        process "services.exe" pid 0x60 { thread tid 0x64 }
        current "services.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1998-10-09
        process "services.exe" pid 0x60 { thread tid 0x64 }
        current "services.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xfd001230 2 0 0
    }
}
