// SPDX-License-Identifier: Apache-2.0
/*
 * TDI: between transports (tcpip, tcpip6, netbt) and their clients (afd, netbt,
 * srv).
 *
 * Three kinds of file objects: a transport address, a connection endpoint, a
 * control channel.  A connection is associated with an address, then connects or
 * listens and accepts.  Events are told to handlers that were set on the
 * address.  Requests are IRPs of IO_INTERNAL_DEVICE_CONTROL with the minor codes
 * below and a struct tdi_request in `buffer`.
 *
 * The receive indication carries four numbers, and each hop checks
 * taken <= indicated <= available (tdi_check_indication): a layer that breaks
 * it is bug check 0x40 (TARGET_MDL_TOO_SMALL) in checked builds, a trace event
 * always.
 *
 * Handlers are called at DISPATCH, without a lock, on several CPUs at once; the
 * receive handlers of one connection by one CPU at a time, in order.  When an
 * address's file is closed none of its handlers runs any more.
 */
#ifndef TDI_H
#define TDI_H

#include "../ex/ex.h"
#include "../ndis/ndis.h"

#define TDI_MINORS(X)                                                      \
	X(ASSOCIATE, 1) X(DISASSOCIATE, 2) X(CONNECT, 3) X(LISTEN, 4)      \
	X(ACCEPT, 5) X(DISCONNECT, 6) X(SEND, 7) X(RECEIVE, 8)             \
	X(SEND_DATAGRAM, 9) X(RECEIVE_DATAGRAM, 10) X(SET_EVENT, 11)       \
	X(QUERY_INFORMATION, 12) X(SET_INFORMATION, 13) X(ACTION, 14)
enum tdi_minor {
#define TDI_MINOR_ENUM(n, v) TDI_##n = (v),
	TDI_MINORS(TDI_MINOR_ENUM)
#undef TDI_MINOR_ENUM
};

enum tdi_file { TDI_ADDRESS_FILE = 1, TDI_CONNECTION_FILE = 2,
		TDI_CONTROL_FILE = 3 }; /* FsContext2 */

struct tdi_address {
	u8 family;                   /* 4, 6, or 17 NetBIOS */
	u8 ip[16];                   /* network order; 4 bytes for family 4 */
	u16 port;                    /* host order */
	u32 scope;                   /* of fe80:: addresses */
	char netbios[16];            /* padded with blanks, type last */
};

/* What io_open() of a transport's device takes as extended attributes. */
struct tdi_open {
	enum tdi_file kind;
	struct tdi_address address;  /* of TDI_ADDRESS_FILE */
	u8 protocol;                 /* 6 TCP, 17 UDP, or a raw IP protocol */
	bool reuse;
	void *context;               /* of TDI_CONNECTION_FILE: given back in
					indications */
};

enum { TDI_SEND_EXPEDITED = 1, TDI_SEND_PARTIAL = 2, TDI_SEND_NO_COPY = 4 };
enum { TDI_RECEIVE_NORMAL = 1, TDI_RECEIVE_EXPEDITED = 2, TDI_RECEIVE_PEEK = 4,
       TDI_RECEIVE_ENTIRE_MESSAGE = 8, TDI_RECEIVE_PARTIAL = 16 };
enum { TDI_DISCONNECT_RELEASE = 1, TDI_DISCONNECT_ABORT = 2 };

struct tdi_request {
	struct io_file *address;     /* ASSOCIATE */
	struct tdi_address remote;   /* CONNECT, SEND_DATAGRAM; filled by
					LISTEN, RECEIVE_DATAGRAM */
	u32 flags;
	u64 timeout_ns;              /* CONNECT, DISCONNECT; 0: the transport's */
	/* Data: a flat run, or a chain. */
	void *data;
	struct ndis_buffer *chain;
	size_t length;               /* to send; room to receive */
	size_t moved;                /* by RECEIVE */
	int event;                   /* SET_EVENT: enum tdi_event */
	void *handler, *context;
	int info;                    /* QUERY, SET: enum tdi_info */
	void *value;
	size_t value_length;
};

/* --- events ------------------------------------------------------------------------- */

