// SPDX-License-Identifier: Apache-2.0
/*
 * Does the machine hang, and on what?  A judgement over the wait-for graph
 * (waits.h): a deadlock, processors that spin while nothing runs that could
 * release the locks, an exhausted work queue, a power request that a driver
 * keeps (stop 0x9F), an owner that many wait for, in this order; all that is
 * found is listed.  A request that a driver has for long is no hang by itself:
 * it is told where somebody else is held up by it.
 *
 * "Nothing hangs" is said only when every list was there and whole; otherwise
 * it cannot be told, and why is said.  Threads that wait for an object that
 * records no owner prove nothing and are not counted against it.
 *
 * To add a kind: a row here, a function in hang.c, the schema.
 */
#ifndef NTR_TRIAGE_HANG_H
#define NTR_TRIAGE_HANG_H

#include "waits.h"

#define NTR_HANG_KINDS(X)                                            \
	X(NONE, "none") X(UNKNOWN, "unknown")                        \
	X(DEADLOCK, "deadlock") X(SPIN, "spinning_processors")       \
	X(QUEUE, "exhausted_queue") X(POWER, "blocked_power")         \
	X(OWNER, "slow_owner")
enum ntr_hang_kind {
#define NTR_HANG_ENUM(n, t) NTR_HANG_##n,
	NTR_HANG_KINDS(NTR_HANG_ENUM)
#undef NTR_HANG_ENUM
};
const char *ntr_hang_kind_name(enum ntr_hang_kind k);

/* An owner is slow when somebody waits this long for it, in 100 ns: contention
 * ends sooner. */
#define NTR_HANG_SLOW UINT64_C(100000000)

struct ntr_hang_finding {
	enum ntr_hang_kind kind;
	const char *text;
	struct { NTR_VEC(const char *); } evidence;
};

struct ntr_hang {
	enum ntr_hang_kind kind; /* the first finding's, or NONE, UNKNOWN */
	const char *text;        /* one sentence */
	struct { NTR_VEC(struct ntr_hang_finding); } findings;
	const char *looked_at;   /* "3 processes, 40 threads, …"; NULL nothing */
	struct { NTR_VEC(const char *); } unknown; /* why more cannot be told */
	const struct ntr_waits *w; /* the graph; NULL: it could not be made */
	struct ntr_waits *own;   /* NULL: w is the caller's */
	struct ntr_arena arena;
};

/* w NULL: the graph could not be made, for the reason `why`. The texts live
 * as long as w. NOMEM. */
NTR_MUST enum ntr_st ntr_hang(struct ntr_hang **out, const struct ntr_waits *w,
			      const char *why, struct ntr_err *e);
/* The same for a target, with a graph of its own. */
NTR_MUST enum ntr_st ntr_hang_of(struct ntr_hang **out, struct ntr_target *t,
				 struct ntr_err *e);
void ntr_hang_free(struct ntr_hang *h);

/* The frame that says most of a waiting stack: the first one outside of the
 * kernel, or the fourth. */
u32 ntr_hang_frame(const struct ntr_waits *w, const struct ntr_wgroup *g);
/* A symbol; "mod!name+0x10 (by export)" where it is only the export before
 * it. ret: va is a return address. */
const char *ntr_hang_site(struct ntr_target *t, u64 va, bool ret,
			  struct ntr_arena *a);
/* What thread i waits in: that frame as a symbol. NULL: its stack was not walked. */
const char *ntr_hang_blocker(const struct ntr_waits *w, u32 i,
			     struct ntr_arena *a);
/* "90.0 s" */
const char *ntr_hang_time(struct ntr_arena *a, bool known, u64 t);

#endif
