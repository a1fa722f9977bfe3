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
#else
#define RACE_PUT(p) ((void)(p))
#define RACE_GOT(p) ((void)(p))
#endif

#endif
