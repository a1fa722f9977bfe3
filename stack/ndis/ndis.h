// SPDX-License-Identifier: Apache-2.0
/*
 * NDIS: between miniports (nic/) below and protocol drivers above.
 *
 * A packet is a chain of buffers (as MDLs: a run of bytes each), some out-of-
 * band fields and room for the protocol and the miniport.  Receive in two ways:
 * packets (ndis_indicate_packet: the protocol may keep it) and look-ahead
 * (ndis_indicate: header and the first bytes, valid during the call only; the
 * rest by ndis_transfer).  Requests for an OID may pend; completion is a call.
 *
 * Invariants: everything on the receive side runs at DISPATCH in a DPC of the
 * adapter's CPU.  A packet's buffers, count and length agree (ndis_packet_ok).
 * An adapter that is removed while a protocol is bound unbinds it first.
 *
 * Several CPUs at once: what NDIS has of adapters, protocols, bindings and
 * requests is under one latch of the machine (adapter.c), which is held in no
 * call.  References to packets and to the memory behind buffers are counted by
 * KE_ADD(); the packet itself, its chain and its fields, is its holder's: who has
 * but one of several references only reads.  A miniport is called on several CPUs
 * at once and guards what it has.  A protocol is in no call with a binding any
 * more, and begins none, when its unbind() has returned.
 */
#ifndef NDIS_H
#define NDIS_H

#include "../ex/ex.h"

/* --- buffers and packets -------------------------------------------------------- */

struct ndis_buffer {
	struct ndis_buffer *next;
	u8 *data;
	u32 length;
	struct ndis_block *block;    /* counted memory behind it; NULL: lent */
};

/* Offloads: what was checked on receive, what is to be done on send. */
enum { NDIS_CSUM_IP_OK = 1, NDIS_CSUM_L4_OK = 2, NDIS_CSUM_L4_DO = 4,
       NDIS_LSO = 8, NDIS_RSC = 16 };

struct ndis_packet {
	struct ndis_buffer *head, *tail;
	u32 length;
	u32 flags;                   /* NDIS_* */
	u32 mss;                     /* of LSO and RSC */
	u16 csum_start, csum_offset; /* of CSUM_L4_DO: from the frame's start */
	s32 refs;                    /* freed at 0; by KE_ADD() */
	struct ex *x;
	void (*release)(struct ndis_packet *p); /* before that; NULL */
	struct ndis_packet *next;    /* of whatever queue */
	struct ndis_adapter *adapter;
	void *protocol[4], *miniport[2];
	void (*done)(struct ndis_packet *p, enum ex_status st); /* send: the
					protocol's; receive: the miniport's */
	u64 when;
};

/* Pool-backed, tag 'NDPt'; NULL at the limit. */
struct ndis_packet *ndis_packet_alloc(struct ex *x);
/* One buffer with headroom bytes before and n bytes of data. */
struct ndis_packet *ndis_packet_new(struct ex *x, u32 headroom, u32 n);
void ndis_packet_ref(struct ndis_packet *p);
void ndis_packet_put(struct ndis_packet *p);
struct ndis_buffer *ndis_buffer_new(struct ex *x, u32 headroom, u32 n);
struct ndis_buffer *ndis_buffer_lend(struct ex *x, void *data, u32 n);
/* Shares the same block: counted. */
struct ndis_buffer *ndis_buffer_clone(struct ex *x, struct ndis_buffer *b,
				      u32 off, u32 n);
