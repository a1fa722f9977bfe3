// SPDX-License-Identifier: Apache-2.0
/*
 * refstack attach: a live machine on a TAP device.
 *
 * While sched_run() is inside, each CPU of the machine is on a host thread of its
 * own.  Signals and clients are heard of there (on that of CPU 0, whose DPCs
 * watches are) and only noted; they are acted on when sched_run() has returned,
 * and nothing goes on but what ex_call() asks for.
 */
#include "cmd.h"
#include "control.h"
#include "dump.h"
#include "stat.h"
#include "story.h"
#include "words.h"
#include "workload.h"

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct attach {
	struct host_config c;
	const char *drivers, *mac;
	u32 personality;
	struct workload w;           /* --story: it is told, no services */
	const char *as;
	struct story *story;
	struct tdi_address peer;
	struct services services;
	struct caller caller;
	u32 busy;                    /* us */
	struct sched *s;
	int signals;
	struct control control;
	const char *dump_to;         /* NULL: refstack-PID.core */
	/* KE_SET() in DPCs, KE_GET() by until() and behind sched_run() */
	int client;                  /* -1: nobody asks */
	bool stop, stat, dump;
};

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
	if (!a->as)
		return cli_bad("attach: --story wants --as NAME");
	if (!workload_read(&a->w))
		return cli_bad("%s", a->w.why);
	for (unsigned i = 0; i < a->w.n; i++)
		if (!strcmp(a->w.name[i], a->as)) {
			a->c.interface.ip4[0] = a->w.ip[i];
			a->personality = a->w.personality[i];
			a->c.tcpip_options = a->w.more[i];
		}
	for (a->story = a->w.stories; a->story; a->story = a->story->next)
		if (!strcmp(a->story->name, a->as))
			break;
	if (!a->story)
		return cli_bad("%s: nobody is called \"%s\"", a->w.file,
			       a->as);
	a->story->address = address_of;
	a->story->ctx = a;
	a->story->told = told;
	return 0;
}

static bool is_address(const char *option, const char *v, int family,
		       bool prefix)
{
	if (!v || words_address(v, family, prefix))
		return true;
	(void)cli_bad("%s wants an address as %s%s, not \"%s\"", option,
		      family == 6 ? "2001:db8::1" : "192.0.2.1",
		      !prefix ? "" : family == 6 ? "/64" : "/24", v);
	return false;
}

static int check_addresses(struct host_interface *i, const char *mac)
{
	if (!is_address("--ip", i->ip4[0], 4, true) ||
	    !is_address("--gw", i->gateway4, 4, false) ||
	    !is_address("--gw6", i->gateway6, 6, false))
		return CLI_BAD;
	for (unsigned n = 0; n < 4; n++)
		if (!is_address("--ip6", i->ip6[n], 6, true))
			return CLI_BAD;
	if (sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &i->mac[0],
		   &i->mac[1], &i->mac[2], &i->mac[3], &i->mac[4],
		   &i->mac[5]) != 6)
		return cli_bad("--mac wants six bytes as 02:00:00:4e:54:01, "
			       "not \"%s\"", mac);
	return CLI_OK;
}

static int check(struct attach *a)
{
	struct host_interface *i = &a->c.interface;

	if (a->w.file && read_story(a))
		return CLI_BAD;
	a->services.ip6 = i->ip6[0] || i->slaac;
	if (!i->tap || (!i->ip4[0] && !a->services.ip6))
		return cli_bad("attach wants --tap NAME, and --ip A/BITS, "
			       "--ip6 A/BITS or --autoconf");
	if (a->caller.peer && !a->c.netbios_name)
		return cli_bad("attach: --call wants --netbios NAME");
	a->caller.own = a->c.netbios_name;
	return check_addresses(i, a->mac);
}

static void read_signal(void *ctx)
{
	struct attach *a = ctx;
	struct signalfd_siginfo i;

	while (read(a->signals, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
		if (i.ssi_signo == SIGUSR1)
			KE_SET(&a->stat, true);
		else if (i.ssi_signo == SIGQUIT)
			KE_SET(&a->dump, true);
		else
			KE_SET(&a->stop, true);
	}
}

static void signalled(void *ctx)
{
	ex_on_host(read_signal, ctx);
}

static void take_client(void *ctx)
{
	struct attach *a = ctx;

	if (KE_GET(&a->client) < 0)
		KE_SET(&a->client, control_accept(&a->control));
}

static void called(void *ctx)
{
	ex_on_host(take_client, ctx);
}

/* Before there is any other thread: all of them inherit it, and no signal takes
 * one of them by surprise. */
static bool hold_signals(struct attach *a)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);    /* those that write dumps */
	a->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return a->signals >= 0;
}

