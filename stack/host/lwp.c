// SPDX-License-Identifier: Apache-2.0
#include "lwp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES 50                     /* of a millisecond: who has said that it
					waits does so in a moment */

/* A file of a thread's folder, as text. */
static bool text_of(pid_t id, const char *file, char *to, size_t size)
{
	char path[64];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/%s", (long)id, file);
	f = fopen(path, "re");
	ok = f && fgets(to, (int)size, f);
	if (f)
		fclose(f);
	if (ok)
		to[strcspn(to, "\n")] = 0;
	return ok;
}

/* proc_pid_syscall(5): number, six arguments, stack pointer, program counter; or
 * "running". The number's way to the kernel costs rcx and r11. */
static bool where(struct lwp *w)
{
	struct user_regs_struct r = { .cs = 0x33, .ss = 0x2b, .eflags = 0x202 };
	char line[256];
	long long number;

	if (!text_of(w->id, "syscall", line, sizeof(line)) ||
	    sscanf(line, "%lld %llx %llx %llx %llx %llx %llx %llx %llx",
		   &number, &r.rdi, &r.rsi, &r.rdx, &r.r10, &r.r8, &r.r9, &r.rsp,
		   &r.rip) != 9)
		return false;
	r.rax = r.orig_rax = (unsigned long long)number;
	r.rcx = r.rip;
	r.r11 = r.eflags;
	w->regs = r;
	return true;
}

static void look_at(struct lwp *w)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	char name[32] = "";

	if (text_of(w->id, "comm", name, sizeof(name)))
		snprintf(w->name, sizeof(w->name), "%.15s", name);
	for (int i = 0; i < TRIES && !w->waits; i++) {
		if (i)
			nanosleep(&moment, NULL);
		w->waits = where(w);
	}
}

void lwps_look(struct lwps *l)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;

	*l = (struct lwps){ .n = 0 };
	while (d && l->n < LWP_MAX && (e = readdir(d))) {
		pid_t id = (pid_t)strtol(e->d_name, NULL, 10);

		if (id <= 0 || id == gettid())
			continue;
		l->lwp[l->n].id = id;
		look_at(&l->lwp[l->n++]);
	}
	if (d)
		closedir(d);
}
