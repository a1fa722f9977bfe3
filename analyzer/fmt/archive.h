// SPDX-License-Identifier: Apache-2.0
/*
 * A dump inside an archive or a compressed file: unpacked, sparsely, to an
 * unlinked temporary file, with a cap on the unpacked size.
 *
 * libarchive reads; it is not started for a file whose first bytes are not
 * those of an archive.  Of several members the first one that a dump format
 * recognises is taken.  An archive in an archive is opened once (a zip that
 * holds a .gz), not deeper.  The cap counts every byte unpacked on the way,
 * also of members that are only passed by, so it bounds time as well; blocks
 * of zeros are not written, so a bomb of zeros costs no space.
 *
 * To add a kind: its magic and its libarchive support function, in the two
 * tables of archive.c.
 */
#ifndef NTR_ARCHIVE_H
#define NTR_ARCHIVE_H

#include "dump.h"

struct ntr_unpacked {
	struct ntr_file *file; /* owned by the caller */
	const char *member;    /* arena; NULL for a single compressed stream */
	const char *packing;   /* "zip", "7-Zip", "gzip", … */
	unsigned others;       /* further members that look like dumps */
	bool damaged;          /* cut where the archive is damaged */
};

#define NTR_ARCHIVE_DEPTH 2u       /* archives in each other */
#define NTR_ARCHIVE_MEMBERS 10000u /* looked at in one archive */

/*
 * UNSUP: in is not packed.  LIMIT: larger than max_unpacked.  BAD/IO with
 * text: encrypted, damaged before anything could be had, or nothing inside
 * is a dump.  in stays open and
 * the caller's.
 */
NTR_MUST enum ntr_st ntr_archive_open(struct ntr_file *in, u64 max_unpacked,
				      struct ntr_arena *arena,
				      struct ntr_unpacked *out,
				      struct ntr_err *e);

/* A regular file of an archive that is gone through. */
struct ntr_archived {
	const char *name;       /* printable; NULL: a compressed stream */
	struct ntr_file *file;  /* unpacked, the callback's to close; NULL:
				   it is no dump, or cannot be had */
	const char *what;       /* file NULL: "encrypted", "a PNG image" … */
	bool damaged;           /* cut where the archive is damaged */
};
/* A status that is not OK ends the walk and is its status. */
typedef enum ntr_st ntr_archived_fn(void *ctx, const struct ntr_archived *m);

/*
 * Every file of an archive in one pass, in its order: dumps (and archives in
 * it) unpacked one at a time, the others named.  The first `skip` are passed
 * by.  max_unpacked counts as in ntr_archive_open().  UNSUP: in is not packed;
 * END does not occur; BAD with text: damage that hides the members behind it;
 * LIMIT also beyond NTR_ARCHIVE_MEMBERS.  in stays open and the caller's.
 */
NTR_MUST enum ntr_st ntr_archive_each(struct ntr_file *in, u64 max_unpacked,
				      unsigned skip, ntr_archived_fn *fn,
				      void *ctx, struct ntr_err *e);

/* The first file of an archive, or what a compressed stream unpacks to, as it
 * is: for files that are packed one by one (.pd_, .json.xz).  A damaged one is
 * BAD.  UNSUP: in is not packed.  in stays open and the caller's. */
NTR_MUST enum ntr_st ntr_archive_first(struct ntr_file *in, u64 max_unpacked,
				       struct ntr_file **out,
				       struct ntr_err *e);
/* The file at path, or what is packed in it, which replaces it. */
NTR_MUST enum ntr_st ntr_file_open_unpacked(struct ntr_file **out,
					    const char *path, u64 max_unpacked,
					    struct ntr_err *e);

#endif
