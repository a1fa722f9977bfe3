// SPDX-License-Identifier: Apache-2.0
/*
 * Whom to blame.  The class of every frame comes from signatures/blame; the
 * choice is the frame of the best rank, and every frame passed over keeps its
 * reason.  Frames inside the fault (the kernel's handling of it) are never
 * blamed.  A frame that was only found by scanning the stack can be left over
 * from an earlier call, so it ranks lower and its confidence is low.
 *
 * Some bug checks name the culprit in a parameter, or have none: the data
 * says so ("blame" lines).
 */
#include "../base/text.h"
#include "object_driver.h"
#include "triage.h"

#include <string.h>

struct class_row {
	enum ntr_blame_class cls;
	const char *module;   /* lower-case patterns */
	const char *function; /* NULL: any */
	const char *reason;
};

#include "blame.inc"

const char *ntr_blame_class_name(enum ntr_blame_class c)
{
	static const char *const name[] = { "skip", "plumbing", "os",
					    "definite", "none" };

	return (unsigned)c < NTR_COUNT(name) ? name[c] : "none";
}

/* "*" matches any text; p is lower case. Linear: one place to go back to. */
static bool glob(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			from = s;
		} else if (*p == ntr_ascii_lower(*s)) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

enum ntr_blame_class ntr_blame_class_of(const char *module,
					const char *function,
					const char **reason)
{
	for (size_t i = 0; module && i < NTR_COUNT(class_rows); i++) {
		const struct class_row *r = &class_rows[i];

		if (r->function && !function)
			continue;
		if (!glob(r->module, module) ||
		    (r->function && !glob(r->function, function)))
			continue;
		*reason = r->reason;
		return r->cls;
	}
	return module ? NTR_BLAME_DEFINITE : NTR_BLAME_NONE;
}

/* --- one frame ----------------------------------------------------------- */

struct candidate {
	size_t i;
	enum ntr_blame_class cls;
	const char *reason;      /* of the class */
	bool kernel, at_fault, guessed;
	bool nameless;           /* which module is not known, nor its class */
	unsigned rank;           /* 0: cannot be blamed */
	unsigned seen;           /* guessed frames in the same module */
};

static bool is_kernel(const struct ntr_verdict *v, const struct ntr_module *m)
{
	return m && (m->base == v->t->kernel_base ||
		     !ntr_strcasecmp(m->name, "nt") ||
		     !ntr_strcasecmp(m->name, "hal"));
}

/* How good a culprit: driver, then part of the system, then framework, then
 * the kernel; within each, the fault itself, then sure frames, then guesses. */
static unsigned rank_of(const struct candidate *c)
{
	static const u8 rank[][3] = {
		/* fault, sure, guessed */
		[NTR_BLAME_SKIP]     = { 0, 0, 0 },
		[NTR_BLAME_PLUMBING] = { 40, 35, 20 },
		[NTR_BLAME_OS]       = { 70, 60, 30 },
		[NTR_BLAME_DEFINITE] = { 100, 90, 50 },
		[NTR_BLAME_NONE]     = { 0, 0, 0 },
	};

	if (c->kernel && c->cls != NTR_BLAME_SKIP)
		return c->at_fault ? 15 : 10;
	if (c->nameless)
		return rank[NTR_BLAME_OS][c->at_fault ? 0 : c->guessed ? 2 : 1];
	return rank[c->cls][c->at_fault ? 0 : c->guessed ? 2 : 1];
}

/* KeBugCheckEx saves the registers it was called with: they still hold its
 * arguments, and its own frame is nobody's fault. */
static bool is_bugcheck_itself(const struct ntr_verdict *v,
			       const struct ntr_vframe *f)
{
	const u64 *r = v->regs.r;

	return v->t->machine == NTR_MACHINE_AMD64 && v->has_bugcheck &&
	       v->has_regs && f == v->stack.v && f->f.ip == v->regs.ip &&
	       is_kernel(v, f->module) &&
	       ((u32)r[NTR_X64_RCX] == v->code_raw ||
		(u32)r[NTR_X64_RCX] == v->code) &&
	       r[NTR_X64_RDX] == v->arg[0] && r[NTR_X64_R8] == v->arg[1] &&
	       r[NTR_X64_R9] == v->arg[2];
}

