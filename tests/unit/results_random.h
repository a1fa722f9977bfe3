// SPDX-License-Identifier: Apache-2.0
/*
 * Random results and random filters over the same few words, so that both
 * answers of every term occur; and the check that a store and memory agree on
 * which rows a filter lets through.
 */
#ifndef NTR_TEST_RESULTS_RANDOM_H
#define NTR_TEST_RESULTS_RANDOM_H

#include "results.h"

#define RR_NOW INT64_C(1790000000)
#define RR_ROWS 300

static uint64_t rr_state = 88172645463325252;

static inline unsigned rr(unsigned n) /* xorshift64 */
{
	rr_state ^= rr_state << 13;
	rr_state ^= rr_state >> 7;
	rr_state ^= rr_state << 17;
	return (unsigned)(rr_state >> 33) % n;
}

static inline const char *rr_word(void)
{
	static const char *const word[] = {
		"tcpip.sys", "TCPIP.SYS", "netbt.sys", "nt", "a b.exe", "10.0",
		"6.1.7601", "6.1", "x64", "5.0.2195.1", "%tcp_", "\xc3\x84.sys",
		"it's", "Q216765", "Q177245", "stop", "hang", "0x7f_8",
	};

	return word[rr(18)];
}

static inline const char *rr_maybe(void)
{
	return rr(4) ? rr_word() : NULL;
}

struct rr_row {
	struct results_dump d;
	struct results_signature sig[3];
	char path[40], modules[200], frames[200];
};

static inline void rr_list(char *out, const char *tail)
{
	out[0] = 0;
	for (unsigned n = rr(4); n; n--) {
		strcat(strcat(out, "\n"), rr_word());
		strcat(out, tail);
	}
	strcat(out, "\n");
}

static inline void rr_make(struct rr_row *r, unsigned nr)
{
	static const uint64_t arg[] = { 0, 8, 0x7fffffffffffffff,
					0x8000000000000000, UINT64_MAX };
	struct results_dump *d = &r->d;

	memset(r, 0, sizeof(*r));
	snprintf(r->path, sizeof(r->path), "%03u/%s", nr, rr_word());
	rr_list(r->modules, rr(2) ? " 1999-02-04 ?" : " ? 5.0.1");
	rr_list(r->frames, "!f");
	d->path = r->path;
	d->size = rr(3) * 1024;
	d->judged_at = RR_NOW - 86400 * (s64)rr(5) - rr(2);
	d->outcome = rr(3) ? RESULTS_JUDGED : (enum results_outcome)rr(8);
	d->error = rr(2) ? NULL : rr_word();
	d->format = rr_maybe();
	d->machine = rr_maybe();
	d->os = rr_maybe();
	d->has_code = rr(4) > 0;
	d->code = rr(2) ? 0x7f : 0xfffffffe;
	for (int i = 0; i < 4; i++)
		d->arg[i] = arg[rr(5)];
	d->code_name = rr_maybe();
	d->crash_time = rr(3) ? RR_NOW - 86400 * (s64)rr(9) : 0;
	d->bucket = rr_maybe();
	d->blame = rr_maybe();
	d->process = rr_maybe();
	d->modules = rr(4) ? r->modules : NULL;
	d->frames = rr(4) ? r->frames : NULL;
	d->sig = r->sig;
	d->nsig = rr(4);
	for (size_t i = 0; i < d->nsig; i++)
		r->sig[i] = (struct results_signature){
			.id = rr_word(), .cls = rr_maybe(),
			.severity = rr_maybe(), .confidence = rr(3) * 50,
			.value = rr(2) ? "fires" : "unknown",
		};
}

static inline const char *rr_op(const struct results_field *f, char out[4])
{
	const char *p = f->operators;

	for (unsigned skip = rr(8); skip; skip--) {
		p = strchr(p, ' ');
		p = p ? p + 1 : f->operators;
	}
	snprintf(out, 4, "%.*s", (int)strcspn(p, " "), p);
	return out;
}

