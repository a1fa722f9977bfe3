// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include "base/nearest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void words_add(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	snprintf(list + n, size - n, "%s%s", n ? " " : "", word);
}

int words_find(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (int i = 0; *list; i++) {
		size_t k = strcspn(list, " ");

		if (k == n && !strncmp(list, word, n))
			return i;
		list += k + (list[k] == ' ');
	}
	return -1;
}

/* The nearest one, in buf; false: none is near. */
static bool nearest(const char *list, const char *word, char *buf, size_t size)
{
	const char *best;
	char one[NTR_NEAREST_MAX + 1];

	buf[0] = 0;
	while (*list && word[0] && word[1]) { /* of one letter all are near */
		size_t k = strcspn(list, " ");

		snprintf(one, sizeof(one), "%.*s", (int)k, list);
		best = buf[0] ? buf : NULL;
		ntr_nearest_try(word, one, &best);
		if (best == one)
			snprintf(buf, size, "%s", one);
		list += k + (list[k] == ' ');
	}
	return buf[0];
}

void words_unknown(char *to, size_t size, const char *what, const char *list,
		   const char *word)
{
	char best[NTR_NEAREST_MAX + 1];

	if (nearest(list, word, best, sizeof(best)))
		snprintf(to, size, "there is no %s \"%.60s\"; did you mean "
			 "\"%s\"?", what, word, best);
	else
		snprintf(to, size, "there is no %s \"%.60s\"; there is: %s",
			 what, word, *list ? list : "none");
}

bool words_number(const char *s, u64 *v)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*v = strtoull(s, &end, s[0] == '0' && s[1] == 'x' ? 16 : 10);
	return !*end && !errno;
}

bool words_real(const char *s, double *v)
{
	char *end;

	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	*v = strtod(s, &end);
	return end != s && !*end && isfinite(*v);
}

int words_line(FILE *f, char *to, size_t size, char *why, size_t why_size)
{
	size_t n;

	if (!fgets(to, (int)size, f)) {
		snprintf(why, why_size, "%s", strerror(errno));
		return ferror(f) ? -1 : 0;
	}
	n = strlen(to);
	if (n + 1 == size && to[n - 1] != '\n') {
		snprintf(why, why_size, "a line has at most %zu characters",
			 size - 2);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)to[i] < 0x20 && !strchr("\t\r\n", to[i])) ||
		    to[i] == 0x7f)
			n = 0;
	if (!n || (to[n - 1] != '\n' && !feof(f))) {
		snprintf(why, why_size, "this is no text");
		return -1;
	}
	to[strcspn(to, "\r\n")] = 0;
	return 1;
}

bool words_address(const char *s, int family, bool prefix)
{
	size_t n = strcspn(s, "/");
	char text[INET6_ADDRSTRLEN];
	u8 b[16];
	u64 bits;

	if (n >= sizeof(text) || (s[n] == '/') != prefix)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)n, s);
	if (prefix && (!words_number(s + n + 1, &bits) ||
		       bits > (family == 6 ? 128 : 32)))
		return false;
	return inet_pton(family == 6 ? AF_INET6 : AF_INET, text, b) == 1;
}
