// SPDX-License-Identifier: Apache-2.0
/* Expressions. Expected values were worked out by hand from WinDbg's rules. */
#include "../../kdtools/cmd/expr.h"

#include "test.h"

static const unsigned char bytes[] = { 0x10, 0x20, 0x00, 0x80, 0x05, 0x06,
				       0x07, 0xf8 };
static struct ntr_mem_space mem;

static bool reg(void *ctx, const char *name, u64 *v, bool *known)
{
	(void)ctx;
	*known = true;
	if (!strcmp(name, "rax"))
		*v = 0x1000;
	else if (!strcmp(name, "$ip"))
		*v = 0xfffff80000001234;
	else if (!strcmp(name, "rbx"))
		*known = false;
	else
		return false;
	return true;
}

static enum ntr_st symbol(void *ctx, const char *name, u64 *va,
			  struct ntr_err *e)
{
	(void)ctx;
	if (!strcmp(name, "nt!KeBugCheckEx") || !strcmp(name, "Foo::Bar"))
		*va = 0x80001000;
	else if (!strcmp(name, "nt"))
		*va = 0x80000000;
	else
		return ntr_fail(e, NTR_ABSENT, "no symbol %s", name);
	return NTR_OK;
}

static struct ntr_expr_env env(unsigned ptr)
{
	ntr_mem_space_init(&mem, 0x1000, bytes, sizeof(bytes));
	return (struct ntr_expr_env){ ptr, &mem.s, reg, symbol, NULL };
}

static u64 is(const char *text, unsigned ptr)
{
	struct ntr_expr_env v = env(ptr);
	struct ntr_expr_err e = { .e = { "" } };
	u64 out = 0xdeadbeef;

	if (ntr_expr_all(&v, text, &out, &e))
		TEST_FAIL("%s: %s at %zu", text, e.e.msg, e.at);
	return out;
}

static void numbers(void)
{
	CHECK_EQ(is("10", 8), 0x10);
	CHECK_EQ(is("0x10", 8), 0x10);
	CHECK_EQ(is("0n10", 8), 10);
	CHECK_EQ(is("0N10", 8), 10);
	CHECK_EQ(is("0t10", 8), 8);
	CHECK_EQ(is("0y101", 8), 5);
	CHECK_EQ(is("10h", 8), 0x10);
	CHECK_EQ(is("fffff804`7bdf5a80", 8), 0xfffff8047bdf5a80);
	CHECK_EQ(is("ffffffffffffffff", 8), UINT64_MAX);
	CHECK_EQ(is("0n18446744073709551615", 8), UINT64_MAX);
	CHECK_EQ(is("dead", 8), 0xdead);
	CHECK_EQ(is("b", 8), 0xb); /* not a binary prefix */
}

static void operators(void)
{
	CHECK_EQ(is("1+2*3", 8), 7);
	CHECK_EQ(is("(1+2)*3", 8), 9);
	CHECK_EQ(is("10 - 2 - 3", 8), 0xb);
	CHECK_EQ(is("64/8%5", 8), (0x64 / 8) % 5);
	CHECK_EQ(is("7 mod 4", 8), 3);
	CHECK_EQ(is("-1", 8), UINT64_MAX);
	CHECK_EQ(is("- - 5", 8), 5);
	CHECK_EQ(is("~0", 8), UINT64_MAX);
	CHECK_EQ(is("not 0", 8), 1);
	CHECK_EQ(is("not 7", 8), 0);
	CHECK_EQ(is("1<<8|1", 8), 0x101);
	CHECK_EQ(is("ff & 3c ^ 1", 8), 0x3d);
	CHECK_EQ(is("f0 and 30 or 1", 8), 0x31);
	CHECK_EQ(is("1 xor 3", 8), 2);
	CHECK_EQ(is("8000000000000000 >> 3f", 8), 1);
	CHECK_EQ(is("8000000000000000 >>> 3f", 8), UINT64_MAX);
	CHECK_EQ(is("1 << 40", 8), 0);
	CHECK_EQ(is("2 == 2", 8), 1);
	CHECK_EQ(is("2 = 3", 8), 0);
	CHECK_EQ(is("2 != 3", 8), 1);
	CHECK_EQ(is("1 < 2", 8), 1);
	CHECK_EQ(is("-1 > 1", 8), 1); /* unsigned */
	CHECK_EQ(is("2 <= 2", 8), 1);
	CHECK_EQ(is("1 >= 2", 8), 0);
	CHECK_EQ(is("hi(12345678)", 8), 0x1234);
	CHECK_EQ(is("low(12345678)", 8), 0x5678);
	CHECK_EQ(is("((((1))))", 8), 1);
}

static void memory_and_names(void)
{
	CHECK_EQ(is("by(1000)", 8), 0x10);
	CHECK_EQ(is("wo(1000)", 8), 0x2010);
	CHECK_EQ(is("dwo(1000)", 8), 0x80002010);
	CHECK_EQ(is("qwo(1000)", 8), 0xf807060580002010);
	CHECK_EQ(is("poi(1000)", 8), 0xf807060580002010);
	CHECK_EQ(is("poi(@rax)+1", 8), 0xf807060580002011);
	CHECK_EQ(is("by(rax)+wo(rax+2)", 8), 0x8010);
	CHECK_EQ(is("rax", 8), 0x1000);
	CHECK_EQ(is("@rax+@$ip", 8), 0xfffff80000002234);
	CHECK_EQ(is(".", 8), 0xfffff80000001234);
	CHECK_EQ(is("nt!KeBugCheckEx+12", 8), 0x80001012);
	CHECK_EQ(is("nt", 8), 0x80000000);
	CHECK_EQ(is("Foo::Bar", 8), 0x80001000);
	CHECK_EQ(is("@!\"nt!KeBugCheckEx\"", 8), 0x80001000);
}

