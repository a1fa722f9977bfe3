// SPDX-License-Identifier: Apache-2.0
/*
 * A server of sessions on a NetBIOS name: it answers SMB's negotiation, refuses
 * SMB's other commands, and sends back what is not SMB.  It holds the name of the
 * workstation, too, by which a machine is looked for.
 *
 * A slot is a connection of netbt's, opened before it is needed; when its
 * session ends a worker closes it and opens another.  Slots live as long as the
 * driver, so a late indication finds one.
 *
 * A slot's gate is shut while its file is closed: who uses the file is in it.  Its
 * state and what is counted for it change under its latch; the message is of the
 * one that netbt has called, as it calls for one session at a time.
 *
 * What is on its way to a client is bounded (SRV_ANSWERS): beyond that its
 * messages are left to netbt, and so to TCP, until it reads.
 *
 * To answer another command: a case in srv_answer() of smb.c.
 */
#ifndef SRV_H
#define SRV_H

#include "../../ndis/gate.h"
#include "../../tdi/tdi.h"

#define TAG_SRV EX_TAG('L', 'S', 'g', 'n')
#define TAG_MESSAGE EX_TAG('L', 'S', 'm', 'b')
#define SRV_SLOTS_MOST 64u
#define SRV_MESSAGE_MAX 131071u
#define SRV_ANSWERS 262144u          /* bytes; with them one message more */
#define SRV_ANSWER_COST 512u         /* of one, beside its bytes */

struct srv;
struct srv_slot {
	struct srv *srv;
	struct gate gate;
	struct io_file *file;
	struct ke_latch latch;
	enum srv_state { SRV_CLOSED, SRV_FREE, SRV_BUSY, SRV_ENDED } state;
	struct irp *irp;             /* its ACCEPT */
	struct tdi_request req;
	struct tdi_address peer;
	u8 *message;                 /* as far as it came; NULL: none begun */
	u32 want, got;
	u32 session;                 /* counts up: whose an answer was */
	u32 out;                     /* bytes of answers on their way */
	bool held;                   /* a message waits until they are fewer */
};

struct srv {
	struct ex *x;
	struct io_driver *driver;
	struct io_file *address, *workstation; /* NAME<20>, NAME<00> */
	struct ex_work work, names;
	struct ke_lock lock;         /* of the next three */
	bool kicked, working, stopping;
	u32 naming, sends;           /* by KE_ADD() */
	u32 slots;
	char name[16];
	struct srv_slot slot[SRV_SLOTS_MOST];
};

/* What is sent back for a message of n bytes: *out of *out_n bytes, of
 * TAG_MESSAGE (NULL: no memory). false: it breaks [MS-CIFS], or is of a later
 * protocol, which a server of that time hangs up on. */
bool srv_answer(struct ex *x, const u8 *p, u32 n, u8 **out, u32 *out_n);

#endif
