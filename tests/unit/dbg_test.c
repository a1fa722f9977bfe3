// SPDX-License-Identifier: Apache-2.0
/* .DBG files. There is no real sample to test with and no tool that makes one:
 * the files here are bytes at literal offsets (dbg_image.h). */
#include "sym/source_dbg.h"

#include "dbg_image.h"
#include "../fuzz/fuzz.h"

static struct ntr_symsrc *open_bytes(const uint8_t *b, size_t len,
				     enum ntr_st *st, struct ntr_err *e)
{
	struct ntr_symsrc *s = NULL;
	struct ntr_file *f;

	*st = ntr_file_from_fd(&f, ntr_fuzz_fd(b, len), "t.dbg", e);
	if (!*st)
		*st = ntr_symsrc_open_file(&s, f, e);
	return *st ? NULL : s;
}

static struct ntr_symsrc *open_dbg(const struct dbg_image *d)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	struct ntr_symsrc *s = open_bytes(d->b, d->len, &st, &e);

	CHECK_EQ(st, NTR_OK);
	CHECK_STR(e.msg, "");
	if (!s)
		exit(1);
	return s;
}

struct counts { unsigned symbols, lines, members, types, names; };
static bool count_symbol(void *c, const struct ntr_symbol *s)
{
	((struct counts *)c)->symbols += s->name[0] != 0;
	return true;
}
static bool count_line(void *c, const struct ntr_line *l)
{
	((struct counts *)c)->lines += l->line != 0;
	return true;
}
static bool count_member(void *c, const struct ntr_type_member *m)
{
	((struct counts *)c)->members += m->name != NULL;
	return true;
}
static bool count_type(void *c, const char *name, uint64_t id)
{
	((struct counts *)c)->types += name[0] && id;
	return true;
}
static bool count_name(void *c, const char *name)
{
	((struct counts *)c)->names += name[0] != 0;
	return true;
}

/* Every question; what it says does not matter here, that it returns does. */
static void ask_all(struct ntr_symsrc *s, struct counts *c)
{
	struct ntr_pe_debug pdb;
	struct ntr_symbol sym;
	struct ntr_uwrec uw;
	struct ntr_type ty;
	struct ntr_line l;
	char text[64];
	uint64_t id;

	memset(c, 0, sizeof(*c));
	(void)!ntr_symsrc_each(s, count_symbol, c, NULL);
	(void)!ntr_symsrc_each_line(s, count_line, c, NULL);
	(void)!ntr_symsrc_at(s, 0x1044, &sym, NULL);
	(void)!ntr_symsrc_named(s, "IopFree", &sym, NULL);
	(void)!ntr_symsrc_named(s, "None", &sym, NULL);
	(void)!ntr_symsrc_line(s, 0x1044, &l, NULL);
	(void)!ntr_symsrc_unwind(s, 0x1010, &uw, NULL);
	(void)!ntr_symsrc_each_type(s, count_type, c, NULL);
	(void)!ntr_symsrc_type_named(s, "_ITEM", &id, NULL);
	for (id = 0xffe; id < 0x100b; id++) {
		(void)!ntr_symsrc_type(s, id, &ty, NULL);
		(void)!ntr_symsrc_members(s, id, count_member, c, NULL);
	}
	(void)!ntr_dbg_image_name(s, text, sizeof(text), NULL);
	(void)!ntr_dbg_pdb(s, &pdb, NULL);
	(void)!ntr_dbg_exported(s, count_name, c, NULL);
}

static void check_at(struct ntr_symsrc *s, uint64_t rva, const char *name,
		     uint64_t at, uint64_t size, enum ntr_symkind kind)
{
	struct ntr_symbol y = { .name = "(none)" };

	CHECK_EQ(ntr_symsrc_at(s, rva, &y, NULL), NTR_OK);
	CHECK_STR(y.name, name);
	CHECK_EQ(y.rva, at);
	CHECK_EQ(y.size, size);
	CHECK_EQ(y.kind, kind);
	CHECK_EQ(y.code, kind != NTR_SYM_DATA);
}

