// SPDX-License-Identifier: Apache-2.0
/* Source: Microsoft, "PE Format" (.reloc section, section flags). */
#include "chkimg.h"

#include "../base/bits.h"
#include "../base/record.h"
#include "../base/vec.h"

#include <stdlib.h>

#define PAGE 4096u
#define DIR_RELOC 5
#define DIR_IAT 12
#define SCN_DISCARDABLE 0x02000000u
#define SCN_WRITE 0x80000000u
#define MAX_RELOC (8u << 20) /* the largest kernels have 200 KiB */
#define FIRST_SELF_PATCHED 17763u

enum { REL_HIGHLOW = 3, REL_DIR64 = 10 };

struct block {
	u32 page, off, n; /* entries, at off in the directory */
};

struct compare {
	const struct ntr_space *mem;
	u64 base;
	const struct ntr_pe *file;
	struct ntr_chkimg *out;
	u8 *want, *have;   /* a page each, with room for a word before and
			      behind in want */
	u8 *rel;           /* the relocation directory */
	u32 nrel;
	struct { NTR_VEC(struct block); } blocks; /* of it, by page */
	bool open;         /* the last range may go on */
};

/* --- relocations ------------------------------------------------------------------ */

static int by_page(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->page < y->page ? -1 : x->page > y->page ? 1 :
	       x->off < y->off ? -1 : x->off > y->off;
}

static void index_relocs(struct compare *c)
{
	struct ntr_bin b = ntr_bin_of(c->rel, c->nrel, "relocations", 0);

	while (ntr_bin_left(&b) >= 8) {
		u32 page = ntr_bin_u32(&b, "page");
		u32 size = ntr_bin_u32(&b, "size");
		struct block *k;

		if (size < 8 || size - 8 > ntr_bin_left(&b))
			break;
		k = ntr_vec_add(&c->blocks);
		if (!k)
			break;
		*k = (struct block){ page, (u32)(b.pos - b.base),
				     (size - 8) / 2 };
		ntr_bin_skip(&b, size - 8, "block");
	}
	if (c->blocks.n)
		qsort(c->blocks.v, c->blocks.n, sizeof(c->blocks.v[0]),
		      by_page);
}

static void load_relocs(struct compare *c)
{
	u32 size = c->file->dir[DIR_RELOC].size;

	if (!size || size > MAX_RELOC || c->base == c->file->image_base)
		return;
	c->rel = malloc(size);
	if (!c->rel)
		return;
	c->nrel = (u32)ntr_pe_read_some(c->file, c->file->dir[DIR_RELOC].rva,
					c->rel, size);
	index_relocs(c);
}

static void add32(u8 *p, u32 delta)
{
	u32 v = htole32(ntr_load_u32(p) + delta);

	memcpy(p, &v, 4);
}

static void add64(u8 *p, u64 delta)
{
	u64 v = htole64(ntr_load_u64(p) + delta);

	memcpy(p, &v, 8);
}

/* One block's entries, to the bytes [rva, rva + len) at p. */
static void apply_block(const struct compare *c, const struct block *k, u32 rva,
			u8 *p, u32 len)
{
	struct ntr_bin b = ntr_bin_of(c->rel, c->nrel, "relocations", 0);
	u64 delta = c->base - c->file->image_base;

	ntr_bin_seek(&b, k->off, "block");
	for (u32 i = 0; i < k->n; i++) {
		u16 x = ntr_bin_u16(&b, "relocation");
		u64 at = (u64)k->page + (x & 0xfff) - rva; /* wraps before */

		if (x >> 12 == REL_HIGHLOW && at < len && len - at >= 4)
			add32(p + at, (u32)delta);
		else if (x >> 12 == REL_DIR64 && at < len && len - at >= 8)
			add64(p + at, delta);
	}
}

static void relocate(const struct compare *c, u32 rva, u8 *p, u32 len)
{
	u64 from = rva < PAGE ? 0 : rva - PAGE;
	size_t lo = 0, hi = c->blocks.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->blocks.v[mid].page < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < c->blocks.n && c->blocks.v[lo].page < (u64)rva + len; lo++)
		apply_block(c, &c->blocks.v[lo], rva, p, len);
}

/* --- differences --------------------------------------------------------------------- */

static void differ(struct compare *c, u32 rva, u8 want, u8 have)
{
	struct ntr_chkimg *o = c->out;
	struct ntr_code_diff *d;

	o->differing++;
	if (c->open && o->nranges <= NTR_CHKIMG_RANGES) {
		d = &o->range[o->nranges - 1];
		if (d->nbytes == d->len && d->nbytes < NTR_CHKIMG_BYTES) {
			d->expected[d->nbytes] = want;
			d->found[d->nbytes++] = have;
		}
		d->len++;
		return;
	}
	if (c->open)
		return;
	c->open = true;
	if (++o->nranges > NTR_CHKIMG_RANGES)
		return;
	o->range[o->nranges - 1] = (struct ntr_code_diff){
		.rva = rva, .len = 1, .nbytes = 1,
		.expected = { want }, .found = { have },
	};
}

