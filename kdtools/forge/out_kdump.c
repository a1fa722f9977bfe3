// SPDX-License-Identifier: Apache-2.0
/*
 * kdump-compressed files as makedumpfile and QEMU write them: header, sub
 * header, CPU notes, two bitmaps, page descriptors, pages.  All-zero pages are
 * left out, as dump level 1 does.  The flattened form is the same file as a
 * stream of (offset, size, bytes) records.
 */
#include "out.h"

#include <endian.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { FLAT = 0x100, BLOCK = 4096 };

struct kd {
	struct f_mach *m;
	struct f_sink *s;
	u32 codec;
	bool flat;
	u64 flat_at;    /* next byte of the stream */
	u8 *work, *lzo;
	size_t work_len;
};

static void put(struct kd *k, u64 off, const void *p, size_t len)
{
	u8 head[16];

	if (!k->flat) {
		f_sink_put(k->s, off, p, len);
		return;
	}
	for (int i = 0; i < 8; i++) {
		head[i] = (u8)(off >> (56 - 8 * i));
		head[8 + i] = (u8)((u64)len >> (56 - 8 * i));
	}
	f_sink_put(k->s, k->flat_at, head, 16);
	f_sink_put(k->s, k->flat_at + 16, p, len);
	k->flat_at += 16 + len;
}

static void flat_start(struct kd *k)
{
	u8 h[4096] = "makedumpfile";

	h[16 + 7] = 1;
	h[24 + 7] = 1;
	f_sink_put(k->s, 0, h, sizeof(h));
	k->flat_at = sizeof(h);
}

static void flat_end(struct kd *k)
{
	u8 h[16];

	memset(h, 0xff, sizeof(h));
	if (k->flat)
		f_sink_put(k->s, k->flat_at, h, sizeof(h));
}

/* The page compressed into work; its length, or 0 when that does not help. */
static size_t squeeze(struct kd *k, const u8 *page, size_t len)
{
	size_t n = k->work_len;
	uLongf zn = (uLongf)n;
	lzo_uint ln = n;

	switch (k->codec) {
	case 1:
		if (compress2(k->work, &zn, page, len, 6) != Z_OK)
			return 0;
		n = zn;
		break;
	case 2:
		if (lzo1x_1_compress(page, len, k->work, &ln, k->lzo) != LZO_E_OK)
			return 0;
		n = ln;
		break;
	case 4:
		if (snappy_compress((const char *)page, len, (char *)k->work, &n))
			return 0;
		break;
	case 0x20:
		n = ZSTD_compress(k->work, n, page, len, 1);
		if (ZSTD_isError(n))
			return 0;
		break;
	default:
		return 0;
	}
	return n < len ? n : 0;
}

static u64 count_pages(const struct f_mach *m)
{
	u64 n = 0;

	for (u64 p = 0; (p = f_mem_next(&m->mem, p, m->mem.top)) < m->mem.top; p++)
		n++;
	return n;
}

static void put_head(struct kd *k, u64 blocks, u32 sub_blocks)
{
	struct f_mach *m = k->m;
	struct f_buf b = { 0 };
	static const char *const machine[] = {
		[F_X86] = "i686", [F_X64] = "x86_64", [F_ARM64] = "aarch64",
		[F_ALPHA] = "alpha", [F_IA64] = "ia64",
	};
	/* A hypervisor knows no more of its guest than the machine. */
	const char *uts[6] = { "", "", "", "", machine[m->p->arch], "" };

	f_buf_zero(&b, 0, BLOCK);
	f_buf_put(&b, 0, "KDUMP   ", 8);
	f_buf_32(&b, 8, 6);
	for (size_t i = 0; i < 6; i++)
		f_buf_put(&b, 12 + i * 65, uts[i], strlen(uts[i]));
	f_buf_32(&b, 424, k->codec);
	f_buf_32(&b, 428, (u32)m->mem.page);
	f_buf_32(&b, 432, sub_blocks);
	f_buf_32(&b, 436, (u32)blocks);
	f_buf_32(&b, 440, (u32)m->mem.top);
	f_buf_32(&b, 444, (u32)m->mem.npages);
	f_buf_32(&b, 460, (u32)m->ncpus);
	put(k, 0, b.p, b.lost ? 0 : b.n);
	f_buf_fini(&b);
}

