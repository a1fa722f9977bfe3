// SPDX-License-Identifier: Apache-2.0
/*
 * Adapters, protocols and the bindings between them.
 *
 * A binding is made by a work item of the critical queue, as NT does it: that
 * is where the waiting of ndis_ask_wait() hurts (KB968597).
 *
 * Whoever takes a binding away sleeps until nobody is in it (its work item, an
 * indication on another CPU), so the lists may be others after that: they are
 * gone through from the start again.
 */
#include "../sched/sched.h"
#include "../trace/trace.h"
#include "ndis.h"

#include <string.h>

#define TAG_ADAPTER EX_TAG('N', 'D', 'm', 'b')
#define TAG_BINDING EX_TAG('N', 'D', 'm', 'o')
#define TAG_PROTOCOL EX_TAG('N', 'D', 'p', 'b')
#define ETHERNET 14u
#define POLL_NS 1000000u             /* how often who sleeps looks again */

struct ndis_adapter {
	struct ex *x;
	const struct ndis_miniport *m;
	struct ndis_adapter_info info;
	void *context;
	struct ndis_binding *bindings;
	struct ndis_adapter *next;
	struct ndis_counters counters;
	struct ndis_request *requests; /* that pend */
	bool up, removed, resetting;
	u32 inside;               /* indications that have not returned */
};

struct protocol {
	const struct ndis_protocol *p;
	void *context;
	struct protocol *next;
	bool leaving;
};

struct ndis_binding {
	struct ndis_adapter *adapter;
	struct protocol *protocol;
	void *context;
	struct ndis_binding *next;
	struct ex_work work;
	u32 inside;               /* indications that are in the protocol */
	bool bound, pending;      /* pending: its work item is not done */
	bool leaving;
	bool touched;             /* got something in this batch */
};

struct ndis_state {
	struct ndis_adapter *adapters;
	struct protocol *protocols;
};

static struct ndis_state *state(struct ex *x)
{
	return ex_slot(x, "ndis", sizeof(struct ndis_state));
}

/* --- binding ------------------------------------------------------------------------ */

static void bind_work(void *context)
{
	struct ndis_binding *b = context;
	enum ex_status st = EX_DEVICE_NOT_READY;

	TRACE(ndis_bind_begin, b->adapter, b->protocol, 0, 0);
	if (!b->adapter->removed)
		st = b->protocol->p->bind(b, b->protocol->context);
	b->bound = !ex_failed(st);
	b->pending = false;
	TRACE(ndis_bind_done, b->adapter, b->protocol, st, 0);
}

static enum ex_status bind_to(struct ndis_adapter *a, struct protocol *p)
{
	struct ndis_binding *b = ex_alloc_zero(a->x, EX_NONPAGED, sizeof(*b),
					       TAG_BINDING);

	if (!b)
		return EX_INSUFFICIENT_RESOURCES;
	b->adapter = a;
	b->protocol = p;
	b->next = a->bindings;
	a->bindings = b;
	b->pending = true;
	ex_work_init(&b->work, bind_work, b);
	ex_work_queue(a->x, &b->work, EX_CRITICAL);
	return EX_SUCCESS;
}

/* The first binding of adapter a (NULL: any) with protocol p (NULL: any). */
static struct ndis_binding *binding_of(struct ndis_state *s,
				       const struct ndis_adapter *a,
				       const struct protocol *p)
{
	for (struct ndis_adapter *i = s->adapters; i; i = i->next)
		for (struct ndis_binding *b = i->bindings; b; b = b->next)
			if ((!a || i == a) && (!p || b->protocol == p))
				return b;
	return NULL;
}

static void unbind(struct ndis_binding *b)
{
	struct ndis_binding **at = &b->adapter->bindings;
	bool bound;

	b->leaving = true;
	while (b->pending)
		ke_sleep(POLL_NS);
	bound = b->bound;
	b->bound = false;            /* nothing more is indicated */
	while (b->inside)
		ke_sleep(POLL_NS);
	if (bound && b->protocol->p->unbind)
		b->protocol->p->unbind(b);
	for (at = &b->adapter->bindings; *at != b; at = &(*at)->next)
		;
	*at = b->next;
	ex_free_pool(b->adapter->x, b, TAG_BINDING);
}

