# SPDX-License-Identifier: Apache-2.0
signature Q133723 {
    title     "TCP/IP uses what it never initialised when the system shuts down"
    class     stop
    severity  low
    status    experimental
    component "tcpip.sys"
    article   "Q133723"
    affects   "Windows NT 3.51"
    false_positive "A program of the logon process that uses sockets could be there by chance: see whether the system was going down."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005
        require os.version == 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p2 >= module["tcpip.sys"].base and bugcheck.p2 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require process.name in ["winlogon.exe", "csrss.exe", "smss.exe"]
        support process.name == "winlogon.exe"
        support any f in stack.frames where f.function =~ /Shutdown/
    }
    say       "{process.name} shuts the system down and TCP/IP faults at {bugcheck.p2:hex}."
    do        "Install the latest Service Pack of Windows NT 3.51. Nothing was lost but the rest of the shutdown."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "tcpip!Unload+0x7c" 0 0x18
        module "tcpip.sys" date 1995-06-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Unload+0x7c"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a program, not the shutdown" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "tcpip!Unload+0x7c" 0 0x18
        module "tcpip.sys" date 1995-06-01
        module "afd.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Unload+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another exception" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000094 "tcpip!Unload+0x7c" 0 0
        module "tcpip.sys" date 1995-06-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Unload+0x7c"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "foo!Unload+0x7c" 0 0x18
        module "foo.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Unload+0x7c"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "tcpip!Unload+0x7c" 0 0x18
        module "tcpip.sys" date 1996-10-14
        process "winlogon.exe" pid 0x60 { thread tid 0x64 }
        current "winlogon.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Unload+0x7c"
            frame "nt!IoShutdownSystem+0x60"
            frame "nt!NtShutdownSystem+0x44"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0x1e 0xc0000005 0 0 0x18
    }
}
