// SPDX-License-Identifier: Apache-2.0
/* The base layer: cursor, records, errors, arena, vector, text. */
#include "base/arena.h"
#include "base/record.h"
#include "base/space.h"
#include "base/strbuf.h"
#include "base/sweep.h"
#include "base/text.h"
#include "base/vec.h"
#include "test.h"

#define PAIR_FIELDS(S, A, r, z)      \
	S(r, z, u32, first, 0x04)    \
	S(r, z, u64, second, 0x08)   \
	A(r, z, u16, list, 0x10, 3)  \
	A(r, z, u8, text, 0x16, 2)
NTR_RECORD(pair, 0x18, PAIR_FIELDS)

static void record_at_literal_offsets(void)
{
	uint8_t raw[0x18] = { 0 };
	struct ntr_bin b = ntr_bin_of(raw, sizeof(raw), "t", 0);
	struct ntr_pair p;

	put32(raw, 4, 0x11223344);
	put64(raw, 8, UINT64_C(0x8877665544332211));
	put16(raw, 0x14, 0xabcd);
	raw[0x16] = 'o';
	ntr_pair_decode(&p, &b);
	CHECK_EQ(p.first, 0x11223344);
	CHECK_EQ(p.second, UINT64_C(0x8877665544332211));
	CHECK_EQ(p.list[2], 0xabcd);
	CHECK_EQ(p.text[0], 'o');
	CHECK(ntr_bin_done(&b, NULL) == NTR_OK);
	CHECK_EQ(ntr_bin_left(&b), 0);
}

static void short_record_poisons(void)
{
	for (size_t len = 0; len < 0x18; len++) {
		uint8_t *raw = calloc(1, len ? len : 1);
		struct ntr_bin b = ntr_bin_of(raw, len, "t.bin", 0x100);
		struct ntr_pair p;
		struct ntr_err e = { "" };

		memset(&p, 0xff, sizeof(p));
		ntr_pair_decode(&p, &b);
		CHECK_EQ(p.second, 0);
		CHECK_EQ(ntr_bin_u32(&b, "next"), 0);
		CHECK(ntr_bin_done(&b, &e) == NTR_BAD);
		CHECK_HAS(e.msg, "t.bin+0x100: pair wants ");
		free(raw);
	}
}

