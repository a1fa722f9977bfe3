// SPDX-License-Identifier: Apache-2.0
/*
 * The multi-stream file under a program database: a file system of blocks in
 * which every part of a PDB is a numbered stream.  ntr_msf_open() reads the
 * superblock and the directory; ntr_msf_stream() reads a stream as a whole
 * when it is asked for, once.
 *
 * Invariants: a block belongs to at most one stream, and lies in the file, so
 * all streams together never need more memory than the file has bytes.  A
 * stream for which this does not hold (a block number out of range, one that
 * another stream has already, a size larger than the file) is refused alone,
 * with BAD; the others can be read.  Stream 0, the previous directory, is
 * never read: its blocks may have been given away since.
 *
 * Two containers fill this struct: MSF 7.00 (msf.c) and the older "JG" form
 * with 16-bit page numbers (msf_jg.c).  For another one: read block_size and
 * the directory into sizes and block numbers, then ntr_msf_layout().
 * Layouts: docs/formats/pdb.md.
 */
#ifndef NTR_MSF_H
#define NTR_MSF_H

#include "../base/bin.h"
#include "../fmt/file.h"

#define NTR_MSF_NONE UINT32_MAX   /* size of a deleted stream */
#define NTR_MSF_NO_STREAM 0xffffu /* stream number of a part that is not there */
#define NTR_MSF_MAX_STREAMS 0x100000u

struct ntr_msf_stream {
	u32 size;           /* bytes; NTR_MSF_NONE: no such stream */
	u32 nblocks;
	size_t first;       /* its block numbers are msf->block[first…] */
	u8 *data;           /* owned; NULL until loaded */
	char *origin;       /* owned; "x.pdb stream 3" */
	const char *bad;    /* static: why it is refused */
	u32 bad_block, bad_owner;
};

struct ntr_msf {
	struct ntr_file *file;  /* borrowed */
	bool jg;                /* PDB 2.00 */
	u32 block_size;
	u32 nblocks;            /* as the superblock says, at most what the
				   file has (a last block may be cut) */
	u32 nstreams;
	struct ntr_msf_stream *stream; /* owned, nstreams */
	u32 *block;             /* owned: block numbers of all streams */
	size_t nblock;
};

/* Do these first bytes belong to either container? */
bool ntr_msf_probe(const u8 *head, size_t len);
NTR_MUST enum ntr_st ntr_msf_open(struct ntr_msf *m, struct ntr_file *f,
				  struct ntr_err *e);
void ntr_msf_fini(struct ntr_msf *m);

/* The whole stream, borrowed until ntr_msf_fini(). ABSENT: there is none (also
 * for NTR_MSF_NO_STREAM). An empty stream is OK with no bytes. */
NTR_MUST enum ntr_st ntr_msf_stream(struct ntr_msf *m, u32 n,
				    struct ntr_bin *out, struct ntr_err *e);

/* --- for the containers ------------------------------------------------- */

/* block_size, nblocks and file are set, stream[].size and block[] are filled;
 * gives each stream its blocks and finds those that cannot be. */
NTR_MUST enum ntr_st ntr_msf_layout(struct ntr_msf *m, struct ntr_err *e);
/* Concatenated blocks, len bytes in all; every block in [1, nblocks). The
 * result is malloc'd. */
NTR_MUST enum ntr_st ntr_msf_gather(const struct ntr_msf *m, const u32 *block,
				    size_t nblock, u32 len, u8 **out,
				    struct ntr_err *e);
/* PDB 2.00: m->file is set, everything else zero. */
NTR_MUST enum ntr_st ntr_msf_open_jg(struct ntr_msf *m, struct ntr_err *e);

#endif
