// SPDX-License-Identifier: Apache-2.0
/* CodeView types from made streams: all generations of records, and every
 * kind of damage. */
#include "sym/tpi.h"

#include "tpi_made.h"

static struct made m;
static struct ntr_tpi t;

static void open_made(void)
{
	made_finish(&m);
	CHECK_EQ(ntr_tpi_open(&t, ntr_bin_of(m.p, m.n, "made", 0), NULL),
		 NTR_OK);
}

static struct ntr_type type_of(u64 id)
{
	struct ntr_type r = { 0 };
	struct ntr_err e = { "" };

	if (ntr_tpi_type(&t, id, &r, &e))
		TEST_FAIL("type 0x%llx: %s", (unsigned long long)id, e.msg);
	return r;
}

struct seen {
	struct ntr_type_member m[64];
	size_t n, stop;
};

static bool see(void *ctx, const struct ntr_type_member *mem)
{
	struct seen *s = ctx;

	if (s->n < 64)
		s->m[s->n] = *mem;
	s->n++;
	return s->n != s->stop;
}

static struct seen members_of(u64 id, enum ntr_st want)
{
	struct seen s = { .n = 0 };

	CHECK_EQ(ntr_tpi_members(&t, id, see, &s, NULL), want);
	return s;
}

static u64 named(const char *name)
{
	u64 id = 0;

	return ntr_tpi_named(&t, name, &id, NULL) ? 0 : id;
}

/* --- good -------------------------------------------------------------------- */

static void structures(void)
{
	uint32_t fwd, ptr, bits, con, list, s, arr;
	struct seen k;

	made_begin(&m);
	fwd = structure(&m, 0x280, 0, 0, "_NODE", ".?AU_NODE@@");
	ptr = pointer64(&m, fwd);
	rec(&m, 0x1205);
	w32(&m, 0x75);
	w8(&m, 7);
	w8(&m, 3);
	bits = end(&m);
	con = modifier(&m, fwd);
	arr = array(&m, fwd, 48);
	rec(&m, 0x1203);
	w16(&m, 0x1400);     /* base class */
	w16(&m, 3);
	w32(&m, 0x74);
	w16(&m, 0);
	w16(&m, 0x1409);     /* vtable pointer */
	w16(&m, 0);
	w32(&m, 0x603);
	w16(&m, 0x1401);     /* virtual base */
	w16(&m, 3);
	w32(&m, 0x74);
	w32(&m, 0x603);
	w16(&m, 0);
	w16(&m, 1);
	w16(&m, 0x150e);     /* static */
	w16(&m, 3);
	w32(&m, 0x74);
	wz(&m, "Static");
	pad(&m);
	w16(&m, 0x1510);     /* nested type */
	w16(&m, 0);
	w32(&m, 0x74);
	wz(&m, "Nested");
	pad(&m);
	w16(&m, 0x150f);     /* overloaded method */
	w16(&m, 2);
	w32(&m, 0x74);
	wz(&m, "Over");
	pad(&m);
	w16(&m, 0x1511);     /* method, introducing virtual: + offset */
	w16(&m, 4 << 2 | 3);
	w32(&m, 0x74);
	w32(&m, 8);
	wz(&m, "Virtual");
	pad(&m);
	w16(&m, 0x1511);     /* plain method */
	w16(&m, 3);
	w32(&m, 0x74);
	wz(&m, "Plain");
	pad(&m);
	member(&m, ptr, 8, "Next");
	member(&m, bits, 16, "Bits");
	w16(&m, 0x150d);     /* an offset that wants a long */
	w16(&m, 3);
	w32(&m, arr);
	w16(&m, 0x8004);
	w32(&m, 0x12345);
	wz(&m, "Far");
	list = end(&m);
	s = structure(&m, 0x200, list, 24, "_NODE", ".?AU_NODE@@");
	open_made();

	k = members_of(s, NTR_OK);
	CHECK_EQ(k.n, 5);
	CHECK(k.m[0].base && !k.m[0].name);
	CHECK_STR(k.m[1].name, "__VFN_table");
	CHECK_EQ(k.m[1].off, 0);
	CHECK_STR(k.m[2].name, "Next");
	CHECK_EQ(k.m[2].off, 8);
	CHECK_EQ(k.m[2].type, ptr);
	CHECK_STR(k.m[3].name, "Bits");
	CHECK_EQ(k.m[3].type, 0x75);
	CHECK_EQ(k.m[3].bit, 3);
	CHECK_EQ(k.m[3].bits, 7);
	CHECK_STR(k.m[4].name, "Far");
	CHECK_EQ(k.m[4].off, 0x12345);
	CHECK_EQ(members_of(fwd, NTR_OK).n, 5); /* the complete one's */
	CHECK_EQ(members_of(con, NTR_OK).n, 5);
	k.n = 0;
	k.stop = 2;
	CHECK_EQ(ntr_tpi_members(&t, s, see, &k, NULL), NTR_OK);
	CHECK_EQ(k.n, 2);

	CHECK_EQ(type_of(fwd).size, 24);
	CHECK(!type_of(fwd).declared_only);
	CHECK_EQ(type_of(ptr).size, 8);
	CHECK_EQ(type_of(ptr).to, fwd);
	CHECK_EQ(type_of(con).kind, NTR_TY_ALIAS);
	CHECK_EQ(type_of(con).size, 24);
	CHECK_EQ(type_of(arr).count, 2);
	CHECK_EQ(named("_NODE"), s);
	CHECK_EQ(named(".?AU_NODE@@"), s);
	CHECK_EQ(named("_NODES"), 0);
	CHECK_EQ(named(""), 0);
	ntr_tpi_fini(&t);
}

