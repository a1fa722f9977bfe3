// SPDX-License-Identifier: Apache-2.0
/* PE images: a made one with literal offsets, and real ones against what
 * llvm-readobj and objdump say of them. */
#include "sym/pe.h"

#include "base/text.h"
#include "test.h"

/* A PE32+ image of 0x5000 bytes: headers, .text at 0x1000 (file 0x400),
 * .rdata at 0x2000 (file 0x600, 0x800 bytes), .bss at 0x4000 (no bytes). */
enum { FILE_SIZE = 0xe00, IMAGE_SIZE = 0x5000 };
static uint8_t file_image[FILE_SIZE], mapped_image[IMAGE_SIZE];

static void put_section(uint8_t *p, const char *name, uint32_t rva,
			uint32_t vsize, uint32_t raw, uint32_t raw_size,
			uint32_t flags)
{
	memcpy(p, name, strlen(name));
	put32(p, 8, vsize);
	put32(p, 12, rva);
	put32(p, 16, raw_size);
	put32(p, 20, raw);
	put32(p, 36, flags);
}

static void put_version(uint8_t *r)
{
	/* r is RVA 0x2300: type 16 -> name 1 -> language 0x409 -> data */
	put16(r, 0x0e, 2);
	put32(r, 0x10, 9);           /* another type comes first */
	put32(r, 0x14, 0x80000060);
	put32(r, 0x18, 16);
	put32(r, 0x1c, 0x80000020);
	put16(r, 0x2e, 1);
	put32(r, 0x30, 1);
	put32(r, 0x34, 0x80000040);
	put16(r, 0x4e, 1);
	put32(r, 0x50, 0x409);
	put32(r, 0x54, 0x80);
	put32(r, 0x80, 0x2400);      /* data: RVA, size */
	put32(r, 0x84, 0x100);
	put16(r, 0x100, 0x100);
	put16(r, 0x102, 0x34);
	for (int i = 0; i < 15; i++)
		put16(r, 0x106 + 2 * (size_t)i, (uint16_t)"VS_VERSION_INFO"[i]);
	put32(r, 0x128, 0xfeef04bd);
	put32(r, 0x130, 4u << 16 | 0);       /* FileVersion 4.0 */
	put32(r, 0x134, 1381u << 16 | 133);  /* .1381.133 */
}

static void put_exports(uint8_t *f)
{
	/* RVA 0x2100 is file 0x700: three names, ordinals shuffled. */
	uint8_t *x = f + 0x700;

	put32(x, 0x0c, 0x2180);
	put32(x, 0x10, 1);
	put32(x, 0x14, 3);
	put32(x, 0x18, 3);
	put32(x, 0x1c, 0x2130);
	put32(x, 0x20, 0x2140);
	put32(x, 0x24, 0x2150);
	put32(x, 0x30, 0x1010);
	put32(x, 0x34, 0x1020);
	put32(x, 0x38, 0x1030);
	put32(x, 0x40, 0x2190);
	put32(x, 0x44, 0x21a0);
	put32(x, 0x48, 0x21b0);
	put16(x, 0x50, 2);
	put16(x, 0x52, 0);
	put16(x, 0x54, 1);
	memcpy(x + 0x80, "ntoskrnl.exe", 13);
	memcpy(x + 0x90, "KeBugCheckEx", 13);
	memcpy(x + 0xa0, "KiBugCheckData", 15);
	memcpy(x + 0xb0, "NtBuildNumber", 14);
}