static void sign_extension(void)
{
	CHECK_EQ(is("80000000", 4), 0xffffffff80000000);
	CHECK_EQ(is("80000000`", 4), 0x80000000);
	CHECK_EQ(is("7fffffff", 4), 0x7fffffff);
	CHECK_EQ(is("nt", 4), 0xffffffff80000000);
	CHECK_EQ(is("poi(1000)", 4), 0xffffffff80002010);
	CHECK_EQ(is("dwo(1000)", 4), 0x80002010);
	CHECK_EQ(is("80000000 == nt", 4), 1);
	CHECK_EQ(is("80000000", 8), 0x80000000);
}

static void bad(const char *text, size_t at, const char *why)
{
	struct ntr_expr_env v = env(8);
	struct ntr_expr_err e = { .e = { "" } };
	u64 out = 0x55;

	CHECK(ntr_expr_all(&v, text, &out, &e) != NTR_OK);
	CHECK_EQ(out, 0x55);
	if (e.at != at)
		TEST_FAIL("%s: at %zu, want %zu", text, e.at, at);
	CHECK_HAS(e.e.msg, why);
	CHECK(ntr_expr_all(&v, text, &out, NULL) != NTR_OK);
}

static void mistakes(void)
{
	bad("", 0, "missing");
	bad("1+", 2, "missing");
	bad("1 2", 2, "operator");
	bad("(1+2", 0, "not closed");
	bad("1)", 1, "operator");
	bad("1/0", 1, "zero");
	bad("5 + nosuch", 4, "nosuch");
	bad("1 + rbx", 4, "not known");
	bad("@zax", 0, "no register");
	bad("poi(0)", 0, "cannot be read");
	bad("10000000000000000", 0, "64 bits");
	bad("0n18446744073709551616", 0, "64 bits");
	bad("1 + * 2", 4, "expected");
}

static void deep(void)
{
	char text[1024];
	struct ntr_expr_env v = env(8);
	u64 out;

	memset(text, '(', 500);
	text[500] = 0;
	CHECK_EQ(ntr_expr_all(&v, text, &out, NULL), NTR_LIMIT);
	memset(text, '-', 500);
	CHECK_EQ(ntr_expr_all(&v, text, &out, NULL), NTR_LIMIT);
	memset(text, '(', 60);
	text[60] = '1';
	memset(text + 61, ')', 60);
	text[121] = 0;
	CHECK_EQ(is(text, 8), 1);
}

/* Every beginning of an expression, in a block of its own. */
static void truncations(void)
{
	static const char whole[] = "poi(@rax+0n12)*(nt!KeBugCheckEx>>>0y11)";
	struct ntr_expr_env v = env(8);

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *part = malloc(n + 1);
		struct ntr_expr_err e;
		u64 out;

		memcpy(part, whole, n);
		part[n] = 0;
		(void)!ntr_expr_all(&v, part, &out, &e);
		free(part);
		CHECK(1);
	}
}

static struct ntr_expr_range range(const char *text, unsigned unit, u64 max,
				   enum ntr_st want)
{
	struct ntr_expr_env v = env(8);
	struct ntr_expr_range r = { .addr = 0x77 };
	struct ntr_expr_err e = { .e = { "" } };
	const char *s = text;
	enum ntr_st st = ntr_expr_range(&v, &s, unit, 0x80, max, &r, &e);

	if (st != want)
		TEST_FAIL("%s: status %d: %s", text, st, e.e.msg);
	test_.checks++;
	return r;
}

static void ranges(void)
{
	struct ntr_expr_range r = range("", 1, 100, NTR_OK);

	CHECK_EQ(r.addr, 0x77);
	CHECK_EQ(r.count, 0x80);
	CHECK(!r.has_addr);
	r = range("rax L10", 1, 100, NTR_OK);
	CHECK_EQ(r.addr, 0x1000);
	CHECK_EQ(r.count, 0x10);
	r = range("rax l 4", 1, 100, NTR_OK);
	CHECK_EQ(r.count, 4);
	r = range("rax L?1000", 4, 100, NTR_OK);
	CHECK_EQ(r.count, 0x1000);
	(void)range("rax L1000", 4, 100, NTR_LIMIT);
	r = range("2000 L-8", 4, 100, NTR_OK);
	CHECK_EQ(r.addr, 0x1fe0);
	CHECK_EQ(r.count, 8);
	r = range("2000 200f", 4, 100, NTR_OK);
	CHECK_EQ(r.count, 4);
	(void)range("2000 1fff", 4, 100, NTR_USAGE);
	r = range("2000 L(8*2)", 4, 100, NTR_OK);
	CHECK_EQ(r.count, 0x10);
	r = range("L4", 4, 100, NTR_OK);
	CHECK(!r.has_addr);
	CHECK_EQ(r.count, 4);
}

int main(void)
{
	RUN(numbers);
	RUN(operators);
	RUN(memory_and_names);
	RUN(sign_extension);
	RUN(mistakes);
	RUN(deep);
	RUN(truncations);
	RUN(ranges);
	return test_done();
}
