// SPDX-License-Identifier: Apache-2.0
/* UDP and raw sockets through their TDI devices. */
#include "net.h"

#include "tdi/tdi.h"

struct got {
	u32 n, count;
	struct tdi_address from, to;
	u8 data[2048];
};

struct client {
	struct io_file *f;
	struct got got;
	u32 errors;
	enum ex_status why;
	enum ex_status st;
	struct ex *x;
	struct tdi_open open;
	struct tdi_request r;
	const char *device;
	u8 data[4096];
	enum tdi_minor minor;
};

static enum ex_status datagram(void *context, const struct tdi_address *from,
			       const struct tdi_address *to, u32 indicated,
			       u32 available, u32 *taken, const u8 *data,
			       struct irp **irp)
{
	struct client *c = context;

	(void)irp;
	CHECK_EQ(indicated, available);
	c->got.count++;
	c->got.n = indicated;
	c->got.from = *from;
	c->got.to = *to;
	memcpy(c->got.data, data, indicated < 2048 ? indicated : 2048);
	*taken = indicated;
	return EX_SUCCESS;
}

static void error(void *context, void *connection,
		  const struct tdi_address *remote, enum ex_status why)
{
	struct client *c = context;

	(void)connection;
	(void)remote;
	c->errors++;
	c->why = why;
}

static void open_it(void *ctx)
{
	struct client *c = ctx;

	c->st = io_open(c->x, c->device, &c->open, sizeof(c->open), &c->f);
	if (ex_failed(c->st))
		return;
	CHECK_EQ(tdi_set_event(c->f, TDI_EVENT_RECEIVE_DATAGRAM,
			       (void *)datagram, c), EX_SUCCESS);
	CHECK_EQ(tdi_set_event(c->f, TDI_EVENT_ERROR, (void *)error, c),
		 EX_SUCCESS);
}

static void close_it(void *ctx)
{
	struct client *c = ctx;

	io_close(c->f);
	c->f = NULL;
}

static void request(void *ctx)
{
	struct client *c = ctx;

	c->st = tdi_call(c->f, c->minor, &c->r);
}

static struct tdi_address at(u32 ip, u16 port)
{
	return (struct tdi_address){ .family = 4, .port = port,
				     .ip = { (u8)(ip >> 24), (u8)(ip >> 16),
					     (u8)(ip >> 8), (u8)ip } };
}

static void client_open(struct net *n, struct client *c, u32 ip, u16 port)
{
	*c = (struct client){ .x = n->m.x, .device = "\\Device\\Udp",
			      .open = { .kind = TDI_ADDRESS_FILE,
					.address = at(ip, port),
					.protocol = 17, .reuse = true } };
	CHECK(ex_call(n->m.x, open_it, c));
	CHECK_EQ(c->st, EX_SUCCESS);
}

static void client_close(struct net *n, struct client *c)
{
	CHECK(ex_call(n->m.x, close_it, c));
}

static enum ex_status client_do(struct net *n, struct client *c,
				enum tdi_minor minor)
{
	c->minor = minor;
	CHECK(ex_call(n->m.x, request, c));
	net_run(n, 1000);
	return c->st;
}

static enum ex_status client_send(struct net *n, struct client *c, u32 ip,
				  u16 port, const char *text)
{
	c->r = (struct tdi_request){ .remote = at(ip, port), .data = c->data,
				     .length = strlen(text) };
	memcpy(c->data, text, strlen(text));
	return client_do(n, c, TDI_SEND_DATAGRAM);
}

static enum ex_status client_set(struct net *n, struct client *c, int info,
				 u32 v)
{
	struct tdi_address group = at(v, 0);

	c->r = (struct tdi_request){ .info = info, .value = &v,
				     .value_length = sizeof(v) };
	if (info == TDI_MULTICAST_JOIN || info == TDI_MULTICAST_LEAVE) {
		c->r.value = &group;
		c->r.value_length = sizeof(group);
	}
	return client_do(n, c, TDI_SET_INFORMATION);
}

/* --- out ------------------------------------------------------------------------------- */

