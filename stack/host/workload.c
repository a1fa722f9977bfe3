// SPDX-License-Identifier: Apache-2.0
/* Workloads: read and run (workload.h has their language). */
#include "workload.h"
#include "story.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 40
#define SETTLE 10000000              /* ns after a link was made */
#define FOREVER 36000                /* s of virtual time that a run may take */

static bool bad(struct workload *r, const char *what)
{
	snprintf(r->why, sizeof(r->why), "%s:%u: %s", r->file, r->line, what);
	return false;
}

static struct host *find(struct workload *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (!strcmp(r->name[i], name))
			return r->host[i];
	return NULL;
}

/* The word behind a key; NULL. */
static const char *value(char **w, unsigned n, const char *key)
{
	for (unsigned i = 1; i + 1 < n; i++)
		if (!strcmp(w[i], key))
			return w[i + 1];
	return NULL;
}

static double real(char **w, unsigned n, const char *key)
{
	const char *v = value(w, n, key);

	return v ? strtod(v, NULL) : 0;
}

/* All values of "set", as words. */
static void settings(char **w, unsigned n, char *to, size_t size)
{
	size_t at = 0;

	to[0] = 0;
	for (unsigned i = 1; i + 1 < n && at < size; i++)
		if (!strcmp(w[i], "set"))
			at += (size_t)snprintf(to + at, size - at, "%s%s",
					       at ? " " : "", w[i + 1]);
}

static enum host_personality personality(const char *as)
{
	if (as && !strcmp(as, "nt4"))
		return HOST_NT4;
	return as && strcmp(as, "nt5") ? HOST_MODERN : HOST_NT5;
}

static bool machine(struct workload *r, char **w, unsigned n)
{
	const char *ip = value(w, n, "ip"), *ip6 = value(w, n, "ip6");
	const char *tcpip = value(w, n, "tcpip"), *afd = value(w, n, "afd") ? value(w, n, "afd") : "afd";
	const char *drivers[] = { tcpip ? tcpip : "tcpip",
				  ip6 ? "tcpip6" : afd, ip6 ? afd : NULL,
				  NULL };
	struct ex_config *as = &r->as[r->n];
	char why[512] = "";
	struct host_config c = { .drivers = drivers, .driver_path = r->drivers,
		.personality = personality(value(w, n, "personality")) };

	if (n < 4 || !ip || r->n == WORKLOAD_MACHINES)
		return bad(r, "machine NAME ip A/BITS, at most 16 of them");
	c.tcpip_options = r->more[r->n];
	settings(w, n, r->more[r->n], sizeof(r->more[0]));
	r->personality[r->n] = c.personality;
	snprintf(r->name[r->n], sizeof(r->name[0]), "%s", w[1]);
	snprintf(r->ip[r->n], sizeof(r->ip[0]), "%s", ip);
	snprintf(r->ip6[r->n], sizeof(r->ip6[0]), "%s", ip6 ? ip6 : "");
	*as = (struct ex_config){ .name = r->name[r->n], .cpus = 1 };
	if (value(w, n, "cpus"))
		as->cpus = (unsigned)real(w, n, "cpus");
	c.ex = *as;
	c.interface = (struct host_interface){ .name = "eth0", .link = true,
		.mac = { 2, 0, 0, 0, 0, (u8)(r->n + 1) },
		.mtu = (u32)real(w, n, "mtu"), .ip4 = { r->ip[r->n] },
		.ip6 = { ip6 ? r->ip6[r->n] : NULL },
		.gateway4 = value(w, n, "gw") };
	if (r->cast)
		return ++r->n;
	r->host[r->n] = host_new(&c, r->s, why, sizeof(why));
	if (!r->host[r->n])
		return bad(r, why);
	if (r->made)
		r->made(r, r->host[r->n]);
	r->n++;
	return true;
}

static bool link_line(struct workload *r, char **w, unsigned n)
{
	struct host *a = n > 2 ? find(r, w[1]) : NULL;
	struct host *b = n > 2 ? find(r, w[2]) : NULL;
	struct nic_pair_config c = { .seed = r->seed,
		.loss = real(w, n, "loss"), .duplicate = real(w, n, "duplicate"),
		.corrupt = real(w, n, "corrupt"),
		.reorder = real(w, n, "reorder"),
		.delay_ns = (u64)(real(w, n, "delay") * 1e6),
		.jitter_ns = (u64)(real(w, n, "jitter") * 1e6),
		.bps = (u64)(real(w, n, "mbps") * 1e6),
		.queue = (u32)real(w, n, "queue"),
		.down_ns = (u64)(real(w, n, "down") * 1e6) };

	if (c.down_ns)
		c.down_ns += sched_now(r->s) + SETTLE;
	if (!a || !b || !host_link(a, b, &c))
		return bad(r, "link A B, two machines without another link");
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
		if (j->running)
			return false;
	for (const struct story *t = r->stories; t; t = t->next)
		if (!t->over)
			return false;
	return true;
}

