// SPDX-License-Identifier: Apache-2.0
/* Breakpad .sym files made here, line by line; the real ones are in
 * symtext_real_test.c. */
#include "sym/source.h"

#include "fmt/dump.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

static struct ntr_err err;

static enum ntr_st open_bytes(struct ntr_symsrc **s, const void *p, size_t n)
{
	int fd = memfd_create("sym", 0);
	struct ntr_file *f;

	if (fd < 0 || write(fd, p, n) != (ssize_t)n ||
	    ntr_file_from_fd(&f, fd, "t.sym", &err))
		return NTR_IO;
	return ntr_symsrc_open_file(s, f, &err);
}

static struct ntr_symsrc *open_text(const char *text)
{
	struct ntr_symsrc *s = NULL;

	if (open_bytes(&s, text, strlen(text))) {
		TEST_FAIL("%s", err.msg);
		exit(1);
	}
	return s;
}

#define HEAD "MODULE windows x86 0123456789ABCDEF0123456789ABCDEF1f a.pdb\n"
#define HEAD64 "MODULE windows x86_64 0123456789ABCDEF0123456789ABCDEF1 a.pdb\n"

static void header(void)
{
	static const uint8_t guid[16] = {
		0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd,
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	struct ntr_symsrc *s = open_text(HEAD
		"INFO CODE_ID 5C8AD05F12000 a.dll\r\nINFO GENERATOR x\r\n");

	CHECK_STR(s->ops->name, "breakpad");
	CHECK_EQ(s->machine, NTR_MACHINE_X86);
	CHECK_EQ(s->ptr_size, 4);
	CHECK(s->id.has_guid && !memcmp(s->id.guid, guid, 16));
	CHECK_EQ(s->id.age, 0x1f);
	CHECK(s->id.has_image);
	CHECK_EQ(s->id.timestamp, 0x5c8ad05f);
	CHECK_EQ(s->id.image_size, 0x12000);
	ntr_symsrc_close(s);

	s = open_text("MODULE windows x86 5C8AD05F2 old.pdb\n");
	CHECK(!s->id.has_guid && s->id.has_sig);
	CHECK_EQ(s->id.sig, 0x5c8ad05f);
	CHECK_EQ(s->id.age, 2);
	ntr_symsrc_close(s);

	s = open_text("MODULE Linux arm64 0123456789ABCDEF0123456789ABCDEF0 x\n"
		      "INFO CODE_ID 67452301AB89EFCD0123456789ABCDEF00112233\n");
	CHECK_EQ(s->machine, NTR_MACHINE_ARM64);
	CHECK_EQ(s->id.nbuild_id, 20);
	CHECK_EQ(s->id.build_id[0], 0x67);
	CHECK_EQ(s->id.build_id[19], 0x33);
	CHECK(!s->id.has_image);
	ntr_symsrc_close(s);
}

static void bad_headers(void)
{
	static const char *const bad[] = {
		"MODULE \n", "MODULE windows x86 123 a\n",
		"MODULE windows x86 0123456789ABCDEF0123456789ABCDEG1 a\n",
		"MODULE windows x86 0123456789ABCDEF0123456789ABCDEF a\n",
		"MODULE windows x86 0123456789ABCDEF0123456789ABCDEF100000000 a",
	};
	struct ntr_symsrc *s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(open_bytes(&s, bad[i], strlen(bad[i])), NTR_BAD);
		CHECK_HAS(err.msg, "t.sym, line 1: wants");
	}
}

static const char names[] = HEAD
	"FILE 0 c:\\a b.c\r\n"
	"FILE 7 old\r\nFILE 7 new\r\n"
	"INLINE_ORIGIN 0 f\r\n"
	"FUNC 1000 20 8 Outer(int, char)\r\n"
	"INLINE 0 12 0 0 1004 4\r\n"
	"1000 4 10 0\r\n"
	"1004 1c 12 7\r\n"
	"1008 2 13 9\r\n"
	"FUNC m 1010 8 0 Inner\r\n"
	"1010 8 99 0\r\n"
	"FUNC 1010 10 0 Twin\r\n"
	"FUNC 3000 0 0 Nothing\r\n"
	"PUBLIC 1018 0 _inside@4\r\n"
	"PUBLIC m 2000 c @Fast@12\r\n"
	"PUBLIC 2000 c _Second\r\n";

