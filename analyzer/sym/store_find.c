// SPDX-License-Identifier: Apache-2.0
/* The way along the path.  Windows compares file names without case, so every
 * component is looked for as it is and then in any spelling. */
#include "store_int.h"

#include "../base/text.h"
#include "../fmt/archive.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LEFT (NTR_SYMPATH_TOKENS + 2u)

/* --- opening ------------------------------------------------------------------------ */

static enum ntr_st copy_opts(struct ntr_store *s, struct ntr_err *e)
{
	struct ntr_store_opts *o = &s->opts;

	if (!o->timeout_s)
		o->timeout_s = NTR_STORE_TIMEOUT;
	if (!o->max_size)
		o->max_size = NTR_SYMSRC_MAX;
	o->home = NULL; /* done with */
	if (o->default_cache && !*o->default_cache)
		o->default_cache = NULL;
	if (!o->default_cache)
		return NTR_OK;
	o->default_cache = ntr_arena_strdup(&s->path.arena, o->default_cache);
	return o->default_cache ? NTR_OK :
				  ntr_fail(e, NTR_NOMEM, "out of memory");
}

enum ntr_st ntr_store_open(struct ntr_store **out, const char *path,
			   const struct ntr_store_opts *opts,
			   struct ntr_err *e)
{
	struct ntr_store *s = calloc(1, sizeof(*s));
	enum ntr_st st;

