// SPDX-License-Identifier: Apache-2.0
#include "kd.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parts of registers: the low `bits` of reg, from bit `shift` on. */
struct part {
	const char *name;
	u8 reg, shift, bits;
};
static const struct part parts_x64[] = {
	{ "efl", NTR_X64_RFLAGS, 0, 32 }, { "eip", NTR_X64_RIP, 0, 32 },
	{ "eax", NTR_X64_RAX, 0, 32 }, { "ebx", NTR_X64_RBX, 0, 32 },
	{ "ecx", NTR_X64_RCX, 0, 32 }, { "edx", NTR_X64_RDX, 0, 32 },
	{ "esi", NTR_X64_RSI, 0, 32 }, { "edi", NTR_X64_RDI, 0, 32 },
	{ "esp", NTR_X64_RSP, 0, 32 }, { "ebp", NTR_X64_RBP, 0, 32 },
	{ "ax", NTR_X64_RAX, 0, 16 },  { "bx", NTR_X64_RBX, 0, 16 },
	{ "cx", NTR_X64_RCX, 0, 16 },  { "dx", NTR_X64_RDX, 0, 16 },
	{ "al", NTR_X64_RAX, 0, 8 },   { "bl", NTR_X64_RBX, 0, 8 },
	{ "cl", NTR_X64_RCX, 0, 8 },   { "dl", NTR_X64_RDX, 0, 8 },
	{ "ah", NTR_X64_RAX, 8, 8 },   { "bh", NTR_X64_RBX, 8, 8 },
	{ "ch", NTR_X64_RCX, 8, 8 },   { "dh", NTR_X64_RDX, 8, 8 },
};
static const struct part parts_x86[] = {
	{ "efl", NTR_X86_EFLAGS, 0, 32 },
	{ "ax", NTR_X86_EAX, 0, 16 },  { "bx", NTR_X86_EBX, 0, 16 },
	{ "cx", NTR_X86_ECX, 0, 16 },  { "dx", NTR_X86_EDX, 0, 16 },
	{ "al", NTR_X86_EAX, 0, 8 },   { "bl", NTR_X86_EBX, 0, 8 },
	{ "cl", NTR_X86_ECX, 0, 8 },   { "dl", NTR_X86_EDX, 0, 8 },
	{ "ah", NTR_X86_EAX, 8, 8 },   { "bh", NTR_X86_EBX, 8, 8 },
	{ "ch", NTR_X86_ECX, 8, 8 },   { "dh", NTR_X86_EDX, 8, 8 },
};

static bool whole_register(const struct ntr_kd *k, const char *name,
			   unsigned *reg)
{
	unsigned n = 0;
	const char *const *names = ntr_reg_names(k->t->machine, &n);

	for (unsigned i = 0; names && i < n && i < NTR_MAX_REGS; i++)
		if (!ntr_strcasecmp(names[i], name)) {
			*reg = i;
			return true;
		}
	return false;
}

static const struct part *part_named(const struct ntr_kd *k, const char *name)
{
	bool x64 = k->t->machine == NTR_MACHINE_AMD64;
	const struct part *p = x64 ? parts_x64 : parts_x86;
	size_t n = x64 ? NTR_COUNT(parts_x64) : NTR_COUNT(parts_x86);

	if (!x64 && k->t->machine != NTR_MACHINE_X86)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!ntr_strcasecmp(p[i].name, name))
			return &p[i];
	return NULL;
}

static bool part_register(struct ntr_kd *k, const char *name, u64 *v,
			  bool *known)
{
	const struct part *p = part_named(k, name);
	const struct ntr_regs *r = ntr_kd_frame_regs(k);

	if (!p)
		return false;
	*known = k->has_regs && ntr_reg_known(r, p->reg);
	*v = r->r[p->reg] >> p->shift & ((UINT64_C(1) << p->bits) - 1);
	return true;
}

