// SPDX-License-Identifier: Apache-2.0
#include "format.h"

#include <string.h>

#define SCAN_FORMAT(n) extern const struct scan_format scan_format_##n;
#include "format_list.h"
#undef SCAN_FORMAT

static const struct scan_format *const formats[] = {
#define SCAN_FORMAT(n) &scan_format_##n,
#include "format_list.h"
#undef SCAN_FORMAT
};

const struct scan_format *scan_format_at(size_t i)
{
	return i < NTR_COUNT(formats) ? formats[i] : NULL;
}

const struct scan_format *scan_format_named(const char *name)
{
	for (size_t i = 0; i < NTR_COUNT(formats); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}
