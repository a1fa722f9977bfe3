// SPDX-License-Identifier: Apache-2.0
/* The header of a triage dump and the memory in it. Drivers: dmp_drivers.c. */
#include "dmp_triage.h"

#include <string.h>

#define COMMON_FIELDS(S, r, z)             \
	S(r, z, u32, sp_build,   0x00)     \
	S(r, z, u32, size,       0x04)     \
	S(r, z, u32, valid,      0x08)     \
	S(r, z, u32, context,    0x0c)     \
	S(r, z, u32, exception,  0x10)     \
	S(r, z, u32, mm,         0x14)     \
	S(r, z, u32, unloaded,   0x18)     \
	S(r, z, u32, prcb,       0x1c)     \
	S(r, z, u32, process,    0x20)     \
	S(r, z, u32, thread,     0x24)     \
	S(r, z, u32, stack,      0x28)     \
	S(r, z, u32, stack_len,  0x2c)     \
	S(r, z, u32, drivers,    0x30)     \
	S(r, z, u32, ndrivers,   0x34)     \
	S(r, z, u32, pool,       0x38)     \
	S(r, z, u32, pool_len,   0x3c)     \
	S(r, z, u32, broken,     0x40)     \
	S(r, z, u32, options,    0x44)
#define COMMON_SIZE 0x48u

#define TRI32_FIELDS(S, A, r, z)           \
	COMMON_FIELDS(S, r, z)             \
	S(r, z, u32, stack_va,   0x48)     \
	S(r, z, u32, page_va,    0x4c)     \
	S(r, z, u32, page,       0x50)     \
	S(r, z, u32, page_len,   0x54)     \
	S(r, z, u32, kdbg,       0x58)     \
	S(r, z, u32, kdbg_len,   0x5c)     \
	S(r, z, u32, blocks,     0x60)     \
	S(r, z, u32, nblocks,    0x64)
NTR_RECORD(dmp_tri32, 0x68, TRI32_FIELDS)

#define TRI64_FIELDS(S, A, r, z)           \
	COMMON_FIELDS(S, r, z)             \
	S(r, z, u64, stack_va,   0x48)     \
	S(r, z, u32, bstore,     0x50)     \
	S(r, z, u32, bstore_len, 0x54)     \
	S(r, z, u64, bstore_limit, 0x58)   \
	S(r, z, u64, page_va,    0x60)     \
	S(r, z, u32, page,       0x68)     \
	S(r, z, u32, page_len,   0x6c)     \
	S(r, z, u32, kdbg,       0x70)     \
	S(r, z, u32, kdbg_len,   0x74)     \
	S(r, z, u32, blocks,     0x78)     \
	S(r, z, u32, nblocks,    0x7c)
NTR_RECORD(dmp_tri64, 0x80, TRI64_FIELDS)

#define BLOCK32_FIELDS(S, A, r, z)   \
	S(r, z, u32, va,   0x0)      \
	S(r, z, u32, off,  0x4)      \
	S(r, z, u32, len,  0x8)
NTR_RECORD(dmp_block32, 0x0c, BLOCK32_FIELDS)

#define BLOCK64_FIELDS(S, A, r, z)   \
	S(r, z, u64, va,   0x0)      \
	S(r, z, u32, off,  0x8)      \
	S(r, z, u32, len,  0xc)
NTR_RECORD(dmp_block64, 0x10, BLOCK64_FIELDS)

#define TRGD 0x44475254u
#define KDBG 0x4742444bu

/* --- the header ------------------------------------------------------------ */

#define COPY(r, z, type, name, at) t->name = h.name;

static void decode32(struct ntr_dmp_tri *t, struct ntr_bin *b)
{
	struct ntr_dmp_tri32 h;

	ntr_dmp_tri32_decode(&h, b);
	TRI32_FIELDS(COPY, , , )
}

static void decode64(struct ntr_dmp_tri *t, struct ntr_bin *b)
{
	struct ntr_dmp_tri64 h;

	ntr_dmp_tri64_decode(&h, b);
	TRI64_FIELDS(COPY, , , )
}

static void decode(struct ntr_dmp_tri *t, const u8 buf[0x80])
{
	struct ntr_bin b = ntr_bin_of(buf, 0x80, t->d->file->name,
				      t->m->hdr_len);

	if (t->m->wide)
		decode64(t, &b);
	else
		decode32(t, &b);
}

/* Length of the header: the first item begins behind it. The fields that
 * every version has name the items; a damaged offset into those is passed
 * over. */
