// SPDX-License-Identifier: Apache-2.0
/*
 * The schema of the store as a list of steps.  A store of version n has steps
 * 1 to n; opening it for writing does the others in one transaction.  A step
 * that was released is never changed: what it made is in people's stores.
 * To change the schema, append a step.
 */
#ifndef NTR_STORE_SCHEMA_H
#define NTR_STORE_SCHEMA_H

#include "engine.h"

/* UNSUP with text when a store of this version is of a newer program. */
NTR_MUST enum ntr_st schema_known(s64 version, struct ntr_err *e);

/* UNSUP: newer than the program. Read only: an older one is read as UNSUP,
 * too, because statements name columns that it lacks; ABSENT: it is empty. */
NTR_MUST enum ntr_st schema_check(struct engine *g, struct ntr_err *e);

#endif
