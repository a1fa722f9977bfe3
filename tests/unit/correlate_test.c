// SPDX-License-Identifier: Apache-2.0
/* Buckets over many dumps: counts, families by their stacks, what a bucket has
 * that the rest has not, and that chance is not reported. */
#include "../../kdtools/store/correlate.h"
#include "results_random.h"

#include <math.h>

static struct correlate *corr;
static const struct correlate_result *res;

static void begin(void)
{
	CHECK_EQ(correlate_new(&corr), NTR_OK);
}

static void finish(u32 support)
{
	struct correlate_opts o = { .min_support = support };

	CHECK_EQ(correlate_finish(corr, &o, &res), NTR_OK);
}

static void add(const char *bucket, const char *modules, const char *frames,
		s64 time)
{
	struct results_dump d = { .path = "x", .bucket = bucket,
				  .modules = modules, .frames = frames,
				  .crash_time = time };

	CHECK_EQ(correlate_add(corr, &d), NTR_OK);
}

/* Exact values: choose(5,3)*choose(5,2)/choose(10,5) = 100/252 and so on. */
static void chance(void)
{
	CHECK(fabs(correlate_chance(3, 5, 5, 10) - 126.0 / 252) < 1e-12);
	CHECK(fabs(correlate_chance(4, 5, 5, 10) - 26.0 / 252) < 1e-12);
	CHECK(fabs(correlate_chance(5, 5, 5, 10) - 1.0 / 252) < 1e-12);
	CHECK(fabs(correlate_chance(0, 5, 5, 10) - 1) < 1e-12);
	CHECK(correlate_chance(6, 5, 5, 10) == 0);
	/* scipy.stats.fisher_exact([[55,2],[8,55]], 'greater') */
	CHECK(correlate_chance(55, 57, 63, 120) < 1e-20);
	CHECK(correlate_chance(100000, 100000, 100000, 200000) >= 0);
}

static void counts(void)
{
	begin();
	add("A", NULL, NULL, 50);
	add("B", NULL, NULL, 0);
	add("A", NULL, NULL, 20);
	add("A", NULL, NULL, 0);
	add(NULL, NULL, NULL, 7);
	add("C", NULL, NULL, 9);
	finish(0);
	CHECK_EQ(res->rows, 5);
	CHECK_EQ(res->no_bucket, 1);
	CHECK_EQ(res->nbuckets, 3);
	CHECK_STR(res->bucket[0].name, "A");
	CHECK_EQ(res->bucket[0].dumps, 3);
	CHECK_EQ(res->bucket[0].first, 20);
	CHECK_EQ(res->bucket[0].last, 50);
	CHECK_EQ(res->bucket[0].no_time, 1);
	CHECK_STR(res->bucket[1].name, "B"); /* as many as C: by name */
	CHECK_EQ(res->bucket[1].first, 0);
	CHECK_EQ(res->bucket[0].ncorrelations, 0);
	correlate_free(corr);
}

/* "tcpip.sys older than 1999-02-04 in 97 % of this bucket, 12 % elsewhere":
 * 97 of 100 and 12 of 100, of 30 more it is not known. */
static void older(void)
{
	const struct correlation *x;

	begin();
	for (int i = 0; i < 100; i++)
		add("A", i < 97 ? "\ntcpip.sys 1998-05-01 ?\n" :
		    "\ntcpip.sys 1999-02-04 ?\n", NULL, 0);
	for (int i = 0; i < 100; i++)
		add("B", i < 12 ? "\nTCPIP.SYS 1997-01-01 ?\n" :
		    i < 50 ? "\ntcpip.sys 1999-02-04 ?\nafd.sys ? ?\n" :
			     "\nntoskrnl.exe 1996-01-01 4.0\n", NULL, 0);
	for (int i = 0; i < 10; i++)
		add("A", "\ntcpip.sys ? ?\n", NULL, 0);
	for (int i = 0; i < 20; i++)
		add("B", NULL, NULL, 0);
	finish(0);
	CHECK_EQ(res->bucket[1].dumps, 110);
	CHECK_STR(res->bucket[1].name, "A");
	CHECK(res->bucket[1].ncorrelations > 0);
	x = &res->bucket[1].correlation[0];
	CHECK_STR(x->text, "tcpip.sys older than 1999-02-04");
	CHECK_EQ(x->kind, CORR_OLDER);
	CHECK_EQ(x->in, 97);
	CHECK_EQ(x->in_known, 100);
	CHECK_EQ(x->in_unknown, 10);
	CHECK_EQ(x->out, 12);
	CHECK_EQ(x->out_known, 100);
	CHECK_EQ(x->out_unknown, 20);
	/* Where it is not: said of the other bucket in its own words. */
	CHECK_STR(res->bucket[0].name, "B");
	CHECK_STR(res->bucket[0].correlation[0].text, "ntoskrnl.exe is loaded");
	correlate_free(corr);
}

