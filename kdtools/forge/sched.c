// SPDX-License-Identifier: Apache-2.0
/*
 * What the scheduler and the clock hang things on: timers, APCs, queued spin
 * locks.  Layouts are written down here from the format facts, a row per
 * profile.
 *
 * Timers: one table of lists in the kernel's data until Vista, {head} or {head,
 * time}; one in each KPRCB since 7, {lock, head, time}.  The pointer to a DPC
 * may be stored so that
 *   w ^= never; w = rol(w, never & 63); w ^= timer; w = bswap(w); w ^= always
 * gives it back.  KAPC and KAPC_STATE are those of the driver kits.
 */
#include "mach.h"

struct lay {
	enum f_arch arch;
	u16 build;
	/* timers: first entry in the KPRCB (F_NO: a variable), entry */
	u16 table, size, head, count, period, kt_timer;
	/* APCs, in the KTHREAD */
	u16 state, saved, index, disable, disable_len, special;
	/* queued locks, in the KPRCB */
	u16 locks, nlocks;
};

static const struct lay lays[] = {
	{ F_X86, 1057, F_NO, 8, 0, 128, 0x24, 0xe8, 0x30, 0x140, 0x159, 0x134,
	  1, F_NO, F_NO, 0 },
	{ F_X86, 1381, F_NO, 8, 0, 128, 0x24, 0xe8, 0x34, 0x140, 0x159, 0xd0, 4,
	  F_NO, F_NO, 0 },
	{ F_X86, 2195, F_NO, 8, 0, 128, 0x24, 0xe8, 0x34, 0x140, 0x159, 0xd0, 4,
	  F_NO, 0x3bc, 16 },
	{ F_X86, 2600, F_NO, 8, 0, 256, 0x24, 0xf0, 0x34, 0x14c, 0x165, 0xd4, 4,
	  F_NO, 0x418, 16 },
	{ F_X86, 3790, F_NO, 0x10, 0, 512, 0x24, 0x78, 0x28, 0x138, 0x11c, 0x70,
	  2, 0x72, 0x418, 33 },
	{ F_X64, 3790, F_NO, 0x18, 0, 512, 0x38, 0xb8, 0x48, 0x208, 0x1d8, 0x1b4,
	  2, 0x1b6, 0x670, 33 },
	{ F_X64, 7601, 0x2400, 0x20, 8, 256, 0x3c, 0xc0, 0x50, 0x240, 0x1f0,
	  0x1c4, 2, 0x1c6, 0x670, 17 },
	{ F_X64, 19041, 0x3b40, 0x20, 8, 512, 0x3c, 0x100, 0x98, 0x258, 0x24a,
	  0x1e4, 2, 0x1e6, 0x6f0, 17 },
};

static const struct lay *lay_of(const struct f_prof *p)
{
	for (size_t i = 0; i < NTR_COUNT(lays); i++)
		if (lays[i].arch == p->arch && lays[i].build == p->build)
			return &lays[i];
	return NULL;
}

/* 32-bit offset, 64-bit offset */
static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

static u64 thread_of(struct f_mach *m, u64 tid, struct f_loc at)
{
	for (size_t i = 0; i < m->threads.n; i++)
		if (m->threads.v[i].tid == tid && !m->threads.v[i].idle)
			return m->threads.v[i].va;
	f_mem_fail(&m->mem, NTR_BAD, "line %u: no thread 0x%" PRIx64, at.line,
		   tid);
	return 0;
}

/* --- before the layout of modules -------------------------------------------------- */

static enum ntr_st routine(struct f_mach *m, const char *name, struct f_loc at)
{
	struct f_symref *r = ntr_vec_add(&m->sched_refs);

	if (!r)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	return f_img_sym(&m->img, name, at, F_FN_PLAIN, false, F_NONE, r);
}

static enum ntr_st no(struct f_mach *m, struct f_loc at, const char *what)
{
	return f_scen_err(m->s, m->e, NTR_UNSUP, at, "this machine has no %s "
			  "like that", what);
}

static enum ntr_st resolve_timers(struct f_mach *m, const struct lay *y)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->timers.n; i++) {
		const struct f_stimer *d = &m->s->timers.v[i];

		if (!y || (d->encoded && !f_prof_64(m->p)) ||
		    (d->list != F_NONE && d->list >= y->count) ||
		    (d->cpu && y->table == F_NO) || d->cpu >= m->ncpus)
			return no(m, d->loc, "timer");
		if (d->routine)
			st = routine(m, d->routine, d->loc);
	}
	return st;
}

