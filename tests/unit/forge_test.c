// SPDX-License-Identifier: Apache-2.0
/*
 * forge, read back by readers written here from the format documents with
 * literal offsets: nothing below comes from kdtools/forge but forge.h.  Where
 * another program can judge (readelf, llvm-readobj) it is asked.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "../../kdtools/forge/forge.h"
#include "test.h"

/* --- bytes ------------------------------------------------------------------- */

struct blob {
	uint8_t *p;
	size_t n;
};

static uint64_t rd(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static uint64_t at(const struct blob *b, size_t off, size_t n)
{
	return off + n <= b->n ? rd(b->p + off, n) : 0xdeaddeaddeaddeadull;
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, 1 << 20);
	size_t n = f && s ? fread(s, 1, (1 << 20) - 1, f) : 0;

	if (f)
		fclose(f);
	if (!n) {
		free(s);
		return NULL;
	}
	return s;
}

static char *fixture(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/fixtures/%s.forge", name);
	return slurp(path);
}

static struct blob forge_str(const char *text, const char *container)
{
	struct blob b = { 0 };
	struct ntr_err e = { { 0 } };
	enum ntr_st st = forge_text(text, "test", container, 160u << 20, &b.p,
				    &b.n, NULL, &e);

	CHECK_STR(st ? e.msg : "", "");
	return b;
}

static struct blob forge_fix(const char *name, const char *container)
{
	char *t = fixture(name);
	struct blob b = { 0 };

	CHECK(t != NULL);
	if (t)
		b = forge_str(t, container);
	free(t);
	return b;
}

/* --- physical and virtual memory of a full dump -------------------------------- */

static size_t phys32(const struct blob *d, uint64_t pa, size_t start, unsigned shift)
{
	size_t off = start;

	for (uint64_t i = 0; i < at(d, 0x64, 4); i++) {
		uint64_t pfn = at(d, 0x6c + i * 8, 4), n = at(d, 0x70 + i * 8, 4);
		if ((pa >> shift) - pfn < n)
			return off + (size_t)(pa - (pfn << shift));
		off += (size_t)(n << shift);
	}
	return SIZE_MAX;
}

static size_t phys64(const struct blob *d, uint64_t pa)
{
	size_t off = 0x2000;

	for (uint64_t i = 0; i < at(d, 0x88, 4); i++) {
		uint64_t pfn = at(d, 0x98 + i * 16, 8), n = at(d, 0xa0 + i * 16, 8);
		if ((pa >> 12) - pfn < n)
			return off + (size_t)(pa - (pfn << 12));
		off += (size_t)(n << 12);
	}
	return SIZE_MAX;
}

static uint64_t p32(const struct blob *d, uint64_t pa, size_t n)
{
	size_t o = phys32(d, pa, 0x1000, 12);

	return o == SIZE_MAX ? 0 : at(d, o, n);
}

static uint64_t p64(const struct blob *d, uint64_t pa)
{
	size_t o = phys64(d, pa);

	return o == SIZE_MAX ? 0 : at(d, o, 8);
}

/* x86 without PAE; *raw: the last entry. 0 = not valid. */
static uint64_t x86_pa(const struct blob *d, uint32_t va, uint32_t *raw)
{
	uint64_t dtb = at(d, 0x10, 4) & 0xfffff000;
	uint32_t e = (uint32_t)p32(d, dtb + (va >> 22) * 4, 4);

	*raw = e;
	if (!(e & 1))
		return 0;
	if (e & 0x80)
		return (e & 0xffc00000) | (va & 0x3fffff);
	e = (uint32_t)p32(d, (e & 0xfffff000) + (va >> 12 & 0x3ff) * 4, 4);
	*raw = e;
	return e & 1 ? (e & 0xfffff000) | (va & 0xfff) : 0;
}

static uint64_t v86(const struct blob *d, uint32_t va, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t raw;
		uint64_t pa = x86_pa(d, va + (uint32_t)i, &raw);
		v |= (pa ? p32(d, pa, 1) : 0) << 8 * i;
	}
	return v;
}

static uint64_t x64_pa(const struct blob *d, uint64_t va)
{
	uint64_t t = at(d, 0x10, 8) & 0xffffffffff000;

	for (int s = 39; s >= 12; s -= 9) {
		uint64_t e = p64(d, t + (va >> s & 0x1ff) * 8);
		if (!(e & 1))
			return 0;
		t = e & 0xffffffffff000;
		if (s == 21 && (e & 0x80))
			return (e & 0xfffffffe00000) | (va & 0x1fffff);
	}
	return t | (va & 0xfff);
}

static uint64_t v64(const struct blob *d, uint64_t va, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t pa = x64_pa(d, va + i);
		size_t o = pa ? phys64(d, pa) : SIZE_MAX;
		v |= (o == SIZE_MAX ? 0 : at(d, o, 1)) << 8 * i;
	}
	return v;
}

static bool wide_is(const struct blob *d, uint64_t va, const char *s, bool x64)
{
	for (size_t i = 0; s[i]; i++)
		if ((x64 ? v64(d, va + i * 2, 2)
			 : v86(d, (uint32_t)(va + i * 2), 2)) != (uint8_t)s[i])
			return false;
	return true;
}

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

