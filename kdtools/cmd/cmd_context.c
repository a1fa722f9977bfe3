// SPDX-License-Identifier: Apache-2.0
/* What sets the context: ~ .thread .process .trap .tss .cxr .ecxr .frame. */
#include "../cli/report.h"
#include "base/text.h"
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registers and the instruction they stand at. */
static void show_these(struct ntr_kd *k, const struct ntr_regs *r)
{
	char site[300];

	ntr_report_regs(k->o, r);
	ntr_kd_symbol(k, r->ip, site, sizeof(site));
	ntr_out_line(k->o, "%s:", *site ? site : "in no module");
	if (!k->o->json)
		(void)!ntr_show_code(k, r->ip, 1, NULL);
}

static void show_regs(struct ntr_kd *k)
{
	char site[300];

	ntr_out_str(k->o, "source", NULL, k->regs_source);
	ntr_out_hex_if(k->o, "ip", NULL, k->regs.has_ip, k->regs.ip);
	ntr_out_hex_if(k->o, "sp", NULL, k->regs.has_sp, k->regs.sp);
	ntr_kd_symbol(k, k->regs.ip, site, sizeof(site));
	ntr_out_str(k->o, "site", NULL, *site ? site : NULL);
	show_these(k, &k->regs);
}

typedef enum ntr_st reader(struct ntr_kd *k, u64 va, struct ntr_regs *r,
			   struct ntr_err *e);

static enum ntr_st read_trap(struct ntr_kd *k, u64 va, struct ntr_regs *r,
			     struct ntr_err *e)
{
	return ntr_regs_read_trap(r, k->t->machine, k->mem, va, k->t->build, e);
}

static enum ntr_st read_context(struct ntr_kd *k, u64 va, struct ntr_regs *r,
				struct ntr_err *e)
{
	return ntr_regs_read_context(r, k->t->machine, k->mem, va, k->t->build,
				     e);
}

/* A selector of the GDT, whose descriptor says where the TSS is. */
static enum ntr_st tss_of_selector(struct ntr_kd *k, u64 sel, u64 *va,
				   struct ntr_err *e)
{
	const struct ntr_target *t = k->t;
	u64 pcr = k->cpu >= 0 ? t->cpus.v[k->cpu].kpcr : 0, gdt = 0, d = 0;
	enum ntr_st st;

	if (!pcr)
		return ntr_fail(e, NTR_ABSENT, "the processor's GDT is not "
				"known");
	st = ntr_kd_member(k, "_KPCR", pcr, "GdtBase", &gdt, e);
	if (st)
		return st;
	if (ntr_read_u64(k->mem, gdt + (sel & 0xfff8), &d))
		return ntr_fail(e, NTR_ABSENT, "the GDT at %" PRIx64 " is not in "
				"this dump", gdt);
	*va = (d >> 16 & 0xffffff) | (d >> 56 << 24);
	return NTR_OK;
}

static enum ntr_st read_tss(struct ntr_kd *k, u64 va, struct ntr_regs *r,
			    struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (k->t->machine != NTR_MACHINE_X86)
		return ntr_fail(e, NTR_UNSUP, "only an x86 TSS holds registers; "
				"here a double fault leaves a trap frame (.trap)");
	if (va < 0x10000)
		st = tss_of_selector(k, va, &va, e);
	return st ? st : ntr_regs_read_tss(r, k->mem, va, e);
}

/* What .trap, .cxr and .tss share. Without an address: back. */
static enum ntr_st from_memory(struct ntr_kd *k, const struct ntr_call *c,
			       reader *read, const char *what, bool trap,
			       struct ntr_err *e)
{
	struct ntr_regs r = { 0 };
	const char *s = c->args;
	char source[80];
	enum ntr_st st = NTR_OK;
	u64 va = 0;

