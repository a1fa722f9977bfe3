// SPDX-License-Identifier: Apache-2.0
/*
 * IPv4 of the driver tcpip: interfaces, routes, ARP, ICMP, IGMP, reassembly.
 *
 * Addresses are u32 in the host's order (192.0.2.1 is 0xc0000201); bytes of the
 * wire are read and written with get16() … put32().
 *
 * The way in: receive_packet() in bind.c -> ARPRcv() or IPRcv() -> checks,
 * options, reassembly -> ip_deliver() -> ICMP, IGMP, inet_deliver().
 * The way out: ip_output() -> route -> ARP -> fragments -> ndis_send(), or for an
 * address of ours inet_loop(), which delivers before it returns.
 *
 * Invariants: ip->lock is the innermost lock; nothing is sent, delivered or
 * called under it.  Interfaces live as long as the driver, so that those who
 * keep a path may point to them; one without an adapter has no binding, and
 * nothing is made for it: what a release() dropped stays away.  The tables that a
 * remote party can fill (ARP, reassembly, path MTUs, redirects) have the caps
 * below.
 *
 * CPUs run at the same time (inet.h).  Routes, ARP, reassembly and groups are
 * under ip->lock, path MTUs under a latch.  What each datagram is compared with,
 * the interfaces and their addresses, is words, so that those that come in need no
 * lock.
 *
 * To add a protocol on top: a case in ip_deliver().
 */
#ifndef TCPIP_IP_H
#define TCPIP_IP_H

#include "../../trace/trace.h"
#include "../inet/adapter.h"
#include "../inet/bytes.h"
#include "../inet/group.h"
#include "../inet/reass.h"

#define TAG_IP EX_TAG('T', 'c', 'I', 'p')
#define TAG_ARP EX_TAG('T', 'A', 'r', 'p')
#define TAG_ROUTE EX_TAG('T', 'R', 't', 'e')
#define TAG_REASS EX_TAG('T', 'R', 'a', 's')
#define TAG_GROUP EX_TAG('T', 'I', 'g', 'm')

#define SECOND UINT64_C(1000000000)
#define ETHER 14u                    /* bytes of a MAC header */
#define IP_HEADER 20u
#define IP_HEADER_MAX 60u
#define IP_MIN_MTU 576u              /* what a path is never thought to be
					below: NT's MinMtu; RFC 791 3.2 */

#define ARP_MAX 256u                 /* entries */
#define ARP_HASH 64u
#define REASS_MAX 64u                /* datagrams, of all sources */
#define REASS_SOURCE_MAX 16u         /* of one source */
#define REASS_BYTES (512u * 1024)    /* of all of them */
#define REASS_SOURCE_BYTES (192u * 1024)
#define REASS_PIECES 256u            /* of one datagram */
#define REASS_TIME (60 * SECOND)     /* RFC 1122 3.3.2: 60 to 120 s */
#define ROUTES_REDIRECTED 64u
#define PMTU_MAX 64u
#define PATH_IDS 256u
#define GROUPS_MAX 32u               /* of an interface */
#define IP_LEAST_MTU 68u             /* RFC 791 3.2: of an adapter */
#define LOCALS 8u                    /* addresses of an interface */

enum { IP_ICMP = 1, IP_IGMP = 2, IP_TCP = 6, IP_UDP = 17 };

/* Why a datagram was dropped: the first value of the event ip/drop. */
enum ip_drop {
	DROP_NOT, DROP_SHORT, DROP_VERSION, DROP_HEADER_LENGTH, DROP_LENGTH,
	DROP_CHECKSUM, DROP_SOURCE, DROP_DESTINATION, DROP_LAND, DROP_LINK_CAST,
	DROP_OPTION, DROP_SOURCE_ROUTE, DROP_FRAGMENT, DROP_TINY, DROP_TOO_LONG,
	DROP_OVERLAP, DROP_REASS_CAP, DROP_REASS_TIME, DROP_MEMORY, DROP_ICMP,
	DROP_IGMP, DROP_NO_ROUTE, DROP_UNRESOLVED, DROP_ARP, DROP_RATE,
	DROP_DOWN, DROP_REASONS
};

struct ip;
struct arp_entry;

struct ip_net {
	u32 addr, mask;
};
struct ip_local {
	u64 net;                     /* a struct ip_net, as one word */
	bool usable;                 /* no one else has it: a word */
	u64 since, defended;         /* the adapter's CPU's alone, which ARP
					comes in on */
};

