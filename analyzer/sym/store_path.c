// SPDX-License-Identifier: Apache-2.0
#include "store_path.h"

#include "../base/text.h"

#include <string.h>

/* Case-insensitive; len: of what is behind it. */
static bool starts(const char *s, size_t len, const char *prefix, size_t *past)
{
	size_t n = strlen(prefix);

	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (ntr_ascii_lower(s[i]) != prefix[i])
			return false;
	*past = n;
	return true;
}

static bool letter(char c)
{
	c = ntr_ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

enum ntr_symtok_kind ntr_symtok_kind(const char *t)
{
	size_t len = strlen(t), n;
	const char *colon;

	if (!len)
		return NTR_SYMTOK_DEFAULT;
	if (starts(t, len, "http://", &n) || starts(t, len, "https://", &n))
		return t[n] ? NTR_SYMTOK_URL : NTR_SYMTOK_SCHEME;
	if (t[0] == '\\' || (letter(t[0]) && t[1] == ':'))
		return NTR_SYMTOK_WINDOWS;
	colon = strstr(t, "://");
	if (!colon || colon == t)
		return NTR_SYMTOK_LOCAL;
	for (const char *c = t; c < colon; c++)
		if (!letter(*c))
			return NTR_SYMTOK_LOCAL;
	return NTR_SYMTOK_SCHEME;
}

static void trim(const char **s, size_t *len)
{
	while (*len && (**s == ' ' || **s == '"'))
		(*s)++, (*len)--;
	while (*len && ((*s)[*len - 1] == ' ' || (*s)[*len - 1] == '"'))
		(*len)--;
}

static const char *with_home(struct ntr_arena *a, const char *t,
			     const char *home)
{
	if (!home || t[0] != '~' || (t[1] && t[1] != '/'))
		return t;
	return ntr_arena_printf(a, "%s%s", home, t + 1);
}

static enum ntr_st add_token(struct ntr_sympath *p, struct ntr_symelem *el,
			     const char *s, size_t len, const char *home,
			     struct ntr_err *e)
{
	struct ntr_symtok *t = &el->tok[el->n];
	char *copy;

	if (el->n >= NTR_SYMPATH_TOKENS)
		return ntr_fail(e, NTR_USAGE, "symbol path: more than %u stores "
				"in one element", NTR_SYMPATH_TOKENS);
	trim(&s, &len);
	copy = ntr_arena_strndup(&p->arena, s, len);
	if (!copy)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	t->kind = ntr_symtok_kind(copy);
	/* "https://x/" and "https://x" are one server; "/" stays. */
	while (len > 1 && copy[len - 1] == '/' && t->kind != NTR_SYMTOK_SCHEME)
		copy[--len] = 0;
	t->text = with_home(&p->arena, copy, home);
	el->n++;
	return NTR_OK;
}

static enum ntr_st add_tokens(struct ntr_sympath *p, struct ntr_symelem *el,
			      const char *s, size_t len, const char *home,
			      struct ntr_err *e)
{
	for (;;) {
		const char *star = memchr(s, '*', len);
		size_t n = star ? (size_t)(star - s) : len;
		enum ntr_st st = add_token(p, el, s, n, home, e);

		if (st || !star)
			return st;
		s += n + 1;
		len -= n + 1;
	}
}

/* "srv*" alone is what .symfix sets: the default store before Microsoft's. */
static enum ntr_st only_default(struct ntr_sympath *p, struct ntr_symelem *el,
				struct ntr_err *e)
{
	static const char url[] = NTR_SYMPATH_MICROSOFT;

	if (el->n != 1 || el->tok[0].kind != NTR_SYMTOK_DEFAULT)
		return NTR_OK;
	return add_token(p, el, url, sizeof(url) - 1, NULL, e);
}

static enum ntr_st add_store(struct ntr_sympath *p, struct ntr_symelem *el,
			     const char *s, size_t len, const char *home,
			     struct ntr_err *e)
{
	enum ntr_st st;

	el->kind = NTR_SYMELEM_STORE;
	st = add_tokens(p, el, s, len, home, e);
	return st ? st : only_default(p, el, e);
}

/* symsrv*symsrv.dll*…: the DLL's name is of no use here. */
static enum ntr_st add_symsrv(struct ntr_sympath *p, struct ntr_symelem *el,
			      const char *s, size_t len, const char *home,
			      struct ntr_err *e)
{
	const char *star = memchr(s, '*', len);
	size_t n = star ? (size_t)(star - s) + 1 : len;

	return add_store(p, el, s + n, len - n, home, e);
}

static enum ntr_st add_elem(struct ntr_sympath *p, const char *s, size_t len,
			    const char *home, struct ntr_err *e)
{
	struct ntr_symelem *el;
	enum ntr_st st;
	size_t n;

	if (p->elems.n >= NTR_SYMPATH_ELEMS)
		return ntr_fail(e, NTR_USAGE, "symbol path: more than %u "
				"elements", NTR_SYMPATH_ELEMS);
	el = ntr_vec_add(&p->elems);
	if (!el)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (starts(s, len, "srv*", &n))
		return add_store(p, el, s + n, len - n, home, e);
	if (starts(s, len, "symsrv*", &n))
		return add_symsrv(p, el, s + n, len - n, home, e);
	if (starts(s, len, "cache*", &n)) {
		el->kind = NTR_SYMELEM_CACHE;
		/* One folder; more stars are no part of the form. */
		for (s += n, len -= n, n = 0; n < len && s[n] != '*';)
			n++;
		return add_token(p, el, s, n, home, e);
	}
	el->kind = NTR_SYMELEM_DIR;
	st = add_token(p, el, s, len, home, e);
	if (!st && el->tok[0].kind == NTR_SYMTOK_URL)
		el->kind = NTR_SYMELEM_STORE; /* a server needs no srv* */
	return st;
}

static enum ntr_st check_text(const char *text, size_t *len, struct ntr_err *e)
{
	*len = strlen(text);
	if (*len > NTR_SYMPATH_TEXT)
		return ntr_fail(e, NTR_USAGE, "symbol path: %zu bytes, at most "
				"%u can be read", *len, NTR_SYMPATH_TEXT);
	for (size_t i = 0; i < *len; i++)
		if ((u8)text[i] < 0x20 || text[i] == 0x7f)
			return ntr_fail(e, NTR_USAGE, "symbol path: control "
					"byte 0x%02x at character %zu",
					(u8)text[i], i + 1);
	return NTR_OK;
}

static enum ntr_st add_elems(struct ntr_sympath *p, const char *s, size_t len,
			     const char *home, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (size_t at = 0; at <= len && !st;) {
		const char *semi = memchr(s + at, ';', len - at), *el = s + at;
		size_t n = semi ? (size_t)(semi - el) : len - at;

		at += n + 1;
		trim(&el, &n);
		if (n)
			st = add_elem(p, el, n, home, e);
	}
	return st;
}

enum ntr_st ntr_sympath_parse(struct ntr_sympath *out, const char *text,
			      const char *home, struct ntr_err *e)
{
	struct ntr_sympath p = { 0 };
	size_t len;
	enum ntr_st st = check_text(text, &len, e);

	if (!st)
		st = add_elems(&p, text, len, home, e);
	if (st)
		ntr_sympath_fini(&p);
	else
		*out = p;
	return st;
}

void ntr_sympath_fini(struct ntr_sympath *p)
{
	ntr_vec_fini(&p->elems);
	ntr_arena_fini(&p->arena);
}

/* --- file.ptr ------------------------------------------------------------------ */

/* Up to the end of the first line, without blanks around it. */
static size_t first_line(const u8 **s, size_t len)
{
	size_t n = 0;

	while (len && (**s == ' ' || **s == '\t'))
		(*s)++, len--;
	while (n < len && (*s)[n] != '\r' && (*s)[n] != '\n' && (*s)[n])
		n++;
	while (n && ((*s)[n - 1] == ' ' || (*s)[n - 1] == '\t'))
		n--;
	return n;
}

enum ntr_st ntr_file_ptr_parse(struct ntr_file_ptr *out, const void *data,
			       size_t len, struct ntr_err *e)
{
	const u8 *s = data;
	size_t n;
	bool refusal;

	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		s += 3, len -= 3;
	refusal = len && starts((const char *)s, len, "msg:", &n);
	if (refusal || (len && starts((const char *)s, len, "path:", &n)))
		s += n, len -= n;
	n = first_line(&s, len);
	if (!n && !refusal)
		return ntr_fail(e, NTR_BAD, "file.ptr names no file");
	if (n > NTR_FILE_PTR_MAX)
		return ntr_fail(e, NTR_BAD, "file.ptr has a line of %zu bytes",
				n);
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] == 0x7f)
			return ntr_fail(e, NTR_BAD, "file.ptr+0x%zx: control "
					"byte 0x%02x", i, s[i]);
	out->refusal = refusal;
	memcpy(out->text, s, n);
	out->text[n] = 0;
	return NTR_OK;
}
