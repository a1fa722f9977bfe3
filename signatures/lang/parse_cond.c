// SPDX-License-Identifier: Apache-2.0
/* Blocks of conditions. */
#include "base/nearest.h"
#include "parse.h"

#include <stdio.h>
#include <string.h>

#define SIG_MAX_WEIGHT 100u

struct conds {
	NTR_VEC(struct sig_cond);
};

/* 0: reported. */
static unsigned weight(struct sig_parser *p)
{
	u64 n = p->t.n;

	if (p->t.t != SIG_T_INT) {
		sig_expected(p, "a weight from 1 to 100");
		return 0;
	}
	if (n < 1 || n > SIG_MAX_WEIGHT) {
		sig_error(p->s, p->t.at, "a weight is a number from 1 to 100");
		n = 1;
	}
	sig_next(p);
	return (unsigned)n;
}

static const char *const words[] = { "require", "exclude", "support" };

/* Another word on a line of its own was meant to be one of ours. */
static void no_condition(struct sig_parser *p, const char *else_)
{
	char name[SIG_MAX_NAME];
	const char *best = NULL;

	snprintf(name, sizeof(name), "%.*s", (int)p->t.at.len,
		 p->s->text + p->t.at.off);
	for (size_t i = 0; i < NTR_COUNT(words); i++)
		ntr_nearest_try(name, words[i], &best);
	if (best && p->t.t == SIG_T_IDENT && p->t.first)
		sig_error(p->s, p->t.at, "no condition is called %s; did you "
			  "mean %s?", name, best);
	else
		sig_expected(p, else_);
}

/* False: the mistake was reported, and what could be skipped was. */
static bool condition(struct sig_parser *p, enum sig_cond_kind kind,
		      struct conds *v)
{
	struct sig_cond c = { .kind = kind, .weight = 1 }, *slot;
	struct sig_loc from = p->t.at;

	sig_next(p);
	if (kind == SIG_C_SUPPORT && sig_take_word(p, "weight"))
		c.weight = weight(p);
	c.e = c.weight ? sig_parse_expr(p) : NULL;
	if (!c.e)
		return false;
	c.at = sig_span(p, from);
	if (p->t.t != SIG_T_RBRACE && !sig_is_clause(p, SIG_IN_BLOCK)) {
		no_condition(p, "the end of the condition: another one, or "
			     "\"}\"");
		return false;
	}
	if (v->n >= SIG_MAX_CONDITIONS) {
		sig_error(p->s, from, "at most %u conditions in a block",
			  SIG_MAX_CONDITIONS);
		return true;
	}
	slot = ntr_vec_add(v);
	p->s->lost |= !slot;
	if (slot)
		*slot = c;
	return true;
}

static void conditions(struct sig_parser *p, struct conds *v)
{
	unsigned i;

	while (p->t.t != SIG_T_RBRACE && p->t.t != SIG_T_END &&
	       !(p->t.first && sig_is_word(p, "signature")) &&
	       !sig_given_up(p->s)) {
		for (i = 0; i < NTR_COUNT(words); i++)
			if (sig_is_word(p, words[i]))
				break;
		if (i == NTR_COUNT(words))
			no_condition(p, "require, exclude, support or \"}\"");
		else if (condition(p, (enum sig_cond_kind)i, v))
			continue;
		if (p->t.t != SIG_T_RBRACE && !sig_is_clause(p, SIG_IN_BLOCK))
			sig_next(p);
		sig_parse_recover(p, SIG_IN_BLOCK);
	}
}

static bool heading(struct sig_parser *p, struct sig_block *b)
{
	if (sig_take_word(p, "trace"))
		b->trace = true;
	else if (!sig_take_word(p, "dump")) {
		sig_expected(p, "`dump` or `trace`");
		return false;
	}
	if (b->trace && sig_take_word(p, "over")) {
		if (p->t.t != SIG_T_DURATION) {
			sig_expected(p, "a duration, such as 10min");
			return false;
		}
		b->over = p->t.n;
		if (!b->over)
			sig_error(p->s, p->t.at, "zero says nothing here");
		sig_next(p);
	}
	return sig_want(p, SIG_T_LBRACE, "and conditions");
}

static void add(struct sig_parser *p, struct sig_block *b, struct conds *v)
{
	struct sig_code *r = p->r;
	bool required = false;

	for (size_t i = 0; i < v->n; i++)
		required |= v->v[i].kind == SIG_C_REQUIRE;
	if (!required)
		sig_error(p->s, b->at, "a block without `require` says nothing");
	b->nconds = v->n;
	b->cond = sig_keep_vec(p->s, v);
	if (r->nblocks == SIG_MAX_BLOCKS) {
		sig_error(p->s, b->at, "at most %u blocks in a rule",
			  SIG_MAX_BLOCKS);
		return;
	}
	if (!r->block)
		r->block = sig_alloc(p->s, SIG_MAX_BLOCKS, sizeof(*r->block));
	if (r->block && b->cond)
		r->block[r->nblocks++] = *b;
}

bool sig_parse_block(struct sig_parser *p, struct sig_loc on)
{
	struct sig_block b = { .trace = false };
	size_t before = p->s->errors;
	struct conds v = { 0 };
	bool closed;

	if (!heading(p, &b))
		return false;
	conditions(p, &v);
	closed = p->t.t == SIG_T_RBRACE;
	if (closed)
		sig_next(p);
	else if (p->s->errors == before)
		sig_error(p->s, on, "this block is not closed");
	b.at = sig_span(p, on);
	if (p->s->errors != before && !v.n) {
		ntr_vec_fini(&v);
		return closed;
	}
	add(p, &b, &v);
	return closed;
}
