// SPDX-License-Identifier: Apache-2.0
#include "stk.h"

#include "img_i.h"

#include <string.h>

void f_stk_fini(struct f_stk *k)
{
	ntr_vec_fini(&k->f);
}

/* --- resolve ----------------------------------------------------------------- */

static u32 grain(const struct f_prof *p)
{
	return p->arch == F_X86 ? 4 : 16;
}

static enum ntr_st add(struct f_img *g, struct f_stk *k, const char *sym,
		       struct f_loc at, enum f_frame_kind kind, u64 size,
		       u64 err, u64 cr2)
{
	bool after_trap = k->f.n && k->f.v[k->f.n - 1].how == F_K_TRAP;
	bool active = !k->f.n || after_trap;
	struct f_frame *f;
	enum ntr_st st;

	if (kind == F_TRAP && g->p->arch != F_X86 && g->p->arch != F_X64)
		return f_scen_err(g->s, g->e, NTR_UNSUP, at,
				  "trap frames of %s are not known to forge",
				  g->p->arch_name);
	if (k->f.n >= F_MAX_FRAMES)
		return f_scen_err(g->s, g->e, NTR_LIMIT, at,
				  "more than %d frames", F_MAX_FRAMES);
	f = ntr_vec_add(&k->f);
	if (!f)
		return ntr_fail(g->e, NTR_NOMEM, "out of memory");
	f->loc = at;
	f->how = kind == F_TRAP ? F_K_TRAP : active ? F_K_ACTIVE : F_K_CALL;
	f->err = err;
	f->cr2 = cr2;
	f->first = F_NONE;
	f->want = size == F_NONE ? 0 : (u32)size;
	if (size != F_NONE && (size % grain(g->p) || size < MIN_FRAME(g->p) ||
			       size > 0xfff0))
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "a frame of this machine has a multiple of %u bytes, %u to 65520; not %" PRIu64,
				  grain(g->p), MIN_FRAME(g->p), size);
	st = f_img_sym(g, sym, at, kind == F_TRAP ? F_FN_TRAP : F_FN_PLAIN,
		       f->how == F_K_CALL || (kind == F_TRAP && !active), size,
		       &f->ref);
	return st;
}

/* What one round of a cycle takes, and how often it goes round. */
static enum ntr_st cycle_shape(struct f_img *g, const struct f_stk *k,
			       const struct f_sitem *it, u64 others, u64 *each,
			       u64 *times)
{
	u64 gr = grain(g->p), room = k->size > others ? k->size - others : 0;
	u64 dflt = DEFAULT_FRAME(g->p) * it->n;

	*times = it->times;
	*each = it->bytes;
	if (*each == F_NONE && *times == F_NONE)
		*each = dflt;
	if (*each == F_NONE)
		*each = k->overflow ? (room / *times) / (gr * it->n) * (gr * it->n)
				    : dflt;
	if (*times == F_NONE)
		*times = room / (*each ? *each : 1);
	if (*each / it->n < MIN_FRAME(g->p) || *each % gr || !*times)
		return f_scen_err(g->s, g->e, NTR_BAD, it->loc,
				  "%" PRIu64 " rounds of %zu frames do not fit in a stack of %" PRIu64
				  " bytes (a frame has at least %u)",
				  *times, it->n, k->size, MIN_FRAME(g->p));
	if (*times * *each > room)
		return f_scen_err(g->s, g->e, NTR_BAD, it->loc,
				  "%" PRIu64 " rounds of %" PRIu64
				  " bytes need %" PRIu64 " bytes; the stack has %" PRIu64,
				  *times, *each, *times * *each + others, k->size);
	return NTR_OK;
}

static u32 trap_size(const struct f_prof *p)
{
	return p->arch == F_X86 ? 0x74 : 0x190;
}

static u64 fixed_bytes(const struct f_img *g, const struct f_sstack *s)
{
	u64 sum = 0x40;

	for (size_t i = 0; i < s->items.n; i++) {
		const struct f_sitem *it = &s->items.v[i];
		const struct f_sframe *f = &s->frames.v[it->first];
		if (it->times != 1 || it->n != 1)
			continue;
		sum += f->kind == F_TRAP ? trap_size(g->p) + 0x10 :
		       f->size == F_NONE ? DEFAULT_FRAME(g->p) : f->size;
	}
	return sum;
}

