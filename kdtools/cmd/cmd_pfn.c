// SPDX-License-Identifier: Apache-2.0
/* !pfn: an entry of the PFN database, or how many pages are in each state. */
#include "cmd.h"
#include "kobj/pfn.h"

static const char *cache_name(unsigned c)
{
	static const char *const names[] = { "NonCached", "Cached",
					     "WriteComb", "NotMapped" };

	return c < NTR_COUNT(names) ? names[c] : "?";
}

static void fields(struct ntr_kd *k, const struct ntr_pfn *x)
{
	struct ntr_out *o = k->o;

	ntr_out_hex(o, "pfn", NULL, x->pfn);
	ntr_out_hex(o, "address", NULL, x->va);
	ntr_out_str(o, "state", NULL, x->none ? NULL :
		    ntr_page_state_key(x->state));
	ntr_out_uint(o, "references", NULL, x->references);
	ntr_out_uint_if(o, "share", NULL, x->has_share, x->share);
	ntr_out_hex(o, "flink", NULL, x->flink);
	ntr_out_hex(o, "blink", NULL, x->blink);
	ntr_out_hex(o, "pte", NULL, x->pte);
	ntr_out_hex(o, "original_pte", NULL, x->original);
	ntr_out_hex(o, "containing_page", NULL, x->frame);
	ntr_out_bool(o, "modified", NULL, x->modified);
	ntr_out_bool(o, "read_in_progress", NULL, x->reading);
	ntr_out_bool(o, "write_in_progress", NULL, x->writing);
	ntr_out_str(o, "cache", NULL, cache_name(x->cache));
	ntr_out_uint_if(o, "priority", NULL, x->has_priority, x->priority);
	ntr_out_str(o, "source", NULL, ntr_source_name(x->source));
}

static enum ntr_st one(struct ntr_kd *k, u64 pfn, struct ntr_err *e)
{
	struct ntr_pfn x;
	enum ntr_st st = ntr_pfn_read(k->t, pfn, &x, e);
	char va[24], pte[24];
	int w = (int)k->t->ptr_size * 2;

	if (st)
		return st;
	ntr_kd_va(k, va, true, x.va);
	ntr_kd_va(k, pte, true, x.pte);
	fields(k, &x);
	ntr_out_line(k->o, "    PFN %08" PRIX64 " at address %s", x.pfn, va);
	if (x.none) {
		ntr_out_line(k->o, "    (the entry is all zero: no page)");
		return NTR_OK;
	}
	ntr_out_line(k->o, "    flink       %0*" PRIX64 "  blink / share count "
		     "%0*" PRIX64 "  pteaddress %s", w, x.flink, w,
		     x.has_share ? x.share : x.blink, pte);
	ntr_out_print(k->o, "    reference count %04X    %s", x.references,
		      cache_name(x.cache));
	if (x.has_priority)
		ntr_out_print(k->o, "    Priority %u", x.priority);
	ntr_out_line(k->o, "%s", "");
	ntr_out_line(k->o, "    restore pte %0*" PRIX64 "  containing page "
		     "%06" PRIX64 "  %s  %s%s%s%s", w, x.original, x.frame,
		     ntr_page_state_name(x.state), x.modified ? "M" : "",
		     x.reading ? "R" : "", x.writing ? "W" : "",
		     x.error ? "E" : "");
	ntr_out_line(k->o, "    (%s layout)", ntr_source_name(x.source));
	return NTR_OK;
}

static bool stopped(void *ctx)
{
	return ntr_kd_stopped(ctx);
}

static void counts(struct ntr_kd *k, const struct ntr_page_counts *c)
{
	ntr_out_open(k->o, "pages");
	for (unsigned s = 0; s < NTR_NPAGE_STATES; s++)
		ntr_out_uint_if(k->o, ntr_page_state_key(s), NULL, c->known[s],
				c->n[s]);
	ntr_out_close(k->o);
	for (unsigned s = 0; s < NTR_NPAGE_STATES; s++)
		if (c->known[s])
			ntr_out_line(k->o, "    %-12s %12" PRIu64 " (%12" PRIu64
				     " kb)  by the %s", ntr_page_state_name(s),
				     c->n[s], c->n[s] * 4, c->walk[s] ?
				     "PFN database" : "list's head");
		else
			ntr_out_line(k->o, "    %-12s     ???????? (%s)",
				     ntr_page_state_name(s), c->why[s]);
}

static enum ntr_st summary(struct ntr_kd *k, struct ntr_err *e)
{
	struct ntr_page_counts c;
	struct ntr_err why = { "" };
	enum ntr_st st;
	bool any = false;

	ntr_page_counts(k->t, &c);
	st = ntr_pfn_walk(k->t, &c, stopped, k, &why);
	for (unsigned s = 0; s < NTR_NPAGE_STATES; s++)
		any = any || c.known[s];
	if (!any)
		return ntr_fail(e, st, "%s", why.msg);
	ntr_out_line(k->o, "Pages by state:");
	counts(k, &c);
	ntr_out_uint_if(k->o, "entries_absent", NULL, c.walked, c.unread);
	ntr_out_str(k->o, "no_walk", NULL, st ? why.msg : NULL);
	if (st)
		ntr_out_line(k->o, "  (%s)", why.msg);
	if (c.unread)
		ntr_out_line(k->o, "  (%" PRIu64 " entries of the database are "
			     "not in the dump: its numbers are lower bounds)",
			     c.unread);
	if (c.cut)
		ntr_out_line(k->o, "  (the database was not read to its end)");
	return NTR_OK;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	enum ntr_st st;
	u64 pfn = 0;

	if (!*c->args)
		return summary(k, e);
	st = ntr_cmd_one_value(k, c, &pfn, e);
	return st ? st : one(k, pfn, e);
}

const struct ntr_cmd ntr_cmd_bang_pfn = {
	.names = "!pfn",
	.summary = "a page of physical memory, or how many of each state",
	.operands = "[PFN]",
	.help = "The page's entry in the PFN database: its state, how often it is "
		"referenced and shared, the PTE that maps it and what that PTE goes "
		"back to (M modified, R read and W write in progress, E error). "
		"Without a number: pages by state, by the heads of the page lists, "
		"and what is on no list by a walk over the database.\n\n"
		"The bits are of the symbols of 10 19041; of earlier kernels they "
		"are marked assumed. Of NT 3.51 to 2000 they are not known.",
	.example = "!pfn 1ad", .does = "what page 1ad is used for",
	.run = run,
};
