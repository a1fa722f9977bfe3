// SPDX-License-Identifier: Apache-2.0
/*
 * libpq, loaded when a store is a URL: nobody else pays for it, and the
 * program runs where it is not installed.  To use another function of it, add
 * it to the list.
 */
#ifndef NTR_STORE_PQ_LATE_H
#define NTR_STORE_PQ_LATE_H

#include "base/status.h"

#include <postgresql/libpq-fe.h>

#define PQ_LATE_LIST(X)                                                     \
	X(PQconnectdb) X(PQstatus) X(PQerrorMessage) X(PQfinish) X(PQexec)  \
	X(PQprepare) X(PQexecPrepared) X(PQexecParams) X(PQresultStatus)    \
	X(PQresultErrorField) X(PQclear) X(PQntuples) X(PQgetvalue)         \
	X(PQgetisnull) X(PQftype) X(PQsetNoticeProcessor)                   \
	X(PQtransactionStatus)

#define PQ_LATE_SLOT(f) __typeof__(&f) f;
struct pq_late {
	PQ_LATE_LIST(PQ_LATE_SLOT)
};
#undef PQ_LATE_SLOT

/* UNSUP with text: there is no such library. Once loaded it stays. */
NTR_MUST enum ntr_st pq_late_load(struct pq_late *pq, struct ntr_err *e);

#endif
