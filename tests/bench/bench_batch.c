// SPDX-License-Identifier: Apache-2.0
/*
 * 1,000 triage dumps in one process and on one core, verdicts included: the
 * corpus's batch of small dumps round-robin, or forged ones without a corpus.
 * The floor is reading the same files from the page cache.
 */
#include "../../kdtools/forge/forge.h"
#include "bench.h"
#include "triage/verdict.h"

#include <dirent.h>

#define DUMPS 1000
#define MAX_FILES 64

static char file[MAX_FILES][512];
static unsigned nfiles;

static bool analyze(const char *path)
{
	struct ntr_dump *d = NULL;
	struct ntr_target *t = NULL;
	struct ntr_verdict *v = NULL;
	bool good = false;

	if (ntr_dump_open(&d, path, NULL, NULL))
		return false;
	if (!ntr_target_open(&t, d, NULL)) {
		if (!ntr_verdict_make(&v, t, NULL)) {
			good = v->determined;
			ntr_verdict_free(v);
		}
		ntr_target_close(t);
	}
	ntr_dump_close(d);
	return good;
}

static void add(const char *path)
{
	if (nfiles < MAX_FILES && analyze(path))
		snprintf(file[nfiles++], sizeof(file[0]), "%s", path);
}

static void from_corpus(const char *dir)
{
	char path[512];
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		size_t n = strlen(de->d_name);

		if (n < 4 || strcmp(de->d_name + n - 4, ".dmp"))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir,
				     de->d_name) < sizeof(path))
			add(path);
	}
	if (d)
		closedir(d);
}

static void from_forge(const char *path)
{
	struct ntr_err e = { "" };

	if (forge_file("tests/fixtures/bench-triage.forge", path, NULL, NULL,
		       &e)) {
		fprintf(stderr, "bench_batch: %s\n", e.msg);
		exit(1);
	}
	add(path);
}

static double read_all(const char *path)
{
	static char buf[1 << 18];
	double t = bench_cpu();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		exit(1);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
	return bench_cpu() - t;
}

int main(void)
{
	const char *corpus = getenv("NTR_CORPUS");
	char dir[512], forged[] = "/tmp/ntr-bench-batch.dmp";
	double floor = 0, t;

	snprintf(dir, sizeof(dir), "%s/kernel_dumps/batch_win81_criticalrocket",
		 corpus ? corpus : "../shared/corpus");
	from_corpus(dir);
	if (!nfiles)
		from_forge(forged);
	if (!nfiles)
		return 1;
	for (unsigned i = 0; i < DUMPS; i++)
		floor += read_all(file[i % nfiles]);
	t = bench_cpu();
	for (unsigned i = 0; i < DUMPS; i++)
		if (!analyze(file[i % nfiles]))
			return 1;
	t = bench_cpu() - t;
	(void)unlink(forged);
	printf("batch-triage-verdicts\t%.0f dumps/s\tfloor %.0f dumps/s\t%.3f\n",
	       DUMPS / t, DUMPS / floor, floor / t);
	return 0;
}
