// SPDX-License-Identifier: Apache-2.0
/*
 * Line numbers of a module: C13 (VC 7 and later: subsections with lines, and
 * one with the files they name), C11 (before: the sstSrcModule form of
 * CodeView).  Sources: LLVM "CodeView Line Tables" in llvm/DebugInfo/CodeView,
 * microsoft-pdb; the TIS "Microsoft Symbol and Type Information".
 */
#include "pdb.h"

#include <stdlib.h>

/* Not lines: code that no one wrote, and code not to step into. */
#define LINE_HIDDEN 0xfeefeeu
#define LINE_NO_STEP 0xf00f00u
#define LINE_MASK 0xffffffu
#define LINES_HAVE_COLUMNS 1u

struct pdb_line {
	u32 src, size, line;
	u32 seq;          /* in the stream: keeps the order of equal ones */
	const char *file;
};

struct ntr_pdb_modlines {
	struct ntr_pdb_once once;
	NTR_VEC(struct pdb_line); /* sorted by src */
};

static bool is_line(u32 line)
{
	return line != LINE_HIDDEN && line != LINE_NO_STEP;
}

static int by_src(const void *a, const void *b)
{
	const struct pdb_line *x = a, *y = b;

	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool add_line(struct ntr_pdb_modlines *v, const char *file, u32 src,
		     u32 line)
{
	struct pdb_line *l = ntr_vec_add(v);

	if (!l)
		return false;
	*l = (struct pdb_line){ .src = src, .line = line, .file = file,
				.seq = (u32)v->n };
	return true;
}

/* The lines from first on are one stretch of code that ends at end: each
 * reaches to the next. */
static void set_sizes(struct ntr_pdb_modlines *v, size_t first, u32 end)
{
	size_t n = v->n - first;

	if (!n)
		return;
	qsort(v->v + first, n, sizeof(*v->v), by_src);
	for (size_t i = first; i < v->n; i++) {
		u32 next = i + 1 < v->n ? v->v[i + 1].src : end;

		v->v[i].size = next > v->v[i].src ? next - v->v[i].src : 0;
	}
}

/* --- C13 ------------------------------------------------------------------------- */

/* The file whose entry is at off of the files' subsection; "": there is none
 * (seen in systeminformer.pdb, a module whose names are not in /names). */
static const char *c13_file(struct ntr_pdb *p, struct ntr_bin files, u32 off)
{
	const char *name;
	u32 at;

	ntr_bin_seek(&files, off, "file of lines");
	at = ntr_bin_u32(&files, "file of lines");
	name = files.bad ? NULL : ntr_pdb_name_at(p, at);
	return name ? name : "";
}

/* One file's lines; false: damaged, or no memory. */
static bool c13_block(struct ntr_pdb *p, struct ntr_bin *b,
		      struct ntr_bin files, bool columns, u32 base,
		      struct ntr_pdb_modlines *v)
{
	u32 file = ntr_bin_u32(b, "file of lines");
	u32 n = ntr_bin_u32(b, "count of lines");
	const char *name = c13_file(p, files, file);

	ntr_bin_u32(b, "size of lines");
	if (!ntr_bin_fits(b, n, columns ? 12 : 8, "lines"))
		return false;
	for (u32 i = 0; i < n; i++) {
		u32 off = ntr_bin_u32(b, "line");
		u32 bits = ntr_bin_u32(b, "line");

		if (!add_line(v, name, base + off, bits & LINE_MASK))
			return false;
	}
	if (columns)
		ntr_bin_skip(b, (size_t)n * 4, "columns");
	return true;
}

static void c13_lines(struct ntr_pdb *p, struct ntr_bin b,
		      struct ntr_bin files, struct ntr_pdb_modlines *v)
{
	u32 off = ntr_bin_u32(&b, "offset of lines"), base;
	u16 seg = ntr_bin_u16(&b, "section of lines");
	u16 flags = ntr_bin_u16(&b, "flags of lines");
	u32 size = ntr_bin_u32(&b, "code of lines");
	size_t first = v->n;

	if (b.bad || !ntr_pdb_src(p, seg, off, &base))
		return;
	while (ntr_bin_left(&b) && c13_block(p, &b, files,
					     flags & LINES_HAVE_COLUMNS, base,
					     v))
		;
	set_sizes(v, first, base + size);
}

static void c13_read(struct ntr_pdb *p, struct ntr_bin c13,
		     struct ntr_pdb_modlines *v)
{
	struct ntr_bin b = c13, sub;
	struct ntr_bin files = ntr_bin_of(c13.base, 0, c13.origin, 0);
	u32 kind;

	while (ntr_pdb_c13_next(&b, &kind, &sub))
		if (kind == NTR_C13_FILES)
			files = sub;
	b = c13;
	while (ntr_pdb_c13_next(&b, &kind, &sub))
		if (kind == NTR_C13_LINES)
			c13_lines(p, sub, files, v);
}

/* --- C11 ------------------------------------------------------------------------- */

/* One file's lines in one section: u16 section, u16 n, u32 offset[n], u16
 * line[n]. last: the offset of the last byte of code. */
static void c11_lines(struct ntr_pdb *p, const struct ntr_bin *all, u32 at,
		      const char *file, u32 last, struct ntr_pdb_modlines *v)
{
	struct ntr_bin b = *all, lines;
	size_t first = v->n;
	u32 src, end;
	u16 seg, n;

	ntr_bin_seek(&b, at, "lines");
	seg = ntr_bin_u16(&b, "section of lines");
	n = ntr_bin_u16(&b, "count of lines");
	if (!ntr_bin_fits(&b, n, 6, "lines") ||
	    !ntr_pdb_src(p, seg, last, &end))
		return;
	lines = b;
	ntr_bin_skip(&lines, (size_t)n * 4, "lines");
	for (u16 i = 0; i < n; i++) {
		u32 off = ntr_bin_u32(&b, "offset of a line");
		u16 line = ntr_bin_u16(&lines, "line");

		if (!ntr_pdb_src(p, seg, off, &src) ||
		    !add_line(v, file, src, line))
			break;
	}
	set_sizes(v, first, end + 1);
}

static void c11_file(struct ntr_pdb *p, const struct ntr_bin *all, u32 at,
		     struct ntr_pdb_modlines *v)
{
	struct ntr_bin b = *all, ends, name;
	const char *file;
	u16 n;

	ntr_bin_seek(&b, at, "source file");
	n = ntr_bin_u16(&b, "sections of a file");
	ntr_bin_u16(&b, "padding");
	if (!ntr_bin_fits(&b, n, 12, "sections of a file"))
		return;
	ends = b;
	ntr_bin_skip(&ends, (size_t)n * 4, "lines of a file");
	name = ends;
	ntr_bin_skip(&name, (size_t)n * 8, "sections of a file");
	file = ntr_pdb_rec_name(p, 0, &name);
	for (u16 i = 0; i < n && file; i++) {
		u32 lines = ntr_bin_u32(&b, "lines of a file"), last;

		ntr_bin_u32(&ends, "start");
		last = ntr_bin_u32(&ends, "end");
		c11_lines(p, all, lines, file, last, v);
	}
}

static void c11_read(struct ntr_pdb *p, struct ntr_bin c11,
		     struct ntr_pdb_modlines *v)
{
	struct ntr_bin b = c11;
	u16 n;

	if (!ntr_bin_left(&b))
		return;
	n = ntr_bin_u16(&b, "count of files");
	ntr_bin_u16(&b, "count of sections");
	if (!ntr_bin_fits(&b, n, 4, "files"))
		return;
	for (u16 i = 0; i < n; i++)
		c11_file(p, &c11, ntr_bin_u32(&b, "file"), v);
}

/* --- questions --------------------------------------------------------------------- */

static enum ntr_st lines_load(struct ntr_pdb *p, u32 m,
			      struct ntr_pdb_modlines *v, struct ntr_err *e)
{
	struct ntr_bin c11, c13;
	enum ntr_st st = ntr_pdb_need_sections(p, e);

	if (!st)
		st = ntr_pdb_mod_debug(p, m, &c11, &c13, e);
	if (st)
		return st;
	c11_read(p, c11, v);
	c13_read(p, c13, v);
	if (v->n)
		qsort(v->v, v->n, sizeof(*v->v), by_src);
	return NTR_OK;
}

static enum ntr_st mod_lines(struct ntr_pdb *p, u32 m,
			     struct ntr_pdb_modlines **out, struct ntr_err *e)
{
	struct ntr_pdb_modlines *v;
	enum ntr_st st = ntr_pdb_need_mods(p, e);

	if (m >= p->nmods)
		return st ? st : ntr_fail(e, NTR_BAD,
					  "%s: module %u, there are %u",
					  p->msf.file->name, m, p->nmods);
	v = p->mod[m].lines;
	if (!v)
		v = p->mod[m].lines = calloc(1, sizeof(*v));
	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (!ntr_pdb_once(&v->once))
		v->once.st = lines_load(p, m, v, &v->once.err);
	*out = v;
	return ntr_pdb_again(&v->once, e);
}

/* The last that begins at or below src and is not empty. */
static const struct pdb_line *line_find(const struct ntr_pdb_modlines *v,
					u32 src)
{
	size_t lo = 0, hi = v->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (v->v[mid].src <= src)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- > 0 && !v->v[lo].size)
		;
	return lo < v->n && src - v->v[lo].src < v->v[lo].size ?
		&v->v[lo] : NULL;
}

