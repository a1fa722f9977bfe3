// SPDX-License-Identifier: Apache-2.0
/* ELF and DWARF sources: made bytes and their damage, symbol tables, frame
 * expressions, split debug files, declarations completed elsewhere. */
#include "base/strbuf.h"
#include "sym/dwarf.h"
#include "sym/elf_image.h"
#include "sym/symtab.h"
#include "test.h"
#include "unw/postfix.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

static char dir[] = "/tmp/ntr-dwarf-XXXXXX";

/* --- an ELF file by hand --------------------------------------------------------- */

enum { ELF_SIZE = 0x4c0 };

static void put_shdr(uint8_t *f, unsigned n, uint32_t name, uint32_t type,
		     uint64_t off, uint64_t size, uint32_t link, uint64_t each)
{
	uint8_t *h = f + 0x340 + 64 * n;

	put32(h, 0, name);
	put32(h, 4, type);
	put64(h, 24, off);
	put64(h, 32, size);
	put32(h, 40, link);
	put64(h, 56, each);
}

static void put_sym(uint8_t *f, unsigned n, uint32_t name, uint8_t info,
		    uint64_t value, uint64_t size)
{
	uint8_t *s = f + 0x100 + 24 * n;

	put32(s, 0, name);
	s[4] = info;
	put16(s, 6, 1);
	put64(s, 8, value);
	put64(s, 16, size);
}

/* Linked at 0x401000 (first page 0x400000): main 0x401100+0x40 global, inner
 * 0x401110+8 local, table 0x402000+0x10, label 0x403000. */
static void make_elf(uint8_t *f)
{
	memset(f, 0, ELF_SIZE);
	memcpy(f, "\177ELF\2\1\1", 7);
	put16(f, 16, 2);
	put16(f, 18, 62);
	put32(f, 20, 1);
	put64(f, 32, 0x40);
	put64(f, 40, 0x340);
	put16(f, 52, 64);
	put16(f, 54, 56);
	put16(f, 56, 1);
	put16(f, 58, 64);
	put16(f, 60, 6);
	put16(f, 62, 5);
	put32(f, 0x40, 1);
	put32(f, 0x44, 5);
	put64(f, 0x50, 0x400100);
	put64(f, 0x60, 0x400);
	put64(f, 0x68, 0x2000);
	put_sym(f, 1, 1, 0x12, 0x401100, 0x40);
	put_sym(f, 2, 6, 0x02, 0x401110, 8);
	put_sym(f, 3, 12, 0x11, 0x402000, 0x10);
	put_sym(f, 4, 18, 0x10, 0x403000, 0);
	memcpy(f + 0x200, "\0main\0inner\0table\0label", 24);
	put32(f, 0x240, 4);
	put32(f, 0x244, 4);
	put32(f, 0x248, 3);
	memcpy(f + 0x24c, "GNU\0\xab\xcd\xef\x01", 8);
	memcpy(f + 0x280, "x.debug\0\x78\x56\x34\x12", 12);
	memcpy(f + 0x2c0, "\0.symtab\0.strtab\0.note.gnu.build-id\0"
	       ".gnu_debuglink\0.shstrtab", 61);
	put_shdr(f, 1, 1, 2, 0x100, 120, 2, 24);
	put_shdr(f, 2, 9, 3, 0x200, 24, 0, 0);
	put_shdr(f, 3, 17, 7, 0x240, 0x14, 0, 0);
	put_shdr(f, 4, 36, 1, 0x280, 12, 0, 0);
	put_shdr(f, 5, 51, 3, 0x2c0, 61, 0, 0);
}

static enum ntr_st open_bytes(const uint8_t *p, size_t n, struct ntr_symsrc **s,
			      struct ntr_err *e)
{
	int fd = memfd_create("x", 0);
	struct ntr_file *f;
	enum ntr_st st;

	if (write(fd, p, n) != (ssize_t)n)
		abort();
	st = ntr_file_from_fd(&f, fd, "x.elf", e);
	return st ? st : ntr_symsrc_open_file(s, f, e);
}

static bool count_one(void *ctx, const struct ntr_symbol *s)
{
	(void)s;
	++*(unsigned *)ctx;
	return true;
}

