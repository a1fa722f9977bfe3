// SPDX-License-Identifier: Apache-2.0
/*
 * packetdrill on the reference stack: an example of embedding it, and a test
 * (packetdrill_test.c drives it as packetdrill would).
 *
 * Time is the simulation's: it passes in usleep(), in a poll() that waits, and in
 * netdev_receive(), which lets it pass until the machine sends something.  Each
 * call is made in a thread of the machine.  One that has to wait, waits on the
 * host's thread that made it, until another host thread lets time pass or gives
 * a packet: so packetdrill makes its system calls beside its packets.
 *
 * Descriptors are rows of a table, from FIRST_FD on, that belong to nobody else.
 * Not here, since the stack has none: epoll, pipes, splice, fcntl() but for
 * O_NONBLOCK: they give ENOSYS.  No ancillary data, and one buffer for messages
 * with an address.
 */
#include "packetdrill.h"

#include "sdk/host.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FDS 256
#define FIRST_FD 1000
#define NEVER UINT64_C(600000000000) /* that nothing is sent for so long */

extern const struct io_driver_info io_driver_tcpip, io_driver_afd;

struct stack {
	pthread_mutex_t lock;        /* of everything, and of who runs it */
	pthread_cond_t moved;        /* time, or a packet */
	struct sched *s;
	struct host *h;
	struct sk *fd[FDS];
	char ip[32], gw[32];
};

/* --- a call, in the machine -------------------------------------------------------------- */

struct call {
	s64 (*fn)(struct call *c);
	struct stack *u;
	struct sk *s, *made;
	int a, b, flags;
	struct tdi_address at;
	const struct iovec *v;
	void *p;
	size_t n;
	struct sk_poll *polls;
	s64 wait, result;
};

static void call_in(void *ctx)
{
	struct call *c = ctx;

	c->result = c->fn(c);
}

static long failed(int e)
{
	errno = e;
	return -1;
}

/* Locked; the machine does what it can without time going on. */
static void settle(struct stack *u)
{
	(void)sched_run_to(u->s, sched_now(u->s));
	pthread_cond_broadcast(&u->moved);
}

static void pass(struct stack *u, u64 to)
{
	(void)sched_run_to(u->s, to);
	pthread_cond_broadcast(&u->moved);
}

static s64 run(struct stack *u, struct call *c)
{
	struct host_call *h = host_call(u->h, "packetdrill", call_in, c);

	if (!h)
		return -ENOMEM;
	settle(u);
	while (!host_done(h)) {
		if (ex_stopped(host_machine(u->h)) > EX_IDLE)
			return -EIO;
		pthread_cond_wait(&u->moved, &u->lock);
	}
	host_call_free(h);
	return c->result;
}

static struct sk *of(const struct stack *u, int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + FDS ? u->fd[fd - FIRST_FD] :
						       NULL;
}

static long give(s64 result)
{
	return result < 0 ? failed((int)-result) : (long)result;
}

/* fn on a socket. */
static long on(struct stack *u, int fd, struct call *c)
{
	s64 r = -EBADF;

	pthread_mutex_lock(&u->lock);
	c->u = u;
	c->s = of(u, fd);
	if (c->s)
		r = run(u, c);
	pthread_mutex_unlock(&u->lock);
	return give(r);
}

/* A descriptor of a new socket; locked. */
static s64 place(struct stack *u, struct sk *s)
{
	for (int i = 0; i < FDS; i++)
		if (!u->fd[i]) {
			u->fd[i] = s;
			return FIRST_FD + i;
		}
	return -EMFILE;
}

/* --- addresses ------------------------------------------------------------------------------- */

static int address_in(const struct sockaddr *a, socklen_t n,
		      struct tdi_address *to)
{
	const struct sockaddr_in *in = (const void *)a;

	if (!a || n < sizeof(*in) || a->sa_family != AF_INET)
		return -EAFNOSUPPORT;
	*to = (struct tdi_address){ .family = 4, .port = ntohs(in->sin_port) };
	memcpy(to->ip, &in->sin_addr, 4);
	return 0;
}

static void address_out(const struct tdi_address *from, struct sockaddr *a,
			socklen_t *n)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(from->port) };

	if (!a || !n)
		return;
	memcpy(&in.sin_addr, from->ip, 4);
	memcpy(a, &in, *n < sizeof(in) ? *n : sizeof(in));
	*n = sizeof(in);
}