static u32 header_len(const struct ntr_dmp_tri *t)
{
	u32 base = t->m->hdr_len, full = t->m->wide ? 0x80 : 0x68;
	const u32 item[] = { t->mm, t->unloaded, t->prcb, t->process,
			     t->thread, t->stack, t->drivers, t->pool,
			     t->broken, t->context, t->exception };
	u32 len = full;

	for (size_t i = 0; i < NTR_COUNT(item); i++)
		if (item[i] >= base + COMMON_SIZE && item[i] - base < len)
			len = item[i] - base;
	return len;
}

static bool load_header(struct ntr_dmp_tri *t)
{
	struct ntr_dump *d = t->d;
	u32 base = t->m->hdr_len, full = t->m->wide ? 0x80 : 0x68;
	u8 buf[0x80] = { 0 };
	size_t got = ntr_file_read_some(d->file, base, buf, full);

	if (got < COMMON_SIZE) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the triage header is cut off at 0x%"
			      PRIx64, base, d->file->size);
		return false;
	}
	decode(t, buf);
	t->len = header_len(t);
	if (got < full && got < t->len) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the triage header of 0x%x bytes is cut "
			      "off at 0x%" PRIx64, base, t->len, d->file->size);
		t->len = (u32)got;
	}
	/* What lies behind the end of an older header is not a field. */
	memset(buf + t->len, 0, sizeof(buf) - t->len);
	decode(t, buf);
	return true;
}

static void check_marker(struct ntr_dmp_tri *t)
{
	struct ntr_dump *d = t->d;
	u32 at = t->m->hdr_len + 8, tag = 0;

	if (t->valid && ntr_read_u32(&d->file->space, t->valid, &tag) == NTR_OK &&
	    tag == TRGD) {
		d->triage.valid_marker = true;
		return;
	}
	d->complete = false;
	if (t->valid && t->valid < d->file->size)
		ntr_dump_note(d, "0x%x: the end marker \"TRGD\" is not at 0x%x "
			      "(found 0x%08x)", t->valid, t->valid, tag);
	else
		ntr_dump_note(d, "0x%x: the end marker should be at 0x%x, the "
			      "file ends at 0x%" PRIx64, at, t->valid,
			      d->file->size);
}

static void check_size(struct ntr_dmp_tri *t)
{
	struct ntr_dump *d = t->d;
	u32 at = t->m->hdr_len + 4;

	t->limit = d->file->size;
	if (t->size > d->file->size) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: a triage dump of 0x%x bytes, the file "
			      "ends at 0x%" PRIx64, at, t->size, d->file->size);
	} else if (t->size < t->m->hdr_len + t->len) {
		ntr_dump_note(d, "0x%x: a triage dump of 0x%x bytes is shorter "
			      "than its headers", at, t->size);
	} else {
		t->limit = t->size;
		t->m->end = t->size;
	}
}

u64 ntr_dmp_tri_next(const struct ntr_dmp_tri *t, u64 off)
{
	const u32 item[] = { t->mm, t->unloaded, t->prcb, t->process,
			     t->thread, t->stack, t->drivers, t->pool,
			     t->broken, t->kdbg, t->page, t->bstore,
			     t->blocks, t->valid };
	u64 next = t->limit;

	for (size_t i = 0; i < NTR_COUNT(item); i++)
		if (item[i] > off && item[i] < next)
			next = item[i];
	return next;
}

/* --- single items ------------------------------------------------------------ */

/* [off, off+len) as far as the file holds it; notes what is missing. */
static struct ntr_loc item(struct ntr_dmp_tri *t, u32 off, u64 len,
			   const char *what)
{
	struct ntr_dump *d = t->d;
	u64 size = d->file->size;
	struct ntr_loc none = { 0, 0 };

	if (!off)
		return none;
	if (off < t->m->hdr_len + t->len) {
		ntr_dump_note(d, "0x%x: the %s cannot lie inside the headers",
			      off, what);
		return none;
	}
	if (off < size && len <= size - off)
		return (struct ntr_loc){ off, len };
	d->complete = false;
	ntr_dump_note(d, "0x%x: the %s of 0x%" PRIx64 " bytes reaches past the "
		      "end of the file at 0x%" PRIx64, off, what, len, size);
	if (off >= size)
		return none;
	return (struct ntr_loc){ off, size - off };
}

