// SPDX-License-Identifier: Apache-2.0
/* PDB 2.00: files made here from the description of the format, since no real
 * one is at hand; and real PDBs packed anew into that container. */
#include "sym/msf.h"
#include "sym/source.h"

#include "../fuzz/fuzz.h"
#include "tpi_made.h"

#define PAGE 1024u
#define MAGIC "Microsoft C/C++ program database 2.00\r\n\x1a" "JG\0"

/* --- the maker ------------------------------------------------------------------ */

struct jg {
	uint8_t *p;
	size_t pages;
	uint8_t dir[0x20000]; /* count, sizes, page numbers */
	size_t ndir;
	unsigned nstreams;
};

static size_t page_add(struct jg *j, const uint8_t *data, size_t len)
{
	size_t first = j->pages, n = (len + PAGE - 1) / PAGE;

	j->p = realloc(j->p, (first + n) * PAGE);
	memset(j->p + first * PAGE, 0, n * PAGE);
	if (len)
		memcpy(j->p + first * PAGE, data, len);
	j->pages += n;
	return first;
}

/* size UINT32_MAX: no such stream. Pages are given out from the back of each
 * stream to its front, so that order counts. */
static void jg_make(struct jg *j, unsigned n, const uint8_t *const *data,
		    const uint32_t *size)
{
	size_t list = 4 + 8 * n, first;

	memset(j, 0, sizeof(*j));
	page_add(j, (const uint8_t *)"", 1);
	put16(j->dir, 0, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		size_t k = size[i] == UINT32_MAX ? 0 : (size[i] + PAGE - 1) / PAGE;

		put32(j->dir, 4 + 8 * i, size[i]);
		put32(j->dir, 8 + 8 * i, 0xdeadbeef);
		for (size_t q = k; q-- > 0; ) {
			size_t left = size[i] - q * PAGE;

			first = page_add(j, data[i] + q * PAGE,
					 left < PAGE ? left : PAGE);
			put16(j->dir, list + 2 * q, (uint16_t)first);
		}
		list += 2 * k;
	}
	j->ndir = list;
	first = page_add(j, j->dir, list);
	memcpy(j->p, MAGIC, 44);
	put32(j->p, 0x2c, PAGE);
	put16(j->p, 0x30, 1);
	put16(j->p, 0x32, (uint16_t)j->pages);
	put32(j->p, 0x34, (uint32_t)list);
	put32(j->p, 0x38, 0xdeadbeef);
	for (size_t q = 0; q < (list + PAGE - 1) / PAGE; q++)
		put16(j->p, 0x3c + 2 * q, (uint16_t)(first + q));
}

static struct ntr_file *file_of(const uint8_t *p, size_t len)
{
	struct ntr_file *f = NULL;

	CHECK(!ntr_file_from_fd(&f, ntr_fuzz_fd(p, len), "old.pdb", NULL));
	return f;
}

/* The types of a small program of Visual C++ 4, in streams 1 to 3. */
static uint8_t info[12], types[0x1000], dbi[0x18];
static uint8_t big[3000];
static const uint8_t *const data[] = { NULL, info, types, dbi, NULL, big };
static uint32_t sizes[] = { UINT32_MAX, sizeof(info), 0, sizeof(dbi),
			    UINT32_MAX, sizeof(big) };

static void make_old(struct jg *j)
{
	static struct made m;
	uint32_t list;

	made_begin(&m);
	rec(&m, 0x0204);
	w16(&m, 0x0406);
	w16(&m, 0x22);
	w16(&m, 3);
	w16(&m, 4);
	wp(&m, "Size");
	list = end(&m);
	rec(&m, 0x0005);
	w16(&m, 1);
	w16(&m, list);
	w16(&m, 0);
	w16(&m, 0);
	w16(&m, 0);
	w16(&m, 8);
	wp(&m, "_DRV");
	(void)end(&m);
	sizes[2] = (uint32_t)made_old(&m, types);
	put32(info, 0, 19950623);
	put32(info, 4, 0x31c2a5d0);
	put32(info, 8, 3);
	memset(dbi, 0, sizeof(dbi));
	put16(dbi, 0, 0xffff);
	put16(dbi, 2, 0xffff);
	put16(dbi, 4, 0xffff);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	jg_make(j, 6, data, sizes);
}

