// SPDX-License-Identifier: Apache-2.0
/* Types in dt's spelling and members by path, over a source made here. */
#include "sym/type_text.h"

#include "test.h"

/* --- a source with literal types --------------------------------------------- */

enum {
	UINT = 1, VOID, ANY_PTR, THREAD_PTR, UCHAR, NAME15, GRID, ROW, LIST,
	POOL, CALL_PTR, CALL, WCHAR, FLOAT, DOUBLE, BOOL, CHAR, LONG_LONG,
	TYPEDEF, CONST_UINT, THREAD, APC, ANON, ANON2, FOO_TYPEDEF, FOO_BODY,
	LOOP, PTR_LOOP, ARRAY_LOOP, SELF, PTR_TABLE, TABLE, PTR_LONG_FN,
	LONG_FN, PTR_RET_FN, RET_FN, BASE, DERIVED, EVIL, REAL80, BIG, N_TYPES,
};

static const struct ntr_type types[N_TYPES] = {
	[UINT] = { .kind = NTR_TY_INT, .name = "unsigned long", .size = 4 },
	[VOID] = { .kind = NTR_TY_VOID, .name = "void" },
	[ANY_PTR] = { .kind = NTR_TY_POINTER, .size = 8, .to = VOID },
	[THREAD_PTR] = { .kind = NTR_TY_POINTER, .size = 4, .to = THREAD },
	[UCHAR] = { .kind = NTR_TY_INT, .size = 1, .is_char = true },
	[NAME15] = { .kind = NTR_TY_ARRAY, .size = 15, .count = 15,
		     .to = UCHAR },
	[GRID] = { .kind = NTR_TY_ARRAY, .size = 32, .count = 2, .to = ROW },
	[ROW] = { .kind = NTR_TY_ARRAY, .size = 16, .count = 4, .to = UINT },
	[LIST] = { .kind = NTR_TY_STRUCT, .name = "_LIST_ENTRY", .size = 16 },
	[POOL] = { .kind = NTR_TY_ENUM, .name = "_POOL_TYPE", .size = 4,
		   .to = UINT },
	[CALL_PTR] = { .kind = NTR_TY_POINTER, .size = 8, .to = CALL },
	[CALL] = { .kind = NTR_TY_FUNC, .to = VOID },
	[WCHAR] = { .kind = NTR_TY_INT, .size = 2, .is_char = true },
	[FLOAT] = { .kind = NTR_TY_FLOAT, .size = 4 },
	[DOUBLE] = { .kind = NTR_TY_FLOAT, .size = 8 },
	[BOOL] = { .kind = NTR_TY_INT, .size = 1, .is_bool = true },
	[CHAR] = { .kind = NTR_TY_INT, .size = 1, .is_signed = true },
	[LONG_LONG] = { .kind = NTR_TY_INT, .size = 8, .is_signed = true },
	[TYPEDEF] = { .kind = NTR_TY_ALIAS, .name = "ULONG", .to = CONST_UINT },
	[CONST_UINT] = { .kind = NTR_TY_ALIAS, .to = UINT },
	[THREAD] = { .kind = NTR_TY_STRUCT, .name = "_KTHREAD", .size = 0x100 },
	[APC] = { .kind = NTR_TY_STRUCT, .name = "_KAPC_STATE", .size = 48 },
	[ANON] = { .kind = NTR_TY_UNION, .size = 16 },
	[ANON2] = { .kind = NTR_TY_STRUCT, .size = 8 },
	[FOO_TYPEDEF] = { .kind = NTR_TY_ALIAS, .name = "FOO", .to = FOO_BODY },
	[FOO_BODY] = { .kind = NTR_TY_STRUCT, .size = 4 },
	[LOOP] = { .kind = NTR_TY_ALIAS, .to = LOOP },
	[PTR_LOOP] = { .kind = NTR_TY_POINTER, .size = 8, .to = PTR_LOOP },
	[ARRAY_LOOP] = { .kind = NTR_TY_ARRAY, .size = 4, .count = 9,
			 .to = ARRAY_LOOP },
	[SELF] = { .kind = NTR_TY_STRUCT, .name = "_SELF", .size = 8 },
	[PTR_TABLE] = { .kind = NTR_TY_POINTER, .size = 8, .to = TABLE },
	[TABLE] = { .kind = NTR_TY_UNKNOWN },
	[PTR_LONG_FN] = { .kind = NTR_TY_POINTER, .size = 8, .to = LONG_FN },
	[LONG_FN] = { .kind = NTR_TY_FUNC, .to = UINT },
	[PTR_RET_FN] = { .kind = NTR_TY_POINTER, .size = 4, .to = RET_FN },
	[RET_FN] = { .kind = NTR_TY_FUNC, .to = THREAD_PTR },
	[BASE] = { .kind = NTR_TY_STRUCT, .name = "_BASE", .size = 8 },
	[DERIVED] = { .kind = NTR_TY_STRUCT, .name = "_DERIVED", .size = 16 },
	[EVIL] = { .kind = NTR_TY_STRUCT, .name = "\x1b[2J", .size = 1 },
	[REAL80] = { .kind = NTR_TY_FLOAT, .size = 10 },
	[BIG] = { .kind = NTR_TY_STRUCT, .name = "_BIG", .size = 0x20000 },
};

