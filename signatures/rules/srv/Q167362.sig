# SPDX-License-Identifier: Apache-2.0
signature Q167362 {
    title     "The shutdown calls the file server after it was unloaded"
    class     stop
    severity  low
    status    experimental
    component "srv.sys"
    article   "Q167362"
    affects   "Windows NT 4.0"
    false_positive "Another driver that was unloaded and is still called, on a machine that never ran the server."

    on dump {
        require bugcheck.code == 0x50 and bugcheck.p2 == 0
        require os.version == 4.0
        # The server is gone; its last place is in the list of unloaded drivers, where the kernel keeps one.
        require not exists(module["srv.sys"])
        require none m in modules where bugcheck.p1 >= m.base and bugcheck.p1 < m.base + m.size
        require none f in stack.frames where exists(f.module) and f.module not in ["nt", "hal"]
        require process.name in ["winlogon.exe", "System", "smss.exe"]
        support fault.ip == bugcheck.p1
        support machine.cpus >= 2
        support process.name == "winlogon.exe"
        support any u in unloaded where u.image =~ /^srv/ and bugcheck.p1 >= u.start and bugcheck.p1 < u.end
    }
    say       "The shutdown runs, {bugcheck.p1:hex} is in no driver, and srv.sys is not loaded."
    do        "Install Service Pack 3 of Windows NT 4.0 or later. The disks were flushed late in the shutdown: have them checked."

    test fires "the shutdown, on two processors" {
        machine x86 nt4 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 0 0 0
        module "foo.sys" date 1996-05-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the server is loaded" {
        machine x86 nt4 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 0 0 0
        module "foo.sys" date 1996-05-01
        module "srv.sys" date 1996-05-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 1 0 0
        module "foo.sys" date 1996-05-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a driver reads there" {
        machine x86 nt4 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 0 0 0
        module "foo.sys" date 1996-05-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "foo!Read+0x7c"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "not the shutdown" {
        machine x86 nt4 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 0 0 0
        module "foo.sys" date 1996-05-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 1997-06-01
        stop 0x50 0xf08c5f51 0 0 0
        module "foo.sys" date 1996-05-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0x50 0xf08c5f51 0 0 0
    }
}
