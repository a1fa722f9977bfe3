// SPDX-License-Identifier: Apache-2.0
#include "pdb_leaf.h"

/* Widths of a generation. */
struct form {
	u16 raw;
	u8 kind;
	bool narrow; /* 16-bit indices */
	bool pascal; /* names with their length in front */
};

static const struct form leaves[] = {
	{ 0x0001, NTR_LF_MODIFIER, true, true },
	{ 0x0002, NTR_LF_POINTER, true, true },
	{ 0x0003, NTR_LF_ARRAY, true, true },
	{ 0x0004, NTR_LF_STRUCT, true, true },     /* LF_CLASS_16t */
	{ 0x0005, NTR_LF_STRUCT, true, true },
	{ 0x0006, NTR_LF_UNION, true, true },
	{ 0x0007, NTR_LF_ENUM, true, true },
	{ 0x0008, NTR_LF_PROCEDURE, true, true },
	{ 0x0009, NTR_LF_PROCEDURE, true, true },  /* LF_MFUNCTION_16t */
	{ 0x0204, NTR_LF_FIELDLIST, true, true },
	{ 0x0206, NTR_LF_BITFIELD, true, true },
	{ 0x1001, NTR_LF_MODIFIER, false, false },
	{ 0x1002, NTR_LF_POINTER, false, false },
	{ 0x1003, NTR_LF_ARRAY, false, true },
	{ 0x1004, NTR_LF_STRUCT, false, true },    /* LF_CLASS_ST */
	{ 0x1005, NTR_LF_STRUCT, false, true },
	{ 0x1006, NTR_LF_UNION, false, true },
	{ 0x1007, NTR_LF_ENUM, false, true },
	{ 0x1008, NTR_LF_PROCEDURE, false, false },
	{ 0x1009, NTR_LF_PROCEDURE, false, false }, /* LF_MFUNCTION */
	{ 0x1203, NTR_LF_FIELDLIST, false, false },
	{ 0x1205, NTR_LF_BITFIELD, false, false },
	{ 0x1503, NTR_LF_ARRAY, false, false },
	{ 0x1504, NTR_LF_STRUCT, false, false },   /* LF_CLASS */
	{ 0x1505, NTR_LF_STRUCT, false, false },
	{ 0x1506, NTR_LF_UNION, false, false },
	{ 0x1507, NTR_LF_ENUM, false, false },
	{ 0x150a, NTR_LF_ALIAS, false, false },
	{ 0x1519, NTR_LF_STRUCT, false, false },   /* LF_INTERFACE */
	{ 0x1601, NTR_LF_FUNC_ID, false, false },
	{ 0x1602, NTR_LF_FUNC_ID, false, false },  /* LF_MFUNC_ID */
};

/* What follows an entry's number, beside padding:
 *   a u16 attribute or pad   i index   J second index   n numeric
 *   o u32 when the attribute says "introducing virtual"   u u32   s name
 */
struct field_form {
	u16 raw;
	u8 kind;
	bool narrow, pascal;
	const char *layout;
};

