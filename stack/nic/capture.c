// SPDX-License-Identifier: Apache-2.0
/* pcap files, read and written: the classic format (draft-ietf-opsawg-pcap). */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC_NS 0xa1b23c4du
#define MAGIC_US 0xa1b2c3d4u
#define ETHERNET 1u
#define SNAP 262144u

struct nic_capture {
	FILE *to;
};

static void put32(FILE *f, u32 v)
{
	u8 b[4] = { (u8)v, (u8)(v >> 8), (u8)(v >> 16), (u8)(v >> 24) };

	(void)fwrite(b, 1, sizeof(b), f);
}

struct nic_capture *nic_capture_new(FILE *to)
{
	struct nic_capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->to = to;
	put32(to, MAGIC_NS);
	put32(to, 4u << 16 | 2u); /* version 2.4 */
	put32(to, 0);
	put32(to, 0);
	put32(to, SNAP);
	put32(to, ETHERNET);
	return c;
}

void nic_capture_frame(struct nic_capture *c, u64 when, const u8 *frame, u32 n)
{
	put32(c->to, (u32)(when / UINT64_C(1000000000)));
	put32(c->to, (u32)(when % UINT64_C(1000000000)));
	put32(c->to, n);
	put32(c->to, n);
	(void)fwrite(frame, 1, n, c->to);
}

void nic_capture_free(struct nic_capture *c)
{
	if (!c)
		return;
	fclose(c->to);
	free(c);
}

struct in {
	FILE *f;
	bool big, micro;
};

static u32 get32(const struct in *in, const u8 *b)
{
	if (in->big)
		return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 |
		       b[3];
	return (u32)b[3] << 24 | (u32)b[2] << 16 | (u32)b[1] << 8 | b[0];
}

static bool head(struct in *in)
{
	u8 b[24];
	u32 magic;

	if (fread(b, 1, sizeof(b), in->f) != sizeof(b))
		return false;
	magic = get32(in, b);
	if (magic != MAGIC_NS && magic != MAGIC_US) {
		in->big = true;
		magic = get32(in, b);
	}
	in->micro = magic == MAGIC_US;
	return (in->micro || magic == MAGIC_NS) &&
	       (get32(in, b + 20) & 0xfffffff) == ETHERNET;
}

bool nic_capture_each(FILE *from, bool (*fn)(void *ctx, u64 when,
					     const u8 *frame, u32 n),
		      void *ctx)
{
	struct in in = { .f = from };
	u8 rec[16], *frame = malloc(SNAP);
	bool ok = frame && head(&in);
	size_t got = 0;

	while (ok && (got = fread(rec, 1, sizeof(rec), from)) == sizeof(rec)) {
		u32 n = get32(&in, rec + 8);
		u64 when = (u64)get32(&in, rec) * UINT64_C(1000000000) +
			   (u64)get32(&in, rec + 4) * (in.micro ? 1000 : 1);

		if (n > SNAP || fread(frame, 1, n, from) != n)
			ok = false;
		else if (!fn(ctx, when, frame, n))
			break;
	}
	if (got && got != sizeof(rec))
		ok = false;
	free(frame);
	return ok;
}