/* Sums by hand: c000+0201+c000+0202+0011+000c+d431+0035+000c+6162+6364. */
static void sends(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 54321);
	CHECK_EQ(client_send(&n, &c, 0xc0000202, 53, "abcd"), EX_SUCCESS);
	CHECK_OUT(&n, NET_MACS_OUT "45000020 xxxx0000 8011 xxxx c0000201 "
				   "c0000202 d431 0035 000c e2a4 61626364");
	n.next--;
	CHECK(net_sums_ok(net_next(&n)));
	CHECK_EQ(client_send(&n, &c, 0xc6336401, 53, "x"),
		 EX_NETWORK_UNREACHABLE);
	CHECK_EQ(client_send(&n, &c, 0xc0000202, 0, "x"),
		 EX_INVALID_PARAMETER);
	/* to all: only who asked for it */
	CHECK_EQ(client_send(&n, &c, 0xc00002ff, 9, "x"), EX_ACCESS_DENIED);
	CHECK_EQ(client_set(&n, &c, TDI_BROADCAST, 1), EX_SUCCESS);
	CHECK_EQ(client_send(&n, &c, 0xc00002ff, 9, "x"), EX_SUCCESS);
	CHECK_OUT(&n, "ffffffffffff 020000000001 0800 4500001d xxxx0000 8011 "
		      "xxxx c0000201 c00002ff d431 0009 0009 xxxx 78");
	CHECK_SILENT(&n);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

static void sends_large_ones_in_pieces(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 54321);
	c.r = (struct tdi_request){ .remote = at(0xc0000202, 7),
				    .data = c.data, .length = 4000 };
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_SUCCESS);
	CHECK_EQ(n.nout - n.next, 3);
	CHECK_EQ(n.out[n.next].n, 1514);
	CHECK_EQ(n.out[n.next + 2].n, 14 + 20 + 4008 - 2960);
	CHECK_EQ(n.out[n.next].b[18] == n.out[n.next + 2].b[18] &&
		 n.out[n.next].b[19] == n.out[n.next + 2].b[19], 1);
	c.r.length = 65508;
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_BUFFER_OVERFLOW);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

/* --- in ---------------------------------------------------------------------------------- */

#define UDP_IN(dst, rest)                                                  \
	NET_MACS "4500001f 00010000 8011 0000 c0000202 " dst " " rest

static void receives(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 54321);
	/* c000+0202+c000+0201+0011+000b+0035+d431+000b+6162+6300: sum by hand */
	net_in_ip(&n, UDP_IN("c0000201", "0035 d431 000b e30a 616263"));
	CHECK_EQ(c.got.count, 1);
	CHECK_EQ(c.got.n, 3);
	CHECK(!memcmp(c.got.data, "abc", 3));
	CHECK_EQ(c.got.from.port, 53);
	CHECK_EQ(c.got.from.ip[3], 2);
	CHECK_EQ(c.got.to.port, 54321);
	CHECK_EQ(c.got.to.ip[3], 1);
	/* no sum is none (RFC 768) */
	net_in_ip(&n, UDP_IN("c0000201", "0035 d431 000b 0000 616263"));
	CHECK_EQ(c.got.count, 2);
	/* what is behind its length is not the datagram's */
	net_in_ip(&n, UDP_IN("c0000201", "0035 d431 0009 0000 616263"));
	CHECK_EQ(c.got.count, 3);
	CHECK_EQ(c.got.n, 1);
	CHECK_SILENT(&n);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

static void refuses(void)
{
	static const char *const bad[] = {
		UDP_IN("c0000201", "0035 d431 000b e30b 616263"), /* sum */
		UDP_IN("c0000201", "0035 d431 000c 0000 616263"), /* long */
		UDP_IN("c0000201", "0035 d431 ffff 0000 616263"),
		UDP_IN("c0000201", "0035 d431 0007 0000 616263"), /* short */
		UDP_IN("c0000201", "0035 d431 0000 0000 616263"),
		UDP_IN("c0000201", "0035 0000 000b 0000 616263"), /* port 0 */
		NET_MACS "4500001b 00010000 8011 0000 c0000202 c0000201 "
			 "0035 d431 0007 00", /* half a header */
		NET_MACS "45000014 00010000 8011 0000 c0000202 c0000201",
	};
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 54321);
	for (u32 i = 0; i < sizeof(bad) / sizeof(char *); i++)
		net_in_ip(&n, bad[i]);
	CHECK_EQ(c.got.count, 0);
	CHECK_SILENT(&n);
	net_check_pool(&n);
	client_close(&n, &c);
	net_in_ip(&n, UDP_IN("c0000201", "0035 d431 000b 0000 616263"));
	CHECK_EQ(n.nout - n.next, 1); /* port unreachable, now */
	net_close(&n);
}

