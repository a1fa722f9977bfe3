// SPDX-License-Identifier: Apache-2.0
/* The object directory of forged machines of each generation. */
#include "kobj/object.h"

#include "kobj/device.h"
#include "objects.h"

static const char *const gens[] = { "x86 nt4", "x86 2000", "x86 xp",
				    "x86 2003", "x64 2003", "x64 7", "x64 10" };
enum { X64_7 = 5, X64_10 = 6, NGENS = 7 };

static struct ntr_objects objects;

static bool open_as(struct machine *m, unsigned gen, const char *container)
{
	struct ntr_err e = { "" };

	if (!machine_open_as(m, "io-x64-7", gens[gen], container))
		return false;
	CHECK_EQ(ntr_objects_open(m->t, &objects, &e), NTR_OK);
	return true;
}

static bool holds(struct ntr_directory *d, const char *name, const char *type)
{
	struct ntr_object b;

	for (size_t i = 0; i < d->entry.n; i++)
		if (ntr_object_read(&objects, d->entry.v[i], &b, NULL) ==
		    NTR_OK && !strcmp(b.name, name) &&
		    !strcmp(b.type_name, type))
			return true;
	return false;
}

static void namespace(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_directory d;
		struct ntr_object b;
		struct ntr_driver r;
		struct ntr_err e = { "" };
		struct machine m;
		u64 va = 0;

		if (!open_as(&m, g, "full"))
			return;
		if (!m.t->kdbg) { /* NT 4: symbols only */
			CHECK_HAS(objects.root_why, "ObpRootDirectoryObject");
			CHECK_EQ(ntr_object_find(&objects, "\\Driver", &va, &e),
				 NTR_ABSENT);
			machine_close(&m);
			continue;
		}
		CHECK_EQ(ntr_directory_read(&objects, objects.root, &d, &e),
			 NTR_OK);
		CHECK_EQ(d.entry.n, 4);
		CHECK_STR(d.why, "");
		CHECK(holds(&d, "Driver", "Directory"));
		CHECK(holds(&d, "ObjectTypes", "Directory"));
		ntr_directory_fini(&d);
		CHECK_EQ(ntr_object_find(&objects, "\\driver\\DISK", &va, &e),
			 NTR_OK);
		CHECK_EQ(ntr_driver_read(m.t, va, &r, &e), NTR_OK);
		CHECK_STR(r.name, "\\Driver\\disk");
		CHECK_EQ(ntr_object_read(&objects, va, &b, &e), NTR_OK);
		CHECK_STR(b.name, "disk");
		CHECK_STR(b.type_name, "Driver");
		CHECK_EQ(b.pointers, 2);
		CHECK_EQ(b.handles, 1);
		CHECK_EQ(objects.has_cookie, g == X64_10);
		if (g == X64_10)
			CHECK_EQ(objects.cookie, 0x5b);
		CHECK_EQ(ntr_object_find(&objects, "\\FileSystem\\Ntfs", &va, &e),
			 NTR_OK);
		CHECK_EQ(ntr_object_find(&objects, "\\Device\\DR0", &va, &e),
			 NTR_OK);
		CHECK_EQ(ntr_object_find(&objects, "\\Device\\flt", &va, &e),
			 NTR_ABSENT);
		CHECK_HAS(e.msg, "no object \"flt\"");
		CHECK_EQ(ntr_object_find(&objects, "\\Device\\DR0\\x", &va, &e),
			 NTR_ABSENT);
		CHECK_HAS(e.msg, "\"DR0\" is a Device, no directory");
		CHECK_EQ(ntr_object_find(&objects, "\\", &va, &e), NTR_OK);
		CHECK_EQ(va, objects.root);
		machine_close(&m);
	}
}

/* Chains of the root: to itself, in a ring, out of the dump. */
static void damage(void)
{
	struct ntr_directory d;
	struct ntr_err e = { "" };
	struct machine m;
	u64 first = 0;

	if (!open_as(&m, X64_7, "full"))
		return;
	for (unsigned i = 0; i < 37 && !first; i++)
		first = machine_ptr(&m, objects.root + 8 * i);
	CHECK(first != 0);
	machine_patch(&m, first, first, 8);
	CHECK_EQ(ntr_directory_read(&objects, objects.root, &d, &e), NTR_OK);
	CHECK_HAS(d.why, "the chain is a ring");
	CHECK(d.entry.n >= 1 && d.entry.n <= 8);
	ntr_directory_fini(&d);
	machine_patch(&m, first, 0xfffffa80ff000000, 8);
	CHECK_EQ(ntr_directory_read(&objects, objects.root, &d, &e), NTR_OK);
	CHECK_HAS(d.why, "is not in the dump");
	ntr_directory_fini(&d);
	machine_patch(&m, first, 0, 8);
	machine_patch(&m, first + 8, 0x10, 8); /* an object that is none */
	CHECK_EQ(ntr_directory_read(&objects, objects.root, &d, &e), NTR_OK);
	CHECK_STR(d.why, "");
	ntr_directory_fini(&d);
	CHECK(ntr_directory_read(&objects, 0xfffffa80ff000000, &d, &e) !=
	      NTR_OK);
	machine_close(&m);
}

/* A type that does not agree with the cookie: types are not told. */
static void wrong_cookie(void)
{
	struct ntr_object b;
	struct ntr_err e = { "" };
	struct machine m;
	u64 type;

	if (!open_as(&m, X64_10, "full"))
		return;
	CHECK(objects.types_why == NULL);
	type = objects.type[0].va;
	machine_patch(&m, type - 0x30 + 0x18, 0x77, 1);
	CHECK_EQ(ntr_objects_open(m.t, &objects, &e), NTR_OK);
	CHECK_HAS(objects.types_why, "ObHeaderCookie, which needs symbols");
	CHECK_EQ(ntr_object_read(&objects, objects.root, &b, &e), NTR_OK);
	CHECK_STR(b.type_name, "");
	CHECK_HAS(b.type_why, "needs symbols");
	CHECK_STR(b.name, "\\");
	machine_close(&m);
}

static void triage(void)
{
	struct ntr_err e = { "" };
	struct machine m;
	u64 va;

	if (!open_as(&m, X64_7, "triage"))
		return;
	CHECK(objects.root == 0 && objects.root_why);
	CHECK_EQ(ntr_object_find(&objects, "\\Driver", &va, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "not in the dump");
	machine_close(&m);
}

int main(void)
{
	RUN(namespace);
	RUN(damage);
	RUN(wrong_cookie);
	RUN(triage);
	return test_done();
}