static void make_image(void)
{
	uint8_t *f = file_image, *o, *s;

	memset(f, 0, FILE_SIZE);
	memset(mapped_image, 0, IMAGE_SIZE);
	f[0] = 'M';
	f[1] = 'Z';
	put32(f, 0x3c, 0x80);
	memcpy(f + 0x80, "PE\0", 4);
	put16(f, 0x84, 0x8664);
	put16(f, 0x86, 3);
	put32(f, 0x88, 0x36aa0011);
	put16(f, 0x94, 0xf0);
	o = f + 0x98;
	put16(o, 0, 0x20b);
	put32(o, 0x10, 0x1234);
	put64(o, 0x18, 0x140000000);
	put32(o, 0x38, IMAGE_SIZE);
	put32(o, 0x3c, 0x400);
	put32(o, 0x40, 0xc0ffee);
	put32(o, 0x6c, 16);
	put32(o, 0x70, 0x2100);  /* export */
	put32(o, 0x74, 0x100);
	put32(o, 0x80, 0x2300);  /* resource */
	put32(o, 0x84, 0x200);
	put32(o, 0xa0, 0x2000);  /* debug: two entries */
	put32(o, 0xa4, 2 * 28);
	s = f + 0x188;
	put_section(s, ".text", 0x1000, 0x1f0, 0x400, 0x200, 0x60000020);
	put_section(s + 40, ".rdata", 0x2000, 0x800, 0x600, 0x800, 0x40000040);
	put_section(s + 80, "longname.bss", 0x4000, 0x1000, 0, 0, 0xc0000080);
	put32(f, 0x400, 0x90909090);
	put32(f, 0x600 + 12, 13);      /* POGO first */
	put32(f, 0x61c + 12, 2);
	put32(f, 0x61c + 16, 24 + 12);
	put32(f, 0x61c + 20, 0x2040);
	put32(f, 0x61c + 24, 0x640);
	memcpy(f + 0x640, "RSDS", 4);
	for (int i = 0; i < 16; i++)
		f[0x644 + i] = (uint8_t)(0x11 * i);
	put32(f, 0x654, 0x2a);
	memcpy(f + 0x658, "ntkrnlmp.pdb", 12);
	put_exports(f);
	put_version(f + 0x900);
	memcpy(mapped_image, f, 0x400);
	memcpy(mapped_image + 0x1000, f + 0x400, 0x200);
	memcpy(mapped_image + 0x2000, f + 0x600, 0x800);
	memset(mapped_image + 0x4000, 0xee, 0x1000); /* changed at run time */
}

