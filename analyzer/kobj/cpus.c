// SPDX-License-Identifier: Apache-2.0
/*
 * Processors: where their KPRCBs are, what ran on them, their registers, and
 * which of them crashed.
 */
#include "../base/record.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define KPCR_UP_X86 0xffdff000u
#define PRCB_SCAN_MAX 0x10000u
#define DPC_STACK_MAX 0x10000u
#define IRQL_MAX_X86 31u
#define IRQL_MAX 15u

/* KPRCB.IpiFrozen of a processor that another one, which stopped the machine,
 * has halted (seen in every 19041 dump at hand: 2 but for the crash CPU's). */
#define IPI_FROZEN 2u

struct raw_prcb {
	u64 thread, idle, number, dpc_stack, isr_stack;
	u32 frozen;
};
static const struct ntr_member prcb_members[] = {
	NTR_MEMBER_OPT(raw_prcb, thread, "CurrentThread"),
	NTR_MEMBER_OPT(raw_prcb, idle, "IdleThread"),
	NTR_MEMBER_OPT(raw_prcb, number, "Number"),
	NTR_MEMBER_OPT(raw_prcb, dpc_stack, "DpcStack"),
	NTR_MEMBER_OPT(raw_prcb, isr_stack, "IsrStack"),
	NTR_MEMBER_OPT(raw_prcb, frozen, "IpiFrozen"),
};
enum { HAVE_THREAD = 1, HAVE_IDLE = 2, HAVE_NUMBER = 4, HAVE_FROZEN = 32 };

/* One opening of a target: what the steps below tell each other. */
struct cpu_work {
	struct ntr_target *t;
	struct ntr_bound prcb;
	struct ntr_regs header; /* registers the dump header holds */
	bool has_header;
	const char *header_source;
	int triage_cpu;         /* index of the CPU whose KPRCB is copied */
};

static struct ntr_cpu *cpu_with_number(struct ntr_target *t, u32 number)
{
	for (size_t i = 0; i < t->cpus.n; i++)
		if (t->cpus.v[i].number == number)
			return &t->cpus.v[i];
	return NULL;
}

static struct ntr_cpu *cpu_with_prcb(struct ntr_target *t, u64 kprcb)
{
	for (size_t i = 0; i < t->cpus.n; i++)
		if (kprcb && t->cpus.v[i].kprcb == kprcb)
			return &t->cpus.v[i];
	return NULL;
}

static u64 prcb_offset(const struct ntr_target *t)
{
	struct ntr_type_hit h;

	/* x86 has a pointer of the name Prcb as well. */
	return ntr_types_find(&t->priv->types, "_KPCR", "PrcbData|Prcb", &h) ?
		       h.off : 0;
}

static bool prcb_read(struct cpu_work *w, u64 kprcb, struct raw_prcb *r,
		      u32 *have)
{
	*r = (struct raw_prcb){ 0 };
	*have = 0;
	return ntr_bound_read(&w->prcb, w->t->mem, kprcb, r, have, NULL) ==
	       NTR_OK && (*have & HAVE_THREAD);
}

/* --- registers ------------------------------------------------------------------- */

static bool regs_sane(const struct ntr_regs *r)
{
	return r->has_ip && r->has_sp && r->ip > 0xffff && r->sp > 0xffff;
}

static bool take_context(struct ntr_target *t, struct ntr_cpu *c, u64 va,
			 const char *source)
{
	struct ntr_regs r;

	if (!ntr_kernel_va(t, va) ||
	    ntr_regs_read_context(&r, t->machine, t->mem, va, t->build, NULL) ||
	    !regs_sane(&r))
		return false;
	c->regs = r;
	c->has_regs = true;
	c->regs_source = source;
	return true;
}

static bool is_frozen(const struct raw_prcb *r, u32 have)
{
	return (have & HAVE_FROZEN) && (r->frozen & 0xf) == IPI_FROZEN;
}

