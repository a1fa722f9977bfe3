// SPDX-License-Identifier: Apache-2.0
/*
 * The index of a Breakpad .sym file: what each record that begins something
 * (FUNC, PUBLIC, STACK WIN, STACK CFI INIT, FILE) covers and where in the file
 * its line is.  The text itself is read again when it is asked for, so the
 * index is a small multiple of the number of such records, and the lines of a
 * function cost nothing until somebody wants them.
 *
 * Spans may overlap and nest; the one that begins last and still covers the
 * address is the answer.  `parent` leads from a span to the nearest one before
 * it that reaches over its begin, so a look-up is a binary search and a walk
 * outward.  To index another record: a list here, a line in breakpad_index.c.
 * Source: Breakpad, docs/symbol_files.md.
 */
#ifndef NTR_BREAKPAD_H
#define NTR_BREAKPAD_H

#include "../base/vec.h"
#include "source.h"
#include "symtext.h"

enum ntr_bp_kind {
	NTR_BP_FUNC,
	NTR_BP_PUBLIC,
	NTR_BP_FRAME, /* STACK WIN 4 */
	NTR_BP_CFI,   /* STACK CFI INIT */
	NTR_BP_FPO,   /* STACK WIN 0..3 */
	NTR_BP_KINDS,
};

#define NTR_BP_NONE UINT32_MAX
struct ntr_bp_span {
	u64 rva, size;
	const char *text;  /* name or program, once it was read; arena */
	u32 parent;        /* index, or NTR_BP_NONE */
	u32 hash;          /* of the name without decoration */
	u64 off;           /* of its line */
	u32 line;          /* number of its line, from 1 */
	bool checked;      /* its lines were all looked at once */
};

struct ntr_bp_file {
	u32 number;
	u64 off;
	const char *name;
};

struct ntr_bp_name {
	u32 hash, index;
	bool is_public;
};

struct ntr_bp {
	bool indexed;
	struct ntr_bp_list {
		NTR_VEC(struct ntr_bp_span);
		u64 *key; /* their rva once more: the search stays in cache */
	} list[NTR_BP_KINDS];                          /* by address */
	struct { NTR_VEC(struct ntr_bp_file); } files; /* by number */
	struct { NTR_VEC(struct ntr_bp_name); } names; /* by hash; when asked */
};

/* What a line that begins a FUNC or PUBLIC says; name is in the line. */
struct ntr_bp_symbol {
	u64 rva, size;
	const char *name;
	size_t nname;
};
bool ntr_bp_symbol(struct ntr_words w, enum ntr_bp_kind kind,
		   struct ntr_bp_symbol *out);

struct ntr_bp_win {
	u32 type, prolog, params, saved_regs, locals, max_stack;
	u64 rva, size;
	bool has_program, uses_ebp;
	const char *program;
	size_t nprogram;
};
bool ntr_bp_win(struct ntr_words w, struct ntr_bp_win *out);

struct ntr_bp_line {
	u64 rva, size;
	u32 line, file;
};
bool ntr_bp_line(struct ntr_words w, struct ntr_bp_line *out);

/* Read the whole file once, if that was not done. */
NTR_MUST enum ntr_st ntr_bp_index(struct ntr_symsrc *s, struct ntr_err *e);
void ntr_bp_free(struct ntr_bp *bp);
/* A record that says nothing that can be used. */
void ntr_bp_broken(struct ntr_symsrc *s, u64 line);

/* The span that covers rva; NULL. */
struct ntr_bp_span *ntr_bp_find(struct ntr_bp_list *l, u64 rva);
/* The last that begins at or below rva; NULL. */
struct ntr_bp_span *ntr_bp_nearest(struct ntr_bp_list *l, u64 rva);

/* Hash of a name without the decoration that the machine's C has. */
u32 ntr_bp_hash(u32 machine, const char *name, size_t n);
/* The same but for that decoration. */
bool ntr_bp_same(u32 machine, const char *a, const char *b);

/* The rules of a STACK CFI INIT that hold at rva. */
NTR_MUST enum ntr_st ntr_bp_cfi(struct ntr_symsrc *s,
				const struct ntr_bp_span *init, u64 rva,
				struct ntr_uwrec *out, struct ntr_err *e);

#endif
