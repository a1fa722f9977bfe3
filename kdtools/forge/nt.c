// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel objects: processes, threads, loaded and unloaded modules, the shared
 * user page, and the kernel's variables that lead to them.
 */
#include "mach.h"

#include <string.h>

/* --- addresses ---------------------------------------------------------------- */

static u64 var(struct f_mach *m, u32 len)
{
	return f_img_data(&m->img, &m->mem, 0, len, 16);
}

static void alloc_vars(struct f_mach *m)
{
	u32 ps = f_prof_ptr(m->p);

	m->mod_head = var(m, 2 * ps);
	m->proc_head = var(m, 2 * ps);
	m->bugdata = var(m, 5 * ps);
	m->blocks = var(m, F_MAX_CPUS * ps);
	m->version = var(m, 0x28);
	m->unl_ptr = var(m, ps);
	m->unl_last = var(m, ps);
	m->init_process = var(m, ps);
	m->nprocs_va = var(m, 4);
	m->build_va = var(m, 4);
	m->pfn_db = var(m, ps);
	m->phys_block = var(m, ps);
	m->vars = var(m, 0x400);
	m->unl_array = f_pool(m, F_MAX_UNLOADED * (ps == 8 ? 0x28 : 0x18));
}

static void export_vars(struct f_mach *m)
{
	struct f_img *g = &m->img;

	f_img_export(g, 0, "KeNumberProcessors", m->nprocs_va);
	f_img_export(g, 0, "NtBuildNumber", m->build_va);
	f_img_export(g, 0, "PsInitialSystemProcess", m->init_process);
	if (m->p->build >= 1381)
		f_img_export(g, 0, "KiBugCheckData", m->bugdata);
	if (m->p->build >= 10240)
		f_img_export(g, 0, "PsLoadedModuleList", m->mod_head);
}

void f_nt_objects(struct f_mach *m)
{
	const struct f_off *o = m->p->off;
	u64 room = m->s->handles.n ? 0x40 : 0; /* for object headers */

	alloc_vars(m);
	export_vars(m);
	for (size_t i = 0; i < m->procs.n; i++) {
		struct f_proc *p = &m->procs.v[i];
		p->va = f_pool(m, room + o->ep_size) + room;
		p->dtb = i < 2 ? f_mem_dtb(&m->mem) : f_mem_new_root(&m->mem);
	}
	for (size_t i = 0; i < m->threads.n; i++) {
		struct f_thread *t = &m->threads.v[i];
		t->va = f_pool(m, room + o->et_size) + room;
		if (t->cpu != F_NONE)
			m->cpu[t->cpu].thread = i;
	}
}

/* --- lists ----------------------------------------------------------------------- */

void f_list_init(struct f_mach *m, u64 head)
{
	f_putp(&m->mem, head, head);
	f_putp(&m->mem, head + f_prof_ptr(m->p), head);
}

void f_list_add(struct f_mach *m, u64 head, u64 entry)
{
	u64 ps = f_prof_ptr(m->p), last = f_getp(&m->mem, head + ps);

	f_putp(&m->mem, entry, head);
	f_putp(&m->mem, entry + ps, last);
	f_putp(&m->mem, last, entry);
	f_putp(&m->mem, head + ps, entry);
}

/* A UNICODE_STRING at va whose characters are at buf (room is there). */
static void unicode(struct f_mach *m, u64 va, u64 buf, const char *s)
{
	struct f_buf b = { 0 };
	u16 n = (u16)f_buf_wide(&b, 0, s);

	f_buf_16(&b, n, 0);
	f_put(&m->mem, buf, b.p, b.n);
	f_put16(&m->mem, va, n);
	f_put16(&m->mem, va + 2, (u16)(n + 2));
	f_putp(&m->mem, va + f_prof_ptr(m->p), buf);
	if (b.lost)
		f_mem_fail(&m->mem, NTR_NOMEM, "out of memory");
	f_buf_fini(&b);
}

static void put_module(struct f_mach *m, struct f_mod *d)
{
	bool wide = f_prof_64(m->p);
	size_t path = strlen(d->path) * 2 + 2;
	u64 e = f_pool(m, m->p->off->ldr_size);
	u64 full = f_pool(m, path + strlen(d->name) * 2 + 2);
	u64 *slot = ntr_vec_add(&m->ldr);
	struct f_mem *q = &m->mem;

	if (!slot) {
		f_mem_fail(q, NTR_NOMEM, "out of memory");
		return;
	}
	*slot = e;
	f_list_add(m, m->mod_head, e);
	f_putp(q, e + (wide ? 0x30 : 0x18), d->base);
	f_putp(q, e + (wide ? 0x38 : 0x1c), d->base + d->text);
	f_put32(q, e + (wide ? 0x40 : 0x20), d->size);
	unicode(m, e + (wide ? 0x48 : 0x24), full, d->path);
	unicode(m, e + (wide ? 0x58 : 0x2c), full + path, d->name);
	f_put32(q, e + (wide ? 0x68 : 0x34), 0x09004000);
	f_put16(q, e + (wide ? 0x6c : 0x38), 1);
	f_put32(q, e + (wide ? 0x78 : 0x40), d->checksum);
	if (m->p->build >= 2195)
		f_put32(q, e + m->p->off->ldr_stamp, d->stamp);
}

