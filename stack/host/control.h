// SPDX-License-Identifier: Apache-2.0
/*
 * Asking a live refstack: a UNIX socket, refstack-PID.sock in $XDG_RUNTIME_DIR,
 * else /run for root, else /tmp.  One request (struct control_ask, with a file
 * for a dump), one answer (struct control_answer, with a file for a state).
 *
 * Invariant: both sides have the same user (SO_PEERCRED); nothing that the asker
 * does holds the machine up for more than a tenth of a second.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "../ex/ex.h"

#include <sys/types.h>
#include <sys/un.h>

enum { CONTROL_STAT = 1, CONTROL_DUMP = 2 };
struct control_ask {
	u32 what, parts, limit, json;
};
struct control_answer {
	s32 status;                  /* 0, or an errno */
	char text[252];
};

struct control {
	int fd;                      /* listens */
	struct sockaddr_un at;
};
bool control_open(struct control *c);
void control_close(struct control *c);
/* A client of the same user; -1: none. Does not wait. */
int control_accept(const struct control *c);
/* Its request; *fd: the file that came along, or -1. */
bool control_read(int client, struct control_ask *a, int *fd);
bool control_answer(int client, int status, const char *text, int fd);
/* The other side: false, said on stderr. */
bool control_call(pid_t pid, const struct control_ask *a, int give, int *take);

#endif
