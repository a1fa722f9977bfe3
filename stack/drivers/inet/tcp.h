// SPDX-License-Identifier: Apache-2.0
/*
 * The inside of TCP (tcp_*.c, delayq.c) and the TDI connections over it.
 *
 * A connection (inet_connection) is the client's file object; a TCB is the
 * protocol's, and outlives it (TIME-WAIT, a FIN that is not acknowledged yet).
 *
 * Invariants
 *  - Everything of a TCB is behind its lock, but its addresses, which never
 *    change, hash_next (TCBTableLock), tw_next and tw_prev (TimeWaitLock),
 *    delayq_next (the CPU's in whose queue it is) and refs (KE_ADD()).  All of it
 *    runs at DISPATCH, so a CPU's delay queue is its own.
 *  - Locks are taken in this order: an address's, a connection's, TCBTableLock,
 *    a TCB's; behind that one each alone TimeWaitLock, the machine's cancel lock
 *    and what the family has in route().  SynTableLock is taken alone.
 *  - No lock is held in a call out: clients, IRP completion, family->output().
 *    So what a segment causes is noted in `need` and done by ProcessTCBDelayQ()
 *    (delayq.c) at the end of a batch.
 *  - A TCB that is in the table and CLOSED, but not F_DEAD, is one for which a CPU
 *    is asking a client (tcp_syn.c): what comes for it meanwhile is kept.
 *  - References: the table, the connection, the timer until its DPC has run, the
 *    delay queue while it is in it, each IRP in one of the lists.  TIME-WAIT's list
 *    has none: what is in it is not F_DEAD, hence in the table.
 *  - Sequence numbers: the first byte of snd_q is snd_q_seq, snd_end is behind
 *    its last; a FIN that was asked for has the number snd_end.  Bytes in
 *    [snd_una, snd_nxt) were sent; of those below lost_edge that no SACK names,
 *    the ones from high_rxt on are lost and not yet sent again.
 *  - An idle connection has no memory but its TCB (buffers, board, reasm NULL).
 */
#ifndef TCP_H
#define TCP_H

#include "../../trace/trace.h"
#include "inet.h"

#include <string.h>

#define TAG_TCB EX_TAG('T', 'C', 'P', 'b')
#define TAG_TCP EX_TAG('T', 'C', 'P', 't')
#define TAG_CONNECTION EX_TAG('T', 'C', 'P', 'c')
#define TAG_ADDRESS EX_TAG('T', 'C', 'P', 'a')
#define TAG_SYN EX_TAG('T', 'C', 'P', 's')
#define TAG_REASM EX_TAG('T', 'C', 'P', 'r')
#define TAG_BOARD EX_TAG('T', 'C', 'P', 'k')

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum tcp_state { TCP_CLOSED, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RCVD,
		 TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
		 TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT };

/* RFC 9293 3.1 */
enum { TH_FIN = 1, TH_SYN = 2, TH_RST = 4, TH_PSH = 8, TH_ACK = 16,
       TH_URG = 32 };
#define TCP_HEADER 20u
#define TCP_HEADER_MAX 60u
#define TCP_MSS_MIN 88u              /* options and 48 bytes of data */
#define TCP_MAX_WSCALE 14            /* RFC 7323 2.3 */

/* Sequence numbers are compared in a circle (RFC 9293 3.4). */
static inline bool seq_lt(u32 a, u32 b) { return (s32)(a - b) < 0; }
static inline bool seq_le(u32 a, u32 b) { return (s32)(a - b) <= 0; }
static inline u32 seq_max(u32 a, u32 b) { return seq_lt(a, b) ? b : a; }
static inline u32 seq_min(u32 a, u32 b) { return seq_lt(a, b) ? a : b; }
static inline u32 min_u32(u32 a, u32 b) { return a < b ? a : b; }
static inline u32 max_u32(u32 a, u32 b) { return a > b ? a : b; }

struct tcp_range {
	u32 from, to;
};

