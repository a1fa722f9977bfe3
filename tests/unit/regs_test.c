// SPDX-License-Identifier: Apache-2.0
/* Register decoders: fixtures with literal offsets, and what the corpus is
 * known to hold. */
#include "facts.h"
#include "unw_env.h"
#include "unw/regs.h"

static enum ntr_st context(struct ntr_regs *r, u32 machine, const uint8_t *p,
			   size_t len)
{
	struct ntr_bin b = ntr_bin_of(p, len, "t", 0);

	return ntr_regs_from_context(r, machine, &b, NULL);
}

static void names_and_sets(void)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_X86 };
	const char *const *n;
	unsigned count;

	n = ntr_reg_names(NTR_MACHINE_AMD64, &count);
	CHECK_EQ(count, 20);
	CHECK_STR(n[1], "rcx");
	CHECK_STR(n[15], "r15");
	CHECK_STR(n[16], "rip");
	n = ntr_reg_names(NTR_MACHINE_X86, &count);
	CHECK_EQ(count, 16);
	CHECK_STR(n[7], "edi");
	n = ntr_reg_names(NTR_MACHINE_ARM64, &count);
	CHECK_EQ(count, 34);
	CHECK_STR(n[28], "x28");
	CHECK_STR(n[30], "lr");
	n = ntr_reg_names(NTR_MACHINE_ALPHA, &count);
	CHECK_EQ(count, 34);
	CHECK_STR(n[15], "fp");
	CHECK_STR(n[26], "ra");
	CHECK_STR(n[30], "sp");
	CHECK(!ntr_reg_names(NTR_MACHINE_R4000, &count));
	CHECK_EQ(count, 0);
	ntr_reg_set(&r, NTR_X86_ESP, UINT64_C(0xffffffff80001000));
	CHECK_EQ(r.sp, 0x80001000u);
	CHECK(r.has_sp && !r.has_ip && ntr_reg_known(&r, NTR_X86_ESP));
	ntr_reg_set(&r, 70, 1); /* no such register: nothing happens */
	CHECK(!ntr_reg_known(&r, 70));
	ntr_reg_set(&r, NTR_X86_EBP, 8);
	ntr_reg_forget(&r, NTR_X86_EBP);
	CHECK(!r.has_fp && !ntr_reg_known(&r, NTR_X86_EBP));
}

static void context_x86(void)
{
	uint8_t p[0xcc] = { 0 };
	struct ntr_regs r;

	put32(p, 0x00, 0x1001f);
	put32(p, 0x8c, 0x11);
	put32(p, 0x9c, 0xed1);
	put32(p, 0xa4, 0xeb1);
	put32(p, 0xb0, 0xea1);
	put32(p, 0xb4, 0xeb9);
	put32(p, 0xb8, 0x80401234);
	put32(p, 0xbc, 8);
	put32(p, 0xc0, 0x246);
	put32(p, 0xc4, 0xf1234568);
	put32(p, 0xc8, 0x10);
	CHECK_EQ(context(&r, NTR_MACHINE_X86, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, 0x80401234u);
	CHECK_EQ(r.sp, 0xf1234568u);
	CHECK_EQ(r.fp, 0xeb9);
	CHECK_EQ(r.r[NTR_X86_EDI], 0xed1);
	CHECK_EQ(r.r[NTR_X86_EBX], 0xeb1);
	CHECK_EQ(r.r[NTR_X86_EAX], 0xea1);
	CHECK_EQ(r.r[NTR_X86_GS], 0x11);
	CHECK_EQ(r.r[NTR_X86_SS], 0x10);
	CHECK_EQ(r.r[NTR_X86_EFLAGS], 0x246);
	put32(p, 0x00, 0x10001); /* control only: eax is not known */
	CHECK_EQ(context(&r, NTR_MACHINE_X86, p, sizeof(p)), NTR_OK);
	CHECK(!ntr_reg_known(&r, NTR_X86_EAX));
	CHECK(ntr_reg_known(&r, NTR_X86_EBP));
	put32(p, 0x00, 0x10020001); /* not flags of an x86 */
	CHECK_EQ(context(&r, NTR_MACHINE_X86, p, sizeof(p)), NTR_BAD);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_X86, 1057), 0xcc);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_X86, 1381), 0xcc);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_X86, 2195), 0x2cc);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_AMD64, 3790), 0x4d0);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_ARM64, 22000), 0x390);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_ALPHA, 1381), 0x230);
	CHECK_EQ(ntr_context_size(NTR_MACHINE_R4000, 1381), 0);
}

