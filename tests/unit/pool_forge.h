// SPDX-License-Identifier: Apache-2.0
/* A scenario as an open target with its pool, for the tests of pool. */
#ifndef NTR_TEST_POOL_FORGE_H
#define NTR_TEST_POOL_FORGE_H

#include "../../kdtools/forge/forge.h"
#include "fmt_open.h"
#include "kobj/pool.h"
#include "kobj/symbols.h"

struct forged {
	struct ntr_dump *d;
	struct ntr_target *t;
	struct ntr_pool *p;
};

static inline struct forged forged_open(const char *text)
{
	struct forged f = { 0 };
	struct ntr_err e = { "" };
	uint8_t *bytes = NULL;
	size_t n = 0;

	CHECK_STR(forge_text(text, "test", "full", 400u << 20, &bytes, &n, NULL,
			     &e) ? e.msg : "", "");
	if (!bytes)
		return f;
	f.d = open_bytes(bytes, n);
	free(bytes);
	CHECK(f.d != NULL);
	if (!f.d)
		return f;
	CHECK_STR(ntr_target_open(&f.t, f.d, &e) ? e.msg : "", "");
	if (f.t)
		CHECK_STR(ntr_pool_open(&f.p, f.t, &e) ? e.msg : "", "");
	return f;
}

static inline void forged_close(struct forged *f)
{
	ntr_pool_close(f->p);
	if (f->t)
		ntr_target_close(f->t);
	if (f->d)
		ntr_dump_close(f->d);
}

/* "AfdB" as a number. */
static inline uint32_t tag4(const char *s)
{
	return (uint32_t)(uint8_t)s[0] | (uint32_t)(uint8_t)s[1] << 8 |
	       (uint32_t)(uint8_t)s[2] << 16 | (uint32_t)(uint8_t)s[3] << 24;
}

#endif
