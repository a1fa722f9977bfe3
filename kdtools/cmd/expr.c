// SPDX-License-Identifier: Apache-2.0
/*
 * Operator precedence with two stacks of fixed size instead of recursion:
 * values, and operators that wait for their right side.  Source of operators
 * and their order: WinDbg's documentation, "MASM numbers and operators".
 */
#include "expr.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum op {
	OP_NONE,
	/* unary */
	OP_NEG, OP_PLUS, OP_NOT, OP_CPL, OP_BY, OP_WO, OP_DWO, OP_QWO, OP_POI,
	OP_LOW, OP_HI,
	OP_PAREN,
	/* binary */
	OP_MUL, OP_DIV, OP_MOD, OP_ADD, OP_SUB, OP_SHL, OP_SAR, OP_SHR, OP_EQ,
	OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_AND, OP_XOR, OP_OR,
};

struct op_row {
	const char *text;
	u8 op, prec;
};

/* Longer spellings first. */
static const struct op_row unary_ops[] = {
	{ "dwo", OP_DWO, 9 }, { "qwo", OP_QWO, 9 }, { "poi", OP_POI, 9 },
	{ "low", OP_LOW, 9 }, { "not", OP_NOT, 9 }, { "by", OP_BY, 9 },
	{ "wo", OP_WO, 9 },   { "hi", OP_HI, 9 },   { "-", OP_NEG, 9 },
	{ "+", OP_PLUS, 9 },  { "~", OP_CPL, 9 },   { "!", OP_NOT, 9 },
	{ "(", OP_PAREN, 0 },
};
static const struct op_row binary_ops[] = {
	{ ">>>", OP_SAR, 6 }, { "mod", OP_MOD, 8 }, { "and", OP_AND, 3 },
	{ "xor", OP_XOR, 2 }, { "or", OP_OR, 1 },   { "<<", OP_SHL, 6 },
	{ ">>", OP_SHR, 6 },  { "==", OP_EQ, 4 },   { "!=", OP_NE, 4 },
	{ "<=", OP_LE, 5 },   { ">=", OP_GE, 5 },   { "=", OP_EQ, 4 },
	{ "<", OP_LT, 5 },    { ">", OP_GT, 5 },    { "*", OP_MUL, 8 },
	{ "/", OP_DIV, 8 },   { "%", OP_MOD, 8 },   { "+", OP_ADD, 7 },
	{ "-", OP_SUB, 7 },   { "&", OP_AND, 3 },   { "^", OP_XOR, 2 },
	{ "|", OP_OR, 1 },
};

struct pending {
	u8 op, prec;
	size_t at;
};

struct parse {
	const struct ntr_expr_env *env;
	const char *start, *s;
	u64 value[NTR_EXPR_DEPTH + 1];
	unsigned nvalues;
	struct pending op[NTR_EXPR_DEPTH];
	unsigned nops;
	struct ntr_expr_err *e;
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '?' ||
	       c == '@';
}

static void blanks(struct parse *p)
{
	while (*p->s == ' ' || *p->s == '\t')
		p->s++;
}

#define fail_at(p, pos, st, ...)                                  \
	((p)->e ? (void)((p)->e->at = (size_t)((pos) - (p)->start)) : \
		  (void)0,                                        \
	 ntr_fail((p)->e ? &(p)->e->e : NULL, st, __VA_ARGS__))

/* --- numbers ------------------------------------------------------------------ */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ntr_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static unsigned radix_of(const char **s)
{
	static const struct { char mark; u8 radix; } prefix[] = {
		{ 'x', 16 }, { 'n', 10 }, { 't', 8 }, { 'y', 2 },
	};

	if ((*s)[0] != '0')
		return 16;
	for (unsigned i = 0; i < NTR_COUNT(prefix); i++)
		if (ntr_ascii_lower((*s)[1]) == prefix[i].mark &&
		    digit_of((*s)[2]) < prefix[i].radix) {
			*s += 2;
			return prefix[i].radix;
		}
	return 16;
}

