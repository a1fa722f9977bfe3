// SPDX-License-Identifier: Apache-2.0
/*
 * Queued spin locks: the kernel's own ones, of which every processor has a
 * place in its KPRCB (LockQueue, since Windows 2000).
 *
 * The lock's word points to the last place in line, each place to the next one
 * behind it; bits of a place's pointer to the lock say that it waits (1) or
 * owns (2).  An owner is named only where the line leads to it, or its own bit
 * says so and nothing contradicts.  A plain spin lock is one word; free builds
 * write no owner into it, checked builds the thread.
 *
 * The names are of the driver kits' public enumeration.
 */
#ifndef NTR_KOBJ_SPINLOCKS_H
#define NTR_KOBJ_SPINLOCKS_H

#include "../base/vec.h"
#include "target.h"

#define NTR_MAX_QLOCKS 64u
#define NTR_NO_CPU UINT32_MAX

enum ntr_qlock_state {
	NTR_QL_FREE,
	NTR_QL_HELD,    /* owner, and order of the waiters */
	NTR_QL_CORRUPT, /* why says what contradicts what */
	NTR_QL_UNKNOWN, /* why says what is not in the dump */
};

struct ntr_qlock {
	unsigned index;
	const char *name;   /* "MM   - PFN"; static */
	u64 lock;           /* address of its word; 0 unknown */
	enum ntr_qlock_state state;
	u32 owner;          /* index into t->cpus; NTR_NO_CPU: not known */
	u32 nwaiters;
	u32 *place;         /* per processor: 0 not there, 1.. place in line */
	bool *odd;          /* per processor: its place contradicts */
	char why[200];
};

struct ntr_qlocks {
	struct { NTR_VEC(struct ntr_qlock); } q;
	u32 ncpus, nabsent; /* nabsent: processors whose KPRCB is not there */
	bool *there;        /* per processor: its KPRCB is */
	struct ntr_arena arena;
};

/* ABSENT with text: this version has none, or no KPRCB is in the dump. */
NTR_MUST enum ntr_st ntr_qlocks(struct ntr_target *t, struct ntr_qlocks *out,
				struct ntr_err *e);
void ntr_qlocks_fini(struct ntr_qlocks *l);

/* Processor `waiter` waits for a lock that `owner` owns (indices into
 * t->cpus); by lock, then by place in line. */
struct ntr_spin_wait {
	u32 waiter, owner;
	u32 lock;           /* in q */
	u32 place;
};
struct ntr_spin_waits {
	struct { NTR_VEC(struct ntr_spin_wait); } w;
};
NTR_MUST enum ntr_st ntr_spin_waits(const struct ntr_qlocks *l,
				    struct ntr_spin_waits *out,
				    struct ntr_err *e);
void ntr_spin_waits_fini(struct ntr_spin_waits *w);

#endif
