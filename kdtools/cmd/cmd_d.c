// SPDX-License-Identifier: Apache-2.0
/*
 * Memory in the forms of d.  A unit that cannot be read is question marks,
 * and the reason is said once, behind the last line.
 */
#include "cmd.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define ROW 32u            /* bytes of the widest row */
#define MAX_UNITS 0x100000u /* without L? */

enum look { LOOK_BYTES, LOOK_UNITS, LOOK_ASCII, LOOK_UTF16, LOOK_SYMBOLS,
	    LOOK_BITS,
	    LOOK_TO, LOOK_TO_ASCII, LOOK_TO_UTF16, /* what words point to */
	    LOOK_STRING, LOOK_USTRING }; /* STRING, UNICODE_STRING */
struct form {
	const char *name;
	u8 unit;     /* bytes; 0: a pointer */
	u8 per_row;
	u16 count;   /* by default */
	u8 look;
	bool chars;  /* characters behind the units */
};
static const struct form forms[] = {
	{ "dS", 0, 1, 1, LOOK_USTRING, false },
	{ "da", 1, 32, 0x100, LOOK_ASCII, false },
	{ "db", 1, 16, 0x80, LOOK_BYTES, true },
	{ "dc", 4, 4, 0x20, LOOK_UNITS, true },
	{ "dd", 4, 4, 0x20, LOOK_UNITS, false },
	{ "dda", 4, 1, 0x20, LOOK_TO_ASCII, false },
	{ "ddp", 4, 1, 0x20, LOOK_TO, false },
	{ "dds", 4, 1, 0x20, LOOK_SYMBOLS, false },
	{ "ddu", 4, 1, 0x20, LOOK_TO_UTF16, false },
	{ "dp", 0, 2, 0x10, LOOK_UNITS, false },
	{ "dpa", 0, 1, 0x10, LOOK_TO_ASCII, false },
	{ "dpp", 0, 1, 0x10, LOOK_TO, false },
	{ "dps", 0, 1, 0x10, LOOK_SYMBOLS, false },
	{ "dpu", 0, 1, 0x10, LOOK_TO_UTF16, false },
	{ "dq", 8, 2, 0x10, LOOK_UNITS, false },
	{ "dqa", 8, 1, 0x10, LOOK_TO_ASCII, false },
	{ "dqp", 8, 1, 0x10, LOOK_TO, false },
	{ "dqs", 8, 1, 0x10, LOOK_SYMBOLS, false },
	{ "dqu", 8, 1, 0x10, LOOK_TO_UTF16, false },
	{ "ds", 0, 1, 1, LOOK_STRING, false },
	{ "du", 2, 32, 0x80, LOOK_UTF16, false },
	{ "dw", 2, 8, 0x40, LOOK_UNITS, false },
	{ "dyb", 1, 4, 0x20, LOOK_BITS, false },
};

struct row {
	u64 at;
	u8 byte[ROW * 2];
	bool have[ROW * 2];
	size_t n;
};

static void read_row(const struct ntr_space *s, struct row *r, unsigned unit)
{
	bool all = !ntr_space_read(s, r->at, r->byte, r->n, NULL);

	for (size_t i = 0; i < r->n; i += unit) {
		size_t n = r->n - i < unit ? r->n - i : unit;
		bool ok = all || !ntr_space_read(s, r->at + i, r->byte + i, n,
						 NULL);

		for (size_t j = i; j < i + n; j++)
			r->have[j] = ok;
	}
}

static u64 unit_at(const struct row *r, size_t i, unsigned unit)
{
	u64 v = 0;

	for (unsigned j = 0; j < unit; j++)
		v |= (u64)r->byte[i + j] << 8 * j;
	return v;
}

/* "4d5a", "fffff804`7bdf5a80", "????????" */
static void unit_text(char out[24], const struct row *r, size_t i,
		      unsigned unit)
{
	if (!r->have[i])
		snprintf(out, 24, unit == 8 ? "????????`????????" : "%.*s",
			 (int)unit * 2, "????????");
	else if (unit == 8)
		ntr_va_text(out, unit_at(r, i, 8), 8);
	else
		snprintf(out, 24, "%0*" PRIx64, (int)unit * 2,
			 unit_at(r, i, unit));
}

static void bit_text(char out[24], const struct row *r, size_t i)
{
	for (unsigned b = 0; b < 8; b++)
		out[b] = !r->have[i] ? '?' : r->byte[i] >> (7 - b) & 1 ? '1' :
			 '0';
	out[8] = 0;
}

