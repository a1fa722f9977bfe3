// SPDX-License-Identifier: Apache-2.0
#include "session.h"
#include "sym_check.h"
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_ONLY, OPT_RETRY, OPT_SYMCHK, OPT_TIMEOUT, OPT_WHERE };
static const struct ntr_opt opts[] = {
	[OPT_ONLY] = { "only", 0, "KIND", "manifest, fetch: pdb, image or dbg",
		       "pdb image dbg" },
	[OPT_RETRY] = { "retry", 0, NULL,
			"fetch: ask again for what a server did not have", NULL },
	[OPT_SYMCHK] = { "symchk", 0, NULL,
			 "manifest: lines NAME,KEY,1 as symchk writes them",
			 NULL },
	[OPT_TIMEOUT] = { "timeout", 0, "SECONDS",
			  "fetch: give a silent server up after SECONDS", NULL },
	[OPT_WHERE] = { "where", 0, NULL,
			"fetch: with every place that was looked at", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage sym fetch --symbols 'srv*~/symbols*"
	  "https://msdl.microsoft.com/download/symbols' MEMORY.DMP",
	  "get every image and PDB of the dump" },
	{ "ntriage sym manifest *.dmp | sort -u >wanted.txt",
	  "what to take to a machine with a network" },
	{ "ntriage sym list --symbols ~/symbols", "what is there" },
	{ "ntriage sym check tcpip.pdb", "what is this file, and is it whole?" },
};

/* --- gathering -------------------------------------------------------------------- */

static bool kept(const struct ntr_want *w, const char *only)
{
	return !only || !strcmp(only, ntr_want_text(w->kind));
}

/* The wants of every dump; code is the worst of opening them. */
static int gather(struct ntr_cli *c, const struct ntr_args *a,
		  struct ntr_wants *ws)
{
	int code = NTR_EXIT_OK;
	struct ntr_session s;

	for (int i = 1; i < a->n; i++) {
		int one = ntr_session_open(c, a->operand[i], &s);

		code = ntr_worse(code, one);
		if (one)
			continue;
		ntr_wants_of(ws, s.t);
		ntr_session_close(&s);
	}
	if (ws->lost)
		code = ntr_cli_usage("out of memory");
	return code;
}

static void out_want(struct ntr_out *o, const struct ntr_want *w)
{
	struct ntr_str place = { 0 };

	ntr_out_str(o, "kind", NULL, ntr_want_text(w->kind));
	ntr_out_str(o, "name", NULL, w->name);
	ntr_out_str(o, "key", NULL, w->key);
	ntr_out_str(o, "place", NULL, ntr_want_place(w, &place) ? place.s :
		    NULL);
	ntr_str_fini(&place);
}

/* --- manifest ------------------------------------------------------------------------ */

static void manifest_line(struct ntr_out *o, const struct ntr_want *w,
			  bool symchk)
{
	struct ntr_str place = { 0 };

	ntr_out_open(o, NULL);
	out_want(o, w);
	ntr_out_close(o);
	if (symchk)
		ntr_out_line(o, "%s,%s,1", w->name, w->key);
	else if (ntr_want_place(w, &place))
		ntr_out_line(o, "%s", place.s);
	ntr_str_fini(&place);
}

static int manifest(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_wants ws = { 0 };
	int code = gather(c, a, &ws);
	struct ntr_out *o = &c->out;
	size_t n = 0;

	if (!ws.n && code == NTR_EXIT_BAD) {
		ntr_wants_fini(&ws);
		return code;
	}
	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.sym.manifest/1");
	ntr_out_list(o, "files");
	for (size_t i = 0; i < ws.n; i++) {
		if (!kept(&ws.v[i], a->opt[OPT_ONLY]))
			continue;
		manifest_line(o, &ws.v[i], a->opt[OPT_SYMCHK]);
		n++;
	}
	ntr_out_list_end(o);
	if (ws.no_pdb && !c->json) {
		(void)ntr_out_flush(o);
		(void)ntr_cli_usage("%u modules have no debug record in the "
				    "dump; \"ntriage sym fetch\" learns their "
				    "PDBs from their images", ws.no_pdb);
	}
	ntr_out_uint(o, "modules_without_pdb", NULL, ws.no_pdb);
	ntr_out_uint(o, "names_refused", NULL, ws.refused);
	ntr_out_close(o);
	ntr_wants_fini(&ws);
	return ntr_worse(code, n ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN);
}

/* --- fetch ---------------------------------------------------------------------------- */

struct fetch {
	struct ntr_cli *c;
	struct ntr_store *store;
	struct ntr_wants ws;
	const char *only;
	bool where;
	unsigned there, missing;
};

