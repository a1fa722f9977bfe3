// SPDX-License-Identifier: Apache-2.0
/* Loaded and unloaded drivers of a triage dump. */
#include "dmp_triage.h"

#include "../base/text.h"

#include <string.h>

#define DRIVER32_FIELDS(S, A, r, z)      \
	S(r, z, u32, name,      0x00)    \
	S(r, z, u32, base,      0x1c)    \
	S(r, z, u32, size,      0x24)    \
	S(r, z, u32, checksum,  0x44)    \
	S(r, z, u32, timestamp, 0x48)
NTR_RECORD(dmp_driver32, 0x4c, DRIVER32_FIELDS)

#define DRIVER64_FIELDS(S, A, r, z)      \
	S(r, z, u32, name,      0x00)    \
	S(r, z, u64, base,      0x38)    \
	S(r, z, u32, size,      0x48)    \
	S(r, z, u32, checksum,  0x80)    \
	S(r, z, u32, timestamp, 0x88)
NTR_RECORD(dmp_driver64, 0x90, DRIVER64_FIELDS)

#define UNLOADED32_FIELDS(S, A, r, z)    \
	S(r, z, u16, len,   0x00)        \
	A(r, z, u8,  name,  0x08, 24)    \
	S(r, z, u32, start, 0x20)        \
	S(r, z, u32, end,   0x24)
NTR_RECORD(dmp_unloaded32, 0x28, UNLOADED32_FIELDS)

#define UNLOADED64_FIELDS(S, A, r, z)    \
	S(r, z, u16, len,   0x00)        \
	A(r, z, u8,  name,  0x10, 24)    \
	S(r, z, u64, start, 0x28)        \
	S(r, z, u64, end,   0x30)
NTR_RECORD(dmp_unloaded64, 0x38, UNLOADED64_FIELDS)

struct driver {
	u32 name;
	u64 base;
	u32 size, checksum, timestamp;
};

/* Length in characters, then UTF-16 with a NUL. The pool bounds a string
 * that lies in it; else the primary part of the dump does. */
const char *ntr_dmp_tri_string(const struct ntr_dmp_tri *t, u64 off)
{
	u64 end = t->limit, pool_end = (u64)t->pool + t->pool_len;
	char text[NTR_DMP_MAX_NAME * 3 + 1];
	u8 raw[NTR_DMP_MAX_NAME * 2];
	u32 len = 0;

	if (off >= t->pool && off < pool_end && pool_end < end)
		end = pool_end;
	if (off < t->m->hdr_len || off > end || end - off < 4 ||
	    ntr_read_u32(&t->d->file->space, off, &len))
		return NULL;
	if (!len || len > NTR_DMP_MAX_NAME || len * 2 > end - off - 4)
		return NULL;
	if (ntr_file_read(t->d->file, off + 4, raw, len * 2, NULL))
		return NULL;
	if (!ntr_utf16_to_utf8(text, sizeof(text), raw, len * 2))
		return NULL;
	return ntr_arena_strdup(&t->d->arena, text);
}

/* --- loaded ---------------------------------------------------------------- */

/* Bytes from entry to entry. The string pool follows the list, so their
 * distance gives the stride of a version with longer entries. */
static u32 driver_stride(const struct ntr_dmp_tri *t, u32 *n)
{
	u32 want = t->m->wide ? 0x90 : 0x4c, room, each;

	if (t->pool <= t->drivers)
		return want;
	room = t->pool - t->drivers;
	each = room / *n;
	if (room / want == *n || (each >= want && room - want * *n < 8))
		return want;
	if (each > want && each < want * 2 && !(each & 3) &&
	    room - each * *n < 8)
		return each;
	if (each < want) {
		ntr_dump_note(t->d, "0x%x: %u drivers promised, %u fit in "
			      "front of their names at 0x%x",
			      t->m->hdr_len + 0x34, *n, room / want, t->pool);
		t->d->complete = false;
		*n = room / want;
	}
	return want;
}

static void driver_decode(const struct ntr_dmp_tri *t, struct driver *v,
			  struct ntr_bin *row)
{
	struct ntr_dmp_driver32 d32;
	struct ntr_dmp_driver64 d64;

	if (t->m->wide) {
		ntr_dmp_driver64_decode(&d64, row);
		*v = (struct driver){ d64.name, d64.base, d64.size,
				      d64.checksum, d64.timestamp };
	} else {
		ntr_dmp_driver32_decode(&d32, row);
		*v = (struct driver){ d32.name, d32.base, d32.size,
				      d32.checksum, d32.timestamp };
	}
}

static enum ntr_st add_driver(const struct ntr_dmp_tri *t,
			      const struct driver *v, u32 *nameless,
			      struct ntr_err *e)
{
	struct ntr_dump_module *mod = ntr_vec_add(&t->d->modules);

