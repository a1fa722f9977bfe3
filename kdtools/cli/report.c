// SPDX-License-Identifier: Apache-2.0
/* The text report: what an engineer pastes into a ticket. */
#include "report.h"

#include "base/text.h"
#include "session.h"
#include "triage/bugcheck.h"

#include <stdio.h>
#include <string.h>

#define FEW_REGS 5u     /* fewer are not worth the whole block */
#define MAX_UNLOADED 8u /* lines; `ntriage modules` has them all */

static void blank(struct ntr_out *o)
{
	ntr_out_line(o, "%s", "");
}

static void head_file(struct ntr_out *o, const struct ntr_dump *d)
{
	ntr_out_styled(o, NTR_TITLE, "Loading dump file [%s]", d->path);
	blank(o);
	if (d->packing)
		ntr_out_line(o, "Packed as: %s%s%s", d->packing,
			     d->member ? ", member " : "",
			     d->member ? d->member : "");
	ntr_out_line(o, "%s, %s dump, %" PRIu64 " bytes%s", d->fmt->descr,
		     ntr_dump_kind_name(d->kind), d->file->size,
		     d->complete ? "" : ", INCOMPLETE (see notes)");
	blank(o);
}

static void head_system(struct ntr_out *o, const struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	const char *arch;
	char buf[32];

	arch = ntr_machine_text(buf, t->machine);
	ntr_out_print(o, "%s", t->os_name ? t->os_name : t->other_os ?
		      t->other_os : "Unknown system");
	if (t->build)
		ntr_out_print(o, " Kernel Version %" PRIu32, t->build);
	if (t->service_pack)
		ntr_out_print(o, " (%s)", t->service_pack);
	if (m->has & NTR_HAS_CPUS)
		ntr_out_print(o, " %s (%" PRIu32 " proc%s)",
			      m->cpus == 1 ? "UP" : "MP", m->cpus,
			      m->cpus == 1 ? "" : "s");
	ntr_out_line(o, "%s%s", arch ? " " : "", arch ? arch : "");
	if (t->product)
		ntr_out_line(o, "Product: %s", t->product);
}

static void head_addresses(struct ntr_out *o, const struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	char base[24], list[24];

	if (!t->kernel_base && !(m->has & NTR_HAS_PSMODS))
		return;
	ntr_va_text(base, t->kernel_base, t->ptr_size);
	ntr_va_text(list, m->psmods, t->ptr_size);
	ntr_out_line(o, "Kernel base = %s%s PsLoadedModuleList = %s%s",
		     t->kernel_base ? "0x" : "", t->kernel_base ? base :
		     "unknown", m->has & NTR_HAS_PSMODS ? "0x" : "",
		     m->has & NTR_HAS_PSMODS ? list : "unknown");
}

static void head_times(struct ntr_out *o, const struct ntr_meta *m)
{
	u64 s = m->uptime / 10000000;
	char text[32];

	if (m->has & NTR_HAS_TIME && ntr_filetime_text(text, m->time))
		ntr_out_line(o, "Crash time: %s", text);
	if (m->has & NTR_HAS_UPTIME)
		ntr_out_line(o, "System Uptime: %" PRIu64 " days %" PRIu64
			     ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64,
			     s / 86400, s / 3600 % 24, s / 60 % 60, s % 60,
			     m->uptime / 10000 % 1000);
}

static void head(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_target *t = v->t;

	head_file(o, t->d);
	head_system(o, t);
	head_addresses(o, t);
	head_times(o, &t->d->meta);
	if (t->modules.n)
		ntr_out_line(o, "Loaded modules: %zu%s%s%s%s, unloaded: %zu",
			     t->modules.n, t->modules_source ? " (" : "",
			     t->modules_source ? t->modules_source : "",
			     t->modules_source ? ")" : "",
			     t->modules_complete ? "" : ", INCOMPLETE",
			     t->unloaded.n);
	blank(o);
}

