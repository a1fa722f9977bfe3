// SPDX-License-Identifier: Apache-2.0
/* The judgement of pool: how full it is, and which tags leak, with the evidence
 * and with what could not be told. */
#include "report.h"
#include "triage/pooljudge.h"

#include <stdio.h>

static const char *const evidence_name[] = {
#define NAME(n) [NTR_POOL_EV_##n] = #n,
	NTR_POOL_EVIDENCE_LIST(NAME)
#undef NAME
};

static const char *pressure_name(enum ntr_pool_pressure p)
{
	return p == NTR_POOL_PRESSURE_FINE ? "fine" :
	       p == NTR_POOL_PRESSURE_HIGH ? "high" :
	       p == NTR_POOL_PRESSURE_EXHAUSTED ? "exhausted" : NULL;
}

static const char *kind_name(unsigned kind)
{
	return kind == NTR_PAGED ? "paged" : "nonpaged";
}

/* --- text ----------------------------------------------------------------------- */

static void amount(char out[32], bool have, u64 n)
{
	if (have)
		snprintf(out, 32, "%" PRIu64 " KiB", n >> 10);
	else
		snprintf(out, 32, "????????");
}

static void text_usage(struct ntr_out *o, const struct ntr_pool_usage *u,
		       unsigned kind)
{
	char used[32], limit[32], label[24];
	const char *name = pressure_name(u->pressure);

	amount(used, u->has_used, u->used);
	amount(limit, u->has_limit, u->limit);
	snprintf(label, sizeof(label), "%s pool:", kind_name(kind));
	ntr_out_print(o, "%-14s %12s of %12s", label, used, limit);
	if (name && u->limit)
		ntr_out_styled(o, u->pressure == NTR_POOL_PRESSURE_FINE ?
			       NTR_PLAIN : NTR_ALARM, "  %3u%%  %s",
			       (unsigned)((double)u->used * 100 /
					  (double)u->limit), name);
	ntr_out_line(o, "%s%s%s", u->source ? "  (" : "", u->source ? u->source :
		     "", u->source ? ")" : "");
	if (u->why)
		ntr_out_para(o, "    not known: ", "%s", u->why);
}

static void text_tag(struct ntr_out *o, const struct ntr_tag_judgement *j)
{
	char tag[5];

	ntr_pool_tag_text(j->tag, tag);
	ntr_out_line(o, "%s", "");
	ntr_out_styled(o, j->verdict == NTR_TAG_LEAK ? NTR_ALARM : NTR_TITLE,
		       "%s  %s: %s", tag, kind_name(j->kind),
		       ntr_tag_verdict_name(j->verdict));
	ntr_out_line(o, "%s", "");
	for (unsigned i = 0; i < NTR_POOL_EV_COUNT; i++)
		if (j->evidence[i])
			ntr_out_para(o, "  * ", "%s", j->evidence[i]);
	for (unsigned i = 0; i < j->ncannot; i++)
		ntr_out_para(o, "  ? ", "cannot tell %s", j->cannot[i]);
}

static void text_baseline(struct ntr_out *o,
			  const struct ntr_pool_judgement *p)
{
	if (p->baseline_why)
		ntr_out_para(o, "baseline not used: ", "%s", p->baseline_why);
	else if (p->has_baseline && p->seconds)
		ntr_out_line(o, "compared with a baseline taken %" PRIu64
			     " minutes before", p->seconds / 60);
	else if (p->has_baseline)
		ntr_out_line(o, "compared with a baseline of unknown age");
}

void ntr_report_pool(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_pool_judgement *p = v->pool;
	const struct ntr_poolwatch *w;

	if (!p || o->json)
		return;
	w = &p->watch;
	ntr_out_styled(o, NTR_TITLE, "POOL");
	ntr_out_line(o, "\n");
	for (unsigned i = 0; i < 2; i++)
		text_usage(o, &w->usage[i], i);
	text_baseline(o, p);
	if (w->tags_why)
		ntr_out_para(o, "tags: ", "%s", w->tags_why);
	else if (!w->tags.n)
		ntr_out_line(o, "no tag holds a large share");
	for (size_t i = 0; i < w->tags.n; i++)
		text_tag(o, &w->tags.v[i]);
	ntr_out_line(o, "%s", "");
}

/* --- JSON ------------------------------------------------------------------------ */

