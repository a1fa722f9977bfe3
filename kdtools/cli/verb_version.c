// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	(void)a;
	ntr_out_line(&c->out, "ntriage %s", NTR_VERSION);
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.version/1");
	ntr_out_str(&c->out, "version", NULL, NTR_VERSION);
	ntr_out_close(&c->out);
	return NTR_EXIT_OK;
}

const struct ntr_verb ntr_verb_version = {
	.name = "version",
	.summary = "print the version",
	.operands = "",
	.help = "Prints the name and version, like --version.",
	.min = 0, .max = 0, .run = run,
};