static void put_unloaded(struct f_mach *m)
{
	bool wide = f_prof_64(m->p);
	u64 step = wide ? 0x28 : 0x18;
	struct f_mem *q = &m->mem;

	for (size_t i = 0; i < m->s->unl.n; i++) {
		const struct f_sunl *u = &m->s->unl.v[i];
		u64 e = m->unl_array + i * step;
		u64 buf = f_pool(m, strlen(u->name) * 2 + 2);
		unicode(m, e, buf, u->name);
		f_putp(q, e + (wide ? 0x10 : 8), u->start);
		f_putp(q, e + (wide ? 0x18 : 12), u->end);
		f_put64(q, e + (wide ? 0x20 : 0x10),
			u->time != F_NONE ? u->time : m->s->time - 600000000);
	}
	f_putp(q, m->unl_ptr, m->unl_array);
	f_put32(q, m->unl_last, (u32)m->s->unl.n);
}

/* --- processes, threads ------------------------------------------------------------- */

static void put_proc(struct f_mach *m, const struct f_proc *p)
{
	const struct f_off *o = m->p->off;
	struct f_mem *q = &m->mem;
	char name[16] = { 0 };
	u64 ps = f_prof_ptr(m->p);

	f_put8(q, p->va, 3);
	f_put8(q, p->va + 2, (u8)(m->p->arch == F_X86 ? 0x1b : 0x2e));
	f_list_init(m, p->va + 2 * ps);
	f_putp(q, p->va + o->kp_dtb, p->dtb);
	f_list_init(m, p->va + o->kp_threads);
	if (o->ep_threads != F_NO)
		f_list_init(m, p->va + o->ep_threads);
	f_putp(q, p->va + o->ep_pid, p->pid);
	f_putp(q, p->va + o->ep_parent, p->parent);
	f_put64(q, p->va + o->ep_create, m->s->time - m->s->uptime);
	for (size_t i = 0; i < 15 && p->name[i]; i++)
		name[i] = p->name[i];
	f_put(q, p->va + o->ep_image, name, 16);
	if (p->idle || p->unlisted)
		f_list_init(m, p->va + o->ep_links);
	else
		f_list_add(m, m->proc_head, p->va + o->ep_links);
}

/* What KernelStack points at: the switch frame of a thread that waits. */
static u64 put_switch(struct f_mach *m, const struct f_thread *t)
{
	const struct f_regs *r = &t->stk.regs;
	struct f_mem *q = &m->mem;
	u64 ks = r->sp;

	if (t->state == 2 || t->idle)
		return ks;
	switch (m->p->arch) {
	case F_X86:
		ks -= 12;
		f_put32(q, ks, 0xffffffff);
		f_put32(q, ks + 8, (u32)r->ip);
		break;
	case F_X64:
		ks -= 0x40;
		f_put64(q, ks + 0x30, r->bp);
		f_put64(q, ks + 0x38, r->ip);
		break;
	case F_ARM64:
		ks -= 0x70;
		f_put64(q, ks + 0x50, r->bp);
		f_put64(q, ks + 0x58, r->lr);
		f_put64(q, ks + 0x60, r->ip);
		break;
	default:
		break;
	}
	return ks;
}

static void put_kthread(struct f_mach *m, const struct f_thread *t)
{
	const struct f_off *o = m->p->off;
	u64 proc = m->procs.v[t->proc].va, ps = f_prof_ptr(m->p);
	struct f_mem *q = &m->mem;

	f_put8(q, t->va, 6);
	f_put8(q, t->va + 2, (u8)(m->p->arch == F_X86 ? 0x6c : 0xc2));
	f_list_init(m, t->va + 2 * ps);
	f_putp(q, t->va + o->kt_init, t->stk.base);
	f_putp(q, t->va + o->kt_limit, t->stk.limit);
	f_putp(q, t->va + o->kt_base, t->stk.base);
	f_putp(q, t->va + o->kt_kstack, put_switch(m, t));
	f_putp(q, t->va + o->kt_apc_process, proc);
	if (o->kt_process != F_NO)
		f_putp(q, t->va + o->kt_process, proc);
	f_put8(q, t->va + o->kt_state, t->state);
	f_put8(q, t->va + o->kt_reason, (u8)t->reason);
	f_put8(q, t->va + o->kt_irql, (u8)t->irql);
	f_put8(q, t->va + o->kt_next_cpu, t->cpu == F_NONE ? 0 : (u8)t->cpu);
	f_putp(q, t->va + o->kt_trap, t->stk.trap);
	f_list_add(m, proc + o->kp_threads, t->va + o->kt_list);
}

