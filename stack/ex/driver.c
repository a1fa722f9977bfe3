// SPDX-License-Identifier: Apache-2.0
/*
 * Drivers, their devices and files.  A driver is a shared object with one
 * exported structure, io_driver_NAME, or one that was linked in.  Its entry and
 * its unload run in a thread of the machine, at PASSIVE.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_DRIVER EX_TAG('D', 'r', 'i', 'v')
#define TAG_DEVICE EX_TAG('D', 'e', 'v', 'i')
#define TAG_FILE EX_TAG('F', 'i', 'l', 'e')
#define NAME_MAX_LEN 64

struct io_builtin {
	struct io_builtin *next;
	const struct io_driver_info *info;
};

/* io_driver comes first: the rest is the loader's. */
struct loaded {
	struct io_driver d;
	struct loaded *next;
	char name[NAME_MAX_LEN];
};

void io_driver_path(struct ex *x, const char *folder)
{
	snprintf(x->driver_path, sizeof(x->driver_path), "%s", folder);
}

void io_builtin(struct ex *x, const struct io_driver_info *i)
{
	struct io_builtin *b = pages_get(x, sizeof(*b));

	if (!b)
		return;
	*b = (struct io_builtin){ .next = x->builtins, .info = i };
	x->builtins = b;
}

/* --- finding -------------------------------------------------------------------------------- */

/* "…/tcpip-q216765.so" is a driver tcpip. */
static void symbol_of(const char *name, char *buf, size_t size)
{
	const char *base = strrchr(name, '/');
	size_t n;

	base = base ? base + 1 : name;
	n = strcspn(base, "-.");
	snprintf(buf, size, "io_driver_%.*s", (int)n, base);
}

struct find {
	struct ex *x;
	const char *name;
	const struct io_driver_info *info;
	void *handle;
};

static void open_object(void *ctx)
{
	struct find *f = ctx;
	char path[1024], symbol[NAME_MAX_LEN + 16];

	if (strchr(f->name, '/'))
		snprintf(path, sizeof(path), "%s", f->name);
	else
		snprintf(path, sizeof(path), "%s/%s.so",
			 f->x->driver_path[0] ? f->x->driver_path : ".",
			 f->name);
	f->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!f->handle) {
		ex_log(f->x, "%s", dlerror());
		return;
	}
	symbol_of(f->name, symbol, sizeof(symbol));
	f->info = dlsym(f->handle, symbol);
	if (f->info)
		return;
	ex_log(f->x, "%s has no %s", path, symbol);
	dlclose(f->handle);
	f->handle = NULL;
}

static void close_object(void *handle)
{
	if (handle)
		dlclose(handle);
}

/* --- what is gone --------------------------------------------------------------------------- */

struct range {
	const struct link_map *map;
	const u8 *low, *high;
};

static int range_of(struct dl_phdr_info *i, size_t size, void *ctx)
{
	struct range *r = ctx;

	(void)size;
	if (i->dlpi_addr != r->map->l_addr)
		return 0;
	for (unsigned k = 0; k < i->dlpi_phnum; k++) {
		const ElfW(Phdr) *p = &i->dlpi_phdr[k];
		const u8 *at = (const u8 *)(i->dlpi_addr + p->p_vaddr);

		if (p->p_type != PT_LOAD)
			continue;
		if (!r->low || at < r->low)
			r->low = at;
		if (at + p->p_memsz > r->high)
			r->high = at + p->p_memsz;
	}
	return 1;
}

struct closing {
	struct ex *x;
	void *handle;
	char name[NAME_MAX_LEN];
};

static void close_remembered(void *ctx)
{
	const struct closing *c = ctx;
	struct range r = { 0 };
	struct ex_unloaded *u;

	if (c->handle && !dlinfo(c->handle, RTLD_DI_LINKMAP, &r.map) &&
	    dl_iterate_phdr(range_of, &r)) {
		u = &c->x->unloaded[c->x->nunloaded++ % EX_UNLOADED];
		*u = (struct ex_unloaded){ .base = r.low,
					   .size = (size_t)(r.high - r.low) };
		snprintf(u->name, sizeof(u->name), "%.23s", c->name);
	}
	close_object(c->handle);
}

