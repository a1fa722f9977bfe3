// SPDX-License-Identifier: Apache-2.0
/*
 * One file judged: opened, analysed, asked the rules, made into rows; several
 * rows for an archive of several dumps.  Runs in a worker.
 *
 * Invariant: a row is given for whatever happens; nothing is printed.
 */
#ifndef NTR_SCAN_JUDGE_H
#define NTR_SCAN_JUDGE_H

#include "lang/sig.h"
#include "../store/results.h"

struct ntr_store;

struct scan_judge {
	const struct sig_set *set;
	struct sig_options opt;
	struct ntr_store *store;  /* symbols; NULL none */
	const char *judge;        /* as in struct results_dump */
	u64 max_unpacked;         /* 0: the library's */
	bool whole;               /* verdicts with hang and pool, which search
				     all of memory */
};

struct scan_sink {
	/* A member of an archive is begun; number counts its files. */
	void (*member)(void *ctx, const char *path, unsigned number);
	void (*row)(void *ctx, const struct results_dump *d);
	/* What rules cost on the next row's dump; with SIG_PROFILE only. */
	void (*cost)(void *ctx, const struct sig_set *set,
		     const struct sig_results *r);
	void *ctx;
};

/* The place of a rule of the set, as sig_at() counts; sig_count(): none. */
size_t sig_index(const struct sig_set *set, const struct sig_rule *r);

/* path as the file system has it. skip: files of an archive passed by. */
void scan_judge_file(const struct scan_judge *j, const char *path,
		     unsigned skip, const struct scan_sink *sink);

/* A path as one line of UTF-8: \xNN for bytes that are not, for control
 * characters, and for a backslash before an x, so that two paths never look
 * alike. */
void scan_path_text(struct ntr_str *out, const char *path);

#endif
