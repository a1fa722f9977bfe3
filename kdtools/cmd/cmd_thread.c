// SPDX-License-Identifier: Apache-2.0
/* !thread, and the lines of a thread that other commands show. */
#include "../cli/report.h"
#include "cmd.h"
#include "kd_priv.h"
#include "kobj/locks.h"
#include "triage/triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHOWN_FRAMES 128u

void ntr_kd_va(const struct ntr_kd *k, char out[24], bool known, u64 va)
{
	if (known)
		ntr_va_text(out, va, k->t->ptr_size);
	else
		strcpy(out, k->t->ptr_size == 8 ? "????????`????????" :
		       "????????");
}

void ntr_cid_text(char out[48], const struct ntr_thread *th)
{
	if (th->has_ids)
		snprintf(out, 48, "%04" PRIx64 ".%04" PRIx64, th->pid, th->id);
	else
		strcpy(out, "????.????");
}

void ntr_span_text(char out[48], u64 t)
{
	u64 ms = t / 10000, s = ms / 1000;

	snprintf(out, 48, "%" PRIu64 ":%02u:%02u:%02u.%03u", s / 86400,
		 (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
		 (unsigned)(s % 60), (unsigned)(ms % 1000));
}

/* --- state ------------------------------------------------------------------------ */

static int processor_of(const struct ntr_target *t, u64 thread)
{
	for (size_t i = 0; i < t->cpus.n; i++)
		if (t->cpus.v[i].thread == thread &&
		    t->cpus.v[i].number != NTR_CPU_UNKNOWN)
			return (int)t->cpus.v[i].number;
	return -1;
}

/* In WinDbg's capitals: "WAIT: (Executive) KernelMode", "RUNNING on
 * processor 1". */
static void state_text(struct ntr_kd *k, const struct ntr_kthread *x,
		       char out[96])
{
	static const char *const names[] = {
		"INITIALIZED", "READY", "RUNNING", "STANDBY", "TERMINATED",
		"WAIT", "TRANSITION", "DEFERREDREADY", "GATEWAIT",
		"WAITING FOR PROCESS INSWAP",
	};
	int cpu = processor_of(k->t, x->th.va);

	if (!x->has_state)
		strcpy(out, "???");
	else if (ntr_thread_blocked(x))
		snprintf(out, 96, "%s: (%s) %s", names[x->state],
			 x->has_reason ? ntr_wait_reason_name(x->reason) : "?",
			 x->mode ? "UserMode" : "KernelMode");
	else if (x->state == NTR_TS_RUNNING && cpu >= 0)
		snprintf(out, 96, "RUNNING on processor %d", cpu);
	else if (x->state < NTR_COUNT(names))
		strcpy(out, names[x->state]);
	else
		snprintf(out, 96, "state %u", x->state);
}

static void head_line(struct ntr_kd *k, const struct ntr_kthread *x, int indent)
{
	struct ntr_out *o = k->o;
	char va[24], teb[24], cid[48], state[96];
	u64 at = x->teb;
	bool known = at || ntr_kd_member(k, "_KTHREAD", x->th.va, "Teb", &at,
					 NULL) == NTR_OK;

	ntr_kd_va(k, va, true, x->th.va);
	ntr_cid_text(cid, &x->th);
	ntr_out_hex(o, "thread", NULL, x->th.va);
	ntr_out_uint_if(o, "pid", NULL, x->th.has_ids, x->th.pid);
	ntr_out_uint_if(o, "tid", NULL, x->th.has_ids, x->th.id);
	ntr_out_str(o, "note", NULL, x->note);
	if (x->note) {
		ntr_out_line(o, "%*sTHREAD %s  (%s)", indent, "", va, x->note);
		return;
	}
	state_text(k, x, state);
	ntr_kd_va(k, teb, known, at);
	ntr_out_hex_if(o, "teb", NULL, known, at);
	ntr_out_str(o, "state", NULL, x->has_state ?
		    ntr_thread_state_name(x->state) : NULL);
	ntr_out_str(o, "wait_reason", NULL, ntr_thread_blocked(x) &&
		    x->has_reason ? ntr_wait_reason_name(x->reason) : NULL);
	ntr_out_line(o, "%*sTHREAD %s  Cid %s  Teb: %s  %s", indent, "", va,
		     cid, teb, state);
}

/* --- waits ------------------------------------------------------------------------ */

/* WinDbg's names of the types. */
static const char *type_text(u8 type, const char *other)
{
	static const char *const names[] = {
		"NotificationEvent", "SynchronizationEvent", "Mutant",
		"ProcessObject", "QueueObject", "Semaphore", "Thread", "Gate",
		"NotificationTimer", "SynchronizationTimer",
	};

	return type < NTR_COUNT(names) ? names[type] : other;
}

static void wait_line(struct ntr_kd *k, u64 object, bool gate, int indent)
{
	struct ntr_out *o = k->o;
	struct ntr_dispatcher d = { .name = NULL };
	char va[24], owner[24];
	const char *name;
	bool known = ntr_dispatcher_read(k->t, object, &d, NULL) == NTR_OK;
	bool owned = known && d.has_owner && d.owner;

	name = known ? type_text(d.type, d.name) : gate ? "Gate" : "????????";
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "object", NULL, object);
	ntr_out_str(o, "type", NULL, known || gate ? name : NULL);
	ntr_out_hex_if(o, "owner", NULL, owned, d.owner);
	ntr_out_str(o, "no_owner", NULL, known && !d.has_owner ? d.no_owner :
		    NULL);
	ntr_out_close(o);
	ntr_kd_va(k, va, true, object);
	ntr_kd_va(k, owner, owned, d.owner);
	if (owned)
		ntr_out_line(o, "%*s    %s  %s - owning thread %s", indent, "",
			     va, name, owner);
	else
		ntr_out_line(o, "%*s    %s  %s", indent, "", va, name);
}

