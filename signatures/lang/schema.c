// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

struct sig_schema {
	const struct ntr_fact_row **slot; /* open addressing */
	size_t nslots;                    /* a power of two */
};

static const struct ntr_fact_row fixed_row = {
	SIG_FIXED_PATH, NTR_FT_BOOL, NULL, "It is at least as new as the file of "
	"the rule's own `fixed` clauses for this machine and system.", NULL, 0,
};

/*
 * What a fact costs, by the longest prefix of its path.  Below SIG_COST_DEAR:
 * microseconds, or the verdict, which every dump gets anyhow.
 */
static const struct { const char *prefix; u8 cost; } costs[] = {
	{ "bugcheck.", 1 }, { "dump.", 1 }, { "machine.", 1 }, { "os.", 1 },
	{ "time", 1 }, { "uptime", 1 }, { "kernel.", 1 },
	{ "modules", 3 }, { "module[", 2 }, { "unloaded", 3 },
	{ "module[\"\"].date", 4 }, { "module[\"\"].version", 4 },
	{ "module[\"\"].pdb", 4 }, { "module[\"\"].at_least_fixed", 5 },
	{ "thread.", 6 }, { "process.", 6 }, { "cpus", 8 },
	{ "exception.", 10 }, { "context.", 10 }, { "fault.", 10 },
	{ "hardware.", 10 }, { "stack.", 10 }, { "blame.", 10 },
	{ "bucket.", 10 },
	{ "process.handles", 40 }, { "stack.cookie", 12 },
	{ "stack.cookies", 12 },
	{ "threads", 40 }, { "waits.", 40 }, { "queue", 40 },
	{ "pool.", 30 }, { "pool.judged", 50 }, { "pool.corruption", 60 },
	{ "pool.checked_pages", 60 }, { "pool.absent_pages", 60 },
	{ "pool.tag[\"\"].lost", 90 }, { "handles", 40 }, { "ids", 40 },
	{ "net", 40 }, { "netbt", 60 }, { "corruption", 70 },
};
#define COST_OTHER 30u

static bool part_ends(char c)
{
	return !c || c == '.' || c == '[';
}

unsigned sig_cost(const struct ntr_fact_row *row)
{
	unsigned cost = COST_OTHER;
	size_t best = 0;

	for (size_t i = 0; i < NTR_COUNT(costs); i++) {
		size_t n;
		char last;

		if (costs[i].prefix[0] != row->path[0])
			continue;
		n = strlen(costs[i].prefix);
		last = costs[i].prefix[n - 1];
		if (n <= best || strncmp(row->path, costs[i].prefix, n) ||
		    (last != '.' && last != '[' && !part_ends(row->path[n])))
			continue;
		best = n;
		cost = costs[i].cost;
	}
	return cost;
}

bool sig_is_fixed(const struct ntr_fact_row *row)
{
	return row == &fixed_row;
}

/* FNV-1a */
static size_t hash_of(const char *s)
{
	u64 h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (u8)*s) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static const struct ntr_fact_row **slot_of(const struct sig_schema *s,
					   const char *path)
{
	size_t i = hash_of(path) & (s->nslots - 1);

	while (s->slot[i] && strcmp(s->slot[i]->path, path))
		i = (i + 1) & (s->nslots - 1);
	return &s->slot[i];
}

struct sig_schema *sig_schema_new(struct ntr_arena *a)
{
	struct sig_schema *s = ntr_arena_alloc(a, sizeof(*s));
	const struct ntr_fact_part *p;
	const struct ntr_fact_row *r;
	size_t n = 1; /* at_least_fixed */

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		n += p->nrows;
	for (size_t i = 0; sig_trace_row(i); i++)
		n++;
	if (!s)
		return NULL;
	for (s->nslots = 256; s->nslots < n * 3; s->nslots *= 2)
		;
	s->slot = ntr_arena_array(a, s->nslots, sizeof(*s->slot));
	if (!s->slot)
		return NULL;
	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			*slot_of(s, p->rows[k].path) = &p->rows[k];
	for (size_t i = 0; (r = sig_trace_row(i)); i++)
		*slot_of(s, r->path) = r;
	*slot_of(s, fixed_row.path) = &fixed_row;
	return s;
}

const struct ntr_fact_row *sig_schema_find(const struct sig_schema *s,
					   const char *path)
{
	return *slot_of(s, path);
}

const struct ntr_fact_row *sig_schema_below(const struct sig_schema *s,
					    const struct ntr_fact_row *row,
					    const char *more)
{
	char path[NTR_FACT_PATH];
	int n = snprintf(path, sizeof(path), "%s%s", row->path, more);

	return n > 0 && (size_t)n < sizeof(path) ? sig_schema_find(s, path) :
						   NULL;
}

const char *sig_schema_nearest(const struct sig_schema *s, const char *path)
{
	const char *best = NULL;

	for (size_t i = 0; i < s->nslots; i++)
		if (s->slot[i])
			ntr_nearest_try(path, s->slot[i]->path, &best);
	return best;
}

const char *sig_schema_nearest_field(const struct sig_schema *s,
				     const struct ntr_fact_row *record,
				     const char *field)
{
	size_t n = strlen(record->path);
	const char *best = NULL;

	for (size_t i = 0; i < s->nslots; i++) {
		const char *p = s->slot[i] ? s->slot[i]->path : "";

		if (!strncmp(p, record->path, n) && p[n] == '.')
			ntr_nearest_try(field, p + n + 1, &best);
	}
	return best;
}

const char *sig_schema_group(const struct sig_schema *s, const char *path)
{
	size_t n = strlen(path);
	const char *best = NULL;

	for (size_t i = 0; i < s->nslots; i++) {
		const char *p = s->slot[i] ? s->slot[i]->path : "";

		if (!strncmp(p, path, n) && p[n] == '.' &&
		    (!best || strcmp(p, best) < 0))
			best = p;
	}
	return best;
}
