// SPDX-License-Identifier: Apache-2.0
/*
 * What is chosen: the context the stack starts from, the thread, the process.
 *
 * A thread that does not run was switched away from, and its registers are on
 * its own stack, where KernelStack points (KSWITCH_FRAME; docs/kd.md says how
 * far that is known).  A switch frame counts only when its return address
 * lies in a module.
 */
#include "kd_priv.h"

#include "triage/triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ntr_verdict *ntr_kd_verdict(struct ntr_kd *k)
{
	struct ntr_kd_priv *p = k->priv;

	if (!p->v && !p->no_verdict && ntr_verdict_make(&p->v, k->t, NULL)) {
		p->v = NULL;
		p->no_verdict = true;
	}
	return p->v;
}

enum ntr_st ntr_kd_waits(struct ntr_kd *k, const struct ntr_waits **w,
			 struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (!k->priv->waits)
		st = ntr_waits(&k->priv->waits, k->t, e);
	if (!st)
		*w = k->priv->waits;
	return st;
}

static void drop_stack(struct ntr_kd *k)
{
	ntr_vec_fini(&k->priv->frames);
	free(k->priv->frame_regs);
	k->priv->frame_regs = NULL;
	k->priv->nframe_regs = 0;
	k->priv->has_stack = false;
	k->frame = 0;
	k->next_code = 0;
}

void ntr_kd_set_regs(struct ntr_kd *k, const struct ntr_regs *r,
		     const char *source)
{
	drop_stack(k);
	k->priv->own = k->priv->pending = k->priv->has_outer = false;
	k->trap = 0;
	k->has_regs = r->has_ip;
	k->regs = *r;
	snprintf(k->regs_source, sizeof(k->regs_source), "%s", source);
}

static void no_regs(struct ntr_kd *k)
{
	drop_stack(k);
	k->priv->own = k->priv->pending = k->priv->has_outer = false;
	k->trap = 0;
	k->has_regs = false;
	k->regs = (struct ntr_regs){ .machine = k->t->machine };
	k->regs_source[0] = 0;
}

void ntr_kd_default_context(struct ntr_kd *k)
{
	const struct ntr_target *t = k->t;

	no_regs(k);
	k->cpu = t->crash_cpu;
	k->thread = t->thread;
	k->process = t->thread.process;
	(void)ntr_kd_mem_process(k->priv->mem, 0);
	k->priv->pending = true;
}

void ntr_kd_need_regs(struct ntr_kd *k)
{
	struct ntr_verdict *v;

	if (!k->priv->pending)
		return;
	k->priv->pending = false;
	v = ntr_kd_verdict(k);
	if (!v || !v->has_regs)
		return;
	ntr_kd_set_regs(k, &v->regs, v->context_source ? v->context_source :
			"dump");
	k->priv->own = true;
}

void ntr_kd_set_cpu(struct ntr_kd *k, int index)
{
	struct ntr_target *t = k->t;
	const struct ntr_cpu *c = &t->cpus.v[index];

	if (index == t->crash_cpu) {
		ntr_kd_default_context(k);
		return;
	}
	k->cpu = index;
	k->thread = (struct ntr_thread){ 0 };
	if (c->thread)
		ntr_thread_read(t, c->thread, &k->thread);
	k->process = k->thread.process;
	(void)ntr_kd_mem_process(k->priv->mem, 0);
	if (c->has_regs)
		ntr_kd_set_regs(k, &c->regs, c->regs_source ? c->regs_source :
				"processor block");
	else
		no_regs(k);
}

/* --- threads --------------------------------------------------------------------- */

/* Where a machine's switch frame has what, from KernelStack on. */
struct switch_frame {
	u32 machine;
	u8 ip, fp, sp; /* sp: its value, relative to KernelStack */
	u8 ip_reg, fp_reg;
};
static const struct switch_frame switch_frames[] = {
	{ NTR_MACHINE_X86, 0x08, 0x0c, 0x0c, NTR_X86_EIP, NTR_X86_EBP },
	{ NTR_MACHINE_AMD64, 0x38, 0x30, 0x40, NTR_X64_RIP, NTR_X64_RBP },
	{ NTR_MACHINE_ARM64, 0x60, 0x50, 0x68, NTR_A64_PC, NTR_A64_FP },
};

