// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel pool: how full, what each tag holds, what is judged a leak, and where
 * headers are damaged.
 *
 * Counts of live blocks are frees taken from allocations; where a dump was
 * taken between two updates and says less than nothing, that is 0. Growth since
 * a baseline has a sign: facts_growth.c.
 */
#include "facts_int.h"

#include <string.h>

#define NO_TAGS "pool tags are not in this dump; take a kernel dump"

/* --- the two pools ---------------------------------------------------------------- */

enum { BYTES, LIMIT, SHARE, SOURCE, PRESSURE, START, END, POOL_FIELDS };

static const char *pressure_name(enum ntr_pool_pressure p)
{
	static const char *const names[] = { NULL, "fine", "high", "exhausted" };

	return (size_t)p < NTR_COUNT(names) ? names[p] : NULL;
}

static void get_num(const struct ntr_pool_num *n, struct ntr_fact *out)
{
	ntr_fact_n_if(out, n->known, n->v, n->why);
}

static void get_pool(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	unsigned kind = arg >= POOL_FIELDS ? NTR_PAGED : NTR_NONPAGED;
	const struct ntr_poolwatch *w = ntr_facts_poolwatch(f, false, &out->why);
	const struct ntr_pool_usage *u;

	(void)at;
	if (!w)
		return;
	u = &w->usage[kind];
	switch (arg % POOL_FIELDS) {
	case BYTES:
		ntr_fact_n_if(out, u->has_used, u->used, f->pool->tags_why ?
			      f->pool->tags_why : NO_TAGS);
		break;
	case LIMIT:
		get_num(&f->pool->limit[kind], out);
		break;
	case SHARE:
		ntr_fact_n_if(out, u->has_used && u->has_limit && u->limit &&
			      u->used <= UINT64_MAX / 100,
			      u->limit ? u->used * 100 / u->limit : 0, u->why);
		break;
	case SOURCE:
		ntr_fact_str(out, u->has_used ? u->source : NULL,
			     f->pool->tags_why ? f->pool->tags_why : NO_TAGS);
		break;
	case PRESSURE:
		ntr_fact_str(out, pressure_name(u->pressure), u->why);
		break;
	case START:
		get_num(&f->pool->start[kind], out);
		break;
	case END:
		get_num(&f->pool->end[kind], out);
		break;
	}
}

/* --- tags ----------------------------------------------------------------------------- */

enum { T_TAG, T_NP_BYTES, T_NP_ALLOCS, T_NP_FREES, T_NP_LIVE, T_NP_SHARE,
       T_NP_BLOCK, T_P_BYTES, T_P_ALLOCS, T_P_FREES, T_P_LIVE, T_P_SHARE,
       T_P_BLOCK, T_ALLOCS, T_FREES, T_LIVE, T_BYTES, T_OWNER, T_ABOUT, T_LOST };

static u64 live(const struct ntr_pool_tag *t, unsigned kind)
{
	s64 n = ntr_pool_live(t, kind);

	return n > 0 ? (u64)n : 0;
}

/* Share of the bytes that all tags hold in that pool. */
static void get_share(const struct ntr_pool *p, const struct ntr_pool_tag *t,
		      unsigned kind, struct ntr_fact *out)
{
	double all = 0;

	for (size_t i = 0; i < p->tags.n; i++)
		all += (double)p->tags.v[i].bytes[kind];
	ntr_fact_n(out, all > 0 ?
		   (u64)((double)t->bytes[kind] * 100 / all) : 0);
}

static void get_per_pool(const struct ntr_pool *p, const struct ntr_pool_tag *t,
			 int arg, struct ntr_fact *out)
{
	unsigned kind = arg >= T_P_BYTES ? NTR_PAGED : NTR_NONPAGED;

	switch (kind == NTR_PAGED ? arg - T_P_BYTES : arg - T_NP_BYTES) {
	case 0:
		ntr_fact_n(out, t->bytes[kind]);
		break;
	case 1:
		ntr_fact_n(out, t->allocs[kind]);
		break;
	case 2:
		ntr_fact_n(out, t->frees[kind]);
		break;
	case 3:
		ntr_fact_n(out, live(t, kind));
		break;
	case 4:
		get_share(p, t, kind, out);
		break;
	default:
		if (live(t, kind))
			ntr_fact_n(out, t->bytes[kind] / live(t, kind));
		else
			ntr_fact_none(out, "no block of this tag is live");
	}
}

static void get_about(const struct ntr_pool_tag *t, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(t->tag);

	ntr_fact_str(out, !i ? NULL : arg == T_OWNER ? i->module : i->text,
		     "nothing is known of this tag");
}

