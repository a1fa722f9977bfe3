// SPDX-License-Identifier: Apache-2.0
/* TDI's events: connections that are accepted, data taken in parts, the end. */
#include "two.h"

/* A server that takes what chance says of each indication. */
struct server {
	struct two t;
	struct tdi_end e;
	struct irp *accept, *receive;
	struct tdi_request accept_r, receive_r;
	u8 room[64];
	u8 got[70000];
	u32 n, indications, refusals, partial;
	bool stop, use_irp, ended, aborted;
	enum ex_status end_why, accepted;
	u64 random;
	struct ke_event go, over;
};

static void accept_done(void *ctx, struct irp *irp)
{
	((struct server *)ctx)->accepted = irp->status;
}

static enum ex_status on_connect(void *context,
				 const struct tdi_address *remote,
				 void **connection_context,
				 struct irp **accept)
{
	struct server *s = context;

	CHECK_EQ(remote->family, 4);
	CHECK_EQ(remote->ip[3], 1);
	if (!s->accept)
		return EX_CONNECTION_REFUSED;
	*connection_context = s;
	*accept = s->accept;
	s->accept = NULL;
	return EX_SUCCESS;
}

static u32 chance(struct server *s, u32 below)
{
	s->random = s->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (u32)(s->random >> 33) % below;
}

/* The bytes of a RECEIVE that an indication handed down. */
static void receive_done(void *ctx, struct irp *irp)
{
	struct server *s = ctx;

	CHECK_EQ(irp->information, s->receive_r.moved);
	memcpy(s->got + s->n, s->room, s->receive_r.moved);
	s->n += (u32)s->receive_r.moved;
	s->receive = irp;
	if (s->stop)
		ke_event_set(&s->go);
}

static enum ex_status on_receive(void *context, void *connection_context,
				 u32 flags, u32 indicated, u32 available,
				 u32 *taken, const u8 *data,
				 struct ndis_buffer *chain, struct irp **irp)
{
	struct server *s = context;
	u32 take = chance(s, indicated + 1);

	CHECK(connection_context == s);
	CHECK_EQ(flags, TDI_RECEIVE_NORMAL);
	CHECK(indicated <= available);
	CHECK(chain != NULL && chain->data == data);
	s->indications++;
	if (s->n + available > sizeof(s->got))
		return EX_DATA_NOT_ACCEPTED;
	memcpy(s->got + s->n, data, take);
	s->n += take;
	*taken = take;
	if (take < indicated && s->receive) {
		s->partial++;
		s->receive_r = (struct tdi_request){ .data = s->room,
						     .length = sizeof(s->room) };
		io_irp_reuse(s->receive);
		s->receive->done = receive_done;
		s->receive->done_context = s;
		tdi_fill(s->receive, s->e.connection, TDI_RECEIVE,
			 &s->receive_r);
		*irp = s->receive;
		s->receive = NULL;
		return EX_MORE_PROCESSING_REQUIRED;
	}
	return EX_SUCCESS;
}

static void on_disconnect(void *context, void *connection_context, u32 flags,
			  enum ex_status why)
{
	struct server *s = context;

	CHECK(connection_context == s);
	s->ended |= flags == TDI_DISCONNECT_RELEASE;
	s->aborted |= flags == TDI_DISCONNECT_ABORT;
	s->end_why = why;
	ke_event_set(&s->over);
}

static void server(void *ctx)
{
	struct server *s = ctx;
	struct ex *x = s->t.x[1];

	ke_event_init(&s->over, "over", false, false);
	CHECK_EQ(end_open(x, &s->e, 7), EX_SUCCESS);
	tdi_set_event(s->e.address, TDI_EVENT_CONNECT, on_connect, s);
	tdi_set_event(s->e.address, TDI_EVENT_RECEIVE, on_receive, s);
	tdi_set_event(s->e.address, TDI_EVENT_DISCONNECT, on_disconnect, s);
	s->accept = io_irp_alloc(x);
	s->receive = io_irp_alloc(x);
	s->accept->done = accept_done;
	s->accept->done_context = s;
	tdi_fill(s->accept, s->e.connection, TDI_ACCEPT, &s->accept_r);
}

static void finish(void *ctx)
{
	struct server *s = ctx;

	end_close(&s->e);
	if (s->receive)
		io_irp_free(s->t.x[1], s->receive);
}

static u8 byte_at(u64 i)
{
	return (u8)(i * 29 + (i >> 8));
}

struct client {
	struct server *s;
	struct tdi_end e;
	u32 bytes;
	u32 how;
	enum ex_status st;
};

