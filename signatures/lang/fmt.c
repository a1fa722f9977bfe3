// SPDX-License-Identifier: Apache-2.0
/*
 * The one layout of rules, made from the words of a file that parses: clauses
 * begin a line, values stand in columns, what the author put on lines of their
 * own stays there, comments stay where they are, scenarios keep their shape.
 */
#include "lang.h"

#include <stdlib.h>
#include <string.h>

#define STEP 4u          /* of a level */
#define COLUMN 10u       /* of a clause's value */

enum { TOP, IN_RULE, IN_BLOCK };

struct fmt {
	const char *text;
	struct ntr_str *out;
	struct sig_lex x;
	struct sig_token t, prev;
	u32 gap;             /* where the text before t begins */
	unsigned level;
	unsigned indent;     /* of a line that goes on with a clause */
	unsigned less;       /* columns that all lines are moved to the left */
	bool unary;          /* prev is a minus sign of one value */
	bool test;           /* the clause is one, its brace opens a scenario */
	bool one_line;
	bool started;
};

/* --- words --------------------------------------------------------------- */

static bool word(const struct fmt *f, const struct sig_token *t, const char *s)
{
	return t->t == SIG_T_IDENT && strlen(s) == t->at.len &&
	       !memcmp(f->text + t->at.off, s, t->at.len);
}

static bool one_of(const struct fmt *f, const struct sig_token *t,
		   const char *const *list)
{
	for (; *list; list++)
		if (word(f, t, *list))
			return true;
	return false;
}

static const char *const clauses[] = {
	"title", "class", "severity", "status", "component", "article",
	"affects", "fixed", "false_positive", "related", "supersedes", "say",
	"do", "on", "test", NULL,
};

static const char *const conditions[] = {
	"require", "exclude", "support", NULL,
};

/* Words that are no names: a parenthesis behind them stands apart. */
static const char *const keywords[] = {
	"and", "or", "not", "in", "where", "any", "all", "none", "at", "least",
	"require", "exclude", "support", "weight", NULL,
};

static bool begins_clause(const struct fmt *f)
{
	if (f->prev.t == SIG_T_DOT)
		return false;
	if (f->level == IN_RULE)
		return one_of(f, &f->t, clauses);
	if (f->level == IN_BLOCK)
		return one_of(f, &f->t, conditions);
	return word(f, &f->t, "signature");
}

/* --- lines --------------------------------------------------------------- */

static void line(struct fmt *f, unsigned indent)
{
	static const char blanks[] = "                                ";

	if (f->started)
		ntr_str_add(f->out, "\n");
	f->started = true;
	indent = indent > f->less ? indent - f->less : 0;
	ntr_str_addn(f->out, blanks,
		     indent < sizeof(blanks) - 1 ? indent : sizeof(blanks) - 1);
}

static void comment(struct fmt *f, u32 from, u32 to, bool own)
{
	while (to > from && (f->text[to - 1] == ' ' || f->text[to - 1] == '\t' ||
			     f->text[to - 1] == '\r'))
		to--;
	if (own)
		line(f, f->level * STEP);
	else
		ntr_str_add(f->out, "  ");
	ntr_str_addn(f->out, f->text + from, to - from);
}

/* What stands before the token: comments, and whether a line was left empty.
 * True: there was a comment, so that a line must begin. */
static bool gap(struct fmt *f, bool begins)
{
	bool any = false, behind = false, own;
	bool fresh = f->prev.t == SIG_T_LBRACE || !f->started;
	bool between_rules = f->level == TOP && f->prev.t == SIG_T_RBRACE;
	unsigned newlines = 0;
	u32 pos = f->gap, end = f->t.at.off;

	while (pos < end) {
		const char *nl;
		u32 stop;

		newlines += f->text[pos] == '\n';
		if (f->text[pos] != '#') {
			pos++;
			continue;
		}
		nl = memchr(f->text + pos, '\n', end - pos);
		stop = nl ? (u32)(nl - f->text) : end;
		own = newlines > 0 || !f->started;
		if ((newlines > 1 || (own && between_rules && !any)) && !fresh &&
		    !f->one_line)
			ntr_str_add(f->out, "\n");
		if (!f->one_line)
			comment(f, pos, stop, own);
		any |= own;
		fresh &= !own;
		behind |= !own;
		newlines = 0;
		pos = stop;
	}
	if ((newlines > 1 || (between_rules && !any)) && !fresh && begins &&
	    f->t.t != SIG_T_RBRACE && !f->one_line)
		ntr_str_add(f->out, "\n");
	return any || behind;
}

