// SPDX-License-Identifier: Apache-2.0
/* The statement about file objects, those of TDI among them. */
#include "scen_stmt.h"

/* What FsContext2 says of a transport's file object (tdi.h). */
static bool tdi_kind(struct f_lex *l, struct f_sfile *x)
{
	static const char *const kinds[] = { "address", "connection",
					     "control" };

	for (u64 i = 0; i < NTR_COUNT(kinds); i++)
		if (f_lex_word(l, kinds[i])) {
			x->context2 = i + 1;
			return true;
		}
	return false;
}

void f_st_file(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a file object's name");
	struct f_sfile *x = F_ADD(l, &l->s->files, F_MAX_FILES, "files");

	(void)ctx;
	if (!x)
		return;
	*x = (struct f_sfile){ .loc = at, .name = name };
	while (!l->st)
		if (f_lex_word(l, "device"))
			x->device = f_lex_text(l, "a device's name");
		else if (f_lex_word(l, "context"))
			x->context = f_lex_num(l, "a value");
		else if (f_lex_word(l, "context2"))
			x->context2 = f_lex_num(l, "a value");
		else if (f_lex_word(l, "path"))
			x->path = f_lex_text(l, "a file name");
		else if (f_lex_word(l, "in"))
			x->block = f_lex_text(l, "a block's name");
		else if (!tdi_kind(l, x))
			break;
	if (!l->st && !x->device)
		f_lex_fail(l, at, "a file object needs a device");
}
