// SPDX-License-Identifier: Apache-2.0
/* Stream 3: which streams hold the symbols, the modules, and which module each
 * stretch of a section came from.  Source: LLVM "The PDB DBI Stream",
 * microsoft-pdb PDB/dbi/dbi.h. */
#include "pdb.h"

#include "../base/record.h"
#include "../fmt/dump.h"

#include <stdlib.h>
#include <string.h>

#define DBI_V60 19970606u        /* contributions of 28 bytes from here on */
#define SC_V60 0xf12eba2du       /* 0xeffe0000 + 19970605 */
#define SC_V2 0xf13151e4u        /* 0xeffe0000 + 20140516: 4 bytes more */
/* Contributions do not overlap; in a damaged file they may. */
#define OVERLAP_MAX 4u
#define SC_OLD_SIZE 20u
#define SC_SIZE 28u
#define SC_V2_SIZE 32u

#define DBI_FIELDS(S, A, r, z)            \
	S(r, z, u32, signature,   0x00)   \
	S(r, z, u32, version,     0x04)   \
	S(r, z, u32, age,         0x08)   \
	S(r, z, u16, gsi,         0x0c)   \
	S(r, z, u16, psi,         0x10)   \
	S(r, z, u16, symrec,      0x14)   \
	S(r, z, u32, mod_size,    0x18)   \
	S(r, z, u32, sc_size,     0x1c)   \
	S(r, z, u32, map_size,    0x20)   \
	S(r, z, u32, src_size,    0x24)   \
	S(r, z, u32, tsm_size,    0x28)   \
	S(r, z, u32, dbg_size,    0x30)   \
	S(r, z, u32, ec_size,     0x34)   \
	S(r, z, u16, flags,       0x38)   \
	S(r, z, u16, machine,     0x3a)
NTR_RECORD(pdb_dbi_header, 0x40, DBI_FIELDS)

/* Of VC 4 and older: no signature. */
#define DBI_OLD_FIELDS(S, A, r, z)        \
	S(r, z, u16, gsi,         0x00)   \
	S(r, z, u16, psi,         0x02)   \
	S(r, z, u16, symrec,      0x04)   \
	S(r, z, u32, mod_size,    0x08)   \
	S(r, z, u32, sc_size,     0x0c)   \
	S(r, z, u32, map_size,    0x10)   \
	S(r, z, u32, src_size,    0x14)
NTR_RECORD(pdb_dbi_old, 0x18, DBI_OLD_FIELDS)

/* From the first name back: stream is at 0x22 in a record of 0x40 bytes, and
 * the contribution in front of it is 8 bytes shorter before V60. */
#define MOD_FIELDS(S, A, r, z)            \
	S(r, z, u16, stream,      0x02)   \
	S(r, z, u32, sym_size,    0x04)   \
	S(r, z, u32, c11_size,    0x08)   \
	S(r, z, u32, c13_size,    0x0c)
NTR_RECORD(pdb_mod_tail, 0x20, MOD_FIELDS)

#define SC_FIELDS(S, A, r, z)             \
	S(r, z, u16, seg,         0x00)   \
	S(r, z, u32, off,         0x04)   \
	S(r, z, u32, size,        0x08)   \
	S(r, z, u16, mod,         0x10)
NTR_RECORD(pdb_sc, 0x14, SC_FIELDS)

/* --- header ----------------------------------------------------------------- */

/* The next part of the stream. One that does not fit is empty, and so are
 * those behind it: where they begin is not known. */
static struct ntr_bin part(struct ntr_bin *b, u32 size, const char *what)
{
	struct ntr_bin p = ntr_bin_sub(b, (u64)(b->pos - b->base), size, what);

	ntr_bin_skip(b, size, what);
	return b->bad ? ntr_bin_of(b->end, 0, b->origin, 0) : p;
}

static void dbg_streams(struct ntr_pdb_dbi *d, struct ntr_bin b)
{
	for (u32 i = 0; i < NTR_PDB_DBG_STREAMS && ntr_bin_left(&b) >= 2; i++)
		d->dbg[i] = ntr_bin_u16(&b, "debug stream");
}

