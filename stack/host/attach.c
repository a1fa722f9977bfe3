// SPDX-License-Identifier: Apache-2.0
/* refstack attach: a live machine on a TAP device. */
#include "control.h"
#include "dump.h"
#include "stat.h"
#include "story.h"
#include "workload.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct attach {
	struct host_config c;
	struct workload w;           /* --story: it is told, no services */
	const char *as;
	struct story *story;
	struct tdi_address peer;
	struct services services;
	struct caller caller;
	struct sched *s;
	int signals, client;         /* -1: nobody asks */
	struct control control;
	const char *dump_to;         /* NULL: refstack-PID.core */
	bool stop, stat, dump;
};

static bool add_ip6(struct host_interface *i, const char *v)
{
	unsigned n = 0;

	while (n < 4 && i->ip6[n])
		n++;
	if (n < 4)
		i->ip6[n] = v;
	return n < 4;
}

static bool option(struct attach *a, const char *o, const char *v)
{
	struct host_interface *i = &a->c.interface;

	if (!strcmp(o, "--tap")) {
		i->tap = v;
	} else if (!strcmp(o, "--ip")) {
		i->ip4[0] = v;
	} else if (!strcmp(o, "--ip6")) {
		return add_ip6(i, v);
	} else if (!strcmp(o, "--gw6")) {
		i->gateway6 = v;
	} else if (!strcmp(o, "--gw")) {
		i->gateway4 = v;
	} else if (!strcmp(o, "--mac")) {
		return sscanf(v, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx",
			      &i->mac[0], &i->mac[1], &i->mac[2], &i->mac[3],
			      &i->mac[4], &i->mac[5]) == 6;
	} else if (!strcmp(o, "--mtu")) {
		i->mtu = (u32)strtoul(v, NULL, 10);
	} else if (!strcmp(o, "--story")) {
		a->w.file = v;
	} else if (!strcmp(o, "--as")) {
		a->as = v;
	} else if (!strcmp(o, "--netbios")) {
		a->c.netbios_name = a->caller.own = v;
	} else if (!strcmp(o, "--call")) {
		a->caller.peer = v;
	} else if (!strcmp(o, "--keepalive")) {
		a->c.netbios_keepalive = (u32)strtoul(v, NULL, 10);
	} else if (!strcmp(o, "--http")) {
		a->services.http_dir = v;
	} else if (!strcmp(o, "--dump")) {
		a->dump_to = v;
	} else if (!strcmp(o, "--drivers")) {
		a->c.driver_path = v;
	} else if (!strcmp(o, "--cpus")) {
		a->c.ex.cpus = (unsigned)strtoul(v, NULL, 10);
	} else if (!strcmp(o, "--personality")) {
		a->c.personality = !strcmp(v, "nt4") ? HOST_NT4 :
				   !strcmp(v, "nt5") ? HOST_NT5 : HOST_MODERN;
		return !strcmp(v, "nt4") || !strcmp(v, "nt5") ||
		       !strcmp(v, "modern");
	} else {
		return false;
	}
	return true;
}

/* --- a story -------------------------------------------------------------------- */

static const struct tdi_address *address_of(void *ctx, const char *name)
{
	struct attach *a = ctx;

	for (unsigned i = 0; i < a->w.n; i++) {
		char ip[32];

		if (strcmp(a->w.name[i], name))
			continue;
		snprintf(ip, sizeof(ip), "%.*s",
			 (int)strcspn(a->w.ip[i], "/"), a->w.ip[i]);
		a->peer.family = 4;
		return inet_pton(AF_INET, ip, a->peer.ip) == 1 ? &a->peer : NULL;
	}
	return NULL;
}

struct told {
	const char *name;
	const struct story_line *l;
};

static void print_line(void *ctx)
{
	const struct told *t = ctx;

	printf("%s: %s = %s\n", t->name, t->l->text, t->l->result);
	fflush(stdout);
}

static void told(struct story *t, const struct story_line *l)
{
	struct told line = { t->name, l };

	ex_on_host(print_line, &line);
}

/* The machine is what the workload says of the one that is played. */
static int read_story(struct attach *a)
{
	a->w.cast = true;
	if (!a->as || !workload_read(&a->w))
		return cmd_usage(a->as ? a->w.why : "--story wants --as NAME",
				 "");
	for (unsigned i = 0; i < a->w.n; i++)
		if (!strcmp(a->w.name[i], a->as)) {
			a->c.interface.ip4[0] = a->w.ip[i];
			a->c.personality = a->w.personality[i];
			a->c.tcpip_options = a->w.more[i];
		}
	for (a->story = a->w.stories; a->story; a->story = a->story->next)
		if (!strcmp(a->story->name, a->as))
			break;
	if (!a->story)
		return cmd_usage("nobody has that name", a->as);
	a->story->address = address_of;
	a->story->ctx = a;
	a->story->told = told;
	return 0;
}

