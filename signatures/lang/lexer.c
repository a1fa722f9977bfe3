// SPDX-License-Identifier: Apache-2.0
#include "lexer.h"

#include <string.h>

#define SECOND UINT64_C(10000000)
#define DAY (86400 * SECOND)

static const struct { enum sig_tok t; const char *text; } signs[] = {
#define SIG_TOK_ROW(n, t) { SIG_T_##n, t },
	SIG_SIGNS(SIG_TOK_ROW)
#undef SIG_TOK_ROW
};

struct sig_unit {
	const char *name;
	u64 n;
};

static const struct sig_unit sizes[] = {
	{ "B", 1 }, { "KiB", UINT64_C(1) << 10 }, { "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 }, { "TiB", UINT64_C(1) << 40 },
};

static const struct sig_unit durations[] = {
	{ "ms", SECOND / 1000 }, { "s", SECOND }, { "m", 60 * SECOND },
	{ "min", 60 * SECOND }, { "h", 3600 * SECOND }, { "d", DAY },
};

void sig_lex_init(struct sig_lex *x, const char *text, u32 len)
{
	*x = (struct sig_lex){ .text = text, .end = len, .line = 1 };
}

static char at(const struct sig_lex *x, u32 pos)
{
	return pos < x->end ? x->text[pos] : 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_word(struct sig_lex *x)
{
	u32 pos = x->pos;

	while (pos < x->end && (is_letter(x->text[pos]) || is_digit(x->text[pos])))
		pos++;
	x->pos = pos;
}

/* Blanks and comments; true when a line began. */
static bool skip(struct sig_lex *x)
{
	bool first = x->pos == 0;

	while (x->pos < x->end) {
		char c = x->text[x->pos];

		if (c == ' ') {
			x->pos++;
			continue;
		}
		if (c == '\n') {
			x->line++;
			x->bol = x->pos + 1;
			first = true;
		} else if (c == '#') {
			const char *nl = memchr(x->text + x->pos, '\n',
						x->end - x->pos);

			x->pos = nl ? (u32)(nl - x->text) : x->end;
			continue;
		} else if (c != '\t' && c != '\r') {
			break;
		}
		x->pos++;
	}
	return first;
}

/* --- numbers ------------------------------------------------------------- */

static void bad(struct sig_token *t, const char *why)
{
	t->t = SIG_T_BAD;
	t->error = why;
}

static bool decimal(struct sig_lex *x, u64 *out)
{
	u64 v = 0;
	bool fits = true;

	for (; is_digit(at(x, x->pos)); x->pos++)
		fits &= !__builtin_mul_overflow(v, (u64)10, &v) &&
			!__builtin_add_overflow(v, (u64)(at(x, x->pos) - '0'), &v);
	*out = v;
	return fits;
}

static void hexadecimal(struct sig_lex *x, struct sig_token *t)
{
	static const char digits[] = "0123456789abcdef";
	u32 from = x->pos += 2;
	const char *d;

	t->t = SIG_T_INT;
	for (; at(x, x->pos) && (d = strchr(digits, at(x, x->pos) | 0x20));
	     x->pos++) {
		if (t->n >> 60)
			bad(t, "this number is larger than 64 bits");
		t->n = t->n << 4 | (u64)(d - digits);
	}
	if (x->pos == from)
		bad(t, "hexadecimal digits are missing behind 0x");
}

bool sig_date(unsigned year, unsigned month, unsigned day, u64 *out)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	u64 n, y = year - 1601;

	if (year < 1601 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1] + (month == 2 && leap ? 1u : 0u))
		return false;
	n = y * 365 + y / 4 - y / 100 + y / 400 + day - 1;
	for (unsigned m = 1; m < month; m++)
		n += days[m - 1] + (m == 2 && leap ? 1u : 0u);
	*out = n * DAY;
	return true;
}

static unsigned two(const struct sig_lex *x, u32 pos)
{
	return (unsigned)(at(x, pos) - '0') * 10 + (unsigned)(at(x, pos + 1) - '0');
}

/* Does the text match, where 9 stands for any digit? */
static bool shaped(const struct sig_lex *x, u32 pos, const char *shape)
{
	for (; *shape; shape++, pos++)
		if (*shape == '9' ? !is_digit(at(x, pos)) : at(x, pos) != *shape)
			return false;
	return true;
}

static void date(struct sig_lex *x, struct sig_token *t)
{
	u32 p = x->pos;

	t->t = SIG_T_DATE;
	if (!sig_date(two(x, p) * 100 + two(x, p + 2), two(x, p + 5),
		      two(x, p + 8), &t->n))
		bad(t, "there is no such day");
	x->pos += 10;
	if (!shaped(x, x->pos, "T99:99:99Z"))
		return;
	p = x->pos + 1;
	if (two(x, p) > 23 || two(x, p + 3) > 59 || two(x, p + 6) > 59)
		bad(t, "there is no such time of day");
	t->n += (two(x, p) * UINT64_C(3600) + two(x, p + 3) * 60 +
		 two(x, p + 6)) * SECOND;
	x->pos += 10;
}

