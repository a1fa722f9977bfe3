// SPDX-License-Identifier: Apache-2.0
/* Workloads: read and run (workload.h has their language). */
#include "workload.h"
#include "story.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 40
#define LINE 1000                    /* characters */
#define JOBS 10000
#define SETTLE 10000000              /* ns after a link was made */
#define FOREVER 36000                /* s of virtual time that a run may take */

/* The words of one line: those that it begins with, then keys with values. */
enum key_kind { NUMBER, REAL, WORD, IP4, IP6, GATEWAY, TEXT, SETTING };
struct key {
	const char *name;
	enum key_kind kind;
	double min, max;
};
struct words {
	const char *w[WORDS];
	unsigned n;
};
struct line {
	const char *name, *operands;
	unsigned fixed;              /* words before the keys, with its name */
	const struct key *keys;
	size_t nkeys;
	bool (*run)(struct workload *r, const struct words *w);
};

static bool bad(struct workload *r, const char *what)
{
	snprintf(r->why, sizeof(r->why), "%s:%u: %s", r->file, r->line, what);
	return false;
}

static bool unknown(struct workload *r, const char *what, const char *list,
		    const char *word)
{
	char why[400];

	words_unknown(why, sizeof(why), what, list, word);
	return bad(r, why);
}

static struct host *find(struct workload *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (!strcmp(r->name[i], name))
			return r->host[i];
	return NULL;
}

/* A machine's name that the file has. */
static bool known(struct workload *r, const char *name)
{
	char list[WORKLOAD_MACHINES * 17] = "";

	for (unsigned i = 0; i < r->n; i++) {
		if (!strcmp(r->name[i], name))
			return true;
		words_add(list, sizeof(list), r->name[i]);
	}
	return unknown(r, "machine", list, name);
}

/* The word behind a key; NULL. */
static const char *value(const struct words *w, const char *key)
{
	for (unsigned i = 1; i + 1 < w->n; i++)
		if (!strcmp(w->w[i], key))
			return w->w[i + 1];
	return NULL;
}

static double real(const struct words *w, const char *key)
{
	const char *v = value(w, key);

	return v ? strtod(v, NULL) : 0;
}

static u64 number(const struct words *w, const char *key, u64 otherwise)
{
	u64 n = otherwise;

	if (value(w, key))
		(void)words_number(value(w, key), &n);
	return n;
}

/* All values of "set", as words. */
static void settings(const struct words *w, char *to, size_t size)
{
	size_t at = 0;

	to[0] = 0;
	for (unsigned i = 1; i + 1 < w->n && at < size; i++)
		if (!strcmp(w->w[i], "set"))
			at += (size_t)snprintf(to + at, size - at, "%s%s",
					       at ? " " : "", w->w[i + 1]);
}

/* --- lines ------------------------------------------------------------------------ */

static void describe(struct workload *r, const struct words *w,
		     struct host_config *c)
{
	const char *ip6 = value(w, "ip6"), *as = value(w, "personality");
	struct ex_config *e = &r->as[r->n];

	settings(w, r->more[r->n], sizeof(r->more[0]));
	snprintf(r->name[r->n], sizeof(r->name[0]), "%s", w->w[1]);
	snprintf(r->ip[r->n], sizeof(r->ip[0]), "%s", value(w, "ip"));
	snprintf(r->ip6[r->n], sizeof(r->ip6[0]), "%s", ip6 ? ip6 : "");
	*e = (struct ex_config){ .name = r->name[r->n],
				 .cpus = (unsigned)number(w, "cpus", 1) };
	c->ex = *e;
	c->tcpip_options = r->more[r->n];
	c->driver_path = r->drivers;
	c->personality = as ? (enum host_personality)
			      words_find(HOST_PERSONALITIES, as) : HOST_NT5;
	r->personality[r->n] = c->personality;
	c->interface = (struct host_interface){ .name = "eth0", .link = true,
		.mac = { 2, 0, 0, 0, 0, (u8)(r->n + 1) },
		.mtu = (u32)number(w, "mtu", 0), .ip4 = { r->ip[r->n] },
		.ip6 = { ip6 ? r->ip6[r->n] : NULL },
		.gateway4 = value(w, "gw") };
}

