// SPDX-License-Identifier: Apache-2.0
/* Sets of rules: loading files and folders, and linking. */
#include "index.h"
#include "lang.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DIR_DEPTH 16u
#define MAX_FILES 20000u

enum ntr_st sig_set_new(struct sig_set **out, struct ntr_err *e)
{
	struct sig_set *s = calloc(1, sizeof(*s));

	if (s)
		s->schema = sig_schema_new(&s->arena);
	if (!s || !s->schema) {
		sig_set_free(s);
		return ntr_fail(e, NTR_NOMEM, "no memory for a set of rules");
	}
	*out = s;
	return NTR_OK;
}

void sig_set_free(struct sig_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->regexes.n; i++)
		sig_regex_free(s->regexes.v[i]);
	ntr_vec_fini(&s->regexes);
	ntr_vec_fini(&s->rules);
	sig_index_free(s->index);
	ntr_arena_fini(&s->arena);
	sig_set_free(s->next);
	free(s);
}

/* --- texts --------------------------------------------------------------- */

/* Bytes of the character at p, 0: it is none. */
static size_t utf8(const u8 *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 :
		     *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 :
		     0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static bool is_plain(u8 c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
}

#define PLAIN_STEP 32u

/* Bytes of ASCII text from i on, whole steps only: the compiler makes vectors
 * of this. */
static size_t plain(const u8 *p, size_t i, size_t len)
{
	size_t from = i;

	for (; len - i >= PLAIN_STEP; i += PLAIN_STEP) {
		u8 other = 0;

		for (size_t k = 0; k < PLAIN_STEP; k++)
			other |= !is_plain(p[i + k]);
		if (other)
			break;
	}
	return i - from;
}

/* The byte at off, with its line. */
static struct sig_loc byte_at(const struct sig_src *s, size_t off)
{
	struct sig_loc at = { (u32)off, 1, 1, 0 };

	for (u32 i = 0; i < at.off; i++)
		if (s->text[i] == '\n') {
			at.line++;
			at.bol = i + 1;
		}
	return at;
}

/* Text, and nothing else: what rules say goes to terminals and to JSON. */
static bool is_text(struct sig_src *s)
{
	const u8 *p = (const u8 *)s->text;
	size_t n;

	for (size_t i = 0; i < s->len; i += n) {
		n = plain(p, i, s->len);
		if (n)
			continue;
		n = utf8(p + i, s->len - i);
		if (n > 1 || is_plain(p[i]))
			continue;
		sig_error(s, byte_at(s, i), n ? "a control character has no "
			  "place in a file of rules" : "this is not UTF-8");
		return false;
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct sig_diag *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

/* Mistakes of grammar are found before those of types: in order of lines. */
static void in_order(struct sig_diags *d, size_t from)
{
	if (d && d->n > from)
		qsort(d->v + from, d->n - from, sizeof(*d->v), by_place);
}

static enum ntr_st load(struct sig_set *s, const char *text, size_t len,
			const char *name, struct sig_diags *d,
			struct ntr_err *e)
{
	struct sig_src src = { .set = s, .text = text, .len = (u32)len, .d = d };
	size_t from = d ? d->n : 0;

	src.name = ntr_arena_strdup(&s->arena, name);
	if (!src.name)
		return ntr_fail(e, NTR_NOMEM, "%s: no memory", name);
	if (is_text(&src))
		sig_parse(&src);
	in_order(d, from);
	return src.lost ? ntr_fail(e, NTR_NOMEM, "%s: no memory for its rules",
				   name) : NTR_OK;
}

/* Texts of mistakes outlive the set they were made in: d keeps it. */
enum ntr_st sig_parse_only(const char *text, size_t len, const char *name,
			   struct sig_diags *d, struct ntr_err *e)
{
	struct sig_src src = { .text = text, .len = (u32)len, .d = d,
			       .syntax = true };
	size_t from = d ? d->n : 0;
	enum ntr_st st = NTR_OK;

	if (len > SIG_MAX_FILE)
		return ntr_fail(e, NTR_LIMIT, "%s: %zu bytes, a file of rules has "
				"at most %u", name, len, SIG_MAX_FILE);
	src.set = calloc(1, sizeof(*src.set));
	src.name = src.set ? ntr_arena_strdup(&src.set->arena, name) : NULL;
	src.lost = !src.name;
	if (!src.lost && is_text(&src))
		sig_parse(&src);
	in_order(d, from);
	if (src.lost)
		st = ntr_fail(e, NTR_NOMEM, "%s: no memory", name);
	else if (src.errors)
		st = ntr_fail(e, NTR_BAD, "%s: %zu mistake%s", name, src.errors,
			      src.errors == 1 ? "" : "s");
	if (d && src.set) {
		src.set->next = d->priv;
		d->priv = src.set;
	} else {
		sig_set_free(src.set);
	}
	return st;
}

/* A set that is linked is never written again. */
static enum ntr_st may_load(const struct sig_set *s, size_t len,
			    const char *name, struct ntr_err *e)
{
	if (s->index)
		return ntr_fail(e, NTR_USAGE, "%s: the rules are linked already",
				name);
	if (len > SIG_MAX_FILE)
		return ntr_fail(e, NTR_LIMIT, "%s: %zu bytes, a file of rules has "
				"at most %u", name, len, SIG_MAX_FILE);
	return NTR_OK;
}

enum ntr_st sig_load_text(struct sig_set *s, const char *text, size_t len,
			  const char *name, struct sig_diags *d,
			  struct ntr_err *e)
{
	enum ntr_st st = may_load(s, len, name, e);
	char *copy;

	if (st)
		return st;
	copy = ntr_arena_alloc(&s->arena, len + 1);
	if (!copy)
		return ntr_fail(e, NTR_NOMEM, "%s: no memory", name);
	memcpy(copy, text, len);
	return load(s, copy, len, name, d, e);
}

/* --- files --------------------------------------------------------------- */

static enum ntr_st read_all(int fd, char *text, size_t len, const char *path,
			    size_t *got, struct ntr_err *e)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = read(fd, text + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ntr_fail(e, NTR_IO, "%s: %s", path,
					strerror(errno));
		if (!n)
			break;
		at += (size_t)n;
	}
	*got = at;
	return NTR_OK;
}

static enum ntr_st load_fd(struct sig_set *s, int fd, const char *path,
			   size_t size, struct sig_diags *d, struct ntr_err *e)
{
	enum ntr_st r = may_load(s, size, path, e);
	size_t len;
	char *text;

	if (r)
		return r;
	text = ntr_arena_alloc(&s->arena, size + 1);
	if (!text)
		return ntr_fail(e, NTR_NOMEM, "%s: no memory", path);
	r = read_all(fd, text, size, path, &len, e);
	return r ? r : load(s, text, len, path, d, e);
}

/* Of what is no regular file nothing is read; a pipe does not hold us up. */
static int open_rules(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

enum ntr_st sig_load_file(struct sig_set *s, const char *path,
			  struct sig_diags *d, struct ntr_err *e)
{
	int fd = open_rules(path);
	struct stat st;
	enum ntr_st r;

	if (fd < 0)
		return ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st))
		r = ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = ntr_fail(e, NTR_IO, "%s: this is no regular file", path);
	else
		r = load_fd(s, fd, path, (size_t)st.st_size, d, e);
	close(fd);
	return r;
}

/* --- folders ------------------------------------------------------------- */

struct rule_file {
	char *path;
	dev_t dev;
	ino_t ino;
	off_t size;
	bool regular;
};

struct rule_folder {
	struct { NTR_VEC(struct rule_file); } files;
	struct { NTR_VEC(struct rule_file); } seen; /* folders, once each */
};

static bool is_rules(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && !strcmp(name + n - 4, ".sig");
}

static bool seen(struct rule_folder *f, const struct stat *st)
{
	struct rule_file *slot;

	for (size_t i = 0; i < f->seen.n; i++)
		if (f->seen.v[i].dev == st->st_dev &&
		    f->seen.v[i].ino == st->st_ino)
			return true;
	slot = ntr_vec_add(&f->seen);
	if (slot)
		*slot = (struct rule_file){ .dev = st->st_dev,
					    .ino = st->st_ino };
	return !slot;
}

static enum ntr_st collect(struct rule_folder *f, const char *path, unsigned depth,
			   struct ntr_err *e);

static enum ntr_st add_file(struct rule_folder *f, char *path, const struct stat *st,
			    struct ntr_err *e)
{
	struct rule_file *slot;

	if (f->files.n >= MAX_FILES)
		return ntr_fail(e, NTR_LIMIT, "%s: more than %u files of rules",
				path, MAX_FILES);
	slot = ntr_vec_add(&f->files);
	if (!slot)
		return ntr_fail(e, NTR_NOMEM, "%s: no memory", path);
	*slot = (struct rule_file){ strdup(path), st->st_dev, st->st_ino,
				    st->st_size, S_ISREG(st->st_mode) };
	return slot->path ? NTR_OK : ntr_fail(e, NTR_NOMEM, "%s: no memory",
					      path);
}

static enum ntr_st entry(struct rule_folder *f, const char *dir, const char *name,
			 unsigned depth, struct ntr_err *e)
{
	enum ntr_st r = NTR_OK;
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return ntr_fail(e, NTR_NOMEM, "%s: no memory", dir);
	/* a link to nothing is nothing */
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode) && depth < MAX_DIR_DEPTH)
			r = collect(f, path, depth + 1, e);
		else if (!S_ISDIR(st.st_mode) && is_rules(name))
			r = add_file(f, path, &st, e);
	}
	free(path);
	return r;
}