static enum ntr_st switched_regs(struct ntr_kd *k, const struct ntr_thread *th,
				 struct ntr_regs *r, struct ntr_err *e)
{
	struct ntr_target *t = k->t;
	const struct switch_frame *s = NULL;
	u64 ks = th->kernel_stack, ip, fp;

	for (size_t i = 0; i < NTR_COUNT(switch_frames); i++)
		if (switch_frames[i].machine == t->machine)
			s = &switch_frames[i];
	if (!s)
		return ntr_fail(e, NTR_UNSUP, "the switch frame of this machine "
				"is not known");
	if (!ks)
		return ntr_fail(e, NTR_ABSENT, "its KernelStack is not known");
	if (ntr_read_ptr(t->mem, ks + s->ip, t->ptr_size, &ip) ||
	    ntr_read_ptr(t->mem, ks + s->fp, t->ptr_size, &fp))
		return ntr_fail(e, NTR_ABSENT, "its stack is not in this dump");
	if (!ntr_target_module(t, ip))
		return ntr_fail(e, NTR_ABSENT, "there is no switch frame at "
				"%" PRIx64, ks);
	*r = (struct ntr_regs){ .machine = t->machine };
	ntr_reg_set(r, s->ip_reg, ip);
	ntr_reg_set(r, s->fp_reg, fp);
	ntr_reg_set_sp(r, ks + s->sp);
	return NTR_OK;
}

/*
 * x86: KiSwapContext keeps no frame of its own; what it saved lies behind the
 * switch frame: ebp, edi, esi, ebx, and the address it returns to.
 */
static void switched_outer(struct ntr_kd *k, u64 ks)
{
	static const struct { u8 at, reg; } saved[] = {
		{ 0x0c, NTR_X86_EBP }, { 0x10, NTR_X86_EDI },
		{ 0x14, NTR_X86_ESI }, { 0x18, NTR_X86_EBX },
		{ 0x1c, NTR_X86_EIP },
	};
	struct ntr_regs r = { .machine = k->t->machine };
	bool call = false;
	u64 target;
	u32 v = 0;

	if (k->t->machine != NTR_MACHINE_X86)
		return;
	for (size_t i = 0; i < NTR_COUNT(saved); i++) {
		if (ntr_read_u32(k->t->mem, ks + saved[i].at, &v))
			return;
		ntr_reg_set(&r, saved[i].reg, v);
	}
	ntr_reg_set_sp(&r, ks + 0x20);
	if (!ntr_target_module(k->t, r.ip) ||
	    (ntr_is_call_before(k->t->machine, k->mem, r.ip, &call, &target) ==
		     NTR_OK && !call))
		return;
	k->priv->outer = r;
	k->priv->has_outer = true;
}

static int running_on(const struct ntr_target *t, u64 thread)
{
	for (size_t i = 0; i < t->cpus.n; i++)
		if (t->cpus.v[i].thread == thread)
			return (int)i;
	return -1;
}

enum ntr_st ntr_kd_set_thread(struct ntr_kd *k, u64 va, struct ntr_err *e)
{
	struct ntr_thread th;
	struct ntr_regs r;
	char source[80];
	enum ntr_st st;
	int cpu;

	ntr_thread_read(k->t, va, &th);
	if (th.source == NTR_SRC_NONE)
		return ntr_fail(e, NTR_ABSENT, "%" PRIx64 " is no thread that "
				"can be read", va);
	cpu = running_on(k->t, va);
	if (cpu >= 0) {
		ntr_kd_set_cpu(k, cpu);
		k->thread = th;
		return NTR_OK;
	}
	k->thread = th;
	k->process = th.process;
	st = switched_regs(k, &th, &r, e);
	if (st) {
		no_regs(k);
		return ntr_wrap(e, st, "the thread is chosen, but its registers "
				"are not known");
	}
	snprintf(source, sizeof(source), "switch frame at 0x%" PRIx64,
		 th.kernel_stack);
	ntr_kd_set_regs(k, &r, source);
	switched_outer(k, th.kernel_stack);
	return NTR_OK;
}

