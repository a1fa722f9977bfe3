// SPDX-License-Identifier: Apache-2.0
/* 32-bit crash dump headers and full dumps: x86, Alpha, ARM, NT 3.51/4.0. */
#include "dmp_fixture.h"

/* Pages 0, 1 and 0x100. */
#define FULL_LEN 0x4000
static uint8_t *full(void)
{
	uint8_t *p = malloc(FULL_LEN);

	fx_header32(p, 1);
	put32(p, 0x64, 2);
	put32(p, 0x68, 3);
	put32(p, 0x6c, 0);
	put32(p, 0x70, 2);
	put32(p, 0x74, 0x100);
	put32(p, 0x78, 1);
	memset(p + 0x1000, 0xa0, 0x1000);
	memset(p + 0x2000, 0xa1, 0x1000);
	memset(p + 0x3000, 0xb0, 0x1000);
	return p;
}

static void full_dump(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;
	const struct ntr_meta *m;

	memcpy(p + 0x820, "by hand\0", 8);
	d = fx_open(p, FULL_LEN);
	m = &d->meta;
	CHECK_STR(d->fmt->name, "dmp32");
	CHECK_EQ(d->kind, NTR_KIND_FULL);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(m->machine, 0x14c);
	CHECK_EQ(m->build, 2600);
	CHECK_EQ(m->cpus, 1);
	CHECK_EQ(m->bugcheck, 0x7f);
	CHECK_EQ(m->arg[0], 8);
	CHECK_EQ(m->arg[1], 0x80042000);
	CHECK_EQ(m->dtb, 0xb1a000);
	CHECK_EQ(m->pfndb, 0x81086000);
	CHECK_EQ(m->psmods, 0x8055a420);
	CHECK_EQ(m->psprocs, 0x80561358);
	CHECK_EQ(m->kdbg, 0x8054c560);
	CHECK_EQ(m->pae, 1);
	CHECK_EQ(m->time, 0x01c7d0f000000000);
	CHECK_EQ(m->uptime, 1230000000);
	CHECK_EQ(m->product, 1);
	CHECK_EQ(m->suite, 0x100);
	CHECK_EQ(m->required_space, 0x4000);
	CHECK_STR(m->comment, "by hand");
	CHECK_EQ(m->has, 0x3fff);
	CHECK_EQ(d->context.off, 0x320);
	CHECK_EQ(d->context.len, 1200);
	CHECK_EQ(d->exception.off, 0x7d0);
	CHECK_EQ(d->exception.len, 0x50);
	CHECK_EQ(byte_at(&d->phys, 0x1fff), 0xa1);
	CHECK_EQ(byte_at(&d->phys, 0x100000), 0xb0);
	CHECK_EQ(byte_at(&d->phys, 0x2000), -1);
	fx_sane(d);
	ntr_dump_close(d);
	free(p);
}

static void every_truncation(void)
{
	uint8_t *p = full();

	fx_every_cut(p, FULL_LEN, 0x3c, 0x1000, 29);
	free(p);
}

static void filler_is_not_a_value(void)
{
	static const struct {
		unsigned off, len, has;
	} field[] = {
		{ 0x0c, 4, NTR_HAS_BUILD },    { 0x10, 4, NTR_HAS_DTB },
		{ 0x14, 4, NTR_HAS_PFNDB },    { 0x18, 4, NTR_HAS_PSMODS },
		{ 0x1c, 4, NTR_HAS_PSPROCS },  { 0x20, 4, NTR_HAS_MACHINE },
		{ 0x24, 4, NTR_HAS_CPUS },     { 0x28, 4, NTR_HAS_BUGCHECK },
		{ 0x5c, 1, NTR_HAS_PAE },      { 0x60, 4, NTR_HAS_KDBG },
		{ 0xf94, 4, NTR_HAS_PRODUCT }, { 0xf98, 4, NTR_HAS_SUITE },
		{ 0xfb8, 8, NTR_HAS_UPTIME },  { 0xfc0, 8, NTR_HAS_TIME },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		fx_fill(p + field[i].off, field[i].len);
		d = fx_open(p, FULL_LEN);
		CHECK_EQ(d->meta.has, 0x3fff & ~field[i].has);
		CHECK_EQ(byte_at(&d->phys, 0x100000), 0xb0);
		ntr_dump_close(d);
		free(p);
	}
}

/* NT 3.51 and 4.0 leave everything above the runs as filler, but for the
 * context and the exception. */
static void nt4_header(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0x0c, 1381);
	fx_fill(p + 0x3c, 0x28);
	fx_fill(p + 0x820, 0x1000 - 0x820);
	d = fx_open(p, FULL_LEN);
	CHECK_EQ(d->kind, NTR_KIND_FULL);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(d->meta.build, 1381);
	CHECK_EQ(d->meta.has & (NTR_HAS_KDBG | NTR_HAS_PAE | NTR_HAS_TIME |
				NTR_HAS_UPTIME | NTR_HAS_PRODUCT), 0);
	CHECK_EQ(byte_at(&d->phys, 0x100000), 0xb0);
	ntr_dump_close(d);
	free(p);
}

static void pae_other_than_0_and_1_is_unknown(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	p[0x5c] = 0;
	d = fx_open(p, FULL_LEN);
	CHECK(d->meta.has & NTR_HAS_PAE);
	CHECK_EQ(d->meta.pae, 0);
	ntr_dump_close(d);
	p[0x5c] = 2;
	d = fx_open(p, FULL_LEN);
	CHECK(!(d->meta.has & NTR_HAS_PAE));
	ntr_dump_close(d);
	free(p);
}

