// SPDX-License-Identifier: Apache-2.0
/*
 * NetBIOS over TCP and UDP (RFC 1001, 1002) as a TDI transport: the name service
 * of a B node on UDP 137, the session service on TCP 139; datagrams on UDP 138
 * are looked at and dropped.
 *
 * Clients open \Device\NetBT: address objects are names (family 17; `reuse` says
 * that it is a group's), connections carry messages of up to 131,071 bytes.
 *
 * The way in of a session: tcpip -> nbt_receive() -> nbt_process() -> the
 * client.  What the client left, and half headers, wait at the start of the
 * connection's indicate buffer (indicate.c); when that is full, TCP holds the
 * rest.  One CPU at a time is in a lower connection (`pumping`): the message and
 * the indicate buffer are its own, or, while one reads it, the RECEIVE's.
 *
 * Locks: nbt->lock for everything; nobody is called while it is held.  What is
 * looked at without it is a word, by KE_GET() and KE_SET(): the flags of a lower
 * connection, of which one that matters who was first is set by nbt_first().  A
 * latch is only taken last: a connection's, for which lower one it has, and a
 * lower one's, for its flags.
 *
 * Ends: references are counted by KE_ADD().  Who uses the files of a lower
 * connection is in its gate, and the worker that closes them waits for him; a
 * client's file is closed when none of the client's handlers is being called
 * (`calls`).  nbt->gate is for what comes by itself, the tick and packets on
 * ports 137 and 138.
 *
 * A lower connection serves one session, is closed by a worker and freed a while
 * later, as an indication of TCP's may still be on its way with its pointer.
 *
 * To add a type of session packet: its row in rules[] of indicate.c, and a case
 * in control() of session.c.
 */
#ifndef NETBT_H
#define NETBT_H

#include "../../ndis/gate.h"
#include "../../tdi/tdi.h"
#include "../../trace/trace.h"

#define NBT_DEVICE "\\Device\\NetBT"
#define TAG_NBT EX_TAG('N', 'b', 't', 'G')
#define TAG_INDICATE EX_TAG('N', 'b', 't', 'D') /* indicate buffers */
#define TAG_CONNECTION EX_TAG('N', 'b', 't', 'C')
#define TAG_LOWER EX_TAG('N', 'b', 't', 'L')
#define TAG_ADDRESS EX_TAG('N', 'b', 't', 'A')
#define TAG_NAME EX_TAG('N', 'b', 't', 'N')
#define TAG_OP EX_TAG('N', 'b', 't', 'O')

#define NBT_NAME 16u
#define NBT_ENCODED 34u              /* RFC 1002 4.1: 32 letters, two lengths */
#define NBT_MESSAGE_MAX 131071u      /* RFC 1002 4.3.1: 17 bits */
#define NBT_HEADER 4u
#define NBT_CACHE 16u
#define NBT_SPARES 8u                /* lower connections beyond the clients' */
#define NBT_MS 1000000ull
#define NBT_SECOND (1000 * NBT_MS)

/* RFC 1002 4.3.1 */
enum { NBT_MESSAGE = 0x00, NBT_REQUEST = 0x81, NBT_POSITIVE = 0x82,
       NBT_NEGATIVE = 0x83, NBT_RETARGET = 0x84, NBT_KEEPALIVE = 0x85 };
/* RFC 1002 4.3.4 */
enum { NBT_NOT_LISTENING = 0x80, NBT_NOT_FOR_YOU = 0x81,
       NBT_NOT_PRESENT = 0x82, NBT_NO_RESOURCES = 0x83,
       NBT_UNSPECIFIED = 0x8f };

struct nbt;
struct nbt_connection;

struct nbt_name {                    /* of ours */
	struct nbt_name *next;
	char name[NBT_NAME];
	bool group, registered, conflict;
	u32 refs;
};

struct nbt_cached {
	char name[NBT_NAME];
	u8 ip[4];
	u16 id;                      /* of the query */
	u64 until;                   /* 0: none */
	u64 doubt;                   /* up to then another answer is a conflict */
};

struct nbt_asked {                   /* a transaction that waits */
	struct nbt_asked *next;
	u16 id;
	u8 opcode;
	bool answered;               /* by KE_GET(): the rest is there then */
	bool negative, group;
	const char *name;
	u8 ip[4];
	struct ke_event event;
};

struct nbt_address {
	struct nbt *nb;
	struct nbt_address *next;
	struct nbt_name *name;
	u32 refs;                    /* by KE_ADD() */
	u32 calls;                   /* of its handler for CONNECT */
	bool closing;
	struct nbt_handler { void *fn, *context; } event[TDI_EVENTS];
	struct nbt_connection *connections;
};

