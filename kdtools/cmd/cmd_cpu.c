// SPDX-License-Identifier: Apache-2.0
/* What a processor has of its own: !pcr !prcb !idt !gdt. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/tables.h"

#include <stdio.h>
#include <string.h>

#define UNREADABLE "????????"

static const struct ntr_cpu *by_number(struct ntr_kd *k, u64 number)
{
	for (size_t i = 0; i < k->t->cpus.n; i++)
		if (k->t->cpus.v[i].number == number)
			return &k->t->cpus.v[i];
	return NULL;
}

/* The chosen processor. */
static enum ntr_st chosen(struct ntr_kd *k, const struct ntr_cpu **out,
			  struct ntr_err *e)
{
	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	if (k->cpu < 0 || (size_t)k->cpu >= k->t->cpus.n)
		return ntr_fail(e, NTR_ABSENT, "no processor is known in this "
				"dump");
	*out = &k->t->cpus.v[k->cpu];
	return NTR_OK;
}

/* The one that the command names, or the chosen one. */
static enum ntr_st which(struct ntr_kd *k, const struct ntr_call *c,
			 const struct ntr_cpu **out, struct ntr_err *e)
{
	enum ntr_st st = chosen(k, out, e);
	const char *s = c->args;
	u64 number = 0;

	if (!st && *s) {
		st = ntr_cmd_value(k, c, &s, &number, e);
		*out = by_number(k, number);
		if (!st && !*out)
			st = ntr_fail(e, NTR_ABSENT, "nothing is known of "
				      "processor %" PRIu64, number);
	}
	return st ? st : ntr_cmd_end(k, c, s, e);
}

/* --- !pcr !prcb ------------------------------------------------------------------------ */

static void value(struct ntr_kd *k, const char *key, const char *label,
		  bool have, u64 va)
{
	char at[24] = UNREADABLE;

	if (have)
		ntr_va_text(at, va, k->t->ptr_size);
	ntr_out_hex_if(k->o, key, NULL, have, va);
	ntr_out_line(k->o, "  %15s: %s", label, at);
}

static void number(struct ntr_kd *k, const char *key, const char *label,
		   bool have, u64 n)
{
	ntr_out_uint_if(k->o, key, NULL, have, n);
	if (have)
		ntr_out_line(k->o, "  %15s: %" PRIu64, label, n);
	else
		ntr_out_line(k->o, "  %15s: %s", label, UNREADABLE);
}

static void threads(struct ntr_kd *k, const struct ntr_pcr *p)
{
	value(k, "current_thread", "CurrentThread", p->has_current, p->current);
	value(k, "next_thread", "NextThread", p->has_next, p->next);
	value(k, "idle_thread", "IdleThread", p->has_idle, p->idle);
}

/* Which processor, what is known of it, and the first line about its KPCR or
 * KPRCB. */
static enum ntr_st begin(struct ntr_kd *k, const struct ntr_call *c, bool prcb,
			 const struct ntr_cpu **cpu, struct ntr_pcr *p,
			 struct ntr_err *e)
{
	enum ntr_st st = which(k, c, cpu, e);
	char at[24];
	u64 va;

	if (st)
		return st;
	va = prcb ? (*cpu)->kprcb : (*cpu)->kpcr;
	if (!va)
		return ntr_fail(e, NTR_ABSENT, "where the %s of processor %"
				PRIu32 " is, is not known", prcb ? "KPRCB" :
				"KPCR", (*cpu)->number);
	ntr_pcr_read(k->t, *cpu, p);
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_out_uint(k->o, "processor", NULL, (*cpu)->number);
	ntr_out_hex(k->o, prcb ? "kprcb" : "kpcr", NULL, va);
	ntr_out_line(k->o, "%s for Processor %" PRIu32 " at %s:", prcb ? "PRCB" :
		     "KPCR", (*cpu)->number, at);
	return NTR_OK;
}

static enum ntr_st run_pcr(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	const struct ntr_cpu *cpu = NULL;
	struct ntr_pcr p;
	enum ntr_st st = begin(k, c, false, &cpu, &p, e);

	if (st)
		return st;
	value(k, "self", "SelfPcr", p.has_self, p.self);
	value(k, "prcb", "Prcb", cpu->kprcb, cpu->kprcb);
	number(k, "irql", "Irql", p.has_irql, p.irql);
	value(k, "idt", "IDT", p.has_idt, p.idt);
	value(k, "gdt", "GDT", p.has_gdt, p.gdt);
	value(k, "tss", "TSS", p.has_tss, p.tss);
	threads(k, &p);
	return NTR_OK;
}

