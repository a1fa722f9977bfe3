// SPDX-License-Identifier: Apache-2.0
/* What there is, as rows (table.h). */
#include "object.h"
#include "tcp.h"

struct inet_row *inet_row(struct inet_ask *a)
{
	struct inet_row *r;

	a->total++;
	if (a->n == a->room)
		return NULL;
	r = &a->row[a->n++];
	memset(r, 0, sizeof(*r));
	return r;
}

/* Under the lock. */
static void connection(struct inet_ask *a, const struct tcb *t)
{
	const struct inet *s = t->tcp->s;
	struct inet_row *r = t->flags & F_DEAD ? NULL : inet_row(a);

	if (!r)
		return;
	tcp_address(s, &t->local, t->lport, &r->local);
	tcp_address(s, &t->remote, t->rport, &r->remote);
	tcp_info(t, &r->info);
	if (seq_lt(t->snd_una, t->snd_end)) /* else the FIN, too, is heard */
		r->send_queue = t->snd_end - t->snd_una;
	r->receive_queue = t->rcv_queued;
	r->object = t;
}

static void half_open(struct inet_ask *a, const struct inet *s,
		      const struct tcp_syn *y)
{
	struct inet_row *r = inet_row(a);

	if (!r)
		return;
	tcp_address(s, &y->local, y->lport, &r->local);
	tcp_address(s, &y->remote, y->rport, &r->remote);
	r->info.state = TCP_SYN_RCVD;
	r->info.mss = y->mss;
	r->object = y;
}

static void connections(struct inet *s, struct inet_ask *a)
{
	struct tcp *tcp = s->tcp;

	ke_lock_dpc(&tcp->table_lock);
	for (u32 i = 0; i < tcp->buckets; i++)
		for (struct tcb *t = tcp->table[i]; t; t = t->hash_next) {
			ke_lock_dpc(&t->lock);
			connection(a, t);
			ke_unlock_dpc(&t->lock);
		}
	ke_unlock_dpc(&tcp->table_lock);
	ke_lock_dpc(&tcp->syn_lock);
	for (u32 i = 0; i < TCP_SYN_BUCKETS; i++)
		for (const struct tcp_syn *y = tcp->syn[i]; y; y = y->next)
			half_open(a, s, y);
	ke_unlock_dpc(&tcp->syn_lock);
}

static void addresses(struct inet *s, struct inet_ask *a, u8 protocol)
{
	struct inet_objects *o = s->objects;

	ke_lock_dpc(&o->lock);
	for (u32 i = 0; i < INET_BUCKETS; i++)
		for (struct inet_address *d = o->bucket[i]; d;
		     d = d->next) {
			struct inet_row *r;

			if (d->protocol != protocol ||
			    (protocol == 6 && !inet_listens(d)))
				continue;
			r = inet_row(a);
			if (!r)
				continue;
			tcp_address(s, &d->ip, d->port, &r->local);
			r->info.state = protocol == 6 ? TCP_LISTEN : 0;
			r->object = d;
		}
	ke_unlock_dpc(&o->lock);
}

static void counters(struct inet *s, struct inet_ask *a)
{
	memset(a->count, 0, sizeof(a->count));
	for (u32 i = 0; i < ex_cpus(s->x); i++)
		for (u32 k = 0; k < INET_COUNTERS; k++)
			a->count[k] += KE_GET(&s->cpu[i].count[k]);
}

enum ex_status inet_table(struct inet *s, struct inet_ask *a)
{
	a->n = a->total = 0;
	a->family = s->family->family;
	counters(s, a);
	switch (a->table) {
	case INET_CONNECTIONS:
		connections(s, a);
		return EX_SUCCESS;
	case INET_LISTENERS:
		addresses(s, a, 6);
		return EX_SUCCESS;
	case INET_DATAGRAMS:
		addresses(s, a, 17);
		return EX_SUCCESS;
	case INET_ROUTES:
	case INET_NEIGHBOURS:
	case INET_ADDRESSES:
		s->family->rows(s, a);
		return EX_SUCCESS;
	default:
		return EX_INVALID_PARAMETER;
	}
}