static void check_parts(const struct ntr_pe *pe)
{
	struct ntr_pe_debug d;
	uint16_t ver[4];
	char name[32], key[48];
	uint32_t rva;

	CHECK_EQ(pe->machine, 0x8664);
	CHECK(pe->pe64);
	CHECK_EQ(pe->timestamp, 0x36aa0011);
	CHECK_EQ(pe->size, 0x5000);
	CHECK_EQ(pe->checksum, 0xc0ffee);
	CHECK_EQ(pe->entry_rva, 0x1234);
	CHECK_EQ(pe->image_base, 0x140000000);
	CHECK_EQ(pe->nsections, 3);
	CHECK_STR(pe->section[2].name, "longname");
	CHECK_EQ(ntr_pe_debug(pe, &d, NULL), NTR_OK);
	CHECK(d.rsds);
	CHECK_EQ(d.age, 0x2a);
	CHECK_STR(d.pdb, "ntkrnlmp.pdb");
	ntr_pdb_key(&d, key);
	CHECK_STR(key, "33221100554477668899AABBCCDDEEFF2a");
	CHECK_EQ(ntr_pe_version(pe, ver, NULL), NTR_OK);
	CHECK_EQ(ver[0], 4);
	CHECK_EQ(ver[1], 0);
	CHECK_EQ(ver[2], 1381);
	CHECK_EQ(ver[3], 133);
	CHECK_EQ(ntr_pe_export_module(pe, name, sizeof(name), NULL), NTR_OK);
	CHECK_STR(name, "ntoskrnl.exe");
	CHECK_EQ(ntr_pe_export(pe, "KeBugCheckEx", &rva, NULL), NTR_OK);
	CHECK_EQ(rva, 0x1030);
	CHECK_EQ(ntr_pe_export(pe, "KiBugCheckData", &rva, NULL), NTR_OK);
	CHECK_EQ(rva, 0x1010);
	CHECK_EQ(ntr_pe_export(pe, "NtBuildNumber", &rva, NULL), NTR_OK);
	CHECK_EQ(rva, 0x1020);
	CHECK_EQ(ntr_pe_export(pe, "KiBugCheck", &rva, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_pe_export(pe, "ZwClose", &rva, NULL), NTR_ABSENT);
	CHECK(ntr_pe_is_code(pe, 0x1000));
	CHECK(!ntr_pe_is_code(pe, 0x2000));
	CHECK(!ntr_pe_is_code(pe, 0x200));
}

static void a_file_and_a_mapped_image(void)
{
	struct ntr_mem_space m;
	struct ntr_pe pe;
	uint8_t b[16];

	make_image();
	ntr_mem_space_init(&m, 0, file_image, FILE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	check_parts(&pe);
	/* .bss and the tail of .text have no bytes in the file. */
	memset(b, 0xff, sizeof(b));
	CHECK_EQ(ntr_pe_read(&pe, 0x4100, b, 16, NULL), NTR_OK);
	CHECK_EQ(b[0] | b[15], 0);
	CHECK_EQ(ntr_pe_read(&pe, 0x1000, b, 4, NULL), NTR_OK);
	CHECK_EQ(b[3], 0x90);
	CHECK_EQ(ntr_pe_read(&pe, 0x3000, b, 4, NULL), NTR_BAD);
	CHECK_EQ(ntr_pe_read(&pe, 0x4ff8, b, 16, NULL), NTR_BAD);
	CHECK_EQ(ntr_pe_read(&pe, 0xfffffff8, b, 16, NULL), NTR_BAD);

	ntr_mem_space_init(&m, 0xfffff80000100000, mapped_image, IMAGE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0xfffff80000100000, true, NULL),
		 NTR_OK);
	check_parts(&pe);
	CHECK_EQ(ntr_pe_read(&pe, 0x4100, b, 1, NULL), NTR_OK);
	CHECK_EQ(b[0], 0xee);
}

static void pages_are_missing(void)
{
	struct ntr_pe_debug d;
	struct ntr_mem_space m;
	uint16_t ver[4];
	struct ntr_pe pe;
	struct ntr_err e;
	uint32_t rva;

	make_image();
	ntr_mem_space_init(&m, 0x80100000, mapped_image, 0x1000);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0x80100000, true, NULL), NTR_OK);
	CHECK_EQ(pe.nsections, 3);
	CHECK_EQ(ntr_pe_debug(&pe, &d, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_pe_version(&pe, ver, &e), NTR_ABSENT);
	CHECK_EQ(ntr_pe_export(&pe, "KeBugCheckEx", &rva, NULL), NTR_ABSENT);
	/* Cut inside the names: what can be read is still found. */
	ntr_mem_space_init(&m, 0, mapped_image, 0x21b4);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, true, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_export(&pe, "KeBugCheckEx", &rva, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_export(&pe, "NtBuildNumber", &rva, &e), NTR_ABSENT);
	/* The whole image is elsewhere. */
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0x100000, true, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "image at 0x100000");
}

static enum ntr_st open_with(size_t off, uint32_t v, struct ntr_err *e)
{
	struct ntr_mem_space m;
	struct ntr_pe pe;

	make_image();
	put32(file_image, off, v);
	ntr_mem_space_init(&m, 0, file_image, FILE_SIZE);
	return ntr_pe_open(&pe, &m.s, 0, false, e);
}

static void headers_that_lie(void)
{
	struct ntr_pe_debug d;
	struct ntr_mem_space m;
	struct ntr_pe pe;
	struct ntr_err e;
	uint16_t ver[4];

	CHECK_EQ(open_with(0, 0x5a4e, &e), NTR_BAD);
	CHECK_HAS(e.msg, "no MZ");
	CHECK_EQ(open_with(0x3c, 0xfffffff0, &e), NTR_BAD);
	CHECK_EQ(open_with(0x80, 0x4551, &e), NTR_BAD);
	CHECK_HAS(e.msg, "no PE signature");
	CHECK_EQ(open_with(0x98, 0x107, &e), NTR_BAD);
	CHECK_EQ(open_with(0x98 + 0x38, 0x90000000, &e), NTR_BAD);
	CHECK_EQ(open_with(0x94, 8, &e), NTR_BAD); /* optional header short */

	make_image();
	put16(file_image, 0x86, 0xffff);           /* 65535 sections */
	put32(file_image, 0x98 + 0x6c, 0xffffffff);/* directories */
	ntr_mem_space_init(&m, 0, file_image, FILE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(pe.nsections, (FILE_SIZE - 0x188) / 40);

	make_image();
	put32(file_image, 0x98 + 0xa4, 0xffffffff);/* debug entries */
	put32(file_image, 0x61c + 16, 0xffffffff); /* CodeView size */
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_debug(&pe, &d, NULL), NTR_OK);
	CHECK_STR(d.pdb, "ntkrnlmp.pdb");
	put32(file_image, 0x61c + 20, 0x7ffffff0);
	CHECK(ntr_pe_debug(&pe, &d, NULL) != NTR_OK);

	make_image(); /* a resource tree that leads to itself */
	put32(file_image, 0x934, 0x80000000);
	CHECK_EQ(ntr_pe_version(&pe, ver, &e), NTR_BAD);
	make_image(); /* an entry count without entries */
	put32(file_image, 0x90c, 0xffffffff);
	CHECK(ntr_pe_version(&pe, ver, &e) != NTR_OK);
}

