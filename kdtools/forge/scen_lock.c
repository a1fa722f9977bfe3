// SPDX-License-Identifier: Apache-2.0
/* Statements about waiting: locks, work queues, and a thread's wait. */
#include "scen_stmt.h"

#include <string.h>

static const char *const reasons[] = {
	"Executive", "FreePage", "PageIn", "PoolAllocation", "DelayExecution",
	"Suspended", "UserRequest", "WrExecutive", "WrFreePage", "WrPageIn",
	"WrPoolAllocation", "WrDelayExecution", "WrSuspended", "WrUserRequest",
	"WrEventPair", "WrQueue", "WrLpcReceive", "WrLpcReply",
	"WrVirtualMemory", "WrPageOut", "WrRendezvous", "WrKeyedEvent",
	"WrTerminated", "WrProcessInSwap", "WrCpuRateControl",
	"WrCalloutStack", "WrKernel", "WrResource", "WrPushLock", "WrMutex",
	"WrQuantumEnd", "WrDispatchInt", "WrPreempted", "WrYieldExecution",
	"WrFastMutex", "WrGuardedMutex", "WrRundown",
};

static u64 wait_reason(struct f_lex *l)
{
	for (u64 i = 0; i < NTR_COUNT(reasons); i++)
		if (f_lex_word(l, reasons[i]))
			return i;
	return f_lex_num(l, "a wait reason (a number or a name like WrQueue)");
}

static struct f_swait *add_wait(struct f_lex *l, struct f_sthread *t)
{
	if (t->nwaits == F_MAX_WAITS) {
		f_lex_fail(l, l->at, "a thread waits for at most %d objects",
			   F_MAX_WAITS);
		return NULL;
	}
	t->wait[t->nwaits] = (struct f_swait){ .loc = l->at };
	return &t->wait[t->nwaits++];
}

static u64 queue_kind(struct f_lex *l)
{
	static const char *const words[F_NQUEUES] = {
		"critical", "delayed", "hypercritical",
	};

	for (u64 i = 0; i < F_NQUEUES; i++)
		if (f_lex_word(l, words[i]))
			return i;
	f_lex_unexpected(l);
	return 0;
}

bool f_thread_wait_attr(struct f_lex *l, struct f_sthread *t)
{
	struct f_swait *w;

	if (f_lex_word(l, "wait")) {
		t->reason = wait_reason(l);
		t->state = 5;
	} else if (f_lex_word(l, "on")) {
		w = add_wait(l, t);
		if (w)
			w->lock = f_lex_text(l, "a lock's name");
	} else if (f_lex_word(l, "holding")) {
		while (t->nholding < F_MAX_HOLDING && l->tok == F_T_STRING)
			t->holding[t->nholding++] = f_lex_text(l, "a lock");
	} else if (f_lex_word(l, "join")) {
		w = add_wait(l, t);
		if (w)
			w->tid = f_lex_num(l, "a thread id");
	} else if (f_lex_word(l, "shared")) {
		if (t->nwaits)
			t->wait[t->nwaits - 1].shared = true;
	} else if (f_lex_word(l, "all")) {
		t->all = true;
	} else if (f_lex_word(l, "timeout")) {
		t->timeout = true;
	} else if (f_lex_word(l, "for")) {
		t->waited = f_lex_duration(l);
	} else if (f_lex_word(l, "worker")) {
		t->worker = queue_kind(l);
	} else if (f_lex_word(l, "priority")) {
		t->priority = f_lex_num(l, "a priority");
	} else {
		return false;
	}
	return true;
}

/* --- locks ------------------------------------------------------------------- */

static void lock_owners(struct f_lex *l, struct f_slock *k)
{
	do {
		if (k->nowners == F_MAX_OWNERS) {
			f_lex_fail(l, l->at, "a lock has at most %d owners",
				   F_MAX_OWNERS);
			return;
		}
		k->owner[k->nowners++] = f_lex_num(l, "a thread id");
	} while (!l->st && f_lex_is_num(l));
}

