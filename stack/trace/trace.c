// SPDX-License-Identifier: Apache-2.0
#include "trace.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct trace_info events[] = {
#define EVENT(g, n, a0, a1, a2, a3, w) \
	{ #g, #n, { #a0, #a1, #a2, #a3 }, w },
#include "event_list.h"
#undef EVENT
};

const struct trace_info *trace_info(unsigned event)
{
	return event < TRACE_EVENTS ? &events[event] : NULL;
}

void trace_write(struct ke_cpu *c, enum trace_event e, u64 a0, u64 a1, u64 a2,
		 u64 a3)
{
	struct ex *x = c->x;
	bool here = ke_current == c;
	const struct ke_thread *t = here ? ke_thread() : NULL;
	struct trace_record r = {
		.when = ex_now(x),
		.event = (u16)e,
		.cpu = here ? (u8)c->number : TRACE_NO_CPU,
		.irql = here ? (u8)c->irql : 0,
		.thread = t ? t->id : 0,
		.a = { a0, a1, a2, a3 },
	};

	if (c->ring)
		c->ring->record[c->ring->next++ & (TRACE_RING - 1)] = r;
	if (!x->sink)
		return;
	ke_latch(&x->sinking);
	if (x->sink)
		x->sink(x->sink_ctx, x, &r);
	ke_unlatch(&x->sinking);
}

u64 trace_count(const struct ex *x, enum trace_event e)
{
	u64 n = 0;

	for (u32 i = 0; i < x->ncpus; i++)
		n += x->cpu[i]->counts[e];
	return n;
}

void trace_sink(struct ex *x,
		void (*fn)(void *ctx, struct ex *x,
			   const struct trace_record *r),
		void *ctx)
{
	ke_latch(&x->sinking);
	x->sink = fn;
	x->sink_ctx = ctx;
	ke_unlatch(&x->sinking);
	for (u32 i = 0; i < x->ncpus; i++)
		x->cpu[i]->tracing = (u8)((x->cpu[i]->ring ? TRACING_RING : 0) |
					  (fn ? TRACING_SINK : 0));
}

bool trace_recent(const struct ex *x, unsigned cpu, u64 back,
		  struct trace_record *out)
{
	const struct trace_ring *g = cpu < x->ncpus ? x->cpu[cpu]->ring : NULL;

	if (!g || back >= g->next || back >= TRACE_RING)
		return false;
	*out = g->record[(g->next - 1 - back) & (TRACE_RING - 1)];
	return true;
}

size_t trace_text(const struct trace_record *r, char *buf, size_t size)
{
	const struct trace_info *i = trace_info(r->event);
	int n;
	size_t at;

	if (!size)
		return 0;
	n = snprintf(buf, size, "%" PRIu64 ".%09" PRIu64 " cpu %d irql %u %s/%s",
		     r->when / 1000000000, r->when % 1000000000,
		     r->cpu == TRACE_NO_CPU ? -1 : r->cpu, r->irql,
		     i ? i->group : "?", i ? i->name : "?");
	at = (size_t)n;
	for (unsigned k = 0; i && k < 4 && at < size; k++)
		if (strcmp(i->arg[k], "_"))
			at += (size_t)snprintf(buf + at, size - at,
					       " %s=0x%" PRIx64, i->arg[k],
					       r->a[k]);
	return at < size ? at : size - 1;
}

bool trace_lttng(struct ex *x, const char *file, char *why, size_t size)
{
	void (*emit)(void *, struct ex *, const struct trace_record *);
	void *so = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	void *fn = so ? dlsym(so, "trace_lttng_emit") : NULL;

	if (!fn) {
		snprintf(why, size, "%s", dlerror());
		if (so)
			dlclose(so);
		return false;
	}
	memcpy(&emit, &fn, sizeof(emit));
	trace_sink(x, emit, x);
	return true;
}
