// SPDX-License-Identifier: Apache-2.0
/*
 * The symbol record stream and what leads into it: the hash tables of globals
 * (GSI) and publics (PSI), and the publics' address map.  Each is only a
 * shortcut: where one is damaged or not there, all records are read instead.
 * Source: microsoft-pdb PDB/dbi/gsi.h, LLVM "The PDB Public Symbol Stream".
 */
#include "pdb.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#define GSI_SIGNATURE 0xffffffffu
#define GSI_VERSION 0xf12f091au  /* 0xeffe0000 + 19990810 */
#define GSI_BUCKETS 4096u
#define GSI_BUCKETS_MINI 0x3ffffu /* /DEBUG:FASTLINK */
#define GSI_IN_MEMORY 12u        /* bucket offsets count records of this size */
#define PSI_HEADER 28u

struct hash_table {
	struct ntr_bin recs;     /* pairs: offset + 1, count */
	u32 nbuckets;
	u32 *first;              /* owned: nbuckets + 1 */
};

/* Records by address: publics, or data. */
struct addr_index {
	u32 n;
	u32 *src;                /* owned, sorted */
	u32 *off;                /* owned: of the record */
};

struct ntr_pdb_globals {
	struct hash_table globals, publics;
};

struct ntr_pdb_publics {
	struct addr_index publics, data;
};

/* --- records ---------------------------------------------------------------------- */

static enum ntr_st symrec(struct ntr_pdb *p, struct ntr_bin *b,
			  struct ntr_err *e)
{
	return ntr_msf_stream(&p->msf, p->dbi.symrec, b, e);
}

static bool record_at(struct ntr_bin b, u32 off, u16 *kind,
		      struct ntr_bin *rec)
{
	ntr_bin_seek(&b, off, "symbol");
	return ntr_pdb_rec_next(&b, kind, rec);
}

enum ntr_st ntr_pdb_global_each(struct ntr_pdb *p, ntr_pdb_rec_fn *fn,
				void *ctx, struct ntr_err *e)
{
	struct ntr_bin b, rec;
	enum ntr_st st = symrec(p, &b, e);
	u32 off = 0;
	u16 kind;

	if (st)
		return st;
	while (ntr_pdb_rec_next(&b, &kind, &rec)) {
		if (!fn(ctx, kind, off, rec))
			return NTR_OK;
		off = (u32)(b.pos - b.base);
	}
	return ntr_bin_done(&b, e);
}

/* --- hash tables ------------------------------------------------------------------- */

/* Verified on every record of the PDBs of the tests. */
static u32 hash_name(const char *name)
{
	size_t len = strlen(name);
	const u8 *s = (const u8 *)name;
	u32 h = 0;

	for (; len >= 4; s += 4, len -= 4)
		h ^= ntr_load_u32(s);
	if (len & 2) {
		h ^= ntr_load_u16(s);
		s += 2;
	}
	if (len & 1)
		h ^= *s;
	h |= 0x20202020;
	h ^= h >> 11;
	return h ^ h >> 16;
}

static u32 bit_count(struct ntr_bin b)
{
	u32 n = 0;

	while (ntr_bin_left(&b) >= 4)
		n += (u32)__builtin_popcount(ntr_bin_u32(&b, "buckets"));
	return n;
}

/* The bitmap of buckets at the cursor; its size tells how many there are. */
static u32 bucket_count(struct ntr_bin *b, u32 cb, struct ntr_bin *bits)
{
	static const u32 known[] = { GSI_BUCKETS, GSI_BUCKETS_MINI };

	for (size_t i = 0; i < NTR_COUNT(known); i++) {
		u32 len = (known[i] + 32) / 32 * 4;

		*bits = ntr_bin_sub(b, (u64)(b->pos - b->base), len,
				    "buckets");
		if (!bits->bad && (u64)len + bit_count(*bits) * 4 == cb) {
			ntr_bin_skip(b, len, "buckets");
			return known[i];
		}
	}
	return 0;
}

/* first[] of every bucket, from the present ones' offsets. */
static bool buckets_read(struct hash_table *t, struct ntr_bin *b,
			 struct ntr_bin bits, u32 nrecs)
{
	u32 word = 0, last = 0, next_empty = 0;

	t->first = calloc((size_t)t->nbuckets + 1, sizeof(*t->first));
	if (!t->first)
		return false;
	for (u32 i = 0; i < t->nbuckets; i++) {
		if (i % 32 == 0)
			word = ntr_bin_u32(&bits, "buckets");
		if (!(word >> i % 32 & 1))
			continue;
		last = ntr_bin_u32(b, "bucket");
		if (b->bad || last % GSI_IN_MEMORY ||
		    (last /= GSI_IN_MEMORY) > nrecs ||
		    (i && last < t->first[next_empty ? next_empty - 1 : 0]))
			return false;
		/* Those without records end where this one begins. */
		while (next_empty <= i)
			t->first[next_empty++] = last;
	}
	while (next_empty <= t->nbuckets)
		t->first[next_empty++] = nrecs;
	return true;
}