	if (!s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (opts)
		s->opts = *opts;
	st = ntr_sympath_parse(&s->path, path ? path : "", s->opts.home, e);
	if (!st)
		st = copy_opts(s, e);
	if (st)
		ntr_store_close(s);
	else
		*out = s;
	return st;
}

void ntr_store_close(struct ntr_store *s)
{
	if (!s)
		return;
	ntr_http_free(s->http);
	ntr_sympath_fini(&s->path);
	ntr_str_fini(&s->trail);
	free(s);
}

const char *ntr_store_trail(const struct ntr_store *s)
{
	return ntr_str_text(&s->trail);
}

u64 ntr_store_fetched(const struct ntr_store *s)
{
	return s->fetched;
}

static void note(struct ntr_store *s, enum ntr_telling t, const char *fmt,
		 ...) NTR_PRINTF(3, 4);

static void note(struct ntr_store *s, enum ntr_telling t, const char *fmt,
		 ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ntr_str_printf(&s->trail, "%s\n", line);
	s->places++;
	if (t <= s->telling)
		return;
	s->telling = t;
	ntr_err_set(&s->told, "%s", line);
}

/* --- folders ------------------------------------------------------------------------ */

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* Append the entry of the folder *at that is name in any case. */
static bool step(struct ntr_str *at, const char *name)
{
	size_t len = at->len;
	struct dirent *d;
	DIR *dir;
	bool found = false;

	ntr_str_printf(at, "/%s", name);
	if (at->lost)
		return false;
	if (exists(at->s))
		return true;
	at->s[at->len = len] = 0;
	dir = opendir(len ? at->s : "/");
	while (dir && !found && (d = readdir(dir)))
		if (!ntr_strcasecmp(d->d_name, name)) {
			ntr_str_printf(at, "/%s", d->d_name);
			found = true;
		}
	if (dir)
		closedir(dir);
	return found && !at->lost;
}

/* root/rel, every component of rel in any case. */
static bool find_icase(const char *root, const char *rel, struct ntr_str *out)
{
	char part[NTR_FORM_REL];

	ntr_str_clear(out);
	ntr_str_add(out, root);
	while (*rel) {
		size_t n = strcspn(rel, "/");

		memcpy(part, rel, n);
		part[n] = 0;
		if (!step(out, part))
			return false;
		rel += n + (rel[n] == '/');
	}
	return true;
}

static enum ntr_st take(struct ntr_store *s, const struct ntr_want *w,
			const char *path, char **out)
{
	struct ntr_err why = { "" };
	struct stat file;
	enum ntr_st st;

	if (!stat(path, &file) && S_ISDIR(file.st_mode))
		return NTR_ABSENT; /* NAME/KEY/NAME begins with a folder */
	st = ntr_want_check(w, path, &why);
	if (st) {
		note(s, NTR_TELL_REFUSED, "%s: refused: %s", path,
		     why.msg);
		return NTR_ABSENT;
	}
	*out = strdup(path);
	return *out ? NTR_OK : NTR_NOMEM;
}

/* A file.ptr of a local store may lead anywhere on this machine. */
static enum ntr_st take_ptr(struct ntr_store *s, const struct ntr_want *w,
			    const char *path, char **out)
{
	u8 text[NTR_FILE_PTR_MAX];
	struct ntr_file_ptr *ptr;
	struct ntr_str to = { 0 };
	struct ntr_err why = { "" };
	struct ntr_file *f;
	enum ntr_st st = ntr_file_open(&f, path, &why);
	size_t n = 0;

	if (!st) {
		n = ntr_file_read_some(f, 0, text, sizeof(text));
		ntr_file_close(f);
	}
	ptr = malloc(sizeof(*ptr));
	if (!ptr)
		return NTR_NOMEM;
	if (!st)
		st = ntr_file_ptr_parse(ptr, text, n, &why);
	if (st) {
		note(s, NTR_TELL_REFUSED, "%s: %s", path, why.msg);
	} else if (ptr->refusal) {
		note(s, NTR_TELL_REFUSED, "%s: says: %s", path,
		     ptr->text);
	} else if (ntr_symtok_kind(ptr->text) != NTR_SYMTOK_LOCAL) {
		note(s, NTR_TELL_REFUSED, "%s: points to %s, which "
		     "is not followed", path, ptr->text);
	} else {
		if (ptr->text[0] != '/')
			ntr_str_addn(&to, path, (size_t)(strrchr(path, '/') -
							 path) + 1);
		ntr_str_add(&to, ptr->text);
		st = take(s, w, ntr_str_text(&to), out);
		ntr_str_fini(&to);
		free(ptr);
		return st;
	}
	free(ptr);
	return NTR_ABSENT;
}

/* What is packed in a store was perhaps unpacked before: keep(). */
static enum ntr_st take_unpacked(struct ntr_store *s, const struct ntr_want *w,
				 const char *packed, char **out)
{
	struct ntr_form f[NTR_FORMS];
	struct ntr_str path = { 0 };
	size_t n = strlen(packed);
	enum ntr_st st = NTR_ABSENT;

	if (!s->opts.default_cache || !ntr_want_url_forms(w, f) || n < 4 ||
	    (packed[n - 1] != '_' && strcmp(packed + n - 3, ".xz") != 0 &&
	     strcmp(packed + n - 3, ".gz") != 0))
		return NTR_ABSENT;
	ntr_str_printf(&path, "%s/%s", s->opts.default_cache, f[0].dest);
	if (path.s && exists(path.s))
		st = take(s, w, path.s, out);
	ntr_str_fini(&path);
	return st;
}

/* The forms below root/prefix; *seen: something was there, if a wrong one. */
static enum ntr_st try_forms(struct ntr_store *s, const char *root,
			     const char *prefix, const struct ntr_form *f,
			     unsigned n, const struct ntr_want *w, bool *seen,
			     char **out)
{
	struct ntr_str path = { 0 };
	enum ntr_st st = NTR_ABSENT;
	char rel[NTR_FORM_REL + 8];

	for (unsigned i = 0; i < n && st == NTR_ABSENT; i++) {
		snprintf(rel, sizeof(rel), "%s%s", prefix, f[i].rel);
		if (!find_icase(root, rel, &path))
			continue;
		*seen = true;
		st = take_unpacked(s, w, path.s, out);
		if (st == NTR_ABSENT)
			st = (f[i].ptr ? take_ptr : take)(s, w, path.s, out);
	}
	ntr_str_fini(&path);
	return st;
}

/* A store (also one of two tiers), and, with plain, a folder of files. */
static enum ntr_st find_in(struct ntr_store *s, const char *root, bool plain,
			   const struct ntr_want *w, char **out)
{
	struct ntr_form f[NTR_FORMS];
	char tier[8];
	bool seen = false;
	unsigned n = ntr_want_store_forms(w, f);
	enum ntr_st st = try_forms(s, root, "", f, n, w, &seen, out);

	if (st == NTR_ABSENT && *w->name) {
		snprintf(tier, sizeof(tier), "%.2s/", w->name);
		st = try_forms(s, root, tier, f, n, w, &seen, out);
	}
	if (st == NTR_ABSENT && plain) {
		n = ntr_want_dir_forms(w, f);
		st = try_forms(s, root, "", f, n, w, &seen, out);
	}
	if (st == NTR_ABSENT && !seen)
		note(s, NTR_TELL_NOTHING, "%s: %s", root,
		     exists(root) ? "not there" : "no such folder");
	return st;
}

/* --- into the caches on the left ------------------------------------------------------- */

/* The stores that keep what is found to their right, leftmost first. */
struct left {
	const char *root[MAX_LEFT];
	unsigned n;
};

static void add_left(struct left *l, const char *root)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!strcmp(l->root[i], root))
			return;
	if (l->n < MAX_LEFT)
		l->root[l->n++] = root;
}

