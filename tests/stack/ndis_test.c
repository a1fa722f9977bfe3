// SPDX-License-Identifier: Apache-2.0
/*
 * NDIS between a card and protocols of the test: look-ahead and transfer, packets
 * for several, requests that pend and are cancelled, sends that pend, resets,
 * adapters that go while something is under way; and whether a link does what it
 * was told how often.
 */
#include "machine.h"
#include "nic/nic.h"

#include <stdlib.h>
#include <string.h>

#define TYPE 0x88b5u                 /* IEEE 802: for experiments */
#define BODY 1000u

struct card {                        /* a miniport that is slow with everything */
	struct ndis_adapter *a;
	struct ndis_request *asked;
	struct ndis_packet *sending;
	u8 frame[14 + BODY];
	u32 cancelled, resets, halts;
};

struct client {
	struct ndis_protocol p;
	struct ndis_binding *b;
	u32 packets, bytes, sent, wrong, unbound;
	enum ex_status asked, last;
	bool pulls, asks;
};

static u8 byte_at(u32 i)
{
	return (u8)(i * 31 + (i >> 8));
}

static enum ex_status card_send(struct ndis_adapter *a, struct ndis_packet *p)
{
	((struct card *)ndis_context(a))->sending = p;
	return EX_PENDING;
}

static enum ex_status card_request(struct ndis_adapter *a,
				   struct ndis_request *r)
{
	KE_SET(&((struct card *)ndis_context(a))->asked, r);
	return EX_PENDING;
}

static bool card_cancel(struct ndis_adapter *a, struct ndis_request *r)
{
	struct card *c = ndis_context(a);
	bool mine = KE_GET(&c->asked) == r;

	if (mine)
		KE_SET(&c->asked, NULL);
	c->cancelled += mine;
	return mine;
}

static enum ex_status card_transfer(struct ndis_adapter *a, void *handle,
				    u32 off, u8 *to, u32 n, u32 *moved)
{
	struct card *c = ndis_context(a);

	CHECK(handle == c);
	if (off > BODY || n > BODY - off)
		return EX_INVALID_PARAMETER;
	memcpy(to, c->frame + 14 + off, n);
	*moved = n;
	return EX_SUCCESS;
}

static void card_reset(struct ndis_adapter *a)
{
	struct card *c = ndis_context(a);
	struct ndis_packet *p = c->sending;

	c->resets++;
	c->sending = NULL;
	if (p)
		ndis_send_done(p, EX_CANCELLED);
}

static void card_halt(struct ndis_adapter *a)
{
	struct card *c = ndis_context(a);

	card_reset(a);
	c->halts++;
	c->a = NULL;
}

static const struct ndis_miniport card = {
	.name = "card", .send = card_send, .request = card_request,
	.cancel = card_cancel, .transfer = card_transfer, .reset = card_reset,
	.halt = card_halt };

static const struct ndis_adapter_info eth0 = {
	.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 }, .max_frame = 1500,
	.link_bps_100 = 1000000, .lookahead = true };

/* --- protocols ---------------------------------------------------------------- */

static enum ex_status client_bind(struct ndis_binding *b, void *context)
{
	struct client *c = context;
	u32 v = 0;
	struct ndis_request r = { .oid = NDIS_OID_MAX_FRAME, .buffer = &v,
				  .length = sizeof(v) };

	ndis_binding_set(b, c);
	c->b = b;
	if (c->asks)
		c->asked = ndis_ask_wait(b, &r);
	return EX_SUCCESS;
}

static void client_unbind(struct ndis_binding *b)
{
	struct client *c = ndis_binding_get(b);

	c->unbound++;
	c->b = NULL;
}

static void check_frame(struct client *c, const u8 *p, u32 from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		c->wrong += p[i] != byte_at(from + i);
	c->bytes += n;
}

static void take_packet(struct ndis_binding *b, struct ndis_packet *p)
{
	struct client *c = ndis_binding_get(b);
	u8 body[BODY];

	CHECK(ndis_packet_ok(p));
	CHECK_EQ(p->length, 14 + BODY);
	CHECK_EQ(ndis_packet_copy(p, 14, body, BODY), BODY);
	check_frame(c, body, 0, BODY);
	c->packets++;
	if (c->pulls)
		CHECK(ndis_packet_pull(p, 500));
}