static void check_line(struct ntr_symsrc *s, uint64_t rva, const char *file,
		       uint32_t line, uint64_t at, uint64_t size)
{
	struct ntr_line l = { .file = "(none)" };

	CHECK_EQ(ntr_symsrc_line(s, rva, &l, NULL), NTR_OK);
	CHECK_STR(l.file, file);
	CHECK_EQ(l.line, line);
	CHECK_EQ(l.rva, at);
	CHECK_EQ(l.size, size);
}

static struct dbg_image d;
static struct cv_image c;

/* --- good ones ------------------------------------------------------------------ */

static void header_names_and_misc(void)
{
	struct ntr_pe_debug pdb;
	struct ntr_symsrc *s;
	struct counts n = { 0 };
	struct ntr_symbol y;
	char name[32];

	dbg_start(&d);
	dbg_add_misc(&d);
	s = open_dbg(&d);
	CHECK_STR(s->ops->name, "dbg");
	CHECK(s->id.has_image && s->id.has_checksum);
	CHECK(!s->id.has_guid && !s->id.has_sig);
	CHECK_EQ(s->id.timestamp, 0x36aa0011);
	CHECK_EQ(s->id.image_size, 0x5000);
	CHECK_EQ(s->id.checksum, 0xc0ffe);
	CHECK_EQ(s->machine, 0x14c);
	CHECK_EQ(s->ptr_size, 4);
	CHECK_EQ(ntr_dbg_image_name(s, name, sizeof(name), NULL), NTR_OK);
	CHECK_STR(name, "ntoskrnl.exe");
	CHECK_EQ(ntr_dbg_exported(s, count_name, &n, NULL), NTR_OK);
	CHECK_EQ(n.names, 2);
	CHECK_EQ(ntr_dbg_pdb(s, &pdb, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, 0x1010, &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "x", &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_each(s, count_symbol, &n, NULL), NTR_OK);
	CHECK_EQ(n.symbols, 0);
	ntr_symsrc_close(s);

	dbg_start(&d);             /* no check sum to compare */
	put16(d.b, 2, 0x8000);
	s = open_dbg(&d);
	CHECK(!s->id.has_checksum);
	CHECK_EQ(ntr_dbg_image_name(s, name, sizeof(name), NULL), NTR_ABSENT);
	ntr_symsrc_close(s);
}

static void a_pdb_is_named(void)
{
	struct ntr_pe_debug pdb;
	struct ntr_symbol y;
	struct ntr_symsrc *s;
	uint8_t *p;

	dbg_start(&d);
	p = dbg_part(&d, 2, 32);
	memcpy(p, "NB10", 4);
	put32(p, 8, 0x3809dd5e);
	put32(p, 12, 2);
	memcpy(p + 16, "ntoskrnl.pdb", 13);
	s = open_dbg(&d);
	CHECK_EQ(ntr_dbg_pdb(s, &pdb, NULL), NTR_OK);
	CHECK_STR(pdb.pdb, "ntoskrnl.pdb");
	CHECK_EQ(pdb.sig, 0x3809dd5e);
	CHECK_EQ(pdb.age, 2);
	CHECK(!pdb.rsds);
	CHECK_EQ(ntr_symsrc_named(s, "x", &y, NULL), NTR_ABSENT);
	ntr_symsrc_close(s);
}

static void coff_symbols_and_lines(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_line l;
	struct counts n;

	dbg_start(&d);
	dbg_add_coff(&d);
	s = open_dbg(&d);
	ask_all(s, &n);
	CHECK_EQ(n.symbols, 4);
	CHECK_EQ(n.lines, 4);
	check_at(s, 0x1012, "_KeBugCheckEx@20", 0x1010, 0, NTR_SYM_FUNC);
	check_at(s, 0x1020, "_Small@0", 0x1020, 0xc, NTR_SYM_FUNC);
	check_at(s, 0x1100, "_Small@0", 0x1020, 0xc, NTR_SYM_FUNC);
	check_at(s, 0x3010, "_KeData", 0x3010, 0, NTR_SYM_DATA);
	check_at(s, 0x4fff, "_PagedFn", 0x4010, 0, NTR_SYM_FUNC);
	CHECK_EQ(ntr_symsrc_at(s, 0x100f, &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "_KeBugCheckEx@20", &y, NULL), NTR_OK);
	CHECK_EQ(y.rva, 0x1010);
	CHECK_EQ(ntr_symsrc_named(s, "KeBugCheckEx", &y, NULL), NTR_OK);
	CHECK_EQ(y.rva, 0x1010);
	CHECK_EQ(ntr_symsrc_named(s, "abs", &y, NULL), NTR_ABSENT);
	check_line(s, 0x1013, "ke\\bugcheck.c", 20, 0x1010, 4);
	check_line(s, 0x1014, "ke\\bugcheck.c", 21, 0x1014, 0xc);
	check_line(s, 0x102f, "ke\\bugcheck.c", 30, 0x1020, 0x10);
	CHECK_EQ(ntr_symsrc_line(s, 0x1030, &l, NULL), NTR_ABSENT);
	check_line(s, 0x4011, "", 7, 0x4010, 0); /* in no file's piece */
	ntr_symsrc_close(s);
}

static void fpo_records(void)
{
	struct ntr_uwrec u;
	struct ntr_symsrc *s;

	dbg_start(&d);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x101f, &u, NULL), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_FPO);
	CHECK_EQ(u.rva, 0x1010);
	CHECK_EQ(u.size, 0x10);
	CHECK_EQ(u.locals, 20);
	CHECK_EQ(u.params, 12);
	CHECK_EQ(u.saved_regs, 12);
	CHECK_EQ(u.prolog, 7);
	CHECK(u.uses_ebp && !u.has_seh && !u.program);
	CHECK_EQ(u.frame, NTR_FPO_FPO);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1100, &u, NULL), NTR_OK);
	CHECK_EQ(u.frame, NTR_FPO_TRAP);
	CHECK(u.has_seh && !u.uses_ebp);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x4020, &u, NULL), NTR_OK);
	CHECK_EQ(u.frame, NTR_FPO_NONFPO);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1020, &u, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x100f, &u, NULL), NTR_ABSENT);
	/* A function without a size of its own has that of its record. */
	check_at(s, 0x1012, "_KeBugCheckEx@20", 0x1010, 0x10, NTR_SYM_FUNC);
	ntr_symsrc_close(s);
}