/* --- blanks between words ------------------------------------------------ */

static bool name_before(const struct fmt *f)
{
	return (f->prev.t == SIG_T_IDENT && !one_of(f, &f->prev, keywords)) ||
	       f->prev.t == SIG_T_RBRACKET;
}

static bool apart(const struct fmt *f)
{
	switch (f->prev.t) {
	case SIG_T_LPAREN:
	case SIG_T_LBRACKET:
	case SIG_T_DOT:
		return false;
	case SIG_T_MINUS:
		if (f->unary)
			return false;
		break;
	default:
		break;
	}
	switch (f->t.t) {
	case SIG_T_RPAREN:
	case SIG_T_RBRACKET:
	case SIG_T_COMMA:
	case SIG_T_DOT:
		return false;
	case SIG_T_LPAREN:
	case SIG_T_LBRACKET:
		return !name_before(f);
	default:
		return true;
	}
}

static bool is_value(const struct fmt *f)
{
	return name_before(f) || f->prev.t == SIG_T_RPAREN ||
	       (f->prev.t >= SIG_T_STRING && f->prev.t <= SIG_T_VERSION);
}

/* --- scenarios ----------------------------------------------------------- */

/* Columns that a line is indented by, and where its text begins. */
static unsigned indent_of(const char *s, const char *end, const char **text)
{
	unsigned n = 0;

	for (; s < end && (*s == ' ' || *s == '\t'); s++)
		n += *s == '\t' ? 8 - n % 8 : 1;
	*text = s;
	return n;
}

static const char *line_end(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return nl ? nl : end;
}

