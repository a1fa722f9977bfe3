// SPDX-License-Identifier: Apache-2.0
/* What processes have open, and what their ids lead to: !handle. */
#include "kobj/handle.h"

#include "base/text.h"
#include "cmd.h"
#include "kobj/cid.h"
#include "kobj/fileobj.h"
#include "kobj/process.h"
#include "kobj/symbols.h"
#include "triage/triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* FLAGS, as the debugger's documentation numbers them. */
enum { BASIC = 1, OBJECTS = 2, KERNEL = 0x10, IDS = 0x20 };

struct listing {
	struct ntr_kd *k;
	struct ntr_objects *o;
	struct ntr_handle_table table;
	u64 handle;      /* 0: all */
	u64 flags;
	char type[48];   /* "" every one */
	u64 shown;
};

static void attributes_text(u8 a, char out[40])
{
	snprintf(out, 40, "%s%s%s", a & NTR_HA_INHERIT ? " (Inherit)" : "",
		 a & NTR_HA_PROTECT ? " (Protected)" : "",
		 a & NTR_HA_AUDIT ? " (Audit)" : "");
}

static void json_attributes(struct ntr_kd *k, u8 a)
{
	ntr_out_bool(k->o, "inherit", NULL, a & NTR_HA_INHERIT);
	ntr_out_bool(k->o, "protected", NULL, a & NTR_HA_PROTECT);
	ntr_out_bool(k->o, "audit", NULL, a & NTR_HA_AUDIT);
}

static void untold(struct listing *l, const struct ntr_handle *h)
{
	struct ntr_kd *k = l->k;
	char last[32] = "", at[24];

	if (h->n > 1)
		snprintf(last, sizeof(last), " .. %04" PRIx64,
			 h->handle + 4 * (h->n - 1));
	ntr_va_text(at, h->entry, k->t->ptr_size);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "handle", NULL, h->handle);
	ntr_out_uint(k->o, "handles", NULL, h->n);
	ntr_out_hex(k->o, "entry", NULL, h->entry);
	ntr_out_str(k->o, "lacking", NULL, h->why);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "%04" PRIx64 "%s: Object: ????????  Entry: %s  (%s)",
		     h->handle, last, at, h->why);
}

/* A file's name is in its body, not in its header. */
static void file_name(struct listing *l, const struct ntr_object *b)
{
	struct ntr_kd *k = l->k;
	struct ntr_fileobj f;

	if (strcmp(b->type_name, "File") ||
	    ntr_fileobj_read(l->o, b->va, &f, NULL))
		return;
	ntr_out_str(k->o, "file", NULL, *f.name ? f.name : NULL);
	ntr_out_str(k->o, "device", NULL, *f.device_name ? f.device_name :
		    NULL);
}

static void object(struct listing *l, const struct ntr_handle *h)
{
	struct ntr_kd *k = l->k;
	struct ntr_object b;
	struct ntr_err e;

	if (ntr_object_read(l->o, h->object, &b, &e)) {
		ntr_out_hex(k->o, "object", NULL, h->object);
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		if (l->flags & OBJECTS)
			ntr_out_line(k->o, "    (%s)\n", e.msg);
		return;
	}
	if (l->flags & OBJECTS) {
		ntr_show_object(k, l->o, &b);
		ntr_out_line(k->o, "%s", "");
		return;
	}
	ntr_out_hex(k->o, "object", NULL, h->object);
	ntr_out_str(k->o, "type_name", NULL, *b.type_name ? b.type_name : NULL);
	ntr_out_str(k->o, "name", NULL, *b.name ? b.name : NULL);
	file_name(l, &b);
}

static bool wanted(const struct listing *l, const struct ntr_handle *h)
{
	struct ntr_object b;

	if (!*l->type)
		return true;
	return !h->why && !ntr_object_read(l->o, h->object, &b, NULL) &&
	       !strcasecmp(b.type_name, l->type);
}

