// SPDX-License-Identifier: Apache-2.0
/* refstack attach: a live machine on a TAP device. */
#include "cmd.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct attach {
	struct host_config c;
	struct services services;
	struct sched *s;
	int signals;
	bool stop, stat;
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
	} else if (!strcmp(o, "--mtu")) {
		i->mtu = (u32)strtoul(v, NULL, 10);
	} else if (!strcmp(o, "--netbios")) {
		a->c.netbios_name = v;
	} else if (!strcmp(o, "--http")) {
		a->services.http_dir = v;
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
		else
			a->stop = true;
	}
}

static void signalled(void *ctx)
{
	ex_on_host(read_signal, ctx);
}

static bool watch_signals(struct attach *a, struct ex *x)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	a->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return a->signals >= 0 &&
	       sched_watch(a->s, x, a->signals, false, signalled, a);
}

static bool until(void *ctx)
{
	struct attach *a = ctx;

	return a->stop || a->stat;
}

static void line(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "refstack: %s\n", text);
}

static int serve(struct attach *a, struct host *h)
{
	struct ex *x = host_machine(h);
	enum ex_stop why = EX_RUNNING;

	a->services.h = h;
	a->services.x = x;
	ex_log_to(x, line, NULL);
	if (!watch_signals(a, x) ||
	    !host_call(h, "services", services_start, &a->services)) {
		fprintf(stderr, "refstack: no memory\n");
		return 1;
	}
	for (unsigned i = 0; i < 4 && a->c.interface.ip6[i]; i++)
		printf("%s ", a->c.interface.ip6[i]);
	printf("%s on %s: echo 7, discard 9, chargen 19%s%s\n",
	       a->c.interface.ip4[0] ? a->c.interface.ip4[0] : "IPv6",
	       a->c.interface.tap,
	       a->services.http_dir ? ", http 80" : "",
	       a->c.netbios_name ? ", NetBIOS sessions 139" : "");
	fflush(stdout);
	while (!a->stop && why <= EX_IDLE) {
		why = sched_run(a->s, until, a);
		if (a->stat)
			stat_print(h, &a->services, stdout);
		a->stat = false;
	}
	if (why <= EX_IDLE)
		return 0;
	/* What is in memory now is the evidence: the kernel keeps it. */
	fprintf(stderr, "refstack: the machine stopped: %s\n",
		ex_stop_text(x));
	abort();
}

int cmd_attach(int argc, char **argv)
{
	static const char *const four[] = { "tcpip", "afd", NULL };
	struct attach a = { .signals = -1 };
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
	host_free(h);
	sched_free(a.s);
	if (a.signals >= 0)
		close(a.signals);
	return st;
}
