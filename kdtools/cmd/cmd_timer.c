// SPDX-License-Identifier: Apache-2.0
/* !timer: the kernel's timers, by processor and list. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/timer.h"

#include <string.h>

/* "[2012-05-06 07:08:09 UTC]", by the clock of the dump; "" unknown. */
static void fire_text(struct ntr_kd *k, const struct ntr_timers *l, u64 due,
		      char out[32])
{
	const struct ntr_meta *m = &k->t->d->meta;

	if (!(m->has & NTR_HAS_TIME) || !l->has_now ||
	    !ntr_filetime_text(out, m->time + (due - l->now)))
		out[0] = 0;
}

static void due_fields(struct ntr_kd *k, const struct ntr_timers *l,
		       const struct ntr_timer *x, const char *fire)
{
	bool known = x->has_due && l->has_now, past = x->due < l->now;
	u64 span = past ? l->now - x->due : x->due - l->now;

	ntr_out_hex_if(k->o, "due", NULL, x->has_due, x->due);
	ntr_out_str(k->o, "fires", NULL, *fire ? fire : NULL);
	ntr_out_uint_if(k->o, "due_in_ms", NULL, known && !past, span / 10000);
	ntr_out_uint_if(k->o, "overdue_ms", NULL, known && past, span / 10000);
	ntr_out_uint_if(k->o, "period_ms", NULL, x->has_period, x->period);
}

/* "0e90f550 00000000 [ …] " */
static void due_text(struct ntr_kd *k, const struct ntr_timers *l,
		     const struct ntr_timer *x, const char *fire)
{
	char span[48];

	if (!x->has_due) {
		ntr_out_print(k->o, "???????? ????????  ");
		return;
	}
	ntr_out_print(k->o, "%08" PRIx32 " %08" PRIx32 "  ", (u32)x->due,
		      (u32)(x->due >> 32));
	if (!l->has_now)
		return;
	ntr_span_text(span, x->due < l->now ? l->now - x->due :
		      x->due - l->now);
	ntr_out_print(k->o, "%s%s", x->due < l->now ? "-" : "+", span);
	if (*fire)
		ntr_out_print(k->o, " [%s]", fire);
	ntr_out_print(k->o, "  ");
}

static void what_text(struct ntr_kd *k, const struct ntr_timer *x,
		      const char *name)
{
	char va[24];

	if (x->routine) {
		ntr_kd_va(k, va, true, x->routine);
		ntr_out_print(k->o, "%s", *name ? name : va);
	} else if (x->thread) {
		ntr_kd_va(k, va, true, x->thread);
		ntr_out_print(k->o, "thread %s", va);
	} else if (x->encoded) {
		ntr_out_print(k->o, "???????? (encoded)");
	} else if (x->dpc_note) {
		ntr_out_print(k->o, "???????? (%s)", x->dpc_note);
	} else {
		ntr_out_print(k->o, "%s", x->dpc ? "???????? (its DPC is not "
			      "in the dump)" : "(no DPC)");
	}
	if (x->has_period && x->period)
		ntr_out_print(k->o, ", every %" PRIu32 " ms", x->period);
	ntr_out_line(k->o, "%s", "");
}

static void one(struct ntr_kd *k, const struct ntr_timers *l,
		const struct ntr_timer *x)
{
	char va[24], fire[32] = "", name[300] = "";

	if (x->has_due)
		fire_text(k, l, x->due, fire);
	if (x->routine)
		ntr_kd_symbol(k, x->routine, name, sizeof(name));
	ntr_out_open(k->o, NULL);
	ntr_out_uint_if(k->o, "cpu", NULL, x->cpu != NTR_CPU_UNKNOWN,
			x->cpu != NTR_CPU_UNKNOWN ?
			k->t->cpus.v[x->cpu].number : 0);
	ntr_out_uint(k->o, "list", NULL, x->list);
	ntr_out_hex(k->o, "timer", NULL, x->va);
	due_fields(k, l, x, fire);
	ntr_out_hex_if(k->o, "dpc", NULL, x->dpc, x->dpc);
	ntr_out_hex_if(k->o, "routine", NULL, x->routine, x->routine);
	ntr_out_str(k->o, "name", NULL, *name ? name : NULL);
	ntr_out_hex_if(k->o, "context", NULL, x->routine, x->context);
	ntr_out_hex_if(k->o, "thread", NULL, x->thread, x->thread);
	ntr_out_str(k->o, "lacking", NULL, x->note ? x->note : x->dpc_note);
	ntr_out_close(k->o);
	ntr_kd_va(k, va, true, x->va);
	ntr_out_print(k->o, "%3u %s  ", x->list, va);
	if (x->note) {
		ntr_out_line(k->o, "(%s)", x->note);
		return;
	}
	due_text(k, l, x, fire);
	what_text(k, x, name);
}

