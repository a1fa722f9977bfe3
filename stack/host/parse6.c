// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the text of ICMPv6, neighbour discovery and MLD, and of
 * extension headers. */
#include "octets.h"
#include "text.h"

#include <ctype.h>
#include <string.h>

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };

/* --- extension headers (RFC 8200 4) ------------------------------------------------- */

static struct pkt_extension *extension(struct text *t, u8 kind)
{
	static struct pkt_extension none;
	struct pkt_datagram *d = t->d;

	if (d->nextensions == PKT_EXTENSIONS) {
		text_wrong(t, "too many extension headers");
		return &none;
	}
	d->extension[d->nextensions].kind = kind;
	return &d->extension[d->nextensions++];
}

/* routing TYPE left N HEX… */
static void routing(struct text *t)
{
	struct pkt_extension *e = extension(t, ROUTING);

	e->b[0] = (u8)text_number(t, 255);
	if (!text_word(t, "left"))
		text_wrong(t, "routing TYPE left N");
	e->b[1] = (u8)text_number(t, 255);
	e->n = (u8)(6 + text_bytes(t, e->b + 6, sizeof(e->b) - 6));
}

/* fragment OFF[+] id N: a fragment's header on a datagram that is whole */
static void fragment_header(struct text *t)
{
	struct pkt_extension *e = extension(t, FRAGMENT);
	u32 off = (u32)text_number(t, 65535);

	put16(e->b, (off & 0xfff8) | text_sign(t, '+'));
	if (!text_word(t, "id"))
		text_wrong(t, "fragment OFF id N");
	put32(e->b + 2, (u32)text_number(t, UINT32_MAX));
	e->n = 6;
}

bool text_header6(struct text *t)
{
	struct pkt_extension *e;

	if (text_word(t, "routing")) {
		routing(t);
	} else if (text_word(t, "fragment")) {
		fragment_header(t);
	} else if (text_word(t, "hbh")) {
		e = extension(t, HOP_BY_HOP);
		e->n = (u8)text_bytes(t, e->b, sizeof(e->b));
	} else if (text_word(t, "dst")) {
		e = extension(t, DESTINATION);
		e->n = (u8)text_bytes(t, e->b, sizeof(e->b));
	} else {
		return false;
	}
	return true;
}

/* --- options of neighbour discovery (RFC 4861 4.6) -------------------------------------- */

static struct pkt_nd_option *nd_option(struct text *t, u8 type, u8 n)
{
	static struct pkt_nd_option none;
	struct pkt_message6 *m = &t->d->m6;
	struct pkt_nd_option *o = &none;

	if (m->noptions == PKT_ND_OPTIONS)
		text_wrong(t, "too many options");
	else
		o = &m->option[m->noptions++];
	t->d->given |= PKT_HAS_ND;
	*o = (struct pkt_nd_option){ .n = n, .b = { type, n / 8 } };
	return o;
}

/* prefix P/BITS la valid N preferred N */
static void prefix(struct text *t)
{
	struct pkt_nd_option *o = nd_option(t, 3, 32);

	text_address6(t, o->b + 16);
	if (!text_sign(t, '/'))
		text_wrong(t, "prefix P/BITS FLAGS valid N preferred N");
	o->b[2] = (u8)text_number(t, 255);
	for (t->at = pkt_blank(t->at); *t->at && strchr("la-", *t->at); t->at++)
		o->b[3] |= *t->at == 'l' ? 0x80 : *t->at == 'a' ? 0x40 : 0;
	if (!text_word(t, "valid"))
		text_wrong(t, "prefix P/BITS FLAGS valid N preferred N");
	put32(o->b + 4, (u32)text_number(t, UINT32_MAX));
	if (!text_word(t, "preferred"))
		text_wrong(t, "prefix P/BITS FLAGS valid N preferred N");
	put32(o->b + 8, (u32)text_number(t, UINT32_MAX));
}

/* opt TYPE LENGTH HEX…: LENGTH is what the option says, of 8 bytes each */
static void any_option(struct text *t)
{
	u8 type = (u8)text_number(t, 255), length = (u8)text_number(t, 255);
	struct pkt_nd_option *o = nd_option(t, type, 8);

	o->b[1] = length;
	o->n = (u8)(2 + text_bytes(t, o->b + 2, sizeof(o->b) - 2));
	o->n = (u8)((o->n + 7) & ~7);
}

static bool nd_more(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (text_word(t, "sll")) {
		text_mac(t, nd_option(t, 1, 8)->b + 2);
	} else if (text_word(t, "tll")) {
		text_mac(t, nd_option(t, 2, 8)->b + 2);
	} else if (text_word(t, "mtu")) {
		put32(nd_option(t, 5, 8)->b + 4,
		      (u32)text_number(t, UINT32_MAX));
	} else if (text_word(t, "prefix")) {
		prefix(t);
	} else if (text_word(t, "opt")) {
		any_option(t);
	} else if (text_word(t, "noopt")) {
		d->given |= PKT_HAS_ND;
	} else if (text_word(t, "code")) {
		d->code = (u8)text_number(t, 255);
	} else if (text_word(t, "cut")) {
		d->m6.cut = (u32)text_number(t, 1000);
		d->given |= PKT_HAS_CUT;
	} else {
		return false;
	}
	return true;
}

/* --- messages of neighbour discovery (RFC 4861 4) ------------------------------------------ */

