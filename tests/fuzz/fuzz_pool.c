// SPDX-License-Identifier: Apache-2.0
/*
 * Pool: a crash dump ("PAGE…") with its tables and pages, judged; anything
 * else is a page of pool by the layout that the first byte picks, and memory
 * to search for the tags that follow.
 */
#include "fuzz.h"
#include "triage/poolwatch.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	u32 machine, build;
} layouts[] = {
	{ NTR_MACHINE_X86, 1057 }, { NTR_MACHINE_X86, 2600 },
	{ NTR_MACHINE_X86, 7601 }, { NTR_MACHINE_AMD64, 3790 },
	{ NTR_MACHINE_AMD64, 7601 }, { NTR_MACHINE_AMD64, 19041 },
};

static void one_page(const uint8_t *data, size_t size)
{
	struct ntr_pool_form f;
	struct ntr_pool_check c;
	struct ntr_pool_block b;
	unsigned k = data[0] % 6;
	u8 *page = calloc(1, NTR_POOL_PAGE), *own = malloc(size);
	u32 tags[8];

	if (!page || !own ||
	    ntr_pool_form_of(layouts[k].machine, layouts[k].build, &f, NULL))
		abort();
	memcpy(own, data, size);
	memcpy(page, data + 1, size - 1 < NTR_POOL_PAGE ? size - 1 :
							  NTR_POOL_PAGE);
	ntr_pool_page_check(&f, page, &c);
	if ((c.verdict == NTR_POOL_PAGE_GOOD) != ntr_pool_page_good(&f, page) ||
	    (ntr_pool_pages_good(&f, page, 1, 0) == 1) !=
		    ntr_pool_page_good(&f, page))
		abort();
	for (u32 at = 0; at < NTR_POOL_PAGE; at += 12)
		if (ntr_pool_block_of(&f, page, at, &b) &&
		    (b.off > at || at - b.off >= b.size))
			abort();
	for (unsigned i = 0; i < 8; i++)
		memcpy(&tags[i], page + 4 + 16 * i, 4);
	(void)ntr_pool_find_tags(&f, own, size, tags, 1 + size % 8, NULL, NULL);
	free(own);
	free(page);
}

/* Ranges of a damaged dump may span the whole address space. */
static bool small(const struct ntr_pool *p)
{
	for (unsigned k = 0; k < 2; k++)
		if (p->end[k].known && p->start[k].known &&
		    p->end[k].v - p->start[k].v > UINT64_C(256) << 20)
			return false;
	return true;
}

static void use(struct ntr_target *t)
{
	struct ntr_poolwatch w;
	struct ntr_pool_walk n;
	struct ntr_pool_at a;
	struct ntr_pool *p;

	if (ntr_pool_open(&p, t, NULL))
		return;
	if (small(p)) {
		(void)!ntr_pool_walk(p, NTR_NONPAGED, true, NULL, NULL, &n,
				     NULL);
		(void)!ntr_pool_of(p, p->start[0].v + 0x100, &a, NULL);
		if (ntr_poolwatch(p, NULL, true, &w, NULL) == NTR_OK)
			ntr_poolwatch_fini(&w);
	}
	ntr_pool_close(p);
}

static void one_dump(const uint8_t *data, size_t size)
{
	struct ntr_open_opts opts = { .max_unpacked = 1u << 22 };
	int fd = ntr_fuzz_fd(data, size);
	struct ntr_target *t;
	struct ntr_dump *d;
	struct ntr_file *f;

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", NULL) ||
	    ntr_dump_open_file(&d, f, &opts, NULL))
		return;
	if (ntr_target_open(&t, d, NULL) == NTR_OK) {
		use(t);
		ntr_target_close(t);
	}
	ntr_dump_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (size > 4 && !memcmp(data, "PAGE", 4))
		one_dump(data, size);
	else
		one_page(data, size);
	return 0;
}
