// SPDX-License-Identifier: Apache-2.0
/* !process: one, or all of them. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/process.h"
#include "triage/triage.h"

#include <stdio.h>
#include <stdlib.h>

#define SHOW_PROCESS_TIMES 1u /* in FLAGS; threads: NTR_SHOW_WAITS, _STACK */

struct listing {
	struct ntr_kd *k;
	unsigned flags;
	char image[64]; /* "" every one */
	struct ntr_kthread *thread;
	unsigned found;
};

static void times(struct ntr_kd *k, const struct ntr_process *p)
{
	char text[32];

	ntr_out_str(k->o, "created", NULL, p->created &&
		    ntr_filetime_text(text, p->created) ? text : NULL);
	if (p->created && ntr_filetime_text(text, p->created))
		ntr_out_line(k->o, "    CreateTime: %s", text);
	ntr_out_str(k->o, "exited", NULL, p->exited &&
		    ntr_filetime_text(text, p->exited) ? text : NULL);
	if (p->exited && ntr_filetime_text(text, p->exited))
		ntr_out_line(k->o, "    ExitTime: %s", text);
}

static void number(char out[24], bool known, u64 v)
{
	if (known)
		snprintf(out, 24, "%04" PRIx64, v);
	else
		snprintf(out, 24, "????");
}

static void identity(struct ntr_kd *k, const struct ntr_process *p)
{
	struct ntr_out *o = k->o;
	char va[24], peb[24], pid[24], parent[24], dtb[24] = "????????";
	char count[24] = "????";
	u64 at = p->peb;
	bool known = at || ntr_kd_member(k, "_EPROCESS", p->va, "Peb", &at,
					 NULL) == NTR_OK;

	ntr_out_hex(o, "process", NULL, p->va);
	ntr_out_uint_if(o, "pid", NULL, p->has_pid, p->pid);
	ntr_out_uint_if(o, "parent", NULL, p->has_parent, p->parent);
	ntr_out_hex_if(o, "peb", NULL, known, at);
	ntr_out_hex_if(o, "dirbase", NULL, p->has_dtb, p->dtb);
	ntr_out_uint_if(o, "active_threads", NULL, p->has_nthreads,
			p->nthreads);
	ntr_out_str(o, "image", NULL, *p->name ? p->name : NULL);
	ntr_out_str(o, "note", NULL, p->note);
	ntr_kd_va(k, va, true, p->va);
	if (p->note) {
		ntr_out_line(o, "PROCESS %s  (%s)", va, p->note);
		return;
	}
	ntr_kd_va(k, peb, known, at);
	number(pid, p->has_pid, p->pid);
	number(parent, p->has_parent, p->parent);
	if (p->has_dtb)
		snprintf(dtb, sizeof(dtb), "%08" PRIx64, p->dtb);
	if (p->has_nthreads)
		snprintf(count, sizeof(count), "%" PRIu32, p->nthreads);
	ntr_out_line(o, "PROCESS %s", va);
	ntr_out_line(o, "    Cid: %s    Peb: %s  ParentCid: %s", pid, peb,
		     parent);
	ntr_out_line(o, "    DirBase: %s  ActiveThreads: %s", dtb, count);
	ntr_out_line(o, "    Image: %s", *p->name ? p->name : "????????");
}

static void threads(struct listing *l, u64 process)
{
	struct ntr_kd *k = l->k;
	struct ntr_thread_list list = { .gap = 0 };
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_thread_list(k->t, process, &list, &e);
	const char *why = st ? e.msg : list.why;

	ntr_out_list(k->o, "threads");
	for (size_t i = 0; !st && i < list.va.n && !ntr_kd_stopped(k); i++) {
		ntr_out_open(k->o, NULL);
		ntr_kthread_read(k->t, list.va.v[i], l->thread);
		ntr_show_thread(k, l->thread, l->flags & (NTR_SHOW_TIMES |
				NTR_SHOW_WAITS | NTR_SHOW_STACK), 8);
		ntr_out_close(k->o);
		ntr_out_line(k->o, "%s", "");
	}
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "threads_lacking", NULL, *why ? why : NULL);
	if (*why)
		ntr_out_para(k->o, "        ", "(threads: %s)", why);
	if (!st)
		ntr_thread_list_fini(&list);
}

