// SPDX-License-Identifier: Apache-2.0
/*
 * The packet scripts in tests/pkt (NTR_PKT: another folder, or one script): one
 * folder per behaviour, one result per script.  The first line of a script that
 * is not as the machine does it is told with what was expected and what there
 * was.
 */
#include "host/pkt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
	const char *root;
	char drivers[512];
	unsigned ran, failed, steps;
};

static void one(void *ctx, const char *file)
{
	struct tally *t = ctx;
	const char *name = file + strlen(t->root);
	struct pkt_result r;
	char why[1200];
	bool ok = pkt_run(file, t->drivers, NULL, &r, why, sizeof(why));

	while (*name == '/')
		name++;
	t->ran++;
	t->steps += r.seen + r.calls;
	if (ok && r.seen + r.calls == 0) {
		ok = false;
		strcpy(why, "the script looks at nothing");
	}
	t->failed += !ok;
	if (ok)
		printf("pass %s\n", *name ? name : file);
	else
		printf("fail %s: line %s\n", *name ? name : file, why);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *b = getenv("B"), *root = getenv("NTR_PKT");
	struct tally t = { .root = root ? root : "tests/pkt" };

	snprintf(t.drivers, sizeof(t.drivers), "%s/drivers",
		 b ? b : "build/dev");
	if (argc > 1)
		t.root = "";
	for (int i = 1; i < argc; i++)
		(void)pkt_each(argv[i], one, &t);
	if (argc < 2)
		(void)pkt_each(t.root, one, &t);
	printf("%u scripts, %u not as they say, %u steps looked at\n", t.ran,
	       t.failed, t.steps);
	if (!t.ran)
		printf("fail none: no script in %s\n", t.root);
	return t.failed || !t.ran;
}
