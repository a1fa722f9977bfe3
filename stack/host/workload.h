// SPDX-License-Identifier: Apache-2.0
/*
 * Workloads: machines, links, and what they do with each other, line by line.
 *
 *	machine NAME ip A/BITS [ip6 A/BITS] [gw A] [mtu N] [cpus N]
 *		[personality P] [tcpip FILE] [afd FILE] [set WORD=VALUE …]
 *	link A B [loss F] [duplicate F] [corrupt F] [reorder F] [delay MS]
 *		[jitter MS] [mbps N] [queue N] [down MS]
 *	transfer A B BYTES [streams N]    from A to B over TCP, bytes compared
 *	echo A B BYTES [chunk N]          A sends, B gives back
 *	datagrams A B COUNT [size N]      over UDP; how many came
 *	mixed A B BYTES [back N] [six 1] [sndbuf N] [rcvbuf N] [urgent N]
 *		[pause MS]                both ways at once, with calls of
 *					  every kind and size by the seed
 *	NAME: CALL                        of its story, in socket calls (story.h)
 *	join                              everything before has ended
 *	sleep MS
 *
 * "set" gives words to tcpip and tcpip6; a link that is down at MS carries
 * nothing that is sent later.  Jobs and stories begin together; the end of the
 * file joins.  To add a word to a line: a row of its keys in workload.c; a job: a
 * row of kinds[] in jobs.c and one of lines[].
 *
 * Invariant: what a run does follows from the file, the seed and the policy;
 * workload_end() leaves nothing of it, in no pool.
 */
#ifndef HOST_WORKLOAD_H
#define HOST_WORKLOAD_H

#include "../sdk/host.h"

#define WORKLOAD_MACHINES 16

struct workload;
struct job_side {                    /* of a mixed job */
	struct job *job;
	struct host *host;
	struct sk *s;
	u64 random, out, sent, received;
	u64 heard, longest;          /* the longest time without a byte, ns */
	unsigned users;              /* threads that have the socket; 0 also
					before it takes urgent bytes inline */
};

/* Of its threads, on CPUs of both machines, each has numbers of its own; what
 * more than one writes is KE_SET(), KE_ADD(), or under the latch. */
struct job {
	struct job *next;
	const struct job_kind *kind;
	struct host *from, *to;
	char text[128];
	u64 bytes, size;             /* what is to be done */
	u64 sent, received, began;
	u64 ended;                   /* the last of them */
	u16 port;
	struct tdi_address peer;     /* the server's */
	bool ready, wrong;           /* the server listens; other bytes came */
	struct ke_latch latch;       /* of `error` and `ended` */
	s64 error;
	unsigned running;            /* of its threads */
	/* mixed */
	u64 seed, back, sndbuf, rcvbuf, urgent, pause;
	bool six;
	struct job_side side[2];     /* the client's, the server's */
};

struct job_kind {
	const char *name;
	void (*client)(void *job), (*server)(void *job);
	bool lossy;                  /* fewer may come */
};
const struct job_kind *job_kind(const char *name);
bool job_start(struct job *j);
bool job_ok(const struct job *j);
u64 job_bytes(const struct job *j);  /* that came, both ways */
void job_result(const struct job *j, char *buf, size_t size); /* in words */
/* Of the stream that every job sends: n bytes from at on. */
void job_fill(u8 *p, u64 at, size_t n);
bool job_same(const u8 *p, u64 at, size_t n);
int job_dial(struct job *j, struct sk **s);
struct sk *job_answer(struct job *j);
void job_failed(struct job *j, s64 st);  /* the first one is kept */
void job_await(struct job *j);       /* until there is a server, or an error */
void job_leave(struct job *j);       /* what a thread does last */
/* mixed.c */
void mixed_client(void *job);
void mixed_server(void *job);

struct workload {
	/* given; the rest is zero */
	const char *file, *drivers, *replay;
	u64 seed;
	enum sched_policy policy;
	FILE *pcap;                  /* what the first link carries; taken */
	void (*made)(struct workload *w, struct host *h); /* NULL: nobody asks */
	void *ctx;
	/* of the run, to be read until workload_end() */
	struct sched *s;
	struct host *host[WORKLOAD_MACHINES];
	char name[WORKLOAD_MACHINES][16], ip[WORKLOAD_MACHINES][32];
	char ip6[WORKLOAD_MACHINES][64];
	struct tdi_address address[WORKLOAD_MACHINES]; /* of IPv4 */
	struct ex_config as[WORKLOAD_MACHINES];
	enum host_personality personality[WORKLOAD_MACHINES];
	char more[WORKLOAD_MACHINES][128]; /* words for tcpip */
	unsigned n;
	struct nic_capture *capture;
	struct job *jobs;
	struct story *stories;
	bool told;                   /* the stories have begun */
	u16 port;
	unsigned line;
	bool cast;                   /* machines are named and not made */
	bool mistake;                /* in the file: nothing has run */
	char why[600];
};
/* Looks at every line: false: a mistake, and why says where and what.  Machines
 * have names, addresses and stories then; nothing runs. */
bool workload_read(struct workload *w);
/* All of it; false: it went wrong, and why says how, or job_ok() of a job. */
bool workload_run(struct workload *w);
/* The machines end. false: one had memory that nobody gave back (why). */
bool workload_end(struct workload *w);

#endif
