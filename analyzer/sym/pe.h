// SPDX-License-Identifier: Apache-2.0
/*
 * PE images, from memory of a dump (sections at their RVAs) or from a file
 * (sections at their file offsets).  Every part is optional: in a dump, some
 * pages of an image are usually missing, and ABSENT/FAULT then say so.  Read
 * through ntr_pe_read() only: it is what keeps RVAs inside the image.  To read
 * another directory, add a function here that starts from its dir[] entry, in
 * a pe_<directory>.c.  Source: Microsoft, "PE Format"; docs/formats/pe.md.
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
enum { /* types of debug directory entries */
	NTR_PE_DEBUG_COFF = 1,
	NTR_PE_DEBUG_CODEVIEW = 2,
	NTR_PE_DEBUG_FPO = 3,
	NTR_PE_DEBUG_MISC = 4,
	NTR_PE_DEBUG_OMAP_TO_SRC = 7,
	NTR_PE_DEBUG_OMAP_FROM_SRC = 8,
};
#define NTR_PE_MAX_SECTIONS 96
#define NTR_PE_MAX_DEBUG 64u         /* debug directory entries */
#define NTR_PE_MAX_EXPORTS 0x10000u  /* ordinals are 16 bits */
#define NTR_PE_MAX_IMAGE 0x80000000u
#define NTR_PE_DEBUG_STRIPPED 0x0200u /* flags: symbols are in a .DBG */
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
	u32 flags;                 /* IMAGE_FILE_* */
	u32 symbols_off, nsymbols; /* COFF symbol table, at a file offset; 0: none */
	bool pe64;
	u32 timestamp, size, checksum, entry_rva, headers_size;
	u64 image_base;            /* preferred */
	struct { u32 rva, size; } dir[NTR_PE_DIRS];
	u32 nsections;
	struct ntr_pe_section section[NTR_PE_MAX_SECTIONS];
};

#define NTR_PE_SECTION_BYTES 40u
/* An IMAGE_SECTION_HEADER, as images, .DBG files and PDBs have it. */
void ntr_pe_section_decode(struct ntr_pe_section *s, struct ntr_bin *b);

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
/* As much of [rva, rva+len) as is there, stopping at a missing page. */
size_t ntr_pe_read_some(const struct ntr_pe *pe, u32 rva, void *buf,
			size_t len);
/* The section that holds an RVA, or NULL. */
const struct ntr_pe_section *ntr_pe_section_of(const struct ntr_pe *pe,
					       u32 rva);

/* An entry of the debug directory. */
struct ntr_pe_debug_dir {
	u32 timestamp, type, size;
	u32 rva;  /* of the data; 0: not loaded with the image */
	u32 raw;  /* file offset of the data */
};
/* The 28 bytes of one, in images and .DBG files alike. */
void ntr_pe_debug_dir_decode(struct ntr_pe_debug_dir *d, struct ntr_bin *b);
/* Entry *i, and *i moves on. END: there are no more. */
NTR_MUST enum ntr_st ntr_pe_debug_dirs(const struct ntr_pe *pe, u32 *i,
				       struct ntr_pe_debug_dir *out,
				       struct ntr_err *e);
/* As much of an entry's data from its byte off on as is there; 0: nothing,
 * which in a dump is usual for data that is not loaded. */
size_t ntr_pe_debug_data(const struct ntr_pe *pe,
			 const struct ntr_pe_debug_dir *d, u32 off, void *buf,
			 size_t len);
/* "NB05", "NB07", "NB08", "NB09", "NB11": CodeView data in the image itself.
 * Anything else: false. */
bool ntr_cv_is_embedded(u32 sig, char form[5]);

/* What debug data an image of the time before PDB 7 has or points to. */
struct ntr_pe_old_debug {
	char codeview[5]; /* form of embedded CodeView data, "": none */
	char dbg[260];    /* MISC: name of the image or its .DBG; "": none */
	bool coff, fpo, omap;
	bool stripped;    /* the symbols were moved to a .DBG */
	struct ntr_pe_debug_dir codeview_dir, coff_dir, fpo_dir;
};
/* ABSENT: nothing of it. */
NTR_MUST enum ntr_st ntr_pe_old_debug(const struct ntr_pe *pe,
				      struct ntr_pe_old_debug *out,
				      struct ntr_err *e);
/* The name in a MISC record ("obj\i386\tcpip.dbg"); "" when it has none. */
void ntr_pe_misc_name(struct ntr_bin *b, char *out, size_t size);

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
struct ntr_pe_exported {
	const char *name;    /* until the callback returns; NULL: by ordinal */
	const char *forward; /* "NTDLL.RtlZeroMemory"; NULL: rva is its own */
	u32 ordinal, rva;
};
typedef bool ntr_pe_export_fn(void *ctx, const struct ntr_pe_exported *x);
#define NTR_PE_NAME_MAX 4096u /* longer names are cut */
#define NTR_PE_NAMES_MAX (32u << 20) /* all names of one image, in bytes */
/* Every name, then every function without one; fn false stops. *missing (may
 * be NULL) counts those that lie in pages that are not there. LIMIT: more
 * names than NTR_PE_NAMES_MAX; what came before was given. */
NTR_MUST enum ntr_st ntr_pe_exports_each(const struct ntr_pe *pe,
					 ntr_pe_export_fn *fn, void *ctx,
					 u32 *missing, struct ntr_err *e);
/* Name in the export directory ("ntoskrnl.exe"). */
NTR_MUST enum ntr_st ntr_pe_export_module(const struct ntr_pe *pe, char *out,
					  size_t size, struct ntr_err *e);
/* Is the RVA inside a section that may execute? */
bool ntr_pe_is_code(const struct ntr_pe *pe, u32 rva);

/*
 * A PE *file* as memory at a load address: headers and sections at their RVAs,
 * zero where a section has no bytes in the file, ABSENT between sections and
 * outside.  Nothing is relocated.  What code of an image that a dump does not
 * hold is read through.  pe is copied, its space is borrowed.
 */
struct ntr_pe_space {
	struct ntr_space s;
	struct ntr_pe pe;
	u64 base;
};
void ntr_pe_space_init(struct ntr_pe_space *ps, const struct ntr_pe *pe,
		       u64 base, const char *name);

/* Symbol-store keys: GUID+age or sig+age; time stamp+size. The GUID, sig and
 * time stamp in upper case with leading zeros, age and size "%x", as symbol
 * servers name their folders. */
void ntr_pdb_key(const struct ntr_pe_debug *d, char out[48]);
void ntr_pe_key(u32 timestamp, u32 size, char out[24]);

#endif
