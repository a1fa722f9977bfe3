// SPDX-License-Identifier: Apache-2.0
/*
 * Special pool and the segment heap: which block an address is of, by the range
 * or by the look of a page, by encoded headers that agree; and that nothing is
 * believed that only looks like it.  Long walks end when told to.
 */
#include "facts/facts.h"
#include "kobj/pool_reach.h"
#include "kobj/pool_special.h"
#include "kobj/pool_vs.h"
#include "triage/poolblock.h"

#include "objects.h"

static struct machine m;
static struct ntr_pool *p;
static struct ntr_err e;

static bool open_text(const char *text)
{
	p = NULL;
	e.msg[0] = 0;
	if (!machine_open(&m, text, "full"))
		return false;
	CHECK_STR(ntr_pool_open(&p, m.t, &e) ? e.msg : "", "");
	return p != NULL;
}

static void shut(void)
{
	ntr_pool_close(p);
	machine_close(&m);
}

static uint32_t tag4(const char *s)
{
	return (uint32_t)(uint8_t)s[0] | (uint32_t)(uint8_t)s[1] << 8 |
	       (uint32_t)(uint8_t)s[2] << 16 | (uint32_t)(uint8_t)s[3] << 24;
}

/* --- special pool ------------------------------------------------------------------ */

/* Pages at base + 0x1801000 and + 0x1803000, the second freed. */
static void special(const char *machine, uint64_t base)
{
	struct ntr_pool_special s;
	struct ntr_pool_story y;
	struct ntr_arena a = { 0 };
	char text[400];

	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\nstop 0xe2\n"
		 "pool nonpaged {\nblock File size 200\nspecial NbtD size 120\n"
		 "special AfdB size 64 free\n}\n", machine);
	if (!open_text(text))
		return;
	CHECK_EQ(ntr_pool_special_of(p, base + 0x1801f90, &s, &e), NTR_OK);
	CHECK_EQ(s.place, NTR_SPECIAL_PAGE);
	CHECK(!s.assumed && s.has_range && s.has_tag);
	CHECK_EQ(s.tag, tag4("NbtD"));
	CHECK_EQ(s.page, base + 0x1801000);
	CHECK_EQ(s.start, base + 0x1800000);
	CHECK_EQ(ntr_pool_special_of(p, base + 0x1802004, &s, &e), NTR_OK);
	CHECK_EQ(s.place, NTR_SPECIAL_BEHIND);
	CHECK_EQ(s.page, base + 0x1801000);
	CHECK_EQ(ntr_pool_special_of(p, base + 0x1803fc0, &s, &e), NTR_OK);
	CHECK_EQ(s.place, NTR_SPECIAL_GONE);
	CHECK(!s.has_tag);
	CHECK_EQ(ntr_pool_special_of(p, base + 8, &s, &e), NTR_ABSENT);
	CHECK_STR(e.msg, "it is not in special pool");
	CHECK_EQ(ntr_pool_story(p, base + 0x1802004, &y, &e), NTR_OK);
	CHECK_EQ(y.kind, NTR_POOL_KIND_SPECIAL);
	CHECK_STR(ntr_pool_story_text(&a, p, &y), "behind the end of a "
		  "special-pool block of tag NbtD (netbt.sys)");
	ntr_arena_fini(&a);
	shut();
}

static void special_pool(void)
{
	special("x86 nt4", 0x82000000);
	special("x86 2000", 0x83000000);
	special("x86 xp", 0x84000000);
	special("x86 2003", 0x84000000);
	special("x64 2003", UINT64_C(0xfffffadf38000000));
	special("x64 7", UINT64_C(0xfffffa8008000000));
}

