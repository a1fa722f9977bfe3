// SPDX-License-Identifier: Apache-2.0
/* A machine in words: what netstat, poolmon and a look at the queues show. */
#include "../trace/trace.h"
#include "cmd.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 4096u

struct row {
	const char *name;
	struct tdi_address peer;
	struct tdi_tcp_info info;
	int st;
};

struct rows {
	const struct services *s;
	struct row *row;
	unsigned n;
};

static const char *const states[] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED",
	"FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
	"TIME_WAIT",
};

static void collect(void *ctx)
{
	struct rows *r = ctx;

	for (struct service_connection *c = r->s->connections;
	     c && r->n < ROWS; c = c->next) {
		struct row *w = &r->row[r->n++];

		w->name = c->name;
		w->peer = c->peer;
		w->st = sk_info(c->sk, &w->info);
	}
}

/* "192.0.2.1", "[2001:db8::1]" */
static void address_text(const struct tdi_address *a, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	bool six = a->family == 6;

	(void)inet_ntop(six ? AF_INET6 : AF_INET, a->ip, text, sizeof(text));
	snprintf(buf, size, six ? "[%s]" : "%s", text);
}

static void print_row(const struct row *w, FILE *to)
{
	const struct tdi_tcp_info *i = &w->info;
	char peer[64];

	address_text(&w->peer, peer, sizeof(peer));
	snprintf(peer + strlen(peer), sizeof(peer) - strlen(peer), ":%u",
		 w->peer.port);
	if (w->st || i->state > 10)
		fprintf(to, "  tcp  %-8s %-22s closed\n", w->name, peer);
	else
		fprintf(to, "  tcp  %-8s %-22s %-12s cwnd %u rtt %u us "
			"retrans %u\n", w->name, peer, states[i->state],
			i->cwnd, i->srtt_us, i->total_retrans);
}

static void connections(struct host *h, const struct services *s, FILE *to)
{
	struct rows r = { .s = s, .row = calloc(ROWS, sizeof(*r.row)) };

	fprintf(to, "Connections (accepted %llu, in %llu bytes, out %llu "
		"bytes)\n", (unsigned long long)s->accepted,
		(unsigned long long)s->bytes_in,
		(unsigned long long)s->bytes_out);
	if (r.row && ex_call(host_machine(h), collect, &r))
		for (unsigned i = 0; i < r.n; i++)
			print_row(&r.row[i], to);
	free(r.row);
}

struct entities {
	struct ex *x;
	struct tdi_entity *e;
	u32 n;
};

static void ask_entities(void *ctx)
{
	struct entities *all = ctx;
	struct tdi_open o = { .kind = TDI_CONTROL_FILE };
	struct io_file *f;

	if (ex_failed(io_open(all->x, "\\Device\\Tcp6", &o, sizeof(o), &f)))
		return;
	while (all->n < ROWS) {
		struct tdi_entity *e = &all->e[all->n];
		struct tdi_request r = { .info = TDI_ENTITY, .value = e,
					 .value_length = sizeof(*e) };

		e->index = all->n;
		if (ex_failed(tdi_call(f, TDI_QUERY_INFORMATION, &r)))
			break;
		all->n++;
	}
	io_close(f);
}

static void print_entity(const struct tdi_entity *e, FILE *to)
{
	char address[INET6_ADDRSTRLEN] = "?", bits[8] = "";
	const u8 *m = e->mac;

	(void)inet_ntop(AF_INET6, e->address.ip, address, sizeof(address));
	if (e->bits)
		snprintf(bits, sizeof(bits), "/%u", e->bits);
	fprintf(to, "  %-9s %s %s%s %s", e->kind, e->device, address, bits,
		e->state);
	if (e->has_mac)
		fprintf(to, " %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
			m[3], m[4], m[5]);
	fprintf(to, "\n");
}

