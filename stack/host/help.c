// SPDX-License-Identifier: Apache-2.0
/* Usage, manual page and completion, made from the commands' tables (cli.h). */
#include "cli.h"
#include "words.h"

#include <string.h>

const struct cli_command *cli_find(const char *name)
{
	char list[300] = "", why[500];

	for (size_t i = 0; cli_commands[i]; i++) {
		if (!strcmp(cli_commands[i]->name, name))
			return cli_commands[i];
		words_add(list, sizeof(list), cli_commands[i]->name);
	}
	words_unknown(why, sizeof(why), "command", list, name);
	cli_bad("%s", why);
	return NULL;
}

/* "the largest datagram (default 1500)", with the words that it may be. */
static void what(const struct cli_option *o, char *to, size_t size)
{
	int n = snprintf(to, size, "%s", o->help);

	if (o->words && n > 0 && (size_t)n < size)
		n += snprintf(to + n, size - (size_t)n, ": %s", o->words);
	if (o->def && n > 0 && (size_t)n < size)
		snprintf(to + n, size - (size_t)n, " (default %s)", o->def);
}

/* --- usage ------------------------------------------------------------------------- */

static void options(const char *title, const struct cli_option *o, size_t n)
{
	char left[64], right[300];

	if (n)
		printf("\n%s\n", title);
	for (size_t i = 0; i < n; i++) {
		snprintf(left, sizeof(left), "--%s%s%s", o[i].name,
			 o[i].arg ? " " : "", o[i].arg ? o[i].arg : "");
		what(&o[i], right, sizeof(right));
		printf("  %-20s  %s\n", left, right);
	}
}

static void word_list(const char *list)
{
	printf("\nWords that may be operands");
	for (unsigned i = 0; *list; i++) {
		size_t n = strcspn(list, " ");

		printf("%s%.*s", i % 8 ? " " : "\n  ", (int)n, list);
		list += n + (list[n] == ' ');
	}
	printf("\n");
}

static void help_command(const struct cli_command *c)
{
	printf("%s: %s\n\nusage: refstack %s%s%s%s\n\n%s\n", c->name,
	       c->summary, c->name, c->noptions ? " [OPTION...]" : "",
	       *c->operands ? " " : "", c->operands, c->help);
	if (c->words)
		word_list(c->words);
	options("Options", c->options, c->noptions);
	printf("\nExamples\n");
	for (size_t i = 0; i < c->nexamples; i++)
		printf("  %s\n      %s\n", c->examples[i].command,
		       c->examples[i].does);
}

void cli_help(const struct cli_command *c)
{
	if (c) {
		help_command(c);
		return;
	}
	printf("refstack is a TCP/IP stack in the shape of Windows NT's, in "
	       "simulation or live.\n\nusage: refstack COMMAND [OPTION...] "
	       "OPERAND...\n\nCommands\n");
	for (size_t i = 0; cli_commands[i]; i++)
		printf("  %-8s %s\n", cli_commands[i]->name,
		       cli_commands[i]->summary);
	options("Options of every command", cli_global, CLI_GLOBAL);
	printf("\n\"refstack help COMMAND\" says more.\n");
}

/* --- manual page ----------------------------------------------------------------------- */

/* Text for roff: a backslash or a hyphen is escaped, a line never begins with a
 * control character, an empty line is a paragraph. */
static void roff(const char *s)
{
	for (bool start = true; *s; start = *s++ == '\n') {
		if (start && (*s == '.' || *s == '\''))
			printf("\\&");
		if (*s == '\n' && s[1] == '\n')
			printf("\n.PP");
		else if (*s == '\\')
			printf("\\e");
		else if (*s == '-')
			printf("\\-");
		else
			putchar(*s);
	}
	putchar('\n');
}

static void man_options(const struct cli_option *o, size_t n)
{
	char text[300];

	for (size_t i = 0; i < n; i++) {
		printf(".TP\n.B \\-\\-%s%s%s%s\n", o[i].name,
		       o[i].arg ? " \\fI" : "", o[i].arg ? o[i].arg : "",
		       o[i].arg ? "\\fP" : "");
		what(&o[i], text, sizeof(text));
		roff(text);
	}
}

static void man_command(const struct cli_command *c)
{
	printf(".SS \"%s\"\n.B refstack %s\n.I ", c->name, c->name);
	printf("%s", c->noptions ? "[OPTION...] " : "");
	roff(*c->operands ? c->operands : "\"\"");
	printf(".PP\n");
	roff(c->help);
	if (c->words)
		printf(".PP\nWords that may be operands: %s\n", c->words);
	man_options(c->options, c->noptions);
}

void cli_man(void)
{
	printf(".TH REFSTACK 1 \"\" \"ntriage " NTR_VERSION "\" \"User "
	       "Commands\"\n.SH NAME\nrefstack \\- a TCP/IP stack in the shape "
	       "of Windows NT's, in simulation or live\n.SH SYNOPSIS\n"
	       ".B refstack\n.I COMMAND [OPTION...] OPERAND...\n"
	       ".SH DESCRIPTION\nrefstack runs machines with the reference "
	       "stack: as many as a workload has, on a\nvirtual clock and from "
	       "a seed; or one of them on a TAP device, which the rest of the\n"
	       "world takes for a Windows NT machine.\n.SH COMMANDS\n");
	for (size_t i = 0; cli_commands[i]; i++)
		man_command(cli_commands[i]);
	printf(".SH OPTIONS\n");
	man_options(cli_global, CLI_GLOBAL);
	printf(".SH \"EXIT STATUS\"\n.TP\n.B 0\nall is as it should be\n.TP\n"
	       ".B 1\nsomething is not: a run, a script, a live process\n.TP\n"
	       ".B 2\nunusable arguments, or a file with a mistake in it\n.PP\n"
	       "Of several files or seeds the worst wins.\n"
	       ".SH ENVIRONMENT\n.TP\n.B REFSTACK_DRIVERS\n"
	       "a folder of drivers, instead of the one that belongs to the "
	       "program\n.SH EXAMPLES\n");
	for (size_t i = 0; cli_commands[i]; i++)
		for (size_t k = 0; k < cli_commands[i]->nexamples; k++) {
			printf(".TP\n.B ");
			roff(cli_commands[i]->examples[k].command);
			roff(cli_commands[i]->examples[k].does);
		}
}

/* --- completion -------------------------------------------------------------------------- */

static void next_of(const struct cli_command *c, const char *last)
{
	for (size_t i = 0; i < c->noptions; i++) {
		const struct cli_option *o = &c->options[i];

		if (last[0] == '-' && last[1] == '-' && o->arg &&
		    !strcmp(o->name, last + 2)) {
			if (o->words)
				printf("%s\n", o->words);
			return;      /* a value, and nothing else */
		}
	}
	for (size_t i = 0; i < c->noptions; i++)
		printf("--%s\n", c->options[i].name);
	printf("--help\n%s\n", c->words ? c->words : "");
}

void cli_next_words(int n, char *const *before)
{
	const struct cli_command *c = NULL;

	for (size_t i = 0; n && cli_commands[i]; i++)
		if (!strcmp(cli_commands[i]->name, before[0]))
			c = cli_commands[i];
	if (c)
		next_of(c, before[n - 1]);
	if (!n || (n == 1 && !strcmp(before[0], "help")))
		for (size_t i = 0; cli_commands[i]; i++)
			printf("%s\n", cli_commands[i]->name);
	for (size_t i = 0; !n && i < CLI_GLOBAL; i++)
		printf("--%s\n", cli_global[i].name);
}
