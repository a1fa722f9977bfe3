// SPDX-License-Identifier: Apache-2.0
/* Stories (story.h has their language). */
#include "story.h"
#include "words.h"
#include "workload.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 16384u
#define WORDS 5

struct call {
	struct story *t;
	struct story_line *line;
	char text[STORY_LINE];
	char *w[WORDS];              /* socket, call, its arguments; "" none */
	unsigned n;
	int at;                      /* the socket; 0 for "sleep" */
	struct sk *s;
};

static u64 number(const struct call *c, unsigned i)
{
	return strtoull(c->w[i], NULL, 10);
}

/* --- what came ------------------------------------------------------------------------ */

struct came {
	u64 n, hash;
	s64 end;                     /* 0, or -errno */
};

static void came(struct came *k, const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		k->hash = (k->hash ^ p[i]) * UINT64_C(0x100000001b3);
	k->n += n;
}

static struct came nothing(void)
{
	return (struct came){ .hash = UINT64_C(0xcbf29ce484222325) };
}

struct say {                         /* on the host's stack */
	struct story_line *l;
	const struct came *came;
	s64 v;
};

static void say_it(void *ctx)
{
	const struct say *s = ctx;
	const struct came *k = s->came;
	char *to = s->l->result;
	size_t room = sizeof(s->l->result);
	s64 v = k ? k->end : s->v;
	const char *error = v < 0 ? strerrorname_np((int)-v) : "";

	if (k && (k->n || !v))
		snprintf(to, room, "%llu %016llx%s%s",
			 (unsigned long long)k->n, (unsigned long long)k->hash,
			 v ? " " : "", error);
	else if (v < 0)
		snprintf(to, room, "%s", error ? error : "?");
	else
		snprintf(to, room, "%lld", (long long)v);
}

static void say(struct call *c, s64 v, const struct came *k)
{
	struct say s = { c->line, k, v };

	ex_on_host(say_it, &s);
}

/* --- calls ------------------------------------------------------------------------------ */

static void do_socket(struct call *c)
{
	say(c, sk_socket(host_machine(c->t->h), AF_INET, strcmp(c->w[2], "udp") ?
			 SOCK_STREAM : SOCK_DGRAM, 0, &c->t->s[c->at]), NULL);
}

static void do_bind(struct call *c)
{
	struct tdi_address a = { .family = 4, .port = (u16)number(c, 2) };

	say(c, sk_bind(c->s, &a), NULL);
}

static void do_listen(struct call *c)
{
	say(c, sk_listen(c->s, (int)number(c, 2)), NULL);
}

static void do_accept(struct call *c)
{
	struct sk *l = c->t->s[number(c, 2) % STORY_SOCKETS];
	struct tdi_address from;

	say(c, l ? sk_accept(l, &c->t->s[c->at], &from) : -EBADF, NULL);
}

static void do_connect(struct call *c)
{
	const struct tdi_address *of = c->t->address(c->t->ctx, c->w[2]);
	struct tdi_address to = { 0 };

	if (of)
		to = *of;
	to.port = (u16)number(c, 3);
	say(c, of ? sk_connect(c->s, &to) : -EHOSTDOWN, NULL);
}

static void send_some(struct call *c, u64 n, size_t most, int flags)
{
	u64 *at = &c->t->sent[c->at], end = *at + n;
	s64 k = 0;

	while (*at < end && k >= 0) {
		size_t m = end - *at < most ? (size_t)(end - *at) : most;

		job_fill(c->t->buf, *at, m);
		k = sk_send(c->s, c->t->buf, m, flags);
		*at += k > 0 ? (u64)k : 0;
	}
	say(c, k < 0 ? k : (s64)n, NULL);
}

static void do_send(struct call *c)
{
	send_some(c, number(c, 2), ROOM,
		  strcmp(c->w[3], "oob") ? 0 : MSG_OOB);
}

static void do_ones(struct call *c)
{
	send_some(c, number(c, 2), 1, 0);
}

static void do_recv(struct call *c)
{
	int flags = !strcmp(c->w[3], "waitall") ? MSG_WAITALL :
		    !strcmp(c->w[3], "oob") ? MSG_OOB :
		    !strcmp(c->w[3], "peek") ? MSG_PEEK : 0;
	size_t n = number(c, 2) < ROOM ? (size_t)number(c, 2) : ROOM;
	struct came k = nothing();

	k.end = sk_recv(c->s, c->t->buf, n, flags);
	if (k.end >= 0) {
		came(&k, c->t->buf, (size_t)k.end);
		k.end = 0;
	}
	say(c, 0, &k);
}