static void weigh(const struct ntr_verdict *v, const struct ntr_vframe *f,
		  struct candidate *c)
{
	const char *why = NULL;

	if (f->unloaded) {
		c->cls = NTR_BLAME_DEFINITE;
		c->reason = "a driver that is no longer loaded";
	} else {
		c->cls = ntr_blame_class_of(f->module ? f->module->name : NULL,
					    f->function, &why);
		c->reason = why ? why :
			    f->module ? "weighs less than the frame named" :
					"address in no known module";
	}
	c->kernel = is_kernel(v, f->module);
	c->nameless = f->module && f->module->nameless && !c->kernel;
	if (c->nameless)
		c->cls = NTR_BLAME_NONE;
	if (is_bugcheck_itself(v, f)) {
		c->cls = NTR_BLAME_SKIP;
		c->reason = "the bug check itself: its arguments are in the "
			    "registers";
	}
	c->rank = rank_of(c);
}

static void skip(struct ntr_triage_job *j, size_t frame, const char *reason)
{
	struct ntr_skipped *s = ntr_vec_add(&j->v->blame.skipped);

	if (!s)
		j->lost = true;
	else
		*s = (struct ntr_skipped){ frame, reason };
}

static void name_frame(struct ntr_verdict *v, const struct ntr_vframe *f)
{
	struct ntr_blame *b = &v->blame;

	if (f->unloaded) {
		b->image = f->unloaded->image;
		b->module = ntr_arena_printf(&v->arena, "Unloaded_%s",
					     b->image);
	} else if (f->module) {
		b->module = f->module->name;
		b->image = f->module->image;
	}
	b->function = f->export ? NULL : f->function;
	b->offset = b->function ? f->displacement : f->offset;
}

#define SEEN_OFTEN 3u /* stale addresses seldom come so often */

/* The stack ran out here, and no recursion tells what filled it. */
static bool ran_out(const struct ntr_verdict *v, const struct candidate *c)
{
	return c->at_fault && v->overflow.proven;
}

static const char *confidence(const struct ntr_triage_job *j,
			      const struct candidate *c)
{
	if (c->kernel || (j->b && (j->b->low || j->b->mode == NTR_BM_OBJECTS)))
		return "low"; /* the objects would tell, not the stack */
	if (c->nameless)
		return "low"; /* it may be the system's own */
	if (c->guessed)
		return c->cls == NTR_BLAME_DEFINITE && c->seen >= SEEN_OFTEN ?
			       "medium" : "low";
	if (c->rank < 40)
		return "low";
	if (ran_out(j->v, c)) /* whoever is there last need not be to blame */
		return "medium";
	if (c->cls == NTR_BLAME_DEFINITE)
		return c->at_fault ? "high" : "medium";
	return c->at_fault ? "medium" : "low";
}

/* Is the register set a fault, or only KeBugCheckEx's own? */
static bool start_is_fault(const struct ntr_triage_job *j)
{
	const struct ntr_verdict *v = j->v;

	if (v->fault_source != v->context_source)
		return true;
	if (!v->has_bugcheck)
		return v->exc.has_code;
	return j->b && j->b->ip && ntr_arg(v, j->b->ip) == v->regs.ip;
}

static const char *frame_reason(struct ntr_verdict *v,
				const struct candidate *c, bool fault)
{
	if (c->nameless)
		return ntr_arena_printf(&v->arena, "%s, but its name is not in "
					"the dump: it may be a part of the "
					"system", c->at_fault ?
					"its code is where the fault happened" :
					"it is the first module besides the "
					"kernel on the stack");
	if (c->kernel)
		return "no driver was found on the stack; the kernel is named "
		       "because nothing better is known";
	if (ran_out(v, c))
		return "the stack ran out in its code; no recursion was found "
		       "that filled it";
	if (c->at_fault)
		return "its code is where the fault happened";
	if (c->guessed && c->seen >= SEEN_OFTEN)
		return ntr_arena_printf(&v->arena,
			"the first driver found on the stack, by scanning it; "
			"%u of the addresses found lie in it", c->seen);
	if (c->guessed)
		return "the first driver found on the stack, but only by "
		       "scanning it: the address may be left over";
	return ntr_arena_printf(&v->arena, "the first %s on the stack%s",
				v->t->d->kind == NTR_KIND_USER ? "module" :
								 "driver",
				fault ? " outside the fault" : "");
}

