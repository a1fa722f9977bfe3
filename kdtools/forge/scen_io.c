// SPDX-License-Identifier: Apache-2.0
/* Statements about I/O: drivers, devices and their stacks, IRPs. */
#include "scen_stmt.h"

#include <string.h>

/* IRP_MJ_… without its prefix, by number (MSDN, wdm.h). */
static const char *const majors[F_MAX_DISPATCH] = {
	"CREATE", "CREATE_NAMED_PIPE", "CLOSE", "READ", "WRITE",
	"QUERY_INFORMATION", "SET_INFORMATION", "QUERY_EA", "SET_EA",
	"FLUSH_BUFFERS", "QUERY_VOLUME_INFORMATION", "SET_VOLUME_INFORMATION",
	"DIRECTORY_CONTROL", "FILE_SYSTEM_CONTROL", "DEVICE_CONTROL",
	"INTERNAL_DEVICE_CONTROL", "SHUTDOWN", "LOCK_CONTROL", "CLEANUP",
	"CREATE_MAILSLOT", "QUERY_SECURITY", "SET_SECURITY", "POWER",
	"SYSTEM_CONTROL", "DEVICE_CHANGE", "QUERY_QUOTA", "SET_QUOTA", "PNP",
};

static u64 major(struct f_lex *l)
{
	for (u64 i = 0; i < NTR_COUNT(majors); i++)
		if (f_lex_word(l, majors[i]))
			return i;
	return f_lex_num(l, "a major function (a number or a name like READ)");
}

static void driver_dispatch(struct f_lex *l, struct f_sdriver *d)
{
	struct f_sdispatch *x;

	if (d->ndispatch == F_MAX_DISPATCH) {
		f_lex_fail(l, l->at, "a driver has at most %d dispatch "
			   "routines", F_MAX_DISPATCH);
		return;
	}
	x = &d->dispatch[d->ndispatch];
	x->loc = l->at;
	x->major = major(l);
	if (!l->st && x->major >= F_MAX_DISPATCH) {
		f_lex_fail(l, x->loc, "a major function is 0 to %d",
			   F_MAX_DISPATCH - 1);
		return;
	}
	x->loc = l->at;
	x->routine = f_lex_text(l, "module!Function");
	d->ndispatch++;
}

void f_st_driver(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a driver's name");
	struct f_sdriver *d = F_ADD(l, &l->s->drivers, F_MAX_DRIVERS,
				    "drivers");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sdriver){ .loc = at, .name = name };
	while (!l->st)
		if (f_lex_word(l, "module"))
			d->module = f_lex_text(l, "a module name");
		else if (f_lex_word(l, "filesystem"))
			d->filesystem = true;
		else if (f_lex_word(l, "dispatch"))
			driver_dispatch(l, d);
		else
			break;
	if (!l->st && !d->module)
		f_lex_fail(l, at, "a driver needs a module");
}

void f_st_device(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a device's name");
	struct f_sdevice *d = F_ADD(l, &l->s->devices, F_MAX_DEVICES,
				    "devices");

	(void)ctx;
	if (!d)
		return;
	*d = (struct f_sdevice){ .loc = at, .name = name, .type = 0x22 };
	while (!l->st)
		if (f_lex_word(l, "driver"))
			d->driver = f_lex_text(l, "a driver's name");
		else if (f_lex_word(l, "on"))
			d->lower = f_lex_text(l, "a device's name");
		else if (f_lex_word(l, "type"))
			d->type = f_lex_num(l, "a device type");
		else if (f_lex_word(l, "flags"))
			d->flags = f_lex_num(l, "flags");
		else if (f_lex_word(l, "unnamed"))
			d->unnamed = true;
		else
			break;
	if (!l->st && !d->driver)
		f_lex_fail(l, at, "a device needs a driver");
}

