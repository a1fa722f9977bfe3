// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of statements share.  A statement is a function and a row of
 * a table; the function stands after its word.  To add a group of statements:
 * a file scen_<group>.c and its rows in scen_stmt.c.
 */
#ifndef FORGE_SCEN_STMT_H
#define FORGE_SCEN_STMT_H

#include "scen_lex.h"

struct f_stmt {
	const char *word;
	void (*fn)(struct f_lex *l, void *ctx);
};

/* A new element of a vector of the scenario, at most max, at this place. */
#define F_ADD(l, vec, max, what)                                             \
	((l)->st ? NULL :                                                    \
	 (vec)->n >= (max) ?                                                 \
	 (f_lex_fail(l, (l)->at, "more than %u " what, (unsigned)(max)),     \
	  NULL) : f_stmt_added(l, ntr_vec_add(vec)))
void *f_stmt_added(struct f_lex *l, void *p);

/* "{ statements }", or at the top all to the end of the text. */
void f_stmt_block(struct f_lex *l, const struct f_stmt *t, size_t n,
		  void *ctx, bool top);

/* scen_lock.c */
void f_st_lock(struct f_lex *l, void *ctx);
void f_st_queue(struct f_lex *l, void *ctx);
/* An attribute of a thread that is about waiting; false: it is none. */
bool f_thread_wait_attr(struct f_lex *l, struct f_sthread *t);

/* scen_dpc.c */
void f_st_dpc(struct f_lex *l, void *ctx);
/* scen_handle.c; ctx: the process's index */
void f_st_handle(struct f_lex *l, void *ctx);
void f_st_handles(struct f_lex *l, void *ctx);
/* scen_sched.c */
void f_st_timer(struct f_lex *l, void *ctx);
void f_st_apc(struct f_lex *l, void *ctx);
void f_st_apcstate(struct f_lex *l, void *ctx);
void f_st_qlock(struct f_lex *l, void *ctx);
void f_st_pfn(struct f_lex *l, void *ctx);
void f_st_pagelists(struct f_lex *l, void *ctx);
/* scen_io.c */
void f_st_driver(struct f_lex *l, void *ctx);
void f_st_device(struct f_lex *l, void *ctx);
void f_st_irp(struct f_lex *l, void *ctx);
/* scen_net.c */
void f_st_file(struct f_lex *l, void *ctx);

#endif
