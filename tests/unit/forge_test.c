// SPDX-License-Identifier: Apache-2.0
/* The forged machine: memory, tables, objects, stacks. */
#include "forge_read.h"

/* --- NT 3.51: header, double fault, cycle ----------------------------------------- */

static void nt351_header(void)
{
	struct blob d = forge_fix("nt351-double-fault", NULL);

	CHECK(d.n == 0x1000 + (32u << 20));
	CHECK(d.n && !memcmp(d.p, "PAGEDUMP", 8));
	CHECK_EQ(at(&d, 0x08, 4), 0xf);
	CHECK_EQ(at(&d, 0x0c, 4), 1057);
	CHECK_EQ(at(&d, 0x20, 4), 0x14c);
	CHECK_EQ(at(&d, 0x24, 4), 1);
	CHECK_EQ(at(&d, 0x28, 4), 0x7f);
	CHECK_EQ(at(&d, 0x2c, 4), 8);
	CHECK_EQ(at(&d, 0x30, 4), 0);
	/* what NT 3.51 did not know */
	CHECK_EQ(at(&d, 0x5c, 4), 0x45474150);
	CHECK_EQ(at(&d, 0x60, 4), 0x45474150);
	CHECK_EQ(at(&d, 0xf88, 4), 0x45474150);
	CHECK_EQ(at(&d, 0xfc0, 8), 0x4547415045474150);
	CHECK_EQ(at(&d, 0x64, 4), 2);
	CHECK_EQ(at(&d, 0x68, 4), 8192);
	CHECK_EQ(at(&d, 0x6c, 4), 1);
	CHECK_EQ(at(&d, 0x70, 4) + at(&d, 0x78, 4), 8192);
	CHECK_EQ(at(&d, 0x74, 4), 0x100);
	CHECK_EQ(at(&d, 0x7d0, 4), 0x80000003);
	/* the self-map */
	CHECK_EQ(p32(&d, at(&d, 0x10, 4) + 0x300 * 4, 4) & 0xfffff003,
		 at(&d, 0x10, 4) | 3);
	free(d.p);
}

static void nt351_tss(void)
{
	struct blob d = forge_fix("nt351-double-fault", NULL);
	uint32_t pcr = 0xffdff000, gdt, idt, tss, df, thread, limit, base, esp, ebp;
	uint32_t n = 0, rets[4] = { 0 };

	CHECK_EQ(v86(&d, pcr + 0x1c, 4), pcr);
	CHECK_EQ(v86(&d, pcr + 0x20, 4), pcr + 0x120);
	CHECK_EQ(v86(&d, pcr + 0x24, 1), 2);
	idt = (uint32_t)v86(&d, pcr + 0x38, 4);
	gdt = (uint32_t)v86(&d, pcr + 0x3c, 4);
	tss = (uint32_t)v86(&d, pcr + 0x40, 4);
	CHECK_EQ(v86(&d, idt + 8 * 8 + 2, 2), 0x50);
	CHECK_EQ(v86(&d, idt + 8 * 8 + 5, 1), 0x85);
	CHECK_EQ(v86(&d, gdt + 0x2a, 3) | v86(&d, gdt + 0x2f, 1) << 24, tss);
	df = (uint32_t)(v86(&d, gdt + 0x52, 3) | v86(&d, gdt + 0x57, 1) << 24);
	CHECK_EQ(v86(&d, df, 2), 0x28);
	CHECK_EQ(v86(&d, df + 0x20, 4), at(&d, 0x320 + 0xb8, 4));
	thread = (uint32_t)v86(&d, pcr + 0x120 + 4, 4);
	limit = (uint32_t)v86(&d, thread + 0x1c, 4);
	base = (uint32_t)v86(&d, thread + 0x15c, 4);
	CHECK_EQ(base - limit, 12288);
	esp = (uint32_t)v86(&d, tss + 0x38, 4);
	ebp = (uint32_t)v86(&d, tss + 0x3c, 4);
	CHECK(esp < limit && esp > limit - 0x1000);
	CHECK(ebp >= limit && ebp < base);
	/* one round is four frames of 180 bytes together */
	while (ebp && n < 600) {
		uint32_t next = (uint32_t)v86(&d, ebp, 4);
		uint32_t ret = (uint32_t)v86(&d, ebp + 4, 4);
		if (n < 4)
			rets[n] = ret;
		if (n < 64 * 4 - 4)
			CHECK_EQ(ret, rets[n % 4]);
		if (ret) {
			CHECK_EQ(v86(&d, ret - 5, 1), 0xe8);
			/* the callee begins with push ebp */
			CHECK_EQ(v86(&d, ret + (uint32_t)v86(&d, ret - 4, 4), 1),
				 0x55);
		}
		CHECK(!next || (next > ebp && next < base));
		ebp = next;
		n++;
	}
	CHECK_EQ(n, 64 * 4 + 8);
	free(d.p);
}

