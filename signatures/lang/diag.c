// SPDX-License-Identifier: Apache-2.0
/* Mistakes: kept with the line they are in, shown with a caret. */
#include "lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *sig_alloc(struct sig_src *s, size_t n, size_t each)
{
	void *p = ntr_arena_array(&s->set->arena, n ? n : 1, each);

	s->lost |= !p;
	return p;
}

char *sig_strndup(struct sig_src *s, const char *text, size_t n)
{
	char *p = ntr_arena_strndup(&s->set->arena, text, n);

	s->lost |= !p;
	return p;
}

void *sig_keep(struct sig_src *s, void **v, size_t *n, size_t *cap, size_t each)
{
	void *p = sig_alloc(s, *n, each);

	if (p && *n)
		memcpy(p, *v, *n * each);
	ntr_vec_drop(v, n, cap);
	return p;
}

/* Characters before `off` in its line, plus 1; of a line that nobody reads,
 * bytes. */
static unsigned column(const struct sig_src *s, struct sig_loc at, u32 off)
{
	unsigned n = 1;

	if (off - at.bol > SIG_MAX_LINE)
		return off - at.bol + 1;
	for (u32 i = at.bol; i < off && i < s->len; i++)
		n += (s->text[i] & 0xc0) != 0x80;
	return n;
}

static const char *source_line(struct sig_src *s, struct sig_loc at)
{
	const char *line = s->text + at.bol;
	const char *nl = memchr(line, '\n', s->len - at.bol);
	size_t n = nl ? (size_t)(nl - line) : s->len - at.bol;
	const char *copy;

	if (n && line[n - 1] == '\r')
		n--;
	if (n > SIG_MAX_SOURCE)
		n = SIG_MAX_SOURCE;
	while (n && n == SIG_MAX_SOURCE && (line[n] & 0xc0) == 0x80)
		n--;
	copy = sig_strndup(s, line, n);
	return copy ? copy : "";
}

bool sig_given_up(const struct sig_src *s)
{
	return s->lost || s->errors >= SIG_MAX_DIAGS;
}

NTR_PRINTF(4, 0)
static void report(struct sig_src *s, struct sig_loc at,
		   enum sig_diag_level level, const char *fmt, va_list ap)
{
	char text[512];
	u32 end = at.off + at.len;
	struct sig_diag *d;

	if (sig_given_up(s))
		return;
	s->errors += level == SIG_DIAG_ERROR;
	if (s->errors == SIG_MAX_DIAGS)
		snprintf(text, sizeof(text), "too many mistakes: the rest of "
			 "this file was not read");
	else
		vsnprintf(text, sizeof(text), fmt, ap);
	d = s->d ? ntr_vec_add(s->d) : NULL;
	if (!d) {
		s->lost |= s->d != NULL;
		return;
	}
	s->d->errors += level == SIG_DIAG_ERROR;
	d->file = s->name;
	d->line = at.line;
	d->column = column(s, at, at.off);
	d->level = level;
	d->text = sig_strndup(s, text, strlen(text));
	d->text = d->text ? d->text : "memory was short";
	d->source = source_line(s, at);
	/* what goes over several lines is underlined on its first */
	for (u32 i = at.off; i < end && i < s->len; i++)
		if (s->text[i] == '\n')
			end = i;
	d->width = column(s, at, end) - d->column;
	if (!d->width)
		d->width = 1;
}

void sig_error(struct sig_src *s, struct sig_loc at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(s, at, SIG_DIAG_ERROR, fmt, ap);
	va_end(ap);
}

void sig_warn(struct sig_src *s, struct sig_loc at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(s, at, SIG_DIAG_WARNING, fmt, ap);
	va_end(ap);
}

void sig_diags_free(struct sig_diags *d)
{
	ntr_vec_fini(d);
	sig_set_free(d->priv);
	d->priv = NULL;
	d->errors = 0;
}

/* Blanks up to the caret; tabs stay tabs, so that it stands where it should. */
static bool caret(const struct sig_diag *d, struct ntr_str *out)
{
	const char *p = d->source;
	unsigned col = 1;

	ntr_str_add(out, "    | ");
	for (; *p && col < d->column; p++) {
		if ((*p & 0xc0) == 0x80)
			continue;
		ntr_str_addn(out, *p == '\t' ? "\t" : " ", 1);
		col++;
	}
	if (col < d->column)
		return false;
	ntr_str_add(out, "^");
	for (unsigned i = 1; i < d->width && i < SIG_MAX_SOURCE; i++)
		ntr_str_add(out, "~");
	ntr_str_add(out, "\n");
	return true;
}

void sig_diag_text(const struct sig_diag *d, struct ntr_str *out)
{
	struct ntr_str c = { 0 };

	ntr_str_printf(out, "%s:%u:%u: %s: %s\n", d->file, d->line, d->column,
		       d->level == SIG_DIAG_ERROR ? "error" : "warning", d->text);
	ntr_str_printf(out, "    | %s\n", d->source);
	if (caret(d, &c))
		ntr_str_add(out, ntr_str_text(&c));
	ntr_str_fini(&c);
}