static enum ntr_st hash_load(struct ntr_pdb *p, struct hash_table *t,
			     struct ntr_bin b, struct ntr_err *e)
{
	struct ntr_bin bits;
	u32 sig = ntr_bin_u32(&b, "signature of a hash table");
	u32 version = ntr_bin_u32(&b, "version of a hash table");
	u32 cb_recs = ntr_bin_u32(&b, "size of hash records");
	u32 cb_buckets = ntr_bin_u32(&b, "size of buckets");

	/* Whether older files are hashed the same way was not seen. */
	if (p->msf.jg)
		return ntr_fail(e, NTR_UNSUP, "%s: hash table of PDB 2.00",
				b.origin);
	t->recs = ntr_bin_sub(&b, (u64)(b.pos - b.base), cb_recs,
			      "hash records");
	ntr_bin_skip(&b, cb_recs, "hash records");
	if (b.bad || sig != GSI_SIGNATURE || version != GSI_VERSION)
		return ntr_fail(e, NTR_BAD, "%s: no hash table", b.origin);
	t->nbuckets = bucket_count(&b, cb_buckets, &bits);
	if (!t->nbuckets)
		return ntr_fail(e, NTR_BAD, "%s: hash buckets of 0x%x bytes",
				b.origin, cb_buckets);
	if (!buckets_read(t, &b, bits, cb_recs / 8))
		return ntr_fail(e, NTR_BAD, "%s: hash buckets out of order",
				b.origin);
	return NTR_OK;
}

/* Where the name begins in a record of this kind; 0: not a kind with one. */
static size_t name_offset(u16 kind, struct ntr_bin rec)
{
	u16 leaf;

	switch (kind) {
	case NTR_S_UDT: case NTR_S_UDT_ST:
		return 4;
	case NTR_S_CONSTANT: case NTR_S_CONSTANT_ST:
		ntr_bin_skip(&rec, 4, "type");
		leaf = ntr_bin_u16(&rec, "value");
		if (leaf < 0x8000)
			return 6;
		switch (leaf) { /* numeric leaves: cvinfo.h LF_CHAR … */
		case 0x8000:
			return 7;
		case 0x8001: case 0x8002:
			return 8;
		case 0x8003: case 0x8004: case 0x8005:
			return 10;
		case 0x8006: case 0x8009: case 0x800a:
			return 14;
		default:
			return 0;
		}
	case NTR_S_PUB32_16T: case NTR_S_GDATA32_16T: case NTR_S_LDATA32_16T:
		return 8;
	case NTR_S_LPROC32_16T: case NTR_S_GPROC32_16T:
		return 33;
	case NTR_S_LPROC32_ST: case NTR_S_GPROC32_ST:
	case NTR_S_LPROC32: case NTR_S_GPROC32:
		return 35;
	default: /* u32 (type, flags, sum), u32 offset, u16 section, module */
		return 10;
	}
}

static bool hash_hit(struct ntr_pdb *p, u16 kind, struct ntr_bin rec,
		     const char *name)
{
	size_t at = name_offset(kind, rec);
	const char *s;

	/* Their name lies behind the record. */
	if (!at || kind == NTR_S_PROCREF_ST || kind == NTR_S_LPROCREF_ST)
		return false;
	ntr_bin_skip(&rec, at, "symbol");
	s = ntr_pdb_rec_name(p, kind, &rec);
	return s && !strcmp(s, name);
}

/* Calls fn for those of the bucket that have the name. false: damaged. */
static bool hash_find(struct ntr_pdb *p, const struct hash_table *t,
		      struct ntr_bin recs, const char *name,
		      ntr_pdb_rec_fn *fn, void *ctx, u32 *found)
{
	u32 bucket = hash_name(name) % t->nbuckets;
	struct ntr_bin pair = t->recs, rec;
	u16 kind;

	ntr_bin_seek(&pair, (u64)t->first[bucket] * 8, "hash record");
	for (u32 i = t->first[bucket]; i < t->first[bucket + 1]; i++) {
		u32 off = ntr_bin_u32(&pair, "hash record");

		ntr_bin_u32(&pair, "hash record");
		if (pair.bad || !off ||
		    !record_at(recs, off - 1, &kind, &rec))
			return false;
		if (!hash_hit(p, kind, rec, name))
			continue;
		++*found;
		if (!fn(ctx, kind, off - 1, rec))
			break;
	}
	return true;
}

