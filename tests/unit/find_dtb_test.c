// SPDX-License-Identifier: Apache-2.0
/* Finding the page-table root: memory built at literal places, and a real
 * Linux guest that must not be taken for NT. */
#include "mem/find_dtb.h"
#include "test.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEM_LEN 0x200000u
static uint8_t *mem;
static struct ntr_mem_space phys;
static struct ntr_dump dump;
static uint8_t note[0x1b8];

/* A dump whose memory is len bytes, with one run for all of it. */
static void fresh_of(uint8_t *m, size_t len)
{
	struct ntr_run *r;

	ntr_vec_fini(&dump.runs);
	ntr_vec_fini(&dump.cpus);
	ntr_file_close(dump.file);
	memset(&dump, 0, sizeof(dump));
	ntr_mem_space_init(&phys, 0, m, len);
	dump.phys = phys.s;
	dump.page_shift = 12;
	r = ntr_vec_add(&dump.runs);
	if (!r)
		exit(2);
	r->npages = len / 4096;
}

/* A heap block for each test, so that an overread is seen. */
static void fresh(void)
{
	free(mem);
	mem = calloc(1, MEM_LEN);
	if (!mem)
		exit(2);
	fresh_of(mem, MEM_LEN);
	memset(note, 0, sizeof(note));
	put32(note, 0, 1); /* version */
	put32(note, 4, 0x1b8);
}

/* One CPU whose note is the array note, len bytes of it. */
static void with_note(size_t len)
{
	int fd = memfd_create("notes", 0);
	struct ntr_dump_cpu *c;

	if (fd < 0 || write(fd, note, sizeof(note)) != sizeof(note) ||
	    ntr_file_from_fd(&dump.file, fd, "notes", NULL))
		exit(2);
	c = ntr_vec_add(&dump.cpus);
	if (!c)
		exit(2);
	c->qemu.len = len;
}

/* NtSystemRoot at +0x30 of the page at pa, UTF-16. */
static void put_kuser(unsigned pa, const char *root)
{
	for (size_t i = 0; root[i]; i++)
		put16(mem, pa + 0x30 + 2 * i, (uint16_t)root[i]);
}

/* x64 root at pa: self-map in slot 0x1ed, ten kernel entries; KUSER
 * 0xfffff780'00000000 (slot 0x1ef) through 0x11000, 0x12000, 0x13000. */
static void put_x64(unsigned pa, unsigned kuser_pa)
{
	for (unsigned i = 0; i < 10; i++)
		put64(mem, pa + (0x1f0 + i) * 8, 0x0000000000100063 + i * 0x1000);
	put64(mem, pa + 0x1ed * 8, 0x8000000000000063 | pa);
	put64(mem, pa + 0x1ef * 8, 0x0000000000011063);
	put64(mem, 0x11000, 0x0000000000012063);
	put64(mem, 0x12000, 0x0000000000013063);
	put64(mem, 0x13000, 0x8000000000000063 | (uint64_t)kuser_pa);
}

static void expect(uint32_t machine, enum ntr_paging form, uint64_t dtb,
		   const char *how, bool confirmed)
{
	struct ntr_dtb_hit h = { 0 };
	struct ntr_err e = { "" };

	CHECK_EQ(ntr_find_dtb(&dump, machine, 0, &h, &e), NTR_OK);
	CHECK_STR(ntr_paging_name(h.form), ntr_paging_name(form));
	CHECK_EQ(h.dtb, dtb);
	CHECK_STR(h.how, how);
	CHECK_EQ(h.confirmed, confirmed);
}

static void expect_none(uint32_t machine)
{
	struct ntr_dtb_hit h = { .dtb = 77 };
	struct ntr_err e = { "" };

	CHECK_EQ(ntr_find_dtb(&dump, machine, 0, &h, &e), NTR_ABSENT);
	CHECK_EQ(h.dtb, 77);
	CHECK(e.msg[0] != 0);
}

