// SPDX-License-Identifier: Apache-2.0
#include "late.h"

#include <dlfcn.h>
#include <string.h>

static bool find(void *lib, const char *name, void *slot)
{
	void *f = lib ? dlsym(lib, name) : NULL;

	memcpy(slot, &f, sizeof(f));
	return f != NULL;
}

static void *load(const char *soname)
{
	return dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

/* The handle is given back; the library stays (NODELETE). */
static enum ntr_st loaded(void *lib, bool all, const char *soname,
			  struct ntr_err *e)
{
	const char *why = all ? NULL : dlerror();

	if (!all)
		ntr_err_set(e, "%s is needed for this: %s", soname, why ? why :
			    "it is another version");
	if (lib)
		dlclose(lib);
	return all ? NTR_OK : NTR_UNSUP;
}

enum ntr_st ntr_capstone_load(struct ntr_capstone *c, struct ntr_err *e)
{
	void *lib = load("libcapstone.so.4");
	bool all = lib != NULL;

#define NTR_LATE_FIND(f) all = find(lib, #f, &c->f) && all;
	NTR_CAPSTONE_LIST(NTR_LATE_FIND)
	return loaded(lib, all, "libcapstone.so.4", e);
}

enum ntr_st ntr_edit_load(struct ntr_edit *c, struct ntr_err *e)
{
	void *lib = load("libedit.so.2");
	bool all = lib != NULL;

	NTR_EDIT_LIST(NTR_LATE_FIND)
#undef NTR_LATE_FIND
	return loaded(lib, all, "libedit.so.2", e);
}
