// SPDX-License-Identifier: Apache-2.0
/*
 * Output: the one place that writes to the terminal or a pipe.  The same
 * calls give text and JSON:
 *
 *	ntr_out_open(o, NULL);
 *	ntr_out_str(o, "format", "Format", d->fmt->name);
 *	ntr_out_hex(o, "kernel_base", "Kernel base", t->kernel_base);
 *	ntr_out_table(o, "modules", cols, n);
 *	for (…) { ntr_out_row(o); ntr_out_hex(o, "base", NULL, m->base); …
 *		  ntr_out_row_end(o); }
 *	ntr_out_table_end(o);
 *	ntr_out_close(o);
 *
 * A field has a JSON key and a text label.  Outside a table a NULL label
 * leaves it out of the text; inside a table the columns have the heads and
 * labels are not looked at.  ntr_out_line() and its like are text only.
 *
 * Text is ASCII: everything else that comes out of a dump becomes '?', so
 * that no byte of a dump can steer a terminal.  Colour is a style around such
 * text, and only when the caller found a terminal.
 */
#ifndef NTR_CLI_OUT_H
#define NTR_CLI_OUT_H

#include "json.h"

#define NTR_OUT_COLUMNS 110 /* where paragraphs are broken */

enum ntr_style { NTR_PLAIN, NTR_TITLE, NTR_ALARM, NTR_DIM, NTR_GOOD };

/* A table column in text: width < 0 is left-aligned. Fields of a row beyond
 * the last column are JSON only. */
struct ntr_col {
	const char *head;
	int width;
};

struct ntr_out {
	int fd;
	bool json, color;
	bool failed;          /* a write failed */
	struct ntr_str buf;   /* not yet written */
	struct ntr_json j;
	const struct ntr_col *cols; /* in a table: text columns */
	size_t ncols, col;
};

void ntr_out_init(struct ntr_out *o, int fd, bool json, bool pretty,
		  bool color);
void ntr_out_fini(struct ntr_out *o);
/* Hand everything to the file descriptor; false when that failed. */
bool ntr_out_flush(struct ntr_out *o);

/* Text only ---------------------------------------------------------- */
void ntr_out_print(struct ntr_out *o, const char *fmt, ...) NTR_PRINTF(2, 3);
void ntr_out_line(struct ntr_out *o, const char *fmt, ...) NTR_PRINTF(2, 3);
void ntr_out_styled(struct ntr_out *o, enum ntr_style style, const char *fmt,
		    ...) NTR_PRINTF(3, 4);
/* Words broken at NTR_OUT_COLUMNS; `first` starts the first line, the others
 * are indented by as many blanks. */
void ntr_out_para(struct ntr_out *o, const char *first, const char *fmt, ...)
	NTR_PRINTF(3, 4);

/* Text and JSON ------------------------------------------------------ */
void ntr_out_open(struct ntr_out *o, const char *key);
void ntr_out_close(struct ntr_out *o);
void ntr_out_list(struct ntr_out *o, const char *key);
void ntr_out_list_end(struct ntr_out *o);
void ntr_out_table(struct ntr_out *o, const char *key,
		   const struct ntr_col *cols, size_t ncols);
void ntr_out_row(struct ntr_out *o);
void ntr_out_row_end(struct ntr_out *o);
void ntr_out_table_end(struct ntr_out *o);

void ntr_out_str(struct ntr_out *o, const char *key, const char *label,
		 const char *v); /* NULL: absent */
void ntr_out_hex(struct ntr_out *o, const char *key, const char *label, u64 v);
void ntr_out_uint(struct ntr_out *o, const char *key, const char *label,
		  u64 v);
void ntr_out_bool(struct ntr_out *o, const char *key, const char *label,
		  bool v);
void ntr_out_none(struct ntr_out *o, const char *key, const char *label);
/* hex or absent, as `have` says. */
void ntr_out_hex_if(struct ntr_out *o, const char *key, const char *label,
		    bool have, u64 v);
void ntr_out_uint_if(struct ntr_out *o, const char *key, const char *label,
		     bool have, u64 v);

#endif
