// SPDX-License-Identifier: Apache-2.0
#include "mach.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

u64 f_ext(const struct f_mach *m, u64 va)
{
	return f_prof_64(m->p) ? va : (u64)(s64)(s32)(u32)va;
}

u64 f_pool(struct f_mach *m, u64 len)
{
	u64 va = m->pool_next;

	m->pool_next += (len + 0x3f) & ~0x1fULL;
	f_map(&m->mem, va, len);
	return va;
}

/* --- processes and threads, as data ----------------------------------------------- */

static enum ntr_st oom(struct f_mach *m)
{
	return ntr_fail(m->e, NTR_NOMEM, "out of memory");
}

static struct f_proc *add_proc(struct f_mach *m, const char *name, u64 pid,
			       u64 parent)
{
	struct f_proc *p = ntr_vec_add(&m->procs);

	if (p)
		*p = (struct f_proc){ .name = name, .pid = pid, .parent = parent };
	return p;
}

static struct f_thread *add_thread(struct f_mach *m, size_t proc, u64 tid)
{
	struct f_thread *t = ntr_vec_add(&m->threads);

	if (t)
		*t = (struct f_thread){ .proc = proc, .tid = tid,
					.cpu = F_NONE, .irql = 0, .state = 5 };
	return t;
}

/* 0 is Idle, 1 is System; the scenario's own follow. */
static enum ntr_st collect_procs(struct f_mach *m)
{
	const struct f_scen *s = m->s;
	struct f_proc *p = add_proc(m, "Idle", 0, 0);
	u64 next = m->p->build < 2195 ? 0x15 : 0xd4;

	if (!p || !add_proc(m, "System", m->p->system_pid, 0))
		return oom(m);
	m->procs.v[0].idle = true;
	for (size_t i = 0; i < s->procs.n; i++) {
		const struct f_sproc *sp = &s->procs.v[i];
		bool sys = !ntr_strcasecmp(sp->name, "System");
		bool idle = !ntr_strcasecmp(sp->name, "Idle");
		u64 pid = sp->pid;
		if (pid == F_NONE && !sys)
			pid = next, next += 4;
		if (sys || idle) {
			if (sys && pid != F_NONE)
				m->procs.v[1].pid = pid;
			continue;
		}
		p = add_proc(m, sp->name, pid, sp->parent);
		if (!p)
			return oom(m);
		p->unlisted = sp->unlisted;
		p->noid = sp->noid;
	}
	return NTR_OK;
}

size_t f_proc_of(const struct f_mach *m, size_t scen)
{
	const char *name = m->s->procs.v[scen].name;
	size_t at = 2;

	if (!ntr_strcasecmp(name, "Idle"))
		return 0;
	if (!ntr_strcasecmp(name, "System"))
		return 1;
	for (size_t i = 0; i < scen; i++)
		if (ntr_strcasecmp(m->s->procs.v[i].name, "Idle") &&
		    ntr_strcasecmp(m->s->procs.v[i].name, "System"))
			at++;
	return at;
}

static bool find_proc(const struct f_mach *m, const char *name, size_t *at)
{
	for (size_t i = 0; i < m->procs.n; i++)
		if (!ntr_strcasecmp(m->procs.v[i].name, name)) {
			*at = i;
			return true;
		}
	return false;
}

static enum ntr_st crash_thread(struct f_mach *m)
{
	const struct f_scen *s = m->s;
	struct f_thread *t;
	size_t proc = 1;

	if (s->current && !find_proc(m, s->current, &proc))
		return f_scen_err(m->s, m->e, NTR_BAD, s->current_loc,
				  "no process \"%s\" in this scenario", s->current);
	t = add_thread(m, proc, s->current_tid != F_NONE ? s->current_tid : 0x1c);
	if (!t)
		return oom(m);
	m->crash = m->threads.n - 1;
	t->cpu = 0;
	t->state = 2;
	t->irql = s->irql != F_NONE ? s->irql : s->stack.overflow ? 2 : 0;
	return NTR_OK;
}

static enum ntr_st one_thread(struct f_mach *m, size_t i)
{
	const struct f_sthread *st = &m->s->threads.v[i];
	struct f_thread *t = add_thread(m, f_proc_of(m, st->proc),
					st->tid != F_NONE ? st->tid
							  : 0x40 + i * 4);