static void codeview_form(const char *form, void (*syms)(struct cv_image *),
			  void (*types)(struct cv_image *))
{
	dbg_start(&d);
	cv_start(&c, form);
	cv_add_segmap(&c);
	syms(&c);
	cv_add_lines(&c);
	if (types)
		types(&c);
	cv_end(&c, &d);
}

static void check_codeview_lines(struct ntr_symsrc *s)
{
	struct ntr_line l;

	check_line(s, 0x1047, "free.c", 100, 0x1040, 8);
	check_line(s, 0x104f, "free.c", 102, 0x1048, 8);
	CHECK_EQ(ntr_symsrc_line(s, 0x1050, &l, NULL), NTR_ABSENT);
	check_line(s, 0x1060, "inline.h", 5, 0x1060, 0x10);
	check_line(s, 0x4030, "inline.h", 9, 0x4030, 8);
	CHECK_EQ(ntr_symsrc_line(s, 0x4038, &l, NULL), NTR_ABSENT);
}

static void codeview_nb09(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct counts n;

	codeview_form("NB09", cv_add_syms16, NULL);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_each(s, count_symbol, (memset(&n, 0, sizeof(n)),
						   &n), NULL), NTR_OK);
	CHECK_EQ(n.symbols, 5);
	check_at(s, 0x1044, "IopFree", 0x1040, 0x30, NTR_SYM_FUNC);
	check_at(s, 0x1080, "ThunkX", 0x1080, 6, NTR_SYM_FUNC);
	check_at(s, 0x1092, "ThunkX", 0x1080, 6, NTR_SYM_FUNC);
	check_at(s, 0x4030, "_PageMe@0", 0x4030, 0, NTR_SYM_PUBLIC);
	CHECK_EQ(ntr_symsrc_named(s, "retry", &y, NULL), NTR_OK);
	CHECK_EQ(y.kind, NTR_SYM_LABEL);
	CHECK_EQ(y.rva, 0x1090);
	CHECK_EQ(ntr_symsrc_named(s, "IopFree", &y, NULL), NTR_OK);
	CHECK_EQ(y.type, 0x1003);
	CHECK_EQ(ntr_symsrc_named(s, "PageMe", &y, NULL), NTR_OK);
	CHECK_STR(y.name, "_PageMe@0");
	check_codeview_lines(s);
	ntr_symsrc_close(s);
}

