// SPDX-License-Identifier: Apache-2.0
/*
 * Call frame information in its one text form (sym/uwrec.h): rules for the
 * canonical frame address, the return address and registers, each a postfix
 * expression over the callee's registers and .cfa.  A register without a rule
 * is kept when the calling convention keeps it, else it is not known; `.undef`
 * as an expression says that it is lost.  sp is .cfa unless a rule says
 * otherwise.
 */
#include "unw_int.h"
#include "postfix.h"

#define MAX_RULES 64u

struct rule {
	const char *name, *expr;
	size_t nlen, elen;
};

struct rules {
	struct rule r[MAX_RULES];
	unsigned n;
};

/* "name: words … name: words …"; a later rule replaces an earlier one. */
static void add_rule(struct rules *s, const char *name, size_t nlen,
		     struct rule **cur)
{
	*cur = NULL;
	for (unsigned i = 0; i < s->n; i++)
		if (s->r[i].nlen == nlen && !memcmp(s->r[i].name, name, nlen))
			*cur = &s->r[i];
	if (!*cur && s->n < MAX_RULES)
		*cur = &s->r[s->n++];
	if (*cur)
		**cur = (struct rule){ .name = name, .nlen = nlen };
}

static enum ntr_st split(const char *text, size_t len, struct rules *out,
			 struct ntr_err *e)
{
	struct rule *cur = NULL;
	const char *w;
	size_t at = 0, wlen;

	out->n = 0;
	while (ntr_postfix_word(text, len, &at, &w, &wlen)) {
		if (wlen > 1 && w[wlen - 1] == ':') {
			add_rule(out, w, wlen - 1, &cur);
			if (!cur)
				return ntr_fail(e, NTR_LIMIT,
						"more than %u rules",
						MAX_RULES);
			continue;
		}
		if (!cur)
			return ntr_fail(e, NTR_BAD,
					"rules+%zu: no name before an "
					"expression", (size_t)(w - text));
		if (!cur->expr)
			cur->expr = w;
		cur->elen = (size_t)(w + wlen - cur->expr);
	}
	return NTR_OK;
}

static const struct rule *named(const struct rules *s, const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < s->n; i++)
		if (s->r[i].nlen == len && !memcmp(s->r[i].name, name, len))
			return &s->r[i];
	return NULL;
}

static enum ntr_st eval(struct ntr_postfix *p, const struct rules *s,
			const char *name, u64 *v, struct ntr_err *e)
{
	const struct rule *r = named(s, name);
	enum ntr_st st;

	if (!r || !r->expr)
		return ntr_fail(e, NTR_BAD, "no rule for %s", name);
	st = ntr_postfix_value(p, r->expr, r->elen, v, e);
	return st ? ntr_wrap(e, st, "%s", name) : NTR_OK;
}

static bool is_undef(const struct rule *r)
{
	return r->elen == 6 && !memcmp(r->expr, ".undef", 6);
}

/* The rules of registers, all over the callee's registers. */
static void set_registers(struct ntr_postfix *p, const struct rules *s,
			  struct ntr_regs *out)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct rule *r = &s->r[i];
		unsigned reg;
		u64 v;

		if (!r->expr ||
		    !ntr_postfix_reg(out->machine, r->name, r->nlen, &reg))
			continue;
		if (!is_undef(r) &&
		    !ntr_postfix_value(p, r->expr, r->elen, &v, NULL))
			ntr_reg_set(out, reg, v);
		else
			ntr_reg_forget(out, reg);
	}
}

/* Is sp among the rules? */
static bool has_sp(const struct rules *s, u32 machine)
{
	struct ntr_regs r = { .machine = machine };
	unsigned reg;

	for (unsigned i = 0; i < s->n; i++) {
		if (!ntr_postfix_reg(machine, s->r[i].name, s->r[i].nlen, &reg))
			continue;
		r.has_sp = false;
		ntr_reg_set(&r, reg, 0);
		if (r.has_sp)
			return true;
	}
	return false;
}

static enum ntr_st undo(const struct ntr_unw_env *env,
			const struct ntr_unw_rec *rec, struct ntr_regs *r,
			u64 *cfa, struct ntr_err *e)
{
	const struct ntr_uwrec *u = rec->r;
	struct ntr_regs callee = *r;
	struct ntr_postfix p;
	struct rules s;
	enum ntr_st st;
	u64 ra;

	st = split(u->cfi, strnlen(u->cfi, sizeof(u->cfi)), &s, e);
	if (st)
		return st;
	ntr_postfix_init(&p, &callee, env->mem);
	st = eval(&p, &s, ".cfa", cfa, e);
	if (!st)
		st = ntr_postfix_set(&p, ".cfa", *cfa);
	if (st)
		return st;
	if (named(&s, ".ra") && named(&s, ".ra")->expr &&
	    is_undef(named(&s, ".ra")))
		return NTR_END;
	st = eval(&p, &s, ".ra", &ra, e);
	if (st)
		return st;
	ntr_unw_forget_volatile(r);
	set_registers(&p, &s, r);
	if (!has_sp(&s, r->machine))
		ntr_reg_set_sp(r, *cfa);
	ntr_reg_set_ip(r, ntr_unw_strip(env->machine, ra));
	return NTR_OK;
}

enum ntr_st ntr_unw_step_cfi(const struct ntr_unw_env *env,
			     struct ntr_unw_rec *rec, struct ntr_regs *regs,
			     struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	struct ntr_unw_module m;
	enum ntr_st st;
	u64 cfa = 0;

	rec->searched = rec->trap = false;
	rec->note = NULL;
	st = undo(env, rec, &r, &cfa, e);
	if (st == NTR_END) {
		ntr_say(e, "CFI: no return address, the outermost frame");
		return st;
	}
	if (st)
		return ntr_wrap(e, st, "CFI rva 0x%" PRIx64 "+0x%" PRIx64,
				rec->r->rva, rec->r->size);
	if (cfa < regs->sp)
		return ntr_fail(e, NTR_BAD,
				"CFI: cfa 0x%" PRIx64 " is below sp 0x%" PRIx64,
				cfa, regs->sp);
	if (!r.ip) {
		ntr_say(e, "CFI: the return address at cfa 0x%" PRIx64
			" is 0", cfa);
		return NTR_END;
	}
	if (ntr_unw_module_of(env, r.ip, &m) &&
	    !ntr_unw_may_execute(&m, env->machine, r.ip))
		return ntr_fail(e, NTR_UNSUP,
				"CFI: return address 0x%" PRIx64 " is in no "
				"code", r.ip);
	ntr_say(e, "CFI rva 0x%" PRIx64 "+0x%" PRIx64 ": cfa 0x%" PRIx64
		", return address 0x%" PRIx64, rec->r->rva, rec->r->size, cfa,
		r.ip);
	*regs = r;
	return NTR_OK;
}
