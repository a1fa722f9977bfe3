// SPDX-License-Identifier: Apache-2.0
#include "../forge/forge.h"
#include "base/nearest.h"
#include "cli.h"

#include <string.h>
#include <unistd.h>

enum { OPT_CONTAINER, OPT_IMAGES, OPT_LIST, OPT_OUTPUT, OPT_SYMBOLS };
static const struct ntr_opt opts[] = {
	[OPT_CONTAINER] = { "container", 'c', "KIND",
			    "write this kind instead of the scenario's own",
			    NULL },
	[OPT_IMAGES] = { "images-to", 0, "DIR",
			 "write the modules themselves into a store at DIR",
			 NULL },
	[OPT_LIST] = { "list", 'l', NULL,
		       "list the containers and the machine profiles", NULL },
	[OPT_OUTPUT] = { "output", 'o', "FILE", "the dump to write", NULL },
	[OPT_SYMBOLS] = { "symbols-to", 0, "DIR",
			  "write the modules' symbols into a store at DIR",
			  NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage forge tests/fixtures/nt351-double-fault.forge -o demo.dmp",
	  "a dump of the machine that the scenario describes" },
	{ "ntriage forge --list", "what can be forged" },
};

typedef const char *name_fn(size_t i, const char **descr);

static void list(struct ntr_out *o, const char *key, const char *title,
		 name_fn *name)
{
	const char *descr = "", *n;

	ntr_out_line(o, "%s", title);
	ntr_out_list(o, key);
	for (size_t i = 0; (n = name(i, &descr)); i++) {
		ntr_out_open(o, NULL);
		ntr_out_str(o, "name", NULL, n);
		ntr_out_str(o, "description", NULL, descr);
		ntr_out_close(o);
		ntr_out_line(o, "  %-20s %s", n, descr);
	}
	ntr_out_list_end(o);
}

static int list_all(struct ntr_cli *c)
{
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.forge/1");
	list(&c->out, "containers", "Containers", forge_container_name);
	list(&c->out, "profiles", "Machine profiles", forge_profile_name);
	ntr_out_close(&c->out);
	return NTR_EXIT_OK;
}

/* The scenario's line with a caret says all there is to say. */
static void show_diag(const struct ntr_str *diag)
{
	struct ntr_out err;

	ntr_out_init(&err, STDERR_FILENO, false, false, false);
	ntr_out_print(&err, "%s", ntr_str_text(diag));
	(void)ntr_out_flush(&err);
	ntr_out_fini(&err);
}

static int forge(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_str diag = { 0 };
	struct ntr_err e = { "" };
	int code = NTR_EXIT_OK;
	enum ntr_st st;

	st = forge_file(a->operand[0], a->opt[OPT_OUTPUT],
			a->opt[OPT_CONTAINER], &diag, &e);
	if (!st && (a->opt[OPT_SYMBOLS] || a->opt[OPT_IMAGES]))
		st = forge_symbols(a->operand[0], a->opt[OPT_SYMBOLS],
				   a->opt[OPT_IMAGES], &diag, &e);
	if (st && diag.len && !c->json) {
		show_diag(&diag);
		code = NTR_EXIT_BAD;
	} else if (st) {
		code = ntr_cli_error(c, a->operand[0], st, &e);
	}
	ntr_str_fini(&diag);
	return code;
}

static int unknown_container(const char *name)
{
	const char *best = NULL, *n;

	for (size_t i = 0; (n = forge_container_name(i, NULL)); i++) {
		if (!strcmp(n, name))
			return NTR_EXIT_OK;
		ntr_nearest_try(name, n, &best);
	}
	if (best)
		return ntr_cli_usage("forge: there is no container \"%s\"; did "
				     "you mean \"%s\"?", name, best);
	return ntr_cli_usage("forge: there is no container \"%s\"; see "
			     "\"ntriage forge --list\"", name);
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	if (a->opt[OPT_LIST])
		return list_all(c);
	if (!a->n || !a->opt[OPT_OUTPUT])
		return ntr_cli_usage("forge: wants a scenario and -o FILE; "
				     "see \"ntriage help forge\"");
	if (a->opt[OPT_CONTAINER] && unknown_container(a->opt[OPT_CONTAINER]))
		return NTR_EXIT_BAD;
	return forge(c, a);
}

const struct ntr_verb ntr_verb_forge = {
	.name = "forge",
	.summary = "build a dump from a text scenario",
	.operands = "SCENARIO -o FILE",
	.help = "Builds the memory of the machine that a scenario describes "
		"and writes it as a dump of any container kind. The same text "
		"always gives the same bytes. docs/forge.md describes the "
		"language.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 0, .max = 1, .run = run,
};