static void row_chars(struct ntr_out *o, const struct row *r)
{
	char text[ROW * 2 + 1];

	for (size_t i = 0; i < r->n; i++)
		text[i] = !r->have[i] ? '?' : r->byte[i] >= 0x20 &&
			  r->byte[i] < 0x7f ? (char)r->byte[i] : '.';
	text[r->n] = 0;
	ntr_out_str(o, "text", NULL, text);
	ntr_out_print(o, "  %s", text);
}

static void row_units(struct ntr_kd *k, const struct form *f,
		      const struct row *r, unsigned unit)
{
	struct ntr_out *o = k->o;
	char text[24];

	ntr_out_list(o, "values");
	for (size_t i = 0; i < r->n; i += unit) {
		if (f->look == LOOK_BITS)
			bit_text(text, r, i);
		else
			unit_text(text, r, i, unit);
		ntr_out_hex_if(o, NULL, NULL, r->have[i], r->have[i] ?
			       unit_at(r, i, unit) : 0);
		ntr_out_print(o, "%s%s", f->look == LOOK_BYTES && i == 8 ? "-" :
			      i ? " " : "", text);
	}
	ntr_out_list_end(o);
	if (f->chars) {
		for (size_t i = r->n; f->look == LOOK_BYTES && i < f->per_row;
		     i++)
			ntr_out_print(o, "   ");
		row_chars(o, r);
	}
}

static void row_symbol(struct ntr_kd *k, const struct row *r, unsigned unit)
{
	u64 v = unit_at(r, 0, unit);
	char text[24], name[300] = "";

	unit_text(text, r, 0, unit);
	ntr_out_hex_if(k->o, "value", NULL, r->have[0], v);
	ntr_out_print(k->o, "%s", text);
	if (r->have[0])
		ntr_kd_symbol(k, v, name, sizeof(name));
	ntr_out_str(k->o, "symbol", NULL, *name ? name : NULL);
	ntr_out_print(k->o, "%s%s", *name ? " " : "", name);
}

#define POINTED 0x40u /* bytes of a text that a word points to */

/* What a word points to, as text; false: nothing that can be read. */
static bool pointed_text(struct ntr_kd *k, u64 va, unsigned unit, char *out,
			 size_t size)
{
	u8 raw[POINTED];
	size_t n = ntr_space_read_some(k->mem, va, raw, sizeof(raw)), len = 0;

	while (len + unit <= n && (raw[len] || (unit == 2 && raw[len + 1])))
		len += unit;
	if (unit == 1)
		ntr_ascii_clean(out, size, raw, len);
	else
		ntr_utf16_to_utf8(out, size, raw, len);
	return len != 0;
}

static void row_pointed(struct ntr_kd *k, const struct form *f,
			const struct row *r, unsigned unit)
{
	u64 v = unit_at(r, 0, unit), to = 0;
	char text[24], more[300] = "", va[24] = "????????";
	bool have;

	unit_text(text, r, 0, unit);
	ntr_out_hex_if(k->o, "value", NULL, r->have[0], v);
	ntr_out_print(k->o, "%s", text);
	have = r->have[0] && v;
	if (f->look == LOOK_TO) {
		have = have && !ntr_read_ptr(k->mem, v, k->t->ptr_size, &to);
		ntr_out_hex_if(k->o, "pointed", NULL, have, to);
		ntr_kd_va(k, va, have, to);
		if (have)
			ntr_kd_symbol(k, to, more, sizeof(more));
		ntr_out_str(k->o, "symbol", NULL, *more ? more : NULL);
		if (r->have[0] && v)
			ntr_out_print(k->o, "  %s%s%s", va, *more ? " " : "",
				      more);
		return;
	}
	have = have && pointed_text(k, v, f->look == LOOK_TO_ASCII ? 1 : 2,
				    more, sizeof(more));
	ntr_out_str(k->o, "text", NULL, have ? more : NULL);
	if (have)
		ntr_out_print(k->o, "  \"%s\"", more);
}

/* Why the first byte that is lacking is lacking. */
static void say_why(struct ntr_kd *k, u64 addr)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	u8 byte;

	st = ntr_space_read(k->mem, addr, &byte, 1, &e);
	ntr_out_str(k->o, "lacking", NULL, e.msg[0] ? e.msg : ntr_st_text(st));
	ntr_out_para(k->o, "  (? ", "%s)", e.msg[0] ? e.msg : ntr_st_text(st));
}

