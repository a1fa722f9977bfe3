// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "columns.h"
#include "correlate_priv.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAME 260u
#define MAX_SIGS 4096u /* of one dump that are looked at */

/* --- words ---------------------------------------------------------------------- */

static u32 hash(const char *s, size_t n)
{
	u32 h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (u8)s[i]) * 16777619u;
	return h;
}

static bool grow(struct correlate *c)
{
	size_t n = c->nslots ? c->nslots * 2 : 1024;
	u32 *slot = calloc(n, sizeof(*slot));

	if (!slot)
		return false;
	for (size_t i = 1; i < c->word.n; i++) {
		size_t at = hash(c->word.v[i], strlen(c->word.v[i]));

		while (slot[at & (n - 1)])
			at++;
		slot[at & (n - 1)] = (u32)i;
	}
	free(c->slot);
	c->slot = slot;
	c->nslots = n;
	return true;
}

/* The number of a text. False: no memory. */
static bool word(struct correlate *c, const char *s, size_t n, u32 *out)
{
	size_t at = hash(s, n);
	const char **w;
	char *copy;

	if (c->word.n * 2 >= c->nslots && !grow(c))
		return false;
	for (; c->slot[at & (c->nslots - 1)]; at++) {
		*out = c->slot[at & (c->nslots - 1)];
		if (!strncmp(c->word.v[*out], s, n) && !c->word.v[*out][n])
			return true;
	}
	copy = ntr_arena_strndup(&c->text, s, n);
	w = copy ? ntr_vec_add(&c->word) : NULL;
	if (!w)
		return false;
	*w = copy;
	*out = c->slot[at & (c->nslots - 1)] = (u32)(c->word.n - 1);
	return true;
}

static bool text(struct correlate *c, const char *s, u32 *out)
{
	*out = 0;
	return !s || !*s || word(c, s, strlen(s), out);
}

/* A name that NT compares without regard to case. */
static bool folded(struct correlate *c, const char *s, size_t n, u32 *out)
{
	char low[MAX_NAME];

	if (n > sizeof(low))
		n = sizeof(low);
	for (size_t i = 0; i < n; i++)
		low[i] = ntr_ascii_lower(s[i]);
	*out = 0;
	return !n || word(c, low, n, out);
}

/* --- one dump -------------------------------------------------------------------- */

static u32 digits(const char *s, size_t n)
{
	u32 v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (u32)(s[i] - '0');
	}
	return v;
}

/* "1999-02-04" */
static u32 date(const char *s, size_t n)
{
	u32 y, m, d;

	if (n != 10 || s[4] != '-' || s[7] != '-')
		return 0;
	y = digits(s, 4);
	m = digits(s + 5, 2);
	d = digits(s + 8, 2);
	return y && m && d ? y * 10000 + m * 100 + d : 0;
}

/* Four parts of 16 bits, as the version resource has them. */
static u64 version(const char *s, size_t n)
{
	u64 v = 0;
	unsigned parts = 0;

	for (; n && parts < 4; parts++) {
		size_t len = 0;

		while (len < n && s[len] >= '0' && s[len] <= '9')
			len++;
		if (!len || len > 5)
			return 0;
		v = v << 16 | (digits(s, len) & 0xffff);
		s += len;
		n -= len;
		if (!n || *s != '.') {
			parts++;
			break;
		}
		s++;
		n--;
	}
	return parts ? v << (4 - parts) * 16 : 0;
}

static bool add_modules(struct correlate *c, struct corr_row *r, u32 nr,
			const char *s)
{
	struct column_module m;

	r->has_modules = s != NULL;
	while (s && column_module_next(&s, &m)) {
		struct corr_module *out;

		if (!m.name_len || c->module.n >= CORRELATE_MAX_MODULES)
			continue;
		out = ntr_vec_add(&c->module);
		if (!out || !folded(c, m.name, m.name_len, &out->name))
			return false;
		out->row = nr;
		out->date = date(m.date, m.date_len);
		out->order = version(m.version, m.version_len);
		if (out->order && !word(c, m.version, m.version_len,
					&out->version))
			return false;
	}
	return true;
}

static bool add_frames(struct correlate *c, struct corr_row *r, const char *s)
{
	r->frame0 = (u32)c->frame.n;
	while (s && *s && r->nframes < CORRELATE_FRAMES) {
		size_t n = strcspn(s, "\n");
		u32 *f = n ? ntr_vec_add(&c->frame) : NULL;

		if (n && (!f || !word(c, s, n, f)))
			return false;
		r->nframes += n > 0;
		s += n + (s[n] == '\n');
	}
	return true;
}

static bool add_signatures(struct correlate *c, struct corr_row *r,
			   const struct results_dump *d)
{
	r->sig0 = (u32)c->sig.n;
	for (size_t i = 0; i < d->nsig && i < MAX_SIGS; i++) {
		const struct results_signature *s = &d->sig[i];
		struct corr_sig *out;

		if (!s->id || !s->value)
			continue;
		out = ntr_vec_add(&c->sig);
		if (!out || !text(c, s->id, &out->id))
			return false;
		out->fires = !strcmp(s->value, "fires");
		r->nsig++;
	}
	return true;
}

static bool by_word(struct correlate *c, u32 w)
{
	size_t n = c->nby_word ? c->nby_word : 256;
	u32 *p;

	while (n <= w)
		n *= 2;
	if (n == c->nby_word)
		return true;
	p = realloc(c->by_word, n * sizeof(*p));
	if (!p)
		return false;
	memset(p + c->nby_word, 0, (n - c->nby_word) * sizeof(*p));
	c->by_word = p;
	c->nby_word = n;
	return true;
}

