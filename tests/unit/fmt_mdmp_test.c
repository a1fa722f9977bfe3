// SPDX-License-Identifier: Apache-2.0
/* User minidumps: a fixture at literal offsets, damage, and real ones against
 * what breakpad's and rust-minidump's tools print for them. */
#include "fmt_open.h"

enum { LEN = 0x1000 };

/*
 * 0x000 header, 0x020 directory (11 slots), 0x100 system, 0x140 exception,
 * 0x200 threads, 0x2a1 modules (odd on purpose), 0x400 unloaded, 0x440 memory
 * list, 0x480 full memory list, 0x4c0 misc, 0x500 thread names, 0x540 comment,
 * 0x600.. strings, 0x800.. memory
 */
static void slot(uint8_t *p, unsigned i, uint32_t type, uint32_t len,
		 uint32_t rva)
{
	put32(p, 0x20 + i * 12, type);
	put32(p, 0x24 + i * 12, len);
	put32(p, 0x28 + i * 12, rva);
}

static void str16(uint8_t *p, size_t off, const char *s)
{
	size_t n = strlen(s);

	put32(p, off, (uint32_t)(2 * n));
	for (size_t i = 0; i < n; i++)
		put16(p, off + 4 + 2 * i, (uint16_t)(unsigned char)s[i]);
}

static void streams(uint8_t *p)
{
	slot(p, 0, 0, 0, 0);
	slot(p, 1, 24, 4 + 12, 0x501);
	slot(p, 2, 3, 4 + 2 * 48, 0x200);
	slot(p, 3, 4, 4 + 2 * 108, 0x2a1);
	slot(p, 4, 6, 0xa8, 0x140);
	slot(p, 5, 7, 56, 0x100);
	slot(p, 6, 14, 12 + 24, 0x400);
	slot(p, 7, 5, 4 + 4 + 16, 0x440); /* padded after the count */
	slot(p, 8, 9, 16 + 2 * 16, 0x480);
	slot(p, 9, 15, 24, 0x4c0);
	slot(p, 10, 10, 6, 0x540);
}

static void system_info(uint8_t *p)
{
	put16(p, 0x100, 9);      /* AMD64 */
	p[0x106] = 4;            /* processors */
	p[0x107] = 3;            /* server */
	put32(p, 0x108, 10);
	put32(p, 0x10c, 0);
	put32(p, 0x110, 17763);
	put32(p, 0x114, 2);      /* NT */
	put32(p, 0x118, 0x600);  /* service pack string */
	put16(p, 0x11c, 0x110);
	str16(p, 0x600, "SP 9");
}

static void threads(uint8_t *p)
{
	put32(p, 0x200, 2);
	for (unsigned i = 0; i < 2; i++) {
		size_t t = 0x204 + i * 48;

		put32(p, t + 0x00, 0x1111 * (i + 1));
		put64(p, t + 0x10, 0x7ff000000000 + i * 0x1000);
		put64(p, t + 0x18, 0x10000 + i * 0x10000); /* stack */
		put32(p, t + 0x20, 0x40);
		put32(p, t + 0x24, 0x800 + i * 0x40);
		put32(p, t + 0x28, 1232);
		put32(p, t + 0x2c, 0x900);
	}
	put32(p, 0x501, 1); /* names: not aligned */
	put32(p, 0x505, 0x2222);
	put64(p, 0x509, 0x620);
	str16(p, 0x620, "worker");
}

static void modules(uint8_t *p)
{
	put32(p, 0x2a1, 2);
	for (unsigned i = 0; i < 2; i++) {
		size_t m = 0x2a5 + i * 108;

		put64(p, m + 0x00, 0x7ff600000000 + i * 0x100000);
		put32(p, m + 0x08, 0x12000 + i);
		put32(p, m + 0x0c, 0xabcd + i);
		put32(p, m + 0x10, 0x5a000000 + i);
		put32(p, m + 0x14, 0x640 + i * 0x20);
		put32(p, m + 0x4c, 40);
		put32(p, m + 0x50, 0x700);
	}
	put32(p, 0x2a5 + 0x18, 0xfeef04bd);
	put32(p, 0x2a5 + 0x20, 0x000a0002);
	put32(p, 0x2a5 + 0x24, 0x45630001);
	str16(p, 0x640, "C:\\a.exe");
	str16(p, 0x660, "b.dll");
	put32(p, 0x400, 12); /* unloaded */
	put32(p, 0x404, 24);
	put32(p, 0x408, 1);
	put64(p, 0x40c, 0x7ff700000000);
	put32(p, 0x414, 0x8000);
	put32(p, 0x420, 0x680);
	str16(p, 0x680, "gone.dll");
}

