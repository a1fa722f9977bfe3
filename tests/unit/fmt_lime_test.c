// SPDX-License-Identifier: Apache-2.0
/* LiME and raw physical images, and the names of files that are no dump. */
#include "fmt_open.h"

enum { LEN = 0x40 + 0x3000 + 0x2000 };

static void range(uint8_t *p, size_t off, u64 first, u64 last)
{
	memcpy(p + off, "EMiL", 4);
	put32(p, off + 4, 1);
	put64(p, off + 8, first);
	put64(p, off + 16, last);
}

/* Two ranges: three pages at 0x1000, two at 0x100000000. */
static uint8_t *fixture(void)
{
	uint8_t *p = calloc(1, LEN);

	if (!p)
		abort();
	range(p, 0, 0x1000, 0x3fff);
	memset(p + 0x20, 0x11, 0x3000);
	range(p, 0x3020, 0x100000000, 0x100001fff);
	memset(p + 0x3040, 0x22, 0x2000);
	return p;
}

static void lime_reads(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d = open_bytes(p, LEN);

	free(p);
	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_STR(d->fmt->name, "lime");
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(d->meta.has, 0);
	CHECK_EQ(d->runs.n, 2);
	CHECK_EQ(d->runs.v[0].pfn, 1);
	CHECK_EQ(d->runs.v[0].npages, 3);
	CHECK_EQ(d->runs.v[0].off, 0x20);
	CHECK_EQ(d->runs.v[1].pfn, 0x100000);
	CHECK_EQ(d->runs.v[1].npages, 2);
	CHECK_EQ(d->runs.v[1].off, 0x3040);
	CHECK_EQ(byte_at(&d->phys, 0xfff), -1);
	CHECK_EQ(byte_at(&d->phys, 0x1000), 0x11);
	CHECK_EQ(byte_at(&d->phys, 0x3fff), 0x11);
	CHECK_EQ(byte_at(&d->phys, 0x4000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x100001fff), 0x22);
	ntr_dump_close(d);
}

static void lime_ragged(void)
{
	uint8_t *p = fixture();
	struct ntr_dump *d;

	/* 0x1800..0x47ff: the whole pages are 2 and 3 */
	put64(p, 8, 0x1800);
	put64(p, 16, 0x47ff);
	d = open_bytes(p, LEN);
	free(p);
	CHECK(d && d->runs.n == 2);
	if (!d)
		return;
	CHECK_EQ(d->runs.v[0].pfn, 2);
	CHECK_EQ(d->runs.v[0].npages, 2);
	CHECK_EQ(d->runs.v[0].off, 0x20 + 0x800);
	CHECK_HAS(notes(d), "not whole pages");
	ntr_dump_close(d);
}

static void lime_damaged(void)
{
	static const struct {
		size_t off;
		uint64_t value;
		const char *note, *fail;
	} x[] = {
		{ 4, 2, NULL, "LiME version 2" },
		{ 16, 0xfff, NULL, "no LiME range" },
		{ 0x3020, 0, "no range header at 0x3020", NULL },
		{ 0x3020 + 16, 0, "ends (0x0) before it begins", NULL },
		{ 0x3020 + 16, UINT64_MAX, "pages that the header promises",
		  NULL },
		{ 16, 0x8fffffff, "pages that the header promises", NULL },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		uint8_t *p = fixture();
		struct ntr_dump *d;

		put64(p, x[i].off, x[i].value);
		d = open_bytes(p, LEN);
		free(p);
		if (!d) {
			CHECK(x[i].fail);
			CHECK_HAS(opened.e.msg, x[i].fail ? x[i].fail : "");
			continue;
		}
		CHECK_HAS(notes(d), x[i].note ? x[i].note : "(none)");
		CHECK(!d->complete);
		CHECK_EQ(byte_at(&d->phys, 0x1000), 0x11);
		ntr_dump_close(d);
	}
}

static void lime_truncated(void)
{
	uint8_t *p = fixture();

	for (size_t len = 1; len < LEN; len += len < 0x60 ? 1 : 61) {
		struct ntr_dump *d = open_bytes(p, len);
		u64 full = len >= 0x3020 ? 3 : len < 0x20 ? 0 :
						(len - 0x20) / 0x1000;

		if (len >= 0x20)
			CHECK(d != NULL);
		else
			CHECK(!d && opened.e.msg[0]);
		if (!d)
			continue;
		CHECK(!d->complete || len == 0x3020);
		CHECK_EQ(full ? byte_at(&d->phys, full << 12) : -1, full ? 0x11 : -1);
		CHECK_EQ(byte_at(&d->phys, (full + 1) << 12), -1);
		ntr_dump_close(d);
	}
	free(p);
}

/* --- raw -------------------------------------------------------------------------- */

