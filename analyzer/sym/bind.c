// SPDX-License-Identifier: Apache-2.0
#include "bind.h"

#include "../base/record.h"
#include "nt_types.h"

#include <stdio.h>
#include <string.h>

#define PATH_DEPTH 4
#define SPAN_MAX 2048u /* larger structures are read member by member */

const char *ntr_source_name(enum ntr_source s)
{
	static const char *const name[] = { "none", "exact", "table",
					    "assumed" };

	return (unsigned)s < NTR_COUNT(name) ? name[s] : "none";
}

/* --- finding a member ------------------------------------------------- */

static bool table_key(const struct ntr_types *t, const char *name, u32 key,
		      struct ntr_type_hit *hit)
{
	enum ntr_nt_known known = ntr_nt_known(t->machine, key);
	const struct ntr_nt_row *r;
	bool covered = false;

	r = ntr_nt_row(t->machine, name, key, &covered);
	if (!r || (!covered && known == NTR_NT_FULL))
		return false;
	*hit = (struct ntr_type_hit){
		.off = r->off,
		.width = r->kind == NTR_TK_POINTER ? (u16)t->ptr_size
						   : r->width,
		.kind = (enum ntr_type_kind)r->kind,
		.type = r->type,
		.source = NTR_SRC_ASSUMED,
	};
	if (covered && (known != NTR_NT_UNKNOWN || ntr_nt_row_always(r)))
		hit->source = NTR_SRC_TABLE;
	return true;
}

/* Of the variants it may be: do they all agree? */
static bool table_variants(const struct ntr_types *t, u32 mask,
			   const char *name, struct ntr_type_hit *hit)
{
	struct ntr_type_hit h;
	bool found = false;

	for (u32 v = 0; v < NTR_MAX_VARIANTS; v++) {
		if (!(mask >> v & 1) ||
		    !table_key(t, name, t->build * 16 + v, &h))
			continue;
		if (found && (h.off != hit->off || h.width != hit->width))
			h.source = NTR_SRC_ASSUMED;
		if (found && hit->source == NTR_SRC_ASSUMED)
			h.source = NTR_SRC_ASSUMED;
		*hit = h;
		found = true;
	}
	return found;
}

static bool table_find(const struct ntr_types *t, const char *name,
		       struct ntr_type_hit *hit)
{
	u32 mask;

	if (!t->build || t->build > UINT32_MAX / 16 - 1) {
		/* Only what never moved. */
		return table_key(t, name, 0, hit) &&
		       hit->source == NTR_SRC_TABLE;
	}
	mask = ntr_types_variants(t->machine, t->build);
	if (mask & t->variants)
		mask &= t->variants;
	if (mask)
		return table_variants(t, mask, name, hit);
	return table_key(t, name, t->build * 16, hit);
}

static bool find_one(const struct ntr_types *t, const char *type,
		     const char *member, size_t len, struct ntr_type_hit *hit)
{
	char name[96];
	int n = snprintf(name, sizeof(name), "%s.%.*s", type, (int)len,
			 member);

	if (n < 0 || (size_t)n >= sizeof(name))
		return false;
	if (t->better && t->better(t->ctx, name, hit)) {
		hit->source = NTR_SRC_EXACT;
		return true;
	}
	return table_find(t, name, hit);
}

/* A whole path; a step may itself contain dots ("FullDllName.Length"). */
static bool find_path(const struct ntr_types *t, const char *type,
		      const char *path, size_t len, struct ntr_type_hit *hit)
{
	struct ntr_type_hit h, sum = { 0 };

	for (int depth = 0; depth < PATH_DEPTH; depth++) {
		const char *dot = memchr(path, '.', len);
		size_t step = dot ? (size_t)(dot - path) : len;

		if (dot && find_one(t, type, path, len, &h)) {
			step = len;
		} else if (!find_one(t, type, path, step, &h)) {
			return false;
		}
		h.off += sum.off;
		if (sum.source > h.source)
			h.source = sum.source;
		if (step == len) {
			*hit = h;
			return true;
		}
		if (h.kind != NTR_TK_STRUCT || !h.type)
			return false;
		sum = h;
		type = h.type;
		path += step + 1;
		len -= step + 1;
	}
	return false;
}

bool ntr_types_find(const struct ntr_types *t, const char *type,
		    const char *path, struct ntr_type_hit *hit)
{
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, "|");
		if (find_path(t, type, path, len, hit))
			return true;
		if (!path[len])
			return false;
	}
}

