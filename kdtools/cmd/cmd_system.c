// SPDX-License-Identifier: Apache-2.0
/* The machine, the program, and where symbols come from. */
#include "../cli/symbols.h"
#include "base/text.h"
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void duration_text(char out[64], u64 seconds)
{
	snprintf(out, 64, "%" PRIu64 " days %" PRIu64 ":%02u:%02u",
		 seconds / 86400, seconds / 3600 % 24,
		 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}

static void show_times(struct ntr_kd *k)
{
	const struct ntr_meta *m = &k->t->d->meta;
	char text[64], *t;

	if (!(m->has & NTR_HAS_TIME) || !ntr_filetime_text(text, m->time))
		strcpy(text, "not known");
	for (t = text; *t; t++)
		if (*t == 'T' || *t == 'Z')
			*t = ' ';
	ntr_out_line(k->o, "Debug session time: %s%s", text,
		     m->has & NTR_HAS_TIME ? "UTC" : "");
	ntr_out_uint_if(k->o, "uptime_s", NULL, m->has & NTR_HAS_UPTIME,
			ntr_uptime_seconds(m->uptime));
	if (m->has & NTR_HAS_UPTIME)
		duration_text(text, ntr_uptime_seconds(m->uptime));
	else
		strcpy(text, "not known");
	ntr_out_line(k->o, "System Uptime: %s", text);
	ntr_out_str(k->o, "time", NULL, m->has & NTR_HAS_TIME &&
		    ntr_filetime_text(text, m->time) ? text : NULL);
}

static enum ntr_st run_time(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (!st)
		show_times(k);
	return st;
}

static void show_system(struct ntr_kd *k)
{
	const struct ntr_target *t = k->t;
	const struct ntr_meta *m = &t->d->meta;
	const char *name = t->os_name ? t->os_name : t->other_os;
	char buf[32], base[24];

	ntr_out_print(k->o, "%s", name ? name : "An unknown system");
	if (t->is_nt && t->build)
		ntr_out_print(k->o, " Kernel Version %" PRIu32, t->build);
	if (t->service_pack)
		ntr_out_print(k->o, " (%s)", t->service_pack);
	if (m->has & NTR_HAS_CPUS)
		ntr_out_print(k->o, m->cpus == 1 ? " UP" : " MP (%" PRIu32
			      " procs)", m->cpus);
	ntr_out_line(k->o, " %s", ntr_machine_text(buf, t->machine) ?
		     ntr_machine_text(buf, t->machine) : "");
	ntr_out_str(k->o, "os", NULL, name);
	ntr_out_uint_if(k->o, "build", NULL, t->build, t->build);
	ntr_out_str(k->o, "arch", NULL, ntr_machine_text(buf, t->machine));
	ntr_out_str(k->o, "product", NULL, t->product);
	if (t->product)
		ntr_out_line(k->o, "Product: %s", t->product);
	ntr_out_hex_if(k->o, "kernel_base", NULL, t->kernel_base,
		       t->kernel_base);
	if (!t->kernel_base)
		return;
	ntr_va_text(base, t->kernel_base, t->ptr_size);
	ntr_out_line(k->o, "Kernel base = 0x%s (%s)", base, t->kernel_source);
}

static enum ntr_st run_vertarget(struct ntr_kd *k, const struct ntr_call *c,
				 struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (st)
		return st;
	show_system(k);
	show_times(k);
	return NTR_OK;
}

static enum ntr_st run_version(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	enum ntr_st st = run_vertarget(k, c, e);

	if (st)
		return st;
	ntr_out_str(k->o, "ntriage", NULL, NTR_VERSION);
	ntr_out_line(k->o, "ntriage %s: %s, opened as %s", NTR_VERSION,
		     k->in.path, k->t->d->fmt->descr);
	return NTR_OK;
}

static enum ntr_st run_chain(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (st)
		return st;
	ntr_out_line(k->o, "No extension DLLs: the commands that begin with ! "
		     "are built in.");
	ntr_out_list(k->o, "extensions");
	for (size_t i = 0; i < ntr_ncmds; i++) {
		char name[32];

		ntr_cmd_name(ntr_cmds[i], name);
		if (*name != '!')
			continue;
		ntr_out_str(k->o, NULL, NULL, name);
		ntr_out_line(k->o, "    %-12s %s", name, ntr_cmds[i]->summary);
	}
	ntr_out_list_end(k->o);
	return NTR_OK;
}

static enum ntr_st run_effmach(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const char *name = ntr_machine_name(k->t->machine);
	const char *s = c->args;
	char want[16];

	ntr_cmd_word(&s, want, sizeof(want));
	if (!name)
		return ntr_fail(e, NTR_ABSENT, "the machine is not known");
	if (*want && strcmp(want, ".") != 0 && strcmp(want, "#") != 0 &&
	    ntr_strcasecmp(want, name) &&
	    !(k->t->machine == NTR_MACHINE_AMD64 &&
	      !ntr_strcasecmp(want, "amd64")))
		return ntr_fail(e, NTR_UNSUP, "this is %s; it cannot be looked "
				"at as %s", name, want);
	ntr_out_str(k->o, "machine", NULL, name);
	ntr_out_line(k->o, "Effective machine: %s", name);
	return NTR_OK;
}

/* --- symbols ---------------------------------------------------------------------- */

static const char *symbol_path(const struct ntr_kd *k)
{
	if (k->c->symbols)
		return k->c->symbols;
	return getenv("_NT_SYMBOL_PATH");
}

static void say_path(struct ntr_kd *k)
{
	const char *path = symbol_path(k);

	ntr_out_str(k->o, "path", NULL, path);
	ntr_out_line(k->o, "Symbol search path is: %s", path && *path ? path :
		     "<empty>");
}

static enum ntr_st set_path(struct ntr_kd *k, const char *path,
			    struct ntr_err *e)
{
	char *own = strdup(path), *before = k->symbol_path_own;
	enum ntr_st st;

	if (!own)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	k->symbol_path_own = own;
	st = ntr_kd_reload(k, e);
	if (st) {
		k->symbol_path_own = before;
		free(own);
		return st;
	}
	free(before);
	say_path(k);
	return NTR_OK;
}

static enum ntr_st run_sympath(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const char *old = symbol_path(k), *s = c->args;
	struct ntr_str joined = { 0 };
	enum ntr_st st;

	if (!*s) {
		say_path(k);
		return NTR_OK;
	}
	if (k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	if (*s != '+')
		return set_path(k, s, e);
	s += 1 + strspn(s + 1, " \t");
	ntr_str_printf(&joined, "%s%s%s", old ? old : "", old && *old ? ";" :
		       "", s);
	st = joined.lost ? NTR_NOMEM : set_path(k, ntr_str_text(&joined), e);
	ntr_str_fini(&joined);
	return st;
}

#define PUBLIC_SERVER "https://msdl.microsoft.com/download/symbols"

static enum ntr_st run_symfix(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	const char *s = c->args;
	char cache[300], path[420];

	if (k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	s += *s == '+';
	ntr_cmd_word(&s, cache, sizeof(cache));
	snprintf(path, sizeof(path), "srv*%s*" PUBLIC_SERVER, cache);
	ntr_out_para(k->o, "", "This holds for the session. For good: "
		     "export _NT_SYMBOL_PATH='%s', or ntriage --symbols '%s'. "
		     "Nothing is fetched with --offline.", path, path);
	return set_path(k, path, e);
}

static enum ntr_st run_reload(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	unsigned open = 0, lacking = 0;
	enum ntr_st st;
	char word[64];
	const char *s = c->args;
	bool force = false;

	if (k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	while (*s) {
		ntr_cmd_word(&s, word, sizeof(word));
		force |= !strcmp(word, "/f");
	}
	st = ntr_kd_reload(k, e);
	if (st)
		return st;
	for (size_t i = 0; i < k->t->modules.n && !ntr_kd_stopped(k); i++) {
		struct ntr_module *m = &k->t->modules.v[i];

		if (force)
			(void)ntr_module_symbols(k->t, m);
		open += m->symbols && m->symbols->how;
		lacking += m->symbols && !m->symbols->how;
	}
	ntr_out_uint(k->o, "modules", NULL, k->t->modules.n);
	ntr_out_uint(k->o, "with_symbols", NULL, open);
	ntr_out_uint(k->o, "without_symbols", NULL, lacking);
	ntr_out_line(k->o, "%zu modules from the %s: %u with symbols, %u "
		     "without, the others deferred", k->t->modules.n,
		     k->t->modules_source ? k->t->modules_source : "dump", open,
		     lacking);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_dot_time = {
	.names = ".time",
	.summary = "when the dump was taken, and the uptime",
	.operands = "",
	.help = "Both as the dump says them; times are UTC.",
	.example = ".time", .does = "when it stopped",
	.run = run_time,
};
const struct ntr_cmd ntr_cmd_vertarget = {
	.names = "vertarget",
	.summary = "the system that was dumped",
	.operands = "",
	.help = "Version, service pack, processors, kernel base and how it was "
		"found, time and uptime.",
	.example = "vertarget", .does = "which NT this is",
	.run = run_vertarget,
};
const struct ntr_cmd ntr_cmd_version = {
	.names = "version",
	.summary = "vertarget, and the version of ntriage",
	.operands = "",
	.help = "As vertarget, with the program's version and the form of the "
		"dump.",
	.example = "version", .does = "for a report",
	.run = run_version,
};
const struct ntr_cmd ntr_cmd_dot_chain = {
	.names = ".chain",
	.summary = "the commands that begin with !",
	.operands = "",
	.help = "WinDbg lists extension DLLs here. There are none: what begins "
		"with ! is built in and listed.",
	.example = ".chain", .does = "which ! commands there are",
	.run = run_chain,
};
const struct ntr_cmd ntr_cmd_dot_effmach = {
	.names = ".effmach",
	.summary = "the machine whose registers and code are shown",
	.operands = "[.]",
	.help = "The dump's own machine; 32-bit processes of a 64-bit system "
		"cannot be looked at as such.",
	.example = ".effmach", .does = "which machine it is",
	.run = run_effmach,
};
const struct ntr_cmd ntr_cmd_dot_sympath = {
	.names = ".sympath",
	.summary = "the symbol path",
	.operands = "[[+] PATH]",
	.help = "Without PATH says it. With PATH sets it for this session, with "
		"+ behind what it was, and looks for symbols anew: what was "
		"chosen is forgotten. PATH is in the form of _NT_SYMBOL_PATH.",
	.example = ".sympath+ /srv/symbols", .does = "one more folder",
	.whole_line = true, .run = run_sympath,
};
const struct ntr_cmd ntr_cmd_dot_symfix = {
	.names = ".symfix",
	.summary = "the public symbol server for this session",
	.operands = "[CACHE]",
	.help = "Sets the symbol path to Microsoft's server, with its files kept "
		"in CACHE or in the default cache, and says how to have it always. "
		"Nothing is fetched with --offline.",
	.example = ".symfix", .does = "symbols from the public server",
	.run = run_symfix,
};
const struct ntr_cmd ntr_cmd_dot_reload = {
	.names = ".reload",
	.summary = "read modules and symbols anew",
	.operands = "[/f]",
	.help = "Everything that was made of the dump is made again; what was "
		"chosen is forgotten. /f loads the symbols of every module now "
		"instead of when they are asked for. Says how many modules have "
		"symbols.",
	.example = ".reload /f", .does = "load all symbols",
	.run = run_reload,
};
