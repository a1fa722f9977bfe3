// SPDX-License-Identifier: Apache-2.0
/*
 * The delay queue of a CPU: connections for which a segment, a timer or a
 * request left something to do (enum NEED_*), done when no lock is held.
 *
 * What is done here calls clients, and they send; over loopback that comes back
 * as segments in the same call, which put more connections into the queue.
 * Whoever comes while the queue is being worked off leaves it to the one that
 * does, so the stack is as deep for one connection as for a thousand: without
 * `running` it is Q216765.
 */
#include "tcp.h"

#define BATCH 256u                   /* then other DPCs get their turn */

static struct tcb *pop(struct tcp_delayq *q)
{
	struct tcb *t = q->head;

	if (!t)
		return NULL;
	q->head = t->delayq_next;
	if (!q->head)
		q->tail = NULL;
	t->delayq_next = NULL;
	return t;
}

/* At DISPATCH, so on one CPU from here to the end. */
void ProcessTCBDelayQ(struct tcp *tcp)
{
	struct tcp_delayq *q = &tcp->delayq[ke_cpu_number()];
	struct tcb *t;
	u32 n = 0;

	if (q->running || !q->head)
		return;
	q->running = true;
	q->depth++;
	TRACE(tcp_delayq_enter, ke_cpu_number(), q->depth, q->head, 0);
	while (n < BATCH && (t = pop(q))) {
		tcp_settle(t);
		tcb_put(t);
		n++;
	}
	TRACE(tcp_delayq_leave, ke_cpu_number(), q->depth, n, 0);
	q->depth--;
	q->running = false;
	if (q->head)
		ke_dpc_queue(&q->dpc, NULL, NULL);
}