static void cpu_context(struct ntr_target *t, struct ntr_cpu *c,
			const struct raw_prcb *r, u32 have)
{
	struct ntr_type_hit h;
	u64 va;
	bool frozen = is_frozen(r, have);

	if (ntr_types_find(&t->priv->types, "_KPRCB",
			   "ProcessorState.ContextFrame", &h) &&
	    take_context(t, c, c->kprcb + h.off,
			 frozen ? "KPRCB.ProcessorState"
				: "KPRCB.ProcessorState (may be stale)"))
		return;
	/* Where Windows 8 and later put it; the other one is then all zero. */
	if (ntr_read_member(&t->priv->types, t->mem, c->kprcb, "_KPRCB",
			    "Context", &va) == NTR_OK)
		(void)take_context(t, c, va,
				   frozen ? "KPRCB.Context"
					  : "KPRCB.Context (may be stale)");
}

/* x64 keeps its IRQL in CR8, which KeBugCheckEx saved with the other special
 * registers before it raised it. (A real 0x101 has 0xd there, CLOCK_LEVEL,
 * and 0 in KPCR.Irql.) CR0 tells whether they were saved at all. */
static bool saved_cr8(struct ntr_target *t, const struct ntr_cpu *c, u64 *irql)
{
	const u64 pe_pg = 0x80000001;
	u64 cr0;

	return c->kprcb &&
	       !ntr_read_member(&t->priv->types, t->mem, c->kprcb, "_KPRCB",
				"ProcessorState.SpecialRegisters.Cr0", &cr0) &&
	       (cr0 & pe_pg) == pe_pg &&
	       !ntr_read_member(&t->priv->types, t->mem, c->kprcb, "_KPRCB",
				"ProcessorState.SpecialRegisters.Cr8", irql);
}

static void cpu_irql(struct ntr_target *t, struct ntr_cpu *c)
{
	bool x64 = t->machine == NTR_MACHINE_AMD64;
	u64 v;

	/* The bugcheck itself may have raised it: evidence, not proof. */
	if (!(x64 && saved_cr8(t, c, &v)) &&
	    (!c->kpcr || ntr_read_member(&t->priv->types, t->mem, c->kpcr,
					 "_KPCR", "Irql", &v)))
		return;
	if (v > (t->ptr_size == 4 ? IRQL_MAX_X86 : IRQL_MAX))
		return;
	c->has_irql = true;
	c->irql = (u8)v;
}

/* --- finding them -------------------------------------------------------------------- */

static struct ntr_cpu *cpu_add(struct cpu_work *w, u32 number, u64 kprcb)
{
	struct ntr_target *t = w->t;
	u64 off = prcb_offset(t);
	struct raw_prcb r;
	struct ntr_cpu *c;
	u32 have;

	if (t->cpus.n >= NTR_MAX_CPUS)
		return NULL;
	c = ntr_vec_add(&t->cpus);
	if (!c)
		return NULL;
	c->number = number;
	c->kprcb = kprcb;
	c->kpcr = kprcb && off ? kprcb - off : 0;
	if (!kprcb || !prcb_read(w, kprcb, &r, &have))
		return c;
	if (ntr_kernel_va(t, r.thread))
		c->thread = r.thread;
	if (ntr_kernel_va(t, r.idle))
		c->idle_thread = r.idle;
	cpu_context(t, c, &r, have);
	cpu_irql(t, c);
	return c;
}

static u32 cpu_count(const struct ntr_target *t)
{
	u32 most = t->ptr_size == 4 ? 32 : NTR_MAX_CPUS;
	u32 n = t->d->meta.has & NTR_HAS_CPUS ? t->d->meta.cpus : most;

	return n < most ? n : most;
}

/* An image without a header: the array's end tells how many there are. */
static void count_cpus(struct ntr_target *t, u32 n)
{
	struct ntr_meta *m = &t->d->meta;

	if (!n || m->has & NTR_HAS_CPUS)
		return;
	m->cpus = n;
	m->has |= NTR_HAS_CPUS;
}

