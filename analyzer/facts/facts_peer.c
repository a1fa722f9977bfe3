// SPDX-License-Identifier: Apache-2.0
/*
 * Internet addresses near NetBT: on the stack of the stop, then in NetBT's
 * blocks of nonpaged pool.  Where its structures keep the peer of a session is
 * not public; the form in which TDI hands addresses on is.
 */
#include "facts_int.h"

#include <stdio.h>

#define MAX_STACK (64u << 10)

enum { LIST, ADDRESS, IP, PORT, TAG, TEXT };

static bool from_stack(struct ntr_facts *f)
{
	const char *why;
	const struct ntr_verdict *v = ntr_facts_verdict(f, &why);
	const struct ntr_overflow *o = v ? &v->overflow : NULL;

	if (!o || !o->sp || o->base <= o->sp || o->base - o->sp > MAX_STACK)
		return true;
	return ntr_tdi_addresses_add(&f->peers, f->t, o->sp & ~UINT64_C(3),
				     o->base - (o->sp & ~UINT64_C(3)), 0);
}

/* In what a scan of NetBT's blocks found. */
static bool from_pool(struct ntr_facts *f)
{
	const struct ntr_nbt_scan *s = ntr_facts_nbt(f, &f->peers_why);

	for (size_t i = 0; s && i < s->addresses.n; i++) {
		struct ntr_tdi_address *a = ntr_vec_add(&f->peers);

		if (!a)
			return false;
		*a = s->addresses.v[i];
	}
	if (s && *s->why)
		f->peers_why = s->why;
	return true;
}

static void find(struct ntr_facts *f)
{
	if (!from_stack(f) || !from_pool(f))
		f->peers_why = "memory was short";
}

static void get_text(struct ntr_facts *f, const struct ntr_tdi_address *a,
		     int arg, struct ntr_fact *out)
{
	char ip[16], tag[5];

	snprintf(ip, sizeof(ip), "%u.%u.%u.%u", a->ip >> 24, a->ip >> 16 & 255,
		 a->ip >> 8 & 255, a->ip & 255);
	if (a->tag)
		ntr_pool_tag_text(a->tag, tag);
	if (arg == IP)
		ntr_fact_str(out, ntr_facts_text(f, "%s", ip), NULL);
	else if (arg == TAG && a->tag)
		ntr_fact_str(out, ntr_facts_text(f, "%s", tag), NULL);
	else if (arg == TAG)
		ntr_fact_none(out, "it is on the stack");
	else if (a->tag)
		ntr_fact_str(out, ntr_facts_text(f, "%s port %u (in a block %s)",
						 ip, a->port, tag), NULL);
	else
		ntr_fact_str(out, ntr_facts_text(f, "%s port %u (on the stack)",
						 ip, a->port), NULL);
}

static void get(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		struct ntr_fact *out)
{
	const struct ntr_tdi_address *a;

	if (!(f->made & NTR_FACTS_PEERS)) {
		f->made |= NTR_FACTS_PEERS;
		find(f);
	}
	if (arg == LIST) {
		ntr_fact_n_if(out, f->peers.n || !f->peers_why, f->peers.n,
			      f->peers_why);
		return;
	}
	a = &f->peers.v[at->index[0]];
	if (arg == ADDRESS)
		ntr_fact_n(out, a->va);
	else if (arg == PORT)
		ntr_fact_n(out, a->port);
	else
		get_text(f, a, arg, out);
}

static const struct ntr_fact_row rows[] = {
	{ "netbt.peers", NTR_FT_LIST, NULL, "Internet addresses on the stack of "
	  "the stop and in NetBT's blocks; this machine's own are among them.",
	  get, LIST },
	{ "netbt.peers[]", NTR_FT_RECORD, NULL, "Such an address.", NULL, 0 },
	{ "netbt.peers[].address", NTR_FT_ADDRESS, NULL, "Where it lies.", get,
	  ADDRESS },
	{ "netbt.peers[].ip", NTR_FT_STRING, NULL, "It, as 192.0.2.1.", get,
	  IP },
	{ "netbt.peers[].port", NTR_FT_INT, NULL, "Its port; 0 when none is "
	  "set.", get, PORT },
	{ "netbt.peers[].tag", NTR_FT_STRING, "tag", "Tag of the block it lies "
	  "in.", get, TAG },
	{ "netbt.peers[].text", NTR_FT_STRING, NULL, "It in words.", get, TEXT },
};

const struct ntr_fact_part ntr_fact_part_peer = {
	"NetBIOS peers", "Whom NetBT talked to.", rows, NTR_COUNT(rows),
};