struct inet_iface {
	struct inet_iface *next;     /* a word; set under the lock, at the end */
	struct ip *ip;
	char name[16];
	struct ndis_binding *b;      /* NULL: no adapter; a word */
	bool taken;                  /* by an adapter, from bind to the end of
					unbind; under the lock */
	u8 mac[6];                   /* set before b is; read with b in hand */
	u32 mtu, offloads, bps_100;  /* words: paths are asked for without b */
	struct ip_local local[LOCALS];
	u32 nlocal;                  /* a word; those above it stay as they were */
	struct inet_groups groups;
	struct inet_query query;
	u32 device;                  /* of the configuration; who took it sets it */
	bool loopback;
	u64 igmp_v1_until;           /* an IGMPv1 router is near (RFC 2236 4);
					under the lock */
	u32 inside;                  /* calls that use b: KE_ADD() */
};
#define EACH_IFACE(f, ip)                                                  \
	for (struct inet_iface *f = KE_GET(&(ip)->ifaces); f;              \
	     f = KE_GET(&f->next))

struct ip_route {                    /* longest mask first */
	struct ip_route *next;
	u32 dst, mask, gateway;      /* gateway 0: on the link */
	struct inet_iface *iface;
	u64 expires;                 /* 0: never */
	bool redirected;
};

struct ip_pmtu {
	u32 dst, mtu;
	u64 expires;
};

struct ip_config {                   /* of a struct inet_device */
	struct { u32 addr, mask; } local[LOCALS];
	u32 nlocal, gateway;
};

struct ip {
	struct inet s;
	struct ex *x;
	struct ke_lock lock;
	struct inet_iface *ifaces, lo;
	struct ip_route *routes;
	u32 nredirected;
	struct arp_entry *arp[ARP_HASH];
	u32 narp;
	struct inet_reass_table reass;
	struct ke_latch paths;       /* of the path MTUs */
	struct ip_pmtu pmtu[PMTU_MAX];
	u32 npmtu;                   /* a word, for who has none to look for */
	u32 id;                      /* of datagrams; see put_id(). KE_ADD() */
	u32 id_key;
	u16 path_id[PATH_IDS];       /* IP_ID_OF_PATH; by a keyed hash. The same */
	struct inet_limit errors;    /* of ICMP */
	struct ke_timer tick, igmp_timer;
	struct ke_dpc tick_dpc, igmp_dpc;
	struct ip_config config[INET_DEVICES];
	bool stopping;               /* the transports are gone; set under the
					lock, a word */
	u64 dropped[DROP_REASONS];   /* KE_ADD() */
};

/* A header, read. raw: its bytes, as they came. */
struct ip_head {
	u32 src, dst;
	u16 length, id, off;         /* off: bytes */
	u8 hlen, tos, ttl, protocol;
	bool df, more;
	u8 raw[IP_HEADER_MAX];
};

/* --- bytes ----------------------------------------------------------------------- */

static inline u32 ip4_of(const struct inet_ip *a)
{
	return get32(a->b);
}
static inline struct inet_ip ip4_to(u32 a)
{
	struct inet_ip r = { { 0 } };

	put32(r.b, a);
	return r;
}
static inline bool ip4_multicast(u32 a) /* 224/4 */
{
	return a >> 28 == 0xe;
}
static inline bool ip4_loopback(u32 a)
{
	return a >> 24 == 127;
}
/* Neither 0/8, multicast nor class E. */
static inline bool ip4_unicast(u32 a)
{
	return a >> 24 && a >> 28 < 0xe;
}
static inline struct ip *ip_of(struct inet *s)
{
	return s->ip;
}

/* --- who we are: route.c ------------------------------------------------------------ */

bool ip_is_local(const struct ip *ip, u32 a);
/* Of a connected network or 255.255.255.255. */
bool ip_is_broadcast(const struct ip *ip, u32 a);
static inline u64 ip_net_word(u32 addr, u32 mask)
{
	return (u64)addr << 32 | mask;
}
static inline struct ip_net ip_net_at(const struct inet_iface *f, u32 i)
{
	u64 w = KE_GET(&f->local[i].net);

	return (struct ip_net){ (u32)(w >> 32), (u32)w };
}
bool ip_on_link(const struct inet_iface *f, u32 a);
u32 ip_source(const struct inet_iface *f, u32 next); /* 0: has none */
/* The way to dst: NULL none. next: whom to ask ARP for. Under the lock. */
struct inet_iface *ip_route_to(struct ip *ip, u32 dst, u32 *next);
enum ex_status ip_route_add(struct ip *ip, u32 dst, u32 mask, u32 gateway,
			    struct inet_iface *f);