static void dbi_parts(struct ntr_pdb_dbi *d, struct ntr_bin *b,
		      const struct ntr_pdb_dbi_header *h)
{
	d->modinfo = part(b, h->mod_size, "module info");
	d->contribs = part(b, h->sc_size, "section contributions");
	part(b, h->map_size, "section map");
	part(b, h->src_size, "source info");
	part(b, h->tsm_size, "type server map");
	part(b, h->ec_size, "EC info");
	dbg_streams(d, part(b, h->dbg_size, "debug header"));
}

static void dbi_old_header(struct ntr_bin *b, struct ntr_pdb_dbi_header *h)
{
	struct ntr_pdb_dbi_old o;

	ntr_pdb_dbi_old_decode(&o, b);
	*h = (struct ntr_pdb_dbi_header){
		.gsi = o.gsi, .psi = o.psi, .symrec = o.symrec,
		.mod_size = o.mod_size, .sc_size = o.sc_size,
		.map_size = o.map_size, .src_size = o.src_size,
	};
}

static unsigned pointer_of(u32 machine)
{
	switch (machine) {
	case NTR_MACHINE_AMD64:
	case NTR_MACHINE_ARM64:
	case NTR_MACHINE_IA64:
	case NTR_MACHINE_ALPHA64:
		return 8;
	default:
		return machine ? 4 : 0;
	}
}

static enum ntr_st dbi_read(struct ntr_pdb *p, struct ntr_err *e)
{
	struct ntr_pdb_dbi *d = &p->dbi;
	struct ntr_pdb_dbi_header h;
	struct ntr_bin b, peek;
	enum ntr_st st;

	memset(d->dbg, 0xff, sizeof(d->dbg));
	d->gsi = d->psi = d->symrec = NTR_MSF_NO_STREAM;
	st = ntr_msf_stream(&p->msf, NTR_PDB_DBI, &b, e);
	if (!st && !ntr_bin_left(&b))
		st = ntr_fail(e, NTR_ABSENT, "%s: the DBI stream is empty",
			      b.origin);
	if (st)
		return st;
	peek = b;
	if (ntr_bin_u32(&peek, "DBI header") != UINT32_MAX)
		dbi_old_header(&b, &h);
	else
		ntr_pdb_dbi_header_decode(&h, &b);
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	d->version = h.version;
	d->age = h.age;
	d->gsi = h.gsi;
	d->psi = h.psi;
	d->symrec = h.symrec;
	d->flags = h.flags;
	d->machine = h.machine;
	dbi_parts(d, &b, &h);
	/* The age an image names is that of its DBI: the info stream's also
	 * counts writes that changed no symbols. */
	if (d->age)
		p->src->id.age = d->age;
	p->src->machine = d->machine;
	p->src->ptr_size = pointer_of(d->machine);
	return NTR_OK;
}

void ntr_pdb_dbi(struct ntr_pdb *p)
{
	p->dbi_once.tried = true;
	p->dbi_once.st = dbi_read(p, &p->dbi_once.err);
}

/* --- modules ------------------------------------------------------------------- */

static bool mod_read(struct ntr_pdb *p, struct ntr_bin *b,
		     struct ntr_pdb_mod *m)
{
	u32 front = p->dbi.version < DBI_V60 ? SC_OLD_SIZE : SC_SIZE;
	struct ntr_pdb_mod_tail t;

	ntr_bin_skip(b, 4 + front, "module record");
	ntr_pdb_mod_tail_decode(&t, b);
	m->stream = t.stream;
	m->sym_size = t.sym_size;
	m->c11_size = t.c11_size;
	m->c13_size = t.c13_size;
	m->name = ntr_pdb_cstr(b);
	if (!m->name || !ntr_pdb_cstr(b))
		return false;
	/* Records begin at multiples of 4; the last may be cut short of it. */
	for (size_t k = (size_t)(b->pos - b->base) & 3; k & 3; k++)
		if (ntr_bin_left(b))
			ntr_bin_skip(b, 1, "padding");
	return !b->bad;
}

static enum ntr_st mods_load(struct ntr_pdb *p, struct ntr_err *e)
{
	struct { NTR_VEC(struct ntr_pdb_mod); } v = { 0 };
	struct ntr_bin b = p->dbi.modinfo;
	enum ntr_st st = NTR_OK;

