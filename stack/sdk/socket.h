// SPDX-License-Identifier: Apache-2.0
/*
 * Sockets over AFD, for threads of a machine: the BSD calls, with their names
 * and errors (negative errno).  A call that has to wait blocks its thread, not
 * the machine, or as long as SO_RCVTIMEO and SO_SNDTIMEO say.  What differs from
 * Linux is listed in tests/stack/sk_linux_test.c.  Host code outside of a machine
 * uses sdk/host.h, which runs such calls in a thread of the machine.
 *
 * Any number of threads may be in calls of one socket.  One may close it: the
 * others' calls end (ECANCELED, EBADF).  No call may begin after a close did,
 * since a struct sk, other than the number that is a socket elsewhere, is gone
 * then.
 */
#ifndef SDK_SOCKET_H
#define SDK_SOCKET_H

#include "../ex/ex.h"
#include "../tdi/tdi.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct sk;                           /* a socket of a machine */

/* AF_INET or AF_INET6; SOCK_STREAM, SOCK_DGRAM or SOCK_RAW. 0 or -errno. */
int sk_socket(struct ex *x, int domain, int type, int protocol,
	      struct sk **out);
int sk_bind(struct sk *s, const struct tdi_address *a);
int sk_listen(struct sk *s, int backlog);
int sk_accept(struct sk *s, struct sk **out, struct tdi_address *from);
int sk_connect(struct sk *s, const struct tdi_address *to);
s64 sk_send(struct sk *s, const void *p, size_t n, int flags);
s64 sk_recv(struct sk *s, void *p, size_t n, int flags);
s64 sk_sendto(struct sk *s, const void *p, size_t n, int flags,
	      const struct tdi_address *to);
s64 sk_recvfrom(struct sk *s, void *p, size_t n, int flags,
		struct tdi_address *from);
s64 sk_sendv(struct sk *s, const struct iovec *v, int n, int flags);
s64 sk_recvv(struct sk *s, const struct iovec *v, int n, int flags);
/* recvmsg and sendmsg: flags of the result are MSG_TRUNC; an address of family 0
 * is none. */
struct sk_message {
	struct iovec *v;
	int n, flags;
	struct tdi_address address;
};
s64 sk_recvmsg(struct sk *s, struct sk_message *m, int flags);
s64 sk_sendmsg(struct sk *s, const struct sk_message *m, int flags);
/* ReadFile and WriteFile on the handle: IRP_MJ_READ, IRP_MJ_WRITE. */
s64 sk_read(struct sk *s, void *p, size_t n);
s64 sk_write(struct sk *s, const void *p, size_t n);
int sk_shutdown(struct sk *s, int how);
int sk_close(struct sk *s);
int sk_setsockopt(struct sk *s, int level, int name, const void *v, size_t n);
int sk_getsockopt(struct sk *s, int level, int name, void *v, size_t *n);
int sk_nonblock(struct sk *s, bool on);
/* FIONREAD, SIOCATMARK, SIOCOUTQ (TIOCOUTQ), FIONBIO */
int sk_ioctl(struct sk *s, unsigned long request, int *v);
int sk_name(struct sk *s, struct tdi_address *local);
int sk_peer(struct sk *s, struct tdi_address *remote);
int sk_info(struct sk *s, struct tdi_tcp_info *out);
struct sk_poll { struct sk *s; short events, revents; };
int sk_poll(struct sk_poll *p, unsigned n, s64 timeout_ns); /* < 0: forever */

/* Overlapped: returns at once; done(ctx, result) at DISPATCH or PASSIVE. */
int sk_overlapped(struct sk *s, bool write, bool as_file, void *p, size_t n,
		  void (*done)(void *ctx, s64 result), void *ctx);

#endif
