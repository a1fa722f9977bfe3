// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts of any bytes: each is run against a machine, whose drivers are
 * in drivers/ of the build folder that this program is in.
 *
 * At the end there is an answer: as it says, or a text with the line; the machine
 * is gone with all of its memory (the sanitizers look).
 */
#include "../fuzz/fuzz.h"
#include "host/pkt.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void folder(char *to, size_t size)
{
	char exe[900];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = 0;
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = 0;
	snprintf(to, size, "%s/../drivers", exe);
}

/* libFuzzer counts in a driver's memory: it has to stay where it is. */
static void keep(const char *drivers)
{
	static const char *const names[] = { "tcpip", "tcpip6", "afd", "netbt",
					     "srv" };
	static bool kept;
	char path[1100];

	for (size_t i = 0; !kept && i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s.so", drivers, names[i]);
		(void)dlopen(path, RTLD_NOW | RTLD_NODELETE);
	}
	kept = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], drivers[1024], why[1200] = "";
	int fd = ntr_fuzz_fd(data, size);
	struct pkt_result r;
	bool ok;

	if (fd < 0)
		return 0;
	folder(drivers, sizeof(drivers));
	keep(drivers);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ok = pkt_run(path, drivers, NULL, &r, why, sizeof(why));
	close(fd);
	if (ok == !!why[0] || access(drivers, R_OK)) {
		fprintf(stderr, "ok %d, \"%s\"\n", ok, why);
		abort();
	}
	return 0;
}
