// SPDX-License-Identifier: Apache-2.0
/* The block of pool that a parameter of the stop names, and its neighbours. */
#include "../triage/pooltag.h"
#include "facts_int.h"

static const struct ntr_pool_story *story(struct ntr_facts *f,
					  struct ntr_fact *out)
{
	const struct ntr_pool_story *s;
	bool none;

	s = ntr_facts_story(f, &out->why, &none);
	if (!s && none)
		ntr_fact_none(out, out->why);
	return s;
}

/* --- a block ------------------------------------------------------------------------ */

enum { ADDRESS, TAG, DRIVER, SIZE, STATE, HEADER_OK, FIELDS };
enum { BLOCK, PREVIOUS, NEXT };
#define OF(who, field) ((who) * FIELDS + (field))

static void get_tag(struct ntr_facts *f, const struct ntr_pool_party *b,
		    struct ntr_fact *out)
{
	char text[5];

	ntr_pool_tag_text(b->tag, text);
	ntr_fact_str(out, ntr_facts_text(f, "%s", text), "memory was short");
}

/* What a wrong header says is of no block. */
static bool believed(const struct ntr_pool_party *b, int field)
{
	return b->header_ok || field == ADDRESS || field == HEADER_OK ||
	       field == SIZE;
}

static void get_party(struct ntr_facts *f, const struct ntr_pool_party *b,
		      int field, struct ntr_fact *out)
{
	switch (field) {
	case ADDRESS:
		ntr_fact_n(out, b->va);
		break;
	case TAG:
		if (b->tag)
			get_tag(f, b, out);
		else
			ntr_fact_none(out, "a free chunk keeps no tag");
		break;
	case DRIVER:
		if (!b->tag)
			ntr_fact_none(out, "a free chunk keeps no tag");
		else
			ntr_fact_str(out, ntr_tag_driver(f->t, b->tag),
				     "neither the list of tags nor a single "
				     "image names an owner");
		break;
	case SIZE:
		ntr_fact_n_if(out, b->size, b->size, "no header tells it");
		break;
	case STATE:
		ntr_fact_str(out, b->has_state ? ntr_pool_state_name(b->state) :
			     NULL, "its header does not tell");
		break;
	default:
		ntr_fact_n(out, b->header_ok);
	}
}

static void get(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		struct ntr_fact *out)
{
	const struct ntr_pool_story *s = story(f, out);
	int who = arg / FIELDS, field = arg % FIELDS;
	const struct ntr_pool_party *b;

	(void)at;
	if (!s)
		return;
	b = who == PREVIOUS ? &s->previous : who == NEXT ? &s->next : &s->block;
	if (!b->known)
		ntr_fact_why(out, who == BLOCK ?
			     "the page of the block is not mapped any more" :
			     s->kind == NTR_POOL_KIND_LARGE ||
			     s->kind == NTR_POOL_KIND_SPECIAL ?
			     "such a block has pages of its own" :
			     "no header that agrees leads there");
	else if (!believed(b, field))
		ntr_fact_why(out, "its header is damaged");
	else
		get_party(f, b, field, out);
}

/* --- the whole ------------------------------------------------------------------------- */

enum { PARAMETER, WHERE, FAULT, FAULT_AT, ONE_BIT, BIT, FOUND, EXPECTED, TEXT };

static const char *no_fault(const struct ntr_pool_story *s)
{
	return s->kind == NTR_POOL_KIND_LARGE ||
	       s->kind == NTR_POOL_KIND_SPECIAL ?
	       "such a block has pages of its own" :
	       "the headers around it agree";
}

static void get_bit(const struct ntr_pool_story *s, int arg,
		    struct ntr_fact *out)
{
	if (s->has_flip)
		ntr_fact_n(out, arg == BIT ? s->flip : arg == FOUND ?
			   s->flip_found : s->flip_expected);
	else
		ntr_fact_none(out, "no change of one bit explains it");
}

