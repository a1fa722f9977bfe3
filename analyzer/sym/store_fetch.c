// SPDX-License-Identifier: Apache-2.0
/*
 * From a server into a cache.  Beside the final name grow
 *
 *	NAME.part      the bytes so far; locked by the process that fetches
 *	NAME.part-of   where they come from: URL, size, validator, a line each
 *
 * The second is written before the first byte of a body, after the first was
 * cut to nothing: whatever is in a part belongs to what its part-of says.  So
 * a download that was killed goes on where it was (Range, If-Range), and one
 * from elsewhere starts over.
 */
#include "store_int.h"

#include "../fmt/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a transfer that broke off is taken up again at once; each time
 * must have brought something. */
#define CONTINUE_MAX 8u
#define PART_OF_MAX 8192u

struct part {
	struct ntr_str dest, path, of; /* NAME, NAME.part, NAME.part-of */
	const char *url;
	int fd;                        /* -1 not open */
};

/* --- part-of ------------------------------------------------------------------------ */

static void part_of_write(struct ntr_http_req *rq)
{
	struct part *p = rq->ctx;
	struct ntr_str t = { 0 };
	int fd = open(ntr_str_text(&p->of), O_WRONLY | O_CREAT | O_TRUNC |
		      O_NOFOLLOW | O_CLOEXEC, 0666);
	ssize_t n;

	ntr_str_printf(&t, "%s\n%" PRIu64 "\n%s\n", p->url, rq->total,
		       rq->validator);
	if (fd < 0 || t.lost) { /* then it cannot be taken up, no more */
		(void)unlink(ntr_str_text(&p->of));
	} else {
		n = write(fd, t.s, t.len);
		if (n != (ssize_t)t.len)
			(void)unlink(p->of.s);
	}
	if (fd >= 0)
		close(fd);
	ntr_str_fini(&t);
}

static char *next_line(char **at)
{
	char *line = *at, *nl = line ? strchr(line, '\n') : NULL;

	if (!nl)
		return NULL;
	*nl = 0;
	*at = nl + 1;
	return line;
}

/* Fills have, total and validator when the part is of this URL. */
static void part_of_read(struct part *p, struct ntr_http_req *rq)
{
	char text[PART_OF_MAX + 1], *at = text, *url, *total, *validator;
	struct stat st;
	struct ntr_file *f;
	size_t n;

	if (fstat(p->fd, &st) || st.st_size <= 0 ||
	    ntr_file_open(&f, ntr_str_text(&p->of), NULL))
		return;
	n = ntr_file_read_some(f, 0, text, PART_OF_MAX);
	ntr_file_close(f);
	text[n] = 0;
	url = next_line(&at);
	total = next_line(&at);
	validator = next_line(&at);
	if (!validator || strcmp(url, p->url) != 0 ||
	    strlen(validator) >= sizeof(rq->validator))
		return;
	rq->total = strtoull(total, NULL, 10);
	/* Neither a size nor a validator to know it again by: start over. */
	if (!rq->total && !*validator)
		return;
	if (rq->total && (u64)st.st_size > rq->total)
		return;
	rq->have = (u64)st.st_size;
	memcpy(rq->validator, validator, strlen(validator) + 1);
}

static void part_drop(struct part *p)
{
	(void)unlink(ntr_str_text(&p->path));
	(void)unlink(ntr_str_text(&p->of));
}

static void part_fini(struct part *p)
{
	if (p->fd >= 0)
		close(p->fd); /* and the lock goes */
	ntr_str_fini(&p->dest);
	ntr_str_fini(&p->path);
	ntr_str_fini(&p->of);
}

/* --- one body ----------------------------------------------------------------------- */

static enum ntr_st transfer(struct ntr_store *s, struct part *p,
			    const struct ntr_want *w, struct ntr_http_ans *a,
			    struct ntr_err *e)
{
	struct ntr_http_req rq = { .url = p->url, .name = w->name, .fd = p->fd,
				   .fresh = part_of_write, .ctx = p };
	enum ntr_st st;
	bool again;

