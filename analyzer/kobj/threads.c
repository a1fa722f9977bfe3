// SPDX-License-Identifier: Apache-2.0
/*
 * Threads: the list of a process, what a thread waits for and since when, and
 * where it goes on.
 *
 * Wait blocks form a ring through NextWaitBlock until Windows 7; later they
 * are an array whose length KTHREAD.WaitBlockCount holds (symbols of 19041).
 * A wait with a timeout has one more block, for the thread's own timer.
 */
#include "process.h"

#include "../base/record.h"
#include "layout.h"
#include "priv.h"
#include "symbols.h"

#include <string.h>

#define THREAD_OBJECT 6u
#define TYPE_BITS 0x7fu

const char *ntr_thread_state_name(u8 state)
{
	static const char *const names[] = {
#define NTR_THREAD_STATE_NAME(n, t) t,
		NTR_THREAD_STATES(NTR_THREAD_STATE_NAME)
#undef NTR_THREAD_STATE_NAME
	};

	return state < NTR_COUNT(names) ? names[state] : "?";
}

const char *ntr_wait_reason_name(u8 reason)
{
	static const char *const names[] = {
		"Executive", "FreePage", "PageIn", "PoolAllocation",
		"DelayExecution", "Suspended", "UserRequest", "WrExecutive",
		"WrFreePage", "WrPageIn", "WrPoolAllocation",
		"WrDelayExecution", "WrSuspended", "WrUserRequest",
		"WrEventPair", "WrQueue", "WrLpcReceive", "WrLpcReply",
		"WrVirtualMemory", "WrPageOut", "WrRendezvous", "WrKeyedEvent",
		"WrTerminated", "WrProcessInSwap", "WrCpuRateControl",
		"WrCalloutStack", "WrKernel", "WrResource", "WrPushLock",
		"WrMutex", "WrQuantumEnd", "WrDispatchInt", "WrPreempted",
		"WrYieldExecution", "WrFastMutex", "WrGuardedMutex",
		"WrRundown", "WrAlertByThreadId", "WrDeferredPreempt",
		"WrPhysicalFault",
	};

	return reason < NTR_COUNT(names) ? names[reason] : "?";
}

/* --- time ---------------------------------------------------------------------- */

/* KUSER_SHARED_DATA: InterruptTime +8 {low, high1, high2}; the tick count at 0
 * until Server 2003, at 0x320 since. */
static u64 kuser(const struct ntr_target *t)
{
	return t->ptr_size == 4 ? 0xffdf0000 : UINT64_C(0xfffff78000000000);
}

bool ntr_interrupt_time(struct ntr_target *t, u64 *now)
{
	u32 low, high;

	if (ntr_read_u32(t->mem, kuser(t) + 8, &low) ||
	    ntr_read_u32(t->mem, kuser(t) + 12, &high) || !(low | high))
		return false;
	*now = (u64)high << 32 | low;
	return true;
}

u32 ntr_tick_length(struct ntr_target *t, u64 *ticks)
{
	u64 va = ntr_kdbg_u64(&t->priv->kdbg, NTR_KDBG_KE_TIME_INCREMENT);
	u32 low = 0, length = 0, time[2] = { 0 };
	u64 interrupt;

	if (t->build >= 3790)
		(void)!ntr_read_u32(t->mem, kuser(t) + 0x320, &low);
	if (!low)
		(void)!ntr_read_u32(t->mem, kuser(t), &low);
	if (ntr_read_u32(t->mem, kuser(t) + 8, &time[0]) ||
	    ntr_read_u32(t->mem, kuser(t) + 12, &time[1]))
		low = 0;
	*ticks = low;
	if (!low)
		return 0;
	if (va && ntr_read_u32(t->mem, va, &length) == NTR_OK &&
	    length >= 5000 && length <= 1000000)
		return length;
	/* Interrupt time has run as long as ticks were counted. */
	interrupt = (u64)time[1] << 32 | time[0];
	interrupt /= low;
	return interrupt >= 5000 && interrupt <= 1000000 ? (u32)interrupt : 0;
}

