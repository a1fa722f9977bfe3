// SPDX-License-Identifier: Apache-2.0
/* ICMP and IGMP: what is answered, what is not, what is believed. */
#include "net.h"


#define IP(len, proto) "4500" len " 00010000 80" proto " 0000 c0000202 c0000201 "

static void echo_as_nt(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	/* Code 9, type of service 4, don't fragment: nmap's first probe. */
	net_in_icmp(&n, NET_MACS "4504001f 00014000 3001 0000 c0000202 "
				 "c0000201 0809 0000 1234 0127 616263");
	CHECK_OUT(&n, NET_MACS_OUT "4500001f xxxx4000 8001 xxxx c0000201 "
				   "c0000202 0000 xxxx 1234 0127 616263");
	n.next--;
	CHECK(net_sums_ok(net_next(&n)));
	net_close(&n);
}

static const char *const silent[] = {
	/* sum wrong */
	NET_MACS IP("001c", "01") "0800 f7fe 0001 0001",
	/* too short */
	NET_MACS IP("001b", "01") "0800 f7ff 0000 00",
	NET_MACS IP("0014", "01"),
	/* timestamp, information and mask requests; an unknown one */
	NET_MACS IP("0028", "01") "0d00 f2fd 0001 0001 00000000 00000000 "
				  "00000000",
	NET_MACS IP("001c", "01") "0f00 f0fd 0001 0001",
	NET_MACS IP("0020", "01") "1100 eefd 0001 0001 00000000",
	NET_MACS IP("001c", "01") "2a00 d5fd 0001 0001",
	/* an echo reply */
	NET_MACS IP("001c", "01") "0000 fffd 0001 0001",
	/* errors that quote nothing, too little, and nothing of ours */
	NET_MACS IP("001c", "01") "0303 fcfc 00000000",
	NET_MACS IP("0030", "01") "0303 0000 00000000 "
		"4500001c 00010000 8011 0000 c0000201 c0000202",
	NET_MACS IP("0038", "01") "0303 0000 00000000 "
		"4500001c 00010000 8011 0000 c0000209 c0000202 "
		"0401 0035 0008 0000",
	NET_MACS IP("0038", "01") "0303 0000 00000000 "
		"4f00001c 00010000 8011 0000 c0000201 c0000202 "
		"0401 0035 0008 0000",
	/* to all, to all hosts: no smurf */
	"ffffffffffff 020000000002 0800 "
		"4500001c 00010000 8001 0000 c0000202 c00002ff "
		"0800 f7fd 0001 0001",
	"01005e000001 020000000002 0800 "
		"4500001c 00010000 8001 0000 c0000202 e0000001 "
		"0800 f7fd 0001 0001",
};

static void does_not_answer(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < sizeof(silent) / sizeof(char *); i++) {
		net_in_ip(&n, silent[i]);
		if (n.next != n.nout)
			TEST_FAIL("answered: %s", silent[i]);
		net_skip(&n);
	}
	net_check_pool(&n);
	CHECK_SILENT(&n);
	net_close(&n);
}

static void unreachables(void)
{
	struct net n;

	CHECK(net_ready(&n, "personality=nt4 ip=192.0.2.1/24"));
	/* UDP to a port that nobody has; eight bytes are quoted (RFC 792) */
	net_in_ip(&n, NET_MACS IP("0020", "11") "d431 0007 000c 0000 61626364");
	CHECK_OUT(&n, NET_MACS_OUT "45000038 xxxx0000 8001 xxxx c0000201 "
		  "c0000202 0303 xxxx 00000000 45000020 00010000 8011 xxxx "
		  "c0000202 c0000201 d431 0007 000c 0000");
	n.next--;
	CHECK(net_sums_ok(net_next(&n)));
	/* a protocol that nobody has */
	net_in_ip(&n, NET_MACS IP("0018", "63") "01020304");
	CHECK_OUT(&n, NET_MACS_OUT "45000034 xxxx0000 8001 xxxx c0000201 "
		  "c0000202 0302 xxxx 00000000 45000018 00010000 8063 xxxx "
		  "c0000202 c0000201 01020304");
	/* not about what went to all */
	net_in_ip(&n, "ffffffffffff 020000000002 0800 4500001c 00010000 8011 "
		      "0000 c0000202 c00002ff d431 0007 0008 0000");
	CHECK_SILENT(&n);
	net_close(&n);
}

/* At most 200 a second, a burst of 200. */
static void errors_are_limited(void)
{
	struct net n;
	u32 sent;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_run(&n, 2000000000);
	for (int i = 0; i < 1000; i++)
		net_in_ip(&n, NET_MACS IP("001c", "11")
			  "d431 0007 0008 0000");
	sent = n.nout - n.next;
	CHECK(sent >= 200 && sent <= 202);
	net_skip(&n);
	/* echo has no such limit */
	net_in_ip(&n, NET_MACS IP("001c", "01") "0800 f7fd 0001 0001");
	CHECK_EQ(n.nout - n.next, 1);
	net_run(&n, 1000000000);
	net_skip(&n);
	net_in_ip(&n, NET_MACS IP("001c", "11") "d431 0007 0008 0000");
	CHECK_EQ(n.nout - n.next, 1);
	net_close(&n);
}

/* --- redirects ------------------------------------------------------------------------- */

/* From who, for 198.51.100.7, to gateway. */
#define REDIRECT_FOR(who, gateway)                                         \
	NET_MACS "45000038 00010000 8001 0000 " who " c0000201 "           \
	"0501 0000 " gateway " 4500001c 00010000 8001 0000 c0000201 "      \
	"c6336407 0000 fffd 0001 0001"
#define PING_FAR                                                           \
	NET_MACS "4500001c 00010000 8001 0000 c6336407 c0000201 "          \
	"0800 f7fd 0001 0001"
