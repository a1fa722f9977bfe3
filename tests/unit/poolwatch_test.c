// SPDX-License-Identifier: Apache-2.0
/* Judgement of forged pools: what leaks is named with its evidence, what only
 * looks like it is not. */
#include "triage/poolwatch.h"

#include "pool_forge.h"

static struct forged fixture(const char *name)
{
	static char text[8192];
	char path[256];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "tests/fixtures/%s.forge", name);
	f = fopen(path, "r");
	CHECK(f != NULL);
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = 0;
	if (f)
		fclose(f);
	return forged_open(text);
}

static const struct ntr_tag_judgement *
judged(const struct ntr_poolwatch *w, const char *tag, unsigned kind)
{
	for (size_t i = 0; i < w->tags.n; i++)
		if (w->tags.v[i].tag == tag4(tag) && w->tags.v[i].kind == kind)
			return &w->tags.v[i];
	return NULL;
}

/* All that it cannot tell, in one text. */
static const char *cannots(const struct ntr_tag_judgement *j)
{
	static char text[2000];

	text[0] = 0;
	for (unsigned i = 0; j && i < j->ncannot; i++)
		strcat(strcat(text, j->cannot[i]), "\n");
	return text;
}

#define EV(j, e) ((j) ? (j)->evidence[NTR_POOL_EV_##e] : NULL)

/* --- the four of the fixtures ---------------------------------------------------- */

static void leak(void)
{
	struct forged f = fixture("pool-leak-afd");
	const struct ntr_tag_judgement *j;
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	CHECK_EQ(w.tags.n, 1);
	j = judged(&w, "AfdB", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_LEAK);
	CHECK_EQ(j ? j->live : 0, 6000);
	CHECK_EQ(j ? j->per_block : 0, 2016); /* 2008 in units of 32 */
	CHECK(j && j->uniform && j->has_reach);
	CHECK_EQ(j ? j->reach.orphans : 0, 6000);
	CHECK_EQ(j ? j->reach.kept : 1, 0);
	CHECK_EQ(j ? j->reach.lost_bytes : 0, 6000u * 2008);
	CHECK(j && !j->reach.caveat);
	CHECK_HAS(EV(j, SHARE), "11 MiB in 6000 blocks: 99% of nonpaged pool, 72% of the limit of 16 MiB");
	CHECK_HAS(EV(j, RETAINED), "6030 allocations, 30 frees: 99% were never freed");
	CHECK_HAS(EV(j, UNIFORM), "6000 blocks found, all of 2016 bytes");
	CHECK_HAS(EV(j, LOST), "nothing in memory points to 6000 of 6000 blocks");
	CHECK_HAS(EV(j, OWNER), "afd.sys: data buffer of a socket");
	CHECK(!EV(j, TWIN));
	CHECK_HAS(cannots(j), "whether it grows, because there is no second dump");
	CHECK_EQ(w.usage[0].pressure, NTR_POOL_PRESSURE_FINE);
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

static void plateau(void)
{
	struct forged f = fixture("pool-plateau");
	const struct ntr_tag_judgement *j;
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "NDnd", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 9, NTR_TAG_PLATEAU);
	CHECK_HAS(EV(j, TURNOVER), "9000000 allocations, 8996000 frees");
	CHECK_HAS(EV(j, HELD), "4000 of 4000");
	CHECK(!EV(j, RETAINED) && !EV(j, LOST));
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

static void twins(void)
{
	struct forged f = fixture("pool-twins");
	const struct ntr_tag_judgement *j;
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "LkCt", NTR_NONPAGED);
	CHECK_EQ(j ? j->ntwins : 0, 1); /* not the one with 2999 */
	CHECK_EQ(j ? j->twins[0] : 0, tag4("LkHd"));
	CHECK_HAS(EV(j, TWIN), "as many live blocks as LkHd, 3000 each");
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_LEAK);
	CHECK_HAS(cannots(j), "whose tag it is");
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

static bool first(void *ctx, u64 va, const u8 *page,
		  const struct ntr_pool_check *c)
{
	(void)page;
	*(struct ntr_pool_check *)ctx = *c;
	CHECK_EQ(va, 0x84005000);
	return false;
}

