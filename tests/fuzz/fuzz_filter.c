// SPDX-License-Identifier: Apache-2.0
/* The filter language: what parses is a statement that the database takes, and
 * its answer on two rows is the one in memory; what does not has a caret that
 * is inside the text. */
#include "../../kdtools/store/filter.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1790000000)

static const struct results_signature sig[] = {
	{ "Q1", "t", "stop", "critical", "fires", 90, NULL },
	{ "Q2", "t", "hang", "low", "unknown", 0, NULL },
};
static const struct results_dump rows[] = {
	{ .path = "a/b", .size = 65536, .judged_at = NOW - 5, .code = 0x7f,
	  .has_code = true, .arg = { 8, 1, UINT64_MAX, 0 }, .os = "6.1.7601",
	  .machine = "x86", .bucket = "0x7f", .blame = "tcpip.sys",
	  .crash_time = 900000000, .process = "System",
	  .modules = "\ntcpip.sys 1999-02-04 ?\n", .frames = "\nnt!A\nnt!B\n",
	  .sig = sig, .nsig = 2 },
	{ .path = "c", .outcome = RESULTS_TIMEOUT },
};

/* One store for all runs: the rows stay the same. */
static struct results *store(void)
{
	static struct results *r;

	if (r)
		return r;
	if (results_open(&r, ":memory:", false, NULL) ||
	    results_put(r, 0, &rows[0], NULL) ||
	    results_put(r, 0, &rows[1], NULL) || results_commit(r, NULL))
		abort();
	return r;
}

static bool seen(void *ctx, const struct results_dump *d)
{
	*(unsigned *)ctx |= d->path[0] == 'a' ? 1u : 2u;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct results_query q = { .limit = 0 };
	struct results_filter *f = NULL;
	struct results_filter_err e = { .at = 0 };
	struct ntr_str out = { .s = NULL };
	struct ntr_err why;
	unsigned got = 0, want;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (results_filter_new(&f, text, NOW, &e)) {
		if (!e.e.msg[0] || e.at > strlen(text))
			abort();
		results_filter_caret(&out, text, &e);
		ntr_str_fini(&out);
		free(text);
		return 0;
	}
	want = (results_filter_pass(f, &rows[0]) ? 1u : 0) |
	       (results_filter_pass(f, &rows[1]) ? 2u : 0);
	q.filter = f;
	if (results_each(store(), &q, seen, &got, &why))
		abort();
	/* Notes and row numbers are only in the store. */
	if (got != want && !strstr(text, "note") && !strstr(text, "id"))
		abort();
	results_filter_free(f);
	free(text);
	return 0;
}
