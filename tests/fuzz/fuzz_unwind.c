// SPDX-License-Identifier: Apache-2.0
/*
 * Unwinding over any bytes: the input is a header that picks machine, build,
 * PE fields and the fields of symbols' records, then registers, then a module
 * image, then a stack.  Programs and rules of the records are text from the
 * start of the image.  Also the register decoders and the search for trap
 * frames.
 */
#include "fuzz.h"
#include "unw/unw.h"

#include <string.h>

#define HEAD 48u
#define REGS 64u
#define MAX_IMG 0x8000u
#define MAX_STACK 0x2000u

#define TEXT 256u /* of the image: a record's program or rules */

struct world {
	struct ntr_unw_module m;
	const uint8_t *head;
	char text[TEXT];
	u64 traced;
	struct ntr_mem_space img, stack;
	struct ntr_space both;
	struct ntr_pe pe;
};

static enum ntr_st read_both(const struct ntr_space *s, u64 va, void *buf,
			     size_t len, struct ntr_err *e)
{
	const struct world *w = s->impl;

	if (!ntr_space_read(&w->stack.s, va, buf, len, NULL))
		return NTR_OK;
	return ntr_space_read(&w->img.s, va, buf, len, e);
}

static bool find(void *ctx, u64 ip, struct ntr_unw_module *out)
{
	struct world *w = ctx;

	if (ip < w->m.base || ip - w->m.base >= w->m.size)
		return false;
	*out = w->m;
	return true;
}

static u64 take(const uint8_t *d, size_t off, unsigned n);

/* Which kind depends on the address, so that one walk meets several. */
static enum ntr_st record(void *ctx, u64 ip, const struct ntr_unw_module *m,
			  struct ntr_uwrec *out)
{
	struct world *w = ctx;
	const uint8_t *h = w->head;
	unsigned kind = (unsigned)(h[20] ^ ip >> 6) & 7;

	*out = (struct ntr_uwrec){
		.kind = kind & 1 ? NTR_UW_FRAMEDATA :
			kind & 2 ? NTR_UW_FPO :
				   NTR_UW_CFI,
		.rva = ip - m->base, .size = take(h, 21, 2),
		.prolog = h[23], .params = (u32)take(h, 24, 4),
		.locals = (u32)take(h, 28, 4),
		.saved_regs = (u32)take(h, 32, 4),
		.frame = (enum ntr_fpo_frame)(h[36] & 7),
		.uses_ebp = h[37] & 1, .program = h[37] & 2 ? NULL : w->text,
	};
	memcpy(out->cfi, w->text, TEXT);
	return h[37] & 4 && ip & 1 ? NTR_ABSENT : NTR_OK;
}

static bool function(void *ctx, u64 ip, u64 *start, u64 *size)
{
	struct world *w = ctx;

	*start = ip & ~(u64)(w->head[38] | 0xf);
	*size = take(w->head, 39, 2);
	return !(ip & w->head[41]);
}

static void trace(void *ctx, const char *line)
{
	struct world *w = ctx;

	w->traced += strlen(line);
}

static u64 take(const uint8_t *d, size_t off, unsigned n)
{
	u64 v = 0;

	for (unsigned i = n; i; i--)
		v = v << 8 | d[off + i - 1];
	return v;
}

static void fill_pe(struct world *w, const uint8_t *h, u32 machine)
{
	w->pe = (struct ntr_pe){ .s = &w->img.s, .base = w->m.base,
				 .mapped = true, .machine = machine,
				 .size = (u32)w->m.size,
				 .image_base = take(h, 4, 4),
				 .headers_size = 0x100, .nsections = 1 };
	w->pe.dir[NTR_PE_EXCEPTION].rva = (u32)take(h, 8, 4);
	w->pe.dir[NTR_PE_EXCEPTION].size = (u32)take(h, 12, 4);
	w->pe.section[0] = (struct ntr_pe_section){
		.rva = (u32)take(h, 16, 2), .vsize = (u32)take(h, 18, 2),
		.flags = NTR_SCN_EXECUTE };
	if (h[1] & 1)
		w->m.pe = &w->pe;
}

