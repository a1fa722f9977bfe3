// SPDX-License-Identifier: Apache-2.0
/* TCP when memory fails, and when every message comes back over loopback in the
 * call that sends it. */
#include "two.h"

#include "trace/trace.h"

/* --- memory --------------------------------------------------------------------------- */

struct poor {
	struct two t;
	u8 in[4096], out[4096];
	bool opened[2];
};

static void poor_server(void *ctx)
{
	struct poor *p = ctx;
	struct tdi_end e = { 0 };
	size_t n = 0;

	if (!ex_failed(end_open(p->t.x[1], &e, 7)) && !ex_failed(end_listen(&e)))
		while (!ex_failed(end_receive(&e, p->in, sizeof(p->in), 0,
					      &n)) && n)
			if (ex_failed(end_send(&e, p->in, n, 0)))
				break;
	if (e.connection)
		(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
}

static void poor_client(void *ctx)
{
	struct poor *p = ctx;
	struct tdi_end e = { 0 };
	size_t n = 0;

	ke_sleep(1000000);
	if (!ex_failed(end_open(p->t.x[0], &e, 0)) &&
	    !ex_failed(end_connect(&e, 1, 7)) &&
	    !ex_failed(end_send(&e, p->out, sizeof(p->out), 0)) &&
	    !ex_failed(end_disconnect(&e, TDI_DISCONNECT_RELEASE)))
		while (!ex_failed(end_receive(&e, p->out, sizeof(p->out), 0,
					      &n)) && n)
			;
	end_close(&e);
}

/* The nth allocation from here on, of both machines, fails. */
static void poor_run(u64 nth)
{
	static struct poor p;
	char why[128];
	enum ex_stop st;
	u64 failed = 0;

	memset(&p, 0, sizeof(p));
	two_open(&p.t, nth, &(struct nic_pair_config){ .delay_ns = 10000 }, 1,
		 0, nth % 2 ? " personality=modern" : NULL);
	for (int i = 0; i < 2; i++) {
		p.t.x[i]->config.alloc_fail_at = p.t.x[i]->allocations + nth;
	}
	thread_of(p.t.x[1], "server", poor_server, &p);
	thread_of(p.t.x[0], "client", poor_client, &p);
	st = sched_run(p.t.s, NULL, NULL);
	CHECK(st == EX_IDLE || st == EX_DEADLOCK); /* a server may wait on */
	for (int i = 0; i < 2; i++) {
		struct ex_pool_state s;

		ex_pool_state(p.t.x[i], EX_NONPAGED, &s);
		failed += s.failed;
		CHECK(ex_bugcheck(p.t.x[i]) == NULL);
		CHECK(ex_pool_check(p.t.x[i], EX_NONPAGED, why, sizeof(why)));
	}
	CHECK(nth > 20 || failed > 0);
	for (int i = 0; i < 2; i++)
		ex_free(p.t.x[i]);
	nic_pair_free(p.t.link);
	sched_free(p.t.s);
}

static void memory_fails(void)
{
	for (u64 n = 3; n < 250 && !test_.bad; n++) {
		poor_run(n);
		if (test_.bad)
			printf("  allocation %d\n", (int)n);
	}
}

/* --- a chain of connections over loopback ------------------------------------------------ */

#define LINKS 24u
struct chain {
	struct machine m;
	struct tdi_end in[LINKS], out[LINKS];
	struct irp *irp[LINKS];
	struct tdi_request r[LINKS];
	u8 byte[LINKS];
	u32 got, deepest;
};

struct pass_on {
	struct chain *c;
	u32 i;
};

/* What comes in at i goes out at i + 1, from within the indication. */
static enum ex_status on_byte(void *context, void *connection_context,
			      u32 flags, u32 indicated, u32 available,
			      u32 *taken, const u8 *data,
			      struct ndis_buffer *chain, struct irp **irp)
{
	struct chain *c = context;
	struct tdi_end *e = connection_context;
	u32 i = (u32)(e - c->in);

	(void)flags;
	(void)available;
	(void)chain;
	(void)irp;
	*taken = indicated;
	c->got++;
	if (i + 1 == LINKS)
		return EX_SUCCESS;
	c->byte[i] = data[0];
	c->r[i] = (struct tdi_request){ .data = &c->byte[i], .length = 1 };
	tdi_fill(c->irp[i], c->out[i + 1].connection, TDI_SEND, &c->r[i]);
	io_call(c->out[i + 1].connection->device, c->irp[i]);
	return EX_SUCCESS;
}

RACE_BLIND static void see(void *ctx, struct ex *x, const struct trace_record *r)
{
	struct chain *c = ctx;

	(void)x;
	if (r->event == TRACE_tcp_delayq_enter && r->a[1] > c->deepest)
		c->deepest = (u32)r->a[1];
}

static void listener(void *ctx)
{
	struct pass_on *p = ctx;

	CHECK_EQ(end_listen(&p->c->in[p->i]), EX_SUCCESS);
}

static void links(void *ctx)
{
	struct chain *c = ctx;
	struct pass_on p[LINKS];

	for (u32 i = 0; i < LINKS; i++) {
		struct tdi_request r = { .remote = { .family = 4,
						     .ip = { 127, 0, 0, 1 },
						     .port = (u16)(100 + i) } };

		c->irp[i] = io_irp_alloc(c->m.x);
		p[i] = (struct pass_on){ c, i };
		CHECK_EQ(end_open(c->m.x, &c->in[i], (u16)(100 + i)),
			 EX_SUCCESS);
		CHECK_EQ(tdi_set_event(c->in[i].address, TDI_EVENT_RECEIVE,
				       on_byte, c), EX_SUCCESS);
		thread_of(c->m.x, "listener", listener, &p[i]);
		ke_sleep(1000000);
		CHECK_EQ(end_open(c->m.x, &c->out[i], 0), EX_SUCCESS);
		CHECK_EQ(tdi_call(c->out[i].connection, TDI_CONNECT, &r),
			 EX_SUCCESS);
		ke_sleep(1000000);
	}
	CHECK_EQ(end_send(&c->out[0], "x", 1, 0), EX_SUCCESS);
	ke_sleep(1000000000);
	for (u32 i = 0; i < LINKS; i++) {
		end_close(&c->out[i]);
		end_close(&c->in[i]);
		io_irp_free(c->m.x, c->irp[i]);
	}
}

static void loopback_stays_flat(void)
{
	static struct chain c;
	struct io_driver *d;
	const char *b = getenv("B");
	char path[256];

	memset(&c, 0, sizeof(c));
	c.m = machine_new(1, 1);
	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	io_driver_path(c.m.x, path);
	CHECK_EQ(io_load(c.m.x, "tcpip", "", &d), EX_SUCCESS);
	trace_sink(c.m.x, see, &c);
	thread_of(c.m.x, "links", links, &c);
	CHECK_EQ(sched_run(c.m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c.got, LINKS);
	CHECK_EQ(c.deepest, 1);
	trace_sink(c.m.x, NULL, NULL);
	CHECK_EQ(io_unload(d), EX_SUCCESS);
	machine_free(&c.m);
}

int main(void)
{
	RUN(memory_fails);
	RUN(loopback_stays_flat);
	return test_done();
}