static void corrupted(void)
{
	struct forged f = fixture("pool-overrun");
	struct ntr_pool_check c = { 0 };
	struct ntr_pool_walk w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_pool_walk(f.p, NTR_NONPAGED, false, first, &c, &w, NULL),
		 NTR_OK);
	CHECK_EQ(w.damaged, 1);
	CHECK_EQ(c.before.tag, tag4("Nb06"));
	CHECK_EQ(c.before.off, 9 * 112);
	CHECK_EQ(c.bad, 10 * 112);
	CHECK_EQ(c.after.tag, tag4("NbtD"));
	CHECK_EQ(c.real_size, 112);
	CHECK(!c.has_flip);
	forged_close(&f);
}

/* --- near misses and what cannot be told -------------------------------------------- */

static const char kept_text[] =
	"machine x64 7\nmemory 64MiB\n"
	"pool nonpaged max 64MiB {\n"
	" block Cach size 1000 count 4000 held\n block File size 100 count 200 held\n}\n";

/* Allocated once, never freed, but held: a cache, or a leak into a list. */
static void held_is_a_suspect(void)
{
	struct forged f = forged_open(kept_text);
	const struct ntr_tag_judgement *j;
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "Cach", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_SUSPECT);
	CHECK(EV(j, RETAINED) && EV(j, HELD) && !EV(j, LOST));
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

static struct ntr_pool_baseline before(struct ntr_pool_tag *t, uint64_t allocs,
				       uint64_t frees)
{
	*t = (struct ntr_pool_tag){ .tag = tag4("Cach") };
	t->allocs[0] = allocs;
	t->frees[0] = frees;
	t->bytes[0] = (allocs - frees) * 1024;
	return (struct ntr_pool_baseline){ t, 1, 7200 };
}

static void baseline(void)
{
	struct forged f = forged_open(kept_text);
	const struct ntr_tag_judgement *j;
	struct ntr_pool_baseline b;
	struct ntr_pool_tag t;
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	b = before(&t, 1000, 0); /* 3000 more, all kept */
	CHECK_EQ(ntr_poolwatch(f.p, &b, false, &w, NULL), NTR_OK);
	j = judged(&w, "Cach", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_LEAK);
	CHECK_EQ(j ? j->growth_blocks : 0, 3000);
	CHECK_HAS(EV(j, GREW), "1000 blocks then, 4000 now: of 3000 allocations since, 3000 are still there (1500 KiB an hour)");
	CHECK_HAS(cannots(j), "not searched");
	ntr_poolwatch_fini(&w);

	b = before(&t, 3950, 0); /* 1 % more: it stands */
	CHECK_EQ(ntr_poolwatch(f.p, &b, false, &w, NULL), NTR_OK);
	j = judged(&w, "Cach", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 9, NTR_TAG_PLATEAU);
	CHECK_HAS(EV(j, STOOD), "3950 blocks then, 4000 now");
	ntr_poolwatch_fini(&w);

	b = before(&t, 9000, 5000); /* of another boot */
	CHECK_EQ(ntr_poolwatch(f.p, &b, false, &w, NULL), NTR_OK);
	j = judged(&w, "Cach", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_SUSPECT);
	CHECK_HAS(cannots(j), "another run of the machine");
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

/* A ring of blocks that nobody holds is lost; held at one end, it is not. */
static void islands(void)
{
	struct forged f = forged_open(
		"machine x64 7\nmemory 64MiB\npool nonpaged max 32MiB {\n"
		" block Ring size 2000 count 1000 linked\n}\n");
	struct ntr_poolwatch w;
	const struct ntr_tag_judgement *j;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "Ring", NTR_NONPAGED);
	CHECK_EQ(j ? j->reach.islands : 0, 1000);
	CHECK_EQ(j ? j->reach.orphans : 1, 0);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_LEAK);
	CHECK_HAS(EV(j, LOST), "only point to one another");
	ntr_poolwatch_fini(&w);
	forged_close(&f);

	/* the same with one word elsewhere that points into the ring */
	f = forged_open(
		"machine x64 7\nmemory 64MiB\npool nonpaged max 32MiB {\n"
		" block Ring size 2000 count 1000 linked\n}\n"
		"page 0xfffffa8020000000 valid\n"
		"poke 0xfffffa8020000100 500800 0880faffff\n");
	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "Ring", NTR_NONPAGED);
	CHECK_EQ(j ? j->reach.kept : 0, 1);
	CHECK_EQ(j ? j->reach.through : 0, 999);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_SUSPECT);
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

