// SPDX-License-Identifier: Apache-2.0
/*
 * Stories: what one machine does, in socket calls, one after the other.  The
 * same lines can be told by the Linux kernel's sockets (tests/tools/differ.py), and
 * what comes of each call is then the same text.
 *
 *	NAME: S socket tcp|udp       S is a number of a socket, 0..9
 *	NAME: S bind PORT            NAME: S listen BACKLOG
 *	NAME: S accept L             from the listening L
 *	NAME: S connect MACHINE PORT
 *	NAME: S send N [oob]         the next N bytes of the socket's stream
 *	NAME: S ones N               the same, in N calls
 *	NAME: S recv N [waitall|oob|peek]
 *	NAME: S drain                until the end or an error
 *	NAME: S exchange N M         sends N bytes while it receives M
 *	NAME: S set OPTION VALUE     nodelay linger keepalive rcvbuf sndbuf
 *	                             oobinline user_timeout
 *	NAME: S error                SO_ERROR
 *	NAME: S shutdown rd|wr|rdwr  NAME: S close
 *	NAME: sleep MS
 *
 * Each line gives its own text and " = " with 0, a number, the error's name, or
 * a count of bytes and the FNV-1a hash of what came.
 *
 * Invariant: only what a program on sockets may see is in the result, no time
 * and no size of a piece.  To add a call: a row of rows[] in story.c, and one in
 * the other teller.
 */
#ifndef HOST_STORY_H
#define HOST_STORY_H

#include "../sdk/host.h"

#define STORY_SOCKETS 10
#define STORY_LINE 80

struct story_line {
	struct story_line *next;
	char text[STORY_LINE], result[48];
	bool done;
};

struct story {
	struct story *next;
	char name[16];
	struct story_line *first;
	/* what machine of this name has as its address; NULL: there is none */
	const struct tdi_address *(*address)(void *ctx, const char *name);
	void *ctx;
	void (*told)(struct story *t, const struct story_line *l); /* or NULL */
	bool over;
	/* while it is told */
	struct host *h;
	struct sk *s[STORY_SOCKETS];
	u64 sent[STORY_SOCKETS];
	u8 *buf;
};

/* A line of a workload: 1 it was one of a story (all), 0 it is something else,
 * -1 it is wrong, or no memory, and why says what. */
int story_line(struct story **all, const char *text, char *why, size_t size);
/* In a thread of the machine, which sets over at the end. */
bool story_start(struct story *t, struct host *h);
void story_print(const struct story *t, FILE *to);
void story_free(struct story *all);

#endif
