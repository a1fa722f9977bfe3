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

struct scan_asked {
	const struct sig_set *set;
	const struct sig_options *opt;
	const char *symbols, *cache; /* symbol path; folder of the default
					cache; NULL none */
	bool offline;
	u64 max_unpacked;
};

/*
 * 64 hex digits. Of each local folder of symbols the names and times of its
 * entries count (a store keeps a folder for each file name, whose time changes
 * when a file is added); of the program its version and, where the linker made
 * one, its build id.
 */
void scan_identity(char out[65], const struct scan_asked *a);

#endif
