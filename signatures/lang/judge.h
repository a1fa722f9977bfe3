// SPDX-License-Identifier: Apache-2.0
/*
 * What judging a rule is made of: its conditions' values, the result, how sure
 * it is.
 *
 * Invariant: a result's texts lie in the arena of the results.  To change how
 * sure a rule is: confidence.c and its section in docs/signatures.md.
 */
#ifndef NTR_SIG_JUDGE_H
#define NTR_SIG_JUDGE_H

#include "eval.h"

/* What is taken off a rule's confidence, and why. */
struct sig_confidence {
	unsigned held, failed, unknown; /* weights of supports */
	int stack, blame;
	const char *stack_why, *blame_why;
};

/* Looks at the facts of a condition that held. */
void sig_confidence_trail(struct sig_eval *ev, struct sig_confidence *c);
unsigned sig_confidence(struct sig_eval *ev, const struct sig_confidence *c,
			const char **why);

/* One rule over one dump; out is empty. False: no memory. */
bool sig_judge_rule(struct sig_eval *ev, unsigned flags, struct sig_result *out);

#endif
