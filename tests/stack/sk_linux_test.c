// SPDX-License-Identifier: Apache-2.0
/*
 * Sockets of ours beside those of Linux: the same calls on loopback, the same
 * results (sk_linux.h has the language).  Where they differ, a step says so with
 * the reason, which is NT's AFD and Winsock in most.
 */
#include "sk_linux_steps.h"

#include <poll.h>
#include <signal.h>

/* --- sockets of Linux in the sdk's shape ------------------------------------------------- */

static int fd_of(const struct sk *s)
{
	return (int)(intptr_t)s - 1;
}

static int or_errno(int r)
{
	return r < 0 ? -errno : r;
}

union name {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t to_linux(const struct tdi_address *a, union name *n)
{
	memset(n, 0, sizeof(*n));
	n->any.sa_family = a->family == 4 ? AF_INET :
			   a->family == 6 ? AF_INET6 :
					    AF_UNSPEC;
	if (a->family == 6) {
		n->six.sin6_port = htons(a->port);
		memcpy(&n->six.sin6_addr, a->ip, 16);
		return sizeof(n->six);
	}
	n->four.sin_port = htons(a->port);
	memcpy(&n->four.sin_addr, a->ip, 4);
	return sizeof(n->four);
}

static void from_linux(const union name *n, struct tdi_address *a)
{
	bool six = n->any.sa_family == AF_INET6;

	*a = (struct tdi_address){ .family = six ? 6 : 4,
				   .port = ntohs(six ? n->six.sin6_port :
						       n->four.sin_port) };
	memcpy(a->ip, six ? (const void *)&n->six.sin6_addr :
			    (const void *)&n->four.sin_addr, six ? 16 : 4);
}

static int lx_socket(struct ex *x, int domain, int type, int protocol,
		     struct sk **out)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	(void)x;
	if (fd < 0)
		return -errno;
	*out = (struct sk *)(intptr_t)(fd + 1);
	return 0;
}

static int lx_bind(struct sk *s, const struct tdi_address *a)
{
	union name n;
	socklen_t len = to_linux(a, &n);

	return or_errno(bind(fd_of(s), &n.any, len));
}

static int lx_listen(struct sk *s, int backlog)
{
	return or_errno(listen(fd_of(s), backlog));
}

static int lx_accept(struct sk *s, struct sk **out, struct tdi_address *from)
{
	int fd = accept4(fd_of(s), NULL, NULL, SOCK_CLOEXEC);

	(void)from;
	if (fd < 0)
		return -errno;
	*out = (struct sk *)(intptr_t)(fd + 1);
	return 0;
}

static int lx_connect(struct sk *s, const struct tdi_address *to)
{
	union name n;
	socklen_t len = to_linux(to, &n);

	return or_errno(connect(fd_of(s), &n.any, len));
}

static s64 lx_sendto(struct sk *s, const void *p, size_t n, int flags,
		     const struct tdi_address *to)
{
	union name a;
	socklen_t len = to ? to_linux(to, &a) : 0;
	ssize_t r = sendto(fd_of(s), p, n, flags, to ? &a.any : NULL, len);

	return r < 0 ? -errno : r;
}

static s64 lx_sendmsg(struct sk *s, const struct sk_message *m, int flags)
{
	struct msghdr h = { .msg_iov = m->v, .msg_iovlen = (size_t)m->n };
	ssize_t r = sendmsg(fd_of(s), &h, flags);

	return r < 0 ? -errno : r;
}

static s64 lx_recvmsg(struct sk *s, struct sk_message *m, int flags)
{
	union name a = { .any = { .sa_family = AF_INET } };
	struct msghdr h = { .msg_name = &a, .msg_namelen = sizeof(a),
			    .msg_iov = m->v, .msg_iovlen = (size_t)m->n };
	ssize_t r = recvmsg(fd_of(s), &h, flags);

	if (r < 0)
		return -errno;
	from_linux(&a, &m->address);
	m->flags = h.msg_flags;
	return r;
}

static int lx_shutdown(struct sk *s, int how)
{
	return or_errno(shutdown(fd_of(s), how));
}

static int lx_close(struct sk *s)
{
	return or_errno(close(fd_of(s)));
}

static int lx_setsockopt(struct sk *s, int level, int name, const void *v,
			 size_t n)
{
	return or_errno(setsockopt(fd_of(s), level, name, v, (socklen_t)n));
}

static int lx_getsockopt(struct sk *s, int level, int name, void *v, size_t *n)
{
	socklen_t l = (socklen_t)*n;
	int r = or_errno(getsockopt(fd_of(s), level, name, v, &l));

	*n = l;
	return r;
}

static int lx_nonblock(struct sk *s, bool on)
{
	return or_errno(fcntl(fd_of(s), F_SETFL, on ? O_NONBLOCK : 0));
}