static void wait_lines(struct ntr_kd *k, const struct ntr_kthread *x,
		       int indent)
{
	struct ntr_out *o = k->o;

	ntr_out_list(o, "waits");
	for (unsigned i = 0; i < x->nwaits; i++)
		wait_line(k, x->wait[i].object, x->gate, indent);
	ntr_out_list_end(o);
	ntr_out_bool(o, "wait_all", NULL, x->wait_all);
	ntr_out_bool(o, "timeout", NULL, x->timeout);
	ntr_out_str(o, "wait_note", NULL, x->wait_note);
	if (x->nwaits > 1)
		ntr_out_line(o, "%*s    (waits for %s of them)", indent, "",
			     x->wait_all ? "all" : "any");
	if (x->timeout)
		ntr_out_line(o, "%*s    (with a timeout)", indent, "");
	if (x->wait_note)
		ntr_out_line(o, "%*s    (%s)", indent, "", x->wait_note);
}

/* --- the rest ------------------------------------------------------------------------ */

static void times(struct ntr_kd *k, const struct ntr_kthread *x, int in)
{
	struct ntr_out *o = k->o;
	u64 ticks, length = ntr_tick_length(k->t, &ticks);
	char span[48];

	ntr_out_uint_if(o, "waited_ms", NULL, x->has_waited, x->waited / 10000);
	if (!x->has_waited || !length) {
		ntr_out_line(o, "%*s%-26s%-17s Ticks: ????????", in, "",
			     "Wait Start TickCount", "????????");
		return;
	}
	ntr_span_text(span, x->waited);
	ntr_out_line(o, "%*s%-26s%-17" PRIu32 " Ticks: %" PRIu64 " (%s)", in,
		     "", "Wait Start TickCount",
		     (u32)(ticks - x->waited / length), x->waited / length,
		     span);
}

