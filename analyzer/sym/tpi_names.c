// SPDX-License-Identifier: Apache-2.0
/* Names of types: through the hash table that the file brings, or through a
 * sorted index of all complete types. Both give the same answer. */
#include "tpi.h"

#include <stdlib.h>
#include <string.h>

/* An index costs one pass over all records; so many names are looked up
 * without it. */
#define HASH_LOOKUPS 16u
/* Types of one bucket that are looked at. Real buckets have a handful. */
#define BUCKET_MAX 64u

/* Of several types with one name: global ones first, then structures, unions,
 * enums, then the first in the stream. */
#define RANK_SCOPED 4u
#define RANK_ANY 8u

struct ntr_tpi_name {
	const char *p;
	u32 len, hash, ord;
	u8 rank;
};

static u8 family(const struct ntr_leaf *l)
{
	return l->kind == NTR_LF_ENUM ? 2 : l->kind == NTR_LF_UNION;
}

static u8 rank_of(const struct ntr_leaf *l)
{
	return (u8)(family(l) + (l->prop & NTR_LEAF_SCOPED ? RANK_SCOPED : 0));
}

/* --- the index ------------------------------------------------------------- */

static u32 fnv(const char *p, u32 len)
{
	u32 h = 2166136261u;

	for (u32 i = 0; i < len; i++)
		h = (h ^ (u8)p[i]) * 16777619u;
	return h;
}

/* By the text alone. */
static int text_cmp(const struct ntr_tpi_name *a, const struct ntr_tpi_name *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->p, b->p, a->len);
}

static int name_cmp(const void *va, const void *vb)
{
	const struct ntr_tpi_name *a = va, *b = vb;
	int c = text_cmp(a, b);

	if (c)
		return c;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->ord < b->ord ? -1 : a->ord > b->ord;
}

struct names {
	NTR_VEC(struct ntr_tpi_name);
};

static bool names_add(struct names *v, const struct ntr_leaf_name *n,
		      const struct ntr_leaf *l, u32 ord)
{
	struct ntr_tpi_name *r;

	/* ".?AU<unnamed-tag>@@" is as little of a name as "<unnamed-tag>". */
	if (!n->p || ntr_tpi_nameless(&l->name) || ntr_tpi_nameless(n))
		return true;
	r = ntr_vec_add(v);
	if (!r)
		return false;
	r->p = n->p;
	r->len = n->len;
	r->hash = fnv(n->p, n->len);
	r->ord = ord;
	r->rank = rank_of(l);
	return true;
}

static enum ntr_st names_build(struct ntr_tpi *t, struct ntr_err *e)
{
	struct names v = { 0 };

	if (t->indexed)
		return NTR_OK;
	for (u32 i = 0; i < t->n; i++) {
		struct ntr_leaf l;

		if (ntr_tpi_leaf(t, t->first + i, &l, NULL) ||
		    !ntr_leaf_is_udt(&l) || l.prop & NTR_LEAF_FORWARD)
			continue;
		if (!names_add(&v, &l.name, &l, i) ||
		    !names_add(&v, &l.unique, &l, i)) {
			ntr_vec_fini(&v);
			return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
					t->rec.origin);
		}
	}
	if (v.n)
		qsort(v.v, v.n, sizeof(*v.v), name_cmp);
	t->name = v.v;
	t->nnames = v.n;
	t->indexed = true;
	return NTR_OK;
}

