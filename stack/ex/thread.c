// SPDX-License-Identifier: Apache-2.0
/*
 * Threads, and which CPU gets one that can run: its last one if idle, any idle
 * one, the one with the least urgent thread if that is less urgent, or none yet.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#define TAG EX_TAG('T', 'h', 'r', 'e')

struct ke_thread *ke_thread(void)
{
	struct ke_cpu *c = ke_current;

	return c && !c->in_dpc ? c->thread : NULL;
}

const char *ke_thread_name(const struct ke_thread *t)
{
	return t->h.name;
}

void *ke_thread_object(struct ke_thread *t)
{
	return &t->h;
}

/* --- the ready queues ------------------------------------------------------------------- */

void thread_requeue(struct ke_thread *t, bool first)
{
	struct ex *x = t->x;
	struct ke_ready *q = &x->ready[t->priority];

	t->state = KE_READY;
	t->next = NULL;
	if (!q->head) {
		q->head = q->tail = t;
	} else if (first) {
		t->next = q->head;
		q->head = t;
	} else {
		q->tail->next = t;
		q->tail = t;
	}
	x->ready_bits |= 1u << t->priority;
	x->nready++;
	if (!x->s->live)
		x->s->first.slow++;
}

struct ke_thread *thread_pop(struct ex *x)
{
	struct ke_ready *q;
	struct ke_thread *t;

	if (!x->ready_bits)
		return NULL;
	q = &x->ready[31 - __builtin_clz(x->ready_bits)];
	t = q->head;
	q->head = t->next;
	if (!q->head)
		x->ready_bits &= ~(1u << t->priority);
	x->nready--;
	if (!x->s->live)
		x->s->first.slow--;
	t->next = NULL;
	return t;
}

static void give(struct ke_cpu *c, struct ke_thread *t)
{
	if (c->standby)
		thread_requeue(c->standby, true);
	c->standby = t;
	t->state = KE_STANDBY;
	KE_SET(&c->pending, true);
	c->x->idle &= ~(1u << c->number);
	if (!c->spinning)
		sched_ready(c);
}

/* Live, a CPU may have become idle since it was to be preempted. */
void thread_preempted(struct ke_thread *t)
{
	struct ex *x = t->x;

	if (x->s->live && x->idle)
		give(x->cpu[__builtin_ctz(x->idle)], t);
	else
		thread_requeue(t, true);
}

/* Of what the CPU has below its DPCs; -1: nothing. */
static int urgency(const struct ke_cpu *c)
{
	const struct ke_thread *t = c->standby ? c->standby : c->thread;

	return t ? (int)t->priority : -1;
}

void thread_ready(struct ke_thread *t)
{
	struct ex *x = t->x;
	struct ke_cpu *least;

	if (x->stop)
		return;
	if (x->idle) {
		u32 last = t->cpu >= 0 ? 1u << t->cpu : 0;
		u32 from = x->idle & last ? last : x->idle;

		give(x->cpu[__builtin_ctz(from)], t);
		return;
	}
	least = x->cpu[0];
	for (u32 i = 1; i < x->ncpus; i++)
		if (urgency(x->cpu[i]) < urgency(least))
			least = x->cpu[i];
	if (urgency(least) < (int)t->priority)
		give(least, t);
	else
		thread_requeue(t, false);
}

/* --- beginning and end --------------------------------------------------------------------- */

static void link_all(struct ke_thread *t)
{
	struct ex *x = t->x;

	t->all_next = x->threads;
	if (x->threads)
		x->threads->all_prev = t;
	x->threads = t;
	x->nthreads++;
}

static void unlink_all(struct ke_thread *t)
{
	struct ex *x = t->x;

	if (t->all_prev)
		t->all_prev->all_next = t->all_next;
	else
		x->threads = t->all_next;
	if (t->all_next)
		t->all_next->all_prev = t->all_prev;
	x->nthreads--;
}

static void thread_main(void *arg)
{
	struct ke_thread *t = arg;

	lane_arrived();
	RACE_GOT(t->x->s);
	t->fn(t->context);
	if (ke_current->irql != KE_PASSIVE)
		ke_bugcheck(0xa, TRACE_V(t->fn), ke_current->irql, 0,
			    TRACE_V(t->fn));
	if (t->mutexes)   /* THREAD_TERMINATE_HELD_MUTEX */
		ke_bugcheck(0x4000008a, TRACE_V(t), TRACE_V(t->mutex), 0, 0);
	RACE_PUT(&t->h);
	dispatch_lock();
	t->state = KE_ENDED;
	KE_SET(&t->h.signal, 1);
	if (t->is_call)
		sched_to_host(ke_current);
	wait_signal(&t->h);
	sched_leave(ke_current);
}

struct ke_thread *ke_thread_create(struct ex *x, const char *name,
				   unsigned priority, ke_thread_fn *fn,
				   void *context)
{
	struct ke_thread *t;
	u8 *stack;

	t = ex_alloc_zero(x, EX_NONPAGED, sizeof(*t), TAG);
	if (!t)
		return NULL;
	stack = pages_stack(x);
	if (!stack) {
		ex_free_pool(x, t, TAG);
		return NULL;
	}
	RACE_GOT(stack);
	t->h = (struct ke_header){ .type = KE_THREAD, .name = name };
	t->x = x;
	t->refs = 2;
	t->priority = priority < KE_PRIORITIES ? priority : KE_PRIORITIES - 1;
	t->cpu = -1;
	t->fn = fn;
	t->context = context;
	ke_timer_init(&t->timer, name);
	t->timer.x = x;
	t->timer.of_wait = true;
	co_make(&t->co, stack, x->stack_size, thread_main, t);
	dispatch_lock();
	t->id = ++x->next_thread;
	link_all(t);
	thread_ready(t);
	dispatch_unlock();
	return t;
}

void ke_thread_put(struct ke_thread *t)
{
	bool last;

	dispatch_lock();
	last = !--t->refs;
	if (last)
		unlink_all(t);
	dispatch_unlock();
	if (last)
		ex_free_pool(t->x, t, TAG);
}
