// SPDX-License-Identifier: Apache-2.0
/*
 * dt: layouts and values, as the verb of that name shows them, and WinDbg's
 * ways to ask for more: inner levels, a list of structures, names by pattern.
 *
 * A list is followed by a pointer member.  Where that is a link of a
 * LIST_ENTRY, the next structure begins before the link it leads to; a link
 * inside a module's data is the list's head, which is no structure.
 */
#include "../cli/sym_show.h"
#include "cmd.h"
#include "sym/type_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS 16
#define NAME 256u
#define ELEMENTS 10000u /* of a list */
#define TYPES 5000u     /* names by a pattern */

/* An address, unless it may be the name of a member, such as "Fcb": a number
 * in letters only counts when it is as long as an address. */
static bool is_address(const char *word)
{
	bool ticked, digit = *word >= '0' && *word <= '9';
	u64 v;

	return *word == '@' || *word == '(' || strchr(word, '!') ||
	       strchr(word, '(') || (ntr_expr_number(word, &v, &ticked) &&
				     (digit || strlen(word) >= 8));
}

struct dt_args {
	char type[NAME], link[NAME];
	char name[MEMBERS][NAME];
	const char *member[MEMBERS];
	struct ntr_dt_query q;
};

static enum ntr_st option(const char *word, const char **s, struct dt_args *a,
			  struct ntr_err *e)
{
	char *end;

	switch (word[1]) {
	case 'r':
		a->q.depth = word[2] ? (unsigned)strtoul(word + 2, &end, 10) :
				       NTR_DT_DEPTH;
		if (a->q.depth > NTR_DT_DEPTH)
			a->q.depth = NTR_DT_DEPTH;
		a->q.pointers = true;
		return NTR_OK;
	case 'b':
		a->q.depth = NTR_DT_DEPTH;
		a->q.pointers = false;
		return NTR_OK;
	case 'v':
		a->q.verbose = true;
		return NTR_OK;
	case 'l':
		ntr_cmd_word(s, a->link, sizeof(a->link));
		return *a->link ? NTR_OK :
		       ntr_fail(e, NTR_USAGE, "-l wants the member that leads "
				"to the next structure");
	default:
		return NTR_OK; /* forms of output that there is one of here */
	}
}

static enum ntr_st parse(struct ntr_kd *k, const struct ntr_call *c,
			 struct dt_args *a, struct ntr_err *e)
{
	const char *s = c->args, *at;
	char word[NAME];
	enum ntr_st st = NTR_OK;
	bool prefix = false;

	while (*s && !st) {
		at = s;
		ntr_cmd_word(&s, word, sizeof(word));
		if (!strncmp(word, "-y", 2)) { /* members by their beginning */
			prefix = true;
		} else if (*word == '-') {
			st = option(word, &s, a, e);
		} else if (!*a->type) {
			snprintf(a->type, sizeof(a->type), "%.*s%s",
				 (int)NAME - 2, word, prefix ? "*" : "");
			prefix = false;
		} else if (!a->q.mem && is_address(word)) {
			s = at;
			st = ntr_cmd_addr(k, c, &s, &a->q.at, e);
			a->q.mem = k->mem;
		} else if (a->q.nmembers == MEMBERS) {
			st = ntr_fail(e, NTR_LIMIT, "more than %d members",
				      MEMBERS);
		} else {
			snprintf(a->name[a->q.nmembers], NAME, "%.*s%s",
				 (int)NAME - 2, word, prefix ? "*" : "");
			prefix = false;
			a->member[a->q.nmembers] = a->name[a->q.nmembers];
			a->q.nmembers++;
		}
	}
	a->q.member = a->member;
	if (!st && !*a->type)
		return ntr_fail(e, NTR_USAGE, "dt wants MODULE!TYPE");
	if (!st && *a->link && !a->q.mem)
		return ntr_fail(e, NTR_USAGE, "-l wants the address of the "
				"first structure");
	return st;
}

/* --- names by pattern ------------------------------------------------------------------ */

struct names {
	struct ntr_kd *k;
	const char *pattern, *module;
	unsigned n;
};

static bool each_name(void *ctx, const char *name, u64 id)
{
	struct names *x = ctx;

	(void)id;
	if (!ntr_wild_match(x->pattern, name))
		return true;
	ntr_out_str(x->k->o, NULL, NULL, name);
	ntr_out_line(x->k->o, "          %s!%s", x->module, name);
	return ++x->n < TYPES && !ntr_kd_stopped(x->k);
}

static bool each_source(void *ctx, struct ntr_symsrc *src, const char *module,
			u64 base)
{
	struct names *x = ctx;
	unsigned before = x->n;

	(void)base;
	x->module = module;
	(void)!ntr_symsrc_each_type(src, each_name, x, NULL);
	return x->n == before; /* the first source that knows any */
}

static enum ntr_st show_names(struct ntr_kd *k, const char *text,
			      struct ntr_err *e)
{
	struct names x = { .k = k };
	char module[64];

