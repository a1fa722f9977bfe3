// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct names {
	NTR_VEC(char *);
};

struct level {
	char *path;             /* of the folder; NULL: operands of a pattern */
	struct names names;
	size_t at;
};

struct seen {
	dev_t dev;
	ino_t ino;
};

struct scan_walk {
	const char *const *operand;
	size_t noperands, at;
	struct { NTR_VEC(struct level); } levels;
	void *seen;             /* a tree of struct seen: folders */
	int list_fd;
	bool listing;           /* "-" is being read */
	bool list_over;         /* nothing follows what is in list_in */
	int list_end;           /* '\n' or '\0'; EOF: not known yet */
	char *list_in;          /* SCAN_PATH_MAX bytes: read, not yet taken */
	size_t list_n;
	char *path;             /* of the item given last */
	char error[160];
};

/* --- listings -------------------------------------------------------------------- */

static void names_free(struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->v[i]);
	ntr_vec_fini(n);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum ntr_st add_name(struct names *n, const char *s)
{
	char *copy = strdup(s), **slot = copy ? ntr_vec_add(n) : NULL;

	if (!slot) {
		free(copy);
		return NTR_NOMEM;
	}
	*slot = copy;
	return NTR_OK;
}

static enum ntr_st list_folder(const char *path, struct names *out)
{
	DIR *d = opendir(path);
	enum ntr_st st = NTR_OK;
	struct dirent *ent;

	if (!d)
		return NTR_IO;
	while (!st && (errno = 0, ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			st = add_name(out, ent->d_name);
	if (!st && errno)
		st = NTR_IO;
	closedir(d);
	if (st)
		names_free(out);
	else if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_bytes);
	return st;
}

static enum ntr_st push(struct scan_walk *w, const char *path,
			struct names *names)
{
	char *copy = path ? strdup(path) : NULL;
	struct level *l = path && !copy ? NULL : ntr_vec_add(&w->levels);

