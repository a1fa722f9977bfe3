// SPDX-License-Identifier: Apache-2.0
/*
 * OBJECT_DIRECTORY begins with 37 chains of {ChainLink, Object, …};
 * OBJECT_HEADER_NAME_INFO is {Directory, UNICODE_STRING Name, …}, of 16 (32)
 * bytes.  Optional records stand in front of the header: until Vista the
 * header has the distance of each, since 7 a mask of those that are there, of
 * which the creator's is the nearest to the header and the name's the next.
 */
#include "object.h"

#include "device.h"
#include "kdbg.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BUCKETS 37u
#define BY_INDEX_BUILD 7600u
#define COOKIE_BUILD 10586u
#define INFO_CREATOR 1u
#define INFO_NAME 2u

static bool member(const struct ntr_target *t, const char *type,
		   const char *name, u64 va, u64 *out)
{
	return ntr_read_member(&t->priv->types, t->mem, va, type, name, out) ==
	       NTR_OK;
}

static bool pointer(const struct ntr_objects *o, u64 va, u64 *out)
{
	return ntr_read_ptr(o->t->mem, va, o->t->ptr_size, out) == NTR_OK;
}

/* --- names ---------------------------------------------------------------------------- */

/* Where the name's record is; 0 none, false: not known. */
static bool name_record(const struct ntr_objects *o, u64 header, u64 *out)
{
	u64 v;

	if (!o->by_index) {
		if (!member(o->t, "_OBJECT_HEADER", "NameInfoOffset", header,
			    &v))
			return false;
		*out = v ? header - v : 0;
		return true;
	}
	if (!member(o->t, "_OBJECT_HEADER", "InfoMask", header, &v))
		return false;
	*out = !(v & INFO_NAME) ? 0 :
	       header - o->name_size -
	       (v & INFO_CREATOR ? o->t->ptr_size * 4 : 0);
	return true;
}

static void read_name(const struct ntr_objects *o, u64 header,
		      struct ntr_object *out)
{
	unsigned ps = o->t->ptr_size;
	u64 at, buffer;
	u16 bytes;

	if (!name_record(o, header, &at))
		return;
	if (!at) {
		out->has_name = true;
		return;
	}
	if (!pointer(o, at, &out->directory) ||
	    ntr_read_u16(o->t->mem, at + ps, &bytes) ||
	    !pointer(o, at + 2 * ps, &buffer))
		return;
	ntr_kernel_string(o->t, buffer, bytes, out->name, sizeof(out->name));
	out->has_name = !bytes || *out->name;
}

/* --- types ------------------------------------------------------------------------------ */

static u8 real_index(const struct ntr_objects *o, u64 header, u8 stored)
{
	return o->has_cookie ? (u8)(stored ^ o->cookie ^ (u8)(header >> 8)) :
	       stored;
}

static void type_by_index(const struct ntr_objects *o, u64 header,
			  struct ntr_object *out)
{
	u64 v;
	u8 index;

	out->type_why = o->types_why;
	if (o->types_why)
		return;
	if (!member(o->t, "_OBJECT_HEADER", "TypeIndex", header, &v)) {
		out->type_why = "its header is not in the dump";
		return;
	}
	index = real_index(o, header, (u8)v);
	for (unsigned i = 0; i < o->ntypes; i++) {
		if (o->type[i].index != index)
			continue;
		out->type = o->type[i].va;
		memcpy(out->type_name, o->type[i].name, sizeof(out->type_name));
		return;
	}
	out->type_why = "\\ObjectTypes has no type of its index";
}

static bool type_name(const struct ntr_target *t, u64 va, char out[48])
{
	u64 bytes, buffer;

	out[0] = 0;
	if (!ntr_kernel_va(t, va) ||
	    !member(t, "_OBJECT_TYPE", "Name.Length", va, &bytes) ||
	    !member(t, "_OBJECT_TYPE", "Name.Buffer", va, &buffer) ||
	    bytes > 94)
		return false;
	ntr_kernel_string((struct ntr_target *)t, buffer, (u32)bytes, out, 48);
	for (const char *c = out; *c; c++)
		if ((u8)*c < 0x20 || (u8)*c > 0x7e)
			return false;
	return *out;
}

static void type_by_pointer(const struct ntr_objects *o, u64 header,
			    struct ntr_object *out)
{
	u64 va;

	if (!member(o->t, "_OBJECT_HEADER", "Type", header, &va))
		out->type_why = "its header is not in the dump";
	else if (!type_name(o->t, va, out->type_name))
		out->type_why = "its header points to no type that can be read";
	else
		out->type = va;
	if (!out->type)
		out->type_name[0] = 0;
}

enum ntr_st ntr_object_read(const struct ntr_objects *o, u64 va,
			    struct ntr_object *out, struct ntr_err *e)
{
	struct ntr_object b = { .va = va, .header = va - o->body };
	u64 pointers = 0, handles = 0;

