// SPDX-License-Identifier: Apache-2.0
/*
 * IPv6 of the driver tcpip6: interfaces, addresses, neighbours, routers, ICMPv6,
 * MLD, reassembly (RFC 8200, 4861, 4862, 4443, 8201, 3810).
 *
 * The way in: receive_packet() in bind.c -> IPv6Rcv() -> checks -> the chain of
 * extension headers, reassembly -> ICMPv6, inet_deliver().
 * The way out: ip6_output() -> next hop -> neighbour -> fragments -> ndis_send(),
 * or for an address of ours inet_loop(), which delivers before it returns.
 *
 * Invariants: ip6->lock is the innermost lock; nothing is sent, delivered or
 * called under it.  Interfaces live as long as the driver; for one without an
 * adapter nothing is made: what an iface_stop() dropped stays away.  Each table
 * that a remote party can fill has a cap below.
 *
 * CPUs run at the same time (inet.h).  ip6->lock is that of neighbours, fragments
 * and groups, which allocate.  The tables of fixed size (addresses, prefixes,
 * routers, redirects, path MTUs) and what an interface does next are under the
 * latch ip6->tables, which may be taken under the lock; no pointer into them
 * leaves it.  Functions named in_… are called under it.  A neighbour is linked and
 * unlinked under both, so it is found under either.
 *
 * To add an extension header: a case in chain.c.
 */
#ifndef TCPIP6_IP6_H
#define TCPIP6_IP6_H

#include "../../trace/trace.h"
#include "../inet/adapter.h"
#include "../inet/bytes.h"
#include "../inet/group.h"
#include "../inet/reass.h"

#define TAG_IP6 EX_TAG('T', '6', 'I', 'p')
#define TAG_NEIGH EX_TAG('T', '6', 'N', 'b')
#define TAG_REASS6 EX_TAG('T', '6', 'R', 'a')
#define TAG_GROUP6 EX_TAG('T', '6', 'G', 'r')

#define SECOND UINT64_C(1000000000)
#define MILLI UINT64_C(1000000)
#define FOREVER UINT64_MAX            /* as configured: routers have no say */
#define ENDLESS (UINT64_MAX - 1)     /* as a router said, who may change it */
#define ETHER 14u
#define IP6_HEADER 40u
#define IP6_MIN_MTU 1280u            /* RFC 8200 5 */

#define ADDRS 16u                    /* of an interface */
#define PREFIXES 16u                 /* on the link of an interface */
#define ROUTERS 16u
#define ROUTER_SOLICITATIONS 3u      /* RFC 4861 10 */
#define REDIRECTS 64u
#define PMTU_MAX 64u
#define GROUPS_MAX 48u
#define NEIGHBORS_MAX 256u
#define NEIGHBOR_HASH 64u
#define NEIGHBOR_QUEUE 3u            /* datagrams that wait for an answer */
#define CHAIN_HEADERS 8u             /* extension headers of a datagram */
#define CHAIN_BYTES 1024u            /* of all of them */
#define CHAIN_OPTIONS 16u            /* of a header, paddings not counted */
#define RAW_MAX 256u                 /* headers kept to be quoted */
#define REASS_MAX 64u
#define REASS_SOURCE_MAX 16u
#define REASS_BYTES (512u * 1024)
#define REASS_PIECES 128u
#define REASS_TIME (60 * SECOND)     /* RFC 8200 4.5 */

enum { NEXT_HOP_BY_HOP = 0, NEXT_TCP = 6, NEXT_UDP = 17, NEXT_ROUTING = 43,
       NEXT_FRAGMENT = 44, NEXT_ICMP6 = 58, NEXT_NONE = 59,
       NEXT_DESTINATION = 60 };

enum { ICMP6_UNREACHABLE = 1, ICMP6_TOO_BIG = 2, ICMP6_EXCEEDED = 3,
       ICMP6_PARAMETER = 4, ICMP6_ECHO = 128, ICMP6_ECHO_REPLY = 129,
       MLD_QUERY = 130, MLD_REPORT = 131, MLD_DONE = 132, ND_RS = 133,
       ND_RA = 134, ND_NS = 135, ND_NA = 136, ND_REDIRECT = 137,
       MLD_REPORT_V2 = 143 };

