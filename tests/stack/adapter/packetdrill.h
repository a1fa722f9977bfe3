// SPDX-License-Identifier: Apache-2.0
/*
 * What packetdrill asks of a stack that is a shared object: a table of calls,
 * filled by packetdrill_interface_init(), with the stack's own pointer first in
 * each of them.
 *
 * Invariant: names, order and types of the members are packetdrill's (they are
 * its ABI, public in its repository); nothing else here is.  Calls are the POSIX
 * ones: -1 and errno.  Packets begin with their IP header.
 *
 * To follow a later packetdrill: members are added at the end, there as here.
 */
#ifndef ADAPTER_PACKETDRILL_H
#define ADAPTER_PACKETDRILL_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct packetdrill_interface {
	void *userdata;
	void (*free)(void *u);
	/* sockets */
	int (*socket)(void *u, int domain, int type, int protocol);
	int (*bind)(void *u, int fd, const struct sockaddr *a, socklen_t n);
	int (*listen)(void *u, int fd, int backlog);
	int (*accept)(void *u, int fd, struct sockaddr *from, socklen_t *n);
	int (*connect)(void *u, int fd, const struct sockaddr *to, socklen_t n);
	/* in */
	ssize_t (*read)(void *u, int fd, void *p, size_t n);
	ssize_t (*readv)(void *u, int fd, const struct iovec *v, int n);
	ssize_t (*recv)(void *u, int fd, void *p, size_t n, int flags);
	ssize_t (*recvfrom)(void *u, int fd, void *p, size_t n, int flags,
			    struct sockaddr *from, socklen_t *from_n);
	ssize_t (*recvmsg)(void *u, int fd, struct msghdr *m, int flags);
	/* out */
	ssize_t (*write)(void *u, int fd, const void *p, size_t n);
	ssize_t (*writev)(void *u, int fd, const struct iovec *v, int n);
	ssize_t (*send)(void *u, int fd, const void *p, size_t n, int flags);
	ssize_t (*sendto)(void *u, int fd, const void *p, size_t n, int flags,
			  const struct sockaddr *to, socklen_t to_n);
	ssize_t (*sendmsg)(void *u, int fd, const struct msghdr *m, int flags);
	/* control */
	int (*fcntl)(void *u, int fd, int cmd, ...);
	int (*ioctl)(void *u, int fd, unsigned long request, ...);
	int (*close)(void *u, int fd);
	int (*shutdown)(void *u, int fd, int how);
	int (*getsockopt)(void *u, int fd, int level, int name, void *v,
			  socklen_t *n);
	int (*setsockopt)(void *u, int fd, int level, int name, const void *v,
			  socklen_t n);
	int (*poll)(void *u, struct pollfd *f, nfds_t n, int ms);
	/* the wire: 0, or -1 */
	int (*netdev_send)(void *u, const void *packet, size_t n);
	int (*netdev_receive)(void *u, void *packet, size_t *n, long long *us);
	/* the clock */
	int (*usleep)(void *u, useconds_t us);
	int (*gettimeofday)(void *u, struct timeval *tv, struct timezone *tz);
	/* later additions */
	int (*epoll_create)(void *u, int size);
	int (*epoll_ctl)(void *u, int epfd, int op, int fd,
			 struct epoll_event *e);
	int (*epoll_wait)(void *u, int epfd, struct epoll_event *e, int most,
			  int ms);
	int (*pipe)(void *u, int fd[2]);
	int (*splice)(void *u, int in, loff_t *in_off, int out, loff_t *out_off,
		      size_t n, unsigned int flags);
};

/* flags: "KEY=VALUE …" of personality, ip, gw, mtu. */
void packetdrill_interface_init(const char *flags,
				struct packetdrill_interface *i);

#endif
