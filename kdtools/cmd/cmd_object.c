// SPDX-License-Identifier: Apache-2.0
/* The object namespace: !object. */
#include "kobj/object.h"

#include "base/text.h"
#include "cmd.h"

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

static void show(struct ntr_kd *k, const struct ntr_objects *o,
		 const struct ntr_object *b)
{
	bool dir = b->va == o->root || !strcmp(b->type_name, "Directory");
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
	if (dir)
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
		"type, counts, name; of a directory also what it holds. Without "
		"an operand the root.\n\n"
		"Since Windows 7 types are numbers, which \\ObjectTypes explains, "
		"and since Windows 10 hidden by a cookie: that of its symbol, or "
		"else the one that makes the root a directory and every type a "
		"type. Where the namespace is not in the dump they are ????????, "
		"and why is said.",
	.example = "!object \\Driver", .does = "all drivers",
	.run = run,
};
