// SPDX-License-Identifier: Apache-2.0
/*
 * The door: lines typed at a terminal, with editing, history and completion,
 * or read from standard input.  Ctrl-C ends the command that runs, or empties
 * the line; the session stays.  A command that prints more than a screen is
 * shown by $PAGER when that is set.
 *
 * To add something that completes: complete.c.
 */
#ifndef NTR_KD_DOOR_H
#define NTR_KD_DOOR_H

#include "kd.h"

/* Until q or the end of input. Returns the exit code: of a terminal 0, else
 * the worst of the commands'. */
int ntr_door_run(struct ntr_kd *k);

/* Ctrl-C ends the command that runs, from now on. */
void ntr_door_signals(struct ntr_kd *k);

/*
 * Words that may stand in place of the last one of line: commands, then
 * modules and symbols, behind dt types.  fn gets each; at most max.  Returns
 * how many characters at the end of line they replace.
 */
typedef void ntr_complete_fn(void *ctx, const char *word);
size_t ntr_complete(struct ntr_kd *k, const char *line, size_t max,
		    ntr_complete_fn *fn, void *ctx);

#endif
