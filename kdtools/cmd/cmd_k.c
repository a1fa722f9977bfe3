// SPDX-License-Identifier: Apache-2.0
/*
 * Stack listings.  WinDbg's columns, then the call site; behind it, in
 * brackets, the source line, and last the trust of the frame: what a reader of
 * WinDbg looks for stands where he looks, and how far to believe a frame is
 * never left out.
 *
 * Arguments are the stack words behind the return address, which on x64 are
 * only what the function may have spilled there.  The place of the return
 * address is believed only where that very address lies.
 */
#include "../cli/report.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_FRAMES 0x100u
#define SITE 300u

struct listing {
	struct ntr_kd *k;
	bool number, args, notes, memory, sites_only, no_lines;
	const struct ntr_vframe *f;
	size_t n;
	unsigned ptr;
	unsigned nargs;
};

static bool holds(const struct listing *l, u64 slot, u64 ret)
{
	u64 v;

	return !ntr_read_ptr(l->k->mem, slot, l->ptr, &v) && v == ret;
}

/* Where frame i's return address lies. */
static bool return_slot(const struct listing *l, size_t i, u64 *slot)
{
	const struct ntr_frame *f = &l->f[i].f, *next = f;
	u64 at[3];
	unsigned n = 0;

	if (i + 1 >= l->n)
		return false;
	next = &l->f[i + 1].f;
	if (l->ptr == 4 && f->fp)
		at[n++] = f->fp + 4;
	at[n++] = next->sp - l->ptr;
	if (f->has_params)
		at[n++] = next->sp - l->ptr - f->params;
	for (unsigned j = 0; j < n; j++)
		if (holds(l, at[j], next->ip)) {
			*slot = at[j];
			return true;
		}
	return false;
}

/* WinDbg's first column: where the frame is. */
static u64 frame_place(const struct listing *l, size_t i)
{
	u64 slot;

	if (l->k->t->machine != NTR_MACHINE_X86)
		return l->f[i].f.sp;
	if (return_slot(l, i, &slot))
		return slot - 4;
	return l->f[i].f.fp ? l->f[i].f.fp : l->f[i].f.sp;
}

static void print_args(const struct listing *l, size_t i)
{
	struct ntr_out *o = l->k->o;
	bool x64 = l->ptr == 8;
	u64 slot = 0, v;
	bool have;
	char text[24];

	have = return_slot(l, i, &slot);
	ntr_out_list(o, "args");
	ntr_out_print(o, "%s", x64 ? " : " : " ");
	for (unsigned a = 0; a < l->nargs; a++) {
		bool known = have && !ntr_read_ptr(l->k->mem, slot + l->ptr *
						   (a + 1), l->ptr, &v);

		ntr_out_hex_if(o, NULL, NULL, known, known ? v : 0);
		if (known)
			ntr_va_text(text, v, l->ptr);
		else
			strcpy(text, x64 ? "????????`????????" : "????????");
		ntr_out_print(o, "%s%s", a ? " " : "", text);
	}
	ntr_out_list_end(o);
	ntr_out_print(o, "%s", x64 ? " : " : " ");
}

static const char *base_name(const char *path)
{
	const char *base = path;

	for (const char *s = path; s && *s; s++)
		if (*s == '/' || *s == '\\')
			base = s + 1;
	return base;
}

static void print_site(const struct listing *l, const struct ntr_vframe *f)
{
	struct ntr_out *o = l->k->o;
	char site[SITE];

	ntr_frame_text(site, sizeof(site), f);
	ntr_out_str(o, "site", NULL, site);
	ntr_out_str(o, "module", NULL, f->module ? f->module->name : NULL);
	ntr_out_str(o, "function", NULL, f->function);
	ntr_out_bool(o, "export", NULL, f->export);
	ntr_out_str(o, "file", NULL, f->file);
	ntr_out_uint_if(o, "line", NULL, f->file, f->line);
	ntr_out_str(o, "trust", NULL, ntr_trust_name(f->f.trust));
	ntr_out_str(o, "note", NULL, f->f.note);
	ntr_out_print(o, "%.200s", site);
	if (l->sites_only) {
		ntr_out_line(o, "%s", "");
		return;
	}
	if (f->file && !l->no_lines)
		ntr_out_print(o, " [%.100s @ %" PRIu32 "]", base_name(f->file),
			      f->line);
	ntr_out_styled(o, NTR_DIM, " [%s%s]", ntr_trust_name(f->f.trust),
		       f->export ? ", by export" : "");
	if (l->notes && f->f.note)
		ntr_out_print(o, " (%.100s)", f->f.note);
	ntr_out_line(o, "%s", "");
}

