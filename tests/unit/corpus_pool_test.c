// SPDX-License-Identifier: Apache-2.0
/*
 * Pool over every real kernel dump of the corpus.  They are triage dumps,
 * which hold no pool: nothing may be invented, and every number that is not
 * there says why.
 */
#include "triage/poolwatch.h"

#include "facts.h"

static void check_pool(struct ntr_target *t)
{
	struct ntr_pool_walk n;
	struct ntr_poolwatch w;
	struct ntr_pool *p;
	struct ntr_err e = { "" };

	CHECK_EQ(ntr_pool_open(&p, t, &e), NTR_OK);
	CHECK(p->has_form || p->form_why);
	CHECK_EQ(p->tags.n, 0);
	CHECK(p->tags_why != NULL);
	CHECK_EQ(p->bigs.n, 0);
	CHECK(p->bigs_why != NULL);
	for (unsigned k = 0; k < 2; k++) {
		CHECK(p->limit[k].known || p->limit[k].why);
		CHECK(p->start[k].known || p->start[k].why);
		CHECK(p->end[k].known || p->end[k].why);
		if (ntr_pool_walk(p, k, false, NULL, NULL, &n, &e) == NTR_OK)
			CHECK_EQ(n.damaged, 0);
		else
			CHECK(e.msg[0] != 0);
	}
	CHECK_EQ(ntr_poolwatch(p, NULL, true, &w, &e), NTR_OK);
	CHECK_EQ(w.tags.n, 0);
	CHECK_EQ(w.usage[0].pressure, NTR_POOL_PRESSURE_UNKNOWN);
	CHECK(w.usage[0].why != NULL);
	ntr_poolwatch_fini(&w);
	ntr_pool_close(p);
}

static void kernel_dumps(void)
{
	char path[4096];
	struct facts f;
	unsigned opened = 0;

	if (!facts_open(&f))
		SKIP("the corpus is not there");
	while (facts_next(&f)) {
		struct ntr_target *t;
		struct ntr_dump *d;
		struct ntr_err e;

		if (!find_dump(f.col[FACT_FILE], path, sizeof(path)) ||
		    strncmp(f.col[FACT_SIG], "PAGEDU", 6))
			continue;
		CHECK_EQ(ntr_dump_open(&d, path, NULL, &e), NTR_OK);
		CHECK_EQ(ntr_target_open(&t, d, &e), NTR_OK);
		check_pool(t);
		if (test_.bad)
			printf("# %s\n", path);
		opened++;
		ntr_target_close(t);
		ntr_dump_close(d);
	}
	CHECK(opened >= 15);
}

/* Memory of a Linux guest, and a process: neither has NT's pool. */
static void not_nt(void)
{
	static const char *const files[] = {
		"vmcore_made_with_qemu/vm_kaslr.kdump-zlib",
		"vmcore_made_with_qemu/vm_kaslr.elf.xz",
	};
	char path[4096];

	for (size_t i = 0; i < 2; i++) {
		struct ntr_target *t;
		struct ntr_dump *d;

		if (!test_corpus(files[i], path, sizeof(path)))
			SKIP("the corpus is not there");
		CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
		CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
		check_pool(t);
		ntr_target_close(t);
		ntr_dump_close(d);
	}
}

int main(void)
{
	RUN(kernel_dumps);
	RUN(not_nt);
	return test_done();
}
