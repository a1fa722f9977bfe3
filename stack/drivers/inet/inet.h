// SPDX-License-Identifier: Apache-2.0
/*
 * What tcpip and tcpip6 share: TCP, UDP, raw sockets and their TDI objects, over
 * a family (IPv4, IPv6) that routes, sends and receives.
 *
 * The files in this folder are built into both drivers (Makefile); each driver
 * has its own struct inet, which lives as long as it is loaded.
 *
 * The way in: ndis -> ARPRcv/IPRcv (tcpip/) or IPv6Rcv (tcpip6/) ->
 * inet_deliver() -> TCPRcv or UDPRcv -> the TDI event handlers.  All at DISPATCH
 * in the adapter's DPC; ends of batches come as inet_deliver_complete() ->
 * TCPRcvComplete, which drains the delay queue of the CPU.
 * The way out: TDI request -> TCPSend or UDPSend -> inet->family->output().
 *
 * Order of locks (each level may take the ones behind it): address table,
 * address object, connection table, connection, TCB table, tcb; then the
 * family's lock, then its latch and those of this folder, under which nothing is
 * called (ex/latch.h).
 *
 * CPUs run at the same time.  A field says which lock it is under; one that says
 * nothing is set before others can find its structure, and stays.  "A word" is
 * read and written by KE_GET() and KE_SET(), without a lock.
 */
#ifndef INET_H
#define INET_H

#include "table.h"

struct inet;
struct inet_iface;                   /* the family's */

struct inet_ip {                     /* network order; IPv4: the first 4 bytes */
	u8 b[16];
};

/* A datagram that came in: p begins with the transport's header. */
struct inet_rx {
	struct inet_ip src, dst;
	struct inet_iface *iface;
	u8 protocol, ttl, tos;
	bool broadcast, multicast, loopback;
};

/* A datagram to send: p begins with the transport's header, with headroom for
 * those below (INET_HEADROOM). */
#define INET_HEADROOM 96u
struct inet_tx {
	struct inet_ip src, dst;
	struct inet_iface *iface;    /* NULL: as routed */
	u8 protocol, ttl, tos;       /* ttl 0: the personality's */
	bool dont_fragment, header_included;
};

struct inet_path {
	struct inet_iface *iface;
	u32 mtu;                     /* of the path, as far as known */
	u32 offloads;                /* NDIS_CSUM_*, NDIS_LSO of the adapter */
	bool local, loopback;
};

enum inet_error {                    /* as ICMP says them */
	INET_NET_UNREACHABLE, INET_HOST_UNREACHABLE, INET_PORT_UNREACHABLE,
	INET_PROTOCOL_UNREACHABLE, INET_TOO_BIG, INET_TTL, INET_PARAMETER,
	INET_PROHIBITED,
};

struct inet_family {
	u8 family, address_len, header_len; /* 4, 4, 20 or 6, 16, 40 */
	u8 protocol_at;              /* where the header says the next one */
	u32 least_mtu;               /* that an adapter may have */
	u16 default_mss;             /* RFC 9293 3.7.1 (MUST-15) */
	const char *tcp_device, *udp_device, *raw_device;
	/* src all zero: chosen. false: unreachable. */
	bool (*route)(struct inet *s, const struct inet_ip *dst,
		      struct inet_ip *src, struct inet_path *out);
	/* Takes p over, also on failure. */
	enum ex_status (*output)(struct inet *s, struct ndis_packet *p,
				 const struct inet_tx *t);
	bool (*is_local)(struct inet *s, const struct inet_ip *a);
	bool (*is_unicast)(struct inet *s, const struct inet_ip *a);
	u32 (*pseudo_sum)(const struct inet_ip *src, const struct inet_ip *dst,
			  u8 protocol, u32 length);
	/* ICMP port unreachable for a datagram that nobody wants. */
	void (*refuse)(struct inet *s, struct ndis_packet *p,
		       const struct inet_rx *rx, enum inet_error why);
	/* The path's MTU was found to be smaller (PMTUD). */
	void (*learn_mtu)(struct inet *s, const struct inet_ip *dst, u32 mtu);
	bool (*join)(struct inet *s, const struct inet_ip *group,
		     struct inet_iface *iface, bool leave);
	/* p, with its header, comes back from inet_loop(); it is lent. */
	void (*looped)(struct inet *s, struct ndis_packet *p);
	/* A datagram was dropped for want of memory: to be counted. */
	void (*no_memory)(struct inet *s, u8 protocol, u32 bytes);
	/* Of INET_ROUTES, INET_NEIGHBOURS and INET_ADDRESSES. */
	void (*rows)(struct inet *s, struct inet_ask *a);
};

