// SPDX-License-Identifier: Apache-2.0
/*
 * NT's own containers but the triage one: header, complete, kernel summary in
 * its three forms, bitmap, range (RDMP).  The header is first filled with
 * "PAGE", as NT does; what an NT version did not know stays that way.
 */
#include "out.h"

#include <string.h>

u64 f_out_header_len(const struct f_mach *m)
{
	return f_prof_64(m->p) ? 0x2000 : 0x1000;
}

static void put_runs(const struct f_mach *m, struct f_buf *b, size_t off)
{
	bool wide = f_prof_64(m->p);
	size_t step = wide ? 16 : 8;

	f_buf_32(b, off, (u32)m->mem.nruns);
	if (wide)
		f_buf_64(b, off + 8, m->mem.npages);
	else
		f_buf_32(b, off + 4, (u32)m->mem.npages);
	for (size_t i = 0; i < m->mem.nruns; i++) {
		size_t at = off + step + i * step;
		if (wide) {
			f_buf_64(b, at, m->mem.run[i].pfn);
			f_buf_64(b, at + 8, m->mem.run[i].n);
		} else {
			f_buf_32(b, at, (u32)m->mem.run[i].pfn);
			f_buf_32(b, at + 4, (u32)m->mem.run[i].n);
		}
	}
}

static void put_comment(const struct f_mach *m, struct f_buf *b, size_t off)
{
	char text[128] = { 0 };

	if (!m->s->comment)
		return;
	strncpy(text, m->s->comment, sizeof(text) - 1);
	f_buf_put(b, off, text, sizeof(text));
}

static void header32(const struct f_mach *m, u32 type, u64 size, struct f_buf *b)
{
	bool w2k = m->p->build >= 2195, xp = m->p->build >= 2600;

	f_buf_put(b, 4, "DUMP", 4);
	f_buf_32(b, 0x10, (u32)m->dtb);
	f_buf_32(b, 0x14, (u32)m->pfn_db);
	f_buf_32(b, 0x18, (u32)m->mod_head);
	f_buf_32(b, 0x1c, (u32)m->proc_head);
	f_buf_32(b, 0x20, m->p->machine);
	f_buf_32(b, 0x24, (u32)m->ncpus);
	for (size_t i = 0; i < 5; i++)
		f_buf_32(b, 0x28 + i * 4, (u32)m->stop[i]);
	if (type != F_HDR_TRIAGE)
		put_runs(m, b, 0x64);
	f_ctx_put(m->p, &m->ctx, b, 0x320);
	f_exc_put(m->p, &m->exc, b, 0x7d0);
	put_comment(m, b, 0x820);
	if (!w2k)
		return;
	f_buf_8(b, 0x5c, m->mem.pae);
	f_buf_32(b, 0x60, (u32)m->kdbg);
	f_buf_32(b, 0xf88, type);
	f_buf_64(b, 0xfa0, size);
	f_buf_64(b, 0xfb8, m->s->uptime);
	f_buf_64(b, 0xfc0, m->s->time);
	if (!xp)
		return;
	f_buf_8(b, 0x5d, 1);
	if (type == F_HDR_TRIAGE)
		f_buf_32(b, 0xf8c, 0xcff);
	if (m->s->blobs.n)
		f_buf_32(b, 0xf90, 0);
	f_buf_32(b, 0xf94, (u32)m->s->product);
	f_buf_32(b, 0xf98, (u32)m->s->suite);
	f_buf_32(b, 0xf9c, 0);
}