/* --- sockets ------------------------------------------------------------------------------------ */

static s64 do_socket(struct call *c)
{
	return sk_socket(host_machine(c->u->h), c->a, c->b & 0xf, c->flags,
			 &c->made);
}

static s64 do_close(struct call *c)
{
	return sk_close(c->s);
}

/* Locked. What has no room in the table is closed again. */
static s64 placed(struct stack *u, struct call *c, s64 r)
{
	struct call undo = { .fn = do_close, .u = u, .s = c->made };

	if (r < 0)
		return r;
	r = place(u, c->made);
	if (r < 0)
		(void)run(u, &undo);
	return r;
}

static int pd_socket(void *u, int domain, int type, int protocol)
{
	struct stack *t = u;
	struct call c = { .fn = do_socket, .u = u, .a = domain, .b = type,
			  .flags = protocol };
	s64 r;

	pthread_mutex_lock(&t->lock);
	r = placed(t, &c, run(t, &c));
	if (r >= 0 && type & SOCK_NONBLOCK)
		(void)sk_nonblock(c.made, true);
	pthread_mutex_unlock(&t->lock);
	return (int)give(r);
}

static s64 do_bind(struct call *c)
{
	return sk_bind(c->s, &c->at);
}

static int pd_bind(void *u, int fd, const struct sockaddr *a, socklen_t n)
{
	struct call c = { .fn = do_bind };
	int e = address_in(a, n, &c.at);

	return e ? (int)give(e) : (int)on(u, fd, &c);
}

static s64 do_listen(struct call *c)
{
	return sk_listen(c->s, c->a);
}

static int pd_listen(void *u, int fd, int backlog)
{
	struct call c = { .fn = do_listen, .a = backlog };

	return (int)on(u, fd, &c);
}

static s64 do_accept(struct call *c)
{
	return sk_accept(c->s, &c->made, &c->at);
}

static int pd_accept(void *u, int fd, struct sockaddr *from, socklen_t *n)
{
	struct stack *t = u;
	struct call c = { .fn = do_accept, .u = u };
	s64 r = -EBADF;

	pthread_mutex_lock(&t->lock);
	c.s = of(t, fd);
	if (c.s)
		r = placed(t, &c, run(t, &c));
	pthread_mutex_unlock(&t->lock);
	if (r >= 0)
		address_out(&c.at, from, n);
	return (int)give(r);
}

static s64 do_connect(struct call *c)
{
	return sk_connect(c->s, &c->at);
}

static int pd_connect(void *u, int fd, const struct sockaddr *to, socklen_t n)
{
	struct call c = { .fn = do_connect };
	int e = address_in(to, n, &c.at);

	return e ? (int)give(e) : (int)on(u, fd, &c);
}

/* --- data ------------------------------------------------------------------------------------------ */

static s64 do_recv(struct call *c)
{
	return c->at.family ? sk_recvfrom(c->s, c->p, c->n, c->flags, &c->at) :
	       c->v	    ? sk_recvv(c->s, c->v, c->a, c->flags) :
			      sk_recv(c->s, c->p, c->n, c->flags);
}

static s64 do_send(struct call *c)
{
	return c->at.family ? sk_sendto(c->s, c->p, c->n, c->flags, &c->at) :
	       c->v	    ? sk_sendv(c->s, c->v, c->a, c->flags) :
			      sk_send(c->s, c->p, c->n, c->flags);
}

static ssize_t pd_recv(void *u, int fd, void *p, size_t n, int flags)
{
	struct call c = { .fn = do_recv, .p = p, .n = n, .flags = flags };

	return on(u, fd, &c);
}

static ssize_t pd_read(void *u, int fd, void *p, size_t n)
{
	return pd_recv(u, fd, p, n, 0);
}

static ssize_t pd_readv(void *u, int fd, const struct iovec *v, int n)
{
	struct call c = { .fn = do_recv, .v = v, .a = n };

	return on(u, fd, &c);
}

static ssize_t pd_recvfrom(void *u, int fd, void *p, size_t n, int flags,
			   struct sockaddr *from, socklen_t *from_n)
{
	struct call c = { .fn = do_recv, .p = p, .n = n, .flags = flags };
	ssize_t r;

