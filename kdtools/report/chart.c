// SPDX-License-Identifier: Apache-2.0
#include "chart.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BINS_MAX 110u
#define BINS_WISH 80
#define TIMELINE_HEIGHT 40u
#define POOL_TAGS 8u
#define DAY INT64_C(86400)

static void svg(struct html *h, const char *cls, unsigned width,
		unsigned height)
{
	html_box(h, "svg", cls);
	html_attrf(h, "viewBox", "0 0 %u %u", width, height);
	html_attr(h, "role", "img");
}

static void rect(struct html *h, const char *cls, double x, double y, double w,
		 double height)
{
	html_box(h, "rect", cls);
	html_attrf(h, "x", "%.1f", x);
	html_attrf(h, "y", "%.1f", y);
	html_attrf(h, "width", "%.1f", w);
	html_attrf(h, "height", "%.1f", height);
}

/* --- shares ------------------------------------------------------------------------ */

void chart_bar(struct html *h, u64 n, u64 all, const char *cls)
{
	double w = all ? (double)(n < all ? n : all) * 100 / (double)all : 0;

	html_box(h, "svg", "bar");
	html_attr(h, "viewBox", "0 0 100 6");
	html_attr(h, "preserveAspectRatio", "none");
	html_attr(h, "aria-hidden", "true");
	rect(h, "rail", 0, 0, 100, 6);
	html_end(h);
	rect(h, cls, 0, 0, n && w < 1 ? 1 : w, 6);
	html_end(h);
	html_end(h);
}

/* --- time -------------------------------------------------------------------------- */

static s64 floor_div(s64 a, s64 b)
{
	return a / b - (a % b < 0);
}

static s64 in_hours(s64 t)
{
	return floor_div(t, 3600);
}

static s64 in_days(s64 t)
{
	return floor_div(t, DAY);
}

static s64 in_weeks(s64 t)
{
	return floor_div(t + 3 * DAY, 7 * DAY); /* 1970 began on a Thursday */
}

static s64 in_months(s64 t)
{
	time_t at = (time_t)t;
	struct tm tm;

	return gmtime_r(&at, &tm) ? (s64)tm.tm_year * 12 + tm.tm_mon : 0;
}

static s64 in_quarters(s64 t)
{
	return floor_div(in_months(t), 3);
}

static s64 in_years(s64 t)
{
	return floor_div(in_months(t), 12);
}

static s64 in_decades(s64 t)
{
	return floor_div(in_years(t), 10);
}

static s64 in_centuries(s64 t)
{
	return floor_div(in_years(t), 100);
}

static const struct {
	const char *name;
	s64 (*of)(s64 t);
} units[] = {
	{ "hour", in_hours }, { "day", in_days }, { "week", in_weeks },
	{ "month", in_months }, { "quarter", in_quarters },
	{ "year", in_years }, { "decade", in_decades },
	{ "century", in_centuries },
};

static size_t unit_of(const struct report *r)
{
	size_t u = 0;

	while (u + 1 < NTR_COUNT(units) &&
	       units[u].of(r->last) - units[u].of(r->first) >= BINS_WISH)
		u++;
	return u;
}

static void fill(u32 *bin, u32 n, const struct report *r, size_t u, u32 bucket)
{
	s64 from = units[u].of(r->first);

	for (size_t i = 0; i < r->times.n; i++) {
		const struct report_time *t = &r->times.v[i];
		s64 at = units[u].of(t->t) - from;

		if ((bucket == REPORT_NONE || t->bucket == bucket) && at >= 0 &&
		    at < n)
			bin[at]++;
	}
}

static void columns(struct html *h, const u32 *bin, u32 n, u32 most)
{
	double step = 600.0 / n, gap = step > 3 ? 1 : 0;

	rect(h, "base", 0, TIMELINE_HEIGHT - 1, 600, 1);
	html_end(h);
	for (u32 i = 0; i < n; i++) {
		double y = (double)bin[i] * (TIMELINE_HEIGHT - 4) / most;

		if (!bin[i])
			continue;
		if (y < 2)
			y = 2;
		rect(h, "col", i * step, TIMELINE_HEIGHT - y,
		     step > 24 ? 24 : step - gap, y);
		html_end(h);
	}
}

