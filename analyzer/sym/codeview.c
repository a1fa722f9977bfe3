// SPDX-License-Identifier: Apache-2.0
/* CodeView: the directory and the segment map. */
#include "codeview.h"

#include "../base/record.h"

#include <stdarg.h>
#include <stdio.h>

#define CV_DIR_FIELDS(S, A, r, z)       \
	S(r, z, u16, header,    0x00)   \
	S(r, z, u16, entry,     0x02)   \
	S(r, z, u32, count,     0x04)   \
	S(r, z, u32, next,      0x08)
NTR_RECORD(cv_dir, 16, CV_DIR_FIELDS)

#define CV_ENTRY_FIELDS(S, A, r, z)     \
	S(r, z, u16, kind,      0x00)   \
	S(r, z, u16, module,    0x02)   \
	S(r, z, u32, off,       0x04)   \
	S(r, z, u32, size,      0x08)
NTR_RECORD(cv_entry, 12, CV_ENTRY_FIELDS)

#define CV_SEG_FIELDS(S, A, r, z)       \
	S(r, z, u16, frame,     0x06)   \
	S(r, z, u32, off,       0x0c)
NTR_RECORD(cv_segdesc, 20, CV_SEG_FIELDS)

void ntr_cv_damaged(struct ntr_cv *cv, const char *fmt, ...)
{
	va_list ap;

	if (cv->damaged)
		return;
	cv->damaged = true;
	va_start(ap, fmt);
	vsnprintf(cv->damage.msg, sizeof(cv->damage.msg), fmt, ap);
	va_end(ap);
}

struct ntr_bin ntr_cv_bytes(const struct ntr_cv *cv,
			    const struct ntr_cv_part *p)
{
	return ntr_bin_sub(&cv->data, p->off, p->size, "subsection");
}

bool ntr_cv_part(const struct ntr_cv *cv, u16 kind, struct ntr_bin *out)
{
	for (size_t i = 0; i < cv->parts.n; i++) {
		if (cv->parts.v[i].kind != kind)
			continue;
		*out = ntr_cv_bytes(cv, &cv->parts.v[i]);
		return true;
	}
	return false;
}

const char *ntr_cv_pname(const struct ntr_cv *cv, struct ntr_bin *b,
			 const char *what)
{
	const u8 *len = ntr_bin_take(b, 1, what);
	const u8 *p = len ? ntr_bin_take(b, *len, what) : NULL;

	return p ? ntr_arena_strndup(cv->names, (const char *)p,
				     strnlen((const char *)p, *len)) : NULL;
}

/* --- directory --------------------------------------------------------------- */

/* left: bytes that subsections may still take, so that what overlaps cannot
 * multiply the work. */
static enum ntr_st add_part(struct ntr_cv *cv, const struct ntr_cv_entry *x,
			    u64 *left, struct ntr_err *e)
{
	u64 total = (u64)(cv->data.end - cv->data.base);
	struct ntr_cv_part *p;

	if (!x->size)
		return NTR_OK;
	if (x->off > total || x->size > total - x->off) {
		ntr_cv_damaged(cv, "subsection 0x%x at +0x%x with 0x%x bytes, "
			       "the data has 0x%" PRIx64, x->kind, x->off,
			       x->size, total);
		return NTR_OK;
	}
	if (x->size > *left) {
		ntr_cv_damaged(cv, "subsection 0x%x at +0x%x: subsections "
			       "overlap", x->kind, x->off);
		return NTR_OK;
	}
	*left -= x->size;
	p = ntr_vec_add(&cv->parts);
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*p = (struct ntr_cv_part){ .kind = x->kind, .module = x->module,
				   .off = x->off, .size = x->size };
	return NTR_OK;
}

static enum ntr_st read_dir(struct ntr_cv *cv, u32 off, u32 *next, u64 *left,
			    struct ntr_err *e)
{
	struct ntr_bin b = cv->data;
	struct ntr_cv_dir d;
	struct ntr_cv_entry x;
	enum ntr_st st;