	if (!from)
		return pd_recv(u, fd, p, n, flags);
	c.at.family = 4;             /* it is asked for */
	r = on(u, fd, &c);
	if (r >= 0)
		address_out(&c.at, from, from_n);
	return r;
}

static ssize_t pd_recvmsg(void *u, int fd, struct msghdr *m, int flags)
{
	struct call c = { .fn = do_recv, .v = m->msg_iov,
			  .a = (int)m->msg_iovlen, .flags = flags };

	m->msg_controllen = 0;
	m->msg_flags = 0;
	if (m->msg_name && m->msg_iovlen == 1)
		return pd_recvfrom(u, fd, m->msg_iov->iov_base,
				   m->msg_iov->iov_len, flags, m->msg_name,
				   &m->msg_namelen);
	m->msg_namelen = 0;
	return on(u, fd, &c);
}

static ssize_t pd_send(void *u, int fd, const void *p, size_t n, int flags)
{
	struct call c = { .fn = do_send, .p = (void *)(uintptr_t)p, .n = n,
			  .flags = flags };

	return on(u, fd, &c);
}

static ssize_t pd_write(void *u, int fd, const void *p, size_t n)
{
	return pd_send(u, fd, p, n, 0);
}

static ssize_t pd_writev(void *u, int fd, const struct iovec *v, int n)
{
	struct call c = { .fn = do_send, .v = v, .a = n };

	return on(u, fd, &c);
}

static ssize_t pd_sendto(void *u, int fd, const void *p, size_t n, int flags,
			 const struct sockaddr *to, socklen_t to_n)
{
	struct call c = { .fn = do_send, .p = (void *)(uintptr_t)p, .n = n,
			  .flags = flags };
	int e = to ? address_in(to, to_n, &c.at) : 0;

	return e ? give(e) : on(u, fd, &c);
}

static ssize_t pd_sendmsg(void *u, int fd, const struct msghdr *m, int flags)
{
	struct call c = { .fn = do_send, .v = m->msg_iov,
			  .a = (int)m->msg_iovlen, .flags = flags };

	if (m->msg_name && m->msg_iovlen == 1)
		return pd_sendto(u, fd, m->msg_iov->iov_base,
				 m->msg_iov->iov_len, flags, m->msg_name,
				 m->msg_namelen);
	if (m->msg_name)
		return failed(EOPNOTSUPP);
	return on(u, fd, &c);
}

/* --- control --------------------------------------------------------------------------------------- */

static int pd_fcntl(void *u, int fd, int cmd, ...)
{
	struct stack *t = u;
	struct sk *s;
	va_list args;
	int v;

	if (cmd != F_SETFL && cmd != F_GETFL)
		return (int)failed(ENOSYS);
	va_start(args, cmd);
	v = cmd == F_SETFL ? va_arg(args, int) : 0;
	va_end(args);
	pthread_mutex_lock(&t->lock);
	s = of(t, fd);
	if (s && cmd == F_SETFL)
		(void)sk_nonblock(s, v & O_NONBLOCK);
	pthread_mutex_unlock(&t->lock);
	return s ? (cmd == F_GETFL ? O_RDWR : 0) : (int)failed(EBADF);
}

static s64 do_ioctl(struct call *c)
{
	return sk_ioctl(c->s, c->n, c->p);
}

static int pd_ioctl(void *u, int fd, unsigned long request, ...)
{
	struct call c = { .fn = do_ioctl, .n = request };
	va_list args;

	va_start(args, request);
	c.p = va_arg(args, int *);   /* all that sk_ioctl() knows have one */
	va_end(args);
	return (int)on(u, fd, &c);
}

static int pd_close(void *u, int fd)
{
	struct stack *t = u;
	struct call c = { .fn = do_close, .u = u };
	s64 r = -EBADF;

	pthread_mutex_lock(&t->lock);
	c.s = of(t, fd);
	if (c.s) {
		t->fd[fd - FIRST_FD] = NULL;
		r = run(t, &c);
	}
	pthread_mutex_unlock(&t->lock);
	return (int)give(r);
}

static s64 do_shutdown(struct call *c)
{
	return sk_shutdown(c->s, c->a);
}

static int pd_shutdown(void *u, int fd, int how)
{
	struct call c = { .fn = do_shutdown, .a = how };

	return (int)on(u, fd, &c);
}

