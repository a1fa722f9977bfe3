// SPDX-License-Identifier: Apache-2.0
/*
 * DPCs on the processors' queues.  Up to XP the head is in the KPRCB itself;
 * later there are two KDPC_DATA, for normal and threaded ones.  Windows 10
 * links them singly: {first, last}, and each to the next.
 */
#include "mach.h"

#include <string.h>

struct lay {
	enum f_arch arch;
	u16 build, head, depth, step; /* in the KPRCB; step 0: one queue */
};

static const struct lay lays[] = {
	{ F_X86, 1057, 0x300, 0x308, 0 },
	{ F_X86, 1381, 0x4e0, 0x4e8, 0 },
	{ F_X86, 2195, 0x6e0, 0x6e8, 0 },
	{ F_X86, 2600, 0x860, 0x870, 0 },
	{ F_X86, 3790, 0x920, 0x92c, 0x14 },
	{ F_X64, 3790, 0x1f00, 0x1f18, 0x20 },
	{ F_X64, 7601, 0x2180, 0x2198, 0x20 },
	{ F_X64, 19041, 0x30c0, 0x30d8, 0x28 },
};

static const struct lay *lay_of(const struct f_prof *p)
{
	for (size_t i = 0; i < NTR_COUNT(lays); i++)
		if (lays[i].arch == p->arch && lays[i].build == p->build)
			return &lays[i];
	return NULL;
}

enum ntr_st f_dpc_resolve(struct f_mach *m)
{
	const struct lay *y = lay_of(m->p);
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->dpcs.n; i++) {
		const struct f_sdpc *d = &m->s->dpcs.v[i];
		struct f_symref *r = ntr_vec_add(&m->dpcs);
		if (!r)
			return ntr_fail(m->e, NTR_NOMEM, "out of memory");
		if (!y || (d->threaded && !y->step))
			return f_scen_err(m->s, m->e, NTR_UNSUP, d->loc,
					  "this machine has no such DPC queue");
		if (d->cpu >= m->ncpus)
			return f_scen_err(m->s, m->e, NTR_BAD, d->loc,
					  "CPU %" PRIu64 " of %zu", d->cpu,
					  m->ncpus);
		st = f_img_sym(&m->img, d->routine, d->loc, F_FN_PLAIN, false,
			       F_NONE, r);
	}
	return st;
}

static void enqueue(struct f_mach *m, const struct lay *y, u64 queue, u64 entry)
{
	u64 ps = f_prof_ptr(m->p), last;
	struct f_mem *q = &m->mem;

	if (y->build < 9600) {
		f_list_add(m, queue, entry);
		return;
	}
	last = f_getp(q, queue + ps);
	f_putp(q, last ? last : queue, entry);
	f_putp(q, queue + ps, entry);
}

static enum ntr_st context_of(struct f_mach *m, const struct f_sdpc *s, u64 *out)
{
	*out = s->context;
	if (s->irp && s->irp <= m->irps.n) {
		*out = m->irps.v[s->irp - 1];
		return NTR_OK;
	}
	for (size_t i = 0; s->device && i < m->devices.n; i++)
		if (!strcmp(m->s->devices.v[i].name, s->device)) {
			*out = m->devices.v[i];
			return NTR_OK;
		}
	return s->irp || s->device ?
	       f_scen_err(m->s, m->e, NTR_BAD, s->loc,
			  "no such IRP or device for a DPC") : NTR_OK;
}

static void put_dpc(struct f_mach *m, const struct lay *y,
		    const struct f_sdpc *s, u64 routine)
{
	u64 prcb = m->cpu[s->cpu].prcb, step = s->threaded ? y->step : 0;
	bool wide = f_prof_64(m->p);
	struct f_mem *q = &m->mem;
	u64 dpc = f_pool(m, 0x40), *slot = ntr_vec_add(&m->dpc_vas);
	u64 depth = f_getp(q, prcb + y->depth + step) & 0xffffffff;

	if (!slot) {
		f_mem_fail(q, NTR_NOMEM, "out of memory");
		return;
	}
	*slot = dpc;
	f_put8(q, dpc, s->threaded ? 0x18 : 0x13);
	f_putp(q, dpc + (wide ? 0x18 : 0xc), routine);
	f_putp(q, dpc + (wide ? 0x20 : 0x10), s->context);
	enqueue(m, y, prcb + y->head + step, dpc + (wide ? 8 : 4));
	f_put32(q, prcb + y->depth + step, (u32)depth + 1);
}

void f_dpc_write(struct f_mach *m)
{
	const struct lay *y = lay_of(m->p);

	for (size_t n = 0; y && y->build < 9600 && n < m->ncpus; n++)
		for (u64 i = 0; i < (y->step ? 2u : 1u); i++)
			f_list_init(m, m->cpu[n].prcb + y->head + i * y->step);
	for (size_t i = 0; y && i < m->s->dpcs.n; i++)
		for (u64 k = 0; k < m->s->dpcs.v[i].times; k++)
			put_dpc(m, y, &m->s->dpcs.v[i],
				f_img_va(&m->img, &m->dpcs.v[i]));
}

enum ntr_st f_dpc_contexts(struct f_mach *m)
{
	u64 at = f_prof_64(m->p) ? 0x20 : 0x10, context = 0;
	enum ntr_st st = NTR_OK;
	size_t n = 0;

	for (size_t i = 0; !st && i < m->s->dpcs.n; i++) {
		const struct f_sdpc *s = &m->s->dpcs.v[i];

		st = context_of(m, s, &context);
		for (u64 k = 0; !st && k < s->times && n < m->dpc_vas.n; k++)
			f_putp(&m->mem, m->dpc_vas.v[n++] + at, context);
	}
	return st;
}