static void versions(void)
{
	begin();
	/* 5.0.10 is higher than 5.0.9. */
	for (int i = 0; i < 40; i++) {
		add("A", "\na.sys ? 5.0.9.0\n", NULL, 0);
		add("B", "\na.sys ? 5.0.10.0\n", NULL, 0);
	}
	finish(0);
	CHECK_EQ(res->bucket[0].ncorrelations, 1);
	CHECK_STR(res->bucket[0].correlation[0].text,
		  "a.sys below version 5.0.10.0");
	CHECK_STR(res->bucket[1].correlation[0].text,
		  "a.sys version 5.0.10.0 or higher");
	CHECK_EQ(res->bucket[1].correlation[0].in, 40);
	CHECK_EQ(res->bucket[1].correlation[0].out, 0);
	correlate_free(corr);
}

static void other_kinds(void)
{
	struct results_signature s = { .id = "Q1", .value = "fires" };
	struct results_signature u = { .id = "Q1", .value = "unknown" };
	const struct correlate_bucket *b;
	char all[400] = "";

	begin();
	for (int i = 0; i < 60; i++) {
		struct results_dump d = { .path = "x", .bucket = i < 30 ? "A" :
			"B", .machine = i < 30 ? "x86" : "x64", .os = i < 30 ?
			"4.0" : i < 40 ? NULL : "6.1", .process = i < 30 ?
			"A.exe" : "b.exe" };

		d.sig = i < 30 ? &s : &u;
		d.nsig = i < 40;
		CHECK_EQ(correlate_add(corr, &d), NTR_OK);
	}
	finish(0);
	b = &res->bucket[0];
	for (size_t i = 0; i < b->ncorrelations; i++)
		strcat(strcat(all, b->correlation[i].text), "|");
	CHECK_STR(all, "system 4.0|machine x86|process a.exe|signature Q1 fires|");
	CHECK_EQ(b->correlation[0].out_known, 20);
	CHECK_EQ(b->correlation[0].out_unknown, 10);
	CHECK_EQ(b->correlation[3].out_unknown, 10); /* it cannot tell */
	CHECK_EQ(b->correlation[3].out_known, 20);
	correlate_free(corr);
}

/* Below the support nothing is said, however clear it looks. */
static void too_few(void)
{
	for (u32 support = 4; support <= 6; support++) {
		begin();
		for (int i = 0; i < 5; i++)
			add("A", "\na.sys ? ?\n", NULL, 0);
		for (int i = 0; i < 60; i++)
			add("B", "\nb.sys ? ?\n", NULL, 0);
		finish(support);
		CHECK_EQ(res->bucket[1].ncorrelations, support <= 5);
		correlate_free(corr);
	}
	/* Two of two have it and nobody else: that is chance. */
	begin();
	for (int i = 0; i < 2; i++)
		add("A", "\na.sys ? ?\n", NULL, 0);
	for (int i = 0; i < 8; i++)
		add("B", "\nb.sys ? ?\n", NULL, 0);
	finish(1);
	CHECK_EQ(res->bucket[1].ncorrelations, 0);
	correlate_free(corr);
}

/* Modules, dates, systems that have nothing to do with the bucket: 40 rounds
 * of 300 dumps with 30 modules each; at most one false report is allowed
 * (the bound is 0.01 a round, so 0.4 are expected at the very most). */
static void noise_is_silent(void)
{
	unsigned reported = 0;

	for (int round = 0; round < 40; round++) {
		begin();
		for (int i = 0; i < 300; i++) {
			char m[2000] = "\n", one[60], bucket[8];

			for (int k = 0; k < 30; k++) {
				if (rr(2))
					continue;
				snprintf(one, sizeof(one), "m%d.sys 20%02u-0%u-11"
					 " 6.%u.1\n", k, 10 + rr(10), 1 + rr(9),
					 rr(20));
				strcat(m, one);
			}
			snprintf(bucket, sizeof(bucket), "B%u", rr(4));
			add(bucket, m, NULL, 0);
		}
		finish(0);
		for (size_t i = 0; i < res->nbuckets; i++)
			reported += (unsigned)res->bucket[i].ncorrelations;
		correlate_free(corr);
	}
	CHECK(reported <= 1);
}

