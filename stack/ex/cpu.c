// SPDX-License-Identifier: Apache-2.0
/* Processors: IRQL, and the DPCs that run when it is low enough. */
#include "../sched/inside.h"
#include "../trace/trace.h"

_Thread_local struct ke_cpu *ke_current;
_Static_assert(!offsetof(struct ke_cpu, number), "ke_cpu_number()");

struct ex *ke_machine(void)
{
	return ke_current ? ke_current->x : NULL;
}

enum ke_irql ke_irql(void)
{
	return ke_current ? ke_current->irql : KE_PASSIVE;
}

bool ke_in_dpc(void)
{
	return ke_current && ke_current->in_dpc;
}

enum ke_irql ke_raise(enum ke_irql to)
{
	struct ke_cpu *c = ke_current;
	enum ke_irql was;

	if (!c)
		return KE_PASSIVE;
	was = c->irql;
	if (to < was)   /* IRQL_NOT_GREATER_OR_EQUAL */
		ke_bugcheck(0x9, 0, was, to,
			    TRACE_V(__builtin_return_address(0)));
	c->irql = to;
	if (to >= KE_DISPATCH)
		RACE_GOT(c);
	return was;
}

void ke_lower(enum ke_irql to)
{
	struct ke_cpu *c = ke_current;

	if (!c)
		return;
	/* What a DPC interrupted is below DISPATCH: not its to lower to. */
	if (to > c->irql || (c->in_dpc && to < KE_DISPATCH))
		ke_bugcheck(0xa, 0, c->irql, 0,
			    TRACE_V(__builtin_return_address(0)));
	if (to < KE_DISPATCH)
		RACE_PUT(c);
	c->irql = to;
	if (KE_PEEK(&c->pending) && to < KE_DISPATCH)
		sched_interrupt(c);
}

size_t ke_stack_left(void)
{
	const u8 *here = __builtin_frame_address(0);
	const struct co *co = ke_current ? ke_current->lane->running : NULL;

	return co && here > co->low ? (size_t)(here - co->low) : 0;
}

/* --- DPCs ------------------------------------------------------------------------- */

void ke_dpc_init(struct ke_dpc *d, ke_dpc_fn *routine, void *context)
{
	*d = (struct ke_dpc){ .routine = routine, .context = context,
			      .target = -1 };
}

struct ke_cpu *dpc_target(struct ex *x, const struct ke_dpc *d, s32 setter)
{
	s32 n = d->target >= 0 ? d->target : setter;

	return x->cpu[n >= 0 && (u32)n < x->ncpus ? n : 0];
}

bool dpc_put(struct ke_cpu *c, struct ke_dpc *d, void *arg1, void *arg2)
{
	dispatch_lock();
	if (d->queued || c->x->stop) {
		dispatch_unlock();
		return false;
	}
	RACE_PUT(d);
	d->arg1 = arg1;
	d->arg2 = arg2;
	d->queued = true;
	d->on = c;
	d->next = NULL;
	if (c->dpc_tail)
		c->dpc_tail->next = d;
	else
		c->dpc_head = d;
	c->dpc_tail = d;
	KE_SET(&c->pending, true);
	c->x->idle &= ~(1u << c->number);
	if (!c->spinning)
		sched_ready(c);
	dispatch_unlock();
	return true;
}

bool ke_dpc_queue(struct ke_dpc *d, void *arg1, void *arg2)
{
	struct ke_cpu *me = ke_current, *c = me;

	if (!me)   /* whose CPU? */
		ke_bugcheck(0xa, TRACE_V(d), 0, 0, 0);
	if (d->target >= 0 && (u32)d->target != me->number)
		c = dpc_target(me->x, d, -1);
	if (!dpc_put(c, d, arg1, arg2))
		return false;
	if (c == me && me->irql < KE_DISPATCH)
		sched_interrupt(me);
	return true;
}

bool ex_interrupt(struct ex *x, struct ke_dpc *d, void *arg1, void *arg2)
{
	if (ke_machine() == x)
		return ke_dpc_queue(d, arg1, arg2);
	return dpc_put(dpc_target(x, d, -1), d, arg1, arg2);
}

/* *out is what was queued: from here on it may be queued anew. */
static struct ke_dpc *dpc_pop(struct ke_cpu *c, struct ke_dpc *out)
{
	struct ke_dpc *d;

	dispatch_lock();
	d = c->dpc_head;
	if (d) {
		c->dpc_head = d->next;
		if (!d->next)
			c->dpc_tail = NULL;
		KE_SET(&c->pending, c->dpc_head || c->standby);
		d->next = NULL;
		d->queued = false;
		*out = *d;
		c->dpc_routine = d->routine;
		KE_SET(&c->dpc, d);
	}
	dispatch_unlock();
	return d;
}

