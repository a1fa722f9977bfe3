// SPDX-License-Identifier: Apache-2.0
/* IDT and GDT of forged machines, as the Intel manual encodes them. */
#include "kobj/tables.h"

#include "objects.h"

static bool open_as(struct machine *m, const char *what, const char *container)
{
	char text[200];

	snprintf(text, sizeof(text), "machine %s cpus 2\nmemory 64MiB\n"
		 "module \"drv.sys\" size 0x9000\nstop 0xe2\n", what);
	return machine_open(m, text, container);
}

static u64 table(struct machine *m, const char *member)
{
	struct ntr_err e = { "" };
	u64 va = 0;

	CHECK(m->t->cpus.n > 0);
	CHECK_EQ(ntr_cpu_table(m->t, &m->t->cpus.v[0], member, &va, &e), NTR_OK);
	return va;
}

static void x86(void)
{
	struct ntr_segment s;
	struct ntr_gate g;
	struct ntr_err e = { "" };
	struct machine m;
	char type[32];
	u64 idt, gdt;

	if (!open_as(&m, "x86 xp", "full"))
		return;
	idt = table(&m, "IdtBase");
	gdt = table(&m, "GdtBase");
	CHECK_EQ(ntr_gate_read(m.t, idt, 8, &g, &e), NTR_OK);
	CHECK_STR(ntr_gate_type_name(g.type), "task");
	CHECK_EQ(g.selector, 0x50);
	CHECK_EQ(g.place, NTR_GP_NONE);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0xe, &g, &e), NTR_OK);
	CHECK_STR(ntr_gate_type_name(g.type), "interrupt");
	CHECK_EQ(g.selector, 8);
	CHECK_EQ(g.dpl, 0);
	CHECK_EQ(g.place, NTR_GP_KERNEL);
	/* INT 2Eh as NT has it: DPL 3 */
	machine_patch(&m, idt + 0x2e * 8 + 5, 0xee, 1);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x2e, &g, &e), NTR_OK);
	CHECK_EQ(g.dpl, 3);
	machine_patch(&m, idt + 0x2e * 8 + 5, 0x0e, 1);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x2e, &g, &e), NTR_OK);
	CHECK(!g.present);
	CHECK_EQ(ntr_gate_read(m.t, idt, 256, &g, &e), NTR_USAGE);
	CHECK_EQ(ntr_segment_read(m.t, gdt, 0x1b, &s, &e), NTR_OK);
	CHECK_EQ(s.selector, 0x18);
	CHECK_EQ(s.dpl, 3);
	CHECK_EQ(s.limit, 0xffffffff);
	ntr_segment_type_text(&s, type);
	CHECK_STR(type, "Code RE Ac");
	CHECK_EQ(ntr_segment_read(m.t, gdt, 0x28, &s, &e), NTR_OK);
	ntr_segment_type_text(&s, type);
	CHECK_STR(type, "TSS32 Busy");
	CHECK_EQ(s.limit, 0x20ab);
	CHECK_EQ(s.base, table(&m, "TssBase"));
	machine_close(&m);
}

static void x64(void)
{
	struct ntr_segment s;
	struct ntr_gate g;
	struct ntr_err e = { "" };
	struct machine m;
	char type[32];
	u64 idt, gdt;

	if (!open_as(&m, "x64 10", "full"))
		return;
	idt = table(&m, "IdtBase");
	gdt = table(&m, "GdtBase");
	CHECK_EQ(ntr_gate_read(m.t, idt, 8, &g, &e), NTR_OK);
	CHECK_EQ(g.ist, 1);
	CHECK_EQ(g.selector, 0x10);
	CHECK_EQ(g.place, NTR_GP_KERNEL);
	CHECK_EQ(ntr_segment_read(m.t, gdt, 0x40, &s, &e), NTR_OK);
	ntr_segment_type_text(&s, type);
	CHECK_STR(type, "TSS64 Busy");
	CHECK(s.wide);
	CHECK_EQ(s.base, table(&m, "TssBase"));
	CHECK_EQ(ntr_segment_read(m.t, gdt, 0x10, &s, &e), NTR_OK);
	CHECK(s.long_mode && !s.wide);
	machine_close(&m);
}

