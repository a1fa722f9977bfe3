// SPDX-License-Identifier: Apache-2.0
/* The container of PDB 2.00, written until Visual C++ 6: 16-bit page numbers,
 * a directory whose pages are listed in the header.  Sources: microsoft-pdb
 * PDB/msf/msf.cpp (MSF_HDR), Wine's description of the format; no real file
 * was at hand, see docs/formats/pdb-types.md. */
#include "msf.h"

#include "../base/record.h"

#include <stdlib.h>

/* cbPg of MSF_HDR; the facts name 1024 to 4096. */
#define PAGE_MIN 512u
#define PAGE_MAX 4096u

#define JG_FIELDS(S, A, r, z)           \
	S(r, z, u32, page_size, 0x2c)   \
	S(r, z, u16, npages,    0x32)   \
	S(r, z, u32, dir_size,  0x34)
NTR_RECORD(msf_jg_super, 0x3c, JG_FIELDS)

static enum ntr_st super_check(struct ntr_msf *m,
			       const struct ntr_msf_jg_super *h,
			       struct ntr_err *e)
{
	const char *name = m->file->name;
	u64 have;

	if (h->page_size < PAGE_MIN || h->page_size > PAGE_MAX ||
	    (h->page_size & (h->page_size - 1)))
		return ntr_fail(e, NTR_BAD,
				"%s+0x2c: page size %u, want a power of two "
				"from %u to %u", name, h->page_size, PAGE_MIN,
				PAGE_MAX);
	if (h->dir_size < 4 || h->dir_size > m->file->size)
		return ntr_fail(e, NTR_BAD,
				"%s+0x34: a directory of 0x%x bytes in a file "
				"of 0x%" PRIx64, name, h->dir_size,
				m->file->size);
	m->block_size = h->page_size;
	have = (m->file->size + h->page_size - 1) / h->page_size;
	m->nblocks = h->npages < have ? h->npages : (u32)have;
	if (!m->nblocks)
		return ntr_fail(e, NTR_BAD, "%s+0x32: no pages", name);
	return NTR_OK;
}

/* n page numbers to the 32 bits of struct ntr_msf. */
static void widen(struct ntr_bin *b, u32 *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = ntr_bin_u16(b, "page number");
}

/* The directory's pages are listed behind the header, in its page. */
static enum ntr_st dir_load(struct ntr_msf *m, u32 dir_size, u8 **out,
			    struct ntr_err *e)
{
	u32 n = dir_size / m->block_size + !!(dir_size % m->block_size);
	u32 page[PAGE_MAX / 2];
	u8 raw[PAGE_MAX];
	struct ntr_bin b;
	enum ntr_st st;

	if (n > (m->block_size - ntr_msf_jg_super_size) / 2)
		return ntr_fail(e, NTR_BAD,
				"%s+0x34: a directory of 0x%x bytes wants %u "
				"pages, more than the header lists",
				m->file->name, dir_size, n);
	st = ntr_file_read(m->file, ntr_msf_jg_super_size, raw, n * 2, e);
	if (st)
		return st == NTR_ABSENT ? NTR_BAD : st;
	b = ntr_bin_of(raw, n * 2, m->file->name, ntr_msf_jg_super_size);
	widen(&b, page, n);
	st = ntr_msf_gather(m, page, n, dir_size, out, e);
	return st ? ntr_wrap(e, st, "stream directory") : NTR_OK;
}

static enum ntr_st dir_parse(struct ntr_msf *m, struct ntr_bin *b,
			     struct ntr_err *e)
{
	u32 n = ntr_bin_u16(b, "count of streams");

	ntr_bin_skip(b, 2, "reserved");
	if (!ntr_bin_fits(b, n, 8, "stream sizes"))
		return ntr_bin_done(b, e);
	m->stream = calloc(n ? n : 1, sizeof(*m->stream));
	if (!m->stream)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", b->origin);
	m->nstreams = n;
	for (u32 i = 0; i < n; i++) {
		m->stream[i].size = ntr_bin_u32(b, "stream size");
		ntr_bin_skip(b, 4, "a pointer of the writer");
	}
	m->nblock = ntr_bin_left(b) / 2;
	m->block = calloc(m->nblock + 1, sizeof(*m->block));
	if (!m->block)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", b->origin);
	widen(b, m->block, m->nblock);
	return ntr_msf_layout(m, e);
}

enum ntr_st ntr_msf_open_jg(struct ntr_msf *m, struct ntr_err *e)
{
	u8 head[ntr_msf_jg_super_size], *dir = NULL;
	struct ntr_msf_jg_super h;
	struct ntr_bin b;
	enum ntr_st st = ntr_file_read(m->file, 0, head, sizeof(head), e);

	if (st)
		return st == NTR_ABSENT ? NTR_BAD : st;
	b = ntr_bin_of(head, sizeof(head), m->file->name, 0);
	ntr_msf_jg_super_decode(&h, &b);
	st = super_check(m, &h, e);
	if (!st)
		st = dir_load(m, h.dir_size, &dir, e);
	if (st)
		return st;
	b = ntr_bin_of(dir, h.dir_size, m->file->name, 0);
	st = dir_parse(m, &b, e);
	free(dir);
	return st ? ntr_wrap(e, st, "stream directory") : NTR_OK;
}