/* What is ahead, then the rest in two parts. */
static enum ex_status take_part(struct ndis_binding *b, void *handle,
				const u8 *header, u32 header_length,
				const u8 *ahead, u32 n, u32 all)
{
	struct client *c = ndis_binding_get(b);
	u32 half = (all - n) / 2, moved = 0;
	u8 body[BODY];

	CHECK_EQ(header_length, 14);
	CHECK_EQ(header[12] << 8 | header[13], TYPE);
	CHECK_EQ(all, BODY);
	check_frame(c, ahead, 0, n);
	c->packets++;
	if (!handle) {
		CHECK_EQ(n, all);
		CHECK(ndis_transfer(b, handle, 0, body, 1, &moved) != EX_SUCCESS);
		return EX_SUCCESS;
	}
	CHECK_EQ(ndis_transfer(b, handle, n, body, half, &moved), EX_SUCCESS);
	CHECK_EQ(moved, half);
	CHECK_EQ(ndis_transfer(b, handle, n + half, body + half, all - n - half,
			       &moved), EX_SUCCESS);
	check_frame(c, body, n, all - n);
	CHECK(ndis_transfer(b, handle, all, body, 1, &moved) != EX_SUCCESS);
	CHECK(ndis_transfer(b, handle, 1, body, UINT32_MAX, &moved) !=
	      EX_SUCCESS);
	CHECK_EQ(moved, 0);
	return EX_SUCCESS;
}

static struct client client_of(bool packets)
{
	return (struct client){ .p = {
		.name = packets ? "packets" : "parts", .ethertypes = { TYPE },
		.bind = client_bind, .unbind = client_unbind,
		.receive_packet = packets ? take_packet : NULL,
		.receive = packets ? NULL : take_part } };
}

/* --- a machine with a card -------------------------------------------------------- */

struct test {
	struct machine m;
	struct card card;
	struct client c[3];
	u32 n;
	bool done;
};

static void in_machine(struct test *t, void (*fn)(void *ctx))
{
	CHECK(ex_call(t->m.x, fn, t));
	(void)sched_run_to(t->m.s, sched_now(t->m.s) + 1000000);
}

static void begin_all(void *ctx)
{
	struct test *t = ctx;

	for (u32 i = 0; i < t->n; i++)
		CHECK_EQ(ndis_register(t->m.x, &t->c[i].p, &t->c[i]),
			 EX_SUCCESS);
	t->card.a = ndis_add(t->m.x, &card, &eth0, &t->card);
	CHECK(t->card.a != NULL);
}

static void end_all(void *ctx)
{
	struct test *t = ctx;

	if (t->card.a)
		ndis_remove(t->card.a);
	for (u32 i = 0; i < t->n; i++)
		ndis_deregister(t->m.x, &t->c[i].p);
}

static void start(struct test *t)
{
	t->m = machine_new(1, 1);
	memset(t->card.frame, 2, 12);
	t->card.frame[12] = TYPE >> 8;
	t->card.frame[13] = (u8)TYPE;
	for (u32 i = 0; i < BODY; i++)
		t->card.frame[14 + i] = byte_at(i);
	in_machine(t, begin_all);
}

static void finish(struct test *t)
{
	in_machine(t, end_all);
	for (u32 i = 0; i < 3; i++) {
		static const char tags[][5] = { "NDmb", "NDmo", "NDpb" };

		CHECK_EQ(tag_bytes(t->m.x, EX_NONPAGED,
				   EX_TAG(tags[i][0], tags[i][1], tags[i][2],
					  tags[i][3])), 0);
	}
	machine_free(&t->m);
}

static void indicate_ahead(void *ctx)
{
	static const u32 ahead[] = { 0, 1, 256, BODY - 1, BODY };
	struct test *t = ctx;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	for (u32 i = 0; i < 5; i++)
		ndis_indicate(t->card.a, &t->card, t->card.frame, 14,
			      t->card.frame + 14, ahead[i], BODY);
	/* smaller than a header; longer than the packet */
	ndis_indicate(t->card.a, &t->card, t->card.frame, 10, t->card.frame, 0,
		      0);
	ndis_indicate(t->card.a, &t->card, t->card.frame, 14, t->card.frame, 20,
		      10);
	ndis_indicate_complete(t->card.a);
	ke_lower(before);
}