/* --- tests ---------------------------------------------------------------------- */

static void streams_as_written(void)
{
	struct jg j;
	struct ntr_file *f;
	struct ntr_msf m;
	struct ntr_bin b;
	struct ntr_err e = { "" };

	make_old(&j);
	f = file_of(j.p, j.pages * PAGE);
	CHECK_EQ(ntr_msf_open(&m, f, &e), NTR_OK);
	CHECK(m.jg);
	CHECK_EQ(m.nstreams, 6);
	CHECK_EQ(m.block_size, PAGE);
	for (unsigned i = 1; i < 6; i++) {
		if (!data[i]) {
			CHECK_EQ(ntr_msf_stream(&m, i, &b, &e), NTR_ABSENT);
			continue;
		}
		CHECK_EQ(ntr_msf_stream(&m, i, &b, &e), NTR_OK);
		CHECK_EQ(ntr_bin_left(&b), sizes[i]);
		CHECK(!memcmp(b.base, data[i], sizes[i]));
	}
	ntr_msf_fini(&m);
	ntr_file_close(f);
	free(j.p);
}

static bool one_member(void *ctx, const struct ntr_type_member *m)
{
	CHECK_STR(m->name, "Size");
	CHECK_EQ(m->off, 4);
	CHECK_EQ(m->type, 0x22);
	++*(int *)ctx;
	return true;
}

static void types_of_an_old_program(void)
{
	struct jg j;
	struct ntr_symsrc *s;
	struct ntr_type t;
	struct ntr_err e = { "" };
	u64 id = 0;
	int n = 0;

	make_old(&j);
	if (ntr_symsrc_open_file(&s, file_of(j.p, j.pages * PAGE), &e)) {
		TEST_FAIL("%s", e.msg);
		free(j.p);
		return;
	}
	CHECK(s->id.has_sig && !s->id.has_guid);
	CHECK_EQ(s->id.sig, 0x31c2a5d0);
	CHECK_EQ(ntr_symsrc_type_named(s, "_DRV", &id, &e), NTR_OK);
	CHECK_EQ(id, 0x1001);
	CHECK_EQ(ntr_symsrc_type(s, id, &t, &e), NTR_OK);
	CHECK_EQ(t.size, 8);
	CHECK_EQ(ntr_symsrc_members(s, id, one_member, &n, &e), NTR_OK);
	CHECK_EQ(n, 1);
	CHECK_EQ(ntr_symsrc_type_named(s, "_NOPE", &id, &e), NTR_ABSENT);
	ntr_symsrc_close(s);
	free(j.p);
}

