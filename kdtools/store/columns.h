// SPDX-License-Identifier: Apache-2.0
/*
 * Columns that are computed from others so that filters can ask for them, and
 * the parts of a line of results_dump.modules.  Used when a row is written,
 * when an old store is brought up to date, and by filters in memory: one
 * answer for all three.
 */
#ifndef NTR_STORE_COLUMNS_H
#define NTR_STORE_COLUMNS_H

#include "base/strbuf.h"

/* "10.0.19041" -> "0000000010.0000000000.0000019041", which sorts as numbers
 * do; at most four parts. False: it does not begin with a number. */
#define COLUMN_VERSION_KEY 44
bool column_version_key(char out[COLUMN_VERSION_KEY], const char *version);

/* One line of modules: "name date version". The last two words are date and
 * version, so a name may have blanks. */
struct column_module {
	const char *name;
	size_t name_len;
	const char *date, *version; /* "" not known; not terminated */
	size_t date_len, version_len;
};
/* The next line at *s, which is moved behind it; false: there is none. */
bool column_module_next(const char **s, struct column_module *m);

/* "\ntcpip.sys\nntoskrnl.exe\n", in lower case; nothing of NULL. */
void column_module_names(struct ntr_str *out, const char *modules);

void column_fold(struct ntr_str *out, const char *s, size_t n);

#endif
