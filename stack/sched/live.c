// SPDX-License-Identifier: Apache-2.0
/*
 * Live: descriptors that wake machines.  As long as a descriptor has something,
 * every look outside queues its DPC, unless it is queued.  Reading and writing of
 * one descriptor are two watches.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
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
	bool write, dead;
	void (*fn)(void *ctx);
	void *ctx;
	struct ke_dpc dpc;
};

struct sched_live {
	int epoll;
	struct watch *watches;
	unsigned n;
};

bool live_start(struct sched *s)
{
	s->live = calloc(1, sizeof(*s->live));
	if (!s->live)
		return false;
	s->live->epoll = epoll_create1(EPOLL_CLOEXEC);
	return s->live->epoll >= 0;
}

static void watch_dpc(void *context, void *arg1, void *arg2)
{
	struct watch *w = context;

	(void)arg1;
	(void)arg2;
	if (!w->dead)
		w->fn(w->ctx);
}

bool sched_watch(struct sched *s, struct ex *x, int fd, bool write,
		 void (*fn)(void *ctx), void *ctx)
{
	struct watch *w = s->live ? calloc(1, sizeof(*w)) : NULL;
	struct epoll_event e = { .events = write ? EPOLLOUT : EPOLLIN,
				 .data.ptr = w };

	if (!w)
		return false;
	*w = (struct watch){ .s = s, .x = x, .fd = fd, .write = write,
			     .fn = fn, .ctx = ctx };
	w->own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (w->own < 0 ||
	    epoll_ctl(s->live->epoll, EPOLL_CTL_ADD, w->own, &e)) {
		if (w->own >= 0)
			close(w->own);
		free(w);
		return false;
	}
	ke_dpc_init(&w->dpc, watch_dpc, w);
	w->dpc.target = WATCH_CPU;
	w->next = s->live->watches;
	s->live->watches = w;
	s->live->n++;
	return true;
}

static void kill_watch(struct watch *w)
{
	if (w->dead)
		return;
	w->dead = true;
	epoll_ctl(w->s->live->epoll, EPOLL_CTL_DEL, w->own, NULL);
	close(w->own);
	w->s->live->n--;
}

void sched_unwatch(struct sched *s, int fd)
{
	for (struct watch *w = s->live ? s->live->watches : NULL; w;
	     w = w->next)
		if (w->fd == fd)
			kill_watch(w);
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

	while ((w = *at)) {
		if (!w->dead || in_hand(w)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}

bool live_waits(const struct sched *s)
{
	return s->live->n;
}

bool live_poll(struct sched *s, u64 ns)
{
	struct epoll_event e[EVENTS];
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };
	int n;

	sweep(s->live);
	n = epoll_pwait2(s->live->epoll, e, EVENTS,
			 ns == UINT64_MAX ? NULL : &t, NULL);
	(void)clock_now(s);          /* for ex_tick() */
	for (int i = 0; i < n; i++) {
		struct watch *w = e[i].data.ptr;

		if (!w->dead && w->x->stop)
			kill_watch(w);       /* it would turn for ever */
		else if (!w->dead)
			ex_interrupt(w->x, &w->dpc, NULL, NULL);
	}
	return n >= 0 || errno == EINTR;
}

void live_forget(struct sched *s, struct ex *x)
{
	for (struct watch *w = s->live ? s->live->watches : NULL; w;
	     w = w->next)
		if (w->x == x) {
			kill_watch(w);
			w->x = NULL;
		}
	if (s->live)
		sweep(s->live);
}

void live_end(struct sched *s)
{
	struct watch *next;

	if (!s->live)
		return;
	for (struct watch *w = s->live->watches; w; w = next) {
		next = w->next;
		kill_watch(w);
		free(w);
	}
	if (s->live->epoll >= 0)
		close(s->live->epoll);
	free(s->live);
}
