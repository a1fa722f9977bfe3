// SPDX-License-Identifier: Apache-2.0
/*
 * What orders memory between virtual CPUs, told to ThreadSanitizer (MODE=tsan),
 * to which each coroutine is a thread of its own and a switch of a simulation
 * orders nothing.  So drivers that share memory without a lock are found in the
 * simulation, by the seed that shows it, though it has one host thread only.
 *
 * Invariant: RACE_PUT(p) by who gives something away (lets a lock go, signals,
 * queues, frees) and RACE_GOT(p) by who takes it, p being the same address.
 * Elsewhere than under ThreadSanitizer both are nothing.
 *
 * RACE_COUNT(p) counts what is a CPU's own: the contexts that take turns on one CPU
 * never do so within it.  RACE_LEAVES(mask): a signal's handler is left by a switch,
 * and ThreadSanitizer blocks all signals in handlers.  RACE_BLIND functions are not
 * watched: a tracer's sink is called one at a time, and to tell that would order all
 * that is traced.  Where the machine itself is watched, not only its drivers, every
 * switch orders (RACE_SWITCHES).
 */
#ifndef EX_RACE_H
#define EX_RACE_H

#if defined(__SANITIZE_THREAD__) || defined(EX_TSAN)
#define CO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CO_TSAN 1
#endif
#endif
#ifndef CO_TSAN
#define CO_TSAN 0
#endif

#if CO_TSAN
#include <sanitizer/tsan_interface.h>
#define RACE_PUT(p) __tsan_release((void *)(uintptr_t)(p))
#define RACE_GOT(p) __tsan_acquire((void *)(uintptr_t)(p))
#define RACE_COUNT(p)                                                      \
	__atomic_store_n((p), __atomic_load_n((p), __ATOMIC_RELAXED) + 1,  \
			 __ATOMIC_RELAXED)
void race_leaves(const void *mask);  /* a sigset_t */
#define RACE_LEAVES(mask) race_leaves(mask)
#define RACE_BLIND __attribute__((no_sanitize("thread")))
#ifndef EX_TSAN                      /* the machine itself is watched */
#define RACE_SWITCHES true
#endif
#else
#define RACE_PUT(p) ((void)(p))
#define RACE_GOT(p) ((void)(p))
#define RACE_COUNT(p) ((void)++*(p))
#define RACE_LEAVES(mask) ((void)(mask))
#define RACE_BLIND
#endif
#ifndef RACE_SWITCHES
#define RACE_SWITCHES false
#endif

#endif
