// SPDX-License-Identifier: Apache-2.0
/*
 * Stack cookies on forged machines whose memory is changed: a function that
 * keeps one gets its code, its image the variable; the frame a good cookie, one
 * with one bit changed, one overwritten.  And the parts on bytes of their own.
 */
#include "triage/cookie.h"

#include "fact_dump.h"

static struct ntr_verdict *v;
static uint64_t start, base, slot, cookie_va, fp;

#define COOKIE64 UINT64_C(0x00004321a5b6c7d8)
#define COOKIE32 UINT64_C(0x4a5b6c7d)

static void header_dir(unsigned pe64, uint32_t rva)
{
	/* the headers of forge's images: PE at 0x80, directory 10 */
	uint64_t at = base + 0x80 + 24 + (pe64 ? 112 : 96) + 10 * 8;

	machine_patch(&m, at, rva, 4);
	machine_patch(&m, at + 4, 0x70, 4);
}

/* The image's load configuration at its data, naming a variable behind it. */
static void image_with_cookie(bool pe64, uint64_t value)
{
	const struct ntr_module *mod = ntr_target_module_named(m.t, "drv");
	uint32_t rva = 0;
	struct ntr_pe pe;

	CHECK(mod != NULL);
	base = mod->base;
	CHECK_EQ(ntr_pe_open(&pe, m.t->mem, base, true, NULL), NTR_OK);
	for (unsigned i = 0; i < pe.nsections; i++)
		if (!strcmp(pe.section[i].name, ".rsrc"))
			rva = pe.section[i].rva;
	CHECK(rva);
	cookie_va = base + rva + 0x80;
	header_dir(pe64, rva);
	machine_patch(&m, base + rva, 0x70, 4);
	machine_patch(&m, base + rva + (pe64 ? 0x58 : 0x3c), cookie_va,
		      pe64 ? 8 : 4);
	machine_patch(&m, cookie_va, value, pe64 ? 8 : 4);
}

static size_t frame_of_drv(void)
{
	for (size_t i = 0; i < v->stack.n; i++)
		if (v->stack.v[i].module &&
		    !strcmp(v->stack.v[i].module->name, "drv"))
			return i;
	CHECK(!"drv is on the stack");
	return 0;
}

static bool open_x64(const char *profile, const char *stop)
{
	struct ntr_err e = { "" };
	char text[600];
	uint64_t rel;
	size_t i;

	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\nstop %s\n"
		 "module \"drv.sys\" size 0x8000\nstack {\n"
		 "frame \"nt!KeBugCheckEx\"\nframe \"drv!Victim+0x60\" size 96\n"
		 "frame \"nt!IopParseDevice+0x58\"\n}\n", profile, stop);
	if (!machine_open(&m, text, "full"))
		return false;
	CHECK_EQ(ntr_verdict_make(&v, m.t, &e), NTR_OK);
	i = frame_of_drv();
	start = v->stack.v[i].f.ip - 0x60;
	slot = v->stack.v[i].f.sp + 0x30;
	/* The same machine again: nothing of it was looked at yet. */
	ntr_verdict_free(v);
	v = NULL;
	machine_close(&m);
	if (!machine_open(&m, text, "full"))
		return false;
	image_with_cookie(true, COOKIE64);
	/* behind push rbx; sub rsp,n */
	rel = cookie_va - (start + 6 + 7);
	machine_patch(&m, start + 6, 0x058b48 | rel << 24, 7);
	machine_patch(&m, start + 13, 0xc43348, 3);
	machine_patch(&m, start + 16, 0x3024448948, 5);
	return true;
}

static void ask(void)
{
	CHECK_EQ(ntr_facts_new(&f, m.t, NULL, NULL), NTR_OK);
}

static void store(uint64_t value)
{
	uint64_t sp = slot - 0x30;

	machine_patch(&m, slot, value ^ sp, 8);
}

