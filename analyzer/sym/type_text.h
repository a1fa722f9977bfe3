// SPDX-License-Identifier: Apache-2.0
/*
 * Types of any symbol source as WinDbg's "dt" spells them, and members by
 * path.  Everything goes through struct ntr_symsrc_ops, so PDB, DWARF and ISF
 * come out alike.
 *
 * Invariant: bounded by NTR_TYPE_DEPTH types within types and NTR_TYPE_VISITS
 * members per question, whatever the type graph looks like.  To add a
 * spelling, add it to the table of its kind in type_text.c.
 */
#ifndef NTR_TYPE_TEXT_H
#define NTR_TYPE_TEXT_H

#include "bind.h"
#include "source.h"

/* Members that one question looks at. */
#define NTR_TYPE_VISITS (1u << 17)

/*
 * "Uint4B", "Ptr64 Void", "[15] UChar", "[2][4] Uint4B", "_LIST_ENTRY",
 * "Ptr64     void " (a pointer to a function, with what it returns in C's
 * spelling).  What the source cannot say is "????".  Always terminated; cut
 * where it does not fit.  Returns the length of the text in buf.
 */
size_t ntr_type_text(struct ntr_symsrc *s, u64 id, char *buf, size_t size);
/* The same for a member; of a bit field "Pos 3, 1 Bit", "Pos 4, 3 Bits". */
size_t ntr_member_text(struct ntr_symsrc *s, const struct ntr_type_member *m,
		       char *buf, size_t size);

/* What an id is in the end, behind typedefs and qualifiers: the id and, in
 * *out, its type. BAD when there is no end. */
NTR_MUST enum ntr_st ntr_type_strip(struct ntr_symsrc *s, u64 *id,
				    struct ntr_type *out, struct ntr_err *e);

/*
 * The member at a path, "ApcState.Process", and where it is counted from the
 * start of the whole; names are looked for in anonymous members and base
 * classes too.  ABSENT names what is missing; LIMIT: NTR_TYPE_VISITS.
 */
NTR_MUST enum ntr_st ntr_type_find_member(struct ntr_symsrc *s, u64 id,
					  const char *path,
					  struct ntr_type_member *out,
					  u64 *off, struct ntr_err *e);

/*
 * A member in the terms of bind.h; path "@size": the size of the structure.
 * ABSENT also for what those terms cannot hold (a bit field, an offset above
 * 4 GiB).  hit->type lives until the source is closed.
 */
NTR_MUST enum ntr_st ntr_symsrc_hit(struct ntr_symsrc *s, const char *type,
				    const char *path, struct ntr_type_hit *out,
				    struct ntr_err *e);
/* The same as the hook `better` of struct ntr_types; ctx is the source. */
bool ntr_symsrc_better(void *ctx, const char *name, struct ntr_type_hit *hit);

#endif
