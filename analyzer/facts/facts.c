// SPDX-License-Identifier: Apache-2.0
/* The schema, paths and values of the fact tree. */
#include "../base/nearest.h"
#include "../base/text.h"
#include "facts_int.h"

#include <stdio.h>
#include <string.h>

const char *ntr_fact_type_name(enum ntr_fact_type t)
{
	static const char *const names[] = {
#define NTR_FACT_TYPE_NAME(n, t) t,
		NTR_FACT_TYPES(NTR_FACT_TYPE_NAME)
#undef NTR_FACT_TYPE_NAME
	};

	return (size_t)t < NTR_COUNT(names) ? names[t] : "?";
}

/* --- schema -------------------------------------------------------------------- */

const struct ntr_fact_part *ntr_fact_schema(size_t part)
{
	static const struct ntr_fact_part *const parts[] = {
#define NTR_FACTS(n) &ntr_fact_part_##n,
#include "fact_list.h"
#undef NTR_FACTS
	};

	return part < NTR_COUNT(parts) ? parts[part] : NULL;
}

const struct ntr_fact_row *ntr_fact_row_find(const char *path)
{
	const struct ntr_fact_part *p;

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			if (!strcmp(p->rows[k].path, path))
				return &p->rows[k];
	return NULL;
}

/* --- paths ----------------------------------------------------------------------- */

struct scan {
	const char *path, *p;
	char pattern[NTR_FACT_PATH];
	size_t len;
	struct ntr_fact_at *at;
	unsigned open; /* brackets with nothing between them */
};