static void enumerator(unsigned kind, uint64_t v, const char *name)
{
	w16(&m, 0x1502);
	w16(&m, 3);
	if (kind)
		w16(&m, kind);
	switch (kind) {
	case 0x8000: w8(&m, (unsigned)v); break;
	case 0: case 0x8001: case 0x8002: w16(&m, (unsigned)v); break;
	case 0x8003: case 0x8004: w32(&m, (uint32_t)v); break;
	default: w64(&m, v);
	}
	wz(&m, name);
	pad(&m);
}

static uint32_t enumeration(uint32_t under, uint32_t list, const char *name)
{
	rec(&m, 0x1507);
	w16(&m, 1);
	w16(&m, 0);
	w32(&m, under);
	w32(&m, list);
	wz(&m, name);
	return end(&m);
}

static void enumerators_of_every_width(void)
{
	static const int64_t want[] = { 5, -5, -300, 0x9000, -70000, -5,
					INT64_C(-5000000000), -1 };
	uint32_t list, i4, u4, u1, q8, i8;
	struct seen k;

	made_begin(&m);
	rec(&m, 0x1203);
	enumerator(0, 5, "Plain");
	enumerator(0x8000, 0xfb, "Char");
	enumerator(0x8001, (uint64_t)-300, "Short");
	enumerator(0x8002, 0x9000, "Ushort");
	enumerator(0x8003, (uint64_t)-70000, "Long");
	enumerator(0x8004, 4294967291u, "Clang");
	enumerator(0x8009, (uint64_t)INT64_C(-5000000000), "Quad");
	enumerator(0x800a, UINT64_MAX, "Uquad");
	list = end(&m);
	i4 = enumeration(0x74, list, "_I4");
	u4 = enumeration(0x75, list, "_U4");
	u1 = enumeration(0x20, list, "_U1");
	i8 = enumeration(0x13, list, "_I8");
	q8 = enumeration(0x23, list, "_U8");
	open_made();
	k = members_of(i8, NTR_OK);
	CHECK_EQ(k.n, 8);
	for (size_t i = 0; i < 8; i++) /* 0x8004 is unsigned when 64 bits hold it */
		CHECK_EQ(k.m[i].value, i == 5 ? 4294967291 : want[i]);
	k = members_of(i4, NTR_OK);
	for (size_t i = 0; i < 6; i++)
		CHECK_EQ(k.m[i].value, want[i]);
	CHECK_EQ(members_of(u4, NTR_OK).m[1].value, 4294967291);
	CHECK_EQ(members_of(u1, NTR_OK).m[1].value, 0xfb);
	CHECK_EQ(members_of(q8, NTR_OK).m[7].value, UINT64_MAX);
	CHECK(type_of(i4).is_signed && !type_of(u4).is_signed);
	CHECK_EQ(type_of(u1).size, 1);
	CHECK_EQ(type_of(i8).size, 8);
	ntr_tpi_fini(&t);
}

