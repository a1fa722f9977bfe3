// SPDX-License-Identifier: Apache-2.0
/* Facts as they are asked for, and as they are named afterwards. */
#include "eval.h"

#include <string.h>

/* --- the trail ----------------------------------------------------------- */

static struct sig_leaf *leaf(struct sig_eval *ev)
{
	if (!ev->keep || ev->ntrail == SIG_MAX_TRAIL)
		return NULL;
	ev->trail[ev->ntrail] = (struct sig_leaf){ NULL };
	return &ev->trail[ev->ntrail++];
}

void sig_trail_cut(struct sig_eval *ev, size_t from, size_t to)
{
	if (!ev->keep)
		return;
	memmove(ev->trail + from, ev->trail + to,
		(ev->ntrail - to) * sizeof(*ev->trail));
	ev->ntrail -= to - from;
}

/* An unknown fact of many elements is one gap. */
static bool gap_is_there(const struct sig_eval *ev, const struct ntr_fact *f)
{
	for (size_t i = 0; i < ev->ntrail; i++)
		if (ev->trail[i].row == f->row &&
		    ev->trail[i].v.state == NTR_FACT_UNKNOWN &&
		    !strcmp(ev->trail[i].v.why, f->why))
			return true;
	return false;
}

void sig_leaf_item(struct sig_eval *ev, const struct sig_expr *e,
		      const struct ntr_fact *f)
{
	struct sig_leaf *l;

	if (!ev->keep ||
	    (f->state == NTR_FACT_UNKNOWN && gap_is_there(ev, f)))
		return;
	l = leaf(ev);
	if (!l)
		return;
	l->e = e;
	l->row = f->row;
	l->at = f->at;
	sig_val_of_fact(f, &l->v);
}

void sig_leaf_expr(struct sig_eval *ev, const struct sig_expr *e,
		   const struct sig_val *v)
{
	struct sig_leaf *l = leaf(ev);

	if (!l)
		return;
	l->e = e;
	l->row = NULL;
	l->v = *v;
}

void sig_leaf_unknown(struct sig_eval *ev, const struct sig_expr *e,
		      const char *why)
{
	struct sig_val v;

	sig_unknown(&v, why);
	sig_leaf_expr(ev, e, &v);
}

/* --- paths --------------------------------------------------------------- */

/* What stands between brackets. False: out says why there is no value. */
static bool index_of(struct sig_eval *ev, const struct sig_expr *e, u64 *out,
		     struct sig_val *v)
{
	sig_eval_value(ev, e, v);
	if (v->state != NTR_FACT_KNOWN)
		return false;
	if (v->n < 0 || v->n > UINT32_MAX) {
		v->state = NTR_FACT_NONE;
		v->why = "there is no element of this number";
		return false;
	}
	*out = (u64)v->n;
	return true;
}

static bool key_of(struct sig_eval *ev, const struct sig_expr *e,
		   char out[NTR_FACT_KEY], struct sig_val *v)
{
	size_t n;

	sig_eval_value(ev, e, v);
	if (v->state != NTR_FACT_KNOWN)
		return false;
	n = strlen(v->s);
	if (!n || n >= NTR_FACT_KEY) {
		v->state = NTR_FACT_NONE;
		v->why = "there is nothing of this name";
		return false;
	}
	memcpy(out, v->s, n + 1);
	return true;
}

static bool brackets(struct sig_eval *ev, const struct sig_path *p,
		     struct ntr_fact_at *at, struct sig_val *out)
{
	for (unsigned i = 0; i < p->nindexes; i++) {
		if (at->nindexes == NTR_FACT_INDEXES) {
			sig_unknown(out, "which element?");
			return false;
		}
		if (!index_of(ev, p->index[i], &at->index[at->nindexes], out))
			return false;
		at->nindexes++;
	}
	return !p->key || key_of(ev, p->key, at->key, out);
}

