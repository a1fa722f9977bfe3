// SPDX-License-Identifier: Apache-2.0
/*
 * The commands of refstack.  Each takes its arguments without the program's and
 * its own name and returns an exit status: 0, 1 it went wrong, 2 bad usage.
 *
 * To add one: a function here, a row in refstack.c with help and an example.
 */
#ifndef HOST_CMD_H
#define HOST_CMD_H

#include "../sdk/host.h"

int cmd_run(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_script(int argc, char **argv);

/* Where the drivers are: $REFSTACK_DRIVERS, or beside the program. */
const char *cmd_drivers(char *buf, size_t size);
int cmd_usage(const char *what, const char *arg); /* says so: 2 */

/* caller.c: a thread of a live machine that calls a name and says how it goes. */
struct caller {
	struct ex *x;
	const char *own, *peer;      /* "NAME#20" */
	const char *doing;
	s64 result;
	u8 message[4096];
};
void caller_thread(void *caller);

#endif
