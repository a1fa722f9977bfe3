// SPDX-License-Identifier: Apache-2.0
/* Volatility symbol tables made here; the real ones are in
 * symtext_real_test.c. */
#include "sym/source.h"

#include "fmt/dump.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

static struct ntr_err err;

static enum ntr_st open_bytes(struct ntr_symsrc **s, const void *p, size_t n)
{
	int fd = memfd_create("isf", 0);
	struct ntr_file *f;

	if (fd < 0 || write(fd, p, n) != (ssize_t)n ||
	    ntr_file_from_fd(&f, fd, "t.json", &err))
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

#define META "\"metadata\": {\"format\": \"6.1.0\", \"windows\": {\"pdb\": {" \
	"\"GUID\": \"0123456789abcdef0123456789ABCDEF\", \"age\": 3, "      \
	"\"database\": \"a.pdb\", \"machine_type\": 34404}}}"
#define BASE "\"base_types\": {"                                              \
	"\"pointer\": {\"kind\": \"int\", \"size\": 8, \"signed\": false, "  \
	"\"endian\": \"little\"},"                                            \
	"\"int\": {\"kind\": \"int\", \"size\": 4, \"signed\": true},"       \
	"\"char\": {\"kind\": \"char\", \"size\": 1, \"signed\": true},"     \
	"\"bool\": {\"kind\": \"bool\", \"size\": 1, \"signed\": false},"    \
	"\"double\": {\"kind\": \"float\", \"size\": 8, \"signed\": true},"  \
	"\"void\": {\"kind\": \"void\", \"size\": 0, \"signed\": true}}"
#define INT_T "{\"kind\": \"base\", \"name\": \"int\"}"

static const char whole[] = "{" META ", " BASE ", \"enums\": {"
	"\"_E\": {\"base\": \"int\", \"size\": 4, \"constants\": {"
	"\"Big\": 18446744073709551615, \"Minus\": -5, \"Zero\": 0}}},"
	"\"symbols\": {"
	"\"b\": {\"address\": 4096, \"linkage_name\": \"_b@4\"},"
	"\"a\": {\"address\": 4096},"
	"\"f\": {\"address\": 8192, \"type\": {\"kind\": \"function\"}},"
	"\"v\": {\"type\": {\"kind\": \"struct\", \"name\": \"_S\"}, "
	"\"address\": 12288},"
	"\"u\\u00e9\": {\"address\": 18446744073709551615},"
	"\"none\": {}, \"neg\": {\"address\": -1}, \"n\": 5},"
	"\"user_types\": {\"_S\": {\"kind\": \"struct\", \"size\": 64, "
	"\"fields\": {"
	"\"self\": {\"offset\": 8, \"type\": {\"kind\": \"pointer\", "
	"\"subtype\": {\"kind\": \"struct\", \"name\": \"_S\"}}},"
	"\"arr\": {\"offset\": 16, \"type\": {\"kind\": \"array\", "
	"\"count\": 2, \"subtype\": {\"kind\": \"array\", \"count\": 3, "
	"\"subtype\": " INT_T "}}},"
	"\"hi\": {\"offset\": 0, \"type\": {\"kind\": \"bitfield\", "
	"\"bit_position\": 4, \"bit_length\": 28, \"type\": " INT_T "}},"
	"\"lo\": {\"offset\": 0, \"type\": {\"kind\": \"bitfield\", "
	"\"bit_position\": 0, \"bit_length\": 4, \"type\": " INT_T "}},"
	"\"gone\": {\"offset\": 40, \"type\": {\"kind\": \"union\", "
	"\"name\": \"__unnamed_1\"}},"
	"\"unnamed_field_0\": {\"offset\": 48, \"anonymous\": true, "
	"\"type\": {\"kind\": \"union\", \"name\": \"_U\"}},"
	"\"e\": {\"offset\": 56, \"type\": {\"kind\": \"enum\", "
	"\"name\": \"_E\"}}}},"
	"\"_U\": {\"kind\": \"union\", \"size\": 8, \"fields\": {}},"
	"\"_C\": {\"kind\": \"class\", \"size\": 1, \"fields\": {}}}}";

static void header(void)
{
	static const uint8_t guid[16] = {
		0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd,
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	struct ntr_symsrc *s = open_text(whole);

	CHECK_STR(s->ops->name, "isf");
	CHECK_EQ(s->machine, NTR_MACHINE_AMD64);
	CHECK_EQ(s->ptr_size, 8);
	CHECK(s->id.has_guid && !memcmp(s->id.guid, guid, 16));
	CHECK_EQ(s->id.age, 3);
	ntr_symsrc_close(s);
	/* of no PDB: still types */
	s = open_text("{\"metadata\": {}, " BASE "}");
	CHECK(!s->id.has_guid);
	CHECK_EQ(s->machine, 0);
	ntr_symsrc_close(s);
	CHECK_EQ(open_bytes(&s, "{\"metadata\": {\"linux\": {}}}", 27),
		 NTR_UNSUP);
	CHECK_HAS(err.msg, "another system than Windows");
	CHECK_EQ(open_bytes(&s, "{\"other\": {}}", 13), NTR_UNSUP);
}

static void at(struct ntr_symsrc *s, uint64_t rva, const char *name,
	       uint64_t base)
{
	struct ntr_symbol y = { .name = "(absent)" };

	CHECK_EQ(ntr_symsrc_at(s, rva, &y, &err), NTR_OK);
	CHECK_STR(y.name, name);
	CHECK_EQ(y.rva, base);
	CHECK_EQ(y.kind, NTR_SYM_PUBLIC);
}

static void symbols(void)
{
	struct ntr_symsrc *s = open_text(whole);
	struct ntr_symbol y;

	CHECK_EQ(ntr_symsrc_at(s, 4095, &y, &err), NTR_ABSENT);
	at(s, 4096, "_b@4", 4096); /* the file's first of an address */
	at(s, 8191, "_b@4", 4096);
	at(s, 9000, "f", 8192);
	at(s, 12288, "v", 12288);
	at(s, UINT64_MAX, "u\xc3\xa9", UINT64_MAX);
	CHECK_EQ(ntr_symsrc_named(s, "b", &y, &err), NTR_OK);
	CHECK_STR(y.name, "_b@4");
	CHECK_EQ(ntr_symsrc_named(s, "_b@4", &y, &err), NTR_OK);
	CHECK_EQ(y.rva, 4096);
	CHECK(!y.code);
	CHECK_EQ(ntr_symsrc_named(s, "f", &y, &err), NTR_OK);
	CHECK(y.code && y.type);
	CHECK_EQ(ntr_symsrc_named(s, "none", &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "neg", &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "n", &y, &err), NTR_ABSENT);
	CHECK_EQ(s->broken, 2);
	ntr_symsrc_close(s);
}

static void type_of_a_symbol(void)
{
	struct ntr_symsrc *s = open_text(whole);
	struct ntr_symbol y, z;
	struct ntr_type t;

	CHECK_EQ(ntr_symsrc_at(s, 12288, &y, &err), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, y.type, &t, &err), NTR_OK);
	CHECK_STR(t.name, "_S");
	CHECK(!y.code);
	CHECK_EQ(ntr_symsrc_at(s, 12288, &z, &err), NTR_OK);
	CHECK_EQ(z.type, y.type);
	ntr_symsrc_close(s);
}

struct all {
	struct ntr_type_member m[16];
	size_t n;
};

static bool keep(void *ctx, const struct ntr_type_member *m)
{
	struct all *a = ctx;

	a->m[a->n++] = *m;
	return a->n < 16;
}

static struct all members(struct ntr_symsrc *s, const char *name)
{
	struct all a = { .n = 0 };
	uint64_t id = 0;

