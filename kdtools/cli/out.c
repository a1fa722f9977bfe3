// SPDX-License-Identifier: Apache-2.0
#include "out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL_WIDTH 16

void ntr_out_init(struct ntr_out *o, int fd, bool json, bool pretty,
		  bool color)
{
	*o = (struct ntr_out){ .fd = fd, .json = json, .color = color };
	ntr_json_init(&o->j, &o->buf, pretty);
}

void ntr_out_fini(struct ntr_out *o)
{
	ntr_str_fini(&o->buf);
}

bool ntr_out_flush(struct ntr_out *o)
{
	const char *p = ntr_str_text(&o->buf);
	size_t left = o->buf.len;

	if (o->buf.lost)
		o->failed = true;
	while (left && !o->failed) {
		ssize_t n = write(o->fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			o->failed = true;
			break;
		}
		p += n;
		left -= (size_t)n;
	}
	ntr_str_clear(&o->buf);
	return !o->failed;
}

/* ASCII only: one '?' for each other character. */
static void add_clean(struct ntr_out *o, const char *s)
{
	while (*s) {
		const char *from = s;

		while (((u8)*s >= 0x20 && (u8)*s < 0x7f) || *s == '\n')
			s++;
		ntr_str_addn(&o->buf, from, (size_t)(s - from));
		if (*s) {
			(void)ntr_utf8_next(&s);
			ntr_str_addn(&o->buf, "?", 1);
		}
	}
}

NTR_PRINTF(2, 0)
static void add_va(struct ntr_out *o, const char *fmt, va_list ap)
{
	char few[256], *many = NULL;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(few, sizeof(few), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(few))
		add_clean(o, few);
	else if (vasprintf(&many, fmt, again) >= 0) {
		add_clean(o, many);
		free(many);
	} else {
		o->failed = true;
	}
	va_end(again);
}

void ntr_out_print(struct ntr_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	add_va(o, fmt, ap);
	va_end(ap);
}

void ntr_out_line(struct ntr_out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	add_va(o, fmt, ap);
	va_end(ap);
	ntr_str_addn(&o->buf, "\n", 1);
}

void ntr_out_styled(struct ntr_out *o, enum ntr_style style, const char *fmt,
		    ...)
{
	static const char *const code[] = {
		[NTR_PLAIN] = "",
		[NTR_TITLE] = "\033[1m",
		[NTR_ALARM] = "\033[1;31m",
		[NTR_DIM] = "\033[2m",
		[NTR_GOOD] = "\033[32m",
	};
	va_list ap;

	if (o->json)
		return;
	if (o->color)
		ntr_str_add(&o->buf, code[style]);
	va_start(ap, fmt);
	add_va(o, fmt, ap);
	va_end(ap);
	if (o->color && style != NTR_PLAIN)
		ntr_str_add(&o->buf, "\033[0m");
}

/* Length of the piece of s to put on a line of `room` columns. */
static size_t break_at(const char *s, size_t room)
{
	size_t len = strcspn(s, "\n"), at = room;

	if (len <= room)
		return len;
	while (at && s[at] != ' ')
		at--;
	return at ? at : room;
}

void ntr_out_para(struct ntr_out *o, const char *first, const char *fmt, ...)
{
	size_t indent = strlen(first);
	const char *s;
	char *text = NULL;
	va_list ap;
	int n;

	if (o->json)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		o->failed = true;
		return;
	}
	s = text;
	ntr_out_print(o, "%s", first);
	for (;;) {
		size_t len = break_at(s, NTR_OUT_COLUMNS - indent);

		ntr_out_line(o, "%.*s", (int)len, s);
		s += len;
		s += *s == ' ' || *s == '\n';
		if (!*s)
			break;
		ntr_out_print(o, "%*s", (int)indent, "");
	}
	free(text);
}

void ntr_out_open(struct ntr_out *o, const char *key)
{
	if (o->json)
		ntr_json_object(&o->j, key);
}

