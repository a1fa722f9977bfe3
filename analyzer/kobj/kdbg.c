// SPDX-License-Identifier: Apache-2.0
#include "kdbg.h"

#include "../base/record.h"

#include <string.h>

#define TAG_OFF 0x10
#define SIZE_OFF 0x14
#define TAG 0x4742444bu /* "KDBG" */

static bool kernel_va(u64 va, unsigned ptr_size)
{
	return ptr_size == 4 ? va >= 0x80000000 && va <= UINT32_MAX
			     : va >> 63;
}

static u64 narrow(u64 v, unsigned ptr_size)
{
	return ptr_size == 4 ? (u32)v : v;
}

enum ntr_st ntr_kdbg_read(struct ntr_kdbg *k, const struct ntr_space *s,
			  u64 va, unsigned ptr_size, struct ntr_err *e)
{
	struct ntr_kdbg b = { .present = true, .ptr_size = ptr_size };
	u8 head[0x20];
	enum ntr_st st = ntr_space_read(s, va, head, sizeof(head), e);
	u64 base;

	if (st)
		return ntr_wrap(e, st, "KDDEBUGGER_DATA64 at 0x%" PRIx64, va);
	b.size = ntr_load_u32(head + SIZE_OFF);
	base = narrow(ntr_load_u64(head + NTR_KDBG_KERN_BASE), ptr_size);
	if (ntr_load_u32(head + TAG_OFF) != TAG)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": no KDBG tag", va);
	if (b.size < NTR_KDBG_MIN || b.size > NTR_KDBG_MAX)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": KDBG of 0x%x bytes",
				va, b.size);
	if (!kernel_va(base, ptr_size) || base & 0xfff)
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": KDBG names 0x%" PRIx64
				" as the kernel's base", va, base);
	/* The rest may end with a missing page: what is not there reads 0. */
	if (ntr_space_read_some(s, va, b.raw, b.size) < sizeof(head))
		memcpy(b.raw, head, sizeof(head));
	*k = b;
	return NTR_OK;
}

u64 ntr_kdbg_u64(const struct ntr_kdbg *k, unsigned off)
{
	if (!k->present || off + 8 > k->size)
		return 0;
	return narrow(ntr_load_u64(k->raw + off), k->ptr_size);
}

u16 ntr_kdbg_u16(const struct ntr_kdbg *k, unsigned off)
{
	if (!k->present || off + 2 > k->size)
		return 0;
	return ntr_load_u16(k->raw + off);
}

/* Members by the offset of the u16 that holds their offset. wide: a u32. */
static const struct {
	const char *name;
	u16 off;
	bool wide;
	u8 kind;
	u8 width; /* 0: a pointer */
	const char *type;
} members[] = {
	{ "_KTHREAD.KernelStack", 0x29c, false, NTR_TK_POINTER, 0, NULL },
	{ "_KTHREAD.InitialStack", 0x29e, false, NTR_TK_POINTER, 0, NULL },
	{ "_KTHREAD.ApcState.Process", 0x2a0, false, NTR_TK_POINTER, 0, NULL },
	{ "_KTHREAD.State", 0x2a2, false, NTR_TK_INT, 1, NULL },
	{ "_KTHREAD.Teb", 0x29a, false, NTR_TK_POINTER, 0, NULL },
	{ "_KTHREAD.StackLimit", 0x340, true, NTR_TK_POINTER, 0, NULL },
	{ "_KTHREAD.StackBase", 0x344, true, NTR_TK_POINTER, 0, NULL },
	{ "_KPRCB.CurrentThread", 0x2b4, false, NTR_TK_POINTER, 0, NULL },
	{ "_KPRCB.ProcessorState.ContextFrame", 0x2bc, false, NTR_TK_STRUCT, 0,
	  "_CONTEXT" },
	{ "_KPRCB.IdleThread", 0x350, false, NTR_TK_POINTER, 0, NULL },
	{ "_KPRCB.DpcStack", 0x354, false, NTR_TK_POINTER, 0, NULL },
	{ "_KPRCB.IsrStack", 0x356, false, NTR_TK_POINTER, 0, NULL },
	{ "_KPRCB.Context", 0x338, false, NTR_TK_POINTER, 0, NULL },
	{ "_KPCR.Prcb", 0x2e6, false, NTR_TK_STRUCT, 0, "_KPRCB" },
	{ "_KPCR.Self", 0x2e2, false, NTR_TK_POINTER, 0, NULL },
};

bool ntr_kdbg_member(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	const struct ntr_kdbg *k = ctx;

	for (size_t i = 0; k->present && i < NTR_COUNT(members); i++) {
		u32 off;

		if (strcmp(name, members[i].name))
			continue;
		off = ntr_kdbg_u16(k, members[i].off);
		if (members[i].wide)
			off |= (u32)ntr_kdbg_u16(k, members[i].off + 2u) << 16;
		/* 0 and -1: this kernel has no such member. */
		if (!off || off >= 0xffff)
			return false;
		*hit = (struct ntr_type_hit){
			.off = off,
			.kind = (enum ntr_type_kind)members[i].kind,
			.type = members[i].type,
			.width = members[i].width,
		};
		if (hit->kind == NTR_TK_POINTER)
			hit->width = (u16)k->ptr_size;
		return true;
	}
	return false;
}

u64 ntr_kdbg_unscramble(const struct ntr_kdbg_keys *k, u64 v)
{
	unsigned turn = k->wait_never & 63;

	v ^= k->wait_never;
	v = turn ? v << turn | v >> (64 - turn) : v;
	return __builtin_bswap64(v ^ k->encoded_va) ^ k->wait_always;
}

bool ntr_kdbg_decode(const struct ntr_kdbg_keys *k, void *block, size_t len)
{
	u8 *p = block;
	u64 v;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		v = htole64(ntr_kdbg_unscramble(k, ntr_load_u64(p + i)));
		memcpy(p + i, &v, sizeof(v));
	}
	return len >= TAG_OFF + 4 && ntr_load_u32(p + TAG_OFF) == TAG;
}
