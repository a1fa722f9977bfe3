// SPDX-License-Identifier: Apache-2.0
/* Stack cookies (/GS) of the frames; the stop 0xF7 names one itself. */
#include "../base/bits.h"
#include "facts_int.h"

#define NO_COOKIE "no function of the frames that could be looked at has one"

enum { STATE, FRAME, MODULE, SLOT, EXPECTED, FOUND, BITS, ONE_BIT, BIT,
       EVIDENCE };

static void get_bits(const struct ntr_cookie *c, int arg, struct ntr_fact *out)
{
	unsigned bit = 0;
	bool one = ntr_one_bit(c->found, c->expected, &bit);

	if (arg == BITS)
		ntr_fact_n(out, ntr_bits_changed(c->found, c->expected));
	else if (arg == ONE_BIT)
		ntr_fact_n(out, one);
	else if (one)
		ntr_fact_n(out, bit);
	else
		ntr_fact_none(out, "it is not one bit that differs");
}

static void get_one(struct ntr_facts *f, const struct ntr_cookie *c, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_vframe *v = &f->v->stack.v[c->frame];

	if (arg == FRAME) {
		ntr_fact_n(out, c->frame);
	} else if (arg == MODULE) {
		ntr_fact_str(out, v->module ? v->module->image : NULL,
			     "it is in no module");
	} else if (arg == EVIDENCE) {
		ntr_fact_str(out, c->evidence, c->why);
	} else if (arg == SLOT) {
		ntr_fact_n_if(out, c->slot, c->slot, c->why);
	} else if (c->state == NTR_COOKIE_UNKNOWN) {
		ntr_fact_why(out, c->why);
	} else if (arg == STATE) {
		ntr_fact_str(out, ntr_cookie_state_name(c->state), NULL);
	} else if (arg == EXPECTED || arg == FOUND) {
		ntr_fact_n(out, arg == FOUND ? c->found : c->expected);
	} else {
		get_bits(c, arg, out);
	}
}

/* What the stop itself says: 0xF7 compares before it stops. */
static bool by_stop(struct ntr_facts *f, struct ntr_cookie *c)
{
	const struct ntr_verdict *v = f->v;
	u64 mask = f->t->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;

	if (!v || !v->has_bugcheck || v->code != 0xF7)
		return false;
	*c = (struct ntr_cookie){ .state = NTR_COOKIE_DAMAGED,
				  .found = v->arg[0] & mask,
				  .expected = v->arg[1] & mask };
	return true;
}

static void get_worst(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int arg, struct ntr_fact *out)
{
	const struct ntr_cookies *c = ntr_facts_cookies(f, &out->why);
	const struct ntr_cookie *worst = c ? ntr_cookies_worst(c) : NULL;
	struct ntr_cookie stop;

	(void)at;
	if ((!worst || worst->state != NTR_COOKIE_DAMAGED) &&
	    by_stop(f, &stop)) {
		if (arg == FRAME || arg == MODULE || arg == SLOT)
			ntr_fact_why(out, "the stop says that a cookie was "
				     "overwritten, not whose, and no frame shows "
				     "it");
		else if (arg == EVIDENCE)
			ntr_fact_str(out, "the stop", NULL);
		else
			get_one(f, &stop, arg, out);
	} else if (worst) {
		get_one(f, worst, arg, out);
	} else if (c) {
		ntr_fact_none(out, NO_COOKIE);
	}
}

static void get_list(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_cookies *c = ntr_facts_cookies(f, &out->why);

	(void)at;
	(void)arg;
	if (c)
		ntr_fact_n(out, c->n);
}

static void get(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		struct ntr_fact *out)
{
	get_one(f, &f->cookies.v[at->index[0]], arg, out);
}

#define COOKIE_ROWS(P, fn)                                                     \
	{ P ".state", NTR_FT_STRING, NULL, "ok or damaged.", fn, STATE },      \
	{ P ".frame", NTR_FT_INT, NULL, "Number of the frame.", fn, FRAME },   \
	{ P ".module", NTR_FT_STRING, NULL, "File of its module.", fn,         \
	  MODULE },                                                            \
	{ P ".address", NTR_FT_ADDRESS, NULL, "Where the frame keeps it.", fn, \
	  SLOT },                                                              \
	{ P ".expected", NTR_FT_INT, "hex", "The module's cookie.", fn,        \
	  EXPECTED },                                                          \
	{ P ".found", NTR_FT_INT, "hex", "The frame's, without what it is "    \
	  "mixed with.", fn, FOUND },                                          \
	{ P ".bits", NTR_FT_INT, NULL, "How many bits differ.", fn, BITS },    \
	{ P ".single_bit", NTR_FT_BOOL, NULL, "It is one bit: a sign of bad "  \
	  "memory.", fn, ONE_BIT },                                            \
	{ P ".bit", NTR_FT_INT, NULL, "Which one, from the lowest.", fn, BIT },\
	{ P ".evidence", NTR_FT_STRING, NULL, "What says where it is kept: "   \
	  "code, handler data, both; the stop.", fn, EVIDENCE }

static const struct ntr_fact_row rows[] = {
	COOKIE_ROWS("stack.cookie", get_worst),
	{ "stack.cookies", NTR_FT_LIST, NULL, "Frames whose functions keep a "
	  "stack cookie.", get_list, 0 },
	{ "stack.cookies[]", NTR_FT_RECORD, NULL, "The cookie of a frame.", NULL,
	  0 },
	COOKIE_ROWS("stack.cookies[]", get),
};

const struct ntr_fact_part ntr_fact_part_cookie = {
	"Stack cookies", "Cookies between buffers and return addresses (/GS): "
	"stack.cookie is the innermost damaged one, else one that is whole.",
	rows, NTR_COUNT(rows),
};
