// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define FIRST_SECONDS 2

/* A signal handler can only reach what is static; write() is all it calls. */
static struct {
	char line[96];
	volatile sig_atomic_t ticks;
	bool armed;
} progress;

static void tick(int sig)
{
	static const char wheel[] = "|/-\\";
	int saved = errno;
	ssize_t n;

	(void)sig;
	n = write(STDERR_FILENO, "\r", 1);
	n = write(STDERR_FILENO, progress.line, strlen(progress.line));
	n = write(STDERR_FILENO, &wheel[progress.ticks % 4], 1);
	(void)n;
	progress.ticks++;
	errno = saved;
}

static void timer(time_t first, time_t then)
{
	struct itimerval it = { .it_interval = { .tv_sec = then },
				.it_value = { .tv_sec = first } };

	(void)setitimer(ITIMER_REAL, &it, NULL);
}

void ntr_progress_begin(const struct ntr_cli *c, const char *what)
{
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	size_t n = 0;

	if (c->quiet || !isatty(STDERR_FILENO))
		return;
	for (const char *s = "reading "; *s; s++)
		progress.line[n++] = *s;
	for (; *what && n + 3 < sizeof(progress.line); what++)
		progress.line[n++] = *what >= 0x20 && *what < 0x7f ? *what :
				     '?';
	progress.line[n++] = ' ';
	progress.line[n] = 0;
	progress.ticks = 0;
	progress.armed = true;
	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGALRM, &sa, NULL);
	timer(FIRST_SECONDS, 1);
}

void ntr_progress_end(void)
{
	static const char wipe[] = "\r\033[K";
	ssize_t n;

	if (!progress.armed)
		return;
	timer(0, 0);
	progress.armed = false;
	if (progress.ticks) {
		n = write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
		(void)n;
	}
}