	if (*s)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st && !va) {
		ntr_kd_default_context(k);
		ntr_kd_need_regs(k);
		ntr_out_line(k->o, "Resetting default scope");
		ntr_out_str(k->o, "source", NULL, k->regs_source);
		return NTR_OK;
	}
	if (!st)
		st = read(k, va, &r, e);
	if (st)
		return st;
	snprintf(source, sizeof(source), "%s at 0x%" PRIx64, what, va);
	ntr_kd_set_regs(k, &r, source);
	k->trap = trap ? va : 0;
	show_regs(k);
	return NTR_OK;
}

static enum ntr_st run_trap(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	return from_memory(k, c, read_trap, "trap frame", true, e);
}

static enum ntr_st run_cxr(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	return from_memory(k, c, read_context, "context", false, e);
}

static enum ntr_st run_tss(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	return from_memory(k, c, read_tss, "TSS", false, e);
}

static enum ntr_st run_ecxr(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	struct ntr_verdict *v = ntr_kd_verdict(k);
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (st)
		return st;
	if (!v || !v->has_fault)
		return ntr_fail(e, NTR_ABSENT, "this dump holds no registers of "
				"an exception");
	ntr_kd_default_context(k);
	ntr_kd_set_regs(k, &v->fault, v->fault_source ? v->fault_source :
			"fault");
	k->trap = v->trap_frame;
	show_regs(k);
	return NTR_OK;
}

/* --- .frame ---------------------------------------------------------------------- */

struct frame_args {
	u64 want;
	bool regs, context;
};

/* [/r] [/c] [N | =], in any order. */
static enum ntr_st parse_frame(struct ntr_kd *k, const struct ntr_call *c,
			       struct frame_args *a, struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;
	char opt[8];

	*a = (struct frame_args){ .want = k->frame };
	if (c->name[2] == '+')
		a->want++;
	if (c->name[2] == '-' && !a->want--)
		return ntr_fail(e, NTR_ABSENT, "frame 0 is the innermost");
	while (*s && !st) {
		if (*s != '/') {
			st = ntr_cmd_value(k, c, &s, &a->want, e);
			continue;
		}
		ntr_cmd_word(&s, opt, sizeof(opt));
		if (!strcmp(opt, "/r"))
			a->regs = true;
		else if (!strcmp(opt, "/c"))
			a->context = true;
		else
			st = ntr_fail(e, NTR_USAGE, ".frame has the options /r "
				      "and /c");
	}
	return st;
}

static void show_frame(struct ntr_kd *k, const struct ntr_vframe *f, u64 n,
		       bool outermost)
{
	char site[300], sp[24], ret[24];

	ntr_frame_text(site, sizeof(site), f);
	ntr_va_text(sp, f->f.sp, k->t->ptr_size);
	ntr_va_text(ret, outermost ? 0 : f[1].f.ip, k->t->ptr_size);
	ntr_out_uint(k->o, "number", NULL, n);
	ntr_out_hex(k->o, "sp", NULL, f->f.sp);
	ntr_out_hex(k->o, "ip", NULL, f->f.ip);
	ntr_out_str(k->o, "site", NULL, site);
	ntr_out_str(k->o, "trust", NULL, ntr_trust_name(f->f.trust));
	ntr_out_line(k->o, "%02" PRIx64 " %s %s %.200s [%s]", n, sp, ret,
		     site, ntr_trust_name(f->f.trust));
}

static enum ntr_st run_frame(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	const struct ntr_vframe *f;
	enum ntr_unw_stop stop;
	struct frame_args a;
	struct ntr_regs r;
	char source[80];
	size_t n = 0;
	enum ntr_st st = parse_frame(k, c, &a, e);

	if (st)
		return st;
	f = ntr_kd_frames(k, &n, &stop);
	if (a.want >= n)
		return ntr_fail(e, NTR_ABSENT, "there is no frame %" PRIx64
				": the stack has 0x%zx", a.want, n);
	k->frame = (unsigned)a.want;
	k->next_code = 0;
	show_frame(k, f + a.want, a.want, a.want + 1 == n);
	r = *ntr_kd_frame_regs(k);
	ntr_out_regs(k, &r);
	if (a.regs || a.context)
		show_these(k, &r);
	if (a.context) {
		snprintf(source, sizeof(source), "frame %" PRIx64, a.want);
		ntr_kd_set_regs(k, &r, source);
	}
	return NTR_OK;
}

