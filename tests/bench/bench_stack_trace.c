// SPDX-License-Identifier: Apache-2.0
/*
 * What the tracer costs where nobody records: the pair link of bench_stack_net as
 * it is built, and built with the events compiled out (MODE=bare), one after the
 * other and again; the best of each.  Floor: without the events.
 */
#include "bench.h"

#define PAIRS 10
#define FIGURE "stack_pair_1mib"

/* One run of build's program; 0: it is not there. */
static double run(const char *build)
{
	char command[600], line[300];
	double v = 0;
	FILE *f;

	snprintf(command, sizeof(command), "B=%s %s/bench/bench_stack_net "
		 FIGURE, build, build);
	f = popen(command, "r");
	if (!f)
		bench_die("popen");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, FIGURE "\t", sizeof(FIGURE)))
			v = strtod(line + sizeof(FIGURE), NULL);
	pclose(f);
	return v;
}

int main(void)
{
	const char *b = getenv("B");
	double in = 0, out = 0, v;
	char bare[256];

	if (!b)
		b = "build/rel";
	snprintf(bare, sizeof(bare), "%.200s/../bare", b);
	for (int i = 0; i < PAIRS; i++) {
		v = run(bare);
		if (v <= 0) {
			printf("# bench_stack_trace: skipped: no MODE=bare "
			       "build/bare/bench/bench_stack_net\n");
			return 0;
		}
		out = v > out ? v : out;
		v = run(b);
		in = v > in ? v : in;
	}
	bench_line("stack_pair_traced", in, "Gbit/s", out, in / out);
	return 0;
}
