// SPDX-License-Identifier: Apache-2.0
/*
 * Where a function keeps its stack cookie.  Sources: Microsoft, "PE Format" (the
 * load configuration), "/GS (Buffer Security Check)", "x64 exception handling"
 * (handlers and their data); the processor's instruction set for the code.
 */
#include "../base/record.h"
#include "../fmt/dump.h"
#include "cookie.h"

#include <string.h>

#define DIR_LOAD_CONFIG 10
#define LOAD_CONFIG_COOKIE32 0x3cu
#define LOAD_CONFIG_COOKIE64 0x58u

enum ntr_st ntr_cookie_variable(const struct ntr_pe *pe, u64 base, u64 *va,
				struct ntr_err *e)
{
	u32 rva = pe->dir[DIR_LOAD_CONFIG].rva, size;
	u32 off = pe->pe64 ? LOAD_CONFIG_COOKIE64 : LOAD_CONFIG_COOKIE32;
	u32 width = pe->pe64 ? 8 : 4;
	u8 raw[8] = { 0 };
	u64 v;

	if (!rva)
		return ntr_fail(e, NTR_ABSENT, "the image has no load "
				"configuration, so no cookie");
	if (rva > pe->size || ntr_pe_read(pe, rva, raw, 4, NULL))
		return ntr_fail(e, NTR_FAULT, "the image's load configuration "
				"is not in the dump");
	size = ntr_load_u32(raw);
	if (size < off + width)
		return ntr_fail(e, NTR_ABSENT, "the image's load configuration "
				"names no cookie");
	if (ntr_pe_read(pe, rva + off, raw, width, NULL))
		return ntr_fail(e, NTR_FAULT, "the image's load configuration "
				"is not in the dump");
	v = pe->pe64 ? ntr_load_u64(raw) : ntr_load_u32(raw);
	if (!v)
		return ntr_fail(e, NTR_ABSENT, "the image's load configuration "
				"names no cookie");
	/* A loader relocates it; in a file it is as linked. */
	if (v - base >= pe->size && v - pe->image_base < pe->size)
		v = v - pe->image_base + base;
	if (v - base >= pe->size)
		return ntr_fail(e, NTR_BAD, "the cookie that the load "
				"configuration names, 0x%" PRIx64 ", is not in "
				"the image", v);
	*va = v;
	return NTR_OK;
}

/* --- x64 code ----------------------------------------------------------------------- */

static bool is(struct ntr_bin *b, const char *bytes, size_t n)
{
	if (ntr_bin_left(b) < n || memcmp(b->pos, bytes, n))
		return false;
	ntr_bin_skip(b, n, "instruction");
	return true;
}

static s32 disp8(struct ntr_bin *b)
{
	const u8 *p = ntr_bin_take(b, 1, "displacement");

	return p ? (int8_t)*p : 0;
}

static s32 disp32(struct ntr_bin *b)
{
	return (s32)ntr_bin_u32(b, "displacement");
}

/* mov [rsp+n],rax; mov [rbp+n],rax */
static bool store_x64(struct ntr_bin *b, struct ntr_cookie_site *s)
{
	if (is(b, "\x48\x89\x44\x24", 4)) {
		s->base = NTR_COOKIE_SP;
		s->off = disp8(b);
	} else if (is(b, "\x48\x89\x84\x24", 4)) {
		s->base = NTR_COOKIE_SP;
		s->off = disp32(b);
	} else if (is(b, "\x48\x89\x45", 3)) {
		s->base = NTR_COOKIE_FP;
		s->off = disp8(b);
	} else if (is(b, "\x48\x89\x85", 3)) {
		s->base = NTR_COOKIE_FP;
		s->off = disp32(b);
	} else {
		return false;
	}
	return !b->bad;
}

/* mov rax,[rip+cookie]; xor rax,rsp or rbp; the store */
static bool at_x64(struct ntr_bin *b, u64 va, u64 cookie,
		   struct ntr_cookie_site *s)
{
	u64 target;