#define TCP_SACK_BLOCKS 4
struct tcp_options {
	bool has_mss, has_wscale, has_ts, sack_ok;
	u8 wscale, nsack;
	u16 mss;
	u32 tsval, tsecr;
	struct tcp_range sack[TCP_SACK_BLOCKS];
};

/* A segment that came in; trimmed as it is processed. */
struct tcp_seg {
	struct ndis_packet *p;
	const struct inet_rx *rx;
	u32 seq, ack, len;           /* len: of the data */
	u32 off;                     /* of the data in p */
	u16 wnd, urp, sport, dport;
	u8 flags;
	bool refuse;                 /* it is to be answered with a RST */
	struct tcp_options o;
};

/* What was received out of order (RFC 9293 3.10.7.4, RFC 2018 4). */
#define TCP_REASM_MAX 1024u          /* pieces of a connection */
struct tcp_piece {
	struct tcp_piece *next;
	u32 seq, len;
	bool fin;
	struct ndis_buffer *chain;
};
struct tcp_reasm {
	struct tcp_piece *head, *tail;
	u32 pieces, bytes;
	u32 nsack;
	struct tcp_range sack[TCP_SACK_BLOCKS]; /* the latest first */
};

/* What the other side has by its SACKs, in order (RFC 6675). */
#define TCP_BOARD_MAX 128u
struct tcp_board {
	u32 n, bytes;
	struct tcp_range r[TCP_BOARD_MAX];
};

enum {
	F_FIN_QUEUED = 1 << 0,       /* the client has closed its side */
	F_FIN_SENT = 1 << 1,
	F_FIN_RCVD = 1 << 2,
	F_NODELAY = 1 << 3,
	F_KEEPALIVE = 1 << 4,
	F_TS = 1 << 5,
	F_SACK = 1 << 6,
	F_WSCALE = 1 << 7,
	F_CWND_LIMITED = 1 << 8,
	F_TIMING = 1 << 9,           /* rtt_seq is being timed */
	F_OUTPUTTING = 1 << 10,      /* somebody is in tcp_output() */
	F_OUTPUT_AGAIN = 1 << 11,
	F_DELIVERING = 1 << 12,      /* somebody is in tcp_deliver() */
	F_DELIVER_AGAIN = 1 << 13,
	F_HELD = 1 << 14,            /* the client wants a RECEIVE first */
	F_QUEUED = 1 << 15,          /* in a delay queue */
	F_FORCE = 1 << 16,           /* send although the window is small */
	F_NO_DF = 1 << 17,           /* a black hole was found */
	F_DEAD = 1 << 18,            /* CLOSED; only references keep it */
	F_TOLD_FIN = 1 << 19,        /* the client knows of the end */
	F_TOLD_ABORT = 1 << 20,
	F_URGENT = 1 << 21,          /* rcv_up is ahead */
	F_URG_INLINE = 1 << 22,
	F_OOB = 1 << 23,             /* `oob` waits for an expedited RECEIVE */
	F_OOB_TOLD = 1 << 24,
	F_SND_URG = 1 << 25,
	F_PROBED = 1 << 26,          /* [snd_una, snd_nxt) is a window probe */
	F_PUSH = 1 << 27,            /* a push was received */
	F_FULL = 1 << 28,            /* SEND_POSSIBLE is owed */
	F_RECOVERY = 1 << 29,        /* fast recovery */
	F_LOSS = 1 << 30,            /* after a timeout */
};
#define F_MARK 0x80000000u           /* the urgent byte is in the stream, which the
					client is to be told */
enum { NEED_ACK = 1, NEED_OUTPUT = 2, NEED_RCV_CMPLT = 4 };

struct irp_list {
	struct irp *head, *tail;
};