static void x64_whole(const char *profile)
{
	if (!open_x64(profile, "0xe2"))
		return;
	store(COOKIE64);
	ask();
	CHECK_STR(got("stack.cookies"), "1 element");
	CHECK_STR(got("stack.cookie.state"), "ok");
	CHECK_STR(got("stack.cookie.frame"), "1");
	CHECK_STR(got("stack.cookie.module"), "drv.sys");
	CHECK_STR(got("stack.cookie.expected"), "0x4321a5b6c7d8");
	CHECK_STR(got("stack.cookie.found"), "0x4321a5b6c7d8");
	CHECK_STR(got("stack.cookie.bits"), "0");
	CHECK_STR(got("stack.cookie.evidence"), "code");
	CHECK_STR(got("corruption.items"), "0 elements");
	shut();
}

static void x64_one_bit(const char *profile)
{
	if (!open_x64(profile, "0xe2"))
		return;
	store(COOKIE64 ^ 1u << 21);
	ask();
	CHECK_STR(got("stack.cookie.state"), "damaged");
	CHECK_STR(got("stack.cookie.single_bit"), "true");
	CHECK_STR(got("stack.cookie.bit"), "21");
	CHECK_STR(got("corruption.items"), "1 element");
	CHECK_STR(got("corruption.items[0].kind"), "stack cookie");
	CHECK_STR(got("corruption.items[0].bits"), "1");
	CHECK_STR(got("corruption.items[0].bit"), "21");
	CHECK_STR(got("corruption.items[0].neighbour"), "drv!Victim+0x60");
	CHECK_STR(got("corruption.single_bits"), "1");
	shut();
}

static void x64_overwritten(const char *profile)
{
	if (!open_x64(profile, "0xf7 0x4141414141414141 0x4321a5b6c7d8 "
		      "0xffffbcde5a493827 0"))
		return;
	machine_patch(&m, slot, UINT64_C(0x4141414141414141), 8);
	ask();
	CHECK_STR(got("stack.cookie.state"), "damaged");
	CHECK_STR(got("stack.cookie.single_bit"), "false");
	CHECK_STR(got("stack.cookie.bit"), "none: it is not one bit that differs");
	shut();
}

static void x64(void)
{
	static const char *const profiles[] = { "x64 2003", "x64 7", "x64 10" };

	for (size_t i = 0; i < 3; i++) {
		x64_whole(profiles[i]);
		x64_one_bit(profiles[i]);
		x64_overwritten(profiles[i]);
	}
}

/* No frame shows it: the stop's own words. */
static void by_the_stop(void)
{
	if (!machine_open(&m, "machine x64 7\nmemory 64MiB\n"
			  "stop 0xf7 0x4321a5b6c7dc 0x4321a5b6c7d8 "
			  "0xffffbcde5a493827 0\n", "full"))
		return;
	ask();
	CHECK_STR(got("stack.cookie.state"), "damaged");
	CHECK_STR(got("stack.cookie.found"), "0x4321a5b6c7dc");
	CHECK_STR(got("stack.cookie.bit"), "2");
	CHECK_STR(got("stack.cookie.evidence"), "the stop");
	CHECK_HAS(got("stack.cookie.frame"), "unknown: the stop says that a "
		  "cookie was overwritten, not whose");
	shut();
}

static void parameters(const char *stop, const char *one, const char *three)
{
	char text[200];
	struct ntr_err e = { "" };

	snprintf(text, sizeof(text), "machine x64 7\nmemory 64MiB\nstop %s\n",
		 stop);
	if (!machine_open(&m, text, "full"))
		return;
	CHECK_EQ(ntr_verdict_make(&v, m.t, &e), NTR_OK);
	CHECK_STR(v->param[0].value, one);
	CHECK_STR(v->param[2].value, three);
	ntr_verdict_free(v);
	v = NULL;
	machine_close(&m);
}

static void the_stop_explained(void)
{
	parameters("0xf7 0x4321a5b6c7dc 0x4321a5b6c7d8 0xffffbcde5a493827 0",
		   "one bit (bit 2) is not as expected: suspect the memory",
		   "it is: the expected cookie is whole");
	parameters("0xf7 0x41414141 0x4321a5b6c7d8 0xffffbcde5a493826 0",
		   "23 of 64 bits are not as expected: overwritten",
		   "it is not, by one bit (bit 0): the driver's own cookie was "
		   "changed, suspect the memory");
	parameters("0xf7 0x4321a5b6c7d8 0x41414141 0xffffbcde5a493827 0",
		   "23 of 64 bits are not as expected: overwritten",
		   "it is not: the driver's own cookie was overwritten, not its "
		   "stack");
}