static enum ntr_st collect(struct rule_folder *f, const char *path, unsigned depth,
			   struct ntr_err *e)
{
	enum ntr_st r = NTR_OK;
	struct dirent *x;
	struct stat st;
	DIR *d;

	if (!stat(path, &st) && seen(f, &st))
		return NTR_OK;
	d = opendir(path);
	if (!d)
		return ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	while (!r && (x = readdir(d)))
		if (x->d_name[0] != '.')
			r = entry(f, path, x->d_name, depth, e);
	closedir(d);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rule_file *)a)->path,
		      ((const struct rule_file *)b)->path);
}

static int by_inode(const void *a, const void *b)
{
	const struct rule_file *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return by_name(a, b);
}

/* A file that several links lead to is one. */
static void each_once(struct rule_folder *f)
{
	size_t n = 0;

	if (f->files.n)
		qsort(f->files.v, f->files.n, sizeof(*f->files.v), by_inode);
	for (size_t i = 0; i < f->files.n; i++) {
		struct rule_file *x = &f->files.v[i];

		if (n && f->files.v[n - 1].dev == x->dev &&
		    f->files.v[n - 1].ino == x->ino)
			free(x->path);
		else
			f->files.v[n++] = *x;
	}
	f->files.n = n;
	if (n)
		qsort(f->files.v, n, sizeof(*f->files.v), by_name);
}

