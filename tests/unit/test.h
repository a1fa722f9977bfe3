// SPDX-License-Identifier: Apache-2.0
/*
 * The test harness: a test is a function; main() runs them and returns
 * test_done().
 *
 *	static void reads_header(void) { CHECK_EQ(m.build, 1381); … }
 *	int main(void) { RUN(reads_header); return test_done(); }
 *
 * Each test prints "pass NAME", "fail NAME: …" or "skip NAME: why".  A test
 * that checked nothing fails.
 */
#ifndef NTR_TEST_H
#define NTR_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *name;
	unsigned checks, bad, failed;
	char skip[200];
} test_;

/* Threads may check; it orders nothing between them. Its value is the old one. */
static inline unsigned test_count_(unsigned *n)
{
	return __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

#define TEST_FAIL(...)                                                        \
	do {                                                                  \
		if (!test_count_(&test_.bad)) {                               \
			printf("fail %s: %s:%d: ", test_.name, __FILE__,      \
			       __LINE__);                                     \
			printf(__VA_ARGS__);                                  \
			printf("\n");                                         \
		}                                                             \
	} while (0)

#define CHECK(cond)                                  \
	do {                                         \
		test_count_(&test_.checks);          \
		if (!(cond))                         \
			TEST_FAIL("not so: %s", #cond); \
	} while (0)

#define CHECK_EQ(got, want)                                                   \
	do {                                                                  \
		uint64_t g_ = (uint64_t)(got), w_ = (uint64_t)(want);         \
		test_count_(&test_.checks);                                   \
		if (g_ != w_)                                                 \
			TEST_FAIL("%s is 0x%" PRIx64 ", want 0x%" PRIx64,     \
				  #got, g_, w_);                              \
	} while (0)

#define CHECK_STR(got, want)                                                  \
	do {                                                                  \
		const char *g_ = (got), *w_ = (want);                         \
		test_count_(&test_.checks);                                   \
		if (!g_ || strcmp(g_, w_))                                    \
			TEST_FAIL("%s is \"%s\", want \"%s\"", #got,          \
				  g_ ? g_ : "(null)", w_);                    \
	} while (0)

/* got contains the text want */
#define CHECK_HAS(got, want)                                                  \
	do {                                                                  \
		const char *g_ = (got), *w_ = (want);                         \
		test_count_(&test_.checks);                                   \
		if (!g_ || !strstr(g_, w_))                                   \
			TEST_FAIL("%s is \"%s\", want \"…%s…\"", #got,        \
				  g_ ? g_ : "(null)", w_);                    \
	} while (0)

#define SKIP(...)                                                     \
	do {                                                          \
		snprintf(test_.skip, sizeof(test_.skip), __VA_ARGS__); \
		return;                                               \
	} while (0)

static inline void test_run_(const char *name, void (*fn)(void))
{
	test_.name = name;
	test_.checks = test_.bad = 0;
	test_.skip[0] = 0;
	fn();
	if (test_.bad)
		test_.failed++;
	else if (test_.skip[0])
		printf("skip %s: %s\n", name, test_.skip);
	else if (!test_.checks) {
		test_.failed++;
		printf("fail %s: checked nothing\n", name);
	} else
		printf("pass %s\n", name);
	fflush(stdout);
}
#define RUN(fn) test_run_(#fn, fn)

static inline int test_done(void)
{
	return test_.failed ? 1 : 0;
}

/* The corpus of real dumps, or NULL: the test is then skipped. */
static inline const char *test_corpus(const char *rel, char *buf, size_t size)
{
	const char *dir = getenv("NTR_CORPUS");
	FILE *f;

	snprintf(buf, size, "%s/%s", dir ? dir : "../shared/corpus", rel);
	f = fopen(buf, "rb");
	if (!f)
		return NULL;
	fclose(f);
	return buf;
}

/* Little-endian stores for fixtures: literal offsets, no shared layouts. */
static inline void put16(uint8_t *p, size_t off, uint16_t v)
{
	p[off] = (uint8_t)v;
	p[off + 1] = (uint8_t)(v >> 8);
}
static inline void put32(uint8_t *p, size_t off, uint32_t v)
{
	put16(p, off, (uint16_t)v);
	put16(p, off + 2, (uint16_t)(v >> 16));
}
static inline void put64(uint8_t *p, size_t off, uint64_t v)
{
	put32(p, off, (uint32_t)v);
	put32(p, off + 4, (uint32_t)(v >> 32));
}

#endif
