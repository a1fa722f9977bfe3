// SPDX-License-Identifier: Apache-2.0
/*
 * What the commands on pool share: opening it, tags and their owners in words,
 * a block in WinDbg's layout.  Invariant: nothing is said of an owner but what
 * the list of tags or an image of this machine says.  A new command on pool
 * takes its lines from here, so that a block looks alike everywhere.
 */
#ifndef NTR_POOL_SHOW_H
#define NTR_POOL_SHOW_H

#include "cmd.h"
#include "triage/pooltag.h"

/* ABSENT on a machine that is no NT. Close it with ntr_pool_close(). */
NTR_MUST enum ntr_st ntr_kd_pool(struct ntr_kd *k, struct ntr_pool **out,
				 struct ntr_err *e);

/* "Nonpaged pool" */
const char *ntr_pool_kind_text(unsigned kind);
/* An address as !pool has it: all digits, no mark between them. */
void ntr_pool_va_text(const struct ntr_kd *k, u64 va, char out[24]);

/* "afd.sys: data buffer of a socket" as the list of tags has it; false: it
 * has not. */
bool ntr_tag_listed(u32 tag, char *out, size_t size);
/* The same, else the drivers that have the tag in their images; else why
 * nobody is named. `module` (JSON) is NULL then. */
void ntr_tag_owner(struct ntr_kd *k, u32 tag, char *out, size_t size,
		   const char **module);

/* A tag of four characters, blanks at its end may be lacking. False: none. */
bool ntr_tag_parse(const char *word, u32 *tag);
/* '*' any characters, '?' one; NULL or "" every tag. */
bool ntr_tag_matches(const char *pattern, u32 tag);

/* " 80edc000 size:  170 previous size:    0  (Allocated)  Irp ", an object of
 * the list that is open. */
void ntr_show_block(struct ntr_kd *k, const struct ntr_pool_form *f, u64 va,
		    const struct ntr_pool_block *b, bool marked);
/* A large allocation in the same columns. */
void ntr_show_big(struct ntr_kd *k, u64 va, u64 bytes, u32 tag, bool marked);

#endif