	if (!ntr_kernel_va(o->t, va) || va & (o->t->ptr_size - 1))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no address of an "
				"object", va);
	if (!member(o->t, "_OBJECT_HEADER", "PointerCount", b.header,
		    &pointers) ||
	    !member(o->t, "_OBJECT_HEADER", "HandleCount", b.header, &handles))
		return ntr_fail(e, NTR_FAULT, "object 0x%" PRIx64 ": its "
				"header is not in the dump", va);
	b.pointers = o->t->ptr_size == 4 ? (s32)pointers : (s64)pointers;
	b.handles = o->t->ptr_size == 4 ? (s32)handles : (s64)handles;
	if (o->by_index)
		type_by_index(o, b.header, &b);
	else
		type_by_pointer(o, b.header, &b);
	read_name(o, b.header, &b);
	*out = b;
	return NTR_OK;
}

/* --- directories --------------------------------------------------------------------------- */

static void note(struct ntr_directory *d, const char *fmt, u64 va)
{
	if (!*d->why)
		snprintf(d->why, sizeof(d->why), "an entry at 0x%" PRIx64 " %s",
			 va, fmt);
}

/* A chain is bounded by what the whole directory may have, so a ring ends; it
 * is found at once when it leads back to its own first entry or to itself. */
static enum ntr_st read_chain(const struct ntr_objects *o, u64 first,
			      struct ntr_directory *d, struct ntr_err *e)
{
	u64 va = first, object, next, slow = first, *slot;

	for (unsigned n = 0; va; va = next, n++) {
		if (n && va == slow) {
			note(d, "leads back: the chain is a ring", va);
			return NTR_OK;
		}
		if (d->entry.n >= NTR_MAX_DIRECTORY) {
			note(d, "is beyond the entries a directory may have",
			     va);
			return NTR_OK;
		}
		if (!ntr_kernel_va(o->t, va) || !pointer(o, va, &next) ||
		    !pointer(o, va + o->t->ptr_size, &object)) {
			note(d, "is not in the dump", va);
			return NTR_OK;
		}
		slot = ntr_vec_add(&d->entry);
		if (!slot)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*slot = object;
		/* Brent: what to meet again moves up at powers of two. */
		if (!(n & (n + 1)))
			slow = va;
	}
	return NTR_OK;
}

enum ntr_st ntr_directory_read(const struct ntr_objects *o, u64 va,
			       struct ntr_directory *out, struct ntr_err *e)
{
	struct ntr_directory d = { 0 };
	enum ntr_st st = NTR_OK;
	unsigned read = 0;
	u64 first;

	for (unsigned i = 0; !st && i < BUCKETS; i++) {
		if (!ntr_kernel_va(o->t, va) ||
		    !pointer(o, va + i * o->t->ptr_size, &first)) {
			note(&d, "of its table is not in the dump",
			     va + i * o->t->ptr_size);
			continue;
		}
		read++;
		st = read_chain(o, first, &d, e);
	}
	if (!st && !read)
		st = ntr_fail(e, NTR_FAULT, "directory 0x%" PRIx64 ": not in "
			      "the dump", va);
	if (st) {
		ntr_directory_fini(&d);
		return st;
	}
	*out = d;
	return NTR_OK;
}

void ntr_directory_fini(struct ntr_directory *d)
{
	ntr_vec_fini(&d->entry);
}

static enum ntr_st in_directory(const struct ntr_objects *o, u64 dir,
				const char *name, size_t len, u64 *va,
				struct ntr_err *e)
{
	struct ntr_directory d;
	struct ntr_object b;
	enum ntr_st st = ntr_directory_read(o, dir, &d, e);
	bool found = false;

	if (st)
		return st;
	for (size_t i = 0; !found && i < d.entry.n; i++) {
		found = ntr_object_read(o, d.entry.v[i], &b, NULL) == NTR_OK &&
			strlen(b.name) == len &&
			!strncasecmp(b.name, name, len);
		if (found)
			*va = d.entry.v[i];
	}
	ntr_directory_fini(&d);
	return found ? NTR_OK :
	       ntr_fail(e, NTR_ABSENT, "no object \"%.*s\" in directory 0x%"
			PRIx64 "%s%.140s", (int)(len > 80 ? 80 : len), name,
			dir, *d.why ? "; " : "", d.why);
}

