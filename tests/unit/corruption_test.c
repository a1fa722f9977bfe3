// SPDX-License-Identifier: Apache-2.0
/*
 * The block that a stop names, with its neighbours, and the list of all damage:
 * on forged pools of every generation, literal addresses and tags; a changed
 * bit, an overrun, a free block, damaged and absent pages, broken lists.
 */
#include "triage/verdict.h"

#include "fact_dump.h"

static bool open_with(const char *mach, const char *stop, const char *rest)
{
	char text[2048];

	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\nstop %s\n%s",
		 mach, stop, rest);
	if (!machine_open(&m, text, "full"))
		return false;
	CHECK_EQ(ntr_facts_new(&f, m.t, NULL, NULL), NTR_OK);
	return f != NULL;
}

/* Three blocks of 0x100 bytes with their headers, whatever the header is: 0xf8
 * (x86) or 0xf0 (x64) asked for; the second one's owner wrote behind it. */
static const struct profile {
	const char *machine;
	unsigned size, header;
} profiles[] = {
	{ "x86 nt4", 0xf8, 8 }, { "x86 2000", 0xf8, 8 },
	{ "x86 xp", 0xf8, 8 }, { "x86 2003", 0xf8, 8 },
	{ "x64 2003", 0xf0, 16 }, { "x64 7", 0xf0, 16 },
};
#define NPROFILES (sizeof(profiles) / sizeof(*profiles))

static const char *pool_of(const struct profile *p, uint64_t start,
			   const char *after)
{
	static char text[600];

	snprintf(text, sizeof(text), "pool nonpaged start 0x%" PRIx64 " {\n"
		 "block Aaaa size %u\nblock Nb06 size %u\n%s\n"
		 "block NbtD size %u\nblock Cccc size %u\n}\n", start, p->size,
		 p->size, after, p->size, p->size);
	return text;
}

static uint64_t start_of(const struct profile *p)
{
	return p->header == 16 ? UINT64_C(0xfffffa8000400000) : 0x84000000;
}

/* "0x19 0x20 " and an address */
static const char *stop_at(const char *first, uint64_t va)
{
	static char text[120];

	snprintf(text, sizeof(text), "%s 0x%" PRIx64, first, va);
	return text;
}

static void overrun(const struct profile *p)
{
	uint64_t start = start_of(p);
	char want[40];

	if (!open_with(p->machine, stop_at("0x19 0x20",
					   start + 0x200),
		       pool_of(p, start, "overrun 4141414142424242")))
		return;
	CHECK_STR(got("pool.block.parameter"), "2");
	CHECK_STR(got("pool.block.where"), "page");
	snprintf(want, sizeof(want), "0x%" PRIx64, start + 0x200);
	CHECK_STR(got("pool.block.address"), want);
	CHECK_STR(got("pool.block.header_ok"), "false");
	CHECK_STR(got("pool.block.tag"), "unknown: its header is damaged");
	CHECK_STR(got("pool.block.fault_address"), want);
	CHECK_STR(got("pool.block.single_bit"), "false");
	CHECK_STR(got("pool.block.previous.tag"), "Nb06");
	CHECK_STR(got("pool.block.previous.driver"), "netbt.sys");
	CHECK_STR(got("pool.block.previous.size"), "256 bytes");
	CHECK_STR(got("pool.block.previous.state"), "nonpaged");
	CHECK_STR(got("pool.block.previous.header_ok"), "true");
	CHECK_STR(got("pool.block.next.tag"), "Cccc");
	CHECK_STR(got("pool.block.next.header_ok"), "true");
	CHECK_HAS(got("pool.block.text"), "a damaged pool header; in front tag "
		  "Nb06 (netbt.sys); behind tag Cccc");
	CHECK_STR(got("corruption.items"), "1 element");
	CHECK_STR(got("corruption.items[0].kind"), "pool header");
	CHECK_STR(got("corruption.items[0].address"), want);
	CHECK_STR(got("corruption.items[0].found"), "0x41414141");
	CHECK_STR(got("corruption.items[0].expected"),
		  "unknown: what should be there is not known");
	CHECK_HAS(got("corruption.items[0].neighbour"), "of tag Nb06 "
		  "(netbt.sys)");
	shut();
}

