// SPDX-License-Identifier: Apache-2.0
/*
 * The same socket calls on Linux and on a machine of ours, and what they give.
 *
 * A sequence is a list of calls in words; each gives one result in words: a
 * number, an error's name, bytes, events.  It runs on sockets of the host's
 * loopback and on sk_* sockets of a machine's, and each result must be the same,
 * but where a step says what each gives and why.
 *
 *	socket S tcp|udp|tcp6|udp6|raw[:protocol] [nonblock]
 *	bind|connect S ADDRESS       "3" is port 3 of the run's own, "any:3" of
 *	                             0.0.0.0, "foreign:3", "all:3", "group:3";
 *	                             "six:3" of ::1, "sixany:3", "sixforeign:3"
 *	listen S N    accept S L [nonblock]    shutdown S rd|wr|rdwr|N    close S
 *	send S TEXT [FLAGS]          sendto S ADDRESS TEXT [FLAGS]
 *	recv S N [FLAGS]             recvfrom S N [FLAGS]    recvmsg S N [FLAGS]
 *	                             d dontwait, o oob, p peek, w waitall, t trunc
 *	set S OPTION A [B]           get S OPTION
 *	poll S EVENTS MS             i o p r(dhup); also e h n
 *	ioctl S fionread|atmark|outq    name S    peer S    nonblock S 0|1
 *	fill S, drain S              until it would block: the last result
 *	sleep MS    took A B         the call before took A to B ms
 *
 * To add a call: a row of calls[], a member of struct api.
 */
#ifndef TESTS_STACK_SK_LINUX_H
#define TESTS_STACK_SK_LINUX_H

#include "../unit/test.h"
#include "sdk/host.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 16
#define STEPS 64
#define RESULT 64
#define WORDS 6

struct step {
	const char *call;
	const char *linux_gives, *ours, *why; /* NULL: the same */
};
#define S(call) { (call), NULL, NULL, NULL }
#define D(call, linux_gives, ours, why) { (call), (linux_gives), (ours), (why) }

struct sequence {
	const char *name;
	const struct step *step;
	size_t n;
	bool root;                   /* Linux wants it */
};

/* The calls of sdk/socket.h; those of Linux have the same shape. */
struct api {
	int (*socket)(struct ex *x, int domain, int type, int protocol,
		      struct sk **out);
	int (*bind)(struct sk *s, const struct tdi_address *a);
	int (*listen)(struct sk *s, int backlog);
	int (*accept)(struct sk *s, struct sk **out, struct tdi_address *from);
	int (*connect)(struct sk *s, const struct tdi_address *to);
	s64 (*sendto)(struct sk *s, const void *p, size_t n, int flags,
		      const struct tdi_address *to);
	s64 (*recvmsg)(struct sk *s, struct sk_message *m, int flags);
	s64 (*sendmsg)(struct sk *s, const struct sk_message *m, int flags);
	int (*shutdown)(struct sk *s, int how);
	int (*close)(struct sk *s);
	int (*setsockopt)(struct sk *s, int level, int name, const void *v,
			  size_t n);
	int (*getsockopt)(struct sk *s, int level, int name, void *v,
			  size_t *n);
	int (*nonblock)(struct sk *s, bool on);
	int (*ioctl)(struct sk *s, unsigned long request, int *v);
	int (*name)(struct sk *s, struct tdi_address *local);
	int (*peer)(struct sk *s, struct tdi_address *remote);
	int (*poll)(struct sk_poll *p, unsigned n, s64 timeout_ns);
	void (*sleep)(u64 ns);
	u64 (*now)(struct ex *x);
	u64 settle_ns;               /* until what goes on by itself has: ours is
					virtual, and longer than a delayed ACK */
};

struct world {
	const struct api *api;
	struct ex *x;
	u16 base;                    /* port 0 of the run */
	u8 ip[4];
	struct sk *sk[SLOTS];
	u64 took;
	char word[WORDS][32];
	int words;
	char result[STEPS][RESULT];
	char *out;
	char data[65536];
};

/* --- words ---------------------------------------------------------------------------- */

