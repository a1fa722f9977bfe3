// SPDX-License-Identifier: Apache-2.0
/* Which unit an address belongs to, and the functions of a unit. */
#include "dwarf.h"

#include <stdlib.h>

/* --- stretches of units -------------------------------------------------------- */

void ntr_dw_describe(struct ntr_dw *dw, struct ntr_dw_unit *u)
{
	Dwarf_Die die;
	Dwarf_Error err = NULL;
	Dwarf_Addr low = 0;
	u64 v;
	int res;

	if (u->described)
		return;
	u->described = true;
	if (u->blank || ntr_dw_die(dw, u->id, &die, NULL))
		return;
	res = dwarf_lowpc(die, &low, &err);
	if (res == DW_DLV_OK)
		u->low_pc = low;
	else if (res == DW_DLV_ERROR)
		dwarf_dealloc_error(dw->dbg, err);
	if (ntr_dw_u64(dw, die, DW_AT_language, &v))
		u->lang = (u16)v;
	/* without the attribute: behind the first header of the section */
	if (!ntr_dw_offset(dw, die, DW_AT_rnglists_base, &u->rnglists_base))
		u->rnglists_base = u->width == 8 ? 20 : 12;
	if (!ntr_dw_offset(dw, die, DW_AT_addr_base, &u->addr_base))
		u->addr_base = u->width == 8 ? 16 : 8;
	if (ntr_dw_string(dw, die, DW_AT_dwo_name) ||
	    ntr_dw_string(dw, die, DW_AT_GNU_dwo_name))
		u->split = true;
	ntr_dw_free(die);
}

struct reach_ctx {
	struct ntr_dw *dw;
	u32 unit;
	bool some;
};

static enum ntr_st add_reach(void *ctx, u64 lo, u64 hi)
{
	struct reach_ctx *c = ctx;
	struct ntr_dw_reach *r;

	if (lo >= hi || hi <= c->dw->img->base)
		return NTR_OK;
	r = ntr_vec_add(&c->dw->reach);
	if (!r)
		return NTR_NOMEM;
	*r = (struct ntr_dw_reach){ lo, hi, c->unit };
	c->some = true;
	return NTR_OK;
}

