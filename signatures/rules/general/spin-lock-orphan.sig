# SPDX-License-Identifier: Apache-2.0
signature spin-lock-orphan {
    title     "Processors spin for a spin lock that nobody is left to release"
    class     hang
    severity  critical
    status    stable
    related   "spin-lock-deadlock"
    false_positive "A spin lock records no owner: the one that spins may have taken the lock itself before, which hangs in the same way."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 1
        require machine.cpus >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require all a in waits.cpus where a.work != "spins" or all b in waits.cpus where b.work != "spins" or a.lock == b.lock
        support waits.spinning >= 2
    }
    say       "{waits.spinning} of {machine.cpus} processors spin for one spin lock and the others are idle: whoever took it left without releasing it, or is the one that spins. The first of them: {first(c in waits.cpus where c.work == \"spins\" : c.text)}."
    do        "Look in the driver that spins (`!waits` names it) for a path, most often of an error, that returns without releasing the lock, or that takes it a second time."

    test fires "two spin for one lock, NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test fires "one spins, the other is idle, Windows 2000" {
        machine x86 2000 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        current "System" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test fires "x64" {
        machine x64 7 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        page 0xfffff98090000000 valid
        page 0xfffff98090002000 valid
        poke 0xfffff98090000040 01
        poke 0xfffff98090002010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "nt!KxWaitForSpinLockAndAcquire+0x17" first 0xfffff98090000040; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiInterruptDispatch+0x140"
            frame "nt!KxWaitForSpinLockAndAcquire+0x17" first 0xfffff98090000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "different locks (spin-lock-deadlock)" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "a third processor runs and may hold it" {
        machine x86 nt4 cpus 3
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
            thread tid 0x108 cpu 2 irql 2 { stack { frame "foo!Holder+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "no processor spins" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "foo!Work+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "foo!Idle+0x20"
            frame "nt!NtReadFile+0x40"
        }
    }

    test silent "a fault in the routine that acquires" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xa 0 2 0 0
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }
}
