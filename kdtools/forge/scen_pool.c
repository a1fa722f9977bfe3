// SPDX-License-Identifier: Apache-2.0
/*
 * The statements of kernel pool:
 *
 *	pool nonpaged max 32MiB {
 *		block AfdB size 4096 count 100 held
 *		overrun 41414141
 *		big Mdl size 0x5000
 *		tag AfdB allocs 5000 frees 12 bytes 20MiB
 *	}
 *	pooltags percpu
 */
#include "scen_lex.h"

#include <string.h>

static u32 read_tag(struct f_lex *l)
{
	struct f_loc at = l->at;
	const char *t = f_lex_text(l, "a pool tag");
	size_t n = strlen(t);
	u32 v = 0;

	if (!l->st && n > 4)
		f_lex_fail(l, at, "a pool tag has 1 to 4 characters");
	for (size_t i = 0; i < 4; i++)
		v |= (u32)(u8)(i < n ? t[i] : ' ') << 8 * i;
	return v;
}

static struct f_spool_item *add_item(struct f_lex *l, struct f_loc at,
				     bool paged, enum f_pool_what what)
{
	struct f_scen *s = l->s;
	struct f_spool_item *it;

	if (l->st)
		return NULL;
	if (s->pool_items.n >= F_MAX_POOL) {
		f_lex_fail(l, at, "more than %d pool statements", F_MAX_POOL);
		return NULL;
	}
	it = ntr_vec_add(&s->pool_items);
	if (!it) {
		f_lex_fail(l, at, "out of memory");
		return NULL;
	}
	*it = (struct f_spool_item){ .loc = at, .what = what, .paged = paged,
				     .count = 1, .allocs = F_NONE,
				     .frees = F_NONE, .bytes = F_NONE };
	return it;
}

static bool block_attr(struct f_lex *l, struct f_spool_item *it)
{
	struct f_loc here;

	if (f_lex_word(l, "size")) {
		it->size = f_lex_num(l, "a size in bytes");
	} else if (f_lex_word(l, "count")) {
		here = l->at;
		it->count = f_lex_num(l, "a number of blocks");
		if (!l->st && (!it->count || it->count > F_MAX_POOL_BLOCKS))
			f_lex_fail(l, here, "1 to %d blocks", F_MAX_POOL_BLOCKS);
	} else if (f_lex_word(l, "index")) {
		it->index = f_lex_num(l, "a pool index");
	} else if (f_lex_word(l, "free")) {
		it->free = true;
	} else if (f_lex_word(l, "quota")) {
		it->quota = true;
	} else if (f_lex_word(l, "held")) {
		it->held = true;
	} else if (f_lex_word(l, "linked")) {
		it->linked = true;
	} else if (f_lex_word(l, "name")) {
		it->name = f_lex_text(l, "a name for the block");
	} else if (f_lex_word(l, "data")) {
		it->b = f_lex_hex(l);
	} else {
		return false;
	}
	return !l->st;
}

static void one_block(struct f_lex *l, struct f_loc at, bool paged,
		      enum f_pool_what what)
{
	struct f_spool_item *it = add_item(l, at, paged, what);

	if (!it)
		return;
	it->tag = read_tag(l);
	while (!l->st && block_attr(l, it))
		;
	if (!l->st && !it->size)
		f_lex_fail(l, at, "a block needs a size");
	if (!l->st && it->name && it->count != 1)
		f_lex_fail(l, at, "only a single block has a name");
	if (!l->st && it->b.n > it->size)
		f_lex_fail(l, at, "the data is larger than the block");
}

static void one_lookaside(struct f_lex *l, struct f_loc at, bool paged)
{
	struct f_spool_item *it = add_item(l, at, paged, F_PL_LOOKASIDE);

	if (!it)
		return;
	it->tag = read_tag(l);
	it->count = 0;
	it->index = 4;
	it->linked = true;
	while (!l->st) {
		if (f_lex_word(l, "size"))
			it->size = f_lex_num(l, "a size in bytes");
		else if (f_lex_word(l, "cached"))
			it->count = f_lex_num(l, "a number of blocks");
		else if (f_lex_word(l, "depth"))
			it->index = f_lex_num(l, "a number of blocks");
		else if (f_lex_word(l, "allocs"))
			it->allocs = f_lex_num(l, "a number of allocations");
		else if (f_lex_word(l, "frees"))
			it->frees = f_lex_num(l, "a number of frees");
		else
			break;
	}
	if (!l->st && it->count > 0xffff)
		f_lex_fail(l, at, "a lookaside list has at most 65535 blocks");
	if (!l->st && (!it->size || it->size > 0xf00))
		f_lex_fail(l, at, "blocks of a lookaside list have 1 to 0xf00 bytes");
}

