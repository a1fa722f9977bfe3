// SPDX-License-Identifier: Apache-2.0
#include "pdb.h"

#include <stdlib.h>

static bool pdb_probe(const u8 *head, size_t len)
{
	return ntr_msf_probe(head, len);
}

static void pdb_close(struct ntr_symsrc *s)
{
	struct ntr_pdb *p = ntr_pdb_of(s);

	if (p->types_free)
		p->types_free(p->types);
	ntr_pdb_lines_free(p);
	ntr_pdb_frames_free(p);
	ntr_pdb_globals_free(p);
	ntr_pdb_mods_free(p);
	ntr_pdb_recs_free(p);
	free(p->mod);
	free(p->contrib);
	free(p->section);
	free(p->omap_from);
	free(p->omap_to);
	ntr_msf_fini(&p->msf);
	free(p);
	s->priv = NULL;
}

static enum ntr_st pdb_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_pdb *p = calloc(1, sizeof(*p));
	enum ntr_st st;

	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	p->src = s;
	s->priv = p; /* ntr_symsrc_close() frees it, on failure too */
	st = ntr_msf_open(&p->msf, s->file, e);
	if (!st)
		st = ntr_pdb_info(p, e);
	if (!st)
		ntr_pdb_dbi(p);
	return st;
}

const struct ntr_symsrc_ops ntr_symsrc_pdb = {
	.name = "pdb",
	.descr = "program database (PDB)",
	.probe = pdb_probe,
	.open = pdb_open,
	.close = pdb_close,
	.at = ntr_pdb_at,
	.named = ntr_pdb_named,
	.each = ntr_pdb_each,
	.line = ntr_pdb_line,
	.each_line = ntr_pdb_each_line,
	.unwind = ntr_pdb_unwind,
	.vars = ntr_pdb_vars,
	.type_named = ntr_pdb_type_named,
	.type = ntr_pdb_type,
	.members = ntr_pdb_members,
	.each_type = ntr_pdb_each_type,
};
