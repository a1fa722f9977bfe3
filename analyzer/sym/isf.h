// SPDX-License-Identifier: Apache-2.0
/*
 * A Volatility 3 symbol table (ISF: one JSON object of sections), read in one
 * pass that stops where the question is answered: opening reads up to the end
 * of `metadata`, an address up to the end of `symbols`, a type all of it.
 * Of symbols the pass keeps name and address; of a type only where its
 * definition is in the file.  A definition is parsed when it is asked for, and
 * then kept.
 *
 * Ids of types are an index and a class (enum isf_class), so a reference is
 * made without reading what it refers to; cycles are no danger.
 *
 * To read another section: a row in NTR_ISF_SECTIONS, its events in
 * isf_scan.c.  Source: Volatility 3, schemas/schema-6.2.0.json.
 */
#ifndef NTR_ISF_H
#define NTR_ISF_H

#include "../base/vec.h"
#include "../base/bin.h"
#include "source.h"

#define NTR_ISF_MAX (UINT64_C(512) << 20) /* of a file, unpacked */
#define NTR_ISF_DEPTH 64u                 /* braces and brackets in each other */
#define NTR_ISF_DEF_MAX (4u << 20)        /* of one definition */

#define NTR_ISF_SECTIONS(X)                                   \
	X(METADATA, "metadata") X(SYMBOLS, "symbols")         \
	X(BASE, "base_types") X(ENUM, "enums") X(USER, "user_types")
enum ntr_isf_section {
#define NTR_ISF_SECTION(n, t) NTR_ISF_##n,
	NTR_ISF_SECTIONS(NTR_ISF_SECTION)
#undef NTR_ISF_SECTION
	NTR_ISF_NSECTIONS,
};

/* The last three sections in their order, then what fields are made of. */
enum ntr_isf_class { NTR_ISF_CBASE, NTR_ISF_CENUM, NTR_ISF_CUSER, NTR_ISF_CMADE };

struct ntr_isf_symbol {
	u64 rva;
	u32 name;  /* offsets in names; 0: none */
	u32 link;  /* linkage_name */
	u32 type;  /* index + 1 in symtypes; 0: none */
};

struct ntr_isf_body {
	struct ntr_type t;
	struct ntr_type_member *m; /* arena */
	size_t nm;
};

struct ntr_isf_def {
	const char *name;  /* arena */
	u64 off;           /* of its JSON */
	u64 len;
	const struct ntr_isf_body *body; /* once it was read; arena */
};

struct ntr_isf_table {
	NTR_VEC(struct ntr_isf_def);
	u32 *order;        /* by name, later ones of a name behind; NULL
			      until the section was read */
};

struct ntr_isf_symtype {
	u64 off, len, id;
};

struct ntr_isf_by_rva {
	u64 rva;
	u32 index;
};

struct ntr_isf {
	struct ntr_isf_scan *scan;  /* NULL: the pass is over */
	bool done[NTR_ISF_NSECTIONS];
	enum ntr_st damaged;        /* why it ended early; err says it */
	struct ntr_err err;
	bool other_system;          /* metadata.linux or .mac */

	struct { NTR_VEC(char); } names;
	struct { NTR_VEC(struct ntr_isf_symbol); } symbols;
	struct { NTR_VEC(struct ntr_isf_symtype); } symtypes;
	struct ntr_isf_by_rva *by_rva;
	u32 *by_name, *by_link;     /* indices of symbols */
	size_t nlink;

	struct ntr_isf_table table[3]; /* by class */
	struct { NTR_VEC(struct ntr_type); } made;
};

/* Read until the section was read, or there is no more. */
NTR_MUST enum ntr_st ntr_isf_need(struct ntr_symsrc *s,
				  enum ntr_isf_section section,
				  struct ntr_err *e);
NTR_MUST enum ntr_st ntr_isf_scan_begin(struct ntr_symsrc *s,
					struct ntr_err *e);
void ntr_isf_scan_end(struct ntr_isf *p);

/* An integer of JSON; negative ones as their bits. */
bool ntr_isf_int(const char *p, size_t n, u64 *v);

/* The slots of types. */
NTR_MUST enum ntr_st ntr_isf_type_named(struct ntr_symsrc *s, const char *name,
					u64 *id, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_isf_type(struct ntr_symsrc *s, u64 id,
				  struct ntr_type *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_isf_members(struct ntr_symsrc *s, u64 id,
				     ntr_type_member_fn *fn, void *ctx,
				     struct ntr_err *e);
NTR_MUST enum ntr_st ntr_isf_each_type(struct ntr_symsrc *s,
				       ntr_type_name_fn *fn, void *ctx,
				       struct ntr_err *e);
/* The type of a symbol that has one; *id 0 when it cannot be read. */
NTR_MUST enum ntr_st ntr_isf_symtype_id(struct ntr_symsrc *s,
					struct ntr_isf_symtype *t, u64 *id,
					struct ntr_err *e);

#endif