	if (!t)
		return oom(m);
	t->s = st;
	t->cpu = st->cpu;
	t->irql = st->irql != F_NONE ? st->irql : 0;
	t->reason = st->reason;
	t->dpc = st->dpc;
	t->state = st->cpu != F_NONE ? 2 : st->state != F_NONE ? (u8)st->state : 5;
	if (st->cpu == F_NONE)
		return NTR_OK;
	if (st->cpu >= m->ncpus)
		return f_scen_err(m->s, m->e, NTR_BAD, st->loc,
				  "CPU %" PRIu64 " of %zu: write cpus %" PRIu64
				  " in the machine statement",
				  st->cpu, m->ncpus, st->cpu + 1);
	for (size_t k = 0; k + 1 < m->threads.n; k++)
		if (m->threads.v[k].cpu == st->cpu)
			return f_scen_err(m->s, m->e, NTR_BAD, st->loc,
					  "CPU %" PRIu64 " runs another thread already%s",
					  st->cpu, st->cpu ? "" :
					  " (the crashing one: see stack and current)");
	return NTR_OK;
}

static enum ntr_st collect_threads(struct f_mach *m)
{
	enum ntr_st st = crash_thread(m);

	for (size_t i = 0; !st && i < m->s->threads.n; i++)
		st = one_thread(m, i);
	for (size_t c = 0; !st && c < m->ncpus; c++) {
		bool busy = false;
		struct f_thread *t;
		for (size_t k = 0; k < m->threads.n; k++)
			busy |= m->threads.v[k].cpu == c && !m->threads.v[k].idle;
		t = add_thread(m, 0, 0);
		if (!t)
			return oom(m);
		t->idle = true;
		t->state = busy ? 1 : 2;
		t->irql = 2;
		t->cpu = busy ? F_NONE : c;
		m->cpu[c].idle = m->threads.n - 1; /* address later */
	}
	return st;
}

/* --- resolving stacks ------------------------------------------------------------------ */

static enum ntr_st resolve_thread(struct f_mach *m, struct f_thread *t, bool crash)
{
	static const struct f_fixed_frame bug[] = {
		{ "nt!KeBugCheckEx+0x1e", F_FRAME },
		{ "nt!KiDispatchInterrupt+0x46", F_FRAME },
		{ "nt!KiIdleLoop+0x3d", F_FRAME },
	};
	static const struct f_fixed_frame idle[] = {
		{ "hal!HalProcessorIdle+0x12", F_FRAME },
		{ "nt!KiIdleLoop+0x3d", F_FRAME },
	};
	static const struct f_fixed_frame wait[] = {
		{ "nt!KiSwapThread+0x8a", F_FRAME },
		{ "nt!KeWaitForSingleObject+0x1c2", F_FRAME },
		{ "nt!PspSystemThreadStartup+0x2e", F_FRAME },
	};
	const struct f_sstack *ss = crash ? &m->s->stack : t->s ? &t->s->stack : NULL;
	bool waits = t->cpu == F_NONE && !t->idle;
	enum ntr_st st;

	if (ss && !ss->given)
		ss = NULL;
	st = f_stk_resolve(&m->img, ss, m->p->stack, waits,
			   crash ? bug : waits ? wait : idle,
			   crash || waits ? 3 : 2, &t->stk);
	if (st || !t->s || !t->s->start)
		return st;
	t->has_start = true;
	return f_img_sym(&m->img, t->s->start, t->s->loc, F_FN_PLAIN, false,
			 F_NONE, &t->start_ref);
}

/* The stack on which NT reports a double fault, when the thread's is full. */
static enum ntr_st resolve_df(struct f_mach *m)
{
	static const struct f_fixed_frame x86[] = {
		{ "nt!KeBugCheckEx+0x1e", F_FRAME },
		{ "nt!KiTrap08+0x48", F_FRAME },
	};
	static const struct f_fixed_frame x64[] = {
		{ "nt!KeBugCheckEx", F_FRAME },
		{ "nt!KiBugCheckDispatch+0x69", F_FRAME },
		{ "nt!KiDoubleFaultAbort+0xb3", F_TRAP },
		{ "nt!KiDoubleFaultAbort+0x10", F_FRAME }, /* see build_df */
	};