/* To all and to a group: each that wants it gets it. */
static void all_get_it(void)
{
	struct net n;
	struct client a, b, other;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &a, 0, 7);
	client_open(&n, &b, 0xc0000201, 7);
	client_open(&n, &other, 0, 8);
	net_in_ip(&n, "ffffffffffff 020000000002 0800 4500001f 00010000 8011 "
		      "0000 c0000202 c00002ff 0035 0007 000b 0000 616263");
	CHECK_EQ(a.got.count, 1);
	CHECK_EQ(b.got.count, 1);
	CHECK_EQ(b.got.n, 3);
	/* to one: the more specific */
	net_in_ip(&n, UDP_IN("c0000201", "0035 0007 000b 0000 616263"));
	CHECK_EQ(a.got.count, 1);
	CHECK_EQ(b.got.count, 2);
	CHECK_EQ(other.got.count, 0);
	client_close(&n, &a);
	client_close(&n, &b);
	client_close(&n, &other);
	net_check_pool(&n);
	net_close(&n);
}

/* --- groups -------------------------------------------------------------------------------- */

#define TO_GROUP                                                           \
	"01005e010203 020000000002 0800 4500001f 00010000 8011 0000 "      \
	"c0000202 e0010203 0035 0007 000b 0000 616263"
#define REPORT                                                             \
	"01005e010203 020000000001 0800 46000020 xxxx0000 0102 xxxx "      \
	"c0000201 e0010203 94040000 1600 07fb e0010203"

static void groups(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 7);
	net_in_ip(&n, TO_GROUP);
	CHECK_EQ(c.got.count, 0);
	CHECK_EQ(client_set(&n, &c, TDI_MULTICAST_JOIN, 0xc0000201),
		 EX_INVALID_PARAMETER);
	CHECK_EQ(client_set(&n, &c, TDI_MULTICAST_JOIN, 0xe0010203),
		 EX_SUCCESS);
	CHECK_OUT(&n, REPORT);   /* at once, and again within ten seconds */
	net_run(&n, UINT64_C(10100000000));
	CHECK_OUT(&n, REPORT);
	net_run(&n, UINT64_C(30000000000));
	CHECK_SILENT(&n);
	net_in_ip(&n, TO_GROUP);
	CHECK_EQ(c.got.count, 1);
	/* a query is answered within the time it names: 1 s */
	net_in_icmp(&n, "01005e000001 020000000002 0800 46000020 00010000 0102 "
			"0000 c0000202 e0000001 94040000 110a 0000 00000000");
	net_run(&n, UINT64_C(1100000000));
	CHECK_OUT(&n, REPORT);
	/* unless somebody else was before us */
	net_in_icmp(&n, "01005e000001 020000000002 0800 46000020 00010000 0102 "
			"0000 c0000202 e0000001 94040000 1164 0000 00000000");
	net_in_icmp(&n, "01005e010203 020000000002 0800 46000020 00010000 0102 "
			"0000 c0000202 e0010203 94040000 1600 0000 e0010203");
	net_run(&n, UINT64_C(11000000000));
	CHECK_SILENT(&n);
	/* a bad sum counts for nothing */
	net_in_ip(&n, "01005e000001 020000000002 0800 46000020 00010000 0102 "
		      "0000 c0000202 e0000001 94040000 110a 0000 00000000");
	net_run(&n, UINT64_C(2000000000));
	CHECK_SILENT(&n);
	CHECK_EQ(client_set(&n, &c, TDI_MULTICAST_LEAVE, 0xe0010203),
		 EX_SUCCESS);
	CHECK_SILENT(&n);        /* we were not the last to report */
	net_in_ip(&n, TO_GROUP);
	CHECK_EQ(c.got.count, 1);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

/* --- ourselves ------------------------------------------------------------------------------- */

static void loopback(void)
{
	struct net n;
	struct client a, b;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &a, 0, 7);
	client_open(&n, &b, 0, 8);
	CHECK_EQ(client_send(&n, &a, 0x7f000001, 8, "hello"), EX_SUCCESS);
	CHECK_EQ(b.got.count, 1);
	CHECK_EQ(b.got.n, 5);
	CHECK(!memcmp(b.got.data, "hello", 5));
	CHECK_EQ(b.got.from.port, 7);
	CHECK_EQ(b.got.from.ip[0], 127);
	CHECK_EQ(client_send(&n, &b, 0xc0000201, 7, "world"), EX_SUCCESS);
	CHECK_EQ(a.got.count, 1);
	CHECK_EQ(a.got.from.ip[0], 192);
	CHECK_SILENT(&n);
	/* nobody is there: the error comes back */
	CHECK_EQ(client_send(&n, &a, 0x7f000001, 9, "x"), EX_SUCCESS);
	CHECK_EQ(a.errors, 1);
	CHECK_EQ(a.why, EX_PORT_UNREACHABLE);
	client_close(&n, &a);
	client_close(&n, &b);
	net_check_pool(&n);
	net_close(&n);
}

