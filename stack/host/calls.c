// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: socket calls, each in a thread of the machine of its own, so
 * that one that waits is looked at later.
 */
#include "pkt.h"

#include "../sdk/netbios.h"
#include "words.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES 32
#define ARGS 4
#define DATA_MAX (4u << 20)

struct variable {
	char name[PKT_NAME];
	struct sk *sk;
	struct nb *nb;               /* or a session of NetBIOS */
	u64 sent, received;          /* bytes of the stream */
};

struct call {
	struct call *next;
	char label[PKT_NAME], assign[PKT_NAME], name[PKT_NAME];
	char arg[ARGS][64];
	unsigned nargs;
	struct ex *x;
	struct variable *v;          /* the socket it is made on */
	s64 (*fn)(struct call *c);
	struct host_call *thread;
	s64 result;
	struct sk *made;
	struct nb *session;          /* that was made */
	u8 *data;
	size_t n;
	int flags;
	bool check;                  /* what came is the stream's pattern */
	bool six;                    /* the script is about IPv6 */
	struct tdi_address to;
	struct tdi_tcp_info info;
};

struct pkt_calls {
	struct host *h;
	struct pkt_net *net;
	struct variable variable[VARIABLES];
	struct call *calls;
	bool mistake;                /* the last line is wrong itself */
};

/* --- numbers and names ------------------------------------------------------------------ */

static const struct { const char *name; int value; } errors[] = {
	{ "EAGAIN", EAGAIN }, { "EWOULDBLOCK", EAGAIN }, { "EINVAL", EINVAL },
	{ "ECONNREFUSED", ECONNREFUSED }, { "ECONNRESET", ECONNRESET },
	{ "ECONNABORTED", ECONNABORTED }, { "ETIMEDOUT", ETIMEDOUT },
	{ "EADDRINUSE", EADDRINUSE }, { "ENOTCONN", ENOTCONN },
	{ "EISCONN", EISCONN }, { "EPIPE", EPIPE },
	{ "EINPROGRESS", EINPROGRESS }, { "EALREADY", EALREADY },
	{ "EHOSTUNREACH", EHOSTUNREACH }, { "ENETUNREACH", ENETUNREACH },
	{ "EMSGSIZE", EMSGSIZE }, { "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "EOPNOTSUPP", EOPNOTSUPP }, { "EACCES", EACCES },
	{ "ESHUTDOWN", ESHUTDOWN }, { "ENOBUFS", ENOBUFS },
	{ "EDESTADDRREQ", EDESTADDRREQ }, { "EBADF", EBADF },
};

static const char *const states[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
	"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK",
	"TIME-WAIT",
};

#define FIELD(n) { #n, offsetof(struct tdi_tcp_info, n) }
static const struct { const char *name; size_t off; } fields[] = {
	FIELD(mss), FIELD(cwnd), FIELD(ssthresh), FIELD(srtt_us),
	FIELD(rttvar_us), FIELD(rto_us), FIELD(snd_wnd), FIELD(rcv_wnd),
	FIELD(unacked), FIELD(sacked), FIELD(lost), FIELD(retrans),
	FIELD(reordering), FIELD(total_retrans),
};
#undef FIELD

static bool value_of(const char *text, s64 *v)
{
	const char *t = *text == '-' ? text + 1 : text;
	u64 u;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (!strcmp(t, errors[i].name)) {
			*v = -(s64)errors[i].value;
			return *text == '-';
		}
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strcmp(text, states[i])) {
			*v = (s64)i;
			return true;
		}
	t = pkt_number(t, &u);
	*v = *text == '-' ? -(s64)u : (s64)u;
	return t && !*t;
}