static bool one(void *ctx, const struct ntr_handle *h)
{
	struct listing *l = ctx;
	struct ntr_kd *k = l->k;
	char at[24], entry[24], attr[40], access[40] = "";

	if (ntr_kd_stopped(k))
		return false;
	if (!wanted(l, h))
		return true;
	l->shown++;
	if (h->why) {
		untold(l, h);
		return true;
	}
	ntr_va_text(at, h->object, k->t->ptr_size);
	ntr_va_text(entry, h->entry, k->t->ptr_size);
	attributes_text(h->attributes, attr);
	if (!l->table.cid)
		snprintf(access, sizeof(access), "  GrantedAccess: %08" PRIx32,
			 h->access);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "handle", NULL, h->handle);
	ntr_out_hex(k->o, "entry", NULL, h->entry);
	ntr_out_hex_if(k->o, "access", NULL, !l->table.cid, h->access);
	if (!l->table.cid)
		json_attributes(k, h->attributes);
	ntr_out_line(k->o, "%04" PRIx64 ": Object: %s%s%s Entry: %s", h->handle,
		     at, access, attr, entry);
	object(l, h);
	ntr_out_close(k->o);
	return true;
}

/* --- a table ------------------------------------------------------------------------- */

static void head(struct listing *l, const struct ntr_handle_count *n)
{
	const struct ntr_handle_table *t = &l->table;
	struct ntr_out *o = l->k->o;
	char at[24];

	ntr_va_text(at, t->va, l->k->t->ptr_size);
	ntr_out_hex(o, "table", NULL, t->va);
	ntr_out_uint(o, "used", NULL, n->used + n->bad);
	ntr_out_uint_if(o, "table_says", NULL, t->has_count, t->count);
	ntr_out_uint(o, "levels", NULL, t->level + 1);
	ntr_out_uint(o, "absent", NULL, n->absent);
	ntr_out_str(o, "source", NULL, ntr_source_name(t->source));
	ntr_out_str(o, "note", NULL, t->note);
	ntr_out_line(o, "%s at %s with %" PRIu64 " entries in use", t->cid ?
		     "Table of ids" : "Handle table", at, n->used + n->bad);
	if (t->has_count && t->count != n->used + n->bad)
		ntr_out_line(o, "    (the table itself says %" PRIu64 "%s)",
			     t->count, n->absent ?
			     "; some entries are not in the dump" : "");
	if (t->note)
		ntr_out_line(o, "    (%s)", t->note);
	if (t->form == NTR_HF_ARRAY)
		ntr_out_para(o, "    ", "(assumed: the layout of this version's "
			     "table is not public; it was found by its entries)");
	ntr_out_line(o, "%s", "");
}

static enum ntr_st table(struct listing *l, struct ntr_err *e)
{
	u64 first = l->handle & ~UINT64_C(3);
	u64 last = l->handle ? first : UINT64_MAX;
	struct ntr_handle_count n;
	enum ntr_st st = ntr_handle_walk(l->o, &l->table, 0, UINT64_MAX, NULL,
					 NULL, &n, e);

	if (st)
		return st;
	if (l->handle && l->table.cid)
		first = last = l->handle;
	l->shown = 0;
	head(l, &n);
	ntr_out_list(l->k->o, "handles");
	st = ntr_handle_walk(l->o, &l->table, first, last, one, l, &n, e);
	ntr_out_list_end(l->k->o);
	if (!st && l->handle && !l->shown && !*l->type) {
		ntr_out_bool(l->k->o, "free", NULL, true);
		ntr_out_line(l->k->o, "%04" PRIx64 ": free handle", l->handle);
	}
	return st;
}