static void context_x64(void)
{
	uint8_t p[0x100] = { 0 };
	struct ntr_regs r;

	put32(p, 0x30, 0x10005f);
	put16(p, 0x38, 0x10);
	put16(p, 0x42, 0x18);
	put32(p, 0x44, 0x40286);
	for (unsigned i = 0; i < 16; i++)
		put64(p, 0x78 + 8 * i, 0x1111000000000000u + i);
	put64(p, 0xf8, UINT64_C(0xfffff8047bdf5a80));
	CHECK_EQ(context(&r, NTR_MACHINE_AMD64, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, UINT64_C(0xfffff8047bdf5a80));
	CHECK_EQ(r.sp, 0x1111000000000004u);
	CHECK_EQ(r.fp, 0x1111000000000005u);
	CHECK_EQ(r.r[1], 0x1111000000000001u);  /* rcx */
	CHECK_EQ(r.r[15], 0x111100000000000fu); /* r15 */
	CHECK_EQ(r.r[NTR_X64_CS], 0x10);
	CHECK_EQ(r.r[NTR_X64_SS], 0x18);
	CHECK_EQ(r.r[NTR_X64_RFLAGS], 0x40286);
}

static void context_arm64(void)
{
	uint8_t p[0x110] = { 0 };
	struct ntr_regs r;

	put32(p, 0, 0x400007);
	put32(p, 4, 0x60000005);
	for (unsigned i = 0; i < 29; i++)
		put64(p, 8 + 8 * i, 0x2222000000000000u + i);
	put64(p, 0xf0, 0xf0);
	put64(p, 0xf8, 0xf8);
	put64(p, 0x100, 0x100);
	put64(p, 0x108, 0x108);
	CHECK_EQ(context(&r, NTR_MACHINE_ARM64, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, 0x108);
	CHECK_EQ(r.sp, 0x100);
	CHECK_EQ(r.fp, 0xf0);
	CHECK_EQ(r.r[30], 0xf8);
	CHECK_EQ(r.r[28], 0x222200000000001cu);
	CHECK_EQ(r.r[NTR_A64_CPSR], 0x60000005);
}

static void context_alpha(void)
{
	uint8_t p[0x230] = { 0 };
	struct ntr_regs r;

	put64(p, 0x1f0, UINT64_C(0xffffffff81234560)); /* sp */
	put64(p, 0x1d0, UINT64_C(0xffffffff80002222)); /* ra */
	put64(p, 0x178, UINT64_C(0xffffffff81234800)); /* fp */
	put64(p, 0x210, UINT64_C(0xffffffff80001110)); /* fir */
	put32(p, 0x218, 0x17);
	put32(p, 0x21c, 0x20007);
	CHECK_EQ(context(&r, NTR_MACHINE_ALPHA, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, 0x80001110u);
	CHECK_EQ(r.sp, 0x81234560u);
	CHECK_EQ(r.fp, 0x81234800u);
	CHECK_EQ(r.r[NTR_AXP_RA], UINT64_C(0xffffffff80002222));
	CHECK_EQ(r.r[NTR_AXP_PSR], 0x17);
	/* the split form: low words, then high words */
	memset(p, 0, sizeof(p));
	put32(p, 0xf8, 0x81234560);                /* low sp */
	put32(p, 0xf8 + 0x114, 0xffffffff);        /* high sp */
	put32(p, 0xe8, 0x80002222);
	put32(p, 0xe8 + 0x114, 0xffffffff);
	put32(p, 0x108, 0x80001110);
	put32(p, 0x108 + 0x114, 0xffffffff);
	put32(p, 0x10c, 0x17);
	put32(p, 0x110, 0x20007);
	CHECK_EQ(context(&r, NTR_MACHINE_ALPHA, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, 0x80001110u);
	CHECK_EQ(r.sp, 0x81234560u);
	CHECK_EQ(r.r[NTR_AXP_RA], UINT64_C(0xffffffff80002222));
	put32(p, 0x110, 0);
	CHECK_EQ(context(&r, NTR_MACHINE_ALPHA, p, sizeof(p)), NTR_BAD);
}

/* Other systems' writers give no groups; all of it is there. */
static void context_without_groups(void)
{
	static uint8_t p[0x4d0];
	struct ntr_regs r;

	put32(p, 0x30, 0x100000);
	put64(p, 0x78, 0x1111);
	put64(p, 0xf8, 0x102a68cd4);
	put64(p, 0x98, 0x7ffeed1aa9b0);
	CHECK_EQ(context(&r, NTR_MACHINE_AMD64, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, 0x102a68cd4);
	CHECK_EQ(r.sp, 0x7ffeed1aa9b0);
	CHECK_EQ(r.r[NTR_X64_RAX], 0x1111);
	put32(p, 0x30, 0);
	CHECK_EQ(context(&r, NTR_MACHINE_AMD64, p, sizeof(p)), NTR_BAD);
}

static void context_ia64(void)
{
	static uint8_t p[0xa70];
	struct ntr_regs r;

	put32(p, 0, 0x8002f);
	put64(p, 0x8d0, UINT64_C(0xe000000080609ea0));
	put64(p, 0x980, UINT64_C(0xe000000080bc8a40));
	put64(p, 0x9f0, UINT64_C(0xe00000008060b100));
	put64(p, 0xa18, UINT64_C(0xe0000000830020c0));
	CHECK_EQ(context(&r, NTR_MACHINE_IA64, p, sizeof(p)), NTR_OK);
	CHECK_EQ(r.ip, UINT64_C(0xe0000000830020c0));
	CHECK_EQ(r.sp, UINT64_C(0xe000000080609ea0));
	CHECK_EQ(r.r[NTR_IA64_BSP], UINT64_C(0xe00000008060b100));
	CHECK_EQ(r.r[NTR_IA64_RP], UINT64_C(0xe000000080bc8a40));
	put32(p, 0, 0x10007);
	CHECK_EQ(context(&r, NTR_MACHINE_IA64, p, sizeof(p)), NTR_BAD);
}

/* Every length: refused in words, never read beyond; the rest untouched. */
static void context_truncated(void)
{
	static const struct {
		u32 machine;
		size_t need;
		size_t flags_off;
		u32 flags;
	} m[] = {
		{ NTR_MACHINE_X86, 0xcc, 0, 0x10007 },
		{ NTR_MACHINE_AMD64, 0x100, 0x30, 0x100007 },
		{ NTR_MACHINE_ARM64, 0x110, 0, 0x400007 },
		{ NTR_MACHINE_ALPHA, 0x220, 0x21c, 0x20007 },
		{ NTR_MACHINE_IA64, 0xa28, 0, 0x80009 },
	};

	for (size_t i = 0; i < 5; i++)
		for (size_t len = 0; len <= m[i].need; len += 4) {
			struct ntr_regs r = { .ip = 77 };
			struct ntr_err e = { "" };
			uint8_t *p = calloc(1, len ? len : 1);
			struct ntr_bin b = ntr_bin_of(p, len, "t.dmp", 0x348);
			enum ntr_st st;

			if (len >= m[i].flags_off + 4)
				put32(p, m[i].flags_off, m[i].flags);
			st = ntr_regs_from_context(&r, m[i].machine, &b, &e);
			CHECK_EQ(st, len == m[i].need ? NTR_OK : NTR_BAD);
			if (st) {
				CHECK_EQ(r.ip, 77);
				CHECK_HAS(e.msg, "t.dmp+0x");
			}
			free(p);
		}
	CHECK_EQ(context(&(struct ntr_regs){ 0 }, NTR_MACHINE_R4000,
			 (const uint8_t *)"", 0), NTR_UNSUP);
}

static void trap_x64(void)
{
	uint8_t p[0x190] = { 0 };
	struct ntr_mem_space s;
	struct ntr_regs r = { .ip = 77 };

	put64(p, 0x30, 0xaaaa);
	put64(p, 0x60, 0xbbbb); /* r11 */
	put64(p, 0x140, 0xcccc);
	put64(p, 0x158, 0xdddd);
	put64(p, 0x168, UINT64_C(0xfffff80012345678));
	put16(p, 0x170, 0x10);
	put32(p, 0x178, 0x10246);
	put64(p, 0x180, UINT64_C(0xffffd00000001190));
	put16(p, 0x188, 0x18);
	ntr_mem_space_init(&s, 0xffffd00000001000, p, sizeof(p));
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_AMD64, &s.s,
				    0xffffd00000001000, 19041, NULL), NTR_OK);
	CHECK_EQ(r.ip, UINT64_C(0xfffff80012345678));
	CHECK_EQ(r.sp, UINT64_C(0xffffd00000001190));
	CHECK_EQ(r.fp, 0xdddd);
	CHECK_EQ(r.r[NTR_X64_RAX], 0xaaaa);
	CHECK_EQ(r.r[NTR_X64_R11], 0xbbbb);
	CHECK(!ntr_reg_known(&r, NTR_X64_RBX));
	p[0x2b] = 2; /* a system call: the other way round */
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_AMD64, &s.s,
				    0xffffd00000001000, 19041, NULL), NTR_OK);
	CHECK_EQ(r.r[NTR_X64_RBX], 0xcccc);
	CHECK(!ntr_reg_known(&r, NTR_X64_RAX));
	put32(p, 0x178, 0x10244); /* bit 1 of eflags is always set */
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_AMD64, &s.s,
				    0xffffd00000001000, 19041, NULL), NTR_BAD);
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_AMD64, &s.s,
				    0xffffd00000001008, 19041, NULL),
		 NTR_ABSENT);
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_ARM64, &s.s,
				    0xffffd00000001000, 22000, NULL),
		 NTR_UNSUP);
}