static inline void split(struct world *w, const char *text)
{
	w->words = 0;
	while (*text && w->words < WORDS) {
		size_t n = strcspn(text, " ");

		snprintf(w->word[w->words++], sizeof(w->word[0]), "%.*s",
			 (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static inline const char *word(const struct world *w, int i)
{
	return i < w->words ? w->word[i] : "";
}

static inline struct sk **slot(struct world *w, int i)
{
	return &w->sk[(unsigned)atoi(word(w, i)) % SLOTS];
}

static inline void say_number(struct world *w, s64 v)
{
	if (v < 0)
		snprintf(w->out, RESULT, "%s", strerrorname_np((int)-v));
	else
		snprintf(w->out, RESULT, "%lld", (long long)v);
}

static inline struct tdi_address address(const struct world *w, const char *t)
{
	static const struct { const char *name; u8 family, ip[16]; } names[] = {
		{ "any:", 4, { 0, 0, 0, 0 } },
		{ "foreign:", 4, { 192, 0, 2, 77 } },
		{ "all:", 4, { 255, 255, 255, 255 } },
		{ "group:", 4, { 224, 0, 0, 251 } },
		{ "six:", 6, { [15] = 1 } }, { "sixany:", 6, { 0 } },
		{ "sixforeign:", 6, { 0x20, 1, 0xd, 0xb8, [15] = 7 } },
	};
	struct tdi_address a = { .family = 4 };
	const char *port = t;

	memcpy(a.ip, w->ip, 4);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strncmp(t, names[i].name, strlen(names[i].name)))
			continue;
		a.family = names[i].family;
		memcpy(a.ip, names[i].ip, 16);
		port = t + strlen(names[i].name);
	}
	if (!strcmp(t, "none"))
		return (struct tdi_address){ .family = 0 };
	a.port = atoi(port) ? (u16)(w->base + atoi(port)) : 0;
	return a;
}

/* "3" for a port of the run's, "?" for one that was chosen, "0" for none. */
static inline void say_address(const struct world *w, char *to, size_t room,
			       const struct tdi_address *a)
{
	static const u8 zero[16], six[16] = { [15] = 1 };
	size_t n = a->family == 6 ? 16 : 4;
	const char *ip = !memcmp(a->ip, zero, n) ? "any" :
			 !memcmp(a->ip, n == 4 ? w->ip : six, n) ? "own" :
								   "other";
	u32 port = (u32)(a->port - w->base);

	if (!a->port || port < 32)
		snprintf(to, room, "%s:%u", ip, a->port ? port : 0);
	else
		snprintf(to, room, "%s:?", ip);
}

static inline int flags(const char *t)
{
	static const struct { char c; int flag; } all[] = {
		{ 'd', MSG_DONTWAIT }, { 'o', MSG_OOB }, { 'p', MSG_PEEK },
		{ 'w', MSG_WAITALL }, { 't', MSG_TRUNC },
	};
	int f = MSG_NOSIGNAL;

	for (; *t; t++)
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
			f |= all[i].c == *t ? all[i].flag : 0;
	return f;
}

/* --- options ------------------------------------------------------------------------------ */

enum kind { NUMBER, SECONDS_OF, LINGERS, INFO };
static const struct option_name {
	const char *name;
	int level, option;
	enum kind kind;
} option_names[] = {
	{ "error", SOL_SOCKET, SO_ERROR, NUMBER },
	{ "reuse", SOL_SOCKET, SO_REUSEADDR, NUMBER },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE, NUMBER },
	{ "broadcast", SOL_SOCKET, SO_BROADCAST, NUMBER },
	{ "oobinline", SOL_SOCKET, SO_OOBINLINE, NUMBER },
	{ "linger", SOL_SOCKET, SO_LINGER, LINGERS },
	{ "rcvtimeo", SOL_SOCKET, SO_RCVTIMEO, SECONDS_OF },
	{ "sndtimeo", SOL_SOCKET, SO_SNDTIMEO, SECONDS_OF },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF, NUMBER },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF, NUMBER },
	{ "type", SOL_SOCKET, SO_TYPE, NUMBER },
	{ "domain", SOL_SOCKET, SO_DOMAIN, NUMBER },
	{ "listening", SOL_SOCKET, SO_ACCEPTCONN, NUMBER },
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY, NUMBER },
	{ "maxseg", IPPROTO_TCP, TCP_MAXSEG, NUMBER },
	{ "keepidle", IPPROTO_TCP, TCP_KEEPIDLE, NUMBER },
	{ "keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, NUMBER },
	{ "keepcnt", IPPROTO_TCP, TCP_KEEPCNT, NUMBER },
	{ "usertimeout", IPPROTO_TCP, TCP_USER_TIMEOUT, NUMBER },
	{ "info", IPPROTO_TCP, TCP_INFO, INFO },
	{ "ttl", IPPROTO_IP, IP_TTL, NUMBER },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, NUMBER },
	{ "tclass", IPPROTO_IPV6, IPV6_TCLASS, NUMBER },
	{ "tos", IPPROTO_IP, IP_TOS, NUMBER },
	{ "hdrincl", IPPROTO_IP, IP_HDRINCL, NUMBER },
	{ "wrong", SOL_SOCKET, 12345, NUMBER },
	{ "wronglevel", 4711, 1, NUMBER },
};