static const struct member {
	u64 of;
	struct ntr_type_member m;
} members[] = {
	{ THREAD, { .name = "Header", .type = LIST } },
	{ THREAD, { .name = "KernelStack", .off = 0x58, .type = ANY_PTR } },
	{ THREAD, { .name = "", .off = 0x60, .type = ANON } },
	{ THREAD, { .name = "State", .off = 0x70, .type = UCHAR } },
	{ THREAD, { .name = "Flag", .off = 0x74, .type = UINT, .bit = 3,
		    .bits = 1 } },
	{ THREAD, { .name = "Mode", .off = 0x74, .type = UINT, .bit = 4,
		    .bits = 3 } },
	{ THREAD, { .name = "Name", .off = 0x80, .type = NAME15 } },
	{ THREAD, { .name = "ApcState", .off = 0x98, .type = APC } },
	{ THREAD, { .name = "Pool", .off = 0xc8, .type = POOL } },
	{ ANON, { .name = "CycleTime", .type = LONG_LONG } },
	{ ANON, { .off = 8, .type = ANON2 } },
	{ ANON2, { .name = "HighCycleTime", .off = 4, .type = UINT } },
	{ APC, { .name = "ApcListHead", .type = LIST } },
	{ APC, { .name = "Process", .off = 0x20, .type = THREAD_PTR } },
	{ LIST, { .name = "Flink", .type = ANY_PTR } },
	{ SELF, { .off = 0, .type = SELF } },
	{ SELF, { .off = 4, .type = SELF } },
	{ SELF, { .name = "X", .off = 0, .type = UINT } },
	{ DERIVED, { .off = 8, .type = BASE, .base = true } },
	{ DERIVED, { .name = "X", .off = 4, .type = UINT } },
	{ BASE, { .name = "X", .off = 0, .type = UINT } },
	{ BASE, { .name = "Y", .off = 4, .type = UINT } },
	{ BIG, { .name = "Far", .off = 0x1fffc, .type = UINT } },
	{ BIG, { .name = "Beyond", .off = UINT64_C(1) << 33, .type = UINT } },
};

static enum ntr_st made_named(struct ntr_symsrc *s, const char *name, u64 *id,
			      struct ntr_err *e)
{
	(void)s;
	for (u64 i = 1; i < N_TYPES; i++)
		if (types[i].name && !strcmp(types[i].name, name)) {
			*id = i;
			return NTR_OK;
		}
	return ntr_fail(e, NTR_ABSENT, "no %s", name);
}

static enum ntr_st made_type(struct ntr_symsrc *s, u64 id,
			     struct ntr_type *out, struct ntr_err *e)
{
	(void)s;
	if (!id || id >= N_TYPES)
		return ntr_fail(e, NTR_BAD, "no type");
	*out = types[id];
	return NTR_OK;
}

static enum ntr_st made_members(struct ntr_symsrc *s, u64 id,
				ntr_type_member_fn *fn, void *ctx,
				struct ntr_err *e)
{
	(void)s;
	(void)e;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].of == id && !fn(ctx, &members[i].m))
			break;
	return NTR_OK;
}

static const struct ntr_symsrc_ops made_ops = {
	.name = "made", .descr = "made", .type_named = made_named,
	.type = made_type, .members = made_members,
};
static struct ntr_symsrc made = { .ops = &made_ops };

