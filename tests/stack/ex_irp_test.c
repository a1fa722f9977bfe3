// SPDX-License-Identifier: Apache-2.0
/* IRPs: three drivers on top of each other, completion from below upwards, one
 * that takes it back, and the race of completing with cancelling. */
#include "machine.h"

#define MS UINT64_C(1000000)

/* The lowest keeps IRPs; timers, other threads or nobody complete them. */
struct stack {
	struct machine m;
	struct io_driver *driver[3];
	struct io_device *device[3];
	struct irp *kept;
	struct ke_lock lock;
	char order[32];
	unsigned n, cancelled, completed, done;
	enum ex_status st;
	size_t information;
	bool hold, reject;
	struct ke_timer timer;
	struct ke_dpc dpc;
};

static struct stack *stack_of(struct io_device *d)
{
	return *(struct stack **)d->extension;
}

static void note(struct stack *s, char c)
{
	if (s->n < sizeof(s->order) - 1)
		s->order[s->n++] = c;
}

/* --- the drivers ------------------------------------------------------------------------ */

static enum ex_status came_back(struct io_device *d, struct irp *irp,
				void *context)
{
	struct stack *s = context;

	CHECK(stack_of(d) == s);
	CHECK(io_here(irp)->device == d);
	note(s, d == s->device[0] ? 'A' : 'B');
	return s->hold && d == s->device[1] ? EX_MORE_PROCESSING_REQUIRED :
					      EX_SUCCESS;
}

static enum ex_status pass_down(struct io_device *d, struct irp *irp)
{
	struct stack *s = stack_of(d);
	int at = d == s->device[0] ? 0 : 1;
	struct io_stack *io = io_next(irp);

	note(s, (char)('a' + at));
	io->major = IO_READ;
	io->minor = 7;
	io->complete = came_back;
	io->context = s;
	return io_call(s->device[at + 1], irp);
}

static void cancel_kept(struct io_device *d, struct irp *irp)
{
	struct stack *s = stack_of(d);
	enum ke_irql before = ke_lock(&s->lock);
	bool mine = s->kept == irp;

	if (mine)
		s->kept = NULL;
	ke_unlock(&s->lock, before);
	s->cancelled++;
	if (mine)
		io_complete(irp, EX_CANCELLED, 0);
}

static enum ex_status keep(struct io_device *d, struct irp *irp)
{
	struct stack *s = stack_of(d);
	enum ke_irql before;

	note(s, 'c');
	CHECK_EQ(io_here(irp)->minor, 7);
	CHECK_EQ(irp->current, 2);
	if (s->reject) {
		io_complete(irp, EX_INVALID_PARAMETER, 0);
		return EX_INVALID_PARAMETER;
	}
	io_pending(irp);
	before = ke_lock(&s->lock);
	s->kept = irp;
	ke_unlock(&s->lock, before);
	if (!io_set_cancel(irp, cancel_kept))
		cancel_kept(d, irp);
	return EX_PENDING;
}

/* The other side: whoever of the two takes it from `kept` completes it. */
static void complete_kept(struct stack *s)
{
	enum ke_irql before = ke_lock(&s->lock);
	struct irp *irp = s->kept;

	if (irp && io_take_cancel(irp))
		s->kept = NULL;
	else
		irp = NULL;          /* the cancel routine will */
	ke_unlock(&s->lock, before);
	if (!irp)
		return;
	s->completed++;
	io_complete(irp, EX_SUCCESS, 42);
}

static void timer_completes(void *context, void *a1, void *a2)
{
	(void)a1;
	(void)a2;
	complete_kept(context);
}

static enum ex_status upper_entry(struct io_driver *d, const char *options)
{
	(void)options;
	d->dispatch[IO_READ] = pass_down;
	return EX_SUCCESS;
}

static enum ex_status lower_entry(struct io_driver *d, const char *options)
{
	(void)options;
	d->dispatch[IO_READ] = keep;
	return EX_SUCCESS;
}

