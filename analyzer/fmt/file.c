// SPDX-License-Identifier: Apache-2.0
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SHIFT 14
#define BLOCK (1u << BLOCK_SHIFT)
#define SLOTS 64u
/* Reads of this size and more go past the cache. */
#define DIRECT 4096u
/* Such reads, when they are small and follow one another, are served from
 * one larger read ahead: a scan of pages costs few system calls then. */
#define AHEAD (128u << 10)
#define AHEAD_MAX_READ 16384u
#define AHEAD_STREAK 3u

struct ntr_file_cache {
	u64 tag[SLOTS];    /* block number + 1; 0 empty */
	u32 fill[SLOTS];   /* good bytes in the slot */
	u64 ahead_off;     /* [ahead_off, +ahead_len) is in ahead */
	u64 ahead_len;
	u64 next;          /* where the last direct read ended */
	u32 streak;        /* direct reads in a row that followed on */
	u8 data[SLOTS][BLOCK];
	u8 ahead[AHEAD];
};

static enum ntr_st file_space_read(const struct ntr_space *s, u64 addr,
				   void *buf, size_t len, struct ntr_err *e)
{
	return ntr_file_read(s->impl, addr, buf, len, e);
}

static const char *mode_text(mode_t m)
{
	if (S_ISDIR(m))
		return "a folder";
	if (S_ISFIFO(m))
		return "a pipe";
	if (S_ISSOCK(m))
		return "a socket";
	return "a device";
}

enum ntr_st ntr_file_from_fd(struct ntr_file **out, int fd, const char *name,
			     struct ntr_err *e)
{
	struct ntr_file *f;
	struct stat st;

	if (fstat(fd, &st)) {
		close(fd);
		return ntr_fail(e, NTR_IO, "%s: %s", name, strerror(errno));
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return ntr_fail(e, NTR_USAGE, "%s: is %s, not a file", name,
				mode_text(st.st_mode));
	}
	f = calloc(1, sizeof(*f));
	if (f)
		f->name = strdup(name);
	if (!f || !f->name) {
		free(f);
		close(fd);
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", name);
	}
	f->fd = fd;
	f->size = (u64)st.st_size;
	f->space = (struct ntr_space){ .name = f->name, .read = file_space_read,
					.impl = f };
	*out = f;
	return NTR_OK;
}

enum ntr_st ntr_file_open(struct ntr_file **out, const char *path,
			  struct ntr_err *e)
{
	/* O_NONBLOCK: opening a pipe must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	return ntr_file_from_fd(out, fd, path, e);
}

void ntr_file_close(struct ntr_file *f)
{
	if (!f)
		return;
	close(f->fd);
	free(f->cache);
	free(f->name);
	free(f);
}

/* pread() until len, end of file or an error; *got counts. */
static enum ntr_st pread_full(struct ntr_file *f, u64 off, void *buf,
			      size_t len, size_t *got, struct ntr_err *e)
{
	size_t n = 0;

	while (n < len) {
		ssize_t r = pread(f->fd, (u8 *)buf + n, len - n,
				  (off_t)(off + n));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ntr_fail(e, NTR_IO, "%s+0x%" PRIx64 ": %s",
					f->name, off + n, strerror(errno));
		if (!r)
			break;
		n += (size_t)r;
	}
	*got = n;
	return NTR_OK;
}

static enum ntr_st short_file(struct ntr_file *f, u64 off, size_t len,
			      struct ntr_err *e)
{
	return ntr_fail(e, NTR_ABSENT,
			"%s+0x%" PRIx64 ": wants %zu bytes, file ends at 0x%"
			PRIx64, f->name, off, len, f->size);
}

/* Touched as it is used: small files never pay for all of it. */
static struct ntr_file_cache *cache_of(struct ntr_file *f)
{
	struct ntr_file_cache *c = f->cache;

	if (c)
		return c;
	c = malloc(sizeof(*c));
	if (!c)
		return NULL;
	memset(c, 0, offsetof(struct ntr_file_cache, data));
	f->cache = c;
	return c;
}

/* The cached block that holds off, or NULL on failure. */
static const u8 *block_get(struct ntr_file *f, u64 off, u32 *fill,
			   enum ntr_st *st, struct ntr_err *e)
{
	u64 block = off >> BLOCK_SHIFT;
	u32 slot = (u32)(block % SLOTS);
	size_t got;

	if (!cache_of(f)) {
		*st = ntr_fail(e, NTR_NOMEM, "%s: out of memory", f->name);
		return NULL;
	}
	if (f->cache->tag[slot] != block + 1) {
		f->cache->tag[slot] = 0;
		*st = pread_full(f, block << BLOCK_SHIFT, f->cache->data[slot],
				 BLOCK, &got, e);
		if (*st)
			return NULL;
		f->cache->tag[slot] = block + 1;
		f->cache->fill[slot] = (u32)got;
	}
	*fill = f->cache->fill[slot];
	return f->cache->data[slot];
}

static enum ntr_st read_cached(struct ntr_file *f, u64 off, u8 *buf,
			       size_t len, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	while (len) {
		u32 fill, at = (u32)(off & (BLOCK - 1));
		const u8 *p = block_get(f, off, &fill, &st, e);
		size_t n;

		if (!p)
			return st;
		if (at >= fill)
			return short_file(f, off, len, e);
		n = fill - at < len ? fill - at : len;
		memcpy(buf, p + at, n);
		buf += n;
		off += n;
		len -= n;
	}
	return NTR_OK;
}

/* True when all of the read was served from ahead. A failing read ahead is
 * no error: the caller then reads what was asked for. */
static bool read_ahead(struct ntr_file *f, u64 off, void *buf, size_t len)
{
	struct ntr_file_cache *c = cache_of(f);
	size_t got;

	if (!c)
		return false;
	c->streak = off == c->next ? c->streak + 1 : 0;
	c->next = off + len;
	if (off < c->ahead_off || off - c->ahead_off > c->ahead_len ||
	    len > c->ahead_len - (off - c->ahead_off)) {
		if (c->streak < AHEAD_STREAK)
			return false;
		c->ahead_len = 0;
		if (pread_full(f, off, c->ahead, AHEAD, &got, NULL) ||
		    got < len)
			return false;
		c->ahead_off = off;
		c->ahead_len = got;
	}
	memcpy(buf, c->ahead + (off - c->ahead_off), len);
	return true;
}

enum ntr_st ntr_file_read(struct ntr_file *f, u64 off, void *buf, size_t len,
			  struct ntr_err *e)
{
	enum ntr_st st;
	size_t got;

	if (off > f->size || len > f->size - off)
		return short_file(f, off, len, e);
	if (len < DIRECT)
		return read_cached(f, off, buf, len, e);
	if (len <= AHEAD_MAX_READ && read_ahead(f, off, buf, len))
		return NTR_OK;
	st = pread_full(f, off, buf, len, &got, e);
	if (st == NTR_OK && got < len)
		return short_file(f, off, len, e);
	return st;
}

size_t ntr_file_read_some(struct ntr_file *f, u64 off, void *buf, size_t len)
{
	size_t got;

	if (off >= f->size)
		return 0;
	if (len > f->size - off)
		len = (size_t)(f->size - off);
	if (pread_full(f, off, buf, len, &got, NULL))
		return 0;
	return got;
}
