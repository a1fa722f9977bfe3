// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the bytes of IPv6 and ICMPv6. */
#include "octets.h"
#include "pkt.h"

#include <string.h>

enum { HEADER = 40, RS = 133, RA, NS, NA, REDIRECT, QUERY = 130, REPORT, DONE };

/* RFC 8200 8.1. */
u32 pkt_pseudo6(const u8 *ip, u8 protocol, u32 length)
{
	u32 sum = protocol + (length >> 16) + (length & 0xffff);

	for (int i = 8; i < HEADER; i += 2)
		sum += (u32)ip[i] << 8 | ip[i + 1];
	return sum;
}

/* --- headers -------------------------------------------------------------------------- */

static bool is_mld(const struct pkt_datagram *d)
{
	return d->kind == PKT_ICMP6 && d->type >= QUERY && d->type <= DONE;
}

static bool is_nd(const struct pkt_datagram *d)
{
	return d->kind == PKT_ICMP6 && d->type >= RS && d->type <= REDIRECT;
}

static u32 length_of(const struct pkt_extension *e)
{
	return (e->n + 2u + 7) & ~7u;
}

u32 pkt_head6(const struct pkt_datagram *d)
{
	u32 n = HEADER;

	for (unsigned i = 0; i < d->nextensions; i++)
		n += length_of(&d->extension[i]);
	return n + (is_mld(d) && !d->nextensions ? 8 : 0);
}

/* What is not written: neighbours talk to whom they must, routers from their
 * address of the link to all (RFC 4861 4.2, 4.3, RFC 3810 5.1.15). */
static void addresses(const struct pkt_net *n, const struct pkt_datagram *d,
		      u8 *src, u8 *dst)
{
	static const u8 all[16] = { 0xff, 2, [15] = 1 };
	const u8 *group = d->m6.fixed;
	bool router = d->kind == PKT_ICMP6 &&
		      (d->type == RA || d->type == REDIRECT || is_mld(d));

	memcpy(src, router ? n->router6 : d->kind == PKT_TCP ?
	       n->flow[d->flow].remote6 : n->remote6, 16);
	memcpy(dst, n->local6, 16);
	if (d->kind == PKT_ICMP6 && d->type == NS)
		memcpy(dst, (u8[]){ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff,
				    group[13], group[14], group[15] }, 16);
	else if (d->kind == PKT_ICMP6 && is_mld(d) && group[0] == 0xff)
		memcpy(dst, group, 16);
	else if (d->kind == PKT_ICMP6 && (d->type == RA || is_mld(d)))
		memcpy(dst, all, 16);
	if (d->given & PKT_HAS_SRC)
		memcpy(src, d->src6, 16);
	if (d->given & PKT_HAS_DST)
		memcpy(dst, d->dst6, 16);
}

static void extensions(const struct pkt_datagram *d, u8 protocol, u8 *b)
{
	static const u8 alert[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };
	u8 *next = b + 6;
	u32 at = HEADER;

	if (is_mld(d) && !d->nextensions) {
		*next = 0;
		memcpy(b + at, alert, 8);
		return;
	}
	for (unsigned i = 0; i < d->nextensions; i++) {
		const struct pkt_extension *e = &d->extension[i];
		u32 n = length_of(e);

		*next = e->kind;
		next = b + at;
		memset(b + at, 0, n);
		b[at + 1] = (u8)(n / 8 - 1);
		memcpy(b + at + 2, e->b, e->n);
		at += n;
	}
	*next = protocol;
}

u32 pkt_header6(const struct pkt_net *n, const struct pkt_datagram *d,
		u8 protocol, u32 length, u8 *b)
{
	u32 head = pkt_head6(d);

	memset(b, 0, HEADER);
	b[0] = (u8)(0x60 | d->tos >> 4);
	b[1] = (u8)(d->tos << 4);
	put16(b + 4, head - HEADER + length);
	b[7] = d->given & PKT_HAS_TTL ? d->ttl : is_nd(d) ? 255 :
	       is_mld(d) ? 1 : 64;
	addresses(n, d, b + 8, b + 24);
	extensions(d, protocol, b);
	return head + length;
}

/* --- ICMPv6 ------------------------------------------------------------------------------- */

u32 pkt_icmp6(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	const struct pkt_message6 *m6 = &d->m6;
	u8 *m = b + pkt_head6(d);
	u32 length = 8;

	memset(m, 0, 8);
	m[0] = d->type;
	m[1] = d->code;
	put32(m + 4, d->given & PKT_HAS_MTU ? d->mtu :
	      d->given & PKT_HAS_POINTER ? d->pointer :
	      d->given & PKT_HAS_ECHO ?
	      (u32)d->echo_id << 16 | d->echo_seq : m6->word);
	memcpy(m + length, m6->fixed, m6->nfixed);
	length += m6->nfixed;
	for (unsigned i = 0; i < m6->noptions; i++) {
		memcpy(m + length, m6->option[i].b, m6->option[i].n);
		length += m6->option[i].n;
	}
	if (d->quote.there)
		length += pkt_quoted(n, d, m + length);
	pkt_fill(d, 0, m + length);
	length += d->len;
	if (d->given & PKT_HAS_CUT && m6->cut < length)
		length = m6->cut;
	(void)pkt_header6(n, d, 58, length, b);
	put16(m + 2, (u32)pkt_sum(m, length, pkt_pseudo6(b, 58, length)) ^
		     (d->bad_sum ? 0x5555u : 0));
	return pkt_head6(d) + length;
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* RFC 8200 4.5: headers that routers read are in each. */
u32 pkt_piece6(const u8 *whole, u32 length, const struct pkt_datagram *piece,
	       u8 *b)
{
	u32 n = piece->to - piece->from, at = HEADER, next = 6;

	while (at + 8 <= length && (whole[next] == 0 || whole[next] == 43)) {
		next = at;
		at += (whole[at + 1] + 1u) * 8;
	}
	if (at > length)
		return 0;
	memcpy(b, whole, at);
	memset(b + at, 0, 8);
	b[at] = whole[next];
	b[next] = 44;
	put16(b + at + 2, piece->from | piece->more);
	put32(b + at + 4, piece->given & PKT_HAS_ID ? piece->id : 1);
	if (piece->given & PKT_HAS_TTL)
		b[7] = piece->ttl;
	for (u32 i = 0; i < n; i++)
		b[at + 8 + i] = at + piece->from + i < length ?
				whole[at + piece->from + i] : 0xee;
	put16(b + 4, at - HEADER + 8 + n);
	return at + 8 + n;
}
