// SPDX-License-Identifier: Apache-2.0
/*
 * Writing into a cache.  A file is made under a name that no lookup uses
 * (.part, .tmp), by the one process that holds its lock, synced, and renamed:
 * whoever is killed where ever leaves either nothing, a part, or the file.
 */
#include "store_int.h"

#include "../base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COPY_BLOCK (256u << 10)
#define LOCK_POLL_US 100000u
#define LOCK_WAIT_POLLS 36000u /* an hour */

static bool ends(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n > t && !ntr_strcasecmp(s + n - t, tail);
}

bool ntr_cache_internal(const char *name)
{
	static const char *const names[] = {
		"file.ptr", "refs.ptr", "pingme.txt", "index2.txt",
		"000admin", "flat.txt",   "symbols.ptr",
	};

	for (size_t i = 0; i < NTR_COUNT(names); i++)
		if (!ntr_strcasecmp(name, names[i]))
			return true;
	return ends(name, ".part") || ends(name, ".part-of") ||
	       ends(name, ".tmp") || strstr(name, ".missing-");
}

/* mkdir -p of everything before the last '/' of path (which is changed, and
 * put right again). */
static enum ntr_st make_folders(char *path, struct ntr_err *e)
{
	for (char *c = path + 1; *c; c++) {
		int bad;

		if (*c != '/')
			continue;
		*c = 0;
		bad = mkdir(path, 0777) && errno != EEXIST;
		if (bad) {
			enum ntr_st st = ntr_fail(e, NTR_IO, "%s: %s", path,
						  strerror(errno));
			*c = '/';
			return st;
		}
		*c = '/';
	}
	return NTR_OK;
}

enum ntr_st ntr_cache_path(const char *root, const char *rel,
			   struct ntr_str *out, struct ntr_err *e)
{
	ntr_str_clear(out);
	ntr_str_printf(out, "%s/%s", root, rel);
	if (out->lost || !out->s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	return make_folders(out->s, e);
}

/* --- one writer --------------------------------------------------------------------- */

/* The name may have gone to another file while the lock was waited for. */
static bool still_named(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !lstat(path, &b) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* 0 locked; 1 not now (fd is closed); -1 cannot be opened. */
static int try_lock(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (*fd < 0)
		return -1;
	/* A file system without locks: the rename at the end still holds. */
	if (flock(*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(*fd);
		return 1;
	}
	if (still_named(*fd, path))
		return 0;
	close(*fd);
	return 1;
}

enum ntr_st ntr_cache_lock(struct ntr_store *s, const char *path, int *fd,
			   struct ntr_err *e)
{
	const char *slash = strrchr(path, '/');

	for (unsigned i = 0; i < LOCK_WAIT_POLLS; i++) {
		int r = try_lock(path, fd);

		if (!r)
			return NTR_OK;
		if (r < 0)
			return ntr_fail(e, NTR_IO, "%s: %s", path,
					strerror(errno));
		if (s->opts.progress &&
		    !s->opts.progress(s->opts.ctx, slash ? slash + 1 : path, 0,
				      0)) {
			s->cancelled = true;
			return ntr_fail(e, NTR_IO, "cancelled");
		}
		usleep(LOCK_POLL_US);
	}
	return ntr_fail(e, NTR_IO, "%s: another process holds it", path);
}

static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY |
			     O_CLOEXEC) : -1;

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(copy);
}

enum ntr_st ntr_cache_commit(int fd, const char *from, const char *to,
			     struct ntr_err *e)
{
	if (fsync(fd))
		return ntr_fail(e, NTR_IO, "%s: %s", from, strerror(errno));
	if (rename(from, to))
		return ntr_fail(e, NTR_IO, "%s: %s", to, strerror(errno));
	sync_folder(to);
	return NTR_OK;
}

/* --- copying in --------------------------------------------------------------------- */

static enum ntr_st write_all(int fd, const u8 *p, size_t n, const char *name,
			     struct ntr_err *e)
{
	while (n) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ntr_fail(e, NTR_IO, "%s: %s", name,
					strerror(errno));
		p += r;
		n -= (size_t)r;
	}
	return NTR_OK;
}

