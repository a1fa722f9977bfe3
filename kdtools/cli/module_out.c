// SPDX-License-Identifier: Apache-2.0
#include "module_out.h"

#include "base/text.h"
#include "kobj/symbols.h"

#include <stdio.h>

static void out_pdb(struct ntr_out *o, const struct ntr_module *m)
{
	char key[48];

	ntr_out_str(o, "pdb", NULL, m->has_debug ? m->debug.pdb : NULL);
	if (m->has_debug)
		ntr_pdb_key(&m->debug, key);
	ntr_out_str(o, "pdb_key", NULL, m->has_debug ? key : NULL);
}

/* Files of symbols that a question opened. */
static void out_symbols(struct ntr_out *o, const struct ntr_module_symbols *s)
{
	ntr_out_str(o, "symbols", NULL, s && s->how ? s->path[0] : NULL);
	ntr_out_str(o, "symbols_by", NULL, s ? s->how : NULL);
	ntr_out_str(o, "symbols_lacking", NULL, s ? s->lacking : NULL);
}

static void out_module(struct ntr_out *o, const struct ntr_module *m)
{
	char version[32];

	snprintf(version, sizeof(version), "%u.%u.%u.%u", m->version[0],
		 m->version[1], m->version[2], m->version[3]);
	ntr_out_row(o);
	ntr_out_hex(o, "base", NULL, m->base);
	ntr_out_hex(o, "size", NULL, m->size);
	ntr_out_str(o, "name", NULL, m->name);
	ntr_out_str(o, "image", NULL, m->image);
	ntr_out_hex_if(o, "timestamp", NULL, m->timestamp, m->timestamp);
	ntr_out_hex_if(o, "checksum", NULL, m->checksum, m->checksum);
	ntr_out_str(o, "version", NULL, m->has_version ? version : NULL);
	out_pdb(o, m);
	ntr_out_str(o, "path", NULL, m->path);
	out_symbols(o, m->symbols);
	ntr_out_row_end(o);
}

void ntr_out_modules(struct ntr_out *o, struct ntr_target *t, bool load)
{
	static const struct ntr_col cols[] = {
		{ "Base", 18 }, { "Size", 9 }, { "Name", -12 },
		{ "Image", -16 }, { "Time stamp", 10 }, { "Checksum", 9 },
		{ "Version", -16 }, { "PDB", -1 }, /* JSON: key, path */
	};

	ntr_out_table(o, "modules", cols, NTR_COUNT(cols));
	for (size_t i = 0; i < t->modules.n; i++) {
		if (load)
			(void)ntr_module_load(t, &t->modules.v[i]);
		out_module(o, &t->modules.v[i]);
	}
	ntr_out_table_end(o);
}

void ntr_out_unloaded(struct ntr_out *o, const struct ntr_target *t)
{
	static const struct ntr_col cols[] = {
		{ "Start", 18 }, { "End", 18 }, { "Image", -16 },
		{ "Unloaded at", -1 },
	};
	char time[32], image[80];

	if (!t->unloaded.n && !o->json)
		return;
	ntr_out_table(o, "unloaded", cols, NTR_COUNT(cols));
	for (size_t i = 0; i < t->unloaded.n; i++) {
		const struct ntr_unloaded_module *u = &t->unloaded.v[i];

		ntr_out_row(o);
		ntr_out_hex(o, "start", NULL, u->start);
		ntr_out_hex(o, "end", NULL, u->end);
		snprintf(image, sizeof(image), "%.70s...", u->image);
		ntr_out_str(o, "image", NULL, u->truncated && !o->json ?
			    image : u->image);
		ntr_out_str(o, "time", NULL, u->time &&
			    ntr_filetime_text(time, u->time) ? time : NULL);
		ntr_out_bool(o, "truncated", NULL, u->truncated);
		ntr_out_row_end(o);
	}
	ntr_out_table_end(o);
}
