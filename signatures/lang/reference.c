// SPDX-License-Identifier: Apache-2.0
/* The reference part of docs/signatures.md, from the tables of the language. */
#include "check.h"
#include "func.h"
#include "say.h"

static const struct { const char *sign, *of, *doc; } operators[] = {
	{ "or", "bool", "One of the two holds." },
	{ "and", "bool", "Both hold." },
	{ "not", "bool", "It does not hold." },
	{ "== !=", "values of one type", "Equal, not equal. Strings without "
	  "regard to case, pool tags exactly." },
	{ "< <= > >=", "numbers, durations, dates, versions, strings",
	  "Smaller, at most, larger, at least." },
	{ "in, not in", "a value and a list, or two strings",
	  "It is one of them; the one string is part of the other." },
	{ "=~ !~", "a string and /a regular expression/", "It matches, it does "
	  "not; `/…/i` without regard to case." },
	{ "+ -", "numbers, sizes, addresses, durations, dates",
	  "Sum, difference: a date less a date is a duration, an address less "
	  "an address a size." },
	{ "* / %", "numbers, sizes, durations", "Product, quotient, remainder: "
	  "a size by a size is an int. By zero: unknown." },
};

static const struct { const char *form, *doc; } quantifiers[] = {
	{ "any x in LIST where COND", "Some element fits." },
	{ "all x in LIST where COND", "Every element fits; true of an empty "
	  "list." },
	{ "none x in LIST where COND", "No element fits." },
	{ "at least N x in LIST where COND", "N elements or more fit." },
	{ "count(x in LIST where COND)", "How many elements fit." },
	{ "sum(x in LIST [where COND] : VALUE)", "The sum of a value of each." },
	{ "min(…), max(…)", "The smallest, the largest; none when no element "
	  "fits." },
	{ "first(x in LIST [where COND] : VALUE)", "Of the first element that is "
	  "known to fit; none when no element fits." },
};

static const struct { const char *name, *form, *doc; } literals[] = {
	{ "bool", "`true`, `false`", "" },
	{ "int", "`8`, `0x7f`", "64 bits; sums have 128 and a sign." },
	{ "size", "`512B`, `4KiB`, `20MiB`, `1GiB`, `1TiB`", "Bytes." },
	{ "duration", "`500ms`, `30s`, `10min`, `2h`, `7d`, `3d2h`", "" },
	{ "date", "`1999-02-04`, `1999-02-04T12:00:00Z`", "UTC." },
	{ "version", "`3.51`, `10.0`, `5.2.3790.4573`",
	  "Two to four parts; missing ones are 0." },
	{ "string", "`\"tcpip.sys\"`", "`\\\"`, `\\\\`, `\\n`; strings beside "
	  "one another are one." },
	{ "address", "`0xfffff80000000000`", "An int where an address is "
	  "wanted." },
	{ "list", "`[0x0a, 0xd1]`", "Of single values." },
	{ "regular expression", "`/^tcp/i`", "PCRE2, behind =~ and !~." },
};

static void rows(struct ntr_str *out)
{
	const struct sig_series_field *f;
	const struct ntr_fact_row *r;

	ntr_str_add(out, "\n### Facts of a trace\n\nIn `on trace` only.\n\n");
	for (size_t i = 0; (r = sig_trace_row(i)); i++)
		ntr_str_printf(out, "* `%s` (%s%s%s)\n  %s\n", r->path,
			       ntr_fact_type_name(r->type), r->unit ? ", " : "",
			       r->unit ? r->unit : "", r->doc);
	ntr_str_add(out, "\nOf a series, `series(pool.nonpaged.bytes).growth`:\n"
		    "\n");
	for (size_t i = 0; (f = sig_series_field(i)); i++)
		ntr_str_printf(out, "* `.%s` (%s)\n  %s\n", f->name, f->is_bool ?
			       "bool" : "the type of the fact", f->doc);
}

static void functions(struct ntr_str *out)
{
	const struct sig_func *f;

	ntr_str_add(out, "\n### Functions\n\n| function | arguments | result | "
		    "what it is |\n|---|---|---|---|\n");
	for (size_t i = 0; (f = sig_func_at(i)); i++) {
		ntr_str_printf(out, "| `%s` | ", f->call);
		for (unsigned k = 0; k < f->nargs; k++) {
			ntr_str_add(out, k ? "; " : "");
			sig_arg_text(f->arg[k], out);
		}
		ntr_str_printf(out, " | %s | %s |\n", f->result == SIG_K_ERROR ?
			       "as its argument" : sig_kind_text(f->result),
			       f->doc);
	}
}

void sig_reference(struct ntr_str *out)
{
	ntr_str_add(out, "### Values\n\n| type | written | |\n|---|---|---|\n");
	for (size_t i = 0; i < NTR_COUNT(literals); i++)
		ntr_str_printf(out, "| %s | %s | %s |\n", literals[i].name,
			       literals[i].form, literals[i].doc);
	ntr_str_add(out, "\n### Operators\n\nFrom the weakest to the strongest.\n"
		    "\n| operator | of | what it is |\n|---|---|---|\n");
	for (size_t i = 0; i < NTR_COUNT(operators); i++)
		ntr_str_printf(out, "| `%s` | %s | %s |\n", operators[i].sign,
			       operators[i].of, operators[i].doc);
	ntr_str_add(out, "\n### Lists\n\n| form | what it is |\n|---|---|\n");
	for (size_t i = 0; i < NTR_COUNT(quantifiers); i++)
		ntr_str_printf(out, "| `%s` | %s |\n", quantifiers[i].form,
			       quantifiers[i].doc);
	functions(out);
	ntr_str_add(out, "\n### Formats\n\nBehind a colon in `say` and `do`.\n\n"
		    "| format | looks like |\n|---|---|\n");
	for (int i = SIG_FORMAT_PLAIN; i <= SIG_FORMAT_PERCENT; i++)
		ntr_str_printf(out, "| %s%s%s | %s |\n", i ? "`" : "none",
			       sig_format_name((enum sig_format)i), i ? "`" : "",
			       sig_format_example((enum sig_format)i));
	rows(out);
}