static inline const struct option_name *option_of(const struct world *w, int i)
{
	size_t n = sizeof(option_names) / sizeof(*option_names);

	for (size_t k = 0; k < n; k++)
		if (!strcmp(option_names[k].name, word(w, i)))
			return &option_names[k];
	printf("no option %s\n", word(w, i));
	exit(1);
}

static inline void do_set(struct world *w)
{
	const struct option_name *o = option_of(w, 2);
	int a = atoi(word(w, 3)), b = atoi(word(w, 4)), e;
	struct linger l = { a, b };
	struct timeval t = { a / 1000, a % 1000 * 1000 };
	struct sk *s = *slot(w, 1);

	if (o->kind == LINGERS)
		e = w->api->setsockopt(s, o->level, o->option, &l, sizeof(l));
	else if (o->kind == SECONDS_OF)
		e = w->api->setsockopt(s, o->level, o->option, &t, sizeof(t));
	else
		e = w->api->setsockopt(s, o->level, o->option, &a, sizeof(a));
	say_number(w, e);
}

static inline void do_get(struct world *w)
{
	const struct option_name *o = option_of(w, 2);
	union {
		int number;
		struct linger l;
		struct timeval t;
		struct tcp_info i;
	} *v = (void *)w->data;
	size_t n = o->kind == INFO	 ? sizeof(v->i) :
		   o->kind == LINGERS	 ? sizeof(v->l) :
		   o->kind == SECONDS_OF ? sizeof(v->t) :
					   sizeof(v->number);
	int e = w->api->getsockopt(*slot(w, 1), o->level, o->option, v, &n);

	if (e)
		say_number(w, e);
	else if (o->option == SO_ERROR && o->level == SOL_SOCKET)
		say_number(w, -v->number);
	else if (o->kind == LINGERS)
		snprintf(w->out, RESULT, "%d,%d", v->l.l_onoff, v->l.l_linger);
	else if (o->kind == SECONDS_OF)
		say_number(w, v->t.tv_sec * 1000 + v->t.tv_usec / 1000);
	else
		say_number(w, o->kind == INFO ? v->i.tcpi_state : v->number);
}

/* --- calls ---------------------------------------------------------------------------------- */

static inline void do_socket(struct world *w)
{
	static const struct { const char *name; int domain, type; } all[] = {
		{ "tcp", AF_INET, SOCK_STREAM }, { "udp", AF_INET, SOCK_DGRAM },
		{ "tcp6", AF_INET6, SOCK_STREAM },
		{ "udp6", AF_INET6, SOCK_DGRAM },
		{ "raw", AF_INET, SOCK_RAW }, { "family", 45, SOCK_STREAM },
		{ "seqpacket", AF_INET, SOCK_SEQPACKET },
	};
	const char *k = word(w, 2), *colon = strchr(k, ':');
	size_t n = colon ? (size_t)(colon - k) : strlen(k);
	int e = -EINVAL;

	*slot(w, 1) = NULL;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strlen(all[i].name) == n && !strncmp(all[i].name, k, n))
			e = w->api->socket(w->x, all[i].domain, all[i].type |
					   (w->words > 3 ? SOCK_NONBLOCK : 0),
					   colon ? atoi(colon + 1) : 0,
					   slot(w, 1));
	say_number(w, e);
}

