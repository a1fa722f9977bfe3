// SPDX-License-Identifier: Apache-2.0
/*
 * Objects to wait for.  A thread that waits has a block at each object, in the
 * order of arrival; who signals an object takes the blocks of those that can go
 * on away and makes their threads ready.
 *
 * To add a kind of object: its rows in satisfies() and consume().
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <string.h>

#define TAG EX_TAG('W', 'a', 'i', 't')

static struct ke_mutex *mutex_of(struct ke_header *h)
{
	return (struct ke_mutex *)(void *)h;
}

/* t NULL: a DPC or the host, which can own no mutex. */
static bool satisfies(struct ke_header *h, const struct ke_thread *t)
{
	if (h->type == KE_MUTEX)
		return t && (h->signal > 0 || mutex_of(h)->owner == t);
	return h->signal > 0;
}

static void consume(struct ke_header *h, struct ke_thread *t)
{
	switch (h->type) {
	case KE_SYNCHRONIZATION_EVENT:
		h->signal = 0;
		break;
	case KE_SEMAPHORE:
		h->signal--;
		break;
	case KE_MUTEX:
		h->signal = 0;
		mutex_of(h)->owner = t;
		if (!mutex_of(h)->depth++) {
			t->mutexes++;
			t->mutex = mutex_of(h);
		}
		break;
	case KE_NOTIFICATION_EVENT:
	case KE_TIMER:
	case KE_THREAD:
		break;
	}
}

void wait_irql(const void *object, const void *site)
{
	struct ke_cpu *c = ke_current;

	if (!c || c->irql >= KE_DISPATCH || c->in_dpc)
		ke_bugcheck(0xa, TRACE_V(object), ke_irql(), 0, TRACE_V(site));
}

/* --- blocks ------------------------------------------------------------------------------- */

static void block_link(struct ke_wait_block *b, struct ke_thread *t,
		       struct ke_header *h, unsigned key)
{
	struct ke_wait_block *first = h->waiters;

	*b = (struct ke_wait_block){ .thread = t, .object = h, .next = b,
				     .prev = b, .key = key };
	if (!first) {
		h->waiters = b;
		return;
	}
	b->next = first;
	b->prev = first->prev;
	b->prev->next = b;
	first->prev = b;
}

static void block_unlink(struct ke_wait_block *b)
{
	struct ke_header *h = b->object;

	if (b->next == b)
		h->waiters = NULL;
	else if (h->waiters == b)
		h->waiters = b->next;
	b->next->prev = b->prev;
	b->prev->next = b->next;
}

static void unwait(struct ke_thread *t, enum ex_status st, unsigned which)
{
	for (unsigned i = 0; i < t->nblocks; i++)
		block_unlink(&t->block[i]);
	t->nblocks = 0;
	if (t->timer.heap)
		clock_cancel(t->x->s, &t->timer);
	t->wait_status = st;
	t->which = which;
	thread_ready(t);
}

void wait_timed_out(struct ke_thread *t)
{
	if (t->state == KE_WAITING)
		unwait(t, EX_TIMEOUT, 0);
}

static bool all_satisfied(const struct ke_thread *t)
{
	for (unsigned i = 0; i < t->nblocks; i++)
		if (!satisfies(t->block[i].object, t))
			return false;
	return true;
}

static bool release_one(struct ke_wait_block *b)
{
	struct ke_thread *t = b->thread;

	if (!t->wait_all) {
		consume(b->object, t);
	} else {
		if (!all_satisfied(t))
			return false;
		for (unsigned i = 0; i < t->nblocks; i++)
			consume(t->block[i].object, t);
	}
	unwait(t, EX_SUCCESS, b->key);
	return true;
}

/* A wait for all that has an object twice may have taken two blocks away, so
 * after each one that goes the queue is looked at from its head. */
void wait_signal(struct ke_header *h)
{
	struct ke_wait_block *b = h->waiters;
	bool last;

	while (b && h->signal > 0) {
		struct ke_wait_block *next = b->next;

		last = next == h->waiters;
		if (release_one(b))
			b = h->waiters;
		else
			b = last ? NULL : next;
	}
}

