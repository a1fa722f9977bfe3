// SPDX-License-Identifier: Apache-2.0
#include "source_pe.h"

#include "../base/record.h"
#include "../fmt/dump.h"
#include "dbg_data.h"
#include "pe_funcs.h"

#include <stdlib.h>

struct pe_src {
	struct ntr_pe pe;
	struct ntr_dbg_data data;
	bool tried_data, tried_funcs, have_syms, have_lines;
	struct ntr_pe_funcs funcs;
	struct ntr_symlist syms;
	struct ntr_linelist lines;
	u32 missing;        /* exports in pages that are not there */
};

/* --- opening ---------------------------------------------------------------------- */

static bool pe_probe(const u8 *head, size_t len)
{
	u32 lfanew;

	if (len < 0x40 || head[0] != 'M' || head[1] != 'Z')
		return false;
	lfanew = ntr_load_u32(head + 0x3c);
	/* Headers behind the first bytes: open() will say what is wrong. */
	return lfanew > len - 4 || !memcmp(head + lfanew, "PE\0", 4);
}

static void take_id(struct ntr_symsrc *s)
{
	const struct ntr_pe *pe = ntr_symsrc_pe_image(s);
	struct ntr_pe_debug d;

	s->machine = pe->machine;
	s->ptr_size = pe->pe64 ? 8 : 4;
	s->id.has_image = true;
	s->id.timestamp = pe->timestamp;
	s->id.image_size = pe->size;
	s->id.has_checksum = true;
	s->id.checksum = pe->checksum;
	if (ntr_pe_debug(pe, &d, NULL))
		return;
	s->id.has_guid = d.rsds;
	s->id.has_sig = !d.rsds;
	memcpy(s->id.guid, d.guid, sizeof(d.guid));
	s->id.sig = d.sig;
	s->id.age = d.age;
}

static enum ntr_st load_entry(void *ctx, const struct ntr_pe_debug_dir *d,
			      struct ntr_blob *out, struct ntr_err *e)
{
	return ntr_blob_debug(out, &((struct pe_src *)ctx)->pe, d, e);
}

static enum ntr_st init(struct ntr_symsrc *s, const struct ntr_pe *pe,
			struct ntr_err *e)
{
	struct pe_src *p = calloc(1, sizeof(*p));

	s->priv = p;
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	p->pe = *pe;
	p->funcs.pe = &p->pe;
	p->data.origin = s->file ? s->file->name : "image in memory";
	p->data.names = &s->arena;
	p->data.map.section = p->pe.section;
	p->data.map.nsections = p->pe.nsections;
	p->data.load = load_entry;
	p->data.ctx = p;
	take_id(s);
	return NTR_OK;
}

static enum ntr_st pe_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_pe pe;
	enum ntr_st st = ntr_pe_open(&pe, &s->file->space, 0, false, e);

	if (st == NTR_ABSENT)
		st = NTR_BAD; /* a file that ends in its headers */
	return st ? st : init(s, &pe, e);
}

