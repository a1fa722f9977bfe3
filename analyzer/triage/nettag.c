// SPDX-License-Identifier: Apache-2.0
#include "nettag.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
	const struct ntr_net_tag *x = a, *y = b;
	u64 i = ntr_net_tag_bytes(x), k = ntr_net_tag_bytes(y);

	if (i != k)
		return i < k ? 1 : -1;
	return x->row->tag < y->row->tag ? -1 : x->row->tag > y->row->tag;
}

enum ntr_st ntr_net_tags(const struct ntr_pool *p, struct ntr_net_tags *out,
			 struct ntr_err *e)
{
	struct ntr_net_tags r = { { NULL, 0, 0 } };

	for (size_t i = 0; i < p->tags.n; i++) {
		const struct ntr_tag_info *info =
			ntr_tag_lookup(p->tags.v[i].tag);
		enum ntr_net_part part = info && info->module ?
					 ntr_net_image_part(info->module) :
					 NTR_NET_NPARTS;
		struct ntr_net_tag *x;

		if (part == NTR_NET_NPARTS)
			continue;
		x = ntr_vec_add(&r.t);
		if (!x) {
			ntr_net_tags_fini(&r);
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		}
		*x = (struct ntr_net_tag){ &p->tags.v[i], info, part };
	}
	if (r.t.n)
		qsort(r.t.v, r.t.n, sizeof(r.t.v[0]), by_bytes);
	*out = r;
	return NTR_OK;
}

void ntr_net_tags_fini(struct ntr_net_tags *t)
{
	ntr_vec_fini(&t->t);
}
