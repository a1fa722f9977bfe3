// SPDX-License-Identifier: Apache-2.0
/* The pass over an ISF file: yajl's events, with the file's offsets. */
#include "isf.h"
#include "symtext.h"

#include "../fmt/dump.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define CHUNK (64u << 10)

/* Keys that mean something, and where: NAME(section, depth, text). */
#define KEYS(X)                                                     \
	X(WINDOWS, METADATA, 2, "windows") X(PDB, METADATA, 3, "pdb") \
	X(LINUX, METADATA, 2, "linux") X(MAC, METADATA, 2, "mac")     \
	X(GUID, METADATA, 4, "GUID") X(AGE, METADATA, 4, "age")       \
	X(MACHINE, METADATA, 4, "machine_type")                       \
	X(ADDRESS, SYMBOLS, 3, "address")                             \
	X(LINK, SYMBOLS, 3, "linkage_name") X(TYPE, SYMBOLS, 3, "type")
enum key {
	KEY_OTHER,
#define X(n, s, d, t) KEY_##n,
	KEYS(X)
#undef X
};
static const struct {
	const char *text;
	enum ntr_isf_section section;
	unsigned depth;
} keys[] = {
	[KEY_OTHER] = { "", NTR_ISF_NSECTIONS, 0 },
#define X(n, s, d, t) [KEY_##n] = { t, NTR_ISF_##s, d },
	KEYS(X)
#undef X
};

static const char *const sections[] = {
#define X(n, t) t,
	NTR_ISF_SECTIONS(X)
#undef X
};

#define LEVELS 5u /* depths whose keys are remembered */

struct ntr_isf_scan {
	struct ntr_symsrc *s;
	struct ntr_isf *isf;
	yajl_handle y;
	u8 *buf;
	u64 base;              /* file offset of the chunk */
	unsigned depth;
	enum ntr_isf_section section; /* NSECTIONS: none of ours */
	enum key key[LEVELS];
	bool over;             /* the outermost object has ended */
	enum ntr_st st;        /* why a callback stopped the pass */

	struct ntr_isf_symbol sym;
	bool has_rva;
	u64 start;             /* of the definition or type that is open */
};

static u64 position(const struct ntr_isf_scan *c)
{
	return c->base + yajl_get_bytes_consumed(c->y);
}

static int stop(struct ntr_isf_scan *c, enum ntr_st st)
{
	c->st = st;
	return 0;
}

bool ntr_isf_int(const char *p, size_t n, u64 *v)
{
	bool minus = n && p[0] == '-';
	struct ntr_words w = { p + minus, p + n };
	u64 x;

	if (!ntr_words_dec(&w, &x) || w.p != w.end || w.p == p + minus)
		return false;
	if (minus && x > UINT64_C(1) << 63)
		return false;
	*v = minus ? -x : x;
	return true;
}

/* Text with its NUL into names; 0 when memory is short. */
static u32 keep_name(struct ntr_isf *p, const void *text, size_t n)
{
	size_t at = p->names.n ? p->names.n : 1, want = at + n + 1;

	if (want > p->names.cap) {
		size_t cap = want * 2 > 65536 ? want * 2 : 65536;
		char *v = realloc(p->names.v, cap);

		if (!v)
			return 0;
		p->names.v = v;
		p->names.cap = cap;
	}
	p->names.v[0] = 0;
	memcpy(p->names.v + at, text, n);
	p->names.v[at + n] = 0;
	p->names.n = want;
	return (u32)at;
}

/* --- events ---------------------------------------------------------------- */

static bool in(const struct ntr_isf_scan *c, enum key k)
{
	return c->section == keys[k].section && c->depth == keys[k].depth &&
	       c->key[c->depth] == k;
}

static bool in_pdb(const struct ntr_isf_scan *c, enum key k)
{
	return in(c, k) && c->key[2] == KEY_WINDOWS && c->key[3] == KEY_PDB;
}

static struct ntr_isf_table *table_of(struct ntr_isf_scan *c)
{
	switch (c->section) {
	case NTR_ISF_BASE:
		return &c->isf->table[NTR_ISF_CBASE];
	case NTR_ISF_ENUM:
		return &c->isf->table[NTR_ISF_CENUM];
	case NTR_ISF_USER:
		return &c->isf->table[NTR_ISF_CUSER];
	default:
		return NULL;
	}
}

static void set_section(struct ntr_isf_scan *c, const char *p, size_t n)
{
	c->section = NTR_ISF_NSECTIONS;
	for (unsigned i = 0; i < NTR_ISF_NSECTIONS; i++)
		if (strlen(sections[i]) == n && !memcmp(sections[i], p, n) &&
		    !c->isf->done[i])
			c->section = i;
}