	while (ntr_bin_left(&b) && !st) {
		struct ntr_pdb_mod m = { 0 }, *to;

		if (!mod_read(p, &b, &m))
			break;
		to = ntr_vec_add(&v);
		if (to)
			*to = m;
		else
			st = ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	p->mod = v.v; /* those before the damage are good */
	p->nmods = (u32)v.n;
	return st ? st : ntr_bin_done(&b, e);
}

enum ntr_st ntr_pdb_need_mods(struct ntr_pdb *p, struct ntr_err *e)
{
	if (!ntr_pdb_once(&p->mods_once))
		p->mods_once.st = mods_load(p, &p->mods_once.err);
	return ntr_pdb_again(&p->mods_once, e);
}

/* --- contributions ---------------------------------------------------------------- */

static int by_rva(const void *a, const void *b)
{
	const struct ntr_pdb_contrib *x = a, *y = b;

	return x->rva < y->rva ? -1 : x->rva > y->rva;
}

/* Size of an entry; b moves to the first. 0: a form that is not known. */
static u32 contrib_form(struct ntr_pdb *p, struct ntr_bin *b)
{
	u32 v;

	if (p->dbi.version < DBI_V60)
		return SC_OLD_SIZE;
	v = ntr_bin_u32(b, "version of the contributions");
	return v == SC_V60 ? SC_SIZE : v == SC_V2 ? SC_V2_SIZE : 0;
}

static enum ntr_st contribs_read(struct ntr_pdb *p, struct ntr_bin *b,
				 u32 each)
{
	u32 n = (u32)(ntr_bin_left(b) / each);
	bool sorted = true;

	p->contrib = calloc(n ? n : 1, sizeof(*p->contrib));
	if (!p->contrib)
		return NTR_NOMEM;
	for (u32 i = 0; i < n; i++) {
		struct ntr_pdb_contrib *c = &p->contrib[p->ncontribs];
		struct ntr_pdb_sc r;

		ntr_pdb_sc_decode(&r, b);
		ntr_bin_skip(b, each - ntr_pdb_sc_size, "contribution");
		if (!r.size || r.size > INT32_MAX ||
		    !ntr_pdb_src(p, r.seg, r.off, &c->rva))
			continue;
		c->size = r.size;
		c->mod = r.mod;
		if (p->ncontribs && c[-1].rva > c->rva)
			sorted = false;
		p->ncontribs++;
	}
	if (!sorted)
		qsort(p->contrib, p->ncontribs, sizeof(*p->contrib), by_rva);
	return NTR_OK;
}

static enum ntr_st contribs_load(struct ntr_pdb *p, struct ntr_err *e)
{
	struct ntr_bin b = p->dbi.contribs;
	enum ntr_st st = ntr_pdb_need_sections(p, e);
	u32 each;

	if (st)
		return st;
	if (!ntr_bin_left(&b))
		return ntr_fail(e, NTR_ABSENT, "%s: no section contributions",
				p->msf.file->name);
	each = contrib_form(p, &b);
	if (!each)
		return ntr_fail(e, NTR_BAD,
				"%s+0x%" PRIx64 ": section contributions of "
				"an unknown version", b.origin, b.off0);
	st = contribs_read(p, &b, each);
	return st ? ntr_fail(e, st, "out of memory") : NTR_OK;
}

enum ntr_st ntr_pdb_need_contribs(struct ntr_pdb *p, struct ntr_err *e)
{
	if (!ntr_pdb_once(&p->contribs_once))
		p->contribs_once.st = contribs_load(p, &p->contribs_once.err);
	return ntr_pdb_again(&p->contribs_once, e);
}

bool ntr_pdb_mod_at(const struct ntr_pdb *p, u32 src, u32 *mod)
{
	u32 lo = 0, n = p->ncontribs;

	if (!n || p->contrib[0].rva > src)
		return false;
	while (n > 1) { /* contrib[lo].rva <= src */
		u32 half = n / 2;

		lo += p->contrib[lo + half].rva <= src ? half : 0;
		n -= half;
	}
	for (u32 k = 0; k < OVERLAP_MAX && k <= lo; k++) {
		const struct ntr_pdb_contrib *c = &p->contrib[lo - k];

		if (src - c->rva < c->size) {
			*mod = c->mod;
			return true;
		}
	}
	return false;
}
