// SPDX-License-Identifier: Apache-2.0
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_MS 100                   /* for the request, once it is connected */

/* Place i of those where the socket of a process may be. */
static bool place(int i, pid_t pid, struct sockaddr_un *a)
{
	const char *dir[] = { getenv("XDG_RUNTIME_DIR"),
			      getuid() ? NULL : "/run", "/tmp" };
	int n;

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!dir[i] || !dir[i][0])
		return false;
	n = snprintf(a->sun_path, sizeof(a->sun_path), "%s/refstack-%ld.sock",
		     dir[i], (long)pid);
	return n > 0 && (size_t)n < sizeof(a->sun_path);
}

bool control_open(struct control *c)
{
	mode_t was = umask(077);

	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	for (int i = 0; c->fd >= 0 && i < 3; i++) {
		if (!place(i, getpid(), &c->at))
			continue;
		unlink(c->at.sun_path); /* of a process that had our number */
		if (!bind(c->fd, (const struct sockaddr *)&c->at,
			  sizeof(c->at)))
			break;
		c->at.sun_path[0] = 0;
	}
	umask(was);
	if (c->fd >= 0 && c->at.sun_path[0] && !listen(c->fd, 16))
		return true;
	control_close(c);
	return false;
}

void control_close(struct control *c)
{
	if (c->fd < 0)
		return;
	if (c->at.sun_path[0])
		unlink(c->at.sun_path);
	close(c->fd);
	c->fd = -1;
}

static bool same_user(int fd)
{
	struct ucred u;
	socklen_t n = sizeof(u);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) &&
	       u.uid == getuid();
}

int control_accept(const struct control *c)
{
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || same_user(fd))
		return fd;
	close(fd);
	return -1;
}

/* --- messages with a file ------------------------------------------------------------- */

union file_space {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static bool put(int to, const void *p, size_t n, int fd)
{
	union file_space space = { .bytes = { 0 } };
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = space.bytes;
		m.msg_controllen = sizeof(space.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) == (ssize_t)n;
}

/* The file that came along, or -1; there is room for more than one, which would
 * be ours to close. */
static int file_of(struct msghdr *m)
{
	int got = -1, fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = c->cmsg_level == SOL_SOCKET &&
			   c->cmsg_type == SCM_RIGHTS ?
				   (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (got < 0)
				got = fd;
			else
				close(fd);
		}
	}
	return got;
}

/* n bytes, neither fewer nor more. */
static bool get(int from, void *p, size_t n, int *fd)
{
	union file_space space;
	struct iovec v = { p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = space.bytes,
			    .msg_controllen = sizeof(space.bytes) };
	ssize_t k = recvmsg(from, &m, MSG_CMSG_CLOEXEC);

	*fd = k >= 0 ? file_of(&m) : -1;
	if (k == (ssize_t)n && !(m.msg_flags & MSG_TRUNC))
		return true;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}

bool control_read(int client, struct control_ask *a, int *fd)
{
	struct pollfd p = { client, POLLIN, 0 };

	*fd = -1;
	return poll(&p, 1, ASK_MS) == 1 && get(client, a, sizeof(*a), fd);
}

bool control_answer(int client, int status, const char *text, int fd)
{
	struct control_answer a = { .status = status };

	snprintf(a.text, sizeof(a.text), "%s", text);
	return put(client, &a, sizeof(a), fd);
}

/* --- who asks ------------------------------------------------------------------------- */

static int reach(pid_t pid)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;

	for (int i = 0; fd >= 0 && i < 3; i++)
		if (place(i, pid, &a) &&
		    !connect(fd, (const struct sockaddr *)&a, sizeof(a)) &&
		    same_user(fd))
			return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool control_call(pid_t pid, const struct control_ask *a, int give, int *take)
{
	int fd = reach(pid);
	struct control_answer r = { .status = EPIPE };

	if (fd < 0) {
		fprintf(stderr, "refstack: process %ld: no live refstack of "
			"this user\n", (long)pid);
		return false;
	}
	if (put(fd, a, sizeof(*a), give) && get(fd, &r, sizeof(r), take) &&
	    !r.status) {
		close(fd);
		return true;
	}
	close(fd);
	r.text[sizeof(r.text) - 1] = 0;
	fprintf(stderr, "refstack: process %ld: %s\n", (long)pid,
		r.text[0] ? r.text : strerror(r.status));
	return false;
}
