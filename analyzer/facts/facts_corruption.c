// SPDX-License-Identifier: Apache-2.0
/* Damage of every kind: list links, pool headers, code, stack cookies. */
#include "facts_int.h"

enum { ITEMS, ONE_BITS, LOOKED };

static void get_whole(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int arg, struct ntr_fact *out)
{
	const struct ntr_corruption *c = ntr_facts_corruption(f, &out->why);
	unsigned kind = (unsigned)(arg - LOOKED);

	(void)at;
	if (!c)
		return;
	if (arg == ITEMS)
		ntr_fact_n(out, c->n);
	else if (arg == ONE_BITS)
		ntr_fact_n(out, c->one_bit);
	else
		ntr_fact_n_if(out, !c->why[kind], c->looked_at[kind],
			      c->why[kind]);
}

enum { KIND, ADDRESS, EXPECTED, FOUND, BITS, ONE_BIT, BIT, NEIGHBOUR, TEXT };

static void get(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		struct ntr_fact *out)
{
	const struct ntr_damage *d = &f->corruption.v[at->index[0]];
	static const char no[] = "what should be there is not known";

	switch (arg) {
	case KIND:
		ntr_fact_str(out, ntr_damage_kind_name(d->kind), NULL);
		break;
	case ADDRESS:
		ntr_fact_n(out, d->address);
		break;
	case EXPECTED:
		ntr_fact_n_if(out, d->has_expected, d->expected, no);
		break;
	case FOUND:
		ntr_fact_n_if(out, d->has_found, d->found,
			      "it is not in the dump");
		break;
	case BITS:
		ntr_fact_n_if(out, d->has_expected, d->bits, no);
		break;
	case ONE_BIT:
		ntr_fact_n_if(out, d->has_expected, d->one_bit, no);
		break;
	case BIT:
		if (d->one_bit)
			ntr_fact_n(out, d->bit);
		else if (!d->has_expected)
			ntr_fact_why(out, no);
		else
			ntr_fact_none(out, "it is not one bit that differs");
		break;
	case NEIGHBOUR:
		ntr_fact_str(out, d->neighbour, "nothing beside it is known");
		break;
	case TEXT:
		ntr_fact_str(out, d->text, "memory was short");
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "corruption.items", NTR_FT_LIST, NULL, "All damage that was found; at "
	  "most 1024 items.", get_whole, ITEMS },
	{ "corruption.items[]", NTR_FT_RECORD, NULL, "One damaged place.", NULL,
	  0 },
	{ "corruption.items[].kind", NTR_FT_STRING, NULL, "list link, pool "
	  "header, code, stack cookie.", get, KIND },
	{ "corruption.items[].address", NTR_FT_ADDRESS, NULL, "Where it is.", get,
	  ADDRESS },
	{ "corruption.items[].expected", NTR_FT_INT, "hex", "What should be "
	  "there.", get, EXPECTED },
	{ "corruption.items[].found", NTR_FT_INT, "hex", "What is there; of code "
	  "the first eight bytes.", get, FOUND },
	{ "corruption.items[].bits", NTR_FT_INT, NULL, "How many bits differ.",
	  get, BITS },
	{ "corruption.items[].single_bit", NTR_FT_BOOL, NULL, "It is one bit: a "
	  "sign of bad memory.", get, ONE_BIT },
	{ "corruption.items[].bit", NTR_FT_INT, NULL, "Which one, from the "
	  "lowest.", get, BIT },
	{ "corruption.items[].neighbour", NTR_FT_STRING, NULL, "What lies beside "
	  "it, or whose it is: the list, the block in front, the function.", get,
	  NEIGHBOUR },
	{ "corruption.items[].text", NTR_FT_STRING, NULL, "What is wrong, in "
	  "words.", get, TEXT },
	{ "corruption.single_bits", NTR_FT_INT, NULL, "How many of them are one "
	  "bit.", get_whole, ONE_BITS },
	{ "corruption.checked_lists", NTR_FT_INT, NULL, "Kernel lists that were "
	  "followed.", get_whole, LOOKED + NTR_DAMAGE_LIST },
	{ "corruption.checked_pages", NTR_FT_INT, NULL, "Pages of pool that were "
	  "looked at.", get_whole, LOOKED + NTR_DAMAGE_POOL },
	{ "corruption.checked_images", NTR_FT_INT, NULL, "Images, of the kernel "
	  "and the drivers on the stack, whose code was compared with their "
	  "files.", get_whole, LOOKED + NTR_DAMAGE_CODE },
	{ "corruption.checked_frames", NTR_FT_INT, NULL, "Frames whose functions "
	  "were looked at for a stack cookie.", get_whole,
	  LOOKED + NTR_DAMAGE_COOKIE },
};

const struct ntr_fact_part ntr_fact_part_corruption = {
	"Corruption", "Damage of every kind, with what stood there and what "
	"should.", rows, NTR_COUNT(rows),
};