/* KiProcessorBlock: an array of KPRCB pointers, 0 behind the last. */
static void cpus_from_array(struct cpu_work *w, u64 array)
{
	struct ntr_target *t = w->t;
	u32 n = cpu_count(t);
	u64 kprcb;

	for (u32 i = 0; i < n; i++) {
		if (ntr_read_ptr(t->mem, array + (u64)i * t->ptr_size,
				 t->ptr_size, &kprcb))
			break;
		if (!kprcb)
			count_cpus(t, i);
		if (!ntr_kernel_va(t, kprcb) || cpu_with_prcb(t, kprcb))
			break;
		if (!cpu_add(w, i, kprcb))
			break;
	}
}

static bool kpcr_ok(const struct ntr_target *t, u64 kpcr)
{
	u64 self;

	return ntr_kernel_va(t, kpcr) &&
	       ntr_read_member(&t->priv->types, t->mem, kpcr, "_KPCR", "Self",
			       &self) == NTR_OK && self == kpcr;
}

/* KiProcessorBlock of a kernel without KDBG (NT 3.51, 4.0): it starts with
 * the fixed address of CPU 0's KPRCB, then comes another KPCR's. */
static bool is_processor_block(struct ntr_target *t, u64 va, const u8 *p,
			       size_t room, void *ctx)
{
	struct cpu_work *w = ctx;
	u64 off = prcb_offset(t), second;

	if (room < 8 || ntr_load_u32(p) != KPCR_UP_X86 + off)
		return false;
	second = ntr_load_u32(p + 4);
	if (!kpcr_ok(t, second - off))
		return false;
	cpus_from_array(w, va);
	return true;
}

static void cpus_of_old_x86(struct cpu_work *w)
{
	struct ntr_target *t = w->t;

	if (t->machine != NTR_MACHINE_X86 || !kpcr_ok(t, KPCR_UP_X86))
		return;
	if (cpu_count(t) > 1 &&
	    ntr_target_scan_kernel(t, is_processor_block, w))
		return;
	(void)cpu_add(w, 0, KPCR_UP_X86 + prcb_offset(t));
}

/* --- CPU notes of an ELF image ---------------------------------------------------------- */

static void note_regs(struct ntr_target *t, const struct ntr_dump_cpu *n,
		      struct ntr_cpu *c)
{
	struct ntr_cpu_note note;
	struct ntr_bin b;

	if (ntr_cpu_note_read(t->d, n, &note, NULL) == NTR_OK)
		ntr_regs_from_cpu_note(&c->regs, &note);
	else if (!n->prstatus.len ||
		 ntr_dump_load(t->d, n->prstatus.off, (size_t)n->prstatus.len,
			       "CPU note", &b, NULL) ||
		 ntr_regs_from_prstatus(&c->regs, t->machine, &b, NULL))
		return;
	c->has_regs = true;
	c->regs_source = "CPU note";
}

static u64 note_kpcr(const struct ntr_target *t, const struct ntr_dump_cpu *n)
{
	struct ntr_cpu_note b;

	if (ntr_cpu_note_read(t->d, n, &b, NULL))
		return 0;
	if (t->ptr_size == 4)
		return kpcr_ok(t, (u32)b.fs_base) ? (u32)b.fs_base : 0;
	if (kpcr_ok(t, b.gs_base))
		return b.gs_base;
	return kpcr_ok(t, b.kernel_gs) ? b.kernel_gs : 0;
}

static void cpus_from_notes(struct cpu_work *w)
{
	struct ntr_target *t = w->t;
	u64 off = prcb_offset(t);

	for (size_t i = 0; i < t->d->cpus.n && i < NTR_MAX_CPUS; i++) {
		const struct ntr_dump_cpu *n = &t->d->cpus.v[i];
		u64 kpcr = t->is_nt ? note_kpcr(t, n) : 0;
		struct ntr_cpu *c = kpcr ? cpu_with_prcb(t, kpcr + off) : NULL;

		if (!c)
			c = cpu_add(w, n->number, kpcr ? kpcr + off : 0);
		if (!c)
			return;
		note_regs(t, n, c);
	}
}

