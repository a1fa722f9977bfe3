// SPDX-License-Identifier: Apache-2.0
/*
 * The stack behind packetdrill's shared-library interface, driven as packetdrill
 * drives one: loaded with dlopen(), packets with their IP header, its clock, and
 * system calls that wait on a thread of their own.  Packets are written and read
 * by the language of packet scripts, which knows nothing of the drivers.
 */
#include "adapter/packetdrill.h"
#include "host/pkt.h"
#include "machine.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct drill {
	void *so;
	struct packetdrill_interface i;
	struct pkt_net net;
	long long at;                /* of the last packet, us */
};

static void open_drill(struct drill *d, const char *flags)
{
	void (*init)(const char *flags, struct packetdrill_interface *i);
	const char *b = getenv("B");
	char path[512];

	*d = (struct drill){ .net = { .local_ip = 0xc0000201,
				      .remote_ip = 0xc0000202 } };
	for (unsigned k = 0; k < PKT_FLOWS; k++)
		d->net.flow[k] = (struct pkt_flow){
			.remote_isn = 5000, .remote_ip = 0xc0000202,
			.remote_port = (u16)(40000 + k), .local_port = 8080 };
	snprintf(path, sizeof(path), "%s/packetdrill.so", b ? b : "build/dev");
	d->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CHECK(d->so);
	*(void **)&init = dlsym(d->so, "packetdrill_interface_init");
	CHECK(init);
	init(flags, &d->i);
	CHECK(d->i.userdata);
}

static void close_drill(struct drill *d)
{
	d->i.free(d->i.userdata);
	dlclose(d->so);
}

static void in(struct drill *d, const char *text)
{
	static u8 b[2 * PKT_FRAME_MAX];
	struct pkt_datagram g;
	u32 n;

	CHECK(!pkt_parse(text, &g));
	n = pkt_build(&d->net, &g, b);
	pkt_datagram_free(&g);
	CHECK(n && !d->i.netdev_send(d->i.userdata, b, n));
}

/* The next packet is this one; us later than the one before, or 0: whenever. */
static void out(struct drill *d, const char *text, long long us)
{
	static u8 f[14 + PKT_FRAME_MAX];
	size_t n = PKT_FRAME_MAX;
	long long at;
	struct pkt_datagram want, is;
	char why[200] = "";

	CHECK(!pkt_parse(text, &want));
	f[12] = 8;                   /* IPv4, to those who read frames */
	f[13] = 0;
	CHECK(!d->i.netdev_receive(d->i.userdata, f + 14, &n, &at));
	CHECK(n >= 40);
	CHECK(!pkt_read(&d->net, f, (u32)n + 14, &want, &is));
	if (pkt_differs(&want, &is, why, sizeof(why)))
		printf("expected %s: %s\n", text, why);
	CHECK(!why[0]);
	if (us)
		CHECK_EQ(at - d->at, us);
	d->at = at;
	pkt_datagram_free(&want);
}

static struct sockaddr_in at_port(u32 ip, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(ip) };
}

