// SPDX-License-Identifier: Apache-2.0
/* The commands of `ntriage kd` as Markdown: what docs/kd.md has between its
 * marks (make lint compares them). */
#include "../cmd/cmd.h"
#include "help.h"

#include <string.h>

static void command(struct ntr_out *o, const struct ntr_cmd *c)
{
	char name[32];

	ntr_cmd_name(c, name);
	ntr_out_line(o, "### `%s`: %s", name, c->summary);
	ntr_out_line(o, "%s", "");
	ntr_out_print(o, "`%s%s%s`", name, *c->operands ? " " : "",
		      c->operands);
	if (strchr(c->names, ' '))
		ntr_out_print(o, "; names: `%s`", c->names);
	if (c->flags)
		ntr_out_print(o, "; letters that may follow: `%s`", c->flags);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "%s", "");
	ntr_out_para(o, "", "%s", c->help);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "Example: `%s` (%s)", c->example, c->does);
	ntr_out_line(o, "%s", "");
}

void ntr_help_commands(struct ntr_out *o)
{
	for (size_t i = 0; i < ntr_ncmds; i++)
		command(o, ntr_cmds[i]);
}
