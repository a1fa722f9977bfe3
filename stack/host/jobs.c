// SPDX-License-Identifier: Apache-2.0
/* Workloads: what two machines do with each other, in threads of theirs. */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 32768u

static u8 pattern(u64 at)
{
	return (u8)(at ^ at >> 8 ^ at >> 16);
}

void job_fill(u8 *p, u64 at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = pattern(at + i);
}

bool job_same(const u8 *p, u64 at, size_t n)
{
	bool same = true;

	for (size_t i = 0; i < n; i++)
		same &= p[i] == pattern(at + i);
	return same;
}

static void check(struct job *j, const u8 *p, u64 at, size_t n)
{
	if (!job_same(p, at, n))
		KE_SET(&j->wrong, true);
}

void job_failed(struct job *j, s64 st)
{
	ke_latch(&j->latch);
	if (!j->error)
		KE_SET(&j->error, st);
	ke_unlatch(&j->latch);
}

void job_await(struct job *j)
{
	while (!KE_GET(&j->ready) && !KE_GET(&j->error))
		ke_sleep(1000000);
}

void job_leave(struct job *j)
{
	KE_ADD(&j->running, -1u);
}

/* --- TCP ---------------------------------------------------------------------------- */

int job_dial(struct job *j, struct sk **s)
{
	int st;

	*s = NULL;
	st = sk_socket(host_machine(j->from), j->six ? AF_INET6 : AF_INET,
		       SOCK_STREAM, 0, s);
	if (!st)
		st = sk_connect(*s, &j->peer);
	if (!st)
		return 0;
	if (*s)
		sk_close(*s);
	*s = NULL;
	return st;
}

static struct sk *dial(struct job *j)
{
	struct sk *s;
	int st;

	job_await(j);
	st = job_dial(j, &s);
	if (st)
		job_failed(j, st);
	return s;
}

struct sk *job_answer(struct job *j)
{
	struct tdi_address any = { .family = j->six ? 6 : 4, .port = j->port };
	struct tdi_address from;
	struct sk *l = NULL, *s = NULL;
	int st = sk_socket(host_machine(j->to), j->six ? AF_INET6 : AF_INET,
			   SOCK_STREAM, 0, &l);

	if (!st)
		st = sk_bind(l, &any);
	if (!st)
		st = sk_listen(l, 5);
	KE_SET(&j->ready, !st);
	if (!st)
		st = sk_accept(l, &s, &from);
	if (l)
		sk_close(l);
	if (st)
		job_failed(j, st);
	return st ? NULL : s;
}

static bool send_all(struct job *j, struct sk *s, const u8 *p, size_t n)
{
	while (n) {
		s64 k = sk_send(s, p, n, 0);

		if (k <= 0) {
			job_failed(j, k);
			return false;
		}
		p += k;
		n -= (size_t)k;
		j->sent += (u64)k;
	}
	return true;
}

/* Ends when the peer has read everything and closed. */
static void transfer_client(void *ctx)
{
	struct job *j = ctx;
	struct sk *s = dial(j);
	u8 *buf = malloc(CHUNK);
	bool ok = s && buf;

	while (ok && j->sent < j->bytes) {
		u64 n = j->bytes - j->sent < CHUNK ? j->bytes - j->sent : CHUNK;

		job_fill(buf, j->sent, n);
		ok = send_all(j, s, buf, n);
	}
	if (ok) {
		(void)sk_shutdown(s, SHUT_WR);
		while (sk_recv(s, buf, CHUNK, 0) > 0)
			;
	}
	if (s)
		sk_close(s);
	free(buf);
	job_leave(j);
}

static void transfer_server(void *ctx)
{
	struct job *j = ctx;
	struct sk *s = job_answer(j);
	u8 *buf = malloc(CHUNK);
	s64 n;

	while (s && buf && (n = sk_recv(s, buf, CHUNK, 0)) != 0) {
		if (n < 0) {
			job_failed(j, n);
			break;
		}
		check(j, buf, j->received, (size_t)n);
		j->received += (u64)n;
	}
	if (s)
		sk_close(s);
	j->ended = ex_now(host_machine(j->to));
	free(buf);
	job_leave(j);
}