/* --- kernel summary and bitmap forms ---------------------------------------------------- */

static uint64_t popcount(const struct blob *d, size_t off, uint64_t bits)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < bits; i++)
		n += d->p[off + i / 8] >> i % 8 & 1;
	return n;
}

static void kernel_forms(void)
{
	struct blob b = forge_fix("w2k-trap", "kernel");
	struct blob c = forge_fix("x64-2003-worker-queue", "kernel");
	struct blob a = forge_fix("x64-10-double-fault", "bitmap-kernel");
	struct blob f = forge_fix("x64-10-double-fault", "bitmap-full");

	CHECK_EQ(at(&b, 0xf88, 4), 2);
	CHECK(!memcmp(b.p + 0x1000, "SDMPDUMP", 8));
	CHECK_EQ(popcount(&b, 0x1020, at(&b, 0x1010, 4)), at(&b, 0x1014, 4));
	CHECK_EQ(at(&b, 0x1018, 4), at(&b, 0x1010, 4));
	CHECK_EQ(b.n, at(&b, 0x100c, 4) + at(&b, 0x1014, 4) * 4096);

	CHECK_EQ(at(&c, 0xf98, 4), 2);
	CHECK_EQ(popcount(&c, 0x2028, at(&c, 0x2010, 4)), at(&c, 0x2014, 4));
	CHECK_EQ(c.n, at(&c, 0x200c, 4) + at(&c, 0x2014, 4) * 4096);

	CHECK_EQ(at(&a, 0xf98, 4), 6);
	CHECK(!memcmp(a.p + 0x2000, "SDMPDUMP", 8));
	CHECK_EQ(popcount(&a, 0x2038, at(&a, 0x2030, 8)), at(&a, 0x2028, 8));
	CHECK_EQ(a.n, at(&a, 0x2020, 8) + at(&a, 0x2028, 8) * 4096);

	CHECK_EQ(at(&f, 0xf98, 4), 5);
	CHECK(!memcmp(f.p + 0x2000, "FDMPDUMP", 8));
	CHECK_EQ(at(&f, 0x2028, 8), (128u << 20) / 4096);
	CHECK_EQ(popcount(&f, 0x2038, at(&f, 0x2030, 8)), at(&f, 0x2028, 8));
	CHECK_EQ(f.n, at(&f, 0x2020, 8) + (128u << 20));
	free(a.p);
	free(b.p);
	free(c.p);
	free(f.p);
}

/* The page a kernel dump has for a PFN is the full dump's. */
static void kernel_pages_agree(void)
{
	struct blob k = forge_fix("w2k-trap", "kernel");
	struct blob f = forge_fix("w2k-trap", "full");
	uint64_t bits = at(&k, 0x1010, 4), n = 0;
	size_t off = (size_t)at(&k, 0x100c, 4);

	for (uint64_t i = 0; i < bits; i++) {
		size_t o = phys32(&f, i << 12, 0x1000, 12);
		if (!(k.p[0x1020 + i / 8] >> i % 8 & 1))
			continue;
		CHECK(o != SIZE_MAX && !memcmp(f.p + o, k.p + off, 4096));
		off += 4096;
		n++;
	}
	CHECK(n > 30);
	free(k.p);
	free(f.p);
}

static void range_dumps(void)
{
	static const char *const kind[3] = { "rdmp-k", "rdmp-ka", "rdmp-f" };

	for (unsigned i = 0; i < 3; i++) {
		struct blob d = forge_fix("x64-7-d1", kind[i]);
		uint64_t first = at(&d, 0x2018, 8), pages = 0;
		CHECK_EQ(at(&d, 0xf98, 4), 8 + i);
		CHECK(!memcmp(d.p + 0x2000, "\x40\0\0\0RDMPDUMP", 12));
		CHECK_EQ(first - 0x2040, at(&d, 0x2010, 8) - 0x20);
		for (size_t o = 0x2030; at(&d, o, 8); o += 16)
			pages += at(&d, o + 8, 8);
		CHECK_EQ(d.n, first + pages * 4096);
		if (i == 2)
			CHECK_EQ(at(&d, 0x2028, 8), pages);
		free(d.p);
	}
}

/* --- triage --------------------------------------------------------------------------------- */

/* Virtual memory of a 64-bit triage dump, by its data blocks. */
static size_t block_of(const struct blob *d, uint64_t va)
{
	size_t list = (size_t)at(d, 0x2078, 4);

	for (uint64_t i = 0; i < at(d, 0x207c, 4); i++) {
		size_t r = list + (size_t)i * 16;
		if (va - at(d, r, 8) < at(d, r + 12, 4))
			return (size_t)(at(d, r + 8, 4) + (va - at(d, r, 8)));
	}
	return SIZE_MAX;
}

