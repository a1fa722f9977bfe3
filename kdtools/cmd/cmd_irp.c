// SPDX-License-Identifier: Apache-2.0
/* I/O requests: !irp !irpfind. */
#include "kobj/irp.h"

#include "base/text.h"
#include "cmd.h"
#include "kobj/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void pointer(const struct ntr_kd *k, char out[24], u64 va)
{
	ntr_va_text(out, va, k->t->ptr_size);
}

static void function_text(const struct ntr_irp_location *x, char out[120])
{
	const char *major = ntr_major_name(x->major);
	const char *minor = ntr_minor_name(x->major, x->minor);

	snprintf(out, 120, "%s(%x), %s(%x)", major ? major : "N/A", x->major,
		 minor ? minor : "N/A", x->minor);
}

/* SL_PENDING_RETURNED, SL_INVOKE_ON_SUCCESS, _ERROR, _CANCEL (wdm.h) */
static void control_text(u8 control, char out[64])
{
	snprintf(out, 64, "%s%s%s%s", control & 0x40 ? " Success" : "",
		 control & 0x80 ? " Error" : "", control & 0x20 ? " Cancel" : "",
		 control & 0x01 ? " pending" : "");
}

/* "\Driver\disk" of a device, "" when it cannot be read. */
static void driver_of(struct ntr_kd *k, u64 device, char out[128])
{
	struct ntr_device d;
	struct ntr_driver r;

	out[0] = 0;
	if (!device || ntr_device_read(k->t, device, &d, NULL) ||
	    !d.has_driver || ntr_driver_read(k->t, d.driver, &r, NULL))
		return;
	snprintf(out, 128, "%s", r.name);
}

static const char *state_name(const struct ntr_irp *p)
{
	static const char *const names[] = { "active", "not dispatched",
					     "completed", NULL };

	return names[ntr_irp_state(p)];
}

/* --- one IRP ---------------------------------------------------------------------- */

static void json_location(struct ntr_kd *k, const struct ntr_irp_location *x,
			  const char *driver, const char *routine)
{
	struct ntr_out *o = k->o;

	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, x->va);
	ntr_out_str(o, "major", NULL, x->read ? ntr_major_name(x->major) : NULL);
	ntr_out_uint_if(o, "major_number", NULL, x->read, x->major);
	ntr_out_str(o, "minor", NULL, x->read ?
		    ntr_minor_name(x->major, x->minor) : NULL);
	ntr_out_uint_if(o, "minor_number", NULL, x->read, x->minor);
	ntr_out_hex_if(o, "flags", NULL, x->read, x->flags);
	ntr_out_hex_if(o, "control", NULL, x->read, x->control);
	ntr_out_hex_if(o, "device", NULL, x->device, x->device);
	ntr_out_str(o, "driver", NULL, *driver ? driver : NULL);
	ntr_out_hex_if(o, "file", NULL, x->file, x->file);
	ntr_out_hex_if(o, "completion", NULL, x->completion, x->completion);
	ntr_out_str(o, "completion_name", NULL, *routine ? routine : NULL);
	ntr_out_hex_if(o, "context", NULL, x->context, x->context);
	ntr_out_list(o, "args");
	for (unsigned i = 0; i < 4; i++)
		ntr_out_hex_if(o, NULL, NULL, x->read, x->arg[i]);
	ntr_out_list_end(o);
	ntr_out_close(o);
}

static void location(struct ntr_kd *k, const struct ntr_irp_location *x,
		     bool current)
{
	char text[120], control[64], driver[128], routine[300] = "";
	char a[24], b[24], c[24], d[24];

	driver_of(k, x->read ? x->device : 0, driver);
	if (x->completion)
		ntr_kd_symbol(k, x->completion, routine, sizeof(routine));
	json_location(k, x, driver, routine);
	pointer(k, a, x->va);
	if (!x->read) {
		ntr_out_line(k->o, "%c????????  (the location at %s is not in "
			     "the dump)", current ? '>' : ' ', a);
		return;
	}
	function_text(x, text);
	control_text(x->control, control);
	ntr_out_line(k->o, "%c[%s]", current ? '>' : ' ', text);
	pointer(k, a, x->device);
	pointer(k, b, x->file);
	pointer(k, c, x->completion);
	pointer(k, d, x->context);
	ntr_out_line(k->o, "           %2x %2x %s %s %s-%s%s", x->flags,
		     x->control, a, b, *routine ? routine : c, d, control);
	if (*driver)
		ntr_out_line(k->o, "           %s", driver);
	pointer(k, a, x->arg[0]);
	pointer(k, b, x->arg[1]);
	pointer(k, c, x->arg[2]);
	pointer(k, d, x->arg[3]);
	ntr_out_line(k->o, "           Args: %s %s %s %s", a, b, c, d);
}