static inline void do_bind(struct world *w)
{
	struct tdi_address a = address(w, word(w, 2));

	say_number(w, w->api->bind(*slot(w, 1), &a));
}

static inline void do_connect(struct world *w)
{
	struct tdi_address a = address(w, word(w, 2));

	say_number(w, w->api->connect(*slot(w, 1), &a));
}

static inline void do_listen(struct world *w)
{
	say_number(w, w->api->listen(*slot(w, 1), atoi(word(w, 2))));
}

static inline void do_accept(struct world *w)
{
	struct sk *s = NULL;
	int e = w->api->accept(*slot(w, 2), &s, NULL);

	if (!e) {
		*slot(w, 1) = s;
		if (w->words > 3)
			w->api->nonblock(s, true);
	}
	say_number(w, e);
}

static inline void do_send(struct world *w)
{
	say_number(w, w->api->sendto(*slot(w, 1), word(w, 2),
				     strlen(word(w, 2)), flags(word(w, 3)),
				     NULL));
}

static inline void do_sendto(struct world *w)
{
	struct tdi_address a = address(w, word(w, 2));

	say_number(w, w->api->sendto(*slot(w, 1), word(w, 3),
				     strlen(word(w, 3)), flags(word(w, 4)),
				     &a));
}

static inline void receive(struct world *w, bool from, bool message)
{
	int n = atoi(word(w, 2));
	struct iovec v = { w->data, (size_t)n };
	struct sk_message m = { .v = &v, .n = 1 };
	s64 r = w->api->recvmsg(*slot(w, 1), &m, flags(word(w, 3)));
	char at[24] = "";

	if (r < 0) {
		say_number(w, r);
		return;
	}
	if (from)
		say_address(w, at, sizeof(at), &m.address);
	snprintf(w->out, RESULT, "%lld:%.*s%s%s%s", (long long)r,
		 (int)(r < n ? r : n), w->data, from ? " " : "", at,
		 message && m.flags & MSG_TRUNC ? " cut" : "");
}

static inline void do_recv(struct world *w)
{
	receive(w, false, false);
}

static inline void do_recvfrom(struct world *w)
{
	receive(w, true, false);
}

static inline void do_recvmsg(struct world *w)
{
	receive(w, false, true);
}

static inline void do_shutdown(struct world *w)
{
	const char *h = word(w, 2);

	say_number(w, w->api->shutdown(*slot(w, 1),
				       !strcmp(h, "rd")	  ? SHUT_RD :
				       !strcmp(h, "wr")	  ? SHUT_WR :
				       !strcmp(h, "rdwr") ? SHUT_RDWR :
							    atoi(h)));
}

static inline void do_close(struct world *w)
{
	say_number(w, w->api->close(*slot(w, 1)));
	*slot(w, 1) = NULL;
}

static const struct { char c; int event; } events[] = {
	{ 'i', POLLIN }, { 'o', POLLOUT }, { 'p', POLLPRI }, { 'r', POLLRDHUP },
	{ 'e', POLLERR }, { 'h', POLLHUP }, { 'n', POLLNVAL },
};
#define NEVENTS (sizeof(events) / sizeof(*events))

static inline void do_poll(struct world *w)
{
	struct sk_poll p = { .s = *slot(w, 1) };
	char *o = w->out;
	int r;

	for (size_t i = 0; i < NEVENTS; i++)
		if (strchr(word(w, 2), events[i].c))
			p.events |= (short)events[i].event;
	r = w->api->poll(&p, 1, atoi(word(w, 3)) * 1000000LL);
	if (r < 0) {
		say_number(w, r);
		return;
	}
	for (size_t i = 0; i < NEVENTS; i++)
		if (p.revents & events[i].event)
			*o++ = events[i].c;
	if (o == w->out)
		*o++ = '-';
	*o = 0;
}

