// SPDX-License-Identifier: Apache-2.0
#include "out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void mem_room(struct f_sink *s, u64 end)
{
	size_t cap = s->cap ? s->cap : 1 << 16;
	u8 *p;

	if (end > s->max) {
		s->st = NTR_LIMIT;
		return;
	}
	while (cap < end)
		cap *= 2;
	if (cap == s->cap)
		return;
	p = realloc(s->p, cap);
	if (!p) {
		s->st = NTR_NOMEM;
		return;
	}
	memset(p + s->cap, 0, cap - s->cap);
	s->p = p;
	s->cap = cap;
}

static bool all_zero(const u8 *p, size_t len)
{
	return len && !p[0] && !memcmp(p, p + 1, len - 1);
}

static void file_put(struct f_sink *s, u64 off, const u8 *p, size_t len)
{
	/* a whole zero page stays a hole */
	if (len >= 4096 && off >= s->end && all_zero(p, len))
		return;
	while (len && !s->st) {
		ssize_t n = pwrite(s->fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->st = NTR_IO;
			s->errnum = n < 0 ? errno : ENOSPC;
			return;
		}
		p += n;
		off += (u64)n;
		len -= (size_t)n;
	}
}

void f_sink_put(struct f_sink *s, u64 off, const void *p, size_t len)
{
	if (s->st || !len)
		return;
	if (s->fd >= 0) {
		file_put(s, off, p, len);
	} else {
		mem_room(s, off + len);
		if (!s->st)
			memcpy(s->p + off, p, len);
	}
	if (off + len > s->end)
		s->end = off + len;
}

void f_sink_buf(struct f_sink *s, u64 off, const struct f_buf *b)
{
	if (b->lost && !s->st)
		s->st = NTR_NOMEM;
	f_sink_put(s, off, b->p, b->n);
}

void f_sink_extend(struct f_sink *s, u64 size)
{
	if (s->fd < 0 && !s->st)
		mem_room(s, size);
	if (size > s->end)
		s->end = size;
}

void f_sink_cut(struct f_sink *s, u64 size)
{
	if (size < s->end)
		s->end = size;
}
