// SPDX-License-Identifier: Apache-2.0
/*
 * Trap frames on a stack, known by what the processor and the kernel put
 * into them.  x64 rules were checked on real 19041 triage dumps; the x86
 * mark 0xBADB0D00 is written by all versions before Vista and many after.
 */
#include "../base/record.h"
#include "unw_int.h"

#define X64_SIZE 0x190u
#define X86_MIN 0x74u /* what a frame of kernel mode has */
#define X86_MARK 0xbadb0d00u
#define X86_BUILD_63 9600
#define CHUNK 4096u
#define MAX_RANGE (1u << 20) /* of memory searched; kernel stacks are less */

/* x64 selectors */
enum { KCODE = 0x10, KSTACK = 0x18, UCODE = 0x33, UCODE32 = 0x23, USTACK = 0x2b };

struct sel {
	u16 cs, ss;
	u32 eflags;
	u64 ip, sp;
};

static struct sel x64_sel(const u8 *f)
{
	return (struct sel){ ntr_load_u16(f + 0x170), ntr_load_u16(f + 0x188),
			     ntr_load_u32(f + 0x178), ntr_load_u64(f + 0x168),
			     ntr_load_u64(f + 0x180) };
}

static bool x64_kernel_like(const u8 *f)
{
	struct sel s = x64_sel(f);

	return s.cs == KCODE && s.ss == KSTACK &&
	       ntr_eflags_plausible(s.eflags);
}

static bool x64_user_like(const u8 *f)
{
	struct sel s = x64_sel(f);

	return (s.cs == UCODE || s.cs == UCODE32) && s.ss == USTACK &&
	       ntr_eflags_plausible(s.eflags) && s.ip && !(s.ip >> 47) &&
	       s.sp && !(s.sp >> 47);
}

static u32 x86_ds(const u8 *f, u32 build)
{
	return ntr_load_u32(f + (build >= X86_BUILD_63 ? 0x34 : 0x38)) & 0xffff;
}

static bool x86_like(const u8 *f, u32 build)
{
	u32 cs = ntr_load_u32(f + 0x6c) & 0xffff;
	u32 fs = ntr_load_u32(f + 0x50) & 0xffff;
	u32 ds = x86_ds(f, build);

	if ((cs != 0x08 && cs != 0x1b) ||
	    !ntr_eflags_plausible(ntr_load_u32(f + 0x70)) ||
	    !ntr_load_u32(f + 0x68))
		return false;
	if (ntr_load_u32(f + 8) == X86_MARK)
		return true;
	return (fs == 0x30 || fs == 0x3b) && (ds == 0x23 || (!ds && cs == 8));
}

static bool in_code(const struct ntr_unw_env *env, u64 ip)
{
	struct ntr_unw_module m;

	return ntr_unw_module_of(env, ip, &m) &&
	       ntr_unw_may_execute(&m, env->machine, ip);
}

/* A frame that kernel code left on its own stack ends where sp was, but for
 * alignment; an interrupt that changed stacks comes from another one. */
static bool x64_sp_fits(const struct ntr_unw_env *env, u64 va, u64 sp)
{
	if (sp - va >= X64_SIZE && sp - va <= X64_SIZE + 16)
		return true;
	if (!(sp & 7) && sp >= env->home_lo && sp < env->home_hi)
		return va < env->home_lo || va >= env->home_hi;
	return env->stack_hi && !(sp & 7) && sp >> 63 &&
	       (sp < env->stack_lo || sp > env->stack_hi);
}

static bool x64_at(const struct ntr_unw_env *env, u64 va, bool strict,
		   struct ntr_regs *out)
{
	u8 f[X64_SIZE];
	struct sel s;

	if (ntr_space_read(env->mem, va, f, sizeof(f), NULL))
		return false;
	s = x64_sel(f);
	if (x64_kernel_like(f)) {
		if (!in_code(env, s.ip))
			return false;
		if (strict && !x64_sp_fits(env, va, s.sp))
			return false;
	} else if (!x64_user_like(f)) {
		return false;
	}
	return !ntr_regs_read_trap(out, NTR_MACHINE_AMD64, env->mem, va,
				   env->build, NULL);
}