static void made_elf(void)
{
	uint8_t f[ELF_SIZE];
	struct ntr_elf_debug d;
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_err e = { "" };
	unsigned n = 0;

	make_elf(f);
	CHECK_EQ(open_bytes(f, sizeof(f), &s, &e), NTR_OK);
	CHECK_EQ(s->machine, 0x8664);
	CHECK_EQ(s->id.nbuild_id, 4);
	CHECK_EQ(ntr_symsrc_each(s, count_one, &n, &e), NTR_OK);
	CHECK_EQ(n, 4);
	CHECK_EQ(ntr_symsrc_at(s, 0x1117, &y, &e), NTR_OK);
	CHECK_STR(y.name, "inner");
	CHECK_EQ(ntr_symsrc_at(s, 0x1118, &y, &e), NTR_OK);
	CHECK_STR(y.name, "main");
	CHECK_EQ(y.rva, 0x1100);
	CHECK_EQ(ntr_symsrc_at(s, 0x1140, &y, &e), NTR_OK);
	CHECK_STR(y.name, "inner"); /* the nearest below */
	CHECK_EQ(ntr_symsrc_at(s, 0x10ff, &y, &e), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "table", &y, &e), NTR_OK);
	CHECK(!y.code);
	CHECK_EQ(ntr_symsrc_named(s, "tabl", &y, &e), NTR_ABSENT);
	CHECK_EQ(ntr_elf_debug_name(s, &d, &e), NTR_OK);
	CHECK_STR(d.by_id, "ab/cdef01.debug");
	CHECK_STR(d.link, "x.debug");
	CHECK_EQ(d.crc, 0x12345678);
	CHECK(!d.has_info);
	ntr_symsrc_close(s);
}

static void ask_all(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_line l;
	struct ntr_uwrec u;
	struct ntr_err e = { "" };
	u64 id;

	memcpy(copy, p, n);
	if (open_bytes(copy, n, &s, &e)) {
		CHECK(e.msg[0]);
		free(copy);
		return;
	}
	(void)!ntr_symsrc_at(s, 0x1110, &y, &e);
	(void)!ntr_symsrc_named(s, "main", &y, &e);
	(void)!ntr_symsrc_line(s, 0x1110, &l, &e);
	(void)!ntr_symsrc_unwind(s, 0x1110, &u, &e);
	(void)!ntr_symsrc_type_named(s, "anon", &id, &e);
	ntr_symsrc_close(s);
	free(copy);
	test_.checks++;
}

static void made_elf_cut(void)
{
	uint8_t f[ELF_SIZE];

	make_elf(f);
	for (size_t n = 0; n < sizeof(f); n++)
		ask_all(f, n);
}

static void made_elf_damaged(void)
{
	static const struct {
		unsigned off, width;
		uint64_t v;
		enum ntr_st st;
		const char *says;
	} t[] = {
		{ 4, 1, 3, NTR_BAD, "x.elf+0x0: no ELF header" },
		{ 16, 2, 1, NTR_UNSUP, "not linked" },
		{ 40, 8, 0x10000, NTR_BAD, "6 section headers, the file has 0x4c0 bytes" },
		{ 58, 2, 63, NTR_BAD, "section headers of 63 bytes each, want 64" },
		{ 54, 2, 57, NTR_BAD, "program headers of 57 bytes each, want 56" },
		{ 60, 2, 0xffff, NTR_BAD, "65535 section headers" },
		{ 60, 2, 0, NTR_LIMIT, "more headers than an executable has" },
		{ 56, 2, 0xffff, NTR_BAD, "65535 program headers" },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		uint8_t f[ELF_SIZE];
		struct ntr_symsrc *s;
		struct ntr_err e = { "" };

		make_elf(f);
		for (unsigned k = 0; k < t[i].width; k++)
			f[t[i].off + k] = (uint8_t)(t[i].v >> 8 * k);
		CHECK_EQ(open_bytes(f, sizeof(f), &s, &e), t[i].st);
		CHECK_HAS(e.msg, t[i].says);
	}
}

