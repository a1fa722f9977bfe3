// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: line after line. */
#include "pkt.h"
#include "words.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND UINT64_C(1000000000)
#define BOOT SECOND                  /* when a script's time begins */
#define BOOT_NAMES (2 * SECOND)      /* with names that are claimed before */
#define BOOT6 (5 * SECOND)           /* duplicates were looked for by then */
#define SLACK UINT64_C(2000000)      /* of a time that is no range */
#define ANY (300 * SECOND)           /* how long "*" waits */
#define NAMED 16

struct named {
	char name[PKT_NAME];
	u8 *b;
	u32 n;
};

struct script {
	const char *file, *drivers;
	FILE *capture_file;
	unsigned line;
	struct host_config config;
	char ip[32], gw[64], netbios[64];
	char ip6[64], gw6[64];
	bool arp_manual, boot_seen;  /* what it sends as it starts, too */
	bool nd_manual, mld_seen;    /* discovery is not done by the wire */
	char autoconf;               /* 't'oo, 'o'nly: addresses of routers */
	u64 boot;                    /* when the script's time begins */
	struct sched *s;
	struct host *h;
	struct pkt_net net;
	struct pkt_calls *calls;
	struct named named[NAMED];
	unsigned nnamed;
	u8 *frame, *out;             /* the next that was sent; to be sent */
	u32 n;                       /* 0: none is known */
	u64 when, last;
	struct nic_capture *capture;
	struct pkt_result *r;
	char why[1024];
};

struct when {
	u64 from, to;                /* ns of the scheduler */
	bool range;
};

/* There is a mistake in the script. */
static bool bad(struct script *s, const char *what)
{
	snprintf(s->why, sizeof(s->why), "%s", what);
	s->r->mistake = true;
	return false;
}

static bool unknown(struct script *s, const char *what, const char *list,
		    const char *word)
{
	words_unknown(s->why, sizeof(s->why), what, list, word);
	s->r->mistake = true;
	return false;
}

/* --- the machine ------------------------------------------------------------------------ */

static bool boot(struct script *s)
{
	static const char *const four[] = { "tcpip", "afd", NULL };
	struct host_interface *i = &s->config.interface;

	if (s->h)
		return true;
	*i = (struct host_interface){ .name = "eth0", .mtu = i->mtu,
		.mac = { 2, 0, 0, 0, 0, 1 }, .ip4 = { s->ip },
		.gateway4 = s->gw[0] ? s->gw : NULL, .slaac = s->autoconf,
		.frames = s->arp_manual || s->nd_manual };
	s->boot = s->config.netbios_name ? BOOT_NAMES : !s->net.six ? BOOT :
		  s->boot_seen ? 0 : BOOT6;
	if (s->net.six && s->autoconf != 'o')
		i->ip6[0] = s->ip6;
	if (s->net.six && s->gw6[0])
		i->gateway6 = s->gw6;
	s->config.ex.name = "pkt";
	if (!s->config.ex.cpus)
		s->config.ex.cpus = 1;
	s->config.drivers = s->net.six ? NULL : four; /* NULL: the usual ones */
	s->config.driver_path = s->drivers;
	s->s = sched_new(&(struct sched_config){ .seed = 1 });
	s->h = s->s ? host_new(&s->config, s->s, s->why, sizeof(s->why)) : NULL;
	s->calls = s->h ? pkt_calls_new(s->h, &s->net) : NULL;
	if (!s->calls)
		return s->why[0] ? false : bad(s, "no memory for a machine");
	if (s->capture_file)
		s->capture = nic_capture_new(s->capture_file);
	host_capture(s->h, s->capture);
	(void)sched_run_to(s->s, s->boot);
	while (!s->boot_seen && host_extract_frame(s->h, s->frame, PKT_FRAME_MAX,
						    NULL))
		;
	memcpy(s->net.mac, i->mac, 6);
	s->last = s->boot;
	return true;
}

