// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: what a machine does with datagrams and socket calls, on the
 * virtual clock.  The language is described in tests/pkt/README.md.
 *
 *	text --pkt_parse--> struct pkt_datagram --pkt_build--> frame, injected
 *	frame that was sent --pkt_read--> struct pkt_datagram --pkt_differs--
 *
 * Invariant: numbers of sequence are relative to the flow's two initial ones;
 * nothing of the drivers is used to make or to read a datagram.
 *
 * To add a kind of datagram: a value of enum pkt_kind, and a row in parse.c,
 * build.c, read.c and differ.c.  A call: a row in calls.c.
 */
#ifndef HOST_PKT_H
#define HOST_PKT_H

#include "../sdk/host.h"

#define PKT_FRAME_MAX 70000u
#define PKT_OPTIONS 12u
#define PKT_FLOWS 16u
#define PKT_NAME 24u

#define PKT_EXTENSIONS 10u
#define PKT_ND_OPTIONS 8u

enum pkt_kind { PKT_TCP, PKT_UDP, PKT_ICMP, PKT_ARP, PKT_IP, PKT_FRAME,
		PKT_FRAGMENT, PKT_NOTHING, PKT_ICMP6 };

enum { PKT_HAS_SRC = 1, PKT_HAS_DST = 2, PKT_HAS_TTL = 4, PKT_HAS_TOS = 8,
       PKT_HAS_DF = 0x10, PKT_HAS_ID = 0x20, PKT_HAS_WIN = 0x40,
       PKT_HAS_OPTIONS = 0x80, PKT_HAS_URG = 0x100, PKT_HAS_MTU = 0x200,
       PKT_HAS_ECHO = 0x400, PKT_HAS_LEN = 0x800, PKT_HAS_SEQ = 0x1000,
       PKT_HAS_MAC = 0x2000, PKT_HAS_PORTS = 0x4000,
       PKT_HAS_POINTER = 0x8000, PKT_HAS_ISN = 0x10000,
       PKT_HAS_FIELD = 0x20000, PKT_HAS_VIA = 0x40000,
       PKT_HAS_ND = 0x80000, PKT_HAS_CUT = 0x100000 };

enum { PKT_FIN = 1, PKT_SYN = 2, PKT_RST = 4, PKT_PSH = 8, PKT_ACK = 16,
       PKT_URG = 32, PKT_ECE = 64, PKT_CWR = 128 };

struct pkt_option {
	u8 kind, n;
	u8 any, last;                /* bit i of v: any value; the last seen */
	u32 v[8];
};

struct pkt_quote {                   /* what an ICMP error is about */
	bool there;
	u8 protocol;
	u16 sport, dport;
	u32 seq;
};

struct pkt_extension {               /* of IPv6, without its first two bytes */
	u8 kind, n;
	u8 b[126];
};
struct pkt_nd_option {               /* whole, with type and length */
	u8 n, b[62];
};

/* An ICMPv6 message but for its first four bytes: a word, what each of its type
 * has, and options of neighbour discovery. */
struct pkt_message6 {
	u32 word;
	u8 nfixed, fixed[64];
	struct pkt_nd_option option[PKT_ND_OPTIONS];
	unsigned noptions;
	u32 cut;                     /* its length is this instead */
};

struct pkt_datagram {
	enum pkt_kind kind;
	u32 given;                   /* PKT_HAS_* */
	u32 src, dst;
	bool six;                    /* these are meant: */
	u8 src6[16], dst6[16];
	u8 via[6];                   /* the frame's destination */
	struct pkt_extension extension[PKT_EXTENSIONS];
	unsigned nextensions;
	struct pkt_message6 m6;
	u8 ttl, tos, protocol;
	u16 id;
	bool id_counts;              /* id: so much more than the last one's */
	u16 id_step;                 /* of one that was read */
	bool df, bad_sum, bad_ip_sum, no_sum;
	unsigned flow;
	bool fresh;                  /* the flow begins anew */
	u16 sport, dport, flags;
	u32 seq, ack, win, urg;
	u32 field;                   /* where ack would be, without ACK */
	u32 isn_from, isn_to;        /* more than the last ISN; read: both */
	struct pkt_option option[PKT_OPTIONS];
	unsigned noptions;
	u8 type, code, op;
	u16 echo_id, echo_seq;
	u32 mtu, pointer;
	struct pkt_quote quote;
	u8 mac[6];                   /* of ARP's sender */
	char of[PKT_NAME];           /* FRAGMENT: of which datagram */
	u32 from, to;
	bool more;
	u32 len;                     /* of the payload */
	u8 *bytes;                   /* a payload, or a packet; NULL: pattern */
	u8 *mask;                    /* 0: any byte */
	u32 id_at;                   /* where the last id goes, plus 1; 0: no */
};

struct pkt_flow {
	u32 remote_isn, local_isn, remote_ip;
	u8 remote6[16];
	bool known;                  /* local_isn, from its SYN */
	u16 remote_port, local_port;
	u32 last_ts;                 /* that the machine sent */
};

