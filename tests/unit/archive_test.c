// SPDX-License-Identifier: Apache-2.0
/* Dumps inside archives made by the usual tools. */
#include "fmt/archive.h"
#include "fmt_open.h"

#include <sys/stat.h>

static char dir[64];

static bool run(const char *cmd)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>&1", dir,
		 cmd);
	return system(line) == 0;
}

static void write_file(const char *name, const void *p, size_t len, u64 size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(p, 1, len, f) != len || fflush(f) ||
	    ftruncate(fileno(f), (off_t)size))
		abort();
	fclose(f);
}

/* A LiME image of pages that do not pack well, 16 of them at 0x10000. */
enum { PAGES = 16, LEN = 32 + PAGES * 4096 };

static void lime(uint8_t *p, u64 len)
{
	uint32_t x = 7;

	memset(p, 0, LEN);
	memcpy(p, "EMiL\1", 5);
	put64(p, 8, 0x10000);
	put64(p, 16, 0x10000 + len - 33);
	for (size_t i = 32; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (uint8_t)(x >> 24);
	}
}

static struct ntr_dump *open_name(const char *name, u64 max)
{
	struct ntr_open_opts o = { .max_unpacked = max };
	struct ntr_dump *d = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	memset(&opened, 0, sizeof(opened));
	opened.st = ntr_dump_open(&d, path, &o, &opened.e);
	return d;
}

static bool content_ok(struct ntr_dump *d)
{
	uint8_t want[LEN], got[PAGES * 4096];

	lime(want, LEN);
	return d->file->size == LEN && d->runs.n == 1 &&
	       !ntr_space_read(&d->phys, 0x10000, got, sizeof(got), NULL) &&
	       !memcmp(got, want + 32, sizeof(got));
}

/* Every way of packing, by the tool that makes it. */
static const struct {
	const char *file, *cmd, *packing, *member;
	unsigned others;
} packed[] = {
	{ "a.zip", "zip a.zip m.lime", "zip", "m.lime", 0 },
	{ "s.zip", "zip -0 s.zip readme m.lime", "zip", "m.lime", 0 },
	{ "two.zip", "zip two.zip readme m.lime n.lime", "zip", "m.lime", 1 },
	{ "stream.zip", "cat m.lime | zip stream.zip -", "zip", "-", 0 },
	{ "dir.zip", "mkdir d e; cp m.lime d/; zip -r dir.zip e d", "zip",
	  "d/m.lime", 0 },
	{ "a.7z", "7z a a.7z readme m.lime n.lime", "7-Zip", "m.lime", 0 },
	{ "a.cab", "gcab -c a.cab readme m.lime", "cab", "m.lime", 0 },
	{ "z.cab", "gcab -c -z z.cab m.lime", "cab", "m.lime", 0 },
	{ "a.gz", "gzip -c m.lime >a.gz", "gzip", NULL, 0 },
	{ "a.bz2", "bzip2 -c m.lime >a.bz2", "bzip2", NULL, 0 },
	{ "a.xz", "xz -c m.lime >a.xz", "xz", NULL, 0 },
	{ "a.zst", "zstd -c m.lime >a.zst", "zstd", NULL, 0 },
	{ "a.tar", "tar cf a.tar readme m.lime", "tar", "m.lime", 0 },
	{ "a.tgz", "tar czf a.tgz readme m.lime", "tar in gzip", "m.lime", 0 },
	{ "in.zip", "gzip -c m.lime >m.gz; zip in.zip readme m.gz",
	  "gzip in zip", "m.gz", 0 },
	{ "zz.zip", "zip i.zip m.lime; zip zz.zip i.zip", "zip in zip",
	  "i.zip/m.lime", 0 },
	{ "two.gz", "{ head -c 1000 m.lime | gzip; tail -c +1001 m.lime | "
	  "gzip; } >two.gz", "gzip", NULL, 0 },
};

static void opens_packed(void)
{
	for (size_t i = 0; i < NTR_COUNT(packed); i++) {
		struct ntr_dump *d;

		if (!run(packed[i].cmd))
			SKIP("cannot run: %s", packed[i].cmd);
		d = open_name(packed[i].file, 0);
		CHECK(d != NULL);
		if (!d) {
			printf("  (%s: %s)\n", packed[i].file, opened.e.msg);
			continue;
		}
		CHECK(d->complete);
		CHECK(content_ok(d));
		CHECK_STR(d->packing, packed[i].packing);
		CHECK_STR(d->member ? d->member : "", packed[i].member ?
			  packed[i].member : "");
		if (packed[i].others)
			CHECK_HAS(notes(d), "holds 1 more dumps; only m.lime");
		if (test_.bad)
			printf("  (%s)\n", packed[i].file);
		ntr_dump_close(d);
	}
}

