// SPDX-License-Identifier: Apache-2.0
/*
 * From a line to commands.  A line is split at ';' outside of "quotes"; a
 * command is its name, letters of flags behind it where it has such, and
 * arguments.  Names are as in WinDbg: letters; '.' or '!' and letters; or one
 * of the marks ? ~ * $$ $< .  "!ext.name" is "!name".
 */
#include "cmd.h"

#include "base/nearest.h"
#include "base/text.h"
#include "kd_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_ 8192u
#define WORD 64u

const struct ntr_cmd *const ntr_cmds[] = {
#define NTR_CMD(n) &ntr_cmd_##n,
#include "cmd_list.h"
#undef NTR_CMD
};
const size_t ntr_ncmds = NTR_COUNT(ntr_cmds);

/* --- names ------------------------------------------------------------------------ */

void ntr_cmd_name(const struct ntr_cmd *c, char out[32])
{
	snprintf(out, 32, "%.*s", (int)strcspn(c->names, " "), c->names);
}

static bool has_name(const struct ntr_cmd *c, const char *word)
{
	size_t len = strlen(word), n;

	for (const char *s = c->names; *s; s += n, s += *s == ' ') {
		n = strcspn(s, " ");
		if (n == len && !strncasecmp(s, word, n))
			return true;
	}
	return false;
}

/* The flags behind the first name, or NULL when word is not of that form. */
static const char *flags_of(const struct ntr_cmd *c, const char *word)
{
	size_t n = strcspn(c->names, " ");
	const char *tail;

	if (!c->flags || strncmp(word, c->names, n) ||
	    strspn(word + n, c->flags) != strlen(word + n))
		return NULL;
	tail = c->tail ? strchr(word + n, c->tail) : NULL;
	return tail && tail[1] ? NULL : word + n; /* "lmvmnt": see below */
}

const struct ntr_cmd *ntr_cmd_find(const char *word)
{
	for (size_t i = 0; i < ntr_ncmds; i++)
		if (has_name(ntr_cmds[i], word))
			return ntr_cmds[i];
	for (size_t i = 0; i < ntr_ncmds; i++)
		if (flags_of(ntr_cmds[i], word))
			return ntr_cmds[i];
	return NULL;
}

