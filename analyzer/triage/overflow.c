// SPDX-License-Identifier: Apache-2.0
/*
 * Stack overflow: said only when the numbers carry it.  At a double fault sp
 * in the guard page, or so close above the limit that the next push fails,
 * proves it; so does one within a page of the limit with a recursion that
 * fills most of the stack.  Deeper below the limit another stack may lie: then
 * the caller's frame must be on the thread's.  Any other stop could not even
 * have been reported from an exhausted stack: there only the recursion that
 * leads to it counts.  A pointer that is wrong in a single bit is a sign of
 * bad memory instead.
 */
#include "../base/bits.h"
#include "triage.h"

#include <stdlib.h>
#include <string.h>

#define AT_LIMIT 0x100u        /* a frame that no longer fits */
#define GUARD_PAGE 0x1000u     /* never mapped */
#define NEAR_LIMIT 0x1000u
#define FLIP_FROM 20u          /* lower bits only lead to a neighbouring stack */
#define CYCLE_REPEATS 8u
#define MAX_STACK 0x100000u    /* bytes of stack searched for words */
#define MAX_ADDED 4096u        /* frames added by the search */
#define TEXT_FRAMES 6u

/* --- repeating frames --------------------------------------------------- */

static bool arrays(const struct ntr_verdict *v, u64 **ip, u64 **sp)
{
	size_t n = v->stack.n;

	*ip = calloc(n ? n : 1, sizeof(**ip));
	*sp = calloc(n ? n : 1, sizeof(**sp));
	for (size_t i = 0; *ip && *sp && i < n; i++) {
		(*ip)[i] = v->stack.v[i].f.ip;
		(*sp)[i] = v->stack.v[i].f.sp;
	}
	return *ip && *sp;
}

/* Remove the scan frames between those of a recursion that tiles the stack:
 * they are left over from earlier calls. */
static void drop_stale(struct ntr_verdict *v, const bool *keep, size_t first,
		       size_t last)
{
	size_t to = first;

	for (size_t i = first; i < v->stack.n; i++) {
		const struct ntr_vframe *s = &v->stack.v[i];

		if (i <= last && !keep[i] && s->f.trust == NTR_TRUST_SCAN)
			continue;
		v->stack.v[to++] = *s;
	}
	v->stack.n = to;
}

static bool kept_range(const bool *keep, size_t n, size_t *first, size_t *last)
{
	size_t i = 0;

	while (i < n && !keep[i])
		i++;
	if (i == n)
		return false;
	*first = *last = i;
	for (; i < n; i++)
		if (keep[i])
			*last = i;
	return true;
}

/* A cycle in the frames; stale frames inside it go. */
static void frame_cycle(struct ntr_verdict *v)
{
	struct ntr_cycle c = { 0 }, loose = { 0 };
	size_t n = v->stack.n, first, last;
	u64 *ip = NULL, *sp = NULL;
	bool *keep = calloc(n ? n : 1, sizeof(*keep));

	if (keep && arrays(v, &ip, &sp)) {
		ntr_find_cycle(ip, sp, n, &c);
		if (ntr_find_stride_cycle(ip, sp, n, keep, &loose) &&
		    loose.bytes >= c.bytes &&
		    kept_range(keep, n, &first, &last) &&
		    last - first + 1 > loose.period * loose.count) {
			drop_stale(v, keep, first, last);
			free(ip);
			free(sp);
			ip = sp = NULL;
			c = (struct ntr_cycle){ 0 };
			if (arrays(v, &ip, &sp))
				ntr_find_cycle(ip, sp, v->stack.n, &c);
		}
	}
	/* Only a range that lies in the stack frame by frame is shown. */
	if (c.found && c.first + c.period * c.count <= v->stack.n)
		v->overflow.cycle = c;
	free(ip);
	free(sp);
	free(keep);
}

static void add_word(struct ntr_triage_job *j, u64 at, u64 word, unsigned size)
{
	struct ntr_vframe *s = ntr_vec_add(&j->v->stack);
	struct ntr_frame f = { .ip = word, .sp = at + size,
			       .trust = NTR_TRUST_SCAN,
			       .note = "stack word found after the unwinder "
				       "had stopped" };

	if (!s)
		j->lost = true;
	else
		ntr_triage_frame(j->v, &f, s);
}

