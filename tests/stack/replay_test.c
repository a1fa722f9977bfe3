// SPDX-License-Identifier: Apache-2.0
/*
 * Captures, played back: files made byte by byte as the format says (either order
 * of bytes, micro- and nanoseconds), one that the stack itself wrote, and many
 * that nobody should have written.
 */
#include "machine.h"
#include "nic/nic.h"

#include <stdlib.h>
#include <string.h>

#define TYPE 0x88b5u
#define MOST 64u

struct played {
	struct machine m;
	struct nic_wire *w;
	u32 n, length[MOST];
	u64 at[MOST];
	u8 last[64];
	char why[100];
	struct nic_replay_counters end;
};

static struct played *played;        /* by the test that is running */

static enum ex_status bind(struct ndis_binding *b, void *context)
{
	(void)b;
	(void)context;
	return EX_SUCCESS;
}

static void take(struct ndis_binding *b, struct ndis_packet *p)
{
	struct played *t = played;

	(void)b;
	if (t->n < MOST) {
		t->length[t->n] = p->length;
		t->at[t->n] = p->when;
	}
	(void)ndis_packet_copy(p, 0, t->last, sizeof(t->last));
	t->n++;
}

static const struct ndis_protocol protocol = {
	.name = "test", .ethertypes = { TYPE }, .bind = bind,
	.receive_packet = take };

static void enter(void *ctx)
{
	CHECK_EQ(ndis_register(ke_machine(), &protocol, ctx), EX_SUCCESS);
}

static void leave(void *ctx)
{
	struct played *t = ctx;

	ndis_deregister(t->m.x, &protocol);
	ndis_remove(nic_wire_adapter(t->w));
}

/* All of a file, or what there is of it. */
static struct played play(const u8 *file, size_t n)
{
	static const struct ndis_adapter_info eth0 = { .name = "eth0",
						       .max_frame = 65536 };
	struct played t = { .m = machine_new(1, 1) };
	FILE *f = n ? fmemopen((void *)(uintptr_t)file, n, "rb") :
		      fopen("/dev/null", "rb");
	struct nic_replay *r;
	char why[256] = "";

