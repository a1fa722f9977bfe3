// SPDX-License-Identifier: Apache-2.0
/* Clauses of a rule: a table of names and of what reads them. */
#include "base/nearest.h"
#include "parse.h"

#include <stdio.h>
#include <string.h>

/* A clause that a rule has once. */
static void once(struct sig_parser *p, struct sig_loc at, unsigned bit)
{
	if (p->r->seen & bit)
		sig_error(p->s, at, "a rule has one `%.*s`; this is the second",
			  (int)at.len, p->s->text + at.off);
	p->r->seen |= bit;
}

static void title(struct sig_parser *p, struct sig_loc at)
{
	const char *s = sig_parse_string(p, "the title between quotes");

	once(p, at, SIG_SEEN_TITLE);
	if (s)
		p->r->r.title = s;
}

/* --- words out of a list ------------------------------------------------- */

#define NAME(n, t) t,
static const char *const classes[] = { SIG_CLASSES(NAME) NULL };
static const char *const severities[] = { SIG_SEVERITIES(NAME) NULL };
static const char *const statuses[] = { SIG_STATUSES(NAME) NULL };
#undef NAME

/* What `machine.arch` says, in the spelling of rules. */
static const char *const machines[] = {
	"x86", "x64", "arm", "arm64", "alpha", "ia64", "mips", "powerpc", NULL,
};

static int word_of(struct sig_parser *p, const char *const *list,
		   const char *what)
{
	char name[SIG_MAX_NAME], all[160] = "";
	const char *best = NULL;
	size_t len = 0;

	for (int i = 0; list[i]; i++)
		if (sig_is_word(p, list[i])) {
			sig_next(p);
			return i;
		}
	for (int i = 0; list[i]; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
					i ? list[i + 1] ? ", " : " or " : "",
					list[i]);
	if (p->t.t != SIG_T_IDENT || p->t.at.len >= sizeof(name)) {
		sig_expected(p, all);
		return -1;
	}
	snprintf(name, sizeof(name), "%.*s", (int)p->t.at.len,
		 p->s->text + p->t.at.off);
	for (int i = 0; list[i]; i++)
		ntr_nearest_try(name, list[i], &best);
	if (best)
		sig_error(p->s, p->t.at, "no %s is called %s; did you mean %s?",
			  what, name, best);
	else
		sig_error(p->s, p->t.at, "no %s is called %s: it is %s", what,
			  name, all);
	sig_next(p);
	return -1;
}

static void class_(struct sig_parser *p, struct sig_loc at)
{
	int i = word_of(p, classes, "class");

	once(p, at, SIG_SEEN_CLASS);
	if (i >= 0)
		p->r->r.cls = (enum sig_class)i;
}

static void severity(struct sig_parser *p, struct sig_loc at)
{
	int i = word_of(p, severities, "severity");

	once(p, at, SIG_SEEN_SEVERITY);
	if (i >= 0)
		p->r->r.severity = (enum sig_severity)i;
}

static void status(struct sig_parser *p, struct sig_loc at)
{
	int i = word_of(p, statuses, "status");

	once(p, at, SIG_SEEN_STATUS);
	if (i >= 0)
		p->r->r.status = (enum sig_status)i;
}

/* --- lists of strings ---------------------------------------------------- */

static bool room(struct sig_parser *p, struct sig_loc at, size_t n)
{
	if (n < SIG_MAX_CLAUSES)
		return true;
	sig_error(p->s, at, "at most %u of these", SIG_MAX_CLAUSES);
	return false;
}

#define PUSH(p, vec, value)                                \
	do {                                               \
		__typeof__((vec)->v) slot_ = ntr_vec_add(vec); \
		if (slot_)                                 \
			*slot_ = (value);                  \
		(p)->s->lost |= !slot_;                    \
	} while (0)

/* One string, or several with commas between. */
#define STRINGS(p, at, vec, what)                          \
	do {                                               \
		const char *s_ = sig_parse_string(p, what); \
		if (s_ && room(p, at, (vec)->n))           \
			PUSH(p, vec, s_);                  \
	} while (sig_take(p, SIG_T_COMMA))

static void component(struct sig_parser *p, struct sig_loc at)
{
	STRINGS(p, at, &p->r->r.components, "a driver's file between quotes");
}

static void article(struct sig_parser *p, struct sig_loc at)
{
	STRINGS(p, at, &p->r->r.articles, "an article's number between quotes");
}

static void affects(struct sig_parser *p, struct sig_loc at)
{
	STRINGS(p, at, &p->r->r.affects, "a system's name between quotes");
}

