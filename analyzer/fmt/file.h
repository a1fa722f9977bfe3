// SPDX-License-Identifier: Apache-2.0
/*
 * An input file: bounded reads at any offset, with a small block cache, so
 * that many small reads of metadata cost few system calls and a file of any
 * size costs the same memory.  pread only: a file cut short while open gives
 * an error, never a signal.
 *
 * Ownership: ntr_file_open() gives an owned file; ntr_file_close(NULL) is
 * fine.  Pipes, devices and directories are refused in words.
 */
#ifndef NTR_FILE_H
#define NTR_FILE_H

#include "../base/space.h"

struct ntr_file {
	char *name;    /* owned; used in every message */
	int fd;
	u64 size;      /* bytes, when opened */
	struct ntr_space space; /* address = file offset */
	struct ntr_file_cache *cache;
};

/* USAGE for what is not a regular file, IO when it cannot be opened. */
NTR_MUST enum ntr_st ntr_file_open(struct ntr_file **out, const char *path,
				   struct ntr_err *e);
/* Take over an fd (also on failure it is closed); name is copied. */
NTR_MUST enum ntr_st ntr_file_from_fd(struct ntr_file **out, int fd,
				      const char *name, struct ntr_err *e);
void ntr_file_close(struct ntr_file *f);

/* All of len at off: ABSENT "name+0xoff: wants n bytes, file ends at ..." */
NTR_MUST enum ntr_st ntr_file_read(struct ntr_file *f, u64 off, void *buf,
				   size_t len, struct ntr_err *e);
/* As much as there is; returns the count. */
size_t ntr_file_read_some(struct ntr_file *f, u64 off, void *buf, size_t len);

#endif