static void x64_self_map(void)
{
	fresh();
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "C:\\Windows");
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", true);
	expect(NTR_MACHINE_UNKNOWN, NTR_PAGING_X64, 0x1ad000, "self-map", true);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ac000));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_ARM64, 0x1ad000));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X86, 0x1ad000));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x7000000));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad800));
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_NONE, 0x1ad000));
	expect_none(NTR_MACHINE_ARM64);
	expect_none(NTR_MACHINE_X86);
	expect_none(NTR_MACHINE_IA64);
}

static void x64_without_kuser(void)
{
	fresh(); /* the page is not in the dump: the root's own looks decide */
	put_x64(0x1ad000, 0x7000000);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", false);
	/* fewer kernel entries than any NT has */
	for (unsigned i = 4; i < 10; i++)
		put64(mem, 0x1ad000 + (0x1f0 + i) * 8, 0);
	put64(mem, 0x1ad000 + 0x1ed * 8, 0x80000000001ad063);
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	expect_none(NTR_MACHINE_AMD64);
	/* another system's recursive root: something else where KUSER is */
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "no drive");
	expect_none(NTR_MACHINE_AMD64);
	/* KUSER_SHARED_DATA not mapped at all */
	put_x64(0x1ad000, 0x20000);
	put64(mem, 0x13000, 0);
	expect_none(NTR_MACHINE_AMD64);
}

static void x64_looks(void)
{
	fresh(); /* a user half without room */
	put_x64(0x1ad000, 0x7000000);
	for (unsigned i = 0; i < 192; i++)
		put64(mem, 0x1ad000 + i * 8, 0x67);
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	put64(mem, 0x1ad000, 0);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	/* six kernel entries are enough, five not */
	for (unsigned i = 4; i < 10; i++)
		put64(mem, 0x1ad000 + (0x1f0 + i) * 8, 0);
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	put64(mem, 0x1ad000 + 0x1f4 * 8, 0x107063);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
	/* itself twice */
	put64(mem, 0x1ad000 + 0x110 * 8, 0x1ad063);
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X64, 0x1ad000));
}

/* Each thing the self-map entry must have. */
static void x64_damaged_self_map(void)
{
	static const uint64_t bad[] = {
		0x80000000001ae063, /* another page */
		0x80000000001ad062, /* not present */
		0x80000000001ad061, /* not writable */
		0x80000000001ad0e3, /* large */
		0x80000001001ad063, /* same low bits */
		0,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fresh();
		put_x64(0x1ad000, 0x20000);
		put_kuser(0x20000, "C:\\Windows");
		put64(mem, 0x1ad000 + 0x1ed * 8, bad[i]);
		expect_none(NTR_MACHINE_AMD64);
	}
	fresh(); /* in the user half */
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "C:\\Windows");
	put64(mem, 0x1ad000 + 0x1ed * 8, 0);
	put64(mem, 0x1ad000 + 0x0ed * 8, 0x80000000001ad063);
	expect_none(NTR_MACHINE_AMD64);
}

/* A root left in a free page, its KUSER gone, does not hide the good one. */
static void confirmed_wins(void)
{
	fresh();
	put_x64(0x30000, 0x20000);
	put64(mem, 0x30000 + 0x1ef * 8, 0x0000000007000063); /* not there */
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "D:\\WINNT");
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", true);
}

static void first_of_equals_wins(void)
{
	fresh();
	put_x64(0x30000, 0x7000000);
	put_x64(0x1ad000, 0x7000000);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x30000, "self-map", false);
}

static void limit_is_kept(void)
{
	struct ntr_dtb_hit h;

	fresh();
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "C:\\Windows");
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0x1ad000, &h, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0x1ae000, &h, NULL), NTR_OK);
	dump.runs.v[0].off = NTR_OFF_ZERO; /* zeros need no look */
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0, &h, NULL), NTR_ABSENT);
	/* a run that lies about its size */
	dump.runs.v[0].off = 0;
	dump.runs.v[0].npages = UINT64_MAX >> 13;
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0x400000, &h, NULL), NTR_OK);
	dump.runs.v[0].pfn = UINT64_MAX >> 12;
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0x400000, &h, NULL), NTR_ABSENT);
}