	m->has_df = m->threads.v[m->crash].stk.overflow &&
		    (m->p->arch == F_X86 || m->p->arch == F_X64);
	if (!m->has_df)
		return NTR_OK;
	return m->p->arch == F_X86
		       ? f_stk_resolve(&m->img, NULL, 0x1000, false, x86, 2, &m->df)
		       : f_stk_resolve(&m->img, NULL, 0x2000, false, x64, 4, &m->df);
}

static enum ntr_st resolve_val(struct f_mach *m, const struct f_val *v)
{
	struct f_symref r;

	if (!v->given || !v->sym || !strpbrk(v->sym, "!+"))
		return NTR_OK;
	return f_img_sym(&m->img, v->sym, v->loc, F_FN_PLAIN, false, F_NONE, &r);
}

static enum ntr_st resolve_all(struct f_mach *m)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->threads.n; i++)
		st = resolve_thread(m, &m->threads.v[i], i == m->crash);
	if (!st)
		st = resolve_df(m);
	for (size_t i = 0; !st && i < 5; i++)
		st = resolve_val(m, &m->s->stop[i]);
	if (!st)
		st = resolve_val(m, &m->s->exc_at);
	for (size_t i = 0; !st && i < m->s->exc_ninfo; i++)
		st = resolve_val(m, &m->s->exc_info[i]);
	for (size_t i = 0; !st && i < m->s->regs.n; i++)
		st = resolve_val(m, &m->s->regs.v[i].v);
	return st;
}

/* --- memory of the kernel ------------------------------------------------------------------ */

static void map_kernel_large(struct f_mach *m)
{
	const struct f_mod *nt = &m->img.mods.v[0], *hal = &m->img.mods.v[1];
	u64 step = f_large_size(&m->mem), lo, end, pa;

	if (!step || m->s->large == 0 || m->s->memory < 32 << 20)
		return;
	if (m->p->arch == F_X86) {
		lo = 0x80000000;
		end = nt->base + nt->size;
		if (hal->base + hal->size > end && hal->base < lo + (32 << 20))
			end = hal->base + hal->size;
		if (nt->base < lo || end > lo + (24 << 20))
			return;
		pa = 0;
	} else {
		lo = nt->base & ~(step - 1);
		end = nt->base + nt->size;
		pa = f_mem_alloc_run(&m->mem, (end - lo + step - 1) / step * step >>
				     m->mem.shift, step >> m->mem.shift)
		     << m->mem.shift;
	}
	f_map_large(&m->mem, lo, pa, (end - lo + step - 1) / step * step);
}

/* --- building stacks --------------------------------------------------------------------------- */

static enum ntr_st build_stack(struct f_mach *m, struct f_thread *t, u64 *next)
{
	u64 guard = m->mem.page;

	t->stk.limit = *next + guard;
	t->stk.base = t->stk.limit + t->stk.size;
	*next = t->stk.base;
	return f_stk_build(&m->img, &m->mem, &t->stk);
}

/*
 * x64: the trap frame of a double fault ends at the top of the IST stack and
 * holds the registers of the overflowing thread, so what was built with a
 * placeholder for that thread is written again at its place.
 */
static void move_df(struct f_mach *m, const struct f_regs *r)
{
	struct f_frame *f = m->df.f.v;
	u64 up = m->df.base - f[2].after, zero = 0;

	for (u64 a = m->df.limit; a < m->df.base; a += 8)
		f_put(&m->mem, a, &zero, 8);
	for (size_t i = 0; i < 4; i++) {
		f[i].sp += up;
		f[i].after += up;
	}
	f_put64(&m->mem, f[0].sp, f_img_va(&m->img, &f[1].ref));
	f_put64(&m->mem, f[1].after - 8, f_img_va(&m->img, &f[2].ref));
	m->df.trap = f[2].sp;
	m->df.regs.sp = f[0].sp;
	m->df.regs.bp = f[2].sp + 0x80;
	f_trap_put(&m->mem, m->df.trap, r, 0, r->sp - 8, r->sp);
}