/* An error of the other side's is told once it quotes us. */
static void errors(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 7);
	net_in_icmp(&n, NET_MACS "45000038 00010000 8001 0000 c0000202 "
		    "c0000201 0303 0000 00000000 4500001d 00010000 8011 0000 "
		    "c0000201 c0000202 0007 0035 0009 0000");
	CHECK_EQ(c.errors, 1);
	CHECK_EQ(c.why, EX_PORT_UNREACHABLE);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

/* --- requests that wait ---------------------------------------------------------------------- */

static void receive_request(void *ctx)
{
	request(ctx);
	((struct client *)ctx)->got.count = 100;
}

static void waits(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	client_open(&n, &c, 0, 54321);
	c.r = (struct tdi_request){ .data = c.data, .length = 2 };
	c.minor = TDI_RECEIVE_DATAGRAM;
	thread_of(n.m.x, "waits", receive_request, &c);
	net_run(&n, 1000000);
	CHECK_EQ(c.got.count, 0);
	net_in_ip(&n, UDP_IN("c0000201", "0035 d431 000b e30a 616263"));
	CHECK_EQ(c.got.count, 100);
	CHECK_EQ(c.st, EX_BUFFER_OVERFLOW); /* two of three */
	CHECK_EQ(c.r.moved, 2);
	CHECK_EQ(c.r.remote.port, 53);
	CHECK(!memcmp(c.data, "ab", 2));
	/* closing ends it */
	c.got.count = 0;
	thread_of(n.m.x, "waits", receive_request, &c);
	net_run(&n, 1000000);
	client_close(&n, &c);
	net_run(&n, 1000000);
	CHECK_EQ(c.got.count, 100);
	CHECK_EQ(c.st, EX_CANCELLED);
	net_check_pool(&n);
	net_close(&n);
}

/* --- raw ---------------------------------------------------------------------------------------- */

static void raw(void)
{
	struct net n;
	struct client c;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	c = (struct client){ .x = n.m.x, .device = "\\Device\\RawIp",
			     .open = { .kind = TDI_ADDRESS_FILE,
				       .address = at(0, 0), .protocol = 99 } };
	CHECK(ex_call(n.m.x, open_it, &c));
	CHECK_EQ(c.st, EX_SUCCESS);
	net_in_ip(&n, NET_MACS "45000018 00010000 8063 0000 c0000202 c0000201 "
			       "01020304");
	CHECK_EQ(c.got.count, 1);
	CHECK_EQ(c.got.n, 24); /* with its header */
	CHECK_EQ(c.got.data[0], 0x45);
	CHECK_EQ(c.got.data[23], 4);
	CHECK_EQ(client_send(&n, &c, 0xc0000202, 0, "abcd"), EX_SUCCESS);
	CHECK_OUT(&n, NET_MACS_OUT "45000018 xxxx0000 8063 xxxx c0000201 "
				   "c0000202 61626364");
	CHECK_EQ(client_set(&n, &c, TDI_HDRINCL, 1), EX_SUCCESS);
	c.r = (struct tdi_request){ .remote = at(0xc0000202, 0),
				    .data = c.data, .length = 24 };
	net_hex("45100000 00004000 0763 0000 00000000 c0000202 01020304",
		c.data, 24);
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_SUCCESS);
	CHECK_OUT(&n, NET_MACS_OUT "45100018 xxxx4000 0763 xxxx c0000201 "
				   "c0000202 01020304");
	n.next--;
	CHECK(net_sums_ok(net_next(&n)));
	/* headers that are none */
	c.data[0] = 0x44;
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_INVALID_PARAMETER);
	c.data[0] = 0x4f;
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_INVALID_PARAMETER);
	c.r.length = 3;
	CHECK_EQ(client_do(&n, &c, TDI_SEND_DATAGRAM), EX_INVALID_PARAMETER);
	CHECK_SILENT(&n);
	client_close(&n, &c);
	net_check_pool(&n);
	net_close(&n);
}

int main(void)
{
	RUN(sends);
	RUN(sends_large_ones_in_pieces);
	RUN(receives);
	RUN(refuses);
	RUN(all_get_it);
	RUN(groups);
	RUN(loopback);
	RUN(errors);
	RUN(waits);
	RUN(raw);
	return test_done();
}
