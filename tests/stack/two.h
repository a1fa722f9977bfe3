// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of TCP share: two machines with tcpip on a link (10.0.0.1 and
 * 10.0.0.2), and the calls of a TDI client in their threads.
 */
#ifndef TESTS_STACK_TWO_H
#define TESTS_STACK_TWO_H

#include "machine.h"
#include "nic/nic.h"
#include "tdi/tdi.h"

#include <string.h>

struct two {
	struct sched *s;
	struct ex *x[2];
	struct nic_pair *link;
	struct io_driver *driver[2];
	u64 used[2];                 /* pool before anything was opened */
};

static inline u64 two_used(struct ex *x)
{
	struct ex_pool_state p;

	ex_pool_state(x, EX_NONPAGED, &p);
	return p.bytes;
}

static inline void two_log(void *ctx, const char *line)
{
	printf("%s: %s\n", ex_name(ctx), line);
}

/* more: options of both drivers, with a blank in front */
static inline void two_open_as(struct two *t, enum sched_policy policy,
			       u64 seed, const struct nic_pair_config *link,
			       unsigned cpus, u32 offloads, const char *more)
{
	const char *b = getenv("B");
	struct ndis_adapter_info info[2];
	char text[256];

	*t = (struct two){ .s = sched_new(&(struct sched_config){
				   .policy = policy, .seed = seed,
				   .max_steps = 1000000000 }) };
	for (int i = 0; i < 2; i++) {
		info[i] = (struct ndis_adapter_info){
			.name = "eth0", .address = { 2, 0, 0, 0, 0, (u8)(i + 1) },
			.max_frame = 1500, .link_bps_100 = 10000000,
			.offloads = offloads };
		t->x[i] = ex_new(&(struct ex_config){
					 .name = i ? "b" : "a", .cpus = cpus,
					 .nonpaged_limit = 1u << 30 }, t->s);
		ex_log_to(t->x[i], two_log, t->x[i]);
		snprintf(text, sizeof(text), "%s/drivers",
			 b ? b : "build/dev");
		io_driver_path(t->x[i], text);
	}
	t->link = nic_pair_new(t->x[0], &info[0], t->x[1], &info[1], link);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "ip=10.0.0.%d/24%s", i + 1,
			 more ? more : "");
		CHECK_EQ(io_load(t->x[i], "tcpip", text, &t->driver[i]),
			 EX_SUCCESS);
	}
	(void)sched_run_to(t->s, 1000000);
	for (int i = 0; i < 2; i++)
		t->used[i] = two_used(t->x[i]);
}

static inline void two_open(struct two *t, u64 seed,
			    const struct nic_pair_config *link, unsigned cpus,
			    u32 offloads, const char *more)
{
	two_open_as(t, SCHED_RANDOM, seed, link, cpus, offloads, more);
}

static inline void two_close(struct two *t)
{
	for (int i = 0; i < 2; i++)
		CHECK_EQ(io_unload(t->driver[i]), EX_SUCCESS);
	for (int i = 0; i < 2; i++)
		ex_free(t->x[i]);
	nic_pair_free(t->link);
	sched_free(t->s);
}

/* --- a client ------------------------------------------------------------------------ */

struct tdi_end {
	struct io_file *address, *connection;
};

static inline struct tdi_address two_address(int i, u16 port)
{
	return (struct tdi_address){ .family = 4, .port = port,
				     .ip = { 10, 0, 0, (u8)(i + 1) } };
}

/* device: of the family, "\\Device\\Tcp" or "\\Device\\Tcp6" */
static inline enum ex_status end_open_of(struct ex *x, struct tdi_end *e,
					 const char *device, u8 family,
					 u16 port)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = family, .port = port } };
	struct tdi_request r = { 0 };
	enum ex_status st;

	e->address = e->connection = NULL;
	st = io_open(x, device, &o, sizeof(o), &e->address);
	if (ex_failed(st))
		return st;
	o.kind = TDI_CONNECTION_FILE;
	o.context = e;
	st = io_open(x, device, &o, sizeof(o), &e->connection);
	if (ex_failed(st))
		return st;
	r.address = e->address;
	return tdi_call(e->connection, TDI_ASSOCIATE, &r);
}

static inline enum ex_status end_open(struct ex *x, struct tdi_end *e,
				      u16 port)
{
	return end_open_of(x, e, "\\Device\\Tcp", 4, port);
}

static inline void end_close(struct tdi_end *e)
{
	if (e->connection)
		io_close(e->connection);
	if (e->address)
		io_close(e->address);
	e->connection = e->address = NULL;
}

static inline enum ex_status end_connect(struct tdi_end *e, int to, u16 port)
{
	struct tdi_request r = { .remote = two_address(to, port) };

	return tdi_call(e->connection, TDI_CONNECT, &r);
}

static inline enum ex_status end_listen(struct tdi_end *e)
{
	struct tdi_request r = { 0 };

	return tdi_call(e->connection, TDI_LISTEN, &r);
}

static inline enum ex_status end_send(struct tdi_end *e, const void *p,
				      size_t n, u32 flags)
{
	struct tdi_request r = { .data = (void *)(uintptr_t)p, .length = n,
				 .flags = flags };

	return tdi_call(e->connection, TDI_SEND, &r);
}

static inline enum ex_status end_receive(struct tdi_end *e, void *p, size_t n,
					 u32 flags, size_t *moved)
{
	struct tdi_request r = { .data = p, .length = n, .flags = flags };
	enum ex_status st = tdi_call(e->connection, TDI_RECEIVE, &r);

	*moved = r.moved;
	return st;
}

static inline enum ex_status end_disconnect(struct tdi_end *e, u32 flags)
{
	struct tdi_request r = { .flags = flags };

	return tdi_call(e->connection, TDI_DISCONNECT, &r);
}

static inline u8 end_state(struct tdi_end *e)
{
	struct tdi_tcp_info i = { 0 };
	struct tdi_request r = { .info = TDI_CONNECTION_STATE, .value = &i,
				 .value_length = sizeof(i) };

	(void)tdi_call(e->connection, TDI_QUERY_INFORMATION, &r);
	return i.state;
}

#endif
