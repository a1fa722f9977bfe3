// SPDX-License-Identifier: Apache-2.0
/*
 * A link: what one end sends arrives at the other after its time on the wire,
 * unless the seed says that it is lost, doubled, damaged or late.
 *
 * Between the machines a frame is the host's memory; it becomes a packet of the
 * receiver's pool when it arrives.
 *
 * CPUs of both machines are at a direction of the link at once: all of it is
 * under the latch of the end that it goes to.  What becomes of a frame is decided
 * under it, then the bytes are copied outside, then they are put on the way.  The
 * frame that is being indicated is in no queue.
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
	struct nic_pair *pair;   /* never changes, as the next two */
	struct ex *x;
	struct end *other;
	struct ke_latch latch;
	struct ndis_adapter *adapter; /* under the latch; who is inside has it */
	/* on their way to this end, by time: under the latch, as the rest */
	struct frame *head, *tail, *spare;
	u32 queued, nspare;      /* queued: with those that are being copied */
	u64 wire_free;           /* when the wire to this end is free */
	u32 inside;              /* CPUs that indicate, or are about to interrupt */
	bool halting;
	/* of what this end sends: under the latch of the other */
	u64 random;
	struct nic_pair_counters counters;
	/* CPU 0 of x sets it */
	struct ke_timer timer;
	struct ke_dpc dpc, timer_dpc;
};

struct nic_pair {
	struct nic_pair_config c; /* never changes */
	struct nic_capture *capture; /* by KE_GET() */
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

#define SMALL 1536u
#define SPARE 256u

static struct frame *frame_new(u32 n)
{
	return malloc(sizeof(struct frame) + (n > SMALL ? n : SMALL));
}

/* Under the latch, as the next two. NULL: it has none. */
static struct frame *spare_get(struct end *to, u32 n)
{
	struct frame *f = to->spare;

	if (!f || n > SMALL)
		return NULL;
	to->spare = f->next;
	to->nspare--;
	return f;
}

/* false: it has enough. */
static bool spare_put(struct end *to, struct frame *f)
{
	if (f->n > SMALL || to->nspare >= SPARE)
		return false;
	f->next = to->spare;
	to->spare = f;
	to->nspare++;
	return true;
}

/* In the order of their times; mostly behind the last. */
static void enqueue(struct end *to, struct frame *f)
{
	struct frame **at = &to->head;

	f->next = NULL;
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
	struct ndis_packet *p;

	if (ndis_info(to->adapter)->lookahead && f->n >= ETHERNET) {
		look_ahead(to, f);
		return;
	}
	p = ndis_packet_new(to->x, 0, f->n);
	if (!p)
		return;
	memcpy(p->head->data, f->bytes, f->n);
	p->flags = f->flags;
	p->mss = f->mss;
	p->when = f->due;
	ndis_indicate_packet(to->adapter, p);
}

static bool enter(struct end *e)
{
	bool ok;

	ke_latch(&e->latch);
	ok = e->adapter && !e->halting;
	e->inside += ok;
	ke_unlatch(&e->latch);
	return ok;
}

static void leave(struct end *e)
{
	ke_latch(&e->latch);
	e->inside--;
	ke_unlatch(&e->latch);
}

/* The next that is due before then; the one before it (NULL: none) is not needed
 * any more. */
static struct frame *next_frame(struct end *to, u64 then, struct frame *before)
{
	struct frame *f;

