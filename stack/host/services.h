// SPDX-License-Identifier: Apache-2.0
/*
 * What a live machine offers over its own sockets: echo, discard, chargen,
 * files over HTTP, iperf.
 *
 * Invariant: a connection is served by one thread of the machine, whose stack
 * is small: its buffer of SERVICE_CHUNK bytes (and one for a final zero) is
 * given to it, and files are touched on the host's stack.  Threads of several
 * CPUs serve at the same time: a connection is its thread's alone, as soon as
 * that has begun; the list of them is under `latch`, numbers are counted by
 * KE_ADD(), and whatever else is in struct services does not change.
 *
 * To add a service: a service_fn, and a row in services.c.
 */
#ifndef HOST_SERVICES_H
#define HOST_SERVICES_H

#include "cmd.h"

#include <sys/queue.h>

#define SERVICE_CHUNK 65536u
#define SERVICE_MOST 12000u          /* connections at once; more are closed */

struct service_connection {
	LIST_ENTRY(service_connection) all; /* under the latch */
	struct services *of;
	const char *name;
	struct sk *sk;
	struct tdi_address peer;
	u8 *buf;
	void *more;                  /* of the service: freed with it */
};
struct services {
	struct host *h;
	struct ex *x;
	const char *http_dir;        /* NULL: none */
	bool put;                    /* files may be stored */
	bool ip6;                    /* on IPv6, too */
	struct ke_latch latch;       /* of the list */
	LIST_HEAD(, service_connection) connections; /* accepted ones */
	u32 open;                    /* of them, and of iperf's back */
	u64 accepted, bytes_in, bytes_out;
};
void services_start(void *services); /* in a thread of the machine */
/* When the machine is gone: what its open connections had of the host. */
void services_free(struct services *all);

/* Serves until it is over; who calls closes. */
typedef void service_fn(struct service_connection *c, u8 *buf);
service_fn http, iperf;

/* One more that is open; false: there are SERVICE_MOST. */
bool service_enter(struct services *all);
void service_leave(struct services *all);
/* Counted; false: not all of it went. */
bool service_send(struct service_connection *c, const u8 *p, size_t n);
s64 service_receive(struct service_connection *c, u8 *p, size_t n);

#endif