#define RAW_LEN (UINT64_C(32) << 20)

/* A sparse file with something like memory on some pages. */
static int raw_fd(uint64_t size)
{
	uint8_t page[4096];
	int fd;

	memset(page, 0, sizeof(page));
	for (size_t i = 0; i < sizeof(page); i += 8)
		put64(page, i, 0xfffff80000001000 + i);
	fd = bytes_fd("\0", 1, size);
	for (uint64_t at = 0x20000; at + 4096 <= size; at += 0x20000)
		if (pwrite(fd, page, sizeof(page), (off_t)at) != sizeof(page))
			abort();
	return fd;
}

static void raw_reads(void)
{
	struct ntr_dump *d = open_fd(raw_fd(RAW_LEN), 0);
	u64 v;

	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_STR(d->fmt->name, "raw");
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK_EQ(d->runs.n, 1);
	CHECK_EQ(d->runs.v[0].npages, 0x2000);
	CHECK_HAS(notes(d), "taken as a raw physical memory image: no header");
	CHECK(ntr_read_u64(&d->phys, 0x20010, &v) == NTR_OK);
	CHECK_EQ(v, 0xfffff80000001010);
	CHECK(ntr_read_u64(&d->phys, RAW_LEN, &v) == NTR_ABSENT);
	ntr_dump_close(d);
}

static void raw_refuses(void)
{
	uint8_t *noise = malloc(RAW_LEN);
	uint32_t x = 1;

	if (!noise)
		abort();
	/* too small, not whole pages, nothing but zeros */
	CHECK(!open_fd(raw_fd(RAW_LEN / 2 - 4096), 0));
	CHECK(!open_fd(raw_fd(RAW_LEN + 8), 0));
	CHECK(!open_fd(bytes_fd("", 0, RAW_LEN), 0));
	CHECK_HAS(opened.e.msg, "all zero bytes");
	for (size_t i = 0; i < RAW_LEN; i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = (uint8_t)(x >> 24);
	}
	CHECK(!open_bytes(noise, RAW_LEN));
	CHECK_HAS(opened.e.msg, "compressed or encrypted");
	free(noise);
}

/* --- what is no dump ---------------------------------------------------------------- */

static void names_files(void)
{
	static const struct { size_t len; const char *bytes, *name; } x[] = {
		{ 0, "", "the file is empty" },
		{ 5, "\0\0\0\0\0", "all 5 bytes are zero" },
		{ 12, "hello world\n", "it is text" },
		{ 8, "<?xml v>", "text (XML)" },
		{ 20, "\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e",
		  "an ELF executable (x86-64)" },
		{ 20, "\x7f" "ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\2\0\x8",
		  "an ELF executable (MIPS)" },
		{ 4, "hibr", "a hibernation file" },
		{ 8, "\xd2\xbe\xd2\xbe\0\0\0\0", "a VMware state file" },
		{ 8, "vhdxfile", "a virtual disk (VHDX)" },
		{ 8, "QFI\xfb\0\0\0\3", "a virtual disk (qcow2)" },
		{ 16, "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0",
		  "a packet capture" },
		{ 16, "SQLite format 3", "an SQLite database" },
		{ 9, "\x89PNG\r\n\x1a\n\1", "a picture (PNG)" },
		{ 12, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc",
		  "data of no known kind" },
		{ 8, "KDMV\1\0\0\0", "a virtual disk (VMDK)" },
		{ 10, "\xff\xfeh\0i\0\r\0\n\0", "text (UTF-16)" },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		CHECK(!open_bytes(x[i].bytes, x[i].len));
		CHECK_EQ(opened.st, NTR_UNSUP);
		CHECK_HAS(opened.e.msg, x[i].name);
	}
}

static void names_corpus_files(void)
{
	static const char *const x[][2] = {
		{ "made/pe/drv64.sys", "a PE image (driver)" },
		{ "made/pe/drv64.pdb", "a PDB symbol file" },
		{ "pcap/zeek/fragmented-1.pcap", "a packet capture" },
		{ "symbols/kphdyn.xml", "text (XML)" },
		{ "made/triple/crash32_O0.exe", "a PE image (program)" },
		{ "INDEX.tsv", "text" },
	};
	char path[4096];

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		if (!test_corpus(x[i][0], path, sizeof(path)))
			SKIP("%s is not there", x[i][0]);
		CHECK(!open_path(path));
		CHECK_HAS(opened.e.msg, x[i][1]);
	}
}

int main(void)
{
	RUN(lime_reads);
	RUN(lime_ragged);
	RUN(lime_damaged);
	RUN(lime_truncated);
	RUN(raw_reads);
	RUN(raw_refuses);
	RUN(names_files);
	RUN(names_corpus_files);
	return test_done();
}