/* No range is known: a page alone, with a tag at its head, looks like one. */
static void by_its_look(void)
{
	struct ntr_pool_special s;

	if (!open_text("machine x86 xp\nmemory 64MiB\nstop 0xe2\n"
		       "pool nonpaged {\nblock File size 200\n}\n"
		       "page 0x84801000 valid\npoke 0x84801000 "
		       "780000004e627444\npage 0x84901000 valid\n"
		       "page 0x84902000 valid\npoke 0x84901000 "
		       "780000004e627444\n"))
		return;
	CHECK_EQ(ntr_pool_special_of(p, 0x84801f80, &s, &e), NTR_OK);
	CHECK(s.assumed && !s.has_range);
	CHECK_EQ(s.tag, tag4("NbtD"));
	CHECK_EQ(ntr_pool_special_of(p, 0x84802010, &s, &e), NTR_OK);
	CHECK_EQ(s.place, NTR_SPECIAL_BEHIND);
	/* A page beside it; pages with headers; not mapped and alone. */
	CHECK_EQ(ntr_pool_special_of(p, 0x84901f80, &s, &e), NTR_ABSENT);
	CHECK_EQ(ntr_pool_special_of(p, 0x84000010, &s, &e), NTR_ABSENT);
	CHECK_EQ(ntr_pool_special_of(p, 0x84a00000, &s, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "nt!MmSpecialPoolStart is not known");
	CHECK_EQ(ntr_pool_special_of(p, 0, &s, &e), NTR_ABSENT);
	CHECK_EQ(ntr_pool_special_of(p, UINT64_MAX, &s, &e), NTR_ABSENT);
	shut();
}

/* --- segment heap -------------------------------------------------------------------- */

#define CHUNKS UINT64_C(0xffff9a0f41000000)
static const char chunks[] =
	"machine x64 10\nmemory 64MiB\nstop 0xc2 7 0 0 0xffff9a0f41000130\n"
	"pool nonpaged {\nblock File size 200\nchunk NbtD size 200\n"
	"chunk AfdB size 64 free\nchunk Irp size 400\n}\n";

static void chunk_headers(void)
{
	struct ntr_pool_vs c;

	if (!open_text(chunks))
		return;
	CHECK_EQ(ntr_pool_vs_of(p, CHUNKS + 0x40, &c, &e), NTR_OK);
	CHECK_EQ(c.va, CHUNKS);
	CHECK_EQ(c.size, 0xf0);
	CHECK_EQ(c.header, CHUNKS + 0x10);
	CHECK(c.allocated);
	CHECK_EQ(c.tag, tag4("NbtD"));
	CHECK(c.has_next && !c.next_allocated);
	CHECK_EQ(c.next, CHUNKS + 0xf0);
	CHECK_EQ(ntr_pool_vs_of(p, CHUNKS + 0x14f, &c, &e), NTR_OK);
	CHECK_EQ(c.va, CHUNKS + 0xf0);
	CHECK(!c.allocated);
	CHECK_EQ(c.previous_size, 0xf0);
	CHECK_EQ(c.next_tag, tag4("Irp "));
	/* A page of other blocks, and one that is not there. */
	CHECK_EQ(ntr_pool_vs_of(p, UINT64_C(0xffff9a0f40000010), &c, &e),
		 NTR_ABSENT);
	CHECK_EQ(ntr_pool_vs_of(p, UINT64_C(0xffff9a0f4f000010), &c, &e),
		 NTR_ABSENT);
	CHECK_EQ(ntr_pool_vs_of(p, 0, &c, &e), NTR_ABSENT);
	shut();
}

/* Any bit of a header's sizes changed: it, or the one in front, is not believed
 * where it was. */
static void damaged_chunks(void)
{
	struct ntr_pool_vs c;
	uint64_t raw = 0;

	for (unsigned bit = 16; bit < 56; bit++) {
		if (!open_text(chunks))
			return;
		CHECK_EQ(ntr_read_u64(m.t->mem, CHUNKS + 0xf0, &raw), NTR_OK);
		machine_patch(&m, CHUNKS + 0xf0, raw ^ UINT64_C(1) << bit, 8);
		if (bit < 32 || bit >= 49)
			CHECK(ntr_pool_vs_of(p, CHUNKS + 0x100, &c, &e) ==
			      NTR_ABSENT || c.va != CHUNKS + 0xf0 ||
			      c.size != 0x60);
		else if (bit < 48)
			CHECK(ntr_pool_vs_of(p, CHUNKS + 0x40, &c, &e) ==
			      NTR_ABSENT || c.va != CHUNKS);
		shut();
	}
}

static void no_key(void)
{
	struct ntr_pool_vs c;

	if (!open_text("machine x64 10\nmemory 64MiB\nstop 0xe2\n"
		       "pool nonpaged {\nblock File size 200\n}\n"))
		return;
	CHECK_EQ(ntr_pool_vs_of(p, CHUNKS, &c, &e), NTR_UNSUP);
	CHECK_HAS(e.msg, "nt!RtlpHpHeapGlobals, is not known");
	shut();
	if (!open_text("machine x64 7\nmemory 64MiB\nstop 0xe2\n"
		       "pool nonpaged {\nblock File size 200\n}\n"))
		return;
	CHECK_EQ(ntr_pool_vs_of(p, CHUNKS, &c, &e), NTR_UNSUP);
	CHECK_STR(e.msg, "this pool is no segment heap");
	shut();
}

static void story_of_a_chunk(void)
{
	struct ntr_pool_story y;
	struct ntr_arena a = { 0 };

	if (!open_text(chunks))
		return;
	CHECK_EQ(ntr_pool_story(p, CHUNKS + 0x130, &y, &e), NTR_OK);
	CHECK_EQ(y.kind, NTR_POOL_KIND_VS);
	CHECK_EQ(y.block.state, NTR_POOL_FREE);
	CHECK_EQ(y.previous.tag, tag4("NbtD"));
	CHECK_EQ(y.next.tag, tag4("Irp "));
	CHECK_STR(ntr_pool_story_text(&a, p, &y), "a free block, 0x60 bytes; in "
		  "front tag NbtD (netbt.sys); behind tag Irp (nt)");
	ntr_arena_fini(&a);
	shut();
}

/* --- stopping -------------------------------------------------------------------------- */

static unsigned asked, allow;

static bool stop(void *ctx)
{
	(void)ctx;
	return ++asked > allow;
}

static bool any_hit(void *ctx, const struct ntr_pool_hit *h)
{
	(void)h;
	++*(unsigned *)ctx;
	return true;
}

static void long_walks_end(void)
{
	struct ntr_pool_walk w;
	struct ntr_pool_blocks b = { 0 };
	struct ntr_reach r;
	uint32_t tag = tag4("AfdB");
	unsigned hits = 0;

	if (!open_text("machine x86 2003\nmemory 64MiB\nstop 0xe2\n"
		       "pool nonpaged {\nblock AfdB size 2000 count 2000\n}\n"))
		return;
	CHECK_EQ(ntr_pool_blocks_of(p, NTR_NONPAGED, tag, &b, &e), NTR_OK);
	CHECK_EQ(b.n, 2000);
	m.t->stop = stop;
	for (allow = 0; allow < 3; allow++) {
		asked = hits = 0;
		CHECK_EQ(ntr_pool_walk(p, NTR_NONPAGED, false, NULL, NULL, &w,
				       &e), NTR_LIMIT);
		CHECK_HAS(e.msg, "stopped before");
		CHECK_EQ(asked, allow + 1);
		asked = 0;
		CHECK_EQ(ntr_pool_search(p, NTR_NONPAGED, &tag, 1, any_hit,
					 &hits, &e), NTR_LIMIT);
		CHECK(hits < 2000);
		CHECK_EQ(asked, allow + 1);
		asked = 0;
		CHECK_EQ(ntr_pool_reach(p, &b, &r, &e), NTR_LIMIT);
		CHECK_EQ(asked, allow + 1);
	}
	m.t->stop = NULL;
	CHECK_EQ(ntr_pool_reach(p, &b, &r, &e), NTR_OK);
	CHECK_EQ(r.orphans, 2000);
	ntr_pool_blocks_fini(&b);
	shut();
}

int main(void)
{
	RUN(special_pool);
	RUN(by_its_look);
	RUN(chunk_headers);
	RUN(damaged_chunks);
	RUN(no_key);
	RUN(story_of_a_chunk);
	RUN(long_walks_end);
	return test_done();
}