/* --- by the stack ----------------------------------------------------------- */

static size_t fault_start(const struct ntr_verdict *v)
{
	return v->fault_frame > 0 ? (size_t)v->fault_frame : 0;
}

/* The caller of the function whose entry the registers show: its return
 * address is the word at sp, no guess even without unwind data. */
static bool caller_of_entry(const struct ntr_verdict *v, size_t i)
{
	const struct ntr_vframe *f = &v->stack.v[i];

	return i == 1 && v->t->machine == NTR_MACHINE_AMD64 &&
	       v->code_raw && v->fault_frame <= 0 &&
	       is_kernel(v, v->stack.v[0].module) &&
	       f->f.sp == v->stack.v[0].f.sp + 8;
}

static unsigned count_module(const struct ntr_verdict *v, size_t from)
{
	const struct ntr_module *m = v->stack.v[from].module;
	unsigned n = 0;

	for (size_t i = from; m && i < v->stack.n; i++)
		n += v->stack.v[i].module == m;
	return n;
}

static struct candidate best_frame(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct candidate best = { 0 };
	size_t start = fault_start(v);
	bool guessed = false, fault = start_is_fault(j);

	for (size_t i = start; i < v->stack.n; i++) {
		const struct ntr_vframe *f = &v->stack.v[i];
		struct candidate c = { .i = i };

		guessed |= f->f.trust == NTR_TRUST_SCAN &&
			   !caller_of_entry(v, i);
		c.at_fault = i == start && fault;
		c.guessed = guessed && !c.at_fault;
		weigh(v, f, &c);
		if (c.rank > best.rank)
			best = c;
	}
	if (best.rank && best.guessed)
		best.seen = count_module(v, best.i);
	return best;
}

static void skip_before(struct ntr_triage_job *j, size_t end)
{
	struct ntr_verdict *v = j->v;

	for (size_t i = 0; i < end && i < v->stack.n; i++) {
		struct candidate c = { .i = i };

		weigh(v, &v->stack.v[i], &c);
		if ((int)i < v->fault_frame)
			c.reason = "inside the kernel's handling of the fault";
		skip(j, i, c.reason);
	}
}

static void blame_frame(struct ntr_triage_job *j, const struct candidate *c)
{
	struct ntr_blame *b = &j->v->blame;

	name_frame(j->v, &j->v->stack.v[c->i]);
	b->frame = (int)c->i;
	b->cls = c->cls;
	b->confidence = confidence(j, c);
	b->reason = frame_reason(j->v, c, start_is_fault(j));
	skip_before(j, c->i);
}

/* The fault's code is in no module at all and nobody else is suspect. */
static bool lost_code(const struct ntr_triage_job *j)
{
	const struct ntr_verdict *v = j->v;
	u64 ip = j->b && j->b->ip ? ntr_arg(v, j->b->ip) : 0;

	/* Without the whole list, "in no module" is not known. */
	if (!v->t->modules.n || !v->t->modules_complete)
		return false;
	if (!ip && v->has_fault && start_is_fault(j))
		ip = v->fault.ip;
	return ip && !ntr_target_module(v->t, ip) &&
	       !ntr_target_unloaded(v->t, ip);
}

/* The instruction that a parameter names, when no frame shows it. */
static struct candidate named_code(struct ntr_triage_job *j,
				   struct ntr_vframe *who)
{
	struct ntr_verdict *v = j->v;
	struct ntr_frame f = { .ip = j->b ? ntr_arg(v, j->b->ip) : 0 };
	struct candidate c = { .at_fault = true };

