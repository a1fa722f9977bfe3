// SPDX-License-Identifier: Apache-2.0
/* !apc: asynchronous procedure calls, and their lines of !thread. */
#include "cmd.h"
#include "kobj/apc.h"
#include "kobj/process.h"

#include <stdio.h>
#include <string.h>

#define ROOM "????????"

static void routine(struct ntr_kd *k, const char *key, const char *label, u64 va,
		    int in)
{
	char text[24], name[300] = "";

	if (va)
		ntr_kd_symbol(k, va, name, sizeof(name));
	ntr_kd_va(k, text, true, va);
	ntr_out_hex(k->o, key, NULL, va);
	ntr_out_line(k->o, "%*s%-16s%s%s%s", in, "", label, text,
		     *name ? " " : "", name);
}

static void show_apc(struct ntr_kd *k, const struct ntr_apc *a, int in)
{
	char va[24];

	ntr_kd_va(k, va, true, a->va);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "apc", NULL, a->va);
	ntr_out_str(k->o, "note", NULL, a->note);
	ntr_out_line(k->o, "%*sKAPC @ %s%s%s%s%s", in, "", va,
		     a->special ? "  special kernel APC" : "",
		     a->note ? "  (" : "", a->note ? a->note : "",
		     a->note ? ")" : "");
	if (!a->kernel && a->note) {
		ntr_out_close(k->o);
		return;
	}
	ntr_out_bool(k->o, "special", NULL, a->special);
	ntr_out_bool(k->o, "user", NULL, a->user);
	ntr_out_hex(k->o, "thread", NULL, a->thread);
	in += 4;
	ntr_out_line(k->o, "%*s%-16s%s", in, "", "Type", "12");
	routine(k, "kernel_routine", "KernelRoutine", a->kernel, in);
	routine(k, "rundown_routine", "RundownRoutine", a->rundown, in);
	routine(k, "normal_routine", "NormalRoutine", a->normal, in);
	ntr_out_hex(k->o, "context", NULL, a->context);
	ntr_out_close(k->o);
}

static void show_queue(struct ntr_kd *k, const struct ntr_apc_state *s,
		       unsigned mode, unsigned index, u64 thread, int in)
{
	static const char *const keys[] = { "kernel", "user" };
	static const char *const names[] = { "KERNEL", "USER" };
	char th[24], head[24];

	ntr_out_list(k->o, keys[mode]);
	if (s->queue[mode].n || s->why[mode][0]) {
		ntr_kd_va(k, th, true, thread);
		ntr_kd_va(k, head, true, s->head[mode]);
		ntr_out_line(k->o, "%*sThread %s ApcStateIndex %u ApcListHead "
			     "%s [%s]%s%s", in, "", th, index, head, names[mode],
			     s->why[mode][0] ? "  damaged: " : "",
			     s->why[mode]);
	}
	for (size_t i = 0; i < s->queue[mode].n && !ntr_kd_stopped(k); i++)
		show_apc(k, &s->queue[mode].v[i], in + 4);
	ntr_out_list_end(k->o);
}

static void state_fields(struct ntr_kd *k, const struct ntr_apc_state *s)
{
	struct ntr_out *o = k->o;

	ntr_out_bool(o, "kernel_in_progress", NULL, s->in_progress);
	ntr_out_bool(o, "special_in_progress", NULL, s->special_in_progress);
	ntr_out_bool(o, "kernel_pending", NULL, s->kernel_pending);
	ntr_out_bool(o, "user_pending", NULL, s->user_pending);
	ntr_out_bool(o, "special_user_pending", NULL, s->special_user_pending);
	ntr_out_hex_if(o, "process", NULL, s->process, s->process);
	ntr_out_str(o, "kernel_why", NULL, s->why[0][0] ? s->why[0] : NULL);
	ntr_out_str(o, "user_why", NULL, s->why[1][0] ? s->why[1] : NULL);
}

static void flags_line(struct ntr_kd *k, const struct ntr_thread_apcs *a, int in)
{
	const struct ntr_apc_state *s = &a->now;
	char disable[24] = ROOM, special[24] = "-";

	if (a->has_disable)
		snprintf(disable, sizeof(disable), "%d", a->disable);
	if (a->has_special)
		snprintf(special, sizeof(special), "%d", a->special_disable);
	ntr_out_bool(k->o, "attached", NULL, a->attached);
	ntr_out_str(k->o, "kernel_disable", NULL, a->has_disable ? disable :
		    NULL);
	ntr_out_str(k->o, "special_disable", NULL, a->has_special ? special :
		    NULL);
	ntr_out_line(k->o, "%*sAPCs: %zu kernel, %zu user; KernelApcDisable %s "
		     "SpecialApcDisable %s%s%s%s%s%s", in, "", s->queue[0].n,
		     s->queue[1].n, disable, special,
		     s->in_progress ? "; kernel APC in progress" : "",
		     s->special_in_progress ? "; special APC in progress" : "",
		     s->kernel_pending ? "; kernel APC pending" : "",
		     s->user_pending || s->special_user_pending ?
		     "; user APC pending" : "",
		     a->attached ? "; attached to another process" : "");
}

static void show_state(struct ntr_kd *k, const char *key,
		       const struct ntr_apc_state *s, unsigned index, u64 thread,
		       int in)
{
	ntr_out_open(k->o, key);
	state_fields(k, s);
	for (unsigned i = 0; i < NTR_APC_MODES; i++)
		show_queue(k, s, i, index, thread, in);
	ntr_out_close(k->o);
}