/* --- what it waits for ------------------------------------------------------------ */

static void add_wait(struct ntr_kthread *k, const struct ntr_layout *l,
		     u64 block, u64 object)
{
	if (l->thread_timer != NTR_NO_OFFSET &&
	    object == k->th.va + l->thread_timer)
		k->timeout = true;
	else
		k->wait[k->nwaits++] = (struct ntr_wait){ block, object };
}

/* WaitType: 0 all, 1 any; the timer's block is always "any". */
static bool take_block(struct ntr_target *t, const struct ntr_layout *l,
		       struct ntr_kthread *k, u64 va, u64 *next)
{
	struct ntr_raw_block b = { 0 };
	u32 have = 0;

	if (!ntr_kernel_va(t, va) || k->nwaits == NTR_MAX_WAITS ||
	    ntr_bound_read(&l->block, t->mem, va, &b, &have, NULL) ||
	    !(have & NTR_RB_OBJECT) || !(have & NTR_RB_THREAD)) {
		k->wait_note = "a wait block is not in the dump";
		return false;
	}
	if (b.thread != k->th.va || !ntr_kernel_va(t, b.object)) {
		k->wait_note = "a wait block is of another thread";
		return false;
	}
	add_wait(k, l, va, b.object);
	if ((have & NTR_RB_TYPE) && b.type == 0 && k->nwaits)
		k->wait_all = true;
	*next = have & NTR_RB_NEXT ? b.next : 0;
	return true;
}

static void wait_ring(struct ntr_target *t, const struct ntr_layout *l,
		      struct ntr_kthread *k, u64 first)
{
	u64 at = first;

	for (unsigned n = 0; n <= NTR_MAX_WAITS; n++)
		if (!take_block(t, l, k, at, &at) || !at || at == first)
			return;
	k->wait_note = "its wait blocks do not come to an end";
}

static void wait_array(struct ntr_target *t, const struct ntr_layout *l,
		       struct ntr_kthread *k, u64 first, unsigned n)
{
	u64 next;

	if (l->block_size == NTR_NO_OFFSET)
		n = 1;
	for (unsigned i = 0; i < n && i < NTR_MAX_WAITS; i++)
		if (!take_block(t, l, k, first + (u64)i * l->block_size,
				&next))
			return;
}

/* An array has no block of the thread's timer: a wait that ends by itself is
 * one whose timer is set (DISPATCHER_HEADER.Inserted, since 7 a bit). */
static bool timer_set(struct ntr_target *t, const struct ntr_layout *l,
		      const struct ntr_kthread *k)
{
	u8 flags;

	return l->thread_timer != NTR_NO_OFFSET &&
	       !ntr_read_u8(t->mem, k->th.va + l->thread_timer + 3, &flags) &&
	       (flags & 0x40);
}

static void take_waits(struct ntr_target *t, const struct ntr_layout *l,
		       const struct ntr_raw_thread *r, u32 have,
		       struct ntr_kthread *k)
{
	bool ring = l->block.have & NTR_RB_NEXT;

	if (!(have & NTR_RT_BLOCKS) || !ntr_thread_blocked(k)) {
		return;
	} else if (k->state == NTR_TS_GATE_WAIT) {
		/* The pointer is GateObject then (union, 2003 SP1 .. Vista). */
		k->gate = true;
		if (ntr_kernel_va(t, r->blocks))
			k->wait[k->nwaits++].object = r->blocks;
	} else if (ring) {
		wait_ring(t, l, k, r->blocks);
	} else if (have & NTR_RT_NBLOCKS) {
		wait_array(t, l, k, r->blocks, r->nblocks);
		k->timeout |= timer_set(t, l, k);
	} else {
		wait_array(t, l, k, r->blocks, 1);
		k->timeout |= timer_set(t, l, k);
		k->wait_note = "how many objects it waits for is not known";
	}
}

