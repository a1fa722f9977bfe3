// SPDX-License-Identifier: Apache-2.0
#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

const char *cmd_drivers(const char *given, char *buf, size_t size)
{
	const char *env = getenv("REFSTACK_DRIVERS");
	char exe[900];
	ssize_t n;

	if (given || env)
		return given ? given : env;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = 0;
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = 0;
	snprintf(buf, size, "%s/drivers", exe);
	if (access(buf, F_OK))
		snprintf(buf, size, "%s/../lib/refstack", exe);
	return buf;
}

/* --- progress ------------------------------------------------------------------------- */

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * SECOND + (u64)t.tv_nsec;
}

void progress_begin(struct progress *p, const char *what, u64 all, bool quiet)
{
	*p = (struct progress){ .what = what, .all = all, .began = now(),
				.quiet = quiet || !isatty(STDERR_FILENO) };
}

void progress_at(struct progress *p, u64 done, u64 failed)
{
	u64 t = now(), took = t - p->began;

	if (p->quiet || !done || took < 2 * SECOND ||
	    t - p->shown < SECOND / 2)
		return;
	p->shown = t;
	fflush(stdout);
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " %s, %" PRIu64 " wrong, "
		"about %.0f s to go\033[K", done, p->all, p->what, failed,
		(double)took / (double)done * (double)(p->all - done) / 1e9);
}

/* The line goes, so that what is printed next stands alone. */
void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = 0;
}
