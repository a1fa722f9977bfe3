// SPDX-License-Identifier: Apache-2.0
/* Spelling of instructions. Encodings are from the Intel SDM and the ARM ARM;
 * whole programs are compared with objdump in tests/real/kd.sh. */
#include "../../kdtools/cmd/disasm.h"
#include "fmt/dump.h"

#include "test.h"

static struct ntr_insn one(u32 machine, const char *hex)
{
	struct ntr_insn i = { .len = 0 };
	struct ntr_disasm *d;
	struct ntr_err e = { "" };
	size_t n = strlen(hex) / 2;
	u8 *code = malloc(n); /* a block of its own: overreads are seen */

	for (size_t k = 0; k < n; k++) {
		unsigned v = 0;

		sscanf(hex + 2 * k, "%2x", &v);
		code[k] = (u8)v;
	}
	if (ntr_disasm_open(&d, machine, &e)) {
		snprintf(i.mnemonic, sizeof(i.mnemonic), "%.20s", e.msg);
	} else {
		ntr_disasm_one(d, 0x1000, code, n, &i);
		ntr_disasm_close(d);
	}
	free(code);
	return i;
}

static void spelled(u32 machine, const char *hex, const char *mnemonic,
		    const char *operands, unsigned len)
{
	struct ntr_insn i = one(machine, hex);

	CHECK_STR(i.mnemonic, mnemonic);
	CHECK_STR(i.operands, operands);
	CHECK_EQ(i.len, len);
}

static void x64(void)
{
	u32 m = NTR_MACHINE_AMD64;

	spelled(m, "48894c2408", "mov", "qword ptr [rsp+8],rcx", 5);
	spelled(m, "48894c2410", "mov", "qword ptr [rsp+10h],rcx", 5);
	spelled(m, "4881ecb8000000", "sub", "rsp,0B8h", 7);
	spelled(m, "8b0c8c", "mov", "ecx,dword ptr [rsp+rcx*4]", 3);
	spelled(m, "8945f8", "mov", "dword ptr [rbp-8],eax", 3);
	spelled(m, "83c0ff", "add", "eax,-1", 3);
	spelled(m, "6a0a", "push", "0Ah", 2);
	spelled(m, "c3", "ret", "", 1);
	spelled(m, "cc", "int3", "", 1);
	spelled(m, "90c3", "nop", "", 1);
}

static void targets(void)
{
	struct ntr_insn i = one(NTR_MACHINE_AMD64, "e8fb0f0000");

	CHECK(i.has_target);
	CHECK_EQ(i.target, 0x2000); /* 0x1000 + 5 + 0xffb */
	CHECK_STR(i.operands, NTR_INSN_TARGET);
	i = one(NTR_MACHINE_AMD64, "488b05f90f0000");
	CHECK_EQ(i.target, 0x2000); /* 0x1000 + 7 + 0xff9 */
	CHECK_STR(i.operands, "rax,qword ptr [" NTR_INSN_TARGET "]");
	i = one(NTR_MACHINE_AMD64, "74fe");
	CHECK_EQ(i.target, 0x1000);
	i = one(NTR_MACHINE_X86, "a138304000");
	CHECK_EQ(i.target, 0x403038);
	CHECK_STR(i.operands, "eax,dword ptr [" NTR_INSN_TARGET "]");
	i = one(NTR_MACHINE_X86, "64a118000000");
	CHECK(!i.has_target); /* fs:[18h] */
	i = one(NTR_MACHINE_ARM64, "04000094");
	CHECK_EQ(i.target, 0x1010);
	CHECK_STR(i.mnemonic, "bl");
}

static void arm64(void)
{
	spelled(NTR_MACHINE_ARM64, "fd7bbba9", "stp", "x29,x30,[sp,#-0x50]!", 4);
	spelled(NTR_MACHINE_ARM64, "c0035fd6", "ret", "", 4);
}

static void bad(void)
{
	struct ntr_insn i = one(NTR_MACHINE_AMD64, "0f0b"); /* ud2 is one */

	CHECK(!i.bad);
	i = one(NTR_MACHINE_AMD64, "06");
	CHECK(i.bad);
	CHECK_EQ(i.len, 1);
	CHECK_STR(i.mnemonic, "???");
	i = one(NTR_MACHINE_AMD64, "4889"); /* cut short */
	CHECK(i.bad);
	CHECK_EQ(i.len, 1);
	i = one(NTR_MACHINE_ARM64, "fd7b");
	CHECK(i.bad);
	CHECK_EQ(i.len, 2);
	i = one(NTR_MACHINE_ARM64, "00000000");
	CHECK(i.bad);
	CHECK_EQ(i.len, 4);
	i = one(NTR_MACHINE_IA64, "00");
	CHECK_HAS(i.mnemonic, "IA64");
}

int main(void)
{
	RUN(x64);
	RUN(targets);
	RUN(arm64);
	RUN(bad);
	return test_done();
}
