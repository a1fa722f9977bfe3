// SPDX-License-Identifier: Apache-2.0
/*
 * A row of results as bytes between a worker and the scanner.
 *
 * Invariant: what a worker sends is not trusted, for a hostile dump may have
 * damaged it: lengths are checked, text is ended, counts are bounded.
 *
 * To add a field of struct results_dump: a line in row.c.
 */
#ifndef NTR_SCAN_ROW_H
#define NTR_SCAN_ROW_H

#include "base/arena.h"
#include "base/status.h"
#include "base/strbuf.h"
#include "../store/results.h"

#define SCAN_ROW_SIGNATURES 100000u /* rules are counted in thousands */

void scan_row_encode(struct ntr_str *out, const struct results_dump *d);
/* Strings of out are in p, its list of signatures in arena. BAD: not what
 * scan_row_encode() makes. */
NTR_MUST enum ntr_st scan_row_decode(const u8 *p, size_t n,
				     struct ntr_arena *arena,
				     struct results_dump *out,
				     struct ntr_err *e);

#endif
