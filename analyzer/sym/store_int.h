// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of the symbol store share; for nobody else.
 *
 *	store_want.c    what is wanted: names, keys, places, identity
 *	store_find.c    the way along the path; folders, stores, file.ptr
 *	store_fetch.c   from a server into a cache: parts, resuming, verifying
 *	store_http.c    one GET with libcurl
 *	store_curl.c    libcurl, loaded when it is needed
 *	store_cache.c   writing into a cache, "is not there" marks
 *	store_list.c    what is there
 *	store_known.c   which symbol file an image without debug record has
 *
 * Invariant: names below a root come from struct ntr_form only, which
 * store_want.c makes of checked names and keys.  To add a step, give it a
 * file and a line here.
 */
#ifndef NTR_STORE_INT_H
#define NTR_STORE_INT_H

#include "../base/strbuf.h"
#include "store.h"
#include "store_path.h"

/* --- places ----------------------------------------------------------------------- */

#define NTR_FORMS 16u
#define NTR_FORM_REL 384u

struct ntr_form {
	char rel[NTR_FORM_REL];  /* below a store, folder or URL */
	char dest[NTR_FORM_REL]; /* below a cache, when it comes from there */
	bool ptr;                /* a file.ptr */
};

bool ntr_want_valid(const struct ntr_want *w, struct ntr_err *e);
unsigned ntr_want_store_forms(const struct ntr_want *w,
			      struct ntr_form f[NTR_FORMS]);
unsigned ntr_want_url_forms(const struct ntr_want *w,
			    struct ntr_form f[NTR_FORMS]);
unsigned ntr_want_dir_forms(const struct ntr_want *w,
			    struct ntr_form f[NTR_FORMS]);
/* The same file under another name that it may be stored by (the kernel and
 * the HAL are renamed when installed). False: no i-th one. */
bool ntr_want_alias(const struct ntr_want *w, unsigned i,
		    struct ntr_want *out);
/* "ntkrnlmp.pdb C8C2…1", for messages. */
const char *ntr_want_title(const struct ntr_want *w, char *buf, size_t size);

/* --- the store ---------------------------------------------------------------------- */

/* How much a line tells; the most telling one becomes the error text. */
enum ntr_telling { NTR_TELL_NOTHING, NTR_TELL_URL, NTR_TELL_SERVER,
		   NTR_TELL_REFUSED };

struct ntr_store {
	struct ntr_sympath path;
	struct ntr_store_opts opts; /* texts in path.arena */
	struct ntr_str trail;
	unsigned places;            /* lines of trail */
	struct ntr_err told;
	enum ntr_telling telling;
	bool cancelled;
	struct ntr_http *http;      /* NULL until a server is asked */
	u64 fetched;
};

/* --- cache -------------------------------------------------------------------------- */

/* root/rel; its folders are made. */
NTR_MUST enum ntr_st ntr_cache_path(const char *root, const char *rel,
				    struct ntr_str *out, struct ntr_err *e);
/* Open path for writing and lock it against other processes; waits. The file
 * is not cut. IO "cancelled" by progress. */
NTR_MUST enum ntr_st ntr_cache_lock(struct ntr_store *s, const char *path,
				    int *fd, struct ntr_err *e);
/* fsync, then give the file its final name. */
NTR_MUST enum ntr_st ntr_cache_commit(int fd, const char *from, const char *to,
				      struct ntr_err *e);
/* Copy a file in, verify the copy, and let it appear under root/dest. */
NTR_MUST enum ntr_st ntr_cache_put(struct ntr_store *s, struct ntr_file *from,
				   const char *root, const char *dest,
				   const struct ntr_want *w, char **path,
				   struct ntr_err *e);
/* Did this server say within a day that it does not have it? */
bool ntr_missing_known(const struct ntr_store *s, const char *root,
		       const char *dest, const char *url);
void ntr_missing_set(const char *root, const char *dest, const char *url,
		     bool missing);
/* A file of the cache's own: a part, a mark, a note of symstore. */
bool ntr_cache_internal(const char *name);

/* --- servers ------------------------------------------------------------------------ */

struct ntr_http;

#define NTR_HTTP_VALIDATOR 256u

/* One GET into fd, or into mem when fd is -1. */
struct ntr_http_req {
	const char *url, *name;    /* name: for progress */
	int fd;
	u64 have;                  /* bytes of it that fd holds already */
	u64 total;                 /* of the whole, when known; else 0 */
	char validator[NTR_HTTP_VALIDATOR]; /* ETag or Last-Modified, or "" */
	/* A whole new body begins: total and validator are set. */
	void (*fresh)(struct ntr_http_req *rq);
	void *ctx;
	u8 *mem;
	size_t mem_size;
};

struct ntr_http_ans {
	long code;          /* 0: none came */
	u64 size;           /* bytes the body holds now, all together */
	u64 got;            /* that came now */
	bool stale;         /* what fd holds is no beginning of this body */
	bool cut;           /* the connection ended before the body did */
	bool unreachable;   /* no answer at all, or none in time */
};

/* ABSENT: 404 or 410. BAD: refused for what it is. IO: everything else. */
NTR_MUST enum ntr_st ntr_http_get(struct ntr_store *s, struct ntr_http_req *rq,
				  struct ntr_http_ans *a, struct ntr_err *e);
void ntr_http_free(struct ntr_http *h);
/* A server that was not to be reached is not asked again by this store. */
bool ntr_http_down(const struct ntr_http *h, const char *base);
void ntr_http_set_down(struct ntr_http *h, const char *base);
/* A path as a URL has it: everything but letters, digits and "-._~/+$!(),;="
 * as %XX. */
void ntr_url_escape(struct ntr_str *out, const char *path);
/* Does a body begin like an HTML page? */
bool ntr_looks_like_html(const void *data, size_t len);

NTR_MUST enum ntr_st ntr_store_fetch(struct ntr_store *s, const char *root,
				     const char *base,
				     const struct ntr_want *w, char **path,
				     struct ntr_err *e);
#endif
