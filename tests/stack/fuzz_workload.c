// SPDX-License-Identifier: Apache-2.0
/*
 * Workloads of any bytes: they are read, and nothing is run.  Either there are
 * machines with names, each story belongs to one of them and has calls, or there
 * is a text that says what is wrong.
 */
#include "../fuzz/fuzz.h"
#include "host/story.h"
#include "host/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static bool is_there(const struct workload *w, const char *name)
{
	for (unsigned i = 0; i < w->n; i++)
		if (!strcmp(w->name[i], name))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = ntr_fuzz_fd(data, size);
	char path[64];
	struct workload w = { .file = path, .seed = 1 };
	bool ok;

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ok = workload_read(&w);
	close(fd);
	must(ok != w.mistake && ok == !w.why[0], "no answer, or two");
	must(!ok || w.n, "no machine, and no mistake");
	for (const struct story *t = w.stories; ok && t; t = t->next)
		must(is_there(&w, t->name) && t->first, "whose story is it?");
	must(!w.jobs && !w.s, "something was begun");
	must(workload_end(&w), "something is left");
	return 0;
}