/* Blocks of the tag that nothing in memory points to. */
static void get_lost(struct ntr_facts *f, const struct ntr_pool_tag *t,
		     struct ntr_fact *out)
{
	const struct ntr_poolwatch *w = ntr_facts_poolwatch(f, true, &out->why);

	if (!w)
		return;
	ntr_fact_why(out, "memory is searched only for tags that hold a large "
		     "share of their pool");
	for (size_t i = 0; i < w->tags.n; i++) {
		const struct ntr_tag_judgement *j = &w->tags.v[i];

		if (j->tag != t->tag)
			continue;
		if (j->has_reach)
			ntr_fact_n(out, j->reach.islands + j->reach.orphans);
		else
			ntr_fact_why(out, j->ncannot ? j->cannot[0] :
				     "memory was not searched");
		return;
	}
}

static void get_tag_of(struct ntr_facts *f, const struct ntr_pool_tag *t,
		       int arg, struct ntr_fact *out)
{
	char text[5];

	switch (arg) {
	case T_TAG:
		ntr_pool_tag_text(t->tag, text);
		ntr_fact_str(out, ntr_facts_text(f, "%s", text),
			     "memory was short");
		break;
	case T_ALLOCS:
		ntr_fact_n(out, t->allocs[0] + t->allocs[1]);
		break;
	case T_FREES:
		ntr_fact_n(out, t->frees[0] + t->frees[1]);
		break;
	case T_LIVE:
		ntr_fact_n(out, live(t, 0) + live(t, 1));
		break;
	case T_BYTES:
		ntr_fact_n(out, t->bytes[0] + t->bytes[1]);
		break;
	case T_OWNER:
	case T_ABOUT:
		get_about(t, arg, out);
		break;
	case T_LOST:
		get_lost(f, t, out);
		break;
	default:
		get_per_pool(f->pool, t, arg, out);
	}
}

/* Four characters, shorter ones filled with blanks. */
static bool tag_of(const char *key, u32 *tag)
{
	size_t n = strlen(key);

	*tag = 0;
	for (size_t i = 0; i < 4; i++)
		*tag |= (u32)(u8)(i < n ? key[i] : ' ') << 8 * i;
	return n && n <= 4;
}

static void no_tag(struct ntr_facts *f, const char *key, struct ntr_fact *out)
{
	if (!f->pool->tags.n)
		ntr_fact_why(out, f->pool->tags_why ? f->pool->tags_why :
			     NO_TAGS);
	else if (f->pool->tags_why)
		ntr_fact_why(out, ntr_facts_text(f, "%s is not among "
			"the tags that could be read: %s", key,
			f->pool->tags_why));
	else
		ntr_fact_none(out, ntr_facts_text(f, "no allocation was ever counted for the tag %s", key));
}

enum { THERE = -1 };

static void get_tag(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_pool *p = ntr_facts_pool(f, &out->why);
	const struct ntr_pool_tag *t;
	u32 tag;

	if (!p)
		return;
	if (!at->key[0]) {
		get_tag_of(f, &p->tags.v[at->index[0]], arg, out);
		return;
	}
	if (!tag_of(at->key, &tag)) {
		ntr_fact_none(out, "a tag has four characters");
		return;
	}
	t = ntr_pool_tag_of(p, tag);
	if (!t)
		no_tag(f, at->key, out);
	else if (arg == THERE)
		ntr_fact_n(out, 1);
	else
		get_tag_of(f, t, arg, out);
}

static void get_tags(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_pool *p = ntr_facts_pool(f, &out->why);

	(void)at;
	(void)arg;
	if (p)
		ntr_fact_n_if(out, p->tags.n, p->tags.n, p->tags_why ?
			      p->tags_why : NO_TAGS);
}

/* --- judgement --------------------------------------------------------------------------- */

enum { J_TAG, J_KIND, J_VERDICT, J_LIVE, J_BYTES, J_BLOCK, J_SHARE, J_UNIFORM,
       J_CACHED, J_EVIDENCE, J_GREW_BLOCKS, J_GREW_BYTES };

static void get_judged_list(struct ntr_facts *f, const struct ntr_fact_at *at,
			    int arg, struct ntr_fact *out)
{
	const struct ntr_poolwatch *w = ntr_facts_poolwatch(f, false, &out->why);

	(void)at;
	(void)arg;
	if (w)
		ntr_fact_n_if(out, !w->tags_why, w->tags.n, w->tags_why);
}

/* The i-th piece of evidence, or how many there are. */
static u64 evidence(const struct ntr_tag_judgement *j, u64 want,
		    const char **text)
{
	u64 n = 0;

	for (unsigned i = 0; i < NTR_POOL_EV_COUNT; i++)
		if (j->evidence[i] && n++ == want)
			*text = j->evidence[i];
	return n;
}

