// SPDX-License-Identifier: Apache-2.0
/*
 * All the damage of a dump in one list: links of kernel lists, headers of pool,
 * code that is not what its file says, stack cookies.  Each item says what stood
 * there and what should, as far as that is known, and in how many bits the two
 * differ: one bit is what bad memory does.
 *
 * What could not be looked at has a reason, so that an empty list is not taken
 * for health.  A further kind is a line in NTR_DAMAGE_KINDS and a function in
 * corruption.c; a further list is a row of lists[] there.
 */
#ifndef NTR_CORRUPTION_H
#define NTR_CORRUPTION_H

#include "../base/arena.h"
#include "../kobj/pool.h"
#include "cookie.h"

#define NTR_DAMAGE_KINDS(X)          \
	X(LIST, "list link")         \
	X(POOL, "pool header")       \
	X(CODE, "code")              \
	X(COOKIE, "stack cookie")
enum ntr_damage_kind {
#define NTR_DAMAGE_ENUM(n, t) NTR_DAMAGE_##n,
	NTR_DAMAGE_KINDS(NTR_DAMAGE_ENUM)
#undef NTR_DAMAGE_ENUM
	NTR_DAMAGE_COUNT
};
const char *ntr_damage_kind_name(enum ntr_damage_kind k);

#define NTR_DAMAGE_MAX 1024u

struct ntr_damage {
	enum ntr_damage_kind kind;
	u64 address;
	bool has_found, has_expected;
	u64 found, expected;
	unsigned bits;         /* that differ; with has_expected */
	bool one_bit;
	unsigned bit;
	const char *neighbour; /* what lies beside it, or whose it is; NULL */
	const char *text;      /* a sentence */
};

/* A page of pool with a wrong header. */
struct ntr_pool_damage {
	u64 va;
	unsigned kind;         /* NTR_NONPAGED, NTR_PAGED */
	struct ntr_pool_check check;
};

struct ntr_corruption_in {
	struct ntr_verdict *v;
	const struct ntr_pool_damage *pages; /* that a walk of pool found */
	size_t npages;
	u64 walked;                 /* pages it looked at */
	const char *pages_why;      /* why it could not; NULL */
	const struct ntr_cookies *cookies; /* NULL: cookies_why */
	const char *cookies_why;
};

struct ntr_corruption {
	NTR_VEC(struct ntr_damage); /* by kind, in the order found */
	u64 looked_at[NTR_DAMAGE_COUNT]; /* lists, pages, images, frames */
	const char *why[NTR_DAMAGE_COUNT]; /* why none was; NULL: some was */
	size_t one_bit;             /* items of one bit */
	bool cut;                   /* NTR_DAMAGE_MAX */
	struct ntr_arena arena;
};

/* Images are those of the stack and the kernel. NOMEM only. */
NTR_MUST enum ntr_st ntr_corruption(const struct ntr_corruption_in *in,
				    struct ntr_corruption *out,
				    struct ntr_err *e);
void ntr_corruption_fini(struct ntr_corruption *c);

#endif