static void triage64(void)
{
	struct blob d = forge_fix("x64-10-7e", NULL);
	size_t end = (size_t)at(&d, 0x2004, 4), drv = (size_t)at(&d, 0x2030, 4), o;

	CHECK_EQ(at(&d, 0xf98, 4), 4);
	CHECK_EQ(at(&d, 0x38, 4), 0x1000007e);
	CHECK_EQ(at(&d, 0x88, 4), 0x45474150);
	CHECK_EQ(at(&d, at(&d, 0x2008, 4), 4), 0x44475254);
	CHECK_EQ(at(&d, 0x200c, 4), 0x348);
	CHECK_EQ(at(&d, 0x2010, 4), 0xf00);
	CHECK_EQ(at(&d, 0x2034, 4), 5);
	CHECK_EQ(at(&d, 0x2048, 8), at(&d, 0x348 + 0x98, 8));
	CHECK_EQ(at(&d, at(&d, 0x2070, 4) + 0x10, 4), 0x4742444b);
	CHECK_EQ(at(&d, 0x2074, 4), 0x380);
	/* third driver: amdppm */
	CHECK_EQ(at(&d, drv + 2 * 0x90 + 0x38, 8), 0xfffff8044b580000);
	CHECK_EQ(at(&d, drv + 2 * 0x90 + 0x48, 4), 0x43000);
	CHECK_EQ(at(&d, drv + 2 * 0x90 + 0x88, 4), 0x6a2c1b7d);
	o = (size_t)at(&d, drv + 2 * 0x90, 4);
	CHECK_EQ(at(&d, o, 4), strlen("\\SystemRoot\\System32\\drivers\\amdppm.sys"));
	CHECK_EQ(at(&d, o + 4, 2), '\\');
	/* unloaded */
	o = (size_t)at(&d, 0x2018, 4);
	CHECK_EQ(at(&d, o, 4), 2);
	CHECK_EQ(at(&d, o + 8, 2), 34);
	CHECK_EQ(at(&d, o + 8 + 0x28, 8), 0xfffff80449000000);
	/* P2 is the context's rip; record and context are in data blocks */
	CHECK_EQ(at(&d, 0x48, 8), 0xfffff8044b58334c);
	o = block_of(&d, at(&d, 0x58, 8));
	CHECK_EQ(at(&d, o + 0xf8, 8), 0xfffff8044b58334c);
	o = block_of(&d, at(&d, 0x50, 8));
	CHECK_EQ(at(&d, o, 4), 0xc0000005);
	CHECK_EQ(at(&d, o + 0x20, 8), 1);
	/* blobs behind it */
	CHECK(!memcmp(d.p + end, "DumpBlob", 8));
	o = end + 0x10;
	CHECK_EQ(at(&d, o + 4, 4), 0xda82441d);
	CHECK_EQ(at(&d, o + 0x14, 4), 8);
	o += 0x28;
	CHECK_EQ(d.n, o + 0x20 + 64);
	free(d.p);
}

static void triage32(void)
{
	struct blob d = forge_fix("xp-8e", NULL);
	size_t drv = (size_t)at(&d, 0x1030, 4), o, list;
	uint64_t trap = at(&d, 0x34, 4);
	bool found = false;

	CHECK_EQ(d.n, 0x10000);
	CHECK_EQ(at(&d, 0xf88, 4), 4);
	CHECK_EQ(at(&d, 0x28, 4), 0x1000008e);
	CHECK_EQ(at(&d, at(&d, 0x1008, 4), 4), 0x44475254);
	CHECK_EQ(at(&d, 0x1034, 4), 5);
	CHECK_EQ(at(&d, 0x1048, 4), at(&d, 0x320 + 0xc4, 4));
	CHECK_EQ(at(&d, drv + 0x1c, 4), 0x804d7000);
	CHECK_EQ(at(&d, drv + 4 * 0x4c + 0x24, 4), 0x3180);
	o = (size_t)at(&d, drv + 4 * 0x4c, 4);
	CHECK_EQ(at(&d, o, 4), strlen("hookdrv.sys"));
	o = (size_t)at(&d, 0x1040, 4);
	CHECK_EQ(at(&d, o, 4), strlen("hookdrv.sys"));
	o = (size_t)at(&d, 0x1018, 4);
	CHECK_EQ(at(&d, o, 4), 2);
	CHECK_EQ(at(&d, o + 4 + 0x28 + 0x20, 4), 0xf7900000);
	/* the trap frame (P3) lies in the stored stack */
	o = (size_t)(at(&d, 0x1028, 4) + trap - at(&d, 0x1048, 4));
	CHECK_EQ(at(&d, o + 0x68, 4), at(&d, 0x30, 4));
	CHECK_EQ(at(&d, o + 8, 4), 0xbadb0d00);
	list = (size_t)at(&d, 0x1060, 4);
	for (uint64_t i = 0; i < at(&d, 0x1064, 4); i++) {
		size_t r = list + (size_t)i * 12;
		CHECK(at(&d, r + 4, 4) + at(&d, r + 8, 4) <= d.n);
		found |= at(&d, 0x30, 4) - at(&d, r, 4) < at(&d, r + 8, 4);
	}
	CHECK(found);
	free(d.p);
}

