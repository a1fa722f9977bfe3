// SPDX-License-Identifier: Apache-2.0
/*
 * How rows of a scan are printed.  A format is one struct in one file
 * format_<name>.c and a line in format_list.h.
 *
 * Invariants: nothing of a dump or of a file's name reaches the output as it
 * is: text is ASCII, JSON is escaped, CSV is quoted.  The same rows give the
 * same bytes.
 */
#ifndef NTR_SCAN_FORMAT_H
#define NTR_SCAN_FORMAT_H

#include "../cli/out.h"
#include "lang/sig.h"
#include "scan.h"

struct scan_format {
	const char *name, *what;
	void (*begin)(struct ntr_out *o, const struct sig_set *set);
	void (*row)(struct ntr_out *o, const struct results_dump *d);
	void (*end)(struct ntr_out *o, const struct scan_counts *c,
		    bool whole); /* whole: nobody ended the scan before */
};

/* NULL past the last; by name, or NULL. */
const struct scan_format *scan_format_at(size_t i);
const struct scan_format *scan_format_named(const char *name);

#endif
