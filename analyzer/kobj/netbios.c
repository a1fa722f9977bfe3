// SPDX-License-Identifier: Apache-2.0
#include "netbios.h"

#include "../base/bin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_LENGTH 1u   /* bit 16 of the length */
#define NAME_CHARS 32u   /* of an encoded name, whose length byte is 0x20 */
#define SMB1_MIN 32u     /* the fixed part of a message's header */
#define SMB2_MIN 64u

/*
 * RFC 1002, 4.3.2 to 4.3.7: length that the packet has.  A session request
 * holds two names of 34 bytes where they have no scope, the only ones that
 * Windows sends; with a scope they are longer.  alone: longest length with
 * which the four bytes are taken for a header though nothing follows that
 * says so; the real one and what a faulty sender would write.
 */
static const struct packet {
	u8 type;
	const char *name;
	u32 least, most, alone;
} packets[] = {
	{ 0x00, "session message", 0, 0x1ffff, 0 },
	{ 0x81, "session request", 68, 2 * 256, 68 },
	{ 0x82, "positive session response", 0, 0, 0xffff },
	{ 0x83, "negative session response", 1, 1, 0xffff },
	{ 0x84, "retarget session response", 6, 6, 6 },
	{ 0x85, "session keep alive", 0, 0, 0xffff },
};

static const struct packet *packet_of(u8 type)
{
	for (size_t i = 0; i < NTR_COUNT(packets); i++)
		if (packets[i].type == type)
			return &packets[i];
	return NULL;
}

const char *ntr_nbt_type_name(u8 type)
{
	const struct packet *k = packet_of(type);

	return k ? k->name : NULL;
}

const char *ntr_nbt_sign_text(enum ntr_nbt_sign s)
{
	static const char *const texts[] = {
		"an SMB signature behind it", "an SMB 2 signature behind it",
		"an encoded name behind it", "its four bytes alone",
	};

	return texts[s];
}

/* --- one header -------------------------------------------------------------------- */

/* What follows the four bytes; false: nothing that is known. */
static bool sign_of(struct ntr_bin *b, enum ntr_nbt_sign *out)
{
	struct ntr_bin names = *b;
	u32 smb = ntr_bin_be32(b, "signature");
	const u8 *c;

	if (!b->bad && (smb == 0xff534d42 || smb == 0xfe534d42)) {
		*out = smb >> 24 == 0xff ? NTR_NBT_SMB1 : NTR_NBT_SMB2;
		return true;
	}
	c = ntr_bin_take(&names, 1 + NAME_CHARS, "name");
	if (!c || c[0] != NAME_CHARS)
		return false;
	for (unsigned i = 1; i <= NAME_CHARS; i++)
		if (c[i] < 'A' || c[i] > 'P')
			return false;
	*out = NTR_NBT_NAMES;
	return true;
}

static void fault(struct ntr_nbt_header *h, const char *text)
{
	size_t n = strlen(h->fault);

	snprintf(h->fault + n, sizeof(h->fault) - n, "%s%s", n ? "; " : "",
		 text);
}

static void check_length(struct ntr_nbt_header *h, const struct packet *k)
{
	u32 smb = h->sign == NTR_NBT_SMB1 ? SMB1_MIN :
		  h->sign == NTR_NBT_SMB2 ? SMB2_MIN : 0;
	char text[96];

	if (k->type == 0 && h->length < smb)
		snprintf(text, sizeof(text), "length %u, the SMB header alone "
			 "has %u", h->length, smb);
	else if (h->length >= k->least && h->length <= k->most)
		return;
	else if (k->least == k->most)
		snprintf(text, sizeof(text), "length %u, a %s has %u",
			 h->length, k->name, k->least);
	else
		snprintf(text, sizeof(text), "length %u, a %s has %u to %u",
			 h->length, k->name, k->least, k->most);
	fault(h, text);
}

static void check(struct ntr_nbt_header *h, const struct packet *k)
{
	char text[96];

	if (!k) {
		snprintf(text, sizeof(text), "type 0x%02x is none", h->type);
		fault(h, text);
	}
	if (h->flags && h->type == 0 && h->sign < NTR_NBT_NAMES) {
		snprintf(text, sizeof(text), "reserved flag bits 0x%02x (over "
			 "port 445 they are of the length)", h->flags);
		fault(h, text);
	} else if (h->flags) {
		snprintf(text, sizeof(text), "reserved flag bits 0x%02x",
			 h->flags);
		fault(h, text);
	}
	if (k)
		check_length(h, k);
	if (h->sign == NTR_NBT_NAMES && k && h->type != 0x81)
		fault(h, "names follow, which only a session request has");
	if (h->sign < NTR_NBT_NAMES && k && h->type != 0)
		fault(h, "an SMB follows, which only a session message has");
}

