// SPDX-License-Identifier: Apache-2.0
#include "pagemap.h"

#include <endian.h>
#include <string.h>

#define GROUP_BYTES (NTR_PAGEMAP_GROUP / 8)
#define GROUP_WORDS (NTR_PAGEMAP_GROUP / 64)
#define PIECE_GROUPS 64u

/* Set bits of a word; plain arithmetic, for not every x86-64 has popcnt. */
static inline u64 count_bits(u64 v)
{
	v -= v >> 1 & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) +
	    (v >> 2 & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return v * UINT64_C(0x0101010101010101) >> 56;
}

static u64 count_group(const u64 *w)
{
	u64 n = 0;

	for (unsigned i = 0; i < GROUP_WORDS; i++)
		n += count_bits(w[i]);
	return n;
}

/* Clear the bits from n on, in a group. */
static void cut_group(u64 *w, u64 n)
{
	for (u64 i = n / 64; i < GROUP_WORDS; i++) {
		u64 keep = i == n / 64 ? (UINT64_C(1) << (n % 64)) - 1 : 0;

		w[i] &= htole64(keep);
	}
}

static enum ntr_st count_all(struct ntr_pagemap *m, u64 groups,
			     struct ntr_err *e)
{
	u64 buf[PIECE_GROUPS * GROUP_WORDS], bytes = (m->bits + 7) / 8;

	for (u64 g = 0; g < groups; g += PIECE_GROUPS) {
		u64 n = groups - g < PIECE_GROUPS ? groups - g : PIECE_GROUPS;
		u64 at = g * GROUP_BYTES, len = n * GROUP_BYTES;
		enum ntr_st st;

		if (len > bytes - at) {
			len = bytes - at;
			memset(buf, 0, sizeof(buf));
		}
		st = ntr_space_read(m->s, m->off + at, buf, (size_t)len, e);
		if (st)
			return st;
		for (u64 i = 0; i < n; i++) {
			u64 left = m->bits - (g + i) * NTR_PAGEMAP_GROUP;

			if (left < NTR_PAGEMAP_GROUP)
				cut_group(buf + i * GROUP_WORDS, left);
			m->rank[g + i] = m->pages;
			m->pages += count_group(buf + i * GROUP_WORDS);
		}
	}
	m->rank[groups] = m->pages;
	return NTR_OK;
}

enum ntr_st ntr_pagemap_build(struct ntr_pagemap *m, const struct ntr_space *s,
			      u64 off, u64 room, u64 bits, struct ntr_arena *a,
			      struct ntr_err *e)
{
	struct ntr_pagemap t = { .s = s, .off = off };
	enum ntr_st st;
	u64 groups;

	t.bits = (bits >> 3) >= room ? room << 3 : bits;
	t.hi = t.bits;
	groups = (t.bits + NTR_PAGEMAP_GROUP - 1) / NTR_PAGEMAP_GROUP;
	t.rank = ntr_arena_array(a, (size_t)groups + 1, sizeof(*t.rank));
	if (!t.rank)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = count_all(&t, groups, e);
	if (st)
		return ntr_wrap(e, st, "bitmap");
	*m = t;
	return NTR_OK;
}

/* First group after g, g included, that has pages; groups when none. */
static u64 next_group(const struct ntr_pagemap *m, u64 g, u64 groups)
{
	while (g < groups && m->rank[g] == m->rank[g + 1])
		g++;
	return g;
}

static enum ntr_st load_group(const struct ntr_pagemap *m, u64 g, u64 *w,
			      struct ntr_err *e)
{
	u64 at = g * GROUP_BYTES, len = (m->bits + 7) / 8 - at;
	u64 left = m->bits - g * NTR_PAGEMAP_GROUP;
	enum ntr_st st;

	memset(w, 0, GROUP_BYTES);
	if (len > GROUP_BYTES)
		len = GROUP_BYTES;
	st = ntr_space_read(m->s, m->off + at, w, (size_t)len, e);
	if (st)
		return st;
	if (left < NTR_PAGEMAP_GROUP)
		cut_group(w, left);
	for (unsigned i = 0; i < GROUP_WORDS; i++)
		w[i] = le64toh(w[i]);
	return NTR_OK;
}

