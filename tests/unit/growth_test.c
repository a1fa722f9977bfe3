// SPDX-License-Identifier: Apache-2.0
/*
 * Growth of pool between two dumps, as facts: signs, tags that came and went,
 * a baseline that cannot serve, none at all.
 */
#include "fact_dump.h"

static struct machine was;

static const char *const machines[] = {
	"x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003", "x64 7",
	"x64 10",
};

static bool open_both(const char *mach, const char *then, const char *now)
{
	char text[1024];
	struct ntr_err e = { "" };

	f = NULL;
	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\n"
		 "time 2001-02-03T04:00:00Z\nstop 0xe2\npooltags on\n%s", mach,
		 then);
	if (!machine_open(&was, text, "full"))
		return false;
	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\n"
		 "time 2001-02-03T06:00:00Z\nstop 0xe2\npooltags on\n%s", mach,
		 now);
	if (!machine_open(&m, text, "full"))
		return false;
	CHECK_EQ(ntr_facts_new(&f, m.t, NULL, &e), NTR_OK);
	return f != NULL;
}

static void shut_both(void)
{
	shut();
	machine_close(&was);
}

static const char then_tags[] =
	"pool nonpaged {\n"
	"tag AfdB allocs 100 frees 50 bytes 102400\n"
	"tag NbtD allocs 900 frees 400 bytes 500000\n"
	"tag Gone allocs 10 frees 8 bytes 64\n"
	"tag Same allocs 7 frees 1 bytes 4096\n"
	"}\n";
static const char now_tags[] =
	"pool nonpaged {\n"
	"tag AfdB allocs 300 frees 60 bytes 491520\n"
	"tag NbtD allocs 900 frees 899 bytes 1000\n"
	"tag New1 allocs 5 frees 0 bytes 320\n"
	"tag Same allocs 7 frees 1 bytes 4096\n"
	"}\n";

/* What forge counts for its own blocks is the same on both sides. */
static void signs(const char *mach)
{
	struct ntr_fact v;

	if (!open_both(mach, then_tags, now_tags))
		return;
	ntr_facts_baseline(f, was.t);
	CHECK_STR(got("pool.growth"), "4 elements");
	CHECK_STR(got("pool.growth[0].tag"), "NbtD");
	CHECK_STR(got("pool.growth[0].kind"), "nonpaged");
	CHECK_STR(got("pool.growth[0].owner"), "netbt.sys");
	CHECK_STR(got("pool.growth[0].bytes_before"), "500000 bytes");
	CHECK_STR(got("pool.growth[0].bytes_after"), "1000 bytes");
	CHECK_STR(got("pool.growth[0].bytes_delta"), "-499000 bytes");
	CHECK_STR(got("pool.growth[0].live_before"), "500");
	CHECK_STR(got("pool.growth[0].live_after"), "1");
	CHECK_STR(got("pool.growth[0].live_delta"), "-499");
	CHECK_STR(got("pool.growth[0].allocs_delta"), "0");
	CHECK_STR(got("pool.growth[0].frees_delta"), "+499");
	CHECK_STR(got("pool.growth[1].tag"), "AfdB");
	CHECK_STR(got("pool.growth[1].bytes_delta"), "+389120 bytes");
	CHECK_STR(got("pool.growth[1].live_delta"), "+190");
	CHECK_STR(got("pool.growth[2].tag"), "New1");
	CHECK_STR(got("pool.growth[2].bytes_before"), "0 bytes");
	CHECK_STR(got("pool.growth[2].bytes_delta"), "+320 bytes");
	CHECK_STR(got("pool.growth[3].tag"), "Gone");
	CHECK_STR(got("pool.growth[3].bytes_delta"), "-64 bytes");
	CHECK_STR(got("pool.growth[3].allocs_delta"), "-10");
	CHECK_STR(got("pool.growth[4].tag"),
		  "none: pool.growth has 4 elements");
	CHECK_STR(got("pool.baseline.nonpaged_delta"), "-109624 bytes");
	CHECK_STR(got("pool.baseline.paged_delta"), "0 bytes");
	CHECK_STR(got("pool.baseline.age"), "2h");
	CHECK_EQ(ntr_fact_get(f, "pool.growth[0].bytes_delta", &v, NULL),
		 NTR_OK);
	CHECK_EQ(v.type, NTR_FT_DELTA);
	CHECK(ntr_fact_delta(&v) == -499000);
	shut_both();
}

static void every_machine(void)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		signs(machines[i]);
}

static void no_baseline(void)
{
	if (!open_both("x86 xp", then_tags, now_tags))
		return;
	CHECK_STR(got("pool.growth"), "unknown: there is no second dump to "
		  "compare with (a baseline)");
	CHECK_STR(got("pool.baseline.nonpaged_delta"), "unknown: there is no second "
		  "dump to compare with (a baseline)");
	shut_both();
}

static void unfit(void)
{
	struct machine other;

	if (!open_both("x86 xp", then_tags, now_tags) ||
	    !machine_open(&other, "machine x64 7\nmemory 64MiB\nstop 0xe2\n",
			  "full"))
		return;
	ntr_facts_baseline(f, other.t);
	CHECK_STR(got("pool.growth"), "unknown: the baseline does not serve: it "
		  "is of another system: machine or build differ");
	/* What needs no baseline is known all the same. */
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_bytes"), "491520 bytes");
	ntr_facts_free(f);
	f = NULL;
	CHECK_EQ(ntr_facts_new(&f, was.t, NULL, NULL), NTR_OK);
	ntr_facts_baseline(f, m.t);
	CHECK_STR(got("pool.growth"), "unknown: the baseline does not serve: it "
		  "is younger than this dump");
	machine_close(&other);
	shut_both();
}

static void judged(void)
{
	if (!open_both("x86 2003",
		       "pool nonpaged { tag AfdB allocs 6000 frees 100 bytes "
		       "9000000\n}\n",
		       "pool nonpaged { tag AfdB allocs 7000 frees 6500 bytes "
		       "8000000\n}\n"))
		return;
	ntr_facts_baseline(f, was.t);
	CHECK_STR(got("pool.judged[0].tag"), "AfdB");
	CHECK_STR(got("pool.judged[0].growth_blocks"), "-5400");
	CHECK_STR(got("pool.judged[0].growth_bytes"), "-1000000 bytes");
	shut_both();
}

/* Counters of a damaged table: no overflow, no wrong sign. */
static void wild(void)
{
	if (!open_both("x64 7",
		       "pool nonpaged { tag Wild allocs 0 frees 0 bytes 1\n}\n",
		       "pool nonpaged { tag Wild allocs 0xffffffff frees 0 bytes "
		       "0xfffffffffffffff0\n}\n"))
		return;
	ntr_facts_baseline(f, was.t);
	CHECK_STR(got("pool.growth[0].tag"), "Wild");
	CHECK_STR(got("pool.growth[0].bytes_delta"),
		  "+9223372036854775807 bytes");
	CHECK_STR(got("pool.growth[0].allocs_delta"), "+4294967295");
	shut_both();
}

int main(void)
{
	RUN(every_machine);
	RUN(no_baseline);
	RUN(unfit);
	RUN(judged);
	RUN(wild);
	return test_done();
}