static void json_usage(struct ntr_out *o, const struct ntr_pool_usage *u,
		       unsigned kind)
{
	ntr_out_open(o, kind_name(kind));
	ntr_out_uint_if(o, "used", NULL, u->has_used, u->used);
	ntr_out_uint_if(o, "limit", NULL, u->has_limit, u->limit);
	ntr_out_str(o, "pressure", NULL, pressure_name(u->pressure));
	ntr_out_str(o, "source", NULL, u->source);
	ntr_out_str(o, "lacking", NULL, u->why);
	ntr_out_close(o);
}

/* May be below zero, which ntr_out_uint() has no form for. */
static void json_signed(struct ntr_out *o, const char *key, bool have, s64 v)
{
	if (!o->json)
		return;
	if (have)
		ntr_json_int(&o->j, key, v);
	else
		ntr_json_null(&o->j, key);
}

static void json_evidence(struct ntr_out *o, const struct ntr_tag_judgement *j)
{
	ntr_out_list(o, "evidence");
	for (unsigned i = 0; i < NTR_POOL_EV_COUNT; i++) {
		char name[16];
		size_t n = 0;

		if (!j->evidence[i])
			continue;
		for (; evidence_name[i][n] && n < sizeof(name) - 1; n++)
			name[n] = (char)(evidence_name[i][n] | 32);
		name[n] = 0;
		ntr_out_open(o, NULL);
		ntr_out_str(o, "kind", NULL, name);
		ntr_out_str(o, "text", NULL, j->evidence[i]);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
	ntr_out_list(o, "cannot_tell");
	for (unsigned i = 0; i < j->ncannot; i++)
		ntr_out_str(o, NULL, NULL, j->cannot[i]);
	ntr_out_list_end(o);
}

static void json_twins(struct ntr_out *o, const struct ntr_tag_judgement *j)
{
	char tag[5];

	ntr_out_list(o, "twins");
	for (unsigned i = 0; i < j->ntwins; i++) {
		ntr_pool_tag_text(j->twins[i], tag);
		ntr_out_str(o, NULL, NULL, tag);
	}
	ntr_out_list_end(o);
}

static void json_tag(struct ntr_out *o, const struct ntr_tag_judgement *j)
{
	const struct ntr_reach *r = &j->reach;
	char tag[5];

	ntr_pool_tag_text(j->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_str(o, "pool", NULL, kind_name(j->kind));
	ntr_out_str(o, "verdict", NULL, ntr_tag_verdict_name(j->verdict));
	json_signed(o, "live", true, j->live);
	ntr_out_uint(o, "allocs", NULL, j->allocs);
	ntr_out_uint(o, "bytes", NULL, j->bytes);
	ntr_out_uint(o, "bytes_per_block", NULL, j->per_block);
	ntr_out_uint(o, "permille", NULL, j->permille);
	ntr_out_bool(o, "uniform", NULL, j->uniform);
	json_twins(o, j);
	json_signed(o, "growth_blocks", j->has_growth, j->growth_blocks);
	json_signed(o, "growth_bytes", j->has_growth, j->growth_bytes);
	ntr_out_uint(o, "cached", NULL, j->cached);
	ntr_out_uint_if(o, "lost_blocks", NULL, j->has_reach,
			r->orphans + r->islands);
	ntr_out_uint_if(o, "lost_bytes", NULL, j->has_reach, r->lost_bytes);
	ntr_out_list(o, "lost_samples");
	for (unsigned i = 0; j->has_reach && i < r->nsample; i++)
		ntr_out_hex(o, NULL, NULL, r->sample[i]);
	ntr_out_list_end(o);
	json_evidence(o, j);
	ntr_out_close(o);
}

void ntr_report_pool_json(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_pool_judgement *p = v->pool;

	if (!p) {
		ntr_out_none(o, "pool", NULL);
		return;
	}
	ntr_out_open(o, "pool");
	for (unsigned i = 0; i < 2; i++)
		json_usage(o, &p->watch.usage[i], i);
	ntr_out_bool(o, "baseline", NULL, p->has_baseline);
	ntr_out_uint_if(o, "baseline_seconds", NULL, p->has_baseline &&
			p->seconds, p->seconds);
	ntr_out_str(o, "baseline_lacking", NULL, p->baseline_why);
	ntr_out_str(o, "tags_lacking", NULL, p->watch.tags_why);
	ntr_out_list(o, "tags");
	for (size_t i = 0; i < p->watch.tags.n; i++)
		json_tag(o, &p->watch.tags.v[i]);
	ntr_out_list_end(o);
	ntr_out_close(o);
}
