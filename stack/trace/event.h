// SPDX-License-Identifier: Apache-2.0
/*
 * The numbers of the events in event_list.h, and what a record of one is.
 *
 * Records are part of the process's memory (one ring a CPU) and so of every
 * dump; they have no pointers into the tracer, only values.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include "../ex/ex.h"

enum trace_event {
#define EVENT(group, name, a0, a1, a2, a3, what) TRACE_##group##_##name,
#include "event_list.h"
#undef EVENT
	TRACE_EVENTS
};

#define TRACE_NO_CPU 0xff            /* the clock, or the host */

struct trace_record {
	u64 when;                    /* ns of the machine's clock */
	u16 event;
	u8 cpu, irql;
	u32 thread;                  /* its number; 0: none */
	u64 a[4];
};

#define TRACE_RING 4096              /* records, a power of two */
struct trace_ring {
	u64 next;                    /* all that were ever written */
	struct trace_record record[TRACE_RING];
};

struct trace_info {
	const char *group, *name, *arg[4], *what; /* arg "_": not used */
};
const struct trace_info *trace_info(unsigned event); /* NULL: no such */

#endif