/* --- tests ------------------------------------------------------------------- */

static const struct {
	u64 id;
	const char *want;
} texts[] = {
	{ UINT, "Uint4B" },
	{ VOID, "Void" },
	{ ANY_PTR, "Ptr64 Void" },
	{ THREAD_PTR, "Ptr32 _KTHREAD" },
	{ UCHAR, "UChar" },
	{ CHAR, "Char" },
	{ WCHAR, "Wchar" },
	{ NAME15, "[15] UChar" },
	{ GRID, "[2][4] Uint4B" },
	{ LIST, "_LIST_ENTRY" },
	{ POOL, "_POOL_TYPE" },
	{ CALL_PTR, "Ptr64     void " },
	{ PTR_LONG_FN, "Ptr64     unsigned long " },
	{ PTR_RET_FN, "Ptr32     _KTHREAD* " },
	{ FLOAT, "Float" },
	{ DOUBLE, "Double" },
	{ REAL80, "Float10B" },
	{ BOOL, "Bool" },
	{ LONG_LONG, "Int8B" },
	{ TYPEDEF, "Uint4B" },
	{ FOO_TYPEDEF, "FOO" },
	{ FOO_BODY, "<unnamed-struct>" },
	{ ANON, "<unnamed-union>" },
	{ PTR_TABLE, "Ptr64 " },
	{ TABLE, "????" },
	{ 0, "????" },
	{ 12345, "????" },
	{ LOOP, "????" },
	{ EVIL, "?[2J" },
};

static void spells_types(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char buf[64];
		size_t n = ntr_type_text(&made, texts[i].id, buf, sizeof(buf));

		CHECK_STR(buf, texts[i].want);
		CHECK_EQ(n, strlen(texts[i].want));
	}
}

/* Every size of buffer, each in its own block; loops end. */
static void always_fits(void)
{
	char all[600];

	for (u64 id = 0; id < N_TYPES; id++) {
		size_t full = ntr_type_text(&made, id, all, sizeof(all));

		for (size_t size = 1; size < 40; size++) {
			char *buf = malloc(size);
			size_t n = ntr_type_text(&made, id, buf, size);

			CHECK_EQ(n, full < size ? full : size - 1);
			CHECK_EQ(buf[n], 0);
			CHECK(id == EVIL || !memcmp(buf, all, n));
			free(buf);
		}
	}
	CHECK_EQ(ntr_type_text(&made, UINT, all, 0), 0);
	ntr_type_text(&made, PTR_LOOP, all, sizeof(all));
	CHECK_HAS(all, "Ptr64 Ptr64 ");
	CHECK_HAS(all, " ????");
	ntr_type_text(&made, ARRAY_LOOP, all, sizeof(all));
	CHECK_HAS(all, "[9][9]");
	CHECK_HAS(all, "] ????");
}

static void spells_bit_fields(void)
{
	struct ntr_type_member m;
	char buf[64];
	u64 off;

	CHECK(!ntr_type_find_member(&made, THREAD, "Flag", &m, &off, NULL));
	ntr_member_text(&made, &m, buf, sizeof(buf));
	CHECK_STR(buf, "Pos 3, 1 Bit");
	CHECK(!ntr_type_find_member(&made, THREAD, "Mode", &m, &off, NULL));
	ntr_member_text(&made, &m, buf, sizeof(buf));
	CHECK_STR(buf, "Pos 4, 3 Bits");
	CHECK(!ntr_type_find_member(&made, THREAD, "Name", &m, &off, NULL));
	ntr_member_text(&made, &m, buf, sizeof(buf));
	CHECK_STR(buf, "[15] UChar");
}

static const struct {
	u64 of;
	const char *path;
	u64 off, type;
} paths[] = {
	{ THREAD, "KernelStack", 0x58, ANY_PTR },
	{ THREAD, "ApcState.Process", 0xb8, THREAD_PTR },
	{ THREAD, "ApcState.ApcListHead.Flink", 0x98, ANY_PTR },
	{ THREAD, "CycleTime", 0x60, LONG_LONG },
	{ THREAD, "HighCycleTime", 0x6c, UINT }, /* anonymous in anonymous */
	{ THREAD, "State", 0x70, UCHAR },        /* behind it */
	{ DERIVED, "X", 4, UINT },               /* its own hides the base's */
	{ DERIVED, "Y", 12, UINT },
};