	if (!mod)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	mod->name = ntr_dmp_tri_string(t, v->name);
	if (!mod->name) {
		mod->name = ntr_arena_printf(&t->d->arena,
					     "Unknown_Module_%0*" PRIx64,
					     t->m->wide ? 16 : 8, v->base);
		mod->nameless = true;
		++*nameless;
	}
	mod->base = v->base;
	mod->size = v->size;
	mod->checksum = v->checksum;
	mod->timestamp = v->timestamp;
	return NTR_OK;
}

enum ntr_st ntr_dmp_tri_drivers(const struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_dump *d = t->d;
	u32 n = t->ndrivers, each, nameless = 0, i = 0;
	struct ntr_dmp_rows rows;
	enum ntr_st st = NTR_OK;
	struct ntr_bin row;
	struct driver v;

	if (!t->drivers || !n)
		return NTR_OK;
	if (n > NTR_DMP_MAX_DRIVERS)
		n = NTR_DMP_MAX_DRIVERS;
	each = driver_stride(t, &n);
	ntr_dmp_rows_init(&rows, d, t->drivers, n, each);
	for (; st == NTR_OK && ntr_dmp_row(&rows, i, &row); i++) {
		driver_decode(t, &v, &row);
		st = add_driver(t, &v, &nameless, e);
	}
	if (i < t->ndrivers) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: %u drivers promised, %u could be read",
			      t->drivers, t->ndrivers, i);
	}
	d->modules_whole = i >= t->ndrivers;
	if (nameless)
		ntr_dump_note(d, "0x%x: the names of %u drivers cannot be read",
			      t->drivers, nameless);
	return st;
}

/* --- unloaded ---------------------------------------------------------------- */

struct gone {
	u32 len;
	u8 name[24];
	u64 start, end;
};

static void gone_decode(const struct ntr_dmp_tri *t, struct gone *g,
			struct ntr_bin *row)
{
	struct ntr_dmp_unloaded32 u32_;
	struct ntr_dmp_unloaded64 u64_;

	if (t->m->wide) {
		ntr_dmp_unloaded64_decode(&u64_, row);
		*g = (struct gone){ .len = u64_.len, .start = u64_.start,
				    .end = u64_.end };
		memcpy(g->name, u64_.name, sizeof(g->name));
	} else {
		ntr_dmp_unloaded32_decode(&u32_, row);
		*g = (struct gone){ .len = u32_.len, .start = u32_.start,
				    .end = u32_.end };
		memcpy(g->name, u32_.name, sizeof(g->name));
	}
}

/* Twelve characters at most are stored, without a NUL; the length is that of
 * the real name. */
static enum ntr_st add_gone(const struct ntr_dmp_tri *t, const struct gone *g,
			    struct ntr_err *e)
{
	struct ntr_dump_unloaded *u = ntr_vec_add(&t->d->unloaded);
	size_t len = g->len && g->len < 24 ? g->len : 24;
	char text[24 * 3 + 1];

	if (!u)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	ntr_utf16_to_utf8(text, sizeof(text), g->name, len);
	u->name = ntr_arena_strdup(&t->d->arena, text);
	if (!u->name)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	u->truncated = g->len > 24;
	u->start = g->start;
	u->end = g->end;
	return NTR_OK;
}

enum ntr_st ntr_dmp_tri_unloaded(const struct ntr_dmp_tri *t, struct ntr_err *e)
{
	struct ntr_dump *d = t->d;
	u32 each = t->m->wide ? 0x38 : 0x28, head = t->m->wide ? 8 : 4;
	u32 promised = 0, n, i = 0;
	struct ntr_dmp_rows rows;
	enum ntr_st st = NTR_OK;
	struct ntr_bin row;
	struct gone g;
	u64 room;

	if (!t->unloaded)
		return NTR_OK;
	if (ntr_read_u32(&d->file->space, t->unloaded, &promised)) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the list of unloaded drivers is past "
			      "the end of the file at 0x%" PRIx64, t->unloaded,
			      d->file->size);
		return NTR_OK;
	}
	room = ntr_dmp_tri_next(t, t->unloaded);
	room = room > t->unloaded + head ? room - t->unloaded - head : 0;
	n = promised < room / each ? promised : (u32)(room / each);
	if (n > NTR_DMP_MAX_UNLOADED)
		n = NTR_DMP_MAX_UNLOADED;
	ntr_dmp_rows_init(&rows, d, t->unloaded + (u64)head, n, each);
	for (; st == NTR_OK && ntr_dmp_row(&rows, i, &row); i++) {
		gone_decode(t, &g, &row);
		st = add_gone(t, &g, e);
	}
	if (i < promised) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: %u unloaded drivers promised, %u could "
			      "be read", t->unloaded, promised, i);
	}
	return st;
}
