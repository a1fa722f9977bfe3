// SPDX-License-Identifier: Apache-2.0
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ntr_st_text(enum ntr_st st)
{
	static const char *const text[] = {
#define NTR_STATUS_TEXT(name, text) text,
		NTR_STATUS_LIST(NTR_STATUS_TEXT)
#undef NTR_STATUS_TEXT
	};
	if ((size_t)st >= NTR_COUNT(text))
		return "unknown status";
	return text[st];
}

void ntr_err_set(struct ntr_err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
}

/* Append ": inner", cut to what fits. */
static void err_tail(char *out, size_t room, const char *inner)
{
	size_t len = strlen(inner);

	if (room < 4)
		return;
	if (len > room - 3)
		len = room - 3;
	memcpy(out, ": ", 2);
	memcpy(out + 2, inner, len);
	out[2 + len] = 0;
}

void ntr_err_wrap(struct ntr_err *e, enum ntr_st st, const char *fmt, ...)
{
	char inner[sizeof(e->msg)];
	va_list ap;
	int n;

	if (!e)
		return;
	snprintf(inner, sizeof(inner), "%s",
		 e->msg[0] ? e->msg : ntr_st_text(st));
	va_start(ap, fmt);
	n = vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(e->msg))
		return;
	err_tail(e->msg + n, sizeof(e->msg) - (size_t)n, inner);
}
