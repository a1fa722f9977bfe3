// SPDX-License-Identifier: Apache-2.0
/* Values in sentences. */
#include "say.h"

#include "base/nearest.h"
#include "check.h"
#include "eval.h"
#include "func.h"
#include "parse.h"

#include <stdio.h>
#include <string.h>

#define NUMBER SIG_ARG_NUMBER

static const struct {
	const char *name, *example;
	unsigned takes;
} formats[] = {
#define TAKES_PLAIN 0
#define TAKES_BYTES (SIG_ARG_SIZE | SIG_ARG_INT)
#define TAKES_HEX NUMBER
#define TAKES_DEC NUMBER
#define TAKES_DATE SIG_ARG_DATE
#define TAKES_DURATION SIG_ARG_DURATION
#define TAKES_PERCENT SIG_ARG_INT
#define SIG_FORMAT_ROW(n, t, d) { t, d, TAKES_##n },
	SIG_FORMATS(SIG_FORMAT_ROW)
#undef SIG_FORMAT_ROW
};

const char *sig_format_name(enum sig_format f)
{
	return (size_t)f < NTR_COUNT(formats) ? formats[f].name : "?";
}

const char *sig_format_example(enum sig_format f)
{
	return (size_t)f < NTR_COUNT(formats) ? formats[f].example : "?";
}

bool sig_parse_format(struct sig_parser *p, u8 *out)
{
	char name[SIG_MAX_NAME];
	const char *best = NULL;

	if (p->t.t != SIG_T_IDENT || p->t.at.len >= sizeof(name)) {
		sig_expected(p, "a format, such as bytes");
		return false;
	}
	for (size_t i = 1; i < NTR_COUNT(formats); i++)
		if (sig_is_word(p, formats[i].name)) {
			*out = (u8)i;
			sig_next(p);
			return true;
		}
	snprintf(name, sizeof(name), "%.*s", (int)p->t.at.len,
		 p->s->text + p->t.at.off);
	for (size_t i = 1; i < NTR_COUNT(formats); i++)
		ntr_nearest_try(name, formats[i].name, &best);
	sig_error(p->s, p->t.at, "no format is called %s%s%s%s", name,
		  best ? "; did you mean " : ": there are bytes, hex, dec, date, "
		  "duration and percent", best ? best : "", best ? "?" : "");
	return false;
}

bool sig_check_format(struct sig_src *s, const struct sig_part *part)
{
	const struct sig_type *t = &part->e->type;
	struct ntr_str want = { 0 };
	char buf[64];

	if (t->kind == NTR_FT_RECORD || t->kind == SIG_K_REGEX ||
	    t->kind == SIG_K_SERIES ||
	    (t->kind == NTR_FT_LIST && t->elem == NTR_FT_RECORD)) {
		sig_error(s, part->e->at, "%s cannot be printed",
			  sig_type_text(t, buf));
		return false;
	}
	if (!part->format ||
	    formats[part->format].takes & sig_arg_bit(t->kind))
		return true;
	sig_arg_text(formats[part->format].takes, &want);
	sig_error(s, part->format_at, "the format %s wants %s, this is %s",
		  formats[part->format].name, ntr_str_text(&want),
		  sig_type_text(t, buf));
	ntr_str_fini(&want);
	return false;
}

/* --- printing ------------------------------------------------------------ */

static void bytes(sig_int n, struct ntr_str *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	sig_int unit = 1024, tenths;
	size_t i = 0;

	if (n < 0) {
		ntr_str_add(out, "-");
		n = -n;
	}
	if (n < 65536 && (n < 1024 || n % 1024)) {
		sig_int_text(n, out);
		ntr_str_add(out, n == 1 ? " byte" : " bytes");
		return;
	}
	while (i + 1 < NTR_COUNT(units) && n >= unit * 1024) {
		unit *= 1024;
		i++;
	}
	tenths = n / unit * 10 + n % unit * 10 / unit;
	sig_int_text(tenths / 10, out);
	if (tenths % 10)
		ntr_str_printf(out, ".%d", (int)(tenths % 10));
	ntr_str_printf(out, " %s", units[i]);
}

static void date(const struct sig_val *v, const struct sig_type *t,
		 struct ntr_str *out)
{
	struct ntr_str all = { 0 };

	sig_val_text(v, t, &all);
	ntr_str_addn(out, ntr_str_text(&all), strcspn(ntr_str_text(&all), "T"));
	ntr_str_fini(&all);
}

static void value(struct sig_eval *ev, const struct sig_part *p,
		  struct ntr_str *out)
{
	struct sig_val v;

	sig_eval_value(ev, p->e, &v);
	if (v.state != NTR_FACT_KNOWN) {
		ntr_str_add(out, v.state == NTR_FACT_NONE ? "none" : "unknown");
	} else if (p->format == SIG_FORMAT_BYTES) {
		bytes(v.n, out);
	} else if (p->format == SIG_FORMAT_HEX && v.n >= 0) {
		ntr_str_printf(out, "0x%" PRIx64, (u64)v.n);
	} else if (p->format == SIG_FORMAT_DEC || p->format == SIG_FORMAT_HEX) {
		sig_int_text(v.n, out);
	} else if (p->format == SIG_FORMAT_DATE) {
		date(&v, &p->e->type, out);
	} else if (p->format == SIG_FORMAT_PERCENT) {
		sig_int_text(v.n, out);
		ntr_str_add(out, " %");
	} else if (p->e->type.kind == NTR_FT_LIST) {
		sig_list_text(ev, &v.fact, out);
	} else {
		sig_val_text(&v, &p->e->type, out);
	}
}

void sig_say(struct sig_eval *ev, const struct sig_template *t,
	     struct ntr_str *out)
{
	for (size_t i = 0; i < t->nparts; i++)
		if (t->part[i].e)
			value(ev, &t->part[i], out);
		else
			ntr_str_add(out, t->part[i].text);
}