static bool put(struct scan *s, const char *text, size_t n)
{
	if (n >= sizeof(s->pattern) - s->len)
		return false;
	memcpy(s->pattern + s->len, text, n);
	s->len += n;
	s->pattern[s->len] = 0;
	return true;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool put_key(struct scan *s, const char *text, size_t n)
{
	if (s->at->key[0] || !n || n >= NTR_FACT_KEY)
		return false;
	memcpy(s->at->key, text, n);
	return put(s, "[\"\"]", 4);
}

static bool put_index(struct scan *s, const char *text, size_t n)
{
	u64 v = 0;

	if (s->at->nindexes == NTR_FACT_INDEXES || n > 9)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (u64)(text[i] - '0');
	s->open += !n;
	s->at->index[s->at->nindexes++] = v;
	return put(s, "[]", 2);
}

/* s->p stands behind the opening bracket. */
static bool brackets(struct scan *s)
{
	const char *from = s->p, *to;

	if (*from == '"') {
		from++;
		to = strstr(from, "\"]");
		if (!to)
			return false;
		s->p = to + 2;
		return put_key(s, from, (size_t)(to - from));
	}
	to = strchr(from, ']');
	if (!to)
		return false;
	s->p = to + 1;
	if (strspn(from, "0123456789") == (size_t)(to - from))
		return put_index(s, from, (size_t)(to - from));
	return put_key(s, from, (size_t)(to - from));
}

static bool name(struct scan *s)
{
	size_t n = 0;

	while (is_name(s->p[n]))
		n++;
	if (!n || !put(s, s->p, n))
		return false;
	s->p += n;
	return true;
}

static bool scan_path(struct scan *s)
{
	if (!name(s))
		return false;
	while (*s->p) {
		char c = *s->p++;

		if (c == '.' ? !put(s, ".", 1) || !name(s) :
			       c != '[' || !brackets(s))
			return false;
	}
	return true;
}

/* A row that begins as the pattern does, where a part of a path ends. */
static const char *below(const char *pattern)
{
	const struct ntr_fact_part *p;
	size_t n = strlen(pattern);

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			if (!strncmp(p->rows[k].path, pattern, n) &&
			    (p->rows[k].path[n] == '.' ||
			     p->rows[k].path[n] == '['))
				return p->rows[k].path;
	return NULL;
}

static enum ntr_st no_fact(const struct scan *s, struct ntr_err *e)
{
	const char *best = below(s->pattern);
	const struct ntr_fact_part *p;

	if (best)
		return ntr_fail(e, NTR_USAGE, "%.80s is a group of facts, such "
				"as %s", s->path, best);
	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			ntr_nearest_try(s->pattern, p->rows[k].path, &best);
	if (best)
		return ntr_fail(e, NTR_USAGE, "no fact is called %.80s; did you "
				"mean %s?", s->path, best);
	return ntr_fail(e, NTR_USAGE, "no fact is called %.80s", s->path);
}

enum ntr_st ntr_fact_parse(const char *path, const struct ntr_fact_row **row,
			   struct ntr_fact_at *at, struct ntr_err *e)
{
	struct scan s = { .path = path, .p = path, .at = at };
	const struct ntr_fact_row *r;

	memset(at, 0, sizeof(*at));
	if (!scan_path(&s))
		return ntr_fail(e, NTR_USAGE, "%.80s is no path of a fact: names, "
				"points, and a number or a name between "
				"brackets", path);
	r = ntr_fact_row_find(s.pattern);
	if (!r)
		return no_fact(&s, e);
	if (s.open)
		return ntr_fail(e, NTR_USAGE, "%.80s: which element? brackets "
				"want a number", path);
	*row = r;
	return NTR_OK;
}

/* --- values ------------------------------------------------------------------------ */

static void raw(struct ntr_facts *f, const struct ntr_fact_row *row,
		const struct ntr_fact_at *at, struct ntr_fact *out)
{
	*out = (struct ntr_fact){ .type = row->type, .row = row, .at = *at };
	if (row->get)
		row->get(f, at, row->arg, out);
	else
		out->state = NTR_FACT_KNOWN;
	if (out->state != NTR_FACT_KNOWN && !out->why)
		out->why = "nothing in this dump says it";
}

/* The row whose path is that of `row` and `more` behind it. */
static const struct ntr_fact_row *row_below(const struct ntr_fact_row *row,
					    const char *more)
{
	char path[NTR_FACT_PATH];
	int n = snprintf(path, sizeof(path), "%s%s", row->path, more);

	return n > 0 && (size_t)n < sizeof(path) ? ntr_fact_row_find(path) :
						   NULL;
}

/* A table of rows is searched by name; lists ask for the same few again and
 * again. */
static const struct ntr_fact_near *near_of(struct ntr_facts *f,
					   const struct ntr_fact_row *row)
{
	struct ntr_fact_near *k = &f->near[(uintptr_t)row / sizeof(*row) %
					   NTR_FACTS_NEAR];
	const char *p = row->path;
	char list[NTR_FACT_PATH];

	if (k->row == row)
		return k;
	*k = (struct ntr_fact_near){ .row = row };
	for (unsigned i = 0; i < NTR_FACT_INDEXES && (p = strstr(p, "[]"));
	     i++, p += 2) {
		snprintf(list, sizeof(list), "%.*s", (int)(p - row->path),
			 row->path);
		k->list[i] = ntr_fact_row_find(list);
	}
	if (row->type == NTR_FT_LIST)
		k->item = row_below(row, "[]");
	return k;
}

/* The lists that the path goes through have such elements; else out says why
 * there is no value. */
static bool inside(struct ntr_facts *f, const struct ntr_fact_row *row,
		   const struct ntr_fact_at *at, struct ntr_fact *out)
{
	const struct ntr_fact_near *k = near_of(f, row);
	struct ntr_fact_at up = *at;

	for (unsigned i = 0; i < NTR_FACT_INDEXES && k->list[i]; i++) {
		*out = (struct ntr_fact){ .why = "which element?" };
		if (i >= at->nindexes)
			return false;
		up.nindexes = i;
		raw(f, k->list[i], &up, out);
		if (out->state != NTR_FACT_KNOWN)
			return false;
		if (at->index[i] < out->n)
			continue;
		ntr_fact_none(out, ntr_facts_text(f, "%s has %" PRIu64
			" element%s", k->list[i]->path, out->n,
			out->n == 1 ? "" : "s"));
		return false;
	}
	return true;
}

void ntr_fact_eval(struct ntr_facts *f, const struct ntr_fact_row *row,
		   const struct ntr_fact_at *at, struct ntr_fact *out)
{
	if (inside(f, row, at, out)) {
		raw(f, row, at, out);
		return;
	}
	out->type = row->type;
	out->row = row;
	out->at = *at;
}

enum ntr_st ntr_fact_get(struct ntr_facts *f, const char *path,
			 struct ntr_fact *out, struct ntr_err *e)
{
	const struct ntr_fact_row *row;
	struct ntr_fact_at at;
	enum ntr_st st = ntr_fact_parse(path, &row, &at, e);

	if (!st)
		ntr_fact_eval(f, row, &at, out);
	return st;
}

void ntr_fact_item(struct ntr_facts *f, const struct ntr_fact *list, u64 i,
		   struct ntr_fact *out)
{
	const struct ntr_fact_row *row = list->row ?
		near_of(f, list->row)->item : NULL;
	struct ntr_fact_at at = list->at;

	*out = (struct ntr_fact){ .why = "it is no list" };
	if (!row || at.nindexes == NTR_FACT_INDEXES)
		return;
	at.index[at.nindexes++] = i;
	ntr_fact_eval(f, row, &at, out);
}

void ntr_fact_field(struct ntr_facts *f, const struct ntr_fact *record,
		    const struct ntr_fact_row *field, struct ntr_fact *out)
{
	ntr_fact_eval(f, field, &record->at, out);
}

/* --- text ----------------------------------------------------------------------------- */

static void duration(char buf[64], u64 n)
{
	static const struct { u64 unit; char name; } parts[] = {
		{ UINT64_C(864000000000), 'd' }, { UINT64_C(36000000000), 'h' },
		{ UINT64_C(600000000), 'm' },
	};
	size_t len = 0;

	for (size_t i = 0; i < NTR_COUNT(parts); i++) {
		if (n < parts[i].unit)
			continue;
		len += (size_t)snprintf(buf + len, 64 - len, "%" PRIu64 "%c",
					n / parts[i].unit, parts[i].name);
		n %= parts[i].unit;
	}
	if (n % 10000000)
		snprintf(buf + len, 64 - len, "%u.%07us", (unsigned)(n / 10000000),
			 (unsigned)(n % 10000000));
	else if (n || !len)
		snprintf(buf + len, 64 - len, "%us", (unsigned)(n / 10000000));
}

static void delta(char buf[64], const struct ntr_fact *v)
{
	s64 d = ntr_fact_delta(v);
	const char *unit = v->row && v->row->unit ? v->row->unit : "";

	snprintf(buf, 64, "%s%" PRId64 "%s%.20s", d > 0 ? "+" : "", d,
		 *unit ? " " : "", unit);
}

static void version(char buf[64], const struct ntr_fact *v)
{
	size_t len = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < v->nversion && i < 4; i++)
		len += (size_t)snprintf(buf + len, 64 - len, "%s%u",
					i ? "." : "", v->version[i]);
}

