// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <dirent.h>
#include <elf.h>
#include <link.h>
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

/* The first note of this name and type in a segment of notes. */
static void add_build_note(struct sha256_ctx *sha, const u8 *p, size_t n)
{
	ElfW(Nhdr) h;

	while (n >= sizeof(h)) {
		size_t name, desc;

		memcpy(&h, p, sizeof(h));
		name = (h.n_namesz + 3u) & ~3u;
		desc = (h.n_descsz + 3u) & ~3u;
		if (name > n - sizeof(h) || desc > n - sizeof(h) - name)
			return;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 &&
		    !memcmp(p + sizeof(h), "GNU", 4)) {
			add(sha, p + sizeof(h) + name, h.n_descsz);
			return;
		}
		p += sizeof(h) + name + desc;
		n -= sizeof(h) + name + desc;
	}
}

/* The program is the first of what the loader lists. */
static int add_build(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];

		if (h->p_type == PT_NOTE)
			add_build_note(ctx, (const u8 *)info->dlpi_addr +
				       h->p_vaddr, h->p_memsz);
	}
	return 1;
}

void scan_identity(char out[65], const struct scan_asked *a)
{
	unsigned flags = a->opt->flags & ~(unsigned)SIG_PROFILE;
	u8 sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	char rules[SIG_DIGEST];

	sha256_init(&sha);
	add_text(&sha, NTR_VERSION);
	(void)dl_iterate_phdr(add_build, &sha);
	sig_digest(a->set, rules);
	add_text(&sha, rules);
	add(&sha, &flags, sizeof(flags));
	add(&sha, &a->opt->min_confidence, sizeof(a->opt->min_confidence));
	for (size_t i = 0; i < a->opt->nonly; i++)
		add_text(&sha, a->opt->only[i]);
	add(&sha, &a->offline, sizeof(a->offline));
	add(&sha, &a->max_unpacked, sizeof(a->max_unpacked));
	add_symbols(&sha, a->symbols);
	add_symbols(&sha, a->cache);
	sha256_digest(&sha, sizeof(sum), sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}
