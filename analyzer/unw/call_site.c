// SPDX-License-Identifier: Apache-2.0
/*
 * Is there a call just before an address?  A return address has one.
 * Encodings: Intel SDM volume 2 (CALL), Arm ARM (BL, BLR), Alpha AHB (BSR,
 * JSR).
 */
#include "unw.h"

#include "../base/record.h"

#include <string.h>

#define X86_CALL_MAX 7u /* FF 94 sib disp32; 9A ptr16:32 */

/* Length of FF /2 and FF /3 at p, 0 when it is something else.  Prefixes
 * stand before it and do not matter here. */
static size_t call_modrm_len(const u8 *p, size_t left)
{
	u8 modrm, mod, rm, reg;
	size_t len = 2;

	if (left < 2 || p[0] != 0xff)
		return 0;
	modrm = p[1];
	mod = modrm >> 6;
	reg = modrm >> 3 & 7;
	rm = modrm & 7;
	if (reg != 2 && (reg != 3 || mod == 3))
		return 0;
	if (mod == 3)
		return len;
	if (rm == 4) {
		if (left < 3)
			return 0;
		len++;
		if (mod == 0 && (p[2] & 7) == 5)
			len += 4;
	} else if (mod == 0 && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* The n bytes that end at ret. */
static bool x86_call(u32 machine, const u8 *bytes, size_t n, u64 ret,
		     u64 *target)
{
	const u8 *end = bytes + n;

	if (n >= 5 && end[-5] == 0xe8) {
		u64 to = ret + (u64)(s64)(s32)ntr_load_u32(end - 4);

		*target = machine == NTR_MACHINE_X86 ? (u32)to : to;
		return true;
	}
	*target = 0;
	if (machine == NTR_MACHINE_X86 && n >= 7 && end[-7] == 0x9a)
		return true;
	for (size_t len = 2; len <= n; len++)
		if (call_modrm_len(end - len, len) == len)
			return true;
	return false;
}

/* A part of the bytes can prove a call, only all of them its absence. */
static enum ntr_st x86_before(u32 machine, const struct ntr_space *s, u64 ret,
			      bool *is_call, u64 *target)
{
	u8 buf[X86_CALL_MAX];

	for (size_t n = X86_CALL_MAX; n >= 2; n--) {
		u64 to;

		if (ret < n || ntr_space_read(s, ret - n, buf, n, NULL))
			continue;
		if (x86_call(machine, buf, n, ret, &to)) {
			*is_call = true;
			*target = to;
			return NTR_OK;
		}
		if (n < X86_CALL_MAX)
			return NTR_ABSENT;
		*is_call = false;
		*target = 0;
		return NTR_OK;
	}
	return NTR_ABSENT;
}

static bool arm64_call(u32 w, u64 ret, u64 *target)
{
	*target = 0;
	if ((w & 0xfc000000) == 0x94000000) { /* BL imm26 */
		*target = ret - 4 + (u64)((s64)((u64)w << 38) >> 36);
		return true;
	}
	return (w & 0xfffffc1f) == 0xd63f0000 || /* BLR */
	       (w & 0xfefff800) == 0xd63f0800;	 /* BLRAA and kin */
}

static bool alpha_call(u32 w, u64 ret, u64 *target)
{
	*target = 0;
	if (w >> 26 == 0x34) { /* BSR disp21 */
		*target = ret + (u64)((s64)((u64)w << 43) >> 41);
		return true;
	}
	return w >> 26 == 0x1a && (w >> 14 & 3) == 1; /* JSR */
}

static enum ntr_st risc_before(u32 machine, const struct ntr_space *s, u64 ret,
			       bool *is_call, u64 *target)
{
	bool yes;
	u64 to;
	u32 w;

	if ((ret & 3) || ret < 4) {
		*is_call = false;
		*target = 0;
		return NTR_OK;
	}
	if (ntr_read_u32(s, ret - 4, &w))
		return NTR_ABSENT;
	yes = machine == NTR_MACHINE_ARM64 ? arm64_call(w, ret, &to) :
					     alpha_call(w, ret, &to);
	*is_call = yes;
	*target = machine == NTR_MACHINE_ALPHA ? (u32)to : to;
	return NTR_OK;
}

enum ntr_st ntr_is_call_before(u32 machine, const struct ntr_space *s, u64 ret,
			       bool *is_call, u64 *target)
{
	switch (machine) {
	case NTR_MACHINE_X86:
	case NTR_MACHINE_AMD64:
		return x86_before(machine, s, ret, is_call, target);
	case NTR_MACHINE_ARM64:
	case NTR_MACHINE_ALPHA:
	case NTR_MACHINE_ALPHA64:
		return risc_before(machine, s, ret, is_call, target);
	default:
		return NTR_UNSUP;
	}
}
