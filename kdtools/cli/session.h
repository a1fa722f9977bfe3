// SPDX-License-Identifier: Apache-2.0
/*
 * A dump opened for a verb: errors are reported the moment they happen, and
 * a sign of life is given on a terminal when opening takes long.
 * Invariant: after a failure nothing is left to close.
 */
#ifndef NTR_CLI_SESSION_H
#define NTR_CLI_SESSION_H

#include "cli.h"
#include "kobj/target.h"

struct ntr_session {
	struct ntr_dump *d;
	struct ntr_target *t; /* NULL when only the dump was asked for */
	struct ntr_store *store; /* NULL: no symbol path, and no cache */
};

/* NTR_EXIT_OK, or NTR_EXIT_BAD after the error was reported. */
int ntr_session_dump(struct ntr_cli *c, const char *path,
		     struct ntr_session *s);
int ntr_session_open(struct ntr_cli *c, const char *path,
		     struct ntr_session *s);
/* What takes long in t ends when the user wants no more (c->stop). */
void ntr_session_stoppable(struct ntr_cli *c, struct ntr_target *t);
void ntr_session_close(struct ntr_session *s);

/*
 * The dump file among the operands: the first, or the last when the first is
 * no file but the last is one. The others are moved to rest[], which has room
 * for a->n - 1.
 */
const char *ntr_pick_file(const struct ntr_args *a, const char **rest);

/*
 * An address: "0xfffff8047bdf5a80", "fffff804`7bdf5a80", plain hex, a module
 * name, or either with "+hex" behind it. A module's name wins over the same
 * letters read as hex. t may be NULL: no names then.
 */
NTR_MUST enum ntr_st ntr_parse_addr(struct ntr_target *t, const char *text,
				    u64 *out, struct ntr_err *e);

/* "fffff804`7bdf5a80", or "8e34e000" when ptr_size is 4. */
void ntr_va_text(char out[24], u64 va, unsigned ptr_size);

/* The `file` object of JSON documents, or its lines of text. */
void ntr_out_dump_file(struct ntr_out *o, const struct ntr_dump *d);

/* 100 ns units to the nearest second. */
static inline u64 ntr_uptime_seconds(u64 uptime)
{
	return uptime / 10000000 + (uptime % 10000000 >= 5000000);
}

/* Machine name, or "machine 0x1234"; NULL when the dump does not say. */
const char *ntr_machine_text(char buf[32], u32 machine);

#endif
