// SPDX-License-Identifier: Apache-2.0
/*
 * What a client of \Device\Afd sends: struct afd_open as extended attributes of
 * the CREATE, then IO_DEVICE_CONTROL with one of the codes below and the
 * structure beside it in `buffer`, or IO_READ and IO_WRITE with flat data
 * (buffer, length), which on a connected endpoint do what AFD_RECEIVE and
 * AFD_SEND do.
 *
 * Bytes moved come back as the IRP's information.  A call that would have to
 * wait and was told not to (AFD_NOWAIT) gives DEVICE_NOT_READY, as NT's does.
 * Files that a structure names stay open until the IRP is done.
 * To add an option: a line of AFD_OPTIONS, and a row in option.c.
 */
#ifndef AFD_H
#define AFD_H

#include "../../tdi/tdi.h"

#include <sys/uio.h>

#define AFD_DEVICE "\\Device\\Afd"

enum afd_kind { AFD_STREAM = 1, AFD_DATAGRAM = 2, AFD_RAW = 3 };

struct afd_open {
	enum afd_kind kind;
	u8 family;                   /* 4 or 6 */
	u8 protocol;
};

enum afd_code {
	AFD_BIND = 1,                /* struct tdi_address */
	AFD_LISTEN,                  /* struct afd_listen */
	AFD_ACCEPT,                  /* struct afd_accept */
	AFD_CONNECT,                 /* struct afd_connect */
	AFD_SEND,                    /* struct afd_transfer */
	AFD_RECEIVE,                 /* struct afd_transfer */
	AFD_SHUTDOWN,                /* u32: AFD_SHUT_* */
	AFD_POLL,                    /* struct afd_poll */
	AFD_GET_OPTION,              /* struct afd_option */
	AFD_SET_OPTION,              /* struct afd_option */
	AFD_GET_NAME,                /* struct tdi_address, filled */
	AFD_GET_PEER,                /* struct tdi_address, filled */
	AFD_GET_INFO,                /* struct tdi_tcp_info, filled */
	AFD_QUERY,                   /* struct afd_query, filled */
	AFD_END,                     /* what CLEANUP does, while other calls
					still have the file */
	AFD_GIVE_UP,                 /* sends that cannot be cancelled, from the
					program's own memory (SNDBUF 0), come
					back: by a reset */
	AFD_CODES
};

enum { AFD_NOWAIT = 1, AFD_PEEK = 2, AFD_OOB = 4, AFD_WAITALL = 8 };
enum { AFD_SHUT_RECEIVE = 1, AFD_SHUT_SEND = 2 };

struct afd_listen {
	u32 backlog;
};

/* A connection of the listener moves into an endpoint that is only open. */
struct afd_accept {
	u32 flags;
	struct io_file *onto;
	struct tdi_address from;     /* filled */
};

/* With AFD_NOWAIT information 1 says that it is still under way. */
struct afd_connect {
	u32 flags;
	struct tdi_address to;
};

#define AFD_VECTORS 1024u
struct afd_transfer {
	const struct iovec *v;
	u32 n;
	u32 flags;
	bool addressed;              /* a datagram to `address` */
	bool truncated;              /* filled: the datagram was longer */
	u32 whole;                   /* filled: bytes of the datagram */
	struct tdi_address address;  /* filled by a receive */
};

struct afd_query {
	u32 readable;                /* bytes; of datagrams the next one's */
	u32 unsent;                  /* bytes that the transport still has */
	bool at_mark;                /* the next byte is behind the urgent one,
					or with OOBINLINE is it */
};

struct afd_poll_item {
	struct io_file *file;
	short events, revents;       /* as of poll() */
};
#define AFD_POLL_ITEMS 4096u
struct afd_poll {
	u32 n;
	struct afd_poll_item *item;
};

#define AFD_OPTIONS(X)                                                     \
	X(SNDBUF) X(RCVBUF) X(LINGER) X(REUSE) X(KEEPALIVE) X(ERROR)       \
	X(OOBINLINE) X(BROADCAST) X(NODELAY) X(MAXSEG) X(TTL) X(TOS)       \
	X(JOIN) X(LEAVE) X(HDRINCL) X(USER_TIMEOUT) X(LISTENING)           \
	X(KEEPIDLE) X(KEEPINTVL) X(KEEPCNT)
enum afd_option_name {
#define AFD_OPTION_ENUM(n) AFD_OPT_##n,
	AFD_OPTIONS(AFD_OPTION_ENUM)
#undef AFD_OPTION_ENUM
	AFD_OPTION_COUNT
};
struct afd_option {
	enum afd_option_name name;
	u32 value;                   /* ERROR: enum ex_status; LINGER: on */
	u32 seconds;                 /* of LINGER */
	struct tdi_address group;    /* of JOIN and LEAVE */
};

#endif
