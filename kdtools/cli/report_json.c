// SPDX-License-Identifier: Apache-2.0
/* ntriage.verdict/1. What is not known is null; lists may be empty. */
#include "base/text.h"
#include "module_out.h"
#include "report.h"
#include "session.h"
#include "triage/bugcheck.h"

#include <string.h>

static void hex_or_null(struct ntr_out *o, const char *key, u64 v)
{
	ntr_out_hex_if(o, key, NULL, v, v);
}

static void text_or_null(struct ntr_out *o, const char *key, const char *v)
{
	ntr_out_str(o, key, NULL, v && *v ? v : NULL);
}

static void json_file(struct ntr_out *o, const struct ntr_dump *d)
{
	ntr_out_open(o, "file");
	ntr_out_dump_file(o, d);
	ntr_out_close(o);
}

static void json_system(struct ntr_out *o, const struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	char buf[32], time[32];

	ntr_out_open(o, "system");
	text_or_null(o, "arch", ntr_machine_text(buf, t->machine));
	text_or_null(o, "os", t->os_name ? t->os_name : t->other_os);
	ntr_out_uint_if(o, "build", NULL, t->build, t->build);
	text_or_null(o, "service_pack", t->service_pack);
	text_or_null(o, "product", t->product);
	ntr_out_bool(o, "nt", NULL, t->is_nt);
	ntr_out_uint_if(o, "cpus", NULL, m->has & NTR_HAS_CPUS, m->cpus);
	text_or_null(o, "time", m->has & NTR_HAS_TIME &&
		     ntr_filetime_text(time, m->time) ? time : NULL);
	ntr_out_uint_if(o, "uptime_s", NULL, m->has & NTR_HAS_UPTIME,
			ntr_uptime_seconds(m->uptime));
	hex_or_null(o, "kernel_base", t->kernel_base);
	text_or_null(o, "kernel_source", t->kernel_source);
	text_or_null(o, "modules_source", t->modules_source);
	ntr_out_bool(o, "modules_complete", NULL, t->modules_complete);
	ntr_out_close(o);
}

static void json_bugcheck(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->has_bugcheck) {
		ntr_out_none(o, "bugcheck", NULL);
		return;
	}
	ntr_out_open(o, "bugcheck");
	ntr_out_hex(o, "code", NULL, v->code_raw);
	ntr_out_hex(o, "base_code", NULL, v->code);
	text_or_null(o, "name", v->name);
	ntr_out_list(o, "parameters");
	for (unsigned i = 0; i < 4; i++)
		ntr_out_hex(o, NULL, NULL, v->arg[i]);
	ntr_out_list_end(o);
	ntr_out_list(o, "parameter_texts");
	for (unsigned i = 0; i < 4; i++) {
		ntr_out_open(o, NULL);
		text_or_null(o, "meaning", v->param[i].meaning);
		text_or_null(o, "value", v->param[i].value);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
	text_or_null(o, "explanation", v->explanation);
	text_or_null(o, "tool_mark", v->tool_mark);
	ntr_out_close(o);
}

static const char *access_name(const struct ntr_exc *x)
{
	if (!x->has_access)
		return NULL;
	return x->access == 0 ? "read" : x->access == 1 ? "write" :
	       x->access == 8 ? "execute" : NULL;
}

static void json_exception(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_exc *x = &v->exc;

	if (!x->has_code && !x->has_address) {
		ntr_out_none(o, "exception", NULL);
		return;
	}
	ntr_out_open(o, "exception");
	ntr_out_hex_if(o, "code", NULL, x->has_code, x->code);
	text_or_null(o, "name", x->has_code && v->t->is_nt ?
		     ntr_nt_status_name(x->code, NULL) : NULL);
	ntr_out_hex_if(o, "address", NULL, x->has_address, x->address);
	text_or_null(o, "access", access_name(x));
	ntr_out_hex_if(o, "data", NULL, x->has_access, x->data);
	hex_or_null(o, "thread", v->t->d->exception_tid);
	ntr_out_close(o);
}

static void json_regs(struct ntr_out *o, const struct ntr_regs *r)
{
	unsigned n = 0;
	const char *const *name = ntr_reg_names(r->machine, &n);

	ntr_out_hex_if(o, "ip", NULL, r->has_ip, r->ip);
	ntr_out_hex_if(o, "sp", NULL, r->has_sp, r->sp);
	ntr_out_open(o, "registers");
	for (unsigned i = 0; name && i < n && i < NTR_MAX_REGS; i++)
		ntr_out_hex_if(o, name[i], NULL, ntr_reg_known(r, i), r->r[i]);
	ntr_out_close(o);
}

