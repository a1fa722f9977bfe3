// SPDX-License-Identifier: Apache-2.0
/*
 * What a verdict depends on besides the dump: the program, the rules, the
 * symbols, what was asked.  Two scans with the same identity judge a dump
 * alike, so that the second need not read it.
 */
#ifndef NTR_SCAN_IDENTITY_H
#define NTR_SCAN_IDENTITY_H

#include "base/strbuf.h"
#include "lang/sig.h"

/*
 * 64 hex digits. symbols: the symbol path, NULL none; of each local folder in
 * it the names and times of its entries count (a store keeps a folder for each
 * file name, whose time changes when a file is added).
 */
void scan_identity(char out[65], const struct sig_set *set,
		   const struct sig_options *opt, const char *symbols,
		   bool offline);

#endif
