// SPDX-License-Identifier: Apache-2.0
/* Reading a file ahead changes nothing but the number of system calls. */
#include "fmt/file.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define LEN (3u * 131072u + 5000u)
static uint8_t want[LEN];

static struct ntr_file *make(int *fd)
{
	struct ntr_file *f = NULL;
	uint64_t s = 1;

	for (size_t i = 0; i < LEN; i++) {
		s = s * 6364136223846793005u + 1442695040888963407u;
		want[i] = (uint8_t)(s >> 56);
	}
	*fd = memfd_create("ahead", 0);
	if (*fd < 0 || write(*fd, want, LEN) != LEN ||
	    ntr_file_from_fd(&f, dup(*fd), "ahead", NULL))
		exit(2);
	return f;
}

static void check_at(struct ntr_file *f, uint64_t off, size_t len)
{
	static uint8_t buf[65536];
	enum ntr_st st = ntr_file_read(f, off, buf, len, NULL);

	if (off + len > LEN) {
		CHECK_EQ(st, NTR_ABSENT);
		return;
	}
	CHECK_EQ(st, NTR_OK);
	CHECK(!memcmp(buf, want + off, len));
}

static void in_order(void)
{
	static const size_t step[] = { 4096, 4097, 8192, 12345, 16384, 16385 };
	int fd;

	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		struct ntr_file *f = make(&fd);

		for (uint64_t off = 1; off < LEN; off += step[i])
			check_at(f, off, step[i]);
		for (uint64_t off = 0; off < LEN; off += step[i])
			check_at(f, off, step[i]); /* again, from the start */
		ntr_file_close(f);
		close(fd);
	}
}

static void in_and_out_of_order(void)
{
	int fd;
	struct ntr_file *f = make(&fd);
	uint64_t s = 7, off = 0;

	for (int i = 0; i < 20000; i++) {
		size_t len = 4096;

		s = s * 6364136223846793005u + 1442695040888963407u;
		if (s >> 60 == 0)
			off = (s >> 20) % (LEN + 100); /* anywhere */
		else if (s >> 60 == 1)
			off -= off < 6000 ? off : 6000; /* back a little */
		else if (s >> 60 == 2)
			len = 1 + (s >> 40) % 20000;
		check_at(f, off, len);
		off += len;
		if (off > LEN)
			off = 0;
	}
	ntr_file_close(f);
	close(fd);
}

/* A file that shrinks while it is open: what is gone is ABSENT, at the
 * latest when what was read ahead is used up. */
static void cut_while_open(void)
{
	int fd;
	struct ntr_file *f = make(&fd);
	uint8_t buf[4096];
	unsigned bad = 0;

	for (uint64_t off = 0; off < 8 * 4096; off += 4096)
		check_at(f, off, 4096);
	if (ftruncate(fd, 200000))
		exit(2);
	for (uint64_t off = 8 * 4096; off + 4096 <= LEN; off += 4096) {
		enum ntr_st st = ntr_file_read(f, off, buf, 4096, NULL);

		if (st == NTR_OK)
			CHECK(!memcmp(buf, want + off, 4096));
		else
			CHECK_EQ(st, NTR_ABSENT);
		bad += st != NTR_OK;
	}
	CHECK(bad >= (LEN - 200000 - 131072) / 4096);
	ntr_file_close(f);
	close(fd);
}

int main(void)
{
	RUN(in_order);
	RUN(in_and_out_of_order);
	RUN(cut_while_open);
	return test_done();
}
