// SPDX-License-Identifier: Apache-2.0
#include "../cli/sym_input.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

struct listing {
	struct ntr_kd *k;
	bool type, verbose;
	char pattern[80]; /* "" every one */
	unsigned n;
};

static bool show(void *ctx, const struct ntr_kd_var *v)
{
	struct listing *l = ctx;
	struct ntr_out *o = l->k->o;
	char va[24] = "";

	if (*l->pattern && !ntr_wild_match(l->pattern, v->name))
		return true;
	l->n++;
	ntr_out_open(o, NULL);
	ntr_out_str(o, "name", NULL, v->name);
	ntr_out_bool(o, "param", NULL, v->param);
	ntr_out_str(o, "type", NULL, v->type);
	ntr_out_str(o, "value", NULL, *v->value ? v->value : NULL);
	ntr_out_str(o, "where", NULL, *v->where ? v->where : NULL);
	ntr_out_hex_if(o, "address", NULL, v->has_addr, v->addr);
	ntr_out_close(o);
	ntr_kd_va(l->k, va, v->has_addr, v->addr);
	if (l->verbose)
		ntr_out_print(o, "%-5s %-14s %s ", v->param ? "prv p" : "prv l",
			      *v->where ? v->where : "?", va);
	if (l->type)
		ntr_out_print(o, "%s ", v->type);
	ntr_out_line(o, "%15s = %s", v->name, *v->value ? v->value : "???");
	return !ntr_kd_stopped(l->k);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct listing l = { .k = k };
	const char *s = c->args;
	enum ntr_st st;
	char opt[16];

	while (*s == '/') {
		ntr_cmd_word(&s, opt, sizeof(opt));
		l.type = l.type || strchr(opt, 't');
		l.verbose = l.verbose || strchr(opt, 'v') || strchr(opt, 'V');
	}
	ntr_cmd_word(&s, l.pattern, sizeof(l.pattern));
	st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	ntr_out_uint(k->o, "frame", NULL, k->frame);
	ntr_out_list(k->o, "variables");
	st = ntr_kd_vars(k, k->frame, show, &l, e);
	ntr_out_list_end(k->o);
	if (st || l.n)
		return st;
	return ntr_fail(e, NTR_ABSENT, *l.pattern ? "no variable of this frame "
			"matches" : "this frame has no parameters or locals");
}

const struct ntr_cmd ntr_cmd_dv = {
	.names = "dv",
	.summary = "parameters and locals of the chosen frame",
	.operands = "[/t] [/v] [PATTERN]",
	.help = "By the symbols of the frame's module, where these have them "
		"(private symbols, DWARF): in scope at its address, in the "
		"order of the source. /t adds the types, /v what is a parameter "
		"(p) or local (l), and its place. ??? is a value whose place is "
		"not known there, or whose register or memory is not.",
	.example = ".frame 1; dv /t", .does = "what the caller's variables are",
	.run = run,
};