/* A triage dump has no debug records: the image says which PDB it has. */
static void want_its_pdb(struct fetch *f, const char *path)
{
	struct ntr_pe_debug d;
	struct ntr_want w;
	struct ntr_file *file;
	struct ntr_pe pe;

	if (ntr_file_open(&file, path, NULL))
		return;
	if (!ntr_pe_open(&pe, &file->space, 0, false, NULL) &&
	    !ntr_pe_debug(&pe, &d, NULL) && !ntr_want_pdb(&w, &d, NULL))
		ntr_wants_add(&f->ws, &w);
	ntr_file_close(file);
}

static bool cancelled(enum ntr_st st)
{
	return st == NTR_IO;
}

/* The trail, a line for each place: always in JSON, in text when asked. */
static void out_trail(const struct fetch *f)
{
	struct ntr_out *o = &f->c->out;
	char *copy = strdup(ntr_store_trail(f->store)), *at = copy, *line;

	ntr_out_list(o, "places");
	while (at && (line = strsep(&at, "\n"))) {
		if (!*line)
			continue;
		ntr_out_str(o, NULL, NULL, line);
		if (f->where)
			ntr_out_para(o, "         ", "%s", line);
	}
	ntr_out_list_end(o);
	free(copy);
}

/* An image may be wanted only for the PDB that it names. */
static bool fetch_one(struct fetch *f, size_t i)
{
	struct ntr_want w = f->ws.v[i];
	struct ntr_err e = { "" };
	char *path = NULL;
	enum ntr_st st = ntr_store_find(f->store, &w, &path, &e);
	struct ntr_out *o = &f->c->out;

	ntr_cli_store_quiet(f->c);
	if (!st && w.kind == NTR_WANT_IMAGE)
		want_its_pdb(f, path);
	if (kept(&w, f->only)) {
		f->there += !st;
		f->missing += st != NTR_OK;
		ntr_out_open(o, NULL);
		out_want(o, &w);
		ntr_out_str(o, "path", NULL, path);
		ntr_out_str(o, "error", NULL, st ? e.msg : NULL);
		ntr_out_para(o, st ? "missing  " : "there    ", "%s",
			     st ? e.msg : path);
		out_trail(f);
		ntr_out_close(o);
		(void)ntr_out_flush(o);
	}
	free(path);
	return !cancelled(st);
}

static void fetch_all(struct fetch *f)
{
	struct ntr_out *o = &f->c->out;

	ntr_out_open(o, NULL);
	ntr_cli_schema(f->c, "ntriage.sym.fetch/1");
	ntr_out_list(o, "files");
	for (size_t i = 0; i < f->ws.n; i++)
		if (!fetch_one(f, i))
			break;
	ntr_out_list_end(o);
	ntr_out_line(o, "%s", "");
	ntr_out_uint(o, "there", "There", f->there);
	ntr_out_uint(o, "missing", "Missing", f->missing);
	ntr_out_uint(o, "fetched_bytes", "Bytes fetched",
		     ntr_store_fetched(f->store));
	ntr_out_close(o);
}

static int parse_timeout(const char *text, unsigned *out)
{
	u64 v;

	if (text && (!ntr_parse_size(text, &v) || !v || v > 3600))
		return ntr_cli_usage("--timeout wants seconds from 1 to 3600, "
				     "not \"%s\"", text);
	if (text)
		*out = (unsigned)v;
	return NTR_EXIT_OK;
}

static int fetch(struct ntr_cli *c, const struct ntr_args *a)
{
	struct fetch f = { .c = c, .only = a->opt[OPT_ONLY],
			   .where = a->opt[OPT_WHERE] };
	struct ntr_symbols_opts more = { .retry_missing = a->opt[OPT_RETRY] };
	int code = parse_timeout(a->opt[OPT_TIMEOUT], &more.timeout_s);

	if (!code)
		code = ntr_cli_store(c, &more, &f.store);
	if (code)
		return code;
	code = gather(c, a, &f.ws);
	if (f.ws.n || code != NTR_EXIT_BAD) {
		fetch_all(&f);
		if (f.missing || !f.there)
			code = ntr_worse(code, NTR_EXIT_UNKNOWN);
	}
	ntr_store_close(f.store);
	ntr_wants_fini(&f.ws);
	return code;
}

/* --- list ------------------------------------------------------------------------------ */

struct listing {
	struct ntr_out *o;
	u64 n, bytes;
};

