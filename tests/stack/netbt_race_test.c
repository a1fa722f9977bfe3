// SPDX-License-Identifier: Apache-2.0
/*
 * netbt and srv from several CPUs at once, in many orders: clients that call the
 * server and hang up in the midst, a sender beside a receiver, calls the other way
 * to names that several threads have, requests that are cancelled, a port that is
 * called with what is no session, and drivers that go meanwhile.
 */
#include "sdk/netbios.h"
#include "two.h"

#include <stdlib.h>

#define SEEDS 8u
#define MS_ UINT64_C(1000000)
#define TALKERS 4u
#define SESSIONS 3u
#define MESSAGES 3u
#define STATIONS 2u                  /* threads that answer to one name */
#define CALLS 3u                     /* of each of as many callers */
#define MOST 20000u

struct all {
	struct two t;
	struct io_driver *netbt[2], *srv;
	bool goes;                   /* srv, in the midst */
	/* by KE_ADD() */
	u32 number, echoed, wrong, cut, refused, answered, called, odd, ended;
};

static u32 length_of(u32 k)
{
	static const u32 of[] = { 1, 700, MOST };

	return of[k % 3];
}

static void fill(u8 *p, u32 n, u32 k)
{
	for (u32 i = 0; i < n; i++)
		p[i] = (u8)(i * 13 + (i >> 8) + k);
}

/* Slots are opened again a while after they were used. */
static struct nb *call(struct all *a, const char *own, const char *peer)
{
	struct nb *n = NULL;

	for (u32 i = 0; i < 40; i++) {
		if (!nb_call(ke_machine(), own, peer, &n))
			return n;
		ke_sleep(20 * MS_);
	}
	(void)KE_ADD(&a->refused, 1u);
	return NULL;
}

struct speech {                      /* of a thread beside the one that reads */
	struct nb *n;
	struct ke_event over;
	u8 b[MOST];
};

static void speaks(void *ctx)
{
	struct speech *s = ctx;

	for (u32 k = 0; k < MESSAGES; k++) {
		fill(s->b, length_of(k), k);
		if (nb_send(s->n, s->b, length_of(k)) < 0)
			break;
	}
	ke_event_set(&s->over);
}

/* Until what was said has come back, or some of it: then it hangs up. */
static void session(struct all *a, struct nb *n, struct speech *s, u8 *in,
		    bool hangs_up)
{
	struct ke_thread *t;

	s->n = n;
	ke_event_init(&s->over, "speech", false, false);
	t = ke_thread_create(ke_machine(), "speaks", 8, speaks, s);
	for (u32 k = 0; k < (hangs_up ? 1 : MESSAGES); k++) {
		s64 got = nb_recv(n, in, MOST);
		bool ok = got == length_of(k);

		for (u32 i = 0; ok && i < got; i++)
			ok = in[i] == (u8)(i * 13 + (i >> 8) + k);
		if (got <= 0) {
			(void)KE_ADD(&a->cut, 1u);
			break;
		}
		(void)KE_ADD(ok ? &a->echoed : &a->wrong, 1u);
	}
	(void)ke_wait(&s->over, KE_FOREVER);
	(void)ke_wait(ke_thread_object(t), KE_FOREVER);
	ke_thread_put(t);
}

static void talks(void *ctx)
{
	struct all *a = ctx;
	u32 who = KE_ADD(&a->number, 1u) - 1;
	struct speech *s = calloc(1, sizeof(*s));
	u8 *in = malloc(MOST);
	char own[16];

	snprintf(own, sizeof(own), "talk%u", who);
	for (u32 k = 0; k < SESSIONS; k++) {
		struct nb *n = call(a, own, "server#20");

		if (!n)
			continue;
		session(a, n, s, in, (k + who) % SESSIONS == 0);
		nb_close(n);
	}
	free(in);
	free(s);
	(void)KE_ADD(&a->ended, 1u);
}

/* To a name that another thread of the machine has, too. */
static void answers(void *ctx)
{
	struct all *a = ctx;
	u8 b[64];

	for (u32 k = 0; k < CALLS; k++) {
		struct nb *n = NULL;
		s64 got;

		if (nb_answer(ke_machine(), "station", &n)) {
			(void)KE_ADD(&a->odd, 1u);
			continue;
		}
		got = nb_recv(n, b, sizeof(b));
		if (got == 5 && nb_send(n, b, 5) == 5)
			(void)KE_ADD(&a->answered, 1u);
		(void)nb_recv(n, b, sizeof(b)); /* until it hangs up */
		nb_close(n);
	}
	(void)KE_ADD(&a->ended, 1u);
}

static void calls(void *ctx)
{
	struct all *a = ctx;
	u32 who = KE_ADD(&a->number, 1u);
	char own[16];
	u8 b[64];

	snprintf(own, sizeof(own), "call%u", who);
	for (u32 k = 0; k < CALLS; k++) {
		struct nb *n = call(a, own, "station");

		if (!n)
			continue;
		if (nb_send(n, "hello", 5) == 5 &&
		    nb_recv(n, b, sizeof(b)) == 5 && !memcmp(b, "hello", 5))
			(void)KE_ADD(&a->called, 1u);
		nb_close(n);
	}
	(void)KE_ADD(&a->ended, 1u);
}

/* What is no session, again and again: each is hung up on. */
static void breaks(void *ctx)
{
	static const u8 bad[] = { 0x77, 0, 0, 4, 1, 2, 3, 4 };
	struct all *a = ctx;

	for (u32 i = 0; i < 6; i++) {
		struct tdi_end e;
		size_t n = 0;
		u8 b[16];

		if (ex_failed(end_open(ke_machine(), &e, 0)) ||
		    ex_failed(end_connect(&e, 1, 139)))
			(void)KE_ADD(&a->odd, 1u);
		(void)end_send(&e, bad, 1 + i, 0);
		/* a whole header */
		if (i >= 3 && end_receive(&e, b, sizeof(b), 0, &n) !=
				      EX_CONNECTION_RESET)
			(void)KE_ADD(&a->odd, 1u);
		end_close(&e);
	}
	(void)KE_ADD(&a->ended, 1u);
}

