// SPDX-License-Identifier: Apache-2.0
/* The scheduler: a deadlock that a directed run finds, strings that replay, the
 * same seed the same run, time. */
#include "machine.h"
#include "trace/trace.h"

/* --- two locks in two orders ----------------------------------------------------------- */

struct abba {
	struct ke_lock a, b;
	unsigned done;
};

static void both(struct ke_lock *first, struct ke_lock *second)
{
	enum ke_irql before = ke_lock(first);

	ke_lock_dpc(second);
	ke_unlock_dpc(second);
	ke_unlock(first, before);
}

static void ab(void *context)
{
	struct abba *s = context;

	both(&s->a, &s->b);
	s->done++;
}

static void ba(void *context)
{
	struct abba *s = context;

	both(&s->b, &s->a);
	s->done++;
}

static struct machine abba_new(struct abba *s, const struct sched_config *c)
{
	struct machine m = machine_of(c, &(struct ex_config){ .cpus = 2 });

	*s = (struct abba){ 0 };
	ke_lock_init(&s->a, "A");
	ke_lock_init(&s->b, "B");
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	thread_of(m.x, "ab", ab, s);
	thread_of(m.x, "ba", ba, s);
	return m;
}

static void directed_finds_it(void)
{
	struct sched_rule rule = { SCHED_LOCK, "B", 1, -1 };
	struct abba s;
	struct machine m = abba_new(
		&s, &(struct sched_config){ .policy = SCHED_DIRECTED,
					    .rules = &rule, .nrules = 1 });

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK_EQ(s.done, 0);
	CHECK_HAS(ex_stop_text(m.x), "spins for lock A");
	CHECK_HAS(ex_stop_text(m.x), "spins for lock B");
	CHECK(s.a.owner && s.b.owner && s.a.owner != s.b.owner);
	machine_free(&m);
}

static void without_rules_it_passes(void)
{
	struct abba s;
	struct machine m = abba_new(
		&s, &(struct sched_config){ .policy = SCHED_DIRECTED });

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.done, 2);
	machine_free(&m);
}

static void string_replays_it(void)
{
	struct sched_rule rule = { SCHED_LOCK, "B", 1, -1 };
	struct abba s;
	struct machine m = abba_new(
		&s, &(struct sched_config){ .policy = SCHED_DIRECTED,
					    .rules = &rule, .nrules = 1 });
	char string[4096];

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	snprintf(string, sizeof(string), "%s", sched_string(m.s));
	machine_free(&m);
	CHECK_HAS(string, "L");

	m = abba_new(&s, &(struct sched_config){ .policy = SCHED_REPLAY,
						 .replay = string });
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK(!sched_diverged(m.s));
	CHECK_STR(sched_string(m.s), string);
	CHECK_EQ(s.done, 0);
	machine_free(&m);
}

int main(void)
{
	RUN(directed_finds_it);
	RUN(without_rules_it_passes);
	RUN(string_replays_it);
	return test_done();
}
