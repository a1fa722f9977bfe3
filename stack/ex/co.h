// SPDX-License-Identifier: Apache-2.0
/*
 * Coroutines: a saved stack pointer, and a switch to another one.
 *
 * Invariant: what is not running has all callee-saved registers and the address
 * where it goes on at the top of its stack (co_at() reads them for a dump).
 * AddressSanitizer and ThreadSanitizer are told of every switch.
 */
#ifndef EX_CO_H
#define EX_CO_H

#include "ex.h"
#include "race.h"

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif
#ifndef CO_ASAN
#define CO_ASAN 0
#endif

/* Own switches for x86-64; elsewhere, or when asked for, the C library's, which
 * make a system call each. */
#if defined(__x86_64__) && !defined(CO_UCONTEXT)
#define CO_OWN 1
#else
#define CO_OWN 0
#include <ucontext.h>
#endif

struct co {
	void *sp;
	u8 *low;                     /* the stack's lowest byte; the host's own
					stack: known after the first switch */
	size_t size;
	void *fake;                  /* AddressSanitizer's */
	void *fiber;                 /* ThreadSanitizer's */
	void (*entry)(void *arg);
	void *arg;
#if !CO_OWN
	ucontext_t uc;
#endif
};

/* For ThreadSanitizer: of this host thread, switches order what they switch between
 * (it is one CPU's); else they do not (it is all CPUs'). */
extern _Thread_local bool co_orders;

/* entry must not return. */
void co_make(struct co *c, u8 *low, size_t size, void (*entry)(void *arg),
	     void *arg);
void co_switch(struct co *from, struct co *to);
/* The same, from one that never goes on. */
void co_leave(struct co *from, struct co *to);
/* One that has left, or never began, is not used any more. */
void co_end(struct co *c);
/* What one that is not running will go on with; false: not known here. */
struct co_regs {
	u64 r15, r14, r13, r12, rbx, rbp, rip, rsp;
};
bool co_at(const struct co *c, struct co_regs *out);

#endif