static int lx_ioctl(struct sk *s, unsigned long request, int *v)
{
	return or_errno(ioctl(fd_of(s), request, v));
}

static int lx_name(struct sk *s, struct tdi_address *local)
{
	union name a;
	socklen_t n = sizeof(a);
	int r = or_errno(getsockname(fd_of(s), &a.any, &n));

	if (!r)
		from_linux(&a, local);
	return r;
}

static int lx_peer(struct sk *s, struct tdi_address *remote)
{
	union name a;
	socklen_t n = sizeof(a);
	int r = or_errno(getpeername(fd_of(s), &a.any, &n));

	if (!r)
		from_linux(&a, remote);
	return r;
}

static int lx_poll(struct sk_poll *p, unsigned n, s64 timeout_ns)
{
	struct pollfd f = { .fd = fd_of(p->s), .events = p->events };
	int r = or_errno(poll(&f, n, (int)(timeout_ns / 1000000)));

	p->revents = f.revents;
	return r;
}

static void lx_sleep(u64 ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };

	nanosleep(&t, NULL);
}

static u64 lx_now(struct ex *x)
{
	struct timespec t;

	(void)x;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static const struct api linux_api = {
	lx_socket, lx_bind, lx_listen, lx_accept, lx_connect, lx_sendto,
	lx_recvmsg, lx_sendmsg, lx_shutdown, lx_close, lx_setsockopt,
	lx_getsockopt, lx_nonblock, lx_ioctl, lx_name, lx_peer, lx_poll,
	lx_sleep, lx_now, 2000000,
};

static const struct api our_api = {
	sk_socket, sk_bind, sk_listen, sk_accept, sk_connect, sk_sendto,
	sk_recvmsg, sk_sendmsg, sk_shutdown, sk_close, sk_setsockopt,
	sk_getsockopt, sk_nonblock, sk_ioctl, sk_name, sk_peer, sk_poll,
	ke_sleep, ex_now, 300000000,
};

/* --- what is compared ------------------------------------------------------------------------ */

#define PORTS 16                     /* of a sequence */
#define FIRST_PORT 20000             /* on an address that only this run has */

struct pair {
	struct world lx, ours;
	const struct sequence *q;
	struct host *h;
};

static void on_ours(void *ctx)
{
	struct pair *p = ctx;

	run_sequence(&p->ours, p->q);
}

/* Both gave what they should: the same, or what the step says. */
static bool step_agrees(const struct pair *p, size_t i, bool say)
{
	const struct step *s = &p->q->step[i];
	const char *l = p->lx.result[i], *o = p->ours.result[i];
	bool ok = s->why ? !strcmp(l, s->linux_gives) && !strcmp(o, s->ours) :
			   !strcmp(l, o);

	if (!ok && say)
		printf("%s: %s: Linux %s, ours %s%s\n", p->q->name, s->call, l,
		       o, s->why ? ", which the step has otherwise" : "");
	return ok;
}

static bool once(struct pair *p, bool say)
{
	bool ok = true;

	/* Each run has ports of its own, since TIME-WAIT keeps those. */
	p->lx.base = p->ours.base = (u16)(p->lx.base + PORTS);
	run_sequence(&p->lx, p->q);
	if (!ex_call(host_machine(p->h), on_ours, p))
		return false;
	for (size_t i = 0; i < p->q->n; i++)
		ok &= step_agrees(p, i, say);
	return ok;
}

/* The host may be busy, and late: three times is no chance. */
static void compare(struct pair *p, const struct sequence *q)
{
	p->q = q;
	if (q->root && geteuid()) {
		printf("skip %s: raw sockets want root on Linux\n", q->name);
		return;
	}
	test_.checks += q->n;
	CHECK(once(p, false) || once(p, false) || once(p, true));
}

static void all_of_them(void)
{
	static struct pair p;
	const char *b = getenv("B");
	u8 ip[4] = { 127, 77, (u8)(getpid() >> 8), (u8)(getpid() | 1) };
	struct sched *s = sched_new(&(struct sched_config){ .seed = 1 });
	char why[256] = "", path[256];

	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	p.h = host_new(&(struct host_config){
			       .ex = { .name = "m", .cpus = 2,
				       .stack_kib = 128 },
			       .personality = HOST_NT5,
			       .driver_path = path }, s, why, sizeof(why));
	if (!p.h)
		printf("%s\n", why);
	CHECK(p.h != NULL);
	p.lx.api = &linux_api;
	p.ours.api = &our_api;
	p.ours.x = host_machine(p.h);
	memcpy(p.lx.ip, ip, 4);
	memcpy(p.ours.ip, ip, 4);
	p.lx.base = p.ours.base = FIRST_PORT;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++)
		compare(&p, &sequences[i]);
	host_free(p.h);
	sched_free(s);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(30);                   /* a call of Linux that waits for ever */
	RUN(all_of_them);
	return test_done();
}
