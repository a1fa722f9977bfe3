// SPDX-License-Identifier: Apache-2.0
/*
 * The debugger as a user meets it: a whole `ntriage kd -c '!process 0 0'` of a
 * forged machine with 1,000 processes (at most 50 ms are asked for), and a
 * session on a small dump from start to where the prompt would be. Wall time,
 * best of 20; the floor is the same program only printing its version.
 */
#include "bench_run.h"

#define PROCESSES 1000u

/* The machine, as text and then as a dump. */
static void forge(char *prog, char *text, char *dump)
{
	char verb[] = "forge", out[] = "-o";
	char *argv[] = { prog, verb, text, out, dump, NULL };
	FILE *f = fopen(text, "w");
	long rss = 0;

	if (!f)
		bench_die(text);
	fprintf(f, "machine x64 7 cpus 2\ncontainer full\nmemory 64MiB\n");
	for (unsigned i = 0; i < PROCESSES; i++)
		fprintf(f, "process \"p%u.exe\" pid %u { thread tid %u wait "
			"UserRequest }\n", i, 0x1000 + i * 8, 0x1004 + i * 8);
	if (fclose(f))
		bench_die(text);
	(void)bench_run(argv, &rss);
}

static void line(const char *name, double ms, double floor)
{
	printf("%s\t%.2f ms\tfloor %.2f ms\t%.2f\n", name, ms, floor,
	       ms / floor);
}

int main(void)
{
	char *prog = getenv("NTRIAGE"), text[256], dump[256], small[4096];
	const char *corpus = getenv("NTR_CORPUS");
	char kd[] = "kd", c[] = "-c", all[] = "!process 0 0", q[] = "q";
	char only[] = "--version";
	char *list[] = { prog, kd, c, all, dump, NULL };
	char *start[] = { prog, kd, c, q, small, NULL };
	char *version[] = { prog, only, NULL };
	double floor;
	long rss = 0;

	if (!prog) {
		printf("# kd: no NTRIAGE\n");
		return 0;
	}
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	unsetenv("_NT_SYMBOL_PATH");
	bench_path(text, "kd.forge");
	bench_path(dump, "kd.dmp");
	forge(prog, text, dump);
	floor = bench_best(20, version, &rss) * 1e3;
	line("kd-process-0-0-1000", bench_best(20, list, &rss) * 1e3, floor);
	unlink(text);
	unlink(dump);
	snprintf(small, sizeof(small), "%s/kernel_dumps/"
		 "rizin_triage_x64_0x1000007e.dmp",
		 corpus ? corpus : "../shared/corpus");
	if (access(small, R_OK))
		printf("# kd-start: no %s\n", small);
	else
		line("kd-start-triage", bench_best(20, start, &rss) * 1e3, floor);
	return 0;
}