static enum ntr_st keep_in(struct ntr_store *s, struct ntr_file *f,
			   const char *root, const struct ntr_want *w,
			   char **out)
{
	struct ntr_form form[NTR_FORMS];
	struct ntr_err why = { "" };
	enum ntr_st st;

	if (!ntr_want_url_forms(w, form))
		return NTR_ABSENT; /* it has no place in a store */
	st = ntr_cache_put(s, f, root, form[0].dest, w, out, &why);
	if (st)
		note(s, NTR_TELL_NOTHING, "%s: cannot keep it: %s",
		     root, why.msg);
	return st;
}

static bool lies_in(const char *path, const char *root)
{
	size_t n = strlen(root);

	return !strncmp(path, root, n) && path[n] == '/';
}

/* Copy what is at *path into every store of l; the leftmost that took it is
 * where it is used from. One that is not packed and has no store to its left
 * stays where it is. */
static enum ntr_st keep(struct ntr_store *s, const struct left *l,
			const struct ntr_want *w, char **path)
{
	struct ntr_file *f, *inner;
	char *first = NULL, *copy = NULL;
	enum ntr_st st = ntr_file_open(&f, *path, NULL);
	bool packed;

	if (st)
		return NTR_OK;
	st = ntr_archive_first(f, s->opts.max_size, &inner, NULL);
	packed = st == NTR_OK;
	if (packed) {
		ntr_file_close(f);
		f = inner;
	}
	for (unsigned i = 0; i < l->n && !s->cancelled; i++) {
		if (lies_in(*path, l->root[i]) && !packed)
			copy = strdup(*path);
		else if (keep_in(s, f, l->root[i], w, &copy))
			continue;
		if (first || !copy)
			free(copy);
		else
			first = copy;
	}
	if (!first && packed && s->opts.default_cache)
		(void)keep_in(s, f, s->opts.default_cache, w, &first);
	ntr_file_close(f);
	if (first) {
		free(*path);
		*path = first;
	}
	return s->cancelled ? NTR_IO : NTR_OK;
}

/* --- servers ---------------------------------------------------------------------------- */

static void note_url(struct ntr_store *s, const char *base, const char *why,
		     const struct ntr_want *w)
{
	struct ntr_str url = { 0 }, rel = { 0 };

	ntr_str_printf(&url, "%s/", base);
	if (ntr_want_place(w, &rel)) {
		ntr_url_escape(&url, rel.s);
		note(s, NTR_TELL_URL, "%s %s", why,
		     ntr_str_text(&url));
	}
	ntr_str_fini(&rel);
	ntr_str_fini(&url);
}

