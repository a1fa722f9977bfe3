// SPDX-License-Identifier: Apache-2.0
/*
 * Names of members: ndis.h of the driver kits declares NDIS_MINIPORT_BLOCK
 * (NextGlobalMiniport, MiniportName, OpenQueue) and NDIS_OPEN_BLOCK
 * (ProtocolHandle, MiniportNextOpen); NDIS_PROTOCOL_BLOCK is in the type data
 * of ndis.pdb only.
 */
#include "ndis.h"

#include "../sym/type_text.h"
#include "device.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

/* NDIS 5 has the part that both kinds of driver share in a structure of its
 * own, in front. */
#define OPEN_NEXT "MiniportNextOpen|NdisCommonOpenBlock.MiniportNextOpen"
#define OPEN_PROTOCOL "ProtocolHandle|NdisCommonOpenBlock.ProtocolHandle"

static bool met(const u64 *v, size_t n, u64 va)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == va)
			return true;
	return false;
}

struct chain {
	u64 v[NTR_NDIS_MAX];
	size_t n;
};

/* A singly linked list of structures, from the pointer at `head`. */
static void follow(struct ntr_target *t, const struct ntr_types *y, u64 head,
		   const char *type, const char *next, struct chain *c,
		   char why[200])
{
	u64 va;

	c->n = 0;
	if (ntr_read_ptr(t->mem, head, t->ptr_size, &va)) {
		snprintf(why, 200, "the head of the list at 0x%" PRIx64 " is "
			 "not in the dump", head);
		return;
	}
	while (va) {
		if (!ntr_kernel_va(t, va) || met(c->v, c->n, va) ||
		    c->n == NTR_NDIS_MAX) {
			snprintf(why, 200, "the list ends in 0x%" PRIx64 ", "
				 "%s", va, c->n == NTR_NDIS_MAX ?
				 "after as many as are read" :
				 met(c->v, c->n, va) ? "which was met before" :
				 "which is no address of the kernel");
			return;
		}
		c->v[c->n++] = va;
		if (ntr_read_member(y, t->mem, va, type, next, &va)) {
			snprintf(why, 200, "0x%" PRIx64 ": its link (%s.%s) "
				 "is not known, or not in the dump",
				 c->v[c->n - 1], type, next);
			return;
		}
	}
}

static void string_of(struct ntr_target *t, const struct ntr_types *y, u64 va,
		      const char *type, const char *member, char *out,
		      size_t size)
{
	struct ntr_type_hit h;
	u64 buffer;
	u16 bytes;

	out[0] = 0;
	if (ntr_types_find(y, type, member, &h) &&
	    !ntr_read_u16(t->mem, va + h.off, &bytes) &&
	    !ntr_read_ptr(t->mem, va + h.off + t->ptr_size, t->ptr_size,
			  &buffer))
		ntr_kernel_string(t, buffer, bytes, out, size);
}

/* MiniportName is a UNICODE_STRING until NDIS 5, a pointer to one since 6. */
static void name_adapter(struct ntr_target *t, const struct ntr_types *y,
			 struct ntr_ndis_adapter *a)
{
	struct ntr_type_hit h;
	u64 at, buffer;
	u16 bytes;

	if (!ntr_types_find(y, "_NDIS_MINIPORT_BLOCK", "MiniportName", &h))
		return;
	if (h.kind != NTR_TK_POINTER) {
		string_of(t, y, a->va, "_NDIS_MINIPORT_BLOCK", "MiniportName",
			  a->name, sizeof(a->name));
		return;
	}
	if (!ntr_read_ptr(t->mem, a->va + h.off, t->ptr_size, &at) &&
	    ntr_kernel_va(t, at) && !ntr_read_u16(t->mem, at, &bytes) &&
	    !ntr_read_ptr(t->mem, at + t->ptr_size, t->ptr_size, &buffer))
		ntr_kernel_string(t, buffer, bytes, a->name, sizeof(a->name));
}

static enum ntr_st bindings(struct ntr_target *t, const struct ntr_types *y,
			    struct ntr_ndis_adapter *a, struct ntr_ndis *n)
{
	struct ntr_type_hit h;
	struct chain c;

