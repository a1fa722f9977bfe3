// SPDX-License-Identifier: Apache-2.0
#include "door.h"

#include "late.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY 1000     /* lines kept */
#define OFFERS 200u      /* completions looked at */
#define SHOWN 40u        /* completions listed */

/* A signal handler can only reach what is static. */
static volatile sig_atomic_t interrupted;
/* libedit's callbacks get no more than the editor; there is one terminal. */
static struct door *at_terminal;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

void ntr_door_signals(struct ntr_kd *k)
{
	/* No SA_RESTART: reading a line has to end, too. */
	struct sigaction sa = { .sa_handler = on_interrupt };
	struct sigaction ign = { .sa_handler = SIG_IGN };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigemptyset(&ign.sa_mask);
	(void)sigaction(SIGPIPE, &ign, NULL); /* a pager that was left */
	k->c->stop = &interrupted;
}

struct door {
	struct ntr_edit lib;
	struct ntr_kd *k;
	EditLine *el;
	History *history;
	char path[4096]; /* of the history; "" none */
	char prompt[32];
};

/* --- history ------------------------------------------------------------------------ */

/* XDG Base Directory: $XDG_STATE_HOME, else ~/.local/state; a relative one
 * is to be ignored. */
static void history_path(char *out, size_t size)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	*out = 0;
	if (xdg && *xdg == '/')
		snprintf(out, size, "%s/ntriage/history", xdg);
	else if (home && *home == '/')
		snprintf(out, size, "%s/.local/state/ntriage/history", home);
}

static void make_folders(const char *path)
{
	char part[4096];

	for (const char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(s - path), path);
		(void)mkdir(part, 0700);
	}
}

static void open_history(struct door *d)
{
	HistEvent ev;

	d->history = d->lib.history_init();
	if (!d->history)
		return;
	d->lib.history(d->history, &ev, H_SETSIZE, HISTORY);
	d->lib.history(d->history, &ev, H_SETUNIQUE, 1);
	history_path(d->path, sizeof(d->path));
	if (*d->path)
		d->lib.history(d->history, &ev, H_LOAD, d->path);
	d->lib.el_set(d->el, EL_HIST, d->lib.history, d->history);
}

static void save_history(struct door *d)
{
	HistEvent ev;
	mode_t old;

	if (!d->history)
		return;
	if (*d->path) {
		make_folders(d->path);
		old = umask(077);
		d->lib.history(d->history, &ev, H_SAVE, d->path);
		umask(old);
	}
	d->lib.history_end(d->history);
}

/* --- completion ---------------------------------------------------------------------- */

struct offers {
	char common[512];
	size_t n;
	char shown[SHOWN][80];
};

static void take(void *ctx, const char *word)
{
	struct offers *o = ctx;
	size_t i = 0;

	if (!o->n)
		snprintf(o->common, sizeof(o->common), "%s", word);
	while (o->common[i] && o->common[i] == word[i])
		i++;
	o->common[i] = 0;
	if (o->n < SHOWN)
		snprintf(o->shown[o->n], sizeof(o->shown[0]), "%s", word);
	o->n++;
}

static void list_offers(const struct offers *o)
{
	fputc('\n', stdout);
	for (size_t i = 0; i < o->n && i < SHOWN; i++) {
		for (const char *s = o->shown[i]; *s; s++)
			fputc(*s >= 0x20 && *s < 0x7f ? *s : '?', stdout);
		fputs("  ", stdout);
	}
	if (o->n > SHOWN)
		printf("... and more");
	fputc('\n', stdout);
	fflush(stdout);
}