static void print_frame(const struct listing *l, size_t i)
{
	struct ntr_out *o = l->k->o;
	const struct ntr_vframe *f = &l->f[i];
	u64 place = frame_place(l, i);
	u64 ret = i + 1 < l->n ? f[1].f.ip : 0;
	u64 above = i ? frame_place(l, i - 1) : 0;
	char sp[24], ra[24];

	ntr_out_open(o, NULL);
	ntr_out_uint(o, "number", NULL, i);
	ntr_out_hex(o, "frame", NULL, place);
	ntr_out_hex(o, "ip", NULL, f->f.ip);
	ntr_out_hex_if(o, "ret", NULL, i + 1 < l->n, ret);
	if (l->number)
		ntr_out_print(o, "%02zx ", i);
	if (!l->sites_only) {
		ntr_va_text(sp, place, l->ptr);
		ntr_va_text(ra, ret, l->ptr);
		if (l->memory)
			ntr_out_print(o, i && place >= above ? "%8" PRIx64 " " :
				      "%8.0" PRIx64 " ", i && place >= above ?
				      place - above : 0);
		ntr_out_print(o, "%s %s", sp, ra);
		if (l->args)
			print_args(l, i);
		else
			ntr_out_print(o, " ");
	}
	print_site(l, f);
	ntr_out_close(o);
}

static void head(const struct listing *l)
{
	struct ntr_out *o = l->k->o;
	int width = l->ptr == 4 ? 8 : 17;
	bool ebp = l->k->t->machine == NTR_MACHINE_X86;

	if (l->sites_only) {
		ntr_out_line(o, "%sCall Site", l->number ? " # " : "");
		return;
	}
	ntr_out_print(o, "%s%s%-*s %-*s", l->number ? " # " : "",
		      l->memory ? "  Memory " : "", width,
		      ebp ? "ChildEBP" : "Child-SP", width, "RetAddr");
	if (l->args)
		ntr_out_print(o, l->ptr == 8 ? " : %-71s :" : " %-26s",
			      "Args to Child");
	ntr_out_line(o, " Call Site");
}

static enum ntr_st parse(struct listing *l, struct ntr_kd *k,
			 const struct ntr_call *c, u64 *count,
			 struct ntr_err *e)
{
	const char *s = c->args, *fl = c->flags;
	enum ntr_st st;

	*l = (struct listing){ .k = k, .ptr = k->t->ptr_size };
	l->number = strchr(fl, 'n') || strchr(fl, 'N');
	l->args = strchr(fl, 'b') || strchr(fl, 'v');
	l->notes = strchr(fl, 'v') != NULL;
	l->memory = strchr(fl, 'f') != NULL;
	l->sites_only = strchr(fl, 'c') != NULL;
	l->no_lines = strchr(fl, 'L') != NULL;
	l->nargs = l->ptr == 8 ? 4 : 3;
	if (k->t->machine != NTR_MACHINE_X86 &&
	    k->t->machine != NTR_MACHINE_AMD64)
		l->args = false; /* arguments are in registers only */
	*count = DEFAULT_FRAMES;
	if (*s == 'L' || *s == 'l')
		s++;
	if (!*s)
		return NTR_OK;
	st = ntr_cmd_value(k, c, &s, count, e);
	return st ? st : ntr_cmd_end(k, c, s, e);
}

/* kd: the stack as it is. */
static enum ntr_st raw_stack(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	const char *s = c->args;
	u64 count = 0x20;
	enum ntr_st st = NTR_OK;

	if (*s)
		st = ntr_cmd_value(k, c, &s, &count, e);
	ntr_kd_need_regs(k);
	if (!st && !ntr_kd_frame_regs(k)->has_sp)
		st = ntr_fail(e, NTR_ABSENT, "the stack pointer is not known");
	if (st)
		return st;
	return ntr_show_pointers(k, ntr_kd_frame_regs(k)->sp, count, e);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	enum ntr_unw_stop stop;
	struct listing l;
	u64 count;
	enum ntr_st st;

	if (strchr(c->flags, 'd'))
		return raw_stack(k, c, e);
	st = parse(&l, k, c, &count, e);
	if (st)
		return st;
	l.f = ntr_kd_frames(k, &l.n, &stop);
	if (!l.n)
		return ntr_fail(e, NTR_ABSENT, "there is no stack: the registers "
				"of this context are not known");
	head(&l);
	ntr_out_list(k->o, "frames");
	for (size_t i = 0; i < l.n && i < count && !ntr_kd_stopped(k); i++)
		print_frame(&l, i);
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "frames_in_all", NULL, l.n);
	ntr_out_str(k->o, "end", NULL, ntr_unw_stop_text(stop));
	if (l.n > count)
		ntr_out_line(k->o, "(%zu more frames)", l.n - (size_t)count);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_k = {
	.names = "k",
	.flags = "bcdfLnNpPv",
	.summary = "the stack of the chosen context",
	.operands = "[COUNT]",
	.help = "kb adds the first arguments, kv arguments and notes, kn frame "
		"numbers, kf the bytes each frame takes, kc only call sites, kL "
		"no source lines; letters combine (kbn). kd shows the stack's "
		"words with their symbols. Parameters by name and value (kp, kP) "
		"are not known, so these are k.\n\n"
		"Behind the call site stands in brackets how the frame was found: "
		"context, cfi, fpo, code, frameptr, trap, scan; \"by export\" says "
		"that its name is only the export before it. Words in the "
		"place of arguments are what lies on the stack; on x64 that is "
		"what the function spilled, if it did.",
	.example = "kbn 10", .does = "16 frames, with numbers and arguments",
	.run = run,
};