static void json_irp(struct ntr_kd *k, const struct ntr_irp *p)
{
	struct ntr_out *o = k->o;

	ntr_out_hex(o, "irp", NULL, p->va);
	ntr_out_str(o, "state", NULL, state_name(p));
	ntr_out_uint_if(o, "stack_count", NULL, p->has_counts, p->stack_count);
	ntr_out_uint_if(o, "current", NULL, p->has_counts, p->current);
	ntr_out_hex_if(o, "thread", NULL, p->thread, p->thread);
	ntr_out_hex_if(o, "mdl", NULL, p->mdl, p->mdl);
	ntr_out_hex_if(o, "system_buffer", NULL, p->buffer, p->buffer);
	ntr_out_hex_if(o, "user_buffer", NULL, p->user_buffer, p->user_buffer);
	ntr_out_hex(o, "flags", NULL, p->flags);
	ntr_out_hex_if(o, "status", NULL, p->has_status, p->status);
	ntr_out_hex(o, "information", NULL, p->information);
	ntr_out_hex_if(o, "file", NULL, p->file, p->file);
	ntr_out_bool(o, "pending", NULL, p->pending);
	ntr_out_bool(o, "cancelled", NULL, p->cancelled);
	ntr_out_hex_if(o, "cancel_routine", NULL, p->cancel_routine,
		       p->cancel_routine);
	ntr_out_str(o, "source", NULL, ntr_source_name(p->source));
	ntr_out_str(o, "note", NULL, *p->note ? p->note : NULL);
}

static void head(struct ntr_kd *k, const struct ntr_irp *p)
{
	const struct ntr_irp_location *x = ntr_irp_current(p);
	struct ntr_out *o = k->o;
	char a[24];

	if (x) {
		pointer(k, a, x->va);
		ntr_out_line(o, "Irp is active with %u stacks %u is current "
			     "(= %s)", p->stack_count, p->current, a);
	} else if (ntr_irp_state(p) == NTR_IRP_DONE) {
		ntr_out_line(o, "Irp is completed.  (CurrentLocation %u > "
			     "StackCount %u)", p->current, p->stack_count);
	} else if (ntr_irp_state(p) == NTR_IRP_IDLE) {
		ntr_out_line(o, "Irp is with no driver yet: %u stacks, none is "
			     "current", p->stack_count);
	} else {
		ntr_out_line(o, "Irp has no current stack that makes sense");
	}
	pointer(k, a, p->mdl);
	if (!p->has_mdl)
		ntr_out_print(o, " Mdl=????????:");
	else
		ntr_out_print(o, p->mdl ? " Mdl=%s:" : " No Mdl:", a);
	pointer(k, a, p->buffer);
	ntr_out_print(o, p->buffer ? " System buffer=%s:" :
		      " No System Buffer:", a);
	pointer(k, a, p->thread);
	ntr_out_line(o, " Thread %s:%s%s", p->thread ? a :
		     p->has_thread ? "none" : "????????",
		     p->pending ? "  Irp is pending." : "",
		     p->cancelled ? "  Irp is cancelled." : "");
}

static void details(struct ntr_kd *k, const struct ntr_irp *p)
{
	char a[24], routine[300] = "";
	struct ntr_out *o = k->o;

	ntr_out_line(o, "Flags = %08" PRIx32, p->flags);
	pointer(k, a, p->information);
	ntr_out_line(o, "IoStatus.Status = %08" PRIx32 "  Information = %s",
		     p->status, a);
	ntr_out_line(o, "RequestorMode = %s", p->mode ? "UserMode" :
		     "KernelMode");
	pointer(k, a, p->user_buffer);
	ntr_out_line(o, "UserBuffer = %s", a);
	pointer(k, a, p->file);
	ntr_out_line(o, "OriginalFileObject = %s", a);
	if (p->cancel_routine)
		ntr_kd_symbol(k, p->cancel_routine, routine, sizeof(routine));
	pointer(k, a, p->cancel_routine);
	ntr_out_line(o, "CancelRoutine = %s%s%s", a, *routine ? " " : "",
		     routine);
}

static void show_irp(struct ntr_kd *k, const struct ntr_irp *p, bool detail)
{
	struct ntr_out *o = k->o;

	json_irp(k, p);
	head(k, p);
	if (*p->note)
		ntr_out_line(o, " (%s)", p->note);
	if (detail)
		details(k, p);
	ntr_out_line(o, "     cmd  flg cl Device   File     "
		     "Completion-Context");
	ntr_out_list(o, "locations");
	for (unsigned i = 0; i < p->n && !ntr_kd_stopped(k); i++)
		location(k, &p->at[i], &p->at[i] == ntr_irp_current(p));
	ntr_out_list_end(o);
}

