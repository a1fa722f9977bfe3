// SPDX-License-Identifier: Apache-2.0
/*
 * libcurl, loaded when the first server is asked.  It brings forty libraries
 * (TLS, Kerberos, LDAP) that would cost every run of the program more time
 * than a verdict takes.  To use another function, add it to the list.
 */
#ifndef NTR_STORE_CURL_H
#define NTR_STORE_CURL_H

#include "../base/status.h"

#include <curl/curl.h>

#define NTR_CURL_LIST(X) \
	X(global_init)   \
	X(global_cleanup) \
	X(easy_init)     \
	X(easy_cleanup)  \
	X(easy_reset)    \
	X(easy_setopt)   \
	X(easy_getinfo)  \
	X(easy_perform)  \
	X(easy_strerror) \
	X(slist_append)  \
	X(slist_free_all)

struct ntr_curl {
	void *lib;
#define NTR_CURL_SLOT(f) __typeof__(&curl_##f) f;
	NTR_CURL_LIST(NTR_CURL_SLOT)
#undef NTR_CURL_SLOT
};

/* UNSUP with text: there is no libcurl. */
NTR_MUST enum ntr_st ntr_curl_load(struct ntr_curl *c, struct ntr_err *e);
void ntr_curl_unload(struct ntr_curl *c);

#endif
