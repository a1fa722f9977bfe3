// SPDX-License-Identifier: Apache-2.0
/*
 * The driver: which methods a machine has and in which order, what makes a
 * step believable, and why a walk stops.
 */
#include "unw_int.h"

#include <stdio.h>
#include <string.h>

const char *ntr_trust_name(enum ntr_trust t)
{
	static const char *const names[] = {
#define NTR_TRUST_TEXT(n, text) text,
		NTR_TRUST_LIST(NTR_TRUST_TEXT)
#undef NTR_TRUST_TEXT
	};

	return (size_t)t < NTR_COUNT(names) ? names[t] : "?";
}

const char *ntr_unw_stop_text(enum ntr_unw_stop s)
{
	switch (s) {
	case NTR_UNW_END:
		return "outermost frame reached";
	case NTR_UNW_LIMIT:
		return "frame limit reached";
	case NTR_UNW_MEMORY:
		return "stack memory is not in the dump";
	case NTR_UNW_LOST:
		return "no method could go on";
	case NTR_UNW_CYCLE:
		return "the stack pointer did not move";
	}
	return "?";
}

/* Stacks that a walk may move to against the growth of sp: once each. */
enum { SWITCH_TRAP, SWITCH_USER, SWITCH_RECORD, NSWITCH };

struct walk {
	struct ntr_unw_env env; /* limits change with the stack */
	struct ntr_regs regs;
	struct ntr_frame *frames;
	size_t n, max;
	bool exact;  /* ip is the interrupted instruction */
	bool switched[NSWITCH];
	bool hinted; /* hint is about the current frame */
	struct ntr_x64_hint hint;
	u32 callee_params; /* of the inner frame, by its record */
	bool asked;        /* rec is about the current frame */
	struct ntr_unw_module rec_module;
	struct ntr_uwrec rec;
};

/* One step found: the new registers and how they were got. */
struct found {
	struct ntr_regs regs;
	enum ntr_trust trust;
	bool exact;
	const char *method; /* when the table's name is too general */
	const char *note;
};

static void trace(const struct walk *w, const char *method,
		  const char *verdict, enum ntr_st st, const struct ntr_err *e)
{
	char line[400];

	if (!w->env.trace)
		return;
	snprintf(line, sizeof(line), "#%zu %s: %s: %s", w->n - 1, method,
		 verdict, e->msg[0] ? e->msg : ntr_st_text(st));
	w->env.trace(w->env.ctx, line);
}

/* --- methods: OK with f filled, END outermost, else try the next ------------ */

static enum ntr_st by_record(struct walk *w, struct found *f,
			     struct ntr_err *e)
{
	struct ntr_unw_module m;
	bool crossed = w->exact;
	enum ntr_st st;

	if (!ntr_unw_module_of(&w->env, w->regs.ip, &m))
		return ntr_fail(e, NTR_UNSUP, "0x%" PRIx64 " is in no module",
				w->regs.ip);
	if (w->env.machine == NTR_MACHINE_ARM64)
		st = ntr_unw_step_arm64(&w->env, &m, &f->regs, &crossed, e);
	else
		st = ntr_unw_step_x64(&w->env, &m, &f->regs, &crossed, e);
	f->trust = crossed ? NTR_TRUST_TRAP : NTR_TRUST_CFI;
	f->exact = crossed;
	f->note = crossed ? "machine frame" : NULL;
	return st;
}

/* A jump to nowhere: what called is at sp (x64), in lr (ARM64, Alpha). */
static enum ntr_st by_bad_jump(struct walk *w, struct found *f,
			       struct ntr_err *e)
{
	struct ntr_unw_module m;
	struct ntr_ret_site site;
	u64 ret = 0;

