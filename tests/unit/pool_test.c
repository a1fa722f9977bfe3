// SPDX-License-Identifier: Apache-2.0
/* Pool of forged machines of every generation: ranges, tag tables, large
 * allocations, damaged pages, one address. */
#include "pool_forge.h"

/* Where forge puts nonpaged pool, and what a block of 100 bytes takes. */
static const struct gen {
	const char *machine;
	uint64_t np, paged;
	unsigned block;    /* of 100 bytes with its header */
	unsigned header;
	bool tracked, tiled;
} gens[] = {
	{ "x86 nt3.51", 0x82000000, 0xe1000000, 128, 8, false, true },
	{ "x86 nt4", 0x82000000, 0xe1000000, 128, 8, false, true },
	{ "x86 2000", 0x83000000, 0xe1000000, 128, 8, false, true },
	{ "x86 xp", 0x84000000, 0xe1000000, 112, 8, false, true },
	{ "x86 2003", 0x84000000, 0xe1000000, 112, 8, true, true },
	{ "x64 2003", 0xfffffadf38000000, 0xfffffa8000000000, 128, 16, true,
	  true },
	{ "x64 7", 0xfffffa8008000000, 0xfffff8a000000000, 128, 16, true,
	  true },
	{ "x64 10", 0xffff9a0f40000000, 0xffffc00100000000, 128, 16, true,
	  false },
};
#define NGENS (sizeof(gens) / sizeof(gens[0]))

static const char body[] =
	"pool nonpaged max 4MiB {\n"
	" block AfdB size 100 count 50\n"
	" block Gone size 100 count 3 free\n"
	" big MmCa size 0x2345 count 2\n"
	" tag Leak allocs 5000 frees 12 bytes 0x300000\n"
	"}\n"
	"pool paged max 8MiB { block CM size 100 count 2 }\n";

static struct forged open_gen(const struct gen *g, const char *more,
			      const char *pools)
{
	char text[4096];

	snprintf(text, sizeof(text), "machine %s cpus 2\nmemory 32MiB\n%s\n%s",
		 g->machine, more, pools);
	return forged_open(text);
}

static void ranges(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", body);
		struct ntr_pool *p = f.p;

		if (!p)
			return;
		CHECK(p->start[0].known && p->end[0].known &&
		      p->limit[0].known);
		CHECK_EQ(p->start[0].v, gens[i].np);
		CHECK_EQ(p->end[0].v, gens[i].np + 0x400000);
		CHECK_EQ(p->limit[0].v, 0x400000);
		CHECK_EQ(p->start[1].v, gens[i].paged);
		CHECK_EQ(p->end[1].v, gens[i].paged + 0x800000);
		CHECK_EQ(p->limit[1].v, 0x800000);
		forged_close(&f);
	}
}

static void tag_tables(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "pooltags on", body);
		const struct ntr_pool_tag *t;

		if (!f.p)
			return;
		t = ntr_pool_tag_of(f.p, tag4("AfdB"));
		CHECK(t && t->allocs[0] == 50 && t->frees[0] == 0);
		CHECK_EQ(t ? t->bytes[0] : 0, 50 * gens[i].block);
		t = ntr_pool_tag_of(f.p, tag4("Leak"));
		CHECK_EQ(t ? t->bytes[0] : 0, 0x300000);
		CHECK_EQ(t ? ntr_pool_live(t, 0) : 0, 4988);
		t = ntr_pool_tag_of(f.p, tag4("CM  "));
		CHECK(t && t->allocs[1] == 2 && t->allocs[0] == 0);
		t = ntr_pool_tag_of(f.p, tag4("Gone"));
		CHECK(t && t->allocs[0] == 3 && t->frees[0] == 3);
		CHECK(!ntr_pool_tag_of(f.p, tag4("Afdx")));
		CHECK(!f.p->tags_why);
		CHECK_EQ(f.p->tags.n, 5);
		forged_close(&f);
	}
}

/* Allocations are on one processor's table, frees on the other's. */
static void tag_tables_of_processors(void)
{
	static const size_t which[] = { 5, 6, 7 };

	for (size_t i = 0; i < 3; i++) {
		struct forged f = open_gen(&gens[which[i]], "pooltags percpu",
					   body);
		const struct ntr_pool_tag *t;

		if (!f.p)
			return;
		CHECK_EQ(f.p->ntables, 2);
		t = ntr_pool_tag_of(f.p, tag4("Leak"));
		CHECK(t && t->allocs[0] == 5000 && t->frees[0] == 12);
		forged_close(&f);
	}
}

static void tracking_off(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", body);

		if (!f.p)
			return;
		if (gens[i].tracked) {
			CHECK(f.p->tags.n > 0);
		} else {
			CHECK_EQ(f.p->tags.n, 0);
			CHECK_HAS(f.p->tags_why, "pool tagging was off");
		}
		forged_close(&f);
	}
}