static const u32 machines[] = {
	NTR_MACHINE_AMD64, NTR_MACHINE_X86, NTR_MACHINE_ARM64,
	NTR_MACHINE_ALPHA, NTR_MACHINE_ALPHA64, NTR_MACHINE_IA64,
};

static void decoders(const uint8_t *d, size_t size)
{
	struct ntr_regs r;
	struct ntr_cpu_note n;
	struct ntr_bin b;

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		b = ntr_bin_of(d, size, "fuzz", 0);
		if (ntr_regs_from_context(&r, machines[i], &b, NULL))
			r.machine = 0;
		b = ntr_bin_of(d, size, "fuzz", 0);
		if (ntr_regs_from_prstatus(&r, machines[i], &b, NULL))
			r.machine = 0;
	}
	b = ntr_bin_of(d, size, "fuzz", 0);
	if (ntr_cpu_note_qemu(&n, &b, NULL) == NTR_OK)
		ntr_regs_from_cpu_note(&r, &n);
}

/* The registers point near the stack and the image, as real ones do. */
static void fill_regs(struct ntr_regs *r, u32 machine, const uint8_t *p,
		      const struct world *w)
{
	unsigned n;

	*r = (struct ntr_regs){ .machine = machine };
	if (!ntr_reg_names(machine, &n))
		return;
	for (unsigned i = 0; i < n; i++) {
		u64 v = take(p, (2 * i) % (REGS - 2), 2);

		ntr_reg_set(r, i, i & 1 ? w->stack.base + v % MAX_STACK :
					  w->m.base + v);
	}
	ntr_reg_set_ip(r, w->m.base + take(p, 60, 2));
	ntr_reg_set_sp(r, w->stack.base + take(p, 62, 2) % MAX_STACK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ntr_frame frames[64];
	struct ntr_unw_env env = { 0 };
	struct ntr_regs r, t;
	struct world w = { 0 };
	const uint8_t *p;
	u64 target, va;
	size_t left, img, n;
	bool call;

	decoders(data, size);
	if (size < HEAD + REGS)
		return 0;
	p = data + HEAD + REGS;
	left = size - HEAD - REGS;
	env.machine = machines[data[0] % 6];
	w.m.base = env.machine == NTR_MACHINE_X86 ||
				   env.machine == NTR_MACHINE_ALPHA ?
			   0x80100000u : UINT64_C(0xfffff80000100000);
	img = left * (1 + data[2] % 7) / 8;
	img = img > MAX_IMG ? MAX_IMG : img;
	ntr_mem_space_init(&w.img, w.m.base, p, img);
	left -= img;
	left = left > MAX_STACK ? MAX_STACK : left;
	ntr_mem_space_init(&w.stack, w.m.base + 0x1000000, p + img, left);
	w.m.size = data[1] & 2 ? MAX_IMG : img + 1;
	fill_pe(&w, data, env.machine);
	w.both = (struct ntr_space){ .name = "fuzz", .read = read_both,
				 .impl = &w };
	env.mem = &w.both;
	env.build = data[1] & 4 ? 19041 : 1381;
	env.module = find;
	env.ctx = &w;
	if (data[1] & 8) {
		env.stack_lo = w.stack.base;
		env.stack_hi = w.stack.base + left;
	}
	w.head = data;
	memcpy(w.text, p, img < TEXT - 1 ? img : TEXT - 1);
	env.record = data[1] & 16 ? record : NULL;
	env.function = data[1] & 32 ? function : NULL;
	env.trace = data[1] & 64 ? trace : NULL;
	env.gdt = data[1] & 128 ? w.stack.base : 0;
	env.tss = w.m.base + take(data, 42, 2);
	fill_regs(&r, env.machine, data + HEAD, &w);
	ntr_unwind(&env, &r, frames, 64, &n);
	if (ntr_find_trap_frame(&env, w.stack.base, w.stack.base + left, 0,
				&va, &t, NULL))
		t.machine = 0;
	if (ntr_is_call_before(env.machine, &w.both, r.ip, &call, &target))
		call = false;
	return n > 64;
}
