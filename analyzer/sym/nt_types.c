// SPDX-License-Identifier: Apache-2.0
#include "nt_types.h"

#include "../fmt/dump.h"

#include <string.h>

#define NT_ALWAYS UINT32_MAX

static const struct nt_build {
	u16 machine;
	bool full;
	u32 key;
} builds[] = {
#define NT_BUILD(machine, key, full) { machine, full, key },
#define NT_ROW(...)
#include "nt_types.inc"
#undef NT_BUILD
#undef NT_ROW
};

static const struct ntr_nt_row rows[] = {
#define NT_BUILD(...)
#define NT_ROW(name, machine, kind, width, first, last, off, type) \
	{ name, type, machine, kind, width, first, last, off },
#include "nt_types.inc"
#undef NT_BUILD
#undef NT_ROW
};

const struct ntr_nt_row *ntr_nt_row_at(size_t i)
{
	return i < NTR_COUNT(rows) ? &rows[i] : NULL;
}

/* The rows are sorted by name. */
size_t ntr_nt_row_from(const char *name)
{
	size_t lo = 0, hi = NTR_COUNT(rows), mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(rows[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static u64 row_distance(const struct ntr_nt_row *r, u32 key)
{
	if (key < r->first) /* an older layout is the better guess */
		return UINT64_C(1) << 32 | (r->first - key);
	return key > r->last ? key - r->last : 0;
}

const struct ntr_nt_row *ntr_nt_row(u32 machine, const char *name, u32 key,
				    bool *covered)
{
	const struct ntr_nt_row *best = NULL;
	u64 dist, least = UINT64_MAX;

	for (size_t i = ntr_nt_row_from(name); i < NTR_COUNT(rows); i++) {
		const struct ntr_nt_row *r = &rows[i];

		if (strcmp(r->name, name))
			break;
		if (r->machine != machine)
			continue;
		dist = row_distance(r, key);
		if (dist < least) {
			least = dist;
			best = r;
		}
	}
	if (best)
		*covered = !least;
	return best;
}

bool ntr_nt_row_always(const struct ntr_nt_row *r)
{
	return r->last == NT_ALWAYS;
}

enum ntr_nt_known ntr_nt_known(u32 machine, u32 key)
{
	for (size_t i = 0; i < NTR_COUNT(builds); i++)
		if (builds[i].machine == machine && builds[i].key == key)
			return builds[i].full ? NTR_NT_FULL : NTR_NT_PARTIAL;
	return NTR_NT_UNKNOWN;
}

u32 ntr_types_variants(u32 machine, u32 build)
{
	u32 mask = 0;

	for (size_t i = 0; i < NTR_COUNT(builds); i++)
		if (builds[i].machine == machine && builds[i].key / 16 == build)
			mask |= 1u << builds[i].key % 16;
	return mask;
}