static void value_text(const struct call *c, char *buf, size_t size)
{
	s64 v = c->result;

	if (!strcmp(c->name, "state") && v >= 0 && v <= 10) {
		snprintf(buf, size, "%s", states[v]);
		return;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (v == -(s64)errors[i].value) {
			snprintf(buf, size, "-%s", errors[i].name);
			return;
		}
	snprintf(buf, size, "%lld", (long long)v);
}

/* "[2001:db8::2]:80" or "80" */
static bool address6_of(const char *text, struct tdi_address *a)
{
	const char *at = text;
	u64 port;

	*a = (struct tdi_address){ .family = 6 };
	if (*at == '[') {
		at = pkt_address6(at + 1, a->ip);
		if (!at || *at++ != ']' || *at++ != ':')
			return false;
	}
	at = pkt_number(at, &port);
	if (!at || *at || port > 65535)
		return false;
	a->port = (u16)port;
	return true;
}

/* "192.0.2.1:80" or "80" */
static bool address_of(bool six, const char *text, struct tdi_address *a)
{
	u32 ip = 0;
	u64 port;
	const char *at = text;

	if (six)
		return address6_of(text, a);
	if (strchr(text, '.')) {
		at = pkt_address(text, &ip);
		if (!at || *at++ != ':')
			return false;
	}
	at = pkt_number(at, &port);
	if (!at || *at || port > 65535)
		return false;
	*a = (struct tdi_address){ .family = 4, .port = (u16)port };
	for (int i = 0; i < 4; i++)
		a->ip[i] = (u8)(ip >> (24 - 8 * i));
	return true;
}

/* --- the calls, in the machine --------------------------------------------------------------- */

static s64 do_socket(struct call *c)
{
	int type = !strcmp(c->arg[0], "dgram") ? SOCK_DGRAM :
		   !strcmp(c->arg[0], "raw") ? SOCK_RAW : SOCK_STREAM;

	return sk_socket(c->x, c->six ? AF_INET6 : AF_INET, type, (int)atoi(c->arg[1]), &c->made);
}

static s64 do_bind(struct call *c)
{
	return sk_bind(c->v->sk, &c->to);
}

static s64 do_listen(struct call *c)
{
	return sk_listen(c->v->sk, atoi(c->arg[1]));
}

static s64 do_accept(struct call *c)
{
	return sk_accept(c->v->sk, &c->made, &c->to);
}

static s64 do_connect(struct call *c)
{
	return sk_connect(c->v->sk, &c->to);
}

static s64 do_call(struct call *c)
{
	return nb_call(c->x, c->arg[0], c->arg[1], &c->session);
}

static s64 do_answer(struct call *c)
{
	return nb_answer(c->x, c->arg[0], &c->session);
}

static s64 do_send(struct call *c)
{
	if (c->v->nb)
		return nb_send(c->v->nb, c->data, c->n);
	return sk_send(c->v->sk, c->data, c->n, c->flags);
}

static s64 do_recv(struct call *c)
{
	if (c->v->nb)
		return nb_recv(c->v->nb, c->data, c->n);
	return sk_recv(c->v->sk, c->data, c->n, c->flags);
}

static s64 do_sendto(struct call *c)
{
	return sk_sendto(c->v->sk, c->data, c->n, 0, &c->to);
}

static s64 do_recvfrom(struct call *c)
{
	return sk_recvfrom(c->v->sk, c->data, c->n, 0, &c->to);
}

static s64 do_shutdown(struct call *c)
{
	return sk_shutdown(c->v->sk, !strcmp(c->arg[1], "rd") ? SHUT_RD :
				     !strcmp(c->arg[1], "wr") ? SHUT_WR :
								SHUT_RDWR);
}

static s64 do_close(struct call *c)
{
	if (c->v->nb) {
		nb_close(c->v->nb);
		return 0;
	}
	return sk_close(c->v->sk);
}

static s64 do_nonblock(struct call *c)
{
	return sk_nonblock(c->v->sk, true);
}

static s64 do_state(struct call *c)
{
	int st = sk_info(c->v->sk, &c->info);

	return st ? st : c->info.state;
}

static s64 do_info(struct call *c)
{
	int st = sk_info(c->v->sk, &c->info);
	u32 v = 0;

	if (st)
		return st;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(fields[i].name, c->arg[1])) {
			memcpy(&v, (const u8 *)&c->info + fields[i].off, 4);
			return v;
		}
	return -EINVAL;
}

/* poll(s, in): 1 when it is so now */
static s64 do_poll(struct call *c)
{
	struct sk_poll p = { .s = c->v->sk };
	int n;

	p.events = !strcmp(c->arg[1], "out") ? POLLOUT :
		   !strcmp(c->arg[1], "pri") ? POLLPRI : POLLIN;
	n = sk_poll(&p, 1, 0);
	return n < 0 ? n : (p.revents & p.events) != 0;
}

