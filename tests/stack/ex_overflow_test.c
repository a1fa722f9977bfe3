// SPDX-License-Identifier: Apache-2.0
/* A stack that overflows for real: bug check 0x7F (8, 0, 0, 0), its fault kept,
 * the process and the other machine alive. */
#include "machine.h"

#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define FRAME 200

/* Each round writes its frame; the sum keeps the compiler from a loop. */
__attribute__((noinline)) static unsigned recurse(unsigned depth, unsigned limit)
{
	volatile u8 frame[FRAME];

	for (unsigned i = 0; i < FRAME; i++)
		frame[i] = (u8)(depth + i);
	if (depth == limit)
		return frame[limit % FRAME];
	return recurse(depth + 1, limit) + frame[depth % FRAME];
}

static volatile unsigned result;

static void deep(void *context)
{
	result = recurse(0, *(unsigned *)context);
}

static void deep_dpc(void *context, void *a1, void *a2)
{
	(void)a1;
	(void)a2;
	deep(context);
}

static void queue_deep(void *context)
{
	ke_dpc_queue(context, NULL, NULL);
}

static struct machine with_stack(enum ex_profile p)
{
	return machine_of(&(struct sched_config){ .seed = 1 },
			  &(struct ex_config){ .cpus = 1, .profile = p,
					       .stack_kib = p == EX_X86 ? 12 :
									  24 });
}

static void check_context(const struct ke_stop *b)
{
	const ucontext_t *u = b->context;

	CHECK(u != NULL);
#if defined(__x86_64__)
	if (u)
		CHECK(u->uc_mcontext.gregs[REG_RIP] != 0);
#endif
}

static void overflows_in_thread(enum ex_profile p)
{
	struct machine m = with_stack(p);
	unsigned limit = 100000;

	thread_of(m.x, "deep", deep, &limit);
	check_bugcheck(&m, 0x7f, 8);
	CHECK_EQ(ex_bugcheck(m.x)->arg[1], 0);
	CHECK_EQ(ex_bugcheck(m.x)->arg[2], 0);
	CHECK_EQ(ex_bugcheck(m.x)->arg[3], 0);
	CHECK(ex_bugcheck(m.x)->thread != NULL);
	check_context(ex_bugcheck(m.x));
	machine_free(&m);
}

static void x86_thread(void)
{
	overflows_in_thread(EX_X86);
}

static void x64_thread(void)
{
	overflows_in_thread(EX_X64);
}

static void dpc_stack(void)
{
	struct machine m = with_stack(EX_X86);
	unsigned limit = 100000;
	struct ke_dpc d;

	ke_dpc_init(&d, deep_dpc, &limit);
	thread_of(m.x, "queues", queue_deep, &d);
	check_bugcheck(&m, 0x7f, 8);
	CHECK(ex_bugcheck(m.x)->thread == NULL);
	CHECK_HAS(ex_stop_text(m.x), "in a DPC");
	machine_free(&m);
}

/* Twice 12 KiB is not too deep for 24: how deep a stack is, is real. */
static void depth_is_the_stacks(void)
{
	struct machine m = machine_of(&(struct sched_config){ .seed = 1 },
				      &(struct ex_config){ .cpus = 1 });
	unsigned limit = 40;

	thread_of(m.x, "deep", deep, &limit);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	machine_free(&m);
}

static void counts(void *context)
{
	for (int i = 0; i < 10; i++) {
		ke_sleep(1000);
		++*(unsigned *)context;
	}
}

/* The other machine of the scheduler goes on afterwards. */
static void the_other_goes_on(void)
{
	struct machine m = with_stack(EX_X64);
	struct ex *other = ex_new(&(struct ex_config){ .name = "b" }, m.s);
	unsigned limit = 100000, n = 0;

	CHECK(other != NULL);
	thread_of(other, "counts", counts, &n);
	thread_of(m.x, "deep", deep, &limit);
	check_bugcheck(&m, 0x7f, 8);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(n, 10);
	CHECK_EQ(ex_stopped(other), EX_RUNNING);
	ex_free(other);
	machine_free(&m);
}

/* --- other faults ------------------------------------------------------------------------ */

static u8 *volatile bad_address = (u8 *)0x1000;

static void touches(void *context)
{
	bool high = *(bool *)context;

	if (high)
		ke_raise(KE_DISPATCH);
	*bad_address = 1;
}

static void faults_are_bug_checks(void)
{
	for (int high = 0; high < 2; high++) {
		struct machine m = machine_new(1, 1);
		bool h = high;

		thread_of(m.x, "touches", touches, &h);
		check_bugcheck(&m, high ? 0xd1 : 0x50, 0x1000);
		CHECK_EQ(ex_bugcheck(m.x)->arg[high ? 2 : 1], 1);
		check_context(ex_bugcheck(m.x));
		machine_free(&m);
	}
}

/* --- other traps -------------------------------------------------------------------------- */

#if defined(__x86_64__)
static void divides(void *context)
{
	u32 high = 0, low = 1, zero = 0;

	(void)context;
	__asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(zero));
}

static void executes_nothing(void *context)
{
	(void)context;
	__asm__ volatile("ud2");
}

static void traps_are_bug_checks(void)
{
	static const struct {
		ke_thread_fn *fn;
		u64 trap;
	} row[] = { { divides, 0 }, { executes_nothing, 6 } };

	for (int i = 0; i < 2; i++) {
		struct machine m = machine_new(1, 1);

		thread_of(m.x, "traps", row[i].fn, NULL);
		check_bugcheck(&m, 0x7f, row[i].trap);
		check_context(ex_bugcheck(m.x));
		machine_free(&m);
	}
}
#else
static void traps_are_bug_checks(void)
{
	SKIP("the instructions are x86-64's");
}
#endif

/* --- a signal that is no fault --------------------------------------------------------------- */

/* kill -SEGV of a program that has machines ends it, as it does any other. */
static void a_signal_from_outside_kills(void)
{
	struct machine m = machine_new(1, 1);
	int status = 0;
	pid_t child;

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE); /* faults are caught */
	child = fork();
	if (!child) {
		kill(getpid(), SIGSEGV);
		_exit(0);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	/* A sanitizer's handler exits. */
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV :
				    WEXITSTATUS(status) != 0);
	machine_free(&m);
}

/* --- how much is left ------------------------------------------------------------------------ */

static void looks_left(void *context)
{
	*(size_t *)context = ke_stack_left();
}

static void what_is_left_is_known(void)
{
	struct machine m = with_stack(EX_X86);
	size_t left = 0;

	CHECK_EQ(ke_stack_left(), 0);
	CHECK(ex_call(m.x, looks_left, &left));
	CHECK(left > 11 * 1024 && left < 12 * 1024);
	machine_free(&m);
}

int main(void)
{
	RUN(x86_thread);
	RUN(x64_thread);
	RUN(dpc_stack);
	RUN(depth_is_the_stacks);
	RUN(the_other_goes_on);
	RUN(faults_are_bug_checks);
	RUN(traps_are_bug_checks);
	RUN(a_signal_from_outside_kills);
	RUN(what_is_left_is_known);
	return test_done();
}