static void trap_x86(void)
{
	uint8_t p[0x8c] = { 0 };
	struct ntr_mem_space s;
	struct ntr_regs r;

	put32(p, 0x0c, 0xc0c); /* 6.3: TempSegCs */
	put32(p, 0x10, 0x10); /* TempSegCs (old); TempEsp (6.3) */
	put32(p, 0x14, 0xe000); /* TempEsp (old) */
	put32(p, 0x30, 0x30);
	put32(p, 0x34, 0x34);
	put32(p, 0x38, 0x38);
	put32(p, 0x3c, 0x3c);
	put32(p, 0x40, 0x40);
	put32(p, 0x44, 0x44);
	put32(p, 0x54, 0x54);
	put32(p, 0x5c, 0x5c);
	put32(p, 0x60, 0x60);
	put32(p, 0x68, 0x80101010);
	put32(p, 0x6c, 8);
	put32(p, 0x70, 0x10202);
	put32(p, 0x74, 0x7474);
	put32(p, 0x78, 0x23);
	ntr_mem_space_init(&s, 0xf0001000, p, sizeof(p));
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_X86, &s.s, 0xf0001000,
				    1381, NULL), NTR_OK);
	CHECK_EQ(r.ip, 0x80101010u);
	CHECK_EQ(r.sp, 0xf0001074u); /* nothing was pushed by the processor */
	CHECK_EQ(r.fp, 0x60);
	CHECK_EQ(r.r[NTR_X86_DS], 0x38);
	CHECK_EQ(r.r[NTR_X86_EDX], 0x3c);
	CHECK_EQ(r.r[NTR_X86_EAX], 0x44);
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_X86, &s.s, 0xf0001000,
				    9600, NULL), NTR_OK);
	CHECK_EQ(r.r[NTR_X86_DS], 0x34);
	CHECK_EQ(r.r[NTR_X86_EDX], 0x38);
	CHECK_EQ(r.r[NTR_X86_EAX], 0x40);
	put32(p, 0x6c, 0x1b); /* from user mode */
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_X86, &s.s, 0xf0001000,
				    1381, NULL), NTR_OK);
	CHECK_EQ(r.sp, 0x7474);
	CHECK_EQ(r.r[NTR_X86_SS], 0x23);
	put32(p, 0x6c, 0); /* edited */
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_X86, &s.s, 0xf0001000,
				    1381, NULL), NTR_OK);
	CHECK_EQ(r.sp, 0xe000);
	CHECK_EQ(r.r[NTR_X86_CS], 0x10);
	CHECK_EQ(ntr_regs_read_trap(&r, NTR_MACHINE_X86, &s.s, 0xf0001000,
				    9600, NULL), NTR_OK);
	CHECK_EQ(r.sp, 0x10);
	CHECK_EQ(r.r[NTR_X86_CS], 0xc0c);
}