/* Why a datagram was dropped: the first value of the event ip/drop. */
enum ip6_drop {
	DROP_NOT, DROP_SHORT, DROP_VERSION, DROP_LENGTH, DROP_SOURCE,
	DROP_DESTINATION, DROP_LAND, DROP_LINK_CAST, DROP_CHAIN, DROP_OPTION,
	DROP_ROUTING, DROP_FRAGMENT, DROP_TINY, DROP_TOO_LONG, DROP_OVERLAP,
	DROP_REASS_CAP, DROP_REASS_TIME, DROP_MEMORY, DROP_ICMP, DROP_ND,
	DROP_MLD, DROP_NO_ROUTE, DROP_UNRESOLVED, DROP_RATE, DROP_DOWN,
	DROP_REASONS
};

struct ip6;

enum addr_state { ADDR_NONE, ADDR_TENTATIVE, ADDR_USABLE, ADDR_DUPLICATE };
struct ip6_addr {                    /* under the latch */
	struct inet_ip a;
	u8 plen;
	enum addr_state state;
	bool automatic;              /* from a router's prefix */
	u8 probes;                   /* still to send */
	u64 next;                    /* probe, or the end of the wait */
	u64 preferred, valid;        /* until then; FOREVER */
};
struct ip6_prefix {
	struct inet_ip p;
	u8 plen;
	u64 valid;
};

struct inet_iface {
	struct inet_iface *next;     /* a word; set under the lock, at the end */
	struct ip6 *ip;
	char name[16];
	struct ndis_binding *b;      /* NULL: no adapter, or not asked yet; a
					word */
	bool taken;                  /* by an adapter, from bind to the end of
					unbind; under the lock */
	u8 mac[6];                   /* set under the latch before b is; read
					under it, or with b in hand */
	u32 frame, bps_100;          /* read with b in hand */
	u32 mtu, offloads;           /* words */
	struct inet_query query;
	u32 device;                  /* of the configuration; with b in hand */
	struct ip6_addr addr[ADDRS];
	u32 naddr;                   /* under the latch, as the next three */
	struct ip6_prefix prefix[PREFIXES];
	u32 nprefix;
	u8 rs_left;
	u64 rs_at;                   /* too */
	struct inet_groups groups;
	bool loopback;
	bool up, disabled;           /* its link-local address is another's.
					From here on: words */
	u8 hop_limit;
	u64 reachable_ns, retrans_ns, mld_v1_until;
	u32 sending;                 /* calls that use b: KE_ADD() */
};
#define EACH_IFACE(f, ip)                                                  \
	for (struct inet_iface *f = KE_GET(&(ip)->ifaces); f;              \
	     f = KE_GET(&f->next))

enum nud { NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE };
struct ip6_neighbor {                /* under the lock */
	struct ip6_neighbor *next;   /* changed under the latch, too */
	struct inet_iface *f;
	struct inet_ip a;
	u8 mac[6];
	enum nud state;              /* a word for the latch */
	bool router;
	u8 tries, nwaits;
	u64 due, used;
	struct ndis_packet *waits, *last;
};
struct ip6_router {
	struct inet_iface *f;
	struct inet_ip a;
	u64 until;
};
struct ip6_redirect {
	struct inet_iface *f;
	struct inet_ip dst, next;
	u64 until;
};
struct ip6_pmtu {
	struct inet_ip dst;
	u32 mtu;
	u64 until;
};

#define CONFIG_ADDRS 4u
struct ip6_config {                  /* of a struct inet_device */
	struct { struct inet_ip a; u8 plen; } local[CONFIG_ADDRS];
	u32 nlocal;
	struct inet_ip gateway;
};

struct ip6 {
	struct inet s;
	struct ex *x;
	struct ke_lock lock;
	struct inet_iface *ifaces, lo;
	struct ip6_neighbor *neighbor[NEIGHBOR_HASH];
	u32 nneighbors;
	struct ke_latch tables;      /* of what is here, and of addresses */
	struct ip6_router router[ROUTERS];
	struct ip6_redirect redirect[REDIRECTS];
	struct ip6_pmtu pmtu[PMTU_MAX];
	u32 nrouters, nredirects, npmtu; /* npmtu: a word, too */
	struct inet_reass_table reass;
	struct inet_limit errors;    /* of ICMP */
	struct ke_timer tick;
	struct ke_dpc tick_dpc;
	struct ip6_config config[INET_DEVICES];
	u32 dad;                     /* probes of an address */
	bool autoconf;
	bool stopping;               /* a word */
	u64 dropped[DROP_REASONS];   /* KE_ADD() */
};

/* A header, read. base: how far the packet's start is from the datagram's. */
struct ip6_head {
	struct inet_ip src, dst;
	u32 payload, base, nraw;
	u8 hops, tclass, protocol;
	u32 next_at;                 /* where the protocol's number stands */
	bool fragmented, alert;      /* for routers, too: RFC 2711 */
	u8 raw[RAW_MAX];             /* the headers before the transport's */
};