static void do_drain(struct call *c)
{
	struct came k = nothing();
	s64 n;

	while ((n = sk_recv(c->s, c->t->buf, ROOM, 0)) > 0)
		came(&k, c->t->buf, (size_t)n);
	k.end = n;
	say(c, 0, &k);
}

/* What can be sent or received at once is. */
static s64 exchange_step(struct call *c, u64 end, u64 *left, struct came *k)
{
	u64 *at = &c->t->sent[c->at];
	struct sk_poll p = { .s = c->s };
	s64 n = 0;

	p.events = (short)((*left ? POLLIN : 0) | (*at < end ? POLLOUT : 0));
	if (sk_poll(&p, 1, -1) < 0)
		return -EIO;
	if (*left && p.revents & (POLLIN | POLLERR | POLLHUP)) {
		n = sk_recv(c->s, c->t->buf, *left < ROOM ? *left : ROOM,
			    MSG_DONTWAIT);
		if (n <= 0)
			return n ? n : -ECONNRESET;
		came(k, c->t->buf, (size_t)n);
		*left -= (u64)n;
	}
	if (*at < end && p.revents & POLLOUT) {
		size_t m = end - *at < ROOM ? (size_t)(end - *at) : ROOM;

		job_fill(c->t->buf, *at, m);
		n = sk_send(c->s, c->t->buf, m, MSG_DONTWAIT);
		*at += n > 0 ? (u64)n : 0;
	}
	return n == -EAGAIN ? 0 : n;
}

static void do_exchange(struct call *c)
{
	u64 end = c->t->sent[c->at] + number(c, 2), left = number(c, 3);
	struct came k = nothing();

	while (k.end >= 0 && (left || c->t->sent[c->at] < end))
		k.end = exchange_step(c, end, &left, &k);
	k.end = k.end < 0 ? k.end : 0;
	say(c, 0, &k);
}

