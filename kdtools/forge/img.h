// SPDX-License-Identifier: Apache-2.0
/*
 * Modules as PE images in the forged machine's memory.
 *
 * Order of use: f_img_add() for every module; f_img_func() for every function
 * that a stack or a statement names; f_img_layout() gives functions and
 * sections their place; f_img_call() for every return address; then
 * f_img_write() stores headers, code and tables.  File alignment equals
 * section alignment, so the image in memory is also a valid image file.
 */
#ifndef FORGE_IMG_H
#define FORGE_IMG_H

#include "buf.h"
#include "mem.h"

enum f_func_kind {
	F_FN_PLAIN,  /* pushes, allocates, calls */
	F_FN_TRAP,   /* a trap handler: stands on a trap frame */
};

struct f_func {
	const char *name;   /* NULL: only an offset is known */
	struct f_loc loc;
	enum f_func_kind kind;
	u32 fixed;          /* lowest offset asked for (no name) */
	u32 max;            /* highest displacement, or offset (no name) */
	u32 min_ret;        /* lowest displacement of a return address */
	u32 rva, len;
	u32 frame;          /* bytes of a frame, 0 = not said */
};

struct f_call {
	u32 ret;            /* RVA after the call */
	u64 callee;         /* VA */
	bool indirect;
};

struct f_exp {
	const char *name;
	u32 rva;
};

struct f_mod {
	const struct f_smod *s;   /* NULL: made by forge */
	struct f_loc loc;
	const char *name, *path, *pdb, *export_name;
	u64 base;
	u32 size, stamp, checksum, age;
	u16 ver[4];
	u8 guid[16];
	u32 align;
	bool exports, pages, headers, base_auto;
	/* sections */
	u32 text, text_end, data, data_len, data_used, tail;
	u32 rdata, pdata, rsrc, rdata_len, pdata_len, rsrc_len;
	u32 exp_rva, exp_len, dbg_rva, dbg_len;
	struct { NTR_VEC(struct f_func); } funcs;
	struct { NTR_VEC(struct f_call); } calls;
	struct { NTR_VEC(struct f_exp); } exp;
	struct { NTR_VEC(struct f_exp); } sym; /* known to symbols only */
};

struct f_img {
	struct f_scen *s;
	const struct f_prof *p;
	struct ntr_err *e;
	struct { NTR_VEC(struct f_mod); } mods; /* 0 nt, 1 hal, then the rest */
};

/* nt, hal and the scenario's modules; sizes and bases still open. */
NTR_MUST enum ntr_st f_img_init(struct f_img *g, struct f_scen *s,
				struct ntr_err *e);
void f_img_fini(struct f_img *g);

struct f_symref {
	size_t mod;
	size_t func;    /* in mod's funcs */
	u32 disp;       /* from the function, or from the module (no name) */
	bool named;
};

/*
 * "module!Function+0x10" or "module+0x10": finds the module and notes the
 * function.  is_ret: it is a return address.  size: frame bytes or F_NONE.
 */
NTR_MUST enum ntr_st f_img_sym(struct f_img *g, const char *sym,
			       struct f_loc at, enum f_func_kind kind,
			       bool is_ret, u64 size, struct f_symref *out);
NTR_MUST enum ntr_st f_img_layout(struct f_img *g, struct f_mem *m);
u64 f_img_va(const struct f_img *g, const struct f_symref *r);
u64 f_img_func_va(const struct f_img *g, const struct f_symref *r);
/* Bytes of a frame of this function. */
u32 f_img_frame(const struct f_img *g, const struct f_symref *r);
void f_img_call(struct f_img *g, const struct f_symref *ret, u64 callee);
/* Room in the module's data section: a VA. */
u64 f_img_data(struct f_img *g, struct f_mem *m, size_t mod, u32 len, u32 align);
void f_img_export(struct f_img *g, size_t mod, const char *name, u64 va);
void f_img_symbol(struct f_img *g, size_t mod, const char *name, u64 va);
void f_img_write(struct f_img *g, struct f_mem *m);
/* How much of the prologue has run at displacement d: 0 none, 1 the push,
 * 2 all. */
int f_img_prologue_state(const struct f_img *g, const struct f_symref *r);

#endif