static void version(struct sig_lex *x, struct sig_token *t, u64 first)
{
	u64 v = first;

	t->t = SIG_T_VERSION;
	for (;;) {
		if (v > UINT16_MAX)
			bad(t, "a part of a version is at most 65535");
		t->version[t->nversion++] = (u16)v;
		if (at(x, x->pos) != '.' || !is_digit(at(x, x->pos + 1)))
			return;
		if (t->nversion == 4) {
			bad(t, "a version has at most four parts");
			while (is_digit(at(x, x->pos)) || at(x, x->pos) == '.')
				x->pos++;
			return;
		}
		x->pos++;
		if (!decimal(x, &v))
			v = UINT64_MAX;
	}
}

static const struct sig_unit *unit(const struct sig_unit *u, size_t n, const char *s,
			       u32 len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(u[i].name) == len && !memcmp(u[i].name, s, len))
			return &u[i];
	return NULL;
}

/* "3d2h": the number before the first unit was read. */
static void united(struct sig_lex *x, struct sig_token *t, u64 n)
{
	for (bool more = false;; more = true) {
		u32 from = x->pos;
		const struct sig_unit *s, *d;
		u64 part;

		while (is_letter(at(x, x->pos)))
			x->pos++;
		s = unit(sizes, NTR_COUNT(sizes), x->text + from, x->pos - from);
		d = unit(durations, NTR_COUNT(durations), x->text + from,
			 x->pos - from);
		if ((!s || more) && !d) {
			bad(t, "no such unit: sizes end in B, KiB, MiB, GiB or "
			       "TiB, durations in ms, s, min, h or d");
			return;
		}
		t->t = t->t == SIG_T_BAD ? SIG_T_BAD : s ? SIG_T_SIZE :
						     SIG_T_DURATION;
		if (__builtin_mul_overflow(n, s ? s->n : d->n, &part) ||
		    __builtin_add_overflow(t->n, part, &t->n))
			bad(t, "this number is larger than 64 bits");
		if (s || !is_digit(at(x, x->pos)))
			return;
		if (!decimal(x, &n))
			bad(t, "this number is larger than 64 bits");
	}
}

static void number(struct sig_lex *x, struct sig_token *t)
{
	u64 n;

	if (at(x, x->pos) == '0' && (at(x, x->pos + 1) | 0x20) == 'x') {
		hexadecimal(x, t);
	} else if (shaped(x, x->pos, "9999-99-99")) {
		date(x, t);
	} else {
		bool fits = decimal(x, &n);

		t->t = SIG_T_INT;
		if (at(x, x->pos) == '.' && is_digit(at(x, x->pos + 1)))
			version(x, t, n);
		else if (is_letter(at(x, x->pos)))
			united(x, t, n);
		else
			t->n = n;
		if (!fits)
			bad(t, "this number is larger than 64 bits");
	}
	if (!is_letter(at(x, x->pos)) && !is_digit(at(x, x->pos)))
		return;
	skip_word(x);
	bad(t, "this is no number");
}

/* --- strings ------------------------------------------------------------- */

static const u8 of_strings[256] = { ['"'] = 1, ['\n'] = 1, ['\\'] = 1 };

/* In a string of the file: up to the quote, which a backslash hides. */
static void string(struct sig_lex *x, struct sig_token *t)
{
	t->t = SIG_T_STRING;
	for (x->pos++; x->pos < x->end; x->pos++) {
		char c = x->text[x->pos];

		if (!of_strings[(u8)c])
			continue;
		if (c == '"') {
			x->pos++;
			return;
		}
		if (c == '\n')
			break;
		if (c == '\\' && at(x, x->pos + 1) && at(x, x->pos + 1) != '\n')
			x->pos++;
	}
	bad(t, "this string is not closed on its line");
}

/* In a string in a string: from \" to \". */
static void inner_string(struct sig_lex *x, struct sig_token *t)
{
	t->t = SIG_T_STRING;
	for (x->pos += 2; x->pos < x->end; x->pos++) {
		if (at(x, x->pos) != '\\')
			continue;
		if (at(x, x->pos + 1) == '"') {
			x->pos += 2;
			return;
		}
		break;
	}
	bad(t, "this inner string is not closed: it ends with \\\" and has no "
	       "other backslash");
}

