# SPDX-License-Identifier: Apache-2.0
signature worker-queue-exhausted {
    title     "A worker queue is exhausted: items wait, and every worker is blocked"
    class     hang
    severity  high
    status    stable
    false_positive "A long but finite wait of all workers (a disk that answers late) looks the same for that moment; the waits' lengths tell."

    on dump {
        require any q in queues where q.exhausted
        support any q in queues where q.exhausted and q.awaiting >= 1
        support any q in queues where q.exhausted and percent(q.same_routine, q.blocked) >= 80
        support any q in queues where q.exhausted and q.shortest_wait >= 30s
    }
    say       "{first(q in queues where q.exhausted : q.text)}."
    do        "Look at the stack that the blocked workers share (!exqueue, !waits) and at what would end their wait: if it is itself an item of this queue, the module that waits in its work item is at fault."
    do        "Otherwise follow what they wait for: the owner of the lock, or the driver that has the request."
}
