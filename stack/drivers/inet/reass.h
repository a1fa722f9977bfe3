// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams in pieces, as both families keep them: a table by age, and the pieces
 * of each in order.  Which pieces are taken, and what overlaps cost, is the
 * family's (tcpip/reass.c, tcpip6/reass.c).
 *
 * Nothing is copied: pieces share the memory of the frames that they came in,
 * which is why each costs INET_PIECE_COST against the caps.
 *
 * Invariants: everything but _free() and _expired() is called under the family's
 * lock; bytes of the table is the sum of what its datagrams cost; pieces do not
 * overlap.
 */
#ifndef INET_REASS_H
#define INET_REASS_H

#include "inet.h"

#define INET_PIECE_COST 384u         /* bytes that a piece costs beside its
					data */

struct inet_piece {
	struct inet_piece *next;
	u32 start, end;
	struct ndis_packet *data;
};

struct inet_reass {                  /* the first member of the family's own */
	struct inet_reass *next, *prev; /* by age */
	struct inet_piece *head, *tail;
	struct inet_iface *f;
	u64 expires;
	u32 total;                   /* 0: the last piece is not here yet */
	u32 have, cost, count;
	bool first;                  /* the first piece is here */
};

struct inet_reass_table {
	struct inet_reass *head, *tail;
	u32 count, bytes;
	u32 tag;                     /* of the pool; most_...: the caps */
	u32 most_count, most_bytes;
};

/* size: of the family's own, zeroed. NULL: no memory. */
void *inet_reass_new(struct ex *x, struct inet_reass_table *t, u32 size,
		     struct inet_iface *f, u64 expires);
void inet_reass_unlink(struct inet_reass_table *t, struct inet_reass *r);
/* Its pieces, if it stays in the table; what they cost is the caller's. */
void inet_reass_empty(struct ex *x, const struct inet_reass_table *t,
		      struct inet_reass *r);
/* It is in no table any more. */
void inet_reass_free(struct ex *x, const struct inet_reass_table *t, void *r);
/* The oldest, but not mine, which has to go (unlinked) for a piece of n bytes;
 * mine NULL: of a new datagram. NULL: none has to, or *full. */
void *inet_reass_excess(struct inet_reass_table *t,
			const struct inet_reass *mine, u32 n, bool *full);
/* The oldest whose time is over, unlinked; takes the lock itself. */
void *inet_reass_expired(struct inet_reass_table *t, struct ke_lock *lock,
			 u64 now);

/* The last piece that ends at start or before; NULL: none. */
struct inet_piece *inet_reass_before(const struct inet_reass *r, u32 start);
/* Bytes [start, end) of the datagram, which p has at off, behind `before`. */
bool inet_reass_put(struct ex *x, struct inet_reass_table *t,
		    struct inet_reass *r, struct inet_piece *before,
		    const struct ndis_packet *p, u32 off, u32 start, u32 end);
/* About where the datagram ends, all its pieces must agree. */
bool inet_reass_agrees(const struct inet_reass *r, bool more, u32 end);
bool inet_reass_complete(const struct inet_reass *r);
/* All of it, when it is complete. */
struct ndis_packet *inet_reass_join(struct inet_reass *r);

#endif
