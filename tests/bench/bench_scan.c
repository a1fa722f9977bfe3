// SPDX-License-Identifier: Apache-2.0
/*
 * A whole scan, processes, shipped rules and the results store in a file
 * included: 1,000 triage dumps of real size, each with bytes of its own, by two
 * workers.  They are copies of the corpus's small dumps, or of a forged one
 * without a corpus.  The floor is reading the same files and hashing them, in
 * two processes.
 */
#include "../../kdtools/forge/forge.h"
#include "bench.h"

#include <dirent.h>
#include <nettle/sha1.h>
#include <spawn.h>
#include <sys/wait.h>

#define DUMPS 1000u
#define JOBS 2u
#define MAX_FILES 64u
#define RUNS 5u

struct bytes {
	uint8_t *p;
	size_t n;
};

static struct bytes source[MAX_FILES];
static unsigned nsources;
static char folder[256];

static void add(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "re");
	struct bytes *b = &source[nsources];

	if (f && !fstat(fileno(f), &st) && st.st_size && nsources < MAX_FILES) {
		b->n = (size_t)st.st_size;
		b->p = malloc(b->n);
		nsources += b->p && fread(b->p, 1, b->n, f) == b->n;
	}
	if (f)
		fclose(f);
}

static void from_corpus(void)
{
	const char *corpus = getenv("NTR_CORPUS");
	char dir[512], path[800];
	struct dirent *de;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/kernel_dumps/batch_win81_criticalrocket",
		 corpus ? corpus : "../shared/corpus");
	d = opendir(dir);
	while (d && (de = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (strstr(de->d_name, ".dmp"))
			add(path);
	}
	if (d)
		closedir(d);
}

static void from_forge(void)
{
	struct ntr_err e = { "" };
	char path[256];

	bench_path(path, "scan-forged.dmp");
	if (forge_file("tests/fixtures/bench-triage.forge", path, NULL, NULL,
		       &e)) {
		fprintf(stderr, "bench_scan: %s\n", e.msg);
		exit(1);
	}
	add(path);
	(void)unlink(path);
}

static void name(char path[300], unsigned i)
{
	snprintf(path, 300, "%s/%04u.dmp", folder, i);
}

static void make_dumps(void)
{
	char path[300];

	bench_path(folder, "scan-dumps");
	mkdir(folder, 0777);
	for (unsigned i = 0; i < DUMPS; i++) {
		const struct bytes *b = &source[i % nsources];
		FILE *f;

		name(path, i);
		f = fopen(path, "we");
		if (!f || fwrite(b->p, 1, b->n, f) != b->n ||
		    fwrite(&i, sizeof(i), 1, f) != 1 || fclose(f))
			bench_die(path);
	}
}

static void hash_some(unsigned first)
{
	static uint8_t buf[1 << 18];
	uint8_t sum[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;
	char path[300];
	ssize_t n;

	for (unsigned i = first; i < DUMPS; i += JOBS) {
		int fd;

		name(path, i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		sha1_init(&sha);
		while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
			sha1_update(&sha, (size_t)n, buf);
		sha1_digest(&sha, sizeof(sum), sum);
		close(fd);
	}
}

static double hash_all(void)
{
	double t = bench_now();
	pid_t pid[JOBS];

	for (unsigned i = 0; i < JOBS; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			hash_some(i);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < JOBS; i++)
		(void)waitpid(pid[i], NULL, 0);
	return bench_now() - t;
}

static void drop_store(const char *store)
{
	static const char *const also[] = { "", "-wal", "-shm" };
	char path[300];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", store, also[i]);
		(void)unlink(path);
	}
}

/* Every dump is judged, whether a rule fires or not: exit code 0 or 1. */
static double scan(char **argv)
{
	extern char **environ;
	posix_spawn_file_actions_t fa;
	double t = bench_now();
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &fa, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1) {
		fprintf(stderr, "bench_scan: the scan failed\n");
		exit(1);
	}
	posix_spawn_file_actions_destroy(&fa);
	return bench_now() - t;
}

static void line(const char *what, double t, double floor)
{
	bench_line(what, DUMPS / t, "dumps/s", DUMPS / floor, t / floor);
}

int main(void)
{
	char store[256], verb[] = "scan", quiet[] = "-q", jobs[] = "-j2",
	     where[] = "--store", *program = getenv("NTRIAGE");
	char *argv[] = { program, verb, quiet, jobs, where, store, folder,
			 NULL };
	double first = 1e9, again = 1e9, floor = 1e9, t;

	from_corpus();
	if (!nsources)
		from_forge();
	if (!nsources || !program)
		return 1;
	/* No symbols: none of the person's own, none of a server. */
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	unsetenv("_NT_SYMBOL_PATH");
	make_dumps();
	bench_path(store, "scan.db");
	for (unsigned i = 0; i < RUNS; i++) {
		drop_store(store);
		t = hash_all();
		floor = t < floor ? t : floor;
		t = scan(argv);
		first = t < first ? t : first;
		t = scan(argv);
		again = t < again ? t : again;
	}
	line("scan-1000-triage", first, floor);
	line("scan-1000-again", again, floor);
	drop_store(store);
	for (unsigned i = 0; i < DUMPS; i++) {
		char path[300];

		name(path, i);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return 0;
}
