// SPDX-License-Identifier: Apache-2.0
#include "coff_syms.h"

#include "../base/record.h"

#include <stdlib.h>

#define COFF_SYMBOL_FIELDS(S, A, r, z)   \
	A(r, z, u8,  name,      0x00, 8) \
	S(r, z, u32, value,     0x08)    \
	S(r, z, u16, section,   0x0c)    \
	S(r, z, u16, type,      0x0e)    \
	S(r, z, u8,  class,     0x10)    \
	S(r, z, u8,  naux,      0x11)
NTR_RECORD(coff_symbol, 18, COFF_SYMBOL_FIELDS)

enum { /* storage classes */
	C_EXTERNAL = 2, C_STATIC = 3, C_LABEL = 6, C_FILE = 103,
	C_WEAK = 105,
};
#define TYPE_FUNCTION 0x20u
#define LINE_SIZE 6u
#define SECTION_LAST 0xfef0u /* above: absolute, debug, … */

/* What one file gave to a section: its lines lie there. */
struct piece {
	u32 linked, size;
	const char *file;
};

struct coff {
	const struct ntr_coff *in;
	struct ntr_symlist *syms;
	bool relative;
	const char *file; /* of the symbols that follow */
	struct { NTR_VEC(struct piece); } pieces;
	enum ntr_st st;   /* first damage */
	struct ntr_err *e;
};

static bool next(struct ntr_bin *b, struct ntr_coff_symbol *s,
		 struct ntr_bin *aux)
{
	if (ntr_bin_left(b) < ntr_coff_symbol_size)
		return false;
	ntr_coff_symbol_decode(s, b);
	if (!ntr_bin_fits(b, s->naux, ntr_coff_symbol_size,
			  "auxiliary symbol records"))
		return false;
	*aux = *b;
	aux->base = b->pos;
	aux->off0 = ntr_bin_off(b);
	ntr_bin_skip(b, (size_t)s->naux * ntr_coff_symbol_size, "aux");
	aux->end = b->pos;
	return true;
}

static void damage(struct coff *c, enum ntr_st st, const char *what, u64 off)
{
	if (c->st)
		return;
	c->st = ntr_fail(c->e, st, "%s+0x%" PRIx64 ": %s",
			 c->in->symbols.origin ? c->in->symbols.origin
					       : "COFF symbols", off, what);
}

static const struct ntr_pe_section *section_of(const struct coff *c,
					       const struct ntr_coff_symbol *s)
{
	const struct ntr_dbg_map *m = c->in->map;

	if (!s->section || s->section > SECTION_LAST ||
	    s->section > m->nsections)
		return NULL;
	return &m->section[s->section - 1];
}

/* --- RVA or offset in the section ------------------------------------------- */

static bool is_relative(struct coff *c)
{
	struct ntr_bin b = c->in->symbols, aux;
	u32 rva = 0, relative = 0;
	struct ntr_coff_symbol s;

	while (next(&b, &s, &aux)) {
		const struct ntr_pe_section *x = section_of(c, &s);
		bool as_rva, as_offset;
		u32 span;

		if (!x || (s.class != C_EXTERNAL && s.class != C_STATIC))
			continue;
		span = x->vsize > x->raw_size ? x->vsize : x->raw_size;
		as_rva = s.value >= x->rva && s.value - x->rva <= span;
		as_offset = s.value <= span;
		rva += as_rva && !as_offset;
		relative += as_offset && !as_rva;
	}
	return rva == relative ? !c->in->expect_rva : relative > rva;
}

/* --- names ---------------------------------------------------------------------- */

static const char *long_name(struct coff *c, u32 at, u64 off)
{
	const struct ntr_bin *t = &c->in->strings;
	size_t size = (size_t)(t->end - t->base);
	const u8 *p;

	if (at < 4 || at >= size) {
		damage(c, NTR_BAD, "name outside the string table", off);
		return NULL;
	}
	p = t->base + at;
	size -= at;
	if (size > NTR_SYM_NAME_MAX)
		size = NTR_SYM_NAME_MAX;
	if (!memchr(p, 0, size)) {
		damage(c, NTR_BAD, "name without an end", off);
		return NULL;
	}
	return (const char *)p;
}

static const char *short_name(struct coff *c, const void *p, size_t max)
{
	const char *s = ntr_arena_strndup(c->in->names, p, strnlen(p, max));

	if (!s)
		damage(c, NTR_NOMEM, "out of memory", 0);
	return s;
}

static const char *name_of(struct coff *c, const struct ntr_coff_symbol *s,
			   u64 off)
{
	if (!ntr_load_u32(s->name))
		return long_name(c, ntr_load_u32(s->name + 4), off);
	return short_name(c, s->name, sizeof(s->name));
}

/* The name of a source file fills as many auxiliary records as it needs. */
static void take_file(struct coff *c, const struct ntr_bin *aux)
{
	size_t n = ntr_bin_left(aux);

	c->file = NULL;
	if (n >= 8 && !ntr_load_u32(aux->pos) && ntr_load_u32(aux->pos + 4))
		c->file = long_name(c, ntr_load_u32(aux->pos + 4),
				    ntr_bin_off(aux));
	else if (n)
		c->file = short_name(c, aux->pos, n);
}

