// SPDX-License-Identifier: Apache-2.0
/* IRP_MJ_WRITE: WriteFile on a socket. It sends as AfdSend does; the completion
 * routine of what it sends is its own. */
#include "inside.h"

enum ex_status AfdWriteComplete(struct io_device *d, struct irp *irp,
				void *context)
{
	struct afd_send *s = context;
	struct afd *a = s->c ? s->c->afd : s->e->afd;

	(void)d;
	afd_send_unlink(s, irp->status);
	afd_block_free(a, s->block);
	afd_send_free(s);
	return EX_MORE_PROCESSING_REQUIRED;
}

enum ex_status AfdWrite(struct io_device *d, struct irp *irp)
{
	(void)d;
	return afd_run(AfdSend, irp);
}