static void echo_client(void *ctx)
{
	struct job *j = ctx;
	struct sk *s = dial(j);
	u8 *buf = malloc(j->size);

	while (s && buf && j->received < j->bytes && !KE_GET(&j->error)) {
		u64 n = j->bytes - j->received;
		s64 k;

		n = n < j->size ? n : j->size;
		job_fill(buf, j->received, n);
		if (!send_all(j, s, buf, n))
			break;
		k = sk_recv(s, buf, n, MSG_WAITALL);
		if (k <= 0) {
			job_failed(j, k ? k : -ECONNRESET);
			break;
		}
		check(j, buf, j->received, (size_t)k);
		j->received += (u64)k;
	}
	if (s)
		sk_close(s);
	free(buf);
	j->ended = ex_now(host_machine(j->from));
	job_leave(j);
}

static void echo_server(void *ctx)
{
	struct job *j = ctx;
	struct sk *s = job_answer(j);
	u8 *buf = malloc(CHUNK);
	s64 n, k, at;

	while (s && buf && (n = sk_recv(s, buf, CHUNK, 0)) > 0) {
		for (at = 0; at < n; at += k)
			if ((k = sk_send(s, buf + at, (size_t)(n - at), 0)) <= 0)
				break;
		if (at < n)
			break;
	}
	if (s)
		sk_close(s);
	free(buf);
	job_leave(j);
}

/* --- UDP ---------------------------------------------------------------------------------- */

static void datagrams_client(void *ctx)
{
	struct job *j = ctx;
	struct sk *s = NULL;
	u8 *buf = malloc(j->size);
	int st = sk_socket(host_machine(j->from), AF_INET, SOCK_DGRAM, 0, &s);

	job_await(j);
	while (!st && buf && j->sent < j->bytes) {
		s64 n;

		job_fill(buf, 0, j->size);
		n = sk_sendto(s, buf, j->size, 0, &j->peer);
		if (n < 0)
			job_failed(j, n);
		j->sent++;
		ke_sleep(1000000);
	}
	job_failed(j, st);
	if (s)
		sk_close(s);
	free(buf);
	job_leave(j);
}

static void datagrams_server(void *ctx)
{
	struct job *j = ctx;
	struct tdi_address any = { .family = 4, .port = j->port }, from;
	struct sk_poll p = { .events = POLLIN };
	u8 *buf = malloc(65536);
	int st = sk_socket(host_machine(j->to), AF_INET, SOCK_DGRAM, 0, &p.s);
	s64 n;

	if (!st)
		st = sk_bind(p.s, &any);
	job_failed(j, st);
	KE_SET(&j->ready, true);
	while (!st && buf && j->received < j->bytes) {
		if (sk_poll(&p, 1, 2000000000) <= 0)
			break;
		n = sk_recvfrom(p.s, buf, 65536, 0, &from);
		if (n < 0)
			continue;
		if ((u64)n != j->size)
			KE_SET(&j->wrong, true);
		check(j, buf, 0, (size_t)n);
		j->received++;
	}
	if (p.s)
		sk_close(p.s);
	free(buf);
	j->ended = ex_now(host_machine(j->to));
	job_leave(j);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct job_kind kinds[] = {
	{ "transfer", transfer_client, transfer_server, false },
	{ "echo", echo_client, echo_server, false },
	{ "datagrams", datagrams_client, datagrams_server, true },
	{ "mixed", mixed_client, mixed_server, false },
};

const struct job_kind *job_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

bool job_start(struct job *j)
{
	j->began = ex_now(host_machine(j->from));
	j->running = 2;
	j->peer = *host_address(j->to, j->six ? 6 : 4, j->port);
	return host_call(j->to, "server", j->kind->server, j) &&
	       host_call(j->from, "client", j->kind->client, j);
}

bool job_ok(const struct job *j)
{
	return !j->running && !j->wrong && !j->error &&
	       (j->kind->lossy || (j->received == j->bytes &&
				   j->side[0].received == j->back));
}

u64 job_bytes(const struct job *j)
{
	if (j->kind->lossy)
		return j->received * j->size;
	return j->received + j->side[0].received;
}

void job_result(const struct job *j, char *buf, size_t size)
{
	snprintf(buf, size, "%s", j->running ? "has not ended" :
		 j->error ? strerror((int)-j->error) :
		 j->wrong ? "other bytes came" :
		 job_ok(j) ? "ok" : "bytes are missing");
}
