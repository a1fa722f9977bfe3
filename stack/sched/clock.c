// SPDX-License-Identifier: Apache-2.0
/* Time, and the timers of all machines in one heap: the earliest first, of two
 * at one time the one that was set first. */
#include "inside.h"

#include <stdlib.h>
#include <time.h>

static u64 host_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Live, `now` is the host's time at the start. */
u64 clock_now(struct sched *s)
{
	if (!s->live)
		return s->now;
	if (!s->now)
		s->now = host_clock() - 1;
	s->seen = host_clock() - s->now;
	return s->seen;
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
	return s->nheap ? s->heap[1]->due : UINT64_MAX;
}

static bool before(const struct ke_timer *a, const struct ke_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void put(struct sched *s, size_t i, struct ke_timer *t)
{
	s->heap[i] = t;
	t->heap = i;
}

static void up(struct sched *s, size_t i, struct ke_timer *t)
{
	for (; i > 1 && before(t, s->heap[i / 2]); i /= 2)
		put(s, i, s->heap[i / 2]);
	put(s, i, t);
}

static void down(struct sched *s, size_t i, struct ke_timer *t)
{
	size_t k;

	for (; (k = 2 * i) <= s->nheap; i = k) {
		if (k < s->nheap && before(s->heap[k + 1], s->heap[k]))
			k++;
		if (before(t, s->heap[k]))
			break;
		put(s, i, s->heap[k]);
	}
	put(s, i, t);
}

bool clock_set(struct sched *s, struct ke_timer *t)
{
	if (s->nheap + 2 > s->heap_room) {
		size_t room = s->heap_room * 2 + 64;
		struct ke_timer **h = realloc(s->heap, room * sizeof(*h));

		if (!h)
			return false;
		s->heap = h;
		s->heap_room = room;
	}
	t->seq = ++s->timer_seq;
	s->foreground += !t->background;
	up(s, ++s->nheap, t);
	return true;
}

void clock_cancel(struct sched *s, struct ke_timer *t)
{
	size_t i = t->heap;
	struct ke_timer *last;

	if (!i)
		return;
	t->heap = 0;
	s->foreground -= !t->background;
	last = s->heap[s->nheap--];
	if (last == t)
		return;
	if (i > 1 && before(last, s->heap[i / 2]))
		up(s, i, last);
	else
		down(s, i, last);
}

bool clock_fire(struct sched *s)
{
	u64 now = clock_now(s);
	bool any = false;

	/* A periodic one is set anew beyond now, so this ends. */
	while (s->nheap && s->heap[1]->due <= now) {
		struct ke_timer *t = s->heap[1];

		clock_cancel(s, t);
		any = true;
		timer_fire(t);
	}
	return any;
}

/* From the end: what takes the place of one that goes comes from behind it, or is
 * its parent; so each place is looked at again, and no other. */
void clock_forget(struct sched *s, struct ex *x)
{
	size_t i = s->nheap;

	while (i) {
		if (i <= s->nheap && s->heap[i]->x == x)
			clock_cancel(s, s->heap[i]);
		else
			i--;
	}
}
