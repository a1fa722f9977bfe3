// SPDX-License-Identifier: Apache-2.0
/* IPv4: what is taken in and what is not, options, the way out. An echo request
 * that is answered was taken in. */
#include "net.h"

#include "trace/trace.h"

#define ECHO "0800 f7fd 0001 0001"
#define PING "4500001c 00010000 8001 0000 c0000202 c0000201 " ECHO
#define PONG                                                               \
	NET_MACS_OUT "4500001c xxxx0000 8001 xxxx c0000201 c0000202 "      \
		     "0000 fffd 0001 0001"

static const struct bad {
	const char *what, *frame;
} bad[] = {
	{ "version 5",
	  NET_MACS "5500001c 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "version 6",
	  NET_MACS "6500001c 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "header of 16 bytes",
	  NET_MACS "4400001c 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "header of no bytes",
	  NET_MACS "4000001c 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "header beyond the length",
	  NET_MACS "4800001c 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "length below the header",
	  NET_MACS "45000013 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "length zero",
	  NET_MACS "45000000 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "length beyond the frame",
	  NET_MACS "4500001d 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "length 65535",
	  NET_MACS "4500ffff 00010000 8001 0000 c0000202 c0000201 " ECHO },
	{ "from 127.0.0.1",
	  NET_MACS "4500001c 00010000 8001 0000 7f000001 c0000201 " ECHO },
	{ "from 0.0.0.0",
	  NET_MACS "4500001c 00010000 8001 0000 00000000 c0000201 " ECHO },
	{ "from 0.1.2.3",
	  NET_MACS "4500001c 00010000 8001 0000 00010203 c0000201 " ECHO },
	{ "from a group",
	  NET_MACS "4500001c 00010000 8001 0000 e0000001 c0000201 " ECHO },
	{ "from class E",
	  NET_MACS "4500001c 00010000 8001 0000 f0000001 c0000201 " ECHO },
	{ "from all",
	  NET_MACS "4500001c 00010000 8001 0000 ffffffff c0000201 " ECHO },
	{ "from all of the network",
	  NET_MACS "4500001c 00010000 8001 0000 c00002ff c0000201 " ECHO },
	{ "from ourselves (LAND)",
	  NET_MACS "4500001c 00010000 8001 0000 c0000201 c0000201 " ECHO },
	{ "to 127.0.0.1",
	  NET_MACS "4500001c 00010000 8001 0000 c0000202 7f000001 " ECHO },
	{ "to a neighbour",
	  NET_MACS "4500001c 00010000 8001 0000 c0000202 c0000209 " ECHO },
	{ "to another network",
	  NET_MACS "4500001c 00010000 8001 0000 c0000202 c6336401 " ECHO },
	{ "to a group not joined",
	  NET_MACS "4500001c 00010000 8001 0000 c0000202 e0000005 " ECHO },
	{ "to all stations, though ours",
	  "ffffffffffff 020000000002 0800 " PING },
};

static void refuses(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		u64 before = trace_count(n.m.x, TRACE_ip_drop);

		net_in_ip(&n, bad[i].frame);
		CHECK_EQ(trace_count(n.m.x, TRACE_ip_drop) - before, 1);
		if (n.nout != n.next)
			TEST_FAIL("%s was answered", bad[i].what);
	}
	net_in_ip(&n, NET_MACS PING);
	CHECK_OUT(&n, PONG);
	net_check_pool(&n);
	net_close(&n);
}

static void wants_its_checksum(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	/* b6dc is the right one, by hand */
	net_in(&n, NET_MACS "4500001c 00010000 8001 b6dd c0000202 c0000201 "
	       ECHO);
	CHECK_SILENT(&n);
	net_in(&n, NET_MACS "4500001c 00010000 8001 b6dc c0000202 c0000201 "
	       ECHO);
	CHECK_OUT(&n, PONG);
	net_close(&n);
}

static void every_length(void)
{
	struct net n;
	u8 b[64];
	u32 len = net_hex(NET_MACS PING, b, sizeof(b));

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_sum_ip(b);
	for (u32 i = 1; i < len; i++)
		net_raw(&n, b, i);
	CHECK_SILENT(&n);
	net_raw(&n, b, len);
	CHECK_OUT(&n, PONG);
	net_check_pool(&n);
	net_close(&n);
}