	if (!l) {
		free(copy);
		names_free(names);
		return NTR_NOMEM;
	}
	l->path = copy;
	l->names = *names;
	return NTR_OK;
}

static void pop(struct scan_walk *w)
{
	struct level *l = &w->levels.v[--w->levels.n];

	names_free(&l->names);
	free(l->path);
}

static int by_inode(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

/* OK: seen for the first time; END: before; NOMEM. */
static enum ntr_st see(struct scan_walk *w, const struct stat *st)
{
	struct seen *s = malloc(sizeof(*s));
	struct seen **in;

	if (!s)
		return NTR_NOMEM;
	*s = (struct seen){ st->st_dev, st->st_ino };
	in = tsearch(s, &w->seen, by_inode);
	if (in && *in == s)
		return NTR_OK;
	free(s);
	return in ? NTR_END : NTR_NOMEM;
}

/* --- one path -------------------------------------------------------------------- */

static void refuse(struct scan_walk *w, struct scan_item *out, bool unreadable,
		   const char *why)
{
	snprintf(w->error, sizeof(w->error), "%s", why);
	out->error = w->error;
	out->unreadable = unreadable;
}

static const char *special_name(mode_t m)
{
	return S_ISFIFO(m) ? "a pipe, not a file" :
	       S_ISSOCK(m) ? "a socket, not a file" :
			     "a device, not a file";
}

/* Goes into the folder at w->path. END: in it, ask again; OK: out says why it
 * was not gone into. */
static enum ntr_st enter(struct scan_walk *w, const struct stat *st,
			 struct scan_item *out)
{
	struct names names = { 0 };
	enum ntr_st rc;

	if (w->levels.n >= SCAN_DEPTH) {
		refuse(w, out, true, "folders nest too deep");
		return NTR_OK;
	}
	rc = see(w, st);
	if (rc == NTR_END)
		refuse(w, out, false, "a folder that was gone through already "
		       "(a link leads back to it)");
	if (rc == NTR_END)
		out->named = false; /* its files have their rows */
	if (rc)
		return rc == NTR_END ? NTR_OK : rc;
	rc = list_folder(w->path, &names);
	if (rc == NTR_IO) {
		refuse(w, out, true, strerror(errno));
		return NTR_OK;
	}
	if (!rc)
		rc = push(w, w->path, &names);
	return rc ? rc : NTR_END;
}

/* The item of w->path; END when it was a folder that is gone into. */
static enum ntr_st item(struct scan_walk *w, bool named, struct scan_item *out)
{
	struct stat st;

	*out = (struct scan_item){ .path = w->path, .named = named };
	if (stat(w->path, &st)) {
		refuse(w, out, true, errno == ELOOP ? "a loop of links" :
		       strerror(errno));
		return NTR_OK;
	}
	if (S_ISDIR(st.st_mode))
		return enter(w, &st, out);
	if (!S_ISREG(st.st_mode)) {
		refuse(w, out, false, special_name(st.st_mode));
		return NTR_OK;
	}
	out->size = (u64)st.st_size;
	out->mtime_ns = (s64)st.st_mtim.tv_sec * 1000000000 +
			st.st_mtim.tv_nsec;
	return NTR_OK;
}

/* --- where the next path comes from -------------------------------------------------- */

static bool set_path(struct scan_walk *w, const char *folder, const char *name)
{
	size_t n = folder ? strlen(folder) : 0;

	free(w->path);
	w->path = NULL;
	if (!folder)
		w->path = strdup(name);
	else if (asprintf(&w->path, "%s%s%s", folder,
			  n && folder[n - 1] == '/' ? "" : "/", name) < 0)
		w->path = NULL;
	return w->path != NULL;
}

/* Names that a pattern stands for, as a level without a folder. */
static enum ntr_st expand(struct scan_walk *w, const char *pattern)
{
	struct names names = { 0 };
	enum ntr_st st = NTR_OK;
	glob_t g;

	if (glob(pattern, 0, NULL, &g))
		return NTR_ABSENT;
	for (size_t i = 0; i < g.gl_pathc && !st; i++)
		st = add_name(&names, g.gl_pathv[i]);
	globfree(&g);
	if (!st)
		return push(w, NULL, &names);
	names_free(&names);
	return st;
}

static bool is_pattern(const char *s)
{
	return strpbrk(s, "*?[") != NULL && access(s, F_OK);
}

/* Reads what there is of the list, waiting for it. */
static void read_list(struct scan_walk *w)
{
	ssize_t n;

	do
		n = read(w->list_fd, w->list_in + w->list_n,
			 SCAN_PATH_MAX - w->list_n);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		w->list_over = true;
	else
		w->list_n += (size_t)n;
}

static bool is_end(struct scan_walk *w, char c)
{
	if (w->list_end == EOF && (c == '\n' || c == '\0'))
		w->list_end = c;
	return c == w->list_end && w->list_end != EOF;
}

/* Bytes of the first path in list_in, with empty ones before it dropped; false:
 * its end is not there. A path that is too long ends where the room does. */
static bool listed(struct scan_walk *w, size_t *len)
{
	size_t from = 0, n;

	while (from < w->list_n && is_end(w, w->list_in[from]))
		from++;
	w->list_n -= from;
	memmove(w->list_in, w->list_in + from, w->list_n);
	for (n = 0; n < w->list_n && !is_end(w, w->list_in[n]); n++)
		;
	*len = n;
	return n < w->list_n || n == SCAN_PATH_MAX || w->list_over;
}

/* One path of the list on standard input; END after the last. */
static enum ntr_st from_list(struct scan_walk *w)
{
	size_t n;

	while (!listed(w, &n))
		read_list(w);
	if (!n)
		return NTR_END;
	free(w->path);
	w->path = strndup(w->list_in, n);
	w->list_n -= n;
	memmove(w->list_in, w->list_in + n, w->list_n);
	return w->path ? NTR_OK : NTR_NOMEM;
}

static void end_list(struct scan_walk *w)
{
	free(w->list_in);
	w->list_in = NULL;
	w->listing = false;
}

static enum ntr_st start_list(struct scan_walk *w)
{
	if (w->list_fd < 0)
		return NTR_IO;
	w->list_in = malloc(SCAN_PATH_MAX);
	if (!w->list_in)
		return NTR_NOMEM;
	w->listing = true;
	w->list_over = false;
	w->list_end = EOF;
	w->list_n = 0;
	return NTR_OK;
}

int scan_walk_fd(const struct scan_walk *w)
{
	return w->listing && !w->list_over ? w->list_fd : -1;
}

bool scan_walk_ready(struct scan_walk *w)
{
	struct pollfd p = { .fd = w->list_fd, .events = POLLIN };
	size_t n;

	while (w->listing && !w->levels.n && !listed(w, &n)) {
		if (poll(&p, 1, 0) <= 0)
			return false;
		read_list(w);
	}
	return true;
}

/* The next operand into w->path, or a list or pattern begun (END). */
static enum ntr_st from_operands(struct scan_walk *w)
{
	const char *s = w->operand[w->at++];
	enum ntr_st st;

	if (!strcmp(s, "-")) {
		st = start_list(w);
		if (st != NTR_IO)
			return st ? st : NTR_END;
	}
	if (is_pattern(s)) {
		st = expand(w, s);
		if (st != NTR_ABSENT)
			return st ? st : NTR_END;
	}
	return set_path(w, NULL, s) ? NTR_OK : NTR_NOMEM;
}

/* The next path into w->path. ABSENT: ask again; END: there is none. */
static enum ntr_st next_path(struct scan_walk *w, bool *named)
{
	struct level *l;
	enum ntr_st st;

	*named = false;
	if (w->levels.n) {
		l = &w->levels.v[w->levels.n - 1];
		if (l->at >= l->names.n) {
			pop(w);
			return NTR_ABSENT;
		}
		*named = !l->path;
		return set_path(w, l->path, l->names.v[l->at++]) ? NTR_OK :
								  NTR_NOMEM;
	}
	*named = true;
	if (w->listing) {
		st = from_list(w);
		if (st == NTR_END)
			end_list(w);
		return st == NTR_END ? NTR_ABSENT : st;
	}
	if (w->at >= w->noperands)
		return NTR_END;
	st = from_operands(w);
	return st == NTR_END ? NTR_ABSENT : st;
}

enum ntr_st scan_walk_next(struct scan_walk *w, struct scan_item *out,
			   struct ntr_err *e)
{
	enum ntr_st st;
	bool named;

	for (;;) {
		st = next_path(w, &named);
		if (st == NTR_ABSENT)
			continue;
		if (st == NTR_OK) {
			st = item(w, named, out);
			if (st == NTR_END)
				continue;
		}
		if (st == NTR_NOMEM)
			return ntr_fail(e, st, "out of memory");
		return st;
	}
}

enum ntr_st scan_walk_new(struct scan_walk **out, const char *const *operands,
			  size_t n, int list_fd, struct ntr_err *e)
{
	struct scan_walk *w = calloc(1, sizeof(*w));

	if (!w)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	w->operand = operands;
	w->noperands = n;
	w->list_fd = list_fd;
	*out = w;
	return NTR_OK;
}

void scan_walk_free(struct scan_walk *w)
{
	if (!w)
		return;
	while (w->levels.n)
		pop(w);
	end_list(w);
	ntr_vec_fini(&w->levels);
	tdestroy(w->seen, free);
	free(w->path);
	free(w);
}
