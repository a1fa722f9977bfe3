// SPDX-License-Identifier: Apache-2.0
/*
 * What only some schedules show: each test is told under many seeds, by the
 * random policy and by PCT, and must hold under all of them.
 */
#include "machine.h"

#define SEEDS 200
#define SECOND UINT64_C(1000000000)

static struct machine seeded(u64 seed, unsigned cpus)
{
	return machine_of(&(struct sched_config){
				  .policy = seed % 2 ? SCHED_RANDOM : SCHED_PCT,
				  .seed = seed, .pct_steps = 100,
				  .max_steps = 1000000 },
			  &(struct ex_config){ .cpus = cpus });
}

/* Under every seed, as long as nothing was wrong. */
static void under_all(void (*fn)(u64 seed))
{
	for (u64 seed = 1; seed <= SEEDS && !test_.bad; seed++) {
		fn(seed);
		if (test_.bad)
			printf("seed %llu\n", (unsigned long long)seed);
	}
}

/* --- a wait that takes memory for its blocks ----------------------------------------- */

struct four {
	struct ke_event e[4];
	unsigned which, woken;
};

static void waits_any(void *context)
{
	struct four *f = context;
	void *o[] = { &f->e[0], &f->e[1], &f->e[2], &f->e[3] };

	CHECK_EQ(ke_wait_many(o, 4, false, KE_FOREVER, &f->which), EX_SUCCESS);
	f->woken++;
}

static void sets_last(void *context)
{
	struct four *f = context;

	ke_event_set(&f->e[3]);
}

static void wakes_seed(u64 seed)
{
	struct machine m = seeded(seed, 2);
	struct four f = { .which = 9 };

	for (int i = 0; i < 4; i++)
		ke_event_init(&f.e[i], "e", true, false);
	thread_of(m.x, "waits", waits_any, &f);
	thread_of(m.x, "sets", sets_last, &f);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(f.woken, 1);
	CHECK_EQ(f.which, 3);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('W', 'a', 'i', 't')), 0);
	machine_free(&m);
}

static void a_wait_for_many_misses_no_signal(void)
{
	under_all(wakes_seed);
}

/* --- a resource whose table of sharers grows ------------------------------------------ */

#define SHARERS 12

struct sharing {
	struct ex_resource r;
	unsigned inside, most, done;
};

static void shares(void *context)
{
	struct sharing *s = context;

	CHECK(ex_resource_shared(&s->r, true));
	goes_in(&s->inside, &s->most);
	ke_sleep(1000);
	KE_ADD(&s->inside, -1);
	ex_resource_release(&s->r);
	KE_ADD(&s->done, 1);
}

static void shares_seed(u64 seed)
{
	struct machine m = seeded(seed, 8);
	struct sharing s = { .inside = 0 };
	char why[200] = "";

	ex_resource_init(&s.r, "r");
	for (int i = 0; i < SHARERS; i++)
		thread_of(m.x, "shares", shares, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.done, SHARERS);
	CHECK_EQ(s.r.nshared, 0);
	CHECK(ex_pool_check(m.x, EX_NONPAGED, why, sizeof(why)));
	ex_resource_fini(&s.r);
	CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('R', 'e', 's', 'o')), 0);
	machine_free(&m);
}

static void many_share_at_once(void)
{
	under_all(shares_seed);
}

/* --- a dynamic worker that is about to end --------------------------------------------- */

#define WORKERS 5                    /* static critical ones */

struct late {
	struct ex *x;
	struct ke_event go, stop;
	struct ex_work item[WORKERS + 1], last;
	struct ke_timer timer;
	struct ke_dpc dpc;
	unsigned released, ran;
};

static void waits_go(void *context)
{
	struct late *l = context;

	ke_wait(&l->go, KE_FOREVER);
	KE_ADD(&l->released, 1);
}

static void waits_stop(void *context)
{
	struct late *l = context;

	ke_wait(&l->stop, KE_FOREVER);
}

static void runs_last(void *context)
{
	struct late *l = context;

	l->ran++;
	ke_event_set(&l->stop);
}

static void queues_last(void *context, void *arg1, void *arg2)
{
	struct late *l = context;

	(void)arg1;
	(void)arg2;
	ex_work_queue(l->x, &l->last, EX_CRITICAL);
}

/* All static workers wait for an item that is queued when the one dynamic worker
 * has been idle for ten minutes, to the nanosecond. */