/* --- threads and processes --------------------------------------------------------- */

static void say_thread(struct ntr_kd *k)
{
	char va[24];

	ntr_va_text(va, k->thread.va, k->t->ptr_size);
	ntr_out_hex_if(k->o, "thread", NULL, k->thread.va, k->thread.va);
	ntr_out_hex_if(k->o, "pid", NULL, k->thread.has_ids, k->thread.pid);
	ntr_out_hex_if(k->o, "tid", NULL, k->thread.has_ids, k->thread.id);
	ntr_out_str(k->o, "process_name", NULL, *k->thread.process_name ?
		    k->thread.process_name : NULL);
	ntr_out_line(k->o, "Implicit thread is now %s", va);
}

static enum ntr_st run_thread(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;
	u64 va = 0;
	char opt[8];

	while (*s == '/')
		ntr_cmd_word(&s, opt, sizeof(opt));
	if (*s) {
		st = ntr_cmd_addr(k, c, &s, &va, e);
		if (!st)
			st = ntr_cmd_end(k, c, s, e);
		if (st)
			return st;
	}
	if (!va)
		ntr_kd_default_context(k);
	else
		st = ntr_kd_set_thread(k, va, e);
	if (st && k->thread.va != va)
		return st;
	if (!k->thread.va)
		return ntr_fail(e, NTR_ABSENT, "the thread is not known");
	say_thread(k);
	return st;
}

static enum ntr_st run_process(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;
	char text[24], opt[8];
	u64 va = 0;

	while (*s == '/')
		ntr_cmd_word(&s, opt, sizeof(opt));
	if (*s) {
		st = ntr_cmd_addr(k, c, &s, &va, e);
		if (!st)
			st = ntr_cmd_end(k, c, s, e);
		if (!st && va)
			st = ntr_kd_set_process(k, va, e);
		else if (!st)
			ntr_kd_default_context(k);
	}
	if (st)
		return st;
	if (!k->process)
		return ntr_fail(e, NTR_ABSENT, "the process is not known");
	ntr_va_text(text, k->process, k->t->ptr_size);
	ntr_out_hex(k->o, "process", NULL, k->process);
	ntr_out_line(k->o, "Implicit process is now %s", text);
	return NTR_OK;
}

/* --- processors --------------------------------------------------------------------- */

/* A processor's line and, unless cmd is NULL, what cmd says there. */
static void show_cpu_with(struct ntr_kd *k, size_t i, const char *cmd)
{
	const struct ntr_cpu *c = &k->t->cpus.v[i];
	char number[16] = "?", ip[24], site[300] = "";

	if (c->number != NTR_CPU_UNKNOWN)
		snprintf(number, sizeof(number), "%" PRIu32, c->number);
	ntr_va_text(ip, c->regs.ip, k->t->ptr_size);
	if (c->has_regs)
		ntr_kd_symbol(k, c->regs.ip, site, sizeof(site));
	ntr_out_open(k->o, NULL);
	ntr_out_uint_if(k->o, "number", NULL, c->number != NTR_CPU_UNKNOWN,
			c->number);
	ntr_out_bool(k->o, "chosen", NULL, (int)i == k->cpu);
	ntr_out_bool(k->o, "crashed", NULL, (int)i == k->t->crash_cpu);
	ntr_out_hex_if(k->o, "kpcr", NULL, c->kpcr, c->kpcr);
	ntr_out_hex_if(k->o, "kprcb", NULL, c->kprcb, c->kprcb);
	ntr_out_hex_if(k->o, "thread", NULL, c->thread, c->thread);
	ntr_out_hex_if(k->o, "ip", NULL, c->has_regs, c->regs.ip);
	ntr_out_str(k->o, "site", NULL, *site ? site : NULL);
	ntr_out_str(k->o, "registers_from", NULL, c->has_regs ?
		    c->regs_source : NULL);
	ntr_out_print(k->o, "%c %3s  ", (int)i == k->cpu ? '.' :
		      (int)i == k->t->crash_cpu ? '#' : ' ', number);
	ntr_out_line(k->o, "%s  %s", c->has_regs ? ip :
		     k->t->ptr_size == 4 ? "????????" : "????????`????????",
		     c->has_regs ? site : "(its registers are not in this dump)");
	if (cmd) {
		ntr_out_list(k->o, "commands");
		(void)ntr_kd_line(k, cmd);
		ntr_out_list_end(k->o);
	}
	ntr_out_close(k->o);
}

