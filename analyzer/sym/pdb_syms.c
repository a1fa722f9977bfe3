// SPDX-License-Identifier: Apache-2.0
/* The questions about symbols: which of a PDB's several answers is given. */
#include "pdb.h"

#include "../fmt/dump.h"

#include <stdio.h>
#include <string.h>

#define SCN_EXECUTE 0x20000000u
#define STDCALL_MAX 256u /* _Name@n: bytes of arguments that are tried */
#define NAME_MAX_LEN 4000u

/* --- by address -------------------------------------------------------------------- */

/* Without contributions every module may hold it. */
static const struct ntr_pdb_sym *proc_anywhere(struct ntr_pdb *p, u32 src)
{
	const struct ntr_pdb_modsyms *ms;
	const struct ntr_pdb_sym *s = NULL;

	if (ntr_pdb_need_mods(p, NULL) && !p->nmods)
		return NULL;
	for (u32 m = 0; m < p->nmods && !s; m++)
		if (!ntr_pdb_mod_syms(p, m, &ms, NULL))
			s = ntr_pdb_mod_proc(ms, src);
	return s;
}

static const struct ntr_pdb_sym *proc_at(struct ntr_pdb *p, u32 src)
{
	const struct ntr_pdb_modsyms *ms;
	u32 m;

	if (ntr_pdb_need_contribs(p, NULL))
		return proc_anywhere(p, src);
	if (!ntr_pdb_mod_at(p, src, &m) || ntr_pdb_mod_syms(p, m, &ms, NULL))
		return NULL;
	return ntr_pdb_mod_proc(ms, src);
}

static enum ntr_st proc_out(struct ntr_pdb *p, const struct ntr_pdb_sym *s,
			    u32 rva, struct ntr_symbol *out)
{
	struct ntr_symbol r = { .name = s->name, .kind = NTR_SYM_FUNC,
				.code = true, .type = s->type };

	ntr_pdb_stretch(p, rva, s->src, s->size, &r.rva, &r.size);
	*out = r;
	return NTR_OK;
}

/* The nearer of the public and the datum, in the section of src. */
static enum ntr_st nearest(struct ntr_pdb *p, u32 src,
			   struct ntr_symbol *out, struct ntr_err *e)
{
	const struct ntr_pdb_section *scn = ntr_pdb_section_of(p, src);
	struct ntr_pdb_sym best, s;
	enum ntr_st st, st2;

	if (!scn)
		return ntr_fail(e, NTR_ABSENT, "%s: 0x%x is in no section",
				p->msf.file->name, src);
	st = ntr_pdb_nearest(p, src, false, &best, e);
	if (!(scn->flags & SCN_EXECUTE) || st) {
		st2 = ntr_pdb_nearest(p, src, true, &s, st ? NULL : e);
		if (!st2 && (st || s.src > best.src)) {
			best = s;
			st = NTR_OK;
		}
	}
	if (st)
		return st;
	if (best.src < scn->rva || !ntr_pdb_sym_out(p, &best, out))
		return ntr_fail(e, NTR_ABSENT, "%s: no symbol near 0x%x",
				p->msf.file->name, src);
	return NTR_OK;
}

enum ntr_st ntr_pdb_at(struct ntr_symsrc *s, u64 rva, struct ntr_symbol *out,
		       struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	const struct ntr_pdb_sym *proc;
	enum ntr_st st = ntr_pdb_need_sections(p, e);
	u32 src;

	if (st)
		return st;
	if (rva > UINT32_MAX || !ntr_pdb_to_src(p, (u32)rva, &src))
		return ntr_fail(e, NTR_ABSENT, "%s: nothing at 0x%" PRIx64,
				p->msf.file->name, rva);
	proc = proc_at(p, src);
	if (proc)
		return proc_out(p, proc, (u32)rva, out);
	return nearest(p, src, out, e);
}

/* --- by name ------------------------------------------------------------------------- */

struct pick {
	struct ntr_pdb *p;
	bool found;
	struct ntr_symbol sym;
};

static bool pick_public(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct pick *k = ctx;
	struct ntr_pdb_sym s;

	(void)off;
	k->found = ntr_pdb_sym_of(k->p, kind, rec, &s) &&
		   ntr_pdb_sym_out(k->p, &s, &k->sym);
	return !k->found;
}

/* A global: a datum, or a reference to a procedure in its module. */
static bool pick_global(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct pick *k = ctx;
	struct ntr_pdb_sym s;
	u32 at;
	u16 mod;

	if (kind != NTR_S_PROCREF && kind != NTR_S_LPROCREF)
		return pick_public(ctx, kind, off, rec);
	ntr_bin_u32(&rec, "sum of the name");
	at = ntr_bin_u32(&rec, "offset in the module");
	mod = ntr_bin_u16(&rec, "module");
	k->found = mod && !rec.bad &&
		   ntr_pdb_mod_sym_at(k->p, mod - 1u, at, &s) &&
		   ntr_pdb_sym_out(k->p, &s, &k->sym);
	return !k->found;
}