static enum ntr_st add_item(struct f_img *g, struct f_stk *k,
			    const struct f_sitem *it)
{
	const struct f_sstack *s = k->s;
	u64 each, times, share, gr = grain(g->p);
	enum ntr_st st;

	if (it->times == 1 && it->n == 1 && it->bytes == F_NONE) {
		const struct f_sframe *f = &s->frames.v[it->first];
		st = add(g, k, f->sym, f->loc, f->kind, f->size, f->err,
			 f->cr2);
		if (!st)
			k->f.v[k->f.n - 1].first = f->first;
		return st;
	}
	st = cycle_shape(g, k, it, fixed_bytes(g, s), &each, &times);
	share = each / it->n / gr * gr;
	for (u64 r = 0; !st && r < times; r++)
		for (size_t i = 0; !st && i < it->n; i++) {
			const struct f_sframe *f = &s->frames.v[it->first + i];
			u64 size = i ? share : each - share * (it->n - 1);
			st = add(g, k, f->sym, f->loc, F_FRAME, size, 0, 0);
		}
	return st;
}

static enum ntr_st add_switch(struct f_img *g, struct f_stk *k)
{
	const char *sym = g->p->arch == F_X86 ? "nt!KiSwapContext+0x2e"
					      : "nt!KiSwapContext+0x7a";
	enum ntr_st st = add(g, k, sym, (struct f_loc){ 0 }, F_FRAME, F_NONE, 0, 0);

	if (!st && g->p->arch == F_X86)
		k->f.v[0].how = F_K_SWITCH;
	return st;
}

static u64 size_of(const struct f_img *g, const struct f_frame *f, bool laid);

/* An overflowing stack is full: the outermost frame takes what is left. */
static enum ntr_st fill_up(struct f_img *g, struct f_stk *k)
{
	struct f_frame *last = &k->f.v[k->f.n - 1];
	u64 sum = 0, gap, gr = grain(g->p);
	struct f_func *fn;

	if (!k->overflow || last->how != F_K_CALL || last->want)
		return NTR_OK;
	for (size_t i = 0; i < k->f.n; i++)
		sum += size_of(g, &k->f.v[i], false);
	gap = k->size > sum + k->reserve ? k->size - sum - k->reserve : 0;
	gap = gap / gr * gr;
	if (gap > 0xe000)
		gap = 0xe000;
	fn = &g->mods.v[last->ref.mod].funcs.v[last->ref.func];
	for (size_t i = 0; i + 1 < k->f.n; i++)
		if (k->f.v[i].ref.mod == last->ref.mod &&
		    k->f.v[i].ref.func == last->ref.func && g->p->arch != F_X86)
			return NTR_OK;
	if (g->p->arch == F_ARM64 && gap > 0xe00)
		gap = 0xe00;
	last->want = (u32)(size_of(g, last, false) + gap);
	if (g->p->arch != F_X86 && !fn->frame)
		fn->frame = last->want;
	return NTR_OK;
}

enum ntr_st f_stk_resolve(struct f_img *g, const struct f_sstack *s,
			  u64 dflt_size, bool waiting,
			  const struct f_fixed_frame *dflt, size_t ndflt,
			  struct f_stk *k)
{
	u64 page = 1ULL << g->p->page_shift;
	enum ntr_st st = NTR_OK;

	*k = (struct f_stk){ .s = s, .size = dflt_size,
			     .reserve = g->p->arch == F_X86 ? 0x10 : 0x20 };
	if (s && s->size)
		k->size = (s->size + page - 1) / page * page;
	if (s)
		k->overflow = s->overflow;
	if (waiting)
		st = add_switch(g, k);
	for (size_t i = 0; !st && s && i < s->items.n; i++)
		st = add_item(g, k, &s->items.v[i]);
	if (!st && (!s || !s->items.n))
		for (size_t i = 0; !st && i < ndflt; i++)
			st = add(g, k, dflt[i].sym, s ? s->loc : (struct f_loc){ 0 },
				 dflt[i].kind, F_NONE, 0, 0);
	if (!st && k->f.v[k->f.n - 1].how == F_K_TRAP)
		return f_scen_err(g->s, g->e, NTR_BAD, k->f.v[k->f.n - 1].loc,
				  "a trap needs the interrupted frame after it");
	return st ? st : fill_up(g, k);
}

/* --- sizes and places ------------------------------------------------------------ */

/* Bytes between sp and after; before layout a guess that is right for x86. */
static u64 size_of(const struct f_img *g, const struct f_frame *f, bool laid)
{
	static const u8 early[5][2] = { { 4, 8 }, { 8, 16 }, { 0, 0 },
					{ 0, 0 }, { 0, 0 } };
	u32 size = f->want;

	if (f->how == F_K_SWITCH)
		return 0x14;
	if (f->how == F_K_TRAP)
		return trap_size(g->p) + (g->p->arch == F_X86 ? 0x10 : 0);
	if (!size || (laid && g->p->arch != F_X86 && g->p->arch != F_IA64))
		size = f_img_frame(g, &f->ref);
	if (!size)
		size = DEFAULT_FRAME(g->p);
	if (laid && f->how == F_K_ACTIVE) {
		int state = f_img_prologue_state(g, &f->ref);
		if (state < 2)
			return early[g->p->arch][state];
	}
	return size;
}