struct tcb {
	struct ke_lock lock;         /* tcb_lock */
	struct tcb *hash_next;
	struct tcp *tcp;
	struct inet_connection *conn; /* NULL: nobody's any more */
	u32 refs, hash;
	struct inet_ip local, remote;
	u16 lport, rport;
	u8 state, need, ttl, tos;
	u32 flags;
	s32 error;                   /* enum ex_status: why it is DEAD */
	/* send */
	u32 iss, snd_una, snd_nxt, snd_wnd, max_wnd, snd_wl1, snd_wl2, snd_up;
	u32 snd_q_seq, snd_end;
	struct ndis_buffer *snd_q, *snd_tail, *cur; /* cur: holds cur_seq on */
	u32 cur_seq, snd_buf;
	u16 tail_room;               /* bytes free behind snd_tail's */
	u16 mss, peer_mss, user_mss; /* mss: of data without options */
	u8 snd_wscale, rcv_wscale, retries, dupacks;
	/* congestion and recovery */
	u32 cwnd, ssthresh, acked, recover, high_rxt, lost_edge, dup_bytes;
	u32 dup_nxt;                 /* snd_nxt at the first duplicate */
	u32 rescue;                  /* RFC 6675 RescueRxt */
	u64 sent_at;                 /* the last data */
	struct tcp_board *board;
	/* RFC 6298, in microseconds */
	u32 srtt, rttvar, rto, rtt_seq;
	u64 rtt_at;
	/* receive */
	u32 irs, rcv_nxt, rcv_wnd, rcv_adv, rcv_buf, rcv_up, rcv_last_ack;
	u32 rcv_queued;
	struct ndis_buffer *rcv_q, *rcv_tail;
	struct tcp_reasm *reasm;
	struct tcp_range dsack;      /* RFC 2883; empty: none */
	u32 ts_recent, ts_offset, rtx_ts; /* rtx_ts: of the last retransmission */
	u64 ts_recent_at;
	u8 oob, challenges;
	u8 unanswered;               /* window probes, in a row */
	u32 challenge_at;            /* s */
	/* IRPs */
	struct irp_list sends, receives, done;
	struct irp *connect, *disconnect;
	/* time */
	struct ke_timer timer;
	struct ke_dpc dpc;
	u64 due_rtx, due_ack, due_keep, due_wait; /* ns; 0: not set */
	u64 armed;                   /* what timer was set for; 0: neither it nor
					dpc is out. What those two say of it
					changes without the lock. */
	u64 heard;
	u32 user_timeout_ms;
	u16 keep_idle_s, keep_interval_s; /* 0: the machine's */
	u8 keep_count;
	bool unreachable;            /* ICMP says so (RFC 1122 4.2.3.9: a hint) */
	u16 rcv_room;                /* bytes free behind rcv_tail's */
	u32 total_retrans;
	u64 bytes_acked, bytes_received;
	u32 segs_in, segs_out;
	struct tcb *delayq_next, *tw_next, *tw_prev;
};

/* Asked of a connection before it has a TCB. */
struct tcp_wishes {
	u32 flags;                   /* F_NODELAY, F_KEEPALIVE, F_URG_INLINE */
	u32 rcv_buf, snd_buf, user_timeout_ms;
	u16 mss, keep_idle_s, keep_interval_s;
	u8 ttl, tos, keep_count;
};

/* What is not said to be of something else is under its lock. */
struct inet_connection {
	struct inet *s;
	struct ke_lock lock;
	struct inet_address *address; /* NULL: not associated; changes under its
					lock, too */
	struct inet_connection *next, **at; /* of the address's, under its lock;
					at: what points here */
	struct tcb *tcb;
	void *context;               /* a word: what its next client says */
	struct irp *listen;
	struct tcp_wishes wish;
	u32 refs, inside;            /* KE_ADD(); inside: its handlers that run */
	bool closing;
};

/* Half-open (tcp_syn.c); next: of its hash chain, younger, older: of its queue. */
struct tcp_syn {
	struct tcp_syn *next, *younger, *older;
	struct inet_ip local, remote;
	u16 lport, rport, mss;
	u8 tries, flags, wscale, tos; /* flags: SYN_* */
	u8 told, queue;              /* told: ACKs that say where it stands */
	u32 iss, irs, wnd, tsval, ts_offset, rcv_buf;
	u64 due, sent;
};

