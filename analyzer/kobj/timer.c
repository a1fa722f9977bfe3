// SPDX-License-Identifier: Apache-2.0
/*
 * How many lists the one table has, and of what, is public from Volatility's
 * plugin for timers: 128 list heads in 2000, 256 in XP and Server 2003 before
 * its service packs, then 512 entries of a head and a time until Vista.  Of
 * 3.51 and 4.0 nothing is public; 128 is assumed.
 */
#include "timer.h"

#include "layout.h"
#include "priv.h"
#include "process.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define FIRST_PER_CPU 7600u
#define PER_CPU_LISTS 256u
#define MAX_LISTS 4096u
#define TYPE_BITS 0x7fu
#define THREAD_OBJECT 6u

struct job {
	struct ntr_target *t;
	struct ntr_timers *out;
	u32 entry, dpc, due, period;   /* of a KTIMER */
	u32 routine, context;          /* of a KDPC */
	u32 head, size, count;         /* of a table's entry */
	u32 table;                     /* of a KPRCB, to the first entry */
	u32 of_thread;                 /* KTHREAD.Timer, or NTR_NO_OFFSET */
	struct ntr_kdbg_keys keys;
	bool has_keys;
	enum ntr_st st;
};

/* --- layout ----------------------------------------------------------------------- */

static bool at(const struct ntr_types *y, const char *type, const char *member,
	       u32 *out)
{
	struct ntr_type_hit h;

	if (!ntr_types_find(y, type, member, &h))
		return false;
	*out = h.off;
	return true;
}

static bool find_timer(struct job *j)
{
	const struct ntr_types *y = &j->t->priv->types;
	const struct ntr_layout *l = ntr_target_layout(j->t);

	j->of_thread = l ? l->thread_timer : NTR_NO_OFFSET;
	j->size = ntr_types_sizeof(y, "_KTIMER_TABLE_ENTRY", NULL);
	return j->size && at(y, "_KTIMER", "TimerListEntry", &j->entry) &&
	       at(y, "_KTIMER", "Dpc", &j->dpc) &&
	       at(y, "_KTIMER", "DueTime", &j->due) &&
	       at(y, "_KTIMER", "Period", &j->period) &&
	       at(y, "_KTIMER_TABLE_ENTRY", "Entry", &j->head) &&
	       at(y, "_KDPC", "DeferredRoutine", &j->routine) &&
	       at(y, "_KDPC", "DeferredContext", &j->context);
}

/* One table of lists, or since 19041 two; then what follows them is known. */
static bool find_table(struct job *j)
{
	const struct ntr_types *y = &j->t->priv->types;
	u32 first, behind;

	if (!at(y, "_KPRCB", "TimerTable", &j->table) ||
	    !at(y, "_KTIMER_TABLE", "TimerEntries", &first))
		return false;
	j->table += first;
	j->count = PER_CPU_LISTS;
	if (at(y, "_KTIMER_TABLE", "TableState", &behind) && behind > first)
		j->count = (behind - first) / j->size;
	return j->count && j->count <= MAX_LISTS;
}

static void count_lists(struct job *j)
{
	j->out->assumed = j->t->build < 2195;
	j->count = j->size > 2 * j->t->ptr_size ? 512 :
		   j->t->build <= 2195 ? 128 : 256;
}

/* --- a timer ----------------------------------------------------------------------- */

static bool is_dpc(struct job *j, u64 va)
{
	u8 type;

	if (!ntr_kernel_va(j->t, va) || va & (j->t->ptr_size - 1) ||
	    ntr_read_u8(j->t->mem, va, &type))
		return false;
	return type == 0x13 || type == 0x18 || type == 0x1a;
}

/* What the pointer is, plain or decoded; the DPC itself is the proof. */
static void take_dpc(struct job *j, struct ntr_timer *x, u64 raw)
{
	struct ntr_kdbg_keys k = j->keys;
	u64 plain;

	if (!raw)
		return;
	if (is_dpc(j, raw)) {
		x->dpc = raw;
	} else if (j->has_keys) {
		k.encoded_va = x->va;
		plain = ntr_kdbg_unscramble(&k, raw);
		if (is_dpc(j, plain))
			x->dpc = plain;
		else if (plain)
			x->dpc_note = "its DPC is none, or not in the dump";
	} else if (j->t->ptr_size == 8 && raw >> 47 != 0x1ffff) {
		x->encoded = true;
		x->dpc_note = "encoded: nt!KiWaitNever and nt!KiWaitAlways, "
			      "which symbols name, would decode the pointer "
			      "to its DPC";
	} else {
		x->dpc_note = "its DPC is none, or not in the dump";
	}
	if (!x->dpc)
		return;
	if (ntr_read_ptr(j->t->mem, x->dpc + j->routine, j->t->ptr_size,
			 &x->routine))
		x->routine = 0;
	if (ntr_read_ptr(j->t->mem, x->dpc + j->context, j->t->ptr_size,
			 &x->context))
		x->context = 0;
}

static void read_timer(struct job *j, struct ntr_timer *x)
{
	const struct ntr_space *s = j->t->mem;
	u64 raw, thread;
	u8 type, of;

	if (ntr_read_u8(s, x->va, &type)) {
		x->note = "not in the dump";
		return;
	}
	type &= TYPE_BITS;
	if (type != 8 && type != 9) {
		x->note = "no timer any more: freed or overwritten";
		return;
	}
	x->synchronization = type == 9;
	x->has_due = ntr_read_u64(s, x->va + j->due, &x->due) == NTR_OK;
	x->has_period = ntr_read_u32(s, x->va + j->period, &x->period) ==
			NTR_OK;
	if (ntr_read_ptr(s, x->va + j->dpc, j->t->ptr_size, &raw) == NTR_OK)
		take_dpc(j, x, raw);
	if (x->dpc || j->of_thread == NTR_NO_OFFSET)
		return;
	thread = x->va - j->of_thread;
	if (ntr_kernel_va(j->t, thread) &&
	    ntr_read_u8(s, thread, &of) == NTR_OK &&
	    (of & TYPE_BITS) == THREAD_OBJECT) {
		x->thread = thread;
		x->dpc_note = NULL;
		x->encoded = false;
	}
}

