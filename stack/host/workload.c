// SPDX-License-Identifier: Apache-2.0
/* refstack run: workloads (workload.h has their language). */
#include "stat.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#define MACHINES 16
#define WORDS 24
#define FOREVER 36000                /* s of virtual time that a run may take */

struct run {
	const char *file, *drivers, *replay, *pcap;
	enum sched_policy policy;
	u64 seed, last_seed;
	bool stat, quiet;
	/* of one run */
	struct sched *s;
	struct host *host[MACHINES];
	char name[MACHINES][16], ip[MACHINES][32];
	unsigned n;
	struct nic_capture *capture;
	struct job *jobs;
	u16 port;
	unsigned line;
	char why[600];
};

static bool bad(struct run *r, const char *what)
{
	snprintf(r->why, sizeof(r->why), "%s:%u: %s", r->file, r->line, what);
	return false;
}

static struct host *find(struct run *r, const char *name)
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

static bool machine(struct run *r, char **w, unsigned n)
{
	const char *ip = value(w, n, "ip"), *as = value(w, n, "personality");
	const char *cpus = value(w, n, "cpus"), *tcpip = value(w, n, "tcpip");
	const char *afd = value(w, n, "afd"), *gw = value(w, n, "gw");
	const char *drivers[] = { tcpip ? tcpip : "tcpip", afd ? afd : "afd",
				  NULL };
	char why[512] = "";
	struct host_config c = { .personality = HOST_NT5, .drivers = drivers,
				 .driver_path = r->drivers };

	if (n < 4 || !ip || r->n == MACHINES)
		return bad(r, "machine NAME ip A/BITS, at most 16 of them");
	if (as)
		c.personality = !strcmp(as, "nt4") ? HOST_NT4 :
				!strcmp(as, "nt5") ? HOST_NT5 : HOST_MODERN;
	snprintf(r->name[r->n], sizeof(r->name[0]), "%s", w[1]);
	snprintf(r->ip[r->n], sizeof(r->ip[0]), "%s", ip);
	c.ex.name = r->name[r->n];
	c.ex.cpus = cpus ? (unsigned)strtoul(cpus, NULL, 10) : 1;
	c.interface = (struct host_interface){ .name = "eth0", .link = true,
		.mac = { 2, 0, 0, 0, 0, (u8)(r->n + 1) },
		.ip4 = { r->ip[r->n] }, .gateway4 = gw };
	r->host[r->n] = host_new(&c, r->s, why, sizeof(why));
	return r->host[r->n++] || bad(r, why);
}

static bool link_line(struct run *r, char **w, unsigned n)
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
		.queue = (u32)real(w, n, "queue") };

	if (!a || !b || !host_link(a, b, &c))
		return bad(r, "link A B, two machines without another link");
	(void)sched_run_to(r->s, sched_now(r->s) + 10000000);
	return true;
}

static bool over(void *ctx)
{
	const struct run *r = ctx;

	for (const struct job *j = r->jobs; j; j = j->next)
		if (j->running)
			return false;
	return true;
}

