// SPDX-License-Identifier: Apache-2.0
/*
 * A whole command as a bench: process start included, its output thrown away;
 * wall time, the best of some, and the largest resident set.
 */
#ifndef NTR_BENCH_RUN_H
#define NTR_BENCH_RUN_H

#include "bench.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* One run; exits when it cannot be done. */
static inline double bench_run(char **argv, long *rss_kb)
{
	extern char **environ;
	posix_spawn_file_actions_t fa;
	struct rusage ru;
	double t = bench_now();
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &fa, NULL, argv, environ) ||
	    wait4(pid, &status, 0, &ru) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench: %s %s failed\n", argv[0], argv[1]);
		exit(1);
	}
	t = bench_now() - t;
	posix_spawn_file_actions_destroy(&fa);
	if (ru.ru_maxrss > *rss_kb)
		*rss_kb = ru.ru_maxrss;
	return t;
}

static inline double bench_best(int runs, char **argv, long *rss_kb)
{
	double b = 1e9;

	for (int i = 0; i < runs; i++) {
		double t = bench_run(argv, rss_kb);

		if (t < b)
			b = t;
	}
	return b;
}

#endif
