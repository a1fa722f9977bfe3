// SPDX-License-Identifier: Apache-2.0
/* Names for display: a table of real ones, names that want to hurt, and every
 * name of the corpus against what LLVM's own tools make of it. */
#include "sym/demangle.h"

#include "fmt/dump.h"
#include "test.h"

#include <time.h>
#include <unistd.h>

static const struct { uint32_t machine; const char *name, *want; } table[] = {
	/* MSVC: functions, constructors, operators */
	{ NTR_MACHINE_AMD64,
	  "?InvokeClient@FxPnpDevicePrepareHardware@@EEAAJXZ",
	  "FxPnpDevicePrepareHardware::InvokeClient" },
	{ NTR_MACHINE_AMD64, "?f@@YAHH@Z", "f" },
	{ NTR_MACHINE_AMD64, "?f@Foo@@QEBA?BHH@Z", "Foo::f" },
	{ NTR_MACHINE_AMD64, "??0Foo@@QEAA@XZ", "Foo::Foo" },
	{ NTR_MACHINE_AMD64, "??1Foo@@UEAA@XZ", "Foo::~Foo" },
	{ NTR_MACHINE_AMD64, "??2@YAPEAX_K@Z", "operator new" },
	{ NTR_MACHINE_AMD64, "??3@YAXPEAX@Z", "operator delete" },
	{ NTR_MACHINE_AMD64, "??RFoo@@QEBAXH@Z", "Foo::operator()" },
	{ NTR_MACHINE_AMD64, "??BFoo@@QEAAHXZ", "Foo::operator int" },
	{ NTR_MACHINE_AMD64, "??HFoo@@QEAA?AV0@AEBV0@@Z", "Foo::operator+" },
	{ NTR_MACHINE_X86, "?f@Foo@@QAEXXZ", "Foo::f" },
	{ NTR_MACHINE_AMD64, "?f@@YAP6AXD@ZH@Z", "f" }, /* returns a function */
	/* templates */
	{ NTR_MACHINE_AMD64, "??$max@H@@YAHHH@Z", "max<int>" },
	{ NTR_MACHINE_AMD64, "?size@?$A@P6AXH@Z@@QEBAHXZ",
	  "A<void (__cdecl *)(int)>::size" },
	{ NTR_MACHINE_AMD64, "?x@?$A@P6AXH@Z@@2HA",
	  "A<void (__cdecl *)(int)>::x" }, /* no arguments to cut */
	/* data, tables, literals */
	{ NTR_MACHINE_AMD64, "?foo@@3HA", "foo" },
	{ NTR_MACHINE_AMD64, "?c@@3PEBDEB", "c" },
	{ NTR_MACHINE_AMD64, "??_7Foo@@6B@", "Foo::`vftable'" },
	{ NTR_MACHINE_AMD64, "??_7Foo@@6BBar@@@",
	  "Foo::`vftable'{for `Bar'}" },
	{ NTR_MACHINE_AMD64, "??_R4Foo@@6B@",
	  "Foo::`RTTI Complete Object Locator'" },
	{ NTR_MACHINE_AMD64, "??_R0?AVFoo@@@8", "Foo `RTTI Type Descriptor'" },
	{ NTR_MACHINE_AMD64, "??_C@_03FIKCJHKP@abc?$AA@", "`string'" },
	{ NTR_MACHINE_AMD64, "??_GFoo@@UEAAPEAXI@Z",
	  "Foo::`scalar deleting destructor'" },
	{ NTR_MACHINE_AMD64, "??_FFoo@@QEAAXXZ",
	  "Foo::`default constructor closure'" },
	{ NTR_MACHINE_AMD64, "?f@?A0x12345678@@YAXXZ",
	  "`anonymous namespace'::f" },
	{ NTR_MACHINE_AMD64, "?x@?1??f@@YAXXZ@4HA",
	  "`void __cdecl f(void)'::`2'::x" },
	/* what LLVM does not take: the names at least */
	{ NTR_MACHINE_AMD64, "?Go@Inner@Outer@@~not~a~type", "Outer::Inner::Go" },
	{ NTR_MACHINE_AMD64, "?Go@?$T@H@@~not~a~type",
	  "?Go@?$T@H@@~not~a~type" },
	/* Itanium */
	{ NTR_MACHINE_AMD64, "_ZN3foo3barEi", "foo::bar" },
	{ NTR_MACHINE_AMD64, "_ZN3foo3barIiEEvT_", "foo::bar<int>" },
	{ NTR_MACHINE_AMD64, "_ZN12_GLOBAL__N_13fooEv",
	  "(anonymous namespace)::foo" },
	{ NTR_MACHINE_AMD64, "_ZTV3Foo", "vtable for Foo" },
	{ NTR_MACHINE_AMD64, "_ZNK3FooclEi", "Foo::operator()" },
	{ NTR_MACHINE_X86, "__ZN3foo3barEi", "foo::bar" },
	{ NTR_MACHINE_X86, "__ZN3foo3barEi@4", "foo::bar" },
	/* Rust, both manglings */
	{ NTR_MACHINE_AMD64, "_ZN4core3fmt5write17h0123456789abcdefE",
	  "core::fmt::write" },
	{ NTR_MACHINE_AMD64,
	  "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$"
	  "Test$GT$$GT$3bar17h930b740aa94f1d3aE",
	  "<Test + 'static as foo::Bar<Test>>::bar" },
	{ NTR_MACHINE_AMD64, "_RNvC6_123foo3bar", "123foo::bar" },
	{ NTR_MACHINE_AMD64, "_RTC_Initialize", "_RTC_Initialize" },
	/* C */
	{ NTR_MACHINE_X86, "_Func@12", "Func" },
	{ NTR_MACHINE_X86, "@Func@8", "Func" },
	{ NTR_MACHINE_X86, "Func@@16", "Func" },
	{ NTR_MACHINE_X86, "_main", "main" },
	{ NTR_MACHINE_X86, "__except_handler3", "_except_handler3" },
	{ NTR_MACHINE_X86, "__imp__X@4", "_imp__X" },
	{ NTR_MACHINE_AMD64, "__imp_ExFreePool", "__imp_ExFreePool" },
	{ NTR_MACHINE_AMD64, "__imp_?f@@YAXXZ", "__imp_f" },
	{ NTR_MACHINE_AMD64, "_Func@12", "_Func@12" },
	{ NTR_MACHINE_AMD64, "_main", "_main" },
	{ NTR_MACHINE_AMD64, "KeBugCheckEx", "KeBugCheckEx" },
	/* no names at all */
	{ NTR_MACHINE_X86, "", "" }, { NTR_MACHINE_X86, "_", "_" },
	{ NTR_MACHINE_X86, "@", "@" }, { NTR_MACHINE_X86, "@12", "12" },
	{ NTR_MACHINE_X86, "x@", "x@" }, { NTR_MACHINE_X86, "?", "?" },
	{ NTR_MACHINE_X86, "??", "??" }, { NTR_MACHINE_AMD64, "_Z", "_Z" },
	{ NTR_MACHINE_AMD64, "_R", "_R" }, { NTR_MACHINE_AMD64, "?@@", "?@@" },
	{ NTR_MACHINE_AMD64, "??_R0", "??_R0" },
	{ NTR_MACHINE_AMD64, "__imp_", "__imp_" },
};