static void busy_again(void *context)
{
	struct late *l = context;

	ke_event_set(&l->go);
	ke_sleep(SECOND);
	for (int i = 0; i < WORKERS; i++) {
		ex_work_init(&l->item[i], waits_stop, l);
		ex_work_queue(l->x, &l->item[i], EX_CRITICAL);
	}
}

static void an_item_meets_a_worker_that_ends(void)
{
	struct ex_queue_state q;
	struct late l = { .ran = 0 };
	struct machine m = machine_new(1, 1);
	u64 idle_since;

	l.x = m.x;
	ke_event_init(&l.go, "go", false, false);
	ke_event_init(&l.stop, "stop", false, false);
	ke_timer_init(&l.timer, "late");
	l.timer.x = m.x;
	ex_work_init(&l.last, runs_last, &l);
	ke_dpc_init(&l.dpc, queues_last, &l);
	for (int i = 0; i <= WORKERS; i++) { /* one more than there are */
		ex_work_init(&l.item[i], waits_go, &l);
		ex_work_queue(m.x, &l.item[i], EX_CRITICAL);
	}
	CHECK_EQ(sched_run_to(m.s, 10 * SECOND), EX_IDLE);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.dynamic, 1);
	idle_since = sched_now(m.s);
	/* Set before the worker's own limit: of two due at once it is first. */
	ke_timer_set(&l.timer, 600 * SECOND, 0, &l.dpc);
	ke_event_set(&l.go);
	CHECK_EQ(sched_run_to(m.s, idle_since), EX_IDLE);
	CHECK_EQ(l.released, WORKERS + 1);
	thread_of(m.x, "busy", busy_again, &l);
	CHECK_EQ(sched_run_to(m.s, idle_since + 700 * SECOND), EX_IDLE);
	CHECK_EQ(l.ran, 1);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.depth, 0);
	CHECK_EQ(q.blocked, 0);
	machine_free(&m);
}

/* --- drivers: loaded twice, opened while unloading ---------------------------------------- */

struct plain {
	unsigned entries, files, late;
	bool unloaded;
	enum ex_status st[2];
	struct io_driver *d;
};

static struct plain *plain_of(struct ex *x)
{
	return ex_slot(x, "plain", sizeof(struct plain));
}

static enum ex_status plain_dispatch(struct io_device *d, struct irp *irp)
{
	struct plain *p = plain_of(d->driver->x);
	u8 major = io_here(irp)->major;

	p->late += KE_GET(&p->unloaded);
	KE_ADD(&p->files, (major == IO_CREATE) - (major == IO_CLOSE));
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

static void plain_unload(struct io_driver *d)
{
	struct plain *p = plain_of(d->x);

	while (KE_GET(&p->files))
		ke_sleep(1000);
	KE_SET(&p->unloaded, true);
}

static enum ex_status plain_entry(struct io_driver *d, const char *options)
{
	(void)options;
	plain_of(d->x)->entries++;
	d->dispatch[IO_CREATE] = d->dispatch[IO_CLEANUP] =
		d->dispatch[IO_CLOSE] = plain_dispatch;
	d->unload = plain_unload;
	return io_device_create(d, "\\Device\\Plain", 0) ?
		       EX_SUCCESS : EX_INSUFFICIENT_RESOURCES;
}

static const struct io_driver_info plain = { IO_DRIVER_ABI, "plain", "1",
					     plain_entry };

static void loads(void *context)
{
	enum ex_status *st = context;

	*st = io_load(ke_machine(), "plain", "", NULL);
}

static void loads_seed(u64 seed)
{
	struct machine m = seeded(seed, 2);
	struct plain *p = plain_of(m.x);

	io_builtin(m.x, &plain);
	thread_of(m.x, "one", loads, &p->st[0]);
	thread_of(m.x, "two", loads, &p->st[1]);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(p->entries, 1);
	CHECK(!p->st[0] != !p->st[1]);
	CHECK_EQ(p->st[0] ? p->st[0] : p->st[1], EX_IMAGE_ALREADY_LOADED);
	machine_free(&m);
}

static void a_driver_is_loaded_once(void)
{
	under_all(loads_seed);
}

static void opens(void *context)
{
	struct ex *x = ke_machine();
	struct plain *p = context;
	struct io_file *f = NULL;

	p->st[0] = io_open(x, "\\Device\\Plain", NULL, 0, &f);
	if (!ex_failed(p->st[0]))
		io_close(f);
}

static void unloads(void *context)
{
	struct plain *p = context;

	p->st[1] = io_unload(p->d);
}

static void opens_seed(u64 seed)
{
	struct machine m = seeded(seed, 2);
	struct plain *p = plain_of(m.x);

	io_builtin(m.x, &plain);
	CHECK_EQ(io_load(m.x, "plain", "", &p->d), EX_SUCCESS);
	thread_of(m.x, "opens", opens, p);
	thread_of(m.x, "unloads", unloads, p);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(p->late, 0);
	CHECK_EQ(p->st[1], EX_SUCCESS);
	CHECK(p->st[0] == EX_SUCCESS || p->st[0] == EX_OBJECT_NAME_NOT_FOUND);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('F', 'i', 'l', 'e')), 0);
	machine_free(&m);
}

