// SPDX-License-Identifier: Apache-2.0
/*
 * Commands of WinDbg that a session cannot have: nothing is changed, nothing
 * runs, and commands have no flow of their own.  Each says so in a line.
 */
#include "cmd.h"

static enum ntr_st run_edit(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	(void)k;
	return ntr_fail(e, NTR_UNSUP, "%s would write to memory, and a dump is "
			"read-only", c->name);
}

static enum ntr_st run_go(struct ntr_kd *k, const struct ntr_call *c,
			  struct ntr_err *e)
{
	(void)k;
	return ntr_fail(e, NTR_UNSUP, "%s is for a machine that runs; this is a "
			"dump", c->name);
}

static enum ntr_st run_flow(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	(void)k;
	return ntr_fail(e, NTR_UNSUP, "there is no %s here: --json with jq, or "
			"a shell's loop around ntriage kd -c, does what it is "
			"for", c->name);
}

static enum ntr_st run_cpp(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	(void)k;
	return ntr_fail(e, NTR_UNSUP, "%s takes C++ expressions or data models, "
			"which are not understood here; ? takes MASM's, dt shows "
			"structures", c->name);
}

const struct ntr_cmd ntr_cmd_dot_if = {
	.names = ".if .block .break .catch .continue .do .else .elsif .for "
		 ".foreach .leave .while j z",
	.summary = "does not exist: control flow",
	.operands = "...",
	.help = "WinDbg's commands that run commands. Here a script is a list of "
		"commands; for more there are --json and the shell around.",
	.example = ".foreach (p {!process 0 0}) {.echo p}", .does = "says so",
	.whole_line = true, .run = run_flow,
};
const struct ntr_cmd ntr_cmd_e = {
	.names = "e a ea eb ed ef ep eq eu ew eza ezu f m",
	.summary = "does not exist: a dump is read-only",
	.operands = "...",
	.help = "WinDbg's commands that write to memory.",
	.example = "eb @rip cc", .does = "says so",
	.run = run_edit,
};
const struct ntr_cmd ntr_cmd_g = {
	.names = "g ba bc bd be bl bm bp br bu gc gh gn gu p pa pc pct ph pt sx "
		 "sxd sxe sxi sxn t ta tb tc tct th tt wt .breakin .crash .reboot "
		 ".restart",
	.summary = "does not exist: a dump does not run",
	.operands = "...",
	.help = "WinDbg's commands that let the machine run, step or stop.",
	.example = "g", .does = "says so",
	.whole_line = true, .run = run_go,
};
const struct ntr_cmd ntr_cmd_cpp = {
	.names = "?? dx",
	.summary = "does not exist: C++ expressions",
	.operands = "...",
	.help = "WinDbg's C++ expressions and data models. ? takes MASM's "
		"expressions, dt shows structures.",
	.example = "?? @$thread", .does = "says so",
	.run = run_cpp,
};