static void tss(void)
{
	uint8_t p[0x68] = { 0 };
	struct ntr_mem_space s;
	struct ntr_regs r;

	ntr_mem_space_init(&s, 0x80042000, p, sizeof(p));
	CHECK_EQ(ntr_regs_read_tss(&r, &s.s, 0x80042000, NULL), NTR_BAD);
	put32(p, 0x20, 0xf7771111);
	put32(p, 0x24, 0x10246);
	put32(p, 0x28, 0xea);
	put32(p, 0x38, 0xf4ed2ffc);
	put32(p, 0x3c, 0xf4ed3010);
	put32(p, 0x44, 0xed);
	put32(p, 0x4c, 8);
	put32(p, 0x58, 0x30);
	CHECK_EQ(ntr_regs_read_tss(&r, &s.s, 0x80042000, NULL), NTR_OK);
	CHECK_EQ(r.ip, 0xf7771111u);
	CHECK_EQ(r.sp, 0xf4ed2ffcu);
	CHECK_EQ(r.fp, 0xf4ed3010u);
	CHECK_EQ(r.r[NTR_X86_EAX], 0xea);
	CHECK_EQ(r.r[NTR_X86_EDI], 0xed);
	CHECK_EQ(r.r[NTR_X86_CS], 8);
	CHECK_EQ(r.r[NTR_X86_FS], 0x30);
	CHECK_EQ(ntr_regs_read_tss(&r, &s.s, 0x80042004, NULL), NTR_ABSENT);
}

