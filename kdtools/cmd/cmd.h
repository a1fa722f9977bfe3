// SPDX-License-Identifier: Apache-2.0
/*
 * A command of `ntriage kd`: one struct, in one file for it or its family.
 * `.help`, completion, docs/kd.md and the checks of `make lint` come from it.
 *
 * Text is in WinDbg's layout, JSON comes from the same calls.  The dispatcher
 * has opened a JSON object, which the command fills with fields of its own,
 * and closes it with `status` and `error`.  A command that fails returns a
 * status with text; what it printed before stays.  Memory that is not there is
 * shown as question marks and never ends a command.
 *
 * To add one: kdtools/cmd/cmd_<family>.c with a struct ntr_cmd ntr_cmd_<name>,
 * a line in cmd_list.h, a folder tests/golden/kd/<name>/, a line in docs/kd.md.
 */
#ifndef NTR_CMD_H
#define NTR_CMD_H

#include "kd.h"

struct ntr_call {
	const struct ntr_cmd *cmd;
	const char *text;  /* the whole command */
	const char *name;  /* as typed: "kbn", without its suffix */
	const char *flags; /* what follows the name: "bn" */
	const char *args;  /* behind it, without blanks in front; in text */
};

struct ntr_cmd {
	const char *names;    /* "db da dc": the first is the canonical one */
	const char *flags;    /* letters that may follow names[0]; NULL none */
	char tail;            /* the flag that an argument may follow without a
				 blank, as in lmvmnt; 0 none */
	const char *summary;
	const char *operands; /* "[ADDR [L COUNT]]" */
	const char *help;     /* paragraphs, parted by empty lines */
	const char *example, *does;
	bool whole_line;      /* arguments go to the end of the line */
	bool any_os;          /* a ! command that is not about NT's objects;
				 the others refuse where another system ran */
	enum ntr_st (*run)(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e);
};

#define NTR_CMD(n) extern const struct ntr_cmd ntr_cmd_##n;
#include "cmd_list.h"
#undef NTR_CMD

extern const struct ntr_cmd *const ntr_cmds[];
extern const size_t ntr_ncmds;

/* By a name as it is typed, flags behind it included; NULL none. */
const struct ntr_cmd *ntr_cmd_find(const char *word);
/* The first of names. */
void ntr_cmd_name(const struct ntr_cmd *c, char out[32]);

/* Expressions in arguments. *s moves on. On failure e has the text and the
 * dispatcher shows the place. */
NTR_MUST enum ntr_st ntr_cmd_value(struct ntr_kd *k, const struct ntr_call *c,
				   const char **s, u64 *out,
				   struct ntr_err *e);
/* The same as an address of the target. */
NTR_MUST enum ntr_st ntr_cmd_addr(struct ntr_kd *k, const struct ntr_call *c,
				  const char **s, u64 *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cmd_range(struct ntr_kd *k, const struct ntr_call *c,
				   const char **s, unsigned unit, u64 dflt,
				   u64 max, struct ntr_expr_range *r,
				   struct ntr_err *e);
/* USAGE unless only blanks are left. */
NTR_MUST enum ntr_st ntr_cmd_end(struct ntr_kd *k, const struct ntr_call *c,
				 const char *s, struct ntr_err *e);
/* One value and nothing behind it; *out stays when the command has no
 * operands. */
NTR_MUST enum ntr_st ntr_cmd_one_value(struct ntr_kd *k,
				       const struct ntr_call *c, u64 *out,
				       struct ntr_err *e);
/* The word at *s, "" at the end; *s moves behind it. */
void ntr_cmd_word(const char **s, char *out, size_t size);
/* The address a number is on this target: 32-bit ones zero-extended. False:
 * it is none. */
bool ntr_kd_is_addr(const struct ntr_kd *k, u64 v, u64 *out);

/* Pointer-sized words with their symbols, one a line (cmd_d.c). */
NTR_MUST enum ntr_st ntr_show_pointers(struct ntr_kd *k, u64 addr, u64 count,
				       struct ntr_err *e);

/*
 * A thread in WinDbg's lines, each behind `indent` blanks, and its fields of
 * the open JSON object (cmd_thread.c).
 */
#define NTR_SHOW_TIMES 1u /* owner, times, priorities, start, stack limits */
#define NTR_SHOW_WAITS 2u /* the objects it waits for */
#define NTR_SHOW_STACK 4u
struct ntr_kthread;
void ntr_show_thread(struct ntr_kd *k, const struct ntr_kthread *x,
		     unsigned detail, int indent);
/* A thread's APCs, and the object "apcs" of the open JSON object
 * (cmd_apc.c). */
void ntr_show_apcs(struct ntr_kd *k, u64 thread, int indent);
/* "0004.0100", "????.????" */
void ntr_cid_text(char out[48], const struct ntr_thread *th);
/* An address, or as many question marks. */
void ntr_kd_va(const struct ntr_kd *k, char out[24], bool known, u64 va);
/* "0:00:01:05.000" of 100 ns units. */
void ntr_span_text(char out[48], u64 t);

/* An object: its header, and what its type says of it (cmd_object.c). */
struct ntr_objects;
struct ntr_object;
void ntr_show_object(struct ntr_kd *k, const struct ntr_objects *o,
		     const struct ntr_object *b);
/* Every register as a field of the open JSON object (cmd_r.c). */
void ntr_out_regs(struct ntr_kd *k, const struct ntr_regs *r);

/* Instructions, one a line (cmd_u.c). */
NTR_MUST enum ntr_st ntr_show_code(struct ntr_kd *k, u64 addr, u64 count,
				   struct ntr_err *e);

/* .help for a command, or for all: "" (cmd_door.c). */
NTR_MUST enum ntr_st ntr_cmd_help(struct ntr_kd *k, const char *name,
				  struct ntr_err *e);

/* "nt!KeBugCheckEx+0x12", or "" where there is nothing better than a number. */
void ntr_kd_symbol(struct ntr_kd *k, u64 va, char *out, size_t size);

#endif
