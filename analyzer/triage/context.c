// SPDX-License-Identifier: Apache-2.0
/*
 * Two register sets matter.  The stack starts from the deepest one, so that
 * everything between the fault and the bug check is seen; the fault is where
 * blame starts.
 *
 * Start: the header's context.  A triage dump says from which stack pointer
 * it saved the stack (TopOfStack): when the header's is another one, the
 * header holds the fault, and a CONTEXT in a data block of its own holds the
 * registers of KeBugCheckEx, which begin the saved stack.  An x86 double
 * fault starts from the task state segment.
 *
 * Fault: what the parameters point to (data: "context" lines), else the
 * start itself.  A source counts only when its memory is there and its
 * instruction pointer makes sense.
 */
#include "../fmt/exception.h"
#include "triage.h"

#include <string.h>

#define MAX_BLOCKS 65536u      /* data blocks looked at for a CONTEXT */
#define STACK_SEARCH 0x10000u  /* bytes looked at for a trap frame */
#define HANDLER_STACK 0x6000u  /* of the stack a double fault switches to */

bool ntr_is_kernel_va(const struct ntr_target *t, u64 va)
{
	if (t->ptr_size == 4)
		return va >= 0x80000000u && va <= UINT32_MAX;
	if (t->machine == NTR_MACHINE_AMD64 || t->machine == NTR_MACHINE_ARM64)
		return va >= UINT64_C(0xffff800000000000);
	return va >> 63;
}

/* --- the start --------------------------------------------------------- */

/* ip may be 0: a call through a NULL pointer leaves it there. */
static bool has_stack(const struct ntr_target *t, const struct ntr_regs *r)
{
	return r->has_ip && r->has_sp && r->sp &&
	       (t->ptr_size == 8 || r->sp <= UINT32_MAX);
}

static bool usable(const struct ntr_target *t, const struct ntr_regs *r)
{
	return has_stack(t, r) && r->ip;
}

static bool from_loc(struct ntr_target *t, struct ntr_loc loc,
		     struct ntr_regs *r)
{
	size_t len = ntr_context_size(t->machine, t->build);
	struct ntr_bin b;

	if (!len || loc.len < len || !t->d ||
	    ntr_dump_load(t->d, loc.off, len, "context record", &b, NULL))
		return false;
	return ntr_regs_from_context(r, t->machine, &b, NULL) == NTR_OK;
}

static bool header_context(struct ntr_target *t, struct ntr_regs *r)
{
	return t->d && t->d->context.len && from_loc(t, t->d->context, r) &&
	       has_stack(t, r);
}

/* The thread that a user minidump names in its exception stream. */
static bool exception_thread(struct ntr_target *t, struct ntr_regs *r)
{
	if (!t->d || !t->d->exception.len)
		return false;
	for (size_t i = 0; i < t->d->threads.n; i++) {
		const struct ntr_dump_thread *h = &t->d->threads.v[i];

		if (h->id == t->d->exception_tid &&
		    h->form == NTR_REGS_CONTEXT)
			return from_loc(t, h->context, r) && has_stack(t, r);
	}
	return false;
}

static void set_start(struct ntr_verdict *v, const struct ntr_regs *r,
		      const char *source)
{
	v->regs = *r;
	v->has_regs = true;
	v->context_source = source;
}

/* A CONTEXT that is a data block of its own and whose sp is sp. */
static bool block_context(struct ntr_target *t, u64 sp, struct ntr_regs *out)
{
	size_t len = ntr_context_size(t->machine, t->build);
	size_t n = t->d->vblocks.n;

	if (!len)
		return false;
	for (size_t i = 0; i < n && i < MAX_BLOCKS; i++) {
		const struct ntr_vblock *b = &t->d->vblocks.v[i];
		struct ntr_regs r = { 0 };

		if (b->len < len || !ntr_is_kernel_va(t, b->va))
			continue;
		if (ntr_regs_read_context(&r, t->machine, t->mem, b->va,
					  t->build, NULL))
			continue;
		if (usable(t, &r) && r.sp == sp &&
		    ntr_target_module(t, r.ip)) {
			*out = r;
			return true;
		}
	}
	return false;
}

