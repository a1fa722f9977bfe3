// SPDX-License-Identifier: Apache-2.0
/*
 * Signatures: knowledge about failures, asked of the facts of one dump.
 *
 * A set of rules is loaded once (sig_load_*), linked once (sig_link: ids,
 * index), and then judges any number of dumps; a linked set is never written
 * again, so any number of processes or threads may share it.  The language is
 * docs/signatures.md.
 *
 * Three values everywhere.  A rule FIRES when all its `require` hold and no
 * `exclude` does; it is SILENT when one `require` is false or one `exclude`
 * true, whatever else is unknown; otherwise it is UNKNOWN, with what is missing.
 * Several `on dump` blocks: the best of them (fires, unknown, silent).
 *
 * Invariant: the library prints nothing; what a file does wrong becomes a list
 * of diagnostics, all of one file at once, and the other files still load.
 * Strings of a result live as long as the result, of a rule as long as the set.
 * To add a function to the language: a row of the table in func.c.
 */
#ifndef NTR_SIG_H
#define NTR_SIG_H

#include "base/ntr_types.h"
#include "base/status.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct ntr_facts;
struct sig_set;

/* --- loading ------------------------------------------------------------- */

enum sig_diag_level { SIG_DIAG_ERROR, SIG_DIAG_WARNING };

struct sig_diag {
	const char *file;
	unsigned line, column;  /* from 1; column in characters */
	enum sig_diag_level level;
	const char *text;       /* "no fact \"bugchek.code\": nearest is …" */
	const char *source;     /* the line, without its end */
	unsigned width;         /* characters that the caret underlines, >= 1 */
};

struct sig_diags {
	NTR_VEC(struct sig_diag);
	size_t errors;
	struct sig_set *priv;  /* texts that belong to no other set */
};

NTR_MUST enum ntr_st sig_set_new(struct sig_set **out, struct ntr_err *e);
void sig_set_free(struct sig_set *s);

/*
 * Rules from a text, a file, or every *.sig below a folder (sorted, links not
 * followed twice).  A rule with an error is left out, the file's other rules
 * stay.  OK also when there were errors: they are in d, which lives as long as
 * the set.  IO: the file or folder cannot be read; LIMIT: over SIG_MAX_FILE.
 */
#define SIG_MAX_FILE (16u << 20)
NTR_MUST enum ntr_st sig_load_text(struct sig_set *s, const char *text,
				   size_t len, const char *name,
				   struct sig_diags *d, struct ntr_err *e);
NTR_MUST enum ntr_st sig_load_file(struct sig_set *s, const char *path,
				   struct sig_diags *d, struct ntr_err *e);
NTR_MUST enum ntr_st sig_load_dir(struct sig_set *s, const char *path,
				  struct sig_diags *d, struct ntr_err *e);
/* After the last load: ids that occur twice, `related` and `supersedes` that
 * name nothing, then the index. */
NTR_MUST enum ntr_st sig_link(struct sig_set *s, struct sig_diags *d,
			      struct ntr_err *e);
void sig_diags_free(struct sig_diags *d);
/* "file:3:9: error: …", the line, the caret. */
void sig_diag_text(const struct sig_diag *d, struct ntr_str *out);

/* --- rules --------------------------------------------------------------- */

#define SIG_CLASSES(X) X(STOP, "stop") X(HANG, "hang") X(LEAK, "leak") \
	X(CORRUPTION, "corruption")
#define SIG_SEVERITIES(X) X(LOW, "low") X(MEDIUM, "medium") X(HIGH, "high") \
	X(CRITICAL, "critical")
#define SIG_STATUSES(X) X(EXPERIMENTAL, "experimental") X(STABLE, "stable") \
	X(RETIRED, "retired")
#define SIG_VALUES(X) X(SILENT, "silent") X(UNKNOWN, "unknown") \
	X(FIRES, "fires")
#define SIG_ENUM_CLASS(n, t) SIG_CLASS_##n,
#define SIG_ENUM_SEVERITY(n, t) SIG_SEVERITY_##n,
#define SIG_ENUM_STATUS(n, t) SIG_STATUS_##n,
#define SIG_ENUM_VALUE(n, t) SIG_##n,
enum sig_class { SIG_CLASSES(SIG_ENUM_CLASS) };
enum sig_severity { SIG_SEVERITIES(SIG_ENUM_SEVERITY) };
enum sig_status { SIG_STATUSES(SIG_ENUM_STATUS) };
enum sig_value { SIG_VALUES(SIG_ENUM_VALUE) };
const char *sig_class_name(enum sig_class c);
const char *sig_severity_name(enum sig_severity s);
const char *sig_status_name(enum sig_status s);
const char *sig_value_name(enum sig_value v);

