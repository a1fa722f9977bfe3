// SPDX-License-Identifier: Apache-2.0
/*
 * Faults of the machine's code are the machine's: on the guard page of its
 * stack 0x7F (8, 0, 0, 0), in special pool 0xCD and 0xCC, in a driver that was
 * unloaded 0xCE, elsewhere 0xD1 or 0x50; a division by zero is 0x7F (0), an
 * instruction that is none 0x7F (6).  The handler runs on an alternate stack and
 * leaves it by a switch to the host; the context of the fault is kept for a dump
 * (and not where co_at() looks: that is the handler's).
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALTERNATE ((size_t)128 << 10)

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))
static struct sigaction old_action[NSIGNALS];
static _Thread_local bool has_stack;

static bool in_guard(const struct co *c, const u8 *at)
{
	return c->low && at < c->low && at >= c->low - EX_GUARD;
}

static bool is_write(const ucontext_t *u)
{
#if defined(__x86_64__)
	return u->uc_mcontext.gregs[REG_ERR] & 2;
#else
	(void)u;
	return false;
#endif
}

static u64 instruction(const ucontext_t *u)
{
#if defined(__x86_64__)
	return (u64)u->uc_mcontext.gregs[REG_RIP];
#else
	(void)u;
	return 0;
#endif
}

enum { TRAP_DIVIDE = 0, TRAP_INVALID_OPCODE = 6, TRAP_DOUBLE_FAULT = 8 };

/* UNEXPECTED_KERNEL_MODE_TRAP: its number; -1: it is about an address. */
static int trap_of(const struct ke_cpu *c, int sig, const u8 *at)
{
	if (sig == SIGFPE)
		return TRAP_DIVIDE;
	if (sig == SIGILL)
		return TRAP_INVALID_OPCODE;
	return in_guard(c->lane->running, at) ? TRAP_DOUBLE_FAULT : -1;
}

/* The code and parameters of a fault at an address. */
static u32 judge(const struct ke_cpu *c, int sig, const u8 *at,
		 const ucontext_t *u, u64 arg[4])
{
	const struct ex_area *special = &c->x->pages.special;
	int trap = trap_of(c, sig, at);

	memset(arg, 0, 4 * sizeof(*arg));
	if (trap >= 0) {
		arg[0] = (u64)trap;
		return 0x7f;
	}
	arg[0] = TRACE_V(at);
	arg[1] = is_write(u);
	arg[2] = instruction(u);
	if (special->base && at >= special->base && at < special->end)
		return pages_special_freed(c->x, at) ? 0xcc : 0xcd;
	if (driver_unloaded(c->x, instruction(u)))
		return 0xce;
	if (c->irql < KE_DISPATCH)
		return 0x50;
	arg[1] = c->irql;
	arg[2] = is_write(u);
	arg[3] = instruction(u);
	return 0xd1;
}

static struct sigaction *old_of(int sig)
{
	for (unsigned i = 1; i < NSIGNALS; i++)
		if (signals[i] == sig)
			return &old_action[i];
	return &old_action[0];
}

static void pass_on(int sig, siginfo_t *i, void *context)
{
	const struct sigaction *old = old_of(sig);

	if (old->sa_flags & SA_SIGINFO && old->sa_sigaction) {
		old->sa_sigaction(sig, i, context);
		return;
	}
	sigaction(sig, old, NULL);   /* a fault happens again, without us */
	if (i->si_code <= 0)         /* what somebody sent does not */
		raise(sig);
}

static void on_fault(int sig, siginfo_t *i, void *context)
{
	struct ke_cpu *c = ke_current;
	u64 arg[4];
	u32 code;

	if (!c || !c->s->inside || i->si_code <= 0) {
		pass_on(sig, i, context);
		return;
	}
	latch_drop_all();
	code = judge(c, sig, i->si_addr, context, arg);
	bugcheck_record(c->x, c, code, arg, context);
	RACE_LEAVES(&((ucontext_t *)context)->uc_sigmask);
	for (;;)
		sched_next(c, SCHED_USER, NULL);
}

static void install(void)
{
	struct sigaction a = { .sa_sigaction = on_fault,
			       .sa_flags = SA_SIGINFO | SA_ONSTACK |
					   SA_NODEFER };

	for (unsigned i = 0; i < NSIGNALS; i++)
		sigaction(signals[i], &a, &old_action[i]);
}

/* A host thread keeps its alternate stack until it says fault_end(), or the
 * process ends. */
bool fault_catch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	stack_t now, mine = { .ss_size = ALTERNATE };

	if (has_stack)
		return true;
	pthread_once(&once, install);
	if (sigaltstack(NULL, &now))
		return false;
	if (now.ss_flags & SS_DISABLE || now.ss_size < ALTERNATE / 4) {
		mine.ss_sp = mmap(NULL, ALTERNATE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (mine.ss_sp == MAP_FAILED || sigaltstack(&mine, NULL))
			return false;
	}
	has_stack = true;
	return true;
}

void fault_end(void)
{
	stack_t now, none = { .ss_flags = SS_DISABLE };

	if (!has_stack || sigaltstack(&none, &now))
		return;
	has_stack = false;
	if (now.ss_size == ALTERNATE)
		munmap(now.ss_sp, ALTERNATE);
}