static void stack_begin(struct stack *s, u64 seed, unsigned cpus)
{
	static const struct io_driver_info info[] = {
		{ IO_DRIVER_ABI, "top", "1", upper_entry },
		{ IO_DRIVER_ABI, "middle", "1", upper_entry },
		{ IO_DRIVER_ABI, "bottom", "1", lower_entry },
	};

	*s = (struct stack){ .m = machine_new(seed, cpus) };
	ke_lock_init(&s->lock, "kept");
	ke_dpc_init(&s->dpc, timer_completes, s);
	for (int i = 0; i < 3; i++) {
		io_builtin(s->m.x, &info[i]);
		CHECK_EQ(io_load(s->m.x, info[i].name, "", &s->driver[i]),
			 EX_SUCCESS);
		s->device[i] = io_device_create(s->driver[i], info[i].name,
						sizeof(s));
		*(struct stack **)s->device[i]->extension = s;
	}
}

/* --- order -------------------------------------------------------------------------------- */

static struct irp *request(struct stack *s)
{
	struct irp *irp = io_irp_alloc(s->m.x);

	io_next(irp)->major = IO_READ;
	return irp;
}

static void reads(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);

	ke_timer_init(&s->timer, "completes");
	ke_timer_set(&s->timer, MS, 0, &s->dpc);
	s->st = io_sync(s->device[0], irp);
	s->information = irp->information;
	io_irp_free(s->m.x, irp);
	s->done++;
}

static void completes_from_below_upwards(void)
{
	struct stack s;

	stack_begin(&s, 1, 2);
	CHECK(ex_call(s.m.x, reads, &s));
	CHECK_STR(s.order, "abcBA");
	CHECK_EQ(s.st, EX_SUCCESS);
	CHECK_EQ(s.information, 42);
	machine_free(&s.m);
}

static void completes_at_once(void)
{
	struct stack s;

	stack_begin(&s, 1, 2);
	s.reject = true;
	CHECK(ex_call(s.m.x, reads, &s));
	CHECK_STR(s.order, "abcBA");
	CHECK_EQ(s.st, EX_INVALID_PARAMETER);
	machine_free(&s.m);
}

/* The middle takes it back, and completes it once more. */
static void holds(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);
	struct ke_event e;

	ke_event_init(&e, "held", false, false);
	irp->event = &e;
	CHECK_EQ(io_call(s->device[0], irp), EX_PENDING);
	CHECK(io_here(irp)->pending);
	complete_kept(s);
	CHECK_STR(s->order, "abcB");
	CHECK(!irp->completed);
	CHECK(!ke_event_is_set(&e));
	CHECK_EQ(irp->current, 1);
	io_complete(irp, EX_END_OF_FILE, 3);
	CHECK_STR(s->order, "abcBA");
	CHECK(irp->completed);
	CHECK(ke_event_is_set(&e));
	CHECK_EQ(irp->status, EX_END_OF_FILE);
	CHECK_EQ(irp->information, 3);
	io_irp_free(s->m.x, irp);
}

static void a_driver_takes_it_back(void)
{
	struct stack s;

	stack_begin(&s, 1, 2);
	s.hold = true;
	CHECK(ex_call(s.m.x, holds, &s));
	CHECK_STR(s.order, "abcBA");
	machine_free(&s.m);
}

static void freed_when_done(void *context, struct irp *irp)
{
	struct stack *s = context;

	s->done++;
	io_irp_free(s->m.x, irp);
}

static void done_routine(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);

	irp->done = freed_when_done;
	irp->done_context = s;
	CHECK_EQ(io_call(s->device[0], irp), EX_PENDING);
	complete_kept(s);
}

static void done_frees_it(void)
{
	struct stack s;

	stack_begin(&s, 1, 2);
	CHECK(ex_call(s.m.x, done_routine, &s));
	CHECK_EQ(s.done, 1);
	CHECK_EQ(tag_bytes(s.m.x, EX_NONPAGED, EX_TAG('I', 'r', 'p', ' ')), 0);
	machine_free(&s.m);
}

/* --- a major function that nobody has --------------------------------------------------------- */

static void asks_for_nothing(void *context)
{
	struct stack *s = context;
	struct irp *irp = io_irp_alloc(s->m.x);

	io_next(irp)->major = IO_WRITE;
	s->st = io_sync(s->device[0], irp);
	io_irp_free(s->m.x, irp);
}

static void an_unknown_request(void)
{
	struct stack s;

	stack_begin(&s, 1, 1);
	CHECK(ex_call(s.m.x, asks_for_nothing, &s));
	CHECK_EQ(s.st, EX_INVALID_DEVICE_REQUEST);
	machine_free(&s.m);
}

/* --- completing against cancelling ---------------------------------------------------------------- */

struct race {
	struct stack s;
	struct irp *irp;
	unsigned ended;
};

