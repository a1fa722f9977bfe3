// SPDX-License-Identifier: Apache-2.0
#include "cmd.h"
#include "door.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME 256u

struct want {
	const char *prefix, *module; /* in front of '!', or NULL */
	size_t len, n, max;
	ntr_complete_fn *fn;
	void *ctx;
};

/* False: enough. */
static bool offer(struct want *w, const char *word)
{
	if (w->n == w->max)
		return false;
	w->n++;
	w->fn(w->ctx, word);
	return w->n < w->max;
}

static void commands(struct want *w)
{
	char word[32];
	size_t n;

	for (size_t i = 0; i < ntr_ncmds; i++)
		for (const char *s = ntr_cmds[i]->names; *s; s += n) {
			s += *s == ' ';
			n = strcspn(s, " ");
			snprintf(word, sizeof(word), "%.*s", (int)n, s);
			if (!strncasecmp(word, w->prefix, w->len) &&
			    !offer(w, word))
				return;
		}
}

static void modules(struct want *w, const struct ntr_target *t)
{
	char word[NAME];

	for (size_t i = 0; i < t->modules.n; i++) {
		snprintf(word, sizeof(word), "%s!", t->modules.v[i].name);
		if (!strncasecmp(word, w->prefix, w->len) && !offer(w, word))
			return;
	}
}

static bool named(struct want *w, const char *name)
{
	char word[NAME];

	if (!name || strncasecmp(name, w->prefix, w->len) ||
	    strlen(name) > 180)
		return true;
	snprintf(word, sizeof(word), "%.64s!%.180s", w->module, name);
	return offer(w, word);
}

static bool symbol(void *ctx, const struct ntr_symbol *s)
{
	return named(ctx, s->name);
}

static bool type(void *ctx, const char *name, u64 id)
{
	(void)id;
	return named(ctx, name);
}

static bool symbols_of(void *ctx, struct ntr_symsrc *src, const char *module,
		       u64 base)
{
	struct want *w = ctx;

	(void)module;
	(void)base;
	(void)!ntr_symsrc_each(src, symbol, w, NULL);
	return w->n < w->max;
}

static bool types_of(void *ctx, struct ntr_symsrc *src, const char *module,
		     u64 base)
{
	struct want *w = ctx;

	(void)module;
	(void)base;
	(void)!ntr_symsrc_each_type(src, type, w, NULL);
	return w->n < w->max;
}

/* Where the word that is being typed begins. */
static size_t word_start(const char *line)
{
	size_t n = strlen(line);

	while (n && !strchr(" \t;()+-*/,", line[n - 1]))
		n--;
	return n;
}

static bool is_first(const char *line, size_t at)
{
	while (at && (line[at - 1] == ' ' || line[at - 1] == '\t'))
		at--;
	return !at || line[at - 1] == ';';
}

size_t ntr_complete(struct ntr_kd *k, const char *line, size_t max,
		    ntr_complete_fn *fn, void *ctx)
{
	size_t at = word_start(line);
	const char *word = line + at, *bang = strchr(word, '!');
	struct want w = { .prefix = word, .len = strlen(word), .max = max,
			  .fn = fn, .ctx = ctx };
	const char *last = strrchr(line, ';');
	bool types;
	char module[64];

	last = last ? last + 1 : line;
	types = !strncmp(last + strspn(last, " \t"), "dt ", 3);
	if (is_first(line, at)) {
		commands(&w);
	} else if (!bang) {
		modules(&w, k->t);
	} else {
		w.prefix = ntr_split_bang(word, module);
		w.module = module;
		w.len = strlen(w.prefix);
		ntr_sym_input_each(&k->in, module, types ? types_of :
				   symbols_of, &w);
	}
	return strlen(word);
}
