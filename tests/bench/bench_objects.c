// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel objects: the process list of 1,000 processes, and the analysis of a
 * hang of 2,000 threads and 500 locks (forged dumps of 4 GiB machines; 250
 * pairs of threads, of which every tenth is a deadlock, 1,500 waiters with
 * stacks, and 100 that wait for a request). Best of 5, the dump open and in the
 * page cache; then the whole command `!analyze -hang`, process start included;
 * beside what is wanted.
 */
#include "bench_run.h"

#include "../../kdtools/forge/forge.h"
#include "triage/waits.h"

#define RUNS 5

static struct ntr_str text;

static void processes(void)
{
	ntr_str_clear(&text);
	ntr_str_printf(&text, "machine x64 7 cpus 2\nmemory 4GiB\n");
	for (unsigned i = 0; i < 1000; i++)
		ntr_str_printf(&text, "process \"p%u.exe\" pid %u { thread tid "
			       "%u wait UserRequest }\n", i, 0x1000 + i * 8,
			       0x1004 + i * 8);
}

static void hang(void)
{
	unsigned id = 0x1000;

	ntr_str_clear(&text);
	ntr_str_printf(&text, "machine x64 7 cpus 2\nmemory 4GiB\n");
	ntr_str_printf(&text, "module \"drv.sys\"\n"
		       "driver \"drv\" module \"drv.sys\"\n"
		       "device \"dev\" driver \"drv\"\n");
	for (unsigned i = 0; i < 250; i++)
		ntr_str_printf(&text, "lock \"a%u\" %s owner %u\n"
			       "lock \"b%u\" mutex owner %u\n", i,
			       i & 1 ? "resource" : "mutex", id + i * 8, i,
			       id + i * 8 + 4);
	for (unsigned i = 0; i < 250; i++) {
		ntr_str_printf(&text, "process \"p%u.exe\" {\n thread tid %u "
			       "wait Executive on \"b%u\" for 90s\n thread tid "
			       "%u ", i, id + i * 8, i, id + i * 8 + 4);
		if (i % 10)
			ntr_str_printf(&text, "ready\n");
		else
			ntr_str_printf(&text, "wait Executive on \"a%u\"\n", i);
		ntr_str_printf(&text, " thread tid %u wait Executive on "
			       "\"a%u\" times 6 { stack { frame \"nt!KiSwapThread"
			       "+0x8a\"; frame \"nt!KeWaitForSingleObject+0x1c2\""
			       "; frame \"drv!F%u+0x20\"; frame \"drv!Dispatch+"
			       "0x80\"; frame \"nt!IofCallDriver+0x30\"; frame "
			       "\"nt!NtReadFile+0x100\" } } }\n",
			       0x4000 + i * 32, i, i % 7);
	}
	for (unsigned i = 0; i < 100; i++)
		ntr_str_printf(&text, "lock \"e%u\" event\n"
			       "process \"q%u.exe\" { thread tid %u wait "
			       "Executive on \"e%u\" for 90s }\n"
			       "irp tid %u event \"e%u\" { location READ device "
			       "\"dev\" current }\n", i, i, 0x40000 + i * 4, i,
			       0x40000 + i * 4, i);
}

static void write_forged(char path[256])
{
	struct ntr_err e = { "" };

	bench_path(path, "objects.dmp");
	if (forge_text_file(ntr_str_text(&text), "bench", path, "full", NULL,
			    &e)) {
		fprintf(stderr, "bench_objects: %s\n", e.msg);
		exit(2);
	}
}

static struct ntr_target *open_forged(struct ntr_dump **d)
{
	struct ntr_err e = { "" };
	struct ntr_target *t;
	char path[256];

	write_forged(path);
	if (ntr_dump_open(d, path, NULL, &e) || ntr_target_open(&t, *d, &e)) {
		fprintf(stderr, "bench_objects: %s\n", e.msg);
		exit(2);
	}
	unlink(path);
	return t;
}

static void line(const char *name, double best, double wanted)
{
	printf("%s\t%.2f ms\twanted %.0f ms\t%.2f\n", name, best * 1e3,
	       wanted * 1e3, best / wanted);
}

static void bench_processes(void)
{
	struct ntr_process_list l;
	struct ntr_target *t;
	struct ntr_dump *d;
	double best = 1e9;

	processes();
	t = open_forged(&d);
	for (int i = 0; i < RUNS; i++) {
		double at = bench_cpu();

		if (ntr_process_list(t, &l, NULL) || l.p.n != 1001)
			bench_die("process list");
		at = bench_cpu() - at;
		best = at < best ? at : best;
		ntr_process_list_fini(&l);
	}
	line("objects-processes-1000", best, 0.05);
	ntr_target_close(t);
	ntr_dump_close(d);
}

static void bench_hang(void)
{
	struct ntr_target *t;
	struct ntr_waits *w;
	struct ntr_dump *d;
	double best = 1e9;

	hang();
	t = open_forged(&d);
	for (int i = 0; i < RUNS; i++) {
		double at = bench_cpu();

		if (ntr_waits(&w, t, NULL) || w->cycles.n != 25 ||
		    w->threads.n < 2000 || w->irps.n != 100 ||
		    w->roots.n != NTR_MAX_ROOTS)
			bench_die("hang analysis");
		at = bench_cpu() - at;
		best = at < best ? at : best;
		ntr_waits_free(w);
	}
	line("objects-hang-2000-500", best, 1.0);
	ntr_target_close(t);
	ntr_dump_close(d);
}

static void bench_command(void)
{
	char kd[] = "kd", opt[] = "-c", cmd[] = "!analyze -hang", path[256];
	char *prog = getenv("NTRIAGE");
	char *argv[] = { prog, kd, path, opt, cmd, NULL };
	long rss = 0;

	if (!prog || access(prog, X_OK)) {
		printf("# objects-hang-command: no NTRIAGE\n");
		return;
	}
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	unsetenv("_NT_SYMBOL_PATH");
	hang();
	write_forged(path);
	line("objects-hang-command", bench_best(RUNS, argv, &rss), 1.0);
	unlink(path);
}

int main(void)
{
	bench_processes();
	bench_hang();
	bench_command();
	ntr_str_fini(&text);
	return 0;
}