static void real_names(void)
{
	char out[400];

	for (size_t i = 0; i < NTR_COUNT(table); i++) {
		memset(out, 'x', sizeof(out));
		ntr_demangle(table[i].machine, table[i].name, out,
			     sizeof(out));
		CHECK_STR(out, table[i].want);
	}
}

/* Every size of the buffer, each in a block of its own. */
static void cut_to_size(void)
{
	for (size_t i = 0; i < NTR_COUNT(table); i++)
		for (size_t n = 1; n < 90; n++) {
			char *out = malloc(n), whole[400];

			memset(out, 'x', n);
			ntr_demangle(table[i].machine, table[i].name, out, n);
			CHECK(memchr(out, 0, n) != NULL);
			ntr_demangle(table[i].machine, table[i].name, whole,
				     sizeof(whole));
			if (strlen(whole) < n &&
			    strncmp(table[i].name, "__imp_", 6))
				CHECK_STR(out, whole);
			free(out);
		}
}

static void every_truncation(void)
{
	for (size_t i = 0; i < NTR_COUNT(table); i++)
		for (size_t n = 0; n < strlen(table[i].name); n++) {
			char *name = malloc(n + 1), out[300];

			memcpy(name, table[i].name, n);
			name[n] = 0;
			ntr_demangle(table[i].machine, name, out, sizeof(out));
			CHECK(strlen(out) < sizeof(out));
			free(name);
		}
}

