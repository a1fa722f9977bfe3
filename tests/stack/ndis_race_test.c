// SPDX-License-Identifier: Apache-2.0
/*
 * NDIS and its miniports from several CPUs at once, in many orders: frames both
 * ways over a link while protocols come and go, adapters are reset, asked, looked
 * at and taken away; and a card that is slow with everything.  What was sent is
 * completed once, what arrives is whole, and the counters of both ends agree.
 */
#include "machine.h"
#include "ndis/gate.h"
#include "nic/nic.h"

#include <stdlib.h>
#include <string.h>

#define TYPE 0x88b5u                 /* IEEE 802: for experiments */
#define SENDERS 3u
#define FRAMES 60u                   /* of each */
#define SEEDS 12u
#define US 1000u
#define SECOND UINT64_C(1000000000)

static const struct ndis_adapter_info eth0 = {
	.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 }, .max_frame = 1500,
	.link_bps_100 = 1000000 };

/* --- a protocol, of which several CPUs have the binding ------------------------- */

struct client {
	struct ndis_protocol p;
	struct gate gate;            /* of b; open while it is bound */
	struct ndis_binding *b;
	u32 done, packets, wrong, asked, odd, unbound;
	u8 seen[SENDERS][FRAMES];
};

/* In threads; what is not so is looked at when they have ended. */
static void expect(struct client *c, bool so)
{
	(void)KE_ADD(&c->odd, (u32)!so);
}

static u8 byte_at(u32 i)
{
	return (u8)(i * 31 + (i >> 8));
}

static enum ex_status bind(struct ndis_binding *b, void *context)
{
	struct client *c = context;

	ndis_binding_set(b, c);
	KE_SET(&c->b, b);
	gate_open(&c->gate);
	return EX_SUCCESS;
}

static void unbind(struct ndis_binding *b)
{
	struct client *c = ndis_binding_get(b);

	gate_shut(&c->gate);
	KE_SET(&c->b, NULL);
	(void)KE_ADD(&c->unbound, 1u);
}

static void take(struct ndis_binding *b, struct ndis_packet *p)
{
	struct client *c = ndis_binding_get(b);
	u8 f[1500];
	u32 n = ndis_packet_copy(p, 0, f, sizeof(f)), i, bad = n < 20;

	for (u32 k = 20; k < n; k++)
		bad += f[k] != byte_at(k);
	memcpy(&i, f + 16, 4);
	(void)KE_ADD(&c->packets, 1u);
	(void)KE_ADD(&c->wrong, (u32)(bad || f[15] >= SENDERS || i >= FRAMES));
	if (f[15] < SENDERS && i < FRAMES)
		(void)KE_ADD(&c->seen[f[15]][i], 1);
}

static struct client client_of(void)
{
	return (struct client){
		.gate = { GATE_SHUT },
		.p = { .name = "client", .ethertypes = { TYPE }, .bind = bind,
		       .unbind = unbind, .receive_packet = take } };
}

static void sent(struct ndis_packet *p, enum ex_status st)
{
	struct client *c = p->protocol[0];

	expect(c, !st || st == EX_CANCELLED || st == EX_DEVICE_NOT_READY);
	(void)KE_ADD(&c->done, 1u);
	ndis_packet_put(p);
}

/* How many were given to NDIS: all, unless the adapter went. */
static u32 send_all(struct client *c, u8 who)
{
	struct ex *x = ke_machine();
	u32 given = 0;

	for (u32 i = 0; i < FRAMES && gate_enter(&c->gate); i++) {
		u32 n = 60 + (i * 97 + who) % 1000;
		struct ndis_packet *p = ndis_packet_new(x, 0, n);
		u8 *f = p->head->data;

		memset(f, 0, 20);
		f[12] = TYPE >> 8;
		f[13] = (u8)TYPE;
		f[15] = who;
		memcpy(f + 16, &i, 4);
		for (u32 k = 20; k < n; k++)
			f[k] = byte_at(k);
		p->protocol[0] = c;
		p->done = sent;
		ndis_send(c->b, p);
		gate_leave(&c->gate);
		given++;
		ke_sleep(i % 8 ? 0 : 20 * US);
	}
	return given;
}

