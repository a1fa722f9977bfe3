// SPDX-License-Identifier: Apache-2.0
/* A hang on paper: text, and the object `hang` of JSON documents. */
#include "report.h"
#include "triage/waits.h"

#include <stdlib.h>

/* Of the graph; a machine on which everything waits has thousands. */
#define MAX_WAITS 200u
#define MAX_OWNERS 8u /* of one object */

/* Which threads are in the graph, and their numbers there. */
struct nodes {
	u32 *nr;    /* by thread; NTR_NONE: not in it */
	u32 n, waits, left_out;
};

static bool owned(const struct ntr_waits *w, const struct ntr_wedge *e)
{
	return w->locks.v[e->lock].nowners != 0;
}

static u32 owners(const struct ntr_wlock *l)
{
	return l->nowners < MAX_OWNERS ? l->nowners : MAX_OWNERS;
}

static void take(struct nodes *g, u32 thread)
{
	if (g->nr[thread] == NTR_NONE)
		g->nr[thread] = 0;
}

static bool pick(const struct ntr_waits *w, struct nodes *g)
{
	*g = (struct nodes){ .nr = malloc((w->threads.n + 1) * sizeof(u32)) };
	if (!g->nr)
		return false;
	for (size_t i = 0; i < w->threads.n; i++)
		g->nr[i] = NTR_NONE;
	for (size_t i = 0; i < w->edges.n; i++) {
		const struct ntr_wedge *e = &w->edges.v[i];
		const struct ntr_wlock *l = &w->locks.v[e->lock];

		if (!owned(w, e))
			continue;
		if (g->waits == MAX_WAITS) {
			g->left_out++;
			continue;
		}
		g->waits++;
		take(g, e->thread);
		for (u32 k = 0; k < owners(l); k++)
			take(g, l->owner[k]);
	}
	return true;
}

static void show_threads(struct ntr_out *o, const struct ntr_waits *w,
			 struct nodes *g)
{
	ntr_out_list(o, "threads");
	for (size_t i = 0; i < w->threads.n; i++) {
		const struct ntr_kthread *k = &w->threads.v[i].k;

		if (g->nr[i] == NTR_NONE)
			continue;
		g->nr[i] = g->n++;
		ntr_out_open(o, NULL);
		ntr_out_hex(o, "address", NULL, k->th.va);
		ntr_out_hex_if(o, "tid", NULL, k->th.has_ids, k->th.id);
		ntr_out_str(o, "process", NULL, k->th.process_name[0] ?
			    k->th.process_name : NULL);
		ntr_out_uint_if(o, "waited_ms", NULL,
				k->has_waited && ntr_thread_blocked(k),
				k->waited / 10000);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

static void show_waits(struct ntr_out *o, const struct ntr_waits *w,
		       const struct nodes *g)
{
	u32 n = 0;

	ntr_out_list(o, "waits");
	for (size_t i = 0; i < w->edges.n && n < g->waits; i++) {
		const struct ntr_wedge *e = &w->edges.v[i];
		const struct ntr_wlock *l = &w->locks.v[e->lock];

		if (!owned(w, e))
			continue;
		n++;
		ntr_out_open(o, NULL);
		ntr_out_uint(o, "thread", NULL, g->nr[e->thread]);
		ntr_out_hex(o, "object", NULL, l->va);
		ntr_out_str(o, "kind", NULL, l->name);
		ntr_out_bool(o, "shared", NULL, e->shared);
		ntr_out_list(o, "owners");
		for (u32 k = 0; k < owners(l); k++)
			ntr_out_uint(o, NULL, NULL, g->nr[l->owner[k]]);
		ntr_out_list_end(o);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

/* JSON only: in text the findings say it. */
static void show_graph(struct ntr_out *o, const struct ntr_waits *w)
{
	struct nodes g = { .nr = NULL };

	if (!o->json)
		return;
	if (!w || !pick(w, &g) || !g.waits) {
		ntr_out_none(o, "graph", NULL);
	} else {
		ntr_out_open(o, "graph");
		show_threads(o, w, &g);
		show_waits(o, w, &g);
		ntr_out_uint(o, "left_out", NULL, g.left_out);
		ntr_out_close(o);
	}
	free(g.nr);
}

static void show_finding(struct ntr_out *o, const struct ntr_hang_finding *f)
{
	ntr_out_open(o, NULL);
	ntr_out_str(o, "kind", NULL, ntr_hang_kind_name(f->kind));
	ntr_out_str(o, "text", NULL, f->text);
	ntr_out_list(o, "evidence");
	ntr_out_para(o, "HANG: ", "%s", f->text);
	for (size_t i = 0; i < f->evidence.n; i++) {
		ntr_out_str(o, NULL, NULL, f->evidence.v[i]);
		ntr_out_para(o, "  - ", "%s", f->evidence.v[i]);
	}
	ntr_out_list_end(o);
	ntr_out_close(o);
}

void ntr_report_hang(struct ntr_out *o, const struct ntr_hang *h)
{
	if (!h) {
		ntr_out_none(o, "hang", NULL);
		return;
	}
	ntr_out_open(o, "hang");
	ntr_out_str(o, "kind", NULL, ntr_hang_kind_name(h->kind));
	ntr_out_str(o, "text", NULL, h->text);
	ntr_out_str(o, "looked_at", NULL, h->looked_at);
	if (!h->findings.n)
		ntr_out_para(o, "HANG: ", "%s", h->text);
	ntr_out_list(o, "findings");
	for (size_t i = 0; i < h->findings.n; i++)
		show_finding(o, &h->findings.v[i]);
	ntr_out_list_end(o);
	if (h->looked_at)
		ntr_out_para(o, "Looked at: ", "%s", h->looked_at);
	ntr_out_list(o, "unknown");
	for (size_t i = 0; i < h->unknown.n; i++) {
		ntr_out_str(o, NULL, NULL, h->unknown.v[i]);
		ntr_out_para(o, "Cannot be told: ", "%s", h->unknown.v[i]);
	}
	ntr_out_list_end(o);
	show_graph(o, h->w);
	ntr_out_close(o);
}
