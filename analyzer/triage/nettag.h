// SPDX-License-Identifier: Apache-2.0
/*
 * Pool of the network stack: the tags of a machine that belong to one of its
 * drivers, by what is known about tags (pooltag.h).
 */
#ifndef NTR_NETTAG_H
#define NTR_NETTAG_H

#include "../kobj/netstack.h"
#include "pooltag.h"

struct ntr_net_tag {
	const struct ntr_pool_tag *row;  /* in the pool's table */
	const struct ntr_tag_info *info;
	enum ntr_net_part part;
};
struct ntr_net_tags {
	struct { NTR_VEC(struct ntr_net_tag); } t; /* most bytes first */
};

static inline u64 ntr_net_tag_bytes(const struct ntr_net_tag *t)
{
	return t->row->bytes[NTR_NONPAGED] + t->row->bytes[NTR_PAGED];
}

NTR_MUST enum ntr_st ntr_net_tags(const struct ntr_pool *p,
				  struct ntr_net_tags *out, struct ntr_err *e);
void ntr_net_tags_fini(struct ntr_net_tags *t);

#endif