/* Other numbers are read over, so what follows stands right. */
static void numbers_that_are_none(void)
{
	static const struct {
		unsigned kind, len;
	} other[] = { { 0x8005, 4 }, { 0x8006, 8 }, { 0x8007, 10 },
		      { 0x8017, 16 } };
	struct seen k;
	uint32_t list, s;

	made_begin(&m);
	rec(&m, 0x1203);
	for (size_t i = 0; i < 4; i++) {
		w16(&m, 0x150d);
		w16(&m, 3);
		w32(&m, 0x74);
		w16(&m, other[i].kind);
		for (unsigned n = 0; n < other[i].len; n++)
			w8(&m, 0xaa);
		wz(&m, "Odd");
		pad(&m);
	}
	w16(&m, 0x150d);
	w16(&m, 3);
	w32(&m, 0x74);
	w16(&m, 0x8010); /* a string */
	w16(&m, 3);
	wz(&m, "ab");
	wz(&m, "Odd");
	pad(&m);
	member(&m, 0x74, 4, "Even");
	w16(&m, 0x150d);
	w16(&m, 3);
	w32(&m, 0x74);
	w16(&m, 0x8000); /* before the start */
	w8(&m, 0xff);
	wz(&m, "Minus");
	list = end(&m);
	s = structure(&m, 0, list, 8, "_S", NULL);
	open_made();
	k = members_of(s, NTR_BAD); /* said, but the good one is given */
	CHECK_EQ(k.n, 1);
	CHECK_STR(k.m[0].name, "Even");
	ntr_tpi_fini(&t);
}

static void continued_lists(void)
{
	uint32_t last, mid, first, s;
	struct seen k;

	made_begin(&m);
	last = list_of(&m, 0x75, "Last");
	mid = continued(&m, last);
	first = continued(&m, mid);
	s = structure(&m, 0, first, 8, "_LONG", NULL);
	open_made();
	k = members_of(s, NTR_OK);
	CHECK_EQ(k.n, 3);
	CHECK_STR(k.m[2].name, "Last");
	ntr_tpi_fini(&t);
}

