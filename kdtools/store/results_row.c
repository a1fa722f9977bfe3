// SPDX-License-Identifier: Apache-2.0
/* struct results_dump to a row and back. */
#include "../cli/json.h"
#include "columns.h"
#include "results_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIGNATURES 100000u /* of one dump */

static const char *const outcome_name[] = {
#define NAME(n, t) [RESULTS_##n] = t,
	RESULTS_OUTCOMES(NAME)
#undef NAME
};

const char *results_outcome_name(enum results_outcome o)
{
	return (size_t)o < NTR_COUNT(outcome_name) ? outcome_name[o] : "?";
}

/* --- copying ---------------------------------------------------------------------- */

static bool is_utf8(const char *s)
{
	const char *p = s;

	while (*p) {
		const char *at = p;

		if ((u8)*p < 0x80) {
			p++;
			continue;
		}
		if (ntr_utf8_next(&p) == 0xfffd && strncmp(at, "\xef\xbf\xbd", 3))
			return false;
	}
	return true;
}

static void add_utf8(struct ntr_str *out, const char *s)
{
	while (*s) {
		const char *at = s;
		u32 c = ntr_utf8_next(&s);

		if (c == 0xfffd)
			ntr_str_add(out, "\xef\xbf\xbd");
		else
			ntr_str_addn(out, at, (size_t)(s - at));
	}
}

static const char *text(struct ntr_arena *a, const char *s, bool *lost)
{
	struct ntr_str clean = { .s = NULL };
	char *copy;

	if (!s)
		return NULL;
	if (is_utf8(s)) {
		copy = ntr_arena_strdup(a, s);
	} else {
		add_utf8(&clean, s);
		copy = clean.lost ? NULL : ntr_arena_strdup(a, clean.s);
		ntr_str_fini(&clean);
	}
	*lost |= !copy;
	return copy;
}

/* Lists have a line feed before, between and behind. */
static const char *lines(struct ntr_arena *a, const char *s, bool *lost)
{
	size_t n = s ? strlen(s) : 0;
	char *copy;

	if (!n || (s[0] == '\n' && s[n - 1] == '\n'))
		return s;
	copy = ntr_arena_alloc(a, n + 3);
	*lost |= !copy;
	if (copy)
		snprintf(copy, n + 3, "%s%s%s", s[0] == '\n' ? "" : "\n", s,
			 s[n - 1] == '\n' ? "" : "\n");
	return copy;
}

#define DUMP_TEXTS(X)                                                     \
	X(path) X(digest) X(judge) X(error) X(format) X(machine) X(os)    \
	X(code_name) X(bucket) X(bucket_hash) X(blame) X(blame_confidence) \
	X(stack_mod) X(stack_func) X(process) X(modules) X(frames) X(json)
#define SIG_TEXTS(X) X(id) X(title) X(cls) X(severity) X(value) X(json)

enum ntr_st results_copy(struct ntr_arena *a, struct results_dump *to,
			 const struct results_dump *d)
{
	struct results_signature *sig = NULL;
	struct results_dump copy = *d;
	bool lost = false;

#define COPY(m) copy.m = text(a, d->m, &lost);
	DUMP_TEXTS(COPY)
#undef COPY
	copy.modules = lines(a, copy.modules, &lost);
	copy.frames = lines(a, copy.frames, &lost);
	if (d->nsig)
		sig = ntr_arena_array(a, d->nsig, sizeof(*sig));
	if (d->nsig && !sig)
		return NTR_NOMEM;
	for (size_t i = 0; i < d->nsig; i++) {
		sig[i] = d->sig[i];
#define COPY(m) sig[i].m = text(a, d->sig[i].m, &lost);
		SIG_TEXTS(COPY)
#undef COPY
	}
	copy.sig = sig;
	if (lost)
		return NTR_NOMEM;
	*to = copy;
	return NTR_OK;
}

