// SPDX-License-Identifier: Apache-2.0
/*
 * A megabyte over a bad link, for many seeds: every seed is another workload
 * (personalities, SACK, CPUs, MTU, family, buffers, sizes of calls, urgent
 * bytes, ways), run twice.  What was sent arrives as it was sent, nothing is
 * left in any pool, the connection goes on within bounds of time, and both runs
 * have the same trace, in every record and every frame.
 *
 *	seeds_test               the first QUICK seeds, or 1,000 with NTR_LONG=1
 *	seeds_test FIRST-LAST    those
 *
 * A seed that fails leaves its workload in $B/tmp, and the command that runs it.
 */
#include "../unit/test.h"
#include "host/workload.h"
#include "trace/trace.h"

#include <sys/stat.h>

#ifdef __SANITIZE_ADDRESS__
#define QUICK 20u
#elif CO_TSAN
#define QUICK 8u
#else
#define QUICK 80u
#endif
#define LONG 1000u
#define MEGABYTE 1048576u
/*
 * A segment or its ACK is lost or damaged in about one of eight cases.  RTOs are a
 * second at least and double (RFC 6298 2.4, 5.5), so seven losses in a row, which
 * are to be expected once in a thousand seeds, are 127 s without a byte (and NT
 * gives up after five: TcpMaxDataRetransmissions is set higher here).  What
 * is slow has a send buffer smaller than a segment: it waits for each of 1,049
 * or more ACKs, which NT delays by 200 ms, and a timeout for one in eight.
 */
#define SILENT_MAX (130 * UINT64_C(1000000000))
#define ALL_MAX (1500 * UINT64_C(1000000000))

struct seen {
	u64 hash, records, rtos, again, silent, took;
};

struct total {
	u64 first, last;
	u64 *hash;                   /* of each */
	u64 slowest, slowest_ns, silent, silent_ns, sum_ns, rtos, again,
	    records;
};

/* --- a workload from a seed ---------------------------------------------------------------- */

struct dice {
	u64 z;
};

static u64 roll(struct dice *d, u64 sides)
{
	u64 z = d->z += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % sides;
}
#define PICK(d, ...)                                                       \
	((const u32[]){ __VA_ARGS__ })[roll(d, sizeof((u32[]){ __VA_ARGS__ }) / \
					       sizeof(u32))]

static void machine_line(struct dice *d, FILE *f, int i, u32 mtu)
{
	fprintf(f, "machine %c ip 10.0.0.%d/24 ip6 fd00::%d/64 mtu %u cpus %u "
		   "personality %s%s set data_retrans=9\n", 'a' + i, i + 1, i + 1, mtu,
		PICK(d, 1, 1, 2, 3), roll(d, 2) ? "nt5" : "modern",
		roll(d, 3) ? "" : " set sack=0");
}

static void write_workload(u64 seed, FILE *f)
{
	struct dice d = { seed };
	bool six = !roll(&d, 3), back = roll(&d, 2);
	u32 mtu = PICK(&d, 576, 1280, 1500, 1500, 1500, 4000, 9000);

	if (six && mtu < 1280)
		mtu = 1280;
	fprintf(f, "# seed %llu\n", (unsigned long long)seed);
	machine_line(&d, f, 0, mtu);
	machine_line(&d, f, 1, mtu);
	fprintf(f, "link a b loss 0.05 reorder 0.1 duplicate 0.02 corrupt 0.01 "
		   "delay %u jitter %u mbps %u queue %u\nsleep 3000\n",
		PICK(&d, 0, 1, 5, 5, 20, 80), PICK(&d, 0, 1, 3),
		PICK(&d, 0, 2, 10, 100), PICK(&d, 0, 0, 40));
	fprintf(f, "mixed %s %u back %u six %d sndbuf %u rcvbuf %u urgent %u "
		   "pause %u\n", back ? "b a" : "a b", MEGABYTE,
		PICK(&d, 0, 0, 5000, 200000, MEGABYTE), six,
		PICK(&d, 0, 0, 1000, 8192, 65536),
		PICK(&d, 0, 0, 2000, 8192, 65536, 262144),
		PICK(&d, 0, 0, 10), PICK(&d, 0, 0, 3));
}

/* --- a run ---------------------------------------------------------------------------------- */

RACE_BLIND static u64 mix(u64 h, const void *p, size_t n)
{
	const u8 *b = p;
	u64 v;

	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&v, b, 8);
		h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	for (; n; n--)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h;
}

/* Addresses of the host (code, a link's timers) are where the dynamic linker and
 * malloc() put them; those of machines follow from the seed. */
static bool is_host_memory(u64 v)
{
	return v >= UINT64_C(0x500000000000) && v <= UINT64_C(0x7fffffffffff);
}

RACE_BLIND static void record(void *ctx, struct ex *x, const struct trace_record *r)
{
	struct trace_record without = *r;
	struct seen *s = ctx;

	(void)x;
	for (int k = 0; k < 4; k++)
		if (is_host_memory(r->a[k]))
			without.a[k] = 0;
	s->hash = mix(s->hash, &without, sizeof(without));
	s->records++;
	s->rtos += r->event == TRACE_tcp_rto;
	s->again += r->event == TRACE_tcp_retransmit;
}

static void made(struct workload *w, struct host *h)
{
	trace_sink(host_machine(h), record, w->ctx);
}

static ssize_t frame(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	s->hash = mix(s->hash, p, n);
	return (ssize_t)n;
}

static const char *path_of(u64 seed, char *buf, size_t size)
{
	const char *b = getenv("B");

	snprintf(buf, size, "%s/tmp", b ? b : "build/dev");
	(void)mkdir(buf, 0755);
	snprintf(buf, size, "%s/tmp/seed-%llu.txt", b ? b : "build/dev",
		 (unsigned long long)seed);
	return buf;
}

