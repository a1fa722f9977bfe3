// SPDX-License-Identifier: Apache-2.0
/* Drivers and adapters that go while another machine does not stop sending: in
 * many orders of the CPUs, none of which may end the machine. */
#include "two.h"

#define SEEDS 25u
#define MS UINT64_C(1000000)
#define STEP 10000u                  /* ns: all happens at multiples of it, so
					that it can happen at once */

struct leave {
	struct two t;
	bool six, adapter, gone;
	u64 at;                      /* when it goes */
	enum ex_status st;
};

static struct tdi_address at(const struct leave *l, int i, u16 port)
{
	struct tdi_address a = { .family = 6, .port = port, .ip = {
		0x20, 0x01, 0x0d, 0xb8, [15] = (u8)(i + 1) } };

	return l->six ? a : two_address(i, port);
}

static void load(struct leave *l, int i)
{
	char text[64];

	snprintf(text, sizeof(text), l->six ? "ip=2001:db8::%d/64 dad=0" :
					      "ip=10.0.0.%d/24", i + 1);
	CHECK_EQ(io_load(l->t.x[i], l->six ? "tcpip6" : "tcpip", text,
			 &l->t.driver[i]), EX_SUCCESS);
}

static void open_both(struct leave *l, u64 seed)
{
	struct ndis_adapter_info info[2];
	const char *b = getenv("B");
	char path[256];

	l->t.s = sched_new(&(struct sched_config){ .seed = seed,
						   .max_steps = 50000000 });
	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	for (int i = 0; i < 2; i++) {
		info[i] = (struct ndis_adapter_info){
			.name = "eth0", .address = { 2, 0, 0, 0, 0, (u8)(i + 1) },
			.max_frame = 1500, .link_bps_100 = 10000000 };
		l->t.x[i] = ex_new(&(struct ex_config){
			.name = i ? "b" : "a", .cpus = 3, .special_pool = true }, l->t.s);
		ex_log_to(l->t.x[i], two_log, l->t.x[i]);
		io_driver_path(l->t.x[i], path);
	}
	l->t.link = nic_pair_new(l->t.x[0], &info[0], l->t.x[1], &info[1],
				 &(struct nic_pair_config){ .delay_ns = STEP });
	for (int i = 0; i < 2; i++)
		load(l, i);
	(void)sched_run_to(l->t.s, 1200 * MS);
}

static struct io_file *open_datagrams(const struct leave *l, bool raw)
{
	static const char *const device[2][2] = {
		{ "\\Device\\Udp", "\\Device\\RawIp" },
		{ "\\Device\\Udp6", "\\Device\\RawIp6" } };
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 17,
			      .address = { .family = l->six ? 6 : 4 } };
	struct io_file *f = NULL;

	if (raw)
		o.protocol = l->six ? 58 : 1;
	CHECK_EQ(io_open(l->t.x[1], device[l->six][raw], &o, sizeof(o), &f),
		 EX_SUCCESS);
	return f;
}

/* To ports that nobody has, and echo requests in pieces: all is answered, so the
 * driver sends, too. */
static void sends(void *ctx)
{
	struct leave *l = ctx;
	struct io_file *udp = open_datagrams(l, false);
	struct io_file *raw = open_datagrams(l, true);
	u8 *data = ex_alloc_zero(l->t.x[1], EX_NONPAGED, 3000, 1);

	memcpy(data, l->six ? "\x80\0\0\0" : "\x08\0\xf7\xff", 4);
	for (u32 i = 0; i < 400; i++) {
		struct tdi_request r = { .remote = at(l, 0, 9),
					 .data = data,
					 .length = i & 1 ? 3000 : 64 };

		(void)tdi_call(i & 1 ? raw : udp, TDI_SEND_DATAGRAM, &r);
		if (i % 8 == 7)
			ke_sleep(STEP);
	}
	io_close(udp);
	io_close(raw);
	ex_free_pool(l->t.x[1], data, 1);
}

static void is_there(void *ctx)
{
	(void)ctx;
	ke_sleep(STEP);
}

static void goes(void *ctx)
{
	struct leave *l = ctx;

	ke_sleep(l->at);
	if (l->adapter)
		ndis_remove(nic_pair_adapter(l->t.link, 0));
	else
		l->st = io_unload(l->t.driver[0]);
	l->gone = true;
}

static void leave(bool six, bool adapter)
{
	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct leave l = { .six = six, .adapter = adapter,
				   .at = (4 + seed % 40) * STEP };

		open_both(&l, seed);
		thread_of(l.t.x[1], "sends", sends, &l);
		/* Frames come on CPU 0: the other one has CPU 1. */
		thread_of(l.t.x[0], "is there", is_there, &l);
		thread_of(l.t.x[0], "goes", goes, &l);
		if (sched_run(l.t.s, NULL, NULL) != EX_IDLE) {
			TEST_FAIL("seed %llu: %s", (unsigned long long)seed,
				  ex_stop_text(l.t.x[0]));
			return;
		}
		CHECK(l.gone);
		CHECK_EQ(l.st, EX_SUCCESS);
		for (int i = !adapter; i < 2; i++)
			CHECK_EQ(io_unload(l.t.driver[i]), EX_SUCCESS);
		for (int i = 0; i < 2; i++)
			ex_free(l.t.x[i]);
		nic_pair_free(l.t.link);
		sched_free(l.t.s);
	}
}

static void tcpip_goes(void)
{
	leave(false, false);
}

static void tcpip6_goes(void)
{
	leave(true, false);
}

static void an_adapter_of_tcpip_goes(void)
{
	leave(false, true);
}

static void an_adapter_of_tcpip6_goes(void)
{
	leave(true, true);
}

int main(void)
{
	RUN(tcpip_goes);
	RUN(tcpip6_goes);
	RUN(an_adapter_of_tcpip_goes);
	RUN(an_adapter_of_tcpip6_goes);
	return test_done();
}
