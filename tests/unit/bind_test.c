// SPDX-License-Identifier: Apache-2.0
/* Structure offsets by member name: numbers copied by hand from published
 * type dumps, several builds and both word sizes. */
#include "sym/bind.h"

#include "test.h"

enum { X86 = 0x14c, X64 = 0x8664, A64 = 0xaa64, ALPHA = 0x184 };

static struct ntr_types types(uint32_t machine, uint32_t build, unsigned v)
{
	return (struct ntr_types){
		.machine = machine, .build = build,
		.variants = v < 15 ? 1u << v : 0,
		.ptr_size = machine == X64 || machine == A64 ? 8 : 4,
	};
}

static const struct spot {
	uint32_t machine, build;
	unsigned variant;
	const char *type, *path;
	uint32_t off;
	uint16_t width;
} spots[] = {
	{ X86, 1057, 0, "_KTHREAD", "KernelStack", 0x20, 4 },
	{ X86, 1057, 0, "_KTHREAD", "StackLimit", 0x1c, 4 },
	{ X86, 1057, 0, "_KTHREAD", "StackBase", 0x15c, 4 },
	{ X86, 1057, 0, "_KTHREAD", "ApcState.Process", 0x40, 4 },
	{ X86, 1057, 0, "_KTHREAD", "Teb", 0x24, 4 },
	{ X86, 1057, 0, "_EPROCESS", "ImageFileName", 0x1dc, 16 },
	{ X86, 1057, 0, "_ETHREAD", "Cid.UniqueThread", 0x1e4, 4 },
	{ X86, 1381, 0, "_KTHREAD", "KernelStack", 0x28, 4 },
	{ X86, 1381, 0, "_KTHREAD", "State", 0x2d, 1 },
	{ X86, 1381, 0, "_EPROCESS", "UniqueProcessId", 0x94, 4 },
	{ X86, 2195, 0, "_EPROCESS", "UniqueProcessId", 0x9c, 4 },
	{ X86, 2195, 0, "_EPROCESS", "ImageFileName", 0x1fc, 16 },
	{ X86, 2600, 0, "_EPROCESS", "ImageFileName", 0x174, 16 },
	{ X86, 2600, 0, "_KTHREAD", "StackBase", 0x168, 4 },
	{ X86, 2600, 0, "_ETHREAD", "ThreadsProcess", 0x220, 4 },
	{ X86, 3790, 2, "_EPROCESS", "ImageFileName", 0x164, 16 },
	{ X86, 3790, 0, "_EPROCESS", "ImageFileName", 0x154, 16 },
	{ X86, 6001, 0, "_KPRCB", "Number", 0x10, 1 },
	{ X86, 7601, 0, "_KPRCB", "Number", 0x3cc, 4 },
	{ X86, 7601, 0, "_KTHREAD", "Process|ApcState.Process", 0x150, 4 },
	{ X64, 3790, 1, "_ETHREAD", "Cid", 0x370, 0 },
	{ X64, 3790, 2, "_ETHREAD", "Cid", 0x358, 0 },
	{ X64, 3790, 2, "_KPRCB", "Number", 0x4, 1 },
	{ X64, 6002, 0, "_KPRCB", "Number", 0x4, 2 },
	{ X64, 7601, 0, "_KPRCB", "Number", 0x24, 4 },
	{ X64, 7601, 0, "_ETHREAD", "Cid.UniqueProcess", 0x3b0, 8 },
	{ X64, 7601, 2, "_ETHREAD", "Cid.UniqueProcess", 0x3b8, 8 },
	{ X64, 7601, 0, "_KTHREAD", "ApcState.Process", 0x70, 8 },
	{ X64, 9600, 1, "_EPROCESS", "ImageFileName", 0x438, 15 },
	{ X64, 9600, 0, "_KTHREAD", "Process", 0x220, 8 },
	{ X64, 15063, 0, "_KPRCB", "ProcessorState.ContextFrame", 0x1f0, 0 },
	{ X64, 14393, 0, "_KPRCB", "ProcessorState.ContextFrame", 0x120, 0 },
	{ X64, 19041, 0, "_EPROCESS", "ImageFileName", 0x5a8, 15 },
	{ X64, 19045, 0, "_EPROCESS", "UniqueProcessId", 0x440, 8 },
	{ X64, 19041, 0, "_ETHREAD", "Cid", 0x478, 0 },
	{ X64, 22621, 0, "_ETHREAD", "Cid", 0x4c8, 0 },
	{ X64, 26100, 0, "_EPROCESS", "ImageFileName", 0x338, 15 },
	{ A64, 22000, 0, "_KTHREAD", "StackBase", 0x38, 8 },
	{ X64, 7601, 0, "_KLDR", "DllBase", 0x30, 8 },
	{ X86, 1057, 0, "_KLDR", "FullDllName.Length", 0x24, 2 },
	{ X86, 1057, 0, "_KLDR", "BaseDllName.Buffer", 0x30, 4 },
	{ ALPHA, 1381, 0, "_KLDR", "SizeOfImage", 0x20, 4 },
	{ X86, 1381, 0, "_KPCR", "TssBase", 0x40, 4 },
	{ X64, 3790, 2, "_KPCR", "TssBase", 0x8, 8 },
	{ X64, 19041, 0, "_KPCR", "Prcb.Number", 0x1a4, 4 },
	{ X86, 1057, 0, "_KPCR", "PrcbData.CurrentThread", 0x124, 4 },
};

