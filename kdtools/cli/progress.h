// SPDX-License-Identifier: Apache-2.0
/*
 * A sign of life on a terminal's stderr when something takes more than two
 * seconds (unpacking an archive, looking for the kernel in a raw image), one
 * line a second, wiped when done. Nothing otherwise.
 */
#ifndef NTR_CLI_PROGRESS_H
#define NTR_CLI_PROGRESS_H

#include "cli.h"

void ntr_progress_begin(const struct ntr_cli *c, const char *what);
void ntr_progress_end(void);

#endif
