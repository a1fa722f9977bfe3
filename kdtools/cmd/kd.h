// SPDX-License-Identifier: Apache-2.0
/*
 * The debugger session behind `ntriage kd`: a dump with its symbols, and what
 * the user has chosen to look at: processor, thread, process, registers, frame.
 * A command (cmd.h) reads and changes a session; nobody else does.
 *
 * The verdict and the stack are made when they are first asked for.  Whatever
 * sets other registers drops the stack.  Memory is read through k->mem: the
 * chosen process's own pages, then the dump, then what image files of the
 * store hold of read-only sections.
 *
 * To add a thing to choose: a field here, a command that sets it, and, when
 * expressions shall know it, a row in kd_reg.c.
 */
#ifndef NTR_KD_H
#define NTR_KD_H

#include "../cli/sym_input.h"
#include "expr.h"
#include "triage/verdict.h"

#define NTR_KD_SCRIPTS 4u /* scripts that call scripts: JSON nests, too */

struct ntr_kd {
	struct ntr_cli *c;
	struct ntr_out *o;        /* of c */
	struct ntr_sym_input in;  /* owned */
	struct ntr_target *t;     /* in.s.t */

	int cpu;                  /* index into t->cpus; -1 unknown */
	struct ntr_thread thread; /* va 0: unknown */
	u64 process;              /* 0: unknown */
	bool has_regs;            /* see ntr_kd_need_regs() */
	struct ntr_regs regs;     /* where the stack starts */
	char regs_source[160];    /* "header", "trap frame at …" */
	u64 trap;                 /* VA of the trap frame they are from, 0 */
	unsigned frame;

	const struct ntr_space *mem; /* never NULL */
	u64 next_data, next_code; /* where d and u without an address go on */
	char data_cmd[8];         /* the last form of d */

	bool no_files;            /* no logs, no scripts */
	bool hold;                /* keep output: a pager will show it */
	bool echo;                /* show each command behind its prompt */
	bool quit;
	unsigned scripts;         /* open ones */
	int log;                  /* -1: none */
	char log_path[256];
	char *symbol_path_own;    /* as .sympath set it; NULL: c's */
	struct ntr_kd_priv *priv;
};

/* NTR_EXIT_OK, or NTR_EXIT_BAD after saying why. */
int ntr_kd_open(struct ntr_kd *k, struct ntr_cli *c, const char *path);
/* The same from an open session, which is taken over. */
int ntr_kd_start(struct ntr_kd *k, struct ntr_cli *c, const char *path,
		 struct ntr_session *s);
void ntr_kd_close(struct ntr_kd *k);

/* One line: commands parted by ';'. The worst exit code of them. */
int ntr_kd_line(struct ntr_kd *k, const char *line);
/* Every line of a file. USAGE, IO: it cannot be read. */
NTR_MUST enum ntr_st ntr_kd_script(struct ntr_kd *k, const char *path,
				   int *code, struct ntr_err *e);
/* "0: kd> ", "kd> " when the processor is not known. */
void ntr_kd_prompt(const struct ntr_kd *k, char out[32]);
/* Output so far to where it goes, and to the log. */
void ntr_kd_flush(struct ntr_kd *k);

/* True: the user wants this command to end. Ask it in every long loop. */
static inline bool ntr_kd_stopped(const struct ntr_kd *k)
{
	return ntr_cli_stopped(k->c);
}

/* --- what is chosen (kd_context.c) ------------------------------------------- */

/* Who waits for whom, made when it is first asked for; borrowed. ABSENT with
 * text: there is no list of processes. */
struct ntr_waits;
NTR_MUST enum ntr_st ntr_kd_waits(struct ntr_kd *k,
				  const struct ntr_waits **w,
				  struct ntr_err *e);
/* NULL: no memory, or nothing of the dump could be read. */
struct ntr_verdict *ntr_kd_verdict(struct ntr_kd *k);
void ntr_kd_set_regs(struct ntr_kd *k, const struct ntr_regs *r,
		     const char *source);
/* Back to the context the verdict starts from, which is made when registers
 * are asked for: call ntr_kd_need_regs() before looking at k->regs. */
void ntr_kd_default_context(struct ntr_kd *k);
void ntr_kd_need_regs(struct ntr_kd *k);
void ntr_kd_set_cpu(struct ntr_kd *k, int index);
NTR_MUST enum ntr_st ntr_kd_set_thread(struct ntr_kd *k, u64 va,
				       struct ntr_err *e);
NTR_MUST enum ntr_st ntr_kd_set_process(struct ntr_kd *k, u64 va,
					struct ntr_err *e);
/* Frames of the chosen context, outwards; borrowed until it changes. */
const struct ntr_vframe *ntr_kd_frames(struct ntr_kd *k, size_t *n,
				       enum ntr_unw_stop *stop);
/* The same of any frame, from 0. */
const struct ntr_regs *ntr_kd_regs_of(struct ntr_kd *k, size_t frame);
/* Where the return address of frame i lies; false: not known for certain. */
bool ntr_kd_return_slot(struct ntr_kd *k, size_t i, u64 *slot);

/* A parameter or local of a frame (kd_vars.c). */
struct ntr_kd_var {
	const char *name;
	bool param;
	char type[200];
	char value[200];  /* "" not known */
	char where[48];   /* "rsp+0xa8", "@rcx"; "" not known */
	bool has_addr;
	u64 addr;
};
typedef bool ntr_kd_var_fn(void *ctx, const struct ntr_kd_var *v);
/* Those of frame i by the symbols of its module; ABSENT with text. */
NTR_MUST enum ntr_st ntr_kd_vars(struct ntr_kd *k, size_t i,
				 ntr_kd_var_fn *fn, void *ctx,
				 struct ntr_err *e);

/* Registers of the chosen frame, as far as they are known; borrowed until it
 * or the context changes. Frame 0: k->regs. */
const struct ntr_regs *ntr_kd_frame_regs(struct ntr_kd *k);
/* What is chosen, to come back to it; restoring frees nothing else. */
struct ntr_kd_chosen {
	int cpu;
	struct ntr_thread thread;
	u64 process, trap;
	bool has_regs, own, pending, has_outer;
	struct ntr_regs regs, outer;
	char regs_source[160];
	unsigned frame;
};
void ntr_kd_save(const struct ntr_kd *k, struct ntr_kd_chosen *out);
void ntr_kd_restore(struct ntr_kd *k, const struct ntr_kd_chosen *c);
/* An integer member of a kernel structure at va, by name. */
NTR_MUST enum ntr_st ntr_kd_member(struct ntr_kd *k, const char *type, u64 va,
				   const char *path, u64 *out,
				   struct ntr_err *e);
/* Look for symbols anew, along another path. */
NTR_MUST enum ntr_st ntr_kd_reload(struct ntr_kd *k, struct ntr_err *e);

/* --- registers by name (kd_reg.c) ---------------------------------------------- */

/* "rax", "al", "$ip"; see struct ntr_expr_env. ctx: the session. */
bool ntr_kd_reg(void *ctx, const char *name, u64 *v, bool *known);
/* How wide the register of that name is. */
unsigned ntr_kd_reg_bits(const struct ntr_kd *k, const char *name);

/* --- memory (kd_mem.c) ------------------------------------------------------------ */

struct ntr_kd_mem;
struct ntr_kd_mem *ntr_kd_mem_new(struct ntr_target *t,
				  const struct ntr_space **mem);
void ntr_kd_mem_free(struct ntr_kd_mem *m);
/* User addresses are those of these page tables from now on; 0: none. */
bool ntr_kd_mem_process(struct ntr_kd_mem *m, u64 dtb);

#endif
