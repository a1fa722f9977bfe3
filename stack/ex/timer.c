// SPDX-License-Identifier: Apache-2.0
/* Timers: they are due on the scheduler's clock, signal whoever waits for them
 * and queue their DPC on the CPU that set them. */
#include "../sched/inside.h"
#include "../trace/trace.h"

void ke_timer_init(struct ke_timer *t, const char *name)
{
	*t = (struct ke_timer){ .h = { .type = KE_TIMER, .name = name },
				.cpu = -1, .x = ke_machine() };
}

static u64 later(u64 now, u64 by)
{
	return by > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + by;
}

void ke_timer_set(struct ke_timer *t, u64 in_ns, u64 period_ns,
		  struct ke_dpc *dpc)
{
	struct ke_cpu *c = ke_current;

	if (!t->x)
		t->x = ke_machine();
	if (!t->x)   /* whose clock? */
		ke_bugcheck(0xa, TRACE_V(t), 0, 0, 0);
	if (t->x->stop)
		return;
	dispatch_lock();
	clock_cancel(t->x->s, t);
	t->h.signal = 0;
	t->due = later(clock_now(t->x->s), in_ns);
	t->period = period_ns;
	t->dpc = dpc;
	RACE_PUT(&t->h);
	if (dpc)
		RACE_PUT(dpc);
	t->cpu = c && c->x == t->x ? (s32)c->number : -1;
	if (!clock_set(t->x->s, t))
		ke_bugcheck(0x4e, TRACE_V(t), 0, 0, 0); /* no host memory */
	dispatch_unlock();
}

bool ke_timer_cancel(struct ke_timer *t)
{
	bool was;

	dispatch_lock();
	was = t->heap;
	if (was)
		clock_cancel(t->x->s, t);
	dispatch_unlock();
	return was;
}

static struct ke_thread *thread_of(struct ke_timer *t)
{
	return (struct ke_thread *)(void *)((u8 *)t -
					    offsetof(struct ke_thread, timer));
}

/* A thread's own timer ends its wait; nobody else can wait for it. */
static bool is_of_thread(const struct ke_timer *t)
{
	return t->of_wait;
}

void timer_fire(struct ke_timer *t)
{
	struct ex *x = t->x;
	struct ke_cpu *c = x->cpu[t->cpu >= 0 ? t->cpu : 0];

	if (x->stop)
		return;
	trace_on(c, TRACE_ke_timer, TRACE_V(t), t->due, 0, 0);
	if (is_of_thread(t)) {
		wait_timed_out(thread_of(t));
		return;
	}
	if (t->period) {
		u64 late = clock_now(x->s) - t->due;

		t->due = later(t->due, (late / t->period + 1) * t->period);
		clock_set(x->s, t); /* the room it had */
	}
	t->h.signal = 1;
	if (t->dpc)
		dpc_put(dpc_target(x, t->dpc, t->cpu), t->dpc, NULL, NULL);
	wait_signal(&t->h);
}
