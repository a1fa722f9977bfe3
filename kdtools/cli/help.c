// SPDX-License-Identifier: Apache-2.0
#include "help.h"

#include <stdio.h>
#include <string.h>

static void option_line(struct ntr_out *o, const struct ntr_opt *opt)
{
	char left[40], letter[8] = "    ";

	if (opt->letter)
		snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, opt->name,
		 opt->arg ? " " : "", opt->arg ? opt->arg : "");
	ntr_out_line(o, "  %-25s  %s", left, opt->help);
}

static void options(struct ntr_out *o, const char *title,
		    const struct ntr_opt *opts, size_t n)
{
	if (!n)
		return;
	ntr_out_line(o, "%s", "");
	ntr_out_styled(o, NTR_TITLE, "%s\n", title);
	for (size_t i = 0; i < n; i++)
		option_line(o, &opts[i]);
}

static void examples(struct ntr_out *o, const struct ntr_verb *v)
{
	if (!v->nexamples)
		return;
	ntr_out_line(o, "%s", "");
	ntr_out_styled(o, NTR_TITLE, "Examples\n");
	for (size_t i = 0; i < v->nexamples; i++) {
		ntr_out_line(o, "  %s", v->examples[i].command);
		ntr_out_line(o, "      %s", v->examples[i].does);
	}
}

static int help_verb(struct ntr_out *o, const struct ntr_verb *v)
{
	ntr_out_line(o, "%s: %s", v->name, v->summary);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "usage: ntriage %s%s%s%s", v->name,
		     v->nopts ? " [OPTION...]" : "", *v->operands ? " " : "",
		     v->operands);
	ntr_out_line(o, "%s", "");
	ntr_out_para(o, "", "%s", v->help);
	options(o, "Options", v->opts, v->nopts);
	options(o, "Options of every verb", ntr_global_opts, ntr_nglobal_opts);
	examples(o, v);
	return NTR_EXIT_OK;
}

int ntr_help(struct ntr_cli *c, const struct ntr_verb *v)
{
	struct ntr_out *o = &c->out;

	o->json = false;
	if (v)
		return help_verb(o, v);
	ntr_out_line(o, "ntriage tells why a Windows NT machine stopped, from "
		     "its memory dump.");
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "usage: ntriage VERB [OPTION...] OPERAND...");
	ntr_out_line(o, "%s", "");
	ntr_out_styled(o, NTR_TITLE, "Verbs\n");
	for (size_t i = 0; i < ntr_nverbs; i++)
		ntr_out_line(o, "  %-10s %s", ntr_verbs[i]->name,
			     ntr_verbs[i]->summary);
	options(o, "Options of every verb", ntr_global_opts, ntr_nglobal_opts);
	ntr_out_line(o, "%s", "");
	ntr_out_para(o, "", "Exit code: 0 analysed; 1 opened, but nothing "
		     "could be determined; 2 not a dump, or unusable "
		     "arguments. With several files the worst wins.");
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "A first try: ntriage analyze MEMORY.DMP");
	ntr_out_line(o, "More on a verb: ntriage help VERB");
	return NTR_EXIT_OK;
}