static void exports_that_lie(void)
{
	struct ntr_mem_space m;
	struct ntr_pe pe;
	uint32_t rva = 7;

	make_image();
	ntr_mem_space_init(&m, 0, file_image, FILE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	put32(file_image, 0x718, 0xffffffff);
	CHECK_EQ(ntr_pe_export(&pe, "KeBugCheckEx", &rva, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_export(&pe, "Zz", &rva, NULL), NTR_ABSENT);
	put16(file_image, 0x750, 9); /* ordinal beyond the functions */
	CHECK_EQ(ntr_pe_export(&pe, "KeBugCheckEx", &rva, NULL), NTR_BAD);
	put32(file_image, 0x724, 0xfffffffe);
	CHECK_EQ(ntr_pe_export(&pe, "KiBugCheckData", &rva, NULL), NTR_BAD);
	put32(file_image, 0x720, 0xfffffff0);
	CHECK_EQ(ntr_pe_export(&pe, "KiBugCheckData", &rva, NULL), NTR_ABSENT);
}

static void every_truncation(void)
{
	make_image();
	for (size_t len = 0; len < FILE_SIZE; len += len < 0x300 ? 1 : 37) {
		uint8_t *copy = malloc(len ? len : 1);
		struct ntr_mem_space m;
		struct ntr_pe_debug d;
		uint16_t ver[4];
		struct ntr_pe pe;
		uint32_t rva;

		memcpy(copy, file_image, len);
		ntr_mem_space_init(&m, 0, copy, len);
		if (ntr_pe_open(&pe, &m.s, 0, false, NULL) == NTR_OK) {
			CHECK(len >= 0x188);
			CHECK(len >= 0x664 || ntr_pe_debug(&pe, &d, NULL) ||
			      strcmp(d.pdb, "ntkrnlmp.pdb"));
			CHECK(len >= 0xa40 || ntr_pe_version(&pe, ver, NULL));
			CHECK(len >= 0x79d ||
			      ntr_pe_export(&pe, "KeBugCheckEx", &rva, NULL));
		} else {
			CHECK(len < 0x188);
		}
		free(copy);
	}
}

static void codeview_records(void)
{
	static const uint8_t nb10[] = "NB10\0\0\0\0\x11\0\xaa\x36\x03\0\0\0"
				      "c:\\nt\\tcpip.pdb";
	struct ntr_bin b = ntr_bin_of(nb10, sizeof(nb10), "x", 0);
	struct ntr_pe_debug d;
	struct ntr_err e;
	char key[48];

	CHECK_EQ(ntr_cv_parse(&b, &d, NULL), NTR_OK);
	CHECK(!d.rsds);
	CHECK_EQ(d.sig, 0x36aa0011);
	CHECK_STR(d.pdb, "c:\\nt\\tcpip.pdb");
	ntr_pdb_key(&d, key);
	CHECK_STR(key, "36AA00113");
	ntr_pe_key(0x36aa0011, 0x1e000, key);
	CHECK_STR(key, "36AA00111e000");
	b = ntr_bin_of("NB09....", 8, "x", 0);
	CHECK_EQ(ntr_cv_parse(&b, &d, &e), NTR_UNSUP);
	for (size_t n = 0; n < 16; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, nb10, n);
		b = ntr_bin_of(copy, n, "x", 0);
		CHECK_EQ(ntr_cv_parse(&b, &d, &e), NTR_BAD);
		free(copy);
	}
}

/* --- real images: the truth is what llvm-readobj 14 and objdump print ----- */

static const struct real {
	const char *file;
	uint32_t machine, stamp, size, entry, nsections;
	uint64_t base;
	const char *guid; /* on-disk order */
	uint32_t age;
	const char *pdb;
} real[] = {
	{ "made/pe/drv32.sys", 0x14c, 0x6b001c36, 20480, 0x10e0, 4, 0x400000,
	  "997ff7400eb671294c4c44205044422e", 1, "/src/made/pe/drv32.pdb" },
	{ "made/pe/drv64.sys", 0x8664, 0x6b001c36, 20480, 0x10e0, 4,
	  0x180000000, "e840df01efdbe18a4c4c44205044422e", 1,
	  "/src/made/pe/drv64.pdb" },
	{ "made/pe/drva64.sys", 0xaa64, 0x6b001c36, 20480, 0x10e8, 4,
	  0x140000000, "06d0629469b92ed94c4c44205044422e", 1,
	  "/src/made/pe/drva64.pdb" },
	{ "symbols/kernel_pe_pdb/systeminformer_amd64/systeminformer.sys",
	  0x8664, 0x4fac1c0c, 311296, 0x46000, 11, 0x140000000,
	  "ec5c4395b14ac504e86bfbea4416c4a3", 1,
	  "C:\\Users\\aione\\source\\repos\\systeminformer\\KSystemInformer\\"
	  "bin\\Release64\\SystemInformer.pdb" },
	{ "symbols/kernel_pe_pdb/systeminformer_arm64/systeminformer.sys",
	  0xaa64, 0xd07d974d, 307200, 0x46000, 12, 0x140000000,
	  "f00555c5f8c9262c7037fb9c612b649b", 1,
	  "C:\\Users\\aione\\source\\repos\\systeminformer\\KSystemInformer\\"
	  "bin\\ReleaseARM64\\SystemInformer.pdb" },
	{ "symbols/pdb/breakpad/dump_syms_regtest64.exe", 0x8664, 0x589dfd11,
	  106496, 0x1368, 5, 0x140000000, "a803e172b25c07498b76b2e7c06257b1",
	  3, "C:\\cygwin64\\wip\\breakpad-depot\\src\\src\\tools\\windows\\"
	  "dump_syms\\testdata\\dump_syms_regtest64.pdb" },
	{ "symbols/pdb/microsoft_seh_tests/x86/xcpt4.exe", 0x14c, 0x62524d66,
	  49152, 0x5b3d, 5, 0x400000, "f7d6f3456abde24eb56a5c6bfe3ae378", 1,
	  "C:\\Users\\gustavo\\source\\windows_seh_tests\\src\\Release\\"
	  "xcpt4.pdb" },
	{ "symbols/pdb/microsoft_seh_tests/ARM64/xcpt4.exe", 0xaa64,
	  0x62524d61, 61440, 0x48f0, 6, 0x140000000,
	  "1bbc265520d16b499462c93f96d33044", 1,
	  "C:\\Users\\gustavo\\source\\windows_seh_tests\\src\\ARM64\\"
	  "Release\\xcpt4.pdb" },
	{ "symbols/pdb/symbolic/crash.exe", 0x14c, 0x5ab38077, 36864, 0x2e15,
	  5, 0x400000, "9dd94932400c31498610f4e4fb0b6936", 1,
	  "C:\\projects\\breakpad-tools\\windows\\Release\\crash.pdb" },
};

static uint8_t *slurp(const char *rel, size_t *len)
{
	char path[4096];
	const char *p = test_corpus(rel, path, sizeof(path));
	FILE *f = p ? fopen(p, "rb") : NULL;
	uint8_t *b = f ? malloc(1u << 20) : NULL;

	if (f) {
		*len = fread(b, 1, 1u << 20, f);
		fclose(f);
	}
	return b;
}

static void check_guid(const uint8_t g[16], const char *want)
{
	char hex[33];

	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", g[i]);
	CHECK_STR(hex, want);
}

static void check_real(const struct real *r, const struct ntr_pe *pe)
{
	struct ntr_pe_debug d;

	CHECK_EQ(pe->machine, r->machine);
	CHECK_EQ(pe->timestamp, r->stamp);
	CHECK_EQ(pe->size, r->size);
	CHECK_EQ(pe->entry_rva, r->entry);
	CHECK_EQ(pe->nsections, r->nsections);
	CHECK_EQ(pe->image_base, r->base);
	CHECK(ntr_pe_is_code(pe, r->entry));
	CHECK_EQ(ntr_pe_debug(pe, &d, NULL), NTR_OK);
	CHECK_EQ(d.age, r->age);
	CHECK_STR(d.pdb, r->pdb);
	check_guid(d.guid, r->guid);
}

/* As the loader does it: headers, then each section at its RVA. */
static uint8_t *lay_out(const struct ntr_pe *pe, const uint8_t *file,
			size_t len)
{
	uint8_t *m = calloc(1, pe->size);

	memcpy(m, file, pe->headers_size);
	for (uint32_t i = 0; i < pe->nsections; i++) {
		const struct ntr_pe_section *s = &pe->section[i];

		if (s->raw_off + s->raw_size <= len &&
		    s->rva + s->raw_size <= pe->size)
			memcpy(m + s->rva, file + s->raw_off, s->raw_size);
	}
	return m;
}

static void real_images(void)
{
	size_t len;

	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		uint8_t *b = slurp(real[i].file, &len), *mapped;
		struct ntr_mem_space m;
		struct ntr_pe pe, pm;

		if (!b)
			SKIP("%s is not there", real[i].file);
		ntr_mem_space_init(&m, 0, b, len);
		CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
		check_real(&real[i], &pe);
		mapped = lay_out(&pe, b, len);
		ntr_mem_space_init(&m, 0x10000, mapped, pe.size);
		CHECK_EQ(ntr_pe_open(&pm, &m.s, 0x10000, true, NULL), NTR_OK);
		check_real(&real[i], &pm);
		free(mapped);
		free(b);
	}
}