static void do_set(struct call *c)
{
	static const struct { const char *name; int level, option; } all[] = {
		{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
		{ "user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
		{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
		{ "rcvbuf", SOL_SOCKET, SO_RCVBUF },
		{ "sndbuf", SOL_SOCKET, SO_SNDBUF },
		{ "oobinline", SOL_SOCKET, SO_OOBINLINE },
	};
	int v = (int)number(c, 3), st = -EINVAL;
	struct linger l = { 1, v };

	if (!strcmp(c->w[2], "linger"))
		st = sk_setsockopt(c->s, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(c->w[2], all[i].name))
			st = sk_setsockopt(c->s, all[i].level, all[i].option,
					   &v, sizeof(v));
	say(c, st, NULL);
}

static void do_error(struct call *c)
{
	int v = 0, st;
	size_t n = sizeof(v);

	st = sk_getsockopt(c->s, SOL_SOCKET, SO_ERROR, &v, &n);
	say(c, st ? st : -v, NULL);
}

static void do_shutdown(struct call *c)
{
	say(c, sk_shutdown(c->s, !strcmp(c->w[2], "rd") ? SHUT_RD :
				 !strcmp(c->w[2], "wr") ? SHUT_WR : SHUT_RDWR),
	    NULL);
}

static void do_close(struct call *c)
{
	say(c, sk_close(c->s), NULL);
	c->t->s[c->at] = NULL;
	c->t->sent[c->at] = 0;
}

static void do_sleep(struct call *c)
{
	ke_sleep(number(c, 1) * 1000000);
	say(c, 0, NULL);
}

static const struct row {
	const char *name;
	void (*fn)(struct call *c);
	unsigned words;              /* at least, with the socket */
	bool makes;                  /* its socket is none before */
} rows[] = {
	{ "socket", do_socket, 3, true }, { "bind", do_bind, 3, false },
	{ "listen", do_listen, 3, false }, { "accept", do_accept, 3, true },
	{ "connect", do_connect, 4, false }, { "send", do_send, 3, false },
	{ "ones", do_ones, 3, false }, { "recv", do_recv, 3, false },
	{ "drain", do_drain, 2, false }, { "exchange", do_exchange, 4, false },
	{ "set", do_set, 4, false }, { "error", do_error, 2, false },
	{ "shutdown", do_shutdown, 3, false }, { "close", do_close, 2, false },
};

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* --- telling ------------------------------------------------------------------------------ */

static void parse(struct call *c, const char *text)
{
	char *save = NULL;

	snprintf(c->text, sizeof(c->text), "%s", text);
	for (char *t = strtok_r(c->text, " \t", &save); t && c->n < WORDS;
	     t = strtok_r(NULL, " \t", &save))
		c->w[c->n++] = t;
	for (unsigned i = c->n; i < WORDS; i++)
		c->w[i] = c->text + strlen(text);
}

static bool is_sleep(const struct call *c)
{
	return c->n == 2 && !strcmp(c->w[0], "sleep");
}

static bool is_call(const struct call *c, char *why, size_t size)
{
	const struct row *r = find(c->w[1]);
	char list[200] = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		words_add(list, sizeof(list), rows[i].name);
	if (is_sleep(c))
		return true;
	if (!isdigit((unsigned char)c->w[0][0]) || c->w[0][1])
		snprintf(why, size, "\"%s\" is no number of a socket, 0 to 9",
			 c->w[0]);
	else if (!r)
		words_unknown(why, size, "call", list, c->w[1]);
	else if (c->n < r->words)
		snprintf(why, size, "\"%s\" wants more words", r->name);
	else
		return true;
	return false;
}

static void tell_line(struct story *t, struct story_line *l)
{
	struct call c = { .t = t, .line = l };
	const struct row *r;

	parse(&c, l->text);
	if (is_sleep(&c)) {
		do_sleep(&c);
		return;
	}
	r = find(c.w[1]);
	c.at = c.w[0][0] - '0';
	c.s = t->s[c.at];
	if (r->makes == !c.s)
		r->fn(&c);
	else
		say(&c, -EBADF, NULL);
}

static void tell(void *ctx)
{
	struct story *t = ctx;

	t->buf = malloc(ROOM);
	for (struct story_line *l = t->first; t->buf && l; l = l->next) {
		tell_line(t, l);
		l->done = true;
		if (t->told)
			t->told(t, l);
	}
	for (int i = 0; i < STORY_SOCKETS; i++)
		if (t->s[i])
			sk_close(t->s[i]);
	free(t->buf);
	KE_SET(&t->over, true);
}

bool story_start(struct story *t, struct host *h)
{
	t->h = h;
	return host_call(h, "story", tell, t);
}

void story_print(const struct story *t, FILE *to)
{
	for (const struct story_line *l = t->first; l; l = l->next)
		fprintf(to, "%s: %s = %s\n", t->name, l->text,
			l->done ? l->result : "?");
}

/* --- reading ------------------------------------------------------------------------------ */

static struct story *story_of(struct story **all, const char *name)
{
	while (*all && strcmp((*all)->name, name))
		all = &(*all)->next;
	if (!*all && (*all = calloc(1, sizeof(**all))))
		snprintf((*all)->name, sizeof((*all)->name), "%s", name);
	return *all;
}

int story_line(struct story **all, const char *text, char *why, size_t size)
{
	struct story_line **end, *l;
	struct call c = { 0 };
	char name[16];
	struct story *t;
	int at = 0;

	if (sscanf(text, " %15[A-Za-z0-9]: %n", name, &at) != 1 || !at)
		return 0;
	text += at;
	snprintf(why, size, "%s", strlen(text) < STORY_LINE ? "out of memory" :
		 "a call has at most 79 characters");
	if (strlen(text) >= STORY_LINE)
		return -1;
	parse(&c, text);
	t = is_call(&c, why, size) ? story_of(all, name) : NULL;
	l = t ? calloc(1, sizeof(*l)) : NULL;
	if (!l)
		return -1;
	for (unsigned i = 0; i < c.n; i++)
		at = i ? at + snprintf(l->text + at, sizeof(l->text) - (size_t)at,
				       " %s", c.w[i]) :
			 snprintf(l->text, sizeof(l->text), "%s", c.w[0]);
	for (end = &t->first; *end; end = &(*end)->next)
		;
	*end = l;
	return 1;
}

void story_free(struct story *all)
{
	while (all) {
		struct story *t = all;

		all = t->next;
		while (t->first) {
			struct story_line *l = t->first;

			t->first = l->next;
			free(l);
		}
		free(t);
	}
}
