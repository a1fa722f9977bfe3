// SPDX-License-Identifier: Apache-2.0
/* !dpcs: deferred procedure calls that wait on the processors' queues. */
#include "cmd.h"
#include "kobj/dpcs.h"

static void one(struct ntr_kd *k, const struct ntr_dpc *d)
{
	char at[24], routine[24], context[24], name[300];

	ntr_va_text(at, d->va, k->t->ptr_size);
	ntr_va_text(routine, d->routine, k->t->ptr_size);
	ntr_va_text(context, d->context, k->t->ptr_size);
	ntr_kd_symbol(k, d->routine, name, sizeof(name));
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "dpc", NULL, d->va);
	ntr_out_hex(k->o, "routine", NULL, d->routine);
	ntr_out_str(k->o, "name", NULL, *name ? name : NULL);
	ntr_out_hex(k->o, "context", NULL, d->context);
	ntr_out_bool(k->o, "threaded", NULL, d->threaded);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "    %s: %s: %s (%s)", d->threaded ? "Threaded" :
		     "Normal  ", at, *name ? name : routine, context);
}

static void queue(struct ntr_kd *k, const struct ntr_cpu *cpu)
{
	struct ntr_dpc_queue q = { .depth = 0 };
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_dpc_queue(k->t, cpu, &q, &e);

	ntr_out_open(k->o, NULL);
	ntr_out_uint_if(k->o, "cpu", NULL, cpu->number != NTR_CPU_UNKNOWN,
			cpu->number);
	ntr_out_uint_if(k->o, "depth", NULL, !st, q.depth);
	ntr_out_str(k->o, "why", NULL, st ? e.msg : *q.why ? q.why : NULL);
	if (st)
		ntr_out_line(k->o, "CPU %u: ???????? (%s)", cpu->number, e.msg);
	else
		ntr_out_line(k->o, "CPU %u: %" PRIu32 " queued%s%s",
			     cpu->number, q.depth, *q.why ? "; " : "", q.why);
	ntr_out_list(k->o, "dpcs");
	for (size_t i = 0; !st && i < q.d.n && !ntr_kd_stopped(k); i++)
		one(k, &q.d.v[i]);
	ntr_out_list_end(k->o);
	ntr_out_close(k->o);
	if (!st)
		ntr_dpc_queue_fini(&q);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (st)
		return st;
	if (!k->t->cpus.n)
		return ntr_fail(e, NTR_ABSENT, "no processor of this dump is "
				"known");
	ntr_out_list(k->o, "processors");
	for (size_t i = 0; i < k->t->cpus.n && !ntr_kd_stopped(k); i++)
		queue(k, &k->t->cpus.v[i]);
	ntr_out_list_end(k->o);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_dpcs = {
	.names = "!dpcs",
	.summary = "deferred procedure calls that wait, by processor",
	.operands = "",
	.help = "Each DPC with its routine and context; threaded ones (Server "
		"2003 and later) are marked. Where a list is broken or has not "
		"as many as the processor counts, that is said.",
	.example = "!dpcs", .does = "what waits to run at DISPATCH_LEVEL",
	.run = run,
};