	if (!f.ip || start_is_fault(j))
		return c;
	ntr_triage_frame(v, &f, who);
	weigh(v, who, &c);
	return c;
}

static void blame_named_code(struct ntr_triage_job *j,
			     const struct candidate *c,
			     const struct ntr_vframe *who)
{
	struct ntr_blame *b = &j->v->blame;

	name_frame(j->v, who);
	b->frame = -1;
	b->cls = c->cls;
	b->confidence = confidence(j, c);
	b->reason = c->nameless ? "the instruction that the bug check names is "
				  "in it; its name is not in the dump" :
				  "the instruction that the bug check names is "
				  "in it";
	skip_before(j, j->v->stack.n);
}

static bool blame_by_frames(struct ntr_triage_job *j)
{
	struct ntr_vframe who;
	struct candidate c = best_frame(j), named = named_code(j, &who);
	struct ntr_blame *b = &j->v->blame;

	if (named.rank > c.rank) {
		blame_named_code(j, &named, &who);
		return true;
	}
	if (c.rank < 20 && lost_code(j)) {
		b->module = "Unknown_Module";
		b->confidence = "low";
		b->reason = "the faulting instruction is in no module: a wild "
			    "or overwritten function pointer";
		skip_before(j, j->v->stack.n);
		return true;
	}
	if (!c.rank) {
		skip_before(j, j->v->stack.n);
		b->reason = !j->v->stack.n ? "no stack could be read from this dump" :
			!j->v->t->modules.n ?
			"no module list was found in this dump, so no address "
			"can be given to a driver" :
			"no frame of the stack can be blamed";
		return false;
	}
	blame_frame(j, &c);
	return true;
}

/* The recursion itself: its best module, whatever called it first. */
static bool blame_cycle(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_cycle *y = &v->overflow.cycle;
	struct candidate best = { 0 };

	if (!v->overflow.proven || !y->found)
		return false;
	for (size_t i = y->first; i < y->first + y->period; i++) {
		struct candidate c = { .i = i };

		if (i >= v->stack.n)
			break;
		weigh(v, &v->stack.v[i], &c);
		if (c.rank > best.rank)
			best = c;
	}
	if (!best.rank)
		return false;
	name_frame(v, &v->stack.v[best.i]);
	v->blame.frame = (int)best.i;
	v->blame.cls = best.cls;
	v->blame.confidence = best.kernel ? "low" : "high";
	v->blame.reason = "it is part of the recursion that used up the stack";
	skip_before(j, best.i);
	return true;
}

/* --- by parameters ------------------------------------------------------------ */

static bool blame_address(struct ntr_triage_job *j, u64 va, const char *reason)
{
	struct ntr_verdict *v = j->v;
	struct ntr_frame f = { .ip = va };
	struct ntr_vframe s;
	struct candidate c = { 0 };

	if (!va)
		return false;
	ntr_triage_frame(v, &f, &s);
	weigh(v, &s, &c);
	if (!c.rank || c.kernel)
		return false;
	name_frame(v, &s);
	v->blame.frame = -1;
	v->blame.cls = c.cls;
	v->blame.confidence = j->b->low ? "low" :
			      c.cls == NTR_BLAME_DEFINITE ? "high" : "medium";
	v->blame.reason = reason;
	return true;
}

static bool blame_unloaded(struct ntr_triage_job *j, u64 va)
{
	return va && !ntr_target_module(j->v->t, va) &&
	       ntr_target_unloaded(j->v->t, va) &&
	       blame_address(j, va, "the address lies where this driver had "
				    "been before it was unloaded");
}

/* A quoted string parameter ("\"dxgkrnl.sys\"") that names a module. */
static bool blame_name(struct ntr_triage_job *j, unsigned n)
{
	struct ntr_verdict *v = j->v;
	const char *s = v->param[n - 1].value;
	const char *end = s ? strrchr(s, '"') : NULL;
	struct ntr_module *m;
	char *name;

	if (!s || *s != '"' || end <= s)
		return false;
	for (const char *p = s + 1; p < end; p++)
		if (*p == '\\' || *p == '/')
			s = p;
	name = ntr_arena_strndup(&v->arena, s + 1, (size_t)(end - s - 1));
	m = name ? ntr_target_module_named(v->t, name) : NULL;
	return m && blame_address(j, m->base, "the bug check names this "
					      "driver");
}