static void large(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", body);
		const struct ntr_pool_big *b;
		/* behind the two pages of blocks */
		uint64_t va = gens[i].np + 0x2000;
		bool bytes = strstr(gens[i].machine, "x64 7") ||
			     strstr(gens[i].machine, "x64 10");

		if (!f.p)
			return;
		CHECK(!f.p->bigs_why);
		CHECK_EQ(f.p->bigs.n, 2);
		b = ntr_pool_big_of(f.p, va + 0x2000);
		CHECK_EQ(b ? b->va : 0, va);
		CHECK_EQ(b ? b->bytes : 0, bytes ? 0x2345 : 0x3000);
		CHECK_EQ(b ? b->tag : 0, tag4("MmCa"));
		CHECK(b && b->has_kind && !b->paged);
		CHECK(!ntr_pool_big_of(f.p, va - 1));
		b = ntr_pool_big_of(f.p, va + 0x3000);
		CHECK_EQ(b ? b->va : 0, va + 0x3000);
		forged_close(&f);
	}
}

/* 53 blocks in nonpaged pool, two pages; two large ones of three pages. */
static void descriptors(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", body);
		const struct ntr_pool_desc *d;

		if (!f.p)
			return;
		if (!strcmp(gens[i].machine, "x64 10")) {
			CHECK_EQ(f.p->descs.n, 0);
			CHECK_HAS(f.p->descs_why, "no pool descriptors");
			forged_close(&f);
			continue;
		}
		CHECK_EQ(f.p->descs.n, 3);
		d = f.p->descs.v;
		CHECK_EQ(d[0].kind, NTR_NONPAGED);
		CHECK_EQ(d[0].pages, 2);
		CHECK_EQ(d[0].big_pages, 6);
		CHECK_EQ(d[0].allocs, 50 + 3 + 2 + 5000);
		CHECK(d[0].has_frees);
		CHECK_EQ(d[0].frees, 3 + 12);
		CHECK_EQ(d[1].kind, NTR_PAGED);
		CHECK_EQ(d[1].pages, 0);
		CHECK_EQ(d[2].index, 1);
		CHECK_EQ(d[2].pages, 1);
		CHECK_EQ(d[2].allocs, 2);
		forged_close(&f);
	}
}

static void one_address(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		const struct gen *g = &gens[i];
		struct forged f = open_gen(g, "", body);
		struct ntr_pool_at a;
		struct ntr_err e;

		if (!f.p)
			return;
		CHECK_EQ(ntr_pool_of(f.p, g->np + g->block + 60, &a, &e), NTR_OK);
		CHECK_EQ(a.va, g->np + g->block);
		CHECK_EQ(a.data, g->np + g->block + g->header);
		CHECK_EQ(a.size, g->block - g->header);
		CHECK_EQ(a.tag, tag4("AfdB"));
		CHECK_EQ(a.state, NTR_POOL_NONPAGED);
		CHECK(a.in_range && a.has_before && a.has_after && !a.big);
		CHECK_EQ(a.before.off, 0);
		CHECK_EQ(a.after.off, 2 * g->block);
		CHECK_EQ(ntr_pool_of(f.p, g->np + 0x2010, &a, &e), NTR_OK);
		CHECK(a.big);
		CHECK_EQ(a.data, g->np + 0x2000);
		CHECK_EQ(ntr_pool_of(f.p, g->paged + 1, &a, &e), NTR_OK);
		CHECK_EQ(a.tag, tag4("CM  "));
		CHECK_EQ(a.state, NTR_POOL_PAGED);
		CHECK(!a.has_before);
		CHECK(ntr_pool_of(f.p, g->np + 0x300000, &a, &e) != NTR_OK);
		forged_close(&f);
	}
}

/* --- damage ------------------------------------------------------------------ */

struct seen {
	unsigned n;
	uint64_t va;
	struct ntr_pool_check c;
};

static bool see(void *ctx, u64 va, const u8 *page,
		const struct ntr_pool_check *c)
{
	struct seen *s = ctx;

	(void)page;
	s->n++;
	s->va = va;
	s->c = *c;
	return true;
}