size_t ntr_expr_number(const char *text, u64 *out, bool *ticked)
{
	const char *s = text;
	unsigned radix = radix_of(&s), n = 0;
	u64 v = 0;

	*ticked = false;
	for (; *s; s++) {
		unsigned d = (unsigned)digit_of(*s);

		if (*s == '`' && n) {
			*ticked = true;
			continue;
		}
		if (d >= radix)
			break;
		if (v > (UINT64_MAX - d) / radix)
			return 0;
		v = v * radix + d;
		n++;
	}
	if (radix == 16 && n && (*s == 'h' || *s == 'H'))
		s++;
	if (!n || is_word(*s) || *s == '!')
		return 0;
	*out = v;
	return (size_t)(s - text);
}

/* --- operands ------------------------------------------------------------------ */

static void push(struct parse *p, u64 v)
{
	p->value[p->nvalues++] = v;
}

static u64 extend(const struct parse *p, u64 v)
{
	if (p->env->ptr_size == 4 && v <= UINT32_MAX && v >> 31)
		v |= UINT64_C(0xffffffff00000000);
	return v;
}

/* Letters of a symbol: words joined by '!', "::", and '.' inside a name. */
static size_t name_len(const char *s)
{
	size_t n = 0;

	for (;;) {
		if (is_word(s[n]))
			n++;
		else if (n && (s[n] == '!' || s[n] == '.') && s[n + 1] != '=' &&
			 is_word(s[n + 1]))
			n++;
		else if (n && s[n] == ':' && s[n + 1] == ':')
			n += 2;
		else
			return n;
	}
}

static enum ntr_st take_symbol(struct parse *p, const char *name,
			       const char *at)
{
	enum ntr_st st;
	u64 v = 0;

	if (!p->env->symbol)
		return fail_at(p, at, NTR_ABSENT, "no symbols");
	st = p->env->symbol(p->env->ctx, name, &v, p->e ? &p->e->e : NULL);
	if (st) {
		if (p->e)
			p->e->at = (size_t)(at - p->start);
		return st;
	}
	push(p, extend(p, v));
	return NTR_OK;
}

/* False: there is no such register. */
static bool take_reg(struct parse *p, const char *name, const char *at,
		     enum ntr_st *st)
{
	bool known = false;
	u64 v = 0;

	if (!p->env->reg || !p->env->reg(p->env->ctx, name, &v, &known))
		return false;
	if (known)
		push(p, extend(p, v));
	*st = known ? NTR_OK :
	      fail_at(p, at, NTR_ABSENT, "the value of register %s is not "
		      "known here", name);
	return true;
}

static enum ntr_st take_name(struct parse *p)
{
	const char *at = p->s, *s = p->s;
	bool sign = *s == '@', quoted;
	char name[NTR_EXPR_NAME];
	enum ntr_st st = NTR_OK;
	size_t n;

	s += sign;
	sign &= *s != '!';
	s += *s == '!'; /* "@!name": a symbol, whatever else it looks like */
	quoted = *s == '"';
	s += quoted;
	n = quoted ? strcspn(s, "\"") : name_len(s);
	if (!n || n >= sizeof(name) || (quoted && !s[n]))
		return fail_at(p, at, NTR_USAGE, *at ? "a number, a register or "
			       "a symbol was expected" : "something is missing "
			       "at the end");
	memcpy(name, s, n);
	name[n] = 0;
	p->s = s + n + quoted;
	if (!quoted && !strchr(name, '!') && take_reg(p, name, at, &st))
		return st;
	if (sign)
		return fail_at(p, at, NTR_USAGE, "there is no register \"%.40s\" "
			       "in this machine", name);
	return take_symbol(p, name, at);
}