static void false_positive(struct sig_parser *p, struct sig_loc at)
{
	STRINGS(p, at, &p->r->r.false_positives, "a sentence between quotes");
}

/* --- other rules --------------------------------------------------------- */

#define IDS(p, at, vec, places)                                          \
	do {                                                             \
		struct sig_loc here_ = (p)->t.at;                        \
		const char *s_ = sig_parse_string(p, "a rule's id "      \
						  "between quotes");     \
		if (s_ && room(p, at, (vec)->n)) {                       \
			PUSH(p, vec, s_);                                \
			PUSH(p, places, here_);                          \
		}                                                        \
	} while (sig_take(p, SIG_T_COMMA))

static void related(struct sig_parser *p, struct sig_loc at)
{
	IDS(p, at, &p->r->r.related, &p->r->related_at);
}

static void supersedes(struct sig_parser *p, struct sig_loc at)
{
	IDS(p, at, &p->r->r.supersedes, &p->r->supersedes_at);
}

/* --- say, do ------------------------------------------------------------- */

#define SENTENCE "a sentence between quotes"

static void say(struct sig_parser *p, struct sig_loc at)
{
	struct sig_template t;
	const char *raw;

	if (!sig_parse_template(p, SENTENCE, &raw, &t) ||
	    !room(p, at, p->r->say.n))
		return;
	PUSH(p, &p->r->r.say, raw);
	PUSH(p, &p->r->say, t);
}

static void do_(struct sig_parser *p, struct sig_loc at)
{
	struct sig_template t;
	const char *raw;

	if (!sig_parse_template(p, SENTENCE, &raw, &t) ||
	    !room(p, at, p->r->advice.n))
		return;
	PUSH(p, &p->r->r.advice, raw);
	PUSH(p, &p->r->advice, t);
}

/* --- fixed --------------------------------------------------------------- */

static void fixed_version(struct sig_parser *p, struct sig_fixed *f)
{
	if (p->t.t != SIG_T_VERSION) {
		sig_expected(p, "a version, such as 5.2.3790.4573");
		return;
	}
	memcpy(f->version, p->t.version, sizeof(f->version));
	f->nversion = p->t.nversion;
	sig_next(p);
}

static void fixed_number(struct sig_parser *p, enum sig_tok t, u64 *out,
			 const char *what)
{
	if (p->t.t != t && !(t == SIG_T_INT && p->t.t == SIG_T_SIZE)) {
		sig_expected(p, what);
		return;
	}
	*out = p->t.n;
	if (!*out)
		sig_error(p->s, p->t.at, "zero says nothing here");
	sig_next(p);
}

/* "5.2" as numbers; false: it is none. */
static bool os_version(const char *s, u16 out[4], unsigned *n)
{
	struct sig_lex x;
	struct sig_token t;

	sig_lex_init(&x, s, (u32)strlen(s));
	sig_lex_next(&x, &t);
	if (t.t != SIG_T_VERSION || x.pos != x.end)
		return false;
	memcpy(out, t.version, sizeof(t.version));
	*n = t.nversion;
	return true;
}

static void fixed_os(struct sig_parser *p, struct sig_fixed *f,
		     struct sig_fixed_at *os)
{
	struct sig_loc at = p->t.at;

	f->os = sig_parse_string(p, "a system's version between quotes, such as "
				 "\"5.2\"");
	if (f->os && !os_version(f->os, os->os, &os->nos))
		sig_error(p->s, at, "a system is named by its version here, such "
			  "as \"5.2\"");
}

static void fixed(struct sig_parser *p, struct sig_loc at)
{
	struct sig_fixed f = { 0 };
	struct sig_fixed_at os = { 0 };
	int machine;

	f.file = sig_parse_string(p, "a file's name between quotes");
	if (!f.file)
		return;
	machine = word_of(p, machines, "machine");
	if (machine >= 0)
		f.machine = machines[machine];
	for (;;) {
		if (sig_take_word(p, "os"))
			fixed_os(p, &f, &os);
		else if (sig_take_word(p, "version"))
			fixed_version(p, &f);
		else if (sig_take_word(p, "date"))
			fixed_number(p, SIG_T_DATE, &f.date,
				     "a date, such as 1999-02-04");
		else if (sig_take_word(p, "size"))
			fixed_number(p, SIG_T_INT, &f.size, "a number of bytes");
		else
			break;
	}
	if (machine < 0)
		return;
	if (!f.nversion && !f.date && !f.size)
		sig_error(p->s, sig_span(p, at), "what is fixed? a version, a "
			  "date or a size is missing");
	if (room(p, at, p->r->r.fixed.n)) {
		PUSH(p, &p->r->r.fixed, f);
		PUSH(p, &p->r->fixed, os);
	}
}