static void overrun(void)
{
	static const char text[] =
		"pool nonpaged max 4MiB {\n"
		" block Good size 200 count 300\n page\n"
		" block AfdB size 100 count 7\n"
		" block NbtX size 100\n"
		" overrun 4141414141414141 4141414141414141\n"
		" block Vict size 100\n"
		" block Good size 200 count 300\n}\n";

	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", text);
		struct ntr_pool_walk w;
		struct ntr_pool_at a;
		struct seen s = { 0 };
		struct ntr_err e = { "" };
		uint64_t bad;

		if (!f.p)
			return;
		CHECK_EQ(ntr_pool_walk(f.p, NTR_NONPAGED, false, see, &s, &w,
				       &e), NTR_OK);
		CHECK_EQ(w.damaged, gens[i].tiled);
		CHECK_EQ(s.n, gens[i].tiled);
		if (!gens[i].tiled) { /* not judged by the rule of the page */
			CHECK_EQ(w.other, 1);
			forged_close(&f);
			continue;
		}
		CHECK_EQ(s.c.nblocks, 8);
		CHECK_EQ(s.c.bad, 8 * gens[i].block);
		CHECK_EQ(s.c.before.tag, tag4("NbtX"));
		CHECK_EQ(s.c.found.tag, tag4("AAAA"));
		CHECK(s.c.has_after);
		CHECK_EQ(s.c.after.tag, tag4("Good"));
		CHECK_EQ(s.c.real_size, gens[i].block);
		bad = s.va + s.c.bad + 20;
		CHECK_EQ(ntr_pool_of(f.p, bad, &a, &e), NTR_BAD);
		CHECK_HAS(e.msg, "headers end at");
		CHECK_EQ(a.page.bad, s.c.bad);
		forged_close(&f);
	}
}

static void flipped_bit(void)
{
	static const char text[] =
		"pool nonpaged { block Tag1 size 100 count 9\n flip 1\n"
		" block Tag2 size 100 count 9 }\n";
	struct forged f = open_gen(&gens[6], "", text);
	struct ntr_pool_walk w;
	struct seen s = { 0 };

	if (!f.p)
		return;
	CHECK_EQ(ntr_pool_walk(f.p, NTR_NONPAGED, false, see, &s, &w, NULL),
		 NTR_OK);
	CHECK_EQ(w.damaged, 1);
	CHECK_EQ(s.c.bad, 8 * 128);
	CHECK(s.c.has_flip);
	CHECK_EQ(s.c.flip, 1);
	CHECK_EQ(s.c.flip_at, 8 * 128);
	forged_close(&f);
}

struct found {
	unsigned n, big, stop;
	uint64_t first, last;
};

static bool find(void *ctx, const struct ntr_pool_hit *h)
{
	struct found *f = ctx;

	f->big += h->big;
	f->first = f->n++ ? f->first : h->va;
	f->last = h->va;
	return f->n != f->stop;
}

/* Blocks by their tags alone, in every generation. */
static void search(void)
{
	for (size_t i = 0; i < NGENS; i++) {
		struct forged f = open_gen(&gens[i], "", body);
		const uint32_t tags[3] = { tag4("AfdB"), tag4("MmCa"),
					   tag4("None") };
		struct found got = { 0 };

		if (!f.p)
			return;
		CHECK_EQ(ntr_pool_search(f.p, NTR_NONPAGED, tags, 3, find, &got,
					 NULL), NTR_OK);
		CHECK_EQ(got.n, 52);
		CHECK_EQ(got.big, 2);
		CHECK_EQ(got.first, gens[i].np + 0x2000);
		/* the 50th: 32 or 36 to a page */
		CHECK_EQ(got.last, gens[i].block == 128 ?
			 gens[i].np + 0x1000 + 17 * 128 :
			 gens[i].np + 0x1000 + 13 * 112);
		got = (struct found){ .stop = 4 };
		CHECK_EQ(ntr_pool_search(f.p, NTR_NONPAGED, tags, 1, find, &got,
					 NULL), NTR_OK);
		CHECK_EQ(got.n, 4);
		CHECK_EQ(got.last, gens[i].np + 3 * gens[i].block);
		got = (struct found){ 0 };
		CHECK_EQ(ntr_pool_search(f.p, NTR_PAGED, tags, 3, find, &got,
					 NULL), NTR_OK);
		CHECK_EQ(got.n, 0);
		forged_close(&f);
	}
}

/* --- what is not there, and what claims too much ------------------------------ */

static void nothing_known(void)
{
	struct forged f = forged_open("machine x86 nt4\n");
	struct ntr_pool_walk w;
	struct ntr_err e;

	if (!f.p)
		return;
	CHECK(!f.p->start[0].known);
	CHECK_HAS(f.p->start[0].why, "symbols");
	CHECK_HAS(f.p->tags_why, "nt!PoolTrackTable is not known");
	CHECK_HAS(f.p->bigs_why, "not known");
	CHECK_EQ(ntr_pool_walk(f.p, NTR_NONPAGED, false, NULL, NULL, &w, &e),
		 NTR_ABSENT);
	CHECK_HAS(e.msg, "MmNonPagedPoolStart");
	forged_close(&f);
	f = forged_open("machine alpha nt4\nmemory 16MiB\n");
	if (!f.p)
		return;
	CHECK(!f.p->has_form);
	CHECK_EQ(ntr_pool_walk(f.p, NTR_NONPAGED, false, NULL, NULL, &w, &e),
		 NTR_UNSUP);
	forged_close(&f);
}

