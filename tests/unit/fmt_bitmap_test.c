// SPDX-License-Identifier: Apache-2.0
/* Bitmap dumps: three layouts, the choice between them, damage, size. */
#include "dmp_fixture.h"

#define BITS 0x200u
#define NPAGES 9u
/* Pages that are there: across words, and the last bit. */
static const unsigned pfns[NPAGES] = { 1, 2, 62, 63, 64, 65, 200, 201, 511 };

static void set_bits(uint8_t *map)
{
	for (unsigned i = 0; i < NPAGES; i++)
		map[pfns[i] / 8] |= (uint8_t)(1u << pfns[i] % 8);
}

static void set_pages(uint8_t *data, size_t page)
{
	for (unsigned i = 0; i < NPAGES; i++)
		memset(data + i * page, (int)(pfns[i] & 0xff) ^ 0x55, page);
}

static unsigned byte_of(struct ntr_dump *d, u64 pfn)
{
	u8 v = 0;

	if (ntr_read_u8(&d->phys, pfn << d->page_shift, &v))
		return 0xffff;
	return v ^ 0x55u;
}

static void check_pages(struct ntr_dump *d)
{
	unsigned next = 0;

	for (unsigned pfn = 0; pfn < BITS + 8; pfn++) {
		bool there = next < NPAGES && pfns[next] == pfn;

		CHECK_EQ(byte_of(d, pfn), there ? (pfn & 0xff) : 0xffff);
		next += there;
	}
	CHECK_EQ(fx_runs(d), 4);
	fx_sane(d);
}

struct shape {
	char layout;
	bool wide;
	uint32_t type;
	const char *tag;
	enum ntr_dump_kind kind;
};

static size_t shape_len(const struct shape *s)
{
	return (s->wide ? 0x3000 : 0x2000) + NPAGES * 0x1000;
}

static uint8_t *make(const struct shape *s)
{
	size_t hdr = s->wide ? 0x2000 : 0x1000;
	uint8_t *p = calloc(1, shape_len(s)), *b = p + hdr;

	if (s->wide)
		fx_header64(p, s->type);
	else
		fx_header32(p, s->type);
	fx_fill(b, 0x38);
	memcpy(b, s->tag, 4);
	memcpy(b + 4, "DUMP", 4);
	if (s->layout == 'A') {
		put64(b, 0x20, hdr + 0x1000);
		put64(b, 0x28, NPAGES);
		put64(b, 0x30, BITS);
		set_bits(b + 0x38);
	} else {
		put32(b, 0x08, 0);
		put32(b, 0x0c, (uint32_t)hdr + 0x1000);
		put32(b, 0x10, BITS);
		put32(b, 0x14, NPAGES);
		put32(b, 0x18, BITS);
		put32(b, 0x1c, s->layout == 'B' ? 0x80abc020 : 0);
		memset(b + 0x20, 0, 0x18);
		if (s->layout == 'C')
			put64(b, 0x20, 0xfffffa8001234028);
		set_bits(b + (s->layout == 'B' ? 0x20 : 0x28));
	}
	set_pages(b + 0x1000, 0x1000);
	return p;
}

static const struct shape shapes[] = {
	{ 'A', true, 5, "FDMP", NTR_KIND_BITMAP_FULL },
	{ 'A', true, 6, "SDMP", NTR_KIND_BITMAP_KERNEL },
	{ 'A', true, 2, "SDMP", NTR_KIND_KERNEL },
	{ 'A', true, 7, "SDMP", NTR_KIND_BITMAP_KERNEL },
	{ 'A', true, 7, "FDMP", NTR_KIND_BITMAP_FULL },
	{ 'A', true, 8, "SDMP", NTR_KIND_BITMAP_KERNEL },
	{ 'A', false, 2, "SDMP", NTR_KIND_KERNEL },
	{ 'A', false, 5, "FDMP", NTR_KIND_BITMAP_FULL },
	{ 'B', false, 2, "SDMP", NTR_KIND_KERNEL },
	{ 'C', true, 2, "SDMP", NTR_KIND_KERNEL },
	{ 'B', true, 2, "SDMP", NTR_KIND_KERNEL },
	{ 'C', false, 2, "SDMP", NTR_KIND_KERNEL },
};

