// SPDX-License-Identifier: Apache-2.0
/* Code of the network stack that is queued to run, or on a thread's stack. */
#include "netstack.h"

#include "dpcs.h"
#include "locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORKERS 4096u

const char *ntr_net_run_kind_name(enum ntr_net_run_kind k)
{
	static const char *const names[] = { "work item", "DPC", "thread" };

	return names[k];
}

struct runs {
	struct ntr_net *n;
	struct { NTR_VEC(struct ntr_kthread); } workers;
	struct ntr_kthread k;
	u32 walked;
	bool current;       /* the current thread was among them */
	bool lost, cut;
};

static struct ntr_net_run *add(struct runs *s, enum ntr_net_run_kind kind,
			       enum ntr_net_part part)
{
	struct ntr_net_run *x;

	if (s->n->runs.n >= NTR_NET_MAX_RUNS) {
		s->cut = true;
		return NULL;
	}
	x = ntr_vec_add(&s->n->runs);
	s->lost |= !x;
	if (x)
		*x = (struct ntr_net_run){ .kind = kind, .part = part };
	return x;
}

/* --- threads ----------------------------------------------------------------- */

/* The innermost frame of the stack's code: one that was walked to, else one that
 * was found by scanning; n: none. */
static size_t net_frame(const struct ntr_net *net, const struct ntr_frame *f,
			size_t n)
{
	size_t scanned = n;

	for (size_t i = 0; i < n; i++) {
		if (ntr_net_code_part(net, f[i].ip) == NTR_NET_NPARTS)
			continue;
		if (f[i].trust != NTR_TRUST_SCAN)
			return i;
		if (scanned == n)
			scanned = i;
	}
	return scanned;
}

static void walk_stack(struct runs *s, const struct ntr_kthread *k)
{
	struct ntr_frame frames[NTR_NET_FRAMES];
	struct ntr_net_run *x;
	size_t n = 0, i;

	if (s->walked++ >= NTR_NET_MAX_STACKS) {
		snprintf(s->n->threads_why, sizeof(s->n->threads_why), "the "
			 "stacks of the first %u threads were walked",
			 NTR_NET_MAX_STACKS);
		return;
	}
	(void)ntr_thread_unwind(s->n->t, k, frames, NTR_NET_FRAMES, &n, NULL);
	i = net_frame(s->n, frames, n);
	if (i == n)
		return;
	x = add(s, NTR_NR_THREAD, ntr_net_code_part(s->n, frames[i].ip));
	if (!x)
		return;
	x->va = k->th.va;
	x->at = frames[i].ip;
	x->frame = (u32)i;
	x->trust = frames[i].trust;
	x->blocked = ntr_thread_blocked(k);
	x->has_waited = x->blocked && k->has_waited;
	x->waited = x->has_waited ? k->waited : 0;
	memcpy(x->process, k->th.process_name, sizeof(x->process));
}

static void one_thread(struct runs *s, u64 va)
{
	struct ntr_kthread *w;

	s->current |= va == s->n->t->thread.va;
	ntr_kthread_read(s->n->t, va, &s->k);
	if (s->k.note)
		return;
	walk_stack(s, &s->k);
	if (!s->k.queue || s->workers.n >= MAX_WORKERS)
		return;
	w = ntr_vec_add(&s->workers);
	s->lost |= !w;
	if (w)
		*w = s->k;
}

static void threads(struct runs *s)
{
	struct ntr_net *n = s->n;
	struct ntr_process_list ps;
	struct ntr_thread_list ts;
	struct ntr_err why;

	if (ntr_process_list(n->t, &ps, &why)) {
		snprintf(n->threads_why, sizeof(n->threads_why), "only the "
			 "current thread: %.170s", why.msg);
		if (n->t->thread.va)
			one_thread(s, n->t->thread.va);
		return;
	}
	snprintf(n->threads_why, sizeof(n->threads_why), "%s", ps.why);
	for (size_t i = 0; !s->lost && i < ps.p.n; i++) {
		if (ntr_thread_list(n->t, ps.p.v[i].va, &ts, &why)) {
			snprintf(n->threads_why, sizeof(n->threads_why),
				 "%.190s", why.msg);
			continue;
		}
		for (size_t k = 0; !s->lost && k < ts.va.n; k++)
			one_thread(s, ts.va.v[k]);
		ntr_thread_list_fini(&ts);
	}
	ntr_process_list_fini(&ps);
	if (n->t->thread.va && !s->current && !s->lost)
		one_thread(s, n->t->thread.va);
}

