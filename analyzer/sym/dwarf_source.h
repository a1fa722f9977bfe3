// SPDX-License-Identifier: Apache-2.0
/*
 * What the sources with DWARF share: a symbol table from the container, the
 * DWARF, and perhaps another source of the same file that knows what neither
 * does (the exports of a PE image).  priv of such a source is a struct
 * ntr_dw_source, first in the container's own.
 *
 * Who answers: the table where a symbol's size covers the address; else a
 * function of .debug_info; else the nearest symbol of the table or of the
 * other source.  Fill table, image and other in open(), then use the slots.
 */
#ifndef NTR_DWARF_SOURCE_H
#define NTR_DWARF_SOURCE_H

#include "dwarf.h"
#include "symtab.h"

struct ntr_dw_source {
	struct ntr_dw_image image;
	struct ntr_dw dw;
	struct ntr_symtab table;
	bool table_full;          /* has the static functions, too */
	struct ntr_dw_once tabled;
	/* Reads the container's symbols into table, at the first question. */
	enum ntr_st (*read_table)(struct ntr_symsrc *s, struct ntr_err *e);
	struct ntr_symsrc *other; /* owned; may be NULL */
};

void ntr_dw_source_fini(struct ntr_dw_source *d);

enum ntr_st ntr_dw_source_at(struct ntr_symsrc *s, u64 rva,
			     struct ntr_symbol *out, struct ntr_err *e);
enum ntr_st ntr_dw_source_named(struct ntr_symsrc *s, const char *name,
				struct ntr_symbol *out, struct ntr_err *e);
enum ntr_st ntr_dw_source_each(struct ntr_symsrc *s, ntr_symbol_fn *fn,
			       void *ctx, struct ntr_err *e);
enum ntr_st ntr_dw_source_line(struct ntr_symsrc *s, u64 rva,
			       struct ntr_line *out, struct ntr_err *e);
enum ntr_st ntr_dw_source_each_line(struct ntr_symsrc *s, ntr_line_fn *fn,
				    void *ctx, struct ntr_err *e);
enum ntr_st ntr_dw_source_unwind(struct ntr_symsrc *s, u64 rva,
				 struct ntr_uwrec *out, struct ntr_err *e);
enum ntr_st ntr_dw_source_vars(struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
			       void *ctx, struct ntr_err *e);
enum ntr_st ntr_dw_source_type_named(struct ntr_symsrc *s, const char *name,
				     u64 *id, struct ntr_err *e);
enum ntr_st ntr_dw_source_type(struct ntr_symsrc *s, u64 id,
			       struct ntr_type *out, struct ntr_err *e);
enum ntr_st ntr_dw_source_members(struct ntr_symsrc *s, u64 id,
				  ntr_type_member_fn *fn, void *ctx,
				  struct ntr_err *e);
enum ntr_st ntr_dw_source_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				    void *ctx, struct ntr_err *e);

#define NTR_DW_SLOTS                            \
	.at = ntr_dw_source_at,                 \
	.named = ntr_dw_source_named,           \
	.each = ntr_dw_source_each,             \
	.line = ntr_dw_source_line,             \
	.each_line = ntr_dw_source_each_line,   \
	.unwind = ntr_dw_source_unwind,         \
	.vars = ntr_dw_source_vars,             \
	.type_named = ntr_dw_source_type_named, \
	.type = ntr_dw_source_type,             \
	.members = ntr_dw_source_members,       \
	.each_type = ntr_dw_source_each_type

#endif
