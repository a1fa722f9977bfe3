// SPDX-License-Identifier: Apache-2.0
/*
 * A capture that is played back into a wire: the classic format in either order
 * of bytes, with micro- or nanoseconds (draft-ietf-opsawg-pcap).
 *
 * The file is a stranger's: no length in it is used before it is looked at, time
 * that goes back is now, and the first thing that cannot be is the end.
 *
 * All of it is CPU 0's; what the host may look at meanwhile is under the latch,
 * and that it is over is told last.
 */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define ETHERNET 1u
#define LINK_TYPE(v) ((v) & 0xffffu) /* above it: about a frame check */
#define FRAME_MAX 65550u
#define RECORD_MAX 262144u           /* more than a capture has of a frame */
#define BATCH 64u
#define SECOND UINT64_C(1000000000)

struct nic_replay {
	struct nic_wire *to;
	struct ex *x;
	FILE *from;
	bool swapped, any, ready, over;
	u32 unit;                    /* ns of the fraction's unit */
	u64 first, begun;            /* times: of the file, of the machine */
	u64 due;                     /* of the frame in b */
	u32 n;
	struct ke_timer timer;
	struct ke_dpc dpc;
	const char *why;             /* it is over, and not told yet */
	struct ke_latch latch;
	struct nic_replay_counters counters;
	u8 b[FRAME_MAX];
};

static u32 word(const struct nic_replay *r, const u8 *p)
{
	u32 v = (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;

	return r->swapped ? __builtin_bswap32(v) : v;
}

static bool read_header(struct nic_replay *r, char *why, size_t size)
{
	u8 h[24];
	u32 magic;

	if (fread(h, 1, sizeof(h), r->from) != sizeof(h)) {
		snprintf(why, size, "it is shorter than a capture's header");
		return false;
	}
	magic = word(r, h);
	r->swapped = magic == __builtin_bswap32(MAGIC_US) ||
		     magic == __builtin_bswap32(MAGIC_NS);
	magic = word(r, h);
	r->unit = magic == MAGIC_NS ? 1 : 1000;
	if (magic != MAGIC_NS && magic != MAGIC_US)
		snprintf(why, size, "it is no pcap file");
	else if (LINK_TYPE(word(r, h + 20)) != ETHERNET)
		snprintf(why, size, "its frames are not Ethernet's: type %u",
			 LINK_TYPE(word(r, h + 20)));
	else
		return true;
	return false;
}

static void end(struct nic_replay *r, const char *why)
{
	r->over = true;
	r->why = why;
}

static void count(struct nic_replay *r, u64 *n)
{
	ke_latch(&r->latch);
	++*n;
	ke_unlatch(&r->latch);
}

/* A frame that the capture has all of. */
static bool read_frame(struct nic_replay *r, u32 n, u32 whole)
{
	if (n == whole && n && n <= FRAME_MAX) {
		if (fread(r->b, 1, n, r->from) == n)
			return true;
	} else {
		u32 left = n;

		count(r, &r->counters.passed);
		while (left) {
			u32 part = left < FRAME_MAX ? left : FRAME_MAX;

			if (fread(r->b, 1, part, r->from) != part)
				break;
			left -= part;
		}
		if (!left)
			return false;
	}
	end(r, "the last frame is cut off");
	return false;
}

/* The next, to b. On the host's stack. */
static void read_next(void *ctx)
{
	struct nic_replay *r = ctx;
	u32 n = 0;
	u8 h[16];
	u64 at;

	for (u32 i = 0; i < BATCH && !r->over && !r->ready; i++) {
		size_t got = fread(h, 1, sizeof(h), r->from);

		n = word(r, h + 8);
		if (got != sizeof(h))
			end(r, got ? "the last frame is cut off" : "");
		else if (n > RECORD_MAX)
			end(r, "a frame is longer than any");
		else
			r->ready = read_frame(r, n, word(r, h + 12));
	}
	if (!r->ready)
		return;
	at = word(r, h) * SECOND + (u64)word(r, h + 4) * r->unit;
	if (!r->any)
		r->first = at;
	r->any = true;
	r->n = n;
	at = r->begun + (at > r->first ? at - r->first : 0);
	r->due = at > r->due ? at : r->due;
}

/* What is due. */
static void play(struct nic_replay *r)
{
	u64 now = ex_now(r->x);

	if (!r->begun)
		r->begun = now;
	for (u32 i = 0; i < BATCH && !r->over; i++) {
		if (!r->ready)
			ex_on_host(read_next, r);
		if (!r->ready)
			continue;
		if (r->due > now) {
			ke_timer_set(&r->timer, r->due - now, 0, &r->dpc);
			return;
		}
		r->ready = false;
		if (!nic_wire_inject(r->to, r->b, r->n)) {
			end(r, "the wire takes no more");
			return;
		}
		count(r, &r->counters.frames);
	}
	if (!r->over)
		(void)ke_dpc_queue(&r->dpc, NULL, NULL);
}

static void step(void *context, void *a, void *b)
{
	struct nic_replay *r = context;

	(void)a;
	(void)b;
	play(r);
	if (!r->over)
		return;
	ke_latch(&r->latch);
	r->counters.why = r->why;    /* the host may free it then */
	ke_unlatch(&r->latch);
}

struct nic_replay *nic_replay_new(struct nic_wire *to, FILE *from, char *why,
				  size_t why_size)
{
	struct nic_replay *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(why, why_size, "out of memory");
		fclose(from);
		return NULL;
	}
	r->to = to;
	r->from = from;
	r->x = ndis_machine(nic_wire_adapter(to));
	ke_timer_init(&r->timer, "replay");
	ke_dpc_init(&r->dpc, step, r);
	r->dpc.target = 0;
	if (!read_header(r, why, why_size)) {
		fclose(from);
		free(r);
		return NULL;
	}
	(void)ex_interrupt(r->x, &r->dpc, NULL, NULL);
	return r;
}

struct nic_replay_counters nic_replay_state(struct nic_replay *r)
{
	struct nic_replay_counters c;

	ke_latch(&r->latch);
	c = r->counters;
	ke_unlatch(&r->latch);
	return c;
}

void nic_replay_free(struct nic_replay *r)
{
	if (!r)
		return;
	fclose(r->from);
	free(r);
}