/* Of IPv6: discovery unless it is by hand, MLD unless it is asked for. */
static bool hidden6(const struct script *s)
{
	const u8 *f = s->frame;

	if (f[12] != 0x86 || f[13] != 0xdd)
		return true;
	if (s->n > 62 && !f[20] && f[54] == 58)
		return !s->mld_seen;
	return !s->nd_manual && s->n > 54 && f[20] == 58 && f[54] >= 133 &&
	       f[54] <= 137;
}

/* What scripts do not speak of: IGMP, the other family, and ARP unless it is by
 * hand. */
static bool hidden(const struct script *s)
{
	const u8 *f = s->frame;

	if (s->net.six)
		return hidden6(s);
	if (f[12] == 8 && f[13] == 6)
		return !s->arp_manual;
	return (f[12] == 0x86 && f[13] == 0xdd) ||
	       (f[12] == 8 && !f[13] && s->n > 23 && f[23] == 2);
}

static bool next_frame(struct script *s)
{
	while (!s->n) {
		s->n = (u32)host_extract_frame(s->h, s->frame, PKT_FRAME_MAX,
					       &s->when);
		if (!s->n)
			return false;
		if (s->n < 14 || hidden(s))
			s->n = 0;
	}
	return true;
}

static void run_to(struct script *s, u64 ns)
{
	u64 now = sched_now(s->s);

	(void)sched_run_to(s->s, ns > now ? ns : now);
}

/* --- lines ----------------------------------------------------------------------------------- */

static bool set_six(struct script *s, const char *key, const char *v)
{
	if (!strcmp(key, "ip") && !strcmp(v, "6"))
		s->net.six = true;
	else if (!strcmp(key, "nd") && !strcmp(v, "manual"))
		s->nd_manual = true;
	else if (!strcmp(key, "mld") && !strcmp(v, "seen"))
		s->mld_seen = true;
	else if (!strcmp(key, "autoconf") &&
		 (!strcmp(v, "only") || !strcmp(v, "too")))
		s->autoconf = v[0];
	else if (!strcmp(key, "gw6"))
		snprintf(s->gw6, sizeof(s->gw6), "%s", v);
	else
		return false;
	return true;
}

static bool set_one(struct script *s, const char *key, const char *v)
{
	static const char *const as[] = { "nt4", "nt5", "modern" };
	char text[100];

	snprintf(text, sizeof(text), "%s=%s", key, v);
	if (!strcmp(key, "mtu")) {
		s->config.interface.mtu = (u32)atoi(v);
	} else if (!strcmp(key, "cpus")) {
		s->config.ex.cpus = (unsigned)atoi(v);
	} else if (!strcmp(key, "arp") && !strcmp(v, "manual")) {
		s->arp_manual = true;
	} else if (!strcmp(key, "boot") && !strcmp(v, "seen")) {
		s->boot_seen = true;
	} else if (!strcmp(key, "netbios")) {
		snprintf(s->netbios, sizeof(s->netbios), "%s", v);
		s->config.netbios_name = s->netbios;
	} else if (!strcmp(key, "keepalive")) {
		s->config.netbios_keepalive = (u32)atoi(v);
	} else if (set_six(s, key, v)) {
		return true;
	} else if (!strcmp(key, "gw")) {
		snprintf(s->gw, sizeof(s->gw), "%s", v);
	} else if (!strcmp(key, "personality")) {
		for (int i = 0; i < 3; i++)
			if (!strcmp(v, as[i])) {
				s->config.personality =
					(enum host_personality)i;
				return true;
			}
		return unknown(s, "personality", "nt4 nt5 modern", v);
	} else {
		return unknown(s, "setting", "mtu= cpus= arp=manual boot=seen "
			       "gw= personality= netbios= keepalive= ip=6 "
			       "nd=manual mld=seen autoconf=only autoconf=too "
			       "gw6=", text);
	}
	return true;
}