static enum ntr_st block(struct ntr_dmp_tri *t, u64 va, struct ntr_loc at,
			 const char *what, struct ntr_err *e)
{
	if (!at.len || !va)
		return NTR_OK;
	if (at.len - 1 > (t->m->wide ? UINT64_MAX : UINT32_MAX) - va) {
		ntr_dump_note(t->d, "0x%" PRIx64 ": the %s at 0x%" PRIx64
			      " of 0x%" PRIx64 " bytes wraps around; left out",
			      at.off, what, va, at.len);
		return NTR_OK;
	}
	return ntr_dump_add_vblock(t->d, va, at.len, at.off, what, e);
}

static u32 kdbg_u16(const struct ntr_dmp_tri *t, u32 at)
{
	u16 v = 0;

	if (t->d->triage.kdbg.len < at + 2 ||
	    ntr_read_u16(&t->d->file->space, t->d->triage.kdbg.off + at, &v))
		return 0;
	return v;
}

static enum ntr_st take_kdbg(struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_dump *d = t->d;
	struct ntr_loc at = item(t, t->kdbg, t->kdbg_len,
				 "debugger data block");
	u32 tag = 0;

	if (!at.len)
		return NTR_OK;
	if (at.len < 0x14 || ntr_read_u32(&d->file->space, at.off + 0x10, &tag) ||
	    tag != KDBG) {
		ntr_dump_note(d, "0x%" PRIx64 ": the debugger data block has "
			      "tag 0x%08x instead of \"KDBG\"; not used",
			      at.off + 0x10, tag);
		return NTR_OK;
	}
	d->triage.kdbg = at;
	if (!(d->meta.has & NTR_HAS_KDBG))
		return NTR_OK;
	return block(t, d->meta.kdbg, at, "KDBG copy", e);
}

/* A structure's length: what KDBG says (its member at the given offset), but
 * not beyond the next item. */
static struct ntr_loc structure(struct ntr_dmp_tri *t, u32 off, u32 size_at,
				const char *what)
{
	u64 room = off ? ntr_dmp_tri_next(t, off) : 0;
	u64 len = kdbg_u16(t, size_at);

	room = room > off ? room - off : 0;
	if (!len || (room && len > room))
		len = room;
	return item(t, off, len, what);
}

static void take_context(struct ntr_dmp_tri *t)
{
	struct ntr_dump *d = t->d;
	bool wide = t->m->wide;
	struct ntr_loc at;

	if (t->context && t->context != d->context.off) {
		at = ntr_dmp_loc(t->m, t->context, wide ? 3000 : 1200);
		if (at.len)
			d->context = at;
		else
			ntr_dump_note(d, "0x%x: there is no context at 0x%x",
				      t->m->hdr_len + 0xc, t->context);
	}
	if (t->exception && t->exception != d->exception.off) {
		at = ntr_dmp_loc(t->m, t->exception, wide ? 0x98 : 0x50);
		if (at.len)
			d->exception = at;
		else
			ntr_dump_note(d, "0x%x: there is no exception record "
				      "at 0x%x", t->m->hdr_len + 0x10,
				      t->exception);
	}
}

static enum ntr_st take_stack(struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_dump *d = t->d;
	enum ntr_st st;

	d->triage.callstack = item(t, t->stack, t->stack_len, "call stack");
	d->triage.stack_va = t->stack_va;
	st = block(t, t->stack_va, d->triage.callstack, "call stack", e);
	/* IA64 has a second stack, of registers; it ends at the limit. No real
	 * file was at hand to confirm which end the limit is. */
	if (st || !t->bstore || t->bstore_limit < t->bstore_len)
		return st;
	return block(t, t->bstore_limit - t->bstore_len,
		     item(t, t->bstore, t->bstore_len, "backing store"),
		     "backing store", e);
}

/* --- data blocks -------------------------------------------------------------- */

struct triple {
	u64 va;
	u32 off, len;
};

static void block_decode(struct triple *b, struct ntr_bin *row)
{
	struct ntr_dmp_block32 b32;
	struct ntr_dmp_block64 b64;

	if (ntr_bin_left(row) == 12) {
		ntr_dmp_block32_decode(&b32, row);
		*b = (struct triple){ b32.va, b32.off, b32.len };
		return;
	}
	ntr_dmp_block64_decode(&b64, row);
	*b = (struct triple){ b64.va, b64.off, b64.len };
}