static void of_process(struct listing *l, u64 va)
{
	struct ntr_process p;
	struct ntr_err e;
	char at[24], pid[24] = "????";
	enum ntr_st st;

	ntr_process_read(l->k->t, va, &p);
	ntr_kd_va(l->k, at, true, va);
	if (p.has_pid)
		snprintf(pid, sizeof(pid), "%04" PRIx64, p.pid);
	ntr_out_open(l->k->o, NULL);
	ntr_out_hex(l->k->o, "process", NULL, va);
	ntr_out_uint_if(l->k->o, "pid", NULL, p.has_pid, p.pid);
	ntr_out_str(l->k->o, "image", NULL, *p.name ? p.name : NULL);
	ntr_out_line(l->k->o, "PROCESS %s\n    Cid: %s  Image: %s\n", at, pid,
		     *p.name ? p.name : "????????");
	st = ntr_handle_table_of(l->o, va, &l->table, &e);
	if (!st)
		st = table(l, &e);
	ntr_out_str(l->k->o, "lacking", NULL, st ? e.msg : NULL);
	if (st)
		ntr_out_para(l->k->o, "", "(%s)", e.msg);
	ntr_out_line(l->k->o, "%s", "");
	ntr_out_close(l->k->o);
}

/* --- which processes -------------------------------------------------------------------- */

static enum ntr_st from_list(struct listing *l, bool all, u64 pid,
			     struct ntr_err *e)
{
	struct ntr_process_list list;
	enum ntr_st st = ntr_process_list(l->k->t, &list, e);
	bool found = false;

	if (st)
		return st;
	ntr_out_list(l->k->o, "processes");
	for (size_t i = 0; i < list.p.n && !ntr_kd_stopped(l->k); i++) {
		const struct ntr_process *p = &list.p.v[i];

		if (!all && !(p->has_pid && p->pid == pid))
			continue;
		found = true;
		of_process(l, p->va);
	}
	ntr_out_list_end(l->k->o);
	ntr_out_str(l->k->o, "list_broken", NULL, *list.why ? list.why : NULL);
	if (*list.why)
		ntr_out_para(l->k->o, "", "(the list is broken: %s)", list.why);
	ntr_process_list_fini(&list);
	return found ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no process on the list "
					 "matches");
}

static enum ntr_st processes(struct listing *l, u64 which, struct ntr_err *e)
{
	u64 va = l->k->process;

	if (!which)
		return from_list(l, true, 0, e);
	if (which == UINT64_MAX && !va)
		return ntr_fail(e, NTR_ABSENT, "the current process is not "
				"known");
	if (which != UINT64_MAX &&
	    !(ntr_kd_is_addr(l->k, which, &va) && ntr_is_kernel_va(l->k->t, va)))
		return from_list(l, false, which, e);
	ntr_out_list(l->k->o, "processes");
	of_process(l, va);
	ntr_out_list_end(l->k->o);
	return NTR_OK;
}

static enum ntr_st kernel_table(struct listing *l, struct ntr_err *e)
{
	struct ntr_target *t = l->k->t;
	u64 var, va;
	enum ntr_st st = NTR_OK;

	if (ntr_target_lookup(t, "nt!ObpKernelHandleTable", &var, NULL) ||
	    ntr_read_ptr(t->mem, var, t->ptr_size, &va))
		return ntr_fail(e, NTR_ABSENT, "the kernel's own handle table is "
				"not known: it needs symbols "
				"(nt!ObpKernelHandleTable)");
	st = ntr_handle_table_read(l->o, va, &l->table, e);
	return st ? st : table(l, e);
}

/* --- ids ----------------------------------------------------------------------------------- */

static void difference(struct ntr_kd *k, const struct ntr_cid_diff *d)
{
	const char *text = d->listed ? "is on the list and has no id in the "
			   "table" : "has an id and is not on the list";
	char at[24], id[24] = "????";

	ntr_va_text(at, d->va, k->t->ptr_size);
	if (d->id != UINT64_MAX)
		snprintf(id, sizeof(id), "%04" PRIx64, d->id);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "object", NULL, d->va);
	ntr_out_str(k->o, "kind", NULL, d->thread ? "thread" : "process");
	ntr_out_uint_if(k->o, "id", NULL, d->id != UINT64_MAX, d->id);
	ntr_out_str(k->o, "image", NULL, *d->name ? d->name : NULL);
	ntr_out_bool(k->o, "listed", NULL, d->listed);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "***** %s %s  Cid %s  %s  %s", d->thread ? "Thread" :
		     "Process", at, id, *d->name ? d->name : "????????", text);
}