static void finds_members(void)
{
	struct ntr_type_member m;
	struct ntr_err e;
	u64 off;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		off = 0;
		CHECK(!ntr_type_find_member(&made, paths[i].of, paths[i].path,
					    &m, &off, NULL));
		CHECK_EQ(off, paths[i].off);
		CHECK_EQ(m.type, paths[i].type);
	}
	static const char *const absent[] = {
		"Nope", "KernelStac", "KernelStackX", "ApcState.Nope",
		"KernelStack.X", "", ".", "ApcState.", ".State", "State.",
	};
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		CHECK_EQ(ntr_type_find_member(&made, THREAD, absent[i], &m,
					      &off, &e), NTR_ABSENT);
	CHECK_EQ(ntr_type_find_member(&made, THREAD, "Nope", &m, &off, &e),
		 NTR_ABSENT);
	CHECK_HAS(e.msg, "no member Nope");
}

/* Two anonymous members that are the structure again: 2 to the depth. */
static void self_containing_is_bounded(void)
{
	struct ntr_type_member m;
	u64 off;

	CHECK_EQ(ntr_type_find_member(&made, SELF, "Q", &m, &off, NULL),
		 NTR_LIMIT);
}

static void answers_bind(void)
{
	struct ntr_types t = { .ptr_size = 8, .better = ntr_symsrc_better,
			       .ctx = &made };
	struct ntr_type_hit h;
	enum ntr_source src;

	CHECK(!ntr_symsrc_hit(&made, "_KTHREAD", "KernelStack", &h, NULL));
	CHECK_EQ(h.off, 0x58);
	CHECK_EQ(h.width, 8);
	CHECK_EQ(h.kind, NTR_TK_POINTER);
	CHECK_EQ(h.source, NTR_SRC_EXACT);
	CHECK(!ntr_symsrc_hit(&made, "_KTHREAD", "Name", &h, NULL));
	CHECK_EQ(h.kind, NTR_TK_BYTES);
	CHECK_EQ(h.width, 15);
	CHECK(!ntr_symsrc_hit(&made, "_KTHREAD", "Pool", &h, NULL));
	CHECK_EQ(h.kind, NTR_TK_INT);
	CHECK_EQ(h.width, 4);
	CHECK(!ntr_symsrc_hit(&made, "_KTHREAD", "ApcState", &h, NULL));
	CHECK_EQ(h.kind, NTR_TK_STRUCT);
	CHECK_STR(h.type, "_KAPC_STATE");
	CHECK(!ntr_symsrc_hit(&made, "_KTHREAD", "@size", &h, NULL));
	CHECK_EQ(h.off, 0x100);
	CHECK_EQ(h.width, 0);
	CHECK_EQ(ntr_symsrc_hit(&made, "_KTHREAD", "Flag", &h, NULL),
		 NTR_ABSENT); /* a bit */
	CHECK_EQ(ntr_symsrc_hit(&made, "_NOPE", "Flag", &h, NULL), NTR_ABSENT);
	CHECK(!ntr_symsrc_hit(&made, "_BIG", "Far", &h, NULL));
	CHECK_EQ(h.off, 0x1fffc);
	CHECK_EQ(ntr_symsrc_hit(&made, "_BIG", "Beyond", &h, NULL), NTR_ABSENT);

	CHECK(ntr_types_find(&t, "_KTHREAD", "Old|ApcState.Process", &h));
	CHECK_EQ(h.off, 0xb8);
	CHECK_EQ(h.source, NTR_SRC_EXACT);
	CHECK_EQ(ntr_types_sizeof(&t, "_KAPC_STATE", &src), 48);
	CHECK_EQ(src, NTR_SRC_EXACT);
	CHECK(!ntr_symsrc_better(&made, "_KTHREAD", &h));
	CHECK(!ntr_symsrc_better(&made, ".X", &h));
}

int main(void)
{
	RUN(spells_types);
	RUN(always_fits);
	RUN(spells_bit_fields);
	RUN(finds_members);
	RUN(self_containing_is_bounded);
	RUN(answers_bind);
	return test_done();
}
