// SPDX-License-Identifier: Apache-2.0
/* ELF cores: a fixture at literal offsets, damage, and real cores against
 * readelf and QEMU's "info registers". */
#include "fmt_open.h"

enum { LEN = 0x8000 };

static size_t phdr(uint8_t *p, unsigned i, uint32_t type, uint64_t off,
		   uint64_t va, uint64_t pa, uint64_t filesz, uint64_t memsz)
{
	size_t h = 0x40 + i * 56;

	put32(p, h, type);
	put64(p, h + 8, off);
	put64(p, h + 16, va);
	put64(p, h + 24, pa);
	put64(p, h + 32, filesz);
	put64(p, h + 40, memsz);
	put64(p, h + 48, 4);
	return h;
}

static size_t note(uint8_t *p, size_t at, const char *owner, uint32_t type,
		   size_t len)
{
	size_t n = strlen(owner) + 1;

	put32(p, at, (uint32_t)n);
	put32(p, at + 4, (uint32_t)len);
	put32(p, at + 8, type);
	memcpy(p + at + 12, owner, n);
	return at + 12 + ((n + 3) & ~(size_t)3);
}

static uint8_t *elf_header(unsigned nph)
{
	uint8_t *p = calloc(1, LEN);

	if (!p)
		abort();
	memcpy(p, "\x7f" "ELF\2\1\1", 7);
	put16(p, 0x10, 4);  /* ET_CORE */
	put16(p, 0x12, 62); /* x86-64 */
	put32(p, 0x14, 1);
	put64(p, 0x20, 0x40);
	put16(p, 0x34, 64);
	put16(p, 0x36, 56);
	put16(p, 0x38, (uint16_t)nph);
	return p;
}

/*
 * A machine as QEMU writes it: two CPUs, a hole, a segment whose end is not
 * in the file, one that maps memory again, one that was not dumped.
 */
static uint8_t *machine(void)
{
	uint8_t *p = elf_header(6);
	size_t n;

	phdr(p, 0, 4, 0x200, 0, 0, 0x6e0, 0);
	n = note(p, 0x200, "CORE", 1, 336) + 336;      /* 0x214 + 0x150 */
	n = note(p, n, "CORE", 1, 336) + 336;
	n = note(p, n, "QEMU", 0, 440) + 440;
	n = note(p, n, "QEMU", 0, 440);                /* 0x6a8 */
	put64(p, n + 0x1a0, 0x1aa000);                 /* its CR3 */
	phdr(p, 1, 1, 0x1000, 0, 0, 0x2000, 0x2000);
	phdr(p, 2, 1, 0x3000, 0, 0x100000, 0x1000, 0x3000);
	phdr(p, 3, 1, 0x5000, 0, 0x1000, 0x1000, 0x1000); /* again */
	phdr(p, 4, 1, 0x4800, 0, 0x200800, 0x2000, 0x2000); /* ragged */
	phdr(p, 5, 1, UINT64_MAX, 0, 0x300000, 0, 0x4000);  /* not dumped */
	memset(p + 0x1000, 0x10, 0x1000);
	memset(p + 0x2000, 0x11, 0x1000);
	memset(p + 0x3000, 0x12, 0x1000);
	memset(p + 0x5000, 0x13, 0x1000);
	return p;
}

static void reads_machine(void)
{
	uint8_t *p = machine();
	struct ntr_dump *d = open_bytes(p, LEN);
	u64 cr3 = 0;

	free(p);
	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_STR(d->fmt->name, "elf");
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK_EQ(d->meta.machine, 0x8664);
	CHECK_EQ(d->meta.cpus, 2);
	CHECK_EQ(d->cpus.n, 2);
	CHECK_EQ(d->cpus.v[0].prstatus.off, 0x214);
	CHECK_EQ(d->cpus.v[0].prstatus.len, 336);
	CHECK_EQ(d->cpus.v[1].qemu.off, 0x6a8);
	CHECK_EQ(d->cpus.v[1].qemu.len, 440);
	CHECK(ntr_read_u64(&d->file->space, d->cpus.v[1].qemu.off + 0x1a0,
			   &cr3) == NTR_OK);
	CHECK_EQ(cr3, 0x1aa000);
	CHECK_EQ(byte_at(&d->phys, 0), 0x10);
	CHECK_EQ(byte_at(&d->phys, 0x1000), 0x11); /* listed before 0x13 */
	CHECK_EQ(byte_at(&d->phys, 0x2000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x100000), 0x12);
	CHECK_EQ(byte_at(&d->phys, 0x101000), 0); /* zeros, not stored */
	CHECK_EQ(byte_at(&d->phys, 0x102fff), 0);
	CHECK_EQ(byte_at(&d->phys, 0x103000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x200fff), -1);
	CHECK_EQ(byte_at(&d->phys, 0x201000), 0x13); /* at 0x5000 */
	CHECK_EQ(byte_at(&d->phys, 0x202000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x300000), -1);
	CHECK_HAS(notes(d), "1 segments do not begin and end at page");
	CHECK_HAS(notes(d), "1 segments have no bytes in the file");
	CHECK_HAS(notes(d), "overlap");
	ntr_dump_close(d);
}

