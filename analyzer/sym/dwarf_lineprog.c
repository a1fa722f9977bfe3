// SPDX-License-Identifier: Apache-2.0
/*
 * Line number programs of DWARF 2 to 5, run here and not by libdwarf: its
 * release 20210528 starts the file register of a DWARF 5 program at 0, where
 * the standard says 1, so code of a header inlined first in a unit got the
 * unit's own file; and it takes some hundred bytes of memory for each row.
 *
 * Source: DWARF 5, 6.2; DWARF 4, 6.2.4 for the older header.
 */
#include "dwarf.h"

#include <stdlib.h>

#define MAX_FORMATS 16u

struct file {
	const char *name;
	u64 dir;
};

struct program {
	struct ntr_dw *dw;
	struct ntr_dw_lines *t;
	struct ntr_bin b;
	const char *comp_dir;
	struct { NTR_VEC(const char *); } dirs;
	struct { NTR_VEC(struct file); } files;
	unsigned width, version;
	u8 min_inst, max_ops, range, opcode_base;
	signed char line_base;
	const u8 *lengths; /* of standard opcodes, from 1 */
	/* registers */
	u64 addr, op;
	u64 file;
	u32 line;
};

static bool big(const struct program *p)
{
	return p->dw->img->big;
}

/* --- directories and files ---------------------------------------------------------- */

/* A NUL-terminated string at the cursor; "" is the end of a list. */
static const char *text(struct ntr_bin *b)
{
	const u8 *p = b->pos;
	size_t n = strnlen((const char *)p, ntr_bin_left(b));

	return ntr_bin_take(b, n + 1, "name") ? (const char *)p : NULL;
}

/* There are zeros behind every section, so a string ends. */
static const char *text_at(struct program *p, const char *section, u64 off)
{
	struct ntr_bin b;

	if (ntr_dw_bytes(p->dw->img, section, &b, NULL) ||
	    off >= ntr_bin_left(&b))
		return NULL;
	return (const char *)b.pos + off;
}

static bool add_dir(struct program *p, const char *s)
{
	const char **d = ntr_vec_add(&p->dirs);

	if (d)
		*d = s;
	return d;
}

static bool add_file(struct program *p, const char *s, u64 dir)
{
	struct file *f = ntr_vec_add(&p->files);

	if (f)
		*f = (struct file){ s, dir };
	return f;
}

/* Before DWARF 5: strings up to an empty one; directory 0 is that of the
 * compilation, and there is no file 0. */
static enum ntr_st old_tables(struct program *p)
{
	struct ntr_bin *b = &p->b;
	const char *s;

	if (!add_dir(p, p->comp_dir) || !add_file(p, NULL, 0))
		return NTR_NOMEM;
	while ((s = text(b)) && *s)
		if (!add_dir(p, s))
			return NTR_NOMEM;
	while ((s = text(b)) && *s) {
		u64 dir = ntr_bin_uleb(b, "directory");

		ntr_bin_uleb(b, "time");
		ntr_bin_uleb(b, "length");
		if (!add_file(p, s, dir))
			return NTR_NOMEM;
	}
	return b->bad ? NTR_BAD : NTR_OK;
}

struct value {
	const char *s;
	u64 n;
};

static bool string_form(u64 form)
{
	return form == DW_FORM_string || form == DW_FORM_line_strp ||
	       form == DW_FORM_strp;
}

static bool value(struct program *p, u64 form, struct value *v)
{
	struct ntr_bin *b = &p->b;
	const char *what = "file entry";

	*v = (struct value){ NULL, 0 };
	switch (form) {
	case DW_FORM_string: v->s = text(b); break;
	case DW_FORM_line_strp:
	case DW_FORM_strp:
		v->n = ntr_bin_uint(b, big(p), p->width, what);
		v->s = text_at(p, form == DW_FORM_strp ? ".debug_str" :
							 ".debug_line_str",
			       v->n);
		break;
	case DW_FORM_udata: v->n = ntr_bin_uleb(b, what); break;
	case DW_FORM_data1: v->n = ntr_bin_byte(b, what); break;
	case DW_FORM_data2: v->n = ntr_bin_uint(b, big(p), 2, what); break;
	case DW_FORM_data4: v->n = ntr_bin_uint(b, big(p), 4, what); break;
	case DW_FORM_data8: v->n = ntr_bin_uint(b, big(p), 8, what); break;
	case DW_FORM_data16: ntr_bin_skip(b, 16, what); break;
	case DW_FORM_block:
		ntr_bin_skip(b, ntr_bin_uleb(b, what), what);
		break;
	default: return false;
	}
	return !b->bad;
}

struct formats {
	u64 kind[MAX_FORMATS], form[MAX_FORMATS];
	unsigned n;
	bool path; /* every entry takes a byte at least */
};

