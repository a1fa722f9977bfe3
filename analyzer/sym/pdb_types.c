// SPDX-License-Identifier: Apache-2.0
/* The types of a PDB: the TPI stream, the ids of functions in the IPI stream,
 * typedefs among the global symbols. */
#include "pdb.h"
#include "tpi.h"

#include <stdlib.h>
#include <string.h>

/* Global symbols that name a type: S_UDT and S_UDT_ST. */
enum { S_UDT = 0x1108, S_UDT_ST = 0x1003 };

struct part {
	struct ntr_pdb_once once;
	struct ntr_tpi tpi;
};

struct types {
	struct part tpi, ipi;
};

static void types_free(void *p)
{
	struct types *t = p;

	ntr_tpi_fini(&t->tpi.tpi);
	ntr_tpi_fini(&t->ipi.tpi);
	free(t);
}

static enum ntr_st part_open(struct ntr_pdb *p, struct part *part, u32 stream,
			     struct ntr_err *e)
{
	struct ntr_bin b, hash;
	enum ntr_st st = ntr_msf_stream(&p->msf, stream, &b, e);

	if (!st)
		st = ntr_tpi_open(&part->tpi, b, e);
	part->tpi.ptr_size = st ? 0 : p->src->ptr_size;
	/* Without the hash stream everything works, slower. */
	if (!st && part->tpi.hash_stream != NTR_MSF_NO_STREAM &&
	    !ntr_msf_stream(&p->msf, part->tpi.hash_stream, &hash, NULL))
		ntr_tpi_hash(&part->tpi, hash);
	return st;
}

static enum ntr_st part_need(struct ntr_pdb *p, struct part *part, u32 stream,
			     struct ntr_tpi **out, struct ntr_err *e)
{
	struct ntr_pdb_once *o = &part->once;

	if (!o->tried) {
		o->tried = true;
		o->st = part_open(p, part, stream, &o->err);
	}
	if (o->st)
		return ntr_fail(e, o->st, "%s", o->err.msg);
	*out = &part->tpi;
	return NTR_OK;
}

static enum ntr_st types_of(struct ntr_pdb *p, struct types **out,
			    struct ntr_err *e)
{
	if (!p->types) {
		p->types = calloc(1, sizeof(struct types));
		if (!p->types)
			return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
					p->msf.file->name);
		p->types_free = types_free;
	}
	*out = p->types;
	return NTR_OK;
}

static enum ntr_st need_tpi(struct ntr_symsrc *s, struct ntr_tpi **out,
			    struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	struct types *t;
	enum ntr_st st = types_of(p, &t, e);

	return st ? st : part_need(p, &t->tpi, NTR_PDB_TPI, out, e);
}

/* The TPI index of the function that an id of the IPI stream stands for. */
static enum ntr_st function_of(struct ntr_symsrc *s, u64 *id,
			       struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	struct ntr_tpi *ipi;
	struct ntr_leaf l;
	struct types *t;
	enum ntr_st st;

	if (!(*id & NTR_PDB_IPI_ID))
		return NTR_OK;
	if (!p->has_ipi)
		return ntr_fail(e, NTR_ABSENT, "%s has no ids",
				p->msf.file->name);
	st = types_of(p, &t, e);
	if (!st)
		st = part_need(p, &t->ipi, NTR_PDB_IPI, &ipi, e);
	if (!st)
		st = ntr_tpi_leaf(ipi, (u32)*id, &l, e);
	if (st)
		return st;
	if (l.kind != NTR_LF_FUNC_ID)
		return ntr_fail(e, NTR_ABSENT, "%s: id 0x%x is no function",
				p->msf.file->name, (u32)*id);
	*id = l.type;
	return NTR_OK;
}

/* --- slots --------------------------------------------------------------------- */

static bool typedef_seen(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	u64 *id = ctx;

	(void)off;
	if (kind == S_UDT || kind == S_UDT_ST)
		*id = ntr_bin_u32(&rec, "type"); /* 0 when cut short */
	return !*id;
}

enum ntr_st ntr_pdb_type_named(struct ntr_symsrc *s, const char *name, u64 *id,
			       struct ntr_err *e)
{
	u64 named = 0;
	struct ntr_tpi *t;
	enum ntr_st st = need_tpi(s, &t, e);

	if (!st)
		st = ntr_tpi_named(t, name, id, e);
	if (st != NTR_ABSENT)
		return st;
	if (!ntr_pdb_global_named(ntr_pdb_of(s), name, typedef_seen,
				  &named, NULL) && named) {
		*id = named;
		return NTR_OK;
	}
	return st;
}

enum ntr_st ntr_pdb_type(struct ntr_symsrc *s, u64 id, struct ntr_type *out,
			 struct ntr_err *e)
{
	struct ntr_tpi *t;
	enum ntr_st st = need_tpi(s, &t, e);

	if (!st)
		st = function_of(s, &id, e);
	return st ? st : ntr_tpi_type(t, id, out, e);
}

enum ntr_st ntr_pdb_members(struct ntr_symsrc *s, u64 id,
			    ntr_type_member_fn *fn, void *ctx,
			    struct ntr_err *e)
{
	struct ntr_tpi *t;
	enum ntr_st st = need_tpi(s, &t, e);

	return st ? st : ntr_tpi_members(t, id, fn, ctx, e);
}

enum ntr_st ntr_pdb_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
			      void *ctx, struct ntr_err *e)
{
	struct ntr_tpi *t;
	enum ntr_st st = need_tpi(s, &t, e);

	return st ? st : ntr_tpi_each(t, fn, ctx, e);
}
