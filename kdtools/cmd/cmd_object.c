// SPDX-License-Identifier: Apache-2.0
/* The object namespace: !object. */
#include "kobj/object.h"

#include "base/text.h"
#include "cmd.h"
#include "kobj/device.h"
#include "kobj/fileobj.h"
#include "kobj/locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void json_object(struct ntr_kd *k, const struct ntr_object *b)
{
	struct ntr_out *o = k->o;

	ntr_out_hex(o, "object", NULL, b->va);
	ntr_out_hex_if(o, "type", NULL, b->type, b->type);
	ntr_out_str(o, "type_name", NULL, *b->type_name ? b->type_name : NULL);
	ntr_out_str(o, "name", NULL, *b->name ? b->name : NULL);
	ntr_out_hex_if(o, "directory", NULL, b->directory, b->directory);
}

static void entry(struct ntr_kd *k, const struct ntr_objects *o, u64 va)
{
	struct ntr_object b;
	char at[24];

	ntr_va_text(at, va, k->t->ptr_size);
	ntr_out_open(k->o, NULL);
	if (ntr_object_read(o, va, &b, NULL)) {
		ntr_out_hex(k->o, "object", NULL, va);
		ntr_out_line(k->o, "    %s  %-20s %s", at, "????????",
			     "????????");
	} else {
		json_object(k, &b);
		ntr_out_line(k->o, "    %s  %-20s %s", at, *b.type_name ?
			     b.type_name : "????????", *b.name ? b.name :
			     b.has_name ? "" : "????????");
	}
	ntr_out_close(k->o);
}

static void contents(struct ntr_kd *k, const struct ntr_objects *o, u64 va)
{
	struct ntr_directory d;
	struct ntr_err e;

	if (ntr_directory_read(o, va, &d, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "    (%s)", e.msg);
		return;
	}
	ntr_out_line(k->o, "\n    %-*s  %-20s %s", k->t->ptr_size == 4 ? 8 : 17,
		     "Address", "Type", "Name");
	ntr_out_list(k->o, "entries");
	for (size_t i = 0; i < d.entry.n && !ntr_kd_stopped(k); i++)
		entry(k, o, d.entry.v[i]);
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "lacking", NULL, *d.why ? d.why : NULL);
	if (*d.why)
		ntr_out_line(k->o, "    (%s)", d.why);
	ntr_directory_fini(&d);
}

/* --- what is behind the header, by type ------------------------------------------ */

static void show_file(struct ntr_kd *k, const struct ntr_objects *o, u64 va)
{
	struct ntr_fileobj f;
	struct ntr_err e;
	char device[24];

	if (ntr_fileobj_read(o, va, &f, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "    (%s)", e.msg);
		return;
	}
	ntr_kd_va(k, device, f.device, f.device);
	ntr_out_str(k->o, "file", NULL, *f.name ? f.name : NULL);
	ntr_out_hex_if(k->o, "device", NULL, f.device, f.device);
	ntr_out_str(k->o, "device_name", NULL, *f.device_name ?
		    f.device_name : NULL);
	ntr_out_hex_if(k->o, "flags", NULL, f.has_flags, f.flags);
	ntr_out_hex_if(k->o, "context", NULL, f.context, f.context);
	ntr_out_hex_if(k->o, "context2", NULL, f.context2, f.context2);
	ntr_out_line(k->o, "    File: %s {%s}", f.name, *f.device_name ?
		     f.device_name : "????????");
	ntr_out_line(k->o, "    Device: %s  Flags: %08" PRIx32 "  FsContext: %"
		     PRIx64 "  FsContext2: %" PRIx64, device, f.flags,
		     f.context, f.context2);
}

static void show_owner(struct ntr_kd *k, const struct ntr_dispatcher *d)
{
	struct ntr_thread th;
	char at[24], cid[48];

	ntr_out_hex_if(k->o, "owner", NULL, d->owner, d->owner);
	if (!d->owner) {
		ntr_out_line(k->o, "    Mutant: nobody owns it");
		return;
	}
	ntr_thread_read(k->t, d->owner, &th);
	ntr_cid_text(cid, &th);
	ntr_kd_va(k, at, true, d->owner);
	ntr_out_line(k->o, "    Mutant: owned by thread %s  Cid %s", at, cid);
}