	if (!w->exact || ntr_unw_module_of(&w->env, w->regs.ip, &m))
		return ntr_fail(e, NTR_UNSUP, "ip is in a module");
	if (w->env.machine == NTR_MACHINE_AMD64) {
		if (ntr_read_u64(w->env.mem, w->regs.sp, &ret))
			return ntr_fail(e, NTR_ABSENT, "no memory at sp");
		ntr_reg_set(&f->regs, NTR_X64_RSP, w->regs.sp + 8);
		ntr_unw_forget_volatile(&f->regs);
	} else if (w->env.machine == NTR_MACHINE_X86) {
		f->trust = NTR_TRUST_FRAMEPTR; /* nothing was pushed since */
		f->note = "ip was in no module: return address of the call to "
			  "it";
		return ntr_unw_x86_code(&w->env, 0, &f->regs, e);
	} else {
		unsigned lr = w->env.machine == NTR_MACHINE_ARM64 ?
				      NTR_A64_LR : NTR_AXP_RA;

		if (ntr_reg_known(&w->regs, lr))
			ret = ntr_unw_strip(w->env.machine, w->regs.r[lr]);
		ntr_unw_forget_volatile(&f->regs);
		ntr_reg_forget(&f->regs, lr);
	}
	if (ntr_unw_ret(&w->env, ret, &site) == NTR_RET_NO)
		return ntr_fail(e, NTR_UNSUP, "ip is in no module, and 0x%"
				PRIx64 " is no return address", ret);
	ntr_reg_set_ip(&f->regs, ret);
	f->trust = NTR_TRUST_SCAN;
	f->exact = false;
	f->note = "ip was in no module: return address of the call to it";
	return NTR_OK;
}

/* --- records of symbols ------------------------------------------------------- */

/* The record of the current frame; for a return address that of the call,
 * which can be the last instruction. */
static const struct ntr_uwrec *record(struct walk *w)
{
	struct ntr_frame *f = &w->frames[w->n - 1];
	u64 at = w->regs.ip - (w->exact ? 0 : 1);

	if (w->asked)
		return w->rec.kind == NTR_UW_NONE ? NULL : &w->rec;
	w->asked = true;
	w->rec.kind = NTR_UW_NONE;
	if (!w->env.record || !ntr_unw_module_of(&w->env, at, &w->rec_module) ||
	    w->env.record(w->env.ctx, at, &w->rec_module, &w->rec))
		w->rec.kind = NTR_UW_NONE;
	if (w->rec.kind == NTR_UW_NONE)
		return NULL;
	if (w->rec.kind != NTR_UW_CFI) {
		f->has_params = true;
		f->params = w->rec.params;
	}
	return &w->rec;
}

static enum ntr_st by_symbols(struct walk *w, struct found *f,
			      struct ntr_err *e)
{
	struct ntr_unw_rec rec = { .r = record(w), .m = &w->rec_module,
				   .callee_params = w->callee_params,
				   .exact = w->exact };
	enum ntr_st st;

	if (!w->env.record)
		return ntr_fail(e, NTR_UNSUP, "no symbols");
	if (!rec.r)
		return ntr_fail(e, NTR_UNSUP, "no record for 0x%" PRIx64,
				w->regs.ip);
	if (rec.r->kind == NTR_UW_CFI) {
		st = ntr_unw_step_cfi(&w->env, &rec, &f->regs, e);
		f->method = "cfi";
		f->trust = NTR_TRUST_CFI;
	} else if (w->env.machine != NTR_MACHINE_X86) {
		return ntr_fail(e, NTR_UNSUP, "an x86 record for machine "
				"0x%04x", w->env.machine);
	} else {
		st = ntr_unw_step_x86_rec(&w->env, &rec, &f->regs, e);
		f->method = rec.r->kind == NTR_UW_FRAMEDATA ? "framedata" :
							      "fpo";
		f->trust = rec.trap	? NTR_TRUST_TRAP :
			   rec.searched ? NTR_TRUST_SCAN :
					  NTR_TRUST_FPO;
	}
	f->exact = rec.trap;
	f->note = rec.note;
	return st;
}

static enum ntr_st by_code(struct walk *w, struct found *f, struct ntr_err *e)
{
	struct ntr_unw_module m;
	bool exact = w->exact;
	enum ntr_st st;

	if (!ntr_unw_module_of(&w->env, w->regs.ip, &m))
		return ntr_fail(e, NTR_UNSUP, "0x%" PRIx64 " is in no module",
				w->regs.ip);
	f->trust = NTR_TRUST_CODE;
	f->exact = false;
	if (w->env.machine != NTR_MACHINE_AMD64)
		return ntr_unw_step_alpha(&w->env, &m, &f->regs, &exact, e);
	st = ntr_unw_step_code_x64(&w->env, &m, &f->regs, exact, &w->hint, e);
	w->hinted = st == NTR_UNSUP && !exact;
	return st;
}

