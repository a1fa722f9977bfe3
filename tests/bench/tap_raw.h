// SPDX-License-Identifier: Apache-2.0
/*
 * The floor of the benches over TAP: one connection that a peer's socket opens,
 * answered by hand.  Frames are ready-made; of what comes in only the sequence
 * numbers and the window are looked at.  Nothing is sent again: on a TAP device
 * with a window below its queue nothing is lost.
 *
 * Payload is zeros, so the sum of a segment is that of its headers.
 */
#ifndef NTR_TAP_RAW_H
#define NTR_TAP_RAW_H

#include "../../stack/ex/ex.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAW_DEVICE "tap0"
#define RAW_ADDRESS "192.0.2.1/24"
#define RAW_HERE 0xc0000201u
#define RAW_KERNEL 0xc0000202u
#define RAW_MAC 2, 0, 0, 0x4e, 0x54, 1
#define RAW_MSS 1460u
#define RAW_SEGMENTS 44u             /* of a 64 KiB frame */
#define RAW_HEAD 54u                 /* Ethernet, IPv4, TCP */
#define RAW_SHIFT 7
#define RAW_WINDOW (1u << 20)
#define RAW_BATCH 64u

struct raw {
	int fd;
	bool spin;                   /* it does not sleep */
	bool offloads;
	u32 skip;                    /* of the virtio header */
	u32 snd_nxt, snd_una, wnd, rcv_nxt;
	u16 port;                    /* the peer's */
	u8 shift;
	bool fin;
	u8 in[66000], out[66000];
};

/* --- the device ---------------------------------------------------------------------- */

/* NULL, or why there can be none. */
static inline const char *raw_namespace(void)
{
	int f;

	if (geteuid())
		return "only root may make a namespace";
	if (access("/dev/net/tun", R_OK | W_OK))
		return "there is no /dev/net/tun";
	if (unshare(CLONE_NEWNET))
		return "no namespace";
	f = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
	if (f >= 0) {                /* it would only chatter */
		if (write(f, "1", 1) != 1)
			perror("disable_ipv6");
		close(f);
	}
	return NULL;
}

static inline void raw_ioctl(int s, unsigned long what, void *r)
{
	if (ioctl(s, what, r)) {
		perror(RAW_DEVICE);
		exit(2);
	}
}

static inline void raw_inet(struct sockaddr *a, u32 ip)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(ip) };

	memcpy(a, &in, sizeof(in));
}

