// SPDX-License-Identifier: Apache-2.0
#include "sym_show.h"

#include "base/text.h"
#include "dt_value.h"
#include "sym/source_table.h"
#include "sym/type_text.h"

#include <stdio.h>
#include <string.h>

enum { OPT_AT };
static const struct ntr_opt opts[] = {
	[OPT_AT] = { "at", 0, "ADDR",
		     "show the values of the structure at this address", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage dt MEMORY.DMP nt!_KTHREAD", "the layout of a structure" },
	{ "ntriage dt --at ffffb50f`4a7e1080 MEMORY.DMP nt!_ETHREAD Cid Tcb.State",
	  "the values of some members" },
	{ "ntriage dt ntkrnlmp.pdb _LIST_ENTRY", "from a symbol file" },
};

static bool look(void *ctx, struct ntr_symsrc *src, const char *module,
		 u64 base)
{
	struct ntr_dt_type *f = ctx;

	(void)base;
	if (ntr_symsrc_type_named(src, f->type, &f->id, NULL))
		return true;
	f->src = src;
	snprintf(f->module, sizeof(f->module), "%.63s", module);
	return false;
}

/* The type as a source spells it, for one who types it another way. */
struct spelling {
	const char *want;
	char name[128];
	u64 id;
};

static bool same_name(void *ctx, const char *name, u64 id)
{
	struct spelling *x = ctx;

	if (ntr_strcasecmp(name, x->want) || strlen(name) >= sizeof(x->name))
		return true;
	snprintf(x->name, sizeof(x->name), "%s", name);
	x->id = id;
	return false;
}

static bool look_anyhow(void *ctx, struct ntr_symsrc *src, const char *module,
			u64 base)
{
	struct ntr_dt_type *f = ctx;
	struct spelling x = { .want = f->type };

	(void)base;
	(void)!ntr_symsrc_each_type(src, same_name, &x, NULL);
	if (!x.name[0])
		return true;
	f->src = src;
	f->id = x.id;
	snprintf(f->spelt, sizeof(f->spelt), "%s", x.name);
	snprintf(f->module, sizeof(f->module), "%.63s", module);
	return false;
}

static const char *trust_of(struct ntr_sym_input *in, const struct ntr_dt_type *f)
{
	return ntr_source_name(f->src == in->table ?
			       ntr_symsrc_table_trust(f->src, f->id) :
			       NTR_SRC_EXACT);
}

/* What the lines of one structure have in common. */
struct print {
	struct ntr_cli *c;
	struct ntr_symsrc *src;
	const struct ntr_space *mem; /* NULL: no values */
	u64 at;
	unsigned ptr;
	bool is_enum;
	unsigned level, depth; /* levels open, levels that may be */
	bool pointers;
	unsigned *lines;       /* left; of all levels together */
	const char *pattern;   /* members of the outermost level; NULL all */
	unsigned matched;
};

static void expand(struct print *p, const struct ntr_type_member *m, u64 off);

static void member_line(struct print *p, const char *name,
			const struct ntr_type_member *m, u64 off)
{
	struct ntr_out *o = &p->c->out;
	char type[256], value[256] = "";

	if (!*p->lines)
		return;
	--*p->lines;

	ntr_member_text(p->src, m, type, sizeof(type));
	if (p->mem)
		ntr_dt_value(p->src, m, p->mem, p->at + off, p->ptr, value,
			     sizeof(value));
	ntr_out_open(o, NULL);
	ntr_out_str(o, "name", NULL, name);
	ntr_out_hex(o, "offset", NULL, off);
	ntr_out_str(o, "type", NULL, type);
	ntr_out_uint_if(o, "bit", NULL, m->bits, m->bit);
	ntr_out_uint_if(o, "bits", NULL, m->bits, m->bits);
	ntr_out_str(o, "value", NULL, p->mem ? value : NULL);
	ntr_out_print(o, "%*s+0x%03" PRIx64 " %-16s : ",
		      3 + 3 * (int)p->level, "", off, name);
	ntr_out_line(o, "%s", p->mem ? value : type);
	if (p->level < p->depth && !m->bits)
		expand(p, m, off);
	ntr_out_close(o);
}

static bool each_member(void *ctx, const struct ntr_type_member *m)
{
	struct print *p = ctx;
	struct ntr_out *o = &p->c->out;

	if (p->pattern && !ntr_wild_match(p->pattern, m->name ? m->name : ""))
		return true;
	p->matched++;
	if (p->is_enum) {
		ntr_out_open(o, NULL);
		ntr_out_str(o, "name", NULL, m->name);
		ntr_out_print(o, "   %s = 0n%" PRId64 "\n", m->name, m->value);
		ntr_out_hex(o, "value", NULL, (u64)m->value);
		ntr_out_close(o);
		return true;
	}
	member_line(p, m->name && *m->name ? m->name :
		    m->base ? "(base)" : "(anonymous)", m, m->off);
	return true;
}

/* What a member holds or points to, one level further in. */
static void expand(struct print *p, const struct ntr_type_member *m, u64 off)
{
	struct print in = *p;
	struct ntr_type y = { 0 };
	u64 id = m->type, to = 0;

	if (ntr_type_strip(p->src, &id, &y, NULL))
		return;
	in.at = p->at + off;
	if (p->pointers && y.kind == NTR_TY_POINTER) {
		if (p->mem && (ntr_read_ptr(p->mem, in.at, p->ptr, &to) || !to))
			return;
		id = y.to;
		in.at = to;
		if (ntr_type_strip(p->src, &id, &y, NULL))
			return;
	}
	if (y.kind != NTR_TY_STRUCT && y.kind != NTR_TY_UNION)
		return;
	in.level++;
	in.pattern = NULL;
	ntr_out_list(&p->c->out, "members");
	(void)!ntr_symsrc_members(p->src, id, each_member, &in, NULL);
	ntr_out_list_end(&p->c->out);
}

static bool count_member(void *ctx, const struct ntr_type_member *m)
{
	(void)m;
	++*(unsigned *)ctx;
	return true;
}

/* WinDbg's -v: "struct _LIST_ENTRY, 2 elements, 0x10 bytes" */
static void verbose_line(struct print *p, const struct ntr_dt_type *f,
			 const struct ntr_type *y)
{
	char size[40] = "size not known";
	unsigned n = 0;

	if (ntr_symsrc_members(f->src, f->id, count_member, &n, NULL))
		n = 0;
	if (y->size)
		snprintf(size, sizeof(size), "0x%" PRIx64 " bytes", y->size);
	ntr_out_line(&p->c->out, "%s %s, %u elements, %s",
		     y->kind == NTR_TY_UNION ? "union" :
		     p->is_enum ? "enum" : "struct", f->type, n, size);
}

/* Members named by the user; ABSENT: one of them does not exist. */
static enum ntr_st named_members(struct print *p, const struct ntr_dt_type *f,
				 const struct ntr_dt_query *q,
				 struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (int i = 0; i < q->nmembers; i++) {
		struct ntr_type_member m;
		u64 off;

		if (strpbrk(q->member[i], "*?")) {
			p->pattern = q->member[i];
			p->matched = 0;
			(void)!ntr_symsrc_members(p->src, f->id, each_member, p,
						  NULL);
			p->pattern = NULL;
			if (!p->matched)
				st = ntr_fail(e, NTR_ABSENT, "no member matches "
					      "%.60s", q->member[i]);
			continue;
		}
		if (ntr_type_find_member(p->src, f->id, q->member[i], &m, &off,
					 NULL))
			st = ntr_fail(e, NTR_ABSENT, "no member \"%.60s\" in "
				      "%.60s%s", q->member[i], f->type,
				      f->src->file ? "" : " as the table has it");
		else
			member_line(p, q->member[i], &m, off);
	}
	return st;
}

static enum ntr_st print_type(struct print *p, struct ntr_sym_input *in,
			      const struct ntr_dt_type *f,
			      const struct ntr_dt_query *q, struct ntr_err *e)
{
	struct ntr_out *o = &p->c->out;
	struct ntr_type y = { 0 };
	const char *trust = trust_of(in, f);
	enum ntr_st st = ntr_symsrc_type(f->src, f->id, &y, e);

	if (st)
		return st;
	p->is_enum = y.kind == NTR_TY_ENUM;
	ntr_out_str(o, "module", NULL, f->module);
	ntr_out_str(o, "type", NULL, f->type);
	ntr_out_hex_if(o, "size", NULL, y.size, y.size);
	ntr_out_str(o, "source", NULL, trust);
	ntr_out_str(o, "symbols", NULL, f->src->file ? f->src->file->name :
		    NULL);
	ntr_out_line(o, "%s!%s", f->module, f->type);
	if (q->verbose)
		verbose_line(p, f, &y);
	ntr_out_list(o, p->is_enum ? "values" : "members");
	st = q->nmembers && !p->is_enum ? named_members(p, f, q, e) :
	     ntr_symsrc_members(f->src, f->id, each_member, p, e);
	ntr_out_list_end(o);
	if (!*p->lines)
		ntr_out_line(o, "   (more than %u lines: cut here)",
			     NTR_DT_LINES);
	if (f->src == in->table && !q->brief)
		ntr_out_line(o, "   (%s; only the members that ntriage uses; a "
			     "symbol file has them all)",
			     !strcmp(trust, "assumed") ?
			     "assumed from the nearest build" :
			     "from the table of this build");
	return st;
}

enum ntr_st ntr_find_type(struct ntr_sym_input *in, const char *text,
			  struct ntr_dt_type *out, struct ntr_err *e)
{
	struct ntr_target *t = in->s.t;
	struct ntr_dt_type f = { .src = NULL };
	char module[64];

	f.type = ntr_split_bang(text, module);
	if (!*module && t && t->is_nt && t->kernel_base)
		strcpy(module, "nt");
	ntr_sym_input_each(in, module, look, &f);
	if (!f.src)
		ntr_sym_input_each(in, module, look_anyhow, &f);
	if (!f.src)
		return ntr_fail(e, NTR_ABSENT, "no type \"%.60s\" in %s",
				f.type, in->file ? "this file" :
				"the symbols at hand; `ntriage sym manifest` "
				"lists the files");
	*out = f;
	if (*f.spelt)
		out->type = out->spelt;
	return NTR_OK;
}

enum ntr_st ntr_show_type(struct ntr_cli *c, struct ntr_sym_input *in,
			  const struct ntr_dt_type *f,
			  const struct ntr_dt_query *q, struct ntr_err *e)
{
	unsigned lines = NTR_DT_LINES;
	struct print p = { .c = c, .src = f->src, .mem = q->mem, .at = q->at,
			   .depth = q->depth, .pointers = q->pointers,
			   .lines = &lines };

	p.ptr = in->s.t ? in->s.t->ptr_size : f->src->ptr_size;
	ntr_out_hex_if(&c->out, "address", NULL, p.mem, p.at);
	return print_type(&p, in, f, q, e);
}

static int run_dt(struct ntr_cli *c, struct ntr_sym_input *in,
		  const struct ntr_args *a)
{
	struct ntr_dt_query q = { .member = a->operand + 2,
				  .nmembers = a->n - 2 };
	struct ntr_dt_type f;
	struct ntr_err e = { "" };
	enum ntr_st st;

	if (a->opt[OPT_AT] && !in->s.t)
		return ntr_cli_usage("--at wants a dump, and %s is a symbol "
				     "file", in->path);
	if (a->opt[OPT_AT] && ntr_parse_addr(in->s.t, a->opt[OPT_AT], &q.at, &e))
		return ntr_cli_usage("%s", e.msg);
	if (a->opt[OPT_AT])
		q.mem = in->s.t->mem;
	if (ntr_find_type(in, a->operand[1], &f, &e)) {
		(void)ntr_cli_error(c, in->path, NTR_ABSENT, &e);
		return NTR_EXIT_UNKNOWN;
	}
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.dt/1");
	ntr_out_str(&c->out, "file", NULL, in->path);
	st = ntr_show_type(c, in, &f, &q, &e);
	ntr_out_close(&c->out);
	if (st)
		(void)ntr_cli_usage("%s", e.msg);
	return st ? NTR_EXIT_UNKNOWN : NTR_EXIT_OK;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_sym_input in;
	int code = ntr_sym_input_open(c, a->operand[0], &in);

	if (code)
		return code;
	code = run_dt(c, &in, a);
	ntr_sym_input_close(&in);
	return code;
}

const struct ntr_verb ntr_verb_dt = {
	.name = "dt",
	.summary = "the layout of a type, or the values of one in memory",
	.operands = "FILE [MODULE!]TYPE [MEMBER...]",
	.help = "Prints the members of a structure or union with their offsets "
		"and types, or the values of an enumeration, in the layout of "
		"WinDbg's dt. MEMBER may be a path: Tcb.ApcState.Process.\n\n"
		"The layout comes from the symbol file of the module (source: "
		"exact), or, for the kernel's structures and without symbols, "
		"from a table of the members that ntriage uses: of this very "
		"build (table) or of the nearest one (assumed).\n\n"
		"FILE is a dump or a symbol file: PDB, ISF, or ELF and PE files "
		"with DWARF. Without MODULE! the kernel's types are meant.\n\n"
		"Exit code 1 when there is no such type or member.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 2, .max = -1, .run = run,
};