static const struct tdi_address *address_of(void *ctx, const char *name)
{
	struct host *h = find(ctx, name);

	return h ? host_address(h, 4, 0) : NULL;
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

static bool one_job(struct workload *r, const struct job_kind *k, char **w,
		    unsigned n)
{
	struct job *j = calloc(1, sizeof(*j)), **at = &r->jobs;
	const char *option = k->option ? value(w, n, k->option) : NULL;

	if (!j)
		return bad(r, "out of memory");
	j->kind = k;
	j->from = n > 3 ? find(r, w[1]) : NULL;
	j->to = n > 3 ? find(r, w[2]) : NULL;
	j->bytes = n > 3 ? strtoull(w[3], NULL, 10) : 0;
	j->size = option ? strtoull(option, NULL, 10) : 512;
	j->seed = r->seed + r->port;
	j->back = (u64)real(w, n, "back");
	j->six = real(w, n, "six") > 0;
	j->sndbuf = (u64)real(w, n, "sndbuf");
	j->rcvbuf = (u64)real(w, n, "rcvbuf");
	j->urgent = (u64)real(w, n, "urgent");
	j->pause = (u64)real(w, n, "pause");
	j->port = (u16)(5000 + r->port++);
	if (!j->from || !j->to || !j->bytes || !j->size || j->size > 65000) {
		free(j);
		return bad(r, "JOB A B COUNT");
	}
	snprintf(j->text, sizeof(j->text), "%s %s %s %s", k->name, w[1], w[2],
		 w[3]);
	while (*at)
		at = &(*at)->next;
	*at = j;
	return job_start(j) || bad(r, "no memory for a job");
}

static bool job_line(struct workload *r, char **w, unsigned n)
{
	const struct job_kind *k = job_kind(w[0]);
	const char *streams = value(w, n, "streams");
	unsigned many = streams ? (unsigned)strtoul(streams, NULL, 10) : 1;

	if (!k)
		return bad(r, "no such line: machine, link, transfer, echo, "
			      "datagrams, mixed, NAME: CALL, join, "
			      "sleep");
	for (unsigned i = 0; i < many; i++)
		if (!one_job(r, k, w, n))
			return false;
	return true;
}

static bool one_line(struct workload *r, char *text)
{
	char *w[WORDS], *save = NULL;
	unsigned n = 0;
	int st;

	text[strcspn(text, "#\r\n")] = 0;
	st = story_line(&r->stories, text);
	if (st)
		return st > 0 || bad(r, "not a call, or no memory");
	for (char *t = strtok_r(text, " \t", &save); t && n < WORDS;
	     t = strtok_r(NULL, " \t", &save))
		w[n++] = t;
	if (!n)
		return true;
	if (!strcmp(w[0], "machine"))
		return machine(r, w, n);
	if (r->cast)
		return true;
	if (!strcmp(w[0], "link"))
		return link_line(r, w, n);
	if (!strcmp(w[0], "join"))
		return join(r);
	if (!strcmp(w[0], "sleep") && n == 2) {
		(void)sched_run_to(r->s, sched_now(r->s) +
				   strtoull(w[1], NULL, 10) * 1000000);
		return true;
	}
	return job_line(r, w, n);
}

/* --- a run ------------------------------------------------------------------------------- */

bool workload_read(struct workload *r)
{
	FILE *f = fopen(r->file, "r");
	char text[1024];
	bool ok = f;

	if (!f)
		return bad(r, "it cannot be read");
	for (r->line = 1; ok && fgets(text, sizeof(text), f); r->line++)
		ok = one_line(r, text);
	fclose(f);
	return ok;
}

bool workload_run(struct workload *r)
{
	bool ok;

	r->s = sched_new(&(struct sched_config){ .policy = r->policy,
			 .seed = r->seed, .replay = r->replay });
	if (!r->s)
		return bad(r, "no memory, or not a schedule");
	ok = workload_read(r) && join(r);
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