void ndis_buffer_free(struct ex *x, struct ndis_buffer *b); /* this one */
void ndis_packet_append(struct ndis_packet *p, struct ndis_buffer *b);
/* n bytes before the data of the first buffer; NULL: no memory. */
u8 *ndis_packet_push(struct ex *x, struct ndis_packet *p, u32 n);
bool ndis_packet_pull(struct ndis_packet *p, u32 n);
void ndis_packet_trim(struct ndis_packet *p, u32 length);
/* The first n bytes in one run; NULL: shorter, or no memory. */
u8 *ndis_packet_flat(struct ex *x, struct ndis_packet *p, u32 n);
u32 ndis_packet_copy(const struct ndis_packet *p, u32 off, void *to, u32 n);
bool ndis_packet_ok(const struct ndis_packet *p);
/* Internet checksum of n bytes from off, added to sum (not folded). */
u32 ndis_packet_sum(const struct ndis_packet *p, u32 off, u32 n, u32 sum);
u32 ndis_sum(const void *p, size_t n, u32 sum);
static inline u16 ndis_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~(sum + (sum >> 16));
}
/* Sums and checksums are in the order of the bytes in memory: a folded one is
 * stored with memcpy(), not swapped. */

/* --- requests --------------------------------------------------------------------- */

enum ndis_oid {
	NDIS_OID_MAX_FRAME = 0x00010106,  /* u32: without the MAC header */
	NDIS_OID_LINK_SPEED = 0x00010107, /* u32: 100 bit/s */
	NDIS_OID_FILTER = 0x0001010e,     /* set: u32 of NDIS_FILTER_* */
	NDIS_OID_LOOKAHEAD = 0x0001010f,  /* get, set: u32 */
	NDIS_OID_MEDIA_STATUS = 0x00010114,
	NDIS_OID_ADDRESS = 0x01010102,    /* 6 bytes */
	NDIS_OID_MULTICAST = 0x01010103,  /* set: list of 6 bytes */
	NDIS_OID_OFFLOAD = 0xfc010201,    /* u32 of NDIS_CSUM_*, NDIS_LSO */
};
enum { NDIS_FILTER_DIRECTED = 1, NDIS_FILTER_MULTICAST = 2,
       NDIS_FILTER_BROADCAST = 8, NDIS_FILTER_PROMISCUOUS = 0x20 };

struct ndis_request {
	bool set;
	enum ndis_oid oid;
	void *buffer;
	u32 length, written;
	enum ex_status status;
	void (*done)(struct ndis_request *r, void *context);
	void *context;
	struct ndis_request *next;   /* NDIS's, while it pends */
	bool cancelled;              /* NDIS's: the miniport was told */
	struct ndis_adapter *adapter;
};

/* --- adapters (what miniports give) -------------------------------------------------- */

struct ndis_adapter;
struct ndis_miniport {
	const char *name;            /* "pair" */
	/* SUCCESS: sent; PENDING: ndis_send_done() comes. At DISPATCH. */
	enum ex_status (*send)(struct ndis_adapter *a, struct ndis_packet *p);
	/* PENDING: ndis_request_done() comes. */
	enum ex_status (*request)(struct ndis_adapter *a,
				  struct ndis_request *r);
	/* A request that pends is forgotten: it is not completed by whoever was
	 * asked. false: it does not pend, or is being completed; r may be over and
	 * is to be compared only. NULL: none is, removal waits for it. */
	bool (*cancel)(struct ndis_adapter *a, struct ndis_request *r);
	/* The rest of a look-ahead indication; handle as indicated. */
	enum ex_status (*transfer)(struct ndis_adapter *a, void *handle,
				   u32 off, u8 *to, u32 n, u32 *moved);
	/* As new: what it was given to send comes back by ndis_send_done(), what
	 * it has received and not indicated is lost. NULL: it cannot. */
	void (*reset)(struct ndis_adapter *a);
	/* PASSIVE. When it returns every packet has come back, no indication is
	 * under way on another CPU, and none follows. */
	void (*halt)(struct ndis_adapter *a);
};
struct ndis_adapter_info {
	const char *name;            /* "eth0"; outlives the machine */
	u8 address[6];
	u32 max_frame;               /* bytes behind the MAC header: 1500 */
	u32 link_bps_100;
	u32 offloads;
	bool lookahead;              /* indicates by look-ahead */
	u32 headroom;                /* that sends should leave in front */
};
/* The adapter is announced to every protocol: hot add. */
struct ndis_adapter *ndis_add(struct ex *x, const struct ndis_miniport *m,
			      const struct ndis_adapter_info *i, void *context);