static void ip6(struct ex *x, FILE *to)
{
	struct entities all = { .x = x, .e = calloc(ROWS, sizeof(*all.e)) };

	if (all.e && ex_call(x, ask_entities, &all)) {
		fprintf(to, "IPv6\n");
		for (u32 i = 0; i < all.n; i++)
			print_entity(&all.e[i], to);
	}
	free(all.e);
}

static void pool(struct ex *x, enum ex_pool p, const char *name, FILE *to)
{
	struct ex_pool_state st;
	struct ex_pool_tag t;

	ex_pool_state(x, p, &st);
	fprintf(to, "%s pool: %llu bytes, peak %llu, limit %llu, failed %llu\n",
		name, (unsigned long long)st.bytes,
		(unsigned long long)st.peak, (unsigned long long)st.limit,
		(unsigned long long)st.failed);
	for (size_t i = 0; ex_pool_tag(x, p, i, &t); i++)
		if (t.bytes || t.allocs != t.frees)
			fprintf(to, "  %c%c%c%c %10llu allocs %10llu frees "
				"%10llu bytes\n", t.tag & 127,
				t.tag >> 8 & 127, t.tag >> 16 & 127,
				t.tag >> 24 & 127,
				(unsigned long long)t.allocs,
				(unsigned long long)t.frees,
				(unsigned long long)t.bytes);
}

static void queues(struct ex *x, FILE *to)
{
	static const char *const name[] = { "critical", "delayed",
					    "hypercritical" };

	fprintf(to, "Work queues\n");
	for (unsigned q = 0; q < EX_QUEUES; q++) {
		struct ex_queue_state st;

		ex_queue_state(x, (enum ex_queue)q, &st);
		fprintf(to, "  %-14s depth %u, workers %u (dynamic %u, blocked "
			"%u), done %llu\n", name[q], st.depth, st.workers,
			st.dynamic, st.blocked,
			(unsigned long long)st.processed);
	}
}

static void counters(struct ex *x, FILE *to)
{
	fprintf(to, "Adapters\n");
	for (size_t i = 0; ndis_adapter_at(x, i); i++) {
		const struct ndis_counters *c =
			ndis_counters(ndis_adapter_at(x, i));

		fprintf(to, "  %-8s sent %llu (%llu bytes, %llu errors), "
			"received %llu (%llu bytes, no buffer %llu)\n",
			ndis_info(ndis_adapter_at(x, i))->name,
			(unsigned long long)c->sent,
			(unsigned long long)c->sent_bytes,
			(unsigned long long)c->send_errors,
			(unsigned long long)c->received,
			(unsigned long long)c->received_bytes,
			(unsigned long long)c->no_buffer);
	}
	fprintf(to, "Events\n");
	for (unsigned e = 0; e < TRACE_EVENTS; e++) {
		u64 n = trace_count(x, (enum trace_event)e);
		const struct trace_info *t = trace_info(e);

		if (n && t)
			fprintf(to, "  %s/%-16s %12llu  %s\n", t->group,
				t->name, (unsigned long long)n, t->what);
	}
}

void stat_print(struct host *h, const struct services *s, FILE *to)
{
	struct ex *x = host_machine(h);

	if (s)
		connections(h, s, to);
	if (s && s->ip6)
		ip6(x, to);
	pool(x, EX_NONPAGED, "Nonpaged", to);
	pool(x, EX_PAGED, "Paged", to);
	queues(x, to);
	counters(x, to);
	fflush(to);
}

/* Asks a live one: it prints on its own standard output. */
int cmd_stat(int argc, char **argv)
{
	long pid = argc == 1 ? strtol(argv[0], NULL, 10) : 0;

	if (pid <= 1)
		return cmd_usage("stat takes the number of a refstack's "
				 "process", argc ? argv[0] : "");
	if (!kill((pid_t)pid, SIGUSR1))
		return 0;
	fprintf(stderr, "refstack: process %ld: %s\n", pid, strerror(errno));
	return 1;
}