static uint8_t *process(void)
{
	uint8_t *p = elf_header(3);
	size_t n;

	phdr(p, 0, 4, 0x200, 0, 0, 0x500, 0);
	n = note(p, 0x200, "CORE", 1, 336);
	put32(p, n + 32, 777); /* pr_pid */
	n = note(p, n + 336, "CORE", 3, 136);
	memcpy(p + n + 136 - 96, "prog", 5);
	memcpy(p + n + 136 - 80, "prog -x", 8);
	n = note(p, n + 136, "CORE", 0x53494749, 128);
	put32(p, n, 11);
	n = note(p, n + 128, "CORE", 0x46494c45, 16 + 4 * 24 + 19);
	put64(p, n, 4);
	put64(p, n + 8, 4096);
	for (unsigned i = 0; i < 4; i++) {
		put64(p, n + 16 + i * 24, 0x400000 + i * 0x10000);
		put64(p, n + 24 + i * 24, 0x408000 + i * 0x10000);
		put64(p, n + 32 + i * 24, i % 2);
	}
	memcpy(p + n + 112, "/a/b\0/a/b\0/c.so\0/c", 19);
	n = note(p, n + 132, "CORE", 1, 336);
	put32(p, n + 32, 778);
	phdr(p, 1, 1, 0x1000, 0x400000, 0, 0x1000, 0x8000);
	phdr(p, 2, 1, 0x2000, 0x7ffff000, 0, 0x1000, 0x1000);
	memset(p + 0x1000, 0x21, 0x1000);
	memset(p + 0x2000, 0x22, 0x1000);
	return p;
}

static void reads_process(void)
{
	uint8_t *p = process();
	struct ntr_dump *d = open_bytes(p, LEN);

	free(p);
	CHECK(d && d->threads.n == 2 && d->modules.n == 3);
	if (test_.bad)
		return;
	CHECK_EQ(d->kind, NTR_KIND_USER);
	CHECK_EQ(d->cpus.n, 0);
	CHECK_EQ(d->threads.v[0].id, 777);
	CHECK_EQ(d->threads.v[0].context.off, 0x214);
	CHECK_EQ(d->threads.v[0].form, NTR_REGS_PRSTATUS);
	CHECK_EQ(d->threads.v[1].id, 778);
	CHECK_EQ(d->exception_tid, 777);
	CHECK_STR(d->modules.v[0].name, "/a/b");
	CHECK_EQ(d->modules.v[0].base, 0x400000);
	CHECK_EQ(d->modules.v[0].size, 0x18000);
	CHECK_STR(d->modules.v[1].name, "/c.so");
	CHECK_STR(d->modules.v[2].name, "/c");
	CHECK_STR(d->meta.os_text, "Linux");
	CHECK_HAS(notes(d), "process prog: prog -x");
	CHECK_HAS(notes(d), "ended by signal 11");
	CHECK_EQ(byte_at(&d->blocks, 0x400000), 0x21);
	CHECK_EQ(byte_at(&d->blocks, 0x401000), -1); /* not dumped */
	CHECK_EQ(byte_at(&d->blocks, 0x7ffff000), 0x22);
	ntr_dump_close(d);
}

