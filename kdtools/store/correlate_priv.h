// SPDX-License-Identifier: Apache-2.0
/* What correlate.c, correlate_stack.c and correlate_find.c share; for them
 * only. Text is a number: 0 is not known, others in the order they came. */
#ifndef NTR_CORRELATE_PRIV_H
#define NTR_CORRELATE_PRIV_H

#include "base/arena.h"
#include "base/vec.h"
#include "correlate.h"

struct corr_module {
	u32 name, row, date; /* 19990204; 0 not known */
	u32 version;         /* text */
	u64 order;           /* of the version; 0 not known */
};

struct corr_row {
	u32 bucket; /* index */
	u32 os, machine, process, stack_mod, stack_func;
	u32 frame0, nframes; /* in frames */
	u32 sig0, nsig;      /* in sigs */
	bool has_modules;
};

struct corr_sig {
	u32 id;
	bool fires; /* else it cannot tell */
};

struct corr_bucket {
	struct correlate_bucket b;
	u32 name, stack; /* text; row whose stack stands for all */
	struct {
		NTR_VEC(struct correlate_similar);
	} similar;
	struct {
		NTR_VEC(struct correlation);
	} found;
};

struct correlate {
	struct ntr_arena text;
	struct {
		NTR_VEC(const char *);
	} word;
	u32 *slot; /* hash table of words */
	size_t nslots;
	struct {
		NTR_VEC(struct corr_row);
	} row;
	struct {
		NTR_VEC(struct corr_module);
	} module;
	struct {
		NTR_VEC(struct corr_sig);
	} sig;
	struct {
		NTR_VEC(u32);
	} frame;
	struct {
		NTR_VEC(struct corr_bucket);
	} bucket;
	u32 *by_word; /* bucket of a word, + 1 */
	size_t nby_word;
	u32 no_bucket, cut;
	struct correlate_bucket *shown;
	struct correlate_result result;
};

NTR_MUST enum ntr_st corr_stacks(struct correlate *c);
NTR_MUST enum ntr_st corr_find(struct correlate *c,
			       const struct correlate_opts *o);

#endif