static void client(void *ctx)
{
	struct client *c = ctx;
	u8 *b = ex_alloc(c->s->t.x[0], EX_NONPAGED, c->bytes + 1, 1);

	for (u32 i = 0; i < c->bytes; i++)
		b[i] = byte_at(i);
	CHECK_EQ(end_open(c->s->t.x[0], &c->e, 0), EX_SUCCESS);
	c->st = end_connect(&c->e, 1, 7);
	if (!ex_failed(c->st) && c->bytes)
		c->st = end_send(&c->e, b, c->bytes, 0);
	if (!ex_failed(c->st))
		c->st = end_disconnect(&c->e, c->how);
	ex_free_pool(c->s->t.x[0], b, 1);
}

static void close_client(void *ctx)
{
	end_close(&((struct client *)ctx)->e);
}

static void taken_in_parts(void)
{
	for (u64 seed = 1; seed <= 20 && !test_.bad; seed++) {
		static struct server s;
		struct client c = { .s = &s, .bytes = 60000,
				    .how = TDI_DISCONNECT_RELEASE };
		bool same = true;

		memset(&s, 0, sizeof(s));
		s.random = seed;
		two_open(&s.t, seed, &(struct nic_pair_config){
					     .delay_ns = 10000 }, 2, 0, NULL);
		CHECK(ex_call(s.t.x[1], server, &s));
		thread_of(s.t.x[0], "client", client, &c);
		(void)sched_run_to(s.t.s, 5000000000);
		CHECK_EQ(c.st, EX_SUCCESS);
		CHECK_EQ(s.accepted, EX_SUCCESS);
		/* Without a RECEIVE in hand what is left waits for one. */
		CHECK(s.n > 0);
		for (u32 i = 0; i < s.n; i++)
			same &= s.got[i] == byte_at(i);
		CHECK(same);
		CHECK(ex_call(s.t.x[0], close_client, &c));
		CHECK(ex_call(s.t.x[1], finish, &s));
		(void)sched_run(s.t.s, NULL, NULL);
		two_close(&s.t);
	}
}

/* Refuses once, and asks for it before the refusal has arrived, as another CPU
 * may; then takes all. */
static enum ex_status ask_and_refuse(void *context, void *connection_context,
				     u32 flags, u32 indicated, u32 available,
				     u32 *taken, const u8 *data,
				     struct ndis_buffer *chain, struct irp **irp)
{
	struct server *s = context;

	(void)connection_context;
	(void)flags;
	(void)available;
	(void)chain;
	(void)irp;
	if (!s->refusals++) {
		s->receive_r = (struct tdi_request){ .data = s->room,
						     .length = sizeof(s->room) };
		s->receive->done = receive_done;
		s->receive->done_context = s;
		tdi_fill(s->receive, s->e.connection, TDI_RECEIVE,
			 &s->receive_r);
		io_call(s->e.connection->device, s->receive);
		return EX_DATA_NOT_ACCEPTED;
	}
	memcpy(s->got + s->n, data, indicated);
	s->n += indicated;
	*taken = indicated;
	return EX_SUCCESS;
}

static void asker(void *ctx)
{
	struct server *s = ctx;

	server(s);
	tdi_set_event(s->e.address, TDI_EVENT_RECEIVE, ask_and_refuse, s);
}

/* A RECEIVE lets indications go on, whenever it comes. */
static void asked_for_meanwhile(void)
{
	static struct server s;
	struct client c = { .s = &s, .bytes = 60000,
			    .how = TDI_DISCONNECT_RELEASE };
	bool same = true;

	memset(&s, 0, sizeof(s));
	two_open(&s.t, 1, &(struct nic_pair_config){ .delay_ns = 10000 }, 1, 0,
		 NULL);
	CHECK(ex_call(s.t.x[1], asker, &s));
	thread_of(s.t.x[0], "client", client, &c);
	(void)sched_run_to(s.t.s, 5000000000);
	CHECK_EQ(s.n, c.bytes);
	CHECK(s.ended);
	for (u32 i = 0; i < s.n; i++)
		same &= s.got[i] == byte_at(i);
	CHECK(same);
	CHECK(ex_call(s.t.x[0], close_client, &c));
	CHECK(ex_call(s.t.x[1], finish, &s));
	(void)sched_run(s.t.s, NULL, NULL);
	two_close(&s.t);
}

/* --- ends --------------------------------------------------------------------------- */

