// SPDX-License-Identifier: Apache-2.0
/*
 * NDIS's own lists: adapters, protocols, and the bindings between them.  They
 * are private to ndis.sys: they can be read when its symbol file has both the
 * heads (ndisMiniportList, ndisProtocolList) and the types.  Without, the
 * reason names the file.
 *
 * Every member is bound by name; a list is followed up to its bound, and what
 * has been met ends it.
 */
#ifndef NTR_KOBJ_NDIS_H
#define NTR_KOBJ_NDIS_H

#include "target.h"

#define NTR_NDIS_MAX 1024u /* adapters, protocols; bindings of an adapter */

struct ntr_ndis_adapter {
	u64 va;
	char name[128];    /* "\DEVICE\{…}"; "" unknown */
	bool has_bindings; /* false: not known how to find them */
};
struct ntr_ndis_protocol {
	u64 va;
	char name[64];
};
struct ntr_ndis_binding {
	u64 va, adapter;
	u64 protocol;      /* 0 unknown */
};
struct ntr_ndis {
	struct { NTR_VEC(struct ntr_ndis_adapter); } adapters;
	struct { NTR_VEC(struct ntr_ndis_protocol); } protocols;
	struct { NTR_VEC(struct ntr_ndis_binding); } bindings;
	char adapters_why[200], protocols_why[200], bindings_why[200];
};

/* What is lacking is in the whys. Only NOMEM fails. */
NTR_MUST enum ntr_st ntr_ndis_read(struct ntr_target *t, struct ntr_ndis *out,
				   struct ntr_err *e);
/* The same with given types and list heads (0: not known). */
NTR_MUST enum ntr_st ntr_ndis_read_with(struct ntr_target *t,
					const struct ntr_types *y,
					u64 adapters, u64 protocols,
					struct ntr_ndis *out,
					struct ntr_err *e);
void ntr_ndis_fini(struct ntr_ndis *n);

#endif