#define TCP_SYN_BUCKETS 1024u
/* By how often each was sent again, and those whose client has no room yet: all
 * in one wait equally long, so each queue is in the order of time. */
#define TCP_SYN_LATER 8u
struct tcp_syn_queue {
	struct tcp_syn *first, *last;
};
struct tcp_delayq {
	struct tcb *head, *tail;
	bool running;
	u32 depth;
	struct tcp *tcp;
	struct ke_dpc dpc;
};

struct tcp {
	struct inet *s;
	struct ex *x;
	struct ke_lock table_lock;   /* TCBTableLock */
	struct tcb **table, *recent; /* recent: the last one found; in it, too */
	u32 buckets, count;          /* count: a word */
	struct ke_lock tw_lock;      /* behind tcb_lock */
	struct tcb *tw_head, *tw_tail; /* TIME-WAIT, the oldest first */
	u32 tw_count;
	u64 secret[2];
	u32 isn_steps;               /* the sum of all; KE_ADD() */
	struct ke_lock syn_lock;
	struct tcp_syn *syn[TCP_SYN_BUCKETS];
	struct tcp_syn_queue syn_queue[TCP_SYN_LATER + 1];
	u32 syns;                    /* a word */
	u64 syn_due;                 /* what syn_timer was set for; 0: it is not */
	struct ke_timer syn_timer;
	struct ke_dpc syn_dpc;
	u64 cookies_at;              /* when the last one was sent: a word */
	bool stopping;               /* a word */
	u32 live;                    /* TCBs, in the table or not; KE_ADD() */
	u32 ncpus;
	struct tcp_delayq delayq[];
};

/* --- tcp_tcb.c: making, finding, ending ------------------------------------------------- */

struct tcb *tcb_new(struct tcp *tcp, const struct inet_ip *local, u16 lport,
		    const struct inet_ip *remote, u16 rport);
/* false: there is one of these addresses (TIME-WAIT, dead ones give way). */
bool tcb_insert(struct tcb *t);
struct tcb *FindTCB(struct tcp *tcp, const struct inet_ip *local, u16 lport,
		    const struct inet_ip *remote, u16 rport);
void tcb_get(struct tcb *t);
void tcb_put(struct tcb *t);
void tcb_unlink(struct tcb *t);      /* of the table; not locked */
void tcb_wish(struct tcb *t, const struct tcp_wishes *w);
u32 tcp_hash(struct tcp *tcp, const struct inet_ip *local, u16 lport,
	     const struct inet_ip *remote, u16 rport);
/* RFC 6528, or the personality's */
u32 tcp_iss(struct tcp *tcp, const struct inet_ip *local, u16 lport,
	    const struct inet_ip *remote, u16 rport);
u32 tcp_ts_offset(struct tcp *tcp, const struct inet_ip *local,
		  const struct inet_ip *remote);
void tcp_set_state(struct tcb *t, enum tcp_state to);
/* All requests end with why; the client is told unless it asked for this. */
void tcp_fail(struct tcb *t, enum ex_status why);
void tcp_time_wait(struct tcb *t);
static inline bool tcp_is_synchronized(const struct tcb *t)
{
	return t->state >= TCP_ESTABLISHED;
}
static inline bool tcp_fin_waits(const struct tcb *t)
{
	return (t->flags & (F_FIN_QUEUED | F_FIN_SENT)) == F_FIN_QUEUED;
}
bool irp_unlink(struct irp_list *l, struct irp *irp);
/* An IRP that waits in a TCB: a reference, and (cancellable) its routine. */
bool tcb_irp(struct tcb *t, struct irp_list *l, struct irp *irp, bool cancel);
void tcb_irp_done(struct tcb *t, struct irp *irp, enum ex_status st, size_t n);
void tcb_irps_end(struct tcb *t, struct irp_list *l, enum ex_status why);
/* The one at at, if there is one and nobody cancels it. */
void tcb_irp_end(struct tcb *t, struct irp **at, enum ex_status st);

/* --- tcp_options.c ------------------------------------------------------------------------ */

