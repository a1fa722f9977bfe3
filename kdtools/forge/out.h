// SPDX-License-Identifier: Apache-2.0
/*
 * Container writers: each takes the machine and a sink.  A writer never looks
 * at the scenario's text, and a sink never at the machine.
 *
 * To add one: forge_out_list.h gets a line, a function of type f_out_fn is
 * written in out_<name>.c.
 */
#ifndef FORGE_OUT_H
#define FORGE_OUT_H

#include "mach.h"

/* A sparse file, or memory bounded by max. The first failure sticks. */
struct f_sink {
	int fd;          /* -1: memory */
	u8 *p;
	size_t cap;
	u64 max, end;    /* end: size so far */
	enum ntr_st st;
	int errnum;
};

void f_sink_put(struct f_sink *s, u64 off, const void *p, size_t len);
void f_sink_buf(struct f_sink *s, u64 off, const struct f_buf *b);
/* The output is at least this long. */
void f_sink_extend(struct f_sink *s, u64 size);
void f_sink_cut(struct f_sink *s, u64 size);

typedef enum ntr_st f_out_fn(struct f_mach *m, struct f_sink *s, u32 arg,
			     struct ntr_err *e);

struct f_out {
	const char *name, *descr;
	f_out_fn *fn;
	u32 arg;
};

enum { F_HDR_FULL = 1, F_HDR_KERNEL = 2, F_HDR_HEADER = 3, F_HDR_TRIAGE = 4,
       F_HDR_BITMAP_FULL = 5, F_HDR_BITMAP_KERNEL = 6, F_HDR_RDMP_K = 8,
       F_HDR_RDMP_KA = 9, F_HDR_RDMP_F = 10 };

/* The dump header, 0x1000 or 0x2000 bytes. */
void f_out_header(const struct f_mach *m, u32 type, u64 file_size,
		  struct f_buf *b);
u64 f_out_header_len(const struct f_mach *m);
/* "DumpBlob" secondary data at off; returns the end. */
u64 f_out_blobs(const struct f_mach *m, struct f_sink *s, u64 off);
/* CORE and QEMU notes of every CPU (x86, x64). */
void f_out_notes(const struct f_mach *m, struct f_buf *b);

#define F_OUT_DECL(name, fn, arg, descr) f_out_fn fn;
#include "forge_out_list.h"
#undef F_OUT_DECL

#endif