static bool first_lack(const struct row *r, u64 *at)
{
	for (size_t i = 0; i < r->n; i++)
		if (!r->have[i]) {
			*at = r->at + i;
			return true;
		}
	return false;
}

/* Rows of units; addr moves on. */
static void show_rows(struct ntr_kd *k, const struct form *f, u64 *addr,
		      u64 count)
{
	unsigned unit = f->unit ? f->unit : k->t->ptr_size;
	u64 left = count * unit, lack = 0;
	unsigned row = f->per_row * unit;
	bool lacking = false;
	char at[24];

	ntr_out_list(k->o, "rows");
	while (left && !ntr_kd_stopped(k)) {
		struct row r = { .at = *addr,
				 .n = left < row ? (size_t)left : row };

		read_row(k->mem, &r, unit);
		lacking = lacking || first_lack(&r, &lack);
		ntr_va_text(at, *addr, k->t->ptr_size);
		ntr_out_open(k->o, NULL);
		ntr_out_hex(k->o, "address", NULL, *addr);
		ntr_out_print(k->o, "%s  ", at);
		if (f->look == LOOK_SYMBOLS)
			row_symbol(k, &r, unit);
		else if (f->look >= LOOK_TO)
			row_pointed(k, f, &r, unit);
		else
			row_units(k, f, &r, unit);
		ntr_out_close(k->o);
		ntr_out_line(k->o, "%s", "");
		if (k->o->buf.len > 0x10000)
			ntr_kd_flush(k);
		*addr += r.n;
		left -= r.n;
	}
	ntr_out_list_end(k->o);
	if (lacking)
		say_why(k, lack);
}

/* A row of a string; false: it ends here, with *lack where it cannot be
 * read on. */
static bool string_row(struct ntr_kd *k, const struct form *f, u64 *addr,
		       u64 *left, u64 *lack)
{
	struct row r = { .at = *addr };
	char text[ROW * 4 + 1], at[24];
	size_t n = 0;

	r.n = (*left < f->per_row ? (size_t)*left : f->per_row) * f->unit;
	read_row(k->mem, &r, f->unit);
	while (n < r.n && r.have[n] && unit_at(&r, n, f->unit))
		n += f->unit;
	if (f->unit == 1)
		ntr_ascii_clean(text, sizeof(text), r.byte, n);
	else
		ntr_utf16_to_utf8(text, sizeof(text), r.byte, n);
	ntr_va_text(at, *addr, k->t->ptr_size);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "address", NULL, *addr);
	ntr_out_str(k->o, "text", NULL, text);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "%s  \"%s%s\"", at, text,
		     n < r.n && !r.have[n] ? "????????" : "");
	if (n < r.n && !r.have[n])
		*lack = *addr + n;
	*left -= n / f->unit;
	*addr += n < r.n ? n + f->unit : n;
	return n == r.n;
}

static void show_string(struct ntr_kd *k, const struct form *f, u64 *addr,
			u64 count)
{
	u64 lack = 0;

	ntr_out_list(k->o, "rows");
	while (count && !ntr_kd_stopped(k) &&
	       string_row(k, f, addr, &count, &lack))
		;
	ntr_out_list_end(k->o);
	if (lack)
		say_why(k, lack);
}

#define COUNTED_MAX 0x1000u

/* STRING, UNICODE_STRING: u16 Length, u16 MaximumLength, Buffer. */
static enum ntr_st show_counted(struct ntr_kd *k, const struct form *f, u64 va,
				struct ntr_err *e)
{
	u64 buffer = 0, ptr = k->t->ptr_size;
	u8 raw[COUNTED_MAX];
	char text[COUNTED_MAX * 2], at[24];
	u16 len = 0;
	size_t n;

	if (ntr_read_u16(k->mem, va, &len) ||
	    ntr_read_ptr(k->mem, va + ptr, (unsigned)ptr, &buffer))
		return ntr_fail(e, NTR_ABSENT, "the string's length and buffer at "
				"%" PRIx64 " are not in this dump", va);
	n = len < sizeof(raw) ? len : sizeof(raw);
	ntr_out_hex(k->o, "buffer", NULL, buffer);
	ntr_out_uint(k->o, "length", NULL, len);
	if (ntr_space_read(k->mem, buffer, raw, n, NULL)) {
		ntr_va_text(at, buffer, (unsigned)ptr);
		return ntr_fail(e, NTR_ABSENT, "its %u bytes at %s are not in "
				"this dump", len, at);
	}
	if (f->look == LOOK_STRING)
		ntr_ascii_clean(text, sizeof(text), raw, n);
	else
		ntr_utf16_to_utf8(text, sizeof(text), raw, n & ~(size_t)1);
	ntr_va_text(at, buffer, (unsigned)ptr);
	ntr_out_str(k->o, "text", NULL, text);
	ntr_out_line(k->o, "%s  \"%s\"", at, text);
	return NTR_OK;
}