/* false: malformed. */
bool tcp_parse_options(const u8 *p, u32 n, struct tcp_options *o);
u32 tcp_put_syn_options(struct tcp *tcp, u8 *at, u16 mss, s32 wscale, bool ts,
			bool sack, u32 tsval, u32 tsecr);
u32 tcp_put_options(struct tcb *t, u8 *at);
u32 tcp_put_timestamp(u8 *at, u32 tsval, u32 tsecr);
u32 tcp_options_length(const struct tcb *t); /* of a data segment */
u32 tcp_ts_now(struct tcp *tcp);     /* in ticks of the personality */
u8 tcp_wscale_for(const struct tcp *tcp, u32 window);
/* The buffer that is asked for, as the personality offers it. mss: not 0. */
u32 tcp_window_for(const struct tcp *tcp, u32 window, u32 mss);

/* --- tcp_segment.c: making segments ---------------------------------------------------------- */

struct tcp_out {
	struct inet_ip src, dst;
	u16 sport, dport, wnd, urp;
	u32 seq, ack;
	u8 flags, ttl, tos, noptions;
	u8 options[40];              /* at a multiple of four: they are copied */
	bool dont_fragment;
};
/* p has the data (NULL: none); header and checksum, and away. */
void tcp_send_segment(struct tcp *tcp, const struct tcp_out *o);
struct ndis_packet *tcp_make_segment(struct tcp *tcp, const struct tcp_out *o,
				     struct ndis_buffer *data, u32 n, u32 mss,
				     u32 offloads);
void tcp_transmit(struct tcp *tcp, struct ndis_packet *p,
		  const struct tcp_out *o);
/* The answer to a segment that belongs to nothing (RFC 9293 3.10.7.1). */
void tcp_refuse(struct tcp *tcp, const struct tcp_seg *g);

/* --- tcp_output.c ------------------------------------------------------------------------------ */

void tcp_output(struct tcb *t);      /* not locked */
void tcp_out_of(const struct tcb *t, struct tcp_out *o);
void tcp_reset_of(const struct tcb *t, struct tcp_out *o); /* a RST */
u32 tcp_window(struct tcb *t);       /* to advertise; locked */
u32 tcp_in_flight(const struct tcb *t);

/* --- tcp_input.c, tcp_ack.c, tcp_data.c ----------------------------------------------------------- */

void tcp_input(struct tcb *t, struct tcp_seg *g); /* locked */
void tcp_ack(struct tcb *t, struct tcp_seg *g);   /* an acceptable one */
void tcp_data(struct tcb *t, struct tcp_seg *g);
void tcp_established(struct tcb *t);
void tcp_negotiate(struct tcb *t, const struct tcp_options *o);
bool tcp_own_mss(struct tcb *t);     /* by the route; false: unreachable */
struct ndis_buffer *tcp_take(struct ex *x, struct ndis_packet *p, u32 off,
			     u32 n);

/* --- tcp_reassembly.c ------------------------------------------------------------------------------ */

void tcp_reasm_add(struct tcb *t, struct tcp_seg *g);
/* What follows rcv_nxt goes to rcv_q; true: something did. */
bool tcp_reasm_drain(struct tcb *t);
void tcp_reasm_free(struct tcb *t);
void tcp_rcv_append(struct tcb *t, struct ndis_buffer *chain, u32 n);
void tcp_chain_free(struct ex *x, struct ndis_buffer *b);

/* --- tcp_sack.c, tcp_congestion.c ------------------------------------------------------------------- */

void tcp_board_cut(struct tcb *t);   /* below snd_una */
void tcp_board_free(struct tcb *t);
u32 tcp_board_covered(const struct tcb *t, u32 from, u32 to); /* bytes */
/* The first hole in [from, to); false: none. */
bool tcp_board_hole(const struct tcb *t, u32 from, u32 to,
		    struct tcp_range *out);
u32 tcp_board_lost_edge(const struct tcb *t); /* RFC 6675 IsLost() */
u32 tcp_board_top(const struct tcb *t); /* below it are holes, above none */
bool tcp_process_sack(struct tcb *t, const struct tcp_seg *g);

