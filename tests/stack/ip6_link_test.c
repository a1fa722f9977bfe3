// SPDX-License-Identifier: Apache-2.0
/* IPv6 between two machines on a link: echo, TCP, UDP's refusal; and adapters
 * that are added by the dozen, whose answers need a worker (KB968597). */
#include "two.h"

#include <string.h>

#define SEC UINT64_C(1000000000)

static void driver_path(struct ex *x)
{
	const char *b = getenv("B");
	char text[256];

	snprintf(text, sizeof(text), "%s/drivers", b ? b : "build/dev");
	io_driver_path(x, text);
}

static void open6(struct two *t, u64 seed, const struct nic_pair_config *link)
{
	struct ndis_adapter_info info[2];
	char text[64];

	*t = (struct two){ .s = sched_new(&(struct sched_config){
				   .seed = seed, .max_steps = 1000000000 }) };
	for (int i = 0; i < 2; i++) {
		info[i] = (struct ndis_adapter_info){
			.name = "eth0", .address = { 2, 0, 0, 0, 0, (u8)(i + 1) },
			.max_frame = 1500, .link_bps_100 = 10000000 };
		t->x[i] = ex_new(&(struct ex_config){
					 .name = i ? "b" : "a", .cpus = 2,
					 .nonpaged_limit = 1u << 28 }, t->s);
		ex_log_to(t->x[i], two_log, t->x[i]);
		driver_path(t->x[i]);
	}
	t->link = nic_pair_new(t->x[0], &info[0], t->x[1], &info[1], link);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "ip=2001:db8::%d/64", i + 1);
		CHECK_EQ(io_load(t->x[i], "tcpip6", text, &t->driver[i]),
			 EX_SUCCESS);
	}
	(void)sched_run_to(t->s, 4 * SEC);
}

static struct tdi_address at6(int i, u16 port)
{
	return (struct tdi_address){ .family = 6, .port = port, .ip = {
		0x20, 0x01, 0x0d, 0xb8, [15] = (u8)(i + 1) } };
}

/* --- TCP -------------------------------------------------------------------------------- */

struct transfer {
	struct two t;
	u64 bytes, got;
	enum ex_status server, client;
	bool equal;
};

static u8 byte_at(u64 i)
{
	return (u8)(i * 31 + (i >> 8) * 7);
}

static void server(void *ctx)
{
	struct transfer *c = ctx;
	struct tdi_end e;
	u8 *b = ex_alloc(c->t.x[1], EX_NONPAGED, 65536, 1);
	size_t n = 0;

	c->equal = true;
	c->server = end_open_of(c->t.x[1], &e, "\\Device\\Tcp6", 6, 7);
	if (!ex_failed(c->server))
		c->server = end_listen(&e);
	while (!ex_failed(c->server)) {
		c->server = end_receive(&e, b, 65536, 0, &n);
		if (ex_failed(c->server) || !n)
			break;
		for (size_t i = 0; i < n; i++, c->got++)
			c->equal &= b[i] == byte_at(c->got);
	}
	if (!ex_failed(c->server))
		c->server = end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
	ex_free_pool(c->t.x[1], b, 1);
}

static void client(void *ctx)
{
	struct transfer *c = ctx;
	struct tdi_request r = { .remote = at6(1, 7) };
	struct tdi_end e;
	u8 *b = ex_alloc(c->t.x[0], EX_NONPAGED, 8192, 1);
	size_t n = 0;

	ke_sleep(10000000);
	c->client = end_open_of(c->t.x[0], &e, "\\Device\\Tcp6", 6, 0);
	if (!ex_failed(c->client))
		c->client = tdi_call(e.connection, TDI_CONNECT, &r);
	for (u64 at = 0; at < c->bytes && !ex_failed(c->client); at += 8192) {
		for (u32 i = 0; i < 8192; i++)
			b[i] = byte_at(at + i);
		c->client = end_send(&e, b, 8192, 0);
	}
	if (!ex_failed(c->client))
		c->client = end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	if (!ex_failed(c->client))
		c->client = end_receive(&e, b, 8192, 0, &n);
	end_close(&e);
	ex_free_pool(c->t.x[0], b, 1);
}

