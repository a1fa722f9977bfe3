// SPDX-License-Identifier: Apache-2.0
#include "../cmd/door.h"

#include <unistd.h>

enum { OPT_COMMANDS, OPT_ECHO, OPT_SCRIPT };
static const struct ntr_opt opts[] = {
	[OPT_COMMANDS] = { "commands", 'c', "COMMANDS",
			   "run these, parted by ';', and end", NULL },
	[OPT_ECHO] = { "echo", 0, NULL,
		       "print each line behind its prompt, as logs have it",
		       NULL },
	[OPT_SCRIPT] = { "script", 0, "PATH",
			 "run the lines of a file, and end", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage kd MEMORY.DMP", "look around in a dump; .help says how" },
	{ "ntriage kd -c '!analyze -v; k; lm' MEMORY.DMP",
	  "some commands, and no more" },
	{ "ntriage kd --json -c 'lm' MEMORY.DMP | jq -r '.modules[].name'",
	  "a command's output for a program" },
	{ "ntriage kd --script stacks.txt MEMORY.DMP", "commands from a file" },
};

static int script(struct ntr_kd *k, const char *path)
{
	struct ntr_err e = { "" };
	int code = NTR_EXIT_OK;

	if (ntr_kd_script(k, path, &code, &e))
		return ntr_cli_usage("%s", e.msg);
	return code;
}

static int commands(struct ntr_kd *k, const char *text)
{
	char prompt[32];

	if (k->echo) {
		ntr_kd_prompt(k, prompt);
		ntr_out_line(k->o, "%s%s", prompt, text);
	}
	return ntr_kd_line(k, text);
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_kd k;
	int code = ntr_kd_open(&k, c, a->operand[0]);

	if (code)
		return code;
	/* One object a command, one a line. */
	c->out.j.pretty = false;
	k.echo = a->opt[OPT_ECHO] != NULL;
	ntr_door_signals(&k);
	if (a->opt[OPT_COMMANDS])
		code = commands(&k, a->opt[OPT_COMMANDS]);
	if (a->opt[OPT_SCRIPT] && !k.quit)
		code = ntr_worse(code, script(&k, a->opt[OPT_SCRIPT]));
	if (!a->opt[OPT_COMMANDS] && !a->opt[OPT_SCRIPT])
		code = ntr_door_run(&k);
	ntr_kd_flush(&k);
	ntr_kd_close(&k);
	return code;
}

const struct ntr_verb ntr_verb_kd = {
	.name = "kd",
	.summary = "a debugger's commands on a dump",
	.operands = "FILE",
	.help = "Reads commands in the form of WinDbg and prints what they say: "
		"stacks, registers, memory, symbols, modules, disassembly. "
		".help lists them, .help COMMAND says more; docs/kd.md has them "
		"all.\n\n"
		"On a terminal lines can be edited, TAB completes commands, "
		"modules, symbols and types, Ctrl-C ends a command and keeps the "
		"session, and $PAGER, when it is set, shows what is more than a "
		"screen. The history is kept in $XDG_STATE_HOME/ntriage/history. "
		"Without a terminal lines come from standard input, and no prompt "
		"is printed.\n\n"
		"With --json each command gives one object ntriage.kd/1, on a "
		"line of its own.\n\n"
		"Exit code 0 when every command did what it was asked, 1 when one "
		"found nothing, 2 when one could not be understood or the file is "
		"no dump; 0 after a session on a terminal.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = 1, .run = run,
};
