// SPDX-License-Identifier: Apache-2.0
/*
 * DWARF of one image through libdwarf, for the sources that have such
 * sections: ELF files and the PE images of gcc and clang.
 *
 * libdwarf never opens the file.  It gets named sections, in memory, with
 * zeros behind each, after what it would trust has been checked here: unit
 * headers, abbreviation tables, frame instructions.  A unit
 * that fails is blanked, so the others stay readable.  Each part is read at
 * the first question that needs it; whatever goes wrong is a status.
 *
 * A DIE is named by an id: its offset in .debug_info, with NTR_DW_TYPES for
 * one of .debug_types.  Addresses here are those of the file; the rva of
 * the interface is address - image->base.
 *
 * To read another attribute or tag, add it to the file of its kind
 * (dwarf_type.c, dwarf_func.c …) by the helpers of "DIEs" below; a section
 * libdwarf has not been shown yet goes into the list of dwarf.c.
 */
#ifndef NTR_DWARF_H
#define NTR_DWARF_H

#include "../base/vec.h"
#include "../fmt/dump.h"
#include "source.h"

#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>

#define NTR_DW_MAX_SECTION (UINT64_C(2) << 30)
#define NTR_DW_MAX_ATTRS 256u      /* of one abbreviation */
#define NTR_DW_MAX_DEPTH 64u       /* of nested DIEs */
#define NTR_DW_MAX_DIES (1u << 27) /* looked at in one walk of all units */
#define NTR_DW_MAX_LINES (16u << 20) /* bytes of one line program */
#define NTR_DW_MAX_RANGES (1u << 24) /* range list entries, all together */
#define NTR_DW_MAX_DIMS 32u        /* dimensions of an array */
#define NTR_DW_PAD 64u             /* zeros behind each section */

#define NTR_DW_TYPES (UINT64_C(1) << 62) /* the DIE is in .debug_types */
#define NTR_DW_VOID (UINT64_C(1) << 61)  /* the type that has no DIE */
#define NTR_DW_DIM_SHIFT 48 /* array seen without its first n dimensions */
#define NTR_DW_OFF(id) ((id) & ((UINT64_C(1) << NTR_DW_DIM_SHIFT) - 1))

/* --- the image ------------------------------------------------------------ */

struct ntr_dw_sect {
	const char *name; /* ".debug_info", whatever the container calls it */
	u64 addr, size;   /* size: unpacked */
	u64 off;          /* in the file */
	size_t index;     /* the container's own number */
	bool packed;
	bool ours;        /* read here, not shown to libdwarf */
	u8 *data;         /* size + NTR_DW_PAD bytes once loaded; owned */
};
struct ntr_dw_span {
	u64 lo, hi;
};

/* Filled by a container before ntr_dw_init(). */
struct ntr_dw_image {
	struct ntr_file *file; /* borrowed */
	struct { NTR_VEC(struct ntr_dw_sect); } sects;
	struct { NTR_VEC(struct ntr_dw_span); } code; /* executable stretches */
	bool big;
	unsigned ptr_size;
	u32 machine;
	u64 base;
	const char *elsewhere; /* words: where more of the DWARF is (dwz) */
	/* Bytes of a packed section; buf has size bytes. */
	enum ntr_st (*unpack)(struct ntr_dw_image *img,
			      const struct ntr_dw_sect *s, u8 *buf,
			      struct ntr_err *e);
	void *impl;
};

/* Is this a section that ntr_dw wants? The name to file it under, or NULL. */
const char *ntr_dw_wanted(const char *name);
/* Add one unless it is there already. */
NTR_MUST enum ntr_st ntr_dw_add(struct ntr_dw_image *img,
				const struct ntr_dw_sect *s, struct ntr_err *e);
