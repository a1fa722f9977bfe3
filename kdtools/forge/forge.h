// SPDX-License-Identifier: Apache-2.0
/*
 * forge: dump bytes from a text scenario.
 *
 * A scenario (docs/forge.md) describes a machine that stopped: profile, bug
 * check, modules, processes, stacks.  forge builds that machine's memory and
 * writes it in any container kind.  The same text always gives the same
 * bytes.
 *
 * Invariant: nothing here comes from the analyzer but analyzer/base/; every
 * layout is written down a second time from the format facts, so that a
 * reader tested against forge is tested against an independent opinion.
 *
 * To extend: a profile is a row of prof.c, a container is one file
 * out_<name>.c and one line of forge_out_list.h, a scenario statement is a row
 * of the statement table in scen_stmt.c.
 *
 * A file name "-" is not special here: the caller handles standard input.
 * Files are written sparse, so an 8 GiB machine costs what is in it.
 */
#ifndef NTR_FORGE_H
#define NTR_FORGE_H

#include "base/ntr_types.h"
#include "base/status.h"
#include "base/strbuf.h"

/*
 * What a scenario that does not parse gets: one block of text, ready to show,
 * with file:line:column, the line, a caret, and the words that were expected.
 * Zeroed before use, released with ntr_str_fini().  NULL = not wanted.
 *
 * In all functions: `container` overrides the scenario's own (a name of
 * forge_container_name()), NULL keeps it.  Statuses: BAD the scenario is
 * wrong, USAGE an unknown container, UNSUP this machine has no such
 * container, LIMIT too large, IO, NOMEM.
 */

/* Read the scenario file, write the dump file. */
NTR_MUST enum ntr_st forge_file(const char *scenario_path, const char *out_path,
				const char *container, struct ntr_str *diag,
				struct ntr_err *e);

/* The same from text in memory; name is for messages. */
NTR_MUST enum ntr_st forge_text_file(const char *text, const char *name,
				     const char *out_path,
				     const char *container,
				     struct ntr_str *diag, struct ntr_err *e);

/*
 * The dump in memory: *out is owned by the caller, free() it.  LIMIT when it
 * would be larger than max bytes.
 */
NTR_MUST enum ntr_st forge_text(const char *text, const char *name,
				const char *container, size_t max, u8 **out,
				size_t *out_len, struct ntr_str *diag,
				struct ntr_err *e);

/*
 * The image file of one of the scenario's modules as it lies in memory (file
 * alignment = section alignment, so the mapped and the file form agree).
 * *out is owned by the caller.
 */
NTR_MUST enum ntr_st forge_image(const char *text, const char *name,
				 const char *module, u8 **out, size_t *out_len,
				 struct ntr_str *diag, struct ntr_err *e);

/* The symbols of the scenario's modules as Breakpad .sym files, and the modules
 * themselves, in stores below these folders; NULL: not these. */
NTR_MUST enum ntr_st forge_symbols(const char *scenario_path,
				   const char *symbols, const char *images,
				   struct ntr_str *diag, struct ntr_err *e);

/* The same of a text that says `symbols`, below one folder; else nothing is
 * written, and *wanted is false. */
NTR_MUST enum ntr_st forge_text_symbols(const char *text, const char *name,
					const char *symbols, bool *wanted,
					struct ntr_str *diag,
					struct ntr_err *e);

/* Only check the scenario. */
NTR_MUST enum ntr_st forge_check(const char *text, const char *name,
				 struct ntr_str *diag, struct ntr_err *e);

/* The i-th container / profile name and what it is; NULL past the end. */
const char *forge_container_name(size_t i, const char **descr);
const char *forge_profile_name(size_t i, const char **descr);

#endif