static void memory(uint8_t *p)
{
	put32(p, 0x440, 1);
	put64(p, 0x448, 0x50000);
	put32(p, 0x450, 0x20);
	put32(p, 0x454, 0x8a0);
	memset(p + 0x8a0, 0x55, 0x20);
	put64(p, 0x480, 2);
	put64(p, 0x488, 0x880);
	put64(p, 0x490, 0x60000);
	put64(p, 0x498, 0x10);
	put64(p, 0x4a0, 0x70000);
	put64(p, 0x4a8, 0x10);
	memset(p + 0x880, 0x66, 0x10);
	memset(p + 0x890, 0x77, 0x10);
}

static uint8_t *fixture(void)
{
	uint8_t *p = calloc(1, LEN);

	if (!p)
		abort();
	put32(p, 0x00, 0x504d444d); /* MDMP */
	put32(p, 0x04, 0x1234a793);
	put32(p, 0x08, 11);
	put32(p, 0x0c, 0x20);
	put32(p, 0x14, 0x5f5e1000); /* 2020-09-13T12:26:40Z */
	streams(p);
	system_info(p);
	put32(p, 0x140, 0x2222); /* exception: thread */
	put32(p, 0x148, 0xc0000005);
	put32(p, 0x1e0, 1232);
	put32(p, 0x1e4, 0x900);
	threads(p);
	modules(p);
	memory(p);
	put32(p, 0x4c0, 24);
	put32(p, 0x4c4, 1);
	put32(p, 0x4c8, 4321);
	memcpy(p + 0x540, "hello", 6);
	return p;
}

static void reads_header(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d = open_bytes(p, LEN);

	free(p);
	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_STR(d->fmt->name, "mdmp");
	CHECK_EQ(d->kind, NTR_KIND_USER);
	CHECK(d->complete);
	CHECK_EQ(d->meta.machine, 0x8664);
	CHECK_EQ(d->meta.build, 17763);
	CHECK_EQ(d->meta.os_major, 10);
	CHECK_EQ(d->meta.os_minor, 0);
	CHECK_EQ(d->meta.cpus, 4);
	CHECK_EQ(d->meta.product, 3);
	CHECK_EQ(d->meta.suite, 0x110);
	CHECK_EQ(d->meta.time, 132444736000000000);
	CHECK_EQ(d->meta.has,
		 NTR_HAS_MACHINE | NTR_HAS_BUILD | NTR_HAS_VERSION |
		 NTR_HAS_CPUS | NTR_HAS_PRODUCT | NTR_HAS_SUITE |
		 NTR_HAS_TIME);
	CHECK_STR(d->meta.os_text, "SP 9");
	CHECK_STR(d->meta.comment, "hello");
	CHECK_EQ(d->exception_tid, 0x2222);
	CHECK_EQ(d->exception.off, 0x148);
	CHECK_EQ(d->exception.len, 0x98);
	CHECK_EQ(d->context.off, 0x900);
	CHECK_EQ(d->context.len, 1232);
	CHECK_HAS(notes(d), "process 4321");
	ntr_dump_close(d);
}

