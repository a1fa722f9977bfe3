// SPDX-License-Identifier: Apache-2.0
/*
 * Program databases: what the pdb_*.c share.  source_pdb.c fills the ops; each
 * other file knows one part of a PDB:
 *
 *	msf.c, msf_jg.c  the container          pdb_lines.c   C13 and C11 lines
 *	pdb_info.c       identity, names        pdb_frames.c  FPO, FRAMEDATA
 *	pdb_dbi.c        modules, sections      pdb_omap.c    segment:offset, OMAP
 *	pdb_syms.c       the slots of symbols   pdb_types.c   TPI
 *	pdb_recs.c       symbol records
 *	pdb_globals.c    names by hash table, publics by address
 *	pdb_mods.c       symbols of a module
 *	pdb_vars.c       parameters and locals
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

/* True when it was tried before; marks it as tried. */
static inline bool ntr_pdb_once(struct ntr_pdb_once *o)
{
	bool was = o->tried;

	o->tried = true;
	return was;
}

/* o's answer, its text given to e too. */
NTR_MUST static inline enum ntr_st ntr_pdb_again(const struct ntr_pdb_once *o,
						 struct ntr_err *e)
{
	if (o->st && e)
		*e = o->err;
	return o->st;
}

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
	const char *name;      /* of its object file */
	struct ntr_pdb_modsyms *syms; /* owned by pdb_mods.c */
	struct ntr_pdb_modlines *lines; /* owned by pdb_lines.c */
};

/* A stretch of a section that one module gave. */
struct ntr_pdb_contrib {
	u32 rva, size; /* source RVA */
	u32 mod;       /* index */
};

struct ntr_pdb_dbi {
	u32 version, age;
	u16 gsi, psi, symrec, machine, flags;
	u16 dbg[NTR_PDB_DBG_STREAMS]; /* NTR_MSF_NO_STREAM: none */
	/* The parts of the stream; empty where there is none. */
	struct ntr_bin modinfo, contribs;
};

struct ntr_pdb {
	struct ntr_symsrc *src;   /* borrowed */
	struct ntr_msf msf;
	u32 version;              /* of the info stream */
	bool has_ipi;
	u32 names_stream;         /* "/names"; NTR_MSF_NO_STREAM: none */
	struct ntr_pdb_dbi dbi;

