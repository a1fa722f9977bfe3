// SPDX-License-Identifier: Apache-2.0
/*
 * Workers: processes that judge files, one file at a time each, so that a dump
 * that crashes, hangs or eats memory costs one row.
 *
 * A worker is forked from the scanner with the rules loaded, and takes jobs
 * over a socket until it is closed.  What it sends are frames (u32 length of
 * what follows, u8 kind, bytes): a member of an archive begun, what rules cost,
 * a row, a job done.  Nothing that it sends is trusted.
 *
 * Invariants: a worker dies with the scanner (PR_SET_PDEATHSIG); a worker that
 * is over its time is ended by the scanner, one over its memory by the limit of
 * its address space.
 */
#ifndef NTR_SCAN_WORKER_H
#define NTR_SCAN_WORKER_H

#include "judge.h"

#include <sys/types.h>

#define SCAN_FRAME_MAX (256u << 20)

enum scan_frame_kind { SCAN_MEMBER = 'M', SCAN_ROW = 'R', SCAN_COSTS = 'C',
		       SCAN_DONE = 'D' };

/* An element of SCAN_COSTS: what a rule cost on the dump of the next row. */
struct scan_cost_of {
	u64 rule; /* its place in the set */
	u64 ns;
};

struct scan_frame {
	enum scan_frame_kind kind;
	const u8 *p;        /* lives until the next read */
	size_t n;
};

struct scan_worker {
	pid_t pid;          /* 0: none */
	int fd;
	u8 *in;             /* len bytes, the first of them taken already */
	size_t len, cap, taken;
};

/* How a worker makes its judge ready, in its own process; false: it cannot. */
typedef bool scan_prepare_fn(void *ctx, struct scan_judge *j);

struct scan_worker_opts {
	struct scan_judge judge;
	u64 memory;         /* bytes beyond what it starts with; 0: no limit */
	scan_prepare_fn *prepare; /* NULL: nothing to do */
	void *ctx;
};

NTR_MUST enum ntr_st scan_worker_start(struct scan_worker *w,
				       const struct scan_worker_opts *o,
				       struct ntr_err *e);
/* IO: it is gone. */
NTR_MUST enum ntr_st scan_worker_send(struct scan_worker *w, const char *path,
				      u32 skip);
/* Takes what there is to read. END: it closed its side. */
NTR_MUST enum ntr_st scan_worker_read(struct scan_worker *w);
/* The next whole frame. ABSENT: not yet; BAD: what came is no frame. */
NTR_MUST enum ntr_st scan_worker_frame(struct scan_worker *w,
				       struct scan_frame *out);
/* Ends it (kill: now), waits for it, frees. Returns its wait status. */
int scan_worker_end(struct scan_worker *w, bool kill);

#endif