static void json_context(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->has_regs) {
		ntr_out_none(o, "context", NULL);
		return;
	}
	ntr_out_open(o, "context");
	text_or_null(o, "source", v->context_source);
	json_regs(o, &v->regs);
	hex_or_null(o, "trap_frame", v->trap_frame);
	ntr_out_close(o);
}

static void json_fault(struct ntr_out *o, const struct ntr_verdict *v)
{
	if (!v->has_fault) {
		ntr_out_none(o, "fault", NULL);
		return;
	}
	ntr_out_open(o, "fault");
	text_or_null(o, "source", v->fault_source);
	ntr_out_uint_if(o, "frame", NULL, v->fault_frame >= 0,
			v->fault_frame >= 0 ? (u64)v->fault_frame : 0);
	json_regs(o, &v->fault);
	ntr_out_close(o);
}

static void json_thread(struct ntr_out *o, const struct ntr_target *t)
{
	const struct ntr_thread *th = &t->thread;
	bool cpu = t->crash_cpu >= 0 && (size_t)t->crash_cpu < t->cpus.n;
	const struct ntr_cpu *c = cpu ? &t->cpus.v[t->crash_cpu] : NULL;

	ntr_out_open(o, "thread");
	hex_or_null(o, "address", th->va);
	text_or_null(o, "process", th->process_name);
	ntr_out_uint_if(o, "pid", NULL, th->has_ids, th->pid);
	ntr_out_uint_if(o, "tid", NULL, th->has_ids, th->id);
	hex_or_null(o, "stack_base", th->stack_base);
	hex_or_null(o, "stack_limit", th->stack_limit);
	ntr_out_uint_if(o, "cpu", NULL, c && c->number != NTR_CPU_UNKNOWN,
			c ? c->number : 0);
	ntr_out_uint_if(o, "irql", NULL, c && c->has_irql, c ? c->irql : 0);
	text_or_null(o, "source", th->source == NTR_SRC_NONE ? NULL :
		     ntr_source_name(th->source));
	ntr_out_close(o);
}

static void json_frame(struct ntr_out *o, const struct ntr_vframe *f)
{
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "ip", NULL, f->f.ip);
	ntr_out_hex(o, "sp", NULL, f->f.sp);
	text_or_null(o, "module", f->module ? f->module->name : NULL);
	ntr_out_hex_if(o, "offset", NULL, f->module, f->offset);
	text_or_null(o, "function", f->function);
	ntr_out_hex_if(o, "displacement", NULL, f->function, f->displacement);
	ntr_out_bool(o, "export", NULL, f->export);
	text_or_null(o, "source_file", f->file);
	ntr_out_uint_if(o, "source_line", NULL, f->file, f->line);
	ntr_out_str(o, "trust", NULL, ntr_trust_name(f->f.trust));
	ntr_out_bool(o, "call_checked", NULL, f->f.call_checked);
	text_or_null(o, "unloaded", f->unloaded ? f->unloaded->image : NULL);
	text_or_null(o, "note", f->f.note);
	ntr_out_close(o);
}

static void json_stack(struct ntr_out *o, const struct ntr_verdict *v)
{
	ntr_out_list(o, "stack");
	for (size_t i = 0; i < v->stack.n; i++)
		json_frame(o, &v->stack.v[i]);
	ntr_out_list_end(o);
	if (v->want_trace) {
		ntr_out_list(o, "unwind_trace");
		for (size_t i = 0; i < v->unwind_trace.n; i++)
			ntr_out_str(o, NULL, NULL, v->unwind_trace.v[i]);
		ntr_out_list_end(o);
	}
	text_or_null(o, "stack_end", v->stack.n ? ntr_unw_stop_text(v->stop) :
		     NULL);
}

static void json_cycle(struct ntr_out *o, const struct ntr_cycle *c)
{
	if (!c->found) {
		ntr_out_none(o, "cycle", NULL);
		return;
	}
	ntr_out_open(o, "cycle");
	ntr_out_uint(o, "first", NULL, c->first);
	ntr_out_uint(o, "period", NULL, c->period);
	ntr_out_uint(o, "count", NULL, c->count);
	ntr_out_uint(o, "bytes", NULL, c->bytes);
	text_or_null(o, "text", c->text);
	ntr_out_close(o);
}

