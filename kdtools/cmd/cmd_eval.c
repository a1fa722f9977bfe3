// SPDX-License-Identifier: Apache-2.0
/* ? and .formats. */
#include "base/text.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "?" alone is help, as in WinDbg. */
static enum ntr_st run_evaluate(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	const char *s = c->args;
	char text[24];
	enum ntr_st st;
	u64 v = 0;

	if (!*s)
		return ntr_cmd_help(k, "", e);
	if (ntr_cmd_find(s) && (*s == '.' || *s == '!' || *s == '~' ||
				strlen(s) <= 2))
		return ntr_cmd_help(k, s, e);
	st = ntr_cmd_value(k, c, &s, &v, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	ntr_va_text(text, v, 8);
	if (k->t->ptr_size == 4 && (v <= UINT32_MAX || v >> 31 ==
				    UINT64_C(0x1ffffffff)))
		snprintf(text, sizeof(text), "%08" PRIx32, (u32)v);
	ntr_out_hex(k->o, "value", NULL, v);
	ntr_out_line(k->o, "Evaluate expression: %" PRId64 " = %s", (s64)v,
		     text);
	return NTR_OK;
}

static void chars_text(char out[9], u64 v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		u8 b = (u8)(v >> 8 * (n - 1 - i));

		out[i] = b >= 0x20 && b < 0x7f ? (char)b : '.';
	}
	out[n] = 0;
}

static void bits_text(char out[80], u64 v, unsigned n)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		if (i && i % 8 == 0)
			out[at++] = ' ';
		out[at++] = v >> (n - 1 - i) & 1 ? '1' : '0';
	}
	out[at] = 0;
}

/* Seconds since 1970 in 32 bits, else a FILETIME. */
static void time_text(char out[40], u64 v)
{
	time_t at = (time_t)v;
	struct tm tm;

	if (v > UINT32_MAX) {
		if (!ntr_filetime_text(out, v))
			snprintf(out, 40, "(not a time)");
	} else if (!gmtime_r(&at, &tm) ||
		   !strftime(out, 40, "%a %b %d %H:%M:%S %Y UTC", &tm)) {
		snprintf(out, 40, "(not a time)");
	}
}

static void floats(struct ntr_kd *k, u64 v)
{
	u32 low = (u32)v, high = (u32)(v >> 32);
	double d;
	float lo, hi;

	memcpy(&lo, &low, sizeof(lo));
	memcpy(&hi, &high, sizeof(hi));
	memcpy(&d, &v, sizeof(d));
	ntr_out_line(k->o, "  Float:   low %g high %g", (double)lo, (double)hi);
	ntr_out_line(k->o, "  Double:  %g", d);
}

static enum ntr_st run_formats(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const char *s = c->args;
	char hex[24], chars[9], bits[80], when[40];
	unsigned bytes;
	enum ntr_st st;
	u64 v = 0;

	st = ntr_cmd_value(k, c, &s, &v, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	bytes = k->t->ptr_size == 4 && ntr_kd_is_addr(k, v, &v) ? 4 : 8;
	ntr_va_text(hex, v, bytes);
	chars_text(chars, v, bytes);
	bits_text(bits, v, bytes * 8);
	time_text(when, v);
	ntr_out_hex(k->o, "value", NULL, v);
	ntr_out_str(k->o, "chars", NULL, chars);
	ntr_out_str(k->o, "time", NULL, when);
	ntr_out_line(k->o, "Evaluate expression:");
	ntr_out_line(k->o, "  Hex:     %s", hex);
	ntr_out_line(k->o, "  Decimal: %" PRId64, bytes == 4 ?
		     (s64)(s32)(u32)v : (s64)v);
	ntr_out_line(k->o, "  Octal:   %0*" PRIo64, bytes == 4 ? 11 : 22, v);
	ntr_out_line(k->o, "  Binary:  %s", bits);
	ntr_out_line(k->o, "  Chars:   %s", chars);
	ntr_out_line(k->o, "  Time:    %s", when);
	floats(k, v);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_evaluate = {
	.names = "?",
	.summary = "the value of an expression, or help",
	.operands = "[EXPRESSION | COMMAND]",
	.help = "Numbers are hexadecimal; 0n is decimal, 0t octal, 0y binary, ` "
		"parts digits. Operands are also registers (@rax, @$ip, "
		"@$thread), symbols (nt!KeBugCheckEx, nt) and memory: poi(X) a "
		"pointer, by wo dwo qwo a byte, word, double and quad word at X; "
		"low and hi are halves of a double word. Operators, from tight "
		"to loose: - ~ not, * / %, + -, << >> >>>, < > <= >=, == !=, &, "
		"^, |. Values are 64-bit and unsigned; on a 32-bit machine "
		"numbers from 80000000 to ffffffff are sign-extended, unless "
		"written with `.\n\n"
		"Without an expression, or with a command's name, it is .help.",
	.example = "? poi(@rsp) - nt", .does = "an offset in the kernel",
	.run = run_evaluate,
};
const struct ntr_cmd ntr_cmd_dot_formats = {
	.names = ".formats",
	.summary = "a value in every form",
	.operands = "EXPRESSION",
	.help = "Hexadecimal, decimal, octal, binary, characters, as a time "
		"(seconds since 1970, or a FILETIME) and as floating-point "
		"numbers.",
	.example = ".formats 0n1000000", .does = "a million in every form",
	.run = run_formats,
};