/* x64: a frame that has not pushed anything stands on 8 mod 16. */
static u64 lead_in(const struct f_img *g, const struct f_stk *k, size_t i)
{
	return g->p->arch == F_X64 && k->f.v[i].how == F_K_ACTIVE && i &&
	       f_img_prologue_state(g, &k->f.v[i].ref) == 0 ? 8 : 0;
}

static enum ntr_st place(struct f_img *g, struct f_stk *k)
{
	u64 total = 0, sp, below = k->s && k->s->below ? k->s->below :
		g->p->arch == F_X86 ? 0x14 : 0x20;

	for (size_t i = 0; i < k->f.n; i++)
		total += lead_in(g, k, i) + size_of(g, &k->f.v[i], true);
	if (total + k->reserve > k->size + (k->overflow ? below : 0))
		return f_scen_err(g->s, g->e, NTR_BAD,
				  k->s ? k->s->loc : (struct f_loc){ 0 },
				  "these frames take %" PRIu64 " bytes, the stack has %" PRIu64,
				  total + k->reserve, k->size);
	if (k->overflow && g->p->arch != F_X86) {
		u64 first = size_of(g, &k->f.v[0], true);
		below = below / 16 * 16;
		if (below + 16 > first) /* what it keeps is above the limit */
			below = first > 16 ? (first - 16) / 16 * 16 : 0;
	}
	sp = k->overflow ? k->limit - below : k->base - k->reserve - total;
	for (size_t i = 0; i < k->f.n; i++) {
		struct f_frame *f = &k->f.v[i];
		u64 size = size_of(g, f, true);
		f->sp = sp + lead_in(g, k, i);
		f->after = f->sp + size;
		/* what this frame keeps must be above the limit */
		if (k->overflow && !i && g->p->arch == F_X86 &&
		    f->after < k->limit + 16)
			f->after += below / 16 * 16 + 16;
		sp = f->after;
	}
	k->total = total;
	return NTR_OK;
}

/* The frame pointer while frame i runs; outermost first. */
static void frame_pointers(struct f_img *g, struct f_stk *k)
{
	u64 next = 0;

	for (size_t i = k->f.n; i--;) {
		struct f_frame *f = &k->f.v[i];
		int state = f->how == F_K_ACTIVE
				    ? f_img_prologue_state(g, &f->ref) : 2;
		if (f->how == F_K_TRAP)
			f->bp = f->sp + (g->p->arch == F_X86 ? 0x10 : 0x80);
		else if (f->how == F_K_SWITCH || state < 2)
			f->bp = next;
		else if (g->p->arch == F_X86)
			f->bp = f->after - 8;
		else if (g->p->arch == F_ARM64)
			f->bp = f->sp;
		else
			f->bp = next; /* nobody in between changes it */
		next = f->bp;
	}
}

/* --- words ------------------------------------------------------------------------- */

static struct f_regs active_regs(const struct f_img *g, const struct f_stk *k,
				 size_t i)
{
	const struct f_frame *f = &k->f.v[i];
	struct f_regs r = { .known = true, .flags = 0x246 };

	r.ip = f_img_va(g, &f->ref);
	r.sp = f->sp;
	r.bp = f->bp;
	if (i + 1 < k->f.n)
		r.lr = f_img_va(g, &k->f.v[i + 1].ref);
	for (int n = 0; n < 32; n++)
		r.r[n] = 0x10u + (u32)n;
	if (f->first != F_NONE)
		r.r[1] = f->first; /* ecx, rcx */
	if (g->p->arch == F_ARM64 && i + 1 < k->f.n &&
	    f_img_prologue_state(g, &f->ref) == 2)
		r.lr = r.ip;
	return r;
}