void ndis_remove(struct ndis_adapter *a);  /* PASSIVE; cancels, unbinds, halts */
/* Requests that pend are cancelled, the miniport begins anew; what is sent or
 * asked meanwhile is not taken. PASSIVE or a DPC. */
enum ex_status ndis_reset(struct ndis_adapter *a);
void *ndis_context(struct ndis_adapter *a);
struct ex *ndis_machine(struct ndis_adapter *a);
const struct ndis_adapter_info *ndis_info(const struct ndis_adapter *a);
/* By who knows that none is removed meanwhile; others have ndis_look(). */
struct ndis_adapter *ndis_adapter_at(struct ex *x, size_t i);

/* Whole frames, MAC header first. The caller's reference goes along. */
void ndis_indicate_packet(struct ndis_adapter *a, struct ndis_packet *p);
void ndis_indicate(struct ndis_adapter *a, void *handle, const u8 *header,
		   u32 header_length, const u8 *lookahead, u32 lookahead_length,
		   u32 packet_length);
void ndis_indicate_complete(struct ndis_adapter *a);  /* end of a batch */
void ndis_send_done(struct ndis_packet *p, enum ex_status st);
void ndis_request_done(struct ndis_request *r, enum ex_status st);
/* The cable is out, or in again: the bindings are told. In a thread or a DPC. */
void ndis_link(struct ndis_adapter *a, bool up);
/* A request answered from the adapter's info: for miniports. */
enum ex_status ndis_answer(struct ndis_adapter *a, struct ndis_request *r);

struct ndis_counters {
	u64 sent, sent_bytes, send_errors, received, received_bytes,
	    no_buffer, runts, requests, resets;
};
struct ndis_counters ndis_counters(const struct ndis_adapter *a);
/* Of adapter i as it is now; false: there are no more. */
bool ndis_look(struct ex *x, size_t i, struct ndis_adapter_info *info,
	       struct ndis_counters *counters);

/* --- protocols ------------------------------------------------------------------------ */

struct ndis_binding;
struct ndis_protocol {
	const char *name;            /* "TCPIP" */
	u16 ethertypes[4];           /* that it wants; 0 ends */
	/* In a work item of the critical queue, PASSIVE. May request and wait. */
	enum ex_status (*bind)(struct ndis_binding *b, void *context);
	void (*unbind)(struct ndis_binding *b);
	/* It keeps the packet by ndis_packet_ref(). */
	void (*receive_packet)(struct ndis_binding *b, struct ndis_packet *p);
	/* SUCCESS, or what NT's ProtocolReceive gives. handle NULL: all of it is
	 * in the look-ahead, there is nothing to transfer. */
	enum ex_status (*receive)(struct ndis_binding *b, void *handle,
				  const u8 *header, u32 header_length,
				  const u8 *lookahead, u32 lookahead_length,
				  u32 packet_length);
	void (*receive_complete)(struct ndis_binding *b);
	void (*status)(struct ndis_binding *b, bool link_up);
};
/* PASSIVE, both. Failed: nothing is bound. */
enum ex_status ndis_register(struct ex *x, const struct ndis_protocol *p,
			     void *context);
void ndis_deregister(struct ex *x, const struct ndis_protocol *p);
struct ndis_adapter *ndis_binding_adapter(struct ndis_binding *b);
void ndis_binding_set(struct ndis_binding *b, void *protocol_context);
void *ndis_binding_get(struct ndis_binding *b);
/* p->done is called when it is sent; also at once. */
void ndis_send(struct ndis_binding *b, struct ndis_packet *p);
enum ex_status ndis_ask(struct ndis_binding *b, struct ndis_request *r);
/* The same, waiting (PASSIVE): the shape that KB968597 is about. */
enum ex_status ndis_ask_wait(struct ndis_binding *b, struct ndis_request *r);
enum ex_status ndis_transfer(struct ndis_binding *b, void *handle, u32 off,
			     u8 *to, u32 n, u32 *moved);

#endif
