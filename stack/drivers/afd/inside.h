// SPDX-License-Identifier: Apache-2.0
/*
 * AFD from the inside.
 *
 * An endpoint is what a handle is for.  A connection is the transport's
 * connection file with what came in and what goes out; it lives apart from the
 * endpoint, since it is there before it is accepted and after it is closed.  An
 * address is the transport's address file, shared by a listener and what it
 * accepted.
 *
 * Locks.  One: afd->lock, for everything below that changes after others can
 * find it; behind it only the machine's cancel lock (io_set_cancel).  The
 * transport is never called, and no IRP completed, while it is held: struct
 * afd_pass collects the IRPs that are done and afd_leave() completes them.
 * Before it only afd->binding, a mutex: one endpoint at a time is being bound.
 * Without it are read
 *  - what never changes (kind, family, file) and e->address, which is set once:
 *    by who has seen under the lock that it is there;
 *  - e->option, e->given and e->sets, by KE_GET();
 *  - what an operation carries (afd_op, afd_send, a pass) by whose turn it is:
 *    the pump, then the transport, then the completion routine.
 * An address or a connection comes to its endpoint first and is told the options
 * then, so that who sets one meanwhile finds it.
 *
 * References (counted under the lock) keep the three alive: the handle and each
 * IRP in a queue that needs it an endpoint; the endpoint, a listener's lists and
 * each operation in the transport a connection; endpoints and connections an
 * address.  The last reference may go at DISPATCH; closing files wants PASSIVE
 * and then is a work item.
 *
 * What must not fail later is there from the beginning: a connection has an IRP
 * that opens it and later ends it in order; the one IRP that resets lies with the
 * device, and connections stand in line for it.
 *
 * There may be a hundred thousand idle endpoints: what only some need (data that
 * waits, the receive that gets a stalled transport going, what datagrams have)
 * is allocated when they do.
 *
 * An IRP in one of our queues: driver[0] the queue (NULL: in none), driver[2] the
 * bytes moved so far.
 */
#ifndef AFD_INSIDE_H
#define AFD_INSIDE_H

#include "../../trace/trace.h"
#include "afd.h"

#define AFD_TAG_ENDPOINT EX_TAG('A', 'f', 'd', 'E')
#define AFD_TAG_CONNECTION EX_TAG('A', 'f', 'd', 'C')
#define AFD_TAG_ADDRESS EX_TAG('A', 'f', 'd', 'A')
#define AFD_TAG_BUFFER EX_TAG('A', 'f', 'd', 'B')
#define AFD_TAG_SEND EX_TAG('A', 'f', 'd', 'S')
#define AFD_TAG_RESUME EX_TAG('A', 'f', 'd', 'R')

#define AFD_WINDOW 8192u             /* SO_SNDBUF and SO_RCVBUF at first */
#define AFD_WINDOW_MAX (16u << 20)
#define AFD_OOB_MAX 4096u            /* bytes kept (KB931311: none is no limit) */
#define AFD_DATAGRAMS_MAX 4096u      /* waiting, however small */
#define AFD_BACKLOG_MAX 200u

struct afd_irps {
	struct irp *head;
};

/* A request of ours with its one location: below us are transports only. */
struct afd_op {
	struct irp irp;
	struct io_stack location;
	struct tdi_request r;
};

struct afd {
	struct ex *x;
	struct io_device *device;
	struct ke_lock lock;
	struct ke_mutex binding;
	struct afd_irps polls;
	u64 requests;                /* the last number of a send */
	struct afd_op abort;         /* of `aborting`; the others wait */
	struct afd_connection *aborting, *aborts, **aborts_end;
	bool abort_pumping;
	u32 live;                    /* endpoints, connections, addresses */
	struct ke_event empty;       /* live is 0 */
};

struct afd_pass {
	struct afd *afd;
	enum ke_irql before;
	struct irp *done, *last;
};

