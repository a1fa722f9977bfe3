// SPDX-License-Identifier: Apache-2.0
/*
 * Telling the tracer of an event: TRACE(tcp_state, tcb, from, to, 0).
 *
 * A counter of the CPU goes up; the rest is behind one branch, which is not
 * taken unless somebody records.  Outside of a machine nothing happens.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "../ex/machine.h"

void trace_write(struct ke_cpu *c, enum trace_event e, u64 a0, u64 a1, u64 a2,
		 u64 a3);

static inline void trace_on(struct ke_cpu *c, enum trace_event e, u64 a0,
			    u64 a1, u64 a2, u64 a3)
{
#ifdef TRACE_OUT                     /* for a bench: no event at all */
	(void)c, (void)e, (void)a0, (void)a1, (void)a2, (void)a3;
	return;
#endif
	c->counts[e]++;
	if (__builtin_expect(c->tracing, 0))
		trace_write(c, e, a0, a1, a2, a3);
}

static inline void trace_here(enum trace_event e, u64 a0, u64 a1, u64 a2,
			      u64 a3)
{
	struct ke_cpu *c = ke_current;

	if (c)
		trace_on(c, e, a0, a1, a2, a3);
}
#define TRACE_V(v) ((u64)(uintptr_t)(v))
#define TRACE(e, a0, a1, a2, a3)                                           \
	trace_here(TRACE_##e, TRACE_V(a0), TRACE_V(a1), TRACE_V(a2),       \
		   TRACE_V(a3))

/* Of all CPUs. */
u64 trace_count(const struct ex *x, enum trace_event e);
/* Every record goes to fn (NULL: none any more), on the caller's stack, which
 * is small, one at a time, under a latch: copy it and return. */
void trace_sink(struct ex *x,
		void (*fn)(void *ctx, struct ex *x,
			   const struct trace_record *r),
		void *ctx);
/* The records in the rings, oldest first: of the i-th from the end of CPU c.
 * false: there is none. */
bool trace_recent(const struct ex *x, unsigned cpu, u64 back,
		  struct trace_record *out);
/* "12.000345 cpu 0 irql 2 ke/lock_got lock=0x… site=0x… spins=0" */
size_t trace_text(const struct trace_record *r, char *buf, size_t size);
/* Every event to LTTng-UST through the shared object of that name (a provider
 * of `ntstack:*`); false, with text in why: not there. */
bool trace_lttng(struct ex *x, const char *file, char *why, size_t size);

#endif
