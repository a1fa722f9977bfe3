// SPDX-License-Identifier: Apache-2.0
/* Opening a dump, and the lists every format fills. The memory of an open
 * dump is in dump_mem.c. */
#include "dump.h"

#include "archive.h"
#include "dump_mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NTR_FMT(name) extern const struct ntr_fmt_ops ntr_fmt_##name;
#include "fmt_list.h"
#undef NTR_FMT

static const struct ntr_fmt_ops *const formats[] = {
#define NTR_FMT(name) &ntr_fmt_##name,
#include "fmt_list.h"
#undef NTR_FMT
	NULL,
};

const struct ntr_fmt_ops *ntr_fmt_probe(const struct ntr_bin *head,
					u64 file_size, struct ntr_err *e)
{
	if (e)
		e->msg[0] = 0;
	for (size_t i = 0; formats[i]; i++) {
		enum ntr_st st = formats[i]->probe(head, file_size, e);

		if (st == NTR_OK)
			return formats[i];
		if (st == NTR_BAD)
			return NULL;
	}
	return NULL;
}

/* Zero-filled files are what a failed copy or a lost disk leaves behind. */
#define ZERO_CHECK_MAX (UINT64_C(4) << 20)
static bool all_zero(struct ntr_file *f)
{
	u8 buf[16384];
	u64 off = 0;
	size_t n;

	if (f->size > ZERO_CHECK_MAX)
		return false;
	while ((n = ntr_file_read_some(f, off, buf, sizeof(buf)))) {
		for (size_t i = 0; i < n; i++)
			if (buf[i])
				return false;
		off += n;
	}
	return off == f->size;
}

static enum ntr_st not_a_dump(struct ntr_file *f, const struct ntr_bin *head,
			      struct ntr_err *e)
{
	if (e && e->msg[0])
		return ntr_wrap(e, NTR_UNSUP, "%s: not a dump", f->name);
	if (!f->size)
		return ntr_fail(e, NTR_UNSUP,
				"%s: not a dump: the file is empty", f->name);
	if (all_zero(f))
		return ntr_fail(e, NTR_UNSUP,
				"%s: not a dump: all %" PRIu64
				" bytes are zero (a copy that failed?)",
				f->name, f->size);
	return ntr_fail(e, NTR_UNSUP, "%s: not a dump, because it is %s",
			f->name, ntr_file_kind(head, f->size));
}

/* Exchange the packed file for what is in it. OK also when it is not packed. */
static enum ntr_st unpack(struct ntr_dump *d, const struct ntr_open_opts *o,
			  struct ntr_err *e)
{
	u64 max = o && o->max_unpacked ? o->max_unpacked : NTR_MAX_UNPACKED;
	struct ntr_unpacked u = { 0 };
	enum ntr_st st = ntr_archive_open(d->file, max, &d->arena, &u, e);

	if (st == NTR_UNSUP)
		return NTR_OK;
	if (st)
		return st;
	ntr_file_close(d->file);
	d->file = u.file;
	d->member = u.member;
	d->packing = u.packing;
	if (u.damaged) {
		d->complete = false;
		ntr_dump_note(d, "the %s archive is damaged or cut; what could "
			      "be unpacked, 0x%" PRIx64 " bytes, may be "
			      "incomplete or wrong", u.packing, u.file->size);
	}
	if (u.others)
		ntr_dump_note(d, "the %s archive holds %u more dumps; only %s "
			      "was opened", u.packing, u.others,
			      u.member ? u.member : "the first");
	return NTR_OK;
}

static enum ntr_st recognise(struct ntr_dump *d, struct ntr_err *e)
{
	u8 buf[NTR_HEAD_LEN];
	size_t n = ntr_file_read_some(d->file, 0, buf, sizeof(buf));
	struct ntr_bin head = ntr_bin_of(buf, n, d->file->name, 0);
	struct ntr_err why = { "" };