static void every_layout(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		uint8_t *p = make(&shapes[i]);
		struct ntr_dump *d = fx_open(p, shape_len(&shapes[i]));

		CHECK_EQ(d->kind, shapes[i].kind);
		CHECK(d->complete);
		/* Type 8 promises ranges: that is said. */
		CHECK_EQ(d->notes.n, shapes[i].type == 8);
		check_pages(d);
		ntr_dump_close(d);
		free(p);
	}
}

/* The count of pages and of bits the other way round. */
static void swapped_counts(void)
{
	uint8_t *p = make(&shapes[0]);
	struct ntr_dump *d;

	put64(p, 0x2028, BITS);
	put64(p, 0x2030, NPAGES);
	d = fx_open(p, shape_len(&shapes[0]));
	CHECK(d->complete);
	check_pages(d);
	ntr_dump_close(d);
	free(p);
}

/* The memory descriptor of a kernel dump is of the machine, not of the file. */
static void descriptor_is_not_used(void)
{
	uint8_t *p = make(&shapes[1]);
	struct ntr_dump *d;

	put32(p, 0x88, 1);
	put64(p, 0x90, 0x10000);
	put64(p, 0x98, 0);
	put64(p, 0xa0, 0x10000);
	d = fx_open(p, shape_len(&shapes[1]));
	CHECK(d->complete);
	check_pages(d);
	ntr_dump_close(d);
	free(p);
}

static void repaired_from_the_bitmap(void)
{
	static const struct {
		unsigned off;
		uint64_t v;
		const char *note;
	} bad[] = {
		{ 0x2020, 0, "offset of the first page" },
		{ 0x2020, 0x2fff, "offset of the first page" },
		{ 0x2020, UINT64_MAX, "offset of the first page" },
		{ 0x2030, UINT64_MAX, "number of bits" },
		{ 0x2030, 0, "number of bits" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *p = make(&shapes[0]);
		struct ntr_dump *d;

		put64(p, bad[i].off, bad[i].v);
		d = fx_open(p, shape_len(&shapes[0]));
		CHECK_NOTE(d, bad[i].note);
		check_pages(d);
		ntr_dump_close(d);
		free(p);
	}
}

static void wrong_page_count_is_noted(void)
{
	static const uint64_t v[] = { 0, 1, 8, 10, 0x200, 0x201, UINT64_MAX };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		uint8_t *p = make(&shapes[0]);
		struct ntr_dump *d;

		put64(p, 0x2028, v[i]);
		d = fx_open(p, shape_len(&shapes[0]));
		/* One more than there are bits: either count may be it. */
		CHECK_NOTE(d, v[i] == 0x201 ? "0x2030: " : "0x2028: ");
		CHECK_NOTE(d, "the bitmap has 9");
		check_pages(d);
		ntr_dump_close(d);
		free(p);
	}
}

static void hopeless_headers(void)
{
	uint8_t *p = make(&shapes[0]);
	struct ntr_dump *d;

	memset(p + 0x2008, 0xff, 0x30);
	d = fx_open(p, shape_len(&shapes[0]));
	CHECK_NOTE(d, "0x2000: the bitmap header fits none");
	CHECK(!d->complete);
	CHECK_EQ(ntr_dump_page_count(d), 0);
	CHECK_EQ(d->meta.bugcheck, 0xd1);
	ntr_dump_close(d);
	memset(p + 0x2000, 0, 8);
	d = fx_open(p, shape_len(&shapes[0]));
	CHECK_NOTE(d, "no SDMP or FDMP header at 0x2000");
	CHECK(!d->complete);
	CHECK_EQ(d->kind, NTR_KIND_BITMAP_FULL);
	ntr_dump_close(d);
	free(p);
}

static void every_truncation(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i += 4) {
		uint8_t *p = make(&shapes[i]);
		size_t min = shapes[i].wide ? 0x60 : 0x3c;

		fx_every_cut(p, shape_len(&shapes[i]), min, 0x80, 57);
		free(p);
	}
}