static void reads_lists(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d = open_bytes(p, LEN);

	free(p);
	CHECK(d && d->threads.n == 2 && d->modules.n == 2 &&
	      d->unloaded.n == 1);
	if (test_.bad)
		return;
	CHECK_EQ(d->threads.v[0].id, 0x1111);
	CHECK(!d->threads.v[0].name);
	CHECK_EQ(d->threads.v[1].id, 0x2222);
	CHECK_STR(d->threads.v[1].name, "worker");
	CHECK_EQ(d->threads.v[1].teb, 0x7ff000001000);
	CHECK_EQ(d->threads.v[1].stack_va, 0x20000);
	CHECK_EQ(d->threads.v[1].stack_len, 0x40);
	CHECK_EQ(d->threads.v[1].context.off, 0x900);
	CHECK_EQ(d->threads.v[1].form, NTR_REGS_CONTEXT);
	CHECK_STR(d->modules.v[0].name, "C:\\a.exe");
	CHECK_EQ(d->modules.v[0].base, 0x7ff600000000);
	CHECK_EQ(d->modules.v[0].size, 0x12000);
	CHECK_EQ(d->modules.v[0].timestamp, 0x5a000000);
	CHECK_EQ(d->modules.v[0].checksum, 0xabcd);
	CHECK_EQ(d->modules.v[0].ver[0], 10);
	CHECK_EQ(d->modules.v[0].ver[1], 2);
	CHECK_EQ(d->modules.v[0].ver[2], 0x4563);
	CHECK_EQ(d->modules.v[0].ver[3], 1);
	CHECK_EQ(d->modules.v[0].cv.off, 0x700);
	CHECK_EQ(d->modules.v[0].cv.len, 40);
	CHECK_STR(d->modules.v[1].name, "b.dll");
	CHECK_EQ(d->modules.v[1].ver[0], 0);
	CHECK_STR(d->unloaded.v[0].name, "gone.dll");
	CHECK_EQ(d->unloaded.v[0].start, 0x7ff700000000);
	CHECK_EQ(d->unloaded.v[0].end, 0x7ff700008000);
	ntr_dump_close(d);
}

static void reads_memory(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d = open_bytes(p, LEN);

	free(p);
	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_EQ(d->vblocks.n, 5); /* two stacks, one, two */
	CHECK_EQ(byte_at(&d->blocks, 0x50000), 0x55);
	CHECK_EQ(byte_at(&d->blocks, 0x5001f), 0x55);
	CHECK_EQ(byte_at(&d->blocks, 0x50020), -1);
	CHECK_EQ(byte_at(&d->blocks, 0x60000), 0x66);
	CHECK_EQ(byte_at(&d->blocks, 0x7000f), 0x77);
	CHECK_EQ(byte_at(&d->blocks, 0x70010), -1);
	CHECK_EQ(byte_at(&d->blocks, 0x10000), 0);
	ntr_dump_close(d);
}

/* What is changed, what the notes must then say, what is left. */
static const struct damage {
	size_t off;
	uint32_t value;
	const char *note; /* NULL: opening fails, with fail */
	const char *fail;
	int modules, threads;
} damages[] = {
	{ 0x04, 0x1234a794, NULL, "version is 0xa794", 0, 0 },
	{ 0x08, 0, NULL, "no stream directory at 0x20", 0, 0 },
	{ 0x08, 0xffffffff, "stream directory: the file ends inside it", NULL,
	  2, 2 },
	{ 0x0c, 0x1000, NULL, "no stream directory at 0x1000", 0, 0 },
	{ 0x0c, 0xffffffff, NULL, "no stream directory", 0, 0 },
	{ 0x4c, 0xf00000, "modules: the stream lies past the end", NULL, 0,
	  2 }, /* rva */
	{ 0x48, 0xfffffff0, "modules: the file ends inside the stream", NULL,
	  2, 2 },
	{ 0x48, 2, "modules: no room for the count", NULL, 0, 2 },
	{ 0x2a1, 0xffffffff, "modules: 4294967295 claimed, 2 fit", NULL, 2,
	  2 },
	{ 0x200, 3, "threads: 3 claimed, 2 fit", NULL, 2, 2 },
	{ 0x2a5 + 0x14, 0xfffffff, "modules: 1 names are not in the file",
	  NULL, 2, 2 },
	{ 0x60, 8, "system info: the stream is too short", NULL, 2, 2 },
	{ 0x54, 0x20, "exception: the stream is too short", NULL, 2, 2 },
	{ 0x404, 8, "unloaded modules: the list header is damaged", NULL, 2,
	  2 },
	{ 0x408, 99, "unloaded modules: more claimed than fit", NULL, 2, 2 },
	{ 0x450, 0x10000000, "1 memory blocks reach past the end", NULL, 2,
	  2 },
	{ 0x484, 0x80000000, "full memory list: more blocks claimed", NULL, 2,
	  2 },
	{ 0x48c, 0xfffffff0, "2 memory blocks reach past the end", NULL, 2,
	  2 },
	{ 0x204 + 0x1c, 0xffffffff, "", NULL, 2, 2 },
	{ 0x501, 0x7fffffff, "thread names: 2147483647 claimed, 1 fit", NULL,
	  2, 2 },
	{ 0x100, 77, "processor architecture 0x4d is not known", NULL, 2, 2 },
	{ 0x114, 0x8201, "ran on Linux, not on Windows NT", NULL, 2, 2 },
};

