// SPDX-License-Identifier: Apache-2.0
/* `ntriage sym check`: what one symbol file or image is, and whether it can
 * be read through. To show more of a format, add a field in out_source(). */
#ifndef NTR_CLI_SYM_CHECK_H
#define NTR_CLI_SYM_CHECK_H

#include "cli.h"

/* An exit code; errors have been reported. */
int ntr_sym_check(struct ntr_cli *c, const char *path);

#endif
