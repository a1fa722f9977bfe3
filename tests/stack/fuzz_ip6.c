// SPDX-License-Identifier: Apache-2.0
/*
 * Frames of any kind to a machine with tcpip6 and afd, on a wire: a listening
 * socket on port 80 and one of UDP on 7 send back what they get.
 *
 * Input: records of a byte of flags, two of length (low first), and the frame.
 * Flags: 1 the checksum is made right; 2 the acknowledgement is of what the
 * machine's TCP sent last; the others, in eighths of a second, are let go by
 * first.  What the machine sends is looked at.  At the end up to three minutes
 * pass and the drivers are unloaded: then there is no bug check, every header of
 * the pool is whole and nothing of the drivers' is left in it.
 */
#include "fuzzed.h"
#include "nic/nic.h"
#include "sched/sched.h"
#include "sdk/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64u
#define CONNECTIONS 8u
#define ETHER 14u
#define HEADER 40u
enum { TCP = 6, UDP = 17, ICMP6 = 58 };

extern const struct io_driver_info io_driver_tcpip6, io_driver_afd;

struct run {
	struct sched *s;
	struct ex *x;
	struct nic_wire *w;
	struct io_driver *ip, *afd;
	struct sk *listener, *udp, *c[CONNECTIONS];
	u8 ack[4];                   /* what acknowledges the machine's last */
	bool open;
};

static u32 get16(const u8 *b)
{
	return (u32)b[0] << 8 | b[1];
}

/* --- what the machine sends ------------------------------------------------------- */

static void sent(void *ctx, const u8 *f, u32 n, u64 when)
{
	struct run *r = ctx;
	u32 seq, head;

	(void)when;
	must(n >= ETHER + HEADER && n <= ETHER + 1500, "a frame of no length");
	must(f[12] == 0x86 && f[13] == 0xdd && f[14] >> 4 == 6, "no IPv6");
	must(get16(f + 18) + HEADER == n - ETHER, "a payload of no length");
	must(f[38] != 0xff ? !(f[0] & 1) : f[0] == 0x33, "a wrong station");
	if (f[20] != TCP || n < ETHER + HEADER + 20)
		return;
	f += ETHER + HEADER;
	n -= ETHER + HEADER;
	head = (f[12] >> 4) * 4u;
	must(head >= 20 && head <= n, "a header of TCP");
	seq = (get16(f + 4) << 16 | get16(f + 6)) + (n - head) +
	      (f[13] & 1) + (f[13] >> 1 & 1);
	for (int i = 0; i < 4; i++)
		r->ack[i] = (u8)(seq >> (24 - 8 * i));
}

/* --- checksums ---------------------------------------------------------------------- */

