// SPDX-License-Identifier: Apache-2.0
/*
 * Live: descriptors that wake CPUs, and an event by which lanes wake one another.
 * As long as a descriptor has something,
 * every look outside queues its DPC, unless it is queued.  Reading and writing of
 * one descriptor are two watches.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define WATCH_CPU 0                  /* that runs the DPCs of watches */

struct watch {
	struct watch *next;
	struct sched *s;
	struct ex *x;                /* NULL: it is gone */
	int fd, own;                 /* own: a duplicate of fd, which epoll
					knows once only */
	bool write;
	bool dead;                   /* under the lock */
	void (*fn)(void *ctx);
	void *ctx;
	struct ke_dpc dpc;
};

/* Watches are linked and marked as dead by whoever, and freed by their lane. */
struct sched_live {
	int epoll, event;
	struct watch *watches;
};

bool live_start(struct lane *l)
{
	/* By edges: nobody needs to read it. */
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	struct sched_live *live = malloc(sizeof(*live));

	if (!live)
		return false;
	*live = (struct sched_live){ .epoll = epoll_create1(EPOLL_CLOEXEC),
				     .event = eventfd(0, EFD_CLOEXEC |
							 EFD_NONBLOCK) };
	l->live = live;
	return live->epoll >= 0 && live->event >= 0 &&
	       !epoll_ctl(live->epoll, EPOLL_CTL_ADD, live->event, &e);
}

void live_wake(struct lane *l)
{
	const u64 one = 1;

	(void)!write(l->live->event, &one, sizeof(one));
}

static void watch_dpc(void *context, void *arg1, void *arg2)
{
	struct watch *w = context;

	(void)arg1;
	(void)arg2;
	if (!KE_GET(&w->dead))
		w->fn(w->ctx);
}

bool sched_watch(struct sched *s, struct ex *x, int fd, bool write,
		 void (*fn)(void *ctx), void *ctx)
{
	struct watch *w = s->live ? calloc(1, sizeof(*w)) : NULL;
	struct sched_live *live = x->cpu[WATCH_CPU]->lane->live;
	struct epoll_event e = { .events = write ? EPOLLOUT : EPOLLIN,
				 .data.ptr = w };

	if (!w)
		return false;
	*w = (struct watch){ .s = s, .x = x, .fd = fd, .write = write,
			     .fn = fn, .ctx = ctx };
	ke_dpc_init(&w->dpc, watch_dpc, w);
	w->dpc.target = WATCH_CPU;
	w->own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (w->own < 0) {
		free(w);
		return false;
	}
	dispatch_lock();
	if (epoll_ctl(live->epoll, EPOLL_CTL_ADD, w->own, &e)) {
		dispatch_unlock();
		close(w->own);
		free(w);
		return false;
	}
	w->next = live->watches;
	live->watches = w;
	s->nwatches++;
	dispatch_unlock();
	return true;
}

static void kill_watch(struct sched_live *l, struct watch *w)
{
	if (w->dead)
		return;
	KE_SET(&w->dead, true);
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->own, NULL);
	close(w->own);
	w->s->nwatches--;
}

void sched_unwatch(struct sched *s, int fd)
{
	if (!s->live)
		return;
	dispatch_lock();
	for (u32 i = 0; i < s->nlanes; i++)
		for (struct watch *w = s->lane[i]->live->watches; w;
		     w = w->next)
			if (w->fd == fd)
				kill_watch(s->lane[i]->live, w);
	dispatch_unlock();
}

/* Its DPC waits, is about to begin, or has begun. */
static bool in_hand(const struct watch *w)
{
	return w->x && (w->dpc.queued ||
			w->x->cpu[WATCH_CPU]->dpc == &w->dpc);
}

/* Dead ones are freed between steps, but those that a DPC has hold of. */
static void sweep(struct sched_live *l)
{
	struct watch **at = &l->watches, *w;

	dispatch_lock();
	while ((w = *at)) {
		if (!w->dead || in_hand(w)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
	dispatch_unlock();
}

/* What it says it will say again until it is looked at, so nothing is lost. */
static void is_ready(struct sched_live *l, struct watch *w)
{
	if (!w)                      /* lane_wake() */
		return;
	dispatch_lock();
	if (w->x->stop)
		kill_watch(l, w);            /* it would turn for ever */
	else if (!w->dead)
		ex_interrupt(w->x, &w->dpc, NULL, NULL);
	dispatch_unlock();
}

void live_bury(struct lane *l)
{
	for (struct watch *w = l->live->watches; w; w = w->next)
		kill_watch(l->live, w);
}

bool live_poll(struct lane *l, u64 ns)
{
	struct epoll_event e[EVENTS];
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };
	int n;

	sweep(l->live);
	n = epoll_pwait2(l->live->epoll, e, EVENTS,
			 ns == UINT64_MAX ? NULL : &t, NULL);
	lane_woke(l);
	(void)clock_now(l->s);       /* for ex_tick() */
	for (int i = 0; i < n; i++)
		is_ready(l->live, e[i].data.ptr);
	return n >= 0 || errno == EINTR;
}

void live_forget(struct lane *l, struct ex *x)
{
	for (struct watch *w = l->live->watches; w; w = w->next)
		if (w->x == x) {
			kill_watch(l->live, w);
			w->x = NULL;
		}
	sweep(l->live);
}

void live_end(struct lane *l)
{
	struct watch *next;

	if (!l->live)
		return;
	for (struct watch *w = l->live->watches; w; w = next) {
		next = w->next;
		kill_watch(l->live, w);
		free(w);
	}
	if (l->live->epoll >= 0)
		close(l->live->epoll);
	if (l->live->event >= 0)
		close(l->live->event);
	free(l->live);
	l->live = NULL;
}
