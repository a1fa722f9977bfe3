# SPDX-License-Identifier: Apache-2.0
signature Q163620 {
    title     "A path is longer than the SMB that the redirector builds"
    class     stop
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q163620"
    affects   "Windows NT 4.0"
    false_positive "Other copies of the redirector that run beyond a page."

    on dump {
        require bugcheck.code == 0x50 and bugcheck.p2 == 1
        require os.version == 4.0
        # It writes until a page is absent.
        require bugcheck.p1 % 4096 == 0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr"
        require process.name not in ["Idle"]
        # Service Pack 3 (May 1997) is the next after the article.
        support weight 2 module["rdr.sys"].date < 1997-05-01
        support blame.image == "rdr.sys"
    }
    say       "{process.name} makes rdr.sys of {module[\"rdr.sys\"].date:date} write on beyond a page, at {bugcheck.p1:hex}."
    do        "Install Service Pack 3 of Windows NT 4.0 or later; see how long the paths are that {process.name} asks a server for."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xff737000 1 1 0
        module "rdr.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!BuildPath+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a read" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xff737000 0 1 0
        module "rdr.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!BuildPath+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "not at the start of a page" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xff737010 1 1 0
        module "rdr.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!BuildPath+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0x50 0xff737000 1 1 0
        module "foo.sys" date 1996-10-14
        module "rdr.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!BuildPath+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0x50 0xff737000 1 1 0
        module "rdr.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!BuildPath+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x50 0xff737000 1 1 0
    }
}