/* Received bytes. */
struct afd_buffer {
	struct afd_buffer *next;
	u32 off, length, room;       /* data: off .. length */
	struct tdi_address from;
	u8 data[];
};
struct afd_bytes {
	struct afd_buffer *head, *tail;
	u32 bytes;
};

/* The copy of what a send gave us. */
struct afd_block {
	u64 request;
	struct afd_endpoint *endpoint; /* a value to look at, no reference */
	struct afd_block *next, **at;  /* of those of its connection */
	u32 size;
	u8 data[];
};

/* A send on its way through the transport. */
struct afd_send {
	struct afd_send *next;
	struct afd_connection *c;    /* or of a datagram: */
	struct afd_endpoint *e;
	struct irp *irp;             /* ours; the user's if nothing was copied */
	struct irp *user;            /* of a datagram: what is still to be told */
	bool own;
	struct afd_block *block;     /* NULL: nothing was copied */
	struct ndis_buffer *chain;   /* over the user's vectors; NULL */
	io_complete_fn *complete;
	u64 request;
	u32 size;
	struct tdi_request r;
};

struct afd_address {
	struct afd *afd;
	struct io_file *file;
	u32 refs;
	struct afd_endpoint *owner;  /* bound it; NULL: closed since */
	struct ex_work work;
};

/* The receive that gets a stalled transport going. From the close on, which may
 * want to cancel it, it is kept although it is done. */
struct afd_resume {
	struct afd_op op;
	struct afd_buffer *buffer;   /* what it reads into, or */
	struct irp *user;            /* whose memory; in no queue */
};

struct afd_connection {
	struct afd *afd;
	u32 refs;
	struct io_file *file;
	struct afd_address *address;
	struct afd_endpoint *endpoint; /* NULL: not accepted, or closed */
	struct afd_endpoint *listener; /* of one that is not accepted yet */
	struct afd_connection *next;   /* of the listener's lists */
	struct afd_connection *abort_next;
	struct tdi_address peer;
	struct afd_op op;            /* connect or accept, then release */
	bool opening;                /* the op is under way as that */
	bool opened;                 /* established at least once */
	bool eof, closing, receive_shut;
	bool fin_wanted, fin_sent, aborted, pumping;
	bool stalled;                /* the transport has bytes for us */
	bool oob_inline;
	bool marked;                 /* the mark is `mark` bytes ahead */
	enum ex_status error;        /* of a connection that broke */
	u32 receive_limit, send_limit, mark;
	struct afd_bytes in, oob;
	struct afd_irps reads, writes, connects;
	struct afd_send *out, **out_end;
	struct afd_block *blocks;
	u32 buffered;                /* bytes of sends that are not done */
	u32 direct;                  /* sends of the users' own memory */
	struct afd_resume *resume;   /* under way; NULL: none */
	bool quiet;                  /* the disconnect is through */
	struct ke_event *lingers;    /* of a close that waits for that */
	struct ex_work work;
};

struct afd_datagrams {
	struct tdi_address peer;
	struct afd_bytes in;
	struct afd_irps reads, writes;
	u32 buffered, datagrams;     /* sends that are not done; in `in` */
	struct afd_send *out, **out_end;
	struct afd_send *issued;     /* by the pump just now */
	bool pumping;
};

enum afd_state { AFD_OPEN, AFD_BOUND, AFD_LISTENING, AFD_CONNECTING,
		 AFD_CONNECTED };

struct afd_endpoint {
	struct afd *afd;
	u32 refs;
	u8 kind, family, protocol;   /* kind: enum afd_kind */
	u8 state;                    /* enum afd_state */
	bool closed, busy;           /* busy: bound or connected right now */
	bool receive_shut, send_shut;
	bool failed;                 /* a connect: nothing will ever be read */
	bool replenishing;           /* the work item is queued */
	struct afd_address *address;
	struct afd_connection *c;
	enum ex_status error;        /* SO_ERROR */
	u32 option[AFD_OPTION_COUNT];
	u32 given;                   /* bit of each that was set */
	u32 sets;                    /* how often one was */
	u32 linger_s;
	struct ex_work work;         /* replenishing has a reference, so freeing
					never wants it at the same time */
	/* A listener's. */
	u32 backlog, nfree, nready;
	struct afd_connection *free, *ready;
	struct afd_irps accepts;
	struct afd_datagrams d[];    /* one, unless it is a stream's */
};

