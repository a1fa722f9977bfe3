# SPDX-License-Identifier: Apache-2.0
signature Q171181 {
    title     "TCP/IP takes a connection's lock and that of the connection table in both orders"
    class     hang
    severity  critical
    status    experimental
    component "tcpip.sys"
    article   "Q171181"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q177245", "Q234593"
    supersedes "spin-lock-deadlock"
    false_positive "That the lock in the driver's image is the connection table's is taken from its being there; another table of TCP/IP would look the same."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require any a in waits.cpus where a.work == "spins" and "tcpip" in a.modules and any b in waits.cpus where b.work == "spins" and "tcpip" in b.modules and a.lock != b.lock
        # One is a variable of the driver, the other lies in an object of its own.
        require any c in waits.cpus where c.work == "spins" and c.lock >= module["tcpip.sys"].base and c.lock < module["tcpip.sys"].base + module["tcpip.sys"].size
        require any c in waits.cpus where c.work == "spins" and not (c.lock >= module["tcpip.sys"].base and c.lock < module["tcpip.sys"].base + module["tcpip.sys"].size)
        support any c in waits.cpus where c.work == "spins" and any f in c.functions where f =~ /tcpip!.*(TCB|Rcv|Send|Timeout)/i
        support machine.cpus >= 2
        # Service Pack 4 has the fix.
        support module["tcpip.sys"].date < 1998-10-01
        exclude os.nt and (os.version < 4.0 or os.version >= 5.0)
        exclude all c in waits.cpus where c.work != "spins" or any f in c.functions where f =~ /(CloseFile|CloseHandle|NtClose|IopDeleteFile|ObKillProcess|DestroyProcess|CloseAddress|CloseConn|Disassociate|Cleanup)/i
    }
    say       "{waits.spinning} processors spin in TCP/IP, one for a lock among the driver's own variables, one for a lock in an object, and nobody else runs: the two are taken in both orders."
    do        "Install Service Pack 4 for Windows NT 4.0 or later; the tcpip.sys loaded is of {module[\"tcpip.sys\"].date:date}."

    test fires "a segment arrives while the timer runs" {
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

    test fires "Terminal Server Edition, four processors" {
        machine x86 nt4 cpus 4
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 1998-05-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        module "termdd.sys"
        poke 0xfb108010 01
        page 0x8a002000 valid
        poke 0x8a002010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010
            frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "an address and a connection are closed (Q177245)" {
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

    test silent "both close, one lock is a table's (Q177245)" {
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

    test silent "both want the table's (Q297040)" {
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
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a third processor runs" {
        machine x86 nt4 cpus 3
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
            thread tid 0x108 cpu 2 irql 2 { stack { frame "tcpip!LongHolder+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a fault" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xa 0 2 0 0
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
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another driver" {
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
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 1999-12-01
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

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }
}