/* The first cache that lets itself be written. */
static const char *writable(struct ntr_store *s, const struct left *l,
			    const struct ntr_want *w)
{
	struct ntr_form f[NTR_FORMS];
	struct left all = *l;
	struct ntr_str path = { 0 };
	struct ntr_err why = { "" };
	const char *root = NULL;

	if (!ntr_want_url_forms(w, f))
		return NULL;
	if (s->opts.default_cache)
		add_left(&all, s->opts.default_cache);
	for (unsigned i = 0; i < all.n && !root; i++) {
		if (ntr_cache_path(all.root[i], f[0].dest, &path, &why)) {
			note(s, NTR_TELL_SERVER, "%s: cannot be "
			     "written: %s", all.root[i], why.msg);
			continue;
		}
		*strrchr(path.s, '/') = 0;
		if (!access(path.s, W_OK | X_OK))
			root = all.root[i];
		else
			note(s, NTR_TELL_SERVER, "%s: cannot be "
			     "written", path.s);
	}
	ntr_str_fini(&path);
	return root;
}

static enum ntr_st ask_server(struct ntr_store *s, const char *base,
			      const struct left *l, const struct ntr_want *w,
			      char **out)
{
	struct ntr_err why = { "" };
	const char *root;
	enum ntr_st st;

	if (!*w->key)
		return NTR_ABSENT;
	if (s->opts.offline) {
		note_url(s, base, "offline; to be fetched:", w);
		return NTR_ABSENT;
	}
	root = writable(s, l, w);
	if (!root) {
		note_url(s, base, "no cache to keep it in:", w);
		return NTR_ABSENT;
	}
	if (!l->n) { /* the default cache, which nobody has looked at yet */
		st = find_in(s, root, false, w, out);
		if (st != NTR_ABSENT)
			return st;
	}
	st = ntr_store_fetch(s, root, base, w, out, &why);
	if (!st || st == NTR_NOMEM || s->cancelled)
		return st;
	note(s, st == NTR_ABSENT ? NTR_TELL_NOTHING :
	     st == NTR_BAD ? NTR_TELL_REFUSED : NTR_TELL_SERVER,
	     "%s: %s%s", base, st == NTR_BAD ? "refused: " : "",
	     why.msg);
	return NTR_ABSENT;
}

/* --- the path ------------------------------------------------------------------------------ */

static const char *local_root(const struct ntr_store *s,
			      const struct ntr_symtok *t)
{
	if (t->kind == NTR_SYMTOK_LOCAL)
		return t->text;
	return t->kind == NTR_SYMTOK_DEFAULT ? s->opts.default_cache : NULL;
}

static enum ntr_st find_token(struct ntr_store *s, const struct ntr_symtok *t,
			      bool plain, const struct left *l,
			      const struct ntr_want *w, char **out)
{
	const char *root = local_root(s, t);

	if (root)
		return find_in(s, root, plain, w, out);
	switch (t->kind) {
	case NTR_SYMTOK_URL:
		return ask_server(s, t->text, l, w, out);
	case NTR_SYMTOK_WINDOWS:
		note(s, NTR_TELL_NOTHING, "%s: a path of Windows, "
		     "of no use here", t->text);
		break;
	case NTR_SYMTOK_SCHEME:
		note(s, NTR_TELL_NOTHING, "%s: neither http:// nor "
		     "https://, not asked", t->text);
		break;
	case NTR_SYMTOK_DEFAULT:
	case NTR_SYMTOK_LOCAL:
		break;
	}
	return NTR_ABSENT;
}

static enum ntr_st find_elem(struct ntr_store *s, const struct ntr_symelem *el,
			     const char *cache, const struct ntr_want *w,
			     char **out)
{
	struct left l = { .n = 0 };
	enum ntr_st st = NTR_ABSENT;

	if (cache)
		add_left(&l, cache);
	for (unsigned i = 0; i < el->n; i++) {
		st = find_token(s, &el->tok[i], el->kind == NTR_SYMELEM_DIR,
				&l, w, out);
		if (st != NTR_ABSENT)
			break;
		if (local_root(s, &el->tok[i]))
			add_left(&l, local_root(s, &el->tok[i]));
	}
	return st ? st : keep(s, &l, w, out);
}

