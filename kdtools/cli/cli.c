// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include "base/nearest.h"
#include "help.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct ntr_verb *const ntr_verbs[] = {
#define NTR_VERB(n) &ntr_verb_##n,
#include "verb_list.h"
#undef NTR_VERB
};
const size_t ntr_nverbs = NTR_COUNT(ntr_verbs);

enum { OPT_HELP, OPT_JSON, OPT_MAX, OPT_NO_COLOR, OPT_OFFLINE, OPT_QUIET,
       OPT_RULES, OPT_STRICT, OPT_SYMBOLS, OPT_VERSION };
const struct ntr_opt ntr_global_opts[] = {
	[OPT_HELP] = { "help", 'h', NULL, "how to use ntriage or a verb", NULL },
	[OPT_JSON] = { "json", 0, NULL, "print JSON instead of text", NULL },
	[OPT_MAX] = { "max-unpacked", 0, "SIZE",
		      "unpack at most SIZE of an archive (such as 512M; 64G)",
		      NULL },
	[OPT_NO_COLOR] = { "no-color", 0, NULL,
			   "no colour on a terminal (as NO_COLOR does)", NULL },
	[OPT_OFFLINE] = { "offline", 0, NULL,
			  "ask no symbol server", NULL },
	[OPT_QUIET] = { "quiet", 'q', NULL,
			"no progress on the terminal", NULL },
	[OPT_RULES] = { "rules", 0, "DIR",
			"rules besides the installed ones (a folder or file)",
			NULL },
	[OPT_STRICT] = { "strict", 0, NULL,
			 "do nothing when a rule has an error", NULL },
	[OPT_SYMBOLS] = { "symbols", 0, "PATH",
			  "where symbols are (default: $_NT_SYMBOL_PATH)",
			  NULL },
	[OPT_VERSION] = { "version", 0, NULL, "print the version", NULL },
};
const size_t ntr_nglobal_opts = NTR_COUNT(ntr_global_opts);

struct parse {
	struct ntr_cli *c;
	const struct ntr_verb *verb; /* NULL until seen */
	struct ntr_args args;
	int argc, at;
	char **argv;
	bool no_color, version, only_operands;
};

int ntr_cli_usage(const char *fmt, ...)
{
	struct ntr_out err;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ntr_out_init(&err, STDERR_FILENO, false, false, false);
	ntr_out_line(&err, "ntriage: %s", text);
	(void)ntr_out_flush(&err);
	ntr_out_fini(&err);
	return NTR_EXIT_BAD;
}

void ntr_cli_schema(struct ntr_cli *c, const char *what)
{
	if (c->json)
		ntr_json_str(&c->out.j, "schema", what);
}

int ntr_cli_error(struct ntr_cli *c, const char *file, enum ntr_st st,
		  const struct ntr_err *e)
{
	const char *text = e->msg[0] ? e->msg : ntr_st_text(st);

	if (c->json) {
		ntr_out_open(&c->out, NULL);
		ntr_cli_schema(c, "ntriage.error/1");
		ntr_out_str(&c->out, "file", NULL, file);
		ntr_out_str(&c->out, "status", NULL, ntr_st_text(st));
		ntr_out_str(&c->out, "error", NULL, text);
		ntr_out_close(&c->out);
		return NTR_EXIT_BAD;
	}
	/* Keep the order when both go to one terminal. */
	(void)ntr_out_flush(&c->out);
	if (!strncmp(text, file, strlen(file)))
		return ntr_cli_usage("%s", text);
	return ntr_cli_usage("%s: %s", file, text);
}

bool ntr_parse_size(const char *s, u64 *out)
{
	static const char units[] = "kMGT";
	char *end = NULL;
	const char *u;
	u64 v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtoull(s, &end, s[0] == '0' && (s[1] | 32) == 'x' ? 16 : 10);
	if (end == s || v == UINT64_MAX)
		return false;
	if (*end) {
		u = strchr(units, *end == 'K' ? 'k' : *end);
		if (!u || (end[1] && strcmp(end + 1, "iB")))
			return false;
		for (ptrdiff_t i = u - units; i >= 0; i--) {
			if (v > UINT64_MAX >> 10)
				return false;
			v <<= 10;
		}
	}
	*out = v;
	return true;
}

const struct ntr_verb *ntr_verb_find(const char *name)
{
	for (size_t i = 0; i < ntr_nverbs; i++)
		if (!strcmp(ntr_verbs[i]->name, name))
			return ntr_verbs[i];
	return NULL;
}

int ntr_verb_unknown(const char *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < ntr_nverbs; i++)
		ntr_nearest_try(name, ntr_verbs[i]->name, &best);
	if (best)
		return ntr_cli_usage("there is no verb \"%s\"; did you mean "
				     "\"%s\"?", name, best);
	if (!access(name, F_OK))
		return ntr_cli_usage("there is no verb \"%s\"; did you mean "
				     "\"ntriage analyze %s\"?", name, name);
	return ntr_cli_usage("there is no verb \"%s\"; see \"ntriage help\"",
			     name);
}

/* By long name (len characters of it), or by letter when name is NULL. */
static const struct ntr_opt *find_opt(const struct ntr_opt *o, size_t n,
				      const char *name, size_t len,
				      char letter)
{
	for (size_t i = 0; i < n; i++) {
		if (name && strlen(o[i].name) == len &&
		    !strncmp(o[i].name, name, len))
			return &o[i];
		if (!name && letter && o[i].letter == letter)
			return &o[i];
	}
	return NULL;
}

