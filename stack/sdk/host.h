// SPDX-License-Identifier: Apache-2.0
/*
 * A reference stack for whoever embeds it: a machine with its drivers and
 * adapters, driven from outside.
 *
 *	struct host *h = host_new(&config);            one or more machines
 *	host_call(h, fn, ctx)                          fn in a thread of it
 *	host_wait(call, ns), host_receive(h, …, ns)    until it is so, or that late
 *	sched_run_to(s, ns), sched_now(s)              an outer virtual clock
 *	host_inject(h, packet, n), host_extract(…)     raw IP packets
 *
 * Enough for a test driver in packetdrill's manner (tests/stack/host_test.c is
 * one in small): socket calls that block are begun at one time and looked at
 * later; time goes on only when the driver says so.
 *
 * One host thread at a time calls this.  A live machine with several CPUs has
 * more, but they are at work only while that one lets time go on.
 *
 * The adapter of a machine is one of: a wire whose other end is the caller (the
 * default), a link to another machine (link: host_link()), a TAP device (tap).
 * It is there before the drivers are loaded; with `link` it comes by host_link().
 *
 * To add a kind of adapter: a field of struct host_interface, a case in
 * open_interface().
 */
#ifndef SDK_HOST_H
#define SDK_HOST_H

#include "../nic/nic.h"
#include "../sched/sched.h"
#include "socket.h"

enum host_personality { HOST_NT4, HOST_NT5, HOST_MODERN };
#define HOST_PERSONALITIES "nt4 nt5 modern" /* their names, in that order */

struct host_interface {
	const char *name;            /* "eth0" */
	u8 mac[6];
	const char *ip4[4];          /* "192.0.2.1/24"; NULL ends */
	const char *ip6[4];
	const char *gateway4, *gateway6;
	u32 mtu;                     /* 0: 1500 */
	bool slaac;                  /* take addresses from advertisements */
	bool link;                   /* the adapter comes by host_link() */
	const char *tap;             /* a TAP device; live scheduling */
	bool offloads;               /* of the TAP device */
	bool frames;                 /* the wire answers no ARP by itself */
};

struct host_config {
	struct ex_config ex;
	enum host_personality personality;
	struct host_interface interface; /* name NULL: only loopback */
	const char *const *drivers;  /* NULL-ended; NULL: tcpip tcpip6 afd */
	const char *driver_path;
	/* Drivers that are linked in, NULL-ended; NULL: all are objects. */
	const struct io_driver_info *const *builtin;
	const char *tcpip_options;   /* further words for tcpip and tcpip6 */
	const char *netbios_name;    /* loads netbt and srv; NULL: not */
	u32 netbios_keepalive;       /* seconds; 0: an hour */
};

struct host;
/* NULL: no memory, or a driver that does not load (text in why). Live, its IPv4
 * address may be bound to when it returns. */
struct host *host_new(const struct host_config *c, struct sched *s,
		      char *why, size_t why_size);
/* Its drivers are unloaded and its adapter is removed; false: a driver stayed. The
 * machine is there still, to be looked at; not for live ones. */
bool host_stop(struct host *h);
/* The same, and the machine is gone; a live one is switched off. */
void host_free(struct host *h);
struct ex *host_machine(struct host *h);
/* Its first address of a family (4, 6), with this port; until the next call. */
const struct tdi_address *host_address(struct host *h, int family, u16 port);

/* fn in a new thread of the machine; what it does is asked with host_done(). */
struct host_call;
struct host_call *host_call(struct host *h, const char *name,
			    void (*fn)(void *ctx), void *ctx);
bool host_done(const struct host_call *c);
void host_call_free(struct host_call *c);
/* Time goes on until it is done (true), or to this time of the clock;
 * UINT64_MAX: as long as anything goes on. */
bool host_wait(struct host_call *c, u64 until_ns);

/* The interface as a wire: IP packets (no MAC header) in and out. The outside
 * is 02:00:00:00:00:fe and answers ARP for every address but the machine's. */
bool host_inject(struct host *h, const void *packet, size_t n);
/* The next packet that it sent, with its time; 0: none. */
size_t host_extract(struct host *h, void *packet, size_t room, u64 *when);
/* The same; time goes on until there is one, or to this time of the clock. */
size_t host_receive(struct host *h, void *packet, size_t room, u64 until_ns,
		    u64 *when);
/* The same with MAC headers, other protocols too; to be used instead. */
bool host_inject_frame(struct host *h, const void *frame, size_t n);
size_t host_extract_frame(struct host *h, void *frame, size_t room, u64 *when);
extern const u8 host_outside[6];

/* Two machines' interfaces as one link. Both were made with `link`; it is gone
 * when both machines are. NULL of c: a perfect link. */
bool host_link(struct host *a, struct host *b,
	       const struct nic_pair_config *c);
/* Of the frames that this host sends; NULL: no link. */
const struct nic_pair_counters *host_link_counters(const struct host *h);
/* Every frame of the wire and the link goes to it, too; NULL: no more. */
void host_capture(struct host *h, struct nic_capture *c);

#endif
