// SPDX-License-Identifier: Apache-2.0
/*
 * TCP from all CPUs at once: two machines, on which connections are opened, used,
 * ended in every way, listed and asked about, by clients of the other machine and
 * of the same one (loopback).  Whatever the order: each client gets its bytes, each
 * end is the one that was asked for, and nothing stays.  Under MODE=tsan this is
 * what shows memory that CPUs share without a lock.
 */
#include "drivers/inet/table.h"
#include "two.h"

#define CLIENTS 4u                   /* of a machine */
#define SERVERS (6u * CLIENTS)       /* so many that no client is refused */
#define ROUNDS 18u                   /* of a client: each kind twice */
#define MOST 6000u                   /* bytes of an echo */
#define TAG EX_TAG('R', 'a', 'c', 'e')
#define ROWS 128u
#define PORT 7
#define SINK 9
#define SINKS 3u                     /* fewer than may want one: they wait */

enum kind { ECHO, CLIENT_ABORTS, CLIENT_CLOSES, SERVER_ABORTS, SERVER_CLOSES,
	    CANCELS, SENDS, QUITS, QUITS_SINK, KINDS };

struct place;

/* A connection of the sink, which lives by events. */
struct sink {
	struct place *at;
	struct io_file *file;
	struct tdi_request accept, release;
	u32 got;
	bool open;
	bool busy;                   /* under the place's lock */
};

struct race;
struct place {                       /* one of the machines */
	struct race *r;
	struct ex *x;
	int me;
	struct io_file *address, *events;
	struct ke_lock lock;
	struct sink sink[SINKS];
	struct ke_mutex showing;     /* what is shown stays meanwhile */
	struct tdi_end *shown, *victim;
	struct ke_event chosen;      /* there is a victim */
	u32 ready;                   /* servers; with KE_ADD(), as all below */
};

struct race {
	struct two t;
	struct place at[2];
	u32 up, left;                /* places, clients */
	u32 moves;                   /* what clients have done */
	u32 wrong, done[KINDS], sunk, early, rows, asked;
};

struct client {
	struct place *at;
	u32 i;
};

static void must(struct race *r, bool ok, const char *what, u64 v)
{
	if (ok)
		return;
	KE_ADD(&r->wrong, 1);
	printf("  at %.6f s: %s (%llx)\n", (double)sched_now(r->t.s) / 1e9,
	       what, (unsigned long long)v);
}

static u8 byte_at(u32 i)
{
	return (u8)(i * 31 + (i >> 8) * 7);
}

static bool is_pattern(const u8 *b, u32 n, u32 from)
{
	for (u32 i = 0; i < n; i++)
		if (b[i] != byte_at(from + i))
			return false;
	return true;
}

/* --- servers that listen ----------------------------------------------------------------- */

/* The first byte says what the client wants. */
static void serve(struct tdi_end *e, u8 *b)
{
	size_t n = 0;
	enum ex_status st = end_receive(e, b, 1, 0, &n);
	u8 kind = b[0];

	while (!ex_failed(st) && n) {
		st = end_receive(e, b, MOST, 0, &n);
		if (!ex_failed(st) && n)
			st = end_send(e, b, n, 0);
		if (!ex_failed(st) && n && kind == SERVER_CLOSES)
			return;
		if (!ex_failed(st) && n && kind == SERVER_ABORTS)
			st = end_disconnect(e, TDI_DISCONNECT_ABORT), n = 0;
	}
	if (!ex_failed(st) && kind != SERVER_ABORTS)
		(void)end_disconnect(e, TDI_DISCONNECT_RELEASE);
}

