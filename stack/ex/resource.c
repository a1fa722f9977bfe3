// SPDX-License-Identifier: Apache-2.0
/*
 * ERESOURCE.  Who lets it go hands it over: after an exclusive owner all that
 * wait to share come first, after the last sharer the first that wants it alone.
 * A new sharer waits behind those that want it alone.  All of it is under the
 * dispatcher's lock, which a wait lets go.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <string.h>

#define TAG EX_TAG('R', 'e', 's', 'o')
#define FOREVER_GATE 0x7fffffff

void ex_resource_init(struct ex_resource *r, const char *name)
{
	*r = (struct ex_resource){ .name = name };
	ke_semaphore_init(&r->shared_gate, name, 0, FOREVER_GATE);
	ke_event_init(&r->exclusive_gate, name, true, false);
}

void ex_resource_fini(struct ex_resource *r)
{
	if (r->shared)
		ex_free_pool(r->x, r->shared, TAG);
	r->shared = NULL;
	r->shared_room = 0;
}

static struct ke_thread *caller(const struct ex_resource *r, const void *site)
{
	wait_irql(r, site);
	return ke_thread();
}

static s64 share_of(const struct ex_resource *r, const struct ke_thread *t)
{
	for (u32 i = 0; i < r->nshared; i++)
		if (r->shared[i].thread == t)
			return i;
	return -1;
}

static void add_share(struct ex_resource *r, struct ke_thread *t)
{
	r->shared[r->nshared].thread = t;
	r->shared[r->nshared++].count = 1;
}

/* For the caller and all that wait, so that handing over cannot fail. */
static u32 room_wanted(const struct ex_resource *r)
{
	return r->nshared + r->shared_waiters + 1;
}

static void move_to(struct ex_resource *r, void *more, u32 room)
{
	if (r->shared) {
		memcpy(more, r->shared, r->nshared * sizeof(*r->shared));
		ex_free_pool(r->x, r->shared, TAG);
	}
	r->shared = more;
	r->shared_room = room;
}

/* Memory is a point: others may have come, and made more room, meanwhile. */
static bool make_room(struct ex_resource *r)
{
	while (room_wanted(r) > r->shared_room) {
		u32 room = room_wanted(r) * 3 / 2 + 2;
		void *more;

		r->x = ke_machine();
		more = ex_alloc(r->x, EX_NONPAGED, room * sizeof(*r->shared),
				TAG);
		if (!more)
			return false;
		if (room > r->shared_room)
			move_to(r, more, room);
		else
			ex_free_pool(r->x, more, TAG);
	}
	return true;
}

/* No point between the look at the resource and the wait: whoever lets it go
 * hands it to threads that wait already. */
static void wait_at(struct ex_resource *r, struct ke_thread *t,
		    struct ke_header *gate, u32 *waiters)
{
	r->contention++;
	++*waiters;
	t->resource = r;
	wait_block(gate);
	dispatch_lock();
	t->resource = NULL;
}

static bool exclusive(struct ex_resource *r, struct ke_thread *t, bool wait)
{
	if (r->exclusive == t) {
		r->depth++;
		return true;
	}
	if (!r->exclusive && !r->nshared) {
		r->exclusive = t;
		r->depth = 1;
		return true;
	}
	if (!wait)
		return false;
	wait_at(r, t, &r->exclusive_gate.h, &r->exclusive_waiters);
	return true;
}

bool ex_resource_exclusive(struct ex_resource *r, bool wait)
{
	struct ke_thread *t = caller(r, __builtin_return_address(0));
	bool got;

	ke_point(SCHED_WAIT, &r->exclusive_gate.h);
	dispatch_lock();
	got = exclusive(r, t, wait);
	dispatch_unlock();
	if (got)
		RACE_GOT(r);
	return got;
}

static bool shared(struct ex_resource *r, struct ke_thread *t, bool wait)
{
	s64 mine;

	if (r->exclusive == t) {
		r->depth++;
		return true;
	}
	mine = share_of(r, t);
	if (mine >= 0) {
		r->shared[mine].count++;
		return true;
	}
	while (!make_room(r)) {
		if (!wait)
			return false;
		dispatch_unlock();
		ke_sleep(10000000); /* as NT: memory may come back */
		dispatch_lock();
	}
	if (!r->exclusive && !r->exclusive_waiters) {
		add_share(r, t);
		return true;
	}
	if (!wait)
		return false;
	wait_at(r, t, &r->shared_gate.h, &r->shared_waiters);
	return true;
}

bool ex_resource_shared(struct ex_resource *r, bool wait)
{
	struct ke_thread *t = caller(r, __builtin_return_address(0));
	bool got;

	ke_point(SCHED_WAIT, &r->shared_gate.h);
	dispatch_lock();
	got = shared(r, t, wait);
	dispatch_unlock();
	if (got)
		RACE_GOT(r);
	return got;
}

static void hand_to_sharers(struct ex_resource *r)
{
	struct ke_wait_block *b = r->shared_gate.h.waiters;
	u32 n = r->shared_waiters;

	for (u32 i = 0; i < n; i++, b = b->next)
		add_share(r, b->thread);
	r->shared_waiters = 0;
	ke_semaphore_release(&r->shared_gate, (s32)n);
}

static void hand_to_one(struct ex_resource *r)
{
	r->exclusive = r->exclusive_gate.h.waiters->thread;
	r->depth = 1;
	r->exclusive_waiters--;
	ke_event_set(&r->exclusive_gate);
}

static void hand_over(struct ex_resource *r, bool to_sharers)
{
	if (r->shared_waiters && (to_sharers || !r->exclusive_waiters))
		hand_to_sharers(r);
	else if (r->exclusive_waiters)
		hand_to_one(r);
	else
		ke_point(SCHED_SIGNAL, &r->exclusive_gate.h);
}

static void release(struct ex_resource *r, struct ke_thread *t)
{
	s64 mine;

	if (r->exclusive == t) {
		if (--r->depth)
			return;
		r->exclusive = NULL;
		hand_over(r, true);
		return;
	}
	mine = share_of(r, t);
	if (mine < 0)   /* RESOURCE_NOT_OWNED */
		ke_bugcheck(0xe3, TRACE_V(r), TRACE_V(t), 0, 0);
	if (--r->shared[mine].count)
		return;
	r->shared[mine] = r->shared[--r->nshared];
	if (!r->nshared)
		hand_over(r, false);
}

void ex_resource_release(struct ex_resource *r)
{
	struct ke_thread *t = caller(r, __builtin_return_address(0));

	RACE_PUT(r);
	dispatch_lock();
	release(r, t);
	dispatch_unlock();
}