enum ntr_st ntr_object_find(const struct ntr_objects *o, const char *path,
			    u64 *va, struct ntr_err *e)
{
	u64 at = o->root;
	unsigned depth = 0;
	struct ntr_object b;
	enum ntr_st st;

	if (!o->root)
		return ntr_fail(e, NTR_ABSENT, "%s", o->root_why);
	for (path += *path == '\\'; *path; depth++) {
		size_t len = strcspn(path, "\\");

		if (depth == NTR_MAX_OBJECT_DEPTH)
			return ntr_fail(e, NTR_LIMIT, "a path of more than %u "
					"parts", NTR_MAX_OBJECT_DEPTH);
		/* A type that cannot be told does not stop the walk. */
		if (depth && ntr_object_read(o, at, &b, NULL) == NTR_OK &&
		    *b.type_name && strcmp(b.type_name, "Directory"))
			return ntr_fail(e, NTR_ABSENT, "\"%.80s\" is a %s, no "
					"directory", b.name, b.type_name);
		st = in_directory(o, at, path, len, &at, e);
		if (st)
			return st;
		path += len;
		path += *path == '\\';
	}
	*va = at;
	return NTR_OK;
}

/* --- what the namespace says of itself ----------------------------------------------------- */

static void find_root(struct ntr_objects *o)
{
	struct ntr_target *t = o->t;
	u64 var = ntr_kdbg_u64(&t->priv->kdbg,
			       NTR_KDBG_OBP_ROOT_DIRECTORY_OBJECT);

	o->root_why = "the object directory is not known: it needs the "
		      "kernel's debugger data or symbols "
		      "(nt!ObpRootDirectoryObject)";
	if (!var && ntr_target_lookup(t, "nt!ObpRootDirectoryObject", &var,
				      NULL))
		return;
	if (!pointer(o, var, &o->root) || !ntr_kernel_va(t, o->root)) {
		o->root = 0;
		o->root_why = "nt!ObpRootDirectoryObject is not in the dump, "
			      "or points nowhere";
		return;
	}
	o->root_why = NULL;
}

static void take_type(struct ntr_objects *o, u64 va)
{
	struct ntr_object_type *y = &o->type[o->ntypes];
	u64 index;

	if (o->ntypes == NTR_MAX_OBJECT_TYPES ||
	    !type_name(o->t, va, y->name) ||
	    !member(o->t, "_OBJECT_TYPE", "Index", va, &index))
		return;
	y->va = va;
	y->index = (u8)index;
	o->ntypes++;
}

static const struct ntr_object_type *type_named(const struct ntr_objects *o,
						const char *name)
{
	for (unsigned i = 0; i < o->ntypes; i++)
		if (!strcmp(o->type[i].name, name))
			return &o->type[i];
	return NULL;
}

/* By its symbol, else: the root is a directory, and that every type is a Type has to come out. */
static bool find_cookie(struct ntr_objects *o)
{
	const struct ntr_object_type *dir = type_named(o, "Directory");
	const struct ntr_object_type *type = type_named(o, "Type");
	u64 header = o->root - o->body, stored, cookie;

	if (!ntr_target_lookup(o->t, "nt!ObHeaderCookie", &cookie, NULL) &&
	    !ntr_read_u8(o->t->mem, cookie, &o->cookie))
		return o->has_cookie = true;
	if (!dir || !type ||
	    !member(o->t, "_OBJECT_HEADER", "TypeIndex", header, &stored))
		return false;
	o->cookie = (u8)(stored ^ dir->index ^ (u8)(header >> 8));
	o->has_cookie = true;
	for (unsigned i = 0; i < o->ntypes; i++) {
		header = o->type[i].va - o->body;
		if (member(o->t, "_OBJECT_HEADER", "TypeIndex", header,
			   &stored) &&
		    real_index(o, header, (u8)stored) != type->index)
			return false;
	}
	return true;
}

static void find_types(struct ntr_objects *o)
{
	struct ntr_directory d;
	u64 types;

	o->types_why = "types have numbers, and \\ObjectTypes, which names "
		       "them, is not in the dump";
	if (!o->root || ntr_object_find(o, "\\ObjectTypes", &types, NULL) ||
	    ntr_directory_read(o, types, &d, NULL))
		return;
	for (size_t i = 0; i < d.entry.n; i++)
		take_type(o, d.entry.v[i]);
	ntr_directory_fini(&d);
	if (!o->ntypes)
		return;
	o->types_why = NULL;
	if (o->t->build >= COOKIE_BUILD && !find_cookie(o)) {
		o->has_cookie = false;
		o->types_why = "types are hidden by nt!ObHeaderCookie, which "
			       "needs symbols";
	}
}

enum ntr_st ntr_objects_open(struct ntr_target *t, struct ntr_objects *out,
			     struct ntr_err *e)
{
	struct ntr_type_hit body;

	memset(out, 0, sizeof(*out));
	out->t = t;
	if (!t->is_nt || !ntr_types_find(&t->priv->types, "_OBJECT_HEADER",
					 "Body", &body))
		return ntr_fail(e, NTR_ABSENT, "object headers of this machine "
				"are not known");
	out->body = body.off;
	out->name_size = t->ptr_size * 4;
	out->by_index = t->build >= BY_INDEX_BUILD;
	find_root(out);
	if (out->by_index)
		find_types(out);
	return NTR_OK;
}
