// SPDX-License-Identifier: Apache-2.0
/* The tag search against a plain loop over every place, on random memory and
 * on memory with tags at every place, for every layout and odd lengths. */
#include "fmt/dump.h"
#include "kobj/pool.h"
#include "test.h"

struct hits {
	size_t off[4096];
	u32 tag[4096];
	size_t n, stop;
};

static bool take(void *ctx, size_t off, u32 tag)
{
	struct hits *h = ctx;

	if (h->n < 4096) {
		h->off[h->n] = off;
		h->tag[h->n++] = tag;
	}
	return h->n != h->stop;
}

static u32 le32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* Places that hold one of n tags, one after the other. */
static size_t plain(unsigned unit, const u8 *p, size_t len, const u32 *tags,
		    unsigned n, size_t *first, size_t *last)
{
	size_t found = 0;

	for (size_t off = 0; off + 8 <= len; off += unit)
		for (unsigned i = 0; i < n; i++)
			if (!((le32(p + off + 4) ^ tags[i]) & 0x7fffffff)) {
				if (!found++)
					*first = off;
				*last = off;
				break;
			}
	return found;
}

static void one(u32 machine, u32 build, const u8 *p, size_t len,
		const u32 *tags, unsigned n)
{
	static struct hits h;
	struct ntr_pool_form f;
	size_t first = 0, last = 0, want;
	/* its own block, so that a read behind the end is seen */
	u8 *own = malloc(len ? len : 1);

	if (!own || ntr_pool_form_of(machine, build, &f, NULL))
		abort();
	memcpy(own, p, len);
	h.n = 0;
	h.stop = 0;
	want = plain(f.unit, p, len, tags, n, &first, &last);
	CHECK_EQ(ntr_pool_find_tags(&f, own, len, tags, n, take, &h), want);
	if (want && want < 4096) {
		CHECK_EQ(h.n, want);
		CHECK_EQ(h.off[0], first);
		CHECK_EQ(h.off[want - 1], last);
		CHECK_EQ(h.tag[0], le32(p + first + 4) & 0x7fffffff);
	}
	free(own);
}

static void all_forms(const u8 *p, size_t len, const u32 *tags, unsigned n)
{
	one(0x14c, 1381, p, len, tags, n);
	one(0x14c, 2600, p, len, tags, n);
	one(0x8664, 7601, p, len, tags, n);
}

static void random_memory(void)
{
	static u8 m[5000];
	u32 tags[8], x = 7;

	for (unsigned k = 0; k < 400; k++) {
		for (size_t i = 0; i < sizeof(m); i++)
			m[i] = (u8)('a' + ((x = x * 1103515245 + 12345) >> 20) % 3);
		for (unsigned i = 0; i < 8; i++)
			tags[i] = le32(m + 4 * (x >> 8) % 4000 + 4 * i);
		all_forms(m, sizeof(m) - k % 300, tags, 1 + k % 8);
	}
}

/* One tag alone, at every place of the first 600 bytes. */
static void every_place(void)
{
	static u8 m[1024];
	const u32 tags[3] = { 0x42646641, 0x45646641, 0x43646641 };

	for (size_t off = 0; off < 600; off += 4) {
		memset(m, 0, sizeof(m));
		put32(m, off, off % 8 ? 0xc2646641 : 0x43646641);
		all_forms(m, sizeof(m), tags, 3);
		all_forms(m, sizeof(m), tags, 1);
	}
}

static void lengths(void)
{
	static u8 m[700];
	const u32 tags[1] = { 0x42646641 };

	for (size_t i = 0; i + 4 <= sizeof(m); i += 4)
		put32(m, i, 0x42646641);
	for (size_t n = 0; n < sizeof(m); n++)
		all_forms(m, n, tags, 1);
}

static void stops(void)
{
	static u8 m[4096];
	static struct hits h;
	const u32 tags[1] = { 0x42646641 };
	struct ntr_pool_form f;

	for (size_t i = 0; i < sizeof(m); i += 4)
		put32(m, i, 0x42646641);
	CHECK_EQ(ntr_pool_form_of(0x8664, 7601, &f, NULL), NTR_OK);
	h.n = 0;
	h.stop = 5;
	CHECK_EQ(ntr_pool_find_tags(&f, m, sizeof(m), tags, 1, take, &h), 5);
	CHECK_EQ(h.off[4], 64);
	CHECK_EQ(ntr_pool_find_tags(&f, m, sizeof(m), tags, 0, take, &h), 0);
	CHECK_EQ(ntr_pool_find_tags(&f, m, sizeof(m), tags, 1, NULL, NULL), 256);
}

int main(void)
{
	RUN(random_memory);
	RUN(every_place);
	RUN(lengths);
	RUN(stops);
	return test_done();
}
