// SPDX-License-Identifier: Apache-2.0
/* A TPI stream and its hash stream: two bytes, how long the hash stream is,
 * then it, then the types. Every question, text and paths too. */
#include "fuzz.h"
#include "sym/tpi.h"
#include "sym/type_text.h"

#include <stdlib.h>

#define TYPES_MAX 300u   /* asked about */
#define MEMBERS_MAX 300u /* of each */

static struct ntr_tpi *tpi_of(struct ntr_symsrc *s)
{
	return s->priv;
}
static enum ntr_st src_named(struct ntr_symsrc *s, const char *name, u64 *id,
			     struct ntr_err *e)
{
	return ntr_tpi_named(tpi_of(s), name, id, e);
}
static enum ntr_st src_type(struct ntr_symsrc *s, u64 id, struct ntr_type *out,
			    struct ntr_err *e)
{
	return ntr_tpi_type(tpi_of(s), id, out, e);
}
static enum ntr_st src_members(struct ntr_symsrc *s, u64 id,
			       ntr_type_member_fn *fn, void *ctx,
			       struct ntr_err *e)
{
	return ntr_tpi_members(tpi_of(s), id, fn, ctx, e);
}
static const struct ntr_symsrc_ops ops = {
	.name = "tpi", .descr = "types", .type_named = src_named,
	.type = src_type, .members = src_members,
};

struct ask {
	struct ntr_symsrc *s;
	unsigned members, names;
};

static bool on_member(void *ctx, const struct ntr_type_member *m)
{
	struct ask *a = ctx;
	char text[64];
	size_t n = ntr_member_text(a->s, m, text, sizeof(text));

	if (n >= sizeof(text) || text[n])
		abort();
	return ++a->members < MEMBERS_MAX;
}

static bool on_name(void *ctx, const char *name, u64 id)
{
	struct ask *a = ctx;
	struct ntr_type_hit h;
	struct ntr_type t;
	u64 again;

	if (ntr_symsrc_type_named(a->s, name, &again, NULL) == NTR_OK &&
	    ntr_symsrc_type(a->s, again, &t, NULL) == NTR_OK &&
	    t.declared_only)
		abort(); /* a name leads to a body */
	(void)!ntr_symsrc_type(a->s, id, &t, NULL);
	if (a->names < 8) /* each may look through 2^17 members */
		(void)!ntr_symsrc_hit(a->s, name, "Next.Next", &h, NULL);
	(void)!ntr_symsrc_hit(a->s, name, "@size", &h, NULL);
	return ++a->names < TYPES_MAX;
}

static void ask_all(struct ntr_tpi *t)
{
	struct ntr_symsrc s = { .ops = &ops, .priv = t };
	struct ask a = { .s = &s };
	struct ntr_err e;

	for (uint32_t i = 0; i < t->n && i < TYPES_MAX; i++) {
		struct ntr_type_member m = { .type = t->first + i };

		a.members = 0;
		on_member(&a, &m);
		(void)!ntr_tpi_members(t, m.type, on_member, &a, &e);
	}
	(void)!ntr_tpi_each(t, on_name, &a, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t hash;
	struct ntr_tpi t;

	if (size < 2)
		return 0;
	hash = (size_t)(data[0] | data[1] << 8);
	data += 2;
	size -= 2;
	if (hash > size)
		hash = size;
	if (ntr_tpi_open(&t, ntr_bin_of(data + hash, size - hash, "fuzz", 0),
			 NULL))
		return 0;
	ntr_tpi_hash(&t, ntr_bin_of(data, hash, "hash", 0));
	ask_all(&t);
	ntr_tpi_fini(&t);
	return 0;
}
