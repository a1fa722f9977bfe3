// SPDX-License-Identifier: Apache-2.0
#include "html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES ((size_t)64 << 10)

/* Lines end behind these, so that two reports can be compared. */
static const char *const blocks[] = {
	"article", "dd", "details", "div", "dl", "footer", "form", "g", "h1",
	"h2", "h3", "h4", "head", "header", "li", "link", "main", "meta", "nav",
	"ol", "p", "script", "section", "style", "summary", "svg", "table",
	"tbody", "thead", "title", "tr", "ul",
};
static const char *const empty[] = { "br", "input", "meta" };

static bool one_of(const char *const *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i], name))
			return true;
	return false;
}

/* --- text ------------------------------------------------------------------------- */

/* Not seen, or turns what follows: a name must look like what it is. */
static bool treacherous(u32 c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c ||
	       c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0 ||
	       (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
	       (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static void picture(struct ntr_str *out, u32 c)
{
	u8 p[3] = { 0xe2, 0x90, (u8)(0x80 + (c == 0x7f ? 0x21 : c)) };

	ntr_str_addn(out, (const char *)p, sizeof(p));
}

/* The next character at *s as it may be shown; true: it is the n bytes there. */
static bool next_clean(struct ntr_str *out, const char **s)
{
	u32 c = ntr_utf8_next(s);

	if (c < 0x20 || c == 0x7f)
		picture(out, c);
	else if (c == 0xfffd || treacherous(c))
		ntr_str_add(out, "\xef\xbf\xbd");
	else
		return true;
	return false;
}

static const char *entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

static void clean(struct ntr_str *out, const char *s, size_t n, bool escape)
{
	const char *end = s + n;

	while (s < end && *s) {
		const char *from = s;
		const char *as = escape ? entity(*s) : NULL;

		if (as) {
			ntr_str_add(out, as);
			s++;
		} else if (next_clean(out, &s)) {
			/* A character that n cuts is cut. */
			ntr_str_addn(out, s > end ? "?" : from,
				     s > end ? 1 : (size_t)(s - from));
		}
	}
}

void text_clean(struct ntr_str *out, const char *s, size_t n)
{
	clean(out, s, n, false);
}

/* --- markup ------------------------------------------------------------------------ */

static void close_tag(struct html *h)
{
	if (!h->in_tag)
		return;
	h->in_tag = false;
	ntr_str_addn(&h->o->buf, ">", 1);
}

void html_el(struct html *h, const char *name)
{
	close_tag(h);
	if (h->depth == HTML_DEPTH) {
		h->too_deep++;
		return;
	}
	h->open[h->depth++] = name;
	ntr_str_addn(&h->o->buf, "<", 1);
	ntr_str_add(&h->o->buf, name);
	h->in_tag = true;
}

void html_attr(struct html *h, const char *name, const char *value)
{
	if (!h->in_tag || h->too_deep)
		return;
	ntr_str_addn(&h->o->buf, " ", 1);
	ntr_str_add(&h->o->buf, name);
	if (!value)
		return;
	ntr_str_add(&h->o->buf, "=\"");
	clean(&h->o->buf, value, strlen(value), true);
	ntr_str_addn(&h->o->buf, "\"", 1);
}

void html_attrf(struct html *h, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	html_attr(h, name, text);
}

void html_end(struct html *h)
{
	const char *name;

	if (h->too_deep) {
		h->too_deep--;
		return;
	}
	close_tag(h);
	if (!h->depth)
		return;
	name = h->open[--h->depth];
	if (!one_of(empty, NTR_COUNT(empty), name)) {
		ntr_str_add(&h->o->buf, "</");
		ntr_str_add(&h->o->buf, name);
		ntr_str_addn(&h->o->buf, ">", 1);
	}
	if (one_of(blocks, NTR_COUNT(blocks), name))
		ntr_str_addn(&h->o->buf, "\n", 1);
}

void html_textn(struct html *h, const char *s, size_t n)
{
	close_tag(h);
	clean(&h->o->buf, s, n, true);
}

void html_text(struct html *h, const char *s)
{
	if (s)
		html_textn(h, s, strlen(s));
}

static void vtext(struct html *h, const char *fmt, va_list ap)
	NTR_PRINTF(2, 0);
static void vtext(struct html *h, const char *fmt, va_list ap)
{
	char small[256], *s = small;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n >= (int)sizeof(small) && vasprintf(&s, fmt, again) < 0)
		s = small;
	va_end(again);
	html_text(h, s);
	if (s != small)
		free(s);
}

void html_textf(struct html *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtext(h, fmt, ap);
	va_end(ap);
}

void html_code(struct html *h, const char *s)
{
	close_tag(h);
	ntr_str_add(&h->o->buf, s);
}

void html_box(struct html *h, const char *name, const char *cls)
{
	html_el(h, name);
	if (cls)
		html_attr(h, "class", cls);
}

void html_leaf(struct html *h, const char *name, const char *cls,
	       const char *text)
{
	html_box(h, name, cls);
	html_text(h, text);
	html_end(h);
}

void html_leaff(struct html *h, const char *name, const char *cls,
		const char *fmt, ...)
{
	va_list ap;

	html_box(h, name, cls);
	va_start(ap, fmt);
	vtext(h, fmt, ap);
	va_end(ap);
	html_end(h);
}

bool html_flush(struct html *h)
{
	return h->o->buf.len < FLUSH_BYTES || ntr_out_flush(h->o);
}
