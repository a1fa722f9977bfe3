// SPDX-License-Identifier: Apache-2.0
/* !qlocks: the kernel's queued spin locks, by processor. */
#include "cmd.h"
#include "kobj/spinlocks.h"

#include <stdio.h>
#include <string.h>

static const char *state_key(const struct ntr_qlock *q)
{
	static const char *const keys[] = { "free", "held", "corrupt",
					    "unknown" };

	return keys[q->state];
}

static void cell(const struct ntr_qlock *q, u32 cpu, char out[8])
{
	if (q->odd[cpu])
		strcpy(out, "C");
	else if (q->owner == cpu)
		strcpy(out, "O");
	else if (q->place[cpu])
		snprintf(out, 8, "%u", q->place[cpu] % 10000);
	else
		out[0] = 0;
}

static void fields(struct ntr_kd *k, const struct ntr_qlocks *l,
		   const struct ntr_qlock *q)
{
	ntr_out_uint(k->o, "index", NULL, q->index);
	ntr_out_str(k->o, "name", NULL, q->name);
	ntr_out_hex_if(k->o, "lock", NULL, q->lock, q->lock);
	ntr_out_str(k->o, "state", NULL, state_key(q));
	ntr_out_uint_if(k->o, "owner", NULL, q->owner != NTR_NO_CPU,
			q->owner != NTR_NO_CPU ?
			k->t->cpus.v[q->owner].number : 0);
	ntr_out_list(k->o, "waiters");
	for (u32 place = 1; place <= q->nwaiters; place++)
		for (u32 i = 0; i < l->ncpus; i++)
			if (q->place[i] == place)
				ntr_out_uint(k->o, NULL, NULL,
					     k->t->cpus.v[i].number);
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "why", NULL, q->why[0] ? q->why : NULL);
}

static void row(struct ntr_kd *k, const struct ntr_qlocks *l,
		const struct ntr_qlock *q)
{
	char text[8];
	u32 last = 0; /* no blanks behind the last mark */

	ntr_out_open(k->o, NULL);
	fields(k, l, q);
	ntr_out_close(k->o);
	if (q->state == NTR_QL_FREE &&
	    (!q->lock || !strcmp(q->name, "(unused)")))
		return; /* this version does not use it */
	for (u32 i = 0; i < l->ncpus; i++)
		if (q->odd[i] || q->owner == i || q->place[i])
			last = i + 1;
	if (q->state == NTR_QL_UNKNOWN && !last)
		return; /* said once, below */
	ntr_out_print(k->o, "%-*s", last || q->why[0] ? 21 : 0, q->name);
	for (u32 i = 0; i < last; i++) {
		cell(q, i, text);
		ntr_out_print(k->o, " %2s", text);
	}
	ntr_out_line(k->o, "%s%s", q->why[0] ? "  " : "", q->why);
}

static void head(struct ntr_kd *k, const struct ntr_qlocks *l)
{
	ntr_out_line(k->o, "Key: O = Owner, 1-n = Wait order, blank = not "
		     "owned/waiting, C = Corrupt");
	ntr_out_line(k->o, "%s", "");
	ntr_out_line(k->o, "%23sProcessor Number", "");
	ntr_out_print(k->o, "    %-17s", "Lock Name");
	for (u32 i = 0; i < l->ncpus; i++)
		ntr_out_print(k->o, " %2u", k->t->cpus.v[i].number);
	ntr_out_line(k->o, "%s", "");
	ntr_out_line(k->o, "%s", "");
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);
	const char *why = "";
	struct ntr_qlocks l;
	u32 unknown = 0;

	if (!st)
		st = ntr_qlocks(k->t, &l, e);
	if (st)
		return st;
	head(k, &l);
	ntr_out_list(k->o, "locks");
	for (size_t i = 0; i < l.q.n && !ntr_kd_stopped(k); i++)
		row(k, &l, &l.q.v[i]);
	ntr_out_list_end(k->o);
	for (size_t i = 0; i < l.q.n; i++)
		if (l.q.v[i].state == NTR_QL_UNKNOWN && !l.q.v[i].nwaiters) {
			unknown++;
			why = l.q.v[i].why;
		}
	if (unknown)
		ntr_out_line(k->o, "  (of %u locks it cannot be told: %s)",
			     unknown, why);
	ntr_out_uint(k->o, "processors_absent", NULL, l.nabsent);
	if (l.nabsent)
		ntr_out_line(k->o, "  (%u processors' blocks are not in the "
			     "dump)", l.nabsent);
	ntr_out_line(k->o, "  (plain spin locks are not listed: they record no "
		     "owner but in checked builds)");
	ntr_qlocks_fini(&l);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_qlocks = {
	.names = "!qlocks",
	.summary = "queued spin locks: owner and waiting processors",
	.operands = "",
	.help = "The kernel's own queued spin locks (Windows 2000 and later), with "
		"the processor that owns each and those that spin for it, in "
		"order. Where the links contradict each other, that is said, and no "
		"owner is given.",
	.example = "!qlocks", .does = "which processor keeps the others spinning",
	.run = run,
};