static const struct field_form fields[] = {
	{ 0x0400, NTR_FIELD_BASE, true, true, "ian" },
	{ 0x0401, NTR_FIELD_VBASE, true, true, "iJann" },
	{ 0x0402, NTR_FIELD_VBASE, true, true, "iJann" }, /* indirect */
	{ 0x0403, NTR_FIELD_ENUMERATE, true, true, "ans" },
	{ 0x0404, NTR_FIELD_OTHER, true, true, "is" },    /* friend function */
	{ 0x0405, NTR_FIELD_INDEX, true, true, "i" },
	{ 0x0406, NTR_FIELD_MEMBER, true, true, "ians" },
	{ 0x0407, NTR_FIELD_STATIC, true, true, "ias" },
	{ 0x0408, NTR_FIELD_OTHER, true, true, "ais" },   /* methods */
	{ 0x0409, NTR_FIELD_OTHER, true, true, "is" },    /* nested type */
	{ 0x040a, NTR_FIELD_VFPTR, true, true, "i" },
	{ 0x040b, NTR_FIELD_OTHER, true, true, "i" },     /* friend class */
	{ 0x040c, NTR_FIELD_OTHER, true, true, "aios" },  /* one method */
	{ 0x040d, NTR_FIELD_OTHER, true, true, "iu" },    /* LF_VFUNCOFF */
	{ 0x1400, NTR_FIELD_BASE, false, false, "ain" },
	{ 0x1401, NTR_FIELD_VBASE, false, false, "aiJnn" },
	{ 0x1402, NTR_FIELD_VBASE, false, false, "aiJnn" },
	{ 0x1403, NTR_FIELD_OTHER, false, true, "ais" },
	{ 0x1404, NTR_FIELD_INDEX, false, false, "ai" },
	{ 0x1405, NTR_FIELD_MEMBER, false, true, "ains" },
	{ 0x1406, NTR_FIELD_STATIC, false, true, "ais" },
	{ 0x1407, NTR_FIELD_OTHER, false, true, "ais" },
	{ 0x1408, NTR_FIELD_OTHER, false, true, "ais" },
	{ 0x1409, NTR_FIELD_VFPTR, false, false, "ai" },
	{ 0x140a, NTR_FIELD_OTHER, false, false, "ai" },
	{ 0x140b, NTR_FIELD_OTHER, false, true, "aios" },
	{ 0x140c, NTR_FIELD_OTHER, false, false, "aiu" },
	{ 0x140d, NTR_FIELD_OTHER, false, true, "ais" },  /* LF_NESTTYPEEX_ST */
	{ 0x140e, NTR_FIELD_OTHER, false, true, "ais" },  /* LF_MEMBERMODIFY_ST */
	{ 0x1502, NTR_FIELD_ENUMERATE, false, false, "ans" },
	{ 0x150c, NTR_FIELD_OTHER, false, false, "ais" },
	{ 0x150d, NTR_FIELD_MEMBER, false, false, "ains" },
	{ 0x150e, NTR_FIELD_STATIC, false, false, "ais" },
	{ 0x150f, NTR_FIELD_OTHER, false, false, "ais" },
	{ 0x1510, NTR_FIELD_OTHER, false, false, "ais" },
	{ 0x1511, NTR_FIELD_OTHER, false, false, "aios" },
	{ 0x1512, NTR_FIELD_OTHER, false, false, "ais" },
	{ 0x1513, NTR_FIELD_OTHER, false, false, "ais" },
	{ 0x151a, NTR_FIELD_BASE, false, false, "ain" },  /* LF_BINTERFACE */
};

/* --- pieces ------------------------------------------------------------------ */

static u8 get_u8(struct ntr_bin *b, const char *what)
{
	const u8 *p = ntr_bin_take(b, 1, what);

	return p ? *p : 0;
}

static u32 get_index(struct ntr_bin *b, bool narrow, const char *what)
{
	return narrow ? ntr_bin_u16(b, what) : ntr_bin_u32(b, what);
}

static struct ntr_leaf_name get_name(struct ntr_bin *b, bool pascal)
{
	struct ntr_leaf_name n = { .pascal = pascal };
	const u8 *end;

	if (pascal) {
		n.len = get_u8(b, "name length");
	} else {
		end = memchr(b->pos, 0, ntr_bin_left(b));
		if (!end) {
			ntr_bin_poison(b, ntr_bin_left(b) + 1, "name");
			return n;
		}
		n.len = (u32)(end - b->pos);
	}
	n.p = (const char *)ntr_bin_take(b, n.len, "name");
	if (!n.p)
		n.len = 0;
	else if (!pascal)
		ntr_bin_skip(b, 1, "end of name");
	return n;
}

static struct ntr_leaf_num num_signed(s64 v)
{
	return (struct ntr_leaf_num){ (u64)v, v < 0, true };
}

/* How many bytes follow the number of a leaf that is no integer of 64 bits;
 * 0: not known. */
static size_t num_other(u16 leaf)
{
	switch (leaf) {
	case 0x8005: return 4;  /* LF_REAL32 */
	case 0x8006: return 8;
	case 0x8007: return 10;
	case 0x8008: return 16;
	case 0x800b: return 6;  /* LF_REAL48 */
	case 0x800c: return 8;  /* LF_COMPLEX32 … 128 */
	case 0x800d: return 16;
	case 0x800e: return 20;
	case 0x800f: return 32;
	case 0x8017: return 16; /* LF_OCTWORD, LF_UOCTWORD */
	case 0x8018: return 16;
	case 0x8019: return 16; /* LF_DECIMAL */
	case 0x801a: return 8;  /* LF_DATE */
	case 0x801c: return 2;  /* LF_REAL16 */
	default: return 0;
	}
}