static void start_line(struct ntr_kd *k, const char *key, const char *label,
		       u64 va, int in)
{
	char site[300], text[24];

	ntr_out_hex_if(k->o, key, NULL, va, va);
	if (!va)
		return;
	ntr_kd_symbol(k, va, site, sizeof(site));
	ntr_kd_va(k, text, true, va);
	if (*site)
		ntr_out_line(k->o, "%*s%s %s (%s)", in, "", label, site, text);
	else
		ntr_out_line(k->o, "%*s%s %s", in, "", label, text);
}

static void limits(struct ntr_kd *k, const struct ntr_kthread *x, int in)
{
	const struct ntr_thread *th = &x->th;
	struct ntr_out *o = k->o;
	char init[24], now[24], base[24], limit[24];

	ntr_out_hex_if(o, "initial_stack", NULL, th->initial_stack,
		       th->initial_stack);
	ntr_out_hex_if(o, "kernel_stack", NULL, th->kernel_stack,
		       th->kernel_stack);
	ntr_out_hex_if(o, "stack_base", NULL, th->stack_base, th->stack_base);
	ntr_out_hex_if(o, "stack_limit", NULL, th->stack_limit,
		       th->stack_limit);
	ntr_kd_va(k, init, th->initial_stack, th->initial_stack);
	ntr_kd_va(k, now, th->kernel_stack, th->kernel_stack);
	ntr_kd_va(k, base, th->stack_base, th->stack_base);
	ntr_kd_va(k, limit, th->stack_limit, th->stack_limit);
	ntr_out_line(o, "%*sStack Init %s Current %s Base %s Limit %s", in, "",
		     init, now, base, limit);
	ntr_out_uint_if(o, "priority", NULL, x->has_priority, x->priority);
	ntr_out_uint_if(o, "base_priority", NULL, x->has_priority,
			x->base_priority);
	ntr_out_uint_if(o, "irql", NULL, x->has_irql, x->irql);
	if (x->has_priority)
		ntr_out_line(o, "%*sPriority %u BasePriority %u", in, "",
			     x->priority, x->base_priority);
	else
		ntr_out_line(o, "%*sPriority ?? BasePriority ??", in, "");
}

static void details(struct ntr_kd *k, const struct ntr_kthread *x, int in)
{
	struct ntr_out *o = k->o;
	const struct ntr_thread *th = &x->th;
	char va[24];

	ntr_kd_va(k, va, th->process, th->process);
	ntr_out_hex_if(o, "process", NULL, th->process, th->process);
	ntr_out_str(o, "image", NULL, *th->process_name ? th->process_name :
		    NULL);
	ntr_out_line(o, "%*s%-26s%-17s Image: %s", in, "", "Owning Process", va,
		     *th->process_name ? th->process_name : "????????");
	times(k, x, in);
	start_line(k, "win32_start", "Win32 Start Address", x->win32_start, in);
	start_line(k, "start", "Start Address", x->start, in);
	limits(k, x, in);
}

/* --- stack ----------------------------------------------------------------------------- */

static void frame_line(struct ntr_kd *k, const struct ntr_vframe *f,
		       const struct ntr_vframe *outer, int in)
{
	struct ntr_out *o = k->o;
	char sp[24], ra[24], site[300];

	ntr_frame_text(site, sizeof(site), f);
	ntr_kd_va(k, sp, true, f->f.sp);
	ntr_kd_va(k, ra, true, outer ? outer->f.ip : 0);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "ip", NULL, f->f.ip);
	ntr_out_hex(o, "sp", NULL, f->f.sp);
	ntr_out_str(o, "site", NULL, site);
	ntr_out_str(o, "trust", NULL, ntr_trust_name(f->f.trust));
	ntr_out_close(o);
	ntr_out_line(o, "%*s%s %s %.200s [%s%s]", in, "", sp, ra, site,
		     ntr_trust_name(f->f.trust), f->export ? ", by export" : "");
}

static void frame_lines(struct ntr_kd *k, const struct ntr_vframe *f, size_t n,
			int in)
{
	int width = k->t->ptr_size == 4 ? 8 : 17;

	if (n)
		ntr_out_line(k->o, "%*s%-*s %-*s Call Site", in, "", width,
			     k->t->ptr_size == 4 ? "Stack" : "Child-SP", width,
			     "RetAddr");
	for (size_t i = 0; i < n && !ntr_kd_stopped(k); i++)
		frame_line(k, &f[i], i + 1 < n ? &f[i + 1] : NULL, in);
}

