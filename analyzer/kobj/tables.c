// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include "../base/record.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define GATE_TASK 5u
#define GATE_INTERRUPT 0xeu
#define GATE_TRAP 0xfu
/* KINTERRUPT: s16 Type 22, s16 Size, a LIST_ENTRY, ServiceRoutine; its
 * dispatch code is at its end (NT until Windows 8). */
#define INTERRUPT_OBJECT 22u
#define INTERRUPT_MIN 0x60u
#define INTERRUPT_MAX 0x400u

static enum ntr_st machine_ok(const struct ntr_target *t, struct ntr_err *e)
{
	if (t->machine == NTR_MACHINE_X86 || t->machine == NTR_MACHINE_AMD64)
		return NTR_OK;
	return ntr_fail(e, NTR_UNSUP, "this machine has no such descriptor "
			"tables");
}

/* --- gates --------------------------------------------------------------------------- */

const char *ntr_gate_type_name(u8 type)
{
	switch (type) {
	case GATE_TASK:
		return "task";
	case GATE_INTERRUPT:
		return "interrupt";
	case GATE_TRAP:
		return "trap";
	default:
		return "?";
	}
}

/* The interrupt object whose code holds va. */
static bool interrupt_object(struct ntr_target *t, u64 va, struct ntr_gate *g)
{
	unsigned ps = t->ptr_size;

	for (u64 back = ps; back <= INTERRUPT_MAX; back += ps) {
		u64 at = (va & ~(u64)(ps - 1)) - back;
		u16 type, size;

		if (ntr_read_u16(t->mem, at, &type) ||
		    ntr_read_u16(t->mem, at + 2, &size))
			return false;
		if (type != INTERRUPT_OBJECT || size < INTERRUPT_MIN ||
		    size > INTERRUPT_MAX || va - at >= size)
			continue;
		if (ntr_read_ptr(t->mem, at + (ps == 8 ? 0x18 : 0xc), ps,
				 &g->service) ||
		    !ntr_target_module(t, g->service))
			continue;
		g->interrupt = at;
		return true;
	}
	return false;
}

static enum ntr_gate_place place_of(struct ntr_target *t, struct ntr_gate *g)
{
	struct ntr_module *m;

	if (!g->present || (g->type != GATE_INTERRUPT && g->type != GATE_TRAP))
		return NTR_GP_NONE;
	m = ntr_target_module(t, g->handler);
	if (m)
		return !strcmp(m->name, "nt") || !strcmp(m->name, "hal") ?
		       NTR_GP_KERNEL : NTR_GP_MODULE;
	if (interrupt_object(t, g->handler, g))
		return NTR_GP_INTERRUPT;
	return t->modules_complete ? NTR_GP_NOWHERE : NTR_GP_UNKNOWN;
}

enum ntr_st ntr_gate_read(struct ntr_target *t, u64 idt, unsigned vector,
			  struct ntr_gate *out, struct ntr_err *e)
{
	u32 size = t->ptr_size == 8 ? 16 : 8;
	struct ntr_gate g = { .va = idt + (u64)vector * size };
	u8 b[16] = { 0 };
	enum ntr_st st = machine_ok(t, e);

	if (!st && vector >= NTR_VECTORS)
		st = ntr_fail(e, NTR_USAGE, "vectors are 0 to ff");
	if (!st)
		st = ntr_space_read(t->mem, g.va, b, size, e);
	if (st)
		return st;
	g.selector = ntr_load_u16(b + 2);
	g.ist = t->ptr_size == 8 ? b[4] & 7 : 0;
	g.type = b[5] & 0xf;
	g.dpl = b[5] >> 5 & 3;
	/* Bit 4 is clear in every gate. */
	g.present = (b[5] & 0x90) == 0x80;
	g.handler = ntr_load_u16(b) | (u64)ntr_load_u16(b + 6) << 16;
	if (t->ptr_size == 8)
		g.handler |= (u64)ntr_load_u32(b + 8) << 32;
	g.place = place_of(t, &g);
	*out = g;
	return NTR_OK;
}

/* --- segments ------------------------------------------------------------------------- */

