// SPDX-License-Identifier: Apache-2.0
/*
 * The files that a scan is about, one after the other in a stable order: the
 * operands as given, a folder's entries by their bytes, folders gone into where
 * they stand.
 *
 * Invariants: nothing is opened that is no regular file; a folder is listed
 * once however many links lead to it; what cannot be had (a loop of links, a
 * folder that may not be read, a file that went away) is an item with the
 * reason.  Memory is that of the listings on the way down, not of the tree.
 *
 * An operand is a file, a folder, a pattern (expanded as a shell would, when
 * no file has that very name) or "-": paths on standard input, one a line, or
 * NUL-terminated when the first NUL comes before the first newline.
 */
#ifndef NTR_SCAN_WALK_H
#define NTR_SCAN_WALK_H

#include "base/ntr_types.h"
#include "base/status.h"

#define SCAN_DEPTH 64u          /* folders in each other */
#define SCAN_PATH_MAX 65536u    /* bytes of a path on standard input */

struct scan_item {
	const char *path;       /* bytes, as the file system has them; lives
				   until the next call */
	u64 size;
	s64 mtime_ns;
	const char *error;      /* why it is not to be opened; NULL: open it */
	bool unreadable;        /* with error: denied or gone, not just no file */
	bool named;             /* an operand itself, not found in a folder */
};

struct scan_walk;
NTR_MUST enum ntr_st scan_walk_new(struct scan_walk **out,
				   const char *const *operands, size_t n,
				   int list_fd, struct ntr_err *e);
void scan_walk_free(struct scan_walk *w);
/* False: the next path is to come from standard input, and is not there yet;
 * there is more to read of scan_walk_fd() (-1: none) when it comes. */
bool scan_walk_ready(struct scan_walk *w);
int scan_walk_fd(const struct scan_walk *w);
/* END after the last; NOMEM. Waits for what is not ready. */
NTR_MUST enum ntr_st scan_walk_next(struct scan_walk *w, struct scan_item *out,
				    struct ntr_err *e);

#endif