static int arguments(struct attach *a, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--offloads")) {
			a->c.interface.offloads = true;
		} else if (!strcmp(argv[i], "--autoconf")) {
			a->c.interface.slaac = true;
		} else if (!strcmp(argv[i], "--put")) {
			a->services.put = true;
		} else if (i + 1 == argc) {
			return cmd_usage("unknown option, or its value is "
					 "missing", argv[i]);
		} else if (!option(a, argv[i], argv[i + 1])) {
			return cmd_usage("unknown option or value", argv[i]);
		} else {
			i++;
		}
	}
	if (a->w.file && read_story(a))
		return 2;
	if (a->caller.peer && !a->caller.own)
		return cmd_usage("--call wants --netbios NAME", "");
	a->services.ip6 = a->c.interface.ip6[0] || a->c.interface.slaac;
	if (!a->c.interface.tap ||
	    (!a->c.interface.ip4[0] && !a->services.ip6))
		return cmd_usage("attach wants --tap NAME and --ip ADDRESS/BITS, "
				 "--ip6 ADDRESS/BITS or --autoconf", "");
	return 0;
}

static void read_signal(void *ctx)
{
	struct attach *a = ctx;
	struct signalfd_siginfo i;

	while (read(a->signals, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
		if (i.ssi_signo == SIGUSR1)
			a->stat = true;
		else if (i.ssi_signo == SIGQUIT)
			a->dump = true;
		else
			a->stop = true;
	}
}

static void signalled(void *ctx)
{
	ex_on_host(read_signal, ctx);
}

static void take_client(void *ctx)
{
	struct attach *a = ctx;

	if (a->client < 0)
		a->client = control_accept(&a->control);
}

static void called(void *ctx)
{
	ex_on_host(take_client, ctx);
}

static bool watch_signals(struct attach *a, struct ex *x)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);    /* those that write dumps */
	a->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return a->signals >= 0 &&
	       sched_watch(a->s, x, a->signals, false, signalled, a);
}

static bool until(void *ctx)
{
	struct attach *a = ctx;

	return a->stop || a->stat || a->dump || a->client >= 0;
}

/* --- dumps and states ------------------------------------------------------------------- */

static void said(void *ctx, const char *why)
{
	const char *name = ctx;

	if (why)
		fprintf(stderr, "refstack: %s: %s\n", name, why);
	else
		fprintf(stderr, "refstack: the machine is in %s\n", name);
}

static const char *dump_name(const struct attach *a, char *buf, size_t size)
{
	if (a->dump_to)
		return a->dump_to;
	snprintf(buf, size, "refstack-%ld.core", (long)getpid());
	return buf;
}

/* now: by this process; else by a child, and the machine goes on. */
static void dump_to_file(struct attach *a, const struct ex *x, bool now)
{
	char buf[64], why[200] = "no child";
	const char *name = dump_name(a, buf, sizeof(buf));
	void *ctx = (void *)(uintptr_t)name;
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		said(ctx, strerror(errno));
	else if (now)
		said(ctx, dump_write(x, fd, why, sizeof(why)) ? NULL : why);
	else if (!dump_fork(x, fd, said, ctx))
		said(ctx, why);
	if (fd >= 0)
		close(fd);
}

static void tell_client(void *ctx, const char *why)
{
	const struct attach *a = ctx;

	(void)control_answer(a->client, why ? EIO : 0, why ? why : "", -1);
}

static void give_state(struct attach *a, struct host *h,
		       const struct control_ask *ask)
{
	int fd = memfd_create("refstack stat", MFD_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(dup(fd), "w") : NULL;

	if (!f) {
		tell_client(a, strerror(errno));
	} else {
		stat_write(h, &a->services, ask->parts, ask->json, ask->limit,
			   f);
		fclose(f);
		lseek(fd, 0, SEEK_SET);
		(void)control_answer(a->client, 0, "", fd);
	}
	if (fd >= 0)
		close(fd);
}

static void serve_client(struct attach *a, struct host *h)
{
	struct control_ask ask;
	int fd;

	if (control_read(a->client, &ask, &fd)) {
		if (ask.what == CONTROL_STAT)
			give_state(a, h, &ask);
		else if (ask.what != CONTROL_DUMP || fd < 0)
			tell_client(a, "no such request");
		else if (!dump_fork(host_machine(h), fd, tell_client, a))
			tell_client(a, "no child");
		if (fd >= 0)
			close(fd);
	}
	close(a->client);
	a->client = -1;
}

static void line(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "refstack: %s\n", text);
}

