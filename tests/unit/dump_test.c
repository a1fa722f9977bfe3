// SPDX-License-Identifier: Apache-2.0
/* Files, runs and memory blocks of a dump, whatever its format. */
#include "fmt/dump_mem.h"
#include "fmt_open.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A dump over a memory file of npages pages; page n is filled with byte n. */
static struct ntr_dump *paged(unsigned npages, size_t tail)
{
	struct ntr_dump *d = calloc(1, sizeof(*d));
	int fd = memfd_create("t", 0);
	uint8_t page[4096];

	for (unsigned i = 0; i < npages; i++) {
		memset(page, (int)i, sizeof(page));
		if (write(fd, page, sizeof(page)) != sizeof(page))
			abort();
	}
	if (tail && write(fd, page, tail) != (ssize_t)tail)
		abort();
	if (ntr_file_from_fd(&d->file, fd, "t.dmp", NULL))
		abort();
	d->page_shift = 12;
	d->page_pfn = UINT64_MAX;
	d->complete = true;
	ntr_dump_mem_init(d);
	return d;
}

static void add(struct ntr_dump *d, u64 pfn, u64 n, u64 off)
{
	CHECK(ntr_dump_add_run(d, pfn, n, off, NULL) == NTR_OK);
}

static void runs_in_order(void)
{
	struct ntr_dump *d = paged(8, 0);

	add(d, 0, 2, 0);
	add(d, 2, 1, 0x2000); /* joins the first */
	add(d, 0x10, 3, 0x3000);
	add(d, 0x20, 0, 0x6000);
	add(d, 0x30, 2, NTR_OFF_ZERO);
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK_EQ(d->runs.n, 3);
	CHECK_EQ(d->notes.n, 0);
	CHECK(d->complete);
	CHECK_EQ(byte_at(&d->phys, 0x2fff), 2);
	CHECK_EQ(byte_at(&d->phys, 0x10000), 3);
	CHECK_EQ(byte_at(&d->phys, 0x12fff), 5);
	CHECK_EQ(byte_at(&d->phys, 0x13000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x3000), -1);
	CHECK_EQ(byte_at(&d->phys, 0x30000), 0);
	CHECK_EQ(byte_at(&d->phys, UINT64_MAX), -1);
	ntr_dump_close(d);
}

static void read_across_runs(void)
{
	struct ntr_dump *d = paged(4, 0);
	u8 buf[0x3000];

	add(d, 1, 1, 0x3000);
	add(d, 2, 2, 0x0000);
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK(ntr_space_read(&d->phys, 0x1000, buf, 0x3000, NULL) == NTR_OK);
	CHECK_EQ(buf[0], 3);
	CHECK_EQ(buf[0x1000], 0);
	CHECK_EQ(buf[0x2fff], 1);
	CHECK(ntr_space_read(&d->phys, 0x1800, buf, 0x3000, NULL) ==
	      NTR_ABSENT);
	CHECK_EQ(ntr_space_read_some(&d->phys, 0x1800, buf, 0x3000), 0x2800);
	ntr_dump_close(d);
}

/* Overlapping and unsorted runs: the first listed wins, and it is said. */
static void runs_overlap(void)
{
	struct ntr_dump *d = paged(12, 0);

	add(d, 4, 4, 0x0000);
	add(d, 2, 4, 0x4000); /* 4 and 5 are taken already */
	add(d, 6, 4, 0x8000); /* 6 and 7 are taken already */
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK_EQ(byte_at(&d->phys, 0x2000), 4);
	CHECK_EQ(byte_at(&d->phys, 0x3000), 5);
	CHECK_EQ(byte_at(&d->phys, 0x4000), 0);
	CHECK_EQ(byte_at(&d->phys, 0x7000), 3);
	CHECK_EQ(byte_at(&d->phys, 0x8000), 10);
	CHECK_EQ(byte_at(&d->phys, 0x9000), 11);
	CHECK_EQ(d->notes.n, 1);
	CHECK_HAS(d->notes.v[0], "overlap");
	ntr_dump_close(d);
}

/* A page that is not whole in the file is not readable. */
static void runs_beyond_the_file(void)
{
	struct ntr_dump *d = paged(2, 100);

	add(d, 0, 8, 0);
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK(!d->complete);
	CHECK_EQ(d->pages_missing, 6);
	CHECK_EQ(byte_at(&d->phys, 0x1fff), 1);
	CHECK_EQ(byte_at(&d->phys, 0x2000), -1);
	ntr_dump_close(d);
}

static void runs_that_wrap(void)
{
	struct ntr_dump *d = paged(1, 0);

	CHECK(ntr_dump_add_run(d, UINT64_MAX, 1, 0, NULL) == NTR_BAD);
	CHECK(ntr_dump_add_run(d, 1, UINT64_MAX, 0, NULL) == NTR_BAD);
	add(d, 0, (UINT64_C(1) << 52) - 1, 0);
	add(d, UINT64_C(1) << 51, 1, UINT64_MAX - 4096);
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK_EQ(byte_at(&d->phys, 0), 0);
	CHECK_EQ(byte_at(&d->phys, 0x1000), -1);
	ntr_dump_close(d);
}

