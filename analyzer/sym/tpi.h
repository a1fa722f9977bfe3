// SPDX-License-Identifier: Apache-2.0
/*
 * A stream of CodeView types: TPI or IPI of a PDB.  ntr_tpi_open() looks at
 * the header; the first question finds where each record begins; names are
 * looked up through the stream's own hash table while there are few questions
 * and through an index made here otherwise, or where the hash table is
 * missing, damaged or does not know the name.
 *
 * Invariants: a record that is damaged is BAD for who asks for it and nobody
 * else; where the chain of records breaks, it is taken up again at the next
 * "index offset" of the hash stream.  Every walk through types is bounded:
 * NTR_TYPE_DEPTH for types within types, a loop of continued field lists is
 * found after at most three turns.
 *
 * The bytes are borrowed until ntr_tpi_fini(), and so are the names handed
 * out (those that are stored with a length in front are copied).  An id is a
 * type index; a forward reference stands for the complete type of that name.
 */
#ifndef NTR_TPI_H
#define NTR_TPI_H

#include "../base/arena.h"
#include "../base/vec.h"
#include "pdb_leaf.h"
#include "source.h"

struct ntr_tpi_name; /* of the index, tpi_names.c */

struct ntr_tpi {
	struct ntr_bin rec;    /* the records */
	u32 version;
	unsigned ptr_size;     /* of the target; set by who knows it; 0 not known */
	u32 first, n;          /* type indices [first, first+n) */
	u16 hash_stream;       /* its number; 0xffff none */
	u32 key_size, buckets;
	u32 values_off, values_len, index_off, index_len; /* in that stream */

	bool hashed;           /* the two below are there */
	struct ntr_bin values; /* n bucket numbers of key_size bytes */
	struct ntr_bin index;  /* {u32 type index, u32 offset} every 8 KiB */

	u32 *off;              /* owned: of each record in rec, or NO_RECORD */
	unsigned asked;        /* names looked up by hash so far */
	bool indexed;          /* the two below are made */
	struct ntr_tpi_name *name; /* owned, sorted */
	size_t nnames;

	struct ntr_arena arena;
	struct ntr_tpi_copy *copy; /* owned: names with a NUL put behind */
	u32 ncopy, copy_cap;
};

/* UNSUP: a header of a version that is not known. */
NTR_MUST enum ntr_st ntr_tpi_open(struct ntr_tpi *t, struct ntr_bin stream,
				  struct ntr_err *e);
/* The whole hash stream. What of it does not hold together is not used. */
void ntr_tpi_hash(struct ntr_tpi *t, struct ntr_bin stream);
void ntr_tpi_fini(struct ntr_tpi *t);

/* The slots of struct ntr_symsrc_ops. */
NTR_MUST enum ntr_st ntr_tpi_named(struct ntr_tpi *t, const char *name,
				   u64 *id, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_tpi_type(struct ntr_tpi *t, u64 id,
				  struct ntr_type *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_tpi_members(struct ntr_tpi *t, u64 id,
				     ntr_type_member_fn *fn, void *ctx,
				     struct ntr_err *e);
NTR_MUST enum ntr_st ntr_tpi_each(struct ntr_tpi *t, ntr_type_name_fn *fn,
				  void *ctx, struct ntr_err *e);

/* --- between the tpi*.c ------------------------------------------------------ */

/* Where the records are; done once. */
NTR_MUST enum ntr_st ntr_tpi_load(struct ntr_tpi *t, struct ntr_err *e);
/* A cursor over a record, from its kind on. BAD: no such record. */
NTR_MUST enum ntr_st ntr_tpi_record(struct ntr_tpi *t, u32 index,
				    struct ntr_bin *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_tpi_leaf(struct ntr_tpi *t, u32 index,
				  struct ntr_leaf *out, struct ntr_err *e);
/* With a NUL behind it, until ntr_tpi_fini(). NULL: has none, no memory. */
const char *ntr_tpi_text(struct ntr_tpi *t, const struct ntr_leaf_name *n);

/* The complete type that a forward reference stands for. ABSENT: none. */
NTR_MUST enum ntr_st ntr_tpi_complete(struct ntr_tpi *t,
				      const struct ntr_leaf *forward,
				      u32 *index, struct ntr_err *e);

static inline bool ntr_leaf_is_udt(const struct ntr_leaf *l)
{
	return l->kind == NTR_LF_STRUCT || l->kind == NTR_LF_UNION ||
	       l->kind == NTR_LF_ENUM;
}

/* A name that names nothing: "<unnamed-tag>", "__unnamed" and the like, whole
 * or as the last part of a scoped name. */
bool ntr_tpi_anonymous(const struct ntr_leaf_name *n);
/* The whole of it is such a name. */
bool ntr_tpi_nameless(const struct ntr_leaf_name *n);

#endif