/* The variable's page is not there; the load configuration points out. */
static void lacking(void)
{
	if (!open_x64("x64 7", "0xe2"))
		return;
	machine_patch(&m, cookie_va - 0x80 + 0x58, base + 0x700000, 8);
	ask();
	CHECK_STR(got("stack.cookies"), "1 element");
	CHECK_HAS(got("stack.cookie.state"), "is not in the image");
	CHECK_STR(got("corruption.items"), "0 elements");
	shut();
	if (!machine_open(&m, "machine arm64 11\nmemory 64MiB\nstop 0xe2\n",
			  "full"))
		return;
	ask();
	CHECK_STR(got("stack.cookie.state"), "unknown: cookies of this machine "
		  "are not looked for");
	shut();
}

static bool open_x86(const char *profile)
{
	struct ntr_err e = { "" };
	char text[600];
	size_t i;

	snprintf(text, sizeof(text), "machine %s\nmemory 64MiB\nstop 0xe2\n"
		 "module \"drv.sys\" size 0x8000\nstack {\n"
		 "frame \"nt!KeBugCheckEx\"\nframe \"drv!Victim+0x60\" size 96\n"
		 "frame \"nt!IopParseDevice+0x58\"\n}\n", profile);
	if (!machine_open(&m, text, "full"))
		return false;
	CHECK_EQ(ntr_verdict_make(&v, m.t, &e), NTR_OK);
	i = frame_of_drv();
	start = v->stack.v[i].f.ip - 0x60;
	fp = v->stack.v[i].f.fp;
	slot = fp - 4;
	CHECK(fp != 0);
	/* The same machine again: nothing of it was looked at yet. */
	ntr_verdict_free(v);
	v = NULL;
	machine_close(&m);
	if (!machine_open(&m, text, "full"))
		return false;
	image_with_cookie(false, COOKIE32);
	/* behind push ebp; mov ebp,esp; sub esp,n */
	machine_patch(&m, start + 9, 0xa1 | cookie_va << 8, 5);
	machine_patch(&m, start + 14, 0xfc4589c533, 5);
	return true;
}

static void x86(void)
{
	static const char *const profiles[] = { "x86 2000", "x86 xp",
						"x86 2003" };

	for (size_t i = 0; i < 3; i++) {
		if (!open_x86(profiles[i]))
			return;
		machine_patch(&m, slot, COOKIE32 ^ fp, 4);
		ask();
		CHECK_STR(got("stack.cookie.state"), "ok");
		CHECK_STR(got("stack.cookie.found"), "0x4a5b6c7d");
		shut();
		if (!open_x86(profiles[i]))
			return;
		machine_patch(&m, slot, COOKIE32 ^ fp ^ 0x80000000, 4);
		ask();
		CHECK_STR(got("stack.cookie.state"), "damaged");
		CHECK_STR(got("stack.cookie.found"), "0xca5b6c7d");
		CHECK_STR(got("stack.cookie.bit"), "31");
		shut();
	}
}

/* --- the parts -------------------------------------------------------------------- */

