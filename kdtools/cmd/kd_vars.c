// SPDX-License-Identifier: Apache-2.0
/*
 * Parameters and locals of a frame.  Where they are the symbols say; what is
 * there is read from that frame's registers and from memory.  A register that
 * outer frames are not known to have kept gives no value.
 */
#include "kd.h"

#include "../cli/dt_value.h"
#include "base/text.h"
#include "kobj/symbols.h"
#include "sym/type_text.h"

#include <stdio.h>
#include <string.h>

static bool holds(struct ntr_kd *k, u64 slot, u64 ret)
{
	u64 v;

	return !ntr_read_ptr(k->mem, slot, k->t->ptr_size, &v) && v == ret;
}

bool ntr_kd_return_slot(struct ntr_kd *k, size_t i, u64 *slot)
{
	unsigned ptr = k->t->ptr_size, n = 0;
	const struct ntr_vframe *f;
	enum ntr_unw_stop stop;
	size_t frames;
	u64 at[3];

	f = ntr_kd_frames(k, &frames, &stop);
	if (i + 1 >= frames)
		return false;
	if (ptr == 4 && f[i].f.fp)
		at[n++] = f[i].f.fp + 4;
	at[n++] = f[i + 1].f.sp - ptr;
	if (f[i].f.has_params)
		at[n++] = f[i + 1].f.sp - ptr - f[i].f.params;
	for (unsigned j = 0; j < n; j++)
		if (holds(k, at[j], f[i + 1].f.ip)) {
			*slot = at[j];
			return true;
		}
	return false;
}

/* --- one variable -------------------------------------------------------------------- */

struct vars {
	struct ntr_kd *k;
	size_t frame;
	const struct ntr_module *m;
	struct ntr_symsrc *src;
	ntr_kd_var_fn *fn;
	void *ctx;
};

static bool reg_value(struct vars *c, const char *name, u64 *v)
{
	const struct ntr_regs *r = ntr_kd_regs_of(c->k, c->frame);
	unsigned n = 0;
	const char *const *names = ntr_reg_names(r->machine, &n);

	for (unsigned i = 0; name && names && i < n && i < NTR_MAX_REGS; i++)
		if (!strcmp(names[i], name)) {
			*v = r->r[i];
			return ntr_reg_known(r, i);
		}
	return false;
}

static void value_at(struct vars *c, const struct ntr_var *v,
		     const struct ntr_space *mem, u64 at,
		     struct ntr_kd_var *out)
{
	struct ntr_type_member m = { .type = v->type };

	ntr_dt_value(c->src, &m, mem, at, c->k->t->ptr_size, out->value,
		     sizeof(out->value));
	if (!strcmp(out->value, "????"))
		out->value[0] = 0;
	if (!strncmp(out->type, "Ptr", 3)) /* which has the type already */
		out->value[strcspn(out->value, " ")] = 0;
}

/* A register's bytes, as memory would hold them. */
static void value_in_reg(struct vars *c, const struct ntr_var *v, u64 x,
			 struct ntr_kd_var *out)
{
	struct ntr_mem_space word;
	u8 raw[8];

	for (unsigned i = 0; i < sizeof(raw); i++)
		raw[i] = (u8)(x >> 8 * i);
	ntr_mem_space_init(&word, 0, raw, sizeof(raw));
	value_at(c, v, &word.s, 0, out);
}

static const char *sign(s64 off)
{
	return off < 0 ? "-" : "+";
}

static u64 size_of(s64 off)
{
	return off < 0 ? 0 - (u64)off : (u64)off;
}

/* False: in a register, or nowhere. */
static bool place(struct vars *c, const struct ntr_var *v,
		  struct ntr_kd_var *out)
{
	u64 base = 0;

	switch (v->place) {
	case NTR_VAR_REGREL:
		snprintf(out->where, sizeof(out->where), "@%s%s0x%" PRIx64,
			 v->reg, sign(v->off), size_of(v->off));
		out->has_addr = reg_value(c, v->reg, &base);
		break;
	case NTR_VAR_CFA:
		out->has_addr = ntr_kd_return_slot(c->k, c->frame, &base);
		base += c->k->t->ptr_size;
		snprintf(out->where, sizeof(out->where), "cfa%s0x%" PRIx64,
			 sign(v->off), size_of(v->off));
		break;
	case NTR_VAR_STATIC:
		out->has_addr = true;
		base = c->m->base;
		break;
	default:
		return false;
	}
	out->addr = base + (u64)v->off;
	if (c->k->t->ptr_size == 4)
		out->addr = (u32)out->addr;
	return out->has_addr;
}

static bool one(void *ctx, const struct ntr_var *v)
{
	struct vars *c = ctx;
	struct ntr_kd_var out = { .name = v->name, .param = v->param };
	u64 x;

	ntr_type_text(c->src, v->type, out.type, sizeof(out.type));
	if (place(c, v, &out))
		value_at(c, v, c->k->mem, out.addr, &out);
	if (v->place == NTR_VAR_REG) {
		snprintf(out.where, sizeof(out.where), "@%s", v->reg);
		if (reg_value(c, v->reg, &x))
			value_in_reg(c, v, x, &out);
	}
	return c->fn(c->ctx, &out);
}

/* A return address belongs to the call in front of it. */
static bool is_return(const struct ntr_vframe *f, size_t i)
{
	return i && f[i].f.trust != NTR_TRUST_TRAP;
}

enum ntr_st ntr_kd_vars(struct ntr_kd *k, size_t i, ntr_kd_var_fn *fn,
			void *ctx, struct ntr_err *e)
{
	struct vars c = { .k = k, .frame = i, .fn = fn, .ctx = ctx };
	enum ntr_st st = NTR_ABSENT;
	struct ntr_module_symbols *y;
	const struct ntr_vframe *f;
	enum ntr_unw_stop stop;
	struct ntr_module *m;
	size_t n;
	u64 at;

	f = ntr_kd_frames(k, &n, &stop);
	if (i >= n)
		return ntr_fail(e, NTR_ABSENT, "there is no frame 0x%zx", i);
	at = f[i].f.ip - is_return(f, i);
	m = ntr_target_module(k->t, at);
	y = m ? ntr_module_symbols(k->t, m) : NULL;
	c.m = m;
	for (unsigned s = 0; y && s < y->n && st; s++) {
		c.src = y->src[s];
		st = ntr_symsrc_vars(c.src, at - m->base, one, &c, NULL);
	}
	return st ? ntr_fail(e, NTR_ABSENT, "no symbol file here says what the "
			     "variables of this frame are: that takes private "
			     "symbols") : NTR_OK;
}
