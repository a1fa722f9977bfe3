// SPDX-License-Identifier: Apache-2.0
/*
 * Targets over every real kernel dump of the corpus: modules and kernel
 * against kernel_dump_facts.tsv, thread and process against what a separate
 * script read from the dumps' KPRCB, ETHREAD and EPROCESS copies.  And the
 * dumps that are not NT's.
 */
#include "kobj/target.h"

#include "facts.h"

/* KPRCB.Number, KPRCB.CurrentThread, ETHREAD's stack limits, EPROCESS's name
 * as read from the copies at their file offsets by a script. */
static const struct crash {
	const char *file;
	uint32_t cpu;
	uint64_t thread, process, limit, base;
	const char *name;
} crashes[] = {
	{ "111217-27671-01.dmp", 1, 0xffffd000d1d842c0, 0xffffe0002cd80600,
	  0xffffd000d1c42000, 0xffffd000d1c48000, "System" },
	{ "111217-38640-01.dmp", 0, 0xfffff8026f964a00, 0xffffe00053780600,
	  0xfffff802713e5000, 0xfffff802713eb000, "System" },
	{ "111317-27812-01.dmp", 2, 0xffffe0006fdba880, 0xffffe0007bfed8c0,
	  0xffffd00035586000, 0xffffd0003558c000, "dw20.exe" },
	{ "111317-52015-01.dmp", 0, 0xffffe000f7938080, 0xffffe000f75708c0,
	  0xffffd000239aa000, 0xffffd000239b0000, "dasHost.exe" },
	{ "111417-58375-01.dmp", 0, 0xffffe0013d4da880, 0xffffe001381a08c0,
	  0xffffd00022a41000, 0xffffd00022a47000, "System" },
	{ "daimuvg_102622-12000-01_0x101.dmp", 5, 0xffffe38ce54a3040,
	  0xffffe38ccf6ce1c0, 0xffffbd8639f10000, 0xffffbd8639f16000,
	  "System" },
	{ "ojusha_100623-4953-01_0x1a.dmp", 7, 0xffffbd0ecad9e040,
	  0xffffbd0ec54df080, 0xffff8a8c5dd39000, 0xffff8a8c5dd40000,
	  "System" },
	{ "rizin_triage_arm64_0x1c8.dmp", 0, 0xffffbb8eb1719180,
	  0xffffbb8eb1690080, 0xffffe00e0e4b5000, 0xffffe00e0e4bd000,
	  "System" },
	{ "rizin_triage_x64_0x1000007e.dmp", 0, 0xffffc08bde9e1640,
	  0xffffc08bdce94180, 0xffff85042988d000, 0xffff850429893000,
	  "System" },
};

static void check_crash(struct ntr_target *t, const char *file)
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		const struct crash *c = &crashes[i];

		if (strcmp(c->file, file))
			continue;
		CHECK_EQ(t->cpus.v[t->crash_cpu].number, c->cpu);
		CHECK_EQ(t->thread.va, c->thread);
		CHECK_EQ(t->thread.process, c->process);
		CHECK_EQ(t->thread.stack_limit, c->limit);
		CHECK_EQ(t->thread.stack_base, c->base);
		CHECK_STR(t->thread.process_name, c->name);
	}
}

static void check_module_order(struct ntr_target *t)
{
	for (size_t i = 0; i < t->modules.n; i++) {
		struct ntr_module *m = &t->modules.v[i], *hit;

		hit = ntr_target_module(t, m->base + m->size / 2);
		CHECK(hit == m);
		CHECK(m->name[0] && m->image[0]);
		CHECK(ntr_target_module(t, m->base) == m);
	}
}

static void check_target(struct ntr_target *t, const struct facts *f)
{
	const struct ntr_cpu *c;
	struct ntr_module *k;

	CHECK(t->is_nt);
	CHECK_EQ(t->build, facts_num(f, FACT_BUILD));
	CHECK_EQ(t->machine, facts_num(f, FACT_MACHINE));
	CHECK(t->crash_cpu >= 0);
	c = &t->cpus.v[t->crash_cpu];
	CHECK(c->has_regs);
	CHECK_EQ(c->regs.ip, facts_num(f, FACT_IP));
	CHECK_EQ(c->regs.sp, facts_num(f, FACT_SP));
	if (!*f->col[FACT_DRIVERS])
		return; /* the truncated full dump */
	CHECK_EQ(t->kdbg, facts_num(f, FACT_KDBG));
	CHECK_EQ(t->modules.n, facts_num(f, FACT_DRIVERS));
	CHECK(t->modules_complete);
	CHECK_EQ(t->kernel_base, facts_num(f, FACT_NT_BASE));
	CHECK_EQ(t->kernel_size, facts_num(f, FACT_NT_SIZE));
	k = ntr_target_module_named(t, "nt");
	CHECK(k && k->timestamp == facts_num(f, FACT_NT_STAMP));
	CHECK(ntr_target_module(t, t->kernel_base) == k);
	CHECK(ntr_target_module_named(t, "hal") != NULL);
	CHECK(t->unloaded.n > 0 && t->unloaded.n <= 50);
	check_module_order(t);
	/* Every triage dump's thread and process make sense. */
	CHECK(t->thread.stack_base > t->thread.stack_limit);
	CHECK(t->thread.process_name[0] != 0);
	CHECK_EQ(t->thread.source, NTR_SRC_TABLE);
	check_crash(t, f->col[FACT_FILE]);
}

