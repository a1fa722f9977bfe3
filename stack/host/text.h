// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: the rest of a line that is being read, and what is taken off
 * it.  Shared by parse.c (IPv4, TCP, UDP) and parse6.c.
 *
 * Invariant: `wrong` is the first thing that was wrong; nothing is taken from
 * the line's end on.  A word is taken only if it is whole.
 *
 * To add what every datagram may have (a field of its header): common() in
 * text.c; of IPv6 alone: text_header6().
 */
#ifndef HOST_TEXT_H
#define HOST_TEXT_H

#include "pkt.h"

struct text {
	const char *at;
	struct pkt_datagram *d;
	const char *wrong;           /* NULL: nothing */
};

bool text_wrong(struct text *t, const char *what); /* false */
bool text_sign(struct text *t, char c);
bool text_word(struct text *t, const char *w);
u64 text_number(struct text *t, u64 most);
u32 text_address(struct text *t);
void text_address6(struct text *t, u8 *to);
void text_mac(struct text *t, u8 *m);
void text_name(struct text *t, char *to);
void text_hex(struct text *t);       /* to the end of the line */
u32 text_bytes(struct text *t, u8 *to, u32 room);
bool text_in_brackets(struct text *t); /* payload.c: behind "[" */
bool text_payload(struct text *t);   /* (100) or "text" or [bytes] */
void text_quote(struct text *t);     /* behind "quoting" */
/* To the end: what every datagram may have, and what `more` takes. */
void text_rest(struct text *t, bool (*more)(struct text *t));

struct text_message { const char *name; u8 type, code; };
/* parse.c: one of n names, or TYPE/CODE; and id, seq, mtu, quoting … */
bool text_message(struct text *t, const struct text_message *m, size_t n,
		  const char *none);
bool text_icmp_more(struct text *t);
bool text_header6(struct text *t);   /* parse6.c: an extension header */
bool text_parse6(struct text *t);    /* parse6.c: true: it was one of its */

#endif