/* The first entry not below k. */
static size_t names_from(const struct ntr_tpi *t, const struct ntr_tpi_name *k)
{
	size_t lo = 0, hi = t->nnames;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (name_cmp(&t->name[mid], k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Not a name of one type when two types have it: "_U::<unnamed-tag>". */
static bool vague(const struct ntr_leaf_name *n)
{
	return ntr_tpi_anonymous(n) ||
	       memmem(n->p, n->len, "<unnamed-tag>", 13) ||
	       memmem(n->p, n->len, "<anonymous-tag>", 15);
}

/* rank RANK_ANY: the best there is. */
static bool names_find(const struct ntr_tpi *t, const struct ntr_leaf_name *n,
		       u8 rank, u32 *ord)
{
	struct ntr_tpi_name k = { .p = n->p, .len = n->len,
				  .hash = fnv(n->p, n->len),
				  .rank = rank == RANK_ANY ? 0 : rank };
	size_t i = names_from(t, &k);

	if (i == t->nnames || text_cmp(&t->name[i], &k) ||
	    (rank != RANK_ANY && t->name[i].rank != rank))
		return false;
	if (vague(n) && i + 1 < t->nnames &&
	    !text_cmp(&t->name[i + 1], &k))
		return false;
	*ord = t->name[i].ord;
	return true;
}

/* --- the file's hash table --------------------------------------------------- */

/* microsoft-pdb: LHashPbCb(); the same as for symbols. */
static u32 pdb_hash(const char *p, u32 len)
{
	struct ntr_bin b = ntr_bin_of(p, len, NULL, 0);
	u32 h = 0;

	while (ntr_bin_left(&b) >= 4)
		h ^= ntr_bin_u32(&b, "name");
	if (ntr_bin_left(&b) >= 2)
		h ^= ntr_bin_u16(&b, "name");
	if (ntr_bin_left(&b))
		h ^= *b.pos;
	h |= 0x20202020u;
	h ^= h >> 11;
	return h ^ h >> 16;
}

static bool same(const struct ntr_leaf_name *a, const struct ntr_leaf_name *b)
{
	return a->p && a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/* The type called name, of the given family or (RANK_ANY) any, in the bucket
 * of key. */
static bool hash_find(struct ntr_tpi *t, const struct ntr_leaf_name *key,
		      const struct ntr_leaf_name *name, u8 want, u32 *ord)
{
	u32 bucket = pdb_hash(key->p, key->len) % t->buckets, tried = 0;
	struct ntr_bin v = t->values;
	u8 best = RANK_ANY;

	for (u32 i = 0; i < t->n; i++) {
		u32 k = t->key_size == 2 ? ntr_bin_u16(&v, "bucket")
					 : ntr_bin_u32(&v, "bucket");
		struct ntr_leaf l;

		if (k != bucket)
			continue;
		if (++tried > BUCKET_MAX)
			return false;
		if (ntr_tpi_leaf(t, t->first + i, &l, NULL) ||
		    !ntr_leaf_is_udt(&l) || l.prop & NTR_LEAF_FORWARD ||
		    (want != RANK_ANY && family(&l) != want))
			continue;
		if ((!same(&l.name, name) && !same(&l.unique, name)) ||
		    rank_of(&l) >= best)
			continue;
		best = rank_of(&l);
		*ord = i;
	}
	return best != RANK_ANY;
}

/* --- questions ----------------------------------------------------------------- */

static enum ntr_st find(struct ntr_tpi *t, const struct ntr_leaf_name *key,
			const struct ntr_leaf_name *name, u8 want, u32 *index,
			struct ntr_err *e)
{
	enum ntr_st st = ntr_tpi_load(t, e);
	u32 ord = 0;
	bool found = false;

	if (st)
		return st;
	if (!t->indexed && t->hashed && t->asked < HASH_LOOKUPS &&
	    !vague(name)) {
		t->asked++;
		found = hash_find(t, key, name, want, &ord);
	}
	if (!found) {
		st = names_build(t, e);
		if (st)
			return st;
		found = names_find(t, name, want, &ord) ||
			(want != RANK_ANY &&
			 names_find(t, name, want + RANK_SCOPED, &ord));
	}
	if (!found)
		return ntr_fail(e, NTR_ABSENT, "%s: no type %.*s",
				t->rec.origin, (int)name->len, name->p);
	*index = t->first + ord;
	return NTR_OK;
}

enum ntr_st ntr_tpi_complete(struct ntr_tpi *t, const struct ntr_leaf *forward,
			     u32 *index, struct ntr_err *e)
{
	const struct ntr_leaf_name *name = &forward->name;
	const struct ntr_leaf_name *unique = &forward->unique;
	bool scoped = forward->prop & NTR_LEAF_SCOPED;
	enum ntr_st st = NTR_ABSENT;

	if (unique->p)
		st = find(t, scoped ? unique : name, unique, family(forward),
			  index, e);
	/* One that a C file and a C++ file share has a unique name in one of
	 * them only. */
	if (st == NTR_ABSENT && !scoped && !ntr_tpi_anonymous(name))
		st = find(t, name, name, family(forward), index, e);
	if (st == NTR_ABSENT)
		return ntr_fail(e, NTR_ABSENT, "%s: %.*s is only declared",
				t->rec.origin, (int)name->len,
				name->p ? name->p : "");
	return st;
}

enum ntr_st ntr_tpi_named(struct ntr_tpi *t, const char *name, u64 *id,
			  struct ntr_err *e)
{
	struct ntr_leaf_name n = { .p = name, .len = (u32)strlen(name) };
	u32 index;
	enum ntr_st st;

	if (ntr_tpi_nameless(&n))
		return ntr_fail(e, NTR_ABSENT, "%s names no type", name);
	st = find(t, &n, &n, RANK_ANY, &index, e);
	if (!st)
		*id = index;
	return st;
}

enum ntr_st ntr_tpi_each(struct ntr_tpi *t, ntr_type_name_fn *fn, void *ctx,
			 struct ntr_err *e)
{
	struct ntr_err first;
	enum ntr_st st = ntr_tpi_load(t, e), bad = NTR_OK, got;

	for (u32 i = 0; !st && i < t->n; i++) {
		struct ntr_leaf l;
		const char *name;

		got = ntr_tpi_leaf(t, t->first + i, &l, bad ? NULL : &first);
		if (got && !bad)
			bad = got;
		if (got || !ntr_leaf_is_udt(&l) || l.prop & NTR_LEAF_FORWARD ||
		    ntr_tpi_nameless(&l.name))
			continue;
		name = ntr_tpi_text(t, &l.name);
		if (!name)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		if (!fn(ctx, name, t->first + i))
			return NTR_OK;
	}
	if (!st && bad)
		return ntr_fail(e, bad, "%s", first.msg);
	return st;
}
