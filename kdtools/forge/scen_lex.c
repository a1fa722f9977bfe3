// SPDX-License-Identifier: Apache-2.0
#include "scen_lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *line_start(const char *text, u32 line)
{
	while (--line && (text = strchr(text, '\n')))
		text++;
	return text ? text : "";
}

static void diag_caret(struct ntr_str *d, const char *text, struct f_loc at)
{
	const char *l = line_start(text, at.line);
	size_t n = strcspn(l, "\r\n");

	ntr_str_printf(d, "\n%5u | %.*s\n      | ", at.line, (int)n, l);
	for (u32 i = 1; i < at.col && i <= n; i++)
		ntr_str_add(d, l[i - 1] == '\t' ? "\t" : " ");
	ntr_str_add(d, "^\n");
}

enum ntr_st f_scen_err(struct f_scen *s, struct ntr_err *e, enum ntr_st st,
		       struct f_loc at, const char *fmt, ...)
{
	char msg[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (!at.line)
		at = (struct f_loc){ 1, 1 };
	ntr_err_set(e, "%s:%u:%u: %s", s->name, at.line, at.col, msg);
	if (!s->diag)
		return st;
	ntr_str_clear(s->diag);
	ntr_str_printf(s->diag, "%s:%u:%u: error: %s", s->name, at.line, at.col,
		       msg);
	diag_caret(s->diag, s->text, at);
	return st;
}

void f_lex_fail(struct f_lex *l, struct f_loc at, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	if (l->st)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	l->st = f_scen_err(l->s, l->e, NTR_BAD, at, "%s", msg);
	l->tok = F_T_EOF;
}

static const char *tok_text(const struct f_lex *l, char *buf, size_t size)
{
	switch (l->tok) {
	case F_T_EOF:
		return "the end of the file";
	case F_T_EOL:
		return "the end of the statement";
	case F_T_OPEN:
		return "'{'";
	case F_T_CLOSE:
		return "'}'";
	default:
		snprintf(buf, size, "\"%.40s\"", l->t);
		return buf;
	}
}

void f_lex_unexpected(struct f_lex *l)
{
	struct ntr_str w = { 0 };
	char buf[64];

	for (size_t i = 0; i < l->nwant; i++)
		ntr_str_printf(&w, "%s%s",
			       !i ? "" : i + 1 == l->nwant ? " or " : ", ",
			       l->want[i]);
	f_lex_fail(l, l->at, "expected %s, found %s",
		   l->nwant ? ntr_str_text(&w) : "something else",
		   tok_text(l, buf, sizeof(buf)));
	ntr_str_fini(&w);
}

void f_lex_want(struct f_lex *l, const char *what)
{
	for (size_t i = 0; i < l->nwant; i++)
		if (!strcmp(l->want[i], what))
			return;
	if (l->nwant < F_MAX_EXPECT)
		l->want[l->nwant++] = what;
}

static void skip_blanks(struct f_lex *l)
{
	for (;;) {
		while (*l->pos == ' ' || *l->pos == '\t' || *l->pos == '\r')
			l->pos++;
		if (*l->pos != '#')
			return;
		l->pos += strcspn(l->pos, "\n");
	}
}

static void lex_string(struct f_lex *l)
{
	size_t n = strcspn(l->pos + 1, "\"\n");

	if (l->pos[1 + n] != '"') {
		f_lex_fail(l, l->at, "this string has no closing quote");
		return;
	}
	l->t = ntr_arena_strndup(&l->s->a, l->pos + 1, n);
	l->pos += n + 2;
	l->tok = F_T_STRING;
}

static void lex_word(struct f_lex *l)
{
	size_t n = strcspn(l->pos, " \t\r\n\"{};#");

	for (size_t i = 0; i < n; i++)
		if ((u8)l->pos[i] < 0x20 || (u8)l->pos[i] > 0x7e) {
			l->at.col += (u32)i;
			f_lex_fail(l, l->at, "byte 0x%02x does not belong in a scenario",
				   (u8)l->pos[i]);
			return;
		}
	l->t = ntr_arena_strndup(&l->s->a, l->pos, n);
	l->pos += n;
	l->tok = F_T_WORD;
}

void f_lex_next(struct f_lex *l)
{
	if (l->st)
		return;
	l->nwant = 0;
	skip_blanks(l);
	l->at = (struct f_loc){ l->lineno, (u32)(l->pos - l->line) + 1 };
	l->t = "";
	switch (*l->pos) {
	case 0:
		l->tok = F_T_EOF;
		return;
	case '\n':
		l->line = ++l->pos;
		l->lineno++;
		l->tok = F_T_EOL;
		return;
	case ';':
		l->pos++;
		l->tok = F_T_EOL;
		return;
	case '{':
	case '}':
		l->tok = *l->pos++ == '{' ? F_T_OPEN : F_T_CLOSE;
		return;
	case '"':
		lex_string(l);
		break;
	default:
		lex_word(l);
	}
	if (!l->st && !l->t) {
		l->st = ntr_fail(l->e, NTR_NOMEM, "out of memory");
		l->tok = F_T_EOF;
	}
}

void f_lex_start(struct f_lex *l, struct f_scen *s, struct ntr_err *e)
{
	*l = (struct f_lex){ .s = s, .e = e, .pos = s->text, .line = s->text,
			     .lineno = 1 };
	f_lex_next(l);
}

bool f_lex_is(const struct f_lex *l, const char *word)
{
	return l->tok == F_T_WORD && !strcmp(l->t, word);
}

bool f_lex_word(struct f_lex *l, const char *word)
{
	if (!f_lex_is(l, word)) {
		f_lex_want(l, word);
		return false;
	}
	f_lex_next(l);
	return true;
}

bool f_lex_tok(struct f_lex *l, enum f_tok t, const char *what)
{
	if (l->tok != t) {
		f_lex_want(l, what);
		return false;
	}
	f_lex_next(l);
	return true;
}

bool f_lex_is_num(const struct f_lex *l)
{
	return l->tok == F_T_WORD && isdigit((u8)*l->t);
}

static bool num_suffix(const char *s, unsigned *shift)
{
	static const struct {
		const char *s;
		unsigned shift;
	} t[] = { { "", 0 },     { "KiB", 10 }, { "MiB", 20 },
		  { "GiB", 30 }, { "K", 10 },   { "M", 20 },
		  { "G", 30 } };

	for (size_t i = 0; i < NTR_COUNT(t); i++)
		if (!strcmp(s, t[i].s)) {
			*shift = t[i].shift;
			return true;
		}
	return false;
}

/* Decimal or 0x…, with ` as WinDbg's separator, and a size suffix. */
static bool parse_num(const char *s, u64 *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	u64 v = 0, base = hex ? 16 : 10;
	unsigned shift, digits = 0;

	for (s += hex ? 2 : 0; isxdigit((u8)*s) || *s == '`'; s++) {
		u64 d = isdigit((u8)*s) ? (u64)(*s - '0')
					: (u64)((*s | 32) - 'a' + 10);
		if (*s == '`')
			continue;
		if (d >= base)
			break;
		if (v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
		digits++;
	}
	if (!digits || !num_suffix(s, &shift) || (v << shift) >> shift != v)
		return false;
	*out = v << shift;
	return true;
}

u64 f_lex_num(struct f_lex *l, const char *what)
{
	u64 v = 0;

	if (l->st)
		return 0;
	if (!f_lex_is_num(l)) {
		f_lex_want(l, what);
		f_lex_unexpected(l);
		return 0;
	}
	if (!parse_num(l->t, &v)) {
		f_lex_fail(l, l->at, "\"%.40s\" is not a number (12, 0x1f, 64KiB, 8MiB, 1GiB)",
			   l->t);
		return 0;
	}
	f_lex_next(l);
	return v;
}

static s64 days_from_civil(int y, int m, int d)
{
	/* Gregorian day number, 1970-01-01 = 0 */
	y -= m <= 2;
	s64 era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - (int)era * 400;
	int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

u64 f_lex_time(struct f_lex *l, bool unix_epoch)
{
	int y, mo, d, h = 0, mi = 0, se = 0, end = 0;
	bool ok = false;

	if (l->st)
		return 0;
	if (l->tok == F_T_WORD &&
	    sscanf(l->t, "%4d-%2d-%2d%n", &y, &mo, &d, &end) == 3) {
		ok = !l->t[end];
		if (l->t[end] == 'T') {
			int e2 = 0;
			ok = sscanf(l->t + end, "T%2d:%2d:%2dZ%n", &h, &mi, &se,
				    &e2) == 3 && e2 && !l->t[end + e2];
		}
	}
	if (!ok || y < (unix_epoch ? 1970 : 1601) || y > 2105 || mo < 1 ||
	    mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || se > 60) {
		f_lex_fail(l, l->at, "expected a UTC time like 1996-08-09 or 1996-08-09T10:11:12Z");
		return 0;
	}
	f_lex_next(l);

	s64 t = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + se;
	return unix_epoch ? (u64)t : (u64)(t + 11644473600LL) * 10000000;
}

u64 f_lex_duration(struct f_lex *l)
{
	const char *s = l->t;
	u64 total = 0;

	if (l->st)
		return 0;
	while (l->tok == F_T_WORD && isdigit((u8)*s)) {
		u64 n = 0, unit;

		while (isdigit((u8)*s) && n < 100000000)
			n = n * 10 + (u64)(*s++ - '0');
		unit = *s == 'd' ? 86400 : *s == 'h' ? 3600 :
		       *s == 'm' ? 60 : *s == 's' ? 1 : 0;
		total += n * unit;
		if (!unit || *++s)
			if (!unit)
				break;
		if (!*s) {
			f_lex_next(l);
			return total * 10000000;
		}
	}
	f_lex_fail(l, l->at, "expected a duration like 3d2h, 90m or 45s");
	return 0;
}

const char *f_lex_text(struct f_lex *l, const char *what)
{
	const char *t = l->t;

	if (l->st)
		return "";
	if (l->tok != F_T_STRING && l->tok != F_T_WORD) {
		f_lex_want(l, what);
		f_lex_unexpected(l);
		return "";
	}
	if (!*t || strlen(t) > 255) {
		f_lex_fail(l, l->at, "%s must have 1 to 255 characters", what);
		return "";
	}
	f_lex_next(l);
	return t;
}

struct f_val f_lex_val(struct f_lex *l, const char *what)
{
	struct f_val v = { .loc = l->at, .given = true };

	if (f_lex_is_num(l))
		v.num = f_lex_num(l, what);
	else
		v.sym = f_lex_text(l, what);
	return v;
}

void f_lex_version(struct f_lex *l, u16 v[4])
{
	unsigned n[4] = { 0 };
	int end = 0, got;

	if (l->st)
		return;
	got = sscanf(l->t, "%5u.%5u.%5u.%5u%n", &n[0], &n[1], &n[2], &n[3],
		     &end);
	if (l->tok != F_T_WORD || got != 4 || l->t[end] || n[0] > 65535 ||
	    n[1] > 65535 || n[2] > 65535 || n[3] > 65535) {
		f_lex_fail(l, l->at, "expected a version of four numbers, like 5.2.3790.3959");
		return;
	}
	for (int i = 0; i < 4; i++)
		v[i] = (u16)n[i];
	f_lex_next(l);
}

static int hex_digit(char c)
{
	return isdigit((u8)c) ? c - '0' :
	       isxdigit((u8)c) ? (c | 32) - 'a' + 10 : -1;
}

/* The usual text form, fields 1 to 3 stored little-endian. */
void f_lex_guid(struct f_lex *l, u8 guid[16])
{
	static const u8 order[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
				      8, 9, 10, 11, 12, 13, 14, 15 };
	const char *s = l->t;
	u8 g[16] = { 0 };
	unsigned n = 0;

	if (l->st)
		return;
	for (; *s && n < 32; s++) {
		int d = hex_digit(*s);
		if (*s == '-')
			continue;
		if (d < 0)
			break;
		g[order[n / 2]] |= (u8)(n % 2 ? d : d << 4);
		n++;
	}
	if (n != 32 || *s || (l->tok != F_T_WORD && l->tok != F_T_STRING)) {
		f_lex_fail(l, l->at, "expected a GUID like 270a33fd-3da6-460d-ba89-3c1bae21e39b");
		return;
	}
	memcpy(guid, g, 16);
	f_lex_next(l);
}

struct f_bytes f_lex_hex(struct f_lex *l)
{
	struct f_bytes b = { ntr_arena_alloc(&l->s->a, F_MAX_BYTES), 0 };

	if (!b.p)
		f_lex_fail(l, l->at, "out of memory");
	while (!l->st && l->tok == F_T_WORD) {
		const char *s = l->t;
		for (; hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0; s += 2) {
			if (b.n == F_MAX_BYTES) {
				f_lex_fail(l, l->at, "more than %d bytes", F_MAX_BYTES);
				return b;
			}
			b.p[b.n++] = (u8)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
		}
		if (*s) {
			f_lex_fail(l, l->at, "expected bytes as hex pairs, like 4d5a90 00");
			return b;
		}
		f_lex_next(l);
	}
	if (!l->st && !b.n)
		f_lex_fail(l, l->at, "expected bytes as hex pairs, like 4d5a90 00");
	return b;
}