static s64 do_getsockopt(struct call *c)
{
	return sk_getsockopt(c->s, c->a, c->b, c->p, &c->n);
}

static int pd_getsockopt(void *u, int fd, int level, int name, void *v,
			 socklen_t *n)
{
	struct call c = { .fn = do_getsockopt, .a = level, .b = name, .p = v,
			  .n = *n };
	int r = (int)on(u, fd, &c);

	*n = (socklen_t)c.n;
	return r;
}

static s64 do_setsockopt(struct call *c)
{
	return sk_setsockopt(c->s, c->a, c->b, c->p, c->n);
}

static int pd_setsockopt(void *u, int fd, int level, int name, const void *v,
			 socklen_t n)
{
	struct call c = { .fn = do_setsockopt, .a = level, .b = name,
			  .p = (void *)(uintptr_t)v, .n = n };

	return (int)on(u, fd, &c);
}

static s64 do_poll(struct call *c)
{
	return sk_poll(c->polls, (unsigned)c->n, c->wait);
}

static int pd_poll(void *u, struct pollfd *f, nfds_t n, int ms)
{
	struct stack *t = u;
	struct sk_poll p[FDS] = { 0 };
	struct call c = { .fn = do_poll, .u = u, .polls = p, .n = n,
			  .wait = ms < 0 ? -1 : ms * INT64_C(1000000) };
	bool bad = n > FDS;
	s64 r = -EBADF;

	pthread_mutex_lock(&t->lock);
	for (nfds_t i = 0; !bad && i < n; i++) {
		p[i] = (struct sk_poll){ of(t, f[i].fd), f[i].events, 0 };
		bad = !p[i].s;
	}
	if (!bad)
		r = run(t, &c);
	pthread_mutex_unlock(&t->lock);
	for (nfds_t i = 0; r >= 0 && i < n; i++)
		f[i].revents = p[i].revents;
	return (int)give(r);
}

/* --- the wire and the clock ---------------------------------------------------------------------------- */

static int pd_netdev_send(void *u, const void *packet, size_t n)
{
	struct stack *t = u;
	bool ok;

	pthread_mutex_lock(&t->lock);
	ok = host_inject(t->h, packet, n);
	settle(t);
	pthread_mutex_unlock(&t->lock);
	return ok ? 0 : (int)failed(EINVAL);
}

/* The next packet, however long it takes (NEVER: none, *n is 0). */
static int pd_netdev_receive(void *u, void *packet, size_t *n, long long *us)
{
	struct stack *t = u;
	u64 end, when = 0, due;
	size_t got;

	pthread_mutex_lock(&t->lock);
	end = sched_now(t->s) + NEVER;
	while (!(got = host_extract(t->h, packet, *n, &when)) &&
	       sched_now(t->s) < end && !ex_stopped(host_machine(t->h))) {
		due = sched_next_timer(t->s);
		pass(t, due < end ? due : end);
	}
	pthread_mutex_unlock(&t->lock);
	*n = got;
	*us = (long long)(when / 1000);
	return 0;
}

static int pd_usleep(void *u, useconds_t us)
{
	struct stack *t = u;

	pthread_mutex_lock(&t->lock);
	pass(t, sched_now(t->s) + us * UINT64_C(1000));
	pthread_mutex_unlock(&t->lock);
	return 0;
}

static int pd_gettimeofday(void *u, struct timeval *tv, struct timezone *tz)
{
	struct stack *t = u;
	u64 us;

	(void)tz;
	pthread_mutex_lock(&t->lock);
	us = sched_now(t->s) / 1000;
	pthread_mutex_unlock(&t->lock);
	tv->tv_sec = (time_t)(us / 1000000);
	tv->tv_usec = (suseconds_t)(us % 1000000);
	return 0;
}

/* --- what the stack has not --------------------------------------------------------------------------- */

static int pd_epoll_create(void *u, int size)
{
	(void)u;
	(void)size;
	return (int)failed(ENOSYS);
}

static int pd_epoll_ctl(void *u, int epfd, int op, int fd,
			struct epoll_event *e)
{
	(void)u;
	(void)epfd;
	(void)op;
	(void)fd;
	(void)e;
	return (int)failed(ENOSYS);
}

