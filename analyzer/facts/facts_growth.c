// SPDX-License-Identifier: Apache-2.0
/* What the pool tags hold more or less than in an earlier dump (a baseline). */
#include "../triage/pooljudge.h"
#include "../triage/pooltag.h"
#include "facts_int.h"

#define TICKS UINT64_C(10000000) /* of 100 ns in a second */

enum { AGE, ALL_NONPAGED, ALL_PAGED };

static void get_whole(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int arg, struct ntr_fact *out)
{
	const struct ntr_pool_growth *g = ntr_facts_growth(f, &out->why);
	u64 s;

	(void)at;
	if (!g)
		return;
	if (arg != AGE) {
		ntr_fact_delta_of(out, g->bytes[arg == ALL_PAGED ? NTR_PAGED :
						NTR_NONPAGED]);
		return;
	}
	s = ntr_pool_seconds_between(f->t, f->old);
	ntr_fact_n_if(out, s && s < UINT64_MAX / TICKS, s * TICKS,
		      "one of the two dumps does not say when it was taken");
}

static void get_list(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_pool_growth *g = ntr_facts_growth(f, &out->why);

	(void)at;
	(void)arg;
	if (g)
		ntr_fact_n(out, g->n);
}

enum { TAG, KIND, OWNER, BEFORE, AFTER, BYTES, LIVE_BEFORE, LIVE_AFTER, LIVE,
       ALLOCS, FREES };

static void get_name(struct ntr_facts *f, const struct ntr_tag_growth *g,
		     int arg, struct ntr_fact *out)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(g->tag);
	char text[5];

	ntr_pool_tag_text(g->tag, text);
	ntr_fact_str(out, arg == TAG ? ntr_facts_text(f, "%s", text) :
		     arg == KIND ? g->kind == NTR_PAGED ? "paged" : "nonpaged" :
		     i ? i->module : NULL, "nothing is known of this tag");
}

static void get(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		struct ntr_fact *out)
{
	const struct ntr_tag_growth *g = &f->growth.v[at->index[0]];

	switch (arg) {
	case BEFORE:
		ntr_fact_n(out, g->bytes_before);
		break;
	case AFTER:
		ntr_fact_n(out, g->bytes_after);
		break;
	case BYTES:
		ntr_fact_delta_of(out, ntr_pool_less(g->bytes_after,
						     g->bytes_before));
		break;
	case LIVE_BEFORE:
		ntr_fact_n(out, g->live_before > 0 ? (u64)g->live_before : 0);
		break;
	case LIVE_AFTER:
		ntr_fact_n(out, g->live_after > 0 ? (u64)g->live_after : 0);
		break;
	case LIVE:
		ntr_fact_delta_of(out, (s64)((u64)g->live_after -
					     (u64)g->live_before));
		break;
	case ALLOCS:
		ntr_fact_delta_of(out, g->allocs);
		break;
	case FREES:
		ntr_fact_delta_of(out, g->frees);
		break;
	default:
		get_name(f, g, arg, out);
	}
}

static const struct ntr_fact_row rows[] = {
	{ "pool.baseline.age", NTR_FT_DURATION, NULL, "Time from the baseline to "
	  "this dump.", get_whole, AGE },
	{ "pool.baseline.nonpaged_delta", NTR_FT_DELTA, "bytes", "Bytes that all tags "
	  "hold of nonpaged pool, less those of the baseline.", get_whole,
	  ALL_NONPAGED },
	{ "pool.baseline.paged_delta", NTR_FT_DELTA, "bytes", "The same of paged pool.",
	  get_whole, ALL_PAGED },
	{ "pool.growth", NTR_FT_LIST, NULL, "Tags whose counters are not those of "
	  "the baseline, one element for each pool; the largest difference of "
	  "bytes, up or down, first.", get_list, 0 },
	{ "pool.growth[]", NTR_FT_RECORD, NULL, "Such a tag.", NULL, 0 },
	{ "pool.growth[].tag", NTR_FT_STRING, "tag", "Its four characters.", get,
	  TAG },
	{ "pool.growth[].kind", NTR_FT_STRING, NULL, "paged or nonpaged.", get,
	  KIND },
	{ "pool.growth[].owner", NTR_FT_STRING, NULL, "File of the driver whose "
	  "tag it is, as far as is known.", get, OWNER },
	{ "pool.growth[].bytes_before", NTR_FT_SIZE, NULL, "Bytes in the "
	  "baseline; 0 when it did not have the tag.", get, BEFORE },
	{ "pool.growth[].bytes_after", NTR_FT_SIZE, NULL, "Bytes now.", get,
	  AFTER },
	{ "pool.growth[].bytes_delta", NTR_FT_DELTA, "bytes", "Now less then: "
	  "negative when it shrank.", get, BYTES },
	{ "pool.growth[].live_before", NTR_FT_INT, NULL, "Live blocks in the "
	  "baseline.", get, LIVE_BEFORE },
	{ "pool.growth[].live_after", NTR_FT_INT, NULL, "Live blocks now.", get,
	  LIVE_AFTER },
	{ "pool.growth[].live_delta", NTR_FT_DELTA, NULL, "Now less then.", get,
	  LIVE },
	{ "pool.growth[].allocs_delta", NTR_FT_DELTA, NULL, "Allocations since; "
	  "negative when the baseline is of another run of the machine.", get,
	  ALLOCS },
	{ "pool.growth[].frees_delta", NTR_FT_DELTA, NULL, "Frees since.", get,
	  FREES },
};

const struct ntr_fact_part ntr_fact_part_growth = {
	"Pool growth", "What pool tags hold more or less than in an earlier dump "
	"of the machine (--baseline).", rows, NTR_COUNT(rows),
};
