# SPDX-License-Identifier: Apache-2.0
signature Q191284 {
    title     "NetBT frees a connection that another thread is using"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q191284"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q323310"
    false_positive "Other freed memory that NetBT reads."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005 and bugcheck.p3 == 0
        require os.version == 4.0
        # Freed memory, no null pointer.
        require bugcheck.p4 >= 0x1000
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p2 >= module["netbt.sys"].base and bugcheck.p2 < module["netbt.sys"].base + module["netbt.sys"].size
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["netbt.sys"].date >= 1998-10-01
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p2, 0, 12) == 0xa44
    }
    say       "netbt.sys of {module[\"netbt.sys\"].date:date} reads {bugcheck.p4:hex} in memory that is no longer its own."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "netbt+0x1a44" 0 0x42000878
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "netbt+0x1a44" 0 0x42000878
        module "netbt.sys" date 1998-10-13
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "netbt+0x1a44" 1 0x42000878
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a null pointer" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "netbt+0x1a44" 0 0x18
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x1e 0xc0000005 "foo+0x1a44" 0 0x42000878
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "netbt+0x1a44" 0 0x42000878
        module "netbt.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x1a44"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x1e 0xc0000005 0 0 0x42000878
    }
}
