// SPDX-License-Identifier: Apache-2.0
/*
 * A reference stack for whoever embeds it: a machine with its drivers and
 * adapters, driven from outside.
 *
 *	struct host *h = host_new(&config);            one or more machines
 *	host_call(h, fn, ctx)                          fn in a thread of it
 *	host_run_to(h, ns)                             an outer virtual clock
 *	host_inject(h, frame, n), host_extract(…)      raw IP packets
 *
 * Enough for a test driver in packetdrill's manner: socket calls that block are
 * begun at one time and looked at later.
 */
#ifndef SDK_HOST_H
#define SDK_HOST_H

#include "../sched/sched.h"
#include "socket.h"

enum host_personality { HOST_NT4, HOST_NT5, HOST_MODERN };

struct host_interface {
	const char *name;            /* "eth0" */
	u8 mac[6];
	const char *ip4[4];          /* "192.0.2.1/24"; NULL ends */
	const char *ip6[4];
	const char *gateway4, *gateway6;
	u32 mtu;                     /* 0: 1500 */
	bool slaac;                  /* take addresses from advertisements */
};

struct host_config {
	struct ex_config ex;
	enum host_personality personality;
	struct host_interface interface; /* name NULL: only loopback */
	const char *const *drivers;  /* NULL-ended; NULL: tcpip tcpip6 afd */
	const char *driver_path;
	const char *netbios_name;    /* loads netbt and srv; NULL: not */
};

struct host;
/* NULL: no memory, or a driver that does not load (text in why). */
struct host *host_new(const struct host_config *c, struct sched *s,
		      char *why, size_t why_size);
void host_free(struct host *h);
struct ex *host_machine(struct host *h);

/* fn in a new thread of the machine; what it does is asked with host_done(). */
struct host_call;
struct host_call *host_call(struct host *h, const char *name,
			    void (*fn)(void *ctx), void *ctx);
bool host_done(const struct host_call *c);
void host_call_free(struct host_call *c);

/* The interface as a wire: IP packets (no MAC header) in and out. */
bool host_inject(struct host *h, const void *packet, size_t n);
/* The next packet that it sent, with its time; 0: none. */
size_t host_extract(struct host *h, void *packet, size_t room, u64 *when);

/* Two machines' interfaces as one link. */
struct pair_config {
	u64 seed;
	double loss, duplicate, corrupt, reorder; /* 0..1 of frames */
	u64 delay_ns, jitter_ns, bps;             /* bps 0: no limit */
	u32 queue;                                /* frames; 0: 1000 */
};
bool host_link(struct host *a, struct host *b, const struct pair_config *c);

#endif
