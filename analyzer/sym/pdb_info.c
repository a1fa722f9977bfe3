// SPDX-License-Identifier: Apache-2.0
/* Stream 1: what the PDB belongs to, and the streams that have names. */
#include "pdb.h"

#include "../base/record.h"

#include <string.h>

#define INFO_VC70 20000404u  /* from here on with a GUID */
#define INFO_VC110 20091201u /* feature words: the IPI stream is there */
#define INFO_VC140 20140508u
#define NAMES_MAGIC 0xeffeeffeu

/* Offset of "/names" among the named streams' strings; UINT32_MAX: none. */
static u32 names_offset(struct ntr_bin strings)
{
	static const char want[] = "/names";
	size_t left = ntr_bin_left(&strings);
	const u8 *s = ntr_bin_take(&strings, left, "names of streams");

	for (size_t i = 0; s && i + sizeof(want) <= left; i++)
		if (!memcmp(s + i, want, sizeof(want)))
			return (u32)i;
	return UINT32_MAX;
}

/* The map: strings, then a hash table of (offset, stream) written as two bit
 * vectors and the present rows. Source: LLVM "The PDB Info Stream". */
static void named_streams(struct ntr_pdb *p, struct ntr_bin *b)
{
	u32 cb = ntr_bin_u32(b, "length of stream names");
	struct ntr_bin strings =
		ntr_bin_sub(b, (u64)(b->pos - b->base), cb, "stream names");
	u32 want = names_offset(strings), n, words;

	ntr_bin_skip(b, cb, "stream names");
	n = ntr_bin_u32(b, "count of named streams");
	ntr_bin_u32(b, "capacity of named streams");
	for (int i = 0; i < 2; i++) {
		words = ntr_bin_u32(b, "words of a bit vector");
		if (ntr_bin_fits(b, words, 4, "bit vector"))
			ntr_bin_skip(b, (size_t)words * 4, "bit vector");
	}
	if (!ntr_bin_fits(b, n, 8, "named streams"))
		return;
	for (u32 i = 0; i < n; i++) {
		u32 off = ntr_bin_u32(b, "stream name");
		u32 stream = ntr_bin_u32(b, "stream number");

		if (off == want)
			p->names_stream = stream;
	}
}

static void features(struct ntr_pdb *p, struct ntr_bin *b)
{
	ntr_bin_u32(b, "niMax");
	while (ntr_bin_left(b) >= 4 && !b->bad) {
		u32 f = ntr_bin_u32(b, "feature");

		if (f == INFO_VC110 || f == INFO_VC140)
			p->has_ipi = true;
	}
}

enum ntr_st ntr_pdb_info(struct ntr_pdb *p, struct ntr_err *e)
{
	struct ntr_symid *id = &p->src->id;
	struct ntr_bin b;
	u8 guid[16];
	u32 sig, age;
	enum ntr_st st = ntr_msf_stream(&p->msf, NTR_PDB_INFO, &b, e);

	if (st)
		return st == NTR_ABSENT ? NTR_BAD : st;
	p->names_stream = NTR_MSF_NO_STREAM;
	p->version = ntr_bin_u32(&b, "version");
	sig = ntr_bin_u32(&b, "signature");
	age = ntr_bin_u32(&b, "age");
	if (!p->msf.jg && p->version >= INFO_VC70) {
		ntr_bin_copy(&b, guid, sizeof(guid), "GUID");
		memcpy(id->guid, guid, sizeof(guid));
		id->has_guid = true;
	}
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	id->has_sig = !id->has_guid;
	id->sig = sig;
	id->age = age; /* until DBI says better */
	/* A damaged map costs the names, not the file. */
	named_streams(p, &b);
	features(p, &b);
	return NTR_OK;
}

static enum ntr_st names_load(struct ntr_pdb *p, struct ntr_err *e)
{
	struct ntr_bin b;
	u32 magic, cb;
	enum ntr_st st = ntr_msf_stream(&p->msf, p->names_stream, &b, e);

	if (st)
		return st;
	magic = ntr_bin_u32(&b, "signature of /names");
	ntr_bin_u32(&b, "version of /names");
	cb = ntr_bin_u32(&b, "length of /names");
	if (!b.bad && magic != NAMES_MAGIC)
		return ntr_fail(e, NTR_BAD,
				"%s+0x0: signature 0x%x, want 0x%x", b.origin,
				magic, NAMES_MAGIC);
	p->names = ntr_bin_sub(&b, (u64)(b.pos - b.base), cb, "/names");
	return ntr_bin_done(&p->names, e);
}

const char *ntr_pdb_name_at(struct ntr_pdb *p, u32 off)
{
	struct ntr_bin b;

	if (!ntr_pdb_once(&p->names_once))
		p->names_once.st = names_load(p, &p->names_once.err);
	if (p->names_once.st)
		return NULL;
	b = p->names;
	ntr_bin_seek(&b, off, "name");
	return ntr_pdb_cstr(&b);
}

const char *ntr_pdb_cstr(struct ntr_bin *b)
{
	size_t left = ntr_bin_left(b);
	const u8 *end = b->bad ? NULL : memchr(b->pos, 0, left);

	if (!end) {
		ntr_bin_poison(b, left + 1, "a text without an end");
		return NULL;
	}
	return (const char *)ntr_bin_take(b, (size_t)(end - b->pos) + 1,
					  "text");
}