static bool listen_once(struct place *at, u8 *b)
{
	struct tdi_open o = { .kind = TDI_CONNECTION_FILE, .protocol = 6 };
	struct tdi_request r = { .address = at->address };
	struct tdi_end e = { 0 };
	enum ex_status st = io_open(at->x, "\\Device\\Tcp", &o, sizeof(o),
				    &e.connection);

	if (!ex_failed(st))
		st = tdi_call(e.connection, TDI_ASSOCIATE, &r);
	must(at->r, !ex_failed(st), "associate", (u32)st);
	KE_ADD(&at->ready, 1);
	st = end_listen(&e);
	if (st == EX_SUCCESS || st == EX_CONNECTION_RESET) {
		KE_ADD(&at->ready, -1u);
		if (st == EX_SUCCESS)
			serve(&e, b);
		else                 /* before it was accepted */
			KE_ADD(&at->r->early, 1);
		st = EX_SUCCESS;
	}
	end_close(&e);
	return !ex_failed(st);
}

static void server(void *ctx)
{
	struct place *at = ctx;
	u8 *b = ex_alloc(at->x, EX_NONPAGED, MOST, TAG);

	while (listen_once(at, b))
		;
	ex_free_pool(at->x, b, TAG);
	KE_ADD(&at->ready, -1u);
}

/* --- a server by events -------------------------------------------------------------------- */

static void give_back(struct sink *k)
{
	ke_lock_dpc(&k->at->lock);
	k->busy = false;
	ke_unlock_dpc(&k->at->lock);
}

static void sink_accepted(void *context, struct irp *irp)
{
	struct sink *k = context;

	bool ok = irp->status == EX_SUCCESS;

	must(k->at->r, ok || irp->status == EX_CONNECTION_RESET, "accept",
	     (u32)irp->status);
	k->open = ok;
	io_irp_free(k->at->x, irp);
	if (!ok) {
		KE_ADD(&k->at->r->early, 1);
		give_back(k);
	}
}

static enum ex_status sink_connect(void *context,
				   const struct tdi_address *remote,
				   void **connection, struct irp **accept)
{
	struct place *at = context;
	struct sink *k = NULL;

	must(at->r, remote->ip[0] == 10, "remote", remote->ip[0]);
	ke_lock_dpc(&at->lock);
	for (u32 i = 0; i < SINKS && !k; i++)
		if (!at->sink[i].busy)
			k = &at->sink[i];
	if (k)
		k->busy = true;
	ke_unlock_dpc(&at->lock);
	if (!k)
		return EX_INSUFFICIENT_RESOURCES; /* soon */
	for (u32 i = 0; i < 100; i++) /* what comes meanwhile? */
		ke_point(SCHED_USER, "asked");
	*accept = io_irp_alloc(at->x);
	k->got = 0;
	k->open = false;
	(*accept)->done = sink_accepted;
	(*accept)->done_context = k;
	tdi_fill(*accept, k->file, TDI_ACCEPT, &k->accept);
	*connection = k;
	return EX_SUCCESS;
}

static enum ex_status sink_receive(void *context, void *connection, u32 flags,
				   u32 indicated, u32 available, u32 *taken,
				   const u8 *data, struct ndis_buffer *chain,
				   struct irp **irp)
{
	struct sink *k = connection;

	(void)context;
	(void)flags;
	(void)available;
	(void)chain;
	(void)irp;
	must(k->at->r, k->open, "data before they were accepted", k->got);
	must(k->at->r, is_pattern(data, indicated, k->got), "data", k->got);
	k->got += indicated;
	*taken = indicated;
	return EX_SUCCESS;
}

static void sink_released(void *context, struct irp *irp)
{
	struct sink *k = context;

	must(k->at->r, irp->status == EX_SUCCESS, "release",
	     (u32)irp->status);
	io_irp_free(k->at->x, irp);
	give_back(k);
}

static void sink_disconnect(void *context, void *connection, u32 flags,
			    enum ex_status why)
{
	struct sink *k = connection;
	struct irp *irp;

	(void)context;
	must(k->at->r, k->open, "the end of what was not accepted", (u32)why);
	k->open = false;
	if (flags & TDI_DISCONNECT_ABORT) {
		must(k->at->r, !k->got, "the sink was reset", k->got);
		give_back(k);
		return;
	}
	irp = io_irp_alloc(k->at->x);
	KE_ADD(&k->at->r->sunk, k->got);
	k->release = (struct tdi_request){ .flags = TDI_DISCONNECT_RELEASE };
	irp->done = sink_released;
	irp->done_context = k;
	tdi_fill(irp, k->file, TDI_DISCONNECT, &k->release);
	(void)io_call(k->file->device, irp);
}