enum inet_ip_id {
	IP_ID_COUNTS,                /* one counter for all */
	IP_ID_SWAPPED,               /* the same, in the processor's order */
	IP_ID_OF_PATH,               /* a counter of each path */
};
enum inet_isn {
	ISN_STEPS,                   /* RFC 793's clock and random steps */
	ISN_RFC6528,
};

/* NT as it appears on the wire; personality.c has the values and says whence. */
struct inet_personality {
	const char *name;            /* "nt4", "nt5", "modern" */
	u8 ttl;
	u32 window;                  /* what a receiver grants at first */
	bool window_of_mss;          /* rounded up to a multiple of the MSS */
	bool window_scale, timestamps, sack;
	u8 least_wscale;             /* of windows that need one */
	const char *syn_options;     /* order, in letters: M mss, N nop, W scale,
					T timestamps, S sack permitted */
	bool syn_ts_zero;            /* SYN and SYN,ACK: both values are 0 */
	u32 ts_tick_ms;              /* 1 or 100 */
	bool ts_offset;              /* another one for each pair of hosts */
	enum inet_ip_id ip_id;
	enum inet_isn isn;
	bool refuses_stray;          /* a listener answers what is neither SYN,
					ACK nor RST by a RST */
	bool rst_ack_field;          /* its number, too, in a RST without ACK */
	bool rst_df;
	u32 icmp_quote;              /* 8 to 528 bytes behind the header */
	bool echo_df;                /* echo replies: DF as it came */
	u32 initial_rto_ms, delack_ms, max_data_retrans, max_syn_retrans,
	    time_wait_s;
	u32 initial_cwnd;            /* segments */
	u32 slow_start;              /* most segments that an ACK opens cwnd by */
};
const struct inet_personality *inet_personality(const char *name);

#define INET_CPUS 32u
struct inet_loop {                   /* datagrams to oneself */
	struct ndis_packet *head, *tail;
	u32 depth, queued;
};

/* What each CPU has for itself.  The loop is touched at DISPATCH there alone;
 * counters are, but for what is dropped in a thread, so KE_ADD() it is. */
struct inet_cpu {
	struct inet_loop loop;
	u64 count[INET_COUNTERS];
	u64 apart[8];                /* no cache line of the next CPU's */
};

#define INET_DEVICES 32u
struct inet_device {                 /* from the options; one per dev= */
	char name[16];               /* empty: the first adapter */
	u32 mtu;                     /* 0: the adapter's */
	bool used;                   /* under inet->devices */
};

struct inet {
	struct ex *x;
	struct io_driver *driver;
	const struct inet_family *family;
	const struct inet_personality *as;
	void *ip;                    /* the family's own */
	struct inet_objects *objects; /* TDI: object.c */
	struct tcp *tcp;             /* tcp.c */
	struct inet_cpu cpu[INET_CPUS];
	struct ke_latch devices;     /* who has which */
	struct inet_device device[INET_DEVICES];
	u32 ndevices;
	struct inet_sysctl {
		u32 syn_backlog, max_tcbs, keepalive_s, keepalive_interval_s,
		    rcv_buf, snd_buf, data_retrans;
		bool syn_cookies, checked; /* checked: as a checked build */
		bool no_sack;
	} ctl;
};

static inline bool inet_may_sack(const struct inet *s)
{
	return s->as->sack && !s->ctl.no_sack;
}

/* Makes TCP, UDP and the devices.  An unload: _stop() ends the connections while
 * there are adapters to say so; these go; and when nothing more can come in,
 * _free(). */
enum ex_status inet_start(struct inet *s);
void inet_stop(struct inet *s);
void inet_free(struct inet *s);

/* From the family. p is lent: keep what is needed by ndis_buffer_clone(). */
void inet_deliver(struct inet *s, struct ndis_packet *p,
		  const struct inet_rx *rx);
void inet_deliver_complete(struct inet *s);
/* An ICMP error about a datagram of ours: its transport header's first bytes. */
void inet_icmp(struct inet *s, u8 protocol, const struct inet_ip *src,
	       const struct inet_ip *dst, const u8 *quoted, u32 n,
	       enum inet_error what, u32 mtu);
/* loop.c: p with its IP header, to ourselves; p is taken. */
void inet_loop(struct inet *s, struct ndis_packet *p);
void inet_loop_free(struct inet *s);
/* packet.c: another packet of n bytes from off on, shared where they may be. */
struct ndis_packet *inet_clone(struct ex *x, const struct ndis_packet *p,
			       u32 off, u32 n, u32 headroom);
/* Some of its bytes are a client's, who may have them back at any time. */
bool inet_is_lent(const struct ndis_packet *p);
/* p, to be kept for who knows how long: one of our own bytes, for which p is
 * told that it was sent. NULL: no memory, p was told. Not locked. */