/* Ethernet's padding is no part of the datagram. */
static void padding_goes(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_in_ip(&n, NET_MACS PING "deadbeefdeadbeefdeadbeefdeadbeefdead");
	CHECK_OUT(&n, PONG);
	net_in_ip(&n, "020000000077 020000000002 0800 " PING);
	CHECK_SILENT(&n); /* another station's */
	net_close(&n);
}

/* --- options ------------------------------------------------------------------------- */

static const struct option {
	const char *what, *in, *out;
} option[] = {
	{ "forty NOPs",
	  "4f000044 00010000 8001 0000 c0000202 c0000201 "
	  "01010101010101010101010101010101010101010101010101010101010101010101"
	  "010101010101 " ECHO,
	  "4500001c xxxx0000 8001 xxxx c0000201 c0000202 0000 fffd 0001 0001" },
	{ "end, then rubbish",
	  "47000024 00010000 8001 0000 c0000202 c0000201 00ffff0083ffffff "
	  ECHO,
	  "4500001c xxxx0000 8001 xxxx c0000201 c0000202 0000 fffd 0001 0001" },
	{ "unknown",
	  "46000020 00010000 8001 0000 c0000202 c0000201 5e04aabb " ECHO,
	  "4500001c xxxx0000 8001 xxxx c0000201 c0000202 0000 fffd 0001 0001" },
	{ "record route, two places",
	  "48000028 00010000 8001 0000 c0000202 c0000201 "
	  "070b04 00000000 00000000 00 " ECHO,
	  "48000028 xxxx0000 8001 xxxx c0000201 c0000202 "
	  "070b08 c0000201 00000000 00 0000 fffd 0001 0001" },
	{ "record route, full",
	  "47000024 00010000 8001 0000 c0000202 c0000201 "
	  "070708 c6336401 00 " ECHO,
	  "47000024 xxxx0000 8001 xxxx c0000201 c0000202 "
	  "070708 c6336401 00 0000 fffd 0001 0001" },
	{ "timestamp with address",
	  "48000028 00010000 8001 0000 c0000202 c0000201 "
	  "440c0501 00000000 00000000 " ECHO,
	  "48000028 xxxx0000 8001 xxxx c0000201 c0000202 "
	  "440c0d01 c0000201 xxxxxxxx 0000 fffd 0001 0001" },
	{ "timestamp, full: one more without room",
	  "47000024 00010000 8001 0000 c0000202 c0000201 "
	  "44080900 00000001 " ECHO,
	  "47000024 xxxx0000 8001 xxxx c0000201 c0000202 "
	  "44080910 00000001 0000 fffd 0001 0001" },
	{ "length zero: it points at it",
	  "46000020 00010000 8001 0000 c0000202 c0000201 07000000 " ECHO,
	  "4500003c xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 15000000 "
	  "46000020 00010000 8001 xxxx c0000202 c0000201 07000000 " ECHO },
	{ "length beyond the header",
	  "46000020 00010000 8001 0000 c0000202 c0000201 07050400 " ECHO,
	  "4500003c xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 15000000 "
	  "46000020 00010000 8001 xxxx c0000202 c0000201 07050400 " ECHO },
	{ "type at the last byte",
	  "46000020 00010000 8001 0000 c0000202 c0000201 01010107 " ECHO,
	  "4500003c xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 17000000 "
	  "46000020 00010000 8001 xxxx c0000202 c0000201 01010107 " ECHO },
	{ "pointer before the first place",
	  "47000024 00010000 8001 0000 c0000202 c0000201 0707030000000000 "
	  ECHO,
	  "45000040 xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 16000000 "
	  "47000024 00010000 8001 xxxx c0000202 c0000201 0707030000000000 "
	  ECHO },
	{ "record route of no places, its pointer before them",
	  "46000020 00010000 8001 0000 c0000202 c0000201 07030000 " ECHO,
	  "4500003c xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 16000000 "
	  "46000020 00010000 8001 xxxx c0000202 c0000201 07030000 " ECHO },
	{ "record route of no places",
	  "46000020 00010000 8001 0000 c0000202 c0000201 07030400 " ECHO,
	  "46000020 xxxx0000 8001 xxxx c0000201 c0000202 07030400 "
	  "0000 fffd 0001 0001" },
	{ "timestamp of no places, its pointer zero",
	  "46000020 00010000 8001 0000 c0000202 c0000201 44040000 " ECHO,
	  "4500003c xxxx0000 8001 xxxx c0000201 c0000202 0c00 xxxx 16000000 "
	  "46000020 00010000 8001 xxxx c0000202 c0000201 44040000 " ECHO },
	{ "timestamp of no places",
	  "46000020 00010000 8001 0000 c0000202 c0000201 44040500 " ECHO,
	  "46000020 xxxx0000 8001 xxxx c0000201 c0000202 44040510 "
	  "0000 fffd 0001 0001" },
	{ "loose source route with a hop left: code 5",
	  "47000024 00010000 8001 0000 c0000202 c0000201 830704c633640100 "
	  ECHO,
	  "45000040 xxxx0000 8001 xxxx c0000201 c0000202 0305 xxxx 00000000 "
	  "47000024 00010000 8001 xxxx c0000202 c0000201 830704c633640100 "
	  ECHO },
	{ "strict source route that ends here",
	  "47000024 00010000 8001 0000 c0000202 c0000201 890708c633640100 "
	  ECHO, NULL },
};