static int pd_epoll_wait(void *u, int epfd, struct epoll_event *e, int most,
			 int ms)
{
	(void)u;
	(void)epfd;
	(void)e;
	(void)most;
	(void)ms;
	return (int)failed(ENOSYS);
}

static int pd_pipe(void *u, int fd[2])
{
	(void)u;
	(void)fd;
	return (int)failed(ENOSYS);
}

static int pd_splice(void *u, int in, loff_t *in_off, int out, loff_t *out_off,
		     size_t n, unsigned int flags)
{
	(void)u;
	(void)in;
	(void)in_off;
	(void)out;
	(void)out_off;
	(void)n;
	(void)flags;
	return (int)failed(ENOSYS);
}

/* --- making one ---------------------------------------------------------------------------------------- */

static void pd_free(void *u)
{
	struct stack *t = u;

	if (!t)
		return;
	host_free(t->h);
	sched_free(t->s);
	pthread_cond_destroy(&t->moved);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void words(struct stack *u, const char *flags, struct host_config *c)
{
	static const char *const as[] = { "nt4", "nt5", "modern" };
	char key[16], v[32];
	int n;

	strcpy(u->ip, "192.0.2.1/24");
	strcpy(u->gw, "192.0.2.254");
	for (; flags && sscanf(flags, " %15[a-z]=%31s%n", key, v, &n) == 2;
	     flags += n) {
		if (!strcmp(key, "ip"))
			memcpy(u->ip, v, sizeof(u->ip));
		else if (!strcmp(key, "gw"))
			memcpy(u->gw, v, sizeof(u->gw));
		else if (!strcmp(key, "mtu"))
			c->interface.mtu = (u32)atoi(v);
		for (int i = 0; i < 3 && !strcmp(key, "personality"); i++)
			if (!strcmp(v, as[i]))
				c->personality = (enum host_personality)i;
	}
}

static bool make(struct stack *u, const char *flags)
{
	static const char *const drivers[] = { "tcpip", "afd", NULL };
	static const struct io_driver_info *const builtin[] = {
		&io_driver_tcpip, &io_driver_afd, NULL };
	struct host_config c = {
		.ex = { .name = "packetdrill", .cpus = 1 },
		.personality = HOST_MODERN, .drivers = drivers,
		.builtin = builtin,
		.interface = { .name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 },
			       .ip4 = { u->ip }, .gateway4 = u->gw },
	};
	char why[200], frame[64];

	words(u, flags, &c);
	u->s = sched_new(&(struct sched_config){ .seed = 1 });
	u->h = u->s ? host_new(&c, u->s, why, sizeof(why)) : NULL;
	if (!u->h)
		return false;
	pass(u, 1000000000);         /* it has told everybody of itself */
	while (host_extract(u->h, frame, sizeof(frame), NULL))
		;
	return true;
}

/* Without memory userdata is NULL. */
void packetdrill_interface_init(const char *flags,
				struct packetdrill_interface *i)
{
	struct stack *u = calloc(1, sizeof(*u));

	*i = (struct packetdrill_interface){
		.free = pd_free, .socket = pd_socket, .bind = pd_bind,
		.listen = pd_listen, .accept = pd_accept,
		.connect = pd_connect, .read = pd_read, .readv = pd_readv,
		.recv = pd_recv, .recvfrom = pd_recvfrom,
		.recvmsg = pd_recvmsg, .write = pd_write,
		.writev = pd_writev, .send = pd_send, .sendto = pd_sendto,
		.sendmsg = pd_sendmsg, .fcntl = pd_fcntl, .ioctl = pd_ioctl,
		.close = pd_close, .shutdown = pd_shutdown,
		.getsockopt = pd_getsockopt, .setsockopt = pd_setsockopt,
		.poll = pd_poll, .netdev_send = pd_netdev_send,
		.netdev_receive = pd_netdev_receive, .usleep = pd_usleep,
		.gettimeofday = pd_gettimeofday,
		.epoll_create = pd_epoll_create, .epoll_ctl = pd_epoll_ctl,
		.epoll_wait = pd_epoll_wait, .pipe = pd_pipe,
		.splice = pd_splice,
	};
	if (!u)
		return;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->moved, NULL);
	if (make(u, flags))
		i->userdata = u;
	else
		pd_free(u);
}