/* afd.c */
void afd_enter(struct afd *a, struct afd_pass *p);
void afd_leave(struct afd_pass *p);
void afd_finish(struct afd_pass *p, struct irp *irp, enum ex_status st,
		size_t information);
void afd_born(struct afd *a);        /* under the lock or alone */
void afd_gone(struct afd *a);
typedef enum ex_status afd_fn(struct afd_endpoint *e, struct irp *irp);
enum ex_status afd_run(afd_fn *fn, struct irp *irp);
struct afd_endpoint *afd_endpoint_of(struct irp *irp);

/* queue.c: IRPs that wait, bytes that wait */
bool afd_queue(struct afd_pass *p, struct afd_irps *q, struct irp *irp);
struct irp *afd_dequeue(struct afd_irps *q); /* NULL: none, all cancelled */
bool afd_unqueue(struct irp *irp);   /* false: it is being cancelled */
/* One that still waits and must not: done, with what was moved. */
void afd_no_wait(struct afd_pass *p, struct irp *irp);
void afd_flush(struct afd_pass *p, struct afd_irps *q, enum ex_status st);
static inline size_t afd_moved(const struct irp *irp)
{
	return (size_t)(uintptr_t)irp->driver[2];
}
static inline void afd_move(struct irp *irp, size_t n)
{
	irp->driver[2] = (void *)(uintptr_t)(afd_moved(irp) + n);
}
bool afd_transfer_ok(const struct irp *irp);
size_t afd_length(const struct irp *irp);
u32 afd_flags(const struct irp *irp);
/* The user's memory if it is one run. */
u8 *afd_flat(const struct irp *irp, size_t *n);
/* Between the user's memory at off and a flat run. */
void afd_scatter(struct irp *irp, size_t off, const u8 *from, size_t n);
void afd_gather(struct irp *irp, size_t off, u8 *to, size_t n);
bool afd_append(struct afd *a, struct afd_bytes *q, const u8 *p, u32 n);
struct afd_buffer *afd_buffer(struct afd *a, u32 room);
void afd_add(struct afd_bytes *q, struct afd_buffer *b);
void afd_drop(struct afd *a, struct afd_bytes *q);

