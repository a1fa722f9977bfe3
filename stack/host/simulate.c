// SPDX-License-Identifier: Apache-2.0
/* refstack run: a workload in simulation, once or for many seeds. */
#include "cmd.h"
#include "stat.h"
#include "story.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

struct run {
	const char *file, *drivers, *replay, *pcap;
	enum sched_policy policy;
	u64 seed, last_seed;
	bool stat, quiet;
};

static void report(const struct run *r, struct workload *w, bool ok)
{
	char text[256];

	for (const struct job *j = w->jobs; j; j = j->next) {
		job_text(j, text, sizeof(text));
		if (!r->quiet || !job_ok(j))
			printf("%s%s\n", text, job_ok(j) ? "" : "  WRONG");
	}
	for (const struct story *t = w->stories; t && !r->quiet; t = t->next)
		story_print(t, stdout);
	if (w->why[0])
		printf("%s\n", w->why);
	if (r->quiet && ok)
		return;
	printf("seed %llu: %s, %.6f s, %llu steps\n",
	       (unsigned long long)w->seed, ok ? "as it should be" : "WRONG",
	       w->s ? (double)sched_now(w->s) / 1e9 : 0,
	       w->s ? (unsigned long long)sched_steps(w->s) : 0);
	if (!w->s)
		return;
	if (sched_diverged(w->s))
		printf("the run is another one than the replayed one\n");
	printf("schedule %s\n", sched_string(w->s));
	for (unsigned i = 0; r->stat && i < w->n; i++) {
		printf("--- %s\n", w->name[i]);
		stat_write(w->host[i], NULL, STAT_ALL, false, STAT_LIMIT,
			   stdout);
	}
}

static bool one_run(const struct run *r)
{
	struct workload w = { .file = r->file, .drivers = r->drivers,
		.replay = r->replay, .policy = r->policy, .seed = r->seed,
		.pcap = r->pcap ? fopen(r->pcap, "wb") : NULL };
	bool ok = workload_run(&w);

	report(r, &w, ok);
	w.why[0] = 0;
	if (workload_end(&w))
		return ok;
	printf("seed %llu: %s\n", (unsigned long long)w.seed, w.why);
	return false;
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