static bool set_line(struct script *s, const char *at)
{
	char key[32], v[64];
	int n;

	if (s->h)
		return bad(s, "\"set\" comes before everything else");
	for (; sscanf(at, " %31[a-z0-9]=%63s%n", key, v, &n) == 2; at += n)
		if (!set_one(s, key, v))
			return false;
	return !*pkt_blank(at) || bad(s, "set KEY=VALUE");
}

static bool seconds(const char **at, u64 *ns)
{
	char *end;
	double v = strtod(*at, &end);

	if (end == *at || v < 0 || v > 1e6)
		return false;
	*ns = (u64)(v * 1e9 + 0.5);
	*at = end;
	return true;
}

/* 0.5, +0.5, +0.5~0.7, * */
static bool time_of(struct script *s, const char **at, struct when *w)
{
	u64 base = s->boot, v;

	if (**at == '*') {
		++*at;
		*w = (struct when){ s->boot_seen ? 0 : s->last, s->last + ANY,
				    true };
		return true;
	}
	if (**at == '+') {
		++*at;
		base = s->last;
	}
	if (!seconds(at, &v))
		return bad(s, "a line begins with a time");
	*w = (struct when){ base + v, base + v, false };
	if (**at == '~') {
		++*at;
		w->range = true;
		if (!seconds(at, &v))
			return bad(s, "a time is missing behind \"~\"");
		w->to = base + v;
	}
	return w->to >= s->last || bad(s, "a time that is past");
}

static const struct named *find(const struct script *s, const char *name)
{
	for (unsigned i = 0; i < s->nnamed; i++)
		if (!strcmp(s->named[i].name, name))
			return &s->named[i];
	return NULL;
}

/* datagram NAME = … */
static bool define(struct script *s, const char *at)
{
	struct named *n = &s->named[s->nnamed];
	struct pkt_datagram d;
	const char *w;
	int len = 0;

	if (s->nnamed == NAMED ||
	    sscanf(at, " %23[A-Za-z0-9_] = %n", n->name, &len) != 1 || !len)
		return bad(s, "datagram NAME = …, at most 16 of them");
	w = pkt_parse(at + len, &d);
	n->n = w ? 0 : pkt_build(&s->net, &d, s->out);
	pkt_datagram_free(&d);
	if (!n->n)
		return bad(s, w ? w : "too long");
	n->b = malloc(n->n);
	if (!n->b)
		return bad(s, "out of memory");
	memcpy(n->b, s->out, n->n);
	s->nnamed++;
	return true;
}

static bool inject(struct script *s, const struct pkt_datagram *d)
{
	const struct named *of = NULL;
	u32 n;

	if (d->kind == PKT_FRAGMENT) {
		of = find(s, d->of);
		n = of ? pkt_piece(of->b, of->n, d, s->out) : 0;
	} else {
		n = pkt_build(&s->net, d, s->out);
	}
	if (!n)
		return bad(s, "this cannot be sent");
	s->r->sent++;
	if (d->kind == PKT_ARP || (d->kind == PKT_FRAME && !d->protocol))
		(void)host_inject_frame(s->h, s->out, n);
	else
		(void)host_inject(s->h, s->out, n);
	run_to(s, 0);
	return true;
}

static double clock_of(const struct script *s, u64 ns)
{
	return (double)((s64)ns - (s64)s->boot) / 1e9;
}

/* It is not as expected: both, beside each other and in one line. */
static void said(struct script *s, const char *expected, const char *how,
		 const struct pkt_datagram *is)
{
	struct pkt_differ *d = &s->r->differ;

	snprintf(d->expected, sizeof(d->expected), "%s", expected);
	snprintf(d->how, sizeof(d->how), "%s", how);
	pkt_text(is, d->is, sizeof(d->is));
	d->at = clock_of(s, s->when);
	snprintf(s->why, sizeof(s->why), "expected %s; sent at %.6f: %s; %s",
		 expected, d->at, d->is, how);
}