static void prstatus(void)
{
	uint8_t p[392] = { 0 };
	struct ntr_regs r;
	struct ntr_bin b;

	put64(p, 112 + 8 * 4, 0xb9);           /* rbp */
	put64(p, 112 + 8 * 16, 0x401234);      /* rip */
	put64(p, 112 + 8 * 19, 0x7ffe1000);    /* rsp */
	put64(p, 112 + 8 * 10, 0xaa);          /* rax */
	b = ntr_bin_of(p, 336, "t", 0);
	CHECK_EQ(ntr_regs_from_prstatus(&r, NTR_MACHINE_AMD64, &b, NULL), NTR_OK);
	CHECK_EQ(r.ip, 0x401234);
	CHECK_EQ(r.sp, 0x7ffe1000);
	CHECK_EQ(r.fp, 0xb9);
	CHECK_EQ(r.r[NTR_X64_RAX], 0xaa);
	memset(p, 0, sizeof(p));
	put32(p, 72 + 4 * 12, 0x8041234);
	put32(p, 72 + 4 * 15, 0xbfff0000);
	put32(p, 72 + 4 * 5, 0xeb9);
	b = ntr_bin_of(p, 144, "t", 0);
	CHECK_EQ(ntr_regs_from_prstatus(&r, NTR_MACHINE_X86, &b, NULL), NTR_OK);
	CHECK_EQ(r.ip, 0x8041234);
	CHECK_EQ(r.sp, 0xbfff0000u);
	CHECK_EQ(r.fp, 0xeb9);
	memset(p, 0, sizeof(p));
	put64(p, 112 + 8 * 29, 0x29);
	put64(p, 112 + 8 * 31, 0x31);
	put64(p, 112 + 8 * 32, 0x32);
	b = ntr_bin_of(p, 392, "t", 0);
	CHECK_EQ(ntr_regs_from_prstatus(&r, NTR_MACHINE_ARM64, &b, NULL), NTR_OK);
	CHECK_EQ(r.fp, 0x29);
	CHECK_EQ(r.sp, 0x31);
	CHECK_EQ(r.ip, 0x32);
	for (size_t len = 0; len < 280; len += 8) {
		uint8_t *q = calloc(1, len ? len : 1);

		b = ntr_bin_of(q, len, "t", 0);
		CHECK_EQ(ntr_regs_from_prstatus(&r, NTR_MACHINE_AMD64, &b, NULL),
			 NTR_BAD);
		free(q);
	}
	CHECK_EQ(ntr_regs_from_prstatus(&r, NTR_MACHINE_ALPHA, &b, NULL),
		 NTR_UNSUP);
}