static void get_grew(struct ntr_facts *f, const struct ntr_tag_judgement *j,
		     s64 by, struct ntr_fact *out)
{
	const char *why;

	if (j->has_growth)
		ntr_fact_delta_of(out, by);
	else if (ntr_facts_old_pool(f, &why))
		ntr_fact_why(out, "the baseline counts more allocations: it is "
			     "of another run of the machine");
	else
		ntr_fact_why(out, why);
}

static void get_judged(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_tag_judgement *j = &f->watch->tags.v[at->index[0]];
	const char *said = NULL;
	char text[5];

	switch (arg) {
	case J_TAG:
		ntr_pool_tag_text(j->tag, text);
		ntr_fact_str(out, ntr_facts_text(f, "%s", text),
			     "memory was short");
		break;
	case J_KIND:
		ntr_fact_str(out, j->kind == NTR_PAGED ? "paged" : "nonpaged",
			     NULL);
		break;
	case J_VERDICT:
		ntr_fact_str(out, ntr_tag_verdict_name(j->verdict), NULL);
		break;
	case J_LIVE:
		ntr_fact_n(out, j->live > 0 ? (u64)j->live : 0);
		break;
	case J_BYTES:
		ntr_fact_n(out, j->bytes);
		break;
	case J_BLOCK:
		ntr_fact_n_if(out, j->per_block, j->per_block,
			      "no block of this tag is live");
		break;
	case J_SHARE:
		ntr_fact_n(out, j->permille / 10);
		break;
	case J_UNIFORM:
		ntr_fact_n(out, j->uniform);
		break;
	case J_CACHED:
		ntr_fact_n(out, j->cached);
		break;
	case J_GREW_BLOCKS:
		get_grew(f, j, j->growth_blocks, out);
		break;
	case J_GREW_BYTES:
		get_grew(f, j, j->growth_bytes, out);
		break;
	case J_EVIDENCE:
		ntr_fact_n(out, evidence(j, at->nindexes > 1 ? at->index[1] :
					 UINT64_MAX, &said));
		if (at->nindexes > 1)
			ntr_fact_str(out, said, NULL);
		break;
	}
}

/* --- damage -------------------------------------------------------------------------------- */

enum { D_PAGE, D_ADDRESS, D_KIND, D_FAULT, D_BEFORE, D_BEFORE_AT, D_AFTER,
       D_BIT };
enum { D_LIST, D_PAGES, D_ABSENT };

static void get_damage_list(struct ntr_facts *f, const struct ntr_fact_at *at,
			    int arg, struct ntr_fact *out)
{
	(void)at;
	if (!ntr_facts_damage(f, &out->why))
		return;
	ntr_fact_n(out, arg == D_LIST ? f->damage.n : arg == D_PAGES ?
		   f->walk.pages : f->walk.absent);
}

static void get_block_tag(struct ntr_facts *f, bool has,
			  const struct ntr_pool_block *b, struct ntr_fact *out)
{
	char text[5];

	ntr_pool_tag_text(b->tag, text);
	ntr_fact_str(out, has ? ntr_facts_text(f, "%s", text) : NULL,
		     "there is no such block in the page");
}

static void get_damage(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_pool_damage *d = &f->damage.v[at->index[0]];
	const struct ntr_pool_check *c = &d->check;

	switch (arg) {
	case D_PAGE:
		ntr_fact_n(out, d->va);
		break;
	case D_ADDRESS:
		ntr_fact_n(out, d->va + c->bad);
		break;
	case D_KIND:
		ntr_fact_str(out, d->kind == NTR_PAGED ? "paged" : "nonpaged",
			     NULL);
		break;
	case D_FAULT:
		ntr_fact_str(out, ntr_pool_fault_text(c->fault), NULL);
		break;
	case D_BEFORE:
		get_block_tag(f, c->has_before, &c->before, out);
		break;
	case D_BEFORE_AT:
		ntr_fact_n_if(out, c->has_before, d->va + c->before.off,
			      "there is no such block in the page");
		break;
	case D_AFTER:
		get_block_tag(f, c->has_after, &c->after, out);
		break;
	case D_BIT:
		ntr_fact_n(out, c->has_flip);
		break;
	}
}

/* --- rows ------------------------------------------------------------------------------------ */