/* --- !cpuinfo ------------------------------------------------------------------------ */

static bool of_prcb(struct ntr_kd *k, const struct ntr_cpu *c, const char *path,
		    u64 *v)
{
	return c->kprcb &&
	       ntr_target_member(k->t, "_KPRCB", c->kprcb, path, v) == NTR_OK;
}

/* CpuStep was model << 8 | stepping until they got members of their own. */
static bool cpu_line(struct ntr_kd *k, const struct ntr_cpu *c)
{
	u64 family = 0, model = 0, stepping = 0, mhz = 0;
	bool f = of_prcb(k, c, "CpuType", &family);
	bool m = of_prcb(k, c, "CpuModel", &model);
	bool s = of_prcb(k, c, "CpuStepping", &stepping);
	bool h = of_prcb(k, c, "MHz", &mhz);
	char text[64];

	if (!m && of_prcb(k, c, "CpuStep", &stepping)) {
		m = s = true;
		model = stepping >> 8 & 0xff;
		stepping &= 0xff;
	}
	ntr_out_open(k->o, NULL);
	ntr_out_uint(k->o, "processor", NULL, c->number);
	ntr_out_uint_if(k->o, "family", NULL, f, family);
	ntr_out_uint_if(k->o, "model", NULL, m, model);
	ntr_out_uint_if(k->o, "stepping", NULL, s, stepping);
	ntr_out_uint_if(k->o, "mhz", NULL, h, mhz);
	ntr_out_close(k->o);
	if (f && m && s)
		snprintf(text, sizeof(text), "%2u,%u,%u", (unsigned)family & 0xff,
			 (unsigned)model & 0xff, (unsigned)stepping & 0xff);
	else
		snprintf(text, sizeof(text), "?,?,?");
	ntr_out_print(k->o, "%2" PRIu32 "  %-10s ", c->number, text);
	if (h)
		ntr_out_line(k->o, "%" PRIu64, mhz);
	else
		ntr_out_line(k->o, "?");
	return f || m || h;
}

static enum ntr_st run_cpuinfo(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const struct ntr_cpu *cpu = NULL;
	enum ntr_st st = which(k, c, &cpu, e);
	bool any = false;

	if (st)
		return st;
	ntr_out_line(k->o, "CP  F/M/S      MHz");
	ntr_out_list(k->o, "processors");
	for (size_t i = 0; i < k->t->cpus.n && !ntr_kd_stopped(k); i++)
		if (!*c->args || &k->t->cpus.v[i] == cpu)
			any |= cpu_line(k, &k->t->cpus.v[i]);
	ntr_out_list_end(k->o);
	return any ? NTR_OK :
		     ntr_fail(e, NTR_ABSENT, "which processors these are stands "
			      "in members of _KPRCB that only the kernel's symbols "
			      "name, or it is not in this dump");
}

const struct ntr_cmd ntr_cmd_bang_cpuinfo = {
	.names = "!cpuinfo",
	.summary = "family, model, stepping and speed of the processors",
	.operands = "[CPU]",
	.help = "As each processor's control block has them; that takes the "
		"kernel's symbols. CPU is a number; without it all.",
	.example = "!cpuinfo", .does = "what kind of processors they are",
	.run = run_cpuinfo,
};
const struct ntr_cmd ntr_cmd_bang_pcr = {
	.names = "!pcr",
	.summary = "the control region of a processor",
	.operands = "[CPU]",
	.help = "Where the descriptor tables are, the IRQL as the region has it (a "
		"bug check raises it), and the threads: the one that runs, the "
		"next one, the idle one. CPU is a number; without it the chosen "
		"processor. What is not in the dump is ????????.",
	.example = "!pcr 1", .does = "the second processor",
	.run = run_pcr,
};

