// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of the reference stack share: a machine of its own scheduler, and
 * threads of it.  In simulation all of it is one host thread, and functions that
 * run in the machine check with the macros of test.h.  Live, with several CPUs, or
 * under MODE=tsan, those that run at the same time note what they find by KE_ADD(),
 * and the test checks it when sched_run() has returned.
 */
#ifndef TESTS_STACK_MACHINE_H
#define TESTS_STACK_MACHINE_H

#include "../unit/test.h"
#include "ex/ex.h"
#include "sched/sched.h"

struct machine {
	struct sched *s;
	struct ex *x;
};

static inline struct machine machine_of(const struct sched_config *sc,
					const struct ex_config *xc)
{
	struct machine m = { .s = sched_new(sc) };

	m.x = m.s ? ex_new(xc, m.s) : NULL;
	if (!m.x) {
		printf("fail %s: no machine\n", test_.name);
		exit(1);
	}
	return m;
}

static inline struct machine machine_new(u64 seed, unsigned cpus)
{
	return machine_of(&(struct sched_config){ .seed = seed,
						  .max_steps = 50000000 },
			  &(struct ex_config){ .name = "m", .cpus = cpus });
}

static inline void machine_free(struct machine *m)
{
	ex_free(m->x);
	sched_free(m->s);
}

/* A thread that nobody waits for. */
static inline void thread_of(struct ex *x, const char *name, ke_thread_fn *fn,
			     void *ctx)
{
	struct ke_thread *t = ke_thread_create(x, name, 8, fn, ctx);

	CHECK(t != NULL);
	if (t)
		ke_thread_put(t);
}

/* Bytes of live blocks of a tag. */
static inline u64 tag_bytes(struct ex *x, enum ex_pool pool, u32 tag)
{
	return ex_pool_bytes(x, pool, tag);
}

/* Of these tags, "AbcdEfgh", nothing is left, and every block is whole. */
static inline void check_none_left(struct ex *x, const char *tags)
{
	char why[256] = "";

	for (const char *p = tags; *p; p += 4) {
		u64 n = tag_bytes(x, EX_NONPAGED,
				  EX_TAG(p[0], p[1], p[2], p[3]));

		if (n)
			printf("left: %.4s\n", p);
		CHECK_EQ(n, 0);
	}
	CHECK(ex_pool_check(x, EX_NONPAGED, why, sizeof(why)));
	CHECK_STR(why, "");
}

/* The run ends with that bug check and first parameter. */
static inline void check_bugcheck(struct machine *m, u32 code, u64 p1)
{
	const struct ke_stop *b;

	CHECK_EQ(sched_run(m->s, NULL, NULL), EX_BUGCHECK);
	CHECK(sched_stopped(m->s) == m->x);
	b = ex_bugcheck(m->x);
	CHECK(b != NULL);
	if (!b)
		return;
	CHECK_EQ(b->code, code);
	CHECK_EQ(b->arg[0], p1);
}

#endif