/* When adapter and protocol go at once, one of them does it for both. */
static void unbind_all(struct ndis_state *s, const struct ndis_adapter *a,
		       const struct protocol *p)
{
	struct ndis_binding *b;

	while ((b = binding_of(s, a, p))) {
		if (b->leaving)
			ke_sleep(POLL_NS);
		else
			unbind(b);
	}
}

enum ex_status ndis_register(struct ex *x, const struct ndis_protocol *p,
			     void *context)
{
	struct ndis_state *s = state(x);
	struct protocol *n = s ? ex_alloc_zero(x, EX_NONPAGED, sizeof(*n),
					       TAG_PROTOCOL) : NULL;
	enum ex_status st = EX_SUCCESS;

	if (!n)
		return EX_INSUFFICIENT_RESOURCES;
	n->p = p;
	n->context = context;
	n->next = s->protocols;
	s->protocols = n;
	for (struct ndis_adapter *a = s->adapters; a && !ex_failed(st);
	     a = a->next)
		if (!a->removed)
			st = bind_to(a, n);
	if (ex_failed(st))
		ndis_deregister(x, p);
	return st;
}

void ndis_deregister(struct ex *x, const struct ndis_protocol *p)
{
	struct ndis_state *s = state(x);
	struct protocol **at, *n;

	for (n = s ? s->protocols : NULL; n && (n->p != p || n->leaving);)
		n = n->next;
	if (!n)
		return;
	n->leaving = true;           /* no adapter is bound to it any more */
	unbind_all(s, NULL, n);
	for (at = &s->protocols; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	ex_free_pool(x, n, TAG_PROTOCOL);
}

struct ndis_adapter *ndis_add(struct ex *x, const struct ndis_miniport *m,
			      const struct ndis_adapter_info *i, void *context)
{
	struct ndis_state *s = state(x);
	struct ndis_adapter *a = s ? ex_alloc_zero(x, EX_NONPAGED, sizeof(*a),
						   TAG_ADAPTER) : NULL;

	if (!a)
		return NULL;
	a->x = x;
	a->m = m;
	a->info = *i;
	a->context = context;
	a->up = true;
	a->next = s->adapters;
	s->adapters = a;
	for (struct protocol *p = s->protocols; p; p = p->next)
		if (!p->leaving && ex_failed(bind_to(a, p)))
			ex_log(x, "ndis: %s: no memory for %s", i->name,
			       p->p->name);
	return a;
}

/* What the miniport cannot forget it still has to answer. */
static void cancel_requests(struct ndis_adapter *a)
{
	struct ndis_request *r;

	while (a->m->cancel && (r = a->requests)) {
		a->m->cancel(a, r);
		ndis_request_done(r, EX_CANCELLED);
	}
}

void ndis_remove(struct ndis_adapter *a)
{
	struct ndis_state *s = state(a->x);
	struct ndis_adapter **at;

	a->removed = true;
	cancel_requests(a);          /* a bind may wait for one */
	unbind_all(s, a, NULL);
	for (at = &s->adapters; *at && *at != a; at = &(*at)->next)
		;
	if (*at)
		*at = a->next;
	if (a->m->halt)
		a->m->halt(a);
	while (a->inside)
		ke_sleep(POLL_NS);
	ex_free_pool(a->x, a, TAG_ADAPTER);
}

enum ex_status ndis_reset(struct ndis_adapter *a)
{
	if (!a->m->reset)
		return EX_NOT_SUPPORTED;
	if (a->resetting || a->removed)
		return EX_DEVICE_NOT_READY;
	TRACE(ndis_reset, a, a->counters.resets, 0, 0);
	a->resetting = true;
	cancel_requests(a);
	a->m->reset(a);
	a->resetting = false;
	a->counters.resets++;
	return EX_SUCCESS;
}

struct ndis_adapter *ndis_adapter_at(struct ex *x, size_t i)
{
	struct ndis_adapter *a = state(x)->adapters;

	while (a && i--)
		a = a->next;
	return a;
}

void *ndis_context(struct ndis_adapter *a)
{
	return a->context;
}

struct ex *ndis_machine(struct ndis_adapter *a)
{
	return a->x;
}

const struct ndis_adapter_info *ndis_info(const struct ndis_adapter *a)
{
	return &a->info;
}

const struct ndis_counters *ndis_counters(const struct ndis_adapter *a)
{
	return &a->counters;
}

struct ndis_adapter *ndis_binding_adapter(struct ndis_binding *b)
{
	return b->adapter;
}

void ndis_binding_set(struct ndis_binding *b, void *protocol_context)
{
	b->context = protocol_context;
}

void *ndis_binding_get(struct ndis_binding *b)
{
	return b->context;
}

/* --- receiving ------------------------------------------------------------------------- */

static bool wants(const struct ndis_binding *b, u16 type)
{
	const u16 *t = b->protocol->p->ethertypes;

	if (!b->bound)
		return false;
	for (unsigned i = 0; i < 4 && t[i]; i++)
		if (t[i] == type)
			return true;
	return false;
}

static u16 ethertype(const u8 *header)
{
	return (u16)(header[12] << 8 | header[13]);
}

/* One protocol that takes whole packets; the others get a look at it. */
static void to_protocol(struct ndis_binding *b, struct ndis_packet *p)
{
	const struct ndis_protocol *q = b->protocol->p;
	u8 *flat;

	b->touched = true;
	b->inside++;
	if (q->receive_packet) {
		q->receive_packet(b, p);
	} else {
		flat = ndis_packet_flat(b->adapter->x, p, p->length);
		if (flat && q->receive)
			(void)q->receive(b, NULL, flat, ETHERNET,
					 flat + ETHERNET, p->length - ETHERNET,
					 p->length - ETHERNET);
	}
	b->inside--;
}

/* The same bytes, for one of several: what it does with them the others do not
 * see, but for writing. NULL: no memory. */
static struct ndis_packet *view_of(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct ndis_packet *v = ndis_packet_alloc(a->x);

	for (struct ndis_buffer *b = v ? p->head : NULL; b; b = b->next) {
		struct ndis_buffer *c = ndis_buffer_clone(a->x, b, 0, b->length);

		if (!c) {
			ndis_packet_put(v);
			return NULL;
		}
		ndis_packet_append(v, c);
	}
	if (v) {
		v->adapter = a;
		v->flags = p->flags;
		v->mss = p->mss;
		v->when = p->when;
	}
	return v;
}

static struct ndis_binding *taker(struct ndis_binding *b, u16 type)
{
	while (b && !wants(b, type))
		b = b->next;
	return b;
}

static void indicate_packet(struct ndis_adapter *a, struct ndis_packet *p)
{
	u8 header[ETHERNET];
	struct ndis_binding *b;

	ke_point(SCHED_INDICATE, a->info.name);
	TRACE(ndis_receive, p, p->length, a, 0);
	a->counters.received++;
	a->counters.received_bytes += p->length;
	p->adapter = a;
	if (ndis_packet_copy(p, 0, header, ETHERNET) < ETHERNET) {
		a->counters.runts++;
		ndis_packet_put(p);
		return;
	}
	b = taker(a->bindings, ethertype(header));
	while (b && taker(b->next, ethertype(header))) {
		struct ndis_packet *v;

		b->inside++;         /* it stays, whatever memory waits for */
		v = view_of(a, p);
		if (v) {
			to_protocol(b, v);
			ndis_packet_put(v);
		} else {
			a->counters.no_buffer++;
		}
		b->inside--;
		b = taker(b->next, ethertype(header));
	}
	if (b)
		to_protocol(b, p);
	ndis_packet_put(p);
}

void ndis_indicate_packet(struct ndis_adapter *a, struct ndis_packet *p)
{
	a->inside++;
	indicate_packet(a, p);
	a->inside--;
}

/* For a protocol without ProtocolReceive the rest is fetched at once. */
static void whole(struct ndis_binding *b, void *handle, const u8 *header,
		  u32 header_length, const u8 *lookahead, u32 lookahead_length,
		  u32 packet_length)
{
	struct ndis_adapter *a = b->adapter;
	struct ndis_packet *p = ndis_packet_new(a->x, 0, header_length +
						packet_length);
	u32 moved = 0;
	u8 *to;

	if (!p) {
		a->counters.no_buffer++;
		return;
	}
	p->when = ex_now(a->x);
	to = p->head->data;
	memcpy(to, header, header_length);
	memcpy(to + header_length, lookahead, lookahead_length);
	if (lookahead_length < packet_length &&
	    (!a->m->transfer ||
	     a->m->transfer(a, handle, lookahead_length, to + header_length +
			    lookahead_length, packet_length - lookahead_length,
			    &moved) || moved != packet_length -
			    lookahead_length)) {
		ndis_packet_put(p);
		return;
	}
	p->adapter = a;
	to_protocol(b, p);
	ndis_packet_put(p);
}

static void indicate(struct ndis_adapter *a, void *handle, const u8 *header,
		     u32 header_length, const u8 *lookahead,
		     u32 lookahead_length, u32 packet_length)
{
	ke_point(SCHED_INDICATE, a->info.name);
	a->counters.received++;
	a->counters.received_bytes += header_length + packet_length;
	if (header_length != ETHERNET || lookahead_length > packet_length) {
		a->counters.runts++;
		return;
	}
	for (struct ndis_binding *b = a->bindings; b; b = b->next) {
		if (!wants(b, ethertype(header)))
			continue;
		if (!b->protocol->p->receive) {
			b->inside++;
			whole(b, handle, header, header_length, lookahead,
			      lookahead_length, packet_length);
			b->inside--;
			continue;
		}
		b->touched = true;
		b->inside++;
		(void)b->protocol->p->receive(b, handle, header, header_length,
					      lookahead, lookahead_length,
					      packet_length);
		b->inside--;
	}
}

void ndis_indicate(struct ndis_adapter *a, void *handle, const u8 *header,
		   u32 header_length, const u8 *lookahead, u32 lookahead_length,
		   u32 packet_length)
{
	a->inside++;
	indicate(a, handle, header, header_length, lookahead, lookahead_length,
		 packet_length);
	a->inside--;
}

void ndis_indicate_complete(struct ndis_adapter *a)
{
	a->inside++;
	for (struct ndis_binding *b = a->bindings; b; b = b->next) {
		if (!b->touched)
			continue;
		b->touched = false;
		if (!b->bound || !b->protocol->p->receive_complete)
			continue;
		b->inside++;
		b->protocol->p->receive_complete(b);
		b->inside--;
	}
	a->inside--;
}

enum ex_status ndis_transfer(struct ndis_binding *b, void *handle, u32 off,
			     u8 *to, u32 n, u32 *moved)
{
	struct ndis_adapter *a = b->adapter;

	*moved = 0;
	if (!a->m->transfer || !handle)
		return EX_NOT_SUPPORTED;
	return a->m->transfer(a, handle, off, to, n, moved);
}

void ndis_link(struct ndis_adapter *a, bool up)
{
	a->up = up;
	a->inside++;
	for (struct ndis_binding *b = a->bindings; b; b = b->next) {
		if (!b->bound || !b->protocol->p->status)
			continue;
		b->inside++;
		b->protocol->p->status(b, up);
		b->inside--;
	}
	a->inside--;
}

/* --- sending --------------------------------------------------------------------------- */

void ndis_send_done(struct ndis_packet *p, enum ex_status st)
{
	struct ndis_adapter *a = p->adapter;

	TRACE(ndis_send_done, p, st, a, 0);
	if (ex_failed(st))
		a->counters.send_errors++;
	if (p->done)
		p->done(p, st);
	else
		ndis_packet_put(p);
}

void ndis_send(struct ndis_binding *b, struct ndis_packet *p)
{
	struct ndis_adapter *a = b->adapter;
	enum ex_status st = EX_DEVICE_NOT_READY;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	p->adapter = a;
	TRACE(ndis_send, p, p->length, a, 0);
	a->counters.sent++;
	a->counters.sent_bytes += p->length;
	if (a->up && !a->removed && !a->resetting)
		st = a->m->send(a, p);
	if (st != EX_PENDING)
		ndis_send_done(p, st);
	ke_lower(before);
}

/* --- requests ------------------------------------------------------------------------- */

/* false: it does not pend. */
static bool forget_request(struct ndis_adapter *a, struct ndis_request *r)
{
	struct ndis_request **at = &a->requests;

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = r->next;
	return true;
}

void ndis_request_done(struct ndis_request *r, enum ex_status st)
{
	(void)forget_request(r->adapter, r);
	r->status = st;
	TRACE(ndis_request_done, r, r->oid, st, 0);
	if (r->done)
		r->done(r, r->context);
}

enum ex_status ndis_ask(struct ndis_binding *b, struct ndis_request *r)
{
	struct ndis_adapter *a = b->adapter;
	enum ex_status st;

	TRACE(ndis_request, r, r->oid, a, 0);
	if (!a->m->request)
		return EX_NOT_SUPPORTED;
	if (a->removed || a->resetting)
		return EX_DEVICE_NOT_READY;
	a->counters.requests++;
	r->adapter = a;
	r->next = a->requests;
	a->requests = r;
	st = a->m->request(a, r);
	if (st != EX_PENDING) {
		(void)forget_request(a, r);
		r->status = st;
	}
	return st;
}

static void set_event(struct ndis_request *r, void *context)
{
	(void)r;
	ke_event_set(context);
}

enum ex_status ndis_ask_wait(struct ndis_binding *b, struct ndis_request *r)
{
	struct ke_event done;
	enum ex_status st;

	ke_event_init(&done, "ndis request", false, false);
	r->done = set_event;
	r->context = &done;
	st = ndis_ask(b, r);
	if (st == EX_PENDING) {
		(void)ke_wait(&done, KE_FOREVER);
		st = r->status;
	}
	r->context = NULL;
	return st;
}

/* --- what every miniport answers ---------------------------------------------------------- */

static enum ex_status give(struct ndis_request *r, const void *v, u32 n)
{
	if (r->length < n)
		return EX_BUFFER_TOO_SMALL;
	memcpy(r->buffer, v, n);
	r->written = n;
	return EX_SUCCESS;
}

enum ex_status ndis_answer(struct ndis_adapter *a, struct ndis_request *r)
{
	u32 up = a->up;

	if (r->set)
		return r->oid == NDIS_OID_FILTER || r->oid ==
		       NDIS_OID_LOOKAHEAD || r->oid == NDIS_OID_MULTICAST ?
			       EX_SUCCESS : EX_NOT_SUPPORTED;
	switch (r->oid) {
	case NDIS_OID_MAX_FRAME:
	case NDIS_OID_LOOKAHEAD:
		return give(r, &a->info.max_frame, sizeof(u32));
	case NDIS_OID_LINK_SPEED:
		return give(r, &a->info.link_bps_100, sizeof(u32));
	case NDIS_OID_MEDIA_STATUS:
		return give(r, &up, sizeof(up));
	case NDIS_OID_ADDRESS:
		return give(r, a->info.address, sizeof(a->info.address));
	case NDIS_OID_OFFLOAD:
		return give(r, &a->info.offloads, sizeof(u32));
	default:
		return EX_NOT_SUPPORTED;
	}
}