/* --- the copies of a triage dump ----------------------------------------------------------- */

static u64 copy_ptr(struct ntr_target *t, struct ntr_loc at, const char *type,
		    const char *path)
{
	struct ntr_type_hit h;
	u64 v;

	if (!ntr_types_find(&t->priv->types, type, path, &h) ||
	    (u64)h.off + t->ptr_size > at.len ||
	    ntr_read_ptr(&t->d->file->space, at.off + h.off, t->ptr_size, &v))
		return 0;
	return v;
}

/*
 * The address of a KPRCB copy, from itself: every empty list head in it
 * points to where it lies, and a KPCR starts at a page.  The address that
 * most such pairs agree on, at least two.
 */
static u64 prcb_va_by_lists(const struct ntr_target *t, const u8 *p, size_t len,
			    u64 low)
{
	u64 va, best = 0;
	unsigned votes = 0, most = 1, step = t->ptr_size;

	for (size_t i = 0; i + 2 * step <= len; i += step) {
		u64 a = step == 4 ? ntr_load_u32(p + i) : ntr_load_u64(p + i);
		u64 b = step == 4 ? ntr_load_u32(p + i + 4)
				  : ntr_load_u64(p + i + 8);

		if (a != b || !ntr_kernel_va(t, a))
			continue;
		va = a - i;
		if ((va & 0xfff) != low)
			continue;
		if (va != best && !votes) {
			best = va;
			votes = 1;
		} else {
			votes = va == best ? votes + 1 : votes - 1;
		}
		most = votes > most ? votes : most;
	}
	return most > 1 && votes ? best : 0;
}

static u64 triage_prcb_va(struct cpu_work *w, u32 number)
{
	struct ntr_target *t = w->t;
	struct ntr_loc at = t->d->triage.prcb;
	struct ntr_cpu *c = cpu_with_number(t, number);
	size_t len = at.len < PRCB_SCAN_MAX ? (size_t)at.len : PRCB_SCAN_MAX;
	struct ntr_bin b;

	if (c && c->kprcb)
		return c->kprcb;
	if (ntr_dump_load(t->d, at.off, len, "KPRCB", &b, NULL))
		return 0;
	return prcb_va_by_lists(t, b.base, len, prcb_offset(t) & 0xfff);
}

/* A spare CPU entry from the copied KPRCB, when its address is not known. */
static struct ntr_cpu *cpu_without_va(struct cpu_work *w, u32 number)
{
	struct ntr_target *t = w->t;
	struct ntr_cpu *c = cpu_add(w, number, 0);

	if (c) {
		c->thread = copy_ptr(t, t->d->triage.prcb, "_KPRCB",
				     "CurrentThread");
		c->idle_thread = copy_ptr(t, t->d->triage.prcb, "_KPRCB",
					  "IdleThread");
	}
	return c;
}

static void triage_cpu(struct cpu_work *w)
{
	struct ntr_target *t = w->t;
	struct ntr_loc at = t->d->triage.prcb;
	struct ntr_type_hit h;
	struct ntr_cpu *c;
	u8 raw[8] = { 0 };
	u32 number;
	u64 va;

	if (!at.len ||
	    !ntr_types_find(&t->priv->types, "_KPRCB", "Number", &h) ||
	    h.width > 4 || (u64)h.off + h.width > at.len ||
	    ntr_space_read(&t->d->file->space, at.off + h.off, raw, h.width,
			   NULL))
		return;
	number = ntr_load_u32(raw);
	if (number >= NTR_MAX_CPUS)
		return;
	va = triage_prcb_va(w, number);
	ntr_target_add_copy(t, va, at);
	c = cpu_with_number(t, number);
	if (!c)
		c = va ? cpu_add(w, number, va) : cpu_without_va(w, number);
	if (c)
		w->triage_cpu = (int)(c - t->cpus.v);
}