	ke_latch(&to->latch);
	if (before && spare_put(to, before))
		before = NULL;
	f = to->head;
	if (f && (f->due >= then || to->halting))
		f = NULL;
	if (f) {
		to->head = f->next;
		if (!to->head)
			to->tail = NULL;
		to->queued--;
	}
	ke_unlatch(&to->latch);
	free(before);
	return f;
}

/* When it goes on: at once, or with the next. */
static void go_on(struct end *to, u64 now)
{
	u64 due = UINT64_MAX;

	ke_latch(&to->latch);
	if (to->head && !to->halting)
		due = to->head->due;
	ke_unlatch(&to->latch);
	if (due == UINT64_MAX)
		return;
	if (due <= now) {
		(void)ke_dpc_queue(&to->dpc, NULL, NULL);
		return;
	}
	now = ex_now(to->x);
	ke_timer_set(&to->timer, due > now ? due - now : 0, 0, &to->timer_dpc);
}

static void deliver(void *context, void *a, void *b)
{
	struct end *to = context;
	struct frame *f = NULL;
	unsigned n = 0;
	u64 now;

	(void)a;
	(void)b;
	if (!enter(to))
		return;
	now = ex_now(to->x);
	while ((f = next_frame(to, n < BATCH ? now + 1 : 0, f))) {
		arrive(to, f);
		n++;
	}
	if (n)
		ndis_indicate_complete(to->adapter);
	go_on(to, now);
	leave(to);
}

/* --- sending ---------------------------------------------------------------------------- */

struct copy {                        /* of a frame: what becomes of it */
	struct frame *f;
	u64 due, harm;
	bool goes, harmed;
};

static u64 time_on_wire(struct end *from, u32 n, u64 now)
{
	const struct nic_pair_config *c = &from->pair->c;
	u64 due = now;

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

static void decide(struct end *from, u32 n, u64 now, struct copy *k)
{
	struct end *to = from->other;
	u32 room = from->pair->c.queue ? from->pair->c.queue : QUEUE;

	if (to->queued >= room) {
		from->counters.dropped++;
		return;
	}
	to->queued++;
	k->goes = true;
	k->f = spare_get(to, n);
	k->due = time_on_wire(from, n, now);
	if (chance(from, from->pair->c.corrupt)) {
		from->counters.corrupted++;
		k->harmed = true;
		k->harm = draw(from);
	}
}

static bool is_lost(struct end *from, u64 now)
{
	const struct nic_pair_config *c = &from->pair->c;

	return chance(from, c->loss) || (c->down_ns && now >= c->down_ns);
}

static void decide_all(struct end *from, u32 n, struct copy k[2])
{
	u64 now = ex_now(from->x);

	ke_latch(&from->other->latch);
	from->counters.frames++;
	if (is_lost(from, now)) {
		from->counters.lost++;
	} else {
		decide(from, n, now, &k[0]);
		if (chance(from, from->pair->c.duplicate)) {
			from->counters.duplicated++;
			decide(from, n, now, &k[1]);
		}
	}
	ke_unlatch(&from->other->latch);
}

static void copy_out(const struct ndis_packet *p, struct copy *k)
{
	struct frame *f = k->f ? k->f : frame_new(p->length);

	k->f = f;
	if (!f)
		return;
	f->n = p->length;
	(void)ndis_packet_copy(p, 0, f->bytes, f->n);
	f->flags = p->flags & NDIS_CSUM_L4_DO ? NDIS_CSUM_IP_OK |
						NDIS_CSUM_L4_OK : 0;
	f->mss = p->mss;
	f->due = k->due;
	if (k->harmed) {
		f->bytes[k->harm % f->n] ^= (u8)(1u << (k->harm >> 60 & 7));
		f->flags = 0;
	}
}

/* true: the other end is to be interrupted, and is entered. */
static bool launch(struct end *from, const struct copy k[2])
{
	struct end *to = from->other;
	bool any = false;

	ke_latch(&to->latch);
	for (unsigned i = 0; i < 2; i++) {
		if (!k[i].goes)
			continue;
		if (k[i].f) {
			enqueue(to, k[i].f);
			any = true;
		} else {
			to->queued--;
			from->counters.dropped++;
		}
	}
	any &= to->adapter && !to->halting;
	to->inside += any;
	ke_unlatch(&to->latch);
	return any;
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

static void see(struct end *from, const struct ndis_packet *p,
		struct nic_capture *to)
{
	struct sight s = { to, frame_new(p->length) };

	if (!s.f)
		return;
	s.f->n = p->length;
	(void)ndis_packet_copy(p, 0, s.f->bytes, p->length);
	s.f->due = ex_now(from->x);
	ex_on_host(write_down, &s);
	free(s.f);
}

static enum ex_status send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct end *from = ndis_context(a), *to = from->other;
	struct nic_capture *capture = KE_GET(&from->pair->capture);
	struct copy k[2] = { { .goes = false } };

	if (!p->length || p->length > FRAME_MAX)
		return EX_INVALID_PARAMETER;
	if (capture)
		see(from, p, capture);
	decide_all(from, p->length, k);
	for (unsigned i = 0; i < 2; i++)
		if (k[i].goes)
			copy_out(p, &k[i]);
	if (launch(from, k)) {
		(void)ex_interrupt(to->x, &to->dpc, NULL, NULL);
		leave(to);
	}
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
	struct frame *f, *next;
	u32 n = 0;

	ke_latch(&e->latch);
	f = e->head;
	e->head = e->tail = NULL;
	ke_unlatch(&e->latch);
	for (; f; f = next, n++) {
		next = f->next;
		free(f);
	}
	ke_latch(&e->latch);
	e->queued -= n;
	e->other->counters.lost += n;
	ke_unlatch(&e->latch);
}

static void reset(struct ndis_adapter *a)
{
	drop_all(ndis_context(a));
}

static bool is_inside(struct end *e)
{
	bool is;

	ke_latch(&e->latch);
	e->halting = true;
	is = e->inside;
	ke_unlatch(&e->latch);
	return is;
}

static void halt(struct ndis_adapter *a)
{
	struct end *e = ndis_context(a);

	while (is_inside(e))
		ke_sleep(1000000);
	(void)ke_timer_cancel(&e->timer);
	(void)ke_dpc_remove(&e->dpc);
	(void)ke_dpc_remove(&e->timer_dpc);
	ke_latch(&e->latch);
	e->adapter = NULL;
	ke_unlatch(&e->latch);
}

static const struct ndis_miniport miniport = {
	.name = "pair", .send = send, .request = request, .transfer = transfer,
	.reset = reset, .halt = halt,
};

static void remove_adapter(void *ctx)
{
	ndis_remove(ctx);
}

static bool plug_in(struct end *e, const struct ndis_adapter_info *i)
{
	struct ndis_adapter *a = ndis_add(e->x, &miniport, i, e);

	ke_latch(&e->latch);
	e->adapter = a;
	ke_unlatch(&e->latch);
	return a;
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
		e->x = i ? xb : xa;
		e->other = &p->end[!i];
		e->random = c->seed * 2 + i;
		ke_timer_init(&e->timer, "pair");
		ke_dpc_init(&e->dpc, deliver, e);
		ke_dpc_init(&e->timer_dpc, deliver, e);
		e->dpc.target = e->timer_dpc.target = 0;
	}
	if (plug_in(&p->end[0], ia)) {
		if (plug_in(&p->end[1], ib))
			return p;
		(void)ex_call(xa, remove_adapter, p->end[0].adapter);
	}
	nic_pair_free(p);
	return NULL;
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
	return KE_GET(&p->end[end & 1].adapter);
}

void nic_pair_capture(struct nic_pair *p, struct nic_capture *c)
{
	KE_SET(&p->capture, c);
}

const struct nic_pair_counters *nic_pair_counters(const struct nic_pair *p,
						  unsigned end)
{
	return &p->end[end & 1].counters;
}