	struct ntr_pdb_once dbi_once, names_once, sections_once, mods_once,
		contribs_once, publics_once, data_once, gsi_once, psi_once, frames_once;
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
	struct ntr_pdb_globals *globals; /* pdb_globals.c */
	struct ntr_pdb_frames *frames;   /* pdb_frames.c */
	struct ntr_pdb_texts *texts;     /* copies of _ST names */

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
/* A NUL-terminated string at the cursor, which moves behind it; borrowed;
 * NULL (and poison): it has no end. */
const char *ntr_pdb_cstr(struct ntr_bin *b);

/* --- pdb_dbi.c ------------------------------------------------------------- */

/* Header and parts; s->machine, ptr_size and the age that has to match. What
 * goes wrong is dbi_once's: a file of types only has no DBI stream, and types
 * can be read without. */
void ntr_pdb_dbi(struct ntr_pdb *p);
NTR_MUST enum ntr_st ntr_pdb_need_mods(struct ntr_pdb *p, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_pdb_need_contribs(struct ntr_pdb *p,
					   struct ntr_err *e);
/* The module whose contribution holds a source RVA. */
NTR_MUST bool ntr_pdb_mod_at(const struct ntr_pdb *p, u32 src, u32 *mod);

/* --- pdb_omap.c: three kinds of address -------------------------------------
 *
 * seg:off    as records have it: section number (from 1) and offset in it
 * source RVA  seg:off in the image as it was linked
 * image RVA   in the image as it is loaded; differs from the source RVA in an
 *            image whose blocks were moved afterwards (OMAP)
 *
 * Everything inside is a source RVA; the slots translate what goes in and
 * comes out. */

NTR_MUST enum ntr_st ntr_pdb_need_sections(struct ntr_pdb *p,
					   struct ntr_err *e);
/* false: no such section. An offset beyond the section's end is as it is. */
NTR_MUST bool ntr_pdb_src(const struct ntr_pdb *p, u16 seg, u32 off, u32 *src);
/* The section a source RVA is in, or NULL. */
const struct ntr_pdb_section *ntr_pdb_section_of(const struct ntr_pdb *p,
						 u32 src);
/* false: these bytes are not in the image (or were added to it). */
NTR_MUST bool ntr_pdb_to_image(const struct ntr_pdb *p, u32 src, u32 *rva);
NTR_MUST bool ntr_pdb_to_src(const struct ntr_pdb *p, u32 rva, u32 *src);
/* The stretch of the image around rva whose bytes are [src, src+size); rva has
 * to be one of them. */
void ntr_pdb_stretch(const struct ntr_pdb *p, u32 rva, u32 src, u32 size,
		     u64 *start, u64 *len);

/* --- pdb_recs.c --------------------------------------------------------------- */

/* Symbol record kinds, and the older ones whose names carry their length in
 * front (_ST). Source: microsoft-pdb include/cvinfo.h. */
enum {
	NTR_S_LDATA32_16T = 0x0201, NTR_S_GDATA32_16T = 0x0202,
	NTR_S_PUB32_16T = 0x0203,
	NTR_S_LPROC32_16T = 0x0204, NTR_S_GPROC32_16T = 0x0205,
	NTR_S_LDATA32_ST = 0x1007, NTR_S_GDATA32_ST = 0x1008,
	NTR_S_PUB32_ST = 0x1009,
	NTR_S_LPROC32_ST = 0x100a, NTR_S_GPROC32_ST = 0x100b,
	NTR_S_THUNK32_ST = 0x0206, NTR_S_LABEL32_ST = 0x0209,
	NTR_S_PROCREF_ST = 0x0400, NTR_S_DATAREF_ST = 0x0401,
	NTR_S_LPROCREF_ST = 0x0403,
	NTR_S_UDT_ST = 0x1003, NTR_S_CONSTANT_ST = 0x1002,
	NTR_S_THUNK32 = 0x1102, NTR_S_LABEL32 = 0x1105,
	NTR_S_CONSTANT = 0x1107, NTR_S_UDT = 0x1108,
	NTR_S_LDATA32 = 0x110c, NTR_S_GDATA32 = 0x110d, NTR_S_PUB32 = 0x110e,
	NTR_S_LPROC32 = 0x110f, NTR_S_GPROC32 = 0x1110,
	NTR_S_LTHREAD32 = 0x1112, NTR_S_GTHREAD32 = 0x1113,
	NTR_S_BPREL32_16T = 0x0200, NTR_S_BPREL32_ST = 0x1006,
	NTR_S_BPREL32 = 0x110b,
	NTR_S_REGISTER_ST = 0x1001, NTR_S_REGISTER = 0x1106,
	NTR_S_REGREL32_ST = 0x100d, NTR_S_REGREL32 = 0x1111,
	NTR_S_LOCAL = 0x113e, NTR_S_DEFRANGE_REGISTER = 0x1141,
	NTR_S_DEFRANGE_FP_REL = 0x1142, NTR_S_DEFRANGE_SUBFIELD_REG = 0x1143,
	NTR_S_DEFRANGE_FP_REL_FULL = 0x1144, NTR_S_DEFRANGE_REG_REL = 0x1145,
	NTR_S_FRAMEPROC = 0x1012, NTR_S_BLOCK32 = 0x1103,
	NTR_S_BLOCK32_ST = 0x0207, NTR_S_INLINESITE = 0x114d,
	NTR_S_INLINESITE2 = 0x115d, NTR_S_INLINESITE_END = 0x114e,
	NTR_S_END = 0x0006, NTR_S_PROC_ID_END = 0x114f,
	NTR_S_PROCREF = 0x1125, NTR_S_DATAREF = 0x1126,
	NTR_S_LPROCREF = 0x1127,
	NTR_S_KIND_ST_END = 0x1100, /* kinds below have _ST names */
	NTR_S_LPROC32_ID = 0x1146, NTR_S_GPROC32_ID = 0x1147,
	NTR_S_LPROC32_DPC = 0x1155, NTR_S_LPROC32_DPC_ID = 0x1156,
};

/* A record with an address. */
struct ntr_pdb_sym {
	u16 kind, seg;
	u32 off, size, flags;
	u64 type;
	u32 src;          /* source RVA; filled by ntr_pdb_sym_of() */
	const char *name; /* borrowed: of the stream, or copied to the arena */
};

/* Next record of a stream of them: its kind, a cursor behind the kind; b moves
 * to the record behind it. false: at the end, or damaged (b is poisoned). */
NTR_MUST bool ntr_pdb_rec_next(struct ntr_bin *b, u16 *kind,
			       struct ntr_bin *rec);
/* The name at the cursor, NUL-terminated or (_ST) with its length in front. */
const char *ntr_pdb_rec_name(struct ntr_pdb *p, u16 kind, struct ntr_bin *rec);
/* Publics, data, procedures, thunks, labels; false: none of these, damaged, or
 * in no section. Sections are loaded. */
NTR_MUST bool ntr_pdb_sym_of(struct ntr_pdb *p, u16 kind, struct ntr_bin rec,
			     struct ntr_pdb_sym *out);
/* As the interface has it, at image addresses; false: not in the image. */
NTR_MUST bool ntr_pdb_sym_out(struct ntr_pdb *p, const struct ntr_pdb_sym *s,
			      struct ntr_symbol *out);

void ntr_pdb_recs_free(struct ntr_pdb *p);

/* --- pdb_globals.c -------------------------------------------------------------- */

/* A record of the symbol record stream: its kind and a cursor behind the kind.
 * off: of the record. false stops. */
typedef bool ntr_pdb_rec_fn(void *ctx, u16 kind, u32 off, struct ntr_bin rec);
/* The global records (S_UDT, S_CONSTANT, S_PROCREF, S_GDATA32 …) of exactly
 * this name, through the hash table. ABSENT: none. */
NTR_MUST enum ntr_st ntr_pdb_global_named(struct ntr_pdb *p, const char *name,
					  ntr_pdb_rec_fn *fn, void *ctx,
					  struct ntr_err *e);
/* The same among publics. */
NTR_MUST enum ntr_st ntr_pdb_public_named(struct ntr_pdb *p, const char *name,
					  ntr_pdb_rec_fn *fn, void *ctx,
					  struct ntr_err *e);
/* All records of the symbol record stream. */
NTR_MUST enum ntr_st ntr_pdb_global_each(struct ntr_pdb *p, ntr_pdb_rec_fn *fn,
					 void *ctx, struct ntr_err *e);
/* The last public (or, data true, datum) at or below a source RVA. ABSENT:
 * none. */
NTR_MUST enum ntr_st ntr_pdb_nearest(struct ntr_pdb *p, u32 src, bool data,
				     struct ntr_pdb_sym *out,
				     struct ntr_err *e);
void ntr_pdb_globals_free(struct ntr_pdb *p);

/* --- pdb_syms.c, pdb_mods.c ------------------------------------------------------ */

enum ntr_st ntr_pdb_at(struct ntr_symsrc *s, u64 rva, struct ntr_symbol *out,
		       struct ntr_err *e);
enum ntr_st ntr_pdb_named(struct ntr_symsrc *s, const char *name,
			  struct ntr_symbol *out, struct ntr_err *e);
enum ntr_st ntr_pdb_each(struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
			 struct ntr_err *e);

/* The symbols of module m (from 0), loaded once. */
NTR_MUST enum ntr_st ntr_pdb_mod_syms(struct ntr_pdb *p, u32 m,
				      const struct ntr_pdb_modsyms **out,
				      struct ntr_err *e);
/* The records of module m, from the first on. */
NTR_MUST enum ntr_st ntr_pdb_mod_records(struct ntr_pdb *p, u32 m,
					 struct ntr_bin *out,
					 struct ntr_err *e);
/* The procedure that covers a source RVA; NULL: none. */
const struct ntr_pdb_sym *ntr_pdb_mod_proc(const struct ntr_pdb_modsyms *ms,
					   u32 src);
/* The symbol record at offset off of the module's stream. */
NTR_MUST bool ntr_pdb_mod_sym_at(struct ntr_pdb *p, u32 m, u32 off,
				 struct ntr_pdb_sym *out);
/* Each symbol record of module m with an address; false when fn said stop. */
NTR_MUST bool ntr_pdb_mod_each(struct ntr_pdb *p, u32 m, ntr_symbol_fn *fn,
			       void *ctx);
void ntr_pdb_mods_free(struct ntr_pdb *p);

/* The C11 and C13 parts of module m's stream; empty where it has none. */
NTR_MUST enum ntr_st ntr_pdb_mod_debug(struct ntr_pdb *p, u32 m,
				       struct ntr_bin *c11,
				       struct ntr_bin *c13, struct ntr_err *e);
/* The next C13 subsection; false: at the end, or damaged (b is poisoned). */
enum { NTR_C13_LINES = 0xf2, NTR_C13_FILES = 0xf4, NTR_C13_FRAMES = 0xf5 };
NTR_MUST bool ntr_pdb_c13_next(struct ntr_bin *b, u32 *kind,
			       struct ntr_bin *sub);

/* --- pdb_vars.c ---------------------------------------------------------------- */

enum ntr_st ntr_pdb_vars(struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
			 void *ctx, struct ntr_err *e);

/* --- pdb_lines.c, pdb_frames.c ------------------------------------------------ */

enum ntr_st ntr_pdb_line(struct ntr_symsrc *s, u64 rva, struct ntr_line *out,
			 struct ntr_err *e);
enum ntr_st ntr_pdb_each_line(struct ntr_symsrc *s, ntr_line_fn *fn, void *ctx,
			      struct ntr_err *e);
void ntr_pdb_lines_free(struct ntr_pdb *p);

enum ntr_st ntr_pdb_unwind(struct ntr_symsrc *s, u64 rva,
			   struct ntr_uwrec *out, struct ntr_err *e);
void ntr_pdb_frames_free(struct ntr_pdb *p);

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

#endif
