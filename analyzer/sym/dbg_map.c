// SPDX-License-Identifier: Apache-2.0
#include "dbg_map.h"

#include <stdlib.h>

static int by_from(const void *x, const void *y)
{
	const struct ntr_dbg_move *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

enum ntr_st ntr_dbg_map_omap(struct ntr_dbg_map *m, struct ntr_bin *b,
			     struct ntr_err *e)
{
	u32 n = (u32)(ntr_bin_left(b) / 8);

	if (!n)
		return NTR_OK;
	m->move = calloc(n, sizeof(*m->move));
	if (!m->move)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (u32 i = 0; i < n; i++) {
		m->move[i].from = ntr_bin_u32(b, "OMAP source");
		m->move[i].to = ntr_bin_u32(b, "OMAP target");
	}
	m->nmoves = n;
	qsort(m->move, n, sizeof(*m->move), by_from);
	return NTR_OK;
}

void ntr_dbg_map_fini(struct ntr_dbg_map *m)
{
	free(m->move);
	m->move = NULL;
	m->nmoves = 0;
}

bool ntr_dbg_map_rva(const struct ntr_dbg_map *m, u32 linked, u32 *rva,
		     u32 *left)
{
	u32 lo = 0, hi = m->nmoves, mid, in;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (m->move[mid].from <= linked)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (left)
		*left = lo < m->nmoves ? m->move[lo].from - linked : UINT32_MAX;
	*rva = linked;
	if (!m->nmoves)
		return true;
	if (!lo || !m->move[lo - 1].to)
		return false;
	in = linked - m->move[lo - 1].from;
	*rva = m->move[lo - 1].to + in;
	return *rva >= in;
}

bool ntr_dbg_map_seg(const struct ntr_dbg_map *m, u32 seg, u32 off, u32 *rva,
		     u32 *left, bool *code)
{
	const struct ntr_pe_section *c;

	if (!seg || seg > m->nsections)
		return false;
	c = &m->section[seg - 1];
	if (c->rva + off < off)
		return false;
	*code = c->flags & NTR_SCN_EXECUTE;
	return ntr_dbg_map_rva(m, c->rva + off, rva, left);
}