/* Scoped names, unnamed ones, a declaration that has no body anywhere. */
static void names(void)
{
	uint32_t list, a, b, fb, u, lone, en;

	made_begin(&m);
	list = list_of(&m, 0x74, "X");
	a = structure(&m, 0x300, list, 4, "local", ".?AUlocal@?1??f@@");
	b = structure(&m, 0x300, list, 8, "local", ".?AUlocal@?1??g@@");
	fb = structure(&m, 0x380, 0, 0, "local", ".?AUlocal@?1??g@@");
	u = structure(&m, 0, list, 4, "<unnamed-tag>", NULL);
	(void)structure(&m, 0, list, 16, "<unnamed-tag>", NULL);
	(void)structure(&m, 8, list, 4, "_U::<unnamed-tag>", NULL);
	(void)structure(&m, 8, list, 12, "_U::<unnamed-tag>", NULL);
	lone = structure(&m, 0x80, 0, 0, "_LONE", NULL);
	en = enumeration(0x74, 0, "_MIXED");
	(void)structure(&m, 0x80, 0, 0, "_MIXED", NULL);
	open_made();
	CHECK_EQ(named("local"), a);
	CHECK_EQ(type_of(fb).size, 8); /* b's, by the unique name */
	CHECK_EQ(named(".?AUlocal@?1??g@@"), b);
	CHECK_EQ(named("<unnamed-tag>"), 0);
	CHECK_EQ(named("_U::<unnamed-tag>"), 0); /* which of the two? */
	CHECK_EQ(type_of(u).size, 4);
	CHECK_EQ(named("_LONE"), 0);
	CHECK(type_of(lone).declared_only);
	CHECK_EQ(type_of(lone).size, 0);
	CHECK_EQ(members_of(lone, NTR_ABSENT).n, 0);
	CHECK_EQ(named("_MIXED"), en);
	CHECK(type_of(en + 1).declared_only); /* no structure of that name */
	CHECK_EQ(members_of(en, NTR_OK).n, 0);
	ntr_tpi_fini(&t);
}

static void simple_types(void)
{
	static const struct {
		uint32_t id;
		uint8_t kind, size, sign, chr;
	} k[] = {
		{ 0x03, NTR_TY_VOID, 0, 0, 0 },  { 0x20, NTR_TY_INT, 1, 0, 1 },
		{ 0x70, NTR_TY_INT, 1, 1, 1 },   { 0x71, NTR_TY_INT, 2, 0, 1 },
		{ 0x11, NTR_TY_INT, 2, 1, 0 },   { 0x22, NTR_TY_INT, 4, 0, 0 },
		{ 0x74, NTR_TY_INT, 4, 1, 0 },   { 0x23, NTR_TY_INT, 8, 0, 0 },
		{ 0x79, NTR_TY_INT, 16, 0, 0 },  { 0x40, NTR_TY_FLOAT, 4, 0, 0 },
		{ 0x41, NTR_TY_FLOAT, 8, 0, 0 }, { 0x42, NTR_TY_FLOAT, 10, 0, 0 },
		{ 0x403, NTR_TY_POINTER, 4, 0, 0 },
		{ 0x603, NTR_TY_POINTER, 8, 0, 0 },
		{ 0x622, NTR_TY_POINTER, 8, 0, 0 },
		{ 0xff, NTR_TY_UNKNOWN, 0, 0, 0 },
	};
	struct ntr_type r;

	made_begin(&m);
	open_made();
	for (size_t i = 0; i < sizeof(k) / sizeof(k[0]); i++) {
		r = type_of(k[i].id);
		CHECK_EQ(r.kind, k[i].kind);
		CHECK_EQ(r.size, k[i].size);
		CHECK_EQ(r.is_signed, k[i].sign);
		CHECK_EQ(r.is_char, k[i].chr);
	}
	CHECK_EQ(type_of(0x622).to, 0x22);
	CHECK_EQ(ntr_tpi_type(&t, 0, &r, NULL), NTR_ABSENT);
	t.ptr_size = 8;
	CHECK_EQ(type_of(0x103).size, 8); /* std::nullptr_t */
	ntr_tpi_fini(&t);
}

/* --- older generations ----------------------------------------------------------- */