static bool sink_open(struct place *at)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = 4, .port = SINK } };
	struct tdi_request r = { 0 };
	bool ok = !io_open(at->x, "\\Device\\Tcp", &o, sizeof(o), &at->events);

	o.kind = TDI_CONNECTION_FILE;
	r.address = at->events;
	for (u32 i = 0; i < SINKS && ok; i++) {
		at->sink[i].at = at;
		ok = !io_open(at->x, "\\Device\\Tcp", &o, sizeof(o),
			      &at->sink[i].file) &&
		     !tdi_call(at->sink[i].file, TDI_ASSOCIATE, &r);
	}
	return ok &&
	       !tdi_set_event(at->events, TDI_EVENT_RECEIVE,
			      (void *)sink_receive, at) &&
	       !tdi_set_event(at->events, TDI_EVENT_DISCONNECT,
			      (void *)sink_disconnect, at) &&
	       !tdi_set_event(at->events, TDI_EVENT_CONNECT,
			      (void *)sink_connect, at);
}

/* --- clients -------------------------------------------------------------------------------- */

/* A RECEIVE that is cancelled as soon as may be; what it has, it says. */
static enum ex_status receive_or_not(struct place *at, struct tdi_end *e,
				     u8 *b, u32 n, u32 *moved)
{
	struct tdi_request r = { .data = b, .length = n };
	struct irp *irp = io_irp_alloc(at->x);
	struct ke_event done;
	enum ex_status st;

	ke_event_init(&done, "received", false, false);
	irp->event = &done;
	tdi_fill(irp, e->connection, TDI_RECEIVE, &r);
	(void)io_call(e->connection->device, irp);
	ke_point(SCHED_USER, "posted");
	(void)io_cancel(irp);
	ke_wait(&done, KE_FOREVER);
	st = irp->status;
	*moved = ex_failed(st) ? 0 : (u32)r.moved;
	io_irp_free(at->x, irp);
	return st;
}

static void take_back(struct client *c, struct tdi_end *e, enum kind kind,
		      u8 *b, u32 n)
{
	struct race *r = c->at->r;
	enum ex_status st = EX_SUCCESS;
	u32 got = 0, more;
	size_t moved;

	while (got < n && !ex_failed(st)) {
		if (kind == CANCELS && got < n / 2) {
			st = receive_or_not(c->at, e, b, 500, &more);
			if (st == EX_CANCELLED) {
				ke_sleep(20000);
				st = EX_SUCCESS;
			}
		} else {
			st = end_receive(e, b, MOST, 0, &moved);
			more = (u32)moved;
			if (!ex_failed(st) && !more)
				break;
		}
		must(r, is_pattern(b, more, got), "echo", got);
		got += more;
		KE_ADD(&r->moves, 1);
	}
	must(r, !ex_failed(st) && got == n, "all of an echo", (u32)st);
}

/* What comes until the end, which is a RST. */
static void until_reset(struct client *c, struct tdi_end *e, u8 *b,
			enum ex_status st)
{
	size_t moved = 1;

	while (!ex_failed(st) && moved)
		st = end_receive(e, b, MOST, 0, &moved);
	must(c->at->r, st == EX_CONNECTION_RESET, "reset by the server",
	     (u32)st);
}

static void end_well(struct client *c, struct tdi_end *e, u8 *b)
{
	enum ex_status st = end_disconnect(e, TDI_DISCONNECT_RELEASE);
	size_t moved = 1;

	must(c->at->r, st == EX_SUCCESS, "release", (u32)st);
	st = end_receive(e, b, MOST, 0, &moved);
	must(c->at->r, st == EX_SUCCESS && !moved, "the end", (u32)st);
}