struct ntr_dw_sect *ntr_dw_sect(struct ntr_dw_image *img, const char *name);
/* Loads it when it is not; ABSENT when there is none. */
NTR_MUST enum ntr_st ntr_dw_bytes(struct ntr_dw_image *img, const char *name,
				  struct ntr_bin *out, struct ntr_err *e);
void ntr_dw_image_fini(struct ntr_dw_image *img);

/* --- what is known of it ---------------------------------------------------- */

struct ntr_dw_row {
	u64 addr;
	u32 file, line;
	bool end; /* the sequence ends before addr */
};
struct ntr_dw_seq {
	u64 lo, hi;
	size_t first, n; /* rows, the end row not counted */
};
struct ntr_dw_lines {
	u64 off; /* of the program in .debug_line */
	const char **file;
	u32 nfile;
	struct { NTR_VEC(struct ntr_dw_row); } rows; /* the program's order */
	struct { NTR_VEC(struct ntr_dw_seq); } seqs; /* by lo */
};

struct ntr_dw_func {
	u64 lo, hi;
	const char *name; /* the linkage name when there is one */
	bool part;        /* a stretch apart from the entry */
	u64 id;           /* of its DIE */
};
struct ntr_dw_funcs {
	NTR_VEC(struct ntr_dw_func); /* by lo */
};

struct ntr_dw_unit {
	u64 id;            /* of its DIE */
	u64 start, end;    /* header and end, in its section */
	u64 abbrev;
	u64 sig, type_id;  /* of a type unit */
	u16 version;
	u8 kind;           /* DW_UT_… */
	u8 addr_size;
	bool types;        /* in .debug_types */
	bool blank;        /* refused */
	u8 width;          /* of an offset, 4 or 8 */
	/* from its DIE, once read */
	bool described, ranged, split;
	u16 lang;
	u64 low_pc, rnglists_base, addr_base;
	/* when asked */
	struct ntr_dw_lines *lines; /* may be shared between units */
	struct ntr_dw_funcs *funcs;
	bool lines_tried, funcs_tried;
};

/* A stretch of addresses of a unit. */
struct ntr_dw_reach {
	u64 lo, hi;
	u32 unit;
};

struct ntr_dw_name {
	const char *name; /* qualified */
	u64 id;
	u64 size;
	u32 line; /* of the declaration, 0: not said */
	u8 rank;  /* which of one name goes first */
	bool decl;
	Dwarf_Half tag;
};

struct ntr_dw_fde {
	u64 lo, hi;
	Dwarf_Fde fde;
	bool safe; /* instructions were looked at */
	bool bad;
};
struct ntr_dw_frames {
	Dwarf_Cie *cies;
	Dwarf_Fde *fdes;
	Dwarf_Signed ncies, nfdes;
	struct { NTR_VEC(struct ntr_dw_fde); } index; /* by lo */
};

/* A part that is made once: its status afterwards. */
struct ntr_dw_once {
	bool done;
	enum ntr_st st;
	struct ntr_err why;
};

struct ntr_dw {
	struct ntr_dw_image *img; /* borrowed */
	struct ntr_arena *arena;  /* borrowed */
	Dwarf_Obj_Access_Interface obj;
	Dwarf_Debug dbg;
	struct ntr_dw_once opened, units_known, reach_known, names_known,
		funcs_known, frames_known;
	struct { NTR_VEC(struct ntr_dw_unit); } units; /* info, then types */
	size_t ninfo;
	struct { NTR_VEC(struct ntr_dw_reach); } reach; /* by lo */
	struct { NTR_VEC(u64); } tables; /* abbreviation tables, bit 0: refused */
	u64 abbrev_work, line_work;
	u32 range_work; /* entries read */
	struct { NTR_VEC(struct ntr_dw_lines *); } lines; /* all, by offset */
	struct { NTR_VEC(struct ntr_dw_name); } names;    /* by name, rank */
	u32 *by_id;                                       /* names by id */
	struct { NTR_VEC(struct ntr_dw_func); } func_names; /* by name */
	struct ntr_dw_frames frames[2]; /* .debug_frame, .eh_frame */
	struct ntr_dw_recent *recent;   /* records given out; in the arena */
};

