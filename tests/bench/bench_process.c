// SPDX-License-Identifier: Apache-2.0
/*
 * A whole `ntriage analyze --json` of a triage dump of 1.4 MB, process start
 * included: wall time (best of 20) and the largest resident set; then the same
 * with the symbol table of its kernel, which is found by the addresses in it
 * and remembered. The floor is the same program only printing its version.
 */
#include "bench_run.h"

/* With the corpus's tables as symbols and a cache of its own. */
static void with_symbols(char *prog, char *dump, const char *corpus,
			 double floor)
{
	char verb[] = "analyze", json[] = "--json", opt[] = "--symbols";
	char isf[4096], cache[256], whole[4096];
	char *argv[] = { prog, opt, isf, verb, json, dump, NULL };
	long rss = 0;
	double ms;

	snprintf(isf, sizeof(isf), "%s/symbols/isf", corpus);
	bench_path(cache, "cache");
	mkdir(cache, 0777);
	if (access(isf, R_OK) || !realpath(cache, whole) ||
	    setenv("XDG_CACHE_HOME", whole, 1)) {
		printf("# process-analyze-isf: no %s\n", isf);
		return;
	}
	ms = bench_best(20, argv, &rss) * 1e3;
	printf("process-analyze-isf\t%.2f ms\tfloor %.2f ms\t%.2f\n", ms,
	       floor, ms / floor);
}

int main(void)
{
	char *prog = getenv("NTRIAGE"), path[4096];
	const char *corpus = getenv("NTR_CORPUS");
	const char *at = corpus ? corpus : "../shared/corpus";
	char verb[] = "analyze", json[] = "--json", only[] = "--version";
	char *analyze[] = { prog, verb, json, path, NULL };
	char *version[] = { prog, only, NULL };
	long rss = 0, rss_floor = 0;
	double ms, floor;

	snprintf(path, sizeof(path), "%s/kernel_dumps/"
		 "rizin_triage_x64_0x1000007e.dmp",
		 at);
	if (!prog || access(path, R_OK)) {
		printf("# process: no NTRIAGE or no %s\n", path);
		return 0;
	}
	/* No symbols of the person's own. */
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	unsetenv("_NT_SYMBOL_PATH");
	floor = bench_best(20, version, &rss_floor) * 1e3;
	ms = bench_best(20, analyze, &rss) * 1e3;
	printf("process-analyze-json\t%.2f ms\tfloor %.2f ms\t%.2f\n", ms,
	       floor, ms / floor);
	printf("process-analyze-rss\t%.1f MB\tfloor %.1f MB\t%.2f\n",
	       (double)rss / 1024, (double)rss_floor / 1024,
	       (double)rss / (double)rss_floor);
	with_symbols(prog, path, at, floor);
	return 0;
}