/* --- one thread ---------------------------------------------------------------------- */

static void take_kthread(struct ntr_target *t, const struct ntr_raw_thread *r,
			 u32 have, struct ntr_kthread *k)
{
	u64 ticks, now;
	u32 length;

	k->has_state = have & NTR_RT_STATE;
	k->state = r->state;
	k->has_reason = have & NTR_RT_REASON;
	k->reason = r->reason;
	k->has_irql = have & NTR_RT_IRQL;
	k->irql = r->irql;
	k->mode = r->mode;
	k->has_priority = (have & NTR_RT_PRIO) && r->prio < 32;
	k->priority = r->prio;
	k->base_priority = r->base;
	k->teb = r->teb && !ntr_kernel_va(t, r->teb) ? r->teb : 0;
	k->trap = ntr_kernel_va(t, r->trap) ? r->trap : 0;
	k->queue = ntr_kernel_va(t, r->queue) ? r->queue : 0;
	length = ntr_tick_length(t, &ticks);
	if (!length || !(have & NTR_RT_WAIT_TIME))
		return;
	/* Both counters are 32 bits wide. */
	now = (u32)ticks;
	k->has_waited = (u32)(now - r->wait_time) <= INT32_MAX;
	k->waited = k->has_waited ? (u64)(u32)(now - r->wait_time) * length : 0;
}

void ntr_kthread_read(struct ntr_target *t, u64 va, struct ntr_kthread *k)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_raw_thread r = { 0 };
	u32 have = 0, more = 0;

	*k = (struct ntr_kthread){ .th.va = va };
	if (!l || !ntr_kernel_va(t, va) || ntr_read_u8(t->mem, va, &r.type)) {
		k->note = "not in the dump";
		return;
	}
	if ((r.type & TYPE_BITS) != THREAD_OBJECT) {
		k->note = "no thread any more: freed or overwritten";
		return;
	}
	ntr_thread_read(t, va, &k->th);
	if (ntr_bound_read(&l->kthread, t->mem, va, &r, &have, NULL) ||
	    ntr_bound_read(&l->ethread, t->mem, va, &r, &more, NULL))
		return;
	take_kthread(t, &r, have, k);
	k->start = more & NTR_RE_START ? r.start : 0;
	k->win32_start = more & NTR_RE_W32START ? r.w32start : 0;
	if (l->thread_irps != NTR_NO_OFFSET)
		k->irps = va + l->thread_irps;
	take_waits(t, l, &r, have, k);
}

/* --- a process's threads ---------------------------------------------------------------- */

enum ntr_st ntr_thread_list(struct ntr_target *t, u64 process,
			    struct ntr_thread_list *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_list list;
	u32 head, entry;
	enum ntr_st st;

	if (!l)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	head = l->kprocess_threads;
	entry = l->kthread_list;
	if (head == NTR_NO_OFFSET || entry == NTR_NO_OFFSET) {
		head = l->process_threads;
		entry = l->thread_list;
	}
	if (head == NTR_NO_OFFSET || entry == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "the thread list of build %u is "
				"not known", t->build);
	st = ntr_list_read(t, process + head, NTR_MAX_THREADS, &list, e);
	if (st)
		return ntr_wrap(e, st, "threads of process 0x%" PRIx64,
				process);
	*out = (struct ntr_thread_list){ .gap = list.gap };
	memcpy(out->why, list.why, sizeof(out->why));
	out->va.v = list.entry.v;
	out->va.n = list.entry.n;
	out->va.cap = list.entry.cap;
	for (size_t i = 0; i < out->va.n; i++)
		out->va.v[i] -= entry;
	return NTR_OK;
}

void ntr_thread_list_fini(struct ntr_thread_list *l)
{
	ntr_vec_fini(&l->va);
}

/* --- where it goes on -------------------------------------------------------------------- */

