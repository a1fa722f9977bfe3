// SPDX-License-Identifier: Apache-2.0
#include "pq_late.h"

#include <dlfcn.h>
#include <string.h>

#define SONAME "libpq.so.5"

static bool find(void *lib, const char *name, void *slot)
{
	void *f = dlsym(lib, name);

	memcpy(slot, &f, sizeof(f));
	return f != NULL;
}

enum ntr_st pq_late_load(struct pq_late *pq, struct ntr_err *e)
{
	void *lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	bool all = lib != NULL;
	const char *why;

#define PQ_LATE_FIND(f) all = all && find(lib, #f, &pq->f);
	PQ_LATE_LIST(PQ_LATE_FIND)
#undef PQ_LATE_FIND
	why = all ? NULL : dlerror();
	if (!all)
		ntr_err_set(e, "a store on a PostgreSQL server needs libpq: %s",
			    why ? why : SONAME);
	if (lib)
		dlclose(lib);
	return all ? NTR_OK : NTR_UNSUP;
}
