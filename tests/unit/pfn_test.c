// SPDX-License-Identifier: Apache-2.0
/* The PFN database and the page lists of forged machines. */
#include "kobj/pfn.h"

#include "objects.h"

static const struct {
	const char *name;
	uint32_t size; /* of an entry */
	bool late;     /* Vista and later: entries have a priority */
} machines[] = {
	{ "x86 xp", 0x18, false },   { "x86 xp pae", 0x1c, false },
	{ "x86 2003", 0x18, false }, { "x64 2003", 0x30, false },
	{ "x64 7", 0x30, true },     { "x64 10", 0x30, true },
};

static bool open_machine(struct machine *m, const char *name)
{
	char text[600];

	snprintf(text, sizeof(text), "machine %s\nmemory 32MiB\n"
		 "pfn 0x100 active references 2 share 3 pte 0xc0001000 "
		 "original 0x80 frame 0x99 dirty\n"
		 "pfn 0x101 standby pte 0xc0001008 times 5\n"
		 "pfn 0x1000 transition references 1 pte 0xc0001010\n"
		 "pagelists zeroed 10 free 20 standby 6 modified 7 nowrite 1 "
		 "bad 2 highest 0x1fff\n", name);
	return machine_open(m, text, "full");
}

static void entries(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		uint64_t base = g < 3 ? 0x80c00000 : 0xfffffa8000000000;
		struct ntr_pfn x;
		struct machine m;

		if (!open_machine(&m, machines[g].name))
			return;
		CHECK_EQ(ntr_pfn_read(m.t, 0x100, &x, NULL), NTR_OK);
		CHECK_EQ(x.va, base + 0x100 * machines[g].size);
		CHECK_EQ(x.state, NTR_PG_ACTIVE);
		CHECK_EQ(x.references, 2);
		CHECK(x.has_share);
		CHECK_EQ(x.share, 3);
		CHECK_EQ(x.pte, 0xc0001000);
		CHECK_EQ(x.original, 0x80);
		CHECK_EQ(x.frame, 0x99);
		CHECK(x.modified && !x.reading && !x.writing && !x.none);
		CHECK_EQ(x.cache, 1);
		CHECK_EQ(x.has_priority, machines[g].late);
		CHECK_EQ(x.priority, machines[g].late ? 5 : 0);
		CHECK_EQ(x.source, g == 5 ? NTR_SRC_TABLE : NTR_SRC_ASSUMED);
		CHECK_EQ(ntr_pfn_read(m.t, 0x105, &x, NULL), NTR_OK);
		CHECK_EQ(x.state, NTR_PG_STANDBY);
		CHECK(!x.has_share);
		CHECK_EQ(ntr_pfn_read(m.t, 0x106, &x, NULL), NTR_OK);
		CHECK(x.none);
		machine_close(&m);
	}
}

static void counts(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_page_counts c;
		struct machine m;

		if (!open_machine(&m, machines[g].name))
			return;
		ntr_page_counts(m.t, &c);
		CHECK(c.known[NTR_PG_ZEROED] && c.n[NTR_PG_ZEROED] == 10);
		CHECK(c.known[NTR_PG_FREE] && c.n[NTR_PG_FREE] == 20);
		CHECK(c.known[NTR_PG_STANDBY] && c.n[NTR_PG_STANDBY] == 6);
		CHECK(c.known[NTR_PG_MODIFIED] && c.n[NTR_PG_MODIFIED] == 7);
		CHECK(c.known[NTR_PG_NO_WRITE] && c.n[NTR_PG_NO_WRITE] == 1);
		CHECK(c.known[NTR_PG_BAD] && c.n[NTR_PG_BAD] == 2);
		CHECK(!c.known[NTR_PG_ACTIVE] && !c.known[NTR_PG_TRANSITION]);
		CHECK_HAS(c.why[NTR_PG_ACTIVE], "are on no list");
		CHECK_EQ(ntr_pfn_walk(m.t, &c, NULL, NULL, NULL), NTR_OK);
		CHECK(c.known[NTR_PG_ACTIVE] && c.walk[NTR_PG_ACTIVE]);
		CHECK_EQ(c.n[NTR_PG_ACTIVE], 1);
		CHECK_EQ(c.n[NTR_PG_TRANSITION], 1);
		CHECK_EQ(c.n[NTR_PG_STANDBY], 6); /* the list's, not 5 */
		CHECK_EQ(c.seen, 7);
		CHECK(c.unread > 0 && c.unread < 0x2000);
		CHECK(!c.cut);
		machine_close(&m);
	}
}