static bool machine(struct workload *r, const struct words *w)
{
	const char *tcpip = value(w, "tcpip"), *afd = value(w, "afd");
	bool six = value(w, "ip6");
	const char *drivers[] = { tcpip ? tcpip : "tcpip",
				  six ? "tcpip6" : afd ? afd : "afd",
				  six ? (afd ? afd : "afd") : NULL, NULL };
	struct host_config c = { .drivers = drivers };
	char why[512] = "";

	if (r->n == WORKLOAD_MACHINES)
		return bad(r, "at most 16 machines");
	if (!value(w, "ip"))
		return bad(r, "a machine wants \"ip A/BITS\"");
	if (strlen(w->w[1]) >= sizeof(r->name[0]))
		return bad(r, "a name has at most 15 characters");
	for (unsigned i = 0; i < r->n; i++)
		if (!strcmp(r->name[i], w->w[1]))
			return bad(r, "there is a machine of this name");
	describe(r, w, &c);
	if (r->cast)
		return ++r->n;
	r->host[r->n] = host_new(&c, r->s, why, sizeof(why));
	if (!r->host[r->n])
		return bad(r, why);
	r->address[r->n] = *host_address(r->host[r->n], 4, 0);
	if (r->made)
		r->made(r, r->host[r->n]);
	r->n++;
	return true;
}

static bool link_line(struct workload *r, const struct words *w)
{
	struct host *a = find(r, w->w[1]), *b = find(r, w->w[2]);
	struct nic_pair_config c = { .seed = r->seed,
		.loss = real(w, "loss"), .duplicate = real(w, "duplicate"),
		.corrupt = real(w, "corrupt"), .reorder = real(w, "reorder"),
		.delay_ns = (u64)(real(w, "delay") * 1e6),
		.jitter_ns = (u64)(real(w, "jitter") * 1e6),
		.bps = (u64)(real(w, "mbps") * 1e6),
		.queue = (u32)number(w, "queue", 0),
		.down_ns = (u64)(real(w, "down") * 1e6) };

	if (!known(r, w->w[1]) || !known(r, w->w[2]))
		return false;
	if (!strcmp(w->w[1], w->w[2]))
		return bad(r, "a link has two machines");
	if (r->cast)
		return true;
	if (c.down_ns)
		c.down_ns += sched_now(r->s) + SETTLE;
	if (!host_link(a, b, &c))
		return bad(r, "one of them has a link, or there is no memory");
	if (r->pcap && !r->capture) {
		r->capture = nic_capture_new(r->pcap);
		host_capture(a, r->capture);
	}
	(void)sched_run_to(r->s, sched_now(r->s) + SETTLE);
	return true;
}

static bool over(void *ctx)
{
	const struct workload *r = ctx;

	for (const struct job *j = r->jobs; j; j = j->next)
		if (KE_GET(&j->running))
			return false;
	for (const struct story *t = r->stories; t; t = t->next)
		if (!KE_GET(&t->over))
			return false;
	return true;
}

static const struct tdi_address *address_of(void *ctx, const char *name)
{
	const struct workload *r = ctx;

	for (unsigned i = 0; i < r->n; i++)
		if (!strcmp(r->name[i], name))
			return &r->address[i];
	return NULL;
}

static bool begin_stories(struct workload *r)
{
	if (r->told)
		return true;
	r->told = true;
	for (struct story *t = r->stories; t; t = t->next) {
		struct host *h = find(r, t->name);

		t->address = address_of;
		t->ctx = r;
		if (!h || !story_start(t, h))
			return bad(r, "a story's machine is not there");
	}
	return true;
}

static bool join(struct workload *r)
{
	u64 end = sched_now(r->s) + FOREVER * UINT64_C(1000000000), next;
	enum ex_stop why = EX_IDLE;

	if (!begin_stories(r))
		return false;
	while (!over(r) && why == EX_IDLE && sched_now(r->s) < end) {
		next = sched_next_timer(r->s);
		if (next == UINT64_MAX)
			break;
		why = sched_run_to(r->s, next);
	}
	if (why <= EX_IDLE)
		return over(r) || bad(r, "a job has not ended");
	return bad(r, sched_stopped(r->s) ? ex_stop_text(sched_stopped(r->s)) :
					    "the run was stopped");
}

