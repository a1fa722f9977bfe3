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
 *
 * All that changes here is under the latch of struct ndis_state, which is never
 * held in a call of a miniport or a protocol: what is found under it and used
 * after it is kept by a count that its end waits for (`inside`), or by a flag
 * that makes it one's own (`leaving`, `resetting`, a request off the list).
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
	struct ex *x;             /* set before it is linked, as the next four */
	struct ndis_state *s;
	const struct ndis_miniport *m;
	struct ndis_adapter_info info;
	void *context;
	struct ndis_binding *bindings;
	struct ndis_adapter *next;
	struct ndis_counters counters;
	struct ndis_request *requests; /* that pend */
	bool up, removed;
	u32 resetting;            /* 1: it is */
	u32 inside;               /* visits of its bindings */
};

struct protocol {
	const struct ndis_protocol *p;
	void *context;
	struct protocol *next;
	bool leaving;
};

struct ndis_binding {
	struct ndis_adapter *adapter; /* set before it is linked */
	struct protocol *protocol;
	void *context;            /* the protocol's, set in its bind() */
	struct ndis_binding *next;
	struct ex_work work;
	u32 inside;               /* visits that are at it */
	u32 pending;              /* 1: its work item is not done */
	bool bound;
	bool leaving;             /* somebody takes it away */
	bool touched;             /* has got something since its batch ended */
};

struct ndis_state {
	struct ke_latch latch;
	struct ndis_adapter *adapters;
	struct protocol *protocols;
};

static struct ndis_state *state(struct ex *x)
{
	return ex_slot(x, "ndis", sizeof(struct ndis_state));
}

/* Until it is 0. */
static void wait_for(struct ndis_state *s, const u32 *n)
{
	for (;;) {
		u32 v;

		ke_latch(&s->latch);
		v = *n;
		ke_unlatch(&s->latch);
		if (!v)
			return;
		ke_sleep(POLL_NS);
	}
}

static void count(struct ndis_adapter *a, u64 *counter)
{
	ke_latch(&a->s->latch);
	++*counter;
	ke_unlatch(&a->s->latch);
}

/* --- binding ------------------------------------------------------------------------ */

/* What the cable did while it was being bound nobody has told it; nor is that the
 * last that it hears when it does so again meanwhile. */
static void bind_done(struct ndis_binding *b, enum ex_status st, bool known)
{
	struct ndis_adapter *a = b->adapter;
	bool up;

	for (;;) {
		ke_latch(&a->s->latch);
		up = a->up;
		b->bound = !ex_failed(st);
		ke_unlatch(&a->s->latch);
		if (ex_failed(st) || up == known || !b->protocol->p->status)
			return;
		b->protocol->p->status(b, up);
		known = up;
	}
}

static void bind_work(void *context)
{
	struct ndis_binding *b = context;
	struct ndis_state *s = b->adapter->s;
	enum ex_status st = EX_DEVICE_NOT_READY;
	bool removed, up;

	TRACE(ndis_bind_begin, b->adapter, b->protocol, 0, 0);
	ke_latch(&s->latch);
	removed = b->adapter->removed;
	up = b->adapter->up;
	ke_unlatch(&s->latch);
	if (!removed)
		st = b->protocol->p->bind(b, b->protocol->context);
	bind_done(b, st, up);
	TRACE(ndis_bind_done, b->adapter, b->protocol, st, 0);
	ke_latch(&s->latch);
	b->pending = 0;              /* from here on it may be gone */
	ke_unlatch(&s->latch);
}

static bool has_binding(const struct ndis_adapter *a, const struct protocol *p)
{
	const struct ndis_binding *b = a->bindings;

	while (b && b->protocol != p)
		b = b->next;
	return b;
}

/* An adapter (a, or any) and a protocol (p, or any) between which there is none,
 * and should be; with b, that it is now. */
static bool missing(struct ndis_state *s, struct ndis_adapter *a,
		    struct protocol *p, struct ndis_binding *b)
{
	struct ndis_adapter *i;
	struct protocol *k = NULL;