/* x86: ExceptionList, ApcBypass, return address; the frame of KiSwapContext
 * with EBP first stands above it.  x64: KSWITCH_FRAME, 0x40 bytes, Rbp 0x30,
 * Return 0x38.  ARM64: X19..X28, Fp 0x50, Lr 0x58, Return 0x60. */
static enum ntr_st switch_frame(struct ntr_target *t, u64 ks,
				struct ntr_regs *r, struct ntr_err *e)
{
	u8 b[0x70];
	size_t n = t->machine == NTR_MACHINE_X86 ? 0x10 :
		   t->machine == NTR_MACHINE_AMD64 ? 0x40 : 0x70;
	enum ntr_st st = ntr_space_read(t->mem, ks, b, n, e);

	if (st)
		return ntr_wrap(e, st, "the switch frame at 0x%" PRIx64, ks);
	r->machine = t->machine;
	switch (t->machine) {
	case NTR_MACHINE_X86:
		ntr_reg_set(r, NTR_X86_EIP, ntr_load_u32(b + 8));
		ntr_reg_set(r, NTR_X86_ESP, (u32)ks + 0xc);
		ntr_reg_set(r, NTR_X86_EBP, ntr_load_u32(b + 0xc));
		return NTR_OK;
	case NTR_MACHINE_AMD64:
		ntr_reg_set(r, NTR_X64_RIP, ntr_load_u64(b + 0x38));
		ntr_reg_set(r, NTR_X64_RSP, ks + 0x40);
		ntr_reg_set(r, NTR_X64_RBP, ntr_load_u64(b + 0x30));
		return NTR_OK;
	case NTR_MACHINE_ARM64:
		for (unsigned i = 0; i < 10; i++)
			ntr_reg_set(r, NTR_A64_X0 + 19 + i,
				    ntr_load_u64(b + i * 8));
		ntr_reg_set(r, NTR_A64_FP, ntr_load_u64(b + 0x50));
		ntr_reg_set(r, NTR_A64_LR, ntr_load_u64(b + 0x58));
		ntr_reg_set(r, NTR_A64_PC, ntr_load_u64(b + 0x60));
		ntr_reg_set(r, NTR_A64_SP, ks + 0x70);
		return NTR_OK;
	default:
		return ntr_fail(e, NTR_UNSUP, "the switch frame of this "
				"machine is not known");
	}
}

static const struct ntr_cpu *cpu_of(const struct ntr_target *t, u64 thread)
{
	for (size_t i = 0; i < t->cpus.n; i++)
		if (t->cpus.v[i].thread == thread)
			return &t->cpus.v[i];
	return NULL;
}

enum ntr_st ntr_thread_regs(struct ntr_target *t, const struct ntr_kthread *k,
			    struct ntr_regs *out, struct ntr_err *e)
{
	const struct ntr_cpu *c = cpu_of(t, k->th.va);
	struct ntr_regs r = { 0 };
	enum ntr_st st;

	if (c && c->has_regs) {
		*out = c->regs;
		return NTR_OK;
	}
	if (c || (k->has_state && k->state == NTR_TS_RUNNING))
		return ntr_fail(e, NTR_ABSENT, "it runs, and its processor's "
				"registers are not in the dump");
	if (!k->th.kernel_stack)
		return ntr_fail(e, NTR_ABSENT, "its KernelStack is not known");
	st = switch_frame(t, k->th.kernel_stack, &r, e);
	if (st)
		return st;
	if (t->kernel_base && r.ip - t->kernel_base >= t->kernel_size)
		return ntr_fail(e, NTR_BAD, "the switch frame at 0x%" PRIx64
				" returns to 0x%" PRIx64
				", which is not in the kernel",
				k->th.kernel_stack, r.ip);
	*out = r;
	return NTR_OK;
}

/* --- its stack --------------------------------------------------------------------------- */