static bool list_item(void *ctx, const struct ntr_store_item *it)
{
	struct listing *l = ctx;

	ntr_out_row(l->o);
	ntr_out_uint(l->o, "size", NULL, it->size);
	ntr_out_str(l->o, "name", NULL, it->name);
	ntr_out_str(l->o, "key", NULL, it->key);
	ntr_out_str(l->o, "path", NULL, it->path);
	ntr_out_row_end(l->o);
	l->n++;
	l->bytes += it->size;
	return true;
}

static int list(struct ntr_cli *c, const struct ntr_args *a)
{
	static const struct ntr_col cols[] = {
		{ "Size", 10 }, { "Name", -24 }, { "Key", -33 },
	};
	struct listing l = { .o = &c->out };
	struct ntr_store *s;
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code = ntr_cli_store(c, NULL, &s);

	(void)a;
	if (code)
		return code;
	ntr_out_open(l.o, NULL);
	ntr_cli_schema(c, "ntriage.sym.list/1");
	ntr_out_table(l.o, "files", cols, NTR_COUNT(cols));
	st = ntr_store_each(s, list_item, &l, &e);
	ntr_out_table_end(l.o);
	ntr_out_line(l.o, "%s", "");
	ntr_out_uint(l.o, "count", "Files", l.n);
	ntr_out_uint(l.o, "bytes", "Bytes", l.bytes);
	ntr_out_str(l.o, "more", "Not all", st ? e.msg : NULL);
	ntr_out_close(l.o);
	ntr_store_close(s);
	return l.n ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

/* --- the verb --------------------------------------------------------------------------- */

static int check(struct ntr_cli *c, const struct ntr_args *a)
{
	int code = NTR_EXIT_OK;

	for (int i = 1; i < a->n; i++) {
		if (i > 1)
			ntr_out_line(&c->out, "%s", "");
		code = ntr_worse(code, ntr_sym_check(c, a->operand[i]));
	}
	return code;
}

static const struct {
	const char *word, *operands;
	int min, max; /* operands behind the word; -1 any number */
	int (*run)(struct ntr_cli *c, const struct ntr_args *a);
} words[] = {
	{ "check", "FILE...", 1, -1, check },
	{ "fetch", "DUMP...", 1, -1, fetch },
	{ "list", "", 0, 0, list },
	{ "manifest", "DUMP...", 1, -1, manifest },
};

static int check_only(const char *only)
{
	if (only && strcmp(only, "pdb") && strcmp(only, "image") &&
	    strcmp(only, "dbg"))
		return ntr_cli_usage("--only wants pdb, image or dbg, not "
				     "\"%s\"", only);
	return NTR_EXIT_OK;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	int code = check_only(a->opt[OPT_ONLY]);

	if (code)
		return code;
	for (size_t i = 0; i < NTR_COUNT(words); i++) {
		if (strcmp(a->operand[0], words[i].word))
			continue;
		if (a->n - 1 < words[i].min ||
		    (words[i].max >= 0 && a->n - 1 > words[i].max))
			return ntr_cli_usage("usage: ntriage sym %s%s%s",
					     words[i].word,
					     *words[i].operands ? " " : "",
					     words[i].operands);
		return words[i].run(c, a);
	}
	return ntr_cli_usage("sym: \"%s\" is none of check, fetch, list, "
			     "manifest", a->operand[0]);
}

const struct ntr_verb ntr_verb_sym = {
	.name = "sym",
	.summary = "symbols: what is needed, get it, what is there",
	.operands = "manifest|fetch|list|check [FILE...]",
	.help = "manifest DUMP...: everything the modules of the dumps need, "
		"one a line: NAME/KEY/NAME, which is the place in a symbol "
		"store and behind the URL of a symbol server. --symchk writes "
		"NAME,KEY,1, the manifest of symchk /im.\n\n"
		"fetch DUMP...: gets them along the symbol path into its "
		"caches; what an image says of its PDB is followed. Exit code "
		"0 all is there, 1 some are missing, 2 not a dump.\n\n"
		"list: what the folders, stores and caches of the path "
		"hold.\n\n"
		"check FILE...: what a symbol file or image is, its key, and "
		"how much it holds; or where it is damaged (exit code 1, or 2 "
		"when it cannot be used at all).\n\n"
		"The path is that of --symbols or _NT_SYMBOL_PATH: folders and "
		"srv*CACHE*URL, parted by semicolons. docs/symbols.md has it "
		"all. Files without a cache of their own go to "
		"$XDG_CACHE_HOME/ntriage/symbols or ~/.cache/ntriage/symbols.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1, .words = "check fetch list manifest",
	.run = run,
};