static void talk(struct client *c, struct tdi_end *e, enum kind kind, u8 *b,
		 u32 n)
{
	u8 first = (u8)kind;
	enum ex_status st = EX_SUCCESS;

	if (kind != SENDS)
		st = end_send(e, &first, 1, 0);
	for (u32 i = 0; i < n; i++)
		b[i] = byte_at(i);
	if (!ex_failed(st))
		st = end_send(e, b, n, 0);
	if (kind == SERVER_ABORTS || kind == SERVER_CLOSES) {
		until_reset(c, e, b, st);
		return;
	}
	must(c->at->r, st == EX_SUCCESS, "send", (u32)st);
	if (kind != SENDS)
		take_back(c, e, kind, b, n);
	if (kind == CLIENT_ABORTS)
		st = end_disconnect(e, TDI_DISCONNECT_ABORT);
	else if (kind != CLIENT_CLOSES)
		end_well(c, e, b);
	must(c->at->r, st == EX_SUCCESS, "abort", (u32)st);
}

static void show(struct place *at, struct tdi_end *was, struct tdi_end *e)
{
	ke_wait(&at->showing, KE_FOREVER);
	if (e || at->shown == was)
		at->shown = e;
	ke_mutex_release(&at->showing);
}

/* Somebody else aborts it while it connects: over loopback all of that is one call
 * here, which only another CPU can come into. */
static void quit(struct place *at, struct tdi_end *e, int to, enum kind kind)
{
	enum ex_status st;

	ke_wait(&at->showing, KE_FOREVER);
	at->victim = e;
	ke_mutex_release(&at->showing);
	ke_event_set(&at->chosen);
	st = end_connect(e, to, kind == QUITS_SINK ? SINK : PORT);
	must(at->r, st == EX_SUCCESS || st == EX_CONNECTION_ABORTED, "quit",
	     (u32)st);
	ke_wait(&at->showing, KE_FOREVER);
	if (at->victim == e)
		at->victim = NULL;
	ke_mutex_release(&at->showing);
	(void)end_disconnect(e, TDI_DISCONNECT_ABORT);
}

static void breaker(void *ctx)
{
	struct place *at = ctx;

	for (u32 i = 0; KE_GET(&at->r->left); i++) {
		ke_wait(&at->chosen, KE_FOREVER);
		for (u32 k = 0; k < i * 37 % 200; k++)
			ke_point(SCHED_USER, "breaks");
		ke_wait(&at->showing, KE_FOREVER);
		if (at->victim)
			(void)end_disconnect(at->victim, TDI_DISCONNECT_ABORT);
		ke_mutex_release(&at->showing);
	}
}

static void use(struct client *c, struct tdi_end *e, int to, enum kind kind,
		u8 *b, u32 n)
{
	enum ex_status st = end_connect(e, to, kind == SENDS ? SINK : PORT);

	must(c->at->r, st == EX_SUCCESS, "connect", (u32)st);
	if (ex_failed(st))
		return;
	show(c->at, NULL, e);
	talk(c, e, kind, b, n);
	show(c->at, e, NULL);
}

static void client(void *ctx)
{
	struct client *c = ctx;
	struct place *at = c->at;
	u8 *b = ex_alloc(at->x, EX_NONPAGED, MOST, TAG);
	struct tdi_end e;

	while (KE_GET(&at->r->up) < 2)
		ke_sleep(1000000);
	for (u32 i = 0; i < ROUNDS; i++) {
		enum kind kind = (enum kind)((c->i + i) % KINDS);
		enum ex_status st = end_open(at->x, &e, 0);
		int to = i < KINDS ? !at->me : at->me;

		must(at->r, st == EX_SUCCESS, "open", (u32)st);
		if (kind == QUITS || kind == QUITS_SINK)
			quit(at, &e, to, kind);
		else
			use(c, &e, to, kind, b,
			    1 + (c->i * 1999 + i * 997) % MOST);
		end_close(&e);
		KE_ADD(&at->r->done[kind], 1);
		KE_ADD(&at->r->moves, 1);
	}
	ex_free_pool(at->x, b, TAG);
	KE_ADD(&at->r->left, -1u);
}