static struct ntr_leaf_num get_num(struct ntr_bin *b)
{
	struct ntr_leaf_num n = { 0 };
	u16 leaf = ntr_bin_u16(b, "number");
	size_t len;

	if (leaf < 0x8000)
		return num_signed(leaf);
	switch (leaf) {
	case 0x8000: return num_signed((int8_t)get_u8(b, "char"));
	case 0x8001: return num_signed((s16)ntr_bin_u16(b, "short"));
	case 0x8002: return num_signed(ntr_bin_u16(b, "ushort"));
	case 0x8003: return num_signed((s32)ntr_bin_u32(b, "long"));
	case 0x8004: return num_signed(ntr_bin_u32(b, "ulong"));
	case 0x8009: return num_signed((s64)ntr_bin_u64(b, "quadword"));
	case 0x800a:
		n.v = ntr_bin_u64(b, "uquadword");
		n.integer = true;
		return n;
	case 0x8010: /* LF_VARSTRING */
		ntr_bin_skip(b, ntr_bin_u16(b, "string length"), "string");
		return n;
	case 0x801b: /* LF_UTF8STRING */
		(void)get_name(b, false);
		return n;
	}
	len = num_other(leaf);
	if (len)
		ntr_bin_skip(b, len, "number");
	else /* its length is not known, nor what comes behind it */
		ntr_bin_poison(b, ntr_bin_left(b) + 1, "unknown kind of number");
	return n;
}

/* --- records ------------------------------------------------------------------ */

/* By kind, where the record has no size: cvinfo.h CV_ptrtype_e. */
static u32 pointer_size(u32 attr, bool narrow)
{
	u32 size = narrow ? 0 : attr >> 13 & 0x3f;

	if (size)
		return size;
	switch (attr & 0x1f) {
	case 0x00: return 2; /* near, 16 bits */
	case 0x01:
	case 0x02: return 4; /* far, huge */
	case 0x0a: return 4;
	case 0x0b: return 6; /* far, 32 bits */
	case 0x0c: return 8;
	default: return 0;
	}
}

static void udt_tail(struct ntr_bin *b, const struct form *f, bool sized,
		     struct ntr_leaf *l)
{
	if (sized)
		l->size = get_num(b);
	l->name = get_name(b, f->pascal);
	if (l->prop & NTR_LEAF_UNIQUE && !f->narrow)
		l->unique = get_name(b, f->pascal);
}

static void decode_struct(struct ntr_bin *b, const struct form *f,
			  struct ntr_leaf *l)
{
	ntr_bin_skip(b, 2, "count");
	if (f->narrow)
		l->fields = ntr_bin_u16(b, "field list");
	l->prop = ntr_bin_u16(b, "properties");
	if (!f->narrow)
		l->fields = ntr_bin_u32(b, "field list");
	if (l->kind == NTR_LF_STRUCT) {
		(void)get_index(b, f->narrow, "derived list");
		(void)get_index(b, f->narrow, "vtable shape");
	}
	udt_tail(b, f, true, l);
}

static void decode_enum(struct ntr_bin *b, const struct form *f,
			struct ntr_leaf *l)
{
	ntr_bin_skip(b, 2, "count");
	if (!f->narrow)
		l->prop = ntr_bin_u16(b, "properties");
	l->type = get_index(b, f->narrow, "underlying type");
	l->fields = get_index(b, f->narrow, "field list");
	if (f->narrow)
		l->prop = ntr_bin_u16(b, "properties");
	udt_tail(b, f, false, l);
}

