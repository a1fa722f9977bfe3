// SPDX-License-Identifier: Apache-2.0
#include "tpi.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#define NO_RECORD UINT32_MAX
#define NO_STREAM 0xffffu
#define RECORD_MIN 4u /* length and kind */

/* Versions: dates of the tool that wrote them, microsoft-pdb PDB/dbi/tpi.h. */
#define VERSION_32BIT 19960000u   /* before it: 16-bit indices */
#define VERSION_INTERIM 19960307u /* a header of its own, seen nowhere */

#define TPI_FIELDS(S, A, r, z)             \
	S(r, z, u32, version,      0x00)   \
	S(r, z, u32, header_size,  0x04)   \
	S(r, z, u32, first,        0x08)   \
	S(r, z, u32, end,          0x0c)   \
	S(r, z, u32, bytes,        0x10)   \
	S(r, z, u16, hash_stream,  0x14)   \
	S(r, z, u32, key_size,     0x18)   \
	S(r, z, u32, buckets,      0x1c)   \
	S(r, z, u32, values_off,   0x20)   \
	S(r, z, u32, values_len,   0x24)   \
	S(r, z, u32, index_off,    0x28)   \
	S(r, z, u32, index_len,    0x2c)
NTR_RECORD(tpi_header, 0x38, TPI_FIELDS)

#define TPI_OLD_FIELDS(S, A, r, z)         \
	S(r, z, u32, version,      0x00)   \
	S(r, z, u16, first,        0x04)   \
	S(r, z, u16, end,          0x06)   \
	S(r, z, u32, bytes,        0x08)   \
	S(r, z, u16, hash_stream,  0x0c)
NTR_RECORD(tpi_old_header, 0x10, TPI_OLD_FIELDS)

/* --- header ------------------------------------------------------------------ */

/* The records are what is there of bytes from at on: a stream that was cut
 * short still has those in front. */
static enum ntr_st set_records(struct ntr_tpi *t, const struct ntr_bin *b,
			       u64 at, u64 bytes, u64 end, struct ntr_err *e)
{
	u64 size = (u64)(b->end - b->base);

	if (at > size)
		return ntr_fail(e, NTR_BAD,
				"%s+0x4: a header of 0x%" PRIx64
				" bytes in a stream of 0x%" PRIx64,
				b->origin, at, size);
	if (t->first < NTR_LEAF_FIRST || end < t->first)
		return ntr_fail(e, NTR_BAD,
				"%s+0x8: types 0x%x to 0x%" PRIx64
				", want them from 0x1000 on",
				b->origin, t->first, end);
	if (bytes > size - at)
		bytes = size - at;
	t->rec = ntr_bin_sub(b, at, bytes, "type records");
	t->n = (u32)(end - t->first);
	if (t->n > bytes / RECORD_MIN)
		t->n = (u32)(bytes / RECORD_MIN);
	return NTR_OK;
}

static enum ntr_st open_old(struct ntr_tpi *t, struct ntr_bin *b,
			    struct ntr_err *e)
{
	struct ntr_tpi_old_header h;
	enum ntr_st st;

	ntr_tpi_old_header_decode(&h, b);
	st = ntr_bin_done(b, e);
	if (st)
		return st;
	t->first = h.first;
	/* The form of this version's hash stream is not known. */
	t->hash_stream = NO_STREAM;
	return set_records(t, b, ntr_tpi_old_header_size, h.bytes, h.end, e);
}

static enum ntr_st open_new(struct ntr_tpi *t, struct ntr_bin *b,
			    struct ntr_err *e)
{
	struct ntr_tpi_header h;
	enum ntr_st st;