/* The outermost value ends its line. */
static void closed(struct ntr_out *o)
{
	if (!o->j.depth)
		ntr_str_addn(&o->buf, "\n", 1);
}

void ntr_out_close(struct ntr_out *o)
{
	if (!o->json)
		return;
	ntr_json_object_end(&o->j);
	closed(o);
}

void ntr_out_list(struct ntr_out *o, const char *key)
{
	if (o->json)
		ntr_json_array(&o->j, key);
}

void ntr_out_list_end(struct ntr_out *o)
{
	if (!o->json)
		return;
	ntr_json_array_end(&o->j);
	closed(o);
}

/* A cell of a text table, and what parts it from the one before. */
static void cell(struct ntr_out *o, const char *v)
{
	if (o->col >= o->ncols)
		return;
	ntr_out_print(o, "%s%*s", o->col ? "  " : "", o->cols[o->col].width,
		      v);
	o->col++;
}

/* Blanks at the end of a line help nobody. */
static void end_line(struct ntr_out *o)
{
	while (o->buf.len && o->buf.s[o->buf.len - 1] == ' ')
		o->buf.s[--o->buf.len] = 0;
	ntr_str_addn(&o->buf, "\n", 1);
}

void ntr_out_table(struct ntr_out *o, const char *key,
		   const struct ntr_col *cols, size_t ncols)
{
	ntr_out_list(o, key);
	if (o->json)
		return;
	o->cols = cols;
	o->ncols = ncols;
	o->col = 0;
	for (size_t i = 0; i < ncols; i++)
		cell(o, cols[i].head);
	end_line(o);
}

void ntr_out_row(struct ntr_out *o)
{
	ntr_out_open(o, NULL);
	o->col = 0;
}

void ntr_out_row_end(struct ntr_out *o)
{
	ntr_out_close(o);
	if (!o->json)
		end_line(o);
}

void ntr_out_table_end(struct ntr_out *o)
{
	ntr_out_list_end(o);
	o->cols = NULL;
}

static void text_field(struct ntr_out *o, const char *label, const char *v)
{
	if (o->cols)
		cell(o, v);
	else if (label)
		ntr_out_line(o, "%-*s: %s", LABEL_WIDTH, label, v);
}

void ntr_out_str(struct ntr_out *o, const char *key, const char *label,
		 const char *v)
{
	if (o->json)
		ntr_json_str(&o->j, key, v);
	else if (v || o->cols)
		text_field(o, label, v ? v : "");
}

void ntr_out_hex(struct ntr_out *o, const char *key, const char *label, u64 v)
{
	char t[24];

	if (o->json) {
		ntr_json_hex(&o->j, key, v);
		return;
	}
	snprintf(t, sizeof(t), "0x%" PRIx64, v);
	text_field(o, label, t);
}

void ntr_out_uint(struct ntr_out *o, const char *key, const char *label, u64 v)
{
	char t[24];

	if (o->json) {
		ntr_json_uint(&o->j, key, v);
		return;
	}
	snprintf(t, sizeof(t), "%" PRIu64, v);
	text_field(o, label, t);
}

void ntr_out_bool(struct ntr_out *o, const char *key, const char *label,
		  bool v)
{
	if (o->json)
		ntr_json_bool(&o->j, key, v);
	else
		text_field(o, label, v ? "yes" : "no");
}

void ntr_out_none(struct ntr_out *o, const char *key, const char *label)
{
	ntr_out_str(o, key, label, NULL);
}

void ntr_out_hex_if(struct ntr_out *o, const char *key, const char *label,
		    bool have, u64 v)
{
	if (have)
		ntr_out_hex(o, key, label, v);
	else
		ntr_out_none(o, key, label);
}

void ntr_out_uint_if(struct ntr_out *o, const char *key, const char *label,
		     bool have, u64 v)
{
	if (have)
		ntr_out_uint(o, key, label, v);
	else
		ntr_out_none(o, key, label);
}