void ip_route_redirect(struct ip *ip, u32 from, u32 dst, u32 gateway);
void ip_routes_drop(struct ip *ip, struct inet_iface *f); /* NULL: all */
void ip_routes_tick(struct ip *ip, u64 now);
/* Of those that were learned, at most mtu. */
u32 ip_path_mtu_known(struct ip *ip, u32 mtu, u32 dst);
static inline u32 ip_path_mtu(struct ip *ip, const struct inet_iface *f,
			      u32 dst)
{
	u32 mtu = KE_GET(&f->mtu);

	return KE_GET(&ip->npmtu) ? ip_path_mtu_known(ip, mtu, dst) : mtu;
}
void ip_pmtu_learn(struct ip *ip, u32 dst, u32 mtu);

/* --- bind.c, options.c ----------------------------------------------------------------- */

enum ex_status ip_options_parse(struct ip *ip, const char *options);
enum ex_status ip_bind(struct ip *ip);
void ip_unbind_all(struct ip *ip);
/* To be used until ip_leave(); NULL: there is no adapter. */
struct ndis_binding *ip_enter(struct inet_iface *f);
void ip_leave(struct inet_iface *f);

/* --- in: input.c, ipopt.c, reass.c ------------------------------------------------------- */

void ip_drop(struct ip *ip, enum ip_drop why, u8 protocol, u32 bytes);
/* p begins with the IP header. link_cast: came to more than this host. */
void IPRcv(struct inet_iface *f, struct ndis_packet *p, bool link_cast);
/* DROP_NOT, or why; an ICMP error may have been sent. p: what follows. */
enum ip_drop ip_options_in(struct inet_iface *f, struct ip_head *h,
			   struct ndis_packet *p);
/* The options of an echo reply (RFC 1122 3.2.2.6); their length, a multiple of
 * four, at most 40. */
u32 ip_options_echo(struct ip *ip, const struct ip_head *h, u32 self, u8 *out);
/* Takes what it wants of p. A datagram that is complete, to be put; h is then
 * its header. NULL: not yet, or dropped. */
struct ndis_packet *reass_add(struct inet_iface *f, struct ip_head *h,
			      struct ndis_packet *p);
void reass_tick(struct ip *ip, u64 now);
void reass_drop_all(struct ip *ip);

/* --- out: output.c -------------------------------------------------------------------------- */

enum ex_status ip_output(struct inet *s, struct ndis_packet *p,
			 const struct inet_tx *t);
bool ip_path_to(struct inet *s, const struct inet_ip *dst, struct inet_ip *src,
		struct inet_path *out);
/* With options (a multiple of 4 bytes) behind the header. */
enum ex_status ip_output_options(struct ip *ip, struct ndis_packet *p,
				 const struct inet_tx *t, const u8 *options,
				 u32 n);
/* p with its IP header, to the station mac; fragments as needed. */
void ip_send_to(struct inet_iface *f, const u8 *mac, struct ndis_packet *p);

/* --- ARP: arp.c --------------------------------------------------------------------------------- */

/* p begins with the message; from: the station whose frame it is. */
void ARPRcv(struct inet_iface *f, struct ndis_packet *p, const u8 *from);
/* Under the lock. */
bool arp_known(struct inet_iface *f, u32 next, u8 *mac);
/* true: mac is known. false: p was taken: kept until it is, or given up. */
bool arp_resolve(struct inet_iface *f, u32 next, u8 *mac,
		 struct ndis_packet *p);
void arp_announce(struct inet_iface *f, u32 addr);
void arp_rows(const struct ip *ip, struct inet_ask *a); /* locked */
void arp_tick(struct ip *ip, u64 now);
void arp_drop(struct ip *ip, struct inet_iface *f); /* NULL: all */

/* --- ICMP, IGMP -------------------------------------------------------------------------------------- */

void ICMPRcv(struct inet_iface *f, struct ndis_packet *p,
	     const struct ip_head *h, const struct inet_rx *rx);
/* type and code of an error about the datagram h, p (what follows it); word:
 * the second word of the message. */
void icmp_error(struct ip *ip, const struct ip_head *h,
		const struct ndis_packet *p, u8 type, u8 code, u32 word);
void ip_refuse(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx,
	       enum inet_error why);

void IGMPRcv(struct inet_iface *f, struct ndis_packet *p,
	     const struct ip_head *h);
bool igmp_member(struct inet_iface *f, u32 group);
bool igmp_join(struct inet *s, const struct inet_ip *group,
	       struct inet_iface *iface, bool leave);
void igmp_due(void *context, void *a, void *b); /* DPC */
void igmp_drop(struct inet_iface *f);

void ip_rows(struct inet *s, struct inet_ask *a);

extern const struct inet_family ip_family;

#endif
