// SPDX-License-Identifier: Apache-2.0
/* Rules of a file; what all parts of the parser use. */
#include "parse.h"

#include <stdio.h>
#include <string.h>

void sig_next(struct sig_parser *p)
{
	p->end = p->t.at.off + p->t.at.len;
	sig_lex_next(&p->x, &p->t);
}

bool sig_is_word(const struct sig_parser *p, const char *word)
{
	const char *s = p->s->text + p->t.at.off;

	/* most often the first letters differ */
	return p->t.t == SIG_T_IDENT && *s == *word &&
	       !strncmp(s, word, p->t.at.len) && !word[p->t.at.len];
}

bool sig_take(struct sig_parser *p, enum sig_tok t)
{
	if (p->t.t != t)
		return false;
	sig_next(p);
	return true;
}

bool sig_take_word(struct sig_parser *p, const char *word)
{
	if (!sig_is_word(p, word))
		return false;
	sig_next(p);
	return true;
}

void sig_expected(struct sig_parser *p, const char *what)
{
	const struct sig_token *t = &p->t;

	if (t->t == SIG_T_BAD)
		sig_error(p->s, t->at, "%s", t->error);
	else if (t->t == SIG_T_IDENT)
		sig_error(p->s, t->at, "expected %s, found \"%.*s\"", what,
			  (int)(t->at.len < 60 ? t->at.len : 60),
			  p->s->text + t->at.off);
	else
		sig_error(p->s, t->at, "expected %s, found %s", what,
			  t->t == SIG_T_END && p->x.quoted ?
			  "the end of the string" : sig_tok_text(t->t));
}

bool sig_want(struct sig_parser *p, enum sig_tok t, const char *where)
{
	char what[128];

	if (sig_take(p, t))
		return true;
	snprintf(what, sizeof(what), "%s%s%s", sig_tok_text(t),
		 *where ? " " : "", where);
	sig_expected(p, what);
	return false;
}

struct sig_loc sig_span(const struct sig_parser *p, struct sig_loc from)
{
	from.len = p->end > from.off ? p->end - from.off : 0;
	return from;
}

void sig_parse_recover(struct sig_parser *p, unsigned kinds)
{
	u32 depth = 0;

	for (; p->t.t != SIG_T_END; sig_next(p)) {
		if (p->t.first && sig_is_word(p, "signature"))
			return;
		if (!depth && p->t.first && sig_is_clause(p, kinds))
			return;
		if (p->t.t == SIG_T_LBRACE)
			depth++;
		else if (p->t.t == SIG_T_RBRACE && !depth--)
			return;
	}
}

/* --- a rule -------------------------------------------------------------- */

static bool known_id(const char *s, size_t n)
{
	return n && n < SIG_MAX_NAME && s[0] != '.' && s[0] != '-';
}

static bool heading(struct sig_parser *p)
{
	struct sig_code *r = p->r;

	/* p->t is `signature`; what follows may have hyphens */
	p->end = p->t.at.off + p->t.at.len;
	sig_lex_word(&p->x, &p->t);
	if (p->t.t != SIG_T_IDENT ||
	    !known_id(p->s->text + p->t.at.off, p->t.at.len)) {
		sig_expected(p, "the rule's id, such as Q216765");
		return false;
	}
	r->id_at = p->t.at;
	r->r.id = sig_strndup(p->s, p->s->text + p->t.at.off, p->t.at.len);
	sig_next(p);
	return sig_want(p, SIG_T_LBRACE, "behind the rule's id");
}

static void body(struct sig_parser *p)
{
	while (p->t.t != SIG_T_RBRACE && !sig_given_up(p->s)) {
		if (p->t.t == SIG_T_END || (p->t.first &&
					    sig_is_word(p, "signature"))) {
			sig_error(p->s, p->r->id_at, "rule %s has no end: its "
				  "closing brace is missing", p->r->r.id);
			return;
		}
		sig_parse_clause(p);
	}
	sig_take(p, SIG_T_RBRACE);
}

