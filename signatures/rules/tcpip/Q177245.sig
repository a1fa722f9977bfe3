# SPDX-License-Identifier: Apache-2.0
signature Q177245 {
    title     "TCP/IP: an address and one of its connections are closed at once, and two processors wait for one another's lock"
    class     hang
    severity  critical
    status    stable
    component "tcpip.sys"
    article   "Q177245"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    # The article's files are of the Terminal Server Edition; NT 4.0 itself has
    # it in Service Pack 4.
    fixed     "tcpip.sys" x86 os "4.0" date 1999-07-21 size 147920
    fixed     "tcpip.sys" alpha os "4.0" date 1999-07-21 size 269648
    related   "Q171181", "Q234593", "Q297040"
    supersedes "spin-lock-deadlock"
    false_positive "A spin lock records no owner: that each processor holds what the other wants follows from nobody else running and from what the two were doing."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require any a in waits.cpus where a.work == "spins" and "tcpip" in a.modules and any b in waits.cpus where b.work == "spins" and "tcpip" in b.modules and a.lock != b.lock
        # Either both are closing a handle, or what they want are no locks of a
        # table but of two objects that name one another.
        require all c in waits.cpus where c.work != "spins" or any f in c.functions where f =~ /(CloseFile|CloseHandle|NtClose|IopDeleteFile|ObKillProcess|DestroyProcess|CloseAddress|CloseConn|Disassociate|Cleanup)/i or (waits.spin_linked and none d in waits.cpus where d.lock >= module["tcpip.sys"].base and d.lock < module["tcpip.sys"].base + module["tcpip.sys"].size)
        support waits.spin_linked
        support all c in waits.cpus where c.work != "spins" or any f in c.functions where f =~ /(CloseFile|CloseHandle|NtClose|IopDeleteFile|ObKillProcess|DestroyProcess|CloseAddress|CloseConn|Disassociate|Cleanup)/i
        # Terminal Server Edition, or a file from before Service Pack 4.
        support module["termdd.sys"].loaded or module["tcpip.sys"].date < 1998-10-01
        support waits.spinning == 2
        exclude os.nt and (os.version < 4.0 or os.version >= 5.0)
        exclude os.nt and module["tcpip.sys"].at_least_fixed
    }
    say       "{waits.spinning} processors of {machine.cpus} spin in TCP/IP for locks of two objects, and nobody else runs who could release them: what happens when an address and a connection of it are closed at once. PING is still answered, nothing above IP is."
    do        "Install Service Pack 4 or later (Terminal Server Edition: tcpip.sys of 21 July 1999 or later); the one loaded is of {module[\"tcpip.sys\"].date:date}."
    do        "Until then, have the program close its connections before it closes their address or ends, or start the machine with one processor."

    test fires "an address and a connection of a process that closes both" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "the process ends: handles are run down on two processors" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "tcpip!B+0x41"; frame "nt!IopDeleteFile+0x9b"; frame "nt!ObKillProcess+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010
            frame "tcpip!A+0x5d"; frame "nt!IopCloseFile+0x7a"; frame "nt!ObpDecrementHandleCount+0x30"; frame "nt!ObKillProcess+0x11a"
        }
    }

    test fires "no symbols of TCP/IP: the two objects name one another" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip+0x1876"; frame "nt!KiSystemService+0xc9" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip+0x1234"; frame "nt!KiSystemService+0xc9"
        }
    }

    test fires "the locks do not name one another, both close" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "one of the locks is a table's, both close" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        poke 0xfb108010 01
        page 0x8a002000 valid
        poke 0x8a002010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "four processors, two of them idle" {
        machine x86 nt4 cpus 4
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "Terminal Server Edition, a file from after Service Pack 4" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-12-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-03-10
        module "afd.sys" size 0x9000
        module "termdd.sys"
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "stopped by a non-maskable interrupt" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0x80 0x4f4454
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test fires "threads above TCP wait behind it" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
            thread tid 0x180 wait UserRequest on "done" for 30m times 5
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
        lock "done" event
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2000-01-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-07-21
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "one order, contention: both want the address, a third processor holds it and runs" {
        machine x86 nt4 cpus 3
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
            thread tid 0x108 cpu 2 irql 2 { stack { frame "tcpip!LongHolder+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "a long holder that runs, one that spins" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "tcpip!LongHolder+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "a chain without a circle: the last in it runs" {
        machine x86 nt4 cpus 3
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
            thread tid 0x108 cpu 2 irql 2 { stack { frame "tcpip!Holder+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "a lock that was never released: both want the same (Q297040)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        poke 0xfb108010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "a lock released twice: a fault follows (Q243878)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xa 0x14 2 0 0xfb001234
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "a table's lock and a control block's under load (Q171181)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        module "ndis.sys"
        poke 0xfb108010 01
        page 0x8a002000 valid
        poke 0x8a002010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "locks that sleep, in a circle (Q164821)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        lock "a" mutex owner 0x204
        lock "b" mutex owner 0x208
        process "tcpsvcs.exe" pid 0x90 {
            thread tid 0x204 wait UserRequest on "b" for 5m { stack { frame "nt!NtWaitForSingleObject+0x40" } }
            thread tid 0x208 wait UserRequest on "a" for 5m { stack { frame "nt!NtWaitForSingleObject+0x40" } }
        }
        current "tcpsvcs.exe" tid 0x20c
        stack { frame "nt!KeBugCheckEx+0x12e"; frame "nt!KiTrap02+0x64"; frame "nt!NtWaitForSingleObject+0x40" }
    }

    test silent "one side only tries" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "nt!KeTryToAcquireSpinLockAtDpcLevel+0x17"
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "48 requests wait for the server (Q268817)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        module "rdr.sys"
        lock "e" event
        process "explorer.exe" pid 0x90 {
            thread tid 0x204 wait Executive on "e" for 20s times 50 { stack { frame "rdr!RdrWaitMultiplex+0x40"; frame "nt!NtCreateFile+0x40" } }
        }
        stack { frame "nt!KeBugCheckEx+0x12e"; frame "nt!KiTrap02+0x64"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "two processors spin in another driver" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!A+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        memory 32MiB
        time 2000-06-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-12-01
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "NT 3.51" {
        machine x86 nt3.51 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test silent "one processor" {
        machine x86 nt4 cpus 1
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "System" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test unknown "the lock that one of them wants is not to be seen" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17"
            frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a"
        }
    }

    test unknown "Alpha, where nothing public says how threads wait" {
        machine alpha nt4 cpus 2
        container full
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1997-04-15
        module "afd.sys" size 0x9000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x20"; frame "tcpip!CloseConn+0x41"; frame "tcpip!TdiCloseConnection+0x2e"; frame "nt!IopCloseFile+0x9b"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "hal!KfAcquireSpinLock+0x20"; frame "tcpip!CloseAddress+0x5d"; frame "tcpip!TdiCloseAddress+0x33"; frame "nt!IopCloseFile+0x7a"; frame "nt!NtClose+0x11a" }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }
}
