// SPDX-License-Identifier: Apache-2.0
/* x and ln, as the verbs of these names show them. */
#include "../cli/sym_show.h"
#include "cmd.h"

#include <string.h>

#define NAME 256u

static enum ntr_st run_x(struct ntr_kd *k, const struct ntr_call *c,
			 struct ntr_err *e)
{
	const char *s = c->args;
	char pattern[NAME];
	enum ntr_st st;

	while (*s == '/') /* WinDbg's options for types and sorting */
		ntr_cmd_word(&s, pattern, sizeof(pattern));
	ntr_cmd_word(&s, pattern, sizeof(pattern));
	if (!*pattern)
		return ntr_fail(e, NTR_USAGE, "x wants MODULE!PATTERN");
	st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	st = ntr_show_symbols(k->c, &k->in, pattern);
	/* What was not found, it has said. */
	return st == NTR_ABSENT ? NTR_OK : st;
}

static enum ntr_st run_ln(struct ntr_kd *k, const struct ntr_call *c,
			  struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;
	u64 va;

	ntr_kd_need_regs(k);
	va = k->has_regs ? ntr_kd_frame_regs(k)->ip : 0;
	if (*s)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	st = ntr_show_near(k->c, &k->in, va);
	return st == NTR_ABSENT ? NTR_OK : st;
}

const struct ntr_cmd ntr_cmd_x = {
	.names = "x",
	.summary = "symbols that match a pattern",
	.operands = "[MODULE!]PATTERN",
	.help = "By address; * stands for any characters and ? for one. Without "
		"MODULE! the symbols of every module are looked at, which loads "
		"them all. Options (/t /v ...) are taken and change nothing.",
	.example = "x nt!*Pool*", .does = "kernel symbols with Pool in them",
	.run = run_x,
};
const struct ntr_cmd ntr_cmd_ln = {
	.names = "ln",
	.summary = "the symbol nearest to an address",
	.operands = "[ADDR]",
	.help = "The symbol at or before ADDR, with its source line where that "
		"is known. Without ADDR that of the instruction pointer.",
	.example = "ln poi(@rsp)", .does = "who is to be returned to",
	.run = run_ln,
};