/* Stack words that point into modules, from where the walk ended. */
static void scan_words(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	unsigned size = v->t->ptr_size;
	size_t before = v->stack.n;
	u64 at = v->overflow.sp, end = v->overflow.base;
	u64 gap = v->t->paging == NTR_PAGING_NONE ? size : 4096;
	u8 buf[4096];

	if (before && v->stack.v[before - 1].f.sp > at)
		at = v->stack.v[before - 1].f.sp;
	if (at < v->overflow.limit)
		at = v->overflow.limit;
	at = (at + size - 1) & ~(u64)(size - 1);
	if (end - at > MAX_STACK)
		return;
	while (at < end && v->stack.n - before < MAX_ADDED) {
		size_t want = end - at < sizeof(buf) ? end - at : sizeof(buf);
		size_t got = ntr_space_read_some(v->t->mem, at, buf, want);
		struct ntr_bin b = ntr_bin_of(buf, got, NULL, at);

		for (u64 va = at; ntr_bin_left(&b) >= size; va += size) {
			u64 w = size == 8 ? ntr_bin_u64(&b, "stack word") :
					    ntr_bin_u32(&b, "stack word");

			if (ntr_is_kernel_va(v->t, w) &&
			    ntr_target_module(v->t, w) &&
			    v->stack.n - before < MAX_ADDED)
				add_word(j, va, w, size);
		}
		at += got;
		if (got < want) /* pages are there or not; blocks need not be */
			at = (at + gap) & ~(gap - 1);
	}
}

/* The walk stopped early: look at the words it did not reach. What it finds
 * stays only if it shows a recursion. */
static void word_cycle(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_cycle had = v->overflow.cycle;
	size_t before = v->stack.n;
	struct ntr_vframe *copy;

	copy = calloc(before ? before : 1, sizeof(*copy));
	if (!copy) {
		j->lost = true;
		return;
	}
	if (before)
		memcpy(copy, v->stack.v, before * sizeof(*copy));
	scan_words(j);
	if (v->stack.n > before)
		frame_cycle(v);
	if (v->stack.n == before || v->overflow.cycle.bytes <= had.bytes) {
		if (before)
			memcpy(v->stack.v, copy, before * sizeof(*copy));
		v->stack.n = before;
		v->overflow.cycle = had;
	}
	free(copy);
}

static void frame_text(struct ntr_verdict *v, u64 ip, char out[128])
{
	ntr_target_symbolise(v->t, ip, out, 128);
}

static void cycle_text(struct ntr_verdict *v)
{
	struct ntr_cycle *c = &v->overflow.cycle;
	const char *text = "";
	char buf[128];

	if (!c->found)
		return;
	/* Callers call: outermost of the period first. */
	for (size_t i = 0; i < c->period && i < TEXT_FRAMES; i++) {
		size_t k = c->first + c->period - 1 - i;

		frame_text(v, v->stack.v[k].f.ip, buf);
		text = ntr_arena_printf(&v->arena, "%s%s%s", text,
					i ? " -> " : "", buf);
	}
	if (c->period > TEXT_FRAMES)
		text = ntr_arena_printf(&v->arena, "%s -> … (%zu frames)",
					text, c->period);
	c->text = text;
}

/* --- the proof ----------------------------------------------------------- */

static bool suspects_overflow(const struct ntr_verdict *v)
{
	return ntr_is_double_fault(v) ||
	       (v->has_bugcheck && v->code == 0x2B) ||
	       (v->exc.has_code && v->exc.code == 0xC00000FDu);
}

/* Nothing better than the registers that the handler stopped with. */
static bool only_handler(const struct ntr_verdict *v)
{
	return ntr_is_double_fault(v) && v->has_fault &&
	       !(v->arg[3] && v->fault.ip == v->arg[3]) &&
	       v->fault_source == v->context_source &&
	       !(v->context_source && !strcmp(v->context_source, "TSS")) &&
	       !ntr_on_stack(&v->t->thread, v->fault.sp, NTR_STACK_GUARD);
}

static bool limits(struct ntr_verdict *v)
{
	const struct ntr_thread *th = &v->t->thread;
	struct ntr_overflow *o = &v->overflow;

	/* It stores the part in use: where that begins is no limit. */
	if (v->t->d && v->t->d->kind == NTR_KIND_USER) {
		o->proven = v->exc.has_code && v->exc.code == 0xC00000FDu;
		o->reason = o->proven ?
			"the system raised the exception of a stack overflow" :
			"a user dump does not say where the stack's limit is";
		return false;
	}
	o->base = th->stack_base ? th->stack_base : th->initial_stack;
	o->limit = th->stack_limit;
	if (!o->limit || o->base <= o->limit || o->base - o->limit > MAX_STACK) {
		o->reason = "the stack limits of the thread are not known";
		o->base = o->limit = 0;
		return false;
	}
	o->size = o->base - o->limit;
	if (only_handler(v)) {
		o->reason = "the registers of the code that the double fault "
			    "interrupted are not in the dump, only those of "
			    "its handler, on another stack";
		return false;
	}
	if (!v->has_fault || !v->fault.has_sp) {
		o->reason = "the stack pointer at the fault is not known";
		return false;
	}
	o->sp = v->fault.sp;
	return true;
}