static void show_cpu(struct ntr_kd *k, size_t i)
{
	show_cpu_with(k, i, NULL);
}

/* A command on processor i, or on every one (-1); then what was chosen is
 * chosen again. */
static enum ntr_st on_cpus(struct ntr_kd *k, long i, const char *cmd,
			   struct ntr_err *e)
{
	struct ntr_kd_chosen before;

	if (*cmd == '~' || *cmd == '$')
		return ntr_fail(e, NTR_USAGE, "behind ~ stands one command, such "
				"as ~*k, and not %c", *cmd);
	ntr_kd_save(k, &before);
	for (size_t j = 0; j < k->t->cpus.n && !ntr_kd_stopped(k); j++) {
		if (i >= 0 && (size_t)i != j)
			continue;
		ntr_kd_set_cpu(k, (int)j);
		show_cpu_with(k, j, cmd);
		if (i < 0)
			ntr_out_line(k->o, "%s", "");
	}
	ntr_kd_restore(k, &before);
	return NTR_OK;
}

static enum ntr_st choose_cpu(struct ntr_kd *k, const char *args,
			      struct ntr_err *e)
{
	char *end = NULL;
	unsigned long n = strtoul(args, &end, 10);
	const char *cmd = end + strspn(end, " \t");

	if (end == args)
		return ntr_fail(e, NTR_USAGE, "~ is followed by nothing, by * or "
				"a processor's number, and s or a command: ~1s, "
				"~*k");
	for (size_t i = 0; i < k->t->cpus.n; i++) {
		if (k->t->cpus.v[i].number != n)
			continue;
		if (*cmd && ntr_strcasecmp(cmd, "s"))
			return on_cpus(k, (long)i, cmd, e);
		if (*cmd)
			ntr_kd_set_cpu(k, (int)i);
		show_cpu(k, i);
		return NTR_OK;
	}
	return ntr_fail(e, NTR_ABSENT, "nothing is known of a processor %lu", n);
}

static enum ntr_st run_cpus(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	ntr_out_list(k->o, "processors");
	if (*c->args == '*' && c->args[1]) {
		st = on_cpus(k, -1, c->args + 1 + strspn(c->args + 1, " \t"),
			     e);
	} else if (*c->args && *c->args != '*') {
		st = choose_cpu(k, c->args, e);
	} else {
		for (size_t i = 0; i < k->t->cpus.n; i++)
			show_cpu(k, i);
		if (!k->t->cpus.n)
			st = ntr_fail(e, NTR_ABSENT, "nothing is known of the "
				      "processors");
	}
	ntr_out_list_end(k->o);
	return st;
}

