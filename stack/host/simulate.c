// SPDX-License-Identifier: Apache-2.0
/* refstack run: a workload in simulation, once or for many seeds. */
#include "../trace/trace.h"
#include "cmd.h"
#include "out.h"
#include "stat.h"
#include "story.h"
#include "words.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 100000u                 /* of a table of results */
#define NAMED 20u                    /* failed seeds in the summary */
#define SHORT 400u                   /* a schedule that fits on a screen */

struct run {
	const char *file, *drivers, *pcap, *schedule, *replay, *seeds;
	u64 seed, last;
	u32 policy;
	bool stat, json, quiet;
	/* of all runs */
	u64 done, wrong, failed[NAMED];
	char *replayed;              /* what @FILE has */
};

static const enum sched_policy policies[] = { SCHED_RANDOM, SCHED_PCT,
					      SCHED_ROUND_ROBIN, SCHED_RUN_ON };
#define POLICIES "random pct round-robin run-on"
static const char *const by_policy[] = { "", " --policy pct",
	" --policy round-robin", " --policy run-on" };

/* --- what came of it ----------------------------------------------------------------- */

static void jobs(const struct workload *w, struct out *o)
{
	char buf[128];

	for (const struct job *j = w->jobs; j; j = j->next) {
		double s = j->ended > j->began ?
			   (double)(j->ended - j->began) / 1e9 : 0;

		if (!out_row(o))
			continue;
		out_str(o, "job", -32, j->text);
		out_num(o, "came", 10, j->received);
		out_num(o, "of", 10, j->bytes);
		out_real(o, "seconds", 11, 6, s);
		out_real(o, "mbit_s", 9, 3,
			 s > 0 ? (double)job_bytes(j) * 8 / s / 1e6 : 0);
		if (o->json)
			out_bool(o, "ok", 0, job_ok(j));
		job_result(j, buf, sizeof(buf));
		out_str(o, "result", 0, buf);
	}
}

/* What the link did to the frames that each machine sent. */
static void machines(const struct workload *w, struct out *o)
{
	static const struct nic_pair_counters none;

	for (unsigned i = 0; i < w->n; i++) {
		const struct nic_pair_counters *c =
			host_link_counters(w->host[i]);

		if (!out_row(o))
			continue;
		c = c ? c : &none;
		out_str(o, "machine", -15, w->name[i]);
		out_num(o, "frames", 8, c->frames);
		out_num(o, "lost", 7, c->lost);
		out_num(o, "dropped", 8, c->dropped);
		out_num(o, "corrupted", 10, c->corrupted);
		out_num(o, "duplicated", 11, c->duplicated);
		out_num(o, "reordered", 10, c->reordered);
		out_num(o, "retransmitted", 14, trace_count(
			host_machine(w->host[i]), TRACE_tcp_retransmit));
	}
}

static void stories(const struct workload *w, struct out *o)
{
	for (const struct story *t = w->stories; t; t = t->next)
		for (const struct story_line *l = t->first; l; l = l->next) {
			if (!out_row(o))
				continue;
			out_str(o, "name", 0, t->name);
			out_str(o, "call", 0, l->text);
			out_str(o, "result", 0, l->done ? l->result : "?");
		}
}

static double seconds(const struct workload *w)
{
	return w->s ? (double)sched_now(w->s) / 1e9 : 0;
}

static u64 steps(const struct workload *w)
{
	return w->s ? sched_steps(w->s) : 0;
}

static void report_json(const struct workload *w, bool ok)
{
	struct out o;

	if (!out_init(&o, stdout, true, ROWS))
		return;
	out_str(&o, "schema", 0, "refstack.run/1");
	out_str(&o, "file", 0, w->file);
	out_num(&o, "seed", 0, w->seed);
	out_bool(&o, "ok", 0, ok);
	out_str(&o, "why", 0, w->why);
	out_real(&o, "seconds", 0, 9, seconds(w));
	out_num(&o, "steps", 0, steps(w));
	out_bool(&o, "diverged", 0, w->s && sched_diverged(w->s));
	out_table(&o, "jobs", NULL);
	jobs(w, &o);
	out_table_end(&o);
	out_table(&o, "stories", NULL);
	stories(w, &o);
	out_table_end(&o);
	out_table(&o, "machines", NULL);
	machines(w, &o);
	out_table_end(&o);
	if (!ok && w->s)
		out_str(&o, "schedule", 0, sched_string(w->s));
	out_fini(&o);
}