static void plain_is_plain(void)
{
	struct ntr_arena a = { 0 };
	struct ntr_unpacked u;
	struct ntr_file *f;
	struct ntr_dump *d = open_name("m.lime", 0);

	CHECK(d && !d->packing && !d->member && content_ok(d));
	ntr_dump_close(d);
	CHECK(ntr_file_from_fd(&f, bytes_fd("MDMP", 4, 4), "x", NULL) ==
	      NTR_OK);
	CHECK_EQ(ntr_archive_open(f, 100, &a, &u, NULL), NTR_UNSUP);
	ntr_file_close(f);
	ntr_arena_fini(&a);
}

static void refuses(void)
{
	static const struct {
		const char *file, *cmd;
		enum ntr_st st;
		const char *text;
	} x[] = {
		{ "no.zip", "zip no.zip readme", NTR_BAD,
		  "no.zip: the zip archive holds no dump: readme is text" },
		{ "no2.zip", "cp readme r2; zip no2.zip readme r2", NTR_BAD,
		  "no dump among its 2 members (the first, readme, is text)" },
		{ "empty.zip", "mkdir q; zip -r empty.zip q", NTR_BAD,
		  "the zip archive holds no file" },
		{ "enc.zip", "zip -P secret enc.zip m.lime", NTR_BAD,
		  "the zip archive is encrypted" },
		{ "enc.7z", "7z a -psecret enc.7z m.lime", NTR_BAD,
		  "the 7-Zip archive is encrypted" },
		{ "ench.7z", "7z a -psecret -mhe=on ench.7z m.lime", NTR_BAD,
		  "the 7-Zip archive is encrypted" },
		{ "r.gz", "gzip -c readme >r.gz", NTR_UNSUP,
		  "not a dump, because it is text" },
		{ "deep.zip", "gzip -c m.lime >g.gz; zip i1.zip g.gz; "
		  "zip deep.zip i1.zip", NTR_UNSUP, "a gzip stream" },
		{ "cut.7z", "7z a c.7z m.lime; head -c 9000 c.7z >cut.7z",
		  NTR_BAD, "damaged 7-Zip archive" },
		{ "cut.xz", "xz -c m.lime | head -c 100 >cut.xz", NTR_BAD,
		  "damaged xz archive" },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		if (!run(x[i].cmd))
			SKIP("cannot run: %s", x[i].cmd);
		CHECK(!open_name(x[i].file, 0));
		CHECK_EQ(opened.st, x[i].st);
		CHECK_HAS(opened.e.msg, x[i].text);
	}
}

/* A cut archive gives what is in it, and says so. */
static void cut_archives(void)
{
	static const struct { const char *file, *cmd; } x[] = {
		{ "cut1.zip", "zip c1.zip big.lime; "
		  "head -c 300000 c1.zip >cut1.zip" },
		{ "cut1.gz", "gzip -c big.lime | head -c 300000 >cut1.gz" },
		{ "cut1.zst", "zstd -c big.lime | head -c 600000 >cut1.zst" },
		{ "cut1.tar", "tar cf c1.tar big.lime; "
		  "head -c 300000 c1.tar >cut1.tar" },
	};
	uint8_t *big = malloc(1 << 20);
	uint32_t x32 = 99;

	if (!big)
		abort();
	lime(big, 1 << 20);
	for (size_t i = LEN; i < 1 << 20; i++) {
		x32 = x32 * 1664525 + 1013904223;
		big[i] = (uint8_t)(x32 >> 24);
	}
	write_file("big.lime", big, 1 << 20, 1 << 20);
	free(big);
	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		struct ntr_dump *d;
		u8 v;

		if (!run(x[i].cmd))
			SKIP("cannot run: %s", x[i].cmd);
		d = open_name(x[i].file, 0);
		CHECK(d && !d->complete);
		CHECK_HAS(notes(d), "archive is damaged or cut");
		CHECK(d && d->pages_missing > 50);
		CHECK_EQ(d ? ntr_read_u8(&d->phys, 0x10000, &v) : 99, NTR_OK);
		if (test_.bad)
			printf("  (%s: %s)\n", x[i].file, opened.e.msg);
		ntr_dump_close(d);
	}
}

/* Stored data with a changed byte: only the checksum of gzip tells. */
static void wrong_checksum(void)
{
	static const struct { const char *file, *cmd; bool complete; } x[] = {
		{ "sound.gz", "head -c 300000 big.lime | gzip -1 >sound.gz",
		  true },
		{ "twice.gz", "{ head -c 5000 big.lime | gzip; tail -c +5001 "
		  "big.lime | gzip; } >twice.gz", true },
		{ "padded.gz", "{ gzip -c big.lime; head -c 512 /dev/zero; } "
		  ">padded.gz", true },
		{ "changed.gz", "{ head -c 200000 sound.gz; printf '\\125'; "
		  "tail -c +200002 sound.gz; } >changed.gz", false },
		{ "changed2.gz", "{ cat sound.gz | head -c 100000; "
		  "printf '\\252'; tail -c +100002 sound.gz; gzip -c readme; } "
		  ">changed2.gz", false },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		struct ntr_dump *d;

		if (!run(x[i].cmd))
			SKIP("cannot run: %s", x[i].cmd);
		d = open_name(x[i].file, 0);
		CHECK(d);
		if (d && x[i].complete)
			CHECK(!strstr(notes(d), "damaged"));
		if (d && !x[i].complete)
			CHECK_HAS(notes(d), "archive is damaged or cut");
		if (test_.bad)
			printf("  (%s: %s)\n", x[i].file, opened.e.msg);
		ntr_dump_close(d);
	}
}

