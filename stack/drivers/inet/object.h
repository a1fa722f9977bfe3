// SPDX-License-Identifier: Apache-2.0
/*
 * TDI's objects of a driver: addresses by port, and the devices.
 *
 * Order of locks: objects->lock, an address's, a connection's (inet.h).
 */
#ifndef OBJECT_H
#define OBJECT_H

#include "inet.h"

#define INET_BUCKETS 1024u
struct inet_objects {
	struct ke_lock lock;         /* address table: of all that follows */
	struct inet_address *bucket[INET_BUCKETS]; /* by port */
	u8 used[2][8192];            /* ports of TCP and UDP, a bit each */
	u32 addresses;
	u64 serial;                  /* of the newest */
};

enum ex_status inet_devices(struct inet *s);      /* and their dispatch */
enum ex_status inet_objects_start(struct inet *s);
void inet_objects_stop(struct inet *s);
enum ex_status inet_address_open(struct inet *s, const struct tdi_open *o,
				 struct inet_address **out);
void inet_address_close(struct inet_address *a);
/* Its handlers that run have returned. PASSIVE. */
void inet_address_wait(struct inet_address *a);
void inet_address_handler(struct inet_address *a, enum tdi_event e, void *fn,
			  void *context);
enum ex_status inet_connection_open(struct inet *s, void *context,
				    struct inet_connection **out);
void inet_connection_close(struct inet_connection *c);
/* Somebody waits for connections there. */
bool inet_listens(const struct inet_address *a);
enum ex_status inet_associate(struct inet_connection *c,
			      struct inet_address *a);
enum ex_status inet_disassociate(struct inet_connection *c);
enum ex_status inet_address_query(struct inet_address *a,
				  struct tdi_request *r);
enum ex_status inet_address_set(struct inet_address *a,
				struct tdi_request *r);

#endif