static void nt351_modules(void)
{
	struct blob d = forge_fix("nt351-double-fault", NULL);
	uint32_t head = (uint32_t)at(&d, 0x18, 4), e, n = 0, pe;
	bool tcpip = false;

	for (e = (uint32_t)v86(&d, head, 4); e != head && n < 100;
	     e = (uint32_t)v86(&d, e, 4), n++) {
		uint32_t base = (uint32_t)v86(&d, e + 0x18, 4);
		uint32_t name = (uint32_t)v86(&d, e + 0x30, 4);
		CHECK_EQ(v86(&d, base, 2), 0x5a4d);
		if (n == 0)
			CHECK(wide_is(&d, name, "ntoskrnl.exe", false));
		if (n == 1)
			CHECK(wide_is(&d, name, "hal.dll", false));
		if (!wide_is(&d, name, "tcpip.sys", false))
			continue;
		tcpip = true;
		pe = base + (uint32_t)v86(&d, base + 0x3c, 4);
		CHECK_EQ(v86(&d, e + 0x20, 4), 123904);
		CHECK_EQ(v86(&d, pe + 4, 2), 0x14c);
		CHECK_EQ(v86(&d, pe + 8, 4), 830908800); /* 1996-05-01 */
		CHECK_EQ(v86(&d, pe + 24 + 56, 4), 123904);
	}
	CHECK_EQ(n, 20);
	CHECK(tcpip);
	free(d.p);
}

static void nt351_processes(void)
{
	struct blob d = forge_fix("nt351-double-fault", NULL);
	uint32_t head = (uint32_t)at(&d, 0x1c, 4), n = 0, system = 0;

	for (uint32_t l = (uint32_t)v86(&d, head, 4); l != head && n < 50;
	     l = (uint32_t)v86(&d, l, 4), n++) {
		uint32_t p = l - 0x98;
		CHECK_EQ(v86(&d, p, 1), 3);
		if (v86(&d, p + 0x94, 4) == 2) {
			system = p;
			CHECK_EQ(v86(&d, p + 0x1dc, 8), 0x006d6574737953);
			CHECK_EQ(v86(&d, p + 0x18, 4), at(&d, 0x10, 4));
		}
	}
	CHECK_EQ(n, 7);
	/* the crashing thread is System's */
	CHECK_EQ(v86(&d, (uint32_t)v86(&d, 0xffdff124, 4) + 0x40, 4), system);
	free(d.p);
}

/* --- x86 paging --------------------------------------------------------------------- */

static void pte_states(void)
{
	struct blob d = forge_fix("w2k-trap", "full");
	uint32_t raw;

	CHECK_EQ(x86_pa(&d, 0xe18ad000, &raw), 0);
	CHECK_EQ(raw, 0x01234080);
	CHECK_EQ(x86_pa(&d, 0xe18ae000, &raw), 0);
	CHECK_EQ(raw & 0xc01, 0x800);
	CHECK_EQ(p32(&d, raw & 0xfffff000, 8), 0xe18ae000);
	CHECK_EQ(x86_pa(&d, 0xe18af000, &raw), 0);
	CHECK_EQ(raw, 0x80);
	CHECK_EQ(x86_pa(&d, 0xe18b0000, &raw), 0);
	CHECK_EQ(raw & 0x401, 0x400);
	CHECK_EQ(0xe1000000 + ((raw >> 11 << 9) | (raw >> 1 & 0x7f) << 2),
		 0xe1004010);
	CHECK_EQ(v86(&d, 0xe1004010, 4) & 0x801, 0x800);
	CHECK_EQ(v86(&d, 0xe18b1008, 4), 0xe18b1008);
	free(d.p);
}

