// SPDX-License-Identifier: Apache-2.0
/* Statements about drivers, their devices, requests, and DPCs. */
#include "scen_stmt.h"

#include <string.h>

void f_st_driver(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a driver's name");
	struct f_sdriver *d = F_ADD(l, &l->s->drivers, F_MAX_DRIVERS,
				    "drivers");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sdriver){ .loc = at, .name = name };
	while (!l->st)
		if (f_lex_word(l, "image"))
			d->image = f_lex_text(l, "a module name");
		else if (f_lex_word(l, "over"))
			d->over = f_lex_text(l, "a driver's name");
		else
			break;
	if (!l->st && strlen(name) > 120)
		f_lex_fail(l, at, "a driver's name has at most 120 characters");
}

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
		else if (f_lex_word(l, "threaded"))
			d->threaded = true;
		else
			break;
	if (!l->st && (!d->times || d->times > F_MAX_COUNT))
		f_lex_fail(l, at, "times is 1 to %d", F_MAX_COUNT);
}

bool f_thread_io_attr(struct f_lex *l, struct f_sthread *t)
{
	struct f_sirp *i;

	if (!f_lex_word(l, "irp"))
		return false;
	if (t->nirps == F_MAX_IRPS) {
		f_lex_fail(l, l->at, "a thread has at most %d IRPs",
			   F_MAX_IRPS);
		return true;
	}
	i = &t->irp[t->nirps++];
	*i = (struct f_sirp){ .loc = l->at };
	i->driver = f_lex_text(l, "a driver's name");
	while (!l->st)
		if (f_lex_word(l, "major"))
			i->major = f_lex_num(l, "a major function");
		else if (f_lex_word(l, "minor"))
			i->minor = f_lex_num(l, "a minor function");
		else
			break;
	return true;
}
