// SPDX-License-Identifier: Apache-2.0
/* Values of the filter language: numbers, sizes, times, versions, text. */
#include "base/nearest.h"
#include "../cli/cli.h"
#include "columns.h"
#include "filter_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_AGO (INT64_C(100000) * 86400) /* 270 years */

static bool no(struct ntr_err *e, const char *s, const char *want)
{
	ntr_err_set(e, "\"%.60s\" is no %s", s, want);
	return false;
}

static bool unsigned_of(const char *s, u64 *v)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : s;
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (!n || digits[n] || n > (hex ? 16u : 19u))
		return false;
	*v = strtoull(digits, NULL, hex ? 16 : 10);
	return true;
}

static bool number(struct filter_node *t, const char *s, struct ntr_err *e)
{
	u64 v;

	if (!unsigned_of(s, &v) || v > INT64_MAX - 1) {
		ntr_err_set(e, "\"%.60s\" is no number: decimal, or hex with "
			    "0x", s);
		return false;
	}
	t->lo = (s64)v;
	t->hi = t->lo + 1;
	return true;
}

static bool size_value(struct filter_node *t, const char *s, struct ntr_err *e)
{
	u64 v;

	if (strlen(s) > 24 || !ntr_parse_size(s, &v) || v > INT64_MAX - 1)
		return no(e, s, "size such as 64M");
	t->lo = (s64)v;
	t->hi = t->lo + 1;
	return true;
}

static bool argument(struct results_filter *f, struct filter_node *t,
		     const char *s, struct ntr_err *e)
{
	if (!unsigned_of(s, &t->arg)) {
		ntr_err_set(e, "\"%.60s\" is no number: decimal, or hex with "
			    "0x", s);
		return false;
	}
	t->key = ntr_arena_printf(&f->text, "%016" PRIx64, t->arg);
	return true;
}

/* --- times ---------------------------------------------------------------------- */

/* "7d": so long before now. */
static bool ago(struct filter_node *t, const char *s, s64 now)
{
	static const struct {
		char unit;
		s64 seconds;
	} unit[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		     { 'w', 7 * 86400 } };
	size_t n = strspn(s, "0123456789");
	s64 v;

	if (!n || n > 10 || !s[n] || s[n + 1])
		return false;
	v = strtoll(s, NULL, 10);
	for (size_t i = 0; i < NTR_COUNT(unit); i++) {
		if (s[n] != unit[i].unit)
			continue;
		if (v > MAX_AGO / unit[i].seconds)
			return false;
		t->lo = now - v * unit[i].seconds;
		t->hi = t->lo + 1;
		return true;
	}
	return false;
}

/* n digits at *s, behind the character `before` when there is one. */
static bool digits(const char **s, char before, unsigned n, int *v)
{
	const char *p = *s;

	if (before && *p++ != before)
		return false;
	*v = 0;
	for (unsigned i = 0; i < n; i++, p++) {
		if (*p < '0' || *p > '9')
			return false;
		*v = *v * 10 + *p - '0';
	}
	*s = p;
	return true;
}

static bool seconds_of(struct tm tm, s64 *out)
{
	struct tm again = tm;

	*out = (s64)timegm(&again);
	/* The 31st of April has become the 1st of May. */
	return again.tm_mday == tm.tm_mday && again.tm_mon == tm.tm_mon &&
	       again.tm_hour == tm.tm_hour && again.tm_min == tm.tm_min &&
	       again.tm_sec == tm.tm_sec;
}

/* "2022-10", "2022-10-26", "2022-10-26T22:20", "2022-10-26T22:20:37Z" (UTC):
 * that month, day, minute or second. */
static bool moment(struct filter_node *t, const char *s)
{
	struct tm tm = { .tm_mday = 1 }, end;
	unsigned part = 0;

	if (!digits(&s, 0, 4, &tm.tm_year) || !digits(&s, '-', 2, &tm.tm_mon))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	part += digits(&s, '-', 2, &tm.tm_mday);
	if (part && digits(&s, *s == ' ' ? ' ' : 'T', 2, &tm.tm_hour)) {
		if (!digits(&s, ':', 2, &tm.tm_min))
			return false;
		part = 2 + digits(&s, ':', 2, &tm.tm_sec);
		s += *s == 'Z';
	}
	if (*s || !seconds_of(tm, &t->lo))
		return false;
	end = tm;
	end.tm_mon += part == 0;
	end.tm_mday += part == 1;
	end.tm_min += part == 2;
	end.tm_sec += part == 3;
	t->hi = (s64)timegm(&end);
	return true;
}

