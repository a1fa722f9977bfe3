// SPDX-License-Identifier: Apache-2.0
#include "demangle.h"

#include "../fmt/dump.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the argument list of a demangled function begins: the last '(' on the
 * outermost level, not that of "operator()" or "(anonymous namespace)". */
static size_t args_at(const char *s)
{
	size_t n = strlen(s), at = n;
	int depth = 0;

	for (size_t i = n; i-- > 0;) {
		if (s[i] == ')')
			depth++;
		else if (s[i] == '(' && depth && !--depth) {
			at = i;
			break;
		}
	}
	if (at >= 8 && !strncmp(s + at - 8, "operator", 8))
		return n;
	return at == 0 || at == n ? n : at;
}

/* _Name@12, @Name@8, _name of x86. */
static void undecorate_x86(const char *name, char *out, size_t size)
{
	const char *at = strrchr(name, '@');
	size_t n = strlen(name);

	if (at && at != name && at[1] &&
	    strspn(at + 1, "0123456789") == strlen(at + 1))
		n = (size_t)(at - name);
	if ((name[0] == '_' || name[0] == '@') && n > 1) {
		name++;
		n--;
	}
	snprintf(out, size, "%.*s", (int)n, name);
}

void ntr_demangle(u32 machine, const char *name, char *out, size_t size)
{
	char *text = ntr_demangle_llvm(name, true);

	if (text) {
		size_t n = args_at(text);

		snprintf(out, size, "%.*s", (int)n, text);
		free(text);
	} else if (machine == NTR_MACHINE_X86 && name[0] != '?') {
		undecorate_x86(name, out, size);
	} else {
		snprintf(out, size, "%s", name);
	}
}
