// SPDX-License-Identifier: Apache-2.0
/* Strings, and strings with values in braces. */
#include "parse.h"
#include "say.h"

#include <string.h>

/* Characters between the quotes; false: reported. */
static bool decode(struct sig_parser *p, struct sig_loc at, const char *s,
		   u32 n, struct ntr_str *out)
{
	for (u32 i = 0; i < n; i++) {
		const char *slash = memchr(s + i, '\\', n - i);
		u32 until = slash ? (u32)(slash - s) : n;

		if (until > i)
			ntr_str_addn(out, s + i, until - i);
		if (until == n)
			break;
		i = until + 1;
		if (s[i] == '"' || s[i] == '\\') {
			ntr_str_addn(out, s + i, 1);
		} else if (s[i] == 'n') {
			ntr_str_add(out, "\n");
		} else {
			at.off += until;
			at.len = 2;
			sig_error(p->s, at, "a backslash is followed by a "
				  "quote, a backslash or n");
			return false;
		}
	}
	return true;
}

/* The place of a string's characters. */
static struct sig_loc inside(struct sig_loc at, u32 quote)
{
	at.off += quote;
	at.len -= 2 * quote;
	return at;
}

/* No backslash: what stands there is the string. */
static bool as_is(const struct sig_parser *p, struct sig_loc in)
{
	return !memchr(p->s->text + in.off, '\\', in.len);
}

char *sig_token_string(struct sig_parser *p, const struct sig_token *t,
		       bool quoted)
{
	struct sig_loc in = inside(t->at, quoted ? 2 : 1);
	struct ntr_str out = { 0 };
	char *s = NULL;

	if (quoted || as_is(p, in))
		return sig_strndup(p->s, p->s->text + in.off, in.len);
	if (decode(p, in, p->s->text + in.off, in.len, &out))
		s = sig_strndup(p->s, ntr_str_text(&out), out.len);
	p->s->lost |= out.lost;
	ntr_str_fini(&out);
	return s;
}

static bool fits(struct sig_parser *p, struct sig_loc at, size_t len)
{
	if (len <= SIG_MAX_STRING)
		return true;
	sig_error(p->s, at, "a string has at most %u bytes", SIG_MAX_STRING);
	return false;
}

const char *sig_parse_string(struct sig_parser *p, const char *what)
{
	struct ntr_str out = { 0 };
	struct sig_loc at = p->t.at;
	bool ok = true;
	char *s = NULL;

	if (p->t.t != SIG_T_STRING) {
		sig_expected(p, what);
		return NULL;
	}
	for (; p->t.t == SIG_T_STRING; sig_next(p)) {
		struct sig_loc in = inside(p->t.at, 1);

		ok = ok && decode(p, in, p->s->text + in.off, in.len, &out) &&
		     fits(p, at, out.len);
	}
	if (ok && !out.len)
		sig_error(p->s, at, "this string is empty");
	else if (ok)
		s = sig_strndup(p->s, ntr_str_text(&out), out.len);
	p->s->lost |= out.lost;
	ntr_str_fini(&out);
	return s;
}

/* --- values in braces ---------------------------------------------------- */

struct parts {
	NTR_VEC(struct sig_part);
	struct ntr_str text;
};

static bool flush(struct sig_parser *p, struct parts *v)
{
	struct sig_part *part;

	if (!v->text.len)
		return true;
	part = ntr_vec_add(v);
	if (part)
		part->text = sig_strndup(p->s, ntr_str_text(&v->text),
					 v->text.len);
	p->s->lost |= !part || v->text.lost;
	ntr_str_clear(&v->text);
	return !p->s->lost;
}

/* The parser, set to read an expression in a string; undone by leave(). */
struct inner {
	struct sig_lex x;
	struct sig_token t;
	u32 end;
};

static void enter(struct sig_parser *p, struct inner *saved, struct sig_loc in,
		  u32 from)
{
	*saved = (struct inner){ p->x, p->t, p->end };
	p->x = (struct sig_lex){ .text = p->s->text, .pos = from,
				 .end = in.off + in.len, .line = in.line,
				 .bol = in.bol, .quoted = true };
	sig_next(p);
}

static void leave(struct sig_parser *p, const struct inner *saved)
{
	p->x = saved->x;
	p->t = saved->t;
	p->end = saved->end;
}

/* "expr}" or "expr:format}"; *pos: behind the brace. */
static bool value(struct sig_parser *p, struct sig_part *part, u32 *pos)
{
	part->e = sig_parse_expr(p);
	if (!part->e)
		return false;
	if (p->t.t == SIG_T_COLON) {
		sig_next(p);
		part->format_at = p->t.at;
		if (!sig_parse_format(p, &part->format))
			return false;
	}
	if (p->t.t != SIG_T_RBRACE) {
		sig_expected(p, "\"}\" behind a value in a string");
		return false;
	}
	*pos = p->t.at.off + p->t.at.len;
	return true;
}

static bool slot(struct sig_parser *p, struct parts *v, struct sig_loc in,
		 u32 *pos)
{
	struct sig_part part = { 0 }, *to;
	struct inner saved;
	bool ok;

	if (v->n >= SIG_MAX_SLOTS) {
		sig_error(p->s, in, "at most %u values in a string",
			  SIG_MAX_SLOTS);
		return false;
	}
	enter(p, &saved, in, *pos + 1);
	ok = value(p, &part, pos);
	leave(p, &saved);
	to = ok && flush(p, v) ? ntr_vec_add(v) : NULL;
	if (to)
		*to = part;
	return to != NULL;
}

/* A string's characters, the values among them. */
static bool piece(struct sig_parser *p, struct parts *v, struct sig_loc in)
{
	const char *s = p->s->text;
	u32 pos = in.off, end = in.off + in.len;

	while (pos < end) {
		struct sig_loc here = { pos, 1, in.line, in.bol };
		u32 from = pos;

		if ((s[pos] == '{' || s[pos] == '}') && pos + 1 < end &&
		    s[pos + 1] == s[pos]) {
			ntr_str_addn(&v->text, s + pos, 1);
			pos += 2;
			continue;
		}
		if (s[pos] == '}') {
			sig_error(p->s, here, "a brace that is to be printed is "
				  "written twice");
			return false;
		}
		if (s[pos] == '{') {
			if (!slot(p, v, in, &pos))
				return false;
			continue;
		}
		while (pos < end && s[pos] != '{' && s[pos] != '}')
			pos += s[pos] == '\\' ? 2 : 1;
		here.off = from;
		if (!decode(p, here, s + from, pos - from, &v->text))
			return false;
	}
	return true;
}

bool sig_parse_template(struct sig_parser *p, const char *what,
			const char **raw, struct sig_template *out)
{
	struct sig_token first = p->t;
	struct sig_lex x = p->x;
	struct parts v = { 0 };
	u32 end = p->end;
	bool ok = true;

	*raw = sig_parse_string(p, what);
	if (!*raw)
		return false;
	/* once more, for the values */
	p->x = x;
	p->t = first;
	p->end = end;
	for (; p->t.t == SIG_T_STRING; sig_next(p))
		ok = ok && piece(p, &v, inside(p->t.at, 1));
	ok = ok && flush(p, &v);
	out->nparts = v.n;
	out->part = sig_keep(p->s, (void **)&v.v, &v.n, &v.cap, sizeof(*v.v));
	ntr_str_fini(&v.text);
	return ok && out->part;
}