static void regex(struct sig_lex *x, struct sig_token *t)
{
	bool set = false; /* between brackets a slash is itself */

	t->t = SIG_T_REGEX;
	for (x->pos++; x->pos < x->end; x->pos++) {
		char c = x->text[x->pos];

		if (c == '\n')
			break;
		if (c == '\\') {
			x->pos += at(x, x->pos + 1) && at(x, x->pos + 1) != '\n';
		} else if (c == '/' && !set) {
			x->pos++;
			while (is_letter(at(x, x->pos)))
				x->pos++;
			return;
		} else {
			set = c == '[' || (set && c != ']');
		}
	}
	bad(t, "this regular expression is not closed on its line");
}

/* --- all ----------------------------------------------------------------- */

/* Signs of other languages. */
static const struct { const char *text, *error; } foreign[] = {
	{ "&&", "write `and`" }, { "||", "write `or`" },
	{ "!", "write `not`" }, { "=", "write == to compare" },
	{ "'", "strings stand between double quotes" },
};

static const char *foreign_sign(const struct sig_lex *x)
{
	for (size_t i = 0; i < NTR_COUNT(foreign); i++) {
		size_t n = strlen(foreign[i].text);

		if (n <= x->end - x->pos &&
		    !memcmp(foreign[i].text, x->text + x->pos, n))
			return foreign[i].error;
	}
	return "this character has no meaning here";
}

static void sign(struct sig_lex *x, struct sig_token *t)
{
	const char c = at(x, x->pos), *why;

	for (size_t i = 0; i < NTR_COUNT(signs); i++) {
		const char *s = signs[i].text;

		if (s[0] != c || (s[1] && at(x, x->pos + 1) != s[1]))
			continue;
		t->t = signs[i].t;
		x->pos += s[1] ? 2 : 1;
		return;
	}
	why = foreign_sign(x);
	x->pos++;
	/* a character of more than one byte is one mistake */
	while ((at(x, x->pos) & 0xc0) == 0x80)
		x->pos++;
	bad(t, why);
}

static void begin(struct sig_lex *x, struct sig_token *t)
{
	bool first = skip(x);

	*t = (struct sig_token){
		.t = SIG_T_END, .first = first,
		.at = { x->pos, 0, x->line, x->bol },
	};
}

static void end(struct sig_lex *x, struct sig_token *t)
{
	t->at.len = x->pos - t->at.off;
	x->last = t->t;
}

void sig_lex_next(struct sig_lex *x, struct sig_token *t)
{
	char c;

	begin(x, t);
	c = at(x, x->pos);
	if (x->pos >= x->end) {
		t->t = SIG_T_END;
	} else if (is_letter(c)) {
		t->t = SIG_T_IDENT;
		skip_word(x);
	} else if (is_digit(c)) {
		number(x, t);
	} else if (c == '"' && !x->quoted) {
		string(x, t);
	} else if (c == '\\' && at(x, x->pos + 1) == '"' && x->quoted) {
		inner_string(x, t);
	} else if (c == '/' &&
		   (x->last == SIG_T_MATCH || x->last == SIG_T_NOMATCH)) {
		regex(x, t);
	} else {
		sign(x, t);
	}
	end(x, t);
}

void sig_lex_word(struct sig_lex *x, struct sig_token *t)
{
	char c;

	begin(x, t);
	for (; (c = at(x, x->pos)); x->pos++)
		if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-')
			break;
	if (x->pos == t->at.off) {
		sig_lex_next(x, t);
		return;
	}
	t->t = SIG_T_IDENT;
	end(x, t);
}

/* What may end a scenario, begin what hides such a sign, or begin a line. */
static const u8 of_bodies[256] = {
	['"'] = 1, ['#'] = 1, ['{'] = 1, ['}'] = 1, ['\n'] = 1,
};

/* Most of what rules weigh is scenarios: no words are made of them. */
bool sig_lex_body(struct sig_lex *x, struct sig_loc *body)
{
	struct sig_token t;
	u32 depth = 0;

	*body = (struct sig_loc){ x->pos, 0, x->line, x->bol };
	while (x->pos < x->end) {
		u8 c = (u8)x->text[x->pos];

		if (!of_bodies[c]) {
			x->pos++;
			continue;
		}
		if (c == '"') {
			string(x, &t);
			continue;
		}
		if (c == '\n' || c == '#') {
			skip(x);
			continue;
		}
		x->pos++;
		if (c == '}' && !depth--) {
			body->len = x->pos - 1 - body->off;
			x->last = SIG_T_RBRACE;
			return true;
		}
		depth += c == '{';
	}
	return false;
}

const char *sig_tok_text(enum sig_tok t)
{
	static const char *const names[] = {
		"the end of the file", "what is no word", "a name", "a string",
		"a regular expression", "a number", "a size", "a duration",
		"a date", "a version",
#define SIG_TOK_NAME(n, t) "\"" t "\"",
		SIG_SIGNS(SIG_TOK_NAME)
#undef SIG_TOK_NAME
	};

	return (size_t)t < NTR_COUNT(names) ? names[t] : "?";
}
