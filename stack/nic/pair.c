// SPDX-License-Identifier: Apache-2.0
/*
 * A link: what one end sends arrives at the other after its time on the wire,
 * unless the seed says that it is lost, doubled, damaged or late.
 *
 * Between the machines a frame is the host's memory; it becomes a packet of the
 * receiver's pool when it arrives.
 */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE 1000u
#define BATCH 64u            /* frames in one indication */
#define FRAME_MAX 65550u
#define ETHERNET 14u
#define LOOKAHEAD 256u       /* NT's usual one; with the most of TCP's headers */

struct frame {
	struct frame *next;
	u64 due;
	u32 n, flags, mss;
	u8 bytes[];
};

struct end {
	struct nic_pair *pair;
	struct ndis_adapter *adapter;
	struct end *other;
	/* on their way to this end, by time */
	struct frame *head, *tail, *spare;
	u32 queued, nspare;
	u64 wire_free;           /* when the wire to this end is free */
	u64 random;
	struct ke_timer timer;
	struct ke_dpc dpc, timer_dpc;
	u32 inside;              /* CPUs that indicate */
	bool halting;
	struct nic_pair_counters counters; /* of what this end sends */
};

struct nic_pair {
	struct nic_pair_config c;
	struct nic_capture *capture;
	struct end end[2];
};

/* --- chance (splitmix64) ------------------------------------------------------------ */

static u64 draw(struct end *e)
{
	u64 z = e->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool chance(struct end *e, double p)
{
	return p > 0 && (double)(draw(e) >> 11) * 0x1p-53 < p;
}

/* --- frames ---------------------------------------------------------------------------- */

static struct frame *frame_new(struct end *to, u32 n)
{
	struct frame *f = to->spare;

	if (f && n <= 1536) {
		to->spare = f->next;
		to->nspare--;
	} else {
		f = malloc(sizeof(*f) + (n > 1536 ? n : 1536));
	}
	if (f)
		f->n = n;
	return f;
}

static void frame_free(struct end *to, struct frame *f)
{
	if (f->n > 1536 || to->nspare >= 256) {
		free(f);
		return;
	}
	f->next = to->spare;
	to->spare = f;
	to->nspare++;
}

/* In the order of their times; mostly behind the last. */
static void enqueue(struct end *to, struct frame *f)
{
	struct frame **at = &to->head;

	f->next = NULL;
	to->queued++;
	if (to->tail && to->tail->due <= f->due) {
		to->tail->next = f;
		to->tail = f;
		return;
	}
	while (*at && (*at)->due <= f->due)
		at = &(*at)->next;
	f->next = *at;
	*at = f;
	if (!f->next)
		to->tail = f;
}

/* --- arriving ---------------------------------------------------------------------------- */

/* The card's memory is f; the rest of it is fetched by transfer(). */
static void look_ahead(struct end *to, struct frame *f)
{
	u32 n = f->n - ETHERNET;

	ndis_indicate(to->adapter, f, f->bytes, ETHERNET, f->bytes + ETHERNET,
		      n < LOOKAHEAD ? n : LOOKAHEAD, n);
}

static void arrive(struct end *to, struct frame *f)
{
	struct ex *x = ndis_machine(to->adapter);
	struct ndis_packet *p;

	if (ndis_info(to->adapter)->lookahead && f->n >= ETHERNET) {
		look_ahead(to, f);
		return;
	}
	p = ndis_packet_new(x, 0, f->n);
	if (!p)
		return;
	memcpy(p->head->data, f->bytes, f->n);
	p->flags = f->flags;
	p->mss = f->mss;
	p->when = f->due;
	ndis_indicate_packet(to->adapter, p);
}

static void set_alarm(struct end *to)
{
	u64 now = ex_now(ndis_machine(to->adapter));

	if (to->head)
		ke_timer_set(&to->timer, to->head->due > now ?
			     to->head->due - now : 0, 0, &to->timer_dpc);
}

static void deliver(void *context, void *a, void *b)
{
	struct end *to = context;
	unsigned n = 0;
	u64 now;

	(void)a;
	(void)b;
	if (!to->adapter || to->halting)
		return;
	to->inside++;
	now = ex_now(ndis_machine(to->adapter));
	while (to->head && to->head->due <= now && !to->halting &&
	       n++ < BATCH) {
		struct frame *f = to->head;

		to->head = f->next;
		if (!to->head)
			to->tail = NULL;
		to->queued--;
		arrive(to, f);
		frame_free(to, f);
	}
	if (n)
		ndis_indicate_complete(to->adapter);
	if (to->halting)
		;
	else if (to->head && to->head->due <= now)
		(void)ke_dpc_queue(&to->dpc, NULL, NULL);
	else
		set_alarm(to);
	to->inside--;
}

/* --- sending ---------------------------------------------------------------------------- */

static u64 time_on_wire(struct end *from, u32 n)
{
	const struct nic_pair_config *c = &from->pair->c;
	u64 now = ex_now(ndis_machine(from->adapter)), due = now;

	if (c->bps) {
		struct end *to = from->other;
		u64 start = to->wire_free > now ? to->wire_free : now;

		to->wire_free = start + (u64)n * 8 * UINT64_C(1000000000) /
					c->bps;
		due = to->wire_free;
	}
	due += c->delay_ns;
	if (c->jitter_ns)
		due += draw(from) % c->jitter_ns;
	if (chance(from, c->reorder)) {
		from->counters.reordered++;
		due += c->delay_ns + 1 + draw(from) % (c->delay_ns + 1000000);
	}
	return due;
}

static void damage(struct end *from, struct frame *f)
{
	u64 r = draw(from);

	from->counters.corrupted++;
	f->bytes[r % f->n] ^= (u8)(1u << (r >> 60 & 7));
}

static bool launch(struct end *from, const struct ndis_packet *p)
{
	struct end *to = from->other;
	u32 room = from->pair->c.queue ? from->pair->c.queue : QUEUE;
	struct frame *f;

	if (to->queued >= room || !(f = frame_new(to, p->length))) {
		from->counters.dropped++;
		return false;
	}
	(void)ndis_packet_copy(p, 0, f->bytes, p->length);
	f->flags = p->flags & NDIS_CSUM_L4_DO ? NDIS_CSUM_IP_OK |
						NDIS_CSUM_L4_OK : 0;
	f->mss = p->mss;
	f->due = time_on_wire(from, p->length);
	if (chance(from, from->pair->c.corrupt)) {
		damage(from, f);
		f->flags = 0;
	}
	enqueue(to, f);
	return true;
}

struct sight {                       /* of a frame, for the capture */
	struct nic_capture *to;
	struct frame *f;
};

static void write_down(void *ctx)
{
	struct sight *s = ctx;

	nic_capture_frame(s->to, s->f->due, s->f->bytes, s->f->n);
}

static void see(struct end *from, const struct ndis_packet *p)
{
	struct sight s = { from->pair->capture,
			   frame_new(from->other, p->length) };

	if (!s.f)
		return;
	(void)ndis_packet_copy(p, 0, s.f->bytes, p->length);
	s.f->due = ex_now(ndis_machine(from->adapter));
	ex_on_host(write_down, &s);
	frame_free(from->other, s.f);
}

static bool is_lost(struct end *from)
{
	const struct nic_pair_config *c = &from->pair->c;

	return chance(from, c->loss) ||
	       (c->down_ns && ex_now(ndis_machine(from->adapter)) >= c->down_ns);
}

static enum ex_status send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct end *from = ndis_context(a), *to = from->other;
	const struct nic_pair_config *c = &from->pair->c;
	bool any = false;

	from->counters.frames++;
	if (!p->length || p->length > FRAME_MAX)
		return EX_INVALID_PARAMETER;
	if (from->pair->capture)
		see(from, p);
	if (is_lost(from)) {
		from->counters.lost++;
		return EX_SUCCESS;
	}
	any = launch(from, p);
	if (chance(from, c->duplicate)) {
		from->counters.duplicated++;
		any |= launch(from, p);
	}
	if (any && to->adapter)
		(void)ex_interrupt(ndis_machine(to->adapter), &to->dpc, NULL,
				   NULL);
	return EX_SUCCESS;
}

