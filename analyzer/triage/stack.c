// SPDX-License-Identifier: Apache-2.0
/*
 * The stack of a verdict.  It is unwound from the start.  When the fault's
 * registers are known from elsewhere and the walk missed them (without unwind
 * data it can only scan, and a scan does not see a trap frame), the frames
 * above the fault are taken from the fault's own registers instead: what is
 * known replaces what was guessed.
 */
#include "../kobj/symbols.h"
#include "triage.h"

#include <string.h>

/* Frames of a task that only a trap frame connects, kept from the start. */
#define SWITCH_WINDOW 0x8000u

static bool module_of(void *ctx, u64 ip, struct ntr_unw_module *out)
{
	struct ntr_verdict *v = ctx;
	struct ntr_module *m = ntr_target_module(v->t, ip);

	if (!m)
		return false;
	*out = (struct ntr_unw_module){ .base = m->base, .size = m->size };
	if (ntr_module_load(v->t, m))
		out->pe = m->pe;
	else if (v->t->store)
		(void)ntr_module_image(v->t, m, &out->pe, &out->code);
	if (v->t->store)
		out->code = ntr_module_code(v->t, m);
	return true;
}

static enum ntr_st record_of(void *ctx, u64 ip, const struct ntr_unw_module *m,
			     struct ntr_uwrec *out)
{
	struct ntr_verdict *v = ctx;

	return ntr_target_record(v->t, ntr_target_module(v->t, m->base), ip,
				 out);
}

static bool function_of(void *ctx, u64 ip, u64 *start, u64 *size)
{
	struct ntr_verdict *v = ctx;
	struct ntr_named at;

	if (!ntr_target_name(v->t, ip, false, &at) || !at.sym.code)
		return false;
	*start = ip - at.displacement;
	*size = at.sym.size;
	return true;
}

#define TRACE_MAX 20000u /* lines; a hostile stack has no more to say */

static void keep_line(void *ctx, const char *line)
{
	struct ntr_verdict *v = ctx;
	const char **at;

	if (v->unwind_trace.n >= TRACE_MAX)
		return;
	at = ntr_vec_add(&v->unwind_trace);
	if (at)
		*at = ntr_arena_printf(&v->arena, "%s", line);
}

struct ntr_unw_env ntr_triage_env(struct ntr_verdict *v, u64 sp)
{
	const struct ntr_thread *th = &v->t->thread;
	u64 guard = ntr_is_double_fault(v) ? NTR_STACK_GUARD : 0;
	const struct ntr_target *t = v->t;
	struct ntr_unw_env env = {
		.machine = v->t->machine,
		.build = v->t->build,
		.mem = v->t->mem,
		.module = module_of,
		.record = record_of,
		.function = function_of,
		.trace = v->want_trace ? keep_line : NULL,
		.ctx = v,
	};

	if (t->crash_cpu >= 0)
		ntr_target_task_gate(v->t, &t->cpus.v[t->crash_cpu], &env.gdt,
				     &env.tss);
	if (ntr_target_a64_trap(v->t, &v->a64_trap))
		env.a64_trap = &v->a64_trap;
	if (th->stack_limit <= guard)
		return env;
	if (ntr_on_stack(th, sp, guard)) {
		env.stack_lo = th->stack_limit - guard;
		env.stack_hi = th->stack_base;
	} else {
		env.home_lo = th->stack_limit - guard;
		env.home_hi = th->stack_base;
	}
	return env;
}

enum ntr_unw_stop ntr_triage_unwind(struct ntr_verdict *v,
				    const struct ntr_regs *regs,
				    struct ntr_frame *out, size_t max,
				    size_t *n)
{
	struct ntr_unw_env env = ntr_triage_env(v, regs->sp);

	return ntr_unwind(&env, regs, out, max, n);
}

/* Frames entered by a call hold its return address. */
static bool is_return(const struct ntr_frame *f)
{
	return f->trust != NTR_TRUST_CONTEXT && f->trust != NTR_TRUST_TRAP;
}

static void name_frame(struct ntr_verdict *v, struct ntr_vframe *out)
{
	struct ntr_line line;
	struct ntr_named at;
	bool ret = is_return(&out->f);

	if (!ntr_target_name(v->t, out->f.ip, ret, &at))
		return;
	out->function = ntr_arena_strdup(&v->arena, at.name);
	out->displacement = at.displacement;
	out->export = at.sym.kind == NTR_SYM_EXPORT && !at.inside;
	if (!ntr_target_line(v->t, out->f.ip, ret, &line))
		return;
	out->file = ntr_arena_strdup(&v->arena, line.file);
	out->line = line.line;
}

