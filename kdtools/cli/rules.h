// SPDX-License-Identifier: Apache-2.0
/*
 * The rules as the command line sets them up: the installed ones (beside the
 * program: ../share/ntriage/signatures, or signatures/rules of the tree that it
 * was built in), $XDG_DATA_HOME/ntriage/signatures, and --rules.
 *
 * $NTRIAGE_RULES names a folder to be used instead of the first two; empty, none.
 *
 * What is wrong with a rule is said on stderr; the other rules are used.  With
 * --strict nothing is.
 */
#ifndef NTR_CLI_RULES_H
#define NTR_CLI_RULES_H

#include "cli.h"
#include "lang/sig.h"

/* NTR_EXIT_OK, or NTR_EXIT_BAD after saying why. */
int ntr_cli_rules(struct ntr_cli *c, struct sig_set **out);

/* The folders in that order that exist; each with a NUL, then an empty one. */
void ntr_cli_rule_folders(const struct ntr_cli *c, struct ntr_str *out);

/* Diagnostics on stderr, ASCII; at most max of them, then how many more. */
void ntr_cli_diags(const struct sig_diags *d, size_t max);

#endif