static bool read_formats(struct program *p, struct formats *f)
{
	f->n = ntr_bin_byte(&p->b, "entry formats");
	f->path = false;
	if (f->n > MAX_FORMATS)
		return false;
	for (unsigned i = 0; i < f->n; i++) {
		f->kind[i] = ntr_bin_uleb(&p->b, "content type");
		f->form[i] = ntr_bin_uleb(&p->b, "content form");
		f->path |= f->kind[i] == DW_LNCT_path &&
			   string_form(f->form[i]);
	}
	return !p->b.bad;
}

static enum ntr_st entries(struct program *p, bool files)
{
	struct formats f;
	u64 n;

	if (!read_formats(p, &f))
		return NTR_BAD;
	n = ntr_bin_uleb(&p->b, "entry count");
	if (n && (!f.path || n > ntr_bin_left(&p->b)))
		return NTR_BAD;
	for (u64 k = 0; k < n; k++) {
		const char *name = NULL;
		struct value v;
		u64 dir = 0;

		for (unsigned i = 0; i < f.n; i++) {
			if (!value(p, f.form[i], &v))
				return NTR_BAD;
			if (f.kind[i] == DW_LNCT_path)
				name = v.s;
			else if (f.kind[i] == DW_LNCT_directory_index)
				dir = v.n;
		}
		if (files ? !add_file(p, name, dir) : !add_dir(p, name))
			return NTR_NOMEM;
	}
	return NTR_OK;
}

static bool absolute(const char *p)
{
	return *p == '/' || *p == '\\' || (*p && p[1] == ':');
}

static const char *full_name(struct program *p, const struct file *f)
{
	struct ntr_arena *a = p->dw->arena;
	const char *d = f->dir < p->dirs.n ? p->dirs.v[f->dir] : NULL;

	if (!f->name || absolute(f->name) || !d || !*d)
		return f->name;
	if (absolute(d) || !p->comp_dir || !*p->comp_dir || d == p->comp_dir)
		return ntr_arena_printf(a, "%s/%s", d, f->name);
	return ntr_arena_printf(a, "%s/%s/%s", p->comp_dir, d, f->name);
}

static bool name_files(struct program *p)
{
	p->t->file = calloc(p->files.n + 1, sizeof(*p->t->file));
	if (!p->t->file)
		return false;
	p->t->nfile = (u32)p->files.n;
	for (size_t i = 0; i < p->files.n; i++)
		p->t->file[i] = full_name(p, &p->files.v[i]);
	return true;
}

/* --- header ----------------------------------------------------------------------------- */

static enum ntr_st header(struct program *p)
{
	struct ntr_bin *b = &p->b;
	u64 len, program;
	enum ntr_st st;

	p->version = (unsigned)ntr_bin_uint(b, big(p), 2, "version");
	if (p->version < 2 || p->version > 5)
		return NTR_BAD;
	if (p->version == 5)
		ntr_bin_skip(b, 2, "address and segment size");
	len = ntr_bin_uint(b, big(p), p->width, "header length");
	if (b->bad || len > ntr_bin_left(b))
		return NTR_BAD;
	program = ntr_bin_off(b) + len;
	p->min_inst = ntr_bin_byte(b, "minimum length");
	p->max_ops = p->version < 4 ? 1 : ntr_bin_byte(b, "operations");
	ntr_bin_skip(b, 1, "default is_stmt");
	p->line_base = (signed char)ntr_bin_byte(b, "line base");
	p->range = ntr_bin_byte(b, "line range");
	p->opcode_base = ntr_bin_byte(b, "opcode base");
	if (b->bad || !p->range || !p->max_ops || !p->opcode_base)
		return NTR_BAD;
	p->lengths = ntr_bin_take(b, p->opcode_base - 1u, "opcode lengths");
	if (p->version < 5)
		st = old_tables(p);
	else if (!(st = entries(p, false)))
		st = entries(p, true);
	if (!st && !name_files(p))
		st = NTR_NOMEM;
	if (st || ntr_bin_off(b) > program)
		return st ? st : NTR_BAD;
	ntr_bin_seek(b, program - b->off0, "line program");
	return NTR_OK;
}

/* --- program ---------------------------------------------------------------------------- */

static void reset(struct program *p)
{
	p->addr = p->op = 0;
	p->file = p->line = 1;
}

static void advance(struct program *p, u64 n)
{
	if (p->max_ops == 1) {
		p->addr += p->min_inst * n;
		return;
	}
	p->addr += p->min_inst * ((p->op + n) / p->max_ops);
	p->op = (p->op + n) % p->max_ops;
}

static bool row(struct program *p, bool end)
{
	struct ntr_dw_row *r = ntr_vec_add(&p->t->rows);

	if (!r)
		return false;
	*r = (struct ntr_dw_row){
		.addr = p->addr,
		.file = p->file > UINT32_MAX ? UINT32_MAX : (u32)p->file,
		.line = p->line,
		.end = end,
	};
	return true;
}