static void at(struct ntr_symsrc *s, uint64_t rva, const char *name,
	       uint64_t base, enum ntr_symkind kind)
{
	struct ntr_symbol y = { .name = "(absent)" };

	CHECK_EQ(ntr_symsrc_at(s, rva, &y, &err), NTR_OK);
	CHECK_STR(y.name, name);
	CHECK_EQ(y.rva, base);
	CHECK_EQ(y.kind, kind);
	CHECK_EQ(y.code, kind == NTR_SYM_FUNC);
}

static void nearest_names(void)
{
	struct ntr_symsrc *s = open_text(names);
	struct ntr_symbol y;

	CHECK_EQ(ntr_symsrc_at(s, 0xfff, &y, &err), NTR_ABSENT);
	CHECK_STR(err.msg, "t.sym: no symbol at or below this address");
	at(s, 0x1000, "Outer(int, char)", 0x1000, NTR_SYM_FUNC);
	at(s, 0x100f, "Outer(int, char)", 0x1000, NTR_SYM_FUNC);
	at(s, 0x1010, "Inner", 0x1010, NTR_SYM_FUNC);
	at(s, 0x1018, "Twin", 0x1010, NTR_SYM_FUNC);
	at(s, 0x101f, "Twin", 0x1010, NTR_SYM_FUNC);
	at(s, 0x1020, "_inside@4", 0x1018, NTR_SYM_PUBLIC);
	at(s, 0x2000, "@Fast@12", 0x2000, NTR_SYM_PUBLIC);
	at(s, 0x2fff, "@Fast@12", 0x2000, NTR_SYM_PUBLIC);
	at(s, 0x3000, "Nothing", 0x3000, NTR_SYM_FUNC);
	at(s, UINT64_MAX, "Nothing", 0x3000, NTR_SYM_FUNC);
	CHECK_EQ(s->broken, 0);
	ntr_symsrc_close(s);
}

static void by_name(void)
{
	static const struct { const char *ask, *stored; } ok[] = {
		{ "Inner", "Inner" }, { "_inside@4", "_inside@4" },
		{ "inside", "_inside@4" }, { "Fast", "@Fast@12" },
		{ "_Second@8", "_Second" },
		{ "Outer(int, char)", "Outer(int, char)" },
	};
	struct ntr_symsrc *s = open_text(names);
	struct ntr_symbol y;

	for (size_t i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		CHECK_EQ(ntr_symsrc_named(s, ok[i].ask, &y, &err), NTR_OK);
		CHECK_STR(y.name, ok[i].stored);
	}
	CHECK_EQ(ntr_symsrc_named(s, "Inne", &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "", &y, &err), NTR_ABSENT);
	ntr_symsrc_close(s);
	s = open_text(HEAD64 "PUBLIC 10 0 _x@4\n");
	CHECK_EQ(ntr_symsrc_named(s, "x", &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "_x@4", &y, &err), NTR_OK);
	ntr_symsrc_close(s);
}