static void show_both(struct ntr_kd *k, const struct ntr_thread_apcs *a, int in)
{
	show_state(k, "state", &a->now, a->attached, a->thread, in);
	if (a->attached && a->saved.known)
		show_state(k, "saved_state", &a->saved, 0, a->thread, in);
}

void ntr_show_apcs(struct ntr_kd *k, u64 thread, int in)
{
	struct ntr_thread_apcs a;
	struct ntr_err e = { "" };

	ntr_out_open(k->o, "apcs");
	if (ntr_thread_apcs(k->t, thread, &a, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "%*sAPCs: " ROOM " (%s)", in, "", e.msg);
	} else {
		flags_line(k, &a, in);
		show_both(k, &a, in);
		ntr_thread_apcs_fini(&a);
	}
	ntr_out_close(k->o);
}

/* --- all of them ----------------------------------------------------------------- */

static bool anything(const struct ntr_thread_apcs *a)
{
	const struct ntr_apc_state *const states[] = { &a->now, &a->saved };

	for (size_t i = 0; i < 2; i++)
		for (unsigned m = 0; m < NTR_APC_MODES; m++)
			if (states[i]->queue[m].n || states[i]->why[m][0])
				return true;
	return false;
}

static u64 of_thread(struct ntr_kd *k, u64 va)
{
	struct ntr_thread_apcs a;
	u64 n = 0;

	if (ntr_thread_apcs(k->t, va, &a, NULL))
		return 0;
	if (anything(&a)) {
		ntr_out_open(k->o, NULL);
		ntr_out_hex(k->o, "thread", NULL, va);
		show_both(k, &a, 4);
		ntr_out_close(k->o);
	}
	for (unsigned i = 0; i < NTR_APC_MODES; i++)
		n += a.now.queue[i].n + a.saved.queue[i].n;
	ntr_thread_apcs_fini(&a);
	return n;
}

static u64 of_process(struct ntr_kd *k, const struct ntr_process *p)
{
	struct ntr_thread_list l;
	struct ntr_err e = { "" };
	char va[24];
	u64 n = 0;

	ntr_kd_va(k, va, true, p->va);
	ntr_out_line(k->o, "Process %s %s", va, p->name);
	if (ntr_thread_list(k->t, p->va, &l, &e)) {
		ntr_out_line(k->o, "    (%s)", e.msg);
		return 0;
	}
	for (size_t i = 0; i < l.va.n && !ntr_kd_stopped(k); i++)
		n += of_thread(k, l.va.v[i]);
	if (l.why[0])
		ntr_out_line(k->o, "    (the thread list is broken: %s)",
			     l.why);
	ntr_thread_list_fini(&l);
	return n;
}

static enum ntr_st all(struct ntr_kd *k, u64 only, struct ntr_err *e)
{
	struct ntr_process_list l;
	enum ntr_st st = ntr_process_list(k->t, &l, e);
	u64 n = 0;

	if (st)
		return st;
	if (!only)
		ntr_out_line(k->o, "*** Enumerating APCs in all processes");
	ntr_out_list(k->o, "threads");
	for (size_t i = 0; i < l.p.n && !ntr_kd_stopped(k); i++)
		if (!only || l.p.v[i].va == only)
			n += of_process(k, &l.p.v[i]);
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "count", NULL, n);
	ntr_out_line(k->o, "%" PRIu64 " APCs", n);
	ntr_process_list_fini(&l);
	return NTR_OK;
}

static enum ntr_st one(struct ntr_kd *k, u64 va, struct ntr_err *e)
{
	struct ntr_apc a;
	enum ntr_st st = ntr_apc_read(k->t, va, &a, e);

	if (st)
		return st;
	ntr_out_list(k->o, "apcs");
	show_apc(k, &a, 0);
	ntr_out_list_end(k->o);
	return NTR_OK;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const char *s = c->args, *behind = s;
	enum ntr_st st = NTR_OK;
	char word[16] = "";
	bool thread, process;
	u64 va = 0;

	ntr_cmd_word(&behind, word, sizeof(word));
	thread = !strcmp(word, "thre") || !strcmp(word, "thread");
	process = !strcmp(word, "proc") || !strcmp(word, "process");
	if (thread || process)
		s = behind;
	if (*s)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	if (thread) {
		va = va ? va : k->thread.va;
		if (!va)
			return ntr_fail(e, NTR_ABSENT, "the current thread is "
					"not known");
		ntr_show_apcs(k, va, 0);
		return NTR_OK;
	}
	if (process || !va)
		return all(k, process ? va ? va : k->process : 0, e);
	return one(k, va, e);
}

const struct ntr_cmd ntr_cmd_bang_apc = {
	.names = "!apc",
	.summary = "asynchronous procedure calls that wait",
	.operands = "[ADDR | thre [THREAD] | proc [PROCESS]]",
	.help = "Without operand, the queued APCs of every thread of every process; "
		"with proc those of one process, with thre one thread's queues with "
		"what is in progress and what is held off, with an address that "
		"APC. A special kernel APC has no normal routine.\n\n"
		"A negative KernelApcDisable keeps normal kernel APCs away (a "
		"critical region), a negative SpecialApcDisable all of them (a "
		"guarded region, Server 2003 and later).",
	.example = "!apc thre", .does = "why the current thread gets no APC",
	.run = run,
};
