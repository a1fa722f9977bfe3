// SPDX-License-Identifier: Apache-2.0
/*
 * Bytes of any kind to ports 139 and 137 of a machine with netbt and srv, over
 * its own loopback, with every block of pool at the end of a page.
 *
 * Input: a byte of flags (1: a good session request comes first; 2: the end
 * comes before the answers are read), then records of two bytes (low first:
 * length; top bit: a datagram to 137) and what is sent.  At the end there is no
 * bug check, every header of the pool is whole and nothing of netbt's is left.
 */
#include "../fuzz/fuzz.h"
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
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static const struct tdi_address to = { .family = 4, .ip = { 127, 0, 0, 1 } };

static struct io_file *open_file(struct ex *x, const char *device,
				 enum tdi_file kind, u8 protocol)
{
	struct tdi_open o = { .kind = kind, .protocol = protocol,
			      .address = { .family = 4 } };
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

static void client(void *ctx)
{
	struct run *r = ctx;
	struct io_file *u = open_file(r->x, "\\Device\\Udp", TDI_ADDRESS_FILE,
				      17);
	struct io_file *a = open_file(r->x, "\\Device\\Tcp", TDI_ADDRESS_FILE,
				      6);
	struct io_file *c = open_file(r->x, "\\Device\\Tcp",
				      TDI_CONNECTION_FILE, 6);
	struct tdi_request q = { .address = a };
	u8 flags = *r->d++;

	r->n--;
	(void)tdi_call(c, TDI_ASSOCIATE, &q);
	send_to(c, TDI_CONNECT, 139, NULL, 0);
	if (flags & 1)
		session_request(c);
	for (u32 k = 0; r->n > 2 && k < RECORDS; k++) {
		u32 v = r->d[0] | (u32)r->d[1] << 8, len = v & 0x7fff;

		r->d += 2;
		r->n -= 2;
		if (len > r->n)
			len = (u32)r->n;
		if (v & 0x8000)
			send_to(u, TDI_SEND_DATAGRAM, 137, r->d, len);
		else
			send_to(c, TDI_SEND, 0, r->d, len);
		r->d += len;
		r->n -= len;
		ke_sleep(MS);
	}
	q.flags = TDI_DISCONNECT_RELEASE;
	if (flags & 2)
		(void)tdi_call(c, TDI_DISCONNECT, &q);
	ke_sleep(100 * MS);
	io_close(c);
	io_close(a);
	io_close(u);
}

static void begin(struct run *r)
{
	r->s = sched_new(&(struct sched_config){ .seed = 1,
						 .max_steps = 5000000 });
	r->x = r->s ? ex_new(&(struct ex_config){ .cpus = 1,
				.special_pool = true,
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

static u64 left(struct ex *x)
{
	static const char tags[] = "NbtGNbtDNbtCNbtLNbtANbtNNbtOLSgnLSmb";
	struct ex_pool_tag t;
	u64 sum = 0;

	for (size_t i = 0; ex_pool_tag(x, EX_NONPAGED, i, &t); i++)
		for (const char *p = tags; *p; p += 4)
			if (t.tag == EX_TAG(p[0], p[1], p[2], p[3]))
				sum += t.bytes;
	return sum;
}

static void end(struct run *r)
{
	char why[200] = "";

	if (ex_stopped(r->x) > EX_IDLE)
		must(false, ex_stop_text(r->x));
	must(!ex_failed(io_unload(r->srv)), "srv stays");
	must(!ex_failed(io_unload(r->netbt)), "netbt stays");
	must(!left(r->x), "pool is left");
	must(ex_pool_check(r->x, EX_NONPAGED, why, sizeof(why)), why);
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