static enum ntr_st run_irp(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	struct ntr_irp *p;
	const char *s = c->args;
	u64 va = 0, detail = 0;
	enum ntr_st st;

	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st && *s)
		st = ntr_cmd_value(k, c, &s, &detail, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	p = malloc(sizeof(*p));
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_irp_read(k->t, va, p, e);
	if (!st)
		show_irp(k, p, detail);
	free(p);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_irp = {
	.names = "!irp",
	.summary = "an I/O request and its stack locations",
	.operands = "ADDR [1]",
	.help = "Which driver has it, its buffers, thread and status, and each "
		"location: the function, flags and control bits, device, file, "
		"completion routine with its context, and the arguments; the "
		"current one is marked >. With 1 also the flags, the status and "
		"the cancel routine.\n\n"
		"What does not fit together (a StackCount that the size has no "
		"room for) is said; what is not in the dump is ????????.",
	.example = "!irp ffffe000`0a1b2c30 1", .does = "who has this request",
	.run = run_irp,
};

/* --- all of them ------------------------------------------------------------------- */

struct finding {
	struct ntr_kd *k;
	u64 n, driver;
	bool has_driver, shown;
};

static bool for_driver(struct finding *f, const struct ntr_irp *p)
{
	struct ntr_device d;

	for (unsigned i = 0; i < p->n; i++)
		if (p->at[i].read && p->at[i].device &&
		    ntr_device_read(f->k->t, p->at[i].device, &d, NULL) ==
		    NTR_OK && d.has_driver && d.driver == f->driver)
			return true;
	return false;
}

static bool found_one(void *ctx, const struct ntr_irp *p,
		      enum ntr_irp_from from)
{
	struct finding *f = ctx;
	struct ntr_kd *k = f->k;
	const struct ntr_irp_location *x = ntr_irp_current(p);
	char a[24], b[24], text[120] = "no current location", driver[128];

	if (f->has_driver && !for_driver(f, p))
		return !ntr_kd_stopped(k);
	f->n++;
	if (x && x->read)
		function_text(x, text);
	else if (x)
		snprintf(text, sizeof(text), "????????");
	driver_of(k, x && x->read ? x->device : 0, driver);
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "irp", NULL, p->va);
	ntr_out_str(k->o, "from", NULL, from == NTR_IRP_POOL ? "pool" :
		    "thread");
	ntr_out_hex_if(k->o, "thread", NULL, p->thread, p->thread);
	ntr_out_str(k->o, "state", NULL, state_name(p));
	ntr_out_str(k->o, "major", NULL, x && x->read ?
		    ntr_major_name(x->major) : NULL);
	ntr_out_hex_if(k->o, "device", NULL, x && x->device,
		       x ? x->device : 0);
	ntr_out_str(k->o, "driver", NULL, *driver ? driver : NULL);
	ntr_out_close(k->o);
	pointer(k, a, p->va);
	pointer(k, b, p->thread);
	ntr_out_line(k->o, "%s [%s] thread %s%s%s%s", a, text,
		     p->thread ? b : "none", *driver ? "  " : "", driver,
		     from == NTR_IRP_POOL ? "  (pool)" : "");
	return !ntr_kd_stopped(k);
}

static void summary(struct ntr_kd *k, const struct finding *f,
		    const struct ntr_irp_find *r)
{
	ntr_out_uint(k->o, "threads", NULL, r->threads);
	ntr_out_uint(k->o, "damaged_lists", NULL, r->damaged);
	ntr_out_uint(k->o, "pool_blocks", NULL, r->blocks);
	ntr_out_uint(k->o, "pool_blocks_without", NULL, r->none);
	ntr_out_str(k->o, "threads_lacking", NULL, *r->threads_why ?
		    r->threads_why : NULL);
	ntr_out_str(k->o, "pool_lacking", NULL, *r->pool_why ? r->pool_why :
		    NULL);
	ntr_out_line(k->o, "%" PRIu64 " IRPs; the lists of %" PRIu64
		     " threads, %" PRIu64 " of them damaged; %" PRIu64
		     " blocks of pool with tag \"Irp \", %" PRIu64
		     " of them no IRP any more", f->n, r->threads, r->damaged,
		     r->blocks, r->none);
	if (*r->threads_why)
		ntr_out_para(k->o, "  ", "(threads: %s)", r->threads_why);
	if (*r->pool_why)
		ntr_out_para(k->o, "  ", "(pool: %s)", r->pool_why);
}

static enum ntr_st run_irpfind(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	struct finding f = { .k = k };
	struct ntr_pool *pool = NULL;
	struct ntr_irp_find r = { 0 };
	const char *s = c->args;
	enum ntr_st st = NTR_OK;

	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	f.has_driver = *s;
	if (*s)
		st = ntr_cmd_addr(k, c, &s, &f.driver, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_pool_open(&pool, k->t, e);
	if (st)
		return st;
	ntr_out_list(k->o, "irps");
	st = ntr_irp_find(k->t, pool, found_one, &f, &r, e);
	ntr_out_list_end(k->o);
	ntr_pool_close(pool);
	if (st)
		return st;
	summary(k, &f, &r);
	return f.n ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no IRP was found");
}

const struct ntr_cmd ntr_cmd_bang_irpfind = {
	.names = "!irpfind",
	.summary = "all I/O requests",
	.operands = "[DRIVER]",
	.help = "Those on the lists of all threads, then blocks of nonpaged pool "
		"with the tag of IRPs (those freed and used again are passed "
		"over and counted): each with the function and the driver of its "
		"current location. With the address of a DRIVER_OBJECT only "
		"those that have a location for one of its devices.",
	.example = "!irpfind", .does = "what is under way",
	.run = run_irpfind,
};
