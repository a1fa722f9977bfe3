// SPDX-License-Identifier: Apache-2.0
/*
 * Triage dumps (small memory dumps).  The 32-bit and the 64-bit header have
 * the same fields in the same order; NT before XP SP1 has neither the debugger
 * block's copy nor data blocks, and its files are 64 KiB.
 */
#include "out.h"

#include <stdlib.h>
#include <string.h>

struct item { /* offsets of the fields in the triage header: 32, 64 */
	u8 off32, off64;
};

enum { T_SP, T_SIZE, T_VALID, T_CONTEXT, T_EXCEPTION, T_MM, T_UNLOADED, T_PRCB,
       T_PROCESS, T_THREAD, T_STACK, T_STACK_SIZE, T_DRIVERS, T_NDRIVERS,
       T_POOL, T_POOL_SIZE, T_BROKEN, T_OPTIONS, T_KDBG, T_KDBG_SIZE,
       T_BLOCKS, T_NBLOCKS };

static const struct item items[] = {
	[T_SP] = { 0x00, 0x00 },         [T_SIZE] = { 0x04, 0x04 },
	[T_VALID] = { 0x08, 0x08 },      [T_CONTEXT] = { 0x0c, 0x0c },
	[T_EXCEPTION] = { 0x10, 0x10 },  [T_MM] = { 0x14, 0x14 },
	[T_UNLOADED] = { 0x18, 0x18 },   [T_PRCB] = { 0x1c, 0x1c },
	[T_PROCESS] = { 0x20, 0x20 },    [T_THREAD] = { 0x24, 0x24 },
	[T_STACK] = { 0x28, 0x28 },      [T_STACK_SIZE] = { 0x2c, 0x2c },
	[T_DRIVERS] = { 0x30, 0x30 },    [T_NDRIVERS] = { 0x34, 0x34 },
	[T_POOL] = { 0x38, 0x38 },       [T_POOL_SIZE] = { 0x3c, 0x3c },
	[T_BROKEN] = { 0x40, 0x40 },     [T_OPTIONS] = { 0x44, 0x44 },
	[T_KDBG] = { 0x58, 0x70 },       [T_KDBG_SIZE] = { 0x5c, 0x74 },
	[T_BLOCKS] = { 0x60, 0x78 },     [T_NBLOCKS] = { 0x64, 0x7c },
};

struct block {
	u64 va, len;
};

struct tri {
	const struct f_mach *m;
	struct f_buf b;   /* the whole file */
	size_t hdr;       /* of the triage header */
	bool wide;
	struct { NTR_VEC(struct block); } blocks;
};

static void set(struct tri *t, int item, u32 v)
{
	const struct item *i = &items[item];

	f_buf_32(&t->b, t->hdr + (t->wide ? i->off64 : i->off32), v);
}

static u32 here(struct tri *t)
{
	f_buf_align(&t->b, 8);
	return (u32)t->b.n;
}

/* Bytes of virtual memory at the end of the file; their offset. */
static u32 copy(struct tri *t, u64 va, u64 len)
{
	u32 at = here(t);

	f_buf_zero(&t->b, at, (size_t)len);
	if (!t->b.lost)
		f_get(&t->m->mem, va, t->b.p + at, (size_t)len);
	return at;
}

/* --- data blocks -------------------------------------------------------------------- */

static void want_block(struct tri *t, u64 va, u64 len)
{
	u64 page = t->m->mem.page, end = va + len;

	/* only what is mapped, page by page */
	while (va < end) {
		u64 stop = (va & ~(page - 1)) + page;
		struct block *b;
		if (stop > end)
			stop = end;
		if (f_mapped(&t->m->mem, va)) {
			b = ntr_vec_add(&t->blocks);
			if (b)
				*b = (struct block){ va, stop - va };
			else
				t->b.lost = true;
		}
		va = stop;
	}
}

