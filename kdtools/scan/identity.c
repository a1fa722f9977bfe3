// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <dirent.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct sha256_ctx *sha, const void *p, size_t n)
{
	sha256_update(sha, n, p);
}

static void add_text(struct sha256_ctx *sha, const char *s)
{
	add(sha, s ? s : "\1", s ? strlen(s) + 1 : 2);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Nothing for what is no folder: a server's files do not change. */
static void add_folder(struct sha256_ctx *sha, const char *path)
{
	struct dirent **v;
	int n = scandir(path, &v, visible, alphasort);

	for (int i = 0; i < n; i++) {
		char file[4096 + 256];
		struct stat st;

		snprintf(file, sizeof(file), "%s/%s", path, v[i]->d_name);
		add_text(sha, v[i]->d_name);
		if (!stat(file, &st))
			add(sha, &st.st_mtim, sizeof(st.st_mtim));
		free(v[i]);
	}
	if (n >= 0)
		free(v);
}

static void add_symbols(struct sha256_ctx *sha, const char *path)
{
	char *copy = path ? strdup(path) : NULL, *save = NULL;

	add_text(sha, path);
	for (char *p = copy ? strtok_r(copy, "*;", &save) : NULL; p;
	     p = strtok_r(NULL, "*;", &save))
		add_folder(sha, p);
	free(copy);
}

void scan_identity(char out[65], const struct sig_set *set,
		   const struct sig_options *opt, const char *symbols,
		   bool offline)
{
	u8 sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	add_text(&sha, NTR_VERSION);
	add_text(&sha, sig_digest(set));
	add(&sha, &opt->flags, sizeof(opt->flags));
	add(&sha, &opt->min_confidence, sizeof(opt->min_confidence));
	for (size_t i = 0; i < opt->nonly; i++)
		add_text(&sha, opt->only[i]);
	add(&sha, &offline, sizeof(offline));
	add_symbols(&sha, symbols);
	sha256_digest(&sha, sizeof(sum), sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}
