// SPDX-License-Identifier: Apache-2.0
/* Packets: checksums against RFC 1071 as it is written, views of one block. */
#include "net.h"

static u16 folded(u32 sum)
{
	u16 v = ndis_fold(sum);
	u8 b[2];

	memcpy(b, &v, 2); /* in the order of memory */
	return (u16)(b[0] << 8 | b[1]);
}

static void sums(void)
{
	static u8 b[200000];

	for (u32 i = 0; i < sizeof(b); i++)
		b[i] = (u8)(i * 167 + (i >> 7));
	for (u32 off = 0; off < 9; off++)
		for (u32 n = 0; n < 400; n++)
			CHECK_EQ(folded(ndis_sum(b + off, n, 0)),
				 net_sum(b + off, n, 0));
	CHECK_EQ(folded(ndis_sum(b, sizeof(b), 0)), net_sum(b, sizeof(b), 0));
	/* the lanes at their fullest */
	memset(b, 0xff, sizeof(b));
	for (u32 n = 65500; n < 65700; n++)
		CHECK_EQ(folded(ndis_sum(b, n, 0)), net_sum(b, n, 0));
	CHECK_EQ(folded(ndis_sum(b, sizeof(b), UINT32_MAX)), 0);
	/* the example of RFC 1071 3: 0001 f203 f4f5 f6f7 gives ddf2 */
	CHECK_EQ(folded(ndis_sum("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8, 0)),
		 0xffff - 0xddf2);
}

/* Whoever goes first: the block goes with the last. */
static void views(void *ctx)
{
	struct ex *x = ctx;

	for (int first = 0; first < 2; first++) {
		struct ndis_buffer *b = ndis_buffer_new(x, 8, 100), *c;

		CHECK(b != NULL);
		if (!b)
			return;
		memset(b->data, 7, 100);
		c = ndis_buffer_clone(x, b, 10, 50);
		CHECK(c && c->data == b->data + 10 && c->length == 50);
		CHECK(!ndis_buffer_clone(x, b, 60, 50));
		if (!c)
			return;
		ndis_buffer_free(x, first ? b : c);
		CHECK_EQ(first ? c->data[49] : b->data[99], 7);
		ndis_buffer_free(x, first ? c : b);
	}
}

static void blocks(void)
{
	struct machine m = machine_new(1, 1);

	CHECK(ex_call(m.x, views, m.x));
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('N', 'D', 'b', 'k')), 0);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('N', 'D', 'b', 'f')), 0);
	machine_free(&m);
}

int main(void)
{
	RUN(sums);
	RUN(blocks);
	return test_done();
}
