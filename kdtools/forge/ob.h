// SPDX-License-Identifier: Apache-2.0
/*
 * Objects of the object manager: headers, names, directories, types.  io.c
 * writes them; handle.c, whose handles lead to them, asks for more.
 *
 * Types from F_OB_PROCESS on exist only where a scenario has handles.  To add
 * one: a line here and its row in io.c.
 */
#ifndef FORGE_OB_H
#define FORGE_OB_H

#include "mach.h"

enum f_ob_type {
	F_OB_TYPE, F_OB_DIRECTORY, F_OB_DEVICE, F_OB_DRIVER, F_OB_PROCESS,
	F_OB_THREAD, F_OB_FILE, F_OB_EVENT, F_OB_MUTANT, F_OB_SEMAPHORE,
	F_OB_TIMER, F_OB_KEY, F_OB_SECTION, F_OB_TYPES
};

struct f_ob {
	struct f_mach *m;
	unsigned ntypes;
	u64 type[F_OB_TYPES];
	u64 root, driver, device, filesystem, named; /* directories */
};

/* A body of len bytes behind a header; name NULL: it has none. dir 0: it is in
 * no directory. */
u64 f_ob_new(struct f_ob *b, enum f_ob_type type, const char *name, u64 dir,
	     u64 len);
/* The header in front of a body that has room for one. */
void f_ob_header(struct f_ob *b, enum f_ob_type type, u64 body);
/* A UNICODE_STRING at `at`, with characters of its own. */
void f_ob_string(struct f_mach *m, u64 at, const char *text);
/* handle.c, behind drivers and devices. */
NTR_MUST enum ntr_st f_handle_write(struct f_ob *b);

#endif