static void offsets_of_known_builds(void)
{
	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		const struct spot *s = &spots[i];
		struct ntr_types t = types(s->machine, s->build, s->variant);
		struct ntr_type_hit h = { 0 };

		if (!ntr_types_find(&t, s->type, s->path, &h))
			TEST_FAIL("%u %s.%s not found", s->build, s->type,
				  s->path);
		if (h.off != s->off || h.width != s->width ||
		    h.source != NTR_SRC_TABLE)
			TEST_FAIL("%u.%u %s.%s: 0x%x width %u (%s), want "
				  "0x%x width %u", s->build, s->variant,
				  s->type, s->path, h.off, h.width,
				  ntr_source_name(h.source), s->off, s->width);
		CHECK_EQ(h.off, s->off);
	}
}

static void builds_between_are_assumed(void)
{
	struct ntr_types t = types(X64, 7000, 0); /* a beta of 7 */
	struct ntr_type_hit h;

	CHECK(ntr_types_find(&t, "_KTHREAD", "KernelStack", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
	CHECK_EQ(h.off, 0x38);
	t = types(X64, 20348, 0);
	CHECK(ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
	CHECK_EQ(h.off, 0x5a8);
	t = types(X86, 807, 0); /* 3.50: older than the oldest known */
	CHECK(ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
	CHECK_EQ(h.off, 0x1dc);
	t = types(X64, 99999, 0);
	CHECK(ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
	CHECK_EQ(h.off, 0x338);
	t = types(X64, UINT32_MAX, 0); /* what a damaged header may say */
	CHECK(!ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
}

static void a_member_that_a_build_lacks(void)
{
	struct ntr_types t = types(X86, 2600, 0);
	struct ntr_type_hit h;

	CHECK(!ntr_types_find(&t, "_KTHREAD", "Process", &h));
	CHECK(ntr_types_find(&t, "_KTHREAD", "Process|ApcState.Process", &h));
	CHECK_EQ(h.off, 0x44);
	t = types(X86, 6000, 0);
	CHECK(!ntr_types_find(&t, "_ETHREAD", "ThreadsProcess", &h));
	CHECK(!ntr_types_find(&t, "_KTHREAD", "NoSuchMember", &h));
	CHECK(!ntr_types_find(&t, "_NOSUCH", "Process", &h));
	t = types(ALPHA, 1381, 0);
	CHECK(!ntr_types_find(&t, "_KTHREAD", "KernelStack", &h));
}

static void an_unknown_service_pack(void)
{
	struct ntr_types t = types(X86, 3790, 15);
	struct ntr_type_hit h;

	CHECK_EQ(ntr_types_variants(X86, 3790), 7);
	CHECK_EQ(ntr_types_variants(X64, 3790), 6);
	/* All service packs agree: as good as exact. */
	CHECK(ntr_types_find(&t, "_KTHREAD", "KernelStack", &h));
	CHECK_EQ(h.source, NTR_SRC_TABLE);
	/* They do not: the newest, and said so. */
	CHECK(ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
	CHECK_EQ(h.off, 0x164);
	/* One of two that agree. */
	t.variants = 6;
	CHECK(ntr_types_find(&t, "_EPROCESS", "ImageFileName", &h));
	CHECK_EQ(h.source, NTR_SRC_TABLE);
}

static void an_unknown_build_knows_what_never_moved(void)
{
	struct ntr_types t = types(X64, 0, 0);
	struct ntr_type_hit h;

	CHECK(ntr_types_find(&t, "_KLDR", "DllBase", &h));
	CHECK_EQ(h.off, 0x30);
	CHECK(!ntr_types_find(&t, "_KTHREAD", "KernelStack", &h));
}

static void sizes(void)
{
	struct ntr_types t = types(X64, 19041, 0);
	enum ntr_source src;

	CHECK_EQ(ntr_types_sizeof(&t, "_EPROCESS", &src), 0xa40);
	CHECK_EQ(src, NTR_SRC_TABLE);
	CHECK_EQ(ntr_types_sizeof(&t, "_ETHREAD", NULL), 0x898);
	CHECK_EQ(ntr_types_sizeof(&t, "_KPRCB", NULL), 0xaf00);
	t = types(X86, 1057, 0);
	CHECK_EQ(ntr_types_sizeof(&t, "_ETHREAD", NULL), 0x240);
}

static bool from_dump(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	if (strcmp(name, "_KTHREAD.StackLimit"))
		return false;
	*hit = (struct ntr_type_hit){ .off = *(uint32_t *)ctx, .width = 8,
				      .kind = NTR_TK_POINTER };
	return true;
}

static void a_better_source_wins(void)
{
	uint32_t where = 0x30;
	struct ntr_types t = types(X64, 99999, 0);
	struct ntr_type_hit h;

	t.better = from_dump;
	t.ctx = &where;
	CHECK(ntr_types_find(&t, "_KTHREAD", "StackLimit", &h));
	CHECK_EQ(h.source, NTR_SRC_EXACT);
	CHECK(ntr_types_find(&t, "_KTHREAD", "KernelStack", &h));
	CHECK_EQ(h.source, NTR_SRC_ASSUMED);
}

struct thread {
	uint64_t limit, base, process;
	uint8_t state;
	char name[8];
};
static const struct ntr_member thread_members[] = {
	NTR_MEMBER(thread, limit, "StackLimit"),
	NTR_MEMBER(thread, base, "StackBase"),
	NTR_MEMBER_OPT(thread, process, "Process|ApcState.Process"),
	NTR_MEMBER_OPT(thread, state, "State"),
};

static void reads_a_bound_structure(void)
{
	uint8_t mem[0x300] = { 0 };
	struct ntr_types t = types(X64, 7601, 0);
	struct ntr_mem_space m;
	struct ntr_bound b;
	struct thread th;
	uint32_t have = 0;

	put64(mem, 0x30, 0xfffff88001000000);
	put64(mem, 0x278, 0xfffff88001006000);
	put64(mem, 0x210, 0xfffffa8003c0ab30);
	mem[0x164] = 2;
	ntr_mem_space_init(&m, 0x1000, mem, sizeof(mem));
	CHECK_EQ(ntr_bind(&t, "_KTHREAD", thread_members, 4, &b, NULL),
		 NTR_OK);
	CHECK_EQ(b.source, NTR_SRC_TABLE);
	CHECK_EQ(ntr_bound_read(&b, &m.s, 0x1000, &th, &have, NULL), NTR_OK);
	CHECK_EQ(have, 15);
	CHECK_EQ(th.limit, 0xfffff88001000000);
	CHECK_EQ(th.base, 0xfffff88001006000);
	CHECK_EQ(th.process, 0xfffffa8003c0ab30);
	CHECK_EQ(th.state, 2);
}

static void holes_cost_only_what_is_in_them(void)
{
	uint8_t mem[0x200] = { 0 };
	struct ntr_types t = types(X86, 1381, 0);
	struct ntr_mem_space m;
	struct ntr_bound b;
	struct thread th;
	struct ntr_err e;
	uint32_t have = 0;

	put32(mem, 0x1c, 0xf8000000);
	put32(mem, 0x15c, 0xf8003000);
	put32(mem, 0x44, 0x80e1f020);
	mem[0x2d] = 5;
	CHECK_EQ(ntr_bind(&t, "_KTHREAD", thread_members, 4, &b, NULL),
		 NTR_OK);
	/* 32-bit addresses stay zero-extended */
	ntr_mem_space_init(&m, 0, mem, sizeof(mem));
	CHECK_EQ(ntr_bound_read(&b, &m.s, 0, &th, &have, NULL), NTR_OK);
	CHECK_EQ(th.limit, 0xf8000000);
	CHECK_EQ(th.process, 0x80e1f020);
	/* the structure starts before the memory that is there */
	ntr_mem_space_init(&m, 0x1030, mem + 0x30, 0x180);
	CHECK_EQ(ntr_bound_read(&b, &m.s, 0x1000, &th, &have, &e),
		 NTR_ABSENT);
	CHECK_HAS(e.msg, "StackLimit at 0x101c");
	ntr_mem_space_init(&m, 0x1000, mem, 0x40); /* and ends behind it */
	CHECK_EQ(ntr_bound_read(&b, &m.s, 0x1000, &th, &have, &e),
		 NTR_ABSENT);
	CHECK_HAS(e.msg, "StackBase");
}

static void binding_names_what_is_missing(void)
{
	static const struct ntr_member members[] = {
		NTR_MEMBER(thread, limit, "StackLimit"),
		NTR_MEMBER(thread, base, "NoSuch|NeitherThis"),
	};
	struct ntr_types t = types(X64, 7601, 0);
	struct ntr_bound b;
	struct ntr_err e;

	CHECK_EQ(ntr_bind(&t, "_KTHREAD", members, 2, &b, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "_KTHREAD.NoSuch|NeitherThis");
}

int main(void)
{
	RUN(offsets_of_known_builds);
	RUN(builds_between_are_assumed);
	RUN(a_member_that_a_build_lacks);
	RUN(an_unknown_service_pack);
	RUN(an_unknown_build_knows_what_never_moved);
	RUN(sizes);
	RUN(a_better_source_wins);
	RUN(reads_a_bound_structure);
	RUN(holes_cost_only_what_is_in_them);
	RUN(binding_names_what_is_missing);
	return test_done();
}
