// SPDX-License-Identifier: Apache-2.0
/* Codes in words: !error, and what the session is about: .lastevent. */
#include "cmd.h"
#include "triage/bugcheck.h"

#include <stdio.h>

/* An HRESULT or NTSTATUS that carries a Win32 error has this facility. */
#define FACILITY_WIN32 7u

static enum ntr_st run_error(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	static const char *const severity[] = { "success", "information",
						"warning", "error" };
	const char *s = c->args, *name, *words = NULL;
	enum ntr_st st;
	u64 v = 0, unused;
	u32 code;

	if (!*s)
		return ntr_fail(e, NTR_USAGE, "%s wants a code", c->name);
	st = ntr_cmd_value(k, c, &s, &v, e);
	if (!st && *s) /* WinDbg's flag that says NTSTATUS */
		st = ntr_cmd_value(k, c, &s, &unused, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	if (v >> 32 && v >> 31 != UINT64_C(0x1ffffffff))
		return ntr_fail(e, NTR_USAGE, "%" PRIx64 " has more than 32 bits",
				v);
	code = (u32)v;
	name = ntr_nt_status_name(code, &words);
	ntr_out_hex(k->o, "code", NULL, code);
	ntr_out_str(k->o, "name", NULL, name);
	ntr_out_str(k->o, "words", NULL, name ? words : NULL);
	ntr_out_str(k->o, "severity", NULL, severity[code >> 30]);
	ntr_out_uint(k->o, "facility", NULL, code >> 16 & 0xfff);
	ntr_out_uint(k->o, "number", NULL, code & 0xffff);
	ntr_out_line(k->o, "Error code: (NTSTATUS) 0x%08" PRIx32 " (%" PRId32
		     ")%s%s%s%s", code, (s32)code, name ? " - " : "",
		     name ? name : "", name && words ? ": " : "",
		     name && words ? words : "");
	ntr_out_line(k->o, "  severity %s, %s, facility 0x%x%s, number 0x%x "
		     "(%u)%s", severity[code >> 30], code >> 29 & 1 ?
		     "defined by its own program" : "Microsoft's",
		     code >> 16 & 0xfff, (code >> 16 & 0xfff) ==
		     FACILITY_WIN32 ? " (Win32)" : "", code & 0xffff,
		     code & 0xffff, name ? "" : "; its name is not known here");
	return NTR_OK;
}

static enum ntr_st run_lastevent(struct ntr_kd *k, const struct ntr_call *c,
				 struct ntr_err *e)
{
	const struct ntr_verdict *v;
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);
	const char *words = NULL, *name;

	if (st)
		return st;
	v = ntr_kd_verdict(k);
	if (v && v->has_bugcheck) {
		ntr_out_str(k->o, "event", NULL, "bugcheck");
		ntr_out_hex(k->o, "code", NULL, v->code_raw);
		ntr_out_str(k->o, "name", NULL, v->name);
		ntr_out_line(k->o, "Last event: Bugcheck %" PRIX32 "%s%s%s",
			     v->code_raw, v->name ? " (" : "",
			     v->name ? v->name : "", v->name ? ")" : "");
		return NTR_OK;
	}
	if (v && v->exc.has_code) {
		name = ntr_nt_status_name(v->exc.code, &words);
		ntr_out_str(k->o, "event", NULL, "exception");
		ntr_out_hex(k->o, "code", NULL, v->exc.code);
		ntr_out_str(k->o, "name", NULL, name);
		ntr_out_line(k->o, "Last event: Exception - code %08" PRIx32
			     "%s%s", v->exc.code, name ? " " : "",
			     name ? name : "");
		return NTR_OK;
	}
	return ntr_fail(e, NTR_ABSENT, "the dump records neither a bug check "
			"nor an exception");
}

const struct ntr_cmd ntr_cmd_bang_error = {
	.names = "!error !ntstatus",
	.summary = "what a status code means",
	.operands = "CODE",
	.help = "The name of an NTSTATUS or exception code where it is known, "
		"and its parts: severity, facility, number. Win32 error numbers "
		"have no names here. WinDbg's second operand is taken and changes "
		"nothing.",
	.example = "!error c0000005", .does = "which status this is",
	.any_os = true,
	.run = run_error,
};
const struct ntr_cmd ntr_cmd_dot_lastevent = {
	.names = ".lastevent",
	.summary = "what ended the run: the bug check or exception",
	.operands = "",
	.help = "As the dump records it; .bugcheck has the arguments, .exr -1 "
		"the exception.",
	.example = ".lastevent", .does = "in a line, why there is a dump",
	.run = run_lastevent,
};