static const struct { const char *name; int level, option; } sockopts[] = {
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "maxseg", IPPROTO_TCP, TCP_MAXSEG },
	{ "user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF }, { "rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "reuse", SOL_SOCKET, SO_REUSEADDR },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "linger", SOL_SOCKET, SO_LINGER }, { "error", SOL_SOCKET, SO_ERROR },
	{ "oobinline", SOL_SOCKET, SO_OOBINLINE },
	{ "broadcast", SOL_SOCKET, SO_BROADCAST },
	{ "ttl", IPPROTO_IP, IP_TTL }, { "tos", IPPROTO_IP, IP_TOS },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ "tclass", IPPROTO_IPV6, IPV6_TCLASS },
};

static s64 do_option(struct call *c)
{
	bool set = !strcmp(c->name, "setopt");
	int v = atoi(c->arg[2]), st = -EINVAL;
	struct linger l = { .l_onoff = 1, .l_linger = v };
	size_t n = sizeof(v);

	for (size_t i = 0; i < sizeof(sockopts) / sizeof(*sockopts); i++) {
		int level = sockopts[i].level, o = sockopts[i].option;
		bool linger = level == SOL_SOCKET && o == SO_LINGER;

		if (strcmp(sockopts[i].name, c->arg[1]))
			continue;
		if (!set)
			st = sk_getsockopt(c->v->sk, level, o, &v, &n);
		else
			st = sk_setsockopt(c->v->sk, level, o, linger ?
					   (void *)&l : (void *)&v,
					   linger ? sizeof(l) : n);
		return st || set ? st : v;
	}
	return st;
}

/* data: 1 it sends, 2 it receives. */
static const struct row {
	const char *name;
	s64 (*fn)(struct call *c);
	unsigned args, data;
	int address;                 /* which argument is one; -1 none */
} rows[] = {
	{ "socket", do_socket, 1, 0, -1 }, { "bind", do_bind, 2, 0, 1 },
	{ "listen", do_listen, 2, 0, -1 }, { "accept", do_accept, 1, 0, -1 },
	{ "call", do_call, 2, 0, -1 }, { "answer", do_answer, 1, 0, -1 },
	{ "connect", do_connect, 2, 0, 1 }, { "send", do_send, 2, 1, -1 },
	{ "recv", do_recv, 2, 2, -1 }, { "sendto", do_sendto, 3, 1, 2 },
	{ "recvfrom", do_recvfrom, 2, 2, -1 },
	{ "shutdown", do_shutdown, 2, 0, -1 }, { "close", do_close, 1, 0, -1 },
	{ "nonblock", do_nonblock, 1, 0, -1 }, { "state", do_state, 1, 0, -1 },
	{ "info", do_info, 2, 0, -1 }, { "setopt", do_option, 3, 0, -1 },
	{ "getopt", do_option, 2, 0, -1 }, { "poll", do_poll, 2, 0, -1 },
};

/* --- making and ending one -------------------------------------------------------------------- */

static struct variable *variable(struct pkt_calls *p, const char *name,
				 bool make)
{
	struct variable *free_one = NULL;

	for (int i = VARIABLES - 1; i >= 0; i--) {
		struct variable *v = &p->variable[i];

		if (!strcmp(v->name, name) && v->name[0])
			return v;
		if (!v->name[0])
			free_one = v;
	}
	if (!make || !free_one)
		return NULL;
	snprintf(free_one->name, sizeof(free_one->name), "%s", name);
	return free_one;
}

static int flags_of(const struct call *c)
{
	const char *w = c->arg[c->nargs > 2 ? 2 : 0];

	if (c->nargs < 3)
		return 0;
	return !strcmp(w, "oob") ? MSG_OOB : !strcmp(w, "peek") ? MSG_PEEK :
	       !strcmp(w, "waitall") ? MSG_WAITALL :
	       !strcmp(w, "nowait") ? MSG_DONTWAIT : 0;
}

static bool prepare_data(struct call *c, const struct row *r)
{
	bool stream = !strcmp(c->name, "send") || !strcmp(c->name, "recv");
	u64 n;

	if (!r->data)
		return true;
	if (!pkt_number(c->arg[1], &n) || n > DATA_MAX)
		return false;
	c->n = n;
	c->data = calloc(1, n + 1);
	if (!c->data)
		return false;
	if (stream)
		c->flags = flags_of(c);
	c->check = r->data == 2 && !(c->flags & MSG_OOB);
	for (u64 i = 0; i < n && r->data == 1; i++)
		c->data[i] = pkt_pattern((stream ? c->v->sent : 0) + i);
	if (r->data == 1 && stream)
		c->v->sent += n;
	return true;
}