static void box(struct ntr_out *o)
{
	static const char stars[] = "****************************************"
		"***************************************";

	ntr_out_line(o, "%s", stars);
	ntr_out_line(o, "*%*s*", 77, "");
	ntr_out_line(o, "*%-24s%-53s*", "", "Bugcheck Analysis");
	ntr_out_line(o, "*%*s*", 77, "");
	ntr_out_line(o, "%s", stars);
	blank(o);
}

static void argument(struct ntr_out *o, const struct ntr_verdict *v,
		     unsigned i)
{
	const struct ntr_param_text *p = &v->param[i];
	int digits = v->t->ptr_size == 4 ? 8 : 16;
	char first[40];

	snprintf(first, sizeof(first), "Arg%u: %0*" PRIx64, i + 1, digits,
		 v->arg[i]);
	if (p->meaning || p->value)
		ntr_out_para(o, first, ", %s%s%s", p->meaning ? p->meaning :
			     "", p->meaning && p->value ? ": " : "",
			     p->value ? p->value : "");
	else
		ntr_out_line(o, "%s", first);
}

static void bugcheck(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->has_bugcheck)
		return;
	box(o);
	ntr_out_styled(o, NTR_ALARM, "%s (%" PRIx32 ")", v->name ? v->name :
		       v->tool_mark ? "No bug check, but an imaging tool's mark"
		       : "Unknown bug check", v->code_raw);
	blank(o);
	if (v->explanation)
		ntr_out_para(o, "", "%s", v->explanation);
	ntr_out_line(o, "Arguments:");
	for (unsigned i = 0; i < 4; i++)
		argument(o, v, i);
	blank(o);
}

/* A user dump has an exception where a kernel dump has a bug check. */
static void exception(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_exc *x = &v->exc;
	const char *name;
	char site[256];

	if (v->has_bugcheck || (!x->has_code && !x->has_address))
		return;
	if (x->has_code) {
		name = v->t->is_nt ? ntr_nt_status_name(x->code, NULL) : NULL;
		ntr_out_styled(o, NTR_ALARM, "EXCEPTION_CODE: %s0x%" PRIx32
			       "%s%s", v->t->is_nt ? "(NTSTATUS) " : "",
			       x->code, name ? " - " : "", name ? name : "");
		blank(o);
	}
	if (v->explanation)
		ntr_out_para(o, "", "%s", v->explanation);
	if (x->has_address) {
		ntr_target_symbolise(v->t, x->address, site, sizeof(site));
		ntr_out_line(o, "FAULTING_IP:     %s", site);
	}
	if (v->t->d->exception_tid)
		ntr_out_line(o, "FAULTING_THREAD: %" PRIx64,
			     v->t->d->exception_tid);
	blank(o);
}

static void thread(struct ntr_out *o, const struct ntr_target *t)
{
	const struct ntr_thread *th = &t->thread;
	char va[24], lo[24], hi[24];

	if (th->va) {
		ntr_va_text(va, th->va, t->ptr_size);
		ntr_out_print(o, "THREAD:        %s", va);
		if (th->has_ids)
			ntr_out_print(o, "  Cid %04" PRIx64 ".%04" PRIx64,
				      th->pid, th->id);
		if (th->source == NTR_SRC_ASSUMED)
			ntr_out_print(o, "  (structure layout of the nearest "
				      "known build)");
		blank(o);
	}
	if (th->stack_base && th->stack_limit) {
		ntr_va_text(lo, th->stack_limit, t->ptr_size);
		ntr_va_text(hi, th->stack_base, t->ptr_size);
		ntr_out_line(o, "STACK:         %s .. %s (%" PRIu64 " bytes)",
			     lo, hi, th->stack_base - th->stack_limit);
	}
}

#define BELOW 0x10000u /* a stack pointer so far below has overflowed */

/* Interrupts, DPCs and double faults have stacks of their own. */
static void other_stack(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_thread *th = &v->t->thread;
	u64 sp = v->regs.sp;

	if (!v->has_regs || !th->stack_base || !th->stack_limit ||
	    (v->t->d && v->t->d->kind == NTR_KIND_USER) ||
	    (sp < th->stack_base && sp + BELOW >= th->stack_limit))
		return;
	ntr_out_line(o, "               (sp is on another stack, as in an "
		     "interrupt, a DPC or a double fault)");
}

