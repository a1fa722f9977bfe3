// SPDX-License-Identifier: Apache-2.0
#include "row.h"

#include <string.h>

#define NUMBERS(X)                                                         \
	X(size) X(mtime_ns) X(judged_at) X(outcome) X(has_code) X(code)    \
	X(arg[0]) X(arg[1]) X(arg[2]) X(arg[3]) X(crash_time)
#define STRINGS(X)                                                         \
	X(path) X(digest) X(judge) X(error) X(format) X(machine) X(os)     \
	X(code_name) X(bucket) X(bucket_hash) X(blame) X(blame_confidence) \
	X(stack_mod) X(stack_func) X(process) X(modules) X(frames) X(json)
#define SIG_STRINGS(X) X(id) X(title) X(cls) X(severity) X(value) X(json)

#define NO_TEXT UINT32_MAX

/* --- out ------------------------------------------------------------------------ */

static void put_u64(struct ntr_str *out, u64 v)
{
	ntr_str_addn(out, (const char *)&v, sizeof(v));
}

static void put_text(struct ntr_str *out, const char *s)
{
	u32 n = s ? (u32)strlen(s) : NO_TEXT;

	ntr_str_addn(out, (const char *)&n, sizeof(n));
	if (s)
		ntr_str_addn(out, s, (size_t)n + 1); /* read where it stands */
}

void scan_row_encode(struct ntr_str *out, const struct results_dump *d)
{
#define X(f) put_u64(out, (u64)d->f);
	NUMBERS(X)
#undef X
#define X(f) put_text(out, d->f);
	STRINGS(X)
#undef X
	put_u64(out, d->nsig);
	for (size_t i = 0; i < d->nsig; i++) {
		put_u64(out, d->sig[i].confidence);
#define X(f) put_text(out, d->sig[i].f);
		SIG_STRINGS(X)
#undef X
	}
}

/* --- in -------------------------------------------------------------------------- */

struct in {
	const u8 *p, *end;
	struct ntr_arena *arena;
	bool bad;
};

static u64 get_u64(struct in *in)
{
	u64 v = 0;

	if ((size_t)(in->end - in->p) < sizeof(v)) {
		in->bad = true;
		return 0;
	}
	memcpy(&v, in->p, sizeof(v));
	in->p += sizeof(v);
	return v;
}

static const char *get_text(struct in *in)
{
	const char *s;
	u32 n;

	if ((size_t)(in->end - in->p) < sizeof(n)) {
		in->bad = true;
		return NULL;
	}
	memcpy(&n, in->p, sizeof(n));
	in->p += sizeof(n);
	if (n == NO_TEXT)
		return NULL;
	s = (const char *)in->p;
	if (n >= (size_t)(in->end - in->p) || memchr(s, 0, (size_t)n + 1) !=
	    s + n) {
		in->bad = true;
		return NULL;
	}
	in->p += (size_t)n + 1;
	return s;
}

static void get_signature(struct in *in, struct results_signature *s)
{
	s->confidence = (u32)get_u64(in);
#define X(f) s->f = get_text(in);
	SIG_STRINGS(X)
#undef X
	in->bad |= !s->id || !s->title || !s->cls || !s->severity || !s->value;
}

static void get_signatures(struct in *in, struct results_dump *d)
{
	u64 n = get_u64(in);
	struct results_signature *s;

	/* Each has at least its number and the lengths of its texts. */
	if (in->bad || n > SCAN_ROW_SIGNATURES ||
	    n > (u64)(in->end - in->p) / sizeof(u64)) {
		in->bad = true;
		return;
	}
	s = ntr_arena_alloc(in->arena, ((size_t)n + 1) * sizeof(*s));
	if (!s) {
		in->bad = true;
		return;
	}
	for (u64 i = 0; i < n && !in->bad; i++)
		get_signature(in, &s[i]);
	d->sig = s;
	d->nsig = (size_t)n;
}

enum ntr_st scan_row_decode(const u8 *p, size_t n, struct ntr_arena *arena,
			    struct results_dump *out, struct ntr_err *e)
{
	struct in in = { p, p + n, arena, false };
	struct results_dump d = { 0 };

#define X(f) d.f = (__typeof__(d.f))get_u64(&in);
	NUMBERS(X)
#undef X
#define X(f) d.f = get_text(&in);
	STRINGS(X)
#undef X
	get_signatures(&in, &d);
	if (in.bad || in.p != in.end || !d.path ||
	    (unsigned)d.outcome > RESULTS_ARCHIVE)
		return ntr_fail(e, NTR_BAD, "a worker sent a row that is none");
	*out = d;
	return NTR_OK;
}
