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
	KE_ADD(&s->done, 1);
}

static void ba(void *context)
{
	struct abba *s = context;

	both(&s->b, &s->a);
	KE_ADD(&s->done, 1);
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

/* --- a third CPU goes on -------------------------------------------------------------- */

static void answers(void *context, void *a1, void *a2)
{
	(void)a1;
	(void)a2;
	++*(unsigned *)context;
}

struct ping {
	struct ke_timer t;
	struct ke_dpc d;
	unsigned answered;
};

static void pings(void *context)
{
	struct ping *p = context;

	ke_dpc_init(&p->d, answers, &p->answered);
	p->d.target = 2;
	ke_timer_init(&p->t, "ping");
	ke_timer_set(&p->t, 1000, 1000, &p->d);
}

static void past_a_deadlock(void)
{
	struct sched_rule rule = { SCHED_LOCK, "B", 1, -1 };
	struct sched_config c = { .policy = SCHED_DIRECTED, .rules = &rule,
				  .nrules = 1, .past_deadlock = true,
				  .max_ns = 10000 };
	struct machine m = machine_of(&c, &(struct ex_config){ .cpus = 3 });
	struct abba s = { 0 };
	struct ping p = { .answered = 0 };

	ke_lock_init(&s.a, "A");
	ke_lock_init(&s.b, "B");
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(ex_call(m.x, pings, &p));
	thread_of(m.x, "ab", ab, &s);
	thread_of(m.x, "ba", ba, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK_EQ(s.done, 0);
	CHECK_EQ(p.answered, 10);
	machine_free(&m);
}

/* --- a busy machine, for determinism ---------------------------------------------------- */

struct busy {
	struct ex *x;
	struct ke_lock lock;
	struct ke_event e;
	struct ke_timer t;
	struct ke_dpc d;
	struct ex_work w;
	struct ke_semaphore sem;
	unsigned left;
	u64 sum;
};

static void busy_dpc(void *context, void *a1, void *a2)
{
	struct busy *b = context;

	(void)a1;
	(void)a2;
	ke_lock_dpc(&b->lock);
	b->sum = b->sum * 31 + ke_cpu_number();
	ke_unlock_dpc(&b->lock);
	ke_event_set(&b->e);
}

static void busy_work(void *context)
{
	struct busy *b = context;

	ke_semaphore_release(&b->sem, 1);
}

static void busy_thread(void *context)
{
	struct busy *b = context;

	for (int i = 0; i < 10; i++) {
		void *p = ex_alloc(b->x, EX_NONPAGED, 64 + ex_random(b->x) % 99,
				   EX_TAG('B', 'u', 's', 'y'));
		enum ke_irql before = ke_lock(&b->lock);

		b->sum = b->sum * 31 + 7;
		ke_dpc_queue(&b->d, NULL, NULL);
		ke_unlock(&b->lock, before);
		if (!b->w.queued)
			ex_work_queue(b->x, &b->w, EX_DELAYED);
		ke_wait(&b->e, 1000 + ex_random(b->x) % 1000);
		ke_wait(&b->sem, 500);
		ex_free_pool(b->x, p, 0);
	}
	if (!KE_ADD(&b->left, -1))
		ke_timer_cancel(&b->t);
}

static void busy_begin(void *context)
{
	struct busy *b = context;

	ke_timer_init(&b->t, "tick");
	ke_timer_set(&b->t, 700, 700, &b->d);
}

struct outcome {
	u64 trace, records, sum, now, steps;
	char *string;
};

/* FNV-1a over the records as they are. */
RACE_BLIND static void hash(void *ctx, struct ex *x, const struct trace_record *r)
{
	struct outcome *o = ctx;
	const u8 *p = (const u8 *)r;

	(void)x;
	for (size_t i = 0; i < sizeof(*r); i++)
		o->trace = (o->trace ^ p[i]) * 0x100000001b3;
	o->records++;
}

static struct outcome busy_run(const struct sched_config *c)
{
	static struct busy b;  /* the trace has its addresses */
	struct outcome o = { .trace = 0xcbf29ce484222325 };
	struct machine m = machine_of(c, &(struct ex_config){ .cpus = 3 });

	b = (struct busy){ .x = m.x, .left = 4 };
	trace_sink(m.x, hash, &o);
	ke_lock_init(&b.lock, "busy");
	ke_event_init(&b.e, "e", true, false);
	ke_semaphore_init(&b.sem, "sem", 0, 1000);
	ke_dpc_init(&b.d, busy_dpc, &b);
	ex_work_init(&b.w, busy_work, &b);
	thread_of(m.x, "begin", busy_begin, &b);
	for (int i = 0; i < 4; i++)
		thread_of(m.x, "busy", busy_thread, &b);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(b.left, 0);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('B', 'u', 's', 'y')), 0);
	CHECK(!sched_diverged(m.s));
	o.sum = b.sum;
	o.now = sched_now(m.s);
	o.steps = sched_steps(m.s);
	o.string = strdup(sched_string(m.s));
	machine_free(&m);
	return o;
}