/* --- tests --------------------------------------------------------------- */

static const char *const expectations[] = { "silent", "unknown", "fires", NULL };

static void test(struct sig_parser *p, struct sig_loc at)
{
	int expect = word_of(p, expectations, "result");
	const char *name = sig_parse_string(p, "the test's name between quotes");
	struct sig_test t;
	struct sig_loc body;

	if (p->t.t != SIG_T_LBRACE) {
		if (name)
			sig_expected(p, "\"{\" and the scenario");
		return;
	}
	if (!sig_lex_body(&p->x, &body)) {
		sig_error(p->s, p->t.at, "this scenario is not closed");
		p->x.pos = p->x.end;
		sig_next(p);
		return;
	}
	p->t.t = SIG_T_RBRACE;
	p->t.at.off = p->x.pos - 1;
	p->t.at.len = 1;
	sig_next(p);
	if (!name || expect < 0 || !room(p, at, p->r->r.tests.n))
		return;
	t = (struct sig_test){ (enum sig_value)expect, name,
			       p->s->text + body.off, body.len, body.line };
	PUSH(p, &p->r->r.tests, t);
}

static void on(struct sig_parser *p, struct sig_loc at)
{
	if (!sig_parse_block(p, at)) {
		sig_parse_recover(p, SIG_IN_RULE);
		if (p->t.t == SIG_T_RBRACE)
			return;
	}
}

/* --- all ----------------------------------------------------------------- */

typedef void clause_fn(struct sig_parser *p, struct sig_loc at);

static const struct { const char *name; clause_fn *fn; } clauses[] = {
	{ "title", title }, { "class", class_ },
	{ "severity", severity }, { "status", status },
	{ "component", component }, { "article", article },
	{ "affects", affects }, { "fixed", fixed },
	{ "false_positive", false_positive },
	{ "related", related }, { "supersedes", supersedes },
	{ "say", say }, { "do", do_ }, { "on", on },
	{ "test", test },
};

static const char *const conditions[] = { "require", "exclude", "support" };

bool sig_is_clause(const struct sig_parser *p, unsigned kinds)
{
	for (size_t i = 0; kinds & SIG_IN_RULE && i < NTR_COUNT(clauses); i++)
		if (sig_is_word(p, clauses[i].name))
			return true;
	for (size_t i = 0; kinds & SIG_IN_BLOCK && i < NTR_COUNT(conditions); i++)
		if (sig_is_word(p, conditions[i]))
			return true;
	return false;
}

static void no_clause(struct sig_parser *p)
{
	char name[SIG_MAX_NAME];
	const char *best = NULL;

	if (p->t.t != SIG_T_IDENT || p->t.at.len >= sizeof(name)) {
		sig_expected(p, "a clause, such as title, or \"}\"");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)p->t.at.len,
		 p->s->text + p->t.at.off);
	for (size_t i = 0; i < NTR_COUNT(conditions); i++)
		if (sig_is_word(p, conditions[i])) {
			sig_error(p->s, p->t.at, "`%s` stands in a block: on "
				  "dump { … }", name);
			return;
		}
	for (size_t i = 0; i < NTR_COUNT(clauses); i++)
		ntr_nearest_try(name, clauses[i].name, &best);
	if (best)
		sig_error(p->s, p->t.at, "no clause is called %s; did you mean "
			  "%s?", name, best);
	else
		sig_error(p->s, p->t.at, "no clause is called %s", name);
}

void sig_parse_clause(struct sig_parser *p)
{
	struct sig_loc at = p->t.at;
	size_t before = p->s->errors;

	for (size_t i = 0; i < NTR_COUNT(clauses); i++) {
		if (!sig_is_word(p, clauses[i].name))
			continue;
		sig_next(p);
		clauses[i].fn(p, at);
		if (p->t.t != SIG_T_RBRACE && !sig_is_clause(p, SIG_IN_RULE) &&
		    p->t.t != SIG_T_END && !sig_is_word(p, "signature")) {
			if (p->s->errors == before)
				no_clause(p);
			sig_next(p);
			sig_parse_recover(p, SIG_IN_RULE);
		}
		return;
	}
	no_clause(p);
	sig_next(p);
	sig_parse_recover(p, SIG_IN_RULE);
}
