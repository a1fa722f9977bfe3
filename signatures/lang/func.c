// SPDX-License-Identifier: Apache-2.0
#include "func.h"

#include "base/nearest.h"
#include "base/text.h"
#include "eval.h"
#include "lang.h"

#include <string.h>

#define SECOND 10000000

static void f_exists(struct sig_eval *ev, const struct sig_val *a,
		     struct sig_val *out)
{
	(void)ev;
	if (a->state == NTR_FACT_UNKNOWN)
		sig_unknown(out, a->why);
	else
		out->n = a->state == NTR_FACT_KNOWN;
}

static void f_known(struct sig_eval *ev, const struct sig_val *a,
		    struct sig_val *out)
{
	(void)ev;
	out->n = a->state != NTR_FACT_UNKNOWN;
}

static void f_length(struct sig_eval *ev, const struct sig_val *a,
		     struct sig_val *out)
{
	(void)ev;
	out->n = a->s ? (sig_int)strlen(a->s) : a->n;
}

static void f_lower(struct sig_eval *ev, const struct sig_val *a,
		    struct sig_val *out)
{
	char *s = sig_scratch(ev, strlen(a->s) + 1);

	if (!s) {
		sig_unknown(out, "this rule makes too much text");
		return;
	}
	for (size_t i = 0; a->s[i]; i++)
		s[i] = ntr_ascii_lower(a->s[i]);
	out->s = s;
}

static void f_percent(struct sig_eval *ev, const struct sig_val *a,
		      struct sig_val *out)
{
	(void)ev;
	if (!a[1].n)
		sig_unknown(out, "division by zero");
	else if (__builtin_mul_overflow(a[0].n, (sig_int)100, &out->n))
		sig_unknown(out, "a number is too large");
	else
		out->n /= a[1].n;
}

static bool is_word(sig_int n)
{
	return n >= 0 && n <= UINT64_MAX;
}

static void f_has_bits(struct sig_eval *ev, const struct sig_val *a,
		       struct sig_val *out)
{
	(void)ev;
	if (!is_word(a[0].n) || !is_word(a[1].n))
		sig_unknown(out, "bits are of numbers without sign, of 64 bits");
	else
		out->n = ((u64)a[0].n & (u64)a[1].n) == (u64)a[1].n;
}

static void f_bits(struct sig_eval *ev, const struct sig_val *a,
		   struct sig_val *out)
{
	(void)ev;
	if (!is_word(a[0].n) || a[1].n < 0 || a[1].n > 63 || a[2].n < 1 ||
	    a[2].n > 64)
		sig_unknown(out, "bits are of numbers without sign, of 64 bits");
	else
		out->n = (u64)a[0].n >> (unsigned)a[1].n &
			 (a[2].n == 64 ? UINT64_MAX :
			  (UINT64_C(1) << (unsigned)a[2].n) - 1);
}

static void f_abs(struct sig_eval *ev, const struct sig_val *a,
		  struct sig_val *out)
{
	(void)ev;
	out->n = a->n < 0 ? -a->n : a->n;
}

static bool starts(const char *s, const char *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ntr_ascii_lower(s[i]) != ntr_ascii_lower(part[i]))
			return false;
	return true;
}

static void f_starts(struct sig_eval *ev, const struct sig_val *a,
		     struct sig_val *out)
{
	size_t n = strlen(a[1].s);

	(void)ev;
	out->n = strlen(a[0].s) >= n && starts(a[0].s, a[1].s, n);
}

static void f_ends(struct sig_eval *ev, const struct sig_val *a,
		   struct sig_val *out)
{
	size_t n = strlen(a[1].s), all = strlen(a[0].s);

	(void)ev;
	out->n = all >= n && starts(a[0].s + all - n, a[1].s, n);
}

static void f_days(struct sig_eval *ev, const struct sig_val *a,
		   struct sig_val *out)
{
	(void)ev;
	out->n = a->n / ((sig_int)86400 * SECOND);
}

static void f_seconds(struct sig_eval *ev, const struct sig_val *a,
		      struct sig_val *out)
{
	(void)ev;
	out->n = a->n / SECOND;
}

static void f_year(struct sig_eval *ev, const struct sig_val *a,
		   struct sig_val *out)
{
	unsigned year = 1601;
	u64 next;

	(void)ev;
	while (year < 9999 && sig_date(year + 1, 1, 1, &next) &&
	       (sig_int)next <= a->n)
		year++;
	out->n = year;
}

#define NUMBER SIG_ARG_NUMBER
#define NUM_OR_TIME (NUMBER | SIG_ARG_DURATION)

