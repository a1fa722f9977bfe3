// SPDX-License-Identifier: Apache-2.0
/*
 * Symbol records: u16 length of what follows, u16 kind, fields, name.
 * Source: microsoft-pdb include/cvinfo.h; the order of the fields of each kind
 * is verified against llvm-pdbutil on every PDB the tests have.
 */
#include "pdb.h"

#include "../fmt/dump.h"

#include <stdlib.h>
#include <string.h>

#define SCN_EXECUTE 0x20000000u
#define PUB_CODE 3u /* code, or a function */

/* Names with their length in front, copied with an end: by where they lie. */
struct ntr_pdb_texts {
	const u8 **key;
	char **text;
	u32 n, cap; /* cap: a power of two */
};

void ntr_pdb_recs_free(struct ntr_pdb *p)
{
	if (p->texts) {
		free(p->texts->key);
		free(p->texts->text);
	}
	free(p->texts);
}

static u32 text_slot(const struct ntr_pdb_texts *t, const u8 *at)
{
	u64 h = (u64)(uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15);
	u32 i = (u32)(h >> 32) & (t->cap - 1);

	while (t->key[i] && t->key[i] != at)
		i = (i + 1) & (t->cap - 1);
	return i;
}

static bool texts_grow(struct ntr_pdb_texts *t)
{
	struct ntr_pdb_texts g = { .cap = t->cap ? t->cap * 2 : 256,
				   .n = t->n };

	g.key = calloc(g.cap, sizeof(*g.key));
	g.text = calloc(g.cap, sizeof(*g.text));
	if (!g.key || !g.text) {
		free(g.key);
		free(g.text);
		return false;
	}
	for (u32 i = 0; i < t->cap; i++) {
		u32 k = t->key[i] ? text_slot(&g, t->key[i]) : 0;

		if (t->key[i]) {
			g.key[k] = t->key[i];
			g.text[k] = t->text[i];
		}
	}
	free(t->key);
	free(t->text);
	*t = g;
	return true;
}

static const char *text_of(struct ntr_pdb *p, const u8 *at, size_t len)
{
	struct ntr_pdb_texts *t = p->texts;
	u32 i;

	if (!t)
		t = p->texts = calloc(1, sizeof(*t));
	if (!t || (t->n * 2 >= t->cap && !texts_grow(t)))
		return NULL;
	i = text_slot(t, at);
	if (t->key[i])
		return t->text[i];
	t->text[i] = ntr_arena_strndup(&p->src->arena, (const char *)at, len);
	if (!t->text[i])
		return NULL;
	t->key[i] = at;
	t->n++;
	return t->text[i];
}

const char *ntr_pdb_rec_name(struct ntr_pdb *p, u16 kind, struct ntr_bin *rec)
{
	const u8 *len, *s;

	if (kind >= NTR_S_KIND_ST_END)
		return ntr_pdb_cstr(rec);
	len = ntr_bin_take(rec, 1, "length of a name");
	s = len ? ntr_bin_take(rec, *len, "name") : NULL;
	return s ? text_of(p, s, *len) : NULL;
}

/* References of old PDBs have their name behind the record, not counted in
 * its length (microsoft-pdb cvinfo.h, REFSYM). */
static void hidden_name(struct ntr_bin *b, u16 kind)
{
	const u8 *len;

	if (kind != NTR_S_PROCREF_ST && kind != NTR_S_DATAREF_ST &&
	    kind != NTR_S_LPROCREF_ST)
		return;
	len = ntr_bin_take(b, 1, "length of a name");
	if (len)
		ntr_bin_skip(b, (((size_t)*len + 1 + 3) & ~(size_t)3) - 1,
			     "name");
}

bool ntr_pdb_rec_next(struct ntr_bin *b, u16 *kind, struct ntr_bin *rec)
{
	u64 at = (u64)(b->pos - b->base);
	u16 len;

	if (ntr_bin_left(b) < 4)
		return false;
	len = ntr_bin_u16(b, "length of a symbol");
	if (len < 2) {
		ntr_bin_poison(b, len, "symbol");
		return false;
	}
	*rec = ntr_bin_sub(b, at + 2, len, "symbol");
	*kind = ntr_bin_u16(rec, "kind");
	ntr_bin_skip(b, len, "symbol");
	if (b->bad)
		return false;
	hidden_name(b, *kind);
	return !b->bad;
}

/* --- fields of each kind -------------------------------------------------------- */

static void place(struct ntr_bin *b, struct ntr_pdb_sym *s)
{
	s->off = ntr_bin_u32(b, "offset");
	s->seg = ntr_bin_u16(b, "section");
}