/* --- work items ------------------------------------------------------------------ */

static void items_of(struct runs *s, const struct ntr_work_queue *q)
{
	for (size_t i = 0; i < q->items.n && !s->lost; i++) {
		const struct ntr_work_item *w = &q->items.v[i];
		enum ntr_net_part part = ntr_net_code_part(s->n, w->routine);
		struct ntr_net_run *x = part == NTR_NET_NPARTS ? NULL :
					add(s, NTR_NR_WORK, part);

		if (!x)
			continue;
		x->va = w->va;
		x->at = w->routine;
		x->parameter = w->parameter;
		x->queue = q->name;
	}
	if (*q->why)
		snprintf(s->n->work_why, sizeof(s->n->work_why), "%.190s",
			 q->why);
}

static void work(struct runs *s)
{
	struct ntr_work_queues q;
	struct ntr_err why;
	enum ntr_st st = ntr_work_queues(s->n->t, s->workers.v, s->workers.n,
					 &q, &why);

	s->lost |= st == NTR_NOMEM;
	if (st) {
		snprintf(s->n->work_why, sizeof(s->n->work_why), "%.190s",
			 why.msg);
		return;
	}
	if (!q.q.n)
		snprintf(s->n->work_why, sizeof(s->n->work_why), "no work "
			 "queue was found: neither symbols nor a worker lead "
			 "to one");
	for (size_t i = 0; i < q.q.n; i++)
		items_of(s, &q.q.v[i]);
	ntr_work_queues_fini(&q);
}

/* --- DPCs -------------------------------------------------------------------------- */

static void dpcs_of(struct runs *s, const struct ntr_cpu *cpu)
{
	struct ntr_dpc_queue q;
	struct ntr_err why;
	enum ntr_st st = ntr_dpc_queue(s->n->t, cpu, &q, &why);

	s->lost |= st == NTR_NOMEM;
	if (st) {
		snprintf(s->n->dpcs_why, sizeof(s->n->dpcs_why), "processor "
			 "%u: %.170s", cpu->number, why.msg);
		return;
	}
	if (*q.why)
		snprintf(s->n->dpcs_why, sizeof(s->n->dpcs_why), "processor "
			 "%u: %.170s", cpu->number, q.why);
	for (size_t i = 0; i < q.d.n && !s->lost; i++) {
		const struct ntr_dpc *d = &q.d.v[i];
		enum ntr_net_part part = ntr_net_code_part(s->n, d->routine);
		struct ntr_net_run *x = part == NTR_NET_NPARTS ? NULL :
					add(s, NTR_NR_DPC, part);

		if (!x)
			continue;
		x->va = d->va;
		x->at = d->routine;
		x->parameter = d->context;
		x->cpu = cpu->number;
	}
	ntr_dpc_queue_fini(&q);
}

enum ntr_st ntr_net_runs(struct ntr_net *n)
{
	struct runs *s = calloc(1, sizeof(*s));
	bool lost;

	if (!s)
		return NTR_NOMEM;
	s->n = n;
	threads(s);
	work(s);
	if (!n->t->cpus.n)
		snprintf(n->dpcs_why, sizeof(n->dpcs_why), "no processor of "
			 "this dump is known");
	for (size_t i = 0; i < n->t->cpus.n && !s->lost; i++)
		dpcs_of(s, &n->t->cpus.v[i]);
	if (s->cut)
		snprintf(n->threads_why, sizeof(n->threads_why), "more than %u "
			 "threads, work items and DPCs", NTR_NET_MAX_RUNS);
	lost = s->lost;
	ntr_vec_fini(&s->workers);
	free(s);
	return lost ? NTR_NOMEM : NTR_OK;
}