static enum ntr_st resolve_apcs(struct f_mach *m, const struct lay *y)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->apcs.n; i++) {
		const struct f_sapc *d = &m->s->apcs.v[i];

		if (!y)
			return no(m, d->loc, "APC");
		for (size_t k = 0; !st && k < 3; k++)
			if (d->routine[k])
				st = routine(m, d->routine[k], d->loc);
	}
	for (size_t i = 0; !st && i < m->s->apcstates.n; i++) {
		const struct f_sapcstate *d = &m->s->apcstates.v[i];

		if (!y || (d->special && y->special == F_NO))
			st = no(m, d->loc, "APC state");
	}
	return st;
}

static enum ntr_st resolve_locks(struct f_mach *m, const struct lay *y)
{
	for (size_t i = 0; i < m->s->qlocks.n; i++) {
		const struct f_sqlock *d = &m->s->qlocks.v[i];

		if (!y || d->index >= y->nlocks)
			return no(m, d->loc, "queued lock");
		for (size_t k = 0; k < d->n; k++)
			if (d->cpu[k] >= m->ncpus)
				return no(m, d->loc, "processor");
	}
	return NTR_OK;
}

enum ntr_st f_sched_resolve(struct f_mach *m)
{
	const struct lay *y = lay_of(m->p);
	enum ntr_st st = resolve_timers(m, y);

	if (!st)
		st = resolve_apcs(m, y);
	return st ? st : resolve_locks(m, y);
}

void f_sched_alloc(struct f_mach *m)
{
	const struct lay *y = lay_of(m->p);

	if (!y || y->table != F_NO || !m->s->timers.n)
		return;
	m->timer_table = f_img_data(&m->img, &m->mem, 0,
				    (u32)y->count * y->size, 16);
	f_img_export(&m->img, 0, "KiTimerTableListHead", m->timer_table);
}

/* --- timers -------------------------------------------------------------------------- */

static u64 encode(struct f_mach *m, u64 timer, u64 dpc)
{
	u64 never = 0x70db3fa45c9e1126, always = 0x005f21c88e4d90b3;
	unsigned turn = never & 63;
	u64 w = __builtin_bswap64(dpc ^ always) ^ timer;

	(void)m;
	w = w >> turn | w << (64 - turn);
	return w ^ never;
}

static u64 put_dpc(struct f_mach *m, u64 code, u64 context)
{
	u64 dpc = f_pool(m, 0x40);

	f_put8(&m->mem, dpc, 0x13);
	f_putp(&m->mem, dpc + o(m, 0xc, 0x18), code);
	f_putp(&m->mem, dpc + o(m, 0x10, 0x20), context);
	return dpc;
}

static void put_timer(struct f_mach *m, const struct lay *y,
		      const struct f_stimer *d, u64 code)
{
	u64 first = y->table == F_NO ? m->timer_table :
		    m->cpu[d->cpu].prcb + y->table;
	u64 list = d->list != F_NONE ? d->list : d->due / 156250 % y->count;
	u64 va = d->tid == F_NONE ? f_pool(m, 0x40) :
		 thread_of(m, d->tid, d->loc) + y->kt_timer;
	u64 dpc = code ? put_dpc(m, code, d->context) : 0;
	struct f_mem *q = &m->mem;

	f_put8(q, va, d->sync ? 9 : 8);
	f_put8(q, va + 2, (u8)o(m, 0xa, 0x10));
	f_list_init(m, va + o(m, 8, 8));
	f_put64(q, va + o(m, 0x10, 0x18), m->s->uptime + d->due);
	f_list_add(m, first + list * y->size + y->head,
		   va + o(m, 0x18, 0x20));
	if (d->encoded)
		dpc = encode(m, va, dpc);
	f_putp(q, va + o(m, 0x20, 0x30), dpc);
	f_put32(q, va + y->period, (u32)d->period);
}

static void init_table(struct f_mach *m, const struct lay *y, u64 first)
{
	for (u64 i = 0; i < y->count; i++)
		f_list_init(m, first + i * y->size + y->head);
}

/* --- APCs ----------------------------------------------------------------------------- */

