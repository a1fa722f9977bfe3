// SPDX-License-Identifier: Apache-2.0
/* A rule's conditions and sentences; the order in which it asks. */
#include "check.h"
#include "say.h"

#include <string.h>

/* --- steps --------------------------------------------------------------- */

/* A condition falls apart where each part alone decides. */
static bool splits(const struct sig_cond *c)
{
	return (c->kind == SIG_C_REQUIRE && c->e->node == SIG_N_AND) ||
	       (c->kind == SIG_C_EXCLUDE && c->e->node == SIG_N_OR);
}

static size_t parts(const struct sig_cond *c)
{
	return c->kind == SIG_C_SUPPORT ? 0 : splits(c) ? c->e->nkids : 1;
}

/* By cost, then as written. */
static void steps(struct sig_src *s, struct sig_block *b)
{
	size_t at[257] = { 0 }, n = 0;

	for (size_t i = 0; i < b->nconds; i++)
		n += parts(&b->cond[i]);
	b->step = sig_alloc(s, n, sizeof(*b->step));
	if (!b->step)
		return;
	b->nsteps = n;
	for (size_t i = 0; i < b->nconds; i++)
		for (size_t k = 0; k < parts(&b->cond[i]); k++)
			at[(splits(&b->cond[i]) ? b->cond[i].e->kid[k]->cost :
			    b->cond[i].e->cost) + 1]++;
	for (size_t i = 1; i < NTR_COUNT(at); i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < b->nconds; i++)
		for (size_t k = 0; k < parts(&b->cond[i]); k++) {
			struct sig_expr *e = splits(&b->cond[i]) ?
				b->cond[i].e->kid[k] : b->cond[i].e;

			b->step[at[e->cost]++] = (struct sig_step){
				e, (u16)i, e->cost };
		}
}

/* --- conditions ---------------------------------------------------------- */

static void condition(struct sig_check *c, struct sig_cond *x)
{
	char buf[64];

	sig_check_expr(c, x->e);
	if (x->e->type.kind != NTR_FT_BOOL && !sig_is_error(x->e))
		sig_error(c->s, x->e->at, "a condition is a bool, this is %s",
			  sig_type_text(&x->e->type, buf));
}

static void templates(struct sig_check *c, struct sig_template *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t[i].nparts; k++) {
			struct sig_part *p = &t[i].part[k];

			if (!p->e)
				continue;
			sig_check_expr(c, p->e);
			if (!sig_is_error(p->e))
				(void)sig_check_format(c->s, p);
		}
}

bool sig_check(struct sig_src *s, struct sig_code *r)
{
	struct sig_check c = { .s = s, .r = r };
	size_t before = s->errors;

	for (size_t i = 0; i < r->nblocks; i++) {
		struct sig_block *b = &r->block[i];

		c.trace = b->trace;
		for (size_t k = 0; k < b->nconds; k++)
			condition(&c, &b->cond[k]);
		steps(s, b);
	}
	c.trace = false;
	templates(&c, r->say.v, r->say.n);
	templates(&c, r->advice.v, r->advice.n);
	return s->errors == before && !s->lost;
}
