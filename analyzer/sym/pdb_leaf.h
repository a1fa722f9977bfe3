// SPDX-License-Identifier: Apache-2.0
/*
 * CodeView type records ("leaves"), one at a time: bytes in, a plain struct
 * out.  Nothing here follows an index or keeps anything.
 *
 * Three generations differ in widths and names only: 16-bit indices with
 * length-prefixed names (Visual C++ 4 and before, "_16t" in cvinfo.h), 32-bit
 * indices with length-prefixed names ("_ST", Visual C++ 5 and 6), 32-bit
 * indices with NUL-terminated names (since Visual C++ 7).  All come out as
 * the newest.  To add a record, add a row to its table in pdb_leaf.c and a
 * case to the decoder that the table names.
 *
 * Source: microsoft-pdb include/cvinfo.h; docs/formats/pdb-types.md.
 */
#ifndef NTR_PDB_LEAF_H
#define NTR_PDB_LEAF_H

#include "../base/bin.h"

enum ntr_leaf_kind {
	NTR_LF_OTHER,      /* known to nobody here: skipped */
	NTR_LF_MODIFIER,
	NTR_LF_POINTER,
	NTR_LF_ARRAY,
	NTR_LF_STRUCT,     /* also class and interface */
	NTR_LF_UNION,
	NTR_LF_ENUM,
	NTR_LF_ALIAS,
	NTR_LF_BITFIELD,
	NTR_LF_PROCEDURE,  /* also LF_MFUNCTION */
	NTR_LF_FIELDLIST,
	NTR_LF_FUNC_ID,    /* IPI; also LF_MFUNC_ID */
};

/* prop of a structure, union or enum */
enum {
	NTR_LEAF_FORWARD = 0x80,
	NTR_LEAF_SCOPED = 0x100,
	NTR_LEAF_UNIQUE = 0x200,
};

/* len bytes at p, borrowed. With pascal no NUL follows them. p NULL: none. */
struct ntr_leaf_name {
	const char *p;
	u32 len;
	bool pascal;
};

/* A "numeric leaf". What is no integer (a float, a string) is read over, and
 * integer is false. */
struct ntr_leaf_num {
	u64 v;          /* negative ones as their bits */
	bool negative, integer;
};

struct ntr_leaf {
	enum ntr_leaf_kind kind;
	u16 raw;        /* the leaf's number as stored */
	u16 prop;
	u32 type;       /* referent, element, underlying, returned */
	u32 fields;     /* field list, 0 none */
	u32 attr;       /* of a pointer */
	u32 ptr_size;   /* of a pointer; 0 not known */
	u8 bit, bits;
	struct ntr_leaf_num size; /* of an array all of it */
	struct ntr_leaf_name name, unique;
};

/* rec: from the leaf's number to the end of the record. BAD when the record is
 * too short for what it says it is. */
NTR_MUST enum ntr_st ntr_leaf_decode(struct ntr_bin rec, struct ntr_leaf *out,
				     struct ntr_err *e);

enum ntr_field_kind {
	NTR_FIELD_OTHER,     /* a method, a nested type, a friend … */
	NTR_FIELD_MEMBER,
	NTR_FIELD_STATIC,
	NTR_FIELD_ENUMERATE,
	NTR_FIELD_BASE,
	NTR_FIELD_VBASE,     /* a virtual one: its offset is not in the type */
	NTR_FIELD_VFPTR,     /* pointer to the table of virtual functions */
	NTR_FIELD_INDEX,     /* type: the list that goes on */
};

struct ntr_field {
	enum ntr_field_kind kind;
	u16 raw;
	u32 type;
	struct ntr_leaf_num num; /* offset of a member, value of an enumerator */
	struct ntr_leaf_name name;
};

/* The next entry of a field list; list stands behind LF_FIELDLIST's number at
 * first. END at the end; BAD at an entry that is cut short or whose length is
 * not known, so nothing behind it can be read. */
NTR_MUST enum ntr_st ntr_field_next(struct ntr_bin *list, struct ntr_field *out,
				    struct ntr_err *e);

/* A type index below 0x1000 says it all by itself. */
#define NTR_LEAF_FIRST 0x1000u
struct ntr_leaf_simple {
	const char *name; /* static; NULL: not known */
	u8 size;
	u8 ptr_size;      /* not 0: it is a pointer to that */
	bool is_void, is_float, is_signed, is_char, is_bool;
};
struct ntr_leaf_simple ntr_leaf_simple(u32 index);

#endif