void chart_timeline(struct html *h, const struct report *r, u32 bucket)
{
	u32 bin[BINS_MAX] = { 0 }, most = 0, all = 0, n;
	char from[32], to[32];
	size_t u = unit_of(r);
	s64 span = units[u].of(r->last) - units[u].of(r->first) + 1;

	n = span < 1 ? 1 : span > BINS_MAX ? BINS_MAX : (u32)span;
	fill(bin, n, r, u, bucket);
	for (u32 i = 0; i < n; i++) {
		most = bin[i] > most ? bin[i] : most;
		all += bin[i];
	}
	if (!all)
		return;
	html_box(h, "figure", "time");
	svg(h, "timeline", 600, TIMELINE_HEIGHT);
	html_attr(h, "preserveAspectRatio", "none");
	html_attrf(h, "aria-label", "Crashes per %s from %s to %s, at most %u",
		   units[u].name, report_day(from, r->first),
		   report_day(to, r->last), most);
	columns(h, bin, n, most);
	html_end(h);
	html_box(h, "figcaption", NULL);
	html_leaf(h, "span", NULL, from);
	html_leaff(h, "span", NULL, "per %s, at most %u", units[u].name, most);
	html_leaf(h, "span", NULL, to);
	html_end(h);
	html_end(h);
}

/* --- pool -------------------------------------------------------------------------- */

static void size_text(char out[32], s64 n)
{
	if (n >= INT64_C(10) << 20)
		snprintf(out, 32, "%" PRId64 " MiB", n >> 20);
	else if (n >= INT64_C(10) << 10)
		snprintf(out, 32, "%" PRId64 " KiB", n >> 10);
	else
		snprintf(out, 32, "%" PRId64 " bytes", n);
}

static void usage(struct html *h, yajl_val pool, const char *kind)
{
	yajl_val u = verdict_get(pool, kind);
	const char *pressure = verdict_str(u, "pressure");
	bool fine = pressure && !strcmp(pressure, "fine");
	s64 used = 0, limit = 0;
	char text[32], of[32];
	bool have = verdict_int(u, "used", &used) && used >= 0;
	bool has_limit = verdict_int(u, "limit", &limit) && limit > 0;

	html_box(h, "div", "poolrow");
	html_leaff(h, "span", "what", "%s pool", kind);
	chart_bar(h, have && has_limit ? (u64)used : 0,
		  has_limit ? (u64)limit : 1, fine ? "fill" : "alarm");
	size_text(text, used);
	size_text(of, limit);
	html_leaff(h, "span", "amount", "%s of %s%s%s",
		   have ? text : "unknown", has_limit ? of : "an unknown limit",
		   pressure ? ", " : "", pressure ? pressure : "");
	html_end(h);
	if (verdict_str(u, "lacking"))
		html_leaff(h, "p", "lacking", "Not known: %s",
			   verdict_str(u, "lacking"));
}

static void tag(struct html *h, yajl_val t, s64 most)
{
	const char *verdict = verdict_str(t, "verdict");
	const char *name = verdict_str(t, "tag"), *kind = verdict_str(t, "pool");
	bool leak = verdict && !strcmp(verdict, "leak");
	s64 bytes = 0;
	char text[32];

	(void)verdict_int(t, "bytes", &bytes);
	size_text(text, bytes);
	html_box(h, "div", "poolrow");
	html_box(h, "span", "what");
	html_leaf(h, "code", NULL, name);
	html_textf(h, " %s", kind ? kind : "");
	html_end(h);
	chart_bar(h, bytes > 0 ? (u64)bytes : 0, most > 0 ? (u64)most : 1,
		  leak ? "alarm" : "fill");
	html_leaff(h, "span", "amount", "%s%s%s", text, verdict ? ", " : "",
		   verdict ? verdict : "");
	html_end(h);
}

void chart_pool(struct html *h, yajl_val pool)
{
	size_t n = verdict_count(pool, "tags");
	s64 most = 1, bytes;

	html_box(h, "div", "pool");
	usage(h, pool, "nonpaged");
	usage(h, pool, "paged");
	for (size_t i = 0; i < n && i < POOL_TAGS; i++)
		if (verdict_int(verdict_at(pool, "tags", i), "bytes", &bytes) &&
		    bytes > most)
			most = bytes;
	for (size_t i = 0; i < n && i < POOL_TAGS; i++)
		tag(h, verdict_at(pool, "tags", i), most);
	if (n > POOL_TAGS)
		html_leaff(h, "p", "lacking", "%zu more tags are not drawn",
			   n - POOL_TAGS);
	html_end(h);
}
