// SPDX-License-Identifier: Apache-2.0
/* Statements about timers, APCs, queued spin locks and physical pages. */
#include "scen_stmt.h"

static void must(struct f_lex *l, const char *word)
{
	if (!f_lex_word(l, word))
		f_lex_unexpected(l);
}

void f_st_timer(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_stimer *d = F_ADD(l, &l->s->timers, F_MAX_TIMERS, "timers");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_stimer){ .loc = at, .tid = F_NONE, .list = F_NONE };
	if (f_lex_word(l, "thread"))
		d->tid = f_lex_num(l, "a thread id");
	else if (!f_lex_word(l, "nodpc"))
		d->routine = f_lex_text(l, "module!Function");
	while (!l->st)
		if (f_lex_word(l, "cpu"))
			d->cpu = f_lex_num(l, "a CPU number");
		else if (f_lex_word(l, "due"))
			d->due = f_lex_duration(l);
		else if (f_lex_word(l, "period"))
			d->period = f_lex_num(l, "milliseconds");
		else if (f_lex_word(l, "context"))
			d->context = f_lex_num(l, "a value");
		else if (f_lex_word(l, "list"))
			d->list = f_lex_num(l, "a number of a list");
		else if (f_lex_word(l, "encoded"))
			d->encoded = true;
		else if (f_lex_word(l, "synchronization"))
			d->sync = true;
		else
			break;
}

void f_st_apc(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sapc *d = F_ADD(l, &l->s->apcs, F_MAX_APCS, "APCs");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sapc){ .loc = at };
	must(l, "tid");
	d->tid = f_lex_num(l, "a thread id");
	while (!l->st)
		if (f_lex_word(l, "kernel"))
			d->routine[0] = f_lex_text(l, "module!Function");
		else if (f_lex_word(l, "rundown"))
			d->routine[1] = f_lex_text(l, "module!Function");
		else if (f_lex_word(l, "normal"))
			d->routine[2] = f_lex_text(l, "module!Function");
		else if (f_lex_word(l, "context"))
			d->context = f_lex_num(l, "a value");
		else if (f_lex_word(l, "user"))
			d->user = true;
		else
			break;
}

void f_st_apcstate(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sapcstate *d = F_ADD(l, &l->s->apcstates, F_MAX_APCS,
				      "APC states");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sapcstate){ .loc = at };
	must(l, "tid");
	d->tid = f_lex_num(l, "a thread id");
	while (!l->st)
		if (f_lex_word(l, "disabled"))
			d->disabled = f_lex_num(l, "how many times");
		else if (f_lex_word(l, "special"))
			d->special = f_lex_num(l, "how many times");
		else if (f_lex_word(l, "inprogress"))
			d->in_progress = true;
		else if (f_lex_word(l, "kernelpending"))
			d->kernel_pending = true;
		else if (f_lex_word(l, "userpending"))
			d->user_pending = true;
		else if (f_lex_word(l, "attached"))
			d->attached = true;
		else
			break;
}

void f_st_qlock(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sqlock *d = F_ADD(l, &l->s->qlocks, F_MAX_QLOCKS,
				   "queued locks");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sqlock){ .loc = at };
	d->index = f_lex_num(l, "a number of a lock");
	must(l, "owner");
	d->cpu[d->n++] = f_lex_num(l, "a CPU number");
	if (!f_lex_word(l, "waiters"))
		return;
	while (!l->st && f_lex_is_num(l)) {
		if (d->n == F_MAX_CPUS)
			f_lex_fail(l, l->at, "more waiters than processors");
		else
			d->cpu[d->n++] = f_lex_num(l, "a CPU number");
	}
}

void f_st_pfn(struct f_lex *l, void *ctx)
{
	static const char *const words[] = {
		"zeroed", "free", "standby", "modified", "nowrite", "bad",
		"active", "transition",
	};
	struct f_loc at = l->at;
	struct f_spfn *d = F_ADD(l, &l->s->pfns, F_MAX_PFNS, "page entries");
	size_t i = 0;

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_spfn){ .loc = at, .times = 1, .cache = 1 };
	d->pfn = f_lex_num(l, "a page number");
	while (i < NTR_COUNT(words) && !f_lex_word(l, words[i]))
		i++;
	if (i == NTR_COUNT(words))
		f_lex_unexpected(l);
	d->state = i;
	while (!l->st)
		if (f_lex_word(l, "references"))
			d->refs = f_lex_num(l, "a number");
		else if (f_lex_word(l, "share"))
			d->share = f_lex_num(l, "a number");
		else if (f_lex_word(l, "pte"))
			d->pte = f_lex_num(l, "an address");
		else if (f_lex_word(l, "original"))
			d->original = f_lex_num(l, "an entry");
		else if (f_lex_word(l, "frame"))
			d->frame = f_lex_num(l, "a page number");
		else if (f_lex_word(l, "dirty"))
			d->dirty = true;
		else if (f_lex_word(l, "times"))
			d->times = f_lex_num(l, "a number");
		else
			break;
}

void f_st_pagelists(struct f_lex *l, void *ctx)
{
	static const char *const words[F_NPAGELISTS] = {
		"zeroed", "free", "standby", "modified", "nowrite", "bad",
		"highest",
	};
	size_t i;

	(void)ctx;
	l->s->pagelists_given = true;
	do {
		for (i = 0; i < F_NPAGELISTS; i++)
			if (f_lex_word(l, words[i])) {
				l->s->pagelists[i] = f_lex_num(l, "a number");
				break;
			}
	} while (!l->st && i < F_NPAGELISTS);
}
