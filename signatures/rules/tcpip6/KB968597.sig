# SPDX-License-Identifier: Apache-2.0
# Each adapter that IPv6 binds takes a critical worker, which sends an OID
# request and waits for it; the completions need workers of the same queue.
signature KB968597 {
    title     "IPv6 binds many adapters at once and no critical worker is left to complete its requests"
    class     hang
    severity  critical
    status    stable
    component "tcpip6.sys"
    article   "KB968597"
    affects   "Windows Server 2003 SP2"
    related   "KB970659", "KB824909"
    supersedes "worker-queue-exhausted"
    fixed     "tcpip6.sys" x86 version 5.2.3790.4480 date 2009-03-21 size 235008
    fixed     "tcpip6.sys" x64 version 5.2.3790.4480 date 2009-03-22 size 376960
    fixed     "tcpip6.sys" ia64 version 5.2.3790.4480 date 2009-03-22 size 765952
    false_positive "A card whose driver never completes a request looks alike from the workers' side: then the pending items are not NDIS's."

    on dump {
        # It hangs: who stopped it did so by hand, or a watchdog did.
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x1ca, 0x1d5, 0x161, 0x80, 0x9f, 0xef, 0xf4, 0x77, 0x7a, 0x101, 0x133]
        require module["tcpip6.sys"].loaded
        require queue.critical.exhausted
        require "tcpip6" in queue.critical.modules
        # Every worker in the same place, waiting for the end of a request, not
        # for a lock that a thread owns (KB970659).
        require percent(queue.critical.same_routine, queue.critical.blocked) >= 80
        require percent(queue.critical.objects, queue.critical.blocked) >= 80 or not known(waits.roots) or none r in waits.roots where r.direct >= 2
        # Each adapter has a request of its own.
        support percent(queue.critical.objects, queue.critical.blocked) >= 80
        # What would end the waits is itself pending, or is of those who complete requests.
        require queue.critical.awaiting >= 1 or any i in queue.critical.items where i.module in ["ndis", "nt"]
        support os.version == 5.2
        support queue.critical.awaiting == queue.critical.blocked or queue.critical.blocked >= 20
        exclude module["tcpip6.sys"].at_least_fixed
    }
    say       "{queue.critical.blocked} of {queue.critical.workers} critical workers are in {queue.critical.routine}, waiting for {queue.critical.objects} requests, and {queue.critical.pending} items are pending, the next {queue.critical.next}. IPv6 and everything else that needs the queue stands; IPv4 may still answer."
    do        "Install tcpip6.sys 5.2.3790.4480 or later; this one is of {module[\"tcpip6.sys\"].date:date}."
    do        "Until then have fewer adapters bound at once (bring them up one after another, or remove IPv6 from those that do not need it)."

    test fires "x64: 24 adapters" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
            item "tcpip6!LanBindAdapter"
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "x86: 24 adapters" {
        machine x86 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
            item "tcpip6!LanBindAdapter"
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "tcpip6!LanDoNdisRequest+0x71"
                frame "tcpip6!LanBindAdapter+0x1c8" size 96
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test fires "as many adapters as there can be workers" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 26
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "one adapter more than workers" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 26
            item "tcpip6!LanBindAdapter"
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "the pending items are known to be what is waited for" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "r1" event
        lock "r2" event
        lock "r3" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "nt!IopProcessWorkItem" of "r1"
            item "nt!IopProcessWorkItem" of "r2"
            item "nt!IopProcessWorkItem" of "r3"
        }
        process "System" {
            thread tid 0x100 wait Executive on "r1" for 65s worker critical { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x104 wait Executive on "r2" for 65s worker critical { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x108 wait Executive on "r3" for 65s worker critical { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "the middle of a day, one worker is elsewhere" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys"
        module "disk.sys"
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        lock "disk" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 20 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 wait Executive on "disk" for 65s worker critical times 1 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!Read+0xa1"
                frame "disk!Work+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test fires "one event for all requests, less sure" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
            item "tcpip6!LanBindAdapter"
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "one adapter fewer than workers: one is left" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4730 lastpass 4711 dynamic 16 {

        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 25 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 wait WrQueue worker critical for 1s
        }
    }
    test silent "busy but draining" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 5000 lastpass 4980 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 40
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 2s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 ready worker critical
        }
    }
    test silent "all workers wait, but the count of items done moves" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4712 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "workers blocked in different routines" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys"
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        module "rdbss.sys"
        module "ntfs.sys"
        module "srv.sys"
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x140 wait Executive on "request" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxWait+0xa1"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x180 wait Executive on "request" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "ntfs!NtfsWait+0xa1"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x1c0 wait Executive on "request" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "srv!SrvWait+0xa1"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "all wait for one slow disk" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys"
        module "disk.sys"
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "read" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "disk!Continue" times 40
        }
        process "System" {
            thread tid 0x100 wait Executive on "read" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "disk!ReadWait+0xa1"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "the delayed queue is exhausted instead" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue delayed processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        queue critical processed 100 lastpass 100 dynamic 0 {

        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker delayed times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 wait WrQueue worker critical for 65s times 5
        }
    }
    test silent "the card does not answer: only more binds are pending" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "tcpip6!LanBindAdapter" times 4
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "KB970659: addresses wait for the registry lock" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "registry" resource owner 0x404
        lock "init" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "tcpip6!AddAddressWorker" times 30
        }
        process "System" {
            thread tid 0x100 wait Executive on "registry" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "nt!ExpWaitForResource+0x48"
                frame "nt!CmpLockRegistry+0x2e"
                frame "nt!NtOpenKey+0x120"
                frame "tcpip6!OpenIfRegKey+0x60"
                frame "tcpip6!AddAddressWorker+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
        process "smss.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test silent "KB824909: the DFS client and the redirector" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys"
        module "rdbss.sys"
        module "mup.sys"
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "rdbss!RxpWorkerThreadDispatcher" times 12
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspWorker+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "Q174058: a long queue that costs memory" {
        machine x86 nt4 cpus 1
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "bowser.sys"
        lock "request" event each
        queue delayed {
            item "bowser!BowserProcess" times 800
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test silent "x64: the fixed driver" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2009-03-21 version 5.2.3790.4480
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "x86: the fixed driver" {
        machine x86 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2009-03-21 version 5.2.3790.4480
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "tcpip6!LanDoNdisRequest+0x71"
                frame "tcpip6!LanBindAdapter+0x1c8" size 96
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test unknown "workers are still being added" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 9 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 4s worker critical times 19 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test unknown "one worker waits only since a moment" {
        machine x64 2003 cpus 2
        time 2009-04-01T09:00:00Z
        uptime 9m
        stop 0xe2
        module "NDIS.sys" date 2007-02-17 version 5.2.3790.3959
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
        lock "request" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "NDIS!ndisMRequestComplete" times 23
        }
        process "System" {
            thread tid 0x100 wait Executive on "request" for 65s worker critical times 23 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 wait Executive on "request" for 0s worker critical times 1 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8" size 288
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test unknown "x64: a small dump" {
        machine x64 2003 cpus 2
        container triage
        time 2009-04-01T09:00:00Z
        stop 0xe2
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
    }
    test unknown "x86: a small dump" {
        machine x86 2003 cpus 2
        container triage
        time 2009-04-01T09:00:00Z
        stop 0xe2
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
    }
    test unknown "x64: only a header" {
        machine x64 2003 cpus 2
        container header
        time 2009-04-01T09:00:00Z
        stop 0xe2
    }
    test unknown "x86: only a header" {
        machine x86 2003 cpus 2
        container header
        time 2009-04-01T09:00:00Z
        stop 0xe2
    }
    test unknown "Itanium: threads of it cannot be read" {
        machine ia64 2003 cpus 2
        container full
        memory 64MiB
        time 2009-04-01T09:00:00Z
        stop 0xe2
        module "tcpip6.sys" date 2007-02-17 version 5.2.3790.3959
    }
    test unknown "Itanium: only a header" {
        machine ia64 2003 cpus 2
        container header
        memory 64MiB
        time 2009-04-01T09:00:00Z
        stop 0xe2
    }
}