	part_of_read(p, &rq);
	*a = (struct ntr_http_ans){ .size = rq.have };
	if (rq.have && rq.have == rq.total)
		return NTR_OK; /* all there: killed before it was named */
	for (unsigned i = 0; ; i++) {
		st = ntr_http_get(s, &rq, a, e);
		again = st == NTR_IO && a->cut && a->got && i < CONTINUE_MAX;
		rq.have = a->size;
		if (a->stale && rq.have) { /* once: then nothing is there */
			again = true;
			rq.have = rq.total = 0;
			rq.validator[0] = 0;
		}
		if (!st || !again || s->cancelled)
			return st;
	}
}

/* UNSUP: it is not packed. */
static enum ntr_st unpack_into(struct ntr_store *s, struct part *p,
			       const char *root, const char *dest,
			       const struct ntr_want *w, char **path,
			       struct ntr_err *e)
{
	struct ntr_file *f, *inner;
	enum ntr_st st;

	st = ntr_file_open(&f, ntr_str_text(&p->path), e);
	if (st)
		return st;
	st = ntr_archive_first(f, s->opts.max_size, &inner, e);
	ntr_file_close(f);
	if (st)
		return st;
	st = ntr_cache_put(s, inner, root, dest, w, path, e);
	ntr_file_close(inner);
	return st;
}

static enum ntr_st name_part(struct part *p, const struct ntr_want *w,
			     char **path, struct ntr_err *e)
{
	enum ntr_st st = ntr_want_check(w, ntr_str_text(&p->path), e);
	char *result;

	if (st)
		return st;
	result = strdup(ntr_str_text(&p->dest));
	if (!result)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_cache_commit(p->fd, p->path.s, p->dest.s, e);
	if (st)
		free(result);
	else
		*path = result;
	return st;
}

/* The body is there: verify it and give it its name; else it goes. */
static enum ntr_st settle(struct ntr_store *s, struct part *p,
			  const char *root, const char *dest,
			  const struct ntr_want *w, char **path,
			  struct ntr_err *e)
{
	enum ntr_st st = unpack_into(s, p, root, dest, w, path, e);

	if (st == NTR_UNSUP)
		st = name_part(p, w, path, e);
	if (!s->cancelled)
		part_drop(p);
	return st;
}

/* Another process may have brought it while the lock was waited for. */
static bool came_meanwhile(struct part *p, const struct ntr_want *w,
			   const char *root, const char *dest, char **path)
{
	struct ntr_str final = { 0 };
	bool there;

	ntr_str_printf(&final, "%s/%s", root, dest);
	there = final.s && !access(final.s, F_OK) &&
		!ntr_want_check(w, final.s, NULL);
	if (there) {
		*path = strdup(final.s);
		there = *path != NULL;
	}
	if (there)
		part_drop(p);
	ntr_str_fini(&final);
	return there;
}

static enum ntr_st part_open(struct ntr_store *s, struct part *p,
			     const char *root, const char *dest,
			     struct ntr_err *e)
{
	enum ntr_st st = ntr_cache_path(root, dest, &p->dest, e);

	if (st)
		return st;
	ntr_str_printf(&p->path, "%s.part", p->dest.s);
	ntr_str_printf(&p->of, "%s.part-of", p->dest.s);
	if (p->path.lost || p->of.lost)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	return ntr_cache_lock(s, p->path.s, &p->fd, e);
}

/* A part with nothing in it is not worth keeping. */
static void drop_empty(struct part *p)
{
	struct stat st;

	if (!fstat(p->fd, &st) && !st.st_size)
		part_drop(p);
}

/* GET url; what it holds stands under root/dest then. The forms of a file
 * share one part: its part-of tells whose it is, and a 404 leaves it alone. */
static enum ntr_st get_file(struct ntr_store *s, const char *root,
			    const struct ntr_form *f, const char *url,
			    const struct ntr_want *w, struct ntr_http_ans *a,
			    char **path, struct ntr_err *e)
{
	struct part p = { .url = url, .fd = -1 };
	enum ntr_st st = part_open(s, &p, root, f->dest, e);

	*a = (struct ntr_http_ans){ 0 };
	if (!st && !came_meanwhile(&p, w, root, f->dest, path)) {
		st = transfer(s, &p, w, a, e);
		if (!st)
			st = settle(s, &p, root, f->dest, w, path, e);
		else if (st == NTR_BAD)
			part_drop(&p);
		else
			drop_empty(&p);
	}
	part_fini(&p);
	return st;
}