/* --- names that want to hurt ---------------------------------------------------------- */

struct hostile { const char *head, *open, *mid, *close, *tail; };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void times(char *to, const char *s, size_t n)
{
	to += strlen(to);
	for (; n--; to += strlen(s))
		strcpy(to, s);
}

/* As deep as the length allows, and a little deeper. */
static void deep_nests(void)
{
	static const struct hostile h[] = {
		{ "_Z1f", "P", "i", "", "" },   { "_Z1f", "1aI", "i", "E", "" },
		{ "_Z1f", "PF", "i", "vE", "" }, { "_Z", "N", "1a", "E", "" },
		{ "_Z1fIX", "ps", "Li1E", "", "EEvv" }, { "_Z", "ZN", "1a",
		  "Ev", "" }, { "_Z1f", "DpT_", "", "", "" },
		{ "?x@@3", "PEA", "HEA", "", "" },
		{ "?f@@YAX", "V?$a@", "H", "@@", "@Z" },
		{ "?f@@YAX", "P6AX", "H", "@Z", "@Z" },
		{ "?f@@YAX", "Y01", "H", "", "@Z" }, { "?", "?1?", "f@@YAXXZ",
		  "@", "" }, { "?", "?__E", "x@@YAXXZ", "", "" },
		{ "?x@", "?A@", "", "", "@3HA" }, { "", "??@", "?x@@3HA",
		  "", "" }, { "?x@@3", "$$C", "HA", "", "" },
		{ "_RINvC1a1b", "R", "l", "", "E" },
		{ "_RINvC1a1b", "T", "l", "E", "E" }, { "_R", "Nv", "C1a",
		  "1b", "" }, { "_RINvC1a1b", "FG", "l", "Eu", "E" },
	};
	double start = seconds();
	static char name[8192], out[4096];

	for (size_t i = 0; i < NTR_COUNT(h); i++)
		for (size_t len = 100; len <= 2200; len += 100) {
			size_t n = len / (strlen(h[i].open) +
					  strlen(h[i].close));

			name[0] = 0;
			times(name, h[i].head, 1);
			times(name, h[i].open, n);
			times(name, h[i].mid, 1);
			times(name, h[i].close, n);
			times(name, h[i].tail, 1);
			ntr_demangle(NTR_MACHINE_X86, name, out, sizeof(out));
			CHECK(out[0]);
			free(ntr_demangle_llvm(name, false));
		}
	CHECK(seconds() - start < 20);
}

static const char *refer(const char *kind, unsigned i, char *buf)
{
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (!i)
		sprintf(buf, "%s_", kind);
	else if (i <= 36)
		sprintf(buf, "%s%c_", kind, digit[i - 1]);
	else
		sprintf(buf, "%s%c%c_", kind, digit[(i - 1) / 36],
			digit[(i - 1) % 36]);
	return buf;
}