/* The sub header, and behind it the CPU notes; whole blocks. */
static void put_sub(const struct f_mach *m, struct f_buf *b)
{
	struct f_buf n = { 0 };

	f_buf_zero(b, 0, 0x70);
	f_buf_32(b, 8, 1); /* dump level: without zero pages */
	f_buf_64(b, 24, m->mem.top);
	f_buf_64(b, 88, m->mem.top);
	f_buf_64(b, 96, m->mem.top);
	if (m->p->arch <= F_X64) {
		f_out_notes(m, &n);
		f_buf_64(b, 48, m->mem.page + 0x70);
		f_buf_64(b, 56, n.n);
		f_buf_put(b, 0x70, n.p, n.n);
	}
	b->lost |= n.lost;
	f_buf_fini(&n);
	f_buf_align(b, (size_t)m->mem.page);
}

static void put_all(struct kd *k)
{
	struct f_mach *m = k->m;
	u64 page = m->mem.page, bytes = (m->mem.top + 7) / 8;
	u64 blocks = (bytes + page - 1) / page, npages = count_pages(m);
	u8 *bits = calloc(2, (size_t)(blocks * page));
	struct f_buf d = { 0 }, sub = { 0 };
	u64 maps, desc, data;
	size_t row = 0;

	put_sub(m, &sub);
	maps = page + sub.n;
	desc = maps + blocks * 2 * page;
	data = desc + npages * 24;
	put_head(k, blocks * 2, (u32)(sub.n / page));
	if (!bits || sub.lost) {
		k->s->st = NTR_NOMEM;
		free(bits);
		return;
	}
	put(k, page, sub.p, sub.n);
	for (u64 p = 0; (p = f_mem_next(&m->mem, p, m->mem.top)) < m->mem.top; p++) {
		const u8 *src = f_mem_peek(&m->mem, p);
		size_t n = squeeze(k, src, (size_t)page);
		bits[p / 8] |= (u8)(1u << p % 8);
		f_buf_64(&d, row, data);
		f_buf_32(&d, row + 8, (u32)(n ? n : page));
		f_buf_32(&d, row + 12, n ? k->codec : 0);
		f_buf_64(&d, row + 16, 0);
		row += 24;
		put(k, data, n ? k->work : src, n ? n : (size_t)page);
		data += n ? n : page;
	}
	memcpy(bits + blocks * page, bits, (size_t)(blocks * page));
	put(k, maps, bits, (size_t)(blocks * 2 * page));
	put(k, desc, d.p, d.n);
	if (d.lost)
		k->s->st = NTR_NOMEM;
	free(bits);
	f_buf_fini(&d);
	f_buf_fini(&sub);
}

enum ntr_st f_out_kdump(struct f_mach *m, struct f_sink *s, u32 arg,
			struct ntr_err *e)
{
	struct kd k = { .m = m, .s = s, .codec = arg & 0xff,
			.flat = arg & FLAT };

	if (k.codec == 2 && lzo_init() != LZO_E_OK)
		return ntr_fail(e, NTR_UNSUP, "the LZO library does not start");
	k.work_len = (size_t)m->mem.page * 2 + 1024;
	k.work = malloc(k.work_len);
	k.lzo = calloc(1, LZO1X_1_MEM_COMPRESS);
	if (!k.work || !k.lzo) {
		free(k.work);
		free(k.lzo);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (k.flat)
		flat_start(&k);
	put_all(&k);
	flat_end(&k);
	free(k.work);
	free(k.lzo);
	return s->st;
}