static void details(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_target *t = v->t;
	size_t before = o->buf.len;

	if (*t->thread.process_name)
		ntr_out_line(o, "PROCESS_NAME:  %s", t->thread.process_name);
	thread(o, t);
	other_stack(o, v);
	if (t->crash_cpu >= 0 && (size_t)t->crash_cpu < t->cpus.n) {
		const struct ntr_cpu *cpu = &t->cpus.v[t->crash_cpu];

		if (cpu->number != NTR_CPU_UNKNOWN)
			ntr_out_line(o, "CPU:           %" PRIu32,
				     cpu->number);
		if (cpu->has_irql)
			ntr_out_line(o, "CURRENT_IRQL:  %x", cpu->irql);
	}
	if (o->buf.len != before)
		blank(o);
}

static unsigned known_regs(const struct ntr_regs *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NTR_MAX_REGS; i++)
		n += ntr_reg_known(r, i);
	return n;
}

static void registers(struct ntr_out *o, const struct ntr_verdict *v,
		      const struct ntr_regs *r)
{
	char site[256], ip[24], sp[24];

	if (known_regs(r) >= FEW_REGS) {
		ntr_report_regs(o, r);
	} else {
		ntr_va_text(ip, r->ip, v->t->ptr_size);
		ntr_va_text(sp, r->sp, v->t->ptr_size);
		ntr_out_line(o, "%s%s%s%s", r->has_ip ? "ip " : "",
			     r->has_ip ? ip : "", r->has_sp ? "  sp " : "",
			     r->has_sp ? sp : "");
	}
	if (r->has_ip) {
		ntr_target_symbolise(v->t, r->ip, site, sizeof(site));
		ntr_out_line(o, "%s", site);
	}
	blank(o);
}

static void context(struct ntr_out *o, const struct ntr_verdict *v)
{
	char va[24];

	if (v->trap_frame) {
		ntr_va_text(va, v->trap_frame, v->t->ptr_size);
		ntr_out_line(o, "TRAP_FRAME:    %s", va);
	}
	if (!v->has_regs)
		return;
	ntr_out_line(o, "CONTEXT:       (%s)", v->context_source ?
		     v->context_source : "unknown source");
	registers(o, v, &v->regs);
}

/* The code that faulted, when the stack starts elsewhere. */
static void fault(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->has_fault || (v->has_regs && v->fault.ip == v->regs.ip &&
			      v->fault.sp == v->regs.sp))
		return;
	ntr_out_print(o, "FAULTING CODE: (%s", v->fault_source ?
		      v->fault_source : "unknown source");
	if (v->fault_frame >= 0)
		ntr_out_print(o, ", frame %02x", (unsigned)v->fault_frame);
	ntr_out_line(o, ")");
	registers(o, v, &v->fault);
}

/* Where every other processor was, when anything is known of it. */
static void processors(struct ntr_out *o, struct ntr_target *t)
{
	char site[256], sp[24];
	unsigned n = 0;

	for (size_t i = 0; i < t->cpus.n; i++) {
		const struct ntr_cpu *c = &t->cpus.v[i];

		if (!c->has_regs || !c->regs.has_ip || (int)i == t->crash_cpu)
			continue;
		if (!n++)
			ntr_out_line(o, "OTHER PROCESSORS:");
		ntr_target_symbolise(t, c->regs.ip, site, sizeof(site));
		ntr_va_text(sp, c->regs.sp, t->ptr_size);
		if (c->number == NTR_CPU_UNKNOWN)
			ntr_out_print(o, "  ?");
		else
			ntr_out_print(o, "%3" PRIu32, c->number);
		ntr_out_line(o, "  sp %s  %s", sp, site);
	}
	if (n)
		blank(o);
}