static void damaged_run_descriptor(void)
{
	static const struct {
		unsigned off;
		uint32_t v;
		const char *note;
		int byte; /* at 0x100000 */
	} bad[] = {
		{ 0x64, 0, "0x64: there are no memory runs", -1 },
		{ 0x64, 87, "87 memory runs, at most 86", -1 },
		{ 0x64, 0x45474150, "were not written", -1 },
		{ 0x68, 0x45474150, "number of pages was not written", 0xb0 },
		{ 0x68, 99, "0x68: 99 pages, but the runs have 3", 0xb0 },
		{ 0x74, 1, "overlap", -1 },
		{ 0x70, 0xffffffff, "0x6c: run 0 claims 0xffffffff", -1 },
		{ 0x78, 0x45474150, "0x74: run 1 claims", -1 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		put32(p, bad[i].off, bad[i].v);
		d = fx_open(p, FULL_LEN);
		fx_sane(d);
		CHECK_NOTE(d, bad[i].note);
		CHECK_EQ(byte_at(&d->phys, 0x100000), bad[i].byte);
		ntr_dump_close(d);
		free(p);
	}
}

static void most_runs_that_fit(void)
{
	size_t len = 0x1000 + 86 * 0x1000;
	uint8_t *p = malloc(len);
	struct ntr_dump *d;

	fx_header32(p, 1);
	put32(p, 0x64, 86);
	put32(p, 0x68, 86);
	for (unsigned i = 0; i < 86; i++) {
		put32(p, 0x6c + i * 8, 3 * i);
		put32(p, 0x70 + i * 8, 1);
		memset(p + 0x1000 + i * 0x1000, (int)(i + 1), 0x1000);
	}
	d = fx_open(p, len);
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 86);
	CHECK_EQ(byte_at(&d->phys, 85 * 3 * 0x1000), 86);
	ntr_dump_close(d);
	free(p);
}

/* Alpha: pages of 8 KiB, which start at 0x1000 or 0x2000. */
static uint8_t *alpha(size_t start)
{
	uint8_t *p = calloc(1, start + 3 * 0x2000);

	fx_header32(p, 1);
	put32(p, 0x0c, 1381);
	put32(p, 0x20, 0x184);
	put32(p, 0x64, 2);
	put32(p, 0x68, 3);
	put32(p, 0x6c, 0x80);
	put32(p, 0x70, 1);
	put32(p, 0x74, 0x100);
	put32(p, 0x78, 2);
	for (unsigned i = 0; i < 3; i++)
		memset(p + start + i * 0x2000, (int)(0xc0 + i), 0x2000);
	return p;
}

static void alpha_data_start_by_file_size(void)
{
	static const size_t start[] = { 0x1000, 0x2000 };

	for (size_t i = 0; i < 2; i++) {
		uint8_t *p = alpha(start[i]);
		struct ntr_dump *d = fx_open(p, start[i] + 3 * 0x2000);

		CHECK(d->complete);
		CHECK_EQ(d->notes.n, 0);
		CHECK_EQ(d->page_shift, 13);
		CHECK_EQ(d->runs.v[0].off, start[i]);
		CHECK_EQ(byte_at(&d->phys, 0x80 * 0x2000), 0xc0);
		CHECK_EQ(byte_at(&d->phys, 0x101 * 0x2000 + 0x1fff), 0xc2);
		CHECK_EQ(byte_at(&d->phys, 0x102 * 0x2000), -1);
		ntr_dump_close(d);
		free(p);
	}
}

static void alpha_truncated_says_what_is_assumed(void)
{
	uint8_t *p = alpha(0x2000);
	struct ntr_dump *d = fx_open(p, 0x5000);

	CHECK_NOTE(d, "0x2000 assumed");
	CHECK(!d->complete);
	CHECK_EQ(d->pages_missing, 2);
	CHECK_EQ(byte_at(&d->phys, 0x80 * 0x2000), 0xc0);
	ntr_dump_close(d);
	fx_every_cut(p, 0x8000, 0x3c, 0x80, 53);
	free(p);
}

static void other_machines(void)
{
	static const uint32_t machine[] = { 0x166, 0x1c4, 0x1f0 };

	for (size_t i = 0; i < 3; i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		put32(p, 0x20, machine[i]);
		d = fx_open(p, FULL_LEN);
		CHECK_EQ(d->meta.machine, machine[i]);
		CHECK_EQ(d->page_shift, 12);
		CHECK_EQ(d->notes.n, 0);
		CHECK_EQ(byte_at(&d->phys, 0x100000), 0xb0);
		ntr_dump_close(d);
		free(p);
	}
}

static void tool_and_checked_build(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0x08, 0xc);
	put32(p, 0x28, 0x5454414d);
	put32(p, 0x04, 0x12345678);
	d = fx_open(p, FULL_LEN);
	CHECK_EQ(d->meta.checked, 1);
	CHECK_EQ(d->meta.bugcheck, 0x5454414d);
	CHECK_NOTE(d, "0x28: code 0x5454414d");
	CHECK_NOTE(d, "0x4: found 0x12345678 instead of \"DUMP\"");
	ntr_dump_close(d);
	free(p);
}

static void header_only(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0xf88, 3);
	d = fx_open(p, 0x1000);
	CHECK_EQ(d->kind, NTR_KIND_HEADER);
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 0);
	ntr_dump_close(d);
	free(p);
}

int main(void)
{
	RUN(full_dump);
	RUN(every_truncation);
	RUN(filler_is_not_a_value);
	RUN(nt4_header);
	RUN(pae_other_than_0_and_1_is_unknown);
	RUN(damaged_run_descriptor);
	RUN(most_runs_that_fit);
	RUN(alpha_data_start_by_file_size);
	RUN(alpha_truncated_says_what_is_assumed);
	RUN(other_machines);
	RUN(tool_and_checked_build);
	RUN(header_only);
	return test_done();
}
