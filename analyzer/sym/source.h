// SPDX-License-Identifier: Apache-2.0
/*
 * A symbol source: one file (or one image in memory) that knows names, lines,
 * types or unwind records of one module.  PDB, .DBG, PE exports, DWARF,
 * Breakpad .sym and Volatility ISF all answer the same questions through the
 * same vector; what a format cannot know is a NULL slot and reads ABSENT.
 *
 * All addresses are RVAs: bytes from the start of the loaded module.
 *
 * Ownership: everything a source hands out (names, types) is borrowed and
 * lives until ntr_symsrc_close().  A source reads its file lazily: open()
 * looks at headers only, the first question of a kind loads what that kind
 * needs.  One part that is damaged does not take the others with it.
 *
 * To add a format: source_<name>.c with a struct ntr_symsrc_ops
 * ntr_symsrc_<name>, a line in source_list.h, a fuzz target.
 */
#ifndef NTR_SOURCE_H
#define NTR_SOURCE_H

#include "../base/arena.h"
#include "../fmt/file.h"
#include "type.h"
#include "uwrec.h"

enum ntr_symkind {
	NTR_SYM_PUBLIC, /* a linker's public name; size not known */
	NTR_SYM_FUNC,   /* a function record */
	NTR_SYM_DATA,
	NTR_SYM_EXPORT,
	NTR_SYM_LABEL,
};

struct ntr_symbol {
	const char *name; /* as stored, decorated; see name.h for display */
	u64 rva;
	u64 size;         /* 0: not known */
	enum ntr_symkind kind;
	bool code;        /* known to be code */
	u64 type;         /* id, 0 none */
};

struct ntr_line {
	const char *file; /* as stored */
	u32 line;
	u64 rva, size;    /* the stretch of code of this line; size 0 unknown */
};

/* Where a variable of a function is while it runs. */
enum ntr_var_place {
	NTR_VAR_UNKNOWN, /* nowhere, or nowhere plain, at this address */
	NTR_VAR_REG,     /* in reg */
	NTR_VAR_REGREL,  /* at reg + off */
	NTR_VAR_CFA,     /* at off from just behind the return address */
	NTR_VAR_STATIC,  /* at the RVA off */
};
/* A parameter or local variable. */
struct ntr_var {
	const char *name; /* borrowed until the source is closed */
	u64 type;         /* id, 0 none */
	bool param;
	enum ntr_var_place place;
	const char *reg;  /* "rsp"; static; with REG and REGREL */
	s64 off;
};

/* What a file says it belongs to. */
struct ntr_symid {
	bool has_guid, has_sig, has_image, has_checksum;
	u8 guid[16];      /* as on disk in an RSDS record */
	u32 age;          /* the age that has to match (PDB: that of DBI) */
	u32 sig;          /* PDB 2.00: time stamp signature */
	u32 timestamp, image_size; /* with has_image; image_size 0 unknown */
	u32 checksum;
	u8 build_id[32];  /* ELF */
	unsigned nbuild_id; /* 0: none */
};

struct ntr_symsrc;
typedef bool ntr_symbol_fn(void *ctx, const struct ntr_symbol *s);
typedef bool ntr_type_name_fn(void *ctx, const char *name, u64 id);
typedef bool ntr_line_fn(void *ctx, const struct ntr_line *l);
typedef bool ntr_var_fn(void *ctx, const struct ntr_var *v);

/* Every slot but probe, open and close may be NULL. */
struct ntr_symsrc_ops {
	const char *name;  /* "pdb" */
	const char *descr; /* "program database (PDB 7.00)" */
	/* Do the first len bytes (up to 4096) of a file look like mine? */
	bool (*probe)(const u8 *head, size_t len);
	/* s->file is open. On failure nothing is left to close but what
	 * ntr_symsrc_close() frees itself (arena, file). */
	enum ntr_st (*open)(struct ntr_symsrc *s, struct ntr_err *e);
	void (*close)(struct ntr_symsrc *s); /* frees s->priv */

	/* The symbol that holds rva: the function or datum whose size covers
	 * it, else the nearest one at or below it. ABSENT: none. */
	enum ntr_st (*at)(struct ntr_symsrc *s, u64 rva,
			  struct ntr_symbol *out, struct ntr_err *e);
	/* By the stored name, or by what is left of it without decoration. */
	enum ntr_st (*named)(struct ntr_symsrc *s, const char *name,
			     struct ntr_symbol *out, struct ntr_err *e);
	/* All of them, in any order, each once per record; fn false stops. */
	enum ntr_st (*each)(struct ntr_symsrc *s, ntr_symbol_fn *fn,
			    void *ctx, struct ntr_err *e);
	enum ntr_st (*line)(struct ntr_symsrc *s, u64 rva,
			    struct ntr_line *out, struct ntr_err *e);
	enum ntr_st (*each_line)(struct ntr_symsrc *s, ntr_line_fn *fn,
				 void *ctx, struct ntr_err *e);
	enum ntr_st (*unwind)(struct ntr_symsrc *s, u64 rva,
			      struct ntr_uwrec *out, struct ntr_err *e);

