# SPDX-License-Identifier: Apache-2.0
signature self-deadlock {
    title     "A thread waits for a lock that it owns itself"
    class     hang
    severity  high
    status    stable

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require any c in waits.cycles where c.length == 1
        support any c in waits.cycles where c.length == 1 and c.behind > 0
    }
    say       "A thread waits for a lock that it owns itself, and nothing can end that wait; {max(c in waits.cycles where c.length == 1 : c.behind)} more threads wait behind it. {first(c in waits.cycles where c.length == 1 : c.text)}"
    do        "Read that thread's stack: an outer frame took the lock, the innermost asks for it again. A lock that may be taken twice, or a way in that expects the lock to be held, removes the circle."

    test fires "a fast mutex taken twice, x64" {
        machine x64 7 cpus 1
        container full
        stop 0xe2
        module "foo.sys"
        lock "m" fastmutex owner 0x104
        process "svc.exe" pid 0x70 {
            thread tid 0x104 wait WrFastMutex on "m" for 5m { stack { frame "nt!ExAcquireFastMutex+0x40"; frame "foo!Inner+0x20"; frame "foo!Outer+0x30"; frame "nt!NtReadFile+0x40" } }
            thread tid 0x108 wait WrFastMutex on "m" for 4m { stack { frame "nt!ExAcquireFastMutex+0x40"; frame "foo!Inner+0x20"; frame "nt!NtReadFile+0x40" } }
        }
    }

    test fires "a resource held shared and wanted exclusive, NT 4.0" {
        machine x86 nt4 cpus 1
        container full
        stop 0xe2
        module "foo.sys"
        lock "r" resource owner 0x104 shared
        process "svc.exe" pid 0x70 {
            thread tid 0x104 wait WrResource on "r" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "foo!Inner+0x20"; frame "foo!Outer+0x30"; frame "nt!NtReadFile+0x40" } }
        }
    }

    test silent "a slow owner" {
        machine x64 7 cpus 1
        container full
        stop 0xe2
        module "foo.sys"
        lock "m" fastmutex owner 0x108
        process "svc.exe" pid 0x70 {
            thread tid 0x104 wait WrFastMutex on "m" for 5m { stack { frame "nt!ExAcquireFastMutex+0x40"; frame "foo!Inner+0x20"; frame "nt!NtReadFile+0x40" } }
            thread tid 0x108 wait DelayExecution timeout for 1s { stack { frame "nt!KeDelayExecutionThread+0x40"; frame "foo!Slow+0x20"; frame "nt!NtReadFile+0x40" } }
        }
    }

    test silent "two threads and two locks" {
        machine x64 7 cpus 1
        container full
        stop 0xe2
        lock "a" mutex owner 0x104
        lock "b" mutex owner 0x108
        process "svc.exe" pid 0x70 {
            thread tid 0x104 wait UserRequest on "b" for 5m { stack { frame "nt!NtReadFile+0x40" } }
            thread tid 0x108 wait UserRequest on "a" for 5m { stack { frame "nt!NtReadFile+0x40" } }
        }
    }

    test silent "a fault, whoever waited" {
        machine x64 7 cpus 1
        container full
        stop 0xd1 0 2 0 0
        module "foo.sys"
        lock "m" fastmutex owner 0x104
        process "svc.exe" pid 0x70 {
            thread tid 0x104 wait WrFastMutex on "m" for 5m { stack { frame "nt!ExAcquireFastMutex+0x40"; frame "foo!Inner+0x20"; frame "foo!Outer+0x30"; frame "nt!NtReadFile+0x40" } }
        }
    }

    test unknown "header-only dump" {
        machine x64 7 cpus 1
        container header
        stop 0xe2
    }
}
