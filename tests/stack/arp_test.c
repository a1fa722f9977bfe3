// SPDX-License-Identifier: Apache-2.0
/* ARP: frames byte by byte from RFC 826, conflicts as in RFC 5227. */
#include "net.h"

#include "inet_stub.h"

#define REQUEST(mac, ip, target)                                           \
	"ffffffffffff " mac " 0806 0001 0800 06 04 0001 " mac " " ip       \
	" 000000000000 " target
#define REPLY(mac, ip)                                                     \
	"020000000001 " mac " 0806 0001 0800 06 04 0002 " mac " " ip       \
	" 020000000001 c0000201"
#define ANSWER_TO(mac, ip)                                                 \
	mac " 020000000001 0806 0001 0800 06 04 0002 020000000001 "        \
	"c0000201 " mac " " ip
/* An echo request whose answer shows whether its sender is known. */
#define PING_FROM(mac, ip)                                                 \
	"020000000001 " mac " 0800 4500001c 00010000 8001 0000 " ip        \
	" c0000201 0800 f7fd 0001 0001"

static void announces_itself(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	CHECK_OUT(&n, NET_ARP_GRATUITOUS);
	CHECK_SILENT(&n);
	net_close(&n);
}

static void answers(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_in(&n, REQUEST("020000000002", "c0000202", "c0000201"));
	CHECK_OUT(&n, ANSWER_TO("020000000002", "c0000202"));
	/* for somebody else */
	net_in(&n, REQUEST("020000000002", "c0000202", "c0000209"));
	/* a probe (RFC 5227 2.1.1) is answered */
	net_in(&n, REQUEST("020000000002", "00000000", "c0000201"));
	CHECK_OUT(&n, ANSWER_TO("020000000002", "00000000"));
	CHECK_SILENT(&n);
	net_close(&n);
}

static void asks_and_keeps_one(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_OUT(&n, NET_ARP_ASK);
	/* the second takes the first one's place and asks nothing new */
	net_in_ip(&n, NET_MACS "4500001c 00020000 8001 0000 c0000202 c0000201 "
			       "0800 f7fc 0001 0002");
	CHECK_SILENT(&n);
	net_in(&n, NET_ARP_ANSWER);
	CHECK_OUT(&n, NET_MACS_OUT "4500001c xxxx0000 8001 xxxx c0000201 "
				   "c0000202 0000 fffc 0001 0002");
	CHECK_SILENT(&n);
	net_close(&n);
}

static void gives_up(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	for (int i = 0; i < 10; i++)
		net_run(&n, 1000000000);
	CHECK_OUT(&n, NET_ARP_ASK);
	CHECK_OUT(&n, NET_ARP_ASK);
	CHECK_OUT(&n, NET_ARP_ASK);
	CHECK_SILENT(&n);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'A', 'r', 'p')), 0);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('N', 'D', 'P', 't')), 0);
	net_close(&n);
}

int main(void)
{
	RUN(announces_itself);
	RUN(answers);
	RUN(asks_and_keeps_one);
	RUN(gives_up);
	return test_done();
}