static void pascal_names(void)
{
	uint32_t list, s, un, en, elist, arr;
	const char *name;
	struct seen k;

	made_begin(&m);
	rec(&m, 0x1203);
	w16(&m, 0x1405);
	w16(&m, 3);
	w32(&m, 0x75);
	w16(&m, 4);
	wp(&m, "Old");
	pad(&m);
	w16(&m, 0x1406); /* static */
	w16(&m, 3);
	w32(&m, 0x75);
	wp(&m, "Static");
	pad(&m);
	w16(&m, 0x1405);
	w16(&m, 3);
	w32(&m, 0x75);
	w16(&m, 8);
	wp(&m, "Older");
	list = end(&m);
	rec(&m, 0x1005);
	w16(&m, 2);
	w16(&m, 0);
	w32(&m, list);
	w32(&m, 0);
	w32(&m, 0);
	w16(&m, 12);
	wp(&m, "_OLD");
	s = end(&m);
	rec(&m, 0x1006);
	w16(&m, 2);
	w16(&m, 0);
	w32(&m, list);
	w16(&m, 12);
	wp(&m, "_OLDU");
	un = end(&m);
	rec(&m, 0x1203);
	w16(&m, 0x0403);
	w16(&m, 3);
	w16(&m, 7);
	wp(&m, "Seven");
	elist = end(&m);
	rec(&m, 0x1007);
	w16(&m, 1);
	w16(&m, 0);
	w32(&m, 0x74);
	w32(&m, elist);
	wp(&m, "_OLDE");
	en = end(&m);
	rec(&m, 0x1003);
	w32(&m, s);
	w32(&m, 0x22);
	w16(&m, 36);
	wp(&m, "");
	arr = end(&m);
	open_made();
	CHECK_EQ(named("_OLD"), s);
	CHECK_EQ(named("_OLDU"), un);
	CHECK_EQ(named("_OLDE"), en);
	name = type_of(s).name;
	CHECK_STR(name, "_OLD");
	CHECK(type_of(s).name == name); /* copied once */
	k = members_of(un, NTR_OK);
	CHECK_EQ(k.n, 2);
	CHECK_STR(k.m[0].name, "Old");
	CHECK_STR(k.m[1].name, "Older");
	CHECK_EQ(members_of(en, NTR_OK).m[0].value, 7);
	CHECK_EQ(type_of(arr).count, 3);
	ntr_tpi_fini(&t);
}

static void sixteen_bits(void)
{
	static uint8_t old[0x1000];
	uint32_t list, ptr, bits, s, en, elist;
	struct seen k;
	size_t len;

	made_begin(&m);
	rec(&m, 0x0002); /* near 32 pointer to void */
	w16(&m, 0x000a);
	w16(&m, 0x03);
	ptr = end(&m);
	rec(&m, 0x0206);
	w8(&m, 5);
	w8(&m, 2);
	w16(&m, 0x22);
	bits = end(&m);
	rec(&m, 0x0204);
	w16(&m, 0x0406);
	w16(&m, ptr);
	w16(&m, 3);
	w16(&m, 0);
	wp(&m, "Ptr");
	pad(&m);
	w16(&m, 0x0406);
	w16(&m, bits);
	w16(&m, 3);
	w16(&m, 4);
	wp(&m, "Bits");
	list = end(&m);
	rec(&m, 0x0005);
	w16(&m, 2);
	w16(&m, list);
	w16(&m, 0);
	w16(&m, 0);
	w16(&m, 0);
	w16(&m, 8);
	wp(&m, "_NT351");
	s = end(&m);
	rec(&m, 0x0204);
	w16(&m, 0x0403);
	w16(&m, 3);
	w16(&m, 1);
	wp(&m, "One");
	elist = end(&m);
	rec(&m, 0x0007);
	w16(&m, 1);
	w16(&m, 0x74);
	w16(&m, elist);
	w16(&m, 0);
	wp(&m, "_E");
	en = end(&m);
	len = made_old(&m, old);
	CHECK_EQ(ntr_tpi_open(&t, ntr_bin_of(old, len, "old", 0), NULL),
		 NTR_OK);
	CHECK_EQ(named("_NT351"), s);
	CHECK_EQ(type_of(s).size, 8);
	CHECK_EQ(type_of(ptr).size, 4);
	k = members_of(s, NTR_OK);
	CHECK_EQ(k.n, 2);
	CHECK_STR(k.m[1].name, "Bits");
	CHECK_EQ(k.m[1].bit, 2);
	CHECK_EQ(k.m[1].bits, 5);
	CHECK_EQ(k.m[1].type, 0x22);
	CHECK_STR(members_of(en, NTR_OK).m[0].name, "One");
	ntr_tpi_fini(&t);
}