static void ask(struct client *c)
{
	u32 v = 0;
	struct ndis_request r = { .oid = NDIS_OID_MAX_FRAME, .buffer = &v,
				  .length = sizeof(v) };
	enum ex_status st;

	if (!gate_enter(&c->gate))
		return;
	st = ndis_ask_wait(c->b, &r);
	gate_leave(&c->gate);
	expect(c, st ? st == EX_CANCELLED || st == EX_DEVICE_NOT_READY :
		       v == 1500);
	(void)KE_ADD(&c->asked, 1u);
}

/* --- a link ------------------------------------------------------------------------ */

struct side {
	struct client c, other;      /* other: comes and goes */
	struct link *l;
	u32 senders, given;
	u32 ends;                    /* threads that have ended */
};

struct link {
	struct sched *s;
	struct ex *x[2];
	struct nic_pair *pair;
	struct side side[2];
	bool pulls;                  /* the second's adapter, in the midst */
};

static struct side *side_of(struct link *l)
{
	return &l->side[ke_machine() == l->x[1]];
}

static void sender(void *ctx)
{
	struct side *d = side_of(ctx);
	u32 who = KE_ADD(&d->senders, 1u) - 1;

	(void)KE_ADD(&d->given, send_all(&d->c, (u8)who));
	(void)KE_ADD(&d->ends, 1u);
}

static void asker(void *ctx)
{
	struct side *d = side_of(ctx);

	for (u32 i = 0; i < 20; i++) {
		ask(&d->c);
		ke_sleep(7 * US);
	}
	(void)KE_ADD(&d->ends, 1u);
}

static void resetter(void *ctx)
{
	struct link *l = ctx;
	struct side *d = side_of(l);

	for (u32 i = 0; i < 5 && gate_enter(&d->c.gate); i++) {
		enum ex_status st = ndis_reset(ndis_binding_adapter(d->c.b));

		expect(&d->c, !st || st == EX_DEVICE_NOT_READY);
		gate_leave(&d->c.gate);
		ke_sleep(31 * US);
	}
	(void)KE_ADD(&d->ends, 1u);
}

/* Nothing that is counted becomes less. */
static void looker(void *ctx)
{
	struct side *d = side_of(ctx);
	struct ndis_counters c, before = { 0 };
	struct ndis_adapter_info i;

	for (u32 k = 0; k < 40; k++) {
		if (!ndis_look(ke_machine(), 0, &i, &c))
			break;
		expect(&d->c, c.sent >= before.sent &&
		       c.received >= before.received &&
		       c.sent_bytes >= 60 * c.sent &&
		       c.received_bytes >= 60 * c.received &&
		       !strcmp(i.name, "eth0"));
		before = c;
		ke_sleep(5 * US);
	}
	(void)KE_ADD(&d->ends, 1u);
}

static void comer(void *ctx)
{
	struct side *d = side_of(ctx);
	struct ex *x = ke_machine();

	for (u32 i = 0; i < 5; i++) {
		expect(&d->c, !ndis_register(x, &d->other.p, &d->other));
		ke_sleep(40 * US);
		ndis_deregister(x, &d->other.p);
		expect(&d->c, gate_is_shut(&d->other.gate));
	}
	(void)KE_ADD(&d->ends, 1u);
}

static void puller(void *ctx)
{
	struct link *l = ctx;
	struct side *d = side_of(l);

	ke_sleep(100 * US);
	if (l->pulls && d == &l->side[1])
		ndis_remove(nic_pair_adapter(l->pair, 1));
	(void)KE_ADD(&d->ends, 1u);
}

static void enters(void *ctx)
{
	struct side *d = side_of(ctx);

	CHECK_EQ(ndis_register(ke_machine(), &d->c.p, &d->c), EX_SUCCESS);
}