static void blocks_overlap(void)
{
	struct ntr_dump *d = paged(4, 0);
	u8 buf[0x40];
	u64 top = UINT64_MAX - 0xf;

	CHECK(!ntr_dump_add_vblock(d, 0x2010, 0x20, 0x1000, "stack", NULL));
	CHECK(!ntr_dump_add_vblock(d, 0x2000, 0x20, 0x2000, "data", NULL));
	CHECK(!ntr_dump_add_vblock(d, top, 0x10, 0x3000, "data", NULL));
	CHECK(ntr_dump_add_vblock(d, top, 0x11, 0, "data", NULL) == NTR_BAD);
	CHECK(!ntr_dump_add_vblock(d, 0x9000, 0x20, 0x3ff0, "data", NULL));
	CHECK(ntr_dump_seal(d, NULL) == NTR_OK);
	CHECK(ntr_space_read(&d->blocks, 0x2000, buf, 0x30, NULL) == NTR_OK);
	CHECK_EQ(buf[0x1f], 2);
	CHECK_EQ(buf[0x20], 1);
	CHECK(ntr_space_read(&d->blocks, 0x2000, buf, 0x31, NULL) ==
	      NTR_ABSENT);
	CHECK(ntr_space_read(&d->blocks, top, buf, 0x10, NULL) == NTR_OK);
	CHECK_EQ(buf[0], 3);
	CHECK(ntr_space_read(&d->blocks, 0x9000, buf, 0x10, NULL) == NTR_OK);
	CHECK(ntr_space_read(&d->blocks, 0x9000, buf, 0x11, NULL) ==
	      NTR_ABSENT);
	CHECK(!d->complete);
	ntr_dump_close(d);
}

/* The cached path must agree with the direct one at every boundary. */
static void file_reads(void)
{
	struct ntr_dump *d = paged(9, 7);
	static u8 big[9 * 4096 + 7], one[9 * 4096 + 7];
	u8 x;

	CHECK(ntr_file_read(d->file, 0, big, sizeof(big), NULL) == NTR_OK);
	for (size_t i = 0; i < sizeof(one); i += 1000) {
		size_t n = sizeof(one) - i < 1000 ? sizeof(one) - i : 1000;

		CHECK(ntr_file_read(d->file, i, one + i, n, NULL) == NTR_OK);
	}
	CHECK(!memcmp(big, one, sizeof(big)));
	CHECK(ntr_file_read(d->file, sizeof(big), &x, 1, NULL) == NTR_ABSENT);
	CHECK(ntr_file_read(d->file, UINT64_MAX, &x, 1, NULL) == NTR_ABSENT);
	CHECK_EQ(ntr_file_read_some(d->file, 4096 * 9, big, 4096), 7);
	/* Cut short while open: an error, not a crash. */
	CHECK(!ftruncate(d->file->fd, 5000));
	CHECK(ntr_file_read(d->file, 4096, big, 8192, NULL) == NTR_ABSENT);
	ntr_dump_close(d);
}

static void not_files(void)
{
	struct ntr_dump *d = NULL;
	struct ntr_err e = { "" };
	char fifo[] = "/tmp/ntr-test-XXXXXX";

	CHECK(ntr_dump_open(&d, "/", NULL, &e) == NTR_USAGE);
	CHECK_HAS(e.msg, "is a folder, not a file");
	CHECK(ntr_dump_open(&d, "/dev/zero", NULL, &e) == NTR_USAGE);
	CHECK_HAS(e.msg, "is a device");
	CHECK(ntr_dump_open(&d, "/no/such/file", NULL, &e) == NTR_IO);
	CHECK_HAS(e.msg, "No such file");
	CHECK(mkdtemp(fifo) != NULL);
	CHECK(!rmdir(fifo) && !mkfifo(fifo, 0600));
	CHECK(ntr_dump_open(&d, fifo, NULL, &e) == NTR_USAGE);
	CHECK_HAS(e.msg, "is a pipe");
	unlink(fifo);
	CHECK(d == NULL);
}

static void zeros_and_nothing(void)
{
	struct ntr_dump *d = NULL;
	struct ntr_file *f;
	struct ntr_err e = { "" };
	int fd = memfd_create("t", 0);

	CHECK(ntr_file_from_fd(&f, fd, "empty.dmp", NULL) == NTR_OK);
	CHECK(ntr_dump_open_file(&d, f, NULL, &e) == NTR_UNSUP);
	CHECK_HAS(e.msg, "empty.dmp: not a dump: the file is empty");
	fd = memfd_create("t", 0);
	CHECK(!ftruncate(fd, 300000));
	CHECK(ntr_file_from_fd(&f, fd, "zero.dmp", NULL) == NTR_OK);
	CHECK(ntr_dump_open_file(&d, f, NULL, &e) == NTR_UNSUP);
	CHECK_HAS(e.msg, "all 300000 bytes are zero");
	CHECK(d == NULL);
}

int main(void)
{
	RUN(runs_in_order);
	RUN(read_across_runs);
	RUN(runs_overlap);
	RUN(runs_beyond_the_file);
	RUN(runs_that_wrap);
	RUN(blocks_overlap);
	RUN(file_reads);
	RUN(not_files);
	RUN(zeros_and_nothing);
	return test_done();
}