/* DBGFCORECPU: rax rbx rcx rdx rsi rdi r8…r15 rip rsp rbp rflags, six
 * segments of 24 bytes, cr0 cr2 cr3 cr4, dr, gdtr idtr ldtr tr … */
static void vbox_note(void)
{
	uint8_t p[0x220] = { 0 };
	struct ntr_cpu_note n;
	struct ntr_regs r;
	struct ntr_bin b;

	for (unsigned i = 0; i < 14; i++)
		put64(p, 8 * i, 0x100 + i);
	put64(p, 0x70, 0xfffff80012345678); /* rip */
	put64(p, 0x78, 0xffffd00011112220); /* rsp */
	put64(p, 0x80, 0xbb);               /* rbp */
	put64(p, 0x88, 0x202);              /* rflags */
	put32(p, 0x90 + 12, 0xa09b);        /* cs: long mode */
	put16(p, 0x90 + 16, 0x10);
	put64(p, 0xf0, 0xfffff80055550000); /* gs base */
	put16(p, 0x108 + 16, 0x18);         /* ss */
	put64(p, 0x130, 0x1ad000);          /* cr3 */
	put64(p, 0x138, 0x1506f8);          /* cr4 */
	put64(p, 0x190, 0xfffff80066660000); /* idtr */
	put64(p, 0x218, 0x77770000);        /* kernel gs base */
	b = ntr_bin_of(p, sizeof(p), "t", 0);
	CHECK_EQ(ntr_cpu_note_vbox(&n, &b, NULL), NTR_OK);
	CHECK_EQ(n.gs_base, UINT64_C(0xfffff80055550000));
	CHECK_EQ(n.idt, UINT64_C(0xfffff80066660000));
	CHECK_EQ(n.cr[3], 0x1ad000);
	CHECK_EQ(n.cr[4], 0x1506f8);
	CHECK_EQ(n.kernel_gs, 0x77770000);
	ntr_regs_from_cpu_note(&r, &n);
	CHECK_EQ(r.machine, NTR_MACHINE_AMD64);
	CHECK_EQ(r.ip, UINT64_C(0xfffff80012345678));
	CHECK_EQ(r.sp, UINT64_C(0xffffd00011112220));
	CHECK_EQ(r.r[NTR_X64_RBX], 0x101);
	CHECK_EQ(r.r[NTR_X64_RCX], 0x102);
	CHECK_EQ(r.r[NTR_X64_RDI], 0x105);
	CHECK_EQ(r.r[NTR_X64_R8], 0x106);
	CHECK_EQ(r.r[NTR_X64_R15], 0x10d);
	CHECK_EQ(r.r[NTR_X64_CS], 0x10);
	CHECK_EQ(r.r[NTR_X64_SS], 0x18);
	for (size_t len = 0; len < sizeof(p); len += 8) {
		uint8_t *q = calloc(1, len ? len : 1);

		b = ntr_bin_of(q, len, "t", 0);
		CHECK_EQ(ntr_cpu_note_vbox(&n, &b, NULL), NTR_BAD);
		free(q);
	}
}

