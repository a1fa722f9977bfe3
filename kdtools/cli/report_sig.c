// SPDX-License-Identifier: Apache-2.0
/* What the rules said, on paper: text, and the list `signatures` of JSON. */
#include "report.h"

#include "lang/sig.h"

/* In text, of rules that did not fire; JSON has them all. */
#define SHOWN 6u

static void list_of(struct ntr_out *o, const char *key, const char *const *v,
		    size_t n)
{
	ntr_out_list(o, key);
	for (size_t i = 0; i < n; i++)
		ntr_out_str(o, NULL, NULL, v[i]);
	ntr_out_list_end(o);
}

static void evidence_json(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_list(o, "evidence");
	for (size_t i = 0; i < r->evidence.n; i++) {
		const struct sig_evidence *v = &r->evidence.v[i];

		ntr_out_open(o, NULL);
		ntr_out_str(o, "condition", NULL, v->condition);
		ntr_out_str(o, "fact", NULL, v->fact);
		ntr_out_str(o, "value", NULL, v->value);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

static void missing_json(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_list(o, "missing");
	for (size_t i = 0; i < r->missing.n; i++) {
		ntr_out_open(o, NULL);
		ntr_out_str(o, "fact", NULL, r->missing.v[i].fact);
		ntr_out_str(o, "why", NULL, r->missing.v[i].why);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

void ntr_report_signature_json(struct ntr_out *o, const struct sig_result *r)
{
	const struct sig_rule *u = r->rule;

	ntr_out_open(o, NULL);
	ntr_out_str(o, "id", NULL, u->id);
	ntr_out_str(o, "title", NULL, u->title);
	ntr_out_str(o, "class", NULL, sig_class_name(u->cls));
	ntr_out_str(o, "severity", NULL, sig_severity_name(u->severity));
	ntr_out_str(o, "status", NULL, sig_status_name(u->status));
	ntr_out_str(o, "result", NULL, sig_value_name(r->value));
	ntr_out_uint_if(o, "confidence", NULL, r->value == SIG_FIRES,
			r->confidence);
	ntr_out_str(o, "confidence_why", NULL, r->confidence_why);
	ntr_out_str(o, "say", NULL, r->say);
	list_of(o, "advice", r->advice.v, r->advice.n);
	evidence_json(o, r);
	ntr_out_str(o, "failed", NULL, r->failed);
	ntr_out_str(o, "got", NULL, r->failed_got);
	ntr_out_bool(o, "near_miss", NULL, r->near_miss);
	missing_json(o, r);
	ntr_out_str(o, "superseded_by", NULL, r->superseded_by);
	list_of(o, "articles", u->articles.v, u->articles.n);
	list_of(o, "related", u->related.v, u->related.n);
	ntr_out_close(o);
}

/* --- text ------------------------------------------------------------------------ */

static void fired(struct ntr_out *o, const struct sig_result *r)
{
	const struct sig_rule *u = r->rule;

	ntr_out_styled(o, NTR_ALARM, "FIRES %s", u->id);
	ntr_out_line(o, "  %s", u->title);
	ntr_out_para(o, "  confidence ", "%u %%%s%s", r->confidence,
		     r->confidence_why ? ": " : "",
		     r->confidence_why ? r->confidence_why : "");
	if (r->say)
		ntr_out_para(o, "  ", "%s", r->say);
	for (size_t i = 0; i < r->evidence.n; i++)
		ntr_out_para(o, "    - ", "%s is %s", r->evidence.v[i].fact,
			     r->evidence.v[i].value);
	for (size_t i = 0; i < r->advice.n; i++)
		ntr_out_para(o, "  what to do: ", "%s", r->advice.v[i]);
	for (size_t i = 0; i < u->false_positives.n; i++)
		ntr_out_para(o, "  it may be wrong when: ", "%s",
			     u->false_positives.v[i]);
	if (r->superseded_by)
		ntr_out_line(o, "  %s says more", r->superseded_by);
}

static void near_miss(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_para(o, "  near miss ", "%s, %s: not \"%s\": %s", r->rule->id,
		     r->rule->title, r->failed ? r->failed : "?",
		     r->failed_got ? r->failed_got : "it does not hold");
}

static void cannot_tell(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_para(o, "  cannot tell ", "%s, %s: %s: %s", r->rule->id,
		     r->rule->title,
		     r->missing.n ? r->missing.v[0].fact : "a condition",
		     r->missing.n ? r->missing.v[0].why : "unknown");
}

/* Those with this value, up to SHOWN; the rest is counted. */
static void some(struct ntr_out *o, const struct sig_results *s,
		 enum sig_value value, const char *what,
		 void (*show)(struct ntr_out *, const struct sig_result *))
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct sig_result *r = &s->v[i];

		if (r->value != value || (value == SIG_SILENT && !r->near_miss))
			continue;
		if (n++ < SHOWN)
			show(o, r);
	}
	if (n > SHOWN)
		ntr_out_line(o, "  %s %zu more (--json names them)", what,
			     n - SHOWN);
}

static void text(struct ntr_out *o, const struct sig_results *s)
{
	size_t n = 0;

	ntr_out_styled(o, NTR_TITLE, "SIGNATURES:");
	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].value == SIG_FIRES;
	ntr_out_line(o, "  %zu of %zu rules fire", n, s->rules);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].value == SIG_FIRES)
			fired(o, &s->v[i]);
	some(o, s, SIG_SILENT, "near miss", near_miss);
	some(o, s, SIG_UNKNOWN, "cannot tell", cannot_tell);
	ntr_out_line(o, "%s", "");
}

void ntr_report_signatures(struct ntr_out *o, const struct sig_results *s)
{
	if (!s) {
		ntr_out_none(o, "signatures", NULL);
		return;
	}
	if (!o->json) {
		text(o, s);
		return;
	}
	ntr_out_list(o, "signatures");
	for (size_t i = 0; i < s->n; i++)
		ntr_report_signature_json(o, &s->v[i]);
	ntr_out_list_end(o);
}
