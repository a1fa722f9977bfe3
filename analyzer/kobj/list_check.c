// SPDX-License-Identifier: Apache-2.0
#include "list_check.h"

#include "../base/bits.h"
#include "priv.h"

const char *ntr_list_state_text(enum ntr_list_state s)
{
	static const char *const text[] = {
		"whole", "empty", "an entry is not in the dump",
		"a link is no kernel address", "an entry does not point back",
		"longer than looked at",
	};

	return s < NTR_COUNT(text) ? text[s] : "";
}

struct way {
	enum ntr_list_state state;
	u64 n, last, next, found;
};

/* Along the links at offset `link`; `back` is that of the other ones. */
static struct way follow(const struct ntr_target *t, u64 head, u64 max,
			 unsigned link, unsigned back)
{
	struct way w = { .last = head };

	for (;;) {
		if (ntr_read_ptr(t->mem, w.last + link, t->ptr_size, &w.next)) {
			w.state = NTR_LIST_UNREADABLE;
			return w;
		}
		if (!ntr_kernel_va(t, w.next)) {
			w.state = NTR_LIST_WILD;
			return w;
		}
		if (ntr_read_ptr(t->mem, w.next + back, t->ptr_size,
				 &w.found)) {
			w.state = NTR_LIST_UNREADABLE;
			return w;
		}
		if (w.found != w.last) {
			w.state = NTR_LIST_BROKEN;
			return w;
		}
		if (w.next == head) {
			w.state = w.n ? NTR_LIST_WHOLE : NTR_LIST_EMPTY;
			return w;
		}
		if (w.n == max) {
			w.state = NTR_LIST_LONG;
			return w;
		}
		w.n++;
		w.last = w.next;
	}
}

/*
 * Two entries are neighbours when one link between them is right: then the
 * other one is known too, and may differ from it in one bit.
 */
static void explain(const struct ntr_target *t, struct ntr_list_check *c)
{
	u64 blink;

	if (c->state == NTR_LIST_BROKEN && c->next == c->back_last) {
		c->wrong_at = c->next + t->ptr_size;
		c->wrong = c->found;
		c->expected = c->last;
	} else if (ntr_read_ptr(t->mem, c->back_last + t->ptr_size,
				t->ptr_size, &blink) == NTR_OK &&
		   blink == c->last) {
		c->wrong_at = c->last;
		c->wrong = c->next;
		c->expected = c->back_last;
	}
	c->one_bit = c->wrong_at && ntr_one_bit(c->wrong, c->expected, &c->bit);
}

void ntr_list_check(const struct ntr_target *t, u64 head, u64 max,
		    struct ntr_list_check *out)
{
	struct way f = follow(t, head, max, 0, t->ptr_size), b;

	*out = (struct ntr_list_check){ .state = f.state, .forward = f.n,
					.last = f.last, .next = f.next,
					.found = f.found };
	if (f.state == NTR_LIST_WHOLE || f.state == NTR_LIST_EMPTY ||
	    f.state == NTR_LIST_LONG)
		return;
	b = follow(t, head, max, t->ptr_size, 0);
	out->backward = b.n;
	out->back_last = b.last;
	explain(t, out);
}
