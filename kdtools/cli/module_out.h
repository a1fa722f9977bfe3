// SPDX-License-Identifier: Apache-2.0
/*
 * Module lists, as text tables and as the `modules` and `unloaded` arrays
 * that several JSON documents share.
 */
#ifndef NTR_CLI_MODULE_OUT_H
#define NTR_CLI_MODULE_OUT_H

#include "kobj/target.h"
#include "out.h"

/* load: look for version and PDB in the image's pages. */
void ntr_out_modules(struct ntr_out *o, struct ntr_target *t, bool load);
void ntr_out_unloaded(struct ntr_out *o, const struct ntr_target *t);

#endif
