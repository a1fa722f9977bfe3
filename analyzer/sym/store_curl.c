// SPDX-License-Identifier: Apache-2.0
#include "store_curl.h"

#include <dlfcn.h>
#include <string.h>

#define SONAME "libcurl.so.4"

static bool find(void *lib, const char *name, void *slot)
{
	void *f = dlsym(lib, name);

	memcpy(slot, &f, sizeof(f));
	return f != NULL;
}

enum ntr_st ntr_curl_load(struct ntr_curl *c, struct ntr_err *e)
{
	struct ntr_curl got = { .lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL) };
	bool all = got.lib != NULL;

#define NTR_CURL_FIND(f) all = all && find(got.lib, "curl_" #f, &got.f);
	NTR_CURL_LIST(NTR_CURL_FIND)
#undef NTR_CURL_FIND
	if (!all) {
		const char *why = dlerror();

		ntr_curl_unload(&got);
		return ntr_fail(e, NTR_UNSUP, "no server can be asked without "
				"libcurl: %s", why ? why : SONAME);
	}
	*c = got;
	return NTR_OK;
}

void ntr_curl_unload(struct ntr_curl *c)
{
	if (c->lib)
		dlclose(c->lib);
	c->lib = NULL;
}