/* What is damaged in one section is not felt by the others. */
static void made_elf_bad_section(void)
{
	uint8_t f[ELF_SIZE];
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_err e = { "" };

	make_elf(f);
	put64(f, 0x340 + 64 * 4 + 32, UINT64_MAX); /* .gnu_debuglink */
	put32(f, 0x240, 0xffffffff);               /* the note */
	put32(f, 0x100 + 24 * 3, 0x7fffffff);      /* a name */
	CHECK_EQ(open_bytes(f, sizeof(f), &s, &e), NTR_OK);
	CHECK_EQ(s->id.nbuild_id, 0);
	CHECK_EQ(ntr_symsrc_at(s, 0x1100, &y, &e), NTR_OK);
	CHECK_STR(y.name, "main");
	ntr_symsrc_close(s);
	make_elf(f);
	put32(f, 0x340 + 64 * 1 + 40, 77); /* names of the symbols: where? */
	CHECK_EQ(open_bytes(f, sizeof(f), &s, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_at(s, 0x1100, &y, &e), NTR_ABSENT);
	ntr_symsrc_close(s);
}

/* --- who owns an address ------------------------------------------------------------ */

static const char *owner(const struct ntr_symtab *t, u64 rva)
{
	const struct ntr_symbol *s = ntr_symtab_covering(t, rva);

	return s ? s->name : "-";
}

static void nested_symbols(void)
{
	static const struct { const char *name; u64 rva, size; u8 rank; } in[] = {
		{ "outer", 0x100, 0x100, 0 }, { "inner", 0x110, 0x20, 0 },
		{ "deep", 0x118, 4, 0 },      { "cross", 0x1f0, 0x40, 0 },
		{ "weak", 0x300, 8, 1 },      { "strong", 0x300, 8, 2 },
		{ "label", 0x304, 0, 9 },     { "endless", 0x400, UINT64_MAX, 0 },
	};
	struct ntr_symtab t = { 0 };

	for (size_t i = 0; i < NTR_COUNT(in); i++)
		CHECK(ntr_symtab_add(&t, &(struct ntr_symbol){
			.name = in[i].name, .rva = in[i].rva,
			.size = in[i].size }, in[i].rank));
	CHECK(ntr_symtab_add(&t, &t.rows.v[1].s, 3)); /* once more */
	CHECK(ntr_symtab_done(&t));
	CHECK_EQ(t.rows.n, NTR_COUNT(in));
	CHECK_STR(owner(&t, 0xff), "-");
	CHECK_STR(owner(&t, 0x100), "outer");
	CHECK_STR(owner(&t, 0x117), "inner");
	CHECK_STR(owner(&t, 0x118), "deep");
	CHECK_STR(owner(&t, 0x11c), "inner");
	CHECK_STR(owner(&t, 0x130), "outer");
	CHECK_STR(owner(&t, 0x1f0), "cross");
	CHECK_STR(owner(&t, 0x22f), "cross");
	CHECK_STR(owner(&t, 0x230), "-");
	CHECK_STR(owner(&t, 0x306), "strong");
	CHECK_STR(owner(&t, 0x308), "-");
	CHECK_STR(owner(&t, UINT64_MAX - 1), "endless");
	CHECK_STR(ntr_symtab_nearest(&t, 0x2ff)->name, "cross");
	ntr_symtab_fini(&t);
}

static void decorated_names(void)
{
	static const char *const in[] = { "_plain", "_std@12", "@fast@8",
					  "_std@x", "exact" };
	struct ntr_symtab t = { .x86 = true };

	for (size_t i = 0; i < NTR_COUNT(in); i++)
		CHECK(ntr_symtab_add(&t, &(struct ntr_symbol){
			.name = in[i], .rva = i }, 0));
	CHECK(ntr_symtab_done(&t));
	CHECK_STR(ntr_symtab_named(&t, "plain")->name, "_plain");
	CHECK_STR(ntr_symtab_named(&t, "std")->name, "_std@12");
	CHECK_STR(ntr_symtab_named(&t, "fast")->name, "@fast@8");
	CHECK_STR(ntr_symtab_named(&t, "exact")->name, "exact");
	CHECK(!ntr_symtab_named(&t, "st"));
	t.x86 = false;
	CHECK(!ntr_symtab_named(&t, "plain"));
	ntr_symtab_fini(&t);
}

/* --- frame expressions ----------------------------------------------------------------- */

static enum ntr_st postfix(const char *bytes, size_t n, bool cfa, char out[256],
			   struct ntr_err *e)
{
	struct ntr_file f = { .name = (char *)"x" };
	struct ntr_dw_image img = { .file = &f, .machine = 0x8664 };
	struct ntr_dw_text t = { .p = out, .size = 256 };

	out[0] = 0;
	return ntr_dw_postfix(&img, (const uint8_t *)bytes, n, cfa, &t, e);
}

/* The procedure linkage table of x86-64: the CFA is rsp + 8, and 8 more from
 * the eleventh byte of an entry on. Run for every byte of one. */
static void plt_expression(void)
{
	static const char plt[] = "\x77\x08\x80\x00\x3f\x1a\x3b\x2a\x33\x24\x22";
	struct ntr_regs r = { .machine = 0x8664 };
	struct ntr_postfix p;
	struct ntr_err e = { "" };
	char text[256];
	u64 v;

	CHECK_EQ(postfix(plt, 11, false, text, &e), NTR_OK);
	CHECK_STR(text, "$rsp 8 + $rip 16 % 5 + 16 / 8 * + ");
	for (unsigned i = 0; i < 32; i++) {
		ntr_reg_set_ip(&r, 0x401020 + i);
		ntr_reg_set_sp(&r, 0x7000);
		ntr_postfix_init(&p, &r, NULL);
		CHECK_EQ(ntr_postfix_value(&p, text, strlen(text), &v, &e),
			 NTR_OK);
		CHECK_EQ(v, 0x7008 + (i % 16 >= 11) * 8);
	}
}

static void expressions(void)
{
	static const struct {
		const char *bytes;
		unsigned n;
		bool cfa;
		enum ntr_st st;
		const char *text; /* or what the error says */
	} t[] = {
		{ "\x76\x78\x06", 3, false, NTR_OK, "$rbp 8 - ^ " },
		{ "\x76\x00", 2, true, NTR_OK, "$rbp " }, /* the CFA unused */
		{ "\x38\x1c", 2, true, NTR_OK, ".cfa 8 - " },
		{ "\x23\x90\x01", 3, true, NTR_OK, ".cfa 144 + " },
		{ "\x77\x00\x09\xf0\x1a", 5, false, NTR_OK, "$rsp 16 @ " },
		{ "\x77\x00\x33\x25", 4, false, NTR_OK, "$rsp 8 / " },
		{ "\x92\x06\x10", 3, false, NTR_OK, "$rbp 16 + " },
		{ "\x77\x00\x76\x00\x1a", 5, false, NTR_UNSUP, "two variables" },
		{ "\x77\x00\x35\x1a", 4, false, NTR_UNSUP, "no run of bits" },
		{ "\x77\x00\x3b\x2a", 4, false, NTR_UNSUP, "unbounded" },
		{ "\x22", 1, false, NTR_UNSUP, "too few values" },
		{ "\x97", 1, true, NTR_UNSUP, "operation 0x97" },
		{ "\x92\x63\x00", 3, false, NTR_UNSUP, "no name here" },
		{ "\x77", 1, false, NTR_BAD, "ends inside" },
		{ "", 0, false, NTR_BAD, "ends inside" },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		struct ntr_err e = { "" };
		char text[256];

		CHECK_EQ(postfix(t[i].bytes, t[i].n, t[i].cfa, text, &e),
			 t[i].st);
		if (t[i].st)
			CHECK_HAS(e.msg, t[i].text);
		else
			CHECK_STR(text, t[i].text);
	}
}

static void frame_instructions(void)
{
	static const struct { const char *p; unsigned n; bool ok; } t[] = {
		{ "\x0c\x07\x08\x90\x01\x00\x00", 7, true },
		{ "\x41\x0e\x10\x86\x02", 5, true },
		{ "\x0a\x0e\x08\x0b", 4, true },
		{ "\x0b", 1, false },             /* nothing remembered */
		{ "\x0f\x0b\x77\x08", 4, false }, /* a block past the end */
		{ "\x0c\x07", 2, false },
		{ "\x3f", 1, false },             /* no such instruction */
		{ "\x86", 1, false },
		{ "\x04\x01\x02", 3, false },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++)
		CHECK_EQ(ntr_dw_check_cfa((const uint8_t *)t[i].p, t[i].n, 8),
			 t[i].ok);
}

/* --- compiled programs --------------------------------------------------------------------- */

static bool sh(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return n < (int)sizeof(cmd) && system(cmd) == 0;
}

static const char *top(void)
{
	const char *t = getenv("TOP");

	return t ? t : ".";
}

static bool open_in_dir(const char *name, struct ntr_symsrc **s)
{
	char path[128];
	struct ntr_err e = { "" };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!ntr_symsrc_open(s, path, &e))
		return true;
	TEST_FAIL("%s", e.msg);
	return false;
}