static bool public_is(struct pick *k, const char *name)
{
	return !ntr_pdb_public_named(k->p, name, pick_public, k, NULL) &&
	       k->found;
}

/* _Name, _Name@n, @Name@n of x86. */
static bool by_c_decoration(struct pick *k, const char *name)
{
	char text[NAME_MAX_LEN + 16];

	if (k->p->src->machine != NTR_MACHINE_X86)
		return false;
	snprintf(text, sizeof(text), "_%s", name);
	if (public_is(k, text))
		return true;
	for (u32 n = 0; n <= STDCALL_MAX; n += 4) {
		snprintf(text, sizeof(text), "_%s@%u", name, n);
		if (public_is(k, text))
			return true;
		text[0] = '@';
		if (public_is(k, text))
			return true;
	}
	return false;
}

/* a::b::c is ?c@b@a@@… of MSVC. */
struct cxx {
	struct pick *k;
	char prefix[NAME_MAX_LEN + 16];
	size_t len;
};

static void cxx_prefix(struct cxx *c, const char *name)
{
	const char *end = name + strlen(name);
	size_t n = 1;

	c->prefix[0] = '?';
	while (end > name) {
		const char *from = end;

		while (from > name &&
		       !(from - name >= 2 && from[-1] == ':' && from[-2] == ':'))
			from--;
		memcpy(c->prefix + n, from, (size_t)(end - from));
		n += (size_t)(end - from);
		c->prefix[n++] = '@';
		end = from > name ? from - 2 : name;
	}
	c->prefix[n++] = '@';
	c->len = n;
}

static bool cxx_one(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct cxx *c = ctx;
	struct ntr_pdb_sym s;

	(void)off;
	if (!ntr_pdb_sym_of(c->k->p, kind, rec, &s) || s.name[0] != '?' ||
	    strncmp(s.name, c->prefix, c->len))
		return true;
	c->k->found = ntr_pdb_sym_out(c->k->p, &s, &c->k->sym);
	return !c->k->found;
}

static bool by_cxx_decoration(struct pick *k, const char *name)
{
	struct cxx c = { .k = k };

	cxx_prefix(&c, name);
	if (ntr_pdb_global_each(k->p, cxx_one, &c, NULL))
		return k->found;
	return k->found;
}

enum ntr_st ntr_pdb_named(struct ntr_symsrc *s, const char *name,
			  struct ntr_symbol *out, struct ntr_err *e)
{
	struct pick k = { .p = ntr_pdb_of(s) };
	enum ntr_st st = ntr_pdb_need_sections(k.p, e);

	if (st)
		return st;
	/* The procedure says more than the public: its size. */
	st = ntr_pdb_global_named(k.p, name, pick_global, &k, e);
	if (!k.found && (!st || st == NTR_ABSENT))
		st = ntr_pdb_public_named(k.p, name, pick_public, &k, e);
	if (!k.found && st && st != NTR_ABSENT)
		return st;
	if (k.found || (*name && *name != '?' &&
			strlen(name) <= NAME_MAX_LEN / 2 &&
			(by_c_decoration(&k, name) ||
			 by_cxx_decoration(&k, name)))) {
		*out = k.sym;
		return NTR_OK;
	}
	return ntr_fail(e, NTR_ABSENT, "%s: no symbol %s", k.p->msf.file->name,
			name);
}

/* --- all --------------------------------------------------------------------------------- */

struct all {
	struct ntr_pdb *p;
	ntr_symbol_fn *fn;
	void *ctx;
	bool stop;
};

static bool all_globals(void *ctx, u16 kind, u32 off, struct ntr_bin rec)
{
	struct all *a = ctx;
	struct ntr_pdb_sym s;
	struct ntr_symbol out;

	(void)off;
	if (ntr_pdb_sym_of(a->p, kind, rec, &s) &&
	    ntr_pdb_sym_out(a->p, &s, &out))
		a->stop = !a->fn(a->ctx, &out);
	return !a->stop;
}

enum ntr_st ntr_pdb_each(struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
			 struct ntr_err *e)
{
	struct all a = { .p = ntr_pdb_of(s), .fn = fn, .ctx = ctx };
	enum ntr_st st = ntr_pdb_need_sections(a.p, e), mods;

	if (st)
		return st;
	st = ntr_pdb_global_each(a.p, all_globals, &a, e);
	if (a.stop)
		return NTR_OK;
	/* The modules come all the same; what was damaged is said at the end. */
	mods = ntr_pdb_need_mods(a.p, st ? NULL : e);
	for (u32 m = 0; m < a.p->nmods; m++)
		if (!ntr_pdb_mod_each(a.p, m, fn, ctx))
			return NTR_OK;
	if (st == NTR_ABSENT && a.p->nmods)
		st = NTR_OK;
	return st ? st : mods;
}