static void leaves(void *ctx)
{
	ndis_deregister(ke_machine(), &side_of(ctx)->c.p);
}

static void link_open(struct link *l, u64 seed, unsigned cpus)
{
	const struct nic_pair_config c = {
		.seed = seed, .loss = 0.05, .duplicate = 0.05, .reorder = 0.1,
		.delay_ns = 3 * US, .queue = 40 };

	l->s = sched_new(&(struct sched_config){ .seed = seed,
						 .policy = SCHED_RANDOM });
	for (unsigned i = 0; i < 2; i++) {
		l->x[i] = ex_new(&(struct ex_config){
			.name = i ? "b" : "a", .cpus = cpus,
			.special_pool = true }, l->s);
		l->side[i].c = client_of();
		l->side[i].other = client_of();
	}
	l->pair = nic_pair_new(l->x[0], &eth0, l->x[1], &eth0, &c);
	CHECK(l->pair != NULL);
	for (unsigned i = 0; i < 2; i++)
		CHECK(ex_call(l->x[i], enters, l));
	(void)sched_run_to(l->s, sched_now(l->s) + 1000 * US);
}

static void link_close(struct link *l)
{
	for (unsigned i = 0; i < 2; i++) {
		CHECK(ex_call(l->x[i], leaves, l));
		check_none_left(l->x[i], "NDmoNDpbNDPtNDbfNDbk");
		ex_free(l->x[i]);
	}
	nic_pair_free(l->pair);
	sched_free(l->s);
}

static void check_side(struct link *l, unsigned i, unsigned threads)
{
	struct side *d = &l->side[i], *from = &l->side[!i];
	const struct nic_pair_counters *k = nic_pair_counters(l->pair, i);
	struct ndis_adapter_info info;
	struct ndis_counters c;

	CHECK_EQ(ex_stopped(l->x[i]), EX_RUNNING);
	CHECK_EQ(d->ends, threads);
	CHECK_EQ(d->c.done, d->given);
	CHECK_EQ(d->c.odd + d->other.odd, 0);
	CHECK_EQ(d->c.wrong + d->other.wrong, 0);
	for (u32 w = 0; w < SENDERS; w++)
		for (u32 n = 0; n < FRAMES; n++)
			CHECK(d->c.seen[w][n] <= 2);
	if (!ndis_look(l->x[i], 0, &info, &c))
		return;
	CHECK_EQ(d->given, SENDERS * FRAMES);
	CHECK_EQ(c.sent, d->given);
	CHECK_EQ(c.sent - c.send_errors, k->frames);
	k = nic_pair_counters(l->pair, !i);
	CHECK_EQ(c.received, k->frames + k->duplicated - k->lost - k->dropped);
	CHECK_EQ(d->c.packets, c.received);
	CHECK(from->given > 0 && c.received > 0);
}

static const struct {
	const char *name;
	ke_thread_fn *fn;
} threads[] = { { "sender", sender }, { "sender", sender },
		{ "sender", sender }, { "asker", asker },
		{ "resetter", resetter }, { "looker", looker },
		{ "comer", comer }, { "puller", puller } };
#define THREADS (sizeof(threads) / sizeof(*threads))

static void link_run(u64 seed, bool pulls, struct nic_capture *capture)
{
	struct link *l = calloc(1, sizeof(*l));

	l->pulls = pulls;
	link_open(l, seed, 2 + seed % 3);
	nic_pair_capture(l->pair, capture);
	for (size_t t = 0; t < THREADS; t++)
		for (unsigned i = 0; i < 2; i++)
			thread_of(l->x[i], threads[t].name, threads[t].fn, l);
	(void)sched_run_to(l->s, sched_now(l->s) + SECOND);
	for (unsigned i = 0; i < 2; i++)
		check_side(l, i, THREADS);
	CHECK_EQ(l->side[1].c.unbound, pulls);
	if (test_.bad)
		printf("  seed %llu\n", (unsigned long long)seed);
	link_close(l);
	free(l);
}