static void show_dispatcher(struct ntr_kd *k, const struct ntr_object *b)
{
	struct ntr_dispatcher d;
	struct ntr_err e;
	u64 limit;

	if (ntr_dispatcher_read(k->t, b->va, &d, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "    (%s)", e.msg);
		return;
	}
	ntr_out_str(k->o, "kind", NULL, d.name);
	ntr_out_bool(k->o, "signaled", NULL, d.signal > 0);
	if (d.type == NTR_OT_MUTANT && d.has_owner) {
		show_owner(k, &d);
	} else if (d.type == NTR_OT_SEMAPHORE &&
		   !ntr_kd_member(k, "_KSEMAPHORE", b->va, "Limit", &limit,
				  NULL)) {
		ntr_out_uint(k->o, "limit", NULL, limit);
		ntr_out_line(k->o, "    Semaphore: count %" PRId32 " of %" PRIu64,
			     d.signal, limit);
	} else {
		ntr_out_line(k->o, "    %s: %s, %s", b->type_name, d.name,
			     d.signal > 0 ? "signaled" : "not signaled");
	}
}

static void show_process(struct ntr_kd *k, u64 va)
{
	struct ntr_process p;
	char pid[24] = "????";

	ntr_process_read(k->t, va, &p);
	if (p.has_pid)
		snprintf(pid, sizeof(pid), "%04" PRIx64, p.pid);
	ntr_out_uint_if(k->o, "pid", NULL, p.has_pid, p.pid);
	ntr_out_str(k->o, "image", NULL, *p.name ? p.name : NULL);
	ntr_out_line(k->o, "    Process: Cid %s  Image: %s", pid, *p.name ?
		     p.name : "????????");
}

static void show_thread(struct ntr_kd *k, u64 va)
{
	struct ntr_thread th;
	char cid[48];

	ntr_thread_read(k->t, va, &th);
	ntr_cid_text(cid, &th);
	ntr_out_uint_if(k->o, "pid", NULL, th.has_ids, th.pid);
	ntr_out_uint_if(k->o, "tid", NULL, th.has_ids, th.id);
	ntr_out_str(k->o, "image", NULL, *th.process_name ? th.process_name :
		    NULL);
	ntr_out_line(k->o, "    Thread: Cid %s  Image: %s", cid,
		     *th.process_name ? th.process_name : "????????");
}

static void show_device(struct ntr_kd *k, u64 va)
{
	struct ntr_device d;
	struct ntr_driver r;
	struct ntr_err e;
	const char *type;
	bool named;

	if (ntr_device_read(k->t, va, &d, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "    (%s)", e.msg);
		return;
	}
	named = d.has_driver && !ntr_driver_read(k->t, d.driver, &r, NULL) &&
		*r.name;
	type = d.has_type ? ntr_device_type_name(d.type) : NULL;
	ntr_out_str(k->o, "driver", NULL, named ? r.name : NULL);
	ntr_out_str(k->o, "device_type", NULL, type);
	ntr_out_line(k->o, "    Device: %s of %s", type ? type : "????",
		     named ? r.name : "????????");
}

static void show_driver(struct ntr_kd *k, u64 va)
{
	char start[24];
	struct ntr_driver r;
	struct ntr_err e;

	if (ntr_driver_read(k->t, va, &r, &e)) {
		ntr_out_str(k->o, "lacking", NULL, e.msg);
		ntr_out_line(k->o, "    (%s)", e.msg);
		return;
	}
	ntr_kd_va(k, start, r.has_start, r.start);
	ntr_out_hex_if(k->o, "start", NULL, r.has_start, r.start);
	ntr_out_str(k->o, "driver", NULL, *r.name ? r.name : NULL);
	ntr_out_line(k->o, "    Driver: %s at %s", *r.name ? r.name :
		     "????????", start);
}