/* ETHREAD and EPROCESS of the crash: their addresses follow from the KPRCB. */
static void triage_thread(struct cpu_work *w)
{
	struct ntr_target *t = w->t;
	const struct ntr_triage *tr = &t->d->triage;
	u64 thread, process;

	thread = tr->prcb.len ? copy_ptr(t, tr->prcb, "_KPRCB", "CurrentThread")
			      : 0;
	ntr_target_add_copy(t, thread, tr->thread);
	process = copy_ptr(t, tr->thread, "_KTHREAD",
			   "ApcState.Process|Process");
	ntr_target_add_copy(t, process, tr->process);
}

/* --- which one crashed -------------------------------------------------------------------------- */

static bool sp_on_stacks(struct cpu_work *w, const struct ntr_cpu *c, u64 sp)
{
	struct ntr_target *t = w->t;
	struct ntr_thread th;
	struct raw_prcb r;
	u32 have;

	if (c->thread) {
		ntr_thread_read(t, c->thread, &th);
		if (sp >= th.stack_limit && sp < th.stack_base)
			return true;
	}
	if (!c->kprcb || !prcb_read(w, c->kprcb, &r, &have))
		return false;
	return (r.dpc_stack > sp && r.dpc_stack - sp <= DPC_STACK_MAX) ||
	       (r.isr_stack > sp && r.isr_stack - sp <= DPC_STACK_MAX);
}

/* The one processor that is not halted, when the others are. */
static int cpu_not_frozen(struct cpu_work *w)
{
	size_t frozen = 0;
	struct raw_prcb r;
	int owner = -1;
	u32 have;

	for (size_t i = 0; i < w->t->cpus.n; i++) {
		const struct ntr_cpu *c = &w->t->cpus.v[i];

		if (!c->kprcb || !prcb_read(w, c->kprcb, &r, &have) ||
		    !(have & HAVE_FROZEN))
			return -1;
		if (is_frozen(&r, have))
			frozen++;
		else
			owner = (int)i;
	}
	return frozen && frozen + 1 == w->t->cpus.n ? owner : -1;
}

static int find_crash_cpu(struct cpu_work *w)
{
	struct ntr_target *t = w->t;
	bool up = (t->d->meta.has & NTR_HAS_CPUS) && t->d->meta.cpus == 1;

	if (t->d->kind == NTR_KIND_USER)
		return -1;
	if (w->triage_cpu >= 0)
		return w->triage_cpu;
	if (!w->has_header && !(t->d->meta.has & NTR_HAS_BUGCHECK))
		return t->cpus.n ? 0 : -1; /* no crash: the first one */
	for (size_t i = 0; w->has_header && i < t->cpus.n; i++)
		if (sp_on_stacks(w, &t->cpus.v[i], w->header.sp))
			return (int)i;
	for (size_t i = 0; w->has_header && i < t->cpus.n; i++) {
		const struct ntr_cpu *c = &t->cpus.v[i];

		if (c->has_regs && c->regs.ip == w->header.ip &&
		    c->regs.sp == w->header.sp)
			return (int)i;
	}
	if (up && t->cpus.n == 1)
		return 0;
	return cpu_not_frozen(w);
}

static bool load_regs(struct ntr_target *t, struct ntr_loc at,
		      enum ntr_regs_form form, struct ntr_regs *out)
{
	enum ntr_st st;
	struct ntr_bin b;

	if (!at.len ||
	    ntr_dump_load(t->d, at.off, (size_t)at.len, "context", &b, NULL))
		return false;
	st = form == NTR_REGS_PRSTATUS
		     ? ntr_regs_from_prstatus(out, t->machine, &b, NULL)
		     : ntr_regs_from_context(out, t->machine, &b, NULL);
	return st == NTR_OK && out->has_ip;
}

/* The thread of a process dump that matters: the one that faulted, or the
 * first. */