#define POOL_ROWS(P, base)                                                     \
	{ P ".bytes", NTR_FT_SIZE, NULL, "Bytes of it in use.", get_pool,      \
	  (base) + BYTES },                                                    \
	{ P ".limit", NTR_FT_SIZE, NULL, "Bytes it may grow to.", get_pool,    \
	  (base) + LIMIT },                                                    \
	{ P ".share", NTR_FT_INT, "percent", "What is in use of the limit.",   \
	  get_pool, (base) + SHARE },                                          \
	{ P ".source", NTR_FT_STRING, NULL, "What counted the bytes.",         \
	  get_pool, (base) + SOURCE },                                         \
	{ P ".pressure", NTR_FT_STRING, NULL, "fine, high (80 percent of the " \
	  "limit), exhausted (95).", get_pool, (base) + PRESSURE },            \
	{ P ".start", NTR_FT_ADDRESS, NULL, "Where it begins.", get_pool,      \
	  (base) + START },                                                    \
	{ P ".end", NTR_FT_ADDRESS, NULL, "The address behind it.", get_pool,  \
	  (base) + END }

#define TAG_ROWS(P)                                                            \
	{ P ".nonpaged_bytes", NTR_FT_SIZE, NULL, "Bytes of nonpaged pool.",   \
	  get_tag, T_NP_BYTES },                                               \
	{ P ".nonpaged_allocs", NTR_FT_INT, NULL, "Allocations of nonpaged "   \
	  "pool, ever.", get_tag, T_NP_ALLOCS },                               \
	{ P ".nonpaged_frees", NTR_FT_INT, NULL, "How many of them were "      \
	  "freed.", get_tag, T_NP_FREES },                                     \
	{ P ".nonpaged_live", NTR_FT_INT, NULL, "How many of them were not.",  \
	  get_tag, T_NP_LIVE },                                                \
	{ P ".nonpaged_share", NTR_FT_INT, "percent", "Of all tags' nonpaged " \
	  "bytes.", get_tag, T_NP_SHARE },                                     \
	{ P ".nonpaged_block", NTR_FT_SIZE, NULL, "Bytes of a live block, on " \
	  "average.", get_tag, T_NP_BLOCK },                                   \
	{ P ".paged_bytes", NTR_FT_SIZE, NULL, "Bytes of paged pool.",         \
	  get_tag, T_P_BYTES },                                                \
	{ P ".paged_allocs", NTR_FT_INT, NULL, "Allocations of paged pool, "   \
	  "ever.", get_tag, T_P_ALLOCS },                                      \
	{ P ".paged_frees", NTR_FT_INT, NULL, "How many of them were freed.",  \
	  get_tag, T_P_FREES },                                                \
	{ P ".paged_live", NTR_FT_INT, NULL, "How many of them were not.",     \
	  get_tag, T_P_LIVE },                                                 \
	{ P ".paged_share", NTR_FT_INT, "percent", "Of all tags' paged "       \
	  "bytes.", get_tag, T_P_SHARE },                                      \
	{ P ".paged_block", NTR_FT_SIZE, NULL, "Bytes of a live block, on "    \
	  "average.", get_tag, T_P_BLOCK },                                    \
	{ P ".allocs", NTR_FT_INT, NULL, "Allocations of both pools.",         \
	  get_tag, T_ALLOCS },                                                 \
	{ P ".frees", NTR_FT_INT, NULL, "Frees of both pools.", get_tag,       \
	  T_FREES },                                                           \
	{ P ".live", NTR_FT_INT, NULL, "Live blocks of both pools.", get_tag,  \
	  T_LIVE },                                                            \
	{ P ".bytes", NTR_FT_SIZE, NULL, "Bytes of both pools.", get_tag,      \
	  T_BYTES },                                                           \
	{ P ".owner", NTR_FT_STRING, NULL, "File of the driver whose tag it "  \
	  "is, as far as is known.", get_tag, T_OWNER },                       \
	{ P ".about", NTR_FT_STRING, NULL, "What is known of the tag.",        \
	  get_tag, T_ABOUT }