static void get_whole(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int arg, struct ntr_fact *out)
{
	const struct ntr_pool_story *s = story(f, out);

	(void)at;
	if (!s)
		return;
	switch (arg) {
	case PARAMETER:
		ntr_fact_n(out, f->story_param);
		break;
	case WHERE:
		ntr_fact_str(out, ntr_pool_kind_name(s->kind), NULL);
		break;
	case FAULT:
		if (s->fault)
			ntr_fact_str(out, s->fault, NULL);
		else
			ntr_fact_none(out, no_fault(s));
		break;
	case FAULT_AT:
		if (s->fault)
			ntr_fact_n(out, s->fault_at);
		else
			ntr_fact_none(out, no_fault(s));
		break;
	case ONE_BIT:
		ntr_fact_n(out, s->has_flip);
		break;
	case TEXT:
		ntr_fact_str(out, ntr_pool_story_text(&f->arena, f->pool, s),
			     "memory was short");
		break;
	default:
		get_bit(s, arg, out);
	}
}

#define PARTY_ROWS(P, who, what)                                               \
	{ P ".address", NTR_FT_ADDRESS, NULL, "Where " what " begins: its "    \
	  "header, where it has one.", get, OF(who, ADDRESS) },                \
	{ P ".tag", NTR_FT_STRING, "tag", "Its four characters.", get,          \
	  OF(who, TAG) },                                                      \
	{ P ".driver", NTR_FT_STRING, NULL, "File of the driver whose tag it " \
	  "is, as far as is known.", get, OF(who, DRIVER) },                   \
	{ P ".size", NTR_FT_SIZE, NULL, "Bytes, with its header.", get,        \
	  OF(who, SIZE) },                                                     \
	{ P ".state", NTR_FT_STRING, NULL, "free, nonpaged, paged.", get,      \
	  OF(who, STATE) },                                                    \
	{ P ".header_ok", NTR_FT_BOOL, NULL, "Its header agrees with its "     \
	  "neighbours'.", get, OF(who, HEADER_OK) }

static const struct ntr_fact_row rows[] = {
	{ "pool.block.parameter", NTR_FT_INT, NULL, "Which parameter names it.",
	  get_whole, PARAMETER },
	{ "pool.block.where", NTR_FT_STRING, NULL, "page (blocks with headers in "
	  "a page), large, special, segment heap.", get_whole, WHERE },
	PARTY_ROWS("pool.block", BLOCK, "it"),
	{ "pool.block.fault", NTR_FT_STRING, NULL, "What is wrong with the first "
	  "wrong header of its page.", get_whole, FAULT },
	{ "pool.block.fault_address", NTR_FT_ADDRESS, NULL, "That header.",
	  get_whole, FAULT_AT },
	{ "pool.block.single_bit", NTR_FT_BOOL, NULL, "One changed bit explains "
	  "it, a sign of bad memory.", get_whole, ONE_BIT },
	{ "pool.block.bit", NTR_FT_INT, NULL, "Which bit of the header's first "
	  "four bytes.", get_whole, BIT },
	{ "pool.block.found", NTR_FT_INT, "hex", "Those four bytes.", get_whole,
	  FOUND },
	{ "pool.block.expected", NTR_FT_INT, "hex", "The same with the bit "
	  "changed back.", get_whole, EXPECTED },
	{ "pool.block.text", NTR_FT_STRING, NULL, "All of it in words.",
	  get_whole, TEXT },
	PARTY_ROWS("pool.block.previous", PREVIOUS, "that block"),
	PARTY_ROWS("pool.block.next", NEXT, "that block"),
};

const struct ntr_fact_part ntr_fact_part_poolblock = {
	"Pool: the block of the stop", "The block that a parameter of the "
	"stop names, the one in front (the suspect when a header is damaged), "
	"the one behind.",
	rows, NTR_COUNT(rows),
};
