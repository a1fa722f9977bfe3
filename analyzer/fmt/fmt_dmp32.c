// SPDX-License-Identifier: Apache-2.0
/* NT 32-bit crash dumps: x86, Alpha, MIPS, PowerPC, ARM. Layout: see
 * docs/formats/pagedump.md. */
#include "dmp.h"

#define DMP32_FIELDS(S, A, r, z)               \
	S(r, z, u32, signature,    0x0000)     \
	S(r, z, u32, valid,        0x0004)     \
	S(r, z, u32, major,        0x0008)     \
	S(r, z, u32, build,        0x000c)     \
	S(r, z, u32, dtb,          0x0010)     \
	S(r, z, u32, pfndb,        0x0014)     \
	S(r, z, u32, psmods,       0x0018)     \
	S(r, z, u32, psprocs,      0x001c)     \
	S(r, z, u32, machine,      0x0020)     \
	S(r, z, u32, cpus,         0x0024)     \
	S(r, z, u32, code,         0x0028)     \
	A(r, z, u32, arg,          0x002c, 4)  \
	S(r, z, u8,  pae,          0x005c)     \
	S(r, z, u32, kdbg,         0x0060)     \
	S(r, z, u32, nruns,        0x0064)     \
	S(r, z, u32, npages,       0x0068)     \
	A(r, z, u32, run,          0x006c, 172) \
	A(r, z, u8,  comment,      0x0820, 128) \
	S(r, z, u32, type,         0x0f88)     \
	S(r, z, u32, product,      0x0f94)     \
	S(r, z, u32, suite,        0x0f98)     \
	S(r, z, u64, space,        0x0fa0)     \
	S(r, z, u64, uptime,       0x0fb8)     \
	S(r, z, u64, time,         0x0fc0)
NTR_RECORD(dmp32_header, 0x1000, DMP32_FIELDS)

/* 86 runs of 8 bytes end at 0x31c, the context begins at 0x320. */
#define MAX_RUNS 86
#define MIN_HEADER 0x3c

static enum ntr_st probe(const struct ntr_bin *head, u64 size,
			 struct ntr_err *e)
{
	struct ntr_bin b = *head;
	const u8 *sig = ntr_bin_take(&b, 8, "signature");

	/* The second word says that the dump is complete. One that is not is
	 * told from other files by its machine type. */
	if (!sig || memcmp(sig, "PAGE", 4))
		return NTR_UNSUP;
	if (memcmp(sig + 4, "DUMP", 4)) {
		u32 machine;

		ntr_bin_seek(&b, 0x20, "machine");
		machine = ntr_bin_u32(&b, "machine");
		if (!memcmp(sig + 4, "DU64", 4) ||
		    ntr_machine_ptr_size(machine) != 4)
			return NTR_UNSUP;
	}
	if (size < MIN_HEADER)
		return ntr_fail(e, NTR_BAD,
				"a 32-bit crash dump cut off at 0x%" PRIx64
				": not even its bug check is there (0x28 to "
				"0x3c)", size);
	return NTR_OK;
}

/* Filler stays recognisable when it is widened. */
static u64 widen(u32 v)
{
	return ntr_dmp_written(v) ? v : UINT64_C(0x4547415045474150);
}

static void copy_runs(struct ntr_dmp *m, const struct ntr_dmp32_header *h)
{
	m->run_at = 0x6c;
	m->nruns = h->nruns;
	m->max_runs = MAX_RUNS;
	m->npages = widen(h->npages);
	for (unsigned i = 0; i < MAX_RUNS; i++) {
		m->run[i].pfn = widen(h->run[2 * i]);
		m->run[i].npages = widen(h->run[2 * i + 1]);
	}
}

static void copy_values(struct ntr_dmp *m, const struct ntr_dmp32_header *h)
{
	m->valid = h->valid;
	m->valid_want = 0x504d5544;
	m->major = h->major;
	m->build = h->build;
	m->dtb = widen(h->dtb);
	m->pfndb = widen(h->pfndb);
	m->psmods = widen(h->psmods);
	m->psprocs = widen(h->psprocs);
	m->kdbg = widen(h->kdbg);
	m->machine = h->machine;
	m->cpus = h->cpus;
	m->code = h->code;
	for (unsigned i = 0; i < 4; i++)
		m->arg[i] = widen(h->arg[i]);
	m->type = h->type;
	m->space = h->space;
	m->time = h->time;
	m->uptime = h->uptime;
	m->product = h->product;
	m->suite = h->suite;
	m->pae = h->pae;
	m->comment = h->comment;
}

static enum ntr_st open_dmp32(struct ntr_dump *d, struct ntr_err *e)
{
	struct ntr_dmp m = { .d = d, .wide = false, .hdr_len = 0x1000 };
	struct ntr_dmp32_header h;
	u8 buf[0x1000];
	struct ntr_bin b;
	enum ntr_st st = ntr_dmp_load_header(&m, buf, MIN_HEADER, e);

	if (st)
		return st;
	b = ntr_bin_of(buf, sizeof(buf), d->file->name, 0);
	ntr_dmp32_header_decode(&h, &b);
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	copy_values(&m, &h);
	copy_runs(&m, &h);
	ntr_dmp_meta(&m);
	return ntr_dmp_body(&m, e);
}

const struct ntr_fmt_ops ntr_fmt_dmp32 = {
	.name = "dmp32",
	.descr = "NT 32-bit crash dump (PAGEDUMP)",
	.probe = probe,
	.open = open_dmp32,
};
