// SPDX-License-Identifier: Apache-2.0
/*
 * The text of a symbol path, as _NT_SYMBOL_PATH has it, and of a file.ptr:
 *
 *	DIR;srv*CACHE*URL;srv**URL;srv*S1*S2*…;cache*DIR;symsrv*symsrv.dll*C*S
 *
 * Parsing touches no file and no network, and accepts every text without
 * control bytes up to NTR_SYMPATH_TEXT bytes; what is of no use here (a path
 * of Windows, an unknown scheme) stays as a token that says so.
 * To add an element form: its prefix in store_path.c and a row in the table of
 * tests/unit/store_path_test.c.
 * Sources: Microsoft, "Symbol path for Windows debuggers", "Advanced SymSrv
 * Use", "Using SymStore".
 */
#ifndef NTR_STORE_PATH_H
#define NTR_STORE_PATH_H

#include "../base/arena.h"
#include "../base/status.h"
#include "../base/vec.h"

#define NTR_SYMPATH_TEXT 16384u /* bytes of a path */
#define NTR_SYMPATH_TOKENS 16u  /* in one srv* element */
#define NTR_SYMPATH_ELEMS 128u

enum ntr_symtok_kind {
	NTR_SYMTOK_DEFAULT, /* empty: the default downstream store */
	NTR_SYMTOK_LOCAL,   /* a folder here */
	NTR_SYMTOK_URL,     /* http:// or https:// */
	NTR_SYMTOK_WINDOWS, /* \\server\share or C:\dir: of no use here */
	NTR_SYMTOK_SCHEME,  /* ftp:// and the like */
};

struct ntr_symtok {
	enum ntr_symtok_kind kind;
	const char *text; /* in the path's arena; a URL without its last '/' */
};

enum ntr_symelem_kind {
	NTR_SYMELEM_DIR,   /* one token: plain folder, looked at in every way */
	NTR_SYMELEM_STORE, /* srv*: stores and servers, leftmost first */
	NTR_SYMELEM_CACHE, /* one token: keeps what is found to the right */
};

struct ntr_symelem {
	enum ntr_symelem_kind kind;
	unsigned n;
	struct ntr_symtok tok[NTR_SYMPATH_TOKENS];
};

struct ntr_sympath {
	struct { NTR_VEC(struct ntr_symelem); } elems;
	struct ntr_arena arena;
};

/* What WinDbg takes "srv*" alone to mean. */
#define NTR_SYMPATH_MICROSOFT "https://msdl.microsoft.com/download/symbols"

/* home: replaces the "~" of a token "~" or "~/…"; NULL: nothing does.
 * USAGE with words; nothing is left to free then. */
NTR_MUST enum ntr_st ntr_sympath_parse(struct ntr_sympath *out,
				       const char *text, const char *home,
				       struct ntr_err *e);
void ntr_sympath_fini(struct ntr_sympath *p);

/* What is this token? A token without a kind of its own is LOCAL. */
enum ntr_symtok_kind ntr_symtok_kind(const char *text);

/* --- file.ptr ------------------------------------------------------------------ */

#define NTR_FILE_PTR_MAX 4096u

struct ntr_file_ptr {
	bool refusal;               /* MSG: text is why there is none */
	char text[NTR_FILE_PTR_MAX + 1]; /* else where the file is */
};

/* BAD: empty, too long, or no text. len bytes, not NUL-terminated. */
NTR_MUST enum ntr_st ntr_file_ptr_parse(struct ntr_file_ptr *out,
					const void *data, size_t len,
					struct ntr_err *e);
#endif
