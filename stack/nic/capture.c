// SPDX-License-Identifier: Apache-2.0
/* pcap files, written: the classic format (draft-ietf-opsawg-pcap). */
#include "nic.h"

#include <stdlib.h>

#define MAGIC_NS 0xa1b23c4du
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
	flockfile(c->to);            /* CPUs of several host threads */
	put32(c->to, (u32)(when / UINT64_C(1000000000)));
	put32(c->to, (u32)(when % UINT64_C(1000000000)));
	put32(c->to, n);
	put32(c->to, n);
	(void)fwrite(frame, 1, n, c->to);
	funlockfile(c->to);
}

void nic_capture_free(struct nic_capture *c)
{
	if (!c)
		return;
	fclose(c->to);
	free(c);
}