static void pae_tables(void)
{
	struct blob d = forge_fix("x86-2003-netbt", "full");
	uint64_t cr3 = at(&d, 0x10, 4), pd3, pde, pte;

	CHECK_EQ(at(&d, 0x5c, 1), 1);
	CHECK_EQ(cr3 & 0x1f, 0);
	/* KPCR at ffdff000 */
	pd3 = p32(&d, cr3 + 3 * 8, 8) & ~0xfffull;
	pde = p32(&d, pd3 + (0xffdff000u >> 21 & 0x1ff) * 8, 8);
	CHECK_EQ(pde & 0x81, 1);
	pte = p32(&d, (pde & ~0xfffull) + (0xffdff000u >> 12 & 0x1ff) * 8, 8);
	CHECK_EQ(p32(&d, (pte & ~0xfffull) + 0x1c, 4), 0xffdff000);
	/* self-map of the four directories */
	for (uint64_t i = 0; i < 4; i++)
		CHECK_EQ(p32(&d, pd3 + i * 8, 8) & ~0xfffull,
			 p32(&d, cr3 + i * 8, 8) & ~0xfffull);
	free(d.p);
}

/* --- x64: tables, KDBG, an unwinder of our own ---------------------------------------- */

struct un {
	uint64_t ip, sp, bp;
};

static uint64_t x64_image(const struct blob *d, uint64_t ip)
{
	uint64_t head = at(d, 0x20, 8), e = v64(d, head, 8);

	for (int n = 0; n < 64 && e != head; n++, e = v64(d, e, 8)) {
		uint64_t base = v64(d, e + 0x30, 8);
		if (ip - base < v64(d, e + 0x40, 4))
			return base;
	}
	return 0;
}

static bool x64_function(const struct blob *d, uint64_t base, uint32_t rva,
			 uint32_t *begin, uint64_t *info)
{
	uint64_t pe = base + v64(d, base + 0x3c, 4);
	uint64_t dir = pe + 24 + 112 + 3 * 8;
	uint64_t tab = base + v64(d, dir, 4), len = v64(d, dir + 4, 4);
	uint32_t last = 0;

	if (len > 0x4000)
		return false;
	for (uint64_t i = 0; i + 12 <= len; i += 12) {
		uint32_t b = (uint32_t)v64(d, tab + i, 4);
		CHECK(b >= last); /* sorted */
		last = b;
		if (rva < b || rva >= v64(d, tab + i + 4, 4))
			continue;
		*begin = b;
		*info = base + v64(d, tab + i + 8, 4);
		return true;
	}
	return false;
}

/* One frame out, by the documented codes. */
static bool x64_unwind(const struct blob *d, struct un *u, bool *trap)
{
	uint64_t base = x64_image(d, u->ip), info;
	uint32_t begin, off, i, n;
	uint8_t fp;

	*trap = false;
	if (!base || !x64_function(d, base, (uint32_t)(u->ip - base), &begin, &info))
		return false;
	off = (uint32_t)(u->ip - base) - begin;
	n = (uint32_t)v64(d, info + 2, 1);
	fp = (uint8_t)v64(d, info + 3, 1);
	for (i = 0; i < n; i++) {
		uint32_t at_ = (uint32_t)v64(d, info + 4 + i * 2, 1);
		uint32_t op = (uint32_t)v64(d, info + 5 + i * 2, 1);
		uint32_t arg = op >> 4, run = at_ <= off;
		switch (op & 15) {
		case 0:
			if (run && arg == 5)
				u->bp = v64(d, u->sp, 8);
			u->sp += run ? 8 : 0;
			break;
		case 1:
			i++;
			u->sp += run ? v64(d, info + 4 + i * 2, 2) * 8 : 0;
			break;
		case 2:
			u->sp += run ? arg * 8 + 8 : 0;
			break;
		case 3:
			CHECK_EQ(fp & 15, 5);
			u->sp = run ? u->bp - (fp >> 4) * 16u : u->sp;
			break;
		case 10:
			*trap = true;
			u->sp += arg * 8;
			u->ip = v64(d, u->sp, 8);
			u->sp = v64(d, u->sp + 24, 8);
			return true;
		default:
			CHECK(!"unwind code");
			return false;
		}
	}
	u->ip = v64(d, u->sp, 8);
	u->sp += 8;
	return u->ip != 0;
}

