// SPDX-License-Identifier: Apache-2.0
/* Pages of pool written byte by byte from the published header layouts. */
#include "fmt/dump.h"
#include "kobj/pool_page.h"
#include "test.h"

static u8 *new_page(void)
{
	u8 *p = calloc(1, 4096);

	if (!p)
		abort();
	return p;
}

static struct ntr_pool_form form(u32 machine, u32 build)
{
	struct ntr_pool_form f = { 0 };

	CHECK_EQ(ntr_pool_form_of(machine, build, &f, NULL), NTR_OK);
	return f;
}

/* --- what a header says -------------------------------------------------------- */

static void header_nt4(void)
{
	struct ntr_pool_form f = form(0x14c, 1381);
	struct ntr_pool_block b;
	u8 *p = new_page();

	/* previous 0, index 1, type 2 (paged + 1), size 3 * 32 */
	memcpy(p, "\x00\x01\x02\x03" "AfdB", 8);
	ntr_pool_block_at(&f, p, 0, &b);
	CHECK_EQ(b.size, 96);
	CHECK_EQ(b.previous, 0);
	CHECK_EQ(b.index, 1);
	CHECK_EQ(b.state, NTR_POOL_PAGED);
	CHECK_EQ(b.tag, 0x42646641);
	memcpy(p + 96, "\x03\x00\x01\x7d" "Gla\xf2", 8);
	ntr_pool_block_at(&f, p, 96, &b);
	CHECK_EQ(b.previous, 96);
	CHECK_EQ(b.size, 0x7d * 32);
	CHECK_EQ(b.state, NTR_POOL_NONPAGED);
	CHECK(b.protect);
	CHECK_EQ(b.tag, 0x72616c47);
	CHECK(ntr_pool_page_good(&f, p) == false); /* paged and nonpaged */
	free(p);
}

static void header_xp(void)
{
	struct ntr_pool_form f = form(0x14c, 2600);
	struct ntr_pool_block b;
	u8 *p = new_page();

	/* previous 0x101 units of 8, index 3; size 0x1f0, type 9 + 1 */
	put16(p, 8, 0x101 | 3 << 9);
	put16(p, 10, 0x1f0 | 10 << 9);
	memcpy(p + 12, "Proc", 4);
	ntr_pool_block_at(&f, p, 8, &b);
	CHECK_EQ(b.previous, 0x808);
	CHECK_EQ(b.index, 3);
	CHECK_EQ(b.size, 0xf80);
	CHECK_EQ(b.state, NTR_POOL_PAGED);
	CHECK(b.quota);
	CHECK(!b.session);
	free(p);
}

static void header_x64(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_block b;
	u8 *p = new_page();
	char tag[5];

	put32(p, 0, 0x0a420005); /* type 0xa: in use + quota, size 0x42 */
	memcpy(p + 4, "MmC\0", 4);
	ntr_pool_block_at(&f, p, 0, &b);
	CHECK_EQ(b.size, 0x420);
	CHECK_EQ(b.previous, 0x50);
	CHECK_EQ(b.state, NTR_POOL_NONPAGED);
	CHECK(b.quota);
	ntr_pool_tag_text(b.tag, tag);
	CHECK_STR(tag, "MmC ");
	put32(p, 0, 0x03420005);
	ntr_pool_block_at(&f, p, 0, &b);
	CHECK_EQ(b.state, NTR_POOL_PAGED);
	put32(p, 0, 0x00420005);
	ntr_pool_block_at(&f, p, 0, &b);
	CHECK_EQ(b.state, NTR_POOL_FREE);
	/* 2003 keeps the type plus one */
	f = form(0x8664, 3790);
	put32(p, 0, 0x01420005);
	ntr_pool_block_at(&f, p, 0, &b);
	CHECK_EQ(b.state, NTR_POOL_NONPAGED);
	free(p);
}

static void forms(void)
{
	struct ntr_pool_form f;
	struct ntr_err e;

	CHECK_EQ(ntr_pool_form_of(0x184, 1381, &f, &e), NTR_UNSUP);
	CHECK_HAS(e.msg, "machine");
	CHECK_EQ(ntr_pool_form_of(0x14c, 0, &f, &e), NTR_UNSUP);
	CHECK_HAS(e.msg, "build");
	CHECK(form(0x14c, 1057).unit == 32);
	CHECK(form(0x14c, 2195).unit == 32);
	CHECK(form(0x14c, 19041).unit == 8);
	CHECK(form(0xaa64, 17763).tiled);
	CHECK(!form(0x8664, 19041).tiled);
}

static void tags(void)
{
	CHECK(ntr_pool_tag_plausible(0x42646641));
	CHECK(ntr_pool_tag_plausible(0xc2646641)); /* protected */
	CHECK(ntr_pool_tag_plausible(0x00436d4d)); /* "MmC" */
	CHECK(!ntr_pool_tag_plausible(0x42006641));
	CHECK(!ntr_pool_tag_plausible(0));
	CHECK(!ntr_pool_tag_plausible(0x41414101));
	CHECK(!ntr_pool_tag_plausible(0x41414120));
}

/* --- pages -------------------------------------------------------------------------- */

/* A tiled page of 64-byte x64 blocks, Windows 7. */
static u8 *page64(void)
{
	u8 *p = new_page();

	for (unsigned i = 0; i < 64; i++) {
		put32(p, i * 64, (i ? 4u : 0) | 4u << 16 | 2u << 24);
		memcpy(p + i * 64 + 4, i == 9 ? "Bad1" : "Good", 4);
	}
	return p;
}