static bool dpc_remove(struct ke_dpc *d)
{
	struct ke_cpu *c = d->on;
	struct ke_dpc **at, *last = NULL;

	if (!d->queued || !c)
		return false;
	for (at = &c->dpc_head; *at && *at != d; at = &(*at)->next)
		last = *at;
	*at = d->next;
	if (c->dpc_tail == d)
		c->dpc_tail = last;
	KE_SET(&c->pending, c->dpc_head || c->standby);
	d->queued = false;
	if (!c->s->live && !c->spinning && !cpu_busy(c))
		sched_unready(c);
	return true;
}

bool ke_dpc_remove(struct ke_dpc *d)
{
	bool was;

	dispatch_lock();
	was = dpc_remove(d);
	dispatch_unlock();
	return was;
}

static void has_run(void *context, void *event, void *unused)
{
	(void)context;
	(void)unused;
	ke_event_set(event);
}

/* A CPU's run one after the other: behind this one none is left of before. */
void ke_dpc_flush(struct ex *x)
{
	for (u32 i = 0; i < x->ncpus; i++) {
		struct ke_event e;
		struct ke_dpc d;

		ke_event_init(&e, "DPCs flushed", false, false);
		ke_dpc_init(&d, has_run, NULL);
		d.target = (s32)i;
		(void)ke_dpc_queue(&d, &e, NULL);
		(void)ke_wait(&e, KE_FOREVER);
	}
}

static void dpc_run(struct ke_cpu *c, const struct ke_dpc *d,
		    const struct ke_dpc *was)
{
	ke_dpc_fn *routine = was->routine;

	RACE_GOT(d);
	ke_point(SCHED_DPC, d);
	trace_on(c, TRACE_ke_dpc_enter, TRACE_V(d), TRACE_V(routine), 0, 0);
	routine(was->context, was->arg1, was->arg2);
	RACE_PUT(c);
	/* d may be gone: its address is but a number here. */
	trace_on(c, TRACE_ke_dpc_leave, TRACE_V(d), TRACE_V(routine), 0, 0);
	KE_SET(&c->dpc, NULL);
	if (c->irql != KE_DISPATCH)
		ke_bugcheck(0xa, TRACE_V(routine), c->irql, 8,
			    TRACE_V(routine));
}

/* The DPC stack of a CPU: it is entered when there are some and the IRQL is
 * below DISPATCH, and left when there is none. */
static void dpc_loop(void *arg)
{
	struct ke_cpu *c = arg;
	struct ke_dpc *d, was;

	lane_arrived();
	for (;;) {
		RACE_GOT(c);
		while ((d = dpc_pop(c, &was)))
			dpc_run(c, d, &was);
		RACE_PUT(c);
		lane_leaves(c->lane);
		c->in_dpc = false;
		c->irql = c->irql_below;
		sched_next(c, SCHED_DPC, NULL);
	}
}

/* --- what a CPU goes on with --------------------------------------------------------- */

bool cpu_busy(struct ke_cpu *c)
{
	struct ex *x = c->x;

	if (c->in_dpc || c->thread || c->standby || c->dpc_head)
		return true;
	c->standby = thread_pop(x);
	if (c->standby) {
		c->standby->state = KE_STANDBY;
		KE_SET(&c->pending, true);
		x->idle &= ~(1u << c->number);
		return true;
	}
	x->idle |= 1u << c->number;
	return false;
}

static void take_standby(struct ke_cpu *c)
{
	struct ke_thread *t = c->standby, *was = c->thread;

	c->standby = NULL;
	KE_SET(&c->pending, c->dpc_head != NULL);
	if (was) {
		was->irql = c->irql;
		thread_preempted(was);
	}
	c->thread = t;
	c->irql = t->irql;
	c->quantum = 0;
	t->state = KE_RUNNING;
	t->cpu = (s32)c->number;
}

struct co *cpu_enter(struct ke_cpu *c)
{
	if (c->in_dpc)
		return &c->dpc_co;
	if (c->irql >= KE_DISPATCH)
		return &c->thread->co;
	if (c->dpc_head) {
		c->in_dpc = true;
		c->irql_below = c->irql;
		c->irql = KE_DISPATCH;
		return &c->dpc_co;
	}
	if (c->standby)
		take_standby(c);
	return &c->thread->co;
}

bool cpu_new(struct ex *x, u32 number)
{
	struct ke_cpu *c = pages_get(x, sizeof(*c));
	u8 *stack = pages_stack(x);

	if (!c || !stack)
		return false;
	*c = (struct ke_cpu){ .lane = &x->s->first, .s = x->s, .x = x,
			      .number = number };
	co_make(&c->dpc_co, stack, x->stack_size, dpc_loop, c);
	if (x->config.flight_recorder) {
		c->ring = pages_get(x, sizeof(*c->ring));
		if (!c->ring)
			return false;
		c->ring->next = 0;
		c->tracing = TRACING_RING;
	}
	x->cpu[number] = c;
	x->idle |= 1u << number;
	return true;
}