static void options(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < sizeof(option) / sizeof(*option); i++) {
		char in[400], out[400];
		const struct net_frame *f;

		snprintf(in, sizeof(in), NET_MACS "%s", option[i].in);
		snprintf(out, sizeof(out), NET_MACS_OUT "%s",
			 option[i].out ? option[i].out : "");
		net_in_ip(&n, in);
		f = net_next(&n);
		CHECK(!f == !option[i].out);
		if (option[i].out && (!net_is(f, out) || !net_sums_ok(f))) {
			net_show(f);
			TEST_FAIL("%s", option[i].what);
		}
		CHECK_SILENT(&n);
	}
	net_check_pool(&n);
	net_close(&n);
}

/* Every byte of an option header, and every pair of the first two. */
static void option_bombs(void)
{
	struct net n;
	u8 b[80];
	u32 len = net_hex(NET_MACS "48000028 00010000 8001 0000 c0000202 "
				   "c0000201 000000000000000000000000 " ECHO,
			  b, sizeof(b));

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 v = 0; v < 0x10000; v += 7) {
		b[34] = (u8)(v >> 8);
		b[35] = (u8)v;
		b[36] = (u8)(v * 31);
		net_sum_ip(b);
		net_raw(&n, b, len);
	}
	/* Those that are filled in: every pointer for every length. */
	for (u32 v = 0; v < 2 * 12 * 256; v++) {
		b[34] = v & 1 ? 68 : 7;
		b[35] = (u8)(v / 2 % 12 + 1);
		b[36] = (u8)(v / 24);
		net_sum_ip(b);
		net_raw(&n, b, len);
	}
	net_run(&n, 2000000000);
	net_skip(&n);
	net_in_ip(&n, NET_MACS PING);
	CHECK_OUT(&n, PONG);
	net_check_pool(&n);
	net_close(&n);
}

/* --- the way out ------------------------------------------------------------------------- */

#define PING_FAR                                                           \
	NET_MACS "4500001c 00010000 8001 0000 c6336401 c0000201 " ECHO

static void through_the_gateway(void)
{
	struct net n;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	net_in_ip(&n, PING_FAR); /* no way to answer */
	CHECK_SILENT(&n);
	net_close(&n);
	CHECK(net_ready(&n, "ip=192.0.2.1/24 gw=192.0.2.2 dev=eth0"));
	net_in_ip(&n, PING_FAR);
	CHECK_OUT(&n, NET_MACS_OUT "4500001c xxxx0000 8001 xxxx c0000201 "
				   "c6336401 0000 fffd 0001 0001");
	net_check_pool(&n);
	net_close(&n);
}