static void again(const struct run *r, const struct workload *w)
{
	const char *s = w->s ? sched_string(w->s) : "";

	if (r->replay)
		return;
	printf("again: refstack run %s --seed %llu%s\n", w->file,
	       (unsigned long long)w->seed, by_policy[r->policy]);
	if (strlen(s) <= SHORT)
		printf("schedule: %s\n", s);
	else
		printf("its schedule has %zu characters: --schedule FILE keeps "
		       "them\n", strlen(s));
}

static void report_text(const struct run *r, const struct workload *w, bool ok)
{
	char title[128];
	struct out o;

	for (const struct story *t = w->stories; t; t = t->next)
		story_print(t, stdout);
	snprintf(title, sizeof(title), "seed %llu: %s, %.6f s, %llu steps",
		 (unsigned long long)w->seed, ok ? "as it should be" : "WRONG",
		 seconds(w), (unsigned long long)steps(w));
	(void)out_init(&o, stdout, false, ROWS);
	out_table(&o, "jobs", title);
	jobs(w, &o);
	out_table_end(&o);
	if (w->why[0])
		printf("%s\n", w->why);
	if (w->s && sched_diverged(w->s))
		printf("the run is another one than the replayed one\n");
	out_table(&o, "machines", "Links and retransmissions");
	machines(w, &o);
	out_table_end(&o);
	if (!ok)
		again(r, w);
	for (unsigned i = 0; r->stat && i < w->n; i++) {
		printf("--- %s\n", w->name[i]);
		stat_write(w->host[i], NULL, STAT_ALL, false, STAT_LIMIT,
			   stdout);
	}
	out_fini(&o);
}

static bool keep_schedule(const struct run *r, const struct workload *w)
{
	FILE *f;
	bool ok;

	if (!r->schedule || !w->s)
		return true;
	if (!strcmp(r->schedule, "-"))
		return printf("%s\n", sched_string(w->s)) > 0;
	f = fopen(r->schedule, "w");
	ok = f && fprintf(f, "%s\n", sched_string(w->s)) > 0;
	if (f)
		ok &= !fclose(f);
	if (!ok)
		(void)cli_bad("%s: %s", r->schedule, strerror(errno));
	return ok;
}

/* --- runs ----------------------------------------------------------------------------- */

static int one_run(struct run *r, struct progress *p)
{
	bool many = r->last > r->seed || r->done, ok;
	struct workload w = { .file = r->file, .drivers = r->drivers,
		.replay = r->replay, .policy = r->replay ? SCHED_REPLAY :
						policies[r->policy],
		.seed = r->seed };

	if (r->pcap && !(w.pcap = fopen(r->pcap, "wb")))
		return cli_bad("%s: %s", r->pcap, strerror(errno));
	ok = workload_run(&w);
	if (!w.mistake && (!many || !ok || r->json)) {
		progress_end(p);
		(r->json ? report_json(&w, ok) : report_text(r, &w, ok));
	}
	if (!keep_schedule(r, &w))
		w.mistake = true;
	else if (w.mistake)
		(void)cli_bad("%s", w.why);
	w.why[0] = 0;
	if (!workload_end(&w)) {
		printf("seed %llu: %s\n", (unsigned long long)w.seed, w.why);
		ok = false;
	}
	if (!ok && r->wrong < NAMED)
		r->failed[r->wrong] = r->seed;
	r->wrong += !ok;
	r->done++;
	return w.mistake ? CLI_BAD : ok ? CLI_OK : CLI_WRONG;
}

static void summary(const struct run *r)
{
	FILE *to = r->json ? stderr : stdout;

	fprintf(to, "%llu runs, %llu wrong\n", (unsigned long long)r->done,
		(unsigned long long)r->wrong);
	if (!r->wrong)
		return;
	fprintf(to, "seeds:");
	for (u64 i = 0; i < r->wrong && i < NAMED; i++)
		fprintf(to, " %llu", (unsigned long long)r->failed[i]);
	fprintf(to, "%s\nagain: refstack run %s --seed %llu%s\n",
		r->wrong > NAMED ? " ..." : "", r->file,
		(unsigned long long)r->failed[0], by_policy[r->policy]);
}

static int all_runs(struct run *r)
{
	u64 first = r->seed;
	struct progress p;
	int st = CLI_OK;

	progress_begin(&p, "runs", r->last - r->seed + 1, r->quiet);
	for (;; r->seed++) {
		int one = one_run(r, &p);

		st = one > st ? one : st;
		if (st == CLI_BAD || r->seed == r->last)
			break;
		progress_at(&p, r->done, r->wrong);
	}
	progress_end(&p);
	if (r->last > first && st != CLI_BAD)
		summary(r);
	return st;
}

