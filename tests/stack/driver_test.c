// SPDX-License-Identifier: Apache-2.0
/* Drivers as shared objects and linked in: loading, what refuses, files, a
 * driver that overflows its stack, unloading. */
#include "machine.h"

#define LOGGED 8

struct state {
	struct machine m;
	struct io_driver *d;
	char log[LOGGED][128];
	unsigned nlog;
	enum ex_status st;
	u32 depth;
};

static void keep(void *ctx, const char *line)
{
	struct state *s = ctx;

	if (s->nlog < LOGGED)
		snprintf(s->log[s->nlog++], sizeof(s->log[0]), "%s", line);
}

static bool logged(const struct state *s, const char *text)
{
	for (unsigned i = 0; i < s->nlog; i++)
		if (strstr(s->log[i], text))
			return true;
	return false;
}

static const char *folder(void)
{
	static char path[512];
	const char *b = getenv("B");

	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	return path;
}

static struct state begin(const struct ex_config *c)
{
	struct state s = {
		.m = machine_of(&(struct sched_config){ .seed = 1 }, c) };

	io_driver_path(s.m.x, folder());
	return s;
}

static u64 driver_bytes(struct ex *x)
{
	return tag_bytes(x, EX_NONPAGED, EX_TAG('D', 'r', 'i', 'v')) +
	       tag_bytes(x, EX_NONPAGED, EX_TAG('D', 'e', 'v', 'i')) +
	       tag_bytes(x, EX_NONPAGED, EX_TAG('F', 'i', 'l', 'e')) +
	       tag_bytes(x, EX_NONPAGED, EX_TAG('I', 'r', 'p', ' ')) +
	       tag_bytes(x, EX_PAGED, EX_TAG('D', 'e', 'e', 'p'));
}

static void loads_and_unloads(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 2 });

	ex_log_to(s.m.x, keep, &s);
	for (int i = 0; i < 2; i++) {
		s.nlog = 0;
		CHECK_EQ(io_load(s.m.x, "deep", "", &s.d), EX_SUCCESS);
		CHECK_STR(s.d->name, "deep");
		CHECK(logged(&s, "deep loads on CPU"));
		CHECK(logged(&s, "at IRQL 0"));
		CHECK(io_device_find(s.m.x, "\\Device\\Deep") != NULL);
		CHECK_EQ(io_load(s.m.x, "deep", "", NULL),
			 EX_IMAGE_ALREADY_LOADED);
		CHECK_EQ(io_unload(s.d), EX_SUCCESS);
		CHECK(logged(&s, "deep unloads"));
		CHECK(io_device_find(s.m.x, "\\Device\\Deep") == NULL);
		CHECK_EQ(driver_bytes(s.m.x), 0);
	}
	machine_free(&s.m);
}

static void by_its_file(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1 });
	char path[600];

	snprintf(path, sizeof(path), "%s/deep.so", folder());
	CHECK_EQ(io_load(s.m.x, path, "", &s.d), EX_SUCCESS);
	machine_free(&s.m);   /* without unloading: it is let go */
}

static void two_machines_have_one_each(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1 });
	struct ex *b = ex_new(&(struct ex_config){ .name = "b" }, s.m.s);
	struct io_driver *other = NULL;

	io_driver_path(b, folder());
	CHECK_EQ(io_load(s.m.x, "deep", "", &s.d), EX_SUCCESS);
	CHECK_EQ(io_load(b, "deep", "", &other), EX_SUCCESS);
	CHECK(s.d != other && other && other->x == b);
	CHECK_EQ(io_unload(s.d), EX_SUCCESS);
	CHECK(io_device_find(b, "\\Device\\Deep") != NULL);
	machine_free(&s.m);
}

static void what_refuses(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1 });

	ex_log_to(s.m.x, keep, &s);
	CHECK_EQ(io_load(s.m.x, "nothing", "", &s.d), EX_OBJECT_NAME_NOT_FOUND);
	CHECK(logged(&s, "nothing.so"));
	CHECK_EQ(io_load(s.m.x, "wrongabi", "", &s.d), EX_REVISION_MISMATCH);
	CHECK_EQ(io_load(s.m.x, "deep", "fail", &s.d), EX_DEVICE_NOT_READY);
	CHECK_EQ(driver_bytes(s.m.x), 0);
	CHECK(s.d == NULL);
	machine_free(&s.m);
}

static void entry_without_memory(void)
{
	unsigned failed = 0;

	for (u64 n = 1; n < 60; n++) {
		struct sched *sc = sched_new(&(struct sched_config){ .seed = 1 });
		struct ex *x = ex_new(&(struct ex_config){
			.cpus = 1, .alloc_fail_at = n }, sc);

		if (x) {
			enum ex_status st;

			io_driver_path(x, folder());
			st = io_load(x, "deep", "", NULL);
			failed += ex_failed(st);
			if (ex_failed(st))
				CHECK_EQ(driver_bytes(x), 0);
			CHECK_EQ(ex_stopped(x), EX_RUNNING);
		}
		sched_free(sc);
	}
	/* the request, the thread of its call, and three of the loading */
	CHECK_EQ(failed, 5);
}