static bool x86_at(const struct ntr_unw_env *env, u64 va, bool strict,
		   struct ntr_regs *out)
{
	u8 f[X86_MIN];
	bool marked;

	if (ntr_space_read(env->mem, va, f, sizeof(f), NULL) ||
	    !x86_like(f, env->build))
		return false;
	marked = ntr_load_u32(f + 8) == X86_MARK;
	if ((f[0x6c] & 3) == 0 && (!marked || strict) &&
	    !in_code(env, ntr_load_u32(f + 0x68)))
		return false;
	return !ntr_regs_read_trap(out, NTR_MACHINE_X86, env->mem, va,
				   env->build, NULL);
}

bool ntr_unw_trap_at(const struct ntr_unw_env *env, u64 va, bool strict,
		     struct ntr_regs *out)
{
	if (env->machine == NTR_MACHINE_AMD64)
		return !(va & 7) && x64_at(env, va, strict, out);
	if (env->machine == NTR_MACHINE_X86)
		return !(va & 3) && x86_at(env, va, strict, out);
	return false;
}

bool ntr_unw_trap_like(const struct ntr_unw_env *env, const u8 *f, size_t len)
{
	if (env->machine == NTR_MACHINE_AMD64)
		return len >= X64_SIZE &&
		       (x64_kernel_like(f) || x64_user_like(f));
	return env->machine == NTR_MACHINE_X86 && len >= X86_MIN &&
	       x86_like(f, env->build);
}

/* With the instruction known; ss is 0 in what an interrupt of user code
 * has started. */
static bool x64_kernel_at(const u8 *f, u64 ip)
{
	struct sel s = x64_sel(f);

	return s.ip == ip && s.cs == KCODE && (!s.ss || s.ss == KSTACK) &&
	       ntr_eflags_plausible(s.eflags);
}

/* Cheap look at the bytes of one place. */
static bool looks_like(const struct ntr_unw_env *env, const u8 *f,
		       u64 want_ip)
{
	if (env->machine == NTR_MACHINE_AMD64)
		return want_ip ? x64_kernel_at(f, want_ip) : x64_kernel_like(f);
	return x86_like(f, env->build) && (f[0x6c] & 3) == 0 &&
	       (!want_ip || ntr_load_u32(f + 0x68) == (u32)want_ip);
}

/* With the instruction known, a frame in no module counts as well. */
static bool accept(const struct ntr_unw_env *env, u64 va, u64 want_ip,
		   struct ntr_regs *out)
{
	if (want_ip)
		return !ntr_regs_read_trap(out, env->machine, env->mem, va,
					   env->build, NULL);
	return ntr_unw_trap_at(env, va, true, out);
}

enum ntr_st ntr_find_trap_frame(const struct ntr_unw_env *env, u64 from,
				u64 to, u64 want_ip, u64 *va,
				struct ntr_regs *out, struct ntr_err *e)
{
	bool wide = env->machine == NTR_MACHINE_AMD64;
	size_t size = wide ? X64_SIZE : X86_MIN, step = wide ? 8 : 4;
	u8 buf[CHUNK + X64_SIZE];
	struct ntr_regs r;

	if (!wide && env->machine != NTR_MACHINE_X86)
		return ntr_fail(e, NTR_UNSUP,
				"trap frames of machine 0x%04x are not known",
				env->machine);
	from = (from + step - 1) & ~(u64)(step - 1);
	if (to > from && to - from > MAX_RANGE)
		to = from + MAX_RANGE;
	while (from < to) {
		size_t n = ntr_space_read_some(env->mem, from, buf, CHUNK + size);
		size_t o = 0;

		for (; o < CHUNK && o + size <= n && from + o < to; o += step) {
			if (!looks_like(env, buf + o, want_ip) ||
			    !accept(env, from + o, want_ip, &r))
				continue;
			*va = from + o;
			*out = r;
			return NTR_OK;
		}
		/* less than a frame is left of this memory: behind it */
		from += o ? o : n > step ? n & ~(step - 1) : step;
	}
	return ntr_fail(e, NTR_END, "no trap frame below 0x%" PRIx64, to);
}