static bool blame_objects(struct ntr_triage_job *j)
{
	static const u8 order[] = { NTR_PK_IRP, NTR_PK_DRIVER, NTR_PK_DEVICE };
	struct ntr_verdict *v = j->v;

	for (unsigned k = 0; k < NTR_COUNT(order); k++)
		for (unsigned n = 1; n <= 4; n++) {
			const struct ntr_bc_param *p =
				ntr_bugcheck_param(j->b, j->c, n);
			u64 start;

			if (p->kind != order[k] || !ntr_arg(v, n))
				continue;
			start = ntr_object_driver(v->t, p->kind, ntr_arg(v, n));
			if (start && blame_address(j, start,
				ntr_arena_printf(&v->arena, "it owns the %s of "
						 "parameter %u", p->meaning,
						 n)))
				return true;
		}
	v->note = "The objects that the parameters name are not in this dump, "
		  "so their drivers are not known.";
	return false;
}

/* The processor that hangs has its own stack. */
static bool blame_hung(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_frame f[64];
	struct candidate best = { 0 };
	struct ntr_vframe who = { 0 };
	bool guessed = false;
	size_t n = 0;

	if (!v->has_fault || v->fault_source == v->context_source)
		return false;
	ntr_triage_unwind(v, &v->fault, f, NTR_COUNT(f), &n);
	for (size_t i = 0; i < n; i++) {
		struct ntr_vframe s;
		struct candidate c = { .i = i, .at_fault = i == 0 };

		guessed |= f[i].trust == NTR_TRUST_SCAN;
		c.guessed = guessed;
		ntr_triage_frame(v, &f[i], &s);
		weigh(v, &s, &c);
		if (c.rank > best.rank) {
			best = c;
			who = s;
		}
	}
	if (!best.rank)
		return false;
	name_frame(v, &who);
	v->blame.frame = -1;
	v->blame.cls = best.cls;
	v->blame.confidence = best.kernel || best.guessed ? "low" : "medium";
	v->blame.reason = "the processor that hangs was running it";
	return true;
}

static bool blame_by_mode(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	u64 arg = ntr_arg(v, j->b->blame);

	switch (j->b->mode) {
	case NTR_BM_PARAM:
		return blame_address(j, arg, "a parameter of the bug check "
					     "points into it");
	case NTR_BM_UNLOADED:
		return blame_unloaded(j, arg);
	case NTR_BM_NAME:
		return blame_name(j, j->b->blame);
	case NTR_BM_OBJECTS:
		return blame_objects(j);
	case NTR_BM_HUNG:
		return blame_hung(j);
	default:
		return false;
	}
}

/* Bug checks that no driver's code explains. */
static bool no_driver(struct ntr_triage_job *j)
{
	struct ntr_blame *b = &j->v->blame;

	if (j->v->tool_mark) {
		b->reason = "the machine did not crash";
		return true;
	}
	if (!j->b)
		return false;
	switch (j->b->mode) {
	case NTR_BM_HARDWARE:
		b->module = "hardware";
		b->confidence = "medium";
		b->reason = j->b->why;
		return true;
	case NTR_BM_MANUAL:
	case NTR_BM_LIVE:
	case NTR_BM_NONE:
		b->reason = j->b->why;
		return true;
	default:
		return false;
	}
}

void ntr_triage_blame(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	v->blame.frame = -1;
	v->blame.cls = NTR_BLAME_NONE;
	if (j->b && !v->note)
		v->note = j->b->why;
	if (no_driver(j))
		return;
	if (!v->has_bugcheck && !v->exc.has_code) {
		v->blame.reason = "there is neither a bug check nor an "
				  "exception";
		return;
	}
	if (blame_cycle(j))
		return;
	if (j->b && (blame_by_mode(j) ||
		     blame_unloaded(j, ntr_arg(v, j->b->ip))))
		return;
	blame_by_frames(j);
}
