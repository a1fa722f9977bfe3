// SPDX-License-Identifier: Apache-2.0
/* The end of a machine: what stopped it is recorded, no CPU of it goes on, the
 * process does. */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void machine_stop(struct ex *x, enum ex_stop why)
{
	struct sched *s = x->s;

	dispatch_lock();
	if (!x->stop) {
		KE_SET(&x->stop, why);
		if (!s->stopped || (s->stop_seen && !s->telling)) {
			KE_SET(&s->stop_seen, false);
			KE_SET(&s->stopped, x);
		}
		sched_halt(x);
		sched_to_host(ke_current ? ke_current : x->cpu[0]);
	}
	dispatch_unlock();
}

enum ex_stop ex_stopped(const struct ex *x)
{
	return x->stop;
}

const struct ke_stop *ex_bugcheck(const struct ex *x)
{
	return x->stop == EX_BUGCHECK ? &x->bugcheck : NULL;
}

/* Formatted when asked for: a stack that overflowed has no room for it. */
const char *ex_stop_text(const struct ex *x)
{
	struct ex *w = (struct ex *)(uintptr_t)x;
	const struct ke_stop *b = &x->bugcheck;

	if (x->stop == EX_BUGCHECK && !x->stop_text[0])
		snprintf(w->stop_text, sizeof(w->stop_text),
			 "bug check 0x%x (0x%" PRIx64 ", 0x%" PRIx64
			 ", 0x%" PRIx64 ", 0x%" PRIx64 ") on CPU %d in %s%s",
			 b->code, b->arg[0], b->arg[1], b->arg[2], b->arg[3],
			 b->cpu ? (int)b->cpu->number : -1,
			 b->thread ? "thread " : b->cpu ? "a DPC" : "the host",
			 b->thread ? b->thread->h.name : "");
	return x->stop_text;
}

void bugcheck_record(struct ex *x, struct ke_cpu *c, u32 code,
		     const u64 arg[4], const ucontext_t *fault)
{
	dispatch_lock();
	if (x->stop) {
		dispatch_unlock();
		return;
	}
	x->bugcheck = (struct ke_stop){ .code = code, .cpu = c };
	memcpy(x->bugcheck.arg, arg, sizeof(x->bugcheck.arg));
	if (c && !c->in_dpc)
		x->bugcheck.thread = c->thread;
	if (fault) {
		x->fault = *fault;
#if defined(__x86_64__)
		if (fault->uc_mcontext.fpregs) {
			x->fault.__fpregs_mem = *fault->uc_mcontext.fpregs;
			x->fault.uc_mcontext.fpregs = &x->fault.__fpregs_mem;
		}
#endif
		x->bugcheck.context = &x->fault;
	}
	trace_on(c ? c : x->cpu[0], TRACE_ke_bugcheck, code, arg[0], arg[1],
		 arg[2]);
	machine_stop(x, EX_BUGCHECK);
	dispatch_unlock();
}

void ke_bugcheck(u32 code, u64 p1, u64 p2, u64 p3, u64 p4)
{
	struct ke_cpu *c = ke_current;
	u64 arg[4] = { p1, p2, p3, p4 };

	if (!c) {
		fprintf(stderr, "bug check 0x%x outside of a machine\n", code);
		abort();
	}
	bugcheck_record(c->x, c, code, arg, NULL);
	/* The machine's CPUs are not ready: this never comes back. */
	for (;;)
		sched_next(c, SCHED_USER, NULL);
}

void bugcheck_of(struct ex *x, u32 code, u64 p1, u64 p2, u64 p3, u64 p4)
{
	u64 arg[4] = { p1, p2, p3, p4 };

	if (ke_current)
		ke_bugcheck(code, p1, p2, p3, p4);
	bugcheck_record(x, NULL, code, arg, NULL);
}
