// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: a frame of IPv6 that the machine has sent.  What no host may
 * send is malformed here, whatever the script expects: a hop limit of discovery
 * that is not 255, a report of MLD without its alert, an error that is too long.
 */
#include "octets.h"
#include "pkt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { HEADER = 40, RS = 133, RA, NS, NA, REDIRECT, QUERY = 130, REPORT, DONE,
       REPORT2 = 143 };

static bool zero(const u8 *a)
{
	static const u8 none[16];

	return !memcmp(a, none, 16);
}

/* The transport behind extension headers; *at: where it is. 0xff: it is cut. */
static u8 walk(const u8 *ip, u32 length, u32 *at)
{
	u8 next = ip[6];
	u32 len;

	*at = HEADER;
	while (next == 0 || next == 43 || next == 44 || next == 60) {
		if (*at + 8 > length)
			return 0xff;
		if (next == 44 && get16(ip + *at + 2) & 0xfff8)
			return 44;
		len = next == 44 ? 8 : (ip[*at + 1] + 1u) * 8;
		next = ip[*at];
		*at += len;
	}
	return next;
}

/* --- ICMPv6 ------------------------------------------------------------------------------ */

static const char *options(const u8 *o, u32 n, struct pkt_message6 *m6)
{
	while (n) {
		u32 len = n >= 8 ? o[1] * 8u : 0;
		struct pkt_nd_option *to = &m6->option[m6->noptions];

		if (!len || len > n || len > sizeof(to->b) ||
		    m6->noptions == PKT_ND_OPTIONS)
			return "an option of discovery that does not fit";
		m6->noptions++;
		to->n = (u8)len;
		memcpy(to->b, o, len);
		o += len;
		n -= len;
	}
	return NULL;
}

static bool solicits(const struct pkt_datagram *d)
{
	static const u8 group[13] = { 0xff, 2, [11] = 1, 0xff };

	return !memcmp(d->dst6, group, 13) &&
	       !memcmp(d->dst6 + 13, d->m6.fixed + 13, 3);
}

/* RFC 4861 6.1.1, 7.1.1, 7.1.2; RFC 4862 5.4.2. */
static const char *discovery(const u8 *m, u32 length, struct pkt_datagram *d)
{
	struct pkt_message6 *m6 = &d->m6;
	const char *why;

	m6->nfixed = d->type == RS ? 0 : 16;
	if (d->ttl != 255 || d->code || length < 8u + m6->nfixed)
		return "discovery that nobody believes";
	memcpy(m6->fixed, m + 8, m6->nfixed);
	why = options(m + 8 + m6->nfixed, length - 8 - m6->nfixed, m6);
	if (why)
		return why;
	if (d->type == NA)
		return m6->fixed[0] == 0xff || m6->word & 0x1fffffff ||
		       (d->dst6[0] == 0xff && m6->word & 0x40000000) ?
			       "an advertisement that nobody believes" : NULL;
	for (unsigned i = 0; zero(d->src6) && i < m6->noptions; i++)
		if (m6->option[i].b[0] == 1)
			return "a station's address, and no source";
	if (d->type == NS && zero(d->src6) && !solicits(d))
		return "a probe to somebody";
	return m6->word ? "bits that are reserved" : NULL;
}

/* RFC 3810 5.2, 5.2.13, 5.2.14; RFC 2710 3. */
static const char *mld(const u8 *ip, const u8 *m, u32 length,
		       struct pkt_datagram *d)
{
	static const u8 alert[4] = { 5, 2, 0, 0 };
	u32 want = d->type == REPORT2 ? 20 * (d->m6.word & 0xffff) : 16;

	if (d->ttl != 1 || ip[6] != 0 || memcmp(ip + HEADER + 2, alert, 4))
		return "MLD without its hop limit of 1 and its alert";
	if (!zero(d->src6) && (d->src6[0] != 0xfe || d->src6[1] != 0x80))
		return "MLD from an address that is not of the link";
	if (length != 8 + want || want > sizeof(d->m6.fixed))
		return "a message of MLD of a wrong length";
	d->m6.nfixed = (u8)want;
	memcpy(d->m6.fixed, m + 8, want);
	return NULL;
}

static void quote(const struct pkt_net *n, const struct pkt_datagram *want,
		  const u8 *q, u32 length, struct pkt_quote *out)
{
	u32 at;

	if (length < HEADER)
		return;
	out->protocol = walk(q, length, &at);
	if (at + 8 > length)
		return;
	out->there = true;
	pkt_read_quote(n, want, q + at, out);
}