/* Clauses that a rule must have. */
static void complete(struct sig_parser *p)
{
	const struct sig_code *r = p->r;
	const struct { bool there; const char *what; } must[] = {
		{ r->seen & SIG_SEEN_TITLE, "title" },
		{ r->seen & SIG_SEEN_CLASS, "class" },
		{ r->seen & SIG_SEEN_SEVERITY, "severity" },
		{ r->nblocks > 0, "on dump" },
		{ r->say.n > 0, "say" },
	};

	for (size_t i = 0; i < NTR_COUNT(must); i++)
		if (!must[i].there)
			sig_error(p->s, r->id_at, "rule %s has no `%s`", r->r.id,
				  must[i].what);
}

static void vec_fini(struct sig_rule *r)
{
	ntr_vec_fini(&r->components);
	ntr_vec_fini(&r->articles);
	ntr_vec_fini(&r->affects);
	ntr_vec_fini(&r->false_positives);
	ntr_vec_fini(&r->related);
	ntr_vec_fini(&r->supersedes);
	ntr_vec_fini(&r->say);
	ntr_vec_fini(&r->advice);
	ntr_vec_fini(&r->fixed);
	ntr_vec_fini(&r->tests);
}

/* Vectors grow while a rule is read; then they lie in the set's arena. */
#define KEEP(s, vec)                                                  \
	do {                                                          \
		size_t n_ = (vec)->n;                                 \
		__typeof__((vec)->v) v_ = sig_keep_vec(s, vec);       \
		(vec)->v = v_;                                        \
		(vec)->n = (vec)->cap = v_ ? n_ : 0;                  \
	} while (0)

static void keep(struct sig_src *s, struct sig_code *c)
{
	struct sig_rule *r = &c->r;

	KEEP(s, &r->components);
	KEEP(s, &r->articles);
	KEEP(s, &r->affects);
	KEEP(s, &r->false_positives);
	KEEP(s, &r->related);
	KEEP(s, &r->supersedes);
	KEEP(s, &r->say);
	KEEP(s, &r->advice);
	KEEP(s, &r->fixed);
	KEEP(s, &r->tests);
	KEEP(s, &c->fixed);
	KEEP(s, &c->say);
	KEEP(s, &c->advice);
	KEEP(s, &c->related_at);
	KEEP(s, &c->supersedes_at);
}

static void drop(struct sig_code *c)
{
	vec_fini(&c->r);
	ntr_vec_fini(&c->fixed);
	ntr_vec_fini(&c->say);
	ntr_vec_fini(&c->advice);
	ntr_vec_fini(&c->related_at);
	ntr_vec_fini(&c->supersedes_at);
}

static void add(struct sig_src *s, struct sig_code *r)
{
	struct sig_code **slot = ntr_vec_add(&s->set->rules);

	if (slot)
		*slot = r;
	s->lost |= !slot;
}

/* p->t is `signature`. */
static void rule(struct sig_parser *p)
{
	struct sig_src *s = p->s;
	size_t before = s->errors;
	struct sig_code *r = sig_alloc(s, 1, sizeof(*r));
	struct sig_loc from = p->t.at;

	if (!r)
		return;
	p->r = r;
	r->src = s->text;
	r->src_len = s->len;
	r->schema = s->set->schema;
	r->r.file = s->name;
	r->r.line = from.line;
	r->r.priv = r;
	if (heading(p)) {
		body(p);
		r->at = sig_span(p, from);
		if (s->errors == before && !s->syntax)
			complete(p);
		keep(s, r);
		/* types are checked also beside a mistake of grammar */
		if (!s->syntax && sig_check(s, r) && s->errors == before &&
		    !s->lost)
			add(s, r);
	} else {
		sig_parse_recover(p, 0);
		drop(r);
	}
}

void sig_parse(struct sig_src *s)
{
	struct sig_parser p = { .s = s };

	sig_lex_init(&p.x, s->text, s->len);
	sig_next(&p);
	while (p.t.t != SIG_T_END && !sig_given_up(s)) {
		if (sig_is_word(&p, "signature")) {
			rule(&p);
			continue;
		}
		sig_expected(&p, "`signature` and a rule's id");
		do
			sig_next(&p);
		while (p.t.t != SIG_T_END &&
		       !(p.t.first && sig_is_word(&p, "signature")));
	}
}
