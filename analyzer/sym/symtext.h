// SPDX-License-Identifier: Apache-2.0
/*
 * Lines and words of text files that hold symbols.
 *
 * A struct ntr_words is a bounded cursor over one line: a take function moves
 * it past a word only when the word is what was asked for, and never past the
 * end.  A struct ntr_lines reads lines of a file from any offset on, in
 * chunks; a line longer than NTR_LINE_MAX is cut and says so.
 */
#ifndef NTR_SYMTEXT_H
#define NTR_SYMTEXT_H

#include "../fmt/file.h"

struct ntr_words {
	const char *p, *end;
};

/* The next word is exactly this one. */
bool ntr_words_is(struct ntr_words *w, const char *word);
/* A number of hexadecimal (decimal) digits that fits. */
bool ntr_words_hex(struct ntr_words *w, u64 *v);
bool ntr_words_dec(struct ntr_words *w, u64 *v);
/* The same, at most 32 bits. */
bool ntr_words_hex32(struct ntr_words *w, u32 *v);
bool ntr_words_dec32(struct ntr_words *w, u32 *v);
/* The next word, borrowed; false at the end of the line. */
bool ntr_words_next(struct ntr_words *w, const char **p, size_t *n);
/* All that is left behind one blank; false when that is nothing, or when
 * there is a NUL in it. */
bool ntr_words_rest(struct ntr_words *w, const char **p, size_t *n);
bool ntr_words_end(struct ntr_words *w);

/* n hexadecimal digits, all of them, at most 16. */
bool ntr_hex_text(const char *p, size_t n, u64 *v);
/* 32 digits as symbol stores write a GUID -> the bytes of an RSDS record. */
bool ntr_guid_from_text(const char *p, size_t n, u8 guid[16]);

#define NTR_LINE_MAX (1u << 20)

struct ntr_lines {
	struct ntr_file *f; /* borrowed */
	char *buf;
	size_t cap, len, pos;
	size_t chunk;       /* read at most so much at once */
	u64 next;           /* file offset behind buf[len] */
	/* of the line that was read last */
	struct ntr_words w; /* without its end-of-line bytes */
	u64 off;            /* where it begins */
	bool cut;           /* longer than NTR_LINE_MAX: its begin only */
};

/* From off on. chunk: small for a few lines, large for a whole file. */
NTR_MUST enum ntr_st ntr_lines_open(struct ntr_lines *l, struct ntr_file *f,
				    u64 off, size_t chunk, struct ntr_err *e);
/* END behind the last line. */
NTR_MUST enum ntr_st ntr_lines_next(struct ntr_lines *l, struct ntr_err *e);
void ntr_lines_close(struct ntr_lines *l);

#endif