enum tdi_event { TDI_EVENT_CONNECT, TDI_EVENT_DISCONNECT, TDI_EVENT_ERROR,
		 TDI_EVENT_RECEIVE, TDI_EVENT_RECEIVE_DATAGRAM,
		 TDI_EVENT_RECEIVE_EXPEDITED, TDI_EVENT_SEND_POSSIBLE,
		 TDI_EVENTS };

/* SUCCESS and an ACCEPT irp for *connection, or refuse. */
typedef enum ex_status tdi_connect_fn(void *context,
				      const struct tdi_address *remote,
				      void **connection_context,
				      struct irp **accept);
typedef void tdi_disconnect_fn(void *context, void *connection_context,
			       u32 flags, enum ex_status why);
typedef void tdi_error_fn(void *context, void *connection_context,
			  const struct tdi_address *remote, enum ex_status why);
/*
 * SUCCESS: *taken bytes were taken (may be fewer: the rest is indicated again
 * later, after a RECEIVE was posted). MORE_PROCESSING_REQUIRED: the same, and
 * *irp is a RECEIVE for what follows. DATA_NOT_ACCEPTED: nothing was taken.
 * chain: the bytes as the transport has them, which the client may clone.
 * Expedited, what is available beyond what is indicated are normal bytes that
 * come before the mark and are still to be indicated; indicated 0: the urgent
 * byte stays where it is in the stream, and this says where.
 */
typedef enum ex_status tdi_receive_fn(void *context, void *connection_context,
				      u32 flags, u32 indicated, u32 available,
				      u32 *taken, const u8 *data,
				      struct ndis_buffer *chain,
				      struct irp **irp);
typedef enum ex_status tdi_datagram_fn(void *context,
				       const struct tdi_address *from,
				       const struct tdi_address *to,
				       u32 indicated, u32 available, u32 *taken,
				       const u8 *data, struct irp **irp);
typedef void tdi_send_possible_fn(void *context, void *connection_context,
				  size_t room);

void tdi_check_indication(const char *who, u32 indicated, u32 available,
			  u32 taken);
void tdi_set_checked(struct ex *x, bool on);

/* --- information --------------------------------------------------------------------- */

enum tdi_info { TDI_LOCAL_ADDRESS, TDI_REMOTE_ADDRESS, TDI_CONNECTION_STATE,
		TDI_NODELAY, TDI_MAXSEG, TDI_KEEPALIVE, TDI_RECEIVE_WINDOW,
		TDI_SEND_QUEUE, TDI_URGENT_INLINE, TDI_TTL, TDI_TOS,
		TDI_MULTICAST_JOIN, TDI_MULTICAST_LEAVE, TDI_BROADCAST,
		TDI_HDRINCL, TDI_USER_TIMEOUT, TDI_LINGER,
		/* seconds, seconds, probes; 0: the transport's */
		TDI_KEEP_IDLE, TDI_KEEP_INTERVAL, TDI_KEEP_COUNT };

/* TDI_CONNECTION_STATE: what a netstat and a TCP_INFO show. */
struct tdi_tcp_info {
	u8 state;                    /* RFC 9293 order: 0 CLOSED … 10 TIME_WAIT */
	u32 mss, cwnd, ssthresh, srtt_us, rttvar_us, rto_us, snd_wnd, rcv_wnd,
	    unacked, sacked, lost, retrans, reordering;
	u64 bytes_acked, bytes_received;
	u32 segs_out, segs_in, total_retrans;
	u8 snd_wscale, rcv_wscale, options; /* 1 timestamps 2 SACK 4 scale */
};

/* A request as the next location of irp; r lives until it is complete. Then
 * io_call(f->device, irp), or irp is handed to a transport by an event handler
 * (*accept, *irp), which enters it with tdi_enter(): the handler must not. */
void tdi_fill(struct irp *irp, struct io_file *f, enum tdi_minor minor,
	      struct tdi_request *r);
struct tdi_request *tdi_enter(struct irp *irp);
/* Requests made in one call: a new IRP, sent, waited for (PASSIVE). */
enum ex_status tdi_call(struct io_file *f, enum tdi_minor minor,
			struct tdi_request *r);
enum ex_status tdi_set_event(struct io_file *address, enum tdi_event event,
			     void *handler, void *context);

#endif
