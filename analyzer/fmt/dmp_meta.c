// SPDX-License-Identifier: Apache-2.0
/* Header values of an NT crash dump, the same for both widths. */
#include "dmp.h"

#include "../base/text.h"

#include <string.h>

/* Stop codes that a program wrote, not KeBugCheck: the machine was running. */
static const struct {
	u32 code;
	const char *who;
} tool_codes[] = {
	/* "MATT": seen in imhex_full_header_trunc16k, with parameters
	 * "MOON" and "SOLS". */
	{ 0x5454414d, "of the MoonSols tools (DumpIt)" },
	{ 0x161, "LIVE_SYSTEM_DUMP" },
};

enum ntr_st ntr_dmp_load_header(struct ntr_dmp *m, void *buf, size_t min,
				struct ntr_err *e)
{
	struct ntr_file *f = m->d->file;
	u8 *p = buf;

	m->have = ntr_file_read_some(f, 0, buf, m->hdr_len);
	if (m->have < min)
		return ntr_fail(e, NTR_BAD,
				"file ends at 0x%" PRIx64 ", the bug check of "
				"the header ends at 0x%zx", m->have, min);
	if (m->have == m->hdr_len)
		return NTR_OK;
	for (size_t i = (size_t)m->have; i < m->hdr_len; i++)
		p[i] = (u8)"PAGE"[i & 3];
	/* A field that is cut must not look written. */
	for (size_t i = (size_t)m->have & ~(size_t)3; i < m->have; i++)
		p[i] = (u8)"PAGE"[i & 3];
	m->d->complete = false;
	ntr_dump_note(m->d, "file ends at 0x%" PRIx64 " inside the header of "
		      "0x%x bytes; what follows is missing", m->have,
		      m->hdr_len);
	return NTR_OK;
}

/* True when the len bytes at off are all filler or all zero. */
static bool blank(struct ntr_dump *d, u64 off, u64 len)
{
	u64 words[64], filler = 0x4547415045474150, end = off + len;

	while (off < end) {
		size_t n = end - off < sizeof(words) ? (size_t)(end - off) :
						       sizeof(words);

		if (ntr_file_read(d->file, off, words, n, NULL))
			return false;
		for (size_t i = 0; i < n / 8; i++)
			if (words[i] && words[i] != htole64(filler))
				return false;
		off += n;
	}
	return true;
}

struct ntr_loc ntr_dmp_loc(struct ntr_dmp *m, u64 off, u64 len)
{
	u64 size = m->d->file->size;

	if (off >= size)
		return (struct ntr_loc){ 0, 0 };
	if (len > size - off)
		len = size - off;
	if (blank(m->d, off, len))
		return (struct ntr_loc){ 0, 0 };
	return (struct ntr_loc){ off, len };
}

static void take32(struct ntr_meta *t, u32 *to, u32 v, u32 bit)
{
	if (!ntr_dmp_written(v))
		return;
	*to = v;
	t->has |= bit;
}

/* Zero is not an address, a page-table root or a date: not given. */
static void take_nonzero(struct ntr_meta *t, u64 *to, u64 v, u32 bit)
{
	if (!v || !ntr_dmp_written64(v))
		return;
	*to = v;
	t->has |= bit;
}

static void take_machine(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;
	struct ntr_meta *t = &d->meta;
	u32 at = m->wide ? 0x30 : 0x20;

	take32(t, &t->machine, m->machine, NTR_HAS_MACHINE);
	d->page_shift = ntr_machine_page_shift(t->machine);
	if (!(t->has & NTR_HAS_MACHINE))
		ntr_dump_note(d, "0x%x: the machine type was not written", at);
	else if (!ntr_machine_name(t->machine))
		ntr_dump_note(d, "0x%x: machine type 0x%x is not known; pages "
			      "of 4 KiB assumed", at, t->machine);
	else if (ntr_machine_ptr_size(t->machine) != (m->wide ? 8 : 4))
		ntr_dump_note(d, "0x%x: machine %s does not go with a %s-bit "
			      "header", at, ntr_machine_name(t->machine),
			      m->wide ? "64" : "32");
}

static void note_code(struct ntr_dmp *m, u32 at)
{
	struct ntr_dump *d = m->d;
	u32 code = d->meta.bugcheck;

	for (size_t i = 0; i < NTR_COUNT(tool_codes); i++)
		if (code == tool_codes[i].code)
			ntr_dump_note(d, "0x%x: code 0x%x is %s: the dump "
				      "was written by a tool, not by a stop",
				      at, code, tool_codes[i].who);
	if (!code)
		ntr_dump_note(d, "0x%x: there is no stop code: the dump was "
			      "written by a tool, not by a stop", at);
}

