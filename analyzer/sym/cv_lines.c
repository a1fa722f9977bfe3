// SPDX-License-Identifier: Apache-2.0
/* CodeView: sstSrcModule.  Files, in each file segments, in each segment pairs
 * of offset and line.  The tables are reached through offsets that may point
 * anywhere in the part, also at each other: `left` is what all of them may
 * take together. */
#include "codeview.h"

struct module {
	struct ntr_cv *cv;
	struct ntr_bin b;   /* the part */
	u64 left;
	struct ntr_linelist *out;
	const char *file;
	u32 last;           /* end of the segment's code in this file */
};

static bool spend(struct module *m, u64 bytes)
{
	if (bytes > m->left) {
		ntr_cv_damaged(m->cv, "%s+0x%" PRIx64 ": tables of lines "
			       "overlap", m->b.origin, m->b.off0);
		return false;
	}
	m->left -= bytes;
	return true;
}

static struct ntr_bin at(const struct module *m, u32 off, const char *what)
{
	struct ntr_bin b = m->b;

	ntr_bin_seek(&b, off, what);
	return b;
}

static void broken(struct module *m, const struct ntr_bin *b)
{
	struct ntr_err e;

	if (ntr_bin_done(b, &e))
		ntr_cv_damaged(m->cv, "%s", e.msg);
}

static enum ntr_st add_line(struct module *m, u16 seg, u32 off, u32 end,
			    u16 line, struct ntr_err *e)
{
	u32 rva, left;
	struct ntr_line *l;
	bool code;

	if (!ntr_cv_place(m->cv, seg, off, &rva, &left, &code))
		return NTR_OK;
	l = ntr_vec_add(m->out);
	if (!l)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (end > off && end - off < left)
		left = end - off;
	*l = (struct ntr_line){ .file = m->file, .line = line, .rva = rva,
				.size = left == UINT32_MAX ? 0 : left };
	return NTR_OK;
}

static enum ntr_st read_pairs(struct module *m, u32 where, struct ntr_err *e)
{
	struct ntr_bin b = at(m, where, "line table"), lines;
	u16 seg = ntr_bin_u16(&b, "segment of lines");
	u16 n = ntr_bin_u16(&b, "number of lines");
	enum ntr_st st = NTR_OK;

	if (!spend(m, 4 + n * UINT64_C(6)))
		return NTR_OK;
	lines = b;
	ntr_bin_skip(&lines, n * (size_t)4, "offsets of lines");
	if (!ntr_bin_fits(&lines, n, 2, "lines")) {
		broken(m, &lines);
		return NTR_OK;
	}
	for (u32 i = 0; !st && i < n; i++) {
		u32 off = ntr_bin_u32(&b, "offset of a line");

		/* The last line goes on to the end of the stretch, which is
		 * given as its last byte. */
		st = add_line(m, seg, off, m->last ? m->last + 1 : 0,
			      ntr_bin_u16(&lines, "line"), e);
	}
	return st;
}

static enum ntr_st read_file(struct module *m, u32 where, struct ntr_err *e)
{
	struct ntr_bin b = at(m, where, "source file"), bases, ranges;
	u16 n = ntr_bin_u16(&b, "segments of a file");
	enum ntr_st st = NTR_OK;

	ntr_bin_skip(&b, 2, "pad");
	if (!spend(m, 4 + n * UINT64_C(12)))
		return NTR_OK;
	bases = ranges = b;
	ntr_bin_skip(&ranges, n * (size_t)4, "line tables of a file");
	b = ranges;
	ntr_bin_skip(&b, n * (size_t)8, "ranges of a file");
	m->file = ntr_cv_pname(m->cv, &b, "name of a source file");
	if (!m->file) {
		broken(m, &b);
		return NTR_OK;
	}
	if (!spend(m, strlen(m->file)))
		return NTR_OK;
	for (u32 i = 0; !st && i < n; i++) {
		u32 base = ntr_bin_u32(&bases, "line table");

		ntr_bin_skip(&ranges, 4, "start of a range");
		m->last = ntr_bin_u32(&ranges, "end of a range");
		st = read_pairs(m, base, e);
	}
	return st;
}

static enum ntr_st read_module(struct ntr_cv *cv, const struct ntr_cv_part *p,
			       struct ntr_linelist *out, struct ntr_err *e)
{
	struct module m = { .cv = cv, .b = ntr_cv_bytes(cv, p),
			    .left = p->size, .out = out };
	struct ntr_bin b = m.b;
	u16 n = ntr_bin_u16(&b, "source files");
	enum ntr_st st = NTR_OK;

	ntr_bin_skip(&b, 2, "segments");
	if (!ntr_bin_fits(&b, n, 4, "source files"))
		broken(&m, &b);
	for (u32 i = 0; !b.bad && !st && i < n; i++)
		st = read_file(&m, ntr_bin_u32(&b, "source file"), e);
	return st;
}

enum ntr_st ntr_cv_lines(struct ntr_cv *cv, struct ntr_linelist *out,
			 struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < cv->parts.n; i++)
		if (cv->parts.v[i].kind == NTR_CV_SRC_MODULE)
			st = read_module(cv, &cv->parts.v[i], out, e);
	return st;
}