static unsigned char complete(EditLine *el, int ch)
{
	struct door *d = at_terminal;
	const LineInfo *li = d->lib.el_line(el);
	struct offers o = { .n = 0 };
	char line[2048];
	size_t len = (size_t)(li->cursor - li->buffer), word;

	(void)ch;
	if (len >= sizeof(line))
		return CC_ERROR;
	memcpy(line, li->buffer, len);
	line[len] = 0;
	word = ntr_complete(d->k, line, OFFERS, take, &o);
	if (!o.n)
		return CC_ERROR;
	if (strlen(o.common) > word) {
		d->lib.el_deletestr(el, (int)word);
		if (d->lib.el_insertstr(el, o.common))
			return CC_ERROR;
		if (o.n == 1 && o.common[strlen(o.common) - 1] != '!')
			(void)d->lib.el_insertstr(el, " ");
		return CC_REFRESH;
	}
	if (o.n == 1)
		return CC_ERROR;
	list_offers(&o);
	return CC_REDISPLAY;
}

/* --- paging ------------------------------------------------------------------------ */

static unsigned screen_rows(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row ? 24 : w.ws_row;
}

/* What a command printed: to the pager when it is more than a screen. */
static void show(struct ntr_kd *k)
{
	const char *pager = getenv("PAGER"), *text = ntr_str_text(&k->o->buf);
	unsigned lines = 0;
	FILE *f;

	for (const char *s = text; *s; s++)
		lines += *s == '\n';
	k->hold = false;
	if (!pager || !*pager || lines < screen_rows() ||
	    !(f = popen(pager, "w"))) {
		ntr_kd_flush(k);
		return;
	}
	(void)fwrite(text, 1, k->o->buf.len, f);
	pclose(f);
	k->o->fd = -1; /* to the log only */
	ntr_kd_flush(k);
	k->o->fd = STDOUT_FILENO;
	k->o->failed = false;
}

/* --- lines ------------------------------------------------------------------------- */

static char *el_prompt(EditLine *el)
{
	(void)el;
	return at_terminal->prompt;
}

static bool begin(struct door *d)
{
	d->el = d->lib.el_init("ntriage", stdin, stdout, stderr);
	if (!d->el)
		return false;
	at_terminal = d;
	d->lib.el_set(d->el, EL_PROMPT, el_prompt);
	d->lib.el_set(d->el, EL_EDITOR, "emacs");
	d->lib.el_set(d->el, EL_ADDFN, "ntr-complete", "complete a word",
		      complete);
	d->lib.el_set(d->el, EL_BIND, "^I", "ntr-complete", NULL);
	d->lib.el_set(d->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	d->lib.el_source(d->el, NULL);
	open_history(d);
	return true;
}

static void one_line(struct door *d, const char *line)
{
	struct ntr_kd *k = d->k;
	const char *pager = getenv("PAGER");
	HistEvent ev;

	if (d->history && line[strspn(line, " \t\r\n")])
		d->lib.history(d->history, &ev, H_ENTER, line);
	if (k->log >= 0) {
		ssize_t n = dprintf(k->log, "%s%s", d->prompt, line);

		(void)n;
	}
	k->hold = pager && *pager;
	(void)ntr_kd_line(k, line);
	show(k);
}

static int terminal(struct ntr_kd *k)
{
	struct door d = { .k = k };
	const char *line;
	struct ntr_err e = { "" };
	int n = 0;

	if (ntr_edit_load(&d.lib, &e))
		return ntr_cli_usage("%s", e.msg);
	if (!begin(&d))
		return ntr_cli_usage("the terminal cannot be used");
	while (!k->quit) {
		interrupted = 0;
		ntr_kd_prompt(k, d.prompt);
		errno = 0;
		line = d.lib.el_gets(d.el, &n);
		if (!line && errno == EINTR) {
			d.lib.el_reset(d.el);
			fputc('\n', stdout);
			continue;
		}
		if (!line || n <= 0)
			break;
		interrupted = 0;
		one_line(&d, line);
	}
	save_history(&d);
	d.lib.el_end(d.el);
	return NTR_EXIT_OK;
}

static int from_pipe(struct ntr_kd *k)
{
	char *line = NULL, prompt[32];
	size_t room = 0;
	int code = NTR_EXIT_OK;

	while (!k->quit && !interrupted && getline(&line, &room, stdin) > 0) {
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

int ntr_door_run(struct ntr_kd *k)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !k->o->json)
		return terminal(k);
	return from_pipe(k);
}