static int by_va(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

static void merge_blocks(struct tri *t)
{
	size_t n = 0;

	if (!t->blocks.n)
		return;
	qsort(t->blocks.v, t->blocks.n, sizeof(*t->blocks.v), by_va);
	for (size_t i = 1; i < t->blocks.n; i++) {
		struct block *a = &t->blocks.v[n], *b = &t->blocks.v[i];
		if (b->va > a->va + a->len) {
			t->blocks.v[++n] = *b;
			continue;
		}
		if (b->va + b->len > a->va + a->len)
			a->len = b->va + b->len - a->va;
	}
	t->blocks.n = n + 1;
}

static void want_stack(struct tri *t, const struct f_stk *k)
{
	for (size_t i = 0; i < k->f.n && i < 256; i++)
		want_block(t, f_img_va(&t->m->img, &k->f.v[i].ref) - 0x80, 0xc0);
}

static void want_all(struct tri *t)
{
	const struct f_mach *m = t->m;
	const struct f_thread *th = &m->threads.v[m->crash];
	const struct f_cpu *c = &m->cpu[0];

	want_stack(t, &th->stk);
	want_block(t, c->pcr, 0x180);
	want_block(t, m->bugdata, 5 * f_prof_ptr(m->p));
	if (m->exc_va)
		want_block(t, m->exc_va, m->ctx_va + f_ctx_size(m->p) - m->exc_va);
	if (m->has_df) {
		want_stack(t, &m->df);
		want_block(t, th->stk.limit, th->stk.size);
		want_block(t, c->gdt, 0x100);
		want_block(t, c->idt, m->p->arch == F_X64 ? 0x200 : 0x100);
		want_block(t, c->tss, 0x68);
		if (c->df_tss)
			want_block(t, c->df_tss, 0x68);
	}
	for (size_t i = 0; i < m->s->pokes.n; i++)
		if (!m->s->pokes.v[i].phys)
			want_block(t, m->s->pokes.v[i].addr, m->s->pokes.v[i].b.n);
}

static void put_blocks(struct tri *t)
{
	size_t step = t->wide ? 16 : 12, list;

	want_all(t);
	merge_blocks(t);
	list = here(t);
	f_buf_zero(&t->b, list, t->blocks.n * step);
	set(t, T_BLOCKS, (u32)list);
	set(t, T_NBLOCKS, (u32)t->blocks.n);
	for (size_t i = 0; i < t->blocks.n; i++) {
		const struct block *b = &t->blocks.v[i];
		size_t at = list + i * step;
		u32 off = copy(t, b->va, b->len);
		if (t->wide) {
			f_buf_64(&t->b, at, b->va);
			f_buf_32(&t->b, at + 8, off);
			f_buf_32(&t->b, at + 12, (u32)b->len);
		} else {
			f_buf_32(&t->b, at, (u32)b->va);
			f_buf_32(&t->b, at + 4, off);
			f_buf_32(&t->b, at + 8, (u32)b->len);
		}
	}
}

/* --- drivers ----------------------------------------------------------------------------- */

/* DUMP_STRING: characters, UTF-16, NUL. */
static u32 put_string(struct tri *t, const char *s)
{
	u32 at = here(t);

	f_buf_32(&t->b, at, (u32)strlen(s));
	f_buf_wide(&t->b, at + 4, s);
	f_buf_16(&t->b, t->b.n, 0);
	return at;
}

static void put_driver(struct tri *t, size_t at, const struct f_mod *d)
{
	struct f_buf *b = &t->b;

	if (t->wide) {
		f_buf_64(b, at + 0x38, d->base);
		f_buf_64(b, at + 0x40, d->base + d->text);
		f_buf_32(b, at + 0x48, d->size);
		f_buf_32(b, at + 0x80, d->checksum);
		f_buf_32(b, at + 0x88, d->stamp);
	} else {
		f_buf_32(b, at + 0x1c, (u32)d->base);
		f_buf_32(b, at + 0x20, (u32)d->base + d->text);
		f_buf_32(b, at + 0x24, d->size);
		f_buf_32(b, at + 0x44, d->checksum);
		f_buf_32(b, at + 0x48, d->stamp);
	}
}

static void put_drivers(struct tri *t)
{
	const struct f_img *g = &t->m->img;
	size_t step = t->wide ? 0x90 : 0x4c, list = here(t), pool;

	f_buf_zero(&t->b, list, g->mods.n * step);
	set(t, T_DRIVERS, (u32)list);
	set(t, T_NDRIVERS, (u32)g->mods.n);
	pool = here(t);
	for (size_t i = 0; i < g->mods.n; i++) {
		const struct f_mod *d = &g->mods.v[i];
		u32 name = put_string(t, t->m->p->build >= 10240 ? d->path : d->name);
		f_buf_32(&t->b, list + i * step, name);
		put_driver(t, list + i * step, d);
	}
	if (t->m->s->broken)
		set(t, T_BROKEN, put_string(t, t->m->s->broken));
	set(t, T_POOL, (u32)pool);
	set(t, T_POOL_SIZE, (u32)(here(t) - pool));
}

static void put_unloaded(struct tri *t)
{
	const struct f_scen *s = t->m->s;
	size_t at = here(t), step = t->wide ? 0x38 : 0x28;
	size_t name = t->wide ? 0x10 : 8;

	set(t, T_UNLOADED, (u32)at);
	f_buf_32(&t->b, at, (u32)s->unl.n);
	at += t->wide ? 8 : 4;
	f_buf_zero(&t->b, at, s->unl.n * step);
	for (size_t i = 0; i < s->unl.n; i++, at += step) {
		const struct f_sunl *u = &s->unl.v[i];
		size_t n = strlen(u->name);
		f_buf_16(&t->b, at, (u16)(n * 2));
		f_buf_16(&t->b, at + 2, (u16)(n * 2));
		for (size_t k = 0; k < n && k < 12; k++)
			f_buf_16(&t->b, at + name + k * 2, (u8)u->name[k]);
		if (t->wide) {
			f_buf_64(&t->b, at + 0x28, u->start);
			f_buf_64(&t->b, at + 0x30, u->end);
		} else {
			f_buf_32(&t->b, at + 0x20, (u32)u->start);
			f_buf_32(&t->b, at + 0x24, (u32)u->end);
		}
	}
}

/* --- stack, objects --------------------------------------------------------------------------- */

static void put_stack(struct tri *t)
{
	const struct f_mach *m = t->m;
	const struct f_stk *k = m->has_df ? &m->df : &m->threads.v[m->crash].stk;
	u64 sp = m->ctx.sp, len;
	size_t top = t->hdr + 0x48;

	if (sp < k->limit || sp >= k->base)
		sp = k->limit;
	len = k->base - sp;
	set(t, T_STACK, copy(t, sp, len));
	set(t, T_STACK_SIZE, (u32)len);
	if (t->wide)
		f_buf_64(&t->b, top, sp);
	else
		f_buf_32(&t->b, top, (u32)sp);
}

static void put_objects(struct tri *t)
{
	const struct f_mach *m = t->m;
	const struct f_thread *th = &m->threads.v[m->crash];
	const struct f_off *o = m->p->off;

	set(t, T_PRCB, copy(t, m->cpu[0].prcb, o->pb_size));
	set(t, T_PROCESS, copy(t, m->procs.v[th->proc].va, o->ep_size));
	set(t, T_THREAD, copy(t, th->va, o->et_size));
}

/* The older files carry one page of data: where the fault was. */
static void put_data_page(struct tri *t)
{
	u64 va = t->m->threads.v[t->m->crash].stk.regs.ip & ~0xfffULL;

	f_buf_32(&t->b, t->hdr + 0x50, copy(t, va, 0x1000));
	f_buf_32(&t->b, t->hdr + 0x4c, (u32)va);
	f_buf_32(&t->b, t->hdr + 0x54, 0x1000);
}

static void put_kdbg(struct tri *t)
{
	struct f_buf k = { 0 };
	u32 at = here(t);
	size_t n = f_kdbg_bytes(t->m, &k);

	if (n) {
		f_buf_put(&t->b, at, k.p, n);
		set(t, T_KDBG, at);
		set(t, T_KDBG_SIZE, (u32)n);
	}
	f_buf_fini(&k);
}

static void put_all(struct tri *t)
{
	const struct f_prof *p = t->m->p;
	size_t old = 0x10000;

	f_buf_zero(&t->b, t->hdr, t->wide ? 0x80 : p->triage_blocks ? 0x68 : 0x58);
	set(t, T_SP, (u32)(t->m->s->sp != F_NONE ? t->m->s->sp : p->sp) << 8);
	set(t, T_CONTEXT, t->wide ? 0x348 : 0x320);
	set(t, T_EXCEPTION, t->wide ? 0xf00 : 0x7d0);
	set(t, T_OPTIONS, 0xffffffff);
	set(t, T_MM, here(t));
	f_buf_zero(&t->b, t->b.n, 0x50);
	f_buf_32(&t->b, t->b.n - 0x50, 1);
	f_buf_32(&t->b, t->b.n - 0x4c, 0x50);
	put_unloaded(t);
	put_objects(t);
	put_stack(t);
	put_drivers(t);
	if (p->triage_blocks) {
		put_kdbg(t);
		put_blocks(t);
	} else {
		put_data_page(t);
	}
	f_buf_align(&t->b, 8);
	if (!t->wide && t->b.n < old)
		f_buf_zero(&t->b, t->b.n, old - 4 - t->b.n);
	set(t, T_VALID, (u32)t->b.n);
	f_buf_put(&t->b, t->b.n, "TRGD", 4);
	set(t, T_SIZE, (u32)t->b.n);
}

enum ntr_st f_out_triage(struct f_mach *m, struct f_sink *s, u32 arg,
			 struct ntr_err *e)
{
	struct tri t = { .m = m, .wide = f_prof_64(m->p) };

	(void)arg;
	if (m->p->build < 2195)
		return ntr_fail(e, NTR_UNSUP, "%s has no small memory dumps; use container full",
				m->p->descr);
	t.hdr = (size_t)f_out_header_len(m);
	f_out_header(m, F_HDR_TRIAGE, 0, &t.b);
	put_all(&t);
	f_buf_64(&t.b, 0xfa0, t.b.n);
	f_sink_buf(s, 0, &t.b);
	f_out_blobs(m, s, t.b.n);
	f_buf_fini(&t.b);
	ntr_vec_fini(&t.blocks);
	return s->st;
}