static void decode_simple_ref(struct ntr_bin *b, const struct form *f,
			      struct ntr_leaf *l)
{
	switch (l->kind) {
	case NTR_LF_MODIFIER:
		if (f->narrow)
			ntr_bin_skip(b, 2, "modifiers");
		l->type = get_index(b, f->narrow, "modified type");
		break;
	case NTR_LF_POINTER:
		if (f->narrow)
			l->attr = ntr_bin_u16(b, "pointer attributes");
		l->type = get_index(b, f->narrow, "referent");
		if (!f->narrow)
			l->attr = ntr_bin_u32(b, "pointer attributes");
		l->ptr_size = pointer_size(l->attr, f->narrow);
		break;
	case NTR_LF_BITFIELD:
		if (!f->narrow)
			l->type = ntr_bin_u32(b, "unit of a bit field");
		l->bits = get_u8(b, "length of a bit field");
		l->bit = get_u8(b, "position of a bit field");
		if (f->narrow)
			l->type = ntr_bin_u16(b, "unit of a bit field");
		break;
	case NTR_LF_FUNC_ID:
		ntr_bin_skip(b, 4, "scope");
		l->type = ntr_bin_u32(b, "function type");
		l->name = get_name(b, false);
		break;
	case NTR_LF_ALIAS:
		l->type = ntr_bin_u32(b, "aliased type");
		l->name = get_name(b, false);
		break;
	default:
		l->type = get_index(b, f->narrow, "returned type");
	}
}

static void decode_array(struct ntr_bin *b, const struct form *f,
			 struct ntr_leaf *l)
{
	l->type = get_index(b, f->narrow, "element type");
	(void)get_index(b, f->narrow, "index type");
	l->size = get_num(b);
	/* Arrays have no names; some compilers leave the NUL out. */
	if (ntr_bin_left(b))
		l->name = get_name(b, f->pascal);
}

static const struct form *form_of(u16 raw)
{
	for (size_t i = 0; i < NTR_COUNT(leaves); i++)
		if (leaves[i].raw == raw)
			return &leaves[i];
	return NULL;
}

enum ntr_st ntr_leaf_decode(struct ntr_bin rec, struct ntr_leaf *out,
			    struct ntr_err *e)
{
	struct ntr_leaf l = { .raw = ntr_bin_u16(&rec, "kind of type record") };
	const struct form *f = form_of(l.raw);
	enum ntr_st st;

	if (f) {
		l.kind = f->kind;
		switch (l.kind) {
		case NTR_LF_STRUCT:
		case NTR_LF_UNION:
			decode_struct(&rec, f, &l);
			break;
		case NTR_LF_ENUM:
			decode_enum(&rec, f, &l);
			break;
		case NTR_LF_ARRAY:
			decode_array(&rec, f, &l);
			break;
		case NTR_LF_FIELDLIST:
			break;
		default:
			decode_simple_ref(&rec, f, &l);
		}
	}
	st = ntr_bin_done(&rec, e);
	if (!st)
		*out = l;
	return st;
}

/* --- field lists --------------------------------------------------------------- */

static const struct field_form *field_form_of(u16 raw)
{
	for (size_t i = 0; i < NTR_COUNT(fields); i++)
		if (fields[i].raw == raw)
			return &fields[i];
	return NULL;
}

/* Entries are aligned with bytes 0xf3 0xf2 0xf1: the low half counts. */
static void skip_padding(struct ntr_bin *b)
{
	while (ntr_bin_left(b) && *b->pos >= 0xf0) {
		size_t n = *b->pos & 0xf;

		if (!n || n > ntr_bin_left(b))
			n = 1;
		ntr_bin_skip(b, n, "padding");
	}
}

static void field_body(struct ntr_bin *b, const struct field_form *f,
		       struct ntr_field *out)
{
	bool first = true;
	u16 attr = 0;

	for (const char *c = f->layout; *c; c++) {
		struct ntr_leaf_num n;

		switch (*c) {
		case 'a':
			attr = ntr_bin_u16(b, "attributes");
			break;
		case 'i':
			out->type = get_index(b, f->narrow, "member type");
			break;
		case 'J':
			(void)get_index(b, f->narrow, "virtual base pointer");
			break;
		case 'n':
			n = get_num(b);
			if (first)
				out->num = n;
			first = false;
			break;
		case 'o': /* mprop: 4 introducing virtual, 6 also pure */
			if ((attr >> 2 & 7) == 4 || (attr >> 2 & 7) == 6)
				ntr_bin_skip(b, 4, "vtable offset");
			break;
		case 'u':
			ntr_bin_skip(b, 4, "offset");
			break;
		default:
			out->name = get_name(b, f->pascal);
		}
	}
}

enum ntr_st ntr_field_next(struct ntr_bin *list, struct ntr_field *out,
			   struct ntr_err *e)
{
	struct ntr_field r = { 0 };
	const struct field_form *f;
	u64 at;
	enum ntr_st st;