static const struct ntr_cpu *crash_cpu(const struct ntr_target *t)
{
	if (t->crash_cpu < 0 || (size_t)t->crash_cpu >= t->cpus.n)
		return NULL;
	return &t->cpus.v[t->crash_cpu];
}

static const char *cpu_source(const struct ntr_cpu *c)
{
	return c->regs_source ? c->regs_source : "processor block";
}

/* The start, when nothing better than the dump's own context is there. */
static void plain_start(struct ntr_verdict *v)
{
	const struct ntr_cpu *c = crash_cpu(v->t);
	struct ntr_regs r = { 0 };

	if (header_context(v->t, &r)) {
		set_start(v, &r, "header");
		return;
	}
	if (exception_thread(v->t, &r)) {
		set_start(v, &r, "exception");
		return;
	}
	if (c && c->has_regs && usable(v->t, &c->regs)) {
		set_start(v, &c->regs, cpu_source(c));
		return;
	}
	for (size_t i = 0; i < v->t->cpus.n; i++) {
		c = &v->t->cpus.v[i];
		if (c->has_regs && usable(v->t, &c->regs)) {
			set_start(v, &c->regs, cpu_source(c));
			return;
		}
	}
}

static void deeper_start(struct ntr_verdict *v)
{
	const struct ntr_dump *d = v->t->d;
	struct ntr_regs r = { 0 };
	u64 top;

	if (!d || !d->triage.present || !d->triage.stack_va)
		return;
	top = d->triage.stack_va;
	if ((v->has_regs && v->regs.sp == top) ||
	    !block_context(v->t, top, &r))
		return;
	set_start(v, &r, "context in data block");
}

/* --- the fault --------------------------------------------------------- */

static void set_fault(struct ntr_verdict *v, const struct ntr_regs *r,
		      const char *source)
{
	v->fault = *r;
	v->has_fault = true;
	v->fault_source = source;
}

static const char *param_source(struct ntr_verdict *v, const char *what,
				unsigned n)
{
	return ntr_arena_printf(&v->arena, "%s at parameter %u (0x%" PRIx64 ")",
				what, n, ntr_arg(v, n));
}

/* An instruction pointer that can be the fault's: in the kernel half, or what
 * the parameters name. */
static bool sane_fault(struct ntr_triage_job *j, const struct ntr_regs *r)
{
	struct ntr_verdict *v = j->v;

	if (!has_stack(v->t, r))
		return false;
	return ntr_is_kernel_va(v->t, r->ip) ||
	       (r->ip && r->ip == ntr_arg(v, j->b->ip)) ||
	       ntr_is_kernel_va(v->t, r->sp);
}

static bool from_context_param(struct ntr_triage_job *j, unsigned n)
{
	struct ntr_verdict *v = j->v;
	struct ntr_regs r = { 0 };

	if (ntr_regs_read_context(&r, v->t->machine, v->t->mem, ntr_arg(v, n),
				  v->t->build, NULL) ||
	    !sane_fault(j, &r))
		return false;
	set_fault(v, &r, param_source(v, "context", n));
	return true;
}

static bool set_trap(struct ntr_triage_job *j, u64 va, const char *source)
{
	struct ntr_verdict *v = j->v;
	struct ntr_regs r = { 0 };

	if (ntr_regs_read_trap(&r, v->t->machine, v->t->mem, va, v->t->build,
			       NULL) ||
	    !sane_fault(j, &r))
		return false;
	v->trap_frame = va;
	set_fault(v, &r, source);
	return true;
}

static bool from_trap_param(struct ntr_triage_job *j, unsigned n)
{
	u64 va = ntr_arg(j->v, n);

	return ntr_is_kernel_va(j->v->t, va) &&
	       set_trap(j, va, param_source(j->v, "trap frame", n));
}

