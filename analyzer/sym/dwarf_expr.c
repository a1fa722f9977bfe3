// SPDX-License-Identifier: Apache-2.0
/*
 * Location expressions of call frame information as postfix text.
 *
 * A DWARF expression is a postfix program already, so what only computes is
 * copied operation by operation.  Breakpad's language has + - * / % @ ^ and
 * no logic, so the three operations that the PLTs of x86 linkers use are
 * written in arithmetic, where that is the same thing:
 *
 *	x and 2^n-1    ->  x 2^n %
 *	x and -2^n     ->  x 2^n @
 *	x shl n        ->  x 2^n *      (shr: /)
 *	x ge c         ->  x M-c + M /  (x known to be below M, 0 < c <= M)
 *
 * Source: DWARF 5, 2.5; Breakpad's "Symbol Files", STACK CFI.
 */
#include "dwarf.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_STACK 16u
#define MAX_OPS 128u

struct item {
	size_t at;      /* where its text starts */
	bool literal;
	s64 v;
	u64 below;      /* its values are less than this; 0: not known */
};

struct expr {
	const struct ntr_dw_image *img;
	struct ntr_dw_text *t;
	struct item s[MAX_STACK];
	unsigned n;
	const char *why; /* not arithmetic */
};

void ntr_dw_put(struct ntr_dw_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, t->size - t->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->size - t->n) {
		t->full = true;
		t->p[t->n] = 0;
		return;
	}
	t->n += (size_t)n;
}

static void cut(struct expr *x, size_t at)
{
	x->t->n = at;
	x->t->p[at] = 0;
}

static struct item *push(struct expr *x)
{
	if (x->n == MAX_STACK) {
		x->why = "a stack of more than 16 values";
		return NULL;
	}
	x->s[x->n] = (struct item){ .at = x->t->n };
	return &x->s[x->n++];
}

static void literal(struct expr *x, s64 v)
{
	struct item *i = push(x);

	if (!i)
		return;
	i->literal = true;
	i->v = v;
	ntr_dw_put(x->t, "%" PRId64 " ", v);
}

static void reg(struct expr *x, unsigned r, s64 off)
{
	const char *name = ntr_dw_reg(x->img->machine, r);

	if (!name) {
		x->why = "a register that has no name here";
		return;
	}
	if (!push(x))
		return;
	ntr_dw_put(x->t, "%s ", name);
	if (off)
		ntr_dw_put(x->t, "%" PRIu64 " %c ",
			   off < 0 ? -(u64)off : (u64)off, off < 0 ? '-' : '+');
}

/* Both operands become one value: their texts stand side by side already. */
static void binary(struct expr *x, char op)
{
	struct item *a = &x->s[x->n - 2];

	*a = (struct item){ .at = a->at };
	x->n--;
	ntr_dw_put(x->t, "%c ", op);
}

static bool power_of_two(u64 v)
{
	return v && !(v & (v - 1));
}

/* The value on top is a literal: it gives way to an operand of our own. */
static void instead(struct expr *x, u64 v, char op, u64 below)
{
	struct item *a = &x->s[x->n - 2];

	cut(x, x->s[x->n - 1].at);
	*a = (struct item){ .at = a->at, .below = below };
	x->n--;
	ntr_dw_put(x->t, "%" PRIu64 " %c ", v, op);
}

static void mask(struct expr *x, s64 v)
{
	if (v > 0 && power_of_two((u64)v + 1))
		instead(x, (u64)v + 1, '%', (u64)v + 1);
	else if (v < 0 && power_of_two(-(u64)v))
		instead(x, -(u64)v, '@', 0);
	else
		x->why = "a mask that is no run of bits";
}

static void at_least(struct expr *x, s64 c)
{
	u64 below = x->s[x->n - 2].below;

	if (!below || c <= 0 || (u64)c > below) {
		x->why = "a comparison of unbounded values";
		return;
	}
	instead(x, below - (u64)c, '+', 0);
	ntr_dw_put(x->t, "%" PRIu64 " / ", below);
	x->s[x->n - 1].below = 2;
}

static void logic(struct expr *x, u8 op)
{
	const struct item *top = &x->s[x->n - 1];

	if (!top->literal) {
		x->why = "logic on two variables";
		return;
	}
	if (op == DW_OP_and)
		mask(x, top->v);
	else if (op == DW_OP_ge)
		at_least(x, top->v);
	else if (top->v < 0 || top->v > 31)
		x->why = "a shift by more than 31";
	else
		instead(x, UINT64_C(1) << top->v, op == DW_OP_shl ? '*' : '/',
			0);
}

