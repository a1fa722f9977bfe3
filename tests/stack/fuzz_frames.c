// SPDX-License-Identifier: Apache-2.0
/*
 * Frames of any kind to a machine with tcpip, on a wire.
 *
 * Input: records of a byte of flags, two of length (low first), and the frame.
 * Flags: 1 the checksums are made right; the others, in eighths of a second, are
 * let go by first.  At the end two minutes pass and the driver is unloaded: then
 * there is no bug check, every header of the pool is whole and nothing of the
 * driver's is left in it.
 */
#include "fuzzed.h"
#include "nic/nic.h"
#include "sched/sched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64u

extern const struct io_driver_info io_driver_tcpip;

static void sent(void *ctx, const u8 *frame, u32 n, u64 when)
{
	(void)frame;
	(void)when;
	*(u64 *)ctx += n;
}

/* --- checksums ---------------------------------------------------------------------- */

static u32 add(const u8 *b, u32 n, u32 sum)
{
	for (u32 i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (u32)b[i] << 8;
	return sum;
}

static void store(u8 *at, u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (u8)(~sum >> 8);
	at[1] = (u8)~sum;
}

static void sum_transport(u8 *ip, u32 hlen, u32 n)
{
	u8 *t = ip + hlen;
	u32 len = n - hlen, at = ip[9] == 6 ? 16 : ip[9] == 17 ? 6 : 2;
	u32 sum = ip[9] + len;

	if (len < at + 2)
		return;
	memset(t + at, 0, 2);
	if (at == 2)
		sum = 0;
	else
		sum = add(ip + 12, 8, sum);
	store(t + at, add(t, len, sum));
}

static void make_sums(u8 *f, u32 n)
{
	u32 hlen = n > 34 ? (f[14] & 15u) * 4 : 0, len;

	if (hlen < 20 || 14 + hlen > n || f[12] != 8 || f[13])
		return;
	len = (u32)f[16] << 8 | f[17];
	if (len >= hlen && 14 + len <= n && !(f[20] & 0x3f) && !f[21])
		sum_transport(f + 14, hlen, len);
	memset(f + 24, 0, 2);
	store(f + 24, add(f + 14, hlen, 0));
}

/* --- a run ------------------------------------------------------------------------------ */

struct run {
	struct sched *s;
	struct ex *x;
	struct nic_wire *w;
	struct io_driver *driver;
	u64 sent;
};

static void begin(struct run *r)
{
	static const struct ndis_adapter_info eth0 = {
		.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 },
		.max_frame = 1500, .link_bps_100 = 1000000 };

	r->s = sched_new(&(struct sched_config){ .seed = 1,
						 .max_steps = 2000000 });
	r->x = r->s ? ex_new(&(struct ex_config){ .cpus = 1,
				.nonpaged_limit = 16 << 20 }, r->s) : NULL;
	must(r->x, "no machine");
	io_builtin(r->x, &io_driver_tcpip);
	r->w = nic_wire_new(r->x, &eth0, sent, &r->sent);
	must(r->w && !ex_failed(io_load(r->x, "tcpip",
			"ip=192.0.2.1/24 gw=192.0.2.2", &r->driver)),
	     "no driver");
	(void)sched_run_to(r->s, 1000000);
}

static void feed(struct run *r, const uint8_t *d, size_t n)
{
	u8 *frame, flags;
	size_t len;

	for (u32 k = 0; k < FRAMES &&
			(frame = fuzzed_frame(&d, &n, &flags, &len)); k++) {
		if (flags & 1)
			make_sums(frame, (u32)len);
		(void)nic_wire_inject(r->w, frame, (u32)len);
		free(frame);
		(void)sched_run_to(r->s, sched_now(r->s) + 1000 +
					 (flags >> 1) * UINT64_C(125000000));
	}
}

static void end(struct run *r)
{
	struct ex_pool_state st;

	ex_pool_state(r->x, EX_NONPAGED, &st);
	must(st.peak < 8 << 20, "more pool than the caps allow");
	(void)sched_run_to(r->s, sched_now(r->s) + UINT64_C(120000000000));
	must(!ex_failed(io_unload(r->driver)), "not unloaded");
	if (ex_stopped(r->x) > EX_IDLE)
		must(false, ex_stop_text(r->x));
	fuzzed_nothing_left(r->x, "TcIpTArpTRteTRasTIgmTUdpNDPtNDbfNDbk");
	ex_free(r->x);
	sched_free(r->s);
	nic_wire_free(r->w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { 0 };

	begin(&r);
	feed(&r, data, size);
	end(&r);
	return 0;
}
