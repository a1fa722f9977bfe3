// SPDX-License-Identifier: Apache-2.0
/*
 * NetBIOS sessions over netbt, for threads of a machine that has it loaded:
 * messages of up to 131,071 bytes between names.  Errors are negative errno, as
 * with sockets; a call blocks its thread, not the machine.
 *
 * Names are texts as nmblookup takes them: "SERVER#20", the type in hexadecimal
 * (00 when it is not there), in capitals on the wire.
 *
 * Invariant: one thread at a time is in a session, but for nb_send() beside
 * nb_recv().  To add a request: a function that makes it with tdi_call().
 */
#ifndef SDK_NETBIOS_H
#define SDK_NETBIOS_H

#include "../ex/ex.h"
#include "../tdi/tdi.h"

struct nb;                           /* a session */

/* RFC 1002 5.3.2: the peer's name is looked for by broadcast. */
int nb_call(struct ex *x, const char *own, const char *peer, struct nb **out);
/* A session to the name from whoever calls it. */
int nb_answer(struct ex *x, const char *own, struct nb **out);
/* One message. */
s64 nb_send(struct nb *n, const void *p, size_t len);
/* One message; -EMSGSIZE: it is longer, and what there was room for is in p.
 * 0: an empty one, or the session is over. */
s64 nb_recv(struct nb *n, void *p, size_t room);
void nb_close(struct nb *n);

#endif