static void lines(void)
{
	struct ntr_symsrc *s = open_text(names);
	struct ntr_line l;

	CHECK_EQ(ntr_symsrc_line(s, 0x1003, &l, &err), NTR_OK);
	CHECK_STR(l.file, "c:\\a b.c");
	CHECK_EQ(l.line, 10);
	CHECK_EQ(l.rva, 0x1000);
	CHECK_EQ(l.size, 4);
	CHECK_EQ(ntr_symsrc_line(s, 0x1004, &l, &err), NTR_OK);
	CHECK_STR(l.file, "new");
	CHECK_EQ(ntr_symsrc_line(s, 0x1009, &l, &err), NTR_OK);
	CHECK_EQ(l.line, 13);
	CHECK_STR(l.file, ""); /* FILE 9 is not there */
	CHECK_EQ(ntr_symsrc_line(s, 0x1017, &l, &err), NTR_OK);
	CHECK_EQ(l.line, 99);
	CHECK_EQ(ntr_symsrc_line(s, 0x1018, &l, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_line(s, 0x2000, &l, &err), NTR_ABSENT);
	ntr_symsrc_close(s);
}

static void stack_win(void)
{
	struct ntr_symsrc *s = open_text(HEAD
		"STACK WIN 0 1000 40 1 2 8 4 c 0 0 1\n"
		"STACK WIN 4 1000 20 3 0 10 8 14 5 1 $T0 .raSearch =\r\n"
		"STACK WIN 4 1003 8 0 0 10 8 14 5 1 $eip $T0 ^ =\n"
		"STACK WIN 2 5000 10 0 0 0 0 0 0 0 0\n");
	struct ntr_uwrec u;

	CHECK_EQ(ntr_symsrc_unwind(s, 0x1000, &u, &err), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_FRAMEDATA);
	CHECK_EQ(u.rva, 0x1000);
	CHECK_EQ(u.size, 0x20);
	CHECK_EQ(u.prolog, 3);
	CHECK_EQ(u.params, 0x10);
	CHECK_EQ(u.saved_regs, 8);
	CHECK_EQ(u.locals, 0x14);
	CHECK_EQ(u.max_stack, 5);
	CHECK_STR(u.program, "$T0 .raSearch =");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x100a, &u, &err), NTR_OK);
	CHECK_STR(u.program, "$eip $T0 ^ =");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x100b, &u, &err), NTR_OK);
	CHECK_STR(u.program, "$T0 .raSearch =");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1020, &u, &err), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_FPO);
	CHECK_EQ(u.frame, NTR_FPO_FPO);
	CHECK(u.uses_ebp && !u.program);
	CHECK_EQ(u.params, 8);
	CHECK_EQ(u.saved_regs, 4);
	CHECK_EQ(u.locals, 0xc);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x5001, &u, &err), NTR_OK);
	CHECK_EQ(u.frame, NTR_FPO_TSS);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1040, &u, &err), NTR_ABSENT);
	CHECK_EQ(s->broken, 0);
	ntr_symsrc_close(s);
}

static const char cfi[] = HEAD64
	"STACK CFI INIT 1000 40 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n"
	"STACK CFI 1001 .cfa: $rsp 16 + $rbp: .cfa 16 - ^\n"
	"STACK CFI 1004 $rbx: .cfa 24 - ^ .cfa: $rbp 16 +\n"
	"STACK CFI INIT 1040 8 .cfa: $rsp .ra: 0\n";

static void stack_cfi(void)
{
	struct ntr_symsrc *s = open_text(cfi);
	struct ntr_uwrec u;

	CHECK_EQ(ntr_symsrc_unwind(s, 0x1000, &u, &err), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_CFI);
	CHECK_EQ(u.size, 0x40);
	CHECK_STR(u.cfi, ".cfa: $rsp 8 + .ra: .cfa 8 - ^");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1003, &u, &err), NTR_OK);
	CHECK_STR(u.cfi, ".ra: .cfa 8 - ^ .cfa: $rsp 16 + $rbp: .cfa 16 - ^");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x103f, &u, &err), NTR_OK);
	CHECK_STR(u.cfi, ".ra: .cfa 8 - ^ $rbp: .cfa 16 - ^ "
			 "$rbx: .cfa 24 - ^ .cfa: $rbp 16 +");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1047, &u, &err), NTR_OK);
	CHECK_STR(u.cfi, ".cfa: $rsp .ra: 0");
	ntr_symsrc_close(s);
}

/* A rule that cannot be read must not become a frame that is wrong. */
static void broken_cfi(void)
{
	struct ntr_symsrc *s = open_text(HEAD64
		"STACK CFI INIT 1000 40 .cfa: $rsp 8 +\n"
		"STACK CFI 1001 no rule\n"
		"STACK CFI INIT 2000 40 .cfa: $rsp 8 +\n"
		"STACK CFI zz .cfa: 1\n"
		"STACK CFI INIT 3000 40 .cfa: .ra: 8\n");
	struct ntr_uwrec u;

	CHECK_EQ(ntr_symsrc_unwind(s, 0x1000, &u, &err), NTR_OK);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1001, &u, &err), NTR_BAD);
	CHECK_HAS(err.msg, "t.sym, line 3: STACK CFI: wants");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x2000, &u, &err), NTR_BAD);
	CHECK_HAS(err.msg, "line 5");
	CHECK_EQ(ntr_symsrc_unwind(s, 0x3000, &u, &err), NTR_BAD);
	CHECK_EQ(s->broken, 1);
	ntr_symsrc_close(s);
}