static bool one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static void body(struct ntr_kd *k, const struct ntr_objects *o,
		 const struct ntr_object *b)
{
	static const char *const waited[] = { "Event", "Mutant", "Semaphore",
					      "Timer" };

	ntr_out_open(k->o, "body");
	if (!strcmp(b->type_name, "File"))
		show_file(k, o, b->va);
	else if (one_of(b->type_name, waited, NTR_COUNT(waited)))
		show_dispatcher(k, b);
	else if (!strcmp(b->type_name, "Process"))
		show_process(k, b->va);
	else if (!strcmp(b->type_name, "Thread"))
		show_thread(k, b->va);
	else if (!strcmp(b->type_name, "Device"))
		show_device(k, b->va);
	else if (!strcmp(b->type_name, "Driver"))
		show_driver(k, b->va);
	ntr_out_close(k->o);
}

/* --- an object --------------------------------------------------------------------- */

void ntr_show_object(struct ntr_kd *k, const struct ntr_objects *o,
		     const struct ntr_object *b)
{
	char at[24], header[24], type[24];

	ntr_va_text(at, b->va, k->t->ptr_size);
	ntr_va_text(header, b->header, k->t->ptr_size);
	ntr_va_text(type, b->type, k->t->ptr_size);
	json_object(k, b);
	ntr_out_hex(k->o, "header", NULL, b->header);
	ntr_out_str(k->o, "type_lacking", NULL, b->type_why);
	ntr_out_line(k->o, "Object: %s  Type: (%s) %s", at, b->type ? type :
		     "????????", *b->type_name ? b->type_name : "????????");
	if (b->type_why)
		ntr_out_para(k->o, "    ", "(%s)", b->type_why);
	ntr_out_line(k->o, "    ObjectHeader: %s", header);
	ntr_out_line(k->o, "    HandleCount: %" PRId64 "  PointerCount: %" PRId64,
		     b->handles, b->pointers);
	if (*b->name || b->directory) {
		ntr_va_text(at, b->directory, k->t->ptr_size);
		ntr_out_line(k->o, "    Directory Object: %s  Name: %s", at,
			     *b->name ? b->name : "????????");
	}
	body(k, o, b);
}

static void show(struct ntr_kd *k, const struct ntr_objects *o,
		 const struct ntr_object *b)
{
	ntr_show_object(k, o, b);
	if (b->va == o->root || !strcmp(b->type_name, "Directory"))
		contents(k, o, b->va);
}

static enum ntr_st which(struct ntr_kd *k, const struct ntr_call *c,
			 const struct ntr_objects *o, u64 *va,
			 struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st;

	if (*s == '\\' || !*s)
		return ntr_object_find(o, s, va, e);
	st = ntr_cmd_addr(k, c, &s, va, e);
	return st ? st : ntr_cmd_end(k, c, s, e);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct ntr_objects *o;
	struct ntr_object b;
	enum ntr_st st;
	u64 va = 0;

	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	o = malloc(sizeof(*o));
	if (!o)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_objects_open(k->t, o, e);
	if (!st)
		st = which(k, c, o, &va, e);
	if (!st)
		st = ntr_object_read(o, va, &b, e);
	if (!st)
		show(k, o, &b);
	free(o);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_object = {
	.names = "!object",
	.summary = "an object, or a directory of the object namespace",
	.operands = "[ADDR | \\PATH]",
	.help = "The header of the object at ADDR, or of the one that PATH names: "
		"type, counts, name; of a directory also what it holds, of files, "
		"devices, drivers, processes, threads and what can be waited for "
		"what they say of themselves. Without an operand the root.\n\n"
		"Since Windows 7 types are numbers, which \\ObjectTypes explains, "
		"and since Windows 10 hidden by a cookie: that of its symbol, or "
		"else the one that makes the root a directory and every type a "
		"type. Where the namespace is not in the dump they are ????????, "
		"and why is said.",
	.example = "!object \\Driver", .does = "all drivers",
	.run = run,
};