static void triage_w2k(void)
{
	struct blob d = forge_fix("w2k-trap", "triage");

	CHECK_EQ(d.n, 0x10000);
	CHECK_EQ(at(&d, 0x1008, 4), 0xfffc);
	CHECK_EQ(at(&d, 0xfffc, 4), 0x44475254);
	/* the fields that came with XP SP1 are another item's bytes: the
	 * first item starts before them */
	CHECK_EQ(at(&d, 0x1014, 4), 0x1058);
	CHECK_EQ(at(&d, 0x1054, 4), 0x1000);
	CHECK_EQ(at(&d, 0x1050, 4) % 8, 0);
	free(d.p);
}

/* --- other machines --------------------------------------------------------------------------- */

static void arm64_stack(void)
{
	struct blob d = forge_fix("arm64-11", NULL);
	uint64_t pc = at(&d, 0x348 + 0x108, 8), sp = at(&d, 0x348 + 0x100, 8);
	uint64_t lr = at(&d, 0x348 + 0xf8, 8), fp = at(&d, 0x348 + 0xf0, 8);
	size_t stack = (size_t)at(&d, 0x2028, 4), o;
	int n = 1;

	CHECK_EQ(at(&d, 0x30, 4), 0xaa64);
	CHECK_EQ(at(&d, 0x348, 4) & 0x400000, 0x400000);
	CHECK_EQ(at(&d, 0x2048, 8), sp);
	CHECK(pc != 0);
	for (; lr && n < 20; n++) {
		o = block_of(&d, lr - 4);
		CHECK(o != SIZE_MAX);
		CHECK_EQ(at(&d, o, 4) & 0xfc000000, 0x94000000);
		if (!fp)
			break;
		lr = at(&d, stack + (size_t)(fp - sp) + 8, 8);
		fp = at(&d, stack + (size_t)(fp - sp), 8);
	}
	CHECK_EQ(n, 5);
	free(d.p);
}

static void alpha_full(void)
{
	struct blob d = forge_fix("alpha-nt4", NULL);
	uint64_t head = at(&d, 0x18, 4), root, o;

	CHECK_EQ(d.n, 0x2000 + (32u << 20));
	CHECK_EQ(at(&d, 0x20, 4), 0x184);
	CHECK_EQ(at(&d, 0x68, 4), 4096);
	CHECK_EQ(at(&d, 0x320 + 0x21c, 4) & 0x20000, 0x20000);
	CHECK_EQ(at(&d, 0x320 + 0x210, 8) >> 32, 0xffffffff);
	/* KSEG0: the list head is read without tables */
	o = phys32(&d, head - 0x80000000, 0x2000, 13);
	CHECK(at(&d, o, 4) > 0x80000000);
	/* the page table root maps itself at slot C0 */
	root = at(&d, 0x10, 4) >> 9;
	o = phys32(&d, (root << 13) + 0xc0 * 4, 0x2000, 13);
	CHECK_EQ(at(&d, o, 4) >> 9, root);
	free(d.p);
}

static void ia64_triage(void)
{
	struct blob d = forge_fix("ia64-2003", NULL);

	CHECK_EQ(at(&d, 0x30, 4), 0x200);
	CHECK_EQ(at(&d, 0x34, 4), 4);
	CHECK_EQ(at(&d, 0x38, 4), 0xd1);
	CHECK_EQ(at(&d, 0x348 + 0xa18, 8) >> 60, 0xe);
	CHECK_EQ(at(&d, 0x348 + 0x8d0, 8), at(&d, 0x2048, 8));
	CHECK_EQ(at(&d, at(&d, 0x2008, 4), 4), 0x44475254);
	free(d.p);
}

/* --- images without NT's header ------------------------------------------------------------------ */

static void raw_and_lime(void)
{
	struct blob f = forge_fix("x64-7-d1", "full");
	struct blob r = forge_fix("x64-7-d1", "raw");
	struct blob l = forge_fix("x64-7-d1", "lime");
	size_t o = 0, ranges = 0;

	for (uint64_t i = 0; i < at(&f, 0x88, 4); i++) {
		uint64_t pfn = at(&f, 0x98 + i * 16, 8), n = at(&f, 0xa0 + i * 16, 8);
		CHECK_EQ(at(&l, o, 4), 0x4c694d45);
		CHECK_EQ(at(&l, o + 4, 4), 1);
		CHECK_EQ(at(&l, o + 8, 8), pfn << 12);
		CHECK_EQ(at(&l, o + 16, 8), ((pfn + n) << 12) - 1);
		CHECK(!memcmp(l.p + o + 32, f.p + phys64(&f, pfn << 12), n << 12));
		CHECK(!memcmp(r.p + (pfn << 12), l.p + o + 32, n << 12));
		o += 32 + (n << 12);
		ranges++;
	}
	CHECK_EQ(o, l.n);
	CHECK(ranges >= 2);
	free(f.p);
	free(r.p);
	free(l.p);
}

static const char *tool(const char *a, const char *b)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", a);
	if (!system(cmd))
		return a;
	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", b);
	return system(cmd) ? NULL : b;
}