/* --- waiting ------------------------------------------------------------------------------- */

static void circle_here(struct ke_thread *t)
{
	if (!t->x->s->config.past_deadlock)
		machine_stop(t->x, EX_DEADLOCK);
}

/* Gives the CPU up until somebody, or the clock, has unwaited the thread; the
 * dispatcher's lock, which the caller has, goes with it. */
static enum ex_status block(struct ke_thread *t, const void *object, u64 ns,
			    const void *site)
{
	struct ke_cpu *c = ke_current;
	u64 begun = c->tracing ? ex_now(t->x) : 0;

	t->forever = ns == KE_FOREVER;
	t->state = KE_WAITING;
	if (!t->forever)
		ke_timer_set(&t->timer, ns, 0, NULL);
	trace_on(c, TRACE_ke_wait, TRACE_V(object), ns, TRACE_V(site), 0);
	if (t->forever && deadlock_of_thread(t))
		circle_here(t);
	t->irql = c->irql;
	c->thread = NULL;
	c->irql = KE_PASSIVE;
	sched_next(c, SCHED_WAIT, object);
	c = ke_current;
	trace_on(c, TRACE_ke_wake, TRACE_V(object), (u32)t->wait_status,
		 c->tracing ? ex_now(t->x) - begun : 0, 0);
	return t->wait_status;
}

static bool try_wait(struct ke_header *const *h, unsigned n, bool all,
		     struct ke_thread *t, unsigned *which)
{
	for (unsigned i = 0; i < n; i++) {
		if (satisfies(h[i], t) == all)
			continue;
		if (all)
			return false;
		consume(h[i], t);
		RACE_GOT(h[i]);
		*which = i;
		return true;
	}
	for (unsigned i = 0; all && i < n; i++) {
		consume(h[i], t);
		RACE_GOT(h[i]);
	}
	return all;
}

static bool take_blocks(struct ke_thread *t, unsigned n)
{
	t->block = t->own;
	if (n > KE_OWN_BLOCKS)
		t->block = ex_alloc(t->x, EX_NONPAGED, n * sizeof(*t->block),
				    TAG);
	return t->block;
}

static void give_blocks(struct ke_thread *t, struct ke_wait_block *blocks)
{
	if (blocks != t->own)
		ex_free_pool(t->x, blocks, TAG);
}

static enum ex_status left(enum ex_status st)
{
	dispatch_unlock();
	return st;
}

/* Memory is a point, and live the lock was let go. */
static bool try_again(const struct ke_wait_block *blocks,
		      const struct ke_thread *t)
{
	return blocks != t->own || t->x->s->live;
}

static enum ex_status wait(struct ke_header *const *h, unsigned n, bool all,
			   u64 ns, unsigned *which, const void *site)
{
	struct ke_thread *t = ke_thread();
	struct ke_wait_block *blocks;
	enum ex_status st;

	if (ns)
		wait_irql(h[0], site);
	if (n > KE_WAIT_MAX) /* MAXIMUM_WAIT_OBJECTS_EXCEEDED */
		ke_bugcheck(0xc, n, 0, 0, 0);
	ke_point(SCHED_WAIT, h[0]);
	dispatch_lock();
	if (try_wait(h, n, all, t, which))
		return left(EX_SUCCESS);
	if (!ns)
		return left(EX_TIMEOUT);
	dispatch_unlock();
	if (!take_blocks(t, n))
		return EX_INSUFFICIENT_RESOURCES;
	blocks = t->block;
	dispatch_lock();
	/* One of them may have been signalled meanwhile. */
	if (try_again(blocks, t) && try_wait(h, n, all, t, which)) {
		dispatch_unlock();
		give_blocks(t, blocks);
		return EX_SUCCESS;
	}
	for (unsigned i = 0; i < n; i++)
		block_link(&blocks[i], t, h[i], i);
	t->nblocks = n;
	t->wait_all = all;
	st = block(t, h[0], ns, site);
	if (!st)
		*which = t->which;
	for (unsigned i = 0; !st && i < n; i++)
		if (all || i == *which)
			RACE_GOT(h[i]);
	give_blocks(t, blocks);
	return st;
}