static void survives_damage(void)
{
	for (size_t i = 0; i < NTR_COUNT(damages); i++) {
		const struct damage *x = &damages[i];
		uint8_t *p = fixture();
		struct ntr_dump *d;

		put32(p, x->off, x->value);
		d = open_bytes(p, LEN);
		free(p);
		if (x->fail) {
			CHECK(!d);
			CHECK_HAS(opened.e.msg, x->fail);
		} else {
			CHECK(d != NULL);
			CHECK_HAS(notes(d), x->note);
			CHECK_EQ(d ? d->modules.n : 99, x->modules);
			CHECK_EQ(d ? d->threads.n : 99, x->threads);
		}
		if (test_.bad)
			printf("  (damage %zu at 0x%zx)\n", i, x->off);
		ntr_dump_close(d);
	}
}

static void wrapping_addresses(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d;

	put64(p, 0x448, UINT64_MAX - 0xf); /* 0x20 bytes there */
	put64(p, 0x490, UINT64_MAX);       /* 0x10 bytes there */
	put64(p, 0x204 + 0x18, UINT64_MAX);
	d = open_bytes(p, LEN);
	free(p);
	CHECK(d != NULL);
	CHECK_HAS(notes(d), "\nmemory list: 1 blocks' addresses wrap");
	CHECK_HAS(notes(d), "full memory list: 1 blocks' addresses wrap");
	CHECK_HAS(notes(d), "threads: 1 stacks cannot be taken in");
	CHECK(d && !d->complete && d->vblocks.n == 2);
	CHECK_EQ(d ? byte_at(&d->blocks, 0x70000) : 0, 0x77);
	ntr_dump_close(d);
}

static void survives_truncation(void)
{
	unsigned complete = 0, open = 0;
	uint8_t *p = fixture();

	for (size_t len = 1; len < LEN; len++) {
		struct ntr_dump *d = open_bytes(p, len);

		if (!d) {
			CHECK(opened.e.msg[0]);
			continue;
		}
		open++;
		complete += d->complete;
		ntr_dump_close(d);
	}
	free(p);
	CHECK(open > 0xd00);
	/* The contexts end at 0xdd0; what follows holds nothing. */
	CHECK_EQ(complete, LEN - 0xdd0);
}

/* A directory of many equal entries must not multiply the work. */
static void many_streams(void)
{
	size_t len = 0x1000 + 4000 * 12;
	uint8_t *f = fixture(), *p = calloc(1, len);
	struct ntr_dump *d;

	if (!p)
		abort();
	memcpy(p, f, LEN);
	free(f);
	put32(p, 0x08, 4000);
	put32(p, 0x0c, 0x1000);
	for (unsigned i = 0; i < 4000; i++) {
		put32(p, 0x1000 + i * 12, 4);
		put32(p, 0x1004 + i * 12, 4 + 2 * 108);
		put32(p, 0x1008 + i * 12, 0x2a1);
	}
	d = open_bytes(p, len);
	free(p);
	CHECK(d && d->modules.n == 2);
	ntr_dump_close(d);
}

/* --- real ones ------------------------------------------------------------------ */

