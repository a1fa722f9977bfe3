// SPDX-License-Identifier: Apache-2.0
/* The shared object that trace_lttng() opens: records become events of
 * LTTng-UST.  It is the only part that knows LTTng, and nobody has to have it. */
#include "../event.h"

#define TRACEPOINT_CREATE_PROBES
#define TRACEPOINT_DEFINE
#include "tracepoint_list.h"

struct emit {
	struct ex *x;
	const struct trace_record *r;
};

static void emit_one(void *ctx)
{
	const struct emit *e = ctx;
	const struct trace_record *r = e->r;
	const char *m = ex_name(e->x);

	switch (r->event) {
#undef EVENT
#define EVENT(group, name, a0, a1, a2, a3, what)          \
	case TRACE_##group##_##name:                      \
		tracepoint(ntstack, group##_##name, m, r); \
		break;
#include "../event_list.h"
#undef EVENT
	default:
		break;
	}
}

/* LTTng's code wants more stack than a thread of the machine may have left. */
void trace_lttng_emit(void *ctx, struct ex *x, const struct trace_record *r);
void trace_lttng_emit(void *ctx, struct ex *x, const struct trace_record *r)
{
	struct emit e = { x, r };

	(void)ctx;
	ex_on_host(emit_one, &e);
}