static enum sched_policy policy_of(u64 seed)
{
	return seed % 5 == 4 ? SCHED_PCT : SCHED_RANDOM;
}

static void look_at(struct workload *w, struct seen *s)
{
	for (const struct job *j = w->jobs; j; j = j->next) {
		s->took = j->ended - j->began;
		for (int i = 0; i < 2; i++)
			if (j->side[i].longest > s->silent)
				s->silent = j->side[i].longest;
	}
}

static bool run(u64 seed, const char *file, struct seen *s)
{
	const char *b = getenv("B");
	char drivers[512], text[256] = "";
	struct workload w = { .file = file, .drivers = drivers, .seed = seed,
			      .policy = policy_of(seed), .made = made, .ctx = s,
			      .pcap = fopencookie(s, "w",
				(cookie_io_functions_t){ .write = frame }) };
	bool ok;

	*s = (struct seen){ .hash = seed };
	snprintf(drivers, sizeof(drivers), "%s/drivers", b ? b : "build/dev");
	ok = w.pcap && workload_run(&w);
	look_at(&w, s);
	if (w.jobs)
		job_result(w.jobs, text, sizeof(text));
	if (!ok)
		printf("seed %llu: %s; %s\n", (unsigned long long)seed, text,
		       w.why);
	w.why[0] = 0;
	if (!workload_end(&w)) {
		printf("seed %llu: %s\n", (unsigned long long)seed, w.why);
		ok = false;
	}
	return ok;
}

static bool in_bounds(u64 seed, const struct seen *s)
{
	if (s->silent <= SILENT_MAX && s->took <= ALL_MAX)
		return true;
	printf("seed %llu: %.1f s in all, %.1f s without a byte\n",
	       (unsigned long long)seed, (double)s->took / 1e9,
	       (double)s->silent / 1e9);
	return false;
}

static void add_up(struct total *t, u64 seed, const struct seen *s)
{
	t->hash[seed - t->first] = s->hash;
	t->sum_ns += s->took;
	t->rtos += s->rtos;
	t->again += s->again;
	t->records += s->records;
	if (s->took > t->slowest_ns) {
		t->slowest_ns = s->took;
		t->slowest = seed;
	}
	if (s->silent > t->silent_ns) {
		t->silent_ns = s->silent;
		t->silent = seed;
	}
	if (getenv("NTR_SEEDS_EACH"))
		printf("# %llu took %.1f silent %.1f rtos %llu again %llu\n",
		       (unsigned long long)seed, (double)s->took / 1e9,
		       (double)s->silent / 1e9, (unsigned long long)s->rtos,
		       (unsigned long long)s->again);
}

static bool one_seed(struct total *t, u64 seed)
{
	char path[512];
	struct seen s, again;
	FILE *f = fopen(path_of(seed, path, sizeof(path)), "w");
	bool ok;

	if (!f)
		return false;
	write_workload(seed, f);
	fclose(f);
	ok = run(seed, path, &s) && in_bounds(seed, &s) &&
	     run(seed, path, &again);
	if (ok && s.hash != again.hash) {
		printf("seed %llu: the second run has another trace (%llu and "
		       "%llu records)\n", (unsigned long long)seed,
		       (unsigned long long)s.records,
		       (unsigned long long)again.records);
		ok = false;
	}
	add_up(t, seed, &s);
	if (ok)
		remove(path);
	else
		printf("again: refstack run %s --seed %llu --policy %s\n", path,
		       (unsigned long long)seed,
		       policy_of(seed) == SCHED_PCT ? "pct" : "random");
	return ok;
}

/* --- all of them -------------------------------------------------------------------------------- */

static struct total total;

static void megabytes(void)
{
	struct total *t = &total;
	u64 n = t->last - t->first + 1;
	unsigned bad = 0;

	for (u64 seed = t->first; seed <= t->last && bad < 10; seed++) {
		bool ok = one_seed(t, seed);

		CHECK(ok);
		bad += !ok;
	}
	printf("%llu seeds: mean %.1f s of virtual time, slowest %.1f s (seed "
	       "%llu), longest silence %.1f s (seed %llu), %.1f timeouts and "
	       "%.1f retransmissions each, %.0f k records each\n",
	       (unsigned long long)n, (double)t->sum_ns / 1e9 / (double)n,
	       (double)t->slowest_ns / 1e9, (unsigned long long)t->slowest,
	       (double)t->silent_ns / 1e9, (unsigned long long)t->silent,
	       (double)t->rtos / (double)n, (double)t->again / (double)n,
	       (double)t->records / 1e3 / (double)n);
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Another seed is another run: no two traces are the same. */
static void another_seed_another_trace(void)
{
	struct total *t = &total;
	u64 n = t->last - t->first + 1;

	if (n < 2)
		SKIP("one seed only");
	qsort(t->hash, (size_t)n, sizeof(*t->hash), by_value);
	for (u64 i = 1; i < n; i++)
		CHECK(t->hash[i] != t->hash[i - 1]);
}

int main(int argc, char **argv)
{
	struct total *t = &total;
	char *end;

	t->first = 1;
	t->last = getenv("NTR_LONG") ? LONG : QUICK;
	if (argc > 1) {
		t->first = t->last = strtoull(argv[1], &end, 10);
		if (*end == '-')
			t->last = strtoull(end + 1, NULL, 10);
	}
	if (t->last < t->first)
		return 2;
	t->hash = calloc((size_t)(t->last - t->first + 1), sizeof(*t->hash));
	if (!t->hash)
		return 1;
	RUN(megabytes);
	RUN(another_seed_another_trace);
	free(t->hash);
	return test_done();
}