	d->fmt = ntr_fmt_probe(&head, d->file->size, &why);
	if (d->fmt && !all_zero(d->file))
		return NTR_OK;
	d->fmt = NULL;
	if (e)
		*e = why;
	return not_a_dump(d->file, &head, e);
}

static enum ntr_st open_in(struct ntr_dump *d, const struct ntr_open_opts *o,
			   struct ntr_err *e)
{
	enum ntr_st st;

	d->complete = true;
	st = unpack(d, o, e);
	if (st == NTR_OK)
		st = recognise(d, e);
	if (st)
		return st;
	d->page_shift = 12;
	d->page_pfn = UINT64_MAX;
	st = d->fmt->open(d, e);
	if (st == NTR_OK)
		st = ntr_dump_seal(d, e);
	if (st)
		return ntr_wrap(e, st, "%s (%s)", d->file->name, d->fmt->name);
	return NTR_OK;
}

enum ntr_st ntr_dump_open_file(struct ntr_dump **out, struct ntr_file *f,
			       const struct ntr_open_opts *opts,
			       struct ntr_err *e)
{
	struct ntr_dump *d = calloc(1, sizeof(*d));
	enum ntr_st st;

	if (!d) {
		ntr_file_close(f);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (e)
		e->msg[0] = 0;
	d->file = f;
	ntr_dump_mem_init(d);
	d->path = ntr_arena_strdup(&d->arena, f->name);
	st = d->path ? open_in(d, opts, e) : NTR_NOMEM;
	if (st) {
		ntr_dump_close(d);
		return st;
	}
	*out = d;
	return NTR_OK;
}

enum ntr_st ntr_dump_open(struct ntr_dump **out, const char *path,
			  const struct ntr_open_opts *opts, struct ntr_err *e)
{
	struct ntr_file *f;
	enum ntr_st st = ntr_file_open(&f, path, e);

	if (st)
		return st;
	return ntr_dump_open_file(out, f, opts, e);
}

void ntr_dump_close(struct ntr_dump *d)
{
	if (!d)
		return;
	if (d->fmt && d->fmt->close)
		d->fmt->close(d);
	ntr_file_close(d->file);
	ntr_vec_fini(&d->runs);
	ntr_vec_fini(&d->vblocks);
	ntr_vec_fini(&d->modules);
	ntr_vec_fini(&d->unloaded);
	ntr_vec_fini(&d->threads);
	ntr_vec_fini(&d->cpus);
	ntr_vec_fini(&d->blobs);
	ntr_vec_fini(&d->notes);
	free(d->page);
	ntr_arena_fini(&d->arena);
	free(d);
}

void ntr_dump_note(struct ntr_dump *d, const char *fmt, ...)
{
	char text[512];
	const char **slot;
	va_list ap;
	char *s;

	if (d->notes.n >= NTR_MAX_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s = ntr_arena_strdup(&d->arena, text);
	slot = s ? ntr_vec_add(&d->notes) : NULL;
	if (slot)
		*slot = s;
}

enum ntr_st ntr_dump_load(struct ntr_dump *d, u64 off, size_t len,
			  const char *what, struct ntr_bin *out,
			  struct ntr_err *e)
{
	enum ntr_st st;
	void *p;

	/* Before the allocation: a size from the file is bounded by the file. */
	if (off > d->file->size || len > d->file->size - off)
		return ntr_fail(e, NTR_ABSENT,
				"%s+0x%" PRIx64 ": %s wants %zu bytes, file "
				"ends at 0x%" PRIx64, d->file->name, off, what,
				len, d->file->size);
	p = ntr_arena_alloc(&d->arena, len ? len : 1);
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", what);
	st = ntr_file_read(d->file, off, p, len, e);
	if (st)
		return ntr_wrap(e, st, "%s", what);
	*out = ntr_bin_of(p, len, d->file->name, off);
	return NTR_OK;
}