/* --- to a row ---------------------------------------------------------------------- */

static void stop_values(struct results_values *r, const struct results_dump *d)
{
	struct sql_val *v = r->v;

	v[COL_code - 1] = sql_int_if(d->has_code, d->code);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(r->arg[i], sizeof(r->arg[i]), "%016" PRIx64, d->arg[i]);
		v[COL_arg1 - 1 + i] = sql_text(d->has_code ? r->arg[i] : NULL);
	}
	v[COL_code_name - 1] = sql_text(d->code_name);
	v[COL_crash_time - 1] = sql_int_if(d->crash_time, d->crash_time);
}

/* A column's value stands one before its place in a SELECT: no id. */
void results_values(struct results_values *r, const struct results_dump *d)
{
	struct sql_val *v = r->v;

	ntr_str_clear(&r->names);
	column_module_names(&r->names, d->modules);
	v[COL_path - 1] = sql_text(d->path);
	v[COL_size - 1] = sql_int((s64)(d->size & INT64_MAX));
	v[COL_mtime_ns - 1] = sql_int(d->mtime_ns);
	v[COL_digest - 1] = sql_text(d->digest);
	v[COL_judge - 1] = sql_text(d->judge);
	v[COL_judged_at - 1] = sql_int(d->judged_at);
	v[COL_outcome - 1] = sql_text(results_outcome_name(d->outcome));
	v[COL_error - 1] = sql_text(d->error);
	v[COL_format - 1] = sql_text(d->format);
	v[COL_machine - 1] = sql_text(d->machine);
	v[COL_os - 1] = sql_text(d->os);
	v[COL_os_key - 1] = sql_text(column_version_key(r->os_key, d->os) ?
				     r->os_key : NULL);
	stop_values(r, d);
	v[COL_bucket - 1] = sql_text(d->bucket);
	v[COL_bucket_hash - 1] = sql_text(d->bucket_hash);
	v[COL_blame - 1] = sql_text(d->blame);
	v[COL_blame_confidence - 1] = sql_text(d->blame_confidence);
	v[COL_stack_mod - 1] = sql_text(d->stack_mod);
	v[COL_stack_func - 1] = sql_text(d->stack_func);
	v[COL_process - 1] = sql_text(d->process);
	v[COL_modules - 1] = sql_text(d->modules);
	v[COL_module_names - 1] = sql_text(d->modules ?
					   ntr_str_text(&r->names) : NULL);
	v[COL_frames - 1] = sql_text(d->frames);
}

/* --- from a row --------------------------------------------------------------------- */

struct reader {
	struct engine *g;
	struct sql_cur *c;
	struct ntr_arena *a;
	bool lost;
};

static const char *get_text(struct reader *r, int col)
{
	struct sql_val v;
	char *s;

	r->g->ops->col(r->c, col, &v);
	if (v.kind != SQL_TEXT || !v.s)
		return NULL;
	s = ntr_arena_strdup(r->a, v.s);
	r->lost |= !s;
	return s;
}

static s64 get_int(struct reader *r, int col, bool *have)
{
	struct sql_val v;

	r->g->ops->col(r->c, col, &v);
	if (have)
		*have = v.kind == SQL_INT;
	return v.kind == SQL_INT ? v.i : 0;
}

static bool get_outcome(struct reader *r, enum results_outcome *out)
{
	struct sql_val v;

	r->g->ops->col(r->c, COL_outcome, &v);
	for (size_t i = 0; v.s && i < NTR_COUNT(outcome_name); i++)
		if (!strcmp(v.s, outcome_name[i])) {
			*out = (enum results_outcome)i;
			return true;
		}
	return false;
}

