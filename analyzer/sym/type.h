// SPDX-License-Identifier: Apache-2.0
/*
 * Types as a symbol source describes them: PDB, DWARF, ISF, the table of
 * known layouts.  A type is named by an id that means something only to the
 * source it came from; 0 is "no type".  Ids, not pointers, so that a graph
 * with cycles is no danger and nothing is read that nobody asked for.
 *
 * Sizes and offsets are bytes, bit numbers count from the least significant
 * bit of the unit.  To add a kind, add a row to NTR_TY_LIST.
 */
#ifndef NTR_TYPE_H
#define NTR_TYPE_H

#include "../base/ntr_types.h"

#define NTR_TY_LIST(X)                                                     \
	X(UNKNOWN, "unknown")                                              \
	X(VOID, "void")                                                    \
	X(INT, "integer")      /* also characters and booleans */          \
	X(FLOAT, "float")                                                  \
	X(POINTER, "pointer")                                              \
	X(ARRAY, "array")                                                  \
	X(STRUCT, "struct")    /* also class */                            \
	X(UNION, "union")                                                  \
	X(ENUM, "enum")                                                    \
	X(FUNC, "function")                                                \
	X(ALIAS, "alias")      /* typedef, const, volatile: look at `to` */
enum ntr_ty_kind {
#define NTR_TY_ENUM(n, t) NTR_TY_##n,
	NTR_TY_LIST(NTR_TY_ENUM)
#undef NTR_TY_ENUM
};

struct ntr_type {
	enum ntr_ty_kind kind;
	const char *name;  /* "_KTHREAD", "unsigned long"; NULL: has none.
			      Borrowed until the source is closed. */
	u64 size;          /* 0: not known, or a declaration only */
	bool is_signed;    /* of INT and of an ENUM's values */
	bool is_char, is_bool;
	bool declared_only; /* no body anywhere in this source */
	u64 to;            /* pointee, element, underlying type, return type */
	u64 count;         /* elements of an ARRAY; 0 open */
};

/* A member of a STRUCT or UNION, or a value of an ENUM. */
struct ntr_type_member {
	const char *name;  /* NULL or "": anonymous; borrowed as above */
	u64 off;           /* of the unit that holds it */
	u64 type;          /* for a bit field the type of its unit */
	u8 bit, bits;      /* bits 0: no bit field */
	bool base;         /* a base class, not a named member */
	s64 value;         /* of an ENUM's value; u64 ones as their bits */
};

/* Called for each member in the source's order; false stops. */
typedef bool ntr_type_member_fn(void *ctx, const struct ntr_type_member *m);

/* How deep type graphs are followed: alias of alias, anonymous in anonymous. */
#define NTR_TYPE_DEPTH 32u

#endif
