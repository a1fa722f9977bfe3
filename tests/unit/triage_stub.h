// SPDX-License-Identifier: Apache-2.0
/*
 * A target made of arrays: modules, memory, registers and ready-made frames,
 * in place of kobj/ and the unwinder, so that a test decides every frame.
 * The functions defined here satisfy the linker before the library does.
 */
#ifndef NTR_TRIAGE_STUB_H
#define NTR_TRIAGE_STUB_H

#include "kobj/target.h"
#include "test.h"
#include "kobj/symbols.h"
#include "triage/poolblock.h"
#include "triage/verdict.h"
#include "unw/unw.h"

#define STUB_MAX 512

static struct {
	struct ntr_target t;
	struct ntr_dump d;
	struct ntr_mem_space mem;
	uint8_t bytes[0x10000];
	struct ntr_module module[32];
	struct ntr_unloaded_module unloaded[4];
	struct ntr_cpu cpu[4];
	/* One walk per start address. */
	struct {
		uint64_t ip;
		struct ntr_frame f[STUB_MAX];
		size_t n;
		enum ntr_unw_stop stop;
	} walk[2];
	uint64_t trap_va;            /* what a search for a trap frame finds */
	struct ntr_regs trap_regs;
	bool has_tss;
	struct ntr_regs tss;
} stub;

#define STUB_STACK_LO UINT64_C(0xffffd00000010000)
#define STUB_STACK_HI UINT64_C(0xffffd00000020000)

static void stub_reset(uint32_t machine)
{
	bool wide = machine != NTR_MACHINE_X86;

	memset(&stub, 0, sizeof(stub));
	stub.t.d = &stub.d;
	stub.t.machine = machine;
	stub.t.ptr_size = wide ? 8 : 4;
	stub.t.is_nt = true;
	stub.t.modules_complete = true;
	stub.t.build = wide ? 9600 : 1381;
	stub.t.modules.v = stub.module;
	stub.t.modules_complete = true;
	stub.t.unloaded.v = stub.unloaded;
	stub.t.cpus.v = stub.cpu;
	stub.t.cpus.n = 1;
	ntr_mem_space_init(&stub.mem, wide ? STUB_STACK_LO :
			   (uint32_t)STUB_STACK_LO, stub.bytes,
			   sizeof(stub.bytes));
	stub.t.mem = &stub.mem.s;
}

static void stub_bugcheck(uint32_t code, uint64_t a, uint64_t b, uint64_t c,
			  uint64_t d)
{
	struct ntr_meta *m = &stub.d.meta;

	m->has |= NTR_HAS_BUGCHECK;
	m->bugcheck = code;
	m->arg[0] = a;
	m->arg[1] = b;
	m->arg[2] = c;
	m->arg[3] = d;
}

static void stub_module(const char *name, uint64_t base, uint64_t size)
{
	struct ntr_module *m = &stub.module[stub.t.modules.n++];

	m->name = m->image = name;
	m->base = base;
	m->size = size;
	if (!strcmp(name, "nt"))
		stub.t.kernel_base = base;
}

static struct ntr_regs stub_regs(uint64_t ip, uint64_t sp)
{
	struct ntr_regs r = { .machine = stub.t.machine };
	bool wide = stub.t.machine == NTR_MACHINE_AMD64;

	ntr_reg_set(&r, wide ? NTR_X64_RIP : NTR_X86_EIP, ip);
	ntr_reg_set(&r, wide ? NTR_X64_RSP : NTR_X86_ESP, sp);
	return r;
}

static void stub_start(uint64_t ip, uint64_t sp)
{
	stub.cpu[0].has_regs = true;
	stub.cpu[0].regs = stub_regs(ip, sp);
	stub.cpu[0].regs_source = "test";
}

static void stub_frame(unsigned walk, uint64_t ip, uint64_t sp,
		       enum ntr_trust trust)
{
	struct ntr_frame *f = &stub.walk[walk].f[stub.walk[walk].n++];

	f->ip = ip;
	f->sp = sp;
	f->trust = trust;
	if (f == stub.walk[walk].f)
		stub.walk[walk].ip = ip;
}

static struct ntr_verdict *stub_verdict(void)
{
	struct ntr_verdict *v = NULL;
	struct ntr_err e;

	if (ntr_verdict_make(&v, &stub.t, &e) != NTR_OK)
		return NULL;
	return v;
}

/* --- in place of kobj/ and unw/ ------------------------------------------ */

struct ntr_module *ntr_target_module(struct ntr_target *t, u64 va)
{
	for (size_t i = 0; i < t->modules.n; i++)
		if (va - t->modules.v[i].base < t->modules.v[i].size)
			return &t->modules.v[i];
	return NULL;
}

