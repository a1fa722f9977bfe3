// SPDX-License-Identifier: Apache-2.0
/*
 * Hardware error records: what parameter 2 of stop 0x124 points to.  NT's
 * WHEA_ERROR_RECORD is the Common Platform Error Record of the UEFI
 * specification (appendix N): a header of 128 bytes, descriptors of 72 bytes,
 * and the sections that they name; all of it is untrusted.
 *
 * And the status of a machine-check bank in words, by the Intel manual (volume
 * 3B, "Interpreting the MCA Error Codes"); AMD uses the same compound codes.
 *
 * A kind of section: a row of the table in cper.c.  What a section says is taken
 * only where its own mask marks it as valid.
 */
#ifndef NTR_KOBJ_CPER_H
#define NTR_KOBJ_CPER_H

#include "../base/bin.h"
#include "../base/space.h"

#define NTR_CPER_SECTIONS 16u        /* that are kept */

enum ntr_cper_kind {
	NTR_CPER_OTHER, NTR_CPER_PROCESSOR, NTR_CPER_X86, NTR_CPER_MCA,
	NTR_CPER_MEMORY, NTR_CPER_PCIE, NTR_CPER_FIRMWARE, NTR_CPER_ARM,
	NTR_CPER_NMI,
};

struct ntr_cper_section {
	enum ntr_cper_kind kind;
	u32 severity;
	char name[37];       /* "memory"; of an unknown kind its GUID */
	char fru[21];        /* the part that failed; "" not given */
};

struct ntr_cper {
	u32 severity, length;
	u16 declared;        /* sections by the header */
	unsigned n;          /* of s */
	struct ntr_cper_section s[NTR_CPER_SECTIONS];
	bool has_address;    /* physical, of a memory section */
	u64 address;
	bool has_pcie;
	u16 vendor, device, segment;
	u8 bus, slot, function;
	const u8 *mca;       /* in the bytes parsed; NULL none */
	size_t mca_len;
};

/* "fatal"; NULL: no such severity. */
const char *ntr_cper_severity(u32 severity);
/* b begins at the record. BAD: no record, or cut short. */
NTR_MUST enum ntr_st ntr_cper_parse(struct ntr_bin *b, struct ntr_cper *out,
				    struct ntr_err *e);

/* Bank and processor out of a machine-check section, when it holds this very
 * status: that proves which of the two layouts in use it has. */
bool ntr_cper_mca_bank(const struct ntr_cper *c, u64 status, u32 *bank,
		       u32 *processor);

/* "memory controller", "cache", …; never NULL. level: "L1"…; "" none. */
const char *ntr_mca_kind(u64 status);
const char *ntr_mca_level(u64 status);

#endif