const struct ex_unloaded *driver_unloaded(const struct ex *x, u64 at)
{
	for (u32 i = 0; i < EX_UNLOADED && i < x->nunloaded; i++) {
		const struct ex_unloaded *u = &x->unloaded[i];

		if (u->base && at - (u64)(uintptr_t)u->base < u->size)
			return u;
	}
	return NULL;
}

static void find(struct find *f)
{
	for (struct io_builtin *b = f->x->builtins; b; b = b->next)
		if (!strcmp(b->info->name, f->name))
			f->info = b->info;
	if (!f->info)
		ex_on_host(open_object, f);
}

static bool is_loaded(struct ex *x, const char *name)
{
	for (struct loaded *l = (struct loaded *)x->drivers; l; l = l->next)
		if (!strcmp(l->name, name))
			return true;
	return false;
}

/* --- loading --------------------------------------------------------------------------------- */

/* false: there is one of that name. */
static bool link_driver(struct ex *x, struct loaded *l)
{
	bool ok;

	dispatch_lock();
	ok = !is_loaded(x, l->name);
	if (ok) {
		l->next = (struct loaded *)x->drivers;
		x->drivers = &l->d;
	}
	dispatch_unlock();
	return ok;
}

static void unlink_driver(struct ex *x, struct loaded *l)
{
	struct loaded **at = (struct loaded **)(void *)&x->drivers;

	dispatch_lock();
	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	dispatch_unlock();
}

static void forget(struct loaded *l)
{
	struct ex *x = l->d.x;
	struct closing c = { .x = x, .handle = l->d.handle };

	while (l->d.devices)
		io_device_delete(l->d.devices);
	unlink_driver(x, l);
	memcpy(c.name, l->name, sizeof(c.name));
	ex_free_pool(x, l, TAG_DRIVER);
	ex_on_host(close_remembered, &c);
}

/* Memory is a point: what is looked for is looked for after it. */
static enum ex_status begin(struct ex *x, const struct find *f,
			    const char *options, struct io_driver **out)
{
	struct loaded *l;
	enum ex_status st;

	if (f->info->abi != IO_DRIVER_ABI)
		return EX_REVISION_MISMATCH;
	l = ex_alloc_zero(x, EX_NONPAGED, sizeof(*l), TAG_DRIVER);
	if (!l)
		return EX_INSUFFICIENT_RESOURCES;
	snprintf(l->name, sizeof(l->name), "%s", f->info->name);
	l->d.name = l->name;
	l->d.x = x;
	l->d.handle = f->handle;
	if (!link_driver(x, l)) {
		ex_free_pool(x, l, TAG_DRIVER);
		return EX_IMAGE_ALREADY_LOADED;
	}
	st = f->info->entry(&l->d, options);
	RACE_PUT(&l->d);
	if (ex_failed(st)) {
		l->d.handle = NULL; /* the caller's to close */
		forget(l);
		return st;
	}
	if (out)
		*out = &l->d;
	return EX_SUCCESS;
}

/* Of the machine, with copies of its texts: an entry may wait longer than its
 * caller does. */
struct load {
	struct ex *x;
	const char *name, *options;
	struct io_driver *driver;
	enum ex_status st;
	char text[];
};

static struct load *load_new(struct ex *x, const char *name,
			     const char *options)
{
	size_t n = strlen(name) + 1, more = options ? strlen(options) + 1 : 1;
	struct load *l = ex_alloc_zero(x, EX_NONPAGED, sizeof(*l) + n + more,
				       TAG_DRIVER);

	if (!l)
		return NULL;
	l->x = x;
	l->name = memcpy(l->text, name, n);
	l->options = memcpy(l->text + n, options ? options : "", more);
	return l;
}

