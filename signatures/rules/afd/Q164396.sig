# SPDX-License-Identifier: Apache-2.0
signature Q164396 {
    title     "AFD queues work without keeping the file object that the work needs"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q164396"
    affects   "Windows NT 4.0"
    false_positive "Other work items of AFD whose endpoint was freed by somebody else."

    on dump {
        require bugcheck.code == 0x0a
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.p4 >= module["afd.sys"].base and bugcheck.p4 < module["afd.sys"].base + module["afd.sys"].size
        # A work item, so a thread of the system.
        require process.name == "System"
        require none f in stack.frames where f.module in ["ndis", "tcpip", "netbt"]
        # The article is of early 1997; Service Pack 3 is the next.
        support weight 2 module["afd.sys"].date < 1997-05-01
        support blame.image == "afd.sys"
    }
    say       "A work item of AFD of {module[\"afd.sys\"].date:date} faults at {bugcheck.p1:hex}."
    do        "Install Service Pack 3 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "afd!Worker+0x7c"
        module "afd.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Worker+0x7c"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "a program's thread" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "afd!Worker+0x7c"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Worker+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "an indication from below" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "afd!Worker+0x7c"
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Worker+0x7c"
            frame "tcpip!Up+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "foo!Worker+0x7c"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Worker+0x7c"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "afd!Worker+0x7c"
        module "afd.sys" date 1999-11-30
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Worker+0x7c"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 0 0
    }
}