void cc_start(struct tcb *t);
void cc_acked(struct tcb *t, u32 n, u32 flight);
void cc_idle(struct tcb *t);         /* data are to be sent after a pause? */
void cc_duplicate(struct tcb *t, bool sacked);
void cc_timeout(struct tcb *t);
void cc_lost_from_una(struct tcb *t); /* all of it is sent again */
u32 cc_pipe(const struct tcb *t);

/* --- tcp_timer.c -------------------------------------------------------------------------------------- */

void tcp_arm(struct tcb *t);         /* after a due_* changed; locked */
void tcp_disarm(struct tcb *t);
void tcp_arm_rtx(struct tcb *t);     /* restart the retransmission timer */
void tcp_rtt(struct tcb *t, u32 us);
u64 tcp_keep_idle(const struct tcb *t); /* ns */
u32 tcp_backoff(const struct tcb *t); /* us */
void TCBTimeout(void *context, void *arg1, void *arg2);

/* --- tcp_deliver.c, delayq.c ---------------------------------------------------------------------------- */

void tcp_need(struct tcb *t, u8 what); /* into the delay queue; locked */
void ProcessTCBDelayQ(struct tcp *tcp);
void tcp_settle(struct tcb *t);      /* does what `need` says; not locked */
void tcp_delayq_dpc(void *context, void *arg1, void *arg2);

/* --- tcp_syn.c -------------------------------------------------------------------------------------------- */

/* A segment that belonged to no TCB. NULL: it was dealt with; else the TCB that it
 * goes to, referenced: a new one, or what another CPU has made meanwhile. */
struct tcb *tcp_syn_input(struct tcp *tcp, const struct tcp_seg *g,
			  u32 above);
void tcp_syn_start(struct tcp *tcp);
void tcp_syn_stop(struct tcp *tcp);

/* --- tcp_request.c: the client's requests ------------------------------------------------------------------- */

/* t is c's from now on, which begin() makes the most of before anybody else sees
 * it: both are locked, its status is returned.  INVALID_CONNECTION: c is being
 * closed, or has one, and irp is the caller's.  Not locked. */
typedef enum ex_status tcp_begin_fn(struct tcb *t, struct irp *irp);
enum ex_status tcp_join(struct inet_connection *c, struct tcb *t,
			struct irp *irp, tcp_begin_fn *begin);
enum ex_status TCPConnect(struct inet_connection *c, struct irp *irp,
			  struct tdi_request *r);
enum ex_status TCPListen(struct inet_connection *c, struct irp *irp);
enum ex_status TCPSend(struct inet_connection *c, struct irp *irp,
		       struct tdi_request *r);
enum ex_status TCPReceive(struct inet_connection *c, struct irp *irp,
			  struct tdi_request *r);
enum ex_status TCPDisconnect(struct inet_connection *c, struct irp *irp,
			     struct tdi_request *r);
/* The client's file goes away, or the address under it. */
void TCPDetach(struct inet_connection *c, bool abort);
void tcp_info(const struct tcb *t, struct tdi_tcp_info *i);
void tcp_address(const struct inet *s, const struct inet_ip *ip, u16 port,
		 struct tdi_address *a);
enum ex_status TCPQuery(struct inet_connection *c, struct tdi_request *r);
enum ex_status TCPSet(struct inet_connection *c, struct tdi_request *r);
/* A RST and the end; told: the client knows. Not locked. */
void tcp_abort(struct tcb *t, enum ex_status why, bool told);

/* --- object.c -------------------------------------------------------------------------------------------------- */

void inet_connection_get(struct inet_connection *c);
void inet_connection_put(struct inet_connection *c);
/* No handler is called with it any more: it is nobody's. PASSIVE. */
void inet_connection_wait(struct inet_connection *c);
/* The handler of the address of c; NULL: none. Else *a, which has a reference, is
 * inside of it until inet_address_leave(). */
void *inet_handler(struct inet_connection *c, enum tdi_event e, void **context,
		   struct inet_address **a);

#endif
