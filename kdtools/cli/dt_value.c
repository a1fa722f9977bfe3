// SPDX-License-Identifier: Apache-2.0
#include "dt_value.h"

#include "base/text.h"
#include "session.h"
#include "sym/type_text.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 160u /* of a string that is shown */
#define ENUM_NAME 96u

struct value {
	struct ntr_symsrc *src;
	const struct ntr_space *mem;
	unsigned ptr;
	char *out;
	size_t size;
};

static bool read_uint(const struct value *v, u64 va, u64 bytes, u64 *out)
{
	u8 raw[8] = { 0 };

	if (!bytes || bytes > sizeof(raw) ||
	    ntr_space_read(v->mem, va, raw, bytes, NULL))
		return false;
	*out = 0;
	for (unsigned i = 0; i < bytes; i++)
		*out |= (u64)raw[i] << 8 * i;
	return true;
}

/* The type behind aliases. */
static bool strip(struct ntr_symsrc *src, u64 id, struct ntr_type *y)
{
	return ntr_type_strip(src, &id, y, NULL) == NTR_OK;
}

static void bits_text(const struct value *v, u64 x, unsigned n)
{
	char digits[65];

	for (unsigned i = 0; i < n; i++)
		digits[i] = x >> (n - 1 - i) & 1 ? '1' : '0';
	digits[n] = 0;
	snprintf(v->out, v->size, "0y%s", digits);
}

struct enum_name {
	s64 want;
	char name[ENUM_NAME];
};
static bool enum_match(void *ctx, const struct ntr_type_member *m)
{
	struct enum_name *n = ctx;

	if (m->value != n->want)
		return true;
	snprintf(n->name, sizeof(n->name), "%s", m->name ? m->name : "");
	return false;
}

static s64 sign_extend(u64 x, u64 bytes)
{
	unsigned shift = bytes < 8 ? 64 - 8 * (unsigned)bytes : 0;

	return (s64)(x << shift) >> shift;
}

static void enum_text(const struct value *v, u64 id, const struct ntr_type *y,
		      u64 x)
{
	struct enum_name n = { .want = y->is_signed ?
			       sign_extend(x, y->size) : (s64)x };

	if (ntr_symsrc_members(v->src, id, enum_match, &n, NULL) || !n.name[0])
		snprintf(v->out, v->size, "0n%" PRId64 " (no such value)",
			 n.want);
	else
		snprintf(v->out, v->size, "0n%" PRId64 " ( %s )", n.want,
			 n.name);
}

static void int_text(const struct value *v, const struct ntr_type *y, u64 x)
{
	if (y->size == 1)
		snprintf(v->out, v->size, x >= 32 && x < 127 ? "0x%x '%c'" :
			 "0x%x ''", (unsigned)x, (int)x);
	else if (y->is_signed)
		snprintf(v->out, v->size, "0n%" PRId64,
			 sign_extend(x, y->size));
	else
		snprintf(v->out, v->size, "0x%" PRIx64, x);
}

static void pointer_text(const struct value *v, u64 id, u64 x)
{
	char type[200], va[24];
	const char *to = type;

	ntr_type_text(v->src, id, type, sizeof(type));
	if (!strncmp(type, "Ptr64 ", 6) || !strncmp(type, "Ptr32 ", 6))
		to = type + 6;
	ntr_va_text(va, x, v->ptr);
	if (x)
		snprintf(v->out, v->size, "0x%s %s", va, to);
	else
		snprintf(v->out, v->size, "(null)");
}

/* [15]  "System" for characters; else the type. */
static void array_text(const struct value *v, u64 id,
		       const struct ntr_type *y, u64 va)
{
	char type[200], text[TEXT_BYTES + 1];
	u8 raw[TEXT_BYTES];
	struct ntr_type elem;
	size_t n = y->size < sizeof(raw) ? (size_t)y->size : sizeof(raw);

	ntr_type_text(v->src, id, type, sizeof(type));
	if (!strip(v->src, y->to, &elem) || elem.size != 1 ||
	    elem.kind != NTR_TY_INT || !n ||
	    ntr_space_read(v->mem, va, raw, n, NULL)) {
		snprintf(v->out, v->size, "%s", type);
		return;
	}
	ntr_ascii_clean(text, sizeof(text), raw, n);
	snprintf(v->out, v->size, "[%" PRIu64 "]  \"%s\"", y->count, text);
}

static bool list_entry(const struct value *v, u64 va)
{
	char a[24], b[24];
	u64 f, k;

	if (!read_uint(v, va, v->ptr, &f) ||
	    !read_uint(v, va + v->ptr, v->ptr, &k))
		return false;
	ntr_va_text(a, f, v->ptr);
	ntr_va_text(b, k, v->ptr);
	snprintf(v->out, v->size, "_LIST_ENTRY [ 0x%s - 0x%s ]", a, b);
	return true;
}

static bool unicode_string(const struct value *v, u64 va)
{
	char text[TEXT_BYTES * 2];
	u8 raw[TEXT_BYTES];
	u64 len, buf;

	if (!read_uint(v, va, 2, &len) ||
	    !read_uint(v, va + v->ptr, v->ptr, &buf))
		return false;
	if (len > sizeof(raw))
		len = sizeof(raw);
	len &= ~UINT64_C(1);
	if (len && ntr_space_read(v->mem, buf, raw, len, NULL))
		return false;
	ntr_utf16_to_utf8(text, sizeof(text), raw, len);
	snprintf(v->out, v->size, "_UNICODE_STRING \"%s\"", text);
	return true;
}

static void struct_text(const struct value *v, const struct ntr_type *y, u64 id,
			u64 va)
{
	char type[200];
	const char *name = y->name ? y->name : "";

	if ((!strcmp(name, "_LIST_ENTRY") && list_entry(v, va)) ||
	    (!strcmp(name, "_UNICODE_STRING") && unicode_string(v, va)))
		return;
	ntr_type_text(v->src, id, type, sizeof(type));
	snprintf(v->out, v->size, "%s", type);
}

static void scalar_text(const struct value *v, const struct ntr_type *y, u64 id,
			u64 x)
{
	if (y->kind == NTR_TY_POINTER)
		pointer_text(v, id, x);
	else if (y->kind == NTR_TY_ENUM)
		enum_text(v, id, y, x);
	else
		int_text(v, y, x);
}

void ntr_dt_value(struct ntr_symsrc *src, const struct ntr_type_member *m,
		  const struct ntr_space *mem, u64 va, unsigned ptr_size,
		  char *out, size_t size)
{
	struct value v = { src, mem, ptr_size, out, size };
	struct ntr_type y = { 0 };
	u64 x;

	snprintf(out, size, "????");
	if (!strip(src, m->type, &y))
		return;
	if (y.kind == NTR_TY_ARRAY)
		array_text(&v, m->type, &y, va);
	else if (y.kind == NTR_TY_STRUCT || y.kind == NTR_TY_UNION)
		struct_text(&v, &y, m->type, va);
	else if (!read_uint(&v, va, y.size, &x))
		return;
	else if (m->bits && m->bits < 64 && m->bit < 64)
		bits_text(&v, x >> m->bit & ((UINT64_C(1) << m->bits) - 1),
			  m->bits);
	else
		scalar_text(&v, &y, m->type, x);
}
