// SPDX-License-Identifier: Apache-2.0
/* Commands about the session itself. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- help -------------------------------------------------------------------------- */

static void help_one(struct ntr_out *o, const struct ntr_cmd *c)
{
	char name[32];

	ntr_cmd_name(c, name);
	ntr_out_open(o, NULL);
	ntr_out_str(o, "names", NULL, c->names);
	ntr_out_str(o, "operands", NULL, c->operands);
	ntr_out_str(o, "summary", NULL, c->summary);
	ntr_out_str(o, "help", NULL, c->help);
	ntr_out_str(o, "example", NULL, c->example);
	ntr_out_close(o);
	ntr_out_line(o, "%s: %s", name, c->summary);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "usage: %s%s%s", name, *c->operands ? " " : "",
		     c->operands);
	if (strchr(c->names, ' '))
		ntr_out_line(o, "names: %s", c->names);
	if (c->flags)
		ntr_out_line(o, "letters that may follow %s: %s", name,
			     c->flags);
	ntr_out_line(o, "%s", "");
	ntr_out_para(o, "", "%s", c->help);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "Example:");
	ntr_out_line(o, "    %s", c->example);
	ntr_out_line(o, "        %s", c->does);
}

static void help_line(struct ntr_out *o, const struct ntr_cmd *c)
{
	char left[80], name[32];

	ntr_cmd_name(c, name);
	snprintf(left, sizeof(left), "%.30s%s%.30s", strlen(c->names) < 24 ?
		 c->names : name, *c->operands ? " " : "", strlen(c->operands) <
		 24 ? c->operands : "...");
	ntr_out_open(o, NULL);
	ntr_out_str(o, "names", NULL, c->names);
	ntr_out_str(o, "summary", NULL, c->summary);
	ntr_out_close(o);
	ntr_out_line(o, "%-36s %s", left, c->summary);
}

enum ntr_st ntr_cmd_help(struct ntr_kd *k, const char *name, struct ntr_err *e)
{
	const struct ntr_cmd *c = *name ? ntr_cmd_find(name) : NULL;

	if (*name && !c)
		return ntr_fail(e, NTR_USAGE, "there is no command \"%.60s\"; "
				".help lists those there are", name);
	ntr_out_list(k->o, "commands");
	if (c)
		help_one(k->o, c);
	for (size_t i = 0; !c && i < ntr_ncmds; i++)
		help_line(k->o, ntr_cmds[i]);
	ntr_out_list_end(k->o);
	if (!c)
		ntr_out_line(k->o, "\nCommands are parted by ';'. Numbers are "
			     "hexadecimal. More on one: .help COMMAND");
	return NTR_OK;
}

static enum ntr_st run_help(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	const char *s = c->args;
	char name[32];

	while (*s == '/' && s[1])
		ntr_cmd_word(&s, name, sizeof(name));
	ntr_cmd_word(&s, name, sizeof(name));
	return ntr_cmd_help(k, name, e);
}

/* --- logs ------------------------------------------------------------------------- */

static void close_log(struct ntr_kd *k)
{
	if (k->log < 0)
		return;
	ntr_out_str(k->o, "closed", NULL, k->log_path);
	ntr_out_line(k->o, "Closing open log file %s", k->log_path);
	ntr_kd_flush(k);
	close(k->log);
	k->log = -1;
}

