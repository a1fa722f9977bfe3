// SPDX-License-Identifier: Apache-2.0
/* Statements about what a process has open. */
#include "scen_stmt.h"

static const char *const kinds[F_NH] = {
	"process", "thread", "device", "driver", "file", "event", "mutant",
	"semaphore", "timer", "key", "section",
};

static void target(struct f_lex *l, struct f_shandle *h)
{
	size_t k = 0;

	while (k < F_NH && !f_lex_word(l, kinds[k]))
		k++;
	if (k == F_NH) {
		f_lex_unexpected(l);
		return;
	}
	h->to = (enum f_handle_to)k;
	if (h->to == F_H_PROCESS)
		h->id = f_lex_num(l, "a process id");
	else if (h->to == F_H_THREAD)
		h->id = f_lex_num(l, "a thread id");
	else if (h->to <= F_H_FILE || l->tok == F_T_STRING)
		h->name = f_lex_text(l, "a name");
}

static void attributes(struct f_lex *l, struct f_shandle *h)
{
	while (!l->st)
		if (f_lex_word(l, "access"))
			h->access = f_lex_num(l, "an access mask");
		else if (f_lex_word(l, "on"))
			h->device = f_lex_text(l, "a device's name");
		else if (f_lex_word(l, "inherit"))
			h->inherit = true;
		else if (f_lex_word(l, "protect"))
			h->protect = true;
		else if (f_lex_word(l, "audit"))
			h->audit = true;
		else
			break;
}

static struct f_shandle *added(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_shandle *h = F_ADD(l, &l->s->handles, F_MAX_HANDLES,
				    "statements of handles");

	if (h)
		*h = (struct f_shandle){ .loc = at, .proc = *(size_t *)ctx,
					 .value = F_NONE, .count = 1,
					 .access = 0x1f0003 };
	return h;
}

void f_st_handle(struct f_lex *l, void *ctx)
{
	struct f_shandle *h = added(l, ctx);

	if (!h)
		return;
	h->value = f_lex_num(l, "a handle");
	if (!l->st && (!h->value || h->value % 4 ||
		       h->value / 4 > F_MAX_HANDLE_COUNT)) {
		f_lex_fail(l, h->loc, "a handle is a multiple of 4, up to 0x%x",
			   4 * F_MAX_HANDLE_COUNT);
		return;
	}
	target(l, h);
	attributes(l, h);
}

void f_st_handles(struct f_lex *l, void *ctx)
{
	struct f_shandle *h = added(l, ctx);

	if (!h)
		return;
	h->count = f_lex_num(l, "how many handles");
	if (!l->st && (!h->count || h->count > F_MAX_HANDLE_COUNT)) {
		f_lex_fail(l, h->loc, "1 to %d handles", F_MAX_HANDLE_COUNT);
		return;
	}
	target(l, h);
	attributes(l, h);
}
