// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel structures by member name.
 *
 * A struct ntr_types answers "where is _KTHREAD.KernelStack, and how wide is
 * it?".  It asks, in order: the hook `better` (what the dump itself says: its
 * KDDEBUGGER_DATA64; later PDB and ISF types), the table of this very build,
 * the table of the nearest build.  The source is part of every answer:
 * exact, table, assumed.
 *
 *	struct thread { u64 limit, base; };
 *	static const struct ntr_member members[] = {
 *		NTR_MEMBER(thread, limit, "StackLimit"),
 *		NTR_MEMBER_OPT(thread, base, "StackBase|OlderName"),
 *	};
 *	ntr_bind(&types, "_KTHREAD", members, 2, &b, e);
 *	ntr_bound_read(&b, space, va, &thread, &have, e);
 *
 * A name may be a path through nested structures: "ApcState.Process".  To add
 * a member or a build, add it to nt_types.txt; nothing else changes.
 */
#ifndef NTR_BIND_H
#define NTR_BIND_H

#include "../base/space.h"

enum ntr_source { NTR_SRC_NONE, NTR_SRC_EXACT, NTR_SRC_TABLE, NTR_SRC_ASSUMED };
const char *ntr_source_name(enum ntr_source s); /* "none", "exact", … */

enum ntr_type_kind {
	NTR_TK_POINTER, /* 4 or 8 bytes, as the target has it */
	NTR_TK_INT,     /* width bytes, unsigned */
	NTR_TK_BYTES,   /* width bytes as they are */
	NTR_TK_STRUCT,  /* type names it */
};

struct ntr_type_hit {
	u32 off;
	u16 width;         /* 0 for a structure of unknown size */
	enum ntr_type_kind kind;
	enum ntr_source source;
	const char *type;  /* of a nested structure, or NULL; static */
};

/* Variants: kernels of one build number that differ (service packs of 3790,
 * updated kernels of 7601 and 9600), numbered from 0. */
#define NTR_MAX_VARIANTS 15u

struct ntr_types {
	u32 machine;       /* enum ntr_machine */
	unsigned ptr_size;
	u32 build;         /* 0: unknown, nothing is found in the table */
	u32 variants;      /* bit n: it may be variant n; 0: any */
	/* Optional: a better source, asked first with "_TYPE.Member". */
	bool (*better)(void *ctx, const char *name, struct ntr_type_hit *hit);
	void *ctx;
};

/* One member; alternatives after '|', nesting with '.'. */
NTR_MUST bool ntr_types_find(const struct ntr_types *t, const char *type,
			     const char *path, struct ntr_type_hit *hit);
/* sizeof(type), or 0. */
u32 ntr_types_sizeof(const struct ntr_types *t, const char *type,
		     enum ntr_source *source);
/* The variants the table knows of a build, as a bit mask (bit n = variant n);
 * 0 when the build is not in it. */
u32 ntr_types_variants(u32 machine, u32 build);

struct ntr_member {
	const char *path;
	u16 at, size;    /* in the caller's struct */
	bool optional;
	bool bytes;      /* destination is a byte array, not an integer */
};
#define NTR_MEMBER_(tag, f, path, opt, bytes)                            \
	{ path, offsetof(struct tag, f), sizeof(((struct tag *)0)->f), opt, \
	  bytes }
#define NTR_MEMBER(tag, f, path) NTR_MEMBER_(tag, f, path, false, false)
#define NTR_MEMBER_OPT(tag, f, path) NTR_MEMBER_(tag, f, path, true, false)
#define NTR_MEMBER_STR_OPT(tag, f, path) NTR_MEMBER_(tag, f, path, true, true)

#define NTR_MAX_MEMBERS 32
struct ntr_bound {
	const struct ntr_member *m; /* borrowed, static */
	unsigned n;
	unsigned ptr_size;
	u32 lo, hi;        /* bytes of the structure that are wanted */
	u32 have;          /* bit per member: bound */
	enum ntr_source source; /* the weakest of the bound members */
	struct ntr_type_hit hit[NTR_MAX_MEMBERS];
};

/* ABSENT, naming the member, when a required one is nowhere to be found. */
NTR_MUST enum ntr_st ntr_bind(const struct ntr_types *t, const char *type,
			      const struct ntr_member *m, unsigned n,
			      struct ntr_bound *out, struct ntr_err *e);

/*
 * Read the structure at va into the caller's struct.  *have gets a bit per
 * member read; the others are zeroed in out.  When a required member cannot
 * be read: its status, and out holds nothing of use.  Integers narrower than
 * the destination are zero-extended; a string is cut or zero-filled.
 */
NTR_MUST enum ntr_st ntr_bound_read(const struct ntr_bound *b,
				    const struct ntr_space *s, u64 va,
				    void *out, u32 *have, struct ntr_err *e);

/* One member as an integer, without a struct. ABSENT also when not known. */
NTR_MUST enum ntr_st ntr_read_member(const struct ntr_types *t,
				     const struct ntr_space *s, u64 va,
				     const char *type, const char *path,
				     u64 *out);

#endif