enum ntr_st ntr_symsrc_pe_memory(struct ntr_symsrc **out,
				 const struct ntr_pe *pe, struct ntr_err *e)
{
	struct ntr_symsrc *s = ntr_symsrc_new(&ntr_symsrc_pe);
	enum ntr_st st;

	if (!s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = init(s, pe, e);
	if (st)
		ntr_symsrc_close(s);
	else
		*out = s;
	return st;
}

const struct ntr_pe *ntr_symsrc_pe_image(const struct ntr_symsrc *s)
{
	return s->ops == &ntr_symsrc_pe ?
	       &((const struct pe_src *)s->priv)->pe : NULL;
}

static void pe_close(struct ntr_symsrc *s)
{
	struct pe_src *p = s->priv;

	ntr_dbg_data_fini(&p->data);
	ntr_pe_funcs_fini(&p->funcs);
	ntr_symlist_fini(&p->syms);
	ntr_vec_fini(&p->lines);
	free(p);
}

/* --- debug data in the image ------------------------------------------------------- */

static size_t load_at(const struct pe_src *p, struct ntr_blob *b, u64 off,
		      u64 len)
{
	if (ntr_blob_load(b, p->pe.s, p->pe.base + off, len, NULL))
		*b = (struct ntr_blob){ NULL, 0, false };
	return b->len;
}

/* The COFF table of the file header, behind the sections: in a file only. */
static void need_coff_table(struct pe_src *p)
{
	struct ntr_blob syms, strings;
	u64 size = (u64)p->pe.nsymbols * 18;
	u8 raw[4];

	if (p->pe.mapped || !p->pe.symbols_off || !size)
		return;
	if (!load_at(p, &syms, p->pe.symbols_off, size))
		return;
	strings = (struct ntr_blob){ NULL, 0, false };
	if (syms.whole && !ntr_space_read(p->pe.s, p->pe.base + size +
					  p->pe.symbols_off, raw, 4, NULL))
		load_at(p, &strings, p->pe.symbols_off + size,
			ntr_load_u32(raw));
	p->data.coff.raw = p->pe.symbols_off;
	ntr_dbg_data_coff_table(&p->data, &syms, &strings);
}

static void need_data(struct pe_src *p)
{
	struct ntr_pe_old_debug o;

	if (p->tried_data)
		return;
	p->tried_data = true;
	if (!ntr_pe_old_debug(&p->pe, &o, NULL)) {
		p->data.coff = o.coff_dir;
		p->data.codeview = o.codeview_dir;
		p->data.fpo = o.fpo_dir;
		p->data.from_rva = o.coff;
	}
	/* What is not loaded with an image cannot be in a dump. */
	if (p->pe.mapped && !p->data.coff.rva)
		p->data.coff.type = 0;
	if (p->pe.mapped && !p->data.codeview.rva)
		p->data.codeview.type = 0;
	if (p->pe.mapped && !p->data.fpo.rva)
		p->data.fpo.type = 0;
	if (!p->data.coff.type)
		need_coff_table(p);
}

static enum ntr_st need_funcs(struct pe_src *p, struct ntr_err *e)
{
	enum ntr_st st;

	if (p->tried_funcs)
		return NTR_OK;
	st = ntr_pe_funcs_load(&p->funcs, &p->pe, e);
	p->tried_funcs = !st;
	return st;
}

/* --- symbols -------------------------------------------------------------------------- */

struct exports {
	struct ntr_symsrc *s;
	struct pe_src *p;
	bool nomem;
};

static bool add_export(void *ctx, const struct ntr_pe_exported *x)
{
	struct exports *w = ctx;
	struct ntr_symbol *s;
	const char *name;

	if (x->forward || x->rva >= w->p->pe.size)
		return true; /* the function is another module's */
	name = x->name ? ntr_arena_strdup(&w->s->arena, x->name)
		       : ntr_arena_printf(&w->s->arena, "Ordinal%u",
					  x->ordinal);
	s = name && *name ? ntr_vec_add(&w->p->syms) : NULL;
	if (!s) {
		w->nomem = !name || *name;
		return !w->nomem;
	}
	s->name = name;
	s->rva = x->rva;
	s->kind = NTR_SYM_EXPORT;
	s->code = ntr_pe_is_code(&w->p->pe, x->rva);
	return true;
}

static enum ntr_st need_exports(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	struct exports w = { .s = s, .p = p };

	/* No export directory, or none that is there: no exports. */
	(void)!ntr_pe_exports_each(&p->pe, add_export, &w, &p->missing, NULL);
	return w.nomem ? ntr_fail(e, NTR_NOMEM, "out of memory") : NTR_OK;
}

/* Functions have ends where .pdata gives them. */
static void size_by_funcs(struct pe_src *p)
{
	struct ntr_pe_func f;

	for (size_t i = 0; i < p->syms.n; i++) {
		struct ntr_symbol *s = &p->syms.v[i];

		if (s->size || !s->code ||
		    !ntr_pe_funcs_below(&p->funcs, (u32)s->rva, &f) ||
		    f.rva != s->rva || !f.end)
			continue;
		s->size = f.end - f.rva;
	}
}

static enum ntr_st need_syms(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st;

	if (p->have_syms)
		return NTR_OK;
	need_data(p);
	st = need_exports(s, e);
	if (!st)
		st = ntr_dbg_data_symbols(&p->data, &p->syms, e);
	if (!st)
		st = need_funcs(p, e);
	if (!st) {
		ntr_symlist_sort(&p->syms);
		st = ntr_dbg_data_sizes(&p->data, &p->syms, e);
	}
	if (!st) {
		size_by_funcs(p);
		st = ntr_symlist_seal(&p->syms, e);
	}
	if (st)
		ntr_symlist_fini(&p->syms);
	p->have_syms = !st;
	return st;
}

/* --- at: only within the function ------------------------------------------------------ */

static enum ntr_st nameless(u64 rva, struct ntr_err *e)
{
	return ntr_fail(e, NTR_ABSENT, "the function at +0x%" PRIx64
			" has no name", rva);
}

/* A part that was split off: the name of the function it belongs to. */
static enum ntr_st at_primary(struct pe_src *p, const struct ntr_pe_func *f,
			      u64 rva, struct ntr_symbol *out,
			      struct ntr_err *e)
{
	u32 primary = ntr_pe_funcs_primary(&p->funcs, f);
	struct ntr_symbol s;

	if (primary == f->rva || primary > rva ||
	    ntr_symlist_at(&p->syms, primary, &s, NULL) || s.rva != primary)
		return nameless(rva, e);
	*out = s;
	return NTR_OK;
}

static enum ntr_st pe_at(struct ntr_symsrc *s, u64 rva,
			 struct ntr_symbol *out, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st = need_syms(s, e);
	struct ntr_symbol sym;
	struct ntr_pe_func f;
	struct ntr_uwrec fpo;
	bool in, below;

	if (st)
		return st;
	if (rva >= p->pe.size)
		return ntr_fail(e, NTR_ABSENT, "+0x%" PRIx64 " is outside the "
				"image", rva);
	below = ntr_pe_funcs_below(&p->funcs, (u32)rva, &f);
	in = below && rva < f.end;
	st = ntr_symlist_at(&p->syms, rva, &sym, e);
	if (st)
		return in ? at_primary(p, &f, rva, out, e) : st;
	if (rva - sym.rva < sym.size)
		return *out = sym, NTR_OK;
	if (ntr_pe_section_of(&p->pe, (u32)rva) !=
	    ntr_pe_section_of(&p->pe, (u32)sym.rva))
		return ntr_fail(e, NTR_ABSENT, "no symbol before +0x%" PRIx64
				" in its section", rva);
	if (in && sym.rva < f.rva)
		return at_primary(p, &f, rva, out, e);
	/* Behind a whole function: a leaf of its own, without a name. */
	if (below && !in && f.end && sym.rva < f.end)
		return nameless(rva, e);
	if (!ntr_dbg_data_unwind(&p->data, rva, &fpo, NULL) &&
	    sym.rva < fpo.rva)
		return nameless(rva, e);
	*out = sym;
	return NTR_OK;
}

/* --- the other questions ---------------------------------------------------------------- */

static enum ntr_st pe_named(struct ntr_symsrc *s, const char *name,
			    struct ntr_symbol *out, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st = need_syms(s, e);

	if (!st)
		st = ntr_symlist_named(&p->syms, s->machine, &s->arena, name,
				       out, e);
	if (st == NTR_ABSENT && p->missing)
		return ntr_wrap(e, st, "%u exports cannot be read",
				p->missing);
	return st;
}

static enum ntr_st pe_each(struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
			   struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st = need_syms(s, e);

	if (st || !ntr_symlist_each(&p->syms, fn, ctx))
		return st;
	return ntr_dbg_data_damage(&p->data, e);
}

static enum ntr_st need_lines(struct pe_src *p, struct ntr_err *e)
{
	enum ntr_st st;

	if (p->have_lines)
		return NTR_OK;
	need_data(p);
	st = ntr_dbg_data_lines(&p->data, &p->lines, e);
	if (st)
		ntr_vec_fini(&p->lines);
	else
		ntr_linelist_seal(&p->lines);
	p->have_lines = !st;
	return st;
}

static enum ntr_st pe_line(struct ntr_symsrc *s, u64 rva,
			   struct ntr_line *out, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st = need_lines(p, e);

	return st ? st : ntr_linelist_at(&p->lines, rva, out, e);
}

static enum ntr_st pe_each_line(struct ntr_symsrc *s, ntr_line_fn *fn,
				void *ctx, struct ntr_err *e)
{
	struct pe_src *p = s->priv;
	enum ntr_st st = need_lines(p, e);

	if (st || !ntr_linelist_each(&p->lines, fn, ctx))
		return st;
	return ntr_dbg_data_damage(&p->data, e);
}

static enum ntr_st pe_unwind(struct ntr_symsrc *s, u64 rva,
			     struct ntr_uwrec *out, struct ntr_err *e)
{
	struct pe_src *p = s->priv;

	need_data(p);
	return ntr_dbg_data_unwind(&p->data, rva, out, e);
}

static enum ntr_st types_of(struct ntr_symsrc *s, struct ntr_cv_types **t,
			    struct ntr_err *e)
{
	struct pe_src *p = s->priv;

	need_data(p);
	return ntr_dbg_data_types(&p->data, t, e);
}

static enum ntr_st pe_type_named(struct ntr_symsrc *s, const char *name,
				 u64 *id, struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type_named(t, name, id, e);
}

static enum ntr_st pe_type(struct ntr_symsrc *s, u64 id, struct ntr_type *out,
			   struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type(t, id, out, e);
}

static enum ntr_st pe_members(struct ntr_symsrc *s, u64 id,
			      ntr_type_member_fn *fn, void *ctx,
			      struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type_members(t, id, fn, ctx, e);
}

static enum ntr_st pe_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				void *ctx, struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_types_each(t, fn, ctx, e);
}

const struct ntr_symsrc_ops ntr_symsrc_pe = {
	.name = "pe",
	.descr = "image (PE)",
	.probe = pe_probe,
	.open = pe_open,
	.close = pe_close,
	.at = pe_at,
	.named = pe_named,
	.each = pe_each,
	.line = pe_line,
	.each_line = pe_each_line,
	.unwind = pe_unwind,
	.type_named = pe_type_named,
	.type = pe_type,
	.members = pe_members,
	.each_type = pe_each_type,
};