static char *run(const char *cmd)
{
	FILE *f = popen(cmd, "r");
	char *s = calloc(1, 1 << 18);
	size_t n = f && s ? fread(s, 1, (1 << 18) - 1, f) : 0;

	if (f)
		pclose(f);
	if (s)
		s[n] = 0;
	return s;
}

static void temp_name(char *out, size_t size, const char *name)
{
	const char *b = getenv("B");

	snprintf(out, size, "%s/forge-test-%d-%s", b ? b : "/tmp", (int)getpid(),
		 name);
}

static void save(const char *path, const struct blob *d)
{
	FILE *f = fopen(path, "wb");

	CHECK(f && fwrite(d->p, 1, d->n, f) == d->n);
	if (f)
		fclose(f);
}

static void elf_readelf(void)
{
	char path[256], cmd[400];
	struct blob d;
	char *s;

	if (!tool("readelf", "llvm-readelf"))
		SKIP("no readelf");
	d = forge_fix("x64-7-d1", "elf-qemu-vmcoreinfo");
	temp_name(path, sizeof(path), "elf");
	save(path, &d);
	snprintf(cmd, sizeof(cmd), "LC_ALL=C readelf -h -l -n %s 2>&1", path);
	s = run(cmd);
	CHECK_HAS(s, "CORE (Core file)");
	CHECK_HAS(s, "Advanced Micro Devices X86-64");
	CHECK_HAS(s, "0x0000000000000000 0x0000000000001000"); /* LOAD at 4 KiB */
	CHECK_HAS(s, "QEMU");
	CHECK_HAS(s, "VMCOREINFO");
	CHECK(!strstr(s, "Warning") && !strstr(s, "Error"));
	unlink(path);
	free(s);
	free(d.p);
}

static void elf_notes(void)
{
	struct blob d = forge_fix("x64-7-d1", "elf-qemu");
	size_t o = (size_t)at(&d, 64 + 8, 8), end = o + (size_t)at(&d, 64 + 32, 8);
	struct blob f = forge_fix("x64-7-d1", "full");
	int qemu = 0, core = 0;

	while (o < end) {
		size_t name = (size_t)at(&d, o, 4), len = (size_t)at(&d, o + 4, 4);
		size_t desc = o + 12 + (name + 3) / 4 * 4;
		if (!memcmp(d.p + o + 12, "QEMU", 5)) {
			CHECK_EQ(len, 440);
			CHECK_EQ(at(&d, desc, 4), 1);
			CHECK_EQ(at(&d, desc + 4, 4), 440);
			if (!qemu++) {
				CHECK_EQ(at(&d, desc + 0x1a0, 8), at(&f, 0x10, 8));
				CHECK_EQ(at(&d, desc + 0x88, 8), at(&f, 0x348 + 0xf8, 8));
				CHECK_EQ(at(&d, desc + 0x38, 8), at(&f, 0x348 + 0x98, 8));
			}
		} else {
			CHECK_EQ(len, 336);
			CHECK_EQ(at(&d, o + 8, 4), 1);
			if (!core++)
				CHECK_EQ(at(&d, desc + 112 + 16 * 8, 8),
					 at(&f, 0x348 + 0xf8, 8));
		}
		o = desc + (len + 3) / 4 * 4;
	}
	CHECK_EQ(qemu, 4);
	CHECK_EQ(core, 4);
	free(d.p);
	free(f.p);
}

/* A flattened file put together again. */
static struct blob unflatten(const struct blob *d)
{
	struct blob r = { calloc(1, 64u << 20), 0 };
	size_t o = 4096;