static void look_ahead(void)
{
	struct test t = { .n = 2, .c = { client_of(false), client_of(true) } };

	start(&t);
	in_machine(&t, indicate_ahead);
	for (u32 i = 0; i < 2; i++) {
		CHECK_EQ(t.c[i].packets, 5);
		CHECK_EQ(t.c[i].bytes, 5 * BODY);
		CHECK_EQ(t.c[i].wrong, 0);
	}
	CHECK_EQ(ndis_counters(t.card.a).runts, 2);
	finish(&t);
}

/* A chain whose header is in three pieces, one of them empty. */
static void indicate_chain(void *ctx)
{
	static const u32 length[] = { 5, 0, 9, 500, 500 };
	struct test *t = ctx;
	enum ke_irql before = ke_raise(KE_DISPATCH);
	struct ndis_packet *p = ndis_packet_alloc(t->m.x);
	u32 at = 0;

	for (u32 i = 0; i < 5; i++) {
		struct ndis_buffer *b = ndis_buffer_new(t->m.x, 0, length[i]);

		memcpy(b->data, t->card.frame + at, length[i]);
		at += length[i];
		ndis_packet_append(p, b);
	}
	CHECK(ndis_packet_ok(p));
	ndis_indicate_packet(t->card.a, p);
	ndis_indicate_complete(t->card.a);
	ke_lower(before);
}

/* The first takes 500 bytes off it: the others have all of it. */
static void several_protocols(void)
{
	struct test t = { .n = 3, .c = { client_of(true), client_of(false),
					 client_of(true) } };

	t.c[0].pulls = t.c[2].pulls = true;
	start(&t);
	in_machine(&t, indicate_chain);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(t.c[i].packets, 1);
		CHECK_EQ(t.c[i].bytes, BODY);
		CHECK_EQ(t.c[i].wrong, 0);
	}
	finish(&t);
}

/* --- requests, sends, resets ---------------------------------------------------------- */

static void answer(void *ctx)
{
	struct test *t = ctx;
	struct ndis_request *r = t->card.asked;

	t->card.asked = NULL;
	ndis_request_done(r, ndis_answer(t->card.a, r));
}

static void reset(void *ctx)
{
	struct test *t = ctx;

	CHECK_EQ(ndis_reset(t->card.a), EX_SUCCESS);
}

/* Bind waits: it is answered, reset away, or the card goes. */
static void pending_requests(void)
{
	for (int how = 0; how < 3; how++) {
		struct test t = { .n = 1, .c = { client_of(true) } };

		t.c[0].asks = true;
		start(&t);
		CHECK(t.card.asked != NULL);
		if (how < 2) {
			in_machine(&t, how ? reset : answer);
			CHECK_EQ(t.c[0].asked, how ? EX_CANCELLED : EX_SUCCESS);
			CHECK_EQ(t.card.cancelled, how);
		}
		finish(&t);
		CHECK_EQ(t.card.cancelled, how ? 1 : 0);
		CHECK_EQ(t.card.halts, 1);
		CHECK_EQ(t.c[0].unbound, 1);
	}
}

static void sent(struct ndis_packet *p, enum ex_status st)
{
	struct client *c = p->protocol[0];

	c->sent++;
	c->last = st;
	ndis_packet_put(p);
}

static void send_one(void *ctx)
{
	struct test *t = ctx;
	struct ndis_packet *p = ndis_packet_new(t->m.x, 0, 60);

	memset(p->head->data, 0, 60);
	p->protocol[0] = &t->c[0];
	p->done = sent;
	ndis_send(t->c[0].b, p);
}

static void complete(void *ctx)
{
	struct test *t = ctx;
	struct ndis_packet *p = t->card.sending;

	t->card.sending = NULL;
	ndis_send_done(p, EX_SUCCESS);
}