void ntr_segment_type_text(const struct ntr_segment *s, char out[32])
{
	static const char *const system[16] = {
		"?", "TSS16", "LDT", "TSS16 Busy", "CallGate16", "TaskGate",
		"IntGate16", "TrapGate16", "?", "TSS32", "?", "TSS32 Busy",
		"CallGate32", "?", "IntGate32", "TrapGate32",
	};

	if (s->wide && (s->type & 13) == 9)
		snprintf(out, 32, "TSS64%s", s->type & 2 ? " Busy" : "");
	else if (s->system)
		snprintf(out, 32, "%s", system[s->type & 15]);
	else if (s->type & 8)
		snprintf(out, 32, "Code %s%s%s", s->type & 2 ? "RE" : "EO",
			 s->type & 4 ? " Cf" : "", s->type & 1 ? " Ac" : "");
	else
		snprintf(out, 32, "Data %s%s%s", s->type & 2 ? "RW" : "RO",
			 s->type & 4 ? " Ed" : "", s->type & 1 ? " Ac" : "");
}

unsigned ntr_gdt_entries(const struct ntr_target *t)
{
	return t->machine == NTR_MACHINE_X86 ? NTR_GDT_X86 :
	       t->machine == NTR_MACHINE_AMD64 ? NTR_GDT_X64 : 0;
}

enum ntr_st ntr_segment_read(struct ntr_target *t, u64 gdt, u16 selector,
			     struct ntr_segment *out, struct ntr_err *e)
{
	struct ntr_segment s = { .va = gdt + (selector & ~7u),
				 .selector = selector & 0xfff8 };
	enum ntr_st st = machine_ok(t, e);
	u32 high = 0;
	u8 b[8];

	if (!st)
		st = ntr_space_read(t->mem, s.va, b, sizeof(b), e);
	if (st)
		return st;
	s.type = b[5] & 0xf;
	s.system = !(b[5] & 0x10);
	s.dpl = b[5] >> 5 & 3;
	s.present = b[5] >> 7;
	s.base = b[2] | (u32)b[3] << 8 | (u32)b[4] << 16 | (u32)b[7] << 24;
	s.limit = ntr_load_u16(b) | (u32)(b[6] & 0xf) << 16;
	s.long_mode = b[6] >> 5 & 1;
	s.big = b[6] >> 6 & 1;
	s.granular = b[6] >> 7;
	if (s.granular)
		s.limit = s.limit << 12 | 0xfff;
	s.wide = t->ptr_size == 8 && s.system && s.present;
	if (s.wide) {
		st = ntr_read_u32(t->mem, s.va + 8, &high);
		if (st)
			return ntr_fail(e, st, "descriptor 0x%x: its second "
					"half is not in the dump", s.selector);
		s.base |= (u64)high << 32;
	}
	*out = s;
	return NTR_OK;
}

/* --- KPCR and KPRCB -------------------------------------------------------------------- */

static bool member(struct ntr_target *t, u64 va, const char *type,
		   const char *name, u64 *out)
{
	return va && ntr_read_member(&t->priv->types, t->mem, va, type, name,
				     out) == NTR_OK;
}

enum ntr_st ntr_cpu_table(struct ntr_target *t, const struct ntr_cpu *c,
			  const char *name, u64 *out, struct ntr_err *e)
{
	enum ntr_st st = machine_ok(t, e);
	u64 va;

	if (st)
		return st;
	if (!member(t, c->kpcr, "_KPCR", name, &va) || !ntr_kernel_va(t, va))
		return ntr_fail(e, NTR_ABSENT, "KPCR.%s of processor %" PRIu32
				" is not in the dump", name, c->number);
	*out = va;
	return NTR_OK;
}

void ntr_pcr_read(struct ntr_target *t, const struct ntr_cpu *c,
		  struct ntr_pcr *out)
{
	struct ntr_pcr p = { 0 };
	u64 irql;

	p.has_self = member(t, c->kpcr, "_KPCR", "Self", &p.self);
	p.has_idt = member(t, c->kpcr, "_KPCR", "IdtBase", &p.idt);
	p.has_gdt = member(t, c->kpcr, "_KPCR", "GdtBase", &p.gdt);
	p.has_tss = member(t, c->kpcr, "_KPCR", "TssBase", &p.tss);
	p.has_irql = member(t, c->kpcr, "_KPCR", "Irql", &irql);
	p.irql = p.has_irql ? (u8)irql : 0;
	p.has_current = member(t, c->kprcb, "_KPRCB", "CurrentThread",
			       &p.current);
	p.has_next = member(t, c->kprcb, "_KPRCB", "NextThread", &p.next);
	p.has_idle = member(t, c->kprcb, "_KPRCB", "IdleThread", &p.idle);
	p.has_number = member(t, c->kprcb, "_KPRCB", "Number", &p.number);
	*out = p;
}