static int by_lo(const void *a, const void *b)
{
	const struct ntr_dw_reach *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* .debug_aranges: for units whose own DIE cannot have more than one stretch
 * (DWARF 2, where gcc puts main() into a section of its own) or has none. */
static u32 unit_index(const struct ntr_dw *dw, u64 start)
{
	size_t lo = 0, hi = dw->ninfo;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->units.v[mid].start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < dw->ninfo && dw->units.v[lo].start == start ? (u32)lo :
								   UINT32_MAX;
}

/* One table, behind its length: b ends where the table does. */
static enum ntr_st aranges_of(struct ntr_dw *dw, struct ntr_bin *b,
			      unsigned width)
{
	bool big = dw->img->big;
	u64 at = ntr_bin_off(b) - (width == 8 ? 12 : 4), pad;
	struct reach_ctx c = { .dw = dw };
	unsigned size;

	ntr_bin_skip(b, 2, "version");
	c.unit = unit_index(dw, ntr_bin_uint(b, big, width, "unit"));
	size = ntr_bin_byte(b, "address size");
	if (ntr_bin_byte(b, "segment size") || (size != 4 && size != 8) ||
	    c.unit == UINT32_MAX || dw->units.v[c.unit].blank ||
	    (dw->units.v[c.unit].version > 2 && dw->units.v[c.unit].ranged))
		return NTR_OK;
	pad = (ntr_bin_off(b) - at) % (2 * size);
	ntr_bin_skip(b, pad ? 2 * size - pad : 0, "padding");
	while (!b->bad && ntr_bin_left(b) >= 2 * size) {
		u64 lo = ntr_bin_uint(b, big, size, "address");
		u64 n = ntr_bin_uint(b, big, size, "length");

		if (!lo && !n)
			break;
		if (add_reach(&c, lo, lo + n))
			return NTR_NOMEM;
	}
	return NTR_OK;
}

static enum ntr_st read_aranges(struct ntr_dw *dw)
{
	struct ntr_bin all;
	enum ntr_st st = NTR_OK;

	if (ntr_dw_bytes(dw->img, ".debug_aranges", &all, NULL))
		return NTR_OK;
	while (!st && ntr_bin_left(&all)) {
		struct ntr_bin b;
		unsigned width;
		u64 n = ntr_dw_length(&all, dw->img->big, &width);

		if (all.bad || n > ntr_bin_left(&all))
			break;
		b = all;
		b.end = b.pos + n;
		st = aranges_of(dw, &b, width);
		ntr_bin_skip(&all, n, "address table");
	}
	return st;
}

static enum ntr_st find_reaches(struct ntr_dw *dw, struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_units(dw, e);

	if (st)
		return st;
	for (size_t i = 0; i < dw->ninfo; i++) {
		struct ntr_dw_unit *u = &dw->units.v[i];
		struct reach_ctx c = { dw, (u32)i, false };
		Dwarf_Die die;

		ntr_dw_describe(dw, u);
		if (u->blank || u->kind == DW_UT_type ||
		    ntr_dw_die(dw, u->id, &die, NULL))
			continue;
		st = ntr_dw_ranges(dw, u, die, add_reach, &c);
		ntr_dw_free(die);
		u->ranged = c.some;
		if (st == NTR_NOMEM)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (read_aranges(dw))
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (dw->reach.n)
		qsort(dw->reach.v, dw->reach.n, sizeof(*dw->reach.v), by_lo);
	return NTR_OK;
}

enum ntr_st ntr_dw_reaches(struct ntr_dw *dw, struct ntr_err *e)
{
	struct ntr_err mine;

	if (dw->reach_known.done)
		return ntr_dw_again(&dw->reach_known, e);
	if (!e)
		e = &mine;
	return ntr_dw_keep(&dw->reach_known, find_reaches(dw, e), e);
}

/* A unit whose DIE has no ranges may hold the address: first the stretches
 * that begin at or below it (a few back: units interleave by section, they do
 * not nest), then those without ranges. */
#define LOOK_BACK 64u

struct ntr_dw_unit *ntr_dw_unit_at(struct ntr_dw *dw, u64 addr, size_t *i)
{
	size_t lo = 0, hi = dw->reach.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->reach.v[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; *i < lo && *i < LOOK_BACK; (*i)++) {
		const struct ntr_dw_reach *r = &dw->reach.v[lo - 1 - *i];

		if (addr < r->hi) {
			(*i)++;
			return &dw->units.v[r->unit];
		}
	}
	if (*i < LOOK_BACK)
		*i = LOOK_BACK;
	for (; *i - LOOK_BACK < dw->ninfo; (*i)++) {
		struct ntr_dw_unit *u = &dw->units.v[*i - LOOK_BACK];

		if (!u->ranged && !u->blank && u->kind != DW_UT_type &&
		    u->kind != DW_UT_partial) {
			(*i)++;
			return u;
		}
	}
	return NULL;
}

/* --- functions of a unit ----------------------------------------------------------- */

struct func_ctx {
	struct ntr_dw *dw;
	struct ntr_dw_unit *u;
	const char *name;
	u64 id;
	size_t pieces; /* of the function at hand */
	u32 seen;      /* DIEs */
};

static enum ntr_st add_piece(void *ctx, u64 lo, u64 hi)
{
	struct func_ctx *c = ctx;
	struct ntr_dw_func *f;

	if (lo >= hi || lo < c->dw->img->base || !lo)
		return NTR_OK;
	f = ntr_vec_add(c->u->funcs);
	if (!f)
		return NTR_NOMEM;
	*f = (struct ntr_dw_func){ lo, hi, c->name, c->pieces++ > 0,
				     c->id };
	return NTR_OK;
}

/* Its own name, or that of the declaration or the inlined original. */
static const char *func_name(struct ntr_dw *dw, Dwarf_Die die, unsigned depth)
{
	const char *s = ntr_dw_string(dw, die, DW_AT_linkage_name);
	Dwarf_Die other;
	u64 id;

	if (!s)
		s = ntr_dw_string(dw, die, DW_AT_MIPS_linkage_name);
	if (s || depth > 4)
		return s;
	id = ntr_dw_ref(dw, die, DW_AT_abstract_origin);
	if (!id)
		id = ntr_dw_ref(dw, die, DW_AT_specification);
	if (id && !ntr_dw_die(dw, id, &other, NULL)) {
		s = func_name(dw, other, depth + 1);
		ntr_dw_free(other);
	}
	return s ? s : ntr_dw_string(dw, die, DW_AT_name);
}

static enum ntr_st one_func(struct func_ctx *c, Dwarf_Die die)
{
	enum ntr_st st;

	c->pieces = 0;
	c->name = NULL;
	c->id = ntr_dw_id(die);
	if (ntr_dw_flag(c->dw, die, DW_AT_declaration))
		return NTR_OK;
	st = ntr_dw_ranges(c->dw, c->u, die, add_piece, c);
	if (!c->pieces || st == NTR_NOMEM)
		return st == NTR_NOMEM ? st : NTR_OK;
	c->name = func_name(c->dw, die, 0);
	for (size_t i = c->u->funcs->n - c->pieces; i < c->u->funcs->n; i++)
		c->u->funcs->v[i].name = c->name;
	if (!c->name)
		c->u->funcs->n -= c->pieces;
	return NTR_OK;
}

static bool may_hold_functions(Dwarf_Half tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
		return true;
	default:
		return false;
	}
}

static enum ntr_st walk_funcs(struct func_ctx *c, Dwarf_Die of, unsigned depth)
{
	struct ntr_err e;
	enum ntr_st st, mine = NTR_OK;

	for (Dwarf_Die d = ntr_dw_child(c->dw, of, &st, &e); d;
	     d = ntr_dw_next(c->dw, d, &st, &e)) {
		Dwarf_Half tag = ntr_dw_tag(d);

		if (++c->seen > NTR_DW_MAX_DIES)
			mine = NTR_LIMIT;
		else if (tag == DW_TAG_subprogram)
			mine = one_func(c, d);
		if (!mine && depth < NTR_DW_MAX_DEPTH && may_hold_functions(tag))
			mine = walk_funcs(c, d, depth + 1);
		if (mine == NTR_NOMEM || mine == NTR_LIMIT) {
			ntr_dw_free(d);
			return mine;
		}
		mine = NTR_OK; /* damage inside one entry */
	}
	return st;
}

static int func_lo(const void *a, const void *b)
{
	const struct ntr_dw_func *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi > y->hi ? -1 : x->hi < y->hi;
}

/* Damage inside the unit leaves what was found before it. */
static enum ntr_st funcs(struct ntr_dw *dw, struct ntr_dw_unit *u,
			 struct ntr_err *e)
{
	struct func_ctx c = { .dw = dw, .u = u };
	enum ntr_st st;
	Dwarf_Die die;

	if (u->funcs_tried)
		return u->funcs ? NTR_OK : NTR_ABSENT;
	u->funcs_tried = true;
	ntr_dw_describe(dw, u);
	st = ntr_dw_die(dw, u->id, &die, e);
	if (st)
		return st;
	u->funcs = calloc(1, sizeof(*u->funcs));
	st = u->funcs ? walk_funcs(&c, die, 0) : NTR_NOMEM;
	ntr_dw_free(die);
	if (st == NTR_NOMEM)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (u->funcs->n)
		qsort(u->funcs->v, u->funcs->n, sizeof(*u->funcs->v), func_lo);
	return NTR_OK;
}

static void give(const struct ntr_dw *dw, const struct ntr_dw_func *f,
		 struct ntr_symbol *out)
{
	*out = (struct ntr_symbol){
		.name = f->name,
		.rva = f->lo - dw->img->base,
		.size = f->hi - f->lo,
		.kind = NTR_SYM_FUNC,
		.code = true,
	};
}

/* The innermost of nested functions; few functions nest. */
static const struct ntr_dw_func *holder(const struct ntr_dw_funcs *fs, u64 addr)
{
	size_t lo = 0, hi = fs->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fs->v[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = 0; i < lo && i < LOOK_BACK; i++)
		if (addr < fs->v[lo - 1 - i].hi)
			return &fs->v[lo - 1 - i];
	return NULL;
}

const struct ntr_dw_func *ntr_dw_find_func(struct ntr_dw *dw, u64 rva,
					   enum ntr_st *st, struct ntr_err *e)
{
	u64 addr = rva + dw->img->base;
	struct ntr_dw_unit *u;
	size_t i = 0;

	*st = ntr_dw_reaches(dw, e);
	while (!*st && (u = ntr_dw_unit_at(dw, addr, &i))) {
		const struct ntr_dw_func *f;

		*st = funcs(dw, u, e);
		if (*st == NTR_NOMEM)
			return NULL;
		f = *st ? NULL : holder(u->funcs, addr);
		*st = NTR_OK; /* another unit may do */
		if (f)
			return f;
	}
	if (!*st)
		*st = ntr_fail(e, NTR_ABSENT, "%s: no function at +0x%" PRIx64,
			       dw->img->file->name, rva);
	return NULL;
}

enum ntr_st ntr_dw_func_at(struct ntr_dw *dw, u64 rva, struct ntr_symbol *out,
			   struct ntr_err *e)
{
	enum ntr_st st;
	const struct ntr_dw_func *f = ntr_dw_find_func(dw, rva, &st, e);

	if (f)
		give(dw, f, out);
	return st;
}

enum ntr_st ntr_dw_each_func(struct ntr_dw *dw, ntr_symbol_fn *fn, void *ctx,
			     struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_units(dw, e);

	if (st)
		return st;
	for (size_t i = 0; i < dw->ninfo; i++) {
		struct ntr_dw_unit *u = &dw->units.v[i];

		if (u->blank)
			continue;
		st = funcs(dw, u, e);
		if (st == NTR_NOMEM)
			return st;
		for (size_t k = 0; !st && k < u->funcs->n; k++) {
			struct ntr_symbol s;

			give(dw, &u->funcs->v[k], &s);
			if (!u->funcs->v[k].part && !fn(ctx, &s))
				return NTR_OK;
		}
	}
	return NTR_OK;
}

/* --- by name ------------------------------------------------------------------------- */

static int func_by_name(const void *a, const void *b)
{
	const struct ntr_dw_func *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : func_lo(a, b);
}

static bool take_name(void *ctx, const struct ntr_symbol *s)
{
	struct ntr_dw *dw = ctx;
	struct ntr_dw_func *f = ntr_vec_add(&dw->func_names);

	if (f)
		*f = (struct ntr_dw_func){ s->rva + dw->img->base,
					   s->rva + dw->img->base + s->size,
					   s->name, false, 0 };
	return f;
}

static enum ntr_st name_index(struct ntr_dw *dw, struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_each_func(dw, take_name, dw, e);

	if (!st && dw->func_names.n)
		qsort(dw->func_names.v, dw->func_names.n,
		      sizeof(*dw->func_names.v), func_by_name);
	return st;
}

enum ntr_st ntr_dw_func_named(struct ntr_dw *dw, const char *name,
			      struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_err mine;
	enum ntr_st st;
	size_t lo = 0, hi;

	if (!e)
		e = &mine;
	st = dw->funcs_known.done ?
		     ntr_dw_again(&dw->funcs_known, e) :
		     ntr_dw_keep(&dw->funcs_known, name_index(dw, e), e);
	if (st)
		return st;
	hi = dw->func_names.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(dw->func_names.v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == dw->func_names.n || strcmp(dw->func_names.v[lo].name, name))
		return ntr_fail(e, NTR_ABSENT, "%s: no function %s",
				dw->img->file->name, name);
	give(dw, &dw->func_names.v[lo], out);
	return NTR_OK;
}
