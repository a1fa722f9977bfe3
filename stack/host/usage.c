// SPDX-License-Identifier: Apache-2.0
/* What the commands of refstack share. */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cmd_usage(const char *what, const char *arg)
{
	fprintf(stderr, "refstack: %s%s%s\n", what, arg[0] ? ": " : "", arg);
	return 2;
}

const char *cmd_drivers(char *buf, size_t size)
{
	const char *env = getenv("REFSTACK_DRIVERS");
	char exe[900];
	ssize_t n;

	if (env)
		return env;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = 0;
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = 0;
	snprintf(buf, size, "%s/drivers", exe);
	return buf;
}
