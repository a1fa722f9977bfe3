// SPDX-License-Identifier: Apache-2.0
/* Sections, and libdwarf opened over them. */
#include "dwarf.h"

#include <stdlib.h>

/* Those that are read here and not by libdwarf are the second half. */
#define SHOWN 9u
static const char *const wanted[] = {
	".debug_info", ".debug_types", ".debug_abbrev", ".debug_str",
	".debug_line_str", ".debug_str_offsets", ".debug_addr", ".debug_frame",
	".eh_frame",
	".debug_line", ".debug_ranges", ".debug_rnglists", ".debug_aranges",
};

const char *ntr_dw_wanted(const char *name)
{
	for (size_t i = 0; i < NTR_COUNT(wanted); i++)
		if (!strcmp(name, wanted[i]))
			return wanted[i];
	/* ld gives a loaded section of a PE image eight letters. */
	return !strcmp(name, ".eh_fram") ? ".eh_frame" : NULL;
}

static bool is_ours(const char *name)
{
	for (size_t i = SHOWN; i < NTR_COUNT(wanted); i++)
		if (!strcmp(name, wanted[i]))
			return true;
	return false;
}

struct ntr_dw_sect *ntr_dw_sect(struct ntr_dw_image *img, const char *name)
{
	for (size_t i = 0; i < img->sects.n; i++)
		if (!strcmp(img->sects.v[i].name, name))
			return &img->sects.v[i];
	return NULL;
}

enum ntr_st ntr_dw_add(struct ntr_dw_image *img, const struct ntr_dw_sect *s,
		       struct ntr_err *e)
{
	struct ntr_dw_sect *n;

	if (!s->size || ntr_dw_sect(img, s->name))
		return NTR_OK;
	n = ntr_vec_add(&img->sects);
	if (!n)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*n = *s;
	n->ours = is_ours(s->name);
	return NTR_OK;
}

static enum ntr_st load(struct ntr_dw_image *img, struct ntr_dw_sect *s,
			struct ntr_err *e)
{
	enum ntr_st st;
	u8 *p;

	if (s->data)
		return NTR_OK;
	if (s->size > NTR_DW_MAX_SECTION ||
	    (!s->packed && s->size > img->file->size))
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": %s of 0x%" PRIx64
				" bytes in a file of 0x%" PRIx64,
				img->file->name, s->off, s->name, s->size,
				img->file->size);
	p = malloc(s->size + NTR_DW_PAD);
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	memset(p + s->size, 0, NTR_DW_PAD);
	st = s->packed ? img->unpack(img, s, p, e) :
			 ntr_file_read(img->file, s->off, p, s->size, e);
	if (st) {
		free(p);
		return ntr_wrap(e, st, "%s", s->name);
	}
	s->data = p;
	return NTR_OK;
}

enum ntr_st ntr_dw_bytes(struct ntr_dw_image *img, const char *name,
			 struct ntr_bin *out, struct ntr_err *e)
{
	struct ntr_dw_sect *s = ntr_dw_sect(img, name);
	enum ntr_st st;

	if (!s)
		return ntr_fail(e, NTR_ABSENT, "%s: has no %s",
				img->file->name, name);
	st = load(img, s, e);
	if (st)
		return st;
	*out = ntr_bin_of(s->data, s->size, s->name, 0);
	return NTR_OK;
}

void ntr_dw_image_fini(struct ntr_dw_image *img)
{
	for (size_t i = 0; i < img->sects.n; i++)
		free(img->sects.v[i].data);
	ntr_vec_fini(&img->sects);
	ntr_vec_fini(&img->code);
}

/* --- what libdwarf asks: number 0 is no section, as in ELF ------------------ */

static int section_info(void *obj, Dwarf_Half i, Dwarf_Obj_Access_Section *r,
			int *err)
{
	const struct ntr_dw_image *img = ((struct ntr_dw *)obj)->img;
	const struct ntr_dw_sect *s;

	(void)err;
	if (i > img->sects.n)
		return DW_DLV_NO_ENTRY;
	*r = (Dwarf_Obj_Access_Section){ .name = "" };
	if (!i)
		return DW_DLV_OK;
	s = &img->sects.v[i - 1];
	if (s->ours)
		return DW_DLV_OK;
	r->name = s->name;
	r->addr = s->addr;
	r->size = s->size;
	r->type = 1; /* SHT_PROGBITS */
	return DW_DLV_OK;
}

static Dwarf_Endianness byte_order(void *obj)
{
	return ((struct ntr_dw *)obj)->img->big ? DW_OBJECT_MSB : DW_OBJECT_LSB;
}

static Dwarf_Small length_size(void *obj)
{
	(void)obj;
	return 4;
}

static Dwarf_Small pointer_size(void *obj)
{
	return (Dwarf_Small)((struct ntr_dw *)obj)->img->ptr_size;
}

static Dwarf_Unsigned section_count(void *obj)
{
	return ((struct ntr_dw *)obj)->img->sects.n + 1;
}

static int section_bytes(void *obj, Dwarf_Half i, Dwarf_Small **data, int *err)
{
	struct ntr_dw_image *img = ((struct ntr_dw *)obj)->img;

	if (!i || i > img->sects.n)
		return DW_DLV_NO_ENTRY;
	if (load(img, &img->sects.v[i - 1], NULL)) {
		*err = DW_DLE_MDE;
		return DW_DLV_ERROR;
	}
	*data = img->sects.v[i - 1].data;
	return DW_DLV_OK;
}