static enum ntr_st from_qemu(struct ntr_regs *r, u64 cr[5], struct ntr_bin *b)
{
	struct ntr_cpu_note n;
	enum ntr_st st = ntr_cpu_note_qemu(&n, b, NULL);

	if (st)
		return st;
	ntr_regs_from_cpu_note(r, &n);
	memcpy(cr, n.cr, sizeof(n.cr));
	return NTR_OK;
}

static void qemu_note(void)
{
	uint8_t p[440] = { 0 };
	struct ntr_regs r;
	struct ntr_bin b;
	u64 cr[5] = { 0 };

	put32(p, 0, 1);
	put32(p, 4, 440);
	put64(p, 0x08, 0xa);      /* rax */
	put64(p, 0x10, 0xb);      /* rbx */
	put64(p, 0x38, 0x5000);   /* rsp */
	put64(p, 0x40, 0x6000);   /* rbp */
	put64(p, 0x80, 0xf);      /* r15 */
	put64(p, 0x88, 0xfffff80000001000);
	put64(p, 0x90, 0x246);
	put32(p, 0x98, 0x10);
	put32(p, 0xa0, 0x209b00); /* 64-bit code segment */
	put64(p, 0x1a0, 0x1ad000);
	b = ntr_bin_of(p, sizeof(p), "t", 0);
	CHECK_EQ(from_qemu(&r, cr, &b), NTR_OK);
	CHECK_EQ(r.machine, NTR_MACHINE_AMD64);
	CHECK_EQ(r.ip, 0xfffff80000001000);
	CHECK_EQ(r.sp, 0x5000);
	CHECK_EQ(r.r[NTR_X64_RBX], 0xb);
	CHECK_EQ(r.r[NTR_X64_R15], 0xf);
	CHECK_EQ(cr[3], 0x1ad000);
	put32(p, 0xa0, 0xcf9b00); /* 32 bits */
	put64(p, 0x88, 0x80401000);
	b = ntr_bin_of(p, sizeof(p), "t", 0);
	CHECK_EQ(from_qemu(&r, cr, &b), NTR_OK);
	CHECK_EQ(r.machine, NTR_MACHINE_X86);
	CHECK_EQ(r.ip, 0x80401000u);
	CHECK_EQ(r.r[NTR_X86_EBX], 0xb);
	CHECK_EQ(r.r[NTR_X86_CS], 0x10);
	/* 32-bit code on a 64-bit system: the IDT gives it away */
	put64(p, 0x98 + 24 * 9 + 16, 0xfffff80000abc000);
	b = ntr_bin_of(p, sizeof(p), "t", 0);
	CHECK_EQ(from_qemu(&r, cr, &b), NTR_OK);
	CHECK_EQ(r.machine, NTR_MACHINE_AMD64);
	put32(p, 0, 2);
	b = ntr_bin_of(p, sizeof(p), "t", 0);
	CHECK_EQ(from_qemu(&r, cr, &b), NTR_UNSUP);
	put32(p, 0, 1);
	for (size_t len = 0; len < 0x1b0; len += 8) {
		uint8_t *q = malloc(len ? len : 1);

		memcpy(q, p, len);
		b = ntr_bin_of(q, len, "t", 0);
		CHECK_EQ(from_qemu(&r, cr, &b), NTR_BAD);
		free(q);
	}
}