static void real_exports_and_versions(void)
{
	size_t len;
	uint8_t *b = slurp("made/pe/drv64.sys", &len);
	struct ntr_mem_space m;
	struct ntr_pe pe;
	uint16_t ver[4];
	char name[32];
	uint32_t rva;

	if (!b)
		SKIP("no corpus");
	ntr_mem_space_init(&m, 0, b, len);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_export_module(&pe, name, sizeof(name), NULL), NTR_OK);
	CHECK_STR(name, "drv64.sys");
	CHECK_EQ(ntr_pe_export(&pe, "ExAllocatePoolWithTagX", &rva, NULL),
		 NTR_OK);
	CHECK_EQ(rva, 0x1080);
	CHECK_EQ(ntr_pe_version(&pe, ver, NULL), NTR_ABSENT);
	CHECK_EQ(pe.dir[NTR_PE_EXCEPTION].rva, 0x4000);
	CHECK_EQ(pe.dir[NTR_PE_EXCEPTION].size, 0x3c);
	free(b);
	b = slurp("symbols/kernel_pe_pdb/systeminformer_amd64/"
		  "systeminformer.sys", &len);
	if (!b)
		SKIP("no corpus");
	ntr_mem_space_init(&m, 0, b, len);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_version(&pe, ver, NULL), NTR_OK);
	CHECK_EQ(ver[0], 4);
	CHECK_EQ(ver[1], 0);
	CHECK_EQ(ver[2], 1);
	CHECK_EQ(ver[3], 0);
	free(b);
}

int main(void)
{
	RUN(a_file_and_a_mapped_image);
	RUN(pages_are_missing);
	RUN(headers_that_lie);
	RUN(exports_that_lie);
	RUN(every_truncation);
	RUN(codeview_records);
	RUN(real_images);
	RUN(real_exports_and_versions);
	return test_done();
}
