// SPDX-License-Identifier: Apache-2.0
/*
 * HTML, written element by element:
 *
 *	html_el(h, "p");  html_attr(h, "class", "note");
 *	html_text(h, d->path);
 *	html_end(h);
 *
 * Invariants: names of elements and attributes are the program's own; every
 * text and every attribute's value is escaped here and nowhere else, so that
 * nothing of a dump can become markup.  Control characters become their
 * pictures, what turns the direction of text or is not seen becomes U+FFFD,
 * as does what is not UTF-8.  What was opened is closed, innermost first.
 * There is no text in scripts and styles but html_code()'s, which takes the
 * program's own.
 */
#ifndef NTR_REPORT_HTML_H
#define NTR_REPORT_HTML_H

#include "../cli/out.h"

#define HTML_DEPTH 40u

struct html {
	struct ntr_out *o;  /* borrowed */
	const char *open[HTML_DEPTH];
	unsigned depth, too_deep;
	bool in_tag;        /* attributes may follow */
};

void html_el(struct html *h, const char *name);
void html_attr(struct html *h, const char *name, const char *value);
void html_attrf(struct html *h, const char *name, const char *fmt, ...)
	NTR_PRINTF(3, 4);
void html_end(struct html *h);

void html_text(struct html *h, const char *s); /* NULL: nothing */
void html_textn(struct html *h, const char *s, size_t n);
void html_textf(struct html *h, const char *fmt, ...) NTR_PRINTF(2, 3);
/* The program's own style or script. */
void html_code(struct html *h, const char *s);

/* Opens an element of a class (NULL: none); html_end() is the caller's. */
void html_box(struct html *h, const char *name, const char *cls);
/* A whole element with text in it. */
void html_leaf(struct html *h, const char *name, const char *cls,
	       const char *text);
void html_leaff(struct html *h, const char *name, const char *cls,
		const char *fmt, ...) NTR_PRINTF(4, 5);

/* s as it may be shown, without escapes of HTML: for Markdown, too. */
void text_clean(struct ntr_str *out, const char *s, size_t n);

/* What is buffered is handed on when it is much; false: it cannot be. */
bool html_flush(struct html *h);

#endif