static bool module_of(void *ctx, u64 ip, struct ntr_unw_module *out)
{
	struct ntr_target *t = ctx;
	struct ntr_module *m = ntr_target_module(t, ip);

	if (!m)
		return false;
	*out = (struct ntr_unw_module){ .base = m->base, .size = m->size };
	if (ntr_module_load(t, m))
		out->pe = m->pe;
	else if (t->store)
		(void)ntr_module_image(t, m, &out->pe, &out->code);
	return true;
}

static enum ntr_st record_of(void *ctx, u64 ip, const struct ntr_unw_module *m,
			     struct ntr_uwrec *out)
{
	struct ntr_target *t = ctx;

	return ntr_target_record(t, ntr_target_module(t, m->base), ip, out);
}

static bool function_of(void *ctx, u64 ip, u64 *start, u64 *size)
{
	struct ntr_named at;

	if (!ntr_target_name(ctx, ip, false, &at) || !at.sym.code)
		return false;
	*start = ip - at.displacement;
	*size = at.sym.size;
	return true;
}

/*
 * x86: KiSwapContext keeps EBP, EDI, ESI and EBX above the switch frame, then
 * comes its return address.  Its EBP is the caller's already, so a walk by
 * frame pointers would pass over the caller.
 */
static bool swap_frame(struct ntr_target *t, const struct ntr_regs *r,
		       struct ntr_regs *out)
{
	bool call = false;
	u8 b[20];
	u64 target;
	u32 ret;

	if (t->machine != NTR_MACHINE_X86 ||
	    ntr_space_read(t->mem, r->sp, b, sizeof(b), NULL))
		return false;
	ret = ntr_load_u32(b + 16);
	if (ret - t->kernel_base >= t->kernel_size ||
	    ntr_is_call_before(t->machine, t->mem, ret, &call, &target) ||
	    !call)
		return false;
	*out = (struct ntr_regs){ .machine = t->machine };
	ntr_reg_set(out, NTR_X86_EBP, ntr_load_u32(b));
	ntr_reg_set(out, NTR_X86_EDI, ntr_load_u32(b + 4));
	ntr_reg_set(out, NTR_X86_ESI, ntr_load_u32(b + 8));
	ntr_reg_set(out, NTR_X86_EBX, ntr_load_u32(b + 12));
	ntr_reg_set(out, NTR_X86_EIP, ret);
	ntr_reg_set(out, NTR_X86_ESP, r->sp + 20);
	return true;
}

enum ntr_unw_stop ntr_thread_unwind(struct ntr_target *t,
				    const struct ntr_kthread *k,
				    struct ntr_frame *frames, size_t max,
				    size_t *n, struct ntr_err *e)
{
	struct ntr_a64_trap trap;
	struct ntr_unw_env env = {
		.machine = t->machine, .build = t->build, .mem = t->mem,
		.stack_lo = k->th.stack_limit, .stack_hi = k->th.stack_base,
		.module = module_of, .record = record_of,
		.function = function_of, .ctx = t,
	};
	struct ntr_regs r, next;
	enum ntr_unw_stop stop;
	size_t more = 0;

	*n = 0;
	if (!max || ntr_thread_regs(t, k, &r, e))
		return NTR_UNW_MEMORY;
	if (r.sp < env.stack_lo || r.sp >= env.stack_hi) {
		env.home_lo = env.stack_lo;
		env.home_hi = env.stack_hi;
		env.stack_lo = env.stack_hi = 0;
	}
	if (ntr_target_a64_trap(t, &trap))
		env.a64_trap = &trap;
	if (r.sp == k->th.kernel_stack + 0xc && swap_frame(t, &r, &next)) {
		frames[(*n)++] = (struct ntr_frame){
			.ip = r.ip, .sp = r.sp, .fp = r.fp,
			.trust = NTR_TRUST_CONTEXT, .method = "switch frame",
		};
		stop = ntr_unwind(&env, &next, frames + 1, max - 1, &more);
		if (more)
			frames[1].trust = NTR_TRUST_FRAMEPTR;
		*n += more;
		return stop;
	}
	return ntr_unwind(&env, &r, frames, max, n);
}
