// SPDX-License-Identifier: Apache-2.0
/* What follows the header of an NT crash dump. DumpType says what it should
 * be, the tag at the end of the header what it is; the tag decides where the
 * type is open (automatic, not written, not known) or cannot be true. */
#include "dmp.h"

#define TAG_SDMP 0x504d4453u
#define TAG_FDMP 0x504d4446u
#define TAG_RDMP 0x504d4452u
#define TAG_DUMP 0x504d5544u

enum body {
	BODY_OPEN, /* the content decides */
	BODY_RUNS,
	BODY_BITMAP,
	BODY_RANGES,
	BODY_TRIAGE,
	BODY_NONE,
};

static const struct {
	u32 type;
	enum body body;
	enum ntr_dump_kind kind;
} types[] = {
	{ 1, BODY_RUNS, NTR_KIND_FULL },
	{ 2, BODY_BITMAP, NTR_KIND_KERNEL },
	{ 3, BODY_NONE, NTR_KIND_HEADER },
	{ 4, BODY_TRIAGE, NTR_KIND_TRIAGE },
	{ 5, BODY_BITMAP, NTR_KIND_BITMAP_FULL },
	{ 6, BODY_BITMAP, NTR_KIND_BITMAP_KERNEL },
	{ 8, BODY_RANGES, NTR_KIND_RANGES },
	{ 9, BODY_RANGES, NTR_KIND_RANGES },
	{ 10, BODY_RANGES, NTR_KIND_RANGES },
};

struct content {
	enum body body; /* BODY_OPEN: no tag */
	enum ntr_dump_kind kind;
	const char *tag;
};

static struct content look(const struct ntr_dmp *m)
{
	const struct ntr_space *s = &m->d->file->space;
	u32 w[3] = { 0, 0, 0 };

	for (unsigned i = 0; i < 3; i++)
		if (ntr_read_u32(s, m->hdr_len + i * 4, &w[i]))
			break;
	if (w[1] == TAG_RDMP && w[2] == TAG_DUMP)
		return (struct content){ BODY_RANGES, NTR_KIND_RANGES, "RDMP" };
	if (w[1] == TAG_DUMP && w[0] == TAG_SDMP)
		return (struct content){ BODY_BITMAP, NTR_KIND_BITMAP_KERNEL,
					 "SDMP" };
	if (w[1] == TAG_DUMP && w[0] == TAG_FDMP)
		return (struct content){ BODY_BITMAP, NTR_KIND_BITMAP_FULL,
					 "FDMP" };
	return (struct content){ BODY_OPEN, NTR_KIND_FULL, NULL };
}

static enum body by_type(struct ntr_dmp *m, u32 at)
{
	struct ntr_dump *d = m->d;

	d->kind = NTR_KIND_FULL;
	for (size_t i = 0; i < NTR_COUNT(types); i++)
		if (types[i].type == m->type) {
			d->kind = types[i].kind;
			return types[i].body;
		}
	/* 0 and filler: NT 3.51 and 4.0 had full dumps only. 7: automatic. */
	if (m->type && m->type != 7 && ntr_dmp_written(m->type))
		ntr_dump_note(d, "0x%x: dump type %u is not known; read by its "
			      "content", at, m->type);
	return BODY_OPEN;
}

static enum body decide(struct ntr_dmp *m)
{
	u32 at = m->wide ? 0xf98 : 0xf88;
	enum body want = by_type(m, at);
	struct content has = look(m);

	if (want == BODY_OPEN) {
		m->d->kind = has.kind;
		return has.body == BODY_OPEN ? BODY_RUNS : has.body;
	}
	if (want != BODY_BITMAP && want != BODY_RANGES)
		return want;
	if (has.body == BODY_OPEN) {
		m->d->complete = false;
		ntr_dump_note(m->d, "0x%x: dump type %u, but no %s header at "
			      "0x%x: the memory in the file cannot be located",
			      at, m->type, want == BODY_BITMAP ?
			      "SDMP or FDMP" : "RDMP", m->hdr_len);
		return BODY_NONE;
	}
	if (has.body != want) {
		ntr_dump_note(m->d, "0x%x: dump type %u, but the header at "
			      "0x%x is %s; read as that", at, m->type,
			      m->hdr_len, has.tag);
		m->d->kind = has.kind;
	}
	return has.body;
}

enum ntr_st ntr_dmp_body(struct ntr_dmp *m, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	/* The file ends inside the header: nothing can follow it. */
	if (m->have < m->hdr_len) {
		(void)by_type(m, m->wide ? 0xf98 : 0xf88);
		if (!ntr_dmp_written(m->type))
			m->d->kind = NTR_KIND_UNKNOWN;
		return NTR_OK;
	}
	switch (decide(m)) {
	case BODY_OPEN:
	case BODY_RUNS:
		st = ntr_dmp_full(m, e);
		break;
	case BODY_BITMAP:
		st = ntr_dmp_bitmap(m, e);
		break;
	case BODY_RANGES:
		st = ntr_dmp_ranges(m, e);
		break;
	case BODY_TRIAGE:
		st = ntr_dmp_triage(m, e);
		break;
	case BODY_NONE:
		break;
	}
	if (st == NTR_OK && m->end)
		ntr_dmp_blobs(m);
	return st;
}