	if (!ntr_types_find(y, "_NDIS_MINIPORT_BLOCK", "OpenQueue", &h) ||
	    !ntr_types_find(y, "_NDIS_OPEN_BLOCK", OPEN_NEXT, &h)) {
		snprintf(n->bindings_why, sizeof(n->bindings_why), "the types "
			 "of ndis.sys do not have them");
		return NTR_OK;
	}
	(void)!ntr_types_find(y, "_NDIS_MINIPORT_BLOCK", "OpenQueue", &h);
	follow(t, y, a->va + h.off, "_NDIS_OPEN_BLOCK", OPEN_NEXT, &c,
	       n->bindings_why);
	a->has_bindings = true;
	for (size_t i = 0; i < c.n; i++) {
		struct ntr_ndis_binding *b;

		if (n->bindings.n >= NTR_NDIS_MAX * 16u)
			break;
		b = ntr_vec_add(&n->bindings);
		if (!b)
			return NTR_NOMEM;
		*b = (struct ntr_ndis_binding){ .va = c.v[i], .adapter = a->va };
		if (ntr_read_member(y, t->mem, b->va, "_NDIS_OPEN_BLOCK",
				    OPEN_PROTOCOL, &b->protocol))
			b->protocol = 0;
	}
	return NTR_OK;
}

static enum ntr_st adapters(struct ntr_target *t, const struct ntr_types *y,
			    u64 head, struct ntr_ndis *n)
{
	enum ntr_st st = NTR_OK;
	struct chain c;

	follow(t, y, head, "_NDIS_MINIPORT_BLOCK",
	       "NextGlobalMiniport", &c, n->adapters_why);
	for (size_t i = 0; !st && i < c.n; i++) {
		struct ntr_ndis_adapter *a = ntr_vec_add(&n->adapters);

		if (!a)
			return NTR_NOMEM;
		*a = (struct ntr_ndis_adapter){ .va = c.v[i] };
		name_adapter(t, y, a);
		st = bindings(t, y, a, n);
	}
	return st;
}

static enum ntr_st protocols(struct ntr_target *t, const struct ntr_types *y,
			     u64 head, struct ntr_ndis *n)
{
	struct chain c;

	follow(t, y, head, "_NDIS_PROTOCOL_BLOCK", "NextProtocol", &c,
	       n->protocols_why);
	for (size_t i = 0; i < c.n; i++) {
		struct ntr_ndis_protocol *p = ntr_vec_add(&n->protocols);

		if (!p)
			return NTR_NOMEM;
		p->va = c.v[i];
		string_of(t, y, p->va, "_NDIS_PROTOCOL_BLOCK",
			  "Name|ProtocolCharacteristics.Name", p->name,
			  sizeof(p->name));
	}
	return NTR_OK;
}

enum ntr_st ntr_ndis_read_with(struct ntr_target *t, const struct ntr_types *y,
			       u64 adapter_head, u64 protocol_head,
			       struct ntr_ndis *out, struct ntr_err *e)
{
	struct ntr_ndis n = { .adapters_why = "" };
	enum ntr_st st = NTR_OK;

	if (adapter_head)
		st = adapters(t, y, adapter_head, &n);
	else
		snprintf(n.adapters_why, sizeof(n.adapters_why), "the symbol "
			 "file of ndis.sys gives them (ndisMiniportList)");
	if (!st && protocol_head)
		st = protocols(t, y, protocol_head, &n);
	else if (!st)
		snprintf(n.protocols_why, sizeof(n.protocols_why), "the symbol "
			 "file of ndis.sys gives them (ndisProtocolList)");
	if (!adapter_head)
		memcpy(n.bindings_why, n.adapters_why, sizeof(n.bindings_why));
	if (st) {
		ntr_ndis_fini(&n);
		return ntr_fail(e, st, "out of memory");
	}
	*out = n;
	return NTR_OK;
}

static bool ndis_member(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	const struct ntr_module_symbols *s = ctx;

	for (unsigned i = 0; i < s->n; i++)
		if (ntr_symsrc_better(s->src[i], name, hit))
			return true;
	return false;
}

enum ntr_st ntr_ndis_read(struct ntr_target *t, struct ntr_ndis *out,
			  struct ntr_err *e)
{
	struct ntr_module *m = ntr_target_module_named(t, "ndis");
	struct ntr_module_symbols *s = m ? ntr_module_symbols(t, m) : NULL;
	struct ntr_types y = { .machine = t->machine, .ptr_size = t->ptr_size,
			       .better = s ? ndis_member : NULL, .ctx = s };
	u64 adapter_head = 0, protocol_head = 0;
	struct ntr_type_hit h;

	if (s && ntr_types_find(&y, "_NDIS_MINIPORT_BLOCK", "MiniportName", &h))
		(void)!ntr_target_lookup(t, "ndis!ndisMiniportList",
					 &adapter_head, NULL);
	if (s && ntr_types_find(&y, "_NDIS_PROTOCOL_BLOCK", "NextProtocol", &h))
		(void)!ntr_target_lookup(t, "ndis!ndisProtocolList",
					 &protocol_head, NULL);
	return ntr_ndis_read_with(t, &y, adapter_head, protocol_head, out, e);
}

void ntr_ndis_fini(struct ntr_ndis *n)
{
	ntr_vec_fini(&n->adapters);
	ntr_vec_fini(&n->protocols);
	ntr_vec_fini(&n->bindings);
}
