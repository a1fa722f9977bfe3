// SPDX-License-Identifier: Apache-2.0
/* ARP: frames byte by byte from RFC 826, conflicts as in RFC 5227. */
#include "net.h"


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

static void link_down(void *ctx)
{
	ndis_link(ndis_adapter_at(ctx, 0), false);
}

static void link_up(void *ctx)
{
	ndis_link(ndis_adapter_at(ctx, 0), true);
}

/* Another cable: its stations are told again, and nothing goes out before. */
static void announces_on_another_link(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	CHECK(ex_call(n.m.x, link_down, n.m.x));
	CHECK_SILENT(&n);
	net_in(&n, REQUEST("020000000002", "c0000202", "c0000201"));
	CHECK_SILENT(&n);
	CHECK(ex_call(n.m.x, link_up, n.m.x));
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

/* --- hostile ones ------------------------------------------------------------------------ */

static const char *const nonsense[] = {
	/* hardware, protocol, lengths, operation */
	"ffffffffffff 020000000002 0806 0006 0800 06 04 0001 020000000002 "
	"c0000202 000000000000 c0000201",
	"ffffffffffff 020000000002 0806 0001 86dd 06 04 0001 020000000002 "
	"c0000202 000000000000 c0000201",
	"ffffffffffff 020000000002 0806 0001 0800 08 04 0001 020000000002 "
	"c0000202 000000000000 c0000201",
	"ffffffffffff 020000000002 0806 0001 0800 06 10 0001 020000000002 "
	"c0000202 000000000000 c0000201",
	"ffffffffffff 020000000002 0806 0001 0800 06 04 0003 020000000002 "
	"c0000202 000000000000 c0000201",
	"ffffffffffff 020000000002 0806 0001 0800 06 04 0000 020000000002 "
	"c0000202 000000000000 c0000201",
	/* a byte short */
	"ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 "
	"c0000202 000000000000 c00002",
	/* stations of all, of none, ours */
	REQUEST("ffffffffffff", "c0000202", "c0000201"),
	REQUEST("000000000000", "c0000202", "c0000201"),
	REQUEST("01005e000001", "c0000202", "c0000201"),
	REQUEST("020000000001", "c0000202", "c0000201"),
	/* another station's frame */
	"ffffffffffff 020000000003 0806 0001 0800 06 04 0001 020000000002 "
	"c0000202 000000000000 c0000201",
	/* addresses of all, of a group, of another network, of loopback */
	REQUEST("020000000002", "ffffffff", "c0000201"),
	REQUEST("020000000002", "c00002ff", "c0000201"),
	REQUEST("020000000002", "e0000001", "c0000201"),
	REQUEST("020000000002", "c6336401", "c0000201"),
	REQUEST("020000000002", "7f000001", "c0000201"),
};

static void nonsense_is_not_answered(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	for (u32 i = 0; i < sizeof(nonsense) / sizeof(char *); i++) {
		net_in(&n, nonsense[i]);
		if (n.nout != n.next)
			TEST_FAIL("answered: %s", nonsense[i]);
		net_skip(&n);
	}
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'A', 'r', 'p')), 0);
	net_close(&n);
}

/* An answer that nobody asked for makes no entry; one that is there changes. */
static void unasked_answers(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_in(&n, REPLY("020000000002", "c0000202"));
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'A', 'r', 'p')), 0);
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_OUT(&n, NET_ARP_ASK);
	net_in(&n, NET_ARP_ANSWER);
	net_skip(&n);
	net_in(&n, REPLY("020000000022", "c0000202"));
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_OUT(&n, "020000000022 020000000001 0800 4500001c xxxx0000 8001 "
		      "xxxx c0000201 c0000202 0000 fffd 0001 0001");
	net_close(&n);
}

/* A thousand neighbours: the table has 256 places, and no more memory. */
static void flood(void)
{
	struct net n;
	u8 b[64];
	u64 full;
	u32 len = net_hex(REQUEST("020000000002", "c0000202", "c0000201"), b,
			  sizeof(b));

	CHECK(net_open(&n, "ip=192.0.2.1/16", NULL));
	for (u32 i = 0; i < 256; i++) {
		b[30] = 9;
		b[31] = (u8)i;
		net_raw(&n, b, len);
	}
	full = tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'A', 'r', 'p'));
	CHECK(full > 0);
	for (u32 i = 0; i < 1000; i++) {
		b[30] = (u8)(10 + i / 256);
		b[31] = (u8)i;
		net_raw(&n, b, len);
	}
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', 'A', 'r', 'p')),
		 full);
	net_close(&n);
}

/* --- conflicts ---------------------------------------------------------------------------- */

/* Just after the announcement: the other one has it. */
static void claim_is_refused(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_in(&n, REPLY("020000000066", "c0000201"));
	CHECK_OUT(&n, NET_ARP_GRATUITOUS); /* once more */
	net_in(&n, REPLY("020000000066", "c0000201"));
	net_in(&n, REQUEST("020000000002", "c0000202", "c0000201"));
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_SILENT(&n);
	net_close(&n);
}

/* Later: it is defended, once in ten seconds (RFC 5227 2.4 c). */
static void defends(void)
{
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24", NULL));
	net_skip(&n);
	net_run(&n, 2000000000);
	for (int i = 0; i < 5; i++)
		net_in(&n, REQUEST("020000000066", "c0000201", "c0000201"));
	CHECK_OUT(&n, NET_ARP_GRATUITOUS);
	CHECK_SILENT(&n);
	net_run(&n, UINT64_C(10000000000));
	net_in(&n, REQUEST("020000000066", "c0000201", "c0000201"));
	CHECK_OUT(&n, NET_ARP_GRATUITOUS);
	net_in(&n, REQUEST("020000000002", "c0000202", "c0000201"));
	CHECK_OUT(&n, ANSWER_TO("020000000002", "c0000202"));
	CHECK_SILENT(&n);
	net_close(&n);
}

/* Two minutes without use. */
static void ages(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_run(&n, UINT64_C(119000000000));
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_OUT(&n, NET_MACS_OUT "4500001c xxxx0000 8001 xxxx c0000201 "
				   "c0000202 0000 fffd 0001 0001");
	net_run(&n, UINT64_C(121000000000));
	net_in_ip(&n, PING_FROM("020000000002", "c0000202"));
	CHECK_OUT(&n, NET_ARP_ASK);
	net_close(&n);
}

int main(void)
{
	RUN(nonsense_is_not_answered);
	RUN(unasked_answers);
	RUN(flood);
	RUN(claim_is_refused);
	RUN(defends);
	RUN(ages);
	RUN(announces_itself);
	RUN(announces_on_another_link);
	RUN(answers);
	RUN(asks_and_keeps_one);
	RUN(gives_up);
	return test_done();
}