static void codeview_nb11(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;

	codeview_form("NB11", cv_add_syms32, NULL);
	s = open_dbg(&d);
	check_at(s, 0x1044, "IopFree", 0x1040, 0x30, NTR_SYM_FUNC);
	CHECK_EQ(ntr_symsrc_named(s, "_IopFree@8", &y, NULL), NTR_OK);
	CHECK_EQ(y.kind, NTR_SYM_PUBLIC);
	CHECK_EQ(ntr_symsrc_named(s, "_Count", &y, NULL), NTR_OK);
	CHECK_EQ(y.kind, NTR_SYM_DATA);
	CHECK_EQ(y.type, 0x74);
	CHECK_EQ(y.rva, 0x4018);
	check_codeview_lines(s);
	ntr_symsrc_close(s);
}

struct member_text { char s[400]; };
static bool say_member(void *ctx, const struct ntr_type_member *m)
{
	struct member_text *t = ctx;
	size_t n = strlen(t->s);

	snprintf(t->s + n, sizeof(t->s) - n, "%s@%u:%x", m->name,
		 (unsigned)m->off, (unsigned)m->type);
	n = strlen(t->s);
	if (m->bits)
		snprintf(t->s + n, sizeof(t->s) - n, "[%u+%u]", m->bit,
			 m->bits);
	n = strlen(t->s);
	snprintf(t->s + n, sizeof(t->s) - n, "=%d ", (int)m->value);
	return true;
}