/* Return address and saved registers of a frame. */
static void put_links(const struct f_img *g, struct f_mem *m,
		      const struct f_stk *k, size_t i)
{
	const struct f_frame *f = &k->f.v[i];
	bool last = i + 1 == k->f.n;
	u64 ret = last ? 0 : f_img_va(g, &k->f.v[i + 1].ref);
	u64 bp = last ? 0 : k->f.v[i + 1].bp;
	int state = f->how == F_K_ACTIVE ? f_img_prologue_state(g, &f->ref) : 2;

	switch (g->p->arch) {
	case F_X86:
		f_put32(m, f->after - 4, (u32)ret);
		if (f->how == F_K_SWITCH)
			f_put32(m, f->sp, (u32)bp);
		else if (state)
			f_put32(m, f->after - 8, (u32)bp);
		break;
	case F_X64:
		f_put64(m, f->after - 8, ret);
		if (state)
			f_put64(m, f->after - 16, 3);
		break;
	case F_ARM64:
		if (state == 2) {
			f_put64(m, f->sp, bp);
			f_put64(m, f->sp + 8, ret);
		}
		break;
	case F_ALPHA:
		if (state == 2) {
			f_put32(m, f->sp, (u32)ret);
			f_put32(m, f->sp + 4, ret >> 31 ? 0xffffffff : 0);
		}
		break;
	case F_IA64:
		f_put64(m, f->sp + 16, ret);
		break;
	}
}

void f_trap_put(struct f_mem *m, u64 va, const struct f_regs *r, u64 err,
		u64 cr2, u64 sp)
{
	if (m->prof->arch == F_X86) {
		f_put32(m, va, (u32)r->bp);
		f_put32(m, va + 0x04, (u32)r->ip);
		f_put32(m, va + 0x08, 0xbadb0d00);
		f_put32(m, va + 0x34, 0x23);
		f_put32(m, va + 0x38, 0x23);
		f_put32(m, va + 0x3c, (u32)r->r[2]);
		f_put32(m, va + 0x40, (u32)r->r[1]);
		f_put32(m, va + 0x44, (u32)r->r[0]);
		f_put32(m, va + 0x4c, 0xffffffff);
		f_put32(m, va + 0x50, 0x30);
		f_put32(m, va + 0x54, (u32)r->r[7]);
		f_put32(m, va + 0x58, (u32)r->r[6]);
		f_put32(m, va + 0x5c, (u32)r->r[3]);
		f_put32(m, va + 0x60, (u32)r->bp);
		f_put32(m, va + 0x64, (u32)err);
		f_put32(m, va + 0x68, (u32)r->ip);
		f_put32(m, va + 0x6c, 8);
		f_put32(m, va + 0x70, r->flags);
		return;
	}
	static const u8 vol[7] = { 0, 1, 2, 8, 9, 10, 11 };
	f_put32(m, va + 0x2c, 0x1f80);
	for (int i = 0; i < 7; i++)
		f_put64(m, va + 0x30 + (u64)i * 8, r->r[vol[i]]);
	f_put64(m, va + 0xd0, cr2);
	f_put64(m, va + 0x140, r->r[3]);
	f_put64(m, va + 0x148, r->r[7]);
	f_put64(m, va + 0x150, r->r[6]);
	f_put64(m, va + 0x158, r->bp);
	f_put64(m, va + 0x160, err);
	f_put64(m, va + 0x168, r->ip);
	f_put16(m, va + 0x170, 0x10);
	f_put32(m, va + 0x178, r->flags);
	f_put64(m, va + 0x180, sp);
	f_put64(m, va + 0x188, 0x18);
}

static void put_trap(const struct f_img *g, struct f_mem *m, struct f_stk *k,
		     size_t i)
{
	const struct f_frame *f = &k->f.v[i];
	u64 tf = g->p->arch == F_X86 ? f->sp + 0x10 : f->sp;
	struct f_regs r = active_regs(g, k, i + 1);

	f_trap_put(m, tf, &r, f->err, f->cr2, k->f.v[i + 1].sp);
	if (!k->trap)
		k->trap = tf;
}

enum ntr_st f_stk_build(struct f_img *g, struct f_mem *m, struct f_stk *k)
{
	enum ntr_st st = place(g, k);

	if (st)
		return st;
	f_map(m, k->limit, k->base - k->limit);
	frame_pointers(g, k);
	for (size_t i = 0; i < k->f.n; i++) {
		const struct f_frame *f = &k->f.v[i];
		if (f->how == F_K_TRAP)
			put_trap(g, m, k, i);
		else
			put_links(g, m, k, i);
		if (i && (f->how == F_K_CALL ||
			  (f->how == F_K_TRAP && k->f.v[i - 1].how != F_K_TRAP)))
			f_img_call(g, &f->ref, f_img_func_va(g, &k->f.v[i - 1].ref));
	}
	k->regs = active_regs(g, k, 0);
	for (u64 n = 0; k->s && n < k->s->stale; n++) {
		u64 at = k->regs.sp - (n + 2) * f_prof_ptr(g->p) * 3;
		if (at < k->limit)
			break;
		f_putp(m, at, f_img_va(g, &k->f.v[n % k->f.n].ref));
	}
	return NTR_OK;
}
