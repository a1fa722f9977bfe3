# SPDX-License-Identifier: Apache-2.0
# Any queue; rules that know the cause say more and supersede this one.
signature worker-queue-exhausted {
    title     "A worker queue is exhausted: items wait, and every worker is blocked"
    class     hang
    severity  high
    status    stable
    false_positive "A long but finite wait of all workers (a disk that answers late) looks the same for that moment; the lengths of the waits tell."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x1ca, 0x1d5, 0x161, 0x80, 0x9f, 0xef, 0xf4, 0x77, 0x7a, 0x101, 0x133]
        require any q in queues where q.exhausted
        support any q in queues where q.exhausted and q.awaiting >= 1
        support any q in queues where q.exhausted and percent(q.same_routine, q.blocked) >= 80
        support any q in queues where q.exhausted and q.shortest_wait >= 30s
    }
    say       "{first(q in queues where q.exhausted : q.text)}."
    do        "Look at the stack that the blocked workers share (!exqueue, !waits) and at what would end their wait: if it is itself an item of this queue, the module that waits in its work item is at fault."
    do        "Otherwise follow what they wait for: the owner of the lock, or the driver that has the request."

    test fires "critical queue, x64 2003" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "critical queue, x86 2003" {
        machine x86 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test fires "delayed queue, one lock for all, Windows 7" {
        machine x64 7 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event
        queue delayed processed 4711 lastpass 4711 dynamic 16 {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker delayed times 20 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "Windows 10" {
        machine x64 10 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 11 lastpass 11 most 8 {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 8 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "Windows NT 4.0, which counts no items" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 8 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test fires "Windows NT 3.51" {
        machine x86 nt3.51 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue delayed {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker delayed times 3 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test silent "busy but draining" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 5000 lastpass 4980 dynamic 16 {
            item "disk!Done" times 40
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 ready worker critical
        }
    }
    test silent "all blocked, nothing pending" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {

        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "all idle" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {

        }
        process "System" {
            thread tid 0x300 wait WrQueue worker critical for 65s times 5
        }
    }
    test unknown "workers are still being added" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "disk.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 3 {
            item "disk!Done" times 24
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 4s worker critical times 8 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Wait+0x40"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test unknown "x64 7: a small dump" {
        machine x64 7
        container triage
        stop 0xe2
    }
    test unknown "x64 7: only a header" {
        machine x64 7
        container header
        stop 0xe2
    }
}