/* --- symbols ---------------------------------------------------------------------- */

static u32 linked_rva(const struct coff *c, const struct ntr_pe_section *x,
		      u32 value)
{
	return c->relative ? x->rva + value : value;
}

static void take_piece(struct coff *c, u32 linked, struct ntr_bin *aux)
{
	u32 size = ntr_bin_u32(aux, "length of a section's piece");
	struct piece *p;

	if (!size || !c->file)
		return;
	p = ntr_vec_add(&c->pieces);
	if (!p) {
		damage(c, NTR_NOMEM, "out of memory", 0);
		return;
	}
	*p = (struct piece){ .linked = linked, .size = size, .file = c->file };
}

/* Auxiliary record of a function: tag, size of its code, … */
static u32 function_size(struct ntr_bin *aux)
{
	if (!ntr_bin_left(aux))
		return 0;
	ntr_bin_skip(aux, 4, "tag");
	return ntr_bin_u32(aux, "function size");
}

static void take_symbol(struct coff *c, const struct ntr_coff_symbol *s,
			const struct ntr_pe_section *x, struct ntr_bin *aux,
			u64 off)
{
	bool code = x->flags & NTR_SCN_EXECUTE;
	bool fn = (s->type & 0x30) == TYPE_FUNCTION;
	u32 rva, left, linked = linked_rva(c, x, s->value), size;
	struct ntr_symbol *out;
	const char *name;

	if (!ntr_dbg_map_rva(c->in->map, linked, &rva, &left))
		return;
	name = name_of(c, s, off);
	out = name && *name ? ntr_vec_add(c->syms) : NULL;
	if (!out)
		return;
	size = fn ? function_size(aux) : 0;
	out->name = name;
	out->rva = rva;
	out->size = size < left ? size : left;
	out->code = code;
	out->kind = fn ? NTR_SYM_FUNC : s->class == C_LABEL ? NTR_SYM_LABEL :
		    code ? NTR_SYM_PUBLIC : NTR_SYM_DATA;
}

static void take_symbols(struct coff *c)
{
	struct ntr_bin b = c->in->symbols, aux;
	struct ntr_coff_symbol s;
	u64 off = ntr_bin_off(&b);

	for (; c->st != NTR_NOMEM && next(&b, &s, &aux);
	     off = ntr_bin_off(&b)) {
		const struct ntr_pe_section *x = section_of(c, &s);

		if (s.class == C_FILE)
			take_file(c, &aux);
		else if (!x)
			continue;
		else if (s.class == C_STATIC && !s.type && s.naux)
			take_piece(c, linked_rva(c, x, s.value), &aux);
		else if (s.class == C_EXTERNAL || s.class == C_STATIC ||
			 s.class == C_LABEL || s.class == C_WEAK)
			take_symbol(c, &s, x, &aux, off);
	}
	if (b.bad || ntr_bin_left(&b))
		damage(c, NTR_BAD, "the table ends inside a symbol", off);
}

/* --- lines ------------------------------------------------------------------------ */

static int by_linked(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	return a->linked < b->linked ? -1 : a->linked > b->linked;
}

static const struct piece *piece_of(const struct coff *c, u32 linked)
{
	size_t lo = 0, hi = c->pieces.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c->pieces.v[mid].linked <= linked)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || linked - c->pieces.v[lo - 1].linked >=
			   c->pieces.v[lo - 1].size)
		return NULL;
	return &c->pieces.v[lo - 1];
}

/* Line 0 marks a function: its "address" is the number of a symbol. */
static void take_lines(struct coff *c, struct ntr_linelist *lines)
{
	struct ntr_bin b = c->in->lines;

	if (c->pieces.n)
		qsort(c->pieces.v, c->pieces.n, sizeof(*c->pieces.v),
		      by_linked);
	while (ntr_bin_left(&b) >= LINE_SIZE) {
		u32 linked = ntr_bin_u32(&b, "line's RVA"), rva, left;
		u16 line = ntr_bin_u16(&b, "line");
		const struct piece *p = piece_of(c, linked);
		struct ntr_line *out;

		if (!line || !ntr_dbg_map_rva(c->in->map, linked, &rva, &left))
			continue;
		out = ntr_vec_add(lines);
		if (!out) {
			damage(c, NTR_NOMEM, "out of memory", 0);
			return;
		}
		if (p && p->linked + p->size - linked < left)
			left = p->linked + p->size - linked;
		*out = (struct ntr_line){ .file = p ? p->file : "",
					  .line = line, .rva = rva,
					  .size = left == UINT32_MAX ? 0
								     : left };
	}
}

enum ntr_st ntr_coff_read(const struct ntr_coff *in, struct ntr_symlist *syms,
			  struct ntr_linelist *lines, struct ntr_err *e)
{
	struct coff c = { .in = in, .syms = syms, .e = e };

	c.relative = is_relative(&c);
	take_symbols(&c);
	if (lines)
		take_lines(&c, lines);
	ntr_vec_fini(&c.pieces);
	return c.st;
}
