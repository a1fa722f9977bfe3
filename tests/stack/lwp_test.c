// SPDX-License-Identifier: Apache-2.0
/*
 * What is known of the process's own threads, against what pthreads says of their
 * stacks and the dynamic linker of their code.
 */
#include "../unit/test.h"
#include "host/lwp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#define WAITING 3

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t moves;
	bool go;
	unsigned n;                  /* that wait, or are about to */
	pid_t id[WAITING];
	pthread_t thread[WAITING];
};

static void *waits(void *ctx)
{
	struct waiting *w = ctx;

	pthread_setname_np(pthread_self(), "one that waits");
	pthread_mutex_lock(&w->lock);
	w->id[w->n++] = gettid();
	pthread_cond_broadcast(&w->moves);
	while (!w->go)
		pthread_cond_wait(&w->moves, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void begin(struct waiting *w)
{
	*w = (struct waiting){ .lock = PTHREAD_MUTEX_INITIALIZER,
			       .moves = PTHREAD_COND_INITIALIZER };
	for (unsigned i = 0; i < WAITING; i++) {
		pthread_mutex_lock(&w->lock);
		CHECK_EQ(pthread_create(&w->thread[i], NULL, waits, w), 0);
		while (w->n <= i)
			pthread_cond_wait(&w->moves, &w->lock);
		pthread_mutex_unlock(&w->lock);
	}
}

static void end(struct waiting *w)
{
	pthread_mutex_lock(&w->lock);
	w->go = true;
	pthread_cond_broadcast(&w->moves);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < WAITING; i++)
		pthread_join(w->thread[i], NULL);
}

static const struct lwp *find(const struct lwps *l, pid_t id)
{
	for (u32 i = 0; i < l->n; i++)
		if (l->lwp[i].id == id)
			return &l->lwp[i];
	return NULL;
}

static bool on_stack_of(pthread_t t, u64 sp)
{
	pthread_attr_t a;
	void *low = NULL;
	size_t size = 0;

	if (pthread_getattr_np(t, &a))
		return false;
	pthread_attr_getstack(&a, &low, &size);
	pthread_attr_destroy(&a);
	return sp >= (uintptr_t)low && sp < (uintptr_t)low + size;
}

static bool in_libc(u64 pc)
{
	Dl_info i;

	return dladdr((void *)(uintptr_t)pc, &i) && i.dli_fname &&
	       strstr(i.dli_fname, "libc");
}

static void those_that_wait(void)
{
	static struct lwps l;
	struct waiting w;

	begin(&w);
	lwps_look(&l);
	CHECK(!find(&l, gettid()));
	for (unsigned i = 0; i < WAITING; i++) {
		const struct lwp *p = find(&l, w.id[i]);

		CHECK(p != NULL);
		if (!p)
			continue;
		CHECK(p->waits);
		CHECK(!strcmp(p->name, "one that waits"));
		CHECK(on_stack_of(w.thread[i], p->regs.rsp));
		CHECK(in_libc(p->regs.rip));
	}
	end(&w);
}

static void *runs(void *ctx)
{
	while (!__atomic_load_n((bool *)ctx, __ATOMIC_ACQUIRE))
		;
	return NULL;
}

/* It is there, and nothing is made up of where it is. */
static void one_that_runs(void)
{
	static struct lwps l;
	bool over = false;
	unsigned running = 0;
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, runs, &over), 0);
	lwps_look(&l);
	for (u32 i = 0; i < l.n; i++)
		running += !l.lwp[i].waits;
	CHECK_EQ(running, 1);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
}

int main(void)
{
	RUN(those_that_wait);
	RUN(one_that_runs);
	return test_done();
}