static void json_overflow(struct ntr_out *o, const struct ntr_overflow *w)
{
	bool limits = w->limit || w->base;

	ntr_out_open(o, "overflow");
	ntr_out_bool(o, "checked", NULL, w->checked);
	ntr_out_bool(o, "proven", NULL, w->proven);
	text_or_null(o, "reason", w->reason);
	hex_or_null(o, "sp", w->sp);
	hex_or_null(o, "limit", w->limit);
	hex_or_null(o, "base", w->base);
	ntr_out_uint_if(o, "size", NULL, limits, w->size);
	ntr_out_uint_if(o, "used", NULL, limits, w->used);
	text_or_null(o, "memory", w->memory);
	json_cycle(o, &w->cycle);
	ntr_out_close(o);
}

static void json_processors(struct ntr_out *o, const struct ntr_target *t)
{
	ntr_out_list(o, "processors");
	for (size_t i = 0; i < t->cpus.n; i++) {
		const struct ntr_cpu *c = &t->cpus.v[i];

		ntr_out_open(o, NULL);
		ntr_out_uint_if(o, "number", NULL,
				c->number != NTR_CPU_UNKNOWN, c->number);
		ntr_out_hex_if(o, "ip", NULL, c->has_regs && c->regs.has_ip,
			       c->regs.ip);
		ntr_out_hex_if(o, "sp", NULL, c->has_regs && c->regs.has_sp,
			       c->regs.sp);
		text_or_null(o, "source", c->has_regs ? c->regs_source : NULL);
		hex_or_null(o, "thread", c->thread);
		ntr_out_uint_if(o, "irql", NULL, c->has_irql, c->irql);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

static void json_blame(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_blame *b = &v->blame;

	ntr_out_open(o, "blame");
	text_or_null(o, "module", b->module);
	text_or_null(o, "image", b->image);
	text_or_null(o, "function", b->function);
	ntr_out_hex_if(o, "offset", NULL, b->module, b->offset);
	ntr_out_uint_if(o, "frame", NULL, b->module && b->frame >= 0,
			b->frame >= 0 ? (u64)b->frame : 0);
	text_or_null(o, "class", b->module && b->cls != NTR_BLAME_NONE ?
		     ntr_blame_class_name(b->cls) : NULL);
	text_or_null(o, "confidence", b->confidence);
	text_or_null(o, "reason", b->reason);
	text_or_null(o, "note", v->note);
	ntr_out_list(o, "skipped");
	for (size_t i = 0; i < b->skipped.n; i++) {
		ntr_out_open(o, NULL);
		ntr_out_uint(o, "frame", NULL, b->skipped.v[i].frame);
		text_or_null(o, "reason", b->skipped.v[i].reason);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
	ntr_out_close(o);
}

static void json_bucket(struct ntr_out *o, const struct ntr_bucket *b)
{
	ntr_out_open(o, "bucket");
	text_or_null(o, "id", b->id);
	text_or_null(o, "hash", b->hash);
	text_or_null(o, "mod", b->mod);
	text_or_null(o, "mod_func", b->mod_func);
	text_or_null(o, "mod_func_offset", b->mod_func_offset);
	text_or_null(o, "algorithm", b->algorithm);
	ntr_out_close(o);
}

static void json_missing(struct ntr_out *o, const struct ntr_target *t)
{
	ntr_out_list(o, "missing");
	for (size_t i = 0; i < t->missing.n; i++) {
		ntr_out_open(o, NULL);
		text_or_null(o, "what", t->missing.v[i].what);
		text_or_null(o, "supply", t->missing.v[i].supply);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

void ntr_report_json(struct ntr_out *o, struct ntr_verdict *v,
		     const struct sig_results *s)
{
	ntr_report_json_as(o, NULL, v, s);
}

void ntr_report_json_as(struct ntr_out *o, const char *key,
			struct ntr_verdict *v, const struct sig_results *s)
{
	ntr_out_open(o, key);
	ntr_out_str(o, "schema", NULL, "ntriage.verdict/1");
	ntr_out_str(o, "version", NULL, NTR_VERSION);
	ntr_out_bool(o, "determined", NULL, v->determined);
	json_file(o, v->t->d);
	json_system(o, v->t);
	json_bugcheck(o, v);
	json_exception(o, v);
	json_context(o, v);
	json_fault(o, v);
	json_thread(o, v->t);
	json_stack(o, v);
	json_overflow(o, &v->overflow);
	json_processors(o, v->t);
	ntr_out_modules(o, v->t, true);
	ntr_out_unloaded(o, v->t);
	json_blame(o, v);
	json_bucket(o, &v->bucket);
	text_or_null(o, "hardware_hint", v->single_bit);
	ntr_report_hang(o, v->hang);
	ntr_report_pool_json(o, v);
	ntr_report_signatures(o, s);
	json_missing(o, v->t);
	ntr_out_close(o);
}