static void take_bugcheck(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;
	struct ntr_meta *t = &d->meta;
	u32 at = m->wide ? 0x38 : 0x28;

	take32(t, &t->bugcheck, m->code, NTR_HAS_BUGCHECK);
	if (!(t->has & NTR_HAS_BUGCHECK)) {
		ntr_dump_note(d, "0x%x: the bug check code was not written",
			      at);
		return;
	}
	note_code(m, at);
	for (unsigned i = 0; i < 4; i++) {
		u64 v = m->arg[i];
		bool low = ntr_dmp_written((u32)v);
		bool high = ntr_dmp_written64(v);

		if (low && high) {
			t->arg[i] = v;
			continue;
		}
		/* Half of it may have been written, as 32 bits. */
		t->arg[i] = low ? (u32)v : 0;
		ntr_dump_note(d, "0x%x: bug check parameter %u was not "
			      "written%s", m->wide ? 0x40 + i * 8 : 0x2c +
			      i * 4, i + 1, low ? " in full" : "");
	}
}

static void take_comment(struct ntr_dmp *m)
{
	if (m->comment && memcmp(m->comment, "PAGEPAGE", 8))
		ntr_ascii_clean(m->d->meta.comment,
				sizeof(m->d->meta.comment), m->comment, 128);
}

static void take_version(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;
	struct ntr_meta *t = &d->meta;

	if (ntr_dmp_written(m->major) && m->major != 0xf && m->major != 0xc)
		ntr_dump_note(d, "0x8: major version is 0x%x, expected 0xf "
			      "(free) or 0xc (checked)", m->major);
	t->checked = m->major == 0xc;
	take32(t, &t->build, m->build, NTR_HAS_BUILD);
	take32(t, &t->cpus, m->cpus, NTR_HAS_CPUS);
	if (!t->cpus)
		t->has &= ~(u32)NTR_HAS_CPUS;
	take32(t, &t->product, m->product, NTR_HAS_PRODUCT);
	take32(t, &t->suite, m->suite, NTR_HAS_SUITE);
	/* One byte of filler is 'P'. */
	if (!m->wide && m->pae <= 1) {
		t->pae = m->pae;
		t->has |= NTR_HAS_PAE;
	}
}

static void take_addresses(struct ntr_dmp *m)
{
	struct ntr_meta *t = &m->d->meta;

	take_nonzero(t, &t->dtb, m->dtb, NTR_HAS_DTB);
	take_nonzero(t, &t->pfndb, m->pfndb, NTR_HAS_PFNDB);
	take_nonzero(t, &t->psmods, m->psmods, NTR_HAS_PSMODS);
	take_nonzero(t, &t->psprocs, m->psprocs, NTR_HAS_PSPROCS);
	take_nonzero(t, &t->kdbg, m->kdbg, NTR_HAS_KDBG);
	take_nonzero(t, &t->time, m->time, NTR_HAS_TIME);
	if (ntr_dmp_written64(m->uptime)) {
		t->uptime = m->uptime;
		t->has |= NTR_HAS_UPTIME;
	}
	if (ntr_dmp_written64(m->space))
		t->required_space = m->space;
}

void ntr_dmp_meta(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;

	if (m->valid != m->valid_want)
		ntr_dump_note(d, "0x4: found 0x%08x instead of \"%s\": writing "
			      "the dump never completed", m->valid,
			      m->wide ? "DU64" : "DUMP");
	take_machine(m);
	take_version(m);
	take_bugcheck(m);
	take_addresses(m);
	take_comment(m);
	d->context = m->wide ? ntr_dmp_loc(m, 0x348, 3000) :
			       ntr_dmp_loc(m, 0x320, 1200);
	d->exception = m->wide ? ntr_dmp_loc(m, 0xf00, 0x98) :
				 ntr_dmp_loc(m, 0x7d0, 0x50);
}

/* --- tables in the file -------------------------------------------------- */

void ntr_dmp_rows_init(struct ntr_dmp_rows *r, struct ntr_dump *d, u64 off,
		       u64 n, u32 each)
{
	u64 size = d->file->size, fit = off < size ? (size - off) / each : 0;

	r->d = d;
	r->off = off;
	r->n = n < fit ? n : fit;
	r->each = each;
	r->first = r->count = 0;
}

bool ntr_dmp_row(struct ntr_dmp_rows *r, u64 i, struct ntr_bin *out)
{
	u64 at = r->off + i * r->each;

	if (i >= r->n)
		return false;
	if (i < r->first || i - r->first >= r->count) {
		u64 n = NTR_DMP_ROWS_BUF / r->each;

		n = n < r->n - i ? n : r->n - i;
		r->count = 0;
		if (ntr_file_read(r->d->file, at, r->buf, (size_t)(n * r->each),
				  NULL))
			return false;
		r->first = i;
		r->count = n;
	}
	*out = ntr_bin_of(r->buf + (i - r->first) * r->each, r->each,
			  r->d->file->name, at);
	return true;
}
