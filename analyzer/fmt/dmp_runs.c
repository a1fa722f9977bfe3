// SPDX-License-Identifier: Apache-2.0
/* Dumps whose memory is a list of page ranges: full dumps by the run
 * descriptor in the header, and RDMP dumps (.dump /k, /ka, /f). */
#include "dmp.h"

#define PFN_LIMIT (UINT64_C(1) << 40)

/* --- full dumps ------------------------------------------------------------ */

static u64 run_offset(const struct ntr_dmp *m, u32 i)
{
	return m->run_at + i * (m->wide ? 16u : 8u);
}

static bool runs_usable(struct ntr_dmp *m)
{
	u32 at = m->wide ? 0x88 : 0x64;

	if (!ntr_dmp_written(m->nruns))
		ntr_dump_note(m->d, "0x%x: the memory runs were not written",
			      at);
	else if (!m->nruns)
		ntr_dump_note(m->d, "0x%x: there are no memory runs", at);
	else if (m->nruns > m->max_runs)
		ntr_dump_note(m->d, "0x%x: %u memory runs, at most %u fit the "
			      "header", at, m->nruns, m->max_runs);
	else
		return true;
	return false;
}

/* No usable descriptor: the file is taken as memory from page 0 on. */
static enum ntr_st one_run(struct ntr_dmp *m, u64 start, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	u64 n = d->file->size > start ?
		(d->file->size - start) >> d->page_shift : 0;

	d->complete = false;
	ntr_dump_note(d, "the %" PRIu64 " pages from 0x%" PRIx64 " on are "
		      "taken as memory from physical address 0, which is a "
		      "guess", n, start);
	return ntr_dump_add_run(d, 0, n, start, e);
}

/* Whether the runs before and after i can still be placed: a count that the
 * descriptor's own total and the file both deny makes the rest guesswork. */
static bool count_possible(const struct ntr_dmp *m, u32 i)
{
	u64 n = m->run[i].npages;

	if (n >= PFN_LIMIT)
		return false;
	return n <= m->d->file->size >> m->d->page_shift ||
	       (ntr_dmp_written64(m->npages) && n <= m->npages);
}

static void note_total(struct ntr_dmp *m, u64 pages)
{
	u32 at = m->wide ? 0x90 : 0x68;

	if (!ntr_dmp_written64(m->npages))
		ntr_dump_note(m->d, "0x%x: the number of pages was not "
			      "written; the runs have %" PRIu64, at, pages);
	else if (pages != m->npages)
		ntr_dump_note(m->d, "0x%x: %" PRIu64 " pages, but the runs "
			      "have %" PRIu64 "; the runs are used", at,
			      m->npages, pages);
}

static enum ntr_st place_runs(struct ntr_dmp *m, u64 start, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	u64 pages = 0;
	enum ntr_st st;

	for (u32 i = 0; i < m->nruns; i++) {
		u64 pfn = m->run[i].pfn, n = m->run[i].npages;

		if (!count_possible(m, i)) {
			ntr_dump_note(d, "0x%" PRIx64 ": run %u claims 0x%"
				      PRIx64 " pages; it and those after it "
				      "are left out", run_offset(m, i), i, n);
			d->complete = false;
			break;
		}
		if (pfn >= PFN_LIMIT || n > PFN_LIMIT - pfn) {
			ntr_dump_note(d, "0x%" PRIx64 ": run %u is at page 0x%"
				      PRIx64 ", beyond any machine; left out",
				      run_offset(m, i), i, pfn);
			d->complete = false;
		} else {
			st = ntr_dump_add_run(d, pfn, n, start +
					      (pages << d->page_shift), e);
			if (st)
				return st;
		}
		pages += n;
	}
	note_total(m, pages);
	m->end = start + (pages << d->page_shift);
	return NTR_OK;
}

static u64 sum_of_runs(const struct ntr_dmp *m)
{
	u64 sum = 0;

	for (u32 i = 0; i < m->nruns && i < m->max_runs; i++) {
		if (m->run[i].npages >= PFN_LIMIT)
			return 0;
		sum += m->run[i].npages;
	}
	return sum;
}

/* Alpha has pages of 8 KiB and a 4 KiB header. No document says whether the
 * pages start at 0x1000 or 0x2000: the file's size does. */
static u64 data_start(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;
	u64 bytes = sum_of_runs(m) << d->page_shift, size = d->file->size;

	if (m->wide || d->page_shift == 12)
		return m->hdr_len;
	if (size == 0x1000 + bytes)
		return 0x1000;
	if (size != 0x2000 + bytes)
		ntr_dump_note(d, "the file's size 0x%" PRIx64 " does not tell "
			      "where its 8 KiB pages start; 0x2000 assumed",
			      size);
	return 0x2000;
}

enum ntr_st ntr_dmp_full(struct ntr_dmp *m, struct ntr_err *e)
{
	u64 start = data_start(m);

	if (!runs_usable(m))
		return one_run(m, start, e);
	return place_runs(m, start, e);
}

/* --- RDMP ------------------------------------------------------------------ */

#define RDMP_FIELDS(S, A, r, z)             \
	S(r, z, u32, marker,      0x00)     \
	S(r, z, u64, meta_size,   0x10)     \
	S(r, z, u64, first_page,  0x18)     \
	S(r, z, u32, nranges,     0x20)     \
	S(r, z, u64, total_pages, 0x28)