/* What a file is was asked when it was found. */
static enum ntr_st load_found(struct sig_set *s, const struct rule_file *f,
			      struct sig_diags *d, struct ntr_err *e)
{
	enum ntr_st r;
	int fd;

	if (!f->regular)
		return ntr_fail(e, NTR_IO, "%s: this is no regular file",
				f->path);
	fd = open_rules(f->path);
	if (fd < 0)
		return ntr_fail(e, NTR_IO, "%s: %s", f->path, strerror(errno));
	r = load_fd(s, fd, f->path, (size_t)f->size, d, e);
	close(fd);
	return r;
}

enum ntr_st sig_load_dir(struct sig_set *s, const char *path,
			 struct sig_diags *d, struct ntr_err *e)
{
	struct rule_folder f = { .files = { 0 } };
	enum ntr_st st = collect(&f, path, 0, e);

	if (!st)
		each_once(&f);
	for (size_t i = 0; i < f.files.n; i++) {
		if (!st)
			st = load_found(s, &f.files.v[i], d, e);
		free(f.files.v[i].path);
	}
	ntr_vec_fini(&f.files);
	ntr_vec_fini(&f.seen);
	return st;
}

/* --- linking ------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct sig_code *x = *(struct sig_code *const *)a;
	const struct sig_code *y = *(struct sig_code *const *)b;
	int c = strcmp(x->r.id, y->r.id);

	if (!c)
		c = strcmp(x->r.file, y->r.file);
	return c ? c : x->r.line < y->r.line ? -1 : x->r.line > y->r.line;
}

/* Where a rule was read, for what is found out later. */
static struct sig_src src_of(struct sig_set *s, const struct sig_code *r,
			     struct sig_diags *d)
{
	return (struct sig_src){ .set = s, .name = r->r.file, .text = r->src,
				 .len = r->src_len, .d = d };
}

#define MAX_LINK_DIAGS 1000u /* of a set */

