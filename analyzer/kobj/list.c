// SPDX-License-Identifier: Apache-2.0
#include "list.h"

#include "../base/record.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

struct links {
	u64 flink, blink;
};

static enum ntr_st read_links(const struct ntr_target *t, u64 va,
			      struct links *out, struct ntr_err *e)
{
	u8 b[16];
	enum ntr_st st = ntr_space_read(t->mem, va, b, t->ptr_size * 2, e);

	if (st)
		return st;
	if (t->ptr_size == 4)
		*out = (struct links){ ntr_load_u32(b), ntr_load_u32(b + 4) };
	else
		*out = (struct links){ ntr_load_u64(b), ntr_load_u64(b + 8) };
	return NTR_OK;
}

static bool link_ok(const struct ntr_target *t, u64 va)
{
	return ntr_kernel_va(t, va) && !(va & (t->ptr_size - 1));
}

/* One direction.  `back` walks Blinks and checks Flinks. */
struct walk {
	const struct ntr_target *t;
	u64 head, at;
	struct links links; /* of at */
	bool back;
};

static enum ntr_st step(struct walk *w, char *why, size_t size)
{
	u64 next = w->back ? w->links.blink : w->links.flink, points;
	const char *fwd = w->back ? "Blink" : "Flink";
	const char *bwd = w->back ? "Flink" : "Blink";
	struct links l;

	if (next == w->head)
		return NTR_END;
	if (!link_ok(w->t, next)) {
		snprintf(why, size, "%s of 0x%" PRIx64 " is 0x%" PRIx64
			 ", no kernel address", fwd, w->at, next);
		return NTR_BAD;
	}
	if (read_links(w->t, next, &l, NULL)) {
		snprintf(why, size, "0x%" PRIx64 ", to which %s of 0x%" PRIx64
			 " leads, is not in the dump", next, fwd, w->at);
		return NTR_ABSENT;
	}
	points = w->back ? l.flink : l.blink;
	if (points != w->at) {
		snprintf(why, size, "%s of 0x%" PRIx64 " is 0x%" PRIx64
			 ", but %s of that is 0x%" PRIx64, fwd, w->at, next,
			 bwd, points);
		return NTR_BAD;
	}
	w->at = next;
	w->links = l;
	return NTR_OK;
}

static enum ntr_st run(struct walk *w, size_t max, struct ntr_list *out,
		       char *why, size_t size)
{
	enum ntr_st st;
	u64 *slot;

	for (;;) {
		st = step(w, why, size);
		if (st)
			return st;
		if (out->entry.n >= max) {
			snprintf(why, size, "more than %zu entries", max);
			return NTR_LIMIT;
		}
		slot = ntr_vec_add(&out->entry);
		if (!slot)
			return NTR_NOMEM;
		*slot = w->at;
	}
}

static void reverse(u64 *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		u64 keep = v[i];
		v[i] = v[n - 1 - i];
		v[n - 1 - i] = keep;
	}
}

enum ntr_st ntr_list_read(const struct ntr_target *t, u64 va, size_t max,
			  struct ntr_list *out, struct ntr_err *e)
{
	struct walk w = { .t = t, .head = va, .at = va };
	struct ntr_list l = { .why = "" };
	char other[160];
	enum ntr_st st;

	if (!link_ok(t, va))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no list head",
				va);
	st = read_links(t, va, &w.links, e);
	if (st)
		return ntr_wrap(e, st, "list head 0x%" PRIx64, va);
	if (!link_ok(t, w.links.flink) && !link_ok(t, w.links.blink))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no list head: "
				"its links are 0x%" PRIx64 " and 0x%" PRIx64,
				va, w.links.flink, w.links.blink);
	st = run(&w, max, &l, l.why, sizeof(l.why));
	l.gap = l.entry.n;
	l.absent = st == NTR_ABSENT;
	if (st != NTR_END && st != NTR_NOMEM && st != NTR_LIMIT) {
		w.at = va;
		w.back = true;
		st = read_links(t, va, &w.links, NULL);
		if (!st)
			st = run(&w, max, &l, other, sizeof(other));
		l.absent = l.absent && st == NTR_ABSENT;
		if (l.entry.n > l.gap)
			reverse(l.entry.v + l.gap, l.entry.n - l.gap);
	}
	if (st == NTR_NOMEM) {
		ntr_list_fini(&l);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*out = l;
	return NTR_OK;
}

void ntr_list_fini(struct ntr_list *l)
{
	ntr_vec_fini(&l->entry);
}
