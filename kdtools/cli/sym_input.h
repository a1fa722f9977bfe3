// SPDX-License-Identifier: Apache-2.0
/*
 * What dt, x and ln look into: a dump with the symbols of its modules, or a
 * symbol file by itself (then addresses are relative to its module).
 * Invariant: after a failure nothing is left to close.
 */
#ifndef NTR_CLI_SYM_INPUT_H
#define NTR_CLI_SYM_INPUT_H

#include "kobj/symbols.h"
#include "session.h"

struct ntr_sym_input {
	const char *path;
	struct ntr_session s;    /* s.t NULL: a symbol file */
	struct ntr_symsrc *file; /* NULL: a dump */
	struct ntr_symsrc *table; /* of the dump's build; NULL none */
	char name[64];           /* module name of a symbol file */
};

/* NTR_EXIT_OK, or NTR_EXIT_BAD after the error was reported. */
int ntr_sym_input_open(struct ntr_cli *c, const char *path,
		       struct ntr_sym_input *in);
void ntr_sym_input_close(struct ntr_sym_input *in);

/* "nt!_KTHREAD" -> the part behind '!'; module gets what is in front of it,
 * "" when there is none. */
const char *ntr_split_bang(const char *text, char module[64]);

/* Does the ASCII text match? '*' and '?', case ignored. */
bool ntr_wild_match(const char *pattern, const char *text);

/* For each source whose module's name matches the pattern ("": every one):
 * fn false stops. base is 0 for a symbol file. */
typedef bool ntr_sym_source_fn(void *ctx, struct ntr_symsrc *src,
			       const char *module, u64 base);
void ntr_sym_input_each(struct ntr_sym_input *in, const char *module,
			ntr_sym_source_fn *fn, void *ctx);

#endif