void ntr_dw_init(struct ntr_dw *dw, struct ntr_dw_image *img,
		 struct ntr_arena *arena);
void ntr_dw_fini(struct ntr_dw *dw);
bool ntr_dw_has(struct ntr_dw *dw, const char *section);

/* --- the answers -------------------------------------------------------------- */

NTR_MUST enum ntr_st ntr_dw_line(struct ntr_dw *dw, u64 rva,
				 struct ntr_line *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_each_line(struct ntr_dw *dw, ntr_line_fn *fn,
				      void *ctx, struct ntr_err *e);
/* The function whose code holds rva. */
NTR_MUST enum ntr_st ntr_dw_func_at(struct ntr_dw *dw, u64 rva,
				    struct ntr_symbol *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_func_named(struct ntr_dw *dw, const char *name,
				       struct ntr_symbol *out,
				       struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_each_func(struct ntr_dw *dw, ntr_symbol_fn *fn,
				      void *ctx, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_vars(struct ntr_dw *dw, u64 rva, ntr_var_fn *fn,
				 void *ctx, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_unwind(struct ntr_dw *dw, u64 rva,
				   struct ntr_uwrec *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_type_named(struct ntr_dw *dw, const char *name,
				       u64 *id, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_type(struct ntr_dw *dw, u64 id,
				 struct ntr_type *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_members(struct ntr_dw *dw, u64 id,
				    ntr_type_member_fn *fn, void *ctx,
				    struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_each_type(struct ntr_dw *dw, ntr_type_name_fn *fn,
				      void *ctx, struct ntr_err *e);

/* --- inside: opening and checking ------------------------------------------------ */

NTR_MUST enum ntr_st ntr_dw_need(struct ntr_dw *dw, struct ntr_err *e);
/* Status and text of a failed libdwarf call; frees err. */
NTR_MUST enum ntr_st ntr_dw_failed(struct ntr_dw *dw, int res, Dwarf_Error err,
				   struct ntr_err *e, const char *what, u64 at);
NTR_MUST enum ntr_st ntr_dw_keep(struct ntr_dw_once *o, enum ntr_st st,
				 struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dw_again(const struct ntr_dw_once *o,
				  struct ntr_err *e);
/* All unit headers; bad ones are blanked in memory. */
NTR_MUST enum ntr_st ntr_dw_units(struct ntr_dw *dw, struct ntr_err *e);
/* The unit a DIE belongs to, or NULL. */
struct ntr_dw_unit *ntr_dw_unit_of(struct ntr_dw *dw, u64 id);
/* Are these call frame instructions well formed? */
bool ntr_dw_check_cfa(const u8 *p, size_t n, unsigned ptr_size);

u8 ntr_bin_byte(struct ntr_bin *b, const char *what);
/* width is 1, 2, 4 or 8 */
u64 ntr_bin_uint(struct ntr_bin *b, bool big, unsigned width,
		 const char *what);
/* A unit_length: how many bytes follow it. *width: of an offset, 4 or 8. */
u64 ntr_dw_length(struct ntr_bin *b, bool big, unsigned *width);
u64 ntr_bin_uleb(struct ntr_bin *b, const char *what);
s64 ntr_bin_sleb(struct ntr_bin *b, const char *what);

/* --- inside: DIEs ------------------------------------------------------------------ */

/* Was that libdwarf call successful? Frees *err otherwise. */
bool ntr_dw_ok(struct ntr_dw *dw, int res, Dwarf_Error *err);
bool ntr_dw_has_attr(Dwarf_Die die, Dwarf_Half at);
NTR_MUST enum ntr_st ntr_dw_die(struct ntr_dw *dw, u64 id, Dwarf_Die *out,
				struct ntr_err *e);
void ntr_dw_free(Dwarf_Die die);
/* First child; next sibling, which replaces *cur. NULL at the end and on
 * failure: for (c = child(…); c; c = next(…)). */
Dwarf_Die ntr_dw_child(struct ntr_dw *dw, Dwarf_Die of, enum ntr_st *st,
		       struct ntr_err *e);
Dwarf_Die ntr_dw_next(struct ntr_dw *dw, Dwarf_Die cur, enum ntr_st *st,
		      struct ntr_err *e);
Dwarf_Half ntr_dw_tag(Dwarf_Die die);
u64 ntr_dw_id(Dwarf_Die die);
const char *ntr_dw_string(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at);
bool ntr_dw_flag(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at);
/* A constant, also one in a one-operation expression. */
struct ntr_dw_const {
	u64 v;
	bool is_signed;  /* stored with a sign */
	unsigned width;  /* bytes of a fixed-size form, else 0 */
};
bool ntr_dw_const(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at,
		  struct ntr_dw_const *out);
bool ntr_dw_u64(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out);
/* The bytes of an expression; borrowed of the section. */
bool ntr_dw_expr(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at,
		 struct ntr_bin *out);
/* Offset of a list or a program in another section. */
bool ntr_dw_offset(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out);
/* An index of DW_FORM_rnglistx. */
bool ntr_dw_index(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out);
/* Id of the DIE an attribute refers to; 0: none, or not in this file. */
u64 ntr_dw_ref(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at);
/* Stretches of code of a DIE: low/high pc or ranges. */
typedef enum ntr_st ntr_dw_range_fn(void *ctx, u64 lo, u64 hi);
NTR_MUST enum ntr_st ntr_dw_ranges(struct ntr_dw *dw,
				   const struct ntr_dw_unit *u, Dwarf_Die die,
				   ntr_dw_range_fn *fn, void *ctx);

/* --- inside: the parts --------------------------------------------------------------- */

/* The unit's own DIE has been read: low_pc, language. */
void ntr_dw_describe(struct ntr_dw *dw, struct ntr_dw_unit *u);
/* Which stretch of code belongs to which unit. */
NTR_MUST enum ntr_st ntr_dw_reaches(struct ntr_dw *dw, struct ntr_err *e);
/* The function whose code holds rva; NULL with *st: none. */
const struct ntr_dw_func *ntr_dw_find_func(struct ntr_dw *dw, u64 rva,
					   enum ntr_st *st, struct ntr_err *e);
/* The units that may hold an address, each once; *i starts at 0. NULL: no
 * more. */
struct ntr_dw_unit *ntr_dw_unit_at(struct ntr_dw *dw, u64 addr, size_t *i);
/* Runs the program at t->off into rows and file names. */
NTR_MUST enum ntr_st ntr_dw_run_lines(struct ntr_dw *dw, struct ntr_dw_lines *t,
				      const char *comp_dir, struct ntr_err *e);
/* The definition of a declared type, else 0. */
u64 ntr_dw_definition(struct ntr_dw *dw, u64 id, Dwarf_Die die);
const char *ntr_dw_type_name(struct ntr_dw *dw, u64 id, Dwarf_Die die);

struct ntr_dw_text { /* being written; full is sticky */
	char *p;
	size_t n, size;
	bool full;
};
void ntr_dw_put(struct ntr_dw_text *t, const char *fmt, ...) NTR_PRINTF(2, 3);
/* Name of a DWARF register in uwrec.h's spelling, or NULL. */
const char *ntr_dw_reg(u32 machine, unsigned reg);
/* A location expression as postfix text. UNSUP with words: not arithmetic. */
NTR_MUST enum ntr_st ntr_dw_postfix(const struct ntr_dw_image *img,
				    const u8 *p, size_t n, bool cfa_pushed,
				    struct ntr_dw_text *t, struct ntr_err *e);

#endif