static void damaged_headers(void)
{
	static const struct {
		unsigned off, len;
		uint32_t v;
		const char *msg;
	} bad[] = {
		{ 0x2c, 4, 0, "old.pdb+0x2c: page size 0" },
		{ 0x2c, 4, 1023, "page size 1023" },
		{ 0x2c, 4, 0x40000000, "page size 1073741824" },
		{ 0x32, 2, 0, "old.pdb+0x32: no pages" },
		{ 0x34, 4, 3, "old.pdb+0x34: a directory of 0x3 bytes" },
		{ 0x34, 4, 0x7fffffff, "a directory of 0x7fffffff bytes" },
		{ 0x3c, 2, 0, "block 0, want 1 to" },
		{ 0x3c, 2, 0xffff, "block 65535, want 1 to" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct jg j;
		struct ntr_msf m;
		struct ntr_file *f;
		struct ntr_err e = { "" };

		make_old(&j);
		if (bad[i].len == 2)
			put16(j.p, bad[i].off, (uint16_t)bad[i].v);
		else
			put32(j.p, bad[i].off, bad[i].v);
		f = file_of(j.p, j.pages * PAGE);
		CHECK_EQ(ntr_msf_open(&m, f, &e), NTR_BAD);
		CHECK_HAS(e.msg, bad[i].msg);
		ntr_file_close(f);
		free(j.p);
	}
}

/* A directory of more pages than the header can list. */
static void too_large_a_directory(void)
{
	size_t len = PAGE * 600;
	uint8_t *p = calloc(1, len);
	struct ntr_file *f;
	struct ntr_msf m;
	struct ntr_err e = { "" };

	memcpy(p, MAGIC, 44);
	put32(p, 0x2c, PAGE);
	put16(p, 0x32, 600);
	put32(p, 0x34, PAGE * 500);
	f = file_of(p, len);
	CHECK_EQ(ntr_msf_open(&m, f, &e), NTR_BAD);
	CHECK_HAS(e.msg, "more than the header lists");
	ntr_file_close(f);
	free(p);
}

/* One stream's page is out of range: that stream alone is lost. */
static void one_bad_page(void)
{
	struct jg j;
	struct ntr_msf m;
	struct ntr_bin b;
	struct ntr_file *f;
	struct ntr_err e = { "" };
	size_t dir;

	make_old(&j);
	dir = (size_t)(j.p[0x3c] | j.p[0x3d] << 8) * PAGE;
	put16(j.p, dir + 4 + 8 * 6 + 2, 0xfff0); /* the second: the types' */
	f = file_of(j.p, j.pages * PAGE);
	CHECK_EQ(ntr_msf_open(&m, f, &e), NTR_OK);
	CHECK_EQ(ntr_msf_stream(&m, 2, &b, &e), NTR_BAD);
	CHECK_EQ(ntr_msf_stream(&m, 1, &b, &e), NTR_OK);
	CHECK_EQ(ntr_msf_stream(&m, 5, &b, &e), NTR_OK);
	ntr_msf_fini(&m);
	ntr_file_close(f);
	free(j.p);
}

static void cut_at_every_length(void)
{
	struct jg j;
	size_t opened = 0;

	make_old(&j);
	for (size_t n = 0; n < j.pages * PAGE; n += n < 80 ? 1 : 37) {
		struct ntr_symsrc *s;
		struct ntr_type t;

		if (ntr_symsrc_open_file(&s, file_of(j.p, n), NULL))
			continue;
		opened++;
		(void)!ntr_symsrc_type(s, 0x1001, &t, NULL);
		ntr_symsrc_close(s);
	}
	CHECK(opened < j.pages * PAGE / 37);
	free(j.p);
}

/* A real PDB in the old container: the streams come out byte for byte. */
static void real_streams_repacked(void)
{
	char path[512];
	struct ntr_file *f, *g;
	struct ntr_msf m, o;
	const uint8_t **from;
	uint32_t *size;
	struct ntr_bin b;
	struct jg j;

	if (!test_corpus("made/pe/drv32.pdb", path, sizeof(path)))
		SKIP("no corpus");
	CHECK(!ntr_file_open(&f, path, NULL));
	CHECK(!ntr_msf_open(&m, f, NULL));
	from = calloc(m.nstreams, sizeof(*from));
	size = calloc(m.nstreams, sizeof(*size));
	for (u32 i = 0; i < m.nstreams; i++) {
		size[i] = UINT32_MAX;
		if (ntr_msf_stream(&m, i, &b, NULL))
			continue;
		from[i] = b.base;
		size[i] = (uint32_t)ntr_bin_left(&b);
	}
	jg_make(&j, m.nstreams, from, size);
	g = file_of(j.p, j.pages * PAGE);
	CHECK(!ntr_msf_open(&o, g, NULL));
	CHECK_EQ(o.nstreams, m.nstreams);
	for (u32 i = 1; i < m.nstreams; i++) {
		enum ntr_st st = ntr_msf_stream(&o, i, &b, NULL);

		CHECK_EQ(st, from[i] ? NTR_OK : NTR_ABSENT);
		CHECK(st || (ntr_bin_left(&b) == size[i] &&
			     !memcmp(b.base, from[i], size[i])));
	}
	ntr_msf_fini(&o);
	ntr_msf_fini(&m);
	ntr_file_close(g);
	ntr_file_close(f);
	free(from);
	free(size);
	free(j.p);
}

int main(void)
{
	RUN(streams_as_written);
	RUN(types_of_an_old_program);
	RUN(damaged_headers);
	RUN(too_large_a_directory);
	RUN(one_bad_page);
	RUN(cut_at_every_length);
	RUN(real_streams_repacked);
	return test_done();
}
