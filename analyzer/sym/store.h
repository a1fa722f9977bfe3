// SPDX-License-Identifier: Apache-2.0
/*
 * The symbol store: finds the symbol file or image that belongs to a module,
 * along a path in the form of _NT_SYMBOL_PATH (store_path.h), in folders,
 * stores and caches, and on servers by HTTP(S).
 *
 * Invariants: what is handed out was opened and its identity compared; a file
 * stands under its final name in a cache only when it is complete and
 * verified; nothing is written outside the caches.  Names and keys come from
 * dumps and are hostile: they are reduced to a base name or refused.
 *
 * The library reads no environment: the path and the place of the default
 * cache are given by the caller (libcurl itself honours the usual proxy
 * variables).  A store belongs to one thread; two processes may share a cache.
 *
 * To add a kind of file: a row in NTR_WANT_LIST and its places in
 * store_want.c.
 */
#ifndef NTR_STORE_H
#define NTR_STORE_H

#include "../base/strbuf.h"
#include "pe.h"
#include "source.h"

#define NTR_WANT_LIST(X)                                             \
	X(PDB, "pdb", "program database")                            \
	X(IMAGE, "image", "image")                                   \
	X(DBG, "dbg", "debug file")                                  \
	X(ISF, "isf", "Volatility symbol table")                     \
	X(BREAKPAD, "breakpad", "Breakpad symbol file")              \
	X(ELF_DEBUG, "elf", "ELF debug file")
enum ntr_want_kind {
#define NTR_WANT_ENUM(n, t, d) NTR_WANT_##n,
	NTR_WANT_LIST(NTR_WANT_ENUM)
#undef NTR_WANT_ENUM
};
const char *ntr_want_text(enum ntr_want_kind kind); /* "pdb", "image", … */

#define NTR_WANT_NAME 128
#define NTR_WANT_KEY 80

/* One file that is wanted. Filled by the functions below, which check name
 * and key; ntr_store_find() checks them again. */
struct ntr_want {
	enum ntr_want_kind kind;
	char name[NTR_WANT_NAME]; /* "ntkrnlmp.pdb", "tcpip.sys"; of an ELF
				     debug file its debuglink, or "" */
	char key[NTR_WANT_KEY];   /* "C8C2…7E1", "5E3B9A10a5000", "GUID-AGE" */
	struct ntr_symid id;      /* what must match */
};

/* BAD with words when the name is none that a file may have. */
NTR_MUST enum ntr_st ntr_want_pdb(struct ntr_want *w,
				  const struct ntr_pe_debug *d,
				  struct ntr_err *e);
NTR_MUST enum ntr_st ntr_want_isf(struct ntr_want *w,
				  const struct ntr_pe_debug *d,
				  struct ntr_err *e);
NTR_MUST enum ntr_st ntr_want_breakpad(struct ntr_want *w,
				       const struct ntr_pe_debug *d,
				       struct ntr_err *e);
/* image: any path; its base name counts. size 0: not known, then only the
 * time stamp is compared and only plain folders can have it. */
NTR_MUST enum ntr_st ntr_want_image(struct ntr_want *w, const char *image,
				    u32 timestamp, u32 size,
				    struct ntr_err *e);
/* tcpip.sys -> tcpip.dbg. checksum 0: not known. */
NTR_MUST enum ntr_st ntr_want_dbg(struct ntr_want *w, const char *image,
				  u32 timestamp, u32 size, u32 checksum,
				  struct ntr_err *e);
/* link: the debuglink name, or NULL. */
NTR_MUST enum ntr_st ntr_want_elf(struct ntr_want *w, const u8 *build_id,
				  size_t n, const char *link,
				  struct ntr_err *e);

/* "ntkrnlmp.pdb/KEY/ntkrnlmp.pdb": its place in a store and behind the URL of
 * a server. False: this kind has none. */
bool ntr_want_place(const struct ntr_want *w, struct ntr_str *out);

/* Is the file at path what w asks for? BAD: "path: expected …, is …", or why
 * the file cannot be used at all. */
NTR_MUST enum ntr_st ntr_want_check(const struct ntr_want *w, const char *path,
				    struct ntr_err *e);

/* done and total in bytes, total 0 unknown; called at least once a second
 * while a server is waited for. False cancels. */
typedef bool ntr_store_progress_fn(void *ctx, const char *name, u64 done,
				   u64 total);

struct ntr_store_opts {
	bool offline;              /* servers are named, not asked */
	bool retry_missing;        /* ask again for what a server did not have */
	const char *default_cache; /* for "srv**URL", URLs without a cache; also
				      looked in last; NULL: none */
	const char *home;          /* for "~/…" in the path; NULL: as it is */
	unsigned timeout_s;        /* to connect, and of (nearly) nothing
				      coming; 0: NTR_STORE_TIMEOUT */
	u64 max_size;              /* of one file; 0: NTR_SYMSRC_MAX */
	ntr_store_progress_fn *progress; /* may be NULL */
	void *ctx;
};
#define NTR_STORE_TIMEOUT 20u
#define NTR_STORE_MISSING_SECONDS (24u * 60 * 60) /* a server's "no" holds */

struct ntr_store;

/* path: text of a symbol path, may be NULL or "". USAGE: it cannot be read.
 * opts and its texts are copied; NULL: defaults. */
NTR_MUST enum ntr_st ntr_store_open(struct ntr_store **out, const char *path,
				    const struct ntr_store_opts *opts,
				    struct ntr_err *e);
void ntr_store_close(struct ntr_store *s);

/*
 * *path: a local file that matches, to be freed by the caller.  It is not
 * packed when a cache could be written; else a .pd_ or .json.xz is returned as
 * it is, which ntr_symsrc_open() unpacks (each time anew).
 * ABSENT: the text names file and key and what is most telling: what was
 * refused, how a server failed, or the URL to fetch.  IO "cancelled": by
 * progress; what has come is kept and continued next time.
 */
NTR_MUST enum ntr_st ntr_store_find(struct ntr_store *s,
				    const struct ntr_want *w, char **path,
				    struct ntr_err *e);
/* Did the last find meet a file of that name that was not the one? */
bool ntr_store_refused(const struct ntr_store *s);
/* Every place the last find looked at and what was there, one a line; "" when
 * there was nothing to look at. Borrowed until the next find. */
const char *ntr_store_trail(const struct ntr_store *s);
/* Bytes that came over the network since the store was opened. */
u64 ntr_store_fetched(const struct ntr_store *s);

/* Note in the default cache that the symbol file at path turned out to be that
 * of an image, and ask for it. What is recalled is a hint: verify it. *path is
 * to be freed, also after false. */
void ntr_store_remember(struct ntr_store *s, const struct ntr_want *image,
			const char *path);
bool ntr_store_recall(struct ntr_store *s, const struct ntr_want *image,
		      char **path);

/* A file that a local store, cache or folder of the path holds. */
struct ntr_store_item {
	const char *root; /* the store or folder */
	const char *name; /* "ntkrnlmp.pdb" */
	const char *key;  /* NULL: a plain file */
	const char *path;
	u64 size;
};
typedef bool ntr_store_item_fn(void *ctx, const struct ntr_store_item *it);
#define NTR_STORE_LIST_MAX 100000u
/* Sorted by name within a folder; fn false stops. LIMIT: more than
 * NTR_STORE_LIST_MAX. Folders that are not there have nothing. */
NTR_MUST enum ntr_st ntr_store_each(struct ntr_store *s,
				    ntr_store_item_fn *fn, void *ctx,
				    struct ntr_err *e);
#endif
