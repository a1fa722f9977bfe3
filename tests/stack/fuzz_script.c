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
	char path[1100];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s.so", drivers, names[i]);
		(void)dlopen(path, RTLD_NOW | RTLD_NODELETE);
	}
}

static bool run(const char *drivers, const uint8_t *data, size_t size,
		char *why, size_t why_size)
{
	int fd = ntr_fuzz_fd(data, size);
	struct pkt_result r;
	char path[64];
	bool ok;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ok = pkt_run(path, drivers, NULL, &r, why, why_size);
	close(fd);
	return ok;
}

static void must(bool ok, const char *why)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", why);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char good[] = "0 s = socket(stream)\n";
	char drivers[1024], why[1200] = "";
	static bool begun;
	bool ok;

	folder(drivers, sizeof(drivers));
	if (!begun) {
		keep(drivers);
		must(run(drivers, (const uint8_t *)good, sizeof(good) - 1, why,
			 sizeof(why)), why);
		begun = true;
	}
	ok = run(drivers, data, size, why, sizeof(why));
	must(ok == !why[0], ok ? why : "wrong, and no word of it");
	return 0;
}