	if (!is(b, "\x48\x8b\x05", 3))
		return false;
	target = (u64)(s64)disp32(b);
	target += va + ntr_bin_off(b);
	if (b->bad || target != cookie)
		return false;
	s->mixed = true;
	s->mix = NTR_COOKIE_SP;
	if (is(b, "\x48\x33\xc5", 3) || is(b, "\x48\x31\xe8", 3))
		s->mix = NTR_COOKIE_FP;
	else if (!is(b, "\x48\x33\xc4", 3) && !is(b, "\x48\x31\xe0", 3))
		return false;
	return store_x64(b, s);
}

/* --- x86 code ----------------------------------------------------------------------- */

/* mov eax,[cookie]; xor eax,ebp (from Visual C++ 2005 on); mov [ebp+n],eax */
static bool at_x86(struct ntr_bin *b, u64 va, u64 cookie,
		   struct ntr_cookie_site *s)
{
	(void)va;
	if (!is(b, "\xa1", 1) || ntr_bin_u32(b, "address") != (u32)cookie)
		return false;
	s->mix = s->base = NTR_COOKIE_FP;
	s->mixed = is(b, "\x33\xc5", 2) || is(b, "\x31\xe8", 2);
	if (is(b, "\x89\x45", 2))
		s->off = disp8(b);
	else if (is(b, "\x89\x85", 2))
		s->off = disp32(b);
	else
		return false;
	return !b->bad;
}

bool ntr_cookie_in_code(u32 machine, const u8 *code, size_t len, u64 va,
			u64 cookie, struct ntr_cookie_site *out)
{
	for (size_t i = 0; i < len; i++) {
		struct ntr_bin b = ntr_bin_of(code, len, "code", 0);
		struct ntr_cookie_site s = { 0 };

		ntr_bin_seek(&b, i, "code");
		if (!(machine == NTR_MACHINE_AMD64 ?
		      at_x64(&b, va, cookie, &s) :
		      machine == NTR_MACHINE_X86 &&
		      at_x86(&b, va, cookie, &s)))
			continue;
		s.end = (u32)ntr_bin_off(&b);
		*out = s;
		return true;
	}
	return false;
}

/* --- x64 handler data ------------------------------------------------------------------ */

#define MAX_SCOPES 0x4000u
#define SCOPE_BYTES 16u
#define RBP 5u
#define GS_ALIGNED 4u /* the frame's base is aligned: two more words follow */

/* What stands in front of the cookie's data. */
static bool skip_other(const char *name, struct ntr_bin *b)
{
	u32 n;

	if (!strcmp(name, "__GSHandlerCheck"))
		return true;
	if (!strcmp(name, "__GSHandlerCheck_SEH")) {
		n = ntr_bin_u32(b, "scopes");
		if (n > MAX_SCOPES)
			return false;
		ntr_bin_skip(b, (size_t)n * SCOPE_BYTES, "scopes");
		return true;
	}
	if (!strcmp(name, "__GSHandlerCheck_EH") ||
	    !strcmp(name, "__GSHandlerCheck_EH4")) {
		ntr_bin_skip(b, 4, "function information");
		return true;
	}
	return false;
}

enum ntr_st ntr_cookie_in_handler(const char *name, struct ntr_bin *data,
				  u8 freg, u32 foff,
				  struct ntr_cookie_site *out,
				  struct ntr_err *e)
{
	struct ntr_cookie_site s = { .mixed = true };
	u32 word;
	enum ntr_st st;

	if (!skip_other(name, data))
		return ntr_fail(e, NTR_UNSUP, "its handler is none that checks "
				"cookies");
	word = ntr_bin_u32(data, "cookie offset");
	st = ntr_bin_done(data, e);
	if (st)
		return st;
	if (word & GS_ALIGNED)
		return ntr_fail(e, NTR_UNSUP, "the function aligns its frame");
	if (freg && freg != RBP)
		return ntr_fail(e, NTR_UNSUP, "its frame register is not kept "
				"with the frame");
	s.off = (s32)(word & ~7u);
	s.base = s.mix = freg ? NTR_COOKIE_FP : NTR_COOKIE_SP;
	if (freg) /* the offset counts from the frame's base, foff below it */
		s.off -= (s32)foff;
	*out = s;
	return NTR_OK;
}
