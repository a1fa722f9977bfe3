// SPDX-License-Identifier: Apache-2.0
/* What the transports and adapters have: a netstat. */
#include "stat.h"

#include "../drivers/inet/table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED",
	"FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
	"TIME_WAIT",
};
#define STATES (sizeof(states) / sizeof(*states))

static const char *const devices[] = { "\\Device\\Tcp", "\\Device\\Tcp6" };

struct asking {
	struct ex *x;
	const char *device;
	struct inet_ask a;
	bool ok;
};

static void ask(void *ctx)
{
	struct asking *q = ctx;
	struct io_device *d = io_device_find(q->x, q->device);
	struct irp *irp = d ? io_irp_alloc(q->x) : NULL;
	struct io_stack *here;

	if (!irp)
		return;
	here = io_next(irp);
	here->major = IO_DEVICE_CONTROL;
	here->device = d;
	here->code = INET_TABLE;
	here->buffer = &q->a;
	here->length = sizeof(q->a);
	q->ok = !ex_failed(io_sync(d, irp));
	io_irp_free(q->x, irp);
}

/* The rows of a device's table, to be freed; false: there is no such device. */
static bool table(struct ex *x, size_t device, enum inet_table t,
		  struct asking *q)
{
	*q = (struct asking){ .x = x, .device = devices[device],
			      .a.table = t };
	if (!ex_call(x, ask, q) || !q->ok)
		return false;
	do {
		free(q->a.row);
		/* and those that come in between */
		q->a.room = q->a.total + q->a.total / 8 + 16;
		q->a.row = calloc(q->a.room, sizeof(*q->a.row));
		q->ok = false;
		q->ok = q->a.row && ex_call(x, ask, q) && q->ok;
	} while (q->ok && q->a.total > q->a.room);
	if (!q->ok)
		free(q->a.row);
	return q->ok;
}

static void put_address(struct out *o, const char *key,
			const struct tdi_address *a)
{
	char ip[INET6_ADDRSTRLEN] = "?", text[INET6_ADDRSTRLEN + 8];

	inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->ip, ip, sizeof(ip));
	snprintf(text, sizeof(text), a->family == 6 ? "[%s]:%u" : "%s:%u", ip,
		 a->port);
	out_str(o, key, -22, text);
}

static void put_connection(struct out *o, const struct inet_row *r)
{
	const struct tdi_tcp_info *i = &r->info;

	out_str(o, "proto", -5, r->local.family == 6 ? "tcp6" : "tcp");
	put_address(o, "local", &r->local);
	put_address(o, "remote", &r->remote);
	out_str(o, "state", -12, i->state < STATES ? states[i->state] : "?");
	out_num(o, "recv_q", 7, r->receive_queue);
	out_num(o, "send_q", 7, r->send_queue);
	out_num(o, "cwnd", 8, i->cwnd);
	out_num(o, "rtt_us", 7, i->srtt_us);
	out_num(o, "retrans", 7, i->total_retrans);
	out_hex(o, "tcb", (u64)(uintptr_t)r->object);
}

static void count_states(const struct asking *q, u32 *of)
{
	for (u32 i = 0; i < q->a.n; i++)
		if (q->a.row[i].info.state < STATES)
			of[q->a.row[i].info.state]++;
}

void stat_connections(const struct stat_of *s, struct out *o)
{
	u32 of[STATES] = { 0 };
	struct asking q;

	out_table(o, "connections", "Connections");
	for (size_t d = 0; d < 2; d++) {
		if (!table(s->x, d, INET_CONNECTIONS, &q))
			continue;
		count_states(&q, of);
		for (u32 i = 0; i < q.a.n; i++)
			if (out_row(o))
				put_connection(o, &q.a.row[i]);
		free(q.a.row);
	}
	out_table_end(o);
	out_table(o, "connection_states", "Connections by state");
	for (size_t i = 0; i < STATES; i++)
		if (of[i] && out_row(o)) {
			out_str(o, "state", -12, states[i]);
			out_num(o, "connections", 11, of[i]);
		}
	out_table_end(o);
}

static void addresses(const struct stat_of *s, struct out *o,
		      enum inet_table t, const char *proto)
{
	struct asking q;

	for (size_t d = 0; d < 2; d++) {
		if (!table(s->x, d, t, &q))
			continue;
		for (u32 i = 0; i < q.a.n; i++)
			if (out_row(o)) {
				char name[8];

				snprintf(name, sizeof(name), "%s%s", proto,
					 d ? "6" : "");
				out_str(o, "proto", -5, name);
				put_address(o, "local", &q.a.row[i].local);
			}
		free(q.a.row);
	}
	out_table_end(o);
}

void stat_listeners(const struct stat_of *s, struct out *o)
{
	out_table(o, "listeners", "Listeners");
	addresses(s, o, INET_LISTENERS, "tcp");
}

void stat_udp(const struct stat_of *s, struct out *o)
{
	out_table(o, "udp", "UDP");
	addresses(s, o, INET_DATAGRAMS, "udp");
}