/* --- bytes ------------------------------------------------------------------------- */

static inline bool same(const struct inet_ip *a, const struct inet_ip *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}
static inline bool unspecified(const struct inet_ip *a)
{
	static const struct inet_ip zero = { { 0 } };

	return same(a, &zero);
}
static inline bool is_loopback(const struct inet_ip *a)
{
	static const struct inet_ip one = { { [15] = 1 } };

	return same(a, &one);
}
static inline bool multicast(const struct inet_ip *a)
{
	return a->b[0] == 0xff;
}
static inline bool link_local(const struct inet_ip *a) /* fe80::/10 */
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}
/* ff02::x, or the solicited-node group of an address (RFC 4291 2.7.1). */
static inline struct inet_ip group_of(u8 x)
{
	return (struct inet_ip){ { 0xff, 2, [15] = x } };
}
static inline struct inet_ip solicited_node(const struct inet_ip *a)
{
	return (struct inet_ip){ { 0xff, 2, [11] = 1, 0xff, a->b[13],
				   a->b[14], a->b[15] } };
}
static inline struct ip6 *ip6_of(struct inet *s)
{
	return s->ip;
}

/* --- who we are: addr.c ------------------------------------------------------------- */

bool prefix_match(const struct inet_ip *a, const struct inet_ip *p, u32 bits);
/* ADDR_NONE: it is none of the interface. */
enum addr_state addr_state(struct inet_iface *f, const struct inet_ip *a);
bool ip6_is_local(struct ip6 *ip, const struct inet_ip *a);
/* Which of ours has it, usable; NULL none. */
struct inet_iface *in_addr_iface(struct ip6 *ip, const struct inet_ip *a);
static inline bool in_is_local(struct ip6 *ip, const struct inet_ip *a)
{
	return is_loopback(a) || in_addr_iface(ip, a);
}
/* The usable one of the link itself; all zero: none. */
struct inet_ip addr_of_link(struct inet_iface *f);
bool addr_source(struct inet_iface *f, const struct inet_ip *dst,
		 struct inet_ip *out);
bool in_addr_source(const struct inet_iface *f, const struct inet_ip *dst,
		    u64 now, struct inet_ip *out);
/* a: its address, its prefix, its lifetimes, whether it is automatic. */
bool addr_add(struct inet_iface *f, const struct ip6_addr *a);
/* Another has it, if it is still tentative. */
void addr_duplicate(struct inet_iface *f, const struct inet_ip *a);
void addr_start(struct inet_iface *f);   /* link-local, then the routers */
void addr_stop(struct inet_iface *f);
void addr_restart(struct inet_iface *f); /* the link came back */
void addr_prefix(struct inet_iface *f, const u8 *option); /* of 32 bytes */
void addr_tick(struct inet_iface *f, u64 now);

/* --- ways: route.c ----------------------------------------------------------------------- */

/* false: none. next: whom to resolve. want, src: what is known of the way. */
bool in_route_next(struct ip6 *ip, const struct inet_ip *dst,
		   const struct inet_ip *src, struct inet_iface *want,
		   struct inet_iface **f, struct inet_ip *next);
u32 in_route_mtu(const struct ip6 *ip, const struct inet_iface *f,
		 const struct inet_ip *dst);
void route_prefix(struct inet_iface *f, const struct inet_ip *p, u8 plen,
		  u64 valid);
void route_router(struct inet_iface *f, const struct inet_ip *a, u64 until);
void route_router_failed(struct inet_iface *f, const struct inet_ip *a);
bool route_redirect(struct inet_iface *f, const struct inet_ip *from,
		    const struct inet_ip *dst, const struct inet_ip *target);
void route_drop(struct ip6 *ip, struct inet_iface *f);
void route_tick(struct ip6 *ip, u64 now);
u32 route_mtu(struct ip6 *ip, const struct inet_iface *f,
	      const struct inet_ip *dst);
void route_learn_mtu(struct ip6 *ip, const struct inet_ip *dst, u32 mtu);

/* --- bind.c, options.c --------------------------------------------------------------------- */

enum ex_status ip6_options_parse(struct ip6 *ip, const char *options);
enum ex_status ip6_bind(struct ip6 *ip);
void ip6_unbind_all(struct ip6 *ip);
/* To be used until ip6_leave(); NULL: there is no adapter. */
struct ndis_binding *ip6_enter(struct inet_iface *f);
void ip6_leave(struct inet_iface *f);