static enum ntr_st run_prcb(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	const struct ntr_cpu *cpu = NULL;
	struct ntr_pcr p;
	enum ntr_st st = begin(k, c, true, &cpu, &p, e);

	if (st)
		return st;
	number(k, "number", "Number", p.has_number, p.number);
	threads(k, &p);
	ntr_out_str(k->o, "registers", NULL, cpu->has_regs ?
		    cpu->regs_source : NULL);
	ntr_out_line(k->o, "  %15s: %s", "Registers", cpu->has_regs ?
		     cpu->regs_source : UNREADABLE);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_prcb = {
	.names = "!prcb",
	.summary = "the control block of a processor",
	.operands = "[CPU]",
	.help = "Its number and threads, and where its registers are from. dt "
		"nt!_KPRCB shows every member that is known.",
	.example = "!prcb 1", .does = "the second processor",
	.run = run_prcb,
};

/* --- !idt --------------------------------------------------------------------------------- */

static const char *const place_notes[] = {
	[NTR_GP_NONE] = "", [NTR_GP_KERNEL] = "", [NTR_GP_INTERRUPT] = "",
	[NTR_GP_UNKNOWN] = "",
	[NTR_GP_MODULE] = "  ***** in a module other than nt and hal",
	[NTR_GP_NOWHERE] = "  ***** in no known module",
};
static const char *const place_names[] = {
	[NTR_GP_NONE] = "none", [NTR_GP_KERNEL] = "kernel",
	[NTR_GP_MODULE] = "other module",
	[NTR_GP_INTERRUPT] = "interrupt object",
	[NTR_GP_NOWHERE] = "no module", [NTR_GP_UNKNOWN] = NULL,
};

static void json_gate(struct ntr_kd *k, unsigned vector,
		      const struct ntr_gate *g, const char *name)
{
	bool task = g->type == 5;

	ntr_out_hex(k->o, "vector", NULL, vector);
	ntr_out_str(k->o, "type", NULL, ntr_gate_type_name(g->type));
	ntr_out_hex(k->o, "selector", NULL, g->selector);
	ntr_out_uint(k->o, "dpl", NULL, g->dpl);
	ntr_out_uint(k->o, "ist", NULL, g->ist);
	ntr_out_hex_if(k->o, "handler", NULL, !task, g->handler);
	ntr_out_str(k->o, "symbol", NULL, *name ? name : NULL);
	ntr_out_str(k->o, "place", NULL, place_names[g->place]);
	ntr_out_hex_if(k->o, "interrupt", NULL, g->interrupt, g->interrupt);
	ntr_out_hex_if(k->o, "service", NULL, g->interrupt, g->service);
}

static void gate(struct ntr_kd *k, u64 idt, unsigned vector, bool always)
{
	char at[24], name[300] = "", service[300], object[24];
	struct ntr_gate g;
	struct ntr_err e;

	if (ntr_gate_read(k->t, idt, vector, &g, &e)) {
		ntr_out_line(k->o, "%02x:  %s", vector, UNREADABLE);
		return;
	}
	if (!g.present && !always)
		return;
	if (g.type != 5)
		ntr_kd_symbol(k, g.handler, name, sizeof(name));
	ntr_out_open(k->o, NULL);
	json_gate(k, vector, &g, name);
	ntr_out_close(k->o);
	ntr_va_text(at, g.handler, k->t->ptr_size);
	if (!g.present) {
		ntr_out_line(k->o, "%02x:  not present", vector);
		return;
	}
	if (g.type == 5) {
		ntr_out_line(k->o, "%02x:  Task Selector = 0x%04X", vector,
			     g.selector);
		return;
	}
	ntr_out_print(k->o, "%02x:  %s %s", vector, at, name);
	if (g.ist)
		ntr_out_print(k->o, "  IST %u", g.ist);
	if (g.interrupt) {
		ntr_va_text(object, g.interrupt, k->t->ptr_size);
		ntr_kd_symbol(k, g.service, service, sizeof(service));
		ntr_out_print(k->o, "%s (KINTERRUPT %s)", service, object);
	}
	ntr_out_line(k->o, "%s", place_notes[g.place]);
}

/* Is anything of the table in the dump? */
static bool any_gate(struct ntr_kd *k, u64 idt)
{
	struct ntr_gate g;

	for (unsigned i = 0; i < NTR_VECTORS; i++)
		if (ntr_gate_read(k->t, idt, i, &g, NULL) == NTR_OK)
			return true;
	return false;
}

static enum ntr_st run_idt(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	const struct ntr_cpu *cpu = NULL;
	const char *s = c->args;
	u64 vector = NTR_VECTORS, idt = 0;
	char at[24];
	enum ntr_st st = chosen(k, &cpu, e);

	if (!st && *s)
		st = ntr_cmd_value(k, c, &s, &vector, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st && *c->args && vector >= NTR_VECTORS)
		st = ntr_fail(e, NTR_USAGE, "vectors are 0 to ff");
	if (!st)
		st = ntr_cpu_table(k->t, cpu, "IdtBase", &idt, e);
	if (st)
		return st;
	ntr_va_text(at, idt, k->t->ptr_size);
	if (!any_gate(k, idt))
		return ntr_fail(e, NTR_ABSENT, "the IDT at %s is not in the "
				"dump", at);
	ntr_out_hex(k->o, "idt", NULL, idt);
	ntr_out_line(k->o, "Dumping IDT: %s", at);
	ntr_out_list(k->o, "gates");
	for (unsigned i = 0; i < NTR_VECTORS && !ntr_kd_stopped(k); i++)
		if (vector == NTR_VECTORS || vector == i)
			gate(k, idt, i, vector == i);
	ntr_out_list_end(k->o);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_idt = {
	.names = "!idt",
	.summary = "interrupt vectors of the chosen processor (x86, x64)",
	.operands = "[VECTOR]",
	.help = "Each handler with its name and, on x64, the stack it switches to; "
		"task gates with their selector. Where the code of an interrupt "
		"object is, the service routine and the object are said. A handler "
		"in a module other than nt and hal, or in none at all, is marked.",
	.example = "!idt e", .does = "who handles page faults",
	.run = run_idt,
};

/* --- !gdt ----------------------------------------------------------------------------------- */

static void segment(struct ntr_kd *k, const struct ntr_segment *s)
{
	const char *size = s->long_mode ? "Lo" : s->big ? "Bg" : "Nb";
	char base[24], limit[24], type[32];

	ntr_va_text(base, s->base, k->t->ptr_size);
	ntr_va_text(limit, s->limit, k->t->ptr_size);
	ntr_segment_type_text(s, type);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "selector", NULL, s->selector);
	ntr_out_hex(k->o, "base", NULL, s->base);
	ntr_out_hex(k->o, "limit", NULL, s->limit);
	ntr_out_str(k->o, "type", NULL, type);
	ntr_out_uint(k->o, "dpl", NULL, s->dpl);
	ntr_out_bool(k->o, "present", NULL, s->present);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "%04X %s %s %-10s %u  %s %s %s", s->selector, base,
		     limit, type, s->dpl, size, s->granular ? "Pg" : "By",
		     s->present ? "P" : "Np");
}

