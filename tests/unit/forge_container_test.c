// SPDX-License-Identifier: Apache-2.0
/* The containers.  readelf and llvm-readobj judge where they are there. */
#include "forge_read.h"

#include <zlib.h>

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

static void kdump_names_machine(void)
{
	static const char *const t[][2] = {
		{ "nt4-mp-deadlock", "i686" }, { "x64-7-d1", "x86_64" },
		{ "arm64-11", "aarch64" },     { "alpha-nt4", "alpha" },
	};

	for (size_t i = 0; i < 4; i++) {
		struct blob d = forge_fix(t[i][0], "kdump");
		CHECK_STR((char *)d.p + 0x110, t[i][1]);
		CHECK_EQ(at(&d, 428, 4), i == 3 ? 8192 : 4096);
		free(d.p);
	}
}

static void module_image(void)
{
	struct blob d = forge_fix("x64-7-d1", "image");

	CHECK_EQ(d.n, 0xf3000); /* ndis.sys is the scenario's first */
	CHECK_EQ(at(&d, 0, 2), 0x5a4d);
	CHECK_EQ(at(&d, at(&d, 0x3c, 4), 4), 0x4550);
	free(d.p);
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

int main(void)
{
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
	RUN(kdump_names_machine);
	RUN(module_image);
	RUN(user_minidump);
	RUN(pe_readobj);
	RUN(pe_version);
	return test_done();
}
