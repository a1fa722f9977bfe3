// SPDX-License-Identifier: Apache-2.0
#include "co.h"

#include <string.h>

#if CO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

/* The coroutine that the running one came from: the first thing that the
 * running one does is to tell AddressSanitizer that it has arrived, which may be on
 * another host thread than the one it left. */
static _Thread_local struct co *came_from;
_Thread_local bool co_orders;

__attribute__((noinline)) static void before(struct co *from, const struct co *to, bool for_good)
{
	came_from = from;
#if CO_TSAN
	if (!from->entry)            /* a host's own, perhaps another's now */
		from->fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->fiber, co_orders || RACE_SWITCHES ? 0 :
				       __tsan_switch_to_fiber_no_sync);
#endif
#if CO_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &from->fake, to->low,
				       to->size);
#else
	(void)to;
	(void)for_good;
#endif
}

__attribute__((noinline)) static void arrived(struct co *c)
{
#if CO_ASAN
	const void *low;
	size_t size;

	__sanitizer_finish_switch_fiber(c->fake, &low, &size);
	if (!came_from->low) {
		came_from->low = (u8 *)(uintptr_t)low;
		came_from->size = size;
	}
#else
	(void)c;
#endif
}

static void fiber_make(struct co *c)
{
#if CO_TSAN
	c->fiber = __tsan_create_fiber(0);
#else
	(void)c;
#endif
}

void co_end(struct co *c)
{
#if CO_TSAN
	if (c->fiber)
		__tsan_destroy_fiber(c->fiber);
#endif
	c->fiber = NULL;
}

__attribute__((used, noreturn)) static void co_main(struct co *c)
{
	arrived(c);
	c->entry(c->arg);
	__builtin_trap();
}

#if CO_OWN

/* System V ABI: rbx, rbp, r12-r15 survive a call. mxcsr and the x87 control
 * word survive, too, and nobody here changes them. */
void co_swap_stacks(void **save, void *to);
void co_start(void);
__asm__(".text\n"
	".p2align 4\n"
	".globl co_swap_stacks\n"
	".hidden co_swap_stacks\n"
	".type co_swap_stacks, @function\n"
	"co_swap_stacks:\n"
	".cfi_startproc\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".cfi_endproc\n"
	".size co_swap_stacks, .-co_swap_stacks\n"
	".globl co_start\n"
	".hidden co_start\n"
	".type co_start, @function\n"
	"co_start:\n"
	".cfi_startproc\n"
	".cfi_undefined rip\n"
	"	movq %r12, %rdi\n"
	"	call co_main\n"
	"	ud2\n"
	".cfi_endproc\n"
	".size co_start, .-co_start\n");

enum { AT_R12 = 3, AT_RBP = 5, AT_RIP = 6, AT_WORDS = 7 };

void co_make(struct co *c, u8 *low, size_t size, void (*entry)(void *arg),
	     void *arg)
{
	u64 *top = (u64 *)(void *)(low + size - 32);
	u64 *sp = top - AT_WORDS;

	memset(sp, 0, (AT_WORDS + 4) * sizeof(*sp));
	sp[AT_R12] = (u64)(uintptr_t)c;
	sp[AT_RIP] = (u64)(uintptr_t)co_start;
	*c = (struct co){ .sp = sp, .low = low, .size = size, .entry = entry,
			  .arg = arg };
	fiber_make(c);
}

static void go(struct co *from, struct co *to)
{
	co_swap_stacks(&from->sp, to->sp);
}

bool co_at(const struct co *c, struct co_regs *out)
{
	const u64 *at = c->sp;

	if (!at)
		return false;
	*out = (struct co_regs){ at[0], at[1], at[2], at[AT_R12], at[4],
				 at[AT_RBP], at[AT_RIP],
				 (u64)(uintptr_t)(at + AT_WORDS) };
	return true;
}

#else

static void start(u32 high, u32 low)
{
	co_main((struct co *)(uintptr_t)((u64)high << 32 | low));
}

void co_make(struct co *c, u8 *low, size_t size, void (*entry)(void *arg),
	     void *arg)
{
	u64 self = (u64)(uintptr_t)c;

	*c = (struct co){ .low = low, .size = size, .entry = entry,
			  .arg = arg };
	fiber_make(c);
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = low;
	c->uc.uc_stack.ss_size = size;
	makecontext(&c->uc, (void (*)(void))start, 2, (u32)(self >> 32),
		    (u32)self);
}

static void go(struct co *from, struct co *to)
{
	swapcontext(&from->uc, &to->uc);
}

bool co_at(const struct co *c, struct co_regs *out)
{
	(void)c;
	(void)out;
	return false;
}

#endif

void co_switch(struct co *from, struct co *to)
{
	before(from, to, false);
	go(from, to);
	arrived(from);
}

void co_leave(struct co *from, struct co *to)
{
	before(from, to, true);
	go(from, to);
}