	played = &t;
	t.w = nic_wire_new(t.m.x, &eth0, NULL, NULL);
	CHECK(ex_call(t.m.x, enter, &t));
	(void)sched_run_to(t.m.s, 1000000000);
	r = nic_replay_new(t.w, f, t.why, sizeof(t.why));
	CHECK_EQ(sched_run(t.m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(!r, t.why[0] != 0);
	if (r)
		t.end = nic_replay_state(r);
	CHECK(!r || t.end.why);
	CHECK(ex_call(t.m.x, leave, &t));
	CHECK(ex_pool_check(t.m.x, EX_NONPAGED, why, sizeof(why)));
	CHECK_EQ(tag_bytes(t.m.x, EX_NONPAGED, EX_TAG('N', 'D', 'P', 't')), 0);
	nic_replay_free(r);
	machine_free(&t.m);
	nic_wire_free(t.w);
	return t;
}

struct file {
	u8 b[8192];
	size_t n;
	bool big;                    /* the most significant byte first */
};

static void word(struct file *f, u32 v)
{
	for (int i = 0; i < 4; i++)
		f->b[f->n++] = (u8)(v >> (f->big ? 24 - 8 * i : 8 * i));
}

static void header(struct file *f, u32 magic, u32 type)
{
	word(f, magic);
	word(f, f->big ? 2u << 16 | 4 : 4u << 16 | 2);
	word(f, 0);
	word(f, 0);
	word(f, 65535);
	word(f, type);
}

static void frame(struct file *f, u32 s, u32 fraction, u32 n, u32 whole)
{
	word(f, s);
	word(f, fraction);
	word(f, n);
	word(f, whole);
	for (u32 i = 0; i < n && f->n < sizeof(f->b); i++)
		f->b[f->n++] = i == 12 ? TYPE >> 8 : i == 13 ? (u8)TYPE : (u8)i;
}

/* Four kinds of files with the same three frames, a quarter of a second apart. */
static void formats(void)
{
	for (int kind = 0; kind < 4; kind++) {
		struct file f = { .big = kind & 1 };
		bool ns = kind & 2;
		u32 quarter = ns ? 250000000 : 250000;
		struct played t;

		header(&f, ns ? 0xa1b23c4d : 0xa1b2c3d4, 1);
		frame(&f, 1700000000, 3 * quarter, 60, 60);
		frame(&f, 1700000001, 0, 1514, 1514);
		frame(&f, 1700000001, quarter, 14, 14);
		t = play(f.b, f.n);
		CHECK_EQ(t.n, 3);
		CHECK_EQ(t.end.frames, 3);
		CHECK_STR(t.end.why, "");
		CHECK(t.length[0] == 60 && t.length[1] == 1514 &&
		      t.length[2] == 14);
		CHECK_EQ(t.at[1] - t.at[0], 250000000);
		CHECK_EQ(t.at[2] - t.at[1], 250000000);
	}
}

static void as_captured(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	struct nic_capture *c = nic_capture_new(to);
	u8 b[100] = { [12] = TYPE >> 8, [13] = (u8)TYPE, [63] = 77 };
	struct played t;

	nic_capture_frame(c, 5000000001, b, 100);
	nic_capture_frame(c, 7000000004, b, 64);
	nic_capture_free(c);
	t = play((u8 *)text, n);
	CHECK_EQ(t.n, 2);
	CHECK_EQ(t.at[1] - t.at[0], 2000000003);
	CHECK_EQ(t.last[63], 77);
	free(text);
}

/* Parts of frames and empty ones are passed over; time that goes back is now. */
static void odd_frames(void)
{
	struct file f = { .n = 0 };
	struct played t;

	header(&f, 0xa1b2c3d4, 1);
	frame(&f, 100, 0, 60, 60);
	frame(&f, 101, 0, 96, 1514); /* the snap length */
	frame(&f, 102, 0, 0, 0);
	frame(&f, 103, 0, 60, 0xffffffff);
	frame(&f, 50, 0, 60, 60);
	frame(&f, 101, 0xffffffff, 60, 60); /* no such microsecond */
	t = play(f.b, f.n);
	CHECK_EQ(t.n, 3);
	CHECK_EQ(t.end.passed, 3);
	CHECK_STR(t.end.why, "");
	CHECK_EQ(t.at[1], t.at[0]);
	CHECK(t.at[2] > t.at[1]);
}

static void not_to_be_played(void)
{
	struct file f = { .n = 0 };

	CHECK(play(f.b, 0).why[0]);
	header(&f, 0x0a0d0d0a, 1);   /* pcapng */
	CHECK(play(f.b, f.n).why[0]);
	f.n = 0;
	header(&f, 0xa1b2c3d4, 113); /* Linux cooked */
	CHECK(play(f.b, f.n).why[0]);
	f.n = 0;
	header(&f, 0xa1b2c3d4, 1);
	CHECK(play(f.b, f.n - 1).why[0]);
	CHECK_STR(play(f.b, f.n).end.why, "");
}

/* Cut off at every byte; then lengths that are not so. */
static void cut_off(void)
{
	static const u32 lengths[] = { 61, 65535, 65551, 262144, 262145,
				       0x7fffffff, 0x80000000, 0xffffffff };
	struct file f = { .n = 0 };
	struct played t;

	header(&f, 0xa1b2c3d4, 1);
	frame(&f, 1, 0, 60, 60);
	frame(&f, 1, 0, 60, 60);
	for (size_t n = 25; n < f.n; n++) {
		t = play(f.b, n);
		CHECK_EQ(t.n, n >= 24 + 76);
		CHECK_EQ(t.end.why[0] != 0, n != 24 + 76);
	}
	for (size_t i = 0; i < 8; i++) {
		f.n = 24 + 76;
		word(&f, 1);
		word(&f, 0);
		word(&f, lengths[i]);
		word(&f, lengths[i]);
		t = play(f.b, 24 + 2 * 76);
		CHECK_EQ(t.n, 1);
		CHECK(t.end.why[0]);
	}
}

/* Any byte another: it ends, and nothing is left. */
static void damaged(void)
{
	struct file f = { .n = 0 }, g;
	u64 z = 9;

	header(&f, 0xa1b2c3d4, 1);
	for (u32 i = 0; i < 20; i++)
		frame(&f, i, i, 60 + i, 60 + i);
	for (u32 i = 0; i < 1000; i++) {
		g = f;
		for (u32 k = 0; k < 1 + i % 4; k++) {
			z = z * UINT64_C(6364136223846793005) + 1442695040888963407;
			g.b[(z >> 33) % g.n] = (u8)(z >> 20);
		}
		CHECK(play(g.b, g.n).n <= 21);
	}
}

int main(void)
{
	RUN(formats);
	RUN(as_captured);
	RUN(odd_frames);
	RUN(not_to_be_played);
	RUN(cut_off);
	RUN(damaged);
	return test_done();
}
