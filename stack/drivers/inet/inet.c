// SPDX-License-Identifier: Apache-2.0
/* A family's transports as a whole: start, stop, and who gets what came in. */
#include "object.h"
#include "tcp.h"

static void defaults(struct inet *s)
{
	struct inet_sysctl *c = &s->ctl;

	if (!s->as)
		s->as = inet_personality("modern");
	if (!c->syn_backlog) {
		c->syn_backlog = 1024;
		c->syn_cookies = true;
	}
	if (!c->max_tcbs)
		c->max_tcbs = 262144;
	if (!c->keepalive_s)
		c->keepalive_s = 7200; /* RFC 9293 3.8.4 (MUST-28) */
	if (!c->keepalive_interval_s)
		c->keepalive_interval_s = 1;
	if (!c->rcv_buf)
		c->rcv_buf = s->as->window;
	if (!c->snd_buf)
		c->snd_buf = 65536;
}

enum ex_status inet_start(struct inet *s)
{
	enum ex_status st;

	defaults(s);
	if (s->ctl.checked)
		tdi_set_checked(s->x, true);
	st = inet_objects_start(s);
	if (st == EX_SUCCESS)
		st = tcp_start(s);
	if (st == EX_SUCCESS) {
		st = inet_devices(s);
		if (st == EX_SUCCESS)
			return st;
	}
	inet_free(s);
	return st;
}

void inet_stop(struct inet *s)
{
	tcp_stop(s);
}

void inet_free(struct inet *s)
{
	tcp_free(s);
	inet_objects_stop(s);
}

bool inet_limit_take(struct inet_limit *l, u64 now, u32 a_second)
{
	u64 step = UINT64_C(1000000000) / a_second, steps;
	bool may;

	ke_latch(&l->latch);
	steps = inet_since(now, l->when) / step;
	l->tokens = l->tokens + steps > a_second ? a_second :
						   l->tokens + (u32)steps;
	l->when += steps * step;
	may = l->tokens;
	l->tokens -= may;
	ke_unlatch(&l->latch);
	return may;
}

void inet_deliver(struct inet *s, struct ndis_packet *p,
		  const struct inet_rx *rx)
{
	if (rx->protocol == 6)
		TCPRcv(s, p, rx);
	else if (rx->protocol == 17)
		UDPRcv(s, p, rx);
	else
		RawRcv(s, p, rx);
}

void inet_icmp(struct inet *s, u8 protocol, const struct inet_ip *src,
	       const struct inet_ip *dst, const u8 *quoted, u32 n,
	       enum inet_error what, u32 mtu)
{
	if (protocol == 6) {
		tcp_icmp(s, src, dst, quoted, n, what, mtu);
		return;
	}
	if (what == INET_TOO_BIG && mtu &&
	    (protocol != 17 || udp_is_ours(s, src, dst, quoted, n)))
		s->family->learn_mtu(s, dst, mtu);
	udp_icmp(s, protocol, src, dst, quoted, n, what, mtu);
}

void inet_deliver_complete(struct inet *s)
{
	TCPRcvComplete(s);
}

/* --- TCP as a whole ------------------------------------------------------------------------ */

enum ex_status tcp_start(struct inet *s)
{
	u32 cpus = ex_cpus(s->x);
	struct tcp *t = ex_alloc_zero(s->x, EX_NONPAGED,
				      sizeof(*t) + cpus * sizeof(t->delayq[0]),
				      TAG_TCP);

	if (!t)
		return EX_INSUFFICIENT_RESOURCES;
	t->s = s;
	t->x = s->x;
	t->buckets = 256;
	t->table = ex_alloc_zero(s->x, EX_NONPAGED,
				 t->buckets * sizeof(t->table[0]), TAG_TCP);
	if (!t->table) {
		ex_free_pool(s->x, t, TAG_TCP);
		return EX_INSUFFICIENT_RESOURCES;
	}
	ke_lock_init(&t->table_lock, "TCBTableLock");
	ke_lock_init(&t->tw_lock, "TimeWaitLock");
	t->secret[0] = ex_random(s->x);
	t->secret[1] = ex_random(s->x);
	t->ncpus = cpus;
	for (u32 i = 0; i < cpus; i++) {
		t->delayq[i].tcp = t;
		ke_dpc_init(&t->delayq[i].dpc, tcp_delayq_dpc, &t->delayq[i]);
		t->delayq[i].dpc.target = (s32)i;
	}
	tcp_syn_start(t);
	s->tcp = t;
	return EX_SUCCESS;
}

/* One of this address (NULL: any), from chain *from on; referenced.  A table
 * that grows meanwhile moves what is in chain i to i or behind it. */
static struct tcb *tcb_with(struct tcp *tcp, const struct inet_ip *local,
			    u32 *from)
{
	struct tcb *t = NULL;

	ke_lock_dpc(&tcp->table_lock);
	for (u32 i = *from; i < tcp->buckets && !t; i++)
		for (*from = i, t = tcp->table[i]; t; t = t->hash_next)
			if (!local || !memcmp(&t->local, local,
					      sizeof(*local)))
				break;
	if (t)
		tcb_get(t);
	ke_unlock_dpc(&tcp->table_lock);
	return t;
}

static void abort_all(struct tcp *tcp, const struct inet_ip *local)
{
	struct tcb *t;
	u32 from = 0;

	while ((t = tcb_with(tcp, local, &from))) {
		tcp_abort(t, EX_CONNECTION_ABORTED, false);
		tcb_put(t);
	}
	ProcessTCBDelayQ(tcp);
}

void inet_address_gone(struct inet *s, const struct inet_ip *a)
{
	enum ke_irql before = ke_raise(KE_DISPATCH);

	abort_all(s->tcp, a);
	ke_lower(before);
}

void tcp_stop(struct inet *s)
{
	struct tcp *tcp = s->tcp;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	KE_SET(&tcp->stopping, true);
	tcp_syn_stop(tcp);
	abort_all(tcp, NULL);
	ke_lower(before);
}

void tcp_free(struct inet *s)
{
	struct tcp *tcp = s->tcp;

	if (!tcp)
		return;
	tcp_stop(s);                 /* what was on its way in meanwhile */
	/* DPCs on other CPUs that have one in their hands */
	for (unsigned i = 0; i < 1000 && KE_GET(&tcp->live); i++)
		ke_sleep(MS);
	ke_dpc_flush(s->x);        /* whoever was at DISPATCH is through */
	for (u32 i = 0; i < tcp->ncpus; i++)
		ke_dpc_remove(&tcp->delayq[i].dpc);
	ex_free_pool(s->x, tcp->table, TAG_TCP);
	ex_free_pool(s->x, tcp, TAG_TCP);
	s->tcp = NULL;
}
