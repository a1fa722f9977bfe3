// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of program databases share: all PDBs of the corpus, lines of
 * text as sorted lists that are compared as a whole, and running llvm-pdbutil,
 * the independent reader.
 */
#ifndef PDB_TRUTH_H
#define PDB_TRUTH_H

#include "sym/pdb.h"
#include "test.h"

#include <ftw.h>
#include <stdarg.h>
#include <unistd.h>

/* --- lists of lines --------------------------------------------------------- */

struct lines {
	char **v;
	size_t n, cap;
};

__attribute__((format(printf, 2, 3))) static inline void
add(struct lines *l, const char *fmt, ...)
{
	va_list ap;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 1024;
		l->v = realloc(l->v, l->cap * sizeof(*l->v));
	}
	va_start(ap, fmt);
	if (vasprintf(&l->v[l->n++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

static inline void drop(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct lines){ 0 };
}

static inline int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void sort(struct lines *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
}

/* Both as multisets; says the first three of each that the other lacks. */
static inline void same_lines(const char *what, struct lines *got,
			      struct lines *want)
{
	size_t i = 0, j = 0, only_got = 0, only_want = 0;

	sort(got);
	sort(want);
	while (i < got->n || j < want->n) {
		int c = i == got->n ? 1 : j == want->n ? -1 :
			strcmp(got->v[i], want->v[j]);

		if (c < 0 && only_got++ < 3)
			printf("    %s: not wanted: %s\n", what, got->v[i]);
		if (c > 0 && only_want++ < 3)
			printf("    %s: missing: %s\n", what, want->v[j]);
		i += c <= 0;
		j += c >= 0;
	}
	test_.checks++;
	if (only_got || only_want)
		TEST_FAIL("%s: %zu of %zu missing, %zu not wanted", what,
			  only_want, want->n, only_got);
}

/* --- files --------------------------------------------------------------------- */

static struct lines pdbs_;

static inline int pdb_found(const char *path, const struct stat *st, int type,
			    struct FTW *f)
{
	size_t n = strlen(path);

	(void)st;
	(void)f;
	if (type == FTW_F && n > 4 && !strcmp(path + n - 4, ".pdb"))
		add(&pdbs_, "%s", path);
	return 0;
}

/* Every .pdb file below the corpus; none: no corpus. */
static inline const struct lines *all_pdbs(void)
{
	char path[600];
	static const char *const dirs[] = { "symbols", "made" };
	const char *dir = getenv("NTR_CORPUS");

	for (size_t i = pdbs_.n ? 2 : 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s",
			 dir ? dir : "../shared/corpus", dirs[i]);
		nftw(path, pdb_found, 16, FTW_PHYS);
	}
	sort(&pdbs_);
	return &pdbs_;
}

static inline struct ntr_symsrc *open_pdb(const char *path)
{
	struct ntr_symsrc *s = NULL;
	struct ntr_err e = { "" };

	if (ntr_symsrc_open(&s, path, &e)) {
		TEST_FAIL("%s: %s", path, e.msg);
		return NULL;
	}
	return s;
}

static inline const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* --- llvm-pdbutil ---------------------------------------------------------------- */

static inline bool have_pdbutil(void)
{
	return !system("llvm-pdbutil --version >/dev/null 2>&1");
}

static inline FILE *pdbutil(const char *args, const char *path)
{
	char cmd[1200];

	snprintf(cmd, sizeof(cmd), "llvm-pdbutil %s '%s' 2>/dev/null", args,
		 path);
	return popen(cmd, "r");
}

/* The image as linked and, with OMAP, as loaded; read here once more, in the
 * plainest way. */
struct image {
	unsigned nsections, nomap;
	struct { uint32_t rva, vsize, raw, flags; } section[200];
	struct { uint32_t from, to; } *omap;
};

static inline void image_sections(struct image *im, const char *path)
{
	FILE *f = pdbutil("dump --section-headers", path);
	char line[1000], word[100];
	unsigned v;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned n = im->nsections - 1;

		if (strstr(line, "Original Section Headers"))
			break;
		if (sscanf(line, " SECTION HEADER #%u", &v) == 1)
			im->nsections = v;
		else if (sscanf(line, " %x virtual %30s", &v, word) == 2 &&
			 !strcmp(word, "size"))
			im->section[n].vsize = v;
		else if (sscanf(line, " %x virtual %30s", &v, word) == 2)
			im->section[n].rva = v;
		else if (sscanf(line, " %x size of raw %30s", &v, word) == 2)
			im->section[n].raw = v;
		else if (sscanf(line, " %x fl%30s", &v, word) == 2)
			im->section[n].flags = v;
	}
	if (f)
		pclose(f);
}

static inline void image_omap(struct image *im, const char *path)
{
	FILE *f = pdbutil("dump --streams", path);
	char line[1000], args[200], tmp[] = "/tmp/ntr-omap-XXXXXX";
	unsigned v = 0, stream = 0;
	int fd;
	uint8_t raw[8];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "Omap From Source") &&
		    sscanf(line, " Stream %u", &v) == 1)
			stream = v;
	if (f)
		pclose(f);
	if (!stream || (fd = mkstemp(tmp)) < 0)
		return;
	snprintf(args, sizeof(args), "export --stream=%u --out=%s", stream,
		 tmp);
	f = pdbutil(args, path);
	while (f && fgets(line, sizeof(line), f))
		;
	if (f)
		pclose(f);
	close(fd); /* the file is a new one by now */
	f = fopen(tmp, "rb");
	while (f && fread(raw, 8, 1, f) == 1) {
		im->omap = realloc(im->omap, (im->nomap + 1) *
				   sizeof(*im->omap));
		memcpy(&im->omap[im->nomap].from, raw, 4);
		memcpy(&im->omap[im->nomap++].to, raw + 4, 4);
	}
	if (f)
		fclose(f);
	unlink(tmp);
}

static inline void image_read(struct image *im, const char *path)
{
	memset(im, 0, sizeof(*im));
	image_sections(im, path);
	image_omap(im, path);
}

/* false: in no section, or not in the image. */
static inline bool image_map(const struct image *im, uint32_t src,
			     uint32_t *rva)
{
	unsigned i = 0;

	*rva = src;
	if (!im->nomap)
		return true;
	while (i < im->nomap && im->omap[i].from <= src)
		i++;
	if (!i || !im->omap[i - 1].to || im->omap[i - 1].to >> 31)
		return false;
	*rva = im->omap[i - 1].to + (src - im->omap[i - 1].from);
	return true;
}

static inline bool image_rva(const struct image *im, unsigned seg,
			     uint32_t off, uint32_t *rva)
{
	return seg && seg <= im->nsections &&
	       image_map(im, im->section[seg - 1].rva + off, rva);
}

#endif