static void pending_sends(void)
{
	struct test t = { .n = 1, .c = { client_of(true) } };

	start(&t);
	in_machine(&t, send_one);
	CHECK_EQ(t.c[0].sent, 0);
	in_machine(&t, complete);
	CHECK_EQ(t.c[0].sent, 1);
	CHECK_EQ(t.c[0].last, EX_SUCCESS);
	in_machine(&t, send_one);
	in_machine(&t, reset);
	CHECK_EQ(t.c[0].sent, 2);
	CHECK_EQ(t.c[0].last, EX_CANCELLED);
	CHECK_EQ(ndis_counters(t.card.a).resets, 1);
	CHECK_EQ(ndis_counters(t.card.a).send_errors, 1);
	in_machine(&t, send_one);    /* the card goes with it */
	finish(&t);
	CHECK_EQ(t.c[0].sent, 3);
	CHECK_EQ(t.c[0].last, EX_CANCELLED);
}

/* --- at the same time ------------------------------------------------------------------- */

static void remove_card(void *ctx)
{
	struct test *t = ctx;

	ndis_remove(t->card.a);
	t->done = true;
}

static void register_late(void *ctx)
{
	struct test *t = ctx;

	CHECK_EQ(ndis_register(t->m.x, &t->c[1].p, &t->c[1]), EX_SUCCESS);
}

static void deregister_first(void *ctx)
{
	struct test *t = ctx;

	ndis_deregister(t->m.x, &t->c[0].p);
}

/* The card goes while one protocol goes, and another comes. */
static void all_at_once(void)
{
	for (u64 seed = 1; seed <= 50; seed++) {
		struct test t = { .n = 1, .c = { client_of(true),
						 client_of(false) } };

		t.m = machine_of(&(struct sched_config){ .seed = seed },
				 &(struct ex_config){ .name = "m", .cpus = 2,
						      .special_pool = true });
		t.c[0].asks = true;
		CHECK(ex_call(t.m.x, begin_all, &t));
		thread_of(t.m.x, "remove", remove_card, &t);
		thread_of(t.m.x, "register", register_late, &t);
		thread_of(t.m.x, "deregister", deregister_first, &t);
		(void)sched_run_to(t.m.s, sched_now(t.m.s) + 1000000000);
		CHECK(t.done);
		CHECK_EQ(t.card.halts, 1);
		CHECK(t.c[0].unbound <= 1);
		t.card.a = NULL;
		t.n = 2;
		finish(&t);
	}
}

/* --- a link -------------------------------------------------------------------------------- */

struct link {
	struct machine m;
	struct ex *y;
	struct nic_pair *pair;
	struct client c[2];
	u32 count, n, late;          /* to send; of bytes; ns between hundreds */
};

static void register_client(void *ctx)
{
	struct link *l = ctx;
	struct ex *x = ke_machine();
	struct client *c = &l->c[x == l->y];

	CHECK_EQ(ndis_register(x, &c->p, c), EX_SUCCESS);
}

static void deregister_client(void *ctx)
{
	struct link *l = ctx;
	struct ex *x = ke_machine();

	ndis_deregister(x, &l->c[x == l->y].p);
}

static void gone(void *ctx)
{
	struct link *l = ctx;

	ndis_remove(nic_pair_adapter(l->pair, ke_machine() == l->y));
	l->c[0].last = EX_SUCCESS;
}

static void put_done(struct ndis_packet *p, enum ex_status st)
{
	(void)st;
	ndis_packet_put(p);
}

/* Frames with their number, and the same bytes behind it. */
static void send_many(void *ctx)
{
	struct link *l = ctx;

	for (u32 i = 0; i < l->count; i++) {
		struct ndis_packet *p = ndis_packet_new(l->m.x, 0, l->n);
		u8 *b = p->head->data;

		memset(b, 0, 12);
		b[12] = TYPE >> 8;
		b[13] = (u8)TYPE;
		memcpy(b + 14, &i, 4);
		for (u32 k = 18; k < l->n; k++)
			b[k] = byte_at(k);
		p->done = put_done;
		ndis_send(l->c[0].b, p);
		if (i % 100 == 99)
			ke_sleep(l->late);
	}
}