/* The kernel's end: its address, and the other's in the ARP table. */
static inline void raw_up(void)
{
	static const u8 mac[6] = { RAW_MAC };
	struct ifreq r = { .ifr_name = RAW_DEVICE };
	struct arpreq a = { .arp_flags = ATF_PERM | ATF_COM,
			    .arp_dev = RAW_DEVICE };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	raw_inet(&r.ifr_addr, RAW_KERNEL);
	raw_ioctl(s, SIOCSIFADDR, &r);
	raw_inet(&r.ifr_netmask, 0xffffff00);
	raw_ioctl(s, SIOCSIFNETMASK, &r);
	raw_ioctl(s, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP;
	raw_ioctl(s, SIOCSIFFLAGS, &r);
	raw_inet(&a.arp_pa, RAW_HERE);
	a.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(a.arp_ha.sa_data, mac, 6);
	raw_ioctl(s, SIOCSARP, &a);
	close(s);
}

static inline bool raw_open(struct raw *r, bool offloads)
{
	struct ifreq i = { .ifr_name = RAW_DEVICE,
			   .ifr_flags = IFF_TAP | IFF_NO_PI };
	unsigned features = offloads ? TUN_F_CSUM | TUN_F_TSO4 : 0;

	memset(r, 0, sizeof(*r));
	r->offloads = offloads;
	if (offloads) {
		i.ifr_flags |= IFF_VNET_HDR;
		r->skip = 10;
	}
	r->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return r->fd >= 0 && !ioctl(r->fd, TUNSETIFF, &i) &&
	       !ioctl(r->fd, TUNSETOFFLOAD, features);
}

static inline void raw_close(struct raw *r)
{
	close(r->fd);
}

static inline void raw_wait(struct raw *r)
{
	struct pollfd p = { r->fd, POLLIN, 0 };

	(void)poll(&p, 1, r->spin ? 0 : 100);
}

/* --- segments ------------------------------------------------------------------------- */

static inline u16 raw_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 raw_get32(const u8 *p)
{
	return (u32)raw_get16(p) << 16 | raw_get16(p + 2);
}

static inline void raw_put16(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

static inline void raw_put32(u8 *p, u32 v)
{
	raw_put16(p, v >> 16);
	raw_put16(p + 2, v);
}

static inline u32 raw_sum(const u8 *p, u32 n, u32 sum)
{
	for (u32 i = 0; i + 1 < n; i += 2)
		sum += raw_get16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* n zeros with the header in r->out; options: bytes of them there. */
static inline void raw_write(struct raw *r, u8 flags, u32 n, u32 options)
{
	u8 *v = r->out, *ip = v + r->skip + 14, *tcp = ip + 20;
	u32 length = 20 + options + n, sum;

	raw_put16(ip + 2, 20 + length);
	raw_put16(ip + 10, 0);
	raw_put16(ip + 10, ~raw_sum(ip, 20, 0));
	raw_put32(tcp + 4, r->snd_nxt);
	raw_put32(tcp + 8, r->rcv_nxt);
	tcp[12] = (u8)((20 + options) / 4 << 4);
	tcp[13] = flags;
	raw_put16(tcp + 14, flags & 2 ? 0xffff : RAW_WINDOW >> RAW_SHIFT);
	raw_put16(tcp + 16, 0);
	sum = raw_sum(ip + 12, 8, 6 + length);
	if (r->offloads) {
		memset(v, 0, 10);
		v[0] = 1;            /* the sum is to be done, from .. at .. */
		v[1] = n > RAW_MSS;
		v[2] = (u8)(RAW_HEAD + options);
		memcpy(v + 4, (u16[]){ RAW_MSS, 34, 16 }, 6);
		raw_put16(tcp + 16, sum);
	} else {
		raw_put16(tcp + 16, ~raw_sum(tcp, 20 + options, sum));
	}
	if (write(r->fd, r->out, r->skip + 34 + length) < 0)
		perror("write");
	r->snd_nxt += n + !!(flags & 3);
}

/* One frame; its bytes of data if they are the next, -1: none there. */
static inline s32 raw_read(struct raw *r)
{
	const u8 *ip = r->in + r->skip + 14, *tcp = ip + 20;
	ssize_t n = read(r->fd, r->in, sizeof(r->in));
	u32 data;

	if (n < (ssize_t)(r->skip + RAW_HEAD))
		return n < 0 ? -1 : 0;
	/* Sockets of before go on sending their FINs. */
	if (raw_get16(ip - 2) != 0x0800 || ip[9] != 6 ||
	    (r->port && raw_get16(tcp) != r->port))
		return 0;
	data = raw_get16(ip + 2) - 20u - (tcp[12] >> 4) * 4u;
	/* Two processors send ACKs: an older one may come later. */
	if (tcp[13] & 16 && (s32)(raw_get32(tcp + 8) - r->snd_una) >= 0) {
		r->snd_una = raw_get32(tcp + 8);
		r->wnd = (u32)raw_get16(tcp + 14) << r->shift;
	}
	if (!(tcp[13] & 2) && raw_get32(tcp + 4) != r->rcv_nxt)
		return 0;
	r->rcv_nxt = raw_get32(tcp + 4) + data + (tcp[13] & 1);
	r->fin |= tcp[13] & 1;
	return (s32)data;
}

/* --- what is done ------------------------------------------------------------------------ */

static inline u8 raw_shift_of(const u8 *tcp)
{
	for (u32 i = 20; i < (tcp[12] >> 4) * 4u;) {
		if (tcp[i] == 3)
			return tcp[i + 2];
		i += tcp[i] < 2 ? 1 : tcp[i + 1] ? tcp[i + 1] : 60;
	}
	return 0;
}

static inline void raw_accept(struct raw *r, u16 port)
{
	static const u8 options[8] = { 2, 4, RAW_MSS >> 8, RAW_MSS & 255, 1, 3,
				       3, RAW_SHIFT };
	const u8 *e = r->in + r->skip, *tcp = e + 34;
	u8 *to = r->out + r->skip;

	do {
		raw_wait(r);
		while (raw_read(r) >= 0 && !(tcp[13] & 2))
			;
	} while (raw_get16(e + 12) != 0x0800 || e[23] != 6 ||
		 !(tcp[13] & 2) || raw_get16(tcp + 2) != port);
	memcpy(to, e + 6, 6);
	memcpy(to + 6, e, 6);
	memcpy(to + 12, (u8[]){ 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6 },
	       12);
	memcpy(to + 26, e + 30, 4);
	memcpy(to + 30, e + 26, 4);
	memcpy(to + 34, tcp + 2, 2);
	memcpy(to + 36, tcp, 2);
	r->port = raw_get16(tcp);
	r->shift = raw_shift_of(tcp);
	r->rcv_nxt = raw_get32(tcp + 4) + 1;
	r->snd_nxt = 1;
	memcpy(to + 54, options, sizeof(options));
	raw_write(r, 18, 0, sizeof(options));
	memset(to + 54, 0, sizeof(options));
	while (r->snd_una != r->snd_nxt) {
		raw_wait(r);
		(void)raw_read(r);
	}
}

static inline void raw_send(struct raw *r, u64 total)
{
	u32 most = RAW_MSS * (r->offloads ? RAW_SEGMENTS : 1);

	while (total) {
		u32 n = total < most ? (u32)total : most;

		for (u32 i = 0; i < RAW_BATCH && n && total &&
		     r->snd_nxt + n - r->snd_una <= r->wnd &&
		     r->snd_nxt + n - r->snd_una <= 2 * RAW_WINDOW; i++) {
			raw_write(r, 16, n, 0);
			total -= n;
			n = total < most ? (u32)total : most;
		}
		if (raw_read(r) < 0 && r->snd_nxt + n - r->snd_una > r->wnd)
			raw_wait(r);
		while (raw_read(r) >= 0)
			;
	}
}

static inline void raw_receive(struct raw *r)
{
	while (!r->fin) {
		u32 n = 0;

		while (n < RAW_BATCH && raw_read(r) >= 0)
			n++;
		if (n)
			raw_write(r, 16, 0, 0);
		else
			raw_wait(r);
	}
	raw_write(r, 17, 0, 0);
}

static inline void raw_echo(struct raw *r)
{
	s32 n;

	while (!r->fin) {
		raw_wait(r);
		while ((n = raw_read(r)) >= 0)
			if (n)
				raw_write(r, 24, (u32)n, 0);
	}
	raw_write(r, 17, 0, 0);
}

static inline void raw_drain(struct raw *r, const _Atomic bool *over)
{
	while (!*over) {
		raw_wait(r);
		(void)raw_read(r);
	}
}

#endif
