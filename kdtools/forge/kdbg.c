// SPDX-License-Identifier: Apache-2.0
/*
 * KDDEBUGGER_DATA64 and DBGKD_GET_VERSION64.  Entries are addresses of the
 * kernel's variables except where the comment says value; on 32-bit targets
 * they are sign-extended.  Variables that this machine does not model get an
 * address in one zeroed area, as a zero variable of the kernel would have.
 *
 * Encoded form (x64 from Windows 8): each quadword is stored so that
 *   w ^= never; w = rol(w, never & 63); w ^= key address; w = bswap(w);
 *   w ^= always
 * gives it back.
 */
#include "mach.h"

#include <endian.h>
#include <string.h>

void f_kdbg_alloc(struct f_mach *m)
{
	if (!m->p->kdbg_size || !m->s->kdbg)
		return;
	m->kdbg = f_img_data(&m->img, &m->mem, 0, 0x400, 16);
	m->kdbg_list = f_img_data(&m->img, &m->mem, 0, 16, 16);
	m->kd_key = f_img_data(&m->img, &m->mem, 0, 16, 16);
	m->kd_never = f_img_data(&m->img, &m->mem, 0, 8, 16);
	m->kd_always = f_img_data(&m->img, &m->mem, 0, 8, 16);
	if (m->p->build >= 9200) {
		f_img_export(&m->img, 0, "KiWaitNever", m->kd_never);
		f_img_export(&m->img, 0, "KiWaitAlways", m->kd_always);
		f_img_export(&m->img, 0, "KdpDataBlockEncoded", m->kd_key);
		f_img_export(&m->img, 0, "KdDebuggerDataBlock", m->kdbg);
	}
}

struct row {
	u16 off;
	u64 v;
};

static void put_addresses(const struct f_mach *m, struct f_buf *b)
{
	const struct row rows[] = {
		{ 0x48, m->mod_head },   { 0x50, m->proc_head },
		{ 0x88, m->bugdata },    { 0xc0, m->pfn_db },
		{ 0x218, m->blocks },    { 0x220, m->unl_ptr },
		{ 0x228, m->unl_last },  { 0x270, m->phys_block },
		{ 0x60, m->res_head },   { 0x98, m->ob_root },
		{ 0xa0, m->ob_type },    { 0x58, m->cid_table },
	};
	static const u16 zero[] = {
		0x58, 0x60, 0x68, 0x70, 0x78, 0x80, 0x90, 0x98, 0xa0, 0xa8,
		0xb0, 0xb8, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8, 0x100,
		0x108, 0x110, 0x118, 0x120, 0x128, 0x130, 0x138, 0x140, 0x148,
		0x150, 0x158, 0x160, 0x168, 0x170, 0x178, 0x180, 0x188, 0x190,
		0x198, 0x1a0, 0x1a8, 0x1b0, 0x1b8, 0x1c0, 0x1c8, 0x1d0, 0x1d8,
		0x1e0, 0x1e8, 0x1f0, 0x1f8, 0x200, 0x208, 0x230, 0x238, 0x240,
		0x248, 0x250, 0x258, 0x260, 0x268, 0x278, 0x280, 0x288, 0x290,
		0x2c8, 0x2d0, 0x2d8, 0x308, 0x310, 0x318, 0x320, 0x328, 0x330,
	};

	for (size_t i = 0; i < NTR_COUNT(zero); i++)
		f_buf_64(b, zero[i], f_ext(m, m->vars + i * 8));
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (rows[i].v)
			f_buf_64(b, rows[i].off, f_ext(m, rows[i].v));
	for (size_t i = 0; i < m->npool_kdbg; i++)
		f_buf_64(b, m->pool_kdbg[i].off, f_ext(m, m->pool_kdbg[i].va));
}

static void put16(struct f_buf *b, size_t off, u16 v)
{
	f_buf_16(b, off, v == F_NO ? 0 : v);
}

/* Values, not addresses: 2003 and later. */
static void put_offsets(const struct f_mach *m, struct f_buf *b)
{
	const struct f_off *o = m->p->off;

	put16(b, 0x298, o->kt_next_cpu);
	put16(b, 0x29a, o->teb);
	put16(b, 0x29c, o->kt_kstack);
	put16(b, 0x29e, o->kt_init);
	put16(b, 0x2a0, o->kt_apc_process);
	put16(b, 0x2a2, o->kt_state);
	put16(b, 0x2a8, o->ep_size);
	put16(b, 0x2aa, o->ep_peb);
	put16(b, 0x2ac, o->ep_parent);
	put16(b, 0x2ae, o->kp_dtb);
	put16(b, 0x2b0, o->pb_size);
	put16(b, 0x2b2, o->pb_dpc_active);
	put16(b, 0x2b4, o->pb_cur);
	put16(b, 0x2b6, o->pb_mhz);
	put16(b, 0x2b8, o->pb_cpu_type);
	put16(b, 0x2ba, o->pb_vendor);
	put16(b, 0x2bc, (u16)(o->pb_state + o->pb_ctx_in_state));
	put16(b, 0x2be, o->pb_number);
	put16(b, 0x2c0, o->et_size);
	put16(b, 0x2e0, o->pcr_size);
	put16(b, 0x2e2, m->p->arch == F_X86 ? 0x1c : 0x18);
	put16(b, 0x2e4, 0x20);
	put16(b, 0x2e6, o->pcr_prcb);
	put16(b, 0x2f2, (u16)(o->pb_state + o->pb_sr_in_state));
	if (m->p->arch == F_X86) {
		static const u16 sel[9] = { 8, 0x10, 0x30, 0x1b, 0x23, 0x3b,
					    0x48, 0x28, 0 };
		for (size_t i = 0; i < 9; i++)
			put16(b, 0x2f4 + i * 2, sel[i]);
	} else if (m->p->arch == F_X64) {
		static const u16 sel[10] = { 0x10, 0x18, 0, 0x33, 0x2b, 0x53,
					     0, 0x40, 0x23, 0x53 };
		for (size_t i = 0; i < 10; i++)
			put16(b, 0x2f4 + i * 2, sel[i]);
	}
}

