// SPDX-License-Identifier: Apache-2.0
/*
 * What the parts of the language share: the set of rules, the file that is
 * being loaded, and how a mistake is reported.
 *
 * Invariant: a set grows while files are loaded and is constant from sig_link()
 * on.  A mistake is reported once, where it is: whoever reports it returns
 * false or gives the type SIG_K_ERROR, and nobody reports what follows from it.
 */
#ifndef NTR_SIG_LANG_H
#define NTR_SIG_LANG_H

#include "ast.h"
#include "base/arena.h"
#include "schema.h"

#define SIG_MAX_DIAGS 200u      /* of one file; then it is given up */
#define SIG_MAX_SOURCE 400u     /* bytes of a line that are shown */
#define SIG_MAX_LINE 65536u     /* bytes of a line whose columns are characters */
#define SIG_MAX_NODES 2000000u  /* expressions of a file */
#define SIG_MAX_PATTERNS (16u << 20) /* bytes of a file's compiled patterns */

struct sig_index;

struct sig_set {
	struct ntr_arena arena;
	struct sig_schema *schema;
	struct { NTR_VEC(struct sig_code *); } rules;
	struct { NTR_VEC(void *); } regexes; /* pcre2_code, owned */
	struct sig_index *index;             /* NULL: not linked */
	struct sig_set *next;                /* of those that a list keeps */
};

/* A file that is being loaded. */
struct sig_src {
	struct sig_set *set;
	const char *name, *text;
	u32 len;
	struct sig_diags *d;
	size_t errors;           /* of this file */
	bool lost;               /* memory was short */
	size_t nodes, patterns;  /* so far, of what is limited */
	bool syntax;             /* facts and types are not looked at */
	struct sig_code *rule;   /* that is being checked */
};

/* A mistake at a place of the file. */
void sig_error(struct sig_src *s, struct sig_loc at, const char *fmt, ...)
	NTR_PRINTF(3, 4);
void sig_warn(struct sig_src *s, struct sig_loc at, const char *fmt, ...)
	NTR_PRINTF(3, 4);
bool sig_given_up(const struct sig_src *s);

/* Memory of the set; NULL sets `lost`. */
void *sig_alloc(struct sig_src *s, size_t n, size_t each);
char *sig_strndup(struct sig_src *s, const char *text, size_t n);
/* A vector's elements, moved into the arena; the vector is emptied. */
void *sig_keep(struct sig_src *s, void **v, size_t *n, size_t *cap, size_t each);
#define sig_keep_vec(s, vec)                                          \
	((__typeof__((vec)->v))sig_keep((s), (void **)&(vec)->v,      \
		&(vec)->n, &(vec)->cap, sizeof(*(vec)->v)))

/* --- parse.c ------------------------------------------------------------- */

/* All rules of a file; with their types checked those that have no mistake are
 * added to the set. */
void sig_parse(struct sig_src *s);
/* Types, rows, order of asking; false: there was a mistake. */
bool sig_check(struct sig_src *s, struct sig_code *r);

/* load.c: does it parse? BAD: no. */
NTR_MUST enum ntr_st sig_parse_only(const char *text, size_t len,
				    const char *name, struct sig_diags *d,
				    struct ntr_err *e);

/* --- regex.c ------------------------------------------------------------- */

/* Compiles the literal; false: reported. */
bool sig_regex_compile(struct sig_src *s, struct sig_expr *e);
void sig_regex_free(void *re);

/* --- fmt.c --------------------------------------------------------------- */

/* A part of a file on one line, comments left out. */
void sig_fmt_line(const char *text, struct sig_loc at, struct ntr_str *out);
/* `on` blocks as they are laid out in a file. */
void sig_fmt_block(const char *text, struct sig_loc at, struct ntr_str *out);

#endif