/* A stripped program and its .debug file: each answers what it has. */
static void split_debug(void)
{
	struct ntr_symsrc *prog, *debug;
	struct ntr_elf_debug d;
	struct ntr_symbol y, z;
	struct ntr_line l;
	struct ntr_uwrec u;
	struct ntr_err e = { "" };
	u64 id;

	if (!sh("cd %s && gcc -g -O1 -Wl,--build-id -o p %s/tests/fixtures/dwarf_types.c "
		"2>/dev/null && objcopy --only-keep-debug p p.debug && "
		"objcopy --strip-all --add-gnu-debuglink=p.debug p p.stripped",
		dir, top()[0] == '/' ? top() : getcwd((char[256]){ 0 }, 256)))
		SKIP("gcc and objcopy are needed");
	if (!open_in_dir("p.stripped", &prog) || !open_in_dir("p.debug", &debug))
		return;
	CHECK_EQ(ntr_elf_debug_name(prog, &d, &e), NTR_OK);
	CHECK_STR(d.link, "p.debug");
	CHECK(!d.has_info);
	CHECK_EQ(strlen(d.by_id), 47);
	CHECK_EQ(d.by_id[2], '/');
	CHECK_EQ(prog->id.nbuild_id, 20);
	CHECK(!memcmp(prog->id.build_id, debug->id.build_id, 20));
	CHECK_EQ(ntr_symsrc_named(debug, "middle", &y, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_line(debug, y.rva, &l, &e), NTR_OK);
	CHECK_HAS(l.file, "dwarf_types.c");
	CHECK_EQ(ntr_symsrc_type_named(debug, "anon", &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_unwind(prog, y.rva, &u, &e), NTR_OK);
	CHECK_STR(u.cfi, ".cfa: $rsp 8 + .ra: .cfa 8 - ^");
	CHECK_EQ(u.rva, y.rva);
	CHECK_EQ(ntr_symsrc_line(prog, y.rva, &l, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "has no .debug_info");
	CHECK_EQ(ntr_symsrc_named(prog, "middle", &z, &e), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_unwind(debug, y.rva, &u, &e), NTR_ABSENT);
	ntr_symsrc_close(prog);
	ntr_symsrc_close(debug);
}

static void files_elsewhere(void)
{
	struct ntr_symsrc *s;
	struct ntr_elf_debug d;
	struct ntr_err e = { "" };
	const char *t = top()[0] == '/' ? top() : getcwd((char[256]){ 0 }, 256);
	u64 id;

	if (!sh("cd %s && gcc -g -gsplit-dwarf -o dwo %s/tests/fixtures/dwarf_types.c "
		"2>/dev/null && gcc -s -o alt %s/tests/fixtures/dwarf_types.c && "
		"printf 'x.dwz\\0abcdefghijklmnopqrst' >alt.sec && "
		"objcopy --add-section .gnu_debugaltlink=alt.sec alt", dir, t, t))
		SKIP("gcc and objcopy are needed");
	if (!open_in_dir("dwo", &s))
		return;
	CHECK_EQ(ntr_symsrc_type_named(s, "anon", &id, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, ".dwo");
	ntr_symsrc_close(s);
	if (!open_in_dir("alt", &s))
		return;
	CHECK_EQ(ntr_elf_debug_name(s, &d, &e), NTR_OK);
	CHECK_HAS(d.elsewhere, ".dwz");
	CHECK_EQ(ntr_symsrc_type_named(s, "anon", &id, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, ".dwz");
	ntr_symsrc_close(s);
}

/* Code of a header comes first in the unit: its file is number 1, which is
 * what a DWARF 5 program starts with. */
static void first_file(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_line l;
	struct ntr_err e = { "" };

	if (!sh("cd %s && echo 'int first(int a) { return a + 1; }' >first.h && "
		"printf '#include \"first.h\"\\nint main(void) { return first(1); }\\n' "
		">second.c && gcc -gdwarf-5 -o first second.c", dir))
		SKIP("no gcc");
	if (!open_in_dir("first", &s))
		return;
	CHECK_EQ(ntr_symsrc_named(s, "first", &y, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_line(s, y.rva, &l, &e), NTR_OK);
	CHECK_HAS(l.file, "/first.h");
	CHECK_EQ(l.line, 1);
	CHECK_EQ(ntr_symsrc_named(s, "main", &y, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_line(s, y.rva, &l, &e), NTR_OK);
	CHECK_HAS(l.file, "/second.c");
	CHECK_EQ(l.line, 2);
	ntr_symsrc_close(s);
}

static bool second_target(void *ctx, const struct ntr_type_member *m)
{
	*(u64 *)ctx = m->type; /* of the first member */
	return false;
}

static bool two_units(const char *flags)
{
	const char *t = top()[0] == '/' ? top() : getcwd((char[256]){ 0 }, 256);

	return sh("cd %s && f=%s/tests/fixtures/dwarf_types.c && gcc %s -fcommon "
		  "-c -o one.o $f 2>/dev/null && gcc %s -fcommon -DSECOND "
		  "-Dmain=main2 -Dmiddle=middle2 -c -o two.o $f 2>/dev/null && "
		  "gcc -o two one.o two.o", dir, t, flags, flags);
}

/* struct opaque is declared in the first unit and defined in the second. */
static void declared_elsewhere(void)
{
	struct ntr_symsrc *s;
	struct ntr_type t;
	struct ntr_err e = { "" };
	u64 id = 0;

	if (!two_units("-g"))
		SKIP("no gcc");
	if (!open_in_dir("two", &s))
		return;
	CHECK_EQ(ntr_symsrc_type_named(s, "uses", &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_members(s, id, second_target, &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, id, &t, &e), NTR_OK);
	CHECK_EQ(t.kind, NTR_TY_POINTER);
	CHECK_EQ(ntr_symsrc_type(s, t.to, &t, &e), NTR_OK);
	CHECK_STR(t.name, "opaque");
	CHECK(!t.declared_only);
	CHECK_EQ(t.size, 12);
	ntr_symsrc_close(s);
	if (!open_in_dir("p", &s)) /* of split_debug(): only the declaration */
		return;
	CHECK_EQ(ntr_symsrc_type_named(s, "uses", &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_members(s, id, second_target, &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, id, &t, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, t.to, &t, &e), NTR_OK);
	CHECK(t.declared_only);
	CHECK_EQ(ntr_symsrc_type_named(s, "opaque", &id, &e), NTR_ABSENT);
	ntr_symsrc_close(s);
}

static bool first_names(void *ctx, const struct ntr_type_member *m)
{
	ntr_str_printf(ctx, "%s ", m->name);
	return false;
}

struct pairs {
	struct ntr_symsrc *s;
	struct ntr_str first; /* names of first members, of each struct pair */
};

static bool of_pair(void *ctx, const char *name, u64 id)
{
	struct pairs *p = ctx;

	if (!strcmp(name, "pair"))
		CHECK_EQ(ntr_symsrc_members(p->s, id, first_names, &p->first,
					    NULL), NTR_OK);
	return true;
}

/* Two structs of one name and size that two files define for themselves are
 * two types; what both have from one header is one. */
static void same_name_and_size(void)
{
	struct pairs p = { .s = NULL };
	u64 id;

	if (!sh("cd %s && echo 'struct pair { int both, b; };' >pair.h && "
		"printf '#include \"pair.h\"\nstruct pair x;int main(void)"
		"{return x.b;}' >a.c && "
		"printf '#include \"pair.h\"\nstruct pair y;' >b.c && "
		"printf '\n\nstruct pair { int own, d; };struct pair z;' >c.c "
		"&& gcc -g -o pairs a.c b.c c.c", dir))
		SKIP("no gcc");
	if (!open_in_dir("pairs", &p.s))
		return;
	CHECK_EQ(ntr_symsrc_each_type(p.s, of_pair, &p, NULL), NTR_OK);
	CHECK_STR(ntr_str_text(&p.first), "both own ");
	CHECK_EQ(ntr_symsrc_type_named(p.s, "pair", &id, NULL), NTR_OK);
	ntr_str_clear(&p.first);
	CHECK_EQ(ntr_symsrc_members(p.s, id, first_names, &p.first, NULL),
		 NTR_OK);
	CHECK_STR(ntr_str_text(&p.first), "both ");
	ntr_str_fini(&p.first);
	ntr_symsrc_close(p.s);
}

static uint8_t *read_all(const char *name, size_t *n)
{
	char path[128];
	uint8_t *p = malloc(1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	*n = f ? fread(p, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return p;
}

/* Where readelf says a section lies in the file. */
static size_t section_at(const char *name, const char *section)
{
	char cmd[256];
	unsigned long off = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "readelf -SW %s/%s | sed -n 's/.* %s  *[A-Z]* "
		 "*[0-9a-f]* \\([0-9a-f]*\\) .*/\\1/p'", dir, name, section);
	f = popen(cmd, "r");
	if (!f || fscanf(f, "%lx", &off) != 1)
		off = 0;
	if (f)
		pclose(f);
	return off;
}

/* The abbreviations of one unit point nowhere: the other unit answers. */
static void one_unit_damaged(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_line l;
	struct ntr_type t;
	struct ntr_err e = { "" };
	size_t n, at;
	uint8_t *p;
	u64 id;

	if (!two_units("-gdwarf-4"))
		SKIP("no gcc");
	at = section_at("two", "\\.debug_info");
	p = read_all("two", &n);
	CHECK(at && at + 16 < n);
	put32(p, at + 6, 0x7fffffff);
	CHECK_EQ(open_bytes(p, n, &s, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_named(s, "main", &y, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_line(s, y.rva, &l, &e), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "main2", &y, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_line(s, y.rva, &l, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type_named(s, "opaque", &id, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, id, &t, &e), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, at, &t, &e), NTR_BAD);
	CHECK_EQ(ntr_symsrc_type(s, 0x10, &t, &e), NTR_BAD);
	CHECK_HAS(e.msg, ".debug_info+0x10");
	CHECK_EQ(ntr_symsrc_type(s, 0x7fffff, &t, &e), NTR_BAD);
	ntr_symsrc_close(s);
	free(p);
}

/* Cut at many lengths, and a byte turned over here and there. */
static void compiled_damaged(void)
{
	size_t n;
	uint8_t *p;

	if (!two_units("-g"))
		SKIP("no gcc");
	p = read_all("two", &n);
	CHECK(n > 1000);
	for (size_t cut = 0; cut < n; cut += 97)
		ask_all(p, cut);
	for (size_t at = 0; at < n; at += 89) {
		p[at] ^= 0xff;
		ask_all(p, n);
		p[at] ^= 0xff;
	}
	free(p);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	RUN(made_elf);
	RUN(made_elf_cut);
	RUN(made_elf_damaged);
	RUN(made_elf_bad_section);
	RUN(nested_symbols);
	RUN(decorated_names);
	RUN(plt_expression);
	RUN(expressions);
	RUN(frame_instructions);
	RUN(split_debug);
	RUN(files_elsewhere);
	RUN(first_file);
	RUN(declared_elsewhere);
	RUN(same_name_and_size);
	RUN(one_unit_damaged);
	RUN(compiled_damaged);
	return !sh("rm -rf %s", dir) || test_done();
}
