# SPDX-License-Identifier: Apache-2.0
signature Q224198 {
    title     "NetBT reads a connection that it has freed when it closes it"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q224198"
    affects   "Windows NT 4.0 Server"
    false_positive "Other freed memory that NetBT reads."

    on dump {
        require bugcheck.code == 0x50 and bugcheck.p2 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["netbt.sys"].date >= 1998-10-01
        support bits(bugcheck.p1, 0, 12) == 0x82a
        support weight 2 blame.image == "netbt.sys"
    }
    say       "netbt.sys of {module[\"netbt.sys\"].date:date} reads {bugcheck.p1:hex}, which is not there any more."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xfebf182a 0 0 0
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Close+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x50 0xfebf182a 0 0 0
        module "netbt.sys" date 1998-10-13
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Close+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xfebf182a 1 0 0
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Close+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xfebf182a 0 0 0
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Close+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0x50 0xfebf182a 0 0 0
        module "netbt.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Close+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x50 0xfebf182a 0 0 0
    }
}