static void compare(struct listing *l)
{
	struct ntr_out *o = l->k->o;
	struct ntr_cid_view v;
	struct ntr_err e;

	if (ntr_cid_compare(l->o, &v, &e)) {
		ntr_out_str(o, "lists_lacking", NULL, e.msg);
		ntr_out_para(o, "", "(not compared with the lists: %s)", e.msg);
		return;
	}
	ntr_out_line(o, "Ids: %" PRIu64 " processes, %" PRIu64 " threads. Lists: "
		     "%" PRIu64 " processes, %" PRIu64 " threads.", v.processes,
		     v.threads, v.listed_processes, v.listed_threads);
	ntr_out_list(o, "differences");
	for (size_t i = 0; i < v.d.n && !ntr_kd_stopped(l->k); i++)
		difference(l->k, &v.d.v[i]);
	ntr_out_list_end(o);
	ntr_out_uint(o, "untold", NULL, v.untold);
	if (v.untold)
		ntr_out_para(o, "", "(%" PRIu64 " more that what is missing may "
			     "explain: %s)", v.untold, *v.table_why ?
			     v.table_why : *v.list_why ? v.list_why :
			     v.threads_why);
	ntr_cid_fini(&v);
}

static enum ntr_st ids(struct listing *l, struct ntr_err *e)
{
	enum ntr_st st = ntr_handle_table_cid(l->o, &l->table, e);

	if (!st)
		st = table(l, e);
	if (!st && !l->handle)
		compare(l);
	return st;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum ntr_st operands(struct listing *l, const struct ntr_call *c,
			    u64 *process, struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;

	if (*s)
		st = ntr_cmd_value(l->k, c, &s, &l->handle, e);
	if (!st && *s)
		st = ntr_cmd_value(l->k, c, &s, &l->flags, e);
	if (!st && *s)
		st = ntr_cmd_value(l->k, c, &s, process, e);
	if (!st)
		ntr_cmd_word(&s, l->type, sizeof(l->type));
	if (l->handle >= UINT32_MAX) /* -1 */
		l->handle = 0;
	if (*process == UINT32_MAX)
		*process = UINT64_MAX;
	return st ? st : ntr_cmd_end(l->k, c, s, e);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct listing l = { .k = k, .flags = BASIC | OBJECTS };
	u64 process = UINT64_MAX;
	enum ntr_st st;

	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	st = operands(&l, c, &process, e);
	if (st)
		return st;
	l.o = malloc(sizeof(*l.o));
	if (!l.o)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_objects_open(k->t, l.o, e);
	if (!st)
		st = l.flags & IDS ? ids(&l, e) :
		     l.flags & KERNEL ? kernel_table(&l, e) :
		     processes(&l, process, e);
	free(l.o);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_handle = {
	.names = "!handle",
	.summary = "what a process has open",
	.operands = "[HANDLE [FLAGS [PROCESS [TYPE]]]]",
	.help = "The handle, or all (0, the default), of PROCESS: an address or a "
		"PID in hex, -1 for the chosen process (the default), 0 for all "
		"of them. TYPE (Event, File) names which. FLAGS: 1 a line each, "
		"2 their objects; 3 is the default; 10 the kernel's own table; "
		"20: HANDLE is the id of a process or thread.\n\n"
		"With 0 20 all ids are shown, and compared with the lists: what "
		"one of the two has and the other has not was hidden, is being "
		"made or destroyed, or one of them is damaged.\n\n"
		"Handles whose entries are not in the dump are ????????, and why "
		"is said. The table of NT 3.51 and 4.0 is not public: there it is "
		"found by its entries, and marked as assumed.",
	.example = "!handle 0 3 0 File", .does = "all open files",
	.run = run,
};