	/* Parameters and locals in scope at rva, in the source's order; fn
	 * false stops. ABSENT: the function there is not known. */
	enum ntr_st (*vars)(struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
			    void *ctx, struct ntr_err *e);

	/* Complete definition of a struct, union, enum or typedef. */
	enum ntr_st (*type_named)(struct ntr_symsrc *s, const char *name,
				  u64 *id, struct ntr_err *e);
	enum ntr_st (*type)(struct ntr_symsrc *s, u64 id,
			    struct ntr_type *out, struct ntr_err *e);
	enum ntr_st (*members)(struct ntr_symsrc *s, u64 id,
			       ntr_type_member_fn *fn, void *ctx,
			       struct ntr_err *e);
	/* Every named struct, union and enum with a body. */
	enum ntr_st (*each_type)(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				 void *ctx, struct ntr_err *e);
};

struct ntr_symsrc {
	const struct ntr_symsrc_ops *ops;
	struct ntr_file *file;  /* owned; NULL: made from memory */
	struct ntr_arena arena; /* freed at close */
	struct ntr_symid id;
	u32 machine;            /* enum ntr_machine; 0 unknown */
	unsigned ptr_size;      /* 4 or 8; 0 unknown */
	u64 broken;             /* records passed over so far, … */
	u64 broken_line;        /* … and in a text file the first one's line */
	void *priv;             /* the format's */
};

/* Recognised by content. f is taken over, on failure too. UNSUP: no format
 * knows it. A format whose open() says UNSUP passes the file on to the next
 * one that recognises it. */
NTR_MUST enum ntr_st ntr_symsrc_open_file(struct ntr_symsrc **out,
					  struct ntr_file *f,
					  struct ntr_err *e);
/* The same from the format behind `after` on. */
NTR_MUST enum ntr_st ntr_symsrc_open_next(struct ntr_symsrc **out,
					  const struct ntr_symsrc_ops *after,
					  struct ntr_file *f,
					  struct ntr_err *e);
/* The same by path; a file packed with xz, gz, zst or cab (.pd_, .json.xz) is
 * unpacked first, up to NTR_SYMSRC_MAX bytes. */
#define NTR_SYMSRC_MAX (UINT64_C(4) << 30)
NTR_MUST enum ntr_st ntr_symsrc_open(struct ntr_symsrc **out,
				     const char *path, struct ntr_err *e);
void ntr_symsrc_close(struct ntr_symsrc *s);

/* For formats whose source is not a file: a zeroed one with ops. NULL: no
 * memory. */
struct ntr_symsrc *ntr_symsrc_new(const struct ntr_symsrc_ops *ops);

/* The questions; ABSENT where the format has no slot. */
#define NTR_SYMSRC_ASK(slot, params, args)                                 \
	NTR_MUST static inline enum ntr_st ntr_symsrc_##slot params        \
	{                                                                  \
		if (!s->ops->slot)                                         \
			return ntr_fail(e, NTR_ABSENT, "%s has no such data", \
					s->ops->descr);                    \
		return s->ops->slot args;                                  \
	}
NTR_SYMSRC_ASK(at, (struct ntr_symsrc *s, u64 rva, struct ntr_symbol *out,
		    struct ntr_err *e), (s, rva, out, e))
NTR_SYMSRC_ASK(named, (struct ntr_symsrc *s, const char *name,
		       struct ntr_symbol *out, struct ntr_err *e),
	       (s, name, out, e))
NTR_SYMSRC_ASK(each, (struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
		      struct ntr_err *e), (s, fn, ctx, e))
NTR_SYMSRC_ASK(line, (struct ntr_symsrc *s, u64 rva, struct ntr_line *out,
		      struct ntr_err *e), (s, rva, out, e))
NTR_SYMSRC_ASK(each_line, (struct ntr_symsrc *s, ntr_line_fn *fn, void *ctx,
			   struct ntr_err *e), (s, fn, ctx, e))
NTR_SYMSRC_ASK(unwind, (struct ntr_symsrc *s, u64 rva, struct ntr_uwrec *out,
			struct ntr_err *e), (s, rva, out, e))
NTR_SYMSRC_ASK(vars, (struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
		      void *ctx, struct ntr_err *e), (s, rva, fn, ctx, e))
NTR_SYMSRC_ASK(type_named, (struct ntr_symsrc *s, const char *name, u64 *id,
			    struct ntr_err *e), (s, name, id, e))
NTR_SYMSRC_ASK(type, (struct ntr_symsrc *s, u64 id, struct ntr_type *out,
		      struct ntr_err *e), (s, id, out, e))
NTR_SYMSRC_ASK(members, (struct ntr_symsrc *s, u64 id, ntr_type_member_fn *fn,
			 void *ctx, struct ntr_err *e), (s, id, fn, ctx, e))
NTR_SYMSRC_ASK(each_type, (struct ntr_symsrc *s, ntr_type_name_fn *fn,
			   void *ctx, struct ntr_err *e), (s, fn, ctx, e))

#endif
