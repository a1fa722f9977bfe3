// SPDX-License-Identifier: Apache-2.0
#include "symtext.h"

#include <stdlib.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *word_begin(const struct ntr_words *w)
{
	const char *p = w->p;

	while (p < w->end && blank(*p))
		p++;
	return p;
}

bool ntr_words_next(struct ntr_words *w, const char **p, size_t *n)
{
	const char *b = word_begin(w), *q = b;

	while (q < w->end && !blank(*q))
		q++;
	if (q == b)
		return false;
	*p = b;
	*n = (size_t)(q - b);
	w->p = q;
	return true;
}

bool ntr_words_is(struct ntr_words *w, const char *word)
{
	struct ntr_words at = *w;
	const char *p;
	size_t n;

	if (!ntr_words_next(&at, &p, &n) || n != strlen(word) ||
	    memcmp(p, word, n))
		return false;
	*w = at;
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool number(struct ntr_words *w, unsigned base, u64 most, u64 *v)
{
	const char *p = word_begin(w);
	u64 sum = 0;
	bool any = false;

	for (; p < w->end && !blank(*p); p++) {
		unsigned d = (unsigned)digit(*p);

		if (d >= base || sum > (most - d) / base)
			return false;
		sum = sum * base + d;
		any = true;
	}
	if (!any)
		return false;
	w->p = p;
	*v = sum;
	return true;
}

bool ntr_words_hex(struct ntr_words *w, u64 *v)
{
	return number(w, 16, UINT64_MAX, v);
}

bool ntr_words_dec(struct ntr_words *w, u64 *v)
{
	return number(w, 10, UINT64_MAX, v);
}

bool ntr_words_hex32(struct ntr_words *w, u32 *v)
{
	u64 x;

	if (!number(w, 16, UINT32_MAX, &x))
		return false;
	*v = (u32)x;
	return true;
}

bool ntr_words_dec32(struct ntr_words *w, u32 *v)
{
	u64 x;

	if (!number(w, 10, UINT32_MAX, &x))
		return false;
	*v = (u32)x;
	return true;
}

bool ntr_words_rest(struct ntr_words *w, const char **p, size_t *n)
{
	const char *b = w->p;

	if (b < w->end && blank(*b))
		b++;
	if (b == w->end || memchr(b, 0, (size_t)(w->end - b)))
		return false;
	*p = b;
	*n = (size_t)(w->end - b);
	w->p = w->end;
	return true;
}

bool ntr_words_end(struct ntr_words *w)
{
	return word_begin(w) == w->end;
}

bool ntr_hex_text(const char *p, size_t n, u64 *v)
{
	struct ntr_words w = { p, p + n };

	return n <= 16 && !memchr(p, ' ', n) && ntr_words_hex(&w, v) &&
	       w.p == w.end;
}

bool ntr_guid_from_text(const char *p, size_t n, u8 guid[16])
{
	/* Data1, Data2 and Data3 are integers, stored little-endian. */
	static const u8 at[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
				   8, 9, 10, 11, 12, 13, 14, 15 };
	u8 out[16];

	if (n != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		u64 v;

		if (!ntr_hex_text(p + 2 * i, 2, &v))
			return false;
		out[at[i]] = (u8)v;
	}
	memcpy(guid, out, 16);
	return true;
}

enum ntr_st ntr_lines_open(struct ntr_lines *l, struct ntr_file *f, u64 off,
			   size_t chunk, struct ntr_err *e)
{
	*l = (struct ntr_lines){ .f = f, .chunk = chunk, .next = off,
				 .cap = 2 * chunk };
	l->buf = malloc(l->cap);
	return l->buf ? NTR_OK : ntr_fail(e, NTR_NOMEM, "out of memory");
}

void ntr_lines_close(struct ntr_lines *l)
{
	free(l->buf);
	*l = (struct ntr_lines){ 0 };
}

/* More bytes behind those that are there. END: the file has no more. */
static enum ntr_st refill(struct ntr_lines *l, struct ntr_err *e)
{
	size_t n = l->chunk;
	enum ntr_st st;
	char *p;

	if (l->next >= l->f->size)
		return NTR_END;
	if (l->pos) {
		memmove(l->buf, l->buf + l->pos, l->len - l->pos);
		l->len -= l->pos;
		l->pos = 0;
	}
	if (l->cap - l->len < n) {
		p = realloc(l->buf, l->cap * 2);
		if (!p)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		l->buf = p;
		l->cap *= 2;
	}
	if (n > l->f->size - l->next)
		n = (size_t)(l->f->size - l->next);
	st = ntr_file_read(l->f, l->next, l->buf + l->len, n, e);
	if (st)
		return st;
	l->len += n;
	l->next += n;
	return NTR_OK;
}

/* The line is [pos, pos+n) and ends at pos+n or, cut, goes on. */
static void set_line(struct ntr_lines *l, size_t n)
{
	const char *p = l->buf + l->pos;

	l->off = l->next - (l->len - l->pos);
	while (n && p[n - 1] == '\r')
		n--;
	l->w = (struct ntr_words){ p, p + n };
}

/* Drop the rest of a line that is too long; what is returned of it stays
 * valid, as the bytes behind it are only counted away. */
static enum ntr_st skip_line(struct ntr_lines *l, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;
	u64 off = l->next;
	char part[4096];

	while (off < l->f->size) {
		size_t n = sizeof(part) - 1;
		const char *nl;

		if (n > l->f->size - off)
			n = (size_t)(l->f->size - off);
		st = ntr_file_read(l->f, off, part, n, e);
		if (st)
			return st;
		nl = memchr(part, '\n', n);
		off += nl ? (u64)(nl - part) + 1 : n;
		if (nl)
			break;
	}
	l->next = off;
	l->pos = l->len;
	return st;
}

enum ntr_st ntr_lines_next(struct ntr_lines *l, struct ntr_err *e)
{
	size_t seen = 0;

	l->cut = false;
	for (;;) {
		const char *p = l->buf + l->pos;
		const char *nl = memchr(p + seen, '\n', l->len - l->pos - seen);
		enum ntr_st st;

		if (nl) {
			set_line(l, (size_t)(nl - p));
			l->pos += (size_t)(nl - p) + 1;
			return NTR_OK;
		}
		seen = l->len - l->pos;
		if (seen > NTR_LINE_MAX) {
			set_line(l, NTR_LINE_MAX);
			l->cut = true;
			return skip_line(l, e);
		}
		st = refill(l, e);
		if (st == NTR_END && seen) {
			set_line(l, seen);
			l->pos = l->len;
			return NTR_OK;
		}
		if (st)
			return st;
	}
}
