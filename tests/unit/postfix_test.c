// SPDX-License-Identifier: Apache-2.0
/* The postfix programs of unwind records: every operator, real programs, what
 * is malformed and where, and the bounds. */
#include "test.h"
#include "unw/postfix.h"

#include <string.h>

#define STACK 0x12fe00u

static uint8_t stack[0x100];
static struct ntr_mem_space mem;
static struct ntr_regs regs;
static struct ntr_postfix p;

static void setup(u32 machine)
{
	for (unsigned i = 0; i < sizeof(stack); i++)
		stack[i] = (uint8_t)i;
	ntr_mem_space_init(&mem, STACK, stack, sizeof(stack));
	regs = (struct ntr_regs){ .machine = machine };
	if (machine == NTR_MACHINE_X86) {
		ntr_reg_set(&regs, NTR_X86_ESP, STACK + 0x10);
		ntr_reg_set(&regs, NTR_X86_EBP, STACK + 0x20);
	} else {
		ntr_reg_set_sp(&regs, STACK + 0x10);
	}
	ntr_postfix_init(&p, &regs, &mem.s);
}

/* The text in a block of its own, so that a read past it shows. */
static enum ntr_st run(const char *text, struct ntr_err *e)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	enum ntr_st st;

	memcpy(copy, text, len);
	st = ntr_postfix_run(&p, copy, len, e);
	free(copy);
	return st;
}

static enum ntr_st value(const char *text, u64 *v, struct ntr_err *e)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	enum ntr_st st;

	memcpy(copy, text, len);
	st = ntr_postfix_value(&p, copy, len, v, e);
	free(copy);
	return st;
}

static u64 var(const char *name)
{
	u64 v = 0xbadbadbad;

	CHECK(ntr_postfix_get(&p, name, &v));
	return v;
}

static void operators(void)
{
	static const struct {
		const char *text;
		u64 v;
	} t[] = {
		{ "1 2 +", 3 },
		{ "1 2 -", 0xffffffff }, /* as wide as the machine's words */
		{ "-8", 0xfffffff8 },
		{ "7 3 *", 21 },
		{ "17 5 /", 3 },
		{ "17 5 %", 2 },
		{ "31 8 @", 24 },
		{ "32 8 @", 32 },
		{ "4294967295 1 +", 0 },
		{ "  1\t2 \n +  ", 3 },
		{ "$esp", STACK + 0x10 },
		{ "esp 4 +", STACK + 0x14 },
		{ "$esp ^", 0x13121110 },
		{ "$ebp 8 + ^", 0x2b2a2928 },
	};
	struct ntr_err e = { "" };
	u64 v;

	setup(NTR_MACHINE_X86);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		v = ~0ull;
		CHECK_EQ(value(t[i].text, &v, &e), NTR_OK);
		CHECK_EQ(v, t[i].v);
	}
	/* 64 bits */
	setup(NTR_MACHINE_AMD64);
	CHECK_EQ(value("1 2 -", &v, &e), NTR_OK);
	CHECK_EQ(v, ~0ull);
	CHECK_EQ(value("$rsp ^", &v, &e), NTR_OK);
	CHECK_EQ(v, UINT64_C(0x1716151413121110));
}

/* Programs as linkers wrote them (llvm-pdbutil dump --fpo, Breakpad). */
static void real_programs(void)
{
	struct ntr_err e = { "" };

	setup(NTR_MACHINE_X86);
	CHECK_EQ(ntr_postfix_set(&p, ".raSearch", STACK + 0x40), NTR_OK);
	CHECK_EQ(ntr_postfix_set(&p, ".cbSavedRegs", 4), NTR_OK);
	CHECK_EQ(ntr_postfix_set(&p, ".cbParams", 8), NTR_OK);
	CHECK_EQ(run("$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = "
		     "$ebx $T0 4 - ^ = $edi $T0 8 - ^ =", &e), NTR_OK);
	CHECK_EQ(var("$eip"), 0x43424140);
	CHECK_EQ(var("$esp"), STACK + 0x44);
	CHECK_EQ(var("ebx"), 0x3f3e3d3c);
	CHECK_EQ(var("$edi"), 0x3b3a3938);
	CHECK_EQ(run("$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + = "
		     "$L $T0 .cbSavedRegs - = $P $T0 8 + .cbParams + =", &e),
		 NTR_OK);
	CHECK_EQ(var("$eip"), 0x27262524);
	CHECK_EQ(var("$ebp"), 0x23222120);
	CHECK_EQ(var("$esp"), STACK + 0x28);
	CHECK_EQ(var("$L"), STACK + 0x1c);
	CHECK_EQ(var("$P"), STACK + 0x30);
	/* assigned ones count from then on, the registers stay as they are */
	CHECK_EQ(regs.r[NTR_X86_EBP], STACK + 0x20);
	CHECK_EQ(run("$ebp $ebp 1 + =", &e), NTR_OK);
	CHECK_EQ(var("$ebp"), 0x23222121);
}

