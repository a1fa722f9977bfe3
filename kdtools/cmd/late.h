// SPDX-License-Identifier: Apache-2.0
/*
 * Libraries loaded when they are first needed: capstone's tables and libedit's
 * terminal library would cost every run of the program more time than a
 * verdict takes.  To use another function of one, add it to its list.
 */
#ifndef NTR_KD_LATE_H
#define NTR_KD_LATE_H

#include "base/status.h"

#include <capstone/capstone.h>
#include <histedit.h>

#define NTR_CAPSTONE_LIST(X) \
	X(cs_open)           \
	X(cs_close)          \
	X(cs_option)         \
	X(cs_malloc)         \
	X(cs_free)           \
	X(cs_disasm_iter)    \
	X(cs_insn_group)

#define NTR_EDIT_LIST(X) \
	X(el_init)       \
	X(el_end)        \
	X(el_set)        \
	X(el_gets)       \
	X(el_line)       \
	X(el_insertstr)  \
	X(el_deletestr)  \
	X(el_reset)      \
	X(el_source)     \
	X(history_init)  \
	X(history_end)   \
	X(history)

#define NTR_LATE_SLOT(f) __typeof__(&f) f;
struct ntr_capstone {
	NTR_CAPSTONE_LIST(NTR_LATE_SLOT)
};
struct ntr_edit {
	NTR_EDIT_LIST(NTR_LATE_SLOT)
};
#undef NTR_LATE_SLOT

/* UNSUP with text: there is no such library. Once loaded it stays. */
NTR_MUST enum ntr_st ntr_capstone_load(struct ntr_capstone *c,
				       struct ntr_err *e);
NTR_MUST enum ntr_st ntr_edit_load(struct ntr_edit *c, struct ntr_err *e);

#endif