static int unknown_opt(const struct parse *p, const char *word)
{
	const char *best = NULL;

	for (size_t i = 0; i < ntr_nglobal_opts; i++)
		ntr_nearest_try(word, ntr_global_opts[i].name, &best);
	for (size_t i = 0; p->verb && i < p->verb->nopts; i++)
		ntr_nearest_try(word, p->verb->opts[i].name, &best);
	if (best)
		return ntr_cli_usage("there is no option \"%s\"; did you mean "
				     "\"--%s\"?", p->argv[p->at], best);
	return ntr_cli_usage("there is no option \"%s\"; see \"ntriage help"
			     "%s%s\"", p->argv[p->at], p->verb ? " " : "",
			     p->verb ? p->verb->name : "");
}

static int take_global(struct parse *p, const struct ntr_opt *o,
		       const char *value)
{
	switch (o - ntr_global_opts) {
	case OPT_HELP:
		p->c->help = true;
		break;
	case OPT_JSON:
		p->c->json = true;
		break;
	case OPT_NO_COLOR:
		p->no_color = true;
		break;
	case OPT_OFFLINE:
		p->c->offline = true;
		break;
	case OPT_RULES:
		p->c->rules = value;
		break;
	case OPT_STRICT:
		p->c->strict = true;
		break;
	case OPT_SYMBOLS:
		p->c->symbols = value;
		break;
	case OPT_QUIET:
		p->c->quiet = true;
		break;
	case OPT_VERSION:
		p->version = true;
		break;
	case OPT_MAX:
		if (!ntr_parse_size(value, &p->c->max_unpacked) ||
		    !p->c->max_unpacked)
			return ntr_cli_usage("--max-unpacked wants a size such "
					     "as 512M, not \"%s\"", value);
		break;
	}
	return 0;
}

/* The option at argv[at]; `value` is what follows "=" or the letter. */
static int take_opt(struct parse *p, const char *name, size_t len, char letter,
		    const char *value)
{
	const struct ntr_opt *o = NULL, *g;

	g = find_opt(ntr_global_opts, ntr_nglobal_opts, name, len, letter);
	if (p->verb && !g)
		o = find_opt(p->verb->opts, p->verb->nopts, name, len, letter);
	if (!g && !o)
		return unknown_opt(p, name ? name : p->argv[p->at]);
	if (!(g ? g : o)->arg && value)
		return ntr_cli_usage("--%s takes no value", (g ? g : o)->name);
	if ((g ? g : o)->arg && !value) {
		if (p->at + 1 >= p->argc)
			return ntr_cli_usage("--%s wants %s", (g ? g : o)->name,
					     (g ? g : o)->arg);
		value = p->argv[++p->at];
	}
	if (g)
		return take_global(p, g, value);
	p->args.opt[o - p->verb->opts] = value ? value : "";
	return 0;
}

static int take_word(struct parse *p, char *w)
{
	const char *eq;

	if (p->only_operands || w[0] != '-' || !w[1]) {
		if (p->verb) {
			p->args.operand[p->args.n++] = w;
			return 0;
		}
		p->verb = ntr_verb_find(w);
		return p->verb ? 0 : ntr_verb_unknown(w);
	}
	if (!strcmp(w, "--")) {
		p->only_operands = true;
		return 0;
	}
	if (w[1] == '-') {
		eq = strchr(w, '=');
		return take_opt(p, w + 2, eq ? (size_t)(eq - w - 2) :
				strlen(w + 2), 0, eq ? eq + 1 : NULL);
	}
	return take_opt(p, NULL, 0, w[1], w[2] ? w + 2 : NULL);
}

/* Options may stand before the verb, so the verb is looked for first. */
static int parse_words(struct parse *p)
{
	for (p->at = 1; p->at < p->argc; p->at++) {
		int bad = take_word(p, p->argv[p->at]);

		if (bad)
			return bad;
	}
	return 0;
}

static int check_operands(const struct parse *p)
{
	const struct ntr_verb *v = p->verb;

	if (p->args.n < v->min)
		return ntr_cli_usage("%s: operands missing; usage: ntriage %s "
				     "%s", v->name, v->name, v->operands);
	if (v->max >= 0 && p->args.n > v->max)
		return ntr_cli_usage("%s: too many operands (from \"%s\" on); "
				     "usage: ntriage %s %s", v->name,
				     p->args.operand[v->max], v->name,
				     v->operands);
	return 0;
}

static bool want_color(const struct parse *p)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (p->no_color || p->c->json || (no && *no))
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

static int dispatch(struct parse *p)
{
	struct ntr_cli *c = p->c;
	static const struct ntr_args none;
	int code;

	if (!p->verb && !p->version && !c->help) {
		(void)ntr_cli_usage("what shall be done? A first try: ntriage "
				    "analyze FILE; all verbs: ntriage help");
		return NTR_EXIT_BAD;
	}
	/* Several files give one line of JSON each; one gives a page. */
	ntr_out_init(&c->out, STDOUT_FILENO, c->json, p->args.n <= 1 ||
		     (p->verb && p->verb->max >= 0), want_color(p));
	if (p->version)
		code = ntr_verb_version.run(c, &none);
	else if (c->help)
		code = ntr_help(c, p->verb);
	else
		code = check_operands(p);
	if (!code && !p->version && !c->help)
		code = p->verb->run(c, &p->args);
	if (!ntr_out_flush(&c->out) && code != NTR_EXIT_BAD)
		code = ntr_cli_usage("standard output cannot be written");
	ntr_out_fini(&c->out);
	return code;
}

int ntr_cli_run(int argc, char **argv)
{
	struct ntr_cli c = { 0 };
	struct parse p = { .c = &c, .argc = argc, .argv = argv };
	int code;

	p.args.operand = calloc((size_t)argc + 1, sizeof(*p.args.operand));
	if (!p.args.operand)
		return ntr_cli_usage("out of memory");
	code = parse_words(&p);
	if (!code)
		code = dispatch(&p);
	free(p.args.operand);
	return code;
}