static void truncated_counts_pages(void)
{
	uint8_t *p = make(&shapes[1]);
	struct ntr_dump *d = fx_open(p, 0x3000 + 0x2800);

	CHECK(!d->complete);
	CHECK_EQ(d->pages_missing, 7);
	CHECK_EQ(byte_of(d, 2), 2);
	CHECK_EQ(byte_of(d, 62), 0xffff);
	ntr_dump_close(d);
	/* Inside the bitmap: no page can be there. */
	d = fx_open(p, 0x2050);
	CHECK(!d->complete);
	CHECK_EQ(d->pages_missing, 9);
	CHECK_NOTE(d, "inside the bitmap");
	CHECK_EQ(ntr_dump_page_count(d), 0);
	ntr_dump_close(d);
	free(p);
}

/* IA64 before Windows 8: layout C, pages of 8 KiB. */
static void ia64_kernel_dump(void)
{
	size_t len = 0x3000 + NPAGES * 0x2000;
	uint8_t *p = realloc(make(&shapes[9]), len);
	struct ntr_dump *d;

	put32(p, 0x30, 0x200);
	set_pages(p + 0x3000, 0x2000);
	d = fx_open(p, len);
	CHECK(d->complete);
	CHECK_EQ(d->page_shift, 13);
	check_pages(d);
	ntr_dump_close(d);
	free(p);
}

static void blobs_follow_the_pages(void)
{
	size_t len = shape_len(&shapes[0]);
	uint8_t *p = realloc(make(&shapes[0]), len + 0x30);
	struct ntr_dump *d;

	memset(p + len, 0, 0x30);
	memcpy(p + len, "DumpBlob", 8);
	put32(p, len + 8, 0x10);
	put32(p, len + 0x10, 0x20);
	d = fx_open(p, len + 0x30);
	CHECK(d->complete);
	CHECK_EQ(d->blobs.n, 1);
	ntr_dump_close(d);
	free(p);
}

/* A bitmap of random words, against a plain loop over its bits. */
static void random_bitmaps_match_a_plain_loop(void)
{
	enum { BYTES = 1237, N = BYTES * 8 - 3 };
	size_t head = 0x3000, len;
	uint8_t *p, *map;
	uint64_t seed = 88172645463325252u;

	for (unsigned round = 0; round < 40; round++) {
		unsigned count = 0, seen = 0;
		struct ntr_dump *d;

		p = calloc(1, head + (size_t)N * 0x1000);
		fx_header64(p, 6);
		memcpy(p + 0x2000, "SDMPDUMP", 8);
		map = p + 0x2038;
		for (unsigned i = 0; i < BYTES; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			map[i] = round % 4 == 0 ? (uint8_t)seed :
				 round % 4 == 1 ? (seed & 8 ? 0xff : 0) :
				 round % 4 == 2 ? (i / 40 % 2 ? 0xff : 0) :
				 (seed & 0x70 ? 0 : (uint8_t)(seed >> 9));
		}
		for (unsigned i = 0; i < N; i++)
			if (map[i / 8] >> i % 8 & 1)
				put32(p, head + count++ * 0x1000, i + 1);
		put64(p, 0x2020, head);
		put64(p, 0x2028, count);
		put64(p, 0x2030, N);
		len = head + count * (size_t)0x1000;
		d = fx_open(p, len);
		CHECK(d->complete);
		CHECK_EQ(d->notes.n, 0);
		for (unsigned i = 0; i < N; i++) {
			u32 v = 0;
			bool set = map[i / 8] >> i % 8 & 1;
			enum ntr_st st = ntr_read_u32(&d->phys,
						      (u64)i << 12, &v);

			CHECK_EQ(st, set ? NTR_OK : NTR_ABSENT);
			CHECK_EQ(v, set ? i + 1 : 0);
			seen += set;
		}
		CHECK_EQ(seen, count);
		CHECK_EQ(ntr_dump_page_count(d), count);
		ntr_dump_close(d);
		free(p);
	}
}

static int sparse_8gib(uint32_t type, uint64_t gap)
{
	uint64_t pages = UINT64_C(1) << 21, bytes = pages / 8, left = 0;
	uint64_t first = (0x2038 + bytes + 0xfff) & ~UINT64_C(0xfff);
	uint8_t *p = malloc(first);
	int fd = memfd_create("8g", 0);

	fx_header64(p, type);
	memset(p + 0x2000, 0, first - 0x2000);
	memcpy(p + 0x2000, type == 5 ? "FDMPDUMP" : "SDMPDUMP", 8);
	memset(p + 0x2038, 0xff, bytes);
	for (uint64_t i = gap; gap && i < pages; i += gap, left++)
		p[0x2038 + i / 8] &= (uint8_t)~(1u << i % 8);
	put64(p, 0x2020, first);
	put64(p, 0x2028, pages - left);
	put64(p, 0x2030, pages);
	if (pwrite(fd, p, first, 0) != (ssize_t)first ||
	    ftruncate(fd, (off_t)(first + ((pages - left) << 12))))
		abort();
	free(p);
	return fd;
}