	ntr_bin_seek(&b, off, "CodeView directory");
	ntr_cv_dir_decode(&d, &b);
	if (!b.bad && (d.header < ntr_cv_dir_size ||
		       d.entry < ntr_cv_entry_size))
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": CodeView "
				"directory of %u-byte entries behind %u bytes, "
				"want 12 and 16", cv->data.origin,
				cv->data.off0 + off, d.entry, d.header);
	if (!b.bad)
		ntr_bin_skip(&b, d.header - ntr_cv_dir_size,
			     "CodeView directory header");
	st = ntr_bin_done(&b, e);
	*next = d.next;
	for (u32 i = 0; !st && i < d.count; i++) {
		ntr_cv_entry_decode(&x, &b);
		ntr_bin_skip(&b, d.entry - ntr_cv_entry_size, "entry");
		if (b.bad) { /* the entries that are there count */
			ntr_cv_damaged(cv, "%s+0x%" PRIx64 ": CodeView "
				       "directory says %u entries, %u are "
				       "there", cv->data.origin, b.bad_off,
				       d.count, i);
			break;
		}
		st = add_part(cv, &x, left, e);
	}
	return st;
}

static enum ntr_st read_dirs(struct ntr_cv *cv, u32 off, struct ntr_err *e)
{
	u64 left = (u64)(cv->data.end - cv->data.base);
	enum ntr_st st;
	u32 n = 0, next;

	for (; off && n < NTR_CV_DIRECTORIES; n++, off = next) {
		struct ntr_err why = { "" };

		st = read_dir(cv, off, &next, &left, &why);
		if (!st)
			continue;
		if (!n || st != NTR_BAD)
			return ntr_fail(e, st, "%s", why.msg);
		ntr_cv_damaged(cv, "%s", why.msg);
		return NTR_OK;
	}
	if (off)
		ntr_cv_damaged(cv, "more than %u CodeView directories, or they "
			       "go in a circle", NTR_CV_DIRECTORIES);
	return NTR_OK;
}

/* Segments are numbers of sections; the map, where there is one, says so. */
static enum ntr_st read_segments(struct ntr_cv *cv, struct ntr_err *e)
{
	struct ntr_bin b;
	u32 n;

	if (!ntr_cv_part(cv, NTR_CV_SEG_MAP, &b))
		return NTR_OK;
	n = ntr_bin_u16(&b, "segments");
	ntr_bin_skip(&b, 2, "logical segments");
	for (u32 i = 0; i < n && ntr_bin_left(&b) >= ntr_cv_segdesc_size; i++) {
		struct ntr_cv_seg *s = ntr_vec_add(&cv->segs);
		struct ntr_cv_segdesc d;

		if (!s)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		ntr_cv_segdesc_decode(&d, &b);
		s->section = d.frame;
		s->off = d.off;
	}
	if (cv->segs.n < n || b.bad)
		ntr_cv_damaged(cv, "the segment map says %u segments, %zu are "
			       "there", n, cv->segs.n);
	return NTR_OK;
}

enum ntr_st ntr_cv_open(struct ntr_cv *cv, const struct ntr_bin *data,
			const struct ntr_dbg_map *map,
			struct ntr_arena *names, struct ntr_err *e)
{
	struct ntr_bin b = *data;
	u32 sig = ntr_bin_u32(&b, "CodeView signature");
	u32 off = ntr_bin_u32(&b, "offset of the CodeView directory");
	enum ntr_st st = ntr_bin_done(&b, e);

	if (st)
		return st;
	memset(cv, 0, sizeof(*cv));
	cv->data = *data;
	cv->map = map;
	cv->names = names;
	if (!ntr_cv_is_embedded(sig, cv->form) ||
	    (strcmp(cv->form, "NB09") && strcmp(cv->form, "NB11")))
		return ntr_fail(e, NTR_UNSUP, "%s+0x%" PRIx64 ": CodeView form "
				"%s (0x%08x), want NB09 or NB11",
				data->origin, data->off0,
				cv->form[0] ? cv->form : "unknown", sig);
	st = read_dirs(cv, off, e);
	if (!st)
		st = read_segments(cv, e);
	if (st)
		ntr_cv_close(cv);
	return st;
}

void ntr_cv_close(struct ntr_cv *cv)
{
	ntr_vec_fini(&cv->parts);
	ntr_vec_fini(&cv->segs);
}

bool ntr_cv_place(const struct ntr_cv *cv, u32 seg, u32 off, u32 *rva,
		  u32 *left, bool *code)
{
	if (seg && seg <= cv->segs.n) {
		const struct ntr_cv_seg *s = &cv->segs.v[seg - 1];

		if (s->section && s->section <= cv->map->nsections) {
			seg = s->section;
			off += s->off;
		}
	}
	return ntr_dbg_map_seg(cv->map, seg, off, rva, left, code);
}