static void line_out(struct ntr_pdb *p, const struct pdb_line *l, u32 rva,
		     struct ntr_line *out)
{
	struct ntr_line r = { .file = l->file, .line = l->line, .rva = rva };

	if (l->size)
		ntr_pdb_stretch(p, rva, l->src, l->size, &r.rva, &r.size);
	*out = r;
}

enum ntr_st ntr_pdb_line(struct ntr_symsrc *s, u64 rva, struct ntr_line *out,
			 struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	const struct pdb_line *l;
	struct ntr_pdb_modlines *v;
	enum ntr_st st = ntr_pdb_need_contribs(p, e);
	u32 src, m;

	if (st)
		return st;
	if (rva > UINT32_MAX || !ntr_pdb_to_src(p, (u32)rva, &src) ||
	    !ntr_pdb_mod_at(p, src, &m))
		return ntr_fail(e, NTR_ABSENT, "%s: no module has 0x%" PRIx64,
				p->msf.file->name, rva);
	st = mod_lines(p, m, &v, e);
	if (st)
		return st;
	l = line_find(v, src);
	if (!l || !is_line(l->line))
		return ntr_fail(e, NTR_ABSENT, "%s: no line for 0x%" PRIx64,
				p->msf.file->name, rva);
	line_out(p, l, (u32)rva, out);
	return NTR_OK;
}