static bool one_job(struct workload *r, const struct words *w)
{
	struct job *j = calloc(1, sizeof(*j)), **at = &r->jobs;

	if (!j)
		return bad(r, "out of memory");
	j->kind = job_kind(w->w[0]);
	j->from = find(r, w->w[1]);
	j->to = find(r, w->w[2]);
	(void)words_number(w->w[3], &j->bytes);
	j->size = number(w, "chunk", number(w, "size", 512));
	j->seed = r->seed + r->port;
	j->back = number(w, "back", 0);
	j->six = number(w, "six", 0);
	j->sndbuf = number(w, "sndbuf", 0);
	j->rcvbuf = number(w, "rcvbuf", 0);
	j->urgent = number(w, "urgent", 0);
	j->pause = number(w, "pause", 0);
	j->port = (u16)(5000 + r->port++);
	snprintf(j->text, sizeof(j->text), "%s %s %s %s", w->w[0], w->w[1],
		 w->w[2], w->w[3]);
	while (*at)
		at = &(*at)->next;
	*at = j;
	return job_start(j) || bad(r, "no memory for a job");
}

static bool job_line(struct workload *r, const struct words *w)
{
	u64 many = number(w, "streams", 1), bytes;

	if (!known(r, w->w[1]) || !known(r, w->w[2]))
		return false;
	if (!words_number(w->w[3], &bytes) || !bytes)
		return bad(r, "how much? A number above 0 is wanted behind the "
			      "machines");
	if (r->port + many > JOBS)
		return bad(r, "at most 10000 jobs and streams");
	if (r->cast)
		r->port = (u16)(r->port + many);
	for (u64 i = 0; !r->cast && i < many; i++)
		if (!one_job(r, w))
			return false;
	return true;
}

static bool join_line(struct workload *r, const struct words *w)
{
	(void)w;
	return r->cast || join(r);
}

static bool sleep_line(struct workload *r, const struct words *w)
{
	double ms;

	if (!words_real(w->w[1], &ms) || ms > FOREVER * 1e3)
		return bad(r, "sleep wants milliseconds, at most 36000000");
	if (!r->cast)
		(void)sched_run_to(r->s, sched_now(r->s) + (u64)(ms * 1e6));
	return true;
}

#define MUCH 1e15
static const struct key machine_keys[] = {
	{ "ip", IP4, 0, 0 }, { "ip6", IP6, 0, 0 }, { "gw", GATEWAY, 0, 0 },
	{ "mtu", NUMBER, 68, 65535 }, { "cpus", NUMBER, 1, 32 },
	{ "personality", WORD, 0, 0 }, { "tcpip", TEXT, 0, 0 },
	{ "afd", TEXT, 0, 0 }, { "set", SETTING, 0, 0 },
};
static const struct key link_keys[] = {
	{ "loss", REAL, 0, 1 }, { "duplicate", REAL, 0, 1 },
	{ "corrupt", REAL, 0, 1 }, { "reorder", REAL, 0, 1 },
	{ "delay", REAL, 0, 1e6 }, { "jitter", REAL, 0, 1e6 },
	{ "mbps", REAL, 0, 1e6 }, { "queue", NUMBER, 0, 1e6 },
	{ "down", REAL, 0, 36e6 },
};
static const struct key transfer_keys[] = { { "streams", NUMBER, 1, JOBS } };
static const struct key echo_keys[] = { { "chunk", NUMBER, 1, 65000 } };
static const struct key datagrams_keys[] = { { "size", NUMBER, 1, 65000 } };
static const struct key mixed_keys[] = {
	{ "back", NUMBER, 0, MUCH }, { "six", NUMBER, 0, 1 },
	{ "sndbuf", NUMBER, 0, 1e9 }, { "rcvbuf", NUMBER, 0, 1e9 },
	{ "urgent", NUMBER, 0, MUCH }, { "pause", NUMBER, 0, 36e6 },
};
#define KEYS(k) k, sizeof(k) / sizeof(*(k))