static void holes_are_passed(void)
{
	fresh(); /* one run promises 2 MiB more than there are, before it none */
	put_x64(0x1ad000, 0x20000);
	put_kuser(0x20000, "C:\\Windows");
	ntr_mem_space_init(&phys, 0x11000, mem + 0x11000, 0x1ae000 - 0x11000);
	dump.phys = phys.s;
	dump.runs.v[0].npages = 0x400;
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", true);
	/* the root is the first page after the hole */
	ntr_mem_space_init(&phys, 0x1ad000, mem + 0x1ad000, 0x1000);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", false);
}

static void x64_low_stub(void)
{
	struct ntr_dtb_hit h;

	fresh();
	put_x64(0x1ad000, 0x7000000);
	put64(mem, 0x9000, 0x00000001000600e9 | 0x4d00);
	put64(mem, 0x9070, 0xfffff80312345670);
	put64(mem, 0x90a0, 0x1ad000);
	CHECK_EQ(ntr_find_dtb(&dump, NTR_MACHINE_AMD64, 0x1000, &h, NULL), NTR_OK);
	CHECK_STR(h.how, "low stub");
	CHECK_EQ(h.dtb, 0x1ad000);
	CHECK_EQ(h.entry, 0xfffff80312345670);
	put64(mem, 0x9070, 0x0000780312345670); /* a user address */
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", false);
	put64(mem, 0x9070, 0xfffff80312345670);
	put64(mem, 0x90a0, 0x1ac000); /* CR3 that proves nothing */
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "self-map", false);
}

/* The same from VirtualBox's note, whose registers come first. */
static void vbox_cpu_note(void)
{
	fresh();
	put_x64(0x1ad000, 0x7000000);
	memset(note, 0, sizeof(note));
	with_note(0);
	dump.cpus.v[0].vbox = (struct ntr_loc){ 0, sizeof(note) };
	dump.runs.v[0].npages = 1;
	expect_none(NTR_MACHINE_AMD64); /* too short for the whole record */
	dump.cpus.v[0].vbox.len = 0;
	ntr_file_close(dump.file);
	{
		static uint8_t big[0x220];
		int fd = memfd_create("notes", 0);

		put64(big, 0x130, 0x1ad000);
		put64(big, 0x138, 0x1506f8);
		if (fd < 0 || write(fd, big, sizeof(big)) != sizeof(big) ||
		    ntr_file_from_fd(&dump.file, fd, "notes", NULL))
			exit(2);
		dump.cpus.v[0].vbox.len = sizeof(big);
	}
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "CPU note", false);
}

static void x64_cpu_note(void)
{
	fresh(); /* beyond what is scanned, with PCID bits */
	put_x64(0x1ad000, 0x7000000);
	put64(note, 0x1a0, 0x80000000001ad002);
	put64(note, 0x1a8, 0x001506f8);
	with_note(0x1b0);
	dump.runs.v[0].npages = 1;
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "CPU note", false);
	expect_none(NTR_MACHINE_ARM64);
	/* a processor's word makes up for few entries */
	for (unsigned i = 0; i < 10; i++)
		put64(mem, 0x1ad000 + (0x1f0 + i) * 8, 0);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "CPU note", false);
	put_x64(0x1ad000, 0x7000000);
	dump.cpus.v[0].qemu.len = 0x1a0; /* cut short */
	expect_none(NTR_MACHINE_AMD64);
	dump.cpus.v[0].qemu = (struct ntr_loc){ 0x100, 0x1b8 }; /* lies */
	expect_none(NTR_MACHINE_AMD64);
}

/* CR3 of user mode under KVA shadow: it maps the KPCR, whose page at +0x7000
 * has the kernel's CR3. */
