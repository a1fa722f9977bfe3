// SPDX-License-Identifier: Apache-2.0
/*
 * Tests of rules: forge builds the dump that a test describes, in memory, and
 * the whole analyzer judges it.  Tests are spread over processes; what each
 * says is given out in the order of the rules.
 */
#ifndef NTR_SIG_TEST_H
#define NTR_SIG_TEST_H

#include "cli.h"
#include "lang/sig.h"

struct ntr_sig_tests {
	const struct sig_set *set;
	const char *const *ids;   /* rules; NULL: all */
	size_t nids;
	unsigned jobs;
	bool verbose;             /* also a line for each test that passes */
	bool others;              /* also say which other rules fire */
};

/* Prints; NTR_EXIT_OK all passed, NTR_EXIT_UNKNOWN some failed (or there was
 * none), NTR_EXIT_BAD they could not be run. */
int ntr_sig_test(struct ntr_cli *c, const struct ntr_sig_tests *t);

#endif
