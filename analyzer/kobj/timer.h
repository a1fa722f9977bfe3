// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's timers (KTIMER) that are set.
 *
 * Until Vista one table of lists holds them all, nt!KiTimerTableListHead, which
 * symbols name; since Windows 7 each processor has a table in its KPRCB.  A
 * damaged list is read as far as list.h can, and its place is kept.  On x64 the
 * pointer to a timer's DPC may be encoded with two secrets of the kernel: where
 * symbols do not name these, that is said and no routine is given.
 *
 * Not here: timers of Windows 8.1 and later that are KTIMER2.  To read more of
 * a timer: a field here, its offset in sym/nt_types.txt.
 */
#ifndef NTR_KOBJ_TIMER_H
#define NTR_KOBJ_TIMER_H

#include "list.h"

#define NTR_MAX_TIMERS 262144u    /* of all lists */
#define NTR_MAX_TIMER_DAMAGE 64u  /* places that are kept */

struct ntr_timer {
	u64 va;
	u32 cpu;      /* index into t->cpus; NTR_CPU_UNKNOWN: the one table */
	u32 list;     /* which of the table's lists */
	u64 due;      /* interrupt time, 100 ns */
	u32 period;   /* ms; 0: once */
	bool has_due, has_period, synchronization;
	u64 dpc;      /* 0: none, or not known: dpc_note */
	const char *dpc_note; /* static; NULL */
	bool encoded; /* and the keys are not known */
	u64 routine, context; /* of the DPC; 0 not in the dump */
	u64 thread;   /* it is that thread's own, of a wait with a timeout; 0 */
	const char *note; /* what is wrong with it; static; NULL */
};

struct ntr_timer_damage {
	u64 head;
	u32 cpu, list;
	char why[160];
};

struct ntr_timers {
	struct { NTR_VEC(struct ntr_timer); } t; /* by table and list */
	struct { NTR_VEC(struct ntr_timer_damage); } damage;
	u32 ndamaged;   /* lists; only the first are kept in damage */
	u32 nlists;     /* that were looked at */
	u32 nabsent;    /* lists whose heads are not in the dump */
	u32 npartial;   /* lists that lead to timers that are not in it */
	u32 nunaligned; /* lists that lead to an address that is not aligned: the
			   kernel's own watch over itself has such timers, so
			   this is no damage, and it is not followed */
	bool has_now;
	u64 now;        /* interrupt time of the dump */
	const char *how; /* "nt!KiTimerTableListHead", "KPRCB.TimerTable" */
	bool assumed;   /* the length of the table is that of a later version */
	bool full;      /* NTR_MAX_TIMERS were found: there may be more */
};

/* ABSENT with text: no table is known, or none of it is in the dump. */
NTR_MUST enum ntr_st ntr_timers(struct ntr_target *t, struct ntr_timers *out,
				struct ntr_err *e);
void ntr_timers_fini(struct ntr_timers *l);

#endif
