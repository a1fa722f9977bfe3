// SPDX-License-Identifier: Apache-2.0
/* The statement about DPCs. */
#include "scen_stmt.h"

void f_st_dpc(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	const char *routine = f_lex_text(l, "module!Function");
	struct f_sdpc *d = F_ADD(l, &l->s->dpcs, F_MAX_DPCS, "DPCs");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sdpc){ .loc = at, .routine = routine, .times = 1 };
	while (!l->st)
		if (f_lex_word(l, "cpu"))
			d->cpu = f_lex_num(l, "a CPU number");
		else if (f_lex_word(l, "context"))
			d->context = f_lex_num(l, "a value");
		else if (f_lex_word(l, "times"))
			d->times = f_lex_num(l, "a number");
		else if (f_lex_word(l, "device"))
			d->device = f_lex_text(l, "a device's name");
		else if (f_lex_word(l, "irp"))
			d->irp = f_lex_num(l, "an IRP's number");
		else if (f_lex_word(l, "threaded"))
			d->threaded = true;
		else
			break;
	if (!l->st && (!d->times || d->times > F_MAX_COUNT))
		f_lex_fail(l, at, "times is 1 to %d", F_MAX_COUNT);
}