/* "/c 8": units in a row. */
static enum ntr_st row_width(struct ntr_kd *k, const struct ntr_call *c,
			     const char **s, struct form *f, struct ntr_err *e)
{
	unsigned unit = f->unit ? f->unit : k->t->ptr_size;
	u64 n = 0;
	enum ntr_st st;

	if (strncmp(*s, "/c", 2))
		return NTR_OK;
	*s += 2;
	*s += strspn(*s, " \t");
	/* up to the blank: what follows is the address, not an operand */
	if (strcspn(*s, " \t") > 8 || f->look >= LOOK_ASCII)
		return ntr_fail(e, NTR_USAGE, "/c is followed by the number of "
				"units in a row, for forms that show units");
	st = ntr_cmd_value(k, c, s, &n, e);
	if (!st && (!n || n * unit > ROW * 2 || n > ROW * 2))
		st = ntr_fail(e, NTR_USAGE, "a row has 1 to 0x%x units of this "
			      "form", ROW * 2 / unit);
	if (!st)
		f->per_row = (u8)n;
	return st;
}

static const struct form *form_of(const struct ntr_kd *k, const char *name)
{
	if (!strcmp(name, "d"))
		name = k->data_cmd;
	for (size_t i = 0; i < NTR_COUNT(forms); i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	return NULL;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const struct form *form = form_of(k, c->name), *f = form;
	struct form wide;
	struct ntr_expr_range r = { .addr = k->next_data };
	const char *s = c->args;
	bool string;
	enum ntr_st st;

	if (!f)
		return ntr_fail(e, NTR_USAGE, "d has no form \"%s\"; WinDbg's "
				"letters are case-sensitive", c->name);
	wide = *form;
	f = &wide;
	string = f->look == LOOK_ASCII || f->look == LOOK_UTF16;
	st = row_width(k, c, &s, &wide, e);
	if (!st)
		st = ntr_cmd_range(k, c, &s, f->unit ? f->unit : k->t->ptr_size,
			   f->count, MAX_UNITS, &r, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	if (!r.has_addr && !k->next_data) {
		ntr_kd_need_regs(k);
		r.addr = k->has_regs ? ntr_kd_frame_regs(k)->ip : 0;
	}
	snprintf(k->data_cmd, sizeof(k->data_cmd), "%s", f->name);
	if (f->look == LOOK_STRING || f->look == LOOK_USTRING)
		return show_counted(k, f, r.addr, e);
	if (string)
		show_string(k, f, &r.addr, r.count);
	else
		show_rows(k, f, &r.addr, r.count);
	k->next_data = r.addr;
	return NTR_OK;
}

enum ntr_st ntr_show_pointers(struct ntr_kd *k, u64 addr, u64 count,
			      struct ntr_err *e)
{
	static const struct form words = { "dps", 0, 1, 0, LOOK_SYMBOLS,
					   false };

	if (count > MAX_UNITS)
		return ntr_fail(e, NTR_LIMIT, "more than 0x%x words",
				MAX_UNITS);
	show_rows(k, &words, &addr, count);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_d = {
	.names = "d dS da db dc dd dda ddp dds ddu dp dpa dpp dps dpu dq dqa dqp "
		 "dqs dqu ds du dw dyb",
	.summary = "memory",
	.operands = "[/c WIDTH] [ADDR [L COUNT | END]]",
	.help = "db bytes and characters, dw words, dd double words (dc with "
		"characters), dq quad words, dp pointers, dps (dds, dqs) pointers "
		"with their symbols, dpp (ddp, dqp) with the word they point to, "
		"dpa and dpu (dda, ddu, dqa, dqu) with the text they point to, ds "
		"the text of a STRING, dS of a UNICODE_STRING, da ASCII and du UTF-16 text up to its NUL, "
		"dyb bits. d repeats the last form; without ADDR it goes on "
		"where the last one ended. /c sets how many units a row has.\n\n"
		"What cannot be read is ?, and why is said once. Read-only "
		"sections of modules that the dump lacks are read from the image "
		"file when the symbol path has it.",
	.example = "dps @rsp L20", .does = "32 words of the stack, with symbols",
	.run = run,
};