static struct un x64_context(const struct blob *d)
{
	return (struct un){ at(d, 0x348 + 0xf8, 8), at(d, 0x348 + 0x98, 8),
			    at(d, 0x348 + 0xa0, 8) };
}

static void x64_stack(void)
{
	struct blob d = forge_fix("x64-7-d1", NULL);
	struct un u = x64_context(&d);
	uint64_t p4 = at(&d, 0x58, 8);
	bool trap, seen = false;
	int n = 1, traps = 0;

	CHECK(d.n && !memcmp(d.p, "PAGEDU64", 8));
	CHECK_EQ(at(&d, 0x0c, 4), 7601);
	CHECK_EQ(at(&d, 0x34, 4), 4);
	CHECK_EQ(at(&d, 0x38, 4), 0xd1);
	CHECK_EQ(at(&d, 0x40, 8), 0x68);
	CHECK_EQ(p64(&d, at(&d, 0x10, 8) + 0x1ed * 8) & ~0xfffull,
		 at(&d, 0x10, 8));
	while (n < 50 && x64_unwind(&d, &u, &trap)) {
		n++;
		traps += trap;
		if (trap)
			seen = u.ip == p4;
		else
			CHECK(v64(&d, u.ip - 5, 1) == 0xe8 ||
			      v64(&d, u.ip - 2, 2) == 0xd0ff);
	}
	CHECK_EQ(n, 9);
	CHECK_EQ(traps, 1);
	CHECK(seen);
	free(d.p);
}

static void x64_kdbg(void)
{
	struct blob d = forge_fix("x64-7-d1", NULL);
	uint64_t k = at(&d, 0x80, 8), nt = v64(&d, k + 0x18, 8), prcb;

	CHECK_EQ(v64(&d, k + 0x10, 4), 0x4742444b);
	CHECK_EQ(v64(&d, k + 0x14, 4), 0x340);
	CHECK_EQ(v64(&d, nt, 2), 0x5a4d);
	CHECK_EQ(v64(&d, k + 0x48, 8), at(&d, 0x20, 8));
	CHECK_EQ(v64(&d, k + 0x50, 8), at(&d, 0x28, 8));
	CHECK_EQ(v64(&d, v64(&d, k + 0x88, 8), 8), 0xd1);
	CHECK_EQ(v64(&d, v64(&d, k + 0x88, 8) + 8, 8), 0x68);
	for (uint64_t i = 0; i < 4; i++) {
		prcb = v64(&d, v64(&d, k + 0x218, 8) + i * 8, 8);
		CHECK_EQ(v64(&d, prcb + 0x24, 4), i);
		CHECK_EQ(v64(&d, prcb - 0x180 + 0x18, 8), prcb - 0x180);
		CHECK(x64_image(&d, v64(&d, prcb + 0x40 + 0xe0 + 0xf8, 8)) != 0);
	}
	CHECK_EQ(v64(&d, k + 0x2bc, 2), 0x120);
	CHECK_EQ(v64(&d, k + 0x2b0, 2), 0x4d00);
	CHECK_EQ(v64(&d, k + 0x2a8, 2), 0x4d0);
	CHECK(wide_is(&d, 0xfffff78000000030, "C:\\Windows", true));
	CHECK_EQ(v64(&d, 0xfffff7800000026c, 4), 6);
	free(d.p);
}

