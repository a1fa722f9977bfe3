// SPDX-License-Identifier: Apache-2.0
/* Every real kernel dump of the corpus against the facts that an independent
 * reader wrote down (kernel_dump_facts.tsv). */
#include "base/text.h"
#include "facts.h"
#include "fmt/dump.h"

static unsigned kind_type(const struct ntr_dump *d)
{
	switch (d->kind) {
	case NTR_KIND_FULL: return 1;
	case NTR_KIND_KERNEL: return 2;
	case NTR_KIND_HEADER: return 3;
	case NTR_KIND_TRIAGE: return 4;
	case NTR_KIND_BITMAP_FULL: return 5;
	case NTR_KIND_BITMAP_KERNEL: return 6;
	default: return 0;
	}
}

static uint64_t context_word(struct ntr_dump *d, uint64_t amd64, uint64_t arm64)
{
	uint64_t v = 0, at = d->meta.machine == 0xaa64 ? arm64 : amd64;

	CHECK(d->context.len >= at + 8);
	CHECK_EQ(ntr_read_u64(&d->file->space, d->context.off + at, &v), NTR_OK);
	return v;
}

static void check_header(struct ntr_dump *d, const struct facts *f)
{
	char when[32];
	u32 code = 0;

	CHECK_STR(d->fmt->name, "dmp64");
	CHECK_EQ(d->file->size, facts_num(f, FACT_SIZE));
	CHECK_EQ(d->meta.checked, facts_num(f, FACT_MAJOR) == 0xc);
	CHECK_EQ(d->meta.build, facts_num(f, FACT_BUILD));
	CHECK_EQ(d->meta.machine, facts_num(f, FACT_MACHINE));
	CHECK_EQ(d->meta.cpus, facts_num(f, FACT_CPUS));
	CHECK_EQ(d->meta.bugcheck, facts_num(f, FACT_CODE));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(d->meta.arg[i], facts_num(f, FACT_P1 + i));
	CHECK_EQ(kind_type(d), facts_num(f, FACT_TYPE));
	CHECK(ntr_filetime_text(when, d->meta.time));
	CHECK_STR(when, f->col[FACT_TIME]);
	/* The facts are rounded to the nearest second. */
	CHECK_EQ((d->meta.uptime + 5000000) / 10000000, facts_num(f, FACT_UPTIME));
	CHECK_EQ(d->meta.dtb, facts_num(f, FACT_DTB));
	CHECK_EQ(d->meta.psmods, facts_num(f, FACT_PSMODS));
	CHECK_EQ(d->meta.kdbg, facts_num(f, FACT_KDBG));
	CHECK_EQ(d->meta.has & 0x7f0, NTR_HAS_PSPROCS | NTR_HAS_KDBG |
		 NTR_HAS_PFNDB | NTR_HAS_CPUS | NTR_HAS_BUGCHECK |
		 NTR_HAS_TIME | NTR_HAS_UPTIME);
	CHECK_EQ(context_word(d, 0xf8, 0x108), facts_num(f, FACT_IP));
	CHECK_EQ(context_word(d, 0x98, 0x100), facts_num(f, FACT_SP));
	CHECK_EQ(ntr_read_u32(&d->file->space, d->exception.off, &code), NTR_OK);
	CHECK_EQ(code, facts_num(f, FACT_EXC));
}

/* Each block of the table (read here at literal offsets) can be read by its
 * address, and gives the bytes it has in the file. */
static void check_blocks(struct ntr_dump *d, uint64_t table, unsigned n)
{
	static uint8_t want[1 << 16], got[1 << 16];

	for (unsigned i = 0; i < n; i++) {
		uint64_t at = table + i * 16, va = 0;
		uint32_t off = 0, len = 0;

		CHECK_EQ(ntr_read_u64(&d->file->space, at, &va), NTR_OK);
		CHECK_EQ(ntr_read_u32(&d->file->space, at + 8, &off), NTR_OK);
		CHECK_EQ(ntr_read_u32(&d->file->space, at + 12, &len), NTR_OK);
		len = len < sizeof(want) ? len : sizeof(want);
		CHECK_EQ(ntr_file_read(d->file, off, want, len, NULL), NTR_OK);
		CHECK_EQ(ntr_space_read(&d->blocks, va, got, len, NULL), NTR_OK);
		CHECK(!memcmp(want, got, len));
	}
}

static void check_triage(struct ntr_dump *d, const struct facts *f)
{
	uint64_t off = 0, len = 0, data = 0;
	unsigned nblocks = 0;

	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK(d->triage.valid_marker);
	CHECK_EQ(d->modules.n, facts_num(f, FACT_DRIVERS));
	CHECK_HAS(d->modules.v[0].name, "nt");
	CHECK_EQ(d->modules.v[0].base, facts_num(f, FACT_NT_BASE));
	CHECK_EQ(d->modules.v[0].size, facts_num(f, FACT_NT_SIZE));
	CHECK_EQ(d->modules.v[0].timestamp, facts_num(f, FACT_NT_STAMP));
	CHECK_EQ(sscanf(f->col[FACT_STACK], "%" SCNx64 ":%" SCNx64, &off, &len), 2);
	CHECK_EQ(d->triage.callstack.off, off);
	CHECK_EQ(d->triage.callstack.len, len);
	CHECK_EQ(sscanf(f->col[FACT_BLOCKS], "%" SCNx64 ":%u", &data, &nblocks),
		 2);
	check_blocks(d, data, nblocks);
	CHECK(d->triage.kdbg.len >= 0x360);
	CHECK(d->triage.prcb.len && d->triage.process.len &&
	      d->triage.thread.len);
	CHECK(d->unloaded.n > 0);
	CHECK(d->blobs.n > 5);
}

