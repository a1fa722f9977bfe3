// SPDX-License-Identifier: Apache-2.0
/*
 * Rules: loading and linking 10,000 generated ones (the floor is reading their
 * bytes once), and judging a small dump by 10,000 of them (the floor is judging
 * it by the first 10). With the dump's own reading, as a scan does it, and
 * without.
 */
#include "../../kdtools/forge/forge.h"
#include "base/strbuf.h"
#include "bench.h"
#include "facts/facts.h"
#include "lang/sig.h"

#define MANY 10000u
#define FEW 10u
#define REPEATS 7
#define DUMPS 50

static const unsigned codes[] = {
	0xd1, 0x0a, 0x50, 0x1e, 0x7e, 0x7f, 0x8e, 0xc2, 0xc5, 0x19, 0x24, 0x3b,
	0x9f, 0xc4, 0xe2, 0x101, 0x116, 0x124, 0x133, 0x139,
};

/* Most name a stop and a driver, some only the one or the other. */
static void rule(struct ntr_str *s, unsigned i)
{
	unsigned code = codes[i % (sizeof(codes) / sizeof(*codes))];

	ntr_str_printf(s, "signature R%05u {\n"
		"    title     \"Driver %u fails in its %uth way\"\n"
		"    class     stop\n    severity  high\n    status    stable\n"
		"    component \"drv%u.sys\"\n    article   \"KB%u\"\n"
		"    fixed     \"drv%u.sys\" x64 version 6.1.7601.%u\n"
		"    on dump {\n", i, i % 3000, i, i % 3000, 900000 + i,
		i % 3000, i % 60000);
	if (i % 10 != 9)
		ntr_str_printf(s, "        require bugcheck.code %s0x%x%s and "
			"bugcheck.p4 != %u\n", i % 4 ? "== " : "in [", code,
			i % 4 ? "" : ", 0xfe]", i);
	if (i % 100 != 98)
		ntr_str_printf(s, "        require module[\"drv%u.sys\"].date < "
			"2015-0%u-12\n", i % 3000, 1 + i % 9);
	ntr_str_printf(s, "        require any f in stack.frames where f.module "
		"== \"drv%u\" and f.offset > 0x%x\n"
		"        support weight 3 blame.module == \"drv%u\"\n"
		"        exclude module[\"drv%u.sys\"].at_least_fixed\n"
		"    }\n", i % 3000, i, i % 3000, i % 3000);
	ntr_str_printf(s, "    say       \"Driver %u of {module[\\\"drv%u.sys\\\"]"
		".date:date} was on the stack of {stack.used:bytes}.\"\n"
		"    do        \"Install KB%u.\"\n"
		"    test fires \"plain\" {\n        machine x64 10\n"
		"        stop 0x%x\n        module \"drv%u.sys\"\n    }\n}\n\n",
		i, i % 3000, 900000 + i, code, i % 3000);
}

static void load(struct sig_set **set, const char *text, size_t len)
{
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };

	if (sig_set_new(set, &e) ||
	    sig_load_text(*set, text, len, "rules.sig", &d, &e) ||
	    sig_link(*set, &d, &e) || d.errors) {
		fprintf(stderr, "bench_sig: %s %s\n", e.msg,
			d.n ? d.v[0].text : "");
		exit(1);
	}
	sig_diags_free(&d);
}

static double read_once(const char *text, size_t len)
{
	volatile unsigned sum = 0;
	double t = bench_cpu();
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += (unsigned char)text[i];
	sum = n;
	(void)sum;
	return bench_cpu() - t;
}

static struct sig_set *loading(const char *text, size_t len)
{
	struct sig_set *set = NULL;
	double best = 1e9, floor = 1e9, t;

	for (int i = 0; i < REPEATS; i++) {
		sig_set_free(set);
		t = bench_cpu();
		load(&set, text, len);
		t = bench_cpu() - t;
		best = t < best ? t : best;
		t = read_once(text, len);
		floor = t < floor ? t : floor;
	}
	bench_line("sig_load_10000", best * 1e3, "ms", floor * 1e3,
		   best / floor);
	return set;
}

/* Seconds of one dump; of judging alone in *judge. */
static double dump(const char *path, const struct sig_set *set, double *judge)
{
	struct sig_results *r = NULL;
	struct ntr_facts *f = NULL;
	struct ntr_target *t = NULL;
	struct ntr_dump *d = NULL;
	double from = bench_cpu(), mid;
	struct ntr_err e = { "" };
	struct ntr_fact v;

	if (ntr_dump_open(&d, path, NULL, &e) || ntr_target_open(&t, d, &e) ||
	    ntr_facts_new(&f, t, NULL, &e) ||
	    ntr_fact_get(f, "stack.frames", &v, &e)) {
		fprintf(stderr, "bench_sig: %s\n", e.msg);
		exit(1);
	}
	mid = bench_cpu();
	if (sig_judge(set, f, NULL, &r, &e)) {
		fprintf(stderr, "bench_sig: %s\n", e.msg);
		exit(1);
	}
	*judge = bench_cpu() - mid;
	sig_results_free(r);
	ntr_facts_free(f);
	ntr_target_close(t);
	ntr_dump_close(d);
	return bench_cpu() - from;
}

static void best_of(const char *path, const struct sig_set *set, double *whole,
		    double *judge)
{
	*whole = *judge = 1e9;
	for (int i = 0; i < DUMPS; i++) {
		double j, w = dump(path, set, &j);

		*whole = w < *whole ? w : *whole;
		*judge = j < *judge ? j : *judge;
	}
}

static void judging(const struct sig_set *many, const struct sig_set *few)
{
	double whole[2], judge[2];
	struct ntr_err e = { "" };
	char path[256];

	bench_path(path, "bench_sig.dmp");
	if (forge_file("tests/fixtures/bench-triage.forge", path, NULL, NULL,
		       &e)) {
		fprintf(stderr, "bench_sig: %s\n", e.msg);
		exit(1);
	}
	best_of(path, few, &whole[0], &judge[0]);
	best_of(path, many, &whole[1], &judge[1]);
	bench_line("sig_dump_10000_rules", whole[1] * 1e6, "us", whole[0] * 1e6,
		   whole[1] / whole[0]);
	bench_line("sig_judge_10000_rules", judge[1] * 1e6, "us",
		   judge[0] * 1e6, judge[1] / judge[0]);
	unlink(path);
}

int main(void)
{
	struct ntr_str text = { 0 };
	struct sig_set *many, *few;
	size_t ten = 0;

	for (unsigned i = 0; i < MANY; i++) {
		rule(&text, i);
		if (i + 1 == FEW)
			ten = text.len;
	}
	if (text.lost)
		return 1;
	many = loading(text.s, text.len);
	load(&few, text.s, ten);
	judging(many, few);
	sig_set_free(many);
	sig_set_free(few);
	ntr_str_fini(&text);
	return 0;
}