static struct nic_pair *link_new(struct link *l, u64 seed,
				 const struct nic_pair_config *c, unsigned cpus,
				 bool lookahead)
{
	struct ndis_adapter_info i = eth0;

	i.lookahead = lookahead;
	l->m = machine_of(&(struct sched_config){ .seed = seed,
						  .policy = cpus == 1 ?
							    SCHED_RUN_ON :
							    SCHED_RANDOM },
			  &(struct ex_config){ .name = "a", .cpus = 1 });
	l->y = ex_new(&(struct ex_config){ .name = "b", .cpus = cpus,
					   .special_pool = cpus > 1 }, l->m.s);
	l->pair = nic_pair_new(l->m.x, &i, l->y, &i, c);
	CHECK(l->pair != NULL);
	CHECK(ex_call(l->m.x, register_client, l));
	CHECK(ex_call(l->y, register_client, l));
	(void)sched_run_to(l->m.s, 1000000);
	return l->pair;
}

static void link_free(struct link *l)
{
	CHECK(ex_call(l->m.x, deregister_client, l));
	CHECK(ex_call(l->y, deregister_client, l));
	ex_free(l->m.x);
	ex_free(l->y);
	nic_pair_free(l->pair);
	sched_free(l->m.s);
}

struct counting {                    /* what arrives */
	u32 frames, damaged, doubled, late;
	u32 last;
	u64 at[2];
	u8 *seen;
};

static struct counting *counting;    /* of the test that is running */

static void count_packet(struct ndis_binding *b, struct ndis_packet *p)
{
	u8 f[1500];
	u32 n = ndis_packet_copy(p, 0, f, sizeof(f)), i, bad = 0;
	struct counting *c = counting;

	(void)b;
	memcpy(&i, f + 14, 4);
	for (u32 k = 18; k < n; k++)
		bad += f[k] != byte_at(k);
	c->frames++;
	c->damaged += bad > 0;
	c->at[c->frames > 1] = p->when;
	if (bad || i >= 200000)
		return;
	c->doubled += c->seen[i];
	c->seen[i] = 1;
	c->late += i < c->last;
	c->last = i > c->last ? i : c->last;
}

/* Within five standard deviations of n * p: once in 1.7 million seeds not. */
static bool as_told(u32 got, u32 n, double p)
{
	double want = n * p, var = n * p * (1 - p), d = got - want;

	return d * d <= 25 * var;
}

static void how_often(void)
{
	static const struct nic_pair_config told = {
		.seed = 77, .loss = 0.05, .duplicate = 0.1, .corrupt = 0.03,
		.reorder = 0.1, .delay_ns = 1000000, .queue = 100000 };
	struct counting c = { .seen = calloc(1, 200000) };
	struct link l = { .count = 100000, .n = 1000, .late = 100000,
			  .c = { client_of(true), client_of(true) } };
	const struct nic_pair_counters *k;
	u32 through;

	counting = &c;
	l.c[1].p.receive_packet = count_packet;
	link_new(&l, 1, &told, 1, false);
	CHECK(ex_call(l.m.x, send_many, &l));
	(void)sched_run_to(l.m.s, sched_now(l.m.s) + 1000000000);
	k = nic_pair_counters(l.pair, 0);
	CHECK_EQ(k->frames, 100000);
	CHECK_EQ(k->dropped, 0);
	through = (u32)(k->frames - k->lost);
	CHECK(as_told((u32)k->lost, 100000, 0.05));
	CHECK(as_told((u32)k->duplicated, through, 0.1));
	CHECK_EQ(ndis_counters(nic_pair_adapter(l.pair, 1)).received,
		 through + k->duplicated);
	/* but for those of another type now: 2 of 1,000 bytes */
	CHECK(c.frames > through + k->duplicated - 30);
	CHECK(as_told((u32)k->reordered, c.frames, 0.1));
	CHECK(as_told((u32)k->corrupted, c.frames, 0.03));
	/* one bit of it, anywhere: 982 of 1,000 bytes are looked at */
	CHECK(as_told(c.damaged, c.frames, 0.03 * 0.982));
	/* a copy counts as doubled if neither was damaged */
	CHECK(c.doubled > k->duplicated * 0.9 && c.doubled <= k->duplicated);
	CHECK(c.late > k->reordered * 0.8);
	link_free(&l);
	free(c.seen);
}

