// SPDX-License-Identifier: Apache-2.0
/*
 * Writes the symbols and the images of a built machine's modules into folders
 * in the layout of a symbol store.  Another form of symbols is another writer here.
 */
#ifndef FORGE_SYMBOLS_H
#define FORGE_SYMBOLS_H

#include "mach.h"

/* NULL: not these. Folders are made as needed; files of the same name are
 * written over. */
NTR_MUST enum ntr_st f_symbols_write(struct f_mach *m, const char *symbols,
				     const char *images, struct ntr_err *e);

#endif
