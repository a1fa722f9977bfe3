// SPDX-License-Identifier: Apache-2.0
/*
 * A results store of version 1 whose file is patched: {u16 place, u8 value}
 * each, the place a share of the file.  It opens and is migrated, or is refused;
 * one that is refused as damaged, or as none, keeps its bytes.
 */
#include "../../kdtools/store/results.h"
#include "../unit/results_v1.h"
#include "fuzz.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATCHES 64u

static struct {
	uint8_t *p;
	size_t n;
	char dir[64], path[80];
} v1;

/* A few rows are enough, and make places that matter likelier. */
static bool make(void)
{
	sqlite3_int64 n = 0;
	sqlite3 *db;
	bool ok = sqlite3_open(":memory:", &db) == SQLITE_OK &&
		  sqlite3_exec(db, version_1, NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_exec(db, "delete from dumps where id between 20 and "
			       "100000; vacuum", NULL, NULL, NULL) == SQLITE_OK;
	void *p = ok ? sqlite3_serialize(db, "main", &n, 0) : NULL;

	if (p) {
		v1.n = (size_t)n;
		v1.p = malloc(v1.n);
		if (v1.p)
			memcpy(v1.p, p, v1.n);
	}
	sqlite3_free(p);
	sqlite3_close(db);
	/* The files beside it want a folder: of memory. */
	strcpy(v1.dir, "/dev/shm/fuzz_store.XXXXXX");
	if (!v1.p || !mkdtemp(v1.dir))
		return false;
	snprintf(v1.path, sizeof(v1.path), "%s/r.db", v1.dir);
	return true;
}

static void clean(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char path[100];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		snprintf(path, sizeof(path), "%s%s", v1.path, ends[i]);
		(void)unlink(path);
	}
}

static void remove_all(void)
{
	clean();
	(void)rmdir(v1.dir);
}

static bool ready(void)
{
	if (v1.p)
		return true;
	if (!make())
		return false;
	atexit(remove_all);
	return true;
}

static uint8_t *patched(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(v1.n);

	if (!p)
		return NULL;
	memcpy(p, v1.p, v1.n);
	for (size_t i = 0; i + 3 <= size && i < 3 * PATCHES; i += 3)
		p[((size_t)data[i] << 8 | data[i + 1]) * v1.n / 65536] =
			data[i + 2];
	return p;
}

static bool put(const uint8_t *p)
{
	int fd = open(v1.path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	bool ok = fd >= 0 && write(fd, p, v1.n) == (ssize_t)v1.n;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool same(const uint8_t *p)
{
	uint8_t *now = malloc(v1.n);
	int fd = open(v1.path, O_RDONLY);
	struct stat st;
	bool ok = now && fd >= 0 && !fstat(fd, &st) &&
		  (size_t)st.st_size == v1.n &&
		  read(fd, now, v1.n) == (ssize_t)v1.n &&
		  !memcmp(now, p, v1.n);

	if (fd >= 0)
		close(fd);
	free(now);
	return ok;
}

static bool seen(void *ctx, const struct results_dump *d)
{
	*(size_t *)ctx += strlen(d->path);
	return true;
}

static bool note(void *ctx, const struct results_note_row *n)
{
	*(size_t *)ctx += strlen(n->text);
	return true;
}

static void look(struct results *r)
{
	const struct results_query q = { .want_json = true,
					 .want_signatures = true };
	struct results_dump d;
	size_t n = 0;

	if (results_each(r, &q, seen, &n, NULL) ||
	    results_get(r, 7, &d, NULL) || results_notes(r, 7, note, &n, NULL))
		return; /* damage that opening did not meet */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct results *r = NULL;
	enum ntr_st st;
	uint8_t *p;

	if (!ready() || !(p = patched(data, size)))
		return 0;
	clean();
	if (put(p)) {
		st = results_open(&r, v1.path, false, NULL);
		if (!st) {
			look(r);
			results_close(r);
		} else if ((st == NTR_BAD || st == NTR_UNSUP) && !same(p)) {
			abort();
		}
	}
	free(p);
	return 0;
}