/* --- lists --------------------------------------------------------------------------- */

static void damaged(struct job *j, u64 head, u32 cpu, u32 list, const char *why)
{
	struct ntr_timer_damage *d;

	j->out->ndamaged++;
	if (j->out->damage.n >= NTR_MAX_TIMER_DAMAGE)
		return;
	d = ntr_vec_add(&j->out->damage);
	if (!d) {
		j->st = NTR_NOMEM;
		return;
	}
	*d = (struct ntr_timer_damage){ head, cpu, list, "" };
	snprintf(d->why, sizeof(d->why), "%s", why);
}

static void add_timers(struct job *j, const struct ntr_list *l, u32 cpu,
		       u32 list)
{
	for (size_t i = 0; !j->st && i < l->entry.n; i++) {
		struct ntr_timer *x;

		if (j->out->t.n >= NTR_MAX_TIMERS) {
			j->out->full = true;
			return;
		}
		x = ntr_vec_add(&j->out->t);
		if (!x) {
			j->st = NTR_NOMEM;
			return;
		}
		*x = (struct ntr_timer){ .va = l->entry.v[i] - j->entry,
					 .cpu = cpu, .list = list };
		read_timer(j, x);
	}
}

/* Of an aligned LIST_ENTRY: Flink, or with `second` Blink. */
static bool leads_askew(struct job *j, u64 entry, bool second)
{
	u64 to;

	return ntr_read_ptr(j->t->mem, entry + second * j->t->ptr_size,
			    j->t->ptr_size, &to) == NTR_OK &&
	       to & (j->t->ptr_size - 1) && ntr_kernel_va(j->t, to);
}

static void read_list(struct job *j, u64 head, u32 cpu, u32 list)
{
	struct ntr_list l;
	struct ntr_err e = { "" };
	enum ntr_st st;
	u64 flink;

	j->out->nlists++;
	/* 0: never made */
	if (ntr_read_ptr(j->t->mem, head, j->t->ptr_size, &flink) || !flink) {
		j->out->nabsent++;
		return;
	}
	if (flink == head) /* empty: the most frequent case */
		return;
	if (leads_askew(j, head, false) && leads_askew(j, head, true)) {
		j->out->nunaligned++;
		return;
	}
	st = ntr_list_read(j->t, head, NTR_LIST_MAX, &l, &e);
	if (st == NTR_NOMEM)
		j->st = st;
	else if (st)
		damaged(j, head, cpu, list, e.msg);
	if (st)
		return;
	add_timers(j, &l, cpu, list);
	if (l.absent)
		j->out->npartial++;
	else if (l.why[0] && leads_askew(j, l.gap ? l.entry.v[l.gap - 1] : head,
					 false))
		j->out->nunaligned++;
	else if (l.why[0])
		damaged(j, head, cpu, list, l.why);
	ntr_list_fini(&l);
}

static void read_table(struct job *j, u64 table, u32 cpu)
{
	for (u32 i = 0; !j->st && !j->out->full && i < j->count; i++)
		read_list(j, table + (u64)i * j->size + j->head, cpu, i);
}

static enum ntr_st read_all(struct job *j, struct ntr_err *e)
{
	struct ntr_target *t = j->t;
	u64 va;

	if (t->build >= FIRST_PER_CPU) {
		j->out->how = "KPRCB.TimerTable";
		if (!find_table(j))
			return ntr_fail(e, NTR_ABSENT, "the timer tables of "
					"build %u are not known", t->build);
		for (u32 i = 0; !j->st && i < t->cpus.n; i++)
			if (t->cpus.v[i].kprcb)
				read_table(j, t->cpus.v[i].kprcb + j->table, i);
		return NTR_OK;
	}
	j->out->how = "nt!KiTimerTableListHead";
	count_lists(j);
	if (ntr_target_lookup(t, "nt!KiTimerTableListHead", &va, NULL))
		return ntr_fail(e, NTR_ABSENT, "where the timers are is not "
				"known: the kernel's symbols would name "
				"nt!KiTimerTableListHead");
	read_table(j, va, NTR_CPU_UNKNOWN);
	return NTR_OK;
}

enum ntr_st ntr_timers(struct ntr_target *t, struct ntr_timers *out,
		       struct ntr_err *e)
{
	struct ntr_timers r = { .how = NULL };
	struct job j = { .t = t, .out = &r };
	enum ntr_st st;

	if (!t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "no NT kernel in this dump");
	if (!t->build || !find_timer(&j))
		return ntr_fail(e, NTR_ABSENT, "the timers of build %u are not "
				"known", t->build);
	j.has_keys = t->ptr_size == 8 && ntr_wait_keys(t, &j.keys);
	r.has_now = ntr_interrupt_time(t, &r.now);
	st = read_all(&j, e);
	if (!st && j.st)
		st = ntr_fail(e, j.st, "out of memory");
	if (!st && r.nabsent == r.nlists)
		st = ntr_fail(e, NTR_ABSENT, "the timer tables are not in the "
			      "dump");
	if (st) {
		ntr_timers_fini(&r);
		return st;
	}
	*out = r;
	return NTR_OK;
}

void ntr_timers_fini(struct ntr_timers *l)
{
	ntr_vec_fini(&l->t);
	ntr_vec_fini(&l->damage);
}