static const struct ntr_fact_row rows[] = {
	POOL_ROWS("pool.nonpaged", 0),
	POOL_ROWS("pool.paged", POOL_FIELDS),
	{ "pool.tag[\"\"]", NTR_FT_RECORD, NULL, "A pool tag by its four "
	  "characters, such as pool.tag[\"AfdB\"].", get_tag, THERE },
	TAG_ROWS("pool.tag[\"\"]"),
	{ "pool.tag[\"\"].lost", NTR_FT_INT, NULL, "Live blocks that nothing in "
	  "memory points to; searching takes seconds on a large dump.",
	  get_tag, T_LOST },
	{ "pool.tags", NTR_FT_LIST, NULL, "All tags that were ever counted.",
	  get_tags, 0 },
	{ "pool.tags[]", NTR_FT_RECORD, NULL, "A pool tag.", NULL, 0 },
	{ "pool.tags[].tag", NTR_FT_STRING, "tag", "Its four characters.", get_tag,
	  T_TAG },
	TAG_ROWS("pool.tags[]"),
	{ "pool.judged", NTR_FT_LIST, NULL, "Tags that hold a large share of "
	  "their pool, the largest first.", get_judged_list, 0 },
	{ "pool.judged[]", NTR_FT_RECORD, NULL, "Such a tag.", NULL, 0 },
	{ "pool.judged[].tag", NTR_FT_STRING, "tag", "Its four characters.",
	  get_judged, J_TAG },
	{ "pool.judged[].kind", NTR_FT_STRING, NULL, "paged or nonpaged.",
	  get_judged, J_KIND },
	{ "pool.judged[].verdict", NTR_FT_STRING, NULL, "normal, plateau, "
	  "suspect, leak.", get_judged, J_VERDICT },
	{ "pool.judged[].live", NTR_FT_INT, NULL, "Live blocks.", get_judged,
	  J_LIVE },
	{ "pool.judged[].bytes", NTR_FT_SIZE, NULL, "Bytes it holds.", get_judged,
	  J_BYTES },
	{ "pool.judged[].block", NTR_FT_SIZE, NULL, "Bytes of a block, on "
	  "average.", get_judged, J_BLOCK },
	{ "pool.judged[].share", NTR_FT_INT, "percent", "Of its pool.",
	  get_judged, J_SHARE },
	{ "pool.judged[].uniform", NTR_FT_BOOL, NULL, "All its blocks have one "
	  "size.", get_judged, J_UNIFORM },
	{ "pool.judged[].cached", NTR_FT_INT, NULL, "Blocks that lie in lookaside "
	  "lists.", get_judged, J_CACHED },
	{ "pool.judged[].growth_blocks", NTR_FT_DELTA, NULL, "Live blocks now "
	  "less those of the baseline.", get_judged, J_GREW_BLOCKS },
	{ "pool.judged[].growth_bytes", NTR_FT_DELTA, "bytes", "Bytes now less "
	  "those of the baseline.", get_judged, J_GREW_BYTES },
	{ "pool.judged[].evidence", NTR_FT_LIST, NULL, "What the verdict rests "
	  "on.", get_judged, J_EVIDENCE },
	{ "pool.judged[].evidence[]", NTR_FT_STRING, NULL, "A sentence.",
	  get_judged, J_EVIDENCE },
	{ "pool.corruption", NTR_FT_LIST, NULL, "Pages of pool, of those in the "
	  "dump, whose headers are damaged; at most 64 are kept.", get_damage_list, D_LIST },
	{ "pool.corruption[]", NTR_FT_RECORD, NULL, "Such a page.", NULL, 0 },
	{ "pool.corruption[].page", NTR_FT_ADDRESS, NULL, "Address of the page.",
	  get_damage, D_PAGE },
	{ "pool.corruption[].address", NTR_FT_ADDRESS, NULL, "The first header "
	  "that is wrong.", get_damage, D_ADDRESS },
	{ "pool.corruption[].kind", NTR_FT_STRING, NULL, "paged or nonpaged.",
	  get_damage, D_KIND },
	{ "pool.corruption[].fault", NTR_FT_STRING, NULL, "What is wrong with "
	  "it.", get_damage, D_FAULT },
	{ "pool.corruption[].suspect", NTR_FT_STRING, "tag", "Tag of the block in "
	  "front, which was probably written past its end.", get_damage,
	  D_BEFORE },
	{ "pool.corruption[].suspect_address", NTR_FT_ADDRESS, NULL, "Where that "
	  "block's header lies.", get_damage, D_BEFORE_AT },
	{ "pool.corruption[].next", NTR_FT_STRING, "tag", "Tag of the first good "
	  "block behind the damage.", get_damage, D_AFTER },
	{ "pool.corruption[].single_bit", NTR_FT_BOOL, NULL, "One changed bit "
	  "explains it, a sign of bad memory.", get_damage, D_BIT },
	{ "pool.checked_pages", NTR_FT_INT, NULL, "Pages of pool that were "
	  "looked at for damage.", get_damage_list, D_PAGES },
	{ "pool.absent_pages", NTR_FT_INT, NULL, "Pages of its range that are "
	  "not in the dump, or were never in use.", get_damage_list, D_ABSENT },
};

const struct ntr_fact_part ntr_fact_part_pool = {
	"Pool", "Kernel pool, by the kernel's own counters and headers.",
	rows, NTR_COUNT(rows),
};