static void header64(const struct f_mach *m, u32 type, u64 size, struct f_buf *b)
{
	f_buf_put(b, 4, "DU64", 4);
	f_buf_64(b, 0x10, m->dtb);
	f_buf_64(b, 0x18, m->pfn_db);
	f_buf_64(b, 0x20, m->mod_head);
	f_buf_64(b, 0x28, m->proc_head);
	f_buf_32(b, 0x30, m->p->machine);
	f_buf_32(b, 0x34, (u32)m->ncpus);
	f_buf_32(b, 0x38, (u32)m->stop[0]);
	for (size_t i = 1; i < 5; i++)
		f_buf_64(b, 0x38 + i * 8, m->stop[i]);
	f_buf_64(b, 0x80, m->kdbg);
	if (type != F_HDR_TRIAGE)
		put_runs(m, b, 0x88);
	f_ctx_put(m->p, &m->ctx, b, 0x348);
	f_exc_put(m->p, &m->exc, b, 0xf00);
	f_buf_32(b, 0xf98, type);
	f_buf_64(b, 0xfa0, size);
	f_buf_64(b, 0xfa8, m->s->time);
	put_comment(m, b, 0xfb0);
	f_buf_64(b, 0x1030, m->s->uptime);
	if (type == F_HDR_TRIAGE)
		f_buf_32(b, 0x1038, 0xcff);
	if (m->s->blobs.n)
		f_buf_32(b, 0x103c, 0);
	f_buf_32(b, 0x1040, (u32)m->s->product);
	f_buf_32(b, 0x1044, (u32)m->s->suite);
	f_buf_32(b, 0x1048, 0);
	f_buf_8(b, 0x104d, 2);
}

void f_out_header(const struct f_mach *m, u32 type, u64 size, struct f_buf *b)
{
	size_t n = (size_t)f_out_header_len(m);

	for (size_t i = 0; i < n; i += 4)
		f_buf_put(b, i, "PAGE", 4);
	f_buf_32(b, 0x08, 0xf);
	f_buf_32(b, 0x0c, m->p->build);
	if (f_prof_64(m->p))
		header64(m, type, size, b);
	else
		header32(m, type, size, b);
}

static void put_header(const struct f_mach *m, struct f_sink *s, u32 type,
		       u64 size)
{
	struct f_buf b = { 0 };

	f_out_header(m, type, size, &b);
	f_sink_buf(s, 0, &b);
	f_buf_fini(&b);
}

/* --- pages ----------------------------------------------------------------------- */

/* All runs' pages one after the other at off; returns the end. */
static u64 put_pages(const struct f_mach *m, struct f_sink *s, u64 off)
{
	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		u64 end = r->pfn + r->n, pfn = r->pfn;
		while ((pfn = f_mem_next(&m->mem, pfn, end)) < end) {
			f_sink_put(s, off + ((pfn - r->pfn) << m->mem.shift),
				   f_mem_peek(&m->mem, pfn), m->mem.page);
			pfn++;
		}
		off += r->n << m->mem.shift;
	}
	f_sink_extend(s, off);
	return off;
}

u64 f_out_blobs(const struct f_mach *m, struct f_sink *s, u64 off)
{
	struct f_buf b = { 0 };

	if (!m->s->blobs.n)
		return off;
	f_buf_put(&b, 0, "DumpBlob", 8);
	f_buf_32(&b, 8, 0x10);
	f_buf_32(&b, 12, 0xf0000000 | m->p->build);
	for (size_t i = 0; i < m->s->blobs.n; i++) {
		const struct f_sblob *x = &m->s->blobs.v[i];
		size_t at = b.n;
		f_buf_zero(&b, at, 0x20 + x->size);
		f_buf_32(&b, at, 0x20);
		f_buf_put(&b, at + 4, x->guid, 16);
		f_buf_32(&b, at + 0x14, (u32)x->size);
		f_buf_put(&b, at + 0x20, x->b.p, x->b.n);
	}
	f_sink_buf(s, off, &b);
	off += b.n;
	f_buf_fini(&b);
	return off;
}

enum ntr_st f_out_full(struct f_mach *m, struct f_sink *s, u32 arg,
		       struct ntr_err *e)
{
	u64 start = f_out_header_len(m), end;

	(void)arg;
	(void)e;
	if (m->p->arch == F_ALPHA)
		start = m->mem.page; /* a page of this machine */
	end = put_pages(m, s, start);
	put_header(m, s, F_HDR_FULL, end);
	f_out_blobs(m, s, end);
	return s->st;
}