static bool mod_each_line(struct ntr_pdb *p, const struct ntr_pdb_modlines *v,
			  ntr_line_fn *fn, void *ctx)
{
	struct ntr_line out;
	u32 rva;

	for (size_t i = 0; i < v->n; i++) {
		const struct pdb_line *l = &v->v[i];

		if (!is_line(l->line) || !ntr_pdb_to_image(p, l->src, &rva))
			continue;
		line_out(p, l, rva, &out);
		if (!fn(ctx, &out))
			return false;
	}
	return true;
}

enum ntr_st ntr_pdb_each_line(struct ntr_symsrc *s, ntr_line_fn *fn, void *ctx,
			      struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	struct ntr_pdb_modlines *v;
	enum ntr_st st = ntr_pdb_need_sections(p, e);

	if (!st)
		st = ntr_pdb_need_mods(p, e);
	for (u32 m = 0; m < p->nmods; m++) {
		enum ntr_st one = mod_lines(p, m, &v, st ? NULL : e);

		if (one && one != NTR_ABSENT && !st)
			st = one; /* the first damage; the others come yet */
		if (!one && !mod_each_line(p, v, fn, ctx))
			return NTR_OK;
	}
	return st;
}

void ntr_pdb_lines_free(struct ntr_pdb *p)
{
	for (u32 m = 0; m < p->nmods; m++) {
		if (p->mod[m].lines)
			ntr_vec_fini(p->mod[m].lines);
		free(p->mod[m].lines);
	}
}
