// SPDX-License-Identifier: Apache-2.0
/*
 * A machine's memory: one reservation at an address that its number gives, in
 * three areas (heap, stacks, special pool).  The heap is accessible from its
 * start up to `ready`; a stack has its guard below; special pool is made
 * accessible block by block (special.c).
 */
#include "machine.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if CO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#else
#define __asan_unpoison_memory_region(p, n) ((void)(p), (void)(n))
#define __lsan_register_root_region(p, n) ((void)(p), (void)(n))
#define __lsan_unregister_root_region(p, n) ((void)(p), (void)(n))
#endif

#define GIB ((size_t)1 << 30)
/* Far from where Linux, the allocators and sanitizers put things. */
#define FIRST_ADDRESS ((uintptr_t)0x200000000000)
#define MACHINES 512                 /* places to try */
#if CO_TSAN                          /* which has its shadow there */
#undef FIRST_ADDRESS
#undef MACHINES
#define FIRST_ADDRESS ((uintptr_t)0x1000000000)
#define MACHINES 7
#endif
#define STRIDE (64 * GIB)
#define STACKS_AT (32 * GIB)
#define SPECIAL_AT (56 * GIB)
#define SPECIAL_SIZE (4 * GIB)
#define STEP ((size_t)1 << 20)       /* made accessible at once */

struct ex_free_run {
	struct ex_free_run *next;
	size_t size;
};

static u8 *reserve(u32 number)
{
	for (u32 i = 0; i < MACHINES; i++) {
		void *at = (void *)(FIRST_ADDRESS +
				    (number + i) % MACHINES * STRIDE);
		void *p = mmap(at, STRIDE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				       MAP_FIXED_NOREPLACE,
			       -1, 0);

		if (p == at)
			return p;
		if (p != MAP_FAILED)
			munmap(p, STRIDE);
	}
	return NULL;
}

static void *take(struct ex_area *a, size_t n)
{
	u8 *p = a->next;

	if (n > (size_t)(a->end - p))
		return NULL;
	while (p + n > a->ready) {
		size_t more = (size_t)(p + n - a->ready);

		more = (more + STEP - 1) / STEP * STEP;
		if (more > (size_t)(a->end - a->ready) ||
		    mprotect(a->ready, more, PROT_READ | PROT_WRITE))
			return NULL;
		a->ready += more;
	}
	KE_SET(&a->next, p + n);
	return p;
}

/* Large runs come in few sizes, so that those given back fit others. */
static size_t whole_pages(size_t n)
{
	size_t to = EX_PAGE;

	if (n > 64 * EX_PAGE)
		to = (size_t)1 << (60 - __builtin_clzll(n));
	return (n + to - 1) / to * to;
}

static unsigned run_list(size_t n)
{
	size_t pages = n / EX_PAGE;

	return pages < 64 ? (unsigned)pages : 0;
}

void *pages_get(struct ex *x, size_t n)
{
	struct ex_free_run **at, *r;

	if (n > STACKS_AT)
		return NULL;
	n = whole_pages(n);
	ke_latch(&x->pages.latch);
	at = &x->pages.runs[run_list(n)];
	while ((r = *at) && r->size != n)
		at = &r->next;
	if (r)
		*at = r->next;
	else
		r = take(&x->pages.heap, n);
	ke_unlatch(&x->pages.latch);
	return r;
}

void pages_put(struct ex *x, void *p, size_t n)
{
	struct ex_free_run *r = p;
	struct ex_free_run **list;

	n = whole_pages(n);
	__asan_unpoison_memory_region(p, n);
	if (n > 256 * EX_PAGE)
		madvise(p, n, MADV_DONTNEED);
	list = &x->pages.runs[run_list(n)];
	r->size = n;
	ke_latch(&x->pages.latch);
	r->next = *list;
	*list = r;
	ke_unlatch(&x->pages.latch);
}

static u8 *stack_take(struct ex *x)
{
	struct ex_area *a = &x->pages.stacks;
	size_t size = x->stack_size;
	u8 *p = x->pages.free_stacks;

	if (p) {
		memcpy(&x->pages.free_stacks, p, sizeof(u8 *));
		return p;
	}
	if (size + EX_GUARD > (size_t)(a->end - a->next))
		return NULL;
	p = a->next + EX_GUARD;
	if (mprotect(p, size, PROT_READ | PROT_WRITE))
		return NULL;
	a->next = p + size;
	return p;
}

u8 *pages_stack(struct ex *x)
{
	u8 *p;

	ke_latch(&x->pages.latch);
	p = stack_take(x);
	ke_unlatch(&x->pages.latch);
	return p;
}

void pages_stack_put(struct ex *x, u8 *low)
{
	__asan_unpoison_memory_region(low, x->stack_size);
	ke_latch(&x->pages.latch);
	memcpy(low, &x->pages.free_stacks, sizeof(u8 *));
	x->pages.free_stacks = low;
	ke_unlatch(&x->pages.latch);
}

static struct ex_area area(u8 *base, size_t size)
{
	return (struct ex_area){ .base = base, .next = base, .ready = base,
				 .end = base + size };
}

struct ex *pages_new(u32 number, bool special)
{
	u8 *base = reserve(number);
	struct ex_pages p = { .base = base, .size = STRIDE };
	struct ex *x;

	if (!base)
		return NULL;
	p.heap = area(base, STACKS_AT);
	p.stacks = area(base + STACKS_AT, SPECIAL_AT - STACKS_AT);
	x = take(&p.heap, whole_pages(sizeof(*x)));
	if (special) {
		p.special = area(base + SPECIAL_AT, SPECIAL_SIZE);
		p.special_state = take(&p.heap, SPECIAL_SIZE / EX_PAGE);
	}
	if (!x || (special && !p.special_state)) {
		munmap(base, STRIDE);
		return NULL;
	}
	__lsan_register_root_region(base, STRIDE);
	x->pages = p;
	return x;
}

void pages_free(struct ex *x)
{
	u8 *base = x->pages.base;
	struct ex_area heap = x->pages.heap, stacks = x->pages.stacks;

	__lsan_unregister_root_region(base, STRIDE);
	__asan_unpoison_memory_region(heap.base,
				      (size_t)(heap.ready - heap.base));
	__asan_unpoison_memory_region(stacks.base,
				      (size_t)(stacks.next - stacks.base));
	munmap(base, STRIDE);
}