enum ntr_st ntr_kd_set_process(struct ntr_kd *k, u64 va, struct ntr_err *e)
{
	enum ntr_st st;
	u64 dtb = 0;

	st = ntr_kd_member(k, "_KPROCESS", va, "DirectoryTableBase", &dtb, e);
	if (st)
		return ntr_wrap(e, st, "%" PRIx64 " cannot be chosen", va);
	if (!ntr_kd_mem_process(k->priv->mem, dtb))
		return ntr_fail(e, NTR_ABSENT, "%" PRIx64 " has no page tables "
				"(DirectoryTableBase is %" PRIx64 ")", va, dtb);
	k->process = va;
	return NTR_OK;
}

/* --- and back ------------------------------------------------------------------------ */

void ntr_kd_save(const struct ntr_kd *k, struct ntr_kd_chosen *out)
{
	const struct ntr_kd_priv *p = k->priv;

	*out = (struct ntr_kd_chosen){
		.cpu = k->cpu, .thread = k->thread, .process = k->process,
		.trap = k->trap, .has_regs = k->has_regs, .own = p->own,
		.pending = p->pending, .has_outer = p->has_outer,
		.regs = k->regs, .outer = p->outer, .frame = k->frame,
	};
	memcpy(out->regs_source, k->regs_source, sizeof(out->regs_source));
}

void ntr_kd_restore(struct ntr_kd *k, const struct ntr_kd_chosen *c)
{
	struct ntr_kd_priv *p = k->priv;

	drop_stack(k);
	k->cpu = c->cpu;
	k->thread = c->thread;
	k->process = c->process;
	k->trap = c->trap;
	k->has_regs = c->has_regs;
	k->regs = c->regs;
	k->frame = c->frame;
	p->own = c->own;
	p->pending = c->pending;
	p->has_outer = c->has_outer;
	p->outer = c->outer;
	memcpy(k->regs_source, c->regs_source, sizeof(k->regs_source));
	if (c->process && c->process != c->thread.process)
		(void)!ntr_kd_set_process(k, c->process, NULL);
}

/* --- the stack --------------------------------------------------------------------- */

static void own_limits(const struct ntr_kd *k, struct ntr_unw_env *env)
{
	const struct ntr_thread *th = &k->thread;

	env->stack_lo = env->stack_hi = env->home_lo = env->home_hi = 0;
	if (!th->stack_limit || th->stack_base <= th->stack_limit)
		return;
	if (ntr_on_stack(th, k->regs.sp, 0)) {
		env->stack_lo = th->stack_limit;
		env->stack_hi = th->stack_base;
	} else {
		env->home_lo = th->stack_limit;
		env->home_hi = th->stack_base;
	}
}

static struct ntr_unw_env stack_env(struct ntr_kd *k, struct ntr_verdict *v)
{
	struct ntr_unw_env env = ntr_triage_env(v, k->regs.sp);

	env.trace = NULL;
	if (!k->priv->own)
		own_limits(k, &env);
	return env;
}

/* Frames of the chosen context into f; the first one is given when the frame
 * of the caller is known. */
static size_t walk(struct ntr_kd *k, const struct ntr_unw_env *env,
		   struct ntr_frame *f, enum ntr_unw_stop *end)
{
	struct ntr_kd_priv *p = k->priv;
	struct ntr_unw_env outer = *env;
	size_t n = 0;

	if (!p->has_outer) {
		*end = ntr_unwind(env, &k->regs, f, NTR_MAX_FRAMES, &n);
		return n;
	}
	if (outer.frame_regs)
		*outer.frame_regs++ = k->regs;
	f[0] = (struct ntr_frame){ .ip = k->regs.ip, .sp = k->regs.sp,
				   .trust = NTR_TRUST_CONTEXT };
	*end = ntr_unwind(&outer, &p->outer, f + 1, NTR_MAX_FRAMES - 1, &n);
	if (n) {
		f[1].trust = NTR_TRUST_TRAP;
		f[1].note = "switch frame";
	}
	return n + 1;
}