static enum ntr_st copy_bytes(struct ntr_file *from, int fd, const char *name,
			      struct ntr_err *e)
{
	u8 *block = malloc(COPY_BLOCK);
	enum ntr_st st = NTR_OK;
	u64 at = 0;

	if (!block)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (ftruncate(fd, 0))
		st = ntr_fail(e, NTR_IO, "%s: %s", name, strerror(errno));
	while (!st && at < from->size) {
		size_t n = ntr_file_read_some(from, at, block, COPY_BLOCK);

		if (!n)
			st = ntr_fail(e, NTR_IO, "%s+0x%" PRIx64 ": ends early",
				      from->name, at);
		else
			st = write_all(fd, block, n, name, e);
		at += n;
	}
	free(block);
	return st;
}

static enum ntr_st copy_in(struct ntr_file *from, int fd, const char *tmp,
			   const char *dest, const struct ntr_want *w,
			   struct ntr_err *e)
{
	enum ntr_st st = copy_bytes(from, fd, tmp, e);

	if (!st)
		st = ntr_want_check(w, tmp, e);
	if (!st)
		st = ntr_cache_commit(fd, tmp, dest, e);
	if (st)
		(void)unlink(tmp);
	return st;
}

enum ntr_st ntr_cache_put(struct ntr_store *s, struct ntr_file *from,
			  const char *root, const char *dest,
			  const struct ntr_want *w, char **path,
			  struct ntr_err *e)
{
	struct ntr_str to = { 0 }, tmp = { 0 };
	enum ntr_st st = ntr_cache_path(root, dest, &to, e);
	char *result;
	int fd;

	if (!st) {
		ntr_str_printf(&tmp, "%s.tmp", to.s);
		st = ntr_cache_lock(s, ntr_str_text(&tmp), &fd, e);
	}
	if (!st) {
		st = copy_in(from, fd, tmp.s, to.s, w, e);
		close(fd);
	}
	if (!st) {
		result = strdup(to.s);
		st = result ? NTR_OK : ntr_fail(e, NTR_NOMEM, "out of memory");
		if (result)
			*path = result;
	}
	ntr_str_fini(&to);
	ntr_str_fini(&tmp);
	return st;
}

/* --- what a server does not have ---------------------------------------------------- */

/* One mark per server: a cache may stand before several. */
static void mark_path(struct ntr_str *out, const char *root, const char *dest,
		      const char *url)
{
	u32 h = 2166136261u; /* FNV-1a */

	for (const char *c = url; *c; c++)
		h = (h ^ (u8)*c) * 16777619u;
	ntr_str_printf(out, "%s/%s.missing-%08x", root, dest, h);
}

/* A mark from the future (a clock that was put right) holds no longer than
 * one from now would. */
static bool fresh_mark(const struct stat *st)
{
	time_t now = time(NULL);

	/* The file system's clock may be a tick ahead of ours. */
	return st->st_mtime <= now + 1 &&
	       now - st->st_mtime < (time_t)NTR_STORE_MISSING_SECONDS;
}

bool ntr_missing_known(const struct ntr_store *s, const char *root,
		       const char *dest, const char *url)
{
	struct ntr_str path = { 0 };
	struct stat st;
	bool known;

	if (s->opts.retry_missing)
		return false;
	mark_path(&path, root, dest, url);
	known = !lstat(ntr_str_text(&path), &st) && S_ISREG(st.st_mode) &&
		fresh_mark(&st);
	ntr_str_fini(&path);
	return known;
}

void ntr_missing_set(const char *root, const char *dest, const char *url,
		     bool missing)
{
	struct ntr_str path = { 0 };
	int fd;

	mark_path(&path, root, dest, url);
	if (!missing) {
		(void)unlink(ntr_str_text(&path));
	} else if (path.s && !make_folders(path.s, NULL)) {
		fd = open(path.s, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			  0666);
		if (fd >= 0) {
			(void)futimens(fd, NULL); /* now */
			close(fd);
		}
	}
	ntr_str_fini(&path);
}