#define MD "user_minidumps/"
static const struct real {
	const char *file;
	uint32_t machine, cpus, build;
	size_t modules, threads, blocks;
	uint64_t base, size; /* of module at */
	unsigned at;
	const char *name;
	uint64_t tid; /* that faulted */
	const char *os;
} reals[] = {
	/* breakpad/minidump2.dump.out */
	{ MD "breakpad/minidump2.dmp", 0x14c, 1, 2600, 13, 2, 3, 0x76bf0000,
	  0xb000, 12, "C:\\WINDOWS\\system32\\psapi.dll", 0xbf4,
	  "Service Pack 2" },
	{ MD "rust-minidump/test.dmp", 0x14c, 1, 2600, 13, 2, 3, 0x7c900000,
	  0xb0000, 1, "C:\\WINDOWS\\system32\\ntdll.dll", 0xbf4,
	  "Service Pack 2" },
	/* expected/…linux_json_pretty.snap */
	{ MD "rust-minidump/linux-mini.dmp", 0x8664, 4, 0, 8, 1, 2,
	  0x7f513fe54000, 0x108000, 1,
	  "/lib/x86_64-linux-gnu/libm-2.23.so", 1304,
	  "Linux 4.9.60-linuxkit-aufs #1 SMP Mon Nov 6 16:00:12 UTC 2017 "
	  "x86_64" },
	/* expected/…macos_inlines_json_pretty.snap */
	{ MD "rust-minidump/pipeline-inlines-macos-segv.dmp", 0x8664, 8, 0, 47,
	  11, 12, 0x7fff20048000, 0x36000, 2, "/usr/lib/system/libxpc.dylib",
	  4611, "macOS 20G630" },
	/* written under Wine 8.0: no type is aligned */
	{ "made/triple/crash32_O0.dmp", 0x14c, 2, 7601, 8, 1, 2, 0x400000, 0,
	  0, NULL, 0, "Service Pack 1" },
};

static void check_real(const struct real *r, struct ntr_dump *d)
{
	const struct ntr_dump_module *m;

	CHECK(d->complete);
	CHECK_EQ(d->kind, NTR_KIND_USER);
	CHECK_EQ(d->meta.machine, r->machine);
	CHECK_EQ(d->meta.cpus, r->cpus);
	CHECK_EQ(d->meta.build, r->build);
	CHECK_EQ(d->modules.n, r->modules);
	CHECK_EQ(d->threads.n, r->threads);
	CHECK_EQ(d->vblocks.n, r->blocks);
	CHECK_STR(d->meta.os_text, r->os);
	if (r->tid)
		CHECK_EQ(d->exception_tid, r->tid);
	if (d->modules.n <= r->at || !r->name)
		return;
	m = &d->modules.v[r->at];
	CHECK_EQ(m->base, r->base);
	CHECK_EQ(m->size, r->size);
	CHECK_STR(m->name, r->name);
}

static void real_dumps(void)
{
	char path[4096];

	for (size_t i = 0; i < NTR_COUNT(reals); i++) {
		struct ntr_dump *d;

		if (!test_corpus(reals[i].file, path, sizeof(path)))
			SKIP("%s is not there", reals[i].file);
		d = open_path(path);
		CHECK(d != NULL);
		if (d)
			check_real(&reals[i], d);
		if (test_.bad)
			printf("  (%s)\n", reals[i].file);
		ntr_dump_close(d);
	}
}

