// SPDX-License-Identifier: Apache-2.0
/*
 * What other tools say of a file, as sorted lists of lines in one spelling,
 * and the same lists made from a symbol source; equal lists are the test.
 * To compare another thing, write it as lines on both sides.
 */
#ifndef NTR_TESTS_DWARF_TRUTH_H
#define NTR_TESTS_DWARF_TRUTH_H

#include "base/vec.h"
#include "sym/source.h"
#include "test.h"

#include <stdarg.h>

struct lines {
	NTR_VEC(char *);
};

static inline void say(struct lines *l, const char *fmt, ...)
{
	char *s = NULL, **p;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	p = ntr_vec_add(l);
	if (!p)
		abort();
	*p = s;
}

static inline void forget(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	ntr_vec_fini(l);
}

static inline int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void sort_lines(struct lines *l, bool unique)
{
	size_t n = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), line_cmp);
	for (size_t i = 0; i < l->n; i++) {
		if (unique && n && !strcmp(l->v[n - 1], l->v[i]))
			free(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

/* Both sorted. Differences are failures, the first one is shown. */
static inline void same_lines(const char *what, struct lines *got,
			      struct lines *want, bool unique)
{
	size_t i = 0, k = 0;

	sort_lines(got, unique);
	sort_lines(want, unique);
	test_.checks += (unsigned)want->n;
	if (!want->n)
		TEST_FAIL("%s: the tool said nothing", what);
	while (i < got->n || k < want->n) {
		int d = i == got->n  ? 1 :
			k == want->n ? -1 :
				       strcmp(got->v[i], want->v[k]);

		if (d < 0)
			TEST_FAIL("%s: \"%s\" is ours alone", what, got->v[i]);
		if (d > 0)
			TEST_FAIL("%s: \"%s\" is missing", what, want->v[k]);
		i += d <= 0;
		k += d >= 0;
	}
	forget(got);
	forget(want);
}

/* The lines a command prints; false when it cannot be run. */
typedef void line_fn(void *ctx, char *line);
static inline bool run_lines(line_fn *fn, void *ctx, const char *fmt, ...)
{
	char cmd[2048], *line = NULL;
	size_t cap = 0;
	va_list ap;
	ssize_t n;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	f = popen(cmd, "r");
	if (!f)
		return false;
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		fn(ctx, line);
	}
	free(line);
	return pclose(f) == 0;
}

static inline bool have(const char *tool)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", tool);
	return system(cmd) == 0;
}

#endif