static enum ex_status listen_open(struct tdi_end *e, const char *name)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };
	struct tdi_request r = { 0 };
	enum ex_status st;

	memcpy(o.address.netbios, name, 16);
	st = io_open(ke_machine(), "\\Device\\NetBT", &o, sizeof(o),
		     &e->address);
	if (ex_failed(st))
		return st;
	o.kind = TDI_CONNECTION_FILE;
	st = io_open(ke_machine(), "\\Device\\NetBT", &o, sizeof(o),
		     &e->connection);
	r.address = e->address;
	return ex_failed(st) ? st : tdi_call(e->connection, TDI_ASSOCIATE, &r);
}

/* LISTENs that are cancelled, or whose file is closed while they are: each is
 * complete, once. */
static void gives_up(void *ctx)
{
	struct all *a = ctx;
	struct tdi_end e = { 0 };
	struct tdi_request r = { 0 };

	(void)KE_ADD(&a->odd, (u32)ex_failed(listen_open(&e, "NOBODY         ")));
	for (u32 i = 0; i < 20; i++) {
		struct irp *irp = io_irp_alloc(ke_machine());
		struct ke_event done;

		ke_event_init(&done, "listen", false, false);
		irp->event = &done;
		tdi_fill(irp, e.connection, TDI_LISTEN, &r);
		(void)io_call(e.connection->device, irp);
		if (i == 19)
			end_close(&e);
		else
			(void)io_cancel(irp);
		(void)ke_wait(&done, KE_FOREVER);
		(void)KE_ADD(&a->odd, (u32)(irp->status != EX_CANCELLED));
		io_irp_free(ke_machine(), irp);
	}
	(void)KE_ADD(&a->ended, 1u);
}

static void begin(struct all *a, u64 seed)
{
	static const char *const options[] = {
		"ip=10.0.0.1 broadcast=10.0.0.255 keepalive=1",
		"ip=10.0.0.2 broadcast=10.0.0.255 keepalive=1" };

	two_open(&a->t, seed, &(struct nic_pair_config){
			 .seed = seed, .delay_ns = 50000, .jitter_ns = 50000,
			 .loss = seed & 1 ? 0.01 : 0 }, 2 + seed % 3, 0, NULL);
	for (int i = 0; i < 2; i++) {
		tdi_set_checked(a->t.x[i], true);
		ex_log_to(a->t.x[i], NULL, NULL); /* who breaks is in it */
		CHECK_EQ(io_load(a->t.x[i], "netbt", options[i], &a->netbt[i]),
			 EX_SUCCESS);
	}
	CHECK_EQ(io_load(a->t.x[1], "srv", "name=server sessions=3", &a->srv),
		 EX_SUCCESS);
	(void)sched_run_to(a->t.s, sched_now(a->t.s) + MS_);
}

static void end(struct all *a)
{
	if (a->srv)
		CHECK_EQ(io_unload(a->srv), EX_SUCCESS);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(io_unload(a->netbt[i]), EX_SUCCESS);
	(void)sched_run(a->t.s, NULL, NULL);
	for (int i = 0; i < 2; i++)
		check_none_left(a->t.x[i], "NbtGNbtDNbtCNbtLNbtANbtNNbtOLSgn"
					   "LSmbIrp NDPtNDbf");
	two_close(&a->t);
}

static u32 threads_of(struct all *a)
{
	for (u32 i = 0; i < TALKERS; i++)
		thread_of(a->t.x[0], "talks", talks, a);
	for (u32 i = 0; i < STATIONS; i++) {
		thread_of(a->t.x[0], "answers", answers, a);
		thread_of(a->t.x[1], "calls", calls, a);
	}
	thread_of(a->t.x[0], "breaks", breaks, a);
	thread_of(a->t.x[1], "gives up", gives_up, a);
	return TALKERS + 2 * STATIONS + 2;
}

static void run(u64 seed, bool goes)
{
	struct all *a = calloc(1, sizeof(*a));
	u32 threads, told = TALKERS * (SESSIONS - 1) * MESSAGES + TALKERS;

	a->goes = goes;
	begin(a, seed);
	threads = threads_of(a);
	if (goes) {
		(void)sched_run_to(a->t.s, sched_now(a->t.s) +
				   (770 + 10 * seed) * MS_);
		CHECK_EQ(io_unload(a->srv), EX_SUCCESS);
		a->srv = NULL;
	}
	CHECK_EQ(sched_run(a->t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(a->ended, threads);
	CHECK_EQ(a->wrong + a->odd, 0);
	CHECK_EQ(a->answered, STATIONS * CALLS);
	CHECK_EQ(a->called, STATIONS * CALLS);
	if (!goes) {
		CHECK_EQ(a->echoed, told);
		CHECK_EQ(a->cut + a->refused, 0);
	} else {
		CHECK(a->echoed < told && a->refused > 0);
	}
	if (test_.bad)
		printf("  seed %llu\n", (unsigned long long)seed);
	end(a);
	free(a);
}

static void at_once(void)
{
	for (u64 seed = 1; seed <= SEEDS; seed++)
		run(seed, false);
}

static void srv_goes(void)
{
	for (u64 seed = 1; seed <= SEEDS; seed++)
		run(seed, true);
}

int main(void)
{
	RUN(at_once);
	RUN(srv_goes);
	return test_done();
}