/* The variables of the same scenario, found by name, poked to nonsense. */
static uint64_t var_of(const struct gen *g, const char *name)
{
	struct forged f = open_gen(g, "", body);
	char full[64];
	u64 va = 0;

	snprintf(full, sizeof(full), "nt!%s", name);
	if (f.t)
		CHECK_EQ(ntr_target_lookup(f.t, full, &va, NULL), NTR_OK);
	forged_close(&f);
	return va;
}

static void claims(void)
{
	static const char *const names[] = { "PoolTrackTableSize",
		"PoolBigPageTableSize", "PoolTrackTable", "PoolBigPageTable",
		"MmNonPagedPoolEnd", "MmNonPagedPoolStart",
		"NonPagedPoolDescriptor", "ExpNumberOfPagedPools" };
	static const char *const values[] = { "ffffffffffffffff",
		"f0ffffffffffffff", "0100000000000000", "ffffff7f00000000" };
	const struct gen *g = &gens[6];

	for (size_t i = 0; i < 8; i++) {
		uint64_t va = var_of(g, names[i]);

		for (size_t k = 0; k < 4; k++) {
			char poke[100];
			struct forged f;
			struct ntr_pool_walk w;

			snprintf(poke, sizeof(poke), "poke 0x%" PRIx64 " %s",
				 va, values[k]);
			f = open_gen(g, poke, body);
			if (!f.p)
				return;
			CHECK(f.p->tags.n <= 8);
			CHECK(f.p->bigs.n <= 8);
			CHECK(ntr_pool_walk(f.p, NTR_NONPAGED, false, NULL,
					    NULL, &w, NULL) != NTR_NOMEM);
			forged_close(&f);
		}
	}
}

/* A second table, with one more tag and more of one that the first has. */
static void expansion(void)
{
	const struct gen *g = &gens[6];
	char poke[600];
	const struct ntr_pool_tag *t;
	struct forged f;

	snprintf(poke, sizeof(poke),
		 "page 0xfffffa8030000000 valid\n"
		 "poke 0x%" PRIx64 " 0000003080faffff\n"
		 "poke 0x%" PRIx64 " 0200000000000000\n"
		 "poke 0xfffffa8030000000 4d6f7265 07000000 02000000 00000000 "
		 "0010000000000000 00000000 00000000 0000000000000000\n"
		 "poke 0xfffffa8030000028 41666442 05000000 01000000 00000000 "
		 "0010000000000000 00000000 00000000 0000000000000000\n",
		 var_of(g, "PoolTrackTableExpansion"),
		 var_of(g, "PoolTrackTableExpansionSize"));
	f = open_gen(g, poke, body);
	if (!f.p)
		return;
	t = ntr_pool_tag_of(f.p, tag4("More"));
	CHECK(t && t->allocs[0] == 7 && t->frees[0] == 2);
	CHECK_EQ(t ? t->bytes[0] : 0, 0x1000);
	t = ntr_pool_tag_of(f.p, tag4("AfdB"));
	CHECK(t && t->allocs[0] == 55 && t->frees[0] == 1);
	CHECK(!f.p->tags_why);
	forged_close(&f);
}

/* Without its size the table is read up to its last row. */
static void no_size(void)
{
	const struct gen *g = &gens[6];
	char poke[100];
	struct forged f;

	snprintf(poke, sizeof(poke), "poke 0x%" PRIx64 " 0000000000000000",
		 var_of(g, "PoolTrackTableSize"));
	f = open_gen(g, poke, body);
	if (!f.p)
		return;
	CHECK_EQ(f.p->tags.n, 5);
	CHECK_HAS(f.p->tags_why, "up to its last row");
	forged_close(&f);
}

/* A size that claims gigabytes costs no more than the rows that are there. */
static void huge_table(void)
{
	const struct gen *g = &gens[6];
	char poke[100];
	struct forged f;

	snprintf(poke, sizeof(poke), "poke 0x%" PRIx64 " ffffff7f",
		 var_of(g, "PoolTrackTableSize"));
	f = open_gen(g, poke, body);
	if (!f.p)
		return;
	CHECK(ntr_pool_tag_of(f.p, tag4("Leak")) != NULL);
	CHECK_HAS(f.p->tags_why, "not in the dump");
	forged_close(&f);
}

int main(void)
{
	RUN(ranges);
	RUN(tag_tables);
	RUN(tag_tables_of_processors);
	RUN(tracking_off);
	RUN(large);
	RUN(descriptors);
	RUN(one_address);
	RUN(search);
	RUN(overrun);
	RUN(flipped_bit);
	RUN(nothing_known);
	RUN(claims);
	RUN(expansion);
	RUN(no_size);
	RUN(huge_table);
	return test_done();
}
