// SPDX-License-Identifier: Apache-2.0
#include "results_buckets.h"

#include "results_out.h"

#include <stdio.h>

static unsigned percent(u32 n, u32 of)
{
	return of ? (unsigned)(((u64)n * 100 + of / 2) / of) : 0;
}

/* --- JSON --------------------------------------------------------------------------- */

static void correlation_json(struct ntr_out *o, const struct correlation *x)
{
	static const char *const kind[] = {
		[CORR_MODULE] = "module", [CORR_OLDER] = "module-older",
		[CORR_NEWER] = "module-newer",
		[CORR_BELOW] = "module-version-below",
		[CORR_FROM] = "module-version-from", [CORR_OS] = "os",
		[CORR_MACHINE] = "machine", [CORR_PROCESS] = "process",
		[CORR_FIRED] = "signature",
	};

	ntr_out_open(o, NULL);
	ntr_out_str(o, "kind", NULL, kind[x->kind]);
	ntr_out_str(o, "name", NULL, x->name);
	ntr_out_str(o, "value", NULL, x->value);
	ntr_out_str(o, "text", NULL, x->text);
	ntr_out_uint(o, "here", NULL, x->in);
	ntr_out_uint(o, "here_known", NULL, x->in_known);
	ntr_out_uint(o, "here_unknown", NULL, x->in_unknown);
	ntr_out_uint(o, "elsewhere", NULL, x->out);
	ntr_out_uint(o, "elsewhere_known", NULL, x->out_known);
	ntr_out_uint(o, "elsewhere_unknown", NULL, x->out_unknown);
	ntr_out_close(o);
}

static void similar_json(struct ntr_out *o, const struct correlate_similar *s)
{
	static const char *const how[] = {
		[CORR_SAME_FUNCTIONS] = "same-functions",
		[CORR_LIKE_FRAMES] = "like-functions",
		[CORR_SAME_MODULES] = "same-modules",
	};

	ntr_out_open(o, NULL);
	ntr_out_str(o, "bucket", NULL, s->bucket);
	ntr_out_str(o, "how", NULL, how[s->how]);
	ntr_out_uint_if(o, "percent", NULL, s->how != CORR_SAME_MODULES,
			s->percent);
	ntr_out_close(o);
}

static void bucket_json(struct ntr_out *o, const struct correlate_bucket *b)
{
	char t[32];

	ntr_out_open(o, NULL);
	ntr_out_str(o, "bucket", NULL, b->name);
	ntr_out_str(o, "bucket_hash", NULL, b->hash);
	ntr_out_hex_if(o, "code", NULL, b->has_code, b->code);
	ntr_out_str(o, "code_name", NULL, b->code_name);
	ntr_out_str(o, "blame", NULL, b->blame);
	ntr_out_uint(o, "dumps", NULL, b->dumps);
	ntr_out_str(o, "first", NULL, results_time(t, b->first));
	ntr_out_str(o, "last", NULL, results_time(t, b->last));
	ntr_out_uint(o, "without_time", NULL, b->no_time);
	ntr_out_uint(o, "family", NULL, b->family + 1);
	ntr_out_list(o, "similar");
	for (size_t i = 0; i < b->nsimilar; i++)
		similar_json(o, &b->similar[i]);
	ntr_out_list_end(o);
	ntr_out_list(o, "correlations");
	for (size_t i = 0; i < b->ncorrelations; i++)
		correlation_json(o, &b->correlation[i]);
	ntr_out_list_end(o);
	ntr_out_close(o);
}

/* --- text ----------------------------------------------------------------------------- */

static void correlation_text(struct ntr_out *o, const struct correlation *x)
{
	char unknown[100] = "";

	if (x->in_unknown || x->out_unknown)
		snprintf(unknown, sizeof(unknown), "; not known of %u here, %u "
			 "elsewhere", x->in_unknown, x->out_unknown);
	ntr_out_para(o, "       ", "%s: %u %% of this bucket (%u of %u), %u %% "
		     "elsewhere (%u of %u)%s", x->text,
		     percent(x->in, x->in_known), x->in, x->in_known,
		     percent(x->out, x->out_known), x->out, x->out_known,
		     unknown);
}

static void similar_text(struct ntr_out *o, const struct correlate_similar *s)
{
	if (s->how == CORR_SAME_FUNCTIONS)
		ntr_out_para(o, "       ", "the same stack as %s", s->bucket);
	else if (s->how == CORR_LIKE_FRAMES)
		ntr_out_para(o, "       ", "%u %% of the stack of %s",
			     s->percent, s->bucket);
	else
		ntr_out_para(o, "       ", "the same modules on the stack as "
			     "%s", s->bucket);
}

static void bucket_text(struct ntr_out *o, const struct correlate_bucket *b,
			size_t nr, u32 all)
{
	char first[32], from[32], to[32];
	const char *f = results_time(from, b->first);
	const char *l = results_time(to, b->last);

	snprintf(first, sizeof(first), "%5zu  ", nr);
	ntr_out_para(o, first, "%s", b->name);
	ntr_out_para(o, "       ", "%u dump%s (%u %%)%s%.10s%s%.10s%s%s",
		     b->dumps, b->dumps == 1 ? "" : "s",
		     percent(b->dumps, all), f ? ", " : "", f ? f : "",
		     l ? " to " : "", l ? l : "",
		     b->blame ? ", blamed: " : "", b->blame ? b->blame : "");
	for (size_t i = 0; i < b->nsimilar; i++)
		similar_text(o, &b->similar[i]);
	for (size_t i = 0; i < b->ncorrelations; i++)
		correlation_text(o, &b->correlation[i]);
}

int results_out_buckets(struct ntr_cli *c, const char *store,
			const struct correlate_result *r, size_t limit)
{
	struct ntr_out *o = &c->out;
	size_t n = limit < r->nbuckets ? limit : r->nbuckets;

	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.buckets/1");
	if (c->json)
		ntr_out_str(o, "store", NULL, store);
	ntr_out_list(o, "buckets");
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			bucket_json(o, &r->bucket[i]);
		else
			bucket_text(o, &r->bucket[i], i + 1, r->rows);
	}
	ntr_out_list_end(o);
	if (c->json) {
		ntr_out_uint(o, "all_buckets", NULL, r->nbuckets);
		ntr_out_uint(o, "dumps", NULL, r->rows);
		ntr_out_uint(o, "without_bucket", NULL, r->no_bucket);
		ntr_out_uint(o, "not_looked_at", NULL, r->cut);
	}
	ntr_out_close(o);
	ntr_out_line(o, "%s%u dump%s in %zu bucket%s%s; %u in none", n ? "\n" :
		     "", r->rows, r->rows == 1 ? "" : "s", r->nbuckets,
		     r->nbuckets == 1 ? "" : "s",
		     n < r->nbuckets ? " (--limit shows more)" : "",
		     r->no_bucket);
	if (r->cut)
		ntr_out_line(o, "%u dumps were not looked at: too many at once",
			     r->cut);
	return r->nbuckets ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}