void wait_block(struct ke_header *h)
{
	struct ke_thread *t = ke_thread();

	t->block = t->own;
	block_link(t->block, t, h, 0);
	t->nblocks = 1;
	t->wait_all = false;
	block(t, h, KE_FOREVER, __builtin_return_address(0));
}

enum ex_status ke_wait(void *object, u64 ns)
{
	struct ke_header *h = object;
	unsigned which;

	return wait(&h, 1, false, ns, &which, __builtin_return_address(0));
}

enum ex_status ke_wait_many(void *const *objects, unsigned n, bool all, u64 ns,
			    unsigned *which)
{
	unsigned i = 0;
	enum ex_status st;

	st = wait((struct ke_header *const *)(const void *)objects, n, all, ns,
		  &i, __builtin_return_address(0));
	if (!st && !all && which)
		*which = i;
	return st;
}

void ke_sleep(u64 ns)
{
	struct ke_thread *t = ke_thread();

	wait_irql(t, __builtin_return_address(0));
	dispatch_lock();
	t->nblocks = 0;
	t->wait_all = false;
	block(t, t, ns, __builtin_return_address(0));
}

/* --- events, semaphores, mutexes --------------------------------------------------------------- */

void ke_event_init(struct ke_event *e, const char *name, bool synchronization,
		   bool set)
{
	e->h = (struct ke_header){
		.type = synchronization ? KE_SYNCHRONIZATION_EVENT :
					  KE_NOTIFICATION_EVENT,
		.signal = set,
		.name = name,
	};
}

void ke_event_set(struct ke_event *e)
{
	RACE_PUT(&e->h);
	dispatch_lock();
	e->h.signal = 1;
	wait_signal(&e->h);
	dispatch_unlock();
	ke_point(SCHED_SIGNAL, &e->h);
}

void ke_event_clear(struct ke_event *e)
{
	KE_SET(&e->h.signal, 0);
}

bool ke_event_is_set(const struct ke_event *e)
{
	s32 signal = KE_GET(&e->h.signal);

	if (signal > 0)
		RACE_GOT(&e->h);
	return signal > 0;
}

void ke_semaphore_init(struct ke_semaphore *s, const char *name, s32 count,
		       s32 limit)
{
	s->h = (struct ke_header){ .type = KE_SEMAPHORE, .signal = count,
				   .name = name };
	s->limit = limit;
}

/* STATUS_SEMAPHORE_LIMIT_EXCEEDED, which nobody in a kernel catches. */
void ke_semaphore_release(struct ke_semaphore *s, s32 by)
{
	dispatch_lock();
	if (by < 0 || by > s->limit - s->h.signal)
		ke_bugcheck(0x1e, 0xc0000047,
			    TRACE_V(__builtin_return_address(0)), TRACE_V(s),
			    (u64)by);
	RACE_PUT(&s->h);
	s->h.signal += by;
	wait_signal(&s->h);
	dispatch_unlock();
	ke_point(SCHED_SIGNAL, &s->h);
}

void ke_mutex_init(struct ke_mutex *m, const char *name)
{
	*m = (struct ke_mutex){ .h = { .type = KE_MUTEX, .signal = 1,
				       .name = name } };
}

/* STATUS_MUTANT_NOT_OWNED. */
void ke_mutex_release(struct ke_mutex *m)
{
	struct ke_thread *t = ke_thread();

	if (!t || m->owner != t)
		ke_bugcheck(0x1e, 0xc0000046,
			    TRACE_V(__builtin_return_address(0)), TRACE_V(m),
			    0);
	if (--m->depth)
		return;
	RACE_PUT(&m->h);
	t->mutexes--;
	dispatch_lock();
	m->owner = NULL;
	m->h.signal = 1;
	wait_signal(&m->h);
	dispatch_unlock();
	ke_point(SCHED_SIGNAL, &m->h);
}
