// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of protocols share: a machine with tcpip on a wire whose other end
 * is the test, which gives and sees frames byte by byte.
 *
 *	struct net n = net_new("ip=192.0.2.1/24");
 *	net_in(&n, "ffffffffffff 020000000002 0806 …");   hex, blanks between
 *	net_out(&n)      the next frame that was sent, as hex text; "" none
 *
 * The machine is 192.0.2.1 (02:00:00:00:00:01), the test 192.0.2.2 (…:02).
 * Frames that a test builds have their checksums made by sum_ip() and sum_l4(),
 * which are the tests' own.
 */
#ifndef TESTS_STACK_NET_H
#define TESTS_STACK_NET_H

#include "machine.h"
#include "drivers/inet/table.h"
#include "nic/nic.h"

#include <string.h>

#define NET_OUT 512
#define NET_FRAME 2048

struct net_frame {
	u64 when;
	u32 n;
	u8 b[NET_FRAME];
};

struct net {
	struct machine m;
	struct nic_wire *w;
	struct io_driver *driver;
	struct net_frame *out;
	u32 nout, next;
	u64 now;
};

static inline void net_take(void *ctx, const u8 *frame, u32 n, u64 when)
{
	struct net *t = ctx;
	struct net_frame *f = &t->out[t->nout % NET_OUT];

	f->when = when;
	f->n = n < NET_FRAME ? n : NET_FRAME;
	memcpy(f->b, frame, f->n);
	t->nout++;
}

/* Lets everything happen that is due in the next ns. */
static inline void net_run(struct net *n, u64 ns)
{
	n->now = sched_now(n->m.s) + ns;
	(void)sched_run_to(n->m.s, n->now);
}

static inline bool net_start(struct net *n, const char *driver,
			     const char *options,
			     const struct ndis_adapter_info *info,
			     const struct ex_config *c)
{
	static const struct ndis_adapter_info eth0 = {
		.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 },
		.max_frame = 1500, .link_bps_100 = 1000000 };

	const char *b = getenv("B");
	char path[256];

	*n = (struct net){ .m = machine_of(&(struct sched_config){ .seed = 1 },
					   c) };
	n->out = calloc(NET_OUT, sizeof(*n->out));
	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	io_driver_path(n->m.x, path);
	n->w = nic_wire_new(n->m.x, info ? info : &eth0, net_take, n);
	if (!n->w || ex_failed(io_load(n->m.x, driver, options, &n->driver)))
		return false;
	net_run(n, 1000000);
	return true;
}

/* The address of n must stay: the wire knows it. */
static inline bool net_open(struct net *n, const char *options,
			    const struct ndis_adapter_info *info)
{
	return net_start(n, "tcpip", options, info, &(struct ex_config){ .name = "m" });
}

/* The at-th allocation of the machine fails. */
static inline bool net_open_failing(struct net *n, const char *options, u64 at)
{
	return net_start(n, "tcpip", options, NULL,
			 &(struct ex_config){ .name = "m",
					      .alloc_fail_at = at });
}

static inline void net_close(struct net *n)
{
	/* The thread that unloads it is the allocation that fails, once. */
	if (n->driver && ex_failed(io_unload(n->driver)))
		CHECK_EQ(io_unload(n->driver), EX_SUCCESS);
	machine_free(&n->m);
	if (n->w)
		nic_wire_free(n->w);
	free(n->out);
}

/* --- hex --------------------------------------------------------------------------- */

static inline int net_nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline u32 net_hex(const char *text, u8 *to, u32 room)
{
	u32 n = 0;

	for (; *text && n < room; text++) {
		int hi = net_nibble(text[0]);

		if (hi < 0)
			continue;
		to[n++] = (u8)(hi << 4 | net_nibble(text[1]));
		text++;
	}
	return n;
}

static inline void net_raw(struct net *n, const u8 *frame, u32 len)
{
	CHECK(nic_wire_inject(n->w, frame, len));
	net_run(n, 1000);
}

static inline void net_in(struct net *n, const char *text)
{
	u8 b[NET_FRAME];

	net_raw(n, b, net_hex(text, b, sizeof(b)));
}

/* The next frame; NULL: there is none. */
static inline const struct net_frame *net_next(struct net *n)
{
	return n->next < n->nout ? &n->out[n->next++ % NET_OUT] : NULL;
}

static inline void net_skip(struct net *n)
{
	n->next = n->nout;
}

/* The next frame is this one, "xx" standing for any byte. */
static inline bool net_is(const struct net_frame *f, const char *want)
{
	u32 i = 0;

	for (; *want; want++) {
		if (*want == ' ')
			continue;
		if (!f || i >= f->n)
			return false;
		if (want[0] != 'x' && (net_nibble(want[0]) << 4 |
				       net_nibble(want[1])) != f->b[i])
			return false;
		want++;
		i++;
	}
	return f && i == f->n;
}