static const char *icmp6(struct pkt_net *n, const u8 *ip, u32 at, u32 length,
			 const struct pkt_datagram *want,
			 struct pkt_datagram *d)
{
	const u8 *m = ip + at;

	d->kind = PKT_ICMP6;
	if (length < 8)
		return "a message of ICMPv6 of less than 8 bytes";
	if (pkt_sum(m, length, pkt_pseudo6(ip, 58, length)))
		return "a wrong checksum of ICMPv6";
	d->type = m[0];
	d->code = m[1];
	d->echo_id = get16(m + 4);
	d->echo_seq = get16(m + 6);
	d->mtu = d->pointer = d->m6.word = get32(m + 4);
	d->len = length - 8;
	d->bytes = (u8 *)(uintptr_t)m + 8;
	if (d->type < 128 && at + length > 1280) /* RFC 4443 2.4 (c) */
		return "an error of more than 1280 bytes";
	if (d->type < 128)
		quote(n, want, m + 8, length - 8, &d->quote);
	if (d->type == RS || d->type == NS || d->type == NA)
		return discovery(m, length, d);
	if ((d->type >= QUERY && d->type <= DONE) || d->type == REPORT2)
		return mld(ip, m, length, d);
	return NULL;
}

/* --- all of it ------------------------------------------------------------------------------ */

/* RFC 2464 7; no unicast datagram to many stations. */
static bool right_station(const u8 *frame, const u8 *dst)
{
	if (dst[0] != 0xff)
		return !(frame[0] & 1);
	return frame[0] == 0x33 && frame[1] == 0x33 &&
	       !memcmp(frame + 2, dst + 12, 4);
}

static const char *fragment(const u8 *h, u32 length, struct pkt_datagram *d)
{
	d->kind = PKT_FRAGMENT;
	if (length < 8)
		return "a fragment's header that does not fit";
	d->from = get16(h + 2) & 0xfff8u;
	d->to = d->from + length - 8;
	d->more = h[3] & 1;
	return NULL;
}

const char *pkt_read6(struct pkt_net *n, const u8 *frame, u32 length,
		      const struct pkt_datagram *want, struct pkt_datagram *d)
{
	const u8 *ip = frame + 14;
	u32 at, all;

	d->kind = PKT_IP;
	d->six = true;
	if (length < 14 + HEADER || ip[0] >> 4 != 6 ||
	    (all = HEADER + get16(ip + 4)) > length - 14)
		return "a header of IPv6 that does not fit";
	memcpy(d->via, frame, 6);
	memcpy(d->src6, ip + 8, 16);
	memcpy(d->dst6, ip + 24, 16);
	d->tos = (u8)(ip[0] << 4 | ip[1] >> 4);
	d->ttl = ip[7];
	if (d->src6[0] == 0xff || !right_station(frame, d->dst6))
		return "addresses that cannot be";
	if (ip[6] == 44)
		return fragment(ip + HEADER, all - HEADER, d);
	d->protocol = walk(ip, all, &at);
	if (d->protocol == 0xff || at > all)
		return "extension headers that do not fit";
	d->len = all - at;
	d->bytes = (u8 *)(uintptr_t)ip + at;
	if (d->protocol == 58)
		return icmp6(n, ip, at, all - at, want, d);
	return pkt_read_transport(n, ip + at, all - at,
				  pkt_pseudo6(ip, d->protocol, all - at), want,
				  d);
}

void pkt_text6(const struct pkt_datagram *d, char *buf, size_t size)
{
	char src[INET6_ADDRSTRLEN] = "", dst[INET6_ADDRSTRLEN] = "",
	     target[INET6_ADDRSTRLEN] = "";
	size_t n;

	inet_ntop(AF_INET6, d->src6, src, sizeof(src));
	inet_ntop(AF_INET6, d->dst6, dst, sizeof(dst));
	if (d->m6.nfixed >= 16)
		inet_ntop(AF_INET6, d->m6.fixed + (d->type == REPORT2 ? 4 : 0),
			  target, sizeof(target));
	n = (size_t)snprintf(buf, size, "icmp6 %u/%u (%u) word %08x about \"%s\" "
			     "from %s to %s", d->type, d->code, d->len,
			     d->m6.word, target, src, dst);
	for (unsigned i = 0; i < d->m6.noptions && n + 12 < size; i++)
		n += (size_t)snprintf(buf + n, size - n, " opt %u %u",
				      d->m6.option[i].b[0],
				      d->m6.option[i].b[1]);
}
