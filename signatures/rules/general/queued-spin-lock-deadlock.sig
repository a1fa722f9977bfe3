# SPDX-License-Identifier: Apache-2.0
signature queued-spin-lock-deadlock {
    title     "Two processors each own a queued spin lock that the other waits for"
    class     hang
    severity  critical
    status    stable
    related   "spin-lock-deadlock"

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require os.version >= 5.0
        # Queued spin locks record their owner: the circle is seen, not concluded.
        # Without all processors no circle seen is no proof that there is none.
        require not cpus_whole or any a in cpus where any b in cpus where a.number != b.number and a.queued_lock_owner == b.number and b.queued_lock_owner == a.number
    }
    say       "Processor {first(a in cpus where any b in cpus where a.number != b.number and a.queued_lock_owner == b.number and b.queued_lock_owner == a.number : a.number)} and processor {first(a in cpus where any b in cpus where a.number != b.number and a.queued_lock_owner == b.number and b.queued_lock_owner == a.number : a.queued_lock_owner)} each wait for a queued spin lock of the kernel that the other owns; the first waits for {first(a in cpus where any b in cpus where a.number != b.number and a.queued_lock_owner == b.number and b.queued_lock_owner == a.number : a.queued_lock)}."
    do        "`!qlocks` shows all of them. Read the stacks of the two processors: a driver called the kernel while it held the cancel lock, or another of these, and came to need the second."

    test fires "x86, the cancel lock and another" {
        machine x86 2003 cpus 4
        container full
        stop 0xe2
        qlock 7 owner 2 waiters 1
        qlock 12 owner 1 waiters 2
    }
    test fires "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        stop 0xe2
        qlock 7 owner 0 waiters 1
        qlock 5 owner 1 waiters 0
    }
    test fires "x64" {
        machine x64 7 cpus 2
        container full
        stop 0xe2
        qlock 7 owner 0 waiters 1
        qlock 5 owner 1 waiters 0
    }
    test silent "two wait for one that waits for nobody" {
        machine x86 2003 cpus 4
        container full
        stop 0xe2
        qlock 7 owner 2 waiters 0 3
        qlock 12 owner 1
    }
    test silent "a chain without a circle" {
        machine x86 2003 cpus 4
        container full
        stop 0xe2
        qlock 7 owner 2 waiters 1
        qlock 12 owner 1 waiters 0
    }
    test silent "a fault, whatever waited" {
        machine x86 2003 cpus 4
        container full
        stop 0xd1 0 2 0 0
        qlock 7 owner 2 waiters 1
        qlock 12 owner 1 waiters 2
    }
    test silent "NT 4.0, which has no queued spin locks" {
        machine x86 nt4 cpus 2
        container full
        stop 0xe2
    }
    test unknown "small dump, with one processor of four" {
        machine x64 10 cpus 4
        container triage
        stop 0x101 0xc 0 prcb 0
    }
    test unknown "header-only dump" {
        machine x86 2003 cpus 2
        container header
        stop 0xe2
    }
}