/* --- damage ----------------------------------------------------------------------- */

static bool take_name(void *ctx, const char *name, u64 id)
{
	(void)id;
	*(size_t *)ctx += strlen(name);
	return true;
}

/* Everything there is to ask; nothing may be read that is not there. */
static void ask_all(struct ntr_tpi *q)
{
	struct ntr_type r;
	struct seen k = { .n = 0 };
	size_t len = 0;
	u64 id;

	for (u32 i = 0; i < q->n + 2; i++) {
		(void)!ntr_tpi_type(q, q->first + i, &r, NULL);
		(void)!ntr_tpi_members(q, q->first + i, see, &k, NULL);
	}
	(void)!ntr_tpi_each(q, take_name, &len, NULL);
	(void)!ntr_tpi_named(q, "_NODE", &id, NULL);
}

/* A bit of everything; also for the byte-by-byte damage below. */
static void make_mixture(void)
{
	uint32_t fwd, list, elist;

	made_begin(&m);
	fwd = structure(&m, 0x280, 0, 0, "_NODE", ".?AU_NODE@@");
	(void)pointer64(&m, fwd);
	rec(&m, 0x1203);
	member(&m, 0x1001, 0, "Next");
	member(&m, 0x1007, 8, "Grid");
	list = end(&m);
	(void)structure(&m, 0x200, list, 24, "_NODE", ".?AU_NODE@@");
	rec(&m, 0x1203);
	enumerator(0x8000, 0xfb, "Minus");
	enumerator(0x8009, 12, "Quad");
	elist = end(&m);
	(void)enumeration(0x74, elist, "_E");
	(void)array(&m, 0x75, 8);
	(void)array(&m, 0x1006, 16);
	(void)modifier(&m, 0x1003);
	made_finish(&m);
}

static void cut_at_every_length(void)
{
	make_mixture();
	for (size_t n = 0; n <= m.n; n++) {
		uint8_t *p = malloc(n ? n : 1);
		struct ntr_tpi q;

		memcpy(p, m.p, n);
		if (!ntr_tpi_open(&q, ntr_bin_of(p, n, "cut", 0), NULL)) {
			CHECK(n >= MADE_HEADER);
			ask_all(&q);
			ntr_tpi_fini(&q);
		} else {
			CHECK(n < MADE_HEADER);
		}
		free(p);
	}
}