static void put_thread(struct f_mach *m, const struct f_thread *t)
{
	const struct f_off *o = m->p->off;
	u64 proc = m->procs.v[t->proc].va, ps = f_prof_ptr(m->p);
	const struct f_frame *last = &t->stk.f.v[t->stk.f.n - 1];
	u64 start = t->has_start ? f_img_va(&m->img, &t->start_ref)
				 : f_img_func_va(&m->img, &last->ref);
	struct f_mem *q = &m->mem;

	put_kthread(m, t);
	f_putp(q, t->va + o->et_cid, m->procs.v[t->proc].pid);
	f_putp(q, t->va + o->et_cid + ps, t->tid);
	f_putp(q, t->va + o->et_start, start);
	f_putp(q, t->va + o->et_w32start, 0);
	f_list_init(m, t->va + o->et_irps);
	if (o->et_process != F_NO)
		f_putp(q, t->va + o->et_process, proc);
	if (o->et_list != F_NO && o->ep_threads != F_NO)
		f_list_add(m, proc + o->ep_threads, t->va + o->et_list);
}

static void count_threads(struct f_mach *m)
{
	for (size_t i = 0; i < m->procs.n; i++) {
		u32 n = 0;
		for (size_t k = 0; k < m->threads.n; k++)
			n += m->threads.v[k].proc == i;
		if (m->p->off->ep_nthreads != F_NO)
			f_put32(&m->mem, m->procs.v[i].va +
				m->p->off->ep_nthreads, n);
	}
}

/* --- the shared page ------------------------------------------------------------------ */

static void ksystem_time(struct f_mach *m, u64 va, u64 t)
{
	f_put32(&m->mem, va, (u32)t);
	f_put32(&m->mem, va + 4, (u32)(t >> 32));
	f_put32(&m->mem, va + 8, (u32)(t >> 32));
}

static void put_kuser(struct f_mach *m)
{
	const char *root = m->s->root ? m->s->root : m->p->root;
	struct f_mem *q = &m->mem;
	u64 at = m->p->kuser;
	struct f_buf b = { 0 };

	f_put32(q, at, (u32)(m->s->uptime / 156250));
	f_put32(q, at + 4, 0x0fa00000);
	ksystem_time(m, at + 0x08, m->s->uptime);
	ksystem_time(m, at + 0x14, m->s->time);
	f_put16(q, at + 0x2c, m->p->machine);
	f_put16(q, at + 0x2e, m->p->machine);
	f_buf_wide(&b, 0, root);
	f_put(q, at + 0x30, b.p, b.n > 0x206 ? 0x206 : b.n);
	f_buf_fini(&b);
	if (m->p->build >= 10240)
		f_put32(q, at + 0x260, m->p->build);
	f_put32(q, at + 0x264, (u32)m->s->product);
	f_put8(q, at + 0x268, 1);
	if (m->p->build >= 1381) {
		f_put32(q, at + 0x26c, m->p->major);
		f_put32(q, at + 0x270, m->p->minor);
	}
	if (m->p->build >= 2195)
		f_put32(q, at + 0x2d0, (u32)m->s->suite);
	f_put32(q, at + 0x2e8, (u32)m->mem.npages);
	if (m->p->build >= 3790)
		f_put64(q, at + 0x320, m->s->uptime / 156250);
}

/* MmPhysicalMemoryBlock: the same form as in a dump's header. */
static void put_phys_block(struct f_mach *m)
{
	bool wide = f_prof_64(m->p);
	u64 step = wide ? 16 : 8, at = f_pool(m, 16 + m->mem.nruns * 16);
	struct f_mem *q = &m->mem;

	f_putp(q, m->phys_block, at);
	f_put32(q, at, (u32)m->mem.nruns);
	if (wide)
		f_put64(q, at + 8, m->mem.npages);
	else
		f_put32(q, at + 4, (u32)m->mem.npages);
	for (size_t i = 0; i < m->mem.nruns; i++) {
		u64 e = at + step + i * step;
		f_putp(q, e, m->mem.run[i].pfn);
		f_putp(q, e + step / 2, m->mem.run[i].n);
	}
}

void f_nt_lists(struct f_mach *m)
{
	struct f_mem *q = &m->mem;

	f_list_init(m, m->mod_head);
	f_list_init(m, m->proc_head);
	for (size_t i = 0; i < m->img.mods.n; i++)
		put_module(m, &m->img.mods.v[i]);
	put_unloaded(m);
	for (size_t i = 0; i < m->procs.n; i++)
		put_proc(m, &m->procs.v[i]);
	for (size_t i = 0; i < m->threads.n; i++)
		put_thread(m, &m->threads.v[i]);
	count_threads(m);
	f_putp(q, m->init_process, m->procs.v[1].va);
	f_put32(q, m->nprocs_va, (u32)m->ncpus);
	f_put32(q, m->build_va, 0xf0000000u | m->p->build);
	f_putp(q, m->pfn_db, f_prof_64(m->p) ? 0xfffffa8000000000 : 0x80c00000);
	put_phys_block(m);
	put_kuser(m);
}
