// SPDX-License-Identifier: Apache-2.0
#include "dwarf_source.h"

void ntr_dw_source_fini(struct ntr_dw_source *d)
{
	ntr_dw_fini(&d->dw);
	ntr_dw_image_fini(&d->image);
	ntr_symtab_fini(&d->table);
	ntr_symsrc_close(d->other);
}

static enum ntr_st table(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;
	struct ntr_err mine;
	enum ntr_st st;

	if (d->tabled.done)
		return ntr_dw_again(&d->tabled, e);
	if (!e)
		e = &mine;
	st = d->read_table(s, e);
	if (!ntr_symtab_done(&d->table))
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	return ntr_dw_keep(&d->tabled, st, e);
}

static bool has_info(struct ntr_dw_source *d)
{
	return ntr_dw_has(&d->dw, ".debug_info");
}

/* "Not here" is said by the source itself; damage of a part that was asked in
 * vain is worth more words. */
static enum ntr_st nothing(struct ntr_symsrc *s, enum ntr_st a, enum ntr_st b,
			   struct ntr_err *e, u64 rva)
{
	if (a == NTR_NOMEM || b == NTR_NOMEM)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (a && a != NTR_ABSENT && e && e->msg[0])
		return a;
	return ntr_fail(e, NTR_ABSENT, "%s: no symbol at +0x%" PRIx64,
			s->file->name, rva);
}

/* A function of .debug_info gets the table's name for it, the one a linker
 * saw. */
static void named_by_table(struct ntr_dw_source *d, struct ntr_symbol *f)
{
	const struct ntr_symbol *t = ntr_symtab_nearest(&d->table, f->rva);

	if (t && t->rva == f->rva && t->code)
		f->name = t->name;
}

enum ntr_st ntr_dw_source_at(struct ntr_symsrc *s, u64 rva,
			     struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;
	enum ntr_st st = table(s, e), ist = NTR_ABSENT;
	const struct ntr_symbol *t = ntr_symtab_covering(&d->table, rva);
	struct ntr_symbol f;

	if (t) {
		*out = *t;
		return NTR_OK;
	}
	if (has_info(d))
		ist = ntr_dw_func_at(&d->dw, rva, &f, NULL);
	if (!ist) {
		named_by_table(d, &f);
		*out = f;
		return NTR_OK;
	}
	t = ntr_symtab_nearest(&d->table, rva);
	if (d->other && !ntr_symsrc_at(d->other, rva, &f, NULL) &&
	    (!t || f.rva > t->rva))
		t = &f;
	if (!t)
		return nothing(s, st, ist, e, rva);
	*out = *t;
	return NTR_OK;
}

enum ntr_st ntr_dw_source_named(struct ntr_symsrc *s, const char *name,
				struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;
	enum ntr_st st = table(s, e);
	const struct ntr_symbol *t = ntr_symtab_named(&d->table, name);

	if (t) {
		*out = *t;
		return NTR_OK;
	}
	if (!d->table_full && has_info(d) &&
	    !ntr_dw_func_named(&d->dw, name, out, NULL))
		return NTR_OK;
	if (d->other && !ntr_symsrc_named(d->other, name, out, NULL))
		return NTR_OK;
	if (st && st != NTR_ABSENT)
		return st;
	return ntr_fail(e, NTR_ABSENT, "%s: no symbol %s", s->file->name, name);
}

struct each {
	struct ntr_dw_source *d;
	ntr_symbol_fn *fn;
	void *ctx;
	bool go;
};

static bool in_table(struct ntr_dw_source *d, const struct ntr_symbol *s)
{
	const struct ntr_symbol *t = ntr_symtab_nearest(&d->table, s->rva);

	return t && t->rva == s->rva && t->code;
}

static bool pass_on(void *ctx, const struct ntr_symbol *s)
{
	struct each *x = ctx;

	if (!in_table(x->d, s))
		x->go = x->fn(x->ctx, s);
	return x->go;
}

/* Of the other source the exports; its symbols where there are none here. */
static bool pass_other(void *ctx, const struct ntr_symbol *s)
{
	struct each *x = ctx;

	if (s->kind == NTR_SYM_EXPORT || !x->d->table.rows.n)
		x->go = x->fn(x->ctx, s);
	return x->go;
}

enum ntr_st ntr_dw_source_each(struct ntr_symsrc *s, ntr_symbol_fn *fn,
			       void *ctx, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;
	struct each x = { d, fn, ctx, true };
	enum ntr_st st = table(s, e), ist = NTR_ABSENT;

	for (size_t i = 0; i < d->table.rows.n; i++)
		if (!fn(ctx, &d->table.rows.v[i].s))
			return NTR_OK;
	if (!d->table_full && has_info(d))
		ist = ntr_dw_each_func(&d->dw, pass_on, &x, st ? NULL : e);
	if (x.go && d->other)
		(void)!ntr_symsrc_each(d->other, pass_other, &x, NULL);
	if (!st || (st == NTR_ABSENT && !ist))
		return ist == NTR_ABSENT ? NTR_OK : ist;
	return st;
}

/* Where the lines and types are when they are not here. */
static enum ntr_st no_info(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return ntr_fail(e, NTR_ABSENT, "%s: has no .debug_info%s%s",
			s->file->name, d->image.elsewhere ? "; " : "",
			d->image.elsewhere ? d->image.elsewhere : "");
}

enum ntr_st ntr_dw_source_line(struct ntr_symsrc *s, u64 rva,
			       struct ntr_line *out, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_line(&d->dw, rva, out, e) : no_info(s, e);
}

enum ntr_st ntr_dw_source_each_line(struct ntr_symsrc *s, ntr_line_fn *fn,
				    void *ctx, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_each_line(&d->dw, fn, ctx, e) :
			     no_info(s, e);
}

enum ntr_st ntr_dw_source_unwind(struct ntr_symsrc *s, u64 rva,
				 struct ntr_uwrec *out, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;
	enum ntr_st st = ntr_dw_unwind(&d->dw, rva, out, e);

	if (st == NTR_ABSENT && d->other && d->other->ops->unwind)
		return ntr_symsrc_unwind(d->other, rva, out, e);
	return st;
}

enum ntr_st ntr_dw_source_vars(struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
			       void *ctx, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_vars(&d->dw, rva, fn, ctx, e) :
			     no_info(s, e);
}

enum ntr_st ntr_dw_source_type_named(struct ntr_symsrc *s, const char *name,
				     u64 *id, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_type_named(&d->dw, name, id, e) :
			     no_info(s, e);
}

enum ntr_st ntr_dw_source_type(struct ntr_symsrc *s, u64 id,
			       struct ntr_type *out, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_type(&d->dw, id, out, e) : no_info(s, e);
}

enum ntr_st ntr_dw_source_members(struct ntr_symsrc *s, u64 id,
				  ntr_type_member_fn *fn, void *ctx,
				  struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_members(&d->dw, id, fn, ctx, e) :
			     no_info(s, e);
}

enum ntr_st ntr_dw_source_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				    void *ctx, struct ntr_err *e)
{
	struct ntr_dw_source *d = s->priv;

	return has_info(d) ? ntr_dw_each_type(&d->dw, fn, ctx, e) :
			     no_info(s, e);
}