static bool is_alpha(char c)
{
	c = ntr_ascii_lower(c);
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "lmvmnt" is lmvm with an argument. */
static size_t before_tail(char word[WORD], size_t n)
{
	for (size_t i = n < WORD ? n : WORD - 1; i-- > 1;) {
		char next = word[i + 1];
		const struct ntr_cmd *c;

		word[i + 1] = 0;
		c = ntr_cmd_find(word);
		if (c && c->tail && word[i] == c->tail)
			return i + 1;
		word[i + 1] = next;
	}
	return n;
}

/* The command's word at s; returns its length. "!ext.name": word is "!name". */
static size_t split_word(const char *s, char word[WORD])
{
	static const char *const marks[] = { "$$><", "$$<", "$><", "$<", "$$",
					     ".f+", ".f-",
					     "??", "?", "~", "*", "|" };
	size_t n = 0;

	for (size_t i = 0; i < NTR_COUNT(marks); i++)
		if (!strncmp(s, marks[i], strlen(marks[i]))) {
			snprintf(word, WORD, "%s", marks[i]);
			return strlen(marks[i]);
		}
	if (*s == '.' || *s == '!')
		n++;
	while (is_alpha(s[n]) || (n && is_digit(s[n])))
		n++;
	snprintf(word, WORD, "%.*s", (int)n, s);
	if (*s == '!' && s[n] == '.' && is_alpha(s[n + 1])) {
		size_t m = n + 1;

		while (is_alpha(s[m]) || is_digit(s[m]))
			m++;
		snprintf(word, WORD, "!%.*s", (int)(m - n - 1), s + n + 1);
		return m;
	}
	if (!ntr_cmd_find(word))
		n = before_tail(word, n);
	/* "k5" is k with an argument. */
	while (n > 1 && is_digit(s[n - 1]) && !ntr_cmd_find(word)) {
		n--;
		word[n < WORD ? n : WORD - 1] = 0;
	}
	return n;
}

/* --- arguments ----------------------------------------------------------------------- */

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

bool ntr_kd_is_addr(const struct ntr_kd *k, u64 v, u64 *out)
{
	if (k->t->ptr_size == 4) {
		if (v >> 32 != 0 && v >> 31 != UINT64_C(0x1ffffffff))
			return false;
		v = (u32)v;
	}
	*out = v;
	return true;
}

static enum ntr_st symbol(void *ctx, const char *name, u64 *va,
			  struct ntr_err *e)
{
	struct ntr_kd *k = ctx;
	struct ntr_module *m = ntr_target_module_named(k->t, name);

	if (m) {
		*va = m->base;
		return NTR_OK;
	}
	return ntr_target_lookup(k->t, name, va, e);
}

static struct ntr_expr_env expr_env(struct ntr_kd *k)
{
	return (struct ntr_expr_env){ .ptr_size = k->t->ptr_size,
				      .mem = k->mem, .reg = ntr_kd_reg,
				      .symbol = symbol, .ctx = k };
}

static enum ntr_st failed(struct ntr_kd *k, const struct ntr_call *c,
			  const char *from, const struct ntr_expr_err *x,
			  enum ntr_st st, struct ntr_err *e)
{
	k->priv->caret = (size_t)(from - c->text) + x->at;
	ntr_err_set(e, "%s", x->e.msg[0] ? x->e.msg : ntr_st_text(st));
	return st;
}

enum ntr_st ntr_cmd_value(struct ntr_kd *k, const struct ntr_call *c,
			  const char **s, u64 *out, struct ntr_err *e)
{
	struct ntr_expr_env env = expr_env(k);
	struct ntr_expr_err x = { .e = { "" } };
	const char *from = *s;
	enum ntr_st st = ntr_expr(&env, s, out, &x);

	return st ? failed(k, c, from, &x, st, e) : NTR_OK;
}

static enum ntr_st to_addr(struct ntr_kd *k, const struct ntr_call *c,
			   const char *from, u64 *v, struct ntr_err *e)
{
	if (ntr_kd_is_addr(k, *v, v))
		return NTR_OK;
	k->priv->caret = (size_t)(from - c->text);
	return ntr_fail(e, NTR_USAGE, "%" PRIx64 " is no address of a 32-bit "
			"machine", *v);
}

enum ntr_st ntr_cmd_addr(struct ntr_kd *k, const struct ntr_call *c,
			 const char **s, u64 *out, struct ntr_err *e)
{
	const char *from = *s;
	enum ntr_st st = ntr_cmd_value(k, c, s, out, e);

	return st ? st : to_addr(k, c, from, out, e);
}

enum ntr_st ntr_cmd_range(struct ntr_kd *k, const struct ntr_call *c,
			  const char **s, unsigned unit, u64 dflt, u64 max,
			  struct ntr_expr_range *r, struct ntr_err *e)
{
	struct ntr_expr_env env = expr_env(k);
	struct ntr_expr_err x = { .e = { "" } };
	const char *from = *s;
	enum ntr_st st = ntr_expr_range(&env, s, unit, dflt, max, r, &x);

	if (st)
		return failed(k, c, from, &x, st, e);
	return to_addr(k, c, from, &r->addr, e);
}

enum ntr_st ntr_cmd_end(struct ntr_kd *k, const struct ntr_call *c,
			const char *s, struct ntr_err *e)
{
	s = skip_blanks(s);
	if (!*s)
		return NTR_OK;
	k->priv->caret = (size_t)(s - c->text);
	return ntr_fail(e, NTR_USAGE, "\"%.60s\" was not expected here", s);
}

enum ntr_st ntr_cmd_one_value(struct ntr_kd *k, const struct ntr_call *c,
			      u64 *out, struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = *s ? ntr_cmd_value(k, c, &s, out, e) : NTR_OK;

	return st ? st : ntr_cmd_end(k, c, s, e);
}

void ntr_cmd_word(const char **s, char *out, size_t size)
{
	size_t n;

	*s = skip_blanks(*s);
	n = strcspn(*s, " \t");
	snprintf(out, size, "%.*s", (int)n, *s);
	*s = skip_blanks(*s + n);
}

void ntr_kd_symbol(struct ntr_kd *k, u64 va, char *out, size_t size)
{
	struct ntr_named at;

	/* As WinDbg: the nearest symbol, were it only an export. */
	if (ntr_target_name(k->t, va, false, &at)) {
		snprintf(out, size, at.displacement ? "%s!%s+0x%" PRIx64 :
			 "%s!%s", at.module->name, at.name, at.displacement);
		return;
	}
	ntr_target_symbolise(k->t, va, out, size);
	if (!strncmp(out, "0x", 2))
		*out = 0;
}

/* --- running ---------------------------------------------------------------------------- */

static enum ntr_st unknown(const char *word, struct ntr_err *e)
{
	char name[32], near[32] = "";
	const char *best = NULL;

	for (size_t i = 0; i < ntr_ncmds; i++) {
		ntr_cmd_name(ntr_cmds[i], name);
		ntr_nearest_try(word, name, &best);
		if (best == name) {
			strcpy(near, name);
			best = near;
		}
	}
	if (best)
		return ntr_fail(e, NTR_USAGE, "there is no command \"%s\"; did "
				"you mean \"%s\"?", word, best);
	return ntr_fail(e, NTR_USAGE, "there is no command \"%.60s\"; .help "
			"lists those there are", word);
}

static void say_error(struct ntr_kd *k, const struct ntr_call *c, enum ntr_st st,
		      const struct ntr_err *e)
{
	const char *text = e->msg[0] ? e->msg : ntr_st_text(st);
	size_t at = k->priv->caret;

	ntr_out_str(k->o, "status", NULL, ntr_st_text(st));
	ntr_out_str(k->o, "error", NULL, st ? text : NULL);
	ntr_out_uint_if(k->o, "error_at", NULL, st && at != SIZE_MAX, at);
	if (!st)
		return;
	if (at != SIZE_MAX && at < 100) {
		ntr_out_line(k->o, "%s", c->text);
		ntr_out_line(k->o, "%*s^ %s", (int)at, "", text);
	} else {
		ntr_out_line(k->o, "%s", text);
	}
}

static int exit_code(enum ntr_st st)
{
	if (!st)
		return NTR_EXIT_OK;
	return st == NTR_USAGE || st == NTR_NOMEM || st == NTR_IO ?
	       NTR_EXIT_BAD : NTR_EXIT_UNKNOWN;
}

static enum ntr_st dispatch(struct ntr_kd *k, const char *text,
			    struct ntr_call *c, struct ntr_err *e)
{
	static const struct ntr_call none = { .name = "" };
	char word[WORD];
	size_t n = split_word(text, word);
	const char *flags;

	*c = none;
	c->text = text;
	c->cmd = n ? ntr_cmd_find(word) : NULL;
	if (!c->cmd) {
		k->priv->caret = SIZE_MAX;
		if (!n)
			n = strcspn(text, " \t");
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		return unknown(word, e);
	}
	flags = has_name(c->cmd, word) ? NULL : flags_of(c->cmd, word);
	c->name = word;
	c->flags = flags ? flags : "";
	c->args = skip_blanks(text + n);
	if (*c->cmd->names == '!' && !c->cmd->any_os && !k->t->is_nt &&
	    k->t->other_os)
		return ntr_fail(e, NTR_UNSUP, "%s is about Windows NT, and this "
				"is %s", word, k->t->other_os);
	return c->cmd->run(k, c, e);
}

static int run_one(struct ntr_kd *k, const char *text)
{
	struct ntr_err e = { "" };
	struct ntr_call c;
	enum ntr_st st;

	k->priv->caret = SIZE_MAX;
	ntr_out_open(k->o, NULL);
	ntr_cli_schema(k->c, "ntriage.kd/1");
	ntr_out_str(k->o, "command", NULL, text);
	st = dispatch(k, text, &c, &e);
	if (ntr_kd_stopped(k) && !st)
		st = ntr_fail(&e, NTR_LIMIT, "interrupted");
	say_error(k, &c, st, &e);
	ntr_out_close(k->o);
	ntr_kd_flush(k);
	return exit_code(st);
}

/* Length of the command at s. */
static size_t command_len(const char *s)
{
	char word[WORD];
	const struct ntr_cmd *c;
	bool quoted = false;
	size_t n;

	(void)split_word(s, word);
	c = ntr_cmd_find(word);
	if (c && (c->whole_line || *word == '*'))
		return strlen(s);
	for (n = 0; s[n] && (quoted || s[n] != ';'); n++)
		if (s[n] == '"')
			quoted = !quoted;
	return n;
}

int ntr_kd_line(struct ntr_kd *k, const char *line)
{
	char text[LINE_MAX_];
	int code = NTR_EXIT_OK;

	if (strlen(line) >= sizeof(text)) {
		ntr_out_line(k->o, "this line has more than %u characters",
			     LINE_MAX_ - 1);
		ntr_kd_flush(k);
		return NTR_EXIT_BAD;
	}
	while (*line && !k->quit && !ntr_kd_stopped(k)) {
		size_t n, len;

		line += strspn(line, " \t\r\n;");
		n = len = command_len(line);
		while (len && strchr(" \t\r\n", line[len - 1]))
			len--;
		memcpy(text, line, len);
		text[len] = 0;
		if (len)
			code = ntr_worse(code, run_one(k, text));
		line += n;
	}
	return code;
}

/* --- scripts ---------------------------------------------------------------------------- */

#define SCRIPT_MAX (1u << 20)

static int script_lines(struct ntr_kd *k, FILE *f)
{
	char *line = NULL, prompt[32];
	size_t room = 0, total = 0;
	int code = NTR_EXIT_OK;
	ssize_t n;

	while (!k->quit && !ntr_kd_stopped(k) && total < SCRIPT_MAX &&
	       (n = getline(&line, &room, f)) > 0) {
		total += (size_t)n;
		line[strcspn(line, "\r\n")] = 0;
		if (k->echo && *line) {
			ntr_kd_prompt(k, prompt);
			ntr_out_line(k->o, "%s%s", prompt, line);
		}
		code = ntr_worse(code, ntr_kd_line(k, line));
	}
	free(line);
	return code;
}

enum ntr_st ntr_kd_script(struct ntr_kd *k, const char *path, int *code,
			  struct ntr_err *e)
{
	FILE *f;

	if (k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	if (k->scripts == NTR_KD_SCRIPTS)
		return ntr_fail(e, NTR_LIMIT, "scripts that call each other "
				"%u deep", NTR_KD_SCRIPTS);
	f = fopen(path, "re");
	if (!f)
		return ntr_fail(e, NTR_USAGE, "the script %.150s cannot be "
				"read", path);
	k->scripts++;
	*code = script_lines(k, f);
	k->scripts--;
	fclose(f);
	return NTR_OK;
}