static inline void net_show(const struct net_frame *f)
{
	for (u32 i = 0; f && i < f->n; i++)
		printf("%02x%s", f->b[i], i == 13 || i == 33 ? " " : "");
	printf(f ? "\n" : "no frame\n");
}

#define CHECK_OUT(n, want)                                                 \
	do {                                                               \
		const struct net_frame *f_ = net_next(n);                  \
		test_count_(&test_.checks);                                \
		if (!net_is(f_, want)) {                                   \
			net_show(f_);                                      \
			TEST_FAIL("not the frame %s", want);               \
		}                                                          \
	} while (0)
#define CHECK_SILENT(n) CHECK_EQ((n)->nout - (n)->next, 0)

/* --- datagrams ------------------------------------------------------------------------ */

/* RFC 1071 as it is written down there. */
static inline u16 net_sum(const u8 *b, u32 n, u32 sum)
{
	for (u32 i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (u32)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static inline void net_put16(u8 *b, u16 v)
{
	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

/* Of the IP header behind the MAC header. */
static inline void net_sum_ip(u8 *frame)
{
	u8 *h = frame + 14;

	net_put16(h + 10, 0);
	net_put16(h + 10, net_sum(h, (h[0] & 15u) * 4, 0));
}

/* The header's checksum is made; the rest is as it stands. */
static inline void net_in_ip(struct net *n, const char *text)
{
	u8 b[NET_FRAME];
	u32 len = net_hex(text, b, sizeof(b));

	net_sum_ip(b);
	net_raw(n, b, len);
}

/* The same, with the checksum of an ICMP or IGMP message, too. */
static inline void net_in_icmp(struct net *n, const char *text)
{
	u8 b[NET_FRAME];
	u32 len = net_hex(text, b, sizeof(b));
	u32 at = 14 + (b[14] & 15u) * 4;

	net_sum_ip(b);
	net_put16(b + at + 2, 0);
	net_put16(b + at + 2, net_sum(b + at, len - at, 0));
	net_raw(n, b, len);
}

/* Sums of a frame that came out are right: IP, and ICMP or IGMP if it is. */
static inline bool net_sums_ok(const struct net_frame *f)
{
	u32 at, len;

	if (!f || f->n < 34)
		return false;
	at = 14 + (f->b[14] & 15u) * 4;
	len = (u32)f->b[16] << 8 | f->b[17];
	if (net_sum(f->b + 14, at - 14, 0) || 14 + len > f->n)
		return false;
	return f->b[23] > 2 || f->b[20] & 0x3f || f->b[21] ||
	       !net_sum(f->b + at, 14 + len - at, 0);
}

/* Nothing is left in the pool of what came in and went out. */
static inline void net_check_pool(struct net *n)
{
	check_none_left(n->m.x, "NDPtNDbfNDbkTRas");
}

/* --- what a netstat sees -------------------------------------------------------------- */

struct net_asked {
	struct ex *x;
	const char *device;
	struct inet_ask a;
};

static inline void net_ask(void *ctx)
{
	struct net_asked *q = ctx;
	struct io_device *d = io_device_find(q->x, q->device);
	struct irp *irp = d ? io_irp_alloc(q->x) : NULL;
	struct io_stack *here;

	if (!irp)
		return;
	here = io_next(irp);
	*here = (struct io_stack){ .major = IO_DEVICE_CONTROL, .device = d,
				   .code = INET_TABLE, .buffer = &q->a,
				   .length = sizeof(q->a) };
	(void)io_sync(d, irp);
	io_irp_free(q->x, irp);
}

/* How many rows a device's table has; the first of them. */
static inline u32 net_table(struct net *n, const char *device,
			    enum inet_table table, struct inet_row *row,
			    u32 room)
{
	struct net_asked q = { .x = n->m.x, .device = device,
			       .a = { .table = table, .row = row,
				      .room = room } };

	CHECK(ex_call(n->m.x, net_ask, &q));
	return q.a.total;
}

#define NET_MACS "020000000001 020000000002 0800 "
#define NET_MACS_OUT "020000000002 020000000001 0800 "
/* The machine asks who 192.0.2.2 is; this is the answer. */
#define NET_ARP_ANSWER                                                     \
	"020000000001 020000000002 0806 0001 0800 06 04 0002 "             \
	"020000000002 c0000202 020000000001 c0000201"
#define NET_ARP_ASK                                                        \
	"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 "             \
	"020000000001 c0000201 000000000000 c0000202"
#define NET_ARP_GRATUITOUS                                                 \
	"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 "             \
	"020000000001 c0000201 000000000000 c0000201"

/* Both know each other; what was sent until now is passed over. */
static inline void net_known(struct net *n)
{
	net_in(n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		  "020000000002 c0000202 000000000000 c0000201");
	net_skip(n);
}

static inline bool net_ready(struct net *n, const char *options)
{
	if (!net_open(n, options, NULL))
		return false;
	net_known(n);
	return true;
}

#endif