static void nothing(struct script *s, const char *expected, u64 until)
{
	struct pkt_differ *d = &s->r->differ;

	snprintf(d->expected, sizeof(d->expected), "%s", expected);
	snprintf(d->is, sizeof(d->is), "nothing");
	snprintf(d->how, sizeof(d->how), "nothing was sent until %.6f",
		 clock_of(s, until));
	d->at = clock_of(s, until);
	snprintf(s->why, sizeof(s->why), "expected %s; %s", expected, d->how);
}

static bool compare(struct script *s, const struct pkt_datagram *want,
		    const struct when *w, const char *text)
{
	u64 slack = w->range ? 0 : SLACK;
	struct pkt_datagram is;
	char how[160];
	const char *mal = pkt_read(&s->net, s->frame, s->n, want, &is);

	if (mal) {
		said(s, text, mal, &is);
		return false;
	}
	if (pkt_differs(want, &is, how, sizeof(how))) {
		said(s, text, how, &is);
		return false;
	}
	if (s->when + slack >= w->from && s->when <= w->to + slack)
		return true;
	snprintf(how, sizeof(how), "the time is not %.6f to %.6f",
		 clock_of(s, w->from), clock_of(s, w->to));
	said(s, text, how, &is);
	return false;
}

static bool expect(struct script *s, const struct pkt_datagram *want,
		   const struct when *w, const char *text)
{
	u64 end = w->to + (w->range ? 0 : SLACK), next;

	run_to(s, 0);
	while (!next_frame(s) && sched_now(s->s) < end &&
	       !ex_stopped(host_machine(s->h))) {
		next = sched_next_timer(s->s);
		run_to(s, next < end ? next : end);
	}
	if (!s->n) {
		nothing(s, text, end);
		return false;
	}
	if (!compare(s, want, w, text))
		return false;
	s->r->seen++;
	s->n = 0;
	s->last = s->when > s->last ? s->when : s->last;
	return true;
}

static bool silence(struct script *s, u64 until)
{
	struct pkt_datagram is;

	run_to(s, until);
	s->r->seen += until > s->last;
	s->last = until;
	if (!next_frame(s))
		return true;
	(void)pkt_read(&s->net, s->frame, s->n, NULL, &is);
	said(s, "nothing", "it was sent and not expected", &is);
	return false;
}

static bool datagram_line(struct script *s, const char *at,
			  const struct when *w)
{
	bool in = *at == '<', ok;
	struct pkt_datagram d;
	const char *wrong = pkt_parse(at + 1, &d);

	if (wrong) {
		ok = bad(s, wrong);
	} else if (d.six && !s->net.six) {
		ok = bad(s, "IPv6 wants \"set ip=6\" at the beginning");
	} else if (d.kind == PKT_NOTHING) {
		ok = !in ? silence(s, w->to) : bad(s, "nothing to send");
	} else if (in) {
		run_to(s, w->from);
		s->last = w->from;
		ok = inject(s, &d);
	} else {
		ok = expect(s, &d, w, pkt_blank(at + 1));
	}
	pkt_datagram_free(&d);
	return ok;
}

static bool timed_line(struct script *s, const char *at)
{
	struct when w;

	if (!boot(s) || !time_of(s, &at, &w))
		return false;
	at = pkt_blank(at);
	if (*at == '<' || *at == '>')
		return datagram_line(s, at, &w);
	run_to(s, w.from);
	s->last = w.from;
	s->r->calls++;
	if (pkt_call(s->calls, at, s->why, sizeof(s->why)))
		return true;
	s->r->mistake = pkt_call_mistake(s->calls);
	return false;
}

