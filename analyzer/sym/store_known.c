// SPDX-License-Identifier: Apache-2.0
/*
 * What was found out the long way: which symbol file belongs to an image whose
 * debug record is not in the dump.  One line of text below the default cache,
 * at the place of the image; a hint that its user verifies.
 */
#include "store_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KNOWN_MAX 4096u

/* "ntoskrnl.exe/KEY/symbols.ptr"; false: there is no such place. */
static bool known_place(const struct ntr_store *s, const struct ntr_want *w,
			struct ntr_str *rel)
{
	char *slash;

	if (!s->opts.default_cache || !ntr_want_place(w, rel) || !rel->s)
		return false;
	slash = strrchr(rel->s, '/');
	if (!slash)
		return false;
	rel->len = (size_t)(slash - rel->s);
	rel->s[rel->len] = 0;
	ntr_str_add(rel, "/symbols.ptr");
	return !rel->lost;
}

void ntr_store_remember(struct ntr_store *s, const struct ntr_want *image,
			const char *path)
{
	struct ntr_str rel = { 0 }, to = { 0 }, tmp = { 0 };
	char *full = realpath(path, NULL);
	int fd = -1;

	if (full && strlen(full) < KNOWN_MAX && known_place(s, image, &rel) &&
	    !ntr_cache_path(s->opts.default_cache, rel.s, &to, NULL)) {
		ntr_str_printf(&tmp, "%s.tmp", to.s);
		if (!ntr_cache_lock(s, ntr_str_text(&tmp), &fd, NULL)) {
			bool ok = !ftruncate(fd, 0) &&
				  dprintf(fd, "%s\n", full) > 0;

			if (!ok || ntr_cache_commit(fd, tmp.s, to.s, NULL))
				(void)unlink(tmp.s);
			close(fd);
		}
	}
	free(full);
	ntr_str_fini(&rel);
	ntr_str_fini(&to);
	ntr_str_fini(&tmp);
}

bool ntr_store_recall(struct ntr_store *s, const struct ntr_want *image,
		      char **path)
{
	struct ntr_str rel = { 0 }, at = { 0 };
	char line[KNOWN_MAX + 1];
	ssize_t n = -1;
	int fd;

	if (known_place(s, image, &rel)) {
		ntr_str_printf(&at, "%s/%s", s->opts.default_cache, rel.s);
		fd = open(ntr_str_text(&at), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0) {
			n = read(fd, line, KNOWN_MAX);
			close(fd);
		}
	}
	ntr_str_fini(&rel);
	ntr_str_fini(&at);
	if (n <= 0)
		return false;
	line[n] = 0;
	line[strcspn(line, "\r\n")] = 0;
	*path = strdup(line);
	return *path && **path == '/';
}