static void x64_shadow(void)
{
	for (int kernel_gs = 0; kernel_gs < 2; kernel_gs++) {
		fresh();
		put_x64(0x1ad000, 0x20000);
		put_kuser(0x20000, "C:\\Windows");
		put64(mem, 0x60000 + 0x1f0 * 8, 0x61063);
		put64(mem, 0x61000, 0x62063);
		put64(mem, 0x62000, 0x63063);
		put64(mem, 0x63000 + 8 * 8, 0x64063); /* 0xfffff80000008000 */
		put64(mem, 0x64000, 0x1ad002);
		put64(note, 0x1a0, 0x60003);
		put64(note, 0x1a8, 0x1506f8);
		put64(note, kernel_gs ? 0x1b0 : 0x108, 0xfffff80000001000);
		with_note(0x1b8);
		dump.runs.v[0].npages = 1;
		expect(NTR_MACHINE_AMD64, NTR_PAGING_X64, 0x1ad000, "CPU note", true);
	}
}

static void x64_five_levels(void)
{
	fresh(); /* 0xfffff780'00000000: slots 0x1ff, 0x1ef, 0, 0, 0 */
	put64(mem, 0x1ad000 + 0x1ed * 8, 0x80000000001ad063);
	put64(mem, 0x1ad000 + 0x1ff * 8, 0x0000000000010063);
	put64(mem, 0x10000 + 0x1ef * 8, 0x0000000000011063);
	put64(mem, 0x11000, 0x0000000000012063);
	put64(mem, 0x12000, 0x0000000000013063);
	put64(mem, 0x13000, 0x8000000000020063);
	put_kuser(0x20000, "C:\\Windows");
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64_5, 0x1ad000, "self-map", true);
	put64(note, 0x1a0, 0x1ad000);
	put64(note, 0x1a8, 0x1020); /* LA57, PAE */
	with_note(0x1b0);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X64_5, 0x1ad000, "CPU note", true);
}

static void x86_self_map(void)
{
	fresh();
	for (unsigned i = 0x200; i < 0x211; i++)
		put32(mem, 0x39000 + i * 4, 0x001e3 + (i - 0x200) * 0x400000);
	put32(mem, 0x39000 + 0x300 * 4, 0x39063);
	put32(mem, 0x39000, 0x5a067);
	put32(mem, 0x39000 + 0x3ff * 4, 0x3a163); /* 0xffdf0000 */
	put32(mem, 0x3a000 + 0x1f0 * 4, 0x3b163);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_X86, 0x39000));
	expect(NTR_MACHINE_X86, NTR_PAGING_X86, 0x39000, "self-map", false);
	put_kuser(0x3b000, "C:\\WINNT");
	expect(NTR_MACHINE_X86, NTR_PAGING_X86, 0x39000, "self-map", true);
	expect(NTR_MACHINE_AMD64, NTR_PAGING_X86, 0x39000, "self-map", true);
	/* 19 kernel entries: 17 are enough, 16 not */
	put32(mem, 0x39000 + 0x200 * 4, 0);
	put32(mem, 0x39000 + 0x201 * 4, 0);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_X86, 0x39000));
	put32(mem, 0x39000 + 0x202 * 4, 0);
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_X86, 0x39000));
	put64(note, 0x1a0, 0x39018);
	put64(note, 0x1a8, 0x6d0); /* no PAE */
	with_note(0x1b0);
	expect(NTR_MACHINE_X86, NTR_PAGING_X86, 0x39000, "CPU note", true);
	put32(mem, 0x39000 + 0x300 * 4, 0x3a063);
	expect_none(NTR_MACHINE_X86);
}

static void x86_few_entries(void)
{
	fresh(); /* a self-map alone is not enough without KUSER */
	put32(mem, 0x39000 + 0x300 * 4, 0x39063);
	put32(mem, 0x39000 + 0x3ff * 4, 0x3a163);
	put32(mem, 0x3a000 + 0x1f0 * 4, 0x3b163);
	expect_none(NTR_MACHINE_X86);
	put_kuser(0x3b000, "C:\\WINNT");
	expect(NTR_MACHINE_X86, NTR_PAGING_X86, 0x39000, "self-map", true);
}