static const struct line lines[] = {
	{ "machine", "NAME ip A/BITS", 2, KEYS(machine_keys), machine },
	{ "link", "A B", 3, KEYS(link_keys), link_line },
	{ "transfer", "A B BYTES", 4, KEYS(transfer_keys), job_line },
	{ "echo", "A B BYTES", 4, KEYS(echo_keys), job_line },
	{ "datagrams", "A B COUNT", 4, KEYS(datagrams_keys), job_line },
	{ "mixed", "A B BYTES", 4, KEYS(mixed_keys), job_line },
	{ "join", "", 1, NULL, 0, join_line },
	{ "sleep", "MS", 2, NULL, 0, sleep_line },
};
#define LINES (sizeof(lines) / sizeof(*lines))

/* --- their words ----------------------------------------------------------------------- */

static bool wants(struct workload *r, const struct key *k, const char *what,
		  const char *v)
{
	char why[300];

	snprintf(why, sizeof(why), "\"%s\" wants %s, not \"%.60s\"", k->name,
		 what, v);
	return bad(r, why);
}

static bool in_bounds(struct workload *r, const struct key *k, const char *v)
{
	char what[100];
	double d = 0;
	u64 n = 0;
	bool is = k->kind == REAL ? words_real(v, &d) : words_number(v, &n);

	d = k->kind == REAL ? d : (double)n;
	if (is && d >= k->min && d <= k->max)
		return true;
	snprintf(what, sizeof(what), "a %snumber from %.15g to %.15g",
		 k->kind == REAL ? "" : "whole ", k->min, k->max);
	return wants(r, k, what, v);
}

static bool check_value(struct workload *r, const struct key *k, const char *v)
{
	switch (k->kind) {
	case NUMBER:
	case REAL:
		return in_bounds(r, k, v);
	case WORD:
		return words_find(HOST_PERSONALITIES, v) >= 0 ||
		       unknown(r, k->name, HOST_PERSONALITIES, v);
	case IP4:
		return words_address(v, 4, true) ||
		       wants(r, k, "an address as 10.0.0.1/24", v);
	case IP6:
		return words_address(v, 6, true) ||
		       wants(r, k, "an address as 2001:db8::1/64", v);
	case GATEWAY:
		return words_address(v, 4, false) ||
		       wants(r, k, "an address as 10.0.0.254", v);
	case SETTING:
		return strchr(v, '=') || wants(r, k, "WORD=VALUE", v);
	default:
		return true;
	}
}

static bool check_keys(struct workload *r, const struct line *l,
		       const struct words *w)
{
	char list[200] = "", what[60];

	for (size_t k = 0; k < l->nkeys; k++)
		words_add(list, sizeof(list), l->keys[k].name);
	for (unsigned i = l->fixed; i < w->n; i += 2) {
		int k = words_find(list, w->w[i]);

		snprintf(what, sizeof(what), "word of \"%s\":", l->name);
		if (k < 0)
			return unknown(r, what, list, w->w[i]);
		if (i + 1 == w->n)
			return wants(r, &l->keys[k], "a value", "");
		if (!check_value(r, &l->keys[k], w->w[i + 1]))
			return false;
	}
	return true;
}

static bool do_line(struct workload *r, const struct words *w)
{
	const struct line *l = NULL;
	char why[200], list[200] = "";

	for (size_t i = 0; i < LINES; i++) {
		words_add(list, sizeof(list), lines[i].name);
		if (!strcmp(lines[i].name, w->w[0]))
			l = &lines[i];
	}
	if (!l)
		return unknown(r, "line", list, w->w[0]);
	if (w->n >= l->fixed)
		return check_keys(r, l, w) && l->run(r, w);
	snprintf(why, sizeof(why), "%s wants %s", l->name, l->operands);
	return bad(r, why);
}