struct ntr_module *ntr_target_module_named(struct ntr_target *t,
					   const char *name)
{
	for (size_t i = 0; i < t->modules.n; i++)
		if (!strcmp(t->modules.v[i].name, name))
			return &t->modules.v[i];
	return NULL;
}

const struct ntr_unloaded_module *
ntr_target_unloaded(const struct ntr_target *t, u64 va)
{
	for (size_t i = 0; i < t->unloaded.n; i++)
		if (va >= t->unloaded.v[i].start && va < t->unloaded.v[i].end)
			return &t->unloaded.v[i];
	return NULL;
}

bool ntr_module_load(struct ntr_target *t, struct ntr_module *m)
{
	(void)t;
	(void)m;
	return false;
}

/* No symbols: what triage makes of them is tested with real targets. */
bool ntr_target_name(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_named *out)
{
	(void)t, (void)va, (void)ret, (void)out;
	return false;
}

bool ntr_target_line(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_line *out)
{
	(void)t, (void)va, (void)ret, (void)out;
	return false;
}

enum ntr_st ntr_target_record(struct ntr_target *t, struct ntr_module *m,
			      u64 va, struct ntr_uwrec *out)
{
	(void)t, (void)m, (void)va, (void)out;
	return NTR_ABSENT;
}

bool ntr_module_image(struct ntr_target *t, struct ntr_module *m,
		      const struct ntr_pe **pe, const struct ntr_space **code)
{
	(void)t, (void)m, (void)pe, (void)code;
	return false;
}

const struct ntr_space *ntr_module_code(struct ntr_target *t,
					struct ntr_module *m)
{
	(void)t, (void)m;
	return NULL;
}

/* No pool: blocks that parameters name are tested with forged machines. */
enum ntr_st ntr_pool_open(struct ntr_pool **out, struct ntr_target *t,
			  struct ntr_err *e)
{
	(void)out, (void)t;
	return ntr_fail(e, NTR_ABSENT, "no pool");
}

void ntr_pool_close(struct ntr_pool *p)
{
	(void)p;
}

enum ntr_st ntr_pool_story(struct ntr_pool *p, u64 va,
			   struct ntr_pool_story *out, struct ntr_err *e)
{
	(void)p, (void)va, (void)out;
	return ntr_fail(e, NTR_ABSENT, "no pool");
}

const char *ntr_pool_story_text(struct ntr_arena *a, struct ntr_pool *p,
				const struct ntr_pool_story *s)
{
	(void)a, (void)p, (void)s;
	return NULL;
}

void ntr_target_missing(struct ntr_target *t, const char *what,
			const char *supply)
{
	(void)t, (void)what, (void)supply;
}

void ntr_target_symbolise(struct ntr_target *t, u64 va, char *out, size_t size)
{
	const struct ntr_module *m = ntr_target_module(t, va);

	if (m)
		snprintf(out, size, "%s+0x%" PRIx64, m->name, va - m->base);
	else
		snprintf(out, size, "0x%" PRIx64, va);
}

enum ntr_st ntr_double_fault_regs(struct ntr_target *t,
				  const struct ntr_cpu *cpu,
				  struct ntr_regs *out, struct ntr_err *e)
{
	(void)t;
	(void)cpu;
	if (!stub.has_tss)
		return ntr_fail(e, NTR_ABSENT, "no task state segment");
	*out = stub.tss;
	return NTR_OK;
}

enum ntr_unw_stop ntr_unwind(const struct ntr_unw_env *env,
			     const struct ntr_regs *regs,
			     struct ntr_frame *frames, size_t max, size_t *n)
{
	(void)env;
	*n = 0;
	for (unsigned k = 0; k < 2; k++) {
		if (!stub.walk[k].n || stub.walk[k].ip != regs->ip)
			continue;
		while (*n < stub.walk[k].n && *n < max) {
			frames[*n] = stub.walk[k].f[*n];
			++*n;
		}
		return stub.walk[k].stop;
	}
	return NTR_UNW_LOST;
}

enum ntr_st ntr_find_trap_frame(const struct ntr_unw_env *env, u64 from, u64 to,
				u64 want_ip, u64 *va, struct ntr_regs *out,
				struct ntr_err *e)
{
	(void)env;
	if (stub.trap_va < from || stub.trap_va >= to ||
	    (want_ip && stub.trap_regs.ip != want_ip))
		return ntr_fail(e, NTR_END, "no trap frame");
	*va = stub.trap_va;
	*out = stub.trap_regs;
	return NTR_OK;
}

#endif
