// SPDX-License-Identifier: Apache-2.0
#include "help.h"

enum { OPT_COMMANDS, OPT_COMPLETION, OPT_MAN };
static const struct ntr_opt opts[] = {
	[OPT_COMMANDS] = { "commands", 0, NULL,
			   "print the commands of `ntriage kd` (Markdown)",
			   NULL },
	[OPT_COMPLETION] = { "completion", 0, NULL,
			     "print a completion script for bash", NULL },
	[OPT_MAN] = { "man", 0, NULL, "print the manual page (roff)", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage help analyze", "how to use the verb analyze" },
	{ "ntriage help --man | man -l -", "read the manual page" },
	{ ". <(ntriage help --completion)", "completion in this shell" },
};

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	const struct ntr_verb *v = NULL;

	c->out.json = false;
	if (a->opt[OPT_MAN])
		ntr_help_man(&c->out);
	if (a->opt[OPT_COMPLETION])
		ntr_help_completion(&c->out);
	if (a->opt[OPT_COMMANDS])
		ntr_help_commands(&c->out);
	if (a->opt[OPT_MAN] || a->opt[OPT_COMPLETION] || a->opt[OPT_COMMANDS])
		return NTR_EXIT_OK;
	if (a->n) {
		v = ntr_verb_find(a->operand[0]);
		if (!v)
			return ntr_verb_unknown(a->operand[0]);
	}
	return ntr_help(c, v);
}

const struct ntr_verb ntr_verb_help = {
	.name = "help",
	.summary = "how to use ntriage or one of its verbs",
	.operands = "[VERB]",
	.help = "Prints the verbs, or how to use one of them. The manual page "
		"and the completion script are made from the same tables.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 0, .max = 1, .run = run,
};
