// SPDX-License-Identifier: Apache-2.0
/*
 * NT crash dumps, shared by fmt_dmp32.c and fmt_dmp64.c.
 *
 * The two headers differ in widths and offsets only.  Each file decodes its
 * own into a struct ntr_dmp, whose numbers are all wide; everything behind
 * that (header values, memory maps, triage data, secondary data) is written
 * once.  The writer of a dump fills the header with "PAGE" before it sets
 * fields, so a value of that filler means "not written", never a number.
 *
 * Nothing in a body is fatal: what does not fit is noted with its file
 * offset, d->complete says whether promised bytes are missing, and the rest
 * is still given.  Only shortage of memory and read errors end an open.
 *
 * To add a dump type: a row in the switch of ntr_dmp_body() (dmp_body.c) and
 * a function which adds runs or blocks and sets m->end.
 */
#ifndef NTR_DMP_H
#define NTR_DMP_H

#include "../base/record.h"
#include "dump.h"

#define NTR_DMP_FILLER 0x45474150u /* "PAGE" */
#define NTR_DMP_RUNS 86            /* most that fit a header (32-bit one) */

struct ntr_dmp {
	struct ntr_dump *d;
	bool wide;        /* PAGEDU64 */
	u32 hdr_len;      /* 0x1000 or 0x2000 */
	u64 have;         /* bytes of the header that are in the file */

	/* From the header, as stored; filler where not written. */
	u32 valid, valid_want, major, build, machine, cpus, code, type;
	u32 product, suite;
	u8 pae;
	u64 dtb, pfndb, psmods, psprocs, kdbg, arg[4], time, uptime, space;
	const u8 *comment; /* 128 bytes */

	/* Physical memory descriptor. */
	u32 run_at;       /* file offset of the first run */
	u32 nruns, max_runs;
	u64 npages;
	struct {
		u64 pfn, npages;
	} run[NTR_DMP_RUNS];

	/* File offset after the last byte of the primary part, where secondary
	 * data may follow; 0 when it is not known. */
	u64 end;
};

static inline bool ntr_dmp_written(u32 v)
{
	return v != NTR_DMP_FILLER;
}
/* A 64-bit field is not written when its upper half is filler: no address,
 * time or count has that value. */
static inline bool ntr_dmp_written64(u64 v)
{
	return (u32)(v >> 32) != NTR_DMP_FILLER;
}

/* A record table in the file, read in pieces; see ntr_dmp_row(). */
#define NTR_DMP_ROWS_BUF 4032
struct ntr_dmp_rows {
	struct ntr_dump *d;
	u64 off, n;  /* table start, rows in the table that the file holds */
	u32 each;    /* bytes from row to row, <= NTR_DMP_ROWS_BUF */
	u64 first, count; /* rows in buf */
	u8 buf[NTR_DMP_ROWS_BUF];
};
/* n is cut to what the file holds. */
void ntr_dmp_rows_init(struct ntr_dmp_rows *r, struct ntr_dump *d, u64 off,
		       u64 n, u32 each);
/* A cursor over row i, good until the next call; false when it cannot be
 * read. */
bool ntr_dmp_row(struct ntr_dmp_rows *r, u64 i, struct ntr_bin *out);

/* dmp_meta.c: the first header page of a file, filler where the file ends
 * early. BAD when not even the bug check is there. */
NTR_MUST enum ntr_st ntr_dmp_load_header(struct ntr_dmp *m, void *buf,
					 size_t min, struct ntr_err *e);
/* Header values into d->meta, with notes on what is odd. */
void ntr_dmp_meta(struct ntr_dmp *m);
/* The part of [off, off+len) that the file holds; len 0 when there is none,
 * or when it is all filler. */
struct ntr_loc ntr_dmp_loc(struct ntr_dmp *m, u64 off, u64 len);

/* dmp_body.c: what follows the header, by DumpType and content. */
NTR_MUST enum ntr_st ntr_dmp_body(struct ntr_dmp *m, struct ntr_err *e);
/* dmp_runs.c */
NTR_MUST enum ntr_st ntr_dmp_full(struct ntr_dmp *m, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dmp_ranges(struct ntr_dmp *m, struct ntr_err *e);
/* dmp_bitmap.c */
NTR_MUST enum ntr_st ntr_dmp_bitmap(struct ntr_dmp *m, struct ntr_err *e);
/* dmp_triage.c, dmp_drivers.c */
NTR_MUST enum ntr_st ntr_dmp_triage(struct ntr_dmp *m, struct ntr_err *e);
/* dmp_blobs.c: secondary data at m->end, if there are any. */
void ntr_dmp_blobs(struct ntr_dmp *m);

#endif