static inline void do_ioctl(struct world *w)
{
	const char *r = word(w, 2);
	int v = -1;
	int e = w->api->ioctl(*slot(w, 1),
			      !strcmp(r, "fionread") ? FIONREAD :
			      !strcmp(r, "atmark")   ? SIOCATMARK :
			      !strcmp(r, "outq")     ? TIOCOUTQ :
						       0x4242, &v);

	say_number(w, e ? e : v);
}

static inline void named(struct world *w,
			 int (*fn)(struct sk *s, struct tdi_address *a))
{
	struct tdi_address a = { .family = 4 };
	int e = fn(*slot(w, 1), &a);

	if (e)
		say_number(w, e);
	else
		say_address(w, w->out, RESULT, &a);
}

static inline void do_name(struct world *w)
{
	named(w, w->api->name);
}

static inline void do_peer(struct world *w)
{
	named(w, w->api->peer);
}

static inline void do_nonblock(struct world *w)
{
	say_number(w, w->api->nonblock(*slot(w, 1), atoi(word(w, 2))));
}

/* Until it is full for a while: what a busy kernel has still to move makes room. */
static inline void do_fill(struct world *w)
{
	int full = 0;
	s64 r;

	memset(w->data, 'f', sizeof(w->data));
	while (full < 10) {
		r = w->api->sendto(*slot(w, 1), w->data, sizeof(w->data),
				   MSG_DONTWAIT | MSG_NOSIGNAL, NULL);
		full = r > 0 ? 0 : full + 1;
		w->api->sleep(w->api->settle_ns);
	}
	say_number(w, r);
}

static inline void do_drain(struct world *w)
{
	struct iovec v = { w->data, sizeof(w->data) };
	struct sk_message m = { .v = &v, .n = 1 };
	s64 r;

	do {
		r = w->api->recvmsg(*slot(w, 1), &m, MSG_DONTWAIT);
		if (r > 0)
			w->api->sleep(w->api->settle_ns);
	} while (r > 0);
	say_number(w, r);
}

static inline void do_sleep(struct world *w)
{
	w->api->sleep((u64)atoi(word(w, 1)) * 1000000);
	say_number(w, 0);
}

static inline void do_took(struct world *w)
{
	u64 ms = w->took / 1000000;
	bool in = ms >= (u64)atoi(word(w, 1)) && ms <= (u64)atoi(word(w, 2));

	if (in)
		snprintf(w->out, RESULT, "yes");
	else
		snprintf(w->out, RESULT, "%llu ms", (unsigned long long)ms);
}

static const struct {
	const char *name;
	void (*fn)(struct world *w);
} calls[] = {
	{ "socket", do_socket }, { "bind", do_bind }, { "listen", do_listen },
	{ "connect", do_connect }, { "accept", do_accept }, { "send", do_send },
	{ "sendto", do_sendto }, { "recv", do_recv },
	{ "recvfrom", do_recvfrom }, { "recvmsg", do_recvmsg },
	{ "shutdown", do_shutdown }, { "close", do_close }, { "set", do_set },
	{ "get", do_get }, { "poll", do_poll }, { "ioctl", do_ioctl },
	{ "name", do_name }, { "peer", do_peer }, { "nonblock", do_nonblock },
	{ "fill", do_fill }, { "drain", do_drain }, { "sleep", do_sleep },
	{ "took", do_took },
};

static inline void one_step(struct world *w, const struct step *s)
{
	size_t i = 0, n = sizeof(calls) / sizeof(*calls);
	u64 begun = w->api->now(w->x);

	split(w, s->call);
	while (i < n && strcmp(calls[i].name, word(w, 0)))
		i++;
	if (i == n) {
		printf("no call %s\n", s->call);
		exit(1);
	}
	calls[i].fn(w);
	if (strcmp(word(w, 0), "took"))
		w->took = w->api->now(w->x) - begun;
	w->api->sleep(w->api->settle_ns);
}

static inline void run_sequence(struct world *w, const struct sequence *q)
{
	for (size_t i = 0; i < q->n; i++) {
		w->out = w->result[i];
		one_step(w, &q->step[i]);
	}
	for (int i = 0; i < SLOTS; i++)
		if (w->sk[i])
			w->api->close(w->sk[i]);
	memset(w->sk, 0, sizeof(w->sk));
}

#endif