static void long_cfi(void)
{
	static char text[4096] = HEAD64 "STACK CFI INIT 1000 40 .cfa: 1";
	struct ntr_symsrc *s;
	struct ntr_uwrec u;

	memset(text + strlen(text), '+', 1100);
	s = open_text(text);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1000, &u, &err), NTR_LIMIT);
	CHECK_HAS(err.msg, "line 2: STACK CFI: rules are longer than 1024");
	ntr_symsrc_close(s);
}

static void broken_lines(void)
{
	static const char *const bad[] = {
		"FUNC 1000 x 0 a", "FUNC 1000 10 0", "FUNC 1000 10 0 ",
		"FUNC -1 10 0 a", "FUNC 10000000000000000 1 0 a",
		"PUBLIC 1000", "PUBLIC 1000 0", "FILE x y", "FILE 3",
		"FILE 4294967296 y", "FILE -1 y",
		"STACK", "STACK WIN", "STACK CFI", "STACK CFI INIT 1 2",
		"STACK WIN 4 1000 10 -1 0 0 0 0 0 1 x",
		"STACK WIN 5 1000 10 0 0 0 0 0 0 0 0",
		"STACK WIN 4 1000 10 0 0 0 0 0 0 1",
		"STACK WIN 0 1000 10 0 0 0 0 0 0 2 0",
		"STACK WIN 4 1000 10 100000000 0 0 0 0 0 1 x",
		"1000 4 5 6", "INLINE 0 1 2 3 4 5", "nonsense", "MODULE x",
		"\xff\xfe", "STACK XYZ 1",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ntr_symsrc *s;
		struct ntr_symbol y;

		snprintf(text, sizeof(text), HEAD "PUBLIC 500 0 good\n"
			 "%s\nPUBLIC 600 0 fine\n", bad[i]);
		s = open_text(text);
		at(s, 0x5ff, "good", 0x500, NTR_SYM_PUBLIC);
		at(s, 0x600, "fine", 0x600, NTR_SYM_PUBLIC);
		if (s->broken != 1)
			TEST_FAIL("\"%s\": %u broken", bad[i],
				  (unsigned)s->broken);
		CHECK_EQ(s->broken_line, 3);
		CHECK_EQ(ntr_symsrc_at(s, 1, &y, &err), NTR_ABSENT);
		CHECK_HAS(err.msg, "1 lines are broken, the first is line 3");
		ntr_symsrc_close(s);
	}
}

/* Lines of a function are looked at when somebody asks, and counted once. */
static void broken_line_records(void)
{
	struct ntr_symsrc *s = open_text(HEAD "FUNC 1000 20 0 f\n"
		"1000 4 -1 0\n1004 4\n1008 4 7 0\n");
	struct ntr_line l;

	CHECK_EQ(ntr_symsrc_line(s, 0x1008, &l, &err), NTR_OK);
	CHECK_EQ(l.line, 7);
	CHECK_EQ(s->broken, 2);
	CHECK_EQ(s->broken_line, 3);
	CHECK_EQ(ntr_symsrc_line(s, 0x1000, &l, &err), NTR_ABSENT);
	CHECK_EQ(s->broken, 2);
	ntr_symsrc_close(s);
}