/* The bit (from 1) that puts va into [lo, hi) when flipped; bits below
 * `from` would not take it far. 0: none. */
static unsigned flip_into(u64 va, u64 lo, u64 hi, unsigned from, unsigned bits)
{
	for (unsigned i = from; i < bits; i++) {
		u64 x = va ^ (UINT64_C(1) << i);

		if (x >= lo && x < hi)
			return i + 1;
	}
	return 0;
}

static void sp_elsewhere(struct ntr_verdict *v)
{
	struct ntr_overflow *o = &v->overflow;
	unsigned bits = v->t->ptr_size * 8;
	unsigned bit = flip_into(o->sp, o->limit, o->base, FLIP_FROM, bits);

	if (bit && ntr_is_double_fault(v)) {
		v->single_bit = ntr_arena_printf(&v->arena,
			"the stack pointer 0x%" PRIx64 " differs in one bit "
			"(bit %u) from an address in the thread's stack: "
			"suspect the memory", o->sp, bit - 1);
		o->reason = "the stack pointer is wrong in a single bit; the "
			    "stack did not overflow";
	} else {
		o->reason = "the stack pointer is not in the thread's stack "
			    "(another stack was in use)";
	}
}

/* A recursion that takes most of what is in use, up to sp or nearly so. */
static bool recursion_fills(const struct ntr_verdict *v)
{
	const struct ntr_overflow *o = &v->overflow;
	const struct ntr_cycle *c = &o->cycle;

	return c->found && c->count >= CYCLE_REPEATS &&
	       c->bytes * 5 >= o->used * 3;
}

/* The frame that called the fault's lies in the thread's stack, and more than
 * a stack word says that it is its caller. */
static bool caller_on_stack(const struct ntr_verdict *v)
{
	size_t i = v->fault_frame < 0 ? 0 : (size_t)v->fault_frame;

	return i + 1 < v->stack.n && v->stack.v[i].f.sp == v->overflow.sp &&
	       v->stack.v[i + 1].f.trust != NTR_TRUST_SCAN &&
	       v->stack.v[i + 1].f.sp > v->overflow.limit &&
	       v->stack.v[i + 1].f.sp < v->overflow.base;
}

static void prove_below(struct ntr_verdict *v)
{
	struct ntr_overflow *o = &v->overflow;
	u64 below = o->limit - o->sp;

	if (!recursion_fills(v) &&
	    (!suspects_overflow(v) ||
	     (below > GUARD_PAGE && !caller_on_stack(v)))) {
		o->reason = ntr_arena_printf(&v->arena,
			"the stack pointer is 0x%" PRIx64 " below the stack "
			"limit, but nothing shows that it came from this "
			"stack: another one may lie there", below);
		return;
	}
	o->proven = true;
	o->reason = ntr_arena_printf(&v->arena,
		"the stack pointer 0x%" PRIx64 " is 0x%" PRIx64
		" below the stack limit 0x%" PRIx64, o->sp, below, o->limit);
}

static void prove(struct ntr_verdict *v)
{
	struct ntr_overflow *o = &v->overflow;
	u64 room = o->sp - o->limit; /* wraps when below */
	bool fills = recursion_fills(v);

	if (o->sp < o->limit) {
		prove_below(v);
	} else if (room < AT_LIMIT && (suspects_overflow(v) || fills)) {
		o->proven = true;
		o->reason = ntr_arena_printf(&v->arena,
			"the stack pointer 0x%" PRIx64 " is only 0x%" PRIx64
			" above the stack limit 0x%" PRIx64, o->sp, room,
			o->limit);
	} else if (room < NEAR_LIMIT && ntr_is_double_fault(v) && fills) {
		o->proven = true;
		o->reason = ntr_arena_printf(&v->arena,
			"the stack pointer is 0x%" PRIx64 " above the stack "
			"limit at a double fault, and a recursion fills 0x%"
			PRIx64 " of 0x%" PRIx64 " bytes used", room,
			o->cycle.bytes, o->used);
	} else {
		o->reason = ntr_arena_printf(&v->arena,
			"0x%" PRIx64 " bytes of the stack were still free",
			room);
	}
}

/* --- what there is of the stack ------------------------------------------- */