static void nothing_is_opened_while_unloading(void)
{
	under_all(opens_seed);
}

/* --- calls from outside --------------------------------------------------------------------- */

static void sleeps(void *context)
{
	ke_sleep(SECOND);
	++*(unsigned *)context;
}

static void stops(void *context)
{
	(void)context;
	ke_sleep(1000);
	ke_bugcheck(0xe2, 1, 2, 3, 4);
}

/* Another machine of the scheduler stops meanwhile: the call is not over, and the
 * next run tells of the stop. */
static void a_call_outlasts_another_machine(void)
{
	struct machine m = machine_new(1, 1);
	struct ex *b = ex_new(&(struct ex_config){ .name = "b" }, m.s);
	unsigned n = 0;

	thread_of(b, "stops", stops, NULL);
	CHECK(ex_call(m.x, sleeps, &n));
	CHECK_EQ(n, 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
	CHECK(sched_stopped(m.s) == b);
	machine_free(&m);
}

struct given_up {
	struct ke_event e;
	unsigned n;
};

static void waits_long(void *context)
{
	struct given_up *g = context;

	ke_wait(&g->e, KE_FOREVER);
	g->n++;
}

/* Frames over the one that made the call. */
__attribute__((noinline)) static unsigned other_use_of_the_stack(void)
{
	volatile u8 b[4096];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = 0x41;
	return b[7];
}

/* One that nothing ends is given up; its end later hurts nobody. */
static void a_call_that_was_given_up_goes_on(void)
{
	struct machine m = machine_new(1, 1);
	struct given_up g = { .n = 0 };

	ke_event_init(&g.e, "e", false, false);
	CHECK(!ex_call(m.x, waits_long, &g));
	CHECK_EQ(other_use_of_the_stack(), 0x41);
	ke_event_set(&g.e);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(g.n, 1);
	machine_free(&m);
}

/* --- an entry that waits longer than anybody waits for it ----------------------------- */

struct slow {
	struct ke_event e;
	char options[16];
};

static enum ex_status slow_entry(struct io_driver *d, const char *options)
{
	struct slow *s = ex_slot(d->x, "slow", sizeof(*s));

	ke_wait(&s->e, KE_FOREVER);
	snprintf(s->options, sizeof(s->options), "%s", options);
	return EX_SUCCESS;
}

static const struct io_driver_info slow = { IO_DRIVER_ABI, "slow", "1",
					    slow_entry };

static void a_load_that_was_given_up_goes_on(void)
{
	struct machine m = machine_new(1, 1);
	struct slow *s = ex_slot(m.x, "slow", sizeof(*s));
	struct io_driver *d = NULL;
	char options[16] = "ip=192.0.2.1";

	ke_event_init(&s->e, "e", false, false);
	io_builtin(m.x, &slow);
	CHECK_EQ(io_load(m.x, "slow", options, &d), EX_UNSUCCESSFUL);
	memset(options, 'z', sizeof(options) - 1);
	CHECK_EQ(other_use_of_the_stack(), 0x41);
	ke_event_set(&s->e);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s->options, "ip=192.0.2.1");
	CHECK(d == NULL);
	machine_free(&m);
}

int main(void)
{
	RUN(a_wait_for_many_misses_no_signal);
	RUN(many_share_at_once);
	RUN(an_item_meets_a_worker_that_ends);
	RUN(a_driver_is_loaded_once);
	RUN(nothing_is_opened_while_unloading);
	RUN(a_call_outlasts_another_machine);
	RUN(a_call_that_was_given_up_goes_on);
	RUN(a_load_that_was_given_up_goes_on);
	return test_done();
}
