// SPDX-License-Identifier: Apache-2.0
/* NT 64-bit crash dumps: AMD64, ARM64, IA64, Alpha64. Layout: see
 * docs/formats/pagedump.md. */
#include "dmp.h"

#define DMP64_FIELDS(S, A, r, z)               \
	S(r, z, u32, signature,    0x0000)     \
	S(r, z, u32, valid,        0x0004)     \
	S(r, z, u32, major,        0x0008)     \
	S(r, z, u32, build,        0x000c)     \
	S(r, z, u64, dtb,          0x0010)     \
	S(r, z, u64, pfndb,        0x0018)     \
	S(r, z, u64, psmods,       0x0020)     \
	S(r, z, u64, psprocs,      0x0028)     \
	S(r, z, u32, machine,      0x0030)     \
	S(r, z, u32, cpus,         0x0034)     \
	S(r, z, u32, code,         0x0038)     \
	A(r, z, u64, arg,          0x0040, 4)  \
	S(r, z, u64, kdbg,         0x0080)     \
	S(r, z, u32, nruns,        0x0088)     \
	S(r, z, u64, npages,       0x0090)     \
	A(r, z, u64, run,          0x0098, 86) \
	S(r, z, u32, type,         0x0f98)     \
	S(r, z, u64, space,        0x0fa0)     \
	S(r, z, u64, time,         0x0fa8)     \
	A(r, z, u8,  comment,      0x0fb0, 128) \
	S(r, z, u64, uptime,       0x1030)     \
	S(r, z, u32, product,      0x1040)     \
	S(r, z, u32, suite,        0x1044)
NTR_RECORD(dmp64_header, 0x2000, DMP64_FIELDS)

/* 43 runs of 16 bytes end where the context begins (0x348). */
#define MAX_RUNS 43
#define MIN_HEADER 0x60

static enum ntr_st probe(const struct ntr_bin *head, u64 size,
			 struct ntr_err *e)
{
	struct ntr_bin b = *head;
	const u8 *sig = ntr_bin_take(&b, 8, "signature");

	/* The second word says that the dump is complete. One that is not is
	 * told from a 32-bit dump by its machine type. */
	if (!sig || memcmp(sig, "PAGE", 4))
		return NTR_UNSUP;
	if (memcmp(sig + 4, "DU64", 4)) {
		u32 machine;

		if (!memcmp(sig + 4, "DUMP", 4))
			return NTR_UNSUP;
		ntr_bin_seek(&b, 0x30, "machine");
		machine = ntr_bin_u32(&b, "machine");
		if (ntr_machine_ptr_size(machine) != 8 ||
		    !ntr_machine_name(machine))
			return NTR_UNSUP;
	}
	if (size < MIN_HEADER)
		return ntr_fail(e, NTR_BAD,
				"a 64-bit crash dump cut off at 0x%" PRIx64
				": not even its bug check is there (0x38 to "
				"0x60)", size);
	return NTR_OK;
}

static void copy_runs(struct ntr_dmp *m, const struct ntr_dmp64_header *h)
{
	m->run_at = 0x98;
	m->nruns = h->nruns;
	m->max_runs = MAX_RUNS;
	m->npages = h->npages;
	for (unsigned i = 0; i < MAX_RUNS; i++) {
		m->run[i].pfn = h->run[2 * i];
		m->run[i].npages = h->run[2 * i + 1];
	}
}

static void copy_values(struct ntr_dmp *m, const struct ntr_dmp64_header *h)
{
	m->valid = h->valid;
	m->valid_want = 0x34365544;
	m->major = h->major;
	m->build = h->build;
	m->dtb = h->dtb;
	m->pfndb = h->pfndb;
	m->psmods = h->psmods;
	m->psprocs = h->psprocs;
	m->kdbg = h->kdbg;
	m->machine = h->machine;
	m->cpus = h->cpus;
	m->code = h->code;
	for (unsigned i = 0; i < 4; i++)
		m->arg[i] = h->arg[i];
	m->type = h->type;
	m->space = h->space;
	m->time = h->time;
	m->uptime = h->uptime;
	m->product = h->product;
	m->suite = h->suite;
	m->pae = 'P';
	m->comment = h->comment;
}

static enum ntr_st open_dmp64(struct ntr_dump *d, struct ntr_err *e)
{
	struct ntr_dmp m = { .d = d, .wide = true, .hdr_len = 0x2000 };
	struct ntr_dmp64_header h;
	u8 buf[0x2000];
	struct ntr_bin b;
	enum ntr_st st = ntr_dmp_load_header(&m, buf, MIN_HEADER, e);

	if (st)
		return st;
	b = ntr_bin_of(buf, sizeof(buf), d->file->name, 0);
	ntr_dmp64_header_decode(&h, &b);
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	copy_values(&m, &h);
	copy_runs(&m, &h);
	ntr_dmp_meta(&m);
	return ntr_dmp_body(&m, e);
}

const struct ntr_fmt_ops ntr_fmt_dmp64 = {
	.name = "dmp64",
	.descr = "NT 64-bit crash dump (PAGEDU64)",
	.probe = probe,
	.open = open_dmp64,
};
