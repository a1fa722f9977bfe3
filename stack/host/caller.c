// SPDX-License-Identifier: Apache-2.0
/* refstack attach --call: a NetBIOS session to a name, from a live machine. */
#include "../sdk/netbios.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

static void say(void *ctx)
{
	const struct caller *c = ctx;

	if (c->result < 0)
		printf("call %s: %s: %s\n", c->peer, c->doing,
		       strerrordesc_np((int)-c->result));
	else if (c->result)
		printf("call %s: %s %lld bytes\n", c->peer, c->doing,
		       (long long)c->result);
	else
		printf("call %s: %s\n", c->peer, c->doing);
	fflush(stdout);
}

static s64 told(struct caller *c, const char *doing, s64 result)
{
	c->doing = doing;
	c->result = result;
	ex_on_host(say, c);
	return result;
}

static s64 receive(struct caller *c, struct nb *n)
{
	s64 got = nb_recv(n, c->message, sizeof(c->message));

	return told(c, got ? "received" : "it is over", got);
}

/* Its own name goes out as a message; what comes is counted until the end. */
void caller_thread(void *caller)
{
	struct caller *c = caller;
	struct nb *n;

	if (told(c, "called", nb_call(c->x, c->own, c->peer, &n)) < 0)
		return;
	if (told(c, "sent", nb_send(n, c->own, strlen(c->own))) >= 0)
		while (receive(c, n) > 0)
			;
	nb_close(n);
}