/* 8 GiB: little memory, however many pieces the memory is in. */
static void eight_gib_dump_is_small_in_memory(void)
{
	static const uint64_t gap[] = { 0, 1025, 64, 2 };

	for (size_t i = 0; i < 4; i++) {
		struct ntr_dump *d = NULL;
		struct ntr_err e = { "" };

		CHECK_EQ(fx_open_fd(sparse_8gib(5, gap[i]), &d, &e), NTR_OK);
		if (!d)
			return;
		CHECK(d->complete);
		CHECK_EQ(fx_runs(d), !gap[i] ? 1 : ((1u << 21) - 1) / gap[i] + 1);
		CHECK(d->runs.cap * sizeof(struct ntr_run) +
		      d->arena.total < 1u << 15);
		CHECK_EQ(byte_of(d, 999), 0x55);
		CHECK_EQ(byte_of(d, (1u << 21) - 1), 0x55);
		CHECK_EQ(byte_of(d, 1u << 20), gap[i] == 64 || gap[i] == 2 ?
			 0xffff : 0x55);
		CHECK_EQ(ntr_dump_page_count(d), (1u << 21) - (gap[i] ? ((1u << 21) - 1) /
						 gap[i] : 0));
		ntr_dump_close(d);
	}
}

/* Cut in the middle of what the index serves: those pages are absent. */
static void truncated_indexed_dump(void)
{
	int fd = sparse_8gib(6, 2);
	struct ntr_dump *d = NULL;
	struct ntr_err e = { "" };
	uint64_t first = 0x43000;

	CHECK_EQ(ftruncate(fd, (off_t)(first + 0xffffffff)), 0);
	CHECK_EQ(fx_open_fd(fd, &d, &e), NTR_OK);
	if (!d)
		return;
	CHECK(!d->complete);
	/* Pages 0, 1, 3, 5, …: 2^20 + 1 of them. */
	CHECK_EQ(d->pages_missing, 2);
	CHECK_EQ(ntr_dump_page_count(d), 0xfffff);
	CHECK_EQ(byte_of(d, 0x1ffffb), 0x55);
	CHECK_EQ(byte_of(d, 0x1ffffd), 0xffff);
	CHECK_EQ(byte_of(d, 0x1ffffc), 0xffff);
	fx_sane(d);
	ntr_dump_close(d);
}

/* A small file that claims everything gets memory for what it holds. */
static void lying_bitmap_needs_no_memory(void)
{
	size_t len = 0x2038 + (1u << 20);
	uint8_t *p = malloc(len);
	struct ntr_dump *d;

	fx_header64(p, 6);
	memset(p + 0x2000, 0x55, len - 0x2000);
	memcpy(p + 0x2000, "SDMPDUMP", 8);
	put64(p, 0x2020, 0x103000);
	put64(p, 0x2028, 1u << 22);
	put64(p, 0x2030, 1u << 23);
	d = fx_open(p, len);
	CHECK(!d->complete);
	CHECK_EQ(ntr_dump_page_count(d), 0);
	CHECK_EQ(d->pages_missing, 1u << 22);
	ntr_dump_close(d);
	free(p);
}

int main(void)
{
	RUN(every_layout);
	RUN(swapped_counts);
	RUN(descriptor_is_not_used);
	RUN(repaired_from_the_bitmap);
	RUN(wrong_page_count_is_noted);
	RUN(hopeless_headers);
	RUN(every_truncation);
	RUN(truncated_counts_pages);
	RUN(ia64_kernel_dump);
	RUN(blobs_follow_the_pages);
	RUN(random_bitmaps_match_a_plain_loop);
	RUN(eight_gib_dump_is_small_in_memory);
	RUN(truncated_indexed_dump);
	RUN(lying_bitmap_needs_no_memory);
	return test_done();
}
