// SPDX-License-Identifier: Apache-2.0
/*
 * User-mode minidump of the current process: its threads, the scenario's
 * modules but the kernel's, the memory of stacks and of the code around every
 * frame, and the exception.
 */
#include "out.h"

#include <string.h>

enum { NSTREAMS = 6 };

struct md {
	const struct f_mach *m;
	struct f_buf b;
	struct { NTR_VEC(u64); } mem; /* pairs: address, length */
};

static u32 at(struct md *d)
{
	f_buf_align(&d->b, 8);
	return (u32)d->b.n;
}

static u32 string(struct md *d, const char *s)
{
	u32 o = at(d);

	f_buf_32(&d->b, o, (u32)strlen(s) * 2);
	f_buf_wide(&d->b, o + 4, s);
	f_buf_16(&d->b, d->b.n, 0);
	return o;
}

static void stream(struct md *d, unsigned i, u32 type, u32 off, u32 len)
{
	f_buf_32(&d->b, 32 + i * 12, type);
	f_buf_32(&d->b, 36 + i * 12, len);
	f_buf_32(&d->b, 40 + i * 12, off);
}

static void want(struct md *d, u64 va, u64 len)
{
	u64 *a;

	for (size_t i = 0; i < d->mem.n; i += 2)
		if (va >= d->mem.v[i] && va + len <= d->mem.v[i] + d->mem.v[i + 1])
			return;
	if (!f_mapped(&d->m->mem, va) || !f_mapped(&d->m->mem, va + len - 1))
		return;
	a = ntr_vec_add(&d->mem);
	if (a)
		*a = va;
	a = a ? ntr_vec_add(&d->mem) : NULL;
	if (a)
		*a = len;
	d->b.lost |= !a;
}

static void system_info(struct md *d, unsigned i)
{
	const struct f_prof *p = d->m->p;
	u32 csd = string(d, p->sp ? "Service Pack" : " "), o = at(d);
	struct f_buf *b = &d->b;

	f_buf_zero(b, o, 56);
	f_buf_16(b, o, p->arch == F_X86 ? 0 : p->arch == F_X64 ? 9 : 12);
	f_buf_16(b, o + 2, 6);
	f_buf_8(b, o + 6, (u8)d->m->ncpus);
	f_buf_8(b, o + 7, (u8)d->m->s->product);
	f_buf_32(b, o + 8, p->major);
	f_buf_32(b, o + 12, p->minor);
	f_buf_32(b, o + 16, p->build);
	f_buf_32(b, o + 20, 2);
	f_buf_32(b, o + 24, csd);
	f_buf_16(b, o + 28, (u16)d->m->s->suite);
	stream(d, i, 7, o, 56);
}

static u32 context(struct md *d, const struct f_regs *r, u32 *len)
{
	u32 o = at(d);

	f_ctx_put(d->m->p, r, &d->b, o);
	*len = (u32)(d->b.n - o);
	return o;
}

static bool ours(const struct f_mach *m, size_t i)
{
	const struct f_thread *t = &m->threads.v[i];

	return !t->idle && t->proc == m->threads.v[m->crash].proc;
}

/* Stack memory is written here, where its descriptor needs its place. */
static void threads(struct md *d, unsigned i)
{
	const struct f_mach *m = d->m;
	u32 n = 0, o, row;

	for (size_t k = 0; k < m->threads.n; k++)
		n += ours(m, k);
	o = at(d);
	f_buf_zero(&d->b, o, 4 + n * 48);
	f_buf_32(&d->b, o, n);
	stream(d, i, 3, o, 4 + n * 48);
	row = o + 4;
	for (size_t k = 0; k < m->threads.n; k++) {
		const struct f_thread *t = &m->threads.v[k];
		u64 sp = t->stk.regs.sp, end = t->stk.base;
		u32 len, c, mem;
		if (!ours(m, k))
			continue;
		if (sp < t->stk.limit)
			sp = t->stk.limit;
		c = context(d, k == m->crash ? &m->ctx : &t->stk.regs, &len);
		mem = at(d);
		f_buf_zero(&d->b, mem, (size_t)(end - sp));
		if (!d->b.lost)
			f_get(&m->mem, sp, d->b.p + mem, (size_t)(end - sp));
		f_buf_32(&d->b, row, (u32)t->tid);
		f_buf_64(&d->b, row + 16, 0x7ffde000 - k * 0x1000);
		f_buf_64(&d->b, row + 24, sp);
		f_buf_32(&d->b, row + 32, (u32)(end - sp));
		f_buf_32(&d->b, row + 36, mem);
		f_buf_32(&d->b, row + 40, len);
		f_buf_32(&d->b, row + 44, c);
		row += 48;
		want(d, sp, end - sp);
		for (size_t f = 0; f < t->stk.f.n && f < 64; f++)
			want(d, f_img_va(&m->img, &t->stk.f.v[f].ref) - 0x40,
			     0x80);
	}
}