static enum ntr_st build_df(struct f_mach *m)
{
	const struct f_regs *r = &m->threads.v[m->crash].stk.regs;
	enum ntr_st st;

	if (!m->has_df)
		return NTR_OK;
	m->df.limit = m->cpu[0].df_stack;
	m->df.base = m->df.limit + m->cpu[0].df_stack_len;
	st = f_stk_build(&m->img, &m->mem, &m->df);
	if (!st && m->p->arch == F_X64)
		move_df(m, r);
	return st;
}

static enum ntr_st build_stacks(struct f_mach *m)
{
	u64 next = m->p->stacks;
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->threads.n; i++)
		st = build_stack(m, &m->threads.v[i], &next);
	return st ? st : build_df(m);
}

/* --- values that name things ------------------------------------------------------------------------ */

static bool word_value(const struct f_mach *m, const char *w, u64 *out)
{
	const struct f_thread *t = &m->threads.v[m->crash];
	const struct f_stk *k = &t->stk;
	const struct {
		const char *w;
		u64 v;
	} t2[] = {
		{ "irp", m->irps.n ? m->irps.v[0] : 0 },
		{ "device", m->devices.n ? m->devices.v[0] : 0 },
		{ "driver", m->drivers.n ? m->drivers.v[0] : 0 },
		{ "ip", k->regs.ip },
		{ "sp", k->regs.sp },
		{ "trap", m->has_df ? m->df.trap : k->trap },
		{ "thread", t->va },
		{ "process", m->procs.v[t->proc].va },
		{ "prcb", m->cpu[0].prcb },
		{ "tss", m->cpu[0].df_tss },
		{ "exception", m->exc_va },
		{ "context", m->ctx_va },
		{ "stack-limit", k->limit },
		{ "stack-base", k->base },
	};

	for (size_t i = 0; i < NTR_COUNT(t2); i++)
		if (!strcmp(w, t2[i].w) && (i > 2 || t2[i].v)) {
			*out = t2[i].v;
			return true;
		}
	return false;
}

static enum ntr_st value(struct f_mach *m, const struct f_val *v, u64 *out)
{
	struct f_symref r;
	enum ntr_st st;

	*out = v->num;
	if (!v->sym || word_value(m, v->sym, out))
		return NTR_OK;
	if (!strpbrk(v->sym, "!+"))
		return f_scen_err(m->s, m->e, NTR_BAD, v->loc,
				  "\"%.40s\": expected a number, module!Function+0x10, or one of ip, sp, trap, thread, process, prcb, tss, exception, context, stack-limit, stack-base, or irp, device, driver where there is one",
				  v->sym);
	st = f_img_sym(&m->img, v->sym, v->loc, F_FN_PLAIN, false, F_NONE, &r);
	if (!st)
		*out = f_img_va(&m->img, &r);
	return st;
}

/* The exception record and its context lie under the crashing SP. */
static enum ntr_st make_exception(struct f_mach *m)
{
	const struct f_stk *k = &m->threads.v[m->crash].stk;
	u64 need = 0x200 + f_ctx_size(m->p) + f_exc_size(m->p);
	enum ntr_st st;

	m->exc = (struct f_exc){ .code = 0x80000003, .addr = m->ctx.ip };
	if (!m->s->exc_code.given)
		return NTR_OK;
	if (k->regs.sp < k->limit + need)
		m->exc_va = f_pool(m, need);
	else
		m->exc_va = (k->regs.sp - need) & ~15ULL;
	m->ctx_va = (m->exc_va + f_exc_size(m->p) + 15) & ~15ULL;
	m->exc.addr = k->regs.ip;
	m->exc.flags = (u32)m->s->exc_flags;
	m->exc.n = (u32)m->s->exc_ninfo;
	for (size_t i = 0; i < m->s->exc_ninfo; i++) {
		st = value(m, &m->s->exc_info[i], &m->exc.info[i]);
		if (st)
			return st;
	}
	if (m->s->exc_at.given) {
		st = value(m, &m->s->exc_at, &m->exc.addr);
		if (st)
			return st;
	}
	u64 code;
	st = value(m, &m->s->exc_code, &code);
	m->exc.code = (u32)code;
	return st;
}

static enum ntr_st header_values(struct f_mach *m)
{
	const struct f_thread *t = &m->threads.v[m->crash];
	enum ntr_st st;