static bool one_line(struct workload *r, char *text)
{
	struct words w = { .n = 0 };
	char *save = NULL, why[300] = "";
	int st;

	text[strcspn(text, "#")] = 0;
	st = story_line(&r->stories, text, why, sizeof(why));
	if (st > 0 && r->cast)
		return sscanf(text, " %15[A-Za-z0-9]", why) == 1 &&
		       known(r, why);
	if (st)
		return st > 0 || bad(r, why);
	for (char *t = strtok_r(text, " \t", &save); t;
	     t = strtok_r(NULL, " \t", &save)) {
		if (w.n == WORDS)
			return bad(r, "too many words");
		w.w[w.n++] = t;
	}
	return !w.n || do_line(r, &w);
}

/* --- a run ------------------------------------------------------------------------------- */

static bool all_lines(struct workload *r)
{
	FILE *f = fopen(r->file, "r");
	char text[LINE + 2], why[200];
	int st = 1;

	if (!f) {
		snprintf(r->why, sizeof(r->why), "%s: %s", r->file,
			 strerror(errno));
		return false;
	}
	for (r->line = 1; st == 1; r->line += st == 1) {
		st = words_line(f, text, sizeof(text), why, sizeof(why));
		if (st < 0)
			(void)bad(r, why);
		else if (st && !one_line(r, text))
			st = -1;
	}
	fclose(f);
	return !st;
}

bool workload_read(struct workload *r)
{
	bool ok;

	r->cast = true;
	ok = all_lines(r);
	if (ok && !r->n)
		ok = bad(r, "there is no machine in it");
	r->cast = false;
	r->mistake = !ok;
	return ok;
}

/* Everything is looked at before anything is done. */
static bool checked(struct workload *r)
{
	bool ok = workload_read(r);

	story_free(r->stories);
	r->stories = NULL;
	r->n = r->port = 0;
	return ok;
}

bool workload_run(struct workload *r)
{
	bool ok;

	if (!checked(r))
		return false;
	r->s = sched_new(&(struct sched_config){ .policy = r->policy,
			 .seed = r->seed, .replay = r->replay });
	if (!r->s) {
		r->mistake = r->replay;
		snprintf(r->why, sizeof(r->why), "%s", r->replay ?
			 "this is no schedule to replay" : "no memory");
		return false;
	}
	ok = all_lines(r) && join(r);
	for (const struct job *j = r->jobs; j; j = j->next)
		ok &= job_ok(j);
	return ok;
}

/* What a tag has in the machine, more than in one that was never used. */
static bool is_clean(struct workload *r, unsigned i, struct ex *idle,
		     enum ex_pool pool)
{
	struct ex *x = host_machine(r->host[i]);
	struct ex_pool_tag t;

	for (size_t k = 0; ex_pool_tag(x, pool, k, &t); k++) {
		u64 had = ex_pool_bytes(idle, pool, t.tag);

		if (t.bytes <= had || r->why[0])
			continue;
		snprintf(r->why, sizeof(r->why), "left in the pool of %s: "
			 "%.4s, %llu bytes", r->name[i], (const char *)&t.tag,
			 (unsigned long long)(t.bytes - had));
		return false;
	}
	return true;
}

static bool stop(struct workload *r, unsigned i)
{
	struct ex *idle;
	bool ok;

	if (ex_stopped(host_machine(r->host[i])))
		return true;         /* the run has said so */
	if (!host_stop(r->host[i]))
		return bad(r, ex_stopped(host_machine(r->host[i])) ?
				      ex_stop_text(host_machine(r->host[i])) :
				      "a driver could not be unloaded");
	idle = ex_new(&r->as[i], r->s);
	ok = idle && is_clean(r, i, idle, EX_NONPAGED) &&
	     is_clean(r, i, idle, EX_PAGED);
	ex_free(idle);
	return ok;
}

bool workload_end(struct workload *r)
{
	bool ok = true;

	if (r->s && over(r))         /* of what has not ended, files are open */
		for (unsigned i = 0; i < r->n; i++)
			ok &= stop(r, i);
	for (unsigned i = 0; i < r->n; i++)
		host_free(r->host[i]);
	while (r->jobs) {
		struct job *j = r->jobs;

		r->jobs = j->next;
		free(j);
	}
	story_free(r->stories);
	nic_capture_free(r->capture);
	sched_free(r->s);
	return ok;
}