static void x64_encoded(void)
{
	struct blob d = forge_str("machine x64 10\nmemory 32MiB\nkdbg encoded\nstop 0xe2\n", "full");
	uint64_t k = at(&d, 0x80, 8), head = at(&d, 0x20, 8);
	uint64_t nt = v64(&d, v64(&d, head, 8) + 0x30, 8), v[4] = { 0 }, w;
	uint64_t pe = nt + v64(&d, nt + 0x3c, 4);
	uint64_t ex = nt + v64(&d, pe + 24 + 112, 4);
	static const char *const want[4] = { "KdDebuggerDataBlock",
					     "KdpDataBlockEncoded",
					     "KiWaitAlways", "KiWaitNever" };

	for (uint64_t i = 0; i < v64(&d, ex + 24, 4); i++) {
		uint64_t name = nt + v64(&d, nt + v64(&d, ex + 32, 4) + i * 4, 4);
		uint64_t ord = v64(&d, nt + v64(&d, ex + 36, 4) + i * 2, 2);
		uint64_t va = nt + v64(&d, nt + v64(&d, ex + 28, 4) + ord * 4, 4);
		for (int k2 = 0; k2 < 4; k2++) {
			size_t c = 0;
			while (want[k2][c] && v64(&d, name + c, 1) == (uint8_t)want[k2][c])
				c++;
			if (!want[k2][c] && !v64(&d, name + c, 1))
				v[k2] = va;
		}
	}
	CHECK_EQ(v[0], k);
	CHECK_EQ(v64(&d, v[1], 1), 1);
	CHECK(v64(&d, k + 0x10, 4) != 0x4742444b);
	uint64_t never = v64(&d, v[3], 8), always = v64(&d, v[2], 8);
	w = v64(&d, k + 0x10, 8) ^ never;
	w = w << (never & 63) | w >> (64 - (never & 63));
	w = __builtin_bswap64(w ^ v[1]) ^ always;
	CHECK_EQ(w & 0xffffffff, 0x4742444b);
	CHECK_EQ(w >> 32, 0x380);
	free(d.p);
}

static void x64_double_fault(void)
{
	struct blob d = forge_fix("x64-10-double-fault", "full");
	struct un u = x64_context(&d);
	uint64_t kpcr = 0xfffff80446200000, tss = v64(&d, kpcr + 8, 8);
	uint64_t top = v64(&d, tss + 0x24, 8), thread, limit, base;
	bool trap;
	int n = 0, in = 0;

	CHECK_EQ(v64(&d, v64(&d, kpcr + 0x38, 8) + 8 * 16 + 4, 1), 1);
	thread = v64(&d, kpcr + 0x180 + 8, 8);
	limit = v64(&d, thread + 0x30, 8);
	base = v64(&d, thread + 0x38, 8);
	CHECK_EQ(base - limit, 0x6000);
	CHECK(v64(&d, top - 0x10, 8) < limit);
	CHECK_EQ(v64(&d, top - 0x10, 8), at(&d, 0x50, 8)); /* stop … sp */
	CHECK_EQ(at(&d, 0x48, 8), top - 0x190);            /* stop … trap */
	while (n < 300 && x64_unwind(&d, &u, &trap)) {
		n++;
		if (u.sp > limit && u.sp <= base)
			in++;
	}
	CHECK(in >= 120);
	CHECK(n >= 123);
	free(d.p);
}

static void waiting_thread(void)
{
	struct blob d = forge_fix("x64-2003-worker-queue", NULL);
	uint64_t head = at(&d, 0x28, 8), p = v64(&d, head, 8) - 0xe0, l, n = 0;
	uint64_t list = p + 0x70, waits = 0;

	CHECK_EQ(v64(&d, p + 0xd8, 8), 4);
	for (l = v64(&d, list, 8); l != list && n < 50; l = v64(&d, l, 8), n++) {
		uint64_t t = l - 0x2c0, ks = v64(&d, t + 0x38, 8);
		bool trap;
		struct un u;
		int frames = 1;
		if (v64(&d, t + 0x154, 1) != 5)
			continue;
		waits++;
		u = (struct un){ v64(&d, ks + 0x38, 8), ks + 0x40,
				 v64(&d, ks + 0x30, 8) };
		while (frames < 40 && x64_unwind(&d, &u, &trap))
			frames++;
		CHECK_EQ(frames, 7); /* KiSwapContext and the six */
	}
	CHECK_EQ(waits, 2);
	free(d.p);
}

int main(void)
{
	RUN(nt351_header);
	RUN(nt351_tss);
	RUN(nt351_modules);
	RUN(nt351_processes);
	RUN(pte_states);
	RUN(pae_tables);
	RUN(x64_stack);
	RUN(x64_kdbg);
	RUN(x64_encoded);
	RUN(x64_double_fault);
	RUN(waiting_thread);
	return test_done();
}