	m->ctx = m->has_df ? m->df.regs : t->stk.regs;
	m->dtb = m->procs.v[t->proc].dtb;
	for (size_t i = 0; i < m->s->regs.n; i++) {
		u64 v;
		st = value(m, &m->s->regs.v[i].v, &v);
		if (st)
			return st;
		if (!f_reg_by_name(m->p, &m->ctx, m->s->regs.v[i].name, v))
			return f_scen_err(m->s, m->e, NTR_BAD,
					  m->s->regs.v[i].loc,
					  "%s has no register \"%.20s\"",
					  m->p->arch_name, m->s->regs.v[i].name);
	}
	return make_exception(m);
}

/* Once drivers, devices and requests have addresses. */
static enum ntr_st stop_values(struct f_mach *m)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < 5; i++) {
		st = value(m, &m->s->stop[i], &m->stop[i]);
		if (!f_prof_64(m->p))
			m->stop[i] &= 0xffffffff;
		f_putp(&m->mem, m->bugdata + i * f_prof_ptr(m->p), m->stop[i]);
	}
	return st;
}

static void put_exception(struct f_mach *m)
{
	struct f_buf b = { 0 };

	if (!m->exc_va)
		return;
	f_exc_put(m->p, &m->exc, &b, 0);
	f_put(&m->mem, m->exc_va, b.p, b.n);
	f_buf_fini(&b);
	f_ctx_put(m->p, &m->ctx, &b, 0);
	f_put(&m->mem, m->ctx_va, b.p, b.n);
	if (b.lost)
		f_mem_fail(&m->mem, NTR_NOMEM, "out of memory");
	f_buf_fini(&b);
}

/* --- what the scenario adds to memory ----------------------------------------------------------- */

static void fill_page(struct f_mem *mem, u64 pfn, u64 va)
{
	for (u64 i = 0; i < mem->page; i += 8) {
		u8 w[8];
		for (int k = 0; k < 8; k++)
			w[k] = (u8)((va + i) >> 8 * k);
		f_put_phys(mem, (pfn << mem->shift) + i, w, 8);
	}
}

static enum ntr_st put_page(struct f_mach *m, const struct f_spage *p)
{
	struct f_mem *mem = &m->mem;
	u64 va = p->va & ~(mem->page - 1), pfn, pte;

	if (m->p->arch == F_IA64 || (m->p->arch == F_ALPHA && p->state != F_P_VALID))
		return f_scen_err(m->s, m->e, NTR_UNSUP, p->loc,
				  "page states of %s are not known to forge",
				  m->p->arch_name);
	if (f_mapped(mem, va))
		return f_scen_err(m->s, m->e, NTR_BAD, p->loc,
				  "0x%" PRIx64 " is in use by the machine itself", va);
	if (p->state == F_P_PROTO && m->p->arch == F_X86 && !mem->pae &&
	    (p->arg[0] < 0xe1000000 || p->arg[0] % 4))
		return f_scen_err(m->s, m->e, NTR_BAD, p->loc,
				  "a prototype PTE is in paged pool (0xe1000000 and up)");
	switch (p->state) {
	case F_P_VALID:
		f_map(mem, va, mem->page);
		fill_page(mem, f_phys(mem, va) >> mem->shift, va);
		return NTR_OK;
	case F_P_TRANSITION:
		pfn = f_mem_alloc(mem);
		fill_page(mem, pfn, va);
		pte = f_pte_make(mem, F_P_TRANSITION, pfn, 0);
		break;
	case F_P_PROTO: /* the prototype is in transition */
		pfn = f_mem_alloc(mem);
		fill_page(mem, pfn, va);
		pte = f_pte_make(mem, F_P_TRANSITION, pfn, 0);
		if (f_prof_ptr(m->p) == 8 || mem->pae)
			f_put64(mem, p->arg[0], pte);
		else
			f_put32(mem, p->arg[0], (u32)pte);
		pte = f_pte_make(mem, F_P_PROTO, p->arg[0], 0);
		break;
	default:
		pte = f_pte_make(mem, p->state, p->arg[0], p->arg[1]);
	}
	f_map_raw(mem, va, pte);
	return NTR_OK;
}