static bool join(struct run *r)
{
	u64 end = sched_now(r->s) + FOREVER * UINT64_C(1000000000), next;
	enum ex_stop why = EX_IDLE;

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

static bool one_job(struct run *r, const struct job_kind *k, char **w,
		    unsigned n)
{
	struct job *j = calloc(1, sizeof(*j)), **at = &r->jobs;
	const char *option = value(w, n, k->option);

	if (!j)
		return bad(r, "out of memory");
	j->kind = k;
	j->from = n > 3 ? find(r, w[1]) : NULL;
	j->to = n > 3 ? find(r, w[2]) : NULL;
	j->bytes = n > 3 ? strtoull(w[3], NULL, 10) : 0;
	j->size = option ? strtoull(option, NULL, 10) : 512;
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

static bool job_line(struct run *r, char **w, unsigned n)
{
	const struct job_kind *k = job_kind(w[0]);
	const char *streams = value(w, n, "streams");
	unsigned many = streams ? (unsigned)strtoul(streams, NULL, 10) : 1;

	if (!k)
		return bad(r, "no such line: machine, link, transfer, echo, "
			      "datagrams, join, sleep");
	for (unsigned i = 0; i < many; i++)
		if (!one_job(r, k, w, n))
			return false;
	return true;
}

static bool one_line(struct run *r, char *text)
{
	char *w[WORDS], *save = NULL;
	unsigned n = 0;

	text[strcspn(text, "#\r\n")] = 0;
	for (char *t = strtok_r(text, " \t", &save); t && n < WORDS;
	     t = strtok_r(NULL, " \t", &save))
		w[n++] = t;
	if (!n)
		return true;
	if (!strcmp(w[0], "machine"))
		return machine(r, w, n);
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

static bool lines(struct run *r)
{
	FILE *f = fopen(r->file, "r");
	char text[1024];
	bool ok = f;

	if (!f)
		return bad(r, "it cannot be read");
	for (r->line = 1; ok && fgets(text, sizeof(text), f); r->line++) {
		ok = one_line(r, text);
		if (r->pcap && r->n == 2 && !r->capture) {
			FILE *to = fopen(r->pcap, "wb");

			r->capture = to ? nic_capture_new(to) : NULL;
			host_capture(r->host[0], r->capture);
		}
	}
	fclose(f);
	return ok && join(r);
}

static bool report(struct run *r, bool ok)
{
	char text[256];

	for (const struct job *j = r->jobs; j; j = j->next) {
		ok &= job_ok(j);
		job_text(j, text, sizeof(text));
		if (!r->quiet || !job_ok(j))
			printf("%s%s\n", text, job_ok(j) ? "" : "  WRONG");
	}
	if (r->why[0])
		printf("%s\n", r->why);
	if (r->quiet && ok)
		return ok;
	printf("seed %llu: %s, %.6f s, %llu steps\n",
	       (unsigned long long)r->seed, ok ? "as it should be" : "WRONG",
	       (double)sched_now(r->s) / 1e9,
	       (unsigned long long)sched_steps(r->s));
	if (sched_diverged(r->s))
		printf("the run is another one than the replayed one\n");
	printf("schedule %s\n", sched_string(r->s));
	for (unsigned i = 0; r->stat && i < r->n; i++) {
		printf("--- %s\n", r->name[i]);
		stat_write(r->host[i], NULL, STAT_ALL, false,
				   STAT_LIMIT, stdout);
	}
	return ok;
}

static void end(struct run *r)
{
	for (unsigned i = 0; i < r->n; i++)
		host_free(r->host[i]);
	while (r->jobs) {
		struct job *j = r->jobs;

		r->jobs = j->next;
		free(j);
	}
	nic_capture_free(r->capture);
	sched_free(r->s);
	r->capture = NULL;
	r->n = r->port = 0;
	r->why[0] = 0;
}

static bool one_run(struct run *r)
{
	bool ok;

	r->s = sched_new(&(struct sched_config){ .policy = r->policy,
			 .seed = r->seed, .replay = r->replay });
	if (!r->s) {
		fprintf(stderr, "refstack: no memory, or not a schedule\n");
		return false;
	}
	ok = report(r, lines(r));
	end(r);
	return ok;
}

static bool option(struct run *r, const char *o, const char *v)
{
	static const char *const names[] = { "random", "pct", "directed",
					     "replay", "round-robin", "run-on" };
	char *to;

	if (!strcmp(o, "--seed") || !strcmp(o, "--seeds")) {
		r->seed = r->last_seed = strtoull(v, &to, 0);
		if (*to == '-')
			r->last_seed = strtoull(to + 1, &to, 0);
		return !*to && r->last_seed >= r->seed;
	}
	if (!strcmp(o, "--replay")) {
		r->replay = v;
		r->policy = SCHED_REPLAY;
		r->seed = r->last_seed = strtoull(v, NULL, 16);
	} else if (!strcmp(o, "--drivers")) {
		r->drivers = v;
	} else if (!strcmp(o, "--pcap")) {
		r->pcap = v;
	} else if (!strcmp(o, "--policy")) {
		for (unsigned i = 0; i < 6; i++)
			if (!strcmp(v, names[i]) && i != 2 && i != 3) {
				r->policy = (enum sched_policy)i;
				return true;
			}
		return false;
	} else {
		return false;
	}
	return true;
}

int cmd_run(int argc, char **argv)
{
	char path[1024];
	struct run r = { .seed = 1, .last_seed = 1,
			 .drivers = cmd_drivers(path, sizeof(path)) };
	unsigned wrong = 0, all = 0;
	u64 last;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--stat"))
			r.stat = true;
		else if (argv[i][0] != '-')
			r.file = argv[i];
		else if (i + 1 == argc || !option(&r, argv[i], argv[i + 1]))
			return cmd_usage("unknown option or value", argv[i]);
		else
			i++;
	}
	if (!r.file)
		return cmd_usage("run wants a workload", "");
	last = r.last_seed;
	r.quiet = last > r.seed;
	for (; r.seed <= last; r.seed++, all++)
		wrong += !one_run(&r);
	if (r.quiet)
		printf("%u runs, %u wrong\n", all, wrong);
	return wrong != 0;
}