static void load_thread(void *ctx)
{
	struct load *l = ctx;
	struct find f = { .x = l->x, .name = l->name };

	l->st = EX_OBJECT_NAME_NOT_FOUND;
	find(&f);
	if (!f.info)
		return;
	l->st = begin(l->x, &f, l->options, &l->driver);
	if (ex_failed(l->st) && f.handle)
		ex_on_host(close_object, f.handle);
}

enum ex_status io_load(struct ex *x, const char *name, const char *options,
		       struct io_driver **out)
{
	struct load *l = load_new(x, name, options);
	enum ex_status st;

	if (!l)
		return EX_INSUFFICIENT_RESOURCES;
	st = machine_call(x, load_thread, l);
	if (st == EX_UNSUCCESSFUL)
		return st;           /* its thread may go on with it */
	if (st == EX_SUCCESS)
		st = l->st;
	if (!ex_failed(st) && out)
		*out = l->driver;
	ex_free_pool(x, l, TAG_DRIVER);
	return st;
}

/* Where the shared object lies that a driver came from. */
struct image {
	void *handle;
	struct range r;
};

static void find_image(void *ctx)
{
	struct image *i = ctx;

	if (i->handle && !dlinfo(i->handle, RTLD_DI_LINKMAP, &i->r.map))
		(void)dl_iterate_phdr(range_of, &i->r);
}

static bool is_of_image(void *ctx, ke_thread_fn *routine)
{
	const struct image *i = ctx;
	const u8 *at = (const u8 *)(uintptr_t)routine;

	return at >= i->r.low && at < i->r.high;
}

/* No device of it is found any more, and who found one before is through. When
 * it has unloaded itself, another CPU may be on its way out of its code: of a
 * close, a DPC, or a work item (NT's have a reference to their device). */
static void unload_thread(void *ctx)
{
	struct loaded *l = ctx;
	struct image i = { .handle = l->d.handle };

	dispatch_lock();
	l->d.unloading = true;
	dispatch_unlock();
	while (KE_GET(&l->d.calls))
		ke_sleep(1000000);
	RACE_GOT(&l->d.calls);
	ex_on_host(find_image, &i);
	l->d.unload(&l->d);
	ke_dpc_flush(l->d.x);        /* one may be in a handler of this driver */
	while (KE_GET(&l->d.calls) ||
	       (l->d.handle && ex_work_inside(l->d.x, is_of_image, &i)))
		ke_sleep(1000000);
	forget(l);
}

enum ex_status io_unload(struct io_driver *d)
{
	if (!d->unload || d->unloading)
		return EX_INVALID_DEVICE_REQUEST;
	return ex_call(d->x, unload_thread, d) ? EX_SUCCESS : EX_UNSUCCESSFUL;
}

/* The machine is gone: no unload routine, but the objects are let go. */
void drivers_free(struct ex *x)
{
	for (struct loaded *l = (struct loaded *)x->drivers; l; l = l->next)
		close_object(l->d.handle);
	x->drivers = NULL;
}

/* --- devices ----------------------------------------------------------------------------------- */

static struct io_device *device_of(const struct loaded *l, const char *name)
{
	struct io_device *d = l->d.devices;

	while (d && strcmp(d->name, name))
		d = d->next;
	return d;
}

static bool is_there(struct ex *x, const char *name)
{
	for (struct loaded *l = (struct loaded *)x->drivers; l; l = l->next)
		if (device_of(l, name))
			return true;
	return false;
}