	ke_latch(&s->latch);
	for (i = s->adapters; i; i = i->next) {
		if ((a && i != a) || i->removed)
			continue;
		for (k = s->protocols; k; k = k->next)
			if ((!p || k == p) && !k->leaving && !has_binding(i, k))
				break;
		if (k)
			break;
	}
	if (i && b) {
		b->adapter = i;
		b->protocol = k;
		b->next = i->bindings;
		b->pending = 1;
		i->bindings = b;
	}
	ke_unlatch(&s->latch);
	return i;
}

/* Adapters and protocols may go while memory is waited for. */
static enum ex_status bind_missing(struct ex *x, struct ndis_state *s,
				   struct ndis_adapter *a, struct protocol *p)
{
	while (missing(s, a, p, NULL)) {
		struct ndis_binding *b = ex_alloc_zero(x, EX_NONPAGED, sizeof(*b),
						       TAG_BINDING);

		if (!b)
			return EX_INSUFFICIENT_RESOURCES;
		ex_work_init(&b->work, bind_work, b);
		if (missing(s, a, p, b))
			ex_work_queue(x, &b->work, EX_CRITICAL);
		else
			ex_free_pool(x, b, TAG_BINDING);
	}
	return EX_SUCCESS;
}

/* A binding of adapter a (NULL: any) with protocol p (NULL: any) that is the
 * caller's to take away now; *out NULL: others are at the last ones. false: there
 * is none. */
static bool claim(struct ndis_state *s, const struct ndis_adapter *a,
		  const struct protocol *p, struct ndis_binding **out)
{
	bool any = false;

	*out = NULL;
	ke_latch(&s->latch);
	for (struct ndis_adapter *i = s->adapters; i && !*out; i = i->next)
		for (struct ndis_binding *b = i->bindings; b; b = b->next) {
			if ((a && i != a) || (p && b->protocol != p))
				continue;
			any = true;
			if (b->leaving)
				continue;
			b->leaving = true;
			*out = b;
			break;
		}
	ke_unlatch(&s->latch);
	return any;
}

static void unbind(struct ndis_binding *b)
{
	struct ndis_adapter *a = b->adapter;
	struct ndis_binding **at;
	bool bound;

	wait_for(a->s, &b->pending);
	ke_latch(&a->s->latch);
	bound = b->bound;
	b->bound = false;            /* nothing more is indicated */
	ke_unlatch(&a->s->latch);
	wait_for(a->s, &b->inside);
	if (bound && b->protocol->p->unbind)
		b->protocol->p->unbind(b);
	ke_latch(&a->s->latch);
	for (at = &a->bindings; *at != b; at = &(*at)->next)
		;
	*at = b->next;
	ke_unlatch(&a->s->latch);
	ex_free_pool(a->x, b, TAG_BINDING);
}

/* When adapter and protocol go at once, one of them does it for both. */
static void unbind_all(struct ndis_state *s, const struct ndis_adapter *a,
		       const struct protocol *p)
{
	struct ndis_binding *b;

	while (claim(s, a, p, &b)) {
		if (b)
			unbind(b);
		else
			ke_sleep(POLL_NS);
	}
}

enum ex_status ndis_register(struct ex *x, const struct ndis_protocol *p,
			     void *context)
{
	struct ndis_state *s = state(x);
	struct protocol *n = s ? ex_alloc_zero(x, EX_NONPAGED, sizeof(*n),
					       TAG_PROTOCOL) : NULL;
	enum ex_status st;

	if (!n)
		return EX_INSUFFICIENT_RESOURCES;
	n->p = p;
	n->context = context;
	ke_latch(&s->latch);
	n->next = s->protocols;
	s->protocols = n;
	ke_unlatch(&s->latch);
	st = bind_missing(x, s, NULL, n);
	if (ex_failed(st))
		ndis_deregister(x, p);
	return st;
}