u32 ntr_types_sizeof(const struct ntr_types *t, const char *type,
		     enum ntr_source *source)
{
	struct ntr_type_hit h;

	if (!ntr_types_find(t, type, "@size", &h))
		return 0;
	if (source)
		*source = h.source;
	return h.off;
}

/* --- binding and reading ----------------------------------------------- */

enum ntr_st ntr_bind(const struct ntr_types *t, const char *type,
		     const struct ntr_member *m, unsigned n,
		     struct ntr_bound *out, struct ntr_err *e)
{
	struct ntr_bound b = { .m = m, .n = n, .ptr_size = t->ptr_size,
			       .lo = UINT32_MAX };

	if (n > NTR_MAX_MEMBERS)
		return ntr_fail(e, NTR_LIMIT, "%s: %u members", type, n);
	for (unsigned i = 0; i < n; i++) {
		struct ntr_type_hit *h = &b.hit[i];

		if (!ntr_types_find(t, type, m[i].path, h) || !h->width ||
		    (!m[i].bytes && h->width > m[i].size)) {
			if (m[i].optional)
				continue;
			return ntr_fail(e, NTR_ABSENT,
					"%s.%s is not known for build %u",
					type, m[i].path, t->build);
		}
		b.have |= 1u << i;
		if (h->off < b.lo)
			b.lo = h->off;
		if (h->off + h->width > b.hi)
			b.hi = h->off + h->width;
		if (h->source > b.source)
			b.source = h->source;
	}
	*out = b;
	return NTR_OK;
}

static void int_store(u8 *d, size_t size, u64 v)
{
	u8 v1 = (u8)v;
	u16 v2 = (u16)v;
	u32 v4 = (u32)v;

	if (size == sizeof(v1))
		*d = v1;
	else if (size == sizeof(v2))
		memcpy(d, &v2, sizeof(v2));
	else if (size == sizeof(v4))
		memcpy(d, &v4, sizeof(v4));
	else
		memcpy(d, &v, sizeof(v));
}

static void member_store(const struct ntr_member *m, u16 width, const u8 *p,
			 void *out)
{
	u8 *d = (u8 *)out + m->at;
	u64 v = 0;

	if (m->bytes) {
		memcpy(d, p, width < m->size ? width : m->size);
		return;
	}
	for (unsigned i = 0; i < width && i < 8; i++)
		v |= (u64)p[i] << 8 * i;
	int_store(d, m->size, v);
}

enum ntr_st ntr_bound_read(const struct ntr_bound *b,
			   const struct ntr_space *s, u64 va, void *out,
			   u32 *have, struct ntr_err *e)
{
	u8 span[SPAN_MAX], one[64];
	u32 got = 0;
	bool whole = b->hi > b->lo && b->hi - b->lo <= sizeof(span) &&
		     ntr_space_read(s, va + b->lo, span, b->hi - b->lo,
				    NULL) == NTR_OK;

	for (unsigned i = 0; i < b->n; i++) {
		const struct ntr_member *m = &b->m[i];
		const struct ntr_type_hit *h = &b->hit[i];
		const u8 *p = one;
		enum ntr_st st = NTR_OK;

		memset((u8 *)out + m->at, 0, m->size);
		if (!(b->have >> i & 1) || h->width > sizeof(one))
			continue;
		if (whole)
			p = span + (h->off - b->lo);
		else
			st = ntr_space_read(s, va + h->off, one, h->width, e);
		if (st && !m->optional)
			return ntr_wrap(e, st, "%s at 0x%" PRIx64, m->path,
					va + h->off);
		if (st)
			continue;
		member_store(m, h->width, p, out);
		got |= 1u << i;
	}
	*have = got;
	return NTR_OK;
}

enum ntr_st ntr_read_member(const struct ntr_types *t,
			    const struct ntr_space *s, u64 va,
			    const char *type, const char *path, u64 *out)
{
	struct ntr_type_hit h;
	u8 raw[8] = { 0 };
	enum ntr_st st;

	if (!ntr_types_find(t, type, path, &h) || !h.width ||
	    h.width > sizeof(raw))
		return NTR_ABSENT;
	st = ntr_space_read(s, va + h.off, raw, h.width, NULL);
	if (st == NTR_OK)
		*out = ntr_load_u64(raw);
	return st;
}
