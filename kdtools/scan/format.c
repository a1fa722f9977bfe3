// SPDX-License-Identifier: Apache-2.0
#include "format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

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

bool scan_time_text(char out[32], s64 t)
{
	time_t v = (time_t)t;
	struct tm tm;

	if (t <= 0 || !gmtime_r(&v, &tm))
		return false;
	return strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}
