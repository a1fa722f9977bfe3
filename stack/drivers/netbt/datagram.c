// SPDX-License-Identifier: Apache-2.0
/*
 * The datagram service, RFC 1002 4.4 and 5.3, as far as a node goes that has no
 * reader of datagrams: they are looked at and dropped, and who sent one to a
 * name that is not here is told so.
 */
#include "netbt.h"

#include <string.h>

#define PORT 138u
#define HEADER 14u                   /* 4.4.2, up to the names */
#define FRAGMENT_FLAGS 0x03u         /* FIRST, MORE */
#define WHOLE 0x02u
enum { DIRECT_UNIQUE = 0x10, DIRECT_GROUP = 0x11, BROADCAST = 0x12,
       ERROR = 0x13 };
enum { OK, NOT_PRESENT = 0x82, BAD_SOURCE = 0x83, BAD_DESTINATION = 0x84 };

/* 4.4.3; to whom it came from, whatever address it bears. */
static void complain(struct nbt *nb, const u8 *p, u8 code,
		     const struct tdi_address *from)
{
	struct nbt_packet *s = nbt_packet_new(nb);

	if (!s)
		return;
	s->b[0] = ERROR;
	memcpy(s->b + 2, p + 2, 2);  /* DGM_ID */
	memcpy(s->b + 4, nb->ip, 4);
	nbt_put16(s->b + 8, PORT);
	s->b[10] = code;
	s->n = 11;
	nbt_packet_send(s, &nb->datagrams, from->ip, from->port);
}

/* What is wrong with one of the three that bear names. */
static u8 look(struct nbt *nb, const u8 *p, u32 n)
{
	struct nbt_wire_name source, destination;
	u32 at = HEADER;

	if (!nbt_name_decode(p, n, &at, false, &source))
		return BAD_SOURCE;
	if (!nbt_name_decode(p, n, &at, false, &destination))
		return BAD_DESTINATION;
	if (source.scope || destination.scope ||
	    (p[0] == DIRECT_UNIQUE && !nbt_is_ours(nb, destination.name)))
		return NOT_PRESENT;
	return OK;
}

static enum ex_status receive(void *context, const struct tdi_address *from,
			      const struct tdi_address *to, u32 indicated,
			      u32 available, u32 *taken, const u8 *data,
			      struct irp **irp)
{
	struct nbt *nb = context;
	u8 code;

	(void)available;
	(void)irp;
	*taken = indicated;
	if (KE_GET(&nb->stopping) || !data || indicated < HEADER ||
	    data[0] < DIRECT_UNIQUE || data[0] > BROADCAST ||
	    (data[1] & FRAGMENT_FLAGS) != WHOLE)
		return EX_SUCCESS;
	code = look(nb, data, indicated);
	TRACE(netbt_datagram, data[0], code, nbt_get16(data + 2), indicated);
	/* 5.3.3; never an answer to what came to all. */
	if (code && data[0] == DIRECT_UNIQUE && from->port &&
	    nbt_is_host(from->ip) && !memcmp(to->ip, nb->ip, 4))
		complain(nb, data, code, from);
	return EX_SUCCESS;
}

enum ex_status nbt_datagrams_start(struct nbt *nb)
{
	return nbt_port_open(nb, PORT, receive, &nb->datagrams);
}