/* breakpad/minidump2.dump.out, line by line */
static void minidump2_in_detail(void)
{
	static const struct { u64 base, size; u16 v2, v3; } want[13] = {
		{ 0x400000, 0x2d000, 0, 0 },
		{ 0x7c900000, 0xb0000, 2600, 2180 },
		{ 0x7c800000, 0xf4000, 2600, 2945 },
		{ 0x774e0000, 0x13d000, 2600, 2726 },
		{ 0x77dd0000, 0x9b000, 2600, 2180 },
		{ 0x77e70000, 0x91000, 2600, 2180 },
		{ 0x77f10000, 0x47000, 2600, 2818 },
		{ 0x77d40000, 0x90000, 2600, 2622 },
		{ 0x77c10000, 0x58000, 2600, 2180 },
		{ 0x76390000, 0x1d000, 2600, 2180 },
		{ 0x59a60000, 0xa1000, 2600, 2180 },
		{ 0x77c00000, 0x8000, 2600, 2180 },
		{ 0x76bf0000, 0xb000, 2600, 2180 },
	};
	char path[4096];
	struct ntr_dump *d;
	u32 v;

	if (!test_corpus(MD "breakpad/minidump2.dmp", path, sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->modules.n == 13 && d->threads.n == 2);
	if (test_.bad)
		return;
	for (size_t i = 0; i < 13; i++) {
		CHECK_EQ(d->modules.v[i].base, want[i].base);
		CHECK_EQ(d->modules.v[i].size, want[i].size);
		CHECK_EQ(d->modules.v[i].ver[2], want[i].v2);
		CHECK_EQ(d->modules.v[i].ver[3], want[i].v3);
	}
	CHECK_EQ(d->modules.v[0].cv.off, 0x132c);
	CHECK_EQ(d->modules.v[0].cv.len, 40);
	CHECK_EQ(d->modules.v[1].timestamp, 0x411096b4);
	CHECK_EQ(d->modules.v[1].checksum, 0xaf2f7);
	CHECK_EQ(d->meta.os_major, 5);
	CHECK_EQ(d->meta.os_minor, 1);
	CHECK_EQ(d->meta.suite, 0x100);
	CHECK_EQ(d->meta.product, 1);
	CHECK_EQ(d->threads.v[0].id, 0xbf4);
	CHECK_EQ(d->threads.v[0].teb, 0x7ffdf000);
	CHECK_EQ(d->threads.v[0].stack_va, 0x12f31c);
	CHECK_EQ(d->threads.v[0].stack_len, 0xce4);
	CHECK_EQ(d->threads.v[0].context.off, 0xd94);
	CHECK_EQ(d->threads.v[0].context.len, 0x2cc);
	CHECK_EQ(d->threads.v[1].id, 0x11c0);
	CHECK_EQ(d->context.off, 0xac8);
	CHECK_EQ(d->context.len, 716);
	CHECK(ntr_read_u32(&d->file->space, d->exception.off, &v) == NTR_OK);
	CHECK_EQ(v, 0xc0000005);
	CHECK(ntr_read_u32(&d->blocks, 0x12f320, &v) == NTR_OK);
	CHECK_EQ(v, 0x7c90e9c0); /* second word of the stack */
	CHECK_HAS(notes(d), "process 3932, started 2007-02-14T19:13:55Z");
	ntr_dump_close(d);
}

/* expected/…macos_inlines_json_pretty.snap: thread ids and names */
static void thread_names(void)
{
	static const u64 ids[11] = { 4611, 5379, 5635, 10499, 10243, 9987,
				     9731, 5891, 9475, 9219, 8963 };
	char path[4096];
	struct ntr_dump *d;

	if (!test_corpus(MD "rust-minidump/pipeline-inlines-macos-segv.dmp",
			 path, sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->threads.n == 11);
	if (test_.bad)
		return;
	for (size_t i = 0; i < 11; i++)
		CHECK_EQ(d->threads.v[i].id, ids[i]);
	CHECK_STR(d->threads.v[0].name, "main");
	CHECK_STR(d->threads.v[1].name, "");
	ntr_dump_close(d);
}

static void unloaded_module(void)
{
	char path[4096];
	struct ntr_dump *d;

	if (!test_corpus(MD "breakpad/tiny-exe-with-cet-xsave.dmp", path,
			 sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->unloaded.n == 1);
	if (test_.bad)
		return;
	CHECK_STR(d->unloaded.v[0].name, "shcore.dll");
	CHECK_EQ(d->unloaded.v[0].start, 0x7ff90f450000);
	CHECK_EQ(d->unloaded.v[0].end, 0x7ff90f53a000);
	ntr_dump_close(d);
}

static const char *const refused[][2] = {
	{ MD "breakpad/microdump-arm.dmp", "a Breakpad microdump (text)" },
	{ MD "breakpad/microdump-x86.dmp", "a Breakpad microdump (text)" },
	{ MD "rust-minidump/invalid-range.dmp", "none of the 4 streams" },
	{ MD "rust-minidump/invalid-record-count.dmp",
	  "none of the 16 streams" },
};

static void not_minidumps(void)
{
	char path[4096];

	for (size_t i = 0; i < NTR_COUNT(refused); i++) {
		if (!test_corpus(refused[i][0], path, sizeof(path)))
			SKIP("no corpus");
		CHECK(!open_path(path));
		CHECK_HAS(opened.e.msg, refused[i][1]);
	}
}

int main(void)
{
	RUN(reads_header);
	RUN(reads_lists);
	RUN(reads_memory);
	RUN(survives_damage);
	RUN(wrapping_addresses);
	RUN(survives_truncation);
	RUN(many_streams);
	RUN(real_dumps);
	RUN(minidump2_in_detail);
	RUN(thread_names);
	RUN(unloaded_module);
	RUN(not_minidumps);
	return test_done();
}
