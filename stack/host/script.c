// SPDX-License-Identifier: Apache-2.0
/* refstack script: packet scripts (pkt.h), files and folders of them. */
#include "cmd.h"
#include "out.h"
#include "pkt.h"

#include <stdlib.h>
#include <string.h>

struct scripts {
	const char *drivers, *pcap;
	bool json, quiet;
	unsigned ran, differ, mistakes, all;
	struct progress progress;
};

static void report_json(const char *file, bool ok, const struct pkt_result *r,
			const char *why)
{
	const struct pkt_differ *d = &r->differ;
	struct out o;

	if (!out_init(&o, stdout, true, 0))
		return;
	out_str(&o, "schema", 0, "refstack.script/1");
	out_str(&o, "file", 0, file);
	out_str(&o, "result", 0, ok ? "ok" : r->mistake ? "mistake" : "differs");
	out_num(&o, "sent", 0, r->sent);
	out_num(&o, "seen", 0, r->seen);
	out_num(&o, "calls", 0, r->calls);
	if (!ok) {
		out_num(&o, "line", 0, r->line);
		out_str(&o, "why", 0, why);
	}
	if (!ok && d->expected[0]) {
		out_str(&o, "expected", 0, d->expected);
		out_str(&o, "is", 0, d->is);
		out_real(&o, "time", 0, 6, d->at);
	}
	out_fini(&o);
}

static void report_text(const char *file, bool ok, const struct pkt_result *r,
			const char *why)
{
	const struct pkt_differ *d = &r->differ;

	if (ok) {
		printf("%s: as it says (%u packets in, %u out, %u calls)\n",
		       file, r->sent, r->seen, r->calls);
	} else if (r->mistake) {
		fflush(stdout);
		(void)cli_bad("%s:%u: %s", file, r->line, why);
	} else if (!d->expected[0]) {
		printf("%s:%u: %s\n", file, r->line, why);
	} else {
		printf("%s:%u: %s\n  expected             %s\n"
		       "  sent  %12.6f   %s\n", file, r->line, d->how,
		       d->expected, d->at, d->is);
	}
}

static void one(void *ctx, const char *file)
{
	struct scripts *s = ctx;
	FILE *pcap = s->pcap ? fopen(s->pcap, "wb") : NULL;
	char why[1200] = "";
	const char *text;
	struct pkt_result r;
	bool ok;

	if (s->pcap && !pcap) {
		s->mistakes += cli_bad("%s: %s", s->pcap, strerror(errno)) > 0;
		return;
	}
	s->pcap = NULL;              /* it goes with the first script */
	ok = pkt_run(file, s->drivers, pcap, &r, why, sizeof(why));
	text = strstr(why, ": ") ? strstr(why, ": ") + 2 : why; /* no line */
	s->ran++;
	s->mistakes += !ok && r.mistake;
	s->differ += !ok && !r.mistake;
	progress_end(&s->progress);
	(s->json ? report_json : report_text)(file, ok, &r, text);
	progress_at(&s->progress, s->ran, s->differ + s->mistakes);
}

static void count(void *ctx, const char *file)
{
	struct scripts *s = ctx;

	(void)file;
	s->all++;
}

static int script(void *mine, int n, char *const *operand)
{
	struct scripts *s = mine;
	char path[1024];

	s->drivers = cmd_drivers(s->drivers, path, sizeof(path));
	for (int i = 0; i < n; i++)
		if (!pkt_each(operand[i], count, s))
			return cli_bad("%s: there is no *.pkt below it",
				       operand[i]);
	progress_begin(&s->progress, "scripts", s->all, s->quiet);
	for (int i = 0; i < n; i++)
		(void)pkt_each(operand[i], one, s);
	progress_end(&s->progress);
	if (s->all > 1)
		fprintf(s->json ? stderr : stdout, "%u scripts, %u not as they "
			"say, %u with a mistake\n", s->ran, s->differ,
			s->mistakes);
	return s->mistakes ? CLI_BAD : s->differ ? CLI_WRONG : CLI_OK;
}

static const struct cli_option options[] = {
	{ "pcap", "FILE", "the frames of the first script",
	  CLI_TO(TEXT, struct scripts, pcap) },
	{ "json", NULL, "one object a line for each script",
	  CLI_TO(SWITCH, struct scripts, json) },
	{ "quiet", NULL, "no progress on the terminal",
	  CLI_TO(SWITCH, struct scripts, quiet) },
	CMD_DRIVERS(struct scripts, drivers),
};

static const struct cli_example examples[] = {
	{ "refstack script tests/pkt/tcp-handshake", "all *.pkt below a folder" },
	{ "refstack script active.pkt --pcap active.pcap",
	  "one, and what was on the wire, for tshark" },
};

const struct cli_command cmd_script = {
	.name = "script", .operands = "FILE|FOLDER...",
	.summary = "packet scripts: segments and socket calls, line by line",
	.help = "Runs packet scripts: what comes in, which calls are made, and "
		"what has to go out.\ntests/pkt/README.md has their language. "
		"What is not as a script says is shown with\nits line, the "
		"segment that was expected and the one that was sent.\n\n"
		"Exit code 1: a machine did something else; 2: a script has a "
		"mistake. With --json: an\nobject refstack.script/1 for each, "
		"see docs/refstack-script.schema.json.",
	.options = options, .noptions = sizeof(options) / sizeof(*options),
	.examples = examples,
	.nexamples = sizeof(examples) / sizeof(*examples),
	.min = 1, .max = -1, .size = sizeof(struct scripts), .run = script,
};
