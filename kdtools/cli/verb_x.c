// SPDX-License-Identifier: Apache-2.0
#include "sym_show.h"

#include "base/vec.h"
#include "sym/demangle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ntr_example examples[] = {
	{ "ntriage x MEMORY.DMP 'nt!*Pool*'", "kernel symbols with Pool in them" },
	{ "ntriage x tcpip.pdb 'Tcp*Close*'", "in a symbol file, by RVA" },
	{ "ntriage x --json MEMORY.DMP 'nt!Ki*' | jq -r '.symbols[].name'",
	  "names only" },
};

#define SYMBOLS_MAX 1000000u

struct hit {
	u64 va, size;
	char *name; /* owned */
	const char *module;
	enum ntr_symkind kind;
};
struct hits {
	NTR_VEC(struct hit);
	const char *pattern, *module;
	u64 base;
	u32 machine;
	bool lost, limit;
	const struct ntr_cli *c;
};

static bool take(void *ctx, const struct ntr_symbol *s)
{
	struct hits *h = ctx;
	char name[512];
	struct hit *one;

	if (ntr_cli_stopped(h->c))
		return false;
	ntr_demangle(h->machine, s->name, name, sizeof(name));
	if (!ntr_wild_match(h->pattern, name) &&
	    !ntr_wild_match(h->pattern, s->name))
		return true;
	if (h->n == SYMBOLS_MAX) {
		h->limit = true;
		return false;
	}
	one = ntr_vec_add(h);
	if (one)
		one->name = strdup(name);
	if (!one || !one->name) {
		h->lost = true;
		return false;
	}
	one->va = h->base + s->rva;
	one->size = s->size;
	one->module = h->module;
	one->kind = s->kind;
	return true;
}

static bool of_source(void *ctx, struct ntr_symsrc *src, const char *module,
		      u64 base)
{
	struct hits *h = ctx;

	h->module = module;
	h->base = base;
	if (src->machine)
		h->machine = src->machine;
	/* A source without names, or a damaged one, has no more to give. */
	return ntr_symsrc_each(src, take, h, NULL) != NTR_NOMEM && !h->lost &&
	       !h->limit && !ntr_cli_stopped(h->c);
}

static int by_address(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;

	if (a->va != b->va)
		return a->va < b->va ? -1 : 1;
	if (strcmp(a->name, b->name))
		return strcmp(a->name, b->name);
	return a->size > b->size ? -1 : a->size < b->size;
}

static const char *kind_text(enum ntr_symkind k)
{
	static const char *const text[] = {
		[NTR_SYM_PUBLIC] = "public", [NTR_SYM_FUNC] = "function",
		[NTR_SYM_DATA] = "data",     [NTR_SYM_EXPORT] = "export",
		[NTR_SYM_LABEL] = "label",
	};

	return text[k];
}

/* A public and a function record of one name at one place are one symbol; the
 * one that has a size comes first. */
static bool repeats(const struct hits *h, size_t i)
{
	return i && h->v[i].va == h->v[i - 1].va &&
	       !strcmp(h->v[i].name, h->v[i - 1].name);
}

static void print_hits(struct ntr_cli *c, const struct hits *h, unsigned ptr)
{
	struct ntr_out *o = &c->out;
	char va[24];

	ntr_out_list(o, "symbols");
	for (size_t i = 0; i < h->n; i++) {
		const struct hit *s = &h->v[i];

		if (repeats(h, i))
			continue;
		ntr_out_open(o, NULL);
		ntr_out_hex(o, "address", NULL, s->va);
		ntr_out_str(o, "module", NULL, s->module);
		ntr_out_str(o, "name", NULL, s->name);
		ntr_out_uint_if(o, "size", NULL, s->size, s->size);
		ntr_out_str(o, "kind", NULL, kind_text(s->kind));
		ntr_out_close(o);
		ntr_va_text(va, s->va, ptr);
		ntr_out_line(o, "%s %s!%s", va, s->module, s->name);
	}
	ntr_out_list_end(o);
}

static enum ntr_st show_hits(struct ntr_cli *c, struct ntr_sym_input *in,
			     const struct hits *h, const char *pattern)
{
	print_hits(c, h, in->s.t ? in->s.t->ptr_size :
		   in->file->ptr_size ? in->file->ptr_size : 8);
	ntr_out_bool(&c->out, "complete", NULL, !h->lost && !h->limit);
	if (h->limit)
		ntr_out_line(&c->out, "... and more: %u are shown", SYMBOLS_MAX);
	if (!h->n)
		ntr_out_line(&c->out, "no symbol matches \"%s\" in the symbols "
			     "at hand", pattern);
	return h->lost ? NTR_NOMEM : h->n ? NTR_OK : NTR_ABSENT;
}

enum ntr_st ntr_show_symbols(struct ntr_cli *c, struct ntr_sym_input *in,
			     const char *pattern)
{
	struct hits h = { .machine = in->s.t ? in->s.t->machine : 0, .c = c };
	char module[64];
	enum ntr_st st;

	h.pattern = ntr_split_bang(pattern, module);
	ntr_sym_input_each(in, module, of_source, &h);
	if (h.n)
		qsort(h.v, h.n, sizeof(*h.v), by_address);
	st = show_hits(c, in, &h, pattern);
	for (size_t i = 0; i < h.n; i++)
		free(h.v[i].name);
	ntr_vec_fini(&h);
	return st;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_sym_input in;
	int code = ntr_sym_input_open(c, a->operand[0], &in);
	enum ntr_st st;

	if (code)
		return code;
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.x/1");
	ntr_out_str(&c->out, "file", NULL, in.path);
	st = ntr_show_symbols(c, &in, a->operand[1]);
	ntr_out_close(&c->out);
	ntr_sym_input_close(&in);
	return st == NTR_NOMEM ? NTR_EXIT_BAD : st ? NTR_EXIT_UNKNOWN :
	       NTR_EXIT_OK;
}

const struct ntr_verb ntr_verb_x = {
	.name = "x",
	.summary = "the symbols that match a pattern",
	.operands = "FILE [MODULE!]PATTERN",
	.help = "Prints address and name of every symbol that matches, by "
		"address. In PATTERN and MODULE '*' stands for any characters "
		"and '?' for one; case does not matter. Without MODULE! every "
		"module of a dump is looked at, which loads all their "
		"symbols.\n\n"
		"FILE is a dump or a symbol file, as for `ln`; in a symbol file "
		"addresses are relative to the module.\n\n"
		"Exit code 1 when nothing matches.",
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 2, .max = 2, .run = run,
};