/* DUMP_HEADER64 of a guest's driver, 24 bytes into the note. */
static void reads_nt_header(void)
{
	uint8_t *p = elf_header(2);
	struct ntr_dump *d;
	size_t n;

	phdr(p, 0, 4, 0x200, 0, 0, 0x2100, 0);
	n = note(p, 0x200, "VMCOREINFO", 0, 0x2018) + 24;
	for (size_t i = 0; i < 0x2000; i += 4)
		memcpy(p + n + i, "PAGE", 4);
	memcpy(p + n, "PAGEDU64", 8);
	put32(p, n + 0x08, 15);
	put32(p, n + 0x0c, 19041);
	put64(p, n + 0x10, 0x1ad000);
	put64(p, n + 0x20, 0xfffff80012345678);
	put32(p, n + 0x30, 0x8664);
	put32(p, n + 0x34, 4);
	put32(p, n + 0x38, 0xd1);
	put64(p, n + 0x40, 0x11);
	put64(p, n + 0x58, 0x44);
	put64(p, n + 0x80, 0xfffff80012340000);
	phdr(p, 1, 1, 0x3000, 0, 0, 0x1000, 0x1000);
	d = open_bytes(p, LEN);
	free(p);
	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK_EQ(d->meta.build, 19041);
	CHECK_EQ(d->meta.dtb, 0x1ad000);
	CHECK_EQ(d->meta.psmods, 0xfffff80012345678);
	CHECK_EQ(d->meta.kdbg, 0xfffff80012340000);
	CHECK_EQ(d->meta.cpus, 4);
	CHECK_EQ(d->meta.bugcheck, 0xd1);
	CHECK_EQ(d->meta.arg[0], 0x11);
	CHECK_EQ(d->meta.arg[3], 0x44);
	CHECK_EQ(d->context.off, n + 0x348);
	CHECK_EQ(d->exception.off, n + 0xf00);
	CHECK_EQ(d->meta.has, NTR_HAS_BUILD | NTR_HAS_DTB | NTR_HAS_PSMODS |
			      NTR_HAS_MACHINE | NTR_HAS_CPUS | NTR_HAS_KDBG |
			      NTR_HAS_BUGCHECK);
	CHECK_HAS(notes(d), "the NT dump header");
	ntr_dump_close(d);
}

static void survives_damage(void)
{
	static const struct {
		size_t off;
		unsigned width;
		uint64_t value;
		const char *note, *fail;
	} x[] = {
		{ 4, 1, 7, NULL, "unknown class 7" },
		{ 5, 1, 9, NULL, "unknown byte order 9" },
		{ 0x10, 2, 2, NULL, "an ELF executable (x86-64)" },
		{ 0x12, 2, 0x7777, "ELF machine 30583 is not known", NULL },
		{ 0x20, 8, UINT64_MAX, NULL,
		  "program headers, at 0xffffffffffffffff, are not in" },
		{ 0x38, 2, 0x3000, "ends inside the program headers", NULL },
		{ 0x28, 8, 0x7000, NULL, "section headers claimed" },
		{ 0x40 + 8, 8, 0x7fffff, "the file ends inside the notes",
		  NULL },
		{ 0x40 + 32, 8, UINT64_MAX, "the file ends inside the notes",
		  NULL },
		{ 0x204, 4, 0xfffffff0, "note at 0x214 does not fit", NULL },
		{ 0x200, 4, 0xfffffff0, "does not fit", NULL },
		{ 0x40 + 56 + 24, 8, UINT64_MAX - 0xfff,
		  "beyond any machine's physical memory", NULL },
		{ 0x40 + 56 + 32, 8, UINT64_MAX, "", NULL },
		{ 0x40 + 56 + 8, 8, UINT64_MAX - 0x1fff, "", NULL },
		{ 0x40 + 2 * 56 + 40, 8, UINT64_MAX, "", NULL },
		{ 0x40 + 56 + 8, 8, 0x7fff, "pages that the header promises",
		  NULL },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		uint8_t *p = machine();
		struct ntr_dump *d;

		for (unsigned b = 0; b < x[i].width; b++)
			p[x[i].off + b] = (uint8_t)(x[i].value >> 8 * b);
		/* section 0, for e_shoff 0x7000: 2^32-1 sections */
		put64(p, 0x7000 + 32, 0xffffffff);
		d = open_bytes(p, LEN);
		free(p);
		if (x[i].fail) {
			CHECK(!d);
			CHECK_HAS(opened.e.msg, x[i].fail);
		} else {
			CHECK(d != NULL);
			CHECK_HAS(notes(d), x[i].note);
		}
		if (test_.bad)
			printf("  (damage %zu, %s)\n", i, opened.e.msg);
		ntr_dump_close(d);
	}
}