static void one_bit(const struct profile *p)
{
	uint64_t start = start_of(p);
	struct ntr_fact found, expected;

	if (!open_with(p->machine, stop_at("0x19 0x20",
					   start + 0x100),
		       pool_of(p, start, "flip 2")))
		return;
	CHECK_STR(got("pool.block.single_bit"), "true");
	CHECK_STR(got("pool.block.bit"), "2");
	CHECK_EQ(ntr_fact_get(f, "pool.block.found", &found, NULL), NTR_OK);
	CHECK_EQ(ntr_fact_get(f, "pool.block.expected", &expected, NULL),
		 NTR_OK);
	CHECK_EQ(found.n ^ expected.n, 4);
	CHECK_STR(got("corruption.items"), "1 element");
	CHECK_STR(got("corruption.items[0].single_bit"), "true");
	CHECK_STR(got("corruption.items[0].bit"), "2");
	CHECK_STR(got("corruption.items[0].bits"), "1");
	CHECK_STR(got("corruption.single_bits"), "1");
	shut();
}

/* 0xC2, 7: parameter 4 is the data of a block that is free already. */
static void freed_twice(const struct profile *p)
{
	uint64_t start = start_of(p);
	char pool[400];

	snprintf(pool, sizeof(pool), "pool nonpaged start 0x%" PRIx64 " {\n"
		 "block Aaaa size %u\nblock AfdB size %u free\n"
		 "block NbtD size %u\n}\n", start, p->size, p->size, p->size);
	if (!open_with(p->machine, stop_at("0xc2 7 0x1000 0",
					   start + 0x100 + p->header), pool))
		return;
	CHECK_STR(got("pool.block.parameter"), "4");
	CHECK_STR(got("pool.block.tag"), "AfdB");
	CHECK_STR(got("pool.block.driver"), "afd.sys");
	CHECK_STR(got("pool.block.state"), "free");
	CHECK_STR(got("pool.block.size"), "256 bytes");
	CHECK_STR(got("pool.block.header_ok"), "true");
	CHECK_STR(got("pool.block.previous.tag"), "Aaaa");
	CHECK_STR(got("pool.block.next.tag"), "NbtD");
	CHECK_HAS(got("pool.block.text"), "a free block of tag AfdB (afd.sys), "
		  "0x100 bytes; in front tag Aaaa");
	CHECK_STR(got("corruption.items"), "0 elements");
	shut();
}

static void every_generation(void)
{
	for (size_t i = 0; i < NPROFILES; i++) {
		overrun(&profiles[i]);
		one_bit(&profiles[i]);
		freed_twice(&profiles[i]);
	}
}

/* What the verdict says of the parameter. */
static void in_the_report(void)
{
	struct ntr_verdict *v = NULL;

	if (!open_with("x86 2003", "0xc2 7 0x1000 0 0x84000108",
		       pool_of(&profiles[3], 0x84000000, "")))
		return;
	CHECK_EQ(ntr_verdict_make(&v, m.t, NULL), NTR_OK);
	CHECK_STR(v->param[3].value, "a block of tag Nb06 (netbt.sys), 0x100 "
		  "bytes; in front tag Aaaa; behind tag NbtD (netbt.sys)");
	ntr_verdict_free(v);
	shut();
}

static void a_large_one(void)
{
	if (!open_with("x86 xp", "0xc2 7 0 0 0x84000010",
		       "pool nonpaged start 0x84000000 {\n"
		       "big AfdB size 9000 held\n}\n"))
		return;
	CHECK_STR(got("pool.block.where"), "large");
	CHECK_STR(got("pool.block.tag"), "AfdB");
	CHECK_STR(got("pool.block.previous.tag"),
		  "unknown: such a block has pages of its own");
	shut();
}

