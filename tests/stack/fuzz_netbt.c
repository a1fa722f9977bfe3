// SPDX-License-Identifier: Apache-2.0
/*
 * Bytes of any kind to ports 137, 138 and 139 of a machine with netbt and srv, and
 * as answers to its calls, over its own loopback, with every block of pool at the
 * end of a page.
 *
 * Input: a byte of flags (1: a good session request comes first; 2: the end comes
 * before the answers are read; 4: a byte more, from which the lengths of segments
 * are drawn; 8: the machine calls, and what is sent are the answers; 16: it has
 * to find the name first; 32: a byte more: that allocation from then on fails),
 * then records of two bytes (low first: length; bit 15: a datagram, bit 14: to 138)
 * and what is sent.  At the end there is no bug check, every header of the pool is
 * whole and nothing of netbt's is left.
 */
#include "fuzzed.h"
#include "ex/machine.h"
#include "sched/sched.h"
#include "tdi/tdi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 64u
#define MS 1000000ull

extern const struct io_driver_info io_driver_tcpip, io_driver_netbt,
	io_driver_srv;

struct run {
	struct sched *s;
	struct ex *x;
	struct io_driver *tcpip, *netbt, *srv;
	const uint8_t *d;
	size_t n;
	u8 flags;
	u32 draw;                    /* of segments; 0: whole */
};
enum { REQUEST = 1, END = 2, SEGMENTS = 4, CALLS = 8, FINDS = 16, FAILS = 32 };
#define CALL_PORT 5000u

static const struct tdi_address to = { .family = 4, .ip = { 127, 0, 0, 1 } };

static struct io_file *open_file(struct ex *x, const char *device,
				 enum tdi_file kind, u8 protocol, u16 port)
{
	struct tdi_open o = { .kind = kind, .protocol = protocol,
			      .address = { .family = 4, .port = port } };
	struct io_file *f = NULL;

	must(!ex_failed(io_open(x, device, &o, sizeof(o), &f)), "no file");
	return f;
}

static void send_to(struct io_file *f, enum tdi_minor minor, u16 port,
		    const u8 *p, size_t n)
{
	struct tdi_request r = { .data = (void *)(uintptr_t)p, .length = n,
				 .remote = to };

	r.remote.port = port;
	(void)tdi_call(f, minor, &r);
}

static void session_request(struct io_file *f)
{
	u8 b[72] = { 0x81, 0, 0, 68 };

	for (int i = 0; i < 2; i++) {
		u8 *p = b + 4 + 34 * i;

		p[0] = 32;
		memset(p + 1, 'A', 32);
		for (int k = 0; k < 16; k++) { /* "S", blanks */
			p[1 + 2 * k] = k ? 'C' : 'F';
			p[2 + 2 * k] = k ? 'A' : 'D';
		}
	}
	send_to(f, TDI_SEND, 0, b, sizeof(b));
	ke_sleep(MS);
}

static u8 byte(struct run *r)
{
	if (!r->n)
		return 0;
	r->n--;
	return *r->d++;
}

/* In segments of one to eight bytes, or as it is. */
static void send_stream(struct run *r, struct io_file *c, u32 len)
{
	for (u32 at = 0, part; at < len || !at; at += part) {
		part = len;
		if (r->draw) {
			r->draw = r->draw * 1103515245u + 12345u;
			part = 1 + (r->draw >> 16 & 7);
		}
		if (part > len - at)
			part = len - at;
		send_to(c, TDI_SEND, 0, r->d + at, part);
		if (r->draw)
			ke_sleep(MS / 10);
		if (!len)
			break;
	}
}

/* Up to one for the stream, or all of them. */
static void records(struct run *r, struct io_file *u, struct io_file *c,
		    bool datagrams)
{
	for (u32 k = 0; r->n > 2 && k < RECORDS; k++) {
		u32 v = r->d[0] | (u32)r->d[1] << 8, len = v & 0x3fff;

		if (datagrams && !(v & 0x8000))
			return;
		r->d += 2;
		r->n -= 2;
		if (len > r->n)
			len = (u32)r->n;
		if (v & 0x8000)
			send_to(u, TDI_SEND_DATAGRAM, v & 0x4000 ? 138 : 137,
				r->d, len);
		else
			send_stream(r, c, len);
		r->d += len;
		r->n -= len;
		ke_sleep(MS);
	}
}

/* A client of netbt's on the machine itself: it calls "P" (from "C"), sends a
 * message and reads what comes in pieces. */
static void caller(void *ctx)
{
	struct run *r = ctx;
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };
	struct tdi_request q = { .remote = { .family = 17,
					     .port = CALL_PORT } };
	struct io_file *a = NULL, *c = NULL;
	u8 b[100] = { 0 };

	memset(o.address.netbios, 'C', 16);
	memset(q.remote.netbios, 'P', 16);
	if (!(r->flags & FINDS))
		memcpy(q.remote.ip, to.ip, 4);
	if (ex_failed(io_open(r->x, "\\Device\\NetBT", &o, sizeof(o), &a)))
		return;
	o.kind = TDI_CONNECTION_FILE;
	q.address = a;
	if (!ex_failed(io_open(r->x, "\\Device\\NetBT", &o, sizeof(o), &c)) &&
	    !ex_failed(tdi_call(c, TDI_ASSOCIATE, &q)) &&
	    !ex_failed(tdi_call(c, TDI_CONNECT, &q))) {
		send_to(c, TDI_SEND, 0, b, sizeof(b));
		do
			q = (struct tdi_request){ .data = b,
						  .length = sizeof(b) };
		while (!ex_failed(tdi_call(c, TDI_RECEIVE, &q)));
	}
	if (c)
		io_close(c);
	io_close(a);
}

