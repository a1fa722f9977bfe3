// SPDX-License-Identifier: Apache-2.0
/*
 * A socket of the sdk: a file of AFD, and how many calls are inside of it.  A
 * close while others are inside ends what they wait for; the last one out closes
 * the file.
 *
 * Invariant: `users` and `closed` are under the latch; what a program sets at any
 * time is one word each, by KE_GET() and KE_SET(); the rest never changes.  A
 * socket that is closed and has nobody inside is gone: who begins a call while
 * another thread may close has entered before (sk_enter()), or knows otherwise
 * that it is not closed yet.
 */
#ifndef SDK_INSIDE_H
#define SDK_INSIDE_H

#include "../drivers/afd/afd.h"
#include "socket.h"

struct sk {
	struct ex *x;
	struct io_file *file;
	int domain, type, protocol;
	bool nonblock;
	bool closed;
	u32 users;                   /* calls inside */
	struct ke_latch latch;
	u32 receive_ms, send_ms;     /* SO_RCVTIMEO, SO_SNDTIMEO; 0: forever */
};

int sk_enter(struct sk *s);          /* 0, or -EBADF */
void sk_leave(struct sk *s);         /* PASSIVE: it may be gone now */
bool sk_family_ok(const struct sk *s, const struct tdi_address *a);
int sk_errno(enum ex_status st);     /* 0 or -errno */
/* A control, waited for. Negative: -errno; else its information. */
s64 sk_control(struct sk *s, enum afd_code code, void *p, size_t n);
s64 sk_control_for(struct sk *s, enum afd_code code, void *p, size_t n,
		   u32 ms);          /* 0: as long as it takes; -EAGAIN */
/* The same, entered already, for ns (KE_FOREVER). DEVICE_NOT_READY: its time is
 * over. */
enum ex_status sk_control_status(struct sk *s, enum afd_code code, void *p,
				 size_t n, u64 ns, size_t *information);

#endif