/* How many of the first rows look right when read with this stride. */
static u32 stride_score(struct ntr_dmp_tri *t, u32 each)
{
	u64 limit = t->limit > t->size ? t->limit : t->size;
	struct ntr_dmp_rows rows;
	struct ntr_bin row;
	struct triple b;
	u32 good = 0;

	ntr_dmp_rows_init(&rows, t->d, t->blocks, t->nblocks, each);
	for (u32 i = 0; i < 64 && ntr_dmp_row(&rows, i, &row); i++) {
		u32 high;

		block_decode(&b, &row);
		high = (u32)(b.va >> 32);
		good += b.off >= t->m->hdr_len + t->len && b.len &&
			b.len <= limit && b.off <= limit - b.len && b.va &&
			(!high || high == 0xffffffff);
	}
	return good;
}

/* 64-bit dumps have {u64 va, u32 offset, u32 size}. For 32-bit ones a public
 * description has {u32, u32, u32}; the rows themselves decide. */
static u32 block_stride(struct ntr_dmp_tri *t)
{
	if (t->m->wide)
		return 16;
	return stride_score(t, 16) > stride_score(t, 12) ? 16 : 12;
}

static enum ntr_st take_block(struct ntr_dmp_tri *t, const struct triple *b,
			      u64 *outside, struct ntr_err *e)
{
	u64 size = t->d->file->size, len = b->len;
	u64 va = t->m->wide ? b->va : (u32)b->va;

	if (!len)
		return NTR_OK;
	if (b->off < t->m->hdr_len || b->off >= size || len > size - b->off)
		++*outside;
	if (b->off < t->m->hdr_len || b->off >= size)
		return NTR_OK;
	if (len > size - b->off)
		len = size - b->off;
	if (len - 1 > (t->m->wide ? UINT64_MAX : UINT32_MAX) - va) {
		++*outside;
		return NTR_OK;
	}
	return ntr_dump_add_vblock(t->d, va, len, b->off, "data block", e);
}

static enum ntr_st take_blocks(struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_dump *d = t->d;
	u32 n = t->nblocks, each;
	struct ntr_dmp_rows rows;
	u64 outside = 0, i = 0;
	enum ntr_st st = NTR_OK;
	struct ntr_bin row;
	struct triple b;

	if (!t->blocks || !n)
		return NTR_OK;
	if (n > NTR_DMP_MAX_BLOCKS)
		n = NTR_DMP_MAX_BLOCKS;
	each = block_stride(t);
	ntr_dmp_rows_init(&rows, d, t->blocks, n, each);
	for (; st == NTR_OK && ntr_dmp_row(&rows, i, &row); i++) {
		block_decode(&b, &row);
		st = take_block(t, &b, &outside, e);
	}
	if (i < t->nblocks) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: %u data blocks promised, %" PRIu64
			      " could be read", t->blocks, t->nblocks, i);
	}
	if (outside) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: %" PRIu64 " of %" PRIu64 " data blocks "
			      "reach out of the file, which ends at 0x%" PRIx64,
			      t->blocks, outside, i, d->file->size);
	}
	return st;
}

/* ------------------------------------------------------------------------------ */

static enum ntr_st take_memory(struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_triage *out = &t->d->triage;
	enum ntr_st st = take_kdbg(t, e);

	if (st)
		return st;
	out->prcb = structure(t, t->prcb, 0x2b0, "KPRCB");
	out->process = structure(t, t->process, 0x2a8, "EPROCESS");
	out->thread = structure(t, t->thread, 0x2c0, "ETHREAD");
	st = take_stack(t, e);
	if (st == NTR_OK)
		st = block(t, t->page_va,
			   item(t, t->page, t->page_len, "data page"),
			   "data page", e);
	if (st == NTR_OK)
		st = take_blocks(t, e);
	return st;
}

enum ntr_st ntr_dmp_triage(struct ntr_dmp *m, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	struct ntr_dmp_tri t = { .m = m, .d = d };
	enum ntr_st st;

	d->triage.present = true;
	if (!load_header(&t))
		return NTR_OK;
	if (ntr_dmp_written(t.sp_build)) {
		d->meta.sp_build = t.sp_build;
		d->meta.has |= NTR_HAS_SPBUILD;
	}
	check_size(&t);
	check_marker(&t);
	take_context(&t);
	st = take_memory(&t, e);
	if (st == NTR_OK)
		st = ntr_dmp_tri_drivers(&t, e);
	if (st == NTR_OK)
		st = ntr_dmp_tri_unloaded(&t, e);
	if (t.broken)
		d->triage.broken_driver = ntr_dmp_tri_string(&t, t.broken);
	return st;
}