static bool in_iat(const struct compare *c, u32 rva)
{
	return rva - c->file->dir[DIR_IAT].rva < c->file->dir[DIR_IAT].size;
}

static void compare_bytes(struct compare *c, u32 rva, u32 len)
{
	c->out->compared += len;
	if (!memcmp(c->want + 8, c->have, len)) {
		c->open = false;
		return;
	}
	for (u32 i = 0; i < len; i++)
		if (c->want[8 + i] == c->have[i] || in_iat(c, rva + i))
			c->open = false;
		else
			differ(c, rva + i, c->want[8 + i], c->have[i]);
}

/* A piece of at most a page; relocations may reach 7 bytes over its ends. */
static void compare_piece(struct compare *c, u32 rva, u32 len)
{
	u32 before = rva < 8 ? rva : 8, all;

	if (ntr_space_read(c->mem, c->base + rva, c->have, len, NULL)) {
		c->out->absent += len;
		c->open = false;
		return;
	}
	memset(c->want, 0, PAGE + 16);
	if (ntr_pe_read(c->file, rva, c->want + 8, len, NULL)) {
		c->open = false;
		return;
	}
	/* What is beside the piece matters to relocations across its ends. */
	(void)!ntr_pe_read_some(c->file, rva - before, c->want + 8 - before,
				before);
	all = 8 + len + (u32)ntr_pe_read_some(c->file, rva + len,
					      c->want + 8 + len, 8);
	if (c->blocks.n)
		relocate(c, rva - before, c->want + 8 - before,
			 all - 8 + before);
	compare_bytes(c, rva, len);
}

static void compare_section(struct compare *c, const struct ntr_pe_section *s)
{
	u32 size = s->vsize && s->vsize < s->raw_size ? s->vsize : s->raw_size;

	if (!(s->flags & NTR_SCN_EXECUTE) ||
	    (s->flags & (SCN_DISCARDABLE | SCN_WRITE)) ||
	    s->rva >= c->file->size)
		return;
	if (size > c->file->size - s->rva)
		size = c->file->size - s->rva;
	c->open = false;
	for (u32 off = 0; off < size;) {
		u32 len = PAGE - (s->rva + off) % PAGE;

		len = len < size - off ? len : size - off;
		compare_piece(c, s->rva + off, len);
		off += len;
	}
}

static void find_bits(struct ntr_chkimg *o)
{
	u32 n = o->nranges < NTR_CHKIMG_RANGES ? o->nranges :
						 NTR_CHKIMG_RANGES;

	for (u32 i = 0; i < n; i++) {
		struct ntr_code_diff *d = &o->range[i];
		unsigned bit;

		if (d->len != 1 ||
		    !ntr_one_bit(d->expected[0], d->found[0], &bit))
			continue;
		d->one_bit = true;
		d->bit = (u8)bit;
		o->one_bit++;
	}
}

enum ntr_st ntr_image_compare(const struct ntr_space *mem, u64 base,
			      const struct ntr_pe *file,
			      struct ntr_chkimg *out, struct ntr_err *e)
{
	struct compare c = { .mem = mem, .base = base, .file = file,
			     .out = out };

	*out = (struct ntr_chkimg){ 0 };
	c.want = malloc(PAGE + 16);
	c.have = malloc(PAGE);
	if (!c.want || !c.have) {
		free(c.want);
		free(c.have);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	load_relocs(&c);
	for (u32 i = 0; i < file->nsections; i++)
		compare_section(&c, &file->section[i]);
	find_bits(out);
	if (base != file->image_base && !c.blocks.n)
		out->caveat = "the image was moved, and its file's relocations "
			      "cannot be read: addresses in code differ";
	free(c.rel);
	ntr_vec_fini(&c.blocks);
	free(c.want);
	free(c.have);
	return NTR_OK;
}

enum ntr_st ntr_chkimg(struct ntr_target *t, struct ntr_module *m,
		       struct ntr_chkimg *out, struct ntr_err *e)
{
	const struct ntr_space *code;
	const struct ntr_pe *pe;
	enum ntr_st st;

	if (!ntr_module_image(t, m, &pe, &code))
		return ntr_fail(e, NTR_ABSENT, "the file of %s (time stamp "
				"%08x, size %" PRIx64 ") is not at hand",
				m->image, m->timestamp, m->size);
	st = ntr_image_compare(t->mem, m->base, pe, out, e);
	if (!st && !out->caveat && t->build >= FIRST_SELF_PATCHED &&
	    out->differing)
		out->caveat = "kernels from 10 1809 on patch code when they "
			      "load it (retpolines, imports)";
	return st;
}
