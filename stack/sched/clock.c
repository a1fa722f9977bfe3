// SPDX-License-Identifier: Apache-2.0
/* Time, and the timers of a lane in a heap: the earliest first, of two at one
 * time the one that was set first. */
#include "inside.h"

#include <stdlib.h>
#include <time.h>

static u64 host_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

void clock_start(struct sched *s)
{
	if (s->live)
		s->now = host_clock() - 1;
}

/* ex_tick() never goes back, whichever lane comes first. */
static void saw(struct sched *s, u64 now)
{
	u64 was = __atomic_load_n(&s->seen, __ATOMIC_RELAXED);

	while (was < now && !__atomic_compare_exchange_n(&s->seen, &was, now,
							 true, __ATOMIC_RELAXED,
							 __ATOMIC_RELAXED))
		;
}

u64 clock_now(struct sched *s)
{
	u64 now;

	if (!s->live)
		return s->now;
	now = host_clock() - s->now;
	saw(s, now);
	return now;
}

u64 sched_now(struct sched *s)
{
	return clock_now(s);
}

void sched_set_now(struct sched *s, u64 ns)
{
	if (!s->live && ns > s->now)
		s->now = ns;
}

u64 sched_next_timer(struct sched *s)
{
	u64 due = UINT64_MAX;

	for (u32 i = 0; i < s->nlanes; i++)
		if (clock_due(s->lane[i]) < due)
			due = clock_due(s->lane[i]);
	return due;
}

u64 clock_due(const struct lane *l)
{
	return l->nheap ? l->heap[1]->due : UINT64_MAX;
}

static struct lane *lane_of(const struct ke_timer *t)
{
	return t->x->cpu[t->cpu >= 0 ? t->cpu : 0]->lane;
}

static bool before(const struct ke_timer *a, const struct ke_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void put(struct lane *l, size_t i, struct ke_timer *t)
{
	l->heap[i] = t;
	t->heap = i;
}

static void up(struct lane *l, size_t i, struct ke_timer *t)
{
	for (; i > 1 && before(t, l->heap[i / 2]); i /= 2)
		put(l, i, l->heap[i / 2]);
	put(l, i, t);
}

static void down(struct lane *l, size_t i, struct ke_timer *t)
{
	size_t k;

	for (; (k = 2 * i) <= l->nheap; i = k) {
		if (k < l->nheap && before(l->heap[k + 1], l->heap[k]))
			k++;
		if (before(t, l->heap[k]))
			break;
		put(l, i, l->heap[k]);
	}
	put(l, i, t);
}

bool clock_set(struct sched *s, struct ke_timer *t)
{
	struct lane *l = lane_of(t);

	if (l->nheap + 2 > l->heap_room) {
		size_t room = l->heap_room * 2 + 64;
		struct ke_timer **h = realloc(l->heap, room * sizeof(*h));

		if (!h)
			return false;
		l->heap = h;
		l->heap_room = room;
	}
	t->seq = ++s->timer_seq;
	s->foreground += !t->background;
	up(l, ++l->nheap, t);
	if (l->asleep && t->heap == 1)
		lane_wake(l);        /* it would for too long */
	return true;
}

void clock_cancel(struct sched *s, struct ke_timer *t)
{
	size_t i = t->heap;
	struct ke_timer *last;
	struct lane *l;

	if (!i)
		return;
	l = lane_of(t);
	t->heap = 0;
	s->foreground -= !t->background;
	last = l->heap[l->nheap--];
	if (last == t)
		return;
	if (i > 1 && before(last, l->heap[i / 2]))
		up(l, i, last);
	else
		down(l, i, last);
}

bool clock_fire(struct lane *l)
{
	u64 now = clock_now(l->s);
	bool any = false;

	dispatch_lock();
	/* A periodic one is set anew beyond now, so this ends. */
	while (clock_due(l) <= now) {
		struct ke_timer *t = l->heap[1];

		clock_cancel(l->s, t);
		any = true;
		timer_fire(t);
	}
	dispatch_unlock();
	return any;
}

/* From the end: what takes the place of one that goes comes from behind it, or is
 * its parent; so each place is looked at again, and no other. */
void clock_forget(struct lane *l, struct ex *x)
{
	size_t i = l->nheap;

	while (i) {
		if (i <= l->nheap && l->heap[i]->x == x)
			clock_cancel(l->s, l->heap[i]);
		else
			i--;
	}
}