/* x86, ip exact: the first frame's special places, by its own code. */
static enum ntr_st by_x86_code(struct walk *w, struct found *f,
			       struct ntr_err *e)
{
	struct ntr_unw_module m;
	u64 start = 0, size;

	if (!w->exact)
		return ntr_fail(e, NTR_UNSUP, "a call stands in no prologue");
	if (!ntr_unw_module_of(&w->env, w->regs.ip, &m))
		return ntr_fail(e, NTR_UNSUP, "0x%" PRIx64 " is in no module",
				w->regs.ip);
	if (!ntr_unw_function(&w->env, w->regs.ip, &start, &size))
		start = 0;
	f->trust = NTR_TRUST_CODE;
	f->exact = false;
	return ntr_unw_x86_code(&w->env, start, &f->regs, e);
}

/*
 * x64 without unwind data, ip exact: a body has sp at a multiple of 16.
 * Where it is not, nothing or a pair was pushed yet, or it is a leaf.
 */
static enum ntr_st by_entry(struct walk *w, struct found *f,
			    struct ntr_err *e)
{
	struct ntr_ret_site site;
	u64 ret;

	if (!w->exact || (w->regs.sp & 15) != 8 ||
	    ntr_read_u64(w->env.mem, w->regs.sp, &ret) ||
	    ntr_unw_ret(&w->env, ret, &site) == NTR_RET_NO)
		return ntr_fail(e, NTR_UNSUP, "no return address at sp");
	ntr_reg_set_ip(&f->regs, ret);
	ntr_reg_set_sp(&f->regs, w->regs.sp + 8);
	ntr_unw_forget_volatile(&f->regs);
	f->trust = NTR_TRUST_SCAN;
	f->exact = false;
	f->note = "sp is that of a function's entry";
	return NTR_OK;
}

/* A trap frame just above the return address into its handler. */
static enum ntr_st by_trap(struct walk *w, struct found *f, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (w->env.machine == NTR_MACHINE_X86)
		st = ntr_unw_x86_trap(&w->env, w->exact, &f->regs, e);
	else if (w->exact ||
		 !ntr_unw_trap_at(&w->env, w->regs.sp, true, &f->regs))
		return ntr_fail(e, NTR_UNSUP, "no trap frame at sp");
	else
		ntr_say(e, "trap frame at 0x%" PRIx64, w->regs.sp);
	if (st)
		return st;
	f->trust = NTR_TRUST_TRAP;
	f->exact = true;
	f->note = "trap frame";
	return NTR_OK;
}

static enum ntr_st by_frame(struct walk *w, struct found *f,
			    struct ntr_err *e)
{
	f->trust = NTR_TRUST_FRAMEPTR;
	f->exact = false;
	switch (w->env.machine) {
	case NTR_MACHINE_ARM64:
		return ntr_unw_step_fp_arm64(&w->env, &f->regs, w->exact, e);
	case NTR_MACHINE_AMD64:
		return ntr_unw_step_fp_x64(&w->env, &f->regs, e);
	default:
		return ntr_unw_x86_chain(&w->env, w->exact, &f->regs, e);
	}
}

/* An overflow: sp at the fault stands below the stack, where no memory is.
 * On to where the stack's memory begins; false when it does so at sp, or not
 * near. */
#define GUARD_MAX 0x5000u
static bool skip_guard(const struct walk *w, struct ntr_regs *r)
{
	u64 at = (w->regs.sp + 7) & ~UINT64_C(7), end = at + GUARD_MAX;
	u32 v;

	if (!w->exact || !w->env.stack_hi || at < w->env.stack_lo ||
	    !ntr_read_u32(w->env.mem, w->regs.sp, &v))
		return false;
	for (; at < end && at < w->env.stack_hi; at += 8) {
		if (ntr_read_u32(w->env.mem, at, &v))
			continue;
		ntr_reg_set_sp(r, at);
		return true;
	}
	return false;
}

static enum ntr_st by_scan(struct walk *w, struct found *f, struct ntr_err *e)
{
	struct ntr_x64_hint *hint = &w->hint;
	enum ntr_ret ret;
	enum ntr_st st;
	bool trap, skipped = skip_guard(w, &f->regs);

	if (!w->hinted) /* x64: room for a callee's register arguments */
		*hint = (struct ntr_x64_hint){
			.floor = w->regs.sp +
				 (!w->exact && w->env.machine ==
					  NTR_MACHINE_AMD64 ? 0x20 : 0),
		};
	st = ntr_unw_scan(&w->env, &f->regs, hint, w->n - 1, &ret, &trap, e);