static bool time_value(struct filter_node *t, const char *s, s64 now,
		       struct ntr_err *e)
{
	if (ago(t, s, now) || moment(t, s))
		return true;
	return no(e, s, "time: 7d, 12h, 2022-10-26, 2022-10-26T22:20:37");
}

/* --- text -------------------------------------------------------------------------- */

static bool text_value(struct results_filter *f, struct filter_node *t,
		       const char *s, struct ntr_err *e)
{
	struct ntr_str low = { .s = NULL };

	bool list = t->field->kind == FK_MODULES || t->field->kind == FK_LINES;

	if (!*s && (list || t->op == FOP_HAS || t->op == FOP_HASNT)) {
		ntr_err_set(e, list ? "a name is never empty" : "every text "
			    "contains \"\": name a part of it");
		return false;
	}
	column_fold(&low, s, strlen(s));
	t->text = ntr_arena_strdup(&f->text, ntr_str_text(&low));
	if (!t->text || low.lost)
		ntr_err_set(e, "out of memory");
	ntr_str_fini(&low);
	if (!t->text)
		return false;
	t->line = ntr_arena_printf(&f->text, "\n%s\n", t->text);
	return true;
}

static bool outcome(struct results_filter *f, struct filter_node *t,
		    const char *s, struct ntr_err *e)
{
	static const char *const name[] = {
#define NAME(n, text) text,
		RESULTS_OUTCOMES(NAME)
#undef NAME
	};
	const char *best = NULL;

	for (size_t i = 0; i < NTR_COUNT(name); i++) {
		if (!strcmp(s, name[i]))
			return text_value(f, t, s, e);
		ntr_nearest_try(s, name[i], &best);
	}
	if (best)
		ntr_err_set(e, "there is no outcome \"%.60s\"; did you mean "
			    "\"%s\"?", s, best);
	else
		ntr_err_set(e, "there is no outcome \"%.60s\"; there are "
			    "judged, undetermined, not-a-dump, unreadable, "
			    "damaged, timeout, memory, crash", s);
	return false;
}

static bool version(struct results_filter *f, struct filter_node *t,
		    const char *s, struct ntr_err *e)
{
	char key[COLUMN_VERSION_KEY];
	bool ordered = (1u << t->op) & FOPS_ORDER & ~FOPS_SAME;

	if (ordered && !column_version_key(key, s))
		return no(e, s, "version such as 10.0.19041");
	if (ordered)
		t->key = ntr_arena_printf(&f->text, "%s", key);
	return text_value(f, t, s, e);
}

static bool has_unknown(const struct filter_field *field)
{
	return field->kind != FK_FIRES && field->kind != FK_UNKNOWN &&
	       field->kind != FK_NOTES && field->kind != FK_SINCE &&
	       field->kind != FK_UNTIL && field->kind != FK_WORD;
}

bool filter_value(struct results_filter *f, struct filter_node *t,
		  const char *s, bool quoted, s64 now, struct ntr_err *e)
{
	if (!quoted && !strcmp(s, "?")) {
		t->not_known = true;
		if (has_unknown(t->field) && (1u << t->op) & FOPS_SAME)
			return true;
		ntr_err_set(e, "\"%s%s?\" cannot be asked: quote a \"?\" that "
			    "is meant as text", t->field->name,
			    filter_op_text[t->op]);
		return false;
	}
	switch (t->field->kind) {
	case FK_NUMBER:
		return number(t, s, e);
	case FK_SIZE:
		return size_value(t, s, e);
	case FK_TIME:
	case FK_SINCE:
	case FK_UNTIL:
		return time_value(t, s, now, e);
	case FK_ARG:
		return argument(f, t, s, e);
	case FK_WORD:
		return outcome(f, t, s, e);
	case FK_VERSION:
		return version(f, t, s, e);
	default:
		return text_value(f, t, s, e);
	}
}