const char *ntr_fact_text(const struct ntr_fact *v, char buf[64])
{
	buf[0] = 0;
	switch (v->type) {
	case NTR_FT_BOOL:
		return v->n ? "true" : "false";
	case NTR_FT_INT:
		if (v->row && v->row->unit && !strcmp(v->row->unit, "hex"))
			snprintf(buf, 64, "0x%" PRIx64, v->n);
		else
			snprintf(buf, 64, "%" PRIu64, v->n);
		break;
	case NTR_FT_SIZE:
		snprintf(buf, 64, "%" PRIu64 " byte%s", v->n,
			 v->n == 1 ? "" : "s");
		break;
	case NTR_FT_ADDRESS:
		snprintf(buf, 64, "0x%" PRIx64, v->n);
		break;
	case NTR_FT_DURATION:
		duration(buf, v->n);
		break;
	case NTR_FT_DATE:
		if (!ntr_filetime_text(buf, v->n))
			snprintf(buf, 64, "beyond the year 9999");
		break;
	case NTR_FT_VERSION:
		version(buf, v);
		break;
	case NTR_FT_STRING:
		return v->s ? v->s : "";
	case NTR_FT_LIST:
		snprintf(buf, 64, "%" PRIu64 " element%s", v->n,
			 v->n == 1 ? "" : "s");
		break;
	case NTR_FT_DELTA:
		delta(buf, v);
		break;
	case NTR_FT_RECORD:
		break;
	}
	return buf;
}