static u32 add(const u8 *b, u32 n, u32 sum)
{
	for (u32 i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (u32)b[i] << 8;
	return sum;
}

/* The transport behind the extension headers; its place. 0: none. */
static u8 transport(const u8 *ip, u32 n, u32 *at)
{
	u8 next = ip[6];

	for (*at = HEADER; *at + 8 <= n;) {
		if (next == TCP || next == UDP || next == ICMP6)
			return next;
		if (next != 0 && next != 43 && next != 60 && next != 44)
			return 0;
		if (next == 44 && get16(ip + *at + 2) & 0xfff9)
			return 0;
		next = ip[*at];
		*at += (ip[*at + 1] + 1u) * 8;
	}
	return 0;
}

static void make_right(const struct run *r, u8 *f, u32 n, u8 flags)
{
	u32 at, where, sum, all;
	u8 *ip = f + ETHER, protocol;

	if (n < ETHER + HEADER + 8)
		return;
	n -= ETHER;
	all = HEADER + get16(ip + 4);
	n = all < n ? all : n;
	protocol = transport(ip, n, &at);
	where = at + (protocol == TCP ? 16 : protocol == UDP ? 6 : 2);
	if (!protocol || where + 2 > n)
		return;
	if (flags & 2 && protocol == TCP)
		memcpy(ip + at + 8, r->ack, 4);
	if (!(flags & 1))
		return;
	memset(ip + where, 0, 2);
	sum = add(ip + at, n - at, add(ip + 8, 32, protocol + n - at));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[where] = (u8)(~sum >> 8);
	ip[where + 1] = (u8)~sum;
}

/* --- sockets -------------------------------------------------------------------------- */

static void open_sockets(void *ctx)
{
	struct run *r = ctx;
	struct tdi_address a = { .family = 6, .port = 80 };

	must(!sk_socket(r->x, AF_INET6, SOCK_STREAM, 0, &r->listener) &&
	     !sk_bind(r->listener, &a) && !sk_listen(r->listener, 5) &&
	     !sk_nonblock(r->listener, true), "no listener");
	a.port = 7;
	must(!sk_socket(r->x, AF_INET6, SOCK_DGRAM, 0, &r->udp) &&
	     !sk_bind(r->udp, &a) && !sk_nonblock(r->udp, true), "no socket");
	r->open = true;
}

static void serve_one(struct sk **c, u8 *buf)
{
	s64 n = sk_recv(*c, buf, 2048, 0);

	if (n > 0)
		(void)sk_send(*c, buf, (size_t)n, 0);
	if (n > 0 || n == -EAGAIN)
		return;
	(void)sk_close(*c);
	*c = NULL;
}

/* Whoever is there is served; nothing waits. */
static void serve(void *ctx)
{
	struct run *r = ctx;
	struct tdi_address from;
	u8 *buf = malloc(2048);
	s64 n;

	must(buf, "no memory");
	for (u32 i = 0; i < CONNECTIONS; i++) {
		if (r->c[i])
			serve_one(&r->c[i], buf);
		else if (!sk_accept(r->listener, &r->c[i], &from))
			(void)sk_nonblock(r->c[i], true);
		else
			r->c[i] = NULL;
	}
	n = sk_recvfrom(r->udp, buf, 2048, 0, &from);
	if (n >= 0)
		(void)sk_sendto(r->udp, buf, (size_t)n, 0, &from);
	free(buf);
}

static void close_sockets(void *ctx)
{
	struct run *r = ctx;

	for (u32 i = 0; i < CONNECTIONS; i++)
		if (r->c[i])
			(void)sk_close(r->c[i]);
	(void)sk_close(r->listener);
	(void)sk_close(r->udp);
	r->open = false;
}

/* --- a run ------------------------------------------------------------------------------ */

static void begin(struct run *r)
{
	static const struct ndis_adapter_info eth0 = {
		.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 },
		.max_frame = 1500, .link_bps_100 = 1000000 };

	r->s = sched_new(&(struct sched_config){ .seed = 1,
						 .max_steps = 4000000 });
	r->x = r->s ? ex_new(&(struct ex_config){ .cpus = 1,
				.nonpaged_limit = 16 << 20 }, r->s) : NULL;
	must(r->x, "no machine");
	io_builtin(r->x, &io_driver_tcpip6);
	io_builtin(r->x, &io_driver_afd);
	r->w = nic_wire_new(r->x, &eth0, sent, r);
	must(r->w && !ex_failed(io_load(r->x, "tcpip6",
			"ip=2001:db8::1/64 gw=fe80::fe autoconf=1", &r->ip)) &&
	     !ex_failed(io_load(r->x, "afd", "", &r->afd)), "no driver");
	(void)sched_run_to(r->s, UINT64_C(3000000000)); /* no duplicates */
	must(ex_call(r->x, open_sockets, r) && r->open, "no sockets");
}

static void feed(struct run *r, const uint8_t *d, size_t n)
{
	u8 *frame, flags;
	size_t len;

	for (u32 k = 0; k < FRAMES &&
			(frame = fuzzed_frame(&d, &n, &flags, &len)); k++) {
		(void)sched_run_to(r->s, sched_now(r->s) + 1000 +
					 (flags >> 2) * UINT64_C(125000000));
		make_right(r, frame, (u32)len, flags);
		(void)nic_wire_inject(r->w, frame, (u32)len);
		free(frame);
		(void)sched_run_to(r->s, sched_now(r->s) + 1000);
		if (ex_stopped(r->x) > EX_IDLE)
			must(false, ex_stop_text(r->x));
		must(ex_call(r->x, serve, r), "the machine serves no more");
	}
}

/* A host's lists are no longer than ip6.h says, whoever fills them. */
static void caps(struct ex *x)
{
	struct ex_pool_state st;

	ex_pool_state(x, EX_NONPAGED, &st);
	must(st.peak < 8 << 20, "more pool than the caps allow");
	must(fuzzed_tag(x, "T6Nb") <= 256 * 160, "too many neighbours");
	must(fuzzed_tag(x, "T6Gr") <= 48 * 160, "too many groups");
	must(fuzzed_tag(x, "T6Ra") <= (512 + 64) << 10, "too many fragments");
}

static void end(struct run *r)
{
	caps(r->x);
	must(ex_call(r->x, close_sockets, r) && !r->open, "not closed");
	/* what takes its time: fragments, what TCP has sent */
	for (u32 k = 0; !k || (k < 36 && (fuzzed_tag(r->x, "T6Ra") ||
					  fuzzed_tag(r->x, "TCPb"))); k++)
		(void)sched_run_to(r->s, sched_now(r->s) + UINT64_C(5000000000));
	if (ex_stopped(r->x) > EX_IDLE)
		must(false, ex_stop_text(r->x));
	must(!ex_failed(io_unload(r->afd)) && !ex_failed(io_unload(r->ip)),
	     "not unloaded");
	fuzzed_nothing_left(r->x, "T6IpT6NbT6RaT6GrTUdpTCPaTCPcTCPt"
				  "AfdCAfdEAfdANDPtNDbfNDbk");
	ex_free(r->x);
	sched_free(r->s);
	nic_wire_free(r->w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { 0 };

	begin(&r);
	feed(&r, data, size);
	end(&r);
	return 0;
}