static void one_tag(struct f_lex *l, struct f_loc at, bool paged)
{
	struct f_spool_item *it = add_item(l, at, paged, F_PL_TAG);

	if (!it)
		return;
	it->tag = read_tag(l);
	while (!l->st) {
		if (f_lex_word(l, "allocs"))
			it->allocs = f_lex_num(l, "a number of allocations");
		else if (f_lex_word(l, "frees"))
			it->frees = f_lex_num(l, "a number of frees");
		else if (f_lex_word(l, "bytes"))
			it->bytes = f_lex_num(l, "a size in bytes");
		else
			break;
	}
}

static void one_statement(struct f_lex *l, bool paged)
{
	struct f_loc at = l->at;
	struct f_spool_item *it;

	if (f_lex_word(l, "block")) {
		one_block(l, at, paged, F_PL_BLOCK);
	} else if (f_lex_word(l, "big")) {
		one_block(l, at, paged, F_PL_BIG);
	} else if (f_lex_word(l, "special")) {
		one_block(l, at, paged, F_PL_SPECIAL);
	} else if (f_lex_word(l, "chunk")) {
		one_block(l, at, paged, F_PL_CHUNK);
	} else if (f_lex_word(l, "tag")) {
		one_tag(l, at, paged);
	} else if (f_lex_word(l, "lookaside")) {
		one_lookaside(l, at, paged);
	} else if (f_lex_word(l, "page")) {
		(void)add_item(l, at, paged, F_PL_PAGE);
	} else if (f_lex_word(l, "overrun")) {
		it = add_item(l, at, paged, F_PL_OVERRUN);
		if (it)
			it->b = f_lex_hex(l);
	} else if (f_lex_word(l, "flip")) {
		it = add_item(l, at, paged, F_PL_FLIP);
		if (it)
			it->size = f_lex_num(l, "a bit of the header");
		if (!l->st && it && it->size > 31)
			f_lex_fail(l, at, "bits 0 to 31");
	} else {
		f_lex_unexpected(l);
	}
}

void f_lex_pool(struct f_lex *l)
{
	struct f_loc at = l->at;
	struct f_spool *p;
	bool paged = false;

	if (f_lex_word(l, "paged"))
		paged = true;
	else if (!f_lex_word(l, "nonpaged"))
		f_lex_unexpected(l);
	p = &l->s->pool[paged];
	if (p->given)
		f_lex_fail(l, at, "this pool is described already");
	*p = (struct f_spool){ .given = true, .loc = at, .start = F_NONE,
			       .end = F_NONE, .max = F_NONE,
			       .inuse = F_NONE };
	while (!l->st) {
		if (f_lex_word(l, "start"))
			p->start = f_lex_num(l, "an address");
		else if (f_lex_word(l, "end"))
			p->end = f_lex_num(l, "an address");
		else if (f_lex_word(l, "max"))
			p->max = f_lex_num(l, "a size");
		else if (!paged && f_lex_word(l, "inuse"))
			p->inuse = f_lex_num(l, "a size");
		else
			break;
	}
	if (!l->st && !f_lex_tok(l, F_T_OPEN, "'{'"))
		f_lex_unexpected(l);
	while (!l->st && !f_lex_tok(l, F_T_CLOSE, "'}'")) {
		if (l->tok == F_T_EOL)
			f_lex_next(l);
		else if (l->tok == F_T_EOF)
			f_lex_fail(l, at, "this pool is never closed");
		else
			one_statement(l, paged);
	}
}

void f_lex_pooltags(struct f_lex *l)
{
	if (f_lex_word(l, "off"))
		l->s->pooltags = 0;
	else if (f_lex_word(l, "on"))
		l->s->pooltags = 1;
	else if (f_lex_word(l, "percpu"))
		l->s->pooltags = 2;
	else
		f_lex_unexpected(l);
}