static bool keep(struct correlate *c, const char *s, const char **out)
{
	u32 w;

	if (*out || !s)
		return true;
	if (!text(c, s, &w))
		return false;
	*out = w ? c->word.v[w] : NULL;
	return true;
}

static void count(struct correlate_bucket *b, s64 crash_time)
{
	b->dumps++;
	if (!crash_time) {
		b->no_time++;
		return;
	}
	if (!b->first || crash_time < b->first)
		b->first = crash_time;
	if (!b->last || crash_time > b->last)
		b->last = crash_time;
}

static bool add_bucket(struct correlate *c, u32 w,
		       const struct results_dump *d, u32 *out)
{
	struct corr_bucket *b;

	if (!by_word(c, w))
		return false;
	if (!c->by_word[w]) {
		b = ntr_vec_add(&c->bucket);
		if (!b)
			return false;
		b->name = w;
		b->b.name = c->word.v[w];
		b->b.has_code = d->has_code;
		b->b.code = d->code;
		c->by_word[w] = (u32)c->bucket.n;
	}
	*out = c->by_word[w] - 1;
	b = &c->bucket.v[*out];
	count(&b->b, d->crash_time);
	return keep(c, d->bucket_hash, &b->b.hash) &&
	       keep(c, d->blame, &b->b.blame) &&
	       keep(c, d->code_name, &b->b.code_name);
}

enum ntr_st correlate_add(struct correlate *c, const struct results_dump *d)
{
	u32 nr = (u32)c->row.n, w;
	struct corr_row *r;

	if (!d->bucket || !*d->bucket) {
		c->no_bucket++;
		return NTR_OK;
	}
	if (nr == CORRELATE_MAX_ROWS) {
		c->cut++;
		return NTR_OK;
	}
	r = ntr_vec_add(&c->row);
	if (!r || !text(c, d->bucket, &w) || !text(c, d->os, &r->os) ||
	    !text(c, d->machine, &r->machine) ||
	    !folded(c, d->process ? d->process : "",
		    d->process ? strlen(d->process) : 0, &r->process) ||
	    !text(c, d->stack_mod, &r->stack_mod) ||
	    !text(c, d->stack_func, &r->stack_func) ||
	    !add_frames(c, r, d->frames) || !add_signatures(c, r, d) ||
	    !add_modules(c, r, nr, d->modules) ||
	    !add_bucket(c, w, d, &r->bucket))
		return NTR_NOMEM;
	return NTR_OK;
}

/* --- all of them ------------------------------------------------------------------- */

enum ntr_st correlate_new(struct correlate **out)
{
	struct correlate *c = calloc(1, sizeof(*c));

	if (!c || !ntr_vec_add(&c->word)) { /* number 0 */
		correlate_free(c);
		return NTR_NOMEM;
	}
	c->word.v[0] = "";
	*out = c;
	return NTR_OK;
}

void correlate_free(struct correlate *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->bucket.n; i++) {
		ntr_vec_fini(&c->bucket.v[i].similar);
		ntr_vec_fini(&c->bucket.v[i].found);
	}
	ntr_vec_fini(&c->bucket);
	ntr_vec_fini(&c->word);
	ntr_vec_fini(&c->row);
	ntr_vec_fini(&c->module);
	ntr_vec_fini(&c->sig);
	ntr_vec_fini(&c->frame);
	ntr_arena_fini(&c->text);
	free(c->slot);
	free(c->by_word);
	free(c->shown);
	free(c);
}

static int most_first(const void *a, const void *b)
{
	const struct corr_bucket *x = a, *y = b;

	if (x->b.dumps != y->b.dumps)
		return x->b.dumps < y->b.dumps ? 1 : -1;
	return strcmp(x->b.name, y->b.name);
}

/* Sorted, and the rows with it. */
static void sort_buckets(struct correlate *c)
{
	qsort(c->bucket.v, c->bucket.n, sizeof(*c->bucket.v), most_first);
	for (size_t i = 0; i < c->bucket.n; i++)
		c->by_word[c->bucket.v[i].name] = (u32)i;
}

enum ntr_st correlate_finish(struct correlate *c, const struct correlate_opts *o,
			     const struct correlate_result **out)
{
	u32 *name = c->bucket.n ? malloc(c->bucket.n * sizeof(*name)) : NULL;
	enum ntr_st st;

	if (c->bucket.n && !name)
		return NTR_NOMEM;
	for (size_t i = 0; i < c->bucket.n; i++)
		name[i] = c->bucket.v[i].name;
	if (c->bucket.n)
		sort_buckets(c);
	for (size_t i = 0; i < c->row.n; i++)
		c->row.v[i].bucket = c->by_word[name[c->row.v[i].bucket]];
	free(name);
	st = corr_stacks(c);
	if (!st)
		st = corr_find(c, o);
	c->shown = st ? NULL : calloc(c->bucket.n + 1, sizeof(*c->shown));
	if (!st && !c->shown)
		st = NTR_NOMEM;
	if (st)
		return st;
	for (size_t i = 0; i < c->bucket.n; i++) {
		struct corr_bucket *b = &c->bucket.v[i];

		b->b.similar = b->similar.v;
		b->b.nsimilar = b->similar.n;
		b->b.correlation = b->found.v;
		b->b.ncorrelations = b->found.n;
		c->shown[i] = b->b;
	}
	c->result = (struct correlate_result){
		(u32)c->row.n, c->no_bucket, c->cut, c->bucket.n, c->shown,
	};
	*out = &c->result;
	return NTR_OK;
}