static void kernel_dumps(void)
{
	char path[4096];
	struct facts f;
	unsigned opened = 0;

	if (!facts_open(&f))
		SKIP("the corpus is not there");
	while (facts_next(&f)) {
		struct ntr_target *t;
		struct ntr_dump *d;
		struct ntr_err e;

		if (!find_dump(f.col[FACT_FILE], path, sizeof(path)) ||
		    strncmp(f.col[FACT_SIG], "PAGEDU", 6))
			continue;
		if (ntr_dump_open(&d, path, NULL, &e)) {
			TEST_FAIL("%s", e.msg);
			continue;
		}
		CHECK_EQ(ntr_target_open(&t, d, &e), NTR_OK);
		check_target(t, &f);
		if (test_.bad)
			printf("# %s: process %s\n", path,
			       t->thread.process_name);
		opened++;
		ntr_target_close(t);
		ntr_dump_close(d);
	}
	CHECK(opened >= 15);
}

/* Every processor of the 19041 dumps: its registers are where the other
 * processors were halted, in the KPRCB's CONTEXT. */
static void every_processor(void)
{
	struct ntr_target *t;
	struct ntr_dump *d;
	char path[4096];

	if (!test_corpus("kernel_dumps/rizin_triage_x64_0x1000007e.dmp", path,
			 sizeof(path)))
		SKIP("the corpus is not there");
	CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
	CHECK_EQ(t->cpus.n, 16);
	CHECK_EQ(t->cpus.v[0].kpcr, 0xfffff804782d4000);
	CHECK_EQ(t->cpus.v[5].thread, 0xffffc08bdfbac080);
	CHECK_STR(t->cpus.v[0].regs_source, "header");
	for (size_t i = 1; i < t->cpus.n; i++) {
		CHECK_EQ(t->cpus.v[i].number, i);
		CHECK_STR(t->cpus.v[i].regs_source, "KPRCB.Context");
		CHECK(ntr_target_module(t, t->cpus.v[i].regs.ip) != NULL);
	}
	ntr_target_close(t);
	ntr_dump_close(d);
}

static void not_nt(void)
{
	static const struct {
		const char *file, *os;
	} files[] = {
		{ "vmcore_made_with_qemu/vm_kaslr.kdump-zlib", "Linux guest" },
		{ "vmcore_made_with_qemu/vm_kaslr.elf.xz", "Linux guest" },
		{ "elf_cores/elfutils/backtrace.x86_64.core.bz2", "Linux" },
	};
	char path[4096];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct ntr_target *t;
		struct ntr_dump *d;
		struct ntr_err e = { "" };

		if (!test_corpus(files[i].file, path, sizeof(path)))
			SKIP("%s is not there", files[i].file);
		if (ntr_dump_open(&d, path, NULL, &e)) {
			TEST_FAIL("%s", e.msg);
			return;
		}
		CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
		CHECK(!t->is_nt);
		CHECK_HAS(t->other_os, files[i].os);
		CHECK(t->crash_cpu >= 0 && t->cpus.v[t->crash_cpu].has_regs);
		ntr_target_close(t);
		ntr_dump_close(d);
	}
}

static void a_process(void)
{
	struct ntr_module *m;
	struct ntr_target *t;
	struct ntr_dump *d;
	char path[4096];

	if (!test_corpus("made/mdmp/crash64.dmp", path, sizeof(path)))
		SKIP("the corpus is not there");
	CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
	CHECK(t->is_nt);
	CHECK_STR(t->os_name, "Windows 7");
	CHECK_STR(t->service_pack, "Service Pack 1");
	CHECK_EQ(t->kernel_base, 0);
	CHECK_STR(t->thread.process_name, "md64.exe");
	CHECK_EQ(t->thread.id, 0x10c);
	m = ntr_target_module_named(t, "md64");
	CHECK(m && m->base == 0x140000000);
	CHECK(m && ntr_target_module(t, 0x140001721) == m);
	CHECK_EQ(t->cpus.v[t->crash_cpu].regs.ip, 0x140001721);
	ntr_target_close(t);
	ntr_dump_close(d);
}

/* The container's CodeView record names the PDB, without image pages. */
static void a_process_with_symbols(void)
{
	struct ntr_module *m;
	struct ntr_target *t;
	struct ntr_dump *d;
	char path[4096];

	if (!test_corpus("user_minidumps/breakpad/ascii_read_av.dmp", path,
			 sizeof(path)))
		SKIP("the corpus is not there");
	CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
	m = ntr_target_module_named(t, "crashme");
	CHECK(m != NULL);
	if (m) {
		(void)ntr_module_load(t, m);
		CHECK(m->has_debug && m->debug.rsds);
		CHECK_STR(m->debug.pdb, "D:\\crashme\\Debug\\crashme.pdb");
	}
	ntr_target_close(t);
	ntr_dump_close(d);
}

int main(void)
{
	RUN(a_process_with_symbols);
	RUN(kernel_dumps);
	RUN(every_processor);
	RUN(not_nt);
	RUN(a_process);
	return test_done();
}