struct ndis_packet *inet_keep(struct ex *x, struct ndis_packet *p);
/* A checksum left to the adapter, behind a header of hlen bytes, is made now. */
void inet_sum_now(struct ex *x, struct ndis_packet *p, u32 hlen);
/* Tells whoever sent p, or gives it back if nobody waits for that. */
void inet_sent(struct ndis_packet *p, enum ex_status st);
/* So many a second, at most, and at most a second's at once. */
struct inet_limit {
	struct ke_latch latch;
	u64 when;                    /* tokens were counted */
	u32 tokens;
};
bool inet_limit_take(struct inet_limit *l, u64 now, u32 a_second);
/* An address of ours went away. */
void inet_address_gone(struct inet *s, const struct inet_ip *a);

/* --- between object.c and the transports ------------------------------------------- */

struct inet_address {                /* a TDI address object */
	struct inet *s;
	struct ke_lock lock;
	struct inet_address *next;   /* of its hash chain, under the table's */
	u64 serial;                  /* later ones have larger ones */
	struct inet_ip ip;           /* zero: any */
	u16 port;
	u8 protocol;
	bool reuse, broadcast, header_included; /* the latter two and these */
	u8 ttl, tos;                 /* three are words: a client's options */
	u32 rcv_buf;                 /* of connections to it; 0: the default */
	u32 listens;                 /* LISTENs that wait on its connections:
					a word for the address table */
	/* Set under the lock and the latch, read under either; fn, whether there
	 * is one, a word. */
	struct { void *fn, *context; } event[TDI_EVENTS];
	struct ke_latch events;
	u32 inside;                  /* handlers that run: KE_ADD() */
	struct inet_connection *connections; /* associated; under the lock */
	struct irp *datagrams;       /* RECEIVE_DATAGRAMs that wait; under the
					lock, the head a word */
	u32 refs;                    /* KE_ADD() */
	bool closing;                /* set under the table's lock and its own,
					read under either */
};
/* By where a datagram goes; the most specific wins. A reference, or NULL. */
struct inet_address *inet_address_find(struct inet *s, u8 protocol,
				       const struct inet_ip *dst, u16 port,
				       const struct inet_ip *src);
void inet_address_get(struct inet_address *a);
void inet_address_put(struct inet_address *a);
/* What a client wants to be called by; NULL: nothing. What is given counts as
 * inside until _leave(), and a CLEANUP waits for that: a client whose address is
 * closed is called no more. */
void *inet_address_enter(struct inet_address *a, enum tdi_event e,
			 void **context);
void inet_address_leave(struct inet_address *a);
/* All that such a datagram is for, one after the other: the one after prev, whose
 * reference is given back (NULL: the first). Raw sockets: port 0. */
struct inet_address *inet_address_next(struct inet *s, u8 protocol,
				       const struct inet_ip *dst, u16 port,
				       const struct inet_ip *src,
				       struct inet_address *prev);

/* One more of COUNTER(…, what, …). */
#define inet_count(s, what) inet_count_by((s), INET_##what, 1)
static inline void inet_count_by(struct inet *s, enum inet_counter what, u64 n)
{
	(void)KE_ADD(&s->cpu[ke_cpu_number()].count[what], n);
}

/* How long ago that was.  Another CPU may have had a later look at the clock. */
static inline u64 inet_since(u64 now, u64 then)
{
	return now > then ? now - then : 0;
}

/* table.c */
enum ex_status inet_table(struct inet *s, struct inet_ask *a);

/* udp.c: UDP and raw sockets */
void UDPRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx);
void RawRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx);
/* At most DISPATCH. Completes irp. */
void UDPSend(struct inet_address *a, struct irp *irp, struct tdi_request *r);
/* RECEIVE_DATAGRAM: waits in a->datagrams. Marks irp pending, or completes it. */
void UDPReceive(struct inet_address *a, struct irp *irp, struct tdi_request *r);
/* What waits on a is completed: a is being closed. */
void udp_close(struct inet_address *a);
/* Somebody has the port that the datagram quoted is from. */
bool udp_is_ours(struct inet *s, const struct inet_ip *src,
		 const struct inet_ip *dst, const u8 *quoted, u32 n);
void udp_icmp(struct inet *s, u8 protocol, const struct inet_ip *src,
	      const struct inet_ip *dst, const u8 *quoted, u32 n,
	      enum inet_error what, u32 mtu);

/* tcp_*.c */
enum ex_status tcp_start(struct inet *s);
void tcp_stop(struct inet *s);
void tcp_free(struct inet *s);
void TCPRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx);
void TCPRcvComplete(struct inet *s);
void tcp_icmp(struct inet *s, const struct inet_ip *src,
	      const struct inet_ip *dst, const u8 *quoted, u32 n,
	      enum inet_error what, u32 mtu);

#endif
