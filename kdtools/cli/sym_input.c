// SPDX-License-Identifier: Apache-2.0
#include "sym_input.h"

#include "base/text.h"
#include "sym/source_table.h"

#include <stdio.h>
#include <string.h>

/* "path/ntkrnlmp.pdb" -> "ntkrnlmp"; tables kept as ntkrnlmp.pdb/GUID-1.json
 * have their module's name in the folder. */
static void file_stem(const char *path, char out[64])
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (strspn(base, "0123456789ABCDEFabcdef") == 32 && base - path > 1)
		for (base--; base > path && base[-1] != '/'; base--)
			;
	snprintf(out, 64, "%.*s", (int)strcspn(base, "."), base);
}

int ntr_sym_input_open(struct ntr_cli *c, const char *path,
		       struct ntr_sym_input *in)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code;

	*in = (struct ntr_sym_input){ .path = path };
	st = ntr_symsrc_open(&in->file, path, &e);
	if (st == NTR_OK) {
		file_stem(path, in->name);
		return NTR_EXIT_OK;
	}
	in->file = NULL;
	if (st != NTR_UNSUP)
		return ntr_cli_error(c, path, st, &e);
	code = ntr_session_open(c, path, &in->s);
	if (code)
		return code;
	if (ntr_target_table(in->s.t, &in->table, NULL))
		in->table = NULL;
	return NTR_EXIT_OK;
}

void ntr_sym_input_close(struct ntr_sym_input *in)
{
	ntr_symsrc_close(in->file);
	ntr_symsrc_close(in->table);
	ntr_session_close(&in->s);
}

const char *ntr_split_bang(const char *text, char module[64])
{
	const char *bang = strchr(text, '!');

	snprintf(module, 64, "%.*s", bang ? (int)(bang - text) : 0, text);
	return bang ? bang + 1 : text;
}

bool ntr_wild_match(const char *p, const char *s)
{
	const char *star = NULL, *retry = NULL;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			retry = s;
		} else if (*p && (*p == '?' || ntr_ascii_lower(*p) ==
						       ntr_ascii_lower(*s))) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

static bool each_of_module(struct ntr_sym_input *in, struct ntr_module *m,
			   ntr_sym_source_fn *fn, void *ctx)
{
	struct ntr_module_symbols *y = ntr_module_symbols(in->s.t, m);

	for (unsigned i = 0; y && i < y->n; i++)
		if (!fn(ctx, y->src[i], m->name, m->base))
			return false;
	return true;
}

void ntr_sym_input_each(struct ntr_sym_input *in, const char *module,
			ntr_sym_source_fn *fn, void *ctx)
{
	struct ntr_target *t = in->s.t;

	if (in->file) {
		fn(ctx, in->file, in->name, 0);
		return;
	}
	for (size_t i = 0; i < t->modules.n; i++) {
		struct ntr_module *m = &t->modules.v[i];

		if (*module && !ntr_wild_match(module, m->name) &&
		    !ntr_wild_match(module, m->image))
			continue;
		if (!each_of_module(in, m, fn, ctx))
			return;
	}
	if (in->table && (!*module || ntr_wild_match(module, "nt")))
		fn(ctx, in->table, "nt", t->kernel_base);
}
