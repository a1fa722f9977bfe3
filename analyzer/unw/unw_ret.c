// SPDX-License-Identifier: Apache-2.0
/*
 * Is a word a return address?  Only evidence counts: a module must hold it,
 * its section must be executable when the section table is known, and a call
 * must stand before it when those bytes are in the dump.
 */
#include "unw_int.h"

#define BLANK 16u /* so many zero bytes are no code */

bool ntr_unw_module_of(const struct ntr_unw_env *env, u64 ip,
		       struct ntr_unw_module *m)
{
	struct ntr_unw_module t = { 0 };

	if (!ip || !env->module || !env->module(env->ctx, ip, &t) ||
	    ip < t.base || ip - t.base >= t.size)
		return false;
	if (!t.code)
		t.code = env->mem;
	*m = t;
	return true;
}

/* The headers of a 64-bit image fill a page; drivers of 32-bit systems may
 * have code behind the headers in the same page. */
static u64 headers_size(const struct ntr_unw_module *m, u32 machine)
{
	if (m->pe && m->pe->headers_size)
		return m->pe->headers_size;
	return machine == NTR_MACHINE_X86 ? 0x200 : 0x1000;
}

bool ntr_unw_may_execute(const struct ntr_unw_module *m, u32 machine, u64 ip)
{
	u64 off = ip - m->base;

	if (off < headers_size(m, machine))
		return false;
	if (!m->pe || !m->pe->nsections)
		return true;
	return off <= UINT32_MAX && ntr_pe_is_code(m->pe, (u32)off);
}

static bool is_blank(const struct ntr_space *s, u64 ip)
{
	static const u8 zero[BLANK];
	u8 b[BLANK];

	return !ntr_space_read(s, ip, b, sizeof(b), NULL) &&
	       !memcmp(b, zero, sizeof(b));
}

enum ntr_ret ntr_unw_ret(const struct ntr_unw_env *env, u64 ip,
			 struct ntr_ret_site *site)
{
	struct ntr_ret_site s = { 0 };
	bool is_call = false;
	enum ntr_st st;

	*site = s;
	if (!ntr_unw_module_of(env, ip, &s.m) ||
	    !ntr_unw_may_execute(&s.m, env->machine, ip))
		return NTR_RET_NO;
	st = ntr_is_call_before(env->machine, s.m.code, ip, &is_call,
				&s.target);
	if (st || !is_call)
		s.target = 0;
	*site = s;
	if (!st)
		return is_call ? NTR_RET_CALL : NTR_RET_NO;
	return is_blank(s.m.code, ip) ? NTR_RET_NO : NTR_RET_UNCHECKED;
}
