// SPDX-License-Identifier: Apache-2.0
/* What the folders, stores and caches of a path hold. */
#include "store_int.h"

#include "../base/text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Deep enough for symbols/windows/NAME/KEY.json.xz and two tiers. */
#define LIST_DEPTH 4u

struct listing {
	const char *root;
	ntr_store_item_fn *fn;
	void *ctx;
	unsigned left; /* entries still to be looked at */
	bool stop, too_many;
	struct ntr_str path;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int wanted(const struct dirent *d)
{
	return (d->d_name[0] != '.' || !strcmp(d->d_name, ".build-id")) &&
	       !ntr_cache_internal(d->d_name);
}

static bool symbol_like(const char *name)
{
	static const char *const exts[] = {
		"pdb", "pd_", "dbg", "db_", "sym", "exe", "ex_", "dll", "dl_",
		"sys", "sy_", "debug", "json",
	};
	const char *dot = strrchr(name, '.');

	if (dot && (!strcmp(dot, ".xz") || !strcmp(dot, ".gz")))
		return strstr(name, ".json.") || strstr(name, ".sym.");
	for (size_t i = 0; dot && i < NTR_COUNT(exts); i++)
		if (!ntr_strcasecmp(dot + 1, exts[i]))
			return true;
	return false;
}

/* A folder that is named like a key: at least nine hexadecimal digits. */
static bool key_like(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");

	return n >= 9 && !s[n];
}

static void list_file(struct listing *l, const char *parent, const char *name,
		      u64 size)
{
	struct ntr_store_item it = { .root = l->root, .name = name,
				     .path = ntr_str_text(&l->path),
				     .size = size };

	if (parent && key_like(parent))
		it.key = parent;
	if (it.key || symbol_like(name))
		l->stop = !l->fn(l->ctx, &it);
}

static void list_folder(struct listing *l, const char *name, unsigned depth);

static void list_entry(struct listing *l, const char *parent, const char *name,
		       unsigned depth)
{
	size_t len = l->path.len;
	struct stat st;

	if (!l->left) {
		l->too_many = l->stop = true;
		return;
	}
	l->left--;
	ntr_str_printf(&l->path, "/%s", name);
	/* A link to a file is a file; a link to a folder may be a loop. */
	if (!l->path.lost && !lstat(l->path.s, &st)) {
		if (S_ISDIR(st.st_mode) && depth < LIST_DEPTH)
			list_folder(l, name, depth + 1);
		else if (S_ISREG(st.st_mode) ||
			 (S_ISLNK(st.st_mode) && !stat(l->path.s, &st) &&
			  S_ISREG(st.st_mode)))
			list_file(l, parent, name, (u64)st.st_size);
	}
	if (l->path.s)
		l->path.s[l->path.len = len] = 0;
}

static void list_folder(struct listing *l, const char *name, unsigned depth)
{
	struct dirent **list = NULL;
	int n = scandir(ntr_str_text(&l->path), &list, wanted, by_name);

	for (int i = 0; i < n; i++) {
		if (!l->stop)
			list_entry(l, name, list[i]->d_name, depth);
		free(list[i]);
	}
	free(list);
}

static void list_root(struct listing *l, const char *root)
{
	l->root = root;
	ntr_str_clear(&l->path);
	ntr_str_add(&l->path, root);
	list_folder(l, NULL, 0);
}

/* The folders of the path in order, each once. */
static bool seen_before(const struct ntr_store *s, size_t elem, unsigned tok,
			const char *root)
{
	for (size_t i = 0; i <= elem; i++)
		for (unsigned k = 0; k < s->path.elems.v[i].n; k++) {
			if (i == elem && k == tok)
				return false;
			if (!strcmp(s->path.elems.v[i].tok[k].text, root))
				return true;
		}
	return false;
}

enum ntr_st ntr_store_each(struct ntr_store *s, ntr_store_item_fn *fn,
			   void *ctx, struct ntr_err *e)
{
	struct listing l = { .fn = fn, .ctx = ctx,
			     .left = NTR_STORE_LIST_MAX };
	const char *def = s->opts.default_cache;

	for (size_t i = 0; i < s->path.elems.n; i++)
		for (unsigned k = 0; k < s->path.elems.v[i].n && !l.stop; k++) {
			const struct ntr_symtok *t =
				&s->path.elems.v[i].tok[k];

			if (t->kind == NTR_SYMTOK_LOCAL &&
			    (!def || strcmp(t->text, def) != 0) &&
			    !seen_before(s, i, k, t->text))
				list_root(&l, t->text);
		}
	if (def && !l.stop)
		list_root(&l, def);
	ntr_str_fini(&l.path);
	if (l.too_many)
		return ntr_fail(e, NTR_LIMIT, "more than %u files and folders",
				NTR_STORE_LIST_MAX);
	return NTR_OK;
}