/* iface.c: what a bind makes of an adapter once it is known. */
struct inet_iface *iface_for(struct ip6 *ip, const char *name);
void iface_start(struct inet_query *q, bool ok);
void iface_stop(struct inet_iface *f);   /* PASSIVE */
void iface_receive(struct ndis_binding *b, struct ndis_packet *p);
void iface_receive_complete(struct ndis_binding *b);
void iface_status(struct ndis_binding *b, bool link_up);

/* --- in: input.c, chain.c, reass.c --------------------------------------------------------- */

void ip6_drop(struct ip6 *ip, enum ip6_drop why, u8 protocol, u32 bytes);
void IPv6Rcv(struct inet_iface *f, struct ndis_packet *p, bool link_cast);
/* Walks the headers from *off; at the end h->protocol is the transport's.
 * fragment: where its header is (0: none), whose datagram is to be joined. */
enum ip6_drop chain_walk(struct inet_iface *f, struct ip6_head *h,
			 struct ndis_packet *p, u32 *off, u32 *fragment);
/* The headers behind a first fragment's are all in it (RFC 7112). */
bool chain_complete(struct ip6 *ip, struct ndis_packet *p, u8 next, u32 off);
struct ndis_packet *reass_add(struct inet_iface *f, struct ip6_head *h,
			      struct ndis_packet *p, u32 at);
void reass_tick(struct ip6 *ip, u64 now);
void reass_drop_all(struct ip6 *ip);

/* --- out: output.c -------------------------------------------------------------------- */

enum ex_status ip6_output(struct inet *s, struct ndis_packet *p,
			  const struct inet_tx *t);
bool ip6_path(struct inet *s, const struct inet_ip *dst, struct inet_ip *src,
	      struct inet_path *out);
void ip6_send_to(struct inet_iface *f, const u8 *mac, struct ndis_packet *p);
u32 ip6_pseudo_sum(const struct inet_ip *src, const struct inet_ip *dst,
		   u8 protocol, u32 length);

/* --- neighbours: neighbor.c, nd.c ---------------------------------------------------------------- */

/* true: mac is known. false: *p was taken. */
bool neighbor_resolve(struct inet_iface *f, const struct inet_ip *a, u8 *mac,
		      struct ndis_packet **p);
/* Under the lock or the latch. */
struct ip6_neighbor *neighbor_find(struct inet_iface *f,
				   const struct inet_ip *a);
/* Heard of it with this address of the link: STALE if that is news. */
void neighbor_heard(struct inet_iface *f, const struct inet_ip *a,
		    const u8 *mac, int router); /* router: -1 not said */
void neighbor_advertised(struct inet_iface *f, const struct inet_ip *a,
			 const u8 *mac, u8 flags);
void neighbor_tick(struct ip6 *ip, u64 now);
void neighbor_drop(struct ip6 *ip, struct inet_iface *f);
void nd_receive(struct inet_iface *f, const u8 *m, u32 n,
		const struct ip6_head *h);
/* to NULL: the group. from NULL: chosen; all zero: for duplicates. */
void nd_solicit(struct inet_iface *f, const struct inet_ip *target,
		const struct inet_ip *to, const struct inet_ip *from);
void nd_router_solicit(struct inet_iface *f);
void nd_advertise(struct inet_iface *f, const struct inet_ip *target,
		  const struct inet_ip *to, bool solicited);


/* --- ICMPv6: icmp.c; MLD: mld.c --------------------------------------------------------------------- */

void icmp6_receive(struct inet_iface *f, struct ndis_packet *p,
		   const struct ip6_head *h, const struct inet_rx *rx);
/* About the datagram whose header is in h and which goes on with p. */
void icmp6_error(struct inet_iface *f, const struct ip6_head *h,
		 const struct ndis_packet *p, u8 type, u8 code, u32 word);
void ip6_refuse(struct inet *s, struct ndis_packet *p,
		const struct inet_rx *rx, enum inet_error why);
bool mld_member(struct inet_iface *f, const struct inet_ip *group);
bool mld_join_on(struct inet_iface *f, const struct inet_ip *group);
bool mld_leave_on(struct inet_iface *f, const struct inet_ip *group);
bool mld_join(struct inet *s, const struct inet_ip *group,
	      struct inet_iface *iface, bool leave);
void mld_receive(struct inet_iface *f, const u8 *m, u32 n,
		 const struct ip6_head *h);
void mld_tick(struct inet_iface *f, u64 now);
void mld_drop(struct inet_iface *f);

void ip6_rows(struct inet *s, struct inet_ask *a);

extern const struct inet_family ip6_family;

#endif