static int name_begins(struct ntr_isf_scan *c, const char *p, size_t n)
{
	struct ntr_isf_table *t = table_of(c);
	struct ntr_isf_def *d;

	if (c->section == NTR_ISF_SYMBOLS) {
		c->sym = (struct ntr_isf_symbol){
			.name = keep_name(c->isf, p, n) };
		c->has_rva = false;
		return c->sym.name ? 1 : stop(c, NTR_NOMEM);
	}
	if (!t)
		return 1;
	d = ntr_vec_add(t);
	if (d)
		d->name = ntr_arena_strndup(&c->s->arena, p, n);
	return d && d->name ? 1 : stop(c, NTR_NOMEM);
}

static int on_key(void *ctx, const unsigned char *text, size_t n)
{
	struct ntr_isf_scan *c = ctx;
	const char *p = (const char *)text;
	enum key k = KEY_OTHER;

	if (c->depth == 1) {
		set_section(c, p, n);
		return 1;
	}
	if (c->depth >= LEVELS || c->section == NTR_ISF_NSECTIONS)
		return 1;
	if (c->section == NTR_ISF_METADATA || c->depth == 3)
		for (unsigned i = 1; i < NTR_COUNT(keys); i++)
			if (keys[i].section == c->section &&
			    keys[i].depth == c->depth &&
			    !strncmp(keys[i].text, p, n) && !keys[i].text[n])
				k = i;
	c->key[c->depth] = k;
	if (k == KEY_LINUX || k == KEY_MAC)
		c->isf->other_system = true;
	return c->depth == 2 ? name_begins(c, p, n) : 1;
}

static void set_guid(struct ntr_isf_scan *c, const char *p, size_t n)
{
	c->s->id.has_guid = ntr_guid_from_text(p, n, c->s->id.guid);
}

static int on_string(void *ctx, const unsigned char *text, size_t n)
{
	struct ntr_isf_scan *c = ctx;

	if (in_pdb(c, KEY_GUID))
		set_guid(c, (const char *)text, n);
	if (in(c, KEY_LINK)) {
		c->sym.link = keep_name(c->isf, text, n);
		return c->sym.link ? 1 : stop(c, NTR_NOMEM);
	}
	return 1;
}

static void set_machine(struct ntr_symsrc *s, u64 v)
{
	if (v > UINT16_MAX)
		return;
	s->machine = (u32)v;
	s->ptr_size = v == NTR_MACHINE_AMD64 || v == NTR_MACHINE_ARM64 ||
		      v == NTR_MACHINE_IA64 || v == NTR_MACHINE_ALPHA64 ? 8 :
		      v == NTR_MACHINE_X86 || v == NTR_MACHINE_ARM ? 4 : 0;
}

static int on_number(void *ctx, const char *p, size_t n)
{
	struct ntr_isf_scan *c = ctx;
	u64 v;

	if (c->section == NTR_ISF_NSECTIONS || c->depth > 4 ||
	    !ntr_isf_int(p, n, &v))
		return 1;
	if (in(c, KEY_ADDRESS) && p[0] != '-') {
		c->sym.rva = v;
		c->has_rva = true;
	} else if (in_pdb(c, KEY_AGE) && v <= UINT32_MAX) {
		c->s->id.age = (u32)v;
	} else if (in_pdb(c, KEY_MACHINE)) {
		set_machine(c->s, v);
	}
	return 1;
}

static int symbol_ends(struct ntr_isf_scan *c)
{
	struct ntr_isf_symbol *x;

	if (!c->has_rva || !c->sym.name) {
		c->s->broken++;
		return 1;
	}
	x = ntr_vec_add(&c->isf->symbols);
	if (!x)
		return stop(c, NTR_NOMEM);
	*x = c->sym;
	c->sym.name = 0;
	return 1;
}

static int symtype_ends(struct ntr_isf_scan *c)
{
	struct ntr_isf_symtype *t = ntr_vec_add(&c->isf->symtypes);

	if (!t)
		return stop(c, NTR_NOMEM);
	t->off = c->start;
	t->len = position(c) - c->start;
	c->sym.type = (u32)c->isf->symtypes.n;
	return 1;
}

static int deeper(struct ntr_isf_scan *c)
{
	if (++c->depth > NTR_ISF_DEPTH)
		return stop(c, NTR_LIMIT);
	if (c->depth < LEVELS)
		c->key[c->depth] = KEY_OTHER;
	return 1;
}

