// SPDX-License-Identifier: Apache-2.0
/*
 * Lengths and fields of x64 instructions, enough to walk over code.
 * Source: Intel SDM volume 2, opcode maps.  What is not valid in 64-bit mode
 * is not decoded, so data taken for code soon stops the walk.
 */
#include "unw_int.h"

/* Per opcode: M has ModRM, b imm8, z imm16/32, v imm16/32/64, w imm16,
 * r rel32, o moffs, e imm16+imm8, x invalid or a prefix, B/Z ModRM and imm,
 * G group 3 (imm by reg). */
static const char map0[257] =
	"MMMMbzxx" "MMMMbzxx" "MMMMbzxx" "MMMMbzxx" /* 00 */
	"MMMMbzxx" "MMMMbzxx" "MMMMbzxx" "MMMMbzxx" /* 20 */
	"xxxxxxxx" "xxxxxxxx" "........" "........" /* 40 */
	"xxxMxxxx" "zZbB...." "bbbbbbbb" "bbbbbbbb" /* 60 */
	"BZxBMMMM" "MMMMMMMM" "........" "..x....." /* 80 */
	"oooo...." "bz......" "bbbbbbbb" "vvvvvvvv" /* a0 */
	"BBw.xxBZ" "e.w..bx." "MMMMxxx." "MMMMMMMM" /* c0 */
	"bbbbbbbb" "rrxb...." "x.xx..GG" "......MM";/* e0 */
static const char map1[257] =
	"MMMMx..." "..x.xMxx" "MMMMMMMM" "MMMMMMMM" /* 00 */
	"MMMMxxxx" "MMMMMMMM" "......x." "xxxxxxxx" /* 20 */
	"MMMMMMMM" "MMMMMMMM" "MMMMMMMM" "MMMMMMMM" /* 40 */
	"MMMMMMMM" "MMMMMMMM" "BBBBMMM." "MMxxMMMM" /* 60 */
	"rrrrrrrr" "rrrrrrrr" "MMMMMMMM" "MMMMMMMM" /* 80 */
	"...MBMxx" "...MBMMM" "MMMMMMMM" "MMBMMMMM" /* a0 */
	"MMBMBBBM" "........" "MMMMMMMM" "MMMMMMMM" /* c0 */
	"MMMMMMMM" "MMMMMMMM" "MMMMMMMM" "MMMMMMMM";/* e0 */

struct walk {
	const u8 *p;
	size_t left, at;
	bool ok, addr32;
};

static u8 next(struct walk *w)
{
	if (w->at >= w->left || w->at >= 15) {
		w->ok = false;
		return 0;
	}
	return w->p[w->at++];
}

static void take_prefixes(struct walk *w, struct ntr_x64_insn *in)
{
	for (;;) {
		u8 c = w->at < w->left ? w->p[w->at] : 0;

		if (c == 0x66)
			in->prefixes |= NTR_PFX_66;
		else if (c == 0xf2)
			in->prefixes |= NTR_PFX_F2;
		else if (c == 0xf3)
			in->prefixes |= NTR_PFX_F3;
		else if (c == 0x67)
			w->addr32 = true;
		else if (c == 0x2e || c == 0x36 || c == 0x3e || c == 0x26 ||
			 c == 0x64 || c == 0x65)
			in->prefixes |= NTR_PFX_SEG;
		else if (c != 0xf0)
			break;
		next(w);
		if (!w->ok)
			return;
	}
	if (w->at < w->left && (w->p[w->at] & 0xf0) == 0x40)
		in->rex = next(w);
}

/* VEX and EVEX: the map is in the prefix, ModRM always follows. */
static char take_vex(struct walk *w, struct ntr_x64_insn *in, u8 first)
{
	u8 p1 = next(w);

	in->map = 1;
	if (first == 0xc4 || first == 0x62) {
		in->map = p1 & (first == 0xc4 ? 31 : 7);
		next(w);
	}
	if (first == 0x62)
		next(w);
	in->op = next(w);
	if (in->map < 1 || in->map > 3)
		return 'x';
	if (in->map == 3)
		return 'B';
	return in->map == 1 && map1[in->op] == 'B' ? 'B' :
	       in->map == 1 && in->op == 0x77	   ? '.' :
						     'M';
}

static char take_opcode(struct walk *w, struct ntr_x64_insn *in)
{
	u8 c = next(w);

	if ((c == 0xc4 || c == 0xc5 || c == 0x62) && !in->rex)
		return take_vex(w, in, c);
	if (c != 0x0f) {
		in->op = c;
		return map0[c];
	}
	c = next(w);
	if (c == 0x38 || c == 0x3a) {
		in->map = c == 0x38 ? 2 : 3;
		in->op = next(w);
		return c == 0x38 ? 'M' : 'B';
	}
	in->map = 1;
	in->op = c;
	return map1[c];
}

static void take_modrm(struct walk *w, struct ntr_x64_insn *in)
{
	u8 mod, rm, sib = 0;

	in->has_modrm = true;
	in->modrm = next(w);
	mod = in->modrm >> 6;
	rm = in->modrm & 7;
	if (mod == 3)
		return;
	if (rm == 4)
		sib = next(w);
	if (mod == 1)
		in->disp_len = 1;
	else if (mod == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5))
		in->disp_len = 4;
	in->disp_off = (u8)w->at;
	for (unsigned i = 0; i < in->disp_len; i++)
		next(w);
}

static u8 imm_len(const struct walk *w, const struct ntr_x64_insn *in, char k)
{
	u8 z = in->prefixes & NTR_PFX_66 && !(in->rex & 8) ? 2 : 4;

	switch (k) {
	case 'b':
	case 'B':
		return 1;
	case 'z':
	case 'Z':
		return z;
	case 'v':
		return in->rex & 8 ? 8 : z;
	case 'w':
		return 2;
	case 'r':
		return 4;
	case 'e':
		return 3;
	case 'o':
		return w->addr32 ? 4 : 8;
	case 'G':
		if (in->modrm >> 3 & 6)
			return 0;
		return in->op == 0xf6 ? 1 : z;
	default:
		return 0;
	}
}

bool ntr_x64_decode(const u8 *p, size_t left, struct ntr_x64_insn *in)
{
	struct walk w = { p, left, 0, true, false };
	char kind;

	memset(in, 0, sizeof(*in));
	take_prefixes(&w, in);
	kind = take_opcode(&w, in);
	if (!w.ok || kind == 'x')
		return false;
	if (kind == 'M' || kind == 'B' || kind == 'Z' || kind == 'G')
		take_modrm(&w, in);
	in->imm_off = (u8)w.at;
	in->imm_len = imm_len(&w, in, kind);
	for (unsigned i = 0; i < in->imm_len; i++)
		next(&w);
	in->len = (u8)w.at;
	return w.ok;
}