static bool makes(const struct call *c)
{
	return c->fn == do_socket || c->fn == do_call || c->fn == do_answer;
}

static bool of_sessions(const struct call *c)
{
	return c->fn == do_send || c->fn == do_recv || c->fn == do_close;
}

static bool prepare(struct pkt_calls *p, struct call *c, char *why, size_t size)
{
	const struct row *r = NULL;
	char list[400] = "";

	p->mistake = true;           /* until it is known to be right */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		words_add(list, sizeof(list), rows[i].name);
		if (!strcmp(rows[i].name, c->name))
			r = &rows[i];
	}
	if (!r) {
		words_unknown(why, size, "call", list, c->name);
		return false;
	}
	if (c->nargs < r->args) {
		snprintf(why, size, "%s() wants %u arguments, not %u", c->name,
			 r->args, c->nargs);
		return false;
	}
	c->fn = r->fn;
	c->six = p->net->six;
	if (!makes(c)) {
		c->v = variable(p, c->arg[0], false);
		if (!c->v || !(c->v->sk || (c->v->nb && of_sessions(c)))) {
			snprintf(why, size, "%s is no socket", c->arg[0]);
			return false;
		}
	}
	if ((r->address >= 0 && !address_of(c->six, c->arg[r->address], &c->to)) ||
	    !prepare_data(c, r)) {
		snprintf(why, size, "an argument of %s() is wrong", c->name);
		return false;
	}
	p->mistake = false;
	if (!strcmp(c->name, "bind"))
		for (unsigned i = 0; i < PKT_FLOWS; i++)
			p->net->flow[i].local_port = c->to.port;
	return true;
}

static void call_thread(void *ctx)
{
	struct call *c = ctx;

	c->result = c->fn(c);
}

/* What came is what the pattern says; the socket that was made has a name. */
static bool finish(struct pkt_calls *p, struct call *c, char *why, size_t size)
{
	bool stream = !strcmp(c->name, "recv");
	u64 off = stream && c->v ? c->v->received : 0;

	if (c->assign[0] && c->result >= 0 && (c->made || c->session)) {
		struct variable *v = variable(p, c->assign, true);

		if (!v) {
			snprintf(why, size, "too many sockets");
			return false;
		}
		v->sk = c->made;
		v->nb = c->session;
		v->sent = v->received = 0;
	}
	if (!strcmp(c->name, "close")) {
		c->v->sk = NULL;
		c->v->nb = NULL;
	}
	for (s64 i = 0; c->check && i < c->result; i++)
		if (c->data[i] != pkt_pattern(off + (u64)i)) {
			snprintf(why, size, "byte %lld that came is %02x, not "
				 "%02x", (long long)i, c->data[i],
				 pkt_pattern(off + (u64)i));
			return false;
		}
	if (stream && c->check && c->result > 0 && !(c->flags & MSG_PEEK))
		c->v->received += (u64)c->result;
	return true;
}

/* --- a line ------------------------------------------------------------------------------------- */

static const char *word_of(const char *at, char *to, size_t size)
{
	size_t n = 0;

	at = pkt_blank(at);
	while (isalnum((unsigned char)at[n]) ||
	       (at[n] && strchr("_.:-#*[]", at[n])))
		n++;
	if (n && at[n - 1] == ':' && n > 1)
		n--;
	if (n >= size)
		return NULL;
	memcpy(to, at, n);
	to[n] = 0;
	return pkt_blank(at + n);
}

/* name(a, b, c) */
static const char *arguments(const char *at, struct call *c)
{
	at = word_of(at, c->name, sizeof(c->name));
	if (!at || *at++ != '(')
		return NULL;
	while (at && *(at = pkt_blank(at)) && *at != ')') {
		if (c->nargs == ARGS)
			return NULL;
		at = word_of(at, c->arg[c->nargs++], sizeof(c->arg[0]));
		if (at && *at == ',')
			at++;
		else if (at && *at != ')')
			return NULL;
	}
	return at && *at == ')' ? pkt_blank(at + 1) : NULL;
}