static bool default_was_asked(const struct ntr_store *s)
{
	for (size_t i = 0; i < s->path.elems.n; i++)
		for (unsigned k = 0; k < s->path.elems.v[i].n; k++) {
			const char *r = local_root(s,
						   &s->path.elems.v[i].tok[k]);

			if (r && !strcmp(r, s->opts.default_cache))
				return true;
		}
	return false;
}

static enum ntr_st find_along(struct ntr_store *s, const struct ntr_want *w,
			      char **out)
{
	const struct left none = { .n = 0 };
	const char *cache = NULL;
	enum ntr_st st = NTR_ABSENT;

	for (size_t i = 0; i < s->path.elems.n && st == NTR_ABSENT; i++) {
		const struct ntr_symelem *el = &s->path.elems.v[i];

		st = find_elem(s, el, cache, w, out);
		if (el->kind == NTR_SYMELEM_CACHE &&
		    local_root(s, &el->tok[0]))
			cache = local_root(s, &el->tok[0]);
	}
	if (st != NTR_ABSENT || !s->opts.default_cache || default_was_asked(s))
		return st;
	st = find_in(s, s->opts.default_cache, false, w, out);
	return st ? st : keep(s, &none, w, out);
}

static bool has_url(const struct ntr_sympath *p)
{
	for (size_t i = 0; i < p->elems.n; i++)
		for (unsigned k = 0; k < p->elems.v[i].n; k++)
			if (p->elems.v[i].tok[k].kind == NTR_SYMTOK_URL)
				return true;
	return false;
}

static enum ntr_st not_found(struct ntr_store *s, const struct ntr_want *w,
			     struct ntr_err *e)
{
	char title[NTR_WANT_NAME + NTR_WANT_KEY + 2];
	unsigned places = s->places;

	if (s->telling == NTR_TELL_NOTHING && *w->key &&
	    (w->kind == NTR_WANT_PDB || w->kind == NTR_WANT_IMAGE ||
	     w->kind == NTR_WANT_DBG) &&
	    !has_url(&s->path))
		note_url(s, NTR_SYMPATH_MICROSOFT, "could be at", w);
	ntr_want_title(w, title, sizeof(title));
	if (s->telling == NTR_TELL_NOTHING)
		return ntr_fail(e, NTR_ABSENT, "%s: not found in %u place%s",
				title, places, places == 1 ? "" : "s");
	return ntr_fail(e, NTR_ABSENT, "%s: not found; %s", title,
			s->told.msg);
}

bool ntr_store_refused(const struct ntr_store *s)
{
	return s->telling == NTR_TELL_REFUSED;
}

enum ntr_st ntr_store_find(struct ntr_store *s, const struct ntr_want *w,
			   char **path, struct ntr_err *e)
{
	struct ntr_want other;
	char *found = NULL;
	enum ntr_st st;

	ntr_str_clear(&s->trail);
	s->places = 0;
	s->telling = NTR_TELL_NOTHING;
	s->told.msg[0] = 0;
	if (s->cancelled)
		return ntr_fail(e, NTR_IO, "cancelled");
	if (!ntr_want_valid(w, e))
		return NTR_BAD;
	st = find_along(s, w, &found);
	for (unsigned i = 0; st == NTR_ABSENT && ntr_want_alias(w, i, &other);
	     i++)
		st = find_along(s, &other, &found);
	if (!st)
		*path = found;
	else
		free(found);
	if (s->cancelled && st)
		return ntr_fail(e, NTR_IO, "cancelled");
	if (st == NTR_NOMEM)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	return st ? not_found(s, w, e) : NTR_OK;
}