struct sig_fixed {
	const char *file;          /* "tcpip.sys" */
	const char *machine;       /* "x86" */
	const char *os;            /* "5.2", or NULL: any */
	u64 date;                  /* 100 ns since 1601; 0 not given */
	u64 size;                  /* bytes of the file; 0 not given */
	u16 version[4];
	unsigned nversion;         /* 0 not given */
};

struct sig_test {
	enum sig_value expect;
	const char *name;
	const char *scenario;      /* forge's text, as it stands in the rule */
	size_t len;
	unsigned line;             /* of its first character in the file */
};

/* A rule as others may show it. */
struct sig_rule {
	const char *id, *title, *file;
	unsigned line;
	enum sig_class cls;
	enum sig_severity severity;
	enum sig_status status;
	struct { NTR_VEC(const char *); } components, articles, affects,
		false_positives, related, supersedes, say, advice;
	struct { NTR_VEC(struct sig_fixed); } fixed;
	struct { NTR_VEC(struct sig_test); } tests;
	const void *priv;          /* the compiled rule: lang/ only */
};

/* The `on` blocks, as `sig fmt` lays them out. */
void sig_conditions(const struct sig_rule *r, struct ntr_str *out);

size_t sig_count(const struct sig_set *s);
const struct sig_rule *sig_at(const struct sig_set *s, size_t i); /* by id */
const struct sig_rule *sig_find(const struct sig_set *s, const char *id);
/* Digest of all rules' texts, 64 hex digits and their end: two sets with the
 * same judge alike. Of a linked set; made when it is asked. */
#define SIG_DIGEST 65u
void sig_digest(const struct sig_set *s, char out[SIG_DIGEST]);

/* --- judging a dump ------------------------------------------------------ */

struct sig_evidence {
	const char *condition;     /* its text in the rule */
	const char *fact;          /* "stack.cycles[0].count" */
	const char *value;         /* "60" */
};

struct sig_missing {
	const char *fact;
	const char *why;           /* and, if known, what would supply it */
};

struct sig_result {
	const struct sig_rule *rule;
	enum sig_value value;
	unsigned confidence;       /* percent; of FIRES only, else 0 */
	const char *confidence_why;
	const char *say;           /* interpolated; of FIRES only, else NULL */
	struct { NTR_VEC(const char *); } advice;    /* the same, of `do` */
	struct { NTR_VEC(struct sig_evidence); } evidence; /* what held */
	const char *failed;        /* SILENT: text of the first condition that
				      decided it; NULL otherwise */
	const char *failed_got;    /* "bugcheck.code is 0xd1" */
	bool near_miss;            /* SILENT, but at least half of the requires
				      hold, the first of them among these, and
				      one alone decided, which is about more
				      than the system and its version */
	struct { NTR_VEC(struct sig_missing); } missing; /* of UNKNOWN */
	const char *superseded_by; /* id of a firing rule that says more */
	u64 ns;                    /* spent here; with SIG_PROFILE, else 0 */
};

enum {
	SIG_EXPLAIN = 1,  /* also silent rules whose index matches, all their
			     conditions evaluated: near misses, why not */
	SIG_PROFILE = 2,  /* also silent rules, for what they cost */
	SIG_RETIRED = 4,  /* judge retired rules too */
};

struct sig_options {
	unsigned flags;
	const char *const *only;   /* ids; NULL: all */
	size_t nonly;
	unsigned min_confidence;   /* FIRES below it are left out */
};

/* Of one dump: firing ones first, the most confident first, then unknown, then
 * silent (SIG_EXPLAIN only); equal ones by id. */
struct sig_results {
	NTR_VEC(struct sig_result);
	size_t rules, considered;  /* in the set; not ruled out by the index */
	const void *priv;
};

NTR_MUST enum ntr_st sig_judge(const struct sig_set *s, struct ntr_facts *f,
			       const struct sig_options *opt,
			       struct sig_results **out, struct ntr_err *e);
void sig_results_free(struct sig_results *r);

/* --- the rest ------------------------------------------------------------ */

/* The text in the one layout, comments kept; scenario bodies are re-indented,
 * not touched otherwise. BAD: it does not parse (diagnostics in d). */
NTR_MUST enum ntr_st sig_format(const char *text, size_t len, const char *name,
				struct ntr_str *out, struct sig_diags *d,
				struct ntr_err *e);

/* Reference of the language's functions and operators, Markdown, from the same
 * tables as the checker. */
void sig_reference(struct ntr_str *out);

#endif