static void transfer(u64 seed, const struct nic_pair_config *link)
{
	struct transfer c = { .bytes = 1u << 20 };

	open6(&c.t, seed, link);
	thread_of(c.t.x[1], "server", server, &c);
	thread_of(c.t.x[0], "client", client, &c);
	CHECK_EQ(sched_run(c.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c.client, EX_SUCCESS);
	CHECK_EQ(c.server, EX_SUCCESS);
	CHECK_EQ(c.got, c.bytes);
	CHECK(c.equal);
	two_close(&c.t);
}

static void tcp_over_a_link(void)
{
	transfer(1, &(struct nic_pair_config){ .delay_ns = 50000 });
}

static void tcp_over_a_bad_link(void)
{
	transfer(2, &(struct nic_pair_config){
		.seed = 2, .delay_ns = 50000, .loss = 0.01, .reorder = 0.01,
		.duplicate = 0.01, .corrupt = 0.005 });
}

/* IPv4 bound to the same adapters takes nothing of it. */
static void beside_tcpip(void)
{
	struct transfer c = { .bytes = 1u << 16 };
	struct io_driver *four[2];

	open6(&c.t, 4, &(struct nic_pair_config){ .delay_ns = 50000 });
	for (int i = 0; i < 2; i++)
		CHECK_EQ(io_load(c.t.x[i], "tcpip", i ? "ip=10.0.0.2/24" :
				 "ip=10.0.0.1/24", &four[i]), EX_SUCCESS);
	thread_of(c.t.x[1], "server", server, &c);
	thread_of(c.t.x[0], "client", client, &c);
	CHECK_EQ(sched_run(c.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c.server, EX_SUCCESS);
	CHECK_EQ(c.got, c.bytes);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(io_unload(four[i]), EX_SUCCESS);
	two_close(&c.t);
}

/* --- echo -------------------------------------------------------------------------------- */

struct ping {
	struct two t;
	u32 replies, size;
	u8 first;
	enum ex_status sent;
};

static enum ex_status reply(void *ctx, const struct tdi_address *from,
			    const struct tdi_address *to, u32 indicated,
			    u32 available, u32 *taken, const u8 *data,
			    struct irp **irp)
{
	struct ping *p = ctx;

	(void)to;
	(void)irp;
	if (indicated >= 8 && data[0] == 129 &&
	    !memcmp(from->ip, at6(1, 0).ip, 16)) {
		p->replies++;
		p->size = available;
		p->first = data[4];
	}
	*taken = available;
	return EX_SUCCESS;
}

static void pinger(void *ctx)
{
	static const u32 size[] = { 64, 4000, 1448 };
	struct ping *p = ctx;
	struct ex *x = p->t.x[0];
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 58,
			      .address = { .family = 6 } };
	struct io_file *f = NULL;
	u8 *b = ex_alloc_zero(x, EX_NONPAGED, 4000, 1);

	p->sent = io_open(x, "\\Device\\RawIp6", &o, sizeof(o), &f);
	if (!ex_failed(p->sent))
		p->sent = tdi_set_event(f, TDI_EVENT_RECEIVE_DATAGRAM,
					reply, p);
	b[0] = 128;
	b[4] = 0x5a;
	for (u32 i = 0; i < 3 && !ex_failed(p->sent); i++) {
		struct tdi_request r = { .remote = at6(1, 0), .data = b,
					 .length = size[i] };

		p->sent = tdi_call(f, TDI_SEND_DATAGRAM, &r);
		ke_sleep(SEC);
	}
	if (f)
		io_close(f);
	ex_free_pool(x, b, 1);
}

static void ping6(void)
{
	struct ping p = { .size = 0 };

	open6(&p.t, 3, &(struct nic_pair_config){ .delay_ns = 50000 });
	thread_of(p.t.x[0], "ping", pinger, &p);
	CHECK_EQ(sched_run(p.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(p.sent, EX_SUCCESS);
	CHECK_EQ(p.replies, 3);
	CHECK_EQ(p.size, 1448);
	CHECK_EQ(p.first, 0x5a);
	two_close(&p.t);
}

/* --- adapters by the dozen ----------------------------------------------------------------- */

#define MANY 24

/* Answers each request from a work item of the critical queue. */
struct slow {
	struct ex_work work;
	struct ndis_request *r;
	struct ndis_adapter *a;
	u32 probes, answers, claims;
	char name[16];
};
struct many {
	struct machine m;
	struct slow slow[MANY];
	struct io_driver *driver;
};

static void answer(void *ctx)
{
	struct slow *s = ctx;
	struct ndis_request *r = s->r;

	ndis_request_done(r, ndis_answer(s->a, r));
}

static enum ex_status slow_request(struct ndis_adapter *a,
				   struct ndis_request *r)
{
	struct slow *s = ndis_context(a);

	s->r = r;
	s->a = a;
	ex_work_queue(ndis_machine(a), &s->work, EX_CRITICAL);
	return EX_PENDING;
}

/* Neighbour solicitations from no address, and ARP announcements. */
static enum ex_status slow_send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct slow *s = ndis_context(a);
	u8 b[55] = { 0 };

	s->claims += ndis_packet_copy(p, 0, b, 42) == 42 && b[12] == 8 &&
		     b[13] == 6 && !memcmp(b + 28, b + 38, 4);
	if (ndis_packet_copy(p, 0, b, 55) == 55 && b[20] == 58 && b[54] == 135)
		s->probes++;
	if (ndis_packet_copy(p, 0, b, 55) == 55 && b[20] == 58 && b[54] == 136)
		s->answers++;
	return EX_SUCCESS;
}

static const struct ndis_miniport slow_miniport = {
	.name = "slow", .send = slow_send, .request = slow_request };

/* No worker runs before all of them are there. */
static void add_all(void *ctx)
{
	struct many *n = ctx;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	for (u32 i = 0; i < MANY; i++) {
		struct ndis_adapter_info info = {
			.name = n->slow[i].name, .address = { 2, 0, 0, 1, 0, (u8)i },
			.max_frame = 1500, .link_bps_100 = 1000000 };

		snprintf(n->slow[i].name, sizeof(n->slow[i].name), "eth%u", i);
		ex_work_init(&n->slow[i].work, answer, &n->slow[i]);
		n->slow[i].a = ndis_add(n->m.x, &slow_miniport, &info,
					&n->slow[i]);
		CHECK(n->slow[i].a != NULL);
	}
	ke_lower(before);
}

/* Who has fe80::ff:fe01:i? Its sum is that of RFC 8200 8.1. */
static void ask_all(void *ctx)
{
	static const u8 frame[86] = {
		0x33, 0x33, 0xff, 1, 0, 0, 2, 0, 0, 0, 0, 9, 0x86, 0xdd,
		0x60, 0, 0, 0, 0, 32, 58, 255,
		0xfe, 0x80, [33] = 0xff, 0xfe, 0, 0, 9,
		[38] = 0xff, 2, [49] = 1, 0xff, 1, 0, 0,
		135, [62] = 0xfe, 0x80, [73] = 0xff, 0xfe, 1, 0, 0,
		1, 1, 2, 0, 0, 0, 0, 9 };
	struct many *n = ctx;

	for (u32 i = 0; i < MANY; i++) {
		struct ndis_packet *p = ndis_packet_new(n->m.x, 0, 86);
		enum ke_irql before = ke_raise(KE_DISPATCH);
		u32 sum = 32 + 58;
		u8 *b = p->head->data;

		memcpy(b, frame, 86);
		b[5] = b[53] = b[77] = (u8)i;
		for (u32 k = 22; k < 86; k += 2)
			sum += (u32)b[k] << 8 | b[k + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		sum = ~((sum & 0xffff) + (sum >> 16));
		b[56] = (u8)(sum >> 8);
		b[57] = (u8)sum;
		ndis_indicate_packet(n->slow[i].a, p);
		ndis_indicate_complete(n->slow[i].a);
		ke_lower(before);
	}
}

static void remove_all(void *ctx)
{
	struct many *n = ctx;

	for (u32 i = 0; i < MANY; i++)
		ndis_remove(n->slow[i].a);
}

static void many_adapters_at_once(void)
{
	struct many n = { .m = machine_new(1, 1) };

	driver_path(n.m.x);
	CHECK_EQ(io_load(n.m.x, "tcpip6", "", &n.driver), EX_SUCCESS);
	CHECK(ex_call(n.m.x, add_all, &n));
	(void)sched_run_to(n.m.s, 5 * SEC);
	CHECK_EQ(ex_stopped(n.m.x), EX_RUNNING);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQ(n.slow[i].probes, 1);
	CHECK(ex_call(n.m.x, ask_all, &n));
	(void)sched_run_to(n.m.s, 6 * SEC);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQ(n.slow[i].answers, 1);
	CHECK(ex_call(n.m.x, remove_all, &n));
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', '6', 'G', 'r')), 0);
	CHECK_EQ(io_unload(n.driver), EX_SUCCESS);
	machine_free(&n.m);
}

/* IPv4's binds want the same workers: they do not wait, either (the article says
 * that IPv4 goes on). */
static void many_adapters_of_tcpip(void)
{
	char options[MANY * 32] = "";
	struct many n = { .m = machine_new(1, 1) };

	for (u32 i = 0; i < MANY; i++) {
		size_t at = strlen(options);

		snprintf(options + at, sizeof(options) - at,
			 "dev=eth%u ip=10.%u.0.1/24 ", i, i);
	}
	driver_path(n.m.x);
	CHECK_EQ(io_load(n.m.x, "tcpip", options, &n.driver), EX_SUCCESS);
	CHECK(ex_call(n.m.x, add_all, &n));
	(void)sched_run_to(n.m.s, 30 * SEC);
	CHECK_EQ(ex_stopped(n.m.x), EX_RUNNING);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQ(n.slow[i].claims, 1);
	CHECK(ex_call(n.m.x, remove_all, &n));
	CHECK_EQ(io_unload(n.driver), EX_SUCCESS);
	machine_free(&n.m);
}

int main(void)
{
	RUN(many_adapters_at_once);
	RUN(many_adapters_of_tcpip);
	RUN(ping6);
	RUN(tcp_over_a_link);
	RUN(tcp_over_a_bad_link);
	RUN(beside_tcpip);
	return test_done();
}