static bool enough(const struct sig_diags *d, size_t from)
{
	return d && d->n - from >= MAX_LINK_DIAGS;
}

static void once(struct sig_set *s, struct sig_diags *d)
{
	size_t n = 0, from = d ? d->n : 0;

	for (size_t i = 0; i < s->rules.n; i++) {
		struct sig_code *r = s->rules.v[i];
		struct sig_src src = src_of(s, r, d);

		if (n && !strcmp(s->rules.v[n - 1]->r.id, r->r.id)) {
			if (enough(d, from))
				continue;
			sig_error(&src, r->id_at, "there is a rule %s already, in "
				  "%s line %u", r->r.id,
				  s->rules.v[n - 1]->r.file,
				  s->rules.v[n - 1]->r.line);
			continue;
		}
		r->number = n;
		s->rules.v[n++] = r;
	}
	s->rules.n = n;
}

static void named(struct sig_set *s, struct sig_diags *d,
		  const struct sig_code *r, const char *word, const char *id,
		  struct sig_loc at)
{
	struct sig_src src = src_of(s, r, d);

	if (!strcmp(id, r->r.id))
		sig_warn(&src, at, "a rule is not %s itself", word);
	else if (!sig_find(s, id))
		sig_warn(&src, at, "there is no rule %s", id);
}

static void others(struct sig_set *s, struct sig_diags *d)
{
	size_t from = d ? d->n : 0;

	for (size_t i = 0; i < s->rules.n && !enough(d, from); i++) {
		const struct sig_code *r = s->rules.v[i];

		for (size_t k = 0; k < r->r.related.n; k++)
			named(s, d, r, "related to", r->r.related.v[k],
			      r->related_at.v[k]);
		for (size_t k = 0; k < r->r.supersedes.n; k++)
			named(s, d, r, "better than", r->r.supersedes.v[k],
			      r->supersedes_at.v[k]);
	}
}

enum ntr_st sig_link(struct sig_set *s, struct sig_diags *d, struct ntr_err *e)
{
	if (s->index)
		return ntr_fail(e, NTR_USAGE, "the rules are linked already");
	if (s->rules.n)
		qsort(s->rules.v, s->rules.n, sizeof(*s->rules.v), by_id);
	once(s, d);
	others(s, d);
	return sig_index_make(s, e);
}

/* --- asking -------------------------------------------------------------- */

size_t sig_count(const struct sig_set *s)
{
	return s->rules.n;
}

const struct sig_rule *sig_at(const struct sig_set *s, size_t i)
{
	return i < s->rules.n ? &s->rules.v[i]->r : NULL;
}

const struct sig_rule *sig_find(const struct sig_set *s, const char *id)
{
	size_t lo = 0, hi = s->rules.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(s->rules.v[mid]->r.id, id);

		if (!c)
			return &s->rules.v[mid]->r;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void sig_conditions(const struct sig_rule *rule, struct ntr_str *out)
{
	const struct sig_code *r = rule->priv;

	for (size_t i = 0; i < r->nblocks; i++)
		sig_fmt_block(r->src, r->block[i].at, out);
}

void sig_digest(const struct sig_set *s, char out[SIG_DIGEST])
{
	u8 sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx c;

	sha256_init(&c);
	for (size_t i = 0; i < s->rules.n; i++) {
		const struct sig_code *r = s->rules.v[i];

		sha256_update(&c, r->at.len, (const u8 *)r->src + r->at.off);
		sha256_update(&c, 1, (const u8 *)"");
	}
	sha256_digest(&c, sizeof(sum), sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

#define NAME(n, t) t,
const char *sig_class_name(enum sig_class c)
{
	static const char *const names[] = { SIG_CLASSES(NAME) };

	return (size_t)c < NTR_COUNT(names) ? names[c] : "?";
}

const char *sig_severity_name(enum sig_severity s)
{
	static const char *const names[] = { SIG_SEVERITIES(NAME) };

	return (size_t)s < NTR_COUNT(names) ? names[s] : "?";
}

const char *sig_status_name(enum sig_status s)
{
	static const char *const names[] = { SIG_STATUSES(NAME) };

	return (size_t)s < NTR_COUNT(names) ? names[s] : "?";
}

const char *sig_value_name(enum sig_value v)
{
	static const char *const names[] = { SIG_VALUES(NAME) };

	return (size_t)v < NTR_COUNT(names) ? names[v] : "?";
}
#undef NAME