static enum ntr_st take_operand(struct parse *p)
{
	enum ntr_st st = NTR_OK;
	bool ticked = false;
	u64 v = 0;
	size_t n;

	if (*p->s == '.' && !is_word(p->s[1])) {
		if (!take_reg(p, "$ip", p->s, &st))
			st = fail_at(p, p->s, NTR_ABSENT, "there is no current "
				     "instruction");
		p->s++;
		return st;
	}
	n = ntr_expr_number(p->s, &v, &ticked);
	if (!n && *p->s >= '0' && *p->s <= '9')
		return fail_at(p, p->s, NTR_USAGE, "this is no number of 64 "
			       "bits");
	if (!n)
		return take_name(p);
	p->s += n;
	push(p, ticked ? v : extend(p, v));
	return NTR_OK;
}

/* --- operators ------------------------------------------------------------------- */

static enum ntr_st read_mem(struct parse *p, const struct pending *o,
			    unsigned bytes, u64 *v)
{
	u64 addr = *v, x = 0;
	u8 raw[8] = { 0 };
	struct ntr_err why = { "" };

	if (p->env->ptr_size == 4)
		addr = (u32)addr;
	if (!p->env->mem ||
	    ntr_space_read(p->env->mem, addr, raw, bytes, &why))
		return fail_at(p, p->start + o->at, NTR_ABSENT,
			       "memory at %" PRIx64 " cannot be read%s%.120s",
			       addr, why.msg[0] ? ": " : "", why.msg);
	for (unsigned i = 0; i < bytes; i++)
		x |= (u64)raw[i] << 8 * i;
	*v = x;
	return NTR_OK;
}

static enum ntr_st unary(struct parse *p, const struct pending *o)
{
	u64 *v = &p->value[p->nvalues - 1];
	enum ntr_st st = NTR_OK;

	switch (o->op) {
	case OP_NEG: *v = 0 - *v; break;
	case OP_NOT: *v = !*v; break;
	case OP_CPL: *v = ~*v; break;
	case OP_LOW: *v &= 0xffff; break;
	case OP_HI: *v = *v >> 16 & 0xffff; break;
	case OP_BY: st = read_mem(p, o, 1, v); break;
	case OP_WO: st = read_mem(p, o, 2, v); break;
	case OP_DWO: st = read_mem(p, o, 4, v); break;
	case OP_QWO: st = read_mem(p, o, 8, v); break;
	case OP_POI:
		st = read_mem(p, o, p->env->ptr_size, v);
		*v = extend(p, *v);
		break;
	default: break;
	}
	return st;
}

static u64 shift_right(u64 a, u64 n, bool keep_sign)
{
	bool ones = keep_sign && a >> 63;

	if (n > 63)
		return ones ? UINT64_MAX : 0;
	return a >> n | (ones && n ? UINT64_MAX << (64 - n) : 0);
}

static enum ntr_st binary(struct parse *p, const struct pending *o)
{
	u64 b = p->value[--p->nvalues], *a = &p->value[p->nvalues - 1];

	if ((o->op == OP_DIV || o->op == OP_MOD) && !b)
		return fail_at(p, p->start + o->at, NTR_USAGE,
			       "division by zero");
	switch (o->op) {
	case OP_MUL: *a *= b; break;
	case OP_DIV: *a /= b; break;
	case OP_MOD: *a %= b; break;
	case OP_ADD: *a += b; break;
	case OP_SUB: *a -= b; break;
	case OP_SHL: *a = b > 63 ? 0 : *a << b; break;
	case OP_SAR: *a = shift_right(*a, b, true); break;
	case OP_SHR: *a = shift_right(*a, b, false); break;
	case OP_EQ: *a = *a == b; break;
	case OP_NE: *a = *a != b; break;
	case OP_LE: *a = *a <= b; break;
	case OP_GE: *a = *a >= b; break;
	case OP_LT: *a = *a < b; break;
	case OP_GT: *a = *a > b; break;
	case OP_AND: *a &= b; break;
	case OP_XOR: *a ^= b; break;
	default: *a |= b; break;
	}
	return NTR_OK;
}