enum ntr_st f_out_header_only(struct f_mach *m, struct f_sink *s, u32 arg,
			      struct ntr_err *e)
{
	(void)arg;
	(void)e;
	put_header(m, s, F_HDR_HEADER, f_out_header_len(m));
	return s->st;
}

/* Does this page go into a kernel dump? */
static bool in_kernel_dump(const struct f_mach *m, u64 pfn)
{
	const struct f_page *p = f_mem_pageinfo(&m->mem, pfn);

	return p && p->data && !p->user && f_mem_in_run(&m->mem, pfn);
}

/* --- bitmap dumps ------------------------------------------------------------------ */

struct map {
	u8 *bits;
	u64 nbits, set;
};

static void map_range(struct map *b, u64 pfn, u64 n)
{
	b->set += n;
	for (; n && pfn % 8; n--, pfn++)
		b->bits[pfn / 8] |= (u8)(1u << pfn % 8);
	memset(b->bits + pfn / 8, 0xff, n / 8);
	for (pfn += n / 8 * 8, n %= 8; n; n--, pfn++)
		b->bits[pfn / 8] |= (u8)(1u << pfn % 8);
}

static u64 next_page(const struct f_mach *m, u64 pfn, const struct f_run *r)
{
	return f_mem_next(&m->mem, pfn, r->pfn + r->n);
}

static void fill_map(const struct f_mach *m, struct map *b, bool all)
{
	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		if (all) {
			map_range(b, r->pfn, r->n);
			continue;
		}
		for (u64 p = r->pfn; (p = next_page(m, p, r)) < r->pfn + r->n; p++)
			if (in_kernel_dump(m, p))
				map_range(b, p, 1);
	}
}

static u64 map_header(const struct f_mach *m, struct f_buf *b, u32 form,
		      const char *sig, const struct map *map)
{
	u64 head = f_out_header_len(m);
	u64 at = form == 'A' ? 0x38 : f_prof_64(m->p) ? 0x28 : 0x20;
	u64 first = (head + at + (map->nbits + 7) / 8 + 0xfff) & ~0xfffULL;

	f_buf_zero(b, 0, (size_t)(first - head));
	f_buf_put(b, 0, sig, 4);
	f_buf_put(b, 4, "DUMP", 4);
	if (form == 'A') {
		f_buf_64(b, 0x20, first);
		f_buf_64(b, 0x28, map->set);
		f_buf_64(b, 0x30, map->nbits);
	} else {
		f_buf_32(b, 0x0c, (u32)first);
		f_buf_32(b, 0x10, (u32)map->nbits);
		f_buf_32(b, 0x14, (u32)map->set);
		f_buf_32(b, 0x18, (u32)map->nbits);
		if (f_prof_64(m->p))
			f_buf_64(b, 0x20, m->p->pool + 0x1000);
		else
			f_buf_32(b, 0x1c, (u32)m->p->pool + 0x1000);
	}
	f_buf_put(b, (size_t)at, map->bits, (size_t)((map->nbits + 7) / 8));
	return first;
}

static u64 kernel_pages(const struct f_mach *m, struct f_sink *s, u64 off)
{
	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		for (u64 p = r->pfn; (p = next_page(m, p, r)) < r->pfn + r->n; p++) {
			if (!in_kernel_dump(m, p))
				continue;
			f_sink_put(s, off, f_mem_peek(&m->mem, p), m->mem.page);
			off += m->mem.page;
		}
	}
	f_sink_extend(s, off);
	return off;
}

enum ntr_st f_out_kernel(struct f_mach *m, struct f_sink *s, u32 arg,
			 struct ntr_err *e)
{
	bool classic = arg == 'B' || (!arg && m->p->classic_kernel);
	u32 type = arg == 'F' ? F_HDR_BITMAP_FULL :
		   arg == 'K' ? F_HDR_BITMAP_KERNEL : F_HDR_KERNEL;
	struct map map = { .nbits = m->mem.top };
	struct f_buf b = { 0 };
	struct ntr_arena *a = &m->s->a;
	u64 first, end;

