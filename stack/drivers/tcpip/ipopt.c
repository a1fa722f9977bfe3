// SPDX-License-Identifier: Apache-2.0
/*
 * Options of the IP header (RFC 791 3.1, RFC 1122 3.2.1.8).
 *
 * A length that does not fit is a parameter problem that points at it.  Source
 * routes are refused: who sends along one is told so while it has hops left, and
 * what ends here is dropped (NT: DisableIPSourceRouting = 2).  Unknown options
 * are passed over.
 */
#include "ip.h"

#include <string.h>

enum { OPT_END = 0, OPT_NOP = 1, OPT_RR = 7, OPT_TS = 68, OPT_LSRR = 131,
       OPT_SSRR = 137 };

static enum ip_drop bad(struct ip *ip, const struct ip_head *h,
			const struct ndis_packet *p, u32 at)
{
	icmp_error(ip, h, p, 12, 0, at << 24);
	return DROP_OPTION;
}

/* Of RR, TS and the source routes: at least three bytes, and a pointer that is
 * not before the first place, also where there is none: who fills them in
 * writes where it points. */
static bool pointer_ok(const u8 *o)
{
	u32 least = o[0] == OPT_TS ? 5 : 4;

	return o[1] >= least - 1 && o[2] >= least;
}

static enum ip_drop source_route(struct ip *ip, const struct ip_head *h,
				 const struct ndis_packet *p, const u8 *o)
{
	if (o[2] <= o[1])
		icmp_error(ip, h, p, 3, 5, 0); /* source route failed */
	return DROP_SOURCE_ROUTE;
}

enum ip_drop ip_options_in(struct inet_iface *f, struct ip_head *h,
			   struct ndis_packet *p)
{
	struct ip *ip = f->ip;

	for (u32 i = IP_HEADER; i < h->hlen;) {
		const u8 *o = h->raw + i;

		if (o[0] == OPT_END)
			break;
		if (o[0] == OPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= h->hlen || o[1] < 2 || o[1] > h->hlen - i)
			return bad(ip, h, p, i + 1 < h->hlen ? i + 1 : i);
		switch (o[0]) {
		case OPT_RR:
		case OPT_TS:
			if (!pointer_ok(o))
				return bad(ip, h, p, i + 2);
			break;
		case OPT_LSRR:
		case OPT_SSRR:
			if (!pointer_ok(o))
				return bad(ip, h, p, i + 2);
			return source_route(ip, h, p, o);
		default:
			break;
		}
		i += o[1];
	}
	return DROP_NOT;
}

static void record(u8 *o, u32 self)
{
	if (o[2] + 3u <= o[1]) {
		put32(o + o[2] - 1, self);
		o[2] = (u8)(o[2] + 4);
	}
}

/* Flags 0: times only; 1: with addresses; 3: asked for by address. */
static void stamp(struct ip *ip, u8 *o, u32 self)
{
	u32 at = o[2] - 1u, flag = o[3] & 15, size = flag ? 8 : 4;
	u32 ms = (u32)(ex_now(ip->x) / 1000000 % 86400000);

	if (at + size > o[1]) {
		if (o[3] >> 4 < 15)
			o[3] = (u8)(o[3] + 0x10); /* one more without room */
		return;
	}
	if (flag == 3 && get32(o + at) != self)
		return;
	if (flag)
		put32(o + at, self);
	put32(o + at + size - 4, ms);
	o[2] = (u8)(o[2] + size);
}

u32 ip_options_echo(struct ip *ip, const struct ip_head *h, u32 self, u8 *out)
{
	u32 n = 0;

	for (u32 i = IP_HEADER; i < h->hlen && h->raw[i] != OPT_END;) {
		const u8 *o = h->raw + i;

		if (o[0] == OPT_NOP) {
			i++;
			continue;
		}
		if ((o[0] == OPT_RR && o[1] >= 3) ||
		    (o[0] == OPT_TS && o[1] >= 4)) {
			memcpy(out + n, o, o[1]);
			if (o[0] == OPT_RR)
				record(out + n, self);
			else
				stamp(ip, out + n, self);
			n += o[1];
		}
		i += o[1];
	}
	while (n & 3)
		out[n++] = OPT_END;
	return n;
}