static bool one_line(struct script *s, char *line)
{
	const char *at = pkt_blank(line);
	struct ex *x;

	if (!*at || *at == '#')
		return true;
	s->r->lines++;
	if (!strncmp(at, "set ", 4))
		return set_line(s, at + 4);
	if (!strncmp(at, "datagram ", 9))
		return define(s, at + 9);
	if (!timed_line(s, at))
		return false;
	x = host_machine(s->h);
	if (ex_stopped(x))
		snprintf(s->why, sizeof(s->why), "%s", ex_stop_text(x));
	return !ex_stopped(x);
}

/* --- all of it ------------------------------------------------------------------------------------- */

static bool start(struct script *s)
{
	s->frame = malloc(PKT_FRAME_MAX);
	s->out = malloc(2 * PKT_FRAME_MAX);
	strcpy(s->ip, "192.0.2.1/24");
	s->config.personality = HOST_NT5;
	s->net.local_ip = 0xc0000201;
	s->net.remote_ip = 0xc0000202;
	strcpy(s->ip6, "2001:db8::1/64");
	(void)pkt_address6("2001:db8::1", s->net.local6);
	(void)pkt_address6("2001:db8::2", s->net.remote6);
	(void)pkt_address6("fe80::fe", s->net.router6);
	for (unsigned i = 0; i < PKT_FLOWS; i++)
		s->net.flow[i] = (struct pkt_flow){
			.remote_isn = 1000 + 1000000 * i,
			.remote_ip = 0xc0000202,
			.remote_port = (u16)(40000 + i), .local_port = 8080 };
	for (unsigned i = 0; i < PKT_FLOWS; i++)
		memcpy(s->net.flow[i].remote6, s->net.remote6, 16);
	return s->frame && s->out;
}

static void end(struct script *s)
{
	host_free(s->h);
	pkt_calls_free(s->calls);
	sched_free(s->s);
	nic_capture_free(s->capture);
	for (unsigned i = 0; i < s->nnamed; i++)
		free(s->named[i].b);
	free(s->frame);
	free(s->out);
}

/* Nothing is left that was not expected. */
static bool over(struct script *s)
{
	if (!s->h)
		return bad(s, "the script does nothing");
	return silence(s, sched_now(s->s));
}

static bool all_lines(struct script *s, FILE *f)
{
	char text[4096], why[200];
	int st = 1;

	for (s->line = 1; st == 1; s->line += st == 1) {
		st = words_line(f, text, sizeof(text), why, sizeof(why));
		if (st < 0)
			(void)bad(s, why);
		else if (st && !one_line(s, text))
			st = -1;
	}
	return !st && over(s);
}

bool pkt_run(const char *file, const char *drivers, FILE *capture,
	     struct pkt_result *r, char *why, size_t size)
{
	struct script s = { .file = file, .drivers = drivers, .r = r,
			    .capture_file = capture };
	FILE *f = fopen(file, "r");
	bool ok;

	memset(r, 0, sizeof(*r));
	if (!f)
		ok = bad(&s, strerror(errno));
	else
		ok = (start(&s) || bad(&s, "no memory")) && all_lines(&s, f);
	if (f)
		fclose(f);
	r->line = s.line;
	if (!ok)
		snprintf(why, size, "%u: %s", s.line, s.why);
	end(&s);
	return ok;
}

/* --- folders of them --------------------------------------------------------------------------------- */

static int is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

unsigned pkt_each(const char *path, void (*fn)(void *ctx, const char *file),
		  void *ctx)
{
	struct dirent **e;
	struct stat st;
	unsigned files = 0;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		fn(ctx, path);
		return 1;
	}
	n = scandir(path, &e, is_shown, alphasort);
	for (int i = 0; i < n; i++) {
		const char *end = strrchr(e[i]->d_name, '.');
		char sub[4096];

		snprintf(sub, sizeof(sub), "%s/%s", path, e[i]->d_name);
		if ((end && !strcmp(end, ".pkt")) ||
		    (!stat(sub, &st) && S_ISDIR(st.st_mode)))
			files += pkt_each(sub, fn, ctx);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
	return files;
}
