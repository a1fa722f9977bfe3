// SPDX-License-Identifier: Apache-2.0
/*
 * The command line: verbs, their options, and what every verb shares.
 *
 * A verb is one struct in one file.  Usage lines, `ntriage help VERB`, the
 * manual page and shell completion all come from it, and the parser accepts
 * exactly what it lists (global options: cli.c).  To add a verb, see
 * verb_list.h.
 *
 * Exit codes: 0 done, 1 opened but nothing could be determined, 2 not a dump
 * or unusable arguments.  With several files the worst wins.
 */
#ifndef NTR_CLI_H
#define NTR_CLI_H

#include "base/status.h"
#include "out.h"

#include <signal.h>

enum { NTR_EXIT_OK = 0, NTR_EXIT_UNKNOWN = 1, NTR_EXIT_BAD = 2 };

struct ntr_opt {
	const char *name;  /* "max-unpacked" */
	char letter;       /* 'o'; 0 none */
	const char *arg;   /* "SIZE"; NULL: a switch */
	const char *help;
	const char *words; /* values, blank-separated, for completion; NULL */
};

#define NTR_MAX_VERB_OPTS 12

/* What the parser found. Borrowed from argv. */
struct ntr_args {
	const char **operand;
	int n;
	const char *opt[NTR_MAX_VERB_OPTS]; /* by index in the verb's table;
					       NULL not given, "" a switch */
};

struct ntr_cli {
	struct ntr_out out;
	bool json, quiet, help;
	u64 max_unpacked;   /* 0: the library's default */
	const char *symbols; /* a symbol path; NULL: that of the environment */
	bool offline;       /* ask no symbol server */
	const char *rules;  /* a folder or file of rules besides the installed */
	bool strict;        /* a wrong rule: do nothing */
	bool progress_shown; /* a line of progress is on the terminal */
	volatile sig_atomic_t *stop; /* set: the user wants no more; NULL */
};

struct ntr_example {
	const char *command, *does;
};

struct ntr_verb {
	const char *name, *summary, *operands;
	const char *help;  /* paragraphs, parted by empty lines */
	const struct ntr_opt *opts;
	size_t nopts;
	const struct ntr_example *examples;
	size_t nexamples;
	int min, max;      /* operands; max -1: any number */
	const char *words; /* what the first operand may be, blank-separated,
			      for completion; NULL: files */
	void (*rest)(struct ntr_out *o); /* prints words that later operands
			      may be, each behind a blank; NULL: files */
	int (*run)(struct ntr_cli *c, const struct ntr_args *a);
};

#define NTR_VERB(n) extern const struct ntr_verb ntr_verb_##n;
#include "verb_list.h"
#undef NTR_VERB

extern const struct ntr_verb *const ntr_verbs[];
extern const size_t ntr_nverbs;
extern const struct ntr_opt ntr_global_opts[];
extern const size_t ntr_nglobal_opts;

int ntr_cli_run(int argc, char **argv);

const struct ntr_verb *ntr_verb_find(const char *name);
/* Says so, with the nearest name. Returns NTR_EXIT_BAD. */
int ntr_verb_unknown(const char *name);

/* "ntriage: …" on stderr, ASCII only, and the code of unusable arguments. */
int ntr_cli_usage(const char *fmt, ...) NTR_PRINTF(1, 2);

/* A file that failed: a line on stderr, or in JSON an error object among the
 * output. Returns NTR_EXIT_BAD. */
int ntr_cli_error(struct ntr_cli *c, const char *file, enum ntr_st st,
		  const struct ntr_err *e);

/* The `schema` field of a JSON document; nothing in text. */
void ntr_cli_schema(struct ntr_cli *c, const char *what);

/* "4096", "64k", "16M", "2G", "1T"; hex with 0x. False when malformed. */
bool ntr_parse_size(const char *s, u64 *out);

static inline bool ntr_cli_stopped(const struct ntr_cli *c)
{
	return c->stop && *c->stop;
}

static inline int ntr_worse(int a, int b)
{
	return a > b ? a : b;
}

#endif