static void unwind(struct ntr_kd *k, struct ntr_verdict *v)
{
	struct ntr_kd_priv *p = k->priv;
	struct ntr_frame *f = calloc(NTR_MAX_FRAMES, sizeof(*f));
	struct ntr_unw_env env;
	size_t n;

	if (!f)
		return;
	env = stack_env(k, v);
	n = walk(k, &env, f, &p->end);
	for (size_t i = 0; i < n; i++) {
		struct ntr_vframe *s = ntr_vec_add(&p->frames);

		if (!s)
			break;
		ntr_triage_frame(v, &f[i], s);
	}
	free(f);
}

const struct ntr_vframe *ntr_kd_frames(struct ntr_kd *k, size_t *n,
				       enum ntr_unw_stop *stop)
{
	struct ntr_kd_priv *p = k->priv;
	struct ntr_verdict *v = ntr_kd_verdict(k);

	*n = 0;
	*stop = NTR_UNW_LOST;
	ntr_kd_need_regs(k);
	if (!v || !k->has_regs)
		return NULL;
	if (p->own) {
		*n = v->stack.n;
		*stop = v->stop;
		return v->stack.v;
	}
	if (!p->has_stack)
		unwind(k, v);
	p->has_stack = true;
	*n = p->frames.n;
	*stop = p->end;
	return p->frames.v;
}

/* The same walk again, this time for the registers. */
static void unwind_regs(struct ntr_kd *k, const struct ntr_vframe *stack,
			size_t n)
{
	struct ntr_kd_priv *p = k->priv;
	struct ntr_frame *f = calloc(NTR_MAX_FRAMES, sizeof(*f));
	struct ntr_regs *r = calloc(NTR_MAX_FRAMES, sizeof(*r));
	struct ntr_unw_env env = stack_env(k, ntr_kd_verdict(k));
	enum ntr_unw_stop end;
	size_t got = 0;

	env.frame_regs = r;
	if (f && r)
		got = walk(k, &env, f, &end);
	for (size_t i = 0; i < got && i < n; i++)
		if (f[i].ip != stack[i].f.ip || f[i].sp != stack[i].f.sp)
			got = i;
	free(f);
	p->frame_regs = r;
	p->nframe_regs = got;
}

const struct ntr_regs *ntr_kd_frame_regs(struct ntr_kd *k)
{
	return ntr_kd_regs_of(k, k->frame);
}

const struct ntr_regs *ntr_kd_regs_of(struct ntr_kd *k, size_t frame)
{
	struct ntr_kd_priv *p = k->priv;
	const struct ntr_vframe *f;
	enum ntr_unw_stop end;
	size_t n;

	ntr_kd_need_regs(k);
	if (!frame)
		return &k->regs;
	f = ntr_kd_frames(k, &n, &end);
	if (!p->frame_regs && f)
		unwind_regs(k, f, n);
	if (frame < p->nframe_regs)
		return &p->frame_regs[frame];
	p->nothing = (struct ntr_regs){ .machine = k->t->machine };
	if (frame < n) {
		ntr_reg_set_ip(&p->nothing, f[frame].f.ip);
		ntr_reg_set_sp(&p->nothing, f[frame].f.sp);
	}
	return &p->nothing;
}

/* --- members ------------------------------------------------------------------------ */

enum ntr_st ntr_kd_member(struct ntr_kd *k, const char *type, u64 va,
			  const char *path, u64 *out, struct ntr_err *e)
{
	enum ntr_st st = ntr_target_member(k->t, type, va, path, out);

	if (st)
		return ntr_fail(e, st, "%s.%s of %" PRIx64 " is not known: %s",
				type, path, va, ntr_st_text(st));
	return NTR_OK;
}