struct by_scan {
	struct ntr_pdb *p;
	const char *name;
	ntr_pdb_rec_fn *fn;
	void *ctx;
	bool publics;
	u32 found;
};

static bool is_public(u16 kind)
{
	return kind == NTR_S_PUB32 || kind == NTR_S_PUB32_ST ||
	       kind == NTR_S_PUB32_16T;
}

static bool scan_one(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct by_scan *s = ctx;

	if (is_public(kind) != s->publics ||
	    !hash_hit(s->p, kind, rec, s->name))
		return true;
	s->found++;
	return s->fn(s->ctx, kind, off, rec);
}

/* t NULL: there is no table. */
static enum ntr_st by_name(struct ntr_pdb *p, const struct hash_table *t,
			   struct by_scan *scan, struct ntr_err *e)
{
	struct ntr_bin recs;
	enum ntr_st st = symrec(p, &recs, e);

	if (st)
		return st;
	/* A table that breaks off after some hits: those stand. */
	if (!t || (!hash_find(p, t, recs, scan->name, scan->fn, scan->ctx,
			      &scan->found) && !scan->found))
		st = ntr_pdb_global_each(p, scan_one, scan, e);
	if (scan->found)
		return NTR_OK;
	return st ? st : ntr_fail(e, NTR_ABSENT, "%s: no symbol %s",
				  p->msf.file->name, scan->name);
}

static struct ntr_pdb_globals *globals_of(struct ntr_pdb *p)
{
	if (!p->globals)
		p->globals = calloc(1, sizeof(*p->globals));
	return p->globals;
}

enum ntr_st ntr_pdb_global_named(struct ntr_pdb *p, const char *name,
				 ntr_pdb_rec_fn *fn, void *ctx,
				 struct ntr_err *e)
{
	struct by_scan scan = { .p = p, .name = name, .fn = fn, .ctx = ctx };
	struct ntr_pdb_globals *g = globals_of(p);
	struct ntr_pdb_once *o = &p->gsi_once;
	struct ntr_bin b;

	if (!g)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (!ntr_pdb_once(o)) {
		o->st = ntr_msf_stream(&p->msf, p->dbi.gsi, &b, &o->err);
		if (!o->st)
			o->st = hash_load(p, &g->globals, b, &o->err);
	}
	return by_name(p, o->st ? NULL : &g->globals, &scan, e);
}

enum ntr_st ntr_pdb_public_named(struct ntr_pdb *p, const char *name,
				 ntr_pdb_rec_fn *fn, void *ctx,
				 struct ntr_err *e)
{
	struct by_scan scan = { .p = p, .name = name, .fn = fn, .ctx = ctx,
				.publics = true };
	struct ntr_pdb_globals *g = globals_of(p);
	struct ntr_pdb_once *o = &p->psi_once;
	struct ntr_bin b;

	if (!g)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (!ntr_pdb_once(o)) {
		o->st = ntr_msf_stream(&p->msf, p->dbi.psi, &b, &o->err);
		if (!o->st) {
			u32 cb = ntr_bin_u32(&b, "size of the hash table");

			b = ntr_bin_sub(&b, PSI_HEADER, cb, "hash table");
			o->st = hash_load(p, &g->publics, b, &o->err);
		}
	}
	return by_name(p, o->st ? NULL : &g->publics, &scan, e);
}

/* --- by address ----------------------------------------------------------------------- */

struct addr_row {
	u32 src, off;
};
struct addr_rows {
	NTR_VEC(struct addr_row);
	struct ntr_pdb *p;
	bool data, unsorted, full;
};

static bool is_data(u16 kind)
{
	return kind == NTR_S_LDATA32 || kind == NTR_S_GDATA32 ||
	       kind == NTR_S_LDATA32_ST || kind == NTR_S_GDATA32_ST ||
	       kind == NTR_S_LDATA32_16T || kind == NTR_S_GDATA32_16T;
}

static bool rows_add(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct addr_rows *rows = ctx;
	struct ntr_pdb_sym s;
	struct addr_row *r;

	if (!(rows->data ? is_data(kind) : is_public(kind)) ||
	    !ntr_pdb_sym_of(rows->p, kind, rec, &s))
		return true;
	r = ntr_vec_add(rows);
	if (!r) {
		rows->full = true;
		return false;
	}
	*r = (struct addr_row){ s.src, off };
	if (rows->n > 1 && r[-1].src > r->src)
		rows->unsorted = true;
	return true;
}

