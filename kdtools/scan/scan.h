// SPDX-License-Identifier: Apache-2.0
/*
 * A scan: the files of a walk judged by workers, rows in the order of the walk
 * whatever the number of workers, kept in a store.
 *
 * Invariants: a row is given to on_row only after the store has it for good;
 * a worker that dies costs the row of the dump it was at, with what became of
 * it, and the files behind that in an archive are judged by the next worker; a
 * file that the store holds with the same size, time and judge is not read.
 */
#ifndef NTR_SCAN_H
#define NTR_SCAN_H

#include "walk.h"
#include "worker.h"

#define SCAN_JOBS_MAX 256u

struct scan_counts {
	u64 files, rows;
	u64 outcome[16];    /* by enum results_outcome */
	u64 fired, unknown; /* rows in which a rule fires; cannot tell */
	bool named_no_dump; /* an operand itself is no dump */
};

struct scan_cost {
	u64 dumps, ns; /* it was asked about; took together */
};

struct scan_opts {
	struct scan_worker_opts worker;
	unsigned jobs;      /* workers, 1..SCAN_JOBS_MAX */
	u64 timeout_ms;     /* of one dump; 0: none */
	struct results *store; /* NULL: none is kept */
	bool fresh;         /* judge again what the store has */
	struct scan_cost *costs; /* of each rule, added up; NULL: not wanted */
	/* A row, in order; d lives until it returns. False ends the scan. */
	bool (*on_row)(void *ctx, const struct results_dump *d);
	/* Now and then, also while nothing happens; may be NULL. False ends. */
	bool (*on_tick)(void *ctx, const struct scan_counts *c);
	void *ctx;
};

/* OK also when on_row() ended it. IO: the store cannot be written, no worker
 * can be started. */
NTR_MUST enum ntr_st scan_run(struct scan_walk *walk,
			      const struct scan_opts *o,
			      struct scan_counts *counts, struct ntr_err *e);

#endif