	ntr_tpi_header_decode(&h, b);
	st = ntr_bin_done(b, e);
	if (st)
		return st;
	if (h.header_size < ntr_tpi_header_size)
		return ntr_fail(e, NTR_BAD,
				"%s+0x4: a header of %u bytes, want %u",
				b->origin, h.header_size, ntr_tpi_header_size);
	t->first = h.first;
	t->hash_stream = h.hash_stream;
	t->key_size = h.key_size;
	t->buckets = h.buckets;
	t->values_off = h.values_off;
	t->values_len = h.values_len;
	t->index_off = h.index_off;
	t->index_len = h.index_len;
	return set_records(t, b, h.header_size, h.bytes, h.end, e);
}

enum ntr_st ntr_tpi_open(struct ntr_tpi *t, struct ntr_bin stream,
			 struct ntr_err *e)
{
	struct ntr_bin peek = stream;
	struct ntr_tpi r = { .version = ntr_bin_u32(&peek, "version") };
	enum ntr_st st = ntr_bin_done(&peek, e);

	if (st)
		return st;
	if (!stream.origin)
		stream.origin = "types";
	if (r.version == VERSION_INTERIM)
		return ntr_fail(e, NTR_UNSUP, "%s: types of version %u",
				stream.origin, r.version);
	st = r.version < VERSION_32BIT ? open_old(&r, &stream, e)
				       : open_new(&r, &stream, e);
	if (!st)
		*t = r;
	return st;
}

void ntr_tpi_hash(struct ntr_tpi *t, struct ntr_bin stream)
{
	t->index = ntr_bin_sub(&stream, t->index_off, t->index_len,
			       "index offsets");
	if (t->index.bad)
		t->index = ntr_bin_of(stream.base, 0, stream.origin, 0);
	t->values = ntr_bin_sub(&stream, t->values_off, t->values_len,
				"hash values");
	t->hashed = !t->values.bad && t->buckets &&
		    (t->key_size == 2 || t->key_size == 4) &&
		    t->values_len / t->key_size >= t->n;
}

void ntr_tpi_fini(struct ntr_tpi *t)
{
	free(t->off);
	free(t->name);
	free(t->copy);
	ntr_arena_fini(&t->arena);
	*t = (struct ntr_tpi){ 0 };
}

/* --- where the records are ----------------------------------------------------- */

/* The next offset that the hash stream gives for a type behind *ord, at or
 * behind off; false: none. Reads on from where the last call stopped. */
static bool next_hint(struct ntr_tpi *t, u32 *ord, u32 *off)
{
	while (ntr_bin_left(&t->index) >= 8) {
		u32 ti = ntr_bin_u32(&t->index, "type index");
		u32 at = ntr_bin_u32(&t->index, "offset");

		if (ti < t->first || ti - t->first <= *ord || at <= *off)
			continue;
		if (ti - t->first >= t->n ||
		    at >= (u64)(t->rec.end - t->rec.base))
			continue;
		*ord = ti - t->first;
		*off = at;
		return true;
	}
	return false;
}

enum ntr_st ntr_tpi_load(struct ntr_tpi *t, struct ntr_err *e)
{
	u32 off = 0, ord = 0;

	if (t->off || !t->n)
		return NTR_OK;
	t->off = malloc((size_t)t->n * sizeof(*t->off));
	if (!t->off)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				t->rec.origin);
	memset(t->off, 0xff, (size_t)t->n * sizeof(*t->off));
	while (ord < t->n) {
		struct ntr_bin b = t->rec;
		u32 len;

		ntr_bin_seek(&b, off, "type record");
		len = ntr_bin_u16(&b, "length of type record");
		if (!b.bad && len >= 2 && len <= ntr_bin_left(&b)) {
			t->off[ord++] = off;
			off += 2 + len;
		} else if (!next_hint(t, &ord, &off)) {
			break;
		}
	}
	return NTR_OK;
}

enum ntr_st ntr_tpi_record(struct ntr_tpi *t, u32 index, struct ntr_bin *out,
			   struct ntr_err *e)
{
	enum ntr_st st = ntr_tpi_load(t, e);
	struct ntr_bin b = t->rec;
	u16 len;

