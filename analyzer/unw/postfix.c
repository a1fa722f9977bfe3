// SPDX-License-Identifier: Apache-2.0
/*
 * The one evaluator of postfix programs.  A value on the stack is a number or
 * a name; a name becomes a number only when an operator takes it, so that
 * `$ebp $ebp ^ =` reads the old one.  Operators and names as in Microsoft's
 * FrameData programs and in Breakpad's STACK WIN and STACK CFI records.
 */
#include "postfix.h"

#include "../base/ntr_types.h"

#include <string.h>

struct item {
	bool is_name;
	struct ntr_postfix_name name;
	u64 v;
	size_t at; /* of its word in the text */
};

struct run {
	struct ntr_postfix *p;
	struct item stack[NTR_POSTFIX_STACK];
	unsigned n;
	struct ntr_err *e;
};

void ntr_postfix_init(struct ntr_postfix *p, const struct ntr_regs *regs,
		      const struct ntr_space *mem)
{
	p->regs = regs;
	p->mem = mem;
	p->word = regs->machine == NTR_MACHINE_X86 ? 4 : 8;
	p->n = 0;
}

static bool make_name(struct ntr_postfix_name *out, const char *s, size_t len)
{
	if (len > 1 && *s == '$') {
		s++;
		len--;
	}
	if (!len || len > NTR_POSTFIX_NAME)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->c, s, len);
	return true;
}

static bool same(const struct ntr_postfix_name *a,
		 const struct ntr_postfix_name *b)
{
	return !memcmp(a->c, b->c, NTR_POSTFIX_NAME);
}

static u64 narrow(const struct ntr_postfix *p, u64 v)
{
	return p->word == 4 ? (u32)v : v;
}

static bool find_var(const struct ntr_postfix *p,
		     const struct ntr_postfix_name *name, unsigned *i)
{
	for (*i = 0; *i < p->n; ++*i)
		if (same(&p->var[*i].name, name))
			return true;
	return false;
}

static enum ntr_st assign(struct ntr_postfix *p,
			  const struct ntr_postfix_name *name, u64 v)
{
	unsigned i;

	if (!find_var(p, name, &i)) {
		if (p->n == NTR_POSTFIX_VARS)
			return NTR_LIMIT;
		p->var[p->n++].name = *name;
	}
	p->var[i].v = narrow(p, v);
	return NTR_OK;
}

enum ntr_st ntr_postfix_set(struct ntr_postfix *p, const char *name, u64 v)
{
	struct ntr_postfix_name n;

	if (!make_name(&n, name, strlen(name)))
		return NTR_BAD;
	return assign(p, &n, v);
}

bool ntr_postfix_get(const struct ntr_postfix *p, const char *name, u64 *v)
{
	struct ntr_postfix_name n;
	unsigned i;

	if (!make_name(&n, name, strlen(name)) || !find_var(p, &n, &i))
		return false;
	*v = p->var[i].v;
	return true;
}

/* --- names of registers ------------------------------------------------------ */

/* x29, x30 and the like as ARM64 CFI spells them. */
static bool arm64_alias(const char *s, size_t len, unsigned *reg)
{
	if (len == 3 && !memcmp(s, "x29", 3))
		*reg = NTR_A64_FP;
	else if (len == 3 && !memcmp(s, "x30", 3))
		*reg = NTR_A64_LR;
	else if (len == 3 && !memcmp(s, "x31", 3))
		*reg = NTR_A64_SP;
	else
		return false;
	return true;
}

bool ntr_postfix_reg(u32 machine, const char *s, size_t len, unsigned *reg)
{
	unsigned n;
	const char *const *names = ntr_reg_names(machine, &n);

	if (len > 1 && *s == '$') {
		s++;
		len--;
	}
	for (unsigned i = 0; i < n; i++)
		if (!strncmp(names[i], s, len) && !names[i][len]) {
			*reg = i;
			return true;
		}
	if (machine == NTR_MACHINE_ARM64)
		return arm64_alias(s, len, reg);
	return false;
}

/* --- the stack ----------------------------------------------------------------- */

#define BAD_AT(r, st, off, what) \
	ntr_fail((r)->e, st, "program+%zu: %s", (size_t)(off), what)

static enum ntr_st push(struct run *r, const struct item *it)
{
	if (r->n == NTR_POSTFIX_STACK)
		return BAD_AT(r, NTR_LIMIT, it->at, "too many values");
	r->stack[r->n++] = *it;
	return NTR_OK;
}

static enum ntr_st value_of(struct run *r, const struct item *it, u64 *v)
{
	unsigned i;
	size_t len = 0;

	if (!it->is_name) {
		*v = it->v;
		return NTR_OK;
	}
	if (find_var(r->p, &it->name, &i)) {
		*v = r->p->var[i].v;
		return NTR_OK;
	}
	while (len < NTR_POSTFIX_NAME && it->name.c[len])
		len++;
	if (ntr_postfix_reg(r->p->regs->machine, (const char *)it->name.c, len,
			    &i) &&
	    ntr_reg_known(r->p->regs, i)) {
		*v = narrow(r->p, r->p->regs->r[i]);
		return NTR_OK;
	}
	return ntr_fail(r->e, NTR_UNSUP, "program+%zu: %.*s is not known",
			it->at, (int)len, (const char *)it->name.c);
}