static enum ntr_st open_log(struct ntr_kd *k, const struct ntr_call *c,
			    int flags, const char *what, struct ntr_err *e)
{
	const char *s = c->args;
	char path[sizeof(k->log_path)];

	while (*s == '/' && s[1] && (!s[2] || s[2] == ' ')) /* /t, /u, /d */
		ntr_cmd_word(&s, path, sizeof(path));
	if (*s == '"')
		snprintf(path, sizeof(path), "%.*s",
			 (int)strcspn(s + 1, "\""), s + 1);
	else
		snprintf(path, sizeof(path), "%s", *s ? s : "ntriage.log");
	if (k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	close_log(k);
	k->log = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	if (k->log < 0)
		return ntr_fail(e, NTR_USAGE, "%.150s: %s", path,
				strerror(errno));
	strcpy(k->log_path, path);
	ntr_out_str(k->o, "log", NULL, path);
	ntr_out_line(k->o, "%s log file '%s'", what, path);
	return NTR_OK;
}

static enum ntr_st run_logopen(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	return open_log(k, c, O_TRUNC, "Opened", e);
}

static enum ntr_st run_logappend(struct ntr_kd *k, const struct ntr_call *c,
				 struct ntr_err *e)
{
	return open_log(k, c, O_APPEND, "Appending to", e);
}

static enum ntr_st run_logclose(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	(void)c;
	if (k->log < 0)
		return ntr_fail(e, NTR_ABSENT, "No log file is open");
	close_log(k);
	return NTR_OK;
}

/* --- the rest --------------------------------------------------------------------- */

static enum ntr_st run_echo(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	size_t n = strlen(c->args);
	bool quoted = n > 1 && c->args[0] == '"' && c->args[n - 1] == '"';

	(void)e;
	ntr_out_line(k->o, "%.*s", (int)(quoted ? n - 2 : n), c->args + quoted);
	ntr_out_str(k->o, "text", NULL, c->args);
	return NTR_OK;
}

static enum ntr_st run_cls(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	static const char wipe[] = "\033[H\033[2J";

	(void)c;
	(void)e;
	if (!k->o->json && isatty(k->o->fd))
		ntr_str_add(&k->o->buf, wipe);
	return NTR_OK;
}

static enum ntr_st run_q(struct ntr_kd *k, const struct ntr_call *c,
			 struct ntr_err *e)
{
	(void)c;
	(void)e;
	k->quit = true;
	return NTR_OK;
}

static enum ntr_st run_comment(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	(void)k;
	(void)c;
	(void)e;
	return NTR_OK;
}

static enum ntr_st run_script(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	int code = NTR_EXIT_OK;
	enum ntr_st st;

	if (!*c->args)
		return ntr_fail(e, NTR_USAGE, "a script's name must follow");
	ntr_out_list(k->o, "commands");
	st = ntr_kd_script(k, c->args, &code, e);
	ntr_out_list_end(k->o);
	if (!st && code)
		return ntr_fail(e, code == NTR_EXIT_BAD ? NTR_USAGE :
				NTR_ABSENT, "a command of the script failed");
	return st;
}

static enum ntr_st run_shell(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	(void)k;
	(void)c;
	return ntr_fail(e, NTR_UNSUP, ".shell does not exist here: commands "
			"only look at the dump, so that a script from elsewhere "
			"can do no harm");
}

const struct ntr_cmd ntr_cmd_dot_help = {
	.names = ".help",
	.summary = "the commands, or one of them",
	.operands = "[COMMAND]",
	.help = "Without COMMAND a line for each command; ? COMMAND does the "
		"same as .help COMMAND.",
	.example = ".help db", .does = "how db is used",
	.run = run_help,
};
const struct ntr_cmd ntr_cmd_dot_logopen = {
	.names = ".logopen",
	.summary = "write what is printed to a file as well",
	.operands = "[FILE]",
	.help = "What FILE (ntriage.log) held is replaced; another open log is "
		"closed. WinDbg's options /t /u /d are taken and change nothing.",
	.example = ".logopen case42.log", .does = "begin a log",
	.run = run_logopen,
};
const struct ntr_cmd ntr_cmd_dot_logappend = {
	.names = ".logappend",
	.summary = "the same, behind what the file holds",
	.operands = "[FILE]",
	.help = "As .logopen, but FILE (ntriage.log) keeps what it holds.",
	.example = ".logappend case42.log", .does = "go on with a log",
	.run = run_logappend,
};
const struct ntr_cmd ntr_cmd_dot_logclose = {
	.names = ".logclose",
	.summary = "end the log",
	.operands = "",
	.help = "Closes the file that .logopen or .logappend opened.",
	.example = ".logclose", .does = "end the log",
	.run = run_logclose,
};
const struct ntr_cmd ntr_cmd_dot_echo = {
	.names = ".echo",
	.summary = "print text",
	.operands = "[TEXT]",
	.help = "Prints TEXT up to the next ; quotes around all of it are left "
		"out, and a ; inside them is text.",
	.example = ".echo \"--- stack\"; k", .does = "a heading in a log",
	.run = run_echo,
};
const struct ntr_cmd ntr_cmd_dot_cls = {
	.names = ".cls",
	.summary = "clear the screen",
	.operands = "",
	.help = "Does nothing when the output is no terminal.",
	.example = ".cls", .does = "clear the screen",
	.run = run_cls,
};
const struct ntr_cmd ntr_cmd_q = {
	.names = "q qq qd",
	.summary = "leave",
	.operands = "",
	.help = "Ends the session; so does the end of input (Ctrl-D).",
	.example = "q", .does = "leave",
	.run = run_q,
};
const struct ntr_cmd ntr_cmd_comment = {
	.names = "* $$",
	.summary = "a comment",
	.operands = "[TEXT]",
	.help = "* is a comment to the end of the line, $$ to the next ;",
	.example = "$$ the second processor; ~1s", .does = "a comment, a command",
	.run = run_comment,
};
const struct ntr_cmd ntr_cmd_script = {
	.names = "$< $>< $$< $$><",
	.summary = "run the commands of a file",
	.operands = "FILE",
	.help = "Each line of FILE is run as if it were typed; scripts may call "
		"scripts, 4 deep. The four spellings of WinDbg do the same.",
	.example = "$$>< stacks.txt", .does = "run a script",
	.whole_line = true, .run = run_script,
};
const struct ntr_cmd ntr_cmd_dot_shell = {
	.names = ".shell",
	.summary = "does not exist",
	.operands = "",
	.help = "WinDbg runs a program of the system here. ntriage does not: a "
		"session only looks at its dump.",
	.example = ".shell", .does = "says so",
	.whole_line = true, .run = run_shell,
};