static const char *trim(const char *s, const char *end)
{
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

static unsigned least_indent(const char *s, const char *end)
{
	unsigned least = UINT32_MAX;

	while (s < end) {
		const char *text, *nl = line_end(s, end);
		unsigned n = indent_of(s, nl, &text);

		if (trim(text, nl) > text && n < least)
			least = n;
		s = nl + (nl < end);
	}
	return least == UINT32_MAX ? 0 : least;
}

static void scenario_line(struct fmt *f, const char *s, const char *end,
			  unsigned least, unsigned *empty)
{
	const char *text;
	unsigned n = indent_of(s, end, &text);

	end = trim(text, end);
	if (end == text) {
		++*empty;
		return;
	}
	for (; *empty && f->prev.t != SIG_T_LBRACE; --*empty)
		ntr_str_add(f->out, "\n");
	*empty = 0;
	f->prev.t = SIG_T_RBRACE;
	line(f, 2 * STEP);
	for (; n > least; n--)
		ntr_str_add(f->out, " ");
	ntr_str_addn(f->out, text, (size_t)(end - text));
}

/* f->t is the opening brace; afterwards the closing one was written. Until the
 * first line prev is that opening brace. */
static void scenario_body(struct fmt *f)
{
	struct sig_loc body;
	const char *s, *end, *nl;
	unsigned least, empty = 0;

	ntr_str_add(f->out, " {");
	if (!sig_lex_body(&f->x, &body))
		return;
	s = f->text + body.off;
	end = s + body.len;
	nl = line_end(s, end);
	f->prev.t = SIG_T_LBRACE;
	f->gap = f->x.pos;
	if (nl == end && trim(s, end) == s) {
		ntr_str_add(f->out, "}");
		return;
	}
	if (nl == end) { /* on one line */
		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		ntr_str_add(f->out, " ");
		ntr_str_addn(f->out, s, (size_t)(trim(s, end) - s));
		ntr_str_add(f->out, " }");
		return;
	}
	/* what stands behind the brace itself has no indent of its own */
	if (trim(s, nl) > s) {
		const char *text;

		(void)indent_of(s, nl, &text);
		scenario_line(f, text, nl, 0, &empty);
	}
	s = nl + 1;
	for (least = least_indent(s, end); s < end; s = nl + (nl < end)) {
		nl = line_end(s, end);
		scenario_line(f, s, nl, least, &empty);
	}
	line(f, STEP);
	ntr_str_add(f->out, "}");
}

static void scenario(struct fmt *f)
{
	scenario_body(f);
	f->prev.t = SIG_T_RBRACE;
}

/* --- words in order ------------------------------------------------------ */

static void write_word(struct fmt *f)
{
	ntr_str_addn(f->out, f->text + f->t.at.off, f->t.at.len);
}

/* A clause's word, and blanks up to the column of its value. */
static void clause(struct fmt *f)
{
	bool column = f->level == IN_RULE && !word(f, &f->t, "on") &&
		      !word(f, &f->t, "test");

	line(f, f->level * STEP);
	write_word(f);
	f->test = f->level == IN_RULE && word(f, &f->t, "test");
	f->indent = f->level == IN_BLOCK ? 2 * STEP + 8 :
		    column ? STEP + COLUMN : 2 * STEP;
	for (u32 n = f->t.at.len + 1; column && n < COLUMN; n++)
		ntr_str_add(f->out, " ");
}

static void between(struct fmt *f, bool must)
{
	bool brace = f->t.t == SIG_T_LBRACE && f->level < IN_BLOCK;

	if (!f->one_line && (must || (f->t.first && !brace)))
		line(f, f->indent);
	else if (apart(f))
		ntr_str_add(f->out, " ");
}

static void one(struct fmt *f)
{
	bool begins = !f->one_line && begins_clause(f);
	bool closes = !f->one_line && f->t.t == SIG_T_RBRACE &&
		      f->level > TOP;
	bool must = gap(f, begins || closes);

	if (begins) {
		if (f->level == TOP) {
			f->indent = STEP;
			line(f, 0);
			write_word(f);
		} else {
			clause(f);
		}
	} else if (closes) {
		f->level--;
		line(f, f->level * STEP);
		write_word(f);
	} else if (f->test && f->t.t == SIG_T_LBRACE) {
		f->test = false;
		scenario(f);
		return;
	} else {
		if (f->started)
			between(f, must);
		f->started = true;
		write_word(f);
		if (f->t.t == SIG_T_LBRACE && !f->one_line &&
		    f->level < IN_BLOCK)
			f->level++;
	}
	f->unary = f->t.t == SIG_T_MINUS && !is_value(f);
	f->prev = f->t;
	f->gap = f->t.at.off + f->t.at.len;
}

static void next(struct fmt *f)
{
	if (!f->one_line && f->level == TOP && word(f, &f->prev, "signature"))
		sig_lex_word(&f->x, &f->t);
	else
		sig_lex_next(&f->x, &f->t);
}

static void run(struct fmt *f)
{
	for (next(f); f->t.t != SIG_T_END; next(f))
		one(f);
	f->t.at.off = f->x.end;
	(void)gap(f, false);
	if (f->started && !f->one_line)
		ntr_str_add(f->out, "\n");
}

static struct fmt range(const char *text, struct sig_loc at, struct ntr_str *out)
{
	struct fmt f = { .text = text, .out = out, .gap = at.off };

	sig_lex_init(&f.x, text, at.off + at.len);
	f.x.pos = at.off;
	return f;
}

void sig_fmt_line(const char *text, struct sig_loc at, struct ntr_str *out)
{
	struct fmt f = range(text, at, out);

	f.one_line = true;
	run(&f);
}

void sig_fmt_block(const char *text, struct sig_loc at, struct ntr_str *out)
{
	struct fmt f = range(text, at, out);

	f.level = IN_RULE;
	f.less = STEP;
	run(&f);
}

enum ntr_st sig_format(const char *text, size_t len, const char *name,
		       struct ntr_str *out, struct sig_diags *d,
		       struct ntr_err *e)
{
	struct ntr_str made = { 0 };
	struct sig_loc all = { 0, (u32)len, 1, 0 };
	enum ntr_st st = sig_parse_only(text, len, name, d, e);
	struct fmt f;

	if (st)
		return st;
	f = range(text, all, &made);
	run(&f);
	if (made.lost)
		st = ntr_fail(e, NTR_NOMEM, "%s: no memory", name);
	else
		ntr_str_addn(out, ntr_str_text(&made), made.len);
	ntr_str_fini(&made);
	return st;
}