	CHECK(!memcmp(d->p, "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 32));
	while (o + 16 <= d->n) {
		uint64_t off = __builtin_bswap64(rd(d->p + o, 8));
		uint64_t len = __builtin_bswap64(rd(d->p + o + 8, 8));
		if (off == UINT64_MAX)
			break;
		if (off + len > 64u << 20 || o + 16 + len > d->n)
			break;
		memcpy(r.p + off, d->p + o + 16, len);
		if (off + len > r.n)
			r.n = off + len;
		o += 16 + len;
	}
	CHECK_EQ(o + 16, d->n);
	return r;
}

static void kdump_zlib(void)
{
	struct blob d = forge_fix("x64-7-d1", "kdump");
	struct blob r = forge_fix("x64-7-d1", "raw");
	struct blob flat = forge_fix("x64-7-d1", "kdump-flat"), u = unflatten(&flat);
	size_t map, desc, blocks = (size_t)at(&d, 436, 4), n = 0;

	CHECK(!memcmp(d.p, "KDUMP   ", 8));
	CHECK_EQ(at(&d, 428, 4), 4096);
	map = 4096 + 4096 * (size_t)at(&d, 432, 4);
	desc = map + blocks * 4096;
	CHECK(!memcmp(d.p + map, d.p + map + blocks / 2 * 4096, blocks / 2 * 4096));
	for (uint64_t pfn = 0; pfn < at(&d, 440, 4); pfn++) {
		uint8_t page[4096];
		uLongf len = sizeof(page);
		size_t row = desc + n * 24, off;
		if (!(d.p[map + pfn / 8] >> pfn % 8 & 1))
			continue;
		off = (size_t)at(&d, row, 8);
		CHECK_EQ(at(&d, row + 12, 4), 1);
		CHECK_EQ(uncompress(page, &len, d.p + off, at(&d, row + 8, 4)), Z_OK);
		CHECK(!memcmp(page, r.p + (pfn << 12), 4096));
		n++;
	}
	CHECK(n > 50);
	CHECK(u.n == d.n && !memcmp(u.p, d.p, d.n));
	/* the notes: first CPU's CORE note */
	CHECK(!memcmp(d.p + at(&d, 4096 + 48, 8) + 12, "CORE", 5));
	free(d.p);
	free(r.p);
	free(u.p);
	free(flat.p);
}

static void user_minidump(void)
{
	struct blob d = forge_fix("user-crash", NULL);
	size_t dir = (size_t)at(&d, 12, 4), seen = 0;
	uint64_t ip = 0;

	CHECK_EQ(at(&d, 0, 4), 0x504d444d);
	CHECK_EQ(at(&d, 4, 2), 0xa793);
	for (uint64_t i = 0; i < at(&d, 8, 4); i++) {
		uint64_t type = at(&d, dir + i * 12, 4);
		size_t o = (size_t)at(&d, dir + i * 12 + 8, 4);
		switch (type) {
		case 3:
			CHECK_EQ(at(&d, o, 4), 2);
			CHECK_EQ(at(&d, o + 4, 4), 0x9a4);
			ip = at(&d, at(&d, o + 48, 4) + 0xf8, 8);
			break;
		case 4:
			CHECK_EQ(at(&d, o, 4), 2);
			CHECK_EQ(at(&d, o + 4, 8), 0x7ff600000000);
			CHECK_EQ(at(&d, o + 4 + 8, 4), 0x20000);
			CHECK_EQ(at(&d, at(&d, o + 4 + 80, 4), 4), 0x53445352);
			break;
		case 6:
			CHECK_EQ(at(&d, o, 4), 0x9a4);
			CHECK_EQ(at(&d, o + 8, 4), 0xc0000005);
			CHECK_EQ(at(&d, o + 8 + 0x10, 8), ip);
			CHECK_EQ(at(&d, o + 8 + 0x28, 8), 0x10);
			break;
		case 7:
			CHECK_EQ(at(&d, o, 2), 9);
			CHECK_EQ(at(&d, o + 16, 4), 7601);
			break;
		default:
			break;
		}
		seen |= 1u << type;
	}
	CHECK_EQ(seen & 0xf8, 0xf8);
	free(d.p);
}

/* --- PE images ------------------------------------------------------------------------------------ */

static struct blob image(const char *fix, const char *module)
{
	char *t = fixture(fix);
	struct blob b = { 0 };
	struct ntr_err e = { { 0 } };
	enum ntr_st st = t ? forge_image(t, fix, module, &b.p, &b.n, NULL, &e)
			   : NTR_IO;

	CHECK_STR(st ? e.msg : "", "");
	free(t);
	return b;
}

static void pe_readobj(void)
{
	const char *t = tool("llvm-readobj", "llvm-readobj-14");
	char path[256], cmd[400];
	struct blob d;
	char *s;

	if (!t)
		SKIP("no llvm-readobj");
	d = image("x64-7-d1", "netflt.sys");
	temp_name(path, sizeof(path), "pe");
	save(path, &d);
	snprintf(cmd, sizeof(cmd), "%s --file-headers --unwind --coff-exports --coff-debug-directory %s 2>&1", t, path);
	s = run(cmd);
	CHECK_HAS(s, "IMAGE_FILE_MACHINE_AMD64");
	CHECK_HAS(s, "SizeOfImage: 57344");
	CHECK_HAS(s, "Name: FilterReceiveNetBufferLists");
	CHECK_HAS(s, "ALLOC_LARGE size=160"); /* 0xb0 - 16 */
	CHECK_HAS(s, "PUSH_NONVOL reg=RBX");
	CHECK_HAS(s, "PDBFileName: netflt.pdb");
	CHECK_HAS(s, "2011-01-01");
	CHECK(!strstr(s, "error") && !strstr(s, "warning"));
	unlink(path);
	free(s);
	free(d.p);
	d = image("arm64-11", "ntoskrnl.exe");
	save(path, &d);
	s = run(cmd);
	CHECK_HAS(s, "IMAGE_FILE_MACHINE_ARM64");
	CHECK_HAS(s, "FrameSize: 144"); /* ExpWorkerThread: 0x90 */
	CHECK_HAS(s, "stp x29, lr, [sp, #-144]!");
	CHECK(!strstr(s, "error"));
	unlink(path);
	free(s);
	free(d.p);
}

static void pe_version(void)
{
	struct blob d = image("nt351-double-fault", "tcpip.sys");
	size_t pe = (size_t)at(&d, 0x3c, 4), rsrc, e, ff;

	CHECK_EQ(d.n, 123904);
	rsrc = (size_t)at(&d, pe + 24 + 96 + 2 * 8, 4);
	CHECK_EQ(at(&d, rsrc + 16, 4), 16); /* RT_VERSION */
	e = rsrc + (at(&d, rsrc + 20, 4) & 0x7fffffff);
	e = rsrc + (at(&d, e + 20, 4) & 0x7fffffff);
	e = rsrc + at(&d, e + 20, 4);
	ff = (size_t)at(&d, e, 4) + 40;
	CHECK_EQ(at(&d, ff, 4), 0xfeef04bd);
	CHECK_EQ(at(&d, ff + 8, 4), 3u << 16 | 51);
	CHECK_EQ(at(&d, ff + 12, 4), 1057u << 16 | 5);
	/* old CodeView */
	e = (size_t)at(&d, pe + 24 + 96 + 6 * 8, 4);
	CHECK_EQ(at(&d, e + 12, 4), 2);
	CHECK(!memcmp(d.p + at(&d, e + 24, 4), "NB10", 4));
	CHECK(!strcmp((char *)d.p + at(&d, e + 24, 4) + 16, "tcpip.pdb"));
	free(d.p);
}

/* --- the language ------------------------------------------------------------------------------------- */

static void syntax_errors(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "", "s:1:1: no \"machine\" statement" },
		{ "machin x86 nt4\n", "s:1:1: expected machine, container, memory" },
		{ "machine x86 nt5\n", "s:1:9: no profile \"x86 nt5\"" },
		{ "machine x86 nt4 cpus 0\n", "s:1:22: 1 to 64 CPUs" },
		{ "machine x86 nt4 cups 2\n", "s:1:17: expected cpus, pae or the end of the statement, found \"cups\"" },
		{ "machine x86 nt4\nmemory 12XB\n", "s:2:8: \"12XB\" is not a number" },
		{ "machine x86 nt4\nmemory 1KiB\n", "s:2:8: memory must be" },
		{ "machine x86 nt4\nmodule \"a.sys\n", "s:2:8: this string has no closing quote" },
		{ "machine x86 nt4\nstack { frame \"foo+0x10\" }\n", "s:2:15: no module \"foo\"; add: module \"foo.sys\"" },
		{ "machine x86 nt4\nstack {\n frame \"nt+0x500\"\n", "s:2:7: this '{' is never closed" },
		{ "machine x86 nt4\nstack { fram \"nt!A\" }\n", "s:2:9: expected '}', frame, trap or cycle, found \"fram\"" },
		{ "machine x86 nt4\nstack size 0x1000 { cycle \"nt!A+0x20\" times 9 bytes 0x400 }\n", "9 rounds of 1024 bytes need" },
		{ "machine x64 7\nstack { frame \"nt!A+0x20\" size 50 }\n", "multiple of 16" },
		{ "machine x86 nt4\ntime yesterday\n", "s:2:6: expected a UTC time" },
		{ "machine x86 nt4\nuptime 3x\n", "s:2:8: expected a duration" },
		{ "machine x86 nt4\nstop 0x7f what\n", "s:2:11: \"what\": expected a number" },
		{ "machine x86 nt4\nmodule \"a.sys\" version 1.2\n", "expected a version of four numbers" },
		{ "machine x86 nt4\nmodule \"a.sys\" base 0x80100000\n", "overlaps ntoskrnl.exe" },
		{ "machine x86 nt4\ncurrent \"x.exe\"\n", "s:2:9: no process \"x.exe\"" },
		{ "machine x86 nt4\ncontainer fll\n", "s:2:11: no container \"fll\"; there are: full" },
		{ "machine x86 nt4\npoke 0x1000 zz\n", "hex pairs" },
		{ "machine x86 nt4\nprocess \"a\" { thread cpu 3 }\n", "write cpus 4" },
		{ "machine arm64 11\nstack { trap \"nt!T+0x40\"; frame \"nt!A+0x40\" }\n", "trap frames of arm64" },
		{ "machine x86 nt4\ncontext rax 1\n", "x86 has no register \"rax\"" },
		{ "machine x86 nt4\nmodule \"n\xc3\xa9t\"\nfoo\xff\n", "s:3:4: byte 0xff" },
		{ "machine x86 nt4\ndamage truncate 99GiB\n", "s:2:8: the file has only" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ntr_err e = { { 0 } };
		struct ntr_str diag = { 0 };
		uint8_t *p;
		size_t n;
		enum ntr_st st = forge_text(t[i].text, "s", NULL, 80u << 20, &p,
					    &n, &diag, &e);
		CHECK(st == NTR_BAD || st == NTR_UNSUP);
		if (!st)
			free(p);
		CHECK_HAS(ntr_str_text(&diag), strncmp(t[i].want, "s:", 2) ?
			  t[i].want : strchr(strchr(t[i].want, ':') + 1, ':') ?
			  strstr(t[i].want, ": ") + 2 : t[i].want);
		CHECK_HAS(e.msg, t[i].want[0] == 's' && t[i].want[1] == ':' ?
			  t[i].want : "s:");
		CHECK_HAS(ntr_str_text(&diag), "^\n");
		ntr_str_fini(&diag);
	}
}

static void caret(void)
{
	struct ntr_str diag = { 0 };

	CHECK_EQ(forge_check("machine x86 nt4\n\tstop 0x7f 8 bad\n", "t.forge", &diag, NULL), NTR_BAD);
	CHECK_HAS(ntr_str_text(&diag), "t.forge:2:14: error: ");
	CHECK_HAS(ntr_str_text(&diag), "    2 | \tstop 0x7f 8 bad\n      | \t            ^\n");
	ntr_str_fini(&diag);
}

/* Every truncation of a scenario ends in a message or a dump, never worse. */
static void truncated_text(void)
{
	char *t = fixture("w2k-trap");
	size_t n = t ? strlen(t) : 0, ok = 0, bad = 0;

	for (size_t i = 0; i < n; i += 7) {
		char *cut = malloc(i + 1);
		struct ntr_err e = { { 0 } };
		enum ntr_st st;
		memcpy(cut, t, i);
		cut[i] = 0;
		st = forge_check(cut, "cut", NULL, &e);
		ok += !st;
		bad += st != NTR_OK;
		CHECK(!st || e.msg[0]);
		free(cut);
	}
	CHECK(ok > 5 && bad > 5);
	free(t);
}

static const char *const fixtures[] = {
	"nt351-double-fault", "nt4-mp-deadlock", "w2k-trap", "xp-8e",
	"x86-2003-netbt", "x64-2003-worker-queue", "x64-7-d1", "x64-10-7e",
	"x64-10-double-fault", "arm64-11", "alpha-nt4", "ia64-2003",
	"user-crash",
};

static void every_container(void)
{
	unsigned made = 0;

	for (size_t f = 0; f < sizeof(fixtures) / sizeof(fixtures[0]); f++) {
		char *t = fixture(fixtures[f]);
		const char *c;
		for (size_t i = 0; t && (c = forge_container_name(i, NULL)); i++) {
			struct ntr_err e = { { 0 } };
			uint8_t *p = NULL;
			size_t n = 0;
			enum ntr_st st;
			if (strstr("raw lime full rdmp-f bitmap-full elf-qemu-vmcoreinfo", c) &&
			    strstr("x64-10-7e arm64-11", fixtures[f]))
				continue; /* 256 MiB each, made elsewhere */
			st = forge_text(t, fixtures[f], c, 160u << 20, &p, &n,
					NULL, &e);
			if (st == NTR_UNSUP)
				continue;
			CHECK_STR(st ? e.msg : "", "");
			CHECK(n >= 0x1000);
			made++;
			free(p);
		}
		free(t);
	}
	CHECK(made > 180);
}

static void same_bytes(void)
{
	struct blob a = forge_fix("x64-10-7e", NULL);
	struct blob b = forge_fix("x64-10-7e", NULL);

	CHECK(a.n == b.n && !memcmp(a.p, b.p, a.n));
	free(a.p);
	free(b.p);
}

static void bounded(void)
{
	char *t = fixture("bench-8gib");
	struct ntr_err e = { { 0 } };
	uint8_t *p;
	size_t n;

	CHECK_EQ(forge_text(t, "b", "full", 1 << 20, &p, &n, NULL, &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "more than 1048576 bytes");
	CHECK_EQ(forge_text(t, "b", "nope", 1 << 20, &p, &n, NULL, &e), NTR_USAGE);
	free(t);
}

static void sparse_8gib(void)
{
	char path[256];
	struct timespec a, b;
	struct stat sb;

	temp_name(path, sizeof(path), "8gib");
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(forge_file("tests/fixtures/bench-8gib.forge", path, "full", NULL, NULL), NTR_OK);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(stat(path, &sb) == 0);
	CHECK_EQ(sb.st_size, 0x2000 + (8ull << 30));
	CHECK(sb.st_blocks * 512 < 4 << 20);
	CHECK(b.tv_sec - a.tv_sec < 5);
	unlink(path);
}

static void damage(void)
{
	struct blob a = forge_str("machine x86 2000\nmemory 1MiB\ndamage overwrite 0x28 deadbeef\ndamage zero 0x40 16\ndamage truncate 0x1800\ndamage append 0102\n", "full");

	CHECK_EQ(a.n, 0x1802);
	CHECK_EQ(at(&a, 0x28, 4), 0xefbeadde);
	CHECK_EQ(at(&a, 0x40, 8), 0);
	CHECK_EQ(at(&a, 0x1800, 2), 0x0201);
	free(a.p);
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
	RUN(kernel_forms);
	RUN(kernel_pages_agree);
	RUN(range_dumps);
	RUN(triage64);
	RUN(triage32);
	RUN(triage_w2k);
	RUN(arm64_stack);
	RUN(alpha_full);
	RUN(ia64_triage);
	RUN(raw_and_lime);
	RUN(elf_readelf);
	RUN(elf_notes);
	RUN(kdump_zlib);
	RUN(user_minidump);
	RUN(pe_readobj);
	RUN(pe_version);
	RUN(syntax_errors);
	RUN(caret);
	RUN(truncated_text);
	RUN(every_container);
	RUN(same_bytes);
	RUN(bounded);
	RUN(sparse_8gib);
	RUN(damage);
	RUN(waiting_thread);
	return test_done();
}