static const char *const wrong_options[] = {
	"ip", "ip=", "ip=192.0.2.1", "ip=192.0.2.1/33", "ip=192.0.2.1/0",
	"ip=192.0.2.256/24", "ip=192.0.2/24", "ip=192.0.2.1/24x",
	"ip=192.0.02.1/24", "ip=224.0.0.1/24", "ip=127.0.0.1/8",
	"ip=192.0.2.0/24", "ip=192.0.2.255/24", "ip=-1.0.0.1/8",
	"gw=192.0.2.254", "ip=192.0.2.1/24 gw=198.51.100.1",
	"ip=192.0.2.1/24 gw=192.0.2.2 gw=192.0.2.3", "colour=red",
	"personality=dos", "mtu=67", "mtu=65536", "mtu=99999999999",
	"dev=abcdefghijklmnopq", "dev=eth0 dev=eth0", "syn_cookies=2",
	"max_tcbs=many", "=", "ip=192.0.2.1/24  gw", "IP=192.0.2.1/24",
};

static void options_text(void)
{
	struct net n;

	for (u32 i = 0; i < sizeof(wrong_options) / sizeof(char *); i++) {
		if (net_open(&n, wrong_options[i], NULL))
			TEST_FAIL("taken: %s", wrong_options[i]);
		CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED,
				   EX_TAG('T', 'c', 'I', 'p')), 0);
		net_close(&n);
	}
	CHECK(net_open(&n, " ip=10.1.2.3/31  mtu=1400 dev=eth0 ", NULL));
	net_close(&n);
}

/* All that the driver had is given back. */
static void unloads(void)
{
	struct net n;
	static const char tags[][5] = { "TcIp", "TArp", "TRte", "TRas", "TIgm",
					"TUdp" };

	CHECK(net_ready(&n, "ip=192.0.2.1/24 gw=192.0.2.254"));
	net_in_ip(&n, PING_FAR); /* waits for the gateway's address */
	CHECK_EQ(io_unload(n.driver), EX_SUCCESS);
	n.driver = NULL;
	for (size_t i = 0; i < 6; i++)
		CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED,
				   EX_TAG(tags[i][0], tags[i][1], tags[i][2],
					  tags[i][3])), 0);
	net_check_pool(&n);
	net_close(&n);
}

static void remove_adapter(void *ctx)
{
	ndis_remove(nic_wire_adapter(ctx));
}

/* Unplugged with a datagram that waits, and plugged in again. */
static void hot_plug(void)
{
	static const struct ndis_adapter_info eth0 = {
		.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 },
		.max_frame = 1500, .link_bps_100 = 1000000 };
	struct net n;

	CHECK(net_open(&n, "ip=192.0.2.1/24 dev=eth0", NULL));
	net_in_ip(&n, NET_MACS PING); /* its answer waits for ARP */
	CHECK(ex_call(n.m.x, remove_adapter, n.w));
	net_check_pool(&n);
	nic_wire_free(n.w);
	n.w = nic_wire_new(n.m.x, &eth0, net_take, &n);
	CHECK(n.w != NULL);
	net_run(&n, 1000000);
	net_skip(&n);
	net_in_ip(&n, NET_MACS PING);
	CHECK_OUT(&n, NET_ARP_ASK);
	net_in(&n, NET_ARP_ANSWER);
	CHECK_OUT(&n, PONG);
	net_close(&n);
}

/* NT 4 counts its identifications in the order of its processor. */
static void identification(void)
{
	static const char *const as[] = { "nt4", "nt5" };
	struct net n;

	for (u32 i = 0; i < 2; i++) {
		char text[64];
		u32 id[2];

		snprintf(text, sizeof(text), "personality=%s ip=192.0.2.1/24",
			 as[i]);
		CHECK(net_ready(&n, text));
		for (u32 k = 0; k < 2; k++) {
			const struct net_frame *f;

			net_in_ip(&n, NET_MACS PING);
			f = net_next(&n);
			CHECK(f != NULL);
			id[k] = !f ? 0 : i ? (u32)f->b[18] << 8 | f->b[19] :
					     (u32)f->b[19] << 8 | f->b[18];
		}
		CHECK_EQ(id[1] - id[0], 1);
		net_close(&n);
	}
}

int main(void)
{
	RUN(hot_plug);
	RUN(identification);
	RUN(refuses);
	RUN(wants_its_checksum);
	RUN(every_length);
	RUN(padding_goes);
	RUN(options);
	RUN(option_bombs);
	RUN(through_the_gateway);
	RUN(options_text);
	RUN(unloads);
	return test_done();
}
