// SPDX-License-Identifier: Apache-2.0
/* x, ln and dt, as the verbs of these names show them. */
#include "../cli/sym_show.h"
#include "cmd.h"

#include <string.h>

#define MEMBERS 16
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

/* An address, unless it may be the name of a member, such as "Fcb": a number
 * in letters only counts when it is as long as an address. */
static bool is_address(const char *word)
{
	bool ticked, digit = *word >= '0' && *word <= '9';
	u64 v;

	return *word == '@' || *word == '(' || strchr(word, '!') ||
	       strchr(word, '(') || (ntr_expr_number(word, &v, &ticked) &&
				     (digit || strlen(word) >= 8));
}

struct dt_args {
	char type[NAME];
	char name[MEMBERS][NAME];
	const char *member[MEMBERS];
	struct ntr_dt_query q;
};

static enum ntr_st parse_dt(struct ntr_kd *k, const struct ntr_call *c,
			    struct dt_args *a, struct ntr_err *e)
{
	const char *s = c->args, *at;
	char word[NAME];
	enum ntr_st st;

	while (*s == '-') /* -r, -v, ... */
		ntr_cmd_word(&s, word, sizeof(word));
	ntr_cmd_word(&s, a->type, sizeof(a->type));
	if (!*a->type)
		return ntr_fail(e, NTR_USAGE, "dt wants MODULE!TYPE");
	while (*s) {
		at = s;
		ntr_cmd_word(&s, word, sizeof(word));
		if (!a->q.mem && is_address(word)) {
			s = at;
			st = ntr_cmd_addr(k, c, &s, &a->q.at, e);
			if (st)
				return st;
			a->q.mem = k->mem;
		} else if (a->q.nmembers == MEMBERS) {
			return ntr_fail(e, NTR_LIMIT, "more than %d members",
					MEMBERS);
		} else {
			strcpy(a->name[a->q.nmembers], word);
			a->member[a->q.nmembers] = a->name[a->q.nmembers];
			a->q.nmembers++;
		}
	}
	return NTR_OK;
}

static enum ntr_st run_dt(struct ntr_kd *k, const struct ntr_call *c,
			  struct ntr_err *e)
{
	struct dt_args a = { .q = { 0 } };
	struct ntr_dt_type f;
	enum ntr_st st = parse_dt(k, c, &a, e);

	a.q.member = a.member;
	if (!st)
		st = ntr_find_type(&k->in, a.type, &f, e);
	return st ? st : ntr_show_type(k->c, &k->in, &f, &a.q, e);
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
const struct ntr_cmd ntr_cmd_dt = {
	.names = "dt",
	.summary = "the layout of a type, or the values of one in memory",
	.operands = "[MODULE!]TYPE [ADDR] [MEMBER...]",
	.help = "As the verb dt: the members with offsets and types or, with "
		"ADDR, with their values. MEMBER may be a path (Tcb.State). "
		"Without MODULE! the kernel's types are meant. Types are exact "
		"from a symbol file, else from a table of this build, or assumed "
		"from the nearest one; which, is said. -r and other options are "
		"taken and change nothing.",
	.example = "dt nt!_KTHREAD @$thread State WaitReason",
	.does = "two members of the chosen thread",
	.run = run_dt,
};