static const struct ntr_dump_thread *user_thread(const struct ntr_dump *d)
{
	for (size_t i = 0; i < d->threads.n; i++)
		if (d->exception_tid && d->threads.v[i].id == d->exception_tid)
			return &d->threads.v[i];
	return d->threads.n ? &d->threads.v[0] : NULL;
}

static void read_header_context(struct cpu_work *w)
{
	struct ntr_dump *d = w->t->d;
	const struct ntr_dump_thread *th = user_thread(d);

	w->header_source = d->kind == NTR_KIND_USER ? "exception" : "header";
	w->has_header = load_regs(w->t, d->context, NTR_REGS_CONTEXT,
				  &w->header);
	if (w->has_header || d->kind != NTR_KIND_USER || !th)
		return;
	w->header_source = "thread";
	w->has_header = load_regs(w->t, th->context, th->form, &w->header);
}

/* The header's registers belong to the crash CPU; with no CPU known to be
 * it, they still are a CPU's. */
static enum ntr_st place_header(struct cpu_work *w)
{
	struct ntr_target *t = w->t;
	struct ntr_cpu *c;

	t->crash_cpu = find_crash_cpu(w);
	if (t->crash_cpu < 0 && t->cpus.n)
		ntr_target_missing(t, "which processor crashed",
				   "a dump in which its stack or its KPRCB "
				   "can be read");
	if (!w->has_header)
		return NTR_OK;
	if (t->crash_cpu < 0) {
		c = ntr_vec_add(&t->cpus);
		if (!c)
			return NTR_NOMEM;
		c->number = NTR_CPU_UNKNOWN;
		if ((t->d->meta.has & NTR_HAS_CPUS) && t->d->meta.cpus == 1)
			c->number = 0;
		t->crash_cpu = (int)t->cpus.n - 1;
	}
	c = &t->cpus.v[t->crash_cpu];
	c->regs = w->header;
	c->has_regs = true;
	c->regs_source = w->header_source;
	return NTR_OK;
}

enum ntr_st ntr_target_read_cpus(struct ntr_target *t)
{
	struct cpu_work w = { .t = t, .triage_cpu = -1 };
	u64 array;

	read_header_context(&w);
	if (t->is_nt && t->d->kind != NTR_KIND_USER &&
	    ntr_bind(&t->priv->types, "_KPRCB", prcb_members,
		     NTR_COUNT(prcb_members), &w.prcb, NULL) == NTR_OK) {
		array = ntr_kdbg_u64(&t->priv->kdbg,
				     NTR_KDBG_KI_PROCESSOR_BLOCK);
		if (ntr_kernel_va(t, array))
			cpus_from_array(&w, array);
		if (!t->cpus.n && t->paging != NTR_PAGING_NONE)
			cpus_of_old_x86(&w);
		if (t->d->triage.present) {
			triage_thread(&w);
			triage_cpu(&w);
		}
	}
	cpus_from_notes(&w);
	return place_header(&w);
}

static void user_current(struct ntr_target *t)
{
	const struct ntr_dump_thread *th = user_thread(t->d);

	if (!th)
		return;
	t->thread.id = th->id;
	t->thread.has_ids = true;
	t->thread.source = NTR_SRC_EXACT;
	if (t->modules.n) /* the program comes first */
		snprintf(t->thread.process_name, sizeof(t->thread.process_name),
			 "%s", t->modules.v[0].image);
	if (th->stack_len && th->stack_va + th->stack_len > th->stack_va) {
		t->thread.stack_limit = th->stack_va;
		t->thread.stack_base = th->stack_va + th->stack_len;
	}
}

void ntr_target_read_current(struct ntr_target *t)
{
	const struct ntr_cpu *c;

	if (t->d->kind == NTR_KIND_USER)
		user_current(t);
	if (t->crash_cpu < 0)
		return;
	c = &t->cpus.v[t->crash_cpu];
	if (c->thread)
		ntr_thread_read(t, c->thread, &t->thread);
}