static void check_types(const char *form, void (*syms)(struct cv_image *),
			void (*types)(struct cv_image *))
{
	struct member_text t = { "" };
	struct ntr_symsrc *s;
	struct ntr_type ty;
	struct counts n = { 0 };
	uint64_t id;

	codeview_form(form, syms, types);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_type_named(s, "_ITEM", &id, NULL), NTR_OK);
	CHECK_EQ(id, 0x1003);
	CHECK_EQ(ntr_symsrc_type(s, id, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_STRUCT);
	CHECK_EQ(ty.size, 20);
	CHECK_STR(ty.name, "_ITEM");
	CHECK_EQ(ntr_symsrc_members(s, id, say_member, &t, NULL), NTR_OK);
	CHECK_STR(t.s, "Next@0:1005=0 Flag@4:22[2+3]=0 Name@8:1002=0 ");
	CHECK_EQ(ntr_symsrc_type(s, 0x1005, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_POINTER);
	CHECK_EQ(ty.size, 4);
	CHECK_EQ(ty.to, 0x1004);
	CHECK_EQ(ntr_symsrc_type(s, 0x1004, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.size, 20);     /* the forward reference is followed */
	CHECK(!ty.declared_only);
	CHECK_EQ(ntr_symsrc_type(s, 0x1002, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_ARRAY);
	CHECK_EQ(ty.count, 12);
	CHECK_EQ(ty.to, 0x20);
	CHECK_EQ(ntr_symsrc_type(s, 0x20, &ty, NULL), NTR_OK);
	CHECK_STR(ty.name, "unsigned char");
	CHECK_EQ(ntr_symsrc_type(s, 0x403, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_POINTER);
	CHECK_EQ(ty.to, 3);
	t.s[0] = 0;
	CHECK_EQ(ntr_symsrc_type_named(s, "_STATE", &id, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, id, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_ENUM);
	CHECK_EQ(ty.size, 4);
	CHECK(ty.is_signed);
	CHECK_EQ(ntr_symsrc_members(s, id, say_member, &t, NULL), NTR_OK);
	CHECK_STR(t.s, "Bad@0:0=-1 Good@0:0=7 ");
	CHECK_EQ(ntr_symsrc_each_type(s, count_type, &n, NULL), NTR_OK);
	CHECK_EQ(n.types, 2);
	CHECK_EQ(ntr_symsrc_type_named(s, "_NONE", &id, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_members(s, 0x1005, say_member, &t, NULL),
		 NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_type(s, 0x100a, &ty, NULL), NTR_BAD);
	ntr_symsrc_close(s);
}

static void codeview_types(void)
{
	check_types("NB09", cv_add_syms16, cv_add_types16);
	check_types("NB11", cv_add_syms32, cv_add_types32);
}

static void code_that_was_moved(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_uwrec u;
	struct ntr_line l;

	dbg_start(&d);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	dbg_add_omap(&d);
	s = open_dbg(&d);
	/* 0x1010 went to 0x1400; 0x1018 and on to 0x1700. */
	check_at(s, 0x1400, "_KeBugCheckEx@20", 0x1400, 0, NTR_SYM_FUNC);
	check_at(s, 0x1708, "_Small@0", 0x1708, 0xc, NTR_SYM_FUNC);
	check_line(s, 0x1404, "ke\\bugcheck.c", 21, 0x1404, 4);
	CHECK_EQ(ntr_symsrc_line(s, 0x1408, &l, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "_PagedFn", &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, 0x13ff, &y, NULL), NTR_ABSENT);
	/* FPO records are of the final image. */
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1010, &u, NULL), NTR_OK);
	CHECK_EQ(u.rva, 0x1010);
	ntr_symsrc_close(s);
}

static void all_parts_together(void)
{
	struct ntr_symsrc *s;
	struct counts n;

	codeview_form("NB09", cv_add_syms16, cv_add_types16);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	dbg_add_misc(&d);
	s = open_dbg(&d);
	ask_all(s, &n);
	CHECK_EQ(n.symbols, 9);
	CHECK_EQ(n.lines, 4);   /* CodeView's come first */
	CHECK_EQ(n.types, 2);
	CHECK_EQ(n.names, 2);
	CHECK_EQ(ntr_symsrc_each(s, count_symbol, &n, NULL), NTR_OK);
	ntr_symsrc_close(s);
}

/* --- damaged ones ----------------------------------------------------------------------- */

static void refuses(size_t off, uint32_t v, const char *why)
{
	struct ntr_err e = { "" };
	enum ntr_st st;

	dbg_start(&d);
	put32(d.b, off, v);
	CHECK(!open_bytes(d.b, d.len, &st, &e));
	CHECK(st == NTR_BAD || st == NTR_UNSUP);
	CHECK_HAS(e.msg, why);
}

static void headers_that_lie(void)
{
	refuses(0x00, 0x4945, "not a symbol file");
	refuses(0x04, 0x1234, "not a symbol file");
	refuses(0x18, 97, "97 sections, at most 96");
	refuses(0x18, 0xffffffff, "sections");
	refuses(0x18, 90, "t.dbg");  /* more than the file holds */
}

/* One u32 of the CodeView data is changed: what is said, and that the other
 * parts still answer. */
static void broken_codeview(size_t off, uint32_t v, int bytes,
			    const char *why)
{
	struct ntr_err e = { "" };
	struct counts n = { 0 };
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	uint8_t *cv;

	codeview_form("NB09", cv_add_syms16, cv_add_types16);
	dbg_add_coff(&d);
	cv = d.b + 0x200;
	if (bytes == 2)
		put16(cv, off, (uint16_t)v);
	else
		put32(cv, off, v);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_each(s, count_symbol, &n, &e), NTR_BAD);
	CHECK_HAS(e.msg, why);
	CHECK(n.symbols >= 4);
	CHECK_EQ(ntr_symsrc_named(s, "_KeData", &y, NULL), NTR_OK);
	ntr_symsrc_close(s);
}

static void codeview_that_lies(void)
{
	uint32_t dir, align, pubs;

	codeview_form("NB09", cv_add_syms16, cv_add_types16);
	dir = (uint32_t)c.b[4] | (uint32_t)c.b[5] << 8;
	align = c.part[1].off;
	pubs = c.part[2].off;
	broken_codeview(0, 0x3730424e, 4, "NB07");
	broken_codeview(4, 0xfffffff0, 4, "t.dbg+0x");
	broken_codeview(dir, 8, 2, "16");
	broken_codeview(dir + 2, 4, 2, "12");
	broken_codeview(dir + 4, 0xffffffff, 4, "4294967295 entries");
	broken_codeview(dir + 8, dir, 4, "overlap");       /* a circle */
	broken_codeview(dir + 8, 0xffffff00, 4, "t.dbg+0x");
	broken_codeview(dir + 16 + 12 + 4, 0xffffff00, 4, "the data has");
	broken_codeview(dir + 16 + 12 + 8, 0xfffffff0, 4, "the data has");
	broken_codeview(align + 4, 0, 2, "of 0 bytes");     /* a record */
	broken_codeview(align + 4, 1, 2, "of 1 bytes");
	broken_codeview(align + 4, 0xffff, 2, "of 65535 bytes");
	broken_codeview(align + 4, 0x18, 2, "only 24 bytes");
	broken_codeview(align + 4 + 4 + 32, 0xff00, 2, "no whole name");
	broken_codeview(pubs + 4, 0xffffffff, 4, "bytes of symbols");
	broken_codeview(8, 0xffff, 2, "segments");          /* segment map */
}

/* An empty directory that names itself. */
static void codeview_in_a_circle(void)
{
	struct ntr_err e = { "" };
	struct counts n = { 0 };
	struct ntr_symsrc *s;
	uint8_t *p;

	dbg_start(&d);
	p = dbg_part(&d, 2, 32);
	memcpy(p, "NB09", 4);
	put32(p, 4, 8);
	put16(p, 8, 16);
	put16(p, 10, 12);
	put32(p, 16, 8);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_each(s, count_symbol, &n, &e), NTR_BAD);
	CHECK_HAS(e.msg, "circle");
	ntr_symsrc_close(s);
}

static void coff_that_lies(void)
{
	static const struct { size_t off; uint32_t v; const char *why; } t[] = {
		{ 0, 0xffffffff, "symbols" }, { 0, 400, "400 symbols" },
		{ 4, 0xffffffff, "symbols" }, { 8, 0xffffffff, "lines" },
		{ 12, 0xfffffff0, "lines" },
		{ 32 + 24 + 4 * 18 + 4, 0xffffff, "string table" },
		{ 32 + 24 + 4 * 18 + 4, 3, "string table" },
		/* the last symbol says that it has more records */
		{ 32 + 24 + 10 * 18 + 14, 0xff020020, "ends inside" },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		struct ntr_err e = { "" };
		struct counts n = { 0 };
		struct ntr_symsrc *s;
		struct ntr_symbol y;

		codeview_form("NB09", cv_add_syms16, NULL);
		dbg_add_coff(&d);
		put32(d.b, d.len - 32 - 24 - 11 * 18 - 42 + t[i].off, t[i].v);
		s = open_dbg(&d);
		CHECK_EQ(ntr_symsrc_each_line(s, count_line, &n, &e), NTR_OK);
		CHECK_EQ(ntr_symsrc_each(s, count_symbol, &n, &e), NTR_BAD);
		CHECK_HAS(e.msg, t[i].why);
		CHECK_EQ(ntr_symsrc_named(s, "IopFree", &y, NULL), NTR_OK);
		ntr_symsrc_close(s);
	}
}

static void lines_that_lie(void)
{
	/* offsets in sstSrcModule: files, file, segments, tables, counts */
	static const struct { size_t off; uint32_t v; } t[] = {
		{ 0x00, 0xffffffff }, { 0x04, 0xffffffff }, { 0x08, 0xae },
		{ 0x20, 0xffff }, { 0x24, 0xfffffff0 }, { 0x38, 0xffff0001 },
		{ 0x38, 0x00200001 }, { 0x50, 0xffff }, { 0x6c, 0xff },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		struct ntr_err e = { "" };
		struct counts n = { 0 };
		struct ntr_symsrc *s;

		codeview_form("NB11", cv_add_syms32, NULL);
		put32(d.b + 0x200, c.part[2].off + t[i].off, t[i].v);
		s = open_dbg(&d);
		CHECK_EQ(ntr_symsrc_each_line(s, count_line, &n, &e), NTR_BAD);
		CHECK_HAS(e.msg, "t.dbg+0x");
		ntr_symsrc_close(s);
	}
}

/* Tables that all lie at one place may not multiply. */
static void lines_that_overlap(void)
{
	struct ntr_err e = { "" };
	struct counts n = { 0 };
	struct ntr_symsrc *s;
	uint8_t *p;

	dbg_start(&d);
	cv_start(&c, "NB09");
	p = cv_part(&c, 0x127, 0x600);
	put16(p, 0, 0x100);
	for (size_t i = 0; i < 0x100; i++)
		put32(p, 4 + 4 * i, 0x404);
	put16(p, 0x404, 1);
	put32(p, 0x408, 0x420);
	pname(p + 0x414, "a.c");
	put16(p, 0x420, 1);
	put16(p, 0x422, 0x40);
	for (size_t i = 0; i < 0x40; i++)
		put16(p, 0x524 + 2 * i, 1);
	cv_end(&c, &d);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_each_line(s, count_line, &n, &e), NTR_BAD);
	CHECK_HAS(e.msg, "overlap");
	CHECK(n.lines > 0 && n.lines <= 0x600 / 6);
	ntr_symsrc_close(s);
}

static void types_in_a_circle(void)
{
	struct counts n = { 0 };
	struct ntr_err e = { "" };
	struct ntr_symsrc *s;
	struct ntr_type ty;
	uint64_t id;
	uint8_t *p;

	codeview_form("NB11", cv_add_syms32, cv_add_types32);
	/* The list goes on in itself; the array is one of itself. */
	p = d.b + 0x200 + c.part[3].off + 8 + 9 * 4;
	put32(p, 4 + 16 + 4, 0x1000);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_type_named(s, "_ITEM", &id, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_members(s, id, count_member, &n, &e), NTR_LIMIT);
	CHECK_EQ(n.members, 64);
	ntr_symsrc_close(s);

	codeview_form("NB11", cv_add_syms32, cv_add_types32);
	p = d.b + 0x200 + c.part[3].off + 8;
	p += 9 * 4 + (p[8] | p[9] << 8);
	put32(p, 4, 0x1002);
	s = open_dbg(&d);
	CHECK_EQ(ntr_symsrc_type(s, 0x1002, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.kind, NTR_TY_ARRAY);
	ntr_symsrc_close(s);
}

/* Every u16 and u32 of every part, with values that like to hurt. */
static void every_field(void)
{
	static const uint32_t v[] = { 0, 1, 0x7fffffff, 0x80000000,
				      0xffffffff, 0x1000, 0xfffffff0, 0x80 };
	struct counts n;
	enum ntr_st st;

	for (int form = 0; form < 2; form++) {
		if (form)
			codeview_form("NB11", cv_add_syms32, cv_add_types32);
		else
			codeview_form("NB09", cv_add_syms16, cv_add_types16);
		dbg_add_coff(&d);
		dbg_add_fpo(&d);
		dbg_add_misc(&d);
		dbg_add_omap(&d);
		for (size_t at = 6; at + 4 <= d.len; at += 2)
			for (size_t k = 0; k < NTR_COUNT(v); k++) {
				uint8_t was[4];
				struct ntr_symsrc *s;

				memcpy(was, d.b + at, 4);
				put32(d.b, at, v[k]);
				s = open_bytes(d.b, d.len, &st, NULL);
				if (s)
					ask_all(s, &n);
				ntr_symsrc_close(s);
				memcpy(d.b + at, was, 4);
			}
	}
	CHECK(d.len > 0x400);
}

static void every_truncation(void)
{
	struct counts n;
	enum ntr_st st;

	codeview_form("NB09", cv_add_syms16, cv_add_types16);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	dbg_add_misc(&d);
	for (size_t len = 0; len < d.len; len++) {
		struct ntr_symsrc *s = open_bytes(d.b, len, &st, NULL);

		CHECK((s != NULL) == (len >= 0xa8));
		if (!s)
			continue;
		ask_all(s, &n);
		CHECK(n.symbols <= 9);
		ntr_symsrc_close(s);
	}
}

int main(void)
{
	RUN(header_names_and_misc);
	RUN(a_pdb_is_named);
	RUN(coff_symbols_and_lines);
	RUN(fpo_records);
	RUN(codeview_nb09);
	RUN(codeview_nb11);
	RUN(codeview_types);
	RUN(code_that_was_moved);
	RUN(all_parts_together);
	RUN(headers_that_lie);
	RUN(codeview_that_lies);
	RUN(codeview_in_a_circle);
	RUN(coff_that_lies);
	RUN(lines_that_lie);
	RUN(lines_that_overlap);
	RUN(types_in_a_circle);
	RUN(every_field);
	RUN(every_truncation);
	return test_done();
}
