// SPDX-License-Identifier: Apache-2.0
/*
 * A part of a file or of an image, held in memory for parsers that need all
 * of it.  It is read in pieces and grows only by what is there: a size that
 * lies costs nothing.
 */
#ifndef NTR_BLOB_H
#define NTR_BLOB_H

#include "pe.h"

#define NTR_BLOB_MAX (256u << 20)

struct ntr_blob {
	u8 *p;        /* owned */
	size_t len;
	bool whole;   /* all that was asked for was there */
};

/* len bytes of a space at addr, or the part of them that is there. LIMIT: more
 * than NTR_BLOB_MAX. */
NTR_MUST enum ntr_st ntr_blob_load(struct ntr_blob *b,
				   const struct ntr_space *s, u64 addr,
				   u64 len, struct ntr_err *e);
/* The data of a debug directory entry of an image. ABSENT: not there. */
NTR_MUST enum ntr_st ntr_blob_debug(struct ntr_blob *b,
				    const struct ntr_pe *pe,
				    const struct ntr_pe_debug_dir *d,
				    struct ntr_err *e);
void ntr_blob_fini(struct ntr_blob *b);
/* off0: where it came from, for messages. */
struct ntr_bin ntr_blob_bin(const struct ntr_blob *b, const char *origin,
			    u64 off0);

#endif