static void every_byte_damaged(void)
{
	static const uint8_t with[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	make_mixture();
	for (size_t i = 0; i < m.n * 5; i++) {
		uint8_t *p = malloc(m.n);
		struct ntr_tpi q;

		memcpy(p, m.p, m.n);
		p[i / 5] = with[i % 5];
		if (!ntr_tpi_open(&q, ntr_bin_of(p, m.n, "bad", 0), NULL)) {
			ask_all(&q);
			ntr_tpi_fini(&q);
		}
		free(p);
	}
	CHECK(m.n > 200);
}

static void headers(void)
{
	static const struct {
		unsigned off;
		uint32_t v;
		enum ntr_st want;
		const char *msg;
	} bad[] = {
		{ 0x00, 19960307, NTR_UNSUP, "version 19960307" },
		{ 0x04, 55, NTR_BAD, "made+0x4: a header of 55 bytes" },
		{ 0x04, 0x7fffffff, NTR_BAD, "made+0x4: a header of 0x7fff" },
		{ 0x08, 0xfff, NTR_BAD, "made+0x8: types 0xfff" },
		{ 0x0c, 0xfff, NTR_BAD, "made+0x8: types 0x1000 to 0xfff" },
		{ 0x0c, 0xffffffff, NTR_OK, "" }, /* as many as fit */
		{ 0x10, 0xffffffff, NTR_OK, "" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ntr_err e = { "" };

		make_mixture();
		put32(m.p, bad[i].off, bad[i].v);
		CHECK_EQ(ntr_tpi_open(&t, ntr_bin_of(m.p, m.n, "made", 0), &e),
			 bad[i].want);
		CHECK_HAS(e.msg, bad[i].msg);
		if (bad[i].want)
			continue;
		CHECK_EQ(named("_NODE"), 0x1003);
		ntr_tpi_fini(&t);
	}
}

static void loops(void)
{
	uint32_t self, s_self, one, s_one, mod, arr, arr2, out, s_out, no;
	struct ntr_type r;
	struct ntr_err e;

	made_begin(&m);
	self = continued(&m, 0x1000);           /* continues itself */
	s_self = structure(&m, 0, self, 4, "_A", NULL);
	one = continued(&m, 0x1003);            /* two that go round */
	(void)continued(&m, 0x1002);
	s_one = structure(&m, 0, one, 4, "_B", NULL);
	mod = modifier(&m, 0x1005);
	arr = array(&m, 0x1006, 4);             /* an array of itself */
	arr2 = array(&m, 0x1008, 4);            /* … through another */
	(void)array(&m, 0x1007, 4);
	out = continued(&m, 0x7fffffff);        /* a list that is not there */
	s_out = structure(&m, 0, out, 4, "_C", NULL);
	no = structure(&m, 0, mod, 4, "_D", NULL); /* no list at all */
	open_made();
	CHECK(members_of(s_self, NTR_BAD).n <= 3);
	CHECK(members_of(s_one, NTR_BAD).n <= 8);
	CHECK_EQ(ntr_tpi_type(&t, mod, &r, &e), NTR_BAD);
	CHECK_HAS(e.msg, "without end");
	CHECK_EQ(members_of(mod, NTR_ABSENT).n, 0);
	CHECK_EQ(ntr_tpi_type(&t, arr, &r, &e), NTR_BAD);
	CHECK_EQ(ntr_tpi_type(&t, arr2, &r, &e), NTR_BAD);
	CHECK_HAS(e.msg, "arrays in arrays without end");
	CHECK_EQ(members_of(s_out, NTR_BAD).n, 1); /* what is there is given */
	CHECK_EQ(members_of(no, NTR_BAD).n, 0);
	CHECK_EQ(ntr_tpi_type(&t, 0x1fff, &r, &e), NTR_BAD);
	CHECK_HAS(e.msg, "made: type 0x1fff, want 0x1000 to 0x100c");
	CHECK_EQ(ntr_tpi_type(&t, UINT64_C(0x100001000), &r, &e), NTR_BAD);
	CHECK_EQ(type_of(s_self).size, 4);
	ntr_tpi_fini(&t);
}

/* A record's length is gone: what is behind it is found again with the hash
 * stream's offsets, and lost without. */
static void chain_taken_up_again(void)
{
	uint8_t hash[64] = { 0 };
	struct ntr_type r;
	struct ntr_err e;
	uint32_t list;

	for (int hinted = 0; hinted < 2; hinted++) {
		size_t n = 0;

		made_begin(&m);
		list = list_of(&m, 0x74, "X");
		(void)structure(&m, 0, list, 4, "_FIRST", NULL);
		(void)structure(&m, 0, list, 4, "_BROKEN", NULL);
		(void)structure(&m, 0, list, 4, "_BEHIND", NULL);
		(void)structure(&m, 0, list, 4, "_LAST", NULL);
		made_finish(&m);
		put16(m.p, MADE_HEADER + m.at[2], 0);
		put32(m.p, 0x28, 8);
		put32(m.p, 0x2c, 24);
		put32(hash, 8, 0x1000);
		put32(hash, 12, 0);
		put32(hash, 16, 0x1003);
		put32(hash, 20, (uint32_t)m.at[3]);
		put32(hash, 24, 0xffffffff); /* and nonsense */
		put32(hash, 28, 0xffffffff);
		CHECK(!ntr_tpi_open(&t, ntr_bin_of(m.p, m.n, "made", 0), &e));
		if (hinted)
			ntr_tpi_hash(&t, ntr_bin_of(hash, 64, "hash", 0));
		CHECK_EQ(named("_FIRST"), 0x1001);
		CHECK_EQ(named("_BROKEN"), 0);
		CHECK_EQ(named("_BEHIND"), hinted ? 0x1003 : 0);
		CHECK_EQ(named("_LAST"), hinted ? 0x1004 : 0);
		CHECK_EQ(ntr_tpi_type(&t, 0x1002, &r, &e), NTR_BAD);
		CHECK_HAS(e.msg, "behind a damaged record");
		CHECK_EQ(ntr_tpi_each(&t, take_name, &n, &e), NTR_BAD);
		CHECK_EQ(n, hinted ? 6 + 7 + 5 : 6); /* the names' lengths */
		ntr_tpi_fini(&t);
	}
}

/* The file's hash values are wrong, or not there: names are found all the
 * same. "_FIRST" is 6 letters; its bucket is worked out here. */
static void hash_values(void)
{
	uint8_t hash[16];
	uint32_t list, first, h;

	h = ('_' | 'F' << 8 | 'I' << 16 | (uint32_t)'R' << 24) ^
	    ('S' | 'T' << 8);
	h |= 0x20202020;
	h ^= h >> 11;
	h ^= h >> 16;
	for (int good = 0; good < 2; good++) {
		made_begin(&m);
		list = list_of(&m, 0x74, "X");
		first = structure(&m, 0, list, 4, "_FIRST", NULL);
		made_finish(&m);
		put32(m.p, 0x24, 8);
		put32(hash, 0, 1);
		put32(hash, 4, good ? h % 0x3ffff : 2);
		CHECK(!ntr_tpi_open(&t, ntr_bin_of(m.p, m.n, "made", 0),
				    NULL));
		ntr_tpi_hash(&t, ntr_bin_of(hash, 8, "hash", 0));
		CHECK(t.hashed);
		CHECK_EQ(named("_FIRST"), first);
		CHECK_EQ(t.indexed, !good);
		ntr_tpi_fini(&t);
		CHECK(!ntr_tpi_open(&t, ntr_bin_of(m.p, m.n, "made", 0),
				    NULL));
		ntr_tpi_hash(&t, ntr_bin_of(hash, 7, "hash", 0)); /* short */
		CHECK(!t.hashed);
		CHECK_EQ(named("_FIRST"), first);
		ntr_tpi_fini(&t);
	}
}

static void unknown_field(void)
{
	struct seen k;
	struct ntr_err e;
	uint32_t list, s;

	made_begin(&m);
	rec(&m, 0x1203);
	member(&m, 0x74, 0, "Good");
	w16(&m, 0x1234);
	w32(&m, 0);
	member(&m, 0x74, 4, "Behind");
	list = end(&m);
	s = structure(&m, 0, list, 8, "_S", NULL);
	open_made();
	memset(&k, 0, sizeof(k));
	CHECK_EQ(ntr_tpi_members(&t, s, see, &k, &e), NTR_BAD);
	CHECK_HAS(e.msg, "a field of kind 0x1234");
	CHECK_EQ(k.n, 1);
	ntr_tpi_fini(&t);
}

int main(void)
{
	RUN(structures);
	RUN(enumerators_of_every_width);
	RUN(numbers_that_are_none);
	RUN(continued_lists);
	RUN(names);
	RUN(simple_types);
	RUN(pascal_names);
	RUN(sixteen_bits);
	RUN(cut_at_every_length);
	RUN(every_byte_damaged);
	RUN(headers);
	RUN(loops);
	RUN(chain_taken_up_again);
	RUN(hash_values);
	RUN(unknown_field);
	return test_done();
}