static int by_src(const void *a, const void *b)
{
	const struct addr_row *x = a, *y = b;

	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* The publics through the address map; false: it is not usable. */
static bool rows_by_map(struct addr_rows *rows)
{
	struct ntr_pdb *p = rows->p;
	struct ntr_bin psi, map, recs, rec;
	u32 cb_hash, cb_map;
	u16 kind;

	if (ntr_msf_stream(&p->msf, p->dbi.psi, &psi, NULL) ||
	    symrec(p, &recs, NULL))
		return false;
	cb_hash = ntr_bin_u32(&psi, "size of the hash table");
	cb_map = ntr_bin_u32(&psi, "size of the address map");
	map = ntr_bin_sub(&psi, (u64)PSI_HEADER + cb_hash, cb_map, "map");
	if (psi.bad || map.bad || !cb_map)
		return false;
	while (ntr_bin_left(&map) >= 4) {
		u32 off = ntr_bin_u32(&map, "address map");

		if (!record_at(recs, off, &kind, &rec) || !is_public(kind))
			return false;
		if (!rows_add(rows, kind, off, rec))
			return true;
	}
	return true;
}

static enum ntr_st rows_index(struct addr_rows *rows, struct addr_index *x)
{
	if (rows->unsorted)
		qsort(rows->v, rows->n, sizeof(*rows->v), by_src);
	x->src = malloc((rows->n + 1) * sizeof(*x->src));
	x->off = malloc((rows->n + 1) * sizeof(*x->off));
	if (!x->src || !x->off || rows->full)
		return NTR_NOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		x->src[i] = rows->v[i].src;
		x->off[i] = rows->v[i].off;
	}
	x->n = (u32)rows->n;
	return NTR_OK;
}

static enum ntr_st index_load(struct ntr_pdb *p, struct addr_index *x,
			      bool data, struct ntr_err *e)
{
	struct addr_rows rows = { .p = p, .data = data };
	enum ntr_st st = ntr_pdb_need_sections(p, e);

	if (st)
		return st;
	if (data || !rows_by_map(&rows)) {
		rows.n = 0;
		rows.unsorted = false;
		st = ntr_pdb_global_each(p, rows_add, &rows, e);
		if (st == NTR_BAD && rows.n)
			st = NTR_OK; /* those before the damage */
	}
	if (!st) {
		st = rows_index(&rows, x);
		if (st)
			ntr_err_set(e, "out of memory");
	}
	ntr_vec_fini(&rows);
	return st;
}

static enum ntr_st need_index(struct ntr_pdb *p, bool data,
			      struct addr_index **out, struct ntr_err *e)
{
	struct ntr_pdb_once *o = data ? &p->data_once : &p->publics_once;

	if (!p->publics)
		p->publics = calloc(1, sizeof(*p->publics));
	if (!p->publics)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*out = data ? &p->publics->data : &p->publics->publics;
	if (!ntr_pdb_once(o))
		o->st = index_load(p, *out, data, &o->err);
	return ntr_pdb_again(o, e);
}

/* Branchless: the way taken is as random as the addresses asked for. */
static u32 index_find(const struct addr_index *x, u32 src)
{
	const u32 *v = x->src;
	u32 n = x->n;

	while (n > 1) {
		u32 half = n / 2;

		v += v[half] <= src ? half : 0;
		n -= half;
	}
	return (u32)(v - x->src);
}

enum ntr_st ntr_pdb_nearest(struct ntr_pdb *p, u32 src, bool data,
			    struct ntr_pdb_sym *out, struct ntr_err *e)
{
	struct addr_index *x;
	struct ntr_bin recs, rec;
	enum ntr_st st = need_index(p, data, &x, e);
	u16 kind;
	u32 i;

	if (st)
		return st;
	if (!x->n || x->src[0] > src)
		return ntr_fail(e, NTR_ABSENT, "%s: no symbol at 0x%x",
				p->msf.file->name, src);
	i = index_find(x, src);
	/* Of several names of one place the first in the stream. */
	while (i && x->src[i - 1] == x->src[i])
		i--;
	st = symrec(p, &recs, e);
	if (st)
		return st;
	if (!record_at(recs, x->off[i], &kind, &rec) ||
	    !ntr_pdb_sym_of(p, kind, rec, out))
		return ntr_fail(e, NTR_BAD, "%s: symbol at 0x%x", recs.origin,
				x->off[i]);
	return NTR_OK;
}

void ntr_pdb_globals_free(struct ntr_pdb *p)
{
	if (p->globals) {
		free(p->globals->globals.first);
		free(p->globals->publics.first);
	}
	if (p->publics) {
		free(p->publics->publics.src);
		free(p->publics->publics.off);
		free(p->publics->data.src);
		free(p->publics->data.off);
	}
	free(p->globals);
	free(p->publics);
}