/* Each part is two of the part before: 2^n. */
static void doubling_itanium(char *name, unsigned n)
{
	char ref[8];

	strcpy(name, "_Z1f1aIiiE");
	for (unsigned k = 0; k < n; k++) {
		unsigned last = k ? 2 * k + 1 : 1;

		times(name, "1bI", 1);
		times(name, refer("S", last, ref), 2);
		times(name, "E", 1);
	}
}

/* Function types, each of 20 times the one before: 20^n. */
static void doubling_msvc(char *name, unsigned n)
{
	char in[2048] = "HHHHH", next[4096], d[2] = "0";

	for (unsigned k = 0; k < n; k++) {
		strcpy(next, "P6AX");
		times(next, in, 1);
		times(next, "@Z", 1);
		d[0] = (char)('0' + k % 10);
		times(next, d, 20);
		strcpy(in, next);
	}
	sprintf(name, "?f@@YAX%s@Z", in);
}

/* Templates, each with a name said once and repeated. */
static void doubling_templates(char *name, unsigned n)
{
	char in[2048] = "V?$a@HHHH@@", next[4096];

	for (unsigned k = 0; k < n; k++) {
		strcpy(next, "V?$b@");
		times(next, in, 1);
		times(next, "V1@", 4);
		times(next, "@@", 1);
		strcpy(in, next);
	}
	sprintf(name, "?f@@YAX%s@Z", in);
}

static void names_that_explode(void)
{
	void (*const make[])(char *, unsigned) = {
		doubling_itanium, doubling_msvc, doubling_templates,
	};
	static char name[8192], out[4096];
	double start = seconds();

	for (size_t i = 0; i < NTR_COUNT(make); i++)
		for (unsigned n = 1; n < 40; n++) {
			char *text;

			make[i](name, n);
			if (strlen(name) > 1900)
				break;
			ntr_demangle(NTR_MACHINE_AMD64, name, out,
				     sizeof(out));
			CHECK(out[0]);
			text = ntr_demangle_llvm(name, false);
			CHECK(!text || strlen(text) < 64u << 20);
			free(text);
		}
	CHECK(seconds() - start < 20);
	doubling_msvc(name, 6); /* 170 bytes, 3.7 GB by llvm-undname */
	ntr_demangle(NTR_MACHINE_AMD64, name, out, sizeof(out));
	CHECK_STR(out, "f");
	doubling_itanium(name, 30);
	ntr_demangle(NTR_MACHINE_AMD64, name, out, sizeof(out));
	CHECK_STR(out, name);
}

/* --- against LLVM's tools ------------------------------------------------------------------ */

static bool have(const char *tool)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", tool);
	return system(cmd) == 0;
}

/* One line of a tool for each line of names; both without the newline. */
typedef void pair_fn(const char *name, const char *tool);
static unsigned through(const char *names, const char *tool, bool undname,
			pair_fn *fn)
{
	static char name[65536], said[1 << 20], echo[65536];
	FILE *a = fopen(names, "r"), *b;
	char cmd[5000];
	unsigned n = 0;

	snprintf(cmd, sizeof(cmd), "%s <'%s' 2>/dev/null", tool, names);
	b = popen(cmd, "r");
	while (fgets(name, sizeof(name), a)) {
		if (undname && !fgets(echo, sizeof(echo), b))
			break;
		if (!fgets(said, sizeof(said), b))
			break;
		name[strcspn(name, "\n")] = 0;
		said[strcspn(said, "\n")] = 0;
		if (undname && !fgets(echo, sizeof(echo), b))
			break; /* an empty line */
		fn(name, said);
		n++;
	}
	fclose(a);
	pclose(b);
	return n;
}

static unsigned refused, compared;
static void whole_form(const char *name, const char *tool)
{
	char *ours = ntr_demangle_llvm(name, false);

	compared++;
	if (!ours && ntr_demangle_cost(name) > NTR_DEMANGLE_COST)
		refused++;
	else if (!ours)
		CHECK(!strcmp(tool, name) || strstr(tool, "Invalid"));
	else
		CHECK_STR(ours, tool);
	free(ours);
}