static void get_stop(struct reader *r, struct results_dump *d)
{
	bool have;
	s64 code = get_int(r, COL_code, &have);

	d->has_code = have;
	d->code = (u32)code;
	for (int i = 0; i < 4; i++) {
		struct sql_val v;

		r->g->ops->col(r->c, COL_arg1 + i, &v);
		d->arg[i] = v.s ? strtoull(v.s, NULL, 16) : 0;
	}
	d->code_name = get_text(r, COL_code_name);
	d->crash_time = get_int(r, COL_crash_time, NULL);
}

static void get_what(struct reader *r, struct results_dump *d)
{
	d->bucket = get_text(r, COL_bucket);
	d->bucket_hash = get_text(r, COL_bucket_hash);
	d->blame = get_text(r, COL_blame);
	d->blame_confidence = get_text(r, COL_blame_confidence);
	d->stack_mod = get_text(r, COL_stack_mod);
	d->stack_func = get_text(r, COL_stack_func);
	d->process = get_text(r, COL_process);
	d->modules = get_text(r, COL_modules);
	d->frames = get_text(r, COL_frames);
}

enum ntr_st results_row(struct engine *g, struct sql_cur *c, bool json,
			struct ntr_arena *a, struct results_dump *out,
			struct ntr_err *e)
{
	struct reader r = { .g = g, .c = c, .a = a };
	struct results_dump d = { .id = get_int(&r, COL_id, NULL) };

	d.path = get_text(&r, COL_path);
	d.size = (u64)get_int(&r, COL_size, NULL);
	d.mtime_ns = get_int(&r, COL_mtime_ns, NULL);
	d.digest = get_text(&r, COL_digest);
	d.judge = get_text(&r, COL_judge);
	d.judged_at = get_int(&r, COL_judged_at, NULL);
	d.error = get_text(&r, COL_error);
	d.format = get_text(&r, COL_format);
	d.machine = get_text(&r, COL_machine);
	d.os = get_text(&r, COL_os);
	get_stop(&r, &d);
	get_what(&r, &d);
	if (json)
		d.json = get_text(&r, COL_json);
	if (r.lost)
		return NTR_NOMEM;
	if (!d.path || !get_outcome(&r, &d.outcome))
		return ntr_fail(e, NTR_BAD, "row %" PRId64 " of the store has "
				"no path or an outcome that there is not",
				d.id);
	*out = d;
	return NTR_OK;
}

static enum ntr_st one_signature(struct reader *r, struct results_dump *d,
				 size_t *cap)
{
	struct results_signature *s;

	if (d->nsig == MAX_SIGNATURES)
		return NTR_LIMIT;
	if (d->nsig == *cap) {
		size_t want = *cap ? *cap * 2 : 8;

		s = ntr_arena_array(r->a, want, sizeof(*s));
		if (!s)
			return NTR_NOMEM;
		if (d->nsig)
			memcpy(s, d->sig, d->nsig * sizeof(*s));
		d->sig = s;
		*cap = want;
	}
	s = (struct results_signature *)&d->sig[d->nsig++];
	s->id = get_text(r, 0);
	s->title = get_text(r, 1);
	s->cls = get_text(r, 2);
	s->severity = get_text(r, 3);
	s->value = get_text(r, 4);
	s->confidence = (u32)get_int(r, 5, NULL);
	s->json = get_text(r, 6);
	return r->lost ? NTR_NOMEM : NTR_OK;
}

enum ntr_st results_signatures(struct engine *g, struct ntr_arena *a,
			       struct results_dump *d, struct ntr_err *e)
{
	struct sql_val v = sql_int(d->id);
	struct reader r = { .g = g, .a = a };
	size_t cap = 0;
	enum ntr_st st = g->ops->run(g, &r.c, SQL_SIGS_OF, NULL, &v, 1, e);

	if (st)
		return st;
	d->sig = NULL;
	d->nsig = 0;
	while (!(st = g->ops->step(r.c, e)) &&
	       !(st = one_signature(&r, d, &cap)))
		;
	g->ops->done(r.c);
	return st == NTR_END ? NTR_OK : st;
}