static void all_segments(struct ntr_kd *k, u64 gdt)
{
	struct ntr_segment s;
	struct ntr_err e;

	for (unsigned i = 1; i < ntr_gdt_entries(k->t); i++) {
		if (ntr_kd_stopped(k))
			return;
		if (ntr_segment_read(k->t, gdt, (u16)(i * 8), &s, &e)) {
			ntr_out_line(k->o, "%04X %s", i * 8, UNREADABLE);
			continue;
		}
		if (s.present)
			segment(k, &s);
		i += s.wide;
	}
}

static enum ntr_st run_gdt(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	int width = k->t->ptr_size == 4 ? 8 : 17;
	const struct ntr_cpu *cpu = NULL;
	u64 gdt = 0;
	char at[24];
	enum ntr_st st = which(k, c, &cpu, e);

	if (!st)
		st = ntr_cpu_table(k->t, cpu, "GdtBase", &gdt, e);
	if (st)
		return st;
	ntr_va_text(at, gdt, k->t->ptr_size);
	ntr_out_hex(k->o, "gdt", NULL, gdt);
	ntr_out_line(k->o, "Dumping GDT: %s", at);
	ntr_out_line(k->o, "Sel  %-*s %-*s %-10s Pl Sz Gr P", width, "Base",
		     width, "Limit", "Type");
	ntr_out_list(k->o, "segments");
	all_segments(k, gdt);
	ntr_out_list_end(k->o);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_gdt = {
	.names = "!gdt",
	.summary = "segment descriptors of a processor (x86, x64)",
	.operands = "[CPU]",
	.help = "Those that are present: selector, base, limit in bytes, type, "
		"privilege level, size (Bg 32-bit, Lo 64-bit), granularity. CPU is a "
		"number; without it the chosen processor.",
	.example = "!gdt", .does = "where the task state segments are",
	.run = run_gdt,
};