static bool until(void *ctx)
{
	struct attach *a = ctx;

	return KE_GET(&a->stop) || KE_GET(&a->stat) || KE_GET(&a->dump) ||
	       KE_GET(&a->client) >= 0;
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
	int fd = dump_open(name, !a->dump_to);

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
	KE_SET(&a->client, -1);
}

/* A line is one call of stdio, which has the stream to itself: those of several
 * CPUs stay whole. */
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
	if (!sched_watch(a->s, x, a->signals, false, signalled, a))
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

/* It was asked for since the last time; what is asked for from now on is not
 * forgotten, also while this is answered. */
static bool asked(bool *flag)
{
	bool was = KE_GET(flag);

	if (was)
		KE_SET(flag, false);
	return was;
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
	while (!KE_GET(&a->stop) && why <= EX_IDLE) {
		why = sched_run(a->s, until, a);
		if (asked(&a->stat))
			stat_write(h, &a->services, STAT_ALL, false, STAT_LIMIT,
				   stdout);
		if (asked(&a->dump))
			dump_to_file(a, x, false);
		if (KE_GET(&a->client) >= 0)
			serve_client(a, h);
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

static int attach(void *mine, int n, char *const *operand)
{
	static const char *const four[] = { "tcpip", "afd", NULL };
	struct sched_config live = { .policy = SCHED_LIVE };
	struct attach *a = mine;
	char path[1024], why[512] = "no memory";
	struct host *h;
	int st;

	(void)n;
	(void)operand;
	a->signals = a->client = a->control.fd = -1;
	st = check(a);
	if (st)
		return st;
	a->c.ex.name = "live";
	a->c.personality = (enum host_personality)a->personality;
	if (!a->services.ip6)        /* else the usual ones, with tcpip6 */
		a->c.drivers = four;
	a->c.driver_path = cmd_drivers(a->drivers, path, sizeof(path));
	a->c.interface.name = "eth0";
	if (!hold_signals(a)) {
		perror("refstack: signalfd");
		return 1;
	}
	/* Its numbers and keys are on a real wire: nobody may know them. */
	if (getrandom(&live.seed, sizeof(live.seed), 0) !=
	    (ssize_t)sizeof(live.seed)) {
		perror("refstack: getrandom");
		return 1;
	}
	live.busy_ns = (u64)a->busy * 1000;
	a->s = sched_new(&live);
	h = a->s ? host_new(&a->c, a->s, why, sizeof(why)) : NULL;
	if (h)
		st = serve(a, h);
	else
		fprintf(stderr, "refstack: %s\n", why);
	st |= !h;
	control_close(&a->control);
	host_free(h);
	services_free(&a->services);
	sched_free(a->s);
	story_free(a->w.stories);
	if (a->signals >= 0)
		close(a->signals);
	return st;
}

#define TO(k, member) CLI_TO(k, struct attach, member)
static const struct cli_option attach_options[] = {
	{ "tap", "NAME", "the TAP device", TO(TEXT, c.interface.tap) },
	{ "ip", "A/BITS", "the machine's address", TO(TEXT, c.interface.ip4[0]) },
	{ "gw", "A", "its gateway", TO(TEXT, c.interface.gateway4) },
	{ "ip6", "A/BITS", "an address of IPv6, up to four times",
	  TO(TEXTS, c.interface.ip6[0]), .max = 4 },
	{ "gw6", "A", "its gateway of IPv6", TO(TEXT, c.interface.gateway6) },
	{ "autoconf", NULL, "addresses from routers' advertisements",
	  TO(SWITCH, c.interface.slaac) },
	{ "mac", "A", "its adapter's address", TO(TEXT, mac),
	  .def = "02:00:00:4e:54:01" },
	{ "mtu", "N", "the largest datagram", TO(U32, c.interface.mtu),
	  .def = "1500", .min = 68, .max = 65535 },
	{ "personality", "NAME", "whose habits it has", TO(WORD, personality),
	  .words = HOST_PERSONALITIES, .def = "nt5" },
	{ "cpus", "N", "virtual processors, each on a host thread of its own",
	  TO(U32, c.ex.cpus), .def = "1", .min = 1, .max = 32 },
	{ "busy", "US", "look again and again for so long before sleeping",
	  TO(U32, busy), .def = "0", .max = 1000000 },
	{ "offloads", NULL, "checksums and large sends by the device",
	  TO(SWITCH, c.interface.offloads) },
	{ "http", "FOLDER", "its files on port 80", TO(TEXT, services.http_dir) },
	{ "put", NULL, "they may be stored, too (PUT)",
	  TO(SWITCH, services.put) },
	{ "netbios", "NAME", "NetBIOS name and session service",
	  TO(TEXT, c.netbios_name) },
	{ "keepalive", "N", "try a NetBIOS session silent for N s, not an hour",
	  TO(U32, c.netbios_keepalive), .min = 1, .max = 1000000 },
	{ "call", "NAME#20", "a NetBIOS session to that name, one message",
	  TO(TEXT, caller.peer) },
	{ "dump", "FILE", "where SIGQUIT and a bug check leave the machine",
	  TO(TEXT, dump_to) },
	{ "story", "WORKLOAD", "tell the story of one machine of it",
	  TO(TEXT, w.file) },
	{ "as", "NAME", "which machine of the story", TO(TEXT, as) },
	CMD_DRIVERS(struct attach, drivers),
};

static const struct cli_example attach_examples[] = {
	{ "refstack attach --tap tap0 --ip 192.0.2.1/24 --http /srv",
	  "a machine with every service, to be looked at with curl and ping" },
	{ "refstack attach --tap tap0 --autoconf", "IPv6 as the routers say" },
	{ "refstack attach --tap tap0 --ip 192.0.2.1/24 --personality nt4 "
	  "--netbios TEST", "one that nmap takes for NT 4.0" },
};

const struct cli_command cmd_attach = {
	.name = "attach", .operands = "",
	.summary = "a live machine on a TAP device",
	.help = "Answers on the TAP device that --tap names: "
		"echo on port 7 (TCP\nand UDP), discard on 9, chargen on 19, "
		"iperf 2 on 5001, and what the options ask for.\nWho may make "
		"TAP devices may run it: root, mostly in a network namespace.\n\n"
		"SIGUSR1 prints its state, SIGQUIT writes a dump (an ELF core; "
		"refstack-PID.core\nwithout --dump) and goes on, SIGINT and "
		"SIGTERM end it. After a bug check it ends\nwith SIGABRT, so "
		"that the kernel keeps its memory.",
	.options = attach_options,
	.noptions = sizeof(attach_options) / sizeof(*attach_options),
	.examples = attach_examples,
	.nexamples = sizeof(attach_examples) / sizeof(*attach_examples),
	.size = sizeof(struct attach), .run = attach,
};

/* --- dump --------------------------------------------------------------------------------- */

static int dump(void *mine, int n, char *const *operand)
{
	const struct control_ask ask = { .what = CONTROL_DUMP };
	int fd, none = -1;
	u64 pid;
	bool ok;

	(void)mine;
	(void)n;
	if (!words_number(operand[0], &pid) || pid < 2 || pid > INT_MAX)
		return cli_bad("dump: \"%s\" is no number of a process",
			       operand[0]);
	fd = dump_open(operand[1], false);
	if (fd < 0)
		return cli_bad("%s: %s", operand[1], strerror(errno));
	ok = control_call((pid_t)pid, &ask, fd, &none);
	close(fd);
	return ok ? CLI_OK : CLI_WRONG;
}

static const struct cli_example dump_examples[] = {
	{ "refstack dump $(pidof refstack) live.core",
	  "the memory of a live machine, for gdb" },
};

const struct cli_command cmd_dump = {
	.name = "dump", .operands = "PID FILE",
	.summary = "a live one as an ELF core, while it goes on",
	.help = "Asks a live refstack of the same user for its memory. The "
		"threads of the core are\nthe machine's; docs/refstack.md says "
		"what is in it.",
	.examples = dump_examples,
	.nexamples = sizeof(dump_examples) / sizeof(*dump_examples),
	.min = 2, .max = 2, .run = dump,
};
