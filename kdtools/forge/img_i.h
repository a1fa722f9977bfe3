// SPDX-License-Identifier: Apache-2.0
/* Between img.c (what and where), img_code.c (code bytes, unwind data) and
 * img_pe.c (headers and tables) only. */
#ifndef FORGE_IMG_I_H
#define FORGE_IMG_I_H

#include "img.h"

#define DEFAULT_FRAME(p) ((p)->arch == F_X86 ? 0x30u : 0x50u)
#define MIN_FRAME(p) ((p)->arch == F_X86 ? 8u : (p)->arch == F_X64 ? 0x30u : 0x20u)

/* Sizes of .rdata, .pdata and .rsrc, from what is known before layout. */
void f_img_measure(struct f_img *g, struct f_mod *m);
/* Code of all functions and calls into memory. */
void f_code_write(struct f_img *g, struct f_mem *mem, struct f_mod *m);
/* Bytes of unwind records that .rdata holds, and of one .pdata row. */
u32 f_code_xdata(const struct f_img *g, const struct f_func *f, u8 out[16]);
u32 f_code_pdata_row(const struct f_img *g);
void f_code_pdata(const struct f_img *g, const struct f_mod *m,
		  const struct f_func *f, u32 xdata_rva, u8 out[24]);
/* 0 nothing of the prologue has run at displacement d, 1 the push, 2 all. */
int f_code_state(const struct f_img *g, const struct f_func *f, u32 d);

#endif