static void ends(u32 how, bool refuse, enum ex_status want)
{
	static struct server s;
	struct client c = { .s = &s, .how = how };

	memset(&s, 0, sizeof(s));
	two_open(&s.t, 1, &(struct nic_pair_config){ .delay_ns = 10000 }, 1, 0,
		 NULL);
	CHECK(ex_call(s.t.x[1], server, &s));
	if (refuse) {
		io_irp_free(s.t.x[1], s.accept);
		s.accept = NULL;
	}
	thread_of(s.t.x[0], "client", client, &c);
	(void)sched_run_to(s.t.s, 3000000000);
	CHECK_EQ(c.st, want);
	CHECK_EQ(s.ended, !refuse && how == TDI_DISCONNECT_RELEASE);
	CHECK_EQ(s.aborted, !refuse && how == TDI_DISCONNECT_ABORT);
	if (s.aborted)
		CHECK_EQ(s.end_why, EX_CONNECTION_RESET);
	CHECK(ex_call(s.t.x[0], close_client, &c));
	CHECK(ex_call(s.t.x[1], finish, &s));
	(void)sched_run(s.t.s, NULL, NULL);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(tag_bytes(s.t.x[i], EX_NONPAGED,
				   EX_TAG('T', 'C', 'P', 'b')), 0);
	two_close(&s.t);
}

static void release_is_told(void)
{
	ends(TDI_DISCONNECT_RELEASE, false, EX_SUCCESS);
}

static void abort_is_told(void)
{
	ends(TDI_DISCONNECT_ABORT, false, EX_SUCCESS);
}

/* --- nobody there ---------------------------------------------------------------------- */

struct alone {
	struct two t;
	enum ex_status st[4];
	struct irp *irp;
};

static void nobody(void *ctx)
{
	struct alone *a = ctx;
	struct tdi_end e;
	u8 b[4];
	size_t n;

	CHECK_EQ(end_open(a->t.x[0], &e, 0), EX_SUCCESS);
	a->st[0] = end_connect(&e, 1, 9);
	a->st[1] = end_send(&e, "x", 1, 0);
	a->st[2] = end_receive(&e, b, 4, 0, &n);
	end_close(&e);
}

static void refused(void)
{
	struct alone a = { .st = { EX_PENDING, EX_PENDING, EX_PENDING } };

	two_open(&a.t, 1, &(struct nic_pair_config){ .delay_ns = 10000 }, 1, 0,
		 NULL);
	thread_of(a.t.x[0], "nobody", nobody, &a);
	CHECK_EQ(sched_run(a.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(a.st[0], EX_CONNECTION_REFUSED);
	CHECK_EQ(a.st[1], EX_CONNECTION_REFUSED);
	CHECK_EQ(a.st[2], EX_CONNECTION_REFUSED);
	two_close(&a.t);
}

static void silence(void)
{
	struct alone a = { .st = { EX_PENDING, EX_PENDING, EX_PENDING } };
	u64 began;

	two_open(&a.t, 1, &(struct nic_pair_config){ .loss = 1 }, 1, 0,
		 " personality=nt4");
	began = sched_now(a.t.s);
	thread_of(a.t.x[0], "nobody", nobody, &a);
	CHECK_EQ(sched_run(a.t.s, NULL, NULL), EX_IDLE);
	/* 3, 6, 12, 24 s: four SYNs. ARP may know earlier. */
	CHECK(a.st[0] == EX_IO_TIMEOUT || a.st[0] == EX_HOST_UNREACHABLE);
	CHECK(sched_now(a.t.s) - began <= 46000000000);
	two_close(&a.t);
}

static void listens(void *ctx)
{
	struct alone *a = ctx;
	struct tdi_end e;
	struct tdi_request r = { 0 };

	CHECK_EQ(end_open(a->t.x[0], &e, 7), EX_SUCCESS);
	a->irp = io_irp_alloc(a->t.x[0]);
	tdi_fill(a->irp, e.connection, TDI_LISTEN, &r);
	CHECK_EQ(io_call(e.connection->device, a->irp), EX_PENDING);
	CHECK(io_cancel(a->irp));
	a->st[0] = a->irp->status;
	io_irp_reuse(a->irp);
	tdi_fill(a->irp, e.connection, TDI_LISTEN, &r);
	CHECK_EQ(io_call(e.connection->device, a->irp), EX_PENDING);
	end_close(&e);
	a->st[1] = a->irp->status;
	io_irp_free(a->t.x[0], a->irp);
}

static void listen_ends(void)
{
	struct alone a = { 0 };

	two_open(&a.t, 1, &(struct nic_pair_config){ 0 }, 1, 0, NULL);
	CHECK(ex_call(a.t.x[0], listens, &a));
	CHECK_EQ(a.st[0], EX_CANCELLED);
	CHECK_EQ(a.st[1], EX_CANCELLED);
	two_close(&a.t);
}

int main(void)
{
	RUN(taken_in_parts);
	RUN(asked_for_meanwhile);
	RUN(release_is_told);
	RUN(abort_is_told);
	RUN(refused);
	RUN(silence);
	RUN(listen_ends);
	return test_done();
}