static enum ntr_st pop(struct run *r, size_t at, u64 *v)
{
	if (!r->n)
		return BAD_AT(r, NTR_BAD, at, "an operator without a value");
	return value_of(r, &r->stack[--r->n], v);
}

/* --- operators ------------------------------------------------------------------ */

static enum ntr_st store(struct run *r, size_t at)
{
	enum ntr_st st;
	u64 v;

	if (r->n < 2 || !r->stack[r->n - 2].is_name)
		return BAD_AT(r, NTR_BAD, at, "= without a name and a value");
	st = pop(r, at, &v);
	if (st)
		return st;
	st = assign(r->p, &r->stack[--r->n].name, v);
	return st ? BAD_AT(r, st, at, "too many names") : NTR_OK;
}

static enum ntr_st load(struct run *r, size_t at)
{
	struct item out = { .at = at };
	enum ntr_st st;
	u64 va;

	st = pop(r, at, &va);
	if (st)
		return st;
	st = ntr_read_ptr(r->p->mem, va, r->p->word, &out.v);
	if (st)
		return ntr_fail(r->e, NTR_ABSENT,
				"program+%zu: no memory at 0x%" PRIx64, at, va);
	return push(r, &out);
}

static enum ntr_st apply(struct run *r, char op, size_t at)
{
	struct item out = { .at = at };
	enum ntr_st st;
	u64 a, b;

	st = pop(r, at, &b);
	if (!st)
		st = pop(r, at, &a);
	if (st)
		return st;
	if ((op == '/' || op == '%') && !b)
		return BAD_AT(r, NTR_BAD, at, "division by zero");
	if (op == '@' && (!b || (b & (b - 1))))
		return BAD_AT(r, NTR_BAD, at, "@ by no power of two");
	switch (op) {
	case '+':
		out.v = a + b;
		break;
	case '-':
		out.v = a - b;
		break;
	case '*':
		out.v = a * b;
		break;
	case '/':
		out.v = a / b;
		break;
	case '%':
		out.v = a % b;
		break;
	default:
		out.v = a & ~(b - 1);
		break;
	}
	out.v = narrow(r->p, out.v);
	return push(r, &out);
}

/* --- words ---------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool ntr_postfix_word(const char *text, size_t len, size_t *at,
		      const char **word, size_t *wlen)
{
	size_t i = *at, start;

	while (i < len && is_blank(text[i]))
		i++;
	start = i;
	while (i < len && text[i] && !is_blank(text[i]))
		i++;
	*word = text + start;
	*wlen = i - start;
	*at = i;
	return i > start;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal integer with an optional sign. */
static bool number(const char *s, size_t len, u64 *v)
{
	bool minus = len > 1 && *s == '-';
	u64 n = 0;

	for (size_t i = minus || (len > 1 && *s == '+'); i < len; i++) {
		if (!is_digit(s[i]) || n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (u64)(s[i] - '0');
	}
	*v = minus ? 0 - n : n;
	return true;
}

static enum ntr_st operand(struct run *r, const char *w, size_t len, size_t at)
{
	struct item it = { .at = at };

	if (is_digit(w[0]) || ((w[0] == '-' || w[0] == '+') && len > 1)) {
		if (!number(w, len, &it.v))
			return BAD_AT(r, NTR_BAD, at, "no number");
		it.v = narrow(r->p, it.v);
		return push(r, &it);
	}
	it.is_name = true;
	if (!make_name(&it.name, w, len))
		return BAD_AT(r, NTR_BAD, at, "a name too long");
	return push(r, &it);
}

static enum ntr_st step(struct run *r, const char *w, size_t len, size_t at)
{
	if (len != 1)
		return operand(r, w, len, at);
	switch (*w) {
	case '=':
		return store(r, at);
	case '^':
		return load(r, at);
	case '+':
	case '-':
	case '*':
	case '/':
	case '%':
	case '@':
		return apply(r, *w, at);
	default:
		return operand(r, w, len, at);
	}
}

static enum ntr_st run(struct run *r, const char *text, size_t len)
{
	const char *w;
	size_t at = 0, wlen;

	for (unsigned i = 0; ntr_postfix_word(text, len, &at, &w, &wlen); i++) {
		enum ntr_st st;

		if (i == NTR_POSTFIX_STEPS)
			return BAD_AT(r, NTR_LIMIT, at, "too many words");
		st = step(r, w, wlen, (size_t)(w - text));
		if (st)
			return st;
	}
	return NTR_OK;
}

enum ntr_st ntr_postfix_run(struct ntr_postfix *p, const char *text,
			    size_t len, struct ntr_err *e)
{
	struct run r;
	enum ntr_st st;

	r.p = p;
	r.n = 0;
	r.e = e;
	st = run(&r, text, len);
	if (!st && r.n)
		return BAD_AT(&r, NTR_BAD, r.stack[0].at, "a value left over");
	return st;
}

enum ntr_st ntr_postfix_value(struct ntr_postfix *p, const char *text,
			      size_t len, u64 *out, struct ntr_err *e)
{
	struct run r;
	enum ntr_st st;
	u64 v;

	r.p = p;
	r.n = 0;
	r.e = e;
	st = run(&r, text, len);
	if (st)
		return st;
	if (r.n != 1)
		return BAD_AT(&r, NTR_BAD, len, r.n ? "more than one value" :
							  "no value");
	st = value_of(&r, &r.stack[0], &v);
	if (!st)
		*out = v;
	return st;
}
