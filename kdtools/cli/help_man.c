// SPDX-License-Identifier: Apache-2.0
/* The manual page, as roff with the man macros. */
#include "help.h"

#include <string.h>

/* Text for roff: a backslash or a hyphen is escaped, and a line never begins
 * with a control character. */
static void roff(struct ntr_out *o, const char *s)
{
	bool start = true;

	for (; *s; s++) {
		if (start && (*s == '.' || *s == '\''))
			ntr_out_print(o, "\\&");
		start = *s == '\n';
		if (*s == '\\')
			ntr_out_print(o, "\\e");
		else if (*s == '-')
			ntr_out_print(o, "\\-");
		else
			ntr_out_print(o, "%c", *s);
	}
}

/* Paragraphs are parted by empty lines. */
static void paragraphs(struct ntr_out *o, const char *s)
{
	while (*s) {
		const char *end = strstr(s, "\n\n");
		size_t len = end ? (size_t)(end - s) : strlen(s);
		char part[2048];

		if (len >= sizeof(part))
			len = sizeof(part) - 1;
		memcpy(part, s, len);
		part[len] = 0;
		roff(o, part);
		ntr_out_line(o, "%s", "");
		s += len;
		if (*s == '\n') {
			ntr_out_line(o, ".PP");
			s += strspn(s, "\n");
		}
	}
}

static void option(struct ntr_out *o, const struct ntr_opt *opt)
{
	ntr_out_line(o, ".TP");
	ntr_out_print(o, ".B ");
	if (opt->letter)
		ntr_out_print(o, "\\-%c, ", opt->letter);
	ntr_out_print(o, "\\-\\-");
	roff(o, opt->name);
	if (opt->arg)
		ntr_out_print(o, " \\fI%s\\fP", opt->arg);
	ntr_out_line(o, "%s", "");
	roff(o, opt->help);
	ntr_out_line(o, "%s", "");
}

static void verb(struct ntr_out *o, const struct ntr_verb *v)
{
	ntr_out_line(o, ".SS \"%s\"", v->name);
	ntr_out_print(o, ".B ntriage %s\n.I ", v->name);
	roff(o, v->nopts ? "[OPTION...] " : "");
	roff(o, v->operands);
	ntr_out_line(o, "\n.PP");
	paragraphs(o, v->help);
	for (size_t i = 0; i < v->nopts; i++)
		option(o, &v->opts[i]);
}

static void examples(struct ntr_out *o)
{
	ntr_out_line(o, ".SH EXAMPLES");
	for (size_t i = 0; i < ntr_nverbs; i++)
		for (size_t k = 0; k < ntr_verbs[i]->nexamples; k++) {
			ntr_out_print(o, ".TP\n.B ");
			roff(o, ntr_verbs[i]->examples[k].command);
			ntr_out_line(o, "%s", "");
			roff(o, ntr_verbs[i]->examples[k].does);
			ntr_out_line(o, "%s", "");
		}
}

void ntr_help_man(struct ntr_out *o)
{
	ntr_out_line(o, ".TH NTRIAGE 1 \"\" \"ntriage " NTR_VERSION
		     "\" \"User Commands\"");
	ntr_out_line(o, ".SH NAME\nntriage \\- tell why a Windows NT machine "
		     "stopped, from its memory dump");
	ntr_out_line(o, ".SH SYNOPSIS\n.B ntriage\n.I VERB [OPTION...] "
		     "OPERAND...");
	ntr_out_line(o, ".SH DESCRIPTION");
	roff(o, "ntriage reads kernel dumps of Windows NT 3.51 and later, on "
	     "any machine they come from, and says what happened: the bug "
	     "check, the stack, the driver to blame, and what evidence is "
	     "missing. A dump inside zip, 7z, gz, xz, zst or cab opens "
	     "directly.");
	ntr_out_line(o, "\n.SH VERBS");
	for (size_t i = 0; i < ntr_nverbs; i++)
		verb(o, ntr_verbs[i]);
	ntr_out_line(o, ".SH OPTIONS");
	for (size_t i = 0; i < ntr_nglobal_opts; i++)
		option(o, &ntr_global_opts[i]);
	ntr_out_line(o, ".SH \"EXIT STATUS\"\n.TP\n.B 0\nanalysed\n.TP\n.B 1\n"
		     "opened, but nothing could be determined\n.TP\n.B 2\n"
		     "not a dump, or unusable arguments\n.PP\n"
		     "With several files the worst wins.");
	ntr_out_line(o, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n"
		     "when set and not empty, text is never coloured\n"
		     ".TP\n.B _NT_SYMBOL_PATH\n"
		     "where symbols are, unless \\-\\-symbols says it\n"
		     ".TP\n.B XDG_CACHE_HOME\n"
		     "ntriage/symbols below it is the default cache; else "
		     "below ~/.cache\n.TP\n.B https_proxy, http_proxy, "
		     "no_proxy\nas curl knows them");
	examples(o);
}