static void put_prefix(struct out *o, const char *key, const struct inet_row *r)
{
	char ip[INET6_ADDRSTRLEN] = "?", text[INET6_ADDRSTRLEN + 8];

	inet_ntop(r->local.family == 6 ? AF_INET6 : AF_INET, r->local.ip, ip,
		  sizeof(ip));
	snprintf(text, sizeof(text), "%s/%u", ip, r->prefix);
	out_str(o, key, -22, text);
}

static void put_ip_address(struct out *o, const struct inet_row *r)
{
	put_prefix(o, "address", r);
	out_str(o, "state", -10, r->state);
	out_str(o, "interface", -9, r->name);
	out_num(o, "expires_s", 9, r->left_ns / 1000000000);
}

static void put_route(struct out *o, const struct inet_row *r)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(r->remote.family == 6 ? AF_INET6 : AF_INET, r->remote.ip, ip,
		  sizeof(ip));
	put_prefix(o, "network", r);
	out_str(o, "gateway", -18, ip);
	out_str(o, "interface", -9, r->name);
	out_num(o, "expires_s", 9, r->left_ns / 1000000000);
}

static void put_neighbour(struct out *o, const struct inet_row *r)
{
	char ip[INET6_ADDRSTRLEN] = "?", mac[20];

	inet_ntop(r->local.family == 6 ? AF_INET6 : AF_INET, r->local.ip, ip,
		  sizeof(ip));
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", r->mac[0],
		 r->mac[1], r->mac[2], r->mac[3], r->mac[4], r->mac[5]);
	out_str(o, "address", -22, ip);
	out_str(o, "mac", -17, r->known ? mac : "");
	out_str(o, "state", -10, r->state);
	out_str(o, "interface", -9, r->name);
}

static void of_family(const struct stat_of *s, struct out *o, enum inet_table t,
		      void (*put)(struct out *, const struct inet_row *))
{
	struct asking q;

	for (size_t d = 0; d < 2; d++) {
		if (!table(s->x, d, t, &q))
			continue;
		for (u32 i = 0; i < q.a.n; i++)
			if (out_row(o))
				put(o, &q.a.row[i]);
		free(q.a.row);
	}
	out_table_end(o);
}

void stat_addresses(const struct stat_of *s, struct out *o)
{
	out_table(o, "addresses", "Addresses");
	of_family(s, o, INET_ADDRESSES, put_ip_address);
}

void stat_routes(const struct stat_of *s, struct out *o)
{
	out_table(o, "routes", "Routes");
	of_family(s, o, INET_ROUTES, put_route);
}

void stat_neighbours(const struct stat_of *s, struct out *o)
{
	out_table(o, "neighbours", "Neighbours");
	of_family(s, o, INET_NEIGHBOURS, put_neighbour);
}

/* As NT's netstat -s has them. */
void stat_protocols(const struct stat_of *s, struct out *o)
{
	static const struct {
		const char *group, *text;
	} name[] = {
#define COUNTER(g, n, t) { #g, t },
#include "../drivers/inet/counter_list.h"
#undef COUNTER
	};
	struct asking q;

	out_table(o, "protocols", "Protocols");
	for (size_t d = 0; d < 2; d++) {
		if (!table(s->x, d, INET_ROUTES, &q))
			continue;
		free(q.a.row);
		for (u32 i = 0; i < INET_COUNTERS; i++)
			if (out_row(o)) {
				char p[8];

				snprintf(p, sizeof(p), "%sv%u", name[i].group,
					 q.a.family);
				out_str(o, "protocol", -8, p);
				out_str(o, "counter", -34, name[i].text);
				out_num(o, "value", 14, q.a.count[i]);
			}
	}
	out_table_end(o);
}

void stat_adapters(const struct stat_of *s, struct out *o)
{
	struct ndis_adapter_info a;
	struct ndis_counters c;

	out_table(o, "adapters", "Adapters");
	for (size_t i = 0; ndis_look(s->x, i, &a, &c); i++) {
		if (!out_row(o))
			continue;
		out_str(o, "name", -8, a.name);
		out_num(o, "sent", 12, c.sent);
		out_num(o, "sent_bytes", 14, c.sent_bytes);
		out_num(o, "send_errors", 11, c.send_errors);
		out_num(o, "received", 12, c.received);
		out_num(o, "received_bytes", 14, c.received_bytes);
		out_num(o, "no_buffer", 9, c.no_buffer);
	}
	out_table_end(o);
}

void stat_services(const struct stat_of *s, struct out *o)
{
	out_table(o, "services", "Services");
	if (s->services && out_row(o)) {
		out_num(o, "open", 8, s->services->open);
		out_num(o, "accepted", 10, s->services->accepted);
		out_num(o, "bytes_in", 14, s->services->bytes_in);
		out_num(o, "bytes_out", 14, s->services->bytes_out);
	}
	out_table_end(o);
}