/* 1,000 bytes at 800 Mbit/s are 10 us each. */
static void rate(void)
{
	struct counting c = { .seen = calloc(1, 200000) };
	struct link l = { .count = 1000, .n = 1000, .late = 1,
			  .c = { client_of(true), client_of(true) } };

	counting = &c;
	l.c[1].p.receive_packet = count_packet;
	link_new(&l, 1, &(struct nic_pair_config){ .bps = 800000000,
						   .queue = 2000 }, 1, false);
	CHECK(ex_call(l.m.x, send_many, &l));
	(void)sched_run_to(l.m.s, sched_now(l.m.s) + 1000000000);
	CHECK_EQ(c.frames, 1000);
	CHECK_EQ(c.late, 0);
	CHECK_EQ(c.at[1] - c.at[0], 999 * 10000);
	link_free(&l);
	free(c.seen);
}

/* The receiver's adapter goes in the midst of what arrives, on another CPU. */
static void pulled_out(void)
{
	for (u64 seed = 1; seed <= 100; seed++) {
		struct counting c = { .seen = calloc(1, 200000) };
		struct link l = { .count = 50, .n = 600, .late = 1,
				  .c = { client_of(true), client_of(true) } };

		counting = &c;
		l.c[0].last = EX_PENDING;
		l.c[1].p.receive_packet = count_packet;
		link_new(&l, seed, &(struct nic_pair_config){ .seed = seed }, 2,
			 seed & 1);
		thread_of(l.m.x, "send", send_many, &l);
		thread_of(l.y, "remove", gone, &l);
		(void)sched_run_to(l.m.s, sched_now(l.m.s) + 1000000000);
		CHECK_EQ(ex_stopped(l.y), EX_RUNNING);
		CHECK_EQ(l.c[0].last, EX_SUCCESS);
		CHECK_EQ(c.damaged, 0);
		CHECK(!nic_pair_adapter(l.pair, 1));
		link_free(&l);
		free(c.seen);
	}
}

/* Every frame by look-ahead, the rest by transfer. */
static void link_ahead(void)
{
	struct counting c = { .seen = calloc(1, 200000) };
	struct link l = { .count = 500, .n = 1400, .late = 1000,
			  .c = { client_of(true), client_of(true) } };

	counting = &c;
	l.c[1].p.receive_packet = count_packet;
	link_new(&l, 1, &(struct nic_pair_config){ .seed = 1 }, 1, true);
	CHECK(ex_call(l.m.x, send_many, &l));
	(void)sched_run_to(l.m.s, sched_now(l.m.s) + 1000000000);
	CHECK_EQ(c.frames, 500);
	CHECK_EQ(c.damaged, 0);
	CHECK_EQ(c.late, 0);
	link_free(&l);
	free(c.seen);
}

/* No memory for the second adapter: the first is gone again, too. */
static void half_a_link(void)
{
	const struct nic_pair_config c = { .seed = 1 };
	struct nic_pair *pair = NULL;
	u32 failed = 0;

	for (u64 at = 1; at < 200 && !pair; at++) {
		struct machine m = machine_new(1, 1);
		struct ex *y = ex_new(&(struct ex_config){
			.name = "b", .cpus = 1, .alloc_fail_at = at }, m.s);

		pair = y ? nic_pair_new(m.x, &eth0, y, &eth0, &c) : NULL;
		failed += y && !pair;
		CHECK(pair || !ndis_adapter_at(m.x, 0));
		ex_free(y);
		machine_free(&m);
		nic_pair_free(pair);
	}
	CHECK(pair && failed);
}

int main(void)
{
	RUN(look_ahead);
	RUN(several_protocols);
	RUN(pending_requests);
	RUN(pending_sends);
	RUN(all_at_once);
	RUN(how_often);
	RUN(rate);
	RUN(pulled_out);
	RUN(link_ahead);
	RUN(half_a_link);
	return test_done();
}
