# SPDX-License-Identifier: Apache-2.0
signature Q297040 {
    title     "TCP/IP leaves its connection table locked after a connect fails (SynAttackProtect)"
    class     hang
    severity  critical
    status    experimental
    component "tcpip.sys"
    article   "Q297040"
    affects   "Windows NT 4.0 SP6a", "Windows NT 4.0 Terminal Server Edition SP6"
    # The article does not name the machine; the size is that of the x86 file.
    fixed     "tcpip.sys" x86 os "4.0" date 2001-04-27 size 174896
    related   "Q177245", "Q171181"
    supersedes "spin-lock-orphan"
    false_positive "That the lock is the connection table's is taken from its lying in the driver's image; any lock of TCP/IP that was never released looks the same."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 1
        require machine.cpus >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require all c in waits.cpus where c.work != "spins" or ("tcpip" in c.modules and c.lock >= module["tcpip.sys"].base and c.lock < module["tcpip.sys"].base + module["tcpip.sys"].size)
        require all a in waits.cpus where a.work != "spins" or all b in waits.cpus where b.work != "spins" or a.lock == b.lock
        # Files from after Service Pack 6a have it.
        support module["tcpip.sys"].date >= 1999-11-01
        support waits.spinning >= 2
        exclude os.nt and (os.version < 4.0 or os.version >= 5.0)
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "{waits.spinning} of {machine.cpus} processors spin for one lock of TCP/IP's own and nobody runs who could hold it: it was never released. Not even PING is answered."
    do        "Install a tcpip.sys of 27 April 2001 or later; the one loaded is of {module[\"tcpip.sys\"].date:date}."
    do        "Until then, set SynAttackProtect to 0 (Services\\Tcpip\\Parameters), or keep programs from connecting to addresses that cannot be reached."

    test fires "both processors want the table" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        poke 0xfb108010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!TCPConnect+0x40"; frame "nt!NtDeviceIoControlFile+0x11" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "one of two wants it, the other is idle" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        poke 0xfb108010 01
        process "server.exe" pid 0x70 {
            thread tid 0x200 wait UserRequest
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPConnect+0x40"; frame "nt!NtDeviceIoControlFile+0x11"
        }
    }

    test fires "Terminal Server Edition" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        module "termdd.sys"
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

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2002-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2001-04-27
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

    test silent "different locks (Q171181)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
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

    test silent "the lock is an object's" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a third processor runs and may hold it" {
        machine x86 nt4 cpus 3
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        poke 0xfb108010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40" } }
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
        time 2001-01-15
        uptime 41d3h
        stop 0xa 0 2 0 0
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
        module "afd.sys" size 0x9000
        module "ndis.sys"
        poke 0xfb108010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010; frame "tcpip!TCBTimeout+0x41"; frame "nt!KiTimerExpiration+0x9b"; frame "nt!KiRetireDpcList+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0xfb108010
            frame "tcpip!TCPRcv+0x5d"; frame "tcpip!DeliverToUser+0x33"; frame "ndis!EthFilterDprIndicateReceive+0x7a"; frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        memory 32MiB
        time 2001-01-15
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" base 0xfb100000 size 0x9000 date 2000-06-01
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

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }
}
