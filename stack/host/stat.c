// SPDX-License-Identifier: Apache-2.0
/* The parts of stat.h together, and the command that asks a live one. */
#include "stat.h"

#include "cmd.h"
#include "control.h"
#include "words.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static stat_fn *const parts_of[] = {
#define STAT_PART_ROW(n) stat_##n,
	STAT_PARTS(STAT_PART_ROW)
#undef STAT_PART_ROW
};

/* Their names, as a list (words.h). */
#define STAT_PART_WORD(n) #n " "
static const char part_names[] = STAT_PARTS(STAT_PART_WORD);
#undef STAT_PART_WORD

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
			parts_of[i](&of, &o);
	out_fini(&o);
	fflush(to);
}

/* --- the command -------------------------------------------------------------------- */

struct ask {
	bool json;
	u32 limit;
};

static int copy_out(int fd)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			break;
	return n ? CLI_WRONG : CLI_OK;
}

static int ask(void *mine, int n, char *const *operand)
{
	const struct ask *how = mine;
	struct control_ask a = { .what = CONTROL_STAT, .limit = how->limit,
				 .json = how->json };
	char why[500];
	int fd = -1, st;
	u64 pid;

	if (!words_number(operand[0], &pid) || pid < 2 || pid > INT_MAX)
		return cli_bad("stat: \"%s\" is no number of a process",
			       operand[0]);
	for (int i = 1; i < n; i++) {
		int part = words_find(part_names, operand[i]);

		if (part < 0) {
			words_unknown(why, sizeof(why), "part", part_names,
				      operand[i]);
			return cli_bad("%s", why);
		}
		a.parts |= 1u << part;
	}
	if (n == 1)
		a.parts = STAT_ALL;
	if (!control_call((pid_t)pid, &a, -1, &fd))
		return CLI_WRONG;
	st = copy_out(fd);
	close(fd);
	return st;
}

static const struct cli_option options[] = {
	{ "json", NULL, "one object, an array for each part",
	  CLI_TO(SWITCH, struct ask, json) },
	{ "limit", "N", "rows of a part", CLI_TO(U32, struct ask, limit),
	  .def = "1000", .min = 1, .max = 1000000 },
};

static const struct cli_example examples[] = {
	{ "refstack stat $(pidof refstack) connections pool",
	  "who is connected, and what each tag of the pool has" },
	{ "refstack stat $(pidof refstack) --json | jq .connections",
	  "the same for a program" },
};

const struct cli_command cmd_stat = {
	.name = "stat", .operands = "PID [PART...]",
	.summary = "the state of a live one",
	.help = "Asks a live refstack of the same user for its state, as "
		"netstat and poolmon show it.\nWithout a "
		"PART: all of\nthem. With --json: an object, see "
		"docs/refstack-stat.schema.json.",
	.options = options, .noptions = sizeof(options) / sizeof(*options),
	.examples = examples,
	.nexamples = sizeof(examples) / sizeof(*examples),
	.min = 1, .max = -1, .words = part_names,
	.size = sizeof(struct ask), .run = ask,
};