static void same(const struct outcome *a, const struct outcome *b)
{
	CHECK_EQ(a->trace, b->trace);
	CHECK_EQ(a->records, b->records);
	CHECK_EQ(a->sum, b->sum);
	CHECK_EQ(a->now, b->now);
	CHECK_EQ(a->steps, b->steps);
	CHECK_STR(a->string, b->string);
}

static unsigned same_seed_same_run(enum sched_policy policy, u64 seeds)
{
	char *last = strdup("");
	unsigned different = 0;

	for (u64 seed = 1; seed <= seeds; seed++) {
		struct sched_config c = { .policy = policy, .seed = seed };
		struct outcome a = busy_run(&c), b = busy_run(&c);

		same(&a, &b);
		different += strcmp(strchr(a.string, ';'), last) != 0;
		free(last);
		last = strdup(strchr(a.string, ';'));
		free(a.string);
		free(b.string);
	}
	free(last);
	return different;
}

static void random_1000_seeds(void)
{
	CHECK_EQ(same_seed_same_run(SCHED_RANDOM, 1000), 1000);
}

static void pct_seeds(void)
{
	CHECK(same_seed_same_run(SCHED_PCT, 200) > 150);
}

/* The seed of a machine's numbers counts where the schedule has no chance. */
static void round_robin_seeds(void)
{
	CHECK(same_seed_same_run(SCHED_ROUND_ROBIN, 20) > 1);
}

static void run_on_seeds(void)
{
	struct outcome a, b;

	for (u64 seed = 1; seed <= 50; seed++) {
		struct sched_config c = { .policy = SCHED_RUN_ON,
					  .seed = seed };

		a = busy_run(&c);
		b = busy_run(&c);
		same(&a, &b);
		CHECK_STR(a.string, "");
		free(a.string);
		free(b.string);
	}
}

/* Two CPUs that wait for each other by looking: turns come without decisions. */
struct pair {
	unsigned turn;
	unsigned rounds;
};

static void even(void *context)
{
	struct pair *p = context;

	for (int i = 0; i < 10; i++) {
		while (KE_GET(&p->turn) % 2)
			ke_point(SCHED_USER, NULL);
		KE_ADD(&p->turn, 1);
	}
}

static void odd(void *context)
{
	struct pair *p = context;

	for (int i = 0; i < 10; i++) {
		while (!(KE_GET(&p->turn) % 2))
			ke_point(SCHED_USER, NULL);
		KE_ADD(&p->turn, 1);
	}
}

static void run_on_takes_turns(void)
{
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_RUN_ON,
					.max_steps = 1000000 },
		&(struct ex_config){ .cpus = 2 });
	struct pair p = { 0 };

	thread_of(m.x, "even", even, &p);
	thread_of(m.x, "odd", odd, &p);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(p.turn, 20);
	machine_free(&m);
}

static void every_policy_replays(void)
{
	const enum sched_policy policies[] = { SCHED_RANDOM, SCHED_PCT,
					       SCHED_ROUND_ROBIN,
					       SCHED_DIRECTED };

	for (u64 i = 0; i < 80; i++) {
		struct sched_rule rule = { SCHED_LOCK, NULL, 3, -1 };
		struct sched_config c = { .policy = policies[i % 4], .seed = i,
					  .rules = &rule, .nrules = 1 };
		struct outcome a = busy_run(&c);
		struct outcome b = busy_run(&(struct sched_config){
			.policy = SCHED_REPLAY, .replay = a.string });

		same(&a, &b);
		free(a.string);
		free(b.string);
	}
}