static void code(void)
{
	/* mov rax,[rip+0x1000]; xor rax,rsp; mov [rsp+0x120],rax at 0x10 */
	static const uint8_t far64[] = {
		0x90, 0x48, 0x8b, 0x05, 0x00, 0x10, 0, 0, 0x48, 0x33, 0xc4,
		0x48, 0x89, 0x84, 0x24, 0x20, 0x01, 0, 0 };
	static const uint8_t fp64[] = {
		0x48, 0x8b, 0x05, 0x00, 0x10, 0, 0, 0x48, 0x33, 0xc5, 0x48,
		0x89, 0x45, 0xf0 };
	static const uint8_t old86[] = { 0xa1, 0x00, 0x30, 0x01, 0x80, 0x89,
					 0x45, 0xfc };
	struct ntr_cookie_site s;

	CHECK(ntr_cookie_in_code(NTR_MACHINE_AMD64, far64, sizeof(far64), 0x100,
				 0x100 + 8 + 0x1000, &s));
	CHECK_EQ(s.off, 0x120);
	CHECK_EQ(s.base, NTR_COOKIE_SP);
	CHECK_EQ(s.mix, NTR_COOKIE_SP);
	CHECK(s.mixed);
	CHECK_EQ(s.end, sizeof(far64));
	/* Another variable; each cut short. */
	CHECK(!ntr_cookie_in_code(NTR_MACHINE_AMD64, far64, sizeof(far64),
				  0x100, 0x100 + 9 + 0x1000, &s));
	for (size_t n = 0; n < sizeof(far64); n++) {
		uint8_t *p = malloc(n + !n);

		memcpy(p, far64, n);
		CHECK(!ntr_cookie_in_code(NTR_MACHINE_AMD64, p, n, 0x100,
					  0x100 + 8 + 0x1000, &s));
		free(p);
	}
	CHECK(ntr_cookie_in_code(NTR_MACHINE_AMD64, fp64, sizeof(fp64), 0,
				 0x1007, &s));
	CHECK_EQ(s.off, -16);
	CHECK_EQ(s.base, NTR_COOKIE_FP);
	CHECK_EQ(s.mix, NTR_COOKIE_FP);
	CHECK(ntr_cookie_in_code(NTR_MACHINE_X86, old86, sizeof(old86), 0,
				 0x80013000, &s));
	CHECK_EQ(s.off, -4);
	CHECK(!s.mixed);
	CHECK(!ntr_cookie_in_code(NTR_MACHINE_ARM64, old86, sizeof(old86), 0,
				  0x80013000, &s));
}

static enum ntr_st handler(const char *name, const void *p, size_t n,
			   uint8_t freg, struct ntr_cookie_site *s)
{
	uint8_t *copy = malloc(n + !n);
	struct ntr_bin b;
	enum ntr_st st;

	memcpy(copy, p, n);
	b = ntr_bin_of(copy, n, "data", 0);
	st = ntr_cookie_in_handler(name, &b, freg, 0x20, s, NULL);
	free(copy);
	return st;
}

static void handlers(void)
{
	static const uint8_t plain[] = { 0x43, 0, 0, 0 };
	static const uint8_t seh[4 + 16 + 4] = { 1, [20] = 0x61 };
	static const uint8_t eh[] = { 1, 2, 3, 4, 0x30, 1, 0, 0 };
	static const uint8_t aligned[] = { 0x44, 0, 0, 0 };
	static const uint8_t wild[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 };
	struct ntr_cookie_site s;

	CHECK_EQ(handler("__GSHandlerCheck", plain, 4, 0, &s), NTR_OK);
	CHECK_EQ(s.off, 0x40);
	CHECK_EQ(s.base, NTR_COOKIE_SP);
	CHECK_EQ(handler("__GSHandlerCheck_SEH", seh, sizeof(seh), 0, &s),
		 NTR_OK);
	CHECK_EQ(s.off, 0x60);
	CHECK_EQ(handler("__GSHandlerCheck_EH", eh, sizeof(eh), 0, &s), NTR_OK);
	CHECK_EQ(s.off, 0x130);
	CHECK_EQ(handler("__GSHandlerCheck", plain, 4, 5, &s), NTR_OK);
	CHECK_EQ(s.base, NTR_COOKIE_FP);
	CHECK_EQ(s.off, 0x20);
	CHECK_EQ(handler("__GSHandlerCheck", plain, 4, 3, &s), NTR_UNSUP);
	CHECK_EQ(handler("__GSHandlerCheck", aligned, 4, 0, &s), NTR_UNSUP);
	CHECK_EQ(handler("__C_specific_handler", plain, 4, 0, &s), NTR_UNSUP);
	CHECK_EQ(handler("__GSHandlerCheck_SEH", wild, sizeof(wild), 0, &s),
		 NTR_UNSUP);
	for (size_t n = 0; n < sizeof(seh); n++)
		CHECK_EQ(handler("__GSHandlerCheck_SEH", seh, n, 0, &s),
			 NTR_BAD);
}

int main(void)
{
	RUN(x64);
	RUN(by_the_stop);
	RUN(the_stop_explained);
	RUN(lacking);
	RUN(x86);
	RUN(code);
	RUN(handlers);
	return test_done();
}