static void two(struct expr *x, u8 op)
{
	if (x->n < 2) {
		x->why = "too few values";
		return;
	}
	switch (op) {
	case DW_OP_plus: binary(x, '+'); break;
	case DW_OP_minus: binary(x, '-'); break;
	case DW_OP_mul: binary(x, '*'); break;
	default: logic(x, op); break;
	}
}

static void one(struct expr *x, struct ntr_bin *b, u8 op)
{
	struct item *top = x->n ? &x->s[x->n - 1] : NULL;

	if (!top) {
		x->why = "too few values";
		return;
	}
	if (op == DW_OP_deref)
		ntr_dw_put(x->t, "^ ");
	else
		ntr_dw_put(x->t, "%" PRIu64 " + ",
			   ntr_bin_uleb(b, "constant"));
	*top = (struct item){ .at = top->at };
}

static u64 fixed(struct ntr_bin *b, unsigned n, bool big)
{
	const u8 *p = ntr_bin_take(b, n, "constant");
	u64 v = 0;

	for (unsigned i = 0; p && i < n; i++)
		v |= (u64)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

static void constant(struct expr *x, struct ntr_bin *b, u8 op)
{
	bool big = x->img->big;

	switch (op) {
	case DW_OP_const1u: literal(x, (s64)fixed(b, 1, big)); break;
	case DW_OP_const1s: literal(x, (signed char)fixed(b, 1, big)); break;
	case DW_OP_const2u: literal(x, (s64)fixed(b, 2, big)); break;
	case DW_OP_const2s: literal(x, (s16)fixed(b, 2, big)); break;
	case DW_OP_const4u: literal(x, (s64)fixed(b, 4, big)); break;
	case DW_OP_const4s: literal(x, (s32)fixed(b, 4, big)); break;
	case DW_OP_constu: literal(x, (s64)ntr_bin_uleb(b, "constant")); break;
	case DW_OP_consts: literal(x, ntr_bin_sleb(b, "constant")); break;
	default: x->why = "an operation that is not plain arithmetic";
	}
}

static void operation(struct expr *x, struct ntr_bin *b, u8 op)
{
	if (op >= DW_OP_lit0 && op <= DW_OP_lit31) {
		literal(x, op - DW_OP_lit0);
		return;
	}
	if (op >= DW_OP_breg0 && op <= DW_OP_breg31) {
		reg(x, (unsigned)(op - DW_OP_breg0), ntr_bin_sleb(b, "offset"));
		return;
	}
	switch (op) {
	case DW_OP_bregx: {
		u64 r = ntr_bin_uleb(b, "register");

		reg(x, r > 255 ? 255 : (unsigned)r, ntr_bin_sleb(b, "offset"));
		break;
	}
	case DW_OP_plus:
	case DW_OP_minus:
	case DW_OP_mul:
	case DW_OP_and:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_ge: two(x, op); break;
	case DW_OP_deref:
	case DW_OP_plus_uconst: one(x, b, op); break;
	case DW_OP_nop: break;
	default: constant(x, b, op); break;
	}
}

/* The result is what lies on top; what lies below it goes, often the CFA that
 * an expression starts with and did not ask for. */
static void keep_top(struct expr *x)
{
	size_t from = x->s[x->n - 1].at, to = x->s[0].at;

	if (from == to)
		return;
	memmove(x->t->p + to, x->t->p + from, x->t->n - from + 1);
	x->t->n -= from - to;
}

enum ntr_st ntr_dw_postfix(const struct ntr_dw_image *img, const u8 *p, size_t n,
			   bool cfa_pushed, struct ntr_dw_text *t,
			   struct ntr_err *e)
{
	struct ntr_bin b = ntr_bin_of(p, n, img->file->name, 0);
	struct expr x = { .img = img, .t = t };
	u8 op = 0;

	if (cfa_pushed && push(&x))
		ntr_dw_put(t, ".cfa ");
	for (unsigned i = 0; ntr_bin_left(&b) && !x.why && !b.bad; i++) {
		const u8 *o = ntr_bin_take(&b, 1, "operation");

		op = o ? *o : 0;
		if (i == MAX_OPS)
			x.why = "more than 128 operations";
		else
			operation(&x, &b, op);
	}
	if (b.bad || (!x.why && !x.n))
		return ntr_fail(e, NTR_BAD, "%s: a frame expression of %zu "
				"bytes ends inside an operation",
				img->file->name, n);
	if (x.why)
		return ntr_fail(e, NTR_UNSUP, "%s: a frame expression with %s "
				"(operation 0x%02x)", img->file->name, x.why,
				op);
	keep_top(&x);
	return NTR_OK;
}
