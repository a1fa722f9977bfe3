// SPDX-License-Identifier: Apache-2.0
/* Spaces over translation: virtual memory, and one space over several. */
#include "xlat.h"

/* --- virtual memory ---------------------------------------------------------- */

/* The text of a fault, made only for a caller who asked. */
static enum ntr_st virt_fault(const struct ntr_virt *v, u64 va, enum ntr_st st,
			      struct ntr_err *e)
{
	struct ntr_walk w;

	if (e && ntr_xlat_walk(v->x, va, &w, e))
		return ntr_wrap(e, st, "%s", v->s.name);
	return st;
}

/* How many bytes from va lie in one piece of physical memory, at *pa; at
 * most len, at least to the end of va's page. */
static enum ntr_st virt_piece(struct ntr_xlat *x, u64 va, size_t len, u64 *pa,
			      size_t *piece)
{
	u64 page = UINT64_C(1) << x->page_shift, next;
	u64 have = page - (va & (page - 1));
	enum ntr_st st = ntr_xlat_pa(x, va, pa);

	if (st)
		return st;
	while (have < len) {
		if (ntr_xlat_pa(x, va + have, &next) || next != *pa + have)
			break;
		have += page;
	}
	*piece = have < len ? (size_t)have : len;
	return NTR_OK;
}

static enum ntr_st virt_read(const struct ntr_space *s, u64 va, void *buf,
			     size_t len, struct ntr_err *e)
{
	const struct ntr_virt *v = s->impl;
	u8 *out = buf;
	size_t piece;
	enum ntr_st st;
	u64 pa;

	if (len && va + (len - 1) < va)
		return ntr_fail(e, NTR_FAULT, "%s: 0x%" PRIx64
				": %zu bytes run past the last address",
				s->name, va, len);
	while (len) {
		st = virt_piece(v->x, va, len, &pa, &piece);
		if (st)
			return virt_fault(v, va, st, e);
		st = ntr_space_read(v->x->phys, pa, out, piece, e);
		if (st)
			return ntr_wrap(e, st, "%s: 0x%" PRIx64, s->name, va);
		va += piece;
		out += piece;
		len -= piece;
	}
	return NTR_OK;
}

void ntr_virt_init(struct ntr_virt *v, struct ntr_xlat *x, const char *name)
{
	*v = (struct ntr_virt){ .s = { .name = name, .read = virt_read,
				       .impl = v },
				.x = x };
}

/* --- several spaces ------------------------------------------------------------ */

#define PIECE 4096u

/* The first part that can; the last one's reason when none can, for that is
 * the page tables'. An i/o error of any part is not hidden. */
static enum ntr_st stack_piece(const struct ntr_stack_space *m, u64 addr,
			       void *buf, size_t len, struct ntr_err *e)
{
	enum ntr_st st = NTR_ABSENT;

	if (!m->n)
		return ntr_fail(e, NTR_ABSENT, "%s: 0x%" PRIx64
				": there is no memory to read", m->s.name,
				addr);
	for (unsigned i = 0; i < m->n; i++) {
		st = ntr_space_read(m->part[i], addr, buf, len, e);
		if (st == NTR_OK || st == NTR_IO)
			return st;
	}
	return st;
}

static enum ntr_st stack_read(const struct ntr_space *s, u64 addr, void *buf,
			      size_t len, struct ntr_err *e)
{
	const struct ntr_stack_space *m = s->impl;
	size_t n = PIECE - (size_t)(addr & (PIECE - 1));
	enum ntr_st st;

	if (len <= n)
		return stack_piece(m, addr, buf, len, e);
	if (addr + (len - 1) < addr)
		return ntr_fail(e, NTR_FAULT, "%s: 0x%" PRIx64
				": %zu bytes run past the last address",
				s->name, addr, len);
	for (unsigned i = 0; i < m->n; i++)
		if (ntr_space_read(m->part[i], addr, buf, len, NULL) == NTR_OK)
			return NTR_OK;
	for (size_t done = 0; done < len; done += n, n = PIECE) {
		if (n > len - done)
			n = len - done;
		st = stack_piece(m, addr + done, (u8 *)buf + done, n, e);
		if (st)
			return st;
	}
	return NTR_OK;
}

/* As far as the parts go, each from where the one before it ended. */
static size_t stack_some(const struct ntr_space *s, u64 addr, void *buf,
			 size_t len)
{
	const struct ntr_stack_space *m = s->impl;
	size_t done = 0, n = 1;

	while (done < len && n) {
		n = 0;
		for (unsigned i = 0; i < m->n && !n; i++)
			n = ntr_space_read_some(m->part[i], addr + done,
						(u8 *)buf + done, len - done);
		done += n;
	}
	return done;
}

void ntr_stack_space_init(struct ntr_stack_space *m, const char *name)
{
	*m = (struct ntr_stack_space){ .s = { name, stack_read, m,
					  stack_some } };
}

void ntr_stack_space_add(struct ntr_stack_space *m, const struct ntr_space *s)
{
	if (m->n < NTR_COUNT(m->part))
		m->part[m->n++] = s;
}
