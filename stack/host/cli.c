// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include "words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cli_global[CLI_GLOBAL] = {
	{ "help", NULL, "how to use refstack or a command (-h)",
	  .kind = CLI_SWITCH },
	{ "version", NULL, "print the version", .kind = CLI_SWITCH },
};

struct parse {
	const struct cli_command *c;
	u8 *mine;                    /* what the options fill */
	char **operand;
	int n;
	bool help, only_operands;
};

int cli_bad(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "refstack: %s\n", text);
	return CLI_BAD;
}

/* --- values --------------------------------------------------------------------------- */

static int bad_value(const struct cli_option *o, const char *v)
{
	char why[600];

	if (o->kind == CLI_WORD) {
		words_unknown(why, sizeof(why), o->name, o->words, v);
		return cli_bad("%s", why);
	}
	if (o->kind == CLI_TEXTS)
		return cli_bad("--%s may be given %llu times", o->name,
			       (unsigned long long)o->max);
	return cli_bad("--%s wants a number from %llu to %llu, not \"%s\"",
		       o->name, (unsigned long long)o->min,
		       (unsigned long long)o->max, v);
}

static bool put_text(const struct cli_option *o, const char **to, const char *v)
{
	u64 n = 0;

	while (n < o->max && to[n])
		n++;
	if (n < o->max)
		to[n] = v;
	return n < o->max;
}

static int put(const struct cli_option *o, u8 *mine, const char *v)
{
	void *to = mine + o->at;
	u64 n = 0;
	int word;

	switch (o->kind) {
	case CLI_SWITCH:
		*(bool *)to = true;
		return 0;
	case CLI_TEXT:
		*(const char **)to = v;
		return 0;
	case CLI_TEXTS:
		return put_text(o, to, v) ? 0 : bad_value(o, v);
	case CLI_WORD:
		word = words_find(o->words, v);
		if (word < 0)
			return bad_value(o, v);
		*(u32 *)to = (u32)word;
		return 0;
	default:
		if (!words_number(v, &n) || n < o->min || n > o->max)
			return bad_value(o, v);
		if (o->kind == CLI_U32)
			*(u32 *)to = (u32)n;
		else
			*(u64 *)to = n;
		return 0;
	}
}

/* --- words ---------------------------------------------------------------------------- */

static int unknown(const struct parse *p, const char *name)
{
	char list[600] = "--help", why[800], one[64];

	for (size_t i = 0; i < p->c->noptions; i++) {
		snprintf(one, sizeof(one), "--%s", p->c->options[i].name);
		words_add(list, sizeof(list), one);
	}
	words_unknown(why, sizeof(why), "option", list, name);
	return cli_bad("%s: %s", p->c->name, why);
}

/* w: "--name", "--name=value"; next: what follows. How many words it took. */
static int take_option(struct parse *p, const char *w, const char *next)
{
	const struct cli_option *o = NULL;
	size_t n = strcspn(w, "=");

	if (!strcmp(w, "-h") || !strcmp(w, "--help")) {
		p->help = true;
		return 1;
	}
	for (size_t i = 0; i < p->c->noptions && !o; i++)
		if (w[1] == '-' && strlen(p->c->options[i].name) == n - 2 &&
		    !strncmp(p->c->options[i].name, w + 2, n - 2))
			o = &p->c->options[i];
	if (!o)
		return -unknown(p, w);
	if (!o->arg)
		return w[n] ? -cli_bad("--%s takes no value", o->name) :
			      put(o, p->mine, "") + 1;
	if (!w[n] && !next)
		return -cli_bad("--%s wants %s", o->name, o->arg);
	if (put(o, p->mine, w[n] ? w + n + 1 : next))
		return -CLI_BAD;
	return w[n] ? 1 : 2;
}

static int parse_words(struct parse *p, int argc, char **argv)
{
	for (int i = 0, k; i < argc; i += k) {
		k = 1;
		if (p->only_operands || argv[i][0] != '-' || !argv[i][1])
			p->operand[p->n++] = argv[i];
		else if (!strcmp(argv[i], "--"))
			p->only_operands = true;
		else
			k = take_option(p, argv[i],
					i + 1 < argc ? argv[i + 1] : NULL);
		if (k < 0)
			return CLI_BAD;
	}
	return 0;
}

static int check_operands(const struct parse *p)
{
	const struct cli_command *c = p->c;

	if (p->n < c->min)
		return cli_bad("%s: operands missing; usage: refstack %s %s",
			       c->name, c->name, c->operands);
	if (c->max >= 0 && p->n > c->max)
		return cli_bad("%s: too many operands (from \"%s\" on); usage: "
			       "refstack %s %s", c->name, p->operand[c->max],
			       c->name, c->operands);
	return 0;
}

/* --- a command --------------------------------------------------------------------------- */

static int dispatch(struct parse *p, int argc, char **argv)
{
	int st = 0;

	for (size_t i = 0; i < p->c->noptions && !st; i++)
		if (p->c->options[i].def && p->c->options[i].kind != CLI_TEXTS)
			st = put(&p->c->options[i], p->mine,
				 p->c->options[i].def);
	if (!st)
		st = parse_words(p, argc, argv);
	if (st)
		return st;
	if (p->help) {
		cli_help(p->c);
		return CLI_OK;
	}
	st = check_operands(p);
	return st ? st : p->c->run(p->mine, p->n, p->operand);
}

int cli_run(int argc, char **argv)
{
	const char *w = argc > 1 ? argv[1] : "";
	struct parse p = { 0 };
	int st = CLI_OK;

	if (argc < 2)
		return cli_bad("what shall be done? \"refstack help\" lists "
			       "the commands");
	if (!strcmp(w, "--version")) {
		printf("refstack " NTR_VERSION "\n");
	} else if (!strcmp(w, "-h") || !strcmp(w, "--help")) {
		cli_help(NULL);
	} else {
		p.c = cli_find(w);
		if (!p.c)
			return CLI_BAD;
		p.mine = calloc(1, p.c->size + 1);
		p.operand = calloc((size_t)argc, sizeof(*p.operand));
		st = p.mine && p.operand ? dispatch(&p, argc - 2, argv + 2) :
					   cli_bad("out of memory");
		free(p.operand);
		free(p.mine);
	}
	if (fflush(stdout) || ferror(stdout))
		return cli_bad("standard output cannot be written");
	return st;
}