static void proc_fields(struct ntr_bin *b, struct ntr_pdb_sym *s)
{
	ntr_bin_skip(b, 12, "links of a procedure");
	s->size = ntr_bin_u32(b, "length of code");
	ntr_bin_skip(b, 8, "debug range");
	if (s->kind == NTR_S_LPROC32_16T || s->kind == NTR_S_GPROC32_16T) {
		place(b, s);
		s->type = ntr_bin_u16(b, "type");
	} else {
		s->type = ntr_bin_u32(b, "type");
		place(b, s);
	}
	ntr_bin_skip(b, 1, "flags");
	if (s->kind == NTR_S_LPROC32_ID || s->kind == NTR_S_GPROC32_ID ||
	    s->kind == NTR_S_LPROC32_DPC_ID)
		s->type |= NTR_PDB_IPI_ID;
}

static void thunk_fields(struct ntr_bin *b, struct ntr_pdb_sym *s)
{
	ntr_bin_skip(b, 12, "links of a thunk");
	place(b, s);
	s->size = ntr_bin_u16(b, "length of code");
	ntr_bin_skip(b, 1, "kind of thunk");
}

static bool fields(struct ntr_bin *b, struct ntr_pdb_sym *s)
{
	switch (s->kind) {
	case NTR_S_PUB32: case NTR_S_PUB32_ST:
		s->flags = ntr_bin_u32(b, "flags");
		place(b, s);
		return true;
	case NTR_S_LDATA32: case NTR_S_GDATA32:
	case NTR_S_LTHREAD32: case NTR_S_GTHREAD32:
	case NTR_S_LDATA32_ST: case NTR_S_GDATA32_ST:
		s->type = ntr_bin_u32(b, "type");
		place(b, s);
		return true;
	case NTR_S_PUB32_16T: case NTR_S_LDATA32_16T: case NTR_S_GDATA32_16T:
		place(b, s);
		s->type = ntr_bin_u16(b, "type");
		return true;
	case NTR_S_LPROC32: case NTR_S_GPROC32: case NTR_S_LPROC32_ID:
	case NTR_S_GPROC32_ID: case NTR_S_LPROC32_DPC:
	case NTR_S_LPROC32_DPC_ID:
	case NTR_S_LPROC32_ST: case NTR_S_GPROC32_ST:
	case NTR_S_LPROC32_16T: case NTR_S_GPROC32_16T:
		proc_fields(b, s);
		return true;
	case NTR_S_THUNK32: case NTR_S_THUNK32_ST:
		thunk_fields(b, s);
		return true;
	case NTR_S_LABEL32: case NTR_S_LABEL32_ST:
		place(b, s);
		ntr_bin_skip(b, 1, "flags");
		return true;
	default:
		return false;
	}
}

bool ntr_pdb_sym_of(struct ntr_pdb *p, u16 kind, struct ntr_bin rec,
		    struct ntr_pdb_sym *out)
{
	struct ntr_pdb_sym s = { .kind = kind };

	if (!fields(&rec, &s))
		return false;
	s.name = ntr_pdb_rec_name(p, kind, &rec);
	if (!s.name || rec.bad || !ntr_pdb_src(p, s.seg, s.off, &s.src))
		return false;
	*out = s;
	return true;
}

static enum ntr_symkind kind_out(u16 kind)
{
	switch (kind) {
	case NTR_S_PUB32: case NTR_S_PUB32_ST: case NTR_S_PUB32_16T:
		return NTR_SYM_PUBLIC;
	case NTR_S_LABEL32: case NTR_S_LABEL32_ST:
		return NTR_SYM_LABEL;
	case NTR_S_LDATA32: case NTR_S_GDATA32:
	case NTR_S_LTHREAD32: case NTR_S_GTHREAD32:
	case NTR_S_LDATA32_ST: case NTR_S_GDATA32_ST:
	case NTR_S_LDATA32_16T: case NTR_S_GDATA32_16T:
		return NTR_SYM_DATA;
	default:
		return NTR_SYM_FUNC;
	}
}

bool ntr_pdb_sym_out(struct ntr_pdb *p, const struct ntr_pdb_sym *s,
		     struct ntr_symbol *out)
{
	const struct ntr_pdb_section *scn;
	struct ntr_symbol r = { .name = s->name, .type = s->type,
				.kind = kind_out(s->kind) };
	u64 start;
	u32 rva;

	if (!ntr_pdb_to_image(p, s->src, &rva))
		return false;
	r.rva = rva;
	if (s->size)
		ntr_pdb_stretch(p, rva, s->src, s->size, &start, &r.size);
	r.code = r.kind == NTR_SYM_FUNC || r.kind == NTR_SYM_LABEL ||
		 s->flags & PUB_CODE;
	if (r.kind == NTR_SYM_PUBLIC && !r.code) {
		scn = ntr_pdb_section_of(p, s->src);
		r.code = scn && scn->flags & SCN_EXECUTE;
	}
	*out = r;
	return true;
}