NTR_RECORD(dmp_rdmp, 0x30, RDMP_FIELDS)

#define RANGE_FIELDS(S, A, r, z)  \
	S(r, z, u64, pfn,    0x0) \
	S(r, z, u64, npages, 0x8)
NTR_RECORD(dmp_range, 0x10, RANGE_FIELDS)

struct rdmp {
	struct ntr_dmp_rdmp h;
	u64 table;   /* file offset of the ranges */
	u64 limit;   /* rows that the metadata can hold */
	bool counted; /* .dump /f: ends when total_pages are listed */
};

static void rdmp_bounds(struct ntr_dmp *m, struct rdmp *r)
{
	u64 head = m->hdr_len, by_page = 0, by_size;

	r->table = head + 0x30;
	/* Both say where the ranges end; the nearer one is safe. */
	if (r->h.first_page > r->table)
		by_page = (r->h.first_page - r->table) / 16;
	by_size = r->h.meta_size > 0x10 ? (r->h.meta_size - 0x10) / 16 : 0;
	if (r->h.first_page - (head + 0x40) != r->h.meta_size - 0x20)
		ntr_dump_note(m->d, "0x%" PRIx64 ": metadata of 0x%" PRIx64
			      " bytes does not go with the first page at 0x%"
			      PRIx64, head + 0x10, r->h.meta_size,
			      r->h.first_page);
	r->limit = by_page && by_page < by_size ? by_page : by_size;
	if (!by_size)
		r->limit = by_page;
}

/* One range; END when the list is over. */
static enum ntr_st rdmp_range(struct ntr_dmp *m, const struct rdmp *r,
			      struct ntr_bin *row, u64 *pages,
			      struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	u64 at = ntr_bin_off(row), off;
	struct ntr_dmp_range g;

	ntr_dmp_range_decode(&g, row);
	if (r->counted ? *pages >= r->h.total_pages : !g.pfn)
		return NTR_END;
	if (g.pfn >= PFN_LIMIT || g.npages > PFN_LIMIT - g.pfn ||
	    g.npages > PFN_LIMIT - *pages) {
		ntr_dump_note(d, "0x%" PRIx64 ": range of 0x%" PRIx64
			      " pages at page 0x%" PRIx64 " is beyond any "
			      "machine; it and those after it are left out",
			      at, g.npages, g.pfn);
		d->complete = false;
		return NTR_END;
	}
	if (r->counted && g.npages > r->h.total_pages - *pages)
		ntr_dump_note(d, "0x%" PRIx64 ": the ranges have more than "
			      "the %" PRIu64 " pages promised", at,
			      r->h.total_pages);
	off = r->h.first_page + (*pages << d->page_shift);
	*pages += g.npages;
	return ntr_dump_add_run(d, g.pfn, g.npages, off, e);
}

static enum ntr_st rdmp_ranges(struct ntr_dmp *m, const struct rdmp *r,
			       struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	struct ntr_dmp_rows rows;
	enum ntr_st st = NTR_OK;
	u64 pages = 0, i = 0;
	struct ntr_bin row;

	ntr_dmp_rows_init(&rows, d, r->table, r->limit, 16);
	while (st == NTR_OK && ntr_dmp_row(&rows, i, &row)) {
		st = rdmp_range(m, r, &row, &pages, e);
		i++;
	}
	if (st == NTR_LIMIT) {
		ntr_dump_note(d, "0x%" PRIx64 ": more than %u ranges; the rest "
			      "is left out", r->table + (i - 1) * 16,
			      NTR_MAX_RUNS);
		d->complete = false;
		return NTR_OK;
	}
	if (st && st != NTR_END)
		return st;
	if (rows.n < r->limit && st != NTR_END) {
		d->complete = false;
		ntr_dump_note(d, "0x%" PRIx64 ": the list of ranges is cut off "
			      "at 0x%" PRIx64, r->table, d->file->size);
	}
	if (r->counted && pages < r->h.total_pages) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: %" PRIu64 " pages promised, the ranges "
			      "have %" PRIu64, m->hdr_len + 0x28,
			      r->h.total_pages, pages);
	}
	m->end = r->h.first_page + (pages << d->page_shift);
	return NTR_OK;
}

enum ntr_st ntr_dmp_ranges(struct ntr_dmp *m, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	struct rdmp r = { .counted = m->type == 10 };
	u8 buf[0x30];
	size_t got = ntr_file_read_some(d->file, m->hdr_len, buf, sizeof(buf));
	struct ntr_bin b = ntr_bin_of(buf, got, d->file->name, m->hdr_len);

	ntr_dmp_rdmp_decode(&r.h, &b);
	if (b.bad) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the RDMP header is cut off", m->hdr_len);
		return NTR_OK;
	}
	if (r.h.first_page < m->hdr_len + 0x30 || r.h.first_page >= PFN_LIMIT) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: first page at file offset 0x%" PRIx64
			      " cannot be; the memory cannot be located",
			      m->hdr_len + 0x18, r.h.first_page);
		return NTR_OK;
	}
	rdmp_bounds(m, &r);
	return rdmp_ranges(m, &r, e);
}