/* Somebody has called within a while. */
static bool listened(struct run *r, struct io_file *c)
{
	struct tdi_request q = { .length = 0 };
	struct irp *irp = io_irp_alloc(r->x);
	struct ke_event done;
	bool ok;

	if (!irp)
		return false;
	ke_event_init(&done, "listened", false, false);
	irp->event = &done;
	tdi_fill(irp, c, TDI_LISTEN, &q);
	(void)io_call(c->device, irp);
	if (ke_wait(&done, 1000 * MS) == EX_TIMEOUT) {
		(void)io_cancel(irp);
		(void)ke_wait(&done, KE_FOREVER);
	}
	ok = !ex_failed(irp->status);
	io_irp_free(r->x, irp);
	return ok;
}

static void be_called(struct run *r, struct io_file *u, struct io_file *c)
{
	struct ke_thread *t = ke_thread_create(r->x, "caller", 8, caller, r);

	if (!t)
		return;
	ke_thread_put(t);
	if (r->flags & FINDS) { /* when it has claimed its own name */
		ke_sleep(800 * MS);
		records(r, u, c, true);
	}
	(void)listened(r, c);
}

static void talk(struct run *r, struct io_file *a, struct io_file *c)
{
	struct io_file *u = open_file(r->x, "\\Device\\Udp", TDI_ADDRESS_FILE,
				      17, 0);
	struct tdi_request q = { .address = a };

	(void)tdi_call(c, TDI_ASSOCIATE, &q);
	if (r->flags & SEGMENTS)
		r->draw = byte(r) + 1;
	if (r->flags & FAILS)
		r->x->config.alloc_fail_at = r->x->allocations + 1 + byte(r);
	if (r->flags & CALLS) {
		be_called(r, u, c);
	} else {
		send_to(c, TDI_CONNECT, 139, NULL, 0);
		if (r->flags & REQUEST)
			session_request(c);
	}
	records(r, u, c, false);
	q.flags = TDI_DISCONNECT_RELEASE;
	if (r->flags & END)
		(void)tdi_call(c, TDI_DISCONNECT, &q);
	ke_sleep(100 * MS);
	io_close(u);
}

static void client(void *ctx)
{
	struct run *r = ctx;
	struct io_file *a, *c;

	r->flags = byte(r);
	a = open_file(r->x, "\\Device\\Tcp", TDI_ADDRESS_FILE, 6,
		      r->flags & CALLS ? CALL_PORT : 0);
	c = open_file(r->x, "\\Device\\Tcp", TDI_CONNECTION_FILE, 6, 0);
	talk(r, a, c);
	io_close(c);
	io_close(a);
}

static void begin(struct run *r)
{
	r->s = sched_new(&(struct sched_config){ .seed = 1,
						 .max_steps = 5000000 });
	r->x = r->s ? ex_new(&(struct ex_config){ .cpus = 1,
				/* it sees as much, and costs nothing */
				.special_pool = !CO_ASAN,
				.nonpaged_limit = 64 << 20 }, r->s) : NULL;
	must(r->x, "no machine");
	io_builtin(r->x, &io_driver_tcpip);
	io_builtin(r->x, &io_driver_netbt);
	io_builtin(r->x, &io_driver_srv);
	must(!ex_failed(io_load(r->x, "tcpip", "", &r->tcpip)), "no tcpip");
	tdi_set_checked(r->x, true);
	must(!ex_failed(io_load(r->x, "netbt", "ip=127.0.0.1 "
			"broadcast=127.0.0.1", &r->netbt)), "no netbt");
	must(!ex_failed(io_load(r->x, "srv", "name=s sessions=1", &r->srv)),
	     "no srv");
	(void)sched_run_to(r->s, sched_now(r->s) + MS);
}

static void end(struct run *r)
{
	r->x->config.alloc_fail_at = 0;
	if (ex_stopped(r->x) > EX_IDLE)
		must(false, ex_stop_text(r->x));
	must(!ex_failed(io_unload(r->srv)), "srv stays");
	must(!ex_failed(io_unload(r->netbt)), "netbt stays");
	fuzzed_nothing_left(r->x, "NbtGNbtDNbtCNbtLNbtANbtNNbtOLSgnLSmb");
	must(!ex_failed(io_unload(r->tcpip)), "tcpip stays");
	ex_free(r->x);
	sched_free(r->s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .d = data, .n = size };
	struct ke_thread *t;

	if (!size)
		return 0;
	begin(&r);
	t = ke_thread_create(r.x, "client", 8, client, &r);
	must(t, "no thread");
	ke_thread_put(t);
	(void)sched_run(r.s, NULL, NULL);
	end(&r);
	return 0;
}