unsigned ntr_kd_reg_bits(const struct ntr_kd *k, const char *name)
{
	const struct part *p = part_named(k, name);
	size_t n = strlen(name);

	if (p)
		return p->bits;
	if (k->t->machine == NTR_MACHINE_AMD64 && n > 2 &&
	    ntr_ascii_lower(*name) == 'r' && name[1] >= '1' && name[1] <= '9')
		switch (ntr_ascii_lower(name[n - 1])) {
		case 'd': return 32;
		case 'w': return 16;
		case 'b': return 8;
		}
	return k->t->ptr_size * 8;
}

/* "r10d", "r10w", "r10b" */
static bool numbered_part(struct ntr_kd *k, const char *name, u64 *v,
			  bool *known)
{
	static const struct { char letter; u64 mask; } width[] = {
		{ 'd', UINT32_MAX }, { 'w', 0xffff }, { 'b', 0xff },
	};
	const struct ntr_regs *r = ntr_kd_frame_regs(k);
	char *end = NULL;
	unsigned long n;

	if (k->t->machine != NTR_MACHINE_AMD64 || ntr_ascii_lower(*name) != 'r' ||
	    name[1] < '1' || name[1] > '9')
		return false;
	n = strtoul(name + 1, &end, 10);
	if (n < 8 || n > 15 || !*end || end[1])
		return false;
	for (unsigned i = 0; i < NTR_COUNT(width); i++) {
		if (ntr_ascii_lower(*end) != width[i].letter)
			continue;
		*known = k->has_regs &&
			 ntr_reg_known(r, NTR_X64_R8 + (unsigned)n - 8);
		*v = r->r[NTR_X64_R8 + n - 8] & width[i].mask;
		return true;
	}
	return false;
}

static u64 frame_value(struct ntr_kd *k, bool ret, bool *known)
{
	size_t n = 0;
	enum ntr_unw_stop stop;
	const struct ntr_vframe *f = ntr_kd_frames(k, &n, &stop);
	size_t i = k->frame + ret;

	*known = i < n;
	if (i >= n)
		return 0;
	return ret ? f[i].f.ip : f[i].f.sp;
}

/* What WinDbg calls pseudo-registers. */
static bool pseudo(struct ntr_kd *k, const char *name, u64 *v, bool *known)
{
	const struct ntr_regs *r = ntr_kd_frame_regs(k);
	const struct { const char *name; bool known; u64 v; } row[] = {
		{ "$ip", k->has_regs && r->has_ip, r->ip },
		{ "$sp", k->has_regs && r->has_sp, r->sp },
		{ "$fp", k->has_regs && r->has_fp, r->fp },
		{ "$thread", k->thread.va != 0, k->thread.va },
		{ "$proc", k->process != 0, k->process },
		{ "$tid", k->thread.has_ids, k->thread.id },
		{ "$tpid", k->thread.has_ids, k->thread.pid },
		{ "$ptrsize", true, k->t->ptr_size },
		{ "$pagesize", k->t->d != NULL,
		  k->t->d ? UINT64_C(1) << k->t->d->page_shift : 0 },
		{ "$frame", true, k->frame },
	};

	for (size_t i = 0; i < NTR_COUNT(row); i++)
		if (!ntr_strcasecmp(row[i].name, name)) {
			*v = row[i].v;
			*known = row[i].known;
			return true;
		}
	if (!ntr_strcasecmp(name, "$csp") || !ntr_strcasecmp(name, "$ra")) {
		*v = frame_value(k, name[1] == 'r' || name[1] == 'R', known);
		return true;
	}
	return false;
}

bool ntr_kd_reg(void *ctx, const char *name, u64 *v, bool *known)
{
	struct ntr_kd *k = ctx;
	unsigned reg;

	ntr_kd_need_regs(k);
	if (*name == '$')
		return pseudo(k, name, v, known);
	if (whole_register(k, name, &reg)) {
		const struct ntr_regs *r = ntr_kd_frame_regs(k);

		*known = k->has_regs && ntr_reg_known(r, reg);
		*v = r->r[reg];
		return true;
	}
	return part_register(k, name, v, known) ||
	       numbered_part(k, name, v, known);
}