static void survives_truncation(void)
{
	for (int which = 0; which < 2; which++) {
		uint8_t *p = which ? process() : machine();

		for (size_t len = 1; len < LEN; len += len < 0x900 ? 1 : 91) {
			struct ntr_dump *d = open_bytes(p, len);

			CHECK(d || opened.e.msg[0]);
			if (d && len < (which ? 0x3000 : 0x6000))
				CHECK(!d->complete);
			ntr_dump_close(d);
		}
		free(p);
	}
}

/* A file of 16 GiB (sparse) whose tables claim all of it. */
static void huge_claims(void)
{
	uint8_t *p = elf_header(0xffff);
	uint64_t size = UINT64_C(16) << 30;
	struct ntr_dump *d;

	put64(p, 0x28, 0x7000);
	put16(p, 0x3a, 64);
	put16(p, 0x3c, 1);
	put32(p, 0x7000 + 44, 0x0fffffff); /* sh_info: program headers */
	d = open_fd(bytes_fd(p, LEN, size), 0);
	CHECK(!d);
	CHECK_HAS(opened.e.msg, "program headers, at most");
	put64(p, 0x40 + 32, size); /* notes of 16 GiB */
	put16(p, 0x38, 1);
	put32(p, 0x40, 4);
	d = open_fd(bytes_fd(p, LEN, size), 0);
	CHECK(d != NULL);
	CHECK_HAS(notes(d), "only the first 67108864 bytes of the notes");
	ntr_dump_close(d);
	free(p);
}

/* --- real cores ------------------------------------------------------------------ */

static const struct real {
	const char *file;
	uint32_t machine;
	size_t threads, blocks, modules;
	uint64_t tid;
	uint64_t va, off; /* a segment, as readelf -l gives it */
	const char *packing;
} reals[] = {
	{ "elf_cores/rizin/core-linux-x86_64", 0x8664, 1, 15, 3, 0,
	  0x7f582fa2e000, 0x5000, NULL },
	{ "elf_cores/rizin/core-linux-x86", 0x14c, 1, 13, 3, 0, 0xf7d50000,
	  0x4000, NULL },
	{ "elf_cores/rizin/core-linux-alpha", 0x184, 1, 13, 4, 0, 0x11fbfc000,
	  0x2000, NULL },
	{ "elf_cores/elfutils/backtrace.x86_64.core.bz2", 0x8664, 2, 9, 1, 0,
	  0x128f000, 0xc000, "bzip2" },
	{ "elf_cores/elfutils/backtrace.i386.core.bz2", 0x14c, 2, 8, 1, 0,
	  0x99dc000, 0x8000, "bzip2" },
	{ "elf_cores/elfutils/backtrace.aarch64.core.bz2", 0xaa64, 2, 8, 1, 0,
	  0xbc7000, 0xc000, "bzip2" },
};

static void check_real(const struct real *r, struct ntr_dump *d)
{
	bool found = false;

	CHECK(d->complete);
	CHECK_EQ(d->kind, NTR_KIND_USER);
	CHECK_EQ(d->meta.machine, r->machine);
	CHECK_EQ(d->threads.n, r->threads);
	CHECK_EQ(d->vblocks.n, r->blocks);
	CHECK_EQ(d->modules.n, r->modules);
	CHECK_STR(d->meta.os_text, "Linux");
	CHECK(d->threads.n && d->threads.v[0].id);
	for (size_t i = 0; i < d->vblocks.n; i++)
		found |= d->vblocks.v[i].va == r->va &&
			 d->vblocks.v[i].off == r->off;
	CHECK(found);
	if (r->packing)
		CHECK_STR(d->packing, r->packing);
}

static void real_processes(void)
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
			printf("  (%s: %s)\n", reals[i].file, opened.e.msg);
		ntr_dump_close(d);
	}
}