/* --- one server --------------------------------------------------------------------- */

/* A server's file.ptr may send us to a URL; to no file of this machine, for a
 * server has no say in what is read here. */
static enum ntr_st get_ptr(struct ntr_store *s, const char *root,
			   const struct ntr_form *f, const char *url,
			   const struct ntr_want *w, struct ntr_http_ans *a,
			   char **path, struct ntr_err *e)
{
	u8 mem[NTR_FILE_PTR_MAX];
	struct ntr_http_req rq = { .url = url, .name = w->name, .fd = -1,
				   .mem = mem, .mem_size = sizeof(mem) };
	struct ntr_file_ptr *ptr;
	enum ntr_st st = ntr_http_get(s, &rq, a, e);

	if (st)
		return st;
	ptr = malloc(sizeof(*ptr));
	if (!ptr)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_file_ptr_parse(ptr, mem, (size_t)a->size, e);
	if (!st && ptr->refusal)
		st = ntr_fail(e, NTR_IO, "file.ptr says: %s", ptr->text);
	else if (!st && ntr_symtok_kind(ptr->text) != NTR_SYMTOK_URL)
		st = ntr_fail(e, NTR_IO, "file.ptr points to %s, which is not "
			      "followed", ptr->text);
	else if (!st && !strncasecmp(url, "https:", 6) &&
		 strncasecmp(ptr->text, "https:", 6) != 0)
		st = ntr_fail(e, NTR_IO, "file.ptr leads from https to http");
	else if (!st)
		st = get_file(s, root, f, ptr->text, w, a, path, e);
	free(ptr);
	return st;
}

static enum ntr_st get_form(struct ntr_store *s, const char *root,
			    const char *base, const struct ntr_form *f,
			    const struct ntr_want *w, struct ntr_http_ans *a,
			    char **path, struct ntr_err *e)
{
	struct ntr_str url = { 0 };
	enum ntr_st st;

	ntr_str_printf(&url, "%s/", base);
	ntr_url_escape(&url, f->rel);
	if (url.lost)
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	else
		st = (f->ptr ? get_ptr : get_file)(s, root, f, url.s, w, a,
						   path, e);
	ntr_str_fini(&url);
	return st;
}

/* Every form in turn. *absent: the server said of each that it is not there. */
static enum ntr_st get_forms(struct ntr_store *s, const char *root,
			     const char *base, const struct ntr_want *w,
			     bool *absent, char **path, struct ntr_err *e)
{
	struct ntr_form f[NTR_FORMS];
	unsigned n = ntr_want_url_forms(w, f);
	enum ntr_st worst = NTR_ABSENT;
	struct ntr_http_ans a = { 0 };
	struct ntr_err one = { "" };

	*absent = n > 0;
	for (unsigned i = 0; i < n; i++) {
		enum ntr_st st = get_form(s, root, base, &f[i], w, &a, path,
					  &one);

		if (st == NTR_ABSENT)
			continue;
		*absent = false;
		if (!st)
			return st;
		if (worst == NTR_ABSENT && e)
			*e = one;
		worst = st;
		/* "Forbidden" for one name may be a 404 of a strict server. */
		if (a.code < 400 || a.code >= 500)
			break;
	}
	if (a.unreachable)
		ntr_http_set_down(s->http, base);
	return worst;
}

enum ntr_st ntr_store_fetch(struct ntr_store *s, const char *root,
			    const char *base, const struct ntr_want *w,
			    char **path, struct ntr_err *e)
{
	struct ntr_form f[NTR_FORMS];
	bool absent;
	enum ntr_st st;

	if (!ntr_want_url_forms(w, f))
		return ntr_fail(e, NTR_ABSENT, "has no key that a server "
				"knows");
	if (ntr_http_down(s->http, base))
		return ntr_fail(e, NTR_IO, "not asked again: gave no answer "
				"before");
	if (ntr_missing_known(s, root, f[0].dest, base))
		return ntr_fail(e, NTR_ABSENT, "not there (it said so within a "
				"day)");
	st = get_forms(s, root, base, w, &absent, path, e);
	if (absent || !st)
		ntr_missing_set(root, f[0].dest, base, absent);
	return absent ? ntr_fail(e, NTR_ABSENT, "not there (404)") : st;
}