static void cursor_bounds(void)
{
	uint8_t raw[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ntr_bin b = ntr_bin_of(raw, sizeof(raw), NULL, 0), s;

	CHECK_EQ(ntr_bin_be32(&b, "be"), 0x01020304);
	CHECK_EQ(ntr_bin_off(&b), 4);
	s = ntr_bin_sub(&b, 8, 8, "sub");
	CHECK_EQ(ntr_bin_left(&s), 8);
	s = ntr_bin_sub(&b, 8, 9, "sub");
	CHECK(ntr_bin_done(&s, NULL) == NTR_BAD);
	s = ntr_bin_sub(&b, UINT64_MAX, 2, "sub");
	CHECK(ntr_bin_done(&s, NULL) == NTR_BAD);
	CHECK(ntr_bin_fits(&b, 3, 4, "items"));
	CHECK(!ntr_bin_fits(&b, UINT64_MAX / 2, 4, "items"));
	CHECK(ntr_bin_done(&b, NULL) == NTR_BAD);
	b = ntr_bin_of(raw, sizeof(raw), NULL, 0);
	ntr_bin_seek(&b, 17, "seek");
	CHECK(ntr_bin_done(&b, NULL) == NTR_BAD);
}

static enum ntr_st inner(struct ntr_err *e)
{
	return ntr_fail(e, NTR_BAD, "run at pfn 0x1 is out of order");
}

static void errors_wrap_outside_in(void)
{
	struct ntr_err e = { "" };
	char big[400];

	CHECK(ntr_wrap(&e, inner(&e), "run %d", 1) == NTR_BAD);
	CHECK_STR(e.msg, "run 1: run at pfn 0x1 is out of order");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	ntr_err_wrap(&e, NTR_BAD, "%s", big);
	CHECK_EQ(strlen(e.msg), sizeof(e.msg) - 1);
	e.msg[0] = 0;
	ntr_err_wrap(&e, NTR_ABSENT, "page");
	CHECK_STR(e.msg, "page: not in this dump");
	CHECK(inner(NULL) == NTR_BAD);
}

static void arena_and_vec(void)
{
	struct ntr_arena a = { 0 };
	struct { NTR_VEC(u64); } v = { 0 };
	char *first = ntr_arena_strdup(&a, "first");

	for (size_t i = 1; i < 3000; i++) {
		u8 *p = ntr_arena_alloc(&a, i);

		CHECK(p && p[0] == 0 && p[i - 1] == 0);
		memset(p, 0xee, i);
	}
	CHECK_STR(first, "first");
	CHECK(!ntr_arena_array(&a, SIZE_MAX / 4, 8));
	CHECK_STR(ntr_arena_printf(&a, "%s-%d", "x", 7), "x-7");
	ntr_arena_fini(&a);
	for (u64 i = 0; i < 1000; i++) {
		u64 *p = ntr_vec_add(&v);

		CHECK(p && *p == 0);
		*p = i;
	}
	CHECK_EQ(v.v[999], 999);
	ntr_vec_fini(&v);
	CHECK_EQ(v.n, 0);
}

static void text_conversions(void)
{
	static const uint8_t name[] = { 'A', 0, 0xe9, 0, 0x3d, 0xd8, 0x00,
					0xde, 0x1b, 0, 0x00, 0xdc, 'z', 0 };
	static const uint8_t guid[16] = { 0xfd, 0x33, 0x0a, 0x27, 0xa6, 0x3d,
					  0x0d, 0x46, 0xba, 0x89, 0x3c, 0x1b,
					  0xae, 0x21, 0xe3, 0x9b };
	char out[64];
	struct ntr_str s = { 0 };

	ntr_utf16_to_utf8(out, sizeof(out), name, sizeof(name));
	CHECK_STR(out, "A\xc3\xa9\xf0\x9f\x98\x80?\xef\xbf\xbdz");
	ntr_utf16_to_utf8(out, 4, name, sizeof(name));
	CHECK_STR(out, "A\xc3\xa9");
	ntr_ascii_clean(out, sizeof(out), "a\x1b[31mb", 7);
	CHECK_STR(out, "a?[31mb");
	CHECK(ntr_filetime_text(out, UINT64_C(133112964370000000)));
	CHECK_STR(out, "2022-10-26T22:20:37Z");
	CHECK(ntr_filetime_text(out, 0));
	CHECK_STR(out, "1601-01-01T00:00:00Z");
	CHECK(!ntr_filetime_text(out, UINT64_MAX));
	ntr_guid_text(out, guid);
	CHECK_STR(out, "270a33fd-3da6-460d-ba89-3c1bae21e39b");
	CHECK_EQ(ntr_strcasecmp("TcpIp.SYS", "tcpip.sys"), 0);
	CHECK(ntr_strcasecmp("a", "b") < 0);
	ntr_str_printf(&s, "%d", 12);
	ntr_str_add(&s, " apples");
	CHECK_STR(ntr_str_text(&s), "12 apples");
	ntr_str_fini(&s);
	CHECK_STR(ntr_str_text(&s), "");
}

static void memory_space(void)
{
	uint8_t raw[8192 + 16] = { 0 };
	struct ntr_mem_space m;
	u8 buf[9000];
	u64 v = 7;
	u32 w;

	put64(raw, 8, UINT64_C(0xfffff80000001234));
	ntr_mem_space_init(&m, 0x1000, raw, sizeof(raw));
	CHECK(ntr_read_u64(&m.s, 0x1008, &v) == NTR_OK);
	CHECK_EQ(v, UINT64_C(0xfffff80000001234));
	CHECK(ntr_read_u32(&m.s, 0x1008, &w) == NTR_OK && w == 0x1234);
	CHECK(ntr_read_ptr(&m.s, 0x1008, 4, &v) == NTR_OK && v == 0x1234);
	v = 7;
	CHECK(ntr_read_u64(&m.s, 0xffc, &v) == NTR_ABSENT && v == 7);
	CHECK(ntr_read_u64(&m.s, UINT64_MAX - 3, &v) == NTR_ABSENT);
	CHECK_EQ(ntr_space_read_some(&m.s, 0x1000, buf, sizeof(buf)),
		 sizeof(raw));
	CHECK_EQ(ntr_space_read_some(&m.s, 0xfff, buf, 8), 0);
}

static char swept[128];

static enum ntr_st piece(void *ctx, const struct ntr_span *s, u64 from, u64 to,
			 struct ntr_err *e)
{
	size_t n = strlen(swept);

	(void)e;
	snprintf(swept + n, sizeof(swept) - n, "%u:%u-%u ", s->rank,
		 (unsigned)from, (unsigned)to);
	return from == *(const u64 *)ctx ? NTR_LIMIT : NTR_OK;
}

/* The lowest rank wins; what it does not cover goes to the next. */
static void sweep_makes_disjoint(void)
{
	struct ntr_span s[] = {
		{ 40, 10, 0, 4 }, { 0, 30, 0, 3 }, { 10, 5, 0, 1 },
		{ 12, 10, 0, 2 }, { 45, 5, 0, 0 }, { 5, 0, 0, 5 },
	};
	u64 stop = UINT64_MAX;

	CHECK_EQ(ntr_sweep(s, 6, piece, &stop, NULL), NTR_OK);
	/* a piece also ends where another interval begins */
	CHECK_STR(swept, "3:0-5 3:5-10 1:10-12 1:12-15 2:15-22 3:22-30 "
			 "4:40-45 0:45-50 ");
	swept[0] = 0;
	stop = 10;
	CHECK_EQ(ntr_sweep(s, 6, piece, &stop, NULL), NTR_LIMIT);
	CHECK_STR(swept, "3:0-5 3:5-10 1:10-12 ");
	CHECK_EQ(ntr_sweep(NULL, 0, piece, &stop, NULL), NTR_OK);
}

int main(void)
{
	RUN(record_at_literal_offsets);
	RUN(short_record_poisons);
	RUN(cursor_bounds);
	RUN(errors_wrap_outside_in);
	RUN(arena_and_vec);
	RUN(text_conversions);
	RUN(memory_space);
	RUN(sweep_makes_disjoint);
	return test_done();
}