/* Everything on the stack that binds at least as tightly as prec. */
static enum ntr_st reduce(struct parse *p, u8 prec)
{
	while (p->nops && p->op[p->nops - 1].op != OP_PAREN &&
	       p->op[p->nops - 1].prec >= prec) {
		struct pending o = p->op[--p->nops];
		enum ntr_st st = o.op > OP_PAREN ? binary(p, &o) : unary(p, &o);

		if (st)
			return st;
	}
	return NTR_OK;
}

static const struct op_row *match(const struct op_row *rows, size_t n,
				  const char *s)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(rows[i].text);
		bool word = is_word(rows[i].text[0]);

		if (strncmp(s, rows[i].text, len))
			continue;
		if (!word || (!is_word(s[len]) && s[len] != '!' &&
			      s[len] != ':'))
			return &rows[i];
	}
	return NULL;
}

static enum ntr_st open_op(struct parse *p, const struct op_row *r)
{
	if (p->nops == NTR_EXPR_DEPTH)
		return fail_at(p, p->s, NTR_LIMIT, "more than %u open operators",
			       NTR_EXPR_DEPTH);
	p->op[p->nops++] = (struct pending){ r->op, r->prec,
					     (size_t)(p->s - p->start) };
	p->s += strlen(r->text);
	return NTR_OK;
}

/* Operators in front of an operand, and the operand. */
static enum ntr_st left_side(struct parse *p)
{
	const struct op_row *r;
	enum ntr_st st = NTR_OK;

	for (;;) {
		blanks(p);
		r = match(unary_ops, NTR_COUNT(unary_ops), p->s);
		if (!r)
			return take_operand(p);
		st = open_op(p, r);
		if (st)
			return st;
	}
}

static bool any_paren(const struct parse *p)
{
	for (unsigned i = 0; i < p->nops; i++)
		if (p->op[i].op == OP_PAREN)
			return true;
	return false;
}

/* Parentheses that end here. */
static enum ntr_st close_parens(struct parse *p)
{
	enum ntr_st st;

	for (blanks(p); *p->s == ')' && any_paren(p); blanks(p)) {
		st = reduce(p, 0);
		if (st)
			return st;
		p->nops--;
		p->s++;
	}
	return NTR_OK;
}

static enum ntr_st finish(struct parse *p)
{
	enum ntr_st st = reduce(p, 0);

	if (st)
		return st;
	if (p->nops)
		return fail_at(p, p->start + p->op[p->nops - 1].at, NTR_USAGE,
			       "this \"(\" is not closed");
	return NTR_OK;
}

/* One operand, then the operator behind it; *more: there is one. */
static enum ntr_st step(struct parse *p, bool *more)
{
	const struct op_row *r;
	enum ntr_st st = left_side(p);

	*more = false;
	if (!st)
		st = close_parens(p);
	if (st)
		return st;
	r = match(binary_ops, NTR_COUNT(binary_ops), p->s);
	if (!r)
		return finish(p);
	st = reduce(p, r->prec);
	if (!st)
		st = open_op(p, r);
	*more = true;
	return st;
}

enum ntr_st ntr_expr(const struct ntr_expr_env *env, const char **text,
		     u64 *out, struct ntr_expr_err *e)
{
	struct parse p = { .env = env, .start = *text, .s = *text, .e = e };
	enum ntr_st st;
	bool more = true;

	while (more) {
		st = step(&p, &more);
		if (st)
			return st;
	}
	*out = p.value[0];
	*text = p.s;
	return NTR_OK;
}