/* What is shown is the short form up to the arguments. */
static void short_form(const char *name, const char *tool)
{
	char *ours = ntr_demangle_llvm(name, true), out[2048];
	const char *rest = tool;

	if (!ours)
		return;
	CHECK_STR(ours, tool);
	free(ours);
	ntr_demangle(NTR_MACHINE_AMD64, name, out, sizeof(out));
	if (!strncmp(name, "??_C@", 5)) {
		CHECK_STR(out, "`string'");
		return;
	}
	if (strchr(tool, '`') || strlen(tool) >= sizeof(out))
		return; /* words are put in MSVC's form there */
	CHECK(!strncmp(out, rest, strlen(out)));
	rest += strlen(out);
	CHECK(!*rest || *rest == '(');
	CHECK(out[0] && out[strlen(out) - 1] != ' ');
}

static void part_of_it(const char *name, const char *tool)
{
	char out[2048];

	whole_form(name, tool);
	ntr_demangle(NTR_MACHINE_AMD64, name, out, sizeof(out));
	if (strlen(out) + 1 < sizeof(out) && strcmp(out, name) &&
	    !strstr(name, "17h"))
		CHECK(strstr(tool, out) != NULL || strchr(name, '.'));
}

static void names_of_the_corpus(void)
{
	const char *root = getenv("NTR_CORPUS");
	char names[] = "/tmp/ntr-names-XXXXXX", cmd[5000];
	int fd = mkstemp(names);
	unsigned n;

	if (fd < 0 || !have("llvm-pdbutil") || !have("llvm-undname"))
		SKIP("no llvm-pdbutil or llvm-undname");
	close(fd);
	snprintf(cmd, sizeof(cmd), "find '%s' -name '*.pdb' 2>/dev/null | "
		 "while read -r f; do llvm-pdbutil dump --publics \"$f\" "
		 "2>/dev/null; done | sed -n 's/.*S_PUB32.*`\\(?.*\\)`$/\\1/p' "
		 "| sort -u >%s", root ? root : "../shared/corpus", names);
	CHECK_EQ(system(cmd), 0);
	n = through(names, "llvm-undname --no-access-specifier "
			   "--no-member-type", true, whole_form);
	through(names, "llvm-undname --no-access-specifier --no-member-type "
		       "--no-calling-convention --no-return-type "
		       "--no-variable-type", true, short_form);
	unlink(names);
	if (!n)
		SKIP("no corpus");
	CHECK(n > 500);
	CHECK_EQ(refused, 0);
	fprintf(stderr, "%u MSVC names compared\n", n);
}

static void names_of_the_cpp_library(void)
{
	char names[] = "/tmp/ntr-names-XXXXXX", cmd[5000];
	int fd = mkstemp(names);
	unsigned n;

	if (fd < 0 || !have("nm") || !have("llvm-cxxfilt"))
		SKIP("no nm or llvm-cxxfilt");
	close(fd);
	snprintf(cmd, sizeof(cmd), "nm -D --defined-only $(ls "
		 "/usr/lib/*-linux-gnu/libstdc++.so.6 | head -1) 2>/dev/null | "
		 "sed -n 's/.* \\(_Z[^@]*\\).*/\\1/p' | sort -u >%s", names);
	CHECK_EQ(system(cmd), 0);
	refused = compared = 0;
	n = through(names, "llvm-cxxfilt", false, part_of_it);
	unlink(names);
	if (!n)
		SKIP("no libstdc++");
	fprintf(stderr, "%u Itanium names compared, %u refused\n", n, refused);
	CHECK(n > 1000);
	CHECK(refused * 100 < n * 5);
}

int main(void)
{
	RUN(real_names);
	RUN(cut_to_size);
	RUN(every_truncation);
	RUN(deep_nests);
	RUN(names_that_explode);
	RUN(names_of_the_corpus);
	RUN(names_of_the_cpp_library);
	return test_done();
}