struct io_device *io_device_create(struct io_driver *d, const char *name,
				   size_t extension)
{
	size_t head = (sizeof(struct io_device) + 15) / 16 * 16;
	struct io_device *dev = ex_alloc_zero(d->x, EX_NONPAGED,
					      head + extension, TAG_DEVICE);
	bool there;

	if (!dev)
		return NULL;
	*dev = (struct io_device){ .name = name, .driver = d,
				   .extension = (u8 *)dev + head };
	dispatch_lock();
	there = is_there(d->x, name);
	if (!there) {
		dev->next = d->devices;
		d->devices = dev;
	}
	dispatch_unlock();
	if (!there)
		return dev;
	ex_free_pool(d->x, dev, TAG_DEVICE);
	return NULL;
}

void io_device_delete(struct io_device *dev)
{
	struct io_device **at = &dev->driver->devices;

	dispatch_lock();
	while (*at && *at != dev)
		at = &(*at)->next;
	if (*at)
		*at = dev->next;
	dispatch_unlock();
	ex_free_pool(dev->driver->x, dev, TAG_DEVICE);
}

static struct io_device *find_device(struct ex *x, const char *name)
{
	for (struct loaded *l = (struct loaded *)x->drivers; l; l = l->next) {
		struct io_device *d = l->d.unloading ? NULL :
						       device_of(l, name);

		if (d) {
			RACE_GOT(d->driver);
			return d;
		}
	}
	return NULL;
}

struct io_device *io_device_find(struct ex *x, const char *name)
{
	struct io_device *d;

	dispatch_lock();
	d = find_device(x, name);
	dispatch_unlock();
	return d;
}

/* The same, and its driver stays until calls is less again. */
static struct io_device *call_device(struct ex *x, const char *name)
{
	struct io_device *d;

	dispatch_lock();
	d = find_device(x, name);
	if (d)
		KE_ADD(&d->driver->calls, 1);
	dispatch_unlock();
	return d;
}

/* --- files --------------------------------------------------------------------------------------- */

/* A file's requests are waited for: they lie on the stack of who makes them, so
 * closing cannot fail and a file that is only open is nothing but itself. */
static enum ex_status file_irp(struct io_file *f, enum io_major major,
			       const void *ea, size_t n)
{
	struct io_stack at[1], *s;
	struct irp irp;

	io_irp_init(&irp, at, 1);
	s = io_next(&irp);
	s->major = (u8)major;
	s->file = f;
	s->buffer = (void *)(uintptr_t)ea;
	s->length = n;
	return io_sync(f->device, &irp);
}

static enum ex_status open_file(struct ex *x, struct io_device *d,
				const void *ea, size_t ea_len,
				struct io_file **out)
{
	struct io_file *f;
	enum ex_status st;

	f = ex_alloc_zero(x, EX_NONPAGED, sizeof(*f), TAG_FILE);
	if (!f)
		return EX_INSUFFICIENT_RESOURCES;
	*f = (struct io_file){ .device = d, .name = d->name, .refs = 1 };
	st = file_irp(f, IO_CREATE, ea, ea_len);
	if (ex_failed(st)) {
		ex_free_pool(x, f, TAG_FILE);
		return st;
	}
	*out = f;
	return EX_SUCCESS;
}

enum ex_status io_open(struct ex *x, const char *device, const void *ea,
		       size_t ea_len, struct io_file **out)
{
	struct io_device *dev = call_device(x, device);
	struct io_driver *d;
	enum ex_status st;

	if (!dev)
		return EX_OBJECT_NAME_NOT_FOUND;
	d = dev->driver;
	st = open_file(x, dev, ea, ea_len, out);
	RACE_PUT(&d->calls);
	KE_ADD(&d->calls, -1);
	return st;
}

void io_close(struct io_file *f)
{
	struct io_driver *d = f->device->driver;

	if (KE_ADD(&f->refs, -1))
		return;
	KE_ADD(&d->calls, 1);
	file_irp(f, IO_CLEANUP, NULL, 0);
	file_irp(f, IO_CLOSE, NULL, 0);
	ex_free_pool(d->x, f, TAG_FILE);
	RACE_PUT(&d->calls);
	KE_ADD(&d->calls, -1);
}