static void a_string_of_another_run(void)
{
	struct abba s;
	struct machine m = abba_new(
		&s, &(struct sched_config){ .policy = SCHED_REPLAY,
					    .replay = "1;0U7,1L0" });

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(sched_diverged(m.s));
	machine_free(&m);
}

static void strings_that_are_none(void)
{
	const char *bad[] = { "", "12L1", "x;", "1;L1", "1;1L", "1;1Z1",
			      "1;1L1,", "1;1L9999", "1;1L1 2", "1;3L1..." };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sched *s = sched_new(&(struct sched_config){
			.policy = SCHED_REPLAY, .replay = bad[i] });

		if (!strcmp(bad[i], "1;1L1,"))
			CHECK(s != NULL); /* the comma ends it */
		else
			CHECK(s == NULL);
		sched_free(s);
	}
}

/* --- PCT finds what has depth 2 ---------------------------------------------------------- */

static void pct_finds_abba(void)
{
	unsigned found = 0;

	for (u64 seed = 1; seed <= 200; seed++) {
		struct abba s;
		struct machine m = abba_new(
			&s, &(struct sched_config){ .policy = SCHED_PCT,
						    .seed = seed,
						    .pct_depth = 2,
						    .pct_steps = 40 });

		found += sched_run(m.s, NULL, NULL) == EX_DEADLOCK;
		machine_free(&m);
	}
	CHECK(found > 5);
	CHECK(found < 195);
}

/* --- no end ----------------------------------------------------------------------------------- */

static void turns(void *context)
{
	struct ke_lock *l = context;
	enum ke_irql before;

	for (;;)
		if (ke_trylock(l, &before))
			ke_unlock(l, before);
}

static void livelock(void)
{
	struct ke_lock l;
	struct machine m = machine_of(
		&(struct sched_config){ .seed = 1, .max_steps = 10000 },
		&(struct ex_config){ .cpus = 2 });

	ke_lock_init(&l, "turned");
	thread_of(m.x, "one", turns, &l);
	thread_of(m.x, "two", turns, &l);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_LIVELOCK);
	CHECK_HAS(ex_stop_text(m.x), "livelock: 10001 steps");
	CHECK_HAS(ex_stop_text(m.x), "runs thread");
	machine_free(&m);
}

static void keeps_the_lock(void *context)
{
	ke_lock(context);
	ke_lower(KE_PASSIVE);
}

static void wants_the_lock(void *context)
{
	ke_lock(context);
}

static void a_lock_that_nobody_releases(void)
{
	struct ke_lock l;
	struct machine m = machine_new(1, 2);

	ke_lock_init(&l, "lost");
	thread_of(m.x, "keeps", keeps_the_lock, &l);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	thread_of(m.x, "wants", wants_the_lock, &l);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK_HAS(ex_stop_text(m.x), "spins for lock lost");
	machine_free(&m);
}

static void ticks_for_ever(void *context)
{
	struct busy *b = context;

	ke_timer_init(&b->t, "tick");
	ke_timer_set(&b->t, 700, 700, NULL);
}

static void time_has_a_limit(void)
{
	struct machine m = machine_of(
		&(struct sched_config){ .max_ns = 10000 },
		&(struct ex_config){ .cpus = 1 });
	struct busy b = { .x = m.x };

	thread_of(m.x, "ticks", ticks_for_ever, &b);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_STOPPED);
	CHECK_EQ(sched_now(m.s), 9800);
	machine_free(&m);
}

/* --- between steps -------------------------------------------------------------------------------- */

static bool after_ten(void *ctx)
{
	return ++*(unsigned *)ctx > 10;
}

static void counts_on(void *context)
{
	for (int i = 0; i < 100; i++) {
		++*(unsigned *)context;
		ke_point(SCHED_USER, NULL);
	}
}

static void until_is_asked_between_steps(void)
{
	struct machine m = machine_new(1, 1);
	unsigned asked = 0, counted = 0;

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	thread_of(m.x, "counts", counts_on, &counted);
	CHECK_EQ(sched_run(m.s, after_ten, &asked), EX_RUNNING);
	CHECK(counted > 0 && counted <= 10);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(counted, 100);
	machine_free(&m);
}

/* Threads of one priority take turns on one CPU. */
static void waits_for_flag(void *context)
{
	while (!KE_GET((unsigned *)context))
		ke_point(SCHED_USER, NULL);
}