/* --- those who look ----------------------------------------------------------------------------- */

/* Often while something goes on, seldom while all wait for a timer. */
static void look_again(struct race *r, u64 *ns, u32 *was)
{
	u32 now = KE_GET(&r->moves);

	*ns = now != *was || *ns >= 20000000 ? 20000 : *ns * 2;
	*was = now;
	ke_sleep(*ns);
}

static void look_at(struct race *r, const struct inet_row *w)
{
	bool ours = w->local.port == PORT || w->local.port == SINK ||
		    w->remote.port == PORT || w->remote.port == SINK;

	must(r, ours && w->local.ip[0] == 10 && w->remote.ip[0] == 10,
	     "addresses of a row", w->local.port);
	must(r, w->info.state <= 10 && w->send_queue <= MOST + 1 &&
		w->receive_queue <= MOST + 1 && w->info.mss <= 65535 &&
		w->info.bytes_acked <= MOST + 3, "a row", w->info.state);
}

static void lister(void *ctx)
{
	struct place *at = ctx;
	struct io_device *d = io_device_find(at->x, "\\Device\\Tcp");
	struct inet_ask *a = ex_alloc_zero(at->x, EX_NONPAGED, sizeof(*a), TAG);
	struct inet_row *rows = ex_alloc(at->x, EX_NONPAGED,
					 ROWS * sizeof(*rows), TAG);

	u64 ns = 20000;
	u32 was = 0;

	for (u32 i = 0; KE_GET(&at->r->left); i++) {
		struct irp *irp = io_irp_alloc(at->x);
		struct io_stack *here = io_next(irp);

		*a = (struct inet_ask){ .table = i % 4 ? INET_CONNECTIONS :
							 INET_LISTENERS,
					.row = rows, .room = ROWS };
		here->major = IO_DEVICE_CONTROL;
		here->device = d;
		here->code = INET_TABLE;
		here->buffer = a;
		must(at->r, io_sync(d, irp) == EX_SUCCESS &&
		     a->n <= ROWS && a->n <= a->total, "a table", a->n);
		io_irp_free(at->x, irp);
		for (u32 k = 0; i % 4 && k < a->n; k++)
			look_at(at->r, &rows[k]);
		KE_ADD(&at->r->rows, a->n);
		look_again(at->r, &ns, &was);
	}
	ex_free_pool(at->x, rows, TAG);
	ex_free_pool(at->x, a, TAG);
}

/* Asks and sets what somebody else's connection is. */
static void asker(void *ctx)
{
	static const int info[] = { TDI_NODELAY, TDI_KEEPALIVE, TDI_TTL,
				    TDI_USER_TIMEOUT };
	struct place *at = ctx;
	u64 ns = 20000;
	u32 was = 0;

	for (u32 i = 0; KE_GET(&at->r->left); i++) {
		u32 on = i % 3 ? 64 : 0;
		struct tdi_request r = { .info = info[i % 4], .value = &on,
					 .value_length = sizeof(on) };

		if (r.info == TDI_USER_TIMEOUT)
			on = 60000;
		ke_wait(&at->showing, KE_FOREVER);
		if (at->shown) {
			enum ex_status st = tdi_call(at->shown->connection,
						     TDI_SET_INFORMATION, &r);

			must(at->r, st == EX_SUCCESS &&
			     end_state(at->shown) <= 10, "asked", (u32)st);
			KE_ADD(&at->r->asked, 1);
		}
		ke_mutex_release(&at->showing);
		look_again(at->r, &ns, &was);
	}
}

/* --- all of it ------------------------------------------------------------------------------------- */

static void wait_ready(struct place *at, u32 n)
{
	while (KE_GET(&at->ready) != n)
		ke_sleep(1000000);
}

