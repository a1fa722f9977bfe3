// SPDX-License-Identifier: Apache-2.0
/* The parts of stat.h together, and the command that asks a live one. */
#include "stat.h"

#include "control.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct part {
	const char *name;
	stat_fn *fn;
} parts_of[] = {
#define STAT_PART_ROW(n) { #n, stat_##n },
	STAT_PARTS(STAT_PART_ROW)
#undef STAT_PART_ROW
};

u32 stat_part(const char *name)
{
	for (u32 i = 0; i < STAT_COUNT; i++)
		if (!strcmp(name, parts_of[i].name))
			return 1u << i;
	return 0;
}

void stat_site(const void *at, char *to, size_t size)
{
	const char *file;
	Dl_info i;

	if (!at || !dladdr(at, &i) || !i.dli_fname) {
		snprintf(to, size, "%p", at);
		return;
	}
	file = strrchr(i.dli_fname, '/');
	file = file ? file + 1 : i.dli_fname;
	if (i.dli_sname)
		snprintf(to, size, "%s+%#lx", i.dli_sname,
			 (unsigned long)((const char *)at -
					 (const char *)i.dli_saddr));
	else
		snprintf(to, size, "%s+%#lx", file,
			 (unsigned long)((const char *)at -
					 (const char *)i.dli_fbase));
}

void stat_write(struct host *h, const struct services *s, u32 parts,
		bool json, u32 limit, FILE *to)
{
	struct stat_of of = { h, host_machine(h), s };
	struct out o;

	if (!out_init(&o, to, json, limit))
		return;
	for (u32 i = 0; i < STAT_COUNT; i++)
		if (parts >> i & 1)
			parts_of[i].fn(&of, &o);
	out_fini(&o);
	fflush(to);
}

/* --- the command -------------------------------------------------------------------- */

static int argument(struct control_ask *a, int argc, char **argv, int *i)
{
	const char *v = argv[*i];

	if (!strcmp(v, "--json")) {
		a->json = 1;
	} else if (!strcmp(v, "--limit") && *i + 1 < argc) {
		a->limit = (u32)strtoul(argv[++*i], NULL, 10);
	} else if (stat_part(v)) {
		a->parts |= stat_part(v);
	} else {
		return cmd_usage("no such part of a machine's state", v);
	}
	return 0;
}

int cmd_stat(int argc, char **argv)
{
	struct control_ask a = { .what = CONTROL_STAT, .limit = STAT_LIMIT };
	long pid = argc ? strtol(argv[0], NULL, 10) : 0;
	int fd = -1, st = 0;
	char buf[65536];
	ssize_t n;

	if (pid <= 1)
		return cmd_usage("stat takes the number of a refstack's "
				 "process", argc ? argv[0] : "");
	for (int i = 1; i < argc && !st; i++)
		st = argument(&a, argc, argv, &i);
	if (st)
		return st;
	if (!a.parts)
		a.parts = STAT_ALL;
	if (!control_call((pid_t)pid, &a, -1, &fd))
		return 1;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			n = -1;
	close(fd);
	return n < 0 || fflush(stdout) ? 1 : 0;
}