static void sets_flag(void *context)
{
	KE_SET((unsigned *)context, 1);
}

static void equals_take_turns(void)
{
	struct machine m = machine_new(1, 1);
	unsigned flag = 0;

	thread_of(m.x, "waits", waits_for_flag, &flag);
	thread_of(m.x, "sets", sets_flag, &flag);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(flag, 1);
	machine_free(&m);
}

/* --- a machine that goes takes its timers along ---------------------------------------- */

#define TIMERS 30000

struct ring {
	struct ke_timer *timer;
	struct ke_dpc *dpc;
	unsigned fired;
	u64 last;
	bool in_order;
};

static void rings(void *context, void *arg1, void *arg2)
{
	struct ring *r = context;
	u64 now = ex_now(ke_machine());

	(void)arg1;
	(void)arg2;
	r->fired++;
	r->in_order &= now >= r->last;
	r->last = now;
}

static void set_timers(struct ex *x, struct ring *r)
{
	*r = (struct ring){ .timer = calloc(TIMERS, sizeof(*r->timer)),
			    .dpc = calloc(TIMERS, sizeof(*r->dpc)),
			    .in_order = true };
	for (unsigned i = 0; i < TIMERS; i++) {
		ke_dpc_init(&r->dpc[i], rings, r);
		ke_timer_init(&r->timer[i], "t");
		r->timer[i].x = x;
		ke_timer_set(&r->timer[i], 1 + ex_random(x) % 1000000000, 0,
			     &r->dpc[i]);
	}
}

static void timers_go_with_their_machine(void)
{
	struct machine m = machine_new(3, 1);
	struct ex *b = ex_new(&(struct ex_config){ .name = "b" }, m.s);
	struct ring of_m, of_b;

	set_timers(m.x, &of_m);
	set_timers(b, &of_b);
	ex_free(b);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(of_m.fired, TIMERS);
	CHECK(of_m.in_order);
	CHECK_EQ(of_b.fired, 0);
	CHECK_EQ(sched_next_timer(m.s), UINT64_MAX);
	machine_free(&m);
	free(of_m.timer);
	free(of_m.dpc);
	free(of_b.timer);
	free(of_b.dpc);
}

/* --- a lock that is gone when it was released ---------------------------------------------- */

static void frees(void *context, void *arg1, void *arg2)
{
	(void)arg1;
	(void)arg2;
	ex_free_pool(ke_machine(), context, 0);
}

static void releases(void *context)
{
	struct ke_lock *l = ex_alloc(ke_machine(), EX_NONPAGED, sizeof(*l),
				     EX_TAG('L', 'o', 'c', 'k'));
	struct ke_dpc d;
	enum ke_irql before;

	ke_lock_init(l, "gone");
	ke_dpc_init(&d, frees, l);
	before = ke_lock(l);
	ke_dpc_queue(&d, NULL, NULL); /* it runs as the IRQL falls */
	ke_unlock(l, before);
	++*(unsigned *)context;
}

/* Rules know it by its name nevertheless, and it is not looked at any more. */
static void a_released_lock_may_go(void)
{
	static const struct sched_rule rule = { SCHED_UNLOCK, "gone", 1, 1 };
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_DIRECTED,
					.rules = &rule, .nrules = 1 },
		&(struct ex_config){ .cpus = 1, .special_pool = true });
	unsigned n = 0;

	thread_of(m.x, "releases", releases, &n);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(n, 1);
	machine_free(&m);
}

int main(void)
{
	RUN(directed_finds_it);
	RUN(without_rules_it_passes);
	RUN(string_replays_it);
	RUN(past_a_deadlock);
	RUN(random_1000_seeds);
	RUN(pct_seeds);
	RUN(round_robin_seeds);
	RUN(run_on_seeds);
	RUN(run_on_takes_turns);
	RUN(every_policy_replays);
	RUN(a_string_of_another_run);
	RUN(strings_that_are_none);
	RUN(pct_finds_abba);
	RUN(livelock);
	RUN(a_lock_that_nobody_releases);
	RUN(time_has_a_limit);
	RUN(until_is_asked_between_steps);
	RUN(equals_take_turns);
	RUN(timers_go_with_their_machine);
	RUN(a_released_lock_may_go);
	return test_done();
}
