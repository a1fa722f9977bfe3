// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIAGS_SHOWN 20u

static void add_if_there(struct ntr_str *out, const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		ntr_str_addn(out, path, strlen(path) + 1);
}

/* Beside the program. */
static void installed(struct ntr_str *out)
{
	static const char *const places[] = {
		"/../share/ntriage/signatures", "/../../signatures/rules",
	};
	char exe[4096], path[4200], *real, *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return;
	exe[n] = 0;
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	*slash = 0;
	for (size_t i = 0; i < NTR_COUNT(places); i++) {
		snprintf(path, sizeof(path), "%s%s", exe, places[i]);
		real = realpath(path, NULL);
		if (real)
			add_if_there(out, real);
		free(real);
	}
}

static void of_user(struct ntr_str *out)
{
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char path[4200];

	if (xdg && *xdg == '/')
		snprintf(path, sizeof(path), "%s/ntriage/signatures", xdg);
	else if (home && *home == '/')
		snprintf(path, sizeof(path), "%s/.local/share/ntriage/"
			 "signatures", home);
	else
		return;
	add_if_there(out, path);
}

void ntr_cli_rule_folders(const struct ntr_cli *c, struct ntr_str *out)
{
	const char *instead = getenv("NTRIAGE_RULES");

	if (instead) {
		add_if_there(out, instead);
	} else {
		installed(out);
		of_user(out);
	}
	if (c->rules)
		ntr_str_addn(out, c->rules, strlen(c->rules) + 1);
	ntr_str_addn(out, "", 1);
}

void ntr_cli_diags(const struct sig_diags *d, size_t max)
{
	struct ntr_str s = { 0 };
	struct ntr_out err;

	ntr_out_init(&err, STDERR_FILENO, false, false, false);
	for (size_t i = 0; i < d->n && i < max; i++) {
		ntr_str_clear(&s);
		sig_diag_text(&d->v[i], &s);
		ntr_out_print(&err, "%s", ntr_str_text(&s));
		if (!s.len || s.s[s.len - 1] != '\n')
			ntr_out_line(&err, "%s", "");
	}
	if (d->n > max)
		ntr_out_line(&err, "... and %zu more (ntriage sig check)",
			     d->n - max);
	(void)ntr_out_flush(&err);
	ntr_out_fini(&err);
	ntr_str_fini(&s);
}

static enum ntr_st load(struct sig_set *s, const char *path,
			struct sig_diags *d, struct ntr_err *e)
{
	struct stat st;

	if (!stat(path, &st) && S_ISREG(st.st_mode))
		return sig_load_file(s, path, d, e);
	return sig_load_dir(s, path, d, e);
}

static enum ntr_st load_all(const struct ntr_cli *c, struct sig_set *s,
			    struct sig_diags *d, struct ntr_err *e)
{
	struct ntr_str folders = { 0 };
	enum ntr_st st = NTR_OK;
	const char *p;

	ntr_cli_rule_folders(c, &folders);
	if (folders.lost)
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	for (p = folders.s; !st && *p; p += strlen(p) + 1)
		st = load(s, p, d, e);
	ntr_str_fini(&folders);
	return st ? st : sig_link(s, d, e);
}

int ntr_cli_rules(struct ntr_cli *c, struct sig_set **out)
{
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };
	struct sig_set *s = NULL;
	enum ntr_st st = sig_set_new(&s, &e);
	int code = NTR_EXIT_OK;

	if (!st)
		st = load_all(c, s, &d, &e);
	if (st)
		code = ntr_cli_usage("rules: %s", e.msg[0] ? e.msg :
				     ntr_st_text(st));
	else if (d.n)
		ntr_cli_diags(&d, DIAGS_SHOWN);
	if (!code && d.errors && c->strict)
		code = ntr_cli_usage("%zu error%s in the rules, and --strict "
				     "was given", d.errors,
				     d.errors == 1 ? "" : "s");
	sig_diags_free(&d);
	if (code)
		sig_set_free(s);
	else
		*out = s;
	return code;
}