static void none_or_unknown(void)
{
	if (!open_with("x86 xp", "0xe2", ""))
		return;
	CHECK_STR(got("pool.block.tag"),
		  "none: no parameter of the stop names a block of pool");
	shut();
	/* A page that is not there; one that never had headers. */
	if (!open_with("x86 xp", "0x19 0x20 0xe1234560 0 0",
		       pool_of(&profiles[2], 0x84000000, "")))
		return;
	CHECK_STR(got("pool.block.tag"),
		  "unknown: the page at 0xe1234000 is not mapped");
	shut();
	if (!open_with("x86 xp", "0x19 0x20 0x85000560 0 0",
		       "page 0x85000000 valid\npage 0x85001000 valid\n"))
		return;
	CHECK_STR(got("pool.block.tag"), "unknown: nothing proves that the page "
		  "at 0x85000000 has pool headers");
	shut();
}

/* PsLoadedModuleList: a bit in a link, a link overwritten. */
static void lists(const char *mach)
{
	unsigned ptr;
	uint64_t head, first, second;
	char want[40];

	if (!open_with(mach, "0xe2", "module \"a.sys\"\nmodule \"b.sys\"\n"
		       "module \"c.sys\"\n"))
		return;
	ptr = m.t->ptr_size;
	CHECK_STR(got("corruption.items"), "0 elements");
	head = m.d->meta.psmods;
	first = machine_ptr(&m, head);
	second = machine_ptr(&m, first);
	shut();
	if (!open_with(mach, "0xe2", "module \"a.sys\"\nmodule \"b.sys\"\n"
		       "module \"c.sys\"\n"))
		return;
	machine_patch(&m, second + ptr, first ^ 0x40, ptr);
	snprintf(want, sizeof(want), "0x%" PRIx64, second + ptr);
	CHECK_STR(got("corruption.items"), "1 element");
	CHECK_STR(got("corruption.items[0].kind"), "list link");
	CHECK_STR(got("corruption.items[0].address"), want);
	snprintf(want, sizeof(want), "0x%" PRIx64, first);
	CHECK_STR(got("corruption.items[0].expected"), want);
	CHECK_STR(got("corruption.items[0].bit"), "6");
	CHECK_STR(got("corruption.items[0].neighbour"),
		  "nt!PsLoadedModuleList, 1 entries from its head");
	shut();
	if (!open_with(mach, "0xe2", "module \"a.sys\"\nmodule \"b.sys\"\n"
		       "module \"c.sys\"\n"))
		return;
	machine_patch(&m, first, 0x41414141, ptr);
	CHECK_STR(got("corruption.items"), "1 element");
	CHECK_STR(got("corruption.items[0].found"), "0x41414141");
	CHECK_STR(got("corruption.items[0].single_bit"), "false");
	snprintf(want, sizeof(want), "0x%" PRIx64, second);
	CHECK_STR(got("corruption.items[0].expected"), want);
	shut();
}

static void every_list(void)
{
	lists("x86 nt4");
	lists("x86 2000");
	lists("x86 xp");
	lists("x64 2003");
	lists("x64 7");
	lists("x64 10");
}

/* 0x19, 3: in a healthy list the three are one. */
static void free_list(void)
{
	if (!open_with("x64 7", "0x19 3 0xfffff8000381da40 0 "
		       "0xfffff8000381da78", ""))
		return;
	CHECK_STR(got("corruption.items"), "2 elements");
	CHECK_STR(got("corruption.items[0].found"), "0x0");
	CHECK_STR(got("corruption.items[0].expected"), "0xfffff8000381da40");
	CHECK_STR(got("corruption.items[1].bit"), "none: it is not one bit that "
		  "differs");
	CHECK_STR(got("corruption.items[1].bits"), "3");
	shut();
}

int main(void)
{
	RUN(every_generation);
	RUN(in_the_report);
	RUN(a_large_one);
	RUN(none_or_unknown);
	RUN(every_list);
	RUN(free_list);
	return test_done();
}