/* NT_FILE of core-linux-x86, as readelf -n prints it */
static void mapped_files(void)
{
	char path[4096];
	struct ntr_dump *d;

	if (!test_corpus("elf_cores/rizin/core-linux-x86", path, sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->modules.n == 3);
	if (test_.bad)
		return;
	CHECK_HAS(d->modules.v[0].name, "/dev/crash/crash-linux-x86");
	CHECK_EQ(d->modules.v[0].base, 0x56621000);
	CHECK_EQ(d->modules.v[0].size, 0x5000);
	CHECK_STR(d->modules.v[1].name, "/usr/lib32/libc-2.33.so");
	CHECK_EQ(d->modules.v[1].base, 0xf7d50000);
	CHECK_EQ(d->modules.v[1].size, 0xf7f41000 - 0xf7d50000);
	CHECK_STR(d->modules.v[2].name, "/usr/lib32/ld-2.33.so");
	CHECK_EQ(d->modules.v[2].base, 0xf7f9d000);
	ntr_dump_close(d);
}

/* readelf -l: 131070 LOAD segments of one page each, pa 0, 0x1000, … */
static void many_segments(void)
{
	struct ntr_run r;
	char path[4096];
	struct ntr_dump *d;
	u64 pages = 0;

	if (!test_corpus("elf_cores/rizin/more-than-65535-segments.gz", path,
			 sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d != NULL);
	if (!d)
		return;
	for (size_t i = 0; i < d->runs.n; i++)
		pages += d->runs.v[i].npages;
	CHECK_EQ(pages, 131070);
	CHECK(ntr_dump_run_from(d, 131069, &r) && r.pfn <= 131069);
	CHECK(!ntr_dump_run_from(d, 131070, &r));
	CHECK_EQ(d->runs.v[5].off, 0x1040);
	CHECK(d->complete);
	ntr_dump_close(d);
}

/* vm_kaslr.qemu-registers.txt, CPU#0 and CPU#1; RAX, RDX and RDI of CPU#0 are
 * left out: it was waiting in a loop when the two were taken. */
static void qemu_registers(void)
{
	static const struct {
		unsigned cpu;
		u32 off; /* in QEMUCPUState */
		u64 value;
	} want[] = {
		{ 0, 0x10, 0x0000000000000258 }, /* RBX */
		{ 0, 0x18, 0x00000000009e6024 }, /* RCX */
		{ 0, 0x38, 0xffffd543c00139a8 }, /* RSP */
		{ 0, 0x88, 0xffffffff885c3643 }, /* RIP */
		{ 0, 0x90, 0x283 },              /* RFL */
		{ 0, 0x1a0, 0x43da000 },         /* CR3 */
		{ 1, 0x08, 0xffffffff87c6ab00 },
		{ 1, 0x38, 0xffffd543c00d0fc0 },
	};
	char path[4096];
	struct ntr_dump *d;

	if (!test_corpus("vmcore_made_with_qemu/vm_kaslr.elf.xz", path,
			 sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->cpus.n == 2);
	if (test_.bad)
		return;
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK_STR(d->packing, "xz");
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 2); /* readelf -l */
	CHECK_EQ(d->runs.v[0].npages, 0x4800);
	CHECK_EQ(d->runs.v[0].off, 0x14a0);
	CHECK_EQ(d->runs.v[1].pfn, 0xfffc0);
	CHECK_EQ(d->runs.v[1].npages, 0x40);
	CHECK_EQ(d->runs.v[1].off, 0x48014a0);
	CHECK_STR(d->meta.os_text, "Linux 6.1.0-56-cloud-amd64");
	CHECK_HAS(notes(d), "not Windows NT");
	for (size_t i = 0; i < NTR_COUNT(want); i++) {
		u64 v;

		CHECK(ntr_read_u64(&d->file->space,
				   d->cpus.v[want[i].cpu].qemu.off +
					   want[i].off, &v) == NTR_OK);
		CHECK_EQ(v, want[i].value);
	}
	ntr_dump_close(d);
}

int main(void)
{
	RUN(reads_machine);
	RUN(reads_process);
	RUN(reads_nt_header);
	RUN(survives_damage);
	RUN(survives_truncation);
	RUN(huge_claims);
	RUN(real_processes);
	RUN(mapped_files);
	RUN(many_segments);
	RUN(qemu_registers);
	return test_done();
}
