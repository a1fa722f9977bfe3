// SPDX-License-Identifier: Apache-2.0
/* What the rules said, on paper: text, and the list `signatures` of JSON. */
#include "report.h"

#include "lang/sig.h"

#include <string.h>

/* In text, of rules that did not fire, and of ids in a line; JSON has all. */
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

/* The same fact decided another condition, too. */
static bool shown_before(const struct sig_result *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(r->evidence.v[k].fact, r->evidence.v[i].fact))
			return true;
	return false;
}

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
		if (!shown_before(r, i))
			ntr_out_para(o, "    - ", "%s is %s",
				     r->evidence.v[i].fact,
				     r->evidence.v[i].value);
	for (size_t i = 0; i < r->advice.n; i++)
		ntr_out_para(o, "  what to do: ", "%s", r->advice.v[i]);
	for (size_t i = 0; i < u->false_positives.n; i++)
		ntr_out_para(o, "  it may be wrong when: ", "%s",
			     u->false_positives.v[i]);
}

static void near_miss(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_para(o, "  near miss ", "%s, %s: not \"%s\": %s", r->rule->id,
		     r->rule->title, r->failed ? r->failed : "?",
		     r->failed_got ? r->failed_got : "it does not hold");
}

/* The reasons why rules cannot tell, each once with the rules it is of. */
static const char *reason(const struct sig_result *r)
{
	return r->missing.n ? r->missing.v[0].why : "unknown";
}

static bool said_before(const struct sig_results *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (s->v[k].value == SIG_UNKNOWN &&
		    !strcmp(reason(&s->v[k]), reason(&s->v[i])))
			return true;
	return false;
}

static void cannot_tell(struct ntr_out *o, const struct sig_results *s,
			size_t first)
{
	struct ntr_str ids = { 0 };
	unsigned n = 0;

	for (size_t i = first; i < s->n; i++) {
		if (s->v[i].value != SIG_UNKNOWN ||
		    strcmp(reason(&s->v[i]), reason(&s->v[first])))
			continue;
		if (n++ < SHOWN)
			ntr_str_printf(&ids, "%s%s", n > 1 ? ", " : "",
				       s->v[i].rule->id);
	}
	if (n > SHOWN)
		ntr_str_printf(&ids, " and %u more", n - SHOWN);
	ntr_out_para(o, "  cannot tell ", "%s: %s", ntr_str_text(&ids),
		     reason(&s->v[first]));
	ntr_str_fini(&ids);
}

static void all_that_cannot_tell(struct ntr_out *o, const struct sig_results *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].value == SIG_UNKNOWN && !said_before(s, i))
			cannot_tell(o, s, i);
}

/* Up to SHOWN of them; the rest is counted. */
static void near_misses(struct ntr_out *o, const struct sig_results *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].value == SIG_SILENT && s->v[i].near_miss &&
		    n++ < SHOWN)
			near_miss(o, &s->v[i]);
	if (n > SHOWN)
		ntr_out_line(o, "  near miss %zu more (--json names them)",
			     n - SHOWN);
}

/* A rule that another says more than is but named. */
static void superseded(struct ntr_out *o, const struct sig_result *r)
{
	ntr_out_styled(o, NTR_DIM, "fires %s", r->rule->id);
	ntr_out_line(o, "  %s (%s says more)", r->rule->title,
		     r->superseded_by);
}

static void text(struct ntr_out *o, const struct sig_results *s)
{
	size_t n = 0;

	ntr_out_styled(o, NTR_TITLE, "SIGNATURES:");
	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].value == SIG_FIRES;
	ntr_out_line(o, "  %zu of %zu rules fire", n, s->rules);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].value == SIG_FIRES && !s->v[i].superseded_by)
			fired(o, &s->v[i]);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].value == SIG_FIRES && s->v[i].superseded_by)
			superseded(o, &s->v[i]);
	near_misses(o, s);
	all_that_cannot_tell(o, s);
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