static void show(struct ntr_kd *k, const struct ntr_timers *l)
{
	u32 cpu = NTR_CPU_UNKNOWN;
	const char *encoded = NULL;

	ntr_out_list(k->o, "timers");
	for (size_t i = 0; i < l->t.n && !ntr_kd_stopped(k); i++) {
		const struct ntr_timer *x = &l->t.v[i];

		if (x->cpu != NTR_CPU_UNKNOWN && x->cpu != cpu)
			ntr_out_line(k->o, "Processor %u",
				     k->t->cpus.v[x->cpu].number);
		cpu = x->cpu;
		encoded = x->encoded ? x->dpc_note : encoded;
		one(k, l, x);
	}
	ntr_out_list_end(k->o);
	if (encoded)
		ntr_out_para(k->o, "  (", "%s)", encoded);
}

static void show_damage(struct ntr_kd *k, const struct ntr_timers *l)
{
	char va[24];

	ntr_out_list(k->o, "damaged");
	for (size_t i = 0; i < l->damage.n; i++) {
		const struct ntr_timer_damage *d = &l->damage.v[i];

		ntr_kd_va(k, va, true, d->head);
		ntr_out_open(k->o, NULL);
		ntr_out_hex(k->o, "head", NULL, d->head);
		ntr_out_uint(k->o, "list", NULL, d->list);
		ntr_out_str(k->o, "why", NULL, d->why);
		ntr_out_close(k->o);
		ntr_out_line(k->o, "List %u at %s is damaged: %s", d->list, va,
			     d->why);
	}
	ntr_out_list_end(k->o);
	if (l->ndamaged > l->damage.n)
		ntr_out_line(k->o, "  (%u lists are damaged, the first %zu are "
			     "shown)", l->ndamaged, l->damage.n);
	if (l->npartial)
		ntr_out_line(k->o, "  (%u lists lead to timers that are not in "
			     "the dump)", l->npartial);
	if (l->nunaligned)
		ntr_out_line(k->o, "  (%u lists lead to addresses that are not "
			     "aligned: not followed)", l->nunaligned);
	if (l->nabsent)
		ntr_out_line(k->o, "  (%u of %u lists are not in the dump)",
			     l->nabsent, l->nlists);
	if (l->assumed)
		ntr_out_line(k->o, "  (the table's length is that of Windows "
			     "2000: assumed)");
	if (l->full)
		ntr_out_line(k->o, "  (there may be more: only the first %u "
			     "are read)", NTR_MAX_TIMERS);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);
	struct ntr_timers l;
	char now[32] = "";

	if (!st)
		st = ntr_timers(k->t, &l, e);
	if (st)
		return st;
	fire_text(k, &l, l.now, now);
	ntr_out_line(k->o, "Dump system timers");
	ntr_out_line(k->o, "%s", "");
	ntr_out_str(k->o, "table", NULL, l.how);
	ntr_out_hex_if(k->o, "interrupt_time", NULL, l.has_now, l.now);
	ntr_out_uint(k->o, "count", NULL, l.t.n);
	ntr_out_uint(k->o, "lists", NULL, l.nlists);
	ntr_out_uint(k->o, "lists_absent", NULL, l.nabsent);
	ntr_out_uint(k->o, "lists_damaged", NULL, l.ndamaged);
	ntr_out_uint(k->o, "lists_partial", NULL, l.npartial);
	ntr_out_uint(k->o, "lists_unaligned", NULL, l.nunaligned);
	if (l.has_now)
		ntr_out_line(k->o, "Interrupt time: %08" PRIx32 " %08" PRIx32
			     "%s%s%s", (u32)l.now, (u32)(l.now >> 32),
			     *now ? " [" : "", now, *now ? "]" : "");
	else
		ntr_out_line(k->o, "Interrupt time: ???????? ????????");
	ntr_out_line(k->o, "%s", "");
	ntr_out_line(k->o, "List %-*s Interrupt Low/High  Fire Time, DPC/thread",
		     k->t->ptr_size == 8 ? 18 : 9, "Timer");
	show(k, &l);
	show_damage(k, &l);
	ntr_out_line(k->o, "Total timers: %s%zu", l.npartial || l.nabsent ||
		     l.nunaligned || l.full ? "at least " : "", l.t.n);
	ntr_timers_fini(&l);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_timer = {
	.names = "!timer",
	.summary = "the timers that are set",
	.operands = "",
	.help = "Every timer of the kernel's table (until Vista one, which "
		"symbols name; since Windows 7 one a processor): when it fires, "
		"from now and by the clock of the dump, its DPC's routine or the "
		"thread that waits with it, its period. A list that is damaged is "
		"named, with what both ends lead to.\n\n"
		"On x64 the pointer to the DPC may be encoded; with symbols, which "
		"name the keys, it is decoded. Timers of Windows 8.1 and later "
		"that are KTIMER2 are not shown.",
	.example = "!timer", .does = "what is to happen, and which driver's code "
		"does it",
	.run = run,
};