static void show(struct listing *l, const struct ntr_process *p)
{
	l->found++;
	ntr_out_open(l->k->o, NULL);
	identity(l->k, p);
	if (!p->note && l->flags & SHOW_PROCESS_TIMES)
		times(l->k, p);
	ntr_out_line(l->k->o, "%s", "");
	if (!p->note && l->flags & (NTR_SHOW_WAITS | NTR_SHOW_STACK))
		threads(l, p->va);
	ntr_out_close(l->k->o);
}

/* --- which ------------------------------------------------------------------------- */

static enum ntr_st from_list(struct listing *l, bool all, u64 pid,
			     struct ntr_err *e)
{
	struct ntr_process_list list;
	enum ntr_st st = ntr_process_list(l->k->t, &list, e);
	struct ntr_out *o = l->k->o;

	if (st)
		return st;
	if (all)
		ntr_out_line(o, "**** NT ACTIVE PROCESS DUMP ****");
	ntr_out_list(o, "processes");
	for (size_t i = 0; i < list.p.n && !ntr_kd_stopped(l->k); i++) {
		const struct ntr_process *p = &list.p.v[i];

		if ((all && (!*l->image ||
			     ntr_wild_match(l->image, p->name))) ||
		    (!all && p->has_pid && p->pid == pid))
			show(l, p);
	}
	ntr_out_list_end(o);
	ntr_out_str(o, "list_from", NULL, list.how);
	ntr_out_str(o, "list_broken", NULL, *list.why ? list.why : NULL);
	if (*list.why)
		ntr_out_para(o, "", "(the list is broken: %s)", list.why);
	ntr_process_list_fini(&list);
	return l->found ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no process on the "
					    "list matches");
}

static enum ntr_st one(struct listing *l, u64 va, struct ntr_err *e)
{
	struct ntr_process p;

	if (!va)
		return ntr_fail(e, NTR_ABSENT, "the current process is not "
				"known");
	ntr_process_read(l->k->t, va, &p);
	ntr_out_list(l->k->o, "processes");
	show(l, &p);
	ntr_out_list_end(l->k->o);
	return p.note ? ntr_fail(e, NTR_ABSENT, "no process was read at %"
				 PRIx64, va) : NTR_OK;
}

static enum ntr_st chosen(struct listing *l, bool given, u64 which,
			  struct ntr_err *e)
{
	u64 va;

	if (!given || which == UINT64_MAX)
		return one(l, l->k->process, e);
	if (!which)
		return from_list(l, true, 0, e);
	if (ntr_kd_is_addr(l->k, which, &va) && ntr_is_kernel_va(l->k->t, va))
		return one(l, va, e);
	return from_list(l, false, which, e);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct listing l = { .k = k };
	const char *s = c->args;
	bool given = *s;
	u64 which = 0, flags = 3;
	enum ntr_st st = NTR_OK;

	if (given)
		st = ntr_cmd_value(k, c, &s, &which, e);
	if (!st && given && !which)
		flags = 0;
	if (!st && *s)
		st = ntr_cmd_value(k, c, &s, &flags, e);
	if (!st)
		ntr_cmd_word(&s, l.image, sizeof(l.image));
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	l.flags = (unsigned)flags;
	l.thread = malloc(sizeof(*l.thread));
	if (!l.thread)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = chosen(&l, given, which, e);
	free(l.thread);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_process = {
	.names = "!process",
	.summary = "processes, with their threads",
	.operands = "[0 | ADDR | PID [FLAGS [IMAGE]]]",
	.help = "The chosen process, the one at ADDR or with this PID (hex), or 0 "
		"for all. FLAGS: 1 times, 2 threads and what they wait for, 4 "
		"their stacks; 3 is the default, 0 for all processes. IMAGE (with "
		"* and ?) names which of all.\n\n"
		"An entry of the list that is no process any more is shown with "
		"the reason; where the list is broken, what both its ends lead to "
		"is shown. A small dump has no list.",
	.example = "!process 0 0", .does = "a few lines on each process",
	.run = run,
};