static const struct sig_func funcs[] = {
	{ "abs", 1, { NUM_OR_TIME }, SIG_K_ERROR, false, f_abs, "abs(x)",
	  "x without its sign; a number, size or duration." },
	{ "bits", 3, { NUMBER, SIG_ARG_INT, SIG_ARG_INT }, NTR_FT_INT, false,
	  f_bits, "bits(x, first, n)",
	  "The n bits of x from bit `first` on, as a number." },
	{ "count", 1, { SIG_ARG_LIST }, NTR_FT_INT, false, f_length,
	  "count(list)", "How many elements a list has." },
	{ "days", 1, { SIG_ARG_DURATION }, NTR_FT_INT, false, f_days, "days(d)",
	  "Whole days of a duration." },
	{ "ends", 2, { SIG_ARG_STRING, SIG_ARG_STRING }, NTR_FT_BOOL, false,
	  f_ends, "ends(s, part)", "The string s ends with part." },
	{ "exists", 1, { SIG_ARG_FACT }, NTR_FT_BOOL, true, f_exists,
	  "exists(fact)", "True when the fact has a value, false when it is "
	  "certain that there is no such thing; else unknown." },
	{ "has_bits", 2, { NUMBER, NUMBER }, NTR_FT_BOOL, false, f_has_bits,
	  "has_bits(x, mask)", "All bits of the mask are set in x." },
	{ "known", 1, { SIG_ARG_FACT }, NTR_FT_BOOL, true, f_known,
	  "known(fact)", "False when the fact is unknown; never unknown "
	  "itself." },
	{ "length", 1, { SIG_ARG_STRING | SIG_ARG_LIST }, NTR_FT_INT, false,
	  f_length, "length(x)", "Characters of a string, elements of a list." },
	{ "lower", 1, { SIG_ARG_STRING }, NTR_FT_STRING, false, f_lower,
	  "lower(s)", "The string in small letters. Comparing needs it not." },
	{ "percent", 2, { NUM_OR_TIME, NUM_OR_TIME }, NTR_FT_INT, false,
	  f_percent, "percent(a, b)", "What a is of b, in percent." },
	{ "seconds", 1, { SIG_ARG_DURATION }, NTR_FT_INT, false, f_seconds,
	  "seconds(d)", "Whole seconds of a duration." },
	{ "series", 1, { SIG_ARG_FACT }, SIG_K_SERIES, false, NULL,
	  "series(fact)", "Values of a fact over the time of a trace; only in "
	  "`on trace`." },
	{ "starts", 2, { SIG_ARG_STRING, SIG_ARG_STRING }, NTR_FT_BOOL, false,
	  f_starts, "starts(s, part)", "The string s begins with part." },
	{ "year", 1, { SIG_ARG_DATE }, NTR_FT_INT, false, f_year, "year(date)",
	  "Its year." },
};

const struct sig_func *sig_func_at(size_t i)
{
	return i < NTR_COUNT(funcs) ? &funcs[i] : NULL;
}

const struct sig_func *sig_func_find(const char *name)
{
	for (size_t i = 0; i < NTR_COUNT(funcs); i++)
		if (!strcmp(funcs[i].name, name))
			return &funcs[i];
	return NULL;
}

void sig_func_unknown(struct sig_src *s, struct sig_loc at, const char *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < NTR_COUNT(funcs); i++)
		ntr_nearest_try(name, funcs[i].name, &best);
	if (best)
		sig_error(s, at, "no function is called %s; did you mean %s?",
			  name, best);
	else
		sig_error(s, at, "no function is called %s", name);
}

static const struct { unsigned bit; u8 kind; const char *text; } args[] = {
	{ SIG_ARG_INT, NTR_FT_INT, "an int" },
	{ SIG_ARG_SIZE, NTR_FT_SIZE, "a size" },
	{ SIG_ARG_ADDRESS, NTR_FT_ADDRESS, "an address" },
	{ SIG_ARG_DURATION, NTR_FT_DURATION, "a duration" },
	{ SIG_ARG_DATE, NTR_FT_DATE, "a date" },
	{ SIG_ARG_STRING, NTR_FT_STRING, "a string" },
	{ SIG_ARG_LIST, NTR_FT_LIST, "a list" },
	{ SIG_ARG_VERSION, NTR_FT_VERSION, "a version" },
	{ SIG_ARG_BOOL, NTR_FT_BOOL, "a bool" },
	{ SIG_ARG_RECORD, NTR_FT_RECORD, "a record" },
	{ SIG_ARG_FACT, SIG_K_ERROR, "a fact" },
};

unsigned sig_arg_bit(u8 kind)
{
	for (size_t i = 0; i < NTR_COUNT(args); i++)
		if (args[i].kind == kind)
			return args[i].bit;
	return 0;
}

void sig_arg_text(unsigned arg, struct ntr_str *out)
{
	const char *between = "";

	for (size_t i = 0; i < NTR_COUNT(args); i++) {
		if (!(arg & args[i].bit))
			continue;
		ntr_str_printf(out, "%s%s", between, args[i].text);
		between = " or ";
	}
}
