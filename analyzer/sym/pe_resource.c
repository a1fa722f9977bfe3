// SPDX-License-Identifier: Apache-2.0
/*
 * The version resource.  The tree has three levels (type, name, language)
 * and is walked exactly that deep; every directory's entry count is bounded.
 */
#include "../base/record.h"
#include "pe.h"

#include <string.h>

#define RES_MAX_ENTRIES 4096u
#define RES_SUBDIR 0x80000000u
#define RT_VERSION 16u

struct res_dir {
	u32 rva;      /* of its first entry */
	u32 named, n; /* entries with a name come first */
};

static enum ntr_st res_dir_read(const struct ntr_pe *pe, u32 off,
				struct res_dir *d, struct ntr_err *e)
{
	u64 rva = (u64)pe->dir[NTR_PE_RESOURCE].rva + off;
	u8 raw[16];
	enum ntr_st st;

	if (rva > UINT32_MAX - 16)
		return ntr_fail(e, NTR_BAD, "resource directory at +0x%x", off);
	st = ntr_pe_read(pe, (u32)rva, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "resource directory");
	d->rva = (u32)rva + 16;
	d->named = ntr_load_u16(raw + 12);
	d->n = d->named + ntr_load_u16(raw + 14);
	if (d->n > RES_MAX_ENTRIES)
		d->n = RES_MAX_ENTRIES;
	return NTR_OK;
}

/* The i-th entry: its id (or name offset) and where it leads. */
static enum ntr_st res_entry(const struct ntr_pe *pe, const struct res_dir *d,
			     u32 i, u32 *id, u32 *to, struct ntr_err *e)
{
	u64 rva = (u64)d->rva + (u64)i * 8;
	u8 raw[8];
	enum ntr_st st;

	if (rva > UINT32_MAX - 8)
		return ntr_fail(e, NTR_BAD, "resource entry %u", i);
	st = ntr_pe_read(pe, (u32)rva, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "resource entry %u", i);
	*id = ntr_load_u32(raw);
	*to = ntr_load_u32(raw + 4);
	return NTR_OK;
}

static enum ntr_st res_find_type(const struct ntr_pe *pe, u32 type, u32 *to,
				 struct ntr_err *e)
{
	struct res_dir d;
	enum ntr_st st = res_dir_read(pe, 0, &d, e);
	u32 id, next;

	for (u32 i = st ? 0 : d.named; !st && i < d.n; i++) {
		st = res_entry(pe, &d, i, &id, &next, e);
		if (!st && id == type) {
			*to = next;
			return NTR_OK;
		}
	}
	return st ? st : ntr_fail(e, NTR_ABSENT, "no version resource");
}

/* Follow first entries down to the data entry: name, then language. */
static enum ntr_st res_descend(const struct ntr_pe *pe, u32 to, u32 *leaf,
			       struct ntr_err *e)
{
	for (int level = 0; level < 2; level++) {
		struct res_dir d;
		enum ntr_st st;
		u32 id;

		if (!(to & RES_SUBDIR))
			break;
		st = res_dir_read(pe, to & ~RES_SUBDIR, &d, e);
		if (st)
			return st;
		if (!d.n)
			return ntr_fail(e, NTR_ABSENT,
					"an empty resource directory");
		st = res_entry(pe, &d, 0, &id, &to, e);
		if (st)
			return st;
	}
	if (to & RES_SUBDIR)
		return ntr_fail(e, NTR_BAD,
				"resource tree is deeper than three levels");
	*leaf = to;
	return NTR_OK;
}

static enum ntr_st res_leaf(const struct ntr_pe *pe, u32 leaf, u32 *rva,
			    u32 *size, struct ntr_err *e)
{
	u64 at = (u64)pe->dir[NTR_PE_RESOURCE].rva + leaf;
	u8 raw[16];
	enum ntr_st st;

	if (at > UINT32_MAX - 16)
		return ntr_fail(e, NTR_BAD, "resource data at +0x%x", leaf);
	st = ntr_pe_read(pe, (u32)at, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "resource data entry");
	*rva = ntr_load_u32(raw);
	*size = ntr_load_u32(raw + 4);
	return NTR_OK;
}

enum ntr_st ntr_pe_version(const struct ntr_pe *pe, u16 ver[4],
			   struct ntr_err *e)
{
	u8 raw[0x40] = { 0 };
	u32 to, leaf, rva, size;
	enum ntr_st st;

	if (!pe->dir[NTR_PE_RESOURCE].rva)
		return ntr_fail(e, NTR_ABSENT, "no resources");
	st = res_find_type(pe, RT_VERSION, &to, e);
	if (!st)
		st = res_descend(pe, to, &leaf, e);
	if (!st)
		st = res_leaf(pe, leaf, &rva, &size, e);
	if (st)
		return st;
	if (size < sizeof(raw))
		return ntr_fail(e, NTR_BAD, "version resource of %u bytes",
				size);
	st = ntr_pe_read(pe, rva, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "version resource");
	/* Three u16, the key "VS_VERSION_INFO", padding: then the block. */
	if (ntr_load_u32(raw + 0x28) != 0xfeef04bd)
		return ntr_fail(e, NTR_BAD,
				"no VS_FIXEDFILEINFO at RVA 0x%x", rva + 0x28);
	ver[0] = ntr_load_u16(raw + 0x32);
	ver[1] = ntr_load_u16(raw + 0x30);
	ver[2] = ntr_load_u16(raw + 0x36);
	ver[3] = ntr_load_u16(raw + 0x34);
	return NTR_OK;
}