static void good_page(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_block b;
	struct ntr_pool_check c;
	u8 *p = page64();

	CHECK(ntr_pool_page_good(&f, p));
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_GOOD);
	CHECK_EQ(c.nblocks, 64);
	CHECK(ntr_pool_block_of(&f, p, 9 * 64 + 40, &b));
	CHECK_EQ(b.off, 9 * 64);
	CHECK_EQ(b.tag, 0x31646142);
	CHECK(ntr_pool_block_of(&f, p, 4095, &b));
	CHECK_EQ(b.off, 63 * 64);
	CHECK(!ntr_pool_block_of(&f, p, 4096, &b));
	free(p);
}

/* Block 9 wrote 8 bytes too many. */
static void overrun(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_check c;
	u8 *p = page64();

	memset(p + 10 * 64, 0x41, 8);
	CHECK(!ntr_pool_page_good(&f, p));
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_DAMAGED);
	CHECK_EQ(c.fault, NTR_POOL_FAULT_PREVIOUS);
	CHECK_EQ(c.nblocks, 10);
	CHECK_EQ(c.bad, 640);
	CHECK(c.has_before);
	CHECK_EQ(c.before.off, 576);
	CHECK_EQ(c.before.tag, 0x31646142);
	CHECK(c.has_after);
	CHECK_EQ(c.after.off, 704);
	CHECK_EQ(c.real_size, 64);
	CHECK_EQ(c.nafter, 53);
	CHECK(!c.has_flip);
	free(p);
}

static void each_fault(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_check c;
	u8 *p = page64();

	put32(p, 0, 0x02040001);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_DAMAGED);
	CHECK_EQ(c.fault, NTR_POOL_FAULT_FIRST);
	CHECK(!c.has_before);
	CHECK(c.has_flip);
	CHECK_EQ(c.flip, 0);
	put32(p, 0, 0x02040000);
	put32(p, 640, 0x02000004);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.fault, NTR_POOL_FAULT_ZERO);
	CHECK_EQ(c.bad, 640);
	CHECK_EQ(c.flip, 18);
	CHECK_EQ(c.flip_at, 640);
	put32(p, 640, 0x02f80004);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.fault, NTR_POOL_FAULT_PAST_END);
	CHECK(!c.has_flip);
	put32(p, 640, 0x03040004);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.fault, NTR_POOL_FAULT_MIXED);
	CHECK_EQ(c.bad, 640);
	CHECK_STR(ntr_pool_fault_text(c.fault),
		  "paged and nonpaged blocks in one page");
	free(p);
}

/* The size of block 9 itself lost a bit: 4 units are now 0 or 5. */
static void wrong_size_before(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_check c;
	u8 *p = page64();

	put32(p, 576, 0x02060004); /* 6 units: leads into block 10 */
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_DAMAGED);
	CHECK_EQ(c.before.off, 576);
	CHECK_EQ(c.has_flip, 1);
	CHECK_EQ(c.flip_at, 576);
	CHECK_EQ(c.flip, 17);
	put32(p, 576, 0x02030004); /* 3 units: ends inside itself */
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.bad, 576 + 48);
	CHECK_EQ(c.before_size, 64);
	free(p);
}

/* Pages that never had headers are not called damaged. */
static void other_pages(void)
{
	struct ntr_pool_form f = form(0x8664, 7601);
	struct ntr_pool_check c;
	u8 *p = new_page();
	u32 x = 12345;

	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_OTHER);
	memset(p, 0xff, 4096);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_OTHER);
	memset(p, 0x41, 4096);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_OTHER);
	for (unsigned k = 0; k < 200; k++) {
		for (unsigned i = 0; i < 4096; i++)
			p[i] = (u8)((x = x * 1103515245 + 12345) >> 16);
		ntr_pool_page_check(&f, p, &c);
		CHECK_EQ(c.verdict, NTR_POOL_PAGE_OTHER);
	}
	free(p);
}

/* The segment heap's pages follow no such rule: never damaged. */
static void segment_heap(void)
{
	struct ntr_pool_form f = form(0x8664, 19041);
	struct ntr_pool_check c;
	u8 *p = page64();

	memset(p + 10 * 64, 0x41, 8);
	ntr_pool_page_check(&f, p, &c);
	CHECK_EQ(c.verdict, NTR_POOL_PAGE_OTHER);
	free(p);
}

/* Anything at all, by every layout, stays inside the page (ASan looks). */
static void any_bytes(void)
{
	static const u32 builds[] = { 1057, 2195, 2600, 7601 };
	struct ntr_pool_check c;
	u32 x = 99;
	u8 *p = new_page();
	unsigned told = 0;

	for (unsigned k = 0; k < 4000; k++) {
		struct ntr_pool_form f = form(k & 1 ? 0x14c : 0x8664,
					      k & 1 ? builds[k / 2 % 4] : 7601);
		for (unsigned i = 0; i < 4096; i += 1 + x % 7) {
			x = x * 1103515245 + 12345;
			p[i] = x & 0x100000 ? (u8)(x >> 24) : (u8)(x >> 29);
		}
		ntr_pool_page_check(&f, p, &c);
		told += c.bad <= 4096 && c.nblocks <= 512;
	}
	CHECK_EQ(told, 4000);
	free(p);
}

int main(void)
{
	RUN(header_nt4);
	RUN(header_xp);
	RUN(header_x64);
	RUN(forms);
	RUN(tags);
	RUN(good_page);
	RUN(overrun);
	RUN(each_fault);
	RUN(wrong_size_before);
	RUN(other_pages);
	RUN(segment_heap);
	RUN(any_bytes);
	return test_done();
}
