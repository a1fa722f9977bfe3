# SPDX-License-Identifier: Apache-2.0
signature KB824909 {
    title     "DFS paths asked for the first time take every critical worker that the redirector needs"
    class     hang
    severity  high
    status    experimental
    component "mup.sys", "mrxsmb.sys"
    article   "KB824909"
    affects   "Windows Server 2003 RTM"
    related   "KB968597"
    supersedes "worker-queue-exhausted"
    false_positive "A server that does not answer blocks the same workers until its time-out; then the pending items are not the redirector's."

    on dump {
        require os.version in [5.1, 5.2]
        require queue.critical.exhausted
        require "mup" in queue.critical.modules
        require percent(queue.critical.same_routine, queue.critical.blocked) >= 80
        # The connection needs a worker of the same queue.
        require queue.critical.awaiting >= 1 or any i in queue.critical.items where i.module in ["rdbss", "mrxsmb", "nt"]
        support os.version == 5.2
        support any i in queue.critical.items where i.module in ["rdbss", "mrxsmb"]
        # Service Pack 1.
        exclude known(module["mup.sys"].version) and module["mup.sys"].version >= 5.2.3790.1830
    }
    say       "{queue.critical.text}. The DFS client (mup.sys) waits in all of them for a connection, and what would make it is pending behind."
    do        "Install Service Pack 1 of Server 2003 or the update of KB824909; until then stagger the first accesses to DFS paths."

    test fires "x86" {
        machine x86 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "rdbss!RxpWorkerThreadDispatcher" times 9
            item "mup!DfspResolve" times 4
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x1c8"
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
    }
    test fires "x64" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "mrxsmb!SmbCeConnect" times 9
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "only more paths are pending: the server does not answer" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "mup!DfspResolve" times 9
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "KB968597" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        module "tcpip6.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "tcpip6!LanBindAdapter" times 5
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "tcpip6!LanDoNdisRequest+0xa1"
                frame "tcpip6!LanBindAdapter+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "the queue drains" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 5000 lastpass 4990 dynamic 16 {
            item "rdbss!RxpWorkerThreadDispatcher" times 9
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 12 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "Service Pack 2" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.1830
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "mrxsmb!SmbCeConnect" times 9
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test silent "Windows 7" {
        machine x64 7 cpus 2
        uptime 9m
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
        lock "r" event each
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "rdbss!RxpWorkerThreadDispatcher" times 9
        }
        process "System" {
            thread tid 0x100 wait Executive on "r" for 65s worker critical times 26 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "rdbss!RxCeBuildTransport+0xa1"
                frame "mup!DfspResolve+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
    }
    test unknown "x64 2003: a small dump" {
        machine x64 2003
        container triage
        stop 0xe2
        module "mup.sys" version 5.2.3790.0
        module "rdbss.sys"
        module "mrxsmb.sys"
    }
    test unknown "x64 2003: only a header" {
        machine x64 2003
        container header
        stop 0xe2
    }
}
