// SPDX-License-Identifier: Apache-2.0
/*
 * Is the code of an image what its file says?  Executable sections are
 * compared byte by byte, after the file's relocations were applied for where
 * the image lies; import tables and code that is thrown away after start are
 * passed over.  Differences come as ranges with the bytes on both sides; a
 * range of one byte with one changed bit is what bad memory does, a longer one
 * is a patch or an overwrite.
 *
 * Newer kernels patch themselves while they start (retpolines, unused lock
 * prefixes, hot patches): `caveat` says so, nothing is hidden.
 */
#ifndef NTR_CHKIMG_H
#define NTR_CHKIMG_H

#include "../kobj/symbols.h"

#define NTR_CHKIMG_RANGES 256u
#define NTR_CHKIMG_BYTES 16u

struct ntr_code_diff {
	u32 rva, len;
	u8 expected[NTR_CHKIMG_BYTES], found[NTR_CHKIMG_BYTES];
	u8 nbytes;       /* of them: the first of the range */
	bool one_bit;
	u8 bit;
};

struct ntr_chkimg {
	u64 compared, absent;  /* bytes; absent ones are not in the dump */
	u64 differing;         /* bytes */
	u32 nranges;           /* all there are */
	struct ntr_code_diff range[NTR_CHKIMG_RANGES]; /* the first */
	u32 one_bit;           /* ranges that are one changed bit */
	const char *caveat;    /* or NULL */
};

/* mem is where the image lies, at base; file is opened with mapped = false. */
NTR_MUST enum ntr_st ntr_image_compare(const struct ntr_space *mem, u64 base,
				       const struct ntr_pe *file,
				       struct ntr_chkimg *out,
				       struct ntr_err *e);
/* ABSENT, naming the file that would be needed. */
NTR_MUST enum ntr_st ntr_chkimg(struct ntr_target *t, struct ntr_module *m,
				struct ntr_chkimg *out, struct ntr_err *e);

#endif