static bool at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void hostile_values(void)
{
	struct ntr_page_counts c = { .seen = 0 };
	struct ntr_pfn x;
	struct ntr_err e = { "" };
	struct machine m;
	uint64_t va;

	if (!open_machine(&m, "x64 10"))
		return;
	CHECK_EQ(ntr_pfn_read(m.t, UINT64_MAX / 0x30, &x, &e), NTR_ABSENT);
	CHECK_EQ(ntr_pfn_read(m.t, 0x10000, &x, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "is not in the dump");
	CHECK_EQ(ntr_target_lookup(m.t, "nt!MmHighestPhysicalPage", &va, NULL),
		 NTR_OK);
	machine_patch(&m, va, 0xffffffff, 4); /* 16 TiB: the walk ends before */
	CHECK_EQ(ntr_pfn_walk(m.t, &c, NULL, NULL, NULL), NTR_OK);
	CHECK(c.cut);
	CHECK_EQ(c.seen, 7);
	CHECK_EQ(ntr_pfn_walk(m.t, &c, at_once, NULL, &e), NTR_OK);
	CHECK(c.cut);
	CHECK_EQ(ntr_target_lookup(m.t, "nt!MmPfnDatabase", &va, NULL), NTR_OK);
	machine_patch(&m, va, 0x1000, 8);
	CHECK_EQ(ntr_pfn_read(m.t, 1, &x, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "no address of the kernel");
	machine_close(&m);
}

/* Layouts of 3.51 to 2000 are not public: nothing is made up. */
static void old_generations(void)
{
	static const char *const old[] = { "x86 nt3.51", "x86 nt4", "x86 2000" };

	for (unsigned g = 0; g < NTR_COUNT(old); g++) {
		struct ntr_page_counts c;
		struct ntr_err e = { "" };
		struct ntr_pfn x;
		struct machine m;
		char text[200];

		snprintf(text, sizeof(text), "machine %s\nmemory 32MiB\n"
			 "pagelists zeroed 3 free 4\n", old[g]);
		if (!machine_open(&m, text, "full"))
			return;
		CHECK_EQ(ntr_pfn_read(m.t, 1, &x, &e), NTR_ABSENT);
		CHECK_HAS(e.msg, "layout of _MMPFN of build");
		ntr_page_counts(m.t, &c);
		CHECK(c.known[NTR_PG_ZEROED] && c.n[NTR_PG_ZEROED] == 3);
		CHECK(c.known[NTR_PG_FREE] && c.n[NTR_PG_FREE] == 4);
		CHECK(!c.known[NTR_PG_ACTIVE]);
		machine_close(&m);
	}
}

/* Variables that are all 0 are left over, not counts. */
static void zeros_are_no_counts(void)
{
	struct ntr_page_counts c;
	struct machine m;

	if (!machine_open(&m, "machine x64 10\nmemory 32MiB\n", "full"))
		return;
	ntr_page_counts(m.t, &c);
	for (unsigned s = 0; s < NTR_NPAGE_STATES; s++)
		CHECK(!c.known[s] && c.why[s][0]);
	machine_close(&m);
}

int main(void)
{
	RUN(entries);
	RUN(counts);
	RUN(hostile_values);
	RUN(old_generations);
	RUN(zeros_are_no_counts);
	return test_done();
}