static const Dwarf_Obj_Access_Methods methods = {
	.get_section_info = section_info,
	.get_byte_order = byte_order,
	.get_length_size = length_size,
	.get_pointer_size = pointer_size,
	.get_section_count = section_count,
	.load_section = section_bytes,
};

/* --- opening ------------------------------------------------------------------ */

void ntr_dw_init(struct ntr_dw *dw, struct ntr_dw_image *img,
		 struct ntr_arena *arena)
{
	*dw = (struct ntr_dw){ .img = img, .arena = arena };
}

bool ntr_dw_has(struct ntr_dw *dw, const char *section)
{
	return ntr_dw_sect(dw->img, section) != NULL;
}

enum ntr_st ntr_dw_keep(struct ntr_dw_once *o, enum ntr_st st,
			struct ntr_err *e)
{
	o->done = true;
	o->st = st;
	if (st && e)
		o->why = *e;
	return st;
}

enum ntr_st ntr_dw_again(const struct ntr_dw_once *o, struct ntr_err *e)
{
	if (o->st && e)
		*e = o->why;
	return o->st;
}

enum ntr_st ntr_dw_failed(struct ntr_dw *dw, int res, Dwarf_Error err,
			  struct ntr_err *e, const char *what, u64 at)
{
	enum ntr_st st;

	if (res == DW_DLV_OK)
		return NTR_OK;
	if (res == DW_DLV_NO_ENTRY)
		return ntr_fail(e, NTR_ABSENT, "%s: %s+0x%" PRIx64
				": nothing there", dw->img->file->name, what,
				at);
	st = err && dwarf_errno(err) == DW_DLE_ALLOC_FAIL ? NTR_NOMEM : NTR_BAD;
	ntr_err_set(e, "%s: %s+0x%" PRIx64 ": %s", dw->img->file->name, what,
		    at, err ? dwarf_errmsg(err) : "libdwarf gives no reason");
	if (err)
		dwarf_dealloc_error(dw->dbg, err);
	return st;
}

/* See dwarf_cfi.c. A register without a rule is told apart from one with an explicit
 * "undefined" by a number that is neither. */
static void set_up_frames(Dwarf_Debug dbg)
{
	dwarf_set_frame_rule_table_size(dbg, 128); /* TABLE there */
	dwarf_set_frame_rule_initial_value(dbg, 1033);
	dwarf_set_frame_undefined_value(dbg, DW_FRAME_UNDEFINED_VAL);
	dwarf_set_frame_same_value(dbg, DW_FRAME_SAME_VAL);
	dwarf_set_frame_cfa_value(dbg, DW_FRAME_CFA_COL3);
}

static enum ntr_st open_it(struct ntr_dw *dw, struct ntr_err *e)
{
	Dwarf_Error err = NULL;
	int res;

	dw->obj.object = dw;
	dw->obj.methods = &methods;
	res = dwarf_object_init_b(&dw->obj, NULL, NULL, DW_GROUPNUMBER_ANY,
				  &dw->dbg, &err);
	if (res == DW_DLV_NO_ENTRY)
		return ntr_fail(e, NTR_ABSENT, "%s: has no DWARF",
				dw->img->file->name);
	if (res != DW_DLV_OK) {
		dw->dbg = NULL;
		return ntr_dw_failed(dw, res, err, e, "DWARF", 0);
	}
	set_up_frames(dw->dbg);
	return NTR_OK;
}

enum ntr_st ntr_dw_need(struct ntr_dw *dw, struct ntr_err *e)
{
	struct ntr_err mine;

	if (dw->opened.done)
		return ntr_dw_again(&dw->opened, e);
	if (!e)
		e = &mine;
	return ntr_dw_keep(&dw->opened, open_it(dw, e), e);
}

static void drop_frames(struct ntr_dw *dw, struct ntr_dw_frames *f)
{
	if (f->fdes)
		dwarf_fde_cie_list_dealloc(dw->dbg, f->cies, f->ncies, f->fdes,
					   f->nfdes);
	ntr_vec_fini(&f->index);
}

void ntr_dw_fini(struct ntr_dw *dw)
{
	Dwarf_Error err = NULL;

	for (size_t i = 0; i < dw->units.n; i++)
		if (dw->units.v[i].funcs) {
			ntr_vec_fini(dw->units.v[i].funcs);
			free(dw->units.v[i].funcs);
		}
	for (size_t i = 0; i < dw->lines.n; i++) {
		ntr_vec_fini(&dw->lines.v[i]->rows);
		ntr_vec_fini(&dw->lines.v[i]->seqs);
		free(dw->lines.v[i]->file);
		free(dw->lines.v[i]);
	}
	drop_frames(dw, &dw->frames[0]);
	drop_frames(dw, &dw->frames[1]);
	ntr_vec_fini(&dw->units);
	ntr_vec_fini(&dw->reach);
	ntr_vec_fini(&dw->tables);
	ntr_vec_fini(&dw->lines);
	ntr_vec_fini(&dw->names);
	ntr_vec_fini(&dw->func_names);
	free(dw->by_id);
	if (dw->dbg)
		dwarf_object_finish(dw->dbg, &err);
	dw->dbg = NULL;
}