/* The stack of a thread that is not the chosen one. */
static size_t other_stack(struct ntr_kd *k, const struct ntr_kthread *x,
			  struct ntr_vframe *out, struct ntr_err *e)
{
	struct ntr_verdict *v = ntr_kd_verdict(k);
	struct ntr_frame *f = calloc(MAX_SHOWN_FRAMES, sizeof(*f));
	size_t n = 0;

	if (f && v)
		(void)ntr_thread_unwind(k->t, x, f, MAX_SHOWN_FRAMES, &n, e);
	else
		ntr_err_set(e, "out of memory");
	for (size_t i = 0; i < n; i++)
		ntr_triage_frame(v, &f[i], &out[i]);
	free(f);
	return n;
}

static void stack(struct ntr_kd *k, const struct ntr_kthread *x, int in)
{
	struct ntr_vframe *own = calloc(MAX_SHOWN_FRAMES, sizeof(*own));
	const struct ntr_vframe *f = own;
	struct ntr_err e = { "" };
	enum ntr_unw_stop stop;
	size_t n = 0;

	ntr_out_list(k->o, "stack");
	if (x->th.va == k->thread.va)
		f = ntr_kd_frames(k, &n, &stop);
	else if (own)
		n = other_stack(k, x, own, &e);
	frame_lines(k, f, n, in);
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "no_stack", NULL, n ? NULL : e.msg[0] ? e.msg :
		    "its registers are not known");
	if (!n)
		ntr_out_line(k->o, "%*sNo stack: %s", in, "", e.msg[0] ? e.msg :
			     "its registers are not known");
	free(own);
}

void ntr_show_thread(struct ntr_kd *k, const struct ntr_kthread *x,
		     unsigned detail, int indent)
{
	head_line(k, x, indent);
	if (x->note)
		return;
	if (detail & NTR_SHOW_WAITS)
		wait_lines(k, x, indent);
	if (detail & NTR_SHOW_TIMES)
		details(k, x, indent);
	if (detail & NTR_SHOW_STACK)
		stack(k, x, indent);
}

/* --- !thread -------------------------------------------------------------------------- */

static enum ntr_st run_thread(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	const char *s = c->args;
	struct ntr_kthread *x;
	u64 va = k->thread.va, flags = 7;
	enum ntr_st st = NTR_OK;

	if (*s)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st && *s)
		st = ntr_cmd_value(k, c, &s, &flags, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	if (va == UINT64_MAX || (k->t->ptr_size == 4 && va == UINT32_MAX))
		va = k->thread.va; /* WinDbg's -1 */
	if (!va)
		return ntr_fail(e, NTR_ABSENT, "the current thread is not "
				"known");
	x = calloc(1, sizeof(*x));
	if (!x)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	ntr_kthread_read(k->t, va, x);
	ntr_show_thread(k, x, (unsigned)flags & 7u, 0);
	if (!x->note && flags & NTR_SHOW_TIMES)
		ntr_show_apcs(k, va, 4);
	st = x->note ? ntr_fail(e, NTR_ABSENT, "no thread was read at %" PRIx64,
				va) : NTR_OK;
	free(x);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_thread = {
	.names = "!thread",
	.summary = "a thread: state, waits, stack",
	.operands = "[ADDR [FLAGS]]",
	.help = "The thread at ADDR, or the chosen one: its state, the objects it "
		"waits for with the owner where the object records one, since "
		"when, where it began, its stack. FLAGS: 1 owner, times and "
		"limits, 2 waits, 4 the stack; 7 is the default.\n\n"
		"A thread that waits no more gives no wait objects: what lies in "
		"its wait blocks is of an older wait. What is not known is ?.",
	.example = "!thread ffffe000`12345080", .does = "one thread",
	.run = run_thread,
};