static void put_apc(struct f_mach *m, const struct lay *y,
		    const struct f_sapc *d, const u64 code[3])
{
	u64 ps = f_prof_ptr(m->p), thread = thread_of(m, d->tid, d->loc);
	u64 va = f_pool(m, 0x60);
	struct f_mem *q = &m->mem;

	f_put8(q, va, 0x12);
	f_put8(q, va + 2, (u8)o(m, 0x30, 0x58));
	f_putp(q, va + 8, thread);
	for (u64 i = 0; i < 3; i++)
		f_putp(q, va + o(m, 0x14, 0x20) + i * ps, code[i]);
	f_putp(q, va + o(m, 0x20, 0x38), d->context);
	f_put8(q, va + o(m, 0x2d, 0x51), d->user);
	f_put8(q, va + o(m, 0x2e, 0x52), 1);
	f_list_add(m, thread + y->state + (d->user ? 2 * ps : 0),
		   va + o(m, 0xc, 0x10));
}

static void put_apcstate(struct f_mach *m, const struct lay *y,
			 const struct f_sapcstate *d)
{
	u64 ps = f_prof_ptr(m->p), t = thread_of(m, d->tid, d->loc);
	u64 flags = t + y->state + 5 * ps;
	struct f_mem *q = &m->mem;

	if (y->disable_len == 1)
		f_put8(q, t + y->disable, (u8)(0 - d->disabled));
	else if (y->disable_len == 2)
		f_put16(q, t + y->disable, (u16)(0 - d->disabled));
	else
		f_put32(q, t + y->disable, (u32)(0 - d->disabled));
	if (y->special != F_NO)
		f_put16(q, t + y->special, (u16)(0 - d->special));
	f_put8(q, flags, d->in_progress);
	f_put8(q, flags + 1, d->kernel_pending);
	f_put8(q, flags + 2, (u8)(d->user_pending << (y->build >= 17763)));
	if (!d->attached)
		return;
	f_put8(q, t + y->index, 1);
	f_list_init(m, t + y->saved);
	f_list_init(m, t + y->saved + 2 * ps);
	f_putp(q, t + y->saved + 4 * ps, f_getp(q, t + y->state + 4 * ps));
}

/* --- queued locks ----------------------------------------------------------------------- */

static void put_locks(struct f_mach *m, const struct lay *y)
{
	u64 ps = f_prof_ptr(m->p), words = f_pool(m, (u64)y->nlocks * 8);

	for (size_t n = 0; n < m->ncpus; n++)
		for (u64 i = 0; i < y->nlocks; i++)
			f_putp(&m->mem, m->cpu[n].prcb + y->locks + i * 2 * ps +
			       ps, words + i * 8);
	for (size_t i = 0; i < m->s->qlocks.n; i++) {
		const struct f_sqlock *d = &m->s->qlocks.v[i];
		u64 word = words + d->index * 8, at = 0, before = 0;

		for (size_t k = 0; k < d->n; k++) {
			at = m->cpu[d->cpu[k]].prcb + y->locks +
			     d->index * 2 * ps;
			f_putp(&m->mem, at + ps, word | (k ? 1 : 2));
			if (before)
				f_putp(&m->mem, before, at);
			before = at;
		}
		f_putp(&m->mem, word, at);
	}
}

/* --- all of it --------------------------------------------------------------------------- */

static u64 next_code(struct f_mach *m, const char *name, size_t *ref)
{
	return name ? f_img_va(&m->img, &m->sched_refs.v[(*ref)++]) : 0;
}

void f_sched_write(struct f_mach *m)
{
	const struct lay *y = lay_of(m->p);
	u64 ps = f_prof_ptr(m->p);
	size_t ref = 0;

	if (!y)
		return;
	for (size_t n = 0; m->s->timers.n && y->table != F_NO &&
	     n < m->ncpus; n++)
		init_table(m, y, m->cpu[n].prcb + y->table);
	if (m->timer_table)
		init_table(m, y, m->timer_table);
	for (size_t i = 0; i < m->s->timers.n; i++)
		put_timer(m, y, &m->s->timers.v[i],
			  next_code(m, m->s->timers.v[i].routine, &ref));
	for (size_t i = 0; i < m->threads.n; i++) {
		f_list_init(m, m->threads.v[i].va + y->state);
		f_list_init(m, m->threads.v[i].va + y->state + 2 * ps);
	}
	for (size_t i = 0; i < m->s->apcs.n; i++) {
		u64 code[3];

		for (size_t k = 0; k < 3; k++)
			code[k] = next_code(m, m->s->apcs.v[i].routine[k],
					    &ref);
		put_apc(m, y, &m->s->apcs.v[i], code);
	}
	for (size_t i = 0; i < m->s->apcstates.n; i++)
		put_apcstate(m, y, &m->s->apcstates.v[i]);
	if (m->s->qlocks.n)
		put_locks(m, y);
}