#define PONG_FAR(mac)                                                      \
	mac " 020000000001 0800 4500001c xxxx0000 8001 xxxx c0000201 "     \
	"c6336407 0000 fffd 0001 0001"

static void hello_from_3(struct net *n)
{
	net_in(n, "020000000001 020000000003 0806 0001 0800 06 04 0001 "
		  "020000000003 c0000203 000000000000 c0000201");
	net_skip(n);
}

static void redirects(void)
{
	static const char *const refused[] = {
		REDIRECT_FOR("c0000203", "c0000203"), /* not the gateway's */
		REDIRECT_FOR("c0000202", "c6336401"), /* not on the link */
		REDIRECT_FOR("c0000202", "c0000201"), /* ourselves */
		REDIRECT_FOR("c0000202", "c00002ff"), /* all */
		REDIRECT_FOR("c0000202", "e0000001"), /* a group */
	};
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24 gw=192.0.2.2"));
	hello_from_3(&n);
	for (u32 i = 0; i < 5; i++) {
		net_in_icmp(&n, refused[i]);
		net_in_ip(&n, PING_FAR);
		CHECK_OUT(&n, PONG_FAR("020000000002"));
	}
	net_in_icmp(&n, REDIRECT_FOR("c0000202", "c0000203"));
	net_in_ip(&n, PING_FAR);
	CHECK_OUT(&n, PONG_FAR("020000000003"));
	/* now the other one is the gateway: the old one has no say */
	net_in_icmp(&n, REDIRECT_FOR("c0000202", "c0000204"));
	net_in_ip(&n, PING_FAR);
	CHECK_OUT(&n, PONG_FAR("020000000003"));
	/* after ten minutes it is forgotten */
	net_run(&n, UINT64_C(602000000000));
	net_skip(&n);
	hello_from_3(&n);
	net_in(&n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		   "020000000002 c0000202 000000000000 c0000201");
	net_skip(&n);
	net_in_ip(&n, PING_FAR);
	CHECK_OUT(&n, PONG_FAR("020000000002"));
	net_close(&n);
}

/* A flood of them, each for another destination: the cap holds. */
static void redirects_are_capped(void)
{
	struct net n;
	u8 b[128];
	u32 len = net_hex(REDIRECT_FOR("c0000202", "c0000203"), b, sizeof(b));
	u64 bytes;

	CHECK(net_ready(&n, "ip=192.0.2.1/24 gw=192.0.2.2"));
	net_sum_ip(b);
	for (u32 i = 0; i < 1000; i++) {
		net_put16(b + 14 + 20 + 8 + 16, (u16)(0x0b00 + i));
		net_put16(b + 36, 0);
		net_put16(b + 36, net_sum(b + 34, len - 34, 0));
		net_raw(&n, b, len);
	}
	bytes = tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'R', 't', 'e'));
	CHECK(bytes > 64 * 40 && bytes < 70 * 100);
	net_close(&n);
}

/* --- path MTU --------------------------------------------------------------------------- */

/* 1400 bytes of echo, don't fragment off. */
static void ping_large(struct net *n)
{
	static u8 b[1500] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };

	b[16] = 1400 >> 8;
	b[17] = 1400 & 255;
	b[22] = 128;
	b[23] = 1;
	net_hex("c0000202 c0000201 0800 f7ff", b + 26, 12);
	net_sum_ip(b);
	net_raw(n, b, 1414);
}

static void path_mtu(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	ping_large(&n);
	CHECK_EQ(n.nout - n.next, 1);
	net_skip(&n);
	/* too big, 1000 fit (RFC 1191); about an ICMP datagram of ours */
	net_in_icmp(&n, NET_MACS IP("0038", "01") "0304 0000 000003e8 "
		    "45000578 00010000 8001 0000 c0000201 c0000202 "
		    "0000 fffd 0001 0001");
	ping_large(&n);
	CHECK_EQ(n.nout - n.next, 2);
	CHECK_EQ(n.out[n.next].n, 14 + 20 + 976);
	CHECK_EQ(n.out[n.next + 1].n, 14 + 20 + 404);
	CHECK(net_sums_ok(&n.out[n.next]));
	net_skip(&n);
	/* nobody gets it below 576 */
	net_in_icmp(&n, NET_MACS IP("0038", "01") "0304 0000 00000044 "
		    "450003e8 00010000 8001 0000 c0000201 c0000202 "
		    "0000 fffd 0001 0001");
	ping_large(&n);
	CHECK_EQ(n.nout - n.next, 3);
	CHECK_EQ(n.out[n.next].n, 14 + 20 + 552);
	net_skip(&n);
	net_run(&n, UINT64_C(602000000000));
	net_skip(&n);
	net_in(&n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		   "020000000002 c0000202 000000000000 c0000201");
	net_skip(&n);
	ping_large(&n);
	CHECK_EQ(n.nout - n.next, 1);
	net_check_pool(&n);
	net_close(&n);
}

/* --- IGMP: queries; nobody has joined anything ------------------------------------------ */

static void queries(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_in_icmp(&n, "01005e000001 020000000002 0800 46000020 00010000 0102 "
			"0000 c0000202 e0000001 94040000 1164 0000 00000000");
	net_run(&n, UINT64_C(20000000000));
	CHECK_SILENT(&n); /* all hosts is never reported */
	net_check_pool(&n);
	net_close(&n);
}

int main(void)
{
	RUN(queries);
	RUN(echo_as_nt);
	RUN(does_not_answer);
	RUN(unreachables);
	RUN(errors_are_limited);
	RUN(redirects);
	RUN(redirects_are_capped);
	RUN(path_mtu);
	return test_done();
}
