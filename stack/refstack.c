// SPDX-License-Identifier: Apache-2.0
/* refstack: the reference stack as a program. */
#include "host/cmd.h"
#include "host/pkt.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name, *args, *what, *help;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "run", "WORKLOAD [options]", "machines of a workload, in simulation",
	  "  --seed N            the seed of every decision (1)\n"
	  "  --seeds A-B         one run for each of them\n"
	  "  --policy NAME       random, pct, round-robin, run-on\n"
	  "  --replay STRING     the decisions of an earlier run\n"
	  "  --drivers FOLDER    where tcpip.so and the others are\n"
	  "  --pcap FILE         what the first link carries\n"
	  "  --stat              each machine in words at the end\n"
	  "Example: refstack run stack/workloads/transfer.txt --seed 42\n",
	  cmd_run },
	{ "attach", "--tap NAME --ip A/BITS [options]",
	  "a live machine on a TAP device",
	  "Echo on 7 (TCP and UDP), discard on 9, chargen on 19, iperf 2 on 5001.\n"
	  "  --ip6 A/BITS        an address of IPv6 (up to four times)\n"
	  "  --autoconf          addresses from routers' advertisements\n"
	  "  --gw A, --gw6 A     gateways\n"
	  "  --mtu N             1500\n"
	  "  --mac A             02:00:00:4e:54:01\n"
	  "  --personality NAME  nt4, nt5 (the default), modern\n"
	  "  --offloads          checksums and large sends by the device\n"
	  "  --netbios NAME      NetBIOS name and session service\n"
	  "  --keepalive N       a session silent for N seconds is tried (3600)\n"
	  "  --call NAME#20      a session to that name, with one message\n"
	  "  --http FOLDER       its files on port 80 (HTTP/1.1, persistent)\n"
	  "  --put               they may be stored, too (PUT)\n"
	  "  --cpus N            virtual processors (1)\n"
	  "  --story WORKLOAD    tells the story of one machine of it\n"
	  "  --as NAME           that machine; its address is in the workload\n"
	  "  --dump FILE         where SIGQUIT and a bug check leave the machine\n"
	  "                      (ELF core; refstack-PID.core, SIGQUIT only)\n"
	  "SIGUSR1 prints its state; SIGQUIT writes a dump and goes on; SIGINT\n"
	  "ends; a bug check ends with SIGABRT.\n"
	  "Example: refstack attach --tap tap0 --ip 192.0.2.1/24 --http /srv\n",
	  cmd_attach },
	{ "stat", "PID [PART...] [options]", "the state of a live one",
	  "Parts (all): services, connections, listeners, udp, pool, locks,\n"
	  "threads, work, dpc, timers, routes, neighbours, protocols, adapters,\n"
	  "events.\n"
	  "  --json              one object, an array for each table\n"
	  "  --limit N           rows of a table (1000)\n"
	  "Of the same user only. Exit status: 0; 1 there is none, 2 bad usage.\n"
	  "Example: refstack stat $(pidof refstack) connections pool\n",
	  cmd_stat },
	{ "dump", "PID FILE", "a live one as an ELF core, while it goes on",
	  "Its threads are the machine's; docs/stack.md says what is in it.\n"
	  "Example: refstack dump $(pidof refstack) live.core\n", cmd_dump },
	{ "script", "FILE... [--pcap FILE]", "packet scripts (tests/pkt)",
	  "Example: refstack script tests/pkt/tcp-handshake/active.pkt\n",
	  cmd_script },
};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

int cmd_script(int argc, char **argv)
{
	FILE *pcap = NULL;
	char path[1024], why[1200];
	int bad = 0, ran = 0;

	for (int i = 0; i < argc; i++) {
		struct pkt_result r;

		if (!strcmp(argv[i], "--pcap") && i + 1 < argc) {
			pcap = fopen(argv[++i], "wb");
			if (!pcap)
				return cmd_usage("it cannot be written",
						 argv[i]);
			continue;
		}
		ran++;
		if (pkt_run(argv[i], cmd_drivers(path, sizeof(path)), pcap, &r,
			    why, sizeof(why))) {
			printf("%s: as it says (%u packets in, %u out, %u "
			       "calls)\n", argv[i], r.sent, r.seen, r.calls);
		} else {
			printf("%s:%s\n", argv[i], why);
			bad = 1;
		}
		pcap = NULL;         /* it went with the script */
	}
	return ran ? bad : cmd_usage("script wants a file", "");
}

static int help(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (name && !strcmp(commands[i].name, name)) {
			printf("refstack %s %s\n  %s\n\n%s", commands[i].name,
			       commands[i].args, commands[i].what,
			       commands[i].help);
			return 0;
		}
	if (name)
		return cmd_usage("no such command", name);
	printf("refstack " NTR_VERSION ": a TCP/IP stack in the shape of "
	       "Windows NT's\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %-38s %s\n", commands[i].name, commands[i].args,
		       commands[i].what);
	printf("\nrefstack help COMMAND says more.\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *c = argc > 1 ? argv[1] : "";

	if (argc < 2 || !strcmp(c, "help") || !strcmp(c, "--help") ||
	    !strcmp(c, "-h")) {
		int st = help(argc > 2 ? argv[2] : NULL);

		return argc < 2 ? 2 : st;
	}
	if (!strcmp(c, "--version")) {
		printf("refstack " NTR_VERSION "\n");
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, c)) {
			if (argc > 2 && !strcmp(argv[2], "--help"))
				return help(c);
			return commands[i].fn(argc - 2, argv + 2);
		}
	return cmd_usage("no such command", c);
}