	if (m->p->build < 2195)
		return ntr_fail(e, NTR_UNSUP, "%s has no kernel memory dumps; use container full",
				m->p->descr);
	map.bits = ntr_arena_alloc(a, (size_t)(map.nbits / 8 + 16));
	if (!map.bits)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	fill_map(m, &map, arg == 'F');
	first = map_header(m, &b, classic ? 'B' : 'A', arg == 'F' ? "FDMP" : "SDMP",
			   &map);
	end = arg == 'F' ? put_pages(m, s, first) : kernel_pages(m, s, first);
	put_header(m, s, type, end);
	f_sink_buf(s, f_out_header_len(m), &b);
	f_buf_fini(&b);
	f_out_blobs(m, s, end);
	return s->st;
}

/* --- range dumps --------------------------------------------------------------------- */

static bool wanted(const struct f_mach *m, u64 pfn, u32 type)
{
	const struct f_page *p = f_mem_pageinfo(&m->mem, pfn);

	return type == 10 || (p && p->data && (type == 9 || !p->user));
}

static void add_range(struct f_buf *b, u64 pfn, u64 n)
{
	size_t at = b->n;

	f_buf_64(b, at, pfn);
	f_buf_64(b, at + 8, n);
}

/* Runs of wanted pages, the pages themselves from off on; returns the end. */
static u64 range_pages(const struct f_mach *m, struct f_sink *s, u32 type,
		       u64 off, struct f_buf *b)
{
	u64 first = 0, n = 0;

	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		for (u64 p = r->pfn; (p = next_page(m, p, r)) < r->pfn + r->n; p++) {
			if (!wanted(m, p, type))
				continue;
			if (n && p != first + n) {
				add_range(b, first, n);
				n = 0;
			}
			if (!n++)
				first = p;
			if (s)
				f_sink_put(s, off, f_mem_peek(&m->mem, p),
					   m->mem.page);
			off += m->mem.page;
		}
	}
	if (n)
		add_range(b, first, n);
	return off;
}

static u64 ranges(const struct f_mach *m, u32 type, struct f_buf *b)
{
	if (type != 10)
		return range_pages(m, NULL, type, 0, b) >> m->mem.shift;
	for (size_t i = 0; i < m->mem.nruns; i++)
		add_range(b, m->mem.run[i].pfn, m->mem.run[i].n);
	return m->mem.npages;
}

enum ntr_st f_out_rdmp(struct f_mach *m, struct f_sink *s, u32 type,
		       struct ntr_err *e)
{
	struct f_buf r = { 0 }, h = { 0 }, again = { 0 };
	u64 total, first, off;
	size_t n;

	if (!f_prof_64(m->p))
		return ntr_fail(e, NTR_UNSUP, "range dumps are 64-bit only");
	total = ranges(m, type, &r);
	n = r.n / 16;
	f_buf_zero(&r, r.n, 16);
	first = (0x2030 + r.n + 0xfff) & ~0xfffULL;
	f_buf_zero(&h, 0, 0x30);
	f_buf_32(&h, 0, 0x40);
	f_buf_put(&h, 4, "RDMPDUMP", 8);
	f_buf_64(&h, 0x10, first - 0x2020);
	f_buf_64(&h, 0x18, first);
	if (type == 10) {
		f_buf_32(&h, 0x20, (u32)n);
		f_buf_64(&h, 0x28, total);
	}
	off = type == 10 ? put_pages(m, s, first)
			 : range_pages(m, s, type, first, &again);
	f_sink_extend(s, off);
	put_header(m, s, type, off);
	f_sink_buf(s, 0x2000, &h);
	f_sink_buf(s, 0x2030, &r);
	f_buf_fini(&again);
	f_buf_fini(&r);
	f_buf_fini(&h);
	return s->st;
}
