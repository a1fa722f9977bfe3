// SPDX-License-Identifier: Apache-2.0
/*
 * PE images, from memory of a dump (sections at their RVAs) or from a file
 * (sections at their file offsets).  Every part is optional: in a dump, some
 * pages of an image are usually missing, and ABSENT/FAULT then say so.  Read
 * through ntr_pe_read() only: it is what keeps RVAs inside the image.  To read
 * another directory, add a function here that starts from its dir[] entry.
 * Source: Microsoft, "PE Format".
 */
#ifndef NTR_PE_H
#define NTR_PE_H

#include "../base/bin.h"
#include "../base/space.h"

enum { /* data directories in use here */
	NTR_PE_EXPORT = 0,
	NTR_PE_RESOURCE = 2,
	NTR_PE_EXCEPTION = 3,
	NTR_PE_DEBUG = 6,
	NTR_PE_DIRS = 16,
};
#define NTR_PE_MAX_SECTIONS 96
#define NTR_SCN_EXECUTE 0x20000000u

struct ntr_pe_section {
	char name[9];
	u32 rva, vsize, raw_off, raw_size, flags;
};

struct ntr_pe {
	const struct ntr_space *s; /* borrowed */
	u64 base;                  /* where it lies in s */
	bool mapped;               /* sections at RVAs, not at file offsets */
	u32 machine;
	bool pe64;
	u32 timestamp, size, checksum, entry_rva, headers_size;
	u64 image_base;            /* preferred */
	struct { u32 rva, size; } dir[NTR_PE_DIRS];
	u32 nsections;
	struct ntr_pe_section section[NTR_PE_MAX_SECTIONS];
};

struct ntr_pe_debug {
	char pdb[260];   /* as linked: may be a full path */
	u8 guid[16];     /* RSDS */
	u32 sig;         /* NB10 time stamp */
	u32 age;
	bool rsds;
};

/* BAD with text when there is no PE image there. */
NTR_MUST enum ntr_st ntr_pe_open(struct ntr_pe *pe, const struct ntr_space *s,
				 u64 base, bool mapped, struct ntr_err *e);
/* len bytes at an RVA, through the sections when not mapped. */
NTR_MUST enum ntr_st ntr_pe_read(const struct ntr_pe *pe, u32 rva, void *buf,
				 size_t len, struct ntr_err *e);
/* The CodeView record. ABSENT: the image has none. */
NTR_MUST enum ntr_st ntr_pe_debug(const struct ntr_pe *pe,
				  struct ntr_pe_debug *out, struct ntr_err *e);
/* Parse a CodeView record ("RSDS", "NB10") held in memory. */
NTR_MUST enum ntr_st ntr_cv_parse(struct ntr_bin *b, struct ntr_pe_debug *out,
				  struct ntr_err *e);
/* File version of VS_FIXEDFILEINFO, e.g. {10,0,19041,804}. */
NTR_MUST enum ntr_st ntr_pe_version(const struct ntr_pe *pe, u16 ver[4],
				    struct ntr_err *e);
/* RVA of an export by name. */
NTR_MUST enum ntr_st ntr_pe_export(const struct ntr_pe *pe, const char *name,
				   u32 *rva, struct ntr_err *e);
/* Name in the export directory ("ntoskrnl.exe"). */
NTR_MUST enum ntr_st ntr_pe_export_module(const struct ntr_pe *pe, char *out,
					  size_t size, struct ntr_err *e);
/* Is the RVA inside a section that may execute? */
bool ntr_pe_is_code(const struct ntr_pe *pe, u32 rva);

/* Symbol-store keys: GUID+age or sig+age; time stamp+size. The GUID, sig and
 * time stamp in upper case with leading zeros, age and size "%x", as symbol
 * servers name their folders. */
void ntr_pdb_key(const struct ntr_pe_debug *d, char out[48]);
void ntr_pe_key(u32 timestamp, u32 size, char out[24]);

#endif