struct pkt_net {
	bool six;                    /* the script is about IPv6 */
	u32 local_ip, remote_ip;
	u8 local6[16], remote6[16], router6[16];
	u8 mac[6];
	u16 last_id;                 /* that the machine sent */
	u32 last_isn;
	struct pkt_flow flow[PKT_FLOWS];
	u8 udp_id[2];                /* of the last datagram of UDP it sent */
};

/* The byte at an offset of every payload that is not written down. */
static inline u8 pkt_pattern(u64 off)
{
	return (u8)(off + (off >> 8) * 7);
}

/* parse.c: the text of a datagram; NULL, or what is wrong with it. */
const char *pkt_parse(const char *text, struct pkt_datagram *d);
void pkt_datagram_free(struct pkt_datagram *d);
const char *pkt_address(const char *at, u32 *ip); /* behind it; NULL: none */
const char *pkt_address6(const char *at, u8 *ip);
const char *pkt_number(const char *at, u64 *v);
const char *pkt_blank(const char *at);

/* build.c: an IP packet (a frame of ARP and FRAME). Its length; 0: too long. */
u32 pkt_build(struct pkt_net *n, const struct pkt_datagram *d, u8 *b);
/* One of its pieces (RFC 791 3.2, RFC 8200 4.5), of pkt_build()'s bytes. */
u32 pkt_piece(const u8 *whole, u32 length, const struct pkt_datagram *piece,
	      u8 *b);
u16 pkt_sum(const u8 *b, u32 n, u32 sum); /* RFC 1071 */
u32 pkt_pseudo(const u8 *ip, u32 length);
u32 pkt_pseudo6(const u8 *ip, u8 protocol, u32 length);
/* build6.c: headers for what is at b + pkt_head6(); all of its length. */
u32 pkt_head6(const struct pkt_datagram *d);
u32 pkt_header6(const struct pkt_net *n, const struct pkt_datagram *d,
		u8 protocol, u32 length, u8 *b);
u32 pkt_icmp6(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b);
u32 pkt_piece6(const u8 *whole, u32 length, const struct pkt_datagram *piece,
	       u8 *b);
/* The header and 8 bytes of a datagram that the machine may have sent. */
u32 pkt_quoted(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b);
void pkt_fill(const struct pkt_datagram *d, u64 off, u8 *b);

/* read.c: a frame with its MAC header. A text of why it is malformed, or NULL.
 * The payload is lent. */
const char *pkt_read(struct pkt_net *n, const u8 *b, u32 length,
		     const struct pkt_datagram *want, struct pkt_datagram *d);
/* A segment or datagram at t; sum: of its pseudo-header. */
const char *pkt_read_transport(struct pkt_net *n, const u8 *t, u32 length,
			       u32 sum, const struct pkt_datagram *want,
			       struct pkt_datagram *d);
void pkt_read_quote(const struct pkt_net *n, const struct pkt_datagram *want,
		    const u8 *t, struct pkt_quote *out);
/* read6.c: a frame of IPv6, and its ICMPv6 in words. */
const char *pkt_read6(struct pkt_net *n, const u8 *frame, u32 length,
		      const struct pkt_datagram *want, struct pkt_datagram *d);
void pkt_text6(const struct pkt_datagram *d, char *buf, size_t size);
void pkt_text(const struct pkt_datagram *d, char *buf, size_t size);

/* differ.c: the first way in which it is another than wanted, in words. */
bool pkt_differs(const struct pkt_datagram *want, const struct pkt_datagram *is,
		 char *why, size_t size);

/* calls.c: socket calls. */
struct pkt_calls;
struct pkt_calls *pkt_calls_new(struct host *h, struct pkt_net *n);
void pkt_calls_free(struct pkt_calls *c);
/* "x = accept(s)", "l: recv(c, 9)", "l = 9", "l waits", "state(c) = X"; false:
 * not as the line says, with words. now: begun, run until nothing is left. */
bool pkt_call(struct pkt_calls *c, const char *text, char *why, size_t size);
bool pkt_call_mistake(const struct pkt_calls *c); /* of the text itself */

/* run.c: a whole script; false: not as it says. why: "12: expected …". */
struct pkt_differ {                  /* "": the line is no such expectation */
	char expected[400], is[400], how[200];
	double at;                   /* when it was sent */
};
struct pkt_result {
	unsigned lines, sent, seen, calls;
	unsigned line;               /* the last one that was read */
	bool mistake;                /* in the script */
	struct pkt_differ differ;
};
bool pkt_run(const char *file, const char *drivers, FILE *capture,
	     struct pkt_result *r, char *why, size_t size);
/* A file, or every *.pkt below a folder in the order of names. How many. */
unsigned pkt_each(const char *path, void (*fn)(void *ctx, const char *file),
		  void *ctx);

#endif
