// SPDX-License-Identifier: Apache-2.0
/*
 * A transport for tests of TDI clients: byte pipes and datagrams between files of
 * one machine.  What it does is set in a slot of the machine, at any time: by
 * KE_SET() while others use it.
 */
#ifndef FAKETDI_H
#define FAKETDI_H

#include "tdi/tdi.h"

struct faketdi {
	u32 indicate_max;            /* bytes at once; 0: as they were sent */
	bool hold;                   /* nothing is delivered */
	bool hold_connects, hold_datagrams;
	enum ex_status fail_connect, fail_accept, fail_send;
	u32 info, value;             /* the last SET_INFORMATION */
	u32 sets, files, partial;    /* partial: takes of less than indicated */
	u32 lent;                    /* takes by a RECEIVE given back */
	/* Set by the driver. */
	void (*go)(struct ex *x);    /* after `hold` was cleared */
	void (*reset)(struct ex *x, u16 port, enum ex_status why);
};

static inline struct faketdi *faketdi(struct ex *x)
{
	return ex_slot(x, "faketdi", sizeof(struct faketdi));
}

#endif