static int on_map(void *ctx)
{
	struct ntr_isf_scan *c = ctx;

	if (!deeper(c))
		return 0;
	if ((c->depth == 3 && table_of(c)) ||
	    (c->depth == 4 && c->section == NTR_ISF_SYMBOLS))
		c->start = position(c) - 1;
	return 1;
}

static int on_map_end(void *ctx)
{
	struct ntr_isf_scan *c = ctx;
	struct ntr_isf_table *t = table_of(c);

	c->depth--;
	if (!c->depth)
		c->over = true;
	if (c->section == NTR_ISF_NSECTIONS)
		return 1;
	if (c->depth == 1)
		c->isf->done[c->section] = true;
	if (c->depth == 2 && c->section == NTR_ISF_SYMBOLS)
		return symbol_ends(c);
	if (c->depth == 3 && in(c, KEY_TYPE))
		return symtype_ends(c);
	if (c->depth == 2 && t && t->n) {
		t->v[t->n - 1].off = c->start;
		t->v[t->n - 1].len = position(c) - c->start;
	}
	return 1;
}

static int on_array(void *ctx)
{
	return deeper(ctx);
}

static int on_array_end(void *ctx)
{
	struct ntr_isf_scan *c = ctx;

	c->depth--;
	if (!c->depth)
		c->over = true;
	return 1;
}

static const yajl_callbacks events = {
	.yajl_number = on_number, .yajl_string = on_string,
	.yajl_start_map = on_map, .yajl_map_key = on_key,
	.yajl_end_map = on_map_end, .yajl_start_array = on_array,
	.yajl_end_array = on_array_end,
};

/* --- feeding ---------------------------------------------------------------- */

enum ntr_st ntr_isf_scan_begin(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	struct ntr_isf_scan *c = calloc(1, sizeof(*c));

	if (!c)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	p->scan = c;
	c->s = s;
	c->isf = p;
	c->section = NTR_ISF_NSECTIONS;
	c->buf = malloc(CHUNK);
	c->y = yajl_alloc(&events, NULL, c);
	if (!c->buf || !c->y) {
		ntr_isf_scan_end(p);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	/* names are bytes to us, and this is a fifth of the time */
	yajl_config(c->y, yajl_dont_validate_strings, 1);
	return NTR_OK;
}

void ntr_isf_scan_end(struct ntr_isf *p)
{
	struct ntr_isf_scan *c = p->scan;

	if (!c)
		return;
	if (c->y)
		yajl_free(c->y);
	free(c->buf);
	free(c);
	p->scan = NULL;
}

static enum ntr_st damage(struct ntr_isf_scan *c, yajl_status y)
{
	struct ntr_err *e = &c->isf->err;
	const char *name = c->s->file->name;
	u64 at = position(c);
	unsigned char *text;

	if (c->st == NTR_NOMEM)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", name);
	if (c->st == NTR_LIMIT)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": nested deeper "
				"than %u", name, at, NTR_ISF_DEPTH);
	if (y == yajl_status_ok) /* the outermost object has not ended */
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": JSON ends too "
				"early", name, c->s->file->size);
	text = yajl_get_error(c->y, 0, NULL, 0);
	ntr_err_set(e, "%s+0x%" PRIx64 ": JSON: %s", name, at,
		    text ? (char *)text : "malformed");
	if (text) {
		e->msg[strcspn(e->msg, "\n")] = 0;
		yajl_free_error(c->y, text);
	}
	return NTR_BAD;
}

/* One chunk; END when the pass is over, for whatever reason. */
static enum ntr_st feed(struct ntr_isf_scan *c, struct ntr_err *e)
{
	u64 left = c->s->file->size - c->base;
	size_t n = left < CHUNK ? (size_t)left : CHUNK;
	yajl_status y = yajl_status_ok;
	enum ntr_st st;

	if (n) {
		st = ntr_file_read(c->s->file, c->base, c->buf, n, e);
		if (st)
			return st;
		y = yajl_parse(c->y, c->buf, n);
	}
	if (!c->over && (y != yajl_status_ok || !n))
		c->isf->damaged = damage(c, y);
	c->base += n;
	return c->over || c->isf->damaged ? NTR_END : NTR_OK;
}

enum ntr_st ntr_isf_need(struct ntr_symsrc *s, enum ntr_isf_section section,
			 struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	enum ntr_st st = NTR_OK;

	while (p->scan && !p->done[section] && st == NTR_OK)
		st = feed(p->scan, e);
	if (st == NTR_END)
		ntr_isf_scan_end(p);
	else if (st)
		return st;
	if (p->done[section] || !p->damaged)
		return NTR_OK;
	if (e)
		*e = p->err;
	return p->damaged;
}