static int listening(struct drill *d)
{
	struct sockaddr_in a = at_port(INADDR_ANY, 8080);
	int one = 1, fd = d->i.socket(d->i.userdata, AF_INET, SOCK_STREAM, 0);

	CHECK(fd > 0);
	CHECK_EQ(d->i.setsockopt(d->i.userdata, fd, SOL_SOCKET, SO_REUSEADDR,
				 &one, sizeof(one)), 0);
	CHECK_EQ(d->i.bind(d->i.userdata, fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(d->i.listen(d->i.userdata, fd, 5), 0);
	return fd;
}

static int accepted(struct drill *d, int l)
{
	struct sockaddr_in from = { 0 };
	socklen_t n = sizeof(from);
	int fd;

	in(d, "S 0:0(0) win 65535 <mss 1460>");
	out(d, "S. 0:0(0) ack 1 win 65535 <mss 1460>", 0);
	in(d, ". 1:1(0) ack 1 win 65535");
	fd = d->i.accept(d->i.userdata, l, (void *)&from, &n);
	CHECK(fd > 0 && fd != l);
	CHECK_EQ(n, sizeof(from));
	CHECK_EQ(ntohs(from.sin_port), 40000);
	CHECK_EQ(ntohl(from.sin_addr.s_addr), 0xc0000202);
	return fd;
}

/* Handshake, data both ways, a retransmission in time, the close of both. */
static void whole_connection(void)
{
	struct drill d;
	u8 b[1000];
	struct iovec v[2] = { { b, 40 }, { b + 40, 60 } };
	struct pollfd p = { .events = POLLIN };
	int l, c, ready = 0;

	open_drill(&d, "personality=modern");
	l = listening(&d);
	c = accepted(&d, l);
	for (u32 i = 0; i < sizeof(b); i++)
		b[i] = pkt_pattern(i);
	CHECK_EQ(d.i.writev(d.i.userdata, c, v, 2), 100);
	out(&d, "P. 1:101(100) ack 1", 0);
	out(&d, "P. 1:101(100) ack 1", 1000000); /* RFC 6298 2.1 */
	in(&d, ". 1:1(0) ack 101 win 65535");
	p.fd = c;
	CHECK_EQ(d.i.poll(d.i.userdata, &p, 1, 0), 0);
	in(&d, "P. 1:301(300) ack 101 win 65535");
	CHECK_EQ(d.i.poll(d.i.userdata, &p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(d.i.ioctl(d.i.userdata, c, FIONREAD, &ready), 0);
	CHECK_EQ(ready, 300);
	memset(b, 0, sizeof(b));
	CHECK_EQ(d.i.read(d.i.userdata, c, b, 100), 100);
	CHECK_EQ(d.i.recv(d.i.userdata, c, b + 100, 1000, MSG_DONTWAIT), 200);
	for (u32 i = 0; i < 300; i++)
		CHECK_EQ(b[i], pkt_pattern(i));
	out(&d, ". 101:101(0) ack 301", 0);
	CHECK_EQ(d.i.shutdown(d.i.userdata, c, SHUT_WR), 0);
	out(&d, "F. 101:101(0) ack 301", 0);
	in(&d, "F. 301:301(0) ack 102 win 65535");
	out(&d, ". 102:102(0) ack 302", 0);
	CHECK_EQ(d.i.read(d.i.userdata, c, b, 10), 0);
	CHECK_EQ(d.i.close(d.i.userdata, c), 0);
	CHECK_EQ(d.i.close(d.i.userdata, l), 0);
	close_drill(&d);
}

/* --- calls that wait --------------------------------------------------------------------------- */

struct waiter {
	struct drill *d;
	int fd;
	u8 b[100];
	ssize_t got;
	_Atomic int tid;             /* of who waits; 0: not there yet */
};

/* As packetdrill does: the call was made, and its thread sleeps. */
static bool asleep(struct waiter *w)
{
	char path[64], state = 0;
	FILE *f;

	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 w->tid);
		f = w->tid ? fopen(path, "r") : NULL;
		if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
		if (state == 'S')
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return false;
}

static void *reads(void *ctx)
{
	struct waiter *w = ctx;

	w->tid = gettid();
	w->got = w->d->i.read(w->d->i.userdata, w->fd, w->b, sizeof(w->b));
	return NULL;
}

static void waits_for_data(void)
{
	struct drill d;
	struct waiter w = { .d = &d };
	pthread_t t;
	int l;

	open_drill(&d, "personality=modern");
	l = listening(&d);
	w.fd = accepted(&d, l);
	CHECK(!pthread_create(&t, NULL, reads, &w) && asleep(&w));
	CHECK_EQ(d.i.usleep(d.i.userdata, 5000), 0);
	in(&d, "P. 1:11(10) ack 1 win 65535");
	pthread_join(t, NULL);
	CHECK_EQ(w.got, 10);
	CHECK_EQ(w.b[9], pkt_pattern(9));
	close_drill(&d);
}

static void *connects(void *ctx)
{
	struct waiter *w = ctx;
	struct sockaddr_in to = at_port(0xc0000202, 80);

	w->tid = gettid();
	w->got = w->d->i.connect(w->d->i.userdata, w->fd, (void *)&to,
				 sizeof(to));
	return NULL;
}

static void waits_to_connect(void)
{
	struct drill d;
	struct waiter w = { .d = &d };
	pthread_t t;

	open_drill(&d, "personality=modern");
	w.fd = d.i.socket(d.i.userdata, AF_INET, SOCK_STREAM, 0);
	CHECK(!pthread_create(&t, NULL, connects, &w) && asleep(&w));
	out(&d, "S 0:0(0)", 0);
	in(&d, "S. 0:0(0) ack 1 win 65535 <mss 1000>");
	pthread_join(t, NULL);
	CHECK_EQ(w.got, 0);
	out(&d, ". 1:1(0) ack 1", 0);
	for (u32 i = 0; i < 5; i++)
		w.b[i] = pkt_pattern(i);
	CHECK_EQ(d.i.send(d.i.userdata, w.fd, w.b, 5, 0), 5);
	out(&d, "P. 1:6(5) ack 1", 0);
	close_drill(&d);
}

/* --- errors, the clock ------------------------------------------------------------------------------ */

static void says_errno(void)
{
	struct drill d;
	u8 b[4];
	int l;

	open_drill(&d, "");
	errno = 0;
	CHECK_EQ(d.i.read(d.i.userdata, 3, b, 4), -1);
	CHECK_EQ(errno, EBADF);
	CHECK_EQ(d.i.close(d.i.userdata, 1000), -1);
	CHECK_EQ(errno, EBADF);
	l = listening(&d);
	CHECK_EQ(d.i.fcntl(d.i.userdata, l, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	CHECK_EQ(d.i.accept(d.i.userdata, l, NULL, NULL), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(d.i.read(d.i.userdata, l, b, 4), -1);
	CHECK_EQ(errno, ENOTCONN);
	CHECK_EQ(d.i.epoll_create(d.i.userdata, 1), -1);
	CHECK_EQ(errno, ENOSYS);
	close_drill(&d);
}

static void its_clock(void)
{
	struct timeval a, b;
	struct drill d;

	open_drill(&d, NULL);
	CHECK_EQ(d.i.gettimeofday(d.i.userdata, &a, NULL), 0);
	CHECK_EQ(d.i.usleep(d.i.userdata, 2500000), 0);
	CHECK_EQ(d.i.gettimeofday(d.i.userdata, &b, NULL), 0);
	CHECK_EQ((b.tv_sec - a.tv_sec) * 1000000 + b.tv_usec - a.tv_usec,
		 2500000);
	close_drill(&d);
}

/* Nothing is sent: that is said, in the end. */
static void silence(void)
{
	struct timeval a, b;
	long long at;
	struct drill d;
	u8 p[100];
	size_t n = sizeof(p);

	open_drill(&d, "personality=nt4 ip=192.0.2.1/24 mtu=1000");
	d.i.gettimeofday(d.i.userdata, &a, NULL);
	CHECK_EQ(d.i.netdev_receive(d.i.userdata, p, &n, &at), 0);
	CHECK_EQ(n, 0);
	d.i.gettimeofday(d.i.userdata, &b, NULL);
	CHECK_EQ(b.tv_sec - a.tv_sec, 600);
	close_drill(&d);
}

int main(void)
{
	RUN(whole_connection);
	RUN(waits_for_data);
	RUN(waits_to_connect);
	RUN(says_errno);
	RUN(its_clock);
	RUN(silence);
	return test_done();
}