static void malformed(void)
{
	static const struct {
		const char *text;
		enum ntr_st st;
		const char *where;
	} t[] = {
		{ "1 +", NTR_BAD, "program+2: " },
		{ "+", NTR_BAD, "program+0: " },
		{ "^", NTR_BAD, "program+0: " },
		{ "1 2 =", NTR_BAD, "program+4: " },
		{ "$T0 =", NTR_BAD, "program+4: " },
		{ "=", NTR_BAD, "program+0: " },
		{ "1", NTR_BAD, "program+0: a value left over" },
		{ "$T0 1 = 5", NTR_BAD, "program+8: " },
		{ "$T0 1 0 / =", NTR_BAD, "program+8: division" },
		{ "$T0 1 0 % =", NTR_BAD, "program+8: division" },
		{ "$T0 1 0 @ =", NTR_BAD, "program+8: @" },
		{ "$T0 1 6 @ =", NTR_BAD, "program+8: @" },
		{ "$T0 12x = ", NTR_BAD, "program+4: no number" },
		{ "$T0 99999999999999999999 =", NTR_BAD, "program+4: " },
		{ "$T0 abcdefghijklmnopq =", NTR_BAD, "program+4: a name" },
		{ "$T0 $nothing =", NTR_UNSUP, "program+4: nothing" },
		{ "$T0 $ecx 4 + =", NTR_UNSUP, "program+4: ecx" },
		{ "$T0 64 ^ =", NTR_ABSENT, "program+7: no memory at 0x40" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ntr_err e = { "" };

		setup(NTR_MACHINE_X86);
		CHECK_EQ(run(t[i].text, &e), t[i].st);
		CHECK_HAS(e.msg, t[i].where);
		setup(NTR_MACHINE_X86);
		CHECK_EQ(run(t[i].text, NULL), t[i].st);
	}
	{
		struct ntr_err e = { "" };
		u64 v = 77;

		CHECK_EQ(value("", &v, &e), NTR_BAD);
		CHECK_HAS(e.msg, "no value");
		CHECK_EQ(value("1 2", &v, &e), NTR_BAD);
		CHECK_HAS(e.msg, "more than one");
		CHECK_EQ(v, 77);
	}
}

static void bounds(void)
{
	char text[4 * 600 + 1] = "";
	struct ntr_err e = { "" };
	char name[8];

	setup(NTR_MACHINE_X86);
	for (unsigned i = 0; i < NTR_POSTFIX_STACK; i++)
		strcat(text, "1 ");
	CHECK_EQ(run(text, &e), NTR_BAD); /* left over */
	strcat(text, "1 ");
	CHECK_EQ(run(text, &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "too many values");
	text[0] = 0;
	for (unsigned i = 0; i < 200; i++)
		strcat(text, "a 1 = ");
	CHECK_EQ(run(text, &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "too many words");
	for (unsigned i = 0; i < NTR_POSTFIX_VARS - 1; i++) {
		snprintf(name, sizeof(name), "v%u", i);
		CHECK_EQ(ntr_postfix_set(&p, name, i), NTR_OK);
	}
	CHECK_EQ(ntr_postfix_set(&p, "more", 1), NTR_LIMIT);
	CHECK_EQ(run("x 1 =", &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "program+4: ");
	CHECK_EQ(ntr_postfix_set(&p, "", 1), NTR_BAD);
}

static void registers(void)
{
	unsigned r = 99;

	CHECK(ntr_postfix_reg(NTR_MACHINE_ARM64, "x19", 3, &r));
	CHECK_EQ(r, 19);
	CHECK(ntr_postfix_reg(NTR_MACHINE_ARM64, "$x29", 4, &r));
	CHECK_EQ(r, 29);
	CHECK(ntr_postfix_reg(NTR_MACHINE_ARM64, "x30", 3, &r));
	CHECK_EQ(r, 30);
	CHECK(ntr_postfix_reg(NTR_MACHINE_ARM64, "sp", 2, &r));
	CHECK_EQ(r, 31);
	CHECK(ntr_postfix_reg(NTR_MACHINE_ARM64, "pc", 2, &r));
	CHECK_EQ(r, 32);
	CHECK(ntr_postfix_reg(NTR_MACHINE_AMD64, "$r8", 3, &r));
	CHECK_EQ(r, 8);
	CHECK(!ntr_postfix_reg(NTR_MACHINE_AMD64, "$r", 2, &r));
	CHECK(!ntr_postfix_reg(NTR_MACHINE_AMD64, "$eax", 4, &r));
	CHECK(!ntr_postfix_reg(NTR_MACHINE_AMD64, "$", 1, &r));
	CHECK(!ntr_postfix_reg(0, "eax", 3, &r));
}

int main(void)
{
	RUN(operators);
	RUN(real_programs);
	RUN(malformed);
	RUN(bounds);
	RUN(registers);
	return test_done();
}