struct nbt_lower {                   /* a connection of TCP's */
	struct nbt *nb;
	struct nbt_lower *next;
	struct gate gate;            /* of the files */
	struct io_file *tcp, *address; /* address: of an outgoing one */
	struct nbt_connection *conn; /* set before it is up, or given away */
	struct tdi_address peer;     /* set before it is used */
	struct ke_latch latch;       /* for who is first; else by KE_GET() */
	bool up;                     /* the session is agreed on */
	bool dead, fin, told;
	bool quiet;                  /* under the latch: nobody is told yet, as the
					client's LISTEN or ACCEPT is not complete */
	bool hold;                   /* the client wants a RECEIVE first */
	bool reading;                /* a RECEIVE has the indicate buffer */
	bool held;                   /* TCP wants one, and from then on */
	bool inbound, pumping, again;
	/* the message that is being received */
	bool in_message;
	u8 type, flags;
	u32 length, left;            /* as its header said; not yet consumed */
	/* indicate buffer */
	u8 *ind;
	u32 fill, capacity;
	struct irp *irp;             /* the RECEIVE that fills it */
	struct tdi_request req;
	/* what an outgoing one waits for */
	struct ke_event answer;
	u8 answer_type, answer_code, retarget[6]; /* type 0: none */
	u64 since, moved;            /* moved: when bytes went or came */
};

struct nbt_connection {
	struct nbt *nb;
	struct nbt_connection *next; /* of its address */
	struct nbt_address *address;
	struct ke_latch latch;
	struct nbt_lower *lower;     /* under the latch */
	void *context;
	u32 refs;                    /* by KE_ADD(); each IRP below has one */
	u32 calls;                   /* of the client's handlers, by KE_ADD() */
	bool closing, connecting;    /* also by KE_GET() */
	struct irp *listen;
	struct irp *receives;
};

struct nbt {
	struct ex *x;
	struct io_driver *driver;
	struct ke_lock lock;
	struct io_file *udp, *datagrams, *tcp; /* ports 137, 138, 139 */
	u8 ip[4], broadcast[4], mac[6];
	u64 keepalive_ns;            /* 0: none are sent */
	u32 capacity, lowers_free, lowers_new, threads;
	struct nbt_name *names;
	struct nbt_cached cache[NBT_CACHE];
	struct nbt_asked *asked;
	struct nbt_address *addresses;
	/* Each lower connection is in one of them. */
	struct nbt_lower *free, *used, *closing, *retired;
	struct ex_work work;
	struct ke_timer tick;
	struct ke_dpc dpc;
	struct gate gate;            /* of the tick, and what is sent by UDP */
	bool stopping;               /* also by KE_GET() */
	bool working, kicked;
	u16 id;
};

/* Sets a flag of l; true: it was not set before. */
static inline bool nbt_first(struct nbt_lower *l, bool *flag)
{
	bool first;

	ke_latch(&l->latch);
	first = !KE_GET(flag);
	KE_SET(flag, true);
	ke_unlatch(&l->latch);
	return first;
}

static inline u16 nbt_get16(const u8 *b)
{
	return (u16)(b[0] << 8 | b[1]);
}

