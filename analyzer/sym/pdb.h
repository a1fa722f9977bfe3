// SPDX-License-Identifier: Apache-2.0
/*
 * Program databases: what the pdb_*.c share.  source_pdb.c fills the ops; each
 * other file knows one part of a PDB:
 *
 *	msf.c, msf_jg.c  the container          pdb_lines.c   C13 and C11 lines
 *	pdb_info.c       identity, names        pdb_frames.c  FPO, FRAMEDATA
 *	pdb_dbi.c        modules, sections      pdb_omap.c    segment:offset, OMAP
 *	pdb_syms.c       publics and globals    pdb_types.c   TPI
 *	pdb_mods.c       module symbols
 *
 * Invariant: open() has read the container's directory, the info stream and
 * the DBI stream, no more.  Every other part is loaded by its ntr_pdb_need_…()
 * at the first question that wants it, once; its failure is remembered and
 * given again, and is that part's alone.  A part hangs in struct ntr_pdb with
 * a struct ntr_pdb_once; to add one, add both and free it in pdb_close().
 *
 * Layouts, and which file each was verified on: docs/formats/pdb.md.
 */
#ifndef NTR_PDB_H
#define NTR_PDB_H

#include "../base/vec.h"
#include "msf.h"
#include "source.h"

/* Fixed streams. */
enum { NTR_PDB_INFO = 1, NTR_PDB_TPI = 2, NTR_PDB_DBI = 3, NTR_PDB_IPI = 4 };

/* Streams of the optional debug header of DBI. */
enum {
	NTR_PDB_DBG_FPO = 0,
	NTR_PDB_DBG_OMAP_TO_SRC = 3,
	NTR_PDB_DBG_OMAP_FROM_SRC = 4,
	NTR_PDB_DBG_SECTIONS = 5,
	NTR_PDB_DBG_NEW_FPO = 9,
	NTR_PDB_DBG_ORIG_SECTIONS = 10,
	NTR_PDB_DBG_STREAMS = 11,
};

/* ntr_symbol.type of a procedure whose record names an id of the IPI stream
 * (S_GPROC32_ID …): this bit and the id. Without it: a TPI index. */
#define NTR_PDB_IPI_ID (UINT64_C(1) << 32)

/* Loaded, or tried and failed: the same answer for every later question. */
struct ntr_pdb_once {
	bool tried;
	enum ntr_st st;
	struct ntr_err err;
};

struct ntr_pdb_section {
	u32 rva, size; /* size: the larger of the virtual and the raw one */
	u32 flags;
};

struct ntr_omap_entry {
	u32 from, to; /* to 0: not mapped */
};

/* A module (compiland) of the DBI stream. */
struct ntr_pdb_mod {
	u16 stream;            /* NTR_MSF_NO_STREAM: none */
	u32 sym_size, c11_size, c13_size;
	u32 name;              /* offset of its name in the DBI stream */
	struct ntr_pdb_modsyms *syms; /* owned by pdb_mods.c */
	struct ntr_pdb_modlines *lines; /* owned by pdb_lines.c */
};

/* A stretch of a section that one module gave. */
struct ntr_pdb_contrib {
	u32 rva, size;
	u32 mod; /* index */
};

struct ntr_pdb_dbi {
	bool there;
	u32 version, age;
	u16 gsi, psi, symrec, machine, flags;
	u16 dbg[NTR_PDB_DBG_STREAMS]; /* NTR_MSF_NO_STREAM: none */
	/* The parts of the stream; empty where there is none. */
	struct ntr_bin modinfo, contribs, secmap, sources;
};

struct ntr_pdb {
	struct ntr_symsrc *src;   /* borrowed */
	struct ntr_msf msf;
	u32 version;              /* of the info stream */
	bool has_ipi;
	u32 names_stream;         /* "/names"; NTR_MSF_NO_STREAM: none */
	struct ntr_pdb_dbi dbi;

	struct ntr_pdb_once names_once, sections_once, omap_once, mods_once,
		contribs_once, publics_once, globals_once, frames_once;
	struct ntr_bin names;     /* the strings of /names */

	struct ntr_pdb_section *section; /* by which seg:off is understood */
	u32 nsections;
	struct ntr_omap_entry *omap_from, *omap_to; /* from source, to source */
	u32 nomap_from, nomap_to;

	struct ntr_pdb_mod *mod;
	u32 nmods;
	struct ntr_pdb_contrib *contrib; /* sorted by rva */
	u32 ncontribs;

	struct ntr_pdb_publics *publics; /* pdb_syms.c */
	struct ntr_pdb_globals *globals;
	struct ntr_pdb_frames *frames;   /* pdb_frames.c */

	/* pdb_types.c: made at the first question about types. */
	void *types;
	void (*types_free)(void *types);
};

static inline struct ntr_pdb *ntr_pdb_of(struct ntr_symsrc *s)
{
	return s->priv;
}

/* --- pdb_info.c ------------------------------------------------------------ */

/* Identity (s->id without the age), features, named streams. */
NTR_MUST enum ntr_st ntr_pdb_info(struct ntr_pdb *p, struct ntr_err *e);
/* The string at off of /names; borrowed; NULL: none. */
const char *ntr_pdb_name_at(struct ntr_pdb *p, u32 off);

/* --- the types' slots: pdb_types.c ----------------------------------------- */

enum ntr_st ntr_pdb_type_named(struct ntr_symsrc *s, const char *name, u64 *id,
			       struct ntr_err *e);
enum ntr_st ntr_pdb_type(struct ntr_symsrc *s, u64 id, struct ntr_type *out,
			 struct ntr_err *e);
enum ntr_st ntr_pdb_members(struct ntr_symsrc *s, u64 id,
			    ntr_type_member_fn *fn, void *ctx,
			    struct ntr_err *e);
enum ntr_st ntr_pdb_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
			      void *ctx, struct ntr_err *e);

/* --- pdb_syms.c -------------------------------------------------------------- */

/* A record of the symbol record stream or of a module: its kind and a cursor
 * behind the kind. off: of the record in its stream. false stops. */
typedef bool ntr_pdb_rec_fn(void *ctx, u16 kind, u32 off, struct ntr_bin rec);
/* The global records (S_UDT, S_CONSTANT, S_PROCREF, S_GDATA32 …) of this name,
 * exactly, through the hash table. ABSENT: none. */
NTR_MUST enum ntr_st ntr_pdb_global_named(struct ntr_pdb *p, const char *name,
					  ntr_pdb_rec_fn *fn, void *ctx,
					  struct ntr_err *e);

#endif