	if (st)
		return st;
	f->trust = trap ? NTR_TRUST_TRAP : NTR_TRUST_SCAN;
	f->exact = trap;
	f->note = trap			   ? "trap frame found by scan" :
		  skipped		   ? "behind stack memory that is not "
					     "in the dump" :
		  ret == NTR_RET_UNCHECKED ? NTR_NOTE_UNCHECKED :
					     NULL;
	return st;
}

struct method {
	const char *name;
	enum ntr_st (*step)(struct walk *w, struct found *f,
			    struct ntr_err *e);
};
static const struct method x64_methods[] = {
	{ "pdata", by_record },	      { "symbols", by_symbols },
	{ "bad jump", by_bad_jump },  { "entry", by_entry },
	{ "trap", by_trap },	      { "frame pointer", by_frame },
	{ "code", by_code },	      { "scan", by_scan },
	{ NULL, NULL },
};
static const struct method a64_methods[] = {
	{ "pdata", by_record },	     { "symbols", by_symbols },
	{ "bad jump", by_bad_jump }, { "frame pointer", by_frame },
	{ "scan", by_scan },	     { NULL, NULL },
};
static const struct method x86_methods[] = {
	{ "code", by_x86_code },      { "symbols", by_symbols },
	{ "trap", by_trap },	      { "bad jump", by_bad_jump },
	{ "frame pointer", by_frame }, { "scan", by_scan },
	{ NULL, NULL },
};
static const struct method axp_methods[] = {
	{ "prologue", by_code }, { "bad jump", by_bad_jump },
	{ "scan", by_scan },	 { NULL, NULL },
};

static const struct method *methods_of(u32 machine)
{
	switch (machine) {
	case NTR_MACHINE_AMD64:
		return x64_methods;
	case NTR_MACHINE_ARM64:
		return a64_methods;
	case NTR_MACHINE_X86:
		return x86_methods;
	case NTR_MACHINE_ALPHA:
	case NTR_MACHINE_ALPHA64:
		return axp_methods;
	default:
		return NULL;
	}
}

/* --- the walk ---------------------------------------------------------------- */

static bool was_here(const struct walk *w, u64 ip, u64 sp)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->frames[i].ip == ip && w->frames[i].sp == sp)
			return true;
	return false;
}

static bool is_user(const struct walk *w, u64 va)
{
	return w->env.machine == NTR_MACHINE_X86 ||
			       w->env.machine == NTR_MACHINE_ALPHA ?
		       va < 0x80000000u : !(va >> 63);
}

/* sp has to grow.  Against that rule a machine or trap frame may lead to
 * another stack, and a record may (a function that switched stacks). */
static bool sp_may_go(struct walk *w, const struct found *f)
{
	u64 old = w->regs.sp, to = f->regs.sp;
	bool risc = w->env.machine != NTR_MACHINE_AMD64 &&
		    w->env.machine != NTR_MACHINE_X86;
	unsigned kind;

	if (!is_user(w, old) && is_user(w, to))
		kind = SWITCH_USER;
	else if (to > old || (risc && to == old && f->regs.ip != w->regs.ip))
		return true;
	else if (f->trust == NTR_TRUST_TRAP)
		kind = SWITCH_TRAP;
	else if (f->trust == NTR_TRUST_CFI)
		kind = SWITCH_RECORD;
	else
		return false;
	if (w->switched[kind])
		return false;
	w->switched[kind] = true;
	return true;
}

/* Limits that hold for sp: none on an unknown stack. */
static void new_limits(struct walk *w)
{
	if (w->regs.sp >= w->env.home_lo && w->regs.sp < w->env.home_hi) {
		w->env.stack_lo = w->env.home_lo;
		w->env.stack_hi = w->env.home_hi;
		w->env.home_lo = w->env.home_hi = 0;
		return;
	}
	if (w->regs.sp > w->env.stack_hi ||
	    (w->regs.sp < w->env.stack_lo && w->n > 1))
		w->env.stack_lo = w->env.stack_hi = 0;
}