#define TAIL "nt!A\nnt!B\nnt!C\nnt!D\nnt!E\nnt!F\nnt!G\nnt!H\n"

static void stacks(void)
{
	begin();
	for (int i = 0; i < 9; i++)
		add("A", NULL, "\na!One\n" TAIL, 0);
	for (int i = 0; i < 8; i++)
		add("B", NULL, "\nb!Two\nb!Three\n" TAIL, 0); /* 16 of 19 */
	for (int i = 0; i < 7; i++)
		add("C", NULL, "\nc!Other\nc!Way\nnt!A\n", 0);
	for (int i = 0; i < 6; i++) {
		struct results_dump d = { .path = "x", .bucket = "D",
			.stack_func = "f9", .stack_mod = "m9" };
		CHECK_EQ(correlate_add(corr, &d), NTR_OK);
	}
	for (int i = 0; i < 5; i++) {
		struct results_dump d = { .path = "x", .bucket = "E",
			.stack_func = "f9", .stack_mod = "m9" };
		CHECK_EQ(correlate_add(corr, &d), NTR_OK);
	}
	for (int i = 0; i < 4; i++) {
		struct results_dump d = { .path = "x", .bucket = "F",
			.stack_func = "f8", .stack_mod = "m9" };
		CHECK_EQ(correlate_add(corr, &d), NTR_OK);
	}
	finish(0);
	CHECK_EQ(res->bucket[0].nsimilar, 1);
	CHECK_STR(res->bucket[0].similar[0].bucket, "B");
	CHECK_EQ(res->bucket[0].similar[0].how, CORR_LIKE_FRAMES);
	CHECK_EQ(res->bucket[0].similar[0].percent, 84);
	CHECK_EQ(res->bucket[1].family, 0);
	CHECK_EQ(res->bucket[2].nsimilar, 0);
	CHECK_EQ(res->bucket[2].family, 2);
	CHECK_EQ(res->bucket[3].nsimilar, 2);
	CHECK_EQ(res->bucket[3].similar[0].how, CORR_SAME_FUNCTIONS);
	CHECK_STR(res->bucket[3].similar[0].bucket, "E");
	CHECK_EQ(res->bucket[3].similar[1].how, CORR_SAME_MODULES);
	CHECK_EQ(res->bucket[4].family, 3);
	CHECK_EQ(res->bucket[5].family, 5); /* the same modules are not enough */
	correlate_free(corr);
}

/* In any order of adding the same text. */
static void render(char *out, unsigned seed)
{
	unsigned order[200];

	for (unsigned i = 0; i < 200; i++)
		order[i] = i;
	for (unsigned i = 199; seed && i; i--) {
		unsigned k = rr(i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
	begin();
	for (unsigned i = 0; i < 200; i++) {
		unsigned n = order[i];
		char m[300];

		snprintf(m, sizeof(m), "\nz%u.sys 199%u-01-01 4.%u\nk.sys "
			 "199%u-02-0%u ?\n", n % 3, n % 7, n % 5, n % 4,
			 1 + n % 2);
		add(n % 4 ? n % 2 ? "A" : "B" : "C", m, n % 3 ? "\n" TAIL :
		    "\na!b\n" TAIL, n);
	}
	finish(0);
	*out = 0;
	for (size_t i = 0; i < res->nbuckets; i++) {
		const struct correlate_bucket *b = &res->bucket[i];

		sprintf(out + strlen(out), "%s %u %u\n", b->name, b->dumps,
			b->family);
		for (size_t k = 0; k < b->ncorrelations; k++)
			sprintf(out + strlen(out), " %s %u/%u\n",
				b->correlation[k].text, b->correlation[k].in,
				b->correlation[k].out);
	}
	correlate_free(corr);
}

static void any_order(void)
{
	static char first[8000], again[8000];

	render(first, 0);
	CHECK(strstr(first, "k.sys") != NULL);
	for (unsigned i = 1; i < 10; i++) {
		render(again, i);
		CHECK_STR(again, first);
	}
}

int main(void)
{
	RUN(chance);
	RUN(counts);
	RUN(older);
	RUN(versions);
	RUN(other_kinds);
	RUN(too_few);
	RUN(noise_is_silent);
	RUN(stacks);
	RUN(any_order);
	return test_done();
}
