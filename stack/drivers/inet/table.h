// SPDX-License-Identifier: Apache-2.0
/*
 * The tables of a transport, for a netstat: a control of \Device\Tcp and
 * \Device\Tcp6 (IO_DEVICE_CONTROL, INET_TABLE, a struct inet_ask as buffer).
 *
 * Invariant: a table is asked for in one go, at DISPATCH, so its rows belong
 * together; of more rows than there is room for, `total` counts all.
 *
 * To add a table: a name here, a case in table.c or in the family's rows().
 */
#ifndef INET_TABLE_H
#define INET_TABLE_H

#include "../../tdi/tdi.h"

#define INET_TABLE 0x54420001u       /* the control's code */

enum inet_counter {
#define COUNTER(group, name, text) INET_##name,
#include "counter_list.h"
#undef COUNTER
	INET_COUNTERS
};

enum inet_table { INET_CONNECTIONS, INET_LISTENERS, INET_DATAGRAMS, INET_ROUTES,
		  INET_NEIGHBOURS, INET_ADDRESSES };

struct inet_row {
	struct tdi_address local;    /* a route's network; whatever has one address */
	struct tdi_address remote;   /* a route's gateway; zero: on the link */
	char name[16];               /* of the interface */
	const char *state;           /* a neighbour's or an address's, static */
	u8 mac[6];
	u8 prefix;                   /* bits of a route or an address */
	bool known;                  /* a neighbour's mac is */
	u64 left_ns;                 /* until it goes; 0: it stays */
	u32 send_queue, receive_queue; /* bytes */
	const void *object;          /* for whoever has a dump, too */
	struct tdi_tcp_info info;
};

struct inet_ask {
	enum inet_table table;
	struct inet_row *row;
	u32 room, n, total;
	u8 family;                   /* who answered: 4 or 6 */
	u64 count[INET_COUNTERS];
};
/* The next row, zeroed; NULL: there is no room, it is counted. */
struct inet_row *inet_row(struct inet_ask *a);

#endif
