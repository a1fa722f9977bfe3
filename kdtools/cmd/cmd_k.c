// SPDX-License-Identifier: Apache-2.0
/*
 * Stack listings.  WinDbg's columns, then the call site; behind it, in
 * brackets, the source line, and last the trust of the frame: what a reader of
 * WinDbg looks for stands where he looks, and how far to believe a frame is
 * never left out.
 *
 * Arguments are the stack words behind the return address, which on x64 are
 * only what the function may have spilled there.
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
	bool params, params_apart; /* kp, kP */
	unsigned nparams;          /* frames whose parameters are known */
	const struct ntr_vframe *f;
	size_t n;
	unsigned ptr;
	unsigned nargs;
};

/* WinDbg's first column: where the frame is. */
static u64 frame_place(const struct listing *l, size_t i)
{
	u64 slot;

	if (l->k->t->machine != NTR_MACHINE_X86)
		return l->f[i].f.sp;
	if (ntr_kd_return_slot(l->k, i, &slot))
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

	have = ntr_kd_return_slot(l->k, i, &slot);
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

struct params {
	const struct listing *l;
	struct ntr_str text;
	unsigned n;
};

static bool add_param(void *ctx, const struct ntr_kd_var *v)
{
	struct params *p = ctx;
	struct ntr_out *o = p->l->k->o;

	if (!v->param)
		return true;
	ntr_out_open(o, NULL);
	ntr_out_str(o, "name", NULL, v->name);
	ntr_out_str(o, "type", NULL, v->type);
	ntr_out_str(o, "value", NULL, *v->value ? v->value : NULL);
	ntr_out_close(o);
	ntr_str_printf(&p->text, "%s%s%s %s = %s", p->n ? "," : "",
		       p->l->params_apart ? "\n            " : p->n ? " " : "",
		       v->type, v->name, *v->value ? v->value : "???");
	p->n++;
	return true;
}

/* "drv!Work(int x = 0n5)+0x12" for "drv!Work+0x12". */
static void print_params(struct listing *l, size_t i, const char *site)
{
	struct params p = { .l = l };
	struct ntr_out *o = l->k->o;
	const char *plus = l->f[i].displacement ? strrchr(site, '+') : NULL;
	size_t n = plus ? (size_t)(plus - site) : strlen(site);
	enum ntr_st st;

	ntr_out_list(o, "params");
	st = l->f[i].function ? ntr_kd_vars(l->k, i, add_param, &p, NULL) :
				NTR_ABSENT;
	ntr_out_list_end(o);
	l->nparams += !st;
	if (st)
		ntr_out_print(o, "%s", site);
	else
		ntr_out_print(o, "%.*s(%s)%s", (int)n, site,
			      p.n ? ntr_str_text(&p.text) : "", site + n);
	ntr_str_fini(&p.text);
}

static void print_site(struct listing *l, size_t i)
{
	const struct ntr_vframe *f = &l->f[i];
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
	if (l->params)
		print_params(l, i, site);
	else
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

static void print_frame(struct listing *l, size_t i)
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
	print_site(l, i);
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
	l->params_apart = strchr(fl, 'P') != NULL;
	l->params = l->params_apart || strchr(fl, 'p');
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

/* k = [FRAME] STACK CODE: the stack from registers that are given. x86 takes
 * all three, as WinDbg does; other machines take the last two. */
static enum ntr_st given_regs(struct ntr_kd *k, const struct ntr_call *c,
			      const char **s, struct ntr_err *e)
{
	struct ntr_regs r = { .machine = k->t->machine };
	bool x86 = r.machine == NTR_MACHINE_X86;
	enum ntr_st st = NTR_OK;
	u64 v[3] = { 0 };

	for (unsigned i = x86 ? 0 : 1; i < 3 && !st; i++) {
		if (!**s)
			return ntr_fail(e, NTR_USAGE, "k = is followed by %s",
					x86 ? "ebp, esp and eip" :
					"the stack and the instruction pointer");
		st = ntr_cmd_addr(k, c, s, &v[i], e);
	}
	if (st)
		return st;
	if (x86)
		ntr_reg_set(&r, NTR_X86_EBP, v[0]);
	ntr_reg_set_sp(&r, v[1]);
	ntr_reg_set_ip(&r, v[2]);
	ntr_kd_set_regs(k, &r, "k =");
	return NTR_OK;
}

static enum ntr_st list_stack(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	enum ntr_unw_stop stop;
	struct listing l;
	u64 count;
	enum ntr_st st = parse(&l, k, c, &count, e);

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
	if (l.params && !l.nparams)
		ntr_out_line(k->o, "(no symbol file here says what the "
			     "parameters are: that takes private symbols)");
	if (l.n > count)
		ntr_out_line(k->o, "(%zu more frames)", l.n - (size_t)count);
	return NTR_OK;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct ntr_kd_chosen before;
	struct ntr_call rest = *c;
	enum ntr_st st;

	if (strchr(c->flags, 'd'))
		return raw_stack(k, c, e);
	if (*c->args != '=')
		return list_stack(k, c, e);
	rest.args += 1 + strspn(c->args + 1, " \t");
	ntr_kd_save(k, &before);
	st = given_regs(k, c, &rest.args, e);
	if (!st)
		st = list_stack(k, &rest, e);
	ntr_kd_restore(k, &before);
	return st;
}

const struct ntr_cmd ntr_cmd_k = {
	.names = "k",
	.flags = "bcdfLnNpPv",
	.summary = "the stack of the chosen context",
	.operands = "[= [EBP] SP IP] [COUNT]",
	.help = "kb adds the first arguments, kv arguments and notes, kn frame "
		"numbers, kf the bytes each frame takes, kc only call sites, kL "
		"no source lines; letters combine (kbn). kd shows the stack's "
		"words with their symbols. kp adds the parameters with type, name "
		"and value where symbol files have them (private symbols, "
		"DWARF), kP each on a line of its own; ??? is a value whose "
		"place is not known at that address. k = starts from the registers "
		"given (x86: ebp, esp, eip; else sp, ip) and changes nothing of "
		"what is chosen.\n\n"
		"Behind the call site stands in brackets how the frame was found: "
		"context, cfi, fpo, code, frameptr, trap, scan; \"by export\" says "
		"that its name is only the export before it. Words in the "
		"place of arguments are what lies on the stack; on x64 that is "
		"what the function spilled, if it did.",
	.example = "kbn 10", .does = "16 frames, with numbers and arguments",
	.run = run,
};