static bool location_attr(struct f_lex *l, struct f_sirp *p,
			  struct f_slocation *x)
{
	if (f_lex_word(l, "minor"))
		x->minor = f_lex_num(l, "a minor function");
	else if (f_lex_word(l, "flags"))
		x->flags = f_lex_num(l, "flags");
	else if (f_lex_word(l, "control"))
		x->control = f_lex_num(l, "control flags");
	else if (f_lex_word(l, "device"))
		x->device = f_lex_text(l, "a device's name");
	else if (f_lex_word(l, "file"))
		x->file = f_lex_text(l, "a file object's name");
	else if (f_lex_word(l, "completion"))
		x->completion = f_lex_text(l, "module!Function");
	else if (f_lex_word(l, "context"))
		x->context = f_lex_num(l, "a value");
	else if (f_lex_word(l, "sets"))
		x->sets = f_lex_text(l, "a lock's name");
	else if (f_lex_word(l, "args"))
		for (size_t i = 0; i < 4 && (!i || f_lex_is_num(l)); i++)
			x->arg[i] = f_lex_num(l, "a value");
	else if (f_lex_word(l, "current"))
		p->current = p->n;
	else
		return false;
	return true;
}

static void st_location(struct f_lex *l, void *ctx)
{
	struct f_sirp *p = ctx;
	struct f_slocation *x;

	if (p->n == F_MAX_LOCATIONS) {
		f_lex_fail(l, l->at, "an IRP has at most %d locations",
			   F_MAX_LOCATIONS);
		return;
	}
	x = &p->at[p->n++];
	*x = (struct f_slocation){ .loc = l->at };
	x->major = major(l);
	while (!l->st && location_attr(l, p, x))
		;
}

static const struct f_stmt irp_stmts[1] = {
	{ "location", st_location },
};

/* "times N": N - 1 more of the same. */
static void irp_copies(struct f_lex *l, u64 times, struct f_loc at)
{
	size_t first = l->s->irps.n - 1;

	if (!l->st && (!times || times > F_MAX_IRPS))
		f_lex_fail(l, at, "times is 1 to %d", F_MAX_IRPS);
	for (u64 i = 1; !l->st && i < times; i++) {
		struct f_sirp *p = F_ADD(l, &l->s->irps, F_MAX_IRPS, "IRPs");

		if (p)
			*p = l->s->irps.v[first];
	}
}

void f_st_irp(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sirp *p = F_ADD(l, &l->s->irps, F_MAX_IRPS, "IRPs");
	u64 times = 1;

	(void)ctx;
	if (!p)
		return;
	*p = (struct f_sirp){ .loc = at, .tid = F_NONE, .current = F_NONE };
	while (!l->st)
		if (f_lex_word(l, "tid"))
			p->tid = f_lex_num(l, "a thread id");
		else if (f_lex_word(l, "times"))
			times = f_lex_num(l, "a number");
		else if (f_lex_word(l, "flags"))
			p->flags = f_lex_num(l, "flags");
		else if (f_lex_word(l, "mdl"))
			p->mdl = f_lex_num(l, "an address");
		else if (f_lex_word(l, "status"))
			p->status = f_lex_num(l, "a status");
		else if (f_lex_word(l, "information"))
			p->information = f_lex_num(l, "a value");
		else if (f_lex_word(l, "cancel"))
			p->cancel = f_lex_text(l, "module!Function");
		else if (f_lex_word(l, "cancelled"))
			p->cancelled = true;
		else if (f_lex_word(l, "event"))
			p->event = f_lex_text(l, "a lock's name");
		else if (f_lex_word(l, "fileevent"))
			p->file_event = f_lex_text(l, "a lock's name");
		else if (f_lex_word(l, "kept"))
			p->kept = true;
		else if (f_lex_word(l, "pending"))
			p->pending = true;
		else
			break;
	if (!l->st)
		f_stmt_block(l, irp_stmts, 1, p, false);
	if (!l->st && !p->n)
		f_lex_fail(l, at, "an IRP has at least one location");
	irp_copies(l, times, at);
}