static void pae_self_map(void)
{
	/* System's, at the start of a page; and a process's, inside one */
	static const unsigned at[] = { 0x40000, 0x402a0 };

	for (int i = 0; i < 2; i++) {
		fresh();
		for (unsigned k = 0; k < 4; k++) {
			put64(mem, at[i] + 8 * k, 0x41001 + 0x1000 * k);
			/* directory 3, entries 0-3: all four directories */
			put64(mem, 0x44000 + 8 * k, 0x41063 + 0x1000 * k);
		}
		put64(mem, 0x44000 + 0x1fe * 8, 0x45163); /* 0xffc00000 */
		put64(mem, 0x45000 + 0x1f0 * 8, 0x46163); /* 0xffdf0000 */
		CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_PAE, at[i]));
		expect(NTR_MACHINE_X86, NTR_PAGING_PAE, at[i], "self-map", false);
		put_kuser(0x46000, "C:\\WINDOWS");
		expect(NTR_MACHINE_X86, NTR_PAGING_PAE, at[i], "self-map", true);
		put64(note, 0x1a0, at[i]);
		put64(note, 0x1a8, 0x6f8);
		with_note(0x1b0);
		expect(NTR_MACHINE_X86, NTR_PAGING_PAE, at[i], "CPU note", true);
		dump.cpus.n = 0;
		for (unsigned k = 0; k < 4; k++) {
			put64(mem, 0x44000 + 8 * k, 0x47063);
			CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_PAE, at[i]));
			put64(mem, 0x44000 + 8 * k, 0x410e3 + 0x1000 * k);
			CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_PAE, at[i]));
			put64(mem, 0x44000 + 8 * k, 0x41063 + 0x1000 * k);
		}
		put64(mem, at[i] + 8, 0x42003); /* writable is reserved here */
		expect_none(NTR_MACHINE_X86);
		CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_PAE, at[i] + 8));
	}
}

static void arm64_self_map(void)
{
	fresh();
	put64(mem, 0x80000, 0x0060000000081f03);
	put64(mem, 0x80000 + 0x151 * 8, 0x0060000000080f03);
	put64(mem, 0x80000 + 0x1ef * 8, 0x0060000000082f03);
	put64(mem, 0x82000, 0x0060000000083f03);
	put64(mem, 0x83000, 0x0060000000084f03);
	put64(mem, 0x84000, 0x00e0000007000f83);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_ARM64, 0x80000));
	expect(NTR_MACHINE_ARM64, NTR_PAGING_ARM64, 0x80000, "self-map", false);
	put64(mem, 0x84000, 0x00e0000000085f83);
	put_kuser(0x85000, "C:\\WINDOWS");
	put64(mem, 0x80000, 0); /* KUSER is proof enough then */
	CHECK(!ntr_is_nt_root(&phys.s, NTR_PAGING_ARM64, 0x80000));
	expect(NTR_MACHINE_ARM64, NTR_PAGING_ARM64, 0x80000, "self-map", true);
	expect(NTR_MACHINE_UNKNOWN, NTR_PAGING_ARM64, 0x80000, "self-map", true);
}

static void alpha_self_map(void)
{
	fresh(); /* frame 0x21 of 8 KiB is at 0x42000 */
	dump.page_shift = 13;
	dump.runs.v[0].npages /= 2;
	put32(mem, 0x42000 + 0xc0 * 4, 0x21 << 9 | 0x91);
	put32(mem, 0x42000 + 0xc1 * 4, 0x22 << 9 | 0x91);
	expect_none(NTR_MACHINE_ALPHA);
	put32(mem, 0x42000 + 0xe1 * 4, 0x23 << 9 | 0x91);
	CHECK(ntr_is_nt_root(&phys.s, NTR_PAGING_ALPHA, 0x42000));
	expect(NTR_MACHINE_ALPHA, NTR_PAGING_ALPHA, 0x42000, "self-map", false);
}

