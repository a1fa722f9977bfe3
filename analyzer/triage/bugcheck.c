// SPDX-License-Identifier: Apache-2.0
/* Lookup in the tables made from signatures/bugchecks. */
#include "bugcheck.h"

#include <string.h>

struct enum_row {
	u8 list;
	u64 value;
	const char *text;
};

struct status_row {
	u32 code;
	const char *name, *words;
};

struct fill_row {
	u32 value;
	const char *words;
};

#include "bugchecks.inc"

size_t ntr_bugcheck_count(void)
{
	return NTR_COUNT(bugcheck_rows);
}

const struct ntr_bugcheck *ntr_bugcheck_at(size_t i)
{
	return i < NTR_COUNT(bugcheck_rows) ? &bugcheck_rows[i] : NULL;
}

const struct ntr_bugcheck *ntr_bugcheck_find(u32 code)
{
	size_t lo = 0, hi = NTR_COUNT(bugcheck_rows);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (bugcheck_rows[mid].code == code)
			return &bugcheck_rows[mid];
		if (bugcheck_rows[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct ntr_bc_case *ntr_bugcheck_case(const struct ntr_bugcheck *b,
					    const u64 arg[4])
{
	u64 v = arg[b->subject - 1];
	const struct ntr_bc_case *best = NULL;

	/* The narrowest range that holds v. */
	for (size_t i = 0; i < b->ncases; i++) {
		const struct ntr_bc_case *c = &case_rows[b->first_case + i];

		if (v < c->lo || v > c->hi)
			continue;
		if (!best || c->hi - c->lo < best->hi - best->lo)
			best = c;
	}
	return best;
}

const struct ntr_bc_param *ntr_bugcheck_param(const struct ntr_bugcheck *b,
					      const struct ntr_bc_case *c,
					      unsigned n)
{
	if (c && c->p[n - 1].kind != NTR_PK_NONE)
		return &c->p[n - 1];
	return &b->p[n - 1];
}

u32 ntr_bugcheck_normalise(u32 raw)
{
	/* Codes of their own first: 0xC000021A, 0x4000008A, 0xDEADDEAD. */
	if (ntr_bugcheck_find(raw))
		return raw;
	/* "_M" of small dumps; bit 31 says that the context was changed. */
	for (unsigned i = 0; i < 3; i++) {
		static const u32 flag[] = { 0x10000000u, 0x80000000u,
					    0x90000000u };
		u32 code = raw & ~flag[i];

		if ((raw & flag[i]) == flag[i] && code < 0x10000 &&
		    ntr_bugcheck_find(code))
			return code;
	}
	return raw;
}

bool ntr_bugcheck_tool_mark(u32 raw, char mark[5])
{
	for (unsigned i = 0; i < 4; i++) {
		char c = (char)(raw >> (8 * i));
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			      (c >= '0' && c <= '9');

		if (!letter)
			return false;
		mark[i] = c;
	}
	mark[4] = 0;
	return true;
}

bool ntr_bugcheck_is_custom(u32 raw)
{
	return raw & 0x20000000u && !ntr_bugcheck_find(raw);
}

const char *ntr_nt_status_name(u32 status, const char **words)
{
	size_t lo = 0, hi = NTR_COUNT(status_rows);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (status_rows[mid].code == status) {
			if (words)
				*words = status_rows[mid].words;
			return status_rows[mid].name;
		}
		if (status_rows[mid].code < status)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *ntr_fill_words(u32 value)
{
	for (size_t i = 0; i < NTR_COUNT(fill_rows); i++)
		if (value - fill_rows[i].value + 0x1000u < 0x2000u)
			return fill_rows[i].words;
	return NULL;
}

const char *ntr_bc_enum_text(unsigned list, u64 value)
{
	for (size_t i = 0; i < NTR_COUNT(enum_rows); i++)
		if (enum_rows[i].list == list && enum_rows[i].value == value)
			return enum_rows[i].text;
	return NULL;
}

unsigned ntr_bc_enum_number(const char *name)
{
	for (unsigned i = 1; i < NTR_COUNT(enum_names); i++)
		if (!strcmp(enum_names[i], name))
			return i;
	return 0;
}