	CHECK_EQ(ntr_symsrc_type_named(s, name, &id, &err), NTR_OK);
	CHECK_EQ(ntr_symsrc_members(s, id, keep, &a, &err), NTR_OK);
	return a;
}

static struct ntr_type type(struct ntr_symsrc *s, uint64_t id)
{
	struct ntr_type t = { .name = "?" };

	CHECK_EQ(ntr_symsrc_type(s, id, &t, &err), NTR_OK);
	return t;
}

static void fields(void)
{
	struct ntr_symsrc *s = open_text(whole);
	struct all a = members(s, "_S");
	struct ntr_type t;

	CHECK_EQ(a.n, 7); /* by offset, then bit */
	CHECK_STR(a.m[0].name, "lo");
	CHECK_EQ(a.m[0].bits, 4);
	CHECK_STR(type(s, a.m[0].type).name, "int");
	CHECK_STR(a.m[1].name, "hi");
	CHECK_EQ(a.m[1].bit, 4);
	CHECK_EQ(a.m[1].bits, 28);
	CHECK_STR(a.m[2].name, "self");
	CHECK_EQ(a.m[2].off, 8);
	t = type(s, a.m[2].type);
	CHECK_EQ(t.kind, NTR_TY_POINTER);
	CHECK_EQ(t.size, 8);
	CHECK_STR(type(s, t.to).name, "_S");
	CHECK_STR(a.m[3].name, "arr");
	t = type(s, a.m[3].type);
	CHECK_EQ(t.kind, NTR_TY_ARRAY);
	CHECK_EQ(t.count, 2);
	CHECK_EQ(t.size, 24);
	t = type(s, t.to);
	CHECK_EQ(t.count, 3);
	CHECK_EQ(t.size, 12);
	CHECK_STR(a.m[4].name, "gone");
	t = type(s, a.m[4].type);
	CHECK(t.declared_only && t.kind == NTR_TY_UNION);
	CHECK_STR(t.name, "__unnamed_1");
	CHECK(!a.m[5].name); /* anonymous */
	CHECK_EQ(type(s, a.m[5].type).size, 8);
	t = type(s, a.m[6].type);
	CHECK_EQ(t.kind, NTR_TY_ENUM);
	CHECK(t.is_signed);
	CHECK_STR(type(s, t.to).name, "int");
	ntr_symsrc_close(s);
}

static bool count_names(void *ctx, const char *name, uint64_t id)
{
	(void)name;
	*(unsigned *)ctx += id != 0;
	return true;
}

static void enums_and_names(void)
{
	struct ntr_symsrc *s = open_text(whole);
	struct all a = members(s, "_E");
	unsigned n = 0;
	uint64_t id;

	CHECK_EQ(a.n, 3); /* by value */
	CHECK_STR(a.m[0].name, "Minus");
	CHECK_EQ(a.m[0].value, -5);
	CHECK_STR(a.m[1].name, "Big");
	CHECK_EQ(a.m[1].value, -1);
	CHECK_STR(a.m[2].name, "Zero");
	CHECK_EQ(members(s, "_U").n, 0);
	CHECK_EQ(ntr_symsrc_type_named(s, "_C", &id, &err), NTR_OK);
	CHECK_EQ(type(s, id).kind, NTR_TY_STRUCT);
	CHECK_EQ(ntr_symsrc_type_named(s, "S", &id, &err), NTR_ABSENT);
	CHECK_HAS(err.msg, "t.json: no type S");
	CHECK_EQ(ntr_symsrc_type_named(s, "int", &id, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_each_type(s, count_names, &n, &err), NTR_OK);
	CHECK_EQ(n, 4);
	CHECK_EQ(ntr_symsrc_type(s, 0, &(struct ntr_type){ 0 }, &err),
		 NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_type(s, 9999, &(struct ntr_type){ 0 }, &err),
		 NTR_ABSENT);
	ntr_symsrc_close(s);
}

/* A definition that is wrong says so; the others are there. */
static void damaged_definitions(void)
{
	static const struct { const char *def, *why; } bad[] = {
		{ "{}", "a structure without kind, size or fields" },
		{ "{\"kind\": \"struct\", \"size\": -1, \"fields\": {}}",
		  "a structure without kind, size or fields" },
		{ "{\"kind\": \"struct\", \"size\": 99999999999999999999, "
		  "\"fields\": {}}", "a structure without" },
		{ "{\"kind\": \"struct\", \"size\": 1e3, \"fields\": {}}",
		  "a structure without" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": []}",
		  "a structure without" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": {\"a\": 1}}",
		  "a field without offset or type" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": {\"a\": "
		  "{\"offset\": 0, \"type\": {\"kind\": \"what\"}}}}",
		  "a type without a known kind" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": {\"a\": "
		  "{\"offset\": 0, \"type\": {\"kind\": \"array\", "
		  "\"subtype\": " INT_T "}}}}", "an array without a count" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": {\"a\": "
		  "{\"offset\": 0, \"type\": {\"kind\": \"bitfield\", "
		  "\"bit_position\": 60, \"bit_length\": 5, \"type\": " INT_T
		  "}}}}", "a bit field outside its unit" },
		{ "{\"kind\": \"struct\", \"size\": 8, \"fields\": {\"a\": "
		  "{\"offset\": 0, \"type\": {\"kind\": \"pointer\", "
		  "\"subtype\": 7}}}}", "a type without a known kind" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ntr_symsrc *s;
		struct ntr_type t;
		char text[2048];
		uint64_t id;

		snprintf(text, sizeof(text), "{" META "," BASE ",\"user_types\":"
			 "{\"_B\": %s, \"_G\": {\"kind\": \"struct\", "
			 "\"size\": 8, \"fields\": {}}}}", bad[i].def);
		s = open_text(text);
		CHECK_EQ(ntr_symsrc_type_named(s, "_B", &id, &err), NTR_OK);
		CHECK_EQ(ntr_symsrc_type(s, id, &t, &err), NTR_BAD);
		CHECK_HAS(err.msg, bad[i].why);
		CHECK_HAS(err.msg, "t.json+0x");
		CHECK_HAS(err.msg, "_B: ");
		CHECK_EQ(ntr_symsrc_type_named(s, "_G", &id, &err), NTR_OK);
		CHECK_EQ(ntr_symsrc_type(s, id, &t, &err), NTR_OK);
		ntr_symsrc_close(s);
	}
}

/* JSON: the last value of a key; of whole sections the first. */
static void duplicates(void)
{
	struct ntr_symsrc *s = open_text("{" META "," BASE ",\"symbols\": {"
		"\"a\": {\"address\": 1}, \"a\": {\"address\": 5, "
		"\"address\": 2}}, \"symbols\": {\"a\": {\"address\": 3}}, "
		"\"user_types\": {\"_S\": {\"kind\": \"struct\", \"size\": 8, "
		"\"fields\": {}}, \"_S\": {\"kind\": \"union\", \"size\": 4, "
		"\"size\": 2, \"fields\": {}}}}");
	struct ntr_symbol y;
	unsigned n = 0;
	uint64_t id;

	CHECK_EQ(ntr_symsrc_type_named(s, "_S", &id, &err), NTR_OK);
	CHECK_EQ(type(s, id).kind, NTR_TY_UNION);
	CHECK_EQ(type(s, id).size, 2);
	CHECK_EQ(ntr_symsrc_named(s, "a", &y, &err), NTR_OK);
	CHECK_EQ(y.rva, 2);
	CHECK_EQ(ntr_symsrc_each_type(s, count_names, &n, &err), NTR_OK);
	CHECK_EQ(n, 1);
	ntr_symsrc_close(s);
}

static void strange_sections(void)
{
	struct ntr_symsrc *s = open_text("{" META ", \"symbols\": [{"
		"\"address\": 1}, {\"a\": {\"address\": 1}}], "
		"\"user_types\": 5, \"enums\": [[{}]], \"base_types\": null}");
	struct ntr_symbol y;
	uint64_t id;

	CHECK_EQ(ntr_symsrc_at(s, 100, &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "a", &y, &err), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_type_named(s, "_S", &id, &err), NTR_ABSENT);
	ntr_symsrc_close(s);
}

/* Symbols are whole in front of the damage: types are not. */
static void damage_behind_symbols(void)
{
	struct ntr_symsrc *s = open_text("{" META ", \"symbols\": {\"a\": "
		"{\"address\": 1}}, \"user_types\": {\"_S\": {\"kind\": "
		"\"struct\", \"size\": 8, \"fields\": {}}, \"_T\": {{");
	struct ntr_symbol y;
	uint64_t id;

	CHECK_EQ(ntr_symsrc_type_named(s, "_T", &id, &err), NTR_BAD);
	CHECK_HAS(err.msg, "t.json+0x");
	CHECK_HAS(err.msg, "JSON");
	CHECK_EQ(ntr_symsrc_at(s, 1, &y, &err), NTR_OK);
	CHECK_EQ(ntr_symsrc_type_named(s, "_S", &id, &err), NTR_OK);
	CHECK_EQ(type(s, id).size, 8);
	ntr_symsrc_close(s);
	s = open_text("{" META ", \"symbols\": {\"a\": {\"address\": 1}, \"b\"");
	CHECK_EQ(ntr_symsrc_at(s, 1, &y, &err), NTR_BAD);
	CHECK_HAS(err.msg, "JSON ends too early");
	ntr_symsrc_close(s);
}

/* text, then open repeated n times, then tail. */
static char *repeat(const char *text, const char *open, size_t n,
		    const char *tail)
{
	size_t a = strlen(text), b = strlen(open);
	char *p = malloc(a + b * n + strlen(tail) + 1);

	memcpy(p, text, a);
	for (size_t i = 0; i < n; i++)
		memcpy(p + a + b * i, open, b);
	strcpy(p + a + b * n, tail);
	return p;
}

static void depth_bombs(void)
{
	static const char *const open[] = { "[", "{\"a\":" };
	struct ntr_symsrc *s;
	uint64_t id;
	char *p;

	for (size_t i = 0; i < 2; i++) {
		p = repeat("{" META ", \"x\": ", open[i], 1000000, "1");
		s = open_text(p);
		CHECK_EQ(ntr_symsrc_type_named(s, "a", &id, &err), NTR_BAD);
		CHECK_HAS(err.msg, "nested deeper than 64");
		ntr_symsrc_close(s);
		free(p);
		p = repeat("{\"metadata\": ", open[i], 1000000, "1");
		CHECK_EQ(open_bytes(&s, p, strlen(p)), NTR_BAD);
		free(p);
	}
}

static void long_strings(void)
{
	char *p = repeat("{" META ", \"symbols\": {\"", "n", 3000000,
			 "\": {\"address\": 16}}}");
	struct ntr_symsrc *s = open_text(p);
	struct ntr_symbol y = { .name = "" };

	CHECK_EQ(ntr_symsrc_at(s, 16, &y, &err), NTR_OK);
	CHECK_EQ(strlen(y.name), 3000000);
	ntr_symsrc_close(s);
	free(p);
	p = repeat("{" META ", \"user_types\": {\"_S\": {\"kind\": \"", "n",
		   5000000, "\"}}}");
	s = open_text(p);
	CHECK_EQ(ntr_symsrc_type_named(s, "_S", &(uint64_t){ 0 }, &err),
		 NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, 3, &(struct ntr_type){ 0 }, &err), NTR_BAD);
	CHECK_HAS(err.msg, "at most 4194304 are read");
	ntr_symsrc_close(s);
	free(p);
}

static bool touch(void *ctx, const struct ntr_symbol *y)
{
	*(size_t *)ctx += strlen(y->name);
	return true;
}

static bool touch_type(void *ctx, const char *name, uint64_t id)
{
	struct all a = { .n = 0 };
	struct ntr_type t;

	(void)name;
	(void)!ntr_symsrc_members(ctx, id, keep, &a, NULL);
	for (size_t i = 0; i < a.n; i++)
		(void)!ntr_symsrc_type(ctx, a.m[i].type, &t, NULL);
	return true;
}

static void cut_anywhere(void)
{
	unsigned opened = 0;
	size_t meta = strlen("{" META);

	for (size_t n = 0; n < strlen(whole); n++) {
		struct ntr_symsrc *s;
		struct ntr_symbol y;
		char *p = malloc(n ? n : 1);
		size_t len = 0;
		enum ntr_st st;

		memcpy(p, whole, n);
		st = open_bytes(&s, p, n);
		free(p);
		CHECK_EQ(st, n < 11 ? NTR_UNSUP : n < meta ? NTR_BAD : NTR_OK);
		if (st)
			continue;
		opened++;
		(void)!ntr_symsrc_named(s, "a", &y, &err);
		(void)!ntr_symsrc_each(s, touch, &len, &err);
		/* without the last brace all sections are there */
		st = ntr_symsrc_each_type(s, touch_type, s, &err);
		CHECK_EQ(st, n + 1 < strlen(whole) ? NTR_BAD : NTR_OK);
		CHECK(st == NTR_OK || strstr(err.msg, "JSON"));
		ntr_symsrc_close(s);
	}
	CHECK(opened > 500);
}

int main(void)
{
	RUN(header);
	RUN(symbols);
	RUN(type_of_a_symbol);
	RUN(fields);
	RUN(enums_and_names);
	RUN(damaged_definitions);
	RUN(duplicates);
	RUN(strange_sections);
	RUN(damage_behind_symbols);
	RUN(depth_bombs);
	RUN(long_strings);
	RUN(cut_anywhere);
	return test_done();
}