static u32 codeview(struct md *d, const struct f_mod *mod, u32 *len)
{
	u32 o = at(d);
	bool old = d->m->p->nb10;

	f_buf_put(&d->b, o, old ? "NB10" : "RSDS", 4);
	if (old) {
		f_buf_32(&d->b, o + 4, 0);
		f_buf_32(&d->b, o + 8, mod->stamp);
		f_buf_32(&d->b, o + 12, mod->age);
	} else {
		f_buf_put(&d->b, o + 4, mod->guid, 16);
		f_buf_32(&d->b, o + 20, mod->age);
	}
	f_buf_put(&d->b, d->b.n, mod->pdb, strlen(mod->pdb) + 1);
	*len = (u32)(d->b.n - o);
	return o;
}

static void modules(struct md *d, unsigned i)
{
	const struct f_img *g = &d->m->img;
	size_t first = g->mods.n > 2 ? 2 : 0;
	u32 n = (u32)(g->mods.n - first), o = at(d);

	f_buf_zero(&d->b, o, 4 + n * 108);
	f_buf_32(&d->b, o, n);
	stream(d, i, 4, o, 4 + n * 108);
	for (u32 k = 0; k < n; k++) {
		const struct f_mod *m = &g->mods.v[first + k];
		u32 row = o + 4 + k * 108, len, cv;
		f_buf_64(&d->b, row, m->base);
		f_buf_32(&d->b, row + 8, m->size);
		f_buf_32(&d->b, row + 12, m->checksum);
		f_buf_32(&d->b, row + 16, m->stamp);
		f_buf_32(&d->b, row + 24, 0xfeef04bd);
		f_buf_32(&d->b, row + 28, 0x10000);
		f_buf_32(&d->b, row + 32, (u32)m->ver[0] << 16 | m->ver[1]);
		f_buf_32(&d->b, row + 36, (u32)m->ver[2] << 16 | m->ver[3]);
		f_buf_32(&d->b, row + 20, string(d, m->name));
		cv = codeview(d, m, &len);
		f_buf_32(&d->b, row + 76, len);
		f_buf_32(&d->b, row + 80, cv);
	}
}

static void exception(struct md *d, unsigned i)
{
	const struct f_mach *m = d->m;
	const struct f_exc *x = &m->exc;
	u32 len, c = context(d, &m->ctx, &len), o = at(d);
	struct f_buf *b = &d->b;

	f_buf_zero(b, o, 0xa8);
	f_buf_32(b, o, (u32)m->threads.v[m->crash].tid);
	f_buf_32(b, o + 8, x->code);
	f_buf_32(b, o + 12, x->flags);
	f_buf_64(b, o + 24, x->addr);
	f_buf_32(b, o + 32, x->n);
	for (size_t k = 0; k < x->n && k < 4; k++)
		f_buf_64(b, o + 40 + k * 8, x->info[k]);
	f_buf_32(b, o + 0xa0, len);
	f_buf_32(b, o + 0xa4, c);
	stream(d, i, 6, o, 0xa8);
}

static void misc(struct md *d, unsigned i)
{
	const struct f_mach *m = d->m;
	u32 o = at(d);

	f_buf_zero(&d->b, o, 24);
	f_buf_32(&d->b, o, 24);
	f_buf_32(&d->b, o + 4, 3);
	f_buf_32(&d->b, o + 8, (u32)m->procs.v[m->threads.v[m->crash].proc].pid);
	f_buf_32(&d->b, o + 12, (u32)((m->s->time - 116444736000000000ULL) /
				      10000000) - 60);
	stream(d, i, 15, o, 24);
}

static void memory(struct md *d, unsigned i)
{
	u32 n = (u32)(d->mem.n / 2), o = at(d);

	f_buf_zero(&d->b, o, 4 + n * 16);
	f_buf_32(&d->b, o, n);
	stream(d, i, 5, o, 4 + n * 16);
	for (u32 k = 0; k < n; k++) {
		u64 va = d->mem.v[k * 2], len = d->mem.v[k * 2 + 1];
		u32 row = o + 4 + k * 16, off = at(d);
		f_buf_zero(&d->b, off, (size_t)len);
		if (!d->b.lost)
			f_get(&d->m->mem, va, d->b.p + off, (size_t)len);
		f_buf_64(&d->b, row, va);
		f_buf_32(&d->b, row + 8, (u32)len);
		f_buf_32(&d->b, row + 12, off);
	}
}

enum ntr_st f_out_mdmp(struct f_mach *m, struct f_sink *s, u32 arg,
		       struct ntr_err *e)
{
	struct md d = { .m = m };

	(void)arg;
	if (m->p->arch > F_ARM64)
		return ntr_fail(e, NTR_UNSUP, "user minidumps are forged for x86, x64 and arm64");
	f_buf_zero(&d.b, 0, 32 + NSTREAMS * 12);
	f_buf_put(&d.b, 0, "MDMP", 4);
	f_buf_16(&d.b, 4, 0xa793);
	f_buf_32(&d.b, 8, NSTREAMS);
	f_buf_32(&d.b, 12, 32);
	f_buf_32(&d.b, 20, (u32)((m->s->time - 116444736000000000ULL) / 10000000));
	system_info(&d, 0);
	threads(&d, 1);
	modules(&d, 2);
	exception(&d, 3);
	misc(&d, 4);
	memory(&d, 5);
	f_sink_buf(s, 0, &d.b);
	f_buf_fini(&d.b);
	ntr_vec_fini(&d.mem);
	return s->st;
}