/* Large allocations are listed in a table, which keeps none of them. */
static void large_ones(void)
{
	struct forged f = forged_open(
		"machine x64 7\nmemory 64MiB\npool nonpaged max 32MiB {\n"
		" block Some size 16\n big Huge size 0x5000 count 300\n"
		" big Kept size 0x5000 count 300 held\n}\n");
	struct ntr_poolwatch w;
	const struct ntr_tag_judgement *j;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "Huge", NTR_NONPAGED);
	CHECK_EQ(j ? j->reach.orphans : 0, 300);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_LEAK);
	j = judged(&w, "Kept", NTR_NONPAGED);
	CHECK_EQ(j ? j->reach.kept : 0, 300);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_SUSPECT);
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

/* A tag whose blocks lie in a lookaside list is a cache, not a leak. */
static void lookaside(void)
{
	static const char *const machines[] = { "x86 xp", "x86 2003",
						"x64 2003", "x64 7" };

	for (size_t i = 0; i < 4; i++) {
		const struct ntr_tag_judgement *j;
		struct ntr_poolwatch w;
		struct forged f;
		char text[512];

		snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\n"
			 "pooltags on\npool nonpaged max 32MiB {\n"
			 " lookaside Cach size 2000 cached 1500 depth 9 allocs 77 frees 70\n"
			 " lookaside Tiny size 32\n"
			 " block Cach size 2000 count 200 held\n}\n"
			 "pool paged { lookaside PgLk size 64 cached 3 }\n",
			 machines[i]);
		f = forged_open(text);
		if (!f.p)
			return;
		CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
		CHECK_EQ(w.lists.n, 3);
		CHECK(!w.lists.why[0] && !w.lists.why[1]);
		if (w.lists.n == 3) {
			CHECK_EQ(w.lists.v[0].tag, tag4("Cach"));
			CHECK_EQ(w.lists.v[0].size, 2000);
			CHECK_EQ(w.lists.v[0].cached, 1500);
			CHECK_EQ(w.lists.v[0].depth, 9);
			CHECK_EQ(w.lists.v[0].maximum, 256);
			CHECK_EQ(w.lists.v[0].allocates, 77);
			CHECK_EQ(w.lists.v[0].frees, 70);
			CHECK_EQ(w.lists.v[1].tag, tag4("Tiny"));
			CHECK_EQ(w.lists.v[1].cached, 0);
			CHECK(w.lists.v[2].paged);
		}
		j = judged(&w, "Cach", NTR_NONPAGED);
		CHECK_EQ(j ? j->verdict : 9, NTR_TAG_PLATEAU);
		CHECK_EQ(j ? j->cached : 0, 1500);
		CHECK_HAS(EV(j, CACHED), "1500 of its blocks");
		CHECK(EV(j, RETAINED) != NULL);
		ntr_poolwatch_fini(&w);
		forged_close(&f);
	}
}

static void pressure(void)
{
	static const struct {
		const char *bytes;
		enum ntr_pool_pressure want;
	} t[] = {
		{ "12MiB", NTR_POOL_PRESSURE_FINE },
		{ "13MiB", NTR_POOL_PRESSURE_HIGH },
		{ "16MiB", NTR_POOL_PRESSURE_EXHAUSTED },
	};

	for (size_t i = 0; i < 3; i++) {
		struct ntr_poolwatch w;
		struct forged f;
		char text[256];

		snprintf(text, sizeof(text), "machine x64 7\n"
			 "pool nonpaged max 16MiB { tag Some bytes %s allocs 9 }\n",
			 t[i].bytes);
		f = forged_open(text);
		if (!f.p)
			return;
		CHECK_EQ(ntr_poolwatch(f.p, NULL, false, &w, NULL), NTR_OK);
		CHECK_EQ(w.usage[0].pressure, t[i].want);
		CHECK_EQ(w.usage[1].pressure, NTR_POOL_PRESSURE_UNKNOWN);
		CHECK_HAS(w.usage[1].why, "MmSizeOfPagedPoolInBytes");
		ntr_poolwatch_fini(&w);
		forged_close(&f);
	}
}

