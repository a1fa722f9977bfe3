// SPDX-License-Identifier: Apache-2.0
#include "nearest.h"

#include "text.h"

#include <limits.h>
#include <string.h>

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned ntr_word_distance(const char *a, const char *b)
{
	/* Three rows of the table: the one before last is for swaps. */
	unsigned row[3][NTR_NEAREST_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NTR_NEAREST_MAX || lb > NTR_NEAREST_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *cur = row[i % 3], *up = row[(i + 2) % 3];
		const unsigned *up2 = row[(i + 1) % 3];

		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			char x = ntr_ascii_lower(a[i - 1]);
			char y = ntr_ascii_lower(b[j - 1]);

			cur[j] = min3(up[j] + 1, cur[j - 1] + 1,
				      up[j - 1] + (x != y));
			if (i > 1 && j > 1 &&
			    x == ntr_ascii_lower(b[j - 2]) &&
			    y == ntr_ascii_lower(a[i - 2]) &&
			    up2[j - 2] + 1 < cur[j])
				cur[j] = up2[j - 2] + 1;
		}
	}
	return row[la % 3][lb];
}

void ntr_nearest_try(const char *word, const char *name, const char **best)
{
	unsigned near = (unsigned)(strlen(word) / 3), d;

	d = ntr_word_distance(word, name);
	if (d > (near ? near : 1))
		return;
	if (!*best || d < ntr_word_distance(word, *best))
		*best = name;
}
