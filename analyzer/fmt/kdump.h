// SPDX-License-Identifier: Apache-2.0
/*
 * Parts of the kdump-compressed reader (fmt_kdump.c): the flattened form as a
 * space, and the page codecs.
 *
 * A flattened file is the stream of writes that would have made the plain
 * file.  It is not rewritten: an index of the writes, sorted and made
 * disjoint (a later write wins), is the plain file.
 */
#ifndef NTR_KDUMP_H
#define NTR_KDUMP_H

#include "dump.h"

/* --- flattened (kdump_flat.c) ----------------------------------------------- */

#define NTR_FLAT_HEADER 4096u
#define NTR_FLAT_MAX (1u << 23) /* writes indexed */

struct ntr_flat_rec {
	u64 at, len; /* in the plain file */
	u64 off;     /* in the flattened file */
};

struct ntr_flat {
	struct ntr_file *file; /* borrowed */
	struct ntr_space space;
	struct { NTR_VEC(struct ntr_flat_rec); } recs; /* sorted, disjoint */
	u64 size;      /* of the plain file */
	bool cut;      /* no end mark: the stream was cut */
	u64 bad_off;   /* where it stopped, when cut */
};

/* Index the records of f. LIMIT, NOMEM, IO; a cut stream is not an error. */
NTR_MUST enum ntr_st ntr_flat_init(struct ntr_flat *fl, struct ntr_file *f,
				   struct ntr_err *e);
void ntr_flat_fini(struct ntr_flat *fl);
/* Offset in the flattened file of len bytes that one write holds; false when
 * they are spread over several. */
bool ntr_flat_raw(const struct ntr_flat *fl, u64 at, u64 len, u64 *off);

/* --- pages (kdump_codec.c) ----------------------------------------------------- */

/* page_desc.flags */
enum {
	NTR_KD_ZLIB = 0x01,
	NTR_KD_LZO = 0x02,
	NTR_KD_SNAPPY = 0x04,
	NTR_KD_ZSTD = 0x20,
};

struct ntr_kd_codec; /* decoder state, kept between pages */
struct ntr_kd_codec *ntr_kd_codec_new(void); /* NULL: no memory */
void ntr_kd_codec_free(struct ntr_kd_codec *c);
/* Exactly size bytes to page. BAD: the bytes do not decode to that; UNSUP:
 * a codec that is not known. */
NTR_MUST enum ntr_st ntr_kd_decode(struct ntr_kd_codec *c, u32 flags,
				   const void *in, size_t len, void *page,
				   size_t size, struct ntr_err *e);

#endif