enum ntr_st ntr_expr_all(const struct ntr_expr_env *env, const char *text,
			 u64 *out, struct ntr_expr_err *e)
{
	const char *s = text;
	u64 v = 0;
	enum ntr_st st = ntr_expr(env, &s, &v, e);

	if (st)
		return st;
	if (!*s) {
		*out = v;
		return NTR_OK;
	}
	if (e)
		e->at = (size_t)(s - text);
	return ntr_fail(e ? &e->e : NULL, NTR_USAGE, "an operator was expected");
}

/* --- ranges ------------------------------------------------------------------------- */

struct range {
	const struct ntr_expr_env *env;
	const char *start, *s;
	unsigned unit;
	u64 max;
	struct ntr_expr_range *r;
	struct ntr_expr_err *e;
};

#define range_fail(p, pos, st, ...)                                       \
	((p)->e ? (void)((p)->e->at = (size_t)((pos) - (p)->start)) :     \
		  (void)0,                                                \
	 ntr_fail((p)->e ? &(p)->e->e : NULL, st, __VA_ARGS__))

/* An expression inside; errors count from the start of the whole. */
static enum ntr_st range_expr(struct range *p, u64 *out)
{
	const char *from = p->s;
	enum ntr_st st = ntr_expr(p->env, &p->s, out, p->e);

	if (st && p->e)
		p->e->at += (size_t)(from - p->start);
	return st;
}

/* "L10", "L?10", "L-10"; p->s stands behind the letter. */
static enum ntr_st range_length(struct range *p)
{
	const char *at = p->s;
	bool any = *p->s == '?', back;
	enum ntr_st st;

	p->s += any;
	back = *p->s == '-';
	p->s += back;
	st = range_expr(p, &p->r->count);
	if (st)
		return st;
	if (!any && p->r->count > p->max)
		return range_fail(p, at, NTR_LIMIT, "more than 0x%" PRIx64
				  " units; L? lifts the limit", p->max);
	if (back)
		p->r->addr -= p->r->count * p->unit;
	p->r->has_count = true;
	return NTR_OK;
}

static enum ntr_st range_end(struct range *p)
{
	const char *at = p->s;
	enum ntr_st st;
	u64 end = 0;

	st = range_expr(p, &end);
	if (st)
		return st;
	if (end < p->r->addr)
		return range_fail(p, at, NTR_USAGE, "the range ends below its "
				  "start");
	p->r->count = (end - p->r->addr) / p->unit + 1;
	p->r->last = end;
	p->r->has_count = p->r->has_last = true;
	if (p->r->count > p->max)
		return range_fail(p, at, NTR_LIMIT, "more than 0x%" PRIx64
				  " units; L? lifts the limit", p->max);
	return NTR_OK;
}

static bool is_length(const char *s)
{
	if ((s[0] != 'L' && s[0] != 'l') || !s[1])
		return false;
	if (s[1] == ' ')
		return digit_of(s[1 + strspn(s + 1, " ")]) < 16;
	return (s[1] == '?' || s[1] == '-' || s[1] == '(' || s[1] == '@' ||
		digit_of(s[1]) < 16) && s[1 + strspn(s + 1, "0123456789abcdef"
						     "ABCDEFntxyNTXY`")] != '!';
}

enum ntr_st ntr_expr_range(const struct ntr_expr_env *env, const char **text,
			   unsigned unit, u64 dflt, u64 max,
			   struct ntr_expr_range *r, struct ntr_expr_err *e)
{
	struct range p = { env, *text, *text, unit, max, r, e };
	enum ntr_st st = NTR_OK;

	r->count = dflt;
	r->has_addr = r->has_count = r->has_last = false;
	p.s += strspn(p.s, " \t");
	if (*p.s && !is_length(p.s)) {
		st = range_expr(&p, &r->addr);
		r->has_addr = !st;
	}
	if (!st && is_length(p.s)) {
		p.s++;
		st = range_length(&p);
	} else if (!st && r->has_addr && *p.s && *p.s != '"') {
		st = range_end(&p);
	}
	if (!st)
		*text = p.s;
	return st;
}