void sig_eval_path(struct sig_eval *ev, const struct sig_expr *e,
		   struct sig_val *out)
{
	const struct sig_path *p = e->u.path;
	struct ntr_fact_at at = { .nindexes = 0 };
	size_t from = ev->ntrail;
	struct ntr_fact f;

	if (p->var >= 0 && p->nseg == 1) {
		sig_leaf_item(ev, e, &ev->var[p->var]);
		sig_val_of_fact(&ev->var[p->var], out);
		return;
	}
	if (p->var >= 0)
		at = ev->var[p->var].at;
	if (!brackets(ev, p, &at, out))
		return;
	if (p->nindexes || p->key)
		ev->ntrail = from; /* the path says what its brackets were */
	f = (struct ntr_fact){ .type = p->row->type, .row = p->row, .at = at,
			       .why = SIG_NO_TRACE };
	if (p->at_least_fixed)
		sig_eval_fixed(ev, &at, &f);
	else if (!sig_is_trace(p->row))
		ntr_fact_eval(ev->f, p->row, &at, &f);
	sig_leaf_item(ev, e, &f);
	sig_val_of_fact(&f, out);
}

/* --- names --------------------------------------------------------------- */

void sig_leaf_name(const struct sig_eval *ev, const struct sig_leaf *l,
		   struct ntr_str *out)
{
	unsigned i = 0;

	if (!l->row) {
		sig_fmt_line(ev->rule->src, l->e->at, out);
		return;
	}
	for (const char *p = l->row->path; *p; p++) {
		if (p[0] == '[' && p[1] == ']' && i < l->at.nindexes) {
			ntr_str_printf(out, "[%" PRIu64 "]", l->at.index[i++]);
			p++;
		} else if (!strncmp(p, "[\"\"]", 4)) {
			ntr_str_printf(out, "[\"%s\"]", l->at.key);
			p += 3;
		} else {
			ntr_str_addn(out, p, 1);
		}
	}
}

#define MAX_ELEMENTS 8u /* of a list that are written */

/* The elements have no values of their own. */
bool sig_of_records(const struct sig_eval *ev, const struct ntr_fact_row *list)
{
	const struct ntr_fact_row *item =
		list ? sig_schema_below(ev->rule->schema, list, "[]") : NULL;

	return !item || item->type == NTR_FT_RECORD;
}

void sig_list_text(struct sig_eval *ev, const struct ntr_fact *list,
		   struct ntr_str *out)
{
	for (u64 i = 0; i < list->n && i < MAX_ELEMENTS; i++) {
		struct sig_type t = { .kind = SIG_K_ERROR };
		struct sig_val v;
		struct ntr_fact f;

		ntr_fact_item(ev->f, list, i, &f);
		sig_val_of_fact(&f, &v);
		t.kind = (u8)f.type;
		t.row = f.row;
		ntr_str_add(out, i ? ", " : "");
		sig_val_text(&v, &t, out);
	}
	if (list->n > MAX_ELEMENTS)
		ntr_str_printf(out, " and %" PRIu64 " more",
			       list->n - MAX_ELEMENTS);
	if (!list->n)
		ntr_str_add(out, "none");
}

void sig_leaf_value(struct sig_eval *ev, const struct sig_leaf *l,
		    struct ntr_str *out)
{
	struct sig_type t = l->e->type;

	if (l->row) {
		t.kind = (u8)l->row->type;
		t.row = l->row;
	}
	if (l->v.state == NTR_FACT_KNOWN && t.kind == NTR_FT_RECORD)
		ntr_str_add(out, "there");
	else if (l->v.state == NTR_FACT_KNOWN && t.kind == NTR_FT_LIST &&
		 !sig_of_records(ev, l->row) && l->v.fact.n)
		sig_list_text(ev, &l->v.fact, out);
	else
		sig_val_text(&l->v, &t, out);
	if (l->v.state != NTR_FACT_KNOWN && l->v.why)
		ntr_str_printf(out, " (%s)", l->v.why);
}
