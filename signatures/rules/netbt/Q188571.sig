# SPDX-License-Identifier: Apache-2.0
signature Q188571 {
    title     "The DNS answers a NetBIOS name with the address 0.0.0.0"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q188571"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q214429"
    false_positive "Whatever else the helper service asks NetBT for; Q214429 is on the same path."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        # Names are asked of the DNS by the helper service in services.exe.
        require process.name == "services.exe"
        require "tcpip" not in stack.modules
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["netbt.sys"].date >= 1998-10-01
        support bugcheck.p1 < 0x1000
        support weight 2 blame.image == "netbt.sys"
    }
    say       "services.exe, which asks the DNS for NetBIOS names, calls NetBT of {module[\"netbt.sys\"].date:date}, which faults at {bugcheck.p1:hex}."
    do        "Install Service Pack 4 of Windows NT 4.0 or later, and remove the record with the address 0.0.0.0 from the DNS."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1996-10-14
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

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1998-10-13
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
        time 1998-03-01
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1996-10-14
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

    test silent "from TCP/IP" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Resolved+0x7c"
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
        stop 0xa 0x30 2 0 "foo!Resolved+0x7c"
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
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
        stop 0xa 0x30 2 0 "netbt!Resolved+0x7c"
        module "netbt.sys" date 1999-11-30
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
        stop 0xa 0x30 2 0 0
    }
}