bool ntr_nbt_header_check(const u8 *p, size_t n, u64 size,
			  struct ntr_nbt_header *out)
{
	struct ntr_bin b = ntr_bin_of(p, n, NULL, 0);
	struct ntr_nbt_header h = { .fault = "" };
	const struct packet *k;
	u32 word = ntr_bin_be32(&b, "session header");

	if (b.bad || size < 4)
		return false;
	h.type = (u8)(word >> 24);
	h.flags = (u8)(word >> 16) & (u8)~FLAG_LENGTH;
	h.length = word & 0x1ffff;
	h.room = size - 4;
	k = packet_of(h.type);
	if (!sign_of(&b, &h.sign)) {
		if (!k || h.type == 0 || h.flags || h.length > k->alone ||
		    (h.type == 0x81 && h.length != 68))
			return false;
		h.sign = NTR_NBT_ALONE;
	}
	h.beyond = h.length > h.room;
	check(&h, k);
	*out = h;
	return true;
}

/* --- in pool ------------------------------------------------------------------------- */

/* The tags of netbt.sys, as the debugger's list has them, and those of the same
 * form that it leaves out. */
static const char tags[][5] = {
	"NbtD", "NbtC", "NbtA", "Nbt0", "Nbt1", "Nbt2", "Nbt3", "Nbt4",
	"Nbt5", "Nbt6", "Nbt7", "Nbt8", "Nbt9", "NbL0", "NbL1", "NbL2",
	"NbL3", "NbL4", "Nb01", "Nb02", "Nb03", "Nb05", "Nb06", "Nb16",
};

struct scan {
	struct ntr_pool *p;
	struct ntr_nbt_scan *out;
	bool lost;
};

static bool block(void *ctx, const struct ntr_pool_hit *hit)
{
	u32 header = hit->big ? 0 : ((struct scan *)ctx)->p->form.header;
	struct scan *s = ctx;
	struct ntr_nbt_header h, *slot;
	u8 head[NTR_NBT_HEAD];
	u64 data = hit->va + header;
	u64 size = hit->big ? hit->bytes : hit->block.size;
	size_t n;

	if (!hit->big && (hit->block.state != NTR_POOL_NONPAGED ||
			  hit->block.size <= header ||
			  hit->block.off + hit->block.size > NTR_POOL_PAGE))
		return true;
	size -= header;
	s->out->blocks++;
	n = size < sizeof(head) ? (size_t)size : sizeof(head);
	n = ntr_space_read_some(s->p->t->mem, data, head, n);
	s->out->absent += !n;
	s->lost = !ntr_tdi_addresses_add(&s->out->addresses, s->p->t, data,
					 size < NTR_POOL_PAGE ? size :
					 NTR_POOL_PAGE, hit->tag);
	if (s->lost)
		return false;
	if (!ntr_nbt_header_check(head, n, size, &h))
		return true;
	h.block = hit->va;
	h.data = data;
	h.tag = hit->tag;
	s->out->found++;
	s->out->faults += *h.fault != 0;
	if (s->out->h.n >= NTR_NBT_MAX_HEADERS)
		return true;
	slot = ntr_vec_add(&s->out->h);
	s->lost = !slot;
	if (slot)
		*slot = h;
	return !s->lost;
}

static int by_address(const void *a, const void *b)
{
	const struct ntr_nbt_header *x = a, *y = b;

	return x->data < y->data ? -1 : x->data > y->data;
}

enum ntr_st ntr_nbt_scan(struct ntr_pool *p, struct ntr_nbt_scan *out,
			 struct ntr_err *e)
{
	struct ntr_nbt_scan r = { .why = "" };
	struct scan s = { .p = p, .out = &r };
	u32 want[NTR_POOL_FIND_TAGS];
	struct ntr_err why;

	for (size_t i = 0; i < NTR_COUNT(tags) && !s.lost && !*r.why;
	     i += NTR_POOL_FIND_TAGS) {
		unsigned n = 0;

		for (; n < NTR_POOL_FIND_TAGS && i + n < NTR_COUNT(tags); n++) {
			const u8 *c = (const u8 *)tags[i + n];

			want[n] = (u32)c[0] | (u32)c[1] << 8 |
				  (u32)c[2] << 16 | (u32)c[3] << 24;
		}
		if (ntr_pool_search(p, NTR_NONPAGED, want, n, block, &s, &why))
			snprintf(r.why, sizeof(r.why), "%.150s", why.msg);
	}
	if (s.lost) {
		ntr_nbt_scan_fini(&r);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (r.h.n)
		qsort(r.h.v, r.h.n, sizeof(r.h.v[0]), by_address);
	*out = r;
	return NTR_OK;
}

void ntr_nbt_scan_fini(struct ntr_nbt_scan *s)
{
	ntr_vec_fini(&s->h);
	ntr_vec_fini(&s->addresses);
}
