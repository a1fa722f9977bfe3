// SPDX-License-Identifier: Apache-2.0
/*
 * The symbol store as the command line sets it up: --symbols and --offline,
 * else _NT_SYMBOL_PATH; the cache below XDG_CACHE_HOME or ~/.cache; progress
 * on stderr when that is a terminal.  Only here is the environment read.
 */
#ifndef NTR_CLI_SYMBOLS_H
#define NTR_CLI_SYMBOLS_H

#include "cli.h"
#include "kobj/target.h"
#include "sym/store.h"

struct ntr_symbols_opts {
	bool retry_missing; /* as in ntr_store_opts */
	unsigned timeout_s; /* 0: the library's */
};

/* more: NULL for none. NTR_EXIT_OK, or NTR_EXIT_BAD after saying why. */
int ntr_cli_store(struct ntr_cli *c, const struct ntr_symbols_opts *more,
		  struct ntr_store **out);
/* The same, but NULL when there is nothing to look in: no path was given and
 * the default cache does not exist. */
int ntr_cli_store_if_any(struct ntr_cli *c, struct ntr_store **out);
/* The folder of the default cache; "" none. */
void ntr_cli_symbol_cache(struct ntr_str *out);
/* Wipe the line of progress, if there is one. */
void ntr_cli_store_quiet(struct ntr_cli *c);

/* Files that are wanted, each once. Zeroed: empty. */
struct ntr_wants {
	NTR_VEC(struct ntr_want);
	bool lost;        /* memory was short */
	unsigned refused; /* modules whose names no file can have */
	unsigned no_pdb;  /* modules whose debug record is not in the dump */
};
/* Everything the modules of a target need. */
void ntr_wants_of(struct ntr_wants *ws, struct ntr_target *t);
void ntr_wants_add(struct ntr_wants *ws, const struct ntr_want *w);
void ntr_wants_fini(struct ntr_wants *ws);

#endif