/* Appends a value for f: of its kind, mostly one that occurs. */
static inline void rr_value(char *out, const struct results_field *f)
{
	static const char *const number[] = { "0", "8", "0x7f", "0xfffffffe",
		"50", "1024", "9223372036854775806" };
	static const char *const times[] = { "1d", "2d", "0s", "2026-09",
		"2026-09-21", "2026-09-20T14:13", "1999-12-31T23:59:59Z" };
	static const char *const outcomes[] = { "judged", "undetermined",
		"timeout", "crash", "memory" };
	static const char *const versions[] = { "6.1", "6.1.7601", "7", "10.0" };
	bool order = strchr(f->operators, '<') != NULL;
	bool text = strchr(f->operators, '~') != NULL;

	if (strlen(f->operators) > 1 && !rr(12))
		strcat(out, "?");
	else if (!strcmp(f->name, "outcome"))
		strcat(out, outcomes[rr(5)]);
	else if (order && text)
		strcat(out, versions[rr(4)]);
	else if (!strncmp(f->name, "arg", 3) && rr(2))
		strcat(out, rr(2) ? "0x8000000000000000" : "0x7fffffffffffffff");
	else if (strstr("since until crashed judged", f->name))
		strcat(out, times[rr(7)]);
	else if (!text)
		strcat(out, number[rr(7)]);
	else
		strcat(strcat(strcat(out, "\""), rr_word()), "\"");
}

static inline void rr_filter(char *out, unsigned depth)
{
	struct results_field f;
	char op[4];
	unsigned n = 0;

	if (depth && rr(2)) {
		strcat(out, rr(3) ? "(" : "not (");
		rr_filter(out, depth - 1);
		strcat(out, rr(2) ? " or " : " ");
		rr_filter(out, depth - 1);
		strcat(out, ")");
		return;
	}
	while (results_filter_field(n, &f))
		n++;
	do
		(void)results_filter_field(rr(n), &f);
	while (!strcmp(f.name, "note") || !strcmp(f.name, "id"));
	strcat(strcat(out, f.name), rr_op(&f, op));
	rr_value(out, &f);
}

struct rr_seen {
	const char *path[RR_ROWS];
	unsigned n;
	const struct results_filter *f;
	char bad[200];
	struct rr_row *rows;
};

static inline bool rr_row_seen(void *ctx, const struct results_dump *d)
{
	struct rr_seen *s = ctx;
	unsigned nr = (unsigned)strtoul(d->path, NULL, 10);

	if (!results_filter_pass(s->f, &s->rows[nr].d))
		snprintf(s->bad, sizeof(s->bad), "the store has row %u, memory "
			 "has not", nr);
	/* What comes back from the store is let through as well. */
	if (!results_filter_pass(s->f, d))
		snprintf(s->bad, sizeof(s->bad), "row %u as it came from the "
			 "store is not let through", nr);
	s->n++;
	return true;
}

/* Rounds of random filters; returns how many rows passed in all. */
static inline unsigned rr_agree(struct results *r, struct rr_row *rows,
				unsigned rounds)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < rounds; i++) {
		struct rr_seen s = { .rows = rows };
		struct results_query q = { .want_signatures = true };
		struct results_filter *f = NULL;
		struct results_filter_err ferr = { .at = 0 };
		char text[4096] = "";
		unsigned want = 0;

		rr_filter(text, 3);
		test_.checks++;
		if (results_filter_new(&f, text, RR_NOW, &ferr)) {
			/* "arg1=?" is fine, "fired=?" is not. */
			if (!strstr(ferr.e.msg, "cannot be asked"))
				TEST_FAIL("%s: %s", text, ferr.e.msg);
			continue;
		}
		s.f = q.filter = f;
		OK(results_each(r, &q, rr_row_seen, &s, &err));
		for (unsigned k = 0; k < RR_ROWS; k++)
			want += results_filter_pass(f, &rows[k].d);
		if (s.bad[0] || s.n != want)
			TEST_FAIL("%s: %u rows in the store, %u in memory; %s",
				  text, s.n, want, s.bad);
		passed += s.n;
		results_filter_free(f);
	}
	return passed;
}

static inline void rr_fill(struct results *r, struct rr_row *rows)
{
	for (unsigned i = 0; i < RR_ROWS; i++) {
		rr_make(&rows[i], i);
		OK(results_put(r, 0, &rows[i].d, &err));
	}
	OK(results_commit(r, &err));
}

#endif