static void completer(void *context)
{
	struct race *r = context;

	complete_kept(&r->s);
	KE_ADD(&r->ended, 1);
}

static void canceller(void *context)
{
	struct race *r = context;

	io_cancel(r->irp);
	KE_ADD(&r->ended, 1);
}

static void racer_begins(void *context)
{
	struct race *r = context;
	struct ke_event e;

	ke_event_init(&e, "race", false, false);
	r->irp = request(&r->s);
	r->irp->event = &e;
	thread_of(r->s.m.x, "completes", completer, r);
	thread_of(r->s.m.x, "cancels", canceller, r);
	io_call(r->s.device[0], r->irp);
	/* a completer that came too early leaves it to the canceller */
	ke_wait(&e, KE_FOREVER);
	while (KE_GET(&r->ended) < 2)
		ke_point(SCHED_USER, NULL);
	r->s.st = r->irp->status;
	io_irp_free(r->s.m.x, r->irp);
	r->s.done++;
}

/* Once, by either, in every order that 1,000 seeds find. */
static void cancel_races(void)
{
	unsigned completed = 0, cancelled = 0;

	for (u64 seed = 1; seed <= 1000; seed++) {
		struct race r;
		enum ex_stop why;

		stack_begin(&r.s, seed, 3);
		thread_of(r.s.m.x, "begins", racer_begins, &r);
		r.irp = NULL;
		r.ended = 0;
		why = sched_run(r.s.m.s, NULL, NULL);
		if (why != EX_IDLE)
			TEST_FAIL("seed %" PRIu64 ": %s\n%s", seed,
				  ex_stop_text(r.s.m.x),
				  sched_string(r.s.m.s));
		CHECK_EQ(r.s.done, 1);
		CHECK_EQ(r.s.st, r.s.completed ? EX_SUCCESS : EX_CANCELLED);
		CHECK(r.s.completed <= 1);
		CHECK(r.s.kept == NULL);
		CHECK_EQ(tag_bytes(r.s.m.x, EX_NONPAGED,
				   EX_TAG('I', 'r', 'p', ' ')), 0);
		completed += r.s.completed;
		cancelled += !r.s.completed;
		machine_free(&r.s.m);
	}
	CHECK(completed > 50);
	CHECK(cancelled > 50);
}

/* --- misuse ------------------------------------------------------------------------------------------- */

static void completes_twice(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);

	s->reject = true;
	io_call(s->device[0], irp);
	io_complete(irp, EX_SUCCESS, 0);
}

static void completes_pending(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);

	io_call(s->device[0], irp);
	io_complete(irp, EX_PENDING, 0);
}

static void goes_too_deep(void *context)
{
	struct stack *s = context;
	struct irp *irp = request(s);

	for (;;) {
		io_next(irp);
		irp->current++;
	}
}

static void misuse_is_a_bug_check(void)
{
	static const struct {
		ke_thread_fn *fn;
		u32 code;
	} row[] = { { completes_twice, 0x44 }, { completes_pending, 0x44 },
		    { goes_too_deep, 0x35 } };

	for (int i = 0; i < 3; i++) {
		struct stack s;

		stack_begin(&s, 1, 1);
		thread_of(s.m.x, "misuse", row[i].fn, &s);
		CHECK_EQ(sched_run(s.m.s, NULL, NULL), EX_BUGCHECK);
		CHECK_EQ(ex_bugcheck(s.m.x)->code, row[i].code);
		machine_free(&s.m);
	}
}

static void statuses_have_names(void)
{
	CHECK_STR(ex_status_name(EX_PENDING), "STATUS_PENDING");
	CHECK_STR(ex_status_name(EX_DATA_NOT_ACCEPTED),
		  "STATUS_DATA_NOT_ACCEPTED");
	CHECK_EQ((u32)EX_INSUFFICIENT_RESOURCES, 0xc000009a);
	CHECK(ex_failed(EX_CANCELLED));
	CHECK(!ex_failed(EX_PENDING));
	CHECK(ex_failed(EX_BUFFER_OVERFLOW));
}

int main(void)
{
	RUN(completes_from_below_upwards);
	RUN(completes_at_once);
	RUN(a_driver_takes_it_back);
	RUN(done_frees_it);
	RUN(an_unknown_request);
	RUN(cancel_races);
	RUN(misuse_is_a_bug_check);
	RUN(statuses_have_names);
	return test_done();
}