	x.pattern = ntr_split_bang(text, module);
	if (!*module && k->t->is_nt)
		strcpy(module, "nt");
	ntr_out_list(k->o, "types");
	ntr_sym_input_each(&k->in, module, each_source, &x);
	ntr_out_list_end(k->o);
	return x.n ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no type matches");
}

/* --- a list ----------------------------------------------------------------------------- */

struct link {
	u64 off;   /* of the pointer */
	u64 back;  /* from where it leads to the start of the structure */
};

/* "Links.Flink" leads to the next Links, "Next" to the next structure. */
static enum ntr_st find_link(const struct ntr_dt_type *f, const char *path,
			     struct link *out, struct ntr_err *e)
{
	struct ntr_type_member m;
	struct ntr_type y = { 0 };
	char owner[NAME];
	char *dot;
	u64 id, off;

	if (ntr_type_find_member(f->src, f->id, path, &m, &out->off, NULL))
		return ntr_fail(e, NTR_ABSENT, "no member \"%.60s\" in %.60s", path,
				f->type);
	out->back = 0;
	id = m.type;
	if (ntr_type_strip(f->src, &id, &y, NULL))
		return NTR_OK;
	if (y.kind == NTR_TY_STRUCT) { /* the LIST_ENTRY itself: its Flink */
		out->back = out->off;
		return NTR_OK;
	}
	snprintf(owner, sizeof(owner), "%s", path);
	dot = strrchr(owner, '.');
	if (!dot)
		return NTR_OK;
	*dot = 0;
	if (!ntr_type_find_member(f->src, f->id, owner, &m, &off, NULL))
		out->back = off;
	return NTR_OK;
}

static enum ntr_st show_list(struct ntr_kd *k, const struct ntr_dt_type *f,
			     struct dt_args *a, struct ntr_err *e)
{
	struct ntr_dt_query q = a->q;
	u64 start = q.at, mark = q.at, next, power = 1, steps = 0;
	struct link l = { 0 };
	const char *end = "back at the first one";
	unsigned n = 0;
	enum ntr_st st = find_link(f, a->link, &l, e);

	if (st)
		return st;
	ntr_out_list(k->o, "elements");
	while (!st && n < ELEMENTS && !ntr_kd_stopped(k)) {
		if (!l.back || !ntr_target_module(k->t, q.at + l.back)) {
			ntr_out_open(k->o, NULL);
			st = ntr_show_type(k->c, &k->in, f, &q, e);
			ntr_out_close(k->o);
			q.brief = true; /* said once */
			n++;
		}
		if (ntr_read_ptr(k->mem, q.at + l.off, k->t->ptr_size, &next)) {
			end = "the next link is not in this dump";
			break;
		}
		if (!next) {
			end = "the last one";
			break;
		}
		q.at = next - l.back;
		if (q.at == start)
			break;
		if (q.at == mark) {
			end = "the list runs in a ring that leaves the first "
			      "one out";
			break;
		}
		if (++steps == power) { /* Brent */
			mark = q.at;
			power *= 2;
			steps = 0;
		}
	}
	ntr_out_list_end(k->o);
	if (n == ELEMENTS)
		end = "more than are shown";
	ntr_out_uint(k->o, "count", NULL, n);
	ntr_out_str(k->o, "end", NULL, end);
	ntr_out_line(k->o, "(%u in all: %s)", n, end);
	return st;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct dt_args a = { .q = { 0 } };
	struct ntr_dt_type f;
	enum ntr_st st = parse(k, c, &a, e);

	if (!st && strpbrk(a.type, "*?"))
		return show_names(k, a.type, e);
	if (!st)
		st = ntr_find_type(&k->in, a.type, &f, e);
	if (st)
		return st;
	return *a.link ? show_list(k, &f, &a, e) :
			 ntr_show_type(k->c, &k->in, &f, &a.q, e);
}

const struct ntr_cmd ntr_cmd_dt = {
	.names = "dt",
	.summary = "the layout of a type, or the values of one in memory",
	.operands = "[-r[N]] [-b] [-v] [-l LINK] [MODULE!]TYPE [ADDR] [MEMBER...]",
	.help = "The members with offsets and types or, with ADDR, with their "
		"values. MEMBER may be a path (Tcb.State), or have * and ?; behind -y it "
		"is the beginning of a name. Without MODULE! the "
		"kernel's types are meant; TYPE with * or ? lists names. Types "
		"are exact from a symbol file, else from a table of this build, "
		"or assumed from the nearest one; which, is said.\n\n"
		"-r shows the structures inside and those that pointers lead "
		"to, N levels deep (16); -b those inside only; -v adds the size. "
		"-l shows each structure of a list, which LINK leads along: a "
		"pointer, or a link of a LIST_ENTRY. Other options are taken and "
		"change nothing.",
	.example = "dt -l ActiveProcessLinks.Flink nt!_EPROCESS @$proc "
		   "UniqueProcessId ImageFileName",
	.does = "two members of every process",
	.run = run,
};