static void emit(struct walk *w, enum ntr_trust trust, const char *method,
		 const char *note, bool checked)
{
	if (w->env.frame_regs)
		w->env.frame_regs[w->n] = w->regs;
	w->frames[w->n++] = (struct ntr_frame){
		.ip = w->regs.ip,
		.sp = w->regs.sp,
		.fp = w->regs.has_fp ? w->regs.fp : 0,
		.trust = trust,
		.call_checked = checked,
		.method = method,
		.note = note,
	};
}

static bool call_before(const struct walk *w, u64 ip)
{
	struct ntr_ret_site site;

	return ntr_unw_ret(&w->env, ip, &site) == NTR_RET_CALL;
}

/* sp has to move and no frame may come twice, however good the method. */
static bool refused(struct walk *w, const struct found *f, const char *method,
		    struct ntr_err *e)
{
	bool twice = was_here(w, f->regs.ip, f->regs.sp);

	if (!twice && sp_may_go(w, f))
		return false;
	ntr_say(e, "%s: ip 0x%" PRIx64 ", sp 0x%" PRIx64 " after 0x%" PRIx64,
		twice ? "a frame that was there" : "sp did not move up",
		f->regs.ip, f->regs.sp, w->regs.sp);
	trace(w, f->method ? f->method : method, "refused", NTR_LIMIT, e);
	return true;
}

static void step_to(struct walk *w, const struct found *f, const char *method)
{
	bool known = w->asked && (w->rec.kind == NTR_UW_FPO ||
				  w->rec.kind == NTR_UW_FRAMEDATA);

	w->callee_params = known && !f->exact ? w->rec.params : 0;
	w->regs = f->regs;
	w->exact = f->exact;
	new_limits(w);
	emit(w, f->trust, method, f->note,
	     !f->exact && call_before(w, f->regs.ip));
}

/* Find the next frame. OK, END, FAULT (memory missing), UNSUP (lost), LIMIT
 * (sp did not move). */
static enum ntr_st advance(struct walk *w, const struct method *m)
{
	enum ntr_st result = NTR_UNSUP;
	struct ntr_err text, *e = w->env.trace ? &text : NULL;

	w->hinted = w->asked = false;
	if (w->env.machine == NTR_MACHINE_X86 && w->env.record)
		(void)record(w); /* for the arguments, whatever is used */
	for (; m->name; m++) {
		struct found f = { .regs = w->regs };
		enum ntr_st st;

		text.msg[0] = 0;
		st = m->step(w, &f, e);
		trace(w, f.method ? f.method : m->name,
		      !st		? "taken" :
		      st == NTR_END ? "the end" :
					  "passed over",
		      st, e);
		if (st == NTR_END)
			return NTR_END;
		if (st == NTR_ABSENT || st == NTR_FAULT)
			result = NTR_FAULT;
		if (st)
			continue;
		if (!f.regs.ip)
			return NTR_END;
		if (refused(w, &f, m->name, e)) {
			if (result == NTR_UNSUP)
				result = NTR_LIMIT;
			continue;
		}
		step_to(w, &f, f.method ? f.method : m->name);
		return NTR_OK;
	}
	return result;
}

enum ntr_unw_stop ntr_unwind(const struct ntr_unw_env *env,
			     const struct ntr_regs *regs,
			     struct ntr_frame *frames, size_t max, size_t *n)
{
	const struct method *methods = methods_of(env->machine);
	struct walk w;
	unsigned effort = NTR_UNW_EFFORT;
	enum ntr_st st = NTR_OK;

	*n = 0;
	w.env = *env; /* not all of w: the record alone is a kilobyte */
	w.regs = *regs;
	w.frames = frames;
	w.n = 0;
	w.max = max;
	w.exact = true;
	w.callee_params = 0;
	memset(w.switched, 0, sizeof(w.switched));
	w.env.effort = &effort;
	if (!regs->has_ip || !regs->has_sp || !max)
		return max ? NTR_UNW_LOST : NTR_UNW_LIMIT;
	emit(&w, NTR_TRUST_CONTEXT, "context", NULL, false);
	if (!methods)
		st = NTR_UNSUP; /* where it was is known, not who called */
	while (!st && w.n < max)
		st = advance(&w, methods);
	*n = w.n;
	switch (st) {
	case NTR_OK:
		return NTR_UNW_LIMIT;
	case NTR_END:
		return NTR_UNW_END;
	case NTR_FAULT:
		return NTR_UNW_MEMORY;
	case NTR_LIMIT:
		return NTR_UNW_CYCLE;
	default:
		return NTR_UNW_LOST;
	}
}