static bool from_stack(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_thread *th = &v->t->thread;
	struct ntr_unw_env env;
	struct ntr_regs r = { 0 };
	u64 lo = v->regs.sp, hi, va = 0, ip = ntr_arg(v, j->b->ip);

	if (!v->has_regs || (j->b->ip && !ip))
		return false; /* the fault named no instruction */
	hi = lo + STACK_SEARCH;
	if (lo >= th->stack_limit && lo < th->stack_base &&
	    hi > th->stack_base)
		hi = th->stack_base;
	env = ntr_triage_env(v, lo);
	if (hi <= lo || ntr_find_trap_frame(&env, lo, hi, ip, &va, &r, NULL) ||
	    !sane_fault(j, &r))
		return false;
	v->trap_frame = va;
	set_fault(v, &r, ntr_arena_printf(&v->arena,
					  "trap frame on the stack (0x%" PRIx64
					  ")", va));
	return true;
}

/*
 * A double fault.  x64 since Windows 8.1: parameters 2 to 4 are trap frame,
 * sp and ip; before, 2 and 3 are CR0 and CR4, and 4 is ip.
 */
static bool double_fault_agrees(const struct ntr_verdict *v,
				const struct ntr_regs *r)
{
	if (v->arg[3])
		return r->ip == v->arg[3];
	return v->arg[2] <= UINT32_MAX || r->sp == v->arg[2];
}

static bool double_fault_trap_param(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	if (!ntr_is_kernel_va(v->t, v->arg[1]) || (v->arg[1] & 7) ||
	    !set_trap(j, v->arg[1], "trap frame at parameter 2"))
		return false;
	if (double_fault_agrees(v, &v->fault))
		return true;
	v->has_fault = false; /* something else lies there */
	v->trap_frame = 0;
	return false;
}

/* The frame that the handler completed, on the stack that was saved, when
 * nothing else says where that stack ends. */
static bool double_fault_trap_stacked(struct ntr_triage_job *j, u64 ip)
{
	struct ntr_verdict *v = j->v;
	u64 lo = v->regs.sp, hi = lo + HANDLER_STACK, va = 0;
	struct ntr_unw_env env = ntr_triage_env(v, lo);
	struct ntr_regs r = { 0 };

	if (!v->has_regs || env.stack_hi || hi <= lo ||
	    ntr_find_trap_frame(&env, lo, hi, ip, &va, &r, NULL) ||
	    !sane_fault(j, &r) || !double_fault_agrees(v, &r))
		return false;
	v->trap_frame = va;
	set_fault(v, &r, ntr_arena_printf(&v->arena,
			"trap frame on the double-fault stack (0x%" PRIx64 ")",
			va));
	return true;
}

static bool double_fault_sp_ip(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_regs r = { .machine = v->t->machine };
	u64 sp = v->arg[2], ip = v->arg[3];

	/* CR4 has 32 bits. */
	if (sp <= UINT32_MAX || !ip ||
	    !(ntr_is_kernel_va(v->t, ip) ||
	      ntr_on_stack(&v->t->thread, sp, NTR_STACK_GUARD)))
		return false;
	ntr_reg_set(&r, NTR_X64_RIP, ip);
	ntr_reg_set(&r, NTR_X64_RSP, sp);
	set_fault(v, &r, "parameters 3 and 4 (sp and ip of the double fault)");
	return true;
}

/* The interrupted task, or the machine frame on the stack that the processor
 * switched to. */
static bool double_fault_cpu(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_cpu *c = crash_cpu(v->t);
	struct ntr_regs r = { 0 };
	bool x86 = v->t->machine == NTR_MACHINE_X86;

	if (!c || ntr_double_fault_regs(v->t, c, &r, NULL) ||
	    !usable(v->t, &r))
		return false;
	if (x86) /* the interrupted task is where the stack begins */
		set_start(v, &r, "TSS");
	set_fault(v, &r, x86 ? "TSS" : "machine frame of the double fault");
	return true;
}

static bool from_double_fault(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	if (v->arg[0] != 8)
		return false;
	if (v->t->machine != NTR_MACHINE_AMD64)
		return double_fault_cpu(j);
	return double_fault_trap_param(j) || double_fault_cpu(j) ||
	       double_fault_trap_stacked(j, v->arg[3]) ||
	       double_fault_sp_ip(j);
}