/* "= 5", ">= 5", "<= 5", or nothing: not an error. */
static bool expected(const struct call *c, const char *at, char *why,
		     size_t size)
{
	char op = *at, is[32], text[64];
	s64 want = 0;
	bool ok;

	if (!op || op == '#') {
		ok = c->result >= 0;
		strcpy(text, "no error");
	} else {
		at += op == '=' ? 1 : 2;
		if (!strchr("=<>", op) || !word_of(at, text, sizeof(text)) ||
		    !value_of(text, &want)) {
			snprintf(why, size, "no value: %s", at);
			return false;
		}
		ok = op == '=' ? c->result == want :
		     op == '>' ? c->result >= want : c->result <= want;
	}
	value_text(c, is, sizeof(is));
	if (!ok)
		snprintf(why, size, "%s() gave %s, expected %s", c->name, is,
			 text);
	return ok;
}

static void call_free(struct call *c)
{
	host_call_free(c->thread);
	free(c->data);
	free(c);
}

static void forget(struct pkt_calls *p, struct call *c)
{
	struct call **at = &p->calls;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	call_free(c);
}

/* An earlier one: "l waits", "l = 5". */
static bool look(struct pkt_calls *p, const char *label, const char *at,
		 char *why, size_t size)
{
	struct call *c = p->calls;
	bool waits = !strncmp(at, "waits", 5), ok;

	while (c && strcmp(c->label, label))
		c = c->next;
	if (!c) {
		p->mistake = true;
		snprintf(why, size, "no call is called %s", label);
		return false;
	}
	if (waits || !host_done(c->thread)) {
		ok = waits && !host_done(c->thread);
		if (!ok)
			snprintf(why, size, "%s() %s", c->name,
				 waits ? "is done, expected that it waits" :
				 "waits, expected that it is done");
		return ok;
	}
	ok = finish(p, c, why, size) && expected(c, at, why, size);
	forget(p, c);
	return ok;
}

static bool begin(struct pkt_calls *p, struct call *c, const char *at,
		  char *why, size_t size)
{
	struct sched *s = ex_sched(host_machine(p->h));

	c->x = host_machine(p->h);
	at = arguments(at, c);
	if (!at) {
		p->mistake = true;
		snprintf(why, size, "not a call");
		return false;
	}
	if (!prepare(p, c, why, size))
		return false;
	c->thread = host_call(p->h, c->name, call_thread, c);
	if (!c->thread) {
		snprintf(why, size, "no memory for a thread");
		return false;
	}
	(void)sched_run_to(s, sched_now(s));
	if (c->label[0])
		return true;
	if (!host_done(c->thread)) {
		snprintf(why, size, "%s() waits, expected that it is done",
			 c->name);
		return false;
	}
	return finish(p, c, why, size) && expected(c, at, why, size);
}

bool pkt_call(struct pkt_calls *p, const char *text, char *why, size_t size)
{
	struct call *c = calloc(1, sizeof(*c));
	char first[PKT_NAME], second[64];
	const char *at = word_of(text, first, sizeof(first)), *to = text;
	bool ok, keep;

	p->mistake = !at;
	if (!c || !at) {
		snprintf(why, size, "not a call");
		free(c);
		return false;
	}
	c->next = p->calls;
	p->calls = c;
	if (*at == ':') {
		strcpy(c->label, first);
		to = at + 1;
		at = word_of(to, first, sizeof(first));
	}
	if (at && *at == '=') {
		const char *end = word_of(at + 1, second, sizeof(second));

		if (end && *end == '(') {
			strcpy(c->assign, first);
			to = at + 1;
		} else {
			forget(p, c);
			return look(p, first, at, why, size);
		}
	} else if (at && !strncmp(at, "waits", 5)) {
		forget(p, c);
		return look(p, first, at, why, size);
	}
	ok = begin(p, c, to, why, size);
	keep = c->label[0] || (c->thread && !host_done(c->thread));
	if (!keep)
		forget(p, c);
	return ok;
}

bool pkt_call_mistake(const struct pkt_calls *p)
{
	return p->mistake;
}

struct pkt_calls *pkt_calls_new(struct host *h, struct pkt_net *n)
{
	struct pkt_calls *p = calloc(1, sizeof(*p));

	if (p) {
		p->h = h;
		p->net = n;
	}
	return p;
}

/* After the machine is gone. */
void pkt_calls_free(struct pkt_calls *p)
{
	if (!p)
		return;
	while (p->calls) {
		struct call *c = p->calls;

		p->calls = c->next;
		free(c->data);
		free(c);
	}
	free(p);
}
