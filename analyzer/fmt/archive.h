// SPDX-License-Identifier: Apache-2.0
/*
 * A dump inside an archive or a compressed file: unpacked, sparsely, to an
 * unlinked temporary file, with a cap on the unpacked size.
 */
#ifndef NTR_ARCHIVE_H
#define NTR_ARCHIVE_H

#include "dump.h"

struct ntr_unpacked {
	struct ntr_file *file; /* owned by the caller */
	const char *member;    /* arena; NULL for a single compressed stream */
	const char *packing;   /* "zip", "7-Zip", "gzip", … */
	unsigned others;       /* further members that look like dumps */
};

/*
 * UNSUP: in is not packed.  LIMIT: larger than max_unpacked.  BAD/IO with
 * text: damaged, encrypted, or nothing inside is a dump.  in stays open and
 * the caller's.
 */
NTR_MUST enum ntr_st ntr_archive_open(struct ntr_file *in, u64 max_unpacked,
				      struct ntr_arena *arena,
				      struct ntr_unpacked *out,
				      struct ntr_err *e);

#endif
