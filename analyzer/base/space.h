// SPDX-License-Identifier: Apache-2.0
/*
 * Space: the reader of memory as a value.  A file, physical memory, a
 * virtual address space, the memory blocks of a triage dump, a live target
 * and a test array are all spaces.
 *
 * read() gives all of len or a status, and then buf holds nothing of use:
 *	ABSENT  the bytes are not in the dump (page not written, past the end)
 *	FAULT   the address does not translate
 *	IO      the file could not be read
 * Only ntr_space_read_some() gives a part.  To add a kind of memory, fill a
 * struct ntr_space; the owner of impl outlives it.
 */
#ifndef NTR_SPACE_H
#define NTR_SPACE_H

#include "status.h"

struct ntr_space {
	const char *name; /* for messages: "physical", "kernel virtual" */
	enum ntr_st (*read)(const struct ntr_space *s, u64 addr, void *buf,
			    size_t len, struct ntr_err *e);
	void *impl;
	/* Optional: what of [addr, addr+len) can be read from addr on, as a
	 * count. Without it pieces of 4 KiB are tried. */
	size_t (*some)(const struct ntr_space *s, u64 addr, void *buf,
		       size_t len);
};

NTR_MUST static inline enum ntr_st ntr_space_read(const struct ntr_space *s,
						  u64 addr, void *buf,
						  size_t len,
						  struct ntr_err *e)
{
	return s->read(s, addr, buf, len, e);
}

/* Read up to len bytes and stop where the memory ends: at the byte where the
 * space has a some(), else before the first 4 KiB-aligned piece that cannot
 * be read. Returns how many bytes are good (0..len). */
size_t ntr_space_read_some(const struct ntr_space *s, u64 addr, void *buf,
			   size_t len);

/* Little-endian scalars; *out is written only on success. */
NTR_MUST enum ntr_st ntr_read_u8(const struct ntr_space *s, u64 addr, u8 *out);
NTR_MUST enum ntr_st ntr_read_u16(const struct ntr_space *s, u64 addr, u16 *out);
NTR_MUST enum ntr_st ntr_read_u32(const struct ntr_space *s, u64 addr, u32 *out);
NTR_MUST enum ntr_st ntr_read_u64(const struct ntr_space *s, u64 addr, u64 *out);
/* A pointer of 4 or 8 bytes. 32-bit addresses are kept zero-extended
 * everywhere in this project. */
NTR_MUST enum ntr_st ntr_read_ptr(const struct ntr_space *s, u64 addr,
				  unsigned ptr_size, u64 *out);

/* An array in memory as a space, addresses [base, base+len). For tests and
 * for memory that a parser already holds. */
struct ntr_mem_space {
	struct ntr_space s;
	u64 base;
	const void *mem;
	size_t len;
};
void ntr_mem_space_init(struct ntr_mem_space *m, u64 base, const void *mem,
			size_t len);

#endif