/* --- code that is gone -------------------------------------------------------------------- */

static void runs_the_gone(void *context)
{
	ke_thread_fn *fn;

	memcpy(&fn, context, sizeof(fn));
	fn(NULL);
}

static void a_driver_that_left_something_behind(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1 });
	void *gone;

	CHECK_EQ(io_load(s.m.x, "deep", "", &s.d), EX_SUCCESS);
	gone = (void *)(uintptr_t)s.d->dispatch[IO_DEVICE_CONTROL];
	CHECK_EQ(io_unload(s.d), EX_SUCCESS);
	thread_of(s.m.x, "late", runs_the_gone, &gone);
	check_bugcheck(&s.m, 0xce, (uintptr_t)gone);
	machine_free(&s.m);
}

/* --- linked in --------------------------------------------------------------------------- */

static enum ex_status builtin_entry(struct io_driver *d, const char *options)
{
	d->extension = (void *)(uintptr_t)(options[0] == 'o');
	return EX_SUCCESS;
}

static void a_builtin_comes_first(void)
{
	static const struct io_driver_info info = { IO_DRIVER_ABI, "deep",
						    "2.0", builtin_entry };
	struct state s = begin(&(struct ex_config){ .cpus = 1 });

	io_builtin(s.m.x, &info);
	CHECK_EQ(io_load(s.m.x, "deep", "o", &s.d), EX_SUCCESS);
	CHECK(s.d->extension == (void *)1);
	CHECK(s.d->handle == NULL);
	CHECK_EQ(io_unload(s.d), EX_INVALID_DEVICE_REQUEST);
	machine_free(&s.m);
}

/* --- files ----------------------------------------------------------------------------------- */

static void opens(void *ctx)
{
	struct state *s = ctx;
	struct io_file *f = NULL;
	const unsigned *n;

	CHECK_EQ(io_open(s->m.x, "\\Device\\None", NULL, 0, &f),
		 EX_OBJECT_NAME_NOT_FOUND);
	CHECK_EQ(io_open(s->m.x, "\\Device\\Deep", "fail", 4, &f),
		 EX_ADDRESS_ALREADY_EXISTS);
	CHECK(f == NULL);
	CHECK_EQ(io_open(s->m.x, "\\Device\\Deep", NULL, 0, &f), EX_SUCCESS);
	n = f->context;      /* opens, cleanups, closes */
	CHECK_EQ(n[0], 1);
	CHECK_EQ(n[1], 0);
	io_close(f);
	CHECK_EQ(n[1], 1);
	CHECK_EQ(n[2], 1);
}

static void files_open_and_close(void)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1 });

	CHECK_EQ(io_load(s.m.x, "deep", "", &s.d), EX_SUCCESS);
	CHECK(ex_call(s.m.x, opens, &s));
	CHECK_EQ(io_unload(s.d), EX_SUCCESS);
	CHECK_EQ(driver_bytes(s.m.x), 0);
	machine_free(&s.m);
}

/* --- too deep ---------------------------------------------------------------------------------- */

static void goes_down(void *ctx)
{
	struct state *s = ctx;
	struct irp *irp = io_irp_alloc(s->m.x);
	struct io_stack *io = io_next(irp);

	io->major = IO_DEVICE_CONTROL;
	io->code = s->depth;
	s->st = io_sync(s->d->devices, irp);
	io_irp_free(s->m.x, irp);
}

static void a_driver_overflows(unsigned kib)
{
	struct state s = begin(&(struct ex_config){ .cpus = 1,
						    .stack_kib = kib });

	s.st = EX_UNSUCCESSFUL;
	s.depth = 10;
	CHECK_EQ(io_load(s.m.x, "deep", "", &s.d), EX_SUCCESS);
	CHECK(ex_call(s.m.x, goes_down, &s));
	CHECK_EQ(s.st, EX_SUCCESS);
	s.depth = 10000;
	CHECK(!ex_call(s.m.x, goes_down, &s));
	CHECK_EQ(ex_stopped(s.m.x), EX_BUGCHECK);
	CHECK_EQ(ex_bugcheck(s.m.x)->code, 0x7f);
	CHECK_EQ(ex_bugcheck(s.m.x)->arg[0], 8);
	machine_free(&s.m);
}

static void overflow_of_12_kib(void)
{
	a_driver_overflows(12);
}

static void overflow_of_24_kib(void)
{
	a_driver_overflows(24);
}

int main(void)
{
	RUN(loads_and_unloads);
	RUN(by_its_file);
	RUN(two_machines_have_one_each);
	RUN(what_refuses);
	RUN(entry_without_memory);
	RUN(a_driver_that_left_something_behind);
	RUN(a_builtin_comes_first);
	RUN(files_open_and_close);
	RUN(overflow_of_12_kib);
	RUN(overflow_of_24_kib);
	return test_done();
}