/* --- the corpus ------------------------------------------------------------ */

static void corpus_contexts(void)
{
	char path[4096];
	unsigned seen = 0;
	struct facts f;

	if (!facts_open(&f))
		SKIP("no corpus");
	while (facts_next(&f)) {
		u32 machine = (u32)facts_num(&f, FACT_MACHINE);
		struct ntr_regs r;
		uint8_t *p;
		size_t len = 0;

		if (strcmp(f.col[FACT_SIG], "PAGEDU64") ||
		    !find_dump(f.col[FACT_FILE], path, sizeof(path)))
			continue;
		p = slurp(path, &len);
		if (p && len > 0x1000) {
			CHECK_EQ(context(&r, machine, p + 0x348, 0x390), NTR_OK);
			CHECK_EQ(r.ip, facts_num(&f, FACT_IP));
			CHECK_EQ(r.sp, facts_num(&f, FACT_SP));
			seen++;
		}
		free(p);
	}
	CHECK(seen >= 14);
}

static uint64_t monitor(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoull(p + strlen(name), NULL, 16) : 0;
}

/* The guest's registers as QEMU's monitor printed them, against the notes of
 * the image that was taken at that moment. */
static void corpus_qemu(void)
{
	char path[512];
	struct ntr_regs r;
	struct ntr_bin b;
	uint8_t *img;
	char *text;
	size_t len = 0, n = 0, at = 0;
	u64 cr[5] = { 0 };

	if (!test_corpus("vmcore_made_with_qemu/vm_kaslr.qemu-registers.txt",
			 path, sizeof(path)))
		SKIP("no corpus");
	text = (char *)slurp(path, &n);
	text[n] = 0;
	test_corpus("vmcore_made_with_qemu/vm_kaslr.kdump-zlib", path,
		    sizeof(path));
	img = slurp(path, &len);
	for (at = 0; img && at + 24 + 440 < len && at < 65536; at += 4)
		if (get32(img + at) == 5 && get32(img + at + 4) >= 432 &&
		    !memcmp(img + at + 12, "QEMU", 5))
			break;
	CHECK(img && at < 65536);
	if (img && at < 65536) {
		b = ntr_bin_of(img + at + 20, 440, "note", at + 20);
		CHECK_EQ(from_qemu(&r, cr, &b), NTR_OK);
		CHECK_EQ(r.ip, monitor(text, "RIP="));
		CHECK_EQ(r.sp, monitor(text, "RSP="));
		/* rax and rdx hold the time stamp counter: the guest ran on
		 * for a moment in the same loop */
		CHECK_EQ(r.r[NTR_X64_RBX], monitor(text, "RBX="));
		CHECK_EQ(r.r[NTR_X64_RBP], monitor(text, "RBP="));
		CHECK_EQ(r.r[NTR_X64_R11], monitor(text, "R11="));
		CHECK_EQ(r.r[NTR_X64_R13], monitor(text, "R13="));
		CHECK_EQ(cr[3], monitor(text, "CR3="));
		CHECK_EQ(cr[4], monitor(text, "CR4="));
	}
	free(img);
	free(text);
}

int main(void)
{
	RUN(names_and_sets);
	RUN(context_x86);
	RUN(context_x64);
	RUN(context_arm64);
	RUN(context_alpha);
	RUN(context_without_groups);
	RUN(context_ia64);
	RUN(context_truncated);
	RUN(trap_x64);
	RUN(trap_x86);
	RUN(tss);
	RUN(prstatus);
	RUN(vbox_note);
	RUN(qemu_note);
	RUN(corpus_contexts);
	RUN(corpus_qemu);
	return test_done();
}