/* Only those a frame points into: the driver that left too early. */
static void unloaded(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_unloaded_module *seen = NULL;
	char lo[24], hi[24];
	unsigned n = 0;

	for (size_t i = 0; i < v->stack.n && n < MAX_UNLOADED; i++) {
		const struct ntr_unloaded_module *u = v->stack.v[i].unloaded;

		if (!u || u == seen)
			continue;
		if (!n++)
			ntr_out_line(o, "UNLOADED MODULES ON THE STACK:");
		ntr_va_text(lo, u->start, v->t->ptr_size);
		ntr_va_text(hi, u->end, v->t->ptr_size);
		ntr_out_line(o, "    %s .. %s  %s", lo, hi, u->image);
		seen = u;
	}
	if (n)
		blank(o);
}

static void bucket(struct ntr_out *o, const struct ntr_bucket *b)
{
	if (!b->id)
		return;
	ntr_out_line(o, "FAILURE_BUCKET_ID:  %s", b->id);
	if (*b->hash)
		ntr_out_line(o, "FAILURE_ID_HASH:  {%s}", b->hash);
	if (*b->mod) {
		ntr_out_line(o, "STACK_SHA1_HASH_MOD:  %s", b->mod);
		ntr_out_line(o, "STACK_SHA1_HASH_MOD_FUNC:  %s", b->mod_func);
		ntr_out_line(o, "STACK_SHA1_HASH_MOD_FUNC_OFFSET:  %s",
			     b->mod_func_offset);
	}
	if (b->algorithm)
		ntr_out_line(o, "BUCKET_ALGORITHM:  %s", b->algorithm);
	blank(o);
}

static void unwind_trace(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->want_trace)
		return;
	ntr_out_styled(o, NTR_TITLE, "UNWIND_TRACE:\n");
	for (size_t i = 0; i < v->unwind_trace.n; i++)
		ntr_out_line(o, "    %s", v->unwind_trace.v[i]);
	blank(o);
}

static void loose_ends(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_target *t = v->t;

	if (v->single_bit)
		ntr_out_para(o, "HARDWARE HINT: ", "%s", v->single_bit);
	if (t->d->notes.n)
		ntr_out_styled(o, NTR_TITLE, "Notes:\n");
	for (size_t i = 0; i < t->d->notes.n; i++)
		ntr_out_para(o, "  * ", "%s", t->d->notes.v[i]);
	if (t->missing.n)
		ntr_out_styled(o, NTR_TITLE, "What is missing:\n");
	for (size_t i = 0; i < t->missing.n; i++)
		ntr_out_para(o, "  * ", "%s: %s", t->missing.v[i].what,
			     t->missing.v[i].supply);
}

/* A dump of something else than NT: what it is, and no more. */
static void not_nt(struct ntr_out *o, const struct ntr_target *t)
{
	if (t->other_os)
		ntr_out_para(o, "", "This is the memory of another system than "
			     "Windows NT: %s. There is no bug check to "
			     "explain.", t->other_os);
	else
		ntr_out_para(o, "", "No NT kernel was found in this memory: "
			     "there is no bug check to explain.");
	blank(o);
}

void ntr_report_text(struct ntr_out *o, struct ntr_verdict *v,
		     const struct sig_results *s)
{
	head(o, v);
	if (!v->t->is_nt && v->t->d->kind != NTR_KIND_USER)
		not_nt(o, v->t);
	bugcheck(o, v);
	exception(o, v);
	details(o, v);
	context(o, v);
	fault(o, v);
	if (v->hang) {
		ntr_report_hang(o, v->hang);
		ntr_out_line(o, "%s", "");
	}
	ntr_report_stack(o, v);
	processors(o, v->t);
	ntr_report_overflow(o, v);
	unloaded(o, v);
	if (v->has_bugcheck || v->stack.n)
		ntr_report_blame(o, v);
	bucket(o, &v->bucket);
	if (s)
		ntr_report_signatures(o, s);
	ntr_report_pool(o, v);
	unwind_trace(o, v);
	loose_ends(o, v);
}