/* The file called by the facts is a dump and says what they say. */
static void check_dump(const struct facts *f, const char *path)
{
	struct ntr_err e = { "" };
	struct ntr_dump *d;
	enum ntr_st st = ntr_dump_open(&d, path, NULL, &e);

	if (st) {
		test_.checks++;
		TEST_FAIL("%s: %s", path, e.msg);
		return;
	}
	check_header(d, f);
	if (d->kind == NTR_KIND_TRIAGE)
		check_triage(d, f);
	ntr_dump_close(d);
}

static void check_refused(const struct facts *f, const char *path)
{
	struct ntr_err e = { "" };
	struct ntr_dump *d = NULL;

	CHECK_EQ(ntr_dump_open(&d, path, NULL, &e), NTR_UNSUP);
	CHECK(d == NULL);
	CHECK_HAS(e.msg, strstr(f->col[FACT_SIG], "empty") ? "empty" : "zero");
}

static void every_dump_matches_the_facts(void)
{
	char path[4096];
	struct facts f;
	unsigned n = 0;

	if (!facts_open(&f))
		SKIP("the corpus is not there");
	while (facts_next(&f)) {
		if (!find_dump(f.col[FACT_FILE], path, sizeof(path))) {
			CHECK(!"a dump of the facts is not in the corpus");
			continue;
		}
		n++;
		if (!strncmp(f.col[FACT_SIG], "NOT A DUMP", 10))
			check_refused(&f, path);
		else
			check_dump(&f, path);
	}
	CHECK_EQ(n, 17);
}

static struct ntr_dump *open_corpus(const char *name)
{
	struct ntr_dump *d = NULL;
	char path[4096];

	if (!find_dump(name, path, sizeof(path)))
		return NULL;
	CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
	return d;
}

/* Runs as a hex viewer shows them at 0x98: five, then filler. */
static void truncated_full_dump_keeps_its_header(void)
{
	struct ntr_dump *d = open_corpus("imhex_full_header_trunc16k.dmp");

	if (!d)
		SKIP("the corpus is not there");
	CHECK_EQ(d->kind, NTR_KIND_FULL);
	CHECK(!d->complete);
	/* 0x7fe86 pages promised, 0x2000 bytes (two pages) are there. */
	CHECK_EQ(d->pages_missing, 0x7fe84);
	CHECK_EQ(d->runs.n, 1);
	CHECK_EQ(d->runs.v[0].pfn, 2);
	CHECK_EQ(d->runs.v[0].npages, 2);
	CHECK_EQ(d->runs.v[0].off, 0x2000);
	CHECK_EQ(d->meta.required_space, 0x7fe88000);
	CHECK_EQ(d->meta.product, 1);
	CHECK_EQ(d->meta.suite, 0x110);
	CHECK(!(d->meta.has & NTR_HAS_PAE));
	ntr_dump_close(d);
}

/* Values read with a hex viewer. */
static void x64_triage_details(void)
{
	struct ntr_dump *d = open_corpus("rizin_triage_x64_0x1000007e.dmp");
	uint64_t v = 0;
	char guid[37];

	if (!d)
		SKIP("the corpus is not there");
	CHECK_EQ(d->triage.prcb.off, 0x21b8);
	CHECK_EQ(d->triage.prcb.len, 0xaf00);
	CHECK_EQ(d->triage.process.off, 0xd0b8);
	CHECK_EQ(d->triage.process.len, 0xa40);
	CHECK_EQ(d->triage.thread.off, 0xdaf8);
	CHECK_EQ(d->triage.thread.len, 0x898);
	CHECK_EQ(d->triage.kdbg.off, 0x104a8);
	CHECK_EQ(d->triage.kdbg.len, 0x380);
	CHECK_EQ(d->triage.stack_va, 0xffff850429890ee8);
	CHECK_STR(d->modules.v[0].name, "\\SystemRoot\\system32\\ntoskrnl.exe");
	CHECK_EQ(d->modules.v[0].checksum, 0xa5938c);
	CHECK_EQ(d->unloaded.n, 4);
	CHECK_STR(d->unloaded.v[0].name, "dam.sys");
	CHECK(!d->unloaded.v[0].truncated);
	CHECK_EQ(d->unloaded.v[0].start, 0xfffff80487de0000);
	CHECK_EQ(d->unloaded.v[0].end, 0xfffff80487dfc000);
	CHECK_EQ(d->blobs.n, 20);
	ntr_guid_text(guid, d->blobs.v[3].guid);
	CHECK_STR(guid, "bf2297dc-34ba-11dc-868a-e19155d89593");
	CHECK_STR(d->blobs.v[3].name, "NVIDIA display driver");
	CHECK_EQ(d->blobs.v[3].loc.len, 0xd4bb);
	/* First word of the stack: the return address of KeBugCheckEx. */
	CHECK_EQ(ntr_read_u64(&d->blocks, 0xffff850429890ee8, &v), NTR_OK);
	CHECK_EQ(v, 0xfffff8047be0f4e1);
	/* "KDBG" where the header says the block is. */
	CHECK_EQ(ntr_read_u64(&d->blocks, d->meta.kdbg + 0x10, &v), NTR_OK);
	CHECK_EQ((uint32_t)v, 0x4742444b);
	ntr_dump_close(d);
}

int main(void)
{
	RUN(every_dump_matches_the_facts);
	RUN(truncated_full_dump_keeps_its_header);
	RUN(x64_triage_details);
	return test_done();
}