/* --- arguments --------------------------------------------------------------------------- */

static bool seeds(struct run *r)
{
	char a[24];
	size_t n = strcspn(r->seeds, "-");

	snprintf(a, sizeof(a), "%.*s", (int)n, r->seeds);
	return n < sizeof(a) && r->seeds[n] && words_number(a, &r->seed) &&
	       words_number(r->seeds + n + 1, &r->last) && r->last >= r->seed &&
	       r->last - r->seed < UINT64_MAX;
}

/* The schedule of a file: its first line. */
static bool read_schedule(struct run *r)
{
	FILE *f = fopen(r->replay + 1, "r");
	size_t room = 0;
	ssize_t n = f ? getline(&r->replayed, &room, f) : -1;

	if (f)
		fclose(f);
	if (n < 0)
		return false;
	r->replayed[strcspn(r->replayed, "\r\n")] = 0;
	r->replay = r->replayed;
	return true;
}

static int check(struct run *r)
{
	r->last = r->seed;
	if (r->seeds && !seeds(r))
		return cli_bad("--seeds wants A-B with A not above B, not "
			       "\"%s\"", r->seeds);
	if (r->last > r->seed && (r->schedule || r->replay || r->pcap))
		return cli_bad("--schedule, --replay and --pcap are for one "
			       "seed");
	if (r->replay && r->replay[0] == '@' && !read_schedule(r))
		return cli_bad("%s: no schedule can be read", r->replay + 1);
	if (r->replay)
		r->seed = r->last = strtoull(r->replay, NULL, 16);
	return CLI_OK;
}

static int run(void *mine, int n, char *const *operand)
{
	struct run *r = mine;
	char path[1024];
	int st = check(r);

	(void)n;
	r->file = operand[0];
	r->drivers = cmd_drivers(r->drivers, path, sizeof(path));
	if (!st)
		st = all_runs(r);
	free(r->replayed);
	return st;
}

#define TO(k, member) CLI_TO(k, struct run, member)
static const struct cli_option options[] = {
	{ "seed", "N", "of every decision, loss and number", TO(U64, seed),
	  .def = "1", .max = UINT64_MAX },
	{ "seeds", "A-B", "one run for each of them", TO(TEXT, seeds) },
	{ "policy", "NAME", "who goes on", TO(WORD, policy), .words = POLICIES,
	  .def = "random" },
	{ "schedule", "FILE", "keep what was decided (-: print it)",
	  TO(TEXT, schedule) },
	{ "replay", "STRING", "decide as an earlier run; @FILE: what it kept",
	  TO(TEXT, replay) },
	{ "pcap", "FILE", "the frames of the first link", TO(TEXT, pcap) },
	{ "stat", NULL, "each machine's state at the end", TO(SWITCH, stat) },
	{ "json", NULL, "one object a line for each seed", TO(SWITCH, json) },
	{ "quiet", NULL, "no progress on the terminal", TO(SWITCH, quiet) },
	CMD_DRIVERS(struct run, drivers),
};

static const struct cli_example examples[] = {
	{ "refstack run transfer.txt --seed 42", "one run" },
	{ "refstack run transfer.txt --seeds 1-1000",
	  "a thousand; those that go wrong are shown" },
	{ "refstack run transfer.txt --seed 7 --policy pct --schedule s",
	  "keep the decisions of a run" },
	{ "refstack run transfer.txt --replay @s", "the same run again" },
};

const struct cli_command cmd_run = {
	.name = "run", .operands = "WORKLOAD",
	.summary = "machines of a workload, in simulation",
	.help = "Runs the machines, links and jobs of a workload on a virtual "
		"clock. The same seed\ngives the same run, frame by frame. "
		"docs/refstack.md has the language of workloads;\nsome are "
		"installed in share/refstack/workloads.\n\n"
		"Of a single run every job is shown, and what the links did; "
		"of many seeds those that\nwent wrong, and a line at the end. "
		"Exit code 1: a run was not as it should be.\n\n"
		"With --json: an object refstack.run/1 for each seed, see "
		"docs/refstack-run.schema.json.",
	.options = options, .noptions = sizeof(options) / sizeof(*options),
	.examples = examples,
	.nexamples = sizeof(examples) / sizeof(*examples),
	.min = 1, .max = 1, .size = sizeof(struct run), .run = run,
};
