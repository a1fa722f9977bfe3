// SPDX-License-Identifier: Apache-2.0
#include "value.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The number of a fact: the one place that knows how a fact carries it. */
static sig_int fact_number(const struct ntr_fact *f)
{
	return f->type == NTR_FT_DELTA ? (sig_int)ntr_fact_delta(f) :
					(sig_int)f->n;
}

void sig_unknown(struct sig_val *v, const char *why)
{
	*v = (struct sig_val){ .state = NTR_FACT_UNKNOWN, .why = why };
}

void sig_number(struct sig_val *v, sig_int n)
{
	*v = (struct sig_val){ .state = NTR_FACT_KNOWN, .n = n };
}

void sig_val_of_fact(const struct ntr_fact *f, struct sig_val *out)
{
	out->state = f->state;
	out->why = f->why;
	out->n = fact_number(f);
	out->s = f->s;
	memcpy(out->version, f->version, sizeof(out->version));
	out->nversion = f->nversion;
	if (f->type == NTR_FT_LIST || f->type == NTR_FT_RECORD)
		out->fact = *f;
}

static int versions(const struct sig_val *a, const struct sig_val *b)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned x = i < a->nversion ? a->version[i] : 0;
		unsigned y = i < b->nversion ? b->version[i] : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int sig_compare(const struct sig_val *a, const struct sig_val *b,
		const struct sig_type *t)
{
	if (t->kind == NTR_FT_STRING)
		return t->tag ? strcmp(a->s, b->s) : ntr_strcasecmp(a->s, b->s);
	if (t->kind == NTR_FT_VERSION)
		return versions(a, b);
	return a->n < b->n ? -1 : a->n > b->n;
}

void sig_int_text(sig_int n, struct ntr_str *out)
{
	sig_uint u = n < 0 ? -(sig_uint)n : (sig_uint)n;
	char buf[48], *p = buf + sizeof(buf);

	*--p = 0;
	do
		*--p = (char)('0' + (int)(u % 10));
	while (u /= 10);
	if (n < 0)
		*--p = '-';
	ntr_str_add(out, p);
}

void sig_val_text(const struct sig_val *v, const struct sig_type *t,
		    struct ntr_str *out)
{
	struct ntr_fact f = { .type = (enum ntr_fact_type)t->kind,
			      .state = NTR_FACT_KNOWN, .n = (u64)v->n, .s = v->s,
			      .nversion = v->nversion, .row = t->row };
	bool plain = v->n >= 0 && v->n <= UINT64_MAX;
	char buf[64];

	memcpy(f.version, v->version, sizeof(f.version));
	if (t->kind == NTR_FT_DELTA && v->n >= INT64_MIN && v->n <= INT64_MAX)
		plain = true; /* n is in two's complement */
	if (v->state == NTR_FACT_UNKNOWN) {
		ntr_str_add(out, "unknown");
	} else if (v->state == NTR_FACT_NONE) {
		ntr_str_add(out, "none");
	} else if (plain || t->kind == NTR_FT_STRING ||
		   t->kind == NTR_FT_VERSION) {
		ntr_str_add(out, ntr_fact_text(&f, buf));
	} else if (v->n >= -(sig_int)UINT64_MAX && v->n < 0) {
		f.n = (u64)-v->n;
		ntr_str_printf(out, "-%s", ntr_fact_text(&f, buf));
	} else {
		sig_int_text(v->n, out);
	}
}