static bool start(struct attach *a, struct host *h)
{
	struct ex *x = host_machine(h);

	a->services.h = h;
	a->services.x = a->caller.x = x;
	if (!watch_signals(a, x))
		return false;
	if (a->story)
		return story_start(a->story, h);
	return host_call(h, "services", services_start, &a->services) &&
	       (!a->caller.peer ||
		host_call(h, "call", caller_thread, &a->caller));
}

static void announce(const struct attach *a)
{
	const struct host_interface *i = &a->c.interface;

	for (unsigned n = 0; n < 4 && i->ip6[n]; n++)
		printf("%s ", i->ip6[n]);
	printf("%s on %s: echo 7, discard 9, chargen 19, iperf 5001%s%s\n",
	       i->ip4[0] ? i->ip4[0] : "IPv6", i->tap,
	       a->services.http_dir ? ", http 80" : "",
	       a->c.netbios_name ? ", NetBIOS sessions 139" : "");
	fflush(stdout);
}

static int serve(struct attach *a, struct host *h)
{
	struct ex *x = host_machine(h);
	enum ex_stop why = EX_RUNNING;

	ex_log_to(x, line, NULL);
	if (!control_open(&a->control) ||
	    !sched_watch(a->s, x, a->control.fd, false, called, a))
		fprintf(stderr, "refstack: no socket for stat and dump\n");
	if (!start(a, h)) {
		fprintf(stderr, "refstack: no memory\n");
		return 1;
	}
	if (!a->story)
		announce(a);
	while (!a->stop && why <= EX_IDLE) {
		why = sched_run(a->s, until, a);
		if (a->stat)
			stat_write(h, &a->services, STAT_ALL, false, STAT_LIMIT,
				   stdout);
		if (a->dump)
			dump_to_file(a, x, false);
		if (a->client >= 0)
			serve_client(a, h);
		a->stat = a->dump = false;
	}
	if (why <= EX_IDLE)
		return 0;
	fprintf(stderr, "refstack: the machine stopped: %s\n",
		ex_stop_text(x));
	/* What is in memory now is the evidence; else the kernel keeps it. */
	if (a->dump_to)
		dump_to_file(a, x, true);
	control_close(&a->control);
	abort();
}

int cmd_attach(int argc, char **argv)
{
	static const char *const four[] = { "tcpip", "afd", NULL };
	struct attach a = { .signals = -1, .client = -1, .control = { .fd = -1 } };
	char path[1024], why[512] = "";
	struct host *h;
	int st;

	a.c = (struct host_config){ .ex = { .name = "live", .cpus = 1 },
		.personality = HOST_NT5,
		.driver_path = cmd_drivers(path, sizeof(path)),
		.interface = { .name = "eth0", .mac = { 2, 0, 0, 0x4e, 0x54,
							1 } } };
	st = arguments(&a, argc, argv);
	if (st)
		return st;
	if (!a.services.ip6) /* else the usual ones, with tcpip6 */
		a.c.drivers = four;
	a.s = sched_new(&(struct sched_config){ .policy = SCHED_LIVE });
	h = a.s ? host_new(&a.c, a.s, why, sizeof(why)) : NULL;
	if (h)
		st = serve(&a, h);
	else
		fprintf(stderr, "refstack: %s\n", why);
	st |= !h;
	control_close(&a.control);
	host_free(h);
	services_free(&a.services);
	sched_free(a.s);
	story_free(a.w.stories);
	if (a.signals >= 0)
		close(a.signals);
	return st;
}

int cmd_dump(int argc, char **argv)
{
	const struct control_ask ask = { .what = CONTROL_DUMP };
	long pid = argc == 2 ? strtol(argv[0], NULL, 10) : 0;
	int fd, none = -1;
	bool ok;

	if (pid <= 1)
		return cmd_usage("dump takes the number of a refstack's "
				 "process and a file", argc ? argv[0] : "");
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		fprintf(stderr, "refstack: %s: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	ok = control_call((pid_t)pid, &ask, fd, &none);
	close(fd);
	return ok ? 0 : 1;
}