	if (st)
		return st;
	if (index < t->first || index - t->first >= t->n)
		return ntr_fail(e, NTR_BAD,
				"%s: type 0x%x, want 0x%x to 0x%x",
				t->rec.origin, index, t->first,
				t->first + t->n);
	if (t->off[index - t->first] == NO_RECORD)
		return ntr_fail(e, NTR_BAD,
				"%s: type 0x%x lies behind a damaged record",
				t->rec.origin, index);
	ntr_bin_seek(&b, t->off[index - t->first], "type record");
	len = ntr_bin_u16(&b, "length of type record");
	b = ntr_bin_sub(&b, (u64)(b.pos - b.base), len, "type record");
	st = ntr_bin_done(&b, e);
	if (!st)
		*out = b;
	return st;
}

enum ntr_st ntr_tpi_leaf(struct ntr_tpi *t, u32 index, struct ntr_leaf *out,
			 struct ntr_err *e)
{
	struct ntr_bin b;
	enum ntr_st st = ntr_tpi_record(t, index, &b, e);

	if (st)
		return st;
	st = ntr_leaf_decode(b, out, e);
	return st ? ntr_wrap(e, st, "type 0x%x", index) : NTR_OK;
}

/* --- names --------------------------------------------------------------------- */

/* Pascal names are copied once each, found again by where they are. */
struct ntr_tpi_copy {
	u32 off; /* of the name in rec, + 1; 0: free */
	const char *text;
};

static struct ntr_tpi_copy *copy_slot(struct ntr_tpi_copy *v, u32 cap, u32 off)
{
	u32 i = off * 2654435761u;

	for (;; i++) {
		struct ntr_tpi_copy *c = &v[i & (cap - 1)];

		if (!c->off || c->off == off)
			return c;
	}
}

static bool copy_room(struct ntr_tpi *t)
{
	u32 cap = t->copy_cap ? t->copy_cap * 2 : 256;
	struct ntr_tpi_copy *v;

	if (t->ncopy < t->copy_cap / 2)
		return true;
	v = calloc(cap, sizeof(*v));
	if (!v)
		return false;
	for (u32 i = 0; i < t->copy_cap; i++)
		if (t->copy[i].off)
			*copy_slot(v, cap, t->copy[i].off) = t->copy[i];
	free(t->copy);
	t->copy = v;
	t->copy_cap = cap;
	return true;
}

const char *ntr_tpi_text(struct ntr_tpi *t, const struct ntr_leaf_name *n)
{
	struct ntr_tpi_copy *c;

	if (!n->p)
		return NULL;
	if (!n->pascal)
		return n->p;
	if (!copy_room(t))
		return NULL;
	c = copy_slot(t->copy, t->copy_cap,
		      (u32)((const u8 *)n->p - t->rec.base) + 1);
	if (c->off)
		return c->text;
	c->text = ntr_arena_strndup(&t->arena, n->p, n->len);
	if (!c->text)
		return NULL;
	c->off = (u32)((const u8 *)n->p - t->rec.base) + 1;
	t->ncopy++;
	return c->text;
}

static bool starts(const char *p, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(p, with, strlen(with));
}

static bool nameless(const char *p, size_t len)
{
	if (!len || (len == 9 && starts(p, len, "__unnamed")))
		return true;
	return memchr(p, '>', len) == p + len - 1 &&
	       (starts(p, len, "<unnamed") || starts(p, len, "<anonymous"));
}

bool ntr_tpi_nameless(const struct ntr_leaf_name *n)
{
	return !n->p || nameless(n->p, n->len);
}

bool ntr_tpi_anonymous(const struct ntr_leaf_name *n)
{
	size_t from = n->len;

	if (!n->p)
		return true;
	while (from && n->p[from - 1] != ':')
		from--;
	return nameless(n->p + from, n->len - from);
}
