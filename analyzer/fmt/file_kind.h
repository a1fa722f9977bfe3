// SPDX-License-Identifier: Apache-2.0
/*
 * What a file is by its first bytes, for the files that no dump format
 * claims: "not a dump: it is a PE image" helps where "not a dump" does not.
 * Only magic numbers that are public and at least four bytes long decide; a
 * kind that needs more is a small function in file_kind.c.  To add a kind,
 * add a row to the table there.
 */
#ifndef NTR_FILE_KIND_H
#define NTR_FILE_KIND_H

#include "../base/bin.h"

/* Static text, or NULL when nothing is recognised. All zero bytes in the
 * head of a larger file are not a kind (memory images begin so): NULL. */
const char *ntr_file_kind_known(const struct ntr_bin *head, u64 file_size);

/* True when all len bytes are zero. */
bool ntr_all_zero(const void *p, size_t len);

#endif
