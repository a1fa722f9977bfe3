// SPDX-License-Identifier: Apache-2.0
/*
 * Everything that can be seen of a machine at work: one line an event gives a
 * counter, a record of the flight recorder and an LTTng-UST tracepoint.
 *
 *	EVENT(group, name, a0, a1, a2, a3, what)
 *
 * a0..a3 name its four 64-bit values ("_": not used); pointers are values, too.
 * Every record also has the time, machine, CPU, IRQL and thread, as machine, when,
 * cpu, irql and thread: no argument has one of these names.
 */
EVENT(ke, lock_try, lock, site, _, _, "a spin lock is wanted")
EVENT(ke, lock_got, lock, site, spins, _, "a spin lock was taken")
EVENT(ke, lock_put, lock, site, held_ns, _, "a spin lock was released")
EVENT(ke, dpc_enter, dpc, routine, _, _, "a DPC begins")
EVENT(ke, dpc_leave, dpc, routine, _, _, "a DPC ends")
EVENT(ke, wait, object, timeout_ns, _, _, "a thread waits")
EVENT(ke, wake, object, status, waited_ns, _, "a wait ends")
EVENT(ke, timer, timer, due_ns, _, _, "a timer is due")
EVENT(ke, switch, from, to, point, decision, "another CPU goes on")
EVENT(ke, bugcheck, code, p1, p2, p3, "the machine stops")
EVENT(ex, work_queue, item, routine, queue, depth, "a work item is queued")
EVENT(ex, work_begin, item, routine, queue, _, "a worker takes an item")
EVENT(ex, work_done, item, routine, queue, _, "a work item is done")
EVENT(ex, worker_add, queue, workers, _, _, "a queue gets a dynamic worker")
EVENT(ex, pool_alloc, block, tag, bytes, caller, "pool is allocated")
EVENT(ex, pool_free, block, tag, bytes, caller, "pool is freed")
EVENT(ex, pool_fail, pool, tag, bytes, caller, "an allocation fails")
EVENT(io, call, irp, major_minor, device, _, "an IRP goes to a driver")
EVENT(io, complete, irp, status, information, _, "an IRP is completed")
EVENT(io, cancel, irp, _, _, _, "an IRP is cancelled")
EVENT(ndis, send, packet, bytes, adapter, _, "a packet goes to a miniport")
EVENT(ndis, send_done, packet, status, adapter, _, "a packet was sent")
EVENT(ndis, receive, packet, bytes, adapter, _, "a packet is indicated")
EVENT(ndis, request, request, oid, adapter, _, "an OID is asked for")
EVENT(ndis, request_done, request, oid, status, adapter, "an OID is answered")
EVENT(ndis, reset, adapter, times, _, _, "a miniport begins anew")
EVENT(ndis, bind_begin, adapter, protocol, _, _, "a protocol binds")
EVENT(ndis, bind_done, adapter, protocol, status, _, "a protocol has bound")
EVENT(tdi, indicate, connection, indicated, available, taken, "data go up")
EVENT(ip, drop, reason, protocol, bytes, _, "a datagram is dropped")
EVENT(ip, fragment, id, offset, bytes, more, "a fragment is taken in")
EVENT(tcp, state, tcb, from, to, _, "a connection changes its state")
EVENT(tcp, segment_in, tcb, seq, ack, len_flags, "a segment comes in")
EVENT(tcp, segment_out, tcb, seq, ack, len_flags, "a segment goes out")
EVENT(tcp, retransmit, tcb, seq, bytes, reason, "bytes are sent again")
EVENT(tcp, rto, tcb, rto_us, count, _, "the retransmission timer is due")
EVENT(tcp, delayq_enter, queue, depth, tcb, _, "deferred processing begins")
EVENT(tcp, delayq_leave, queue, depth, count, _, "deferred processing ends")
EVENT(afd, send, endpoint, bytes, major, request, "a send is begun")
EVENT(afd, send_done, endpoint, bytes, status, request, "a send is done")
EVENT(netbt, indicate, connection, type_flags_length, indicated_available,
      taken_capacity, "a session message is gone through")
EVENT(netbt, copy, connection, bytes, capacity, fill, "bytes are kept")
EVENT(netbt, reject, connection, peer, type, length, "a message is refused")
EVENT(netbt, datagram, type, error, id, bytes, "a datagram is dropped")