void ntr_triage_frame(struct ntr_verdict *v, const struct ntr_frame *f,
		      struct ntr_vframe *out)
{
	*out = (struct ntr_vframe){ .f = *f };
	out->module = ntr_target_module(v->t, f->ip);
	if (out->module) {
		out->offset = f->ip - out->module->base;
		name_frame(v, out);
		return;
	}
	out->unloaded = ntr_target_unloaded(v->t, f->ip);
	if (out->unloaded)
		out->offset = f->ip - out->unloaded->start;
}

static void add_frames(struct ntr_triage_job *j, const struct ntr_frame *f,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ntr_vframe *s = ntr_vec_add(&j->v->stack);

		if (!s) {
			j->lost = true;
			return;
		}
		ntr_triage_frame(j->v, &f[i], s);
	}
}

static int frame_of(const struct ntr_verdict *v, const struct ntr_regs *r)
{
	for (size_t i = 0; i < v->stack.n; i++)
		if (v->stack.v[i].f.ip == r->ip && v->stack.v[i].f.sp == r->sp)
			return (int)i;
	return -1;
}

/* How many of the frames lie inside the fault's: on the same stack those
 * below its sp; on another stack those below the trap frame that leads out. */
static size_t inner_frames(const struct ntr_verdict *v)
{
	u64 lo = v->regs.sp, end = 0;
	size_t n = 0;

	if (v->trap_frame > lo && v->trap_frame - lo < SWITCH_WINDOW)
		end = v->trap_frame;
	else if (v->fault.sp > lo && v->fault.sp - lo < SWITCH_WINDOW)
		end = v->fault.sp;
	if (!end)
		return v->stack.n ? 1 : 0;
	while (n < v->stack.n && v->stack.v[n].f.sp < end)
		n++;
	return n;
}

/* The fault belongs to the thread whose stack was walked. */
static bool same_thread(const struct ntr_triage_job *j)
{
	return !(j->b && j->b->mode == NTR_BM_HUNG);
}

static void splice(struct ntr_triage_job *j, struct ntr_frame *buf, size_t max)
{
	struct ntr_verdict *v = j->v;
	enum ntr_unw_stop stop;
	size_t n = 0, keep = inner_frames(v);

	stop = ntr_triage_unwind(v, &v->fault, buf, max, &n);
	if (!n)
		return;
	buf[0].trust = v->trap_frame ? NTR_TRUST_TRAP : NTR_TRUST_CONTEXT;
	buf[0].note = v->fault_source;
	v->stack.n = keep;
	v->fault_frame = (int)keep;
	v->stop = stop;
	add_frames(j, buf, n);
}

/* No registers of the fault were found, but the walk met the instruction
 * that a parameter names. */
static void frame_of_param(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	u64 ip = j->b ? ntr_arg(v, j->b->ip) : 0;

	if (!ip || v->fault_source != v->context_source || ip == v->regs.ip)
		return;
	for (size_t i = 1; i < v->stack.n; i++) {
		const struct ntr_frame *f = &v->stack.v[i].f;

		if (f->ip != ip)
			continue;
		v->fault = (struct ntr_regs){ .machine = v->t->machine,
					      .ip = ip, .has_ip = true,
					      .sp = f->sp, .has_sp = true };
		v->fault_source = ntr_arena_printf(&v->arena,
			"the frame whose instruction parameter %u names",
			j->b->ip);
		v->fault_frame = (int)i;
		return;
	}
}

/* Symbols that were looked for and would name frames of this stack. */
#define LACKING_MAX 8u
static void note_lacking(struct ntr_verdict *v)
{
	unsigned n = 0;

	for (size_t i = 0; i < v->stack.n && n < LACKING_MAX; i++) {
		const struct ntr_module *m = v->stack.v[i].module;

		if (!m || m->base == v->t->kernel_base || !m->symbols ||
		    !m->symbols->lacking)
			continue;
		ntr_target_missing(v->t, ntr_arena_printf(&v->t->arena,
				   "symbols of %s", m->name),
				   m->symbols->lacking);
		n++;
	}
}

static void walk(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_frame *buf;
	size_t n = 0;

	if (!v->has_regs)
		return;
	buf = ntr_arena_array(&v->arena, NTR_MAX_FRAMES, sizeof(*buf));
	if (!buf) {
		j->lost = true;
		return;
	}
	v->stop = ntr_triage_unwind(v, &v->regs, buf, NTR_MAX_FRAMES, &n);
	add_frames(j, buf, n);
	if (!v->has_fault || !same_thread(j))
		return;
	v->fault_frame = frame_of(v, &v->fault);
	if (v->fault_frame < 0)
		splice(j, buf, NTR_MAX_FRAMES);
	frame_of_param(j);
}

void ntr_triage_stack(struct ntr_triage_job *j)
{
	walk(j);
	note_lacking(j->v);
}
