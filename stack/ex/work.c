// SPDX-License-Identifier: Apache-2.0
/*
 * Executive work queues.  Each has its static threads; once a second a detector
 * looks: a queue that has items, had some at the last look and did none since
 * gets one more thread, up to the cap of dynamic ones (as ReactOS's
 * ExpDetectWorkerThreadDeadlock).  A dynamic thread that has had nothing to do
 * for ten minutes ends.
 *
 * The detector's timer runs only while a queue has items that no thread takes,
 * at whole seconds of the machine, so an idle machine has no timer.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#define SECOND UINT64_C(1000000000)
#define DYNAMIC_IDLE (600 * SECOND)
#define TAG EX_TAG('E', 'x', 'W', 'k')
#define ITEMS_MAX 0x7fffffff

struct ex_worker {
	struct ex_worker *next;
	struct ex *x;
	struct ke_thread *thread;
	enum ex_queue queue;
	bool dynamic;
	struct ex_work *item;        /* that it does; NULL: none */
	ke_thread_fn *routine;       /* of it, which may be gone by now */
};

static const struct {
	const char *thread;
	unsigned priority;
} kinds[] = {
	[EX_CRITICAL] = { "critical worker", 13 },
	[EX_DELAYED] = { "delayed worker", 12 },
	[EX_HYPERCRITICAL] = { "hypercritical worker", 15 },
};

void ex_work_init(struct ex_work *w, ke_thread_fn *routine, void *context)
{
	*w = (struct ex_work){ .routine = routine, .context = context };
}

/* --- workers ---------------------------------------------------------------------------- */

static struct ex_work *pop(struct ex_work_queue *q)
{
	struct ex_work *w;

	dispatch_lock();
	w = q->head;
	if (w) {
		q->head = w->next;
		if (!q->head)
			q->tail = NULL;
		q->depth--;
		w->next = NULL;
		KE_SET(&w->queued, false);
	}
	dispatch_unlock();
	return w;
}

static void work_do(struct ex_worker *me, struct ex_work *w)
{
	ke_thread_fn *routine = w->routine;

	RACE_GOT(w);
	me->routine = routine;
	KE_SET(&me->item, w);
	ke_point(SCHED_WORK, w);
	TRACE(ex_work_begin, w, routine, me->queue, 0);
	routine(w->context);
	/* w may be gone: its address is but a number here. */
	if (ke_irql() != KE_PASSIVE)  /* WORKER_THREAD_RETURNED_AT_BAD_IRQL */
		ke_bugcheck(0xe1, TRACE_V(routine), ke_irql(), TRACE_V(w), 0);
	TRACE(ex_work_done, w, routine, me->queue, 0);
	KE_SET(&me->item, NULL);
	KE_ADD(&me->x->queue[me->queue].processed, 1);
}

static void leave(struct ex_worker *me)
{
	struct ex_work_queue *q = &me->x->queue[me->queue];
	struct ex_worker **at;

	dispatch_lock();
	for (at = &q->workers; *at != me; at = &(*at)->next)
		;
	*at = me->next;
	q->count--;
	q->dynamic--;
	dispatch_unlock();
	ke_thread_put(me->thread);
	ex_free_pool(me->x, me, TAG);
}

/* false: a dynamic one has had nothing for long. An item may come when its time
 * is over and it has not run yet: who queued it counted on it. */
static bool has_item(struct ex_work_queue *q, u64 limit)
{
	bool yes;

	KE_ADD(&q->idle, 1);
	yes = !ke_wait(&q->items, limit) || !ke_wait(&q->items, 0);
	KE_ADD(&q->idle, -1);
	return yes;
}

static void worker(void *context)
{
	struct ex_worker *me = context;
	struct ex_work_queue *q = &me->x->queue[me->queue];
	u64 limit = me->dynamic ? DYNAMIC_IDLE : KE_FOREVER;
	struct ex_work *w;

	ke_thread()->timer.background = true;
	while (has_item(q, limit)) {
		w = pop(q);
		ke_thread()->timer.background = false;
		if (w)
			work_do(me, w);
		ke_thread()->timer.background = true;
	}
	leave(me);
}