static void put_late(const struct f_mach *m, struct f_buf *b)
{
	const struct f_off *o = m->p->off;

	put16(b, 0x338, o->pb_ctx_ptr);
	f_buf_32(b, 0x340, o->kt_limit);
	f_buf_32(b, 0x344, o->kt_base);
	f_buf_32(b, 0x34c, o->et_irps);
	put16(b, 0x350, (u16)(o->pb_cur + 16));
	put16(b, 0x354, o->pb_dpc_stack);
	put16(b, 0x356, o->pb_isr_stack);
	put16(b, 0x35c, o->kt_reason);
	f_buf_64(b, 0x360, m->p->pte_base);
}

size_t f_kdbg_bytes(const struct f_mach *m, struct f_buf *b)
{
	size_t n = m->p->kdbg_size;

	if (!m->kdbg)
		return 0;
	f_buf_zero(b, 0, 0x400);
	if (f_prof_64(m->p)) {
		f_buf_64(b, 0, m->kdbg_list);
		f_buf_64(b, 8, m->kdbg_list);
	} else { /* a 32-bit LIST_ENTRY in the place of a 64-bit one */
		f_buf_32(b, 0, (u32)m->kdbg_list);
		f_buf_32(b, 4, (u32)m->kdbg_list);
	}
	f_buf_put(b, 0x10, "KDBG", 4);
	f_buf_32(b, 0x14, (u32)n);
	f_buf_64(b, 0x18, f_ext(m, m->img.mods.v[0].base));
	put16(b, 0x36, m->mem.pae);
	put_addresses(m, b);
	if (m->p->build >= 3790)
		put_offsets(m, b);
	if (m->p->build >= 7600)
		put_late(m, b);
	f_buf_zero(b, n, 0x400 - n);
	b->n = n;
	return b->lost ? 0 : n;
}

static u64 encode(u64 w, u64 never, u64 always, u64 key)
{
	unsigned r = never & 63;

	w = __builtin_bswap64(w ^ always) ^ key;
	w = r ? w >> r | w << (64 - r) : w;
	return w ^ never;
}

static void encode_all(const struct f_mach *m, struct f_buf *b)
{
	u64 never = 0x70db3fa45c9e1126, always = 0x005f21c88e4d90b3, w;

	for (size_t i = 0; i + 8 <= b->n; i += 8) {
		memcpy(&w, b->p + i, 8);
		f_buf_64(b, i, encode(le64toh(w), never, always, m->kd_key));
	}
}

static void put_version_block(struct f_mach *m)
{
	struct f_mem *q = &m->mem;
	u64 at = m->version;

	f_put16(q, at, 0xf);
	f_put16(q, at + 2, m->p->build);
	f_put8(q, at + 4, 6);
	f_put16(q, at + 6, (u16)((m->ncpus > 1 ? 1 : 0) | 2 |
				 (f_prof_64(m->p) ? 4 : 0)));
	f_put16(q, at + 8, m->p->machine);
	f_put8(q, at + 0xa, 0xc);
	f_put64(q, at + 0x10, f_ext(m, m->img.mods.v[0].base));
	f_put64(q, at + 0x18, f_ext(m, m->mod_head));
	f_put64(q, at + 0x20, m->kdbg_list ? f_ext(m, m->kdbg_list) : 0);
}

void f_kdbg_write(struct f_mach *m)
{
	struct f_buf b = { 0 };

	if (m->p->build >= 2600)
		put_version_block(m);
	if (!f_kdbg_bytes(m, &b)) {
		f_buf_fini(&b);
		return;
	}
	/* List: DebuggerDataList → the block, both ways */
	f_putp(&m->mem, m->kdbg_list, m->kdbg);
	f_putp(&m->mem, m->kdbg_list + f_prof_ptr(m->p), m->kdbg);
	f_put64(&m->mem, m->kd_never, 0x70db3fa45c9e1126);
	f_put64(&m->mem, m->kd_always, 0x005f21c88e4d90b3);
	f_put8(&m->mem, m->kd_key, m->s->kdbg == 2);
	if (m->s->kdbg == 2)
		encode_all(m, &b);
	f_put(&m->mem, m->kdbg, b.p, b.n);
	f_buf_fini(&b);
}