/* What the dump holds of [sp or limit, base), when it is not all. */
static void stack_memory(struct ntr_verdict *v)
{
	struct ntr_overflow *o = &v->overflow;
	u64 from = o->sp < o->limit ? o->limit : o->sp;
	u64 at = from & ~(u64)7, there = 0, lo = 0, hi = 0;
	u64 gap = v->t->paging == NTR_PAGING_NONE ? 8 : 4096;
	u8 buf[4096];

	while (at < o->base) {
		u64 left = o->base - at;
		size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		size_t got = ntr_space_read_some(v->t->mem, at, buf, want);

		if (got && !there)
			lo = at;
		there += got;
		if (got)
			hi = at + got;
		at += got;
		if (got < want) /* pages are there or not; blocks need not be */
			at = (at + gap) & ~(gap - 1);
	}
	if (there >= o->base - from)
		return;
	if (!there)
		o->memory = ntr_arena_printf(&v->arena,
			"nothing of the 0x%" PRIx64 " bytes of stack from 0x%"
			PRIx64 " on is in the dump", o->base - from, from);
	else
		o->memory = ntr_arena_printf(&v->arena,
			"of the 0x%" PRIx64 " bytes of stack from 0x%" PRIx64
			" on, the dump holds 0x%" PRIx64 ", between 0x%" PRIx64
			" and 0x%" PRIx64, o->base - from, from, there, lo,
			hi);
}

static void check_limits(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_overflow *o = &v->overflow;
	bool within;

	if (!limits(v))
		return;
	o->checked = true;
	within = o->sp < o->base && o->sp + NTR_STACK_GUARD >= o->limit;
	if (!within) {
		sp_elsewhere(v);
		return;
	}
	o->used = o->base - o->sp;
	if (suspects_overflow(v))
		stack_memory(v);
	if (v->stop != NTR_UNW_END &&
	    (suspects_overflow(v) || o->sp < o->limit + NEAR_LIMIT))
		word_cycle(j);
	prove(v);
}

/* --- single bits -------------------------------------------------------- */

/* A pointer that no x64 processor accepts, but for one bit. */
static unsigned canonical_flip(const struct ntr_target *t, u64 va)
{
	u64 top = va >> 47;
	unsigned bit;

	if (t->machine != NTR_MACHINE_AMD64 || top == 0 || top == 0x1ffff)
		return 0;
	/* Only towards the kernel half: a user pointer with one high bit set
	 * is just as well a tagged value. */
	return ntr_one_bit(top, 0x1ffff, &bit) ? bit + 48 : 0;
}

static void pointer_bit(struct ntr_verdict *v, const char *what, u64 va)
{
	unsigned bit = canonical_flip(v->t, va);

	if (!bit || v->single_bit)
		return;
	v->single_bit = ntr_arena_printf(&v->arena,
		"%s 0x%" PRIx64 " is not a valid pointer but differs in one "
		"bit (bit %u) from the kernel address 0x%" PRIx64
		": suspect the memory", what, va, bit - 1,
		va ^ UINT64_C(1) << (bit - 1));
}

/* 0x1A(0x41792): a page-table entry that should be empty holds one bit. */
static void pte_bit(struct ntr_verdict *v)
{
	u64 p3 = v->arg[2], p4 = v->arg[3];
	unsigned bit;

	if (v->arg[0] == 0x41792 && !(p3 && p4) &&
	    ntr_one_bit(p3 | p4, 0, &bit) && !v->single_bit)
		v->single_bit = ntr_arena_printf(&v->arena,
			"the damaged page-table entry has a single bit set "
			"(bit %u) where it should be empty: suspect the "
			"memory", bit);
}

/* Two parameters that should be the same. */
static void pair_bit(struct ntr_verdict *v, const char *what, u64 found,
		     u64 expected)
{
	u64 mask = v->t->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;
	unsigned bit;

	if (ntr_one_bit(found & mask, expected & mask, &bit) && !v->single_bit)
		v->single_bit = ntr_arena_printf(&v->arena,
			"%s 0x%" PRIx64 " differs in one bit (bit %u) from 0x%"
			PRIx64 ", which should be there: suspect the memory",
			what, found & mask, bit, expected & mask);
}

static void single_bits(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	if (!v->has_bugcheck || !j->b || v->tool_mark)
		return;
	if (j->b->fault)
		pointer_bit(v, "the address referenced",
			    ntr_arg(v, j->b->fault));
	if (v->exc.has_access)
		pointer_bit(v, "the address referenced", v->exc.data);
	if (v->has_fault)
		pointer_bit(v, "the instruction pointer", v->fault.ip);
	if (v->code == 0x1A)
		pte_bit(v);
	if (v->code == 0xF7)
		pair_bit(v, "the stack cookie", v->arg[0], v->arg[1]);
	if (v->code == 0x19 && v->arg[0] == 3) {
		pair_bit(v, "a link of a free list of pool", v->arg[2],
			 v->arg[1]);
		pair_bit(v, "a link of a free list of pool", v->arg[3],
			 v->arg[1]);
	}
}

void ntr_triage_overflow(struct ntr_triage_job *j)
{
	frame_cycle(j->v);
	check_limits(j);
	cycle_text(j->v);
	single_bits(j);
}