/* 256 MiB of zeros behind a header. */
#define BOMB (UINT64_C(256) << 20)

static void bombs(void)
{
	static const char *const files[][2] = {
		{ "bomb.gz", "gzip -c bomb >bomb.gz" },
		{ "bomb.zip", "zip bomb.zip bomb" },
		{ "bomb.zst", "zstd -c bomb >bomb.zst" },
		{ "bomb.7z", "7z a -mx=1 bomb.7z bomb" },
	};
	uint8_t p[LEN];

	lime(p, BOMB);
	write_file("bomb", p, LEN, BOMB);
	for (size_t i = 0; i < NTR_COUNT(files); i++) {
		if (!run(files[i][1]))
			SKIP("cannot run: %s", files[i][1]);
		CHECK(!open_name(files[i][0], 1 << 20));
		CHECK_EQ(opened.st, NTR_LIMIT);
		CHECK_HAS(opened.e.msg, "unpacked size is over 1048576 bytes");
	}
}

/* Zeros are not written: the temporary file is nearly empty. */
static void zeros_cost_nothing(void)
{
	struct ntr_dump *d;
	struct stat st;
	u8 v = 1;

	if (!run("test -s bomb.gz"))
		SKIP("no bomb");
	d = open_name("bomb.gz", 0);
	CHECK(d && d->file->size == BOMB);
	if (!d)
		return;
	CHECK(fstat(d->file->fd, &st) == 0);
	CHECK((u64)st.st_blocks * 512 < (1 << 20));
	CHECK(ntr_read_u8(&d->phys, 0x10000 + (BOMB >> 1), &v) == NTR_OK);
	CHECK_EQ(v, 0);
	CHECK(d->complete);
	ntr_dump_close(d);
}

/* A memory image that begins with zeros must not pass for an empty tar. */
static void zeros_are_no_tar(void)
{
	enum { SIZE = 16 << 20 };
	uint8_t *p = calloc(1, SIZE);
	struct ntr_dump *d;

	if (!p)
		abort();
	for (size_t i = 0x100000; i < SIZE; i += 16)
		put64(p, i, 0xfffff80000000000 + i);
	write_file("raw", p, SIZE, SIZE);
	free(p);
	if (!run("gzip -1 -c raw >raw.gz; zip -1 raw.zip readme raw"))
		SKIP("no gzip");
	d = open_name("raw.gz", 0);
	CHECK(d && !strcmp(d->fmt->name, "raw"));
	ntr_dump_close(d);
	d = open_name("raw.zip", 0);
	CHECK(d && !strcmp(d->fmt->name, "raw"));
	CHECK_STR(d && d->member ? d->member : "", "raw");
	ntr_dump_close(d);
}

/* Each byte of a small zip damaged: a text or a dump, never a crash. */
static void damaged_bytes(void)
{
	uint8_t p[4096];
	char path[128];
	size_t n;
	FILE *f;

	if (!run("head -c 400 m.lime >t.lime; rm -f t.zip; zip t.zip t.lime"))
		SKIP("no zip");
	snprintf(path, sizeof(path), "%s/t.zip", dir);
	f = fopen(path, "rb");
	CHECK(f != NULL);
	if (!f)
		return;
	n = fread(p, 1, sizeof(p), f);
	fclose(f);
	CHECK(n > 400 && n < sizeof(p));
	for (size_t i = 0; i < n; i++) {
		struct ntr_dump *d;

		p[i] ^= 0xff;
		d = open_fd(bytes_fd(p, n, n), 1 << 20);
		CHECK(d || opened.e.msg[0]);
		ntr_dump_close(d);
		p[i] ^= 0xff;
		d = open_fd(bytes_fd(p, i, i), 1 << 20);
		CHECK(d || opened.e.msg[0]);
		ntr_dump_close(d);
	}
}

int main(void)
{
	uint8_t p[LEN];
	char cmd[128];

	snprintf(dir, sizeof(dir), "/tmp/ntr-archive-XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	lime(p, LEN);
	write_file("m.lime", p, LEN, LEN);
	write_file("n.lime", p, LEN, LEN);
	write_file("readme", "read me first\n", 14, 14);
	RUN(opens_packed);
	RUN(plain_is_plain);
	RUN(refuses);
	RUN(cut_archives);
	RUN(wrong_checksum);
	RUN(bombs);
	RUN(zeros_cost_nothing);
	RUN(zeros_are_no_tar);
	RUN(damaged_bytes);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) ? 2 : test_done();
}