static void fixed(struct text *t, u8 n)
{
	t->d->m6.nfixed = n;
}

static void solicitation(struct text *t)
{
	fixed(t, 16);
	text_address6(t, t->d->m6.fixed);
}

/* na TARGET rso */
static void advertisement(struct text *t)
{
	solicitation(t);
	for (t->at = pkt_blank(t->at); *t->at && strchr("rso-", *t->at);
	     t->at++)
		t->d->m6.word |= *t->at == 'r' ? 0x80000000u :
				 *t->at == 's' ? 0x40000000u :
				 *t->at == 'o' ? 0x20000000u : 0;
}

/* ra lifetime N [hops N] [reachable N] [retrans N] */
static bool ra_more(struct text *t)
{
	struct pkt_message6 *m = &t->d->m6;

	if (text_word(t, "lifetime"))
		m->word |= (u32)text_number(t, 65535);
	else if (text_word(t, "hops"))
		m->word |= (u32)text_number(t, 255) << 24;
	else if (text_word(t, "reachable"))
		put32(m->fixed, (u32)text_number(t, UINT32_MAX));
	else if (text_word(t, "retrans"))
		put32(m->fixed + 4, (u32)text_number(t, UINT32_MAX));
	else
		return nd_more(t);
	return true;
}

/* redirect DESTINATION target T */
static void redirect(struct text *t)
{
	fixed(t, 32);
	text_address6(t, t->d->m6.fixed + 16);
	if (!text_word(t, "target"))
		text_wrong(t, "redirect DESTINATION target T");
	text_address6(t, t->d->m6.fixed);
}

/* --- MLD (RFC 2710 3, RFC 3810 5) ---------------------------------------------------------- */

static bool mld_more(struct text *t)
{
	if (!text_word(t, "delay"))
		return nd_more(t);
	t->d->m6.word = (u32)text_number(t, 65535) << 16;
	return true;
}

static void group(struct text *t)
{
	t->at = pkt_blank(t->at);
	if (*t->at == ':' || t->at[strspn(t->at, "0123456789abcdef")] == ':')
		text_address6(t, t->d->m6.fixed);
}

/* mld report2 MODE GROUP …: records of no sources */
static void records(struct text *t)
{
	static const char *const modes[] = { "is-include", "is-exclude",
					     "to-include", "to-exclude" };
	struct pkt_message6 *m = &t->d->m6;

	for (;;) {
		u8 i = 0;

		while (i < 4 && !text_word(t, modes[i]))
			i++;
		if (i == 4)
			return;
		if (m->nfixed + 20u > sizeof(m->fixed)) {
			text_wrong(t, "too many records");
			return;
		}
		m->fixed[m->nfixed] = (u8)(i + 1);
		text_address6(t, m->fixed + m->nfixed + 4);
		m->nfixed += 20;
		m->word++;
	}
}

static void mld(struct text *t)
{
	struct pkt_datagram *d = t->d;

	fixed(t, 16);
	if (text_word(t, "query")) { /* of version 2: 28 bytes */
		d->type = 130;
		fixed(t, 20);
		group(t);
	} else if (text_word(t, "query1")) {
		d->type = 130;
		group(t);
	} else if (text_word(t, "report")) {
		d->type = 131;
		group(t);
	} else if (text_word(t, "done")) {
		d->type = 132;
		group(t);
	} else if (text_word(t, "report2")) {
		d->type = 143;
		fixed(t, 0);
		records(t);
	} else {
		text_wrong(t, "mld query, query1, report, done or report2");
	}
	text_rest(t, mld_more);
}

/* --- the rest of ICMPv6 (RFC 4443) ------------------------------------------------------------ */

static const struct text_message messages[] = {
	{ "no-route", 1, 0 }, { "admin-prohibited", 1, 1 },
	{ "beyond-scope", 1, 2 }, { "address-unreachable", 1, 3 },
	{ "port-unreachable", 1, 4 }, { "too-big", 2, 0 },
	{ "hops-exceeded", 3, 0 }, { "reassembly-exceeded", 3, 1 },
	{ "bad-field", 4, 0 }, { "unknown-next-header", 4, 1 },
	{ "unknown-option", 4, 2 }, { "incomplete-chain", 4, 3 },
	{ "echo-request", 128, 0 }, { "echo-reply", 129, 0 },
};

static void icmp6(struct text *t)
{
	(void)text_message(t, messages, sizeof(messages) / sizeof(*messages),
			   "no such message of ICMPv6");
}

bool text_parse6(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (text_word(t, "icmp6")) {
		icmp6(t);
	} else if (text_word(t, "mld")) {
		mld(t);
	} else if (text_word(t, "rs")) {
		d->type = 133;
		text_rest(t, nd_more);
	} else if (text_word(t, "ra")) {
		d->type = 134;
		fixed(t, 8);
		text_rest(t, ra_more);
	} else if (text_word(t, "ns")) {
		d->type = 135;
		solicitation(t);
		text_rest(t, nd_more);
	} else if (text_word(t, "na")) {
		d->type = 136;
		advertisement(t);
		text_rest(t, nd_more);
	} else if (text_word(t, "redirect")) {
		d->type = 137;
		redirect(t);
		text_rest(t, nd_more);
	} else {
		return false;
	}
	d->kind = PKT_ICMP6;
	d->six = true;
	return true;
}
