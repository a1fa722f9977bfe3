// SPDX-License-Identifier: Apache-2.0
/*
 * The command line of refstack.  A command is one struct beside its code; its
 * options are rows that say where their value goes.  Usage, help, the manual
 * page, completion, defaults, bounds and what is said of a mistake all come
 * from them.
 *
 *	static const struct cli_option options[] = {
 *		{ "mtu", "N", "the largest datagram", CLI_TO(U32, struct mine, mtu),
 *		  .def = "1500", .min = 68, .max = 65535 },
 *
 * Invariant: the parser takes exactly what the rows list; nothing else in
 * refstack looks at argv.  An option that is not given and has no default leaves
 * its member zero.
 *
 * To add an option: a row.  A command: a struct, its declaration in cmd.h and a
 * line in refstack.c.
 *
 * Exit codes: 0 done, 1 something is not as it should be, 2 unusable arguments
 * or files.  Of several files or seeds the worst wins.
 */
#ifndef HOST_CLI_H
#define HOST_CLI_H

#include "../ex/ex.h"

#include <stddef.h>
#include <stdio.h>

enum { CLI_OK, CLI_WRONG, CLI_BAD };

enum cli_kind { CLI_SWITCH, CLI_TEXT, CLI_TEXTS, CLI_U32, CLI_U64, CLI_WORD };

struct cli_option {
	const char *name, *arg;      /* "mtu", "N"; a switch has none */
	const char *help;            /* without the default */
	enum cli_kind kind;
	size_t at;                   /* in the command's struct */
	const char *words;           /* WORD: one of them, its number is stored */
	const char *def;
	u64 min, max;                /* of numbers; TEXTS: at most max of them */
};

/* The kind, and the member with the type of that kind. */
#define CLI_TYPE_SWITCH bool
#define CLI_TYPE_TEXT const char *
#define CLI_TYPE_TEXTS const char *
#define CLI_TYPE_U32 u32
#define CLI_TYPE_U64 u64
#define CLI_TYPE_WORD u32
#define CLI_TO(k, type, member)                                            \
	.kind = CLI_##k, .at = offsetof(type, member) +                    \
	0 * sizeof(char[__builtin_types_compatible_p(                      \
		__typeof__(((type *)0)->member), CLI_TYPE_##k) ? 1 : -1])

struct cli_example {
	const char *command, *does;
};

struct cli_command {
	const char *name, *operands, *summary;
	const char *help;            /* paragraphs, parted by empty lines */
	const struct cli_option *options;
	size_t noptions;
	const struct cli_example *examples;
	size_t nexamples;
	int min, max;                /* operands; max -1: any number */
	const char *words;           /* what operands may be beside files */
	size_t size;                 /* of the struct that options fill */
	int (*run)(void *mine, int n, char *const *operand);
};

extern const struct cli_command *const cli_commands[]; /* NULL ends */
extern const struct cli_option cli_global[];
#define CLI_GLOBAL 2u

int cli_run(int argc, char **argv);
/* "refstack: …" on stderr. Returns CLI_BAD. */
int cli_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* help.c */
const struct cli_command *cli_find(const char *name); /* NULL, and it is said */
void cli_help(const struct cli_command *c);  /* NULL: of all */
void cli_man(void);
/* Words that may stand behind these of a command line, for completion. */
void cli_next_words(int n, char *const *before);

#endif