static enum ntr_st additions(struct f_mach *m)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->pages.n; i++)
		st = put_page(m, &m->s->pages.v[i]);
	for (size_t i = 0; !st && i < m->s->pokes.n; i++) {
		const struct f_spoke *p = &m->s->pokes.v[i];
		if (p->phys)
			f_put_phys(&m->mem, p->addr, p->b.p, p->b.n);
		else
			f_put(&m->mem, p->addr, p->b.p, p->b.n);
		if (m->mem.st)
			st = f_scen_err(m->s, m->e, m->mem.st, p->loc, "%s",
					m->mem.why);
	}
	return st;
}

/* --- all of it ------------------------------------------------------------------------------------- */

static enum ntr_st mem_status(struct f_mach *m)
{
	return m->mem.st ? f_scen_err(m->s, m->e, m->mem.st, m->s->mem_loc, "%s",
				      m->mem.why)
			 : NTR_OK;
}

static enum ntr_st build(struct f_mach *m)
{
	enum ntr_st st = f_img_init(&m->img, m->s, m->e);

	if (!st)
		st = collect_procs(m);
	if (!st)
		st = collect_threads(m);
	if (!st)
		st = resolve_all(m);
	if (!st)
		st = f_lock_resolve(m);
	if (!st)
		st = f_dpc_resolve(m);
	if (!st)
		st = f_sched_resolve(m);
	if (!st)
		st = f_io_resolve(m);
	if (!st)
		st = f_img_layout(&m->img, &m->mem);
	if (st)
		return st;
	map_kernel_large(m);
	f_cpu_alloc(m);
	f_nt_objects(m);
	f_kdbg_alloc(m);
	f_lock_alloc(m);
	f_sched_alloc(m);
	f_io_alloc(m);
	st = build_stacks(m);
	if (!st)
		st = mem_status(m);
	if (!st)
		st = header_values(m);
	if (st)
		return st;
	put_exception(m);
	f_cpu_write(m);
	f_nt_lists(m);
	st = f_pools_build(m);
	if (st)
		return st;
	f_lock_write(m);
	f_dpc_write(m);
	f_sched_write(m);
	st = f_io_write(m);
	if (!st)
		st = stop_values(m);
	if (!st)
		st = f_pfn_write(m);
	if (!st)
		st = f_dpc_contexts(m);
	if (st)
		return st;
	f_kdbg_write(m);
	f_img_write(&m->img, &m->mem);
	st = additions(m);
	if (st)
		return st;
	f_mem_finish(&m->mem);
	for (size_t i = 2; i < m->procs.n; i++)
		f_mem_fork(&m->mem, m->procs.v[i].dtb);
	return mem_status(m);
}

enum ntr_st f_mach_build(struct f_mach *m, struct f_scen *s, struct ntr_err *e)
{
	enum ntr_st st;

	memset(m, 0, sizeof(*m));
	m->s = s;
	m->p = s->prof;
	m->e = e;
	m->ncpus = (size_t)s->cpus;
	m->pool_next = m->p->pool;
	f_mem_init(&m->mem, s->prof, s);
	st = mem_status(m);
	if (!st)
		st = build(m);
	if (st)
		f_mach_fini(m);
	return st;
}

void f_mach_fini(struct f_mach *m)
{
	for (size_t i = 0; i < m->threads.n; i++)
		f_stk_fini(&m->threads.v[i].stk);
	f_stk_fini(&m->df);
	ntr_vec_fini(&m->threads);
	ntr_vec_fini(&m->procs);
	ntr_vec_fini(&m->ldr);
	ntr_vec_fini(&m->locks);
	ntr_vec_fini(&m->item_irps);
	ntr_vec_fini(&m->routines);
	ntr_vec_fini(&m->dpcs);
	ntr_vec_fini(&m->sched_refs);
	ntr_vec_fini(&m->dpc_vas);
	ntr_vec_fini(&m->drivers);
	ntr_vec_fini(&m->devices);
	ntr_vec_fini(&m->irps);
	ntr_vec_fini(&m->files);
	ntr_vec_fini(&m->named);
	ntr_vec_fini(&m->io_refs);
	f_img_fini(&m->img);
	f_mem_fini(&m->mem);
}
