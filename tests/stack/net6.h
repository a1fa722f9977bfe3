// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of IPv6 share: addresses and headers as text in hex, a machine with
 * tcpip6 on a wire, and a frame of each kind, which tests of memory that fails
 * and of damaged frames begin with.  To add a kind: a row of frames6.
 */
#ifndef TESTS_STACK_NET6_H
#define TESTS_STACK_NET6_H

#include "net.h"

/* The machine is fe80::ff:fe00:1 (02:00:00:00:00:01), the test …:2. */
#define LL1 "fe80000000000000000000fffe000001 "
#define LL2 "fe80000000000000000000fffe000002 "
#define LL3 "fe80000000000000000000fffe000003 "
#define G1 "20010db8000000000000000000000001 "
#define G2 "20010db8000000000000000000000002 "
#define ANY "00000000000000000000000000000000 "
#define ALL "ff020000000000000000000000000001 "
#define SN1 "ff0200000000000000000001ff000001 "
#define IN "020000000001 020000000002 86dd "
#define OUT "020000000002 020000000001 86dd "
#define IP6(len, next, hops, src, dst) \
	"60000000 " len " " next hops " " src dst

#define RA(life, options_len, options)                                     \
	"333300000001 020000000002 86dd 60000000 " options_len " 3aff "    \
	LL2 ALL "8600 0000 4000 " life " 00000000 00000000 " options
#define PREFIX(flags, valid, preferred)                                    \
	"0304 40" flags " " valid " " preferred " 00000000 "               \
	"20010db8000100000000000000000000 "
#define ECHO16 "8000 0000 0001 0001 6162636465666768"
#define FRAG(len, off, id, data)                                           \
	IN "60000000 " len " 2c40 " LL2 LL1 "3a00 " off " " id " " data

/* fail_at: which allocation of the machine fails; 0 none. */
static inline bool net6_open(struct net *n, const char *options, u64 fail_at)
{
	return net_start(n, "tcpip6", options, NULL,
			 &(struct ex_config){ .name = "m",
					      .alloc_fail_at = fail_at });
}

/* The checksum of the message at `at` is made, of protocol 58 (RFC 8200 8.1). */
static inline void net6_icmp_at(struct net *n, const char *text, u32 at)
{
	u8 b[NET_FRAME], pseudo[40] = { 0 };
	u32 len = net_hex(text, b, sizeof(b)), sum = 0;

	if (len < at + 4) {
		net_raw(n, b, len);
		return;
	}
	memcpy(pseudo, b + 22, 32);
	net_put16(pseudo + 34, (u16)(len - at));
	pseudo[39] = 58;
	for (u32 i = 0; i < 40; i += 2)
		sum += (u32)pseudo[i] << 8 | pseudo[i + 1];
	net_put16(b + at + 2, 0);
	net_put16(b + at + 2, net_sum(b + at, len - at, sum));
	net_raw(n, b, len);
}

static const char *const frames6[] = {
	IN IP6("0010", "3a", "40", LL2, LL1) ECHO16,
	IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 " LL1
		"0101 020000000002",
	IN IP6("0020", "3a", "ff", LL2, LL1) "8800 0000 60000000 " LL2
		"0201 020000000002",
	RA("0708", "0030", PREFIX("c0", "00002a30", "00000e10")),
	IN IP6("0030", "3a", "ff", LL2, LL1) "8900 0000 00000000 "
		LL3 G2 "0201 020000000003",
	IN IP6("0018", "3c", "40", LL2, LL1) "3a00 0502 0000 0100 " ECHO16,
	IN IP6("0018", "2b", "40", LL2, LL1) "3a00 0001 00000000 " ECHO16,
	FRAG("0018", "0001", "00000007", ECHO16),
	FRAG("0010", "0010", "00000007", "6162636465666768"),
	IN IP6("0038", "3a", "40", LL2, LL1) "0200 0000 00000514 "
		IP6("0578", "11", "80", LL1, LL2) "0401 0035 0008 0000",
	"333300000001 020000000002 86dd 60000000 0024 0001 "
		LL2 ALL "3a00 0502 0000 0100 8200 0000 03e8 0000 " ANY
		"02 7d 0000",
	IN IP6("0008", "11", "40", LL2, LL1) "0401 0035 0008 00a4",
	IN IP6("0014", "06", "40", LL2, LL1) "0401 0050 00000001 00000000 "
		"5002 2000 0000 0000",
};
#define NFRAMES6 (sizeof(frames6) / sizeof(*frames6))

#endif