/* endpoint.c */
enum ex_status AfdCreate(struct io_device *d, struct irp *irp);
enum ex_status AfdCleanup(struct io_device *d, struct irp *irp);
enum ex_status AfdClose(struct io_device *d, struct irp *irp);
enum ex_status AfdEnd(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdBind(struct afd_endpoint *e, struct irp *irp);
enum ex_status afd_bind_any(struct afd_endpoint *e); /* if it is not bound */
enum ex_status AfdName(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdPeer(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdInfo(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdQuery(struct afd_endpoint *e, struct irp *irp);
void afd_endpoint_put(struct afd_endpoint *e);
void afd_address_put(struct afd_address *a);

/* connection.c */
struct afd_connection *afd_connection(struct afd *a, struct afd_address *addr,
				      const char *device,
				      enum ex_status *why);
const char *afd_device(const struct afd_endpoint *e);
void afd_connection_put(struct afd_connection *c);
/* A request to its file, by a fresh IRP; the caller holds a reference that goes
 * along. */
void afd_op(struct afd_connection *c, struct afd_op *op, enum tdi_minor minor,
	    io_complete_fn *done);
struct irp *afd_op_irp(struct afd_connection *c, struct afd_op *op,
		       enum tdi_minor minor, io_complete_fn *done);
void afd_quiet(struct afd_connection *c); /* under the lock */
/* What a call on a stream without a connection gives: an error once. */
enum ex_status afd_not_connected(struct afd_endpoint *e);
void afd_abort(struct afd_connection *c);
/* The same in two steps, the first under the lock: true wants the second. */
bool afd_abort_wanted(struct afd_connection *c);
void afd_abort_pump(struct afd *a);
void afd_attach(struct afd_endpoint *e, struct afd_connection *c);
void afd_broken(struct afd_pass *p, struct afd_connection *c,
		enum ex_status why);
void afd_set_handlers(struct afd_address *a, enum afd_kind kind,
		      enum ex_status *st);

/* connect.c */
enum ex_status AfdConnect(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdShutdown(struct afd_endpoint *e, struct irp *irp);
/* waited: callers are inside, and what they wait for has to end. */
void afd_disconnect(struct afd_endpoint *e, struct afd_connection *c,
		    bool waited);

/* listen.c */
enum ex_status AfdListen(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdAccept(struct afd_endpoint *e, struct irp *irp);
void afd_unlisten(struct afd_endpoint *e);
/* Connections that were made ahead get what is set on the listener now. */
void afd_listener_apply(struct afd_endpoint *e);
tdi_connect_fn AfdConnectEvent;

/* receive.c */
enum ex_status AfdReceive(struct afd_endpoint *e, struct irp *irp);
void afd_serve(struct afd_pass *p, struct afd_connection *c);
void afd_resume(struct afd_connection *c);
tdi_receive_fn AfdReceiveEvent, AfdExpeditedEvent;

/* send.c, write.c */
enum ex_status AfdSend(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdGiveUp(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdWrite(struct io_device *d, struct irp *irp);
io_complete_fn AfdSendComplete, AfdWriteComplete;
void afd_block_free(struct afd *a, struct afd_block *b);
void afd_send_unlink(struct afd_send *s, enum ex_status st);
void afd_send_free(struct afd_send *s);
void afd_send_discard(struct afd *a, struct afd_send *s); /* was never sent */
struct afd_send *afd_send_new(struct afd *a, struct afd_endpoint *e,
			      struct irp *user, size_t off, u32 n);
struct afd_send *afd_send_direct(struct afd *a, struct afd_endpoint *e,
				 struct irp *user);
void afd_send_issue(struct afd_send *s, struct io_file *f,
		    enum tdi_minor minor);
void afd_pump(struct afd_connection *c);
void afd_put_out(struct afd_send ***end, struct afd_send *s);

/* datagram.c */
void afd_datagram_fill(struct afd_pass *p, struct afd_endpoint *e);
void afd_datagram_pump(struct afd_endpoint *e);
/* The send's program hears of it, once. Under the lock. */
void afd_datagram_told(struct afd_pass *p, struct afd_send *s,
		       enum ex_status st);
enum ex_status afd_datagram_send(struct afd_endpoint *e, struct irp *irp);
enum ex_status afd_datagram_receive(struct afd_endpoint *e, struct irp *irp);
tdi_datagram_fn AfdDatagramEvent;
tdi_error_fn AfdErrorEvent;

/* poll.c */
enum ex_status AfdPoll(struct afd_endpoint *e, struct irp *irp);
/* Something about e is other than before. Under the lock. */
void afd_wake(struct afd_pass *p, struct afd_endpoint *e);

/* option.c */
enum ex_status AfdGetOption(struct afd_endpoint *e, struct irp *irp);
enum ex_status AfdSetOption(struct afd_endpoint *e, struct irp *irp);
void afd_option_defaults(struct afd_endpoint *e);
void afd_option_inherit(struct afd_endpoint *to,
			const struct afd_endpoint *from);
/* Tells a file that was just opened what was set before: so many sets. */
u32 afd_option_apply(struct afd_endpoint *e, struct io_file *f,
		      bool connection);

#endif