/* What find_dtb says of Alpha must be what ntr_xlat_init() takes. */
static void alpha_dtb_is_usable(void)
{
	struct ntr_dtb_hit h = { 0 };
	struct ntr_xlat x;

	fresh();
	put32(mem, 0x42000 + 0xc0 * 4, 0x21 << 9 | 0x91);
	put32(mem, 0x42000 + 0xc1 * 4, 0x22 << 9 | 0x91);
	put32(mem, 0x42000 + 0xe1 * 4, 0x23 << 9 | 0x91);
	CHECK_EQ(ntr_find_dtb(&dump, NTR_MACHINE_ALPHA, 0, &h, NULL), NTR_OK);
	CHECK_EQ(ntr_xlat_init(&x, h.form, h.dtb, 0, &phys.s, NULL), NTR_OK);
	CHECK_EQ(x.root, 0x42000);
	ntr_xlat_fini(&x);
}

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void noise_is_rejected(void)
{
	size_t len = 16u << 20;
	uint8_t *big = malloc(len);

	if (!big)
		exit(2);
	fresh();
	for (size_t i = 0; i < len; i += 8)
		put64(big, i, rnd());
	fresh_of(big, len);
	expect_none(NTR_MACHINE_UNKNOWN);
	memset(big, 0, len);
	expect_none(NTR_MACHINE_UNKNOWN);
	memset(big, 0xff, len);
	expect_none(NTR_MACHINE_UNKNOWN);
	for (size_t i = 0; i < len; i += 8) /* a table of itself everywhere */
		put64(big, i, (i & ~(size_t)0xfff) | 0x63);
	expect_none(NTR_MACHINE_UNKNOWN);
	for (size_t i = 0; i < len; i += 8) /* PDPTs without end */
		put64(big, i, 0x1001);
	expect_none(NTR_MACHINE_UNKNOWN);
	fresh();
	free(big);
}

/* The guest of the corpus: its memory and its QEMU notes, found without the
 * ELF reader (`readelf -l`: memory at file offset 0x14a0, 0x4800000 bytes;
 * notes at 0x168). */
#define GUEST_LEN 75764907u
static void linux_guest_is_rejected(void)
{
	char path[512], cmd[600];
	struct ntr_dtb_hit h = { .dtb = 77 };
	struct timespec a, b;
	uint8_t *file;
	size_t len;
	FILE *p;

	if (!test_corpus("vmcore_made_with_qemu/vm_kaslr.elf.xz", path,
			 sizeof(path)))
		SKIP("no corpus");
	snprintf(cmd, sizeof(cmd), "xz -dc '%s' 2>/dev/null", path);
	p = popen(cmd, "r");
	file = malloc(GUEST_LEN);
	if (!p || !file)
		exit(2);
	len = fread(file, 1, GUEST_LEN, p);
	pclose(p);
	CHECK_EQ(len, GUEST_LEN);
	fresh();
	fresh_of(file + 0x14a0, 0x4800000);
	for (size_t i = 0x168; len == GUEST_LEN && i < 0x14a0 - 0x1b8; i += 4)
		if (!memcmp(file + i, "QEMU", 5)) {
			memcpy(note, file + i + 8, sizeof(note));
			break;
		}
	CHECK_EQ(note[0x1a0 + 2], 0x3d); /* CR3 of CPU 0 is 0x43da000 */
	with_note(0x1b8);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	CHECK_EQ(ntr_find_dtb(&dump, NTR_MACHINE_AMD64, 0, &h, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_find_dtb(&dump, 0, 0, &h, NULL), NTR_ABSENT);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	CHECK_EQ(h.dtb, 77);
	CHECK(b.tv_sec - a.tv_sec < 10);
	fresh();
	free(file);
}

int main(void)
{
	RUN(x64_self_map);
	RUN(x64_without_kuser);
	RUN(x64_looks);
	RUN(x64_damaged_self_map);
	RUN(confirmed_wins);
	RUN(first_of_equals_wins);
	RUN(limit_is_kept);
	RUN(holes_are_passed);
	RUN(x64_low_stub);
	RUN(x64_cpu_note);
	RUN(vbox_cpu_note);
	RUN(x64_shadow);
	RUN(x64_five_levels);
	RUN(x86_self_map);
	RUN(x86_few_entries);
	RUN(pae_self_map);
	RUN(arm64_self_map);
	RUN(alpha_self_map);
	RUN(alpha_dtb_is_usable);
	RUN(noise_is_rejected);
	RUN(linux_guest_is_rejected);
	ntr_vec_fini(&dump.runs);
	ntr_vec_fini(&dump.cpus);
	ntr_file_close(dump.file);
	free(mem);
	return test_done();
}