static void absurd_sizes(void)
{
	struct ntr_symsrc *s = open_text(HEAD
		"FUNC 0 ffffffffffffffff 0 all\n"
		"FUNC 10 100000000 0 four\n"
		"FUNC fffffffffffffff0 ffffffffffffffff 0 wraps\n"
		"FUNC 20 10 0 small\n"
		"STACK WIN 0 fffffffffffffff0 ffffffffffffffff 0 0 0 0 0 0 0 0\n");
	struct ntr_uwrec u;

	at(s, 5, "all", 0, NTR_SYM_FUNC);
	at(s, 0x18, "four", 0x10, NTR_SYM_FUNC);
	at(s, 0x2f, "small", 0x20, NTR_SYM_FUNC);
	at(s, 0x30, "four", 0x10, NTR_SYM_FUNC);
	at(s, 0x100000010, "all", 0, NTR_SYM_FUNC);
	at(s, UINT64_MAX - 1, "wraps", 0xfffffffffffffff0, NTR_SYM_FUNC);
	CHECK_EQ(ntr_symsrc_unwind(s, UINT64_MAX - 1, &u, &err), NTR_OK);
	ntr_symsrc_close(s);
}

/* A name of 100 KB is a name; one of more than a megabyte is a broken line;
 * what follows is read. */
static void long_lines(void)
{
	size_t big = 100000, huge = (5u << 20) + 3;
	char *text = malloc(big + huge + 1000);
	struct ntr_symsrc *s = NULL;
	struct ntr_symbol y = { 0 };
	size_t n;

	n = (size_t)sprintf(text, HEAD "FUNC 1000 10 0 ");
	memset(text + n, 'a', big);
	n += big;
	n += (size_t)sprintf(text + n, "\nFUNC 2000 10 0 ");
	memset(text + n, 'b', huge);
	n += huge;
	n += (size_t)sprintf(text + n, "\nFUNC 3000 10 0 c");
	CHECK_EQ(open_bytes(&s, text, n), NTR_OK);
	free(text);
	CHECK_EQ(ntr_symsrc_at(s, 0x1001, &y, &err), NTR_OK);
	CHECK_EQ(strlen(y.name), big);
	at(s, 0x3001, "c", 0x3000, NTR_SYM_FUNC);
	CHECK_EQ(s->broken, 1);
	CHECK_EQ(s->broken_line, 3);
	ntr_symsrc_close(s);
}

static bool touch(void *ctx, const struct ntr_symbol *y)
{
	*(size_t *)ctx += strlen(y->name);
	return true;
}

static bool touch_line(void *ctx, const struct ntr_line *l)
{
	*(size_t *)ctx += strlen(l->file);
	return true;
}

static void ask_everything(struct ntr_symsrc *s)
{
	struct ntr_symbol y;
	struct ntr_uwrec u;
	struct ntr_line l;
	size_t n = 0;

	(void)!ntr_symsrc_each(s, touch, &n, &err);
	(void)!ntr_symsrc_each_line(s, touch_line, &n, &err);
	(void)!ntr_symsrc_named(s, "Inner", &y, &err);
	(void)!ntr_symsrc_line(s, 0x1012, &l, &err);
	for (uint64_t a = 0xfff; a < 0x1042; a++)
		(void)!ntr_symsrc_unwind(s, a, &u, &err);
}

/* n bytes of a file whose id begins at `at`: an id of 9 to 16 digits is that
 * of a PDB 2.00. */
static enum ntr_st expected(size_t n, size_t at)
{
	if (n <= 7)
		return NTR_UNSUP;
	return n > at + 32 || (n > at + 8 && n <= at + 16) ? NTR_OK : NTR_BAD;
}

static void cut_anywhere(void)
{
	static const char *const text[] = { names, cfi };

	for (size_t i = 0; i < 2; i++)
		for (size_t n = 0; n <= strlen(text[i]); n++) {
			char *p = malloc(n ? n : 1);
			struct ntr_symsrc *s;
			enum ntr_st st;

			memcpy(p, text[i], n);
			st = open_bytes(&s, p, n);
			free(p);
			CHECK_EQ(st, expected(n, i ? 22 : 19));
			if (st == NTR_OK) {
				ask_everything(s);
				ntr_symsrc_close(s);
			}
		}
}

int main(void)
{
	RUN(header);
	RUN(bad_headers);
	RUN(nearest_names);
	RUN(by_name);
	RUN(lines);
	RUN(stack_win);
	RUN(stack_cfi);
	RUN(broken_cfi);
	RUN(long_cfi);
	RUN(broken_lines);
	RUN(broken_line_records);
	RUN(absurd_sizes);
	RUN(long_lines);
	RUN(cut_anywhere);
	return test_done();
}
