# SPDX-License-Identifier: Apache-2.0
signature spin-lock-deadlock {
    title     "Processors spin in a circle for spin locks that the others hold"
    class     hang
    severity  critical
    status    stable
    related   "spin-lock-orphan"
    false_positive "A spin lock records no owner: that the locks are held by those that spin follows from nobody else running. A lock that was never released beside another that is contended for would look alike."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require any a in waits.cpus where a.work == "spins" and any b in waits.cpus where b.work == "spins" and a.lock != b.lock
        support waits.spin_linked
        support waits.spinning == 2
    }
    say       "{waits.spinning} processors spin for different spin locks and the others are idle: nobody is left who could release one. The first of them: {first(c in waits.cpus where c.work == \"spins\" : c.text)}."
    do        "Read the stacks of the processors that spin: each took its lock in the frames outside of the one that spins. Have one order of locks kept everywhere: `!waits` names the locks and the callers."

    test fires "two processors, NT 4.0" {
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

    test fires "Windows 2000" {
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

    test fires "x64, four processors of which two are idle" {
        machine x64 7 cpus 4
        container full
        memory 32MiB
        time 1998-03-01
        uptime 41d3h
        stop 0xe2
        module "foo.sys" size 0x9000
        module "bar.sys"
        page 0xfffff98090000000 valid
        page 0xfffff98090002000 valid
        poke 0xfffff98090000040 01
        poke 0xfffff98090002010 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "nt!KxWaitForSpinLockAndAcquire+0x17" first 0xfffff98090002010; frame "bar!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiInterruptDispatch+0x140"
            frame "nt!KxWaitForSpinLockAndAcquire+0x17" first 0xfffff98090000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "both want the same lock" {
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

    test silent "a third processor runs and may hold both" {
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
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
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

    test silent "one spins, the holder runs" {
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
            thread tid 0x104 cpu 1 irql 2 { stack { frame "foo!Holder+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "both only try" {
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
            thread tid 0x104 cpu 1 irql 2 { stack { frame "nt!KeTryToAcquireSpinLockAtDpcLevel+0x17" first 0xfffff98090002010; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiInterruptDispatch+0x140"
            frame "nt!KeTryToAcquireSpinLockAtDpcLevel+0x17" first 0xfffff98090000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
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
        poke 0x8a002010 01
        poke 0x8a000060 00 20 00 8a
        poke 0x8a002000 40 00 00 8a
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test unknown "which lock one of them wants is not to be seen" {
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
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17"
            frame "foo!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }

    test unknown "small dump, which has one processor" {
        machine x64 7 cpus 2
        container triage
        stop 0xe2
        module "foo.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!A+0x20" }
    }
}
