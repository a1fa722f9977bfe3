// SPDX-License-Identifier: Apache-2.0
#include "symbols.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before Windows XP, symbols of the system's own images were .dbg files. */
#define LAST_DBG_BUILD 2195u

#define WIPE "\r\033[K"

static bool show_progress(void *ctx, const char *name, u64 done, u64 total)
{
	char line[100], clean[48];
	struct ntr_cli *c = ctx;
	const double mb = 1024.0 * 1024.0;
	int n;
	ssize_t w;

	c->progress_shown = true;
	ntr_ascii_clean(clean, sizeof(clean), name, strlen(name));
	if (total)
		n = snprintf(line, sizeof(line), WIPE "%s %.1f of %.1f MiB",
			     clean, (double)done / mb, (double)total / mb);
	else
		n = snprintf(line, sizeof(line), WIPE "%s %.1f MiB", clean,
			     (double)done / mb);
	w = write(STDERR_FILENO, line, (size_t)n);
	(void)w;
	return !ntr_cli_stopped(c);
}

static bool shows_progress(const struct ntr_cli *c)
{
	return !c->quiet && isatty(STDERR_FILENO);
}

void ntr_cli_store_quiet(struct ntr_cli *c)
{
	ssize_t w;

	if (!c->progress_shown)
		return;
	c->progress_shown = false;
	w = write(STDERR_FILENO, WIPE, sizeof(WIPE) - 1);
	(void)w;
}

/* XDG Base Directory: a relative XDG_CACHE_HOME is to be ignored. */
void ntr_cli_symbol_cache(struct ntr_str *out)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && *xdg == '/')
		ntr_str_printf(out, "%s/ntriage/symbols", xdg);
	else if (home && *home == '/')
		ntr_str_printf(out, "%s/.cache/ntriage/symbols", home);
}

int ntr_cli_store(struct ntr_cli *c, const struct ntr_symbols_opts *more,
		  struct ntr_store **out)
{
	struct ntr_store_opts o = { .offline = c->offline,
				    .home = getenv("HOME") };
	const char *path = c->symbols ? c->symbols :
				       getenv("_NT_SYMBOL_PATH");
	struct ntr_str cache = { 0 };
	struct ntr_err e = { "" };
	enum ntr_st st;

	if (more) {
		o.retry_missing = more->retry_missing;
		o.timeout_s = more->timeout_s;
	}
	ntr_cli_symbol_cache(&cache);
	o.default_cache = ntr_str_text(&cache);
	if (shows_progress(c)) {
		o.progress = show_progress;
		o.ctx = c;
	}
	st = ntr_store_open(out, path, &o, &e);
	ntr_str_fini(&cache);
	return st ? ntr_cli_usage("%s", e.msg) : NTR_EXIT_OK;
}

int ntr_cli_store_if_any(struct ntr_cli *c, struct ntr_store **out)
{
	struct ntr_str cache = { 0 };
	bool any = c->symbols || getenv("_NT_SYMBOL_PATH");

	ntr_cli_symbol_cache(&cache);
	any |= *ntr_str_text(&cache) && !access(ntr_str_text(&cache), R_OK);
	ntr_str_fini(&cache);
	*out = NULL;
	return any ? ntr_cli_store(c, NULL, out) : NTR_EXIT_OK;
}

/* --- what modules need ------------------------------------------------------------ */

void ntr_wants_add(struct ntr_wants *ws, const struct ntr_want *w)
{
	struct ntr_want *added;

	for (size_t i = 0; i < ws->n; i++)
		if (ws->v[i].kind == w->kind &&
		    !ntr_strcasecmp(ws->v[i].name, w->name) &&
		    !ntr_strcasecmp(ws->v[i].key, w->key))
			return;
	added = ntr_vec_add(ws);
	if (added)
		*added = *w;
	else
		ws->lost = true;
}

void ntr_wants_fini(struct ntr_wants *ws)
{
	ntr_vec_fini(ws);
}

static void add_or_count(struct ntr_wants *ws, enum ntr_st st,
			 const struct ntr_want *w)
{
	if (st)
		ws->refused++;
	else
		ntr_wants_add(ws, w);
}

static void wants_of_module(struct ntr_wants *ws, const struct ntr_target *t,
			    const struct ntr_module *m)
{
	u64 size = m->pe ? m->pe->size : m->size;
	u32 stamp = m->pe ? m->pe->timestamp : m->timestamp;
	bool named = stamp && size && size <= UINT32_MAX && m->image &&
		     !m->nameless;
	struct ntr_want w;

	if (named)
		add_or_count(ws, ntr_want_image(&w, m->image, stamp, (u32)size,
						NULL), &w);
	if (m->has_debug)
		add_or_count(ws, ntr_want_pdb(&w, &m->debug, NULL), &w);
	else if (t->build && t->build <= LAST_DBG_BUILD && named)
		add_or_count(ws, ntr_want_dbg(&w, m->image, stamp, (u32)size,
					      m->checksum, NULL), &w);
	else
		ws->no_pdb++;
}

void ntr_wants_of(struct ntr_wants *ws, struct ntr_target *t)
{
	for (size_t i = 0; i < t->modules.n; i++) {
		(void)ntr_module_load(t, &t->modules.v[i]);
		wants_of_module(ws, t, &t->modules.v[i]);
	}
}
