// SPDX-License-Identifier: Apache-2.0
/* A PE file as memory.  Sections are whole pages once loaded, so what follows
 * a section up to the end of its last page reads as zero. */
#include "pe.h"

#define PAGE 0x1000u

static u64 page_up(u64 rva)
{
	return (rva + PAGE - 1) & ~(u64)(PAGE - 1);
}

/* rva lies behind the bytes of a section (or of the headers) but in its last
 * page: where that page ends; 0: it does not. */
static u64 tail_end(const struct ntr_pe *pe, u32 rva)
{
	if (rva < page_up(pe->headers_size))
		return page_up(pe->headers_size);
	for (u32 i = 0; i < pe->nsections; i++) {
		const struct ntr_pe_section *c = &pe->section[i];
		u64 size = c->vsize > c->raw_size ? c->vsize : c->raw_size;
		u64 end = c->rva + size;

		if (size && rva >= end && rva < page_up(end))
			return page_up(end);
	}
	return 0;
}

static enum ntr_st read_tail(const struct ntr_pe *pe, u32 rva, u8 *buf,
			     size_t want, size_t *got, struct ntr_err *e)
{
	u64 end = tail_end(pe, rva);

	if (!end)
		return ntr_fail(e, NTR_ABSENT, "RVA 0x%x is in no section",
				rva);
	/* Byte by byte: another section may begin in the same page. */
	for (*got = 0; *got < want && rva + *got < end &&
	     !ntr_pe_section_of(pe, rva + (u32)*got); ++*got)
		buf[*got] = 0;
	return NTR_OK;
}

/* How much from rva on lies in one section or in the headers; 0: none. */
static u64 run_at(const struct ntr_pe *pe, u32 rva)
{
	const struct ntr_pe_section *c = ntr_pe_section_of(pe, rva);
	u64 size;

	if (!c)
		return rva < pe->headers_size ? pe->headers_size - rva : 0;
	size = c->vsize > c->raw_size ? c->vsize : c->raw_size;
	return c->rva + size - rva;
}

static enum ntr_st pe_space_read(const struct ntr_space *s, u64 addr,
				 void *buf, size_t len, struct ntr_err *e)
{
	const struct ntr_pe_space *ps = s->impl;
	u64 rva = addr - ps->base, run;
	size_t done = 0, got;
	enum ntr_st st;

	if (addr < ps->base || rva > ps->pe.size || len > ps->pe.size - rva)
		return ntr_fail(e, NTR_ABSENT, "0x%" PRIx64 ": %zu bytes are "
				"not in %s", addr, len, s->name);
	for (; done < len; done += got) {
		u32 at = (u32)(rva + done);

		run = run_at(&ps->pe, at);
		got = run < len - done ? (size_t)run : len - done;
		st = got ? ntr_pe_read(&ps->pe, at, (u8 *)buf + done, got, e)
			 : read_tail(&ps->pe, at, (u8 *)buf + done,
				     len - done, &got, e);
		if (st)
			return st == NTR_BAD ? NTR_ABSENT : st;
	}
	return NTR_OK;
}

void ntr_pe_space_init(struct ntr_pe_space *ps, const struct ntr_pe *pe,
		       u64 base, const char *name)
{
	*ps = (struct ntr_pe_space){
		.s = { .name = name, .read = pe_space_read, .impl = ps },
		.pe = *pe,
		.base = base,
	};
}