/* What the memory manager counts comes first, unless it makes no sense. */
static void in_use(void)
{
	static const struct {
		const char *inuse, *source;
		enum ntr_pool_pressure want;
	} t[] = {
		{ "15MiB", "MmAllocatedNonPagedPool", NTR_POOL_PRESSURE_HIGH },
		{ "17MiB", "sum of the tags", NTR_POOL_PRESSURE_FINE },
	};

	for (size_t i = 0; i < 2; i++) {
		struct ntr_poolwatch w;
		struct forged f;
		char text[256];

		snprintf(text, sizeof(text), "machine x64 7\n"
			 "pool nonpaged max 16MiB inuse %s { block Some size 8 }\n",
			 t[i].inuse);
		f = forged_open(text);
		if (!f.p)
			return;
		CHECK_EQ(ntr_poolwatch(f.p, NULL, false, &w, NULL), NTR_OK);
		CHECK_STR(w.usage[0].source, t[i].source);
		CHECK_EQ(w.usage[0].pressure, t[i].want);
		ntr_poolwatch_fini(&w);
		forged_close(&f);
	}
}

/* Without tags the descriptors still say how full the pool is. */
static void not_counted(void)
{
	struct forged f = forged_open(
		"machine x86 nt4\npool nonpaged max 4MiB { block AfdB size 2000 count 1990 }\n");
	struct ntr_poolwatch w;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	CHECK_EQ(w.tags.n, 0);
	CHECK_HAS(w.tags_why, "pool tagging was off");
	CHECK_STR(w.usage[0].source, "pages of the pool descriptors");
	CHECK_EQ(w.usage[0].used, 995 * 4096);
	CHECK_EQ(w.usage[0].pressure, NTR_POOL_PRESSURE_EXHAUSTED);
	ntr_poolwatch_fini(&w);
	forged_close(&f);
	f = forged_open("machine alpha nt4\nmemory 16MiB\n");
	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	CHECK_EQ(w.usage[0].pressure, NTR_POOL_PRESSURE_UNKNOWN);
	CHECK_HAS(w.usage[0].why, "MmMaximumNonPagedPoolInBytes");
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

/* The segment heap is not walked; the counters are still judged. */
static void segment_heap(void)
{
	struct forged f = forged_open(
		"machine x64 10\nmemory 64MiB\npool nonpaged max 32MiB { block AfdB size 2000 count 2000 }\n");
	struct ntr_poolwatch w;
	const struct ntr_tag_judgement *j;

	if (!f.p)
		return;
	CHECK_EQ(ntr_poolwatch(f.p, NULL, true, &w, NULL), NTR_OK);
	j = judged(&w, "AfdB", NTR_NONPAGED);
	CHECK_EQ(j ? j->verdict : 0, NTR_TAG_SUSPECT);
	CHECK_HAS(cannots(j), "segment heap");
	ntr_poolwatch_fini(&w);
	forged_close(&f);
}

/* Counters of a damaged table may hold anything. */
static void wild_counters(void)
{
	static const char *const v[] = { "0x7fffffffffffffff",
		"0xffffffffffffffff", "0x8000000000000000" };

	for (size_t i = 0; i < 3; i++) {
		struct ntr_pool_baseline b;
		struct ntr_pool_tag t;
		struct ntr_poolwatch w;
		struct forged f;
		char text[256];

		snprintf(text, sizeof(text), "machine x64 10\n"
			 "pool nonpaged { tag Cach bytes %s allocs %s frees 0 }\n",
			 v[i], v[i]);
		f = forged_open(text);
		if (!f.p)
			return;
		b = before(&t, 5, UINT64_C(0x8000000000000005));
		CHECK_EQ(ntr_poolwatch(f.p, &b, true, &w, NULL), NTR_OK);
		CHECK(w.tags.n <= 1);
		ntr_poolwatch_fini(&w);
		forged_close(&f);
	}
}

int main(void)
{
	RUN(leak);
	RUN(plateau);
	RUN(twins);
	RUN(corrupted);
	RUN(held_is_a_suspect);
	RUN(baseline);
	RUN(islands);
	RUN(large_ones);
	RUN(lookaside);
	RUN(pressure);
	RUN(in_use);
	RUN(not_counted);
	RUN(segment_heap);
	RUN(wild_counters);
	return test_done();
}
