// SPDX-License-Identifier: Apache-2.0
#include "fmt/exception.h"
#include "../fuzz/fuzz.h"
#include "test.h"

/* A dump that is only an exception record at file offset 16. */
static enum ntr_st decode(const uint8_t *rec, size_t len,
			  struct ntr_exception *x, struct ntr_err *e)
{
	struct ntr_dump d = { .exception = { .off = 16, .len = len } };
	uint8_t file[16 + 0x98] = { 0 };
	enum ntr_st st;

	memcpy(file + 16, rec, len);
	st = ntr_file_from_fd(&d.file, ntr_fuzz_fd(file, 16 + len), "x.dmp", e);
	if (st)
		return st;
	st = ntr_dump_exception(&d, x, e);
	ntr_file_close(d.file);
	ntr_arena_fini(&d.arena);
	return st;
}

static void reads_64(void)
{
	struct ntr_exception x = { 0 };
	struct ntr_err e = { "" };
	uint8_t r[0x98] = { 0 };

	put32(r, 0x00, 0xc0000005);
	put32(r, 0x04, 1);
	put64(r, 0x08, 0x1122334455667788);
	put64(r, 0x10, 0xfffff8048b58334c);
	put32(r, 0x18, 2);
	put64(r, 0x20, 1);
	put64(r, 0x28, 0xdeadbeefdeadbeef);
	CHECK_EQ(decode(r, sizeof(r), &x, &e), NTR_OK);
	CHECK_EQ(x.code, 0xc0000005);
	CHECK_EQ(x.flags, 1);
	CHECK_EQ(x.record, 0x1122334455667788);
	CHECK_EQ(x.address, 0xfffff8048b58334c);
	CHECK_EQ(x.nparams, 2);
	CHECK_EQ(x.param[1], 0xdeadbeefdeadbeef);
}

static void reads_32(void)
{
	struct ntr_exception x = { 0 };
	struct ntr_err e = { "" };
	uint8_t r[0x50] = { 0 };

	put32(r, 0x00, 0xc0000094);
	put32(r, 0x08, 0x81234567);
	put32(r, 0x0c, 0x801f0010);
	put32(r, 0x10, 15);
	put32(r, 0x4c, 0x89abcdef);
	CHECK_EQ(decode(r, sizeof(r), &x, &e), NTR_OK);
	CHECK_EQ(x.code, 0xc0000094);
	CHECK_EQ(x.record, 0x81234567);
	CHECK_EQ(x.address, 0x801f0010);
	CHECK_EQ(x.nparams, 15);
	CHECK_EQ(x.param[14], 0x89abcdef);
}

static void absent(void)
{
	struct ntr_exception x = { 0 };
	struct ntr_err e = { "" };
	uint8_t r[0x98] = { 0 };

	CHECK_EQ(decode(r, 0, &x, &e), NTR_ABSENT);
	CHECK_EQ(decode(r, 0x4f, &x, &e), NTR_ABSENT);
	CHECK_EQ(decode(r, sizeof(r), &x, &e), NTR_ABSENT);
	for (size_t i = 0; i < sizeof(r); i += 4)
		put32(r, i, 0x45474150); /* header filler */
	CHECK_EQ(decode(r, sizeof(r), &x, &e), NTR_ABSENT);
	CHECK_EQ(x.code, 0);
}

static void lying_count(void)
{
	struct ntr_exception x = { 0 };
	struct ntr_err e = { "" };
	uint8_t r[0x98] = { 0 };

	put32(r, 0x00, 0xc0000005);
	put32(r, 0x18, 16);
	CHECK_EQ(decode(r, sizeof(r), &x, &e), NTR_BAD);
	CHECK_HAS(e.msg, "x.dmp+0x10");
	CHECK_HAS(e.msg, "16 parameters");
	CHECK_EQ(x.code, 0);
}

/* The record's place is said to be there, but the file ends before. */
static void cut_file(void)
{
	struct ntr_dump d = { .exception = { .off = 4, .len = 0x98 } };
	struct ntr_exception x = { 0 };
	struct ntr_err e = { "" };
	uint8_t file[64] = { 0 };

	CHECK_EQ(ntr_file_from_fd(&d.file, ntr_fuzz_fd(file, sizeof(file)),
				  "x.dmp", &e), NTR_OK);
	CHECK(ntr_dump_exception(&d, &x, &e) != NTR_OK);
	CHECK_HAS(e.msg, "x.dmp");
	ntr_file_close(d.file);
	ntr_arena_fini(&d.arena);
}

int main(void)
{
	RUN(reads_64);
	RUN(reads_32);
	RUN(absent);
	RUN(lying_count);
	RUN(cut_file);
	return test_done();
}