/* Handlers in a driver, in nothing, in an interrupt object. */
static void places(void)
{
	struct ntr_module *drv;
	struct ntr_gate g;
	struct ntr_err e = { "" };
	struct machine m;
	u64 idt, page;

	if (!open_as(&m, "x86 2003", "full"))
		return;
	idt = table(&m, "IdtBase");
	page = table(&m, "TssBase") & ~0xfffull;
	drv = ntr_target_module_named(m.t, "drv");
	CHECK(drv != NULL);
	if (!drv)
		return;
	machine_patch(&m, idt + 0x31 * 8, drv->base + 0x1040, 2);
	machine_patch(&m, idt + 0x31 * 8 + 6, (drv->base + 0x1040) >> 16, 2);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x31, &g, &e), NTR_OK);
	CHECK_EQ(g.place, NTR_GP_MODULE);
	CHECK_EQ(g.handler, drv->base + 0x1040);
	machine_patch(&m, idt + 0x32 * 8, page + 0xe90, 2);
	machine_patch(&m, idt + 0x32 * 8 + 6, page >> 16, 2);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x32, &g, &e), NTR_OK);
	CHECK_EQ(g.place, m.t->modules_complete ? NTR_GP_NOWHERE :
						  NTR_GP_UNKNOWN);
	/* s16 Type 22, s16 Size 0x1e4; ServiceRoutine at 0xc */
	machine_patch(&m, page + 0xe00, 0x01e40016, 4);
	machine_patch(&m, page + 0xe0c, drv->base + 0x1080, 4);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x32, &g, &e), NTR_OK);
	CHECK_EQ(g.place, NTR_GP_INTERRUPT);
	CHECK_EQ(g.interrupt, page + 0xe00);
	CHECK_EQ(g.service, drv->base + 0x1080);
	/* Too small to hold the handler: no such object. */
	machine_patch(&m, page + 0xe00, 0x00700016, 4);
	CHECK_EQ(ntr_gate_read(m.t, idt, 0x32, &g, &e), NTR_OK);
	CHECK(g.place != NTR_GP_INTERRUPT);
	CHECK_EQ(ntr_gate_read(m.t, 0xfeed0000, 0, &g, &e) == NTR_OK, false);
	machine_close(&m);
}

static void pcr(void)
{
	static const char *const gens[] = { "x86 nt4", "x86 2000", "x86 xp",
					    "x86 2003", "x64 2003", "x64 7",
					    "x64 10" };

	for (size_t g = 0; g < 7; g++) {
		struct ntr_pcr p;
		struct machine m;

		if (!open_as(&m, gens[g], "full"))
			return;
		CHECK_EQ(m.t->cpus.n, 2);
		ntr_pcr_read(m.t, &m.t->cpus.v[1], &p);
		CHECK(p.has_idt && p.has_gdt && p.has_tss && p.has_self);
		CHECK_EQ(p.self, m.t->cpus.v[1].kpcr);
		CHECK(p.has_number && p.number == 1);
		CHECK(p.has_next && p.next == 0);
		CHECK_EQ(p.current, m.t->cpus.v[1].thread);
		CHECK_EQ(p.idle, m.t->cpus.v[1].idle_thread);
		machine_close(&m);
	}
}

static void none(void)
{
	struct ntr_err e = { "" };
	struct machine m;
	struct ntr_gate g;
	struct ntr_pcr p;
	u64 va;

	if (!open_as(&m, "arm64 11", "full"))
		return;
	CHECK_EQ(ntr_gate_read(m.t, m.t->kernel_base, 0, &g, &e), NTR_UNSUP);
	CHECK_EQ(ntr_cpu_table(m.t, &m.t->cpus.v[0], "IdtBase", &va, &e),
		 NTR_UNSUP);
	CHECK_EQ(ntr_gdt_entries(m.t), 0);
	ntr_pcr_read(m.t, &m.t->cpus.v[0], &p);
	CHECK(!p.has_idt && !p.has_gdt);
	machine_close(&m);
}

int main(void)
{
	RUN(x86);
	RUN(x64);
	RUN(places);
	RUN(pcr);
	RUN(none);
	return test_done();
}
