// SPDX-License-Identifier: Apache-2.0
#include "columns.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PARTS 4
#define PART_DIGITS 10

bool column_version_key(char out[COLUMN_VERSION_KEY], const char *version)
{
	size_t at = 0;

	if (!version || *version < '0' || *version > '9')
		return false;
	for (unsigned i = 0; i < PARTS; i++) {
		size_t n = strspn(version, "0123456789");

		while (n > PART_DIGITS && *version == '0') {
			version++;
			n--;
		}
		if (!n || n > PART_DIGITS)
			break;
		if (i)
			out[at++] = '.';
		memset(out + at, '0', PART_DIGITS - n);
		memcpy(out + at + PART_DIGITS - n, version, n);
		at += PART_DIGITS;
		version += n;
		if (version[0] != '.')
			break;
		version++;
	}
	out[at] = 0;
	return at > 0;
}

/* The last word of s[0..*n); *n becomes what is before its blank. */
static const char *last_word(const char *s, size_t *n, size_t *len)
{
	size_t i = *n;

	while (i && s[i - 1] != ' ')
		i--;
	*len = 0;
	if (!i)
		return s;
	*len = *n - i;
	*n = i - 1;
	return s + i;
}

bool column_module_next(const char **s, struct column_module *m)
{
	size_t n;

	*s += strspn(*s, "\n");
	if (!**s)
		return false;
	n = strcspn(*s, "\n");
	m->name = *s;
	*s += n;
	m->version = last_word(m->name, &n, &m->version_len);
	m->date = last_word(m->name, &n, &m->date_len);
	m->name_len = n;
	if (m->version_len == 1 && *m->version == '?')
		m->version_len = 0;
	if (m->date_len == 1 && *m->date == '?')
		m->date_len = 0;
	return true;
}

void column_fold(struct ntr_str *out, const char *s, size_t n)
{
	char few[256];

	while (n) {
		size_t k = n < sizeof(few) ? n : sizeof(few);

		for (size_t i = 0; i < k; i++)
			few[i] = ntr_ascii_lower(s[i]);
		ntr_str_addn(out, few, k);
		s += k;
		n -= k;
	}
}

void column_module_names(struct ntr_str *out, const char *modules)
{
	struct column_module m;

	if (!modules)
		return;
	ntr_str_add(out, "\n");
	while (column_module_next(&modules, &m)) {
		column_fold(out, m.name, m.name_len);
		ntr_str_add(out, "\n");
	}
}
