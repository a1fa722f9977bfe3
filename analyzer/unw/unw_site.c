// SPDX-License-Identifier: Apache-2.0
/*
 * A call site against what symbols know.  A word that looks like a return
 * address may be left over from an earlier call; the bounds of functions and
 * the destination of a direct call often show it:
 *
 *   - it must lie inside a function, behind its first byte;
 *   - a direct call leads to the start of a function, not into one;
 *   - that function is the one the inner frame is in, or leaves by a jump:
 *     an import's or an incremental linker's thunk, a tail call.
 *
 * Only a contradiction rules a word out.  What cannot be looked at does not.
 */
#include "../base/record.h"
#include "unw_int.h"

#define THUNKS 4u	   /* thunks behind one another */
#define LEAVE_BYTES 8192u /* of a function searched for a jump out of it */

bool ntr_unw_function(const struct ntr_unw_env *env, u64 ip, u64 *start,
		      u64 *size)
{
	return env->function && env->function(env->ctx, ip, start, size) &&
	       *start <= ip;
}

/* x86/x64: is there a jump out of the function, or through memory or a
 * register?  Read at every byte, so it may see one too many, never too few. */
static bool x86_leaves(const u8 *c, size_t n, u64 at, u64 start, u64 size)
{
	for (size_t i = 0; i < n; i++) {
		u64 next = at + i;

		if (c[i] == 0xff && i + 1 < n && (c[i + 1] & 0x38) == 0x20)
			return true;
		if (c[i] == 0xe9 && i + 5 <= n)
			next += 5 + (u64)(s64)(s32)ntr_load_u32(c + i + 1);
		else if (c[i] == 0xeb && i + 2 <= n)
			next += 2 + (u64)(s64)(signed char)c[i + 1];
		else
			continue;
		if (next - start >= size || next == start)
			return true;
	}
	return false;
}

/* ARM64: B out of the function, BR. */
static bool arm64_leaves(const u8 *c, size_t n, u64 at, u64 start, u64 size)
{
	for (size_t i = 0; i + 4 <= n; i += 4) {
		u32 w = ntr_load_u32(c + i);
		u64 to = at + i + (u64)((s64)((u64)w << 38) >> 36);

		if ((w & 0xfefff800) == 0xd61f0800 ||
		    (w & 0xfffffc1f) == 0xd61f0000)
			return true;
		if ((w & 0xfc000000) == 0x14000000 &&
		    (to - start >= size || to == start))
			return true;
	}
	return false;
}

/* Can the function hand its return address on?  Unknown counts as yes. */
static bool may_leave(const struct ntr_unw_env *env,
		      const struct ntr_unw_module *m, u64 start, u64 size)
{
	u8 buf[512];

	if (!size || size > LEAVE_BYTES ||
	    (env->effort && *env->effort < size / 4))
		return true;
	if (env->effort) /* about an instruction every four bytes */
		*env->effort -= (unsigned)(size / 4);
	for (u64 off = 0; off < size;) {
		size_t want = size - off < sizeof(buf) ? (size_t)(size - off) :
							 sizeof(buf);

		if (ntr_space_read(m->code, start + off, buf, want, NULL))
			return true;
		if (env->machine == NTR_MACHINE_ARM64 ?
			    arm64_leaves(buf, want, start + off, start, size) :
			    x86_leaves(buf, want, start + off, start, size))
			return true;
		/* an instruction may stand across the edge */
		off += off + want < size ? want - 8 : want;
	}
	return false;
}

/* Where a thunk (jmp rel32) at va leads; va itself when it is none. */
static u64 through_thunks(const struct ntr_unw_env *env, u64 va)
{
	for (unsigned i = 0; i < THUNKS; i++) {
		struct ntr_unw_module m;
		u8 c[5];

		if (env->machine == NTR_MACHINE_ARM64 ||
		    !ntr_unw_module_of(env, va, &m) ||
		    ntr_space_read(m.code, va, c, sizeof(c), NULL) ||
		    c[0] != 0xe9)
			break;
		va += 5 + (u64)(s64)(s32)ntr_load_u32(c + 1);
		if (env->machine == NTR_MACHINE_X86)
			va = (u32)va;
	}
	return va;
}

static enum ntr_fit fit_target(const struct ntr_unw_env *env, u64 target,
			       u64 callee, struct ntr_err *e)
{
	u64 start, size, to = through_thunks(env, target);
	struct ntr_unw_module m;

	if (!ntr_unw_module_of(env, to, &m))
		return NTR_FIT_MAYBE;
	if (!ntr_unw_may_execute(&m, env->machine, to)) {
		ntr_say(e, "its call leads to 0x%" PRIx64 ", which is no code",
			to);
		return NTR_FIT_NO;
	}
	if (ntr_unw_function(env, callee, &start, &size) && start == to)
		return NTR_FIT_CALLEE;
	if (!ntr_unw_function(env, to, &start, &size) || !size)
		return NTR_FIT_MAYBE;
	if (to != start && to - start < size) {
		ntr_say(e, "its call leads into the middle of the function at "
			"0x%" PRIx64, start);
		return NTR_FIT_NO;
	}
	if (to == start && callee - start >= size &&
	    !may_leave(env, &m, start, size)) {
		ntr_say(e, "its call leads to the function at 0x%" PRIx64
			", which does not hold 0x%" PRIx64
			" and jumps nowhere else", start, callee);
		return NTR_FIT_NO;
	}
	return NTR_FIT_MAYBE;
}

enum ntr_fit ntr_unw_fit(const struct ntr_unw_env *env, u64 ret,
			 enum ntr_ret kind, const struct ntr_ret_site *site,
			 u64 callee, struct ntr_err *e)
{
	struct ntr_unw_module m;
	u64 start, size;

	if (!env->function)
		return NTR_FIT_MAYBE;
	/* a call can be the last instruction: then ret is already outside */
	if (ntr_unw_function(env, ret - 1, &start, &size)) {
		if (size && ret - start > size) {
			ntr_say(e, "it lies in no function: the one below ends "
				"at 0x%" PRIx64, start + size);
			return NTR_FIT_NO;
		}
	}
	if (kind == NTR_RET_UNCHECKED &&
	    ntr_unw_function(env, ret, &start, &size) && start == ret) {
		ntr_say(e, "it is the start of a function");
		return NTR_FIT_NO;
	}
	if (!site->target || !ntr_unw_module_of(env, callee, &m))
		return NTR_FIT_MAYBE;
	return fit_target(env, site->target, callee, e);
}