void f_st_lock(struct f_lex *l, void *ctx)
{
	static const char *const words[] = { "mutex", "resource", "fastmutex",
					     "event", "semaphore" };
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a lock's name");
	struct f_slock *k = F_ADD(l, &l->s->locks, F_MAX_LOCKS, "locks");
	size_t kind = 0;

	(void)ctx;
	if (!k)
		return;
	*k = (struct f_slock){ .loc = at, .name = name };
	while (kind < NTR_COUNT(words) && !f_lex_word(l, words[kind]))
		kind++;
	if (kind == NTR_COUNT(words)) {
		f_lex_unexpected(l);
		return;
	}
	k->kind = (enum f_lock_kind)kind;
	while (!l->st)
		if (f_lex_word(l, "owner"))
			lock_owners(l, k);
		else if (f_lex_word(l, "shared"))
			k->shared = true;
		else if (f_lex_word(l, "each"))
			k->each = true;
		else if (f_lex_word(l, "contention"))
			k->contention = f_lex_num(l, "a number");
		else
			break;
	if (!l->st && k->nowners && k->kind >= F_L_EVENT)
		f_lex_fail(l, at, "events and semaphores have no owner");
	else if (!l->st && k->each && k->kind != F_L_EVENT)
		f_lex_fail(l, at, "each is for events");
	else if (!l->st && k->nowners > 1 && !k->shared)
		f_lex_fail(l, at, "a lock that is not shared has one owner");
}

/* --- queues ------------------------------------------------------------------- */

static void st_item(struct f_lex *l, void *ctx)
{
	struct f_squeue *q = ctx;
	struct f_loc at = l->at;
	const char *routine = f_lex_text(l, "module!Function");
	struct f_sitem_kind *i = F_ADD(l, &q->items, F_MAX_ITEMS, "items");

	if (!i)
		return;
	*i = (struct f_sitem_kind){ .loc = at, .routine = routine, .times = 1 };
	while (!l->st)
		if (f_lex_word(l, "times"))
			i->times = f_lex_num(l, "a number");
		else if (f_lex_word(l, "parameter"))
			i->param = f_lex_num(l, "a value");
		else if (f_lex_word(l, "of"))
			i->of = f_lex_text(l, "a lock's name");
		else if (f_lex_word(l, "holds"))
			i->holds = f_lex_text(l, "a lock's name");
		else if (f_lex_word(l, "inside"))
			i->inside = true;
		else if (f_lex_word(l, "irp"))
			i->irp = f_lex_num(l, "an IRP's number");
		else
			break;
	if (!l->st && (!i->times || i->times > F_MAX_COUNT))
		f_lex_fail(l, at, "times is 1 to %d", F_MAX_COUNT);
}

static const struct f_stmt queue_stmts[1] = {
	{ "item", st_item },
};

void f_st_queue(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	u64 kind = queue_kind(l);
	struct f_squeue *q;

	(void)ctx;
	if (l->st)
		return;
	q = &l->s->queue[kind];
	if (q->given) {
		f_lex_fail(l, at, "this queue is described already (line %u)",
			   q->loc.line);
		return;
	}
	q->given = true;
	q->loc = at;
	q->maximum = F_NONE;
	while (!l->st)
		if (f_lex_word(l, "maximum"))
			q->maximum = f_lex_num(l, "a number");
		else if (f_lex_word(l, "processed"))
			q->processed = f_lex_num(l, "a number");
		else if (f_lex_word(l, "lastpass"))
			q->last = f_lex_num(l, "a number");
		else if (f_lex_word(l, "most"))
			q->most = f_lex_num(l, "a number");
		else if (f_lex_word(l, "dynamic"))
			q->dynamic = f_lex_num(l, "a number");
		else
			break;
	if (!l->st && l->tok == F_T_OPEN)
		f_stmt_block(l, queue_stmts, 1, q, false);
}