static void both_ways(void)
{
	for (u64 seed = 1; seed <= SEEDS; seed++)
		link_run(seed, false, NULL);
}

static void taken_away(void)
{
	for (u64 seed = 1; seed <= SEEDS; seed++)
		link_run(seed, true, NULL);
}

static u32 get32(const char *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

/* Whatever CPU a frame is of, its record is whole, with its own bytes. */
static void captured(void)
{
	char *b = NULL;
	size_t n = 0, at = 24, records = 0;
	struct nic_capture *c = nic_capture_new(open_memstream(&b, &n));

	link_run(3, false, c);
	nic_capture_free(c);
	while (at + 16 <= n && at + 16 + get32(b + at + 8) <= n) {
		u32 len = get32(b + at + 8);
		const u8 *f = (const u8 *)b + at + 16;

		CHECK_EQ(len, get32(b + at + 12));
		CHECK(len >= 60 && f[12] == TYPE >> 8 && f[13] == (u8)TYPE);
		CHECK_EQ(f[len - 1], byte_at(len - 1));
		at += 16 + len;
		records++;
	}
	CHECK_EQ(at, n);
	CHECK(records > SENDERS * FRAMES);
	free(b);
}

/* --- a card that is slow ------------------------------------------------------------- */

struct card {
	struct machine m;
	struct ndis_adapter *a;
	struct client c;
	struct ke_latch latch;
	struct ndis_packet *head, *tail;
	struct ndis_request *asked[SENDERS];
	u32 senders, given, working, cancelled, resets;
	bool halted, completed;
};

static struct card *card_of(struct ndis_adapter *a)
{
	return ndis_context(a);
}

static enum ex_status card_send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct card *c = card_of(a);

	p->next = NULL;
	ke_latch(&c->latch);
	if (c->tail)
		c->tail->next = p;
	else
		c->head = p;
	c->tail = p;
	ke_unlatch(&c->latch);
	return EX_PENDING;
}

static bool put_in_place(struct card *c, struct ndis_request *old,
			 struct ndis_request *r)
{
	bool found = false;

	ke_latch(&c->latch);
	for (u32 i = 0; i < SENDERS && !found; i++)
		if (c->asked[i] == old) {
			c->asked[i] = r;
			found = true;
		}
	ke_unlatch(&c->latch);
	return found;
}

static enum ex_status card_request(struct ndis_adapter *a,
				   struct ndis_request *r)
{
	expect(&card_of(a)->c, put_in_place(card_of(a), NULL, r));
	return EX_PENDING;
}

static bool card_cancel(struct ndis_adapter *a, struct ndis_request *r)
{
	bool mine = put_in_place(card_of(a), r, NULL);

	(void)KE_ADD(&card_of(a)->cancelled, (u32)mine);
	return mine;
}

static struct ndis_packet *take_sends(struct card *c)
{
	struct ndis_packet *p;

	ke_latch(&c->latch);
	p = c->head;
	c->head = c->tail = NULL;
	ke_unlatch(&c->latch);
	return p;
}

static void complete_sends(struct card *c, enum ex_status st)
{
	struct ndis_packet *p = take_sends(c), *next;

	for (; p; p = next) {
		next = p->next;
		ndis_send_done(p, st);
	}
}

static void complete_requests(struct card *c)
{
	for (u32 i = 0; i < SENDERS; i++) {
		struct ndis_request *r;

		ke_latch(&c->latch);
		r = c->asked[i];
		c->asked[i] = NULL;
		ke_unlatch(&c->latch);
		if (r)
			ndis_request_done(r, ndis_answer(r->adapter, r));
	}
}

static void card_reset(struct ndis_adapter *a)
{
	(void)KE_ADD(&card_of(a)->resets, 1u);
	complete_sends(card_of(a), EX_CANCELLED);
}