static enum ntr_st extended(struct program *p)
{
	struct ntr_bin *b = &p->b;
	u64 len = ntr_bin_uleb(b, "extended operation");
	bool good = true;
	size_t end;
	u8 op;

	if (!len)
		return NTR_OK;
	if (b->bad || len > ntr_bin_left(b))
		return NTR_BAD;
	end = (size_t)(b->pos - b->base) + len;
	op = ntr_bin_byte(b, "extended operation");
	if (op == DW_LNE_end_sequence) {
		good = row(p, true);
		reset(p);
	} else if (op == DW_LNE_set_address) {
		if (len == 5 || len == 9)
			p->addr = ntr_bin_uint(b, big(p), (unsigned)len - 1,
					       "address");
		p->op = 0;
	}
	ntr_bin_seek(b, end, "extended operation");
	return good ? NTR_OK : NTR_NOMEM;
}

static enum ntr_st standard(struct program *p, u8 op)
{
	struct ntr_bin *b = &p->b;

	switch (op) {
	case DW_LNS_copy: return row(p, false) ? NTR_OK : NTR_NOMEM;
	case DW_LNS_advance_pc: advance(p, ntr_bin_uleb(b, "pc")); break;
	case DW_LNS_advance_line:
		p->line += (u32)ntr_bin_sleb(b, "line");
		break;
	case DW_LNS_set_file: p->file = ntr_bin_uleb(b, "file"); break;
	case DW_LNS_const_add_pc:
		advance(p, (255u - p->opcode_base) / p->range);
		break;
	case DW_LNS_fixed_advance_pc:
		p->addr += ntr_bin_uint(b, big(p), 2, "pc");
		p->op = 0;
		break;
	default: /* columns, flags, and what is not known: its operands */
		for (u8 n = p->lengths[op - 1]; n; n--)
			ntr_bin_uleb(b, "operand");
	}
	return NTR_OK;
}

static enum ntr_st special(struct program *p, u8 op)
{
	advance(p, op / p->range);
	p->line += (u32)(p->line_base + op % p->range);
	return row(p, false) ? NTR_OK : NTR_NOMEM;
}

static enum ntr_st run(struct program *p)
{
	enum ntr_st st = NTR_OK;

	reset(p);
	while (!st && ntr_bin_left(&p->b) && !p->b.bad) {
		u8 op = ntr_bin_byte(&p->b, "operation");

		if (op >= p->opcode_base)
			st = special(p, (u8)(op - p->opcode_base));
		else
			st = op ? standard(p, op) : extended(p);
	}
	return st ? st : p->b.bad ? NTR_BAD : NTR_OK;
}

/* The program's bytes, when they are there and not too many. */
static enum ntr_st find(struct program *p, struct ntr_err *e)
{
	struct ntr_dw *dw = p->dw;
	u64 off = p->t->off, all, n;
	enum ntr_st st = ntr_dw_bytes(dw->img, ".debug_line", &p->b, e);

	if (st)
		return st;
	all = ntr_bin_left(&p->b);
	ntr_bin_seek(&p->b, off, "line program");
	n = ntr_dw_length(&p->b, big(p), &p->width);
	if (p->b.bad || n > ntr_bin_left(&p->b))
		return ntr_fail(e, NTR_BAD, "%s: .debug_line+0x%" PRIx64
				": a line program of 0x%" PRIx64
				" bytes in 0x%" PRIx64, dw->img->file->name,
				off, n, all);
	/* programs that overlap are damage; sharing is by offset */
	if (n > NTR_DW_MAX_LINES || dw->line_work + n > 2 * all)
		return ntr_fail(e, NTR_LIMIT, "%s: .debug_line+0x%" PRIx64
				": a line program of 0x%" PRIx64 " bytes, 0x%"
				PRIx64 " read before", dw->img->file->name, off,
				n, dw->line_work);
	dw->line_work += n;
	p->b.end = p->b.pos + n;
	return NTR_OK;
}

enum ntr_st ntr_dw_run_lines(struct ntr_dw *dw, struct ntr_dw_lines *t,
			     const char *comp_dir, struct ntr_err *e)
{
	struct program p = { .dw = dw, .t = t, .comp_dir = comp_dir };
	enum ntr_st st = find(&p, e);

	if (st)
		return st;
	st = header(&p);
	if (!st)
		st = run(&p);
	ntr_vec_fini(&p.dirs);
	ntr_vec_fini(&p.files);
	if (!st)
		return NTR_OK;
	return ntr_fail(e, st, "%s: .debug_line+0x%" PRIx64 ": %s",
			dw->img->file->name, ntr_bin_off(&p.b),
			st == NTR_NOMEM ? ntr_st_text(st) :
					  "no line program of DWARF 2 to 5");
}