static bool add_worker(struct ex *x, enum ex_queue n, bool dynamic)
{
	struct ex_work_queue *q = &x->queue[n];
	struct ex_worker *w = ex_alloc_zero(x, EX_NONPAGED, sizeof(*w), TAG);

	if (!w)
		return false;
	*w = (struct ex_worker){ .x = x, .queue = n, .dynamic = dynamic };
	w->thread = ke_thread_create(x, kinds[n].thread, kinds[n].priority,
				     worker, w);
	if (!w->thread) {
		ex_free_pool(x, w, TAG);
		return false;
	}
	dispatch_lock();
	w->next = q->workers;
	q->workers = w;
	q->count++;
	q->dynamic += dynamic;
	dispatch_unlock();
	return true;
}

/* --- the detector -------------------------------------------------------------------------- */

static void detector_arm(struct ex *x)
{
	u64 now;

	dispatch_lock();
	if (!x->detector_set) {
		x->detector_set = true;
		now = ex_now(x);
		ke_timer_set(&x->detector, SECOND - now % SECOND, 0,
			     &x->detector_dpc);
	}
	dispatch_unlock();
}

static void look(struct ex *x, enum ex_queue n, bool *again)
{
	struct ex_work_queue *q = &x->queue[n];
	bool stuck = q->depth && q->last_depth &&
		     q->processed == q->last_processed;

	if (stuck && q->dynamic < x->config.dynamic_max &&
	    add_worker(x, n, true))
		TRACE(ex_worker_add, n, q->count, 0, 0);
	q->last_depth = q->depth;
	q->last_processed = q->processed;
	*again |= q->depth && q->dynamic < x->config.dynamic_max;
}

static void detect(void *context, void *arg1, void *arg2)
{
	struct ex *x = context;
	bool again = false;

	(void)arg1;
	(void)arg2;
	dispatch_lock();
	x->detector_set = false;
	for (int n = 0; n < EX_QUEUES; n++)
		look(x, (enum ex_queue)n, &again);
	dispatch_unlock();
	if (again)
		detector_arm(x);
}

bool ex_work_inside(struct ex *x, bool (*is)(void *ctx, ke_thread_fn *routine),
		    void *ctx)
{
	bool yes = false;

	dispatch_lock();
	for (int n = 0; n < EX_QUEUES; n++)
		for (struct ex_worker *w = x->queue[n].workers; w; w = w->next)
			yes |= KE_GET(&w->item) && is(ctx, w->routine);
	dispatch_unlock();
	return yes;
}

/* --- items ------------------------------------------------------------------------------------ */

void ex_work_queue(struct ex *x, struct ex_work *w, enum ex_queue n)
{
	struct ex_work_queue *q = &x->queue[n];

	if (x->stop)
		return;
	dispatch_lock();
	if (w->queued) {   /* WORKER_INVALID */
		dispatch_unlock();
		bugcheck_of(x, 0xe4, 1, TRACE_V(w), TRACE_V(w->routine), 0);
		return;
	}
	RACE_PUT(w);
	KE_SET(&w->queued, true);
	w->next = NULL;
	if (q->tail)
		q->tail->next = w;
	else
		q->head = w;
	q->tail = w;
	q->depth++;
	TRACE(ex_work_queue, w, w->routine, n, q->depth);
	if (q->depth > KE_GET(&q->idle))
		detector_arm(x);
	dispatch_unlock();
	ke_semaphore_release(&q->items, 1);
}

void ex_queue_state(struct ex *x, enum ex_queue n, struct ex_queue_state *out)
{
	const struct ex_work_queue *q = &x->queue[n];

	dispatch_lock();
	*out = (struct ex_queue_state){
		.depth = q->depth, .workers = q->count, .dynamic = q->dynamic,
		.processed = q->processed,
	};
	for (const struct ex_worker *w = q->workers; w; w = w->next)
		out->blocked += w->item && w->thread->state == KE_WAITING;
	dispatch_unlock();
}

bool work_start(struct ex *x)
{
	const unsigned count[] = {
		[EX_CRITICAL] = x->config.critical_static,
		[EX_DELAYED] = x->config.delayed_static,
		[EX_HYPERCRITICAL] = 1,
	};

	ke_timer_init(&x->detector, "worker detector");
	x->detector.x = x;
	ke_dpc_init(&x->detector_dpc, detect, x);
	for (int n = 0; n < EX_QUEUES; n++) {
		ke_semaphore_init(&x->queue[n].items, "work queue", 0,
				  ITEMS_MAX);
		for (unsigned i = 0; i < count[n]; i++)
			if (!add_worker(x, (enum ex_queue)n, false))
				return false;
	}
	return true;
}
