# SPDX-License-Identifier: Apache-2.0
signature Q164416 {
    title     "Two threads have hold of one request of a socket that is closed"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q164416"
    affects   "Windows NT 3.5", "Windows NT 3.51", "Windows NT 4.0"
    false_positive "Another null pointer of AFD of which offset 0x28 is used."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x28 and bugcheck.p2 == 2
        require os.version >= 3.5 and os.version <= 4.0
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.p4 >= module["afd.sys"].base and bugcheck.p4 < module["afd.sys"].base + module["afd.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x2be
        # The article is of early 1997; what is built later has the fix.
        support module["afd.sys"].date < 1997-05-01
    }
    say       "On {machine.cpus} processors AFD of {module[\"afd.sys\"].date:date} uses offset 0x28 of a request that another thread has cancelled."
    do        "Install Service Pack 3 of Windows NT 4.0 or later."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51 cpus 2
        container full
        time 1995-02-01
        stop 0xa 0x28 2 0 "afd+0x12be"
        module "afd.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
        damage overwrite 0xc 27030000
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0x28 2 0 "afd+0x12be"
        module "afd.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x28 2 0 "afd+0x12be"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x28 2 0 "afd+0x12be"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "another offset" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "afd+0x12be"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x28 2 0 "foo+0x12be"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x12be"
            frame "foo!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x28 2 0 "afd+0x12be"
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd+0x12be"
            frame "afd!Cleanup+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x28 2 0 0
    }
}