const struct ntr_cmd ntr_cmd_processors = {
	.names = "~",
	.summary = "the processors, or another one chosen",
	.operands = "[Ns | N COMMAND | *COMMAND]",
	.help = "Without N a line for each processor of which something is "
		"known: '.' is the chosen one, '#' the one that crashed. ~Ns "
		"chooses processor N (decimal) with its thread, process and "
		"registers; the one that crashed has the verdict's context. "
		"A command behind ~N or ~* runs there or on every processor, and "
		"changes nothing of what is chosen.",
	.example = "~1s", .does = "look at processor 1",
	.run = run_cpus,
};
const struct ntr_cmd ntr_cmd_dot_trap = {
	.names = ".trap",
	.summary = "registers of a trap frame",
	.operands = "[ADDR]",
	.help = "Chooses the registers that the KTRAP_FRAME at ADDR holds; the "
		"stack then begins there. x64 saves no callee-saved registers in "
		"a trap frame: they are ?. Without ADDR back to the dump's own "
		"context.",
	.example = ".trap fffff880`02f3e8a0", .does = "the code that trapped",
	.run = run_trap,
};
const struct ntr_cmd ntr_cmd_dot_cxr = {
	.names = ".cxr",
	.summary = "registers of a CONTEXT",
	.operands = "[ADDR]",
	.help = "Chooses the registers of the CONTEXT record at ADDR, such as "
		"parameter 4 of bug check 7E. Without ADDR back to the dump's "
		"own context.",
	.example = ".cxr ffffd000`20f3e120; k", .does = "the stack from there",
	.run = run_cxr,
};
const struct ntr_cmd ntr_cmd_dot_tss = {
	.names = ".tss",
	.summary = "registers of a task state segment (x86)",
	.operands = "[SELECTOR | ADDR]",
	.help = "Chooses the registers that an x86 TSS holds: after a double "
		"fault selector 28 is the interrupted task's. A number below "
		"10000 is a selector of the processor's GDT. Without an operand "
		"back to the dump's own context.",
	.example = ".tss 28", .does = "the task that a double fault interrupted",
	.run = run_tss,
};
const struct ntr_cmd ntr_cmd_dot_ecxr = {
	.names = ".ecxr",
	.summary = "registers of the fault",
	.operands = "",
	.help = "Chooses the registers of the code that faulted, as the verdict "
		"found them: in an exception's context, a trap frame, a TSS.",
	.example = ".ecxr; kn", .does = "the stack of the fault itself",
	.run = run_ecxr,
};
const struct ntr_cmd ntr_cmd_dot_frame = {
	.names = ".frame .f+ .f-",
	.summary = "the chosen frame",
	.operands = "[/r] [/c] [N]",
	.help = "Shows the chosen frame, or chooses frame N (hex) of the stack: "
		"r, dv, u and expressions then have its registers. They are "
		"what the frames below it saved; one that nobody is known to "
		"have kept is ?.\n\n"
		"/r shows them. /c makes them the context: k begins at that "
		"frame, until .cxr. .f+ and .f- choose the next frame outwards and "
		"inwards.",
	.example = ".frame /r 2", .does = "the third frame with its registers",
	.run = run_frame,
};
const struct ntr_cmd ntr_cmd_dot_thread = {
	.names = ".thread",
	.summary = "choose a thread",
	.operands = "[/p] [/r] [ADDR]",
	.help = "Chooses the thread (KTHREAD) at ADDR and its registers: the "
		"processor's when it runs, else those that switching away left "
		"on its stack: ip, sp, fp. Without ADDR (or with 0) back to the "
		"thread that crashed. Options are taken and change nothing.",
	.example = ".thread ffffe000`12345080; k", .does = "the stack of a thread",
	.run = run_thread,
};
const struct ntr_cmd ntr_cmd_dot_process = {
	.names = ".process",
	.summary = "choose a process",
	.operands = "[/p] [/r] [ADDR]",
	.help = "Chooses the process (EPROCESS) at ADDR: user addresses are its "
		"own from then on. Without ADDR says which one is chosen; 0 goes "
		"back to the process that crashed. Options are taken and change "
		"nothing.",
	.example = ".process ffffe000`0a1b2080", .does = "see its user memory",
	.run = run_process,
};
