// SPDX-License-Identifier: Apache-2.0
/*
 * Facts: a crash dump ("PAGE…") of which every fact of the schema is asked, the
 * first elements of its lists too; anything else is the text of a path.
 * Aborts when a value that is not known has no reason.
 */
#include "facts/facts.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define ELEMENTS 3u

static void check(const struct ntr_fact *v)
{
	char buf[64];

	if (v->state != NTR_FACT_KNOWN && (!v->why || !v->why[0]))
		abort();
	if (v->state == NTR_FACT_KNOWN && v->type == NTR_FT_STRING && !v->s)
		abort();
	if (v->state == NTR_FACT_KNOWN)
		(void)strlen(ntr_fact_text(v, buf));
}

/* Every fact, with the given numbers between all brackets. */
static void all(struct ntr_facts *f, u64 i, u64 k, const char *key)
{
	const struct ntr_fact_part *p;
	struct ntr_fact_at at = { .index = { i, k }, .nindexes = 2 };
	struct ntr_fact v;

	memcpy(at.key, key, strlen(key) + 1);
	for (size_t n = 0; (p = ntr_fact_schema(n)); n++)
		for (size_t r = 0; r < p->nrows; r++) {
			const char *path = p->rows[r].path, *b = path;
			struct ntr_fact_at own = at;

			own.nindexes = 0;
			while ((b = strstr(b, "[]"))) {
				own.nindexes++;
				b += 2;
			}
			if (!strstr(path, "[\"\"]"))
				own.key[0] = 0;
			ntr_fact_eval(f, &p->rows[r], &own, &v);
			check(&v);
		}
}

static void one_dump(const uint8_t *data, size_t size)
{
	struct ntr_open_opts opts = { .max_unpacked = 1u << 22 };
	int fd = ntr_fuzz_fd(data, size);
	struct ntr_target *t;
	struct ntr_facts *f;
	struct ntr_dump *d;
	struct ntr_file *file;

	if (fd < 0 || ntr_file_from_fd(&file, fd, "fuzz", NULL) ||
	    ntr_dump_open_file(&d, file, &opts, NULL))
		return;
	if (ntr_target_open(&t, d, NULL) == NTR_OK) {
		if (ntr_facts_new(&f, t, NULL, NULL) == NTR_OK) {
			for (u64 i = 0; i < ELEMENTS; i++)
				all(f, i, ELEMENTS - 1 - i, i ? "nt" : "File");
			ntr_facts_free(f);
		}
		ntr_target_close(t);
	}
	ntr_dump_close(d);
}

static void one_path(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1);
	const struct ntr_fact_row *row;
	struct ntr_fact_at at;
	struct ntr_err e = { "" };

	if (!path)
		return;
	memcpy(path, data, size);
	path[size] = 0;
	if (ntr_fact_parse(path, &row, &at, &e)) {
		if (!e.msg[0])
			abort();
	} else if (at.nindexes > NTR_FACT_INDEXES ||
		   strlen(at.key) >= NTR_FACT_KEY || !ntr_fact_row_find(row->path)) {
		abort();
	}
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4 && !memcmp(data, "PAGE", 4))
		one_dump(data, size);
	else
		one_path(data, size);
	return 0;
}