static bool from_cpu(struct ntr_triage_job *j, unsigned n)
{
	struct ntr_verdict *v = j->v;

	for (size_t i = 0; i < v->t->cpus.n; i++) {
		const struct ntr_cpu *c = &v->t->cpus.v[i];

		if (c->number != ntr_arg(v, n) || !c->has_regs ||
		    !usable(v->t, &c->regs))
			continue;
		set_fault(v, &c->regs, ntr_arena_printf(&v->arena,
				"processor %u (%s)", c->number, cpu_source(c)));
		return true;
	}
	return false;
}

/* Width of the machine; what cannot be an exception record is dropped. */
static void read_record(struct ntr_triage_job *j, u64 va)
{
	struct ntr_target *t = j->v->t;
	bool wide = t->ptr_size == 8;
	struct ntr_exc x = { .has_code = true, .has_address = true };
	u64 p[3] = { 0 };
	u32 n;

	if (ntr_read_u32(t->mem, va, &x.code) || !(x.code & 0x80000000u) ||
	    ntr_read_ptr(t->mem, va + (wide ? 0x10 : 0xc), t->ptr_size,
			 &x.address) ||
	    ntr_read_u32(t->mem, va + (wide ? 0x18 : 0x10), &n) || n > 15)
		return;
	for (u32 i = 0; i < n && i < 3; i++)
		if (ntr_read_ptr(t->mem,
				 va + (wide ? 0x20 : 0x14) + i * t->ptr_size,
				 t->ptr_size, &p[i]))
			return;
	if (n >= 2 && (x.code == 0xC0000005u || x.code == 0xC0000006u)) {
		x.has_access = true;
		x.access = p[0];
		x.data = p[1];
	}
	j->v->exc = x;
}

static void exception_of_params(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_bugcheck *b = j->b;

	if (v->exc.has_code || !b->exception)
		return;
	v->exc.has_code = true;
	v->exc.code = (u32)ntr_arg(v, b->exception);
	v->exc.has_address = b->ip != 0;
	v->exc.address = ntr_arg(v, b->ip);
	if (b->access && b->fault && v->exc.code == 0xC0000005u) {
		v->exc.has_access = true;
		v->exc.access = ntr_arg(v, b->access);
		v->exc.data = ntr_arg(v, b->fault);
	}
}

static bool fault_from(struct ntr_triage_job *j, const struct ntr_bc_context *s)
{
	switch (s->how) {
	case NTR_CTX_CR:
		return from_context_param(j, s->param);
	case NTR_CTX_TF:
		return from_trap_param(j, s->param);
	case NTR_CTX_STACK:
		/* A double fault's handler stands on a stack of its own. */
		return !ntr_is_double_fault(j->v) && from_stack(j);
	case NTR_CTX_TSS:
		return from_double_fault(j);
	case NTR_CTX_CPU:
		return from_cpu(j, s->param);
	default:
		return false;
	}
}

static void find_fault(struct ntr_triage_job *j)
{
	for (unsigned i = 0; i < j->b->ncontext; i++) {
		const struct ntr_bc_context *s = &j->b->context[i];

		if (s->how == NTR_CTX_ER)
			read_record(j, ntr_arg(j->v, s->param));
		else if (!j->v->has_fault)
			fault_from(j, s);
	}
	exception_of_params(j);
}

/* A dump without a bug check may still carry an exception. */
static void dump_exception(struct ntr_verdict *v)
{
	struct ntr_exception x;

	if (!v->t->d || !v->t->d->exception.len ||
	    ntr_dump_exception(v->t->d, &x, NULL))
		return;
	/* What a kernel's header holds when no exception was raised. */
	if (v->t->d->kind != NTR_KIND_USER && x.code == 0x80000003u)
		return;
	v->exc = (struct ntr_exc){ .has_code = true, .code = x.code,
				   .has_address = true, .address = x.address };
	if (x.nparams >= 2 && (x.code == 0xC0000005u || x.code == 0xC0000006u)) {
		v->exc.has_access = true;
		v->exc.access = x.param[0];
		v->exc.data = x.param[1];
	}
}

void ntr_triage_context(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	v->fault_frame = -1;
	plain_start(v);
	deeper_start(v);
	if (j->b)
		find_fault(j);
	else if (!v->has_bugcheck)
		dump_exception(v);
	if (!v->has_fault && v->has_regs) {
		v->fault = v->regs;
		v->has_fault = true;
		v->fault_source = v->context_source;
	}
}
