# SPDX-License-Identifier: Apache-2.0
signature KB970659 {
    title     "Many IPv6 addresses at boot: workers wait for the registry, whose owner waits for a worker"
    class     hang
    severity  high
    status    experimental
    component "tcpip6.sys"
    article   "KB970659"
    affects   "Windows Server 2003"
    related   "KB968597"
    supersedes "worker-queue-exhausted"
    false_positive "Whatever else holds the registry lock for long (a hive that loads slowly) makes the same picture; see whether its owner waits for a worker."

    on dump {
        require os.version == 5.2
        require module["tcpip6.sys"].loaded
        require any q in queues where q.exhausted and "tcpip6" in q.modules and percent(q.objects, q.blocked) <= 30
        require any r in waits.roots where r.process in ["smss.exe", "System"] and r.direct >= 2
        support any r in waits.roots where r.process == "smss.exe" and r.direct >= 2
        support uptime < 1h
    }
    say       "{first(q in queues where q.exhausted : q.text)}. They all wait for one lock: {first(r in waits.roots where r.direct >= 2 : r.text)}."
    do        "Give the machine fewer than 50 IPv6 addresses at boot (add them by a script later), or install the update of KB970659."

    test fires "x64: smss.exe owns the registry lock" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "tcpip6.sys"
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
                frame "tcpip6!AddAddressWorker+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
        process "smss.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test fires "x86: smss.exe owns the registry lock" {
        machine x86 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "tcpip6.sys"
        lock "registry" resource owner 0x404
        lock "init" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "tcpip6!AddAddressWorker" times 30
        }
        process "System" {
            thread tid 0x100 wait Executive on "registry" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x26"
                frame "nt!KeWaitForSingleObject+0x344"
                frame "nt!ExpWaitForResource+0x48"
                frame "nt!CmpLockRegistry+0x2e"
                frame "nt!NtOpenKey+0x120"
                frame "tcpip6!OpenIfRegKey+0x60"
                frame "tcpip6!AddAddressWorker+0x1c8"
                frame "nt!ExpWorkerThread+0xeb"
                frame "nt!PspSystemThreadStartup+0x2e"
            } }
        }
        process "smss.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test silent "KB968597: each waits for a request of its own" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
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
    test silent "another process owns the lock" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "tcpip6.sys"
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
                frame "tcpip6!AddAddressWorker+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
        process "backup.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test silent "a few wait, the queue drains" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "tcpip6.sys"
        lock "registry" resource owner 0x404
        lock "init" event
        queue critical processed 5000 lastpass 4980 dynamic 16 {
            item "tcpip6!AddAddressWorker" times 3
        }
        process "System" {
            thread tid 0x100 wait Executive on "registry" for 65s worker critical times 4 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "nt!ExpWaitForResource+0x48"
                frame "nt!CmpLockRegistry+0x2e"
                frame "nt!NtOpenKey+0x120"
                frame "tcpip6!OpenIfRegKey+0x60"
                frame "tcpip6!AddAddressWorker+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
            thread tid 0x300 ready worker critical
        }
        process "smss.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test silent "without IPv6" {
        machine x64 2003 cpus 2
        uptime 9m
        stop 0xe2
        module "tcpip.sys"
        lock "registry" resource owner 0x404
        lock "init" event
        queue critical processed 4711 lastpass 4711 dynamic 16 {
            item "tcpip!AddAddressWorker" times 30
        }
        process "System" {
            thread tid 0x100 wait Executive on "registry" for 65s worker critical times 24 { stack {
                frame "nt!KiSwapThread+0x5e4"
                frame "nt!KeWaitForSingleObject+0x6f5"
                frame "nt!ExpWaitForResource+0x48"
                frame "nt!CmpLockRegistry+0x2e"
                frame "nt!NtOpenKey+0x120"
                frame "tcpip!OpenIfRegKey+0x60"
                frame "tcpip!AddAddressWorker+0x2c8"
                frame "nt!ExpWorkerThread+0x13b"
                frame "nt!PspSystemThreadStartup+0x3e"
            } }
        }
        process "smss.exe" {
            thread tid 0x404 wait Executive on "init" for 60s
        }
    }
    test unknown "x64 2003: a small dump" {
        machine x64 2003
        container triage
        stop 0xe2
        module "tcpip6.sys"
    }
    test unknown "x64 2003: only a header" {
        machine x64 2003
        container header
        stop 0xe2
    }
}
