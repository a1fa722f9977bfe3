// SPDX-License-Identifier: Apache-2.0
/*
 * Usage, manual page and shell completion, all made from the verbs' tables.
 */
#ifndef NTR_CLI_HELP_H
#define NTR_CLI_HELP_H

#include "cli.h"

/* Help on a verb, or on all of ntriage when it is NULL. */
int ntr_help(struct ntr_cli *c, const struct ntr_verb *v);
void ntr_help_man(struct ntr_out *o);        /* roff, ntriage(1) */
void ntr_help_completion(struct ntr_out *o); /* bash */
void ntr_help_commands(struct ntr_out *o);   /* Markdown, for docs/kd.md */

#endif