void ndis_deregister(struct ex *x, const struct ndis_protocol *p)
{
	struct ndis_state *s = state(x);
	struct protocol **at, *n;

	if (!s)
		return;
	ke_latch(&s->latch);
	for (n = s->protocols; n && (n->p != p || n->leaving);)
		n = n->next;
	if (n)
		n->leaving = true;   /* no adapter is bound to it any more */
	ke_unlatch(&s->latch);
	if (!n)
		return;
	unbind_all(s, NULL, n);
	ke_latch(&s->latch);
	for (at = &s->protocols; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	ke_unlatch(&s->latch);
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
	a->s = s;
	a->m = m;
	a->info = *i;
	a->context = context;
	a->up = true;
	ke_latch(&s->latch);
	a->next = s->adapters;
	s->adapters = a;
	ke_unlatch(&s->latch);
	if (ex_failed(bind_missing(x, s, a, NULL)))
		ex_log(x, "ndis: %s: no memory to bind it", i->name);
	return a;
}

/* The next that pends and whose miniport was not told yet. */
static struct ndis_request *to_cancel(struct ndis_adapter *a)
{
	struct ndis_request *r;

	ke_latch(&a->s->latch);
	for (r = a->requests; r && r->cancelled;)
		r = r->next;
	if (r)
		r->cancelled = true;
	ke_unlatch(&a->s->latch);
	return r;
}

/* What the miniport cannot forget it still has to answer. */
static void cancel_requests(struct ndis_adapter *a)
{
	struct ndis_request *r;

	while (a->m->cancel && (r = to_cancel(a)))
		if (a->m->cancel(a, r))
			ndis_request_done(r, EX_CANCELLED);
}

void ndis_remove(struct ndis_adapter *a)
{
	struct ndis_state *s = a->s;
	struct ndis_adapter **at;

	ke_latch(&s->latch);
	a->removed = true;           /* nothing begins any more */
	ke_unlatch(&s->latch);
	wait_for(s, &a->resetting);
	cancel_requests(a);          /* a bind may wait for one */
	unbind_all(s, a, NULL);
	ke_latch(&s->latch);
	for (at = &s->adapters; *at && *at != a; at = &(*at)->next)
		;
	if (*at)
		*at = a->next;
	ke_unlatch(&s->latch);
	if (a->m->halt)
		a->m->halt(a);
	wait_for(s, &a->inside);
	ex_free_pool(a->x, a, TAG_ADAPTER);
}

/* false: it is already, or goes. */
static bool reset_begins(struct ndis_adapter *a)
{
	bool ok;

	ke_latch(&a->s->latch);
	ok = !a->resetting && !a->removed;
	if (ok)
		a->resetting = 1;
	ke_unlatch(&a->s->latch);
	return ok;
}

enum ex_status ndis_reset(struct ndis_adapter *a)
{
	if (!a->m->reset)
		return EX_NOT_SUPPORTED;
	if (!reset_begins(a))
		return EX_DEVICE_NOT_READY;
	TRACE(ndis_reset, a, a->counters.resets, 0, 0);
	cancel_requests(a);
	a->m->reset(a);
	ke_latch(&a->s->latch);
	a->counters.resets++;
	a->resetting = 0;
	ke_unlatch(&a->s->latch);
	return EX_SUCCESS;
}

static struct ndis_adapter *adapter_at(const struct ndis_state *s, size_t i)
{
	struct ndis_adapter *a = s->adapters;

	while (a && i--)
		a = a->next;
	return a;
}

struct ndis_adapter *ndis_adapter_at(struct ex *x, size_t i)
{
	struct ndis_state *s = state(x);
	struct ndis_adapter *a;

	ke_latch(&s->latch);
	a = adapter_at(s, i);
	ke_unlatch(&s->latch);
	return a;
}

bool ndis_look(struct ex *x, size_t i, struct ndis_adapter_info *info,
	       struct ndis_counters *counters)
{
	struct ndis_state *s = state(x);
	const struct ndis_adapter *a;

	if (!s)
		return false;
	ke_latch(&s->latch);
	a = adapter_at(s, i);
	if (a) {
		*info = a->info;
		*counters = a->counters;
	}
	ke_unlatch(&s->latch);
	return a;
}

struct ndis_counters ndis_counters(const struct ndis_adapter *a)
{
	struct ndis_counters c;

	ke_latch(&a->s->latch);
	c = a->counters;
	ke_unlatch(&a->s->latch);
	return c;
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

/*
 * A way through the bindings of an adapter.  The one where it is stays linked,
 * since unbind() waits for it, and so does the adapter.
 */
enum errand { FRAME, BATCH_END, LINK };
struct visit {
	struct ndis_adapter *a;
	enum errand errand;
	u16 type;                    /* of a frame, as the next */
	u32 bytes;
	struct ndis_binding *at;
	bool more;                   /* there is another behind it */
};

static bool wants(const struct ndis_binding *b, u16 type)
{
	const u16 *t = b->protocol->p->ethertypes;

	for (unsigned i = 0; i < 4 && t[i]; i++)
		if (t[i] == type)
			return true;
	return false;
}

static bool goes_to(const struct visit *v, const struct ndis_binding *b)
{
	if (!b->bound)
		return false;
	switch (v->errand) {
	case FRAME:
		return wants(b, v->type);
	case BATCH_END:
		return b->touched;
	default:
		return b->protocol->p->status;
	}
}

static struct ndis_binding *next_of(const struct visit *v,
				    struct ndis_binding *b)
{
	while (b && !goes_to(v, b))
		b = b->next;
	return b;
}

/* Under the latch. A batch ends for those who have got all of something. */
static void leave_binding(const struct visit *v)
{
	v->at->inside--;
	v->at->touched |= v->errand == FRAME;
}

static void enter_binding(const struct visit *v)
{
	v->at->inside++;
	v->at->touched &= v->errand != BATCH_END;
}

/* From outside, or on to the next. false: there is none; it is outside again. */
static bool visit(struct visit *v)
{
	struct ndis_adapter *a = v->a;

	ke_latch(&a->s->latch);
	if (v->at) {
		leave_binding(v);
		v->at = v->more ? next_of(v, v->at->next) : NULL;
	} else {
		a->inside++;
		a->counters.received += v->errand == FRAME;
		a->counters.received_bytes += v->bytes;
		v->at = next_of(v, a->bindings);
	}
	if (v->at) {
		enter_binding(v);
		v->more = next_of(v, v->at->next);
	} else {
		a->inside--;
	}
	ke_unlatch(&a->s->latch);
	return v->at;
}

static u16 ethertype(const u8 *header)
{
	return (u16)(header[12] << 8 | header[13]);
}

static void runt(struct ndis_adapter *a, u32 bytes)
{
	ke_latch(&a->s->latch);
	a->counters.received++;
	a->counters.received_bytes += bytes;
	a->counters.runts++;
	ke_unlatch(&a->s->latch);
}

/* One protocol that takes whole packets; the others get a look at it. */
static void to_protocol(struct ndis_binding *b, struct ndis_packet *p)
{
	const struct ndis_protocol *q = b->protocol->p;
	u8 *flat;

	if (q->receive_packet) {
		q->receive_packet(b, p);
		return;
	}
	flat = ndis_packet_flat(b->adapter->x, p, p->length);
	if (flat && q->receive)
		(void)q->receive(b, NULL, flat, ETHERNET, flat + ETHERNET,
				 p->length - ETHERNET, p->length - ETHERNET);
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

void ndis_indicate_packet(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct visit v = { .a = a, .errand = FRAME, .bytes = p->length };
	u8 header[ETHERNET];

	ke_point(SCHED_INDICATE, a->info.name);
	TRACE(ndis_receive, p, p->length, a, 0);
	p->adapter = a;
	if (ndis_packet_copy(p, 0, header, ETHERNET) < ETHERNET) {
		runt(a, p->length);
		ndis_packet_put(p);
		return;
	}
	v.type = ethertype(header);
	while (visit(&v)) {
		struct ndis_packet *own = v.more ? view_of(a, p) : p;

		if (!own) {
			count(a, &a->counters.no_buffer);
			continue;
		}
		to_protocol(v.at, own);
		if (own != p)
			ndis_packet_put(own);
	}
	ndis_packet_put(p);
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
		count(a, &a->counters.no_buffer);
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

void ndis_indicate(struct ndis_adapter *a, void *handle, const u8 *header,
		   u32 header_length, const u8 *lookahead, u32 lookahead_length,
		   u32 packet_length)
{
	struct visit v = { .a = a, .errand = FRAME,
			   .bytes = header_length + packet_length };

	ke_point(SCHED_INDICATE, a->info.name);
	if (header_length != ETHERNET || lookahead_length > packet_length) {
		runt(a, v.bytes);
		return;
	}
	v.type = ethertype(header);
	while (visit(&v)) {
		const struct ndis_protocol *q = v.at->protocol->p;

		if (q->receive)
			(void)q->receive(v.at, handle, header, header_length,
					 lookahead, lookahead_length,
					 packet_length);
		else
			whole(v.at, handle, header, header_length, lookahead,
			      lookahead_length, packet_length);
	}
}

void ndis_indicate_complete(struct ndis_adapter *a)
{
	struct visit v = { .a = a, .errand = BATCH_END };

	while (visit(&v))
		if (v.at->protocol->p->receive_complete)
			v.at->protocol->p->receive_complete(v.at);
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
	struct visit v = { .a = a, .errand = LINK };

	ke_latch(&a->s->latch);
	a->up = up;
	ke_unlatch(&a->s->latch);
	while (visit(&v))
		v.at->protocol->p->status(v.at, up);
}

/* --- sending --------------------------------------------------------------------------- */

void ndis_send_done(struct ndis_packet *p, enum ex_status st)
{
	struct ndis_adapter *a = p->adapter;

	TRACE(ndis_send_done, p, st, a, 0);
	if (ex_failed(st))
		count(a, &a->counters.send_errors);
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
	bool takes;

	p->adapter = a;
	TRACE(ndis_send, p, p->length, a, 0);
	ke_latch(&a->s->latch);
	a->counters.sent++;
	a->counters.sent_bytes += p->length;
	takes = a->up && !a->removed && !a->resetting;
	ke_unlatch(&a->s->latch);
	if (takes)
		st = a->m->send(a, p);
	if (st != EX_PENDING)
		ndis_send_done(p, st);
	ke_lower(before);
}

/* --- requests ------------------------------------------------------------------------- */

static void forget_request(struct ndis_adapter *a, struct ndis_request *r)
{
	struct ndis_request **at = &a->requests;

	ke_latch(&a->s->latch);
	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	ke_unlatch(&a->s->latch);
}

void ndis_request_done(struct ndis_request *r, enum ex_status st)
{
	forget_request(r->adapter, r);
	r->status = st;
	TRACE(ndis_request_done, r, r->oid, st, 0);
	if (r->done)
		r->done(r, r->context);
}

/* false: the adapter takes none now. */
static bool remember_request(struct ndis_adapter *a, struct ndis_request *r)
{
	bool ok;

	r->adapter = a;
	r->cancelled = false;
	ke_latch(&a->s->latch);
	ok = !a->removed && !a->resetting;
	if (ok) {
		a->counters.requests++;
		r->next = a->requests;
		a->requests = r;
	}
	ke_unlatch(&a->s->latch);
	return ok;
}

/* It pends, and its miniport was told to forget it, perhaps before it knew it.
 * One that is over is not looked at. */
static bool cancelled_early(struct ndis_adapter *a,
			    const struct ndis_request *r)
{
	const struct ndis_request *i;
	bool is;

	ke_latch(&a->s->latch);
	for (i = a->requests; i && i != r;)
		i = i->next;
	is = i && i->cancelled;
	ke_unlatch(&a->s->latch);
	return is;
}

enum ex_status ndis_ask(struct ndis_binding *b, struct ndis_request *r)
{
	struct ndis_adapter *a = b->adapter;
	enum ex_status st;

	TRACE(ndis_request, r, r->oid, a, 0);
	if (!a->m->request)
		return EX_NOT_SUPPORTED;
	if (!remember_request(a, r))
		return EX_DEVICE_NOT_READY;
	st = a->m->request(a, r);
	if (st != EX_PENDING) {
		forget_request(a, r);
		r->status = st;
	} else if (cancelled_early(a, r) && a->m->cancel(a, r)) {
		ndis_request_done(r, EX_CANCELLED);
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
	u32 up;

	ke_latch(&a->s->latch);
	up = a->up;
	ke_unlatch(&a->s->latch);

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