static enum ex_status request(struct ndis_adapter *a, struct ndis_request *r)
{
	return ndis_answer(a, r);
}

static enum ex_status transfer(struct ndis_adapter *a, void *handle, u32 off,
			       u8 *to, u32 n, u32 *moved)
{
	const struct frame *f = handle;
	u32 all = f->n - ETHERNET;

	(void)a;
	if (off > all || n > all - off)
		return EX_INVALID_PARAMETER;
	memcpy(to, f->bytes + ETHERNET + off, n);
	*moved = n;
	return EX_SUCCESS;
}

/* What is on its way to this end: all of it, or but for the one that is being
 * indicated, which is in no queue. */
static void drop_all(struct end *e)
{
	struct frame *f;

	while ((f = e->head)) {
		e->head = f->next;
		frame_free(e, f);
	}
	e->tail = NULL;
	e->queued = 0;
}

static void reset(struct ndis_adapter *a)
{
	struct end *e = ndis_context(a);

	e->other->counters.lost += e->queued;
	drop_all(e);
}

static void halt(struct ndis_adapter *a)
{
	struct end *e = ndis_context(a);

	e->halting = true;
	while (e->inside)
		ke_sleep(1000000);
	(void)ke_timer_cancel(&e->timer);
	(void)ke_dpc_remove(&e->dpc);
	(void)ke_dpc_remove(&e->timer_dpc);
	e->adapter = NULL;
}

static const struct ndis_miniport miniport = {
	.name = "pair", .send = send, .request = request, .transfer = transfer,
	.reset = reset, .halt = halt,
};

static void remove_adapter(void *ctx)
{
	ndis_remove(ctx);
}

struct nic_pair *nic_pair_new(struct ex *xa, const struct ndis_adapter_info *ia,
			      struct ex *xb, const struct ndis_adapter_info *ib,
			      const struct nic_pair_config *c)
{
	struct nic_pair *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->c = *c;
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = &p->end[i];

		e->pair = p;
		e->other = &p->end[!i];
		e->random = c->seed * 2 + i;
		ke_timer_init(&e->timer, "pair");
		ke_dpc_init(&e->dpc, deliver, e);
		ke_dpc_init(&e->timer_dpc, deliver, e);
		e->dpc.target = e->timer_dpc.target = 0;
		e->adapter = ndis_add(i ? xb : xa, &miniport, i ? ib : ia, e);
		if (!e->adapter) {
			if (i)
				(void)ex_call(xa, remove_adapter,
					      p->end[0].adapter);
			nic_pair_free(p);
			return NULL;
		}
	}
	return p;
}

void nic_pair_free(struct nic_pair *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = &p->end[i];

		drop_all(e);
		while (e->spare) {
			struct frame *f = e->spare;

			e->spare = f->next;
			free(f);
		}
	}
	free(p);
}

struct ndis_adapter *nic_pair_adapter(const struct nic_pair *p, unsigned end)
{
	return p->end[end & 1].adapter;
}

void nic_pair_capture(struct nic_pair *p, struct nic_capture *c)
{
	p->capture = c;
}

const struct nic_pair_counters *nic_pair_counters(const struct nic_pair *p,
						  unsigned end)
{
	return &p->end[end & 1].counters;
}
