// SPDX-License-Identifier: Apache-2.0
/* refstack: the reference stack as a program. */
#include "host/cmd.h"

const struct cli_command *const cli_commands[] = {
	&cmd_run, &cmd_attach, &cmd_stat, &cmd_dump, &cmd_script, &cmd_help,
	NULL,
};

struct help {
	bool man, completion, words;
};

static const struct cli_option options[] = {
	{ "man", NULL, "print the manual page (roff)",
	  CLI_TO(SWITCH, struct help, man) },
	{ "completion", NULL, "print a completion script for bash",
	  CLI_TO(SWITCH, struct help, completion) },
	{ "words", NULL, "print what may follow the operands (it asks this)",
	  CLI_TO(SWITCH, struct help, words) },
};

static const struct cli_example examples[] = {
	{ "refstack help attach", "how to use the command attach" },
	{ "refstack help --man | man -l -", "read the manual page" },
	{ ". <(refstack help --completion)", "completion in this shell" },
};

/* The words come from the program that is completed; files are readline's. */
static const char completion[] =
"# bash completion for refstack; made by \"refstack help --completion\"\n"
"_refstack() {\n"
"    local cur=${COMP_WORDS[COMP_CWORD]} but=-*\n"
"    [[ $cur == -* ]] && but=\n"
"    COMPREPLY=($(compgen -X \"$but\" -W \"$(\"$1\" help --words -- \\\n"
"        \"${COMP_WORDS[@]:1:COMP_CWORD-1}\" 2>/dev/null)\" -- \"$cur\"))\n"
"}\n"
"complete -o default -F _refstack refstack\n";

static int help(void *mine, int n, char *const *operand)
{
	const struct help *h = mine;
	const struct cli_command *c = NULL;

	if (h->words) {
		cli_next_words(n, operand);
		return CLI_OK;
	}
	if (n > 1)
		return cli_bad("help: one command");
	if (n && !(c = cli_find(operand[0])))
		return CLI_BAD;
	if (h->man)
		cli_man();
	if (h->completion)
		fputs(completion, stdout);
	if (!h->man && !h->completion)
		cli_help(c);
	return CLI_OK;
}

const struct cli_command cmd_help = {
	.name = "help",
	.summary = "how to use refstack or one of its commands",
	.operands = "[COMMAND]",
	.help = "Prints the commands, or how to use one of them. The manual "
		"page and the completion\nscript are made from the same "
		"tables.",
	.options = options, .noptions = sizeof(options) / sizeof(*options),
	.examples = examples,
	.nexamples = sizeof(examples) / sizeof(*examples),
	.min = 0, .max = -1, .size = sizeof(struct help), .run = help,
};

int main(int argc, char **argv)
{
	return cli_run(argc, argv);
}