/* First bit from `from` on whose value is `set`; NTR_PAGEMAP_GROUP if none. */
static unsigned find_bit(const u64 *w, unsigned from, bool set)
{
	for (unsigned i = from / 64; i < GROUP_WORDS; i++) {
		u64 v = set ? w[i] : ~w[i];

		if (i == from / 64)
			v &= ~UINT64_C(0) << (from % 64);
		if (v)
			return i * 64 + (unsigned)__builtin_ctzll(v);
	}
	return NTR_PAGEMAP_GROUP;
}

static u64 rank_in_group(const u64 *w, unsigned bit)
{
	u64 n = 0;

	for (unsigned i = 0; i < bit / 64; i++)
		n += count_bits(w[i]);
	if (bit % 64)
		n += count_bits(w[bit / 64] & ((UINT64_C(1) << (bit % 64)) - 1));
	return n;
}

static enum ntr_st next_stretch(const struct ntr_pagemap *m, u64 pfn,
				struct ntr_stretch *out, struct ntr_err *e)
{
	u64 groups = (m->bits + NTR_PAGEMAP_GROUP - 1) / NTR_PAGEMAP_GROUP;
	u64 g = pfn / NTR_PAGEMAP_GROUP, w[GROUP_WORDS];
	unsigned from = (unsigned)(pfn % NTR_PAGEMAP_GROUP), end;
	enum ntr_st st;

	while ((g = next_group(m, g, groups)) < groups) {
		if (g != pfn / NTR_PAGEMAP_GROUP)
			from = 0;
		st = load_group(m, g, w, e);
		if (st)
			return st;
		from = find_bit(w, from, true);
		if (from < NTR_PAGEMAP_GROUP)
			break;
		g++;
	}
	if (g >= groups)
		return NTR_ABSENT;
	end = find_bit(w, from, false);
	*out = (struct ntr_stretch){ g * NTR_PAGEMAP_GROUP + from, end - from,
				     m->rank[g] + rank_in_group(w, from) };
	return NTR_OK;
}

enum ntr_st ntr_pagemap_next(const struct ntr_pagemap *m, u64 pfn,
			     struct ntr_stretch *out, struct ntr_err *e)
{
	struct ntr_stretch s;
	enum ntr_st st = NTR_ABSENT;

	if (pfn < m->lo)
		pfn = m->lo;
	if (pfn < m->hi)
		st = next_stretch(m, pfn, &s, e);
	if (st == NTR_ABSENT || (st == NTR_OK && s.pfn >= m->hi))
		return ntr_fail(e, NTR_ABSENT, "no page from 0x%" PRIx64
				" on is in the dump", pfn);
	if (st)
		return st;
	if (s.npages > m->hi - s.pfn)
		s.npages = m->hi - s.pfn;
	s.rank -= m->first_rank;
	*out = s;
	return NTR_OK;
}

/* Set bits below pfn. */
static enum ntr_st rank_of(const struct ntr_pagemap *m, u64 pfn, u64 *rank,
			   struct ntr_err *e)
{
	u64 g = pfn / NTR_PAGEMAP_GROUP, w[GROUP_WORDS];
	unsigned bit = (unsigned)(pfn % NTR_PAGEMAP_GROUP);
	enum ntr_st st = NTR_OK;

	if (bit)
		st = load_group(m, g, w, e);
	if (st == NTR_OK)
		*rank = m->rank[g] + (bit ? rank_in_group(w, bit) : 0);
	return st;
}

enum ntr_st ntr_pagemap_window(struct ntr_pagemap *m, u64 lo, u64 hi,
			       struct ntr_err *e)
{
	u64 first = 0, last = 0;
	enum ntr_st st;

	hi = hi < m->bits ? hi : m->bits;
	lo = lo < hi ? lo : hi;
	st = rank_of(m, lo, &first, e);
	if (st == NTR_OK)
		st = rank_of(m, hi, &last, e);
	if (st)
		return ntr_wrap(e, st, "bitmap");
	m->lo = lo;
	m->hi = hi;
	m->first_rank = first;
	m->pages = last - first;
	return NTR_OK;
}