static inline void nbt_put16(u8 *b, u32 v)
{
	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

/* --- encode.c: names as they are on the wire ---------------------------------------- */

struct nbt_wire_name {
	char name[NBT_NAME];
	bool scope;                  /* it has one, so it is none of ours */
};

void nbt_name_encode(const char *name, u8 out[NBT_ENCODED]);
/* At *at of p; *at is behind it then. false: it is not well-formed. pointers:
 * p is a packet of the name service, within which a name may point. */
bool nbt_name_decode(const u8 *p, u32 n, u32 *at, bool pointers,
		     struct nbt_wire_name *out);

/* --- udp.c: ports 137 and 138 ----------------------------------------------------------- */

struct nbt_packet {                  /* that is being sent */
	struct nbt *nb;
	struct tdi_request r;
	u32 n;
	u8 b[576];                   /* RFC 1002 4.2: the most on UDP */
};

struct nbt_packet *nbt_packet_new(struct nbt *nb);
/* Its memory is given back when it has gone, or at once.  *from is looked at inside
 * of the gate: a client's close may meet the unload that closes it. */
void nbt_packet_send(struct nbt_packet *s, struct io_file *const *from,
		     const u8 *ip, u16 port);
enum ex_status nbt_port_open(struct nbt *nb, u16 port, tdi_datagram_fn *fn,
			     struct io_file **out);
void nbt_port_close(struct io_file **port);

/* --- name.c: the name service --------------------------------------------------------- */

enum ex_status nbt_names_start(struct nbt *nb);
/* PASSIVE; takes as long as RFC 1002 5.1.1.1 says: 3 times 250 ms. */
enum ex_status nbt_register(struct nbt *nb, const char *name, bool group,
			    struct nbt_name **out);
void nbt_release(struct nbt *nb, struct nbt_name *n);
enum ex_status nbt_resolve(struct nbt *nb, const char *name, u8 ip[4]);
bool nbt_is_ours(struct nbt *nb, const char *name); /* and registered */
bool nbt_is_host(const u8 *ip);      /* one machine's address */

/* --- datagram.c: the datagram service --------------------------------------------------- */

enum ex_status nbt_datagrams_start(struct nbt *nb);

/* --- lower.c: connections of TCP -------------------------------------------------------- */

enum ex_status nbt_lowers_start(struct nbt *nb);
void nbt_lowers_stop(struct nbt *nb);
/* An outgoing one, with an address of its own. PASSIVE. */
enum ex_status nbt_lower_open(struct nbt *nb, struct nbt_connection *c,
			      struct nbt_lower **out);
/* By the worker; TCP aborts it unless a FIN is queued. */
void nbt_lower_close(struct nbt_lower *l);
void nbt_lower_end(struct nbt_lower *l);   /* in order, then closed */
void nbt_lower_reset(struct nbt_lower *l); /* now; the client is told */
/* The other end is gone, in whichever way: receives fail, and with `tell` the client
 * hears of it, if one has the session. */
void nbt_lower_over(struct nbt_lower *l, u32 flags, enum ex_status why,
		    bool tell);
/* The session is agreed on; the client is told of its end when it knows of it,
 * which is then. */
void nbt_lower_up(struct nbt_lower *l);
void nbt_lower_begins(struct nbt_lower *l);
/* A packet of netbt's own; then: the end of the connection follows. */
void nbt_lower_send(struct nbt_lower *l, const u8 *p, u32 n, bool then);

/* --- session.c: what comes in ------------------------------------------------------------ */

tdi_receive_fn nbt_receive;
/* How much of p was consumed. */
u32 nbt_process(struct nbt_lower *l, const u8 *p, u32 n, u32 available);
/* What is kept is gone through again; wanted: a RECEIVE was posted. */
void nbt_pump(struct nbt_lower *l, bool wanted);
void nbt_header(u8 out[NBT_HEADER], u8 type, u32 length);

/* --- indicate.c ----------------------------------------------------------------------------- */

/* Type, flags and length of a header as it arrives. false: the session has been
 * reset and the peer logged. */
bool nbt_indicate_check(struct nbt_lower *l, u8 type, u8 flags, u32 length);
/* What was not consumed (`remaining` bytes at from, which may be in the buffer)
 * to the start of the indicate buffer; implied: what the header says is still
 * to come. How much is kept: TCP holds the rest. */
u32 NbtCopyToStartOfIndicate(struct nbt_lower *l, const u8 *from,
			     u32 remaining, u32 implied);
/* The client took `taken` of `indicated`. false: as above. */
bool nbt_indicate_taken(struct nbt_lower *l, u32 indicated, u32 taken);
void nbt_reject(struct nbt_lower *l, u8 type, u32 length, const char *why);

/* --- object.c: files and requests of clients -------------------------------------------------- */

void nbt_dispatch(struct io_driver *d);
void nbt_connection_put(struct nbt_connection *c);
/* The client's, to be called once, then it is over; NULL: it has none, or the
 * session no more. */
void *nbt_handler(struct nbt_lower *l, enum tdi_event e, void **context);
void nbt_handler_over(struct nbt_connection *c);
/* Its lower connection, or none, from now on. */
void nbt_set_lower(struct nbt_connection *c, struct nbt_lower *l);
/* A connection of a client for a session to `called`, and its LISTEN or ACCEPT
 * to be completed; else the code of a negative response. */
u8 nbt_offer(struct nbt_lower *l, const char *called, const char *calling,
	     struct irp **irp);
void nbt_give_receive(struct nbt_connection *c, struct irp *irp);
struct irp *nbt_take_receive(struct nbt_connection *c);
void nbt_fail_receives(struct nbt_connection *c, enum ex_status st);
/* connect.c: in a thread of its own */
enum ex_status nbt_connect(struct nbt_connection *c, struct irp *irp,
			   struct tdi_request *r);

#endif