static void start(struct place *at, const char *name, ke_thread_fn *fn)
{
	struct ke_thread *t = ke_thread_create(at->x, name, 8, fn, at);

	must(at->r, t, name, 0);
	if (t)
		ke_thread_put(t);
}

static void boss(void *ctx)
{
	struct place *at = ctx;
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = 4, .port = PORT } };
	enum ex_status st = io_open(at->x, "\\Device\\Tcp", &o, sizeof(o),
				    &at->address);

	ke_lock_init(&at->lock, "sinks");
	ke_mutex_init(&at->showing, "showing");
	ke_event_init(&at->chosen, "chosen", true, false);
	must(at->r, st == EX_SUCCESS && sink_open(at), "open", (u32)st);
	for (u32 i = 0; i < SERVERS; i++)
		start(at, "server", server);
	wait_ready(at, SERVERS);
	start(at, "lister", lister);
	start(at, "asker", asker);
	start(at, "breaker", breaker);
	KE_ADD(&at->r->up, 1);
	while (KE_GET(&at->r->left))
		ke_sleep(1000000);
	ke_event_set(&at->chosen);   /* nobody: that was all */
	wait_ready(at, SERVERS);
	io_close(at->address);       /* all LISTENs end */
	wait_ready(at, 0);
	for (u32 i = 0; i < SINKS; i++)
		io_close(at->sink[i].file);
	io_close(at->events);
}

static void no_leak(struct two *t)
{
	for (int i = 0; i < 2; i++)
		check_none_left(t->x[i], "TCPbTCPcTCPsTCPrTCPkIrp "
					 "NDPtNDbfNDbkRace");
}

static u32 sunk_by(u32 clients)
{
	u32 sum = 0;

	for (u32 c = 0; c < clients; c++)
		for (u32 i = 0; i < ROUNDS; i++)
			if ((c + i) % KINDS == SENDS)
				sum += 1 + (c * 1999 + i * 997) % MOST;
	return sum;
}

/* How many were reset before they were accepted. */
static u32 race(enum sched_policy policy, u64 seed, unsigned cpus)
{
	static struct race r;
	static struct client c[2][CLIENTS];

	r = (struct race){ .left = 2 * CLIENTS };
	two_open_as(&r.t, policy, seed,
		    &(struct nic_pair_config){ .delay_ns = 10000 }, cpus, 0,
		    NULL);
	for (int m = 0; m < 2; m++) {
		r.at[m] = (struct place){ .r = &r, .x = r.t.x[m], .me = m };
		thread_of(r.t.x[m], "boss", boss, &r.at[m]);
		for (u32 i = 0; i < CLIENTS; i++) {
			c[m][i] = (struct client){ .at = &r.at[m], .i = i };
			thread_of(r.t.x[m], "client", client, &c[m][i]);
		}
	}
	CHECK_EQ(sched_run(r.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(r.wrong, 0);
	CHECK_EQ(r.left, 0);
	for (int k = 0; k < KINDS; k++)
		CHECK_EQ(r.done[k], 2 * CLIENTS * ROUNDS / KINDS);
	CHECK_EQ(r.sunk, 2 * sunk_by(CLIENTS));
	CHECK(r.rows > 100 && r.asked > 10);
	if (test_.bad)
		printf("  seed %llu, %u CPUs\n", (unsigned long long)seed,
		       cpus);
	no_leak(&r.t);
	two_close(&r.t);
	return r.early;
}

static void at_random(void)
{
	u32 early = 0;

	for (u64 seed = 1; seed <= 20 && !test_.bad; seed++)
		early += race(SCHED_RANDOM, seed, 2 + seed % 3);
	CHECK(early > 10);
}

static void by_priorities(void)
{
	for (u64 seed = 1; seed <= 8 && !test_.bad; seed++)
		(void)race(SCHED_PCT, seed, 2 + seed % 3);
}

static void run_on(void)
{
	(void)race(SCHED_RUN_ON, 1, 4);
}

int main(void)
{
	RUN(at_random);
	RUN(by_priorities);
	RUN(run_on);
	return test_done();
}
