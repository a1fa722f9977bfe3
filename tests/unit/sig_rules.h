// SPDX-License-Identifier: Apache-2.0
/* Rules written in a test, and what is wrong with them. */
#ifndef SIG_RULES_H
#define SIG_RULES_H

#include "lang/sig.h"

#include "test.h"

struct rules {
	struct sig_set *set;
	struct sig_diags d;
	struct ntr_err e;
	enum ntr_st st;
};

static inline void rules_load_n(struct rules *r, const char *text, size_t len)
{
	memset(r, 0, sizeof(*r));
	CHECK_EQ(sig_set_new(&r->set, &r->e), NTR_OK);
	r->st = sig_load_text(r->set, text, len, "t.sig", &r->d, &r->e);
	if (!r->st)
		r->st = sig_link(r->set, &r->d, &r->e);
}

static inline void rules_load(struct rules *r, const char *text)
{
	rules_load_n(r, text, strlen(text));
}

static inline void rules_free(struct rules *r)
{
	sig_diags_free(&r->d);
	sig_set_free(r->set);
}

/* All mistakes, a line each: "3:9 (4) what"; line, column, width. */
static inline const char *mistakes_n(const char *text, size_t len)
{
	static char out[16384];
	struct rules r;
	size_t n = 0;

	rules_load_n(&r, text, len);
	CHECK_EQ(r.st, NTR_OK);
	out[0] = 0;
	for (size_t i = 0; i < r.d.n && n < sizeof(out); i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n,
				      "%s%u:%u (%u) %s%s", i ? "\n" : "",
				      r.d.v[i].line, r.d.v[i].column,
				      r.d.v[i].width, r.d.v[i].level ==
				      SIG_DIAG_WARNING ? "warning: " : "",
				      r.d.v[i].text);
	rules_free(&r);
	return out;
}

static inline const char *mistakes(const char *text)
{
	return mistakes_n(text, strlen(text));
}

#define HEAD "signature T { title \"t\" class stop severity low say \"s\"\n"

/* Of one condition; it begins in line 3, column 9. */
static inline const char *in_condition(const char *expr)
{
	struct ntr_str text = { 0 };
	const char *out;

	ntr_str_printf(&text, HEAD "on dump {\nrequire %s\n}\n}\n", expr);
	out = mistakes(ntr_str_text(&text));
	ntr_str_fini(&text);
	return out;
}

#endif