static void card_halt(struct ndis_adapter *a)
{
	complete_sends(card_of(a), EX_CANCELLED);
	KE_SET(&card_of(a)->halted, true);
}

static const struct ndis_miniport slow = {
	.name = "slow", .send = card_send, .request = card_request,
	.cancel = card_cancel, .reset = card_reset, .halt = card_halt };

static void card_sends(void *ctx)
{
	struct card *c = ctx;
	u32 who = KE_ADD(&c->senders, 1u) - 1;

	(void)KE_ADD(&c->given, send_all(&c->c, (u8)who));
	(void)KE_ADD(&c->working, -1u);
}

static void card_asks(void *ctx)
{
	struct card *c = ctx;

	for (u32 i = 0; i < 30; i++)
		ask(&c->c);
	(void)KE_ADD(&c->working, -1u);
}

/* What it was given comes back from another CPU, until it is halted. */
static void card_completes(void *ctx)
{
	struct card *c = ctx;

	while (!KE_GET(&c->halted)) {
		complete_sends(c, EX_SUCCESS);
		complete_requests(c);
		ke_sleep(3 * US);
	}
	KE_SET(&c->completed, true);
}

static void card_resets(void *ctx)
{
	struct card *c = ctx;

	for (u32 i = 0; i < 20; i++) {
		expect(&c->c, !ndis_reset(c->a));
		ke_sleep(11 * US);
	}
	(void)KE_ADD(&c->working, -1u);
}

static void card_begins(void *ctx)
{
	struct card *c = ctx;

	CHECK_EQ(ndis_register(c->m.x, &c->c.p, &c->c), EX_SUCCESS);
	c->a = ndis_add(c->m.x, &slow, &eth0, c);
	CHECK(c->a != NULL);
}

static void card_goes(void *ctx)
{
	struct card *c = ctx;

	while (KE_GET(&c->working) > 3) /* some are in the midst of it */
		ke_sleep(10 * US);
	while (KE_GET(&c->resets) < 20)
		ke_sleep(10 * US);
	ndis_remove(c->a);
	ndis_deregister(c->m.x, &c->c.p);
}

static void card_run(u64 seed)
{
	struct card *c = calloc(1, sizeof(*c));

	c->c = client_of();
	c->working = 7;
	c->m = machine_of(&(struct sched_config){ .seed = seed,
						  .policy = SCHED_RANDOM },
			  &(struct ex_config){ .name = "m", .cpus = 2 + seed % 3,
					       .special_pool = true });
	CHECK(ex_call(c->m.x, card_begins, c));
	(void)sched_run_to(c->m.s, sched_now(c->m.s) + 1000 * US);
	for (u32 i = 0; i < SENDERS; i++) {
		thread_of(c->m.x, "sends", card_sends, c);
		thread_of(c->m.x, "asks", card_asks, c);
	}
	thread_of(c->m.x, "resets", card_resets, c);
	thread_of(c->m.x, "completes", card_completes, c);
	thread_of(c->m.x, "goes", card_goes, c);
	CHECK_EQ(sched_run_to(c->m.s, sched_now(c->m.s) + SECOND), EX_IDLE);
	CHECK(c->completed);
	CHECK_EQ(c->working, 0);
	CHECK_EQ(c->c.done, c->given);
	CHECK(c->given > 0 && c->c.asked > 0);
	CHECK_EQ(c->c.odd, 0);
	CHECK_EQ(c->c.unbound, 1);
	check_none_left(c->m.x, "NDmbNDmoNDpbNDPtNDbfNDbk");
	if (test_.bad)
		printf("  seed %llu\n", (unsigned long long)seed);
	machine_free(&c->m);
	free(c);
}

static void slow_card(void)
{
	for (u64 seed = 1; seed <= SEEDS; seed++)
		card_run(seed);
}

int main(void)
{
	RUN(both_ways);
	RUN(taken_away);
	RUN(captured);
	RUN(slow_card);
	return test_done();
}