	skip_padding(list);
	if (!list->bad && !ntr_bin_left(list))
		return NTR_END;
	at = ntr_bin_off(list);
	r.raw = ntr_bin_u16(list, "kind of field");
	st = ntr_bin_done(list, e);
	if (st)
		return st;
	f = field_form_of(r.raw);
	if (!f) {
		ntr_bin_poison(list, ntr_bin_left(list) + 1, "unknown field");
		return ntr_fail(e, NTR_BAD,
				"%s+0x%" PRIx64 ": a field of kind 0x%x",
				list->origin ? list->origin : "data", at,
				r.raw);
	}
	r.kind = f->kind;
	field_body(list, f, &r);
	st = ntr_bin_done(list, e);
	if (!st)
		*out = r;
	return st;
}

/* --- simple types --------------------------------------------------------------- */

/* cvinfo.h TYPE_ENUM_e, low byte. */
enum { SIGNED = 1, CHAR = 2, BOOL = 4, FLOAT = 8, VOID = 16 };
static const struct simple {
	u8 kind, size, is;
	const char *name;
} simples[] = {
	{ 0x03, 0, VOID, "void" },
	{ 0x08, 4, SIGNED, "HRESULT" },
	{ 0x10, 1, SIGNED | CHAR, "signed char" },
	{ 0x11, 2, SIGNED, "short" },
	{ 0x12, 4, SIGNED, "long" },
	{ 0x13, 8, SIGNED, "__int64" },
	{ 0x14, 16, SIGNED, "__int128" },
	{ 0x20, 1, CHAR, "unsigned char" },
	{ 0x21, 2, 0, "unsigned short" },
	{ 0x22, 4, 0, "unsigned long" },
	{ 0x23, 8, 0, "unsigned __int64" },
	{ 0x24, 16, 0, "unsigned __int128" },
	{ 0x30, 1, BOOL, "bool" },
	{ 0x31, 2, BOOL, "__bool16" },
	{ 0x32, 4, BOOL, "__bool32" },
	{ 0x33, 8, BOOL, "__bool64" },
	{ 0x40, 4, FLOAT, "float" },
	{ 0x41, 8, FLOAT, "double" },
	{ 0x42, 10, FLOAT, "long double" },
	{ 0x43, 16, FLOAT, "__float128" },
	{ 0x46, 2, FLOAT, "__half" },
	{ 0x68, 1, SIGNED, "__int8" },
	{ 0x69, 1, 0, "unsigned __int8" },
	{ 0x70, 1, SIGNED | CHAR, "char" },
	{ 0x71, 2, CHAR, "wchar_t" },
	{ 0x72, 2, SIGNED, "__int16" },
	{ 0x73, 2, 0, "unsigned __int16" },
	{ 0x74, 4, SIGNED, "int" },
	{ 0x75, 4, 0, "unsigned int" },
	{ 0x76, 8, SIGNED, "__int64" },
	{ 0x77, 8, 0, "unsigned __int64" },
	{ 0x78, 16, SIGNED, "__int128" },
	{ 0x79, 16, 0, "unsigned __int128" },
	{ 0x7a, 2, CHAR, "char16_t" },
	{ 0x7b, 4, CHAR, "char32_t" },
	{ 0x7c, 1, CHAR, "char8_t" },
};

struct ntr_leaf_simple ntr_leaf_simple(u32 index)
{
	/* modes: direct, near, far, huge, near32, far32, near64, near128 */
	static const u8 mode_size[8] = { 0, 2, 4, 4, 4, 6, 8, 16 };
	struct ntr_leaf_simple s = { 0 };

	if (index >= NTR_LEAF_FIRST || index >> 8 > 7)
		return s;
	for (size_t i = 0; i < NTR_COUNT(simples); i++) {
		const struct simple *k = &simples[i];

		if (k->kind != (index & 0xff))
			continue;
		s = (struct ntr_leaf_simple){
			.name = k->name, .size = k->size,
			.ptr_size = mode_size[index >> 8],
			.is_void = k->is & VOID, .is_float = k->is & FLOAT,
			.is_signed = k->is & SIGNED, .is_char = k->is & CHAR,
			.is_bool = k->is & BOOL,
		};
	}
	return s;
}
